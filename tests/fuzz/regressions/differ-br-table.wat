(module
  (func (export "f") (param i32) (result i32 i32 i32)
    block
      local.get 0
      i32.const 7
      local.get 0
      local.get 0
      br_table 1 1 1
    end
    unreachable))
