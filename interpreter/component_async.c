/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Fibers and tasks (CanonicalABI.md, "Threads", "Tasks", "canon lift").
 *
 * Each call of an async-typed function runs on a fiber, a thread of the machine with a stack of its
 * own. One fiber runs at a time. Who starts or resumes another waits until that one blocks or ends
 * (`resumer`):
 *
 *     root: host -> A ──start──> B ──start──> C
 *                   <──blocks──   <──blocks──
 *
 * Only the root fiber, the thread that the host has called, runs others: in `drive`, until control
 * comes back to it. The others ask for a switch by suspending. So C's stack holds two runs of the
 * machine however deep calls nest, and a host function that suspends stops the whole store at once.
 *
 * Waiting fibers stand in one queue. They are taken from it where nothing else can go on: where the
 * host waits for the result of its call, and where a task that may not block would, which lets
 * other threads of its instance run.
 */
#include <stdlib.h>

#include "interpreter/component.h"

enum {
    WORK_TURN = 64,  /* how often the host is asked while guests can go on */
    LOOK_SWITCH = 64 /* how often the clock is looked at while they take turns */
};

VmComponents *vm_shared(const VmStore *store) { return store->components; }
VmFiber *vm_active(const VmStore *store) { return store->components->active; }

void vm_set_root(VmThread *thread) {
    VmComponents *shared = vm_components(vm_thread_store(thread));
    shared->root.thread = thread;
    shared->root.current = NULL;
    shared->active = &shared->root;
}

/* ---- nodes ---- */

void vm_node_add(VmStore *store, VmNode *node, void (*free_node)(VmNode *)) {
    VmNode *end = &vm_shared(store)->nodes;
    *node = (VmNode){.before = end->before, .after = end, .free = free_node};
    end->before->after = node;
    end->before = node;
}

void vm_node_remove(VmNode *node) {
    node->before->after = node->after;
    node->after->before = node->before;
}

/* ---- fibers ---- */

static void free_fiber(VmNode *node) {
    VmFiber *fiber = (VmFiber *)node;
    vm_thread_free(fiber->thread);
    free(fiber);
}

static void free_proxy(VmNode *node) { free(node); }

bool vm_is_fiber(const VmNode *node) { return node->free == free_fiber; }

Trap vm_fiber_trap(const VmStore *store) {
    bool is_limit = vm_shared(store)->fibers >= store->limits.max_tasks;
    return is_limit ? TRAP_TASK_LIMIT : TRAP_NO_MEMORY;
}

static VmFiber *fiber_new(VmStore *store, VmCall *task, VmComponent *instance) {
    if (vm_fiber_trap(store) == TRAP_TASK_LIMIT) return NULL;
    VmFiber *fiber = calloc(1, sizeof *fiber);
    if (!fiber) return NULL;
    fiber->thread = vm_thread_new(store);
    if (!fiber->thread) {
        free(fiber);
        return NULL;
    }
    fiber->store = store;
    fiber->call = task;
    task->refs++;
    fiber->base = (VmContext){.instance = instance, .call = task, .may_block = true};
    fiber->current = &fiber->base;
    vm_node_add(store, &fiber->node, free_fiber);
    vm_shared(store)->fibers++;
    return fiber;
}

static const VmResource thread_type = {.name = STR_INIT("thread")};

static bool register_thread(VmFiber *fiber) {
    VmComponent *instance = fiber->base.instance;
    if (!instance->threads) instance->threads = abi_table_new();
    if (!instance->threads) return vm_no_memory(instance->store);
    AbiHandle handle = {.type = &thread_type, .rep = (uintptr_t)fiber};
    fiber->index = vm_add_handle(instance, instance->threads, handle);
    fiber->call->threads++;
    return fiber->index != 0;
}

static void enqueue(VmFiber *fiber) {
    VmComponents *shared = vm_shared(fiber->store);
    fiber->state = VM_FIBER_WAITING;
    fiber->queued = NULL;
    *shared->waiting_end = fiber;
    shared->waiting_end = &fiber->queued;
}

static void dequeue(VmFiber *fiber) {
    VmComponents *shared = vm_shared(fiber->store);
    VmFiber **at = &shared->waiting;
    while (*at && *at != fiber) at = &(*at)->queued;
    if (!*at) return;
    *at = fiber->queued;
    if (!*at) shared->waiting_end = at;
}

