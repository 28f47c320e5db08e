;; RUN: print %
;; Abbreviations of components, which printing writes out.
(component $outer
  (import "host" (instance $host
    (export "thing" (type $thing (sub resource)))
    (export "make" (func (result (own $thing))))))
  (alias export $host "thing" (type $thing))
  (core module $m (export "module")
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
    (func (export "run") (param i32 i32)))
  (core instance $i (instantiate $m))
  (core func $drop (canon resource.drop $thing))
  (core instance (instantiate $m (with "unused" (instance (export "drop" (func $drop))))))
  (func $run (export "run") (param "names" (list string))
    (canon lift (core func $i "run") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
  (type $shape (variant (case "circle" f32) (case "none")))
  (component $inner
    (alias outer $outer $shape (type $local))
    (import "shape" (type $s (eq $local)))
    (import "f" (func $f (param "s" $s) (result (option u8))))
    (export "g" (func $f)))
  (type (component
    (import "m" (core module (import "a" "b" (func (param i32))) (export "c" (global (mut i64)))))
    (export "t" (type (eq $shape)))))
  (instance (export "bundle") (export "r" (func $run)))
)
