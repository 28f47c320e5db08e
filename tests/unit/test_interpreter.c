/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "tests/test.h"

#include "base/file.h"
#include "interpreter/interpreter.h"
#include "tests/machine.h"

static Arena *arena;

static Machine machine(const char *text, const VmLimits *limits) {
    Machine m = {.store = vm_store_new(limits)};
    m.thread = vm_thread_new(m.store);
    m.instance = machine_load(arena, m.store, m.thread, text, NULL);
    return m;
}

static void machine_free(Machine *m) {
    vm_thread_free(m->thread);
    vm_store_free(m->store);
}

static VmFunc *func(const Machine *m, const char *name) {
    VmExtern e;
    return m->instance && vm_export(m->instance, str_from(name), &e) ? e.func : NULL;
}

static uint64_t call2(const Machine *m, const char *name, uint64_t a, uint64_t b) {
    VmSlot slots[4] = {{.u64 = a}, {.u64 = b}};
    VmStatus status = vm_call(m->thread, func(m, name), slots);
    return status == VM_DONE ? slots[0].u64 : 0xdead000 + status;
}

static const char text_values[] =
    "(module"
    " (func (export \"swapped\") (param i32 i32) (result i32)"
    "  (call $swap (local.get 0) (local.get 1)) (i32.sub))"
    " (func $swap (param i32 i32) (result i32 i32) (local.get 1) (local.get 0))"
    " (func (export \"old\") (param i32) (result i32)" /* the value before the set counts */
    "  (local.get 0) (local.set 0 (i32.const 3)) (i32.mul (i32.const 10)) (i32.add (local.get 0)))"
    " (func (export \"tee\") (param i32) (result i32)"
    "  (i32.add (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (local.get 0)))"
    " (func (export \"switch\") (param i32) (result i32)"
    "  (block (block (block (br_table 0 1 2 (local.get 0))) (return (i32.const 10)))"
    "   (return (i32.const 20))) (i32.const 30))"
    " (func (export \"carry\") (param i32) (result i32) (i32.const 5)"
    "  (block (result i32) (i32.const 7) (br_if 0 (local.get 0)) (drop) (i32.const 9)) (i32.add))"
    " (func (export \"sum\") (param i32) (result i32) (local i32)"
    "  (loop (result i32) (local.set 1 (i32.add (local.get 1) (local.get 0)))"
    "   (local.set 0 (i32.sub (local.get 0) (i32.const 1)))"
    "   (br_if 0 (i32.gt_s (local.get 0) (i32.const 0))) (local.get 1)))"
    " (func $down (export \"down\") (param i64) (result i64)"
    "  (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 42))"
    "   (else (return_call $down (i64.sub (local.get 0) (i64.const 1))))))"
    " (func (export \"wide\") (param i32 i32) (result i64) (local v128 i64)"
    "  (local.set 3 (i64.extend_i32_u (local.get 1))) (local.get 3))"
    ")";

static void values_and_control(void) {
    Machine m = machine(text_values, NULL);
    CHECK_EQ(call2(&m, "swapped", 3, 10), 7);
    CHECK_EQ(call2(&m, "old", 4, 0), 43);
    CHECK_EQ(call2(&m, "tee", 4, 0), 10);
    CHECK_EQ(call2(&m, "switch", 0, 0), 10);
    CHECK_EQ(call2(&m, "switch", 1, 0), 20);
    CHECK_EQ(call2(&m, "switch", 2, 0), 30);
    CHECK_EQ(call2(&m, "switch", 4000000000u, 0), 30);
    CHECK_EQ(call2(&m, "carry", 1, 0), 12);
    CHECK_EQ(call2(&m, "carry", 0, 0), 14);
    CHECK_EQ(call2(&m, "sum", 100, 0), 5050);
    CHECK_EQ(call2(&m, "down", 200000, 0), 42); /* far deeper than there are frames */
    CHECK_EQ(call2(&m, "wide", 1, 0xffffffff), 0xffffffff);
    machine_free(&m);
}

static const char text_traps[] =
    "(module $m (memory 1 2) (table 2 funcref) (elem (i32.const 0) $deep)"
    " (func $deep (export \"deep\") (param i32) (result i32) (call $deep (local.get 0)))"
    " (func (export \"load\") (param i32) (result i32) (i32.load offset=4 (local.get 0)))"
    " (func (export \"div\") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))"
    " (func (export \"indirect\") (param i32) (result i32)"
    "  (call_indirect (param i64) (result i32) (i64.const 0) (local.get 0)))"
    " (func (export \"grow\") (param i32) (result i32) (memory.grow (local.get 0)))"
    " (func (export \"spin\") (loop (br 0))))";

