/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Characters to tokens (core specification 6.3, and the annotations of its appendix).
 *
 * The whole source becomes one array of tokens before anything is parsed: 16 bytes a token, of which
 * an opening parenthesis knows its partner. Parsers then look ahead as far as they like, run over a
 * module twice (names first), and skip a form in one step. White space, comments and annotations
 * that nobody here reads leave no token.
 *
 *     reserved ::= (idchar | string | ',' | ';' | '[' | ']' | '{' | '}')+
 *
 * is the shape of everything that is not a parenthesis: the longest such run is one token, and its
 * kind follows from what it consists of, so that `"a""b"` or `0x` are tokens, but of no use. */
#include <stdlib.h>

#include "base/utf8.h"
#include "wat/internal.h"

enum { CLASS_ID = 1, CLASS_DIGIT = 2, CLASS_HEX = 4, CLASS_PUNCTUATION = 8 };

static uint8_t class_of(uint8_t c) {
    if (c >= '0' && c <= '9') return CLASS_ID | CLASS_DIGIT | CLASS_HEX;
    if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) return CLASS_ID | CLASS_HEX;
    if (c == ',' || c == ';' || c == '[' || c == ']' || c == '{' || c == '}')
        return CLASS_PUNCTUATION;
    return c > ' ' && c < 0x7f && c != '"' && c != '(' && c != ')' ? CLASS_ID : 0;
}

typedef struct {
    Arena *arena;
    const Source *source;
    Diags *diags;
    const char *text;
    uint32_t at, size;
    VEC(Token) toks;
    VEC(uint32_t) open;  /* indices of open parentheses */
    uint32_t skip_depth; /* inside a skipped annotation: parentheses open since, with its own */
    uint32_t skip_at;    /* ... where it began */
    bool skipped;        /* an annotation was */
    bool failed;
    uint8_t classes[256];
} Lexer;

