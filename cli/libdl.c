/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The libdl of `component link --use-built-in-libdl`: dlopen, dlsym, dlclose and dlerror over the
 * tables that the linker makes of the libraries given by --dl-openable (component/link_libraries.c).
 *
 *     __wasm_libdl_libraries: count libraries
 *     library: length text count symbols      16 bytes each, sorted by name
 *     symbol:  length text value              12 bytes each, likewise
 *
 * Every library is there from the start, so opening one only finds it, whatever the flags. The null
 * name is all of them together, as RTLD_DEFAULT is; the first one with a symbol provides it. At the
 * memory base stands the last error, a text or null, and then the texts.
 */
#include "cli/make.h"
#include "wat/wat.h"

static const char text[] =
    "(module $libdl.so\n"
    "  (@dylink.0 (mem-info (memory 76 2)))\n"
    "  (import \"env\" \"memory\" (memory 0))\n"
    "  (import \"env\" \"__memory_base\" (global $base i32))\n"
    "  (import \"GOT.mem\" \"__wasm_libdl_libraries\" (global $all (mut i32)))\n"
    "  (data (global.get $base) \"\\00\\00\\00\\00no library of that name\\00\"\n"
    "    \"the handle is no library\\00no symbol of that name\\00\")\n"
    "  (func $fail (param $text i32) (result i32)\n"
    "    (i32.store (global.get $base) (i32.add (global.get $base) (local.get $text)))\n"
    "    (i32.const 0))\n"
    "  (func $compare (param $s i32) (param $name i32) (param $n i32) (result i32)\n"
    "    (local $byte i32) (local $less i32)\n"
    "    loop $next\n"
    "      (local.set $byte (i32.load8_u (local.get $s)))\n"
    "      (if (i32.eqz (local.get $n)) (then (return (local.get $byte))))\n"
    "      (local.set $less (i32.sub (local.get $byte) (i32.load8_u (local.get $name))))\n"
    "      (if (local.get $less) (then (return (local.get $less))))\n"
    "      (if (i32.eqz (local.get $byte)) (then (return (i32.const -1))))\n"
    "      (local.set $s (i32.add (local.get $s) (i32.const 1)))\n"
    "      (local.set $name (i32.add (local.get $name) (i32.const 1)))\n"
    "      (local.set $n (i32.sub (local.get $n) (i32.const 1)))\n"
    "      br $next\n"
    "    end\n"
    "    unreachable)\n"
    "  (func $find (param $s i32) (param $n i32) (param $at i32) (param $size i32) (result i32)\n"
    "    (local $half i32) (local $middle i32) (local $order i32)\n"
    "    loop $next\n"
    "      (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))\n"
    "      (local.set $half (i32.shr_u (local.get $n) (i32.const 1)))\n"
    "      (local.set $middle (i32.add (local.get $at) (i32.mul (local.get $half) (local.get "
    "$size))))\n"
    "      (local.set $order (call $compare (local.get $s) (i32.load offset=4 (local.get "
    "$middle))\n"
    "        (i32.load (local.get $middle))))\n"
    "      (if (i32.eqz (local.get $order)) (then (return (local.get $middle))))\n"
    "      (if (i32.lt_s (local.get $order) (i32.const 0))\n"
    "        (then (local.set $n (local.get $half)))\n"
    "        (else\n"
    "          (local.set $at (i32.add (local.get $middle) (local.get $size)))\n"
    "          (local.set $n (i32.sub (i32.sub (local.get $n) (local.get $half)) (i32.const "
    "1)))))\n"
    "      br $next\n"
    "    end\n"
    "    unreachable)\n"
    "  (func $is-library (param $handle i32) (result i32)\n"
    "    (local.set $handle (i32.sub (local.get $handle) (i32.load offset=4 (global.get $all))))\n"
    "    (i32.lt_u (i32.rotr (local.get $handle) (i32.const 4)) (i32.load (global.get $all))))\n"
    "  (func $symbol (param $library i32) (param $name i32) (result i32)\n"
    "    (call $find (local.get $name) (i32.load offset=8 (local.get $library))\n"
    "      (i32.load offset=12 (local.get $library)) (i32.const 12)))\n"
    "  (func (export \"dlopen\") (param $name i32) (param $flags i32) (result i32)\n"
    "    (local $found i32)\n"
    "    (if (i32.eqz (local.get $name)) (then (return (global.get $all))))\n"
    "    (local.set $found (call $find (local.get $name) (i32.load (global.get $all))\n"
    "      (i32.load offset=4 (global.get $all)) (i32.const 16)))\n"
    "    (if (local.get $found) (then (return (local.get $found))))\n"
    "    (call $fail (i32.const 4)))\n"
    "  (func (export \"dlsym\") (param $handle i32) (param $name i32) (result i32)\n"
    "    (local $at i32) (local $end i32) (local $found i32)\n"
    "    (if (i32.or (i32.eqz (local.get $handle)) (i32.eq (local.get $handle) (global.get "
    "$all)))\n"
    "      (then\n"
    "        (local.set $at (i32.load offset=4 (global.get $all)))\n"
    "        (local.set $end (i32.add (local.get $at)\n"
    "          (i32.shl (i32.load (global.get $all)) (i32.const 4)))))\n"
    "      (else\n"
    "        (if (i32.eqz (call $is-library (local.get $handle)))\n"
    "          (then (return (call $fail (i32.const 28)))))\n"
    "        (local.set $at (local.get $handle))\n"
    "        (local.set $end (i32.add (local.get $handle) (i32.const 16)))))\n"
    "    loop $next\n"
    "      (if (i32.lt_u (local.get $at) (local.get $end))\n"
    "        (then\n"
    "          (local.set $found (call $symbol (local.get $at) (local.get $name)))\n"
    "          (if (local.get $found) (then (return (i32.load offset=8 (local.get $found)))))\n"
    "          (local.set $at (i32.add (local.get $at) (i32.const 16)))\n"
    "          br $next))\n"
    "    end\n"
    "    (call $fail (i32.const 53)))\n"
    "  (func (export \"dlclose\") (param $handle i32) (result i32)\n"
    "    (if (i32.eq (local.get $handle) (global.get $all)) (then (return (i32.const 0))))\n"
    "    (if (call $is-library (local.get $handle)) (then (return (i32.const 0))))\n"
    "    (drop (call $fail (i32.const 28)))\n"
    "    (i32.const -1))\n"
    "  (func (export \"dlerror\") (result i32)\n"
    "    (i32.load (global.get $base))\n"
    "    (i32.store (global.get $base) (i32.const 0))))\n";

const Source *make_libdl(Cli *cli) {
    const Source *source = source_of(cli->arena, STR("libdl.wat"), str_from(text));
    return wat_to_binary(cli->arena, source, features_all(), &cli->diags);
}
