;; RUN: wast --no-run %
;; Names of imports and exports, and what they say about their items.
(component
  (import "a:b/c@1.2.3" (instance))
  (import "r" (type $r (sub resource)))
  (import "[constructor]r" (func (param "a" u8) (result (own $r))))
  (import "[method]r.m" (func (param "self" (borrow $r))))
  (import "[static]r.m-2" (func)))
(assert_invalid (component (import "aB" (func))) "`aB` is not in kebab case")
(assert_invalid (component (import "a:b" (func))) "expected `/` after package name")
(assert_invalid (component (import "a:b/c@1.2" (instance))) "unexpected end of input")
(assert_invalid (component (import "a:b/c@1.2.3-" (instance))) "empty identifier segment")
(assert_invalid (component (import "[method]r" (func))) "failed to find `.` character")
(assert_invalid (component (import "a" (func)) (import "A" (func)))
  "import name `A` conflicts with previous name `a`")
(assert_invalid (component (import "[static]r.m" (func))) "static resource name is not known")
(assert_invalid
  (component (import "r" (type $r (sub resource))) (import "[method]r.m" (func (param "x" (borrow $r)))))
  "first argument called `self`")
(assert_invalid
  (component (import "r" (type $r (sub resource))) (import "[method]r.m" (func (param "self" (own $r)))))
  "first argument of `(borrow $T)`")
(assert_invalid
  (component (import "r" (type $r (sub resource))) (import "[constructor]r" (func)))
  "function should return one value")
(assert_invalid
  (component (import "r" (type $r (sub resource))) (import "q" (type $q (sub resource)))
    (import "[constructor]q" (func (result (own $r)))))
  "function does not match expected resource name `r`")
(assert_invalid
  (component (import "r" (type $r (sub resource))) (import "[method]r.m" (instance)))
  "item is not a func")
(assert_invalid
  (component (type $p (record (field "x" u8))) (import "f" (func (param "p" $p))))
  "func not valid to be used as import")
(assert_invalid
  (component (type $p (enum "x")) (type $i (instance (export "t" (type (eq $p)))))
    (type $q (record (field "e" $p))) (export "q" (type $q)))
  "type not valid to be used as export")
