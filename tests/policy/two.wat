;; Two instances of one component, which tells what it is granted: how many variables, folders and bytes of
;; the first argument it sees, whether it may resolve a name, and how far it may grow.
(component
  (import "wasi:cli/environment@0.2.0" (instance $environment
    (export "get-environment" (func (result (list (tuple string string)))))))
  (import "wasi:filesystem/types@0.2.0" (instance $types
    (export "descriptor" (type (sub resource)))))
  (alias export $types "descriptor" (type $descriptor))
  (import "wasi:filesystem/preopens@0.2.0" (instance $preopens
    (alias outer 1 $descriptor (type $d'))
    (export "descriptor" (type $d (eq $d')))
    (export "get-directories" (func (result (list (tuple (own $d) string)))))))
  (import "wasi:sockets/network@0.2.0" (instance $network
    (export "network" (type (sub resource)))
    (type $e (enum "unknown" "access-denied" "not-supported" "invalid-argument" "out-of-memory" "timeout"
      "concurrency-conflict" "not-in-progress" "would-block" "invalid-state" "new-socket-limit"
      "address-not-bindable" "address-in-use" "remote-unreachable" "connection-refused" "connection-reset"
      "connection-aborted" "datagram-too-large" "name-unresolvable" "temporary-resolver-failure"
      "permanent-resolver-failure"))
    (export "error-code" (type (eq $e)))))
  (alias export $network "network" (type $net))
  (alias export $network "error-code" (type $error))
  (import "wasi:sockets/instance-network@0.2.0" (instance $instance-network
    (alias outer 1 $net (type $n'))
    (export "network" (type $n (eq $n')))
    (export "instance-network" (func (result (own $n))))))
  (import "wasi:sockets/ip-name-lookup@0.2.0" (instance $lookup
    (alias outer 1 $net (type $n'))
    (export "network" (type $n (eq $n')))
    (alias outer 1 $error (type $e'))
    (export "error-code" (type $e (eq $e')))
    (export "resolve-address-stream" (type $s (sub resource)))
    (export "resolve-addresses"
      (func (param "network" (borrow $n)) (param "name" string) (result (result (own $s) (error $e)))))))

  (component $probe
    (import "environment" (instance $environment
      (export "get-environment" (func (result (list (tuple string string)))))))
    (import "descriptor" (type $d (sub resource)))
    (import "get-directories" (func $directories (result (list (tuple (own $d) string)))))
    (import "network" (type $n (sub resource)))
    (import "stream" (type $s (sub resource)))
    (type $e0 (enum "unknown" "access-denied" "not-supported" "invalid-argument"
      "out-of-memory" "timeout" "concurrency-conflict" "not-in-progress" "would-block" "invalid-state"
      "new-socket-limit" "address-not-bindable" "address-in-use" "remote-unreachable" "connection-refused"
      "connection-reset" "connection-aborted" "datagram-too-large" "name-unresolvable"
      "temporary-resolver-failure" "permanent-resolver-failure"))
    (import "error" (type $e (eq $e0)))
    (import "instance-network" (func $instance-network (result (own $n))))
    (import "resolve-addresses"
      (func $resolve (param "network" (borrow $n)) (param "name" string) (result (result (own $s) (error $e)))))
    (core module $memory
      (memory (export "memory") 1)
      (global $at (mut i32) (i32.const 1024))
      (data (i32.const 512) "localhost")
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.set $at (i32.and (i32.add (global.get $at) (i32.const 7)) (i32.const -8)))
        (global.get $at)
        (global.set $at (i32.add (global.get $at) (local.get 3)))))
    (core instance $m (instantiate $memory))
    (alias core export $m "memory" (core memory $mem))
    (alias core export $m "realloc" (core func $realloc))
    (core func $environment' (canon lower (func $environment "get-environment") (memory $mem) (realloc $realloc)))
    (core func $directories' (canon lower (func $directories) (memory $mem) (realloc $realloc)))
    (core func $network' (canon lower (func $instance-network)))
    (core func $resolve' (canon lower (func $resolve) (memory $mem) (realloc $realloc)))
    (core module $code
      (import "" "memory" (memory 1))
      (import "" "environment" (func $environment (param i32)))
      (import "" "directories" (func $directories (param i32)))
      (import "" "network" (func $network (result i32)))
      (import "" "resolve" (func $resolve (param i32 i32 i32 i32)))
      (func (export "variables") (result i32)
        (call $environment (i32.const 8))
        (i32.load (i32.const 12)))
      (func (export "folders") (result i32)
        (call $directories (i32.const 8))
        (i32.load (i32.const 12)))
      ;; 0: it may be resolved; else 100 and the error
      (func (export "resolves") (result i32)
        (call $resolve (call $network) (i32.const 512) (i32.const 9) (i32.const 8))
        (if (result i32) (i32.eqz (i32.load8_u (i32.const 8)))
          (then (i32.const 0))
          (else (i32.add (i32.const 100) (i32.load8_u (i32.const 12))))))
      ;; handles until it is refused: a trap
      (func (export "networks") (param i32) (result i32)
        (loop $more
          (drop (call $network))
          (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
          (br_if $more (local.get 0)))
        (i32.const 1))
      ;; the pages that it has in the end
      (func (export "grows") (result i32)
        (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
        (memory.size)))
    (core instance $c (instantiate $code (with "" (instance
      (export "memory" (memory $mem))
      (export "environment" (func $environment'))
      (export "directories" (func $directories'))
      (export "network" (func $network'))
      (export "resolve" (func $resolve'))))))
    (func (export "variables") (result u32) (canon lift (core func $c "variables")))
    (func (export "folders") (result u32) (canon lift (core func $c "folders")))
    (func (export "resolves") (result u32) (canon lift (core func $c "resolves")))
    (func (export "networks") (param "n" u32) (result u32) (canon lift (core func $c "networks")))
    (func (export "grows") (result u32) (canon lift (core func $c "grows"))))

  ;; a component around it, so that one path has two names
  (component $box
    (alias outer 1 $probe (component $probe))
    (import "environment" (instance $environment
      (export "get-environment" (func (result (list (tuple string string)))))))
    (import "descriptor" (type $d (sub resource)))
    (import "get-directories" (func $directories (result (list (tuple (own $d) string)))))
    (import "network" (type $n (sub resource)))
    (import "stream" (type $s (sub resource)))
    (type $e0 (enum "unknown" "access-denied" "not-supported" "invalid-argument"
      "out-of-memory" "timeout" "concurrency-conflict" "not-in-progress" "would-block" "invalid-state"
      "new-socket-limit" "address-not-bindable" "address-in-use" "remote-unreachable" "connection-refused"
      "connection-reset" "connection-aborted" "datagram-too-large" "name-unresolvable"
      "temporary-resolver-failure" "permanent-resolver-failure"))
    (import "error" (type $e (eq $e0)))
    (import "instance-network" (func $instance-network (result (own $n))))
    (import "resolve-addresses"
      (func $resolve (param "network" (borrow $n)) (param "name" string) (result (result (own $s) (error $e)))))
    (instance $inner (instantiate $probe
      (with "environment" (instance $environment))
      (with "descriptor" (type $d)) (with "get-directories" (func $directories))
      (with "network" (type $n)) (with "stream" (type $s)) (with "error" (type $e))
      (with "instance-network" (func $instance-network)) (with "resolve-addresses" (func $resolve))))
    (export "variables" (func $inner "variables"))
    (export "folders" (func $inner "folders"))
    (export "resolves" (func $inner "resolves"))
    (export "networks" (func $inner "networks"))
    (export "grows" (func $inner "grows")))

  (alias export $lookup "resolve-address-stream" (type $stream))
  (instance $reader (instantiate $probe
    (with "environment" (instance $environment))
    (with "descriptor" (type $descriptor)) (with "get-directories" (func $preopens "get-directories"))
    (with "network" (type $net)) (with "stream" (type $stream)) (with "error" (type $error))
    (with "instance-network" (func $instance-network "instance-network"))
    (with "resolve-addresses" (func $lookup "resolve-addresses"))))
  (instance $box (instantiate $box
    (with "environment" (instance $environment))
    (with "descriptor" (type $descriptor)) (with "get-directories" (func $preopens "get-directories"))
    (with "network" (type $net)) (with "stream" (type $stream)) (with "error" (type $error))
    (with "instance-network" (func $instance-network "instance-network"))
    (with "resolve-addresses" (func $lookup "resolve-addresses"))))
  (export "variables-of-reader" (func $reader "variables"))
  (export "folders-of-reader" (func $reader "folders"))
  (export "resolves-of-reader" (func $reader "resolves"))
  (export "networks-of-reader" (func $reader "networks"))
  (export "grows-of-reader" (func $reader "grows"))
  (export "variables-of-box" (func $box "variables"))
  (export "folders-of-box" (func $box "folders"))
  (export "resolves-of-box" (func $box "resolves"))
  (export "networks-of-box" (func $box "networks"))
  (export "grows-of-box" (func $box "grows")))
