/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The embedding interface used wrongly, and what it tells of costs. */
#include "tests/unit/embed.h"

/* ---- wrong use that is seen ---- */

static void options_are_understood_or_refused(void) {
    witc_config config = {0};
    CHECK(!witc_engine_new(&config)); /* without its size */
    config = (witc_config){.size = sizeof config,
                           .allocator = {.allocate = (void *(*)(void *, size_t))1}};
    CHECK(!witc_engine_new(&config)); /* half an allocator */
    CHECK(!witc_store_new(engine, &(witc_limits){.frames = 100}));
    struct {
        witc_limits known;
        uint64_t more;
    } newer = {.known = {.size = sizeof newer, .instances = 1}};
    witc_store *store = witc_store_new(engine, &newer.known);
    CHECK(store != NULL);
    witc_store_free(store);
    newer.more = 1; /* a limit that this library does not know */
    CHECK(!witc_store_new(engine, &newer.known));
    struct {
        witc_usage known;
        uint64_t more;
    } usage = {.known = {.size = sizeof usage}, .more = 7};
    store = witc_store_new(engine, &(witc_limits){.size = sizeof(size_t)});
    witc_store_usage(store, &usage.known);
    CHECK(usage.more == 0 && usage.known.size == sizeof usage);
    witc_store_free(store);
}

static void errors_outlast_their_input(void) {
    static const char wrong[] = "(module\n (func (result i32)\n  nop))";
    char *text = malloc(sizeof wrong);
    memcpy(text, wrong, sizeof wrong);
    witc_error *error;
    CHECK(!witc_validate(engine, text, sizeof wrong - 1, &error));
    free(text);
    CHECK(witc_error_count(error) > 0);
    CHECK_EQ(witc_error_at(error, 0).line, 3);
    CHECK(witc_error_text(error).len > 0);
    witc_error_free(error);
    CHECK(!witc_validate(engine, wrong, (size_t)1 << 32, &error)); /* it is not looked into */
    CHECK(str_find_str(str_of(witc_error_at(error, 0).message), STR("larger than 2 GiB"), 0) !=
          SIZE_MAX);
    witc_error_free(error);
}

static void other_stores_are_seen(void) {
    Guest g = guest(text_values), other = guest_in(NULL);
    witc_func *same = witc_instance_func(g.instance, "same");
    witc_ref *foreign = witc_extern_new(other.store, &g, NULL);
    witc_value args[] = {witc_reference(WITC_EXTERNREF, foreign), witc_funcref(NULL)}, results[2];
    CHECK_EQ(witc_func_call(g.store, same, args, 2, results, 2), WITC_REFUSED);
    args[0].of.ref = NULL;
    CHECK_EQ(witc_func_call(other.store, same, args, 2, results, 2), WITC_REFUSED);
    CHECK_STR(message(&other), "the function belongs to another store");
    CHECK_EQ(witc_linker_define_instance(other.linker, "g", g.instance), WITC_REFUSED);
    witc_linker_define(other.linker, "g", "f", &(witc_extern){WITC_KIND_FUNC, {.func = same}});
    guest_load(&other, "(module (import \"g\" \"f\" (func)))");
    CHECK_EQ(other.status, WITC_REFUSED);
    guest_free(&other);
    guest_free(&g);
}

static void types_are_looked_at(void) {
    Guest g = guest_in(NULL);
    witc_valtype nowhere = (witc_valtype)12345 << 8 | 0x98; /* (ref null 12345) */
    char text[40];
    witc_valtype_text(nowhere, text, sizeof text);
    CHECK_STR(str_from(text), "(ref null 12345)");
    witc_functype type = {.params = &nowhere, .param_count = 1};
    witc_limits_type limits = {.min = 1};
    CHECK(!witc_func_new(g.store, &type, count_call, NULL, NULL) && !witc_tag_new(g.store, &type));
    CHECK(!witc_table_new(g.store, nowhere, &limits, NULL));
    CHECK(!witc_global_new(g.store, nowhere, true, NULL));
    CHECK_EQ(witc_store_failure(g.store).status, WITC_REFUSED);
    limits.page_size = 4096;
    CHECK(!witc_memory_new(g.store, &limits));
    limits = (witc_limits_type){.min = 1, .shared = true};
    CHECK(!witc_memory_new(g.store, &limits)); /* without a maximum */
    limits = (witc_limits_type){.min = 3, .page_size = 1};
    witc_memory *bytes = witc_memory_new(g.store, &limits);
    CHECK_EQ(witc_memory_type(bytes).page_size, 1);
    CHECK(witc_memory_write(bytes, 0, "abc", 3) && !witc_memory_write(bytes, 1, "abc", 3));
    CHECK(witc_memory_read(bytes, 3, NULL, 0) && !witc_memory_read(bytes, 4, NULL, 0));
    guest_free(&g);
}

