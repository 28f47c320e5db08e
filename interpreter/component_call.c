/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Calls of component functions (CanonicalABI.md, "canon lift", "canon lower", "canon resource.*").
 *
 *     guest A --canon lower--> [lowered_call] --canon lift--> guest B
 *     guest A --canon lower--> [lowered_call] --------------> host function
 *     host ------------------> [entry_call] ----canon lift--> guest B
 *
 * Each is a host function of the machine that asks for the next call and goes on in a continuation,
 * so that calls between components nest in the thread's frames and never on C's stack. Only realloc
 * runs nested: it may not leave its component, so it cannot come back here.
 *
 * A VmCall holds what the specification calls Task (of the callee) and Subtask (of the caller): the
 * borrows that the callee must drop, the handles that the caller has lent.
 *
 * A trap leaves the instances that were entered as they are: they can never be entered again.
 */
#include <stdlib.h>

#include "interpreter/component.h"

enum { KEPT_LENDERS = 64 }; /* room for as many stays with a call for the next */

/* ---- entering and leaving ---- */

static bool holds(const VmComponent *caller, const VmComponent *instance) {
    for (; caller; caller = caller->parent)
        if (caller == instance) return true;
    return false;
}

/* Entering concerns the callee and its ancestors up to the first that the caller is in, too. */
static VmComponent *common(VmComponent *callee, const VmComponent *caller) {
    while (callee && !holds(caller, callee)) callee = callee->parent;
    return callee;
}

static bool may_enter(const VmComponent *callee, const VmComponent *until) {
    for (; callee != until; callee = callee->parent)
        if (!callee->may_enter) return false;
    return true;
}

static void set_entered(VmComponent *callee, const VmComponent *until, bool entered) {
    for (; callee != until; callee = callee->parent) callee->may_enter = !entered;
}

bool vm_may_enter(VmComponent *callee, const VmComponent *caller) {
    return may_enter(callee, common(callee, caller));
}

static bool is_in_line(const VmComponent *callee, const VmComponent *caller) {
    return caller && (holds(caller, callee) || holds(callee, caller));
}

/* For now the conformance suite wants no calls along the line of parents and children, nor of an
 * instance to itself. */
bool vm_may_call(VmComponent *callee, const VmComponent *caller) {
    return !is_in_line(callee, caller) && vm_may_enter(callee, caller);
}

void vm_set_entered(VmComponent *callee, const VmComponent *caller, bool entered) {
    set_entered(callee, common(callee, caller), entered);
}

void vm_push_context(VmStore *store, VmContext *context, VmComponent *instance) {
    VmFiber *fiber = vm_active(store);
    *context = (VmContext){.instance = instance, .outer = fiber->current};
    fiber->current = context;
}

void vm_pop_context(VmStore *store, VmContext *context) {
    vm_active(store)->current = context->outer;
    if (context->proxy) vm_end_proxy(context->proxy);
}

VmThread *vm_running(const VmStore *store) { return vm_active(store)->thread; }

/* ---- handles ---- */

/* Whether one more is left by the store and the shares; the limit that says no is kept for the message. */
static bool leaves_handle(const VmComponent *instance) {
    VmStore *store = instance->store;
    store->handle_limit = store->limits.max_handles;
    bool good = vm_shared(store)->handles < store->handle_limit;
    for (const VmShare *s = instance->share; s && good; s = s->outer) {
        good = s->handles < s->max_handles;
        if (!good) store->handle_limit = s->max_handles;
    }
    return good;
}

static void count_handle(const VmComponent *instance, int by) {
    for (VmShare *s = instance->share; s; s = s->outer) s->handles += (uint32_t)by;
    vm_shared(instance->store)->handles += (uint32_t)by;
}

uint32_t vm_add_handle(VmComponent *instance, AbiTable *table, AbiHandle handle) {
    VmStore *store = instance->store;
    if (!leaves_handle(instance)) return 0;
    uint32_t index = abi_table_add(table, handle);
    if (index) count_handle(instance, 1);
    else vm_no_memory(store);
    return index;
}

void vm_remove_handle(VmComponent *instance, AbiTable *table, uint32_t index) {
    abi_table_remove(table, index);
    count_handle(instance, -1);
}

/* ---- reaching a guest ---- */

static uint8_t *guest_memory(void *context, uint64_t *size) {
    const VmSide *side = context;
    *size = 0;
    return side->options->memory ? vm_memory_bytes(side->options->memory, size) : NULL;
}

