/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Collecting diagnostics. A list keeps the first hundred; what comes after is counted only, so that
 * an input with a hundred thousand errors costs no more than reading it. A name of the input in a
 * message may be of any length, so what has no space in it for long is shortened in its middle.
 */
#include "base/diag.h"

#include <stdarg.h>

#include "base/utf8.h"

/* All names and wordings one after the other, and where each is: pointers would have to be moved
 * whenever the program starts. */
#define DIAG(code, severity, text) char name_##code[sizeof #code], format_##code[sizeof text];
typedef struct {
#include "base/diag.def"
} Texts;
#undef DIAG

#define DIAG(code, severity, text) #code, text,
static const Texts texts = {
#include "base/diag.def"
};
#undef DIAG

#define DIAG(code, severity, text)                                                                 \
    {offsetof(Texts, name_##code), offsetof(Texts, format_##code), severity},
static const struct {
    uint32_t name, format;
    DiagSeverity severity;
} rows[] = {
#include "base/diag.def"
};
#undef DIAG

enum { DEFAULT_MAX_ERRORS = 100, LONGEST_WORD = 400, WORD_HEAD = 200, WORD_TAIL = 100 };

const char *diag_name(DiagCode code) { return (const char *)&texts + rows[code].name; }
DiagSeverity diag_severity(DiagCode code) { return rows[code].severity; }
const char *diag_format(DiagCode code) { return (const char *)&texts + rows[code].format; }

bool diag_named(Str name, DiagCode *code) {
    for (int c = 0; c < DIAG_CODE_COUNT; c++) {
        Str row = str_from(diag_name((DiagCode)c));
        bool same = row.len == name.len;
        for (size_t i = 0; same && i < row.len; i++) {
            char ch = name.ptr[i] == '-'                         ? '_'
                      : name.ptr[i] >= 'a' && name.ptr[i] <= 'z' ? (char)(name.ptr[i] - 32)
                                                                 : name.ptr[i];
            same = ch == row.ptr[i];
        }
        if (!same) continue;
        *code = (DiagCode)c;
        return true;
    }
    return false;
}

/* ---- messages ---- */

static bool continues_character(char c) { return ((unsigned char)c & 0xc0) == 0x80; }

/* Leaves out the middle of a word that is very long. */
static void put_word(Buf *out, Str word) {
    if (word.len <= LONGEST_WORD) {
        buf_str(out, word);
        return;
    }
    size_t head = WORD_HEAD, tail = word.len - WORD_TAIL;
    while (head > 0 && continues_character(word.ptr[head])) head--;
    while (tail < word.len && continues_character(word.ptr[tail])) tail++;
    buf_fmt(out, "%.*s\u2026%.*s", STR_ARG(str_from_to(word, 0, head)),
            STR_ARG(str_after(word, tail)));
}

static Str shortened(Arena *arena, Str message) {
    if (message.len <= LONGEST_WORD) return message;
    Buf out = {.arena = arena};
    for (size_t at = 0; at < message.len;) {
        size_t end = at;
        while (end < message.len && message.ptr[end] != ' ' && message.ptr[end] != '\n') end++;
        put_word(&out, str_from_to(message, at, end));
        if (end < message.len) buf_byte(&out, (uint8_t)message.ptr[end]);
        at = end + 1;
    }
    return buf_text(&out);
}

static Str format_message(Arena *arena, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    size_t len = n < 0 ? 0 : (size_t)n;
    char *p = arena_alloc(arena, len + 1);
    vsnprintf(p, len + 1, format, again);
    va_end(again);
    return shortened(arena, (Str){p, len});
}

/* ---- the list ---- */

/* Counts one more; false where it is not kept. */
static bool count(Diags *list, DiagSeverity severity) {
    if (severity == DIAG_ERROR) list->errors++;
    else if (severity == DIAG_WARNING) list->warnings++;
    list->dropped = list->list.len >= (list->max_errors ? list->max_errors : DEFAULT_MAX_ERRORS);
    return !list->dropped;
}

const Diag *diag_add(Diags *list, DiagCode code, Span span, const char *format, ...) {
    DiagSeverity severity = rows[code].severity;
    if (severity == DIAG_RULE) severity = list->strict ? DIAG_ERROR : DIAG_WARNING;
    if (!count(list, severity)) return NULL;
    Diag *d = vec_push(list->arena, &list->list);
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
    if (list->dropped || list->list.len == 0) return;
    Diag *last = &vec_last(&list->list);
    va_list args;
    va_start(args, format);
    *vec_push(list->arena, &last->notes) =
        (Diag){.code = code,
               .severity = DIAG_NOTE,
               .span = span,
               .message = format_message(list->arena, format, args)};
    va_end(args);
}

void diag_take(Diags *list, const Diag *d) {
    if (!count(list, d->severity)) return;
    Diag *copy = vec_push(list->arena, &list->list);
    *copy = (Diag){.code = d->code, .severity = d->severity, .span = d->span};
    copy->message = str_copy(list->arena, d->message);
    for (size_t i = 0; i < d->notes.len; i++) {
        Diag *note = vec_push(list->arena, &copy->notes);
        *note = d->notes.at[i];
        note->message = str_copy(list->arena, note->message);
    }
    for (size_t i = 0; i < d->fixes.len; i++)
        diag_fix(list, d->fixes.at[i].span, str_copy(list->arena, d->fixes.at[i].replacement));
}

void diag_fix(Diags *list, Span span, Str replacement) {
    if (list->dropped || list->list.len == 0) return;
    *vec_push(list->arena, &vec_last(&list->list).fixes) = (DiagFix){span, replacement};
}

void diag_drop_warnings(Diags *diags) {
    size_t kept = 0;
    for (size_t i = 0; i < diags->list.len; i++)
        if (diags->list.at[i].severity == DIAG_ERROR) diags->list.at[kept++] = diags->list.at[i];
    diags->list.len = kept;
    diags->warnings = 0;
}

/* ---- places ---- */

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

size_t line_find(const uint32_t *starts, size_t n, uint32_t offset) {
    size_t low = 0, high = n;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (starts[middle] <= offset) low = middle;
        else high = middle;
    }
    return low;
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
