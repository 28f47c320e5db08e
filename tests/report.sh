#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What `witc graph`, `expand` and `doc` write, looked at from outside: report.sh WITC.
. "$(dirname "$0")/lib.sh"

wit=wasi/wit

# ---- graph: every edge leads from node to node, Graphviz reads it ----
expect "graph as JSON" 0 graph --format json $wit
sed -n 's/^ *"id": "\(.*\)",$/\1/p' "$out" | sort >"$tmp/ids"
sed -n 's/^ *"\(from\|to\)": "\(.*\)",$/\2/p' "$out" | sort -u >"$tmp/ends"
[ -s "$tmp/ends" ] && ok || bad "graph" "no edges"
[ -z "$(uniq -d "$tmp/ids")" ] && ok || bad "graph" "a node twice: $(uniq -d "$tmp/ids")"
[ -z "$(comm -13 "$tmp/ids" "$tmp/ends")" ] && ok || bad "graph" "no node: $(comm -13 "$tmp/ids" "$tmp/ends")"
timeout 60 env PATH=/nowhere "$witc" graph --format svg $wit >"$out" 2>"$err"
[ $? = 1 ] && ok || bad "graph without Graphviz" "no exit status 1"
say "graph without Graphviz" 'not installed'
if command -v dot >/dev/null; then
    expect "graph as SVG" 0 graph --format svg $wit
    grep -q '</svg>' "$out" && ok || bad "graph as SVG" "is none"
else
    skip "graph as SVG: Graphviz is not installed" 2
fi

# ---- expand: a reason for each import and export ----
expect "expand as JSON" 0 expand --json $wit -w wasi
items=$(grep -c '^ *"reason": {' "$out") placed=$(grep -c '^ *"line": ' "$out")
[ "$items" -gt 20 ] && [ "$placed" -gt "$items" ] && ok || bad "expand" "$items items, $placed places"

# ---- doc: pages that hold together ----
check_pages() { # check_pages NAME FOLDER
    awk -f tests/html.awk "$2"/*.html >"$out" 2>&1 && ok || bad "$1" "$(head -n 5 "$out")"
}
expect "doc" 0 doc $wit -o "$tmp/site"
check_pages "doc" "$tmp/site"
[ "$(ls "$tmp/site" | wc -l)" = 9 ] && ok || bad "doc" "pages: $(ls "$tmp/site" | tr '\n' ' ')"
grep -q 'href="wasi-io.html#streams.input-stream"' "$tmp/site/wasi-cli.html" && ok ||
    bad "doc" "no link from package to package"
expect "doc of one world" 0 doc $wit -w wasi:http/proxy -o "$tmp/world"
check_pages "doc of one world" "$tmp/world"
[ -e "$tmp/world/wasi-sockets.html" ] && bad "doc of one world" "has sockets" || ok
expect "doc again" 0 doc $wit -o "$tmp/again"
diff -r "$tmp/site" "$tmp/again" >"$tmp/diff" && ok || bad "doc again" "differs: $(head -n 3 "$tmp/diff")"
expect "doc of a binary" 0 component wit --wasm $wit -o "$tmp/wit.wasm"
expect "doc of a binary" 0 doc "$tmp/wit.wasm" -o "$tmp/binary"
check_pages "doc of a binary" "$tmp/binary"

# What comments become, in full.
if grep -q libmd4c "$err"; then
    skip "documentation: libmd4c is not installed" 4
else
    tests/golden.sh "$witc" tests/report/doc.wit >"$out" && ok || bad "doc as Markdown" "$(head -n 60 "$out")"
fi

# Texts that would be markup, in a page that stands alone.
expect "doc of hostile texts" 0 doc tests/report/doc.wit -o "$tmp/page.html"
awk -f tests/html.awk "$tmp/page.html" >"$out" 2>&1 && ok || bad "doc of hostile texts" "$(cat "$out")"
grep -q '&lt;script&gt;alert(1)' "$tmp/page.html" && ok || bad "doc of hostile texts" "not escaped"
grep -q 'U+202E' "$tmp/page.html" && ok || bad "doc of hostile texts" "turns the text"

# The page's policy names its script.
script=$(sed -n '/^<script>/,/<\/script>$/p' "$tmp/page.html" | sed '1s/^<script>//; $s/<\/script>$//')
octal=$(printf '%s\n' "$script" | sha256sum | awk '{
    d = "0123456789abcdef"
    for (i = 1; i < 64; i += 2)
        printf "\\%03o", index(d, substr($1, i, 1)) * 16 + index(d, substr($1, i + 1, 1)) - 17 }')
# shellcheck disable=SC2059
hash=$(printf "$octal" | base64)
grep -q "script-src 'sha256-$hash'" "$tmp/page.html" && ok || bad "doc" "SCRIPT_HASH should be $hash"

expect "doc as Markdown" 0 doc --format markdown $wit -o "$tmp/md"
sed -n 's/.*<a id="\([^"]*\)">.*/\1/p' "$tmp/md/wasi-http.md" | sort | uniq -d >"$out"
[ -s "$out" ] && bad "doc as Markdown" "ids twice: $(head -n 3 "$out")" || ok
(cd "$tmp/md" && for page in *.md; do
    sed 's/](/\n](/g' "$page" | sed -n 's/^\](\([a-zA-Z.-]*\)\(#[^)]*\)\{0,1\}).*/\1 \2/p' |
        while read -r file id; do
            case $file in '#'*) id=$file file=$page ;; esac
            [ -z "$id" ] || [ "$id" = '#' ] || grep -q "<a id=\"${id#\#}\"></a>" "$file" || echo "$page: $file $id"
        done
done | sort -u >"$out")
[ -s "$out" ] && bad "doc as Markdown" "links to nothing: $(head -n 3 "$out")" || ok

finish "documents"
