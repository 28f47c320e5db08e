#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What `make bench-wasi` prints, in one table: instantiating and running a component, copying a file by streams, guests
# that sleep, requests of `witc serve` by HTTP/1.1, TLS and HTTP/2, and what it does when twice as many are offered as
# it can answer. Beside it, in the same run, cp and wasmtime (WASMTIME=FILE), where there is one.
#
#     SECONDS_EACH (3)   how long each run of a server lasts (three times as long where more is offered than it can answer)
#     RUNS (5)           how often others are repeated: the least counts
#     SIZE (1G)          of the file that is copied              GUESTS (10000)
#
# It needs clang for the guests, and wrk (h2load for HTTP/2, openssl for TLS); what is missing is left out.
set -u
cd "$(dirname "$0")/../.." || exit 1
. bench/figures.sh
figures 5-wasi
witc=$(realpath "${WITC:-build/witc}") seconds=${SECONDS_EACH:-3} runs=${RUNS:-5} size=${SIZE:-1G} guests=${GUESTS:-10000} long=$((${SECONDS_EACH:-3} * 3))
wasmtime=${WASMTIME:-$(command -v wasmtime)}
tmp=$(mktemp -d) pid=''
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$tmp"' EXIT
has() { command -v "$1" >/dev/null || { echo "bench/wasi: $1 is not installed" >&2; return 1; }; }

mkdir "$tmp/wit" "$tmp/root"
cp tests/wasi/wit/suite.wit "$tmp/wit" && cp -r wasi/wit/deps "$tmp/wit"
rename() { printf ' --rename wasi:%s@0.2.12=%s' "$1" "$2"; }
# shellcheck disable=SC2046 # words
"$witc" build bench/wasi/guest.c --wit "$tmp/wit" -w suite --style native --no-sig-flattening --libc none \
    $(rename cli/environment env) $(rename cli/stdout out) $(rename filesystem/types fs) $(rename io/poll poll) \
    $(rename filesystem/preopens preopens) $(rename io/streams streams) $(rename clocks/monotonic-clock mono) \
    -o "$tmp/guest.wasm" || exit 1
cc -O2 -std=gnu11 -D_GNU_SOURCE -I. -o "$tmp/host" bench/wasi/host.c build/obj-release/libwitc.a -lm -pthread || exit 1
cc -O2 -std=gnu11 -D_GNU_SOURCE -o "$tmp/offer" bench/wasi/offer.c || exit 1

# least COMMAND...: the shortest of RUNS runs, in ms.
least() {
    for _ in $(seq "$runs"); do
        from=$(date +%s%N)
        "$@" >/dev/null || { echo "bench/wasi: this fails: $*" >&2; echo -; return; }
        echo $(($(date +%s%N) - from))
    done | sort -n | awk 'NR == 1 { if ($1 == "-") print "-"; else printf "%.2f", $1 / 1e6 }'
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (a + 0 > 0 && b + 0 > 0) printf "%.2f", a / b; else print "-" }'; }

# ---- a component that says hello ----
runs=$((runs * 4))
ours=$(least "$witc" run "$tmp/guest.wasm")
figure "hello, the whole process: witc run" "" "$ours" ms
if [ -n "$wasmtime" ]; then
    theirs=$(least "$wasmtime" run "$tmp/guest.wasm")
    figure "hello, the whole process: wasmtime run" "" "$theirs" ms
    if "$wasmtime" compile -o "$tmp/guest.cwasm" "$tmp/guest.wasm" 2>/dev/null; then
        figure "hello, the whole process: wasmtime run of what was compiled" "" \
            "$(least "$wasmtime" run --allow-precompiled "$tmp/guest.cwasm")" ms
    fi
    figure "hello, the whole process: wasmtime's time against ours" "> 1" "$(ratio "$theirs" "$ours")" x
fi
runs=$((runs / 4))
"$tmp/host" "$tmp/guest.wasm" run 2000 >"$tmp/got"
figure "hello, instantiated and run in one process: median" "" "$(cut -d ' ' -f 1 "$tmp/got")" us
figure "hello, instantiated and run in one process: least" "" "$(cut -d ' ' -f 2 "$tmp/got")" us
"$tmp/host" "$tmp/guest.wasm" again 2000 >"$tmp/got"
figure "hello, the same where the code is shared: median" "" "$(cut -d ' ' -f 1 "$tmp/got")" us

# ---- guests that sleep ----
"$tmp/host" "$tmp/guest.wasm" sleep "$guests" >"$tmp/got"
figure "$guests guests asleep on one thread: memory of each" "" "$(awk '{ printf "%.1f", $1 / 1024 }' "$tmp/got")" KB
figure "$guests guests asleep on one thread: time to resume each" "" "$(cut -d ' ' -f 2 "$tmp/got")" us

