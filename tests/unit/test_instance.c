/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* What instances of one module share and what they do not; bodies that are checked when they are
 * called. */
#include "tests/test.h"

#include "base/file.h"
#include "interpreter/interpreter.h"
#include "wat/wat.h"

static Arena *arena;
static Diags diags;

static const CoreModule *decode(const char *text) {
    diags = (Diags){.arena = arena};
    const Source *source = wat_to_binary(arena, source_of(arena, STR("t.wat"), str_from(text)),
                                         features_all(), &diags);
    if (!source) return NULL;
    Reader r = reader_of(source, &diags);
    return core_decode(arena, &r, features_all());
}

static VmInstance *instantiate(VmThread *thread, VmModule *module, Trap *trap) {
    uint32_t bad;
    return vm_instantiate(thread, module, NULL, trap, &bad);
}

static uint64_t call(VmThread *thread, const VmInstance *in, const char *name, uint64_t argument) {
    VmExtern e;
    VmSlot slots[2] = {{.u64 = argument}};
    if (!in || !vm_export(in, str_from(name), &e)) return 0xdead;
    return vm_call(thread, e.func, slots) == VM_DONE ? slots[0].u64 : 0xbad;
}

/* Data of so many bytes at 5000, the last of them 'z'. */
static const char *with_data(size_t size) {
    Buf b = {.arena = arena};
    buf_fmt(&b, "(module (memory 4 9) (data (i32.const 5000) \"");
    for (size_t i = 1; i < size; i++) buf_byte(&b, 'a');
    buf_fmt(&b, "z\") (data (i32.const 5001) \"b\") (data $p \"passive\")"
                " (func (export \"get\") (param i32) (result i32) (i32.load8_u (local.get 0)))"
                " (func (export \"set\") (param i32) (result i32)"
                "  (i32.store8 (local.get 0) (i32.const 120)) (i32.const 0))"
                " (func (export \"grow\") (param i32) (result i32) (memory.grow (local.get 0)))"
                " (func (export \"again\") (param i32) (result i32)"
                "  (memory.init 0 (i32.const 0) (i32.const 0) (local.get 0)) (i32.const 0)))");
    buf_byte(&b, 0);
    return (const char *)b.ptr;
}

/* Few bytes are copied, many are mapped: the guest sees no difference. */
static void images_are_own(size_t size) {
    const CoreModule *core = decode(with_data(size));
    CHECK(core && core_validate(arena, core, features_all(), &diags));
    if (!core) return;
    VmStore *store = vm_store_new(NULL);
    VmThread *thread = vm_thread_new(store);
    VmModule *module = vm_module_new(store, core);
    Trap trap;
    VmInstance *a = instantiate(thread, module, &trap), *b = instantiate(thread, module, &trap);
    CHECK_EQ(call(thread, a, "get", 4999), 0);
    CHECK_EQ(call(thread, a, "get", 5000), 'a');
    CHECK_EQ(call(thread, a, "get", 5001), 'b'); /* the later segment */
    CHECK_EQ(call(thread, a, "get", 5000 + size - 1), 'z');
    CHECK_EQ(call(thread, a, "get", 5000 + size), 0);
    CHECK_EQ(call(thread, a, "set", 5002), 0);
    CHECK_EQ(call(thread, a, "get", 5002), 'x');
    CHECK_EQ(call(thread, b, "get", 5002), 'a');
    CHECK_EQ(call(thread, a, "grow", 4), 4);
    CHECK_EQ(call(thread, a, "grow", 2), UINT32_MAX); /* 9 pages are the most */
    CHECK_EQ(call(thread, a, "get", 5002), 'x');
    CHECK_EQ(call(thread, a, "get", 8 * 65536 - 1), 0);
    CHECK_EQ(call(thread, a, "get", 8 * 65536), 0xbad);
    CHECK_EQ(call(thread, a, "again", 1), 0xbad); /* an active segment is dropped */
    CHECK_EQ(call(thread, instantiate(thread, module, &trap), "get", 5002), 'a');
    vm_thread_free(thread);
    vm_store_free(store);
}

static void small_images_are_copied(void) { images_are_own(100); }
static void large_images_are_mapped(void) { images_are_own(100000); }

/* Segments that do not fit are written as far as the one that fails. */
static void segments_that_do_not_fit(void) {
    const CoreModule *core = decode("(module (memory 1) (data (i32.const 0) \"a\")"
                                    " (data (i32.const 65536) \"b\"))");
    CHECK(core && core_validate(arena, core, features_all(), &diags));
    VmStore *store = vm_store_new(NULL);
    VmThread *thread = vm_thread_new(store);
    Trap trap = TRAP_NONE;
    CHECK(core && !instantiate(thread, vm_module_new(store, core), &trap));
    CHECK_EQ(trap, TRAP_MEMORY_BOUNDS);
    vm_thread_free(thread);
    vm_store_free(store);
}

static void bodies_are_checked_when_called(void) {
    const CoreModule *core =
        decode("(module (func (export \"good\") (param i32) (result i32) (local.get 0))"
               " (func $bad (param i32) (result i32) (i64.const 1))"
               " (func (export \"through\") (param i32) (result i32)"
               "  (if (local.get 0) (then (drop (call $bad (i32.const 0))))) (i32.const 7)))");
    CoreChecker *checker = core ? core_checker_new(arena, core, features_all(), &diags) : NULL;
    CHECK(checker && core_check_module(checker));
    VmStore *store = vm_store_new(NULL);
    VmThread *thread = vm_thread_new(store);
    VmModule *module = vm_module_new_lazy(store, core, checker);
    Trap trap;
    VmInstance *in = instantiate(thread, module, &trap);
    CHECK_EQ(call(thread, in, "good", 5), 5);
    CHECK_EQ(call(thread, in, "through", 0), 7);
    CHECK_EQ(call(thread, in, "through", 1), 0xbad);
    CHECK_EQ(vm_trapped(thread), TRAP_INVALID_BODY);
    CHECK(str_find_str(vm_trap_message(thread), STR("expected i32, found i64"), 0) != SIZE_MAX);
    CHECK_EQ(call(thread, in, "through", 1), 0xbad); /* still */
    CHECK_EQ(vm_trapped(thread), TRAP_INVALID_BODY);
    CHECK_EQ(call(thread, in, "good", 6), 6);
    vm_thread_free(thread);
    vm_store_free(store);
}

int main(void) {
    arena = arena_new();
    RUN(small_images_are_copied);
    RUN(large_images_are_mapped);
    RUN(segments_that_do_not_fit);
    RUN(bodies_are_checked_when_called);
    arena_free(arena);
    return test_end("instance");
}
