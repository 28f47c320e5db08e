/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The words for a syntax error. tree-sitter says where its parser lost the thread, but not what
 * would have fitted there; so a text whose tree has an error is read once more by the small
 * predictive parser below. It builds nothing. It is driven by a table of the grammar (syntax.def), one
 * row a rule, one string an alternative:
 *
 *     RULE("RES", NULL, false, ";", "{ METHODS }")
 *
 * UPPER CASE is a rule, `'word` a word that is special in this place only, `#class` a class of
 * tokens, and everything else stands for itself. An empty alternative may be taken wherever no
 * other fits; what it passes over is remembered, so that a message can list all that was possible.
 *
 * After an error the parser goes on as if a token that is missing were there, or else at the next
 * item of the innermost list of items (rules with `is_list`), and so finds the next error. Where the
 * indentation tells that a `}` is missing further up (braces.c), it begins anew with the brace in its
 * place, and is silent until it is back where it was. The symbols to come are on a stack of its own: no depth
 * of the input is a depth of C calls.
 */
#include "witc/internal.h"

#include "base/utf8.h"

enum { MAX_ALTERNATIVES = 26, MAX_SYNTAX_ERRORS = 20 };
enum { MAX_BEGUN = 8 };         /* times that the text is read again for a missing brace */
enum { MAX_READ_ON = 8 << 20 }; /* bytes behind the first error */

typedef struct {
    const char *name;
    const char *label; /* how messages call it, parts joined by '|'; NULL: by what it begins with */
    const char *alternatives[MAX_ALTERNATIVES];
    bool is_list;
} Rule;

static const Rule rules[] = {
#define RULE(name, label, is_list, ...) {name, label, {__VA_ARGS__}, is_list},
#include "witc/syntax.def"
#undef RULE
};

enum { RULE_COUNT = sizeof rules / sizeof *rules, MAX_SYMBOLS = 8 };

static const char *const keywords[] = {
    "_",        "as",     "async",     "bool",          "borrow", "char", "constructor", "enum",
    "export",   "f32",    "f64",       "flags",         "from",   "func", "future",      "import",
    "include",  "list",   "interface", "map",           "option", "own",  "package",     "record",
    "resource", "result", "s16",       "s32",           "s64",    "s8",   "static",      "stream",
    "string",   "tuple",  "type",      "u16",           "u32",    "u64",  "u8",          "use",
    "variant",  "with",   "world",     "error-context",
};
enum { KEYWORD_COUNT = sizeof keywords / sizeof *keywords };

/* ---- tokens ---- */

typedef enum {
    TOKEN_NONE, /* not read yet */
    TOKEN_EOF,
    TOKEN_WORD,
    TOKEN_KEYWORD,
    TOKEN_PUNCTUATION,
    TOKEN_BRACE, /* a '}' that is not there, but belongs here */
    TOKEN_INTEGER,
    TOKEN_STRING,
    TOKEN_VERSION
} TokenKind;

typedef struct {
    TokenKind kind;
    uint32_t start, end;
    Str meant; /* what the parser takes it for; empty: what it is */
} Token;

/* A symbol of an alternative: a rule, or the text of a terminal. */
typedef struct {
    const Rule *rule;
    Str terminal;
    TokenKind kind; /* of a `#class` */
} Symbol;

/* An alternative, once it was split into its symbols. */
typedef struct {
    const Symbol *at;
    size_t len;
} Alternative;

typedef struct {
    Arena *arena;
    const Source *source;
    Str text;
    Diags *diags;
    uint32_t at;
    Token token, last, keyword; /* the last one and the last keyword that were used up */
    VEC(Symbol) stack;
    VEC(uint32_t) open;      /* offsets of brackets that are not closed */
    unsigned angles, braces; /* how many of them are '<', '{' */
    VEC(Str) passed;         /* what empty alternatives passed over at this token */
    VEC(Symbol) skipped;     /* the rules that had them */
    Symbol in_list;          /* the list of items among them */
    uint32_t last_error;
    bool cut_off; /* a token lacks its end, and what follows is confused */
    size_t errors;
    SyntaxErrors *where; /* or NULL */
    MissingBraces missing;
    size_t given;        /* how many of them were read */
    unsigned begun;      /* how often, because of one of them */
    uint32_t told_until; /* errors before were told the last time */
    bool begins_anew;
    uint32_t from;             /* where to begin: at the beginning, or at an item of the file */
    uint32_t end;              /* where to give up; 0: there was no error yet */
    Alternative *alternatives; /* of all rules */
} Explain;

static Span token_span(const Explain *x, Token t) { return (Span){x->source, t.start, t.end}; }
static Str token_text(const Explain *x, Token t) {
    if (t.meant.len) return t.meant;
    return t.kind == TOKEN_BRACE ? STR("}") : str_from_to(x->text, t.start, t.end);
}

