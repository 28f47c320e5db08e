#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# format.sh WITC: `witc fmt` on files, and on every WIT file that stands in the tests and examples.
. "$(dirname "$0")/lib.sh"

same() { # same NAME FILE: standard output is FILE
    cmp -s "$out" "$2" && ok || { bad "$1" "output differs"; diff "$2" "$out" | head -n 10; }
}
from() { # from FILE WORDS...: with standard input
    input=$1
    shift
    timeout 60 "$witc" "$@" <"$input" >"$out" 2>"$err"
}

wit=$tmp/wit
mkdir -p "$wit/deps/x"
printf 'package  a:b;\ninterface i { f:func(); }\n' >"$wit/a.wit"
printf 'package a:b;\n\ninterface j {\n    f: func();\n}\n' >"$wit/good.wit"
printf 'package  c:d;\n' >"$wit/deps/x/x.wit"
printf 'package  not:wit;\n' >"$wit/deps/readme.md"
cp "$wit/a.wit" "$tmp/a.before"
printf 'package a:b;\ninterface i {\n    f: func();\n}\n' >"$tmp/a.after"

expect "check" 1 fmt --check "$wit"
printf '%s\n' "$wit/a.wit" "$wit/deps/x/x.wit" >"$tmp/want"
same "check" "$tmp/want"
expect "check as JSON" 1 fmt --check --json "$wit/good.wit" "$wit/a.wit"
tr -d ' \n' <"$out" >"$tmp/json"
printf '[{"path":"%s","changed":false},{"path":"%s","changed":true}]' "$wit/good.wit" "$wit/a.wit" >"$tmp/want"
cmp -s "$tmp/json" "$tmp/want" && ok || bad "check as JSON" "$(cat "$tmp/json")"
expect "diff" 0 fmt --diff "$wit"
head -n 20 "$out" | grep -q '^-interface i { f:func(); }$' && ok || bad "diff" "$(head -n 5 "$out")"
cmp -s "$wit/a.wit" "$tmp/a.before" && ok || bad "diff" "wrote to the file"
expect "diff in colour" 1 --color always fmt --check --diff "$wit/a.wit"
grep -q "$(printf '\033')" "$out" && ok || bad "diff in colour" "$(cat "$out")"

chmod 640 "$wit/a.wit"
ln -s a.wit "$wit/link.wit"
touch -d '2001-01-01' "$wit/good.wit"
expect "in place" 0 fmt "$wit/link.wit" "$wit"
cmp -s "$wit/a.wit" "$tmp/a.after" && ok || bad "in place" "$(cat "$wit/a.wit")"
[ -L "$wit/link.wit" ] && ok || bad "in place" "a link became a file"
[ "$(stat -c %a "$wit/a.wit")" = 640 ] && ok || bad "in place" "the mode changed"
[ "$(stat -c %Y "$wit/good.wit")" -lt 1000000000 ] && ok || bad "in place" "a good file was written"
[ "$(cat "$wit/deps/readme.md")" = 'package  not:wit;' ] && ok || bad "in place" "wrote another file"
expect "check afterwards" 0 fmt --check "$wit"
[ "$(find "$wit" | wc -l)" = 8 ] && ok || bad "in place" "files are left: $(ls "$wit")"

from "$tmp/a.before" fmt && same "standard input" "$tmp/a.after"
from "$tmp/a.before" fmt - && same "standard input as -" "$tmp/a.after"
expect "output" 0 fmt -o "$tmp/o.wit" "$wit/a.wit"
cmp -s "$tmp/o.wit" "$tmp/a.after" && ok || bad "output" "$(cat "$tmp/o.wit")"
expect "empty" 0 fmt -o - /dev/null
[ -s "$out" ] && bad "empty" "$(cat "$out")" || ok

printf 'package a:b;\r\n\r\n\r\ninterface i {\r\n  /* two\r\n   lines */ f : func( ); // x  \r\n}' >"$tmp/crlf.wit"
printf 'package a:b;\r\n\r\ninterface i {\r\n  /* two\r\n   lines */\r\n  f: func(); // x\r\n}\r\n' >"$tmp/want"
sed -i 's,lines \*/ f,lines */\r\nf,' "$tmp/crlf.wit"
expect "CRLF" 0 fmt -o - "$tmp/crlf.wit"
same "CRLF" "$tmp/want"
printf '\357\273\277\n\npackage  a:b;' >"$tmp/bom.wit"
printf '\357\273\277package a:b;\n' >"$tmp/want"
expect "byte order mark" 0 fmt -o - "$tmp/bom.wit"
same "byte order mark" "$tmp/want"

