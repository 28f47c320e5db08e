#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# hostile.sh WITC: WIT that is deep, huge, circular, or no text, for every command that reads it: it
# ends soon (the limit is generous, against hangs only), with 0 or with 1 and a place.
. "$(dirname "$0")/lib.sh"
n=10000
h=$tmp/h
mkdir "$h" "$h/ring" "$h/ring/deps"

head='package a:b;'
world='world w { import i; }'
repeat() { # repeat COUNT TEXT: printf-like, with the number for %d
    awk -v n="$1" -v text="$2" 'BEGIN { for (i = 0; i < n; i++) { s = text; gsub(/#1/, i + 1, s); gsub(/#/, i, s); printf "%s", s } }'
}
interface() { # interface BODY...: in a package with a world
    printf '%s\ninterface i {\n' "$head"
    "$@"
    printf '\n}\n%s\n' "$world"
}

# deep
interface sh -c "printf 'type t = '; awk 'BEGIN { for (i = 0; i < $n; i++) printf \"list<\"; printf \"u8\"; for (i = 0; i < $n; i++) printf \">\"; print \";\" }'" >"$h/deep-type.wit"
{ echo "$head"; repeat $n 'package a:p# { '; repeat $n '} '; } >"$h/deep-package.wit"
{ echo "$head"; repeat $n '{<('; } >"$h/deep-brackets.wit"
{ echo "$head"; repeat $n 'interface i { '; } >"$h/deep-interface.wit"
{ echo "$head"; repeat $n '/*'; repeat $n '*/'; echo 'interface i {} world w { import i; }'; } >"$h/deep-comment.wit"
{ echo "$head"; repeat $n '/*'; } >"$h/open-comment.wit"
chain() { echo 'type t0 = u8;'; repeat $n "$1"; }
interface chain 'type t#1 = t#;
' >"$h/alias-chain.wit"
interface chain 'record t#1 { a: t#, b: t# }
' >"$h/record-tower.wit"
{ echo "$head interface i0 { type t = u8; }"; repeat $n 'interface i#1 { use i#.{t}; }
'; echo "world w { import i$n; }"; } >"$h/interface-chain.wit"
{ echo "$head world w0 {"; repeat 1000 'import f#: func(); '; echo '}'; repeat 2000 'world w#1 { include w#; import g#: func(); }
'; echo 'world w { include w2000; }'; } >"$h/include-bomb.wit"

# cycles
{ echo "$head interface i { use j.{t}; } interface j { use i.{t}; } $world"; } >"$h/use-cycle.wit"
{ echo "$head"; repeat $n 'interface i# { use i#1.{t}; }
'; echo "interface i$n { use i0.{t}; } world w { import i0; }"; } >"$h/use-ring.wit"
interface sh -c 'echo "record r { r: option<r> }"' >"$h/type-cycle.wit"
ring() { repeat $n 'type t# = list<t#1>;
'; echo "type t$n = t0;"; }
interface ring >"$h/type-ring.wit"
{ echo "$head"; repeat $n 'world w# { include w#1; }
'; echo "world w$n { include w0; } world w { include w0; }"; } >"$h/include-ring.wit"
echo "$head interface i { use c:d/j.{t}; } $world" >"$h/ring/a.wit"
echo 'package c:d; interface j { use a:b/i.{t}; }' >"$h/ring/deps/c.wit"

# large
name=$(head -c 65536 /dev/zero | tr '\0' x)
printf '%s\ninterface i { record %s { %s: u8 } f: func(a: %s); }\n%s' "$head" "$name" "$name" "$name" "$world" >"$h/long-name.wit"
printf 'package a:%s;\ninterface i {}\n%s' "$name" "$world" >"$h/long-package.wit"
{ printf '%s interface i {' "$head" && awk 'BEGIN { for (i = 0; i < 200000; i++) printf "/* x */ " }' && printf '} world w {}'; } >"$h/many-comments.wit"
awk 'BEGIN { print "package a:b; world w {"; for (i = 0; i < 100000; i++) printf "import fn%d: func();\n", i; print "}" }' >"$h/large-world.wit"
interface sh -c "printf 'record r {'; awk 'BEGIN { for (i = 0; i < 100000; i++) printf \"a%d: u8,\", i }'; printf '} f: func(r: r);'" >"$h/large-record.wit"
interface sh -c "printf 'f: func('; awk 'BEGIN { for (i = 0; i < 100000; i++) printf \"a%d: u8,\", i }'; printf ');'" >"$h/many-parameters.wit"
interface echo 'f: func(a: list<list<u64, 4294967295>, 4294967295>);' >"$h/long-list.wit"
awk 'BEGIN { print "package a:b; interface i {"; for (i = 0; i < 100000; i++) print "f: fnc();"; print "}" }' >"$h/many-errors.wit"

# no text
printf '%s // \377\nworld w {}' "$head" >"$h/comment.wit"
printf '%s world w\303 {}' "$head" >"$h/name.wit"
printf '%s interface i { @external-id("\355\240\200") f: func(); }' "$head" >"$h/string.wit"
printf '%s // \342\200\256\nworld w {}' "$head" >"$h/bidi.wit"
printf '%s world w\0 {}' "$head" >"$h/nul.wit"
awk 'BEGIN { for (i = 255; i > 0; i--) printf "%c", i }' >"$h/bytes.wit"
: >"$h/empty.wit"
printf '\357\273\277' >"$h/bom.wit"
printf '%s\rworld w {\r}\r' "$head" >"$h/cr.wit"
printf '%s\r\nworld w {\r\n}\r\n' "$head" >"$h/crlf.wit"

# hold NAME WORDS...
hold() {
    what=$1
    shift
    timeout 60 "$witc" "$@" >"$out" 2>"$err" </dev/null
    status=$?
    if [ $status -gt 1 ]; then bad "$what" "exit $status: witc $*"
    elif [ $status = 1 ] && ! [ "$2" = --check ] && ! grep -q -e '-->' "$err"; then
        bad "$what" "no place: $(head -n 1 "$err" | cut -c 1-200)"
    else ok; fi
}
for file in "$h"/*.wit "$h/ring"; do
    what=${file##*/}
    hold "$what" check "$file"
    hold "$what" component wit "$file"
    hold "$what" component wit --json "$file"
    hold "$what" fmt --check "$file"
    hold "$what" lint "$file"
    [ "$what" = long-package.wit ] || hold "$what" doc -o "$tmp/doc" "$file" # no file can have its name
    hold "$what" diff "$file" "$file"
    hold "$what" graph "$file"
    hold "$what" bindgen c -w w --out-dir "$tmp/gen" "$file"
    hold "$what" bindgen c --style native -w w --out-dir "$tmp/gen" "$file"
done

# What is right, is taken.
for name in deep-comment large-world large-record cr crlf; do
    expect "$name" 0 component wit "$h/$name.wit"
done
# Fifty megabytes.
awk 'BEGIN { print "package a:b;"; for (i = 0; i < 400000; i++) printf "interface i%d {\n    /// docs\n    record r {\n        a: u32,\n    }\n    f: func(a: r, b: list<string>) -> result<u32, string>;\n}\n", i }' >"$tmp/large.wit"
expect "50 MB" 0 fmt --check "$tmp/large.wit"
finish hostile
