/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/*
 * The tokens of scan.h for libtree-sitter, and what guards that library.
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

typedef TSLexer Scan;

static int32_t peek(const Scan *scan) { return scan->lookahead; }
static bool at_end(const Scan *scan) { return scan->eof(scan); }
static void advance(Scan *scan) { scan->advance(scan, false); }
static void advance_line(Scan *scan) {
    while (peek(scan) != '\n' && peek(scan) != '\r' && !at_end(scan)) advance(scan);
}
static void skip(Scan *scan) { scan->advance(scan, true); }
static void mark_end(Scan *scan) { scan->mark_end(scan); }

static bool finish(Scan *scan, int token) {
    scan->result_symbol = (TSSymbol)token;
    return true;
}

#include "scan.h"

enum { MAX_ERRORS = 6000, MAX_DEPTH = 1000, MAX_COMMENTS = 12000 };

typedef struct {
    uint16_t depth;    /* of open brackets */
    uint16_t comments; /* since the last top-level `;` or `}` */
} Place;

typedef struct {
    Place place;
    unsigned errors; /* tokens read that the parser had no use for */
} State;

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
