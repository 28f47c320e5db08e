;; RUN: print %
;; Fields of one name, of none, and of one like those that are made up: what they are printed as gives
;; the same names again.
(module
  (type (struct (field $a i32) (field $"#field1 a" i32) (field $"#field2 #x" i32) (field $"#field3 " i32))))
