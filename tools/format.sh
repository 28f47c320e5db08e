#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Lays out the C files by .clang-format, or with --check names those that it would change. The
# version is pinned because versions differ in their layout.
cd "$(dirname "$0")/.."
tool=clang-format-19
if ! command -v $tool >/dev/null; then
    echo "format: $tool is missing (apt-get install $tool)" >&2
    exit 1
fi
# Tables keep their columns; generated code is its generator's.
files=$(git ls-files '*.c' '*.h' | grep -v -e '^grammar/src/' -e '^adapter/modules.c')
if [ "${1:-}" != --check ]; then
    echo "$files" | xargs $tool -i
    exit
fi
bad=0
for file in $files; do
    [ -f "$file" ] || continue
    $tool "$file" | cmp -s - "$file" || { echo "$file: 'make format' would change it"; bad=1; }
done
[ $bad = 0 ] && echo "format: all files are laid out"
exit $bad
