#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# conformance.sh WITC: the public suites, where the folder with them and their scoring program is
# beside the clone; none of the cases that passed before may fail (tests/conformance-baseline.json).
# BLESS=1 makes what passes now the baseline.
. "$(dirname "$0")/lib.sh"
score=${CONFORMANCE:-../shared/conformance}/score
if [ ! -x "$score" ] || ! command -v python3 >/dev/null; then
    skip "conformance: no $score here"
    finish conformance
fi
if [ "${BLESS:-0}" = 1 ]; then
    "$score" --tool "$witc" --json "$tmp/now.json"
    python3 - "$tmp/now.json" tests/conformance-baseline.json <<'END'
import json, sys
now = json.load(open(sys.argv[1]))
passed = {suite: {name: None for name, why in cases.items() if why is None} for suite, cases in now.items()}
with open(sys.argv[2], "w") as out:
    json.dump(passed, out, indent=1, sort_keys=True)
    out.write("\n")
END
    ok
    finish conformance
fi
"$score" --tool "$witc" --baseline tests/conformance-baseline.json --json build/conformance.json >build/conformance.txt
status=$?
cat build/conformance.txt
passed=$(grep -c ': null' build/conformance.json)
failed=$([ $status = 0 ] && echo 0 || echo 1)
finish conformance