/* Says that it goes on in a way that it has not prepared. */
static witc_status pretend(witc_caller *caller, void *context, witc_slot *slots) {
    (void)caller, (void)context;
    return (witc_status)slots[0];
}

static void hosts_that_only_pretend_trap(void) {
    Guest g = guest_in(NULL);
    witc_linker_define_raw(g.linker, "env", "f", "i32", pretend, NULL);
    guest_load(&g, "(module (import \"env\" \"f\" (func $f (param i32)))"
                   " (func (export \"f\") (param i32) (call $f (local.get 0))))");
    for (witc_slot status = WITC_TRAP; status < 12; status++) {
        witc_slot slots[1] = {status};
        witc_status got = call(&g, "f", slots);
        bool plain = status == WITC_EXIT || status == WITC_EXCEPTION;
        CHECK_EQ(got, plain ? status : WITC_TRAP);
        if (status == WITC_NO_MEMORY) CHECK_EQ(witc_store_failure(g.store).trap, WITC_TRAP_MEMORY);
        else if (!plain) CHECK_EQ(witc_store_failure(g.store).trap, WITC_TRAP_HOST);
    }
    guest_free(&g);
}

static int drops;
static void count_drop(void *context) { drops += *(int *)context; }

static witc_status never(witc_caller *caller, void *context, witc_slot *slots) {
    (void)caller, (void)context, (void)slots;
    return WITC_DONE;
}

static witc_status wishes(witc_caller *caller, void *context, witc_slot *slots) {
    static int one = 1;
    if (slots[0] != 0)
        witc_then_call(caller, *(witc_func **)context, NULL, never, &one, count_drop);
    if (slots[0] == 2) return WITC_DONE; /* and does not wait for it */
    return witc_then_call(caller, *(witc_func **)context, NULL, never, &one, count_drop);
}

/* Frames that are left behind are used again by short calls, which do not write all of them. */
static void dropped_calls_are_told_once(void) {
    witc_func *trap = NULL;
    Guest g = guest_in(NULL);
    witc_linker_define_raw(g.linker, "env", "f", "i32", wishes, &trap);
    guest_load(&g, "(module (import \"env\" \"f\" (func $f (param i32)))"
                   " (func $nop) (func $deep2 (call $nop) unreachable) (func $deep (call $deep2))"
                   " (func $mid (param i32) (call $f (local.get 0)))"
                   " (func (export \"f\") (param i32) (call $mid (local.get 0)))"
                   " (func (export \"trap\") unreachable)"
                   " (func (export \"deep\") (call $deep)))");
    trap = witc_instance_func(g.instance, "trap");
    for (witc_slot wish = 0; wish < 3; wish++) {
        witc_slot slots[1] = {wish};
        drops = 0;
        CHECK_EQ(call(&g, "f", slots), wish == 2 ? WITC_DONE : WITC_TRAP);
        CHECK_EQ(drops, wish == 1 ? 2 : 1);
        CHECK_EQ(run(&g, "deep"), WITC_TRAP);
        CHECK_EQ(run(&g, "deep"), WITC_TRAP);
        CHECK_EQ(drops, wish == 1 ? 2 : 1);
    }
    guest_free(&g);
}

static witc_status twice(witc_caller *caller, void *context, witc_slot *slots) {
    Guest *g = context;
    (void)caller, (void)slots;
    CHECK_EQ(run(g, "first"), WITC_TRAP);
    CHECK_STR(message(g), "unreachable");
    CHECK_EQ(run(g, "second"), WITC_TRAP);
    CHECK_STR(message(g), "integer divide by zero");
    return WITC_DONE;
}

static void each_nested_call_has_its_own_trap(void) {
    Guest g = guest_in(NULL);
    witc_linker_define_raw(g.linker, "env", "f", "->", twice, &g);
    guest_load(&g, "(module (import \"env\" \"f\" (func $f)) (func (export \"first\") unreachable)"
                   " (func (export \"second\") (drop (i32.div_u (i32.const 1) (i32.const 0))))"
                   " (func (export \"f\") (call $f)))");
    CHECK_EQ(run(&g, "f"), WITC_DONE);
    guest_free(&g);
}

