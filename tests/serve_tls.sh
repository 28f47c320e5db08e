#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# serve_tls.sh [WITC]: `witc serve --tls-cert` before clients of node (tests/serve/tls.mjs), curl and openssl, with
# certificates that are made here; what is wrong with certificates and keys; and how they are loaded anew.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/serve/lib.sh"
if ! command -v openssl >/dev/null; then
    skip "serve TLS: openssl is not installed"
    finish "serve TLS"
fi
"$witc" parse tests/serve/handler.wat -o "$tmp/app.wasm" || { bad handler "it cannot be made"; finish "serve TLS"; }

# make NAME HOST [WORDS]: a key and a certificate.
make_pair() {
    name=$1 host=$2
    shift 2
    [ -e "$tmp/$name.key" ] || openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$tmp/$name.key" 2>/dev/null
    openssl req -x509 -key "$tmp/$name.key" -out "$tmp/$name.pem" -days 3 -subj "/CN=$host" \
        -addext "subjectAltName=DNS:$host" "$@" 2>/dev/null
}
make_pair one localhost
make_pair two other.test

one="--tls-cert $tmp/one.pem --tls-key $tmp/one.key"
limits='--timeout 2500ms --head-timeout 1500ms --body-timeout 1s --write-timeout 1s --idle-timeout 1500ms --max-delay 0'

# shellcheck disable=SC2086 # words
if why=$("$witc" serve $one --addr 1.2.3.4.5:0 "$tmp/app.wasm" 2>&1 | grep 'there is no TLS'); then
    skip "serve TLS: ${why#*there is no TLS: }"
    finish "serve TLS"
fi
# shellcheck disable=SC2086 # words
start $one $limits --log "$tmp/log"
if ! command -v node >/dev/null; then
    skip "serve TLS: node is not installed"
else
    result=$(timeout 300 node tests/serve/tls.mjs "$port" "$admin" "$pid" "$tmp/one.pem" 2>&1)
    count "$result"
    if grep -q '"scheme":"https"' "$tmp/log"; then ok; else bad log "no https in it"; fi
fi

# An answer that is whole is followed by close_notify, one that is cut is not.
ask_bare() { (printf 'GET %s HTTP/1.0\r\n\r\n' "$1"; sleep 1) | timeout 10 openssl s_client -connect "127.0.0.1:$port" -quiet 2>&1; }
is "a whole answer" 0 "$(ask_bare / | grep -c 'unexpected eof')"
is "a cut answer" 1 "$(ask_bare /cut | grep -c 'unexpected eof')"

