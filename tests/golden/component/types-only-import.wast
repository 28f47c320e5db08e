;; RUN: wast %
;; Imports that hold nothing but types are given by nobody.
(component ;; a record
  (import "a:b/types" (instance
    (type $r (record (field "x" u32)))
    (export "r" (type (eq $r)))))
  (core module $m (func (export "f") (result i32) (i32.const 7)))
  (core instance $i (instantiate $m))
  (func (export "f") (result u32) (canon lift (core func $i "f"))))
(assert_return (invoke "f") (u32.const 7))
(assert_unlinkable (component
  (import "a:b/res" (instance (export "r" (type (sub resource)))))) "is missing")
(assert_unlinkable (component
  (import "a:b/fun" (instance (export "f" (func))))) "is missing")
