#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# serve.sh [WITC]: `witc serve` before clients that know only sockets (tests/serve/client.mjs), by one process and by
# two, at a Unix socket, its reload, its drain, and what it says of what it cannot serve. The handler is built of
# tests/serve/handler.c where there is clang, else it is the text beside it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/serve/lib.sh"
if ! "$witc" build --wit wasi/wit -w wasi:http/proxy tests/serve/handler.c -o "$tmp/handler.wasm" 2>/dev/null; then
    "$witc" parse tests/serve/handler.wat -o "$tmp/handler.wasm" || { bad handler "it cannot be made"; finish serve; }
fi
client=${CLIENT:-tests/serve/client.mjs}

limits='--timeout 1500ms --head-timeout 800ms --body-timeout 800ms --write-timeout 800ms --idle-timeout 1s
    --max-body 1M --max-requests 20 --max-memory 64M --max-delay 0'

cp "$tmp/handler.wasm" "$tmp/app.wasm"
if ! command -v node >/dev/null; then
    skip "serve: node is not installed"
else
    # shellcheck disable=SC2086 # words
    start $limits --log "$tmp/access.log"
    result=$(timeout 100 node "$client" "$port" "$admin" "$pid" "$tmp/access.log")
    count "$result"
    stop "one process"

    # The same by HTTP/2.
    start $limits --log "$tmp/access2.log"
    result=$(timeout 100 node tests/serve/http2.mjs "$port" "$admin" "$tmp/access2.log")
    if [ "${result%%[!a-z]*}" = without ]; then
        skip "serve: HTTP/2: libnghttp2 was missing when this was built, or is now"
    else
        count "$result"
    fi
    stop "HTTP/2"

    # A body that is refused for its length is refused once, though it comes: by an answer.
    start --max-body 10
    status=$(timeout 10 node -e "
        const client = require('http2').connect('http://127.0.0.1:$port').on('error', () => process.exit());
        const body = client.request({ ':method': 'POST', 'content-length': 20 }).on('error', () => { });
        body.on('response', h => console.log(h[':status'])).on('close', () => client.destroy()).end(Buffer.alloc(20))")
    case $status in
    413) ok ;;
    *) [ "${result%%[!a-z]*}" = without ] || bad "a body that is refused by HTTP/2" "$status" ;;
    esac
    stop "a body that is refused by HTTP/2"

    # Bodies that come too slowly.
    start --timeout 60s --body-timeout 1s --min-body-rate 1M --max-delay 0
    result=$(timeout 100 node tests/serve/slow.mjs "$port")
    count "$result"
    stop "slow bodies"

    # As many idle clients as there can be by default, where the system allows a process so many descriptors.
    if [ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge 10500 ]; then
        start --max-connections 10200 --idle-timeout 10m --max-delay 0
        count "$(timeout 300 node tests/serve/idle.mjs "$port" "$pid" 1.1 10000 4096)"
        stop "idle clients"
    else
        skip "serve: 10,000 idle connections: the limit of descriptors is $(ulimit -Hn)"
    fi
    start --idle-timeout 10m --max-delay 0
    if node -e "require('http2').connect('http://127.0.0.1:$port').on('error', () => process.exit(1)).on('remoteSettings', () => process.exit(0))"; then
        count "$(timeout 300 node tests/serve/idle.mjs "$port" "$pid" 2 1000 32768)"
    fi
    stop "idle clients of HTTP/2"

    # Broken requests leave nothing behind, and the next is answered.
    start --log "$tmp/access.log"
    timeout 30 node tests/serve/mutants.mjs "$port" >/dev/null
    sleep 0.5
    timeout 10 node -e "fetch('http://127.0.0.1:$port/').then(r => r.text()).then(t => process.exit(Number(t !== 'hello\n')))"
    if [ $? = 0 ]; then ok; else bad "broken requests" "the next is not answered: $(grep -v trapped "$err" | tail -n 3)"; fi
    stop "broken requests"
fi

if ! command -v curl >/dev/null; then
    skip "serve: curl is not installed"
    finish serve
fi
ask() { curl -s --max-time 5 "$@"; }
# is NAME EXPECTED GOT
is() { if [ "$2" = "$3" ]; then ok; else bad "$1" "expected $2, got $3"; fi; }

# Requests under way are finished; new ones are not taken.
start --drain-timeout 5s
ask "http://127.0.0.1:$port/sleep?600" >"$tmp/slept" &
asking=$!
sleep 0.2
kill -TERM "$pid"
sleep 0.1
is "health of a drain" 503 "$(ask -o /dev/null -w '%{http_code}' "http://127.0.0.1:$admin/health")"
wait $asking
is "a drain" slept "$(cat "$tmp/slept")"
wait $pid
is "its status" 0 $?

