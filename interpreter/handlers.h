/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef INTERPRETER_HANDLERS_H
#define INTERPRETER_HANDLERS_H

#include "core/numeric.h"
#include "interpreter/internal.h"

/* What the files of handlers share: the two forms that a body is compiled to (run.c says when
 * which), going on, trapping, and registers by C type.
 *
 * A body sees pc, fp, mem, msize, the accumulators acc and facc, t, and its instance, in. What is slow stands in a
 * handler of its own, to which it goes by a tail call (SLOW): a handler that calls nothing needs no
 * frame on C's stack. */

#if VM_TAIL_CALLS
#if defined(__clang__)
#define TAIL __attribute__((musttail))
#else
#define TAIL
#endif
#define STATE                                                                                      \
    const VmWord *pc, VmSlot *fp, uint8_t *mem, uint64_t msize, uint64_t acc, VmThread *t,         \
        double facc
#define HANDLER_TYPE void
#define HANDLER_AS(linkage, name, ...)                                                             \
    linkage void op_##name(STATE) {                                                                \
        VmInstance *in = t->in;                                                                    \
        (void)in;                                                                                  \
        __VA_ARGS__                                                                                \
    }
#define SLOW(name) TAIL return op_##name(pc, fp, mem, msize, acc, t, facc)
#define GO(next)                                                                                   \
    do {                                                                                           \
        const VmWord *next_ = (next);                                                              \
        TAIL return next_->op(next_, fp, mem, msize, acc, t, facc);                                \
    } while (0)
#else
#define STATE        const VmWord *pc, VmThread *t
#define HANDLER_TYPE const VmWord *
#define HANDLER_AS(linkage, name, ...)                                                             \
    linkage const VmWord *op_##name(STATE) {                                                       \
        VmInstance *in = t->in;                                                                    \
        VmSlot *fp = t->fp;                                                                        \
        uint8_t *mem = t->mem;                                                                     \
        uint64_t msize = t->msize, acc = t->acc;                                                   \
        double facc = t->facc;                                                                     \
        (void)in, (void)fp, (void)mem, (void)msize, (void)acc, (void)facc;                         \
        __VA_ARGS__                                                                                \
    }
#define SAVE_STATE() (t->fp = fp, t->mem = mem, t->msize = msize, t->acc = acc, t->facc = facc)
#define SLOW(name)                                                                                 \
    do {                                                                                           \
        SAVE_STATE();                                                                              \
        return op_##name(pc, t);                                                                   \
    } while (0)
#define GO(next)                                                                                   \
    do {                                                                                           \
        const VmWord *next_ = (next);                                                              \
        SAVE_STATE();                                                                              \
        return next_;                                                                              \
    } while (0)
#endif

#define HANDLER(name, ...) HANDLER_AS(static, name, __VA_ARGS__)

#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define NEXT(n)     GO(pc + (n))

/* Handlers that other files go to. */
HANDLER_TYPE op_TRAP(STATE); /* the accumulator is the Trap */
HANDLER_TYPE op_TICK(STATE); /* looks at the clock and goes on at pc */

/* Leaves with a trap at this instruction. */
#define TRAP_WITH(which)                                                                           \
    do {                                                                                           \
        acc = (which);                                                                             \
        SLOW(TRAP);                                                                                \
    } while (0)

/* A jump counts down to the next look at the clock. */
#define JUMP_BY(offset)                                                                            \
    do {                                                                                           \
        pc += (offset);                                                                            \
        if (UNLIKELY(--t->ticks < 0)) SLOW(TICK);                                                  \
        GO(pc);                                                                                    \
    } while (0)

/* The memory of the instance that runs now. */
#define LOAD_MEMORY() (mem = t->in->memory0->bytes, msize = t->in->memory0->size)

/* Goes on at `next` of whatever frame is on top now: after a call, a return, or a host function. */
#define GO_ON(next)                                                                                \
    do {                                                                                           \
        const VmWord *on_ = (next);                                                                \
        fp = t->top->fp, t->in = t->top->in;                                                       \
        LOAD_MEMORY();                                                                             \
        GO(on_);                                                                                   \
    } while (0)

