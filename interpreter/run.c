/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The handlers: what each instruction of the prepared code does.
 *
 * A handler ends by going to the next one. Where the compiler makes tail calls that is a jump, and
 * pc, fp, the memory, the thread and the accumulators stay in machine registers:
 *
 *     op_I32_ADD_AS:  mov c(pc), r; add (fp,r,8), acc; mov a(pc), r; mov acc, (fp,r,8); jmp *next
 *
 * gcc makes them when it optimizes, but not under the address sanitizer; clang always, because it is
 * told to (musttail). Otherwise the same bodies are compiled to functions that keep their state in
 * the thread and return the next pc to a loop. Both forms are built and tested.
 *
 * Nothing here calls itself by the guest's doing: a call pushes a VmFrame and goes on in the callee.
 */
#include "interpreter/steps.h"

#ifndef VM_SEEN
#define VM_SEEN(pc) ((void)0) /* bench/census counts */
#endif

/* ---- where others go to ---- */

HANDLER_AS(, TRAP, {
    t->pc = pc, t->fp = fp;
    vm_set_trap(t, (Trap)acc);
    GO(vm_stop_code);
})
HANDLER_AS(, ENTER, {
    VmFunc *callee = (VmFunc *)(uintptr_t)acc;
    GO_ON(vm_enter(t, callee, fp + pc[1].a));
})
HANDLER_AS(, CALL_SUBTYPE, {
    VmFunc *callee = (VmFunc *)(uintptr_t)acc;
    if (!core_space_sub(in->store->types, callee->type, (uint32_t)pc[2].imm))
        TRAP_WITH(TRAP_INDIRECT_TYPE);
    t->top->pc = pc + 3;
    SLOW(ENTER);
})
HANDLER_AS(, ENTER_OWN, {
    VmFunc *callee = (VmFunc *)(uintptr_t)acc;
    if (!callee->in) vm_func_make(in, callee);
    GO_ON(vm_enter(t, callee, fp + pc[1].a));
})
HANDLER_AS(, TICK, {
    t->pc = pc, t->fp = fp;
    if (!vm_tick(t)) GO(vm_stop_code);
    t->acc = acc, t->facc = facc;
    if (vm_pauses(t, pc)) GO(vm_stop_code);
    GO(pc);
})

/* ---- jumps ---- */

JUMP_HANDLER(JUMP)
JUMP_HANDLER(JUMP_IF)
JUMP_HANDLER(JUMP_IF_A)
JUMP_HANDLER(JUMP_UNLESS)
JUMP_HANDLER(JUMP_UNLESS_A)
JUMP_HANDLER(JUMP_IF_64)
JUMP_HANDLER(JUMP_IF_64_A)
JUMP_HANDLER(JUMP_UNLESS_64)
JUMP_HANDLER(JUMP_UNLESS_64_A)

END_HANDLER(JUMP_TABLE)
END_HANDLER(JUMP_TABLE_A)

/* ---- memory ---- */

/* Until the next WITH_MEMORY, accesses go to the memory of that index. */
HANDLER(WITH_MEMORY, {
    mem = in->memories[pc[1].jump]->bytes, msize = in->memories[pc[1].jump]->size;
    NEXT(2);
})
/* a: a 64-bit address plus offset, which must not wrap; b: the address; immediate: the offset. */
HANDLER(CHECK_ADDRESS, {
    uint64_t limit = UINT64_MAX - 32;
    if (UNLIKELY(pc[2].imm > limit || fp[pc[1].b].u64 > limit - pc[2].imm))
        TRAP_WITH(TRAP_MEMORY_BOUNDS);
    fp[pc[1].a].u64 = fp[pc[1].b].u64 + pc[2].imm;
    NEXT(3);
})

HANDLER(MEMORY_SIZE, { /* a: result; immediate: memory */
                       const VmMemory *m = in->memories[pc[2].imm];
                       fp[pc[1].a].u64 = m->size >> m->page_log2;
                       NEXT(3);
})
#define GROWN(m, before, trap)                                                                     \
    ((before) == UINT64_MAX && (m)->store->limits.trap_on_grow ? (trap) : TRAP_NONE)
HANDLER(MEMORY_GROW, { /* a: result, b: pages; immediate: memory */
                       VmMemory *m = in->memories[pc[2].imm];
                       uint64_t before = vm_memory_grow(m, fp[pc[1].b].u64);
                       CHECKED(GROWN(m, before, TRAP_MEMORY_LIMIT));
                       fp[pc[1].a].u64 = m->limits.is_64 ? before : (uint32_t)before;
                       LOAD_MEMORY();
                       NEXT(3);
})

