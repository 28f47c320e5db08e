/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Error contexts (CanonicalABI.md, "canon error-context.new" and its two sisters, and the lifting
 * and lowering of their type).
 *
 *     instance A, table        store, errors              instance B, table
 *       3: error context ───────> 1: refs 2, message <─────── 7: error context
 *
 * An error context never changes, so passing one on shares it: the receiver gets a handle of its
 * own, the giver keeps its. The last handle dropped frees the message. What a call or copy carries
 * is the number in the store's table; the host, which has no handles, holds what it was given for
 * good.
 *
 * The specification lets a host shorten messages: once those of a store have filled
 * VM_MAX_ERROR_BYTES, new ones are kept empty.
 */
#include <stdlib.h>

#include "interpreter/component.h"

typedef struct {
    VmNode node;
    uint32_t refs;
    size_t len;
    char message[]; /* UTF-8 */
} ErrorContext;

typedef struct {
    VmComponent *instance;
    VmOptions options;
    const AbiPlan *string;
} Builtin;

static const VmResource error_type = {.name = STR_INIT("error context")};

/* ---- the store's table ---- */

static void free_error(VmNode *node) { free(node); }

static ErrorContext *error_at(const VmStore *store, uint64_t number) {
    AbiTable *errors = vm_shared(store)->errors;
    AbiHandle *entry =
        errors && number <= ABI_TABLE_MAX ? abi_table_get(errors, (uint32_t)number) : NULL;
    return entry ? (ErrorContext *)(uintptr_t)entry->rep : NULL;
}

/* One without references; its number, or 0: no memory. */
static uint32_t error_new(VmStore *store, const char *message, size_t len) {
    VmComponents *shared = vm_shared(store);
    if (!shared->errors) shared->errors = abi_table_new();
    if (!shared->errors) return 0;
    if (len > VM_MAX_ERROR_BYTES - shared->error_bytes) len = 0;
    ErrorContext *error = malloc(sizeof *error + len);
    if (!error) return 0;
    error->refs = 0;
    error->len = len;
    if (len) memcpy(error->message, message, len);
    AbiHandle entry = {.type = &error_type, .rep = (uintptr_t)error};
    uint32_t number = abi_table_add(shared->errors, entry);
    if (!number) {
        free(error);
        return 0;
    }
    shared->error_bytes += len;
    vm_node_add(store, &error->node, free_error);
    return number;
}

static void error_release(VmStore *store, uint32_t number) {
    ErrorContext *error = error_at(store, number);
    if (error->refs && --error->refs) return;
    vm_shared(store)->error_bytes -= error->len;
    abi_table_remove(vm_shared(store)->errors, number);
    vm_node_remove(&error->node);
    free(error);
}

/* ---- handles ---- */

static Trap find_error(VmComponent *instance, uint32_t index, uint32_t *number) {
    VmThread *thread = vm_running(instance->store);
    AbiHandle *handle = abi_table_get(instance->table, index);
    if (!handle) {
        vm_trap_text(thread, TRAP_UNKNOWN_HANDLE, "unknown handle index %u", index);
        return TRAP_UNKNOWN_HANDLE;
    }
    if (handle->type != &error_type) {
        vm_trap_text(thread, TRAP_HANDLE_TYPE,
                     "handle index %u used with the wrong type, expected error-context", index);
        return TRAP_HANDLE_TYPE;
    }
    *number = (uint32_t)handle->rep;
    return TRAP_NONE;
}

Trap vm_lift_error(const VmSide *side, uint32_t index, uint64_t *value) {
    uint32_t number;
    Trap trap = find_error(side->instance, index, &number);
    if (trap) return trap;
    bool to_host =
        side->to_host || (side->call && !(side->call->lowered && side->call->callee->core));
    ErrorContext *error = error_at(side->store, number);
    if (error->refs == UINT32_MAX) return TRAP_NO_MEMORY;
    error->refs += to_host;
    *value = number;
    return TRAP_NONE;
}

