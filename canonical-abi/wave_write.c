/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Cells to text, WAVE: the way back from wave_read.c, with the same cursor over operations and cells. What is
 * written is read back as the same value: floats have as many digits as that takes, options and results
 * are written out.
 *
 * What is only to be looked at (`show`) is cut where it is long, has numbers for handles, and bytes as
 * text.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "canonical-abi/internal.h"

typedef struct {
    const AbiOp *op;
    const AbiValue *cell;
    const AbiShow *show; /* NULL: to be read back */
} Cursor;

static void put_value(Buf *out, const WitType *type, Cursor *c);

/* ---- leaves ---- */

/* A point whatever the locale. */
static void put_number(Buf *out, char *text) {
    for (char *c = text; *c; c++)
        if (!strchr("0123456789+-eE", *c)) *c = '.';
    buf_str(out, str_from(text));
}

static void put_float(Buf *out, double value, bool single) {
    if (value != value) {
        buf_str(out, STR("nan"));
        return;
    }
    if (value - value != 0) {
        buf_str(out, value < 0 ? STR("-inf") : STR("inf"));
        return;
    }
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (single ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value) break;
    }
    put_number(out, text);
}

static void put_char(Buf *out, uint32_t c, char quote) {
    char bytes[4];
    if (c == (uint32_t)quote || c == '\\') buf_fmt(out, "\\%c", (char)c);
    else if (c == '\n') buf_str(out, STR("\\n"));
    else if (c == '\t') buf_str(out, STR("\\t"));
    else if (c == '\r') buf_str(out, STR("\\r"));
    else if (c < 0x20 || (c >= 0x7f && c < 0xa0)) buf_fmt(out, "\\u{%x}", (unsigned)c);
    else buf_bytes(out, bytes, utf8_put(bytes, c));
}

static void put_string(Buf *out, Str s, const AbiShow *show) {
    size_t end = show && s.len > show->most ? show->most : s.len;
    buf_byte(out, '"');
    for (size_t at = 0; at < end;) put_char(out, utf8_next(s, &at), '"');
    buf_byte(out, '"');
    if (end < s.len) buf_fmt(out, "... %zu bytes", s.len);
}

/* b"text\x00" */
static void put_bytes(Buf *out, Str s, const AbiShow *show) {
    size_t end = s.len > show->most ? show->most : s.len;
    buf_str(out, STR("b\""));
    for (size_t i = 0; i < end; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c < 0x80 && (c >= 0x20 || c == '\n' || c == '\t' || c == '\r') && c != 0x7f)
            put_char(out, c, '"');
        else buf_fmt(out, "\\x%02x", c);
    }
    buf_byte(out, '"');
    if (end < s.len) buf_fmt(out, "... %zu bytes", s.len);
}

static void put_scalar(Buf *out, WitKind kind, const AbiValue *cell) {
    union {
        uint32_t bits;
        float f;
    } f = {(uint32_t)cell->bits};
    union {
        uint64_t bits;
        double d;
    } d = {cell->bits};
    switch (kind) {
    case WIT_BOOL: buf_str(out, cell->bits ? STR("true") : STR("false")); break;
    case WIT_S8:
    case WIT_S16:
    case WIT_S32:
    case WIT_S64: buf_fmt(out, "%lld", (long long)(int64_t)cell->bits); break;
    case WIT_F32: put_float(out, (double)f.f, true); break;
    case WIT_F64: put_float(out, d.d, false); break;
    case WIT_CHAR:
        buf_byte(out, '\'');
        put_char(out, (uint32_t)cell->bits, '\'');
        buf_byte(out, '\'');
        break;
    default: buf_fmt(out, "%llu", (unsigned long long)cell->bits);
    }
}

/* ---- the rest ---- */

static void put_fields(Buf *out, const WitType *type, Cursor *c) {
    bool is_record = type->kind == WIT_RECORD;
    buf_byte(out, is_record ? '{' : '(');
    for (size_t i = 0; i < type->fields.len; i++) {
        if (i) buf_str(out, STR(", "));
        if (is_record) buf_str(out, type->fields.at[i].name);
        if (is_record) buf_str(out, STR(": "));
        put_value(out, type->fields.at[i].type, c);
    }
    buf_byte(out, is_record ? '}' : ')');
}

static void put_element(Buf *out, const WitType *type, Cursor *c) {
    if (type->kind != WIT_MAP) {
        put_value(out, type->elem, c);
        return;
    }
    buf_byte(out, '(');
    put_value(out, type->elem, c);
    buf_str(out, STR(", "));
    put_value(out, type->second, c);
    buf_byte(out, ')');
}

