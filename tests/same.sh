#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# same.sh WITC: same input, same bytes. `component new`, `component link`, `compose` and `plug` make the
# same component in another folder, with another environment in another order, at other addresses, by
# one thread, and while others do the same. And --names leaves out what it says.
. "$(dirname "$0")/lib.sh"
root=$PWD
mkdir "$tmp/one" && cd "$tmp/one" || exit 1

cat >w.wit <<'W'
package t:t;
interface i { record r { a: string, b: list<u8> } f: func(a: r) -> result<r, string>; g: func(n: u32) -> u32; }
world part { import wasi:cli/environment@0.2.12; export i; }
world socket { import i; export j: interface { use i.{r}; h: func() -> r; } }
world command { include wasi:cli/command@0.2.12; }
W
cp -r "$root/examples/calculator/wit/deps" .
mkdir wit && mv w.wit deps wit
cat >p.wac <<'W'
package made:it;
let a = new t:part { ... };
let b = new t:socket { i: a["t:t/i"], ... };
export b...;
W
printf 'dependencies:\n  part: part.wasm\ninstantiations:\n  root:\n    arguments:\n      t:t/i: part\n' >m.yml
cat >old.wat <<'W'
(module (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1) (func (export "_start")))
W
cat >lib.wat <<'W'
(module (@dylink.0 (mem-info (memory 8 2) (table 1 0)))
  (import "env" "memory" (memory 1)) (import "env" "__memory_base" (global i32))
  (import "env" "missing" (func)) (func (export "add") (result i32) i32.const 3))
W
for w in part socket command; do
    expect "dummy $w" 0 component embed --dummy -w $w wit -o $w.core.wasm
    expect "new $w" 0 component new $w.core.wasm -o $w.wasm
done
expect "old" 0 parse old.wat -o old.wasm
expect "library" 0 parse lib.wat -o lib.so
printf 'package t:u;\nworld w { export add: func() -> s32; }\n' >u.wit
expect "library's world" 0 component embed u.wit lib.so -o world.so

# Each line makes FILE.
cat >commands <<'W'
new.wasm component new command.core.wasm
names.wasm component new --names compact command.core.wasm
adapt.wasm component new --adapt wasi old.wasm
link.wasm component link --stub-missing-functions lib.so=world.so
manifest.wasm compose -c m.yml socket.wasm
definition.wasm compose -d part.wasm socket.wasm
wac.wasm compose p.wac -d t:part=part.wasm -d t:socket=socket.wasm
gc.wasm plug --gc socket.wasm --plug part.wasm
plug.wasm plug socket.wasm --plug part.wasm
W
make_all() { # make_all FOLDER COMMAND...: the command stands in front of witc
    folder=$1
    shift
    mkdir "$folder"
    while read -r file words; do
        # shellcheck disable=SC2086
        "$@" "$witc" $words -o "$folder/$file" </dev/null >/dev/null 2>&1 || echo "$file" >>"$folder/failed"
    done <commands
}
agree() { # agree FOLDER
    while read -r file words; do
        if cmp -s "first/$file" "$1/$file"; then ok; else
            bad "$1" "other bytes: witc $words"
        fi
    done <commands
}
make_all first
[ ! -f first/failed ] || bad "first" "not made: $(tr '\n' ' ' <first/failed)"
make_all again
agree again
make_all environment env -i B=2 A=1 ZZ="$(printf '%05000d' 0)" LC_ALL=C.UTF-8 TZ=Asia/Tokyo TERM=dumb COLUMNS=20
agree environment
make_all deep sh -c 'ulimit -s 65536; exec "$@"' -
agree deep
if setarch -R true 2>/dev/null; then
    make_all fixed setarch -R
    agree fixed
else skip "no setarch: addresses that are the same each time"; fi
if command -v taskset >/dev/null; then
    make_all single taskset -c 0
    agree single
else skip "no taskset: one processor"; fi
for i in 1 2 3 4; do make_all "beside$i" & done
wait
for i in 1 2 3 4; do agree "beside$i"; done
cp -r "$tmp/one" "$tmp/a folder elsewhere" && cd "$tmp/a folder elsewhere" || exit 1
make_all elsewhere
agree elsewhere

# Names.
name_count() { # name_count WHAT NUMBER WORDS...
    what=$1 number=$2
    shift 2
    expect "$what" 0 component new --adapt wasi old.wasm "$@" -o n.wasm
    expect "$what" 0 validate n.wasm
    "$witc" objdump n.wasm >"$out"
    found=$(grep -c 'custom `\(component-\)*name`' "$out")
    if [ "$found" = "$number" ]; then ok; else bad "$what" "$found sections with names"; fi
}
name_count "all names" 4
name_count "all names, said" 4 --names full
name_count "compact names" 1 --names compact
"$witc" print n.wasm >"$out"
if grep -q 'core module \$main' "$out" && ! grep -q 'core instance \$' "$out"; then ok; else
    bad "compact names" "not the modules' names alone"
fi
name_count "no names" 0 --names none
name_count "no names, as before" 0 --no-debug-names
expect "other names" 2 component new old.wasm --names some
finish "same bytes"
