;; FAIL: validate %
;; A function of one imported resource where the other is expected: both imports are named.
(component
  (type $i (instance
    (export "r" (type $r (sub resource)))
    (type $o (own $r))
    (export "f" (func (param "x" $o)))))
  (import "a:b/one@0.2.0" (instance $one (type $i)))
  (import "a:b/two@0.2.0" (instance $two (type $i)))
  (component $c
    (type $i (instance
      (export "r" (type $r (sub resource)))
      (type $o (own $r))
      (export "f" (func (param "x" $o)))))
    (import "x" (instance $x (type $i)))
    (alias export $x "r" (type $r))
    (type $o (own $r))
    (import "g" (func (param "x" $o))))
  (alias export $two "f" (func $f))
  (instance (instantiate $c (with "x" (instance $one)) (with "g" (func $f)))))
