#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# serve_core.sh [WITC]: `witc serve` and handlers that are hostile, slow to start, or stuck; limits; the log; what is
# loaded anew while requests are under way. (HTTP itself is in serve.sh.)
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/serve/lib.sh"
if ! command -v curl >/dev/null; then
    skip "serve: curl is not installed"
    finish "serve core"
fi
"$witc" parse tests/serve/handler.wat -o "$tmp/handler.wasm" || { bad handler "it cannot be made"; finish "serve core"; }
cp "$tmp/handler.wasm" "$tmp/app.wasm"
status() { ask -o /dev/null -w '%{http_code}' "$@"; }

# Each handler gets what it deserves, and the request after it is answered, by the same worker.
start --timeout 2s --max-handles 5000
hostile() { # NAME STATUS WORDS...
    name=$1 want=$2
    shift 2
    is "$name" "$want" "$(status "$@")"
    is "after $name" hello "$(ask "http://127.0.0.1:$port/")"
}
at=http://127.0.0.1:$port
hostile "a trap" 500 "$at/trap"
hostile "a trap in the body" 200 "$at/cut"
hostile "a body without end" 500 "$at/unfinished"
hostile "a loop without end" 504 "$at/spin"
hostile "memory without end" 500 "$at/allocate"
hostile "handles without end" 500 "$at/handles"
hostile "no answer" 500 "$at/nothing"
hostile "a dropped outparam" 500 "$at/dropped"
hostile "two answers" 200 "$at/twice"
head -c 300000 /dev/zero >"$tmp/body"
hostile "a body that is not read" 200 --data-binary "@$tmp/body" "$at/"
if ask -o /dev/null "$at/cut"; then bad "a trap in the body" "it looks whole"; else ok; fi
becomes "all have ended" 0 metric requests_in_flight
stop "hostile handlers"

# A start function that lasts holds nobody else: while one that counts to 2^32 is tried, others are answered.
"$witc" component embed -w wasi:http/proxy wasi/wit tests/serve/start.wat -o "$tmp/start.wasm" || bad start.wat "none"
sed 's/i32.const 20000000/i32.const 0/' tests/serve/start.wat >"$tmp/endless.wat"
"$witc" component embed -w wasi:http/proxy wasi/wit "$tmp/endless.wat" -o "$tmp/endless.wasm" || bad endless.wat "none"
program=$tmp/start.wasm
start --spare 0 --slice 1ms
is "a long start" 200 "$(status "http://127.0.0.1:$port/")"
if [ "$(metric slices_total)" -gt 0 ]; then ok; else bad "a long start" "it was not left"; fi
for _ in 1 2 3 4; do ask -o /dev/null "http://127.0.0.1:$port/" & done
is "health meanwhile" 200 "$(status "http://127.0.0.1:$admin/health")"
becomes "all four" 5 metric requests_total
stop "a long start"
start --spare 2 # made while nobody asks
becomes "spare ones" 2 metric instances_total
is "of the spare ones" 200 "$(status "http://127.0.0.1:$port/")"
stop "spare ones"
printf 'limits:\n  timeout: 20ms\n' >"$tmp/policy.yml" # its start function takes longer
start --spare 0 --slice 1ms --policy "$tmp/policy.yml"
is "a start that is too long" 504 "$(status "http://127.0.0.1:$port/")"
stop "a start that is too long"
expect "a start without end" 1 serve --addr 127.0.0.1:0 --timeout 100ms "$tmp/endless.wasm"
say "a start without end" 'trapped while it was made'

# Nor does a realloc that never ends: WASI calls it, so that it cannot be left.
sed -e 's/i32.const 20000000/i32.const 1/' -e 's/^(module/& (import "wasi:random\/random@0.2.12" "get-random-bytes" (func $random (param i64 i32)))/' \
    -e 's/(global.set $heap (i32.and/(loop (br 0)) &/' -e 's/(call $set/(call $random (i64.const 9) (i32.const 8)) &/' tests/serve/start.wat >"$tmp/realloc.wat"
