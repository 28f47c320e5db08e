/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The collector: that what is reachable stays, wherever the reference to it is, and that the rest
 * goes. Most run twice: as usual, and with a collection at each allocation that checks every
 * reference which it meets. */
#include "tests/test.h"

#include "base/file.h"
#include "interpreter/internal.h"
#include "tests/machine.h"

static Arena *arena;
static bool stress; /* the second time */

static Machine machine(const char *text, uint64_t max_heap, const VmHostFn *host,
                       const CoreValType *types) {
    VmLimits limits = {.max_heap = max_heap};
    Machine m = {.store = vm_store_new(&limits)};
    m.thread = vm_thread_new(m.store);
    VmExtern import = {.kind = CORE_FUNC};
    if (host) import.func = vm_host_func(m.store, types, 1, types, 1, *host, NULL, NULL);
    m.instance = machine_load(arena, m.store, m.thread, text, &import);
    CHECK(m.instance != NULL);
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

/* The result; what is no result is a number that no test asks for. */
static uint64_t call(const Machine *m, const char *name, uint64_t arg) {
    VmSlot slots[4] = {{.u64 = arg}};
    VmFunc *f = func(m, name);
    if (!f || vm_call(m->thread, f, slots) != VM_DONE) return 0xdeadbeef;
    return slots[0].u64;
}

static Trap trap_of(const Machine *m, const char *name, uint64_t arg) {
    VmSlot slots[4] = {{.u64 = arg}};
    VmFunc *f = func(m, name);
    if (!f) return TRAP_HOST;
    return vm_call(m->thread, f, slots) == VM_TRAP ? vm_trapped(m->thread) : TRAP_NONE;
}

/* ---- shapes ---- */

static const char text_shapes[] =
    "(module"
    " (type $list (struct (field i32) (field $next (mut (ref null $list)))))"
    " (type $tree (struct (field (ref null $tree)) (field i8) (field (ref null $tree))))"
    " (type $row (array (mut (ref null $list)))) (type $table (array (mut (ref null $row))))"
    " (global $kept (mut (ref null $list)) (ref.null $list))"
    " (global $rows (mut (ref null $table)) (ref.null $table))"
    " (func $list (export \"list\") (param $n i32) (result i32) (local $l (ref null $list))"
    "  (loop (local.set $l (struct.new $list (local.get $n) (local.get $l)))"
    "   (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
    "  (global.set $kept (local.get $l)) (i32.const 1))"
    " (func (export \"sum\") (param i32) (result i32) (local $l (ref null $list)) (local $s i32)"
    "  (local.set $l (global.get $kept))"
    "  (block (loop (br_if 1 (ref.is_null (local.get $l)))"
    "   (local.set $s (i32.add (local.get $s) (struct.get $list 0 (local.get $l))))"
    "   (local.set $l (struct.get $list 1 (local.get $l))) (br 0)))"
    "  (global.set $kept (ref.null $list)) (local.get $s))"
    /* rings of two that nobody keeps */
    " (func (export \"rings\") (param $n i32) (result i32) (local $l (ref null $list))"
    "  (loop (local.set $l (struct.new $list (i32.const 1) (ref.null $list)))"
    "   (struct.set $list $next (local.get $l)"
    "    (struct.new $list (i32.const 2) (local.get $l)))"
    "   (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
    "  (struct.get $list 0 (struct.get $list 1 (struct.get $list 1 (local.get $l)))))"
    /* operands wait on the stack while calls allocate */
    " (func $tree (param $n i32) (result (ref $tree))"
    "  (if (result (ref $tree)) (local.get $n)"
    "   (then (struct.new $tree (call $tree (i32.sub (local.get $n) (i32.const 1)))"
    "    (i32.const 1) (call $tree (i32.sub (local.get $n) (i32.const 1)))))"
    "   (else (struct.new $tree (ref.null $tree) (i32.const 1) (ref.null $tree)))))"
    " (func $nodes (param (ref null $tree)) (result i32)"
    "  (if (result i32) (ref.is_null (local.get 0)) (then (i32.const 0))"
    "   (else (i32.add (struct.get_s $tree 1 (local.get 0)) (i32.add"
    "    (call $nodes (struct.get $tree 0 (local.get 0)))"
    "    (call $nodes (struct.get $tree 2 (local.get 0))))))))"
    " (func (export \"tree\") (param i32) (result i32) (call $nodes (call $tree (local.get 0))))"
    /* arrays of arrays, each element another list */
    " (func (export \"rows\") (param $n i32) (result i32) (local $t (ref $table)) (local $i i32)"
    "  (local.set $t (array.new_default $table (local.get $n)))"
    "  (loop (array.set $table (local.get $t) (local.get $i)"
    "    (array.new $row (struct.new $list (local.get $i) (ref.null $list)) (local.get $n)))"
    "   (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))"
    "    (local.get $n))))"
    "  (global.set $rows (local.get $t)) (i32.const 1))"
    " (func (export \"corner\") (param $n i32) (result i32)"
    "  (struct.get $list 0 (array.get $row (array.get $table (global.get $rows)"
    "   (i32.sub (local.get $n) (i32.const 1))) (i32.sub (local.get $n) (i32.const 1)))))"
    " (type $bytes (array (mut i8)))"
    " (func (export \"bytes\") (param $n i32) (result i32) (local $i i32)"
    "  (loop (drop (array.new_default $bytes (local.get $n)))"
    "   (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))"
    "    (i32.const 1000)))) (i32.const 1)))";

static void shapes(void) {
    Machine m = machine(text_shapes, 1 << 20, NULL, NULL);
    uint32_t n = stress ? 300 : 30000, cycles = stress ? 1000 : 1000000;
    vm_heap_stress(m.store, stress, UINT64_MAX); /* also not, where the whole build is */
    CHECK_EQ(call(&m, "list", n), 1);
    vm_store_collect(m.store);
    CHECK_EQ(call(&m, "sum", 0), n * (n + 1) / 2);
    CHECK_EQ(call(&m, "rings", cycles), 1); /* 48 MB in a heap of 1 */
    CHECK_EQ(call(&m, "tree", 10), 2047);
    for (int i = 0; i < 50; i++) CHECK_EQ(call(&m, "tree", 8), 511);
    CHECK_EQ(call(&m, "rows", stress ? 30 : 100), 1);
    vm_store_collect(m.store);
    CHECK_EQ(call(&m, "corner", stress ? 30 : 100), stress ? 29 : 99);
    if (!stress) CHECK_EQ(call(&m, "bytes", 300000), 1);    /* large ones: 300 MB */
    if (stress) vm_heap_stress(m.store, false, UINT64_MAX); /* the next one would take its time */
    /* full, and usable again when the garbage is let go */
    CHECK_EQ(trap_of(&m, "list", 100000), TRAP_HEAP_LIMIT);
    CHECK(vm_store_heap(m.store) <= 1 << 20);
    CHECK_EQ(trap_of(&m, "bytes", 2000000), TRAP_HEAP_LIMIT);
    CHECK_EQ(call(&m, "list", 1000), 1);
    CHECK_EQ(call(&m, "sum", 0), 500500);
    machine_free(&m);
}

/* So deep that nothing may recurse, and wider than the collector's stack. */
static void large(void) {
    Machine m = machine(text_shapes, 0, NULL, NULL);
    vm_heap_stress(m.store, false, UINT64_MAX);
    CHECK_EQ(call(&m, "list", 3000000), 1);
    vm_store_collect(m.store);
    CHECK_EQ(call(&m, "sum", 0), (uint32_t)(3000000ull * 3000001 / 2));
    vm_store_collect(m.store);
    CHECK_EQ(vm_store_heap(m.store), 0);
    CHECK_EQ(call(&m, "tree", 18), (1 << 19) - 1);
    CHECK_EQ(call(&m, "rows", 1500), 1);
    vm_store_collect(m.store);
    CHECK_EQ(call(&m, "corner", 1500), 1499);
    machine_free(&m);
}

/* ---- roots ---- */

static const char text_roots[] =
    "(module"
    " (type $s (struct (field (mut i32)))) (type $a (array (mut (ref null $s))))"
    " (import \"h\" \"f\" (func $host (param externref) (result externref)))"
    " (tag $e (param i32 (ref null $s)))"
    " (table $t 3 (ref null $s)) (table $x 2 externref)"
    " (global $g (mut (ref null $s)) (struct.new $s (i32.const 7)))"
    " (global $ext externref (extern.convert_any (struct.new $s (i32.const 8))))"
    " (elem $seg (ref null $s) (item (struct.new $s (i32.const 9)))"
    "  (item (struct.new $s (i32.const 10))))"
    " (func $new (param i32) (result (ref $s)) (struct.new $s (local.get 0)))"
    " (func $val (param (ref null $s)) (result i32) (struct.get $s 0 (local.get 0)))"
    " (func $garbage (param i32)"
    "  (loop (drop (call $new (local.get 0)))"
    "   (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))"
    " (func (export \"made\") (param i32) (result i32)"
    "  (call $garbage (i32.const 50))"
    "  (i32.add (call $val (global.get $g)) (i32.add"
    "   (struct.get $s 0 (ref.cast (ref $s) (any.convert_extern (global.get $ext))))"
    "   (call $val (array.get $a (array.new_elem $a $seg (i32.const 0) (i32.const 2))"
    "    (i32.const 1))))))"
    " (func (export \"tables\") (param i32) (result i32)"
    "  (table.set $t (i32.const 2) (call $new (i32.const 5)))"
    "  (table.set $x (i32.const 1) (extern.convert_any (call $new (i32.const 6))))"
    "  (call $garbage (i32.const 50))"
    "  (i32.add (call $val (table.get $t (i32.const 2)))"
    "   (call $val (ref.cast (ref $s) (any.convert_extern (table.get $x (i32.const 1)))))))"
    /* locals, parameters, the values of blocks, branches and select, a tee */
    " (func (export \"frames\") (param i32) (result i32) (local $l (ref null $s)) (local $i i64)"
    "  (local.set $l (call $new (i32.const 1)))"
    "  (call $new (i32.const 2))" /* waits below everything else */
    "  (block $b (result (ref $s)) (drop (br_if $b (call $new (i32.const 3)) (local.get 0)))"
    "   (call $new (i32.const 4)))"
    "  (select (result (ref null $s)) (call $new (i32.const 5)) (local.get $l) (i32.const 1))"
    "  (local.get $l)" /* its old value is meant */
    "  (local.set $l (call $new (i32.const 100)))"
    "  (local.set $i (i64.extend_i32_u (i32.mul (local.get 0) (i32.const 3))))"
    "  (loop (result (ref null $s)) (call $new (i32.const 6)) (call $garbage (i32.const 3))"
    "   (br_if 0 (i32.const 0)))"
    "  (if (param (ref null $s)) (result (ref null $s)) (local.get 0)"
    "   (then (call $garbage (i32.const 2))) (else))"
    "  (call $val) (i32.add (call $val (local.get $l)))"
    "  (local.set 0) (call $val) (i32.add (local.get 0)) (local.set 0)" /* 106 + 1 */
    "  (call $val) (i32.add (local.get 0)) (local.set 0)"               /* + 5 */
    "  (call $val) (i32.add (local.get 0)) (local.set 0)"               /* + 3 */
    "  (call $val) (i32.add (local.get 0)))"                            /* + 2 */
    " (func (export \"null\") (param i32) (result i32) (local $l (ref null $s))"
    "  (local.set $l (call $new (i32.const 1)))"
    "  (block $n (call $garbage (i32.const 3)) (br_on_null $n (local.get $l))"
    "   (call $garbage (i32.const 3)) (call $val) (return))"
    "  (unreachable))"
    " (func (export \"array\") (param i32) (result i32)"
    "  (call $val (array.get $a (array.new_fixed $a 3 (call $new (i32.const 1))"
    "   (call $new (i32.const 2)) (call $new (i32.const 3))) (i32.const 1))))"
    /* an exception in flight, kept by reference, thrown again */
    " (func $throws (param i32) (call $garbage (i32.const 3))"
    "  (throw $e (local.get 0) (call $new (local.get 0))))"
    " (func (export \"exception\") (param i32) (result i32) (local $r exnref)"
    "  (block $c (result i32 (ref null $s))"
    "   (block $r (result exnref)"
    "    (try_table (catch_all_ref $r) (call $throws (local.get 0))) (unreachable))"
    "   (local.set $r) (call $garbage (i32.const 30))"
    "   (try_table (catch $e $c) (throw_ref (local.get $r))) (unreachable))"
    "  (local.set $r (ref.null exn)) (call $garbage (i32.const 30))"
    "  (i32.add (call $val)))"
    " (func (export \"host\") (param i32) (result i32)"
    "  (call $new (i32.const 20))"
    "  (call $host (extern.convert_any (call $new (i32.const 3))))"
    "  (call $val (ref.cast (ref $s) (any.convert_extern))) (local.set 0)"
    "  (i32.add (call $val) (local.get 0)))"
    " (func (export \"again\") (param i32) (result i32) (call $garbage (i32.const 100))"
    "  (i32.const 0))"
    " (func (export \"give\") (param i32) (result externref)"
    "  (extern.convert_any (call $new (local.get 0))))"
    " (func (export \"take\") (param externref) (result i32)"
    "  (struct.get $s 0 (ref.cast (ref $s) (any.convert_extern (local.get 0))))))";

static Machine *current;

/* Its argument must live through what it calls. */
static VmStatus allocates(VmThread *t, void *context, VmSlot *slots) {
    (void)context;
    VmSlot none[4] = {{0}};
    VmStatus status = vm_call(t, func(current, "again"), none);
    vm_store_collect(vm_thread_store(t));
    (void)slots;
    return status;
}

static VmStatus goes_on(VmThread *t, void *context, VmSlot *slots) {
    (void)t, (void)context, (void)slots;
    return VM_DONE;
}

static VmStatus suspends(VmThread *t, void *context, VmSlot *slots) {
    (void)context, (void)slots;
    return vm_suspend(t, goes_on, NULL);
}

static void roots(void) {
    const CoreValType externref = CORE_EXTERNREF;
    VmHostFn fn = allocates;
    Machine m = machine(text_roots, 1 << 20, &fn, &externref);
    current = &m;
    if (stress) vm_heap_stress(m.store, true, UINT64_MAX);
    CHECK_EQ(call(&m, "made", 0), 25);
    CHECK_EQ(call(&m, "tables", 0), 11);
    CHECK_EQ(call(&m, "frames", 1), 117);
    CHECK_EQ(call(&m, "null", 1), 1);
    CHECK_EQ(call(&m, "array", 1), 2);
    CHECK_EQ(call(&m, "exception", 4), 8);
    CHECK_EQ(call(&m, "host", 0), 23);
    CHECK_EQ(call(&m, "made", 0), 25);
    /* what the host holds stays, and goes when it is released */
    VmSlot slots[4] = {{.u64 = 44}};
    CHECK_EQ(vm_call(m.thread, func(&m, "give"), slots), VM_DONE);
    VmHeld *held = vm_hold(m.store, CORE_EXTERNREF, slots[0]);
    vm_store_collect(m.store);
    call(&m, "again", 0);
    CHECK_EQ(call(&m, "take", vm_held(held).u64), 44);
    vm_release(held);
    machine_free(&m);
}

/* Threads that wait keep what their frames have. */
static void suspended(void) {
    const CoreValType externref = CORE_EXTERNREF;
    VmHostFn fn = suspends;
    Machine m = machine(text_roots, 0, &fn, &externref);
    if (stress) vm_heap_stress(m.store, true, UINT64_MAX);
    VmThread *threads[3];
    VmSlot slots[3][4] = {{{0}}};
    for (int i = 0; i < 3; i++) {
        threads[i] = vm_thread_new(m.store);
        CHECK_EQ(vm_call(threads[i], func(&m, "host"), slots[i]), VM_SUSPEND);
    }
    call(&m, "again", 0);
    vm_store_collect(m.store);
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(vm_resume(threads[i]), VM_DONE);
        CHECK_EQ(slots[i][0].u32, 23);
    }
    for (int i = 0; i < 3; i++) vm_thread_free(threads[i]); /* one of them in the middle */
    vm_store_collect(m.store);
    CHECK_EQ(call(&m, "made", 0), 25);
    machine_free(&m);
}

