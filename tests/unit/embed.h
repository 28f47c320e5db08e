/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef TESTS_UNIT_EMBED_H
#define TESTS_UNIT_EMBED_H

/* What the tests of the embedding interface have in common. */
#include <stdlib.h>

#include "include/witc/engine.h"
#include "tests/test.h"

static witc_engine *engine;

static inline Str str_of(witc_str s) { return (Str){s.ptr, s.len}; }
static inline witc_str words(const char *s) { return (witc_str){s, strlen(s)}; }

static inline witc_module *module_of(const char *text) {
    witc_error *error;
    witc_module *module = witc_module_new(engine, text, strlen(text), "t.wat", &error);
    if (!module) printf("%.*s\n", STR_ARG(str_of(witc_error_text(error))));
    witc_error_free(error);
    return module;
}

/* A store with one instance. */
typedef struct {
    witc_store *store;
    witc_linker *linker;
    witc_instance *instance;
    witc_status status;
} Guest;

static inline Guest guest_in(const witc_limits *limits) {
    Guest g = {.store = witc_store_new(engine, limits)};
    g.linker = witc_linker_new(g.store);
    return g;
}

static inline void guest_load(Guest *g, const char *text) {
    witc_module *module = module_of(text);
    g->status = witc_linker_instantiate(g->linker, module, &g->instance);
    witc_module_free(module); /* the store keeps it */
}

static inline Guest guest(const char *text) {
    Guest g = guest_in(NULL);
    guest_load(&g, text);
    return g;
}

static inline void guest_free(Guest *g) {
    witc_linker_free(g->linker);
    witc_store_free(g->store);
}

static inline witc_status call(Guest *g, const char *name, witc_slot *slots) {
    return witc_func_call_raw(g->store, witc_instance_func(g->instance, name), slots);
}

/* The status of a call without arguments or results. */
static inline witc_status run(Guest *g, const char *name) {
    witc_slot slots[4] = {0};
    return call(g, name, slots);
}

static inline Str message(const Guest *g) { return str_of(witc_store_failure(g->store).message); }

__attribute__((unused)) static const char text_values[] =
    "(module (func (export \"swap\") (param i32 i64 f32 f64) (result f64 f32 i64 i32)"
    "  (local.get 3) (local.get 2) (local.get 1) (local.get 0))"
    " (func (export \"splat\") (param i32) (result v128) (i32x4.splat (local.get 0)))"
    " (func (export \"same\") (param externref funcref) (result externref funcref)"
    "  (local.get 0) (local.get 1))"
    " (func (export \"div\") (param i32 i32) (result i32)"
    "  (i32.div_s (local.get 0) (local.get 1))))";

__attribute__((unused)) static const char text_limits[] =
    "(module (memory (export \"m\") 1) (table (export \"t\") 1 funcref)"
    " (func (export \"spin\") (loop (br 0))) (func $deep (export \"deep\") (call $deep))"
    " (func (export \"nop\")))";

static inline witc_status count_call(witc_caller *caller, void *context, const witc_value *args,
                                     size_t n, witc_value *results, size_t m) {
    (void)caller, (void)args, (void)n, (void)m;
    results[0].of.i32 = ++*(int *)context;
    return WITC_DONE;
}

/* A module with something of everything that a store keeps. */
__attribute__((unused)) static const char everything[] =
    "(module $all (type $node (struct (field (ref null $node)) (field i32)))"
    " (type $list (array (mut (ref null $node))))"
    " (import \"e\" \"f\" (func $f (param externref) (result i32)))"
    " (memory (export \"m\") 1 4) (data (i32.const 8) \"some bytes\")"
    " (table $t (export \"t\") 2 1000 funcref) (elem (i32.const 0) $f $gc)"
    " (global $root (mut (ref null $list)) (array.new_default $list (i32.const 100)))"
    " (elem $e func $f $gc) (tag $x (param i32))"
    " (func (export \"f\") (param externref) (result i32) (call $f (local.get 0)))"
    " (func $gc (export \"gc\") (param $n i32) (result i32) (local $last (ref null $node))"
    "  (loop $more"
    "   (local.set $last (struct.new $node (local.get $last) (local.get $n)))"
    "   (array.set $list (global.get $root) (i32.rem_u (local.get $n) (i32.const 100))"
    "    (local.get $last))"
    "   (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
    "  (drop (array.new_default $list (i32.const 20000)))"
    "  (struct.get $node 1 (local.get $last)))"
    " (func (export \"grow\") (result i32)"
    "  (i32.add (memory.grow (i32.const 1)) (table.grow $t (ref.null func) (i32.const 500))))"
    " (func (export \"throw\") (result i32)"
    "  (block $b (result i32) (try_table (catch $x $b) (throw $x (i32.const 7))) (i32.const 0)))"
    " (func $trap (export \"trap\") (result i32) unreachable))";

static inline bool calls_number(witc_store *store, witc_instance *instance, const char *name,
                                const witc_value *args, size_t n, int32_t want) {
    witc_value result = witc_i32(0);
    witc_status status =
        witc_func_call(store, witc_instance_func(instance, name), args, n, &result, 1);
    CHECK(status == WITC_DONE || status == WITC_NO_MEMORY ||
          (status == WITC_TRAP && witc_store_failure(store).trap == WITC_TRAP_MEMORY));
    return status == WITC_DONE && result.of.i32 == want;
}

/* ---- an allocator that fails ---- */

typedef struct {
    long left, held; /* allocations until one fails; those that are not released */
} Budget;

static inline void *budget_allocate(void *context, size_t size) {
    Budget *b = context;
    if (b->left-- <= 0) return NULL;
    b->held++;
    return malloc(size);
}
static inline void *budget_reallocate(void *context, void *old, size_t size) {
    Budget *b = context;
    if (b->left-- <= 0) return NULL;
    b->held += !old;
    return realloc(old, size);
}
static inline void budget_release(void *context, void *old) {
    ((Budget *)context)->held--;
    free(old);
}

/* do_everything(engine) with engines whose allocator fails at the first, the second ... allocation, until it is
 * true: everything could be done. Whatever it comes to, all memory is back afterwards. */
static inline void fail_each_allocation(const char *features,
                                        bool (*do_everything)(witc_engine *)) {
    bool done = false;
    for (long n = 0; !done && n < 3000; n++) {
        Budget budget = {.left = n};
        witc_config config = {
            .size = sizeof config,
            .features = features,
            .allocator = {&budget, budget_allocate, budget_reallocate, budget_release}};
        witc_engine *mine = witc_engine_new(&config);
        CHECK(mine || n == 0);
        done = mine && do_everything(mine);
        witc_engine_free(mine);
        CHECK_EQ(budget.held, 0);
    }
    CHECK(done);
}

#endif