static Trap guest_reallocate(void *context, uint32_t old, uint32_t old_size, uint32_t align,
                             uint32_t size, uint32_t *address) {
    const VmSide *side = context;
    if (!side->options->reallocate) return TRAP_REALLOC_BOUNDS;
    VmSlot slots[4] = {{.u64 = old}, {.u64 = old_size}, {.u64 = align}, {.u64 = size}};
    VmThread *thread = vm_running(side->store);
    VmContext own;
    bool may_leave = side->instance->may_leave;
    side->instance->may_leave = false;
    vm_push_context(side->store, &own, side->instance);
    VmStatus status = vm_call(thread, side->options->reallocate, slots);
    vm_pop_context(side->store, &own);
    if (status != VM_DONE) return vm_trapped(thread) ? vm_trapped(thread) : TRAP_HOST;
    side->instance->may_leave = may_leave;
    *address = slots[0].u32;
    return TRAP_NONE;
}

VmBudget vm_budget(const VmStore *store, bool to_host) {
    const VmLimits *limits = &store->limits;
    if (to_host) return (VmBudget){limits->max_values, TRAP_HOST_MEMORY};
    return (VmBudget){limits->max_copy, TRAP_COPY_LIMIT};
}

static Trap guest_spend(void *context, uint64_t bytes) {
    const VmSide *side = context;
    VmStore *store = side->store;
    if (bytes > side->budget->left) return side->budget->trap;
    side->budget->left -= bytes;
    uint64_t fuel = store->has_fuel ? bytes : 0; /* as bulk instructions pay it */
    if (fuel > store->fuel) return TRAP_FUEL;
    store->fuel -= fuel;
    return TRAP_NONE;
}

void vm_bind_resource(VmComponent *component, const WitType *type, VmResource *resource) {
    memset(component->known, 0, VM_KNOWN * sizeof *component->known);
    map_put_ptr(component->store->arena, &component->resources, type, NULL)->ptr = resource;
}

VmResource *vm_resource_of(const VmComponent *component, const WitType *handle) {
    const WitType *type = wit_resource_of(handle);
    VmKnown *known = &component->known[(uintptr_t)type / 64 % VM_KNOWN];
    if (known->type == type) return known->resource; /* NULL: of none */
    for (const VmComponent *at = component; at && type; at = at->scope) {
        MapEntry *found = map_get_ptr(&at->resources, type);
        if (!found) continue;
        *known = (VmKnown){type, found->ptr};
        return found->ptr;
    }
    return NULL;
}

/* The resource type that a handle's type means in this call. */
static Trap resource_of(const VmSide *side, const WitType *type, VmResource **resource) {
    bool known = type->kind == WIT_OWN || type->kind == WIT_BORROW;
    *resource = known ? vm_resource_of(side->types, type) : NULL;
    if (*resource) return TRAP_NONE;
    vm_trap_text(vm_running(side->store), TRAP_HOST, "a %s cannot be passed",
                 wit_kind_keyword(type->kind));
    return TRAP_HOST;
}

static const char *owner_text(const VmResource *resource) {
    return resource && resource->owner ? "guest-defined resource" : "host-defined resource";
}

static Trap unknown_handle(VmThread *thread, uint32_t index) {
    vm_trap_text(thread, TRAP_UNKNOWN_HANDLE, "unknown handle index %u", index);
    return TRAP_UNKNOWN_HANDLE;
}

static Trap wrong_handle(VmThread *thread, uint32_t index, const VmResource *want,
                         const VmResource *got) {
    bool same_owners = want && !want->owner == !got->owner;
    vm_trap_text(thread, TRAP_HANDLE_TYPE,
                 "handle index %u used with the wrong type, expected %s but found a%s %s", index,
                 owner_text(want), same_owners ? " different" : "", owner_text(got));
    return TRAP_HANDLE_TYPE;
}

/* The handle at an index, of the resource type that is wanted. */
static Trap find_handle(VmThread *thread, VmComponent *instance, const VmResource *resource,
                        uint32_t index, AbiHandle **handle) {
    *handle = abi_table_get(instance->table, index);
    if (!*handle) return unknown_handle(thread, index);
    if ((*handle)->type != resource) return wrong_handle(thread, index, resource, (*handle)->type);
    return TRAP_NONE;
}

