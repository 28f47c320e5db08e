;; A program of WASI 0.1 that does what its first argument's first letter says: `o` and `e` write a coloured word to
;; standard output and error, `r` reads a byte and ends with the error's number, `t` traps, `s` spins,
;; `7` ends with 7, `w` writes until that fails, and ends with the error's number.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\0d\00\00\00\00\00\00\00\00\00\00\00\1b[31mred\1b[0m\0a")
  (data (i32.const 64) "\80\00\00\00\01\00\00\00")
  (func $say (param i32) (result i32)
    (call $write (local.get 0) (i32.const 0) (i32.const 1) (i32.const 8)))
  (func (export "_start") (local $what i32) (local $error i32)
    (drop (call $args (i32.const 1024) (i32.const 2048)))
    (local.set $what (i32.load8_u (i32.load (i32.const 1028))))
    (if (i32.eq (local.get $what) (i32.const 111)) (then (drop (call $say (i32.const 1)))))
    (if (i32.eq (local.get $what) (i32.const 101)) (then (drop (call $say (i32.const 2)))))
    (if (i32.eq (local.get $what) (i32.const 114)) (then
      (call $exit (call $read (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 8)))))
    (if (i32.eq (local.get $what) (i32.const 116)) (then unreachable))
    (if (i32.eq (local.get $what) (i32.const 55)) (then (call $exit (i32.const 7))))
    (if (i32.eq (local.get $what) (i32.const 115)) (then (loop $on (br $on))))
    (if (i32.eq (local.get $what) (i32.const 119)) (then
      (loop $on
        (local.set $error (call $say (i32.const 1)))
        (br_if $on (i32.eqz (local.get $error))))
      (call $exit (local.get $error))))))
