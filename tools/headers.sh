#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# headers.sh CC FLAGS...: compiles each header as a file of its own, so that each includes what it
# needs. With a C++ compiler at hand, the installed ones as C++ too.
cd "$(dirname "$0")/.."
bad=0 n=0
for header in $(find . -name '*.h' -not -path './build/*' -not -path './grammar/src/*' \
    -not -path './examples/*' | sed 's,^\./,,' | sort); do
    case $header in
    tests/*) extra=-Wno-unused-function ;;
    *) extra= ;;
    esac
    n=$((n + 1))
    echo "#include \"$header\"" | "$@" $extra -Wno-unused-macros -fsyntax-only -x c - || { echo "$header: does not stand alone"; bad=1; }
done
[ $bad = 0 ] && echo "headers: $n stand alone"
exit $bad