/* A list of borrows makes the host remember each of them. */
static Trap add_lender(const VmSide *side, AbiTable *table, uint32_t index) {
    VmCall *call = side->call;
    if (call->lender_count == call->lender_cap) {
        uint32_t cap = call->lender_cap ? call->lender_cap * 2 : 4;
        uint64_t bytes = (cap - call->lender_cap) * sizeof *call->lenders;
        if (bytes > side->budget->left) return side->budget->trap;
        side->budget->left -= bytes;
        VmLender *more = realloc(call->lenders, cap * sizeof *more);
        if (!more) return TRAP_NO_MEMORY;
        call->lenders = more;
        call->lender_cap = cap;
    }
    call->lenders[call->lender_count++] = (VmLender){table, index};
    return TRAP_NONE;
}

static Trap guest_lift_handle(void *context, const WitType *type, uint32_t index, uint64_t *value) {
    const VmSide *side = context;
    if (type->kind == WIT_STREAM || type->kind == WIT_FUTURE)
        return vm_lift_end(side, type, index, value);
    if (type->kind == WIT_ERROR_CONTEXT) return vm_lift_error(side, index, value);
    AbiTable *table = side->instance->table;
    VmResource *resource;
    AbiHandle *handle;
    Trap trap = resource_of(side, type, &resource);
    if (!trap)
        trap = find_handle(vm_running(side->store), side->instance, resource, index, &handle);
    if (trap) return trap;
    *value = handle->rep;
    if (type->kind == WIT_BORROW) {
        handle->lend_count++;
        return add_lender(side, table, index);
    }
    if (handle->lend_count) return TRAP_HANDLE_LENT;
    if (!handle->own) {
        vm_trap_text(vm_running(side->store), TRAP_HANDLE_TYPE,
                     "handle index %u used with the wrong type, expected own, found borrow", index);
        return TRAP_HANDLE_TYPE;
    }
    vm_remove_handle(side->instance, table, index);
    return TRAP_NONE;
}

static Trap guest_lower_handle(void *context, const WitType *type, uint64_t value,
                               uint32_t *index) {
    const VmSide *side = context;
    if (type->kind == WIT_STREAM || type->kind == WIT_FUTURE)
        return vm_lower_end(side, type, value, index);
    if (type->kind == WIT_ERROR_CONTEXT) return vm_lower_error(side, value, index);
    VmResource *resource;
    Trap trap = resource_of(side, type, &resource);
    if (trap) return trap;
    AbiHandle handle = {.type = resource, .rep = value, .own = type->kind != WIT_BORROW};
    if (!handle.own && resource->owner == side->instance) {
        *index = (uint32_t)value;
        return TRAP_NONE;
    }
    if (!handle.own) handle.scope = side->call;
    *index = vm_add_handle(side->instance, side->instance->table, handle);
    if (!*index) return TRAP_TABLE_FULL;
    if (!handle.own) side->call->borrows++;
    return TRAP_NONE;
}

static void aim_side(VmSide *side, VmComponent *instance, VmComponent *types,
                     const VmOptions *options) {
    side->instance = instance;
    side->types = types;
    side->options = options;
    side->guest.encoding = options->encoding;
}

static void init_side(VmSide *side, VmStore *store, VmCall *call, VmBudget *budget) {
    *side = (VmSide){.store = store, .call = call, .budget = budget};
    side->guest = (AbiGuest){.context = side,
                             .memory = guest_memory,
                             .reallocate = guest_reallocate,
                             .spend = guest_spend,
                             .lift_handle = guest_lift_handle,
                             .lower_handle = guest_lower_handle};
}

void vm_set_side(VmSide *side, VmStore *store, VmCall *call, VmComponent *instance,
                 VmComponent *types, const VmOptions *options, VmBudget *budget) {
    init_side(side, store, call, budget);
    aim_side(side, instance, types, options);
}

AbiPlace vm_place(const VmSide *side, bool spilled, uint64_t *slots, uint32_t address) {
    return (AbiPlace){.guest = &side->guest, .slots = spilled ? NULL : slots, .address = address};
}

/* ---- a call's life ---- */

static VmCall *make_call(VmStore *store) {
    VmComponents *shared = vm_shared(store);
    VmCall *call = calloc(1, sizeof *call);
    if (!call) return NULL;
    call->store = store;
    init_side(&call->caller_side, store, call, &call->budget);
    init_side(&call->callee_side, store, call, &call->budget);
    call->next_made = shared->all_calls;
    return shared->all_calls = call;
}

