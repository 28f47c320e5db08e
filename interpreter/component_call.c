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

typedef struct {
    AbiTable *table;
    uint32_t index;
} Lender;

/* One side of a call, the context of an AbiGuest. */
typedef struct {
    VmThread *thread;
    struct VmCall *call;
    VmComponent *instance;
    const VmOptions *options;
} Side;

typedef struct VmCall {
    VmThread *thread;
    VmComponentFunc *callee;
    const VmLowered *lowered; /* NULL: called by the host, then the next three count */
    const AbiValue *args;
    AbiValue *result;
    Arena *arena;
    bool has_scratch;
    uint32_t out_pointer; /* where a spilled result goes */
    uint64_t core_result;
    uint32_t borrows; /* that the callee still has */
    uint64_t spent, may_spend;
    Lender *lenders;
    uint32_t lender_count, lender_cap;
    Side caller_side, callee_side;
    AbiGuest caller_guest, callee_guest;
} VmCall;

/* ---- entering and leaving ---- */

static bool holds(const VmComponent *caller, const VmComponent *instance) {
    for (; caller; caller = caller->parent)
        if (caller == instance) return true;
    return false;
}

bool vm_may_enter(const VmComponent *callee, const VmComponent *caller) {
    for (; callee && !holds(caller, callee); callee = callee->parent)
        if (!callee->may_enter) return false;
    return true;
}

void vm_set_entered(VmComponent *callee, const VmComponent *caller, bool entered) {
    for (; callee && !holds(caller, callee); callee = callee->parent) callee->may_enter = !entered;
}

static VmComponent *caller_of(const VmCall *call) {
    return call->lowered ? call->lowered->caller : NULL;
}

/* ---- reaching a guest ---- */

static uint8_t *guest_memory(void *context, uint64_t *size) {
    const Side *side = context;
    *size = 0;
    return side->options->memory ? vm_memory_bytes(side->options->memory, size) : NULL;
}

static Trap guest_reallocate(void *context, uint32_t old, uint32_t old_size, uint32_t align,
                             uint32_t size, uint32_t *address) {
    const Side *side = context;
    if (!side->options->reallocate) return TRAP_REALLOC_BOUNDS;
    VmSlot slots[4] = {{.u64 = old}, {.u64 = old_size}, {.u64 = align}, {.u64 = size}};
    bool may_leave = side->instance->may_leave;
    side->instance->may_leave = false;
    VmStatus status = vm_call(side->thread, side->options->reallocate, slots);
    if (status != VM_DONE) return vm_trapped(side->thread) ? vm_trapped(side->thread) : TRAP_HOST;
    side->instance->may_leave = may_leave;
    *address = slots[0].u32;
    return TRAP_NONE;
}

static Trap guest_spend(void *context, uint64_t bytes) {
    VmCall *call = ((const Side *)context)->call;
    if (bytes > call->may_spend - call->spent) return TRAP_HOST_MEMORY;
    call->spent += bytes;
    return TRAP_NONE;
}

VmResource *vm_resource_of(const VmComponent *component, const WitType *handle) {
    const WitType *type = wit_resource_of(handle);
    for (; component && type; component = component->scope) {
        MapEntry *known = map_get(&component->resources, (Str){(const char *)&type, sizeof type});
        if (known) return known->ptr;
    }
    return NULL;
}