# The same by HTTP/2: the client is told, and the connections end.
if curl --version | grep -q HTTP2; then
    start --drain-timeout 5s
    with2=$(ask --http2-prior-knowledge -o /dev/null -w '%{http_version}' "http://127.0.0.1:$port/")
    ask --http2-prior-knowledge "http://127.0.0.1:$port/sleep?600" >"$tmp/slept" &
    asking=$!
    sleep 0.2
    kill -TERM "$pid"
    wait $asking
    [ "$with2" = 2 ] && is "a drain by HTTP/2" slept "$(cat "$tmp/slept")"
    wait $pid
    is "its status" 0 $?
fi

# Informational responses of a guest, and a client of HTTP/2 where there is no library: a file that is none is
# found before it.
(echo "(module"; cat tests/wasi/wat/informational.wat; echo ")") >"$tmp/informs.wat"
"$witc" component embed --all-features -w wasi:http/proxy wasi/wit "$tmp/informs.wat" -o "$tmp/informs.core" &&
    "$witc" component new "$tmp/informs.core" -o "$tmp/app.wasm"
statuses() { ask -D - "$@" "http://127.0.0.1:$port/" | sed -n 's/^HTTP[^ ]* \([0-9]*\).*/\1/p' | paste -sd ' ' -; }
start --features informational-outbound-responses
is "1xx" "103 199 103 200" "$(statuses)"
[ "${with2:-0}" = 2 ] && is "1xx by HTTP/2" "103 199 103 200" "$(statuses --http2-prior-knowledge)"
stop "1xx"
cp "$tmp/handler.wasm" "$tmp/app.wasm"
mkdir "$tmp/without" && : >"$tmp/without/libnghttp2.so.14"
libraries=${LD_LIBRARY_PATH-}
export LD_LIBRARY_PATH="$tmp/without:$libraries"
start
export LD_LIBRARY_PATH="$libraries"
is "without a library" 200 "$(statuses)"
if curl --version | grep -qw telnet; then
    got=$(printf 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' | ask "telnet://127.0.0.1:$port" | head -n 1 | cut -d ' ' -f 2)
    is "HTTP/2 without a library" 505 "$got"
fi
stop "without a library"

# What has come before the signal is answered, though the server has not seen it yet.
start
kill -STOP "$pid"
ask "http://127.0.0.1:$port/" >"$tmp/late" &
asking=$!
sleep 0.3
kill -TERM "$pid"
kill -CONT "$pid"
wait $asking
is "a request in front of the door" hello "$(cat "$tmp/late")"
wait $pid
is "its status" 0 $?

# A second signal ends it at once, and so does the limit.
start --drain-timeout 60s
ask "http://127.0.0.1:$port/sleep?9000" >/dev/null &
sleep 0.2
kill -TERM "$pid"
sleep 0.1
kill -TERM "$pid"
wait $pid
is "a second signal" 1 $?

# Without a limit a drain lasts as long as the requests.
start --drain-timeout 0
ask "http://127.0.0.1:$port/sleep?500" >"$tmp/slept" &
asking=$!
sleep 0.2
kill -TERM "$pid"
wait $asking
is "a drain without limit" slept "$(cat "$tmp/slept")"
wait $pid
is "its status" 0 $?

# However long the target is, the log says what was wrong.
start
ask -o /dev/null "http://127.0.0.1:$port/trap?$(printf %04000d 0)"
say "a trap of a long target" 'has trapped.*: .*unreachable'
stop "a trap"

# Where there are too many connections, health is still told.
start --max-connections 1 --idle-timeout 5s
ask "http://127.0.0.1:$port/sleep?700" >"$tmp/slept" &
asking=$!
sleep 0.2
is "one connection too many" 503 "$(ask -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/")"
is "health of a full server" 200 "$(ask -o /dev/null -w '%{http_code}' "http://127.0.0.1:$admin/health")"
wait $asking
is "the connection that was first" slept "$(cat "$tmp/slept")"
stop "too many connections"

# A file that is bad does not take the place of one that is good.
start
is "before" hello "$(ask "http://127.0.0.1:$port/")"
echo nothing >"$tmp/app.wasm"
kill -HUP "$pid"
sleep 0.4
is "the old program stays" hello "$(ask "http://127.0.0.1:$port/")"
say "the reload" 'stays as it was'
cp "$tmp/handler.wasm" "$tmp/app.wasm"
stop "after a bad reload"

# Several requests by one instance; a fresh one for each, that is made anew.
start --reuse 3 --spare 1 # others that are made meanwhile would come first
is "reuse" "1 2 3 1" "$(for _ in 1 2 3 4; do ask "http://127.0.0.1:$port/count"; echo; done | tr '\n' ' ' | sed 's/ $//')"
stop "reuse"
start --spare 0
is "no spare ones" "1 1" "$(ask "http://127.0.0.1:$port/count") $(ask "http://127.0.0.1:$port/count")"
stop "no spare ones"