static char at(const Explain *x, uint32_t offset) {
    return offset < x->text.len ? x->text.ptr[offset] : '\0';
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static bool starts_word(char c) {
    return is_letter(c) || c == '_' || c == '%' || (unsigned char)c >= 0x80;
}
static bool in_word(char c) { return (starts_word(c) && c != '%') || is_digit(c) || c == '-'; }

static uint32_t list_depth(const Explain *x) {
    uint32_t depth = 0;
    for (size_t i = 0; i < x->stack.len; i++)
        depth += !x->stack.at[i].rule && str_is(x->stack.at[i].terminal, "}");
    return depth;
}

static void note_error(Explain *x, uint32_t start, uint32_t end) {
    if (x->where) *vec_push(x->arena, x->where) = (SyntaxError){start, end, list_depth(x)};
}

/* Only the word is wrong, the parser goes on after it. */
static void word_error(Explain *x, uint32_t start) {
    note_error(x, start, 0);
    x->errors++;
}

static bool was_told(const Explain *x, uint32_t offset) { return offset < x->told_until; }

/* Past a block comment at x->at; they nest. */
static void skip_block(Explain *x) {
    uint32_t start = x->at;
    size_t end = witc_block_end(x->text, start);
    x->at = (uint32_t)(end == SIZE_MAX ? x->text.len : end);
    if (end != SIZE_MAX || was_told(x, start)) return;
    diag(x->diags, WIT_OPEN_COMMENT, ((Span){x->source, start, start + 2}));
    note_error(x, start, x->at);
    x->errors++;
}

static void skip_blanks(Explain *x) {
    for (;;) {
        char c = at(x, x->at);
        if (x->at >= x->text.len) return;
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') x->at++;
        else if (c == '/' && at(x, x->at + 1) == '*') skip_block(x);
        else if (c == '/' && at(x, x->at + 1) == '/')
            while (x->at < x->text.len && at(x, x->at) != '\n') x->at++;
        else return;
    }
}

static bool is_keyword(Str s) {
    for (size_t i = 0; i < KEYWORD_COUNT; i++)
        if (str_is(s, keywords[i])) return true;
    return false;
}

static const char *name_fault(Str s) {
    if (s.len && s.ptr[0] == '%') s = str_after(s, 1);
    if (s.len == 0) return "a name must follow the `%`";
    if (!is_letter(s.ptr[0])) return "a name begins with a letter";
    if (s.ptr[s.len - 1] == '-') return "a name does not end with `-`";
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '_') return "words are joined by `-`, not `_`";
        if ((unsigned char)s.ptr[i] >= 0x80)
            return "only the letters a to z, digits and `-` are used";
        if (s.ptr[i] == '-' && s.ptr[i + 1] == '-') return "words are joined by one `-`";
    }
    return "each word is all in lower or all in upper case";
}

/* `getValue` and `get_value` are `get-value`. */
static Str in_kebab_case(Arena *arena, Str s) {
    Buf out = {.arena = arena};
    bool lower = false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool upper = c >= 'A' && c <= 'Z';
        if (upper && lower) buf_str(&out, STR("-"));
        c = c == '_' ? '-' : upper ? (char)(c - 'A' + 'a') : c;
        buf_str(&out, (Str){&c, 1});
        lower = !upper && c != '-';
    }
    return buf_text(&out);
}

/* Was the last token one that a type follows? */
static bool type_follows(const Explain *x) {
    Str last = token_text(x, x->last);
    return str_is(last, ":") || str_is(last, "->") || str_is(last, "<") || x->angles > 0;
}

static void did_you_mean(Explain *x, Token wrong, Str hint) {
    diag_note(x->diags, WIT_DID_YOU_MEAN, span_none(), STR_ARG(hint));
    diag_fix(x->diags, token_span(x, wrong), hint);
}

static void word(Explain *x, uint32_t start) {
    while (in_word(at(x, x->at)) || (x->at == start && at(x, x->at) == '%')) x->at++;
    x->token = (Token){.kind = TOKEN_WORD, .start = start, .end = x->at};
    Str s = token_text(x, x->token);
    if (is_keyword(s)) {
        x->token.kind = TOKEN_KEYWORD;
        return;
    }
    Str label = s.ptr[0] == '%' ? str_after(s, 1) : s;
    if (wit_is_label(label) || was_told(x, start)) return;
    diag(x->diags, WIT_BAD_NAME, token_span(x, x->token), STR_ARG(s), name_fault(s));
    Str kebab = in_kebab_case(x->arena, s);
    if (wit_is_label(kebab) && (!is_keyword(kebab) || type_follows(x)))
        did_you_mean(x, x->token, kebab);
    word_error(x, start);
}

/* A version ends before a '.' that no identifier follows: `use a:b/c@1.0.0.{x}`. */
static void version(Explain *x, uint32_t start) {
    for (;; x->at++) {
        char c = at(x, x->at), next = at(x, x->at + 1);
        if (c == '.' ? is_digit(next) || is_letter(next) || next == '-'
                     : is_digit(c) || is_letter(c) || c == '-' || c == '+' || c == '_')
            continue;
        break;
    }
    x->token = (Token){.kind = TOKEN_VERSION, .start = start, .end = x->at};
    Str s = token_text(x, x->token);
    Semver parsed;
    if (semver_parse(s, &parsed) || was_told(x, start)) return;
    diag(x->diags, WIT_BAD_VERSION, token_span(x, x->token), STR_ARG(s),
         "three numbers without leading zeros are expected, as in `1.2.3`");
    word_error(x, start);
}

static bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Past what follows a backslash at x->at; false where it is no escape. */
static bool escape(Explain *x) {
    char c = at(x, x->at);
    if (c == '\n' || x->at >= x->text.len) return false;
    x->at++;
    if (c && strchr("tnr\"'\\", c)) return true;
    if (is_hex(c)) return is_hex(at(x, x->at)) && x->at++;
    if (c != 'u' || at(x, x->at) != '{') return false;
    uint32_t first = ++x->at;
    while (is_hex(at(x, x->at)) || (at(x, x->at) == '_' && x->at > first)) x->at++;
    return x->at > first && at(x, x->at - 1) != '_' && at(x, x->at) == '}' && x->at++;
}

static void string(Explain *x, uint32_t start) {
    const char *fault = NULL;
    for (x->at++; x->at < x->text.len && at(x, x->at) != '\n' && at(x, x->at) != '"';) {
        char c = at(x, x->at++);
        if (c == '\\' && !escape(x))
            fault = "an escape is \\t \\n \\r \\\" \\' \\\\ \\hh or \\u{hhhh}";
        else if (c == '\t' || c == '\r') fault = "a control code is written as an escape";
    }
    bool closed = at(x, x->at) == '"';
    if (closed) x->at++;
    x->token = (Token){.kind = TOKEN_STRING, .start = start, .end = x->at};
    Span where = token_span(x, x->token);
    x->cut_off = !closed;
    if (was_told(x, start)) return;
    if (!closed) diag(x->diags, WIT_OPEN_STRING, where);
    else if (fault) diag(x->diags, WIT_BAD_STRING, where, fault);
    if (!closed || fault) word_error(x, start);
}

