/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef INTERPRETER_HANDLERS_H
#define INTERPRETER_HANDLERS_H

#include "core/numeric.h"
#include "interpreter/internal.h"

/* What the files of handlers share: the two forms that a body is compiled to (run.c says when
 * which), going on, trapping, and registers by C type. */

#if VM_TAIL_CALLS
#if defined(__clang__)
#define TAIL __attribute__((musttail))
#else
#define TAIL
#endif
#define STATE const VmWord *pc, VmSlot *fp, uint8_t *mem, uint64_t msize, VmInstance *in, VmThread *t
#define HANDLER(name, ...)                                                                         \
    static void op_##name(STATE) { __VA_ARGS__ }
#define GO(next)                                                                                   \
    do {                                                                                           \
        const VmWord *next_ = (next);                                                                 \
        TAIL return next_->op(next_, fp, mem, msize, in, t);                                             \
    } while (0)
#else
#define HANDLER(name, ...)                                                                         \
    static const VmWord *op_##name(const VmWord *pc, VmThread *t) {                                \
        VmSlot *fp = t->fp;                                                                        \
        uint8_t *mem = t->mem;                                                                     \
        uint64_t msize = t->msize;                                                                 \
        VmInstance *in = t->in;                                                                    \
        (void)fp, (void)mem, (void)msize, (void)in;                                                \
        __VA_ARGS__                                                                                \
    }
#define GO(next)                                                                                   \
    do {                                                                                           \
        const VmWord *next_ = (next);                                                                 \
        t->fp = fp, t->mem = mem, t->msize = msize, t->in = in;                                    \
        return next_;                                                                               \
    } while (0)
#endif

#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define NEXT(n)     GO(pc + (n))

/* Leaves with a trap at this instruction. */
#define TRAP_WITH(which)                                                                           \
    do {                                                                                           \
        t->pc = pc, t->fp = fp;                                                                    \
        vm_set_trap(t, (which));                                                                   \
        GO(vm_stop_code);                                                                             \
    } while (0)

/* The memory of the instance that runs now. */
#define LOAD_MEMORY() (mem = in->memory0->bytes, msize = in->memory0->size)

/* Goes on at `next` of whatever frame is on top now: after a call, a return, or a host function. */
#define GO_ON(next)                                                                                \
    do {                                                                                           \
        const VmWord *on_ = (next);                                                                \
        fp = t->top->fp, in = t->top->in;                                                          \
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

/* Bulk instructions pay fuel by their size. */
#define CHARGE(n)                                                                                  \
    do {                                                                                           \
        VmStore *s_ = in->store;                                                                   \
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
