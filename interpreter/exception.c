/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Exceptions. Entering a block that catches costs nothing: each function has a table of the words
 * that are guarded (prepare.c), and a throw looks for itself in the tables of the frames, from the
 * top down:
 *
 *     [entry] [wasm] [wasm: catches] [wasm] [wasm: throws]
 *                 values to its registers <------+
 *
 * The values go straight there; an object (heap.h) is made only where somebody asks for a reference to
 * it.
 * Entries from outside and host functions are not passed: there an exception becomes a trap.
 */
#include "interpreter/internal.h"

enum { MANY_STEPS = 1 << 16 }; /* that are paid for at once */

static const VmCatch *find(const VmFrame *frame, uint32_t word, const VmTag *tag, uint64_t *steps) {
    const VmCode *code = frame->func->code;
    for (uint32_t i = 0; i < code->catch_count; ++*steps) {
        const VmCatch *c = &code->catches[i++];
        if (word < c->from || word >= c->to) continue;
        if (c->kind == VM_DELEGATE) i = c->word;
        else if (c->kind == VM_CATCH_ALL || frame->in->tags[c->tag] == tag) return c;
    }
    return NULL;
}

/* A throw costs what it looks at. False: a trap is set. */
static bool pay(VmThread *t, uint64_t steps) {
    VmStore *store = t->store;
    uint64_t fuel = steps / 8;
    t->ticks -= (int32_t)(steps / 16 < VM_TICKS ? steps / 16 : VM_TICKS);
    if (store->has_fuel && fuel > store->fuel) {
        store->fuel = 0;
        vm_set_trap(t, TRAP_FUEL);
        return false;
    }
    if (store->has_fuel) store->fuel -= fuel;
    return t->ticks >= 0 || vm_tick(t);
}

static const VmWord *trap(VmThread *t, Trap why) {
    vm_set_trap(t, why);
    return vm_stop_code;
}

static uint32_t slot_count(const VmStore *store, const VmTag *tag) {
    const CoreType *type = core_space_type(store->types, tag->type);
    uint32_t slots = 0;
    for (uint32_t i = 0; i < type->param_count; i++) slots += vm_slots_of(type->params[i]);
    return slots;
}

VmSlot vm_exception_make(VmStore *store, VmTag *tag, const VmSlot *values) {
    VmException *e = vm_exception_new(store, tag, values, slot_count(store, tag));
    return (VmSlot){.u64 = (uintptr_t)e};
}

const VmWord *vm_throw(VmThread *t, VmTag *tag, const VmSlot *values, VmException *exception) {
    const VmCatch *caught = NULL;
    VmFrame *frame = t->top;
    uint64_t steps = 16;
    for (; frame->func && frame->func->in; frame--, steps += 4) {
        const VmWord *words = frame->func->code->words;
        uint32_t word = (uint32_t)(frame == t->top ? t->pc - words : frame->pc - words - 1);
        if ((caught = find(frame, word, tag, &steps))) break;
        if (steps < MANY_STEPS) continue;
        if (!pay(t, steps)) return vm_stop_code;
        steps = 0;
    }
    if (!pay(t, steps)) return vm_stop_code;
    uint32_t count = slot_count(t->store, tag);
    if (!caught) { /* kept for the embedder, if there is room */
        if (!exception) exception = vm_exception_new(t->store, tag, values, count);
        vm_keep_uncaught(t, (VmSlot){.u64 = (uintptr_t)exception});
        return trap(t, TRAP_UNCAUGHT_EXCEPTION);
    }
    /* What may collect does so while the frame that throws is still there. */
    if (caught->keeps && !exception) exception = vm_exception_new(t->store, tag, values, count);
    if (caught->keeps && !exception) return trap(t, TRAP_HEAP_LIMIT);
    t->top = frame;
    if (caught->kind == VM_CATCH && count)
        memmove(frame->fp + caught->home, values, count * sizeof *values);
    if (caught->has_ref) frame->fp[caught->ref_home].u64 = caught->keeps ? (uintptr_t)exception : 0;
    return frame->func->code->words + caught->word;
}
