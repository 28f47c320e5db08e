/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Calls of components in both directions.
 *
 *     host ── witc_component_call ── cells ── vm_component_call ── guest
 *     guest ── component_host_call ── values ── witc_component_fn
 *
 * All that runs a component does so in vm_component_try: the interpreter's component part allocates in
 * arenas, which give up by a jump. Functions of the embedder are never jumped over, since each function of
 * this interface that they can call has its own such place.
 */
#include "embed/internal.h"

static const VmComponentFunc *vm_func_of_component(const witc_component_func *func) {
    return (const VmComponentFunc *)(const void *)func;
}

static witc_store *store_of_func(const VmComponentFunc *func) {
    return vm_store_host(vm_component_func_store(func));
}

bool components_may_run(witc_store *store) {
    if (store->suspended) store_fail(store, WITC_REFUSED, "the store has a call that is suspended");
    else if (vm_components_lost(store->vm))
        store_fail(store, WITC_REFUSED, "memory ran out in the components of the store");
    else return true;
    return false;
}

witc_component_func *witc_component_find(witc_component_instance *instance, const char *interface,
                                         const char *name) {
    VmComponent *component = (VmComponent *)(void *)instance;
    return (witc_component_func *)(void *)vm_component_func(component, str_from(interface),
                                                            str_from(name));
}

const witc_signature *witc_component_func_type(const witc_component_func *func) {
    return (const witc_signature *)(const void *)vm_component_func_type(vm_func_of_component(func));
}

/* ---- host to guest ---- */

typedef struct {
    witc_store *store;
    EmbedPending call; /* what is called, and where its result goes */
    const witc_val *args;
    Str text; /* instead of args, where it has a pointer */
    bool wants_error, is_refused;
    witc_error *error;
    VmStatus status;
    const WitType *own; /* of a drop */
    uint64_t handle;
    char why[EMBED_WHY];
} Calling;

/* ---- what runs in vm_component_try ---- */

static void wait_and_finish(Calling *c) {
    witc_store *store = c->store;
    bool waits = store->wasi.wasi && !store->wasi.suspends && !vm_is_running(store->thread);
    while (c->status == VM_SUSPEND && waits && wasi_wait(store->wasi.wasi))
        c->status = vm_resume(store->thread);
    if (c->status != VM_DONE || c->call.has_no_result) return;
    witc_val value;
    const AbiFunc *abi = vm_component_func_abi(c->call.func);
    value_of_cells(arena_of(c->call.arena), abi->result,
                   vm_component_func_type(c->call.func)->result, c->call.cells, &value);
    if (c->call.result) *c->call.result = value;
}

static bool read_args(Calling *c, const WitFunc *type, const AbiPlan *params, AbiValue *cells) {
    Arena *arena = arena_of(c->call.arena);
    if (!c->text.ptr) return cells_of_args(arena, &type->params, params, c->args, cells, c->why);
    Arena *faults = arena_new();
    Diags diags = {.arena = faults};
    const Source *source = source_of(faults, STR("<arguments>"), str_copy(faults, c->text));
    bool good = abi_wave_read_args(params, &type->params, source, 0, arena, cells, &diags);
    Str first = good ? STR("") : diags.list.at[0].message;
    cut_text(first, c->why, sizeof c->why);
    if (!good && c->wants_error) c->error = error_of(faults, &diags);
    else arena_free(faults);
    return good;
}

static void call(void *context) {
    Calling *c = context;
    const VmComponentFunc *func = c->call.func;
    const WitFunc *type = vm_component_func_type(func);
    const AbiFunc *abi = vm_component_func_abi(func);
    Arena *arena = arena_of(c->call.arena);
    AbiValue *args = ARENA_NEW_ARRAY(arena, AbiValue, abi->params->op_count + 1);
    AbiValue *result = ARENA_NEW_ARRAY(arena, AbiValue, abi->result->op_count + 1);
    c->call.cells = result;
    c->is_refused = !read_args(c, type, abi->params, args);
    if (c->is_refused) return;
    c->status = vm_component_call(c->store->thread, (VmComponentFunc *)func, args, result, arena);
    wait_and_finish(c);
}

static void resume(void *context) {
    Calling *c = context;
    c->status = vm_resume(c->store->thread);
    wait_and_finish(c);
}

static void drop(void *context) {
    Calling *c = context;
    c->status = vm_component_drop(c->store->thread, c->call.func, c->own, c->handle);
    wait_and_finish(c);
}

