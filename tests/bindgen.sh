#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# bindgen.sh WITC: C bindings. Every tests/bindgen/*.wit is compared with the header and source beside
# it, and compiled; the components of tests/bindgen/run, all in C, are composed and run.
# The first lines of a .wit say how: `// ARGS: --no-sig-flattening`; `// WARN: TEXT` is a warning that there
# must be. BLESS=1 writes the expected files.
. "$(dirname "$0")/lib.sh"
. tools/toolchain.sh
warnings="-Wall -Wextra -Werror -Wpedantic -Wconversion -Wc++-compat -Wno-unused-parameter"

compare() { # compare GOT EXPECTED: without the line that holds the version
    sed 1d "$1" >"$tmp/got"
    if [ "${BLESS:-0}" = 1 ]; then cp "$tmp/got" "$2"; fi
    if diff -u "$2" "$tmp/got" >"$tmp/diff" 2>&1; then ok; return; fi
    bad "$2" "other bindings (BLESS=1 writes these)"
    head -n 30 "$tmp/diff"
}

compile() { # compile SOURCE OBJECT FLAG...: in both standards
    source=$1 object=$2
    shift 2
    for standard in c11 c2x; do
        # shellcheck disable=SC2086
        if "$CLANG" --target=wasm32 -ffreestanding -std=$standard -O1 $warnings "$@" \
            -c "$source" -o "$object" >"$tmp/log" 2>&1; then ok; else
            bad "$source" "does not compile as $standard"
            head -n 10 "$tmp/log"
        fi
    done
}

# Several paths: the last has the world, those before are for its use.
mkdir -p "$tmp/a" "$tmp/b"
printf 'package t:a;\ninterface types { type n = u32; }\nworld wa { import types; }\n' >"$tmp/a/a.wit"
printf 'package t:b;\nworld wb { use t:a/types.{n}; export g: func() -> n; }\n' >"$tmp/b/b.wit"
expect "one path of two" 1 bindgen c --out-dir "$tmp/beside" "$tmp/b"
for paths in "a b" "a/a.wit b" "a b/b.wit" "a b -w t:b/wb"; do
    rm -rf "$tmp/beside"
    # shellcheck disable=SC2086
    (cd "$tmp" && exec "$witc" bindgen c --out-dir beside $paths) >"$out" 2>&1 && [ -s "$tmp/beside/wb.c" ] &&
        ok || bad "several paths: $paths" "$(cat "$out")"
done

for wit in tests/bindgen/*.wit; do
    gen=$tmp/gen
    rm -rf "$gen"
    # shellcheck disable=SC2046
    expect "$wit" 0 bindgen c --no-object-file --out-dir "$gen" $(sed -n 's,^// ARGS: ,,p' "$wit") "$wit" || continue
    sed -n 's,^// WARN: ,,p' "$wit" >"$tmp/warnings"
    while IFS= read -r text; do
        if grep -qF -e "$text" "$err"; then ok; else bad "$wit" "no warning: $text"; fi
    done <"$tmp/warnings"
    for file in "$gen"/*; do compare "$file" "${wit%.wit}.${file##*.}.expected"; done
    [ -n "$CLANG" ] && compile "$gen"/*.c "$tmp/x.o"
done

if [ -z "$CLANG" ] || [ -z "$WASM_LD" ]; then
    skip "bindgen: clang or wasm-ld is missing"
    finish bindgen
fi

component() { # component WORLD FLAG...: tests/bindgen/run/WORLD.c as $tmp/WORLD.wasm
    world=$1
    shift
    expect "bindings of $world" 0 bindgen c -w "$world" "$@" --out-dir "$tmp/run" tests/bindgen/run/pair.wit || return
    compile "$tmp/run/$world.c" "$tmp/run/$world-bindings.o"
    compile "tests/bindgen/run/$world.c" "$tmp/run/$world.o" -I "$tmp/run" -Wno-conversion
    "$WASM_LD" --no-entry "$tmp/run/$world.o" "$tmp/run/$world-bindings.o" -o "$tmp/$world.core.wasm" ||
        bad "$world" "does not link"
    expect "$world" 0 component new "$tmp/$world.core.wasm" -o "$tmp/$world.wasm"
}

component server
component middle --autodrop-borrows=yes
component runner
expect "compose" 0 compose -d "$tmp/server.wasm" -d "$tmp/middle.wasm" "$tmp/runner.wasm" -o "$tmp/all.wasm"
{
    printf '(component binary "'
    od -An -v -tx1 "$tmp/all.wasm" | tr -d '\n' | sed 's, ,\\,g'
    printf '")\n(assert_return (invoke "run") (u32.const 0))\n'
} >"$tmp/run.wast"
expect "run" 0 wast "$tmp/run.wast"

# From an archive, and stripped of all symbols, a module still has its component's type.
AR=$(command -v "llvm-ar${CLANG##*clang}" || command -v llvm-ar)
if [ -n "$AR" ]; then
    "$AR" rcs "$tmp/bindings.a" "$tmp/run/server-bindings.o"
    "$WASM_LD" --no-entry --strip-all "$tmp/run/server.o" "$tmp/bindings.a" -o "$tmp/stripped.wasm"
    expect "stripped" 0 component new "$tmp/stripped.wasm" -o "$tmp/server2.wasm"
fi

# With --object-file the type is in an object of its own, also within an archive.
expect "object" 0 bindgen c -w server --object-file --out-dir "$tmp/object" tests/bindgen/run/pair.wit
expect "object is up to date" 0 bindgen c -w server --object-file --check --out-dir "$tmp/object" tests/bindgen/run/pair.wit
compile "$tmp/object/server.c" "$tmp/object/bindings.o"
if [ -n "$AR" ]; then
    "$AR" rcs "$tmp/object/all.a" "$tmp/object/bindings.o" "$tmp/object/server_component_type.o"
    set -- "$tmp/object/all.a"
else
    set -- "$tmp/object/bindings.o" "$tmp/object/server_component_type.o"
fi
"$WASM_LD" --no-entry "$tmp/run/server.o" "$@" -o "$tmp/object.wasm" || bad "object" "does not link"
expect "of an object" 0 component new "$tmp/object.wasm" -o "$tmp/server3.wasm"
expect "type in the source" 0 component wit "$tmp/server.wasm" -o "$tmp/server.wit"
expect "type in the object" 0 component wit "$tmp/server3.wasm" -o "$tmp/server3.wit"
if cmp -s "$tmp/server.wit" "$tmp/server3.wit"; then ok; else bad "object" "another type"; fi

# A destructor is exported by the name that the component model looks for.
expect "destructor" 0 print "$tmp/server.core.wasm"
if grep -q '"test:pair/resources#\[dtor\]big-file"' "$out"; then ok; else bad "destructor" "no [dtor]big-file"; fi

# --check compares, and says which file is old.
expect "up to date" 0 bindgen c -w server --check --out-dir "$tmp/run" tests/bindgen/run/pair.wit
echo "// more" >>"$tmp/run/server.h"
expect "out of date" 1 bindgen c -w server --check --out-dir "$tmp/run" tests/bindgen/run/pair.wit
say "out of date" 'server\.h'
finish bindgen
