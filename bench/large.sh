#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# large.sh [COPIES]: one WIT text on standard output, made of the WASI packages of the example: each
# a nested package, so often (29: 4 MB) over, with a namespace of its own each time (wasi1:io, ...).
set -eu
cd "$(dirname "$0")/../examples/calculator/wit/deps"
echo 'package bench:large@1.0.0;'
for folder in */; do
    name=${folder%/}
    version=$(sed -n "s/^package wasi:$name@\(.*\);.*/\1/p" "$folder"*.wit | head -n 1)
    echo "@@package wasi:$name@$version {"
    cat "$folder"*.wit | grep -v '^package '
    echo '}'
done | awk -v copies="${1:-29}" '
    { line[NR] = $0 }
    END {
        for (copy = 1; copy <= copies; copy++)
            for (i = 1; i <= NR; i++) {
                text = line[i]
                sub(/^@@/, "", text)
                gsub(/wasi:/, "wasi" copy ":", text)
                print text
            }
    }'
