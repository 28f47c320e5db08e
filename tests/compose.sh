#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# compose.sh WITC: what compositions do when they run, lock files, taking apart and composing again,
# and manifests that are hostile. The parts are those of tests/golden/compose.
. "$(dirname "$0")/lib.sh"
parts=$PWD/tests/golden/compose
cp -r "$parts" "$tmp/work"
cd "$tmp/work" || exit 1

# answers NAME NUMBER FILE: the component's answer.
answers() {
    expect "$1: print" 0 print "$3" -o "$1.wast" || return
    echo "(assert_return (invoke \"answer\") (u32.const $2))" >>"$1.wast"
    expect "$1" 0 wast -f all "$1.wast"
}
# The socket asks `other` for nothing: without it the composition is whole. 40 of the store, and one each.
sed '/other/d' plug.wat | sed '/^;;/d' >app.wat
expect "plug" 0 plug app.wat --plug parts/mid.wat --plug parts/store.wat -o plugged.wasm
answers plugged 42 plugged.wasm
expect "plug in another order" 0 plug app.wat --plug parts/store.wat --plug parts/mid.wat -o other.wasm
cmp -s plugged.wasm other.wasm && ok || bad "plug" "the order of plugs that are not rivals matters"

# Filters stand in a row: each asks the next one.
sed -e 's/a:b\/store@1.0.0/a:b\/mid@0.1.0/; s/"get"/"f"/g' parts/mid.wat >filter.wat
expect "filters" 0 plug app.wat --plug filter.wat --plug filter.wat --plug parts/mid.wat --plug parts/store.wat --strict -o filters.wasm
answers filters 44 filters.wasm

# Apart and together again.
for file in plugged other filters; do
    expect "decompose $file" 0 decompose $file.wasm -o apart-$file
    expect "compose $file" 0 compose -c apart-$file/compose.yml -o again.wasm
    cmp -s $file.wasm again.wasm && ok || bad "decompose $file" "other bytes come back"
done

# --gc takes out what nobody takes; the answer stays.
expect "gc" 0 plug app.wat --plug parts/mid.wat --plug parts/store.wat --gc -o small.wasm
answers small 42 small.wasm
[ "$(wc -c <small.wasm)" -lt "$(wc -c <plugged.wasm)" ] && ok || bad "gc" "nothing was left out"
expect "gc: valid" 0 validate small.wasm
"$witc" print small.wasm >"$out"
grep -q '(export (;[0-9]*;) "get" (func \$' "$out" && bad "gc" "an export that nobody takes is there" || ok
for part in debug nested async alias noisy; do
    expect "gc: $part" 0 plug gc/socket.wat --plug gc/$part.wat --gc -o $part.wasm
    answers $part 42 $part.wasm
    "$witc" print $part.wasm >"$out"
    case $part in
    nested | async) grep -q '"dead"' "$out" && bad "gc: $part" "what nobody takes is there" || ok ;;
    noisy) grep -q '(start' "$out" && ok || bad "gc: $part" "the start function is gone" ;;
    esac
done

# A socket without exports is there for what it does; so is a root of a manifest.
cat >doer.wat <<'END'
(component
  (import "a:b/store@1.0.0" (instance $s (export "get" (func (result u32)))))
  (core func $get (canon lower (func $s "get")))
  (core module $m
    (import "s" "get" (func $get (result i32)))
    (func $go (if (i32.eq (call $get) (i32.const 40)) (then unreachable)))
    (start $go))
  (core instance (instantiate $m (with "s" (instance (export "get" (func $get)))))))
END
cat >doer.yml <<'END'
wiring: interface
semver: compatible
roots: [doer]
dependencies: { doer: doer.wat, store: parts/store.wat }
END
does() { # does NAME WORD...: the composition that the command makes does what the socket does
    name=$1
    shift
    expect "$name" 0 "$@" -o doer.wasm
    expect "$name: print" 0 print doer.wasm -o doer.wast
    expect "$name: run" 1 wast -f all doer.wast
    say "$name" 'unreachable'
}
does "socket without exports" plug doer.wat --plug parts/store.wat
does "socket without exports: gc" plug --gc doer.wat --plug parts/store.wat
does "root without exports" compose -c doer.yml
does "root without exports: gc" compose --gc -c doer.yml

# Other versions: what the text says with these.
expect "retarget" 0 retarget --wasi 0.2.3=0.2.12 retarget.wat -o newer.wasm
sed 's/@0\.2\.3"/@0.2.12"/g' retarget.wat >newer.wat
expect "retarget: the text" 0 parse newer.wat -o same.wasm
cmp -s newer.wasm same.wasm && ok || bad "retarget" "a name is not as in the text"

