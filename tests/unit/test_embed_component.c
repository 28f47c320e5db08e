/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The embedding interface of components, by nothing but its own headers. */
#include <stdlib.h>
#include <unistd.h>

#include "include/witc/component.h"
#include "tests/unit/embed.h"

static const char guest_text[] =
    "(component $demo\n"
    " (import \"demo:host/log@0.2.3\" (instance $log\n"
    "  (export \"log\" (func (param \"m\" string) (result u32)))\n"
    "  (export \"pot\" (type $pot (sub resource)))\n"
    "  (export \"new\" (func (param \"n\" u32) (result (own $pot))))\n"
    "  (export \"size\" (func (param \"p\" (borrow $pot)) (result u32)))))\n"
    " (alias export $log \"pot\" (type $pot))\n"
    " (core module $libc (memory (export \"memory\") 1)\n"
    "  (global $at (mut i32) (i32.const 1024))\n"
    "  (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (local $p i32)\n"
    "   (local.set $p (i32.and (i32.add (global.get $at) (i32.const 7)) (i32.const -8)))\n"
    "   (global.set $at (i32.add (local.get $p) (local.get 3)))\n"
    "   (local.get $p)))\n"
    " (core instance $libc (instantiate $libc))\n"
    " (alias core export $libc \"memory\" (core memory $memory))\n"
    " (alias core export $libc \"realloc\" (core func $realloc))\n"
    " (core func $log (canon lower (func $log \"log\") (memory $memory)))\n"
    " (core func $new (canon lower (func $log \"new\")))\n"
    " (core func $size (canon lower (func $log \"size\")))\n"
    " (core func $drop (canon resource.drop $pot))\n"
    " (core module $main\n"
    "  (import \"e\" \"log\" (func $log (param i32 i32) (result i32)))\n"
    "  (import \"e\" \"new\" (func $new (param i32) (result i32)))\n"
    "  (import \"e\" \"size\" (func $size (param i32) (result i32)))\n"
    "  (import \"e\" \"drop\" (func $drop (param i32)))\n"
    "  (import \"e\" \"memory\" (memory 1))\n"
    "  (func (export \"echo\") (param i32 i32 i32 i32 i32 i32 i32) (result i32)\n"
    "   (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1))\n"
    "   (i32.store (i32.const 24) (local.get 2)) (i32.store (i32.const 28) (local.get 3))\n"
    "   (i32.store (i32.const 32) (local.get 4)) (i32.store8 (i32.const 36) (local.get 5))\n"
    "   (i32.store8 (i32.const 37) (local.get 6)) (i32.const 16))\n"
    "  (func (export \"tell\") (param i32 i32) (result i32) (call $log (local.get 0) (local.get "
    "1)))\n"
    "  (func (export \"pots\") (param i32) (result i32) (local $h i32)\n"
    "   (local.set $h (call $new (local.get 0)))\n"
    "   (call $size (local.get $h)) (call $drop (local.get $h)))\n"
    "  (func (export \"add\") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))\n"
    "  (func $boom (export \"boom\") (unreachable))\n"
    "  (func (export \"spin\") (loop (br 0))))\n"
    " (core instance $main (instantiate $main (with \"e\" (instance\n"
    "  (export \"log\" (func $log)) (export \"new\" (func $new)) (export \"size\" (func $size))\n"
    "  (export \"drop\" (func $drop)) (export \"memory\" (memory $memory))))))\n"
    " (type $point0 (record (field \"x\" u32) (field \"name\" string) (field \"nums\" (list s16))\n"
    "  (field \"tag\" (option u8))))\n"
    " (component $shapes\n"
    "  (type $point1 (record (field \"x\" u32) (field \"name\" string) (field \"nums\" (list "
    "s16))\n"
    "   (field \"tag\" (option u8))))\n"
    "  (import \"point0\" (type $p (eq $point1)))\n"
    "  (import \"echo0\" (func $echo (param \"p\" $p) (result $p)))\n"
    "  (export $point \"point\" (type $p))\n"
    "  (export \"echo\" (func $echo) (func (param \"p\" $point) (result $point))))\n"
    " (func $echo (param \"p\" $point0) (result $point0)\n"
    "  (canon lift (core func $main \"echo\") (memory $memory)\n"
    "   (realloc $realloc)))\n"
    " (instance $shapes (instantiate $shapes (with \"point0\" (type $point0))\n"
    "  (with \"echo0\" (func $echo))))\n"
    " (export \"demo:geo/shapes@1.2.0\" (instance $shapes))\n"
    " (func (export \"tell\") (param \"m\" string) (result u32)\n"
    "  (canon lift (core func $main \"tell\") (memory $memory)\n"
    "   (realloc $realloc)))\n"
    " (func (export \"pots\") (param \"n\" u32) (result u32) (canon lift (core func $main "
    "\"pots\")))\n"
    " (func (export \"add\") (param \"a\" u32) (param \"b\" u32) (result u32)\n"
    "  (canon lift (core func $main \"add\")))\n"
    " (func (export \"boom\") (canon lift (core func $main \"boom\")))\n"
    " (func (export \"spin\") (canon lift (core func $main \"spin\"))))\n";