/* The resource type that a handle's type means in this call. */
static Trap resource_of(const Side *side, const WitType *type, VmResource **resource) {
    bool known = type->kind == WIT_OWN || type->kind == WIT_BORROW;
    *resource = known ? vm_resource_of(side->call->callee->instance, type) : NULL;
    if (*resource) return TRAP_NONE;
    vm_trap_text(side->thread, TRAP_HOST, "a %s cannot be passed", wit_kind_keyword(type->kind));
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

static bool add_lender(VmCall *call, AbiTable *table, uint32_t index) {
    if (call->lender_count == call->lender_cap) {
        uint32_t cap = call->lender_cap ? call->lender_cap * 2 : 4;
        Lender *more = realloc(call->lenders, cap * sizeof *more);
        if (!more) return false;
        call->lenders = more;
        call->lender_cap = cap;
    }
    call->lenders[call->lender_count++] = (Lender){table, index};
    return true;
}

static Trap guest_lift_handle(void *context, const WitType *type, uint32_t index, uint64_t *value) {
    const Side *side = context;
    AbiTable *table = side->instance->table;
    VmResource *resource;
    AbiHandle *handle;
    Trap trap = resource_of(side, type, &resource);
    if (!trap) trap = find_handle(side->thread, side->instance, resource, index, &handle);
    if (trap) return trap;
    *value = handle->rep;
    if (type->kind == WIT_BORROW) {
        handle->lend_count++;
        return add_lender(side->call, table, index) ? TRAP_NONE : TRAP_HOST_MEMORY;
    }
    if (handle->lend_count) return TRAP_HANDLE_LENT;
    if (!handle->own) {
        vm_trap_text(side->thread, TRAP_HANDLE_TYPE,
                     "handle index %u used with the wrong type, expected own, found borrow", index);
        return TRAP_HANDLE_TYPE;
    }
    abi_table_remove(table, index);
    return TRAP_NONE;
}

static Trap guest_lower_handle(void *context, const WitType *type, uint64_t value,
                               uint32_t *index) {
    const Side *side = context;
    VmResource *resource;
    Trap trap = resource_of(side, type, &resource);
    if (trap) return trap;
    AbiHandle handle = {.type = resource, .rep = value, .own = type->kind != WIT_BORROW};
    if (!handle.own && resource->owner == side->instance) {
        *index = (uint32_t)value;
        return TRAP_NONE;
    }
    if (!handle.own) handle.scope = side->call;
    *index = abi_table_add(side->instance->table, handle);
    if (!*index) return TRAP_TABLE_FULL;
    side->call->borrows += !handle.own;
    return TRAP_NONE;
}

static void set_side(VmCall *call, Side *side, AbiGuest *guest, VmComponent *instance,
                     const VmOptions *options) {
    *side = (Side){call->thread, call, instance, options};
    *guest = (AbiGuest){.context = side,
                        .encoding = options->encoding,
                        .memory = guest_memory,
                        .reallocate = guest_reallocate,
                        .spend = guest_spend,
                        .lift_handle = guest_lift_handle,
                        .lower_handle = guest_lower_handle};
}

/* ---- a call's life ---- */

static VmCall *call_new(VmThread *thread, VmComponentFunc *callee, const VmLowered *lowered) {
    VmCall *call = calloc(1, sizeof *call);
    if (!call) return NULL;
    *call = (VmCall){.thread = thread, .callee = callee, .lowered = lowered};
    call->may_spend = callee->core && lowered ? VM_MAX_TRANSFER_BYTES : VM_MAX_CALL_BYTES;
    set_side(call, &call->callee_side, &call->callee_guest, callee->instance, &callee->options);
    if (lowered)
        set_side(call, &call->caller_side, &call->caller_guest, lowered->caller, &lowered->options);
    return call;
}

/* Host calls share an arena, which starts anew once it has become large. */
static void take_scratch(VmCall *call) {
    VmComponents *shared = vm_components(vm_thread_store(call->thread));
    if (!shared->scratch) shared->scratch = arena_new();
    shared->scratch_users++;
    call->arena = shared->scratch;
    call->has_scratch = true;
}

static void give_scratch(VmCall *call) {
    VmComponents *shared = vm_components(vm_thread_store(call->thread));
    if (--shared->scratch_users || arena_used(shared->scratch) < 256 << 10) return;
    arena_free(shared->scratch);
    shared->scratch = NULL;
}

static void call_free(void *context) {
    VmCall *call = context;
    if (call->has_scratch) give_scratch(call);
    free(call->lenders);
    free(call);
}

static VmStatus call_trap(VmCall *call, Trap trap) {
    VmThread *thread = call->thread;
    call_free(call);
    return vm_trap(thread, trap);
}

/* What was lent comes back (deliver_resolve). */
static void return_lent(VmCall *call) {
    for (uint32_t i = 0; i < call->lender_count; i++) {
        AbiHandle *handle = abi_table_get(call->lenders[i].table, call->lenders[i].index);
        if (handle) handle->lend_count--;
    }
    call->lender_count = 0;
}

static VmStatus call_done(VmCall *call) {
    if (call->callee->core) vm_set_entered(call->callee->instance, caller_of(call), false);
    return_lent(call);
    call_free(call);
    return VM_DONE;
}

static VmStatus post_returned(VmThread *thread, void *context, VmSlot *slots) {
    VmCall *call = context;
    call->callee->instance->may_leave = true;
    return call_done(call);
}

/* The result has been taken; now the callee may free what it was made of. */
static VmStatus after_result(VmCall *call) {
    VmComponentFunc *callee = call->callee;
    if (!callee->post_return) return call_done(call);
    callee->instance->may_leave = false;
    VmSlot arg = {.u64 = call->core_result};
    return vm_then_call(call->thread, callee->post_return, &arg, callee->abi->core_result_count,
                        post_returned, call, call_free);
}

static AbiPlace place(const AbiGuest *guest, bool spilled, uint64_t *slots, uint32_t address) {
    return (AbiPlace){.guest = guest, .slots = spilled ? NULL : slots, .address = address};
}

static uint64_t *words(VmSlot *slots) { return &slots->u64; }

/* Where the caller's arguments are. */
static AbiPlace params_place(const VmCall *call, VmSlot *slots) {
    bool spilled = call->lowered->abi->params_spilled;
    return place(&call->caller_guest, spilled, words(slots), spilled ? slots[0].u32 : 0);
}

/* ---- guest to guest ---- */

static VmStatus guest_returned(VmThread *thread, void *context, VmSlot *slots) {
    VmCall *call = context;
    const AbiFunc *lift = call->callee->abi, *lower = call->lowered->abi;
    if (call->borrows) return call_trap(call, TRAP_BORROWS_LEFT);
    if (lift->core_result_count) call->core_result = slots[0].u64;
    AbiPlace from = place(&call->callee_guest, lift->result_spilled, &call->core_result,
                          (uint32_t)call->core_result);
    AbiPlace to = place(&call->caller_guest, lower->result_spilled, words(vm_host_slots(thread)),
                        call->out_pointer);
    if (lift->result->op_count) {
        Trap trap = abi_transfer(lift->result, from, lift->result, to);
        if (trap) return call_trap(call, trap);
    }
    return after_result(call);
}

static VmStatus call_guest(VmCall *call, VmSlot *slots) {
    const VmComponentFunc *callee = call->callee;
    const AbiFunc *lift = callee->abi;
    if (!vm_may_enter(callee->instance, caller_of(call))) return call_trap(call, TRAP_CANNOT_ENTER);
    vm_set_entered(callee->instance, caller_of(call), true);
    uint64_t args[ABI_MAX_FLAT_PARAMS + 1] = {0};
    uint32_t address = 0;
    Trap trap = TRAP_NONE;
    if (lift->params_spilled) trap = abi_allocate(lift->params, &call->callee_guest, &address);
    AbiPlace from = params_place(call, slots);
    AbiPlace to = place(&call->callee_guest, lift->params_spilled, args, address);
    if (!trap && lift->params->op_count) trap = abi_transfer(lift->params, from, lift->params, to);
    if (trap) return call_trap(call, trap);
    VmSlot core_args[ABI_MAX_FLAT_PARAMS + 1];
    for (uint32_t i = 0; i < lift->core_param_count; i++) core_args[i].u64 = args[i];
    if (lift->params_spilled) core_args[0].u64 = address;
    return vm_then_call(call->thread, callee->core, core_args, lift->core_param_count,
                        guest_returned, call, call_free);
}

/* ---- guest to host ---- */

static VmStatus ask_host(VmCall *call);

/* A thread that ends while it is suspended drops the call. */
static VmStatus suspend(VmCall *call, VmHostFn again) {
    call->thread->top->context = call;
    call->thread->top->dropped = call_free;
    return vm_suspend(call->thread, again, call);
}

static VmStatus ask_host_again(VmThread *thread, void *context, VmSlot *slots) {
    thread->top->dropped = NULL;
    if (vm_tick(thread)) return ask_host(context);
    call_free(context);
    return VM_TRAP;
}

static VmStatus lower_host_result(VmCall *call) {
    const AbiFunc *lower = call->lowered->abi;
    AbiPlace to = place(&call->caller_guest, lower->result_spilled,
                        words(vm_host_slots(call->thread)), call->out_pointer);
    if (lower->result->op_count) {
        Trap trap = abi_lower(lower->result, call->result, to);
        if (trap) return call_trap(call, trap);
    }
    return call_done(call);
}

static VmStatus ask_host(VmCall *call) {
    VmThread *thread = call->thread;
    const VmComponentFunc *callee = call->callee;
    VmStatus status = callee->host(thread, callee->context, call->args, call->result, call->arena);
    switch (status) {
    case VM_DONE:
        if (call->lowered) return lower_host_result(call);
        return call_done(call);
    case VM_SUSPEND: return suspend(call, ask_host_again);
    case VM_CALL: return call_trap(call, TRAP_HOST); /* not for these functions */
    case VM_TRAP:
    case VM_EXIT: break;
    }
    call_free(call);
    return status;
}

static VmStatus call_host(VmCall *call, VmSlot *slots) {
    const AbiFunc *lower = call->lowered->abi;
    take_scratch(call);
    AbiValue *args = ARENA_NEW_ARRAY(call->arena, AbiValue, lower->params->op_count);
    call->args = args;
    call->result = ARENA_NEW_ARRAY(call->arena, AbiValue, lower->result->op_count);
    AbiPlace from = params_place(call, slots);
    if (lower->params->op_count) {
        Trap trap = abi_lift(lower->params, from, call->arena, args);
        if (trap) return call_trap(call, trap);
    }
    return ask_host(call);
}

/* ---- canon lower ---- */

static VmStatus lowered_call(VmThread *thread, void *context, VmSlot *slots) {
    const VmLowered *lowered = context;
    if (!lowered->caller->may_leave) return vm_trap(thread, TRAP_CANNOT_LEAVE);
    VmCall *call = call_new(thread, lowered->callee, lowered);
    if (!call) return vm_trap(thread, TRAP_HOST_MEMORY);
    if (lowered->abi->result_spilled)
        call->out_pointer = slots[lowered->abi->core_param_count - 1].u32;
    return lowered->callee->core ? call_guest(call, slots) : call_host(call, slots);
}

static CoreValType core_type_of(AbiCore type) {
    static const CoreValType types[] = {CORE_I32, CORE_I64, CORE_F32, CORE_F64};
    return types[type];
}

VmFunc *vm_lowered_func(VmLowered *lowered) {
    const AbiFunc *abi = lowered->abi;
    CoreValType params[ABI_MAX_FLAT_PARAMS + 1], results[ABI_MAX_FLAT_RESULTS];
    for (uint32_t i = 0; i < abi->core_param_count; i++)
        params[i] = core_type_of(abi->core_params[i]);
    for (uint32_t i = 0; i < abi->core_result_count; i++)
        results[i] = core_type_of(abi->core_results[i]);
    return vm_host_func(lowered->caller->store, params, abi->core_param_count, results,
                        abi->core_result_count, lowered_call, lowered, NULL);
}

/* ---- host to guest ---- */

static VmStatus entry_returned(VmThread *thread, void *context, VmSlot *slots) {
    VmCall *call = context;
    const AbiFunc *lift = call->callee->abi;
    if (call->borrows) return call_trap(call, TRAP_BORROWS_LEFT);
    if (lift->core_result_count) call->core_result = slots[0].u64;
    AbiPlace from = place(&call->callee_guest, lift->result_spilled, &call->core_result,
                          (uint32_t)call->core_result);
    if (lift->result->op_count) {
        Trap trap = abi_lift(lift->result, from, call->arena, call->result);
        if (trap) return call_trap(call, trap);
    }
    return after_result(call);
}

static VmStatus entry_call(VmThread *thread, void *context, VmSlot *slots) {
    VmComponentFunc *callee = context;
    VmCall *call = callee->pending;
    callee->pending = NULL;
    if (!callee->core) return ask_host(call);
    const AbiFunc *lift = callee->abi;
    if (!vm_may_enter(callee->instance, NULL)) return call_trap(call, TRAP_CANNOT_ENTER);
    vm_set_entered(callee->instance, NULL, true);
    uint64_t args[ABI_MAX_FLAT_PARAMS + 1] = {0};
    uint32_t address = 0;
    Trap trap = TRAP_NONE;
    if (lift->params_spilled) trap = abi_allocate(lift->params, &call->callee_guest, &address);
    AbiPlace to = place(&call->callee_guest, lift->params_spilled, args, address);
    if (!trap && lift->params->op_count) trap = abi_lower(lift->params, call->args, to);
    if (trap) return call_trap(call, trap);
    VmSlot core_args[ABI_MAX_FLAT_PARAMS + 1];
    for (uint32_t i = 0; i < lift->core_param_count; i++) core_args[i].u64 = args[i];
    if (lift->params_spilled) core_args[0].u64 = address;
    return vm_then_call(thread, callee->core, core_args, lift->core_param_count, entry_returned,
                        call, call_free);
}

VmStatus vm_component_call(VmThread *thread, VmComponentFunc *func, const AbiValue *args,
                           AbiValue *result, Arena *arena) {
    if (!func->entry)
        func->entry = vm_host_func(func->instance->store, NULL, 0, NULL, 0, entry_call, func, NULL);
    VmCall *call = func->entry ? call_new(thread, func, NULL) : NULL;
    if (!call) return vm_trap(thread, TRAP_HOST_MEMORY);
    call->args = args;
    call->result = result;
    call->arena = arena;
    func->pending = call;
    VmSlot none[1] = {{0}};
    VmStatus status = vm_call(thread, func->entry, none);
    if (func->pending == call) { /* it did not even begin */
        func->pending = NULL;
        call_free(call);
    }
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
    uint32_t index = abi_table_add(f->instance->table, handle);
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
    const ResourceFunc *f = context;
    vm_set_entered(f->resource->owner, f->instance, false);
    return VM_DONE;
}

/* The destructor is called like a function of the component that defined the resource. */
static VmStatus destroy(VmThread *thread, ResourceFunc *f, uint64_t rep) {
    VmResource *resource = f->resource;
    if (!resource->owner) {
        if (resource->destroy) resource->destroy(resource->context, rep);
        return VM_DONE;
    }
    if (!vm_may_enter(resource->owner, f->instance)) return vm_trap(thread, TRAP_CANNOT_ENTER);
    if (!resource->dtor) return VM_DONE;
    vm_set_entered(resource->owner, f->instance, true);
    VmSlot arg = {.u64 = (uint32_t)rep};
    return vm_then_call(thread, resource->dtor, &arg, 1, destroyed, f, NULL);
}

static VmStatus resource_drop(VmThread *thread, void *context, VmSlot *slots) {
    ResourceFunc *f = context;
    if (!f->instance->may_leave) return vm_trap(thread, TRAP_CANNOT_LEAVE);
    AbiHandle *handle;
    Trap trap = find_handle(thread, f->instance, f->resource, slots[0].u32, &handle);
    if (!trap && handle->lend_count) trap = TRAP_HANDLE_LENT;
    if (trap) return vm_trap(thread, trap);
    AbiHandle dropped = *handle;
    abi_table_remove(f->instance->table, slots[0].u32);
    if (dropped.own) return destroy(thread, f, dropped.rep);
    ((VmCall *)dropped.scope)->borrows--;
    return VM_DONE;
}

VmFunc *vm_resource_func(VmComponent *component, VmResource *resource, CompCanonOp op) {
    ResourceFunc *f = ARENA_NEW(component->store->arena, ResourceFunc);
    *f = (ResourceFunc){component, resource};
    VmHostFn fn = op == COMP_CANON_RESOURCE_NEW   ? resource_new
                  : op == COMP_CANON_RESOURCE_REP ? resource_rep
                                                  : resource_drop;
    CoreValType i32 = CORE_I32;
    uint32_t results = op == COMP_CANON_RESOURCE_DROP ? 0 : 1;
    return vm_host_func(component->store, &i32, 1, &i32, results, fn, f, NULL);
}