static void punctuation(Explain *x, uint32_t start) {
    size_t end = start;
    if (at(x, start) == '-' && at(x, start + 1) == '>') end += 2;
    else utf8_next(x->text, &end);
    x->at = (uint32_t)end;
    x->token = (Token){.kind = TOKEN_PUNCTUATION, .start = start, .end = x->at};
}

static void read_token(Explain *x, bool wants_version) {
    for (size_t i = 0; i < x->missing.len; i++) {
        if (!x->missing.at[i].is_set || x->missing.at[i].at != x->at || x->given > i) continue;
        x->given = i + 1;
        x->token = (Token){.kind = TOKEN_BRACE, .start = x->at, .end = x->at};
        return;
    }
    skip_blanks(x);
    uint32_t start = x->at;
    char c = at(x, start);
    if (start >= x->text.len) x->token = (Token){.kind = TOKEN_EOF, .start = start, .end = start};
    else if (wants_version && (is_digit(c) || is_letter(c))) version(x, start);
    else if (starts_word(c)) word(x, start);
    else if (c == '"') string(x, start);
    else if (is_digit(c)) {
        while (is_digit(at(x, x->at))) x->at++;
        x->token = (Token){.kind = TOKEN_INTEGER, .start = start, .end = x->at};
    } else punctuation(x, start);
}

static bool is_spelled(TokenKind kind) {
    return kind == TOKEN_PUNCTUATION || kind == TOKEN_KEYWORD || kind == TOKEN_BRACE;
}

static bool token_is(const Explain *x, const char *what) {
    return is_spelled(x->token.kind) && str_is(token_text(x, x->token), what);
}

static void open_bracket(Explain *x, char c) {
    *vec_push(x->arena, &x->open) = x->token.start;
    x->angles += c == '<';
    x->braces += c == '{';
}

static void close_bracket(Explain *x) {
    char c = at(x, vec_pop(&x->open));
    x->angles -= c == '<';
    x->braces -= c == '{';
}

/* The innermost bracket that is open. */
static char innermost(const Explain *x) { return x->open.len ? at(x, vec_last(&x->open)) : '\0'; }

/* What ends an item or a block ends the brackets within, which an error left open. */
static void close_within(Explain *x) {
    while (innermost(x) == '(' || innermost(x) == '<') close_bracket(x);
}

/* Types, and packages, may be nested AST_MAX_DEPTH deep; nothing else has braces that deep. */
static bool too_deep(Explain *x) {
    if (x->angles < AST_MAX_DEPTH && x->braces <= AST_MAX_DEPTH) return false;
    read_token(x, false);
    if (x->angles >= AST_MAX_DEPTH)
        diag(x->diags, WIT_DEEP_TYPE, token_span(x, x->token), AST_MAX_DEPTH);
    else diag(x->diags, WIT_DEEP_PACKAGE, token_span(x, x->token), AST_MAX_DEPTH);
    note_error(x, x->token.start, (uint32_t)x->text.len);
    x->errors++;
    return true;
}

/* The token is used up. */
static void consume(Explain *x) {
    Str s = token_text(x, x->token);
    if (s.len == 1 && (x->token.kind == TOKEN_PUNCTUATION || x->token.kind == TOKEN_BRACE)) {
        char c = s.ptr[0];
        if (c == ';' || c == '}') close_within(x);
        if (c == '{' || c == '(' || c == '<') open_bracket(x, c);
        else if ((c == '}' || c == ')' || c == '>') && x->open.len) close_bracket(x);
    }
    x->last = x->token;
    if (x->token.kind == TOKEN_KEYWORD) x->keyword = x->token;
    x->token.kind = TOKEN_NONE;
    x->passed.len = x->skipped.len = 0;
    x->in_list = (Symbol){0};
}

/* ---- the grammar ---- */

static Symbol symbol_of(Str word_) {
    static const struct {
        const char *name;
        TokenKind kind;
    } classes[] = {{"#name", TOKEN_WORD},
                   {"#integer", TOKEN_INTEGER},
                   {"#eof", TOKEN_EOF},
                   {"#string", TOKEN_STRING},
                   {"#version", TOKEN_VERSION}};
    Symbol out = {.terminal = word_};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (str_is(word_, classes[i].name)) out.kind = classes[i].kind;
    for (size_t i = 0; i < RULE_COUNT && word_.ptr[0] >= 'A' && word_.ptr[0] <= 'Z'; i++)
        if (str_is(word_, rules[i].name)) out.rule = &rules[i];
    return out;
}

/* The symbols of a rule's alternative, which are kept. */
static Alternative symbols_of(const Explain *x, const Rule *rule, size_t alternative) {
    Alternative *out = &x->alternatives[(size_t)(rule - rules) * MAX_ALTERNATIVES + alternative];
    Str s = str_from(rule->alternatives[alternative]);
    if (out->at || s.len == 0) return *out;
    Symbol *symbols = ARENA_NEW_ARRAY(x->arena, Symbol, MAX_SYMBOLS);
    for (size_t from = 0; from < s.len && out->len < MAX_SYMBOLS;) {
        size_t space = str_find(s, ' ', from), end = space == SIZE_MAX ? s.len : space;
        symbols[out->len++] = symbol_of(str_from_to(s, from, end));
        from = end + 1;
    }
    out->at = symbols;
    return *out;
}

