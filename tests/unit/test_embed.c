/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The embedding interface, by nothing but its own header. */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "tests/unit/embed.h"

/* ---- modules ---- */

static void modules_tell_their_types(void) {
    witc_module *m =
        module_of("(module $tiny (import \"env\" \"log\" (func (param i32 f64)))"
                  " (memory (export \"mem\") 1 3) (global (export \"g\") (mut i64) (i64.const 7))"
                  " (table (export \"t\") 2 funcref)"
                  " (func (export \"f\") (param v128 externref) (result i32) (i32.const 1)))");
    CHECK_STR(str_of(witc_module_name(m)), "tiny");
    CHECK_EQ(witc_module_import_count(m), 1);
    witc_import_type import = witc_module_import(m, 0);
    CHECK_STR(str_of(import.module), "env");
    CHECK_STR(str_of(import.name), "log");
    char text[100];
    witc_externtype_text(&import.type, text, sizeof text);
    CHECK_STR(str_from(text), "(func (param i32 f64))");
    CHECK_EQ(witc_module_export_count(m), 4);
    const char *want[] = {"(memory 1 3)", "(global (mut i64))", "(table 2 funcref)",
                          "(func (param v128 externref) (result i32))"};
    for (size_t i = 0; i < 4; i++) {
        witc_export_type export = witc_module_export(m, i);
        witc_externtype_text(&export.type, text, sizeof text);
        CHECK_STR(str_from(text), want[i]);
    }
    CHECK_EQ(witc_module_find_export(m, words("f")), 3);
    CHECK(witc_module_find_export(m, words("h")) == SIZE_MAX);
    CHECK_EQ(witc_valtype_text(WITC_EXTERNREF, text, 4), 9);
    CHECK_STR(str_from(text), "ext");
    witc_module_free(m);
}

static void wrong_modules_are_explained(void) {
    witc_error *error;
    const char *text = "(module\n  (func (result i32)\n    i64.const 1))";
    CHECK(!witc_module_new(engine, text, strlen(text), "bad.wat", &error));
    CHECK_EQ(witc_error_count(error), 2);
    witc_diagnostic d = witc_error_at(error, 1);
    CHECK(d.severity == WITC_SEVERITY_NOTE);
    CHECK(str_find_str(str_of(d.message), STR("requires [i32] but stack has [i64]"), 0) !=
          SIZE_MAX);
    d = witc_error_at(error, 0);
    CHECK(d.has_place && d.line == 3);
    CHECK(str_find_str(str_of(d.message), STR("type mismatch"), 0) != SIZE_MAX);
    CHECK(str_find_str(str_of(witc_error_text(error)), STR("bad.wat:3"), 0) != SIZE_MAX);
    witc_error_free(error);
    CHECK(!witc_module_new(engine, "\0asm\1\0\0\0\x63", 9, NULL, &error));
    CHECK_EQ(witc_error_at(error, 0).line, 0);
    witc_error_free(error);
    CHECK(!witc_module_new(engine, "(component)", 11, NULL, NULL));
    CHECK(!witc_validate(engine, "", 0, NULL));
    CHECK(witc_validate(engine, "(module)", 8, NULL));
    CHECK(!witc_engine_new(&(witc_config){.size = sizeof(witc_config), .features = "nonsense"}));
}

/* ---- calls ---- */

static void bodies_can_be_validated_later(void) {
    const char *text = "(module (func (export \"good\")) (func (export \"bad\") i32.const 1))";
    witc_config config = {.size = sizeof config, .validation = WITC_VALIDATE_LAZILY};
    witc_engine *eager = engine;
    engine = witc_engine_new(&config);
    CHECK(!witc_validate(engine, text, strlen(text), NULL));
    Guest g = guest(text);
    CHECK_EQ(g.status, WITC_DONE);
    CHECK_EQ(run(&g, "good"), WITC_DONE);
    CHECK_EQ(run(&g, "bad"), WITC_TRAP);
    CHECK_EQ(witc_store_failure(g.store).trap, WITC_TRAP_INVALID_BODY);
    CHECK_EQ(run(&g, "good"), WITC_DONE);
    guest_free(&g);
    witc_engine_free(engine);
    engine = eager;
}

