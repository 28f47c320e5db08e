;; RUN: plug % --plug %dir/parts/mid.wat --plug %dir/parts/store.wat -t
;; RUN[explain]: plug % --plug %dir/parts/store.wat --plug %dir/parts/mid.wat --explain
;; RUN[json]: plug % --plug %dir/parts/mid.wat --plug %dir/parts/store.wat --json
;; RUN[dot]: plug % --plug %dir/parts/mid.wat --plug %dir/parts/store.wat --graph dot
;; RUN[dry]: plug % --plug %dir/parts/mid.wat --dry-run
;; FAIL[version]: plug --strict % --plug %dir/parts/mid.wat --plug %dir/parts/store-2.wat -o %tmp/x
;; FAIL[type]: plug --strict % --plug %dir/parts/mid.wat --plug %dir/parts/store-64.wat -o %tmp/x
;; FAIL[two]: plug --strict % --plug %dir/parts/mid.wat --plug %dir/parts/store.wat --plug %dir/parts/store.wat -o %tmp/x
;; FAIL[nothing]: plug % --plug %dir/parts/store.wat -o %tmp/x
;; FAIL[cycle]: plug % --plug %dir/parts/mid.wat --plug %dir/parts/circle.wat -o %tmp/x
;; RUN[store]: plug % --plug %dir/parts/mid.wat --plug %dir/parts/store.wat -o %tmp/plugged.wasm
;; RUN[apart]: decompose %tmp/plugged.wasm -o %tmp/apart
;; RUN[again]: compose -c %tmp/apart/compose.yml --explain
;; RUN[version-2]: retarget %tmp/plugged.wasm a:b/store@1.0.3=1.2.0 a:b/store@1.0.0=1.2.0 -t
;; FAIL[no-version]: retarget %tmp/plugged.wasm a:b/store@1.0.4=1.2.0 -t
;; FAIL[no-composition]: decompose %dir/parts/store.wat -o %tmp/none
(component
  (import "a:b/mid@0.1.0" (instance $mid (export "f" (func (result u32)))))
  (import "a:b/other@0.1.0" (instance (export "h" (func (param "x" string) (result u32)))))
  (core func $f (canon lower (func $mid "f")))
  (core module $m
    (import "mid" "f" (func $f (result i32)))
    (func (export "f") (result i32) (i32.add (call $f) (i32.const 1))))
  (core instance $i (instantiate $m (with "mid" (instance (export "f" (func $f))))))
  (func $answer (result u32) (canon lift (core func $i "f")))
  (export "answer" (func $answer)))
