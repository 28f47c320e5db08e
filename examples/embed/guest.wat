;; The guest of main.c: it counts words, writes lines, and can be made to misbehave.
(module $guest
  (import "host" "print" (func $print (param i32 i32))) ;; bytes of the memory
  (memory (export "memory") 1 16)

  ;; A block of bytes for the host to write to; nothing is ever given back.
  (global $free (mut i32) (i32.const 1024))
  (func (export "allocate") (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $free))
    (global.set $free (i32.add (local.get $at) (local.get $size)))
    (local.get $at))

  (data (i32.const 0) "hello from the guest")
  (func (export "greet") (call $print (i32.const 0) (i32.const 20)))

  ;; How many words there are, divided by spaces.
  (func (export "words") (param $at i32) (param $size i32) (result i32)
    (local $end i32) (local $count i32) (local $inside i32) (local $space i32)
    (local.set $end (i32.add (local.get $at) (local.get $size)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $space (i32.eq (i32.load8_u (local.get $at)) (i32.const 32)))
        (if (i32.and (i32.eqz (local.get $space)) (i32.eqz (local.get $inside)))
          (then (local.set $count (i32.add (local.get $count) (i32.const 1)))))
        (local.set $inside (i32.eqz (local.get $space)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (local.get $count))

  (func $divide (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func $average (export "average") (param i32 i32) (result i32)
    (call $divide (local.get 0) (local.get 1)))
  (func (export "spin") (loop $forever (br $forever)))
  (func (export "grow") (result i32) (memory.grow (i32.const 8))))
