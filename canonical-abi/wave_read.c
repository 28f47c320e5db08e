/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Values as text, WAVE, to cells; wave_write.c is the way back.
 *
 *     value  ::= 'true' | 'false' | number | 'nan' | '-'? 'inf' | char | string
 *              | '[' value,* ']' | '(' value,* ')'           lists (maps: of pairs), tuples
 *              | '{' (label ':' value),* '}' | '{:}'         records; fields that are none may be left out
 *              | label ('(' value ')')?                      variants, enums
 *              | 'some' '(' value ')' | 'none'               options, or only the value
 *              | 'ok' ('(' value ')')? | 'err' ('(' value ')')?   results, or only the value of ok
 *              | '{' label,* '}'                             flags
 *     string ::= '"' piece* '"' | '"""' line* '"""'
 *     piece  ::= a character | '\' ("'" | '"' | '\' | 't' | 'n' | 'r' | 'u{' hexadecimal '}')
 *
 * A list may end in a comma. `%` before a label makes it one where it is a keyword. `//` begins a comment.
 * "Only the value" is where that is itself no option or result.
 *
 * The type leads. Records, tuples and lists of a fixed length have no cells of their own, so a cursor goes
 * along with the operations of the plan and the cells, and each leaf takes one of both.
 */
#include <locale.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "canonical-abi/internal.h"

/* Cells that one text may make: a short one can mean a lot where fields are left out. */
enum { MOST_CELLS = 1 << 23 };

typedef struct {
    const Source *source;
    Str text;
    size_t at;
    Arena *arena;
    Diags *diags;
    size_t cells; /* made so far */
} Wave;

typedef struct {
    const AbiOp *op;
    AbiValue *cell;
} Cursor;

static bool read_value(Wave *w, const WitType *type, Cursor *c);

/* ---- tokens ---- */

static void skip_space(Wave *w) {
    for (; w->at < w->text.len; w->at++) {
        char c = w->text.ptr[w->at];
        if (c == '/' && w->at + 1 < w->text.len && w->text.ptr[w->at + 1] == '/') {
            size_t end = str_find(w->text, '\n', w->at);
            w->at = end == SIZE_MAX ? w->text.len - 1 : end;
        } else if (c != ' ' && c != '\t' && c != '\n' && c != '\r') return;
    }
}

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '+' || c == '.' || c == '%' || c == '_';
}

/* What stands here, for messages: a word, or one character. */
static Str here(Wave *w, Span *span) {
    skip_space(w);
    size_t end = w->at;
    while (end < w->text.len && is_word(w->text.ptr[end])) end++;
    if (end == w->at && w->at < w->text.len) utf8_next(w->text, &end);
    *span = (Span){w->source, (uint32_t)w->at, (uint32_t)end};
    return str_from_to(w->text, w->at, end);
}

static bool expected(Wave *w, const char *what) {
    Span span;
    Str found = here(w, &span);
    if (!found.len) diag(w->diags, WAVE_ENDS, span, what);
    else diag(w->diags, WAVE_EXPECTED, span, what, STR_ARG(found));
    return false;
}

static bool is_next(Wave *w, char c) {
    skip_space(w);
    return w->at < w->text.len && w->text.ptr[w->at] == c;
}

static bool take(Wave *w, char c) {
    if (!is_next(w, c)) return false;
    w->at++;
    return true;
}

static bool need(Wave *w, char c) {
    char what[] = {'`', c, '`', 0};
    return take(w, c) || expected(w, what);
}

/* Behind an element: a comma, or the end, which is left for the caller to take. */
static bool next_element(Wave *w, char end) {
    if (take(w, ',') || is_next(w, end)) return true;
    char what[] = {'`', ',', '`', ' ', 'o', 'r', ' ', '`', end, '`', 0};
    return expected(w, what);
}

static bool is_label_char(char c) {
    return is_word(c) && c != '+' && c != '.' && c != '%' && c != '_';
}

