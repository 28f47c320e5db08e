;; FAIL: parse %
(module
  (func $greet)
  (func (call $gret)))
