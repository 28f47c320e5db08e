#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# guide.sh WITC: does what docs/COMMANDS.md, docs/LINKING.md and docs/BINDINGS.md say, each in an empty folder. A block
# with a file's name behind its language ("```c main.c") becomes that file; of a block "```console",
# each line "$ .." is run, and the lines after it must be what it writes to standard output.
. "$(dirname "$0")/lib.sh"
. tools/toolchain.sh
docs=$PWD/docs

# Every command has its example.
for name in $(sed -n 's/^COMMAND("\([^"]*\)".*/\1/p' cli/command.def | tr ' ' '_'); do
    name=$(echo "$name" | tr _ ' ')
    if grep -q "\`\(witc \)\{0,1\}$name" docs/COMMANDS.md; then ok; else bad "docs/COMMANDS.md" "has no $name"; fi
done

mkdir "$tmp/bin"
ln -s "$witc" "$tmp/bin/witc"
PATH=$tmp/bin:$PATH
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
step() { # step FILE: one block
    read -r language name <"$1"
    sed 1d "$1" >"$tmp/text"
    case $language$name in
    console) console "$tmp/text" ;;
    *)
        [ -n "$name" ] || return
        case $name in */*) mkdir -p "${name%/*}" ;; esac
        cp "$tmp/text" "$name"
        ;;
    esac
}
follow() { # follow PAGE: all its blocks, in a folder of its own, where this leaves us
    mkdir -p "$tmp/$1" "$tmp/$1.steps"
    cd "$tmp/$1" || exit 1
    # Every block in a file of its own, its first line what stood behind the fence.
    awk -v folder="$tmp/$1.steps" '
        /^```/ && !open { open = 1; name = sprintf("%s/%03d", folder, ++n); print substr($0, 4) >name; next }
        /^```$/ { open = 0; close(name); next }
        open { print >name }' "$docs/$1"
    for block in "$tmp/$1.steps"/*; do step "$block"; done
}

follow COMMANDS.md
follow LINKING.md
if [ -z "$CLANG" ] || [ -z "$WASM_LD" ]; then
    skip "guide: clang or wasm-ld is missing"
    finish guide
fi
ln -s "$(command -v "$CLANG")" "$tmp/bin/clang"
ln -s "$(command -v "$WASM_LD")" "$tmp/bin/wasm-ld"
follow BINDINGS.md
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