static bool is_fiber_ready(VmFiber *fiber) { return !fiber->ready || fiber->ready(fiber); }

/* Whether the task's fiber must be the only one of its kind that runs in its instance. */
static bool needs_exclusive(const VmCall *call) {
    return !call->callee->is_async || call->callee->callback;
}

/* Guests keep one stack in memory for the fibers that exclude each other, and for plain calls. */
static bool uses_shared_stack(const VmFiber *fiber) {
    return fiber->is_implicit && needs_exclusive(fiber->call);
}

/* The first waiting fiber that can go on. During a call that may not block: of its instance, and
 * one that can run on top of it. (An instance that has trapped can never be entered.) */
static VmFiber *pick(VmStore *store, const VmComponent *only) {
    for (VmFiber *f = vm_shared(store)->waiting; f; f = f->queued) {
        if (only ? f->base.instance != only || uses_shared_stack(f)
                 : !vm_may_enter(f->base.instance, NULL))
            continue;
        if (is_fiber_ready(f)) return f;
    }
    return NULL;
}

bool vm_may_wait(const VmComponent *instance) {
    return vm_active(instance->store)->current->may_block || pick(instance->store, instance);
}

/* Makes `fiber` the one that runs; when it blocks or ends, the active one goes on. */
static void switch_to(VmFiber *fiber) {
    VmComponents *shared = vm_shared(fiber->store);
    if (fiber->state == VM_FIBER_WAITING) dequeue(fiber);
    fiber->state = VM_FIBER_RUNNING;
    fiber->resumer = shared->active;
    shared->active = fiber;
}

/* The running fiber stops: its instance can be entered again, and who resumed it goes on. */
static void stop_running(VmFiber *fiber) {
    if (fiber->has_entered) vm_set_entered(fiber->base.instance, fiber->entered_from, false);
    fiber->has_entered = false;
    vm_shared(fiber->store)->active = fiber->resumer;
    fiber->resumer = NULL;
}

static void enter_instance(VmFiber *fiber, VmComponent *caller) {
    fiber->entered_from = caller;
    fiber->has_entered = true;
    vm_set_entered(fiber->base.instance, caller, true);
}

static void end_fiber(VmFiber *fiber) {
    stop_running(fiber);
    if (fiber->is_implicit) fiber->call->fiber = NULL;
    vm_call_release(fiber->call);
    vm_node_remove(&fiber->node);
    vm_shared(fiber->store)->fibers--;
    free_fiber(&fiber->node);
}

/* ---- the scheduler ---- */

static void take_trap(VmThread *to, const VmThread *from) {
    if (to->trap == TRAP_NONE) {
        to->trap = from->trap;
        to->limit = from->limit;
        memcpy(to->message, from->message, sizeof to->message);
        memcpy(to->trace, from->trace, sizeof to->trace);
        to->trace_count = from->trace_count;
    }
    to->exit_status = from->exit_status;
}

/* The fiber's slice, which is the root's, has ended, and it has stopped for that. Fibers that start
 * fibers, each of them short, would never look, and those that yield, seldom: so the root does after
 * each new one, and now and then. */
static bool is_paused(VmComponents *shared, const VmFiber *fiber, bool is_new, VmStatus status) {
    bool looks = ++shared->switches % LOOK_SWITCH == 0 || is_new;
    if (status == VM_SUSPEND && fiber->waits_for_host) return false;
    if (status == VM_SUSPEND && fiber->thread->is_paused) return true;
    return looks && vm_slice_is_over(shared->root.thread);
}

/* On the root: runs what is active until the root is. VM_SUSPEND: a host function waits, or a slice
 * has ended. */
static VmStatus drive(VmComponents *shared) {
    VmSlot none[1] = {{0}};
    VmThread *root = shared->root.thread;
    while (shared->active != &shared->root) {
        VmFiber *fiber = shared->active;
        bool is_new = !fiber->is_started;
        if (is_new && !vm_tick(root)) return VM_TRAP;
        fiber->is_started = true;
        fiber->thread->leader = root;
        fiber->thread->deadline = root->deadline;
        VmStatus status =
            is_new ? vm_call(fiber->thread,
                             fiber->is_implicit ? shared->fiber_main : shared->thread_main, none)
                   : vm_resume(fiber->thread);
        root->is_paused = is_paused(shared, fiber, is_new, status);
        switch (status) {
        case VM_DONE: end_fiber(fiber); break;
        case VM_SUSPEND:
            if (fiber->waits_for_host) return VM_SUSPEND;
            break;
        case VM_CALL:
        case VM_THROW:
        case VM_TRAP:
        case VM_EXIT: take_trap(root, fiber->thread); return status;
        }
        if (root->is_paused) return VM_SUSPEND;
    }
    return VM_DONE;
}