#define lex_fail(l, from, to, code, ...)                                                           \
    do {                                                                                           \
        if (!(l)->failed)                                                                          \
            diag((l)->diags, code, ((Span){(l)->source, (from), (to)}), ##__VA_ARGS__);            \
        (l)->failed = true;                                                                        \
    } while (0)

static bool is_class(const Lexer *l, uint32_t at, uint8_t mask) {
    return at < l->size && (l->classes[(uint8_t)l->text[at]] & mask);
}

/* ---- numbers ---- */

/* digits ::= digit ('_'? digit)*; gives the place behind them, or `i` where there are none. */
static size_t digits(Str s, size_t i, bool hex) {
    size_t start = i;
    for (bool digit = false; i < s.len; i++) {
        uint8_t class = class_of((uint8_t)s.ptr[i]);
        if (class & (hex ? CLASS_HEX : CLASS_DIGIT)) digit = true;
        else if (s.ptr[i] == '_' && digit && i + 1 < s.len &&
                 (class_of((uint8_t)s.ptr[i + 1]) & (hex ? CLASS_HEX : CLASS_DIGIT)))
            digit = false;
        else break;
    }
    return i == start ? start : i;
}

/* The kind of a token that begins with a digit or sign, or is one of inf, nan, nan:0x... */
static TokKind number_kind(Str s) {
    size_t i = s.len && (s.ptr[0] == '+' || s.ptr[0] == '-');
    Str rest = str_after(s, i);
    if (str_is(rest, "inf") || str_is(rest, "nan")) return TOK_FLOAT;
    if (str_starts(rest, STR("nan:0x"))) {
        size_t end = digits(rest, 6, true);
        return end == rest.len && end > 6 ? TOK_FLOAT : TOK_RESERVED;
    }
    bool hex = str_starts(rest, STR("0x"));
    size_t start = i + (hex ? 2 : 0), end = digits(s, start, hex);
    if (end == start) return TOK_RESERVED;
    if (end == s.len) return TOK_INT;
    if (s.ptr[end] == '.') end = digits(s, end + 1, hex);
    if (end < s.len && (s.ptr[end] | 32) == (hex ? 'p' : 'e')) {
        end++;
        if (end < s.len && (s.ptr[end] == '+' || s.ptr[end] == '-')) end++;
        start = end;
        end = digits(s, start, false);
        if (end == start) return TOK_RESERVED;
    }
    return end == s.len ? TOK_FLOAT : TOK_RESERVED;
}

/* ---- strings ---- */

static unsigned hex_value(uint8_t c) { return c <= 57 ? c - 48u : (c | 32u) - 87u; }

/* The length of the escape at `at` (a backslash), 0 where it is none. */
static uint32_t escape_length(const Lexer *l, uint32_t at) {
    if (at + 1 >= l->size) return 0;
    char c = l->text[at + 1];
    if (c == 't' || c == 'n' || c == 'r' || c == '"' || c == '\'' || c == '\\') return 2;
    if (is_class(l, at + 1, CLASS_HEX)) return is_class(l, at + 2, CLASS_HEX) ? 3 : 0;
    if (c != 'u' || at + 2 >= l->size || l->text[at + 2] != '{') return 0;
    uint32_t i = at + 3, value = 0;
    bool digit = false;
    for (; i < l->size && l->text[i] != '}'; i++) {
        if (l->text[i] == '_' && digit && is_class(l, i + 1, CLASS_HEX)) continue;
        if (!is_class(l, i, CLASS_HEX)) return 0;
        digit = true;
        value = value * 16 + hex_value((uint8_t)l->text[i]);
        if (value > 0x10ffff) return 0;
    }
    if (!digit || i >= l->size || (value >= 0xd800 && value < 0xe000)) return 0;
    return i + 1 - at;
}

/* Passes over a string; the place is at its first quote. */
static bool lex_string(Lexer *l) {
    uint32_t start = l->at++;
    bool escapes = false, id = start && l->text[start - 1] == '$';
    while (l->at < l->size && l->text[l->at] != '"') {
        uint8_t c = (uint8_t)l->text[l->at];
        if (c == '\\') {
            uint32_t n = escape_length(l, l->at);
            escapes = true;
            if (n == 0) {
                if (l->at + 1 >= l->size) break;
                lex_fail(l, l->at, l->at + 2, WAT_BAD_ESCAPE);
                return false;
            }
            l->at += n;
        } else if (id && (c < ' ' || c == 0x7f)) {
            lex_fail(l, start, l->at, WAT_BROKEN_ID);
            return false;
        } else if (c == '\n' || c == '\r') {
            lex_fail(l, start, l->at, WAT_STRING_LINE);
            return false;
        } else if (c < ' ' || c == 0x7f) {
            lex_fail(l, l->at, l->at + 1, WAT_ILLEGAL_CHARACTER, c);
            return false;
        } else {
            l->at++;
        }
    }
    if (l->at >= l->size) {
        lex_fail(l, start, l->size, WAT_UNCLOSED_STRING);
        return false;
    }
    l->at++;
    return escapes;
}

static Str decode_string(Arena *arena, Str s) {
    if (str_find(s, '\\', 0) == SIZE_MAX) return s;
    char *out = arena_alloc(arena, s.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.len;) {
        char c = s.ptr[i];
        if (c != '\\') {
            out[n++] = s.ptr[i++];
            continue;
        }
        c = s.ptr[i + 1];
        i += 2;
        if (c == 't') out[n++] = '\t';
        else if (c == 'n') out[n++] = '\n';
        else if (c == 'r') out[n++] = '\r';
        else if (c == '"' || c == '\'' || c == '\\') out[n++] = c;
        else if (c == 'u') {
            uint32_t value = 0;
            for (i++; s.ptr[i] != '}'; i++)
                if (s.ptr[i] != '_') value = value * 16 + hex_value((uint8_t)s.ptr[i]);
            i++;
            n += utf8_put(out + n, value);
        } else {
            out[n++] = (char)(hex_value((uint8_t)c) * 16 + hex_value((uint8_t)s.ptr[i]));
            i++;
        }
    }
    return (Str){out, n};
}

/* ---- white space and comments ---- */

/* Directional overrides make a text look different to people than to us; they are refused. */
static bool is_confusing(Str s, size_t at) {
    size_t next = at;
    uint32_t c = utf8_next(s, &next);
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x206c;
}

static void check_comment(Lexer *l, uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to && !l->source->trusted; i++)
        if ((uint8_t)l->text[i] == 0xe2 && is_confusing(l->source->text, i))
            lex_fail(l, i, i + 3, WAT_CONFUSING);
}

