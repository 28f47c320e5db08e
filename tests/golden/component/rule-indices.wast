;; RUN: wast --no-run -f all %
;; Index spaces: each of the thirteen has its bounds, and an index means what was defined before.
(assert_invalid (component (core instance (instantiate 0))) "unknown module 0: module index out of bounds")
(assert_invalid (component (core module $m) (core instance (instantiate $m (with "" (instance 3)))))
  "unknown core instance 3: instance index out of bounds")
(assert_invalid (component (alias core export 0 "f" (core func))) "unknown core instance 0: instance index out of bounds")
(assert_invalid (component (instance (instantiate 1))) "unknown component 1: component index out of bounds")
(assert_invalid (component (component $c) (instance (instantiate $c (with "a" (func 0)))))
  "unknown function 0: function index out of bounds")
(assert_invalid (component (component $c) (instance (instantiate $c (with "a" (instance 0)))))
  "unknown instance 0: instance index out of bounds")
(assert_invalid (component (alias export 4 "f" (func))) "unknown instance 4: instance index out of bounds")
(assert_invalid (component (export "f" (func 0))) "unknown function 0: function index out of bounds")
(assert_invalid (component (export "t" (type 0))) "unknown type 0: type index out of bounds")
(assert_invalid (component (export "c" (component 0))) "unknown component 0: component index out of bounds")
(assert_invalid (component (export "m" (core module 0))) "unknown module 0: module index out of bounds")
(assert_invalid (component (import "f" (func (type 2)))) "unknown type 2: type index out of bounds")
(assert_invalid (component (type (record (field "a" 1)))) "unknown type 1: type index out of bounds")
;; an index may not mean itself or what comes later
(assert_invalid (component (type (list 0))) "unknown type 0: type index out of bounds")
(assert_invalid (component (type (list 1)) (type (list u8))) "unknown type 1: type index out of bounds")
(assert_invalid (component (import "m" (core module (type 0)))) "unknown type 0: type index out of bounds")
(assert_invalid (component (core func (canon lower (func 0)))) "unknown function 0: function index out of bounds")
(assert_invalid (component (type (func)) (func (type 0) (canon lift (core func 0))))
  "unknown core function 0: function index out of bounds")
(assert_invalid
  (component
    (import "f" (func $f (param "a" string)))
    (core func (canon lower (func $f) (memory (core memory 0)))))
  "unknown memory 0: memory index out of bounds")
(assert_invalid (component (core func (canon resource.drop 0))) "unknown type 0: type index out of bounds")
(assert_invalid
  (component (core instance (export "t" (table 0)))) "unknown table 0: table index out of bounds")
(assert_invalid
  (component (core instance (export "g" (global 0)))) "unknown global 0: global index out of bounds")
(assert_invalid
  (component (core instance (export "g" (tag 0)))) "unknown tag 0: tag index out of bounds")
;; the sort of what an index means
(assert_invalid (component (type $t u8) (import "f" (func (type $t)))) "type index 0 is not a function type")
(assert_invalid (component (type $t u8) (import "i" (instance (type $t)))) "type index 0 is not an instance type")
(assert_invalid (component (type $t u8) (import "c" (component (type $t)))) "type index 0 is not a component type")
(assert_invalid (component (type $t (func)) (type (option $t))) "type index 0 is not a defined type")
(assert_invalid (component (type $t (instance)) (type (result $t))) "type index 0 is not a defined type")
(assert_invalid (component (type $t (list u8)) (type (borrow $t))) "type index 0 is not a resource type")
(assert_invalid (component (type $r (resource (rep i32))) (type (list $r))) "type index 0 is not a defined type")
