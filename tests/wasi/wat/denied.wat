;; SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
;; What is not granted: without the network, access is denied, at the latest when a socket is used.
(import "wasi:sockets/instance-network@0.2.12" "instance-network" (func $network (result i32)))
(import "wasi:sockets/ip-name-lookup@0.2.12" "resolve-addresses" (func $resolve (param i32 i32 i32 i32)))
(import "wasi:sockets/ip-name-lookup@0.2.12" "[method]resolve-address-stream.resolve-next-address"
  (func $next (param i32 i32)))
(import "wasi:sockets/ip-name-lookup@0.2.12" "[method]resolve-address-stream.subscribe"
  (func $subscribe (param i32) (result i32)))
(import "wasi:io/poll@0.2.12" "[method]pollable.block" (func $block (param i32)))
(import "wasi:sockets/tcp-create-socket@0.2.12" "create-tcp-socket" (func $create (param i32 i32)))
(import "wasi:sockets/udp-create-socket@0.2.12" "create-udp-socket" (func $create-udp (param i32 i32)))
(import "wasi:sockets/tcp@0.2.12" "[method]tcp-socket.start-bind"
  (func $bind (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
(import "wasi:sockets/tcp@0.2.12" "[method]tcp-socket.start-connect"
  (func $connect (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
(import "wasi:sockets/udp@0.2.12" "[method]udp-socket.start-bind"
  (func $bind-udp (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))

(data (i32.const 16384) "localhost127.0.0.1")
;; Whether the result at 256, whose error-code is at `at`, is access-denied.
(func $denied (param $at i32) (result i32)
  (i32.and (i32.load8_u (i32.const 256)) (i32.eq (i32.load8_u (local.get $at)) (i32.const 1))))
(func $case:a-tcp-socket-cannot-be-bound-to-a-port (result i32)
  (call $create (i32.const 0) (i32.const 256))
  (if (call $denied (i32.const 260)) (then (return (i32.const 0))))
  (call $bind (call $value) (call $network) (i32.const 0) (i32.const 47123) (i32.const 127) (i32.const 0) (i32.const 0)
    (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 256))
  (i32.eqz (call $denied (i32.const 257))))
(func $case:a-tcp-socket-cannot-be-connected (result i32)
  (call $create (i32.const 0) (i32.const 256))
  (if (call $denied (i32.const 260)) (then (return (i32.const 0))))
  (call $connect (call $value) (call $network) (i32.const 0) (i32.const 47123) (i32.const 127) (i32.const 0) (i32.const 0)
    (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 256))
  (i32.eqz (call $denied (i32.const 257))))
(func $case:a-udp-socket-cannot-be-bound-to-a-port (result i32)
  (call $create-udp (i32.const 0) (i32.const 256))
  (if (call $denied (i32.const 260)) (then (return (i32.const 0))))
  (call $bind-udp (call $value) (call $network) (i32.const 0) (i32.const 47123) (i32.const 127) (i32.const 0) (i32.const 0)
    (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 256))
  (i32.eqz (call $denied (i32.const 257))))
;; Which code a name ends with that may not be resolved, is left open; an address is not what it ends with.
(func $case:a-name-cannot-be-resolved (result i32)
  (local $s i32)
  (call $resolve (call $network) (i32.const 16384) (i32.const 9) (i32.const 256))
  (if (i32.load8_u (i32.const 256)) (then (return (i32.const 0))))
  (local.set $s (call $value))
  (call $block (call $subscribe (local.get $s)))
  (call $next (local.get $s) (i32.const 256))
  (i32.eqz (i32.load8_u (i32.const 256))))
