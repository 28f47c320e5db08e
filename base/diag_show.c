/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Showing diagnostics, to people:
 *
 *     error: interface `colour` does not exist
 *       --> wit/world.wit:4:10
 *        |
 *      4 |   import colour;
 *        |          ^^^^^^
 *     note: did you mean `color`?
 *
 * and to programs, as JSON. Places are counted in three ways: bytes from the start of the file; lines
 * and bytes of a line, from 1, ended by \n, as people say them; lines and UTF-16 units, from 0, ended by
 * \n, \r\n or \r, as editors do (the Language Server Protocol, "Position"). A table of marks, one in so
 * many bytes of a source, makes each of them cost little, wherever it is in a file of any size.
 *
 * What is quoted from an input goes through put_visible: a terminal must not obey it.
 */
#include "base/diag.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/utf8.h"

enum { MARK_EVERY = 65536, LONGEST_SNIPPET = 200, SNIPPET_BEFORE = 60, SNIPPET_LEN = 120 };

/* ---- places ---- */

typedef struct {
    uint32_t offset;
    uint32_t line, line_start; /* lines before it, and where its own begins */
    uint32_t lsp_line, lsp_character;
} Place;

typedef struct {
    Arena *arena;
    Map marks; /* source -> Marks */
} Places;
typedef VEC(Place) Marks;

/* Forward to `offset`, no further than the end of the text. */
static void advance(Place *p, Str text, size_t offset) {
    size_t end = offset < text.len ? offset : text.len;
    for (size_t i = p->offset; i < end; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '\n') p->line++, p->line_start = (uint32_t)i + 1;
        bool ends = c == '\n' || (c == '\r' && !(i + 1 < text.len && text.ptr[i + 1] == '\n'));
        if (ends) p->lsp_line++, p->lsp_character = 0;
        else p->lsp_character += c >= 0xf0 ? 2 : (c & 0xc0) != 0x80;
    }
    if (end > p->offset) p->offset = (uint32_t)end;
}

static const Marks *marks_of(Places *places, const Source *source) {
    bool added;
    MapEntry *entry = map_put_ptr(places->arena, &places->marks, source, &added);
    if (!added) return entry->cptr;
    Marks *marks = ARENA_NEW(places->arena, Marks);
    entry->ptr = marks;
    Place at = {0};
    for (size_t next = 0; next <= source->text.len; next += MARK_EVERY) {
        advance(&at, source->text, next);
        *vec_push(places->arena, marks) = at;
    }
    return marks;
}

static Place place_of(Places *places, const Source *source, uint32_t offset) {
    const Marks *marks = marks_of(places, source);
    size_t mark = offset / MARK_EVERY;
    Place at = marks->at[mark < marks->len ? mark : marks->len - 1];
    advance(&at, source->text, offset);
    return at;
}

/* ---- characters ---- */

/* Characters that change how others are shown, or that a terminal obeys. */
static bool is_hidden(uint32_t c) {
    return c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           c >= 0xe0000;
}

/* Text of a message; its own line ends stay. */
static void put_visible(FILE *to, Str s) {
    for (size_t at = 0; at < s.len;) {
        size_t from = at;
        unsigned char byte = (unsigned char)s.ptr[at];
        uint32_t c = utf8_next(s, &at);
        if (c == UINT32_MAX) fprintf(to, "\\%02x", byte);
        else if (c != '\n' && is_hidden(c)) fprintf(to, "\\u{%x}", c);
        else fwrite(s.ptr + from, 1, at - from, to);
    }
}

/* How many columns a character takes up on a terminal. */
static unsigned width_of(uint32_t c) {
    static const uint32_t wide[][2] = {{0x1100, 0x115f},  {0x2e80, 0xa4cf},   {0xac00, 0xd7a3},
                                       {0xf900, 0xfaff},  {0xfe30, 0xfe6f},   {0xff00, 0xff60},
                                       {0xffe0, 0xffe6},  {0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff},
                                       {0x20000, 0x3fffd}};
    if (c < 0x300) return 1;
    if (c < 0x370) return 0; /* accents */
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (c >= wide[i][0] && c <= wide[i][1]) return 2;
    return 1;
}

/* ---- for people ---- */

typedef struct {
    const char *error, *warning, *note, *bold, *place, *reset;
} Colours;

typedef struct {
    FILE *to;
    const Colours *c;
    Places places;
} Printer;

/* The line that a span begins in, or so much around its column as is worth to be seen. */
typedef struct {
    Str text;
    size_t column; /* of the span in it */
    bool cut_start, cut_end;
} Snippet;

