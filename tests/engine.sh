#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Core modules from the command line: engine.sh WITC.
. "$(dirname "$0")/lib.sh"

prints() { # prints NAME TEXT WORDS...: exits with 0 and writes that
    wanted=$2 label=$1
    shift 2
    expect "$label" 0 "$@" || return
    [ "$(cat "$out")" = "$wanted" ] && ok || bad "$label" "printed $(tr '\n' '|' <"$out")"
}

m=$tmp/m.wat
cat >"$m" <<'END'
(module $m
  (memory (export "mem") 1) (table $t 1 funcref)
  (type $list (struct (field (ref null $list))))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "same") (param v128 f32 f64 externref i64) (result v128 f32 f64 externref i64)
    local.get 0 local.get 1 local.get 2 local.get 3 local.get 4)
  (func (export "single") (param f32) (result f32) (local.get 0))
  (func $deep (export "deep") (param i32) (result i32)
    (i32.add (i32.const 1) (call $deep (local.get 0))))
  (func (export "spin") (loop (br 0)))
  (func (export "fill") (memory.fill (i32.const 0) (i32.const 1) (i32.const 60000)))
  (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "table") (param i32) (result i32) (table.grow (ref.null func) (local.get 0)))
  (func (export "gives-up") (drop (memory.grow (i32.const 100))) unreachable)
  (func (export "heap") (local (ref null $list))
    (loop (local.set 0 (struct.new $list (local.get 0))) (br 0))))
END
run() { # run NAME STATUS FUNCTION ARGUMENTS...
    label=$1 want_status=$2
    shift 2
    expect "$label" "$want_status" run "$m" --invoke "$@"
}

prints "binary trees" 527 run --invoke trees bench/gc.wat 4
prints "add" 18 run --invoke add "$m" 2 0x10
prints "option behind the program" -3 run "$m" --invoke add -1 -2
prints "unsigned" -1 run --invoke add "$m" 4294967295 0
expect "all types" 0 run --invoke same "$m" "i32x4 1 2 3 4" nan:0x200000 -inf 7 -9223372036854775808
[ "$(tr '\n' '|' <"$out")" = "i32x4 0x00000001 0x00000002 0x00000003 0x00000004|nan:0x200000|-inf|7|-9223372036854775808|" ] &&
    ok || bad "all types" "$(cat "$out")"
expect "json" 0 run --json --invoke same "$m" 0x1ff -nan 0.1 ref.null 5
grep -q '"value": "-nan"' "$out" && grep -q '"value": "0.1"' "$out" && ok || bad "json" "$(cat "$out")"
prints "shortest digits" 0.1 run --invoke single "$m" 0.1

run "argument of no number" 2 add 1 x
say "argument of no number" 'as argument 2 is no i32'
say "argument of no number" '(func (param i32 i32) (result i32))'
run "text that would be more" 2 add 1 '1) (i32.const 1'
run "number out of range" 2 add 1 4294967296
run "too few arguments" 2 add 1
run "unknown export" 2 ad
say "unknown export" 'did you mean `add`?'
run "export of another kind" 2 mem
expect "no _start" 1 run "$m"
say "no _start" 'functions that it exports: `add`'

# Limits: each names itself.
limit() { # limit NAME TEXT OPTION... -- FUNCTION ARGUMENTS...
    label=$1 text=$2 options=
    shift 2
    while [ "$1" != -- ]; do
        options="$options $1"
        shift
    done
    shift
    # shellcheck disable=SC2086
    expect "$label" 134 run $options "$m" --invoke "$@"
    say "$label" "$text"
}
limit "fuel" '`--fuel` sets this limit' --fuel 1000 -- spin
limit "fuel of what is done in bulk" '`--fuel` sets this limit' --fuel 500 -- fill
limit "timeout" '`--timeout` sets' --timeout 50ms -- spin
limit "frames" 'limit of 100 frames is reached' --max-frames 100 -- deep 1
limit "stack" 'bytes of stack is reached' --max-stack 8192 -- deep 1
limit "heap" '`--max-heap` sets' --max-heap 1M -- heap
limit "option for frames" '`--max-frames` sets' --max-frames 100 -- deep 1
limit "option for the stack" '`--max-stack` sets' --max-stack 8192 -- deep 1
limit "refused growth" 'memory.grow. was refused' --max-memory 1M -- gives-up
prints "memory.grow within" 1 run --max-memory 1M "$m" --invoke memory 15
prints "memory.grow beyond" -1 run --max-memory 1M "$m" --invoke memory 16
prints "table.grow within" 1 run --max-table 10 "$m" --invoke table 9
prints "table.grow beyond" -1 run --max-table 10 "$m" --invoke table 10
expect "no room for a memory" 1 run --max-memory 32K "$m" --invoke add 1 1
say "no room for a memory" '`--max-memory` sets'
printf '(module (table 11 funcref) (func (export "_start")))' >"$tmp/table.wat"
expect "no room for a table" 1 run --max-table 10 "$tmp/table.wat"
say "no room for a table" '`--max-table` sets'
expect "instances" 1 run --max-instances 1 --preload "m=$m" "$tmp/table.wat"
say "instances" '`--max-instances` sets'

# The same fuel is used by the same guest, always.
low=0 high=100000
while [ $((high - low)) -gt 1 ]; do
    middle=$(((low + high) / 2))
    if "$witc" run --fuel $middle "$m" --invoke add 1 1 >/dev/null 2>&1; then high=$middle; else low=$middle; fi
done
"$witc" run --fuel $high "$m" --invoke add 1 1 >/dev/null 2>&1 &&
    ! "$witc" run --fuel $low "$m" --invoke add 1 1 >/dev/null 2>&1 && ok || bad "fuel" "not the same twice"