static Trap trap_of(const Machine *m, const char *name, uint64_t a, uint64_t b) {
    VmSlot slots[4] = {{.u64 = a}, {.u64 = b}};
    return vm_call(m->thread, func(m, name), slots) == VM_TRAP ? vm_trapped(m->thread) : TRAP_NONE;
}

static void traps(void) {
    Machine m = machine(text_traps, NULL);
    CHECK_EQ(trap_of(&m, "deep", 0, 0), TRAP_STACK_EXHAUSTED);
    CHECK_EQ(trap_of(&m, "load", 65528, 0), TRAP_NONE);
    CHECK_EQ(trap_of(&m, "load", 65529, 0), TRAP_MEMORY_BOUNDS);
    CHECK_EQ(trap_of(&m, "load", UINT32_MAX, 0), TRAP_MEMORY_BOUNDS);
    CHECK_EQ(trap_of(&m, "div", 1, 0), TRAP_DIVIDE_BY_ZERO);
    CHECK_EQ(trap_of(&m, "div", 0x80000000u, UINT32_MAX), TRAP_INTEGER_OVERFLOW);
    CHECK_EQ(trap_of(&m, "indirect", 0, 0), TRAP_INDIRECT_TYPE);
    CHECK_EQ(trap_of(&m, "indirect", 1, 0), TRAP_UNINITIALIZED_ELEMENT);
    CHECK_EQ(trap_of(&m, "indirect", 2, 0), TRAP_UNDEFINED_ELEMENT);
    CHECK_EQ(call2(&m, "grow", 1, 0), 1);
    CHECK_EQ(call2(&m, "grow", 1, 0), UINT32_MAX); /* its own maximum is 2 pages */
    machine_free(&m);
}

static void backtraces_have_names(void) {
    Machine m = machine(
        "(module (func $inner unreachable) (func $outer (export \"f\") (call $inner)))", NULL);
    VmFrameInfo frames[4];
    CHECK_EQ(trap_of(&m, "f", 0, 0), TRAP_UNREACHABLE);
    CHECK_EQ(vm_backtrace(m.thread, frames, 4), 2);
    CHECK_STR(frames[0].name, "inner");
    CHECK_STR(frames[1].name, "outer");
    CHECK_STR(vm_trap_message(m.thread), "unreachable");
    machine_free(&m);
}

static void limits_stop_a_guest(void) {
    VmLimits fuel = {.has_fuel = true, .fuel = 1000};
    Machine m = machine(text_traps, &fuel);
    CHECK_EQ(trap_of(&m, "spin", 0, 0), TRAP_FUEL);
    CHECK_EQ(vm_store_fuel(m.store), 0);
    machine_free(&m);

    VmLimits timeout = {.timeout_ns = 20 * 1000000};
    m = machine(text_traps, &timeout);
    CHECK_EQ(trap_of(&m, "spin", 0, 0), TRAP_TIMEOUT);
    machine_free(&m);

    m = machine(text_traps, NULL);
    vm_store_interrupt(m.store);
    CHECK_EQ(trap_of(&m, "spin", 0, 0), TRAP_INTERRUPTED);
    machine_free(&m);

    VmLimits memory = {.max_memory = 65536};
    m = machine(text_traps, &memory);
    CHECK_EQ(call2(&m, "grow", 1, 0), UINT32_MAX);
    machine_free(&m);
}

/* The same work costs the same fuel, and twice the work about twice. */
static uint64_t fuel_of(uint64_t n) {
    VmLimits limits = {.has_fuel = true, .fuel = 1000000};
    Machine m = machine(text_values, &limits);
    call2(&m, "sum", n, 0);
    uint64_t used = 1000000 - vm_store_fuel(m.store);
    machine_free(&m);
    return used;
}

static void fuel_is_deterministic(void) {
    CHECK_EQ(fuel_of(100), fuel_of(100));
    CHECK_EQ(fuel_of(300) - fuel_of(200), fuel_of(200) - fuel_of(100));
}

/* ---- host functions ---- */

static int dropped_count;
static VmFunc *callee;

static VmStatus add_one(VmThread *t, void *context, VmSlot *slots) {
    (void)t, (void)context;
    slots[0].u64 = slots[0].u32 + 1;
    return VM_DONE;
}

