/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Going back: all that code can change is as it was when the instance was new, and no more than that. */
#include <stdlib.h>

#include "tests/machine.h"
#include "tests/test.h"

/* `DATA` is a segment at 70000; the start function has changed the memory before the mark. `look` sums
 * up all that `spoil` changes. */
static const char text[] =
    "(module (memory (export \"m\") 3 20) (memory $n 1)"
    "(table $t 4 10 funcref) (table $u 1 funcref) (elem (table $t) (i32.const 1) func $a $b)"
    "(elem $p func $a $b) (data (i32.const 70000) \"%s\") (data $d \"xyz\")"
    "(global $g (mut i64) (i64.const 7)) (global $v (mut v128) (v128.const i64x2 1 2))"
    "(func $a (result i32) i32.const 10) (func $b (result i32) i32.const 20)"
    "(func $start (i32.store8 (i32.const 5) (i32.const 99))"
    "  (memory.fill (i32.const 69632) (i32.const 0) (i32.const 1024))"
    "  (global.set $g (i64.const 8)))"
    "(start $start)"
    "(func (export \"spoil\") (drop (memory.grow (i32.const 4)))"
    "  (memory.fill (i32.const 0) (i32.const 0xff) (i32.const 400000))"
    "  (memory.fill $n (i32.const 0) (i32.const 0xee) (i32.const 65536))"
    "  (drop (table.grow $t (ref.func $b) (i32.const 3)))"
    "  (table.set $t (i32.const 1) (ref.null func)) (table.set $t (i32.const 0) (ref.func $a))"
    "  (global.set $g (i64.const -1)) (global.set $v (v128.const i64x2 3 4))"
    "  (data.drop $d) (elem.drop $p))"
    "(func (export \"look\") (result i64) (local i32 i64)"
    "  (loop (local.set 1 (i64.add (i64.mul (local.get 1) (i64.const 31))"
    "      (i64.add (i64.load8_u (local.get 0))"
    "        (i64.load8_u $n (i32.and (local.get 0) (i32.const 65535))))))"
    "    (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1)))"
    "      (i32.const 196608))))"
    "  (memory.init $d (i32.const 0) (i32.const 0) (i32.const 3))"
    "  (table.init $u $p (i32.const 0) (i32.const 0) (i32.const 1))"
    "  (i64.add (local.get 1) (i64.add (global.get $g)"
    "    (i64.extend_i32_u (i32.add"
    "      (i32.add (i32.mul (memory.size) (i32.const 1000)) (table.size $t))"
    "      (i32.add (call_indirect $t (result i32) (i32.const 1))"
    "        (i32.add (ref.is_null (table.get $t (i32.const 0)))"
    "          (i32x4.extract_lane 0 (global.get $v)))))))))"
    "(func (export \"past\") (result i64) (i64.load (i32.const 196608))))";

static VmSlot call(const Machine *m, const char *name, VmStatus expected) {
    VmExtern item;
    VmSlot result = {0};
    CHECK(vm_export(m->instance, str_from(name), &item));
    CHECK_EQ(vm_call(m->thread, item.func, &result), expected);
    return result;
}

static void rounds(const Machine *m) {
    VmMark *mark = vm_store_mark(m->store);
    CHECK(mark != NULL);
    if (!mark) return;
    VmUsage before = vm_store_usage(m->store);
    int64_t expected = call(m, "look", VM_DONE).i64;
    for (int i = 0; i < 3; i++) {
        CHECK(vm_store_rewind(mark));
        CHECK_EQ(call(m, "look", VM_DONE).i64, expected);
        call(m, "spoil", VM_DONE);
        CHECK(vm_store_rewind(mark));
        call(m, "past", VM_TRAP); /* it has shrunk */
        CHECK_EQ(vm_store_usage(m->store).memory_bytes, before.memory_bytes);
        CHECK_EQ(vm_store_usage(m->store).table_entries, before.table_entries);
    }
    vm_mark_free(mark);
}

/* Data that is copied, and data that is mapped. */
static void states(void) {
    static const size_t sizes[] = {10, 50000};
    for (size_t i = 0; i < 2; i++) {
        Arena *arena = arena_new();
        char *data = calloc(1, sizes[i] + 1), *module = malloc(sizeof text + sizes[i]);
        memset(data, 'd', sizes[i]);
        snprintf(module, sizeof text + sizes[i], text, data);
        VmStore *store = vm_store_new(NULL);
        Machine m = {.store = store, .thread = vm_thread_new(store)};
        m.instance = machine_load(arena, store, m.thread, module, NULL);
        CHECK(m.instance != NULL);
        if (m.instance) rounds(&m);
        vm_thread_free(m.thread);
        vm_store_free(store);
        arena_free(arena);
        free(data);
        free(module);
    }
}

/* A page of the image that was made zero stays so, whether or not there is a mark then. */
static void zeroed_page(void) {
    enum { SIZE = 50000 };
    static const char module[] =
        "(module (memory 3) (data (i32.const 65536) \"%s\")"
        "(func $start (memory.fill (i32.const 69632) (i32.const 0) (i32.const 4096)))"
        "(start $start)"
        "(func (export \"look\") (result i64) (i64.add (i64.load (i32.const 69632))"
        "  (i64.add (i64.load (i32.const 73720)) (i64.load8_u (i32.const 73728))))))";
    Arena *arena = arena_new();
    char *data = calloc(1, SIZE + 1), *whole = malloc(sizeof module + SIZE);
    memset(data, 'd', SIZE);
    snprintf(whole, sizeof module + SIZE, module, data);
    VmStore *store = vm_store_new(NULL);
    Machine m = {.store = store, .thread = vm_thread_new(store)};
    m.instance = machine_load(arena, store, m.thread, whole, NULL);
    CHECK(m.instance != NULL);
    VmMark *mark = vm_store_mark(store);
    if (m.instance) CHECK_EQ(call(&m, "look", VM_DONE).i64, 'd');
    vm_mark_free(mark);
    vm_thread_free(m.thread);
    vm_store_free(store);
    arena_free(arena);
    free(data);
    free(whole);
}

/* Where there is more to put back than can be, it says so. */
static void refusals(void) {
    Arena *arena = arena_new();
    VmStore *store = vm_store_new(NULL);
    Machine m = {.store = store, .thread = vm_thread_new(store)};
    m.instance = machine_load(arena, store, m.thread,
                              "(module (type $a (array i8)) (global $g (mut anyref) (ref.null any))"
                              " (func (export \"f\") (loop (br 0)))"
                              " (func (export \"make\")"
                              "  (global.set $g (array.new_default $a (i32.const 9)))))",
                              NULL);
    VmMark *mark = vm_store_mark(store);
    CHECK(mark != NULL);
    vm_thread_set_slice(m.thread, 1);
    call(&m, "f", VM_SUSPEND);
    CHECK(!vm_store_rewind(mark)); /* something runs */
    vm_abandon(m.thread);
    CHECK(vm_store_rewind(mark));
    vm_thread_set_slice(m.thread, 0);
    call(&m, "make", VM_DONE);
    CHECK(!vm_store_rewind(mark)); /* the heap has objects */
    CHECK(vm_store_mark(store) == NULL);
    vm_mark_free(mark);
    vm_thread_free(m.thread);
    vm_store_free(store);
    arena_free(arena);
}

int main(void) {
    RUN(states);
    RUN(zeroed_page);
    RUN(refusals);
    return test_end("rewind");
}