static void skip_space(Lexer *l) {
    while (l->at < l->size) {
        char c = l->text[l->at], next = l->at + 1 < l->size ? l->text[l->at + 1] : 0;
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            l->at++;
        } else if (c == ';' && next == ';') {
            uint32_t start = l->at;
            while (l->at < l->size && l->text[l->at] != '\n' && l->text[l->at] != '\r') l->at++;
            check_comment(l, start, l->at);
        } else if (c == '(' && next == ';') {
            uint32_t start = l->at, depth = 0;
            do {
                c = l->text[l->at];
                next = l->at + 1 < l->size ? l->text[l->at + 1] : 0;
                if (c == '(' && next == ';') depth++, l->at += 2;
                else if (c == ';' && next == ')') depth--, l->at += 2;
                else l->at++;
            } while (depth && l->at < l->size);
            if (depth) lex_fail(l, start, start + 2, WAT_UNCLOSED_COMMENT);
            check_comment(l, start, l->at);
        } else {
            return;
        }
    }
}

/* ---- tokens ---- */

static void push(Lexer *l, Token t) {
    if (!l->skip_depth) *vec_push(l->arena, &l->toks) = t;
}

/* Those that mean something to us; the others are skipped with all that is in them. */
static bool is_known_annotation(Str id) {
    static const char *const known[] = {"custom", "name", "producers", "dylink.0",
                                        "metadata.code.branch_hint"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_is(id, known[i])) return true;
    return false;
}

/* annotation ::= '(@' (idchar+ | string) ... ')'; the place is at the '('. */
static void lex_annotation(Lexer *l) {
    uint32_t start = l->at;
    l->at += 2;
    uint32_t id_at = l->at;
    Str id;
    if (is_class(l, l->at, CLASS_ID)) {
        while (is_class(l, l->at, CLASS_ID)) l->at++;
        id = (Str){l->text + id_at, l->at - id_at};
    } else if (l->at < l->size && l->text[l->at] == '"') {
        if (l->at + 1 < l->size && (l->text[l->at + 1] == '\n' || l->text[l->at + 1] == '"')) {
            lex_fail(l, start, l->at + 1, WAT_EMPTY_ANNOTATION);
            return;
        }
        lex_string(l);
        if (l->failed) return;
        id = decode_string(l->arena, (Str){l->text + id_at + 1, l->at - id_at - 2});
        if (utf8_valid_prefix(id) != id.len) lex_fail(l, start, l->at, BYTES_UTF8);
    } else {
        lex_fail(l, start, start + 2, WAT_EMPTY_ANNOTATION);
        return;
    }
    if (is_known_annotation(id)) {
        *vec_push(l->arena, &l->open) = (uint32_t)l->toks.len;
        push(l, (Token){.kind = TOK_ANNOTATION, .at = start, .len = l->at - start});
        return;
    }
    l->skip_at = start;
    l->skip_depth = 1;
    l->skipped = true;
}

static void lex_open(Lexer *l) {
    if (!l->skip_depth && l->at + 1 < l->size && l->text[l->at + 1] == '@') {
        lex_annotation(l);
        return;
    }
    if (l->skip_depth) {
        l->skip_depth++;
    } else {
        *vec_push(l->arena, &l->open) = (uint32_t)l->toks.len;
        push(l, (Token){.kind = TOK_OPEN, .at = l->at, .len = 1});
    }
    l->at++;
}

static void lex_close(Lexer *l) {
    if (l->skip_depth) {
        l->skip_depth--;
    } else {
        if (l->open.len == 0) {
            lex_fail(l, l->at, l->at + 1, WAT_SURPLUS_CLOSE);
            return;
        }
        l->toks.at[vec_pop(&l->open)].match = (uint32_t)l->toks.len;
        push(l, (Token){.kind = TOK_CLOSE, .at = l->at, .len = 1});
    }
    l->at++;
}

