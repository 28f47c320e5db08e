#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# handlers.sh FOLDER: the object code of the interpreter's handlers. Those of steps call nothing and
# return nowhere: they end in jumps. Excepted is popcnt, which is a helper of the compiler's.
bad=0
for object in "$1"/run_numeric.o "$1"/run_memory.o "$1"/run_fused*.o; do
    found=$(objdump -dr --no-show-raw-insn "$object" | awk '
        /^[0-9a-f]+ </ { name = $2 ~ /^<op_/ ? $2 : "" }
        /\t(call|callq)[ \t]/ || /\tret/ { if (name != "") print name; name = "" }' |
        grep -v -E '_POPCNT_')
    [ -z "$found" ] && continue
    echo "$object: calls or returns:"
    echo "$found"
    bad=1
done
[ $bad = 0 ] && echo "handlers: all go on by jumps"
exit $bad
