/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Expected sizes, offsets and bytes are worked out by hand from CanonicalABI.md. */
#include "tests/test.h"

#include <stdlib.h>

#include "canonical-abi/abi.h"

static Arena *arena;
static AbiCache cache;

/* ---- types ---- */

static const WitType *prim(WitKind kind) { return wit_prim(kind); }

static WitType *type_of(WitKind kind, const WitType *elem, const WitType *second) {
    WitType *type = ARENA_NEW(arena, WitType);
    *type = (WitType){.kind = kind, .elem = elem, .second = second};
    return type;
}

static WitType *fields_of(WitKind kind, size_t n, const WitType *const *types) {
    WitType *type = type_of(kind, NULL, NULL);
    for (size_t i = 0; i < n; i++)
        *vec_push(arena, &type->fields) = (WitField){.type = types ? types[i] : NULL};
    return type;
}

#define FIELDS(kind, ...)                                                                          \
    fields_of(kind, sizeof((const WitType *[]){__VA_ARGS__}) / sizeof(WitType *),                  \
              (const WitType *[]){__VA_ARGS__})

static void check_plan(const WitType *type, uint32_t size, uint32_t align, const char *flat) {
    const AbiPlan *plan = abi_plan(&cache, type);
    CHECK(plan != NULL);
    if (!plan) return;
    CHECK_EQ(plan->size, size);
    CHECK_EQ(plan->align, align);
    char got[32] = "";
    for (uint32_t i = 0; i < plan->flat_count && i < 31; i++) got[i] = "iIfF"[plan->flat[i]];
    CHECK_STR(str_from(got), flat);
}

static void sizes_of_scalars(void) {
    check_plan(prim(WIT_BOOL), 1, 1, "i");
    check_plan(prim(WIT_S16), 2, 2, "i");
    check_plan(prim(WIT_U64), 8, 8, "I");
    check_plan(prim(WIT_F32), 4, 4, "f");
    check_plan(prim(WIT_F64), 8, 8, "F");
    check_plan(prim(WIT_CHAR), 4, 4, "i");
    check_plan(prim(WIT_STRING), 8, 4, "ii");
    check_plan(type_of(WIT_LIST, prim(WIT_U8), NULL), 8, 4, "ii");
    check_plan(type_of(WIT_OWN, NULL, NULL), 4, 4, "i");
}

static void sizes_of_aggregates(void) {
    check_plan(FIELDS(WIT_RECORD, prim(WIT_U8), prim(WIT_U64), prim(WIT_U8)), 24, 8, "iIi");
    check_plan(FIELDS(WIT_TUPLE, prim(WIT_U8), FIELDS(WIT_TUPLE, prim(WIT_U16), prim(WIT_STRING))),
               16, 4, "iiii");
    check_plan(type_of(WIT_OPTION, prim(WIT_U64), NULL), 16, 8, "iI");
    check_plan(type_of(WIT_RESULT, NULL, NULL), 1, 1, "i");
    check_plan(type_of(WIT_RESULT, prim(WIT_F32), prim(WIT_U32)), 8, 4, "ii");
    check_plan(type_of(WIT_RESULT, prim(WIT_F32), prim(WIT_F32)), 8, 4, "if");
    check_plan(type_of(WIT_RESULT, prim(WIT_F64), prim(WIT_F32)), 16, 8, "iI");
    check_plan(type_of(WIT_RESULT, prim(WIT_U64), prim(WIT_F64)), 16, 8, "iI");
    check_plan(type_of(WIT_RESULT, prim(WIT_STRING), prim(WIT_F64)), 16, 8, "iIi");
    check_plan(type_of(WIT_MAP, prim(WIT_U8), prim(WIT_U64)), 8, 4, "ii");
    CHECK_EQ(abi_plan(&cache, type_of(WIT_MAP, prim(WIT_U8), prim(WIT_U64)))->ops[0].element->size,
             16);
    WitType *fixed = type_of(WIT_FIXED_LIST, prim(WIT_U16), NULL);
    fixed->length = 3;
    check_plan(fixed, 6, 2, "iii");
}

static void sizes_of_discriminants(void) {
    check_plan(fields_of(WIT_ENUM, 256, NULL), 1, 1, "i");
    check_plan(fields_of(WIT_ENUM, 257, NULL), 2, 2, "i");
    check_plan(fields_of(WIT_ENUM, 65537, NULL), 4, 4, "i");
    check_plan(fields_of(WIT_FLAGS, 8, NULL), 1, 1, "i");
    check_plan(fields_of(WIT_FLAGS, 9, NULL), 2, 2, "i");
    check_plan(fields_of(WIT_FLAGS, 17, NULL), 4, 4, "i");
    check_plan(fields_of(WIT_FLAGS, 32, NULL), 4, 4, "i");
    check_plan(fields_of(WIT_VARIANT, 257, NULL), 2, 2, "i");
    CHECK(abi_plan(&cache, fields_of(WIT_FLAGS, 33, NULL)) == NULL);
    CHECK(abi_plan(&cache, fields_of(WIT_FLAGS, 0, NULL)) == NULL);
    CHECK(abi_plan(&cache, fields_of(WIT_RECORD, 0, NULL)) == NULL);
}

