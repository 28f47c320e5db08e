#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# node.sh WITC DIFFER: what the plain evaluator (tests/reference) says of random modules, asked of a
# third engine, node's.
differ=$(realpath "$2")
. "$(dirname "$0")/lib.sh"
if ! command -v node >/dev/null; then
    skip "node: it is not installed"
    finish node
fi
mkdir "$tmp/modules"
"$differ" -t -o "$tmp/modules" 600
node tests/differ_node.mjs "$tmp/modules"