static bool matches(const Explain *x, Symbol terminal) {
    if (terminal.kind) return x->token.kind == terminal.kind;
    Str s = token_text(x, x->token);
    if (terminal.terminal.ptr[0] == '\'')
        return x->token.kind == TOKEN_WORD && str_eq(s, str_after(terminal.terminal, 1));
    return is_spelled(x->token.kind) && str_eq(s, terminal.terminal);
}

/* Can the symbol begin with the token? Rules that may be empty begin no alternative. */
static bool can_begin(const Explain *x, Symbol symbol) {
    if (!symbol.rule) return matches(x, symbol);
    for (size_t i = 0; i < MAX_ALTERNATIVES && symbol.rule->alternatives[i]; i++) {
        Alternative parts = symbols_of(x, symbol.rule, i);
        if (parts.len && can_begin(x, parts.at[0])) return true;
    }
    return false;
}

static bool has_alternative(const Rule *rule, const char *alternative) {
    for (size_t i = 0; i < MAX_ALTERNATIVES && rule->alternatives[i]; i++)
        if (strcmp(rule->alternatives[i], alternative) == 0) return true;
    return false;
}

static bool may_be_empty(const Rule *rule) { return has_alternative(rule, ""); }

static void expect_words(Explain *x, Str what) {
    for (size_t i = 0; i < x->passed.len; i++)
        if (str_eq(x->passed.at[i], what)) return;
    *vec_push(x->arena, &x->passed) = what;
}

static const Str name_words = STR_INIT("an identifier or string");

static void expectation(Explain *x, Symbol symbol) {
    Str what;
    if (symbol.rule && symbol.rule->label) {
        what = str_from(symbol.rule->label);
        if (!what.len) return;
        for (size_t bar; (bar = str_find(what, '|', 0)) != SIZE_MAX;
             what = str_after(what, bar + 1))
            expect_words(x, str_from_to(what, 0, bar));
    } else if (symbol.rule) {
        for (size_t i = 0; i < MAX_ALTERNATIVES && symbol.rule->alternatives[i]; i++) {
            Alternative parts = symbols_of(x, symbol.rule, i);
            if (parts.len) expectation(x, parts.at[0]);
        }
        return;
    } else if (str_is(symbol.terminal, "#name")) what = name_words;
    else if (str_is(symbol.terminal, "#integer")) what = STR("fixed-length");
    else if (str_is(symbol.terminal, "#string")) what = STR("a string literal");
    else if (str_is(symbol.terminal, "#version")) what = STR("a version such as `1.2.3`");
    else if (str_is(symbol.terminal, "#eof")) return;
    else if (symbol.terminal.ptr[0] == '\'')
        what = str_fmt(x->arena, "`%.*s`", STR_ARG(str_after(symbol.terminal, 1)));
    else if (is_keyword(symbol.terminal))
        what = str_fmt(x->arena, "keyword `%.*s`", STR_ARG(symbol.terminal));
    else what = str_fmt(x->arena, "'%.*s'", STR_ARG(symbol.terminal));
    expect_words(x, what);
}

/* ---- messages ---- */

static Str found(const Explain *x) {
    Str s = token_text(x, x->token);
    switch (x->token.kind) {
    case TOKEN_EOF: return STR("eof");
    case TOKEN_KEYWORD: return str_fmt(x->arena, "keyword `%.*s`", STR_ARG(s));
    case TOKEN_WORD: return str_fmt(x->arena, "an identifier `%.*s`", STR_ARG(s));
    case TOKEN_INTEGER: return str_fmt(x->arena, "an integer `%.*s`", STR_ARG(s));
    case TOKEN_STRING: return STR("a string literal");
    default: return str_fmt(x->arena, "'%.*s'", STR_ARG(s));
    }
}

static Str listed(Explain *x) {
    Buf out = {.arena = x->arena};
    for (size_t i = 0; i < x->passed.len; i++) {
        if (i) buf_str(&out, i + 1 == x->passed.len ? STR(" or ") : STR(", "));
        buf_str(&out, x->passed.at[i]);
    }
    return out.len ? buf_text(&out) : STR("the end of the file");
}

/* A word that is nearly a keyword that opens an item. */
static Str nearly(Str s) {
    static const Str openers[] = {
        STR_INIT("interface"),  STR_INIT("world"),  STR_INIT("package"), STR_INIT("record"),
        STR_INIT("variant"),    STR_INIT("enum"),   STR_INIT("flags"),   STR_INIT("resource"),
        STR_INIT("type"),       STR_INIT("import"), STR_INIT("export"),  STR_INIT("include"),
        STR_INIT("use"),        STR_INIT("func"),   STR_INIT("static"),  STR_INIT("async"),
        STR_INIT("constructor")};
    return str_nearest(s, openers, sizeof openers / sizeof *openers);
}

/* A word before '<' that is nearly a type. */
static Str nearly_type(Str s) {
    static const Str types[] = {STR_INIT("list"),   STR_INIT("option"), STR_INIT("result"),
                                STR_INIT("tuple"),  STR_INIT("map"),    STR_INIT("future"),
                                STR_INIT("stream"), STR_INIT("own"),    STR_INIT("borrow")};
    return str_nearest(s, types, sizeof types / sizeof *types);
}

static bool rule_is(Symbol symbol, const char *name) {
    return symbol.rule && strcmp(symbol.rule->name, name) == 0;
}

static Symbol symbol_named(const char *name) {
    for (size_t i = 0; i < RULE_COUNT; i++)
        if (strcmp(rules[i].name, name) == 0) return (Symbol){.rule = &rules[i]};
    return (Symbol){0};
}

static bool next_is(Explain *x, char c) {
    uint32_t after = x->token.end;
    while (at(x, after) == ' ') after++;
    return at(x, after) == c;
}

static bool expects(const Explain *x, Str what) {
    for (size_t i = 0; i < x->passed.len; i++)
        if (str_eq(x->passed.at[i], what)) return true;
    return false;
}