# Names with a canonical version: the suffix, and with another track the name, wherever it stands.
cat >canon.wat <<'END'
(component
  (import "wasi:io/poll@0.2" (versionsuffix ".3") (instance $poll (export "f" (func))))
  (component $inside
    (import "wasi:io/poll@0.2" (versionsuffix ".3") (instance $poll (export "f" (func))))
    (export "wasi:io/poll@0.2" (versionsuffix ".3") (instance $poll)))
  (instance $i (instantiate $inside (with "wasi:io/poll@0.2" (instance $poll))))
  (export "wasi:io/poll@0.2" (versionsuffix ".3") (instance $i "wasi:io/poll@0.2")))
END
for to in 0.2.12 0.3.0; do
    expect "retarget canonical: $to" 0 retarget --wasi 0.2.3=$to canon.wat -o newer.wasm
    sed "s/@0\.2/@${to%.*}/g; s/\"\.3\"/\".${to##*.}\"/" canon.wat >newer.wat
    expect "retarget canonical: $to, the text" 0 parse newer.wat -o same.wasm
    cmp -s newer.wasm same.wasm && ok || bad "retarget canonical: $to" "a name is not as in the text"
done
expect "retarget canonical: none" 1 retarget --wasi 0.2.4=0.2.12 canon.wat -o newer.wasm
say "retarget canonical: none" 'names here are `wasi:io/poll@0.2.3`'

# The lock file.
expect "lock" 0 compose -c apart-plugged/compose.yml --lock x.lock -o again.wasm
if command -v sha256sum >/dev/null; then
    sha256sum --check --quiet x.lock && ok || bad "lock" "sha256sum finds other digests"
fi
expect "locked" 0 compose -c apart-plugged/compose.yml --lock x.lock -o again.wasm
cp parts/store-2.wat apart-plugged/store.wasm
expect "lock differs" 1 compose -c apart-plugged/compose.yml --lock x.lock -o again.wasm
"$witc" parse parts/store.wat >apart-plugged/store.wasm
"$witc" metadata add --name other apart-plugged/store.wasm -o apart-plugged/named.wasm
mv apart-plugged/named.wasm apart-plugged/store.wasm
expect "lock differs" 1 compose -c apart-plugged/compose.yml --lock x.lock -o again.wasm
say "lock differs" 'x.lock:[0-9]*:1'
expect "lock anew" 0 compose -c apart-plugged/compose.yml --lock x.lock --update-lock -o again.wasm
expect "locked again" 0 compose -c apart-plugged/compose.yml --lock x.lock -o again.wasm
rm x.lock
expect "lock, dry" 0 compose -c apart-plugged/compose.yml --lock x.lock --dry-run
[ -e x.lock ] && bad "lock, dry" "--dry-run has written it" || ok
expect "lock of a failure" 1 plug app.wat --plug parts/mid.wat --plug parts/circle.wat --lock x.lock
[ -e x.lock ] && bad "lock of a failure" "it is written" || ok
echo 'abc  x' >x.lock
expect "broken lock" 1 compose -c apart-plugged/compose.yml --lock x.lock -o again.wasm
say "broken lock" 'x.lock:1:1'

# Where a result may not go.
expect "onto an input" 1 plug app.wat --plug parts/mid.wat -o parts/mid.wat
say "onto an input" 'take the place of the input'
for same in ./parts/mid.wat parts/../parts/mid.wat "$PWD/parts/mid.wat" linked.wat; do
    [ -e linked.wat ] || ln -s parts/mid.wat linked.wat
    expect "onto an input: $same" 1 plug app.wat --plug parts/mid.wat -o "$same"
done
expect "onto the manifest" 1 compose -c doer.yml -o ./doer.yml
expect "a lock file onto an input" 1 compose -c doer.yml --lock ./doer.wat --update-lock -o none.wasm
cp parts/mid.wat twin.wat && ln twin.wat hard.wat
expect "another name of an input" 0 plug app.wat --plug twin.wat -o hard.wat
cmp -s twin.wat parts/mid.wat && ok || bad "another name of an input" "the input is lost"
expect "onto a file" 1 decompose plugged.wasm -o app.wat
mkdir same && cp plugged.wasm same/app.wasm
expect "onto itself" 1 decompose same/app.wasm -o ./same/
say "onto itself" 'take the place of the input'
cmp -s plugged.wasm same/app.wasm && ok || bad "onto itself" "the composition is lost"

# What is stored once, and twice in each of its users, is endless where each has its own.
awk 'BEGIN {
    print "(component $root (component $c0 (type (tuple string string)))"
    for (i = 1; i < 40; i++)
        printf "(component $c%d (alias outer $root $c%d (component)) (alias outer $root $c%d (component)))\n", i, i - 1, i - 1
    print "(instance (instantiate $c39)))"
}' >endless.wat
expect "endless parts" 1 decompose endless.wat -o endless
say "endless parts" 'the parts take more than 256 MiB'