typedef struct {
    witc_store *store;
    witc_component_linker *linker;
    witc_component_instance *instance;
    witc_arena *arena;
    witc_status status;
    int waits; /* how often `log` is not done yet */
    unsigned told, dropped;
    uint64_t size;
    char text[100];
    bool wrong_result;
} World;

static witc_component *component_of(witc_engine *mine, const char *text) {
    witc_error *error;
    witc_component *c = witc_component_new(mine, text, strlen(text), "demo.wat", &error);
    if (!c && error) printf("%.*s\n", STR_ARG(str_of(witc_error_text(error))));
    witc_error_free(error);
    return c;
}

static witc_status host_log(witc_caller *caller, void *context, const witc_signature *type,
                            const witc_val *args, size_t n, witc_val *result, witc_arena *arena) {
    World *w = context;
    (void)type;
    CHECK(n == 1 && args[0].kind == WITC_TYPE_STRING);
    if (w->waits > 0) return w->waits--, WITC_SUSPENDED;
    if (args[0].count == 4 && !memcmp(args[0].of.string, "trap", 4))
        return witc_trap(caller, "no %s please", "traps");
    if (args[0].count == 4 && !memcmp(args[0].of.string, "exit", 4)) return witc_exit(caller, 7);
    CHECK(witc_caller_store(caller) == w->store);
    void *room = witc_arena_take(arena, 10);
    if (!room) return WITC_NO_MEMORY;
    snprintf(w->text, sizeof w->text, "%.*s", (int)args[0].count, args[0].of.string);
    *result = w->wrong_result ? witc_val_string("no", 2) : witc_val_u32(++w->told);
    return WITC_DONE;
}

static witc_status host_new(witc_caller *caller, void *context, const witc_signature *type,
                            const witc_val *args, size_t n, witc_val *result, witc_arena *arena) {
    World *w = context;
    (void)caller, (void)type, (void)n, (void)arena;
    w->size = args[0].of.u;
    *result = witc_val_handle(WITC_TYPE_OWN, 42);
    return WITC_DONE;
}

static witc_status host_size(witc_caller *caller, void *context, const witc_signature *type,
                             const witc_val *args, size_t n, witc_val *result, witc_arena *arena) {
    World *w = context;
    (void)caller, (void)type, (void)n, (void)arena;
    CHECK(args[0].kind == WITC_TYPE_BORROW && args[0].of.handle == 42);
    *result = witc_val_u32((uint32_t)w->size);
    return WITC_DONE;
}

static void host_drop(void *context, uint64_t handle) {
    World *w = context;
    w->dropped += handle == 42;
}

static const char log_name[] = "demo:host/log@0.2.9";

