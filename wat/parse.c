/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The ground of all parsers here: looking at tokens and taking them, numbers and names; and the way
 * in: a text is a module, a component, or the fields of a module. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/utf8.h"
#include "wat/internal.h"

bool wat_token_is(const Wat *w, const Token *t, const char *keyword) {
    return t->kind == TOK_KEYWORD && str_is(wat_text(w, t), keyword);
}

bool wat_is_kw(const Wat *w, const char *keyword) { return wat_token_is(w, wat_tok(w), keyword); }

bool wat_is_open(const Wat *w, const char *keyword) {
    return wat_is(w, TOK_OPEN) && wat_token_is(w, wat_ahead(w, 1), keyword);
}

bool wat_is_annotation(const Wat *w, const char *id) {
    return wat_is(w, TOK_ANNOTATION) && str_is(str_after(wat_text(w, wat_tok(w)), 2), id);
}

bool wat_is_index(const Wat *w, uint32_t n) {
    const Token *t = wat_ahead(w, n);
    return t->kind == TOK_ID || (t->kind == TOK_INT && w->source->text.ptr[t->at] >= '0');
}

void wat_unexpected(Wat *w, const char *expected) {
    const Token *t = wat_tok(w);
    Str text = wat_text(w, t);
    if (t->kind == TOK_END && w->unclosed)
        wat_fail(w, wat_span(w, w->unclosed), WAT_UNCLOSED_PAREN);
    else if (t->kind == TOK_END) wat_fail(w, wat_span(w, t), WAT_UNEXPECTED_END, expected);
    else if (wat_is_annotation(w, "metadata.code.branch_hint"))
        wat_fail(w, wat_span(w, t), WAT_HINT_OUTSIDE);
    else if (t->kind == TOK_ANNOTATION)
        wat_fail(w, wat_span(w, t), WAT_MISPLACED, STR_ARG(str_after(text, 1)), expected);
    else if (t->kind == TOK_RESERVED && str_is(text, "$"))
        wat_fail(w, wat_span(w, t), WAT_EMPTY_ID);
    else if (t->kind == TOK_KEYWORD || t->kind == TOK_RESERVED)
        wat_fail(w, wat_span(w, t), WAT_UNEXPECTED_WORD, STR_ARG(text), expected);
    else wat_fail(w, wat_span(w, t), WAT_UNEXPECTED, STR_ARG(text), expected);
}

bool wat_take_kw(Wat *w, const char *keyword) {
    if (!wat_is_kw(w, keyword)) return false;
    w->pos++;
    return true;
}

bool wat_take_open(Wat *w, const char *keyword) {
    if (!wat_is_open(w, keyword)) return false;
    w->pos += 2;
    return true;
}

void wat_expect_kw(Wat *w, const char *keyword) {
    if (!wat_take_kw(w, keyword))
        wat_unexpected(w, str_c(w->arena, str_fmt(w->arena, "`%s`", keyword)));
}

void wat_expect_open(Wat *w, const char *keyword) {
    if (!wat_take_open(w, keyword))
        wat_unexpected(w, str_c(w->arena, str_fmt(w->arena, "`(%s`", keyword)));
}

void wat_expect_paren(Wat *w) {
    if (wat_is(w, TOK_OPEN)) w->pos++;
    else wat_unexpected(w, "`(`");
}

void wat_close(Wat *w) {
    if (wat_is(w, TOK_CLOSE)) w->pos++;
    else wat_unexpected(w, "`)`");
}

bool wat_take_id(Wat *w, Str *id) {
    if (!wat_is(w, TOK_ID)) return false;
    *id = wat_token_id(w, wat_tok(w));
    if (!w->failed) w->pos++;
    return !w->failed;
}

Str wat_string(Wat *w) {
    if (!wat_is(w, TOK_STRING)) {
        wat_unexpected(w, "a string");
        return (Str){"", 0};
    }
    Str s = wat_token_string(w, wat_tok(w));
    w->pos++;
    return s;
}

Str wat_name(Wat *w) {
    Span span = wat_here(w);
    Str s = wat_string(w);
    if (utf8_valid_prefix(s) != s.len) wat_fail(w, span, BYTES_UTF8);
    return s;
}

Str wat_strings(Wat *w) {
    if (wat_is(w, TOK_STRING) && wat_ahead(w, 1)->kind != TOK_STRING) return wat_string(w);
    Buf b = {.arena = w->arena};
    while (!wat_done(w)) buf_str(&b, wat_string(w));
    return b.ptr ? buf_text(&b) : (Str){"", 0};
}

bool wat_take_name(Wat *w, Str *name) {
    if (!wat_is_annotation(w, "name")) return false;
    w->pos++;
    *name = wat_name(w);
    wat_close(w);
    return !w->failed;
}

/* ---- numbers ---- */

static unsigned digit_value(char c) {
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 32) - 'a' + 10);
}

