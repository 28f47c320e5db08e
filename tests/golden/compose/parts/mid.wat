(component
  (import "a:b/store@1.0.0" (instance $store (export "get" (func (result u32)))))
  (core func $get (canon lower (func $store "get")))
  (core module $m
    (import "store" "get" (func $get (result i32)))
    (func (export "f") (result i32) (i32.add (call $get) (i32.const 1))))
  (core instance $i (instantiate $m (with "store" (instance (export "get" (func $get))))))
  (func $f (result u32) (canon lift (core func $i "f")))
  (instance $x (export "f" (func $f)))
  (export "a:b/mid@0.1.0" (instance $x)))
