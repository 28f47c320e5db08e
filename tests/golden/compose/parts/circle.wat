(component
  (import "a:b/mid@0.1.0" (instance $mid (export "f" (func (result u32)))))
  (alias export $mid "f" (func $f))
  (instance $x (export "get" (func $f)))
  (export "a:b/store@1.0.0" (instance $x)))