"$witc" component embed -w wasi:http/proxy wasi/wit "$tmp/realloc.wat" -o "$tmp/realloc.wasm" || bad realloc.wat "none"
program=$tmp/realloc.wasm
start --timeout 0
is "a realloc without end" 504 "$(status "http://127.0.0.1:$port/")"
say "a realloc without end" 'a call nested in a host function has lasted longer than 1 s'
stop "a realloc without end"

# A program that takes long to try is loaded beside the requests, which none is lost of.
program=$tmp/app.wasm
start --timeout 3s
cp "$tmp/endless.wasm" "$tmp/app.wasm"
kill -HUP "$pid"
sleep 0.2
is "while it is loaded" "hello hello" "$(ask "http://127.0.0.1:$port/") $(ask "http://127.0.0.1:$port/")"
is "not yet" 0 "$(metric reloads_failed_total)"
becomes "it was bad" 1 metric reloads_failed_total
cp "$tmp/start.wasm" "$tmp/app.wasm"
kill -HUP "$pid"
kill -HUP "$pid"
cp "$tmp/handler.wasm" "$tmp/app.wasm"
kill -HUP "$pid" # while the one before is tried: it is read again after it
for _ in $(seq 200); do [ "$(ask "http://127.0.0.1:$port/count")" = 1 ] && break; sleep 0.05; done
is "the last is served" hello "$(ask "http://127.0.0.1:$port/")"
cp "$tmp/endless.wasm" "$tmp/app.wasm"
kill -HUP "$pid"
stop "an end while it is loaded"
cp "$tmp/handler.wasm" "$tmp/app.wasm"
start --timeout 0 # what is tried would never end
cp "$tmp/endless.wasm" "$tmp/app.wasm"
kill -HUP "$pid"
sleep 0.2
stop "an end while something endless is tried"
cp "$tmp/handler.wasm" "$tmp/app.wasm"

# What is no file any more is not waited for, nor read without end: the old program stays, and the server ends.
start
for what in pipe folder device; do
    rm -rf "$tmp/app.wasm"
    case $what in
    pipe) mkfifo "$tmp/app.wasm" ;;
    folder) mkdir "$tmp/app.wasm" ;;
    device) ln -s /dev/zero "$tmp/app.wasm" ;;
    esac
    failed_before=$(metric reloads_failed_total)
    kill -HUP "$pid"
    becomes "a $what" $((failed_before + 1)) metric reloads_failed_total
    is "the old one, a $what" hello "$(ask "http://127.0.0.1:$port/")"
done
say "a pipe" 'cannot read .*app.wasm.: it is a pipe'
rm -rf "$tmp/app.wasm"
mkfifo "$tmp/app.wasm"
kill -HUP "$pid"
stop "an end while the program is a pipe"
# Another file that it is made of is one of them; and what was a pipe at the start.
rm "$tmp/app.wasm"
cp "$tmp/handler.wasm" "$tmp/app.wasm"
mkfifo "$tmp/rules"
(echo 'limits: {timeout: 9s}' >"$tmp/rules") &
start --policy "$tmp/rules"
kill -HUP "$pid"
becomes "a policy of a pipe" 1 metric reloads_failed_total
is "the old one, a policy" hello "$(ask "http://127.0.0.1:$port/")"
stop "a policy of a pipe"

