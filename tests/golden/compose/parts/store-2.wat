(component
  (core module $m (func (export "get") (result i32) (i32.const 40)))
  (core instance $i (instantiate $m))
  (func $get (result u32) (canon lift (core func $i "get")))
  (instance $x (export "get" (func $get)))
  (export "a:b/store@2.0.0" (instance $x))
  (export "get" (func $get)))
