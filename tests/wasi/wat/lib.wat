;; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
;; What the programs in WAT share. `build` puts the parts together: the imports of both, this file, the program, and a
;; table of the program's cases. A case is a function without parameters:
;;
;;   $case:NAME   gives 0, or the number of what has failed in it
;;   $trap:NAME   has to trap; whoever comes back from it has failed
;;   $may:NAME    is a $case which may also trap: the WIT leaves it open
;;
;; Without an argument the program does each $case; with one, the case of this name. Memory: results of calls at 256,
;; the names at 1024 (64 bytes each: its length, then its letters), the program's own data at 16384, the heap from
;; 131072 on.
(import "wasi:cli/environment@0.2.12" "get-arguments" (func $get-arguments (param i32)))
(import "wasi:cli/exit@0.2.12" "exit" (func $exit (param i32)))
(import "wasi:cli/stdout@0.2.12" "get-stdout" (func $get-stdout (result i32)))
(import "wasi:filesystem/preopens@0.2.12" "get-directories" (func $get-directories (param i32)))
(import "wasi:filesystem/types@0.2.12" "[method]descriptor.open-at"
  (func $open-at (param i32 i32 i32 i32 i32 i32 i32)))
(import "wasi:io/streams@0.2.12" "[method]output-stream.blocking-write-and-flush"
  (func $blocking-write (param i32 i32 i32 i32)))

(memory (export "memory") 4)
(type $act (func (result i32)))
(global $out (mut i32) (i32.const 0))
(global $folder (mut i32) (i32.const 0))

;; ---- memory that the host asks for; a case may ask for wrong answers ----

(global $heap (mut i32) (i32.const 131072))
(global $wrong (mut i32) (i32.const 0)) ;; 1: misaligned, 2: beyond the end, 3: wraps, 4: traps, 5: calls, 6: grows
(func $realloc (export "cabi_realloc") (param $old i32) (param $was i32) (param $align i32) (param $size i32)
  (result i32)
  (local $at i32)
  (if (i32.eq (global.get $wrong) (i32.const 4)) (then (unreachable)))
  (if (i32.eq (global.get $wrong) (i32.const 5)) (then (drop (call $get-stdout))))
  (if (i32.eq (global.get $wrong) (i32.const 6)) (then (drop (memory.grow (i32.const 1)))))
  (local.set $at (i32.and
    (i32.sub (i32.add (global.get $heap) (local.get $align)) (i32.const 1))
    (i32.sub (i32.const 0) (local.get $align))))
  (global.set $heap (i32.add (local.get $at) (local.get $size)))
  (block $grown
    (br_if $grown (i32.le_u (global.get $heap) (call $end)))
    (drop (memory.grow (i32.add (i32.shr_u (local.get $size) (i32.const 16)) (i32.const 1)))))
  (if (i32.eq (global.get $wrong) (i32.const 1)) (then (return (i32.add (local.get $at) (i32.const 1)))))
  (if (i32.eq (global.get $wrong) (i32.const 2)) (then (return (call $end))))
  (if (i32.eq (global.get $wrong) (i32.const 3)) (then (return (i32.const -8))))
  (local.get $at))

;; The address after the last one of memory.
(func $end (result i32) (i32.shl (memory.size) (i32.const 16)))

;; ---- telling ----

(func $print (param $text i32) (param $len i32)
  (call $blocking-write (global.get $out) (local.get $text) (local.get $len) (i32.const 256)))

(data (i32.const 512) ": ok\0a: FAILED: 000\0acannot go on\0a")
(func $tell (param $case i32) (param $fault i32)
  (local $name i32)
  (local.set $name (i32.add (i32.const 1024) (i32.shl (local.get $case) (i32.const 6))))
  (call $print (i32.add (local.get $name) (i32.const 1)) (i32.load8_u (local.get $name)))
  (if (i32.eqz (local.get $fault))
    (then (call $print (i32.const 512) (i32.const 5)) (return)))
  (i32.store8 (i32.const 527) (i32.add (i32.const 48) (i32.rem_u (i32.div_u (local.get $fault) (i32.const 100)) (i32.const 10))))
  (i32.store8 (i32.const 528) (i32.add (i32.const 48) (i32.rem_u (i32.div_u (local.get $fault) (i32.const 10)) (i32.const 10))))
  (i32.store8 (i32.const 529) (i32.add (i32.const 48) (i32.rem_u (local.get $fault) (i32.const 10))))
  (call $print (i32.const 517) (i32.const 14)))

;; Ends the program: what a case rests on has failed. A trap would look like a case that has passed.
(func $give-up
  (call $print (i32.const 531) (i32.const 13))
  (call $exit (i32.const 1))
  (unreachable))

(func (export "wasi:cli/run@0.2.12#run") (result i32)
  (local $list i32) (local $i i32) (local $fault i32) (local $failed i32)
  (global.set $out (call $get-stdout))
  (call $get-arguments (i32.const 256))
  (local.set $list (i32.load (i32.const 256)))
  (if (i32.gt_u (i32.load (i32.const 260)) (i32.const 1))
    (then
      (local.set $i (call $find (i32.load offset=8 (local.get $list)) (i32.load offset=12 (local.get $list))))
      (local.set $fault (call_indirect (type $act) (local.get $i)))
      (call $tell (local.get $i) (local.get $fault))
      (return (i32.ne (local.get $fault) (i32.const 0)))))
  (block $all
    (loop $next
      (br_if $all (i32.ge_u (local.get $i) (global.get $safe)))
      (local.set $fault (call_indirect (type $act) (local.get $i)))
      (call $tell (local.get $i) (local.get $fault))
      (local.set $failed (i32.or (local.get $failed) (i32.ne (local.get $fault) (i32.const 0))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
  (local.get $failed))

;; Which case has this name.
(func $find (param $text i32) (param $len i32) (result i32)
  (local $i i32) (local $name i32) (local $k i32)
  (loop $next
    (if (i32.ge_u (local.get $i) (global.get $count)) (then (call $give-up)))
    (local.set $name (i32.add (i32.const 1024) (i32.shl (local.get $i) (i32.const 6))))
    (local.set $k (i32.const 0))
    (block $other
      (br_if $other (i32.ne (i32.load8_u (local.get $name)) (local.get $len)))
      (loop $letter
        (if (i32.eq (local.get $k) (local.get $len)) (then (return (local.get $i))))
        (br_if $other (i32.ne
          (i32.load8_u offset=1 (i32.add (local.get $name) (local.get $k)))
          (i32.load8_u (i32.add (local.get $text) (local.get $k)))))
        (local.set $k (i32.add (local.get $k) (i32.const 1)))
        (br $letter)))
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br $next))
  (unreachable))

;; ---- files ----

;; The first folder that is granted.
(func $root (result i32)
  (if (i32.eqz (global.get $folder))
    (then
      (call $get-directories (i32.const 256))
      (if (i32.eqz (i32.load (i32.const 260))) (then (call $give-up)))
      (global.set $folder (i32.load (i32.load (i32.const 256))))))
  (global.get $folder))

;; A new file, or an old one, to be read and written.
(func $file (result i32)
  (i32.store (i32.const 248) (i32.const 0x656c6966)) ;; "file"
  (call $open-at (call $root) (i32.const 0) (i32.const 248) (i32.const 4) (i32.const 1) (i32.const 3) (i32.const 256))
  (call $value))

;; The handle of a result<own, ...> at 256.
(func $value (result i32)
  (if (i32.load8_u (i32.const 256)) (then (call $give-up)))
  (i32.load (i32.const 260)))
