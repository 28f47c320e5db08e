(component
  (core module $m (func (export "get") (result i64) (i64.const 40)))
  (core instance $i (instantiate $m))
  (func $get (result u64) (canon lift (core func $i "get")))
  (instance $x (export "get" (func $get)))
  (export "a:b/store@1.0.3" (instance $x))
  (export "get" (func $get)))
