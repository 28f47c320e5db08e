#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The scripts of bench/ still work: bench.sh runs each with tiny settings and looks for the rows that
# they are there for. No time is judged.
. "$(dirname "$0")/lib.sh"
. tools/toolchain.sh
# shellcheck disable=SC2154
export BENCH_FOLDER="$tmp/bench" RUNS=1 MODULES='' LUA_SRC=- SQLITE_SRC=- BENCH_MODULES=''

works() { # works NAME COMMAND...: its output is in $out
    name=$1
    shift
    if timeout 300 "$@" >"$out" 2>"$err"; then ok; else
        bad "$name" "does not end well"
        tail -n 5 "$err"
    fi
}
has() { # has NAME FILE REGEX: a line of the file is like that
    if grep -qE -- "$3" "$2"; then ok; else
        bad "$1" "no line is like: $3"
    fi
}

works "load.sh" env MEDIUM=3 LARGE=1 CALLS=1000 REQUESTS=1000 IDLE=10 bench/load.sh
for row in 'validation of medium.wasm, [0-9.]+ MB, one thread +[0-9.]+ MB/s' 'preparation of large.wasm.* +[0-9.]+ MB/s' \
    'first instruction .* +[0-9.]+ ms .*met' '10 idle instances .* +[0-9.]+ MB' 'an empty _start' 'a call out of it, slots .* ns' 'a request of [0-9]+ bytes and 15 fields .* ns'; do
    has "load.sh" "$BENCH_FOLDER/summary.txt" "$row"
done
works "components.sh" env CALLS=1000 bench/components.sh
has "components.sh" "$BENCH_FOLDER/summary.txt" '^between components: two numbers +[0-9.]+ ns'
works "linking.sh" env MIDDLE=0.01 LARGE=0.1 bench/linking.sh
has "linking.sh" "$BENCH_FOLDER/summary.txt" '^component new, small \([0-9]+ bytes\), times the time of wasm-tools '
works "run.sh" env BUILD=0 bench/run.sh
has "run.sh" "$out" '^component wit of WASI 0.2.12.* +[0-9.]+ '

mkdir -p "$tmp/sources"
echo 'int bench(void) { unsigned n = 0; for (unsigned i = 0; i < 100000; i++) n = n * 3 + (n >> 7) + i; return (int)n; }' \
    >"$tmp/sources/tiny.c"
if [ -n "$CLANG" ] && "$CLANG" --target=wasm32-wasi -nostdlib -Wl,--no-entry -o "$tmp/tiny.wasm" "$tmp/sources/tiny.c" 2>/dev/null; then
    works "engine/run.sh" env BENCH_SRC="$tmp/sources" ENGINES="native witc" bench/engine/run.sh tiny
    has "engine/run.sh" "$BENCH_FOLDER/engine/table.txt" '^witc +[0-9.]+ '
    has "engine/run.sh" "$BENCH_FOLDER/engine/table.json" '"witc": \{"tiny": \{"seconds": '
    has "engine/run.sh" "$BENCH_FOLDER/engine/chart.svg" '>witc</text>'
    has "engine/run.sh" "$BENCH_FOLDER/figures/1-engine.txt" 'geomean of all programs'
    works "census.sh" env CENSUS_LIMIT=100000 ROWS=20 bench/census.sh "$BENCH_FOLDER/engine/programs/tiny.wasm"
    has "census.sh" "$out" '^FUSE[2-9]\([A-Z]+, .*I32_.*\)$'
else
    skip "there is no clang with wasm-ld: bench/engine and bench/census.sh"
fi
finish "bench"
