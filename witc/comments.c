/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Comments as documentation. WIT.md has no rule for them; tools take every comment that stands
 * directly before an item, of whatever kind, without what makes it a comment and without the
 * indentation that all of its lines share.
 */
#include "witc/internal.h"

static bool is_ascii_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static Str trim_end(Str s) {
    while (s.len && (is_ascii_space(s.ptr[s.len - 1]) || s.ptr[s.len - 1] == '\v')) s.len--;
    return s;
}

/* A comment without what makes it one. A plain block comment keeps its stars: tools do so. */
static Str comment_text(Str s) {
    size_t slashes = 0;
    s = trim_end(s);
    if (str_starts(s, STR("/**"))) return trim_end(str_from_to(s, 3, s.len - 2));
    while (slashes < s.len && s.ptr[slashes] == '/') slashes++;
    return (Str){s.ptr + slashes, s.len - slashes};
}

size_t witc_block_end(Str text, size_t at) {
    for (size_t depth = 0; at + 1 < text.len; at++) {
        bool opens = text.ptr[at] == '/' && text.ptr[at + 1] == '*';
        bool closes = text.ptr[at] == '*' && text.ptr[at + 1] == '/';
        if (closes && --depth == 0) return at + 2;
        depth += opens;
        at += opens || closes;
    }
    return SIZE_MAX;
}

size_t witc_comment_end(Str text, size_t at) {
    bool block = at + 1 < text.len && text.ptr[at + 1] == '*';
    size_t end = block ? witc_block_end(text, at) : str_find(text, '\n', at);
    return end == SIZE_MAX ? text.len : end;
}

/* One text after the other. After very many comments the grammar gives those that follow each other
 * as one. */
typedef struct {
    const Span *next, *end;
    Str rest; /* of the comment that is being split */
} Texts;

static bool next_comment(Texts *texts, Str *out) {
    while (!texts->rest.len) {
        if (texts->next == texts->end) return false;
        const Span *span = texts->next++;
        texts->rest = (Str){span->source->text.ptr + span->start, span->end - span->start};
    }
    size_t end = witc_comment_end(texts->rest, 0);
    *out = (Str){texts->rest.ptr, end};
    texts->rest = str_trim((Str){texts->rest.ptr + end, texts->rest.len - end});
    return true;
}

/* What is for the linter is no documentation. */
static bool next_text(Texts *texts, Str *out) {
    do {
        if (!next_comment(texts, out)) return false;
    } while (str_starts(*out, STR("// lint: ")));
    *out = comment_text(*out);
    return true;
}

/* The lines of a text, each with its LF. */
static char *put_lines(char *out, Str s) {
    for (size_t at = 0; at < s.len;) {
        size_t newline = str_find(s, '\n', at), end = newline == SIZE_MAX ? s.len : newline;
        size_t stop = newline != SIZE_MAX && end > at && s.ptr[end - 1] == '\r' ? end - 1 : end;
        memcpy(out, s.ptr + at, stop - at);
        out += stop - at;
        *out++ = '\n';
        at = end + 1;
    }
    if (s.len == 0) *out++ = '\n';
    return out;
}

static size_t leading_spaces(Str s, bool only_blanks) {
    size_t n = 0;
    while (n < s.len && (only_blanks ? s.ptr[n] == ' ' : is_ascii_space(s.ptr[n]))) n++;
    return n;
}

Str witc_docs_text(Arena *arena, const Span *comments, size_t n) {
    if (n == 0) return (Str){0};
    Texts texts = {.next = comments, .end = comments + n};
    size_t indent = SIZE_MAX, room = 0;
    Str s;
    while (next_text(&texts, &s)) {
        size_t spaces = leading_spaces(s, false);
        if (s.len && spaces < indent) indent = spaces;
        room += s.len + 1;
    }
    if (room == 0) return (Str){0};
    char *text = arena_alloc(arena, room), *end = text;
    texts = (Texts){.next = comments, .end = comments + n};
    while (next_text(&texts, &s)) {
        if (indent != SIZE_MAX && leading_spaces(s, true) >= indent) s = str_after(s, indent);
        end = put_lines(end, s);
    }
    while (end > text && end[-1] == '\n') end--;
    /* Not NULL: there are docs, though they may be empty. */
    return (Str){text, (size_t)(end - text)};
}
