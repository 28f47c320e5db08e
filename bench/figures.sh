# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# shellcheck shell=sh
# Read by the scripts of this folder: what they measure stands in one table beside what is aimed at.
#
#   $bench                      where results go: BENCH_FOLDER, or build/bench
#   figures PART                the rows of this part are written anew
#   figure WHAT AIM VALUE UNIT  one of them: AIM is "< 100", "> 30", or "" where there is none; VALUE is
#                               "-" or nothing where it could not be measured
#   summary                     prints all parts that there are, and writes them to $bench/summary.txt
bench=${BENCH_FOLDER:-build/bench}

figures() {
    mkdir -p "$bench/figures"
    figures_file=$bench/figures/$1.txt
    : >"$figures_file"
}

figure() {
    printf '%s\t%s\t%s\t%s\n' "$1" "$2" "${3:--}" "$4" >>"$figures_file"
}

summary() {
    cat "$bench"/figures/*.txt | awk -F '\t' '
        BEGIN { printf "%-66s %10s %-5s %8s\n", "figure", "measured", "", "aim" }
        {
            split($2, aim, " ")
            met = $3 == "-" || aim[1] == "" ? "" : (aim[1] == "<" ? $3 + 0 < aim[2] + 0 : $3 + 0 > aim[2] + 0) ? "met" : "MISSED"
            printf "%-66s %10s %-5s %8s %s\n", $1, $3, $4, $2, met
        }' | sed 's/ *$//' | tee "$bench/summary.txt"
}
