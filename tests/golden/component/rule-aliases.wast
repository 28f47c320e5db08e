;; RUN: wast --no-run -f all %
;; Aliases: of exports, and of what stands outside.
(component
  (type $t u8) (core type $f (func)) (core module $m) (component $c)
  (component
    (alias outer 1 $t (type)) (alias outer 1 $f (core type)) (alias outer 1 $m (core module))
    (alias outer 1 $c (component)))
  (type (instance (alias outer 1 $t (type)) (alias outer 1 $f (core type)))))
(assert_invalid (component (alias outer 0 0 (type))) "unknown type 0: type index out of bounds")
(assert_invalid (component (alias outer 1 0 (type))) "invalid outer alias count of 1")
(assert_invalid (component (component (alias outer 2 0 (type)))) "invalid outer alias count of 2")
(assert_invalid (component (alias outer 4294967295 0 (type))) "invalid outer alias count of 4294967295")
(assert_invalid (component (component (alias outer 1 0 (component)))) "unknown component 0: component index out of bounds")
(assert_invalid (component (component (alias outer 1 0 (core module)))) "unknown module 0: module index out of bounds")
(assert_invalid (component (component (alias outer 1 0 (core type)))) "unknown type 0: type index out of bounds")
(assert_invalid (component (import "i" (instance $i)) (alias export $i "x" (func))) "instance 0 has no export named `x`")
(assert_invalid
  (component (import "i" (instance $i (export "x" (func)))) (alias export $i "x" (instance)))
  "export `x` for instance 0 is not a instance")
(assert_invalid
  (component (core module $m) (core instance $i (instantiate $m)) (alias core export $i "x" (core func)))
  "core instance 0 has no export named `x`")
(assert_invalid
  (component
    (core module $m (memory (export "x") 1))
    (core instance $i (instantiate $m))
    (alias core export $i "x" (core func)))
  "export `x` for core instance 0 is not a function")
;; resources do not cross the border of a component
(assert_invalid
  (component (type $r (resource (rep i32))) (component (alias outer 1 $r (type))))
  "refers to resources not defined in the current component")
(assert_invalid
  (component (import "r" (type $r (sub resource))) (type $l (list (own $r))) (component (alias outer 1 $l (type))))
  "refers to resources not defined in the current component")
(assert_invalid
  (component (import "r" (type $r (sub resource))) (type $f (func (param "a" (borrow $r)))) (component (alias outer 1 $f (type))))
  "refers to resources not defined in the current component")
(component (type $i (instance (export "r" (type (sub resource))))) (component (alias outer 1 $i (type))))
;; in types there are aliases of types and instances
(assert_invalid (component (component $c) (type (component (alias outer 1 $c (component)))))
  "may only refer to types or instances")
(assert_invalid
  (component (type (component (import "i" (instance $i (export "f" (func)))) (alias export $i "f" (func)))))
  "may only refer to types or instances")
