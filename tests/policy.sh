#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Grants and limits of `witc run` from policies, manifests and the words of other runtimes: policy.sh WITC.
. "$(dirname "$0")/lib.sh"
two=tests/policy/two.wat

# tells NAME WANT FUNC WORDS...: what the function of the two instances answers
tells() {
    tells_name=$1 tells_want=$2 tells_func=$3
    shift 3
    expect "$tells_name" 0 run --max-memory 1M "$@" --invoke "$tells_func()" "$two" || return
    tells_got=$(cat "$out")
    if [ "$tells_got" = "$tells_want" ]; then ok; else bad "$tells_name" "$tells_got, expected $tells_want"; fi
}
policy() { cat >"$tmp/$1"; }

# ---- one policy, the same words as on the command line ----
policy all.yml <<END
grants:
  env: [A=1, B=2]
  directories:
    - host: $tmp
      guest: /one
      read-only: true
    - $tmp::/two::ro,quota=1M,files=3
  network: ["dns:localhost"]
limits: {memory: 256K}
END
for i in reader box; do
    tells "variables of $i" 2 variables-of-$i --policy "$tmp/all.yml"
    tells "folders of $i" 2 folders-of-$i --policy "$tmp/all.yml"
    tells "resolves of $i" 0 resolves-of-$i --policy "$tmp/all.yml"
    tells "nothing for $i" 101 resolves-of-$i
    tells "folders for $i" 1 folders-of-$i --dir "$tmp"
done
tells "the lower memory" 3 grows-of-reader --policy "$tmp/all.yml"
policy words.yml <<END
grants: {env: {A: "1", HOME: }, dir: ["$tmp"], net-allow: [dns]}
limits: {max-memory: 512K}
END
tells "words of options" 2 variables-of-box --policy "$tmp/words.yml"
tells "several policies" 3 variables-of-box --policy "$tmp/words.yml" --policy "$tmp/all.yml"
tells "several folders" 3 folders-of-box --policy "$tmp/words.yml" --policy "$tmp/all.yml"
tells "and the command line" 4 variables-of-box --policy "$tmp/words.yml" --policy "$tmp/all.yml" --env C=3
tells "the lowest memory" 3 grows-of-box --policy "$tmp/words.yml" --policy "$tmp/all.yml"
tells "the command line lowers" 2 grows-of-box --policy "$tmp/words.yml" --max-memory 192K

# ---- instances ----
policy own.yml <<END
grants:
  env: [A=1]
  network: [dns]
instances:
  reader:
    grants: {env: [B=2, C=3], directories: [$tmp]}
    limits: {memory: 128K, handles: 10, resources: 8}
  box/inner:
    limits: {memory: 192K, resources: 5}
END
tells "variables of its own" 2 variables-of-reader --policy "$tmp/own.yml"
tells "variables of the whole" 1 variables-of-box --policy "$tmp/own.yml"
tells "a folder of its own" 1 folders-of-reader --policy "$tmp/own.yml"
tells "no folder" 0 folders-of-box --policy "$tmp/own.yml"
tells "no network" 101 resolves-of-reader --policy "$tmp/own.yml"
tells "the network of the whole" 0 resolves-of-box --policy "$tmp/own.yml"
tells "memory of its own" 2 grows-of-reader --policy "$tmp/own.yml"
tells "memory of one inside" 3 grows-of-box --policy "$tmp/own.yml"
expect "resources of its own" 0 run --policy "$tmp/own.yml" --invoke 'networks-of-reader(8)' "$two"
expect "resources are all" 134 run --policy "$tmp/own.yml" --invoke 'networks-of-reader(9)' "$two"
say "which" "too many resources of the host"
expect "resources of one inside" 134 run --policy "$tmp/own.yml" --invoke 'networks-of-box(6)' "$two"
printf 'instances: {reader: {limits: {handles: 3}}}\n' | policy handles.yml
expect "handles of its own" 134 run --policy "$tmp/handles.yml" --invoke 'networks-of-reader(4)' "$two"
say "how many" "the limit of 3 handles"
expect "handles of others" 0 run --policy "$tmp/handles.yml" --invoke 'networks-of-box(4)' "$two"