# A worker that is started while the program is loaded has the old one at first.
sed 's/i32.const 20000000/i32.const 100000000/' tests/serve/start.wat >"$tmp/longer.wat"
"$witc" component embed -w wasi:http/proxy wasi/wit "$tmp/longer.wat" -o "$tmp/longer.wasm" || bad longer.wat "none"
# What its parent's thread had in hand at the fork nobody frees in it: leaks are not looked for.
ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS:-}" start --workers 2 --spare 1
cp "$tmp/longer.wasm" "$tmp/app.wasm"
kill -HUP "$pid"
kill -KILL "$(pgrep -P "$pid" | head -n 1)"
sixteen() { for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do ask "http://127.0.0.1:$port/"; done; }
becomes "all workers have the new one" '' sixteen
is "one was started" 1 "$(metric worker_restarts_total)"
stop "a start while the program is loaded"
cp "$tmp/handler.wasm" "$tmp/app.wasm"

# A log that nobody reads, or no disk takes, holds nobody.
mkfifo "$tmp/pipe"
start --log "$tmp/pipe" --max-target 8K
long=$(printf %04000d 0)
for _ in $(seq 30); do ask -o /dev/null "http://127.0.0.1:$port/?$long"; done
is "a log that nobody reads" hello "$(ask "http://127.0.0.1:$port/")"
cat "$tmp/pipe" >"$tmp/lines" &
reader=$!
becomes "it is read later" 31 grep -c '"status":200' "$tmp/lines"
is "no line was dropped" 0 "$(metric log_lines_dropped_total)"
stop "a log that nobody reads"
kill $reader 2>/dev/null
if [ -c /dev/full ]; then
    start --log /dev/full
    is "a full disk" hello "$(ask "http://127.0.0.1:$port/")"
    becomes "lines are counted" 1 metric log_lines_dropped_total
    stop "a full disk"
fi

# A worker that does not go on is killed, and another takes its place.
start --workers 2 --stuck-after 1500ms
first=$(pgrep -P "$pid" | head -n 1)
kill -STOP "$first"
becomes "a stuck worker" 1 metric worker_restarts_total
say "a stuck worker" 'has not gone on.*killed'
for _ in 1 2 3 4; do ask "http://127.0.0.1:$port/"; done >"$tmp/all"
is "after that" 4 "$(grep -c hello "$tmp/all")"
stop "a stuck worker"
start --workers 2 --stuck-after 2s
all="$pid $(pgrep -P "$pid" | tr '\n' ' ')"
kill -STOP $all # as when the machine sleeps
sleep 3
kill -CONT $all
sleep 1
is "all were stopped" 0 "$(metric worker_restarts_total)"
stop "all were stopped"

# Time by a policy.
printf 'limits:\n  timeout: 300ms\n' >"$tmp/policy.yml"
start --policy "$tmp/policy.yml"
is "the policy's time" 504 "$(status "http://127.0.0.1:$port/sleep?3000")"
stop "the policy's time"

# An address has only so many connections, of which one that has ended does not count.
start --max-connections-each 1 --idle-timeout 5s
ask "http://127.0.0.1:$port/sleep?1500" >"$tmp/slept" &
asking=$!
becomes "one connection" 1 metric requests_in_flight
is "a second one" 503 "$(status "http://127.0.0.1:$port/")"
wait $asking
is "the first" slept "$(cat "$tmp/slept")"
becomes "another one" 200 status "http://127.0.0.1:$port/"
stop "an address"

# A program of WASI 0.3 is told from one that is none.
printf '(component (import "wasi:http/types@0.3.0" (instance)) (instance $i) (export "wasi:http/handler@0.3.0" (instance $i)))' >"$tmp/p3.wat"
expect "WASI 0.3" 1 serve --addr 127.0.0.1:0 "$tmp/p3.wat"
say "WASI 0.3" 'WASI 0.3.*not supported'

# Where some compute, more than a few are too many; those that wait do not count.
start --max-delay 300ms --timeout 60s --drain-timeout 100ms
is "something that computes" 200 "$(status "http://127.0.0.1:$port/spin?100")"
for n in 1 2 3 4 5; do
    ask -o /dev/null "http://127.0.0.1:$port/sleep?30000" &
    becomes "sleeper $n" "$n" metric requests_in_flight
