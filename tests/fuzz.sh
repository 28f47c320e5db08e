#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# fuzz.sh SECONDS FOLDER: runs each libFuzzer target of the folder from its seeds. An input that
# crashes is left in build/fuzz and belongs into tests/fuzz/regressions once it is mended.
cd "$(dirname "$0")/.." || exit 1
seconds=$1 folder=$2 passed=0 failed=0
jobs=$(getconf _NPROCESSORS_ONLN)
mkdir -p build/fuzz
running=
collect() {
    for target in $running; do
        if wait "$(cat "build/fuzz/$target.pid")"; then passed=$((passed + 1)); else
            failed=$((failed + 1))
            echo "FAILED: $target"
            tail -n 40 "build/fuzz/$target.log"
        fi
        printf '%-24s %s\n' "$target" "$(sed -n 's/.*stat::number_of_executed_units: */runs: /p' "build/fuzz/$target.log")"
    done
    running=
}
n=0
for program in "$folder"/fuzz_*; do
    case $program in *.d | *.o) continue ;; esac
    [ -x "$program" ] || continue
    target=${program##*/fuzz_}
    mkdir -p "build/fuzz/$target"
    "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/$target-" "build/fuzz/$target" "tests/fuzz/seeds/$target" tests/fuzz/regressions \
        >"build/fuzz/$target.log" 2>&1 </dev/null &
    echo $! >"build/fuzz/$target.pid"
    running="$running $target" n=$((n + 1))
    [ $((n % jobs)) = 0 ] && collect
done
collect
echo "fuzz: $passed passed, $failed failed"
[ $failed = 0 ]
