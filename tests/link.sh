#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# link.sh WITC: `component link` of libraries in text, and what comes out of it is run: each way in which
# one library reaches another adds a digit of its own to the answer.
. "$(dirname "$0")/lib.sh"
root=$PWD
cd "$tmp" || exit 1
cat >w.wit <<'W'
package t:t;
world w { export answer: func() -> u32; }
W

# app and lib need each other. Digits: 1 a direct call, 20 a call back through env, 300 data through
# GOT.mem, written by a constructor, 4000 a function through GOT.func, 50000 a relocation.
cat >app.wat <<'W'
(module
  (@dylink.0 (mem-info (memory 8 2) (table 1 0)) (needed "lib"))
  (type $get (func (result i32)))
  (import "env" "memory" (memory 1))
  (import "env" "__indirect_function_table" (table 1 funcref))
  (import "env" "__memory_base" (global $base i32))
  (import "env" "__table_base" (global $tbase i32))
  (import "env" "__stack_pointer" (global $sp (mut i32)))
  (import "env" "direct" (func $direct (type $get)))
  (import "env" "round" (func $round (type $get)))
  (import "GOT.mem" "data" (global $data (mut i32)))
  (import "GOT.func" "pointed" (global $pointed (mut i32)))
  (func (export "__wasm_apply_data_relocs")
    (i32.store (global.get $base) (i32.const 50000)))
  (func (export "back") (type $get) (i32.const 20))
  (func (export "answer") (type $get)
    (if (i32.ne (global.get $sp) (i32.const 65536)) (then unreachable))
    (i32.add (call $direct)
      (i32.add (call $round)
        (i32.add (i32.load (global.get $data))
          (i32.add (call_indirect (type $get) (global.get $pointed))
            (i32.load (global.get $base))))))))
W
cat >lib.wat <<'W'
(module
  (@dylink.0 (mem-info (memory 64 4) (table 0 0)))
  (type $get (func (result i32)))
  (import "env" "memory" (memory 1))
  (import "env" "__memory_base" (global $base i32))
  (import "env" "back" (func $back (type $get)))
  (global (export "data") i32 (i32.const 16))
  (func (export "__wasm_call_ctors")
    (i32.store offset=16 (global.get $base) (i32.const 300)))
  (func (export "direct") (type $get) (i32.const 1))
  (func (export "pointed") (type $get) (i32.const 4000))
  (func (export "round") (type $get) (call $back)))
W
# runs NAME ANSWER FILE: the component's answer.
runs() {
    expect "$1: print" 0 print "$3" -o "$1.wast" || return
    echo "(assert_return (invoke \"answer\") (u32.const $2))" >>"$1.wast"
    expect "$1" 0 wast "$1.wast"
}
expect "embed" 0 component embed -w w w.wit app.wat -o app.wasm
expect "lib" 0 parse lib.wat -o lib.wasm
expect "link" 0 component link --stack-size 65536 app=app.wasm lib=lib.wasm -o c.wasm
runs linked 54321 c.wasm
expect "link in the other order" 0 component link --stack-size 65536 lib=lib.wasm app=app.wasm -o d.wasm
runs reordered 54321 d.wasm
cp c.wasm e.wasm
expect "link again" 0 component link --stack-size 65536 app=app.wasm lib=lib.wasm -o e.wasm
cmp -s c.wasm e.wasm && ok || bad "link again" "other bytes"

# The first library with a symbol provides it; one that nobody needs is left out.
sed -e 's/(i32.const 1))/(i32.const 2))/' lib.wat >other.wat
expect "first provides" 0 component link --stack-size 65536 app=app.wasm other=other.wat lib=lib.wasm -o f.wasm
runs first 54322 f.wasm
printf '(module (func (export "unused") unreachable))' >unused.wat
expect "unused" 0 component link --stack-size 65536 app=app.wasm lib=lib.wasm unused=unused.wat -o g.wasm
cmp -s c.wasm g.wasm && ok || bad "unused" "is not left out"

