/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef REPORT_MARKDOWN_H
#define REPORT_MARKDOWN_H

#include <stdio.h>

#include "base/buf.h"
#include "base/vec.h"

/*
 * Documentation comments as HTML, and as Markdown that is safe on somebody else's page: no raw HTML,
 * no links but those to the web and to what the caller knows, headings below those of the page.
 *
 *     text ──libmd4c──▶ events: markdown_events.c ─┬─ markdown_html.c
 *                                                  └─ markdown_plain.c
 */

typedef enum {
    CODE_NAME,  /* a code span, `x` */
    CODE_LINK,  /* `x` in brackets: meant as a link */
    CODE_TOKEN, /* a name within a code span of several: `option<x>` */
    LINK_TARGET /* where a link leads, [text](x) */
} MarkdownUse;

typedef struct {
    Arena *arena;
    bool html;
    bool summary;     /* only the beginning of the first paragraph, on one line */
    unsigned heading; /* the level of the first heading */
    /* The address of what a name means; empty where it means nothing, or has no page. */
    Str (*resolve)(void *context, Str name, MarkdownUse use);
    void *context;
} MarkdownOptions;

void markdown_write(Str text, const MarkdownOptions *options, Buf *out);
/* Whether libmd4c is there; without it documentation is shown as it was written. */
bool markdown_available(void);

/* Text for HTML, in elements and in quoted attributes. Malformed UTF-8 and control characters are
 * replaced; characters that change the direction of text are named instead. */
void html_text(Buf *out, Str text);
/* Text for Markdown: what would be markup is escaped. `at_start`: of a line. */
void markdown_text(Buf *out, Str text, bool at_start, bool in_table);
/* The `[` of a link: behind a `!` it would be an image. */
void markdown_open_link(Buf *out);
/* An address in a link of Markdown. */
void markdown_address(Buf *out, Str address);
/* A code span, with as many backticks as it takes. */
void markdown_code(Buf *out, Str code, bool in_table);
/* Text as it is, but for what html_text replaces, too. */
void markdown_raw(Buf *out, Str text);
/* A block of code with its fence; every line begins with `prefix`. */
void markdown_fence(Buf *out, Str prefix, Str language, Str code);

/* ---- between the files of the family ---- */

typedef struct {
    uint64_t number; /* of the next item */
    bool bullets, tight, begun;
} MarkdownList;

typedef struct MarkdownWriter MarkdownWriter;
typedef struct MarkdownFormat MarkdownFormat;

struct MarkdownWriter {
    const MarkdownOptions *options;
    const MarkdownFormat *format;
    Buf *out;
    Str source;
    size_t start;  /* of what was written, in `out` */
    size_t events; /* so far; there is a limit */
    Buf code;      /* the code span or block that is open */
    bool in_code, failed, done;
    bool skip;            /* a block that is no part of a summary */
    bool drop_bracket;    /* the text goes on with a `]` that belongs to a link */
    const char *code_end; /* in the source, behind the open code span's text; or NULL */
    VEC(int) spans;       /* those that are open */
    VEC(Str) links;       /* the links that are open; empty: one that is left out */
    size_t text_len;      /* of a summary */
    /* markdown_plain.c */
    Buf prefix;           /* of every line: quotes and the indents of lists */
    VEC(size_t) prefixes; /* the lengths of its parts */
    VEC(MarkdownList) lists;
    Str language;         /* of the open block of code */
    bool at_start, fresh; /* of a line; and only markers stand in it */
    bool blank;           /* a blank line is due */
    bool in_table;
    Buf columns; /* the line below a table's head */
};

/* What differs between the formats. Blocks are those of libmd4c; the contents of a block of code are
 * in `code` when it is left. */
struct MarkdownFormat {
    const char *em[2], *strong[2], *del[2]; /* before and behind */
    void (*put)(MarkdownWriter *w, const char *markup);
    void (*text)(MarkdownWriter *w, Str text);
    void (*code)(MarkdownWriter *w, Str code, Str address); /* a span; empty: no link */
    void (*open_link)(MarkdownWriter *w, Str address);
    void (*close_link)(MarkdownWriter *w, Str address);
    void (*end_line)(MarkdownWriter *w, bool hard);
    void (*enter_block)(MarkdownWriter *w, int type, const void *detail);
    void (*leave_block)(MarkdownWriter *w, int type, const void *detail);
};
extern const MarkdownFormat markdown_html, markdown_plain;

/* Whether the code span looks like a type or path of names, so that its names may be links. */
bool markdown_is_names(Str code);
/* The next name at or after *at; empty at the end. What stands between is from..name.ptr. */
Str markdown_next_name(Str code, size_t *at);

#endif
