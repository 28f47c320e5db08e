/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Slices of time: a guest that computes is left at jumps and calls, and goes on as if nothing had been. */
#include "tests/machine.h"
#include "tests/world.h"

static const char text[] =
    "(module (import \"h\" \"call\" (func $host (param i32) (result i32)))"
    "(table 1 funcref) (elem (i32.const 0) $tail)"
    "(func (export \"loop\") (param i32) (result i32) (local i32 f64)"
    "  (loop (local.set 1 (i32.add (local.get 1) (local.get 0)))"
    "    (local.set 2 (f64.add (local.get 2) (f64.const 0.5)))"
    "    (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))"
    "  (i32.add (local.get 1) (i32.trunc_f64_s (local.get 2))))"
    "(func $fib (export \"fib\") (param i32) (result i32)"
    "  (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))"
    "    (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))"
    "                   (call $fib (i32.sub (local.get 0) (i32.const 2)))))))"
    "(func $tail (export \"tail\") (param i32) (result i32)"
    "  (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 42))"
    "    (else (return_call $tail (i32.sub (local.get 0) (i32.const 1))))))"
    "(func (export \"nested\") (param i32) (result i32) (call $host (local.get 0))))";

static VmFunc *nested;

/* A call in a call, which cannot be left. */
static VmStatus host(VmThread *thread, void *context, VmSlot *slots) {
    return vm_call(thread, nested, slots);
}

typedef struct {
    const char *name;
    uint32_t arg, expected;
} Call;

static VmFunc *export_of(const Machine *m, const char *name) {
    VmExtern item;
    CHECK(vm_export(m->instance, str_from(name), &item));
    return item.func;
}

/* How often it was left. */
static unsigned run(const Machine *m, const Call *call) {
    VmSlot slot = {.u64 = call->arg};
    unsigned pauses = 0;
    VmStatus status = vm_call(m->thread, export_of(m, call->name), &slot);
    for (; status == VM_SUSPEND; pauses++) {
        CHECK(vm_is_paused(m->thread));
        status = vm_resume(m->thread);
    }
    CHECK_EQ(status, VM_DONE);
    CHECK_EQ(slot.u32, call->expected);
    return pauses;
}

static void slices(void) {
    static const Call calls[] = {
        {"loop", 300000, 0}, {"fib", 22, 17711}, {"tail", 200000, 42}, {"nested", 22, 17711}};
    VmStore *store = vm_store_new(NULL);
    Machine m = {.store = store, .thread = vm_thread_new(store)};
    static const CoreValType i32 = CORE_I32;
    VmExtern import = {.kind = CORE_FUNC,
                       .func = vm_host_func(store, &i32, 1, &i32, 1, host, NULL, NULL)};
    m.instance = machine_load(arena, store, m.thread, text, &import);
    CHECK(m.instance != NULL);
    nested = m.instance ? export_of(&m, "fib") : NULL;
    for (int with = 0; nested && with < 2; with++) {
        vm_thread_set_slice(m.thread, with); /* each look at the clock ends one */
        for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
            Call call = calls[i];
            if (i == 0) { /* the sum of 1..n, and n halves */
                uint64_t n = call.arg;
                call.expected = (uint32_t)(n * (n + 1) / 2 + n / 2);
            }
            unsigned pauses = run(&m, &call);
            if (with && i < 3) CHECK(pauses > 0);
            else CHECK_EQ(pauses, 0);
        }
    }
    vm_thread_free(m.thread);
    vm_store_free(store);
}

