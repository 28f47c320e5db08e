#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Components from the command line, and what limits them: components.sh WITC.
. "$(dirname "$0")/lib.sh"

# program BODY: $tmp/p.wat, whose `run` is BODY, 200 times. Its functions: a task that waits for ever,
# one that takes a list, a new resource, a new thread, random bytes.
program() {
    cat >"$tmp/p.wat" <<END
(component
  (import "wasi:random/random@0.2.0" (instance \$random
    (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))
  (component \$a
    (core module \$m (memory (export "m") 17)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
      (func (export "take") (param i32 i32))
      (func (export "wait") (result i32) (i32.const 1))
      (func (export "again") (param i32 i32 i32) (result i32) (i32.const 1)))
    (core instance \$c (instantiate \$m))
    (func (export "wait") async
      (canon lift (core func \$c "wait") async (callback (core func \$c "again"))))
    (func (export "take") (param "l" (list u8))
      (canon lift (core func \$c "take") (memory (core memory \$c "m"))
        (realloc (core func \$c "realloc")))))
  (instance \$a (instantiate \$a))
  (component \$b
    (import "wait" (func \$wait async))
    (import "take" (func \$take (param "l" (list u8))))
    (import "random" (func \$random (param "len" u64) (result (list u8))))
    (core module \$libc (memory (export "m") 17)
      (table (export "t") 1 funcref) (elem (i32.const 0) func \$t) (func \$t (param i32))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
    (core instance \$libc (instantiate \$libc))
    (type \$r (resource (rep i32)))
    (core func \$new (canon resource.new \$r))
    (core type \$start (func (param i32)))
    (core func \$thread' (canon thread.new-indirect \$start (core table \$libc "t")))
    (core func \$wait' (canon lower (func \$wait) async (memory (core memory \$libc "m"))))
    (core func \$take' (canon lower (func \$take) (memory (core memory \$libc "m"))))
    (core func \$random' (canon lower (func \$random) (memory (core memory \$libc "m"))
      (realloc (core func \$libc "realloc"))))
    (core module \$m
      (import "" "new" (func \$new (param i32) (result i32)))
      (import "" "wait" (func \$wait (result i32)))
      (import "" "thread" (func \$thread (param i32 i32) (result i32)))
      (import "" "take" (func \$take (param i32 i32)))
      (import "" "random" (func \$random (param i64 i32)))
      (func \$often (result i32) (local i32)
        (loop $1
          (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 200))))
        (i32.const 0))
      (export "run" (func \$often)))
    (core instance \$c (instantiate \$m (with "" (instance
      (export "new" (func \$new)) (export "wait" (func \$wait'))
      (export "thread" (func \$thread'))
      (export "take" (func \$take')) (export "random" (func \$random'))))))
    (func (export "run") (result (result)) (canon lift (core func \$c "run"))))
  (instance \$b (instantiate \$b (with "wait" (func \$a "wait")) (with "take" (func \$a "take"))
    (with "random" (func \$random "get-random-bytes"))))
  (instance \$e (export "run" (func \$b "run")))
  (export "wasi:cli/run@0.2.0" (instance \$e)))
END
}
limit() { # limit NAME BODY ENOUGH TOO-LITTLE TEXT: the option --max-NAME
    program "$2"
    expect "$1: without" 0 run "$tmp/p.wat"
    expect "$1: enough" 0 run "--max-$1" "$3" "$tmp/p.wat"
    expect "$1: too little" 134 run "--max-$1" "$4" "$tmp/p.wat"
    say "$1: is named" "$5"
    say "$1: its option is named" "\`--max-$1\` sets"
}
limit handles '(drop (call $new (i32.const 1)))' 200 199 \
    'the handle table is full: the limit of 199 handles is reached'
program '(drop (call $thread (i32.const 0) (i32.const 1)))'
expect "handles of threads: enough" 0 run --max-handles 200 "$tmp/p.wat"
expect "handles of threads: too little" 134 run --max-handles 199 "$tmp/p.wat"
say "handles of threads: are named" 'the handle table is full: the limit of 199 handles is reached'
limit tasks '(drop (call $wait))' 200 199 'the limit of 199 tasks and threads is reached'
limit copy '(call $take (i32.const 0) (i32.const 1000))' 1000 999 \
    'one call copies more between components than is allowed: the limit of 999 bytes is reached'
limit values '(call $random (i64.const 1000) (i32.const 0))' 1000 999 \
    'need more host memory than is allowed: the limit of 999 bytes is reached'
expect "instances: enough" 0 run --max-instances 7 "$tmp/p.wat"
expect "instances: too few" 1 run --max-instances 5 "$tmp/p.wat"
say "instances: is named" 'more than 5 instances'
say "instances: its option is named" '`--max-instances` sets'
program '(nop)'
expect "grants of the network" 0 run --net-allow tcp:db.local:5432 --net-allow 'listen:[::1]:*' \
    --net-allow dns "$tmp/p.wat"
expect "a rule that is none" 2 run --net-allow tcp:db.local "$tmp/p.wat"
say "a rule that is none: is named" '`tcp:db.local` is not a value of `--net-allow`, expected a host and'
expect "a rule with half an address" 2 run --net-allow tcp:10.0.0/8:80 "$tmp/p.wat"

finish components
