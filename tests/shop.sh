#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# shop.sh WITC: the native style without WebAssembly. Goes through examples/shop by its Makefile, and
# compiles stubs and mocks of many types for this machine, warnings as errors.
. "$(dirname "$0")/lib.sh"
. tools/toolchain.sh
home=$PWD
cp -r examples/shop "$tmp/shop" && cd "$tmp/shop" || exit 1
ran() { # ran NAME COMMAND...
    name=$1
    shift
    if timeout 120 "$@" >"$tmp/log" 2>&1; then ok; else
        bad "$name" "fails: $*"
        tail -n 15 "$tmp/log"
    fi
}

if [ -n "$CLANG" ] && [ -n "$WASM_LD" ]; then
    ran "components" make -s WITC="$witc"
    expect "program" 0 validate build/program.wasm
    cp build/program.wasm once.wasm
    ran "nothing to do" make -q WITC="$witc"
else
    skip "shop: clang or wasm-ld is missing"
fi
for compiler in gcc $CLANG; do
    command -v "$compiler" >/dev/null || continue
    ran "tests by $compiler" make -s -B test WITC="$witc" CC="$compiler"
    grep -q "shop: all tests pass" "$tmp/log" && grep -q "warehouse: all tests pass" "$tmp/log" && ok ||
        bad "tests by $compiler" "$(cat "$tmp/log")"
done

# A mistake in the program is found: a test that passes whatever happens is none.
sed 's/+= found.val.price/= found.val.price/; s/< line->count/< 1/' "$home/examples/shop/shop.c" >shop.c
if make -s -B test WITC="$witc" >"$tmp/log" 2>&1; then bad "mistake" "the tests do not see it"; else ok; fi
# What a test has not foreseen ends it, with the import's name.
cat >unforeseen.c <<'END'
#include "shop_mocks.h"
int main(void) {
    shop_stock_take_mock.expected = 2;
    if (shop_mocks_verify() != 1) return 1;
    shop_mocks_reset();
    if (shop_mocks_verify() != 0) return 2;
    (void) !shop_stock_find(WIT_STR("x")).is_some;
    return 3;
}
END
ran "unforeseen" cc -Ibuild/gen unforeseen.c "$home/examples/shop/shop.c" build/gen/shop.c build/gen/shop_mocks.c -o unforeseen
./unforeseen >"$tmp/log" 2>&1
[ $? = 134 ] && ok || bad "unforeseen" "it goes on"
grep -q 'shop_stock_take: called 0 times, expected 2' "$tmp/log" && ok || bad "verify" "$(cat "$tmp/log")"
grep -q 'shop_stock_find: called, and the test has given no result' "$tmp/log" && ok || bad "unforeseen" "$(cat "$tmp/log")"

warnings="-Wall -Wextra -Wpedantic -Wconversion -Wcast-qual -Werror"
for wit in "$home"/tests/bindgen/*.wit; do
    rm -rf gen
    expect "mocks" 0 bindgen c --style native --stubs --mocks --out-dir gen "$wit" || continue
    for source in gen/*.c; do
        for standard in c11 c17 c2x; do
            # shellcheck disable=SC2086
            ran "$wit $standard" cc -std=$standard $warnings -Wc++-compat -Igen -c "$source" -o x.o
        done
    done
    for header in gen/*.h; do
        echo "#include \"$header\"" >header.cc # clang warns of unused functions in a main file
        # shellcheck disable=SC2086
        ran "$wit C++" c++ -std=c++17 $warnings -fsyntax-only header.cc
    done
done
# The header for C++: it compiles for every world, and the pair in C++ runs as one program.
for wit in "$home"/tests/bindgen/*.wit "$home"/tests/bindgen/pairs/*/*.wit; do
    for world in $(sed -n 's/^ *world \([a-z0-9-]*\).*/\1/p' "$wit"); do
        rm -rf gen
        timeout 60 "$witc" bindgen c --style native --cpp -w "$world" --out-dir gen "$wit" >"$tmp/log" 2>&1 || continue
        for header in gen/*.hpp; do
            upper=$(basename "$header" .hpp | tr a-z A-Z)
            # shellcheck disable=SC2086
            ran "$wit $world C++" c++ -std=c++17 $warnings -fno-exceptions -fno-rtti "-DWIT_IMPLEMENT_$upper" \
                -x c++ -c "$header" -o x.o
        done
    done
done
pair=$home/tests/bindgen/pairs/build-cpp
rm -rf gen
expect "C++ server" 0 bindgen c --style native --cpp -w server --out-dir gen "$pair"
cat >main.cc <<'END'
#undef NDEBUG
#include <cassert>
#include "server.hpp"
int main() {
    wit::shapes::canvas a(shapes_canvas_new(WIT_STR("a title that is not short")));
    const shapes_shape circle = shapes_shape_circle(2);
    assert(shapes_canvas_add(a.rep_(), &circle) == 1 && shapes_live() == 1);
    wit::shapes::canvas b(shapes_canvas_new(WIT_STR("b")));
    shapes_result_canvas_string joined = shapes_canvas_join(a.rep_(), b.release_());
    assert(!joined.is_err && shapes_live() == 2);
    b = wit::shapes::canvas(joined.val.ok);
    wit_string title = shapes_canvas_title(b.rep_());
    assert(wit_string_eq(title, WIT_STR("a title that is not shortb")));
    a = std::move(b);
    assert(shapes_live() == 1);
    wit_arena_reset();
}
END
ran "C++ bindings" cc -g -fsanitize=address,undefined -c gen/server.c -o bindings.o
for standard in 17 20; do
    # shellcheck disable=SC2086
    ran "C++$standard" c++ -std=c++$standard $warnings -g -fsanitize=address,undefined -fno-exceptions -Igen \
        "$pair/server.cc" main.cc bindings.o -o server
    ran "C++$standard server" ./server
done
# Types of great depth, and of great size once they are written out.
nested() { # nested N: option<option<..string..>>
    awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) printf "option<"; printf "string"; for (i = 0; i < n; i++) printf ">" }'
}
echo "package a:b; world w { import g: func(x: $(nested 90)); export f: func(x: $(nested 90)); }" >deep.wit
{
    echo 'package a:b; interface i { type t0 = string;'
    for n in $(seq 1 39); do echo "type t$n = result<t$((n - 1)), t$((n - 1))>;"; done
    echo 'variant v { a(t39), b } f: func(x: t39) -> t39; g: func(v: v) -> option<v>; } world w { import i; export i; }'
} >wide.wit
for wit in deep wide; do
    rm -rf gen
    expect "$wit types" 0 bindgen c --style native --cpp --mocks --stubs --out-dir gen $wit.wit
    ran "$wit types in C" cc -std=c11 -Igen -c gen/w_mocks.c -o x.o
    [ $wit = wide ] && continue # g++ takes for ever over structs within 39 unions
    ran "$wit types in C++" c++ -std=c++17 -fno-exceptions -DWIT_IMPLEMENT_W -x c++ -c gen/w.hpp -o x.o
done
expect "C++ of the other style" 2 bindgen c --cpp --out-dir gen "$home/tests/bindgen/types.wit"
expect "mocks of the other style" 2 bindgen c --mocks --out-dir gen "$home/tests/bindgen/types.wit"
finish shop
