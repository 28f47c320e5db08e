#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# native.sh WITC: C bindings in the native style, apart from what tests/bindgen.sh and tests/pairs.sh
# do with them: every WIT compiled by all compilers that are here in all standards; a program that
# is compiled as a component and, unchanged, with sanitizers for the machine that tests; programs of
# several worlds. Where the public suites are, their WIT for bindings, too.
. "$(dirname "$0")/lib.sh"
. tools/toolchain.sh
strict="-Wall -Wextra -Wpedantic -Wconversion -Wcast-qual -Werror"
wasm="--target=wasm32 -ffreestanding"
suite=${CONFORMANCE:-../shared/conformance}/suites/codegen

compile() { # compile NAME COMMAND...
    name=$1
    shift
    if "$@" >"$tmp/log" 2>&1; then ok; else
        bad "$name" "does not compile: $*"
        head -n 10 "$tmp/log"
    fi
}

# generate DIR WORD...: the source is $source, for C++ there is $header
generate() {
    gen=$1
    shift
    rm -rf "$gen"
    expect "$*" 0 bindgen c --style native --all-features --out-dir "$gen" "$@" || return 1
    source=$(echo "$gen"/*.c) header=$gen/header.cc
    echo "#include \"$(basename "${source%.c}.h")\"" >"$header"
}

has() { command -v "$1" >/dev/null; }
cxx=$(echo "$CLANG" | sed 's/clang/clang++/')

all_compilers() { # all_compilers NAME
    # shellcheck disable=SC2086
    for standard in c11 c17 c2x; do
        [ -n "$CLANG" ] && compile "$1" "$CLANG" $wasm -std=$standard -O1 $strict -Wc++-compat -c "$source" -o "$tmp/o.o"
        for cc in gcc $CLANG; do
            has "$cc" && compile "$1" "$cc" -std=$standard -O2 $strict -Wc++-compat -c "$source" -o "$tmp/o.o"
        done
    done
    # shellcheck disable=SC2086
    [ -n "$CLANG" ] && has "$cxx" && compile "$1" "$cxx" $wasm -std=c++17 $strict -fsyntax-only "$header"
    # shellcheck disable=SC2086
    has g++ && compile "$1" g++ -std=c++17 $strict -fsyntax-only "$header"
}

for wit in tests/bindgen/*.wit tests/bindgen/native/world.wit; do
    generate "$tmp/gen" "$wit" && all_compilers "$wit"
done

# One compiler for each target is enough for many.
if [ -d "$suite" ] && [ -n "$CLANG" ]; then
    for wit in "$suite"/*; do
        world=$(grep -q '^world imports ' "$wit" 2>/dev/null && echo '-w imports')
        # shellcheck disable=SC2086
        generate "$tmp/gen" $world "$wit" || continue
        # shellcheck disable=SC2086
        compile "$wit" "$CLANG" $wasm -std=c11 -O1 $strict -Wc++-compat -c "$source" -o "$tmp/o.o"
        # shellcheck disable=SC2086
        has gcc && compile "$wit" gcc -std=c11 $strict -Wc++-compat -fsyntax-only "$source"
        # shellcheck disable=SC2086
        has g++ && compile "$wit" g++ -std=c++17 $strict -fsyntax-only "$header"
    done
fi

run() { # run NAME COMMAND...: compiles, and runs what it makes
    compile "$@" -o "$tmp/program"
    timeout 60 "$tmp/program" >"$tmp/log" 2>&1 && ok && return
    bad "$1" "fails without WebAssembly"
    head -n 20 "$tmp/log"
}

app=tests/bindgen/native
generate "$tmp/app" --rename test:finder/net@1.0.0=net --rename test:finder/index@1.0.0=index $app/world.wit
for cc in gcc $CLANG; do
    has "$cc" || continue
    # shellcheck disable=SC2086
    run "finder by $cc" "$cc" -std=c11 -g -fsanitize=address,undefined -fno-sanitize-recover=all $strict \
        -I "$tmp/app" $app/app.c $app/app_test.c "$tmp/app/finder.c"
done
if [ -n "$WASM_LD" ]; then
    # shellcheck disable=SC2086
    compile "finder" "$CLANG" $wasm -std=c11 -O1 $strict -I "$tmp/app" -c $app/app.c -o "$tmp/app.o"
    # shellcheck disable=SC2086
    compile "finder" "$CLANG" $wasm -std=c11 -O1 $strict -c "$tmp/app/finder.c" -o "$tmp/finder.o"
    compile "finder" "$WASM_LD" --no-entry "$tmp/app.o" "$tmp/finder.o" -o "$tmp/finder.core.wasm"
    expect "finder" 0 component new "$tmp/finder.core.wasm" -o "$tmp/finder.wasm"
fi

# One program's exports are another's imports; their headers can be included together.
pair=tests/bindgen/pairs/native-values
generate "$tmp/test" -w test $pair && generate "$tmp/runner" -w runner $pair
echo '#include "runner.h"' >"$tmp/main.c"
echo 'int main(void) { uint32_t line = runner_run(); wit_arena_reset(); return line != 0; }' >>"$tmp/main.c"
has gcc && run "values" gcc -std=c11 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
    -I tests/bindgen/pairs -I "$tmp/test" -I "$tmp/runner" $pair/test.c $pair/runner.c \
    "$tmp/test/test.c" "$tmp/runner/runner.c" "$tmp/main.c"
for first in test runner; do
    printf '#include "%s.h"\n#include "test.h"\n#include "runner.h"\n' $first >"$tmp/both.c"
    cp "$tmp/both.c" "$tmp/both.cc"
    # shellcheck disable=SC2086
    has gcc && compile "both headers" gcc -std=c11 $strict -I "$tmp/test" -I "$tmp/runner" -fsyntax-only "$tmp/both.c"
    # shellcheck disable=SC2086
    has g++ && compile "both headers" g++ -std=c++17 $strict -I "$tmp/test" -I "$tmp/runner" -fsyntax-only "$tmp/both.cc"
done

# Another version of an interface is noticed.
mkdir "$tmp/old"
sed 's/record point { x: s32, y: s32 }/record point { x: s32, y: s32, z: s32 }/' $pair/world.wit >"$tmp/old/world.wit"
generate "$tmp/oldgen" -w runner --rename-world old "$tmp/old"
printf '#include "test.h"\n#include "old.h"\n' >"$tmp/both.c"
if gcc -I "$tmp/test" -I "$tmp/oldgen" -fsyntax-only "$tmp/both.c" >"$tmp/log" 2>&1; then
    bad "both headers" "two versions of an interface go together"
elif grep -q '#error "the types of values are others' "$tmp/log"; then ok; else
    bad "both headers" "two versions of an interface are told apart by another error"
fi
finish native
