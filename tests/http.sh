#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# http.sh [WITC]: a guest in C sends requests to servers of node on this machine, by HTTP/1.1, TLS and HTTP/2.
. "$(dirname "$0")/lib.sh"
for program in node openssl; do
    command -v $program >/dev/null && continue
    skip "http: $program is not installed"
    finish http
done
mkdir "$tmp/wit"
cp -r wasi/wit/deps "$tmp/wit/deps"
cp tests/http/fetch.wit "$tmp/wit/"
if ! "$witc" build --wit "$tmp/wit" tests/http/fetch.c -o "$tmp/fetch.wasm" 2>"$err"; then
    skip "http: the guest cannot be built: $(head -n 1 "$err")"
    finish http
fi
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout "$tmp/key.pem" -out "$tmp/cert.pem" \
    -subj /CN=localhost -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' 2>/dev/null
node tests/http/server.mjs "$tmp" >"$tmp/ports" &
server=$!
trap 'kill $server; rm -rf "$tmp"' EXIT
for _ in $(seq 200); do
    [ -s "$tmp/ports" ] && break
    sleep 0.05
done
read -r plain secure second strict <"$tmp/ports"

# fetch STATUS EXPECTED RULE WORDS...: what the guest prints, lines joined by |.
fetch() {
    want=$1 expected=$2 rule=$3
    shift 3
    # shellcheck disable=SC2086 # words
    timeout 60 "$witc" run $rule "$tmp/fetch.wasm" "$@" >"$out" 2>"$err" </dev/null
    got=$?
    said=$(tr '\n' '|' <"$out")
    if [ $got = "$want" ] && [ "$said" = "$expected" ]; then ok; else
        bad "fetch $*" "exit $got, expected $want: $said, expected $expected: $(head -n 3 "$err")"
    fi
}
here="--net-allow tcp:127.0.0.1:*"
fetch 0 '200|GET /a?b |' "$here" http "127.0.0.1:$plain" '/a?b'
if grep -q 'error 37' "$out"; then
    failed=0
    skip "http: libcurl is not installed"
    finish http
fi
fetch 0 '200|POST /a hello|' "$here" http "127.0.0.1:$plain" /a hello
fetch 0 '200|abc|Sum: 3|' "$here" http "127.0.0.1:$plain" /trailers
fetch 0 '200|1.1|' "--net-allow tcp:localhost:$plain" http "localhost:$plain" /version
fetch 1 'error 15|' "" http "127.0.0.1:$plain" /a
fetch 1 'error 4|' "--net-allow tcp:127.0.0.1:1" http "127.0.0.1:$plain" /a
fetch 1 'error 15|' "$here" http "localhost:$plain" /a
fetch 1 'error 6|' "$here" http 127.0.0.1:1 /a
HTTP_PROXY=http://127.0.0.1:1 http_proxy=http://127.0.0.1:1 ALL_PROXY=http://127.0.0.1:1
export HTTP_PROXY http_proxy ALL_PROXY
fetch 0 '200|GET /a |' "$here" http "127.0.0.1:$plain" /a

# The large body in whole
timeout 60 "$witc" run --net-allow 'tcp:127.0.0.1:*' "$tmp/fetch.wasm" http "127.0.0.1:$plain" /large >"$out"
if [ "$(tr -cd x <"$out" | wc -c)" = 1048576 ]; then ok; else bad large "$(wc -c <"$out") bytes"; fi

# TLS: a certificate that nobody has signed; one that is trusted, by its name and by its address
fetch 1 'error 13|' "$here" https "127.0.0.1:$secure" /a
fetch 1 'error 12|' "$here" https "127.0.0.1:$plain" /a
SSL_CERT_FILE=$tmp/none.pem
export SSL_CERT_FILE
fetch 1 'error 37|' "$here" https "127.0.0.1:$secure" /a
SSL_CERT_FILE=$tmp/cert.pem
SSLKEYLOGFILE=$tmp/keys
export SSLKEYLOGFILE
fetch 0 '200|1.1|' "$here" https "127.0.0.1:$secure" /version
fetch 0 '200|2.0|' "--net-allow tcp:localhost:$second" https "localhost:$second" /version
fetch 0 '200|POST /a hello|' "$here" https "127.0.0.1:$second" /a hello
fetch 0 '200|abc|sum: 3|' "$here" https "127.0.0.1:$second" /trailers
fetch 1 'error 14|' "$here" https "127.0.0.1:$strict" /a

# The same behind the second wall: names, libcurl, authorities, ports. No leaks can be looked for there.
export ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS:-}"
if "$witc" run --jail --net-allow tcp:127.0.0.1:1 "$tmp/fetch.wasm" http 127.0.0.1:1 /a 2>&1 | grep -q Landlock; then
    skip "http: this kernel has no Landlock for ports"
else
    fetch 0 '200|1.1|' "--jail --net-allow tcp:localhost:$plain" http "localhost:$plain" /version
    fetch 0 '200|1.1|' "--jail --net-allow tcp:localhost:$secure" https "localhost:$secure" /version
    fetch 0 '200|2.0|' "--jail --net-allow tcp:127.0.0.1:$second" https "127.0.0.1:$second" /version
    fetch 1 'error 4|' "--jail --net-allow tcp:127.0.0.1:$second" https "127.0.0.1:$secure" /version
    unset SSL_CERT_FILE
    fetch 1 'error 13|' "--jail --net-allow tcp:localhost:$secure" https "localhost:$secure" /version
fi
if [ -e "$tmp/keys" ]; then bad "keys of connections" "they are written into a file"; else ok; fi
finish http
