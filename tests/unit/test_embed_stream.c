/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Streams, futures and instances of the embedding interface of components, by nothing but its headers. */
#include "include/witc/component.h"
#include "tests/unit/embed.h"

/* sum: reads a stream of u32 to its end. count: gives a stream of u8, and has more to do then. say: a
 * future of a string each way. ticks: how many items without a value there are. */
static const char guest_text[] =
    "(component\n"
    " (core module $Memory (memory (export \"m\") 1)\n"
    "  (func (export \"r\") (param i32 i32 i32 i32) (result i32) (i32.const 4096)))\n"
    " (core instance $memory (instantiate $Memory))\n"
    " (alias core export $memory \"m\" (core memory $m))\n"
    " (alias core export $memory \"r\" (core func $r))\n"
    " (type $u32s (stream u32)) (type $u8s (stream u8)) (type $text (future string))\n"
    " (type $none (stream))\n"
    " (core func $read (canon stream.read $u32s (memory $m)))\n"
    " (core func $drop-u32s (canon stream.drop-readable $u32s))\n"
    " (core func $new (canon stream.new $u8s))\n"
    " (core func $write (canon stream.write $u8s (memory $m)))\n"
    " (core func $drop-u8s (canon stream.drop-writable $u8s))\n"
    " (core func $return-u8s (canon task.return (result $u8s)))\n"
    " (core func $read-text (canon future.read $text (memory $m) (realloc $r)))\n"
    " (core func $drop-text (canon future.drop-readable $text))\n"
    " (core func $new-text (canon future.new $text))\n"
    " (core func $write-text (canon future.write $text (memory $m)))\n"
    " (core func $done-text (canon future.drop-writable $text))\n"
    " (core func $return-text (canon task.return (result $text)))\n"
    " (core func $read-none (canon stream.read $none (memory $m)))\n"
    " (core func $drop-none (canon stream.drop-readable $none))\n"
    " (core module $Main\n"
    "  (import \"e\" \"m\" (memory 1))\n"
    "  (import \"e\" \"read\" (func $read (param i32 i32 i32) (result i32)))\n"
    "  (import \"e\" \"drop-u32s\" (func $drop-u32s (param i32)))\n"
    "  (import \"e\" \"new\" (func $new (result i64)))\n"
    "  (import \"e\" \"write\" (func $write (param i32 i32 i32) (result i32)))\n"
    "  (import \"e\" \"drop-u8s\" (func $drop-u8s (param i32)))\n"
    "  (import \"e\" \"return-u8s\" (func $return-u8s (param i32)))\n"
    "  (import \"e\" \"read-text\" (func $read-text (param i32 i32) (result i32)))\n"
    "  (import \"e\" \"drop-text\" (func $drop-text (param i32)))\n"
    "  (import \"e\" \"new-text\" (func $new-text (result i64)))\n"
    "  (import \"e\" \"write-text\" (func $write-text (param i32 i32) (result i32)))\n"
    "  (import \"e\" \"done-text\" (func $done-text (param i32)))\n"
    "  (import \"e\" \"return-text\" (func $return-text (param i32)))\n"
    "  (import \"e\" \"read-none\" (func $read-none (param i32 i32 i32) (result i32)))\n"
    "  (import \"e\" \"drop-none\" (func $drop-none (param i32)))\n"
    "  (func (export \"sum\") (param $s i32) (result i64)\n"
    "   (local $got i32) (local $i i32) (local $sum i64)\n"
    "   (loop $more\n"
    "    (local.set $got (call $read (local.get $s) (i32.const 64) (i32.const 4)))\n"
    "    (local.set $i (i32.shr_u (local.get $got) (i32.const 4)))\n"
    "    (block $done (loop $next\n"
    "     (br_if $done (i32.eqz (local.get $i)))\n"
    "     (local.set $i (i32.sub (local.get $i) (i32.const 1)))\n"
    "     (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (i32.load\n"
    "      (i32.add (i32.const 64) (i32.mul (local.get $i) (i32.const 4)))))))\n"
    "     (br $next)))\n"
    "    (br_if $more (i32.eqz (i32.and (local.get $got) (i32.const 15)))))\n"
    "   (call $drop-u32s (local.get $s)) (local.get $sum))\n"
    "  (func (export \"count\") (param $n i32) (local $ends i64) (local $i i32) (local $w i32)\n"
    "   (local.set $ends (call $new))\n"
    "   (call $return-u8s (i32.wrap_i64 (local.get $ends)))\n"
    "   (local.set $w (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))))\n"
    "   (block $done (loop $next\n"
    "    (br_if $done (i32.ge_u (local.get $i) (local.get $n)))\n"
    "    (i32.store8 (i32.const 64) (local.get $i))\n"
    "    (br_if $done (i32.ne (i32.const 16) (call $write (local.get $w) (i32.const 64) (i32.const "
    "1))))\n"
    "    (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $next)))\n"
    "   (call $drop-u8s (local.get $w)))\n"
    "  (func (export \"say\") (param $in i32) (local $ends i64) (local $w i32)\n"
    "   (if (call $read-text (local.get $in) (i32.const 128)) (then unreachable))\n"
    "   (call $drop-text (local.get $in))\n"
    "   (local.set $ends (call $new-text))\n"
    "   (call $return-text (i32.wrap_i64 (local.get $ends)))\n"
    "   (local.set $w (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))))\n"
    "   (drop (call $write-text (local.get $w) (i32.const 128)))\n"
    "   (call $done-text (local.get $w)))\n"
    "  (func (export \"ticks\") (param $s i32) (result i32) (local $got i32)\n"
    "   (local.set $got (call $read-none (local.get $s) (i32.const 0) (i32.const 100)))\n"
    "   (call $drop-none (local.get $s)) (i32.shr_u (local.get $got) (i32.const 4))))\n"
    " (core instance $main (instantiate $Main (with \"e\" (instance\n"
    "  (export \"m\" (memory $m)) (export \"read\" (func $read))\n"
    "  (export \"drop-u32s\" (func $drop-u32s)) (export \"new\" (func $new))\n"
    "  (export \"write\" (func $write)) (export \"drop-u8s\" (func $drop-u8s))\n"
    "  (export \"return-u8s\" (func $return-u8s)) (export \"read-text\" (func $read-text))\n"
    "  (export \"drop-text\" (func $drop-text)) (export \"new-text\" (func $new-text))\n"
    "  (export \"write-text\" (func $write-text)) (export \"done-text\" (func $done-text))\n"
    "  (export \"return-text\" (func $return-text)) (export \"read-none\" (func $read-none))\n"
    "  (export \"drop-none\" (func $drop-none))))))\n"
    " (func (export \"sum\") async (param \"s\" $u32s) (result u64)\n"
    "  (canon lift (core func $main \"sum\")))\n"
    " (func (export \"count\") async (param \"n\" u32) (result $u8s)\n"
    "  (canon lift (core func $main \"count\") async))\n"
    " (func (export \"say\") async (param \"t\" $text) (result $text)\n"
    "  (canon lift (core func $main \"say\") async))\n"
    " (func (export \"ticks\") async (param \"s\" $none) (result u32)\n"
    "  (canon lift (core func $main \"ticks\"))))\n";

