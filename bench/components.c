/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What calls of components cost: each line is a figure as bench/figures.sh wants it, a kind of call,
 * what is aimed at, and its nanoseconds, the best of several runs.
 *
 *     components [CALLS]
 *
 * Two components of one composition: loops of the caller call what the callee exports. The loop with
 * a call of the caller's own function in its place is told, too. What carries bytes is also given as
 * a multiple of memcpy of as many and the same call without bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "interpreter/interpreter.h"
#include "wat/wat.h"

enum { RUNS = 7, KB = 1 << 10, MB = 1 << 20 };

#define LIBC                                                                                       \
    "(core module $libc (memory (export \"m\") 64)"                                                \
    " (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 65536)))"         \
    "(core instance $libc (instantiate $libc))"                                                    \
    "(alias core export $libc \"m\" (core memory $m))"                                             \
    "(alias core export $libc \"realloc\" (core func $realloc))"
/* Twenty numbers are too many for parameters: they go through memory. */
#define WIDE                                                                                       \
    "(record (field \"a\" u64) (field \"b\" (tuple u32 u32 u32 u32 u32 u32 u32 u32 u32))"          \
    " (field \"c\" (tuple f64 f64 f64 f64 f64)) (field \"d\" u8) (field \"e\" bool)"               \
    " (field \"f\" s16) (field \"g\" char) (field \"h\" u32))"
#define SHAPE "(variant (case \"dot\") (case \"circle\" f64) (case \"box\" (tuple u32 f32)))"
#define TYPES                                                                                      \
    "(type $wide' " WIDE ") (export $wide \"wide\" (type $wide'))"                                 \
    "(type $shape' " SHAPE ") (export $shape \"shape\" (type $shape'))"
#define API                                                                                        \
    "(export \"wide\" (type $wide' (eq $w))) (export \"shape\" (type $shape' (eq $s)))"            \
    "(export \"counter\" (type $counter (sub resource)))"                                          \
    "(export \"add\" (func (param \"a\" u32) (param \"b\" u32) (result u32)))"                     \
    "(export \"text\" (func (param \"s\" string)))"                                                \
    "(export \"bytes\" (func (param \"b\" (list u8))))"                                            \
    "(export \"wides\" (func (param \"w\" $wide')))"                                               \
    "(export \"shapes\" (func (param \"s\" $shape') (result $shape')))"                            \
    "(export \"[constructor]counter\" (func (result (own $counter))))"                             \
    "(export \"[method]counter.next\" (func (param \"self\" (borrow $counter)) (result u32)))"

static const char callee[] =
    "(component $callee " LIBC " (type $counter' (resource (rep i32)))"
    " (core func $new (canon resource.new $counter'))"
    " (core module $c (import \"\" \"new\" (func $new (param i32) (result i32)))"
    "  (import \"\" \"m\" (memory 1))"
    "  (func (export \"add\") (param i32 i32) (result i32) (local.get 0))"
    "  (func (export \"text\") (param i32 i32))"
    "  (func (export \"wide\") (param i32))"
    "  (func (export \"shape\") (param i32 i64 f32) (result i32) (i32.const 1024))"
    "  (func (export \"counter\") (result i32) (call $new (i32.const 7)))"
    "  (func (export \"next\") (param i32) (result i32) (local.get 0)))"
    " (core instance $c (instantiate $c (with \"\" (instance"
    "  (export \"new\" (func $new)) (export \"m\" (memory $m))))))" TYPES
    " (export $counter \"counter\" (type $counter'))"
    " (func (export \"add\") (param \"a\" u32) (param \"b\" u32) (result u32)"
    "  (canon lift (core func $c \"add\")))"
    " (func (export \"text\") (param \"s\" string)"
    "  (canon lift (core func $c \"text\") (memory $m) (realloc $realloc)))"
    " (func (export \"bytes\") (param \"b\" (list u8))"
    "  (canon lift (core func $c \"text\") (memory $m) (realloc $realloc)))"
    " (func (export \"wides\") (param \"w\" $wide)"
    "  (canon lift (core func $c \"wide\") (memory $m) (realloc $realloc)))"
    " (func (export \"shapes\") (param \"s\" $shape) (result $shape)"
    "  (canon lift (core func $c \"shape\") (memory $m)))"
    " (func (export \"[constructor]counter\") (result (own $counter))"
    "  (canon lift (core func $c \"counter\")))"
    " (func (export \"[method]counter.next\") (param \"self\" (borrow $counter)) (result u32)"
    "  (canon lift (core func $c \"next\"))))";

/* A function of the caller that does `BODY` as often as its first parameter says. */
#define LOOP(name, body)                                                                           \
    "(func (export \"" name "\") (param i32 i32) (local i32)"                                      \
    " (local.set 2 (call $counter))"                                                               \
    " (loop " body " (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))"               \
    " (call $drop (local.get 2)))"
