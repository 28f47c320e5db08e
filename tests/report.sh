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

finish "documents"
