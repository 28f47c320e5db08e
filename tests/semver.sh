#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# semver.sh WITC: `witc diff` and `witc component semver-check` agree. Each pair of packages in
# tests/golden/diff is compared as it is, and once more as two versions in one file, world by world.
. "$(dirname "$0")/lib.sh"

# The package of a file as a nested one.
nested() { sed 's,^package \(.*\);$,package \1 {,' "$1" && echo "}"; }
field() { sed -n "s,^  \"$2\": \"\(.*\)\"\,\$,\1,p" "$1"; }

for new in tests/golden/diff/worlds.wit tests/golden/diff/fits.wit; do
    old=tests/golden/diff/old/${new##*/}
    "$witc" diff --json "$old" "$new" >"$tmp/diff.json" 2>"$err" || bad "$new" "cannot be compared"
    package=$(field "$tmp/diff.json" package) bump=$(field "$tmp/diff.json" bump)
    a=$(field "$tmp/diff.json" old_version) b=$(field "$tmp/diff.json" new_version)
    { echo "package both:both;" && nested "$old" && nested "$new"; } >"$tmp/both.wit"
    tr -d ' \n' <"$tmp/diff.json" | grep -o '{"name":"[^"]*","fits":[a-z]*}' >"$tmp/worlds"
    while IFS='"' read -r _ _ _ world _ _ fits; do
        "$witc" component semver-check "$tmp/both.wit" --prev "$package/$world@$a" \
            --new "$package/$world@$b" >"$out" 2>"$err"
        case $?$fits in
        0:true*) ok ;;
        1:false*) [ "$bump" = major ] && ok || bad "$new" "$world does not fit, but is no major change" ;;
        *) bad "$new" "$world: semver-check disagrees with $fits" && cat "$err" ;;
        esac
    done <"$tmp/worlds"
done
finish semver