/* Used calls are where they are left: what the next one needs cleared is cleared here. */
static VmCall *take_call(VmStore *store) {
    VmCall *call = vm_shared(store)->free_calls;
    if (!call) return make_call(store);
    vm_shared(store)->free_calls = call->next_free;
    call->waitable = (VmWaitable){0};
    call->borrows = call->threads = call->lender_count = 0;
    call->state = VM_STARTING;
    call->task_state = VM_TASK_INITIAL;
    call->delivered = call->cancel_requested = call->is_cancelled = call->has_scratch = false;
    call->work = (VmWork){0};
    call->fiber = NULL;
    return call;
}

void vm_free_calls(VmComponents *shared) {
    for (VmCall *call = shared->all_calls, *next; call; call = next) {
        next = call->next_made;
        if (call->owns_arena) arena_free(call->arena);
        free(call->lenders);
        free(call);
    }
}

static VmCall *call_new(VmStore *store, VmComponentFunc *callee, const VmLowered *lowered) {
    VmCall *call = take_call(store);
    if (!call) return NULL;
    call->refs = 1;
    call->callee = callee;
    call->lowered = lowered;
    call->until = lowered ? lowered->until : NULL;
    call->budget = vm_budget(store, !callee->core || !lowered);
    aim_side(&call->callee_side, callee->instance, callee->instance, &callee->options);
    if (lowered) aim_side(&call->caller_side, lowered->caller, callee->instance, &lowered->options);
    return call;
}

/* Host calls that do not last share an arena, which starts anew once it has become large. */
static void take_scratch(VmCall *call) {
    VmComponents *shared = vm_shared(call->store);
    if (!shared->scratch) shared->scratch = arena_keep(arena_new());
    shared->scratch_users++;
    call->arena = shared->scratch;
    call->has_scratch = true;
}

static void give_scratch(VmCall *call) {
    VmComponents *shared = vm_shared(call->store);
    if (--shared->scratch_users || arena_used(shared->scratch) < 256 << 10) return;
    arena_free(shared->scratch);
    shared->scratch = NULL;
}

void vm_call_release(VmCall *call) {
    if (--call->refs) return;
    if (vm_shared(call->store)->root_call == call) vm_shared(call->store)->root_call = NULL;
    if (call->has_scratch) give_scratch(call);
    if (call->owns_arena) arena_free(call->arena);
    call->owns_arena = false;
    if (call->lender_cap > KEPT_LENDERS) {
        free(call->lenders);
        call->lenders = NULL;
        call->lender_cap = 0;
    }
    call->next_free = vm_shared(call->store)->free_calls;
    vm_shared(call->store)->free_calls = call;
}

static void call_dropped(void *context) { vm_call_release(context); }

static VmStatus call_trap(VmCall *call, VmThread *thread, Trap trap) {
    vm_call_release(call);
    return vm_trap(thread, trap);
}

/* What was lent comes back (deliver_resolve). */
void vm_return_lent(VmCall *call) {
    for (uint32_t i = 0; i < call->lender_count; i++) {
        AbiHandle *handle = abi_table_get(call->lenders[i].table, call->lenders[i].index);
        if (handle) handle->lend_count--;
    }
    call->lender_count = 0;
    call->delivered = true;
}

/* The caller goes on: its result is put where it expects it. */
static VmStatus call_done(VmThread *thread, VmCall *call) {
    const VmLowered *lowered = call->lowered;
    if (lowered && lowered->abi->core_result_count)
        vm_host_slots(thread)[0].u64 = lowered->is_async ? VM_RETURNED : call->flat_result;
    vm_return_lent(call);
    vm_call_release(call);
    return VM_DONE;
}

/* ---- arguments and results ---- */

static uint64_t *words(VmSlot *slots) { return &slots->u64; }

/* Where the caller's arguments are. */
static AbiPlace args_place(VmCall *call) {
    bool spilled = call->lowered->abi->params_spilled;
    return vm_place(&call->caller_side, spilled, call->core_args,
                    spilled ? (uint32_t)call->core_args[0] : 0);
}

Trap vm_pass_args(VmCall *call, VmSlot *core_args) {
    const AbiFunc *lift = call->callee->abi;
    if (lift->params->op_count == 0) return TRAP_NONE;
    uint32_t address = 0;
    if (lift->params_spilled) {
        Trap trap = abi_allocate(lift->params, &call->callee_side.guest, &address);
        if (trap) return trap;
        core_args[0].u64 = address;
    }
    AbiPlace to = vm_place(&call->callee_side, lift->params_spilled, words(core_args), address);
    return call->lowered ? abi_transfer(lift->params, args_place(call), lift->params, to)
                         : abi_lower(lift->params, call->args, to);
}