/* What the active fiber does once control is back: its continuation. */
static VmStatus go_on(VmThread *thread, VmFiber *me) {
    return me->then(thread, me->then_context, vm_host_slots(thread));
}

static VmStatus root_again(VmThread *thread, void *context, VmSlot *slots) {
    VmComponents *shared = context;
    if (!vm_tick(thread)) return VM_TRAP;
    VmStatus status = drive(shared);
    if (status == VM_SUSPEND) return vm_suspend(thread, root_again, shared);
    if (status != VM_DONE) shared->root_call = NULL;
    return status == VM_DONE ? go_on(thread, &shared->root) : status;
}

static VmStatus again(VmThread *thread, void *context, VmSlot *slots) {
    return go_on(thread, context);
}

/* Control has been given away by switch_to or stop_running; then(..) runs when it is back. */
static VmStatus give_way(VmThread *thread, VmFiber *me, VmHostFn then, void *context) {
    VmComponents *shared = vm_shared(me->store);
    me->then = then;
    me->then_context = context;
    if (me != &shared->root) return vm_suspend(thread, again, me);
    VmStatus status = drive(shared);
    if (status == VM_SUSPEND) return vm_suspend(thread, root_again, shared);
    return status == VM_DONE ? go_on(thread, me) : status;
}

static VmStatus wait_step(VmThread *thread, void *context, VmSlot *slots);

/* The host comes back: it has something. */
static VmStatus wait_step_again(VmThread *thread, void *context, VmSlot *slots) {
    VmFiber *me = context;
    me->waits_for_host = false;
    if (!vm_tick(thread)) return VM_TRAP;
    VmStatus status = vm_work_ask(thread, &(bool){false});
    return status == VM_DONE ? wait_step(thread, me, slots) : status;
}

/* No guest can go on: the host may, or is waited for. */
static VmStatus ask_host(VmThread *thread, VmFiber *me) {
    bool progress = false;
    VmStatus status = vm_work_ask(thread, &progress);
    if (status != VM_DONE || progress) return status;
    me->waits_for_host = true;
    return vm_suspend(thread, wait_step_again, me);
}

/* Others run as long as the active fiber cannot go on: on the root in a loop, else by coming back
 * here. `only`: of that instance. */
static VmStatus wait_step(VmThread *thread, void *context, VmSlot *slots) {
    VmFiber *me = context;
    VmComponents *shared = vm_shared(me->store);
    for (;;) {
        if (is_fiber_ready(me)) {
            me->ready = NULL;
            return me->wait_then(thread, me->wait_context, vm_host_slots(thread));
        }
        if (!me->wait_only && vm_work_waits(me->store) && ++shared->turns % WORK_TURN == 0) {
            VmStatus status = vm_work_ask(thread, &(bool){false});
            if (status != VM_DONE) return status;
        }
        VmFiber *other = pick(me->store, me->wait_only);
        if (!other && !me->wait_only && vm_work_waits(me->store)) {
            VmStatus status = ask_host(thread, me);
            if (status != VM_DONE) return status;
            continue;
        }
        bool none_waits = me->wait_only && !shared->waiting;
        if (!other) return vm_trap(thread, none_waits ? TRAP_CANNOT_BLOCK : TRAP_DEADLOCK);
        switch_to(other);
        if (!me->wait_only) enter_instance(other, NULL);
        me->then = wait_step;
        me->then_context = me;
        if (me != &shared->root) return vm_suspend(thread, again, me);
        VmStatus status = drive(shared);
        if (status == VM_SUSPEND) return vm_suspend(thread, root_again, shared);
        if (status != VM_DONE) return status;
    }
}

static VmStatus wait_for(VmThread *thread, VmFiber *me, VmComponent *only, VmHostFn then,
                         void *context) {
    me->wait_only = only;
    me->wait_then = then;
    me->wait_context = context;
    return wait_step(thread, me, NULL);
}

