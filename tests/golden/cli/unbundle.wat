;; RUN[all]: component unbundle --module-dir %tmp/modules/deep --threshold 0 % -t
;; RUN[file]: print %tmp/modules/deep/unbundled-module1.wasm
;; RUN[none]: component unbundle --module-dir %tmp/none --threshold 1K % -t
(component $C
  (core type $func (func (param f32)))
  (core type $pair (module (export "f" (func (param i32)))))
  (import "given" (core module $given (type $pair)))
  (core module $host
    (import "env" "memory" (memory 1 2))
    (import "env" "start" (func $start (param i32) (result i32)))
    (func $f (param i32))
    (func $g (param i32) (result i32) (local.get 0))
    (tag $t (param i32))
    (table $table 1 funcref)
    (global $mutable (mut i64) (i64.const 0))
    (export "f" (func $f)) (export "g" (func $g)) (export "start" (func $start))
    (export "t" (tag $t)) (export "table" (table $table)) (export "mutable" (global $mutable)))
  (component $inner
    (alias outer $C $host (core module $alias))
    (core module $small (func (export "g") (param i32) (result i32) (i32.const 1)))
    (core instance $i (instantiate $small))
    (func (export "g") (param "x" u32) (result u32) (canon lift (core func $i "g")))
    (component
      (core type (module (alias outer $C $func (type)) (import "" "" (func (type 0))))))
    (type (component
      (core type (module (alias outer $C $func (type)) (import "" "" (func (type 0))))))))
  (instance (instantiate $inner))
  (core instance (instantiate $given)))
