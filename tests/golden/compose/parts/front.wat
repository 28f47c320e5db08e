(component
  (import "a:b/mid@0.1.0" (instance $mid (export "f" (func (result u32)))))
  (import "a:b/other@0.1.0" (instance (export "h" (func (param "x" string) (result u32)))))
  (core func $f (canon lower (func $mid "f")))
  (core module $m
    (import "mid" "f" (func $f (result i32)))
    (func (export "f") (result i32) (i32.add (call $f) (i32.const 1))))
  (core instance $i (instantiate $m (with "mid" (instance (export "f" (func $f))))))
  (func $answer (result u32) (canon lift (core func $i "f")))
  (export "answer" (func $answer)))
