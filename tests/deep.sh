#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# deep.sh WITC: what is nested 100,000 times, in every language that is read, ends with 1 and a place, on a stack of
# common size. (All else that is hostile: hostile.sh, hostile_core.sh, hostile_components.sh.)
. "$(dirname "$0")/lib.sh"
ulimit -S -s 8192
n=100000
nest() { # nest OPEN MIDDLE CLOSE
    awk -v n=$n -v a="$1" -v b="$2" -v c="$3" 'BEGIN {
        for (i = 0; i < n; i++) print a; print b; for (i = 0; i < n; i++) print c }'
}
# refused NAME FILE WORDS...: 1 and a place
refused() {
    label=$1
    shift
    expect "$label" 1 "$@" && say "$label" '-->'
}

{ echo 'package a:b; interface i { type t ='; nest 'list<' u8 '>'; echo '; }'; } >"$tmp/type.wit"
refused "types of WIT" check "$tmp/type.wit"
{ echo 'package a:b;'; awk -v n=$n 'BEGIN { for (i = 0; i < n; i++) print "package a:p" i " {"; for (i = 0; i < n; i++) print "}" }'; } >"$tmp/package.wit"
refused "packages in packages" check "$tmp/package.wit"

nest '(component' '' ')' >"$tmp/components.wat"
refused "components in components" parse -o "$tmp/out" "$tmp/components.wat"
{ echo '(component (type '; nest '(list' u8 ')'; echo '))'; } >"$tmp/types.wat"
refused "types of components" parse -o "$tmp/out" "$tmp/types.wat"
{ echo '(component (import "a" '; nest '(instance (export "a"' '' '))'; echo '))'; } >"$tmp/instances.wat"
refused "types of instances" parse -o "$tmp/out" "$tmp/instances.wat"

# Types of instances, each of one that is a type of an instance; lists of lists.
types() { # a component with that section of types
    printf '\0asm\015\0\1\0\7'
    size=$(wc -c <"$tmp/section")
    for _ in 1 2 3 4; do printf "\\$(printf %o $((size % 128 + 128)))"; size=$((size / 128)); done
    printf "\\$(printf %o "$size")"
    cat "$tmp/section"
}
{ printf '\1'; awk -v n=$n 'BEGIN { for (i = 1; i < n; i++) printf "B\001\001"; printf "B" }'; printf '\0'; } >"$tmp/section"
types >"$tmp/instances.wasm"
refused "binary types of instances" validate "$tmp/instances.wasm"
{
    printf '\310\1\175' # 200 types: u8, and lists of the one before
    i=0
    while [ $i -lt 199 ]; do
        if [ $i -lt 64 ]; then printf "p\\$(printf %o $i)"
        else printf "p\\$(printf %o $((i % 128 + 128)))\\$(printf %o $((i / 128)))"; fi
        i=$((i + 1))
    done
} >"$tmp/section"
types >"$tmp/lists.wasm"
refused "binary types of lists" validate "$tmp/lists.wasm"

{ echo 'grants:'; nest '[' '' ']'; } >"$tmp/policy.yaml"
refused "policies" run --policy "$tmp/policy.yaml" tests/policy/writer.wat
finish deep
