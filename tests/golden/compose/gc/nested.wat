;; What nobody takes goes from components inside, too.
(component
  (component $inner
    (core module $m
      (func (export "f") (result i32) (i32.const 42))
      (func (export "dead") (result i32) (i32.const 43)))
    (core instance $i (instantiate $m))
    (func $f (result u32) (canon lift (core func $i "f")))
    (func $g (result u32) (canon lift (core func $i "dead")))
    (export "f" (func $f))
    (export "g" (func $g)))
  (instance $a (instantiate $inner))
  (export "f" (func $a "f"))
  (export "g" (func $a "g")))