static void values_go_in_and_out(void) {
    Guest g = guest(text_values);
    witc_func *swap = witc_instance_func(g.instance, "swap");
    witc_value args[] = {witc_i32(-1), witc_i64(1LL << 40), witc_f32(1.5f), witc_f64(-0.25)};
    witc_value results[4];
    CHECK_EQ(witc_func_call(g.store, swap, args, 4, results, 4), WITC_DONE);
    CHECK(results[0].type == WITC_F64 && results[0].of.f64 == -0.25);
    CHECK(results[1].type == WITC_F32 && results[1].of.f32 == 1.5f);
    CHECK(results[2].type == WITC_I64 && results[2].of.i64 == 1LL << 40);
    CHECK(results[3].type == WITC_I32 && results[3].of.i32 == -1);
    CHECK_EQ(witc_func_call(g.store, swap, args, 3, results, 4), WITC_REFUSED);
    args[1] = witc_f64(1);
    CHECK_EQ(witc_func_call(g.store, swap, args, 4, results, 4), WITC_REFUSED);
    CHECK_STR(message(&g), "argument 2 is not of the type i64");
    witc_value seven = witc_i32(7), v;
    CHECK_EQ(witc_func_call(g.store, witc_instance_func(g.instance, "splat"), &seven, 1, &v, 1), 0);
    uint8_t sevens[16] = {7, 0, 0, 0, 7, 0, 0, 0, 7, 0, 0, 0, 7, 0, 0, 0};
    CHECK(v.type == WITC_V128 && memcmp(v.of.v128, sevens, 16) == 0);
    CHECK(witc_instance_func(g.instance, "nothing") == NULL);
    CHECK(witc_instance_memory(g.instance, "div") == NULL);
    guest_free(&g);
}

static int finalized;
static void finalize(void *data) { finalized += *(int *)data; }

static void references_are_held(void) {
    Guest g = guest(text_values);
    int one = 1, ten = 10;
    witc_ref *a = witc_extern_new(g.store, &one, finalize);
    witc_ref *b = witc_extern_new(g.store, &ten, finalize);
    witc_func *same = witc_instance_func(g.instance, "same");
    witc_value args[] = {witc_reference(WITC_EXTERNREF, a), witc_funcref(same)}, results[2];
    CHECK_EQ(witc_func_call(g.store, same, args, 2, results, 2), WITC_DONE);
    CHECK(results[1].of.func == same);
    CHECK(witc_ref_same(results[0].of.ref, a) && !witc_ref_same(a, b));
    void *data = NULL;
    CHECK(witc_ref_data(results[0].of.ref, &data) && data == &one);
    witc_values_free(results, 2);
    witc_ref *any = witc_ref_to_any(a), *back = witc_ref_to_extern(any);
    CHECK(witc_ref_same(a, back));
    CHECK(witc_ref_data(any, &data) && data == &one);
    CHECK(witc_ref_type(any) == witc_non_null(WITC_ANYREF));
    witc_ref *i31 = witc_i31_new(g.store, -5);
    int32_t number = 0;
    CHECK(witc_ref_i31(i31, &number) && number == -5);
    CHECK(!witc_ref_i31(a, &number) && !witc_ref_data(i31, &data));
    CHECK(witc_ref_type(i31) == witc_non_null(WITC_I31REF));
    args[0] = witc_reference(WITC_ANYREF, i31); /* not of that hierarchy */
    CHECK_EQ(witc_func_call(g.store, same, args, 2, results, 2), WITC_REFUSED);
    args[0] = witc_reference(WITC_EXTERNREF, NULL), args[1] = witc_funcref(NULL);
    CHECK_EQ(witc_func_call(g.store, same, args, 2, results, 2), WITC_DONE);
    CHECK(!results[0].of.ref && !results[1].of.func);
    witc_ref_free(a);
    witc_ref_free(any);
    finalized = 0;
    guest_free(&g); /* with the others still held */
    CHECK_EQ(finalized, 11);
}

static void objects_are_looked_into(void) {
    Guest g = guest("(module (type $s (struct (field i8) (field i64) (field externref)))"
                    " (type $a (array f32))"
                    " (func (export \"s\") (result anyref) (struct.new $s (i32.const 300)"
                    "  (i64.const -2) (ref.null extern)))"
                    " (func (export \"a\") (result (ref $a)) (array.new $a (f32.const 2.5)"
                    "  (i32.const 3)))"
                    " (func (export \"len\") (param (ref $a)) (result i32)"
                    "  (array.len (local.get 0))))");
    witc_value v, field;
    CHECK_EQ(witc_func_call(g.store, witc_instance_func(g.instance, "s"), NULL, 0, &v, 1), 0);
    CHECK(witc_ref_type(v.of.ref) == witc_non_null(WITC_STRUCTREF));
    CHECK_EQ(witc_ref_count(v.of.ref), 3);
    CHECK(witc_ref_get(v.of.ref, 0, &field) && field.type == WITC_I32 && field.of.i32 == 44);
    CHECK(witc_ref_get(v.of.ref, 1, &field) && field.of.i64 == -2);
    CHECK(witc_ref_get(v.of.ref, 2, &field) && field.type == WITC_EXTERNREF && !field.of.ref);
    CHECK(!witc_ref_get(v.of.ref, 3, &field));
    witc_func *len = witc_instance_func(g.instance, "len");
    CHECK_EQ(witc_func_call(g.store, len, &v, 1, &field, 1), WITC_REFUSED); /* a struct */
    witc_values_free(&v, 1);
    CHECK_EQ(witc_func_call(g.store, witc_instance_func(g.instance, "a"), NULL, 0, &v, 1), 0);
    CHECK(witc_ref_get(v.of.ref, 2, &field) && field.of.f32 == 2.5f);
    CHECK_EQ(witc_func_call(g.store, len, &v, 1, &field, 1), WITC_DONE);
    CHECK_EQ(field.of.i32, 3);
    witc_value null = witc_default(WITC_ANYREF);
    CHECK_EQ(witc_func_call(g.store, len, &null, 1, &field, 1), WITC_REFUSED);
    witc_values_free(&v, 1);
    guest_free(&g);
}