/* A label without its `%`; *span is of all of it. Empty where there is none, and then nothing is taken. */
static Str take_label(Wave *w, bool *is_escaped, Span *span) {
    skip_space(w);
    size_t start = w->at, at = start;
    *is_escaped = at < w->text.len && w->text.ptr[at] == '%';
    if (*is_escaped) at++;
    size_t from = at;
    char first = at < w->text.len ? w->text.ptr[at] : '0';
    bool begins = is_label_char(first) && first != '-' && !(first >= '0' && first <= '9');
    while (begins && at < w->text.len && is_label_char(w->text.ptr[at])) at++;
    if (at > from) w->at = at;
    *span = (Span){w->source, (uint32_t)start, (uint32_t)at};
    return str_from_to(w->text, from, at);
}

/* A keyword, if it stands here. */
static bool take_keyword(Wave *w, const char *keyword) {
    size_t before = w->at;
    bool is_escaped;
    Span span;
    Str label = take_label(w, &is_escaped, &span);
    if (label.len && !is_escaped && str_is(label, keyword)) return true;
    w->at = before;
    return false;
}

bool abi_wave_is_keyword(Str label) {
    static const char *const keywords[] = {"true", "false", "inf", "nan",
                                           "some", "none",  "ok",  "err"};
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (str_is(label, keywords[i])) return true;
    return false;
}

/* ---- numbers ---- */