# What dlopen's tables say: of library `plug` the first symbol is a function, the second is data.
cat >dl.wat <<'W'
(module
  (type $get (func (result i32)))
  (import "env" "memory" (memory 1))
  (import "env" "__indirect_function_table" (table 1 funcref))
  (import "GOT.mem" "__wasm_libdl_libraries" (global $libraries (mut i32)))
  (func (export "answer") (type $get) (local $lib i32) (local $symbols i32)
    (if (i32.ne (i32.load (global.get $libraries)) (i32.const 1)) (then unreachable))
    (local.set $lib (i32.load offset=4 (global.get $libraries)))
    (if (i32.ne (i32.load (local.get $lib)) (i32.const 4)) (then unreachable))
    (if (i32.ne (i32.load (i32.load offset=4 (local.get $lib))) (i32.const 0x67756c70))
      (then unreachable))
    (if (i32.ne (i32.load offset=8 (local.get $lib)) (i32.const 2)) (then unreachable))
    (local.set $symbols (i32.load offset=12 (local.get $lib)))
    (i32.add (call_indirect (type $get) (i32.load offset=8 (local.get $symbols)))
      (i32.load (i32.load offset=20 (local.get $symbols))))))
W
cat >plug.wat <<'W'
(module
  (@dylink.0 (mem-info (memory 8 2) (table 0 0)))
  (import "env" "memory" (memory 1))
  (import "env" "__memory_base" (global $base i32))
  (global (export "b") i32 (i32.const 4))
  (func (export "a") (result i32) (i32.const 7))
  (data (global.get $base) "\00\00\00\00\50\00\00\00"))
W
expect "embed dl" 0 component embed -w w w.wit dl.wat -o dl.wasm
expect "dlopen" 0 component link dl.wasm --dl-openable plug=plug.wat -o h.wasm
runs dlopen 87 h.wasm

# The libdl that is built in: what is there, what is not, and handles that are none.
cat >open.wat <<'W'
(module
  (type $get (func (result i32)))
  (@dylink.0 (mem-info (memory 64 0)) (needed "libdl.so"))
  (import "env" "memory" (memory 1))
  (import "env" "__indirect_function_table" (table 1 funcref))
  (import "env" "__memory_base" (global $base i32))
  (import "env" "dlopen" (func $dlopen (param i32 i32) (result i32)))
  (import "env" "dlsym" (func $dlsym (param i32 i32) (result i32)))
  (import "env" "dlclose" (func $dlclose (param i32) (result i32)))
  (import "env" "dlerror" (func $dlerror (result i32)))
  (data (global.get $base) "plug\00a\00b\00plu\00plugs\00only\00late\00")
  (func $text (param i32) (result i32) (i32.add (global.get $base) (local.get 0)))
  (func $must (param i32) (if (i32.eqz (local.get 0)) (then unreachable)))
  (func $must-not (param i32) ;; and says why, once
    (if (local.get 0) (then unreachable))
    (call $must (call $dlerror))
    (if (call $dlerror) (then unreachable)))
  (func (export "answer") (type $get) (local $lib i32) (local $late i32) (local $all i32)
    (if (call $dlerror) (then unreachable))
    (local.set $lib (call $dlopen (call $text (i32.const 0)) (i32.const 2)))
    (local.set $late (call $dlopen (call $text (i32.const 24)) (i32.const 1)))
    (local.set $all (call $dlopen (i32.const 0) (i32.const 0)))
    (call $must (local.get $lib))
    (call $must (local.get $late))
    (call $must (local.get $all))
    (call $must-not (call $dlopen (call $text (i32.const 9)) (i32.const 2)))
    (call $must-not (call $dlopen (call $text (i32.const 13)) (i32.const 2)))
    (call $must-not (call $dlopen (call $text (i32.const 5)) (i32.const 2)))
    (call $must-not (call $dlsym (local.get $lib) (call $text (i32.const 19))))
    (call $must (call $dlsym (local.get $late) (call $text (i32.const 19))))
    (call $must (call $dlsym (local.get $all) (call $text (i32.const 19))))
    (call $must (call $dlsym (i32.const 0) (call $text (i32.const 19))))
    (call $must-not (call $dlsym (i32.const 0) (call $text (i32.const 13))))
    (call $must-not (call $dlsym (i32.add (local.get $lib) (i32.const 4)) (call $text (i32.const 5))))
    (call $must-not (call $dlsym (i32.const -1) (call $text (i32.const 5))))
    (call $must-not (i32.add (call $dlclose (i32.const 8)) (i32.const 1)))
    (if (call $dlclose (local.get $lib)) (then unreachable))
    (if (call $dlclose (local.get $all)) (then unreachable))
    (i32.add
      (call_indirect (type $get) (call $dlsym (local.get $lib) (call $text (i32.const 5))))
      (i32.load (call $dlsym (local.get $lib) (call $text (i32.const 7)))))))
