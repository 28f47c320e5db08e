/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef REPORT_DOC_H
#define REPORT_DOC_H

#include "report/markdown.h"
#include "report/reason.h"
#include "report/report.h"

/*
 * Pages of documentation:
 *
 *     doc.c           which packages, what everything is called, who uses it, what names in docs mean
 *     doc_html.c      a package as HTML        doc_page.c   the frame of a page, the index
 *     doc_markdown.c  a package as Markdown, and the index
 */

/* Something that has an address: a package, interface, world, type, function, field or case. */
typedef struct DocPlace {
    const WitPackage *package;
    Str page; /* its file; empty: it is on none that is written */
    Str id;   /* in the page, and its name in the package: "streams.input-stream.read"; a package's
                 is empty */
    VEC(const struct DocPlace *) users;
} DocPlace;

typedef struct {
    Arena *arena;
    const WitModel *model;
    const ReportDocOptions *options;
    Diags *broken; /* links that lead nowhere; NULL: nobody asks */
    ReasonBook book;
    const WitType **definitions; /* of the types of the model that are uses */
    Map places;                  /* node of the model -> DocPlace */
    Map names;                   /* "ns:pkg@1.0.0#id" -> DocPlace */
    Map packages;                /* "ns:pkg" and "ns:pkg@1.0.0" -> WitPackage */
    Map neighbours;              /* package -> DocNeighbours */
    bool has_index;
    Map shown; /* interfaces and worlds, where only those of one world are wanted */
} Doc;

/* Packages whose items a package's mention, and packages that mention its. */
typedef struct {
    Map needs, users; /* id -> WitPackage */
} DocNeighbours;

/* Where a piece of documentation stands: what its names mean. */
typedef struct {
    Doc *doc;
    const WitPackage *package;
    Str owner;    /* id of the interface, "world.import", "world.export", or the world */
    Str resource; /* id of the resource; empty: none */
    VEC(const DocPlace *) types; /* whose cases and fields may be named: those of a function */
    const WitFields *fields;     /* names that need no link: parameters, fields */
    Str item;                    /* for messages */
    Span span;
} DocScope;

const DocNeighbours *doc_neighbours(Doc *doc, const WitPackage *package);
bool doc_shown(const Doc *doc, const void *interface_or_world);
const DocPlace *doc_place(const Doc *doc, const void *node); /* NULL: none */
/* The definition that a type's name stands for, behind every `use`. */
const WitType *doc_definition(const Doc *doc, const WitType *type);
bool doc_is_own(const Doc *doc, const WitType *type); /* a definition */
/* Whether a world's item is told in one row: an interface that stands elsewhere. */
bool doc_is_row(const WitItem *item);
/* The address of a place for a reader of `package`'s page; empty where it has no page. */
Str doc_address(const Doc *doc, const DocPlace *place, const WitPackage *package);
/* What a place is called on the page of `package`: "streams.input-stream", elsewhere with the
 * package's id before it. */
Str doc_label(const Doc *doc, const DocPlace *place, const WitPackage *package);
/* "streams.input-stream.read"; `owner` is the id of the interface, or of a world's side. */
Str doc_func_id(const Doc *doc, Str owner, const WitFunc *func);
Str doc_child_id(const Doc *doc, Str owner, Str name);
/* The name of a function without its resource: "read", "constructor". */
Str doc_func_name(const WitFunc *func);
/* Functions by their resource, in their order. */
typedef VEC(const WitFunc *) DocFuncs;
void doc_add_member(Doc *doc, Map *members, const WitFunc *func);
const DocFuncs *doc_members(const Map *members, const WitType *resource); /* NULL: none */
/* The documentation of a function: its parameters' names, and the types that it mentions. */
void doc_scope_func(DocScope *scope, const WitFunc *func);
/* Writes documentation, its headings from `heading` on. */
void doc_write(const DocScope *scope, Str docs, unsigned heading, Buf *out);
void doc_write_summary(const Doc *doc, Str docs, Buf *out);
/* Every word of a type or function: names of types go to `name`, all else to `text`. */
typedef struct {
    void (*name)(void *context, Str shown, const WitType *type);
    void (*text)(void *context, Str text);
    void *context;
    size_t words; /* so far; a type that is too large is cut */
} DocTypeWriter;
void doc_put_type(DocTypeWriter *w, const WitType *type);
void doc_put_structure(DocTypeWriter *w, const WitType *type);
/* Whether a function's result is written: a constructor's own resource is not. */
bool doc_has_result(const WitFunc *func);

void doc_html_package(Doc *doc, const WitPackage *package, Buf *out);
void doc_html_index(Doc *doc, Buf *out);
void doc_markdown_package(Doc *doc, const WitPackage *package, Buf *out);
void doc_markdown_index(Doc *doc, Buf *out);

/* ---- doc_page.c ---- */

void doc_page_begin(const Doc *doc, Str title, bool is_index, Buf *out);
void doc_page_end(Buf *out);

#endif
