;; RUN: wast --no-run %
;; Instances: arguments, exports, aliases; what can stand for what.
(component
  (type $i (instance (export "f" (func (param "x" u32))) (export "g" (func))))
  (import "i" (instance $i (type $i)))
  (component $c (import "j" (instance (export "g" (func)))))
  (instance (instantiate $c (with "j" (instance $i)))))
(assert_invalid
  (component (component $c (import "x" (func))) (instance (instantiate $c)))
  "missing import named `x`")
(assert_invalid
  (component (component $c (import "x" (func))) (import "i" (instance $i))
    (instance (instantiate $c (with "x" (instance $i)))))
  "type mismatch for import `x`: expected func, found instance")
(assert_invalid
  (component (component $c (import "x" (func (param "a" u8))))
    (import "f" (func $f (param "a" u16)))
    (instance (instantiate $c (with "x" (func $f)))))
  "type mismatch in function parameter `a`: expected primitive `u8` found primitive `u16`")
(assert_invalid
  (component (component $c (import "x" (func (param "a" u8))))
    (import "f" (func $f (param "b" u8)))
    (instance (instantiate $c (with "x" (func $f)))))
  "expected parameter named `a`, found `b`")
(assert_invalid
  (component (component $c (import "x" (instance (export "y" (func)))))
    (import "i" (instance $i))
    (instance (instantiate $c (with "x" (instance $i)))))
  "missing expected export `y`")
(assert_invalid
  (component (component $c) (import "f" (func $f))
    (instance (instantiate $c (with "x" (func $f)) (with "x" (func $f)))))
  "instantiation argument `x` conflicts with previous argument `x`")
(assert_invalid
  (component (import "i" (instance $i)) (alias export $i "f" (func $f)))
  "instance 0 has no export named `f`")
(assert_invalid
  (component (import "i" (instance $i (export "f" (func)))) (alias export $i "f" (instance $f)))
  "export `f` for instance 0 is not a instance")
(assert_invalid
  (component $outer (type $r (resource (rep i32))) (component (alias outer $outer $r (type $x))))
  "refers to resources not defined in the current component")
(assert_invalid (component (alias outer 1 0 (type $x))) "invalid outer alias count of 1")
(assert_invalid
  (component (core module $m (import "a" "f" (func))) (core instance (instantiate $m)))
  "missing module instantiation argument named `a`")
(assert_invalid
  (component
    (core module $m (import "a" "f" (func)))
    (core module $n (func (export "f") (param i32)))
    (core instance $a (instantiate $n))
    (core instance (instantiate $m (with "a" (instance $a)))))
  "type mismatch for export `f` of module instantiation argument `a`")
(assert_invalid
  (component
    (core module $m (import "a" "m" (memory 2)))
    (core module $n (memory (export "m") 1))
    (core instance $a (instantiate $n))
    (core instance (instantiate $m (with "a" (instance $a)))))
  "mismatch in memory limits")
(assert_invalid
  (component (import "r" (type $r (sub resource))) (type $s (resource (rep i32)))
    (export "f" (func 0)))
  "unknown function 0: function index out of bounds")
(assert_invalid
  (component (import "f" (func $f)) (export "f" (func $f) (func (param "x" u8))))
  "ascribed type of export is not compatible")
