(module
  (type (struct (field $a i32) (field $"#field1 a" i32) (field $"#field2 #x" i32) (field $"#field3 " i32)))
  (func (param (ref 0)) (result i32) local.get 0 struct.get 0 $"#field1 a"))
