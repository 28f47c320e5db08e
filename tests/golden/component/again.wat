;; RUN: component wit %
(component
  (type $i (instance
    (export "r" (type $r (sub resource)))
    (type $rec (record (field "h" (own $r))))
    (export "rec" (type $rec2 (eq $rec)))
    (export "f" (func (param "x" $rec2) (result (own $r))))))
  (import "foo" (instance $foo (type $i)))
  (export "again" (instance $foo))
  (import "a:b/c" (instance $c
    (type $u u8)
    (export "t" (type $t (eq $u)))
    (type $l (list $t))
    (export "l" (type $l2 (eq $l)))
    (export "g" (func (param "x" $l2)))))
  (export "plain" (instance $c))
  (type $byte u8)
  (export "ty" (type $byte)))
