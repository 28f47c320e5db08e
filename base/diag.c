/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Collecting diagnostics and showing them.
 *
 *     error: interface `colour` does not exist
 *       --> wit/world.wit:4:10
 *        |
 *      4 |   import colour;
 *        |          ^^^^^^
 *     note: did you mean `color`?
 */
#include "base/diag.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/json.h"

#define DIAG(code, severity, text) {#code, severity},
static const struct {
    const char *name;
    DiagSeverity severity;
} rows[] = {
#include "base/diag.def"
};
#undef DIAG

enum { DEFAULT_MAX_ERRORS = 100, LONGEST_SNIPPET = 400 };

const char *diag_name(DiagCode code) { return rows[code].name; }

static Str format_message(Arena *arena, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    char *p = arena_alloc(arena, (size_t)(n < 0 ? 0 : n) + 1);
    vsnprintf(p, (size_t)(n < 0 ? 0 : n) + 1, format, again);
    va_end(again);
    return str_from(p);
}

Diag *diag_add(Diags *list, DiagCode code, Span span, const char *format, ...) {
    DiagSeverity severity = rows[code].severity;
    size_t max = list->max_errors ? list->max_errors : DEFAULT_MAX_ERRORS;
    if (severity == DIAG_ERROR) list->errors++;
    else if (severity == DIAG_WARNING) list->warnings++;
    bool full = list->list.len > max;
    Diag *d = full ? &vec_last(&list->list) : vec_push(list->arena, &list->list);
    va_list args;
    va_start(args, format);
    *d = (Diag){.code = code,
                .severity = severity,
                .span = span,
                .message = format_message(list->arena, format, args)};
    va_end(args);
    return d;
}

void diag_add_note(Diags *list, DiagCode code, Span span, const char *format, ...) {
    if (list->list.len == 0) return;
    Diag *last = &vec_last(&list->list);
    va_list args;
    va_start(args, format);
    *vec_push(list->arena, &last->notes) =
        (Diag){.code = code,
               .severity = rows[code].severity,
               .span = span,
               .message = format_message(list->arena, format, args)};
    va_end(args);
}

LineColumn line_column(const Source *source, uint32_t offset) {
    LineColumn at = {1, 1};
    size_t end = offset < source->text.len ? offset : source->text.len, line_start = 0;
    for (size_t i = 0; i < end; i++)
        if (source->text.ptr[i] == '\n') {
            at.line++;
            line_start = i + 1;
        }
    at.column = (uint32_t)(end - line_start) + 1;
    return at;
}

Str span_place(Arena *arena, Span span) {
    if (!span.source) return (Str){0};
    Str path = span.source->path;
    if (span.source->binary) return str_fmt(arena, "%.*s:0x%06x", STR_ARG(path), span.start);
    LineColumn at = line_column(span.source, span.start);
    return str_fmt(arena, "%.*s:%u:%u", STR_ARG(path), at.line, at.column);
}

Span span_join(Span a, Span b) {
    if (!a.source) return b;
    if (a.source != b.source) return a;
    return (Span){a.source, a.start < b.start ? a.start : b.start, a.end > b.end ? a.end : b.end};
}

typedef struct {
    const char *error, *warning, *note, *bold, *place, *reset;
} Colours;

static Str line_text(const Source *source, uint32_t offset, size_t *column) {
    Str text = source->text;
    size_t at = offset < text.len ? offset : text.len, from = at, to = at;
    while (from > 0 && text.ptr[from - 1] != '\n') from--;
    while (to < text.len && text.ptr[to] != '\n') to++;
    *column = at - from;
    return str_from_to(text, from, to);
}

/* A tab stays a tab in the line below, so that the caret stands under its column. */
static void print_snippet(FILE *to, Span span, const Colours *c) {
    size_t column;
    Str line = line_text(span.source, span.start, &column);
    if (line.len > LONGEST_SNIPPET) return;
    LineColumn at = line_column(span.source, span.start);
    fprintf(to, "%s      |\n%5u |%s ", c->place, at.line, c->reset);
    for (size_t i = 0; i < line.len; i++)
        fputc((unsigned char)line.ptr[i] < ' ' && line.ptr[i] != '\t' ? ' ' : line.ptr[i], to);
    fprintf(to, "\n%s      |%s ", c->place, c->reset);
    for (size_t i = 0; i < column; i++) {
        unsigned char ch = (unsigned char)line.ptr[i];
        if ((ch & 0xc0) != 0x80) fputc(ch == '\t' ? '\t' : ' ', to);
    }
    size_t n = span.end > span.start ? span.end - span.start : 1;
    if (column + n > line.len) n = line.len > column ? line.len - column : 1;
    fputs(c->error, to);
    for (size_t i = 0; i < n; i++)
        if (column + i >= line.len || (line.ptr[column + i] & 0xc0) != 0x80) fputc('^', to);
    fprintf(to, "%s\n", c->reset);
}

