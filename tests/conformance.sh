#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# conformance.sh WITC: the public suites, where the folder with them and their scoring program is
# beside the clone; none of the cases that passed before may fail (tests/conformance-baseline.json).
. "$(dirname "$0")/lib.sh"
score=${CONFORMANCE:-../shared/conformance}/score
if [ ! -x "$score" ] || ! command -v python3 >/dev/null; then
    skip "conformance: no $score here"
    finish conformance
fi
"$score" --tool "$witc" --baseline tests/conformance-baseline.json --json build/conformance.json >build/conformance.txt
status=$?
cat build/conformance.txt
passed=$(grep -c ': null' build/conformance.json)
failed=$([ $status = 0 ] && echo 0 || echo 1)
finish conformance
