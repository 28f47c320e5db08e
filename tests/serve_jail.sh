#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# serve_jail.sh [WITC]: `witc serve --jail`: each process has its walls, those that are started later, too, and what it
# opens again by its path is found behind them. That all else goes on there: SERVE_FLAGS=--jail with the other scripts
# of `serve`. (test_wasi_jail tries the walls from inside.)
. "$(dirname "$0")/lib.sh"
SERVE_FLAGS=--jail
. "$(dirname "$0")/serve/lib.sh"
if ! command -v curl >/dev/null; then
    skip "serve: curl is not installed"
    finish "serve locked in"
fi
mkdir "$tmp/app" "$tmp/log" "$tmp/outside" "$tmp/linked"
"$witc" parse tests/serve/handler.wat -o "$tmp/outside/app.wasm" || { bad handler "it cannot be made"; finish "serve locked in"; }
program=$tmp/app/app.wasm
status() { ask -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port$1"; }
# walls PROCESS: privileges are gone, and so many filters there are, which add up; empty: it has ended.
walls() { sed -n 's/^NoNewPrivs:\t//p; s/^Seccomp_filters:\t//p' "/proc/$1/status" 2>/dev/null | paste -sd ' '; }
workers() { for worker in $(pgrep -P "$pid"); do walls "$worker"; done | paste -sd ','; }
# replace HOW: the program by a good one in its folder, or by a link to one outside of all that is left open.
replace() {
    : >"$err"
    rm -f "$program"
    "$@" "$tmp/outside/app.wasm" "$program"
    kill -HUP "$pid"
}
said() { grep -a -c -e "$1" "$err"; }

# One process: the program is found again where it was, and nowhere else, whatever leads there.
cp "$tmp/outside/app.wasm" "$program"
start --log "$tmp/log/access"
is "one process" hello "$(ask "http://127.0.0.1:$port/")"
is "its walls" "1 1" "$(walls "$pid")"
replace cp
becomes "it is loaded anew" 1 metric reloads_total
replace ln -s
becomes "it is outside" 1 metric reloads_failed_total
say "it is outside" 'app.wasm.*Permission denied'
mv "$tmp/log/access" "$tmp/log/before"
replace cp
becomes "it is back" 2 metric reloads_total
is "after all that" hello "$(ask "http://127.0.0.1:$port/")"
becomes "the log has begun anew" 1 grep -c '"target":"/"' "$tmp/log/access"
stop "one process"

# The process that looks after others has its walls, they have more, and one that comes later has as many.
start --workers 2 --stuck-after 1500ms
is "who looks after others" "1 1" "$(walls "$pid")"
becomes "the others" "1 2,1 2" workers
first=$(pgrep -P "$pid" | head -n 1)
kill -KILL "$first"
becomes "one is started again" 1 metric worker_restarts_total
becomes "it is locked in, too" "1 2,1 2" workers
kill -STOP "$(pgrep -P "$pid" | head -n 1)"
becomes "a stuck one is killed" 2 metric worker_restarts_total
becomes "the next is locked in, too" "1 2,1 2" workers
is "they answer" "hello hello" "$(ask "http://127.0.0.1:$port/") $(ask "http://127.0.0.1:$port/")"
stop "one after the other"
start --workers 2 # none of which a busy machine makes look stuck
replace ln -s
becomes "it is outside for all of them" 3 said 'Permission denied'
stop "workers"
cp "$tmp/outside/app.wasm" "$tmp/copy" && mv "$tmp/copy" "$program"

# What a manifest and a policy were made of is read again, where that is elsewhere, and behind links.
cp "$tmp/outside/app.wasm" "$tmp/linked/app.wasm"
ln -s ../linked/app.wasm "$tmp/app/link.wasm"
ln -s ../linked/app.wasm "$tmp/log/link.wasm"
mkdir "$tmp/policy" "$tmp/granted"
printf 'grants:\n  directories: [%s]\n' "$tmp/granted" >"$tmp/policy/p.yml"
program=$tmp/log/link.wasm
start --policy "$tmp/policy/p.yml" --dir "$tmp/outside::/o::ro" --vfs "$tmp/policy::/v"
cp "$tmp/outside/app.wasm" "$tmp/linked/new" && mv "$tmp/linked/new" "$tmp/linked/app.wasm"
kill -HUP "$pid"
becomes "a link, a policy, folders" 1 metric reloads_total
stop "links"
mkdir "$tmp/made"
cat >"$tmp/made/compose.yml" <<'END'
dependencies: {handler: ../linked/app.wasm}
roots: [handler]
END
program=$tmp/made/compose.yml
start
is "a manifest" hello "$(ask "http://127.0.0.1:$port/")"
kill -HUP "$pid"
becomes "what it names elsewhere" 1 metric reloads_total
stop "a manifest"
program=$tmp/app/app.wasm

# Certificates behind links, as those are that are renewed by themselves.
if command -v openssl >/dev/null; then
    mkdir "$tmp/live" "$tmp/archive"
    for n in 1 2; do
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$tmp/archive/key$n" -out "$tmp/archive/cert$n" \
            -days 3 -subj "/CN=host$n" -addext "subjectAltName=DNS:localhost" 2>/dev/null
    done
    renew() { ln -sf "../archive/cert$1" "$tmp/live/cert" && ln -sf "../archive/key$1" "$tmp/live/key"; }
    renew 1
    if why=$("$witc" serve --tls-cert "$tmp/live/cert" --tls-key "$tmp/live/key" --addr 1.2.3.4.5:0 "$program" 2>&1 | grep 'there is no TLS'); then
        skip "serve locked in: ${why#*there is no TLS: }"
    else
        start --tls-cert "$tmp/live/cert" --tls-key "$tmp/live/key"
        subject() { openssl s_client -connect "127.0.0.1:$port" </dev/null 2>/dev/null | sed -n 's/^subject=.*CN *= *//p'; }
        is "a certificate" host1 "$(subject)"
        renew 2
        kill -HUP "$pid"
        becomes "a new one" host2 subject
        stop "certificates"

        # Handlers' own requests: by name, and by TLS, whose libraries come when they are first needed.
        secure() { # secure FLAGS: the status that /secure answers with there, and that of its second time
            flags=$1
            start --features all --net-allow 'tcp:localhost:*' --tls-cert "$tmp/live/cert" --tls-key "$tmp/live/key"
            asked=$(for _ in 1 2; do ask -k -o /dev/null -w ' %{http_code}' "https://localhost:$port/secure"; done)
            stop "requests of a handler"
        }
        program=$tmp/app/sender.wasm
        export SSL_CERT_FILE="$tmp/archive/cert2"
        if "$witc" build --all-features --wit wasi/wit -w wasi:http/proxy tests/serve/sender.c -o "$program" 2>/dev/null &&
            secure '' && [ "$asked" = ' 203 203' ]; then
            secure --jail
            is "requests of a handler" ' 203 203' "$asked"
            secure '--jail --workers 2'
            is "requests of a handler of a worker" ' 203 203' "$asked"
        else
            skip "serve locked in: clang or libcurl is missing"
        fi
        unset SSL_CERT_FILE
        flags=--jail program=$tmp/app/app.wasm
    fi
fi

# Words that are wrong.
expect "a jail that is none" 2 serve --jail=partly "$program"
say "a jail that is none" 'best-effort'
flags=--jail=best-effort
start
is "as far as it goes" "hello 1 1" "$(ask "http://127.0.0.1:$port/") $(walls "$pid")"
stop "as far as it goes"
finish "serve locked in"