/* a b c: the three operands; the immediates are two indices. */
HANDLER(MEMORY_FILL, {
    CHARGE(fp[pc[1].c].u64 / 64);
    CHECKED(vm_memory_fill(in, (uint32_t)pc[2].imm, fp[pc[1].a].u64, (uint8_t)fp[pc[1].b].u32,
                           fp[pc[1].c].u64));
    NEXT(3);
})
HANDLER(MEMORY_COPY, {
    CHARGE(fp[pc[1].c].u64 / 64);
    CHECKED(vm_memory_copy(in, (uint32_t)pc[2].imm, (uint32_t)(pc[2].imm >> 32), fp[pc[1].a].u64,
                           fp[pc[1].b].u64, fp[pc[1].c].u64));
    NEXT(3);
})
HANDLER(MEMORY_INIT, {
    CHARGE(fp[pc[1].c].u32 / 64);
    CHECKED(vm_memory_init(in, (uint32_t)pc[2].imm, (uint32_t)(pc[2].imm >> 32), fp[pc[1].a].u64,
                           fp[pc[1].b].u32, fp[pc[1].c].u32));
    NEXT(3);
})
HANDLER(DATA_DROP, {
    in->dropped_data[pc[2].imm] = true;
    NEXT(3);
})

/* ---- tables ---- */

HANDLER(TABLE_GET, { /* a: result, b: index; immediate: table */
                     const VmTable *table = in->tables[pc[2].imm];
                     uint64_t i = fp[pc[1].b].u64;
                     if (UNLIKELY(i >= table->size)) TRAP_WITH(TRAP_TABLE_BOUNDS);
                     fp[pc[1].a] = table->elems[i];
                     NEXT(3);
})
HANDLER(TABLE_SET, { /* a: index, b: value; immediate: table */
                     VmTable *table = in->tables[pc[2].imm];
                     uint64_t i = fp[pc[1].a].u64;
                     if (UNLIKELY(i >= table->size)) TRAP_WITH(TRAP_TABLE_BOUNDS);
                     table->elems[i] = fp[pc[1].b];
                     NEXT(3);
})
HANDLER(TABLE_SIZE, {
    fp[pc[1].a].u64 = in->tables[pc[2].imm]->size;
    NEXT(3);
})
HANDLER(TABLE_GROW, { /* a: result, b: value, c: count */
                      VmTable *table = in->tables[pc[2].imm];
                      CHARGE(fp[pc[1].c].u64 / 8);
                      uint64_t before = vm_table_grow(table, fp[pc[1].c].u64, fp[pc[1].b]);
                      CHECKED(GROWN(table, before, TRAP_TABLE_LIMIT));
                      fp[pc[1].a].u64 = table->limits.is_64 ? before : (uint32_t)before;
                      NEXT(3);
})
HANDLER(TABLE_FILL, { /* a: index, b: value, c: count */
                      CHARGE(fp[pc[1].c].u64 / 8);
                      CHECKED(vm_table_fill(in->tables[pc[2].imm], fp[pc[1].a].u64, fp[pc[1].b],
                                            fp[pc[1].c].u64));
                      NEXT(3);
})
HANDLER(TABLE_COPY, {
    CHARGE(fp[pc[1].c].u64 / 8);
    CHECKED(vm_table_copy(in, (uint32_t)pc[2].imm, (uint32_t)(pc[2].imm >> 32), fp[pc[1].a].u64,
                          fp[pc[1].b].u64, fp[pc[1].c].u64));
    NEXT(3);
})
HANDLER(TABLE_INIT, {
    CHARGE(fp[pc[1].c].u32 / 8);
    CHECKED(vm_table_init(in, (uint32_t)pc[2].imm, (uint32_t)(pc[2].imm >> 32), fp[pc[1].a].u64,
                          fp[pc[1].b].u32, fp[pc[1].c].u32));
    NEXT(3);
})
HANDLER(ELEM_DROP, {
    in->elems[pc[2].imm].count = 0;
    NEXT(3);
})

/* ---- registers, globals, references ---- */

STEP_HANDLER(COPY)
STEP_HANDLER(COPY_A)
STEP_HANDLER(COPY_F)
STEP_HANDLER(CONST)
STEP_HANDLER(SELECT)
STEP_HANDLER(SELECT_ACC)
STEP_HANDLER(SELECT_A)
STEP_HANDLER(SELECT_A_ACC)
STEP_HANDLER(GLOBAL_GET)
STEP_HANDLER(GLOBAL_SET)

