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
 * The state guards the parser against hostile text. The library counts a node's
 * children in 16 bits (0.20), gathers whatever is on its stack in one node at
 * the end of a broken text, and needs quadratic time to merge errors. So a text
 * with too many errors, or brackets too deep, is left UNREAD from there on, one
 * token to its end; and from a certain number of comments since the last end of
 * a top-level item on, neighbours become one comment. The numbers keep the
 * parser's stack below 65,536 in any text; no real one comes near them.
 *
 * `depth` and `comments` belong to a place in the text, so they travel with its
 * tokens. `errors` belongs to the parse, whose attempts to recover all count: it
 * is kept here, and cleared when the parser starts from nothing.
 */

#include "tree_sitter/parser.h"

#include <stdlib.h>
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

enum { MAX_ERRORS = 6000, MAX_DEPTH = 1000, MAX_COMMENTS = 12000 };

typedef struct {
    uint16_t depth;    /* of open brackets */
    uint16_t comments; /* since the last top-level `;` or `}` */
} Place;

typedef struct {
    Place place;
    unsigned errors; /* tokens read that the parser had no use for */
} State;

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
    return is_lower(c) || is_upper(c) || is_digit(c) || c == '_' || c == '-' || c >= 0x80;
}

static void advance(TSLexer *lexer) { lexer->advance(lexer, false); }

static void skip_space(TSLexer *lexer) {
    while (is_space(lexer->lookahead)) lexer->advance(lexer, true);
}

/* Past white space behind the end of the token, which has been marked. */
static void look_past_space(TSLexer *lexer) {
    while (is_space(lexer->lookahead)) advance(lexer);
}

static bool finish(TSLexer *lexer, int token) {
    lexer->result_symbol = (TSSymbol)token;
    return true;
}

