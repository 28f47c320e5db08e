/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Types and functions as WIT text: for the printer, and for messages. Names that are keywords get
 * their `%`. An anonymous OWN is written as the resource alone, as WIT does.
 */
#include "model/model.h"

static void put(Buf *out, const char *s) { buf_str(out, str_from(s)); }

/* ---- names ---- */

bool wit_is_keyword(Str name) {
    /* By their first letter; each ends with a space. */
    static const char *const keywords[] = {
        ['a' - 'a'] = "as async ",
        ['b' - 'a'] = "bool borrow ",
        ['c' - 'a'] = "char constructor ",
        ['e' - 'a'] = "enum error-context export ",
        ['f' - 'a'] = "f32 f64 flags float32 float64 from func future ",
        ['i' - 'a'] = "import include interface ",
        ['l' - 'a'] = "list ",
        ['m' - 'a'] = "map ",
        ['o' - 'a'] = "option own ",
        ['p' - 'a'] = "package ",
        ['r' - 'a'] = "record resource result ",
        ['s' - 'a'] = "s16 s32 s64 s8 static stream string ",
        ['t' - 'a'] = "tuple type ",
        ['u' - 'a'] = "u16 u32 u64 u8 use ",
        ['v' - 'a'] = "variant ",
        ['w' - 'a'] = "with world ",
        ['z' - 'a'] = NULL,
    };
    if (name.len == 0 || name.ptr[0] < 'a' || name.ptr[0] > 'z') return str_is(name, "_");
    for (const char *word = keywords[name.ptr[0] - 'a'], *end; word && *word; word = end + 1) {
        end = strchr(word, ' ');
        if (str_eq(name, (Str){word, (size_t)(end - word)})) return true;
    }
    return false;
}

void wit_put_name(Buf *out, Str name) {
    if (wit_is_keyword(name)) buf_byte(out, '%');
    buf_str(out, name);
}

/* ---- types ---- */

static void put_args(Buf *out, const WitType *a, const WitType *b) {
    put(out, "<");
    if (a) wit_put_type(out, a);
    else put(out, "_");
    if (b) {
        put(out, ", ");
        wit_put_type(out, b);
    }
    put(out, ">");
}

static void put_tuple_args(Buf *out, const WitType *type) {
    put(out, "<");
    for (size_t i = 0; i < type->fields.len; i++) {
        if (i) put(out, ", ");
        wit_put_type(out, type->fields.at[i].type);
    }
    put(out, ">");
}

void wit_put_structure(Buf *out, const WitType *type) {
    if (type->kind == WIT_ALIAS) {
        wit_put_type(out, type->elem);
        return;
    }
    put(out, wit_kind_keyword(type->kind));
    if (type->kind == WIT_TUPLE) {
        put_tuple_args(out, type);
    } else if (type->kind == WIT_FIXED_LIST) {
        put(out, "<");
        wit_put_type(out, type->elem);
        buf_fmt(out, ", %llu>", (unsigned long long)type->length);
    } else if (type->elem || type->second) {
        put_args(out, type->elem, type->second);
    }
}

void wit_put_type(Buf *out, const WitType *type) {
    if (type->name.len) wit_put_name(out, type->name);
    else if (type->kind == WIT_OWN) wit_put_name(out, type->elem->name);
    else wit_put_structure(out, type);
}

void wit_put_field(Buf *out, const WitType *type, const WitField *field) {
    wit_put_name(out, field->name);
    if (!field->type) return;
    put(out, type->kind == WIT_RECORD ? ": " : "(");
    wit_put_type(out, field->type);
    if (type->kind != WIT_RECORD) put(out, ")");
}

Str wit_type_text(Arena *arena, const WitType *type) {
    Buf out = {.arena = arena};
    WitShape shape = wit_kind_shape(type->kind);
    if (!type->name.len || shape == WIT_SHAPE_PRIM) {
        wit_put_type(&out, type);
    } else if (type->kind == WIT_RESOURCE ||
               (shape == WIT_SHAPE_FIELDS && type->kind != WIT_TUPLE)) {
        put(&out, wit_kind_keyword(type->kind));
        put(&out, " ");
        wit_put_name(&out, type->name);
        for (size_t i = 0; i < type->fields.len; i++) {
            put(&out, i ? ", " : " { ");
            wit_put_field(&out, type, &type->fields.at[i]);
        }
        if (type->kind != WIT_RESOURCE) put(&out, type->fields.len ? " }" : " {}");
    } else {
        put(&out, "type ");
        wit_put_name(&out, type->name);
        put(&out, " = ");
        wit_put_structure(&out, type);
    }
    return buf_text(&out);
}

/* ---- functions ---- */

/* `constructor(..)` without a result returns its own resource. */
static bool has_implied_result(const WitFunc *func) {
    return func->kind == WIT_CONSTRUCTOR && func->result && func->result->kind == WIT_OWN &&
           func->result->elem == func->resource;
}

void wit_put_signature(Buf *out, const WitFunc *func) {
    if (func->is_async) put(out, "async ");
    put(out, func->kind == WIT_CONSTRUCTOR ? "constructor(" : "func(");
    size_t first = func->kind == WIT_METHOD ? 1 : 0;
    for (size_t i = first; i < func->params.len; i++) {
        if (i > first) put(out, ", ");
        wit_put_name(out, func->params.at[i].name);
        put(out, ": ");
        wit_put_type(out, func->params.at[i].type);
    }
    put(out, ")");
    if (func->result && !has_implied_result(func)) {
        put(out, " -> ");
        wit_put_type(out, func->result);
    }
}

Str wit_func_text(Arena *arena, const WitFunc *func) {
    Buf out = {.arena = arena};
    wit_put_name(&out, func->name);
    put(&out, ": ");
    if (func->kind == WIT_STATIC) put(&out, "static ");
    wit_put_signature(&out, func);
    return buf_text(&out);
}