static VmStatus doubled(VmThread *t, void *context, VmSlot *slots) {
    (void)context;
    vm_host_slots(t)[0].u64 = slots[0].u32 * 2;
    return VM_DONE;
}

static void on_drop(void *context) {
    (void)context;
    dropped_count++;
}

/* Calls back into the guest and doubles what it gets. */
static VmStatus call_back(VmThread *t, void *context, VmSlot *slots) {
    (void)context;
    return vm_then_call(t, callee, slots, 1, doubled, NULL, on_drop);
}

static VmStatus resumed(VmThread *t, void *context, VmSlot *slots) {
    (void)t, (void)context;
    slots[0].u64 = slots[0].u32 + 100;
    return VM_DONE;
}

static VmStatus wait_first(VmThread *t, void *context, VmSlot *slots) {
    (void)context, (void)slots;
    return vm_suspend(t, resumed, NULL);
}

static VmStatus leave(VmThread *t, void *context, VmSlot *slots) {
    (void)context;
    return vm_exit(t, (int)slots[0].u32);
}

/* A call from inside a host function, on the same thread. */
static VmStatus nested(VmThread *t, void *context, VmSlot *slots) {
    (void)context;
    VmSlot inner[2] = {{.u64 = slots[0].u64}};
    VmStatus status = vm_call(t, callee, inner);
    if (status != VM_DONE) return status;
    slots[0].u64 = inner[0].u32 + 7;
    return VM_DONE;
}

static Machine with_host(VmHostFn fn) {
    static const CoreValType i32 = CORE_I32;
    Machine m = {.store = vm_store_new(NULL)};
    m.thread = vm_thread_new(m.store);
    VmExtern import = {.kind = CORE_FUNC,
                       .func = vm_host_func(m.store, &i32, 1, &i32, 1, fn, NULL, NULL)};
    m.instance = machine_load(
        arena, m.store, m.thread,
        "(module (import \"h\" \"f\" (func $h (param i32) (result i32)))"
        " (func (export \"times3\") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))"
        " (func (export \"bad\") (param i32) (result i32) unreachable)"
        " (func (export \"go\") (param i32) (result i32) (i32.add (call $h (local.get 0)) "
        "(i32.const 1000))))",
        &import);
    return m;
}

static void host_functions(void) {
    Machine m = with_host(add_one);
    CHECK_EQ(call2(&m, "go", 5, 0), 1006);
    machine_free(&m);

    m = with_host(call_back);
    callee = func(&m, "times3");
    CHECK_EQ(call2(&m, "go", 5, 0), 1030);
    CHECK_EQ(dropped_count, 0);
    callee = func(&m, "bad");
    CHECK_EQ(trap_of(&m, "go", 5, 0), TRAP_UNREACHABLE);
    CHECK_EQ(dropped_count, 1);
    machine_free(&m);

    m = with_host(nested);
    callee = func(&m, "times3");
    CHECK_EQ(call2(&m, "go", 5, 0), 1022);
    callee = func(&m, "go"); /* host and guest in turn, without end */
    CHECK_EQ(trap_of(&m, "go", 5, 0), TRAP_STACK_EXHAUSTED);
    machine_free(&m);
}

static void suspending(void) {
    Machine m = with_host(wait_first);
    VmSlot slots[2] = {{.u64 = 5}};
    CHECK_EQ(vm_call(m.thread, func(&m, "go"), slots), VM_SUSPEND);
    CHECK_EQ(vm_resume(m.thread), VM_DONE);
    CHECK_EQ(slots[0].u64, 1105);
    machine_free(&m);

    m = with_host(leave);
    CHECK_EQ(vm_call(m.thread, func(&m, "go"), slots), VM_EXIT);
    machine_free(&m);
}

static void imports_are_checked(void) {
    static const CoreValType i64 = CORE_I64;
    Machine m = {.store = vm_store_new(NULL)};
    m.thread = vm_thread_new(m.store);
    VmExtern import = {.kind = CORE_FUNC,
                       .func = vm_host_func(m.store, &i64, 1, NULL, 0, add_one, NULL, NULL)};
    CHECK(!machine_load(arena, m.store, m.thread,
                        "(module (import \"h\" \"f\" (func (param i32))))", &import));
    CHECK(machine_load(arena, m.store, m.thread, "(module (import \"h\" \"f\" (func (param i64))))",
                       &import) != NULL);
    machine_free(&m);
}

/* ---- exceptions ---- */

