;; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
;; The worker of tests/serve/front.wat. Its `run` ends at once; the test makes others of it, one that yields for ever,
;; and one that computes for ever.
(module
  (import "wasi:cli/environment@0.2.12" "get-environment" (func $environment (param i32)))
  (import "[export]test:parts/work" "[task-return]run" (func $return))
  (memory (export "memory") 1)
  (global $heap (mut i32) (i32.const 1024))
  (global $calls (mut i32) (i32.const 0))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $heap (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
    (global.get $heap)
    (global.set $heap (i32.add (global.get $heap) (local.get 3))))
  (func (export "test:parts/work#code") (result i32)
    (call $environment (i32.const 16))
    (i32.add
      (i32.add (i32.const 200) (i32.load (i32.const 20)))
      (i32.mul (i32.const 10) (global.get $calls)))
    (global.set $calls (i32.add (global.get $calls) (i32.const 1))))
  (func (export "[async-lift]test:parts/work#run") (result i32)
    (call $return)
    (loop $again (br_if $again (i32.const 0)))
    (i32.const 0))
  (func (export "[callback][async-lift]test:parts/work#run") (param i32 i32 i32) (result i32)
    (i32.const 1)))
