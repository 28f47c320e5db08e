(component
  (import "f" (func $f (result u32)))
  (core func $f' (canon lower (func $f)))
  (core module $m
    (import "" "f" (func $f (result i32)))
    (func (export "answer") (result i32) (call $f)))
  (core instance $i (instantiate $m (with "" (instance (export "f" (func $f'))))))
  (func $answer (result u32) (canon lift (core func $i "answer")))
  (export "answer" (func $answer)))
