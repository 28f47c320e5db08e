/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Values in accumulators, and instructions that share a handler: what is computed, and which
 * instruction a trap is at. */
#include "tests/test.h"

#include "base/file.h"
#include "interpreter/interpreter.h"
#include "wat/wat.h"

static Arena *arena;
static VmStore *store;
static VmThread *thread;
static VmInstance *instance;

static const char text[] =
    "(module (memory (export \"memory\") 1)"
    " (func (export \"add_load\") (param i32 i32) (result i32)"
    "  (i32.load (i32.add (local.get 0) (i32.const 4))))"
    " (func (export \"tee_load\") (param i32 i32) (result i32)"
    "  (i32.add (i32.load (local.tee 0 (i32.add (local.get 0) (local.get 1)))) (local.get 0)))"
    " (func (export \"load_sub\") (param i32 i32) (result i32)"
    "  (i32.sub (local.get 1) (i32.load (local.get 0))))"
    " (func (export \"move\") (param i32 i32) (result i32)"
    "  (i32.store (local.get 1) (i32.load (local.get 0))) (i32.const 1))"
    " (func (export \"two\") (param i32 i32) (result i32)"
    "  (i32.store (local.get 0) (i32.const -7)) (i32.store (local.get 1) (i32.const 5))"
    "  (i32.const 1))"
    " (func (export \"divide\") (param i32 i32) (result i32)"
    "  (i32.add (i32.const 1) (i32.div_u (i32.mul (local.get 0) (i32.const 3)) (local.get 1))))"
    " (func (export \"dropped\") (param i32 i32) (result i32) (local i32)"
    "  (i32.add (local.get 0) (local.get 1)) (drop (i32.mul (local.get 0) (local.get 1)))"
    "  (local.set 2) (local.get 2))"
    " (func (export \"stale\") (param i32 i32) (result i32)"
    "  (local.set 0 (i32.add (local.get 0) (local.get 1)))"
    "  (local.get 0) (local.set 0 (i32.mul (local.get 0) (i32.const 10)))"
    "  (i32.sub (local.get 0)))"
    " (func (export \"across\") (param i32 i32) (result i32)"
    "  (i32.add (local.get 0) (i32.const 1))"
    "  (block (br_if 0 (i32.lt_s (local.get 1) (i32.const 5)))"
    "   (local.set 1 (i32.mul (local.get 1) (i32.const 2))))"
    "  (if (result i32) (i32.and (local.get 1) (i32.const 1)) (then (i32.const 100))"
    "   (else (i32.shl (local.get 1) (i32.const 4))))"
    "  (i32.sub))"
    " (func (export \"loop\") (param i32 i32) (result i32) (local i32)"
    "  (loop (local.set 2 (i32.xor (i32.rotl (local.get 2) (i32.const 1)) (local.get 0)))"
    "   (br_if 0 (i32.ne (local.tee 0 (i32.add (local.get 0) (i32.const -1))) (local.get 1))))"
    "  (local.get 2))"
    " (func $id (param i32) (result i32) (local.get 0))"
    " (func (export \"calls\") (param i32 i32) (result i32)"
    "  (i32.add (i32.mul (local.get 0) (i32.const 3))"
    "   (i32.sub (call $id (i32.add (local.get 1) (i32.const 1))) (i32.mul (local.get 0)"
    "    (local.get 0)))))"
    " (func (export \"both\") (param i32 f64) (result f64)"
    "  (f64.store (i32.add (local.get 0) (i32.const 8)) (f64.mul (local.get 1) (f64.const 0.5)))"
    "  (f64.sub (f64.load offset=8 (local.get 0)) (f64.convert_i32_s (i32.sub (i32.const 0)"
    "   (local.get 0)))))"
    " (func (export \"least\") (param f64 f64) (result f64)"
    "  (f64.add (select (local.get 0) (local.get 1) (f64.lt (local.get 0) (local.get 1)))"
    "   (f64.const 1)))"
    " (func (export \"single\") (param f32 f32) (result f32)"
    "  (f32.sub (f32.mul (local.get 0) (local.get 1)) (f32.demote_f64 (f64.promote_f32"
    "   (f32.add (local.get 0) (f32.const 1))))))"
    " (func (export \"wide\") (param i64 i64) (result i64)"
    "  (i64.xor (i64.mul (i64.add (local.get 0) (i64.const 0x123456789abcdef)) (local.get 1))"
    "   (i64.shr_u (local.get 0) (i64.const 33)))))";

static VmStatus call(const char *name, VmSlot *slots) {
    VmExtern e;
    return vm_export(instance, str_from(name), &e) ? vm_call(thread, e.func, slots) : VM_EXIT;
}

static uint64_t call2(const char *name, uint64_t a, uint64_t b) {
    VmSlot slots[2] = {{.u64 = a}, {.u64 = b}};
    return call(name, slots) == VM_DONE ? slots[0].u64 : 0xdeadbeef00;
}

