/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Times the engine within one process, through the library:
 *
 *     driver run MODULE [fuel]  calls the export `bench` and prints its checksum and CPU seconds;
 *                               `fuel` counts it while it runs
 *     driver calls              ns of a call of an empty function by the host, and of one of the
 *                               host's by the guest
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "interpreter/interpreter.h"
#include "wat/wat.h"

static double cpu_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static _Noreturn void fail(const char *why) {
    fprintf(stderr, "driver: %s\n", why);
    exit(1);
}

/* The validated module of a source, binary or text. */
static const CoreModule *module_of(Arena *arena, const Source *source) {
    Diags diags = {.arena = arena};
    const Source *binary = source ? wat_to_binary(arena, source, features_default(), &diags) : NULL;
    if (!binary) fail("the module cannot be read");
    Reader r = reader_of(binary, &diags);
    const CoreModule *m = core_decode(arena, &r, features_default());
    if (!m || !core_validate(arena, m, features_default(), &diags)) fail("the module is not valid");
    return m;
}

static const CoreModule *module_in(Arena *arena, const char *path) {
    Diags diags = {.arena = arena};
    return module_of(arena, file_read(arena, str_from(path), &diags));
}

static VmInstance *instance_of(VmStore *store, VmThread *thread, const CoreModule *core,
                               const VmExtern *imports) {
    Trap trap;
    uint32_t bad;
    VmModule *module = vm_module_new(store, core);
    VmInstance *instance = module ? vm_instantiate(thread, module, imports, &trap, &bad) : NULL;
    if (!instance) fail("the module cannot be instantiated");
    return instance;
}

static VmFunc *function_of(const VmInstance *instance, const char *name) {
    VmExtern e;
    if (!vm_export(instance, str_from(name), &e) || e.kind != CORE_FUNC)
        fail("the export is missing");
    return e.func;
}

static void run(Arena *arena, const char *path, bool fuel) {
    const CoreModule *core = module_in(arena, path);
    VmLimits limits = {.has_fuel = fuel, .fuel = UINT64_MAX};
    VmStore *store = vm_store_new(&limits);
    VmThread *thread = vm_thread_new(store);
    VmFunc *bench = function_of(instance_of(store, thread, core, NULL), "bench");
    VmSlot result[1];
    double from = cpu_seconds();
    if (vm_call(thread, bench, result) != VM_DONE) fail("the program has trapped");
    printf("%u %.6f\n", result[0].u32, cpu_seconds() - from);
    vm_thread_free(thread);
    vm_store_free(store);
}

static const char calls_module[] =
    "(module"
    "  (import \"\" \"\" (func $host (param i32) (result i32)))"
    "  (func (export \"empty\") (param i32) (result i32) local.get 0)"
    "  (func (export \"loop\") (param i32) (result i32) (local i32)"
    "    loop"
    "      (local.set 1 (call $host (local.get 1)))"
    "      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))"
    "    end"
    "    local.get 1))";

static VmStatus host_function(VmThread *thread, void *context, VmSlot *slots) {
    (void)thread, (void)context;
    slots[0].u64 = slots[0].u32 + 1;
    return VM_DONE;
}

static void calls(Arena *arena) {
    enum { CALLS = 3000000 };
    const CoreModule *core =
        module_of(arena, source_of(arena, STR("calls"), str_from(calls_module)));
    VmStore *store = vm_store_new(NULL);
    VmThread *thread = vm_thread_new(store);
    CoreValType i32 = core->types.at[0].params[0];
    VmExtern host = {.kind = CORE_FUNC,
                     .func = vm_host_func(store, &i32, 1, &i32, 1, host_function, NULL, NULL)};
    VmInstance *instance = instance_of(store, thread, core, &host);
    VmFunc *empty = function_of(instance, "empty"), *loop = function_of(instance, "loop");
    double best_in = 1e9, best_out = 1e9;
    for (int round = 0; round < 5; round++) {
        VmSlot slots[1] = {{.u64 = 0}};
        double from = cpu_seconds();
        for (int i = 0; i < CALLS; i++)
            if (vm_call(thread, empty, slots) != VM_DONE) fail("a call has trapped");
        double in = cpu_seconds() - from;
        slots[0].u64 = CALLS;
        from = cpu_seconds();
        if (vm_call(thread, loop, slots) != VM_DONE || slots[0].u32 != CALLS)
            fail("the loop has not counted right");
        double out = cpu_seconds() - from;
        if (in < best_in) best_in = in;
        if (out < best_out) best_out = out;
    }
    printf("%.2f %.2f\n", best_in / CALLS * 1e9, best_out / CALLS * 1e9);
    vm_thread_free(thread);
    vm_store_free(store);
}

int main(int argc, char **argv) {
    Arena *arena = arena_new();
    const char *mode = argc > 1 ? argv[1] : "";
    if (strcmp(mode, "run") == 0 && argc > 2)
        run(arena, argv[2], argc > 3 && strcmp(argv[3], "fuel") == 0);
    else if (strcmp(mode, "calls") == 0) calls(arena);
    else fail("usage: driver run MODULE [fuel] | calls");
    arena_free(arena);
    return 0;
}
