;; RUN[add]: metadata add --name app --language C=11 --sdk y=2 --authors who --version 1.2.0 % -t
;; RUN[merge]: metadata add --language C=17 --language D=1 --authors who % | metadata add --authors me --language C=23 | metadata show
;; RUN[clear]: metadata add --authors who --homepage http://x.y/ % | metadata add --clear-authors --clear-name -t
;; RUN[json]: metadata add --description "a\b" --processed-by tool= % | metadata show --json
;; RUN[wrap]: metadata add --homepage http://example.com/a-path-that-is-longer-than-what-fits-on-a-line-of-eighty-columns % | metadata show
(component $outer
  (core module $m (func $f) (@producers (language "C" "11")))
  (component (core module))
  (@custom "other" "kept"))
