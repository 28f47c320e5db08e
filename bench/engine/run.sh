#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# run.sh [PROGRAM...]: how fast guests run, as `make bench-engine` does it: programs natively, in witc
# and in every peer that is installed, each checksum compared with the native one.
#
#   RUNS     how often each pair of engine and program runs (3); engines take turns, so that a busy
#            minute meets all of them, and the fastest run of each counts
#   ENGINES  only those, by name ("native witc wasm3")
#   WITC_DRIVERS  more builds of witc to compare: "NAME=DRIVER ..."
#   WASM3, WASMI, WASMI1 (its first version beside), IWASM, WAZERO (a program that calls `bench` and
#   prints checksum and seconds: its own has no --invoke), NODE, PYTHON (with the package wasmtime),
#   WASM2C, WABT_SHARE (the folder of wasm-rt-impl.c)  the peers where they are not on PATH
#   and those of build.sh
#
# Results, in build/bench/engine: results.csv (each run), table.txt, .md and .json (ratios of the fastest
# runs to native), chart.svg; and in build/bench/summary.txt beside what is aimed at.
set -u
cd "$(dirname "$0")/../.." || exit 1
. bench/figures.sh
folder=$bench/engine here=bench/engine
runs=${RUNS:-3}
mkdir -p "$folder/programs"
$here/build.sh "$folder/programs" || exit 1
cc -O2 -o "$folder/measure" $here/measure.c || exit 1
make -s bench-driver || exit 1
driver=build/bench/engine/driver

# One line an engine: its name and a command, to which the module's path is added. A command that
# does not print the time itself is timed as a whole process.
engines=$folder/engines.txt
: >"$engines"
add() { # NAME COMMAND...
    case " ${ENGINES:-$1} " in *" $1 "*) echo "$@" >>"$engines" ;; esac
}
peer() { # VARIABLE PROGRAM: sets `path`, or tells that it is not there
    eval "path=\${$1:-}"
    [ -n "$path" ] || path=$(command -v "$2") || { echo "not installed: $2 ($1)" >&2; return 1; }
}
add native
add witc $driver run
for build in ${WITC_DRIVERS:-}; do add "${build%%=*}" "${build#*=}" run; done
peer WASM3 wasm3 && add wasm3 "$path" --func bench
peer WASMI wasmi && add wasmi "$path" --invoke bench
peer WASMI1 wasmi1 2>/dev/null && add wasmi1 "$path" --invoke bench
peer IWASM iwasm && add wamr "$path" -f bench
peer WAZERO wazero-bench && add wazero "$path"
peer WASM2C wasm2c && add wasm2c
peer PYTHON python3 && "$path" -c 'import wasmtime' 2>/dev/null &&
    add cranelift "$path" $here/wasmtime_call.py && add pulley "$path" $here/wasmtime_call.py pulley64
peer NODE node && add liftoff "$path" --liftoff-only $here/v8.js && add turbofan "$path" $here/v8.js

# wasm2c's output is compiled once.
wabt=${WABT_SHARE:-/usr/share/wabt/wasm2c}
translate() { # NAME
    out=$folder/wasm2c/$1
    [ "$out" -nt "$folder/programs/$1.wasm" ] && return
    mkdir -p "$folder/wasm2c"
    "${WASM2C:-wasm2c}" -n m "$folder/programs/$1.wasm" -o "$out.c" &&
        gcc -O2 -w "-I$wabt" "-DHEADER=\"$1.h\"" "-I$folder/wasm2c" \
            -o "$out" "$out.c" $here/wasm2c_main.c "$wabt/wasm-rt-impl.c" -lm
}

programs=$*
[ -n "$programs" ] || programs=$(cd "$folder/programs" && ls ./*.wasm | sed 's,^\./,,; s/\.wasm$//')
apart=$(cd $here/programs/apart && ls ./*.c | sed 's,^\./,,; s/\.c$//' | tr '\n' ' ')
results=$folder/results.csv
echo "engine,program,run,seconds" >"$results"
failed=0
for run in $(seq "$runs"); do
    for program in $programs; do
        want=$("$folder/programs/$program") want=${want%% *}
        while read -r name command; do
            case $name in
            native) set -- $("$folder/programs/$program") ;;
            wasm2c)
                [ "$run" != 1 ] || translate "$program"
                set -- $("$folder/wasm2c/$program")
                ;;
            *) set -- $("$folder/measure" $command "$folder/programs/$program.wasm") ;;
            esac
            if [ "${1:-}" = "$want" ]; then echo "$name,$program,$run,$2" >>"$results"
            else echo "$name: $program gives ${1:-nothing}, not $want" >&2 && failed=1
            fi
        done <"$engines"
    done
done
table() { awk -v apart="$apart" "$@" -f $here/table.awk "$results"; }
table | tee "$folder/table.txt"
table -v markdown=1 >"$folder/table.md"
table -v json=1 >"$folder/table.json"
processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
table -v chart=1 | awk -v about="$(date +%Y-%m-%d), ${processor:-$(uname -m)}, the fastest of $runs runs" \
    -f $here/chart.awk >"$folder/chart.svg"

# What counting fuel costs, on the same programs: "GEOMEAN MOST" in percent, and each program.
for program in $programs; do
    for run in $(seq "$runs"); do
        echo "without,$program,$($driver run "$folder/programs/$program.wasm")"
        echo "with,$program,$($driver run "$folder/programs/$program.wasm" fuel)"
    done
done | awk -F '[, ]' '
    !(($1, $2) in best) || $4 < best[$1, $2] { best[$1, $2] = $4; seen[$2] = 1 }
    END {
        for (p in seen) {
            r = best["with", p] / best["without", p]
            sum += log(r)
            n++
            if (r > most) most = r
            line = line sprintf(" %s %.2f", p, r)
        }
        printf "%.1f %.1f%s\n", exp(sum / n) * 100 - 100, most * 100 - 100, line
    }' >"$folder/fuel.txt"
read -r fuel most each <"$folder/fuel.txt"
printf '\nfuel counted: %s %% slower (geomean), at most %s %%; counted / not counted: %s\n' "$fuel" "$most" "$each" |
    tee -a "$folder/table.txt"

table -v engine=witc >"$folder/figures.txt"
read -r all eight own_apart worst <"$folder/figures.txt"
figures 1-engine
figure "time of guests, times native: geomean of the eight programs" "< 6.5" "$eight" ""
figure "    geomean of all programs here" "" "$all" ""
figure "    geomean of those that fused.def was not chosen by" "" "$own_apart" ""
figure "    the slowest program against wasm3, times its time" "< 1" "$worst" ""
figure "fuel counted, slower by: geomean" "< 10" "$fuel" %
figure "    the program that it costs most" "" "$most" %
echo "also in $folder: results.csv, table.md, table.json, chart.svg"
exit $failed
