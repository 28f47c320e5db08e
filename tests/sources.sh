#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Lines of the source, from what compilers write of them: sources.sh WITC. Each place that can trap
# stands in a line of its own, which is known here.
. "$(dirname "$0")/lib.sh"
. tools/toolchain.sh
if [ -z "$CLANG" ] || [ -z "$WASM_LD" ]; then
    skip "sources: clang or wasm-ld is missing"
    finish sources
fi
cd "$tmp" || exit 1
mkdir sub
cat >sub/inner.h <<'END'
static inline __attribute__((always_inline)) int inner(int x) {
    if (x == 42)
        __builtin_trap();
    return x * 3;
}
END
cat >trap.c <<'END'
#include "sub/inner.h"
static inline __attribute__((always_inline)) int middle(int x) {
    return inner(x) +
           1;
}
__attribute__((noinline, export_name("outer"))) int outer(int x) {
    int y = x ^ 5;
    return middle(y);
}
END
traps() { # traps FILE: the offsets of its `unreachable`, those in $tmp/places
    "$witc" print -p "$1" | sed -n 's/^(;@\([0-9a-f]*\) *;) *unreachable.*/0x\1/p' >places
}
for version in 2 3 4 5; do
    for level in 0 2; do
        for extra in '' -gdwarf64; do
            [ "$extra$version" != -gdwarf642 ] || continue # since version 3
            case=dwarf-$version-O$level$extra
            "$CLANG" --target=wasm32 -gdwarf-$version $extra -O$level -c trap.c -o trap.o 2>log &&
                "$WASM_LD" --no-entry trap.o -o trap.wasm 2>>log || {
                # The linker need not know 64-bit DWARF.
                [ -n "$extra" ] && continue
                bad "$case" "$(head -n 3 log)"
                continue
            }
            traps trap.wasm
            expect "$case" 0 addr2line trap.wasm $(head -n 1 places) # clang 14 ends with another
            sed 's/^0x[0-9a-f]*: //; s/:[0-9]*$//' "$out" >got
            printf 'inner %s/./sub/inner.h:3\n\tmiddle %s/trap.c:3\n\touter %s/trap.c:8\n' \
                "$tmp" "$tmp" "$tmp" >expected
            sed -i 's|/\./|/|' got expected
            cmp -s got expected && ok || bad "$case" "$(diff got expected)"
        done
    done
done

# Names of C++ and a module in a component.
cat >shape.cpp <<'END'
namespace shapes {
template <class T> struct Square {
    T side;
    __attribute__((noinline)) T area() const {
        if (side < 0)
            __builtin_trap();
        return side * side;
    }
};
}
extern "C" __attribute__((export_name("area"))) int area(int side) {
    return shapes::Square<int>{side}.area();
}
END
"$CLANG" --target=wasm32 -g -O0 -c shape.cpp -o shape.o && "$WASM_LD" --no-entry shape.o -o shape.wasm
traps shape.wasm
expect "C++" 0 addr2line shape.wasm $(head -n 1 places)
grep -q 'shapes::Square<int>::area() const .*/shape.cpp:6:' "$out" && ok || bad "C++" "$(cat "$out")"

cat >outer.wat <<'END'
(component
  (core module $first (func nop))
  (component
    (core module $second
      (func $deep
        unreachable))))
END
expect "component" 0 parse -g outer.wat -o outer.wasm
traps outer.wasm
expect "component" 0 addr2line outer.wasm $(cat places)
grep -q ': deep ./outer.wat:6:9$' "$out" && ok || bad "component" "$(cat "$out")"
expect "several modules" 1 addr2line --code-section-relative outer.wasm 1
say "several modules" 'needs one module, found 2'

