;; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
;; A handler whose start function counts down from 20000000: a tenth of a second or so. (serve.sh makes one of it that
;; counts down from 0, which takes 2^32 steps.)
(module
  (import "wasi:http/types@0.2.12" "[constructor]fields" (func $fields (result i32)))
  (import "wasi:http/types@0.2.12" "[constructor]outgoing-response"
    (func $response (param i32) (result i32)))
  (import "wasi:http/types@0.2.12" "[static]response-outparam.set"
    (func $set (param i32 i32 i32 i32 i64 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (global $heap (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $heap (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
    (global.get $heap)
    (global.set $heap (i32.add (global.get $heap) (local.get 3))))
  (func $start (local i32)
    (local.set 0 (i32.const 20000000))
    (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (start $start)
  (func (export "wasi:http/incoming-handler@0.2.12#handle") (param i32 i32)
    (call $set (local.get 1) (i32.const 0) (call $response (call $fields)) (i32.const 0) (i64.const 0)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))))
