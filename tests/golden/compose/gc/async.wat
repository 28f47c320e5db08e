;; Built-ins with a memory or a table of their own.
(component
  (core module $libc
    (func $start (param i32))
    (memory (export "m") 1)
    (table (export "t") funcref (elem $start)))
  (core instance $libc (instantiate $libc))
  (core type $start (func (param i32)))
  (core func $unused (canon waitable-set.new))
  (core func $poll (canon waitable-set.poll (memory (core memory $libc "m"))))
  (core func $thread (canon thread.new-indirect $start (core table $libc "t")))
  (core module $m
    (import "" "poll" (func $poll (param i32 i32) (result i32)))
    (import "" "thread" (func $thread (param i32 i32) (result i32)))
    (func (export "f") (result i32)
      (if (global.get 0) (then (drop (call $poll (i32.const 0) (i32.const 0)))))
      (if (global.get 0) (then (drop (call $thread (i32.const 0) (i32.const 0)))))
      (i32.const 42))
    (global i32 (i32.const 0))
    (func (export "dead") (result i32) (i32.const 43)))
  (core instance $i (instantiate $m (with "" (instance
    (export "poll" (func $poll)) (export "thread" (func $thread))))))
  (func $f (result u32) (canon lift (core func $i "f")))
  (func $g (result u32) (canon lift (core func $i "dead")))
  (export "f" (func $f))
  (export "g" (func $g)))
