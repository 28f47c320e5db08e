#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The canonical ABI against the specification's definitions: abi.sh RUNNER.
#
# Vectors that were made once are in tests/abi/vectors.txt. With ABI_DEFINITIONS, the path of definitions.py
# of the component-model repository, and python3, new ones are made, too: as many as ABI_COUNT says (2000), from
# the number ABI_SEED (today's).
cd "$(dirname "$0")/.." || exit 1
tmp=$(mktemp -d "${TMPDIR:-/tmp}/witc-test.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
new=
if [ -e "${ABI_DEFINITIONS:-}" ] && command -v python3 >/dev/null; then
    seed=${ABI_SEED:-$(date +%j)}
    echo "seed $seed"
    python3 tests/abi/vectors.py "$ABI_DEFINITIONS" "${ABI_COUNT:-2000}" "$seed" >"$tmp/new.txt" || exit 1
    new=$tmp/new.txt
fi
timeout 300 "$1" tests/abi/vectors.txt ${new:+"$new"} >"$tmp/log"
sed '$d' "$tmp/log"
sum=$(tail -n 1 "$tmp/log")
[ -n "$new" ] && echo "$sum" || {
    echo "skipped: new vectors (ABI_DEFINITIONS names no definitions.py, or there is no python3)"
    echo "$sum, 1 skipped"
}
case $sum in *" 0 failed") ;; *) exit 1 ;; esac