W
printf '(module (@dylink.0 (mem-info (memory 0 0))) (func (export "only") (result i32) (i32.const 1)))' >late.wat
expect "embed open" 0 component embed -w w w.wit open.wat -o open.wasm
expect "libdl" 0 component link open.wasm --use-built-in-libdl --dl-openable plug=plug.wat --dl-openable late=late.wat -o dl1.wasm
runs libdl 87 dl1.wasm
expect "libdl unused" 0 component link dl.wasm --use-built-in-libdl --dl-openable plug=plug.wat -o dl2.wasm
cmp -s h.wasm dl2.wasm && ok || bad "libdl unused" "is not left out"
expect "libdl twice" 1 component link open.wasm libdl.so=lib.wasm --use-built-in-libdl
say "libdl twice" 'more than one library `libdl.so`'

# A weak function may be missing: its address is null. With stubs anything may.
cat >weak.wat <<'W'
(module
  (@dylink.0 (import-info "env" "gone" binding-weak))
  (import "env" "gone" (func (result i32)))
  (import "GOT.func" "gone" (global $gone (mut i32)))
  (func (export "answer") (result i32) (global.get $gone)))
W
expect "embed weak" 0 component embed -w w w.wit weak.wat -o weak.wasm
expect "weak" 0 component link weak.wasm -o i.wasm
runs weak 0 i.wasm
expect "stubs" 0 component link --stub-missing-functions weak.wasm -o j.wasm
expect "missing library" 1 component link app=app.wasm
say "missing library" 'missing libraries: `app` needs `lib`'
sed -e 's/ (import-info.*binding-weak)//' weak.wat >strong.wat
expect "embed strong" 0 component embed -w w w.wit strong.wat -o strong.wasm
expect "unresolved" 1 component link strong.wasm
say "unresolved" 'unresolved symbol(s): `strong.wasm` needs function `gone`'
expect "stubbed" 0 component link --stub-missing-functions strong.wasm -o k.wasm
expect "twice" 1 component link app=app.wasm app=app.wasm lib=lib.wasm
say "twice" 'more than one library `app`'
expect "nothing" 1 component link lib=lib.wasm --stub-missing-functions
say "nothing" 'nothing to link'
expect "no file" 2 component link
expect "stack" 2 component link --stack-size 9999999999 app=app.wasm

# hostile BYTES PATTERN: a module that is a `dylink.0` section with these bytes (in octal) alone.
hostile() {
    printf "$1" >body
    size=$(($(wc -c <body) + 9))
    { printf '\0asm\1\0\0\0\0'; printf "\\$(printf %o $size)\\10dylink.0"; cat body; } >bad.wasm
    expect "dylink $1" 1 component link bad.wasm
    say "dylink $1" "$2"
}
hostile '\1' 'bad.wasm:0x'
hostile '\1\4\0\1\0' 'bad.wasm:0x'
hostile '\1\4\0\40\0\0' 'alignment'
hostile '\1\10\377\377\377\377\17\0\0\0' 'nothing to link'
hostile '\2\5\377\377\377\377\17' 'bad.wasm:0x'
hostile '\4\5\377\377\377\377\17' 'bad.wasm:0x'
hostile '\2\3\1\1\377' 'UTF-8'
hostile '\11\0' 'unrecognized'
hostile '\2\2\0\0' 'unexpected bytes at the end'
sed -e 's/(memory 8 2)/(memory 4294967295 2)/' app.wat >large.wat
expect "embed large" 0 component embed -w w w.wit large.wat -o large.wasm
expect "large" 1 component link app=large.wasm lib=lib.wasm
say "large" '4 GiB'
sed -e 's/(table 1 0)/(table 4294967295 0)/' app.wat >large.wat
expect "embed table" 0 component embed -w w w.wit large.wat -o large.wasm
expect "table" 1 component link app=large.wasm lib=lib.wasm
say "table" '10,000,000'
# Modules out of a component and in again: the same bytes.
for file in c h i dl1; do
    expect "unbundle $file" 0 component unbundle --module-dir "apart-$file" --threshold 0 $file.wasm -o thin.wasm
    expect "bundle $file" 0 component bundle --module-dir "apart-$file" thin.wasm -o again.wasm
    cmp -s $file.wasm again.wasm && ok || bad "bundle $file" "other bytes"