/* One run of reserved characters. */
static void lex_reserved(Lexer *l) {
    uint32_t start = l->at, strings = 0, runs = 0;
    bool escapes = false;
    while (l->at < l->size && !l->failed) {
        if (l->text[l->at] == '"') {
            escapes |= lex_string(l);
            strings++;
        } else if (is_class(l, l->at, CLASS_ID)) {
            while (is_class(l, l->at, CLASS_ID)) l->at++;
            runs++;
        } else if (is_class(l, l->at, CLASS_PUNCTUATION)) {
            if (l->text[l->at] == ';' && l->at + 1 < l->size && l->text[l->at + 1] == ';') break;
            l->at++;
            runs += 2;
        } else {
            break;
        }
    }
    if (l->at == start) {
        lex_fail(l, start, start + 1, WAT_ILLEGAL_CHARACTER, (uint8_t)l->text[start]);
        return;
    }
    Token t = {.kind = TOK_RESERVED, .at = start, .len = l->at - start, .quoted = escapes};
    char first = l->text[start];
    if (strings == 1 && runs == 0) t.kind = TOK_STRING;
    else if (strings == 1 && runs == 1 && first == '$' && l->text[start + 1] == '"')
        t.kind = TOK_ID, t.quoted = true;
    else if (strings == 0 && runs == 1) {
        Str text = {l->text + start, t.len};
        if (first == '$' && t.len > 1) t.kind = TOK_ID;
        else if (first == '+' || first == '-' || class_of((uint8_t)first) & CLASS_DIGIT)
            t.kind = number_kind(text);
        else if (first >= 'a' && first <= 'z') {
            t.kind = TOK_KEYWORD;
            if (first == 'i' || first == 'n') {
                TokKind kind = number_kind(text);
                if (kind == TOK_FLOAT) t.kind = kind;
            }
        }
    }
    push(l, t);
}

bool wat_lex(Arena *arena, const Source *source, Features features, Wat *w, Diags *diags) {
    Lexer l = {.arena = arena,
               .source = source,
               .diags = diags,
               .text = source->text.ptr,
               .size = (uint32_t)source->text.len};
    for (int c = 0; c < 256; c++) l.classes[c] = class_of((uint8_t)c);
    size_t valid = utf8_valid_prefix(source->text);
    if (valid != source->text.len) lex_fail(&l, (uint32_t)valid, (uint32_t)valid + 1, BYTES_UTF8);
    for (skip_space(&l); l.at < l.size && !l.failed; skip_space(&l)) {
        if (l.text[l.at] == '(') lex_open(&l);
        else if (l.text[l.at] == ')') lex_close(&l);
        else lex_reserved(&l);
    }
    if (!l.failed && l.skip_depth) lex_fail(&l, l.skip_at, l.skip_at + 2, WAT_UNCLOSED_ANNOTATION);
    uint32_t unclosed = l.open.len ? vec_last(&l.open) : UINT32_MAX;
    for (size_t i = 0; i < l.open.len && !l.failed; i++) {
        /* what is inside may have a fault that says more */
        Token *t = &l.toks.at[l.open.at[i]];
        t->match = (uint32_t)l.toks.len;
        if (t->kind == TOK_ANNOTATION) lex_fail(&l, t->at, t->at + t->len, WAT_UNCLOSED_ANNOTATION);
    }
    l.skip_depth = 0;
    uint32_t end = (uint32_t)l.toks.len;
    for (int i = 0; i < 4; i++) /* so that a step past it is one too */
        push(&l, (Token){.kind = TOK_END, .at = l.size, .match = end});
    *w = (Wat){.arena = arena,
               .source = source,
               .diags = diags,
               .features = features,
               .toks = l.toks.at,
               .end = end,
               .failed = l.failed};
    w->meaningful = end > 0 || l.skipped;
    if (unclosed != UINT32_MAX) w->unclosed = &l.toks.at[unclosed];
    const char *strict = getenv("WAST_STRICT_COMPONENT_INDICES");
    w->strict = !strict || strcmp(strict, "0") != 0;
    if (l.failed) w->pos = w->end;
    return !l.failed;
}

/* ---- what tokens say ---- */

Str wat_token_string(Wat *w, const Token *t) {
    Str inside = {w->source->text.ptr + t->at + 1, t->len - 2};
    return t->quoted ? decode_string(w->arena, inside) : inside;
}

Str wat_token_id(Wat *w, const Token *t) {
    Str text = str_after(wat_text(w, t), 1);
    if (!t->quoted) return text;
    Str name = decode_string(w->arena, str_from_to(text, 1, text.len - 1));
    if (name.len == 0) wat_fail(w, wat_span(w, t), WAT_EMPTY_ID);
    if (utf8_valid_prefix(name) != name.len) wat_fail(w, wat_span(w, t), WAT_UTF8_ID);
    return name;
}