static void print_one(FILE *to, const Diag *d, const Colours *c, Arena *scratch) {
    static const char *const words[] = {"error", "warning", "note"};
    const char *colour = d->severity == DIAG_ERROR     ? c->error
                         : d->severity == DIAG_WARNING ? c->warning
                                                       : c->note;
    fprintf(to, "%s%s%s:%s %.*s%s\n", colour, words[d->severity], c->reset, c->bold,
            STR_ARG(d->message), c->reset);
    if (!d->span.source) return;
    Str place = span_place(scratch, d->span);
    fprintf(to, "%s  --> %s%.*s\n", c->place, c->reset, STR_ARG(place));
    if (!d->span.source->binary) print_snippet(to, d->span, c);
}

static int by_place(const void *a, const void *b) {
    const Diag *x = *(const Diag *const *)a, *y = *(const Diag *const *)b;
    if (x->span.source == y->span.source && x->span.start != y->span.start)
        return x->span.start < y->span.start ? -1 : 1;
    return x < y ? -1 : x > y;
}

/* Diagnostics of one source by place; sources in the order of their first diagnostic. */
static const Diag **in_order(const Diags *list, Arena *scratch) {
    size_t n = list->list.len, from = 0;
    const Diag **order = ARENA_NEW_ARRAY(scratch, const Diag *, n);
    for (size_t i = 0; i < n; i++) order[i] = &list->list.at[i];
    for (size_t i = 1; i <= n; i++)
        if (i == n || order[i]->span.source != order[from]->span.source) {
            qsort(order + from, i - from, sizeof *order, by_place);
            from = i;
        }
    return order;
}

void diag_print(FILE *to, const Diags *list, bool colour) {
    static const Colours plain = {"", "", "", "", "", ""};
    static const Colours ansi = {"\033[1;31m", "\033[1;33m", "\033[1;36m",
                                 "\033[1m",    "\033[34m",   "\033[0m"};
    const Colours *c = colour ? &ansi : &plain;
    Arena *scratch = arena_new();
    const Diag **order = in_order(list, scratch);
    for (size_t i = 0; i < list->list.len; i++) {
        print_one(to, order[i], c, scratch);
        for (size_t k = 0; k < order[i]->notes.len; k++)
            print_one(to, &order[i]->notes.at[k], c, scratch);
    }
    if (list->errors > list->list.len)
        fprintf(to, "%zu more errors are not shown\n", list->errors - list->list.len);
    arena_free(scratch);
}

static void json_one(Json *json, const Diag *d) {
    static const char *const words[] = {"error", "warning", "note"};
    json_object(json);
    json_key(json, "code"), json_string(json, str_from(rows[d->code].name));
    json_key(json, "severity"), json_string(json, str_from(words[d->severity]));
    json_key(json, "message"), json_string(json, d->message);
    if (d->span.source) {
        json_key(json, "file"), json_string(json, d->span.source->path);
        json_key(json, "start"), json_uint(json, d->span.start);
        json_key(json, "end"), json_uint(json, d->span.end);
        if (!d->span.source->binary) {
            LineColumn at = line_column(d->span.source, d->span.start);
            json_key(json, "line"), json_uint(json, at.line);
            json_key(json, "column"), json_uint(json, at.column);
        }
    }
    if (d->notes.len) {
        json_key(json, "notes");
        json_array(json);
        for (size_t i = 0; i < d->notes.len; i++) json_one(json, &d->notes.at[i]);
        json_end(json);
    }
    json_end(json);
}

void diag_json(FILE *to, const Diags *list) {
    Arena *scratch = arena_new();
    const Diag **order = in_order(list, scratch);
    Json json = json_new(scratch, 2);
    json_array(&json);
    for (size_t i = 0; i < list->list.len; i++) json_one(&json, order[i]);
    json_end(&json);
    fwrite(json.out.ptr, 1, json.out.len, to);
    fputc('\n', to);
    arena_free(scratch);
}
