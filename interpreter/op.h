/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef INTERPRETER_OP_H
#define INTERPRETER_OP_H

#include "interpreter/internal.h"

/* The machine's instructions (included by internal.h, after what they are made of).
 *
 * Most come in forms: the same operation with its operands in other places. A form is named by its
 * operands, and by where the result goes:
 *
 *     S  a register of the frame (slot)
 *     K  a constant in the instruction
 *     A  the accumulator: the integer one, or for f64 the float one
 *
 * `VM_OP_I32_ADD + VM_FORM_SK + 1` adds a constant to a slot and leaves the result in the
 * accumulator only; without the 1 it goes to a slot and to the accumulator. */

/* The forms in their order: X(name). Those with _ACC have no slot for the result, and each follows
 * the one that has. */
#define VM_FORMS1(X, id)     X(id##_S) X(id##_S_ACC) X(id##_A) X(id##_A_ACC)
#define VM_FORMS2(X, id)                                                                           \
    X(id##_SS) X(id##_SS_ACC) X(id##_SK) X(id##_SK_ACC) X(id##_AS) X(id##_AS_ACC)                  \
    X(id##_SA) X(id##_SA_ACC) X(id##_AK) X(id##_AK_ACC) X(id##_KS) X(id##_KS_ACC)
#define VM_JUMP_FORMS(X, id) X(id##_SS) X(id##_SK) X(id##_AS) X(id##_SA) X(id##_AK)
/* The address is in a slot, in the accumulator, or a constant; what is stored comes from a slot or
 * an accumulator, or is a signed 16-bit constant. */
#define VM_LOAD_FORMS(X, id)                                                                       \
    X(id##_S) X(id##_S_ACC) X(id##_A) X(id##_A_ACC) X(id##_K) X(id##_K_ACC)
#define VM_STORE_FORMS(X, id)                                                                      \
    X(id##_S_S) X(id##_S_A) X(id##_S_K) X(id##_A_S) X(id##_A_A) X(id##_A_K)                        \
    X(id##_K_S) X(id##_K_A) X(id##_K_K)
/* Where the forms stand. */
enum {
    VM_FORM_SS = 0,
    VM_FORM_SK = 2,
    VM_FORM_AS = 4,
    VM_FORM_SA = 6,
    VM_FORM_AK = 8,
    VM_FORM_KS = 10,
    VM_FORM_S = 0,
    VM_FORM_A = 2,
    VM_AT_S = 0,
    VM_AT_A = 1,
    VM_AT_K = 2,
    VM_VALUE_S = 0,
    VM_VALUE_A = 1,
    VM_VALUE_K = 2,
    VM_VALUE_COUNT = 3
};

/* Comparisons that are fused with a branch: JUMP(id, type, C operator). */
#define VM_COMPARISONS(X)                                                                          \
    X(I32_EQ, u32, ==) X(I32_NE, u32, !=) X(I32_LT_S, s32, <) X(I32_LT_U, u32, <)                  \
    X(I32_GT_S, s32, >) X(I32_GT_U, u32, >) X(I32_LE_S, s32, <=) X(I32_LE_U, u32, <=)              \
    X(I32_GE_S, s32, >=) X(I32_GE_U, u32, >=)                                                      \
    X(I64_EQ, u64, ==) X(I64_NE, u64, !=) X(I64_LT_S, s64, <) X(I64_LT_U, u64, <)                  \
    X(I64_GT_S, s64, >) X(I64_GT_U, u64, >) X(I64_LE_S, s64, <=) X(I64_LE_U, u64, <=)              \
    X(I64_GE_S, s64, >=) X(I64_GE_U, u64, >=)                                                      \
    X(F32_EQ, f32, ==) X(F32_NE, f32, !=) X(F32_LT, f32, <) X(F32_GT, f32, >)                      \
    X(F32_LE, f32, <=) X(F32_GE, f32, >=)                                                          \
    X(F64_EQ, f64, ==) X(F64_NE, f64, !=) X(F64_LT, f64, <) X(F64_GT, f64, >)                      \
    X(F64_LE, f64, <=) X(F64_GE, f64, >=)

/* Loads and stores: X(id, type in memory, type in the register). */
#define VM_LOADS(X)                                                                                \
    X(I32_LOAD, u32, u32) X(I64_LOAD, u64, u64) X(F32_LOAD, u32, u32) X(F64_LOAD, f64, f64)        \
    X(I32_LOAD8_S, s8, s32) X(I32_LOAD8_U, u8, u32) X(I32_LOAD16_S, s16, s32)                      \
    X(I32_LOAD16_U, u16, u32) X(I64_LOAD8_S, s8, s64) X(I64_LOAD8_U, u8, u64)                      \
    X(I64_LOAD16_S, s16, s64) X(I64_LOAD16_U, u16, u64) X(I64_LOAD32_S, s32, s64)                  \
    X(I64_LOAD32_U, u32, u64)
#define VM_STORES(X)                                                                               \
    X(I32_STORE, u32, u32) X(I64_STORE, u64, u64) X(F32_STORE, u32, u32) X(F64_STORE, f64, f64)    \
    X(I32_STORE8, u8, u32) X(I32_STORE16, u16, u32) X(I64_STORE8, u8, u64) X(I64_STORE16, u16, u64)\
    X(I64_STORE32, u32, u64)

/* The rest, by name; operands in run.c. The first, 0, is none that prepared code has. */
#define VM_OTHERS(X)                                                                               \
    X(STOP) X(COPY) X(COPY_A) X(COPY_F) X(COPY2) X(COPY_N) X(CONST) X(CONST2) X(JUMP) X(JUMP_IF)             \
    X(JUMP_IF_A) X(JUMP_UNLESS) X(JUMP_UNLESS_A) X(JUMP_IF_64) X(JUMP_IF_64_A)                     \
    X(JUMP_UNLESS_64) X(JUMP_UNLESS_64_A) X(JUMP_TABLE) X(JUMP_TABLE_A) X(CALL) X(CALL_OWN) X(CALL_INDIRECT) X(CALL_REF) X(TAIL_CALL)              \
    X(TAIL_CALL_INDIRECT) X(TAIL_CALL_REF) X(RETURN) X(RETURN_1) X(RETURN_A) X(RETURN_F) X(RETURN_K) X(RETURN_N)           \
    X(SELECT) X(SELECT_ACC) X(SELECT_A) X(SELECT_A_ACC) X(SELECT2) X(GLOBAL_GET) X(GLOBAL_SET) X(GLOBAL_GET2) X(GLOBAL_SET2)                 \
    X(MEMORY_SIZE) X(MEMORY_GROW) X(MEMORY_FILL) X(MEMORY_COPY) X(MEMORY_INIT) X(DATA_DROP)        \
    X(TABLE_GET) X(TABLE_SET) X(TABLE_SIZE) X(TABLE_GROW) X(TABLE_FILL) X(TABLE_COPY)              \
    X(TABLE_INIT) X(ELEM_DROP) X(REF_FUNC) X(REF_AS_NON_NULL) X(UNREACHABLE) X(FUEL)               \
    X(THROW) X(THROW_REF)                                                                          \
    X(WITH_MEMORY) X(CHECK_ADDRESS) X(UNSUPPORTED) X(ENTRY_RETURN) X(HOST_RETURN)

/* Vectors that core/vector.def has no row for. */
#define VM_VECTOR_OTHERS(X)                                                                        \
    X(I8X16_SHUFFLE) X(V128_LOAD) X(V128_STORE) X(V128_LOAD8_LANE) X(V128_LOAD16_LANE)             \
    X(V128_LOAD32_LANE) X(V128_LOAD64_LANE) X(V128_STORE8_LANE) X(V128_STORE16_LANE)               \
    X(V128_STORE32_LANE) X(V128_STORE64_LANE)

/* Accesses and updates of shared memory: X(ID, type in memory, type in the register). */
#define VM_ATOMIC_LOADS(X)                                                                         \
    X(I32_ATOMIC_LOAD, u32, u32) X(I64_ATOMIC_LOAD, u64, u64) X(I32_ATOMIC_LOAD8_U, u8, u32)       \
    X(I32_ATOMIC_LOAD16_U, u16, u32) X(I64_ATOMIC_LOAD8_U, u8, u64)                                \
    X(I64_ATOMIC_LOAD16_U, u16, u64) X(I64_ATOMIC_LOAD32_U, u32, u64)
#define VM_ATOMIC_STORES(X)                                                                        \
    X(I32_ATOMIC_STORE, u32, u32) X(I64_ATOMIC_STORE, u64, u64) X(I32_ATOMIC_STORE8, u8, u32)      \
    X(I32_ATOMIC_STORE16, u16, u32) X(I64_ATOMIC_STORE8, u8, u64)                                  \
    X(I64_ATOMIC_STORE16, u16, u64) X(I64_ATOMIC_STORE32, u32, u64)
/* The seven widths of an update: X(ID, type in memory, type in the register, ...). */
#define VM_ATOMIC_WIDTHS(X, NAME, ...)                                                             \
    X(I32_ATOMIC_RMW_##NAME, u32, u32, __VA_ARGS__) X(I64_ATOMIC_RMW_##NAME, u64, u64, __VA_ARGS__)  \
    X(I32_ATOMIC_RMW8_##NAME##_U, u8, u32, __VA_ARGS__)                                            \
    X(I32_ATOMIC_RMW16_##NAME##_U, u16, u32, __VA_ARGS__)                                          \
    X(I64_ATOMIC_RMW8_##NAME##_U, u8, u64, __VA_ARGS__)                                            \
    X(I64_ATOMIC_RMW16_##NAME##_U, u16, u64, __VA_ARGS__)                                          \
    X(I64_ATOMIC_RMW32_##NAME##_U, u32, u64, __VA_ARGS__)
/* The last argument is the new value, of the old one and b. */
#define VM_ATOMIC_UPDATES(X)                                                                       \
    VM_ATOMIC_WIDTHS(X, ADD, old + b) VM_ATOMIC_WIDTHS(X, SUB, old - b)                            \
    VM_ATOMIC_WIDTHS(X, AND, old &b) VM_ATOMIC_WIDTHS(X, OR, old | b)                              \
    VM_ATOMIC_WIDTHS(X, XOR, old ^ b) VM_ATOMIC_WIDTHS(X, XCHG, b)
#define VM_ATOMIC_EXCHANGES(X) VM_ATOMIC_WIDTHS(X, CMPXCHG, 0)
/* What else prepare_plain.c lays out. */
#define VM_PLAIN_OTHERS(X)                                                                         \
    X(MEMORY_ATOMIC_NOTIFY) X(MEMORY_ATOMIC_WAIT32) X(MEMORY_ATOMIC_WAIT64) X(I64_ADD128)          \
    X(I64_SUB128) X(I64_MUL_WIDE_S) X(I64_MUL_WIDE_U)

/* References, structs and arrays; operands in run_ref.c. */
#define VM_REFS(X)                                                                                 \
    X(STRUCT_NEW) X(STRUCT_NEW_DEFAULT) X(STRUCT_GET_S8) X(STRUCT_GET_U8) X(STRUCT_GET_S16) X(STRUCT_GET_U16) X(STRUCT_GET32) X(STRUCT_GET64) X(STRUCT_GET128) \
    X(STRUCT_SET8) X(STRUCT_SET16) X(STRUCT_SET32) X(STRUCT_SET64) X(STRUCT_SET128)                \
    X(ARRAY_NEW) X(ARRAY_NEW_DEFAULT) X(ARRAY_NEW_FIXED) X(ARRAY_NEW_DATA) X(ARRAY_NEW_ELEM)       \
    X(ARRAY_GET_S8) X(ARRAY_GET_U8) X(ARRAY_GET_S16) X(ARRAY_GET_U16) X(ARRAY_GET32) X(ARRAY_GET64) X(ARRAY_GET128) \
    X(ARRAY_SET8) X(ARRAY_SET16) X(ARRAY_SET32) X(ARRAY_SET64) X(ARRAY_SET128)                     \
    X(ARRAY_LEN) X(ARRAY_FILL) X(ARRAY_COPY) X(ARRAY_INIT_DATA) X(ARRAY_INIT_ELEM)                 \
    X(STRUCT_NEW_DESC) X(STRUCT_NEW_DEFAULT_DESC) X(REF_GET_DESC) X(REF_TEST_DESC) X(REF_CAST_DESC) X(REF_TEST) X(REF_CAST) X(REF_I31) X(I31_GET_S) X(I31_GET_U) X(ANY_CONVERT_EXTERN)             \
    X(EXTERN_CONVERT_ANY)

/* Expands core/vector.def to X of each ID. */
#define VECTOR1(id, ...)        X(id)
#define VECTOR2(id, ...)        X(id)
#define VECTOR3(id, ...)        X(id)
#define VECTOR_TEST(id, ...)    X(id)
#define VECTOR_SHIFT(id, ...)   X(id)
#define VECTOR_SPLAT(id, ...)   X(id)
#define VECTOR_EXTRACT(id, ...) X(id)
#define VECTOR_REPLACE(id, ...) X(id)
#define VECTOR_LOAD(id, ...)    X(id)

/* In the order of the tables of handlers, which each have a stretch. */
#define VM_STRETCH(name)          VM_OP_##name, VM_OP_BEFORE_##name = VM_OP_##name - 1
#define VM_NAME(name)             VM_OP_##name,
#define VM_START(id)              VM_OP_##id, VM_OP_BEFORE_##id = VM_OP_##id - 1,
#define NUMERIC1(id, ...)         VM_START(id) VM_FORMS1(VM_NAME, id)
#define NUMERIC2(id, ...)         VM_START(id) VM_FORMS2(VM_NAME, id)
#define TRAPPING1(id, ...)        VM_START(id) VM_FORMS1(VM_NAME, id)
#define TRAPPING2(id, ...)        VM_START(id) VM_FORMS2(VM_NAME, id)
typedef enum {
#define X(id) VM_OP_##id,
    VM_OTHERS(X)
#undef X
        VM_STRETCH(NUMERIC),
#include "core/numeric.def"
    VM_STRETCH(MEMORY),
#define X(id, ...)                                                                                 \
    VM_START(JUMP_##id) VM_JUMP_FORMS(VM_NAME, JUMP_##id) VM_START(JUMP_NOT_##id)                  \
        VM_JUMP_FORMS(VM_NAME, JUMP_NOT_##id)
    VM_COMPARISONS(X)
#undef X
#define X(id, ...) VM_START(id) VM_LOAD_FORMS(VM_NAME, id)
        VM_LOADS(X)
#undef X
#define X(id, ...) VM_START(id) VM_STORE_FORMS(VM_NAME, id)
            VM_STORES(X)
#undef X
                VM_STRETCH(VECTORS),
#define X(id, ...) VM_OP_##id,
#include "core/vector.def"
    VM_VECTOR_OTHERS(X) VM_STRETCH(PLAINS),
    VM_ATOMIC_LOADS(X) VM_ATOMIC_STORES(X) VM_ATOMIC_UPDATES(X) VM_ATOMIC_EXCHANGES(X)
        VM_PLAIN_OTHERS(X) VM_STRETCH(REFS),
    VM_REFS(X)
#undef X
        VM_OP_COUNT
} VmOp;
#undef NUMERIC1
#undef NUMERIC2
#undef TRAPPING1
#undef TRAPPING2

extern const VmHandler vm_handlers[];         /* run.c */
extern const VmHandler vm_numeric_handlers[]; /* run_numeric.c */
extern const VmHandler vm_memory_handlers[];  /* run_memory.c */
extern const VmHandler vm_vector_handlers[];  /* run_vector.c */
extern const VmHandler vm_plain_handlers[];   /* run_plain.c */
extern const VmHandler vm_ref_handlers[];     /* run_ref.c */

/* run_fused.c: the handler of the longest row of fused.def that these n instructions begin with; NULL
 * where there is none. */
enum { VM_MAX_FUSED = 7 };
VmHandler vm_fused_handler(const uint32_t *ops, uint32_t n);

static inline VmHandler vm_handler(VmOp op) {
    if (op < VM_OP_NUMERIC) return vm_handlers[op];
    if (op < VM_OP_MEMORY) return vm_numeric_handlers[op - VM_OP_NUMERIC];
    if (op < VM_OP_VECTORS) return vm_memory_handlers[op - VM_OP_MEMORY];
    if (op < VM_OP_PLAINS) return vm_vector_handlers[op - VM_OP_VECTORS];
    if (op < VM_OP_REFS) return vm_plain_handlers[op - VM_OP_PLAINS];
    return vm_ref_handlers[op - VM_OP_REFS];
}

#endif
