/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Names that a text with syntax errors may have meant to declare. What is sound of such a text is
 * resolved with everything else, so that one run tells all there is to tell; but a name that is not
 * there only because its declaration could not be read must not be called missing. Whether it is so
 * is seen in the text itself, as the tree of a broken text is a guess:
 *
 *     type NAME   interface NAME   as NAME      behind a keyword, perhaps a misspelt one
 *     NAME {    NAME =                          where the keyword is missing
 *     use path.{ a, NAME }                      in such a list
 *     interface {                               any name may be meant
 */
#include "witc/internal.h"

static bool in_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static size_t blanks_before(Str text, size_t at) {
    while (at > 0 && is_blank(text.ptr[at - 1])) at--;
    return at;
}

static char next_character(Str text, size_t at) {
    while (at < text.len && is_blank(text.ptr[at])) at++;
    return at < text.len ? text.ptr[at] : '\0';
}

static Str word_before(Str text, size_t end) {
    size_t start = end;
    while (start > 0 && in_word(text.ptr[start - 1])) start--;
    return str_from_to(text, start, end);
}

typedef enum { NO_KEYWORD, DECLARES, REFERS } Keyword;

static Keyword keyword_like(Str word) {
    static const Str words[] = {STR_INIT("type"),    STR_INIT("record"),    STR_INIT("variant"),
                                STR_INIT("enum"),    STR_INIT("flags"),     STR_INIT("resource"),
                                STR_INIT("package"), STR_INIT("interface"), STR_INIT("world"),
                                STR_INIT("as"),      STR_INIT("use"),       STR_INIT("include"),
                                STR_INIT("import"),  STR_INIT("export")};
    enum { WORDS = sizeof words / sizeof *words, REFERENCES = 4 };
    Str nearest = str_nearest(word, words, WORDS);
    for (size_t i = 0; i < WORDS; i++)
        if (str_eq(nearest, words[i])) return i < WORDS - REFERENCES ? DECLARES : REFERS;
    return NO_KEYWORD;
}

/* Is text[at] in the list of names of a `use`, or behind a `use` that lost its brace? */
static bool in_use_list(Str text, size_t at) {
    while (at > 0 && !strchr("{}();", text.ptr[at - 1])) at--;
    if (at > 1 && text.ptr[at - 1] == '{' && text.ptr[at - 2] == '.') return true;
    while (at < text.len && is_blank(text.ptr[at])) at++;
    return str_starts(str_after(text, at), STR("use "));
}

static bool declared_in(Str text, Str name) {
    for (size_t at = 0; (at = str_find_str(text, name, at)) != SIZE_MAX; at += name.len) {
        size_t start = at > 0 && text.ptr[at - 1] == '%' ? at - 1 : at, end = at + name.len;
        if (start > 0 && in_word(text.ptr[start - 1])) continue;
        if (end < text.len && in_word(text.ptr[end])) continue;
        Keyword keyword = keyword_like(word_before(text, blanks_before(text, start)));
        if (keyword == DECLARES || in_use_list(text, start)) return true;
        char next = next_character(text, end);
        if (keyword == NO_KEYWORD && (next == '{' || next == '=')) return true;
    }
    return false;
}

/* Does text[at] stand where a name is missing: `interface {`, `type =`, `resource;`, `a, , b`? */
static bool lacks_name(Str text, size_t at) {
    size_t end = blanks_before(text, at);
    char before = end > 0 ? text.ptr[end - 1] : '\0';
    if (text.ptr[at] == ',') return before == ',' || before == '{';
    Str word = word_before(text, end);
    if (!word.len || keyword_like(word) != DECLARES) return false;
    size_t start = blanks_before(text, end - word.len);
    if (start > 0 && text.ptr[start - 1] == ':') return false;   /* `import a: interface {` */
    return keyword_like(word_before(text, start)) == NO_KEYWORD; /* `record type {` has one */
}

static bool has_nameless(Str text) {
    for (size_t at = 0; at < text.len; at++)
        if (strchr("{=;,", text.ptr[at]) && text.ptr[at] && lacks_name(text, at)) return true;
    return false;
}

Broken witc_broken(const Source *source) {
    enum { MAX_SEARCHED = 1 << 20 };
    bool any = source->text.len > MAX_SEARCHED || has_nameless(source->text);
    return (Broken){source, any};
}

bool witc_is_lost(const Work *w, const BrokenFiles *broken, Str name) {
    if (broken->len && witc_is_quiet(w)) return true;
    for (size_t i = 0; i < broken->len; i++)
        if (broken->at[i].any_name || declared_in(broken->at[i].source->text, name)) return true;
    return false;
}

/* ---- words of others ---- */

Str witc_other_word(Str theirs) {
    static const struct {
        Str theirs, ours;
    } words[] = {
#define WORD(theirs, ours) {STR_INIT(theirs), STR_INIT(ours)},
#include "witc/words.def"
#undef WORD
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq(words[i].theirs, theirs)) return words[i].ours;
    return (Str){0};
}

bool witc_note_word(Diags *diags, Str theirs, Span where) {
    Str ours = witc_other_word(theirs);
    if (!ours.len) return false;
    bool one = str_find(ours, ' ', 0) == SIZE_MAX;
    const char *tick = one ? "`" : "";
    diag_note(diags, WIT_OTHER_WORD, span_none(), STR_ARG(theirs), tick, STR_ARG(ours), tick);
    if (one) diag_fix(diags, where, ours);
    return true;
}
