#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# hostile_core.sh WITC HOSTILE_MODULES FUZZ_INSTANCE: core modules that are deep, huge, or say that they
# are. With three gigabytes of addresses and some seconds, every command that reads them ends with 0, or
# with 1 and a place; what is valid is taken, and run.
modules=$(realpath "$2") instance=$(realpath "$3")
. "$(dirname "$0")/lib.sh"
ulimit -v 3000000
h=$tmp/h
mkdir "$h"
"$modules" "$h" || exit 1

for file in "$h"/*.wasm; do
    what=${file##*/}
    case $what in
    valid-*)
        expect "$what" 0 validate "$file"
        timeout 60 "$instance" "$file" >"$out" 2>"$err" || bad "$what" "exit $? when it is run"
        ;;
    bad-*) expect "$what" 1 validate "$file" && say "$what" '-->' ;;
    esac
    hold "$what" objdump "$file"
    [ "$(wc -c <"$file")" -gt 2000000 ] && continue # millions of lines
    for command in print dump; do hold "$what" $command "$file"; done
    hold "$what" strip -o "$tmp/stripped" "$file"
done

# Text: deep in both styles, and large numbers.
deep() { # deep OPEN CLOSE
    printf '(module (func '
    awk -v n=100000 -v a="$1" -v b="$2" 'BEGIN { for (i = 0; i < n; i++) print a; for (i = 0; i < n; i++) print b }'
    printf '))'
}
deep 'block' 'end' >"$h/blocks.wat"
deep '(block' ')' >"$h/folded.wat"
deep '(drop (i32.add (i32.const 1)' '))' >"$h/sums.wat"
deep '(;' ';)' >"$h/comments.wat"
awk 'BEGIN { printf "(module (func (local"; for (i = 0; i < 50001; i++) printf " i64"; print ")))" }' >"$h/locals.wat"
awk 'BEGIN { printf "(module"; for (i = 0; i < 200000; i++) printf " (func $f%d (call $f%d))\n", i, i ? i - 1 : 0; print ")" }' >"$h/functions.wat"
awk 'BEGIN { printf "(module (memory 1) (data (i32.const 0) \""; for (i = 0; i < 1000000; i++) printf "\\00"; print "\"))" }' >"$h/data.wat"
awk 'BEGIN { printf "(module (global f64 (f64.const 0x1."; for (i = 0; i < 1000000; i++) printf "f"; print "p-1)))" }' >"$h/number.wat"
for file in "$h"/*.wat; do
    hold "${file##*/}" parse -o "$tmp/parsed" "$file"
    hold "${file##*/}" print "$file"
done

# Guests that recurse, with small frames and with large ones.
cat >"$h/recursion.wast" <<'END'
(module
  (func $even (export "even") (param i64) (result i64)
    (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 1))
      (else (call $odd (i64.sub (local.get 0) (i64.const 1))))))
  (func $odd (param i64) (result i64)
    (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 0))
      (else (call $even (i64.sub (local.get 0) (i64.const 1))))))
  (type $t (func))
  (table funcref (elem $again))
  (func $again (export "again") (call_indirect (type $t) (i32.const 0))))
(assert_return (invoke "even" (i64.const 1000)) (i64.const 1))
(assert_exhaustion (invoke "even" (i64.const 1000000000)) "call stack exhausted")
(assert_exhaustion (invoke "again") "call stack exhausted")
(assert_return (invoke "even" (i64.const 1001)) (i64.const 0))
END
{
    printf '(module (func $f (export "f") (param i32) (local'
    awk 'BEGIN { for (i = 0; i < 49000; i++) printf " i64" }'
    echo ') (call $f (local.get 0))))'
    echo '(assert_exhaustion (invoke "f" (i32.const 1)) "call stack exhausted")'
} >"$h/frames.wast"
cat >"$h/bounds.wast" <<'END'
(module
  (memory i64 1 2)
  (memory $b 1)
  (func (export "load") (param i64) (result i32) (i32.load offset=0xfffffffffffffff0 (local.get 0)))
  (func (export "store") (param i64) (i64.store (local.get 0) (i64.const 1)))
  (func (export "copy") (param i64 i64 i64) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "fill") (param i64 i64) (memory.fill (local.get 0) (i32.const 7) (local.get 1)))
  (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0)))
  (func (export "load8") (param i32) (result i32) (i32.load8_u $b offset=0xffffffff (local.get 0)))
  (func (export "get") (param i64) (result i64) (i64.load (local.get 0))))
(assert_trap (invoke "load" (i64.const 16)) "out of bounds memory access")
(assert_trap (invoke "load" (i64.const -1)) "out of bounds memory access")
(assert_trap (invoke "store" (i64.const -8)) "out of bounds memory access")
(assert_trap (invoke "store" (i64.const 65529)) "out of bounds memory access")
(assert_return (invoke "store" (i64.const 65528)))
(assert_trap (invoke "copy" (i64.const 1) (i64.const 0) (i64.const -1)) "out of bounds memory access")
(assert_trap (invoke "copy" (i64.const -1) (i64.const 0) (i64.const 2)) "out of bounds memory access")
(assert_trap (invoke "copy" (i64.const 0x100000000) (i64.const 0) (i64.const 1)) "out of bounds memory access")
(assert_return (invoke "copy" (i64.const 65536) (i64.const 0) (i64.const 0)))
(assert_return (invoke "fill" (i64.const 0) (i64.const 16)))
(assert_return (invoke "copy" (i64.const 1) (i64.const 0) (i64.const 30)))
(assert_return (invoke "get" (i64.const 10)) (i64.const 0x00_07_07_07_07_07_07_07))
(assert_trap (invoke "fill" (i64.const 65536) (i64.const 1)) "out of bounds memory access")
(assert_return (invoke "grow" (i64.const -1)) (i64.const -1))
(assert_return (invoke "grow" (i64.const 0x1_0000_0000_0000)) (i64.const -1))
(assert_return (invoke "grow" (i64.const 1)) (i64.const 1))
(assert_return (invoke "grow" (i64.const 1)) (i64.const -1))
(assert_trap (invoke "load8" (i32.const 0)) "out of bounds memory access")
(assert_trap (invoke "load8" (i32.const -1)) "out of bounds memory access")
(assert_trap (module (memory 1) (data (i32.const 65536) "x")) "out of bounds memory access")
(assert_trap (module (memory 1) (data (i32.const -1) "xy")) "out of bounds memory access")
(assert_trap (module (table 1 funcref) (elem (i32.const 1) func 0) (func)) "out of bounds table access")
END
for file in "$h"/*.wast; do
    expect "${file##*/}" 0 wast "$file"
done
finish "hostile modules"