# the same of a composition: one reads, one does not
"$witc" parse "$two" -o "$tmp/two.wasm"
printf 'dependencies: {two: two.wasm}\nroot: two\ninstances: {two/reader: {grants: {env: [X=1]}}}\ngrants: {env: [A=1, B=2]}\ninstantiations: {two: {}}\n' | policy compose.yml
for i in reader:1 box:2; do
    expect "a manifest, ${i%:*}" 0 run --invoke "variables-of-${i%:*}()" "$tmp/compose.yml"
    [ "$(cat "$out")" = "${i#*:}" ] && ok || bad "a manifest, $i" "$(cat "$out")"
done
printf 'dependencies: {two: two.wasm}\nroot: two\ninstantiations: {two: {grants: {env: [X=1]}, limits: {memory: 256K}}}\ngrants: {env: [A=1, B=2]}\n' | policy compose.yml
expect "an instantiation" 0 run --invoke "variables-of-box()" "$tmp/compose.yml"
[ "$(cat "$out")" = 1 ] && ok || bad "an instantiation" "$(cat "$out")"
expect "its memory" 0 run --invoke "grows-of-box()" "$tmp/compose.yml"
[ "$(cat "$out")" = 3 ] && ok || bad "its memory" "$(cat "$out")"

# the first one has no name, and the second its number for one
echo '(component (component $c) (instance (instantiate $c)) (instance $0 (instantiate $c)))' >"$tmp/twice.wat"
printf 'instances: {"0": {limits: {memory: 64K}}}\n' | policy twice.yml
expect "a path twice" 1 run --policy "$tmp/twice.yml" "$tmp/twice.wat"
say "a path twice" 'more than one instance `0`'

# ---- what is unstable ----
cat >"$tmp/zone.wat" <<'END'
(component
  (type $date (record (field "seconds" u64) (field "nanoseconds" u32)))
  (import "wasi:clocks/wall-clock@0.2.0" (instance $clock
    (alias outer 1 0 (type $t)) (export "datetime" (type $d (eq $t)))))
  (alias export $clock "datetime" (type $datetime))
  (import "wasi:clocks/timezone@0.2.0" (instance $zone
    (alias outer 1 2 (type $t)) (export "datetime" (type $d (eq $t)))
    (export "utc-offset" (func (param "when" $d) (result s32)))))
  (export "offset" (func $zone "utc-offset")))
END
for option in "--features clocks-timezone" "--features network-error-code,clocks-timezone" "--features all"; do
    # shellcheck disable=SC2086
    expect "a time zone, $option" 0 run $option --invoke 'offset({seconds: 1, nanoseconds: 2})' "$tmp/zone.wat"
done
printf 'grants: {features: [clocks-timezone]}\n' | policy zone.yml
expect "a time zone by a policy" 0 run --policy "$tmp/zone.yml" --invoke 'offset({seconds: 1, nanoseconds: 2})' "$tmp/zone.wat"
expect "no time zone" 1 run --features network-error-code --invoke 'offset({seconds: 1, nanoseconds: 2})' "$tmp/zone.wat"
say "no time zone" "wasi:clocks/timezone"
say "how to have it" "features clocks-timezone"
expect "an unknown feature" 2 run --features timezone --invoke 'grows-of-box()' "$two"
say "what there is" "clocks-timezone"

