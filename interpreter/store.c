/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The store: what lives together and is freed together. */
#include <stdlib.h>

#include "interpreter/internal.h"

VmStore *vm_store_new(const VmLimits *limits) {
    VmStore *store = calloc(1, sizeof *store);
    if (!store) return NULL;
    if (limits) store->limits = *limits;
    store->has_fuel = store->limits.has_fuel;
    store->fuel = store->limits.fuel;
    store->arena = arena_new();
    store->types = core_space_new(store->arena);
    store->heap = (VmHeap *)&vm_no_heap; /* which nobody writes to */
    store->nothing.store = store;
    store->nothing.memory0 = &store->no_memory;
    return store;
}

void vm_store_free(VmStore *store) {
    if (!store) return;
    for (VmObject *o = store->objects, *next; o; o = next) {
        next = o->next;
        o->free(o);
    }
    vm_heap_free(store);
    for (VmHost *h = store->hosts, *next; h; h = next) {
        next = h->next;
        if (h->free_context) h->free_context(h->context);
        free(h);
    }
    for (VmModule *m = store->modules, *next; m; m = next) {
        next = m->next;
        vm_module_free(m);
    }
    arena_free(store->arena);
    free(store);
}

uint64_t vm_store_fuel(const VmStore *store) { return store->fuel; }
void vm_store_interrupt(VmStore *store) { store->interrupted = 1; }
CoreTypeSpace *vm_store_types(VmStore *store) { return store->types; }

void vm_object_add(VmStore *store, VmObject *object, void (*free_object)(VmObject *)) {
    object->free = free_object;
    object->next = store->objects;
    store->objects = object;
}

VmFunc *vm_host_func(VmStore *store, const CoreValType *params, uint32_t param_count,
                     const CoreValType *results, uint32_t result_count, VmHostFn fn, void *context,
                     void (*free_context)(void *)) {
    VmHost *host = calloc(1, sizeof *host);
    if (!host) return NULL;
    *host = (VmHost){
        .func = {.type = core_space_func(store->types, params, param_count, results, result_count),
                 .param_slots = vm_slots_of_all(params, param_count),
                 .result_slots = vm_slots_of_all(results, result_count)},
        .next = store->hosts,
        .call = fn,
        .context = context,
        .free_context = free_context};
    store->hosts = host;
    return &host->func;
}

const CoreType *vm_func_type(const VmStore *store, const VmFunc *func) {
    return core_space_type(store->types, func->type);
}

void vm_module_check_lazily(VmModule *module, const CoreChecker *checker) {
    Arena *arena = module->store->arena;
    module->faults = (Diags){.arena = arena, .max_errors = 1};
    module->checker = core_checker_share(arena, checker, &module->faults);
}

VmModule *vm_module_new(VmStore *store, const CoreModule *core) {
    VmModule *module = calloc(1, sizeof *module);
    uint32_t own = (uint32_t)core->funcs.len - core->imported[CORE_FUNC];
    VmCode **codes = calloc(own ? own : 1, sizeof *codes);
    if (!module || !codes) {
        free(module);
        free(codes);
        return NULL;
    }
    *module = (VmModule){
        .next = store->modules, .store = store, .core = core, .codes = codes, .image_fd = -1};
    module->types = core_space_enter(store->types, core);
    store->modules = module;
    return module;
}
