;; RUN: validate %
;; Released with WASI 0.3.1: no feature needs to be asked for.
(component
  (type $m (map string (list u8)))
  (import "f" (func (param "m" $m) (result $m))))