static void note_written(Explain *x, const char *what, Str how) {
    diag_note(x->diags, WIT_WRITTEN, span_none(), what, STR_ARG(how));
}

/* Other ways to write a thing: where `expected` is, `token` was met. */
static bool note_other_way(Explain *x, Symbol top) {
    static const struct {
        const char *expected, *token, *what, *how;
    } ways[] = {
        {"`resource`", "func", "a function", "name: func(..)"},
        {"`resource`", "async", "a function", "name: async func(..)"},
        {"`constructor`", "func", "a method", "name: func(..)"},
        {"`constructor`", "async", "a method", "name: async func(..)"},
        {"`constructor`", "static", "a static function", "name: static func(..)"},
        {"`include`", "interface", "an interface in a world", "export name: interface { .. }"},
        {"`version`", NULL, "the version", "version = 1.2.3"},
        {"`feature`", NULL, "the feature", "feature = name"},
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (!expects(x, str_from(ways[i].expected))) continue;
        if (ways[i].token && !token_is(x, ways[i].token)) continue;
        note_written(x, ways[i].what, str_from(ways[i].how));
        return true;
    }
    Str s = token_text(x, x->token), before = token_text(x, x->last);
    bool colon = !top.rule && str_is(top.terminal, ":");
    if (rule_is(top, "TYPE") && token_is(x, "(") && !str_is(before, "->"))
        note_written(x, "a tuple", STR("tuple<u32, string>"));
    else if (x->token.kind == TOKEN_STRING && s.len > 2 && x->passed.len && !x->cut_off)
        note_written(x, "without quotes it", str_from_to(s, 1, s.len - 1));
    else if (token_is(x, ":") && !top.rule && str_is(top.terminal, "}") && expects(x, STR("'('")))
        note_written(x, "a case that has a value", str_fmt(x->arena, "%.*s(..)", STR_ARG(before)));
    else if (colon && token_is(x, ";") && str_is(token_text(x, x->keyword), "package"))
        note_written(x, "a package", str_fmt(x->arena, "namespace:%.*s", STR_ARG(before)));
    else if (colon && innermost(x) == '(' && (token_is(x, ",") || token_is(x, ")")))
        note_written(x, "a parameter", str_fmt(x->arena, "name: %.*s", STR_ARG(before)));
    else if (!top.rule && str_is(top.terminal, "{") && x->token.kind == TOKEN_WORD &&
             (str_is(token_text(x, x->keyword), "use") ||
              str_is(token_text(x, x->keyword), "with")))
        note_written(x, "a list of names", STR("{ .. }"));
    else if (innermost(x) == '(' && expects(x, name_words) && x->token.kind == TOKEN_KEYWORD)
        note_written(x, "a parameter", str_fmt(x->arena, "name: %.*s", STR_ARG(s)));
    else return false;
    return true;
}

/* What is right, but in another place. */
static void note_place(Explain *x, Symbol top) {
    Symbol list = x->in_list;
    if (note_other_way(x, top)) return;
    if (rule_is(top, "TYPE") && token_is(x, "(")) diag_note(x->diags, WIT_ONE_RESULT, span_none());
    else if (rule_is(list, "EXTERNS") && x->token.kind == TOKEN_WORD && next_is(x, ':'))
        diag_note(x->diags, WIT_WORLD_FUNCTION, span_none(), STR_ARG(token_text(x, x->token)));
    else if (rule_is(list, "MEMBERS") &&
             (token_is(x, "import") || token_is(x, "export") || token_is(x, "include")))
        diag_note(x->diags, WIT_WORLDS_ONLY, span_none(), STR_ARG(token_text(x, x->token)));
    else if (token_is(x, ";") && !top.rule && str_is(top.terminal, "{") &&
             str_is(token_text(x, x->keyword), "package"))
        diag_note(x->diags, WIT_HEADER_FIRST, span_none());
    else if (rule_is(top, "TYPE") && can_begin(x, symbol_named("TYPEDEF")) && !token_is(x, "type"))
        diag_note(x->diags, WIT_NAMED_TYPE, span_none(), STR_ARG(token_text(x, x->token)));
    else if (token_is(x, ";") && list.rule && str_is(token_text(x, x->last), "}")) {
        diag_note(x->diags, WIT_NO_SEMICOLON, span_none());
        diag_fix(x->diags, token_span(x, x->token), STR(""));
    } else if (rule_is(list, "ITEMS") && can_begin(x, symbol_named("TYPEDEF")))
        diag_note(x->diags, WIT_TYPES_INSIDE, span_none());
}

/* Is a name expected, and would the keyword do in its place? */
static bool is_keyword_as_name(Explain *x, Symbol top) {
    if (x->token.kind != TOKEN_KEYWORD) return false;
    if (!top.rule && str_is(top.terminal, "#name")) return !str_is(token_text(x, x->last), "<");
    if (rule_is(x->in_list, "MEMBERS") || rule_is(x->in_list, "METHODS") || innermost(x) == '(')
        return next_is(x, ':');
    return expects(x, name_words) &&
           (next_is(x, ':') || next_is(x, ',') || next_is(x, '}') || next_is(x, '('));
}

static void note_keyword(Explain *x, Token t) {
    Str s = token_text(x, t);
    diag_note(x->diags, WIT_ESCAPE_KEYWORD, span_none(), STR_ARG(s), STR_ARG(s));
    diag_fix(x->diags, token_span(x, t), str_concat(x->arena, STR("%"), s));
}

