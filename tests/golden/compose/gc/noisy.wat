;; An instance that nobody takes anything from stays where it does something: its component
;; instantiates another one that has a start function.
(component $C
  (component $noisy
    (core module $m (func $begin) (start $begin))
    (core instance (instantiate $m)))
  (component $outer
    (alias outer $C $noisy (component $it))
    (instance (instantiate $it)))
  (instance (instantiate $outer))
  (core module $m (func (export "f") (result i32) (i32.const 42)))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (export "f" (func $f)))