static const char text_exceptions[] =
    "(module (import \"h\" \"f\" (func $h (param i32) (result i32)))"
    " (tag $a (param i32)) (tag $b (param i32 v128 i64)) (memory 1)"
    " (func (export \"throws\") (param i32) (result i32) (throw $a (local.get 0)))"
    /* past two frames and a label that is not the innermost; the operand 1000 below stays */
    " (func $deep (param i32) (if (local.get 0) (then (call $deep (i32.sub (local.get 0)"
    "  (i32.const 1))))) (throw $b (i32.const 3) (v128.const i64x2 5 6) (i64.const 40)))"
    " (func (export \"far\") (param i32) (result i32) (local i64)"
    "  (i32.const 1000)"
    "  (block $out (result i32 v128 i64)"
    "   (block $no (try_table (catch $a 2) (catch $b $out) (call $deep (local.get 0)))"
    "    (unreachable)) (unreachable))"
    "  (local.set 1) (i32x4.extract_lane 2) (i32.add) (i32.add)"
    "  (i32.add (i32.wrap_i64 (local.get 1))))"
    /* to the function's label, and with the locals as they were at the throw */
    " (func (export \"out\") (param i32) (result i32) (local i32)"
    "  (try_table (result i32) (catch $a 0) (local.set 1 (i32.const 7))"
    "   (throw $a (i32.add (local.get 0) (local.get 1)))))"
    /* thrown again by reference, caught by all */
    " (func (export \"again\") (param i32) (result i32)"
    "  (block $r (result exnref)"
    "   (try_table (result exnref) (catch_all_ref $r) (throw $a (local.get 0))) (unreachable))"
    "  (drop)"
    "  (block $x (result i32)"
    "   (try_table (catch $a $x)"
    "    (block $e (result exnref) (try_table (catch_all_ref $e) (throw $a (local.get 0)))"
    "     (unreachable)) (throw_ref)) (unreachable)))"
    " (func (export \"null\") (param i32) (result i32) (throw_ref (ref.null exn)))"
    " (func (export \"through\") (param i32) (result i32)"
    "  (block $x (result i32) (try_table (result i32) (catch $a $x) (call $h (local.get 0)))))"
    /* traps are not exceptions */
    " (func (export \"trap\") (param i32) (result i32)"
    "  (block (try_table (catch_all 0) (i32.load (i32.const -1)) (drop))) (i32.const 1))"
    " (func (export \"many\") (param i32) (result i32)"
    "  (loop $l (block $c (try_table (catch_all $c) (throw $a (i32.const 1))))"
    "   (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 0))"
    " (func (export \"kept\") (param i32) (result i32)"
    "  (loop $l (block $c (result exnref) (try_table (catch_all_ref $c) (throw $a (i32.const 1)))"
    "   (unreachable)) (drop)"
    "   (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 0)))";

static Machine exceptions_machine(VmHostFn fn, const VmLimits *limits, const char *text) {
    static const CoreValType i32 = CORE_I32;
    Machine m = {.store = vm_store_new(limits)};
    m.thread = vm_thread_new(m.store);
    VmExtern import = {.kind = CORE_FUNC,
                       .func = vm_host_func(m.store, &i32, 1, &i32, 1, fn, NULL, NULL)};
    m.instance = machine_load(arena, m.store, m.thread, text, &import);
    return m;
}