/* Limits hold across slices, and a call that is left in the middle can be given up. */
static void ends(void) {
    VmStore *store = vm_store_new(&(VmLimits){.has_fuel = true, .fuel = 1000000});
    Machine m = {.store = store, .thread = vm_thread_new(store)};
    m.instance =
        machine_load(arena, store, m.thread, "(module (func (export \"f\") (loop (br 0))))", NULL);
    CHECK(m.instance != NULL);
    vm_thread_set_slice(m.thread, 1);
    VmSlot none = {0};
    VmStatus status = vm_call(m.thread, export_of(&m, "f"), &none);
    CHECK_EQ(status, VM_SUSPEND);
    while (status == VM_SUSPEND) status = vm_resume(m.thread);
    CHECK_EQ(status, VM_TRAP);
    CHECK_EQ(vm_trapped(m.thread), TRAP_FUEL);
    vm_store_set_fuel(store, 1000000);
    CHECK_EQ(vm_call(m.thread, export_of(&m, "f"), &none), VM_SUSPEND);
    vm_store_interrupt(store);
    CHECK_EQ(vm_resume(m.thread), VM_TRAP);
    CHECK_EQ(vm_trapped(m.thread), TRAP_INTERRUPTED);
    vm_end_interruption(m.thread);
    CHECK_EQ(vm_call(m.thread, export_of(&m, "f"), &none), VM_SUSPEND);
    vm_abandon(m.thread);
    vm_thread_free(m.thread);
    vm_store_free(store);
}

/* ---- components ---- */

#define SPIN                                                                                       \
    " (func $spin (local i32) (local.set 0 (i32.const 300000))"                                    \
    "  (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))"

/* How often the call was left before it was done. */
static unsigned call_in_slices(World *w, const AbiValue *args) {
    VmComponentFunc *f = vm_component_func(w->component, (Str){0}, STR("run"));
    unsigned pauses = 0;
    vm_thread_set_slice(w->thread, 1);
    VmStatus status = vm_component_call(w->thread, f, args, w->result, arena);
    for (; status == VM_SUSPEND; pauses++) {
        CHECK(vm_is_paused(w->thread));
        if (!vm_is_paused(w->thread)) break;
        status = vm_resume(w->thread);
    }
    CHECK_EQ(status, VM_DONE);
    CHECK(!vm_is_running(w->thread));
    return pauses;
}

/* The arguments of a call from outside are placed by a realloc of the guest's, which is a nested call
 * although nothing of the guest is on the stack yet: it is not left, and the rest of the call is. */
static void realloc_is_nested(void) {
    World w = world_new();
    CHECK(world_load(
        &w,
        "(component (core module $m (memory (export \"mem\") 1)" SPIN
        "  (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (call $spin)"
        "   (i32.const 64))"
        "  (func (export \"run\") (param i32 i32) (result i32) (call $spin) (local.get 1)))"
        " (core instance $c (instantiate $m))"
        " (func (export \"run\") (param \"s\" string) (result u32)"
        "  (canon lift (core func $c \"run\") (memory (core memory $c \"mem\"))"
        "   (realloc (core func $c \"realloc\")))))",
        (Str){0}));
    AbiValue args[1] = {{.string = {.ptr = "four", .len = 4}}};
    CHECK(call_in_slices(&w, args) > 0);
    CHECK_EQ(w.result[0].bits, 4);
    world_free(&w);
}

/* An endless realloc meets the limit of time of the call that it is in; without one it lasts as long as a
 * call that cannot be left may. */
static void realloc_ends(uint64_t timeout) {
    World w = world_of(&(VmLimits){.timeout_ns = timeout});
    CHECK(
        world_load(&w,
                   "(component (core module $m (memory (export \"mem\") 1)"
                   "  (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (loop (br 0))"
                   "   (i32.const 64))"
                   "  (func (export \"run\") (param i32 i32)))"
                   " (core instance $c (instantiate $m))"
                   " (func (export \"run\") (param \"s\" string)"
                   "  (canon lift (core func $c \"run\") (memory (core memory $c \"mem\"))"
                   "   (realloc (core func $c \"realloc\")))))",
                   (Str){0}));
    AbiValue args[1] = {{.string = {.ptr = "four", .len = 4}}};
    VmComponentFunc *f = vm_component_func(w.component, (Str){0}, STR("run"));
    vm_thread_set_slice(w.thread, 1);
    CHECK_EQ(vm_component_call(w.thread, f, args, w.result, arena), VM_TRAP);
    CHECK_EQ(vm_thread_limit(w.thread), VM_LIMIT_TIME);
    world_free(&w);
}

static void realloc_has_the_deadline(void) { realloc_ends(1000000); }
static void realloc_has_an_end(void) { realloc_ends(0); }