Trap vm_pass_result(VmCall *call, AbiPlace from) {
    const AbiPlan *plan = call->callee->abi->result;
    if (plan->op_count == 0) return TRAP_NONE;
    if (!call->lowered) return abi_lift(plan, from, call->arena, call->result);
    AbiPlace to = vm_place(&call->caller_side, call->lowered->abi->result_spilled,
                           &call->flat_result, call->out_pointer);
    return abi_transfer(plan, from, plan, to);
}

/* ---- calling a guest on the caller's own fiber ---- */

static VmStatus guest_done(VmThread *thread, VmCall *call) {
    vm_pop_context(call->store, &call->context);
    call->threads--;
    set_entered(call->callee->instance, call->until, false);
    return call_done(thread, call);
}

static VmStatus post_returned(VmThread *thread, void *context, VmSlot *slots) {
    VmCall *call = context;
    call->callee->instance->may_leave = true;
    return guest_done(thread, call);
}

static VmStatus guest_returned(VmThread *thread, void *context, VmSlot *slots) {
    VmCall *call = context;
    VmComponentFunc *callee = call->callee;
    if (call->borrows) return call_trap(call, thread, TRAP_BORROWS_LEFT);
    if (callee->abi->core_result_count) call->core_result = slots[0].u64;
    AbiPlace from = vm_place(&call->callee_side, callee->abi->result_spilled, &call->core_result,
                             (uint32_t)call->core_result);
    Trap trap = vm_pass_result(call, from);
    if (trap) return call_trap(call, thread, trap);
    call->task_state = VM_TASK_RESOLVED;
    if (!callee->post_return) return guest_done(thread, call);
    callee->instance->may_leave = false;
    VmSlot arg = {.u64 = call->core_result};
    return vm_then_call(thread, callee->post_return, &arg, callee->abi->core_result_count,
                        post_returned, call, call_dropped);
}

static void begin_task(VmCall *call) {
    vm_push_context(call->store, &call->context, call->callee->instance);
    call->context.call = call;
    call->task_state = VM_TASK_STARTED;
    call->threads = 1;
}

static VmStatus call_guest(VmThread *thread, VmCall *call) {
    const VmComponentFunc *callee = call->callee;
    bool is_never = call->lowered && call->lowered->is_never;
    if (is_never || !may_enter(callee->instance, call->until))
        return call_trap(call, thread, TRAP_CANNOT_ENTER);
    set_entered(callee->instance, call->until, true);
    VmSlot kept[ABI_MAX_FLAT_PARAMS + 1], *args = kept;
    uint32_t n = callee->abi->core_param_count;
    /* Where no realloc runs meanwhile, they can be written where the callee wants them. */
    if (!callee->abi->needs_realloc) args = vm_callee_room(thread, n);
    if (!args) return call_trap(call, thread, TRAP_STACK_EXHAUSTED);
    Trap trap = vm_pass_args(call, args);
    if (trap) return call_trap(call, thread, trap);
    begin_task(call);
    return vm_then_call(thread, callee->core, args, n, guest_returned, call, call_dropped);
}

/* ---- calling a guest that may block: on a fiber of its own ---- */

static bool is_call_resolved(VmFiber *fiber) { return vm_is_resolved(fiber->ready_arg); }

static VmStatus call_resolved(VmThread *thread, void *context, VmSlot *slots) {
    return call_done(thread, context);
}

/* The callee has blocked, or is done: the caller goes on with the subtask, or waits. */
static VmStatus call_started(VmThread *thread, void *context, VmSlot *slots) {
    VmCall *call = context;
    if (vm_is_resolved(call)) return call_done(thread, call);
    if (!call->lowered->is_async)
        return vm_block(thread, is_call_resolved, call, false, call_resolved, call);
    uint32_t index = vm_table_put(call->lowered->caller, VM_WAIT_SUBTASK, call);
    if (!index) return call_trap(call, thread, TRAP_TABLE_FULL);
    vm_host_slots(thread)[0].u64 = call->state | index << 4;
    return VM_DONE;
}

/* ---- guest to host ---- */

static VmStatus ask_host(VmThread *thread, VmCall *call);