# Nothing is written where the text is none.
for bytes in 'package a:b; // \377' 'package a:b; // \342\200\256' 'package a:b; \000' 'package\001 a:b;'; do
    # shellcheck disable=SC2059
    printf "$bytes" >"$tmp/bad.wit"
    cp "$tmp/bad.wit" "$tmp/before"
    expect "no text" 1 fmt "$tmp/bad.wit"
    cmp -s "$tmp/bad.wit" "$tmp/before" && ok || bad "no text" "the file changed"
    say "no text" 'bad.wit:1:'
done
# What is right is laid out, what is wrong stays.
cat >"$tmp/half.wit" <<'WIT'
package  a:b;
interface i { f:func(a:u32  b:u8);
      record r{ a:u32, b c } // about r
  Bad_Name : func() ; g:func();  }
union  u{ a ,b }
interface   j{ f:func(
WIT
cat >"$tmp/want" <<'WIT'
package a:b;
interface i {
    f:func(a:u32  b:u8);
      record r{ a:u32, b c } // about r
  Bad_Name : func() ;
    g: func();
}
union  u{ a ,b }
interface j {
    f:func(
WIT
expect "half" 1 fmt "$tmp/half.wit"
say "half" 'half.wit:2:'
diff "$tmp/want" "$tmp/half.wit" >"$tmp/diff" && ok || bad "half" "$(cat "$tmp/diff")"

expect "range" 2 fmt --range 3 "$wit/a.wit"
expect "range backwards" 2 fmt --range 3:2 "$wit/a.wit"
expect "range from 0" 2 fmt --range 0:2 "$wit/a.wit"
expect "indent" 2 fmt --indent 17 "$wit/a.wit"
expect "two outputs" 2 fmt -o - "$wit/a.wit" "$wit/good.wit"
expect "a folder into one file" 2 fmt -o "$tmp/one.wit" "$wit"
[ -e "$tmp/one.wit" ] && bad "a folder into one file" "it was written" || ok
expect "JSON of what" 2 fmt --json "$wit/a.wit"
expect "no file" 1 fmt "$tmp/none.wit"

# A file that may not be written stays as it is; one of somebody else stays theirs.
printf 'package a:b;\ninterface i {f:func();}\n' | tee "$tmp/locked.wit" >"$tmp/theirs.wit"
if [ "$(id -u)" != 0 ]; then
    chmod 400 "$tmp/locked.wit"
    expect "no permission" 1 fmt "$tmp/locked.wit"
    say "no permission" 'Permission denied'
    grep -q 'i {f' "$tmp/locked.wit" && ok || bad "no permission" "it was replaced"
else
    chown 65534:65534 "$tmp/theirs.wit"
    expect "of somebody else" 0 fmt "$tmp/theirs.wit"
    [ "$(stat -c %u:%g "$tmp/theirs.wit")" = 65534:65534 ] && ok || bad "of somebody else" "the owner changed"
fi

# Every WIT file: twice is as once, and it means the same.
layout() {
    from "$1" fmt
    status=$?
    cp "$out" "$tmp/once.wit"
    if [ $status -gt 1 ]; then bad "$1" "exit $status"; return; fi
    if grep -q 'the formatter would change' "$err"; then bad "$1" "tokens changed"; return; fi
    from "$tmp/once.wit" fmt
    cmp -s "$out" "$tmp/once.wit" && ok || bad "$1" "changes when it is laid out again"
    [ $status = 0 ] || return
    "$witc" component wit --no-docs --all-features "$1" >"$tmp/before" 2>/dev/null || return
    expect "$1" 0 component wit --no-docs --all-features "$tmp/once.wit" && same "$1" "$tmp/before"
}
suites=../shared/conformance/suites
[ -d $suites ] || skip "the suites of ../shared/conformance are not there"
for file in $(find tests examples wasi $([ -d $suites ] && echo $suites/wit $suites/encode $suites/codegen) -name '*.wit' | sort); do
    layout "$file"
done
finish format