static void exceptions(void) {
    Machine m = exceptions_machine(call_back, NULL, text_exceptions);
    CHECK(m.instance != NULL);
    if (!m.instance) return;
    CHECK_EQ(trap_of(&m, "throws", 4, 0), TRAP_UNCAUGHT_EXCEPTION);
    CHECK_EQ(call2(&m, "far", 3, 0), 1000 + 3 + 6 + 40);
    CHECK_EQ(call2(&m, "out", 5, 0), 12);
    CHECK_EQ(call2(&m, "again", 9, 0), 9);
    CHECK_EQ(trap_of(&m, "null", 0, 0), TRAP_NULL_EXCEPTION);
    CHECK_EQ(trap_of(&m, "trap", 0, 0), TRAP_MEMORY_BOUNDS);
    CHECK_EQ(call2(&m, "many", 10000, 0), 0);
    CHECK_EQ(call2(&m, "kept", 10000, 0), 0);
    /* a host function between them: it will not go on, and the caller cannot catch */
    int before = dropped_count;
    callee = func(&m, "throws");
    CHECK_EQ(trap_of(&m, "through", 5, 0), TRAP_UNCAUGHT_EXCEPTION);
    CHECK_EQ(dropped_count, before + 1);
    callee = func(&m, "out"); /* but one that is caught inside does not matter */
    CHECK_EQ(call2(&m, "through", 5, 0), 24);
    machine_free(&m);

    m = exceptions_machine(nested, NULL, text_exceptions);
    callee = func(&m, "throws");
    CHECK_EQ(trap_of(&m, "through", 5, 0), TRAP_UNCAUGHT_EXCEPTION);
    machine_free(&m);

    /* a thread that was suspended in a guarded call goes on there */
    m = exceptions_machine(wait_first, NULL, text_exceptions);
    VmSlot slots[2] = {{.u64 = 5}};
    CHECK_EQ(vm_call(m.thread, func(&m, "through"), slots), VM_SUSPEND);
    CHECK_EQ(vm_resume(m.thread), VM_DONE);
    CHECK_EQ(slots[0].u64, 105);
    machine_free(&m);

    /* exceptions that nobody refers to any more are collected, and they cost fuel */
    m = exceptions_machine(add_one, &(VmLimits){.max_memory = 200000}, text_exceptions);
    CHECK_EQ(call2(&m, "many", 100000, 0), 0);
    CHECK_EQ(call2(&m, "kept", 100000, 0), 0);
    machine_free(&m);
    m = exceptions_machine(add_one, &(VmLimits){.has_fuel = true, .fuel = 100000}, text_exceptions);
    CHECK_EQ(trap_of(&m, "many", 100000, 0), TRAP_FUEL);
    machine_free(&m);
}

static const char text_legacy[] =
    "(module (tag $a (param i32))"
    " (func $throws (param i32) (throw $a (local.get 0)))"
    " (func (export \"kinds\") (param i32 i32) (result i32)"
    "  (i32.const 100)"
    "  (try (result i32)"
    "   (do (try (result i32)"
    "     (do (call $throws (local.get 0)) (i32.const 1))"
    "     (catch $a (if (result i32) (local.get 1) (then (rethrow 1)) (else (i32.const 20))) "
    "(i32.add))))"
    "   (catch_all (i32.const 5)))"
    "  (i32.add))"
    /* the inner handler is passed over */
    " (func (export \"delegate\") (param i32) (result i32)"
    "  (try $l (result i32)"
    "   (do (try (result i32)"
    "     (do (try (result i32) (do (call $throws (local.get 0)) (i32.const 1)) (delegate $l)))"
    "     (catch_all (i32.const 2))))"
    "   (catch $a (i32.const 30) (i32.add))))"
    " (func (export \"away\") (param i32) (result i32)"
    "  (try (result i32)"
    "   (do (try (result i32) (do (call $throws (local.get 0)) (i32.const 1)) (delegate 1)))"
    "   (catch_all (i32.const 2)))))";

static void legacy_exceptions(void) {
    Machine m = machine(text_legacy, NULL);
    CHECK_EQ(call2(&m, "kinds", 3, 0), 123);
    CHECK_EQ(call2(&m, "kinds", 3, 1), 105);
    CHECK_EQ(call2(&m, "delegate", 3, 0), 33);
    CHECK_EQ(trap_of(&m, "away", 3, 0), TRAP_UNCAUGHT_EXCEPTION);
    machine_free(&m);
}

/* ---- objects ---- */

static const char text_objects[] =
    "(module (type $s (struct (field (mut i8)) (field v128) (field (mut i64))))"
    " (type $a (array (mut i16))) (type $list (struct (field (ref null $list))))"
    " (global $g (ref $a) (array.new_fixed $a 3 (i32.const 1) (i32.const -2) (i32.const "
    "70000)))"
    " (func (export \"struct\") (param i64) (result i64) (local (ref null $s))"
    "  (local.set 1 (struct.new $s (i32.const 511) (v128.const i64x2 7 8) (local.get 0)))"
    "  (i64.add (i64.add (struct.get $s 2 (local.get 1))"
    "   (i64x2.extract_lane 1 (struct.get $s 1 (local.get 1))))"
    "   (i64.extend_i32_s (struct.get_s $s 0 (local.get 1)))))"
    " (func (export \"array\") (param i32) (result i32)"
    "  (array.get_s $a (global.get $g) (local.get 0)))"
    " (func (export \"grow\") (param i32) (result i32) (local (ref null $list))"
    "  (loop (local.set 1 (struct.new $list (local.get 1)))"
    "   (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 0))"
    " (func (export \"large\") (param i32) (result i32)"
    "  (array.len (array.new_default $a (local.get 0))))"
    " (func (export \"round\") (param externref) (result externref)"
    "  (extern.convert_any (any.convert_extern (local.get 0))))"
    " (func (export \"is_i31\") (param externref) (result i32)"
    "  (ref.test (ref i31) (any.convert_extern (local.get 0)))))";