VmStatus vm_block(VmThread *thread, bool (*ready)(VmFiber *), void *ready_arg, bool cancellable,
                  VmHostFn then, void *context) {
    VmFiber *me = vm_active(vm_thread_store(thread));
    me->ready = ready;
    me->ready_arg = ready_arg;
    me->cancelled = false;
    if (!me->current->may_block) return wait_for(thread, me, me->current->instance, then, context);
    me->cancellable = cancellable;
    if (ready) enqueue(me);
    else me->state = VM_FIBER_SUSPENDED;
    stop_running(me);
    return give_way(thread, me, then, context);
}

static bool is_awaited_resolved(VmFiber *fiber) { return vm_is_resolved(fiber->ready_arg); }

VmStatus vm_await_call(VmThread *thread, VmCall *call, VmHostFn then) {
    VmFiber *me = vm_active(call->store);
    me->ready = is_awaited_resolved;
    me->ready_arg = call;
    return wait_for(thread, me, NULL, then, call);
}

/* ---- tasks ---- */

bool vm_is_resolved(const VmCall *call) { return call->state >= VM_RETURNED; }

bool vm_take_cancel(VmStore *store, bool cancellable) {
    const VmContext *current = vm_active(store)->current;
    VmCall *task = current ? current->call : NULL;
    if (!cancellable || !task || task->task_state != VM_TASK_PENDING_CANCEL) return false;
    task->task_state = VM_TASK_CANCEL_DELIVERED;
    return true;
}

void vm_set_state(VmCall *call, VmSubtaskState state) {
    call->state = state;
    if (call->waitable.index) call->waitable.has_event = true;
}

/* on_resolve without a value */
static Trap cancel_task(VmCall *call) {
    if (call->task_state != VM_TASK_CANCEL_DELIVERED)
        return call->task_state == VM_TASK_RESOLVED ? TRAP_TASK_RESOLVED : TRAP_TASK_CANCEL;
    if (call->borrows) return TRAP_BORROWS_LEFT;
    call->task_state = VM_TASK_RESOLVED;
    vm_set_state(call, call->state == VM_STARTING ? VM_CANCELLED_BEFORE_STARTED
                                                  : VM_CANCELLED_BEFORE_RETURNED);
    return TRAP_NONE;
}

static Trap return_task(VmCall *call, AbiPlace from) {
    if (call->task_state == VM_TASK_RESOLVED) return TRAP_TASK_RESOLVED;
    if (call->borrows) return TRAP_BORROWS_LEFT;
    Trap trap = vm_pass_result(call, from);
    if (trap) return trap;
    call->task_state = VM_TASK_RESOLVED;
    vm_set_state(call, VM_RETURNED);
    return TRAP_NONE;
}

VmStatus vm_task_cancel(VmThread *thread, VmComponent *instance) {
    VmCall *task = vm_active(instance->store)->current->call;
    if (!task || !task->callee->is_async) return vm_trap(thread, TRAP_TASK_CANCEL);
    Trap trap = cancel_task(task);
    return trap ? vm_trap(thread, trap) : VM_DONE;
}

VmStatus vm_task_return(VmThread *thread, VmComponent *instance, const VmOptions *options,
                        const WitType *type, VmSlot *slots) {
    VmCall *task = vm_active(instance->store)->current->call;
    if (!task || !task->callee->is_async) return vm_trap(thread, TRAP_TASK_RETURN);
    const VmOptions *own = &task->callee->options;
    const WitType *result = task->callee->type->result;
    const AbiPlan *plan = task->callee->abi->result;
    bool spilled = task->callee->abi->result_spilled;
    bool same = (!type && !result) || (type && result && wit_type_equal(type, result));
    if (plan->has_strings) same &= own->encoding == options->encoding;
    if (plan->needs_memory || spilled) same &= own->memory == options->memory;
    if (!same) return vm_trap(thread, TRAP_TASK_RETURN);
    AbiPlace from = vm_place(&task->callee_side, spilled, &slots->u64, spilled ? slots[0].u32 : 0);
    Trap trap = return_task(task, from);
    return trap ? vm_trap(thread, trap) : VM_DONE;
}

/* ---- the fiber of a call ---- */