/* ---- host functions ---- */

static witc_status add(witc_caller *caller, void *context, const witc_value *args, size_t n,
                       witc_value *results, size_t m) {
    (void)caller, (void)n, (void)m;
    ++*(int *)context;
    results[0].of.i32 = args[0].of.i32 + args[1].of.i32;
    return WITC_DONE;
}

static witc_status negate(witc_caller *caller, void *context, witc_slot *slots) {
    (void)caller, (void)context;
    slots[0] = (witc_slot)(int64_t)-witc_i32_slot(slots[0]); /* sloppily */
    return WITC_DONE;
}

static witc_status fail(witc_caller *caller, void *context, witc_slot *slots) {
    (void)context;
    return witc_trap(caller, "number %d is refused", (int)slots[0]);
}

static witc_status leave(witc_caller *caller, void *context, witc_slot *slots) {
    (void)context;
    return witc_exit(caller, witc_i32_slot(slots[0]));
}

static witc_status peek(witc_caller *caller, void *context, witc_slot *slots) {
    (void)context;
    uint64_t size;
    uint8_t *bytes = witc_caller_memory(caller, &size);
    bool mine = witc_instance_memory(witc_caller_instance(caller), "mem") != NULL;
    slots[0] = mine && slots[0] < size ? bytes[slots[0]] : 999;
    return WITC_DONE;
}

static const char text_hosts[] =
    "(module (import \"env\" \"add\" (func $add (param i32 i32) (result i32)))"
    " (import \"env\" \"negate\" (func $negate (param i32) (result i32)))"
    " (import \"env\" \"fail\" (func $fail (param i32)))"
    " (import \"env\" \"exit\" (func $exit (param i32)))"
    " (import \"env\" \"peek\" (func $peek (param i32) (result i32)))"
    " (memory (export \"mem\") 1) (data (i32.const 5) \"ABC\")"
    " (func (export \"f\") (param i32) (result i32)"
    "  (call $negate (call $add (local.get 0) (i32.const 40))))"
    " (func (export \"wide\") (param i32) (result i64)"
    "  (i64.extend_i32_u (call $negate (local.get 0))))"
    " (func $inner (param i32) (call $fail (local.get 0)))"
    " (func (export \"fail\") (param i32) (call $inner (local.get 0)))"
    " (func (export \"exit\") (param i32) (call $exit (local.get 0)) unreachable)"
    " (func (export \"peek\") (param i32) (result i32) (call $peek (local.get 0))))";

static Guest with_hosts(int *calls) {
    Guest g = guest_in(NULL);
    CHECK_EQ(witc_linker_define_func(g.linker, "env", "add", "i32 i32 -> i32", add, calls), 0);
    CHECK_EQ(witc_linker_define_raw(g.linker, "env", "negate", "i32 -> i32", negate, NULL), 0);
    CHECK_EQ(witc_linker_define_raw(g.linker, "env", "fail", "i32", fail, NULL), 0);
    CHECK_EQ(witc_linker_define_raw(g.linker, "env", "exit", "i32 ->", leave, NULL), 0);
    CHECK_EQ(witc_linker_define_raw(g.linker, "env", "peek", "i32 -> i32", peek, NULL), 0);
    guest_load(&g, text_hosts);
    return g;
}

static void hosts_are_called(void) {
    int calls = 0;
    Guest g = with_hosts(&calls);
    CHECK_EQ(g.status, WITC_DONE);
    witc_slot slots[1] = {2};
    CHECK_EQ(call(&g, "f", slots), WITC_DONE);
    CHECK_EQ(witc_i32_slot(slots[0]), -42);
    CHECK_EQ(calls, 1);
    slots[0] = 1;
    CHECK_EQ(call(&g, "wide", slots), WITC_DONE);
    CHECK_EQ(slots[0], 0xffffffff); /* 32 bits whatever the host wrote above them */
    slots[0] = 6;
    CHECK_EQ(call(&g, "peek", slots), WITC_DONE);
    CHECK_EQ(slots[0], 'B');
    slots[0] = 3;
    CHECK_EQ(call(&g, "exit", slots), WITC_EXIT);
    CHECK_EQ(witc_store_exit_status(g.store), 3);
    CHECK_EQ(witc_linker_define_raw(g.linker, "env", "x", "i32 -> int", negate, NULL),
             WITC_REFUSED);
    guest_free(&g);
}

