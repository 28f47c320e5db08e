;; RUN: wast --no-run %
;; Malformed bytes.

(assert_malformed (module binary "\00as") "unexpected end")
(assert_malformed (module binary "wasm\01\00\00\00") "magic header not detected")
(assert_malformed (module binary "\00asm\02\00\00\00") "unknown binary version")
(assert_malformed (module binary "\00asm\01\00\00\00" "\0e\00") "malformed section id: 14")
(assert_malformed (module binary "\00asm\01\00\00\00" "\01\05\01\60\00") "length out of bounds")
(assert_malformed (module binary "\00asm\01\00\00\00" "\01\05\01\60\00\00\00") "section size mismatch")
(assert_malformed (module binary "\00asm\01\00\00\00" "\02\01\00" "\01\01\00") "section out of order")
(assert_malformed (module binary "\00asm\01\00\00\00" "\01\02\01\40") "malformed definition type")
(assert_malformed (module binary "\00asm\01\00\00\00" "\01\05\01\60\01\79\00") "invalid value type 0x79")
(assert_malformed (module binary "\00asm\01\00\00\00" "\01\04\01\5e\7f\02") "malformed mutability")
(assert_malformed (module binary "\00asm\01\00\00\00" "\01\05\01\50\02\00\00") "multiple supertypes not supported")
(assert_malformed (module binary "\00asm\01\00\00\00" "\02\06\01\01a\01b\09") "malformed import kind")
(assert_malformed (module binary "\00asm\01\00\00\00" "\02\04\01\01\ff\00") "malformed UTF-8 encoding")
(assert_malformed (module binary "\00asm\01\00\00\00" "\04\04\01\7f\00\00") "malformed reference type")
(assert_malformed (module binary "\00asm\01\00\00\00" "\04\05\01\40\01\70\00") "zero byte expected")
(assert_malformed (module binary "\00asm\01\00\00\00" "\05\03\01\10\00") "malformed limits flags 0x10")
(assert_malformed (module binary "\00asm\01\00\00\00" "\07\05\01\01a\07\00") "malformed export kind")
(assert_malformed (module binary "\00asm\01\00\00\00" "\06\05\01\7f\00\41\00") "END opcode expected")
(assert_malformed (module binary "\00asm\01\00\00\00" "\09\02\01\08") "invalid flags byte in element segment")
(assert_malformed (module binary "\00asm\01\00\00\00" "\0b\02\01\03") "invalid flags byte in data segment")
(assert_malformed (module binary "\00asm\01\00\00\00" "\0c\01\01")
  "data count and data section have inconsistent lengths")
(assert_malformed (module binary "\00asm\01\00\00\00" "\0a\04\01\02\00\0b")
  "function and code section have inconsistent lengths")
(assert_malformed
  (module binary "\00asm\01\00\00\00" "\01\04\01\60\00\00" "\03\02\01\00"
    "\0a\0a\01\08\01\ff\ff\ff\ff\0f\7f\0b")
  "too many locals")
(assert_malformed
  (module binary "\00asm\01\00\00\00" "\01\04\01\60\00\00" "\03\02\01\00" "\0a\06\01\04\00\02\40\0b")
  "control frames remain")
(assert_malformed
  (module binary "\00asm\01\00\00\00" "\01\04\01\60\00\00" "\03\02\01\00" "\0a\06\01\04\00\fc\7f\0b")
  "illegal opcode fc 7f")
(assert_malformed
  (module binary "\00asm\01\00\00\00" "\01\04\01\60\00\00" "\03\02\01\00" "\0a\05\01\03\00\0b\01")
  "operators remaining after end of function")
(assert_malformed (module binary "\00asm\01\00\00\00" "\06\0b\01\7f\00\41\80\80\80\80\80\00\0b")
  "integer representation too long")
(assert_malformed (module binary "\00asm\01\00\00\00" "\06\0a\01\7f\00\41\80\80\80\80\70\0b")
  "integer too large")
