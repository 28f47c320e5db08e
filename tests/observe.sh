#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Seeing and repeating what a guest does: observe.sh WITC. Traces, records, deterministic runs, denials.
. "$(dirname "$0")/lib.sh"

same() { # same NAME FILE FILE
    if cmp -s "$2" "$3"; then ok; else
        bad "$1" "differs"
        diff "$2" "$3" | head -n 5
    fi
}
has() { # has NAME FILE TEXT: a line of the file is that text
    if grep -qxF -e "$3" "$2"; then ok; else bad "$1" "no line: $3"; fi
}

# A program of WASI 0.1: what it does is BODY, then it exits with 3.
program() {
    cat >"$tmp/p.wat" <<END
(module
  (import "wasi_snapshot_preview1" "fd_read" (func \$fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func \$fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func \$clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func \$random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func \$poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func \$open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get"
    (func \$stat (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir"
    (func \$readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func \$exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "hello\n")
  (data (i32.const 64) "a.txt")
  (func \$print (param \$fd i32) (param \$at i32) (param \$n i32)
    (i32.store (i32.const 0) (local.get \$at)) (i32.store (i32.const 4) (local.get \$n))
    (drop (call \$fd_write (local.get \$fd) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func \$sleep (call \$wait (i64.const 20000000)))
  (func \$wait (param \$ns i64)
    (i32.store (i32.const 316) (i32.const 1))
    (i64.store (i32.const 324) (local.get \$ns))
    (drop (call \$poll (i32.const 300) (i32.const 400) (i32.const 1) (i32.const 200))))
  (func \$input ;; prints what it reads
    (i32.store (i32.const 0) (i32.const 4000)) (i32.store (i32.const 4) (i32.const 100))
    (drop (call \$fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call \$print (i32.const 1) (i32.const 4000) (i32.load (i32.const 8))))
  (func \$times ;; prints both clocks, 16 random bytes, the entries of the folder, and what a file is
    (drop (call \$clock (i32.const 0) (i64.const 0) (i32.const 1000)))
    (drop (call \$clock (i32.const 1) (i64.const 0) (i32.const 1008)))
    (drop (call \$random (i32.const 1016) (i32.const 16)))
    (drop (call \$stat (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 5) (i32.const 1032)))
    (drop (call \$readdir (i32.const 3) (i32.const 1100) (i32.const 500) (i64.const 0)
      (i32.const 200)))
    (call \$print (i32.const 1) (i32.const 1000) (i32.const 600)))
  (func (export "_start")
    $1
    (call \$exit (i32.const 3))))
END
}

# ---- traces ----

program '(call $print (i32.const 1) (i32.const 16) (i32.const 6)) (call $sleep)'
expect "a trace" 3 run --deterministic --trace "$tmp/p.wat"
cat >"$tmp/want" <<'END'
    0.000000 enter wasi:cli/run.run()
    0.000000 wasi:filesystem/preopens.get-directories() -> [] (0ns)
    0.000000 wasi:cli/stdout.get-stdout() -> output-stream#1 (0ns)
    0.000000 wasi:io/streams.output-stream.blocking-write-and-flush(output-stream#1, b"hello\n") -> ok (0ns)
    0.000000 wasi:clocks/monotonic-clock.subscribe-duration(20000000) -> pollable#2 (1us)
    0.000001 wasi:io/poll.poll([pollable#2]) -> [0] (20.002ms, waited 19.999ms)
    0.020003 drop pollable#2
    0.020003 wasi:cli/exit.exit-with-code(3) -> exit 3 (0ns)
    0.020003 leave exit 3
END
same "a trace: its lines" "$err" "$tmp/want"
expect "a trace: into a file" 3 run --deterministic "--trace=$tmp/trace" "$tmp/p.wat"
same "a trace: the same in a file" "$tmp/trace" "$tmp/want"
expect "a filter" 3 run --deterministic --trace --trace-filter 'wasi:cli/*,!*.exit*' "$tmp/p.wat"
grep -c wasi:cli/ "$err" >"$tmp/count"
has "a filter: what is left" "$tmp/count" 2
expect "a trace as JSON" 3 run --deterministic --trace --json --trace-filter 'wasi:io/poll' "$tmp/p.wat"
has "a trace as JSON: a line" "$err" '{"call":5,"at":1000,"ns":20002000,"waited":19999000,"interface":"wasi:io/poll","function":"poll","arguments":"([pollable#2])","status":"done","result":"[0]"}'
program '(call $print (i32.const 1) (i32.const 1000) (i32.const 600)) (unreachable)'
expect "a trace with a trap" 134 run --deterministic --trace "$tmp/p.wat"
say "a trace with a trap: bytes are cut" 'b".*"\.\.\. 600 bytes) -> ok'
say "a trace with a trap: it is told" 'leave trap: unreachable'

# ---- records ----

# replay NAME STATUS WORDS...: a run with WORDS is recorded and run again without any; both are alike.
replay() {
    what=$1 want=$2
    shift 2
    timeout 60 "$witc" run --record "$tmp/rec" "$@" >"$tmp/out1" 2>"$tmp/err1" <"$tmp/in"
    got=$?
    if [ $got = "$want" ]; then ok; else
        bad "$what" "exit $got, expected $want"
        head -n 3 "$tmp/err1"
    fi
    for word; do guest=$word; done
    (cd / && expect "$what: again" "$want" run --replay "$tmp/rec" "$guest" &&
        same "$what: standard output" "$out" "$tmp/out1" && same "$what: standard error" "$err" "$tmp/err1")
}
echo "some input" >"$tmp/in"
mkdir "$tmp/d" && echo text >"$tmp/d/a.txt" && touch "$tmp/d/z" "$tmp/d/b"
program '(call $times) (call $sleep) (call $input) (call $print (i32.const 2) (i32.const 16) (i32.const 6))'
replay "a record" 3 --dir "$tmp/d" "$tmp/p.wat"
chmod 644 "$tmp/rec"
replay "a record over another" 3 --dir "$tmp/d" "$tmp/p.wat"
[ -n "$(find "$tmp/rec" -perm 600)" ] && ok || bad "a record over another" "others can read it"
cp "$tmp/rec" "$tmp/whole" && cp "$tmp/p.wat" "$tmp/whole.wat" && cp "$tmp/out1" "$tmp/whole.out"
program '(call $times) (call $input) (unreachable)'
replay "a record with a trap" 134 --dir "$tmp/d" "$tmp/p.wat"
program '(call $times) (call $wait (i64.const 20000000000))'
replay "a record with a limit of time" 134 --timeout 200ms --dir "$tmp/d" "$tmp/p.wat"

program '(call $print (i32.const 1) (i32.const 16) (i32.const 5))'
expect "another program" 1 run --replay "$tmp/whole" "$tmp/p.wat"
say "another program: is told" 'was recorded of another program'
say "another program: the call" 'call 1 differs from the record'
say "another program: what was recorded" 'recorded: wasi:clocks/wall-clock.now'
say "another program: what came" 'came: wasi:filesystem/preopens.get-directories()'
program '(call $times) (call $sleep) (call $input) (call $print (i32.const 2) (i32.const 16) (i32.const 5))'
expect "another argument" 1 run --replay "$tmp/whole" "$tmp/p.wat"
say "another argument: what was recorded" 'recorded: .*blocking-write-and-flush(output-stream#[0-9]*, b"hello.n")'
say "another argument: what came" 'came: .*blocking-write-and-flush(output-stream#[0-9]*, b"hello")'
program '(call $times)'
sed 's/(call $exit (i32.const 3))//' "$tmp/p.wat" >"$tmp/q.wat"
expect "an early end" 1 run --replay "$tmp/whole" "$tmp/q.wat"
say "an early end: is told" 'ended otherwise than was recorded'

size=$(wc -c <"$tmp/whole")
for n in 0 5 9 40 80 100 200 300 $((size / 2)) $((size - 20)); do
    head -c "$n" "$tmp/whole" >"$tmp/cut"
    hold "a record of $n bytes" run --replay "$tmp/cut" "$tmp/whole.wat"
done
for n in 8 80 150 400 $((size / 2)) $((size - 30)); do
    { head -c "$n" "$tmp/whole"; printf '\377\000'; tail -c +$((n + 3)) "$tmp/whole"; } >"$tmp/bad"
    expect "a record that is bad at $n" 1 run --replay "$tmp/bad" "$tmp/whole.wat"
    say "a record that is bad at $n: the place" '--> .*bad:0x'
done
head -c "$((size - 1))" "$tmp/whole" >"$tmp/cut"
expect "a record without its end" 3 run --replay "$tmp/cut" "$tmp/whole.wat"
say "a record without its end: is told" 'does not tell how the program has ended'
same "a record without its end: the output" "$out" "$tmp/whole.out"
if [ -c /dev/full ]; then
    timeout 60 "$witc" run --replay "$tmp/whole" "$tmp/whole.wat" >/dev/full 2>"$err" </dev/null
    is=$?
    if [ $is = 1 ]; then ok; else bad "a replay to a disk that is full" "exit $is"; fi
    say "a replay to a disk that is full: is told" 'cannot write .-.: No space'
fi
expect "a record that cannot be made" 1 run "--trace=$tmp/trace" --record "$tmp/none/rec" "$tmp/whole.wat"
say "a record that cannot be made: is told" 'cannot write .*none/rec'
expect "both" 2 run --record "$tmp/x" --replay "$tmp/whole" "$tmp/whole.wat"
# A record that has no more room: it is good as far as it goes, and it is told.
expect "a record that is too large" 3 run --max-record 300 --record "$tmp/small" "$tmp/whole.wat"
say "a record that is too large: is told" 'max-record. says how many'
[ "$(wc -c <"$tmp/small")" -le 300 ] && ok || bad "a record that is too large" "$(wc -c <"$tmp/small") bytes"
hold "a record that is too large: its replay" run --replay "$tmp/small" "$tmp/whole.wat"
(ulimit -f 1; timeout 60 "$witc" run --record "$tmp/full" --dir "$tmp/d" "$tmp/whole.wat" >"$out" 2>"$err" <"$tmp/in")
say "a disk that is full: is told" 'cannot write .*full.: File too large'

# ---- deterministic runs ----

program '(call $times) (call $sleep) (call $times)'
mkdir "$tmp/other" && for f in z b a.txt; do cp "$tmp/d/$f" "$tmp/other"; done
touch -d 2001-01-01 "$tmp/other/a.txt"
expect "a deterministic run" 3 run --deterministic --fuel 100000000 --dir "$tmp/d::/d" "$tmp/p.wat"
cp "$out" "$tmp/first"
(cd "$tmp" && TZ=Asia/Tokyo HOME=/ timeout 60 "$witc" run --deterministic --fuel 100000000 \
    --dir other::/d p.wat >"$tmp/second" 2>/dev/null)
same "a deterministic run: elsewhere" "$tmp/first" "$tmp/second"
timeout 60 "$witc" run --deterministic --dir "$tmp/d::/d" "$tmp/p.wat" 2>/dev/null | cat >"$tmp/second"
same "a deterministic run: through a pipe" "$tmp/first" "$tmp/second"
expect "another seed" 3 run --deterministic --seed 1 --dir "$tmp/d::/d" "$tmp/p.wat"
if cmp -s "$out" "$tmp/first"; then bad "another seed" "the same"; else ok; fi

# ---- denials ----

program '(drop (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 5) (i32.const 1)
    (i64.const 66) (i64.const 0) (i32.const 0) (i32.const 200)))'
expect "a folder that is read only" 3 run --explain --dir "$tmp/d::/data::ro" "$tmp/p.wat"
say "a folder that is read only: what" 'to change `a.txt` in the folder `/data`, which is read only'
say "a folder that is read only: the option" "granted by \`--dir $tmp/d::/data\`"
expect "no folder" 3 run --explain "$tmp/p.wat"
say "no folder: the option" 'granted by `--dir HOST::GUEST`'
expect "denials as JSON" 3 run --explain --message-format json "$tmp/p.wat"
say "denials as JSON" '"message": "denied: the program wants'
[ "$(grep -c '^[[{]' "$err")" = 1 ] && ok || bad "denials as JSON" "not one document"
expect "no denial" 3 run --explain --dir "$tmp/d::/data" "$tmp/p.wat"
if [ -s "$err" ]; then bad "no denial" "$(head -n 1 "$err")"; else ok; fi

# ---- what could be asked for ----

expect "a dry run" 0 run --dry-run --dir "$tmp/d::/data::ro" "$tmp/p.wat"
has "a dry run: what is granted" "$out" 'files-read: granted: /data'
has "a dry run: what flags may ask for" "$out" 'files-create: not granted; `--dir HOST::GUEST` does'
has "a dry run: how far it is known" "$out" \
    '    wasi:filesystem/types@0.2.0: [method]descriptor.open-at (by its flags, known when it runs)'
sed '/never called/,$d' "$out" >"$tmp/called"
if grep -q -e random -e clocks "$tmp/called"; then bad "a dry run" "what is not called is told"; else ok; fi
expect "a dry run of one folder of two" 0 run --dry-run --dir "$tmp/d::/a::ro" --dir "$tmp/d::/b" "$tmp/p.wat"
has "a dry run of one folder of two: to read" "$out" 'files-read: granted: /a, /b'
has "a dry run of one folder of two: to create" "$out" 'files-create: granted: /b'
expect "a dry run: as JSON" 0 run --dry-run --json "$tmp/p.wat"
[ "$(grep -c '"perhaps": true' "$out")" = 1 ] && ok || bad "a dry run: as JSON" "not one that is perhaps"
program '(call $times)'
expect "another dry run" 0 run --dry-run "$tmp/p.wat"
has "another dry run: what is not granted" "$out" 'files-read: not granted; `--dir HOST::GUEST::ro` does'
has "another dry run: it is told" "$out" 'random: always granted'
expect "a dry run as JSON" 0 run --dry-run --json "$tmp/p.wat"
grep -q '"option": "--dir HOST::GUEST::ro"' "$out" && ok || bad "a dry run as JSON" "no option"

cat >"$tmp/t.wat" <<'END'
(component
  (import "taken" (func $taken)) (import "copied" (func $copied))
  (import "first" (func $first)) (import "last" (func $last)) (import "never" (func $never))
  (core func $taken-here (canon lower (func $taken)))
  (core func $copied-here (canon lower (func $copied)))
  (core func $first-here (canon lower (func $first)))
  (core func $last-here (canon lower (func $last)))
  (core func $never-here (canon lower (func $never)))
  (core module $m
    (import "" "taken" (func $taken)) (import "" "copied" (func $copied))
    (import "" "first" (func $first)) (import "" "last" (func $last)) (import "" "never" (func $never))
    (table $a 1 funcref) (table $b 3 funcref) (table $c 1 funcref) (table $d 1 funcref)
    (elem (table $a) (i32.const 0) func $taken)
    (elem (table $c) (i32.const 0) func $copied)
    (elem (table $d) (i32.const 0) func $never)
    (elem (table $b) (i32.const 2) func $first)
    (elem (table $b) (i32.const 2) func $last)
    (func (export "go")
      (table.set $b (i32.const 0) (table.get $a (i32.const 0)))
      (call_indirect $b (i32.const 0))
      (table.copy $b $c (i32.const 1) (i32.const 0) (i32.const 1))
      (call_indirect $b (i32.const 1))
      (call_indirect $b (i32.const 2))))
  (core instance $i (instantiate $m (with "" (instance
    (export "taken" (func $taken-here)) (export "copied" (func $copied-here))
    (export "first" (func $first-here)) (export "last" (func $last-here))
    (export "never" (func $never-here))))))
  (func (export "go") (canon lift (core func $i "go"))))
END
expect "a dry run of tables" 0 run --dry-run "$tmp/t.wat"
has "a dry run of tables: elements that are moved or overwritten" "$out" '    taken, copied, first, last'
has "a dry run of tables: a table that is not used" "$out" '    never'

# ---- what cannot be done is said ----

echo '(module (func (export "_start")))' >"$tmp/plain.wat"
for option in --trace "--record=$tmp/none" "--replay=$tmp/none" --dry-run; do
    expect "a module without a host: $option" 1 run "$option" "$tmp/plain.wat"
    say "a module without a host: $option" \
        "found a core module, expected a component, or a program of WASI 0.1, for ${option%%=*}"
done
[ -e "$tmp/none" ] && bad "a module without a host" "a record was begun" || ok
expect "a module without a host: the rest" 0 run --deterministic --explain --max-open 1 --dir "$tmp/d" \
    --vfs "$tmp/d" --env A=1 "$tmp/plain.wat"
pair() { # pair TEXT WORDS...: they do not go together
    text=$1
    shift
    expect "together: $*" 2 run "$@" "$tmp/t.wat"
    say "together: $*" "$text"
    [ -e "$tmp/none" ] && bad "together: $*" "a file was made" || ok
}
pair '`--dry-run` and `--trace` do not go together' --dry-run "--trace=$tmp/none"
pair '`--dry-run` and `--record` do not go together' --dry-run --record "$tmp/none"
pair '`--dry-run` and `--replay` do not go together' --dry-run --replay "$tmp/none"
pair '`--dry-run` and `--invoke` do not go together' --dry-run --invoke go
pair '`--trace-filter` says something only together with `--trace`' --trace-filter 'wasi:io/*'
pair '`--max-record` says something only together with `--record`' --max-record 1M
pair '`--seed` says something only together with `--deterministic`' --seed 7
expect "together: a component that is validated late" 1 run --validate lazy "$tmp/t.wat"
say "together: a component that is validated late" 'expected a core module without WASI, for --validate lazy'

# ---- sockets ----

mkdir -p "$tmp/wit/deps" && cp -r wasi/wit/deps/. "$tmp/wit/deps"
cat >"$tmp/wit/world.wit" <<'END'
package t:t;
world w {
    import wasi:sockets/tcp@0.2.12;
    import wasi:sockets/tcp-create-socket@0.2.12;
    import wasi:sockets/instance-network@0.2.12;
    import wasi:random/random@0.2.12;
    export wasi:cli/run@0.2.12;
}
END
cat >"$tmp/core.wat" <<'END'
(module
  (import "wasi:sockets/instance-network@0.2.12" "instance-network" (func $network (result i32)))
  (import "wasi:sockets/tcp-create-socket@0.2.12" "create-tcp-socket" (func $create (param i32 i32)))
  (import "wasi:sockets/tcp@0.2.12" "[method]tcp-socket.start-connect"
    (func $start (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "wasi:sockets/tcp@0.2.12" "[method]tcp-socket.finish-connect" (func $finish (param i32 i32)))
  (import "wasi:sockets/tcp@0.2.12" "[method]tcp-socket.subscribe" (func $subscribe (param i32) (result i32)))
  (import "wasi:sockets/tcp@0.2.12" "[method]tcp-socket.keep-alive-count" (func $never (param i32 i32)))
  (import "wasi:io/poll@0.2.12" "[method]pollable.block" (func $block (param i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func $unused (call $never (i32.const 0) (i32.const 0)))
  (func (export "wasi:cli/run@0.2.12#run") (result i32) (local $s i32)
    (call $create (i32.const 0) (i32.const 0))
    (local.set $s (i32.load (i32.const 4)))
    (call $start (local.get $s) (call $network) (i32.const 0) (i32.const 1)
      (i32.const 127) (i32.const 0) (i32.const 0) (i32.const 1)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 16))
    (if (i32.load8_u (i32.const 16)) (then (return (i32.const 1))))
    (call $block (call $subscribe (local.get $s)))
    (call $finish (local.get $s) (i32.const 16))
    (i32.load8_u (i32.const 16))))
END
expect "sockets: embed" 0 component embed -w w "$tmp/wit" "$tmp/core.wat" -o "$tmp/core.wasm"
expect "sockets: new" 0 component new "$tmp/core.wasm" -o "$tmp/s.wasm"
replay "a record of sockets" 1 --net-allow tcp:127.0.0.1:1 "$tmp/s.wasm"
expect "a record of sockets: its trace" 1 run --replay "$tmp/rec" --trace "$tmp/s.wasm"
say "a record of sockets: refused" 'tcp-socket.finish-connect(tcp-socket#1) -> err(connection-refused)'
expect "sockets are denied" 1 run --explain "$tmp/s.wasm"
say "sockets are denied: what" 'to connect to 127.0.0.1:1$'
say "sockets are denied: the option" 'granted by `--net-allow tcp:127.0.0.1:1`'
expect "a dry run with sockets" 0 run --dry-run "$tmp/s.wasm"
has "a dry run with sockets: granted" "$out" 'network-tcp: not granted; `--net-allow tcp:HOST:PORT` does'
sed -n '/never called/,$p' "$out" >"$tmp/unused"
grep -q 'tcp-socket.keep-alive-count' "$tmp/unused" && ok ||
    bad "a dry run with sockets" "keep-alive-count is said to be called"

finish observe
