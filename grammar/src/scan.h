/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/*
 * The lexical half of the WIT grammar: every token but white space.
 *
 * A word is read to its end before anything is decided, so a keyword is never
 * the head of a longer name. What a word becomes depends on what the parser can
 * use at this point (`valid`):
 *
 *     keyword that fits here              the keyword
 *     keyword where only a name fits      RESERVED, if what follows looks as
 *                                         after a name (see `is_used_as_name`)
 *     `list`, `own`, ... without `<`      BARE
 *     word of a gate, after '@' or '('    the gate's word; elsewhere a name
 *     kebab-case name, '%' or not         IDENTIFIER
 *     anything else made of name bytes    BAD_NAME
 *
 * Tokens are returned even where the parser has no use for them: it then
 * recovers with the whole token in hand. While it recovers, every symbol is
 * valid, RECOVERING among them; then only what is certain is returned. Code
 * points are compared whole: U+012A is no '*', U+012F no '/'.
 *
 * Two parsers read their tokens here: libtree-sitter (scanner.c), and one that
 * follows the same tables over a text in memory. So this file says what it needs
 * of a text, and whoever includes it has defined that before:
 *
 *     Scan                    a place in a text, in the course of one token
 *     peek(scan)              the code point there; 0 at the end. Any number from
 *                             0x80 on may stand for those beyond ASCII
 *     at_end(scan)            is there none?
 *     advance(scan)           takes it into the token
 *     advance_line(scan)      the same for all up to the next CR, LF or end
 *     skip(scan)              leaves it out, before the token
 *     mark_end(scan)          the token ends here, unless it is marked again
 *     finish(scan, token)     the token is this one: true
 */

#ifndef WIT_SCAN_H
#define WIT_SCAN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The order of PUNCTUATION in grammar.js; all but the arrow are one character. */
static const char punctuation[] = ";,{:=./@(<-)>}";

/* Sorted; the order of KEYWORDS and GATE_WORDS in grammar.js. */
static const char keywords[][16] = {
    "_",      "as",     "async",  "bool",   "borrow",   "char",    "constructor", "enum",
    "error-context",    "export", "f32",    "f64",      "flags",   "from",        "func",
    "future", "import", "include",          "interface",           "list",        "map",
    "option", "own",    "package",          "record",   "resource",               "result",
    "s16",    "s32",    "s64",    "s8",     "static",   "stream",  "string",      "tuple",
    "type",   "u16",    "u32",    "u64",    "u8",       "use",     "variant",     "with",
    "world",
};
/* Those that are no type without `<...>`. */
static const char generics[][16] = {"borrow", "list", "map", "option", "own", "tuple"};

static const char gate_words[][16] = {
    "deprecated", "external-id", "feature", "since", "unstable", "version",
};

enum {
    PUNCTUATION_COUNT = sizeof punctuation - 1,
    KEYWORD_COUNT = sizeof keywords / sizeof keywords[0],
    GENERIC_COUNT = sizeof generics / sizeof generics[0],
    GATE_WORD_COUNT = sizeof gate_words / sizeof gate_words[0],
    MAX_KEYWORD = 13,
};

/* The externals of grammar.js. */
enum {
    FIRST_PUNCTUATION = 0,
    SLASH = 6, /* its place in `punctuation` */
    IDENTIFIER = PUNCTUATION_COUNT,
    FIRST_KEYWORD,
    FIRST_GATE_WORD = FIRST_KEYWORD + KEYWORD_COUNT,
    RESERVED = FIRST_GATE_WORD + GATE_WORD_COUNT,
    BARE,
    BAD_NAME,
    INTEGER,
    VERSION,
    BAD_VERSION,
    STRING,
    BAD_STRING,
    COMMENT,
    DOC_COMMENT,
    UNTERMINATED_COMMENT,
    INVALID_CHARACTER,
    UNREAD,
    JOINT_COLON,
    MARK,
    NEVER,
    RECOVERING,
};

