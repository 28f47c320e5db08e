#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What `make bench-serve` prints: requests a second and latencies of `witc serve` with the handler of tests/serve, by
# wrk (Debian: wrk), and by h2load (nghttp2-client) where there is one; what a request costs beyond its handler, by the
# server's own log; and what it does with more than it can answer. SECONDS_EACH (3) is how long each run lasts.
set -u
cd "$(dirname "$0")/.." || exit 1
witc=${WITC:-build/witc} seconds=${SECONDS_EACH:-3}
tmp=$(mktemp -d) pid=''
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$tmp"' EXIT
command -v wrk >/dev/null || { echo "bench/serve: wrk is not installed"; exit 0; }
"$witc" build --wit wasi/wit -w wasi:http/proxy tests/serve/handler.c -o "$tmp/app.wasm" 2>/dev/null ||
    "$witc" parse tests/serve/handler.wat -o "$tmp/app.wasm" || exit 1

start() {
    : >"$tmp/err"
    "$witc" serve --addr 127.0.0.1:0 "$@" "$tmp/app.wasm" 2>"$tmp/err" &
    pid=$!
    while ! grep -q listening "$tmp/err"; do sleep 0.05; done
    url=$(sed -n 's/.*listening at //p' "$tmp/err")
}
stop() { kill "$pid"; wait "$pid" 2>/dev/null; pid=''; }
# figures NAME: requests a second, p50 and p99 of wrk's output.
figures() {
    awk -v name="$1" '/50%/ { half = $2 } /99%/ { most = $2 } /Requests\/sec/ { rate = $2 } /Non-2xx/ { other = $NF }
        END { printf "%-44s %9.0f req/s   p50 %9s   p99 %9s   %s\n", name, rate, half, most,
              other ? other " turned away" : "" }'
}
load() { wrk --latency -t1 -c"$2" -d"${seconds}s" "$url$3" | figures "$1"; }

for workers in 1 2; do
    start --workers "$workers" --max-delay 0
    load "hello, $workers worker(s), 1 connection" 1 /
    load "hello, $workers worker(s), 32 connections" 32 /
    if command -v h2load >/dev/null; then
        h2load --h1 -t1 -c32 -D"$seconds" "$url/" 2>/dev/null | sed -n 's/^finished in/h2load, 32 connections: finished in/p'
        for streams in 1 10; do
            h2load -t1 -c32 -m"$streams" -D"$seconds" "$url/" 2>/dev/null |
                sed -n "s/^finished in/h2load, HTTP\\/2, 32 connections, $streams stream(s) each: finished in/p"
        done
    fi
    stop
done
start --reuse 1000000 --max-delay 0
load "hello, one instance for all, 32 connections" 32 /
stop
start --spare 0 --max-delay 0
load "hello, an instance made for each" 32 /
stop

# The part of a request's time that is not its handler's, alone on the server.
start --log "$tmp/log"
wrk -t1 -c1 -d"${seconds}s" "$url/" >/dev/null
stop
sed 's/.*"seconds":\([0-9.]*\),"guest_seconds":\([0-9.]*\).*/\1 \2/' "$tmp/log" |
    awk '{ printf "%.6f %.6f %.6f\n", $1 - $2, $1, $2 }' | sort -n |
    awk '{ all[NR] = $0 } END { split(all[int(NR / 2)], a, " "); split(all[int(NR * 0.99)], b, " ")
        printf "beyond the handler: p50 %.0f us, p99 %.0f us\n", a[1] * 1e6, b[1] * 1e6 }'

# As many connections as keep the server just busy, twice as many, and far more.
start
for n in 4 8 64; do load "1,000,000 turns of a loop, $n connections" $n '/spin?1'; done
stop
start
for n in 16 32 256; do load "hello, $n connections" $n /; done
stop
