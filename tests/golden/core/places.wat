;; FAIL: validate %
(module
  (memory 1)
  (func (param i32) (result i32)
    local.get 0
    i64.const 3
    i32.add)
  (func (drop (i32.load align=8 (i32.const 0))))
)
