/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Tokens of WAC: identifiers in kebab case (a `%` before one that is a keyword), strings without
 * escapes, symbols. Comments are `//` to the end of the line, and nested block comments. Versions
 * are read on demand, after the `@` that begins one: elsewhere their characters mean other things.
 */
#include "wac/internal.h"

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static Span span_of(const WacLexer *l, size_t from, size_t to) {
    return (Span){l->source, (uint32_t)from, (uint32_t)to};
}

static WacToken token(const WacLexer *l, WacTokenKind kind, size_t from, size_t to) {
    return (WacToken){kind, str_from_to(l->source->text, from, to), span_of(l, from, to)};
}

/* Past one block comment, or to the end of the text (then false). */
static bool skip_block(WacLexer *l) {
    Str text = l->source->text;
    size_t depth = 0;
    while (l->at + 1 < text.len) {
        char c = text.ptr[l->at], d = text.ptr[l->at + 1];
        if (c == '/' && d == '*') depth++, l->at += 2;
        else if (c == '*' && d == '/') {
            l->at += 2;
            if (--depth == 0) return true;
        } else l->at++;
    }
    l->at = text.len;
    return false;
}

static bool skip_space(WacLexer *l) {
    Str text = l->source->text;
    while (l->at < text.len) {
        char c = text.ptr[l->at], d = l->at + 1 < text.len ? text.ptr[l->at + 1] : 0;
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t') l->at++;
        else if (c == '/' && d == '/')
            while (l->at < text.len && text.ptr[l->at] != '\n') l->at++;
        else if (c == '/' && d == '*') {
            size_t from = l->at;
            if (skip_block(l)) continue;
            diag(l->diags, WAC_BAD_COMMENT, span_of(l, from, from + 2));
            return false;
        } else return true;
    }
    return true;
}

static bool is_keyword(Str s) {
    static const char *const words[] = {
        "import",   "with",    "type",   "tuple",   "list",   "option",    "result", "borrow",
        "resource", "variant", "record", "flags",   "enum",   "func",      "static", "constructor",
        "u8",       "s8",      "u16",    "s16",     "u32",    "s32",       "u64",    "s64",
        "f32",      "f64",     "char",   "bool",    "string", "interface", "world",  "export",
        "new",      "let",     "use",    "include", "as",     "package",   "targets"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_is(s, words[i])) return true;
    return false;
}

static WacToken word(WacLexer *l) {
    Str text = l->source->text;
    size_t from = l->at;
    bool escaped = text.ptr[from] == '%';
    size_t at = from + escaped;
    while (at < text.len && (is_word(text.ptr[at]) || text.ptr[at] == '-')) {
        if (text.ptr[at] == '-' && at + 1 < text.len && text.ptr[at + 1] == '>') break;
        at++;
    }
    l->at = l->end = at;
    WacToken t = token(l, WAC_ID, from, at);
    t.text = str_after(t.text, escaped);
    if (!escaped && is_keyword(t.text)) t.kind = WAC_KEYWORD;
    else if (!wit_is_label(t.text)) {
        diag(l->diags, WAC_BAD_ID, t.span, STR_ARG(t.text));
        t.kind = WAC_BAD;
    }
    return t;
}

static WacToken string(WacLexer *l) {
    size_t from = l->at, to = str_find(l->source->text, '"', from + 1);
    if (to == SIZE_MAX) {
        diag(l->diags, WAC_BAD_STRING, span_of(l, from, from + 1));
        return token(l, WAC_BAD, from, from + 1);
    }
    l->at = l->end = to + 1;
    WacToken t = token(l, WAC_STRING, from, to + 1);
    t.text = str_from_to(l->source->text, from + 1, to);
    return t;
}

WacToken wac_next(WacLexer *l) {
    if (!skip_space(l)) return token(l, WAC_BAD, l->at, l->at);
    Str text = l->source->text;
    if (l->at >= text.len) return token(l, WAC_END, l->end, l->end);
    char c = text.ptr[l->at];
    if (is_word(c) || c == '%') return word(l);
    if (c == '"') return string(l);
    size_t from = l->at, n = 1;
    Str rest = str_after(text, from);
    if (str_starts(rest, STR("..."))) n = 3;
    else if (str_starts(rest, STR("->"))) n = 2;
    else if (!c || !strchr(";{}:=()<>_[].,/@", c)) {
        while (from + n < text.len && ((uint8_t)text.ptr[from + n] & 0xc0) == 0x80) n++;
        WacToken t = token(l, WAC_BAD, from, from + n);
        diag(l->diags, WAC_BAD_CHARACTER, t.span, STR_ARG(t.text));
        return t;
    }
    l->at = l->end = from + n;
    return token(l, WAC_SYMBOL, from, from + n);
}

WacToken wac_next_version(WacLexer *l) {
    Str text = l->source->text;
    size_t from = l->at, at = from;
    while (at < text.len && (is_word(text.ptr[at]) || strchr(".+-", text.ptr[at]) != NULL) &&
           text.ptr[at])
        at++;
    while (at > from && text.ptr[at - 1] == '.') at--;
    l->at = at;
    if (at > from) l->end = at;
    return token(l, WAC_ID, from, at);
}
