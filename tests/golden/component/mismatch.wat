;; FAIL: validate -f all %
;; FAIL[json]: validate -f all --message-format json %
;; What may not stand for what, told as WIT: each instantiation is at fault, and each is reported.
(component $root
  (type $i (instance
    (type $p' (record (field "x" u32)))
    (export "point" (type $p (eq $p')))
    (type $e' (enum "not-found" "denied"))
    (export "error-code" (type $e (eq $e')))
    (type $result (result $p (error $e)))
    (export "get" (func (param "name" string) (result $result)))
    (export "set" (func (param "p" $p)))))
  (import "local:shop/points@1.0.0" (instance $points (type $i)))
  (type $r (instance
    (export "request" (type $q (sub resource)))
    (type $own (own $q))
    (type $borrow (borrow $q))
    (export "send" (func (param "r" $own)))
    (export "[method]request.size" (func (param "self" $borrow) (result u64)))))
  (import "local:http/one" (instance $one (type $r)))
  (import "local:http/two" (instance $two (type $r)))
  (import "f" (func $f (param "a" u32) (result string)))
  (import "async" (func $async async (param "a" u32) (result string)))
  (core module $m (func (export "run") (param i32)) (memory (export "memory") 1))

  ;; 1. a parameter's type
  (component $c1 (import "f" (func (param "a" u64) (result string))))
  (instance (instantiate $c1 (with "f" (func $f))))
  ;; 2. a parameter's name
  (component $c2 (import "f" (func (param "b" u32) (result string))))
  (instance (instantiate $c2 (with "f" (func $f))))
  ;; 3. the number of parameters
  (component $c3 (import "f" (func (result string))))
  (instance (instantiate $c3 (with "f" (func $f))))
  ;; 4. the result
  (component $c4 (import "f" (func (param "a" u32) (result (list string)))))
  (instance (instantiate $c4 (with "f" (func $f))))
  ;; 5. no result
  (component $c5 (import "f" (func (param "a" u32))))
  (instance (instantiate $c5 (with "f" (func $f))))
  ;; 6. async or not
  (component $c6 (import "f" (func (param "a" u32) (result string))))
  (instance (instantiate $c6 (with "f" (func $async))))
  ;; 7. another kind of item
  (component $c7 (import "f" (instance (export "x" (func)))))
  (instance (instantiate $c7 (with "f" (func $f))))
  ;; 8. nothing is given
  (component $c8 (import "local:shop/prices" (instance (export "x" (func)))))
  (instance (instantiate $c8 (with "f" (func $f))))
  ;; 9. a record with another field
  (component $c9
    (type $i (instance
      (type $p' (record (field "x" u32) (field "y" u32)))
      (export "point" (type $p (eq $p')))
      (export "set" (func (param "p" $p)))))
    (import "local:shop/points@1.0.0" (instance (type $i))))
  (instance (instantiate $c9 (with "local:shop/points@1.0.0" (instance $points))))
  ;; 10. a field of another type
  (component $c10
    (type $i (instance
      (type $p' (record (field "x" f32)))
      (export "point" (type $p (eq $p')))))
    (import "local:shop/points@1.0.0" (instance (type $i))))
  (instance (instantiate $c10 (with "local:shop/points@1.0.0" (instance $points))))
  ;; 11. an enum with another case
  (component $c11
    (type $i (instance
      (type $e' (enum "not-found"))
      (export "error-code" (type $e (eq $e')))))
    (import "local:shop/points@1.0.0" (instance (type $i))))
  (instance (instantiate $c11 (with "local:shop/points@1.0.0" (instance $points))))
  ;; 12. a function that is missing
  (component $c12 (import "local:shop/points@1.0.0" (instance (export "remove" (func)))))
  (instance (instantiate $c12 (with "local:shop/points@1.0.0" (instance $points))))
  ;; 13. a function of an instance
  (component $c13
    (import "local:shop/points@1.0.0" (instance (export "get" (func (param "name" string) (result string))))))
  (instance (instantiate $c13 (with "local:shop/points@1.0.0" (instance $points))))
  ;; 14. a record where a resource is expected
  (component $c14 (import "local:shop/points@1.0.0" (instance (export "point" (type (sub resource))))))
  (instance (instantiate $c14 (with "local:shop/points@1.0.0" (instance $points))))
  ;; 15. one resource where another is expected: two imports
  (component $c15
    (type $i (instance (export "request" (type (sub resource)))))
    (import "types" (instance $types (type $i)))
    (alias export $types "request" (type $q))
    (import "send" (func (param "r" (own $q)))))
  (alias export $two "send" (func $send-two))
  (instance (instantiate $c15 (with "types" (instance $one)) (with "send" (func $send-two))))
  ;; 16. two instances of one component
  (component $c16
    (type $t (resource (rep i32)))
    (export $e "token" (type $t))
    (core module $m (func (export "new") (result i32) unreachable))
    (core instance $i (instantiate $m))
    (func (export "new") (result (own $e)) (canon lift (core func $i "new"))))
  (instance $a (instantiate $c16))
  (instance $b (instantiate $c16))
  (component $d16
    (import "token" (type $t (sub resource)))
    (import "new" (func (result (own $t)))))
  (instance (instantiate $d16 (with "token" (type $a "token")) (with "new" (func $b "new"))))
  ;; 17. a component that imports too much
  (component $c17 (import "c" (component (export "x" (func)))))
  (component $d17 (import "y" (func $y)) (export "x" (func $y)))
  (instance (instantiate $c17 (with "c" (component $d17))))
  ;; 18. a component that exports too little
  (component $d18)
  (instance (instantiate $c17 (with "c" (component $d18))))
  ;; 19. an ascribed type that does not fit
  (export "g" (func $f) (func (param "a" u8) (result string)))
  ;; 20. a core module that does not fit
  (component $c20 (import "m" (core module (export "run" (func (param i64))))))
  (instance (instantiate $c20 (with "m" (core module $m))))
  ;; 21. what stands on a faulty definition is not reported again
  (instance $bad (instantiate $c1 (with "f" (func $f))))
  (alias export $bad "nothing" (func $nothing))
  (export "nothing" (func $nothing))
  ;; 22. and what has nothing to do with it is
  (export "missing" (func 99))
)