static bool link_world(World *w) {
    witc_component_linker *l = w->linker = witc_component_linker_new(w->store);
    return l && !witc_component_linker_func(l, log_name, "log", "( string ) -> u32", host_log, w) &&
           !witc_component_linker_func(l, log_name, "new", NULL, host_new, w) &&
           !witc_component_linker_func(l, log_name, "size", "(borrow)->u32", host_size, w) &&
           !witc_component_linker_resource(l, log_name, "pot", host_drop, w);
}

static void world(World *w, const witc_limits *limits) {
    *w = (World){.store = witc_store_new(engine, limits)};
    w->arena = witc_arena_new(engine);
    CHECK(link_world(w));
    witc_component *c = component_of(engine, guest_text);
    CHECK(c != NULL);
    if (!c) exit(1);
    w->status = witc_component_instantiate(w->linker, c, &w->instance);
    if (w->status) printf("%s\n", witc_store_failure(w->store).message.ptr);
    CHECK_EQ(w->status, WITC_DONE);
    witc_component_free(c); /* the store keeps it */
    witc_component_linker_free(w->linker);
}

static void world_free(World *w) {
    witc_arena_free(w->arena);
    witc_store_free(w->store);
}

static Str failure(const World *w) { return str_of(witc_store_failure(w->store).message); }

static witc_status tell(World *w, const char *text, witc_val *result) {
    witc_val arg = witc_val_string(text, strlen(text));
    return witc_component_call(witc_component_find(w->instance, "", "tell"), &arg, 1, result,
                               w->arena);
}

/* ---- */

static void components_tell_their_types(void) {
    witc_component *c = component_of(engine, guest_text);
    CHECK(c != NULL);
    if (!c) return;
    CHECK_EQ(witc_component_import_count(c), 1);
    witc_item log = witc_component_import(c, 0);
    CHECK_EQ(log.kind, WITC_ITEM_INSTANCE);
    CHECK_STR(str_of(log.name), "demo:host/log@0.2.3");
    CHECK_EQ(witc_interface_count(log.interface), 4);
    char text[200];
    witc_item item = witc_interface_item(log.interface, 0);
    witc_item_text(&item, text, sizeof text);
    CHECK_STR(str_from(text), "log: func(m: string) -> u32");
    item = witc_interface_item(log.interface, 1);
    CHECK(witc_type_kind_of(item.type) == WITC_TYPE_RESOURCE);
    witc_item_text(&item, text, sizeof text);
    CHECK_STR(str_from(text), "resource pot");
    CHECK_EQ(witc_component_export_count(c), 6);
    item = witc_component_export(c, 0);
    CHECK_STR(str_of(item.name), "demo:geo/shapes@1.2.0");
    item = witc_interface_item(item.interface, 1);
    CHECK_STR(str_of(item.name), "echo");
    CHECK_EQ(witc_signature_param_count(item.func), 1);
    const witc_type *point = witc_signature_param(item.func, 0);
    CHECK(witc_type_kind_of(point) == WITC_TYPE_RECORD);
    CHECK_EQ(witc_type_part_count(point), 4);
    CHECK_EQ(witc_type_find_part(point, words("nums")), 2);
    CHECK(witc_type_find_part(point, words("none")) == SIZE_MAX);
    const witc_type *nums = witc_type_part(point, 2);
    CHECK(witc_type_kind_of(nums) == WITC_TYPE_LIST);
    CHECK(witc_type_kind_of(witc_type_part(nums, 0)) == WITC_TYPE_S16);
    witc_type_text(nums, text, sizeof text);
    CHECK_STR(str_from(text), "list<s16>");
    CHECK_STR(str_of(witc_type_part_name(point, 1)), "name");
    witc_component_free(c);
    witc_error *error;
    CHECK(!witc_component_new(engine, "(module)", 8, NULL, &error));
    CHECK_EQ(witc_error_count(error), 1);
    witc_error_free(error);
    CHECK(!witc_component_new(engine, "(component (func (export \"f\")))", 31, "x.wat", &error));
    CHECK(witc_error_count(error) > 0);
    witc_error_free(error);
    CHECK(!witc_component_new(engine, "\0asm\x0d\0\1\0\xff", 9, NULL, NULL));
    CHECK(!witc_component_new(engine, "", 0, NULL, NULL));
}