typedef struct {
    witc_store *store;
    witc_component_linker *linker;
    witc_component_instance *instance;
    witc_arena *arena;
} World;

static witc_component *component_of(const char *text) {
    witc_error *error;
    witc_component *c = witc_component_new(engine, text, strlen(text), "t.wat", &error);
    if (!c && error) printf("%.*s\n", STR_ARG(str_of(witc_error_text(error))));
    witc_error_free(error);
    return c;
}

static witc_component_instance *instance_of(World *w, const char *text) {
    witc_component *c = component_of(text);
    witc_component_instance *instance = NULL;
    CHECK(c != NULL);
    if (c && witc_component_instantiate(w->linker, c, &instance))
        printf("%s\n", witc_store_failure(w->store).message.ptr);
    witc_component_free(c);
    return instance;
}

static World world(void) {
    World w = {.store = witc_store_new(engine, NULL), .arena = witc_arena_new(engine)};
    w.linker = witc_component_linker_new(w.store);
    w.instance = instance_of(&w, guest_text);
    CHECK(w.instance != NULL);
    return w;
}

static void world_free(World *w) {
    witc_component_linker_free(w->linker);
    witc_arena_free(w->arena);
    witc_store_free(w->store);
}

static witc_status ask(World *w, const char *name, witc_val arg, witc_val *result) {
    witc_component_func *f = witc_component_find(w->instance, "", name);
    CHECK(f != NULL);
    return f ? witc_component_call(f, &arg, 1, result, w->arena) : WITC_TRAP;
}

