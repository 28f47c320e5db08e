#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# How fast core modules load: validation beside wasm-tools and wabt, preparation, the first instruction
# of a large module, instantiation, idle instances, start-up, calls. Run it on a machine that does
# nothing else. Times are of the processor, but for those of several threads.
#
#   MODULES  a folder with real modules: those of 10 to 20 MB are validated, the largest is loaded
#            lazily; without it some are made up, of MEDIUM (10) and LARGE (75) MB
#   RUNS     the number of runs of each figure (21), which is their median
#   CALLS    how many calls are timed (2000000)
#   REQUESTS how many requests of HTTP/1.1 are read (200000)
set -u
cd "$(dirname "$0")/.." || exit 1
. bench/figures.sh
runs=${RUNS:-21}
figures 2-load
cc -O2 -o "$bench/median" bench/median.c || exit 1
cc -O2 -std=gnu11 -I. -D_GNU_SOURCE -o "$bench/load" bench/load.c build/obj-release/libwitc.a -lm -pthread || exit 1
cc -O2 -std=gnu11 -I. -o "$bench/calls" bench/calls.c build/obj-release/libwitc.a -lm -pthread || exit 1
cc -O2 -std=gnu11 -I. -o "$bench/http1" bench/http1.c build/obj-release/libwitc.a || exit 1

line() { printf '%-52s %12s %12s %12s\n' "$@"; }
cpu() { "$bench/median" -c "$runs" "$@" 2>/dev/null || echo -; }
wall() { "$bench/median" "$runs" "$@" 2>/dev/null || echo -; }
peak() { "$bench/median" -m 5 "$@" 2>/dev/null || echo -; }
per() { # per A B: A / B, where both are numbers
    case "$1$2" in *-* | "") echo - ;; *) awk "BEGIN { printf \"%.2f\", $1 / $2 }" ;; esac
}
inside() { # inside NAME MODE FILE [N]: one of what bench/load.c prints, the median of five
    name=$1
    shift
    for i in 1 2 3 4 5; do "$bench/load" "$@" | sed -n "s/^$name \([0-9.]*\).*/\1/p"; done | sort -n | sed -n 3p
}
megabytes() { wc -c <"$1" | awk '{ printf "%.2f", $1 / 1e6 }'; }
tools=$(command -v wasm-tools) wabt=$(command -v wasm-validate)

medium='' large=''
if [ -n "${MODULES:-}" ]; then
    medium=$(find -L "$MODULES" -name '*.wasm' -size +9500k -size -20000k | sort | head -n 3)
    large=$(find -L "$MODULES" -name '*.wasm' -size +70000k | sort | head -n 1)
fi
[ -n "$medium" ] || { medium=$bench/medium.wasm && "$bench/load" make "${MEDIUM:-10}" "$medium"; }
[ -n "$large" ] || { large=$bench/large.wasm && "$bench/load" make "${LARGE:-75}" "$large"; }

line "" witc wasm-tools wabt
for file in $medium $large; do
    mb=$(megabytes "$file") label="$(basename "$file"), $(megabytes "$file") MB"
    mib=$(awk "BEGIN { print $mb / 1.048576 }")
    ours=$(cpu build/witc validate --jobs 1 "$file")
    theirs=${tools:+$(RAYON_NUM_THREADS=1 cpu "$tools" validate "$file")}
    other=${wabt:+$(runs=3 cpu "$wabt" "$file")}
    speed=$(per "$mb" "$(per "$ours" 1000)") their_speed=${tools:+$(per "$mb" "$(per "$theirs" 1000)")}
    memory=$(per "$(peak build/witc validate "$file")" "$mib")
    whole=$(wall build/witc validate "$file") prepared=$(inside prepare prepare "$file")
    line "validate $label, one thread, ms" "$ours" "$theirs" "$other"
    line "    MB/s" "$speed" "$their_speed" "${wabt:+$(per "$mb" "$(per "$other" 1000)")}"
    line "    all threads, wall clock, ms" "$whole" "${tools:+$(wall "$tools" validate "$file")}" ""
    line "    peak memory / size of the file" "$memory" "${tools:+$(per "$(peak "$tools" validate "$file")" "$mib")}" ""
    line "    preparation, MB/s" "$prepared" "" ""
    figure "validation of $label, one thread" "> 100" "$speed" MB/s
    figure "    times the speed of wasm-tools" "> 1" "$(per "$speed" "${their_speed:--}")" ""
    figure "    all threads, times the speed of one" "" "$(per "$ours" "$whole")" ""
    figure "    peak memory, times the size of the file" "< 1.5" "$memory" ""
    figure "preparation of $label" "> 30" "$prepared" MB/s
done
value=$(inside first-cpu first "$large")
line "first instruction of $(basename "$large"), ms of processor" "$value" "" ""
figure "first instruction of $(basename "$large"), processor" "< 100" "$value" ms
if [ "$large" = "$bench/large.wasm" ]; then
    line "    witc run --invoke, whole process, wall clock, ms" "$(wall build/witc run --invoke run "$large" 5)" "" ""
fi
value=$(inside first first "$large")
line "    wall clock, bodies checked when they are called, ms" "$value" "" ""
figure "    wall clock" "< 100" "$value" ms
line "    wall clock, bodies checked before by all threads, ms" "$(inside first first-eager "$large")" "" ""

"$bench/load" make 1 "$bench/1mb.wasm"
for file in "$bench/1mb.wasm" $(find -L "${MODULES:-/nonexistent}" -name 'sql*.wasm' -size -1200k 2>/dev/null | sort); do
    label="instantiation of the prepared $(basename "$file"), $(megabytes "$file") MB" value=$(inside instantiate instantiate "$file" 500)
    line "$label, us" "$value" "" ""
    figure "$label" "< 30" "$value" us
done
printf '(module (memory 1) (table 4 funcref) (func (export "_start")) (elem (i32.const 1) 0) (data (i32.const 16) "hello"))' |
    build/witc parse -o "$bench/small.wasm" - || exit 1
value=$(inside instantiate instantiate "$bench/small.wasm" 1000)
line "instantiation of a small module, us" "$value" "" ""
figure "instantiation of a small module" "" "$value" us
value=$(per "$(inside idle idle "$bench/small.wasm" "${IDLE:-10000}")" "$(awk "BEGIN { print 1000 / ${IDLE:-10000} }")")
line "${IDLE:-10000} idle instances, MB" "$value" "" ""
figure "${IDLE:-10000} idle instances of a small module" "< 1000" "$value" MB
value=$(wall build/witc run "$bench/small.wasm")
line "an empty _start, whole process, ms" "$value" "" ""
line "    the same without a guest (version), ms" "$(wall build/witc version)" "" ""
line "    /bin/true, ms" "$(wall /bin/true)" "" ""
figure "an empty _start, whole process" "< 1" "$value" ms

"$bench/calls" "${CALLS:-2000000}" >"$bench/calls.txt"
while read -r name; do
    ns=${name% ns} && ns=${ns##* } name=${name%%  *}
    line "a call $name, ns" "$ns" "" ""
    case $name in
    *slots) figure "a call $name" "< 15" "$ns" ns ;;
    *) figure "a call $name" "" "$ns" ns ;;
    esac
done <"$bench/calls.txt"

"$bench/http1" "${REQUESTS:-200000}" >"$bench/http1.txt"
while read -r name; do
    ns=${name##* } name=${name% *}
    line "reading $name, ns" "$ns" "" ""
    figure "reading $name" "< 1000" "$ns" ns
done <"$bench/http1.txt"
echo
summary
