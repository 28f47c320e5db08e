#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# golden.sh WITC [FILE...]: the input is the test. Its first lines hold commands,
#
#     ;; RUN: print %                  exits with 0, standard output is FILE.stdout
#     // FAIL: component wit %         exits with 1, standard error is FILE.stderr
#     # RUN[skeleton]: print % | ...   several: FILE.skeleton.stdout
#
# % is the file, %dir its folder, %tmp a folder of the test's own; `|` pipes into a further witc.
# BLESS=1 writes the expected files anew.
. "$(dirname "$0")/lib.sh"
shift

# Runs the words of one directive; the result is in $out, $err and $status.
run_words() {
    input=/dev/null n=0
    set -f
    # shellcheck disable=SC2086
    set -- $1
    set +f
    while [ $# -gt 0 ]; do
        words=
        while [ $# -gt 0 ] && [ "$1" != "|" ]; do
            word=$1
            case $word in %) word=$file ;; %dir*) word=${file%/*}${word#%dir} ;; *%tmp*) word="${word%%%tmp*}$tmp${word#*%tmp}" ;; esac
            words="$words $word"
            shift
        done
        [ $# -gt 0 ] && shift
        n=$((n + 1))
        # shellcheck disable=SC2086
        timeout 60 "$witc" $words <"$input" >"$tmp/out$n" 2>"$err"
        status=$?
        [ $status = 0 ] || break
        input=$tmp/out$n
    done
    sed "s,$tmp,%tmp,g" "$tmp/out$n" >"$out"
    sed -i "s,$tmp,%tmp,g" "$err"
}

compare() { # compare GOT EXPECTED NAME
    if [ "${BLESS:-0}" = 1 ]; then
        if [ -s "$1" ]; then cp "$1" "$2"; else rm -f "$2"; fi
        return 0
    fi
    if [ ! -e "$2" ] && [ ! -s "$1" ]; then return 0; fi
    if [ ! -e "$2" ]; then bad "$3" "no file $2 (BLESS=1 writes it)"; head -n 10 "$1"; return 1; fi
    diff -u "$2" "$1" >"$tmp/diff" && return 0
    bad "$3" "output differs from $2"
    head -n 40 "$tmp/diff"
    return 1
}

golden() {
    file=$1
    head -n 20 "$file" | sed -n 's,^\(;;\|//\|#\) *\(RUN\|FAIL\)\(\[\([a-z0-9-]*\)\]\)\{0\,1\}: *\(.*\),\2 \4:\5,p' >"$tmp/directives"
    while IFS= read -r line; do
        kind=${line%% *} rest=${line#* }
        name=${rest%%:*} command=${rest#*:}
        base=$file${name:+.$name}
        run_words "$command"
        if [ $kind = RUN ] && [ $status != 0 ]; then
            bad "$base" "exit $status: $command"
            head -n 10 "$err"
        elif [ $kind = RUN ]; then
            compare "$out" "$base.stdout" "$base" && ok
        elif [ $status != 1 ]; then
            bad "$base" "exit $status, expected a rejection: $command"
        else
            compare "$err" "$base.stderr" "$base" && ok
        fi
    done <"$tmp/directives"
}

if [ $# -gt 0 ]; then
    for file; do golden "$file"; done
else
    for file in $(find tests/golden -type f -not -name '*.stdout' -not -name '*.stderr' | sort); do
        golden "$file"
    done
fi
finish golden