static void too_large_types_have_no_plan(void) {
    WitType *big = type_of(WIT_FIXED_LIST, prim(WIT_STRING), NULL);
    big->length = 16777216;
    CHECK(abi_plan(&cache, big) == NULL);
    big->length = UINT64_MAX;
    CHECK(abi_plan(&cache, big) == NULL);
    const WitType *twice = prim(WIT_U8);
    for (int i = 0; i < 40; i++) twice = FIELDS(WIT_TUPLE, twice, twice);
    CHECK(abi_plan(&cache, twice) == NULL);
    const WitType *deep = prim(WIT_U8);
    for (int i = 0; i < 99; i++) deep = type_of(WIT_OPTION, deep, NULL);
    CHECK(abi_plan(&cache, deep) != NULL);
    CHECK(abi_plan(&cache, type_of(WIT_OPTION, deep, NULL)) == NULL);
    CHECK(abi_plan(&cache, type_of(WIT_LIST, deep, NULL)) == NULL);
}

static void steps_and_offsets_of_nested_parts(void) {
    const WitType *inner =
        FIELDS(WIT_TUPLE, prim(WIT_U16), type_of(WIT_OPTION, prim(WIT_U64), NULL));
    const WitType *outer = FIELDS(WIT_RECORD, prim(WIT_U8), inner);
    const AbiPlan *plan = abi_plan(&cache, outer);
    CHECK_EQ(plan->op_count, 3);
    const AbiOp *op = &plan->ops[2]; /* the tuple at 8, the option at 8 of it, its payload at 16 */
    CHECK_EQ(op->kind, ABI_VARIANT);
    CHECK_EQ(op->offset, 16);
    CHECK_EQ(op->payload, 24);
    CHECK_EQ(op->slot, 2);
    CHECK_EQ(op->slots, 2);
    CHECK_EQ(op->step_count, 2);
    CHECK(op->steps[0].type == outer && op->steps[0].field == 1);
    CHECK(op->steps[1].type == inner && op->steps[1].field == 1);
}

/* ---- functions ---- */

static WitFunc *func_of(size_t params, const WitType *param, const WitType *result) {
    WitFunc *f = ARENA_NEW(arena, WitFunc);
    f->result = result;
    for (size_t i = 0; i < params; i++) *vec_push(arena, &f->params) = (WitField){.type = param};
    return f;
}

static void signatures(void) {
    const WitType *u64 = prim(WIT_U64), *string = prim(WIT_STRING);
    CHECK_STR(abi_signature(arena, abi_func(&cache, func_of(2, u64, NULL), ABI_LIFT)),
              "i64 i64 ->");
    CHECK_STR(abi_signature(arena, abi_func(&cache, func_of(0, u64, u64), ABI_LOWER)), "-> i64");
    CHECK_STR(abi_signature(arena, abi_func(&cache, func_of(1, u64, string), ABI_LIFT)),
              "i64 -> i32");
    CHECK_STR(abi_signature(arena, abi_func(&cache, func_of(1, u64, string), ABI_LOWER)),
              "i64 i32 ->");
    CHECK_STR(abi_signature(arena, abi_func(&cache, func_of(17, u64, string), ABI_LOWER)),
              "i32 i32 ->");
    CHECK_STR(abi_signature(arena, abi_func(&cache, func_of(17, u64, u64), ABI_LIFT)),
              "i32 -> i64");
    CHECK_STR(abi_signature(arena, abi_func(&cache, func_of(5, u64, u64), ABI_LOWER_ASYNC)),
              "i32 i32 -> i32");
    CHECK_STR(abi_signature(arena, abi_func(&cache, func_of(4, u64, NULL), ABI_LOWER_ASYNC)),
              "i64 i64 i64 i64 -> i32");
    CHECK_STR(abi_signature(arena, abi_func(&cache, func_of(1, u64, u64), ABI_LIFT_ASYNC)),
              "i64 ->");
    CHECK_STR(abi_signature(arena, abi_func(&cache, func_of(1, u64, u64), ABI_LIFT_ASYNC_CALLBACK)),
              "i64 -> i32");
}

static void needs(const AbiFunc *f, bool memory, bool realloc_, bool encoding) {
    CHECK_EQ(f->needs_memory, memory);
    CHECK_EQ(f->needs_realloc, realloc_);
    CHECK_EQ(f->needs_encoding, encoding);
}

