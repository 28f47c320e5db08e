/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/buf.h"
#include "base/vec.h"
#include "model/model.h"

/*
 * What people want to know of a model, as documents:
 *
 *     WitModel ─┬─ doc*.c     pages of documentation, HTML or Markdown
 *               ├─ graph.c    packages, interfaces and worlds with what joins them
 *               └─ expand.c   every import and export of a world, and why it is there
 *
 * Nothing here writes files or prints. Outputs depend on the model alone: equal models give equal
 * bytes. The text of a model (names, docs) is not trusted: it is escaped wherever it goes.
 */

/* ---- doc.c ---- */

typedef enum { REPORT_HTML, REPORT_MARKDOWN } ReportDocFormat;

typedef struct {
    ReportDocFormat format;
    const WitWorld *world; /* only what this world needs and offers; NULL: all packages */
    Str title;             /* of the index page; empty: the main package's name */
} ReportDocOptions;

/* A file to be written below the folder of the output. */
typedef struct {
    Str path; /* "wasi-io-0.2.12.html": no folders, unique */
    Str text;
} ReportFile;
typedef VEC(ReportFile) ReportFiles;

/* One page a package in the model's order, and before them an index page ("index.html", "README.md")
 * where there is more than one. Warnings tell of names in docs that mean nothing. */
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

#endif
