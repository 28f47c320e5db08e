#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# wasi.sh WITC: the conformance suite of WASI 0.2 (tests/wasi), run by WITC.
. "$(dirname "$0")/lib.sh"
if ! command -v python3 >/dev/null; then
    skip "wasi: python3 is missing"
    finish wasi
fi
tests/wasi/build --witc "$witc" --out "$tmp/suite" 2>"$err"
case $? in
0)
    if tests/wasi/imports --witc "$witc" --suite "$tmp/suite" >"$out"; then ok; else bad "imports" "$(cat "$out")"; fi
    [ "${witc%asan}" != "$witc" ] || if tests/wasi/codes --witc "$witc" --suite "$tmp/suite" >"$out"; then ok; else bad "error codes" "$(cat "$out")"; fi
    ;;
3) skip "wasi: clang or wasm-ld is missing, the programs in C are left out" ;;
*)
    bad "build" "the suite cannot be built"
    cat "$err"
    finish wasi
    ;;
esac
run_suite() { # the options of tests/wasi/run
    tests/wasi/run --witc "$witc" --suite "$tmp/suite" "$@" >"$out" 2>&1
    grep -v '^wasi suite' "$out"
    sums=$(sed -n 's/^wasi suite, witc: \([0-9]*\) passed, \([0-9]*\) failed/\1 \2/p' "$out")
    [ -n "$sums" ] || bad "run $*" "the suite has no sum"
    passed=$((passed + ${sums% *})) failed=$((failed + ${sums#* }))
}
run_suite
run_suite --files vfs 'paths*' files
run_suite --files tar 'paths*' files
finish wasi
