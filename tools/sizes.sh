#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Names C files over 1,000 lines and functions over 60. Exempt: generated code, tables (.def), and
# what tools/sizes.exempt lists, one `file` or `file:function` a line with its reason.
cd "$(dirname "$0")/.."
bad=0
for file in $(git ls-files '*.c' '*.h' | grep -v -e '^grammar/src/' -e '^adapter/modules.c'); do
    [ -f "$file" ] || continue
    grep -q "^$file " tools/sizes.exempt && continue
    lines=$(wc -l <"$file")
    if [ "$lines" -gt 1000 ]; then
        echo "$file: $lines lines"
        bad=1
    fi
    # A function opens with a line in column 1 that ends with `{` and holds `(`; `}` in column 1 ends it.
    found=$(awk -v file="$file" '
        /^[A-Za-z_].*\(.*\{$/ || (open && /^[ ].*\{$/ && pending) { start = NR; name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name); pending = 0 }
        /^[A-Za-z_].*\([^;{]*$/ { pendingname = $0; sub(/\(.*/, "", pendingname); sub(/.*[ *]/, "", pendingname); waiting = 1 }
        waiting && /^ .*\) \{$/ { start = NR; name = pendingname; waiting = 0 }
        /^}/ { if (start && NR - start + 1 > 60) print file ":" start ": " name " has " NR - start + 1 " lines"; start = 0; waiting = 0 }
    ' "$file")
    echo "$found" | while read -r line; do
        [ -n "$line" ] || continue
        name=$(echo "$line" | sed 's/^[^ ]* \([^ ]*\) .*/\1/')
        grep -q "^$file:$name " tools/sizes.exempt || echo "$line"
    done >"${TMPDIR:-/tmp}/sizes.$$"
    if [ -s "${TMPDIR:-/tmp}/sizes.$$" ]; then
        cat "${TMPDIR:-/tmp}/sizes.$$"
        bad=1
    fi
done
rm -f "${TMPDIR:-/tmp}/sizes.$$"
[ $bad = 0 ] && echo "sizes: every file and function is within bounds"
exit $bad
