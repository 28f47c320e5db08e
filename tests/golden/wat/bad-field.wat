;; FAIL: parse %
(component
  (funk $f))
