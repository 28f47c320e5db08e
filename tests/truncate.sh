#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# truncate.sh PROGRAM STEP: cuts the example's files off at each STEP-th byte for every command that
# reads them. The files come from tests/example.sh, which runs before.
cd "$(dirname "$0")/.." || exit 1
program=$(realpath "$1") list=$(realpath tests/truncate.list) step=$2
demo=build/test-example
if [ ! -e $demo/program.wasm ]; then
    echo "skipped: truncation: the example is not built"
    echo "truncation: 0 passed, 0 failed, 1 skipped"
    exit 0
fi
passed=0 failed=0

# No command may be missing in the list.
for name in $(grep -v 'GROUP_TOOL\|GROUP_ALIAS' cli/command.def | sed -n 's/^COMMAND("\([^"]*\)".*/\1/p' | tr ' ' '_'); do
    if grep -q "^[^#]* $(echo "$name" | tr '_' ' ') " "$list"; then
        passed=$((passed + 1))
    else
        echo "FAILED: tests/truncate.list has no line for $name"
        failed=$((failed + 1))
    fi
done

shards=$(getconf _NPROCESSORS_ONLN) tmp=$(mktemp -d "${TMPDIR:-/tmp}/witc-truncate.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
shard=0
while [ $shard -lt "$shards" ]; do
    cp -r $demo "$tmp/$shard"
    mkdir -p "$tmp/$shard/deps/example"
    cp $demo/calculator.wasm "$tmp/$shard/deps/example/arithmetic.wasm"
    cp $demo/app.wasm "$tmp/$shard/deps/example/app.wasm"
    cat >"$tmp/$shard/program.wac" <<'WAC'
package example:program;
let calculator = new example:arithmetic {};
let app = new example:app { "example:math/calculator": calculator["example:math/calculator"], ... };
export app...;
WAC
    (cd "$tmp/$shard" && "$program" "$list" "$step" $shard "$shards" >"$tmp/log$shard" 2>&1 </dev/null) &
    shard=$((shard + 1))
done
wait
for log in "$tmp"/log*; do
    grep -v '^truncation:' "$log" | head -n 40
    sums=$(sed -n '$s/^truncation: \([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$log")
    [ -n "$sums" ] || { echo "FAILED: a shard ended early"; sums="0 1"; }
    passed=$((passed + ${sums% *})) failed=$((failed + ${sums#* }))
done
echo "truncation: $passed passed, $failed failed"
[ $failed = 0 ]
