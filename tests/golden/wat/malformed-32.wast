;; RUN: wast --no-run --error-messages -f -memory64 %
;; Sizes where memories and tables have 32 bits only.

(assert_malformed (module quote "(memory 0x1_0000_0000)") "i32 constant out of range")
(assert_malformed (module quote "(memory 0 0x1_0000_0000)") "i32 constant out of range")
(assert_malformed (module quote "(table 0 0x1_0000_0000 funcref)") "i32 constant out of range")
(assert_invalid (module (memory 0x1_0001)) "memory size must be at most")
