#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# serve_guests.sh [WITC]: programs of `witc serve` that are composed, with grants for one of their instances and with
# asynchronous functions inside; handlers that send hints, and requests of their own.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/serve/lib.sh"
if ! command -v curl >/dev/null; then
    skip "serve: curl is not installed"
    finish "serve guests"
fi

program=
status() { ask -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port$1"; }

# ---- compositions ----
mkdir "$tmp/wit"
cp -r wasi/wit/deps tests/serve/parts.wit "$tmp/wit/"
part() { # part WORLD TEXT NAME
    "$witc" component embed -w "$1" "$tmp/wit" "$2" -o "$tmp/core.wasm" &&
        "$witc" component new "$tmp/core.wasm" -o "$tmp/$3.wasm" || bad "$3" "it cannot be made"
}
sed '/#run") (result/,/^    (i32.const 0))$/s/^    (i32.const 0))$/    (i32.const 1))/' tests/serve/worker.wat >"$tmp/yields.wat"
sed 's/br_if $again (i32.const 0)/br $again/' tests/serve/worker.wat >"$tmp/spins.wat"
part front tests/serve/front.wat front
part worker tests/serve/worker.wat worker
part worker "$tmp/yields.wat" yields
part worker "$tmp/spins.wat" spins
for worker in worker yields spins; do
    cat >"$tmp/$worker.yml" <<END
dependencies: {front: front.wasm, worker: $worker.wasm}
roots: [front]
instantiations:
  front: {arguments: {"test:parts/work": worker}}
  worker: {grants: {env: [A=1, B=2]}}
END
done

# An instance with grants of its own has them for each request, and all that it was is put back.
start --spare 1 --env C=3 "$tmp/worker.yml"
becomes "one is made" 1 metric instances_total
for n in 1 2 3 4; do
    is "a manifest, request $n" 202 "$(status /)"
    becomes "it is put back, $n" "$n" metric rewinds_total
done
is "it is the same one" 1 "$(metric instances_total)"
is "an asynchronous function" 202 "$(status /run)"
is "after it" 202 "$(status /)"
stop "a manifest"
start --spare 1 --reuse 2 "$tmp/worker.yml"
is "reuse" "202 212 202 212" "$(status /) $(status /) $(status /) $(status /)"
stop "reuse"

# The same by a program in WAC: without grants of its own the worker has those of the whole.
cat >"$tmp/parts.wac" <<'END'
package test:whole;
let worker = new test:worker { ... };
let front = new test:front { "test:parts/work": worker.work, ... };
export front...;
END
expect "a program in WAC" 0 compose "$tmp/parts.wac" -d test:worker="$tmp/worker.wasm" -d test:front="$tmp/front.wasm" -o "$tmp/wac.wasm"
start --env C=3 "$tmp/wac.wasm"
is "what it has made" "201 201" "$(status /) $(status /run)"
stop "a program in WAC"
expect "WAC itself" 1 serve --addr 127.0.0.1:0 "$tmp/parts.wac"
say "WAC itself" 'expected a component or a core module'

# Tasks that a handler leaves behind are no task of the next.
for more in '--reuse 1' '--reuse 5' '--spare 0'; do
    want="202 202 202"
    [ "$more" = '--reuse 5' ] && want="202 212 222"
    # shellcheck disable=SC2086 # words
    start $more "$tmp/yields.yml"
    is "a task that is left, $more" "$want" "$(status /run) $(status /run) $(status /run)"
    becomes "they have ended, $more" 0 metric requests_in_flight
    stop "tasks that are left, $more"
done
# One that computes has its handler's time, and holds nobody else.
start --timeout 5s "$tmp/spins.yml"
status /run >"$tmp/run" &
running=$!
becomes "it runs" 1 metric requests_in_flight
is "beside it" "202 202" "$(status /) $(status /)"
wait $running
is "its end" 504 "$(cat "$tmp/run")"
if [ "$(metric slices_total)" -gt 0 ]; then ok; else bad "its slices" none; fi
stop "a task that computes"

# ---- handlers in C ----
if ! "$witc" build --all-features --wit wasi/wit -w wasi:http/proxy tests/serve/sender.c -o "$tmp/sender.wasm" 2>/dev/null; then
    skip "serve: clang is not installed"
    finish "serve guests"
fi
# ---- files ----
# Pages from a folder and from an archive in memory. What a request changes no other sees, nor the disk; nothing else is
# there.
"$witc" build --wit "$tmp/wit" -w page tests/serve/page.c -o "$tmp/page.wasm" 2>"$err" || bad page "$(head -n 3 "$err")"
mkdir "$tmp/pages" "$tmp/pages/in"
echo one >"$tmp/pages/a.txt"
echo two >"$tmp/pages/in/b.txt"
ln -s ../../page.wasm "$tmp/pages/out"
tar -cf "$tmp/pages.tar" -C "$tmp/pages" .
for from in pages pages.tar; do
    start --spare 1 --vfs "$tmp/$from::/" "$tmp/page.wasm"
    for n in 1 2 3; do
        is "$from: a file, request $n" one "$(ask "http://127.0.0.1:$port/a.txt")"
        is "$from: another, request $n" two "$(ask "http://127.0.0.1:$port/in/b.txt")"
    done
    is "$from: no file" "404 404 404" "$(status /c.txt) $(status /out) $(status /in/%2e%2e/a.txt)"
    # A new archive is read with the program.
    echo three >"$tmp/pages/a.txt"
    tar -cf "$tmp/pages.tar" -C "$tmp/pages" .
    kill -HUP "$pid"
    becomes "$from: the new one" three ask "http://127.0.0.1:$port/a.txt"
    stop "$from"
    echo one >"$tmp/pages/a.txt"
    tar -cf "$tmp/pages.tar" -C "$tmp/pages" .
done
is "the disk" one "$(cat "$tmp/pages/a.txt")"

# ---- hints, and requests of a handler ----
start --features all --net-allow 'tcp:127.0.0.1:*' --max-outgoing 2 --drain-timeout 100ms "$tmp/sender.wasm"
ask -i "http://127.0.0.1:$port/hints" | tr -d '\r' | grep -v '^Date' >"$tmp/got"
cat >"$tmp/want" <<'END'
HTTP/1.1 103 Early Hints
link: </a.css>; rel=preload

HTTP/1.1 103 Early Hints
link: </a.css>; rel=preload

HTTP/1.1 200 OK
Content-Length: 0

END
if cmp -s "$tmp/want" "$tmp/got"; then ok; else bad hints "$(cat "$tmp/got")"; fi
# What waits to be sent of them is bounded by bytes, too.
is "large hints" 201 "$(ask -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/flood?20")"
if [ "$(ask --http2-prior-knowledge -o /dev/null -w '%{http_version}' "http://127.0.0.1:$port/hints" 2>/dev/null)" = 2 ]; then
    is "large hints by HTTP/2" 201 "$(ask --http2-prior-knowledge -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/flood?20")"
