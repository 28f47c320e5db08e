;; RUN: wast --no-run -f all,-custom-descriptors %
;; Faults of the instructions on references, one a module.

(assert_invalid (module (type (func)) (func (struct.new 0) drop))
  "expected struct type at index 0, found (func)")
(assert_invalid (module (type (struct)) (func (struct.get 0 1 (ref.null 0)) drop)) "unknown field")
(assert_invalid (module (type (struct (field i32))) (func (struct.set 0 0 (ref.null 0) (i32.const 0))))
  "immutable field")
(assert_invalid (module (type (array i32)) (func (array.set 0 (ref.null 0) (i32.const 0) (i32.const 0))))
  "immutable array")
(assert_invalid (module (type (struct (field i8))) (func (struct.get 0 0 (ref.null 0)) drop))
  "can only use struct `get` with non-packed storage types")
(assert_invalid (module (type (array i32)) (func (array.get_s 0 (ref.null 0) (i32.const 0)) drop))
  "cannot use array.get_s with non-packed storage types")
(assert_invalid (module (type (struct (field (ref func)))) (func struct.new_default 0 drop))
  "invalid `struct.new_default`: (ref func) field is not defaultable")
(assert_invalid
  (module (type (array (mut i8))) (type (array i16))
    (func (array.copy 0 1 (ref.null 0) (i32.const 0) (ref.null 1) (i32.const 0) (i32.const 0))))
  "array types do not match: expected i8, found i16")
(assert_invalid
  (module (type (array (mut (ref null func)))) (data "")
    (func (array.init_data 0 0 (ref.null 0) (i32.const 0) (i32.const 0) (i32.const 0))))
  "array type is not numeric or vector")
(assert_invalid
  (module (type (array i32)) (elem func) (func (array.new_elem 0 0 (i32.const 0) (i32.const 0)) drop))
  "array.new_elem can only create arrays with reference elements")
(assert_invalid
  (module (type (array externref)) (elem func)
    (func (array.new_elem 0 0 (i32.const 0) (i32.const 0)) drop))
  "element segment 0 type mismatch: expected externref, found (ref func)")
(assert_invalid (module (func (block (br_on_non_null 0 (ref.null func)))))
  "br_on_non_null target has no label types")
(assert_invalid
  (module (func (result i32) (block (result i32) (br_on_non_null 0 (ref.null func)) i32.const 0)))
  "br_on_non_null target does not end with heap type")
(assert_invalid (module (func (block (br_on_cast 0 anyref i31ref (ref.null any)) drop)))
  "br_on_cast to label with empty types")
(assert_invalid (module (func (ref.cast contref (ref.null cont)) drop))
  "invalid cast: cannot cast to a continuation type")
(assert_invalid (module (func (ref.eq (ref.null (shared eq)) (ref.null eq)) drop))
  "expected `ref.eq` types to match `shared`-ness")
(assert_invalid (module (type (func (param i32))) (func (call_ref 0 (i32.const 0) (ref.null func))))
  "expected (ref null $type), found funcref, where $type is 0")
(assert_invalid (module (func (array.len (ref.null any)) drop)) "expected arrayref, found anyref")

;; Stack switching.
(assert_invalid (module (type (func)) (func (cont.new 0 (ref.null 0)) drop)) "non-continuation type 0")
(assert_invalid
  (module (type $f (func)) (type $c (cont $f)) (type $g (func (param i32))) (type $d (cont $g))
    (func (cont.bind $c $d (ref.null $c)) drop))
  "type mismatch in continuation arguments")
(assert_invalid
  (module (type $f (func)) (type $c (cont $f)) (tag $t)
    (func (block (resume $c (on $t 0) (ref.null $c)))))
  "instruction requires continuation reference type but label has none")
(assert_invalid
  (module (type $f (func)) (type $c (cont $f)) (tag $t (result i32))
    (func (resume $c (on $t switch) (ref.null $c))))
  "switch tag does not match continuation")

;; Atomic accesses.
(assert_invalid (module (global (shared f32) (f32.const 0)) (func global.atomic.get seq_cst 0 drop))
  "`global.atomic.get` only allows `i32`, `i64` and subtypes of `anyref`")
(assert_invalid
  (module (type $f (shared (func))) (global i32 (i32.const 0)) (func (type $f) global.get 0 drop))
  "shared functions cannot access unshared globals")