HANDLER(COPY2, { /* a v128 */
                 VmSlot low = fp[pc[1].b], high = fp[pc[1].b + 1];
                 fp[pc[1].a] = low, fp[pc[1].a + 1] = high;
                 NEXT(2);
})
HANDLER(COPY_N, { /* c slots */
                  memmove(fp + pc[1].a, fp + pc[1].b, pc[1].c * sizeof *fp);
                  NEXT(2);
})
HANDLER(CONST2, {
    fp[pc[1].a] = pc[2].k, fp[pc[1].a + 1] = pc[3].k;
    NEXT(4);
})
HANDLER(SELECT2, {
    const VmSlot *from = &fp[fp[pc[1].d].u32 ? pc[1].b : pc[1].c];
    VmSlot low = from[0], high = from[1];
    fp[pc[1].a] = low, fp[pc[1].a + 1] = high;
    NEXT(2);
})
HANDLER(GLOBAL_GET2, {
    const VmGlobal *g = in->globals[pc[2].imm];
    fp[pc[1].a] = g->value[0], fp[pc[1].a + 1] = g->value[1];
    NEXT(3);
})
HANDLER(GLOBAL_SET2, {
    VmGlobal *g = in->globals[pc[2].imm];
    g->value[0] = fp[pc[1].a], g->value[1] = fp[pc[1].a + 1];
    NEXT(3);
})
HANDLER(REF_FUNC, {
    fp[pc[1].a].u64 = (uintptr_t)vm_func_at(in, (uint32_t)pc[2].imm);
    NEXT(3);
})
HANDLER(REF_AS_NON_NULL, {
    if (UNLIKELY(!fp[pc[1].a].u64)) TRAP_WITH(TRAP_NULL_REFERENCE);
    NEXT(2);
})

/* ---- calls ---- */

END_HANDLER(CALL)
END_HANDLER(CALL_OWN)
END_HANDLER(CALL_INDIRECT)
HANDLER(CALL_REF, { /* a: arguments, b: the reference */
                    VmFunc *f = fp[pc[1].b].ref;
                    if (UNLIKELY(!f)) TRAP_WITH(TRAP_NULL_FUNCTION_REFERENCE);
                    CALL_TO(f, 2, false);
})

/* A tail call moves its arguments (c slots at a) to the start of the frame and gives it up. */
#define TAIL_CALL_TO(callee)                                                                       \
    do {                                                                                           \
        VmFunc *f_ = (callee);                                                                     \
        memmove(fp, fp + pc[1].a, pc[1].c * sizeof *fp);                                           \
        if (UNLIKELY(--t->ticks < 0)) {                                                            \
            t->pc = pc, t->fp = fp;                                                                \
            if (!vm_tick(t)) GO(vm_stop_code);                                                     \
            t->ticks = -1; /* vm_enter sees whether a slice has ended */                           \
        }                                                                                          \
        VmSlot *args_ = fp;                                                                        \
        t->top--;                                                                                  \
        GO_ON(vm_enter(t, f_, args_));                                                             \
    } while (0)
HANDLER(TAIL_CALL_SUBTYPE, {
    VmFunc *callee = (VmFunc *)(uintptr_t)acc;
    if (!core_space_sub(in->store->types, callee->type, (uint32_t)pc[2].imm))
        TRAP_WITH(TRAP_INDIRECT_TYPE);
    TAIL_CALL_TO(callee);
})
HANDLER(TAIL_CALL, { TAIL_CALL_TO(vm_func_at(in, (uint32_t)pc[2].imm)); })
HANDLER(TAIL_CALL_INDIRECT, {
    INDIRECT(f, pc[1].b, TAIL_CALL_SUBTYPE)
    TAIL_CALL_TO(f);
})
HANDLER(TAIL_CALL_REF, {
    VmFunc *f = fp[pc[1].b].ref;
    if (UNLIKELY(!f)) TRAP_WITH(TRAP_NULL_FUNCTION_REFERENCE);
    TAIL_CALL_TO(f);
})

END_HANDLER(RETURN)
END_HANDLER(RETURN_1)
END_HANDLER(RETURN_A)
END_HANDLER(RETURN_F)
END_HANDLER(RETURN_K)
HANDLER(RETURN_N, { /* a: first register, b: how many */
                    memmove(fp, fp + pc[1].a, pc[1].b * sizeof *fp);
                    END_RETURN();
})

/* ---- exceptions ---- */

HANDLER(THROW, { /* a: the first value; immediate: tag */
                 t->pc = pc, t->fp = fp;
                 GO_ON(vm_throw(t, in->tags[pc[2].imm], fp + pc[1].a, NULL));
})
HANDLER(THROW_REF, {
    VmException *e = fp[pc[1].a].ref;
    if (UNLIKELY(!e)) TRAP_WITH(TRAP_NULL_EXCEPTION);
    t->pc = pc, t->fp = fp;
    GO_ON(vm_throw(t, e->tag, e->values, e));
})

/* ---- the rest ---- */

HANDLER(UNREACHABLE, { TRAP_WITH(TRAP_UNREACHABLE); })
STEP_HANDLER(FUEL)
HANDLER(UNSUPPORTED, {
    t->pc = pc, t->fp = fp;
    vm_trap_text(t, TRAP_HOST, "the interpreter does not run `%s` yet",
                 core_op_info[pc[1].imm].text);
    GO(vm_stop_code);
})

