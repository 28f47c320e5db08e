#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# http1.sh TEST_HTTP1: what the parser of HTTP/1.1 says of its cases and of broken ones, beside what
# node's parser (llhttp) says of them.
program=$(realpath "$1")
. "$(dirname "$0")/lib.sh"
# Older ones parse otherwise.
if ! node -e 'process.exit(Number(parseInt(process.versions.node) < 20))' 2>/dev/null; then
    skip "http1: there is no node 20 or newer"
    finish http1
fi
"$program" -cases "${MUTANTS:-20000}" >"$tmp/cases"
node tests/http1_node.mjs "$tmp/cases"
