#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# roundtrip.sh WITC: text and bytes into each other and back.
#
#     WIT text -> text -> text         the second text equals the first
#     WIT text -> binary -> text -> binary -> text -> binary
#                                      text and bytes stay as they are after the first binary, which has
#                                      the documentation of functions in the order of the source
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
    cp "$out" "$tmp/second.wit"
    expect "wit binary again $name" 0 component wit --all-features --wasm "$tmp/second.wit" -o "$tmp/q.wasm"
    expect "wit of binary again $name" 0 component wit "$tmp/q.wasm" || return
    cp "$out" "$tmp/third.wit"
    cmp -s "$tmp/third.wit" "$tmp/second.wit" && ok || bad "$name" "text changes on the way through bytes"
    expect "wit binary anew $name" 0 component wit --all-features --wasm "$tmp/third.wit" -o "$tmp/r.wasm"
    cmp -s "$tmp/q.wasm" "$tmp/r.wasm" && ok || bad "$name" "bytes change on the way through text"
}

# Dependencies in all their forms say the same as one file that holds them.
deps_forms() {
    mkdir -p "$tmp/wit/deps/folder" "$tmp/elsewhere/linked"
    echo 'interface i { type t = u8; }' >"$tmp/body"
    for name in folder file linked binary text; do
        { echo "package d:$name;" && cat "$tmp/body"; } >"$tmp/$name.wit"
    done
    mv "$tmp/folder.wit" "$tmp/wit/deps/folder/x.wit"
    mv "$tmp/file.wit" "$tmp/wit/deps/file.wit"
    mv "$tmp/linked.wit" "$tmp/elsewhere/linked/x.wit"
    ln -s ../../elsewhere/linked "$tmp/wit/deps/linked"
    expect "dependency as a binary" 0 component wit --wasm "$tmp/binary.wit" -o "$tmp/wit/deps/binary.wasm"
    expect "dependency as text" 0 component wit --wat "$tmp/text.wit" -o "$tmp/wit/deps/text.wat"
    for ignored in deps/deps.lock deps.toml wkg.lock deps/README.md; do echo junk >"$tmp/wit/$ignored"; done
    {
        echo "package a:main; interface m {"
        for name in folder file linked binary text; do echo "use d:$name/i.{t as $name};"; done
        echo "f: func(a: folder, b: file, c: linked, d: binary, e: text); }"
    } >"$tmp/wit/main.wit"
    expect "deps in all forms" 0 component wit "$tmp/wit" || return
    cp "$out" "$tmp/forms.wit"
    {
        cat "$tmp/wit/main.wit"
        for name in folder file linked binary text; do
            echo "package d:$name {" && cat "$tmp/body" && echo "}"
        done
    } >"$tmp/whole.wit"
    expect "deps in one file" 0 component wit "$tmp/whole.wit" || return
    for form in forms.wit stdout; do
        sed -n '/^package d:/,/^}/p' "$tmp/$form" | sort >"$tmp/$form.sorted"
    done
    cmp -s "$tmp/forms.wit.sorted" "$tmp/stdout.sorted" && ok || bad "deps" "forms differ"
    ln -s nowhere "$tmp/wit/deps/broken"
    expect "a link to nowhere in deps" 1 component wit "$tmp/wit"
    say "a link to nowhere in deps" "cannot read .*broken"
}
wat_round_trip() {
    name=$1
    expect "parse $name" 0 parse "$name" -o "$tmp/a.wasm" || return
    expect "print $name" 0 print "$tmp/a.wasm" -o "$tmp/a.wat" || return
    expect "parse again $name" 0 parse "$tmp/a.wat" -o "$tmp/b.wasm" || return
    if grep -q '^(module binary' "$name"; then # bytes as nobody would write them: normal after one step
        cp "$tmp/b.wasm" "$tmp/a.wasm"
        expect "print anew $name" 0 print "$tmp/b.wasm" -o "$tmp/a.wat" || return
        expect "parse anew $name" 0 parse "$tmp/a.wat" -o "$tmp/b.wasm" || return
    fi
    cmp -s "$tmp/a.wasm" "$tmp/b.wasm" && ok || bad "$name" "bytes change on the way through text"
}

wasm_round_trip() { # its text is normal after one step: known custom sections move to their places
    expect "print $1" 0 print "$1" -o "$tmp/text.wat" && wat_round_trip "$tmp/text.wat"
}

for folder in examples/*/wit; do wit_round_trip "$folder"; done
for file in tests/golden/wit/ok/*.wit tests/golden/diff/*.wit tests/golden/diff/old/*.wit \
    tests/golden/model/print.wit tests/golden/model/versions.wit; do
    [ -e "$file" ] && wit_round_trip "$file"
done
deps_forms
for file in examples/*/*.wat tests/golden/wat/*.wat tests/golden/component/*.wat; do
    [ -e "$file" ] || continue
    grep -q 'FAIL:' "$file" || wat_round_trip "$file"
done
for file in build/test-example/*.wasm; do
    [ -e "$file" ] && wasm_round_trip "$file"
done
finish "round trips"
