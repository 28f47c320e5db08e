#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What `make bench` prints: how long a clean build takes, how large the stripped program is, and the
# medians of whole processes for some commands, with wasm-tools and wasmtime beside where they are
# installed. RUNS (51) is the number of runs of each; BUILD=0 leaves out the clean build. Run it on a
# machine that does nothing else.
set -u
cd "$(dirname "$0")/.." || exit 1
runs=${RUNS:-51}
jobs=$(getconf _NPROCESSORS_ONLN)
. bench/figures.sh
folder=$bench
mkdir -p "$folder"
cc -O2 -o "$folder/median" bench/median.c || exit 1

line() { printf '%-44s %12s %12s %12s\n' "$@"; }
time_of() { "$folder/median" "$runs" "$@" 2>/dev/null || echo -; }
memory_of() { "$folder/median" -m 5 "$@" 2>/dev/null || echo -; }
size_of() { # of the program, stripped
    strip -o "$folder/stripped" "$1" && wc -c <"$folder/stripped"
}
tools=$(command -v wasm-tools) runtime=$(command -v wasmtime)

line "" witc wasm-tools wasmtime
if [ "${BUILD:-1}" = 1 ]; then
    rm -rf "$folder/build"
    start=$(date +%s%N)
    make -s "-j$jobs" CCACHE= BUILD="$folder/build" all >/dev/null || exit 1
    end=$(date +%s%N)
    line "clean build on $jobs cores, s (aim: < 30)" "$(awk "BEGIN { printf \"%.1f\", ($end - $start) / 1e9 }")" "" ""
fi
line "stripped program, bytes (aim: < 1500000)" "$(size_of build/witc)" \
    "${tools:+$(size_of "$tools")}" "${runtime:+$(size_of "$runtime")}"

# `component wit`: of the WASI packages, and of 4 MB of them.
bench/large.sh >"$folder/large.wit"
for input in "WASI 0.2.12:examples/calculator/wit:half" "4 MB of WIT:$folder/large.wit:all"; do
    name=${input%%:*} aim=${input##*:} wit=${input#*:} wit=${wit%:*}
    line "component wit of $name, ms (aim: $aim)" "$(time_of build/witc component wit "$wit")" \
        "${tools:+$(time_of "$tools" component wit "$wit")}" ""
    line "    its peak memory, MB (aim: all)" "$(memory_of build/witc component wit "$wit")" \
        "${tools:+$(memory_of "$tools" component wit "$wit")}" ""
done

if WITC=build/witc DEMO_FOLDER=$folder/demo tools/demo.sh >"$folder/demo.log" 2>&1; then
    program=$folder/demo/program.wasm
    line "run of the example, ms (aim: < 3)" "$(time_of build/witc run "$program" 9 16)" "" \
        "${runtime:+$(time_of "$runtime" run "$program" 9 16)}"
    line "validate of the example, ms" "$(time_of build/witc validate "$program")" \
        "${tools:+$(time_of "$tools" validate "$program")}" ""
else
    echo "the example does not build; see $folder/demo.log"
fi
line "an empty command (version), ms" "$(time_of build/witc version)" \
    "${tools:+$(time_of "$tools" --version)}" "${runtime:+$(time_of "$runtime" --version)}"

bench/bindings.sh "$folder"
