/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Waitables, waitable sets and the built-ins of tasks and threads (CanonicalABI.md, "Waitable
 * State" and the `canon` sections of these names).
 *
 * Everything asynchronous that a guest names by an index stands in the same table as its resource
 * handles, told apart by a type of its own (VmWaitKind).
 */
#include <stdlib.h>

#include "interpreter/component.h"

static const VmResource kinds[] = {
    [VM_WAIT_SUBTASK] = {.name = STR_INIT("subtask")},
    [VM_WAIT_STREAM_READ] = {.name = STR_INIT("readable stream end")},
    [VM_WAIT_STREAM_WRITE] = {.name = STR_INIT("writable stream end")},
    [VM_WAIT_FUTURE_READ] = {.name = STR_INIT("readable future end")},
    [VM_WAIT_FUTURE_WRITE] = {.name = STR_INIT("writable future end")},
    [VM_WAIT_SET] = {.name = STR_INIT("waitable set")},
};

/* ---- the table ---- */

uint32_t vm_table_put(VmComponent *instance, VmWaitKind kind, void *object) {
    AbiHandle handle = {.type = &kinds[kind], .rep = (uintptr_t)object};
    uint32_t index = vm_add_handle(instance, instance->table, handle);
    if (kind == VM_WAIT_SET) return index;
    VmWaitable *waitable = object;
    waitable->kind = kind;
    waitable->index = index;
    return index;
}

void *vm_table_find(VmComponent *instance, uint32_t index, VmWaitKind kind) {
    AbiHandle *handle = abi_table_get(instance->table, index);
    return handle && handle->type == &kinds[kind] ? (void *)(uintptr_t)handle->rep : NULL;
}

VmSet *vm_find_set(VmComponent *instance, uint32_t index) {
    return vm_table_find(instance, index, VM_WAIT_SET);
}

static VmWaitable *find_waitable(VmComponent *instance, uint32_t index) {
    for (VmWaitKind kind = 0; kind < VM_WAIT_SET; kind++) {
        VmWaitable *waitable = vm_table_find(instance, index, kind);
        if (waitable) return waitable;
    }
    return NULL;
}

/* ---- events ---- */

void vm_waitable_leave(VmWaitable *waitable) {
    VmSet *set = waitable->set;
    if (!set) return;
    *(waitable->before ? &waitable->before->next : &set->first) = waitable->next;
    *(waitable->next ? &waitable->next->before : &set->last) = waitable->before;
    waitable->set = NULL;
}

static void join(VmWaitable *waitable, VmSet *set) {
    vm_waitable_leave(waitable);
    waitable->before = set->last;
    waitable->next = NULL;
    *(set->last ? &set->last->next : &set->first) = waitable;
    set->last = waitable;
    waitable->set = set;
}

enum { EVENT_NONE = 0, EVENT_SUBTASK = 1, EVENT_TASK_CANCELLED = 6 };

VmEvent vm_take_event(VmWaitable *waitable) {
    if (waitable->kind != VM_WAIT_SUBTASK) return vm_copy_event(waitable);
    VmCall *call = (VmCall *)waitable;
    waitable->has_event = false;
    if (vm_is_resolved(call)) vm_return_lent(call);
    return (VmEvent){EVENT_SUBTASK, waitable->index, call->state};
}

static VmWaitable *with_event(const VmSet *set) {
    VmWaitable *w = set->first;
    while (w && !w->has_event) w = w->next;
    return w;
}

bool vm_set_is_ready(const VmSet *set) { return with_event(set) != NULL; }

/* The one whose turn it was goes to the end, so that none starves. */
VmEvent vm_set_take(VmSet *set) {
    VmWaitable *w = with_event(set);
    join(w, set);
    return vm_take_event(w);
}

/* ---- built-ins ---- */

typedef struct {
    VmComponent *instance;
    VmOptions options;
    const WitType *type;
    bool flag; /* async?, cancellable?, i64? */
    uint32_t slot;
    VmTable *table;
} Builtin;

static VmStatus unknown(VmThread *thread, uint32_t index) {
    return vm_trap_text(thread, TRAP_UNKNOWN_HANDLE, "unknown handle index %u", index);
}

#define BUILTIN(name) static VmStatus name(VmThread *thread, void *context, VmSlot *slots)
/* Nothing may be called from realloc or post-return that changes who does what. */
#define CHECK_LEAVE()                                                                              \
    Builtin *b = context;                                                                          \
    if (!b->instance->may_leave) return vm_trap(thread, TRAP_CANNOT_LEAVE)

static VmContext *current(const Builtin *b) { return vm_active(b->instance->store)->current; }

BUILTIN(context_get) {
    const Builtin *b = context;
    slots[0].u64 = current(b)->storage[b->slot];
    return VM_DONE;
}

BUILTIN(context_set) {
    const Builtin *b = context;
    current(b)->storage[b->slot] = b->flag ? slots[0].u64 : slots[0].u32;
    return VM_DONE;
}

BUILTIN(backpressure_inc) {
    Builtin *b = context;
    if (++b->instance->backpressure == 1 << 16) return vm_trap(thread, TRAP_BACKPRESSURE);
    return VM_DONE;
}

BUILTIN(backpressure_dec) {
    Builtin *b = context;
    if (b->instance->backpressure-- == 0) return vm_trap(thread, TRAP_BACKPRESSURE);
    return VM_DONE;
}

BUILTIN(task_return) {
    CHECK_LEAVE();
    return vm_task_return(thread, b->instance, &b->options, b->type, slots);
}

BUILTIN(task_cancel) {
    CHECK_LEAVE();
    return vm_task_cancel(thread, b->instance);
}

/* ---- waitable sets ---- */

static void free_set(VmNode *node) { free(node); }

BUILTIN(set_new) {
    CHECK_LEAVE();
    VmSet *set = calloc(1, sizeof *set);
    if (!set) return vm_trap(thread, TRAP_NO_MEMORY);
    vm_node_add(b->instance->store, &set->node, free_set);
    slots[0].u64 = vm_table_put(b->instance, VM_WAIT_SET, set);
    return slots[0].u32 ? VM_DONE : vm_trap(thread, TRAP_TABLE_FULL);
}

static VmStatus give_event(VmThread *thread, const Builtin *b, VmEvent event) {
    VmSlot *slots = vm_host_slots(thread);
    uint32_t at = slots[1].u32;
    uint64_t size;
    uint8_t *memory = vm_memory_bytes(b->options.memory, &size);
    if (at & 3) return vm_trap(thread, TRAP_UNALIGNED_POINTER);
    if (size < 8 || at > size - 8) return vm_trap(thread, TRAP_VALUE_BOUNDS);
    for (int i = 0; i < 4; i++) memory[at + i] = (uint8_t)(event.index >> 8 * i);
    for (int i = 0; i < 4; i++) memory[at + 4 + i] = (uint8_t)(event.payload >> 8 * i);
    slots[0].u64 = event.code;
    return VM_DONE;
}

static bool is_set_ready(VmFiber *fiber) { return vm_set_is_ready(fiber->ready_arg); }

BUILTIN(set_waited) {
    const Builtin *b = context;
    VmSet *set = vm_find_set(b->instance, slots[0].u32);
    set->waiting--;
    if (vm_active(b->instance->store)->cancelled)
        return give_event(thread, b, (VmEvent){.code = EVENT_TASK_CANCELLED});
    return give_event(thread, b, vm_set_take(set));
}

BUILTIN(set_wait) {
    CHECK_LEAVE();
    VmSet *set = vm_find_set(b->instance, slots[0].u32);
    if (!set) return unknown(thread, slots[0].u32);
    if (vm_take_cancel(b->instance->store, b->flag))
        return give_event(thread, b, (VmEvent){.code = EVENT_TASK_CANCELLED});
    if (vm_set_is_ready(set) && current(b)->may_block)
        return give_event(thread, b, vm_set_take(set));
    set->waiting++;
    return vm_block(thread, is_set_ready, set, b->flag, set_waited, b);
}

BUILTIN(set_poll) {
    CHECK_LEAVE();
    VmSet *set = vm_find_set(b->instance, slots[0].u32);
    if (!set) return unknown(thread, slots[0].u32);
    VmEvent event = {.code = EVENT_NONE};
    if (vm_take_cancel(b->instance->store, b->flag)) event.code = EVENT_TASK_CANCELLED;
    else if (vm_set_is_ready(set)) event = vm_set_take(set);
    return give_event(thread, b, event);
}

BUILTIN(set_drop) {
    CHECK_LEAVE();
    VmSet *set = vm_find_set(b->instance, slots[0].u32);
    if (!set) return unknown(thread, slots[0].u32);
    if (set->first)
        return vm_trap_text(thread, TRAP_ASYNC, "cannot drop waitable set with waitables in it");
    if (set->waiting)
        return vm_trap_text(thread, TRAP_ASYNC, "cannot drop waitable set with waiters");
    vm_remove_handle(b->instance, b->instance->table, slots[0].u32);
    vm_node_remove(&set->node);
    free(set);
    return VM_DONE;
}

BUILTIN(waitable_join) {
    CHECK_LEAVE();
    VmWaitable *waitable = find_waitable(b->instance, slots[0].u32);
    if (!waitable) return unknown(thread, slots[0].u32);
    if (waitable->has_sync_waiter) return vm_trap(thread, TRAP_WAITABLE_SYNC);
    VmSet *set = slots[1].u32 ? vm_find_set(b->instance, slots[1].u32) : NULL;
    if (slots[1].u32 && !set) return unknown(thread, slots[1].u32);
    if (set) join(waitable, set);
    else vm_waitable_leave(waitable);
    return VM_DONE;
}

/* ---- subtasks ---- */

static VmStatus give_state(VmThread *thread, VmCall *call) {
    VmEvent event = vm_take_event(&call->waitable);
    vm_host_slots(thread)[0].u64 = event.payload;
    return VM_DONE;
}

static bool has_event(VmFiber *fiber) { return ((VmWaitable *)fiber->ready_arg)->has_event; }

BUILTIN(cancel_waited) {
    VmCall *call = context;
    call->waitable.has_sync_waiter = false;
    return give_state(thread, call);
}

BUILTIN(cancel_requested) {
    const Builtin *b = context;
    VmCall *call = vm_table_find(b->instance, slots[0].u32, VM_WAIT_SUBTASK);
    if (vm_is_resolved(call)) return give_state(thread, call);
    if (b->flag) {
        slots[0].u64 = UINT32_MAX;
        return VM_DONE;
    }
    call->waitable.has_sync_waiter = true;
    return vm_block(thread, has_event, call, false, cancel_waited, call);
}

BUILTIN(subtask_cancel) {
    CHECK_LEAVE();
    if (!b->flag && !vm_may_wait(b->instance)) return vm_trap(thread, TRAP_CANNOT_BLOCK);
    VmCall *call = vm_table_find(b->instance, slots[0].u32, VM_WAIT_SUBTASK);
    if (!call) return unknown(thread, slots[0].u32);
    if (call->delivered || call->cancel_requested)
        return vm_trap_text(thread, TRAP_ASYNC,
                            "`subtask.cancel` called after terminal status delivered");
    if (call->waitable.set && !b->flag) return vm_trap(thread, TRAP_WAITABLE_SYNC);
    if (vm_is_resolved(call)) return give_state(thread, call);
    return vm_request_cancel(thread, call, b->instance, cancel_requested, b);
}

BUILTIN(subtask_drop) {
    CHECK_LEAVE();
    VmCall *call = vm_table_find(b->instance, slots[0].u32, VM_WAIT_SUBTASK);
    if (!call) return unknown(thread, slots[0].u32);
    if (!call->delivered)
        return vm_trap_text(thread, TRAP_ASYNC, "cannot drop a subtask which has not yet resolved");
    vm_waitable_leave(&call->waitable);
    vm_remove_handle(b->instance, b->instance->table, slots[0].u32);
    vm_call_release(call);
    return VM_DONE;
}

/* ---- threads ---- */

BUILTIN(thread_done) {
    const Builtin *b = context;
    slots[0].u64 = vm_active(b->instance->store)->cancelled;
    return VM_DONE;
}

static VmStatus cancelled_at_once(VmSlot *slots) {
    slots[0].u64 = 1;
    return VM_DONE;
}

BUILTIN(thread_yield) {
    CHECK_LEAVE();
    if (vm_take_cancel(b->instance->store, b->flag)) return cancelled_at_once(slots);
    return vm_yield(thread, b->flag, thread_done, b);
}

static VmStatus no_task(VmThread *thread, const char *what) {
    return vm_trap_text(thread, TRAP_ASYNC,
                        "`%s` where there is no task: a start function is no thread of one", what);
}

BUILTIN(thread_index) {
    CHECK_LEAVE();
    if (!current(b)->call) return no_task(thread, "thread.index");
    const VmFiber *this = vm_this_thread(b->instance);
    if (!this) return vm_trap(thread, TRAP_TABLE_FULL);
    slots[0].u64 = this->index;
    return VM_DONE;
}

BUILTIN(thread_suspend) {
    CHECK_LEAVE();
    if (vm_take_cancel(b->instance->store, b->flag)) return cancelled_at_once(slots);
    return vm_suspend_thread(thread, b->flag, thread_done, b);
}

static bool is_start_type(const Builtin *b, const VmFunc *func) {
    const CoreType *type = vm_func_type(b->instance->store, func);
    return type->param_count == 1 && type->params[0] == CORE_I32 && type->result_count == 0 &&
           type->shared == b->flag;
}

static VmStatus new_thread(VmThread *thread, const Builtin *b, VmFunc *start, VmSlot *slots,
                           VmFiber **fiber) {
    if (!current(b)->call) return no_task(thread, b->flag ? "thread.spawn" : "thread.new-indirect");
    Trap trap = vm_thread_fiber(b->instance, start, slots[1].u32, fiber);
    if (trap) return vm_trap(thread, trap);
    slots[0].u64 = (*fiber)->index;
    return VM_DONE;
}

static VmStatus new_indirect(VmThread *thread, const Builtin *b, VmSlot *slots, VmFiber **fiber) {
    if (slots[0].u32 >= b->table->size) return vm_trap(thread, TRAP_UNDEFINED_ELEMENT);
    VmFunc *start = b->table->elems[slots[0].u32].ref;
    if (!start) return vm_trap(thread, TRAP_UNINITIALIZED_ELEMENT);
    if (!is_start_type(b, start)) return vm_trap(thread, TRAP_INDIRECT_TYPE);
    return new_thread(thread, b, start, slots, fiber);
}

BUILTIN(thread_new) {
    CHECK_LEAVE();
    VmFiber *fiber;
    return new_indirect(thread, b, slots, &fiber);
}

/* A spawned thread is ready at once. There is one line of execution, so that threads that might run
 * in parallel take turns where the others block or end. */
BUILTIN(thread_spawn) {
    CHECK_LEAVE();
    VmFiber *fiber;
    VmStatus status;
    if (b->table) status = new_indirect(thread, b, slots, &fiber);
    else if (!slots[0].ref) return vm_trap(thread, TRAP_NULL_FUNCTION_REFERENCE);
    else status = new_thread(thread, b, slots[0].ref, slots, &fiber);
    if (status == VM_DONE) vm_resume_later(fiber);
    return status;
}

BUILTIN(available_parallelism) {
    CHECK_LEAVE();
    slots[0].u64 = 1;
    return VM_DONE;
}

static VmStatus not_suspended(VmThread *thread) {
    return vm_trap_text(thread, TRAP_ASYNC, "cannot resume thread which is not suspended");
}

BUILTIN(thread_resume_later) {
    CHECK_LEAVE();
    VmFiber *other = vm_find_thread(b->instance, slots[0].u32);
    if (!other) return unknown(thread, slots[0].u32);
    if (other->state != VM_FIBER_SUSPENDED) return not_suspended(thread);
    vm_resume_later(other);
    return VM_DONE;
}

static VmStatus switch_thread(VmThread *thread, Builtin *b, VmSlot *slots, bool yields) {
    if (!b->instance->may_leave) return vm_trap(thread, TRAP_CANNOT_LEAVE);
    VmFiber *other = vm_find_thread(b->instance, slots[0].u32);
    if (!other) return unknown(thread, slots[0].u32);
    if (other->state != VM_FIBER_SUSPENDED) return not_suspended(thread);
    if (vm_take_cancel(b->instance->store, b->flag)) return cancelled_at_once(slots);
    return vm_switch_thread(thread, other, yields, b->flag, thread_done, b);
}

BUILTIN(suspend_then_resume) { return switch_thread(thread, context, slots, false); }
BUILTIN(yield_then_resume) { return switch_thread(thread, context, slots, true); }

static VmStatus promote_thread(VmThread *thread, Builtin *b, VmSlot *slots, bool yields) {
    if (!b->instance->may_leave) return vm_trap(thread, TRAP_CANNOT_LEAVE);
    VmFiber *other = vm_find_thread(b->instance, slots[0].u32);
    if (!other) return unknown(thread, slots[0].u32);
    if (vm_take_cancel(b->instance->store, b->flag)) return cancelled_at_once(slots);
    bool is_ready = other->state == VM_FIBER_WAITING && (!other->ready || other->ready(other));
    if (is_ready) return vm_switch_thread(thread, other, yields, b->flag, thread_done, b);
    return yields ? vm_yield(thread, b->flag, thread_done, b)
                  : vm_suspend_thread(thread, b->flag, thread_done, b);
}

BUILTIN(suspend_then_promote) { return promote_thread(thread, context, slots, false); }
BUILTIN(yield_then_promote) { return promote_thread(thread, context, slots, true); }

/* ---- tables ---- */

static const struct {
    CompCanonOp op;
    const char *params, *results;
    VmHostFn fn;
} builtins[] = {
    {COMP_CANON_CONTEXT_GET, "", "i", context_get},
    {COMP_CANON_CONTEXT_SET, "i", "", context_set},
    {COMP_CANON_BACKPRESSURE_INC, "", "", backpressure_inc},
    {COMP_CANON_BACKPRESSURE_DEC, "", "", backpressure_dec},
    {COMP_CANON_TASK_CANCEL, "", "", task_cancel},
    {COMP_CANON_WAITABLE_SET_NEW, "", "i", set_new},
    {COMP_CANON_WAITABLE_SET_WAIT, "ii", "i", set_wait},
    {COMP_CANON_WAITABLE_SET_POLL, "ii", "i", set_poll},
    {COMP_CANON_WAITABLE_SET_DROP, "i", "", set_drop},
    {COMP_CANON_WAITABLE_JOIN, "ii", "", waitable_join},
    {COMP_CANON_SUBTASK_CANCEL, "i", "i", subtask_cancel},
    {COMP_CANON_SUBTASK_DROP, "i", "", subtask_drop},
    {COMP_CANON_THREAD_YIELD, "", "i", thread_yield},
    {COMP_CANON_THREAD_INDEX, "", "i", thread_index},
    {COMP_CANON_THREAD_NEW_INDIRECT, "ii", "i", thread_new},
    {COMP_CANON_THREAD_RESUME_LATER, "i", "", thread_resume_later},
    {COMP_CANON_THREAD_SUSPEND, "", "i", thread_suspend},
    {COMP_CANON_THREAD_SUSPEND_THEN_RESUME, "i", "i", suspend_then_resume},
    {COMP_CANON_THREAD_YIELD_THEN_RESUME, "i", "i", yield_then_resume},
    {COMP_CANON_THREAD_SUSPEND_THEN_PROMOTE, "i", "i", suspend_then_promote},
    {COMP_CANON_THREAD_YIELD_THEN_PROMOTE, "i", "i", yield_then_promote},
};

/* task.return takes its result like a lowered function its parameter. */
static VmFunc *task_return_func(VmComponent *component, Builtin *b) {
    VmStore *store = component->store;
    const AbiPlan *plan = abi_plan(vm_components(store)->plans, b->type);
    if (!plan) return NULL;
    static const CoreValType types[] = {CORE_I32, CORE_I64, CORE_F32, CORE_F64};
    CoreValType params[ABI_MAX_FLAT_PARAMS] = {CORE_I32};
    uint32_t n = plan->flat_count > ABI_MAX_FLAT_PARAMS ? 1 : plan->flat_count;
    for (uint32_t i = 0; n == plan->flat_count && i < n; i++) params[i] = types[plan->flat[i]];
    return vm_host_func(store, params, n, NULL, 0, task_return, b, NULL);
}

/* The types of threads that are shared, and of what makes them. */
static VmFunc *shared_func(VmStore *store, CompCanonOp op, Builtin *b) {
    static const CoreValType i32 = CORE_I32;
    CoreValType params[2] = {CORE_I32, CORE_I32};
    bool spawns = op != COMP_CANON_THREAD_AVAILABLE_PARALLELISM;
    b->flag = true;
    if (op == COMP_CANON_THREAD_SPAWN_REF)
        params[0] = core_ref_to(true, core_space_shared_func(store->types, &i32, 1, NULL, 0));
    uint32_t type = core_space_shared_func(store->types, params, spawns ? 2 : 0, &i32, 1);
    VmFunc *func =
        vm_host_func_of(store, type, spawns ? thread_spawn : available_parallelism, b, NULL);
    if (!func) arena_no_memory();
    return func;
}

VmFunc *vm_builtin_func(VmComponent *component, const CompCanon *canon, const VmOptions *options,
                        const WitType *type) {
    Builtin *b = ARENA_NEW(component->store->arena, Builtin);
    *b = (Builtin){.instance = component,
                   .options = *options,
                   .type = type,
                   .flag = canon->flag,
                   .slot = canon->slot};
    if (canon->op == COMP_CANON_TASK_RETURN) return task_return_func(component, b);
    if (canon->op == COMP_CANON_WAITABLE_SET_WAIT || canon->op == COMP_CANON_WAITABLE_SET_POLL)
        b->options.memory = component->spaces[COMP_CORE_MEMORY][canon->memory].memory;
    if (canon->op == COMP_CANON_THREAD_NEW_INDIRECT ||
        canon->op == COMP_CANON_THREAD_SPAWN_INDIRECT)
        b->table = component->spaces[COMP_CORE_TABLE][canon->table].table;
    if (canon->op >= COMP_CANON_THREAD_SPAWN_REF &&
        canon->op <= COMP_CANON_THREAD_AVAILABLE_PARALLELISM)
        return shared_func(component->store, canon->op, b);
    bool is_context = canon->op == COMP_CANON_CONTEXT_GET || canon->op == COMP_CANON_CONTEXT_SET;
    if (is_context && canon->value_type == CORE_I64) {
        bool sets = canon->op == COMP_CANON_CONTEXT_SET;
        b->flag = true;
        return vm_core_func(component->store, sets ? "I" : "", sets ? "" : "I",
                            sets ? context_set : context_get, b);
    }
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++)
        if (builtins[i].op == canon->op)
            return vm_core_func(component->store, builtins[i].params, builtins[i].results,
                                builtins[i].fn, b);
    VmFunc *of_errors = vm_error_func(component, canon, options);
    return of_errors ? of_errors : vm_stream_func(component, canon, options, type);
}