static double call_f64(const char *name, VmSlot a, double b) {
    VmSlot slots[2] = {a, {.f64 = b}};
    return call(name, slots) == VM_DONE ? slots[0].f64 : -1e300;
}

/* The opcode at which a call traps, 0 where it does not. */
static int traps_at(const char *name, uint64_t a, uint64_t b) {
    VmSlot slots[2] = {{.u64 = a}, {.u64 = b}};
    VmFrameInfo frame;
    if (call(name, slots) != VM_TRAP || vm_backtrace(thread, &frame, 1) != 1) return 0;
    return (uint8_t)frame.module->source->text.ptr[frame.offset];
}

static uint8_t *memory(void) {
    VmExtern e;
    uint64_t size;
    vm_export(instance, STR("memory"), &e);
    return vm_memory_bytes(e.memory, &size);
}

enum { LOAD = 0x28, STORE = 0x36, DIV_U = 0x6e };

static void addresses(void) {
    memory()[0] = 42;
    CHECK_EQ(call2("add_load", (uint32_t)-4, 0),
             42); /* i32.add wraps, the offset of a load does not */
    CHECK_EQ(traps_at("add_load", 65533 - 4, 0), LOAD);
    CHECK_EQ(traps_at("add_load", 65532 - 4, 0), 0);
    CHECK_EQ(call2("tee_load", 8, (uint32_t)-8), 42);
    CHECK_EQ(call2("tee_load", 0x80000000, 0x80000000), 42);
    CHECK_EQ(traps_at("tee_load", 65000, 1000), LOAD);
    CHECK_EQ(call2("load_sub", 0, 50), 8);
    CHECK_EQ(traps_at("load_sub", 65533, 50), LOAD);
}

static void traps_are_where_they_happen(void) {
    CHECK_EQ(traps_at("move", 65533, 65533), LOAD);
    CHECK_EQ(traps_at("move", 0, 65533), STORE);
    CHECK_EQ(traps_at("move", 0, 16), 0);
    CHECK_EQ(memory()[16], 42);
    CHECK_EQ(traps_at("two", 32, 65533), STORE); /* the first one was done */
    CHECK_EQ(memory()[32], 0xf9);
    CHECK_EQ(memory()[35], 0xff);
    memory()[36] = 1;
    CHECK_EQ(traps_at("two", 65533, 36), STORE); /* the second one was not */
    CHECK_EQ(memory()[36], 1);
    CHECK_EQ(traps_at("divide", 5, 0), DIV_U);
    CHECK_EQ(call2("divide", 5, 2), 8);
}

static void values_live_long_enough(void) {
    CHECK_EQ(call2("dropped", 5, 7), 12);
    CHECK_EQ(call2("stale", 2, 3), (uint32_t)(5 - 50));
    CHECK_EQ(call2("across", 6, 3), (uint32_t)(7 - 100));
    CHECK_EQ(call2("across", 6, 4), (uint32_t)(7 - 64));
    CHECK_EQ(call2("across", 6, 9), (uint32_t)(7 - 288));
    CHECK_EQ(call2("loop", 3, 0), (((3u << 1 ^ 2) << 1) ^ 1));
    CHECK_EQ(call2("calls", 4, 10), 12 + 11 - 16);
    CHECK_EQ(call2("wide", 1, 3), 0x123456789abcdf0 * 3u);
    CHECK_EQ(call2("wide", UINT64_MAX, 1), 0x123456789abcdeeu ^ 0x7fffffffu);
}

static void floats(void) {
    CHECK(call_f64("both", (VmSlot){.u64 = 64}, 3) == 65.5);
    CHECK(call_f64("least", (VmSlot){.f64 = 2}, 3) == 3);
    CHECK(call_f64("least", (VmSlot){.f64 = 4}, 3) == 4);
    VmSlot slots[2] = {{.f32 = 2.5f}, {.f32 = 4}};
    CHECK_EQ(call("single", slots), VM_DONE);
    CHECK(slots[0].f32 == 6.5f);
}

static void all(const VmLimits *limits) {
    Diags diags = {.arena = arena};
    const Source *binary = wat_to_binary(arena, source_of(arena, STR("t.wat"), str_from(text)),
                                         features_all(), &diags);
    Reader r = reader_of(binary, &diags);
    CoreModule *core = core_decode(arena, &r, features_all());
    CHECK(core && core_validate(arena, core, features_all(), &diags));
    store = vm_store_new(limits);
    thread = vm_thread_new(store);
    Trap trap;
    uint32_t bad;
    instance = vm_instantiate(thread, vm_module_new(store, core), NULL, &trap, &bad);
    RUN(addresses);
    RUN(traps_are_where_they_happen);
    RUN(values_live_long_enough);
    RUN(floats);
    vm_thread_free(thread);
    vm_store_free(store);
}

int main(void) {
    arena = arena_new();
    all(NULL);
    all(&(VmLimits){.has_fuel = true, .fuel = 1000000}); /* between instructions there is FUEL */
    arena_free(arena);
    return test_end("fused");
}
