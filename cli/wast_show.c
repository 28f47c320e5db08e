/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Results as a script would write them: (i32.const 7), (v128.const i32x4 1 2 3 4), and of components
 * (list.const (u8.const 1) (u8.const 2)). Long values end in "...".
 */
#include "base/utf8.h"
#include "cli/wast.h"

enum { ENOUGH = 400 };

/* ---- core values as text ---- */

static void show_float(Buf *out, uint64_t bits, bool single) {
    const unsigned fraction = single ? 23 : 52;
    const uint64_t top = (uint64_t)1 << fraction, payload = bits & (top - 1);
    const uint64_t exponent = single ? bits >> 23 & 0xff : bits >> 52 & 0x7ff;
    float f;
    double d;
    uint32_t low = (uint32_t)bits;
    memcpy(&f, &low, sizeof f);
    memcpy(&d, &bits, sizeof d);
    bool negative = bits >> (single ? 31 : 63) & 1;
    if (exponent != (single ? 0xff : 0x7ff))
        buf_fmt(out, "%.*g", single ? 9 : 17, single ? (double)f : d);
    else if (payload) buf_fmt(out, "%snan:0x%" PRIx64, negative ? "-" : "", payload);
    else buf_fmt(out, "%sinf", negative ? "-" : "");
}

/* As lanes of the width and kind that `like` has, or i32x4. */
static void show_v128(Buf *out, const uint8_t *bytes, const WastValue *like) {
    bool shaped = like && like->kind == WAST_V128 && like->lanes;
    unsigned lanes = shaped ? like->lanes : 4, width = 16 / lanes;
    bool is_float = shaped && like->lane_float;
    buf_fmt(out, "(v128.const %c%ux%u", is_float ? 'f' : 'i', width * 8, lanes);
    for (unsigned i = 0; i < lanes; i++) {
        uint64_t bits = 0;
        for (unsigned b = 0; b < width; b++) bits |= (uint64_t)bytes[i * width + b] << (8 * b);
        buf_byte(out, ' ');
        if (is_float) show_float(out, bits, width == 4);
        else buf_fmt(out, "0x%0*" PRIx64, (int)width * 2, bits);
    }
    buf_byte(out, ')');
}

static void show_reference(Buf *out, const witc_value *v) {
    void *data;
    if (v->type == WITC_FUNCREF) {
        buf_fmt(out, v->of.func ? "(ref.func)" : "(ref.null)");
        return;
    }
    witc_valtype type = witc_ref_type(v->of.ref);
    bool is_host = v->of.ref && witc_ref_data(v->of.ref, &data);
    bool is_extern = v->type == WITC_EXTERNREF;
    if (!v->of.ref) buf_fmt(out, "(ref.null)");
    else if (is_host)
        buf_fmt(out, "(ref.%s %" PRIu64 ")", is_extern ? "extern" : "host",
                (uint64_t)(uintptr_t)data - 1);
    else buf_fmt(out, "(ref.%s)", core_heap_name(core_heap(type)));
}

void wast_show_value(Buf *out, const witc_value *v, const WastValue *like) {
    switch (core_kind(v->type)) {
    case CORE_KIND_I32: buf_fmt(out, "(i32.const %" PRId32 ")", v->of.i32); break;
    case CORE_KIND_I64: buf_fmt(out, "(i64.const %" PRId64 ")", v->of.i64); break;
    case CORE_KIND_F32:
    case CORE_KIND_F64:
        buf_fmt(out, v->type == WITC_F32 ? "(f32.const " : "(f64.const ");
        show_float(out, v->type == WITC_F32 ? v->of.u32 : v->of.u64, v->type == WITC_F32);
        buf_byte(out, ')');
        break;
    case CORE_KIND_V128: show_v128(out, v->of.v128, like); break;
    case CORE_KIND_REF: show_reference(out, v); break;
    case CORE_BOTTOM:
    case CORE_KIND_I8:
    case CORE_KIND_I16: break;
    }
}

/* ---- component values as text ---- */

static void show_text(Buf *out, Str text) {
    buf_byte(out, '"');
    for (size_t i = 0; i < text.len && out->len < ENOUGH; i++) {
        char c = text.ptr[i];
        if (c == '"' || c == '\\') buf_fmt(out, "\\%c", c);
        else if ((unsigned char)c < ' ' || c == 0x7f) buf_fmt(out, "\\%02x", (unsigned char)c);
        else buf_byte(out, (uint8_t)c);
    }
    buf_byte(out, '"');
}

static void show_part(Buf *out, AbiCache *cache, const WitType *type, const AbiValue **cell) {
    buf_byte(out, ' ');
    wast_show_cells(out, cache, type, cell);
}