done
expect "unbundle some" 0 component unbundle --module-dir some --threshold 300 c.wasm -o thin.wasm
expect "bundle some" 0 component bundle --module-dir some thin.wasm -o again.wasm
cmp -s c.wasm again.wasm && ok || bad "bundle some" "other bytes"
expect "unbundle text" 0 component unbundle --module-dir text --threshold 0 "$root/tests/golden/cli/unbundle.wat" -o thin.wasm
expect "text" 0 parse "$root/tests/golden/cli/unbundle.wat" -o whole.wasm
expect "bundle text" 0 component bundle --module unbundled-module0=text/unbundled-module0.wasm --module unbundled-module1=text/unbundled-module1.wasm thin.wasm -o again.wasm
cmp -s whole.wasm again.wasm && ok || bad "bundle text" "other bytes"
# A module that is used where it is imported goes there.
cat >import.wat <<'W'
(component
  (core type $t (module (export "f" (func (result i32)))))
  (import "m" (core module $m (type $t)))
  (core instance $i (instantiate $m))
  (func (export "f") (result u32) (canon lift (core func $i "f"))))
W
printf '(module (func (export "f") (result i32) (i32.const 9)))' >m.wat
expect "bundle import" 0 component bundle --module m=m.wat import.wat -o again.wasm
printf '(assert_return (invoke "f") (u32.const 9))' >after.wast
expect "bundle print" 0 print again.wasm -o again.wast
cat after.wast >>again.wast
expect "bundle run" 0 wast again.wast
expect "bundle wrong" 1 component bundle --module m=unused.wat import.wat -o again.wasm
expect "bundle name" 1 component bundle --module x=m.wat import.wat -o again.wasm
say "bundle name" 'the component imports no core module `x`'
expect "bundle missing" 1 component bundle --module-dir nowhere import.wat -o again.wasm
expect "bundle nothing" 2 component bundle import.wat
expect "bundle usage" 2 component bundle --module m import.wat
expect "bundle module" 1 component bundle --module m=m.wat m.wat -o again.wasm

# Text gets debugging information on its way into a component, and out of it.
has_lines() { # has_lines NAME FILE
    "$witc" objdump "$2" 2>"$err" | grep -q '\.debug_line' && ok || bad "$1" "no .debug_line in $2"
}
printf 'package a:b;\nworld w { export f: func(); }\n' >lines.wit
echo '(module (func (export "f")))' >lines.wat
expect "lines: embed" 0 component embed -w w lines.wit lines.wat -t -o embedded.wat
expect "lines: new" 0 component new --generate-dwarf lines embedded.wat -o lines.wasm
has_lines "lines: new" lines.wasm
expect "lines: no lines" 0 component new embedded.wat -o lines.wasm
"$witc" objdump lines.wasm | grep -q debug_ && bad "lines: no lines" "they are there" || ok
expect "lines: unbundle" 0 component unbundle -g --module-dir lines --threshold 0 "$root/tests/golden/cli/unbundle.wat" -o thin.wasm
has_lines "lines: unbundle" lines/unbundled-module0.wasm
finish link