/* The index of `word` in a sorted table, or -1. */
static int find_word(const char (*table)[16], int count, const char *word) {
    int low = 0;
    int high = count;
    while (low < high) {
        int mid = (low + high) / 2;
        int order = strcmp(word, table[mid]);
        if (order == 0) return mid;
        if (order < 0) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return -1;
}

/* Is the kebab-case rule kept so far? One fragment after the other. */
typedef struct {
    bool ok;
    bool first;     /* still in the first fragment */
    bool empty;     /* no character of this fragment yet */
    bool has_lower; /* of this fragment */
    bool has_upper;
} Kebab;

static void kebab_add(Kebab *kebab, int32_t c) {
    if (c == '-') {
        kebab->ok = kebab->ok && !kebab->empty;
        kebab->first = kebab->has_lower = kebab->has_upper = false;
        kebab->empty = true;
        return;
    }
    if (is_digit(c)) {
        kebab->ok = kebab->ok && !(kebab->first && kebab->empty);
    } else if (is_lower(c)) {
        kebab->has_lower = true;
    } else if (is_upper(c)) {
        kebab->has_upper = true;
    } else {
        kebab->ok = false;
    }
    kebab->ok = kebab->ok && !(kebab->has_lower && kebab->has_upper);
    kebab->empty = false;
}

/*
 * After a keyword that could be meant as a name: is it one? A keyword in its own
 * place stands before a word (`record point`, `import log`), a name stands before
 * punctuation or before `as` and `with`.
 */
static bool is_used_as_name(TSLexer *lexer) {
    look_past_space(lexer);
    if (!starts_word(lexer->lookahead)) return true;
    char word[6] = {0};
    for (int i = 0; i < 5 && continues_word(lexer->lookahead); i++) {
        if (lexer->lookahead >= 0x80) return false;
        word[i] = (char)lexer->lookahead;
        advance(lexer);
    }
    return strcmp(word, "as") == 0 || strcmp(word, "with") == 0;
}

static bool scan_keyword(TSLexer *lexer, const bool *valid, int keyword) {
    int token = FIRST_KEYWORD + keyword;
    if (valid[RECOVERING] || !valid[RESERVED]) return finish(lexer, token);
    if (valid[token]) {
        /* No keyword stands before ':'. */
        look_past_space(lexer);
        if (lexer->lookahead == ':') return finish(lexer, RESERVED);
        bool is_bare = valid[BARE] && lexer->lookahead != '<' && lexer->lookahead != '/' &&
                       find_word(generics, GENERIC_COUNT, keywords[keyword]) >= 0;
        return finish(lexer, is_bare ? BARE : token);
    }
    return finish(lexer, is_used_as_name(lexer) ? RESERVED : token);
}

/* identifier ::= '%'? fragment ('-' fragment)*, and the keywords. */
static bool scan_word(TSLexer *lexer, const bool *valid) {
    Kebab kebab = {.ok = true, .first = true, .empty = true};
    char word[MAX_KEYWORD + 2] = {0};
    unsigned length = 0;
    bool escaped = lexer->lookahead == '%';

    if (escaped) advance(lexer);
    while (continues_word(lexer->lookahead)) {
        int32_t c = lexer->lookahead;
        if (length <= MAX_KEYWORD) word[length] = c < 0x80 ? (char)c : '?';
        length++;
        kebab_add(&kebab, c);
        advance(lexer);
    }
    lexer->mark_end(lexer);

    if (length <= MAX_KEYWORD) {
        int keyword = escaped ? -1 : find_word(keywords, KEYWORD_COUNT, word);
        if (keyword >= 0) return scan_keyword(lexer, valid, keyword);
        int gate = find_word(gate_words, GATE_WORD_COUNT, word);
        if (gate >= 0 && valid[FIRST_GATE_WORD + gate] && !valid[RECOVERING]) {
            return finish(lexer, FIRST_GATE_WORD + gate);
        }
    }
    return finish(lexer, kebab.ok && !kebab.empty ? IDENTIFIER : BAD_NAME);
}

static bool continues_version(int32_t c) {
    return is_digit(c) || is_lower(c) || is_upper(c) || c == '-';
}

/* One number of the version core: no leading zero. */
static bool scan_version_number(TSLexer *lexer) {
    bool zero = lexer->lookahead == '0';
    unsigned length = 0;
    for (; is_digit(lexer->lookahead); length++) advance(lexer);
    return length > 0 && !(zero && length > 1);
}

/*
 * Dot-separated identifiers of a pre-release or a build. A '.' that no identifier
 * follows is left outside: it belongs to `use a:b/c@1.0.0-rc.{x}`.
 */
static bool scan_version_suffix(TSLexer *lexer, bool numbers_are_canonical) {
    bool ok = true;
    for (;;) {
        bool numeric = true;
        bool zero = lexer->lookahead == '0';
        unsigned length = 0;
        for (; continues_version(lexer->lookahead); length++) {
            numeric = numeric && is_digit(lexer->lookahead);
            advance(lexer);
        }
        ok = ok && length > 0 && !(numbers_are_canonical && numeric && zero && length > 1);
        lexer->mark_end(lexer);
        if (lexer->lookahead != '.') return ok;
        advance(lexer);
        if (!continues_version(lexer->lookahead)) return ok;
    }
}

/* Whatever else is glued to a version that is already known to be wrong. */
static bool scan_rest_of_bad_version(TSLexer *lexer) {
    for (;;) {
        while (continues_version(lexer->lookahead) || lexer->lookahead == '+' ||
               lexer->lookahead == '_') {
            advance(lexer);
        }
        lexer->mark_end(lexer);
        if (lexer->lookahead != '.') break;
        advance(lexer);
        if (!continues_version(lexer->lookahead)) break;
    }
    return finish(lexer, BAD_VERSION);
}

/* valid semver, https://semver.org; numbers may be longer than 64 bits. */
static bool scan_version(TSLexer *lexer) {
    for (int i = 0; i < 3; i++) {
        bool ok = scan_version_number(lexer);
        lexer->mark_end(lexer);
        if (!ok) return scan_rest_of_bad_version(lexer);
        if (i == 2) break;
        if (lexer->lookahead != '.') return scan_rest_of_bad_version(lexer);
        advance(lexer);
        if (!is_digit(lexer->lookahead)) {
            /* `@1.{x}`: the dot is not ours. */
            if (!continues_version(lexer->lookahead)) return finish(lexer, BAD_VERSION);
            return scan_rest_of_bad_version(lexer);
        }
    }
    if (lexer->lookahead == '-') {
        advance(lexer);
        if (!scan_version_suffix(lexer, true)) return scan_rest_of_bad_version(lexer);
    }
    if (lexer->lookahead == '+') {
        advance(lexer);
        if (!scan_version_suffix(lexer, false)) return scan_rest_of_bad_version(lexer);
    }
    if (continues_version(lexer->lookahead) || lexer->lookahead == '_' ||
        lexer->lookahead == '+') {
        return scan_rest_of_bad_version(lexer);
    }
    if (lexer->lookahead == '.') {
        /* `1.2.3.4`, but not `1.2.3.{x}` */
        advance(lexer);
        if (continues_version(lexer->lookahead)) return scan_rest_of_bad_version(lexer);
    }
    return finish(lexer, VERSION);
}

static bool scan_number(TSLexer *lexer, const bool *valid) {
    if (valid[VERSION] && !valid[RECOVERING]) return scan_version(lexer);
    while (is_digit(lexer->lookahead)) advance(lexer);
    lexer->mark_end(lexer);
    return finish(lexer, INTEGER);
}

/* What follows the backslash of a core `name` literal. */
static bool scan_escape(TSLexer *lexer) {
    int32_t c = lexer->lookahead;
    if (c == 't' || c == 'n' || c == 'r' || c == '"' || c == '\'' || c == '\\') {
        advance(lexer);
        return true;
    }
    if (is_hex(c)) {
        advance(lexer);
        if (!is_hex(lexer->lookahead)) return false;
        advance(lexer);
        return true;
    }
    if (c != 'u') return false;
    advance(lexer);
    if (lexer->lookahead != '{') return false;
    advance(lexer);
    bool ends_in_digit = false;
    while (is_hex(lexer->lookahead) || (ends_in_digit && lexer->lookahead == '_')) {
        ends_in_digit = lexer->lookahead != '_';
        advance(lexer);
    }
    if (!ends_in_digit || lexer->lookahead != '}') return false;
    advance(lexer);
    return true;
}

/* string-literal ::= <core:name>, on one line; an open one ends with its line. */
static bool scan_string(TSLexer *lexer) {
    bool ok = true;
    advance(lexer);
    for (;;) {
        int32_t c = lexer->lookahead;
        if (c == '"') {
            advance(lexer);
            lexer->mark_end(lexer);
            return finish(lexer, ok ? STRING : BAD_STRING);
        }
        if (c == '\n' || c == '\r' || lexer->eof(lexer)) {
            lexer->mark_end(lexer);
            return finish(lexer, BAD_STRING);
        }
        advance(lexer);
        if (c == '\\') {
            ok = scan_escape(lexer) && ok;
        } else if (c < 0x20 || c == 0x7f) {
            ok = false;
        }
    }
}

/* The rest of a comment after `//`: to the end of the line, without its CR and LF. */
static bool scan_line_comment(TSLexer *lexer) {
    bool docs = false;
    if (lexer->lookahead == '/') {
        advance(lexer);
        docs = lexer->lookahead != '/';
    }
    for (;;) {
        while (lexer->lookahead != '\n' && lexer->lookahead != '\r' && !lexer->eof(lexer)) {
            advance(lexer);
        }
        lexer->mark_end(lexer);
        if (lexer->lookahead != '\r') break;
        advance(lexer);
    }
    return finish(lexer, docs ? DOC_COMMENT : COMMENT);
}

/* The rest of a comment after its opening; block comments nest. */
static bool scan_block_comment(TSLexer *lexer) {
    bool docs = false;
    unsigned depth = 1;
    if (lexer->lookahead == '*') {
        advance(lexer);
        if (lexer->lookahead == '/') {
            advance(lexer);
            lexer->mark_end(lexer);
            return finish(lexer, COMMENT);
        }
        docs = lexer->lookahead != '*';
    }
    while (depth > 0) {
        int32_t c = lexer->lookahead;
        if (lexer->eof(lexer)) {
            lexer->mark_end(lexer);
            return finish(lexer, UNTERMINATED_COMMENT);
        }
        advance(lexer);
        if (c == '/' && lexer->lookahead == '*') {
            advance(lexer);
            depth++;
        } else if (c == '*' && lexer->lookahead == '/') {
            advance(lexer);
            depth--;
        }
    }
    lexer->mark_end(lexer);
    return finish(lexer, docs ? DOC_COMMENT : COMMENT);
}

/* False, past the slash, if there is none. */
static bool scan_comment(TSLexer *lexer) {
    advance(lexer);
    if (lexer->lookahead == '/') {
        advance(lexer);
        return scan_line_comment(lexer);
    }
    if (lexer->lookahead == '*') {
        advance(lexer);
        return scan_block_comment(lexer);
    }
    return false;
}

/* After too many comments: those that follow at once, with this one. */
static void join_comments(TSLexer *lexer) {
    int token = lexer->result_symbol;
    for (;;) {
        look_past_space(lexer);
        if (lexer->lookahead != '/') break;
        if (!scan_comment(lexer)) break;
        if (lexer->result_symbol == UNTERMINATED_COMMENT) return;
    }
    lexer->result_symbol = (TSSymbol)token;
}

static bool scan_punctuation(TSLexer *lexer, const bool *valid, bool after_space) {
    int32_t c = lexer->lookahead;
    const char *mark = c > 0 && c < 0x80 ? strchr(punctuation, (char)c) : NULL;
    advance(lexer);
    if (c == '-' && lexer->lookahead == '>') {
        advance(lexer);
    } else if (c == '-') {
        mark = NULL;
    }
    lexer->mark_end(lexer);
    if (mark == NULL) return finish(lexer, INVALID_CHARACTER);
    if (c == ':' && valid[JOINT_COLON] && !valid[RECOVERING] && !after_space &&
        starts_word(lexer->lookahead)) {
        return finish(lexer, JOINT_COLON);
    }
    return finish(lexer, FIRST_PUNCTUATION + (int)(mark - punctuation));
}

static bool scan_token(TSLexer *lexer, const bool *valid, bool after_space) {
    int32_t c = lexer->lookahead;
    if (starts_word(c)) return scan_word(lexer, valid);
    if (c == '"') return scan_string(lexer);
    if (is_digit(c)) return scan_number(lexer, valid);
    if (c == '/') {
        if (scan_comment(lexer)) return true;
        lexer->mark_end(lexer);
        return finish(lexer, SLASH);
    }
    return scan_punctuation(lexer, valid, after_space);
}

/* The rest of the text as one token. */
static bool skip_text(TSLexer *lexer) {
    while (!lexer->eof(lexer)) advance(lexer);
    lexer->mark_end(lexer);
    return finish(lexer, UNREAD);
}

/* Counts the token that was read. */
static void note_token(State *state, const bool *valid, int token) {
    Place *place = &state->place;
    if (token == COMMENT || token == DOC_COMMENT) {
        place->comments++;
        return;
    }
    if (valid[RECOVERING] || !valid[token]) state->errors++;
    if (token >= PUNCTUATION_COUNT) return;
    char mark = punctuation[token];
    if (mark == '{' || mark == '(' || mark == '<') place->depth++;
    if ((mark == '}' || mark == ')' || mark == '>') && place->depth > 0) place->depth--;
    if ((mark == '}' || mark == ';') && place->depth == 0) place->comments = 0;
}

void *tree_sitter_wit_external_scanner_create(void);
void tree_sitter_wit_external_scanner_destroy(void *);
bool tree_sitter_wit_external_scanner_scan(void *, TSLexer *, const bool *);
unsigned tree_sitter_wit_external_scanner_serialize(void *, char *);
void tree_sitter_wit_external_scanner_deserialize(void *, const char *, unsigned);

void *tree_sitter_wit_external_scanner_create(void) { return calloc(1, sizeof(State)); }

void tree_sitter_wit_external_scanner_destroy(void *payload) { free(payload); }

bool tree_sitter_wit_external_scanner_scan(void *payload, TSLexer *lexer, const bool *valid) {
    State *state = payload;
    bool after_space = is_space(lexer->lookahead);
    if (valid[MARK] && !valid[RECOVERING]) {
        lexer->mark_end(lexer);
        return finish(lexer, MARK);
    }
    skip_space(lexer);
    if (lexer->eof(lexer)) return false;
    if (state->errors >= MAX_ERRORS || state->place.depth >= MAX_DEPTH) return skip_text(lexer);
    if (!scan_token(lexer, valid, after_space)) return false;
    int token = lexer->result_symbol;
    bool is_comment = token == COMMENT || token == DOC_COMMENT;
    if (is_comment && state->place.comments >= MAX_COMMENTS) {
        join_comments(lexer);
    } else {
        note_token(state, valid, token);
    }
    return true;
}

/* Never empty: the parser starts from nothing exactly if it has no state to give back. */
unsigned tree_sitter_wit_external_scanner_serialize(void *payload, char *buffer) {
    const State *state = payload;
    memcpy(buffer, &state->place, sizeof state->place);
    return sizeof state->place;
}

void tree_sitter_wit_external_scanner_deserialize(void *payload, const char *buffer,
                                                  unsigned length) {
    State *state = payload;
    if (length == sizeof state->place) {
        memcpy(&state->place, buffer, sizeof state->place);
    } else {
        *state = (State){0};
    }
}
