;; FAIL: parse %
;; A reference to a core item says so, and an export's name stands in such a reference.
(component
  (core module $m (memory (export "memory") 1) (func (export "d") (param i32)))
  (core instance $i (instantiate $m))
  (alias core export $i "d" (core func $d))
  (type $r (resource (rep i32) (dtor (func $d)))))
