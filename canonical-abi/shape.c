/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Types without names, as text, for comparing what a host function expects with what a guest
 * imports:
 *
 *     func     ::= 'async '? '(' types ')' ('->' type)?
 *     type     ::= keyword | keyword '<' types '>' | ('enum' | 'flags') '<' count '>'
 *                | 'list<' type ',' length '>'
 *     types    ::= (type | '_') (',' (type | '_'))*         '_' where a part is absent
 *
 * The text of a type can be exponentially longer than the type, so it ends at a limit.
 */
#include "base/buf.h"
#include "canonical-abi/abi.h"

enum { LONGEST = 8192 };

static void put_type(Buf *b, const WitType *type, unsigned depth);

static void put_fields(Buf *b, const WitFields *fields, unsigned depth) {
    for (size_t i = 0; i < fields->len && b->len < LONGEST; i++) {
        if (i) buf_byte(b, ',');
        put_type(b, fields->at[i].type, depth);
    }
}

static void put_parts(Buf *b, const WitType *type, unsigned depth) {
    switch (wit_kind_shape(type->kind)) {
    case WIT_SHAPE_PRIM:
    case WIT_SHAPE_HANDLE:
    case WIT_SHAPE_NAMED: return;
    case WIT_SHAPE_FIELDS:
        buf_byte(b, '<');
        if (type->kind == WIT_ENUM || type->kind == WIT_FLAGS) buf_fmt(b, "%zu", type->fields.len);
        else put_fields(b, &type->fields, depth);
        break;
    case WIT_SHAPE_ELEM:
        buf_byte(b, '<');
        put_type(b, type->elem, depth);
        if (type->kind == WIT_FIXED_LIST) buf_fmt(b, ",%llu", (unsigned long long)type->length);
        break;
    case WIT_SHAPE_PAIR:
        buf_byte(b, '<');
        put_type(b, type->elem, depth);
        buf_byte(b, ',');
        put_type(b, type->second, depth);
        break;
    }
    buf_byte(b, '>');
}

static void put_type(Buf *b, const WitType *type, unsigned depth) {
    type = wit_dealias(type);
    if (!type || depth > ABI_MAX_DEPTH || b->len >= LONGEST) {
        buf_byte(b, '_');
        return;
    }
    buf_fmt(b, "%s", wit_kind_keyword(type->kind));
    put_parts(b, type, depth + 1);
}

Str abi_shape(Arena *arena, const WitFunc *func) {
    Buf b = {.arena = arena};
    buf_str(&b, func->is_async ? STR("async (") : STR("("));
    put_fields(&b, &func->params, 0);
    buf_byte(&b, ')');
    if (func->result) {
        buf_str(&b, STR("->"));
        put_type(&b, func->result, 0);
    }
    return buf_text(&b);
}