# What is stored side by side would nest.
for n in 99 100; do
    awk -v n=$n 'BEGIN {
        print "(component $root (component $c0 (type (tuple string string)))"
        for (i = 1; i < n; i++)
            printf "(component $c%d (alias outer $root $c%d (component)))\n", i, i - 1
        print "(instance (instantiate $c" n - 1 ")))"
    }' >deep-$n.wat
    expect "parts that nest $n deep" $((n - 99)) decompose deep-$n.wat -o deep-$n
done
say "parts that nest too deep" 'the parts nest deeper than 100'
expect "parts that nest deep" 0 compose -c deep-99/compose.yml -o none.wasm

# An import that is exported again.
cat >both.wat <<'END'
(component
  (import "x:y/z@1.0.0" (instance $z (export "f" (func (result u32)))))
  (component $user
    (import "x:y/z@1.0.0" (instance $z (export "f" (func (result u32)))))
    (alias export $z "f" (func $f))
    (export "g" (func $f)))
  (instance $user (instantiate $user (with "x:y/z@1.0.0" (instance $z))))
  (alias export $user "g" (func $g))
  (export "g" (func $g))
  (export "again" (instance $z)))
END
expect "an import again" 0 decompose both.wat -o both
expect "an import again: compose" 0 compose -c both/compose.yml -o both.wasm
"$witc" component wit both.wat | sed '/producers/,$d' >both.wit
"$witc" component wit both.wasm | sed '/producers/,$d' | cmp -s both.wit - && ok || bad "an import again" "another world comes back"
sed 's/import: "x:y\/z@1.0.0"/import: "x:y\/other@1.0.0"/' both/compose.yml >both/other.yml
expect "an import that nobody has" 1 compose -c both/other.yml -o both.wasm
say "an import that nobody has" 'no instance has the import `x:y/other@1.0.0` open'

# Hostile manifests end soon, with a message.
awk 'BEGIN { printf "root: "; for (i = 0; i < 100000; i++) printf "[" }' >deep.yml
awk 'BEGIN { for (i = 0; i < 100000; i++) printf "%*s- \n", i % 60, "" }' >stairs.yml
{
    echo 'a0: &a0 [x, x, x, x, x, x, x, x, x]'
    for i in 1 2 3 4 5 6 7 8 9; do
        p=*a$((i - 1))
        echo "a$i: &a$i [$p, $p, $p, $p, $p, $p, $p, $p, $p]"
    done
    echo 'roots: *a9'
} >bomb.yml
{
    printf 'root: x\ninstantiations:\n  b: {arguments: &m {k: v'
    awk 'BEGIN { for (i = 0; i < 1000; i++) printf ", k%d: v", i }'
    echo '}}'
    awk 'BEGIN { for (i = 0; i < 5000; i++) printf "  i%d: {arguments: *m}\n", i }'
} >bomb2.yml
awk 'BEGIN {
    printf "root: a\ndependencies: {"
    for (i = 0; i < 60000; i++) printf "%sa%d: b%d", i ? ", " : "", i, i
    print ", a0: again}"
}' >line.yml
for file in deep stairs bomb bomb2 line; do
    timeout 10 "$witc" compose -c $file.yml -o none.wasm >"$out" 2>"$err"
    status=$?
    [ $status = 1 ] && grep -q "$file.yml:[0-9]" "$err" && ok || bad "$file" "exit $status"
done
{
    echo 'root: c0'
    echo 'wiring: interface'
    echo 'dependencies:'
    awk 'BEGIN { for (i = 0; i < 10000; i++) printf "  c%d: parts/store.wat\n", i }'
} >many.yml
expect "10,000 components" 0 compose -c many.yml -o none.wasm

# 900 imports, and for each of them 900 compatible versions.
awk 'BEGIN { print "(component (import \"go\" (func $go)) (export \"gone\" (func $go))"
    for (i = 0; i < 900; i++) printf "(import \"a:b/c@1.0.%d\" (instance (export \"f\" (func))))\n", i
    print ")" }' >wants.wat
awk 'BEGIN { print "(component (import \"x\" (func $f)) (instance $i (export \"f\" (func $f)))"
    for (i = 0; i < 900; i++) printf "(export \"a:b/c@1.1.%d\" (instance $i))\n", i
    print ")" }' >gives.wat
case $witc in *-asan) most=unlimited ;; *) most=300000 ;; esac
(ulimit -v $most && exec timeout 60 "$witc" plug wants.wat --plug gives.wat --explain) >"$out" 2>"$err"
[ "$(grep -c 'a:b/c@1.1.899` of `gives`: the versions are compatible' "$out")" = 900 ] && ok || bad "many versions" "$(head -n 3 "$err")"
finish compose