static VmStatus leave_task(VmThread *thread, VmFiber *fiber) {
    VmCall *task = fiber->call;
    vm_remove_handle(fiber->base.instance, fiber->base.instance->threads, fiber->index);
    if (--task->threads == 0 && task->task_state != VM_TASK_RESOLVED)
        return vm_trap(thread, TRAP_NO_RESULT);
    if (fiber->base.instance->exclusive == fiber) fiber->base.instance->exclusive = NULL;
    return VM_DONE;
}

static VmStatus after_post_return(VmThread *thread, void *context, VmSlot *slots) {
    VmFiber *fiber = context;
    fiber->base.instance->may_leave = true;
    return leave_task(thread, fiber);
}

/* An async-typed function that was lifted without `async` returns its result as usual. */
static VmStatus sync_returned(VmThread *thread, VmFiber *fiber, VmSlot *slots) {
    VmCall *call = fiber->call;
    const VmComponentFunc *callee = call->callee;
    if (callee->abi->core_result_count) call->core_result = slots[0].u64;
    AbiPlace from = vm_place(&call->callee_side, callee->abi->result_spilled, &call->core_result,
                             (uint32_t)call->core_result);
    Trap trap = return_task(call, from);
    if (trap) return vm_trap(thread, trap);
    if (!callee->post_return) return leave_task(thread, fiber);
    callee->instance->may_leave = false;
    VmSlot arg = {.u64 = call->core_result};
    return vm_then_call(thread, callee->post_return, &arg, callee->abi->core_result_count,
                        after_post_return, fiber, NULL);
}

enum { CALLBACK_EXIT, CALLBACK_YIELD, CALLBACK_WAIT };
enum { EVENT_NONE = 0, EVENT_TASK_CANCELLED = 6 };

static VmStatus callback_returned(VmThread *thread, void *context, VmSlot *slots);

static VmStatus call_back(VmThread *thread, VmFiber *fiber, VmEvent event) {
    fiber->base.instance->exclusive = fiber;
    VmSlot args[3] = {{.u64 = event.code}, {.u64 = event.index}, {.u64 = event.payload}};
    return vm_then_call(thread, fiber->call->callee->callback, args, 3, callback_returned, fiber,
                        NULL);
}

static bool is_exclusive_free(VmFiber *fiber) { return !fiber->base.instance->exclusive; }

static bool has_event_and_is_free(VmFiber *fiber) {
    return is_exclusive_free(fiber) && vm_set_is_ready(fiber->ready_arg);
}

static VmStatus after_yield(VmThread *thread, void *context, VmSlot *slots) {
    VmFiber *fiber = context;
    VmEvent event = {.code = fiber->cancelled ? EVENT_TASK_CANCELLED : EVENT_NONE};
    return call_back(thread, fiber, event);
}

static VmStatus after_wait(VmThread *thread, void *context, VmSlot *slots) {
    VmFiber *fiber = context;
    VmSet *set = fiber->waits_on;
    VmEvent event = {.code = EVENT_TASK_CANCELLED};
    if (!fiber->cancelled) event = vm_set_take(set);
    set->waiting--;
    return call_back(thread, fiber, event);
}

/* The event loop of a callback: what it returned says what it waits for. */
static VmStatus callback_returned(VmThread *thread, void *context, VmSlot *slots) {
    VmFiber *fiber = context;
    VmComponent *instance = fiber->base.instance;
    uint32_t code = slots[0].u32 & 15, index = slots[0].u32 >> 4;
    if (code == CALLBACK_EXIT) return leave_task(thread, fiber);
    if (code > CALLBACK_WAIT) return vm_trap(thread, TRAP_CALLBACK_CODE);
    instance->exclusive = NULL;
    bool cancelled = false;
    if (code == CALLBACK_YIELD) {
        cancelled = vm_take_cancel(fiber->store, true);
        fiber->cancelled = cancelled;
        if (cancelled) return after_yield(thread, fiber, NULL);
        return vm_block(thread, is_exclusive_free, NULL, true, after_yield, fiber);
    }
    VmSet *set = vm_find_set(instance, index);
    if (!set) return vm_trap_text(thread, TRAP_UNKNOWN_HANDLE, "unknown handle index %u", index);
    set->waiting++;
    fiber->waits_on = set;
    fiber->cancelled = vm_take_cancel(fiber->store, true);
    if (fiber->cancelled || vm_set_is_ready(set)) return after_wait(thread, fiber, NULL);
    return vm_block(thread, has_event_and_is_free, set, true, after_wait, fiber);
}

