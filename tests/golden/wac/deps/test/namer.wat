(component
  (import "seed" (func (result string)))
  (export "name" (func 0))
)