bool wat_parse_integer(Str s, uint64_t *magnitude, bool *negative) {
    size_t i = s.len && (s.ptr[0] == '-' || s.ptr[0] == '+');
    *negative = s.len && s.ptr[0] == '-';
    unsigned base = 10;
    if (s.len > i + 1 && s.ptr[i] == '0' && s.ptr[i + 1] == 'x') base = 16, i += 2;
    uint64_t value = 0;
    for (; i < s.len; i++) {
        if (s.ptr[i] == '_') continue;
        unsigned digit = digit_value(s.ptr[i]);
        if (value > (UINT64_MAX - digit) / base) return false;
        value = value * base + digit;
    }
    *magnitude = value;
    return true;
}

static uint64_t unsigned_at(Wat *w, unsigned bits, const char *expected) {
    const Token *t = wat_tok(w);
    if (t->kind != TOK_INT) {
        wat_unexpected(w, expected);
        return 0;
    }
    uint64_t value;
    bool negative;
    Str text = wat_text(w, t);
    if (text.ptr[0] == '-' || text.ptr[0] == '+') {
        wat_fail(w, wat_span(w, t), WAT_NEGATIVE, STR_ARG(text));
        return 0;
    }
    if (!wat_parse_integer(text, &value, &negative) || (bits < 64 && value >> bits)) {
        wat_fail(w, wat_span(w, t), WAT_OUT_OF_RANGE, 'i', bits, STR_ARG(text));
        return 0;
    }
    w->pos++;
    return value;
}

uint32_t wat_u32(Wat *w) { return (uint32_t)unsigned_at(w, 32, "a u32"); }
uint64_t wat_u64(Wat *w) { return unsigned_at(w, 64, "a u64"); }

int64_t wat_int(Wat *w, unsigned bits) {
    const Token *t = wat_tok(w);
    if (t->kind != TOK_INT) {
        wat_unexpected(w, bits == 64 ? "an i64" : bits == 32 ? "an i32" : "an integer");
        return 0;
    }
    uint64_t value, top = (uint64_t)1 << (bits - 1);
    bool negative, ok = wat_parse_integer(wat_text(w, t), &value, &negative);
    if (ok) ok = negative ? value <= top : bits == 64 || value < top * 2;
    if (!ok) {
        wat_fail(w, wat_span(w, t), WAT_OUT_OF_RANGE, 'i', bits, STR_ARG(wat_text(w, t)));
        return 0;
    }
    w->pos++;
    if (negative) return (int64_t)(0 - value);
    return bits < 64 && (value & top) ? (int64_t)(value - top * 2) : (int64_t)value;
}

/* A float's text without its sign and underscores, as C's strtod reads it. The library rounds
 * correctly, decimal and hexadecimal. */
static const char *clean_number(Wat *w, Str s, bool *negative) {
    char *out = arena_alloc(w->arena, s.len + 3);
    size_t n = 0, i = s.ptr[0] == '-' || s.ptr[0] == '+';
    *negative = s.ptr[0] == '-';
    for (; i < s.len; i++)
        if (s.ptr[i] != '_') out[n++] = s.ptr[i];
    out[n] = 0;
    return out;
}

/* The payload of nan:0x..., within `bits` bits; the plain nan has its top bit. */
static uint64_t nan_payload(Wat *w, const char *text, unsigned bits) {
    if (text[3] == 0) return (uint64_t)1 << (bits - 1);
    uint64_t value;
    bool negative;
    if (!wat_parse_integer(str_from(text + 4), &value, &negative) || value == 0 || value >> bits)
        wat_fail(w, wat_here(w), WAT_OUT_OF_RANGE, 'f', bits == 23 ? 32 : 64,
                 STR_ARG(wat_text(w, wat_tok(w))));
    return value;
}

static bool is_float_here(Wat *w) {
    if (wat_is(w, TOK_FLOAT) || wat_is(w, TOK_INT)) return true;
    wat_unexpected(w, "a float");
    return false;
}

uint32_t wat_f32(Wat *w) {
    if (!is_float_here(w)) return 0;
    bool negative;
    const char *text = clean_number(w, wat_text(w, wat_tok(w)), &negative);
    uint32_t bits = 0;
    if (text[0] == 'n') {
        bits = 0x7f800000u | (uint32_t)nan_payload(w, text, 23);
    } else {
        float value = strtof(text, NULL);
        if (isinf(value) && text[0] != 'i')
            wat_fail(w, wat_here(w), WAT_OUT_OF_RANGE, 'f', 32, STR_ARG(wat_text(w, wat_tok(w))));
        memcpy(&bits, &value, 4);
    }
    if (!w->failed) w->pos++;
    return bits | (uint32_t)negative << 31;
}

uint64_t wat_f64(Wat *w) {
    if (!is_float_here(w)) return 0;
    bool negative;
    const char *text = clean_number(w, wat_text(w, wat_tok(w)), &negative);
    uint64_t bits = 0;
    if (text[0] == 'n') {
        bits = 0x7ff0000000000000u | nan_payload(w, text, 52);
    } else {
        double value = strtod(text, NULL);
        if (isinf(value) && text[0] != 'i')
            wat_fail(w, wat_here(w), WAT_OUT_OF_RANGE, 'f', 64, STR_ARG(wat_text(w, wat_tok(w))));
        memcpy(&bits, &value, 8);
    }
    if (!w->failed) w->pos++;
    return bits | (uint64_t)negative << 63;
}

