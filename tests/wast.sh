#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# `witc wast`: what it tells of scripts, one and many: wast.sh WITC.
. "$(dirname "$0")/lib.sh"
cd "$tmp" || exit 1

writes() { # writes NAME PATTERN: the last run's stdout has a line that matches
    if grep -q -e "$2" "$out"; then ok; else
        bad "$1" "standard output says nothing like: $2"
        head -n 5 "$out"
    fi
}

cat >good.wast <<'END'
(module $m
  (global (export "wide") v128 (v128.const i32x4 1 2 3 4))
  (func (export "five") (result i32) (i32.const 5))
  (func (export "fail") unreachable))
(assert_return (invoke "five") (i32.const 5))
(assert_return (invoke "five") (either (i32.const 4) (i32.const 5)))
(assert_return (get "wide") (v128.const i64x2 0x200000001 0x400000003))
(assert_trap (invoke "fail") "unreachable")
(module definition $d (global (export "g") i32 (i32.const 7)))
(module instance $i $d)
(assert_return (get $i "g") (i32.const 7))
(register "i" $i)
(module (import "i" "g" (global i32)) (import "spectest" "shared_memory" (memory 1 2 shared)))
(assert_unlinkable (module (import "i" "h" (global i32))) "unknown import")
(assert_malformed (module quote "(func") "unexpected")
END
expect "good" 0 wast good.wast
writes "good" '^good.wast: 12 passed, 0 failed$'
expect "not run" 0 wast --no-run --ignore-error-messages good.wast
writes "not run" '^good.wast: 6 passed, 0 failed, 6 skipped$'

# Every failure has its place and the two values.
cat >bad.wast <<'END'
(module
  (func (export "five") (result i32) (i32.const 5))
  (func (export "nan") (result f32) (f32.const -nan:0x200000))
  (func (export "four") (result v128) (v128.const f32x4 1 inf nan -0))
  (func (export "two") (result i32 i64) (i32.const -1) (i64.const -2))
  (func (export "same") (param externref) (result externref) (local.get 0))
  (func (export "i31") (result anyref) (ref.i31 (i32.const 1))))
(assert_return (invoke "five") (i32.const 6))
(assert_return (invoke "nan") (f32.const nan:arithmetic))
(assert_return (invoke "four") (v128.const f32x4 1 inf nan:canonical 0))
(assert_return (invoke "four") (v128.const i16x8 1 2 3 4 5 6 7 8))
(assert_return (invoke "two") (i32.const -1))
(assert_return (invoke "same" (ref.extern 3)) (ref.null extern))
(assert_return (invoke "same" (ref.null extern)) (ref.extern 3))
(assert_return (invoke "i31") (ref.struct))
(assert_trap (invoke "five") "unreachable")
(assert_invalid (module) "type mismatch")
(assert_return (invoke "six") (i32.const 6))
END
expect "bad" 1 wast bad.wast
writes "bad" '^bad.wast: 1 passed, 11 failed$'
while IFS='|' read -r line text; do
    say "bad: line $line" "error: $text"
    say "bad: line $line" "bad.wast:$line:2"
done <<'END'
8|`five` returned (i32.const 5), expected (i32.const 6)
9|`nan` returned (f32.const -nan:0x200000), expected (f32.const nan:arithmetic)
10|`four` returned (v128.const f32x4 1 inf nan:0x400000 -0), expected (v128.const f32x4 1 inf nan:canonical 0)
11|`four` returned (v128.const i16x8 0x0000 0x3f80 0x0000 0x7f80 0x0000 0x7fc0 0x0000 0x8000), expected
12|`two` returned (i32.const -1) (i64.const -2), expected (i32.const -1)
13|`same` returned (ref.extern 3), expected (ref.null extern)
14|`same` returned (ref.null), expected (ref.extern 3)
15|`i31` returned (ref.i31), expected (ref.struct)
16|returned, expected a trap: unreachable
17|accepted, expected to be rejected: type mismatch
18|no export `six`
END

# Components.
cat >component.wast <<'END'
(component
  (core module $m
    (memory (export "m") 1)
    (data (i32.const 8) "\10\00\00\00\02\00\00\00a\n")
    (func (export "text") (result i32) (i32.const 8)))
  (core instance $i (instantiate $m))
  (func (export "text") (result string)
    (canon lift (core func $i "text") (memory (core memory $i "m"))))
  (func (export "bytes") (result (list u8))
    (canon lift (core func $i "text") (memory (core memory $i "m")))))
(assert_return (invoke "text") (str.const "a\n"))
(assert_return (invoke "text") (str.const "b"))
(assert_return (invoke "bytes") (list.const (u8.const 1)))
END
expect "component" 1 wast component.wast
writes "component" '^component.wast: 2 passed, 2 failed$'
say "component text" '`text` returned (str.const "a\\0a"), expected (str.const "b")'
say "component list" '`bytes` returned (list.const (u8.const 97) (u8.const 10)), expected (list.const (u8.const 1))'