/* number ::= '-'? ('0' | nonzero digit*) ('.' digit+)? (('e' | 'E') ('+' | '-')? digit+)? */
static bool is_number(Str s, bool *is_integer) {
    size_t i = 0, digits;
    if (i < s.len && s.ptr[i] == '-') i++;
    size_t first = i;
    while (i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9') i++;
    if (i == first || (s.ptr[first] == '0' && i > first + 1)) return false;
    *is_integer = i == s.len;
    if (i < s.len && s.ptr[i] == '.') {
        for (digits = 0, i++; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++) digits++;
        if (!digits) return false;
    }
    if (i < s.len && (s.ptr[i] == 'e' || s.ptr[i] == 'E')) {
        i++;
        if (i < s.len && (s.ptr[i] == '+' || s.ptr[i] == '-')) i++;
        for (digits = 0; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++) digits++;
        if (!digits) return false;
    }
    return i == s.len;
}

static bool read_integer(Wave *w, const WitType *type, AbiValue *cell) {
    static const uint8_t widths[] = {
        [WIT_S8] = 8,   [WIT_U8] = 8,   [WIT_S16] = 16, [WIT_U16] = 16,
        [WIT_S32] = 32, [WIT_U32] = 32, [WIT_S64] = 64, [WIT_U64] = 64};
    Span span;
    Str word = here(w, &span);
    bool is_integer = false;
    const char *keyword = wit_kind_keyword(type->kind);
    if (!is_number(word, &is_integer) || !is_integer) return expected(w, keyword);
    bool minus = word.ptr[0] == '-';
    bool is_signed = type->kind == WIT_S8 || type->kind == WIT_S16 || type->kind == WIT_S32 ||
                     type->kind == WIT_S64;
    unsigned width = widths[type->kind];
    uint64_t most = is_signed ? ((uint64_t)1 << (width - 1)) - !minus
                    : minus   ? 0
                              : UINT64_MAX >> (64 - width);
    uint64_t n = 0;
    bool fits = true;
    for (size_t i = minus; i < word.len && fits; i++) {
        unsigned digit = (unsigned)(word.ptr[i] - '0');
        fits = n <= (UINT64_MAX - digit) / 10;
        n = n * 10 + digit;
    }
    if (!fits || n > most) {
        diag(w->diags, WAVE_RANGE, span, STR_ARG(word), keyword);
        return false;
    }
    cell->bits = minus ? 0 - n : n;
    w->at += word.len;
    return true;
}

/* Numbers are decimal, with a point whatever the locale. */
static bool read_float(Wave *w, const WitType *type, AbiValue *cell) {
    Span span;
    Str word = here(w, &span);
    bool single = type->kind == WIT_F32, ignored;
    const char *text = NULL;
    if (str_is(word, "nan") || str_is(word, "inf") || str_is(word, "-inf")) {
        text = str_c(w->arena, word);
    } else if (is_number(word, &ignored)) {
        char *copy = arena_copy(w->arena, str_c(w->arena, word), word.len + 1);
        char *point = strchr(copy, '.');
        if (point) *point = *localeconv()->decimal_point;
        text = copy;
    }
    if (!text) return expected(w, wit_kind_keyword(type->kind));
    union {
        float f;
        uint32_t bits;
    } f = {0};
    union {
        double d;
        uint64_t bits;
    } d = {0};
    if (single) f.f = strtof(text, NULL);
    else d.d = strtod(text, NULL);
    bool is_nan = word.ptr[0] == 'n';
    if (is_nan) f.bits = 0x7fc00000, d.bits = 0x7ff8000000000000; /* the canonical one */
    cell->bits = single ? f.bits : d.bits;
    w->at += word.len;
    return true;
}

/* ---- characters and strings ---- */

static bool bad_escape(Wave *w, size_t start) {
    size_t end = w->at < w->text.len ? w->at + 1 : w->text.len;
    Span span = {w->source, (uint32_t)start, (uint32_t)end};
    diag(w->diags, WAVE_ESCAPE, span);
    return false;
}

/* After "\u": '{' hexadecimal+ '}' */
static bool read_code_point(Wave *w, size_t start, uint32_t *c) {
    uint32_t n = 0;
    size_t from = ++w->at;
    if (from > w->text.len || w->text.ptr[from - 1] != '{') return bad_escape(w, start);
    for (; w->at < w->text.len && w->text.ptr[w->at] != '}'; w->at++) {
        char h = w->text.ptr[w->at];
        uint32_t digit = h >= '0' && h <= '9'   ? (uint32_t)(h - '0')
                         : h >= 'a' && h <= 'f' ? (uint32_t)(h - 'a') + 10
                         : h >= 'A' && h <= 'F' ? (uint32_t)(h - 'A') + 10
                                                : 16;
        if (digit == 16 || n > 0x10ffff) return bad_escape(w, start);
        n = n * 16 + digit;
    }
    bool is_scalar = n <= 0x10ffff && (n < 0xd800 || n > 0xdfff);
    if (w->at >= w->text.len || w->at == from || !is_scalar) return bad_escape(w, start);
    w->at++;
    *c = n;
    return true;
}

/* One piece: a character as it is, or an escape. The text is UTF-8. */
static bool read_piece(Wave *w, uint32_t *c) {
    size_t start = w->at;
    if (w->text.ptr[w->at] != '\\') {
        *c = utf8_next(w->text, &w->at);
        return true;
    }
    w->at++;
    char kind = w->at < w->text.len ? w->text.ptr[w->at] : 0;
    if (kind == 'u') {
        w->at++;
        if (w->at >= w->text.len) return bad_escape(w, start);
        return read_code_point(w, start, c);
    }
    switch (kind) {
    case '\'':
    case '"':
    case '\\': *c = (uint32_t)kind; break;
    case 't': *c = '\t'; break;
    case 'n': *c = '\n'; break;
    case 'r': *c = '\r'; break;
    default: return bad_escape(w, start);
    }
    w->at++;
    return true;
}

static bool read_char(Wave *w, AbiValue *cell) {
    if (!is_next(w, '\'')) return expected(w, "a character in `'`");
    w->at++;
    bool is_empty =
        w->at >= w->text.len || w->text.ptr[w->at] == '\'' || w->text.ptr[w->at] == '\n';
    if (is_empty) return expected(w, "a character");
    uint32_t c;
    if (!read_piece(w, &c)) return false;
    cell->bits = c;
    if (w->at >= w->text.len || w->text.ptr[w->at] != '\'') return expected(w, "`'`");
    w->at++;
    return true;
}

static void put_char(Buf *out, uint32_t c) {
    char bytes[4];
    buf_bytes(out, bytes, utf8_put(bytes, c));
}

static bool unended(Wave *w, size_t start) {
    Span span = {w->source, (uint32_t)start, (uint32_t)w->text.len};
    diag(w->diags, WAVE_STRING, span);
    return false;
}

/* How far the last line before the closing quotes is indented: that much goes from each line. `end` is
 * where the quotes begin; SIZE_MAX: they do not stand on a line of their own. */
static size_t indent_before(Wave *w, size_t from, size_t end) {
    size_t spaces = 0;
    while (end > from && w->text.ptr[end - 1] == ' ') end--, spaces++;
    return end >= from && end > 0 && w->text.ptr[end - 1] == '\n' ? spaces : SIZE_MAX;
}

/* After the opening `"""`: a line break, lines, a line break, spaces, `"""`. */
static bool read_lines(Wave *w, size_t start, Buf *out) {
    if (w->at < w->text.len && w->text.ptr[w->at] == '\r') w->at++;
    if (w->at >= w->text.len || w->text.ptr[w->at] != '\n') return unended(w, start);
    size_t from = w->at + 1, end = str_find_str(w->text, STR("\"\"\""), from);
    size_t indent = end == SIZE_MAX ? SIZE_MAX : indent_before(w, from, end);
    if (indent == SIZE_MAX) return unended(w, start);
    size_t last = end - indent; /* where the last line begins */
    for (w->at = from; w->at < last;) {
        size_t line_end = str_find(w->text, '\n', w->at);
        if (w->at > from) buf_byte(out, '\n');
        for (size_t i = 0; i < indent && w->at < line_end; i++, w->at++)
            if (w->text.ptr[w->at] != ' ') return unended(w, start);
        size_t stop = line_end;
        if (stop > w->at && w->text.ptr[stop - 1] == '\r') stop--;
        while (w->at < stop) {
            uint32_t c;
            if (!read_piece(w, &c)) return false;
            put_char(out, c);
        }
        w->at = line_end + 1;
    }
    w->at = end + 3;
    return true;
}

static bool read_string(Wave *w, AbiValue *cell) {
    if (!is_next(w, '"')) return expected(w, "a string in `\"`");
    size_t start = w->at;
    Buf out = {.arena = w->arena};
    if (str_starts(str_after(w->text, start), STR("\"\"\""))) {
        w->at += 3;
        if (!read_lines(w, start, &out)) return false;
    } else {
        for (w->at++;;) {
            if (w->at >= w->text.len || w->text.ptr[w->at] == '\n') return unended(w, start);
            if (w->text.ptr[w->at] == '"') break;
            uint32_t c;
            if (!read_piece(w, &c)) return false;
            put_char(&out, c);
        }
        w->at++;
    }
    cell->string.ptr = out.len ? (const char *)out.ptr : "";
    cell->string.len = out.len;
    return true;
}

/* ---- aggregates ---- */

static bool count_cells(Wave *w, size_t n) {
    bool fits = n <= MOST_CELLS - w->cells;
    if (fits) w->cells += n;
    else diag(w->diags, WAVE_LARGE, span_at(w->source, w->at));
    return fits;
}

static bool make_cells(Wave *w, size_t n, AbiValue **cells) {
    if (!count_cells(w, n)) return false;
    *cells = ARENA_NEW_ARRAY(w->arena, AbiValue, n);
    return true;
}

/* Operations of a plan that the type takes: 1, but for those that vanish. */
static uint32_t ops_of(const WitType *type) {
    type = wit_dealias(type);
    if (type->kind == WIT_FIXED_LIST) return (uint32_t)type->length * ops_of(type->elem);
    if (type->kind != WIT_RECORD && type->kind != WIT_TUPLE) return 1;
    uint32_t n = 0;
    for (size_t i = 0; i < type->fields.len; i++) n += ops_of(type->fields.at[i].type);
    return n;
}

/* '(' value,* ')' with all of them; of parameters, options at the end may be left out. */
static bool read_tuple(Wave *w, const WitFields *fields, bool may_omit, Cursor *c) {
    if (!need(w, '(')) return false;
    for (size_t i = 0; i < fields->len; i++) {
        const WitType *type = fields->at[i].type;
        bool is_option = wit_dealias(type)->kind == WIT_OPTION;
        if (is_next(w, ')') && may_omit && is_option) {
            c->op++, c->cell++; /* zeroes: none */
            continue;
        }
        if (is_next(w, ')')) {
            Str name = fields->at[i].name;
            Span span = span_at(w->source, w->at);
            diag(w->diags, WAVE_FEW, span, fields->len, i);
            if (name.len) diag_note(w->diags, WAVE_NEXT, span, STR_ARG(name));
            return false;
        }
        if (!read_value(w, type, c) || !next_element(w, ')')) return false;
    }
    return need(w, ')');
}

static size_t find_field(const WitFields *fields, Str name) {
    size_t i = 0;
    while (i < fields->len && !str_eq(fields->at[i].name, name)) i++;
    return i;
}

/* A label that the type does not have. */
static bool unknown_label(Wave *w, const WitType *type, Str label, Span span) {
    const char *what = type->kind == WIT_RECORD  ? "field"
                       : type->kind == WIT_FLAGS ? "flag"
                                                 : "case";
    diag(w->diags, WAVE_UNKNOWN, span, what, STR_ARG(label));
    Buf names = {.arena = w->arena};
    for (size_t i = 0; i < type->fields.len && i < 20; i++) {
        if (i) buf_str(&names, STR(", "));
        buf_str(&names, type->fields.at[i].name);
    }
    if (type->fields.len > 20) buf_str(&names, STR(", ..."));
    Str text = buf_text(&names);
    diag_note(w->diags, WAVE_THERE_ARE, span_none(), STR_ARG(text));
    return false;
}

static bool read_field_label(Wave *w, const WitType *type, size_t *index, bool *given) {
    bool is_escaped;
    Span span;
    Str label = take_label(w, &is_escaped, &span);
    if (!label.len) return expected(w, type->kind == WIT_FLAGS ? "a flag" : "a field");
    *index = find_field(&type->fields, label);
    if (*index == type->fields.len) return unknown_label(w, type, label, span);
    if (given[*index]) diag(w->diags, WAVE_TWICE, span, STR_ARG(label));
    bool is_new = !given[*index];
    given[*index] = true;
    return is_new;
}

/* Fields in any order; those that were left out must be options. */
static bool read_record(Wave *w, const WitType *type, Cursor *c) {
    size_t n = type->fields.len, start = w->at;
    bool *given = ARENA_NEW_ARRAY(w->arena, bool, n);
    uint32_t *places = ARENA_NEW_ARRAY(w->arena, uint32_t, n + 1);
    for (size_t i = 0; i < n; i++) places[i + 1] = places[i] + ops_of(type->fields.at[i].type);
    if (!need(w, '{')) return false;
    if (!take(w, ':'))
        while (!is_next(w, '}')) {
            size_t i;
            if (!read_field_label(w, type, &i, given) || !need(w, ':')) return false;
            Cursor field = {c->op + places[i], c->cell + places[i]};
            if (!read_value(w, type->fields.at[i].type, &field) || !next_element(w, '}'))
                return false;
        }
    if (!need(w, '}')) return false;
    for (size_t i = 0; i < n; i++) {
        if (given[i] || wit_dealias(type->fields.at[i].type)->kind == WIT_OPTION) continue;
        Span span = {w->source, (uint32_t)start, (uint32_t)w->at};
        diag(w->diags, WAVE_MISSING, span, STR_ARG(type->fields.at[i].name));
        return false;
    }
    c->op += places[n], c->cell += places[n];
    return true;
}

static bool read_flags(Wave *w, const WitType *type, AbiValue *cell) {
    bool *given = ARENA_NEW_ARRAY(w->arena, bool, type->fields.len);
    if (!need(w, '{')) return false;
    while (!is_next(w, '}')) {
        size_t i;
        if (!read_field_label(w, type, &i, given) || !next_element(w, '}')) return false;
        cell->bits |= (uint64_t)1 << i;
    }
    return need(w, '}');
}

static bool read_fixed_list(Wave *w, const WitType *type, Cursor *c) {
    if (!need(w, '[')) return false;
    for (uint64_t i = 0; i < type->length; i++)
        if (!read_value(w, type->elem, c) || !next_element(w, ']')) return false;
    return need(w, ']');
}

static bool read_element(Wave *w, const WitType *type, const AbiPlan *element, AbiValue *cells) {
    Cursor c = {element->ops, cells};
    if (type->kind != WIT_MAP) return read_value(w, type->elem, &c);
    return need(w, '(') && read_value(w, type->elem, &c) && need(w, ',') &&
           read_value(w, type->second, &c) && (take(w, ','), need(w, ')'));
}

/* Elements go to the end of a buffer, packed or as cells. */
static bool read_list(Wave *w, const WitType *type, const AbiOp *op, AbiValue *cell) {
    const AbiPlan *element = op->element;
    bool is_packed = abi_is_packed(element);
    Buf out = {.arena = w->arena};
    AbiValue *one;
    if (!need(w, '[') || !make_cells(w, element->op_count, &one)) return false;
    size_t n = 0, bytes = element->op_count * sizeof *one;
    for (; !is_next(w, ']'); n++) {
        memset(one, 0, bytes);
        if (!read_element(w, type, element, one) || !next_element(w, ']')) return false;
        uint8_t packed[8];
        if (is_packed) abi_pack(element, *one, packed);
        else if (!count_cells(w, element->op_count)) return false;
        buf_bytes(&out, is_packed ? (void *)packed : one, is_packed ? element->size : bytes);
    }
    cell->list.items = out.ptr;
    cell->list.len = n;
    return need(w, ']');
}

/* ---- variants ---- */

/* The payload of case `index` into cells of its own. */
static bool read_payload(Wave *w, const AbiOp *op, uint32_t index, const WitType *type,
                         AbiValue *cell) {
    const AbiPlan *plan = op->cases[index];
    AbiValue *payload;
    if (!make_cells(w, plan->op_count, &payload)) return false;
    cell->variant.index = index;
    cell->variant.payload = payload;
    Cursor c = {plan->ops, payload};
    return read_value(w, type, &c);
}

static bool read_case(Wave *w, const AbiOp *op, uint32_t index, const WitType *type,
                      AbiValue *cell) {
    cell->variant.index = index;
    cell->variant.payload = NULL;
    return !type || (need(w, '(') && read_payload(w, op, index, type, cell) && need(w, ')'));
}

static bool is_flat(const WitType *type) {
    type = wit_dealias(type);
    return type && type->kind != WIT_OPTION && type->kind != WIT_RESULT;
}

static bool read_option(Wave *w, const WitType *type, const AbiOp *op, AbiValue *cell) {
    if (take_keyword(w, "none")) return read_case(w, op, 0, NULL, cell);
    if (take_keyword(w, "some")) return read_case(w, op, 1, type->elem, cell);
    if (is_flat(type->elem)) return read_payload(w, op, 1, type->elem, cell);
    return expected(w, "`some(...)` or `none`");
}

static bool read_result(Wave *w, const WitType *type, const AbiOp *op, AbiValue *cell) {
    if (take_keyword(w, "ok")) return read_case(w, op, 0, type->elem, cell);
    if (take_keyword(w, "err")) return read_case(w, op, 1, type->second, cell);
    if (is_flat(type->elem)) return read_payload(w, op, 0, type->elem, cell);
    return expected(w, "`ok` or `err`");
}

/* The case of a variant or enum that stands here. */
static bool read_case_label(Wave *w, const WitType *type, uint32_t *index) {
    bool is_escaped;
    Span span;
    Str label = take_label(w, &is_escaped, &span);
    if (!label.len) return expected(w, "a case");
    if (!is_escaped && abi_wave_is_keyword(label)) {
        diag(w->diags, WAVE_KEYWORD, span, STR_ARG(label), STR_ARG(label));
        return false;
    }
    *index = (uint32_t)find_field(&type->fields, label);
    return *index < type->fields.len || unknown_label(w, type, label, span);
}

static bool read_variant(Wave *w, const WitType *type, const AbiOp *op, AbiValue *cell) {
    uint32_t index = 0;
    return read_case_label(w, type, &index) &&
           read_case(w, op, index, type->fields.at[index].type, cell);
}

static bool read_enum(Wave *w, const WitType *type, AbiValue *cell) {
    uint32_t index = 0;
    bool good = read_case_label(w, type, &index);
    cell->bits = index;
    return good;
}

static bool read_bool(Wave *w, AbiValue *cell) {
    cell->bits = take_keyword(w, "true");
    return cell->bits || take_keyword(w, "false") || expected(w, "`true` or `false`");
}

/* ---- values ---- */

static bool read_leaf(Wave *w, const WitType *type, const AbiOp *op, AbiValue *cell) {
    switch (type->kind) {
    case WIT_BOOL: return read_bool(w, cell);
    case WIT_S8:
    case WIT_U8:
    case WIT_S16:
    case WIT_U16:
    case WIT_S32:
    case WIT_U32:
    case WIT_S64:
    case WIT_U64: return read_integer(w, type, cell);
    case WIT_F32:
    case WIT_F64: return read_float(w, type, cell);
    case WIT_CHAR: return read_char(w, cell);
    case WIT_STRING: return read_string(w, cell);
    case WIT_LIST:
    case WIT_MAP: return read_list(w, type, op, cell);
    case WIT_FLAGS: return read_flags(w, type, cell);
    case WIT_ENUM: return read_enum(w, type, cell);
    case WIT_OPTION: return read_option(w, type, op, cell);
    case WIT_RESULT: return read_result(w, type, op, cell);
    case WIT_VARIANT: return read_variant(w, type, op, cell);
    default: break;
    }
    Span span;
    here(w, &span);
    diag(w->diags, WAVE_HANDLE, span, wit_kind_keyword(type->kind));
    return false;
}

/* Types nest no deeper than ABI_MAX_DEPTH, or they would have no plan. */
static bool read_value(Wave *w, const WitType *type, Cursor *c) {
    type = wit_dealias(type);
    if (type->kind == WIT_RECORD) return read_record(w, type, c);
    if (type->kind == WIT_TUPLE) return read_tuple(w, &type->fields, false, c);
    if (type->kind == WIT_FIXED_LIST) return read_fixed_list(w, type, c);
    const AbiOp *op = c->op++;
    return read_leaf(w, type, op, c->cell++);
}

static Wave wave_at(const Source *source, size_t at, Arena *arena, Diags *diags) {
    return (Wave){.source = source, .text = source->text, .at = at, .arena = arena, .diags = diags};
}

static bool is_utf8(const Source *source, Diags *diags) {
    size_t good = utf8_valid_prefix(source->text);
    if (good == source->text.len) return true;
    diag(diags, WAVE_UTF8, span_at(source, good));
    return false;
}

static bool at_end(Wave *w) {
    skip_space(w);
    return w->at == w->text.len || expected(w, "the end");
}

bool abi_wave_read(const AbiPlan *plan, const Source *source, size_t at, Arena *arena,
                   AbiValue *cells, Diags *diags) {
    Wave w = wave_at(source, at, arena, diags);
    Cursor c = {plan->ops, cells};
    return is_utf8(source, diags) && read_value(&w, plan->type, &c) && at_end(&w);
}

bool abi_wave_read_args(const AbiPlan *plan, const WitFields *params, const Source *source,
                        size_t at, Arena *arena, AbiValue *cells, Diags *diags) {
    Wave w = wave_at(source, at, arena, diags);
    Cursor c = {plan->ops, cells};
    return is_utf8(source, diags) && read_tuple(&w, params, true, &c) && at_end(&w);
}
