/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The handlers of vector instructions, nearly all from core/vector.def. A v128 is two registers in a
 * row, the low half first; prepare_plain.c lays out the operands.
 */
#include "interpreter/handlers.h"

#include "core/vector.h"

static inline CoreV128 get_v128(const VmSlot *slots) {
    CoreV128 v;
    memcpy(&v, slots, sizeof v);
    return v;
}

static inline void set_v128(VmSlot *slots, CoreV128 v) { memcpy(slots, &v, sizeof v); }

#define A (fp + pc[1].a)
#define B (fp + pc[1].b)
#define C (fp + pc[1].c)
#define D (fp + pc[1].d)

#undef VECTOR1
#undef VECTOR2
#undef VECTOR3
#undef VECTOR_TEST
#undef VECTOR_SHIFT
#undef VECTOR_SPLAT
#undef VECTOR_EXTRACT
#undef VECTOR_REPLACE
#undef VECTOR_LOAD
#define VECTOR1(id, ...)                                                                           \
    HANDLER(id, {                                                                                  \
        CoreV128 a = get_v128(B);                                                                  \
        set_v128(A, (__VA_ARGS__));                                                                \
        NEXT(2);                                                                                   \
    })
#define VECTOR2(id, ...)                                                                           \
    HANDLER(id, {                                                                                  \
        CoreV128 a = get_v128(B), b = get_v128(C);                                                 \
        set_v128(A, (__VA_ARGS__));                                                                \
        NEXT(2);                                                                                   \
    })
#define VECTOR3(id, ...)                                                                           \
    HANDLER(id, {                                                                                  \
        CoreV128 a = get_v128(B), b = get_v128(C), c = get_v128(D);                                \
        set_v128(A, (__VA_ARGS__));                                                                \
        NEXT(2);                                                                                   \
    })
#define VECTOR_TEST(id, ...)                                                                       \
    HANDLER(id, {                                                                                  \
        CoreV128 a = get_v128(B);                                                                  \
        SET_u32(*A, (__VA_ARGS__));                                                                \
        NEXT(2);                                                                                   \
    })
#define VECTOR_SHIFT(id, ...)                                                                      \
    HANDLER(id, {                                                                                  \
        CoreV128 a = get_v128(B);                                                                  \
        uint32_t b = C->u32;                                                                       \
        set_v128(A, (__VA_ARGS__));                                                                \
        NEXT(2);                                                                                   \
    })
#define VECTOR_SPLAT(id, T, ...)                                                                   \
    HANDLER(id, {                                                                                  \
        T a = GET_##T(*B);                                                                         \
        set_v128(A, (__VA_ARGS__));                                                                \
        NEXT(2);                                                                                   \
    })
#define VECTOR_EXTRACT(id, T, ...)                                                                 \
    HANDLER(id, {                                                                                  \
        CoreV128 a = get_v128(B);                                                                  \
        unsigned lane = pc[1].c;                                                                   \
        SET_##T(*A, (__VA_ARGS__));                                                                \
        NEXT(2);                                                                                   \
    })
#define VECTOR_REPLACE(id, T, member)                                                              \
    HANDLER(id, {                                                                                  \
        CoreV128 a = get_v128(B);                                                                  \
        T b = GET_##T(*C);                                                                         \
        a.member[pc[1].d] = (member)b;                                                             \
        set_v128(A, a);                                                                            \
        NEXT(2);                                                                                   \
    })
#define VECTOR_LOAD(id, T, ...)                                                                    \
    HANDLER(id, {                                                                                  \
        uint64_t at = B->u64 + pc[2].imm;                                                          \
        if (UNLIKELY(at + sizeof(T) > msize)) TRAP_WITH(TRAP_MEMORY_BOUNDS);                       \
        T a;                                                                                       \
        memcpy(&a, mem + at, sizeof a);                                                            \
        set_v128(A, (__VA_ARGS__));                                                                \
        NEXT(3);                                                                                   \
    })
#include "core/vector.def"

HANDLER(I8X16_SHUFFLE, { /* the immediates are 16 lanes */
                         CoreV128 a = get_v128(B), b = get_v128(C);
                         set_v128(A, core_shuffle(a, b, (const uint8_t *)&pc[2]));
                         NEXT(4);
})
HANDLER(V128_LOAD, {
    uint64_t at = B->u64 + pc[2].imm;
    if (UNLIKELY(at + 16 > msize)) TRAP_WITH(TRAP_MEMORY_BOUNDS);
    memcpy(A, mem + at, 16);
    NEXT(3);
})
HANDLER(V128_STORE, {
    uint64_t at = A->u64 + pc[2].imm;
    if (UNLIKELY(at + 16 > msize)) TRAP_WITH(TRAP_MEMORY_BOUNDS);
    memcpy(mem + at, B, 16);
    NEXT(3);
})
#define LANE_ACCESS(bits)                                                                          \
    HANDLER(V128_LOAD##bits##_LANE, {                                                              \
        uint64_t at = B->u64 + pc[2].imm;                                                          \
        if (UNLIKELY(at + (bits) / 8 > msize)) TRAP_WITH(TRAP_MEMORY_BOUNDS);                      \
        CoreV128 v = get_v128(C);                                                                  \
        u##bits lane;                                                                              \
        memcpy(&lane, mem + at, sizeof lane);                                                      \
        v.u##bits[pc[1].d] = lane;                                                                 \
        set_v128(A, v);                                                                            \
        NEXT(3);                                                                                   \
    })                                                                                             \
    HANDLER(V128_STORE##bits##_LANE, {                                                             \
        uint64_t at = A->u64 + pc[2].imm;                                                          \
        if (UNLIKELY(at + (bits) / 8 > msize)) TRAP_WITH(TRAP_MEMORY_BOUNDS);                      \
        u##bits lane = get_v128(B).u##bits[pc[1].c];                                               \
        memcpy(mem + at, &lane, sizeof lane);                                                      \
        NEXT(3);                                                                                   \
    })
LANE_ACCESS(8)
LANE_ACCESS(16)
LANE_ACCESS(32)
LANE_ACCESS(64)

#undef VECTOR1
#undef VECTOR2
#undef VECTOR3
#undef VECTOR_TEST
#undef VECTOR_SHIFT
#undef VECTOR_SPLAT
#undef VECTOR_EXTRACT
#undef VECTOR_REPLACE
#undef VECTOR_LOAD
#define VECTOR1(id, ...)        op_##id,
#define VECTOR2(id, ...)        op_##id,
#define VECTOR3(id, ...)        op_##id,
#define VECTOR_TEST(id, ...)    op_##id,
#define VECTOR_SHIFT(id, ...)   op_##id,
#define VECTOR_SPLAT(id, ...)   op_##id,
#define VECTOR_EXTRACT(id, ...) op_##id,
#define VECTOR_REPLACE(id, ...) op_##id,
#define VECTOR_LOAD(id, ...)    op_##id,
#define X(id)                   op_##id,
const VmHandler vm_vector_handlers[] = {
#include "core/vector.def"
    VM_VECTOR_OTHERS(X)};