static VmStatus core_returned(VmThread *thread, void *context, VmSlot *slots) {
    VmFiber *fiber = context;
    const VmComponentFunc *callee = fiber->call->callee;
    if (!callee->is_async) return sync_returned(thread, fiber, slots);
    if (callee->callback) return callback_returned(thread, fiber, slots);
    return leave_task(thread, fiber);
}

static bool has_backpressure(const VmFiber *fiber) {
    const VmComponent *instance = fiber->base.instance;
    return instance->backpressure || (needs_exclusive(fiber->call) && instance->exclusive);
}

static bool may_start(VmFiber *fiber) { return !has_backpressure(fiber); }

static VmStatus start_task(VmThread *thread, VmFiber *fiber) {
    VmCall *call = fiber->call;
    if (needs_exclusive(call)) fiber->base.instance->exclusive = fiber;
    if (!register_thread(fiber)) return vm_trap(thread, TRAP_TABLE_FULL);
    call->task_state = VM_TASK_STARTED;
    vm_set_state(call, VM_STARTED);
    VmSlot args[ABI_MAX_FLAT_PARAMS + 1];
    Trap trap = vm_pass_args(call, args);
    if (trap) return vm_trap(thread, trap);
    return vm_then_call(thread, call->callee->core, args, call->callee->abi->core_param_count,
                        core_returned, fiber, NULL);
}

static VmStatus let_in(VmThread *thread, void *context, VmSlot *slots) {
    VmFiber *fiber = context;
    fiber->base.instance->waiting_to_enter--;
    if (!fiber->cancelled) return start_task(thread, fiber);
    Trap trap = cancel_task(fiber->call);
    return trap ? vm_trap(thread, trap) : VM_DONE;
}

/* Whoever has the instance for itself may be ready to give it up: it goes on first, once. */
static VmStatus fiber_main(VmThread *thread, void *context, VmSlot *slots) {
    VmFiber *fiber = vm_active(vm_thread_store(thread));
    VmFiber *holder = needs_exclusive(fiber->call) ? fiber->base.instance->exclusive : NULL;
    if (holder && !fiber->has_given_way && holder->state == VM_FIBER_WAITING &&
        is_fiber_ready(holder)) {
        fiber->has_given_way = true;
        switch_to(holder);
        return give_way(thread, fiber, fiber_main, NULL);
    }
    if (!has_backpressure(fiber) && !fiber->base.instance->waiting_to_enter)
        return start_task(thread, fiber);
    fiber->base.instance->waiting_to_enter++;
    return vm_block(thread, may_start, NULL, true, let_in, fiber);
}

/* ---- threads made by thread.new-indirect ---- */

static VmStatus thread_returned(VmThread *thread, void *context, VmSlot *slots) {
    return leave_task(thread, context);
}

static VmStatus thread_main(VmThread *thread, void *context, VmSlot *slots) {
    VmFiber *fiber = vm_active(vm_thread_store(thread));
    VmSlot arg = {.u64 = fiber->start_arg};
    return vm_then_call(thread, fiber->start, &arg, 1, thread_returned, fiber, NULL);
}

/* What fibers begin with. */
static bool make_mains(VmStore *store) {
    VmComponents *shared = vm_shared(store);
    if (!shared->fiber_main) shared->fiber_main = vm_core_func(store, "", "", fiber_main, NULL);
    if (!shared->thread_main) shared->thread_main = vm_core_func(store, "", "", thread_main, NULL);
    return shared->fiber_main && shared->thread_main;
}

Trap vm_thread_fiber(VmComponent *instance, VmFunc *start, uint32_t arg, VmFiber **out) {
    VmCall *task = vm_active(instance->store)->current->call;
    bool ready = task && make_mains(instance->store);
    VmFiber *fiber = ready ? fiber_new(instance->store, task, instance) : NULL;
    if (!fiber) return vm_fiber_trap(instance->store);
    fiber->start = start;
    fiber->start_arg = arg;
    fiber->state = VM_FIBER_SUSPENDED;
    *out = fiber;
    return register_thread(fiber) ? TRAP_NONE : TRAP_TABLE_FULL;
}

VmFiber *vm_find_thread(VmComponent *instance, uint32_t index) {
    AbiHandle *handle = instance->threads ? abi_table_get(instance->threads, index) : NULL;
    return handle ? (VmFiber *)(uintptr_t)handle->rep : NULL;
}

