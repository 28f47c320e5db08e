/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Records of runs (wasi/record.h), replayed by a small program. The first byte of an input tells what it is:
 *
 *     r   the bytes of a record
 *     e   its events: each a length of two bytes and a payload; lengths and checks are made
 */
#include <stdlib.h>

#include "wasi/internal.h"
#include "wasi/record.h"
#include "wat/wat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char program[] =
    "(component"
    "  (import \"wasi:cli/environment@0.2.0\" (instance $env"
    "    (export \"get-environment\" (func (result (list (tuple string string)))))"
    "    (export \"get-arguments\" (func (result (list string))))"
    "    (export \"initial-cwd\" (func (result (option string))))))"
    "  (import \"wasi:clocks/wall-clock@0.2.0\" (instance $wall"
    "    (type $d (record (field \"seconds\" u64) (field \"nanoseconds\" u32)))"
    "    (export \"datetime\" (type $t (eq $d)))"
    "    (export \"now\" (func (result $t)))))"
    "  (import \"wasi:random/random@0.2.0\" (instance $random"
    "    (export \"get-random-bytes\" (func (param \"len\" u64) (result (list u8))))))"
    "  (import \"wasi:cli/exit@0.2.0\" (instance $exit"
    "    (export \"exit\" (func (param \"status\" (result))))))"
    "  (core module $libc (memory (export \"m\") 4)"
    "    (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))"
    "  (core instance $libc (instantiate $libc))"
    "  (alias core export $libc \"m\" (core memory $m))"
    "  (alias core export $libc \"realloc\" (core func $realloc))"
    "  (core func $e (canon lower (func $env \"get-environment\") (memory $m) (realloc $realloc)))"
    "  (core func $a (canon lower (func $env \"get-arguments\") (memory $m) (realloc $realloc)))"
    "  (core func $c (canon lower (func $env \"initial-cwd\") (memory $m) (realloc $realloc)))"
    "  (core func $n (canon lower (func $wall \"now\") (memory $m)))"
    "  (core func $r (canon lower (func $random \"get-random-bytes\") (memory $m) (realloc "
    "$realloc)))"
    "  (core func $x (canon lower (func $exit \"exit\")))"
    "  (core module $main"
    "    (import \"\" \"e\" (func $e (param i32))) (import \"\" \"a\" (func $a (param i32)))"
    "    (import \"\" \"c\" (func $c (param i32))) (import \"\" \"n\" (func $n (param i32)))"
    "    (import \"\" \"r\" (func $r (param i64 i32))) (import \"\" \"x\" (func $x (param i32)))"
    "    (func (export \"run\") (result i32)"
    "      (call $e (i32.const 0)) (call $a (i32.const 0)) (call $c (i32.const 0))"
    "      (call $n (i32.const 0)) (call $r (i64.const 10) (i32.const 0))"
    "      (call $x (i32.const 1)) (i32.const 0)))"
    "  (core instance $main (instantiate $main (with \"\" (instance"
    "    (export \"e\" (func $e)) (export \"a\" (func $a)) (export \"c\" (func $c))"
    "    (export \"n\" (func $n)) (export \"r\" (func $r)) (export \"x\" (func $x))))))"
    "  (func $run (result (result)) (canon lift (core func $main \"run\")))"
    "  (instance $i (export \"run\" (func $run)))"
    "  (export \"wasi:cli/run@0.2.0\" (instance $i)))";

static const CompInfo *load(void) {
    static const CompInfo *info;
    if (info) return info;
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    const Source *text = source_of(arena, STR("program"), str_from(program));
    const Source *binary = wat_to_binary(arena, text, features_all(), &diags);
    const CompComponent *component =
        binary ? comp_decode(arena, binary, features_all(), &diags) : NULL;
    info = component ? comp_validate(arena, component, features_all(), &diags) : NULL;
    if (!info) diag_print(stderr, &diags, false);
    if (!info) abort();
    return info;
}

/* Events get their lengths and checks. */
static Str complete(Arena *arena, Str input) {
    Buf out = {.arena = arena};
    buf_str(&out, STR(RECORD_MARK));
    buf_byte(&out, RECORD_VERSION);
    buf_name(&out, (Str){0});
    while (input.len >= 2) {
        size_t n = (uint8_t)input.ptr[0] | (size_t)(uint8_t)input.ptr[1] << 8;
        Str payload = str_from_to(input, 2, 2 + n);
        buf_u32(&out, (uint32_t)payload.len);
        buf_str(&out, payload);
        buf_fixed32(&out, record_check(payload.ptr, payload.len));
        input = str_after(input, 2 + payload.len);
    }
    return buf_text(&out);
}

static void run(WasiReplay *replay, Arena *arena, Diags *diags) {
    const WasiContext context = {.stdin_fd = -1,
                                 .stdout_fd = -1,
                                 .stderr_fd = -1,
                                 .observers = wasi_replay_observer(replay)};
    const VmLimits limits = {.has_fuel = true, .fuel = 100000};
    VmStore *store = vm_store_new(&limits);
    VmThread *thread = vm_thread_new(store);
    Wasi *wasi = wasi_new(store, &context);
    VmLinker *linker = vm_linker_new(store);
    wasi_link(wasi, linker);
    VmComponent *component = vm_component_new(thread, load(), linker, diags);
    AbiValue result[1] = {0};
    VmComponentFunc *func = vm_component_func(component, STR("wasi:cli/run@0.2.0"), STR("run"));
    VmStatus status = vm_component_call(thread, func, NULL, result, arena);
    while (status == VM_SUSPEND && wasi_wait(wasi)) status = vm_resume(thread);
    bool same = wasi_replay_ends(replay, thread);
    if (!same && !diags->errors) abort();
    vm_linker_free(linker);
    wasi_free(wasi);
    vm_thread_free(thread);
    vm_store_free(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!size || (data[0] != 'r' && data[0] != 'e')) return 0;
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    Str input = {(const char *)data + 1, size - 1};
    if (data[0] == 'e') input = complete(arena, input);
    WasiReplay *replay = wasi_replay_new(source_of(arena, STR("record"), input), -1, -1, &diags);
    if (replay) run(replay, arena, &diags);
    else if (!diags.errors) abort();
    wasi_replay_free(replay);
    arena_free(arena);
    return 0;
}
