;; RUN: wast --no-run -f all %
;; Resources: where they are defined, what they are made of, and who may look into them.
(component
  (core module $m (func (export "d") (param i32)))
  (core instance $i (instantiate $m))
  (type $r (resource (rep i32) (dtor (core func $i "d"))))
  (core func (canon resource.new $r))
  (core func (canon resource.rep $r))
  (core func (canon resource.drop $r)))
(assert_invalid (component (type (component (type (resource (rep i32))))))
  "resources can only be defined within a concrete component")
(assert_invalid (component (type (instance (type (resource (rep i32))))))
  "resources can only be defined within a concrete component")
(assert_invalid (component (type (resource (rep f64)))) "resources can only be represented by `i32` or `i64`")
(assert_invalid
  (component
    (core module $m (func (export "d") (param i32) (result i32) unreachable))
    (core instance $i (instantiate $m))
    (type (resource (rep i32) (dtor (core func $i "d")))))
  "core function 0 has wrong signature for a destructor")
(assert_invalid
  (component
    (core module $m (func (export "d")))
    (core instance $i (instantiate $m))
    (type (resource (rep i32) (dtor (core func $i "d")))))
  "core function 0 has wrong signature for a destructor")
;; who imports a resource can drop it, not more
(component (import "r" (type $r (sub resource))) (core func (canon resource.drop $r)))
(assert_invalid (component (import "r" (type $r (sub resource))) (core func (canon resource.new $r)))
  "type 0 is not a local resource")
(assert_invalid (component (import "r" (type $r (sub resource))) (core func (canon resource.rep $r)))
  "type 0 is not a local resource")
(assert_invalid (component (type $t u8) (core func (canon resource.drop $t))) "type index 0 is not a resource type")
(assert_invalid
  (component
    (component $c (type $r (resource (rep i32))) (export "r" (type $r)))
    (instance $i (instantiate $c))
    (alias export $i "r" (type $r))
    (core func (canon resource.rep $r)))
  "type 0 is not a local resource")
;; every instance has resources of its own
(assert_invalid
  (component
    (component $c (type $r (resource (rep i32))) (export $e "r" (type $r))
      (core module $m (func (export "f") (result i32) unreachable))
      (core instance $i (instantiate $m))
      (func (export "f") (result (own $e)) (canon lift (core func $i "f"))))
    (instance $a (instantiate $c))
    (instance $b (instantiate $c))
    (component $d
      (import "r" (type $r (sub resource)))
      (import "f" (func (result (own $r)))))
    (instance (instantiate $d (with "r" (type $a "r")) (with "f" (func $b "f")))))
  "resource types are not the same")
;; two imports are two resources
(assert_invalid
  (component
    (import "a" (type $a (sub resource)))
    (import "b" (type $b (sub resource)))
    (import "f" (func $f (param "x" (own $a))))
    (export "f" (func $f) (func (param "x" (own $b)))))
  "resource types are not the same")
