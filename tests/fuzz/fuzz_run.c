/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Components, in either format, with WASI and little fuel: every export without parameters is called,
 * and called again after what happened. */
#include <stdlib.h>

#include "base/file.h"
#include "wasi/wasi.h"
#include "wat/wat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FUEL = 100000, MAX_WAITS = 3 };

typedef struct {
    Arena *arena;
    Wasi *wasi;
    VmThread *thread;
} Run;

static void call(Run *run, VmComponentFunc *func) {
    const WitFunc *type = vm_component_func_type(func);
    AbiCache plans = {.arena = run->arena};
    const AbiPlan *plan = abi_plan(&plans, type->result);
    if (type->params.len || !plan) return;
    AbiValue *result = ARENA_NEW_ARRAY(run->arena, AbiValue, plan->op_count);
    VmStatus status = vm_component_call(run->thread, func, NULL, result, run->arena);
    for (int i = 0; status == VM_SUSPEND && i < MAX_WAITS && wasi_wait(run->wasi); i++)
        status = vm_resume(run->thread);
}

static void call_all(Run *run, VmComponent *component, const CompInfo *info) {
    const CompExterns *exports = &info->type.exports;
    for (size_t i = 0; i < exports->len; i++) {
        if (exports->at[i].entity.sort != COMP_FUNC) continue;
        VmComponentFunc *func = vm_component_func(component, (Str){0}, exports->at[i].name.name);
        if (!func) abort();
        call(run, func);
    }
}

static void run_component(Arena *arena, const CompInfo *info, Diags *diags) {
    VmLimits limits = {.has_fuel = true, .fuel = FUEL, .max_memory = 64 << 20, .max_table = 100000};
    WasiContext context = {.stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1, .has_seed = true};
    VmStore *store = vm_store_new(&limits);
    Run run = {arena, wasi_new(store, &context), vm_thread_new(store)};
    VmLinker *linker = vm_linker_new(store);
    wasi_link(run.wasi, linker);
    VmComponent *component = vm_component_new(run.thread, info, linker, diags);
    for (int i = 0; component && i < 2; i++) call_all(&run, component, info);
    vm_linker_free(linker);
    vm_thread_free(run.thread);
    vm_store_free(store);
    wasi_free(run.wasi);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    const Source *source = source_of(arena, STR("fuzz.wat"), (Str){(const char *)data, size});
    const Source *binary = wat_to_binary(arena, source, features_all(), &diags);
    CompComponent *component = NULL;
    if (binary && comp_is_component(binary->text))
        component = comp_decode(arena, binary, features_all(), &diags);
    const CompInfo *info =
        component ? comp_validate(arena, component, features_all(), &diags) : NULL;
    if (info) run_component(arena, info, &diags);
    arena_free(arena);
    return 0;
}