/* ---- data of the host ---- */

static int finalized[4];
static void finalize(void *data) { ++*(int *)data; }

static void host_data(void) {
    const CoreValType externref = CORE_EXTERNREF;
    VmHostFn fn = goes_on;
    Machine m = machine(
        "(module (import \"h\" \"f\" (func (param externref) (result externref)))"
        " (global $a (mut anyref) (ref.null any)) (global $x (mut externref) (ref.null extern))"
        " (func (export \"keep\") (param externref) (result i32)"
        "  (global.set $a (any.convert_extern (local.get 0)))"
        "  (global.set $x (extern.convert_any (global.get $a)))"
        "  (ref.test (ref eq) (global.get $a)))"
        " (func (export \"kept\") (param i32) (result externref)"
        "  (extern.convert_any (global.get $a)))"
        " (func (export \"drop\") (param i32) (result i32)"
        "  (global.set $a (ref.null any)) (global.set $x (ref.null extern)) (i32.const 1)))",
        0, &fn, &externref);
    VmSlot first = vm_host_object(m.store, &finalized[0], finalize);
    void *data = NULL;
    CHECK(vm_host_data(first, &data) && data == &finalized[0]);
    CHECK_EQ(call(&m, "keep", first.u64), 0); /* no eqref */
    for (int i = 1; i < 3; i++) vm_host_object(m.store, &finalized[i], finalize);
    VmHeld *held =
        vm_hold(m.store, CORE_EXTERNREF, vm_host_object(m.store, &finalized[3], finalize));
    vm_store_collect(m.store);
    CHECK_EQ(finalized[0], 0);
    CHECK_EQ(finalized[1] + finalized[2], 2);
    CHECK_EQ(finalized[3], 0);
    CHECK_EQ(call(&m, "kept", 0), first.u64); /* the same reference after the round trip */
    CHECK(!vm_host_data((VmSlot){.u64 = 1234}, &data));
    CHECK_EQ(call(&m, "drop", 0), 1);
    vm_store_collect(m.store);
    vm_store_collect(m.store);
    CHECK_EQ(finalized[0], 1);
    CHECK_EQ(finalized[3], 0);
    (void)held;
    machine_free(&m);
    for (int i = 0; i < 4; i++) CHECK_EQ(finalized[i], 1);
}