static void options_of_signatures(void) {
    const WitType *u64 = prim(WIT_U64), *string = prim(WIT_STRING);
    const WitType *bytes = type_of(WIT_LIST, prim(WIT_U8), NULL);
    needs(abi_func(&cache, func_of(1, u64, u64), ABI_LIFT), false, false, false);
    needs(abi_func(&cache, func_of(1, string, NULL), ABI_LIFT), true, true, true);
    needs(abi_func(&cache, func_of(1, string, NULL), ABI_LOWER), true, false, true);
    needs(abi_func(&cache, func_of(1, u64, bytes), ABI_LIFT), true, false, false);
    needs(abi_func(&cache, func_of(1, u64, bytes), ABI_LOWER), true, true, false);
    needs(abi_func(&cache, func_of(17, u64, NULL), ABI_LIFT), true, true, false);
    needs(abi_func(&cache, func_of(17, u64, NULL), ABI_LOWER), true, false, false);
    CHECK(abi_func(&cache, func_of(0, u64, string), ABI_LIFT)->needs_post_return);
    CHECK(!abi_func(&cache, func_of(0, u64, string), ABI_LOWER)->needs_post_return);
}

/* ---- a guest ---- */

enum { PAGE = 4096 };
typedef enum { HONEST, MISALIGNED, OUTSIDE, GROWING, TRAPPING } Manner;

typedef struct {
    uint8_t *bytes;
    uint64_t size;
    uint32_t next;
    Manner manner;
    int calls;
    uint32_t last_old_size, last_align, last_size;
    uint64_t budget;
    AbiGuest guest;
} Fake;

static uint8_t *fake_memory(void *context, uint64_t *size) {
    Fake *fake = context;
    *size = fake->size;
    return fake->bytes;
}

/* A bump allocator that keeps what it shrinks in place. GROWING moves the memory each time. */
static Trap fake_reallocate(void *context, uint32_t old, uint32_t old_size, uint32_t align,
                            uint32_t size, uint32_t *address) {
    Fake *fake = context;
    fake->calls++;
    fake->last_old_size = old_size, fake->last_align = align, fake->last_size = size;
    if (fake->manner == TRAPPING) return TRAP_UNREACHABLE;
    if (fake->manner == OUTSIDE) return *address = (uint32_t)fake->size - size + 8, TRAP_NONE;
    if (fake->manner == GROWING) {
        uint8_t *moved = calloc(1, fake->size + PAGE);
        memcpy(moved, fake->bytes, fake->size);
        memset(fake->bytes, 0xee, fake->size);
        free(fake->bytes);
        fake->bytes = moved, fake->size += PAGE;
    }
    if (old_size && size <= old_size) return *address = old, TRAP_NONE;
    fake->next = (fake->next + 7) & ~7u;
    *address = fake->next + (fake->manner == MISALIGNED);
    fake->next += size;
    if (old_size) memmove(fake->bytes + *address, fake->bytes + old, old_size);
    return TRAP_NONE;
}

static Trap fake_lift(void *context, const WitType *handle, uint32_t index, uint64_t *value) {
    *value = index + 1000;
    return index ? TRAP_NONE : TRAP_UNKNOWN_HANDLE;
}

static Trap fake_lower(void *context, const WitType *handle, uint64_t value, uint32_t *index) {
    *index = (uint32_t)value - 999;
    return TRAP_NONE;
}

static Trap fake_spend(void *context, uint64_t bytes) {
    Fake *fake = context;
    if (bytes > fake->budget) return TRAP_HOST_MEMORY;
    fake->budget -= bytes;
    return TRAP_NONE;
}

static Fake *fake_new(AbiEncoding encoding) {
    Fake *fake = ARENA_NEW(arena, Fake);
    *fake = (Fake){.bytes = calloc(1, PAGE), .size = PAGE, .next = 2048, .budget = 1 << 20};
    fake->guest = (AbiGuest){.context = fake,
                             .encoding = encoding,
                             .memory = fake_memory,
                             .reallocate = fake_reallocate,
                             .spend = fake_spend,
                             .lift_handle = fake_lift,
                             .lower_handle = fake_lower};
    return fake;
}

static AbiPlace in_slots(const Fake *fake, uint64_t *slots) {
    return (AbiPlace){.guest = &fake->guest, .slots = slots};
}
static AbiPlace in_memory(const Fake *fake, uint32_t address) {
    return (AbiPlace){.guest = &fake->guest, .address = address};
}

static uint64_t lift_slot(WitKind kind, uint64_t slot, Trap want) {
    Fake *fake = fake_new(ABI_UTF8);
    AbiValue value = {0};
    CHECK_EQ(abi_lift(abi_plan(&cache, prim(kind)), in_slots(fake, &slot), arena, &value), want);
    free(fake->bytes);
    return value.bits;
}