static void add_notes(Explain *x, Symbol top) {
    Str s = token_text(x, x->token), before = token_text(x, x->last), hint = {0};
    bool name = rule_is(top, "PATH") || (!top.rule && str_is(top.terminal, "#name"));
    bool before_colon = name && token_is(x, ":");
    if (is_keyword_as_name(x, top)) {
        note_keyword(x, x->token);
        return;
    }
    if (before_colon && x->last.kind == TOKEN_KEYWORD) note_keyword(x, x->last);
    bool colon = !top.rule && str_is(top.terminal, ":");
    bool follows = x->last.kind == TOKEN_WORD && (str_is(s, "<") || str_is(s, "(") || colon);
    if (x->token.kind == TOKEN_WORD && witc_note_word(x->diags, s, token_span(x, x->token))) return;
    if (follows && witc_note_word(x->diags, before, token_span(x, x->last))) return;
    Token wrong = x->token.kind == TOKEN_WORD ? x->token : x->last;
    if (x->token.kind == TOKEN_WORD) hint = nearly(s);
    else if (x->last.kind == TOKEN_WORD && str_is(s, "<")) hint = nearly_type(before);
    if (!hint.len && x->last.kind == TOKEN_WORD && colon) hint = nearly(before), wrong = x->last;
    if (!hint.len) {
        note_place(x, top);
        return;
    }
    did_you_mean(x, wrong, hint);
}

static void note_missing(Explain *x, const char *what, uint32_t offset, Str fix) {
    Span where = span_at(x->source, offset);
    diag_note(x->diags, WIT_MISSING_HERE, where, what);
    diag_fix(x->diags, where, fix);
}

static Str indent_of(const Explain *x, uint32_t offset) {
    uint32_t start = offset, end;
    while (start > 0 && at(x, start - 1) != '\n') start--;
    for (end = start; at(x, end) == ' ' || at(x, end) == '\t';) end++;
    return str_from_to(x->text, start, end);
}

/* The brace that is missing before the token, by the indentation; else one that is still open at the
 * end of the file. */
static void note_brace(Explain *x) {
    MissingBrace *brace = NULL;
    for (size_t i = 0; i < x->missing.len && !brace && x->begun < MAX_BEGUN; i++)
        if (!x->missing.at[i].is_set && x->missing.at[i].at <= x->token.start)
            brace = &x->missing.at[i];
    char inner = innermost(x);
    bool ends = token_is(x, ";") || token_is(x, "}") || (inner == '<' && token_is(x, ")"));
    bool within = (inner == '(' || inner == '<') && ends;
    if (!brace && !within && !(x->token.kind == TOKEN_EOF && inner && strchr("({<", inner))) return;
    uint32_t open = brace ? brace->open : vec_last(&x->open);
    diag_note(x->diags, WIT_OPENED_HERE, ((Span){x->source, open, open + 1}), at(x, open));
    if (!brace) return;
    Str fix = str_fmt(x->arena, "\n%.*s}", STR_ARG(indent_of(x, open)));
    note_missing(x, "}", brace->at, fix);
    brace->is_set = x->begins_anew = true;
    x->begun++;
    x->told_until = x->token.start + 1;
}

/* What was probably meant by a token that cannot stand where it is. */
static Str meant(const Explain *x, Symbol top) {
    Str wanted = top.terminal;
    bool arrow = token_is(x, ":") || (token_is(x, "=") && at(x, x->token.end) == '>');
    bool listed = innermost(x) == '<' || (innermost(x) == '{' && !expects(x, STR("keyword `as`")));
    if (token_is(x, ";") && listed && expects(x, STR("','"))) return STR(",");
    if (arrow && expects(x, STR("'->'"))) return STR("->");
    if (token_is(x, ":") && (str_is(wanted, "=") || str_is(wanted, "as"))) return wanted;
    return (Str){0};
}

static void note_character(Explain *x, char c) {
    if (c == '?') note_written(x, "an optional value", STR("option<..>"));
    if (c == '[') note_written(x, "a list", STR("list<..>"));
    if (c == '#' || c == '-') note_written(x, "a comment", STR("// .."));
}

static void report(Explain *x, Symbol top) {
    Str s = token_text(x, x->token), instead = meant(x, top);
    if (x->token.kind == TOKEN_PUNCTUATION && !(s.len == 2 || strchr(";:,.{}()<>=/@*", s.ptr[0]))) {
        diag(x->diags, WIT_CHARACTER, token_span(x, x->token), STR_ARG(s));
        note_character(x, s.ptr[0]);
    } else if (top.rule && str_is(str_from(top.rule->name), "ATTR2") &&
               x->token.kind == TOKEN_WORD) {
        diag(x->diags, WIT_UNKNOWN_ATTRIBUTE, token_span(x, x->token), STR_ARG(s));
    } else {
        expectation(x, top);
        Str wanted = listed(x), got = found(x);
        diag(x->diags, WIT_EXPECTED, token_span(x, x->token), STR_ARG(wanted), STR_ARG(got));
        if (instead.len) {
            x->token.end += token_is(x, "=");
            did_you_mean(x, x->token, instead);
        } else {
            add_notes(x, top);
            note_brace(x);
        }
    }
    x->errors++;
}

/* ---- going on after an error ---- */

/* Can what is on the stack, but for its `skip` uppermost symbols, begin with the token? */
static bool goes_on(const Explain *x, size_t skip) {
    for (size_t i = x->stack.len - skip; i-- > 0;) {
        Symbol symbol = x->stack.at[i];
        if (can_begin(x, symbol)) return true;
        if (!symbol.rule || !may_be_empty(symbol.rule)) return false;
    }
    return false;
}

static bool begins_its_line(const Explain *x) {
    uint32_t start = x->token.start;
    while (start > 0 && (at(x, start - 1) == ' ' || at(x, start - 1) == '\t')) start--;
    return start == 0 || at(x, start - 1) == '\n';
}

