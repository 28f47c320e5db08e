#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# scripts.sh WITC: every directive of the official core scripts, where the folder with the public
# suites is beside the clone. Meant for the sanitizer build; the release build has the score.
. "$(dirname "$0")/lib.sh"
suite=${CONFORMANCE:-../shared/conformance}/suites/core
if [ ! -d "$suite" ]; then
    skip "scripts: no $suite here"
    finish scripts
fi
"$witc" wast "$suite" >"$tmp/out" 2>&1
status=$?
sums=$(sed -n 's/^total: \([0-9]*\) passed, \([0-9]*\) failed.*/\1 \2/p' "$tmp/out")
passed=${sums% *} failed=${sums#* }
if [ $status != 0 ] || [ -z "$sums" ]; then
    grep -v ' passed, 0 failed' "$tmp/out" | head -n 40
    passed=${passed:-0} failed=$((${failed:-0} > 0 ? ${failed:-0} : 1))
fi
finish scripts
