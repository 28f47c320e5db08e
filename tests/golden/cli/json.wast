;; RUN: json-from-wast % --wasm-dir %tmp
;; The JSON form of every directive; an assertion's line is that of its module or action.
(module $M
  (memory (export "shared") 1 1 shared)
  (global (export "g") i64 (i64.const -5))
  (func (export "f") (param i32 f32) (result f64) (f64.const nan)))
(module definition $D)
(module instance $I $D)
(register "mem" $M)
(thread $T (shared (module $M))
  (register "mem" $M)
  (module
    (memory (import "mem" "shared") 1 1 shared)
    (func (export "run")))
  (invoke "run")
  (thread $inner (invoke "run"))
  (wait $inner))
(wait $T)
(assert_return
  (invoke $M "f" (i32.const -1) (f32.const 0x1p-1)) (f64.const nan:canonical))
(assert_return (get $M "g") (i64.const -5))
(assert_trap
  (invoke "f" (i32.const 0) (f32.const nan)) "unreachable")
(assert_trap
  (module (func $s unreachable) (start $s)) "unreachable")
(assert_exhaustion
  (invoke "f") "call stack exhausted")
(assert_exception
  (invoke "f"))
(assert_malformed
  (module
    quote "(func") "unclosed")
(assert_invalid
  (module (func (result i32))) "type mismatch")
(assert_unlinkable
  (module (import "no" "no" (func))) "unknown import")
(module quote "(func)")
