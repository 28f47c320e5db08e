;; A module by another name.
(component $C
  (core module $m
    (func (export "f") (result i32) (i32.const 42))
    (func (export "unused")))
  (alias outer $C $m (core module $again))
  (core instance $i (instantiate $again))
  (func $f (result u32) (canon lift (core func $i "f")))
  (export "f" (func $f)))