/* A call that may not block shares the stack of its caller, but is a thread to its guest: it waits
 * in wait_step, and resuming it only makes it ready. */
VmFiber *vm_this_thread(VmComponent *instance) {
    VmFiber *me = vm_active(instance->store);
    if (me->current->may_block) return me;
    if (me->current->proxy) return me->current->proxy;
    if (!me->current->call) return NULL;
    VmFiber *proxy = calloc(1, sizeof *proxy);
    if (!proxy) return vm_no_memory(instance->store), NULL;
    proxy->store = instance->store;
    proxy->is_proxy = true;
    proxy->state = VM_FIBER_RUNNING;
    proxy->call = me->current->call;
    proxy->base.instance = instance;
    vm_node_add(instance->store, &proxy->node, free_proxy);
    if (!register_thread(proxy)) return NULL;
    proxy->call->threads--; /* counted already */
    return me->current->proxy = proxy;
}

void vm_end_proxy(VmFiber *proxy) {
    vm_remove_handle(proxy->base.instance, proxy->base.instance->threads, proxy->index);
    vm_node_remove(&proxy->node);
    free(proxy);
}

static bool at_once(VmFiber *fiber) { return true; }
static bool is_proxy_resumed(VmFiber *fiber) {
    return ((VmFiber *)fiber->ready_arg)->state != VM_FIBER_SUSPENDED;
}

void vm_resume_later(VmFiber *fiber) {
    fiber->ready = at_once;
    if (fiber->is_proxy) fiber->state = VM_FIBER_RUNNING;
    else enqueue(fiber);
}

VmStatus vm_suspend_thread(VmThread *thread, bool cancellable, VmHostFn then, void *context) {
    VmFiber *me = vm_active(vm_thread_store(thread));
    if (me->current->may_block) return vm_block(thread, NULL, NULL, cancellable, then, context);
    VmFiber *proxy = vm_this_thread(me->current->instance);
    if (!proxy) return vm_trap(thread, TRAP_CANNOT_BLOCK);
    proxy->state = VM_FIBER_SUSPENDED;
    return vm_block(thread, is_proxy_resumed, proxy, cancellable, then, context);
}

/* `other` runs on top of a call that may not block, which then goes on, or waits to be resumed. */
static VmStatus switch_above(VmThread *thread, VmFiber *other, bool yields, VmHostFn then,
                             void *context) {
    VmFiber *me = vm_active(vm_thread_store(thread));
    VmFiber *proxy = vm_this_thread(me->current->instance);
    if (!proxy) return vm_trap(thread, TRAP_CANNOT_BLOCK);
    if (!yields) proxy->state = VM_FIBER_SUSPENDED;
    me->ready = is_proxy_resumed;
    me->ready_arg = proxy;
    me->cancelled = false;
    me->wait_only = me->current->instance;
    me->wait_then = then;
    me->wait_context = context;
    switch_to(other);
    return give_way(thread, me, wait_step, me);
}

/* A call that may not block lets one of the others run, if there is one. */
VmStatus vm_yield(VmThread *thread, bool cancellable, VmHostFn then, void *context) {
    VmFiber *me = vm_active(vm_thread_store(thread)), *other = NULL;
    if (!me->current->may_block && me->current->call)
        other = pick(me->store, me->current->instance);
    if (other) return switch_above(thread, other, true, then, context);
    return vm_block(thread, at_once, NULL, cancellable, then, context);
}

/* The active thread suspends, or waits at once, and `other` runs in its place. */
VmStatus vm_switch_thread(VmThread *thread, VmFiber *other, bool yields, bool cancellable,
                          VmHostFn then, void *context) {
    VmFiber *me = vm_active(vm_thread_store(thread));
    if (other->is_proxy) { /* it is below in the line of resumers */
        other->state = VM_FIBER_RUNNING;
        return yields ? vm_yield(thread, cancellable, then, context)
                      : vm_suspend_thread(thread, cancellable, then, context);
    }
    if (!me->current->may_block) return switch_above(thread, other, yields, then, context);
    if (other->state == VM_FIBER_WAITING) dequeue(other);
    me->ready = at_once;
    me->cancellable = cancellable;
    me->cancelled = false;
    if (yields) enqueue(me);
    else me->state = VM_FIBER_SUSPENDED;
    other->state = VM_FIBER_RUNNING;
    other->resumer = me->resumer;
    other->has_entered = me->has_entered;
    other->entered_from = me->entered_from;
    me->resumer = NULL;
    me->has_entered = false;
    vm_shared(me->store)->active = other;
    return give_way(thread, me, then, context);
}

