#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# headers.sh CC FLAGS...: compiles each header as a file of its own, so that each includes what it
# needs. With a C++ compiler at hand, the installed ones as C++ too.
cd "$(dirname "$0")/.."
bad=0 n=0
for header in $(find . -name '*.h' -not -path './build/*' -not -path './grammar/src/*' -not -path './adapter/guest/*' \
    -not -path './examples/*' -not -path './tests/wasi/c/*' | sed 's,^\./,,' | sort); do
    case $header in
    tests/*) extra=-Wno-unused-function ;;
    *) extra= ;;
    esac
    n=$((n + 1))
    echo "#include \"$header\"" | "$@" $extra -Wno-unused-macros -fsyntax-only -x c - || { echo "$header: does not stand alone"; bad=1; }
done

# What programs include that embed the engine: strict C11 and C++ without anything else of ours.
alone() { # alone LANGUAGE COMPILER FLAGS...
    language=$1
    shift
    command -v "$1" >/dev/null || return 0
    echo '#include <witc/engine.h>' | "$@" -Iinclude -Wall -Wextra -Wpedantic -Wshadow -Werror \
        -fsyntax-only -x "$language" - || { echo "witc/engine.h: not good $language for $*"; bad=1; }
}
alone c "$1" -std=c11
for compiler in g++ clang++; do
    alone c++ $compiler -std=c++11
    alone c++ $compiler -std=c++20
done
[ $bad = 0 ] && echo "headers: $n stand alone"
exit $bad