/* A task has a stack of its own, which is left like the caller's. */
static void tasks_are_left(void) {
    World w = world_new();
    CHECK(
        world_load(&w,
                   "(component (core module $m"
                   "  (import \"\" \"return\" (func $return (param i32)))" SPIN
                   "  (func (export \"run\") (result i32) (call $spin) (i32.const 1))"
                   "  (func (export \"cb\") (param i32 i32 i32) (result i32) (call $spin)"
                   "   (call $return (i32.const 7)) (i32.const 0)))"
                   " (canon task.return (result u32) (core func $return))"
                   " (core instance $c (instantiate $m (with \"\" (instance"
                   "  (export \"return\" (func $return))))))"
                   " (func (export \"run\") async (result u32)"
                   "  (canon lift (core func $c \"run\") async (callback (core func $c \"cb\")))))",
                   (Str){0}));
    CHECK(call_in_slices(&w, NULL) > 1);
    CHECK_EQ(w.result[0].bits, 7);
    /* The same again, given up in the middle of a task. */
    VmComponentFunc *f = vm_component_func(w.component, (Str){0}, STR("run"));
    CHECK_EQ(vm_component_call(w.thread, f, NULL, w.result, arena), VM_SUSPEND);
    CHECK(vm_is_paused(w.thread));
    world_free(&w);
}

/* Tasks that each do little, and many of them: between two of them, too. */
static void many_tasks_are_left(void) {
    World w = world_of(&(VmLimits){.max_tasks = 100});
    CHECK(world_load(&w,
                     "(component"
                     " (component $a (core module $m (func (export \"f\")))"
                     "  (core instance $c (instantiate $m))"
                     "  (func (export \"f\") async (canon lift (core func $c \"f\"))))"
                     " (instance $a (instantiate $a))"
                     " (component $b (import \"f\" (func $f async))"
                     "  (canon lower (func $f) (core func $f'))"
                     "  (canon task.return (core func $return))"
                     "  (core module $m (import \"\" \"f\" (func $f))"
                     "   (import \"\" \"return\" (func $return))"
                     "   (func (export \"run\") (local i32) (local.set 0 (i32.const 1000))"
                     "    (loop (call $f)"
                     "     (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))"
                     "    (call $return)))"
                     "  (core instance $c (instantiate $m (with \"\" (instance"
                     "   (export \"f\" (func $f')) (export \"return\" (func $return))))))"
                     "  (func (export \"run\") async (canon lift (core func $c \"run\") async)))"
                     " (instance $b (instantiate $b (with \"f\" (func $a \"f\"))))"
                     " (export \"run\" (func $b \"run\")))",
                     (Str){0}));
    CHECK(call_in_slices(&w, NULL) >= 1000);
    world_free(&w);
}

/* A task that yields, again and again, is left although each of its turns is short. */
static void yielding_is_left(void) {
    World w = world_new();
    CHECK(
        world_load(&w,
                   "(component (core module $m"
                   "  (import \"\" \"return\" (func $return (param i32)))"
                   "  (global $n (mut i32) (i32.const 5000))"
                   "  (func (export \"run\") (result i32) (i32.const 1))"
                   "  (func (export \"cb\") (param i32 i32 i32) (result i32)"
                   "   (global.set $n (i32.sub (global.get $n) (i32.const 1)))"
                   "   (if (global.get $n) (then (return (i32.const 1))))"
                   "   (call $return (i32.const 7)) (i32.const 0)))"
                   " (canon task.return (result u32) (core func $return))"
                   " (core instance $c (instantiate $m (with \"\" (instance"
                   "  (export \"return\" (func $return))))))"
                   " (func (export \"run\") async (result u32)"
                   "  (canon lift (core func $c \"run\") async (callback (core func $c \"cb\")))))",
                   (Str){0}));
    CHECK(call_in_slices(&w, NULL) >= 50);
    CHECK_EQ(w.result[0].bits, 7);
    world_free(&w);
}

int main(void) {
    arena = arena_new();
    RUN(slices);
    RUN(ends);
    RUN(realloc_is_nested);
    RUN(realloc_has_the_deadline);
    RUN(realloc_has_an_end);
    RUN(tasks_are_left);
    RUN(many_tasks_are_left);
    RUN(yielding_is_left);
    arena_free(arena);
    return test_end("slice");
}
