;; RUN: print %
;; The decimals are the shortest that read back as the same number: of several the nearest, and of
;; two that are as near the larger. At a power of two the one above may do where the one below does
;; not.
(module
  (func
    (drop (f32.const 0x1p-12)) (; 0.000244140625 lies between two decimals ;)
    (drop (f64.const 0x1p-24)) (; 5.9604644775390625e-8 as well ;)
    (drop (f32.const 0x1p-149)) (; the smallest of all ;)
    (drop (f64.const 0x1p-1074))
    (drop (f64.const 0x1.fffffffffffffp+1023))
    (drop (f32.const 0x1p+90))
    (drop (f64.const 0x1p+89))
    (drop (f64.const 0x1p-44)) (; the decimal above ;)
    (drop (f64.const 9007199254740993))
    (drop (f64.const 0.1)) (drop (f64.const 100)) (drop (f64.const 5e-324)) (drop (f64.const -2.5))))