static void traps_have_backtraces(void) {
    int calls = 0;
    Guest g = with_hosts(&calls);
    witc_slot slots[1] = {9};
    CHECK_EQ(call(&g, "fail", slots), WITC_TRAP);
    witc_failure failure = witc_store_failure(g.store);
    CHECK_EQ(failure.trap, WITC_TRAP_HOST);
    CHECK_STR(str_of(failure.message), "number 9 is refused");
    CHECK_EQ(failure.frame_count, 3);
    witc_frame frame;
    CHECK(witc_store_frame(g.store, 0, &frame) && frame.module == NULL);
    CHECK(witc_store_frame(g.store, 1, &frame) && frame.func == 7);
    CHECK_STR(str_of(frame.func_name), "inner");
    CHECK(frame.module == witc_instance_module(g.instance));
    CHECK_STR(str_of(frame.file), "t.wat");
    CHECK_EQ(frame.line, 1);
    const char *at = strstr(text_hosts, "(call $fail");
    CHECK_EQ(frame.offset, at + 1 - text_hosts);
    CHECK(witc_store_frame(g.store, 2, &frame) && !witc_store_frame(g.store, 3, &frame));
    guest_free(&g);
    g = guest(text_values);
    witc_slot pair[2] = {1, 0};
    CHECK_EQ(call(&g, "div", pair), WITC_TRAP);
    CHECK_EQ(witc_store_failure(g.store).trap, WITC_TRAP_DIVIDE_BY_ZERO);
    CHECK_STR(message(&g), "integer divide by zero");
    guest_free(&g);
}

/* A host function that calls the guest again and gets over its traps. */
static witc_status nested(witc_caller *caller, void *context, witc_slot *slots) {
    Guest *g = context;
    witc_slot inner[1] = {slots[0] - 1};
    if (slots[0] == 0) return witc_trap(caller, "the innermost");
    witc_status status = call(g, slots[0] == 3 ? "trap" : "call", inner);
    slots[0] = status == WITC_TRAP ? 100 : inner[0] + 1;
    return slots[0] == 100 && inner[0] == 7 ? status : WITC_DONE;
}

static void calls_nest(void) {
    Guest g = guest_in(NULL);
    witc_linker_define_raw(g.linker, "env", "f", "i32 -> i32", nested, &g);
    guest_load(&g, "(module (import \"env\" \"f\" (func $f (param i32) (result i32)))"
                   " (func (export \"trap\") (param i32) (result i32) unreachable)"
                   " (func (export \"after\") (param i32) (result i32)"
                   "  (drop (call $f (local.get 0))) (i32.div_u (i32.const 1) (i32.const 0)))"
                   " (func (export \"call\") (param i32) (result i32)"
                   "  (call $f (local.get 0))))");
    witc_slot slots[1] = {2};
    CHECK_EQ(call(&g, "call", slots), WITC_DONE); /* 2 -> 1 -> 0 traps -> 100 -> 101 */
    CHECK_EQ(slots[0], 101);
    slots[0] = 3;
    CHECK_EQ(call(&g, "after", slots), WITC_TRAP); /* the trap that was got over is not told */
    CHECK_STR(message(&g), "integer divide by zero");
    slots[0] = 1000000; /* deeper than calls nest: the trap is got over, too */
    CHECK_EQ(call(&g, "call", slots), WITC_DONE);
    guest_free(&g);
}

static witc_status finish(witc_caller *caller, void *context, witc_slot *slots) {
    (void)caller;
    if (*(int *)context < 3) return witc_suspend(caller, finish, context);
    slots[0] += 1000;
    return WITC_DONE;
}

static witc_status wait_for(witc_caller *caller, void *context, witc_slot *slots) {
    (void)slots;
    return witc_suspend(caller, finish, context);
}

static witc_status then(witc_caller *caller, void *context, witc_slot *slots) {
    (void)context;
    witc_caller_slots(caller)[0] = slots[0] * 2;
    return WITC_DONE;
}

static witc_status indirectly(witc_caller *caller, void *context, witc_slot *slots) {
    return witc_then_call(caller, *(witc_func **)context, slots, then, NULL, NULL);
}