/* Puts the rules back that were passed over, from the first one on that can begin with the token. */
static bool put_back(Explain *x) {
    for (size_t i = 0; i < x->skipped.len; i++) {
        if (!can_begin(x, x->skipped.at[i])) continue;
        for (size_t n = x->skipped.len; n > i;) *vec_push(x->arena, &x->stack) = x->skipped.at[--n];
        x->skipped.len = x->passed.len = 0;
        return true;
    }
    return false;
}

/* Takes a keyword for a name, where one is expected. */
static bool take_as_name(Explain *x, Symbol top) {
    if (!is_keyword_as_name(x, top)) return false;
    x->token.kind = TOKEN_WORD;
    if (top.rule || !str_is(top.terminal, "#name")) put_back(x);
    return true;
}

/* Takes the token for what was meant by it. */
static bool replace_token(Explain *x, Symbol top) {
    Str instead = meant(x, top);
    if (!instead.len) return false;
    x->token.meant = instead;
    x->token.kind = is_keyword(instead) ? TOKEN_KEYWORD : TOKEN_PUNCTUATION;
    x->at = x->token.end;
    return matches(x, top) || put_back(x);
}

/* Passes over what is no WIT: a character, or a comment of another language. */
static bool pass_character(Explain *x) {
    char c = at(x, x->token.start);
    bool comment = c == '#' || (c == '-' && at(x, x->token.start + 1) == '-');
    if (x->token.kind != TOKEN_PUNCTUATION || !(comment || c == '?')) return false;
    while (comment && x->at < x->text.len && at(x, x->at) != '\n') x->at++;
    for (size_t n = x->skipped.len; n > 0;) *vec_push(x->arena, &x->stack) = x->skipped.at[--n];
    x->skipped.len = x->passed.len = 0;
    x->token.kind = TOKEN_NONE;
    return true;
}

/* The `{` of a list without items is missing only if its `}` is there. */
static bool lacks_brace(const Explain *x) {
    Symbol body = x->stack.at[x->stack.len - 2];
    if (body.rule && body.rule->is_list) return true;
    size_t end = x->token.start;
    while (end < x->text.len && !strchr(";{}", x->text.ptr[end])) end++;
    return at(x, (uint32_t)end) == '}';
}

/* Takes a `;`, `:` or `{` for given, where all is well with it. */
static bool insert_token(Explain *x, Symbol top) {
    bool semicolon = top.rule ? has_alternative(top.rule, ";") : str_is(top.terminal, ";");
    bool brace = !top.rule && str_is(top.terminal, "{");
    bool ends = begins_its_line(x) || token_is(x, "}") || x->token.kind == TOKEN_EOF;
    bool colon = !top.rule && str_is(top.terminal, ":") && x->last.kind == TOKEN_WORD;
    if (!(brace || colon || (semicolon && ends)) || !goes_on(x, 1)) return false;
    if (brace && !lacks_brace(x)) return false;
    if (brace) *vec_push(x->arena, &x->open) = x->token.start;
    (void)vec_pop(&x->stack);
    if (!was_told(x, x->token.start) && !x->begins_anew)
        note_missing(x,
                     brace   ? "{"
                     : colon ? ":"
                             : ";",
                     x->last.end,
                     brace   ? STR(" {")
                     : colon ? STR(":")
                             : STR(";"));
    return true;
}

/* Drops the symbols above the innermost list of items that has begun, and says how many of the
 * blocks that were opened inside of it are still to be closed. */
static unsigned unwind(Explain *x) {
    unsigned braces = 0, unopened = 0;
    while (x->stack.len > 1) {
        Symbol s = vec_last(&x->stack);
        if (s.rule && s.rule->is_list && unopened == 0) break;
        (void)vec_pop(&x->stack);
        if (s.rule) continue;
        if (str_is(s.terminal, "{")) unopened++;
        else if (str_is(s.terminal, "}") && unopened) unopened--;
        else if (str_is(s.terminal, "}")) braces++;
    }
    return braces;
}

static bool begins_line(const Explain *x) {
    return x->token.start == 0 || at(x, x->token.start - 1) == '\n';
}

/* A `world` or `interface` at the start of a line stands at the top of the file. */
static bool back_to_top(Explain *x) {
    if (!begins_line(x) ||
        !(token_is(x, "interface") || token_is(x, "world") || token_is(x, "package")))
        return false;
    if (x->open.len) {
        uint32_t open = x->open.at[0];
        diag_note(x->diags, WIT_OPENED_HERE, ((Span){x->source, open, open + 1}), at(x, open));
    }
    x->open.len = x->angles = x->braces = 0;
    x->stack.len = 2; /* #eof, ITEMS */
    return true;
}

/* The text is so long that nobody waits for its other errors. */
static bool gives_up(Explain *x) {
    if (x->errors == 0) return false;
    if (x->end == 0) x->end = x->at + MAX_READ_ON;
    return x->at > x->end;
}

static void recover(Explain *x) {
    x->passed.len = 0;
    if (back_to_top(x)) return;
    unsigned braces = unwind(x), depth = 0;
    for (;;) {
        if (x->token.kind == TOKEN_NONE) read_token(x, false);
        if (x->token.kind == TOKEN_EOF || back_to_top(x) || gives_up(x)) return;
        if (depth == 0 && braces == 0) {
            Symbol list = vec_last(&x->stack);
            bool first = begins_its_line(x) || strchr(";{}", at(x, x->last.start));
            if (token_is(x, "}")) return;
            if (x->token.kind == TOKEN_KEYWORD && first && can_begin(x, list)) return;
        }
        bool ends = token_is(x, ";") && depth == 0 && braces == 0;
        if (token_is(x, "{")) depth++;
        if (token_is(x, "}")) {
            if (depth > 0) depth--;
            else braces--;
            ends = depth == 0 && braces == 0;
        }
        bool block = token_is(x, "}");
        consume(x);
        if (!ends) continue;
        read_token(x, false);
        if (block && (token_is(x, ")") || token_is(x, ",") || token_is(x, ">"))) continue;
        if (block && token_is(x, ";")) consume(x);
        return;
    }
}

