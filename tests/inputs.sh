#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# inputs.sh WITC: every command on files that are missing, empty, a folder, unreadable or of another
# kind: one error that says what was found, status 1, and no output file.
. "$(dirname "$0")/lib.sh"
demo=$(realpath build/test-example)
if [ ! -e "$demo/program.wasm" ]; then
    skip "inputs: the example is not built"
    finish inputs
fi
cd "$tmp" || exit 1
cp -r "$demo/." .
: >empty
mkdir folder
printf 'MZ\220\0\1\0\0\0' >bytes
printf '%s\n' 'int main(void) { return 0; }' >text
printf '\177ELF\2\1\1\0' >elf

# rejects PATTERN WORDS...: exit 1, standard error matches, one error, no file OUT.
rejects() {
    pattern=$1
    shift
    rm -f OUT
    expect "$*" 1 "$@" || return
    say "$*" "$pattern"
    n=$(grep -c '^error' "$err")
    [ "$n" = 1 ] && ok || bad "$*" "$n errors, expected one"
    [ ! -e OUT ] && ok || bad "$*" "left a file behind"
}
# Every way to call a command with one input, $1.
binary_inputs() {
    echo "parse $1 -o OUT"
    echo "print $1 -o OUT"
    echo "strip $1 -o OUT"
    echo "objdump $1 -o OUT"
    echo "metadata show $1 -o OUT"
    echo "metadata add --name x $1 -o OUT"
    echo "component unbundle --module-dir OUT --threshold 0 $1 -o OUT"
    echo "component bundle --module a=app.core.wasm $1 -o OUT"
    echo "demangle $1 -o OUT"
    echo "dump $1 -o OUT"
    echo "validate $1"
    echo "component wit $1 -o OUT"
    echo "component new $1 -o OUT"
    echo "component link $1 -o OUT"
    echo "component new --adapt a=$1 app.core.wasm -o OUT"
    echo "component embed -w arithmetic wit $1 -o OUT"
    echo "component embed --dummy -w arithmetic $1 -o OUT"
    echo "bindgen c --out-dir OUT $1"
    echo "compose $1 -o OUT"
    echo "compose -c compose.yml $1 -o OUT"
    echo "compose -c $1 app.wasm -o OUT"
    echo "compose -d $1 app.wasm -o OUT"
    echo "run $1"
    echo "wast $1"
    echo "json-from-wast $1 -o OUT"
}
for_each() { # for_each FILE PATTERN
    binary_inputs "$1" >cases
    while read -r words; do
        # shellcheck disable=SC2086
        rejects "$2" $words
    done <cases
}
for_each missing 'No such file'
for_each folder 'directory\|folder\|no WIT\|\.wit\|no test script'
for_each empty 'empty'
for_each bytes 'found bytes\|expected\|not UTF-8\|malformed' 
for_each elf 'ELF\|UTF-8\|malformed\|expected'
for_each text 'found \|expected\|unexpected'

# Of the other kind.
rejects 'unknown import: .* is not there' run app.core.wasm
rejects 'found a core module, expected a component' compose -c compose.yml app.core.wasm -o OUT
rejects 'found a component, expected a core module' component new app.wasm -o OUT
rejects 'found a component, expected a core module' component embed -w arithmetic wit app.wasm -o OUT
rejects 'does not export .wasi:cli/run' run calculator.wasm

# Outputs that cannot be written.
expect "output in no folder" 1 parse calculator.wat -o no/such/folder/OUT
say "output in no folder" 'cannot write'
expect "output is a folder" 1 parse calculator.wat -o folder
say "output is a folder" 'cannot write'
finish inputs