static void calls_suspend_and_go_on(void) {
    int rounds = 0;
    witc_func *twice = NULL;
    Guest g = guest_in(NULL);
    witc_linker_define_raw(g.linker, "env", "wait", "i32 -> i32", wait_for, &rounds);
    witc_linker_define_raw(g.linker, "env", "then", "i32 -> i32", indirectly, &twice);
    guest_load(&g, "(module (import \"env\" \"wait\" (func $wait (param i32) (result i32)))"
                   " (import \"env\" \"then\" (func $then (param i32) (result i32)))"
                   " (func (export \"f\") (param i32) (result i32)"
                   "  (i32.add (i32.const 1) (call $wait (local.get 0))))"
                   " (func (export \"inc\") (param i32) (result i32)"
                   "  (i32.add (i32.const 1) (local.get 0)))"
                   " (func (export \"g\") (param i32) (result i32) (call $then (local.get 0))))");
    twice = witc_instance_func(g.instance, "inc");
    witc_slot slots[1] = {20};
    CHECK_EQ(call(&g, "g", slots), WITC_DONE);
    CHECK_EQ(slots[0], 42);
    witc_func *f = witc_instance_func(g.instance, "f");
    witc_value arg = witc_i32(5), result;
    CHECK_EQ(witc_func_call(g.store, f, &arg, 1, &result, 1), WITC_SUSPENDED);
    CHECK_EQ(witc_func_call(g.store, f, &arg, 1, &result, 1), WITC_REFUSED);
    while (++rounds < 3) CHECK_EQ(witc_store_resume(g.store), WITC_SUSPENDED);
    CHECK_EQ(witc_store_resume(g.store), WITC_DONE);
    CHECK_EQ(result.of.i32, 1006);
    CHECK_EQ(witc_store_resume(g.store), WITC_REFUSED);
    rounds = 0;
    CHECK_EQ(witc_func_call(g.store, f, &arg, 1, &result, 1), WITC_SUSPENDED);
    witc_store_abandon(g.store);
    rounds = 3;
    slots[0] = 1;
    CHECK_EQ(call(&g, "f", slots), WITC_SUSPENDED);
    CHECK_EQ(witc_store_resume(g.store), WITC_DONE);
    CHECK_EQ(slots[0], 1002);
    CHECK_EQ(call(&g, "f", slots), WITC_SUSPENDED); /* and the store ends so */
    guest_free(&g);
}

/* ---- exceptions ---- */

typedef struct {
    Guest g;
    witc_tag *tag;
    bool again; /* the exception of a nested call goes on outward */
} Thrower;

static witc_status throw_it(witc_caller *caller, void *context, witc_slot *slots) {
    Thrower *t = context;
    witc_value value = witc_i32(witc_i32_slot(slots[0]));
    if (!t->again) return witc_throw(caller, t->tag, &value, 1);
    t->again = false;
    return call(&t->g, "through", slots);
}

static void exceptions_cross_the_host(void) {
    Thrower t = {.g = guest_in(NULL)};
    witc_valtype i32 = WITC_I32;
    witc_functype type = {.params = &i32, .param_count = 1};
    t.tag = witc_tag_new(t.g.store, &type);
    witc_linker_define(t.g.linker, "env", "tag", &(witc_extern){WITC_KIND_TAG, {.tag = t.tag}});
    witc_linker_define_raw(t.g.linker, "env", "throw", "i32", throw_it, &t);
    guest_load(&t.g, "(module (import \"env\" \"tag\" (tag $e (param i32)))"
                     " (import \"env\" \"throw\" (func $throw (param i32)))"
                     " (func $through (export \"through\") (param i32) (call $throw (local.get 0)))"
                     " (func (export \"catch\") (param i32) (result i32)"
                     "  (block $h (result i32) (try_table (catch $e $h)"
                     "   (call $through (local.get 0))) (i32.const -1)))"
                     " (func (export \"throw\") (throw $e (i32.const 77))))");
    CHECK_EQ(t.g.status, WITC_DONE);
    witc_slot slots[1] = {5};
    CHECK_EQ(call(&t.g, "catch", slots), WITC_DONE);
    CHECK_EQ(slots[0], 5);
    t.again = true;
    slots[0] = 6;
    CHECK_EQ(call(&t.g, "catch", slots), WITC_DONE); /* out of a nested call and caught outside */
    CHECK_EQ(slots[0], 6);
    CHECK_EQ(call(&t.g, "through", slots), WITC_EXCEPTION);
    CHECK_EQ(run(&t.g, "throw"), WITC_EXCEPTION);
    CHECK_EQ(witc_store_failure(t.g.store).trap, WITC_TRAP_EXCEPTION);
    witc_ref *exception = witc_store_exception(t.g.store);
    CHECK(witc_exception_tag(exception) == t.tag);
    CHECK_EQ(witc_ref_count(exception), 1);
    witc_value value;
    CHECK(witc_ref_get(exception, 0, &value) && value.of.i32 == 77);
    witc_ref_free(exception);
    value = witc_i64(1);
    CHECK(!witc_exception_new(t.g.store, t.tag, &value, 1));
    guest_free(&t.g);
}

/* ---- linking ---- */

