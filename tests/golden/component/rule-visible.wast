;; RUN: wast --no-run -f all %
;; What imports and exports speak of must have a name for the outside.
(component
  (type $r' (record (field "a" u8)))
  (import "r" (type $r (eq $r')))
  (import "f" (func (param "x" $r)))
  (type $e' (enum "a"))
  (export $e "e" (type $e'))
  (import "g" (func $g))
  (export "h" (func $g)))
(assert_invalid (component (type $r (record (field "a" u8))) (import "f" (func (param "x" $r))))
  "func not valid to be used as import")
(assert_invalid (component (type $r (variant (case "a"))) (import "f" (func (result (list $r)))))
  "func not valid to be used as import")
(assert_invalid (component (type $r (flags "a")) (import "f" (func (param "x" (tuple u8 $r)))))
  "func not valid to be used as import")
(assert_invalid (component (type $r (enum "a")) (import "f" (func (param "x" (option $r)))))
  "func not valid to be used as import")
(assert_invalid
  (component
    (type $r (record (field "a" u8)))
    (type $s' (record (field "r" $r)))
    (import "s" (type (eq $s'))))
  "type not valid to be used as import")
(assert_invalid
  (component
    (type $r (enum "a"))
    (core module $m (func (export "f") (param i32)))
    (core instance $i (instantiate $m))
    (func $f (param "x" $r) (canon lift (core func $i "f")))
    (export "f" (func $f)))
  "func not valid to be used as export")
(assert_invalid
  (component
    (type $r (resource (rep i32)))
    (core module $m (func (export "f") (param i32)))
    (core instance $i (instantiate $m))
    (func $f (param "x" (own $r)) (canon lift (core func $i "f")))
    (export "f" (func $f)))
  "func not valid to be used as export")
;; a type of an export is no type for an import
(assert_invalid
  (component
    (type $r' (enum "a"))
    (export $r "r" (type $r'))
    (import "f" (func (param "x" $r))))
  "func not valid to be used as import")
(assert_invalid
  (component
    (type $r (resource (rep i32)))
    (export $e "r" (type $r))
    (import "f" (func (param "x" (own $e)))))
  "func not valid to be used as import")
;; the same in types of components
(assert_invalid (component (type (component (type $r (enum "a")) (import "f" (func (param "x" $r))))))
  "func not valid to be used as import")
(assert_invalid (component (type (component (type $r (enum "a")) (export "f" (func (param "x" $r))))))
  "func not valid to be used as export")