static void fail(Explain *x, Symbol top) {
    Symbol list = x->in_list;
    size_t error = x->where ? x->where->len : 0;
    note_error(x, x->token.start, 0);
    if (x->token.start == x->last_error) {
        if (x->token.kind != TOKEN_EOF) consume(x);
    } else if (x->cut_off) {
        x->cut_off = false; /* what is wrong was told */
    } else {
        x->last_error = x->token.start;
        if (!was_told(x, x->token.start)) report(x, top);
        if (x->begins_anew) return;
        if (!x->where && (take_as_name(x, top) || insert_token(x, top) || replace_token(x, top) ||
                          pass_character(x)))
            return;
    }
    if (list.rule) *vec_push(x->arena, &x->stack) = list; /* it goes on */
    if (x->token.kind == TOKEN_NONE) read_token(x, false);
    if (x->token.kind == TOKEN_EOF) x->stack.len = 0;
    else recover(x);
    if (!x->where) return;
    x->where->at[error].end = x->last.end;
    x->where->at[error].depth = list_depth(x);
}

/* Replaces the rule on top of the stack by the alternative that begins with the token. */
static bool expand(Explain *x, Symbol top) {
    for (size_t i = 0; i < MAX_ALTERNATIVES && top.rule->alternatives[i]; i++) {
        Alternative parts = symbols_of(x, top.rule, i);
        if (parts.len == 0 || !can_begin(x, parts.at[0])) continue;
        (void)vec_pop(&x->stack);
        while (parts.len > 0) *vec_push(x->arena, &x->stack) = parts.at[--parts.len];
        return true;
    }
    if (!may_be_empty(top.rule)) return false;
    expectation(x, top);
    if (top.rule->is_list) x->in_list = top;
    *vec_push(x->arena, &x->skipped) = top;
    (void)vec_pop(&x->stack);
    return true;
}

/* Past the '<' at or behind `at` and what it encloses, unless it has no end. */
static uint32_t past_angles(const Explain *x, uint32_t offset) {
    uint32_t depth = 0;
    for (uint32_t i = offset; i < x->text.len && !strchr(";{}", x->text.ptr[i]); i++) {
        char c = x->text.ptr[i];
        depth += c == '<';
        if (c == '>' && at(x, i - 1) != '-' && --depth == 0) return i + 1;
    }
    return offset;
}

/* A word with arguments where a type is expected: no type that a text defines has any. */
static void misspelt_type(Explain *x) {
    Str s = token_text(x, x->token), kebab = in_kebab_case(x->arena, s);
    Str hint = witc_other_word(kebab);
    if (!hint.len || str_find(hint, '<', 0) != SIZE_MAX) hint = nearly_type(kebab);
    if (wit_is_label(s) && !was_told(x, x->token.start)) {
        diag(x->diags, WIT_NO_TYPE, token_span(x, x->token), STR_ARG(s));
        if (!witc_note_word(x->diags, s, token_span(x, x->token)) && hint.len)
            did_you_mean(x, x->token, hint);
        x->errors++;
    }
    if (hint.len) {
        x->token.kind = TOKEN_KEYWORD;
        x->token.meant = hint;
    } else {
        x->at = x->token.end = past_angles(x, x->token.end);
    }
}

/* FILE, once or as far as it goes until a `}` turns out to be missing. */
static void read_file(Explain *x) {
    Alternative file = symbols_of(x, &rules[0], 0); /* HEAD ITEMS #eof */
    x->at = x->from == 0 && str_starts(x->text, STR("\xef\xbb\xbf")) ? 3 : x->from;
    x->last_error = UINT32_MAX;
    x->token.kind = TOKEN_NONE;
    x->begins_anew = x->cut_off = false;
    x->given = x->stack.len = x->open.len = x->angles = x->braces = 0;
    x->passed.len = x->skipped.len = 0;
    for (size_t n = file.len, first = x->from > 0; n > first;)
        *vec_push(x->arena, &x->stack) = file.at[--n];
    while (x->stack.len > 0 && x->errors < MAX_SYNTAX_ERRORS && !x->begins_anew && !gives_up(x)) {
        Symbol top = vec_last(&x->stack);
        if (x->token.kind == TOKEN_NONE)
            read_token(x, !top.rule && str_is(top.terminal, "#version"));
        if (top.rule) {
            if (!x->where && rule_is(top, "TYPE") && x->token.kind == TOKEN_WORD && next_is(x, '<'))
                misspelt_type(x);
            if (!expand(x, top)) fail(x, top);
        } else if (matches(x, top)) {
            (void)vec_pop(&x->stack);
            consume(x);
            if (too_deep(x)) break;
        } else {
            fail(x, top);
        }
    }
    /* it gave up */
    if (x->stack.len > 0 && !x->begins_anew) note_error(x, x->last.end, (uint32_t)x->text.len);
}

bool witc_explain(Arena *arena, const Source *source, uint32_t from, Diags *diags,
                  SyntaxErrors *where) {
    Explain x = {.arena = arena,
                 .source = source,
                 .text = source->text,
                 .diags = diags,
                 .where = where,
                 .from = from};
    x.alternatives = ARENA_NEW_ARRAY(arena, Alternative, (size_t)RULE_COUNT * MAX_ALTERNATIVES);
    bool is_short = x.text.len - from <= MAX_READ_ON;
    if (!where && is_short) x.missing = witc_missing_braces(arena, x.text, from);
    if (x.missing.len > MAX_BEGUN) x.missing.len = MAX_BEGUN; /* each token goes through them */
    do read_file(&x);
    while (x.begins_anew && x.errors < MAX_SYNTAX_ERRORS);
    return x.errors > 0;
}