static void records_and_lists_go_in_and_out(void) {
    World w;
    world(&w, NULL);
    witc_component_func *echo = witc_component_find(w.instance, "demo:geo/shapes@1.0.0", "echo");
    CHECK(echo != NULL);
    CHECK(!witc_component_find(w.instance, "demo:geo/shapes@2.0.0", "echo"));
    CHECK(!witc_component_find(w.instance, "", "echo"));
    int16_t nums[] = {-3, 300};
    witc_val seven = witc_val_uint(WITC_TYPE_U8, 7), result, item;
    witc_val fields[] = {witc_val_u32(5), witc_val_string("a\xc3\xa9", 3),
                         witc_val_packed(WITC_TYPE_S16, nums, 2),
                         witc_val_case(WITC_TYPE_OPTION, 1, &seven)};
    witc_val point = witc_val_items(WITC_TYPE_RECORD, fields, 4);
    CHECK_EQ(witc_component_call(echo, &point, 1, &result, w.arena), WITC_DONE);
    CHECK(result.kind == WITC_TYPE_RECORD && result.count == 4);
    CHECK(result.of.items[0].of.u == 5);
    CHECK_STR(((Str){result.of.items[1].of.string, result.of.items[1].count}), "a\xc3\xa9");
    CHECK(witc_val_item(&result.of.items[2], 0, &item) && item.of.s == -3);
    CHECK(witc_val_item(&result.of.items[2], 1, &item) && item.of.s == 300);
    CHECK(!witc_val_item(&result.of.items[2], 2, &item));
    CHECK(witc_val_payload(&result.of.items[3])->of.u == 7);
    witc_val loose[] = {witc_val_int(WITC_TYPE_S16, -1), witc_val_int(WITC_TYPE_S16, 2)};
    fields[2] = witc_val_items(WITC_TYPE_LIST, loose, 2);
    fields[3] = witc_val_case(WITC_TYPE_OPTION, 0, NULL);
    CHECK_EQ(witc_component_call(echo, &point, 1, &result, w.arena), WITC_DONE);
    const witc_type *type = witc_signature_result(witc_component_func_type(echo));
    CHECK_STR(str_of(witc_val_print(type, &result, w.arena)),
              "{x: 5, name: \"a\xc3\xa9\", nums: [-1, 2], tag: none}");
    witc_error *error;
    CHECK_EQ(witc_component_call_text(echo, words("({x: 1, name: \"\", nums: []})"), &result,
                                      w.arena, &error),
             WITC_DONE);
    CHECK(result.of.items[0].of.u == 1 && !error);
    CHECK_EQ(witc_component_call_text(echo, words("(1)"), &result, w.arena, &error), WITC_REFUSED);
    CHECK_EQ(witc_error_count(error), 1);
    witc_error_free(error);
    world_free(&w);
}

