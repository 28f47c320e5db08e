;; RUN: wast --no-run -f all %
;; Type definitions: what each may be made of.
(component
  (type (record (field "a" u8) (field "b-C" string)))
  (type (variant (case "none") (case "some" u32)))
  (type (result)) (type (result (error string)))
  (type $r (resource (rep i32)))
  (type (own $r)) (type (list (own $r)))
  (type (func (param "x" (borrow $r)) (result string)))
  (type (component (import "a" (func)) (export "b" (type (sub resource)))))
)
(assert_invalid (component (type (record))) "record type must have at least one field")
(assert_invalid (component (type (variant))) "variant type must have at least one case")
(assert_invalid (component (type (tuple))) "tuple type must have at least one type")
(assert_invalid (component (type (flags))) "flags must have at least one entry")
(assert_invalid (component (type (enum))) "enum type must have at least one variant")
(assert_invalid (component (type (record (field "a" u8) (field "A" u8))))
  "record field name `A` conflicts with previous field name `a`")
(assert_invalid (component (type (func (param "x" u8) (param "x" u8))))
  "function parameter name `x` conflicts with previous parameter name `x`")
(assert_invalid (component (type (flags "1a"))) "flag name `1a` is not in kebab case")
(assert_invalid (component (type (enum ""))) "enum tag name cannot be empty")
(assert_invalid (component (type (stream char))) "`stream<char>` is not valid at this time")
(assert_invalid (component (type (list u8 0))) "must have more than zero elements")
(assert_invalid (component (type (list u64 33554432))) "exceeds maximum byte size")
(assert_invalid (component (type $f (func)) (type (list $f))) "type index 0 is not a defined type")
(assert_invalid (component (type $a u8) (type (own $a))) "type index 0 is not a resource type")
(assert_invalid (component (type (list 9))) "unknown type 9: type index out of bounds")
(assert_invalid
  (component (type $r (resource (rep i32))) (type (func (result (borrow $r)))))
  "function result cannot contain a `borrow` type")
(assert_invalid (component (type (resource (rep f32)))) "resources can only be represented by")
(assert_invalid
  (component (type (instance (type (resource (rep i32))))))
  "resources can only be defined within a concrete component")
(assert_invalid
  (component
    (core module $m (func (export "f") (param i64)))
    (core instance $i (instantiate $m))
    (core func $f (alias core export $i "f"))
    (type (resource (rep i32) (dtor (core func $f)))))
  "core function 0 has wrong signature for a destructor")
(assert_invalid
  (component (core type $t (module (import "a" "b" (func)) (import "a" "b" (func)))))
  "module has a duplicate import name `a:b` that is not allowed in components")
(assert_invalid
  (component (core type $t (module (export "b" (func)) (export "b" (memory 1)))))
  "duplicate export name `b` already defined")
(assert_invalid
  (component (core type $f (func)) (import "m" (core module (type $f))))
  "core type index 0 is not a module type")
(assert_invalid
  (component (core type $a (func)) (core type (sub $a (func))))
  "sub type cannot have a final super type")