static Snippet snippet_of(const Source *source, uint32_t line_start, uint32_t offset) {
    Str text = source->text;
    size_t at = offset < text.len ? offset : text.len, from = line_start;
    const char *newline = at < text.len ? memchr(text.ptr + at, '\n', text.len - at) : NULL;
    size_t to = newline ? (size_t)(newline - text.ptr) : text.len;
    Snippet s = {str_from_to(text, from, to), at - from, false, false};
    if (s.text.len <= LONGEST_SNIPPET) return s;
    size_t first = s.column > SNIPPET_BEFORE ? s.column - SNIPPET_BEFORE : 0;
    while (first > 0 && ((unsigned char)s.text.ptr[first] & 0xc0) == 0x80) first--;
    size_t last = first + SNIPPET_LEN < s.text.len ? first + SNIPPET_LEN : s.text.len;
    while (last < s.text.len && ((unsigned char)s.text.ptr[last] & 0xc0) == 0x80) last++;
    s.cut_start = first > 0;
    s.cut_end = last < s.text.len;
    s.text = str_from_to(s.text, first, last);
    s.column -= first;
    return s;
}

/* A character of the line; one that is hidden is seen as one column. Its width. */
static unsigned print_character(FILE *to, Str line, size_t from, size_t end, uint32_t c) {
    if (c == '\t') fputc('\t', to);
    else if (c < ' ') fputc(' ', to);
    else if (c == UINT32_MAX || is_hidden(c)) fputs("\xef\xbf\xbd", to);
    else fwrite(line.ptr + from, 1, end - from, to);
    return c < 0x300 || is_hidden(c) ? 1 : width_of(c);
}

/* A tab stays a tab in the line below, so that the caret stands under its column. */
static void print_snippet(const Printer *p, Span span, Place place) {
    Snippet s = snippet_of(span.source, place.line_start, span.start);
    fprintf(p->to, "%s      |\n%5u |%s %s", p->c->place, place.line + 1, p->c->reset,
            s.cut_start ? "\u2026" : "");
    size_t end = span.end > span.start ? s.column + (span.end - span.start) : s.column + 1;
    if (end > s.text.len) end = s.text.len;
    unsigned carets = 0;
    Arena *scratch = p->places.arena;
    Buf below = {.arena = scratch};
    if (s.cut_start) buf_byte(&below, ' ');
    for (size_t at = 0; at < s.text.len;) {
        size_t from = at;
        uint32_t c = utf8_next(s.text, &at);
        unsigned width = print_character(p->to, s.text, from, at, c);
        if (from >= s.column && from < end) carets += width;
        else if (from < s.column)
            while (width-- > 0) buf_byte(&below, c == '\t' ? '\t' : ' ');
    }
    fprintf(p->to, "%s\n%s      |%s %.*s%s^", s.cut_end ? "\u2026" : "", p->c->place, p->c->reset,
            STR_ARG(buf_text(&below)), p->c->error);
    while (carets-- > 1) fputc('^', p->to);
    fprintf(p->to, "%s\n", p->c->reset);
}

static void print_one(Printer *p, const Diag *d) {
    static const char *const words[] = {"error", "warning", "note"};
    const Colours *c = p->c;
    const char *colour = d->severity == DIAG_ERROR     ? c->error
                         : d->severity == DIAG_WARNING ? c->warning
                                                       : c->note;
    fprintf(p->to, "%s%s%s:%s ", colour, words[d->severity], c->reset, c->bold);
    put_visible(p->to, d->message);
    fprintf(p->to, "%s\n", c->reset);
    const Source *source = d->span.source;
    if (!source) return;
    fprintf(p->to, "%s  --> %s", c->place, c->reset);
    put_visible(p->to, source->path);
    if (source->binary) {
        fprintf(p->to, ":0x%06x\n", d->span.start);
        return;
    }
    Place at = place_of(&p->places, source, d->span.start);
    fprintf(p->to, ":%u:%u\n", at.line + 1, at.offset - at.line_start + 1);
    print_snippet(p, d->span, at);
}

typedef struct {
    const Diag *diag;
    size_t rank; /* of its source: in the order of their first diagnostics */
} Ranked;

static int by_place(const void *a, const void *b) {
    const Ranked *x = a, *y = b;
    if (x->rank != y->rank) return x->rank < y->rank ? -1 : 1;
    uint32_t s = x->diag->span.start, t = y->diag->span.start;
    if (s != t) return s < t ? -1 : 1;
    return x->diag < y->diag ? -1 : x->diag > y->diag;
}

