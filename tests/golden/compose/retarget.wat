;; FAIL[nothing]: retarget --wasi 0.2.4=0.2.12 % -o %tmp/x
;; FAIL[clash]: retarget % wasi:io@0.2.3=0.2.6 -o %tmp/x
(component
  (import "wasi:io/poll@0.2.3" (instance $poll (export "f" (func))))
  (import "wasi:io/poll@0.2.6" (instance))
  (import "mine" (implements "wasi:io/poll@0.2.3") (instance))
  (import "part" (component
    (import "wasi:io/poll@0.2.3" (instance))
    (export "wasi:io/error@0.2.3" (instance (export "f" (func))))))
  (component $inside
    (import "wasi:io/poll@0.2.3" (instance $poll (export "f" (func))))
    (instance $bag (export "wasi:io/poll@0.2.3" (instance $poll)))
    (alias export $bag "wasi:io/poll@0.2.3" (instance $again))
    (export "wasi:io/poll@0.2.3" (instance $again))
    (export "yours" (implements "wasi:io/poll@0.2.3") (instance $again)))
  (instance $i (instantiate $inside (with "wasi:io/poll@0.2.3" (instance $poll))))
  (export "wasi:io/poll@0.2.3" (instance $i "wasi:io/poll@0.2.3")))
