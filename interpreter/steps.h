/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef INTERPRETER_STEPS_H
#define INTERPRETER_STEPS_H

#include "interpreter/handlers.h"

/* What the instructions do that one handler can do several of in a row: each is a function that is
 * part of the handlers it occurs in. An ordinary handler is one step and a jump to the next handler;
 * a fused one (fused.def) is a few steps with nothing between.
 *
 *     step_X   does X at pc; not TRAP_NONE: it traps
 *     test_X   whether the conditional jump X at pc is taken
 *     LENGTH_X how many words X has
 */
#define STEP_STATE                                                                                 \
    const VmWord *pc, VmSlot *fp, uint8_t *mem, uint64_t msize, uint64_t *acc, VmThread *t,        \
        double *facc
#define INLINE static inline __attribute__((always_inline))
#define STEP(name, length, ...)                                                                    \
    enum { LENGTH_##name = (length) };                                                             \
    INLINE Trap step_##name(STEP_STATE) {                                                          \
        __VA_ARGS__                                                                                \
        return TRAP_NONE;                                                                          \
    }
#define TEST(name, length, ...)                                                                    \
    enum { LENGTH_##name = (length) };                                                             \
    INLINE bool test_##name(const VmWord *pc, const VmSlot *fp, uint64_t acc_, double facc_) {     \
        const uint64_t *acc = &acc_;                                                               \
        const double *facc = &facc_;                                                               \
        (void)acc, (void)facc, (void)fp;                                                           \
        __VA_ARGS__                                                                                \
    }
#define STEP_CHECK(trap)                                                                           \
    do {                                                                                           \
        Trap step_why_ = (trap);                                                                   \
        if (UNLIKELY(step_why_ != TRAP_NONE)) return step_why_;                                    \
    } while (0)

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
#define ACC_u32      ((uint32_t)*acc)
#define ACC_s32      ((int32_t)*acc)
#define ACC_u64      (*acc)
#define ACC_s64      ((int64_t)*acc)
#define ACC_f32      core_f32_of((uint32_t)*acc)
#define ACC_f64      (*facc)

/* Results: to the accumulator, and to slot a, too. */
#define TO_ACC(T, v)    TO_ACC_##T(v)
#define TO_ACC_u32(v)   (*acc = (uint32_t)(v))
#define TO_ACC_s32(v)   (*acc = (uint32_t)(v))
#define TO_ACC_u64(v)   (*acc = (v))
#define TO_ACC_s64(v)   (*acc = (uint64_t)(v))
#define TO_ACC_f32(v)   (*acc = core_f32_bits(v))
#define TO_ACC_f64(v)   (*facc = (v))
#define TO_SLOT(T, v)   TO_SLOT_##T(v)
#define TO_SLOT_u32(v)  (fp[pc[1].a].u64 = *acc = (uint32_t)(v))
#define TO_SLOT_s32(v)  (fp[pc[1].a].u64 = *acc = (uint32_t)(v))
#define TO_SLOT_u64(v)  (fp[pc[1].a].u64 = *acc = (v))
#define TO_SLOT_s64(v)  (fp[pc[1].a].u64 = *acc = (uint64_t)(v))
#define TO_SLOT_f32(v)  (fp[pc[1].a].u64 = *acc = core_f32_bits(v))
#define TO_SLOT_f64(v)  (fp[pc[1].a].f64 = *facc = (v))

/* ---- numeric instructions: the rows of core/numeric.def in the forms of op.h ----
 *
 *     a: the slot of the result    b: the first operand that is a slot    c: the second such
 *
 * and a constant of 32 bits over c and d, or one of 64 bits in the word behind. */