/* ---- the host writes ---- */

typedef struct {
    uint32_t next, last;
    int waits;     /* how often it has nothing yet */
    bool as_items; /* not packed */
    enum { GOOD, TOO_MANY, WRONG_TYPE, NO_LIST, TRAPS } fault;
    unsigned closed, asked;
    uint32_t numbers[4];
    witc_val values[4];
} Source;

static witc_flow give(witc_caller *caller, void *context, const witc_type *type, size_t most,
                      witc_val *items, witc_arena *arena) {
    Source *s = context;
    (void)arena;
    s->asked++;
    CHECK_EQ(witc_type_kind_of(type), WITC_TYPE_U32);
    if (s->waits && s->waits--) return WITC_FLOW_WAITS;
    if (s->fault == TRAPS) return witc_trap(caller, "no more"), WITC_FLOW_TRAPS;
    size_t n = 0;
    for (; n < most && n < 4 && s->next <= s->last; n++) {
        s->values[n] = s->fault == WRONG_TYPE ? witc_val_bool(true) : witc_val_u32(s->next);
        s->numbers[n] = s->next++;
    }
    if (s->fault == TOO_MANY) n = most + 1;
    *items = s->as_items ? witc_val_items(WITC_TYPE_LIST, s->values, n)
                         : witc_val_packed(WITC_TYPE_U32, s->numbers, n);
    if (s->fault == NO_LIST) *items = witc_val_u32(1);
    return s->next > s->last ? WITC_FLOW_ENDS : WITC_FLOW_MOVED;
}

static void close_source(void *context) { ((Source *)context)->closed++; }

static witc_status sum(World *w, Source *s, witc_val *result) {
    witc_val stream;
    CHECK_EQ(witc_stream_new(w->store, WITC_TYPE_STREAM, give, close_source, s, &stream),
             WITC_DONE);
    return ask(w, "sum", stream, result);
}

static void hosts_write_streams(void) {
    World w = world();
    witc_val result;
    for (int form = 0; form < 2; form++) {
        Source s = {.next = 1, .last = 10, .as_items = form};
        CHECK_EQ(sum(&w, &s, &result), WITC_DONE);
        CHECK_EQ(result.of.u, 55);
        CHECK_EQ(s.closed, 1);
        CHECK_EQ(s.asked, 3);
    }
    Source slow = {.next = 1, .last = 5, .waits = 2};
    CHECK_EQ(sum(&w, &slow, &result), WITC_SUSPENDED);
    witc_status status = witc_store_resume(w.store);
    for (int i = 0; i < 3 && status == WITC_SUSPENDED; i++) status = witc_store_resume(w.store);
    CHECK_EQ(status, WITC_DONE);
    CHECK_EQ(result.of.u, 15);
    CHECK_EQ(slow.closed, 1);
    Source given_up = {.next = 1, .last = 5, .waits = 9};
    CHECK_EQ(sum(&w, &given_up, &result), WITC_SUSPENDED);
    CHECK_EQ(witc_store_run_tasks(w.store), WITC_REFUSED);
    witc_store_abandon(w.store);
    world_free(&w);
    CHECK_EQ(given_up.closed, 1);
}