# ---- a file ----
head -c "$size" /dev/zero | tr '\0' x >"$tmp/root/from"
cp "$tmp/root/from" "$tmp/root/to"
copied() { "$@" && cmp -s "$tmp/root/from" "$tmp/root/to"; }
cp_ms=$(least cp "$tmp/root/from" "$tmp/root/to")
figure "a file of $size: cp" "" "$cp_ms" ms
for way in copy splice; do
    rm -f "$tmp/root/to" && "$witc" run --dir "$tmp/root::/" "$tmp/guest.wasm" $way && copied true || echo "bench/wasi: $way has not copied it" >&2
    ms=$(least "$witc" run --dir "$tmp/root::/" "$tmp/guest.wasm" $way)
    figure "a file of $size by streams, $way: witc run" "" "$ms" ms
    figure "a file of $size by streams, $way: cp's time against ours" "> 0.5" "$(ratio "$cp_ms" "$ms")" x
    [ -z "$wasmtime" ] ||
        figure "a file of $size by streams, $way: wasmtime run" "" "$(least "$wasmtime" run --dir "$tmp/root::/" "$tmp/guest.wasm" $way)" ms
done
rm -f "$tmp/root/to" "$tmp/root/from"

# ---- a server ----
"$witc" build --wit wasi/wit -w wasi:http/proxy tests/serve/handler.c -o "$tmp/app.wasm" || exit 1
start() {
    : >"$tmp/err"
    "$witc" serve --addr 127.0.0.1:0 "$@" "$tmp/app.wasm" 2>"$tmp/err" &
    pid=$!
    while ! grep -q listening "$tmp/err"; do kill -0 "$pid" 2>/dev/null || exit 1; sleep 0.05; done
    url=$(sed -n 's/.*listening at //p' "$tmp/err")
}
stop() { kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; pid=''; }
start_wasmtime() { # PORT is one that nobody has
    "$wasmtime" serve --addr "127.0.0.1:$1" "$tmp/app.wasm" >/dev/null 2>&1 &
    pid=$! url=http://127.0.0.1:$1
    for _ in $(seq 100); do
        curl -s -o /dev/null "$url/" && return
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    echo "bench/wasi: wasmtime does not serve" >&2
    stop
    return 1
}
# rate NAME AIM: what wrk has measured, its rate in $rate
load() {
    wrk --latency -t1 -c32 -d"${seconds}s" "$url/" >"$tmp/wrk"
    rate=$(awk '/Requests\/sec/ { print $2 }' "$tmp/wrk")
    figure "$1" "" "$rate" req/s
    figure "$1: p50" "" "$(awk '/50%/ { print $2 }' "$tmp/wrk")" ""
    figure "$1: p99" "" "$(awk '/99%/ { print $2 }' "$tmp/wrk")" ""
    grep -q Non-2xx "$tmp/wrk" && echo "bench/wasi: $1: $(grep Non-2xx "$tmp/wrk")" >&2
}
load_h2() { # NAME
    rate=$(h2load -t1 -c8 -m4 -D "$seconds" "$url/" 2>/dev/null | sed -n 's/^finished in [^,]*, \([0-9.]*\) req.*/\1/p')
    figure "$1" "" "$rate" req/s
}
if has wrk; then
    for workers in 1 2; do
        start --workers $workers --max-delay 0
        load "serve hello, $workers worker(s)"
        eval "witc_$workers=\$rate"
        stop
    done
    if [ -n "$wasmtime" ] && has curl && start_wasmtime $((20000 + $$ % 20000)); then
        load "serve hello, wasmtime serve (all cores)"
        stop
        figure "serve hello, our 1 worker against wasmtime" "" "$(ratio "$witc_1" "$rate")" x
        figure "serve hello, our 2 workers against wasmtime" "> 1" "$(ratio "$witc_2" "$rate")" x
    fi
    if has openssl; then
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$tmp/key.pem" -out "$tmp/cert.pem" \
            -days 2 -subj /CN=localhost 2>/dev/null
        start --max-delay 0 --tls-cert "$tmp/cert.pem" --tls-key "$tmp/key.pem"
        load "serve hello by TLS, 1 worker"
        if has h2load; then load_h2 "serve hello by TLS and HTTP/2, 1 worker"; fi
        stop
    fi
    if has h2load; then
        start --max-delay 0
        load_h2 "serve hello by HTTP/2, 1 worker"
        stop
    fi
fi

# ---- more than it can answer ----
offer() { # offer RATE: into $served, $away, $p99
    "$tmp/offer" "${url##*:}" "$path" "$1" "$long" >"$tmp/got"
    read -r served away _ p99 <"$tmp/got"
    sleep 0.3
}
overload() { # overload NAME PATH
    name=$1 path=$2
    start
    offer 0
    capacity=$served
    offer "$capacity"
    at_capacity=$p99
    offer $((capacity * 2))
    stop
    figure "$name: capacity" "" "$capacity" req/s
    figure "$name, that offered: p99" "" "$at_capacity" ms
    figure "$name, twice that: answered" "" "$served" req/s
    figure "$name, twice that: turned away" "" "$away" req/s
    figure "$name, twice that: p99 of the answered" "" "$p99" ms
    figure "$name, twice that: p99 against that at capacity" "< 3" "$(ratio "$p99" "$at_capacity")" x
}
overload "serve hello" /
overload "serve 1,000,000 turns of a loop" '/spin?1'
summary
