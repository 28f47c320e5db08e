;; FAIL: print %
;; The body's only `end` is that of the block.
(module binary
  "\00asm" "\01\00\00\00"
  "\01\04" "\01\60\00\00"
  "\03\02" "\01\00"
  "\0a\07" "\01" "\05\00" "\02\40" "\01" "\0b")