# ---- what is wrong, at its place ----
# refuse NAME PATTERN: the policy on standard input
refuse() {
    policy bad.yml
    expect "$1" 1 run --policy "$tmp/bad.yml" --invoke 'grows-of-box()' "$two"
    say "$1" "$2"
    say "$1, where" "bad.yml:[0-9]*:[0-9]*"
}
echo 'grant: {}' | refuse "an unknown key" "unknown key .grant."
say "what is near" "grants"
echo 'grants: {evn: [A=1]}' | refuse "an unknown grant" "unknown key .evn."
echo 'limits: {max-memroy: 1M}' | refuse "an unknown limit" "unknown key .max-memroy."
echo 'limits: {memory: lots}' | refuse "a limit" "a number from 1 on"
echo 'grants: {features: [timezone]}' | refuse "an unknown feature" "clocks-timezone"
echo 'limits: {timeout: 5 years}' | refuse "a time" "a time such as"
echo 'grants: {network: [tcp:everywhere]}' | refuse "a rule" "a host and a port"
echo 'grants: {directories: ["/tmp::/t::wo"]}' | refuse "rights" "rw"
echo 'grants: {directories: [{guest: /x}]}' | refuse "no host" "key .host. is missing"
echo 'grants: {directories: [/nowhere/at/all]}' | refuse "a folder that is not there" "nowhere"
echo 'grants: {stdin: maybe}' | refuse "a switch" "true. or .false."
echo 'instances: {raeder: {}}' | refuse "an unknown instance" "no instance .raeder."
say "which is near" "reader"
echo 'instances: {nobody-at-all: {}}' | refuse "a quite unknown instance" "no instance"
say "which there are" "box/inner"
echo 'instances: {reader: {limits: {fuel: 1}}}' | refuse "a limit of the whole" "limits the program as a whole"
echo 'instances: {"": {}}' | refuse "an instance without a name" "an instance has a name"
echo 'instances: {reader: {memory: 1}}' | refuse "a limit out of place" "unknown key"
echo 'grants: [' | refuse "what is no YAML" "malformed YAML"
expect "a policy that is not there" 1 run --policy "$tmp/none.yml" "$two"
for size in 1 7 20 100 150; do
    head -c $size "$tmp/own.yml" >"$tmp/cut.yml"
    timeout 10 "$witc" run --policy "$tmp/cut.yml" --invoke 'grows-of-box()' --max-memory 1M "$two" >"$out" 2>"$err"
    [ $? -le 1 ] && ok || bad "a policy cut at $size" "$(head -n 3 "$err")"
done

# ---- the words of others ----
expect "-S help" 0 run -S help
grep -q 'inherit-network' "$out" && ok || bad "-S help" "no inherit-network"
expect "-W help" 0 run -W help
grep -q 'trap-on-grow-failure' "$out" && ok || bad "-W help" "no trap-on-grow-failure"
tells "-S inherit-env" "$(env | wc -l)" variables-of-box -S inherit-env
tells "-S inherit-env=n" 0 variables-of-box -Sinherit-env=n
tells "-S inherit-network is no lookup" 101 resolves-of-box -S inherit-network
tells "-S allow-ip-name-lookup" 0 resolves-of-box -S cli,http=y,allow-ip-name-lookup
tells "--wasi" 0 resolves-of-box --wasi allow-ip-name-lookup=y
tells "-W max-memory-size" 1 grows-of-box -W max-memory-size=131072,component-model
tells "--wasm" 1 grows-of-box --wasm max-memory-size=128K
expect "-S max-resources" 134 run -S max-resources=3 --invoke 'networks-of-box(4)' "$two"
expect "-W fuel" 134 run -W fuel=10 --invoke 'grows-of-box()' "$two"
say "fuel" "fuel"
expect "-W timeout" 0 run -W timeout=10s --max-memory 1M --invoke 'grows-of-box()' "$two"
expect "-W trap-on-grow-failure" 134 run -W trap-on-grow-failure --max-memory 1M --invoke 'grows-of-box()' "$two"
say "which grew" "memory limit"
# usage NAME PATTERN WORDS...
usage() {
    usage_name=$1 usage_text=$2
    shift 2
    expect "$usage_name" 2 run "$@" "$two"
    say "$usage_name" "$usage_text"
}
usage "an unknown key of -S" "unknown key .inherit-evn." -S inherit-evn
say "and what is near" "inherit-env"
usage "an unknown key of -W" "unknown key" -W quite-unknown-to-all
usage "what is not served" "wasi:nn is not served" -S nn
usage "what cannot be left out" "every interface" -S http=n
usage "a value that is none" "expected .y. or .n." -S inherit-env=maybe
usage "a size that is none" "expected a number" -W max-memory-size=big
# A limit of 0 would be what was not said: it cannot be said. Fuel alone may be none.
"$witc" run --help | grep -o -e '--max-[a-z-]*' | sort -u >"$tmp/limits"
[ "$(grep -c . "$tmp/limits")" -ge 20 ] && ok || bad "the limits of run" "few in its help"
while read -r limit; do
    usage "$limit 0" "\`0\` is not a value of \`$limit\`" "$limit" 0
