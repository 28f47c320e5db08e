/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Value types in bytes and in words. In the binary format every type is a negative number of seven
 * bits, so that block types and heap types can share their place with a type index, a positive
 * number of 33 bits (5.3):
 *
 *     7f i32   7e i64   7d f32   7c f64   7b v128   78 i8   77 i16
 *     75 .. 68  abstract heap types; as value types, nullable references to them
 *     64 ht  (ref ht)       63 ht  (ref null ht)
 *     65 abs (shared abs)   62 x   (exact x)
 */
#include "core/core.h"

static const struct {
    CoreHeap heap;
    const char *name, *ref; /* in a heap type; as the short form of the nullable reference */
} heaps[] = {
    {CORE_HEAP_FUNC, "func", "funcref"},
    {CORE_HEAP_EXTERN, "extern", "externref"},
    {CORE_HEAP_ANY, "any", "anyref"},
    {CORE_HEAP_EQ, "eq", "eqref"},
    {CORE_HEAP_I31, "i31", "i31ref"},
    {CORE_HEAP_STRUCT, "struct", "structref"},
    {CORE_HEAP_ARRAY, "array", "arrayref"},
    {CORE_HEAP_EXN, "exn", "exnref"},
    {CORE_HEAP_CONT, "cont", "contref"},
    {CORE_HEAP_NONE, "none", "nullref"},
    {CORE_HEAP_NOFUNC, "nofunc", "nullfuncref"},
    {CORE_HEAP_NOEXTERN, "noextern", "nullexternref"},
    {CORE_HEAP_NOEXN, "noexn", "nullexnref"},
    {CORE_HEAP_NOCONT, "nocont", "nullcontref"},
};
enum { HEAP_COUNT = sizeof heaps / sizeof *heaps };

const char *core_heap_name(CoreHeap heap) {
    for (int i = 0; i < HEAP_COUNT; i++)
        if (heaps[i].heap == heap) return heaps[i].name;
    return NULL;
}

CoreHeap core_heap_find(Str name) {
    for (int i = 0; i < HEAP_COUNT; i++)
        if (str_is(name, heaps[i].name)) return heaps[i].heap;
    return CORE_HEAP_BOTTOM;
}

Str core_heap_text(Arena *arena, CoreValType t) {
    if (core_is_concrete(t))
        return str_fmt(arena, t & CORE_EXACT ? "(exact %u)" : "%u", core_type_index(t));
    const char *name = core_heap_name(core_heap(t));
    return str_fmt(arena, t & CORE_SHARED ? "(shared %s)" : "%s", name ? name : "bottom");
}

static Str ref_text(Arena *arena, CoreValType t) {
    if (core_is_nullable(t) && !core_is_concrete(t))
        for (int i = 0; i < HEAP_COUNT; i++)
            if (heaps[i].heap == core_heap(t))
                return str_fmt(arena, t & CORE_SHARED ? "(shared %s)" : "%s", heaps[i].ref);
    Str heap = core_heap_text(arena, t);
    return str_fmt(arena, core_is_nullable(t) ? "(ref null %.*s)" : "(ref %.*s)", STR_ARG(heap));
}

Str core_val_text(Arena *arena, CoreValType t) {
    switch (core_kind(t)) {
    case CORE_BOTTOM: return STR("bottom");
    case CORE_KIND_I32: return STR("i32");
    case CORE_KIND_I64: return STR("i64");
    case CORE_KIND_F32: return STR("f32");
    case CORE_KIND_F64: return STR("f64");
    case CORE_KIND_V128: return STR("v128");
    case CORE_KIND_I8: return STR("i8");
    case CORE_KIND_I16: return STR("i16");
    case CORE_KIND_REF: return ref_text(arena, t);
    }
    return STR("?");
}

static CoreHeap abstract_heap(uint8_t byte) {
    return byte >= CORE_HEAP_CONT && byte <= CORE_HEAP_NOCONT ? (CoreHeap)byte : CORE_HEAP_BOTTOM;
}

