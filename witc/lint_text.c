/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The linter on comments, which the syntax tree has only as documentation.
 *
 *     // lint: allow(unused-use, stutter)      before an item, or behind it on its line
 *     // lint: allow-file(mixed-case)          anywhere in a file
 *
 * A file is gone through once, as a row of comments and of what lies between them.
 */
#include "witc/internal.h"

/* ---- turning rules off ---- */

/* Does `list`, "a, b)", name the rule? */
static bool names_rule(Str list, Str rule) {
    list = str_from_to(list, 0, str_find(str_from_to(list, 0, 1000), ')', 0));
    for (size_t at = 0; at <= list.len;) {
        size_t comma = str_find(list, ',', at), stop = comma == SIZE_MAX ? list.len : comma;
        Str name = str_trim(str_from_to(list, at, stop));
        if (str_eq(name, rule) || str_is(name, "all")) return true;
        at = stop + 1;
    }
    return false;
}

static bool line_allows(Str line, Str form, Str rule) {
    size_t at = str_find_str(line, form, 0);
    return at != SIZE_MAX && names_rule(str_after(line, at + form.len), rule);
}

static Str line_at(Str text, size_t offset, size_t *start) {
    size_t begin = offset;
    while (begin > 0 && text.ptr[begin - 1] != '\n') begin--;
    *start = begin;
    return str_from_to(text, begin, str_find(text, '\n', offset));
}

/* Lines above an item that belong to it: comments and attributes. */
static bool is_head(Str line) {
    line = str_trim(line);
    return str_starts(line, STR("//")) || str_starts(line, STR("@")) ||
           str_starts(line, STR("/*")) || str_starts(line, STR("*"));
}

bool witc_lint_allowed(const Source *source, size_t offset, Str rule) {
    enum { MAX_LINES = 200 };
    Str text = source->text;
    size_t start;
    if (line_allows(line_at(text, offset, &start), STR("// lint: allow("), rule)) return true;
    for (unsigned i = 0; start > 0 && i < MAX_LINES; i++) {
        Str line = line_at(text, start - 1, &start);
        if (!is_head(line)) break;
        if (line_allows(line, STR("// lint: allow("), rule)) return true;
    }
    return false;
}

uint64_t witc_lint_file_allows(const Source *source) {
    static const char form[] = "// lint: allow-file(";
    Str text = source->text;
    uint64_t rules = 0;
    for (size_t at = 0; (at = str_find_str(text, str_from(form), at)) != SIZE_MAX;) {
        at += sizeof form - 1;
        for (unsigned rule = 0; rule < WITC_LINT_COUNT; rule++)
            if (names_rule(str_after(text, at), str_from(witc_lint_rules[rule].name)))
                rules |= (uint64_t)1 << rule;
    }
    return rules;
}

/* ---- comments ---- */

typedef struct {
    Str text;
    size_t at;
    char last;       /* the last byte that was neither blank nor in a comment; 0: none */
    bool in_gate;    /* within `@name(..)` */
    bool after_gate; /* directly behind one */
} Scan;

static bool starts(const Scan *s, const char *what) {
    return str_starts(str_after(s->text, s->at), str_from(what));
}

static void skip_comment(Scan *s) {
    size_t depth = 0;
    if (starts(s, "//")) {
        size_t end = str_find(s->text, '\n', s->at);
        s->at = end == SIZE_MAX ? s->text.len : end;
        return;
    }
    do {
        bool opens = starts(s, "/*"), closes = starts(s, "*/");
        if (opens) depth++;
        if (closes) depth--;
        s->at += opens || closes ? 2 : 1;
    } while (depth && s->at < s->text.len);
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static bool at_comment(const Scan *s) { return starts(s, "//") || starts(s, "/*"); }

static bool is_doc(const Scan *s) {
    return starts(s, "///") || (starts(s, "/**") && !starts(s, "/**/"));
}

/* One byte, or one string, of what is no comment. */
static void step(Scan *s) {
    char c = s->text.ptr[s->at++];
    if (is_blank(c)) return;
    if (c == '"') {
        while (s->at < s->text.len && s->text.ptr[s->at] != '"' && s->text.ptr[s->at] != '\n')
            s->at += s->text.ptr[s->at] == '\\' ? 2 : 1;
        if (s->at < s->text.len) s->at++;
    }
    if (c == '@') s->in_gate = s->last == 0 || s->after_gate || !!strchr("{};,", s->last);
    s->after_gate = s->in_gate && c == ')';
    if (s->after_gate) s->in_gate = false;
    s->last = c;
}

/* Comments that follow each other, with nothing but blanks between them. */
static void comments(Lint *lint, Scan *s, const Source *source) {
    Span doc = {0}, plain = {0};
    while (s->at < s->text.len && (at_comment(s) || is_blank(s->text.ptr[s->at]))) {
        if (is_blank(s->text.ptr[s->at])) {
            s->at++;
            continue;
        }
        size_t start = s->at;
        bool docs = is_doc(s), for_linter = starts(s, "// lint: ");
        skip_comment(s);
        Span span = {source, (uint32_t)start, (uint32_t)s->at};
        if (docs && !doc.source) doc = span;
        if (!docs && !for_linter && !plain.source) plain = span;
    }
    bool ends = s->at >= s->text.len || s->text.ptr[s->at] == '}';
    bool begins_item = s->last == 0 || strchr("{};,", s->last);
    if (doc.source && ends) LINT_TELL(lint, LOST_DOCS, doc, "no item follows");
    else if (doc.source && s->after_gate)
        LINT_TELL(lint, LOST_DOCS, doc, "it stands between an attribute and its item");
    if (plain.source && !ends && begins_item && !s->after_gate)
        LINT_TELL(lint, PLAIN_COMMENT, plain);
}

void witc_lint_comments(Lint *lint, const Source *source) {
    Scan s = {.text = source->text};
    if (str_starts(s.text, STR("\xef\xbb\xbf"))) s.at = 3;
    while (s.at < s.text.len) {
        if (at_comment(&s)) comments(lint, &s, source);
        else step(&s);
    }
}
