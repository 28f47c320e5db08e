;; The guest of main.c: it takes an order, `record order { item: string, prices: list<u32> }`, adds the
;; prices up, tells the host, and gives the bill back as a record. It also asks WASI for its arguments.
(component $shop
  (import "demo:shop/log@1.0.0" (instance $log
    (export "say" (func (param "words" string) (result u32)))))
  (import "wasi:cli/environment@0.2.0" (instance $env
    (export "get-arguments" (func (result (list string))))))

  (core module $libc
    (memory (export "memory") 1)
    (global $free (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
      (global.set $free (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))
  (core func $say (canon lower (func $log "say") (memory $memory)))
  (core func $args (canon lower (func $env "get-arguments") (memory $memory) (realloc $realloc)))

  (core module $main
    (import "host" "say" (func $say (param i32 i32) (result i32)))
    (import "host" "args" (func $args (param i32)))
    (import "host" "memory" (memory 1))
    ;; bill: item and prices come as two pointers with lengths; { item: string, total: u32, said: u32 }
    (func $bill (export "bill") (param $item i32) (param $length i32) (param $prices i32) (param $n i32)
      (result i32)
      (local $total i32)
      (block $done
        (loop $next
          (br_if $done (i32.eqz (local.get $n)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (local.set $total (i32.add (local.get $total) (i32.load
            (i32.add (local.get $prices) (i32.shl (local.get $n) (i32.const 2))))))
          (br $next)))
      (i32.store (i32.const 16) (local.get $item))
      (i32.store (i32.const 20) (local.get $length))
      (i32.store (i32.const 24) (local.get $total))
      (i32.store (i32.const 28) (call $say (local.get $item) (local.get $length)))
      (i32.const 16))
    (func (export "arguments") (result i32)
      (call $args (i32.const 32)) (i32.load (i32.const 36))))
  (core instance $main (instantiate $main (with "host" (instance
    (export "say" (func $say)) (export "args" (func $args)) (export "memory" (memory $memory))))))

  (type $order0 (record (field "item" string) (field "prices" (list u32))))
  (export $order "order" (type $order0))
  (type $bill0 (record (field "item" string) (field "total" u32) (field "said" u32)))
  (export $bill "bill-of" (type $bill0))
  (func (export "bill") (param "o" $order) (result $bill)
    (canon lift (core func $main "bill") (memory $memory) (realloc $realloc)))
  (func (export "arguments") (result u32) (canon lift (core func $main "arguments"))))