#define LIFT(name)                                                                                 \
    "(func (export \"" name "\") (param \"calls\" u32) (param \"size\" u32)"                       \
    " (canon lift (core func $c \"" name "\")))"

static const char caller[] =
    "(component $caller"
    " (type $w " WIDE ") (type $s " SHAPE ")"
    " (import \"api\" (instance $api " API "))"
    " (alias export $api \"counter\" (type $counter))"
    " (import \"host\" (func $host (param \"a\" u32) (param \"b\" u32) (result u32)))" LIBC
    " (core func $add (canon lower (func $api \"add\")))"
    " (core func $host (canon lower (func $host)))"
    " (core func $text (canon lower (func $api \"text\") (memory $m)))"
    " (core func $bytes (canon lower (func $api \"bytes\") (memory $m)))"
    " (core func $wides (canon lower (func $api \"wides\") (memory $m)))"
    " (core func $shapes (canon lower (func $api \"shapes\") (memory $m)))"
    " (core func $counter (canon lower (func $api \"[constructor]counter\")))"
    " (core func $next (canon lower (func $api \"[method]counter.next\")))"
    " (core func $drop (canon resource.drop $counter))"
    " (core module $c (import \"\" \"m\" (memory 1))"
    "  (import \"\" \"add\" (func $add (param i32 i32) (result i32)))"
    "  (import \"\" \"host\" (func $host (param i32 i32) (result i32)))"
    "  (import \"\" \"text\" (func $text (param i32 i32)))"
    "  (import \"\" \"bytes\" (func $bytes (param i32 i32)))"
    "  (import \"\" \"wides\" (func $wides (param i32)))"
    "  (import \"\" \"shapes\" (func $shapes (param i32 i64 f32 i32)))"
    "  (import \"\" \"counter\" (func $counter (result i32)))"
    "  (import \"\" \"next\" (func $next (param i32) (result i32)))"
    "  (import \"\" \"drop\" (func $drop (param i32)))"
    "  (func $fill (memory.fill (i32.const 65536) (i32.const 97) (i32.const 2097152)))"
    "  (start $fill)"
    "  (func $own (export \"first\") (param i32 i32) (result i32) (local.get 0))" LOOP(
        "own", "(drop (call $own (local.get 0) (i32.const 1)))") LOOP("add",
                                                                      "(drop (call $add (local.get "
                                                                      "0) (i32.const 1)))")
        LOOP("host", "(drop (call $host (local.get 0) (i32.const 1)))") LOOP(
            "text", "(call $text (i32.const 65536) (local.get 1))")
            LOOP("bytes", "(call $bytes (i32.const 65536) (local.get 1))") LOOP(
                "wide", "(call $wides "
                        "(i32.const 1024))") LOOP("shape", "(call $shapes (i32.const 1) (i64.const "
                                                           "0) (f32.const 0) (i32.const "
                                                           "1024))")
                LOOP(
                    "method",
                    "(drop (call $next (local.get 2)))") ")"
                                                         " (core instance $c (instantiate $c (with "
                                                         "\"\" (instance (export \"m\" (memory $m))"
                                                         "  (export \"add\" (func $add)) (export "
                                                         "\"host\" (func $host)) (export \"text\" "
                                                         "(func $text))"
                                                         "  (export \"bytes\" (func $bytes)) "
                                                         "(export \"wides\" (func $wides))"
                                                         "  (export \"shapes\" (func $shapes)) "
                                                         "(export \"counter\" (func $counter))"
                                                         "  (export \"next\" (func $next)) (export "
                                                         "\"drop\" (func $drop))))))"
                                                         " (func (export \"first\") (param \"a\" "
                                                         "u32) (param \"b\" u32) (result u32)"
                                                         "  (canon lift (core func $c \"first\")))"
                                                         " (func (export \"take\") (param \"s\" "
                                                         "string) (result u32)"
                                                         "  (canon lift (core func $c \"first\") "
                                                         "(memory $m) (realloc $realloc)))" LIFT(
                                                             "own") LIFT("add") LIFT("host")
                                                             LIFT("text") LIFT("bytes") LIFT("wide")
                                                                 LIFT("shape") LIFT("method") ")";

static const char whole[] =
    " (import \"host\" (func $host (param \"a\" u32) (param \"b\" u32) (result u32)))"
    " (instance $callee (instantiate $callee))"
    " (instance $caller (instantiate $caller (with \"api\" (instance $callee))"
    "  (with \"host\" (func $host))))"
    " (export \"bench\" (instance $caller)))";

static Arena *arena;
static VmThread *thread;
static VmComponent *component;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void check(bool good, const char *what) {
    if (good) return;
    fprintf(stderr, "components: %s\n", what);
    exit(1);
}

