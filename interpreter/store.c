/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The store: what lives together and is freed together. */
#include "interpreter/component.h"

static void begin(void *context) {
    VmStore *store = context;
    store->arena = arena_new();
    store->types = store->program ? store->program->types : core_space_new(store->arena);
}

static void set_defaults(VmLimits *l) {
    if (!l->max_handles) l->max_handles = VM_DEFAULT_HANDLES;
    if (!l->max_tasks) l->max_tasks = VM_DEFAULT_TASKS;
    if (!l->max_values) l->max_values = VM_DEFAULT_VALUES;
    if (!l->max_copy) l->max_copy = VM_DEFAULT_COPY;
}

VmStore *vm_store_new(const VmLimits *limits) {
    const Allocator *memory = limits && limits->memory ? limits->memory : &alloc_system;
    VmStore *store = alloc_new(memory, 1, sizeof *store);
    if (!store) return NULL;
    store->memory = *memory;
    if (limits) store->limits = *limits;
    set_defaults(&store->limits);
    if (limits && vm_program_suits(limits->program, limits, memory))
        store->program = limits->program;
    if (!vm_try(store, begin, store)) {
        alloc_free(memory, store);
        return NULL;
    }
    store->has_fuel = store->limits.has_fuel;
    store->fuel = store->limits.fuel;
    store->heap = (VmHeap *)&vm_no_heap; /* which nobody writes to */
    store->nothing.store = store;
    store->nothing.memory0 = &store->no_memory;
    return store;
}

void vm_store_free(VmStore *store) {
    if (!store) return;
    for (VmObject *o = store->objects, *next; o; o = next) {
        next = o->next;
        o->free(store, o);
    }
    vm_heap_free(store);
    for (VmHost *h = store->hosts, *next; h; h = next) {
        next = h->next;
        if (h->free_context) h->free_context(h->context);
        alloc_free(&store->memory, h);
    }
    for (VmModule *m = store->modules, *next; m; m = next) {
        next = m->next;
        vm_module_free(m);
    }
    arena_free(store->arena);
    Allocator memory = store->memory;
    alloc_free(&memory, store);
}

uint64_t vm_store_fuel(const VmStore *store) { return store->fuel; }
void vm_store_interrupt(VmStore *store) {
    atomic_store_explicit(&store->interrupted, 1, memory_order_relaxed);
}
CoreTypeSpace *vm_store_types(VmStore *store) { return store->types; }

void vm_object_add(VmStore *store, VmObject *object, void (*free_object)(VmStore *, VmObject *)) {
    object->free = free_object;
    object->next = store->objects;
    store->objects = object;
}

typedef struct {
    VmStore *store;
    const CoreValType *params, *results;
    uint32_t param_count, result_count, id;
} NewType;

static void enter_type(void *context) {
    NewType *t = context;
    t->id =
        core_space_func(t->store->types, t->params, t->param_count, t->results, t->result_count);
}

bool vm_func_type_id(VmStore *store, const CoreValType *params, uint32_t param_count,
                     const CoreValType *results, uint32_t result_count, uint32_t *id) {
    NewType t = {store, params, results, param_count, result_count, 0};
    bool good = vm_try(store, enter_type, &t);
    *id = t.id;
    return good;
}

VmFunc *vm_host_func_of(VmStore *store, uint32_t type, VmHostFn fn, void *context,
                        void (*free_context)(void *)) {
    const CoreType *func = core_space_type(store->types, type);
    VmHost *host = alloc_new(&store->memory, 1, sizeof *host);
    if (!host) return NULL;
    *host = (VmHost){.func = {.type = type,
                              .param_slots = vm_slots_of_all(func->params, func->param_count),
                              .result_slots = vm_slots_of_all(func->results, func->result_count)},
                     .next = store->hosts,
                     .store = store,
                     .call = fn,
                     .context = context,
                     .free_context = free_context};
    store->hosts = host;
    return &host->func;
}

VmFunc *vm_host_func(VmStore *store, const CoreValType *params, uint32_t param_count,
                     const CoreValType *results, uint32_t result_count, VmHostFn fn, void *context,
                     void (*free_context)(void *)) {
    uint32_t type;
    if (!vm_func_type_id(store, params, param_count, results, result_count, &type)) return NULL;
    return vm_host_func_of(store, type, fn, context, free_context);
}

const CoreType *vm_func_type(const VmStore *store, const VmFunc *func) {
    return core_space_type(store->types, func->type);
}

const CoreType *vm_func_type_in(const VmStore *store, const VmFunc *func) {
    const VmStore *of = func->in ? func->in->store : ((const VmHost *)func)->store;
    return of == store ? core_space_type(store->types, func->type) : NULL;
}

/* ---- modules ---- */

typedef struct {
    VmStore *store;
    VmModule *module;
    const CoreChecker *checker; /* to be shared */
} Entering;

static void enter(void *context) {
    Entering *e = context;
    VmModule *module = e->module;
    Arena *arena = e->store->arena;
    if (!module->types) module->types = core_space_enter(e->store->types, module->core);
    if (!e->checker) return;
    module->faults = (Diags){.arena = arena, .max_errors = 1};
    module->checker = core_checker_share(arena, e->checker, &module->faults);
}

static VmModule *make(VmStore *store, const CoreModule *core, const uint32_t *types,
                      const CoreChecker *checker) {
    const Allocator *memory = &store->memory;
    VmModule *module = alloc_new(memory, 1, sizeof *module);
    uint32_t own = (uint32_t)core->funcs.len - core->imported[CORE_FUNC];
    VmCode **codes = alloc_new(memory, own, sizeof *codes);
    Entering entering = {store, module, checker};
    if (module)
        *module = (VmModule){
            .memory = *memory, .core = core, .types = types, .codes = codes, .image_fd = -1};
    if (!module || !codes || !vm_try(store, enter, &entering)) {
        alloc_free(memory, module);
        alloc_free(memory, codes);
        return NULL;
    }
    return module;
}

VmModule *vm_module_make(VmStore *store, const CoreModule *core, const uint32_t *types) {
    return make(store, core, types, NULL);
}

VmModule *vm_module_new_lazy(VmStore *store, const CoreModule *core, const CoreChecker *checker) {
    VmModule *module = make(store, core, NULL, checker);
    if (!module) return NULL;
    module->next = store->modules;
    return store->modules = module;
}

VmModule *vm_module_new(VmStore *store, const CoreModule *core) {
    return vm_module_new_lazy(store, core, NULL);
}
