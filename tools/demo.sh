#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Goes through examples/calculator in a copy of it below build/demo, printing every command and what
# came out. Ends with an error where a command does not end as it should. WITC names another witc.
set -u
cd "$(dirname "$0")/.." || exit 1
WITC=$(realpath "${WITC:-build/witc}")
. tools/toolchain.sh
[ -n "$CLANG" ] && [ -n "$WASM_LD" ] || { echo "demo: clang and wasm-ld are missing: make deps" >&2; exit 1; }

folder=${DEMO_FOLDER:-build/demo}
rm -rf "$folder" && mkdir -p "$folder" && cp -r examples/calculator/. "$folder" && cd "$folder" || exit 1
witc() { "$WITC" "$@"; }
failed=0

# run STATUS COMMAND...: shows the command, runs it, shows its status unless that is 0.
run() {
    want=$1
    shift
    printf '$ %s\n' "$*"
    "$@" 2>&1
    got=$?
    [ $got = 0 ] || echo "[exit status $got]"
    [ $got = "$want" ] || { echo "demo: expected exit status $want" >&2; failed=1; exit 1; }
}
# The first lines of a command's output.
run_head() {
    lines=$1
    shift
    printf '$ %s | head -n %s\n' "$*" "$lines"
    "$@" 2>&1 >.output || { cat .output; echo "demo: it failed" >&2; exit 1; }
    head -n "$lines" .output
}
step() { printf '\n## %s\n\n' "$*"; }

step "C to components: bindings, compiler, linker and component in one command, without a C library"
run 0 witc build calculator.c -w arithmetic -Wall -Wextra -Werror -o calculator.wasm
run 0 witc build app.c -w app -Wall -Wextra -Werror -o app.wasm

step "The same in steps"
run 0 witc build app.c -w app -Wall -Wextra -Werror -o app.wasm --dry-run

step "Two components to one program"
run 0 witc compose -c compose.yml app.wasm -o program.wasm
run 0 witc validate program.wasm
run_head 12 witc component wit program.wasm
run_head 12 witc print program.wasm

step "Running it: it sees only what it is granted"
run 0 witc run --env NAME=Ada program.wasm -- 9 16
run 0 witc run program.wasm -- 2

step "Its own exit status, an error, a trap"
run 3 witc run program.wasm
run 1 witc run program.wasm -- nine
run 134 witc run program.wasm -- crash

step "Another calculator, written in the text format; the application stays as it is"
run 0 witc parse calculator.wat -o calculator.core.wasm
run 0 witc component embed -w arithmetic wit calculator.core.wasm -o calculator.embedded.wasm
run 0 witc component new calculator.embedded.wasm -o calculator.wasm
run 0 witc compose -c compose.yml app.wasm -o program.wasm
run 0 witc run --env NAME=Grace program.wasm -- 9 16
