;; RUN: print %
;; A name section in no order: the function names stand as 2, 0, 1, 2, and the last one of an index
;; holds. The name that is taken first stays plain.
(module binary
  "\00asm" "\01\00\00\00"
  "\01\05" "\01\60\01\7f\00"
  "\03\04" "\03\00\00\00"
  "\0a\0a" "\03" "\02\00\0b" "\02\00\0b" "\02\00\0b"
  "\00\27" "\04name"
  "\01\0d" "\04" "\02\01c" "\00\01b" "\01\01a" "\02\01b"
  "\02\11" "\03" "\01\01\00\01x" "\00\01\00\01y" "\01\01\00\02x2")
