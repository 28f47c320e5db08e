#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What `make bench-linking` prints: processor time of `component new`, `component link`, `plug` and
# `compose` as whole processes beside wasm-tools and wac, on small, middle and large inputs, and the size
# of what `component new` makes. Each pair runs in turn on one processor; the least time counts.
#
#   MODULES  a folder with core modules for WASI 0.1, which are measured, too: those that can be linked
#   RUNS     the number of runs of each small command (201); of a large one, and of a real module, a tenth
set -u
cd "$(dirname "$0")/.." || exit 1
. bench/figures.sh
runs=${RUNS:-201}
figures 4-linking
witc=build/witc t=$bench/linking
mkdir -p "$t"
cc -O2 -o "$bench/against" bench/against.c || exit 1
cc -O2 -std=gnu11 -I. -D_GNU_SOURCE -o "$bench/load" bench/load.c build/obj-release/libwitc.a -lm -pthread || exit 1
export LC_ALL=C RAYON_NUM_THREADS=1

line() { printf '%-58s %10s %10s %7s\n' "$@"; }
size() { wc -c <"$1"; }
# compare WHAT RUNS OTHER WORDS-OF-OURS... :: WORDS-OF-THE-OTHER...
compare() {
    what=$1 n=$2 other=$3
    shift 3
    if command -v "$other" >/dev/null; then
        result=$("$bench/against" "$n" "$witc" "$@") || result='- - -'
    else
        result='- - -'
    fi
    # shellcheck disable=SC2086
    set -- $result
    line "$what" "$1" "$2" "$3"
    figure "$what, times the time of $other" "< 0.5" "$3" ""
}

cat >"$t/world.wit" <<'WIT'
package bench:link;
interface work { run: func(a: s32) -> s32; }
world part { export work; }
world socket { import work; export run: func(a: s32) -> s32; }
WIT
cat >"$t/plug.wac" <<'WAC'
package bench:made;
let part = new bench:part {};
let socket = new bench:socket { ...part };
export socket...;
WAC

make_part() { # make_part NAME: of $t/NAME.core.wasm, or a module that does nothing
    [ -f "$t/$1.core.wasm" ] || "$witc" component embed --dummy -w part "$t/world.wit" -o "$t/$1.wasm"
    [ -f "$t/$1.core.wasm" ] &&
        "$witc" component embed -w part "$t/world.wit" "$t/$1.core.wasm" -o "$t/$1.wasm"
    "$witc" component new "$t/$1.wasm" -o "$t/$1.part.wasm"
}

"$witc" component embed --dummy -w socket "$t/world.wit" -o "$t/socket.core.wasm" &&
    "$witc" component new "$t/socket.core.wasm" -o "$t/socket.wasm" || exit 1
"$bench/load" make "${MIDDLE:-0.1}" "$t/middle.core.wasm" 'bench:link/work#run'
"$bench/load" make "${LARGE:-14}" "$t/large.core.wasm" 'bench:link/work#run'
"$bench/load" make "${MIDDLE:-0.1}" "$t/middle.so" 'bench:link/work#run' library
"$bench/load" make "${LARGE:-14}" "$t/large.so" 'bench:link/work#run' library
"$bench/load" make 0.0001 "$t/small.so" 'bench:link/work#run' library

line "processor time, ms" witc other quotient
for name in small middle large; do
    make_part $name || exit 1
    n=$runs
    [ $name = large ] && n=$((runs / 10 + 1))
    about="$name ($(size "$t/$name.wasm") bytes)"
    compare "component new, $about" "$n" wasm-tools component new "$t/$name.wasm" -o "$t/a.wasm" \
        :: wasm-tools component new "$t/$name.wasm" -o "$t/b.wasm"
    "$witc" component embed -w part "$t/world.wit" "$t/$name.so" -o "$t/lib.so"
    compare "component link, $about" "$n" wasm-tools component link "lib.so=$t/lib.so" -o "$t/a.wasm" \
        :: wasm-tools component link "lib.so=$t/lib.so" -o "$t/b.wasm"
    compare "plug, $about" "$n" wac plug "$t/socket.wasm" --plug "$t/$name.part.wasm" -o "$t/a.wasm" \
        :: wac plug "$t/socket.wasm" --plug "$t/$name.part.wasm" -o "$t/b.wasm"
    compare "compose by WAC, $about" "$n" wac compose "$t/plug.wac" -d "bench:part=$t/$name.part.wasm" \
        -d "bench:socket=$t/socket.wasm" -o "$t/a.wasm" \
        :: wac compose "$t/plug.wac" -d "bench:part=$t/$name.part.wasm" -d "bench:socket=$t/socket.wasm" -o "$t/b.wasm"
    cp "$t/$name.part.wasm" "$t/part.wasm"
    compare "compose by a definition, $about" "$n" wasm-tools compose "$t/socket.wasm" -d "$t/part.wasm" -o "$t/a.wasm" \
        :: wasm-tools compose "$t/socket.wasm" -d "$t/part.wasm" -o "$t/b.wasm"
done

# Real modules, with one adapter for both.
"$witc" component adapter -o "$t/adapter.wasm"
for file in ${MODULES:+$(find -L "$MODULES" -name '*.wasm' | sort)}; do
    set -- component new "$file" --adapt "wasi_snapshot_preview1=$t/adapter.wasm" -o
    "$witc" "$@" "$t/a.wasm" 2>/dev/null || continue
    compare "component new --adapt, ${file##*/} ($(size "$file") bytes)" $((runs / 10 + 1)) wasm-tools "$@" "$t/a.wasm" \
        :: wasm-tools "$@" "$t/b.wasm"
    [ -f "$t/b.wasm" ] || continue
    "$witc" "$@" "$t/compact.wasm" --names compact
    "$witc" "$@" "$t/none.wasm" --names none
    beyond=''
    for made in a compact none b; do beyond="$beyond $(($(size "$t/$made.wasm") - $(size "$file")))"; done
    echo "    bytes beyond the module with full, compact and no names, of the other:$beyond"
done
echo
summary
