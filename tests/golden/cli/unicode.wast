;; RUN[trusted]: wast --allow-confusing-unicode %
;; RUN[json]: json-from-wast --allow-confusing-unicode --pretty % --wasm-dir %tmp
;; FAIL[refused]: wast %
(module) ;; ‮
(module quote "(module (func)) ;; ‮\0a")
