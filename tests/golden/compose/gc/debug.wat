;; Code stays where debugging information tells of it, and so do exports that only it needs: a function
;; whose reference is taken must be exported or in a table.
(component
  (core module $m
    (@custom ".debug_info" "x")
    (func $named)
    (func $dead (drop (ref.func $named)))
    (func (export "f") (result i32) (i32.const 42))
    (export "named" (func $named))
    (export "dead" (func $dead)))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (func $g (canon lift (core func $i "dead")))
  (export "f" (func $f))
  (export "g" (func $g)))
