/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The tokens of WIT, comments among them, for the formatter. Anything is a token to it: whether the
 * text is WIT is said by witc_explain. A version is read as one token wherever a number begins:
 *
 *     @0.2.0-rc.1+build.{types}        `@`  `0.2.0-rc.1+build`  `.`  `{`  ...
 */
#include "witc/internal.h"

static char at(Str s, size_t i) { return i < s.len ? s.ptr[i] : '\0'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_alnum(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static bool in_word(char c) {
    return is_alnum(c) || c == '_' || c == '-' || (unsigned char)c >= 0x80;
}

static size_t past_blanks(Str s, size_t i, uint32_t *newlines) {
    for (; i < s.len; i++) {
        if (s.ptr[i] == '\n') ++*newlines;
        else if (s.ptr[i] != ' ' && s.ptr[i] != '\t' && s.ptr[i] != '\r') break;
    }
    return i;
}

static size_t past_string(Str s, size_t i) {
    for (i++; i < s.len && s.ptr[i] != '\n'; i++) {
        if (s.ptr[i] == '"') return i + 1;
        if (s.ptr[i] == '\\' && at(s, i + 1) != '\n' && i + 1 < s.len) i++;
    }
    return i;
}

static size_t past_number(Str s, size_t i) {
    for (;; i++) {
        char c = at(s, i), next = at(s, i + 1);
        if (!(c == '.' ? is_alnum(next) || next == '-'
                       : is_alnum(c) || c == '-' || c == '+' || c == '_'))
            return i;
    }
}

Lex witc_lex(Str s, uint32_t from) {
    Lex t = {0};
    size_t i = past_blanks(s, from, &t.newlines);
    t.start = (uint32_t)i;
    char c = at(s, i), next = at(s, i + 1);
    if (i >= s.len) {
        t.kind = LEX_END;
    } else if (c == '/' && next == '/') {
        t.kind = LEX_LINE_COMMENT;
        i = str_find(s, '\n', i);
        if (i == SIZE_MAX) i = s.len;
    } else if (c == '/' && next == '*') {
        t.kind = LEX_BLOCK_COMMENT;
        i = witc_comment_end(s, i);
    } else if (c == '"') {
        t.kind = LEX_STRING;
        i = past_string(s, i);
    } else if (is_digit(c)) {
        t.kind = LEX_NUMBER;
        i = past_number(s, i);
    } else if (c == '%' || (in_word(c) && c != '-')) {
        t.kind = LEX_WORD;
        for (i++; in_word(at(s, i));) i++;
    } else {
        t.kind = LEX_MARK;
        i += c == '-' && next == '>' ? 2 : 1;
    }
    t.end = (uint32_t)i;
    return t;
}
