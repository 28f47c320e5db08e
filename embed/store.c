/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Stores: a VmStore with its one thread, the modules that are made ready in it, and what the last
 * failure has to say.
 */
#include <stdarg.h>
#include <stdio.h>

#include "embed/internal.h"

/* ---- the store itself ---- */

static VmLimits vm_limits_of(const witc_limits *l) {
    return (VmLimits){.has_fuel = l->count_fuel,
                      .fuel = l->fuel,
                      .max_memory = l->memory_bytes,
                      .max_table = l->table_entries,
                      .timeout_ns = l->timeout_ns,
                      .max_stack =
                          l->stack_bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)l->stack_bytes,
                      .max_frames = l->frames,
                      .max_instances = l->instances,
                      .max_heap = l->heap_bytes,
                      .max_handles = l->handles,
                      .max_tasks = l->tasks,
                      .max_values = l->values_bytes,
                      .max_copy = l->copy_bytes,
                      .trap_on_grow = l->trap_on_grow};
}

witc_store *witc_store_new(witc_engine *engine, const witc_limits *given) {
    witc_limits options = {.size = sizeof options};
    if (!options_take(&options, sizeof options, given)) return NULL;
    VmLimits limits = vm_limits_of(&options);
    limits.memory = &engine->memory;
    witc_store *store = engine_new(engine, sizeof *store);
    if (!store) return NULL;
    store->engine = engine;
    engine_keep(engine);
    store->failure.import = SIZE_MAX;
    store->vm = vm_store_new(&limits);
    store->thread = store->vm ? vm_thread_new(store->vm) : NULL;
    if (store->thread) {
        vm_store_set_host(store->vm, store);
        return store;
    }
    witc_store_free(store);
    return NULL;
}

void witc_store_free(witc_store *store) {
    if (!store) return;
    witc_store_abandon(store);
    forget_waiting(store);
    components_end(store);
    vm_thread_free(store->thread);
    while (store->refs) witc_ref_free(store->refs);
    vm_store_free(store->vm);
    components_free(store);
    for (size_t i = 0; i < store->module_count; i++) witc_module_free(store->modules[i].module);
    if (store->release) store->release(store->data);
    frames_forget(store);
    witc_engine *engine = store->engine;
    engine_release(engine, store->modules);
    engine_release(engine, store);
    witc_engine_free(engine);
}

witc_store *store_of(const VmThread *thread) { return vm_store_host(vm_thread_store(thread)); }

void witc_store_set_data(witc_store *store, void *data, void (*release)(void *)) {
    if (store->release) store->release(store->data);
    store->data = data;
    store->release = release;
}

void *witc_store_data(const witc_store *store) { return store->data; }

uint64_t witc_store_fuel(const witc_store *store) { return vm_store_fuel(store->vm); }
void witc_store_set_fuel(witc_store *store, uint64_t fuel) { vm_store_set_fuel(store->vm, fuel); }
void witc_store_set_timeout(witc_store *store, uint64_t ns) { vm_store_set_timeout(store->vm, ns); }
void witc_store_interrupt(witc_store *store) { vm_store_interrupt(store->vm); }
void witc_store_end_interrupt(witc_store *store) { vm_end_interruption(store->thread); }

void witc_store_usage(const witc_store *store, witc_usage *usage) {
    VmUsage u = vm_store_usage(store->vm);
    witc_usage all = {.memory_bytes = u.memory_bytes,
                      .heap_bytes = u.heap_bytes,
                      .table_entries = u.table_entries,
                      .instances = u.instances,
                      .modules = (uint32_t)store->module_count,
                      .code_bytes = u.code_bytes,
                      .instance_bytes = u.instance_bytes,
                      .type_bytes = u.type_bytes};
    usage_give(usage, &all, sizeof all);
}

bool witc_store_met_limit(const witc_store *store, witc_limit limit) {
    return vm_store_met(store->vm, (VmLimit)limit);
}

int witc_store_exit_status(const witc_store *store) { return vm_exit_status(store->thread); }

/* ---- modules that are made ready ---- */

VmModule *store_prepare(witc_store *store, witc_module *module) {
    for (size_t i = store->module_count; i-- > 0;)
        if (store->modules[i].module == module) return store->modules[i].ready;
    if (store->module_count == store->module_cap) {
        size_t cap = store->module_cap ? store->module_cap * 2 : 4;
        EmbedModule *more =
            alloc_more(&store->engine->memory, store->modules, cap, sizeof *store->modules);
        if (!more) return NULL;
        store->modules = more;
        store->module_cap = cap;
    }
    VmModule *ready = vm_module_new_lazy(store->vm, module->core, module->checker);
    if (ready)
        store->modules[store->module_count++] = (EmbedModule){witc_module_keep(module), ready};
    return ready;
}

witc_module *store_module(const witc_store *store, const CoreModule *core) {
    for (size_t i = store->module_count; core && i-- > 0;)
        if (store->modules[i].module->core == core) return store->modules[i].module;
    return NULL;
}

/* ---- failures ---- */

static void say(witc_store *store, Str text) {
    size_t n = text.len < sizeof store->text ? text.len : sizeof store->text - 1;
    memmove(store->text, text.ptr, n);
    store->text[n] = 0;
    store->failure.message = (witc_str){store->text, n};
}

