/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Components and their host: linking, host functions and resources, suspending, what goes wrong.
 * (Calls between guests are the conformance suite's subject.) */
#include "tests/world.h"

/* ---- a world to run in ---- */

static bool load(World *w, const char *text) { return world_load(w, text, (Str){0}); }

static VmStatus call(World *w, const char *interface, const char *name, const AbiValue *args) {
    VmComponentFunc *f = vm_component_func(w->component, str_from(interface), str_from(name));
    CHECK(f != NULL);
    if (!f) return VM_TRAP;
    return vm_component_call(w->thread, f, args, w->result, arena);
}

static void check_trap(World *w, VmStatus status, const char *message) {
    CHECK_EQ(status, VM_TRAP);
    CHECK_STR(vm_trap_message(w->thread), message);
}

/* ---- host functions ---- */

static VmStatus add(VmThread *thread, void *context, const AbiValue *args, AbiValue *result,
                    Arena *scratch) {
    result->bits = args[0].bits + args[1].bits;
    return VM_DONE;
}

/* Not done before it has been asked three times. */
static VmStatus slowly(VmThread *thread, void *context, const AbiValue *args, AbiValue *result,
                       Arena *scratch) {
    int *asked = context;
    if (++*asked < 3) return VM_SUSPEND;
    char *text = arena_alloc(scratch, args[0].string.len + 1);
    memcpy(text, args[0].string.ptr, args[0].string.len);
    text[args[0].string.len] = '!';
    result->string.ptr = text;
    result->string.len = args[0].string.len + 1;
    return VM_DONE;
}

static VmStatus leave(VmThread *thread, void *context, const AbiValue *args, AbiValue *result,
                      Arena *scratch) {
    return vm_exit(thread, 7);
}

static const char *const adder =
    "(component"
    " (import \"t:host/math@1.2.0\" (instance $i (export \"add\""
    "   (func (param \"a\" u32) (param \"b\" u32) (result u32)))))"
    " (canon lower (func $i \"add\") (core func $add))"
    " (core module $m (import \"\" \"add\" (func $add (param i32 i32) (result i32)))"
    "  (func (export \"run\") (param i32) (result i32)"
    "   (call $add (local.get 0) (i32.const 5))))"
    " (core instance $c (instantiate $m (with \"\" (instance (export \"add\" (func $add))))))"
    " (func $run (param \"x\" u32) (result u32) (canon lift (core func $c \"run\")))"
    " (instance $e (export \"run\" (func $run)))"
    " (export \"t:guest/api@0.2.3\" (instance $e)))";

static void imports_are_found_by_track(void) {
    World w = world_new();
    VmLinker *math = vm_linker_instance(w.linker, STR("t:host/math@1.9.1"));
    vm_linker_func(math, STR("add"), STR("(u32,u32)->u32"), add, NULL);
    CHECK(load(&w, adder));
    AbiValue x = {.bits = 37};
    CHECK_EQ(call(&w, "t:guest/api@0.2.99", "run", &x), VM_DONE);
    CHECK_EQ(w.result[0].bits, 42);
    CHECK(vm_component_func(w.component, STR("t:guest/api@0.3.0"), STR("run")) == NULL);
    world_free(&w);
}

static void missing_imports_are_told(void) {
    World w = world_new();
    vm_linker_func(w.linker, STR("a"), STR("()"), add, NULL);
    CHECK(
        !load(&w, "(component (import \"a\" (func)) (import \"b\" (func)) (import \"c\" (func)))"));
    CHECK_EQ(diags.errors, 2);
    CHECK_STR(diags.list.at[0].message, "import `b` is missing: nothing of that name was given");
    world_free(&w);
    w = world_new();
    VmLinker *math = vm_linker_instance(w.linker, STR("t:host/math@2.0.0"));
    vm_linker_func(math, STR("add"), STR("(u32,u32)->u32"), add, NULL);
    CHECK(!load(&w, adder));
    world_free(&w);
}

static void host_functions_are_checked_by_shape(void) {
    World w = world_new();
    VmLinker *math = vm_linker_instance(w.linker, STR("t:host/math@1.2.0"));
    vm_linker_func(math, STR("add"), STR("(u32,u64)->u32"), add, NULL);
    CHECK(!load(&w, adder));
    CHECK_STR(diags.list.at[0].message,
              "import `t:host/math@1.2.0#add` has the type "
              "`(u32,u32)->u32`, but what was given has `(u32,u64)->u32`");
    world_free(&w);
}

static const char *const speaker =
    "(component"
    " (import \"say\" (func $say (param \"s\" string) (result string)))"
    " (core module $libc (memory (export \"mem\") 1) (data (i32.const 8) \"hey\")"
    "  (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 64)))"
    " (core instance $l (instantiate $libc))"
    " (canon lower (func $say) (memory (core memory $l \"mem\"))"
    "   (realloc (core func $l \"realloc\")) (core func $say'))"
    " (core module $m (import \"\" \"say\" (func $say (param i32 i32 i32)))"
    "  (func (export \"run\") (result i32)"
    "   (call $say (i32.const 8) (i32.const 3) (i32.const 16)) (i32.const 16)))"
    " (core instance $c (instantiate $m (with \"\" (instance (export \"say\" (func $say'))))))"
    " (func (export \"run\") (result string)"
    "  (canon lift (core func $c \"run\") (memory (core memory $l \"mem\")))))";

static void host_functions_suspend(void) {
    World w = world_new();
    int asked = 0;
    vm_linker_func(w.linker, STR("say"), STR("(string)->string"), slowly, &asked);
    CHECK(load(&w, speaker));
    CHECK_EQ(call(&w, "", "run", NULL), VM_SUSPEND);
    CHECK_EQ(vm_resume(w.thread), VM_SUSPEND);
    CHECK_EQ(vm_resume(w.thread), VM_DONE);
    CHECK_STR(((Str){w.result[0].string.ptr, w.result[0].string.len}), "hey!");
    asked = 0;
    CHECK_EQ(call(&w, "", "run", NULL), VM_SUSPEND);
    VmThread *other = vm_thread_new(w.store);
    VmComponentFunc *run = vm_component_func(w.component, (Str){0}, STR("run"));
    CHECK_EQ(vm_component_call(other, run, NULL, w.result, arena), VM_TRAP);
    CHECK_STR(vm_trap_message(other), "another call of this store is suspended");
    vm_thread_free(other);
    world_free(&w); /* while it waits */
}

static void host_functions_exit(void) {
    World w = world_new();
    vm_linker_func(w.linker, STR("say"), STR("(string)->string"), leave, NULL);
    CHECK(load(&w, speaker));
    CHECK_EQ(call(&w, "", "run", NULL), VM_EXIT);
    CHECK_EQ(vm_exit_status(w.thread), 7);
    world_free(&w);
}

/* The suspension goes from the fiber of the task through to the host, and back. */
static void fibers_wait_for_the_host(void) {
    static const char *const text =
        "(component"
        " (import \"say\" (func $say (param \"s\" string) (result string)))"
        " (core module $libc (memory (export \"mem\") 1) (data (i32.const 8) \"hey\")"
        "  (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 64)))"
        " (core instance $l (instantiate $libc))"
        " (canon lower (func $say) (memory (core memory $l \"mem\"))"
        "   (realloc (core func $l \"realloc\")) (core func $say'))"
        " (canon task.return (result string) (memory (core memory $l \"mem\")) (core func $return))"
        " (core module $m (import \"\" \"say\" (func $say (param i32 i32 i32)))"
        "  (import \"\" \"return\" (func $return (param i32 i32)))"
        "  (import \"\" \"mem\" (memory 1))"
        "  (func (export \"run\") (result i32) (i32.const 1))"
        "  (func (export \"cb\") (param i32 i32 i32) (result i32)"
        "   (call $say (i32.const 8) (i32.const 3) (i32.const 16))"
        "   (call $return (i32.load (i32.const 16)) (i32.load (i32.const 20))) (i32.const 0)))"
        " (core instance $c (instantiate $m (with \"\" (instance (export \"say\" (func $say'))"
        "   (export \"return\" (func $return)) (export \"mem\" (memory $l \"mem\"))))))"
        " (func (export \"run\") async (result string)"
        "  (canon lift (core func $c \"run\") async (callback (core func $c \"cb\"))"
        "    (memory (core memory $l \"mem\")))))";
    World w = world_new();
    int asked = 0;
    vm_linker_func(w.linker, STR("say"), STR("(string)->string"), slowly, &asked);
    CHECK(load(&w, text));
    for (int i = 0; i < 2; i++) {
        asked = 0;
        CHECK_EQ(call(&w, "", "run", NULL), VM_SUSPEND);
        CHECK_EQ(vm_resume(w.thread), VM_SUSPEND);
        CHECK_EQ(vm_resume(w.thread), VM_DONE);
        CHECK_STR(((Str){w.result[0].string.ptr, w.result[0].string.len}), "hey!");
    }
    asked = 0;
    CHECK_EQ(call(&w, "", "run", NULL), VM_SUSPEND);
    world_free(&w); /* while it waits */
}

/* ---- host resources ---- */

static uint64_t destroyed;
static void destroy(void *context, uint64_t rep) { destroyed = rep; }

static VmStatus make(VmThread *thread, void *context, const AbiValue *args, AbiValue *result,
                     Arena *scratch) {
    result->bits = 77;
    return VM_DONE;
}

static const char *const holder =
    "(component"
    " (import \"r\" (type $r (sub resource)))"
    " (import \"make\" (func $make (result (own $r))))"
    " (import \"peek\" (func $peek (param \"a\" (borrow $r)) (param \"b\" (borrow $r)) (result "
    "u32)))"
    " (import \"eat\" (func $eat (param \"a\" (own $r)) (param \"b\" (borrow $r)) (result u32)))"
    " (canon resource.drop $r (core func $drop))"
    " (canon lower (func $make) (core func $make'))"
    " (canon lower (func $peek) (core func $peek'))"
    " (canon lower (func $eat) (core func $eat'))"
    " (core module $m"
    "  (import \"\" \"make\" (func $make (result i32)))"
    "  (import \"\" \"peek\" (func $peek (param i32 i32) (result i32)))"
    "  (import \"\" \"eat\" (func $eat (param i32 i32) (result i32)))"
    "  (import \"\" \"drop\" (func $drop (param i32)))"
    "  (func (export \"peek-twice\") (result i32) (local i32)"
    "   (local.set 0 (call $make))"
    "   (drop (call $peek (local.get 0) (local.get 0)))"
    "   (call $drop (local.get 0)) (local.get 0))"
    "  (func (export \"eat-own\") (result i32) (local i32)"
    "   (local.set 0 (call $make)) (call $eat (local.get 0) (local.get 0)))"
    "  (func (export \"drop-twice\") (result i32) (local i32)"
    "   (local.set 0 (call $make)) (call $drop (local.get 0)) (call $drop (local.get 0))"
    "   (i32.const 0)))"
    " (core instance $c (instantiate $m (with \"\" (instance"
    "  (export \"make\" (func $make')) (export \"peek\" (func $peek'))"
    "  (export \"eat\" (func $eat')) (export \"drop\" (func $drop))))))"
    " (func (export \"peek-twice\") (result u32) (canon lift (core func $c \"peek-twice\")))"
    " (func (export \"eat-own\") (result u32) (canon lift (core func $c \"eat-own\")))"
    " (func (export \"drop-twice\") (result u32) (canon lift (core func $c \"drop-twice\"))))";

static World world_with_resource(void) {
    World w = world_new();
    vm_linker_resource(w.linker, STR("r"), vm_host_resource(w.store, STR("r"), destroy, NULL));
    vm_linker_func(w.linker, STR("make"), STR("()->own"), make, NULL);
    vm_linker_func(w.linker, STR("peek"), STR("(borrow,borrow)->u32"), add, NULL);
    vm_linker_func(w.linker, STR("eat"), STR("(own,borrow)->u32"), add, NULL);
    CHECK(load(&w, holder));
    return w;
}

static void host_resources_are_destroyed(void) {
    World w = world_with_resource();
    CHECK_EQ(call(&w, "", "peek-twice", NULL), VM_DONE);
    CHECK_EQ(w.result[0].bits, 1);
    CHECK_EQ(destroyed, 77);
    world_free(&w);
}

static void wrong_handles_trap(void) {
    World w = world_with_resource();
    check_trap(&w, call(&w, "", "eat-own", NULL), "unknown handle index 1");
    check_trap(&w, call(&w, "", "eat-own", NULL), "cannot enter component instance");
    world_free(&w);
    w = world_with_resource();
    check_trap(&w, call(&w, "", "drop-twice", NULL), "unknown handle index 1");
    world_free(&w);
}

/* ---- error contexts ---- */

/* Each export does one thing with the handle that `new` gives, 1; the memory begins with "first"
 * and, at 8, the bytes of no UTF-8. The host's `keep` takes an error context, `give` gives one. */
static const char errors[] =
    "(component"
    " (import \"keep\" (func $keep (param \"e\" error-context)))"
    " (import \"give\" (func $give (result error-context)))"
    " (core module $libc (memory (export \"m\") 1) (data (i32.const 0) \"first\")"
    "  (data (i32.const 8) \"\\c3\\28\")"
    "  (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) i32.const 64))"
    " (core instance $libc (instantiate $libc))"
    " (alias core export $libc \"m\" (core memory $m))"
    " (alias core export $libc \"realloc\" (core func $realloc))"
    " (core func $new (canon error-context.new (memory $m)))"
    " (core func $text (canon error-context.debug-message (memory $m) (realloc $realloc)))"
    " (core func $drop (canon error-context.drop))"
    " (core func $set (canon waitable-set.new))"
    " (core func $keep' (canon lower (func $keep)))"
    " (core func $give' (canon lower (func $give)))"
    " (core module $c"
    "  (import \"\" \"new\" (func $new (param i32 i32) (result i32)))"
    "  (import \"\" \"text\" (func $text (param i32 i32)))"
    "  (import \"\" \"drop\" (func $drop (param i32)))"
    "  (import \"\" \"set\" (func $set (result i32)))"
    "  (import \"\" \"keep\" (func $keep (param i32)))"
    "  (import \"\" \"give\" (func $give (result i32)))"
    "  (import \"\" \"m\" (memory 1))"
    "  (func $first (result i32) (call $new (i32.const 0) (i32.const 5)))"
    "  (func $of (param i32) (result i32)"
    "   (call $text (local.get 0) (i32.const 16))"
    "   (i32.or (i32.shl (i32.load (i32.const 20)) (i32.const 16))"
    "    (i32.load16_u (i32.load (i32.const 16)))))"
    "  (func (export \"message\") (result i32) (call $of (call $first)))"
    "  (func (export \"unaligned\") (call $text (call $first) (i32.const 17)))"
    "  (func (export \"unknown\") (call $text (i32.const 1) (i32.const 16)))"
    "  (func (export \"no-error\") (call $text (call $set) (i32.const 16)))"
    "  (func (export \"drop-other\") (call $drop (call $set)))"
    "  (func (export \"drop-twice\") (local i32) (call $drop (local.tee 0 (call $first)))"
    "   (call $drop (local.get 0)))"
    "  (func (export \"lift-other\") (call $keep (call $set)))"
    "  (func (export \"lift-unknown\") (call $keep (i32.const 7)))"
    "  (func (export \"bounds\") (drop (call $new (i32.const 65536) (i32.const 1))))"
    "  (func (export \"no-text\") (drop (call $new (i32.const 8) (i32.const 2))))"
    "  (func (export \"through\") (result i32) (local i32)"
    "   (call $keep (local.tee 0 (call $first))) (call $drop (local.get 0))"
    "   (call $of (call $give)))"
    "  (func (export \"many\") (local i32)"
    "   (loop $again (call $drop (call $first))"
    "    (br_if $again (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1)))"
    "     (i32.const 100000)))))"
    "  (func (export \"fill\") (loop $again (drop (call $first)) (br $again))))"
    " (core instance $c (instantiate $c (with \"\" (instance (export \"new\" (func $new))"
    "  (export \"text\" (func $text)) (export \"drop\" (func $drop)) (export \"set\" (func $set))"
    "  (export \"keep\" (func $keep')) (export \"give\" (func $give')) (export \"m\" (memory "
    "$m))))))"
    " (func (export \"message\") (result u32) (canon lift (core func $c \"message\")))"
    " (func (export \"unaligned\") (canon lift (core func $c \"unaligned\")))"
    " (func (export \"unknown\") (canon lift (core func $c \"unknown\")))"
    " (func (export \"no-error\") (canon lift (core func $c \"no-error\")))"
    " (func (export \"drop-other\") (canon lift (core func $c \"drop-other\")))"
    " (func (export \"drop-twice\") (canon lift (core func $c \"drop-twice\")))"
    " (func (export \"lift-other\") (canon lift (core func $c \"lift-other\")))"
    " (func (export \"lift-unknown\") (canon lift (core func $c \"lift-unknown\")))"
    " (func (export \"bounds\") (canon lift (core func $c \"bounds\")))"
    " (func (export \"no-text\") (canon lift (core func $c \"no-text\")))"
    " (func (export \"through\") (result u32) (canon lift (core func $c \"through\")))"
    " (func (export \"many\") (canon lift (core func $c \"many\")))"
    " (func (export \"fill\") (canon lift (core func $c \"fill\"))))";

static uint64_t kept;
static bool forges;

static VmStatus keep(VmThread *thread, void *context, const AbiValue *args, AbiValue *result,
                     Arena *arena_of_call) {
    kept = args[0].bits;
    return VM_DONE;
}

static VmStatus give(VmThread *thread, void *context, const AbiValue *args, AbiValue *result,
                     Arena *arena_of_call) {
    result[0].bits = forges ? UINT64_MAX : kept;
    return VM_DONE;
}

static World world_with_errors(void) {
    World w = world_new();
    vm_linker_func(w.linker, STR("keep"), STR("(error-context)"), keep, NULL);
    vm_linker_func(w.linker, STR("give"), STR("()->error-context"), give, NULL);
    CHECK(load(&w, errors));
    return w;
}

static void error_contexts_keep_messages(void) {
    World w = world_with_errors();
    const uint64_t length_and_start = 5 << 16 | 'i' << 8 | 'f';
    CHECK_EQ(call(&w, "", "message", NULL), VM_DONE);
    CHECK_EQ(w.result[0].bits, length_and_start);
    CHECK_EQ(call(&w, "", "many", NULL), VM_DONE);
    /* What the host holds outlives the guest's handle. */
    CHECK_EQ(call(&w, "", "through", NULL), VM_DONE);
    CHECK_EQ(w.result[0].bits, length_and_start);
    forges = true;
    check_trap(&w, call(&w, "", "through", NULL), "the host passed no error-context");
    forges = false;
    world_free(&w);
}

static void wrong_error_contexts_trap(void) {
    static const char *const cases[][2] = {
        {"unknown", "unknown handle index 1"},
        {"drop-twice", "unknown handle index 1"},
        {"lift-unknown", "unknown handle index 7"},
        {"no-error", "handle index 1 used with the wrong type, expected error-context"},
        {"drop-other", "handle index 1 used with the wrong type, expected error-context"},
        {"lift-other", "handle index 1 used with the wrong type, expected error-context"},
        {"unaligned", "unaligned pointer"},
        {"bounds", "string content out-of-bounds: string pointer/length out of bounds of memory"},
        {"no-text", "invalid utf-8 sequence in a string"},
        {"fill", "the handle table is full: the limit of 1048576 handles is reached"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        World w = world_with_errors();
        check_trap(&w, call(&w, "", cases[i][0], NULL), cases[i][1]);
        world_free(&w);
    }
}

/* ---- limits ---- */

/* A chain of components that instantiate each other twice would have 2^30 instances. */
static void instances_are_limited(void) {
    World w = world_new();
    Buf b = {.arena = arena};
    buf_str(&b, STR("(component (component $c0)"));
    for (int i = 1; i <= 30; i++)
        buf_fmt(&b,
                "(component $c%d (alias outer 1 $c%d (component $i)) (instance (instantiate $i))"
                "(instance (instantiate $i)))",
                i, i - 1);
    buf_str(&b, STR("(instance (instantiate $c30)))"));
    buf_byte(&b, 0);
    CHECK(!load(&w, (const char *)b.ptr));
    CHECK_STR(diags.list.at[0].message, "more than 10000 instances");
    world_free(&w);
}

/* Sixty-four thousand strings that are one. */
static void host_memory_is_limited(void) {
    World w = world_new();
    CHECK(load(&w, "(component (core module $m (memory (export \"mem\") 256)"
                   "  (func (export \"run\") (result i32) (local i32)"
                   "   (loop (i64.store (local.get 0) (i64.const 0x1000000_00000000))"
                   "    (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 8)))"
                   "                       (i32.const 0x80000))))"
                   "   (i32.store (i32.const 0x90004) (i32.const 0x10000)) (i32.const 0x90000)))"
                   " (core instance $c (instantiate $m))"
                   " (func (export \"run\") (result (list string))"
                   "  (canon lift (core func $c \"run\") (memory (core memory $c \"mem\")))))"));
    check_trap(
        &w, call(&w, "", "run", NULL),
        "the values of one call need more host memory than is allowed: the limit of 134217728 "
        "bytes is reached");
    world_free(&w);
}

static void handles_are_limited(void) {
    World w = world_new();
    CHECK(load(&w,
               "(component (type $r (resource (rep i32))) (canon resource.new $r (core func $new))"
               " (core module $m (import \"\" \"new\" (func $new (param i32) (result i32)))"
               "  (func (export \"run\") (loop (drop (call $new (i32.const 1))) (br 0))))"
               " (core instance $c (instantiate $m (with \"\" (instance"
               "  (export \"new\" (func $new))))))"
               " (func (export \"run\") (canon lift (core func $c \"run\"))))"));
    check_trap(&w, call(&w, "", "run", NULL),
               "the handle table is full: the limit of 1048576 handles is reached");
    world_free(&w);
}

/* Each call starts a task that waits for ever. */
static void tasks_are_limited(void) {
    World w = world_new();
    CHECK(load(&w,
               "(component"
               " (component $a (core module $m"
               "   (func (export \"f\") (result i32) (i32.const 1))"
               "   (func (export \"cb\") (param i32 i32 i32) (result i32) (i32.const 1)))"
               "  (core instance $c (instantiate $m))"
               "  (func (export \"f\") async"
               "   (canon lift (core func $c \"f\") async (callback (core func $c \"cb\")))))"
               " (instance $a (instantiate $a))"
               " (component $b (import \"f\" (func $f async))"
               "  (core module $l (memory (export \"mem\") 1)) (core instance $l (instantiate $l))"
               "  (canon lower (func $f) async (memory (core memory $l \"mem\")) (core func $f'))"
               "  (core module $m (import \"\" \"f\" (func $f (result i32)))"
               "   (func (export \"run\") (loop (drop (call $f)) (br 0))))"
               "  (core instance $c (instantiate $m (with \"\" (instance"
               "   (export \"f\" (func $f'))))))"
               "  (func (export \"run\") (canon lift (core func $c \"run\"))))"
               " (instance $b (instantiate $b (with \"f\" (func $a \"f\"))))"
               " (export \"run\" (func $b \"run\")))"));
    CHECK_EQ(call(&w, "", "run", NULL), VM_TRAP);
    world_free(&w);
}

static void start_functions_trap(void) {
    World w = world_new();
    CHECK(!load(&w, "(component (core module $m (func $f unreachable) (start $f))"
                    " (core instance (instantiate $m)))"));
    CHECK_EQ(diags.errors, 0);
    CHECK_EQ(vm_status(w.thread), VM_TRAP);
    CHECK_EQ(vm_trapped(w.thread), TRAP_UNREACHABLE);
    world_free(&w);
}

/* A table of handles is as new, also one that is empty again: holes would tell what was there. */
static void handles_are_rewound(void) {
    World w = world_new();
    CHECK(load(&w, "(component (type $r (resource (rep i32)))"
                   " (canon resource.new $r (core func $new))"
                   " (canon resource.drop $r (core func $drop))"
                   " (core module $m (import \"\" \"new\" (func $new (param i32) (result i32)))"
                   "  (import \"\" \"drop\" (func $drop (param i32)))"
                   "  (func (export \"spoil\") (local i32) (local.set 0 (call $new (i32.const 7)))"
                   "   (call $new (i32.const 8)) (call $drop (local.get 0)) (call $drop))"
                   "  (func (export \"next\") (result i32) (call $new (i32.const 9))))"
                   " (core instance $i (instantiate $m (with \"\" (instance"
                   "  (export \"new\" (func $new)) (export \"drop\" (func $drop))))))"
                   " (func (export \"spoil\") (canon lift (core func $i \"spoil\")))"
                   " (func (export \"next\") (result u32) (canon lift (core func $i \"next\"))))"));
    VmMark *mark = vm_store_mark(w.store);
    CHECK(mark != NULL);
    for (int i = 0; i < 3 && mark; i++) {
        CHECK_EQ(call(&w, "", "spoil", NULL), VM_DONE);
        CHECK(vm_store_rewind(mark));
        CHECK_EQ(call(&w, "", "next", NULL), VM_DONE);
        CHECK_EQ(w.result[0].bits, 1);
        CHECK(vm_store_rewind(mark));
    }
    vm_mark_free(mark);
    world_free(&w);
}

int main(void) {
    arena = arena_new();
    RUN(imports_are_found_by_track);
    RUN(missing_imports_are_told);
    RUN(host_functions_are_checked_by_shape);
    RUN(host_functions_suspend);
    RUN(host_functions_exit);
    RUN(fibers_wait_for_the_host);
    RUN(host_resources_are_destroyed);
    RUN(wrong_handles_trap);
    RUN(error_contexts_keep_messages);
    RUN(wrong_error_contexts_trap);
    RUN(instances_are_limited);
    RUN(host_memory_is_limited);
    RUN(handles_are_limited);
    RUN(handles_are_rewound);
    RUN(tasks_are_limited);
    RUN(start_functions_trap);
    arena_free(arena);
    return test_end("components");
}