done <"$tmp/limits"
usage "--timeout 0" "is not a value of \`--timeout\`" --timeout 0ms
usage "-W timeout=0" "not 0" -W timeout=0
usage "-S max-resources=0" "not 0" -S max-resources=0
expect "--fuel 0" 134 run --fuel 0 --invoke 'grows-of-box()' "$two"
expect "-W fuel=0" 134 run -W fuel=0 --invoke 'grows-of-box()' "$two"
usage "a time that is none" "expected a time" -W timeout=soon
usage "why not" "max-memory-size" -W max-memories=3
usage "a folder that is none" "HOST" --dir ::x
expect "no program" 2 run
say "what is missing" PROGRAM

cat >"$tmp/simd.wat" <<'END'
(module (func (export "f") (result i32) (i32x4.extract_lane 0 (v128.const i32x4 7 0 0 0))))
END
expect "simd" 0 run --invoke f "$tmp/simd.wat"
expect "-W simd=n" 1 run -W simd=n,relaxed-simd=n --invoke f "$tmp/simd.wat"
say "what is off" "SIMD\|simd"
cat >"$tmp/unknown.wat" <<'END'
(component
  (import "nobody:has/this" (instance $i (export "f" (func (param "n" u32) (result u32)))))
  (core func $f (canon lower (func $i "f")))
  (core module $m (import "" "f" (func $f (param i32) (result i32)))
    (func (export "without") (result i32) (i32.const 7))
    (func (export "with") (result i32) (call $f (i32.const 1))))
  (core instance $c (instantiate $m (with "" (instance (export "f" (func $f))))))
  (func (export "without") (result u32) (canon lift (core func $c "without")))
  (func (export "with") (result u32) (canon lift (core func $c "with"))))
END
expect "an unknown import" 1 run --invoke 'without()' "$tmp/unknown.wat"
expect "-W unknown-imports-trap" 0 run -W unknown-imports-trap --invoke 'without()' "$tmp/unknown.wat"
expect "it traps" 134 run -W unknown-imports-trap --invoke 'with()' "$tmp/unknown.wat"
say "which" "nobody:has/this"
cat >"$tmp/unknown-module.wat" <<'END'
(module
  (import "nobody" "f" (func $f (param i64 externref) (result i32 v128)))
  (import "wasi_snapshot_preview1" "random_get" (func $g (param i32 i32) (result i32)))
  (func (export "without") (result i32) (i32.const 7))
  (func (export "with") (result i32) (call $f (i64.const 1) (ref.null extern)) (drop))
  (func (export "wasi") (result i32) (call $g (i32.const 0) (i32.const 0))))
END
expect "an unknown import of a module" 1 run --invoke without "$tmp/unknown-module.wat"
expect "-W unknown-imports-trap of a module" 0 run -W unknown-imports-trap --invoke without \
    "$tmp/unknown-module.wat"
expect "it traps there, too" 134 run -W unknown-imports-trap --invoke with "$tmp/unknown-module.wat"
say "which one" 'the import `f` of `nobody` is not there'
expect "it traps for WASI" 134 run -W unknown-imports-trap --invoke wasi "$tmp/unknown-module.wat"
say "which of WASI" 'the import `random_get` of `wasi_snapshot_preview1` is not there'
usage "what zeroes mean" "unknown-imports-trap" -W unknown-imports-default
# ---- the second wall, behind which no leaks can be looked for ----
export ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS:-}"
usage "a jail that is none" "best-effort" --jail=partly
if "$witc" run --jail --max-memory 1M --invoke 'grows-of-box()' "$two" >"$out" 2>"$err"; then
    ok
    tells "folders inside" 1 folders-of-box --jail --dir "$tmp"
    tells "names inside" 0 resolves-of-box --jail --net-allow dns
    tells "instances inside" 0 resolves-of-reader --jail --policy "$tmp/words.yml"
    expect "a trap inside" 134 run --jail -W fuel=10 --invoke 'grows-of-box()' "$two"
    expect "a module inside" 0 run --jail --invoke f "$tmp/simd.wat"
    "$witc" run --jail tests/policy/writer.wat o >"$out" 2>"$err" && grep -q red "$out" && ok ||
        bad "a program inside" "$(cat "$err")"
    expect "a program's status inside" 7 run --jail tests/policy/writer.wat 7
else
    skip "this kernel has no whole jail: $(head -n 1 "$err")"
    say "what is missing" "the jail cannot be closed"
fi
tells "as far as it goes" 15 grows-of-box --jail=best-effort

finish policy
