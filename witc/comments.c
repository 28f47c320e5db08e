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
    s = trim_end(s);
    if (str_starts(s, STR("/**"))) return trim_end(str_from_to(s, 3, s.len - 2));
    while (s.len && s.ptr[0] == '/') s = str_after(s, 1);
    return s;
}

/* Where the comment at the start of `s` ends; block comments nest. */
static size_t comment_end(Str s) {
    size_t newline = str_find(s, '\n', 0), depth = 0;
    if (!str_starts(s, STR("/*"))) return newline == SIZE_MAX ? s.len : newline;
    for (size_t i = 0; i + 1 < s.len; i++) {
        bool opens = s.ptr[i] == '/' && s.ptr[i + 1] == '*';
        bool closes = s.ptr[i] == '*' && s.ptr[i + 1] == '/';
        if (closes && --depth == 0) return i + 2;
        depth += opens;
        i += opens || closes;
    }
    return s.len;
}

typedef VEC(Str) Texts;

/* After very many comments the grammar gives those that follow each other as one. */
static void split_comments(Arena *arena, Str s, Texts *texts) {
    while ((s = str_trim(s)).len) {
        size_t end = comment_end(s);
        *vec_push(arena, texts) = comment_text(str_from_to(s, 0, end));
        s = str_after(s, end);
    }
}

static void put_lines(Buf *out, Str s) {
    for (size_t at = 0; at < s.len;) {
        size_t newline = str_find(s, '\n', at), end = newline == SIZE_MAX ? s.len : newline;
        size_t stop = newline != SIZE_MAX && end > at && s.ptr[end - 1] == '\r' ? end - 1 : end;
        buf_str(out, str_from_to(s, at, stop));
        buf_byte(out, '\n');
        at = end + 1;
    }
}

static size_t leading_spaces(Str s, bool only_blanks) {
    size_t n = 0;
    while (n < s.len && (only_blanks ? s.ptr[n] == ' ' : is_ascii_space(s.ptr[n]))) n++;
    return n;
}

Str witc_docs_text(Arena *arena, const Span *comments, size_t n) {
    if (n == 0) return (Str){0};
    Texts texts = {0};
    for (size_t i = 0; i < n; i++) split_comments(arena, str_from_to(comments[i].source->text, comments[i].start, comments[i].end), &texts);
    size_t indent = SIZE_MAX;
    for (size_t i = 0; i < texts.len; i++) {
        size_t spaces = leading_spaces(texts.at[i], false);
        if (texts.at[i].len && spaces < indent) indent = spaces;
    }
    Buf out = {.arena = arena};
    for (size_t i = 0; i < texts.len; i++) {
        Str s = texts.at[i];
        if (indent != SIZE_MAX && leading_spaces(s, true) >= indent) s = str_after(s, indent);
        if (s.len) put_lines(&out, s);
        else buf_byte(&out, '\n');
    }
    while (out.len && out.ptr[out.len - 1] == '\n') out.len--;
    /* Not NULL: there are docs, though they may be empty. */
    return out.len ? buf_text(&out) : STR("");
}