static VmStatus ask_host_again(VmThread *thread, void *context, VmSlot *slots) {
    thread->top->dropped = NULL;
    vm_active(vm_thread_store(thread))->waits_for_host = false;
    if (vm_tick(thread)) return ask_host(thread, context);
    vm_call_release(context);
    return VM_TRAP;
}

/* A thread that ends while it is suspended drops the call. */
static VmStatus suspend(VmThread *thread, VmCall *call) {
    thread->top->context = call;
    thread->top->dropped = call_dropped;
    vm_active(call->store)->waits_for_host = true;
    return vm_suspend(thread, ask_host_again, call);
}

static Trap lower_host_result(VmCall *call) {
    const AbiFunc *lower = call->lowered->abi;
    AbiPlace to =
        vm_place(&call->caller_side, lower->result_spilled, &call->flat_result, call->out_pointer);
    return lower->result->op_count ? abi_lower(lower->result, call->result, to) : TRAP_NONE;
}

Trap vm_host_answered(VmCall *call) {
    Trap trap = call->is_cancelled ? TRAP_NONE : lower_host_result(call);
    if (trap) return trap;
    vm_set_state(call, call->is_cancelled ? VM_CANCELLED_BEFORE_RETURNED : VM_RETURNED);
    return TRAP_NONE;
}

static VmStatus ask_host(VmThread *thread, VmCall *call) {
    const VmComponentFunc *callee = vm_shared(call->store)->told = call->callee;
    VmStatus status = callee->host(thread, callee->context, call->args, call->result, call->arena);
    Trap trap;
    if (vm_shared(call->store)->is_lost) status = vm_trap(thread, TRAP_NO_MEMORY);
    switch (status) {
    case VM_DONE:
        trap = call->lowered ? lower_host_result(call) : TRAP_NONE;
        return trap ? call_trap(call, thread, trap) : call_done(thread, call);
    case VM_SUSPEND:
        if (!call->lowered || !callee->type->is_async) return suspend(thread, call);
        vm_host_call_waits(call);
        return call_started(thread, call, NULL);
    case VM_THROW:
    case VM_CALL: return call_trap(call, thread, TRAP_HOST); /* not for these functions */
    case VM_TRAP:
    case VM_EXIT: break;
    }
    vm_call_release(call);
    return status;
}

static VmStatus call_host(VmThread *thread, VmCall *call) {
    const AbiFunc *lower = call->lowered->abi;
    if (call->callee->type->is_async)
        call->arena = arena_keep(arena_new()), call->owns_arena = true;
    else take_scratch(call);
    uint32_t n = lower->params->op_count, all = n + lower->result->op_count;
    bool fits = all <= sizeof call->cells / sizeof *call->cells;
    AbiValue *args = fits ? call->cells : ARENA_NEW_ARRAY(call->arena, AbiValue, all);
    call->args = args;
    call->result = args + n;
    memset(call->result, 0, (all - n) * sizeof *args);
    if (n) {
        Trap trap = abi_lift(lower->params, args_place(call), call->arena, args);
        if (trap) return call_trap(call, thread, trap);
    }
    return ask_host(thread, call);
}

/* ---- canon lower ---- */

static VmStatus lowered_call(VmThread *thread, void *context, VmSlot *slots) {
    const VmLowered *lowered = context;
    const VmComponentFunc *callee = lowered->callee;
    if (!lowered->caller->may_leave) return vm_trap(thread, TRAP_CANNOT_LEAVE);
    bool on_fiber = callee->core && callee->type->is_async;
    if (on_fiber && !lowered->is_async && !vm_may_wait(lowered->caller))
        return vm_trap(thread, TRAP_CANNOT_BLOCK);
    VmCall *call = call_new(lowered->caller->store, lowered->callee, lowered);
    if (!call) return vm_trap(thread, TRAP_NO_MEMORY);
    uint32_t n = lowered->abi->core_param_count;
    call->core_args = words(slots);
    if (lowered->abi->result_spilled) call->out_pointer = slots[n - 1].u32;
    if (on_fiber) { /* which may run when this frame is gone */
        if (n) memcpy(call->saved_args, slots, n * sizeof *slots);
        call->core_args = call->saved_args;
        return vm_start_call(thread, call, call_started);
    }
    return callee->core ? call_guest(thread, call) : call_host(thread, call);
}

/* There is no other reason for which there is none. */
static VmFunc *must(VmFunc *func) {
    if (!func) arena_no_memory();
    return func;
}