static void hosts_that_write_wrongly_trap(void) {
    static const char *const texts[] = {[TOO_MANY] = "at most 4 items",
                                        [WRONG_TYPE] = "item 0 of a stream or future of the host",
                                        [NO_LIST] = "gave no list",
                                        [TRAPS] = "no more"};
    for (int fault = TOO_MANY; fault <= TRAPS; fault++) {
        World w = world();
        Source s = {.next = 1, .last = 10, .fault = fault, .as_items = fault == WRONG_TYPE};
        witc_val result;
        CHECK_EQ(sum(&w, &s, &result), WITC_TRAP);
        CHECK(strstr(witc_store_failure(w.store).message.ptr, texts[fault]) != NULL);
        world_free(&w);
        CHECK_EQ(s.closed, 1);
    }
    World w = world();
    witc_val v;
    CHECK_EQ(witc_stream_new(w.store, WITC_TYPE_LIST, give, NULL, NULL, &v), WITC_REFUSED);
    v = witc_val_u32(7);
    CHECK_EQ(witc_stream_drop(w.store, &v), WITC_REFUSED);
    Source unused = {.last = 3};
    CHECK_EQ(witc_stream_new(w.store, WITC_TYPE_STREAM, give, close_source, &unused, &v),
             WITC_DONE);
    CHECK_EQ(witc_stream_drop(w.store, &v), WITC_DONE);
    CHECK_EQ(unused.closed, 1);
    world_free(&w);
}

/* ---- the host reads ---- */

typedef struct {
    size_t got, most; /* most: it has had enough then; 0: never */
    unsigned closed;
    bool slow; /* every other time it waits */
    unsigned asked;
    uint8_t bytes[16];
    char text[16];
} Sink;

static witc_flow take(witc_caller *caller, void *context, const witc_type *type,
                      const witc_val *items, size_t *count) {
    Sink *s = context;
    (void)caller;
    if (s->slow && ++s->asked % 2) return *count = 0, WITC_FLOW_WAITS;
    CHECK_EQ(witc_type_kind_of(type), WITC_TYPE_U8);
    CHECK(items->kind == WITC_TYPE_LIST && items->index == WITC_TYPE_U8 && items->count == *count);
    for (size_t i = 0; i < *count && s->got < sizeof s->bytes; i++)
        s->bytes[s->got++] = ((const uint8_t *)items->of.packed)[i];
    return s->most && s->got >= s->most ? WITC_FLOW_ENDS : WITC_FLOW_MOVED;
}

static void close_sink(void *context) { ((Sink *)context)->closed++; }

static void hosts_read_streams(void) {
    for (int slow = 0; slow < 2; slow++) {
        World w = world();
        Sink s = {.slow = slow};
        witc_val stream;
        CHECK_EQ(ask(&w, "count", witc_val_u32(5), &stream), WITC_DONE);
        CHECK_EQ(stream.kind, WITC_TYPE_STREAM);
        CHECK_EQ(witc_stream_read(w.store, &stream, take, close_sink, &s), WITC_DONE);
        witc_status status = witc_store_run_tasks(w.store);
        for (int i = 0; i < 20 && status == WITC_SUSPENDED; i++)
            status = witc_store_resume(w.store);
        CHECK_EQ(status, WITC_DONE);
        CHECK_EQ(s.got, 5);
        CHECK(s.bytes[0] == 0 && s.bytes[4] == 4);
        CHECK_EQ(s.closed, 1);
        world_free(&w);
    }
    World w = world();
    Sink s = {.most = 2};
    witc_val stream;
    CHECK_EQ(ask(&w, "count", witc_val_u32(5), &stream), WITC_DONE);
    CHECK_EQ(witc_stream_read(w.store, &stream, take, close_sink, &s), WITC_DONE);
    CHECK_EQ(witc_store_run_tasks(w.store), WITC_DONE);
    CHECK_EQ(s.got, 2);
    CHECK_EQ(s.closed, 1);
    CHECK_EQ(ask(&w, "count", witc_val_u32(5), &stream), WITC_DONE);
    CHECK_EQ(witc_stream_drop(w.store, &stream), WITC_DONE);
    CHECK_EQ(witc_store_run_tasks(w.store), WITC_DONE);
    world_free(&w);
}

/* ---- futures, and items without a value ---- */

