#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# pairs.sh WITC [NAME...]: guest programs in C, end to end: bindings, clang, wasm-ld, component new,
# compose, and a run in the interpreter. Every folder of tests/bindgen/pairs is one such program, of
# two components or more; its file `pair` says how it is built, a line each:
#
#     component WORLD FLAG...   bindings of this world of the folder's .wit files by `witc bindgen c
#                               FLAG...`, compiled with WORLD.c (WORLD.cc); the last line's component is
#                               the root, the others serve its imports and each other's, first to last
#     build WORLD FLAG...       the same by one `witc build FLAG...`
#     needs FILE                skipped where it is not there
#     cflags FLAG...            more flags for the compiler
#     features LIST             gated features that the components use
#     wac FILE                  composed by a program in WAC instead; packages are pair:WORLD
#     run FUNCTION RESULT       what is called and must come back; `run (u32.const 0)` where missing
#     trap FUNCTION TEXT        the call must trap, and TEXT must be in the message
#
# A result that is no 0 is the line of the first check that failed (see pairs/guest.h).
. "$(dirname "$0")/lib.sh"
. tools/toolchain.sh
[ $# = 0 ] || shift
warnings="-Wall -Wextra -Werror -Wpedantic -Wconversion -Wcast-qual -Wc++-compat"
pairs=$PWD/tests/bindgen/pairs

if [ -z "$CLANG" ] || [ -z "$WASM_LD" ]; then
    skip "pairs: clang or wasm-ld is missing"
    finish pairs
fi

compile() { # compile SOURCE OBJECT FLAG...
    language=-std=c11
    case $1 in *.cc) language="-std=c++17 -fno-exceptions -fno-rtti -Wno-c++-compat" ;; esac
    source=$1 object=$2
    shift 2
    # shellcheck disable=SC2086
    "$CLANG" --target=wasm32 -ffreestanding $language -O1 "$@" -c "$source" -o "$object" >"$tmp/log" 2>&1 && return
    bad "$pair" "$source does not compile"
    head -n 20 "$tmp/log"
    return 1
}

component() { # component WORLD FLAG...: $work/WORLD.wasm
    world=$1
    shift
    gen=$work/gen-$world
    expect "$pair: bindings of $world" 0 bindgen c -w "$world" "$@" --out-dir "$gen" "$pairs/$pair" || return 1
    objects='' n=0
    for source in "$gen"/*.c "$gen"/*.cc "$pairs/$pair/$world".c "$pairs/$pair/$world".cc; do
        [ -e "$source" ] || continue
        object=$work/$world-$((n = n + 1)).o
        case $source in "$gen"/*) strict=$warnings ;; *) strict="-Wall -Wextra -Werror -Wno-unused-parameter" ;; esac
        # shellcheck disable=SC2086
        compile "$source" "$object" $strict -I "$gen" -I "$pairs" $cflags || return 1
        objects="$objects $object"
    done
    # shellcheck disable=SC2086
    "$WASM_LD" --no-entry $objects -o "$work/$world.core.wasm" >"$tmp/log" 2>&1 || {
        bad "$pair" "$world does not link"
        head -n 20 "$tmp/log"
        return 1
    }
    expect "$pair: component $world" 0 component new "$work/$world.core.wasm" -o "$work/$world.wasm"
}

built() { # built WORLD FLAG...: the same by `witc build`
    world=$1
    shift
    sources=
    for source in "$pairs/$pair/$world".c "$pairs/$pair/$world".cc; do
        [ -e "$source" ] && sources=$source
    done
    # shellcheck disable=SC2086
    expect "$pair: build $world" 0 build "$sources" --wit "$pairs/$pair" -w "$world" "$@" -I "$pairs" -Wall \
        -Wextra -Werror -Wno-unused-parameter $cflags -o "$work/$world.wasm"
}

compose() { # the components of $worlds as $work/all.wasm
    set --
    for world in $worlds; do
        last=$world
        if [ -n "$wac" ]; then set -- "$@" -d "pair:$world=$work/$world.wasm"; else set -- "$@" -d "$work/$world.wasm"; fi
    done
    if [ -n "$wac" ]; then
        expect "$pair: compose" 0 compose "$@" "$pairs/$pair/$wac" -o "$work/all.wasm"
    else
        expect "$pair: compose" 0 compose "$@" "$work/$last.wasm" -o "$work/all.wasm"
    fi
}

pair() { # pair NAME
    pair=$1 work=$tmp/$1 worlds='' wac='' cflags='' features=''
    mkdir "$work"
    : >"$work/asserts"
    while read -r word first rest; do
        case $word in
        '' | '#'*) ;;
        cflags) cflags="$first $rest" ;;
        features) features="-f $first" ;;
        wac) wac=$first ;;
        component)
            worlds="$worlds $first"
            # shellcheck disable=SC2086
            component "$first" $rest || return
            ;;
        needs)
            [ -e "$first" ] && continue
            skip "pairs: $pair: there is no $first"
            return
            ;;
        build)
            worlds="$worlds $first"
            # shellcheck disable=SC2086
            built "$first" $rest || return
            ;;
        run) printf '(assert_return (invoke "%s") %s)\n' "$first" "$rest" >>"$work/asserts" ;;
        trap) printf '(assert_trap (invoke "%s") "%s")\n' "$first" "$rest" >>"$work/asserts" ;;
        *) bad "$pair" "pair: unknown word $word" ;;
        esac
    done <"$pairs/$pair/pair"
    [ -s "$work/asserts" ] || echo '(assert_return (invoke "run") (u32.const 0))' >"$work/asserts"
    compose || return
    {
        printf '(component binary "'
        od -An -v -tx1 "$work/all.wasm" | tr -d '\n' | sed 's, ,\\,g'
        printf '")\n'
        cat "$work/asserts"
    } >"$work/run.wast"
    # shellcheck disable=SC2086
    expect "$pair" 0 wast $features "$work/run.wast" || head -n 20 "$out"
}

if [ $# = 0 ]; then
    for folder in "$pairs"/*/; do
        folder=${folder%/}
        set -- "$@" "${folder##*/}"
    done
fi
for name; do pair "$name"; done
finish pairs
