(module
  (func (export "f") (param i32) (result i64) (local i64)
    i64.const 5
    local.get 0
    i64.extend_i32_u
    i64.clz
    local.get 0
    i64.extend_i32_u
    i64.add
    local.get 0
    i64.extend_i32_u
    i64.ctz
    drop
    local.set 1
    drop
    local.get 1))
