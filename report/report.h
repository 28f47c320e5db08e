/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/buf.h"
#include "base/json.h"
#include "base/vec.h"
#include "model/model.h"

/*
 * What people want to know of a model, as documents:
 *
 *     WitModel ─┬─ doc*.c     pages of documentation, HTML or Markdown
 *               ├─ graph.c    packages, interfaces and worlds with what joins them
 *               ├─ expand.c   every import and export of a world, and why it is there
 *               └─ diff*.c    what changed between two versions of a package
 *
 * Nothing here writes files or prints. Outputs depend on the model alone: equal models give equal
 * bytes. The text of a model (names, docs) is not trusted: it is escaped wherever it goes.
 */

/* ---- doc.c ---- */

typedef enum { REPORT_HTML, REPORT_MARKDOWN } ReportDocFormat;

typedef struct {
    ReportDocFormat format;
    const WitWorld *world; /* only what this world needs and offers; NULL: all packages */
    bool only_main;        /* the main package alone, without those that it needs */
    bool check;            /* tell of links in docs that lead nowhere */
    Str title;             /* of the index page; may be empty */
} ReportDocOptions;

/* A file to be written below the folder of the output. */
typedef struct {
    Str path; /* "wasi-io-0.2.12.html": no folders, unique */
    Str text;
} ReportFile;
typedef VEC(ReportFile) ReportFiles;

/* One page a package in the model's order, and before them an index page ("index.html", "README.md")
 * where there is more than one. `check` gives a warning for each link that leads nowhere; another
 * one tells that the library that reads Markdown is missing. */
void report_doc(Arena *arena, const WitModel *model, const ReportDocOptions *options,
                ReportFiles *files, Diags *diags);

/* ---- graph.c ---- */

typedef enum { REPORT_BY_PACKAGE, REPORT_BY_INTERFACE, REPORT_BY_WORLD } ReportLevel;

typedef struct {
    ReportLevel level;
    const WitWorld *world; /* only what can be reached from it; NULL: everything */
} ReportGraphOptions;

/* The graph in the language of Graphviz, and as JSON. */
void report_graph_dot(Arena *arena, const WitModel *model, const ReportGraphOptions *options,
                      Buf *out);
void report_graph_json(Arena *arena, const WitModel *model, const ReportGraphOptions *options,
                       Buf *out);

/* ---- expand.c ---- */

/* Each import and export of the world with the reason for it, as text and as JSON. */
void report_expand(Arena *arena, const WitWorld *world, Buf *out);
void report_expand_json(Arena *arena, const WitWorld *world, Buf *out);

/* ---- diff.c, diff_world.c, diff_print.c ---- */

/* How much of a version has to change: semver.org, items 6 to 8. */
typedef enum { REPORT_NO_BUMP, REPORT_PATCH, REPORT_MINOR, REPORT_MAJOR } ReportBump;

typedef enum {
    REPORT_ADDED,
    REPORT_REMOVED,
    REPORT_CHANGED,
    REPORT_REORDERED,
    REPORT_DOCS,        /* only the documentation */
    REPORT_STABILITY,   /* only the feature gate */
    REPORT_EXTERNAL_ID, /* only the `@external-id` */
    REPORT_MISFIT       /* of a world: components made for the old one do not fit the new one */
} ReportChangeKind;

/* What a change breaks for one of the two sides. `link`: what was built before does not fit
 * together with what is built now. `source`: code that was written before has to be edited. */
typedef struct {
    bool link, source;
} ReportBreak;

/* A thing and what it is in: "function `f`" in "interface `i`"; NULL is the package. */
typedef struct ReportScope {
    const struct ReportScope *outer;
    const char *what; /* "interface", "world", "import", "record", "field", "function" ... */
    Str name;
} ReportScope;

typedef struct {
    ReportChangeKind kind;
    ReportBump bump;
    const ReportScope *scope; /* what changed; NULL: the package itself */
    Str old_text,
        new_text; /* the definition, gate or id, where there is one; of a misfit, who needs
                                what, and who has what instead */
    Span old_span, new_span;    /* no source: it is not there, or came from a binary */
    bool is_world;              /* the two sides are components and hosts of a world, ... */
    ReportBreak user, provider; /* ... else those who import an interface, and who export it */
    bool unstable;              /* what is behind `@unstable` promises nothing: a patch at most */
    bool in_params, in_results; /* of a type's parts: where functions have the type */
    Str reason;                 /* a clause on what it means; may be empty */
    Str renamed;                /* the name that it may have now (REMOVED) or had (ADDED) */
} ReportChange;

typedef struct {
    Str name;
    bool fits; /* components made for the old world fit the new one: wit_semver_check */
} ReportWorldFit;

typedef struct {
    const WitPackage *old_package, *new_package;
    VEC(ReportChange) changes;  /* of the package, interfaces, worlds, in the order of the text */
    VEC(ReportWorldFit) worlds; /* that both have */
    ReportBump bump;            /* the largest of all */
    Semver least;               /* the least version that the new one may have; empty: the old one
                                  has none */
    bool enough;                /* it is that or later, or the old one has none */
} ReportDiff;

typedef struct {
    bool no_docs;
    Str world; /* only what this world is made of; empty: everything */
} ReportDiffOptions;

/* Every change between two packages, and the version that the changes ask for. NULL and a
 * diagnostic where the packages have not one name, or there is no such world. */
ReportDiff *report_diff(Arena *arena, const WitModel *old_model, const WitPackage *old_package,
                        const WitModel *new_model, const WitPackage *new_package,
                        const ReportDiffOptions *options, Diags *diags);

typedef struct {
    ReportBump from; /* only changes of at least this weight */
    bool all;        /* each change of documentation and gates, too, which are counted otherwise */
    bool colour;
} ReportDiffShow;
void report_diff_text(const ReportDiff *diff, const ReportDiffShow *show, Buf *out);
/* Everything. */
void report_diff_json(Arena *arena, const ReportDiff *diff, Buf *out);

#endif