static VmStatus add_on_host(VmThread *t, void *context, const AbiValue *args, AbiValue *result,
                            Arena *scratch) {
    (void)t, (void)context, (void)scratch;
    result->bits = args[0].bits;
    return VM_DONE;
}

static void call(VmComponentFunc *func, const AbiValue *args, AbiValue *result) {
    if (vm_component_call(thread, func, args, result, arena) == VM_DONE) return;
    Str text = vm_trap_message(thread);
    fprintf(stderr, "components: %.*s\n", STR_ARG(text));
    exit(1);
}

/* Nanoseconds a call: of a loop in the guest, or of calls by the host. */
static double measure(const char *name, bool loops, uint32_t calls, AbiValue second) {
    VmComponentFunc *func = vm_component_func(component, STR("bench"), str_from(name));
    check(func, "no such function");
    double best = 0;
    for (int run = 0; run < RUNS; run++) {
        AbiValue args[2] = {{.bits = calls}, second}, result;
        double start = now();
        if (loops) call(func, args, &result);
        for (uint32_t i = 0; !loops && i < calls; i++)
            call(func, second.string.ptr ? args + 1 : args, &result);
        double spent = now() - start;
        if (run == 0 || spent < best) best = spent;
    }
    return best / calls;
}

static double loop(const char *name, uint32_t calls, uint32_t size) {
    return measure(name, true, calls, (AbiValue){.bits = size});
}

static double copying(uint32_t size, uint32_t calls) {
    char *from = malloc(size), *to = malloc(size);
    memset(from, 'a', size), memset(to, 'b', size);
    double best = 0;
    for (int run = 0; run < RUNS; run++) {
        double start = now();
        for (uint32_t i = 0; i < calls; i++) {
            memcpy(to, from, size);
            __asm__ volatile("" : : "r"(to), "r"(from) : "memory");
        }
        double spent = now() - start;
        if (run == 0 || spent < best) best = spent;
    }
    free(from), free(to);
    return best / calls;
}

static void print(const char *name, const char *aim, double ns) {
    printf("%s\t%s\t%.1f\tns\n", name, aim, ns);
}

static void print_bytes(const char *name, const char *func, uint32_t size, uint32_t calls) {
    double empty = loop(func, calls, 0), full = loop(func, calls, size);
    print(name, "", full);
    double ratio = full / (copying(size, calls) + empty);
    printf("%s, against memcpy and the call\t< 1.3\t%.2f\t\n", name, ratio);
}

static void load(VmStore *store, const VmLinker *linker) {
    Diags diags = {.arena = arena};
    Str text = str_fmt(arena, "(component %s %s %s", callee, caller, whole);
    const Source *source = source_of(arena, STR("components.wat"), text);
    const Source *binary = wat_to_binary(arena, source, features_all(), &diags);
    CompComponent *c = binary ? comp_decode(arena, binary, features_all(), &diags) : NULL;
    const CompInfo *info = c ? comp_validate(arena, c, features_all(), &diags) : NULL;
    thread = vm_thread_new(store);
    component = info ? vm_component_new(thread, info, linker, &diags) : NULL;
    if (!component) diag_print(stderr, &diags, false);
    check(component, "the components cannot be instantiated");
}

int main(int argc, char **argv) {
    int calls = argc > 1 ? atoi(argv[1]) : 500000;
    check(calls >= 1000, "the number of calls is at least 1000");
    uint32_t n = (uint32_t)calls;
    arena = arena_new();
    VmStore *store = vm_store_new(NULL);
    VmLinker *linker = vm_linker_new(store);
    vm_linker_func(linker, STR("host"), STR("(u32,u32)->u32"), add_on_host, NULL);
    load(store, linker);

    print("a call within a component", "", loop("own", n, 0));
    print("between components: two numbers", "< 60", loop("add", n, 0));
    print("between components: a record in memory", "", loop("wide", n, 0));
    print("between components: a variant, and one back", "", loop("shape", n, 0));
    print("between components: a method of a resource", "", loop("method", n, 0));
    print_bytes("between components: string of 16 bytes", "text", 16, n);
    print_bytes("between components: string of 1 KB", "text", KB, n);
    print_bytes("between components: list<u8> of 1 KB", "bytes", KB, n);
    print_bytes("between components: list<u8> of 1 MB", "bytes", MB, n / 1000);
    print("component to host: two numbers", "", loop("host", n, 0));
    print("host to component: two numbers", "< 80",
          measure("first", false, n, (AbiValue){.bits = 1}));
    AbiValue text = {.string = {"twenty bytes of text", 20}};
    print("host to component: a short string", "", measure("take", false, n, text));

    vm_linker_free(linker);
    vm_thread_free(thread);
    vm_store_free(store);
    arena_free(arena);
    return 0;
}