static void show_list(Buf *out, AbiCache *cache, const WitType *type, const AbiValue *cell) {
    const AbiPlan *plan = abi_plan(cache, type->elem);
    const AbiValue *part = cell->list.items;
    for (size_t i = 0; plan && i < cell->list.len && out->len < ENOUGH; i++) {
        AbiValue unpacked = {0};
        const AbiValue *one = &unpacked;
        bool packed = abi_is_packed(plan);
        if (packed)
            memcpy(&unpacked.bits, (const uint8_t *)cell->list.items + i * plan->size, plan->size);
        show_part(out, cache, type->elem, packed ? &one : &part);
    }
}

static void show_case(Buf *out, AbiCache *cache, const WitType *type, const AbiValue *cell) {
    uint32_t index = cell->variant.index;
    const AbiValue *part = cell->variant.payload;
    const WitType *payload = NULL;
    if (type->kind == WIT_OPTION) {
        buf_fmt(out, index ? "option.some" : "option.none");
        payload = index ? type->elem : NULL;
    } else if (type->kind == WIT_RESULT) {
        buf_fmt(out, index ? "result.err" : "result.ok");
        payload = index ? type->second : type->elem;
    } else {
        buf_fmt(out, "variant.const ");
        if (index >= type->fields.len) return;
        show_text(out, type->fields.at[index].name);
        payload = type->fields.at[index].type;
    }
    if (payload) show_part(out, cache, payload, &part);
}

static void show_fields(Buf *out, AbiCache *cache, const WitType *type, const AbiValue **cell) {
    for (size_t i = 0; i < type->fields.len && out->len < ENOUGH; i++) {
        if (type->kind == WIT_RECORD) {
            buf_fmt(out, " (field ");
            show_text(out, type->fields.at[i].name);
        }
        show_part(out, cache, type->fields.at[i].type, cell);
        if (type->kind == WIT_RECORD) buf_byte(out, ')');
    }
}

static void show_names(Buf *out, const WitType *type, uint64_t bits) {
    for (size_t i = 0; i < type->fields.len && i < 64; i++) {
        bool is_set = type->kind == WIT_ENUM ? bits == i : (bits >> i & 1) != 0;
        if (!is_set) continue;
        buf_byte(out, ' ');
        show_text(out, type->fields.at[i].name);
    }
}

static void show_char(Buf *out, uint32_t c) {
    char bytes[4];
    buf_byte(out, ' ');
    show_text(out, (Str){bytes, utf8_put(bytes, c)});
}

void wast_show_cells(Buf *out, AbiCache *cache, const WitType *type, const AbiValue **cell) {
    const AbiValue *at = *cell;
    type = wit_dealias(type);
    if (out->len >= ENOUGH) {
        buf_fmt(out, "...");
        return;
    }
    buf_byte(out, '(');
    switch (type->kind) {
    case WIT_RECORD:
    case WIT_TUPLE:
        buf_fmt(out, "%s.const", wit_kind_keyword(type->kind));
        show_fields(out, cache, type, cell);
        buf_byte(out, ')');
        return;
    case WIT_VARIANT:
    case WIT_OPTION:
    case WIT_RESULT: show_case(out, cache, type, at); break;
    case WIT_LIST:
        buf_fmt(out, "list.const");
        show_list(out, cache, type, at);
        break;
    case WIT_STRING:
        buf_fmt(out, "str.const ");
        show_text(out, (Str){at->string.ptr, at->string.len});
        break;
    case WIT_ENUM:
    case WIT_FLAGS:
        buf_fmt(out, "%s.const", wit_kind_keyword(type->kind));
        show_names(out, type, at->bits);
        break;
    case WIT_BOOL: buf_fmt(out, "bool.const %s", at->bits ? "true" : "false"); break;
    case WIT_CHAR:
        buf_fmt(out, "char.const");
        show_char(out, (uint32_t)at->bits);
        break;
    case WIT_S8:
    case WIT_S16:
    case WIT_S32:
    case WIT_S64:
        buf_fmt(out, "%s.const %" PRId64, wit_kind_keyword(type->kind), (int64_t)at->bits);
        break;
    case WIT_F32:
    case WIT_F64:
        buf_fmt(out, "%s.const ", wit_kind_keyword(type->kind));
        show_float(out, at->bits, type->kind == WIT_F32);
        break;
    default: buf_fmt(out, "%s.const %" PRIu64, wit_kind_keyword(type->kind), at->bits); break;
    }
    buf_byte(out, ')');
    ++*cell;
}
