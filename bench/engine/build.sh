#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# build.sh FOLDER: the benchmark programs as modules without imports that export `bench: -> i32`
# (FOLDER/NAME.wasm) and natively (FOLDER/NAME, which prints the checksum and its CPU seconds).
#
#   BENCH_SRC      a folder of programs of one file (../shared/bench/src)
#   LUA_SRC        a folder with Lua's lapi.c ...   } where they are not given and cargo is there, it
#   SQLITE_SRC     a folder with sqlite3.c          } downloads the crates that carry them
#   BENCH_MODULES  a folder with further programs, ready made: NAME.wasm and NAME
#
# What cannot be built is left out with a line on standard error. What is newer than its source stays.
set -u
cd "$(dirname "$0")/../.." || exit 1
folder=$1 here=bench/engine/programs
mkdir -p "$folder"
. tools/toolchain.sh
left_out() { echo "left out: $1" >&2; }

# gcc -O2 natively; clang -O2 with what every engine has had for years.
module_flags="--target=wasm32-wasi -O2 -msign-ext -mnontrapping-fptoint -mbulk-memory -nostartfiles \
-Wl,--no-entry -Wl,--strip-debug -Wl,--export=bench"
native() { gcc -O2 -w "$@" -o "$folder/$name" $here/native_main.c -lm; }
module() { $CLANG $module_flags -w "$@" -o "$folder/$name.wasm"; }
is_new() { [ "$folder/$name.wasm" -nt "$1" ] && [ "$folder/$name" -nt "$1" ]; }

for source in $here/own/*.c $here/apart/*.c "${BENCH_SRC:=../shared/bench/src}"/*.c; do
    if [ ! -f "$source" ]; then
        left_out "the programs of $BENCH_SRC (there are none)"
        continue
    fi
    name=$(basename "$source" .c)
    is_new "$source" && continue
    native "$source" && module "$source" || left_out "$name (it does not compile)"
done

# The crates are read, not built.
if [ -z "${LUA_SRC:-}${SQLITE_SRC:-}" ] && command -v cargo >/dev/null; then
    crates=$folder/crates
    mkdir -p "$crates/src"
    : >"$crates/src/lib.rs"
    printf '[package]\nname = "programs"\nversion = "0.0.0"\n[dependencies]\n%s\n%s\n' \
        'lua-src = "=551.1.0"' 'libsqlite3-sys = "=0.39.1"' >"$crates/Cargo.toml"
    [ -d "$crates/vendor" ] ||
        cargo vendor --manifest-path "$crates/Cargo.toml" "$crates/vendor" >"$crates/log" 2>&1
    LUA_SRC=$crates/vendor/lua-src/lua-5.4.9 SQLITE_SRC=$crates/vendor/libsqlite3-sys/sqlite3
fi
name=lua
if [ ! -f "${LUA_SRC:-}/lapi.c" ]; then left_out "lua (LUA_SRC is no folder of its sources)"
elif ! is_new $here/lua.c; then
    native -I$here/shim "-I$LUA_SRC" $here/lua.c &&
        module -I$here/shim "-I$LUA_SRC" $here/lua.c $here/wasi_stub.c || left_out "lua (it does not compile)"
fi
name=sqlite
if [ ! -f "${SQLITE_SRC:-}/sqlite3.c" ]; then left_out "sqlite (SQLITE_SRC has no sqlite3.c)"
elif ! is_new $here/sqlite.c; then
    native "-I$SQLITE_SRC" $here/sqlite.c &&
        module "-I$SQLITE_SRC" $here/sqlite.c $here/wasi_stub.c || left_out "sqlite (it does not compile)"
fi
if [ -n "${BENCH_MODULES:-}" ]; then
    cp -pu "$BENCH_MODULES"/*.wasm "$folder"
    for file in "$BENCH_MODULES"/*.wasm; do cp -pu "${file%.wasm}" "$folder"; done
fi
exit 0
