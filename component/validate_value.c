/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Value definitions, behind `cm-values` (Binary.md, "Value Definitions"): a type, and bytes that
 * must be one value of it:
 *
 *     bool, u8, s8   one byte              record, tuple        the parts, one after the other
 *     other integers LEB128                variant, enum        the case's number, its payload
 *     f32, f64       with one NaN only     option, result       0x00 or 0x01, its payload
 *     char           its UTF-8             list, map            a count, the elements
 *     string         length, UTF-8         flags                a bit each, in whole bytes
 *
 * Types nest at most 100 deep, and so does this recursion.
 */
#include "base/utf8.h"
#include "component/internal.h"

static void check(Reader *r, const WitType *type);

static void bad(Reader *r, size_t at, const WitType *type) {
    reader_fail(r, at, COMP_VALUE_FORM, wit_kind_keyword(type->kind));
}

/* A LEB128 integer within the type's range. */
static void check_int(Reader *r, const WitType *type) {
    size_t at = reader_offset(r);
    switch (type->kind) {
    case WIT_U16:
        if (reader_u32(r) > UINT16_MAX) bad(r, at, type);
        break;
    case WIT_S16: {
        int32_t n = reader_s32(r);
        if (n < INT16_MIN || n > INT16_MAX) bad(r, at, type);
        break;
    }
    case WIT_U32: reader_u32(r); break;
    case WIT_S32: reader_s32(r); break;
    case WIT_U64: reader_u64(r); break;
    default: reader_s64(r);
    }
}

/* Exponent all ones and a fraction: only the canonical NaN may be written. */
static void check_float(Reader *r, const WitType *type) {
    size_t at = reader_offset(r);
    bool wide = type->kind == WIT_F64;
    uint64_t bits = wide ? reader_fixed64(r) : reader_fixed32(r);
    uint64_t infinity = wide ? 0x7ff0000000000000 : 0x7f800000;
    uint64_t nan = wide ? 0x7ff8000000000000 : 0x7fc00000;
    uint64_t magnitude = bits & (wide ? 0x7fffffffffffffff : 0x7fffffff);
    if (magnitude > infinity && bits != nan) bad(r, at, type);
}

static void check_char(Reader *r, const WitType *type) {
    size_t at = reader_offset(r), n = 0;
    Str rest = {(const char *)r->ptr, reader_left(r)};
    if (!rest.len || utf8_next(rest, &n) == UINT32_MAX) bad(r, at, type);
    else reader_bytes(r, n);
}

static void check_byte(Reader *r, const WitType *type, uint8_t most) {
    size_t at = reader_offset(r);
    if (reader_u8(r) > most) bad(r, at, type);
}

static void check_part(Reader *r, const WitType *part) {
    if (part && !r->failed) check(r, part);
}

/* variant, enum: the number of a case */
static void check_case(Reader *r, const WitType *type) {
    size_t at = reader_offset(r);
    uint32_t index = reader_u32(r);
    if (index >= type->fields.len) bad(r, at, type);
    else check_part(r, type->fields.at[index].type);
}

static void check_list(Reader *r, const WitType *type, uint64_t n) {
    for (uint64_t i = 0; i < n && !r->failed; i++) {
        check_part(r, type->elem);
        if (type->kind == WIT_MAP) check_part(r, type->second);
    }
}

static void check(Reader *r, const WitType *type) {
    type = wit_dealias(type);
    switch (type->kind) {
    case WIT_BOOL: check_byte(r, type, 1); break;
    case WIT_S8:
    case WIT_U8: reader_u8(r); break;
    case WIT_F32:
    case WIT_F64: check_float(r, type); break;
    case WIT_CHAR: check_char(r, type); break;
    case WIT_STRING: reader_name(r); break;
    case WIT_RECORD:
    case WIT_TUPLE:
        for (size_t i = 0; i < type->fields.len; i++) check_part(r, type->fields.at[i].type);
        break;
    case WIT_VARIANT:
    case WIT_ENUM: check_case(r, type); break;
    case WIT_FLAGS: reader_bytes(r, (type->fields.len + 7) / 8); break;
    case WIT_OPTION:
    case WIT_RESULT: {
        bool second = reader_peek(r) == 1;
        check_byte(r, type, 1);
        check_part(r, second == (type->kind == WIT_OPTION) ? type->elem : type->second);
        break;
    }
    case WIT_LIST:
    case WIT_MAP: check_list(r, type, reader_count(r, UINT32_MAX, "list element")); break;
    case WIT_FIXED_LIST: check_list(r, type, type->length); break;
    case WIT_ERROR_CONTEXT:
    case WIT_OWN:
    case WIT_BORROW:
    case WIT_STREAM:
    case WIT_FUTURE:
    case WIT_RESOURCE:
    case WIT_ALIAS: bad(r, reader_offset(r), type); break;
    default: check_int(r, type);
    }
}

bool comp_check_value(Validator *v, const WitType *type, Str bytes, size_t offset) {
    const uint8_t *start = (const uint8_t *)bytes.ptr;
    Reader r = {.ptr = start,
                .end = start + bytes.len,
                .start = start,
                .start_offset = offset,
                .source = v->source,
                .diags = v->diags};
    check(&r, type);
    if (!reader_at_end(&r)) reader_fail(&r, reader_offset(&r), COMP_VALUE_SURPLUS);
    return !r.failed;
}
