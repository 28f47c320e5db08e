/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Where a `}` is missing. A parser notices that at the end of the file, or at the first item that
 * cannot stand where it is; people see it by the indentation:
 *
 *     interface a {
 *       record r {
 *         x: u32,            ◀── missing behind this, as the next line
 *       f: func();               begins no deeper than the line of the `{`
 *     }
 *
 * A block counts as indented if something in it is. Where the braces that are missed by this are not
 * as many as the text lacks, the indentation means nothing, and nothing is said.
 */
#include "witc/internal.h"

typedef struct {
    uint32_t at, indent; /* the `{`, and how far its line is indented */
    bool indented;       /* what is in it stands further right, or on the same line */
} Block;

typedef struct {
    Arena *arena;
    Str text;
    VEC(Block) blocks;
    MissingBraces *missing;
    uint32_t line_indent, last_end; /* of the line in hand; the end of the last token */
    bool line_begins;
    size_t opened, closed;
} Scan;

/* Past a comment or string literal at `at`; `at` itself where there is none. */
static size_t past_opaque(Str text, size_t at) {
    char c = text.ptr[at], next = at + 1 < text.len ? text.ptr[at + 1] : '\0';
    if (c == '"') {
        for (at++; at < text.len && text.ptr[at] != '"' && text.ptr[at] != '\n'; at++)
            if (text.ptr[at] == '\\') at++;
        return at < text.len ? at + 1 : text.len;
    }
    bool comment = c == '/' && (next == '/' || next == '*');
    return comment ? witc_comment_end(text, at) : at;
}

static void miss(Scan *s) {
    Block block = vec_pop(&s->blocks);
    *vec_push(s->arena, s->missing) = (MissingBrace){.open = block.at, .at = s->last_end};
}

/* The first token of a line tells which blocks should have ended before it. */
static void begin_line(Scan *s, uint32_t indent, char c) {
    s->line_begins = false;
    s->line_indent = indent;
    while (s->blocks.len) {
        Block *top = &vec_last(&s->blocks);
        if (indent > top->indent) top->indented = true;
        bool ended = c == '}' ? indent < top->indent : indent <= top->indent;
        if (!ended || !top->indented) return;
        miss(s);
    }
}

static void token(Scan *s, size_t at, uint32_t line_start) {
    char c = s->text.ptr[at];
    if (s->line_begins) begin_line(s, (uint32_t)at - line_start, c);
    else if (s->blocks.len && c != '}') vec_last(&s->blocks).indented = true;
    if (c == '{') {
        s->opened++;
        *vec_push(s->arena, &s->blocks) = (Block){(uint32_t)at, s->line_indent, false};
    } else if (c == '}') {
        s->closed++;
        if (s->blocks.len) (void)vec_pop(&s->blocks);
    }
}

MissingBraces witc_missing_braces(Arena *arena, Str text, uint32_t from) {
    MissingBraces missing = {0};
    Scan s = {.arena = arena, .text = text, .missing = &missing, .last_end = from};
    s.line_begins = from == 0;
    uint32_t line_start = from;
    while (line_start > 0 && text.ptr[line_start - 1] != '\n') line_start--;
    for (size_t at = from; at < text.len;) {
        char c = text.ptr[at];
        size_t end = past_opaque(text, at);
        if (c == '\n') line_start = (uint32_t)at + 1, s.line_begins = true;
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            at++;
        } else if (end > at && c != '"') {
            at = end;
        } else {
            token(&s, at, line_start);
            at = end > at ? end : at + 1;
            s.last_end = (uint32_t)at;
        }
    }
    while (s.blocks.len) miss(&s);
    if (s.opened < s.closed || missing.len != s.opened - s.closed) missing.len = 0;
    return missing;
}
