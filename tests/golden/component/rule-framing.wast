;; RUN: wast --no-run -f all %
;; The form of the binary: preamble, sections, counts, codes, LEB128.
(component binary "\00asm" "\0d\00\01\00")
(assert_malformed (component binary "\00asx" "\0d\00\01\00") "magic header not detected")
(assert_malformed (component binary "\00asm" "\0c\00\01\00") "unknown binary version")
(assert_malformed (component binary "\00asm" "\0d\00\02\00") "unknown binary version")
(assert_malformed (component binary "\00asm" "\0d\00") "unexpected end")
;; a section id that there is not
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\0d\00") "malformed section id: 13")
;; a section that is longer than the file
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\05\00") "unexpected end")
;; a section that is longer than what is in it
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\02\00\00") "section size mismatch")
;; a section that ends within a definition
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\03\01\70\81") "unexpected end")
;; a count in five bytes is good, one of six bytes is not
(component binary "\00asm" "\0d\00\01\00" "\07\05\80\80\80\80\00")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\06\80\80\80\80\80\00")
  "integer representation too long")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\05\80\80\80\80\70") "integer too large")
;; a name that is no UTF-8
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\00\03\02\ff\fe") "malformed UTF-8 encoding")
;; codes that mean nothing: of a type, an instance, an alias, a canonical definition, an option
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\02\01\3e") "invalid leading byte (0x3e)")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\05\02\01\02") "invalid leading byte (0x2) for instance")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\02\02\01\02") "invalid leading byte (0x2) for core instance")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\06\04\01\03\03\00") "invalid leading byte (0x3) for alias")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\06\06\01\00\00\02\00\00") "invalid leading byte (0x0) for component outer alias kind")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\08\02\01\ff") "invalid leading byte (0xff) for canonical function")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\08\05\01\01\00\00\01") "unexpected end")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\08\06\01\01\00\00\01\20") "invalid leading byte (0x20) for canonical option")
;; a module where a component must be, and the other way round
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\04\08\00asm\01\00\00\00")
  "expected a version header for a component")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\01\08\00asm\0d\00\01\00")
  "expected a version header for a module")
;; a nested component that is cut off
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\04\09\00asm\0d\00\01\00\07") "unexpected end")
;; attributes of names
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\0a\06\01\03\01a\01\00") "invalid leading byte (0x3) for component name")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\0a\09\01\02\01a\01\07\00\01\00") "invalid leading byte (0x7) for name option")