/* heaptype ::= absheaptype | 0x65 absheaptype | 0x62 x:u32 | x:s33 (x >= 0) */
CoreValType core_read_heap_type(Reader *r) {
    size_t at = reader_offset(r);
    uint8_t byte = reader_peek(r);
    CoreValType shared = 0;
    if (byte == 0x62) {
        reader_u8(r);
        uint32_t index = reader_u32(r);
        if (index > CORE_MAX_TYPE_INDEX) reader_fail(r, at, CORE_TYPE_INDEX_LARGE, index);
        return r->failed ? 0 : core_ref_to(false, index) | CORE_EXACT;
    }
    if (byte == 0x65) {
        reader_u8(r);
        byte = reader_peek(r);
        shared = CORE_SHARED;
    }
    if ((byte & 0xc0) == 0x40 || shared) {
        reader_u8(r);
        CoreHeap heap = abstract_heap(byte);
        if (!heap) reader_fail(r, at, CORE_BAD_HEAP_TYPE, byte);
        return r->failed ? 0 : core_ref(false, heap) | shared;
    }
    int64_t index = reader_s33(r);
    if (r->failed) return 0;
    if (index < 0) reader_fail(r, at, CORE_BAD_HEAP_TYPE, byte);
    else if (index > CORE_MAX_TYPE_INDEX)
        reader_fail(r, at, CORE_TYPE_INDEX_LARGE, (uint32_t)index);
    return r->failed ? 0 : core_ref_to(false, (uint32_t)index);
}

static CoreValType number_type(uint8_t byte) {
    switch (byte) {
    case 0x7f: return CORE_I32;
    case 0x7e: return CORE_I64;
    case 0x7d: return CORE_F32;
    case 0x7c: return CORE_F64;
    case 0x7b: return CORE_V128;
    case 0x78: return CORE_I8;
    case 0x77: return CORE_I16;
    default: return CORE_BOTTOM;
    }
}

CoreValType core_read_storage_type(Reader *r) {
    size_t at = reader_offset(r);
    uint8_t byte = reader_u8(r);
    CoreValType number = number_type(byte);
    if (number) return r->failed ? 0 : number;
    if (byte == 0x63 || byte == 0x64) {
        CoreValType heap = core_read_heap_type(r);
        if (r->failed) return 0;
        return byte == 0x63 ? core_as_nullable(heap) : heap;
    }
    CoreValType shared = 0;
    if (byte == 0x65) {
        byte = reader_u8(r);
        shared = CORE_SHARED;
    }
    CoreHeap heap = abstract_heap(byte);
    if (!heap) reader_fail(r, at, CORE_BAD_VAL_TYPE, byte);
    return r->failed ? 0 : core_ref(true, heap) | shared;
}

CoreValType core_read_val_type(Reader *r) {
    size_t at = reader_offset(r);
    uint8_t byte = reader_peek(r);
    CoreValType t = core_read_storage_type(r);
    if (!core_is_packed(t)) return t;
    reader_fail(r, at, CORE_BAD_VAL_TYPE, byte);
    return 0;
}

void core_put_heap_type(Buf *buf, CoreValType t) {
    if (core_is_concrete(t)) {
        if (t & CORE_EXACT) {
            buf_byte(buf, 0x62);
            buf_u32(buf, core_type_index(t));
        } else {
            buf_s64(buf, core_type_index(t));
        }
        return;
    }
    if (t & CORE_SHARED) buf_byte(buf, 0x65);
    buf_byte(buf, (uint8_t)core_heap(t));
}

void core_put_val_type(Buf *buf, CoreValType t) {
    static const uint8_t bytes[] = {
        [CORE_I32] = 0x7f,  [CORE_I64] = 0x7e, [CORE_F32] = 0x7d, [CORE_F64] = 0x7c,
        [CORE_V128] = 0x7b, [CORE_I8] = 0x78,  [CORE_I16] = 0x77,
    };
    if (!core_is_ref(t)) {
        buf_byte(buf, bytes[core_kind(t)]);
        return;
    }
    if (!core_is_nullable(t) || core_is_concrete(t))
        buf_byte(buf, core_is_nullable(t) ? 0x63 : 0x64);
    core_put_heap_type(buf, t);
}