static void scalars_from_slots(void) {
    CHECK_EQ(lift_slot(WIT_BOOL, 2, TRAP_NONE), 1);
    CHECK_EQ(lift_slot(WIT_BOOL, 256, TRAP_NONE), 1); /* any i32 but 0 is true */
    CHECK_EQ(lift_slot(WIT_U8, 0x1ff, TRAP_NONE), 255);
    CHECK_EQ(lift_slot(WIT_S8, 0x80, TRAP_NONE), -128);
    CHECK_EQ(lift_slot(WIT_S16, 0xffff8000, TRAP_NONE), -32768);
    CHECK_EQ(lift_slot(WIT_S32, 0xffffffff, TRAP_NONE), -1);
    CHECK_EQ(lift_slot(WIT_U32, 0xffffffff, TRAP_NONE), 0xffffffffll);
    CHECK_EQ(lift_slot(WIT_S64, UINT64_MAX, TRAP_NONE), -1);
    CHECK_EQ(lift_slot(WIT_CHAR, 0xd7ff, TRAP_NONE), 0xd7ff);
    CHECK_EQ(lift_slot(WIT_CHAR, 0xe000, TRAP_NONE), 0xe000);
    CHECK_EQ(lift_slot(WIT_CHAR, 0x10ffff, TRAP_NONE), 0x10ffff);
    lift_slot(WIT_CHAR, 0xd800, TRAP_BAD_CHAR);
    lift_slot(WIT_CHAR, 0xdfff, TRAP_BAD_CHAR);
    lift_slot(WIT_CHAR, 0x110000, TRAP_BAD_CHAR);
    lift_slot(WIT_CHAR, 0xffffffff, TRAP_BAD_CHAR);
}

static void ranges_of_enums_flags_variants(void) {
    Fake *fake = fake_new(ABI_UTF8);
    AbiValue value;
    const AbiPlan *plan = abi_plan(&cache, fields_of(WIT_ENUM, 3, NULL));
    CHECK_EQ(abi_lift(plan, in_slots(fake, (uint64_t[]){2}), arena, &value), TRAP_NONE);
    CHECK_EQ(abi_lift(plan, in_slots(fake, (uint64_t[]){3}), arena, &value), TRAP_BAD_ENUM);
    plan = abi_plan(&cache, fields_of(WIT_FLAGS, 3, NULL));
    fake->bytes[0] = 0xfd;
    CHECK_EQ(abi_lift(plan, in_memory(fake, 0), arena, &value), TRAP_NONE);
    CHECK_EQ(value.bits, 5);
    plan = abi_plan(&cache, type_of(WIT_OPTION, prim(WIT_U8), NULL));
    fake->bytes[0] = 2;
    CHECK_EQ(abi_lift(plan, in_memory(fake, 0), arena, &value), TRAP_BAD_VARIANT);
    plan = abi_plan(&cache, prim(WIT_BOOL));
    fake->bytes[0] = 255;
    CHECK_EQ(abi_lift(plan, in_memory(fake, 0), arena, &value), TRAP_NONE);
    CHECK_EQ(value.bits, 1);
    free(fake->bytes);
}

static void bounds_of_values(void) {
    Fake *fake = fake_new(ABI_UTF8);
    AbiValue value;
    const AbiPlan *u64 = abi_plan(&cache, prim(WIT_U64));
    CHECK_EQ(abi_lift(u64, in_memory(fake, PAGE - 8), arena, &value), TRAP_NONE);
    CHECK_EQ(abi_lift(u64, in_memory(fake, PAGE), arena, &value), TRAP_VALUE_BOUNDS);
    CHECK_EQ(abi_lift(u64, in_memory(fake, 0xfffffff8), arena, &value), TRAP_VALUE_BOUNDS);
    CHECK_EQ(abi_lift(u64, in_memory(fake, 4), arena, &value), TRAP_UNALIGNED_POINTER);
    CHECK_EQ(abi_lower(u64, &value, in_memory(fake, PAGE)), TRAP_VALUE_BOUNDS);
    free(fake->bytes);
}

/* Joined slots: the i64 of a variant holds an f32's bits zero-extended; a narrow case leaves the
 * rest zero. */
static void variants_in_slots(void) {
    Fake *fake = fake_new(ABI_UTF8);
    const WitType *type = FIELDS(WIT_VARIANT, prim(WIT_F32), prim(WIT_U64), NULL,
                                 FIELDS(WIT_TUPLE, prim(WIT_S8), prim(WIT_F64)));
    check_plan(type, 24, 8, "iIF");
    const AbiPlan *plan = abi_plan(&cache, type);
    uint64_t slots[3] = {9, 9, 9};
    AbiValue parts[2] = {{.bits = 0xbf800000}}, value = {.variant = {parts, 0}};
    CHECK_EQ(abi_lower(plan, &value, in_slots(fake, slots)), TRAP_NONE);
    CHECK_EQ(slots[0], 0);
    CHECK_EQ(slots[1], 0xbf800000ll);
    CHECK_EQ(slots[2], 0);
    slots[1] |= 0xabcdull << 48; /* lifting wraps the i64 */
    CHECK_EQ(abi_lift(plan, in_slots(fake, slots), arena, &value), TRAP_NONE);
    CHECK_EQ(value.variant.payload[0].bits, 0xbf800000ll);
    parts[0].bits = (uint64_t)-2, parts[1].bits = 0x3ff0000000000000;
    value = (AbiValue){.variant = {parts, 3}};
    CHECK_EQ(abi_lower(plan, &value, in_slots(fake, slots)), TRAP_NONE);
    CHECK_EQ(slots[1], 0xfffffffell);
    CHECK_EQ(slots[2], 0x3ff0000000000000ll);
    CHECK_EQ(abi_lower(plan, &value, in_memory(fake, 64)), TRAP_NONE);
    CHECK_EQ(fake->bytes[64], 3);
    CHECK_EQ(fake->bytes[72], 0xfe);
    CHECK_EQ(fake->bytes[73], 0);
    CHECK_EQ(fake->bytes[87], 0x3f);
    value.variant.index = 4;
    CHECK_EQ(abi_lower(plan, &value, in_slots(fake, slots)), TRAP_BAD_VARIANT);
    free(fake->bytes);
}