static void run_tasks(void *context) {
    Calling *c = context;
    c->status = vm_run_tasks(c->store->thread);
    wait_and_finish(c);
}

static witc_status run(Calling *c, void (*work)(void *)) {
    witc_store *store = c->store;
    if (!vm_component_try(store->thread, work, c)) return store_limited(store, TRAP_NO_MEMORY);
    if (c->is_refused) return store_fail(store, WITC_REFUSED, "%s", c->why);
    if (c->status == VM_SUSPEND) {
        store->pending = c->call;
        store->suspended = c->call.func;
    }
    return call_ended(store, c->status);
}

/* ---- */

static bool is_signature(witc_store *store, const VmComponentFunc *func, size_t arg_count) {
    size_t want = vm_component_func_type(func)->params.len;
    if (arg_count == want) return true;
    store_fail(store, WITC_REFUSED, "%zu arguments for a function of %zu", arg_count, want);
    return false;
}

witc_status witc_component_call(witc_component_func *func, const witc_val *args, size_t arg_count,
                                witc_val *result, witc_arena *arena) {
    const VmComponentFunc *f = vm_func_of_component(func);
    witc_store *store = store_of_func(f);
    if (!components_may_run(store) || !is_signature(store, f, arg_count)) return WITC_REFUSED;
    Calling c = {
        .store = store, .call = {.func = f, .result = result, .arena = arena}, .args = args};
    return run(&c, call);
}

witc_status witc_component_call_text(witc_component_func *func, witc_str args, witc_val *result,
                                     witc_arena *arena, witc_error **error) {
    const VmComponentFunc *f = vm_func_of_component(func);
    Calling c = {.store = store_of_func(f),
                 .call = {.func = f, .result = result, .arena = arena},
                 .text = args.ptr ? str_of(args) : STR(""),
                 .wants_error = error != NULL};
    witc_status status = components_may_run(c.store) ? run(&c, call) : WITC_REFUSED;
    if (error) *error = c.error;
    return status;
}

witc_status witc_component_drop(witc_component_func *func, const witc_type *own, uint64_t handle) {
    const VmComponentFunc *f = vm_func_of_component(func);
    witc_store *store = store_of_func(f);
    if (!components_may_run(store)) return WITC_REFUSED;
    if (witc_type_kind_of(own) != WITC_TYPE_OWN)
        return store_fail(store, WITC_REFUSED, "only what is owned can be dropped");
    Calling c = {.store = store,
                 .call = {.func = f, .has_no_result = true},
                 .own = (const WitType *)(const void *)own,
                 .handle = handle};
    return run(&c, drop);
}

witc_status witc_store_run_tasks(witc_store *store) {
    if (!components_may_run(store)) return WITC_REFUSED;
    if (vm_is_running(store->thread))
        return store_fail(store, WITC_REFUSED, "a call of the store is running");
    /* What is called is the store: something that is not NULL while it is suspended. */
    Calling c = {.store = store, .call = {.func = (const void *)store, .has_no_result = true}};
    return run(&c, run_tasks);
}

witc_status component_resume(witc_store *store) {
    Calling c = {.store = store, .call = store->pending};
    store->pending.func = NULL;
    store->suspended = NULL;
    return run(&c, resume);
}

/* ---- guest to host ---- */

VmStatus component_host_call(VmThread *thread, const EmbedGiven *given, const AbiValue *args,
                             AbiValue *result, Arena *scratch) {
    const VmComponentFunc *callee = vm_host_callee(thread);
    const WitFunc *type = vm_component_func_type(callee);
    const AbiFunc *abi = vm_component_func_abi(callee);
    size_t n = type->params.len;
    witc_val *values = ARENA_NEW_ARRAY(scratch, witc_val, n), value = {.kind = WITC_TYPE_NONE};
    values_of_args(scratch, &type->params, abi->params, args, values);
    witc_arena lent = {.engine = given->store->engine, .arena = scratch, .is_lent = true};
    witc_status status =
        given->fn((witc_caller *)(void *)thread, given->context,
                  (const witc_signature *)(const void *)type, values, n, &value, &lent);
    if (status == WITC_SUSPENDED) return VM_SUSPEND;
    VmStatus s = status_of(thread, status);
    char why[EMBED_WHY];
    if (s != VM_DONE || cells_of_value(scratch, abi->result, type->result, &value, result, why))
        return s;
    return vm_trap_text(thread, TRAP_HOST, "the result of a host function is not of its type: %s",
                        why);
}