witc_status store_fail(witc_store *store, witc_status status, const char *format, ...) {
    char text[sizeof store->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    store->failure = (witc_failure){.status = status, .import = SIZE_MAX};
    say(store, str_from(text));
    return status;
}

static witc_trap_kind trap_kind(Trap trap) {
    switch (trap) {
    case TRAP_NONE: return WITC_TRAP_NONE;
    case TRAP_UNREACHABLE: return WITC_TRAP_UNREACHABLE;
    case TRAP_MEMORY_BOUNDS: return WITC_TRAP_MEMORY_BOUNDS;
    case TRAP_TABLE_BOUNDS: return WITC_TRAP_TABLE_BOUNDS;
    case TRAP_UNDEFINED_ELEMENT: return WITC_TRAP_UNDEFINED_ELEMENT;
    case TRAP_UNINITIALIZED_ELEMENT: return WITC_TRAP_UNINITIALIZED_ELEMENT;
    case TRAP_INDIRECT_TYPE: return WITC_TRAP_INDIRECT_TYPE;
    case TRAP_DIVIDE_BY_ZERO: return WITC_TRAP_DIVIDE_BY_ZERO;
    case TRAP_INTEGER_OVERFLOW: return WITC_TRAP_INTEGER_OVERFLOW;
    case TRAP_INVALID_CONVERSION: return WITC_TRAP_INVALID_CONVERSION;
    case TRAP_NULL_REFERENCE:
    case TRAP_NULL_FUNCTION_REFERENCE:
    case TRAP_NULL_EXCEPTION:
    case TRAP_NULL_STRUCTURE:
    case TRAP_NULL_ARRAY:
    case TRAP_NULL_I31: return WITC_TRAP_NULL_REFERENCE;
    case TRAP_CAST: return WITC_TRAP_CAST;
    case TRAP_ARRAY_BOUNDS: return WITC_TRAP_ARRAY_BOUNDS;
    case TRAP_UNALIGNED_ATOMIC: return WITC_TRAP_UNALIGNED_ATOMIC;
    case TRAP_STACK_EXHAUSTED: return WITC_TRAP_STACK_EXHAUSTED;
    case TRAP_UNCAUGHT_EXCEPTION: return WITC_TRAP_EXCEPTION;
    case TRAP_FUEL: return WITC_TRAP_FUEL;
    case TRAP_TIMEOUT: return WITC_TRAP_TIMEOUT;
    case TRAP_INTERRUPTED: return WITC_TRAP_INTERRUPTED;
    case TRAP_HEAP_LIMIT: return WITC_TRAP_HEAP;
    case TRAP_MEMORY_LIMIT:
    case TRAP_NO_MEMORY: return WITC_TRAP_MEMORY;
    case TRAP_HOST: return WITC_TRAP_HOST;
    case TRAP_INVALID_BODY: return WITC_TRAP_INVALID_BODY;
    default: return WITC_TRAP_OTHER;
    }
}

witc_status store_ended(witc_store *store, VmStatus status) {
    switch (status) {
    case VM_DONE: return WITC_DONE;
    case VM_SUSPEND: return WITC_SUSPENDED;
    case VM_EXIT:
        store->failure = (witc_failure){.status = WITC_EXIT, .import = SIZE_MAX};
        return WITC_EXIT;
    case VM_TRAP: break;
    case VM_CALL:
    case VM_THROW: return store_fail(store, WITC_REFUSED, "a call has ended in no known way");
    }
    Trap trap = vm_trapped(store->thread);
    frames_forget(store);
    bool thrown = trap == TRAP_UNCAUGHT_EXCEPTION;
    store->failure = (witc_failure){.status = thrown ? WITC_EXCEPTION : WITC_TRAP,
                                    .trap = trap_kind(trap),
                                    .limit = (witc_limit)vm_thread_limit(store->thread),
                                    .import = SIZE_MAX,
                                    .frame_count = vm_backtrace_count(store->thread)};
    say(store, vm_trap_message(store->thread));
    return store->failure.status;
}

witc_status store_limited(witc_store *store, Trap trap) {
    if (trap == TRAP_NO_MEMORY) return store_fail(store, WITC_NO_MEMORY, "%s", trap_text(trap));
    witc_limit limit = trap == TRAP_MEMORY_LIMIT     ? WITC_LIMIT_MEMORY
                       : trap == TRAP_TABLE_LIMIT    ? WITC_LIMIT_TABLE
                       : trap == TRAP_INSTANCE_LIMIT ? WITC_LIMIT_INSTANCES
                       : trap == TRAP_HEAP_LIMIT     ? WITC_LIMIT_HEAP
                                                     : WITC_LIMIT_NONE;
    witc_status status = limit == WITC_LIMIT_NONE ? WITC_TRAP : WITC_LIMIT;
    store_fail(store, status, "%s", trap_text(trap));
    store->failure.limit = limit;
    store->failure.trap = status == WITC_TRAP ? trap_kind(trap) : WITC_TRAP_NONE;
    return status;
}

witc_failure witc_store_failure(const witc_store *store) { return store->failure; }