static void put_list(Buf *out, const WitType *type, const AbiPlan *element, const AbiValue *list,
                     const AbiShow *show) {
    bool is_packed = abi_is_packed(element);
    const uint8_t *bytes = list->list.items;
    const AbiValue *cells = list->list.items;
    size_t n = list->list.len, end = show && n > show->most / 4 ? show->most / 4 : n;
    if (show && type->kind == WIT_LIST && wit_dealias(type->elem)->kind == WIT_U8) {
        put_bytes(out, (Str){list->list.items, n}, show);
        return;
    }
    buf_byte(out, '[');
    for (size_t i = 0; i < end; i++) {
        AbiValue one;
        if (is_packed) one = abi_unpack(element, bytes + i * element->size);
        Cursor c = {element->ops, is_packed ? &one : cells + i * element->op_count, show};
        if (i) buf_str(out, STR(", "));
        put_element(out, type, &c);
    }
    if (end < n) buf_fmt(out, "%s... %zu items", end ? ", " : "", n);
    buf_byte(out, ']');
}

static void put_flags(Buf *out, const WitType *type, uint64_t bits) {
    bool any = false;
    buf_byte(out, '{');
    for (size_t i = 0; i < type->fields.len; i++) {
        if (!(bits >> i & 1)) continue;
        if (any) buf_str(out, STR(", "));
        buf_str(out, type->fields.at[i].name);
        any = true;
    }
    buf_byte(out, '}');
}

static void put_label(Buf *out, Str label) {
    if (abi_wave_is_keyword(label)) buf_byte(out, '%');
    buf_str(out, label);
}

static void put_variant(Buf *out, const WitType *type, const AbiOp *op, const AbiValue *cell,
                        const AbiShow *show) {
    uint32_t index = cell->variant.index;
    const WitType *payload;
    if (type->kind == WIT_VARIANT) {
        put_label(out, type->fields.at[index].name);
        payload = type->fields.at[index].type;
    } else if (type->kind == WIT_OPTION) {
        buf_str(out, index ? STR("some") : STR("none"));
        payload = index ? type->elem : NULL;
    } else {
        buf_str(out, index ? STR("err") : STR("ok"));
        payload = index ? type->second : type->elem;
    }
    if (!payload) return;
    Cursor c = {op->cases[index]->ops, cell->variant.payload, show};
    buf_byte(out, '(');
    put_value(out, payload, &c);
    buf_byte(out, ')');
}

/* Handles have no text that could be read back. */
static void put_handle(Buf *out, const WitType *type, const AbiValue *cell, const AbiShow *show) {
    bool is_resource = type->kind == WIT_OWN || type->kind == WIT_BORROW;
    if (show && is_resource && type->elem) {
        Str name = type->elem->name;
        buf_str(out, name.len ? name : STR("resource"));
        buf_fmt(out, "#%llu", (unsigned long long)cell->bits);
        return;
    }
    buf_fmt(out, "<%s", wit_kind_keyword(type->kind));
    if (is_resource && type->elem && type->elem->name.len) {
        buf_byte(out, ' ');
        buf_str(out, type->elem->name);
    }
    buf_byte(out, '>');
}

static void put_value(Buf *out, const WitType *type, Cursor *c) {
    type = wit_dealias(type);
    if (type->kind == WIT_RECORD || type->kind == WIT_TUPLE) {
        put_fields(out, type, c);
        return;
    }
    if (type->kind == WIT_FIXED_LIST) {
        buf_byte(out, '[');
        for (uint64_t i = 0; i < type->length; i++) {
            if (i) buf_str(out, STR(", "));
            put_value(out, type->elem, c);
        }
        buf_byte(out, ']');
        return;
    }
    const AbiOp *op = c->op++;
    const AbiValue *cell = c->cell++;
    switch (type->kind) {
    case WIT_STRING: put_string(out, (Str){cell->string.ptr, cell->string.len}, c->show); break;
    case WIT_LIST:
    case WIT_MAP: put_list(out, type, op->element, cell, c->show); break;
    case WIT_FLAGS: put_flags(out, type, cell->bits); break;
    case WIT_ENUM: put_label(out, type->fields.at[cell->bits].name); break;
    case WIT_VARIANT:
    case WIT_OPTION:
    case WIT_RESULT: put_variant(out, type, op, cell, c->show); break;
    case WIT_OWN:
    case WIT_BORROW:
    case WIT_STREAM:
    case WIT_FUTURE:
    case WIT_ERROR_CONTEXT: put_handle(out, type, cell, c->show); break;
    default: put_scalar(out, type->kind, cell);
    }
}

void abi_wave_write(const AbiPlan *plan, const AbiValue *cells, Buf *out) {
    Cursor c = {plan->ops, cells, NULL};
    if (plan->type) put_value(out, plan->type, &c);
}

void abi_wave_show(const AbiPlan *plan, const AbiValue *cells, const AbiShow *show, Buf *out) {
    Cursor c = {plan->ops, cells, show};
    if (plan->type) put_value(out, plan->type, &c);
}

void abi_wave_show_args(const AbiPlan *plan, const WitFields *params, const AbiValue *cells,
                        const AbiShow *show, Buf *out) {
    Cursor c = {plan->ops, cells, show};
    buf_byte(out, '(');
    for (size_t i = 0; i < params->len; i++) {
        if (i) buf_str(out, STR(", "));
        put_value(out, params->at[i].type, &c);
    }
    buf_byte(out, ')');
}