static CoreValType core_type_of(AbiCore type) {
    static const CoreValType types[] = {CORE_I32, CORE_I64, CORE_F32, CORE_F64};
    return types[type];
}

VmFunc *vm_lowered_func(VmLowered *lowered) {
    const AbiFunc *abi = lowered->abi;
    lowered->until = common(lowered->callee->instance, lowered->caller);
    lowered->is_never = is_in_line(lowered->callee->instance, lowered->caller);
    CoreValType params[ABI_MAX_FLAT_PARAMS + 1], results[ABI_MAX_FLAT_RESULTS];
    for (uint32_t i = 0; i < abi->core_param_count; i++)
        params[i] = core_type_of(abi->core_params[i]);
    for (uint32_t i = 0; i < abi->core_result_count; i++)
        results[i] = core_type_of(abi->core_results[i]);
    return must(vm_host_func(lowered->caller->store, params, abi->core_param_count, results,
                             abi->core_result_count, lowered_call, lowered, NULL));
}

VmFunc *vm_core_func(VmStore *store, const char *params, const char *results, VmHostFn fn,
                     void *context) {
    CoreValType types[2][ABI_MAX_FLAT_PARAMS + 1];
    uint32_t counts[2] = {(uint32_t)strlen(params), (uint32_t)strlen(results)};
    for (uint32_t i = 0; i < counts[0]; i++) types[0][i] = params[i] == 'I' ? CORE_I64 : CORE_I32;
    for (uint32_t i = 0; i < counts[1]; i++) types[1][i] = results[i] == 'I' ? CORE_I64 : CORE_I32;
    return must(vm_host_func(store, types[0], counts[0], types[1], counts[1], fn, context, NULL));
}

/* ---- host to guest ---- */

static VmStatus entry_started(VmThread *thread, void *context, VmSlot *slots) {
    return vm_await_call(thread, context, call_resolved);
}

static VmStatus entry_call(VmThread *thread, void *context, VmSlot *slots) {
    VmComponentFunc *callee = context;
    VmCall *call = callee->pending;
    callee->pending = NULL;
    if (!callee->core) return ask_host(thread, call);
    if (callee->type->is_async) return vm_start_call(thread, call, entry_started);
    return call_guest(thread, call);
}

/* The host has one call of a store at a time, which may be suspended. `call` is NULL of a destructor's. */
static bool begin_root(VmThread *thread, VmCall *call) {
    VmComponents *shared = vm_components(thread->store);
    if (thread->nesting) return true;
    if (shared->root_call && (shared->root.thread != thread || thread->top > thread->frames))
        return false;
    vm_set_root(thread);
    shared->root_call = call;
    return true;
}

VmStatus vm_component_call(VmThread *thread, VmComponentFunc *func, const AbiValue *args,
                           AbiValue *result, Arena *arena) {
    if (vm_components_lost(func->instance->store)) return vm_trap(thread, TRAP_NO_MEMORY);
    if (!func->entry) func->entry = vm_core_func(func->instance->store, "", "", entry_call, func);
    VmCall *call = func->entry ? call_new(func->instance->store, func, NULL) : NULL;
    if (!call) return vm_trap(thread, TRAP_NO_MEMORY);
    call->args = args;
    call->result = result;
    call->arena = arena;
    if (!begin_root(thread, call)) {
        vm_call_release(call);
        return vm_trap_text(thread, TRAP_HOST, "another call of this store is suspended");
    }
    func->pending = call;
    VmSlot none[1] = {{0}};
    VmStatus status = vm_call(thread, func->entry, none);
    if (func->pending == call) { /* it did not even begin */
        func->pending = NULL;
        vm_call_release(call);
    }
    if (status != VM_SUSPEND && thread->nesting == 0)
        vm_shared(func->instance->store)->root_call = NULL;
    return status;
}

/* ---- resource.new, resource.drop, resource.rep ---- */

typedef struct {
    VmComponent *instance;
    VmResource *resource;
} ResourceFunc;

static VmStatus resource_new(VmThread *thread, void *context, VmSlot *slots) {
    const ResourceFunc *f = context;
    if (!f->instance->may_leave) return vm_trap(thread, TRAP_CANNOT_LEAVE);
    AbiHandle handle = {.type = f->resource, .rep = slots[0].u32, .own = true};
    uint32_t index = vm_add_handle(f->instance, f->instance->table, handle);
    if (!index) return vm_trap(thread, TRAP_TABLE_FULL);
    slots[0].u64 = index;
    return VM_DONE;
}

