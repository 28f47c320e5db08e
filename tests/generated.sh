#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# generated.sh WITC WITGEN: bindings of random WIT (witgen.c), which must compile, and components of
# their stubs, which must be valid and fit their worlds. FIRST and COUNT say which seeds (0, 24).
witgen=$(realpath "$2")
. "$(dirname "$0")/lib.sh"
. tools/toolchain.sh
warnings="-Wall -Wextra -Werror -Wpedantic -Wconversion -Wc++-compat -Wno-unused-parameter"
guest="--target=wasm32 -ffreestanding -std=c11"
first=${FIRST:-0} count=${COUNT:-24}

mkdir "$tmp/wit" "$tmp/gen"
"$witgen" "$tmp/wit" "$first" "$count" && ok || bad "witgen" "exit $?"

# bind NAME SEED WORDS...: bindings in $tmp/gen/NAME-SEED
bind() {
    name=$1 seed=$2
    shift 2
    timeout 60 "$witc" bindgen c -w w "$@" --out-dir "$tmp/gen/$name-$seed" "$tmp/wit/$seed.wit" >"$out" 2>"$err"
    status=$?
    [ $status = 0 ] && return
    # The one mistake that witgen makes.
    if [ $status = 1 ] && grep -q 'in incompatible ways' "$err"; then ok; return 1; fi
    bad "seed $seed" "exit $status: bindgen c -w w $*"
    head -n 3 "$err"
    return 1
}

# compile NAME: all bindings of that name, in one run
compile() {
    [ -n "$CLANG" ] || return
    # shellcheck disable=SC2086
    if "$CLANG" $guest -fsyntax-only $warnings "$tmp/gen/$1"-*/*.c >"$tmp/log" 2>&1; then ok; else
        bad "bindings ($1)" "do not compile"
        grep -m 3 -A 3 error: "$tmp/log"
    fi
}

# One more way for each seed.
ways() {
    case $(($1 % 6)) in
    0) bind way "$1" --no-sig-flattening ;;
    1) bind way "$1" --autodrop-borrows=yes --string-encoding utf16 ;;
    2) bind way "$1" --async all ;;
    3) bind way "$1" --sync all --no-helpers ;;
    4) bind way "$1" --generate-async-helpers --generate-threading-helpers ;;
    5) bind way "$1" --style native --string-encoding utf16 --async all ;;
    esac
}

# component STYLE SEED: from stubs that do nothing
component() {
    folder=$tmp/gen/$1-stubs-$2
    bind "$1-stubs" "$2" --style "$1" --stubs || return
    for file in w w_impl; do
        # shellcheck disable=SC2086
        "$CLANG" $guest -w -O1 -c "$folder/$file.c" -o "$folder/$file.o" >"$tmp/log" 2>&1 ||
            { bad "seed $2" "stubs do not compile ($1)"; head -n 3 "$tmp/log"; return; }
    done
    "$WASM_LD" --no-entry "$folder"/*.o -o "$folder/core.wasm" >"$tmp/log" 2>&1 ||
        { bad "seed $2" "stubs do not link ($1)"; head -n 3 "$tmp/log"; return; }
    expect "component of seed $2" 0 component new "$folder/core.wasm" -o "$folder/c.wasm" &&
        expect "valid component of seed $2" 0 validate -f all "$folder/c.wasm" &&
        expect "component of seed $2 in its world" 0 component targets -w w "$tmp/wit/$2.wit" "$folder/c.wasm"
}

for file in "$tmp"/wit/*.wit; do
    seed=${file##*/}
    seed=${seed%.wit}
    bind drop-in "$seed" && ok
    bind native "$seed" --style native && ok
    ways "$seed" && ok
done
[ -n "$CLANG" ] || skip "bindings of random WIT: clang is missing"
compile drop-in
compile native
compile way
if [ -n "$CLANG" ] && [ -n "$WASM_LD" ]; then
    for seed in $(seq "$first" 4 $((first + count - 1))); do
        component drop-in "$seed"
        component native $((seed + 1))
    done
fi
finish generated