static void objects(void) {
    Machine m = machine(text_objects, NULL);
    CHECK_EQ(call2(&m, "struct", 100, 0), 107); /* 100 + 8 - 1 */
    CHECK_EQ(call2(&m, "array", 1, 0), (uint32_t)-2);
    CHECK_EQ(call2(&m, "array", 2, 0), 4464); /* 70000 - 65536 */
    CHECK_EQ(trap_of(&m, "array", 3, 0), TRAP_ARRAY_BOUNDS);
    CHECK_EQ(trap_of(&m, "large", UINT32_MAX, 0), TRAP_HEAP_LIMIT);
    CHECK_EQ(call2(&m, "large", 3000000, 0), 3000000);
    CHECK_EQ(call2(&m, "grow", 100000, 0), 0);
    CHECK_EQ(call2(&m, "round", 0x123456789abcdefu, 0), 0x123456789abcdefu);
    CHECK_EQ(call2(&m, "is_i31", 0x1001, 0), 0); /* an odd word of the host is none */
    machine_free(&m);
    m = machine(text_objects, &(VmLimits){.max_memory = 1 << 20});
    CHECK_EQ(trap_of(&m, "grow", 100000, 0), TRAP_HEAP_LIMIT);
    machine_free(&m);
}

/* ---- shared memory on one thread ---- */

static void atomics(void) {
    Machine m =
        machine("(module (memory 1 1 shared)"
                " (func (export \"add\") (param i32 i32) (result i32)"
                "  (i32.atomic.rmw8.add_u (local.get 0) (local.get 1)))"
                " (func (export \"swap\") (param i32 i32) (result i32)"
                "  (i32.atomic.rmw16.cmpxchg_u (i32.const 8) (local.get 0) (local.get 1)))"
                " (func (export \"load\") (param i32) (result i32) (i32.atomic.load (local.get 0)))"
                " (func (export \"wait\") (param i32 i64) (result i32)"
                "  (memory.atomic.wait32 (i32.const 0) (local.get 0) (local.get 1)))"
                " (func (export \"notify\") (result i32) (memory.atomic.notify (i32.const 0) "
                "(i32.const 9))))",
                &(VmLimits){.timeout_ns = 20000000});
    CHECK_EQ(call2(&m, "add", 3, 0x1ff), 0);
    CHECK_EQ(call2(&m, "add", 3, 2), 0xff);
    CHECK_EQ(call2(&m, "load", 0, 0), 1u << 24);
    CHECK_EQ(trap_of(&m, "load", 2, 0), TRAP_UNALIGNED_ATOMIC);
    CHECK_EQ(trap_of(&m, "load", 65536, 0), TRAP_MEMORY_BOUNDS);
    CHECK_EQ(call2(&m, "swap", 0, 0x12345), 0);
    CHECK_EQ(call2(&m, "swap", 0x12345, 1), 0x2345); /* the expected value is wider: no match */
    CHECK_EQ(call2(&m, "load", 8, 0), 0x2345);
    CHECK_EQ(call2(&m, "wait", 0, 0), 1);
    CHECK_EQ(call2(&m, "wait", 1u << 24, 1000), 2);
    CHECK_EQ(trap_of(&m, "wait", 1u << 24, INT64_MAX), TRAP_TIMEOUT);
    CHECK_EQ(trap_of(&m, "wait", 1u << 24, UINT64_MAX), TRAP_DEADLOCK);
    CHECK_EQ(call2(&m, "notify", 0, 0), 0);
    machine_free(&m);
}

int main(void) {
    arena = arena_new();
    RUN(values_and_control);
    RUN(traps);
    RUN(backtraces_have_names);
    RUN(limits_stop_a_guest);
    RUN(fuel_is_deterministic);
    RUN(host_functions);
    RUN(suspending);
    RUN(imports_are_checked);
    RUN(exceptions);
    RUN(legacy_exceptions);
    RUN(objects);
    RUN(atomics);
    arena_free(arena);
    return test_end("interpreter");
}