/* ---- starting and cancelling ---- */

VmStatus vm_start_call(VmThread *thread, VmCall *call, VmHostFn then) {
    VmComponent *caller = call->lowered ? call->lowered->caller : NULL;
    VmComponent *instance = call->callee->instance;
    Trap trap = vm_may_call(instance, caller) ? TRAP_NONE : TRAP_CANNOT_ENTER;
    VmFiber *fiber =
        trap || !make_mains(call->store) ? NULL : fiber_new(call->store, call, instance);
    if (!fiber) {
        vm_call_release(call);
        return vm_trap(thread, trap ? trap : vm_fiber_trap(call->store));
    }
    fiber->is_implicit = true;
    call->fiber = fiber;
    VmFiber *me = vm_active(call->store);
    switch_to(fiber);
    enter_instance(fiber, caller);
    return give_way(thread, me, then, call);
}

/* A stopped fiber of the task that can take the cancellation now; NULL: none. */
static VmFiber *cancellable_fiber(VmCall *call, const VmComponent *caller) {
    VmComponent *instance = call->callee->instance;
    VmFiber *implicit = call->fiber;
    if (implicit && call->task_state == VM_TASK_INITIAL && implicit->state != VM_FIBER_RUNNING)
        return implicit;
    if (!vm_may_enter(instance, caller) || !instance->threads) return NULL;
    bool is_free =
        !needs_exclusive(call) || !instance->exclusive || instance->exclusive == implicit;
    AbiHandle *handle;
    for (uint32_t i = 0; (handle = abi_table_next(instance->threads, &i)); i++) {
        VmFiber *fiber = (VmFiber *)(uintptr_t)handle->rep;
        if (fiber->call != call || fiber->is_proxy || fiber->state == VM_FIBER_RUNNING) continue;
        if (fiber->cancellable && (fiber != implicit || is_free)) return fiber;
    }
    return NULL;
}

/* Task.request_cancellation: at once where the callee waits to start, or one of its threads for
 * something that it has said may be cancelled; else it will learn of it there. */
VmStatus vm_request_cancel(VmThread *thread, VmCall *call, VmComponent *caller, VmHostFn then,
                           void *context) {
    call->cancel_requested = true;
    if (!call->callee->core) {
        VmStatus status = vm_cancel_host_call(thread, call);
        return status == VM_DONE ? then(thread, context, vm_host_slots(thread)) : status;
    }
    VmFiber *me = vm_active(call->store), *fiber = cancellable_fiber(call, caller);
    if (!fiber) {
        call->task_state = VM_TASK_PENDING_CANCEL;
        return then(thread, context, vm_host_slots(thread));
    }
    bool starts = call->task_state == VM_TASK_INITIAL;
    call->task_state = VM_TASK_CANCEL_DELIVERED;
    switch_to(fiber);
    fiber->cancelled = true;
    if (!starts) enter_instance(fiber, caller);
    return give_way(thread, me, then, context);
}

/* ---- what calls have left behind ---- */

static bool is_all_idle(VmFiber *fiber) {
    return !vm_work_waits(fiber->store) && !pick(fiber->store, NULL);
}

static VmStatus all_idle(VmThread *thread, void *context, VmSlot *slots) { return VM_DONE; }

static VmStatus run_tasks(VmThread *thread, void *context, VmSlot *slots) {
    VmFiber *me = vm_active(vm_thread_store(thread));
    me->ready = is_all_idle;
    return wait_for(thread, me, NULL, all_idle, NULL);
}

VmStatus vm_run_tasks(VmThread *thread) {
    VmStore *store = vm_thread_store(thread);
    VmComponents *shared = vm_components(store);
    if (!shared->run_tasks) shared->run_tasks = vm_core_func(store, "", "", run_tasks, NULL);
    if (!shared->run_tasks) return vm_trap(thread, TRAP_NO_MEMORY);
    if (shared->root_call || thread->nesting)
        return vm_trap_text(thread, TRAP_HOST, "another call of this store is suspended");
    vm_set_root(thread);
    return vm_call(thread, shared->run_tasks, (VmSlot[1]){{0}});
}
