/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The handlers of the other instructions that prepare_plain.c lays out: atomics and wide arithmetic.
 *
 * One thread runs in a store at a time, and it stops only between instructions: atomic accesses are
 * accesses with a check of their alignment. Nobody can notify one that waits, so waiting is sleeping.
 */
#include "interpreter/handlers.h"

/* ---- atomics ---- */

/* The address that register `r` and the offset make. */
#define ADDRESS(r, T)                                                                              \
    uint64_t at = fp[r].u64 + pc[2].imm;                                                           \
    if (UNLIKELY(at % sizeof(T) != 0)) TRAP_WITH(TRAP_UNALIGNED_ATOMIC);                           \
    if (UNLIKELY(at + sizeof(T) > msize)) TRAP_WITH(TRAP_MEMORY_BOUNDS);

#define X(id, T, R)                                                                                \
    HANDLER(id, { /* a: result, b: address; immediate: offset */                                   \
        ADDRESS(pc[1].b, T)                                                                        \
        T value;                                                                                   \
        memcpy(&value, mem + at, sizeof value);                                                    \
        SET_##R(fp[pc[1].a], value);                                                               \
        NEXT(3);                                                                                   \
    })
VM_ATOMIC_LOADS(X)
#undef X

#define X(id, T, R)                                                                                \
    HANDLER(id, { /* a: address, b: value */                                                       \
        ADDRESS(pc[1].a, T)                                                                        \
        T value = (T)GET_##R(fp[pc[1].b]);                                                         \
        memcpy(mem + at, &value, sizeof value);                                                    \
        NEXT(3);                                                                                   \
    })
VM_ATOMIC_STORES(X)
#undef X

#define X(id, T, R, e)                                                                             \
    HANDLER(id, { /* a: result, b: address, c: the operand b */                                    \
        ADDRESS(pc[1].b, T)                                                                        \
        T old, b = (T)GET_##R(fp[pc[1].c]);                                                        \
        memcpy(&old, mem + at, sizeof old);                                                        \
        T value = (T)(e);                                                                          \
        memcpy(mem + at, &value, sizeof value);                                                    \
        SET_##R(fp[pc[1].a], old);                                                                 \
        NEXT(3);                                                                                   \
    })
VM_ATOMIC_UPDATES(X)
#undef X

#define X(id, T, R, unused)                                                                        \
    HANDLER(id, { /* a: result, b: address, c: expected, d: replacement */                         \
        ADDRESS(pc[1].b, T)                                                                        \
        T old, value = (T)GET_##R(fp[pc[1].d]);                                                    \
        memcpy(&old, mem + at, sizeof old);                                                        \
        if (old == GET_##R(fp[pc[1].c])) memcpy(mem + at, &value, sizeof value);                   \
        SET_##R(fp[pc[1].a], old);                                                                 \
        NEXT(3);                                                                                   \
    })
VM_ATOMIC_EXCHANGES(X)
#undef X

HANDLER(MEMORY_ATOMIC_NOTIFY, { /* a: result, b: address, c: how many */
                                ADDRESS(pc[1].b, u32)
                                SET_u32(fp[pc[1].a], 0);
                                NEXT(3);
})

/* a: result (0 woken, 1 not equal, 2 timed out), b: address, c: expected, d: timeout in ns. The
 * memory is found by its bytes, since it may be another than the first. */
static bool is_shared(const VmInstance *in, const uint8_t *bytes) {
    for (size_t i = 0; i < in->module->core->memories.len; i++)
        if (in->memories[i]->bytes == bytes && in->memories[i]->limits.shared) return true;
    return false;
}
#define WAIT(T)                                                                                    \
    ADDRESS(pc[1].b, T)                                                                            \
    if (!is_shared(in, mem)) TRAP_WITH(TRAP_UNSHARED_WAIT);                                        \
    T value;                                                                                       \
    memcpy(&value, mem + at, sizeof value);                                                        \
    if (value == GET_##T(fp[pc[1].c])) {                                                           \
        t->pc = pc, t->fp = fp;                                                                    \
        if (fp[pc[1].d].i64 < 0) TRAP_WITH(TRAP_DEADLOCK);                                         \
        if (!vm_sleep(t, fp[pc[1].d].u64)) GO(vm_stop_code);                                       \
        SET_u32(fp[pc[1].a], 2);                                                                   \
    } else {                                                                                       \
        SET_u32(fp[pc[1].a], 1);                                                                   \
    }                                                                                              \
    NEXT(3);
HANDLER(MEMORY_ATOMIC_WAIT32, {WAIT(u32)})
HANDLER(MEMORY_ATOMIC_WAIT64, {WAIT(u64)})

/* ---- wide arithmetic: two results from register a on, the low half first ---- */

#define WIDE(low, high) ((unsigned __int128)fp[high].u64 << 64 | fp[low].u64)
static inline void set_wide(VmSlot *to, unsigned __int128 v) {
    to[0].u64 = (uint64_t)v, to[1].u64 = (uint64_t)(v >> 64);
}
HANDLER(I64_ADD128, {
    set_wide(fp + pc[1].a, WIDE(pc[1].b, pc[1].c) + WIDE(pc[1].d, pc[2].a));
    NEXT(3);
})
HANDLER(I64_SUB128, {
    set_wide(fp + pc[1].a, WIDE(pc[1].b, pc[1].c) - WIDE(pc[1].d, pc[2].a));
    NEXT(3);
})
HANDLER(I64_MUL_WIDE_S, {
    set_wide(fp + pc[1].a,
             (unsigned __int128)((__int128)fp[pc[1].b].i64 * (__int128)fp[pc[1].c].i64));
    NEXT(2);
})
HANDLER(I64_MUL_WIDE_U, {
    set_wide(fp + pc[1].a, (unsigned __int128)fp[pc[1].b].u64 * fp[pc[1].c].u64);
    NEXT(2);
})

#define X(id, ...) op_##id,
const VmHandler vm_plain_handlers[] = {VM_ATOMIC_LOADS(X) VM_ATOMIC_STORES(X) VM_ATOMIC_UPDATES(X)
                                           VM_ATOMIC_EXCHANGES(X) VM_PLAIN_OTHERS(X)};
