/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Core modules, in either format, with little fuel and no imports: every exported function is called
 * with zeros, one after the other in the same instance. */
#include <stdlib.h>

#include "base/file.h"
#include "component/component.h"
#include "interpreter/interpreter.h"
#include "wat/wat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FUEL = 100000, MAX_SLOTS = 4096 };

/* Whether zeros are values of all parameters, and the results have room. */
static bool takes_zeros(const CoreType *type) {
    for (uint32_t i = 0; i < type->param_count; i++)
        if (!core_is_defaultable(type->params[i])) return false;
    return type->param_count < MAX_SLOTS / 2 && type->result_count < MAX_SLOTS / 2;
}

static void call_all(VmThread *thread, const VmInstance *instance, const CoreModule *module) {
    const VmStore *store = vm_thread_store(thread);
    for (size_t i = 0; i < module->exports.len; i++) {
        VmExtern item;
        if (!vm_export(instance, module->exports.at[i].name, &item)) abort();
        if (item.kind != CORE_FUNC) continue;
        VmSlot slots[MAX_SLOTS] = {{0}};
        if (!takes_zeros(vm_func_type(store, item.func))) continue;
        VmStatus status = vm_call(thread, item.func, slots);
        if (status != VM_DONE && status != VM_TRAP) abort();
    }
}

static void run(const CoreModule *module) {
    VmLimits limits = {.has_fuel = true, .fuel = FUEL, .max_memory = 64 << 20, .max_table = 100000};
    VmStore *store = vm_store_new(&limits);
    VmThread *thread = vm_thread_new(store);
    Trap trap;
    uint32_t bad_import;
    const VmInstance *instance =
        vm_instantiate(thread, vm_module_new(store, module), NULL, &trap, &bad_import);
    if (instance) call_all(thread, instance, module);
    vm_thread_free(thread);
    vm_store_free(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    const Source *source = source_of(arena, STR("fuzz.wat"), (Str){(const char *)data, size});
    const Source *binary = wat_to_binary(arena, source, features_all(), &diags);
    CoreModule *module = NULL;
    if (binary && !comp_is_component(binary->text)) {
        Reader r = reader_of(binary, &diags);
        module = core_decode(arena, &r, features_all());
    }
    if (module && module->imports.len == 0 && core_validate(arena, module, features_all(), &diags))
        run(module);
    arena_free(arena);
    return 0;
}