# Ctrl-C ends the guest, not the program.
"$witc" run "$m" --invoke spin 2>"$err" &
guest=$!
sleep 0.3
kill -INT $guest 2>/dev/null
wait $guest
got=$?
# A shell may have told its background jobs to ignore the signal; then the handler is ours all the same.
[ $got = 130 ] && ok || bad "interrupted" "exit $got"
say "interrupted" 'the guest trapped: interrupted'

# Modules for modules.
printf '(module (import "m" "add" (func $add (param i32 i32) (result i32)))
  (func (export "_start") (if (i32.ne (call $add (i32.const 1) (i32.const 2)) (i32.const 3)) (then unreachable)))
  (func (export "twice") (param i32) (result i32) (call $add (local.get 0) (local.get 0))))' >"$tmp/user.wat"
expect "preload" 0 run --preload "m=$m" "$tmp/user.wat"
prints "preload and invoke" 42 run --preload "m=$m" --invoke twice "$tmp/user.wat" 21
expect "import that is missing" 1 run "$tmp/user.wat"
say "import that is missing" 'unknown import: `m` `add`'
expect "bad preload" 2 run --preload m "$tmp/user.wat"
expect "preload that is not there" 1 run --preload m=/nonexistent "$tmp/user.wat"
printf '(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32))))' >"$tmp/p1.wat"
expect "preview 1" 1 run "$tmp/p1.wat"
say "preview 1" 'adapter'
printf '(module (func (result i32) i64.const 1))' >"$tmp/bad.wat"
expect "invalid" 1 run "$tmp/bad.wat"
say "invalid" 'bad.wat:1:'
"$witc" parse "$m" -o "$tmp/m.wasm" && prints "bytes" 3 run --invoke add "$tmp/m.wasm" 1 2
printf '(component)' >"$tmp/c.wat"
expect "options of modules for a component" 1 run --preload "a=$m" "$tmp/c.wat"
expect "a function that a component does not export" 2 run --invoke f "$tmp/c.wat"
shapes=$tmp/shapes.wat
cat >"$shapes" <<'END'
(component
  (core module $m (memory (export "memory") 1)
    (global $at (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $p i32)
      (local.set $p (i32.and (i32.add (global.get $at) (i32.const 7)) (i32.const -8)))
      (global.set $at (i32.add (local.get $p) (local.get 3)))
      (local.get $p))
    (func (export "area") (param i32 i32) (result i32) (i32.mul (local.get 0) (local.get 1)))
    (func (export "same") (param i32 i32) (result i32)
      (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16)))
  (core instance $m (instantiate $m))
  (alias core export $m "memory" (core memory $memory))
  (alias core export $m "realloc" (core func $realloc))
  (type $size (record (field "width" u32) (field "height" u32)))
  (func $area (param "s" $size) (result u32) (canon lift (core func $m "area")))
  (component $c
    (type $size0 (record (field "width" u32) (field "height" u32)))
    (import "size" (type $s (eq $size0)))
    (import "area" (func $area (param "s" $s) (result u32)))
    (export $t "size" (type $s))
    (export "area" (func $area) (func (param "s" $t) (result u32))))
  (instance $i (instantiate $c (with "size" (type $size)) (with "area" (func $area))))
  (export "demo:geo/shapes@1.0.0" (instance $i))
  (export "demo:geo/rooms@1.0.0" (instance $i))
  (func (export "same") (param "words" (list string)) (result (list string))
    (canon lift (core func $m "same") (memory $memory) (realloc $realloc))))
END
prints "a function of an instance" 6 run --invoke 'demo:geo/shapes@1.0.0.area({width: 2, height: 3})' "$shapes"
prints "without the version" 6 run --invoke 'demo:geo/shapes.area({width: 2, height: 3})' "$shapes"
prints "by its last part" 12 run --invoke 'shapes.area({height: 4, width: 3})' "$shapes"
prints "arguments as words" '["a", "b"]' run --invoke same "$shapes" '["a", "b"]'
expect "a function of two instances" 2 run --invoke 'area({width: 1, height: 1})' "$shapes"
say "a function of two instances" 'demo:geo/rooms@1.0.0.area'
expect "a wrong argument" 2 run --invoke 'same(["a", 1])' "$shapes"
say "a wrong argument" 'expected a string.*found .1'
expect "a wrong call" 2 run --invoke 'same(' "$shapes"
expect "the result as JSON" 0 run --json --invoke 'same(["x"])' "$shapes"
grep -q '"type": "list<string>"' "$out" && ok || bad "the result as JSON" "has no type"
printf '(module (func $in unreachable) (func (export "_start") (call $in)))' >"$tmp/t.wat"
expect "backtrace" 134 run "$tmp/t.wat"
say "backtrace" '0: `in`.*t.wat:1:19'
# Bodies are validated with the rest, or when they are called.
cat >"$tmp/lazy.wat" <<'END'
(module (func (export "good") (result i32) (i32.const 7)) (func (export "bad") (result i32) (i64.const 1)))
END
expect "validate auto" 1 run --invoke good "$tmp/lazy.wat"
expect "validate eager" 1 run --validate eager --invoke good "$tmp/lazy.wat"
expect "validate lazy" 0 run --validate lazy --invoke good "$tmp/lazy.wat"
expect "validate lazy, a bad body" 134 run --validate lazy --invoke bad "$tmp/lazy.wat"
grep -q 'invalid function body: type mismatch: expected i32, found i64' "$err" && ok ||
    bad "validate lazy" "$(head -n 1 "$err")"
expect "validate with threads" 1 validate --jobs 3 "$tmp/lazy.wat"
finish "engine"
