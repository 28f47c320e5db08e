;; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
;; A handler that answers with the worker's code. Where it is asked for more than `/` it starts the worker's `run`
;; before, and does not wait for it.
(module
  (import "wasi:http/types@0.2.12" "[constructor]fields" (func $fields (result i32)))
  (import "wasi:http/types@0.2.12" "[constructor]outgoing-response"
    (func $response (param i32) (result i32)))
  (import "wasi:http/types@0.2.12" "[method]outgoing-response.set-status-code"
    (func $set-status (param i32 i32) (result i32)))
  (import "wasi:http/types@0.2.12" "[static]response-outparam.set"
    (func $set (param i32 i32 i32 i32 i64 i32 i32 i32 i32)))
  (import "wasi:http/types@0.2.12" "[method]incoming-request.path-with-query"
    (func $path (param i32 i32)))
  (import "test:parts/work" "code" (func $code (result i32)))
  (import "test:parts/work" "[async-lower]run" (func $run (result i32)))
  (memory (export "memory") 1)
  (global $heap (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $heap (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
    (global.get $heap)
    (global.set $heap (i32.add (global.get $heap) (local.get 3))))
  (func (export "wasi:http/incoming-handler@0.2.12#handle") (param i32 i32) (local $r i32)
    (local.set $r (call $response (call $fields)))
    (drop (call $set-status (local.get $r) (call $code)))
    (call $path (local.get 0) (i32.const 16))
    (if (i32.gt_u (i32.load (i32.const 24)) (i32.const 1))
      (then (drop (call $run))))
    (call $set (local.get 1) (i32.const 0) (local.get $r) (i32.const 0) (i64.const 0)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))))