fi
if [ "$(status /send?1)" = 200 ]; then
    skip "serve: libcurl was missing when this was built, or is now"
else
    is "two requests" 202 "$(status /send?2)"
    is "more than it may send" 202 "$(status /send?9)"
    becomes "what it has sent is given up" 0 metric requests_in_flight
fi
stop "requests of a handler"

# The body has filled all of its room while the handler was late; then the client has its time again.
start --features all --body-timeout 3s "$tmp/sender.wasm"
mkfifo "$tmp/body"
ask -o /dev/null -w '%{http_code}' -H Expect: -H Transfer-Encoding: -H 'Content-Length: 65540' -T - "http://127.0.0.1:$port/late?4000" <"$tmp/body" >"$tmp/status" &
asking=$!
exec 7>"$tmp/body"
head -c 65536 /dev/zero >&7
for _ in $(seq 400); do grep -q taken "$err" && break; sleep 0.05; done
echo end >&7
exec 7>&-
wait $asking
is "a late handler" 200 "$(cat "$tmp/status")"
say "the body's end" '^whole$'
stop "a late handler"

# A client that ends its half in the middle of a body gets 400, and the handler the error.
if command -v node >/dev/null; then
    for head in 'Content-Length: 9' 'Transfer-Encoding: chunked'; do
        start --features all "$tmp/sender.wasm"
        got=$(timeout 60 node -e "
            const s = require('net').connect({ port: $port, host: '127.0.0.1', allowHalfOpen: true });
            s.end('POST /late?100 HTTP/1.1\r\nHost: a\r\n$head\r\n\r\n3\r\nabc');
            s.on('data', d => process.stdout.write(d));
            s.on('end', () => { console.log('end'); s.destroy(); });" | tr -d '\r' | sed -n -e '1p' -e '$p' | tr '\n' ' ')
        is "half a body, $head" "HTTP/1.1 400 Bad Request end " "$got"
        becomes "its handler, $head" 0 metric requests_in_flight
        say "its handler, $head" '^broken$'
        stop "half a body"
    done
fi
finish "serve guests"