# A socket that is a file.
# shellcheck disable=SC2086 # words
"$witc" serve $flags --unix "$tmp/socket" "$tmp/app.wasm" 2>"$err" &
pid=$!
for _ in $(seq 100); do [ -S "$tmp/socket" ] && break; sleep 0.05; done
is "a Unix socket" hello "$(ask --unix-socket "$tmp/socket" http://a/)"
stop "a Unix socket"
if [ -e "$tmp/socket" ]; then bad "a Unix socket" "it is left behind"; else ok; fi
# A path that is taken stays with its server; a long one is removed as a whole.
long=$tmp/$(printf %0105d 0 | cut -c "$((${#tmp} + 2))-105")
# shellcheck disable=SC2086 # words
"$witc" serve $flags --unix "$long" "$tmp/app.wasm" 2>"$err" &
pid=$!
for _ in $(seq 100); do [ -S "$long" ] && break; sleep 0.05; done
expect "a taken path" 1 serve --unix "$long" "$tmp/app.wasm"
is "a taken path" hello "$(ask --unix-socket "$long" http://a/)"
stop "a long path"
if [ -e "$long" ]; then bad "a long path" "it is left behind"; else ok; fi

# A socket that was opened before, and blocks, as those of systemd do.
if ! command -v python3 >/dev/null; then
    skip "serve: python3 is not installed"
else
    cat >"$tmp/activate.py" <<'END'
import os, socket, sys
s = socket.socket()
s.bind(('127.0.0.1', 0))
s.listen()
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1')
if s.fileno() == 3: os.set_inheritable(3, True)
else: os.dup2(s.fileno(), 3)
os.execv(sys.argv[1], sys.argv[1:])
END
    start_activated() {
        : >"$err"
        # shellcheck disable=SC2086 # words
        python3 "$tmp/activate.py" "$witc" serve $flags "$@" "$tmp/app.wasm" 2>"$err" >"$out" </dev/null &
        pid=$! port=''
        for _ in $(seq 200); do
            port=$(sed -n 's/.*listening at http:.*:\([0-9]*\)$/\1/p' "$err")
            [ -n "$port" ] && return
            sleep 0.05
        done
        bad "an opened socket" "it does not listen: $(head -n 3 "$err")"
    }
    start_activated
    is "an opened socket" "hello hello" "$(ask "http://127.0.0.1:$port/") $(ask "http://127.0.0.1:$port/")"
    stop "an opened socket"
fi

# Workers: one that is killed is started again, and all counters are summed up.
start --workers 2 --log "$tmp/workers.log"
for _ in 1 2 3 4 5 6 7 8; do ask "http://127.0.0.1:$port/"; done >"$tmp/all"
is "workers" 8 "$(grep -c hello "$tmp/all")"
is "their sum" "witc_serve_requests_total 8" "$(ask "http://127.0.0.1:$admin/metrics" | grep '^witc_serve_requests_total')"
kill -KILL "$(pgrep -P "$pid" | head -n 1)"
sleep 0.6
for _ in 1 2 3 4; do ask "http://127.0.0.1:$port/"; done >"$tmp/all"
is "after a crash" 4 "$(grep -c hello "$tmp/all")"
is "restarts" "witc_serve_worker_restarts_total 1" "$(ask "http://127.0.0.1:$admin/metrics" | grep '^witc_serve_worker_restarts')"
kill -HUP "$pid"
sleep 0.4
is "after a reload" hello "$(ask "http://127.0.0.1:$port/")"
# Where the program is bad, the log is opened again all the same, and it is counted.
echo nothing >"$tmp/app.wasm"
mv "$tmp/workers.log" "$tmp/workers.old"
kill -HUP "$pid"
sleep 0.6
is "workers after a bad reload" hello "$(ask "http://127.0.0.1:$port/")"
sleep 0.1
if grep -q '"status":200' "$tmp/workers.log"; then ok; else bad "workers after a bad reload" "the log is not opened again"; fi
is "it is counted" "witc_serve_reloads_failed_total 2" "$(ask "http://127.0.0.1:$admin/metrics" | grep '^witc_serve_reloads_failed')"
cp "$tmp/handler.wasm" "$tmp/app.wasm"
stop "workers"

# What cannot be served, and words that are wrong.
expect "nothing" 2 serve
expect "an address" 2 serve --addr nowhere "$tmp/app.wasm"
expect "workers" 2 serve --workers 0 "$tmp/app.wasm"
expect "no log" 1 serve --addr 127.0.0.1:0 --workers 2 --log "$tmp/none/log" "$tmp/app.wasm"
say "no log" 'cannot write .*No such file'
expect "no file" 1 serve "$tmp/none.wasm"
expect "no component" 1 serve tests/serve/client.mjs
printf '(component)' >"$tmp/empty.wat"
expect "no handler" 1 serve "$tmp/empty.wat"
say "no handler" incoming-handler
start
expect "a taken address" 1 serve --addr "127.0.0.1:$port" "$tmp/app.wasm"
say "a taken address" 'ddress already in use'
stop "the first"
finish serve
