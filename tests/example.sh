#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# example.sh WITC: goes through examples/calculator as `make demo` does, in build/test-example, and
# compares what the program prints. The files that it makes serve tests/truncate.sh and others.
. "$(dirname "$0")/lib.sh"
. tools/toolchain.sh
folder=build/test-example
rm -rf $folder
if [ -z "$CLANG" ] || [ -z "$WASM_LD" ]; then
    skip "example: clang or wasm-ld is missing"
    finish example
fi

if WITC=$witc DEMO_FOLDER=$folder tools/demo.sh >"$tmp/demo" 2>&1; then ok; else
    bad "demo" "it fails"
    tail -n 15 "$tmp/demo"
    finish example
fi
said() { # said COUNT LINE: the demo printed the line so often
    n=$(grep -c -x -F -e "$2" "$tmp/demo")
    if [ "$n" = "$1" ]; then ok; else bad "demo" "printed $n times, expected $1: $2"; fi
}
said 1 "Hello, Ada!"
said 1 "Hello, Grace!"
said 4 "Hello, whoever you are!"
said 2 "9 + 16 = 25"
said 2 "sqrt(25) = 5"
said 1 "sqrt(2) = 1.414214"
said 1 "sqrt(-25): a negative number has no real square root"
said 1 "sqrt(-25): no square root below zero, says the text format"
said 1 "not a number: nine"
said 1 "usage: program NUMBER..."
said 1 "[exit status 134]"
said 1 "[exit status 3]"
grep -q 'crash' "$tmp/demo" && ok || bad "demo" "no function name in the backtrace"

# The files of both ways, for the tests that follow: the C calculator again, a package, a script.
cd $folder || exit 1
expect "new" 0 component new calculator.embedded.wasm -o again.wasm
cmp -s again.wasm calculator.wasm && ok || bad "new" "the same input gives other bytes"
expect "core of app" 0 build app.c -w app --core -o app.core.wasm
expect "core of calculator" 0 build calculator.c -w arithmetic --core -o calculator.core.wasm
expect "new from C" 0 component new calculator.core.wasm -o calculator.wasm
expect "compose" 0 compose -c compose.yml app.wasm -o program.wasm
cp program.wasm once.wasm
expect "compose again" 0 compose -c compose.yml app.wasm -o program.wasm
cmp -s once.wasm program.wasm && ok || bad "compose" "the same input gives other bytes"
expect "package" 0 component wit --wasm wit -o package.wasm
cat >script.wast <<'END'
(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
(assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 3))
(assert_invalid (module (func (result i32))) "type mismatch")
END
expect "script" 0 wast script.wast
finish example
