;; RUN: wast --no-run -f all %
;; Handlers whose label does not take the continuation that is left.

(assert_invalid
  (module (type $f (func)) (type $c (cont $f)) (tag $t)
    (func (block $l (result (ref $f)) (resume $c (on $t $l) (ref.null $c)) unreachable) drop))
  "non-continuation type 0")
(assert_invalid
  (module (type $f (func)) (type $c (cont $f)) (tag $t)
    (func (block $l (result (ref cont)) (resume $c (on $t $l) (ref.null $c)) unreachable) drop))
  "instruction requires concrete continuation reference type but label has [(ref cont)]")
(assert_invalid
  (module (type $f (func)) (type $c (cont $f)) (tag $t)
    (func (block $l (result i32) (resume $c (on $t $l) (ref.null $c)) unreachable) drop))
  "instruction requires continuation reference type but label has none")
(assert_invalid
  (module (type $f (func)) (type $c (cont $f)) (tag $t (param i32))
    (func (block $l (result f32 (ref $c)) (resume $c (on $t $l) (ref.null $c)) unreachable)
      drop drop))
  "type mismatch between tag type and label type")
(assert_invalid
  (module
    (rec (type $f (func (param (ref $c)))) (type $c (cont $f)))
    (tag $t (param i32))
    (func (param (ref $c)) (switch $c $t (local.get 0))))
  "type mismatch in switch tag")
