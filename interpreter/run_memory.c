/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The handlers of loads and stores, in the forms that op.h names. Operand word:
 *
 *     a: the slot of the result, or of the value that is stored    b: the slot of the address
 *     k32: the offset
 *
 * The address is below 2^33 here: those of 64-bit memories have passed CHECK_ADDRESS, which gives
 * what is larger a place beyond every memory.
 */
#include "interpreter/handlers.h"

#define AT_S (fp[pc[1].b].u64 + pc[1].k32)
#define AT_A (acc + pc[1].k32)
#define AT_K ((uint64_t)pc[1].k32)

#define CHECK_BOUNDS(at, T)                                                                        \
    if (UNLIKELY((at) + sizeof(T) > msize)) TRAP_WITH(TRAP_MEMORY_BOUNDS)

#define LOAD_TO(name, TO, T, R, address)                                                           \
    HANDLER(name, {                                                                                \
        uint64_t at = address;                                                                     \
        CHECK_BOUNDS(at, T);                                                                       \
        T value;                                                                                   \
        memcpy(&value, mem + at, sizeof value);                                                    \
        TO(R, (R)value);                                                                           \
        NEXT(2);                                                                                   \
    })
#define LOAD(name, T, R, address)                                                                  \
    LOAD_TO(name, TO_SLOT, T, R, address)                                                          \
    LOAD_TO(name##_ACC, TO_ACC, T, R, address)
#define X(id, T, R)                                                                                \
    LOAD(id##_S, T, R, AT_S)                                                                       \
    LOAD(id##_A, T, R, AT_A)                                                                       \
    LOAD(id##_K, T, R, AT_K)
VM_LOADS(X)
#undef X

#define STORE_FROM(name, T, from, address)                                                         \
    HANDLER(name, {                                                                                \
        uint64_t at = address;                                                                     \
        T value = (T)(from);                                                                       \
        CHECK_BOUNDS(at, T);                                                                       \
        memcpy(mem + at, &value, sizeof value);                                                    \
        NEXT(2);                                                                                   \
    })
#define STORE(name, T, R, address)                                                                 \
    STORE_FROM(name##_S, T, GET_##R(fp[pc[1].a]), address)                                         \
    STORE_FROM(name##_A, T, ACC(R), address)                                                       \
    STORE_FROM(name##_K, T, (int16_t)pc[1].a, address)
#define X(id, T, R)                                                                                \
    STORE(id##_S, T, R, AT_S)                                                                      \
    STORE(id##_A, T, R, AT_A)                                                                      \
    STORE(id##_K, T, R, AT_K)
VM_STORES(X)
#undef X

const VmHandler vm_memory_handlers[] = {
#define X(id, ...) op_##id##_S, op_##id##_S_ACC, op_##id##_A, op_##id##_A_ACC, op_##id##_K, op_##id##_K_ACC,
    VM_LOADS(X)
#undef X
#define NAMES(id) op_##id##_S, op_##id##_A, op_##id##_K,
#define X(id, ...) NAMES(id##_S) NAMES(id##_A) NAMES(id##_K)
        VM_STORES(X)};