/* ---- names ---- */

void wat_space_add(Wat *w, WatSpace *space, const Token *id, const char *what) {
    if (id) {
        bool added;
        Str name = wat_token_id(w, id);
        MapEntry *e = map_put(w->arena, &space->ids, name, &added);
        if (added) e->value = space->count;
        else if (strcmp(what, "field") == 0)
            wat_fail(w, wat_span(w, id), WAT_DUPLICATE_FIELD, STR_ARG(name));
        else wat_fail(w, wat_span(w, id), WAT_DUPLICATE, what, STR_ARG(name));
    }
    space->count++;
}

static void unknown_name(Wat *w, const Map *ids, Str name, const char *what) {
    if (w->failed) return;
    wat_fail(w, wat_here(w), WAT_UNKNOWN_NAME, what, STR_ARG(name));
    if (ids->len > 1000) return;
    Str *names = ARENA_NEW_ARRAY(w->arena, Str, ids->len);
    for (size_t i = 0; i < ids->len; i++) names[i] = ids->entries[i].key;
    Str near = str_nearest(name, names, ids->len);
    if (near.len) diag_note(w->diags, WAT_NEAREST, span_none(), STR_ARG(near));
}

uint32_t wat_index(Wat *w, const WatSpace *space, const char *what) {
    if (wat_is(w, TOK_ID)) {
        Str name = wat_token_id(w, wat_tok(w));
        const MapEntry *e = map_get(&space->ids, name);
        if (!e) {
            unknown_name(w, &space->ids, name, what);
            return 0;
        }
        w->pos++;
        return (uint32_t)e->value;
    }
    return (uint32_t)unsigned_at(w, 32,
                                 str_c(w->arena, str_fmt(w->arena, "an index of a %s", what)));
}

/* ---- the way in ---- */

static const Token *take_id_token(Wat *w) {
    if (!wat_is(w, TOK_ID)) return NULL;
    return &w->toks[w->pos++];
}

static bool is_wasm(Str bytes) { return str_starts(bytes, STR("\0asm")); }

/* text ::= '(' 'module' id? field* ')' | '(' 'component' id? field* ')' | field*
 * and either with `binary` and strings instead of fields, whose bytes then come in *binary. */
static bool parse_unit(Wat *w, WatUnit *unit, Str *binary) {
    bool module = wat_is_open(w, "module"), component = wat_is_open(w, "component");
    if (!w->meaningful) wat_fail(w, wat_here(w), WAT_EMPTY_TEXT);
    if (!module && !component) {
        unit->module = wat_core_fields(w, (Str){0});
    } else {
        w->pos += 2;
        const Token *id = take_id_token(w);
        Span first = wat_span(w, wat_ahead(w, 1));
        if (wat_take_kw(w, "binary")) {
            *binary = wat_strings(w);
            if (!is_wasm(*binary)) wat_fail(w, first, CORE_BAD_MAGIC);
        } else if (module) unit->module = wat_core_fields(w, id ? wat_token_id(w, id) : (Str){0});
        else unit->component = wat_component_fields(w, id);
        wat_close(w);
    }
    if (!w->failed && !wat_is(w, TOK_END)) wat_unexpected(w, "the end of the text");
    return !w->failed;
}

bool wat_parse(Arena *arena, const Source *source, Features features, WatUnit *unit, Diags *diags) {
    Wat w;
    Str binary = {0};
    *unit = (WatUnit){0};
    if (!wat_lex(arena, source, features, &w, diags) || !parse_unit(&w, unit, &binary))
        return false;
    if (!binary.ptr) return true;
    const Source *bytes = source_of(arena, source->path, binary);
    if (comp_is_component(binary)) {
        unit->component = comp_decode(arena, bytes, features, diags);
        return unit->component != NULL;
    }
    Reader r = reader_of(bytes, diags);
    unit->module = core_decode(arena, &r, features);
    return unit->module != NULL;
}

const Source *wat_to_binary(Arena *arena, const Source *source, Features features, Diags *diags) {
    return wat_to_binary_debug(arena, source, features, WAT_DWARF_NONE, diags);
}

const Source *wat_to_binary_debug(Arena *arena, const Source *source, Features features,
                                  WatDwarf dwarf, Diags *diags) {
    if (is_wasm(source->text)) return source;
    Wat w;
    WatUnit unit = {0};
    Str binary = {0};
    if (!wat_lex(arena, source, features, &w, diags)) return NULL;
    w.dwarf = dwarf;
    if (!parse_unit(&w, &unit, &binary)) return NULL;
    if (binary.ptr) return source_of(arena, source->path, binary);
    Buf out = {.arena = arena};
    if (unit.module) core_encode(unit.module, &out);
    else comp_encode(unit.component, &out);
    return source_of(arena, source->path, buf_text(&out));
}