static void linking_fails_with_reasons(void) {
    Guest g = guest_in(NULL);
    guest_load(&g, "(module (import \"a\" \"b\" (func (param i32) (result f32))))");
    CHECK_EQ(g.status, WITC_UNLINKABLE);
    witc_failure failure = witc_store_failure(g.store);
    CHECK(failure.missing && failure.import == 0);
    CHECK_STR(str_of(failure.message), "unknown import: `a` `b` is not there, a (func (param i32) "
                                       "(result f32))");
    witc_linker_define_raw(g.linker, "a", "b", "i32 -> i32", negate, NULL);
    guest_load(&g, "(module (import \"a\" \"b\" (func (param i32) (result f32))))");
    CHECK_EQ(g.status, WITC_UNLINKABLE);
    CHECK(!witc_store_failure(g.store).missing);
    guest_load(&g, "(module (import \"a\" \"b\" (memory 1)))");
    CHECK_EQ(g.status, WITC_UNLINKABLE);
    guest_load(&g, "(module (memory 1) (data (i32.const 65536) \"x\"))");
    CHECK_EQ(g.status, WITC_TRAP);
    CHECK_STR(message(&g), "out of bounds memory access");
    guest_load(&g, "(module (func $s unreachable) (start $s))");
    CHECK_EQ(g.status, WITC_TRAP);
    CHECK_STR(message(&g), "unreachable");
    guest_load(&g, "(module (func (export \"f\") (result i32) (i32.const 3)))");
    CHECK_EQ(witc_linker_define_instance(g.linker, "first", g.instance), WITC_DONE);
    guest_load(&g, "(module (import \"first\" \"f\" (func $f (result i32)))"
                   " (func (export \"g\") (result i32) (call $f)))");
    witc_slot slots[1];
    CHECK_EQ(call(&g, "g", slots), WITC_DONE);
    CHECK_EQ(slots[0], 3);
    witc_extern item;
    CHECK(witc_linker_find(g.linker, words("first"), words("f"), &item));
    CHECK(!witc_linker_find(g.linker, words("firs"), words("tf"), &item));
    guest_free(&g);
}

static void memories_tables_globals(void) {
    Guest g = guest_in(NULL);
    witc_limits_type limits = {.min = 1, .max = 2, .has_max = true};
    witc_memory *memory = witc_memory_new(g.store, &limits);
    CHECK(witc_memory_write(memory, 65534, "xy", 2) && !witc_memory_write(memory, 65535, "xy", 2));
    char text[2] = "";
    CHECK(witc_memory_read(memory, 65534, text, 2) && memcmp(text, "xy", 2) == 0);
    CHECK(!witc_memory_read(memory, UINT64_MAX, text, 2));
    CHECK_EQ(witc_memory_grow(memory, 1), 1);
    CHECK(witc_memory_grow(memory, 1) == UINT64_MAX);
    CHECK_EQ(witc_memory_pages(memory), 2);
    limits.min = 3;
    CHECK(!witc_memory_new(g.store, &limits));
    witc_limits_type size = {.min = 2};
    witc_table *table = witc_table_new(g.store, WITC_EXTERNREF, &size, NULL);
    witc_ref *ref = witc_extern_new(g.store, &limits, NULL);
    witc_value value = witc_reference(WITC_EXTERNREF, ref), out;
    CHECK(witc_table_set(g.store, table, 1, &value) && !witc_table_set(g.store, table, 2, &value));
    CHECK(witc_table_get(g.store, table, 0, &out) && out.of.ref == NULL);
    CHECK(witc_table_get(g.store, table, 1, &out) && witc_ref_same(out.of.ref, ref));
    witc_values_free(&out, 1);
    CHECK_EQ(witc_table_grow(g.store, table, 3, &value), 2);
    CHECK_EQ(witc_table_size(table), 5);
    value = witc_i32(1);
    CHECK(!witc_table_set(g.store, table, 1, &value));
    CHECK(!witc_table_new(g.store, WITC_I32, &size, NULL));
    CHECK(!witc_table_new(g.store, witc_non_null(WITC_FUNCREF), &size, NULL));
    witc_value seven = witc_i64(7);
    witc_global *global = witc_global_new(g.store, WITC_I64, true, &seven);
    CHECK_EQ(witc_global_get(g.store, global).of.i64, 7);
    CHECK(!witc_global_set(g.store, global, &value));
    seven.of.i64 = 8;
    CHECK(witc_global_set(g.store, global, &seven));
    CHECK_EQ(witc_global_get(g.store, global).of.i64, 8);
    CHECK(!witc_global_new(g.store, WITC_I32, true, &seven));
    witc_linker_define(g.linker, "m", "t", &(witc_extern){WITC_KIND_TABLE, {.table = table}});
    witc_linker_define(g.linker, "m", "g", &(witc_extern){WITC_KIND_GLOBAL, {.global = global}});
    guest_load(&g, "(module (import \"m\" \"t\" (table 5 externref))"
                   " (import \"m\" \"g\" (global (mut i64)))"
                   " (func (export \"f\") (result i64) (i64.add (global.get 0)"
                   "  (i64.extend_i32_u (table.size 0)))))");
    witc_slot slots[1];
    CHECK_EQ(call(&g, "f", slots), WITC_DONE);
    CHECK_EQ(slots[0], 13);
    guest_free(&g);
}