# Traps of components, with the functions that were inlined there.
cat >run.c <<'END'
static inline __attribute__((always_inline)) int inner(int x) {
    if (x == 3)
        __builtin_trap();
    return x + 1;
}
__attribute__((noinline)) int loop(int n) {
    int sum = 0;
    for (int i = 0; i < n; i++)
        sum += inner(i);
    return sum;
}
__attribute__((export_name("wasi:cli/run@0.2.0#run"))) int run(void) { return loop(5); }
END
cat >run.wit <<'END'
package wasi:cli@0.2.0;
interface run { run: func() -> result; }
world command { export run; }
END
"$CLANG" --target=wasm32 -g -O1 -c run.c -o run.o && "$WASM_LD" --no-entry run.o -o run.core.wasm
expect "embed" 0 component embed -w command run.wit run.core.wasm -o run.embedded.wasm
expect "component" 0 component new run.embedded.wasm -o run.wasm
expect "trap" 134 run run.wasm
say "trap" '0: `inner` (.*/run.c:3:9), inlined$'
say "trap" '0: `loop` in module `.*` at 0x[0-9a-f]* (.*/run.c:9:16)$'
say "trap" '1: .* in module `.*` at 0x[0-9a-f]* (.*/run.c:12:'

# Traps of modules, as text and as bytes.
sed 's/wasi:cli.run@0.2.0#run/_start/' run.c >start.c
"$CLANG" --target=wasm32 -g -O1 -c start.c -o start.o && "$WASM_LD" --no-entry start.o -o start.wasm
expect "trap of a module" 134 run start.wasm
say "trap of a module" '0: `inner` (.*/start.c:3:9), inlined$'
say "trap of a module" '0: `loop` in module `start.wasm` at 0x[0-9a-f]* (.*/start.c:9:16)$'
say "trap of a module" '1: `run` in module .* (.*/start.c:12:'
printf '(module $m\n (func $_ZN4shop5priceEi\n  unreachable)\n (func (export "_start") call 0))' >start.wat
expect "trap of text" 134 run start.wat
say "trap of text" '0: `shop::price(int)` in module `m` at 0x[0-9a-f]* (start.wat:3:3)$'
say "trap of text" '1: `function 1` in module `m` at 0x[0-9a-f]* (start.wat:4:26)$'

# DWARF in a file beside the module, and a source map.
wat() { # wat NAME: a custom section with its one string
    printf '(module (func $f (export "f") unreachable)\n  (@custom "%s" "\\%02x%s"))\n' "$1" ${#2} "$2"
}
wat external_debug_info debug.wasm | tr -d '\n' >main.wat
"$witc" parse main.wat -o main.wasm
printf '(module\n\n(func $f\nunreachable))' >debug.wat
"$witc" parse -g debug.wat -o debug.wasm
traps main.wasm
expect "external" 0 addr2line main.wasm $(cat places)
grep -q ': f ./debug.wat:4:1$' "$out" && ok || bad "external" "$(cat "$out")"
expect "external, of a trap" 134 run --invoke f main.wasm
say "external, of a trap" '0: `f` in .* (./debug.wat:4:1)$'
rm debug.wasm
expect "external is missing" 0 addr2line main.wasm $(cat places)
grep -q 'no dwarf frames found' "$out" && ok || bad "external is missing" "$(cat "$out")"

wat sourceMappingURL map.json >main.wat
"$witc" parse main.wat -o main.wasm
traps main.wasm
printf '{"version":3,"sources":["lib.ts"],"mappings":"AAUK"}' >map.json
expect "source map" 0 addr2line main.wasm $(cat places)
grep -q ' lib.ts:11:6$' "$out" && ok || bad "source map" "$(cat "$out")"
expect "source map, of a trap" 134 run --invoke f main.wasm
say "source map, of a trap" '0: `f` in .* (lib.ts:11:6)$'
printf '{"version":3,"sources":["other.ts"],"mappings":"AAUK"}' >other.json
expect "given map" 0 addr2line --source-map other.json main.wasm $(cat places)
grep -q ' other.ts:11:6$' "$out" && ok || bad "given map" "$(cat "$out")"
expect "no map" 1 addr2line --source-map main.wat main.wasm 1
say "no map" 'no source map of version 3'

expect "no address" 1 addr2line main.wasm 0x
expect "no code" 1 addr2line main.wasm 3
say "no code" 'no module found which contains this address: `3`'
finish sources
