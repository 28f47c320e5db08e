;; RUN: wast %
;; Scripts ask for maps.
(assert_invalid (component (type (map string u8))) "Maps require the component model map feature")