/* ---- limits ---- */

static void limits_are_told_apart(void) {
    witc_limits limits = {.size = sizeof limits,
                          .count_fuel = true,
                          .fuel = 1000,
                          .memory_bytes = 2 << 16,
                          .table_entries = 4,
                          .frames = 50,
                          .instances = 1};
    Guest g = guest_in(&limits);
    guest_load(&g, text_limits);
    CHECK_EQ(run(&g, "nop"), WITC_DONE);
    uint64_t before = witc_store_fuel(g.store);
    CHECK_EQ(run(&g, "nop"), WITC_DONE);
    uint64_t used = before - witc_store_fuel(g.store);
    CHECK_EQ(run(&g, "nop"), WITC_DONE);
    CHECK_EQ(before - witc_store_fuel(g.store), 2 * used);
    CHECK_EQ(run(&g, "spin"), WITC_TRAP);
    CHECK_EQ(witc_store_failure(g.store).limit, WITC_LIMIT_FUEL);
    witc_store_set_fuel(g.store, 100000);
    CHECK_EQ(run(&g, "deep"), WITC_TRAP);
    CHECK_EQ(witc_store_failure(g.store).limit, WITC_LIMIT_FRAMES);
    CHECK(!witc_store_met_limit(g.store, WITC_LIMIT_MEMORY));
    CHECK_EQ(witc_memory_grow(witc_instance_memory(g.instance, "m"), 1), 1);
    CHECK(witc_memory_grow(witc_instance_memory(g.instance, "m"), 1) == UINT64_MAX);
    CHECK(witc_store_met_limit(g.store, WITC_LIMIT_MEMORY));
    CHECK_EQ(witc_table_grow(g.store, witc_instance_table(g.instance, "t"), 3, NULL), 1);
    CHECK(witc_table_grow(g.store, witc_instance_table(g.instance, "t"), 1, NULL) == UINT64_MAX);
    witc_usage usage = {.size = sizeof usage};
    witc_store_usage(g.store, &usage);
    CHECK_EQ(usage.memory_bytes, 2 << 16);
    CHECK_EQ(usage.table_entries, 4);
    guest_load(&g, text_limits);
    CHECK_EQ(g.status, WITC_LIMIT);
    CHECK_EQ(witc_store_failure(g.store).limit, WITC_LIMIT_INSTANCES);
    guest_free(&g);
}

static void *interrupt(void *store) {
    struct timespec a_while = {.tv_nsec = 20000000};
    nanosleep(&a_while, NULL);
    witc_store_interrupt(store);
    return NULL;
}

static void another_thread_interrupts(void) {
    Guest g = guest(text_limits);
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, interrupt, g.store), 0);
    CHECK_EQ(run(&g, "spin"), WITC_TRAP);
    CHECK_EQ(witc_store_failure(g.store).trap, WITC_TRAP_INTERRUPTED);
    pthread_join(thread, NULL);
    CHECK_EQ(run(&g, "nop"), WITC_DONE); /* it was for that call alone */
    witc_store_set_timeout(g.store, 20000000);
    CHECK_EQ(run(&g, "spin"), WITC_TRAP);
    CHECK_EQ(witc_store_failure(g.store).limit, WITC_LIMIT_TIME);
    guest_free(&g);
}

/* A module is shared by OS threads, each with a store of its own. */
static void *work(void *module) {
    witc_store *store = witc_store_new(engine, NULL);
    witc_instance *instance;
    bool good = witc_instantiate(store, module, NULL, 0, &instance) == WITC_DONE;
    witc_slot slots[2] = {84, 2};
    for (int i = 0; good && i < 1000; i++, slots[0] = 84, slots[1] = 2)
        good = !witc_func_call_raw(store, witc_instance_func(instance, "div"), slots) &&
               slots[0] == 42;
    witc_store_free(store);
    return good ? module : NULL;
}

static void threads_share_a_module(void) {
    witc_module *module = module_of(text_values);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, work, module);
    for (int i = 0; i < 4; i++) {
        void *result;
        pthread_join(threads[i], &result);
        CHECK(result == module);
    }
    witc_module_free(module);
}

/* ---- an allocator that fails ---- */

static bool traps_with_frames(witc_store *store, witc_instance *instance) {
    witc_value result;
    witc_frame frame;
    CHECK_EQ(witc_func_call(store, witc_instance_func(instance, "trap"), NULL, 0, &result, 1),
             WITC_TRAP);
    return witc_store_failure(store).trap == WITC_TRAP_UNREACHABLE &&
           witc_store_frame(store, 0, &frame) && frame.line > 0;
}

