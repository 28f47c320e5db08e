;; RUN: wast --no-run -f all %
;; Instances, and what may stand for what.
(component
  (import "i" (instance $i (export "f" (func (param "a" u32))) (export "g" (func))))
  (component $c (import "i" (instance (export "f" (func (param "a" u32))))))
  (instance (instantiate $c (with "i" (instance $i)))))
(assert_invalid (component (component $c (import "f" (func))) (instance (instantiate $c)))
  "missing import named `f`")
(assert_invalid
  (component (import "f" (func $f)) (component $c (import "f" (instance))) (instance (instantiate $c (with "f" (func $f)))))
  "expected instance, found func")
(assert_invalid
  (component (component $c) (import "f" (func $f))
             (instance (instantiate $c (with "f" (func $f)) (with "f" (func $f)))))
  "instantiation argument `f` conflicts with previous argument `f`")
(assert_invalid
  (component (import "i" (instance $i)) (component $c (import "i" (instance (export "f" (func)))))
             (instance (instantiate $c (with "i" (instance $i)))))
  "missing expected export `f`")
(assert_invalid
  (component (import "f" (func $f (param "a" u32))) (component $c (import "f" (func (param "a" u64))))
             (instance (instantiate $c (with "f" (func $f)))))
  "expected primitive `u64` found primitive `u32`")
(assert_invalid
  (component (import "f" (func $f (param "a" u32))) (component $c (import "f" (func (param "b" u32))))
             (instance (instantiate $c (with "f" (func $f)))))
  "expected parameter named `b`, found `a`")
(assert_invalid
  (component (import "f" (func $f (param "a" u32))) (component $c (import "f" (func)))
             (instance (instantiate $c (with "f" (func $f)))))
  "expected 0 parameters, found 1")
(assert_invalid
  (component (import "f" (func $f (result u32))) (component $c (import "f" (func)))
             (instance (instantiate $c (with "f" (func $f)))))
  "only one of the two functions has a result")
(assert_invalid
  (component (import "f" (func $f async)) (component $c (import "f" (func)))
             (instance (instantiate $c (with "f" (func $f)))))
  "expected sync function, found async function")
(assert_invalid
  (component
    (type $t u8)
    (component $c (type $u u16) (import "t" (type (eq $u))))
    (instance (instantiate $c (with "t" (type $t)))))
  "expected primitive `u16` found primitive `u8`")
(assert_invalid
  (component
    (type $t' (record (field "a" u8)))
    (import "t" (type $t (eq $t')))
    (component $c (type $t' (record (field "b" u8))) (import "t" (type (eq $t'))))
    (instance (instantiate $c (with "t" (type $t)))))
  "expected field name `b`, found `a`")
(assert_invalid
  (component
    (type $t' (variant (case "a" u8)))
    (import "t" (type $t (eq $t')))
    (component $c (type $t' (variant (case "a"))) (import "t" (type (eq $t'))))
    (instance (instantiate $c (with "t" (type $t)))))
  "expected case `a` to have no type")
(assert_invalid
  (component
    (type $t' (enum "a" "b"))
    (import "t" (type $t (eq $t')))
    (component $c (type $t' (enum "b" "a")) (import "t" (type (eq $t'))))
    (instance (instantiate $c (with "t" (type $t)))))
  "mismatch in enum elements")
(assert_invalid
  (component
    (type $t u8)
    (component $c (import "t" (type (sub resource))))
    (instance (instantiate $c (with "t" (type $t)))))
  "expected resource, found defined type")
(assert_invalid
  (component
    (import "f" (func $f (param "a" (list u8))))
    (component $c (import "f" (func (param "a" (option u8)))))
    (instance (instantiate $c (with "f" (func $f)))))
  "expected option, found list")
(assert_invalid
  (component
    (import "f" (func $f (result (result u8))))
    (component $c (import "f" (func (result (result u8 (error string))))))
    (instance (instantiate $c (with "f" (func $f)))))
  "expected err type, but found none")
(assert_invalid
  (component
    (import "f" (func $f (param "a" (stream u8))))
    (component $c (import "f" (func (param "a" (stream)))))
    (instance (instantiate $c (with "f" (func $f)))))
  "expected stream type to not be present")
(assert_invalid
  (component
    (import "f" (func $f (param "a" (list u8 4))))
    (component $c (import "f" (func (param "a" (list u8 5)))))
    (instance (instantiate $c (with "f" (func $f)))))
  "expected fixed-length 5, found size 4")
;; core modules
(assert_invalid
  (component (core module $m (import "a" "f" (func))) (core instance (instantiate $m)))
  "missing module instantiation argument named `a`")
(assert_invalid
  (component
    (core module $a) (core instance $a (instantiate $a))
    (core module $m (import "a" "f" (func))) (core instance (instantiate $m (with "a" (instance $a)))))
  "module instantiation argument `a` does not export an item named `f`")
(assert_invalid
  (component
    (core module $a (func (export "f") (param i32))) (core instance $a (instantiate $a))
    (core module $m (import "a" "f" (func))) (core instance (instantiate $m (with "a" (instance $a)))))
  "type mismatch for export `f` of module instantiation argument `a`")
(assert_invalid
  (component
    (core module $a (memory (export "f") 1)) (core instance $a (instantiate $a))
    (core module $m (import "a" "f" (memory 2))) (core instance (instantiate $m (with "a" (instance $a)))))
  "mismatch in memory limits")
(assert_invalid
  (component
    (core module $a (global (export "f") i32 (i32.const 0))) (core instance $a (instantiate $a))
    (core module $m (import "a" "f" (global (mut i32)))) (core instance (instantiate $m (with "a" (instance $a)))))
  "global types differ in mutability")
(assert_invalid
  (component
    (core module $a) (core instance $a (instantiate $a))
    (core module $m) (core instance (instantiate $m (with "a" (instance $a)) (with "a" (instance $a)))))
  "duplicate module instantiation argument named `a`")
(assert_invalid
  (component (core module $m (import "a" "f" (func)) (import "a" "f" (func))))
  "module has a duplicate import name `a:f` that is not allowed in components")
;; ascribed types
(assert_invalid
  (component (import "f" (func $f)) (export "g" (func $f) (func (param "a" u8))))
  "ascribed type of export is not compatible with item's type")
(assert_invalid
  (component (import "i" (instance $i)) (export "j" (instance $i) (instance (export "f" (func)))))
  "missing expected export `f`")
(component
  (import "i" (instance $i (export "f" (func)) (export "g" (func))))
  (export "j" (instance $i) (instance (export "f" (func)))))
;; components as arguments: they import less and export more
(component
  (component $c (import "c" (component (import "a" (func)) (export "x" (instance)))))
  (component $d (instance $i) (export "x" (instance $i)) (export "y" (instance $i)))
  (instance (instantiate $c (with "c" (component $d)))))
(assert_invalid
  (component
    (component $c (import "c" (component (export "x" (instance)))))
    (component $d (import "a" (func)) (instance $i) (export "x" (instance $i)))
    (instance (instantiate $c (with "c" (component $d)))))
  "missing import named `a`")
(assert_invalid
  (component
    (component $c (import "c" (component (export "x" (instance)))))
    (component $d)
    (instance (instantiate $c (with "c" (component $d)))))
  "missing export named `x`")
