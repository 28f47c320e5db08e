#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# bindings.sh FOLDER: rows about C bindings: the bytes of the code section that the bindings of WASI
# 0.2.12's worlds have at -O2, in both styles and by wit-bindgen where that is installed, and how long
# writing those of wasi:http takes. FOLDER holds build/bench's `median` and takes what is written.
cd "$(dirname "$0")/.." || exit 1
. tools/toolchain.sh
folder=${1:-build/bench}
wit=examples/calculator/wit
deps=$PWD/$wit/deps
line() { printf '%-44s %12s %12s %12s\n' "$@"; }

code_size() { # of an object: its code section
    od -An -v -tu1 "$1" | awk '
        { for (i = 1; i <= NF; i++) byte[n++] = $i }
        function leb(  value, shift, b) {
            do { b = byte[at++]; value += (b % 128) * 2 ^ shift; shift += 7 } while (b >= 128)
            return value
        }
        END {
            for (at = 8; at < n; at = next_at) {
                id = byte[at++]; size = leb(); next_at = at + size
                if (id == 10) { print size; exit }
            }
            print 0
        }'
}

# C headers for wit-bindgen's source where the compiler has no C library: what it uses is these.
mkdir -p "$folder/include"
echo '#include <stddef.h>
void *malloc(size_t); void *realloc(void *, size_t); void free(void *); void abort(void);' >"$folder/include/stdlib.h"
echo '#include <stddef.h>
void *memcpy(void *, const void *, size_t); size_t strlen(const char *);' >"$folder/include/string.h"

size() { # size WORLD COMMAND...: bindings by the command, compiled
    world=$1 out=$folder/bindings
    shift
    rm -rf "$out"
    "$@" -w "$world" --out-dir "$out" "$folder/wit" >/dev/null 2>&1 || { echo -; return; }
    if "$CLANG" --target=wasm32 -ffreestanding -O2 -isystem "$folder/include" -w -c "$out"/*.c -o "$out/x.o" 2>/dev/null; then
        code_size "$out/x.o"
    else echo -; fi
}

# The folder's packages with a world that needs them all.
rm -rf "$folder/wit" && mkdir -p "$folder/wit"
cp -r "$deps" "$folder/wit/deps"
echo 'package bench:worlds; world all { include wasi:cli/command@0.2.12; import wasi:http/outgoing-handler@0.2.12; }' >"$folder/wit/worlds.wit"

reference=$(command -v wit-bindgen)
if [ -n "$CLANG" ]; then
    line "C bindings, code bytes at -O2" "drop-in" "native" "wit-bindgen"
    for world in wasi:cli/command@0.2.12 wasi:http/proxy@0.2.12; do
        line "    $world" "$(size $world build/witc bindgen c)" \
            "$(size $world build/witc bindgen c --style native)" \
            "${reference:+$(size $world "$reference" c)}"
    done
fi
http="-w wasi:http/proxy@0.2.12 --out-dir $folder/bindings $folder/wit"
# shellcheck disable=SC2086
line "writing those of wasi:http, ms (aim: < 10)" "$("$folder/median" "${RUNS:-51}" build/witc bindgen c $http)" \
    "$("$folder/median" "${RUNS:-51}" build/witc bindgen c --style native $http)" \
    "${reference:+$("$folder/median" "${RUNS:-51}" "$reference" c $http 2>/dev/null)}"
