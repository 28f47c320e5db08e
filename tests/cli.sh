#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The command line itself: cli.sh WITC.
. "$(dirname "$0")/lib.sh"

expect "no command" 2
expect "help" 0 help
expect "--help" 0 --help
expect "version" 0 --version
grep -q '^witc [0-9]' "$out" && ok || bad "version" "$(cat "$out")"
expect "version command" 0 version
expect "unknown command" 2 hlep
say "unknown command suggests" 'did you mean `help`?'
expect "unknown option" 2 help --colr never
say "unknown option suggests" 'did you mean `--color`?'
expect "an option of another command" 2 serve --jail=best-effort app.wasm
say "an option of another command: of which" 'only `witc run` has it'
expect "option without value" 2 help --color
expect "bad choice" 2 help --color=blue
say "bad choice tells" 'expected auto|always|never'
expect "surplus argument" 2 version x
expect "missing argument" 2 completion
expect "flag with value" 2 version --verbose=3
expect "letters" 0 version -vv
expect "end of options" 0 help -- version
expect "json messages" 2 --message-format json hlep
say "json messages" '"code": *"CLI_UNKNOWN_COMMAND"'
expect "colour" 2 --color always hlep
say "colour" "$(printf '\033')"

# Every command has help, a manual page without warnings, and stands in the completions.
sed -n 's/^COMMAND("\([^"]*\)".*/\1/p' cli/command.def >"$tmp/commands"
while read -r command; do
    # shellcheck disable=SC2086
    expect "help $command" 0 help $command
    # shellcheck disable=SC2086
    expect "$command --help" 0 $command --help
    grep -q "^Usage: witc $command" "$out" && ok || bad "$command --help" "no usage line"
    # shellcheck disable=SC2086
    expect "man $command" 0 man $command
    if command -v groff >/dev/null; then
        groff -man -Tutf8 -ww -z "$out" 2>"$tmp/groff"
        [ -s "$tmp/groff" ] && bad "man $command" "$(head -n 3 "$tmp/groff")" || ok
    fi
    # shellcheck disable=SC2086
    expect "unknown option of $command" 2 $command --no-such-option-anywhere
done <"$tmp/commands"
for shell in bash zsh fish; do
    expect "completion $shell" 0 completion $shell
    while read -r command; do
        grep -q -w "${command##* }" "$out" && ok || bad "completion $shell" "lacks $command"
    done <"$tmp/commands"
    cp "$out" "$tmp/script"
    command -v $shell >/dev/null || continue
    $shell -n "$tmp/script" && ok || bad "completion $shell" "not a valid script"
done
if command -v bash >/dev/null; then
    "$witc" completion bash >"$tmp/script"
    bash -c '. "$1"; COMP_WORDS=(witc ver); COMP_CWORD=1; _witc; [ "${COMPREPLY[*]}" = version ]' - "$tmp/script" &&
        ok || bad "bash completion" "does not complete ver"
    bash -c '. "$1"; COMP_WORDS=(witc version --color ""); COMP_CWORD=3; _witc; [ "${COMPREPLY[*]}" = "auto always never" ]' \
        - "$tmp/script" && ok || bad "bash completion" "does not offer the values of --color"
    bash -c '. "$1"; COMP_WORDS=(witc build --style = n); COMP_CWORD=4; _witc; [ "${COMPREPLY[*]}" = native ]' \
        - "$tmp/script" && ok || bad "bash completion" "does not complete --style=n"
    bash -c '. "$1"; COMP_WORDS=(witc wast2json --wa); COMP_CWORD=2; _witc; [ "${COMPREPLY[*]}" = --wasm-dir ]' \
        - "$tmp/script" && ok || bad "bash completion" "takes wast2json for wast"
fi
finish "command line"
