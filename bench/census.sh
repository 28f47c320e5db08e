#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# census.sh [FILE...]: interpreter/fused.def by what these programs do, on standard output: core modules
# that export `bench` (FUNCTION names another), or components. Without files they are the programs of
# bench/engine/build.sh, but for those of programs/apart, by which fused.def is judged; `make census`
# writes fused.def so. Each runs without fuel and with it, the latter at a quarter of the weight. ROWS
# (800) is how many there are at most, EXTRA more counts that census.c has written.
# bench/census/*.c says what is counted, choose.awk how rows are chosen.
set -eu
cd "$(dirname "$0")/.."
folder=${BENCH_FOLDER:-build}/census
mkdir -p "$folder"
make -s all
if [ $# = 0 ]; then
    programs=build/bench/engine/programs
    bench/engine/build.sh $programs >&2
    for file in "$programs"/*.wasm; do
        [ -f "bench/engine/programs/apart/$(basename "$file" .wasm).c" ] || set -- "$@" "$file"
    done
fi
for source in interpreter/run*.c bench/census/census.c; do
    [ "$source" = interpreter/run_fused.c ] && continue
    cc -std=gnu11 -O1 -Wall -fno-ipa-icf -fno-math-errno -I. -D_GNU_SOURCE -DVM_TRAMPOLINE \
        -include bench/census/census.h -c -o "$folder/$(basename "$source" .c).o" "$source"
done
# shellcheck disable=SC2046
cc -o "$folder/witc" build/obj-release/cli/*.o "$folder"/*.o build/obj-release/libwitc.a \
    $(pkg-config --libs tree-sitter yaml-0.1) -lm -pthread
plain='' fuel='' n=0
for file in "$@"; do
    n=$((n + 1)) name=$(basename "$file" .wasm)
    for how in plain fuel; do
        CENSUS=$folder/$name.$how "$folder/witc" run $([ $how = plain ] || echo --fuel 1000000000000) "$file" \
            $(case $(head -c 8 "$file" | od -An -tx1) in *01\ 00\ 00\ 00) echo --invoke "${FUNCTION:-bench}" ;; esac) \
            >/dev/null
    done
    plain="$plain $folder/$name.plain" fuel="$fuel $folder/$name.fuel"
done
cat <<TEXT
/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Instructions that follow each other often and get one handler (run_fused.c): chosen by bench/census.sh
 * from what $n programs execute. PART: one that occurs in rows; run_fused.c says what rows mean. */
TEXT
# shellcheck disable=SC2086
awk -v ROWS="${ROWS:-800}" -v LIGHT="$n" -f bench/census/choose.awk $fuel $plain ${EXTRA:-}
