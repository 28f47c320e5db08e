#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Checks every #include between folders against the table of docs/ARCHITECTURE.md: a folder may
# include its own headers and those listed here, and nobody includes another's internal.h.
cd "$(dirname "$0")/.."

allowed() {
    case $1 in
    base) ;;
    grammar) ;;
    adapter) echo base ;;
    model | core) echo base ;;
    canonical-abi) echo base model ;;
    witc) echo base model grammar ;;
    bindgen) echo base model canonical-abi ;;
    report) echo base model ;;
    component) echo base adapter model core canonical-abi ;;
    wac) echo base model core canonical-abi component ;;
    wat) echo base model core canonical-abi component ;;
    interpreter) echo base model core canonical-abi component ;;
    wasi) echo base model canonical-abi interpreter ;;
    serve) echo base model canonical-abi component interpreter wasi ;;
    embed) echo base model core canonical-abi component wat interpreter wasi include ;;
    cli) echo base adapter grammar model core canonical-abi witc bindgen report component wac wat interpreter wasi serve embed include ;;
    esac
}

bad=0
for folder in base adapter grammar model core canonical-abi witc bindgen report component wac wat interpreter wasi serve embed cli; do
    [ -d "$folder" ] || continue
    may=" $folder $(allowed $folder) "
    for line in $(grep -rHnoE '^ *# *include +"[^"]+/[^"]+"' "$folder" --include=*.c --include=*.h \
        --include=*.def | grep -v '^grammar/src/' | sed 's/# *include *//; s/ //g'); do
        place=${line%:*} target=${line##*:}
        target=${target#\"} target=${target%\"}
        other=${target%%/*}
        case "$may" in
        *" $other "*) ;;
        *) echo "$place: $folder/ must not include $target"; bad=1 ;;
        esac
        case $target in
        "$folder"/*) ;;
        */internal.h) echo "$place: $target is private to $other/"; bad=1 ;;
        esac
    done
    count=$(find "$folder" -name internal.h | wc -l)
    [ "$count" -le 1 ] || { echo "$folder/: more than one internal.h"; bad=1; }
done
[ $bad = 0 ] && echo "layers: every include keeps to the ranks"
exit $bad