/* ---- strings ---- */

static Trap lift_string(AbiEncoding encoding, const char *bytes, size_t n, uint32_t at,
                        uint32_t length, Str *out) {
    Fake *fake = fake_new(encoding);
    memcpy(fake->bytes + at, bytes, n);
    uint64_t slots[2] = {at, length};
    AbiValue value = {0};
    Trap trap = abi_lift(abi_plan(&cache, prim(WIT_STRING)), in_slots(fake, slots), arena, &value);
    *out = (Str){value.string.ptr, value.string.len};
    free(fake->bytes);
    return trap;
}

#define LIFT(encoding, bytes, at, length, want)                                                    \
    CHECK_EQ(lift_string(encoding, bytes, sizeof bytes - 1, at, length, &s), want)

static void strings_from_guests(void) {
    Str s;
    LIFT(ABI_UTF8, "h\xc3\xb6", PAGE - 3, 3, TRAP_NONE);
    CHECK_STR(s, "h\xc3\xb6");
    LIFT(ABI_UTF8, "", PAGE, 0, TRAP_NONE);
    CHECK_EQ(s.len, 0);
    LIFT(ABI_UTF8, "", PAGE - 2, 3, TRAP_STRING_BOUNDS);
    LIFT(ABI_UTF8, "", 0, 1 << 28, TRAP_VALUE_TOO_LARGE);
    LIFT(ABI_UTF8, "", 0, (1 << 28) - 1, TRAP_STRING_BOUNDS);
    LIFT(ABI_UTF8, "a\xff", 0, 2, TRAP_INVALID_UTF8);
    LIFT(ABI_UTF8, "\xed\xa0\x80", 0, 3, TRAP_INVALID_UTF8);
    LIFT(ABI_UTF8, "\xc0\x80", 0, 2, TRAP_INVALID_UTF8);
    LIFT(ABI_UTF8, "a\xc3", 0, 2, TRAP_INCOMPLETE_UTF8);
    LIFT(ABI_UTF8, "\xf0\x9f\x8d", 0, 3, TRAP_INCOMPLETE_UTF8);
    LIFT(ABI_UTF8, "\xf0\x8f\x8d", 0, 3, TRAP_INVALID_UTF8);
    LIFT(ABI_UTF16, "\x3c\xd8\x70\xdf", 2, 2, TRAP_NONE); /* U+1F370 */
    CHECK_STR(s, "\xf0\x9f\x8d\xb0");
    LIFT(ABI_UTF16, "\x3c\xd8\x70\xdf", 2, 1, TRAP_INVALID_UTF16);
    LIFT(ABI_UTF16, "\x70\xdf\x3c\xd8", 2, 2, TRAP_INVALID_UTF16);
    LIFT(ABI_UTF16, "", 1, 0, TRAP_UNALIGNED_POINTER);
    LIFT(ABI_UTF16, "", 0, 1 << 27, TRAP_VALUE_TOO_LARGE);
    LIFT(ABI_UTF16, "", 0, 0x80000001u, TRAP_VALUE_TOO_LARGE); /* 2 bytes, in 32 bits */
    LIFT(ABI_LATIN1_UTF16, "\xf6", 0, 1, TRAP_NONE);
    CHECK_STR(s, "\xc3\xb6");
    LIFT(ABI_LATIN1_UTF16, "\x03\x26", 0, 0x80000001u, TRAP_NONE);
    CHECK_STR(s, "\xe2\x98\x83");
    LIFT(ABI_LATIN1_UTF16, "", 1, 0x80000000u, TRAP_UNALIGNED_POINTER);
}