static VmStatus resource_rep(VmThread *thread, void *context, VmSlot *slots) {
    const ResourceFunc *f = context;
    AbiHandle *handle;
    Trap trap = find_handle(thread, f->instance, f->resource, slots[0].u32, &handle);
    if (trap) return vm_trap(thread, trap);
    slots[0].u64 = (uint32_t)handle->rep;
    return VM_DONE;
}

static VmStatus destroyed(VmThread *thread, void *context, VmSlot *slots) {
    ((VmCall *)context)->task_state = VM_TASK_RESOLVED;
    return guest_done(thread, context);
}

/* The destructor is called like a function of the component that defined the resource. */
static VmStatus destroy(VmThread *thread, const ResourceFunc *f, uint64_t rep) {
    VmResource *resource = f->resource;
    if (!resource->owner) {
        if (resource->destroy) resource->destroy(resource->context, rep);
        return VM_DONE;
    }
    if (!vm_may_enter(resource->owner, f->instance)) return vm_trap(thread, TRAP_CANNOT_ENTER);
    if (!resource->dtor) return VM_DONE;
    VmCall *call = call_new(vm_thread_store(thread), resource->dtor, NULL);
    if (!call) return vm_trap(thread, TRAP_NO_MEMORY);
    call->until = common(resource->owner, f->instance);
    set_entered(resource->owner, call->until, true);
    begin_task(call);
    VmSlot arg = {.u64 = (uint32_t)rep};
    return vm_then_call(thread, resource->dtor->core, &arg, 1, destroyed, call, call_dropped);
}

static VmStatus resource_drop(VmThread *thread, void *context, VmSlot *slots) {
    ResourceFunc *f = context;
    if (!f->instance->may_leave) return vm_trap(thread, TRAP_CANNOT_LEAVE);
    AbiHandle *handle;
    Trap trap = find_handle(thread, f->instance, f->resource, slots[0].u32, &handle);
    if (!trap && handle->lend_count) trap = TRAP_HANDLE_LENT;
    if (trap) return vm_trap(thread, trap);
    AbiHandle dropped = *handle;
    const VmResource *resource = f->resource;
    const char *refused =
        dropped.own && resource->refuses ? resource->refuses(resource->context, dropped.rep) : NULL;
    if (refused) return vm_trap_text(thread, TRAP_HOST, "%s", refused);
    vm_remove_handle(f->instance, f->instance->table, slots[0].u32);
    if (dropped.own) return destroy(thread, f, dropped.rep);
    ((VmCall *)dropped.scope)->borrows--;
    return VM_DONE;
}

/* The host drops: as a guest does that is outside of all. */
static VmStatus host_drop(VmThread *thread, void *context, VmSlot *slots) {
    return destroy(thread, context, slots[0].u64);
}

VmStatus vm_component_drop(VmThread *thread, const VmComponentFunc *func, const WitType *own,
                           uint64_t rep) {
    VmStore *store = vm_thread_store(thread);
    VmResource *resource = vm_resource_of(func->instance, own);
    if (!resource)
        return vm_trap_text(thread, TRAP_HOST, "the type is no resource of the function");
    if (vm_components_lost(store)) return vm_trap(thread, TRAP_NO_MEMORY);
    if (!begin_root(thread, NULL))
        return vm_trap_text(thread, TRAP_HOST, "another call of this store is suspended");
    if (!resource->dropper) {
        ResourceFunc *f = ARENA_NEW(store->arena, ResourceFunc);
        *f = (ResourceFunc){NULL, resource};
        resource->dropper = vm_core_func(store, "I", "", host_drop, f);
    }
    VmSlot slots[1] = {{.u64 = rep}};
    return resource->dropper ? vm_call(thread, resource->dropper, slots)
                             : vm_trap(thread, TRAP_NO_MEMORY);
}

VmFunc *vm_resource_func(VmComponent *component, VmResource *resource, CompCanonOp op) {
    ResourceFunc *f = ARENA_NEW(component->store->arena, ResourceFunc);
    *f = (ResourceFunc){component, resource};
    VmHostFn fn = op == COMP_CANON_RESOURCE_NEW   ? resource_new
                  : op == COMP_CANON_RESOURCE_REP ? resource_rep
                                                  : resource_drop;
    return vm_core_func(component->store, "i", op == COMP_CANON_RESOURCE_DROP ? "" : "i", fn, f);
}
