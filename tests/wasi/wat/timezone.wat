;; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
;; wasi:clocks/timezone, which is @unstable: what holds of any time zone.
(import "wasi:clocks/timezone@0.2.12" "display" (func $display (param i64 i32 i32)))
(import "wasi:clocks/timezone@0.2.12" "utc-offset" (func $utc-offset (param i64 i32) (result i32)))

;; "The returned value will always be less than 86400", of either sign
(func $is-less-than-a-day (param $offset i32) (result i32)
  (i32.and (i32.lt_s (local.get $offset) (i32.const 86400)) (i32.gt_s (local.get $offset) (i32.const -86400))))
(func $check (param $seconds i64) (param $nanoseconds i32) (result i32)
  (local $offset i32)
  (local.set $offset (call $utc-offset (local.get $seconds) (local.get $nanoseconds)))
  (if (i32.eqz (call $is-less-than-a-day (local.get $offset))) (then (return (i32.const 1))))
  (call $display (local.get $seconds) (local.get $nanoseconds) (i32.const 256))
  ;; "The same as `display`, but only return the UTC offset"
  (if (i32.ne (i32.load (i32.const 256)) (local.get $offset)) (then (return (i32.const 2))))
  ;; "The abbreviated name of the timezone"
  (if (i32.eqz (i32.load (i32.const 264))) (then (return (i32.const 3))))
  (i32.shl (i32.gt_u (i32.load8_u (i32.const 268)) (i32.const 1)) (i32.const 2)))
(func $case:in-1970 (result i32) (call $check (i64.const 0) (i32.const 0)))
(func $case:in-january-2026 (result i32) (call $check (i64.const 1768000000) (i32.const 999999999)))
(func $case:in-july-2026 (result i32) (call $check (i64.const 1784000000) (i32.const 1)))
(func $case:in-2100 (result i32) (call $check (i64.const 4102444800) (i32.const 0)))
;; "If the timezone cannot be determined ... `UTC` with a `utc-offset` of 0 and no daylight saving time"
(func $case:in-2-to-the-63-seconds (result i32) (call $check (i64.const 0x8000000000000000) (i32.const 0)))
(func $case:in-2-to-the-64-minus-1-seconds (result i32) (call $check (i64.const -1) (i32.const 0)))
(func $case:with-nanoseconds-that-are-too-many (result i32) (call $check (i64.const 0) (i32.const -1)))
(func $trap:a-result-that-is-misaligned (result i32)
  (call $display (i64.const 0) (i32.const 0) (i32.const 258)) (i32.const 1))