/* The outermost function has returned to vm_call. */
HANDLER(ENTRY_RETURN, {
    t->status = VM_DONE;
    GO(vm_stop_code);
})
/* The function that a host function asked to call has returned: its results stand where its frame
 * began, just above the host function's own slots. */
HANDLER(HOST_RETURN, {
    VmFrame *host = t->top;
    VmHostFn then = host->then;
    host->then = NULL, host->dropped = NULL;
    t->pc = NULL;
    GO_ON(vm_after_host(t, then(t, host->context, vm_callee_slots(host))));
})

#if VM_TAIL_CALLS
HANDLER(STOP, {})
#else
HANDLER(STOP, { return NULL; })
#endif

const VmHandler vm_handlers[] = {
#define X(id) op_##id,
    VM_OTHERS(X)
#undef X
};

const VmWord vm_stop_code[1] = {{.op = op_STOP}};
const VmWord vm_entry_return[1] = {{.op = op_ENTRY_RETURN}};
static const VmWord host_return_code[1] = {{.op = op_HOST_RETURN}};

const VmWord *vm_stopped(VmThread *t, VmStatus status) {
    t->status = status;
    return vm_stop_code;
}

static const VmWord *stack_exhausted(VmThread *t) {
    vm_set_trap(t, TRAP_STACK_EXHAUSTED);
    return vm_stop_code;
}

static const VmWord *cannot_prepare(VmThread *t, const VmModule *module) {
    if (t->store->no_memory_left || module->faults.list.len == 0) return stack_exhausted(t);
    const Diag *fault = &module->faults.list.at[0];
    vm_trap_text(t, TRAP_INVALID_BODY, "%s: %.*s (at offset 0x%x)", trap_text(TRAP_INVALID_BODY),
                 STR_ARG(fault->message), fault->span.start);
    return vm_stop_code;
}

const VmWord *vm_enter(VmThread *t, VmFunc *f, VmSlot *slots) {
    t->pc = NULL;
    for (bool looked = false;;) {
        looked |= t->ticks < 0;
        if (t->ticks < 0 && !vm_tick(t)) return vm_stop_code;
        if (t->top + 1 >= t->frames_end) return stack_exhausted(t);
        if (f->in && !f->code) {
            f->code = vm_prepare(f->in->store, f->in->module, f->index);
            if (!f->code) return cannot_prepare(t, f->in->module);
        }
        uint32_t need = f->in ? f->code->register_count : vm_host_slot_count(f);
        if (need > (size_t)(t->stack_end - slots)) return stack_exhausted(t);
        VmInstance *in = f->in ? f->in : &t->store->nothing;
        *++t->top = (VmFrame){.pc = host_return_code, .fp = slots, .in = in, .func = f};
        if (f->in) {
            zero_slots(slots + f->code->param_slots, f->code->zero_slots);
            return looked && vm_pauses(t, f->code->words) ? vm_stop_code : f->code->words;
        }
        const VmHost *host = (const VmHost *)f;
        VmStatus status = host->call(t, host->context, slots);
        if (status != VM_CALL) return vm_after_host(t, status);
        f = t->next_func, slots = t->next_slots;
    }
}

const VmWord *vm_begin(VmThread *t, VmFunc *f, VmSlot *slots) {
    const VmCode *code = f->code;
    VmFrame *frame = t->top + 1;
    if (UNLIKELY(!code || frame >= t->frames_end ||
                 code->register_count > (size_t)(t->stack_end - slots)))
        return vm_enter(t, f, slots);
    t->pc = NULL;
    *frame = (VmFrame){.pc = host_return_code, .fp = slots, .in = f->in, .func = f};
    t->top = frame;
    zero_slots(slots + code->param_slots, code->zero_slots);
    return code->words;
}

const VmWord *vm_after_host(VmThread *t, VmStatus status) {
    if (status == VM_CALL) return vm_enter(t, t->next_func, t->next_slots);
    if (status == VM_THROW) return vm_throw_from_host(t);
    if (status != VM_DONE) return vm_stopped(t, status);
    if (UNLIKELY(t->top->dropped))
        vm_drop(t); /* it has asked for a call, and does not wait for it */
    t->top--;
    return t->top->pc;
}

/* The machine's state is that of the frame on top; the handlers take over from `pc`. */
void vm_run(VmThread *t, const VmWord *pc) {
    t->fp = t->top->fp;
    t->in = t->top->in;
    t->mem = t->in->memory0->bytes;
    t->msize = t->in->memory0->size;
#if VM_TAIL_CALLS
    pc->op(pc, t->fp, t->mem, t->msize, t->acc, t, t->facc);
#else
    while (pc) {
        VM_SEEN(pc);
        pc = pc->op(pc, t);
    }
#endif
}
