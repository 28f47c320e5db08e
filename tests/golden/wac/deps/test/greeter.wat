(component
  (type $log (instance
    (export "level" (type (sub resource)))
    (export "say" (func (param "text" string)))
  ))
  (import "test:log/log@1.0.0" (instance (type $log)))
  (import "name" (func (result string)))
  (export "who" (func 0))
)
