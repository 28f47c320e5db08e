#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# components-files.sh COMPONENT...: validate, print and parse of each component as whole processes: the
# least processor time of RUNS (9) runs, those of witc and of wasm-tools in turn, both on one thread.
set -u
cd "$(dirname "$0")/.." || exit 1
runs=${RUNS:-9}
peer=$(command -v wasm-tools) || { echo "components-files: wasm-tools is not installed" >&2; exit 1; }
tmp=$(mktemp -d "${TMPDIR:-/tmp}/witc-bench.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
export LC_ALL=C RAYON_NUM_THREADS=1

# Processor time of a command, in seconds.
time_of() { (
    "$@" >/dev/null 2>&1
    times
) | tail -n 1 | awk '{ split($1, u, /[ms]/); split($2, s, /[ms]/); print u[1] * 60 + u[2] + s[1] * 60 + s[2] }'; }

least() { sort -g "$1" | head -n 1; }

pair() { # pair WHAT FILE OPTIONS-OF-OURS...: the other takes the same words without these
    what=$1 input=$2
    shift 2
    : >"$tmp/own"
    : >"$tmp/other"
    i=0
    while [ $i -lt "$runs" ]; do
        time_of build/witc "$what" "$@" "$input" >>"$tmp/own"
        time_of "$peer" "$what" "$input" >>"$tmp/other"
        i=$((i + 1))
    done
    printf '%-40s %-9s %8.3f / %.3f s\n' "${file##*/}" "$what" "$(least "$tmp/own")" "$(least "$tmp/other")"
}

for file; do
    build/witc print -o "$tmp/text.wat" "$file" || exit 1
    pair validate "$file" -j1
    pair print "$file"
    pair parse "$tmp/text.wat"
done
