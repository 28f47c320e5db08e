;; RUN: validate -f all,cm-nested-names %
;; FAIL[nested]: validate -f all %
;; FAIL[map]: validate -f all,cm-nested-names,-cm-map %
;; FAIL[lists]: validate -f all,cm-nested-names,-cm-fixed-length-lists %
;; FAIL[error-context]: validate -f all,cm-nested-names,-cm-error-context %
;; FAIL[threading]: validate -f all,cm-nested-names,-cm-threading %
;; FAIL[builtins]: validate -f all,cm-nested-names,-cm-more-async-builtins %
;; FAIL[stackful]: validate -f all,cm-nested-names,-cm-async-stackful %
;; FAIL[implements]: validate -f all,cm-nested-names,-cm-implements %
;; FAIL[canon-names]: validate -f all,cm-nested-names,-cm-canon-names %
;; FAIL[cm64]: validate -f all,cm-nested-names,-cm64 %
;; FAIL[gc]: validate -f all,cm-nested-names,-cm-gc %
;; FAIL[values]: validate -f all,cm-nested-names,-cm-values %
;; FAIL[async]: validate -f all,cm-nested-names,-cm-async %
;; FAIL[shared]: validate -f all,cm-nested-names,-shared-everything-threads %
(component
  ;; Each gate of the component model, and what is behind it.
  (type (map string u8))
  (type (list u8 4))
  (import "ns:a:b/c/d" (func))
  (core func (canon error-context.drop))
  (core func (canon thread.index))
  (core func (canon subtask.cancel async))
  (core module $m (func (export "f")))
  (core instance $i (instantiate $m))
  (func async (canon lift (core func $i "f") async))
  (import "i" (implements "a:b/c") (instance))
  (import "a:b/d@1" (versionsuffix ".2.3") (instance))
  (type (resource (rep i64)))
  (import "f" (func $f (param "a" u32)))
  (core type $lowered (func (param i32)))
  (core func (canon lower (func $f) gc (core-type $lowered)))
  (import "v" (value $v string))
  (export "w" (value $v))
  (type (stream u8))
  (core func (canon thread.available-parallelism))
)