/* Diagnostics of one source by place; sources in the order of their first diagnostic. */
static Ranked *in_order(const Diags *list, Arena *scratch) {
    Map ranks = {0};
    Ranked *order = ARENA_NEW_ARRAY(scratch, Ranked, list->list.len);
    for (size_t i = 0; i < list->list.len; i++) {
        const Diag *d = &list->list.at[i];
        bool added;
        MapEntry *rank = map_put_ptr(scratch, &ranks, d->span.source, &added);
        if (added) rank->value = ranks.len;
        order[i] = (Ranked){d, rank->value};
    }
    if (list->list.len) qsort(order, list->list.len, sizeof *order, by_place);
    return order;
}

void diag_print(FILE *to, const Diags *list, bool colour) {
    static const Colours plain = {"", "", "", "", "", ""};
    static const Colours ansi = {"\033[1;31m", "\033[1;33m", "\033[1;36m",
                                 "\033[1m",    "\033[34m",   "\033[0m"};
    Arena *scratch = arena_new();
    Printer p = {.to = to, .c = colour ? &ansi : &plain, .places = {.arena = scratch}};
    const Ranked *order = in_order(list, scratch);
    for (size_t i = 0; i < list->list.len; i++) {
        print_one(&p, order[i].diag);
        for (size_t k = 0; k < order[i].diag->notes.len; k++)
            print_one(&p, &order[i].diag->notes.at[k]);
    }
    size_t all = list->errors + list->warnings;
    if (all > list->list.len) fprintf(to, "%zu more are not shown\n", all - list->list.len);
    arena_free(scratch);
}

/* ---- for programs ---- */

static void json_lsp(Json *json, const char *key, Place at) {
    json_key(json, key);
    json_object(json);
    json_key(json, "line"), json_uint(json, at.lsp_line);
    json_key(json, "character"), json_uint(json, at.lsp_character);
    json_end(json);
}

static void json_span(Json *json, Places *places, Span span) {
    if (!span.source) return;
    json_key(json, "file"), json_string(json, span.source->path);
    json_key(json, "start"), json_uint(json, span.start);
    json_key(json, "end"), json_uint(json, span.end);
    if (span.source->binary) return;
    Place from = place_of(places, span.source, span.start);
    Place to = place_of(places, span.source, span.end);
    json_key(json, "line"), json_uint(json, from.line + 1);
    json_key(json, "column"), json_uint(json, from.offset - from.line_start + 1);
    json_key(json, "end_line"), json_uint(json, to.line + 1);
    json_key(json, "end_column"), json_uint(json, to.offset - to.line_start + 1);
    json_key(json, "range");
    json_object(json);
    json_lsp(json, "start", from);
    json_lsp(json, "end", to);
    json_end(json);
}

static void json_one(Json *json, Places *places, const Diag *d) {
    static const char *const words[] = {"error", "warning", "note"};
    json_object(json);
    json_key(json, "code"), json_string(json, str_from(diag_name(d->code)));
    json_key(json, "severity"), json_string(json, str_from(words[d->severity]));
    json_key(json, "message"), json_string(json, d->message);
    json_span(json, places, d->span);
    if (d->notes.len) {
        json_key(json, "notes");
        json_array(json);
        for (size_t i = 0; i < d->notes.len; i++) json_one(json, places, &d->notes.at[i]);
        json_end(json);
    }
    if (d->fixes.len) {
        json_key(json, "fixes");
        json_array(json);
        for (size_t i = 0; i < d->fixes.len; i++) {
            json_object(json);
            json_span(json, places, d->fixes.at[i].span);
            json_key(json, "replacement"), json_string(json, d->fixes.at[i].replacement);
            json_end(json);
        }
        json_end(json);
    }
    json_end(json);
}

void diag_put_json(Json *json, const Diags *list) {
    Arena *scratch = arena_new();
    Places places = {.arena = scratch};
    const Ranked *order = in_order(list, scratch);
    json_array(json);
    for (size_t i = 0; i < list->list.len; i++) json_one(json, &places, order[i].diag);
    json_end(json);
    arena_free(scratch);
}

void diag_json(FILE *to, const Diags *list) {
    Arena *scratch = arena_new();
    Json json = json_new(scratch, 2);
    diag_put_json(&json, list);
    fwrite(json.out.ptr, 1, json.out.len, to);
    fputc('\n', to);
    arena_free(scratch);
}
