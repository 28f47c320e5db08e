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