/* ---- layouts ---- */

static void layouts(void) {
    Machine m = machine(
        "(module (type $a (sub (struct (field i8) (field i64))))"
        " (type $b (sub $a (struct (field i8) (field i64) (field i32) (field i8) (field i16)"
        "  (field v128) (field f32))))"
        " (type $n (array i16))"
        " (func (export \"b\") (param i32) (result anyref)"
        "  (struct.new $b (i32.const -1) (i64.const 2) (i32.const 3) (i32.const 4) (i32.const -5)"
        "   (v128.const i64x2 6 7) (f32.const 8)))"
        " (func (export \"n\") (param i32) (result anyref)"
        "  (array.new_fixed $n 3 (i32.const 1) (i32.const -2) (i32.const 3)))"
        " (func (export \"i31\") (param i32) (result anyref) (ref.i31 (local.get 0)))"
        " (func (export \"sub\") (param i32) (result i64) (local (ref null $a))"
        "  (local.set 1 (struct.new $b (i32.const -1) (i64.const 2) (i32.const 3) (i32.const 4)"
        "   (i32.const -5) (v128.const i64x2 6 7) (f32.const 8)))"
        "  (i64.add (struct.get $a 1 (local.get 1))"
        "   (i64.extend_i32_s (struct.get_s $a 0 (local.get 1))))))",
        0, NULL, NULL);
    VmSlot b = {.u64 = call(&m, "b", 0)}, value[2];
    VmHeld *held = vm_hold(m.store, core_ref(true, CORE_HEAP_ANY), b);
    static const uint64_t want[] = {0xff, 2, 3, 4, 0xfffb, 6, 0x41000000};
    static const CoreValType types[] = {CORE_I8,  CORE_I64,  CORE_I32, CORE_I8,
                                        CORE_I16, CORE_V128, CORE_F32};
    CoreValType type;
    CHECK_EQ(vm_ref_count(m.store, b), 7);
    for (uint32_t i = 0; i < 7; i++) {
        CHECK(vm_ref_get(m.store, b, i, &type, value));
        CHECK_EQ(value[0].u64, want[i]);
        CHECK_EQ(type, types[i]);
    }
    CHECK(!vm_ref_get(m.store, b, 7, &type, value));
    /* 8 and 8 of $a, in whose gap i32, i8 and i16 fit; v128 and f32 behind: 40 bytes and a header */
    CHECK_EQ(vm_layout_of(m.store, b.ref)->cell_size, 48);
    CHECK(core_is_concrete(vm_ref_type(m.store, b)));
    VmSlot n = {.u64 = call(&m, "n", 0)};
    CHECK_EQ(vm_ref_count(m.store, n), 3);
    CHECK(vm_ref_get(m.store, n, 1, &type, value));
    CHECK_EQ(value[0].u64, 0xfffe);
    CHECK_EQ(vm_ref_type(m.store, (VmSlot){.u64 = call(&m, "i31", 5)}),
             core_ref(false, CORE_HEAP_I31));
    CHECK_EQ(vm_ref_count(m.store, (VmSlot){.u64 = call(&m, "i31", 5)}), 0);
    CHECK_EQ(call(&m, "sub", 0), 1);
    vm_release(held);
    machine_free(&m);
}

/* ---- failures ---- */

/* Each allocation fails in turn: a trap each time, and nothing is broken by it. */
static void failing(void) {
    const CoreValType externref = CORE_EXTERNREF;
    static const char *const names[] = {"made", "tables", "frames", "array", "exception"};
    VmHostFn fn = goes_on;
    for (int name = 0; name < 5; name++)
        for (uint64_t i = 0; i < 200; i++) {
            Machine m = machine(text_roots, 0, &fn, &externref);
            vm_heap_stress(m.store, true, i);
            Trap trap = trap_of(&m, names[name], 1);
            vm_heap_stress(m.store, true, UINT64_MAX);
            CHECK(trap == TRAP_HEAP_LIMIT || trap == TRAP_NONE);
            CHECK_EQ(call(&m, "made", 0), 25);
            machine_free(&m);
            if (trap == TRAP_NONE) break;
            CHECK(i < 199);
        }
}

int main(void) {
    arena = arena_new();
    for (int i = 0; i < 2; i++) {
        stress = i;
        RUN(shapes);
        RUN(roots);
        RUN(suspended);
    }
    RUN(large);
    RUN(host_data);
    RUN(layouts);
    RUN(failing);
    arena_free(arena);
    return test_end("heap");
}