static witc_flow give_text(witc_caller *caller, void *context, const witc_type *type, size_t most,
                           witc_val *items, witc_arena *arena) {
    (void)caller, (void)context;
    CHECK_EQ(witc_type_kind_of(type), WITC_TYPE_STRING);
    CHECK_EQ(most, 1);
    witc_val *item = witc_arena_take(arena, sizeof *item);
    if (!item) return WITC_FLOW_TRAPS;
    *item = witc_val_string("hello", 5);
    *items = witc_val_items(WITC_TYPE_LIST, item, 1);
    return WITC_FLOW_MOVED;
}

static witc_flow take_text(witc_caller *caller, void *context, const witc_type *type,
                           const witc_val *items, size_t *count) {
    Sink *s = context;
    (void)caller, (void)type;
    witc_val v;
    CHECK_EQ(*count, 1);
    CHECK(witc_val_item(items, 0, &v) && v.kind == WITC_TYPE_STRING);
    snprintf(s->text, sizeof s->text, "%.*s", (int)v.count, v.of.string);
    return WITC_FLOW_MOVED;
}

static witc_flow give_ticks(witc_caller *caller, void *context, const witc_type *type, size_t most,
                            witc_val *items, witc_arena *arena) {
    (void)caller, (void)context, (void)arena;
    CHECK(type == NULL);
    *items = witc_val_items(WITC_TYPE_LIST, NULL, most < 7 ? most : 7);
    return WITC_FLOW_ENDS;
}

static void futures_have_one_item(void) {
    World w = world();
    Source s = {0};
    Sink sink = {0};
    witc_val in, out;
    CHECK_EQ(witc_stream_new(w.store, WITC_TYPE_FUTURE, give_text, close_source, &s, &in),
             WITC_DONE);
    CHECK_EQ(ask(&w, "say", in, &out), WITC_DONE);
    CHECK_EQ(s.closed, 1);
    CHECK_EQ(out.kind, WITC_TYPE_FUTURE);
    CHECK_EQ(witc_stream_read(w.store, &out, take_text, close_sink, &sink), WITC_DONE);
    CHECK_EQ(witc_store_run_tasks(w.store), WITC_DONE);
    CHECK(!strcmp(sink.text, "hello"));
    CHECK_EQ(sink.closed, 1);
    CHECK_EQ(witc_stream_new(w.store, WITC_TYPE_STREAM, give_ticks, NULL, NULL, &in), WITC_DONE);
    CHECK_EQ(ask(&w, "ticks", in, &out), WITC_DONE);
    CHECK_EQ(out.of.u, 7);
    world_free(&w);
}

/* ---- what other instances give ---- */

static const char giver_text[] =
    "(component\n"
    " (core module $M (func (export \"add\") (param i32 i32) (result i32)\n"
    "   (i32.add (local.get 0) (local.get 1)))\n"
    "  (global $dropped (mut i32) (i32.const 0))\n"
    "  (func (export \"dtor\") (param i32) (global.set $dropped (local.get 0)))\n"
    "  (func (export \"dropped\") (result i32) (global.get $dropped))\n"
    "  (func (export \"size\") (param i32) (result i32) (local.get 0)))\n"
    " (core instance $m (instantiate $M))\n"
    " (type $pot (resource (rep i32) (dtor (core func $m \"dtor\"))))\n"
    " (core func $make (canon resource.new $pot))\n"
    " (func $add (param \"a\" u32) (param \"b\" u32) (result u32) (canon lift (core func $m "
    "\"add\")))\n"
    " (func $new (param \"n\" u32) (result (own $pot)) (canon lift (core func $make)))\n"
    " (func $size (param \"p\" (borrow $pot)) (result u32) (canon lift (core func $m \"size\")))\n"
    " (instance $all (export \"pot\" (type $pot)) (export \"new\" (func $new))\n"
    "  (export \"size\" (func $size)) (export \"add\" (func $add)))\n"
    " (export \"a:b/pots@0.2.5\" (instance $all))\n"
    " (func (export \"plus\") (param \"a\" u32) (param \"b\" u32) (result u32)\n"
    "  (canon lift (core func $m \"add\")))\n"
    " (func (export \"dropped\") (result u32) (canon lift (core func $m \"dropped\"))))\n";