done
is "beside those that wait" hello "$(ask "http://127.0.0.1:$port/")"
for n in 6 7 8; do
    ask -o /dev/null "http://127.0.0.1:$port/spin" &
    becomes "a loop without end, $n" "$n" metric requests_in_flight
done
is "beside those that compute" 503 "$(status "http://127.0.0.1:$port/")"
is "it was turned away" 1 "$(metric requests_shed_total)"
kill -TERM "$pid"
wait "$pid"
is "what was under way is cut off" 1 $?

# What is kept is bounded: of six instances two. hold N: N handlers more wait, until `release`.
start --reuse 100 --spare 0 --keep 2
mkfifo "$tmp/held"
held=0
hold() {
    exec 7<>"$tmp/held"
    for _ in $(seq "$1"); do
        (exec 7>&- && ask -o /dev/null -T - "http://127.0.0.1:$port/echo") <"$tmp/held" &
        held=$((held + 1))
        becomes "held: $held" "$held" metric requests_in_flight
    done
}
release() {
    exec 7>&-
    held=0
    becomes "all have ended" 0 metric requests_in_flight
}
hold 6
is "six at a time" 6 "$(metric instances_total)"
release
hold 2
is "two are kept" 6 "$(metric instances_total)"
hold 1
is "no more are kept" 7 "$(metric instances_total)"
release
stop "what is kept"

# What all have together is bounded: of handlers that each keep 48 MB, and wait, as many are ended as is needed, and
# then others are served. (What the sanitizer has counts, too.)
"$witc" component embed -w wasi:http/proxy wasi/wit tests/serve/hog.wat -o "$tmp/hog.wasm" || bad hog.wat "none"
program=$tmp/hog.wasm
for how in --workers=1 "--workers=2 --jail=best-effort"; do
    # shellcheck disable=SC2086 # words
    start $how --max-resident 100M --spare 0 --max-delay 0 --drain-timeout 1s
    hogs='' && : >"$tmp/hogs"
    for _ in 1 2 3 4; do
        status "http://127.0.0.1:$port/" >>"$tmp/hogs" & hogs="$hogs $!"
    done
    few() { [ "$(metric requests_in_flight)" -le 2 ] && [ "$(metric requests_total)" -ge 2 ] && echo few; }
    becomes "few are left ($how)" few few
    kill -TERM "$pid"
    wait "$pid"
    # shellcheck disable=SC2086 # numbers
    wait $hogs
    case $(grep -o 503 "$tmp/hogs" | wc -l) in 2 | 3 | 4) ok ;; *) bad "too much memory ($how)" "$(cat "$tmp/hogs")" ;; esac
done

# Where there is no memory, requests fail, and the server goes on: it is the same process that answers when there is
# some again. (With the sanitizer's own malloc nothing fails.)
program=$tmp/app.wasm
case $witc in *asan*) finish "serve core" ;; esac
if ! "${CC:-cc}" -shared -fPIC -o "$tmp/no_memory.so" tests/serve/no_memory.c 2>/dev/null; then
    skip "serve: a server without memory: no library can be made"
    finish "serve core"
fi
for every in 300 50 11; do
    export LD_PRELOAD="$tmp/no_memory.so" FAIL_EVERY=$every
    start
    unset LD_PRELOAD
    is "with memory" hello "$(ask "http://127.0.0.1:$port/")"
    kill -USR1 "$pid"
    for path in / /echo /big?100000 /trap /sleep?1 /handles /count /; do
        ask -d text -o /dev/null "http://127.0.0.1:$port$path"
        ask -o /dev/null "http://127.0.0.1:$admin/metrics"
    done
    kill -HUP "$pid"
    ask -o /dev/null "http://127.0.0.1:$port/"
    kill -USR1 "$pid"
    becomes "with memory again ($every)" hello ask "http://127.0.0.1:$port/"
    stop "no memory ($every)"
done
finish "serve core"
