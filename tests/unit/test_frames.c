/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Backtraces of the embedding interface, of a module with DWARF. It was made of this (clang -g -O0):
 *
 *     static inline __attribute__((always_inline)) int in(int x) { if (x == 3) __builtin_trap(); ...
 *     __attribute__((export_name("f"))) int f(int x) { return in(x) + in(x + 1); }
 */
#include "base/file.h"
#include "include/witc/engine.h"
#include "tests/test.h"

static Str str_of(witc_str s) { return (Str){s.ptr, s.len}; }

static void check_trap(witc_store *store, witc_func *func) {
    witc_frame frame;
    witc_slot slot = witc_slot_i32(3);
    CHECK_EQ(witc_func_call_raw(store, func, &slot), WITC_TRAP);
    CHECK(witc_store_inlined(store, 0, 0, &frame));
    CHECK_STR(str_of(frame.func_name), "in");
    CHECK_STR(str_of(frame.file), "/src/s.c");
    CHECK_EQ(frame.line, 1);
    CHECK_EQ(frame.column, 74);
    CHECK(!witc_store_inlined(store, 0, 1, &frame));
    CHECK(witc_store_frame(store, 0, &frame));
    CHECK_STR(str_of(frame.func_name), "f");
    CHECK_STR(str_of(frame.file), "/src/s.c");
    CHECK_EQ(frame.line, 2);
    CHECK_EQ(frame.column, 57);
    CHECK(!witc_store_inlined(store, 1, 0, &frame));
}

static void traps(void) {
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    const Source *bytes = file_read(arena, STR("tests/fuzz/seeds/sources/v5-O0"), &diags);
    CHECK(bytes != NULL);
    if (!bytes) return;
    witc_engine *engine = witc_engine_new(NULL);
    witc_store *store = witc_store_new(engine, NULL);
    witc_module *module = witc_module_new(engine, bytes->text.ptr, bytes->text.len, "s.wasm", NULL);
    witc_instance *instance = NULL;
    CHECK_EQ(witc_instantiate(store, module, NULL, 0, &instance), WITC_DONE);
    witc_func *func = instance ? witc_instance_func(instance, "f") : NULL;
    CHECK(func != NULL);
    for (int i = 0; func && i < 2; i++) check_trap(store, func);
    witc_module_free(module);
    witc_store_free(store);
    witc_engine_free(engine);
    arena_free(arena);
}

int main(void) {
    RUN(traps);
    return test_end("frames");
}
