;; RUN[text]: print --indent-text .. %
;; RUN[four]: print --indent 4 %
;; RUN[none]: print --indent 0 %
;; RUN[first]: print --indent-text _ --indent 4 %
(module (func (block (loop (nop)))))