#define NUMERIC1(id, r, ta, e)            UNARY(id, r, ta, , e)
#define NUMERIC2(id, r, ta, tb, e)        BINARY(id, r, ta, tb, , e)
#define TRAPPING1(id, r, ta, trap, e)     UNARY(id, r, ta, STEP_CHECK(trap);, e)
#define TRAPPING2(id, r, ta, tb, trap, e) BINARY(id, r, ta, tb, STEP_CHECK(trap);, e)
#define UNARY(id, r, ta, check, e)                                                                 \
    UNARY_FORM(id##_S, r, ta, SLOT_B(ta), check, e)                                                \
    UNARY_FORM(id##_A, r, ta, ACC(ta), check, e)
#define UNARY_FORM(name, r, ta, first, check, e)                                                   \
    STEP(name, 2, ta a = first; check TO_SLOT(r, e);)                                              \
    STEP(name##_ACC, 2, ta a = first; check TO_ACC(r, e);)
#define BINARY(id, r, ta, tb, check, e)                                                            \
    BINARY_FORM(id##_SS, r, ta, SLOT_B(ta), tb, SLOT_C(tb), 2, check, e)                           \
    BINARY_FORM(id##_SK, r, ta, SLOT_B(ta), tb, CONSTANT(tb), LENGTH_K(tb), check, e)              \
    BINARY_FORM(id##_AS, r, ta, ACC(ta), tb, SLOT_C(tb), 2, check, e)                              \
    BINARY_FORM(id##_SA, r, ta, SLOT_B(ta), tb, ACC(tb), 2, check, e)                              \
    BINARY_FORM(id##_AK, r, ta, ACC(ta), tb, CONSTANT(tb), LENGTH_K(tb), check, e)                 \
    BINARY_FORM(id##_KS, r, ta, CONSTANT(ta), tb, SLOT_B(tb), LENGTH_K(ta), check, e)
#define BINARY_FORM(name, r, ta, first, tb, second, length, check, e)                              \
    STEP(name, length, ta a = first; tb b = second; check TO_SLOT(r, e);)                          \
    STEP(name##_ACC, length, ta a = first; tb b = second; check TO_ACC(r, e);)
#include "core/numeric.def"
#undef NUMERIC1
#undef NUMERIC2
#undef TRAPPING1
#undef TRAPPING2

/* ---- comparisons that are one with the branch on them ----
 *
 *     a: the first operand that is a slot    b: the second such    jump: how far
 *
 * A constant, of 32 bits or 64, stands in the word behind. "Not" is not another comparison: NaNs
 * compare as false. */

#define JUMP_FORM(name, T, first, second, length, test)                                            \
    TEST(name, length, T a = first; T b = second; return test;)
#define JUMP_FORMS(id, T, test)                                                                    \
    JUMP_FORM(id##_SS, T, GET_##T(fp[pc[1].a]), GET_##T(fp[pc[1].b]), 2, test)                     \
    JUMP_FORM(id##_SK, T, GET_##T(fp[pc[1].a]), GET_##T(pc[2].k), 3, test)                         \
    JUMP_FORM(id##_AS, T, ACC(T), GET_##T(fp[pc[1].b]), 2, test)                                   \
    JUMP_FORM(id##_SA, T, GET_##T(fp[pc[1].a]), ACC(T), 2, test)                                   \
    JUMP_FORM(id##_AK, T, ACC(T), GET_##T(pc[2].k), 3, test)
#define X(id, T, op)                                                                               \
    JUMP_FORMS(JUMP_##id, T, a op b)                                                               \
    JUMP_FORMS(JUMP_NOT_##id, T, !(a op b))
VM_COMPARISONS(X)
#undef X
TEST(JUMP_IF, 2, return fp[pc[1].a].u32;)
TEST(JUMP_IF_A, 2, return (uint32_t)*acc;)
TEST(JUMP_UNLESS, 2, return !fp[pc[1].a].u32;)
TEST(JUMP_UNLESS_A, 2, return !(uint32_t)*acc;)
TEST(JUMP_IF_64, 2, return fp[pc[1].a].u64;) /* also: where a reference is not null */
TEST(JUMP_IF_64_A, 2, return *acc;)
TEST(JUMP_UNLESS_64, 2, return !fp[pc[1].a].u64;)
TEST(JUMP_UNLESS_64_A, 2, return !*acc;)
TEST(JUMP, 2, return true;)

/* ---- loads and stores ----
 *
 *     a: the slot of the result, or of the value that is stored    b: the slot of the address
 *     k32: the offset
 *
 * The address is below 2^33 here: those of 64-bit memories have passed CHECK_ADDRESS. */

#define AT_S (fp[pc[1].b].u64 + pc[1].k32)
#define AT_A (*acc + pc[1].k32)
#define AT_K ((uint64_t)pc[1].k32)
#define CHECK_BOUNDS(at, T)                                                                        \
    if (UNLIKELY((at) + sizeof(T) > msize)) return TRAP_MEMORY_BOUNDS

#define LOAD_FORM(name, TO, T, R, address)                                                         \
    STEP(name, 2, uint64_t at = address; CHECK_BOUNDS(at, T); T value;                             \
         memcpy(&value, mem + at, sizeof value); TO(R, (R)value);)
#define LOAD(name, T, R, address)                                                                  \
    LOAD_FORM(name, TO_SLOT, T, R, address)                                                        \
    LOAD_FORM(name##_ACC, TO_ACC, T, R, address)
#define X(id, T, R)                                                                                \
    LOAD(id##_S, T, R, AT_S)                                                                       \
    LOAD(id##_A, T, R, AT_A)                                                                       \
    LOAD(id##_K, T, R, AT_K)
VM_LOADS(X)
#undef X

#define STORE_FORM(name, T, from, address)                                                         \
    STEP(name, 2, uint64_t at = address; T value = (T)(from); CHECK_BOUNDS(at, T);                 \
         memcpy(mem + at, &value, sizeof value);)
#define STORE(name, T, R, address)                                                                 \
    STORE_FORM(name##_S, T, GET_##R(fp[pc[1].a]), address)                                         \
    STORE_FORM(name##_A, T, ACC(R), address)                                                       \
    STORE_FORM(name##_K, T, (int16_t)pc[1].a, address)
#define X(id, T, R)                                                                                \
    STORE(id##_S, T, R, AT_S)                                                                      \
    STORE(id##_A, T, R, AT_A)                                                                      \
    STORE(id##_K, T, R, AT_K)
VM_STORES(X)
#undef X

/* ---- registers and globals ---- */

STEP(COPY, 2, fp[pc[1].a] = fp[pc[1].b];)
STEP(COPY_A, 2, fp[pc[1].a].u64 = *acc;)
STEP(COPY_F, 2, fp[pc[1].a].f64 = *facc;)
STEP(CONST, 3, fp[pc[1].a] = pc[2].k;)
/* a: result, b c: values, d: condition */
#define CHOOSE(test) (fp[(test) ? pc[1].b : pc[1].c].u64)
STEP(SELECT, 2, TO_SLOT(u64, CHOOSE(fp[pc[1].d].u32));)
STEP(SELECT_ACC, 2, TO_ACC(u64, CHOOSE(fp[pc[1].d].u32));)
STEP(SELECT_A, 2, TO_SLOT(u64, CHOOSE((uint32_t)*acc));)
STEP(SELECT_A_ACC, 2, TO_ACC(u64, CHOOSE((uint32_t)*acc));)
STEP(GLOBAL_GET, 3, fp[pc[1].a] = t->in->globals[pc[2].imm]->value[0];)
STEP(GLOBAL_SET, 3, t->in->globals[pc[2].imm]->value[0] = fp[pc[1].a];)

/* The word of operands is the price of the instructions that this one pays for. */
STEP(
    FUEL, 2, VmStore *store = t->store; uint64_t left = store->fuel, cost = pc[1].imm;
    if (UNLIKELY(cost > left)) {
        store->fuel = 0;
        return TRAP_FUEL;
    } store->fuel = left - cost;)

/* ---- jumps by tables, calls and returns: what can only end a handler ---- */

#define END_HANDLER(name) HANDLER(name, { END_##name(); })

/* The index; jump: how many targets before the default; a word with `jump` each follows. */
#define JUMP_BY_TABLE(index)                                                                       \
    do {                                                                                           \
        uint32_t i_ = (index), n_ = (uint32_t)pc[1].jump;                                          \
        JUMP_BY(pc[2 + (i_ < n_ ? i_ : n_)].jump);                                                 \
    } while (0)
#define END_JUMP_TABLE()   JUMP_BY_TABLE(fp[pc[1].a].u32)
#define END_JUMP_TABLE_A() JUMP_BY_TABLE((uint32_t)acc)

/* Zeroes `n` slots, an even number. The empty statement keeps the compiler from calling memset. */
INLINE void zero_slots(VmSlot *slots, uint32_t n) {
    for (; n; n -= 2, slots += 2) {
        slots[0].u64 = slots[1].u64 = 0;
        __asm__ volatile("" : "+r"(slots));
    }
}

/* Enters a function, whose arguments begin at slot a; the caller goes on after `length` words. This is
 * the short way, for prepared functions while there is room and no look at the clock is due.
 * `is_own`: it is one of this instance. */
#define CALL_TO(callee, length, is_own)                                                            \
    do {                                                                                           \
        VmFunc *f_ = (callee);                                                                     \
        const VmCode *code_ = f_->code;                                                            \
        VmFrame *frame_ = t->top;                                                                  \
        frame_->pc = pc + (length);                                                                \
        if (UNLIKELY(!code_ || --t->ticks < 0 || ++frame_ >= t->frames_end ||                      \
                     fp + pc[1].a + code_->register_count > t->stack_end)) {                       \
            acc = (uintptr_t)f_;                                                                   \
            if (is_own) SLOW(ENTER_OWN);                                                           \
            SLOW(ENTER);                                                                           \
        }                                                                                          \
        t->top = frame_;                                                                           \
        frame_->func = f_;                                                                         \
        frame_->in = (is_own) ? in : f_->in;                                                       \
        if (!(is_own) && f_->in != in) {                                                           \
            t->in = f_->in;                                                                        \
            LOAD_MEMORY();                                                                         \
        }                                                                                          \
        fp += pc[1].a;                                                                             \
        pc = code_->words;                                                                         \
        frame_->fp = fp;                                                                           \
        zero_slots(fp + code_->param_slots, code_->zero_slots);                                    \
        GO(pc);                                                                                    \
    } while (0)
/* The immediate is the function's index, or its place among the instance's own, in bytes. */
#define END_CALL() CALL_TO(in->imports[pc[2].imm], 3, false)
#define END_CALL_OWN()                                                                             \
    CALL_TO((VmFunc *)(void *)((char *)in->own_funcs + pc[2].imm), 3, true)

/* The function that a table holds at a register. Where it is of another type than the one that is
 * asked for, `slow` looks whether that will do, which the accumulator then tells the function. */
#define INDIRECT(result, index_slot, slow)                                                         \
    const VmTable *table_ = in->tables[pc[2].imm >> 32];                                           \
    uint64_t at_ = fp[index_slot].u64;                                                             \
    if (UNLIKELY(at_ >= table_->size)) TRAP_WITH(TRAP_UNDEFINED_ELEMENT);                          \
    VmFunc *result = table_->elems[at_].ref;                                                       \
    if (UNLIKELY(!result)) TRAP_WITH(TRAP_UNINITIALIZED_ELEMENT);                                  \
    if (UNLIKELY(result->type != (uint32_t)pc[2].imm)) {                                           \
        acc = (uintptr_t)result;                                                                   \
        SLOW(slow);                                                                                \
    }

/* a: arguments, b: index; the immediate: the type as the store knows it, and the table. */
#define END_CALL_INDIRECT()                                                                        \
    do {                                                                                           \
        INDIRECT(f, pc[1].b, CALL_SUBTYPE)                                                         \
        CALL_TO(f, 3, false);                                                                      \
    } while (0)

/* Results stand at the start of the frame: back to the frame below, whatever it is (the pc of host
 * and entry frames is HOST_RETURN and ENTRY_RETURN). */
#define END_RETURN()                                                                               \
    do {                                                                                           \
        const VmFrame *below_ = --t->top;                                                          \
        fp = below_->fp;                                                                           \
        if (UNLIKELY(below_->in != in)) {                                                          \
            t->in = below_->in;                                                                    \
            LOAD_MEMORY();                                                                         \
        }                                                                                          \
        GO(below_->pc);                                                                            \
    } while (0)
#define RETURN_FROM(slot, value)                                                                   \
    do {                                                                                           \
        slot = (value);                                                                            \
        END_RETURN();                                                                              \
    } while (0)
#define END_RETURN_1() RETURN_FROM(fp[0], fp[pc[1].a])
#define END_RETURN_A() RETURN_FROM(fp[0].u64, acc)
#define END_RETURN_F() RETURN_FROM(fp[0].f64, facc)
#define END_RETURN_K() RETURN_FROM(fp[0], pc[2].k)

#endif