Trap vm_lower_error(const VmSide *side, uint64_t value, uint32_t *index) {
    ErrorContext *error = error_at(side->store, value);
    if (!error) {
        vm_trap_text(vm_running(side->store), TRAP_HOST, "the host passed no error-context");
        return TRAP_HOST;
    }
    if (error->refs == UINT32_MAX) return TRAP_NO_MEMORY;
    AbiHandle handle = {.type = &error_type, .rep = value};
    *index = vm_add_handle(side->instance, side->instance->table, handle);
    if (!*index) return TRAP_TABLE_FULL;
    error->refs++;
    return TRAP_NONE;
}

/* ---- built-ins ---- */

/* What the built-in reads from or writes to its guest by. */
static void set_side(VmSide *side, const Builtin *b, VmBudget *budget) {
    *budget = vm_budget(b->instance->store, true);
    vm_set_side(side, b->instance->store, NULL, b->instance, b->instance, &b->options, budget);
}

static VmStatus error_context_new(VmThread *thread, void *context, VmSlot *slots) {
    const Builtin *b = context;
    if (!b->instance->may_leave) return vm_trap(thread, TRAP_CANNOT_LEAVE);
    VmStore *store = b->instance->store;
    VmSide side;
    VmBudget budget;
    set_side(&side, b, &budget);
    uint64_t flat[] = {slots[0].u32, slots[1].u32};
    AbiValue message;
    Arena *arena = arena_new();
    Trap trap = abi_lift(b->string, vm_place(&side, false, flat, 0), arena, &message);
    uint32_t number = trap ? 0 : error_new(store, message.string.ptr, message.string.len);
    arena_free(arena);
    if (trap) return vm_trap(thread, trap);
    if (!number) return vm_trap(thread, TRAP_NO_MEMORY);
    uint32_t index;
    trap = vm_lower_error(&side, number, &index);
    if (trap) {
        error_release(store, number);
        return vm_trap(thread, trap);
    }
    slots[0].u64 = index;
    return VM_DONE;
}

/* realloc may not leave its component, so that the message stays while it is written. */
static VmStatus error_context_debug_message(VmThread *thread, void *context, VmSlot *slots) {
    const Builtin *b = context;
    if (!b->instance->may_leave) return vm_trap(thread, TRAP_CANNOT_LEAVE);
    VmStore *store = b->instance->store;
    uint32_t number;
    Trap trap = find_error(b->instance, slots[0].u32, &number);
    if (trap) return vm_trap(thread, trap);
    const ErrorContext *error = error_at(store, number);
    AbiValue message = {.string = {error->message, error->len}};
    VmSide side;
    VmBudget budget;
    set_side(&side, b, &budget);
    trap = abi_lower(b->string, &message, vm_place(&side, true, NULL, slots[1].u32));
    return trap ? vm_trap(thread, trap) : VM_DONE;
}

static VmStatus error_context_drop(VmThread *thread, void *context, VmSlot *slots) {
    const Builtin *b = context;
    if (!b->instance->may_leave) return vm_trap(thread, TRAP_CANNOT_LEAVE);
    uint32_t number;
    Trap trap = find_error(b->instance, slots[0].u32, &number);
    if (trap) return vm_trap(thread, trap);
    vm_remove_handle(b->instance, b->instance->table, slots[0].u32);
    error_release(b->instance->store, number);
    return VM_DONE;
}

VmFunc *vm_error_func(VmComponent *component, const CompCanon *canon, const VmOptions *options) {
    Builtin *b = ARENA_NEW(component->store->arena, Builtin);
    *b =
        (Builtin){.instance = component,
                  .options = *options,
                  .string = abi_plan(vm_components(component->store)->plans, wit_prim(WIT_STRING))};
    if (!b->string) return NULL;
    switch (canon->op) {
    case COMP_CANON_ERROR_CONTEXT_NEW:
        return vm_core_func(component->store, "ii", "i", error_context_new, b);
    case COMP_CANON_ERROR_CONTEXT_DEBUG_MESSAGE:
        return vm_core_func(component->store, "ii", "", error_context_debug_message, b);
    case COMP_CANON_ERROR_CONTEXT_DROP:
        return vm_core_func(component->store, "i", "", error_context_drop, b);
    default: return NULL;
    }
}
