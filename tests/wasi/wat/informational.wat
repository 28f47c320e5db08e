;; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
;; send-informational, which is @unstable: a program that answers requests. It sends what may be sent and what may not,
;; and then 200, or 500 and the number of the call that did not answer as the WIT says: "This will return an
;; `HTTP-protocol-error` if `status` is not in the range [100-199]".
(import "wasi:http/types@0.2.12" "[constructor]fields" (func $fields (result i32)))
(import "wasi:http/types@0.2.12" "[method]fields.append" (func $append (param i32 i32 i32 i32 i32 i32)))
(import "wasi:http/types@0.2.12" "[constructor]outgoing-response" (func $response (param i32) (result i32)))
(import "wasi:http/types@0.2.12" "[method]outgoing-response.set-status-code" (func $set-status (param i32 i32) (result i32)))
(import "wasi:http/types@0.2.12" "[method]response-outparam.send-informational"
  (func $send (param i32 i32 i32 i32)))
(import "wasi:http/types@0.2.12" "[static]response-outparam.set"
  (func $set (param i32 i32 i32 i32 i64 i32 i32 i32 i32)))

(memory (export "memory") 1)
(global $heap (mut i32) (i32.const 16384))
(func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
  (global.set $heap (i32.and (i32.add (i32.add (global.get $heap) (local.get $size)) (i32.const 15)) (i32.const -16)))
  (i32.sub (global.get $heap) (i32.and (i32.add (local.get $size) (i32.const 15)) (i32.const -16))))
(data (i32.const 1024) "linkx")

;; 0, or the error-code and 1.
(func $sent (param $out i32) (param $status i32) (result i32)
  (local $f i32)
  (local.set $f (call $fields))
  (call $append (local.get $f) (i32.const 1024) (i32.const 4) (i32.const 1028) (i32.const 1) (i32.const 256))
  (call $send (local.get $out) (local.get $status) (local.get $f) (i32.const 256))
  (if (i32.eqz (i32.load8_u (i32.const 256))) (then (return (i32.const 0))))
  (i32.add (i32.load8_u (i32.const 264)) (i32.const 1)))

(func (export "wasi:http/incoming-handler@0.2.12#handle") (param $request i32) (param $out i32)
  (local $status i32) (local $r i32)
  (local.set $status (i32.const 200))
  (if (call $sent (local.get $out) (i32.const 103)) (then (local.set $status (i32.const 501))))
  (if (call $sent (local.get $out) (i32.const 199)) (then (local.set $status (i32.const 502))))
  (if (i32.ne (call $sent (local.get $out) (i32.const 99)) (i32.const 36)) (then (local.set $status (i32.const 503))))
  (if (i32.ne (call $sent (local.get $out) (i32.const 200)) (i32.const 36)) (then (local.set $status (i32.const 504))))
  (if (i32.ne (call $sent (local.get $out) (i32.const 0)) (i32.const 36)) (then (local.set $status (i32.const 505))))
  (if (i32.ne (call $sent (local.get $out) (i32.const 65535)) (i32.const 36)) (then (local.set $status (i32.const 506))))
  (if (call $sent (local.get $out) (i32.const 103)) (then (local.set $status (i32.const 507))))
  (local.set $r (call $response (call $fields)))
  (drop (call $set-status (local.get $r) (local.get $status)))
  (call $set (local.get $out) (i32.const 0) (local.get $r) (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0)
    (i32.const 0) (i32.const 0)))
