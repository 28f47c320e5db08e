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

/* Handlers that other files go to. The way to a cold one is kept apart from what runs often. */
#define COLD __attribute__((cold))
COLD HANDLER_TYPE op_TRAP(STATE); /* the accumulator is the Trap */
COLD HANDLER_TYPE op_TICK(STATE); /* looks at the clock and goes on at pc */

/* Calls the function whose address is in the accumulator, with arguments from slot a on, and goes on
 * in it; the caller's frame says where it goes on. */
HANDLER_TYPE op_ENTER(STATE);
/* The same where its type has to be of that of the immediate, which is another. */
COLD HANDLER_TYPE op_CALL_SUBTYPE(STATE);
/* The same where it is one of the instance's own, which may have to be made. */
HANDLER_TYPE op_ENTER_OWN(STATE);

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

/* A step (steps.h) as a part of a handler: pc goes on behind it. */
#define RUN(name)                                                                                  \
    do {                                                                                           \
        Trap why_ = step_##name(pc, fp, mem, msize, &acc, t, &facc);                               \
        if (UNLIKELY(why_ != TRAP_NONE)) TRAP_WITH(why_);                                          \
        pc += LENGTH_##name;                                                                       \
    } while (0)
/* The same for the test of a conditional jump, which ends a handler. */
#define RUN_JUMP(name)                                                                             \
    do {                                                                                           \
        if (test_##name(pc, fp, acc, facc)) JUMP_BY(pc[1].jump);                                   \
        NEXT(LENGTH_##name);                                                                       \
    } while (0)
#define STEP_HANDLER(name) HANDLER(name, { RUN(name); GO(pc); })
#define JUMP_HANDLER(name) HANDLER(name, { RUN_JUMP(name); })

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
