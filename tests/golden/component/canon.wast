;; RUN: wast --no-run %
;; Canonical definitions: options, and the core functions that they take and make.
(component
  (core module $m
    (memory (export "mem") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
    (func (export "f") (param i32 i32) (result i32) unreachable)
    (func (export "p") (param i32)))
  (core instance $m (instantiate $m))
  (type $t (func (param "s" string) (result (list u8))))
  (func (type $t) (canon lift (core func $m "f") (memory (core memory $m "mem"))
    (realloc (core func $m "realloc")) (post-return (core func $m "p")))))
(assert_invalid
  (component (import "f" (func $f (param "s" string))) (core func (canon lower (func $f))))
  "canonical option `memory` is required")
(assert_invalid
  (component
    (core module $m (memory (export "mem") 1)) (core instance $m (instantiate $m))
    (import "f" (func $f (result string)))
    (core func (canon lower (func $f) (memory (core memory $m "mem")))))
  "canonical option `realloc` is required")
(assert_invalid
  (component
    (core module $m (func (export "f"))) (core instance $m (instantiate $m))
    (func (param "x" u32) (canon lift (core func $m "f"))))
  "lowered parameter types `[I32]` do not match parameter types `[]` of core function 0")
(assert_invalid
  (component
    (core module $m (func (export "f"))) (core instance $m (instantiate $m))
    (func (result f64) (canon lift (core func $m "f"))))
  "lowered result types `[F64]` do not match result types `[]` of core function 0")
(assert_invalid
  (component (import "f" (func $f)) (core func (canon lower (func $f) string-encoding=utf8 string-encoding=utf16)))
  "canonical encoding option `utf8` conflicts with option `utf16`")
(assert_invalid
  (component (import "f" (func $f)) (core func $g (canon lower (func $f)))
    (core func (canon lower (func $f) (post-return $g))))
  "canonical option `post-return` cannot be specified for lowerings")
(assert_invalid
  (component (import "f" (func $f)) (core func (canon lower (func $f) async)))
  "the `async` canonical option requires an async function type")
(assert_invalid
  (component (import "r" (type $r (sub resource))) (core func (canon resource.new $r)))
  "type 0 is not a local resource")
(assert_invalid
  (component (type $s (stream u8)) (core func (canon stream.read $s async)))
  "canonical option `memory` is required")
(assert_invalid
  (component (type $s (future)) (core func (canon stream.new $s)))
  "`stream.new` requires a stream type")
(assert_invalid
  (component (core func (canon context.get i32 1)))
  "`context.get` immediate must be zero: 1")
(assert_invalid
  (component (core func (canon thread.index)))
  "`thread.index` requires the component model threading feature")
