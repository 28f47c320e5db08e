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
expect "an option of another command" 2 serve --trace app.wasm
say "an option of another command: of which" 'only `witc run` has it'
for pair in port=addr environment=env memory=max-memory cert=tls-cert volume=dir; do
    expect "--${pair%=*} of serve" 2 serve "--${pair%=*}" x app.wasm
    say "--${pair%=*} of serve" "did you mean \`--${pair#*=}\`?"
done
expect "help for an unknown command" 2 help rum
say "help for an unknown command" 'did you mean `run`?'
expect "a file as a command" 2 README.md
say "a file as a command" '`witc run README.md` runs a program'
for words in '--seed 4' '--max-record 1M' '--trace-filter x'; do
    # shellcheck disable=SC2086
    expect "run $words" 2 run $words program.wasm
    say "run $words" "\`${words% *}\` says something only together with"
done
for option in max-connections max-requests max-streams max-target max-head max-fields max-body reuse; do
    expect "serve --$option 0" 2 serve --$option 0 app.wasm
    say "serve --$option 0" "expected a number above 0"
done
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
# The tables of docs/ and the programs agree on the options of `run` and `serve`, and on their defaults, which
# stand in parentheses at the end of an option's help.
options() { # options COMMAND: "--NAME DEFAULT" of each, but for those of every command
    "$witc" "$1" --help | awk '
        function put() {
            if (name !~ /^--(color|message-format|verbose|help)?$/)
                print name, match(text, /\([^()]*\)$/) ? substr(text, RSTART + 1, RLENGTH - 2) : ""
        }
        BEGIN { name = "--" }
        /^Options:/ { on = 1 }
        /^Examples:/ { put(); exit }
        on && match($0, /^  (    |-., )--[a-z0-9-]+/) {
            next_name = "--" substr($0, 9, RLENGTH - 8)
            put()
            name = next_name
            text = ""
        }
        on { sub(/^ +/, ""); text = text " " $0 }'
}
# "--NAME|CELL|CELL ..|" of each row of a table whose first cell has it; in the table of limits a key stands for an option.
rows() { # rows PAGE...
    awk -F ' *[|] *' '
        { limits = /^\| Key \|/ || (limits && /^\|/) }
        !/^\| / { next }
        {
            first = $2
            if (limits) sub(/^`/, $2 ~ /^`(fuel|timeout)`/ ? "--" : "--max-", first)
            rest = $3 "|" $4 "|" $5 "|"
            while (match(first, /--[a-z][a-z0-9-]+/)) {
                print substr(first, RSTART, RLENGTH) "|" rest
                first = substr(first, RSTART + RLENGTH)
            }
        }' "$@"
}
agree() { # agree COMMAND PAGE...
    command=$1
    shift
    rows "$@" >"$tmp/rows"
    options "$command" >"$tmp/options"
    [ "$(wc -l <"$tmp/options")" -gt 40 ] && ok || bad "options of $command" "they are not read from its help"
    while read -r name default; do
        if grep -q -F -e "$name|" "$tmp/rows"; then ok; else bad "$*" "no table has $name of witc $command"; fi
        [ -z "$default" ] || grep -F -e "$name|" "$tmp/rows" | grep -q -F -e "|$default|" && ok ||
            bad "$*" "$name of witc $command has the default $default"
    done <"$tmp/options"
    cut -d '|' -f 1 "$tmp/rows" | sort -u | while read -r name; do
        grep -q -e "^$name " "$tmp/options" || echo "$name"
    done >"$tmp/unknown"
    [ -s "$tmp/unknown" ] && bad "$*" "witc $command has no $(tr '\n' ' ' <"$tmp/unknown")" || ok
}
agree serve docs/SERVE.md
agree run docs/WASI.md docs/OBSERVE.md

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

# A component that was given to the wrong command, or lacks something.
what() { # what NAME STATUS PATTERN WORDS...
    name=$1 pattern=$3 status=$2
    shift 3
    expect "$name" "$status" "$@" && say "$name" "$pattern" && say "$name: placed" '-->'
}
printf '(component (instance $i) (export "wasi:http/incoming-handler@0.2.3" (instance $i)))' >"$tmp/handler.wat"
printf '(component (instance $i) (export "wasi:cli/run@0.2.3" (instance $i)))' >"$tmp/program.wat"
printf '(component (instance $i) (export "wasi:cli/run@0.3.0" (instance $i)))' >"$tmp/newer.wat"
printf '(component (import "a:b/c" (func)))' >"$tmp/missing.wat"
printf '(component (import "wasi:nn/c" (func)))' >"$tmp/other.wat"
printf '(component (import "a:b/c" (func $f)) (instance $i) (export "wasi:http/incoming-handler@0.2.3" (instance $i)))' \
    >"$tmp/open.wat"
printf '(module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))' >"$tmp/add.wat"
what "a handler for run" 1 '`witc serve` runs it' run "$tmp/handler.wat"
what "a program for serve" 1 '`witc run` runs it' serve "$tmp/program.wat"
what "WASI 0.3 for run" 1 'of WASI 0.3, which is not supported' run "$tmp/newer.wat"
what "an import that is missing" 1 '`witc compose` links it' run "$tmp/missing.wat"
what "an import of another WASI" 1 'the interfaces of 0.2' run "$tmp/other.wat"
expect "an import that serve lacks" 1 serve --addr 127.0.0.1:0 "$tmp/open.wat"
say "an import that serve lacks" '`a:b/c` is missing.*`witc compose` links it'
what "a module without _start" 1 '`--invoke NAME` calls one.*`add`' run "$tmp/add.wat"
what "a call of a module" 2 'behind its file: `--invoke add FILE 1 2`' run --invoke 'add(1, 2)' "$tmp/add.wat"
expect "a folder with one colon" 1 run --dir "$tmp/none:/x" "$tmp/program.wat"
say "a folder with one colon" "none::/x"
expect "a limit of a folder that there is not" 2 run --dir "$tmp::/x,qota=1M" "$tmp/program.wat"
say "a limit of a folder that there is not" '`quota=SIZE` or `files=N` behind a comma'
finish "command line"