static bool is_digit(int32_t c) { return c >= '0' && c <= '9'; }
static bool is_lower(int32_t c) { return c >= 'a' && c <= 'z'; }
static bool is_upper(int32_t c) { return c >= 'A' && c <= 'Z'; }
static bool is_space(int32_t c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static bool is_hex(int32_t c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool starts_word(int32_t c) {
    return is_lower(c) || is_upper(c) || c == '_' || c == '%' || c >= 0x80;
}

static bool continues_word(int32_t c) {
    return is_lower(c) || c == '-' || is_digit(c) || is_upper(c) || c == '_' || c >= 0x80;
}

static void skip_space(Scan *scan) {
    while (is_space(peek(scan))) skip(scan);
}

/* Past white space behind the end of the token, which has been marked. */
static void look_past_space(Scan *scan) {
    while (is_space(peek(scan))) advance(scan);
}

/* The index of `word`, padded with zeros, in a table from `from` on, or -1. */
static int find_word(const char (*table)[16], int from, int to, const char word[16]) {
    for (int i = from; i < to; i++) {
        if (memcmp(table[i], word, 16) == 0) return i;
    }
    return -1;
}

static int find_keyword(const char word[16]) {
    /* Of `_`, then of each letter: where the words that begin with it begin in the table. */
    static const unsigned char starts[] = {
        /* _ */ 0, /* a */ 1, /* b */ 3, /* c */ 5, /* d */ 7, /* e */ 7, /* f */ 10,
        /* g */ 16, /* h */ 16, /* i */ 16, /* j */ 19, /* k */ 19, /* l */ 19, /* m */ 20,
        /* n */ 21, /* o */ 21, /* p */ 23, /* q */ 24, /* r */ 24, /* s */ 27, /* t */ 34,
        /* u */ 36, /* v */ 41, /* w */ 42, /* x */ 44, /* y */ 44, /* z */ 44, KEYWORD_COUNT,
    };
    char c = word[0];
    if (!is_lower(c) && c != '_') return -1;
    int letter = c == '_' ? 0 : c - 'a' + 1;
    return find_word(keywords, starts[letter], starts[letter + 1], word);
}

/* What the characters of a fragment of a name are; a fragment must not have both cases. */
enum { LOWER = 1, UPPER = 2, DIGIT = 4, OTHER = 8 };

static int kind_of(int32_t c) {
    return is_lower(c) ? LOWER : is_digit(c) ? DIGIT : is_upper(c) ? UPPER : OTHER;
}

static bool is_fragment(int kinds) {
    return kinds != 0 && !(kinds & OTHER) && (kinds & (LOWER | UPPER)) != (LOWER | UPPER);
}

/*
 * After a keyword that could be meant as a name: is it one? A keyword in its own
 * place stands before a word (`record point`, `import log`), a name stands before
 * punctuation or before `as` and `with`.
 */
static bool is_used_as_name(Scan *scan) {
    look_past_space(scan);
    if (!starts_word(peek(scan))) return true;
    char word[6] = {0};
    for (int i = 0; i < 5 && continues_word(peek(scan)); i++) {
        if (peek(scan) >= 0x80) return false;
        word[i] = (char)peek(scan);
        advance(scan);
    }
    return strcmp(word, "as") == 0 || strcmp(word, "with") == 0;
}

static bool scan_keyword(Scan *scan, const bool *valid, int keyword) {
    int token = FIRST_KEYWORD + keyword;
    if (valid[RECOVERING] || !valid[RESERVED]) return finish(scan, token);
    if (valid[token]) {
        /* No keyword stands before ':'. */
        look_past_space(scan);
        if (peek(scan) == ':') return finish(scan, RESERVED);
        bool is_bare = valid[BARE] && peek(scan) != '<' && peek(scan) != '/' &&
                       find_word(generics, 0, GENERIC_COUNT, keywords[keyword]) >= 0;
        return finish(scan, is_bare ? BARE : token);
    }
    return finish(scan, is_used_as_name(scan) ? RESERVED : token);
}

/* identifier ::= '%'? fragment ('-' fragment)*, and the keywords. Only later fragments may begin
 * with a digit. */
static bool scan_word(Scan *scan, const bool *valid) {
    char word[16] = {0};
    unsigned length = 0;
    int kinds = 0;
    bool escaped = peek(scan) == '%';
    if (escaped) advance(scan);
    bool ok = !is_digit(peek(scan));

    for (int32_t c = peek(scan); continues_word(c); c = peek(scan)) {
        if (length <= MAX_KEYWORD) word[length] = c < 0x80 ? (char)c : '?';
        length++;
        if (c == '-') {
            ok = ok && is_fragment(kinds);
            kinds = 0;
        } else {
            kinds |= kind_of(c);
        }
        advance(scan);
    }
    mark_end(scan);

    if (length <= MAX_KEYWORD) {
        int keyword = escaped ? -1 : find_keyword(word);
        if (keyword >= 0) return scan_keyword(scan, valid, keyword);
        for (int i = 0; i < GATE_WORD_COUNT && !valid[RECOVERING]; i++) {
            if (valid[FIRST_GATE_WORD + i] && memcmp(gate_words[i], word, 16) == 0) {
                return finish(scan, FIRST_GATE_WORD + i);
            }
        }
    }
    return finish(scan, ok && is_fragment(kinds) ? IDENTIFIER : BAD_NAME);
}

static bool continues_version(int32_t c) {
    return is_digit(c) || is_lower(c) || is_upper(c) || c == '-';
}

/* One number of the version core: no leading zero. */
static bool scan_version_number(Scan *scan) {
    bool zero = peek(scan) == '0';
    unsigned length = 0;
    for (; is_digit(peek(scan)); length++) advance(scan);
    return length > 0 && !(zero && length > 1);
}

/*
 * Dot-separated identifiers of a pre-release or a build. A '.' that no identifier
 * follows is left outside: it belongs to `use a:b/c@1.0.0-rc.{x}`.
 */
static bool scan_version_suffix(Scan *scan, bool numbers_are_canonical) {
    bool ok = true;
    for (;;) {
        bool numeric = true;
        bool zero = peek(scan) == '0';
        unsigned length = 0;
        for (; continues_version(peek(scan)); length++) {
            numeric = numeric && is_digit(peek(scan));
            advance(scan);
        }
        ok = ok && length > 0 && !(numbers_are_canonical && numeric && zero && length > 1);
        mark_end(scan);
        if (peek(scan) != '.') return ok;
        advance(scan);
        if (!continues_version(peek(scan))) return ok;
    }
}

/* Whatever else is glued to a version that is already known to be wrong. */
static bool scan_rest_of_bad_version(Scan *scan) {
    for (;;) {
        while (continues_version(peek(scan)) || peek(scan) == '+' ||
               peek(scan) == '_') {
            advance(scan);
        }
        mark_end(scan);
        if (peek(scan) != '.') break;
        advance(scan);
        if (!continues_version(peek(scan))) break;
    }
    return finish(scan, BAD_VERSION);
}

/* valid semver, https://semver.org; numbers may be longer than 64 bits. */
static bool scan_version(Scan *scan) {
    for (int i = 0; i < 3; i++) {
        bool ok = scan_version_number(scan);
        mark_end(scan);
        if (!ok) return scan_rest_of_bad_version(scan);
        if (i == 2) break;
        if (peek(scan) != '.') return scan_rest_of_bad_version(scan);
        advance(scan);
        if (!is_digit(peek(scan))) {
            /* `@1.{x}`: the dot is not ours. */
            if (!continues_version(peek(scan))) return finish(scan, BAD_VERSION);
            return scan_rest_of_bad_version(scan);
        }
    }
    if (peek(scan) == '-') {
        advance(scan);
        if (!scan_version_suffix(scan, true)) return scan_rest_of_bad_version(scan);
    }
    if (peek(scan) == '+') {
        advance(scan);
        if (!scan_version_suffix(scan, false)) return scan_rest_of_bad_version(scan);
    }
    if (continues_version(peek(scan)) || peek(scan) == '_' ||
        peek(scan) == '+') {
        return scan_rest_of_bad_version(scan);
    }
    if (peek(scan) == '.') {
        /* `1.2.3.4`, but not `1.2.3.{x}` */
        advance(scan);
        if (continues_version(peek(scan))) return scan_rest_of_bad_version(scan);
    }
    return finish(scan, VERSION);
}

static bool scan_number(Scan *scan, const bool *valid) {
    if (valid[VERSION] && !valid[RECOVERING]) return scan_version(scan);
    while (is_digit(peek(scan))) advance(scan);
    mark_end(scan);
    return finish(scan, INTEGER);
}

/* What follows the backslash of a core `name` literal. */
static bool scan_escape(Scan *scan) {
    int32_t c = peek(scan);
    if (c == 't' || c == 'n' || c == 'r' || c == '"' || c == '\'' || c == '\\') {
        advance(scan);
        return true;
    }
    if (is_hex(c)) {
        advance(scan);
        if (!is_hex(peek(scan))) return false;
        advance(scan);
        return true;
    }
    if (c != 'u') return false;
    advance(scan);
    if (peek(scan) != '{') return false;
    advance(scan);
    bool ends_in_digit = false;
    while (is_hex(peek(scan)) || (ends_in_digit && peek(scan) == '_')) {
        ends_in_digit = peek(scan) != '_';
        advance(scan);
    }
    if (!ends_in_digit || peek(scan) != '}') return false;
    advance(scan);
    return true;
}

/* string-literal ::= <core:name>, on one line; an open one ends with its line. */
static bool scan_string(Scan *scan) {
    bool ok = true;
    advance(scan);
    for (;;) {
        int32_t c = peek(scan);
        if (c == '"') {
            advance(scan);
            mark_end(scan);
            return finish(scan, ok ? STRING : BAD_STRING);
        }
        if (c == '\n' || c == '\r' || at_end(scan)) {
            mark_end(scan);
            return finish(scan, BAD_STRING);
        }
        advance(scan);
        if (c == '\\') {
            ok = scan_escape(scan) && ok;
        } else if (c < 0x20 || c == 0x7f) {
            ok = false;
        }
    }
}

/* The rest of a comment after `//`: to the end of the line, without its CR and LF. */
static bool scan_line_comment(Scan *scan) {
    bool docs = false;
    if (peek(scan) == '/') {
        advance(scan);
        docs = peek(scan) != '/';
    }
    do {
        advance_line(scan);
        mark_end(scan);
        while (peek(scan) == '\r') advance(scan);
    } while (peek(scan) != '\n' && !at_end(scan));
    return finish(scan, docs ? DOC_COMMENT : COMMENT);
}

/* The rest of a comment after its opening; block comments nest. */
static bool scan_block_comment(Scan *scan) {
    bool docs = false;
    unsigned depth = 1;
    if (peek(scan) == '*') {
        advance(scan);
        if (peek(scan) == '/') {
            advance(scan);
            mark_end(scan);
            return finish(scan, COMMENT);
        }
        docs = peek(scan) != '*';
    }
    while (depth > 0) {
        int32_t c = peek(scan);
        if (at_end(scan)) {
            mark_end(scan);
            return finish(scan, UNTERMINATED_COMMENT);
        }
        advance(scan);
        if (c == '/' && peek(scan) == '*') {
            advance(scan);
            depth++;
        } else if (c == '*' && peek(scan) == '/') {
            advance(scan);
            depth--;
        }
    }
    mark_end(scan);
    return finish(scan, docs ? DOC_COMMENT : COMMENT);
}

/* False, past the slash, if there is none. */
static bool scan_comment(Scan *scan) {
    advance(scan);
    if (peek(scan) == '/') {
        advance(scan);
        return scan_line_comment(scan);
    }
    if (peek(scan) == '*') {
        advance(scan);
        return scan_block_comment(scan);
    }
    return false;
}

static bool scan_punctuation(Scan *scan, const bool *valid, bool after_space) {
    int32_t c = peek(scan);
    int mark = 0;
    while (mark < PUNCTUATION_COUNT && punctuation[mark] != c) mark++;
    advance(scan);
    if (c == '-' && peek(scan) == '>') {
        advance(scan);
    } else if (c == '-') {
        mark = PUNCTUATION_COUNT;
    }
    mark_end(scan);
    if (mark == PUNCTUATION_COUNT) return finish(scan, INVALID_CHARACTER);
    if (c == ':' && valid[JOINT_COLON] && !valid[RECOVERING] && !after_space &&
        starts_word(peek(scan))) {
        return finish(scan, JOINT_COLON);
    }
    return finish(scan, FIRST_PUNCTUATION + mark);
}

static bool scan_token(Scan *scan, const bool *valid, bool after_space) {
    int32_t c = peek(scan);
    if (starts_word(c)) return scan_word(scan, valid);
    if (c == '"') return scan_string(scan);
    if (is_digit(c)) return scan_number(scan, valid);
    if (c == '/') {
        if (scan_comment(scan)) return true;
        mark_end(scan);
        return finish(scan, SLASH);
    }
    return scan_punctuation(scan, valid, after_space);
}

#endif
