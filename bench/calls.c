/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What a call between a program and a module costs by include/witc/engine.h: each line is a way and
 * its nanoseconds, the best of several runs.
 *
 *     calls [CALLS]
 *
 * Into the module, an empty function of two numbers and one result is called in a loop of C. Out of it,
 * a loop of the module calls one of the host; the loop itself, with a call of the module's own
 * function in its place, is told, too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "include/witc/engine.h"

enum { RUNS = 7 };

static const char text[] =
    "(module"
    "  (import \"host\" \"raw\" (func $raw (param i32 i32) (result i32)))"
    "  (import \"host\" \"boxed\" (func $boxed (param i32 i32) (result i32)))"
    "  (func $own (export \"first\") (param i32 i32) (result i32) (local.get 0))"
    "  (func (export \"to raw\") (param i32)"
    "    (loop (drop (call $raw (local.get 0) (i32.const 1)))"
    "      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))"
    "  (func (export \"to boxed\") (param i32)"
    "    (loop (drop (call $boxed (local.get 0) (i32.const 1)))"
    "      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))"
    "  (func (export \"to own\") (param i32)"
    "    (loop (drop (call $own (local.get 0) (i32.const 1)))"
    "      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))";

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static witc_status raw(witc_caller *caller, void *context, witc_slot *slots) {
    (void)caller, (void)context, (void)slots; /* the first argument stands where the result goes */
    return WITC_DONE;
}

static witc_status boxed(witc_caller *caller, void *context, const witc_value *args,
                         size_t arg_count, witc_value *results, size_t result_count) {
    (void)caller, (void)context, (void)arg_count, (void)result_count;
    results[0] = args[0];
    return WITC_DONE;
}

static void check(bool good, const char *what) {
    if (good) return;
    fprintf(stderr, "calls: %s\n", what);
    exit(1);
}

static void into_raw(witc_store *store, witc_func *func, int32_t calls) {
    for (int32_t i = 0; i < calls; i++) {
        witc_slot slots[2] = {witc_slot_i32(i), witc_slot_i32(1)};
        witc_status status = witc_func_call_raw(store, func, slots);
        check(status == WITC_DONE && witc_i32_slot(slots[0]) == i, "a call gave something else");
    }
}

static void into_boxed(witc_store *store, witc_func *func, int32_t calls) {
    for (int32_t i = 0; i < calls; i++) {
        witc_value args[2] = {witc_i32(i), witc_i32(1)}, result;
        witc_status status = witc_func_call(store, func, args, 2, &result, 1);
        check(status == WITC_DONE && result.of.i32 == i, "a call gave something else");
    }
}

static void out_of(witc_store *store, witc_func *func, int32_t calls) {
    witc_slot slots[1] = {witc_slot_i32(calls)};
    check(witc_func_call_raw(store, func, slots) == WITC_DONE, "a call failed");
}

int main(int argc, char **argv) {
    int32_t calls = argc > 1 ? atoi(argv[1]) : 2000000;
    check(calls > 0, "the number of calls is positive");
    witc_engine *engine = witc_engine_new(NULL);
    witc_module *module = witc_module_new(engine, text, strlen(text), "calls", NULL);
    witc_store *store = witc_store_new(engine, NULL);
    witc_linker *linker = witc_linker_new(store);
    witc_linker_define_raw(linker, "host", "raw", "i32 i32 -> i32", raw, NULL);
    witc_linker_define_func(linker, "host", "boxed", "i32 i32 -> i32", boxed, NULL);
    witc_instance *instance;
    check(module && witc_linker_instantiate(linker, module, &instance) == WITC_DONE, "no module");
    static const struct {
        const char *name, *func;
        void (*calls)(witc_store *store, witc_func *func, int32_t calls);
    } rows[] = {{"into the module, slots", "first", into_raw},
                {"into the module, values", "first", into_boxed},
                {"out of it, slots", "to raw", out_of},
                {"out of it, values", "to boxed", out_of},
                {"within it", "to own", out_of}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        witc_func *func = witc_instance_func(instance, rows[i].func);
        double best = 0;
        for (int run = 0; run < RUNS; run++) {
            double start = now();
            rows[i].calls(store, func, calls);
            double spent = now() - start;
            if (run == 0 || spent < best) best = spent;
        }
        printf("%-24s %6.1f ns\n", rows[i].name, best / calls);
    }
    witc_linker_free(linker);
    witc_store_free(store);
    witc_module_free(module);
    witc_engine_free(engine);
    return 0;
}
