#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# node.sh WITC DIFFER: what the plain evaluator (tests/reference) says of random modules, asked of a
# third engine, node's.
differ=$(realpath "$2")
. "$(dirname "$0")/lib.sh"
# Older ones have not all of WebAssembly 3.
if ! node -e 'process.exit(Number(parseInt(process.versions.node) < 20))' 2>/dev/null; then
    skip "node: there is none of version 20 or newer"
    finish node
fi
mkdir "$tmp/modules"
"$differ" -t -o "$tmp/modules" 600
node tests/differ_node.mjs "$tmp/modules"
