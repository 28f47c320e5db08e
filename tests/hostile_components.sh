#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# hostile_components.sh WITC HOSTILE_COMPONENTS: components that are deep, huge, or say that they are.
# With three gigabytes of addresses and some seconds, every command that reads them ends with 0, or with
# 1 and a place; what is valid is taken, and comes back from its text.
components=$(realpath "$2")
. "$(dirname "$0")/lib.sh"
ulimit -v 3000000
h=$tmp/h
mkdir "$h"
"$components" "$h" || exit 1

for file in "$h"/*.wasm; do
    what=${file##*/}
    case $what in
    valid-*) expect "$what" 0 validate -f all "$file" ;;
    bad-*) expect "$what" 1 validate -f all "$file" && say "$what" '-->' ;;
    esac
    [ "$(wc -c <"$file")" -gt 1000000 ] && continue # millions of lines
    case $what in valid-pass-*) continue ;; esac
    for command in objdump print dump 'component wit' 'metadata show'; do
        # shellcheck disable=SC2086
        hold "$what" $command "$file"
    done
    hold "$what" strip -o "$tmp/stripped" "$file"
    case $what in
    valid-*)
        expect "$what" 0 print -o "$tmp/print.wat" "$file" &&
            expect "$what" 0 parse -o "$tmp/parsed.wasm" "$tmp/print.wat" &&
            expect "$what" 0 validate -f all "$tmp/parsed.wasm"
        ;;
    esac
done

# Passes over whole compositions: some seconds of the processor, where each takes well under one.
echo 'package x:y; let p = new h:p {...}; export p...;' >"$tmp/gc.wac"
ulimit -S -t 5
h0=$h/valid-pass
for name in wide deep branches taken functions; do
    expect "composed $name" 0 compose "$tmp/gc.wac" -d "h:p=$h0-$name.wasm" -o "$tmp/whole.wasm"
    expect "cut down $name" 0 compose --gc "$tmp/gc.wac" -d "h:p=$h0-$name.wasm" -o "$tmp/cut.wasm"
    rm -rf "$tmp/parts"
    expect "parts of $name" 0 decompose "$tmp/whole.wasm" -o "$tmp/parts"
done
for how in '' --gc; do
    # shellcheck disable=SC2086
    expect "plugged $how" 0 plug $how "$h0-socket.wasm" --plug "$h0-functions.wasm" -o "$tmp/whole.wasm"
done
ulimit -S -t unlimited

# Text that nests.
deep() { # deep OPEN CLOSE
    awk -v n=100000 -v a="$1" -v b="$2" 'BEGIN { for (i = 0; i < n; i++) print a; for (i = 0; i < n; i++) print b }'
}
deep '(component' ')' >"$h/components.wat"
{ printf '(component (type '; deep '(list' ')'; echo '))'; } >"$h/lists.wat"
{ printf '(component (import "a" '; deep '(instance (export "a"' '))'; echo '))'; } >"$h/instances.wat"
{ printf '(component (type '; deep '(component (type' '))'; echo '))'; } >"$h/types.wat"
for file in "$h"/*.wat; do hold "${file##*/}" parse -o "$tmp/parsed" "$file"; done
finish "hostile components"
