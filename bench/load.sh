#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# How fast core modules load: validation beside wasm-tools and wabt, preparation, the first instruction
# of a large module, instantiation, idle instances, start-up. MODULES is a folder with real modules:
# those of 10 to 20 MB are validated, the largest is loaded lazily; without it two are made up. RUNS (21)
# is the number of runs of each; all are medians. Times are of the processor, but for those of several
# threads; run it on a machine that does nothing else.
set -u
cd "$(dirname "$0")/.." || exit 1
runs=${RUNS:-21}
folder=build/bench
mkdir -p $folder
cc -O2 -o $folder/median bench/median.c || exit 1
cc -O2 -std=gnu11 -I. -D_GNU_SOURCE -o $folder/load bench/load.c build/obj-release/libwitc.a -lm -pthread || exit 1

line() { printf '%-52s %12s %12s %12s\n' "$@"; }
cpu() { "$folder/median" -c "$runs" "$@" 2>/dev/null || echo -; }
wall() { "$folder/median" "$runs" "$@" 2>/dev/null || echo -; }
peak() { "$folder/median" -m 5 "$@" 2>/dev/null || echo -; }
per() { # per A B: A / B, where both are numbers
    case "$1$2" in *-*) echo - ;; *) awk "BEGIN { printf \"%.2f\", $1 / $2 }" ;; esac
}
figure() { # figure NAME MODE FILE [N]: one of what bench/load.c prints, the median of five
    name=$1
    shift
    for i in 1 2 3 4 5; do "$folder/load" "$@" | sed -n "s/^$name \([0-9.]*\).*/\1/p"; done | sort -n | sed -n 3p
}
megabytes() { wc -c <"$1" | awk '{ printf "%.2f", $1 / 1e6 }'; }
tools=$(command -v wasm-tools) wabt=$(command -v wasm-validate)

medium= large=
if [ -n "${MODULES:-}" ]; then
    medium=$(find -L "$MODULES" -name '*.wasm' -size +9500k -size -20000k | sort | head -n 3)
    large=$(find -L "$MODULES" -name '*.wasm' -size +70000k | sort | head -n 1)
fi
[ -n "$medium" ] || { medium=$folder/10mb.wasm && "$folder/load" make 10 $medium; }
[ -n "$large" ] || { large=$folder/75mb.wasm && "$folder/load" make 75 $large; }

line "" witc wasm-tools wabt
for file in $medium $large; do
    mb=$(megabytes "$file")
    ours=$(cpu build/witc validate --jobs 1 "$file")
    theirs=${tools:+$(RAYON_NUM_THREADS=1 cpu "$tools" validate "$file")}
    other=${wabt:+$(runs=3 cpu "$wabt" "$file")}
    line "validate $(basename "$file"), $mb MB, one thread, ms" "$ours" "$theirs" "$other"
    line "    MB/s (aim: > 100, faster than wasm-tools)" "$(per "$mb" "$(per "$ours" 1000)")" \
        "${tools:+$(per "$mb" "$(per "$theirs" 1000)")}" "${wabt:+$(per "$mb" "$(per "$other" 1000)")}"
    line "    all threads, wall clock, ms" "$(wall build/witc validate "$file")" \
        "${tools:+$(wall "$tools" validate "$file")}" ""
    line "    peak memory / size of the file (aim: < 1.5)" \
        "$(per "$(peak build/witc validate "$file")" "$(awk "BEGIN { print $mb / 1.048576 }")")" \
        "${tools:+$(per "$(peak "$tools" validate "$file")" "$(awk "BEGIN { print $mb / 1.048576 }")")}" ""
    line "    preparation, MB/s (aim: > 30)" "$(figure prepare prepare "$file")" "" ""
done
line "first instruction of $(basename "$large"), ms of processor (aim: < 100)" "$(figure first-cpu first "$large")" "" ""
if [ "$large" = $folder/75mb.wasm ]; then
    line "    witc run --invoke, whole process, wall clock, ms" "$(wall build/witc run --invoke run "$large" 5)" "" ""
fi
line "    wall clock, bodies checked when they are called, ms" "$(figure first first "$large")" "" ""
line "    wall clock, bodies checked before by all threads, ms" "$(figure first first-eager "$large")" "" ""

"$folder/load" make 1 $folder/1mb.wasm
for file in $folder/1mb.wasm $(find -L "${MODULES:-/nonexistent}" -name 'sql*.wasm' -size -1200k 2>/dev/null | sort); do
    line "instantiate prepared $(basename "$file"), $(megabytes "$file") MB, us (aim: < 30)" \
        "$(figure instantiate instantiate "$file" 500)" "" ""
done
printf '(module (memory 1) (table 4 funcref) (func (export "_start")) (elem (i32.const 1) 0) (data (i32.const 16) "hello"))' |
    build/witc parse -o $folder/small.wasm - || exit 1
line "instantiate a small module, us" "$(figure instantiate instantiate $folder/small.wasm 1000)" "" ""
line "10,000 idle instances, MB (aim: < 1000)" "$(per "$(figure idle idle $folder/small.wasm 10000)" 0.1)" "" ""
line "an empty _start, whole process, ms (aim: < 1)" "$(wall build/witc run $folder/small.wasm)" "" ""
line "    the same without a guest (version), ms" "$(wall build/witc version)" "" ""
line "    /bin/true, ms" "$(wall /bin/true)" "" ""