static void wrong_values_are_refused(void) {
    World w;
    world(&w, NULL);
    witc_component_func *echo = witc_component_find(w.instance, "demo:geo/shapes@1.0.0", "echo");
    witc_val eight = witc_val_uint(WITC_TYPE_U8, 256), result;
    witc_val fields[] = {witc_val_u32(5), witc_val_string("", 0),
                         witc_val_items(WITC_TYPE_LIST, NULL, 0),
                         witc_val_case(WITC_TYPE_OPTION, 0, NULL)};
    witc_val point = witc_val_items(WITC_TYPE_RECORD, fields, 4), good[4];
    memcpy(good, fields, sizeof good);
    CHECK_EQ(witc_component_call(echo, &point, 0, &result, w.arena), WITC_REFUSED);
    struct {
        size_t field;
        witc_val value;
        const char *text;
    } rows[] = {
        {0, witc_val_s32(5), "argument `p`, field `x`: expected u32, found s32"},
        {0, witc_val_uint(WITC_TYPE_U32, 1ull << 32),
         "argument `p`, field `x`: 4294967296 is out of the range of u32"},
        {1, witc_val_string("\xff", 1), "argument `p`, field `name`: the string is not UTF-8"},
        {1, witc_val_string(NULL, 1), "argument `p`, field `name`: the string is NULL"},
        {2, witc_val_items(WITC_TYPE_LIST, NULL, 3),
         "argument `p`, field `nums`: the items are NULL"},
        {2, witc_val_items(WITC_TYPE_LIST, fields, 1),
         "argument `p`, field `nums`, item 1: expected s16, found u32"},
        {2, witc_val_packed(WITC_TYPE_U8, "a", 1),
         "argument `p`, field `nums`: expected items of the type s16, found packed u8"},
        {2, witc_val_packed((witc_type_kind)99, "a", 1),
         "argument `p`, field `nums`: expected items of the type s16, found packed no value"},
        {3, witc_val_case(WITC_TYPE_OPTION, 2, NULL), "argument `p`, field `tag`: case 2 of 2"},
        {3, witc_val_case(WITC_TYPE_OPTION, 1, NULL),
         "argument `p`, field `tag`: case 1 has a payload"},
        {3, witc_val_case(WITC_TYPE_OPTION, 1, &eight),
         "argument `p`, field `tag`, payload of case 2: 256 is out of the range of u8"},
        {3, witc_val_of((witc_type_kind)1000, 0, 0),
         "argument `p`, field `tag`: expected option, found no value"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        memcpy(fields, good, sizeof good);
        fields[rows[i].field] = rows[i].value;
        CHECK_EQ(witc_component_call(echo, &point, 1, &result, w.arena), WITC_REFUSED);
        CHECK_STR(failure(&w), rows[i].text);
    }
    point.count = 3;
    CHECK_EQ(witc_component_call(echo, &point, 1, &result, w.arena), WITC_REFUSED);
    memcpy(fields, good, sizeof good);
    point.count = 4;
    CHECK_EQ(witc_component_call(echo, &point, 1, &result, w.arena), WITC_DONE);
    world_free(&w);
}

static void hosts_are_asked(void) {
    World w;
    world(&w, NULL);
    witc_val result;
    CHECK_EQ(tell(&w, "hello", &result), WITC_DONE);
    CHECK(result.kind == WITC_TYPE_U32 && result.of.u == 1);
    CHECK_STR(str_from(w.text), "hello");
    witc_val three = witc_val_u32(3);
    witc_component_func *pots = witc_component_find(w.instance, "", "pots");
    CHECK_EQ(witc_component_call(pots, &three, 1, &result, w.arena), WITC_DONE);
    CHECK(result.of.u == 3 && w.dropped == 1);
    CHECK_EQ(tell(&w, "exit", &result), WITC_EXIT);
    CHECK_EQ(witc_store_exit_status(w.store), 7);
    world_free(&w);
    world(&w, NULL);
    CHECK_EQ(tell(&w, "trap", &result), WITC_TRAP);
    CHECK_STR(failure(&w), "no traps please");
    CHECK_EQ(tell(&w, "more", &result), WITC_TRAP); /* it cannot be entered again */
    world_free(&w);
    world(&w, NULL);
    w.wrong_result = true;
    CHECK_EQ(tell(&w, "x", &result), WITC_TRAP);
    CHECK_STR(failure(&w),
              "the result of a host function is not of its type: expected u32, found string");
    world_free(&w);
}

static void calls_suspend(void) {
    World w;
    world(&w, NULL);
    witc_val result = {0};
    w.waits = 2;
    CHECK_EQ(tell(&w, "slow", &result), WITC_SUSPENDED);
    CHECK_EQ(tell(&w, "another", &result), WITC_REFUSED);
    CHECK_EQ(witc_store_resume(w.store), WITC_SUSPENDED);
    CHECK_EQ(witc_store_resume(w.store), WITC_DONE);
    CHECK(result.of.u == 1);
    CHECK_STR(str_from(w.text), "slow");
    CHECK_EQ(witc_store_resume(w.store), WITC_REFUSED);
    w.waits = 1;
    CHECK_EQ(tell(&w, "never", &result), WITC_SUSPENDED);
    witc_store_abandon(w.store);
    CHECK_EQ(witc_store_resume(w.store), WITC_REFUSED);
    w.waits = 1;
    world_free(&w);
    world(&w, NULL);
    w.waits = 1;
    CHECK_EQ(tell(&w, "at the end", &result), WITC_SUSPENDED);
    world_free(&w);
}

static void traps_have_backtraces_and_limits(void) {
    World w;
    world(&w, NULL);
    witc_component_func *boom = witc_component_find(w.instance, "", "boom");
    CHECK_EQ(witc_component_call(boom, NULL, 0, NULL, w.arena), WITC_TRAP);
    CHECK_EQ(witc_store_failure(w.store).trap, WITC_TRAP_UNREACHABLE);
    witc_frame frame;
    CHECK(witc_store_frame(w.store, 0, &frame));
    CHECK_STR(str_of(frame.func_name), "boom");
    world_free(&w);
    witc_limits limits = {
        .size = sizeof limits, .count_fuel = true, .fuel = 100000, .values_bytes = 4096};
    world(&w, &limits);
    CHECK_EQ(
        witc_component_call(witc_component_find(w.instance, "", "spin"), NULL, 0, NULL, w.arena),
        WITC_TRAP);
    CHECK_EQ(witc_store_failure(w.store).limit, WITC_LIMIT_FUEL);
    world_free(&w);
    world(&w, NULL);
    witc_store_interrupt(w.store);
    CHECK_EQ(
        witc_component_call(witc_component_find(w.instance, "", "spin"), NULL, 0, NULL, w.arena),
        WITC_TRAP);
    CHECK_EQ(witc_store_failure(w.store).trap, WITC_TRAP_INTERRUPTED);
    world_free(&w);
}

static void linking_fails_with_reasons(void) {
    World w = {.store = witc_store_new(engine, NULL)};
    witc_component *c = component_of(engine, guest_text);
    w.linker = witc_component_linker_new(w.store);
    CHECK_EQ(witc_component_instantiate(w.linker, c, &w.instance), WITC_UNLINKABLE);
    CHECK(str_find_str(failure(&w), STR("demo:host/log@0.2.3"), 0) != SIZE_MAX);
    witc_component_linker_free(w.linker);
    CHECK(link_world(&w));
    CHECK_EQ(witc_component_linker_func(w.linker, log_name, "log", "(u8) -> u32", host_log, &w), 0);
    CHECK_EQ(witc_component_instantiate(w.linker, c, &w.instance), WITC_UNLINKABLE);
    CHECK(str_find_str(failure(&w), STR("(string)->u32"), 0) != SIZE_MAX);
    CHECK(!w.instance);
    witc_component_linker_free(w.linker);
    witc_component_free(c);
    witc_store_free(w.store);
}

/* ---- WASI ---- */

static const char wasi_text[] =
    "(component\n"
    " (import \"wasi:cli/environment@0.2.0\" (instance $env\n"
    "  (export \"get-arguments\" (func (result (list string))))))\n"
    " (core module $m (memory (export \"memory\") 1)\n"
    "  (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))\n"
    " (core instance $i (instantiate $m))\n"
    " (alias core export $i \"memory\" (core memory $memory))\n"
    " (alias core export $i \"realloc\" (core func $realloc))\n"
    " (core func $get (canon lower (func $env \"get-arguments\") (memory $memory)\n"
    "  (realloc $realloc)))\n"
    " (core module $n (import \"e\" \"get\" (func $get (param i32))) (import \"e\" \"m\" (memory "
    "1))\n"
    "  (func (export \"count\") (result i32)\n"
    "   (call $get (i32.const 8)) (i32.load (i32.const 12))))\n"
    " (core instance $j (instantiate $n (with \"e\" (instance (export \"get\" (func $get))\n"
    "  (export \"m\" (memory $memory))))))\n"
    " (func (export \"count\") (result u32) (canon lift (core func $j \"count\"))))";

static void wasi_is_granted(void) {
    witc_store *store = witc_store_new(engine, NULL);
    witc_component_linker *linker = witc_component_linker_new(store);
    const char *args[] = {"a", "b", "c"};
    witc_wasi_folder missing = {.host = "/nowhere at all", .guest = "/x"};
    witc_wasi wasi = {
        .size = sizeof wasi, .args = args, .arg_count = 3, .folders = &missing, .folder_count = 1};
    CHECK_EQ(witc_component_linker_wasi(linker, &wasi), WITC_REFUSED);
    witc_wasi_folder root = {.host = "/", .guest = "/", .read_only = true};
    wasi.folders = &root;
    CHECK_EQ(witc_component_linker_wasi(linker, &wasi), WITC_DONE);
    CHECK_EQ(witc_component_linker_wasi(linker, &wasi), WITC_REFUSED);
    witc_component *c = component_of(engine, wasi_text);
    CHECK(c != NULL);
    witc_component_instance *instance = NULL;
    CHECK_EQ(witc_component_instantiate(linker, c, &instance), WITC_DONE);
    witc_arena *arena = witc_arena_new(engine);
    witc_val result = {0};
    CHECK(instance && !witc_component_call(witc_component_find(instance, "", "count"), NULL, 0,
                                           &result, arena));
    CHECK_EQ(result.of.u, 3);
    witc_arena_free(arena);
    witc_component_linker_free(linker);
    witc_component_free(c);
    witc_store_free(store);
}

/* ---- resources of the guest ---- */

static const char resource_text[] =
    "(component\n"
    " (core module $d (global $n (mut i32) (i32.const 0))\n"
    "  (func (export \"dtor\") (param i32) (global.set $n (i32.add (global.get $n) (local.get "
    "0))))\n"
    "  (func (export \"count\") (result i32) (global.get $n)))\n"
    " (core instance $d (instantiate $d))\n"
    " (alias core export $d \"dtor\" (core func $dtor))\n"
    " (type $r0 (resource (rep i32) (dtor (core func $dtor))))\n"
    " (export $r \"r\" (type $r0))\n"
    " (core func $new (canon resource.new $r0))\n"
    " (core module $m (import \"e\" \"new\" (func $new (param i32) (result i32)))\n"
    "  (func (export \"make\") (param i32) (result i32) (call $new (local.get 0)))\n"
    "  (func (export \"look\") (param i32) (result i32) (local.get 0)))\n"
    " (core instance $m (instantiate $m (with \"e\" (instance (export \"new\" (func $new))))))\n"
    " (func (export \"make\") (param \"n\" u32) (result (own $r)) (canon lift (core func $m "
    "\"make\")))\n"
    " (func (export \"look\") (param \"r\" (borrow $r)) (result u32) (canon lift (core func $m "
    "\"look\")))\n"
    " (func (export \"count\") (result u32) (canon lift (core func $d \"count\"))))";

static void resources_of_guests_are_held(void) {
    witc_store *store = witc_store_new(engine, NULL);
    witc_component_linker *linker = witc_component_linker_new(store);
    witc_component *c = component_of(engine, resource_text);
    witc_component_instance *instance = NULL;
    CHECK(c && !witc_component_instantiate(linker, c, &instance));
    if (!instance) return;
    witc_arena *arena = witc_arena_new(engine);
    witc_component_func *make = witc_component_find(instance, "", "make");
    witc_component_func *count = witc_component_find(instance, "", "count");
    witc_val nine = witc_val_u32(9), made, result;
    CHECK_EQ(witc_component_call(make, &nine, 1, &made, arena), WITC_DONE);
    CHECK_EQ(made.kind, WITC_TYPE_OWN);
    witc_val lent = witc_val_handle(WITC_TYPE_BORROW, made.of.handle);
    CHECK_EQ(
        witc_component_call(witc_component_find(instance, "", "look"), &lent, 1, &result, arena),
        WITC_DONE);
    CHECK_EQ(result.of.u, 9);
    const witc_type *own = witc_signature_result(witc_component_func_type(make));
    CHECK_EQ(witc_component_drop(make, own, made.of.handle), WITC_DONE);
    CHECK_EQ(witc_component_drop(make, witc_type_part(own, 0), 1), WITC_REFUSED);
    CHECK_EQ(witc_component_call(count, NULL, 0, &result, arena), WITC_DONE);
    CHECK_EQ(result.of.u, 9);
    witc_arena_free(arena);
    witc_component_linker_free(linker);
    witc_component_free(c);
    witc_store_free(store);
}

/* ---- an allocator that fails ---- */

static bool call_everything(World *w) {
    witc_val result = {0}, big[100];
    for (size_t i = 0; i < 100; i++) big[i] = witc_val_int(WITC_TYPE_S16, (int64_t)i);
    witc_val fields[] = {witc_val_u32(5), witc_val_string("name", 4),
                         witc_val_items(WITC_TYPE_LIST, big, 100),
                         witc_val_case(WITC_TYPE_OPTION, 0, NULL)};
    witc_val point = witc_val_items(WITC_TYPE_RECORD, fields, 4);
    w->waits = 1;
    witc_status status = tell(w, "hello", &result);
    if (status == WITC_SUSPENDED) status = witc_store_resume(w->store);
    bool good = status == WITC_DONE && result.of.u == 1;
    CHECK(good || status == WITC_NO_MEMORY || status == WITC_TRAP);
    witc_component_func *echo = witc_component_find(w->instance, "demo:geo/shapes@1.2.0", "echo");
    status = witc_component_call(echo, &point, 1, &result, w->arena);
    CHECK(status == WITC_DONE || status == WITC_NO_MEMORY || status == WITC_TRAP ||
          status == WITC_REFUSED);
    if (status != WITC_DONE) return false;
    const witc_type *type = witc_signature_result(witc_component_func_type(echo));
    witc_str text = witc_val_print(type, &result, w->arena);
    return good && text.ptr && witc_val_parse(type, text, w->arena, &result, NULL);
}

static bool do_everything(witc_engine *mine) {
    World w = {0};
    witc_component *c = component_of(mine, guest_text);
    w.store = c ? witc_store_new(mine, NULL) : NULL;
    w.arena = w.store ? witc_arena_new(mine) : NULL;
    witc_wasi wasi = {.size = sizeof wasi};
    bool good = w.arena && link_world(&w) && !witc_component_linker_wasi(w.linker, &wasi);
    if (good) {
        w.status = witc_component_instantiate(w.linker, c, &w.instance);
        CHECK(w.status == WITC_DONE || w.status == WITC_NO_MEMORY || w.status == WITC_TRAP ||
              w.status == WITC_LIMIT);
    }
    good = good && w.instance && call_everything(&w);
    witc_component_linker_free(w.linker);
    witc_arena_free(w.arena);
    witc_component_free(c);
    witc_store_free(w.store);
    return good;
}

static void every_allocation_fails_in_turn(void) { fail_each_allocation(NULL, do_everything); }

int main(void) {
    engine = witc_engine_new(NULL);
    RUN(components_tell_their_types);
    RUN(records_and_lists_go_in_and_out);
    RUN(wrong_values_are_refused);
    RUN(hosts_are_asked);
    RUN(calls_suspend);
    RUN(traps_have_backtraces_and_limits);
    RUN(linking_fails_with_reasons);
    RUN(wasi_is_granted);
    RUN(resources_of_guests_are_held);
    RUN(every_allocation_fails_in_turn);
    witc_engine_free(engine);
    return test_end("embed_component");
}
