/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "tests/test.h"

#include "base/file.h"
#include "interpreter/interpreter.h"
#include "wat/wat.h"

static Arena *arena;

typedef struct {
    VmStore *store;
    VmThread *thread;
    VmInstance *instance;
} Machine;

static VmInstance *load(VmStore *store, VmThread *thread, const char *text,
                        const VmExtern *imports) {
    Diags diags = {.arena = arena};
    const Source *binary = wat_to_binary(arena, source_of(arena, STR("t.wat"), str_from(text)),
                                         features_all(), &diags);
    Reader r = reader_of(binary, &diags);
    CoreModule *core = core_decode(arena, &r, features_all());
    if (!core || !core_validate(arena, core, features_all(), &diags)) {
        diag_print(stdout, &diags, false);
        return NULL;
    }
    Trap trap;
    uint32_t bad;
    return vm_instantiate(thread, vm_module_new(store, core), imports, &trap, &bad);
}

static Machine machine(const char *text, const VmLimits *limits) {
    Machine m = {.store = vm_store_new(limits)};
    m.thread = vm_thread_new(m.store);
    m.instance = load(m.store, m.thread, text, NULL);
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
    m.instance = load(
        m.store, m.thread,
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
    CHECK(!load(m.store, m.thread, "(module (import \"h\" \"f\" (func (param i32))))", &import));
    CHECK(load(m.store, m.thread, "(module (import \"h\" \"f\" (func (param i64))))", &import) !=
          NULL);
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
    arena_free(arena);
    return test_end("interpreter");
}