# A client that takes new keys in the middle, and asks for new ones of the server (s_client's K).
got=$( (sleep 0.5; printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'; sleep 0.3; echo K; sleep 0.3; printf 'GET /status?201 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'; sleep 1) |
    timeout 10 openssl s_client -tls1_3 -connect "127.0.0.1:$port" 2>&1 | grep -e '^HTTP' -e '^KEYUPDATE' | tr -d '\r')
is "new keys" "$(printf 'HTTP/1.1 200 OK\nKEYUPDATE\nHTTP/1.1 201 Created')" "$got"
# A new handshake within a connection is refused, and there is no compression; the others go on.
asks() { sleep 0.5; printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'; sleep 0.3; echo R; sleep 1; }
got=$(asks | timeout 10 openssl s_client -tls1_2 -comp -connect "127.0.0.1:$port" 2>&1 | tr -d '\r' | grep -o -e '^HTTP.*' -e 'no renegotiation' -e '^Compression: .*')
is "renegotiation" "$(printf 'Compression: NONE\nHTTP/1.1 200 OK\nno renegotiation')" "$got"
stop "the first"

# What HTTP/2 forbids of TLS 1.2 is not agreed on: keys that are not new for each connection, CBC.
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$tmp/rsa.key" -out "$tmp/rsa.pem" -days 3 -subj /CN=localhost 2>/dev/null
start --tls-cert "$tmp/rsa.pem" --tls-key "$tmp/rsa.key"
for cipher in ECDHE-RSA-AES128-GCM-SHA256 ECDHE-RSA-AES256-GCM-SHA384 ECDHE-RSA-CHACHA20-POLY1305 \
    AES128-GCM-SHA256 DHE-RSA-AES128-GCM-SHA256 ECDHE-RSA-AES128-SHA256 AES128-SHA; do
    openssl ciphers "$cipher" >/dev/null 2>&1 || continue
    want='(NONE)'
    case $cipher in ECDHE-*GCM* | *POLY1305) want=$cipher ;; esac
    got=$(openssl s_client -tls1_2 -cipher "$cipher:@SECLEVEL=0" -connect "127.0.0.1:$port" </dev/null 2>/dev/null | sed -n 's/.*Cipher is //p')
    is "cipher $cipher" "$want" "$got"
done
stop "ciphers"

# What is wrong with files.
chmod 600 "$tmp/one.key"
bad_start() { # bad_start NAME PATTERN WORDS...
    what=$1 pattern=$2
    shift 2
    expect "$what" 1 serve --addr 127.0.0.1:0 "$@" "$tmp/app.wasm" && say "$what" "$pattern"
}
openssl pkey -in "$tmp/one.key" -aes256 -passout pass:x -out "$tmp/secret.key" 2>/dev/null
head -c 200 "$tmp/one.pem" >"$tmp/half.pem"
cat "$tmp/one.pem" "$tmp/half.pem" >"$tmp/chain.pem"
echo nothing >"$tmp/text"
bad_start "another key" 'two.key: the key is not that of the certificate' --tls-cert "$tmp/one.pem" --tls-key "$tmp/two.key"
bad_start "a secret key" 'secret.key: the key is encrypted' --tls-cert "$tmp/one.pem" --tls-key "$tmp/secret.key"
bad_start "no key" 'one.pem: there is no private key' --tls-cert "$tmp/one.pem"
bad_start "no certificate" 'text: there is no certificate' --tls-cert "$tmp/text" --tls-key "$tmp/one.key"
bad_start "half a certificate" 'half.pem: there is no certificate' --tls-cert "$tmp/half.pem" --tls-key "$tmp/one.key"
bad_start "half a chain" 'chain.pem: a certificate after the first' --tls-cert "$tmp/chain.pem" --tls-key "$tmp/one.key"
bad_start "no file" 'none.pem: No such file' --tls-cert "$tmp/none.pem" --tls-key "$tmp/one.key"
bad_start "a folder" 'Is a directory' --tls-cert "$tmp" --tls-key "$tmp/one.key"
mkfifo "$tmp/pipe" && bad_start "a pipe" 'cannot read' --tls-cert "$tmp/pipe" --tls-key "$tmp/one.key"
head -c 2000000 /dev/zero >"$tmp/large" && bad_start "a large file" 'File too large' --tls-cert "$tmp/large" --tls-key "$tmp/one.key"
if [ "$(id -u)" != 0 ]; then
    cp "$tmp/one.key" "$tmp/closed.key" && chmod 0 "$tmp/closed.key"
    bad_start "a closed file" 'closed.key: Permission denied' --tls-cert "$tmp/one.pem" --tls-key "$tmp/closed.key"
fi
expect "a key alone" 2 serve --tls-key "$tmp/one.key" "$tmp/app.wasm"
expect "too few keys" 2 serve --tls-cert "$tmp/one.pem" --tls-cert "$tmp/two.pem" --tls-key "$tmp/one.key" "$tmp/app.wasm"

# A library that cannot be loaded: a file that is none is found before it.
mkdir "$tmp/without" && : >"$tmp/without/libssl.so.3"
libraries=${LD_LIBRARY_PATH-}
export LD_LIBRARY_PATH="$tmp/without:$libraries"
bad_start "no library" 'there is no TLS: libssl.so.3 (OpenSSL) cannot be loaded' --tls-cert "$tmp/one.pem" --tls-key "$tmp/one.key"
export LD_LIBRARY_PATH="$libraries"

# What is only odd: an old certificate, a key that others can read, one that has not issued the other.
openssl req -new -key "$tmp/one.key" -subj /CN=localhost 2>/dev/null |
    openssl x509 -req -key "$tmp/one.key" -days -1 -out "$tmp/old.pem" 2>/dev/null
cat "$tmp/one.key" "$tmp/old.pem" "$tmp/two.pem" >"$tmp/all.pem"
chmod 644 "$tmp/all.pem"
start --tls-cert "$tmp/all.pem"
say "an old certificate" 'warning: .*all.pem: the certificate has expired on'
say "a readable key" 'warning: .*all.pem: everybody'
say "a chain" 'warning: .*all.pem: certificate 2 has not issued'
stop "an odd one"

subject() { openssl s_client -connect "127.0.0.1:$port" "$@" </dev/null 2>/dev/null | sed -n 's/^subject=.*CN *= *//p'; }
if ! command -v curl >/dev/null; then
    skip "serve TLS: curl is not installed"
    finish "serve TLS"
fi
ask() { curl -s --max-time 5 --cacert "$tmp/one.pem" "$@"; }

# HTTP/2 by ALPN, where there is a library for it on either side: bodies in both directions, and a drain. Without it, or
# for a client that does not ask, it is HTTP/1.1.
version() { ask -o /dev/null -w '%{http_version}' "$@" "https://localhost:$port/"; }
head -c 300000 "$witc" >"$tmp/body"
mv "$tmp/without/libssl.so.3" "$tmp/without/libnghttp2.so.14"
# shellcheck disable=SC2086 # words
start $one
is "who does not ask for HTTP/2" 1.1 "$(version --http1.1)"
if curl --version | grep -q HTTP2 && [ "$(version --http2)" = 2 ]; then
    ask --http2 --data-binary "@$tmp/body" "https://localhost:$port/echo" | cmp - "$tmp/body" >&2
    is "a body there and back by HTTP/2" 0 $?
    is "a large one by HTTP/2" 5000000 "$(ask --http2 "https://localhost:$port/big?5000000" | wc -c)"
    is "a cut one by HTTP/2" 92 "$(ask --http2 -o /dev/null -w '%{exitcode}' "https://localhost:$port/cut")"
    ask --http2 "https://localhost:$port/sleep?600" >"$tmp/slept" &
    asking=$!
    sleep 0.3
    kill -TERM "$pid"
    wait $asking
    is "a drain by HTTP/2" slept "$(cat "$tmp/slept")"
    wait "$pid"
    is "its status" 0 $?
    export LD_LIBRARY_PATH="$tmp/without:$libraries"
    # shellcheck disable=SC2086 # words
    start $one
    export LD_LIBRARY_PATH="$libraries"
    is "a server without HTTP/2" 1.1 "$(version --http2)"
    stop "a server without HTTP/2"
else
    skip "serve TLS: HTTP/2: curl or the server has none"
    stop "HTTP/1.1 only"
fi

# Certificates for several hosts; the first one for all others.
start --tls-cert "$tmp/one.pem" --tls-key "$tmp/one.key" --tls-cert "$tmp/two.pem" --tls-key "$tmp/two.key"
is "the first host" localhost "$(subject -servername localhost)"
is "the second host" other.test "$(subject -servername other.test)"
is "another host" localhost "$(subject -servername none.test)"
is "no host" localhost "$(subject -noservername)"
is "the second host's answer" hello "$(curl -s --max-time 5 --cacert "$tmp/two.pem" --resolve "other.test:$port:127.0.0.1" "https://other.test:$port/")"
stop "two certificates"

# New ones are taken by SIGHUP, bad ones are not; by a process alone and by two.
for workers in 1 2; do
    cp "$tmp/one.pem" "$tmp/live.pem" && cp "$tmp/one.key" "$tmp/live.key"
    start --workers $workers --tls-cert "$tmp/live.pem" --tls-key "$tmp/live.key"
    is "before" hello "$(ask "https://localhost:$port/")"
    ask "https://localhost:$port/sleep?1200" >"$tmp/slept" &
    asking=$!
    sleep 0.3
    cp "$tmp/two.pem" "$tmp/live.pem"
    kill -HUP "$pid"
    for _ in $(seq 100); do [ "$(grep -c 'stay as they were' "$err")" -ge $workers ] && break; sleep 0.05; done
    is "a bad one is not taken" localhost "$(subject)"
    say "a bad one" 'the key is not that of the certificate'
    say "a bad one" 'certificates stay as they were'
    cp "$tmp/two.key" "$tmp/live.key"
    : >"$err"
    kill -HUP "$pid"
    for _ in $(seq 100); do [ "$(grep -c 'loaded anew' "$err")" -gt $((workers - 1)) ] && break; sleep 0.05; done
    sleep 0.3
    is "a new one is taken" "other.test other.test other.test" "$(subject) $(subject) $(subject)"
    # A ticket of one worker is good for the others, too, and is not for what is loaded anew.
    openssl s_client -tls1_2 -connect "127.0.0.1:$port" -sess_out "$tmp/ticket" </dev/null >/dev/null 2>&1
    reused() { for _ in 1 2 3 4 5 6; do openssl s_client -tls1_2 -connect "127.0.0.1:$port" -sess_in "$tmp/ticket" </dev/null 2>/dev/null; done | grep -c '^Reused'; }
    is "tickets by $workers" 6 "$(reused)"
    : >"$err"
    kill -HUP "$pid"
    for _ in $(seq 100); do [ "$(grep -c 'loaded anew' "$err")" -gt $((workers - 1)) ] && break; sleep 0.05; done
    sleep 0.3
    is "tickets of before" 0 "$(reused)"
    wait $asking
    is "a request meanwhile" slept "$(cat "$tmp/slept")"
    stop "new certificates"
done

# What has come before the end is answered, though the handshake has not begun; also at a Unix socket.
# shellcheck disable=SC2086 # words
start $one
kill -STOP "$pid"
ask "https://localhost:$port/" >"$tmp/late" &
asking=$!
sleep 0.3
kill -TERM "$pid"
kill -CONT "$pid"
wait $asking
is "a request in front of the door" hello "$(cat "$tmp/late")"
wait "$pid"
is "its status" 0 $?
# shellcheck disable=SC2086 # words
"$witc" serve $flags --unix "$tmp/socket" $one "$tmp/app.wasm" 2>"$err" &
pid=$!
for _ in $(seq 100); do [ -S "$tmp/socket" ] && break; sleep 0.05; done
is "a Unix socket" hello "$(ask --unix-socket "$tmp/socket" https://localhost/)"
stop "a Unix socket"

# A full server says nothing; /health is told without TLS.
# shellcheck disable=SC2086 # words
start $one --max-connections 1
ask "https://localhost:$port/sleep?700" >"$tmp/slept" &
asking=$!
sleep 0.3
ask "https://localhost:$port/" >/dev/null
if [ $? != 0 ]; then ok; else bad "one connection too many" "it is answered"; fi
is "health" ok "$(curl -s --max-time 5 "http://127.0.0.1:$admin/health")"
wait $asking
is "the connection that was first" slept "$(cat "$tmp/slept")"
stop "a full server"
finish "serve TLS"
