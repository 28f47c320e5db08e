;; The calculator again, by hand: a core module with the names that the canonical ABI gives to the
;; functions of `world arithmetic`. `witc component embed` adds the world, `witc component new`
;; makes a component of it.
(module
  (memory (export "memory") 1)
  (data (i32.const 32) "no square root below zero, says the text format")

  (func $add (export "example:math/calculator#add") (param $a f64) (param $b f64) (result f64)
    (f64.add (local.get $a) (local.get $b)))

  ;; result<f64, string> does not fit into one value, so the function returns where it is:
  ;;   byte 0: 0 for ok, 1 for err;  byte 8: the f64, or the string's address and length
  (func $sqrt (export "example:math/calculator#sqrt") (param $n f64) (result i32)
    (if (f64.lt (local.get $n) (f64.const 0))
      (then
        (i32.store8 (i32.const 0) (i32.const 1))
        (i32.store (i32.const 8) (i32.const 32))
        (i32.store (i32.const 12) (i32.const 47)))
      (else
        (i32.store8 (i32.const 0) (i32.const 0))
        (f64.store (i32.const 8) (f64.sqrt (local.get $n)))))
    (i32.const 0))

  ;; Called when the result has been read. Nothing was allocated.
  (func (export "cabi_post_example:math/calculator#sqrt") (param i32)))