/* Reading and writing registers by C type. */
#define GET_u32(slot) ((slot).u32)
#define GET_s32(slot) ((slot).i32)
#define GET_u64(slot) ((slot).u64)
#define GET_s64(slot) ((slot).i64)
#define GET_f32(slot) ((slot).f32)
#define GET_f64(slot) ((slot).f64)
#define SET_u32(slot, v) ((slot).u64 = (uint32_t)(v))
#define SET_s32(slot, v) ((slot).u64 = (uint32_t)(v))
#define SET_u64(slot, v) ((slot).u64 = (v))
#define SET_s64(slot, v) ((slot).i64 = (v))
#define SET_f32(slot, v) ((slot).f32 = (v))
#define SET_f64(slot, v) ((slot).f64 = (v))

/* Operands by C type: slots b and c, the constant, the accumulator. A constant of 32 bits stands in
 * the operand word, one of 64 bits in a word behind it: LENGTH_K is that of the instruction. */
#define SLOT_B(T)    GET_##T(fp[pc[1].b])
#define SLOT_C(T)    GET_##T(fp[pc[1].c])
#define CONSTANT(T)         K_##T
#define K_u32        (pc[1].k32)
#define K_s32        ((int32_t)pc[1].k32)
#define K_f32        core_f32_of(pc[1].k32)
#define K_u64        (pc[2].k.u64)
#define K_s64        (pc[2].k.i64)
#define K_f64        (pc[2].k.f64)
#define LENGTH_K(T)  LENGTH_K_##T
#define LENGTH_K_u32 2
#define LENGTH_K_s32 2
#define LENGTH_K_f32 2
#define LENGTH_K_u64 3
#define LENGTH_K_s64 3
#define LENGTH_K_f64 3
#define ACC(T)       ACC_##T
#define ACC_u32      ((uint32_t)acc)
#define ACC_s32      ((int32_t)acc)
#define ACC_u64      acc
#define ACC_s64      ((int64_t)acc)
#define ACC_f32      core_f32_of((uint32_t)acc)
#define ACC_f64      facc

/* Results: to the accumulator, and to slot a, too. */
#define TO_ACC(T, v)    TO_ACC_##T(v)
#define TO_ACC_u32(v)   (acc = (uint32_t)(v))
#define TO_ACC_s32(v)   (acc = (uint32_t)(v))
#define TO_ACC_u64(v)   (acc = (v))
#define TO_ACC_s64(v)   (acc = (uint64_t)(v))
#define TO_ACC_f32(v)   (acc = core_f32_bits(v))
#define TO_ACC_f64(v)   (facc = (v))
#define TO_SLOT(T, v)   TO_SLOT_##T(v)
#define TO_SLOT_u32(v)  (fp[pc[1].a].u64 = acc = (uint32_t)(v))
#define TO_SLOT_s32(v)  (fp[pc[1].a].u64 = acc = (uint32_t)(v))
#define TO_SLOT_u64(v)  (fp[pc[1].a].u64 = acc = (v))
#define TO_SLOT_s64(v)  (fp[pc[1].a].u64 = acc = (uint64_t)(v))
#define TO_SLOT_f32(v)  (fp[pc[1].a].u64 = acc = core_f32_bits(v))
#define TO_SLOT_f64(v)  (fp[pc[1].a].f64 = facc = (v))

/* Bulk instructions pay fuel by their size. */
#define CHARGE(n)                                                                                  \
    do {                                                                                           \
        VmStore *s_ = t->store;                                                                    \
        uint64_t n_ = (n);                                                                         \
        if (UNLIKELY(s_->has_fuel)) {                                                              \
            if (n_ > s_->fuel) TRAP_WITH(TRAP_FUEL);                                               \
            s_->fuel -= n_;                                                                        \
        }                                                                                          \
    } while (0)
#define CHECKED(call)                                                                              \
    do {                                                                                           \
        Trap why_ = (call);                                                                        \
        if (UNLIKELY(why_ != TRAP_NONE)) TRAP_WITH(why_);                                          \
    } while (0)

#endif