/* What the host makes of its own; whether there was memory for all of it. */
static bool host_makes_all(witc_store *store) {
    witc_valtype i64 = WITC_I64;
    witc_functype type = {&i64, NULL, 1, 0};
    witc_limits_type limits = {.min = 1};
    witc_value seven = witc_i64(7), null = witc_reference(WITC_FUNCREF, NULL);
    witc_tag *tag = witc_tag_new(store, &type);
    witc_ref *exception = tag ? witc_exception_new(store, tag, &seven, 1) : NULL;
    bool good = exception && witc_memory_new(store, &limits) &&
                witc_table_new(store, WITC_FUNCREF, &limits, &null) &&
                witc_global_new(store, WITC_I64, true, &seven);
    witc_ref_free(exception);
    return good;
}

#ifdef VM_STRESS
enum { OBJECTS = 3000 }; /* it collects at nearly each one, and they are all alive */
#else
enum { OBJECTS = 250000 };
#endif

static bool run_everything(witc_store *store, witc_instance *instance, int *calls) {
    witc_ref *ref = witc_extern_new(store, calls, NULL);
    witc_value arg = witc_reference(WITC_EXTERNREF, ref), many = witc_i32(OBJECTS);
    bool good = ref && calls_number(store, instance, "f", &arg, 1, 1);
    witc_ref_free(ref);
    good = good && calls_number(store, instance, "gc", &many, 1, 1);
    return good && calls_number(store, instance, "grow", NULL, 0, 3) &&
           calls_number(store, instance, "throw", NULL, 0, 7) && host_makes_all(store) &&
           traps_with_frames(store, instance);
}

/* Whether all of it found memory; what did not says so. */
static bool do_everything(witc_engine *mine, const char *text) {
    int calls = 0;
    witc_error *error = NULL;
    witc_module *module = witc_module_new(mine, text, strlen(text), "all.wat", &error);
    CHECK(!error);
    witc_store *store = module ? witc_store_new(mine, NULL) : NULL;
    witc_linker *linker = store ? witc_linker_new(store) : NULL;
    witc_instance *instance = NULL;
    bool good = linker &&
                !witc_linker_define_func(linker, "e", "f", "externref -> i32", count_call, &calls);
    if (good) {
        witc_status status = witc_linker_instantiate(linker, module, &instance);
        CHECK(status == WITC_DONE || status == WITC_NO_MEMORY ||
              (status == WITC_TRAP && witc_store_failure(store).trap == WITC_TRAP_MEMORY));
    }
    good = instance && run_everything(store, instance, &calls);
    witc_linker_free(linker);
    witc_store_free(store);
    witc_module_free(module);
    return good;
}

/* The faults of a module need memory, too. */
static bool explain(witc_engine *mine) {
    const char *text = "(module (func (export \"f\") (result i32) (nop))\n (func (call 7)))";
    witc_error *error = NULL;
    CHECK(!witc_module_new(mine, text, strlen(text), NULL, &error));
    bool good = error && witc_error_text(error).len > 0;
    witc_error_free(error);
    return good;
}

static void every_allocation_fails_in_turn(void) {
    bool done[3] = {false};
    for (int what = 0; what < 3; what++)
        for (long n = 0; !done[what] && n < 1000; n++) {
            Budget budget = {.left = n};
            witc_config config = {
                .size = sizeof config,
                .allocator = {&budget, budget_allocate, budget_reallocate, budget_release},
                .validation = what == 1 ? WITC_VALIDATE_LAZILY : WITC_VALIDATE_EAGERLY};
            witc_engine *mine = witc_engine_new(&config);
            CHECK(mine || n == 0);
            done[what] = mine && (what == 2 ? explain(mine) : do_everything(mine, everything));
            witc_engine_free(mine);
            CHECK_EQ(budget.held, 0);
        }
    CHECK(done[0] && done[1] && done[2]);
}

int main(void) {
    engine = witc_engine_new(NULL);
    CHECK_EQ(witc_api_version(), WITC_API_VERSION);
    RUN(modules_tell_their_types);
    RUN(wrong_modules_are_explained);
    RUN(bodies_can_be_validated_later);
    RUN(values_go_in_and_out);
    RUN(references_are_held);
    RUN(objects_are_looked_into);
    RUN(hosts_are_called);
    RUN(traps_have_backtraces);
    RUN(calls_nest);
    RUN(calls_suspend_and_go_on);
    RUN(exceptions_cross_the_host);
    RUN(linking_fails_with_reasons);
    RUN(memories_tables_globals);
    RUN(limits_are_told_apart);
    RUN(another_thread_interrupts);
    RUN(threads_share_a_module);
    RUN(every_allocation_fails_in_turn);
    witc_engine_free(engine);
    return test_end("embed");
}