static const char taker_text[] =
    "(component\n"
    " (import \"a:b/pots@0.2.0\" (instance $pots (export \"pot\" (type $pot (sub resource)))\n"
    "  (export \"new\" (func (param \"n\" u32) (result (own $pot))))\n"
    "  (export \"size\" (func (param \"p\" (borrow $pot)) (result u32)))))\n"
    " (import \"sum\" (func $sum (param \"a\" u32) (param \"b\" u32) (result u32)))\n"
    " (alias export $pots \"pot\" (type $pot))\n"
    " (core func $new (canon lower (func $pots \"new\")))\n"
    " (core func $size (canon lower (func $pots \"size\")))\n"
    " (core func $sum (canon lower (func $sum)))\n"
    " (core func $drop (canon resource.drop $pot))\n"
    " (core module $M\n"
    "  (import \"e\" \"new\" (func $new (param i32) (result i32)))\n"
    "  (import \"e\" \"size\" (func $size (param i32) (result i32)))\n"
    "  (import \"e\" \"sum\" (func $sum (param i32 i32) (result i32)))\n"
    "  (import \"e\" \"drop\" (func $drop (param i32)))\n"
    "  (func (export \"use\") (param i32) (result i32) (local $h i32) (local $n i32)\n"
    "   (local.set $h (call $new (local.get 0)))\n"
    "   (local.set $n (call $sum (call $size (local.get $h)) (i32.const 1)))\n"
    "   (call $drop (local.get $h)) (local.get $n)))\n"
    " (core instance $m (instantiate $M (with \"e\" (instance (export \"new\" (func $new))\n"
    "  (export \"size\" (func $size)) (export \"sum\" (func $sum)) (export \"drop\" (func "
    "$drop))))))\n"
    " (func (export \"use\") (param \"n\" u32) (result u32) (canon lift (core func $m "
    "\"use\"))))\n";

static const char wrong_text[] =
    "(component (import \"sum\" (func (param \"a\" u32) (result u32))))";
static const char sort_text[] = "(component (import \"sum\" (instance (export \"f\" (func)))))";

static void instances_give_to_others(void) {
    World w = world();
    witc_component_instance *giver = instance_of(&w, giver_text), *taker;
    CHECK(giver != NULL);
    CHECK_EQ(witc_component_linker_instance(w.linker, "a:b/pots@0.2.1", giver, "a:b/pots@0.2.0"),
             WITC_DONE);
    CHECK_EQ(witc_component_linker_instance(w.linker, "sum", giver, "plus"), WITC_DONE);
    taker = instance_of(&w, taker_text);
    CHECK(taker != NULL);
    witc_val n = witc_val_u32(41), result = {0};
    witc_component_func *use = taker ? witc_component_find(taker, "", "use") : NULL;
    if (use) CHECK_EQ(witc_component_call(use, &n, 1, &result, w.arena), WITC_DONE);
    CHECK_EQ(result.of.u, 42);
    witc_component_func *dropped = witc_component_find(giver, "", "dropped");
    CHECK_EQ(witc_component_call(dropped, NULL, 0, &result, w.arena), WITC_DONE);
    CHECK_EQ(result.of.u, 41);
    CHECK_EQ(witc_component_linker_instance(w.linker, "x", giver, "nothing"), WITC_REFUSED);
    static const char *const texts[] = {wrong_text, sort_text};
    for (int i = 0; i < 2; i++) {
        witc_component *c = component_of(texts[i]);
        CHECK_EQ(witc_component_instantiate(w.linker, c, &taker), WITC_UNLINKABLE);
        witc_component_free(c);
    }
    World other = world();
    CHECK_EQ(witc_component_linker_instance(other.linker, "x", giver, ""), WITC_REFUSED);
    CHECK_EQ(witc_component_linker_instance(w.linker, "a:b/all", giver, ""), WITC_DONE);
    world_free(&other);
    world_free(&w);
}

/* ---- the network ---- */