/* One string through both guests: what arrives, and how often realloc was called. */
static void pass(AbiEncoding from, const char *bytes, uint32_t n, uint32_t length, AbiEncoding to,
                 const char *want, uint32_t want_n, uint32_t want_length, int calls) {
    Fake *a = fake_new(from), *b = fake_new(to);
    b->manner = GROWING;
    memcpy(a->bytes + 16, bytes, n);
    uint64_t source[2] = {16, length}, target[2];
    const AbiPlan *plan = abi_plan(&cache, prim(WIT_STRING));
    CHECK_EQ(abi_transfer(plan, in_slots(a, source), plan, in_slots(b, target)), TRAP_NONE);
    CHECK_EQ(target[1], want_length);
    CHECK_EQ(memcmp(b->bytes + target[0], want, want_n), 0);
    CHECK_EQ(b->calls, calls);
    free(a->bytes);
    free(b->bytes);
}

#define U8_CAKE  "h\xc3\xb6\xf0\x9f\x8d\xb0" /* hö and a cake */
#define U16_CAKE "h\0\xf6\0\x3c\xd8\x70\xdf"
#define TAG      0x80000000u

static void nine_transcodings(void) {
    pass(ABI_UTF8, U8_CAKE, 7, 7, ABI_UTF8, U8_CAKE, 7, 7, 1);
    pass(ABI_UTF8, U8_CAKE, 7, 7, ABI_UTF16, U16_CAKE, 8, 4, 2);
    pass(ABI_UTF8, "abc", 3, 3, ABI_UTF16, "a\0b\0c\0", 6, 3, 1);
    pass(ABI_UTF8, "h\xc3\xb6", 3, 3, ABI_LATIN1_UTF16, "h\xf6", 2, 2, 2);
    pass(ABI_UTF8, "abc", 3, 3, ABI_LATIN1_UTF16, "abc", 3, 3, 1);
    pass(ABI_UTF8, U8_CAKE, 7, 7, ABI_LATIN1_UTF16, U16_CAKE, 8, 4 | TAG, 3);
    pass(ABI_UTF16, U16_CAKE, 8, 4, ABI_UTF8, U8_CAKE, 7, 7, 3);
    pass(ABI_UTF16, "a\0b\0", 4, 2, ABI_UTF8, "ab", 2, 2, 1);
    pass(ABI_UTF16, U16_CAKE, 8, 4, ABI_UTF16, U16_CAKE, 8, 4, 1);
    pass(ABI_UTF16, U16_CAKE, 8, 4, ABI_LATIN1_UTF16, U16_CAKE, 8, 4 | TAG, 2);
    pass(ABI_UTF16, "h\0\xf6\0", 4, 2, ABI_LATIN1_UTF16, "h\xf6", 2, 2, 1);
    pass(ABI_LATIN1_UTF16, "h\xf6", 2, 2, ABI_UTF8, "h\xc3\xb6", 3, 3, 3);
    pass(ABI_LATIN1_UTF16, "h\xf6", 2, 2, ABI_UTF16, "h\0\xf6\0", 4, 2, 1);
    pass(ABI_LATIN1_UTF16, "h\xf6", 2, 2, ABI_LATIN1_UTF16, "h\xf6", 2, 2, 1);
    pass(ABI_LATIN1_UTF16, U16_CAKE, 8, 4 | TAG, ABI_UTF8, U8_CAKE, 7, 7, 3);
    pass(ABI_LATIN1_UTF16, U16_CAKE, 8, 4 | TAG, ABI_UTF16, U16_CAKE, 8, 4, 1);
    pass(ABI_LATIN1_UTF16, U16_CAKE, 8, 4 | TAG, ABI_LATIN1_UTF16, U16_CAKE, 8, 4 | TAG, 1);
    pass(ABI_LATIN1_UTF16, "h\0\xf6\0", 4, 2 | TAG, ABI_LATIN1_UTF16, "h\xf6", 2, 2, 2);
    pass(ABI_UTF16, "", 0, 0, ABI_UTF8, "", 0, 0, 1);
    pass(ABI_LATIN1_UTF16, "", 0, TAG, ABI_LATIN1_UTF16, "", 0, 0, 2);
}

static void realloc_arguments(void) {
    Fake *fake = fake_new(ABI_UTF16);
    uint64_t slots[2];
    AbiValue value = {.string = {"\xc3\xb6", 2}};
    CHECK_EQ(abi_lower(abi_plan(&cache, prim(WIT_STRING)), &value, in_slots(fake, slots)),
             TRAP_NONE);
    CHECK_EQ(fake->last_old_size, 4); /* from the worst case of two units to one */
    CHECK_EQ(fake->last_align, 2);
    CHECK_EQ(fake->last_size, 2);
    free(fake->bytes);
}

