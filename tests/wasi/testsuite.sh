#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# testsuite.sh DIR [RUN-OPTION...]: runs the programs of wasi-testsuite for preview 1, each as it is
# specified there, by `witc run` (which adapts them to 0.2), or by another runtime: what is given
# after DIR goes to tests/wasi/run. DIR is a checkout of https://github.com/WebAssembly/wasi-testsuite
# at the branch prod/testsuite-base, which has the compiled programs.
here=$(dirname "$0")
dir=$1
shift 2>/dev/null
if [ ! -d "$dir/tests" ]; then
    echo "usage: testsuite.sh DIR [RUN-OPTION...]; DIR is a checkout of wasi-testsuite, prod/testsuite-base" >&2
    exit 2
fi
status=0
for suite in "$dir"/tests/*/testsuite/wasm32-wasip1; do
    "$here/run" --suite "$suite" "$@" || status=1
done
exit $status