static void failed_instances_leave_nothing(void) {
    witc_limits limits = {.size = sizeof limits, .instances = 1, .table_entries = 10};
    Guest g = guest_in(&limits);
    witc_usage before = {.size = sizeof before}, after = before;
    guest_load(&g, "(module (import \"a\" \"b\" (func)) (func))");
    CHECK_EQ(g.status, WITC_UNLINKABLE);
    guest_load(&g, "(module (memory 1) (table 4 funcref) (table 7 funcref))");
    CHECK_EQ(g.status, WITC_LIMIT);
    witc_store_usage(g.store, &before);
    CHECK(before.instances == 0 && before.memory_bytes == 0 && before.table_entries == 0);
    CHECK(before.instance_bytes == 0 && before.modules == 2);
    guest_load(&g, text_limits);
    CHECK_EQ(g.status, WITC_DONE);
    witc_store_usage(g.store, &after);
    CHECK_EQ(after.instances, 1);
    guest_free(&g);
}

static void interruptions_can_be_taken_back(void) {
    Guest g = guest("(module (func (export \"long\") (local i32) (local.set 0 (i32.const 100000))"
                    " (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))");
    witc_store_interrupt(g.store);
    CHECK_EQ(run(&g, "long"), WITC_TRAP);
    witc_store_interrupt(g.store);
    witc_store_end_interrupt(g.store);
    CHECK_EQ(run(&g, "long"), WITC_DONE);
    witc_store_set_timeout(g.store, UINT64_MAX);
    CHECK_EQ(run(&g, "long"), WITC_DONE);
    guest_free(&g);
}

/* ---- what things cost ---- */

/* An allocator that knows how many bytes it has given. */
static void *sized_reallocate(void *context, void *old, size_t size) {
    size_t *p = old ? (size_t *)old - 2 : NULL;
    *(size_t *)context += size - (p ? *p : 0);
    p = realloc(p, size + 2 * sizeof *p);
    *p = size;
    return p + 2;
}
static void *sized_allocate(void *context, size_t size) {
    return sized_reallocate(context, NULL, size);
}
static void sized_release(void *context, void *old) {
    *(size_t *)context -= ((size_t *)old)[-2];
    free((size_t *)old - 2);
}

static uint64_t store_bytes(const witc_store *store) {
    witc_usage usage = {.size = sizeof usage};
    witc_store_usage(store, &usage);
    return usage.code_bytes + usage.instance_bytes + usage.type_bytes;
}

static void costs_are_told_exactly(void) {
    size_t held = 0, before;
    witc_config config = {.size = sizeof config,
                          .allocator = {&held, sized_allocate, sized_reallocate, sized_release}};
    witc_engine *mine = witc_engine_new(&config);
    before = held;
    witc_module *module = witc_module_new(mine, everything, strlen(everything), "all", NULL);
    witc_module_cost cost = {.size = sizeof cost};
    witc_module_usage(module, &cost);
    CHECK_EQ(cost.bytes, held - before);
    CHECK_EQ(cost.input_bytes, strlen(everything));
    CHECK_EQ(cost.functions, 5);
    CHECK_EQ(cost.code_bytes, 101 - 1 - 5 - 8); /* the section without counts, sizes and locals */
    int calls = 0;
    witc_store *store = witc_store_new(mine, NULL);
    witc_linker *linker = witc_linker_new(store);
    witc_linker_define_func(linker, "e", "f", "externref -> i32", count_call, &calls);
    witc_instance *instance = NULL;
    CHECK_EQ(witc_linker_instantiate(linker, module, &instance), WITC_DONE);
    uint64_t told = store_bytes(store);
    before = held;
    CHECK_EQ(witc_linker_instantiate(linker, module, &instance), WITC_DONE);
    CHECK(held > before);
    CHECK_EQ(store_bytes(store) - told, held - before);
    told = store_bytes(store), before = held;
    CHECK(calls_number(store, instance, "throw", NULL, 0, 7));
    CHECK(calls_number(store, instance, "grow", NULL, 0, 3));
    CHECK(held > before);
    CHECK_EQ(store_bytes(store) - told, held - before);
    witc_linker_free(linker);
    witc_store_free(store);
    witc_module_free(module);
    witc_engine_free(mine);
    CHECK_EQ(held, 0);
}

int main(void) {
    engine = witc_engine_new(NULL);
    RUN(options_are_understood_or_refused);
    RUN(errors_outlast_their_input);
    RUN(other_stores_are_seen);
    RUN(types_are_looked_at);
    RUN(hosts_that_only_pretend_trap);
    RUN(dropped_calls_are_told_once);
    RUN(each_nested_call_has_its_own_trap);
    RUN(failed_instances_leave_nothing);
    RUN(interruptions_can_be_taken_back);
    RUN(costs_are_told_exactly);
    witc_engine_free(engine);
    return test_end("embed_use");
}