static void hostile_realloc(void) {
    const AbiPlan *string = abi_plan(&cache, prim(WIT_STRING));
    const AbiPlan *list = abi_plan(&cache, type_of(WIT_LIST, prim(WIT_U32), NULL));
    AbiValue text = {.string = {"ab", 2}};
    uint32_t numbers[2] = {1, 2};
    AbiValue items = {.list = {numbers, 2}}, none = {.list = {NULL, 0}};
    uint64_t slots[2];
    Fake *fake = fake_new(ABI_UTF16);
    fake->manner = MISALIGNED;
    CHECK_EQ(abi_lower(string, &text, in_slots(fake, slots)), TRAP_REALLOC_ALIGNMENT);
    CHECK_EQ(abi_lower(list, &items, in_slots(fake, slots)), TRAP_REALLOC_ALIGNMENT);
    fake->manner = OUTSIDE;
    CHECK_EQ(abi_lower(string, &text, in_slots(fake, slots)), TRAP_REALLOC_BOUNDS);
    CHECK_EQ(abi_lower(list, &items, in_slots(fake, slots)), TRAP_REALLOC_LIST_BOUNDS);
    CHECK_EQ(abi_lower(list, &none, in_slots(fake, slots)), TRAP_REALLOC_LIST_BOUNDS);
    fake->manner = TRAPPING;
    CHECK_EQ(abi_lower(list, &items, in_slots(fake, slots)), TRAP_UNREACHABLE);
    fake->manner = HONEST;
    fake->budget = 7;
    CHECK_EQ(abi_lower(list, &items, in_slots(fake, slots)), TRAP_HOST_MEMORY);
    free(fake->bytes);
}

/* ---- lists and handles ---- */

static void lists_of_everything(void) {
    Fake *a = fake_new(ABI_UTF8), *b = fake_new(ABI_UTF16);
    a->manner = b->manner = GROWING;
    const WitType *pair =
        FIELDS(WIT_TUPLE, prim(WIT_STRING), type_of(WIT_OPTION, prim(WIT_U8), NULL));
    const AbiPlan *plan = abi_plan(&cache, type_of(WIT_LIST, pair, NULL));
    AbiValue seven = {.bits = 7};
    AbiValue cells[4] = {{.string = {"one", 3}},
                         {.variant = {&seven, 1}},
                         {.string = {"", 0}},
                         {.variant = {NULL, 0}}};
    AbiValue value = {.list = {cells, 2}}, back;
    uint64_t first[2], second[2];
    CHECK_EQ(abi_lower(plan, &value, in_slots(a, first)), TRAP_NONE);
    CHECK_EQ(first[1], 2);
    CHECK_EQ(abi_transfer(plan, in_slots(a, first), plan, in_slots(b, second)), TRAP_NONE);
    CHECK_EQ(abi_lift(plan, in_slots(b, second), arena, &back), TRAP_NONE);
    CHECK_EQ(back.list.len, 2);
    AbiValue *got = back.list.items;
    CHECK_STR(((Str){got[0].string.ptr, got[0].string.len}), "one");
    CHECK_EQ(got[1].variant.index, 1);
    CHECK_EQ(got[1].variant.payload[0].bits, 7);
    CHECK_EQ(got[2].string.len, 0);
    CHECK_EQ(got[3].variant.index, 0);
    free(a->bytes);
    free(b->bytes);
}

/* As many elements as make few bytes in 32 bits. */
static void sizes_do_not_wrap(void) {
    Fake *fake = fake_new(ABI_UTF8);
    AbiValue value;
    uint64_t slots[2] = {0, 0x20000001};
    const AbiPlan *plan = abi_plan(&cache, type_of(WIT_LIST, prim(WIT_U64), NULL));
    CHECK_EQ(abi_lift(plan, in_slots(fake, slots), arena, &value), TRAP_VALUE_TOO_LARGE);
    plan = abi_plan(&cache, type_of(WIT_LIST, type_of(WIT_OPTION, prim(WIT_U32), NULL), NULL));
    CHECK_EQ(abi_lift(plan, in_slots(fake, slots), arena, &value), TRAP_VALUE_TOO_LARGE);
    free(fake->bytes);
}

static void packed_lists(void) {
    Fake *fake = fake_new(ABI_UTF8);
    const AbiPlan *bools = abi_plan(&cache, type_of(WIT_LIST, prim(WIT_BOOL), NULL));
    const AbiPlan *chars = abi_plan(&cache, type_of(WIT_LIST, prim(WIT_CHAR), NULL));
    CHECK(abi_is_packed(bools->ops[0].element));
    CHECK(!abi_is_packed(abi_plan(&cache, prim(WIT_STRING))));
    memcpy(fake->bytes, "\0\x02\xff", 3);
    uint64_t slots[2] = {0, 3};
    AbiValue value;
    CHECK_EQ(abi_lift(bools, in_slots(fake, slots), arena, &value), TRAP_NONE);
    CHECK_EQ(memcmp(value.list.items, "\0\1\1", 3), 0);
    memcpy(fake->bytes, "a\0\0\0\0\xd8\0\0", 8);
    slots[1] = 2;
    CHECK_EQ(abi_lift(chars, in_slots(fake, slots), arena, &value), TRAP_BAD_CHAR);
    slots[1] = 0x4000000; /* times 4 is 2^28 */
    CHECK_EQ(abi_lift(chars, in_slots(fake, slots), arena, &value), TRAP_VALUE_TOO_LARGE);
    slots[1] = 0xffffffff;
    CHECK_EQ(abi_lift(chars, in_slots(fake, slots), arena, &value), TRAP_VALUE_TOO_LARGE);
    slots[0] = 2, slots[1] = 1;
    CHECK_EQ(abi_lift(chars, in_slots(fake, slots), arena, &value), TRAP_UNALIGNED_POINTER);
    slots[0] = PAGE - 4, slots[1] = 2;
    CHECK_EQ(abi_lift(chars, in_slots(fake, slots), arena, &value), TRAP_LIST_BOUNDS);
    free(fake->bytes);
}

