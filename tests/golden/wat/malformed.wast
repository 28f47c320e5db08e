;; RUN: wast --no-run --error-messages -f all %
;; Texts that do not parse, each with the specification's phrase and, where it differs, another's.

(assert_malformed (module quote "(func $\"a\nb\")") "empty identifier")
(assert_malformed (module quote "(func $\"a\tb\")") "empty identifier")
(assert_malformed (module quote "(func $)") "empty identifier")
(assert_malformed (module quote "(func (block $l (br $\"l\"0)))") "unknown operator $\"l\"0")
(assert_malformed (module quote "(data \"a\nb\")") "unclosed string")
(assert_malformed (module quote "(data \"a\tb\")") "illegal character \\09")
;; too few lanes, of which one would be too large
(assert_malformed (module quote "(func (v128.const i64x2 0x10000000000000000) drop)")
  "wrong number of lane literals")
(assert_malformed (module quote "(func (v128.const i64x2 0x10000000000000000 0) drop)")
  "i64 constant out of range")
(assert_malformed (module quote "(func (v128.const i64x2 0 0 0) drop)")
  "wrong number of lane literals")
(assert_malformed (module quote "(func (i8x16.extract_lane_u -1 (unreachable)) drop)")
  "unexpected token `-1`")
(assert_malformed (module quote "(func (i8x16.extract_lane_u nan (unreachable)) drop)")
  "i8 constant out of range")
(assert_malformed (module quote "(func (i8x16.extract_lane_u 256 (unreachable)) drop)")
  "malformed lane index")
;; parts of a block
(assert_malformed (module quote "(func i32.const 0 if else else end)") "unexpected token `else`")
(assert_malformed (module quote "(func block else end)") "unexpected token `else`")
(assert_malformed (module quote "(func catch_all)") "unexpected token `catch_all`")
(assert_malformed (module quote "(func try catch_all catch_all end)") "unexpected token `catch_all`")
(assert_malformed (module quote "(tag) (func try catch_all catch 0 end)") "unexpected token `catch`")
(assert_malformed (module quote "(tag) (func try catch 0 delegate 0)") "unexpected token `delegate`")
(assert_malformed (module quote "(func block delegate 0)") "`delegate` found outside `Try` block")
(assert_malformed (module quote "(func (try (do) (catch_all) (catch_all)))")
  "unexpected token `catch_all`")
(assert_malformed (module quote "(tag) (func (try (do) (catch 0) (delegate 0)))")
  "unexpected token `delegate`")
(module (tag)
  (func
    try catch 0 catch 0 catch_all end
    try try delegate 0 catch_all end
    (try (do) (catch 0) (catch 0) (catch_all))
    (try (do try catch_all end) (delegate 0))))
;; a size that no memory has is well-formed
(assert_invalid (module (memory 0x1_0000_0000)) "memory size must be at most")
