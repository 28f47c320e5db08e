;; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
;; A handler that fills 48 MB and keeps them for a minute.
(module
  (import "wasi:clocks/monotonic-clock@0.2.12" "subscribe-duration" (func $subscribe (param i64) (result i32)))
  (import "wasi:io/poll@0.2.12" "[method]pollable.block" (func $block (param i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "wasi:http/incoming-handler@0.2.12#handle") (param i32 i32)
    (drop (memory.grow (i32.const 768)))
    (memory.fill (i32.const 65536) (i32.const 1) (i32.const 50331648))
    (call $block (call $subscribe (i64.const 60000000000)))))
