#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# guide.sh WITC: does what docs/BINDINGS.md says, in an empty folder. A block with a file's name
# behind its language ("```c main.c") becomes that file; of a block "```console", each line "$ .." is
# run, and the lines after it must be what it writes to standard output.
. "$(dirname "$0")/lib.sh"
. tools/toolchain.sh
if [ -z "$CLANG" ] || [ -z "$WASM_LD" ]; then
    skip "guide: clang or wasm-ld is missing"
    finish guide
fi
guide=$PWD/docs/BINDINGS.md
mkdir "$tmp/bin" "$tmp/w" "$tmp/steps"
ln -s "$witc" "$tmp/bin/witc"
ln -s "$(command -v "$CLANG")" "$tmp/bin/clang"
ln -s "$(command -v "$WASM_LD")" "$tmp/bin/wasm-ld"
PATH=$tmp/bin:$PATH
cd "$tmp/w" || exit 1

# Every block in a file of its own, its first line what stood behind the fence.
awk -v folder="$tmp/steps" '
    /^```/ && !open { open = 1; name = sprintf("%s/%03d", folder, ++n); print substr($0, 4) >name; next }
    /^```$/ { open = 0; close(name); next }
    open { print >name }' "$guide"

check() { # check COMMAND: what it wrote against what the guide says
    sh -c "$1" >"$out" 2>"$err"
    status=$?
    if [ $status = 0 ] && cmp -s "$out" "$tmp/expected"; then ok; else
        bad "guide" "exit $status: $1"
        diff "$tmp/expected" "$out" | head -n 10
        head -n 10 "$err"
    fi
}
console() { # console FILE: a session
    command='' 
    : >"$tmp/expected"
    while IFS= read -r line; do
        case $line in
        '$ '*)
            [ -z "$command" ] || check "$command"
            command=${line#??}
            : >"$tmp/expected"
            ;;
        *) printf '%s\n' "$line" >>"$tmp/expected" ;;
        esac
    done <"$1"
    check "$command"
}
for step in "$tmp"/steps/*; do
    read -r language name <"$step"
    sed 1d "$step" >"$tmp/text"
    case $language$name in
    console) console "$tmp/text" ;;
    *)
        [ -n "$name" ] || continue
        case $name in */*) mkdir -p "${name%/*}" ;; esac
        cp "$tmp/text" "$name"
        ;;
    esac
done
[ -s hello.wasm ] && ok || bad "guide" "there is no component at its end"

if [ -e /usr/include/wasm32-wasi/c++/v1/optional ]; then
    expect "guide: C++" 0 build main.cpp --style native --cpp -std=c++17 -Wall -Wextra -Werror -o cpp.wasm
    expect "guide: C++" 0 run cpp.wasm Ada
    [ "$(cat "$out")" = "Hello, Ada!" ] && ok || bad "guide: C++" "$(cat "$out")"
else
    skip "guide: libc++-dev-wasm32 is missing"
fi

# The build systems of the guide.
rm -f hello.wasm
if make -s >"$tmp/log" 2>&1 && [ -s hello.wasm ] && make -q; then ok; else bad "guide: make" "$(cat "$tmp/log")"; fi
touch -d '+1 minute' wit/deps/io.wit
if make -q; then bad "guide: make" "does not see newer WIT"; else ok; fi
if command -v cmake >/dev/null; then
    rm -f hello.wasm
    if cmake -S . -B cmake-build >"$tmp/log" 2>&1 && cmake --build cmake-build >"$tmp/log" 2>&1; then ok; else
        bad "guide: cmake" "$(cat "$tmp/log")"
    fi
    [ -s cmake-build/hello.wasm ] && ok || bad "guide: cmake" "no component"
else
    skip "guide: cmake is missing"
fi
finish guide