static void the_network_is_granted(void) {
    World w = world();
    const char *rules[] = {"tcp:example.org:443", "listen:127.0.0.1:8080", "dns", "tcp:nowhere"};
    witc_wasi wasi = {.size = sizeof wasi, .net = rules, .net_count = 4};
    CHECK_EQ(witc_component_linker_wasi(w.linker, &wasi), WITC_REFUSED);
    CHECK(strstr(witc_store_failure(w.store).message.ptr, "network rule `tcp:nowhere`") != NULL);
    wasi.net_count = 3;
    CHECK_EQ(witc_component_linker_wasi(w.linker, &wasi), WITC_DONE);
    world_free(&w);
}

/* ---- an allocator that fails ---- */

static bool failed_well(witc_status status) {
    CHECK(status == WITC_DONE || status == WITC_NO_MEMORY || status == WITC_TRAP ||
          status == WITC_REFUSED || status == WITC_LIMIT);
    return status != WITC_DONE;
}

static bool stream_both_ways(World *w) {
    Source source = {.next = 1, .last = 10, .as_items = true}, text = {0};
    Sink sink = {0}, said = {0};
    witc_val v, result;
    if (failed_well(witc_stream_new(w->store, WITC_TYPE_STREAM, give, NULL, &source, &v)) ||
        failed_well(ask(w, "sum", v, &result)) ||
        failed_well(ask(w, "count", witc_val_u32(5), &v)) ||
        failed_well(witc_stream_read(w->store, &v, take, NULL, &sink)) ||
        failed_well(witc_store_run_tasks(w->store)) ||
        failed_well(witc_stream_new(w->store, WITC_TYPE_FUTURE, give_text, NULL, &text, &v)) ||
        failed_well(ask(w, "say", v, &v)) ||
        failed_well(witc_stream_read(w->store, &v, take_text, NULL, &said)) ||
        failed_well(witc_store_run_tasks(w->store)))
        return false;
    return result.of.u == 55 && sink.got == 5 && !strcmp(said.text, "hello");
}

static bool do_everything(witc_engine *mine) {
    static const char *const texts[] = {guest_text, giver_text, taker_text};
    static const char *const rules[] = {"dns"};
    witc_component *c[3] = {0};
    witc_component_instance *made[3] = {0};
    World w = {.store = witc_store_new(mine, NULL), .arena = witc_arena_new(mine)};
    w.linker = w.store ? witc_component_linker_new(w.store) : NULL;
    witc_wasi wasi = {.size = sizeof wasi, .net = rules, .net_count = 1};
    bool good = w.arena && w.linker && !failed_well(witc_component_linker_wasi(w.linker, &wasi));
    for (int i = 0; i < 3 && good; i++) {
        c[i] = witc_component_new(mine, texts[i], strlen(texts[i]), NULL, NULL);
        good = c[i] && !failed_well(witc_component_instantiate(w.linker, c[i], &made[i]));
        if (i != 1 || !good) continue;
        good = !failed_well(witc_component_linker_instance(w.linker, "a:b/pots@0.2.1", made[1],
                                                           "a:b/pots@0.2.5")) &&
               !failed_well(witc_component_linker_instance(w.linker, "sum", made[1], "plus"));
    }
    w.instance = made[0];
    good = good && stream_both_ways(&w);
    if (w.linker) witc_component_linker_free(w.linker);
    witc_arena_free(w.arena);
    witc_store_free(w.store);
    for (int i = 0; i < 3; i++) witc_component_free(c[i]);
    return good;
}

static void every_allocation_fails_in_turn(void) { fail_each_allocation("all", do_everything); }

int main(void) {
    const witc_config config = {.size = sizeof config, .features = "all"};
    engine = witc_engine_new(&config);
    RUN(hosts_write_streams);
    RUN(hosts_that_write_wrongly_trap);
    RUN(hosts_read_streams);
    RUN(futures_have_one_item);
    RUN(instances_give_to_others);
    RUN(the_network_is_granted);
    RUN(every_allocation_fails_in_turn);
    witc_engine_free(engine);
    return test_end("embed_stream");
}