/* A small list that names one large string many times may not make the host large. */
static void amplification_is_bounded(void) {
    Fake *fake = fake_new(ABI_UTF8);
    const AbiPlan *plan = abi_plan(&cache, type_of(WIT_LIST, prim(WIT_STRING), NULL));
    for (int i = 0; i < 256; i++) memcpy(fake->bytes + 8 * i, "\0\0\0\0\0\x10\0\0", 8);
    uint64_t slots[2] = {0, 256};
    AbiValue value;
    fake->budget = 256 * sizeof(AbiValue) + 255 * PAGE;
    CHECK_EQ(abi_lift(plan, in_slots(fake, slots), arena, &value), TRAP_HOST_MEMORY);
    free(fake->bytes);
}

static void handles_pass(void) {
    Fake *a = fake_new(ABI_UTF8), *b = fake_new(ABI_UTF8);
    const AbiPlan *own = abi_plan(&cache, type_of(WIT_OWN, NULL, NULL));
    uint64_t from = 3, to = 0;
    CHECK_EQ(abi_transfer(own, in_slots(a, &from), own, in_slots(b, &to)), TRAP_NONE);
    CHECK_EQ(to, 4);
    from = 0;
    CHECK_EQ(abi_transfer(own, in_slots(a, &from), own, in_slots(b, &to)), TRAP_UNKNOWN_HANDLE);
    free(a->bytes);
    free(b->bytes);
}

static void handle_tables(void) {
    AbiTable *table = abi_table_new();
    int type;
    AbiHandle handle = {.type = &type, .own = true};
    for (uint32_t i = 1; i <= 40; i++) {
        handle.rep = i;
        CHECK_EQ(abi_table_add(table, handle), i);
    }
    CHECK(abi_table_get(table, 0) == NULL);
    CHECK(abi_table_get(table, 41) == NULL);
    CHECK(abi_table_get(table, UINT32_MAX) == NULL);
    CHECK_EQ(abi_table_get(table, 17)->rep, 17);
    abi_table_remove(table, 2);
    abi_table_remove(table, 7);
    abi_table_remove(table, 7);
    CHECK(abi_table_get(table, 7) == NULL);
    CHECK_EQ(abi_table_add(table, handle), 7);
    CHECK_EQ(abi_table_add(table, handle), 2);
    CHECK_EQ(abi_table_add(table, handle), 41);
    uint32_t n = 0;
    for (uint32_t i = 0; abi_table_next(table, &i); i++) n++;
    CHECK_EQ(n, 41);
    abi_table_free(table);
}

static void canonical_definitions(void) {
    Feature feature;
    CHECK_EQ(abi_canon_from_code(0x04), ABI_CANON_RESOURCE_REP);
    CHECK_EQ(abi_canon_from_code(0x3f), ABI_CANON_COUNT);
    CHECK_EQ(abi_canon_from_name(STR("stream.read")), ABI_CANON_STREAM_READ);
    CHECK_EQ(abi_canon_operands(ABI_CANON_LIFT), ABI_OPERANDS_LIFT);
    CHECK(!abi_canon_feature(ABI_CANON_LOWER, &feature));
    CHECK(abi_canon_feature(ABI_CANON_STREAM_READ, &feature) && feature == FEATURE_CM_ASYNC);
}

int main(void) {
    arena = arena_new();
    cache = (AbiCache){.arena = arena};
    RUN(sizes_of_scalars);
    RUN(sizes_of_aggregates);
    RUN(sizes_of_discriminants);
    RUN(too_large_types_have_no_plan);
    RUN(steps_and_offsets_of_nested_parts);
    RUN(signatures);
    RUN(options_of_signatures);
    RUN(scalars_from_slots);
    RUN(ranges_of_enums_flags_variants);
    RUN(bounds_of_values);
    RUN(variants_in_slots);
    RUN(strings_from_guests);
    RUN(nine_transcodings);
    RUN(realloc_arguments);
    RUN(hostile_realloc);
    RUN(lists_of_everything);
    RUN(sizes_do_not_wrap);
    RUN(packed_lists);
    RUN(amplification_is_bounded);
    RUN(handles_pass);
    RUN(handle_tables);
    RUN(canonical_definitions);
    arena_free(arena);
    return test_end("abi");
}