# Threads share the instance that they name, and no others.
cat >threads.wast <<'END'
(module $Mem (memory (export "shared") 1 10 shared))
(thread $T1 (shared (module $Mem))
  (register "mem" $Mem)
  (module (memory (import "mem" "shared") 1 10 shared)
    (func (export "run") (i32.atomic.store (i32.const 0) (i32.const 42))))
  (invoke "run"))
(thread $T2 (assert_return (invoke $Mem "run")))
(wait $T1)
(wait $T3)
(register "mem" $Mem)
(module (memory (import "mem" "shared") 1 10 shared)
  (func (export "load") (result i32) (i32.atomic.load (i32.const 0))))
(assert_return (invoke "load") (i32.const 42))
END
expect "threads" 1 wast threads.wast
writes "threads" '^threads.wast: 10 passed, 2 failed$'
say "threads" 'no instance `Mem`'
say "threads" 'no thread `T3`'

# What does not link, and what traps as it starts, with the phrase that is expected.
cat >link.wast <<'END'
(module (global (export "g") i32 (i32.const 0)))
(register "m")
(assert_unlinkable (module (import "m" "f" (func))) "unknown import")
(assert_unlinkable (module (import "m" "g" (func))) "incompatible import type")
(assert_unlinkable (module (import "m" "g" (global i64))) "incompatible import type")
(assert_trap (module (func unreachable) (start 0)) "unreachable")
(assert_trap (module (memory 0) (data (i32.const 0) "a")) "out of bounds memory access")
(assert_unlinkable (module (import "m" "f" (func))) "incompatible import type")
(assert_trap (module (func unreachable) (start 0)) "integer overflow")
END
expect "link" 1 wast --error-messages link.wast
writes "link" '^link.wast: 7 passed, 2 failed$'
say "link: phrase" 'not linked with `unknown import: `m` `f` is not there'
say "link: trap" 'trapped with `unreachable'
expect "link, any text" 1 wast link.wast
writes "link, any text" '^link.wast: 8 passed, 1 failed$'

# Several, of which one does not end and one cannot be read; in the order of their names.
mkdir -p many/proposals/threads many/legacy
cp good.wast many/b.wast
cat >many/a.wast <<'END'
(module (func (export "loop") (loop (br 0))))
(assert_return (invoke "loop"))
END
printf '(module' >many/c.wast
cat >many/proposals/threads/one.wast <<'END'
(assert_invalid (module (memory 1) (memory 1)) "multiple memories")
(module (memory 1 1 shared) (func (drop (i32.atomic.load (i32.const 0)))))
END
echo '(module (func (try (do))))' >many/legacy/try.wast
echo 'not a script' >many/readme.txt
expect "many" 1 wast --timeout 500ms many
cat >expected <<'END'
many/a.wast: 1 passed, 1 failed
many/b.wast: 12 passed, 0 failed
many/c.wast: 0 passed, 1 failed
many/legacy/try.wast: 1 passed, 0 failed
many/proposals/threads/one.wast: 2 passed, 0 failed
total: 16 passed, 2 failed, in 5 files, 2 of them with failures
END
cmp -s "$out" expected && ok || bad "many" "$(diff "$out" expected)"
say "many: time" 'not done after 0.5 seconds'
say "many: time has a place" 'many/a.wast:2:2'
say "many: unreadable" 'unexpected end-of-file'
for jobs in 1 3; do
    expect "filter" 0 wast --jobs $jobs --filter legacy/ --filter b.wast many
    writes "filter" '^total: 13 passed, 0 failed, in 2 files, 0 of them with failures$'
done
expect "filter of nothing" 1 wast --filter nowhere many
say "filter of nothing" 'there is no test script'
expect "missing file" 1 wast good.wast missing.wast
say "missing file" 'cannot read `missing.wast`'
expect "feature" 2 wast -f nonsense good.wast many

expect "json" 1 wast --json bad.wast many --filter bad --filter c.wast
[ -s "$err" ] && bad "json" "$(cat "$err")" || ok
if command -v python3 >/dev/null; then
    if python3 -c '
import json, sys
d = json.load(sys.stdin)
assert [f["file"] for f in d["files"]] == ["bad.wast", "many/c.wast"]
assert (d["passed"], d["failed"], d["skipped"]) == (1, 12, 0)
first = d["files"][0]["failures"][0]
assert (first["line"], first["column"], first["directive"]) == (8, 2, "assert_return")
assert (first["expected"], first["got"]) == ("(i32.const 6)", "(i32.const 5)")
assert len(d["files"][0]["failures"]) == 11
assert d["files"][1]["failures"][0]["line"] == 1
' <"$out"; then ok; else bad "json" "not what it should be"; fi
else
    skip "json: python3 is missing"
fi
finish scripts
