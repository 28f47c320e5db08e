# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# For scripts that have tests/lib.sh: servers, and what is asked of them.
# $SERVE_FLAGS: words for each server that is started, such as --jail.
program=$tmp/app.wasm # that is served; empty: the words of start name it
flags=${SERVE_FLAGS-}

# needs_jail NAME: where this kernel has no whole jail, that is all of the script.
needs_jail() {
    echo '(module (func (export "f")))' >"$tmp/f.wat"
    "$witc" run --jail --invoke f "$tmp/f.wat" >/dev/null 2>"$err" && return
    skip "$1: this kernel has no whole jail: $(head -n 1 "$err")"
    if grep -q 'the jail cannot be closed' "$err"; then ok; else bad "what is missing" "$(head -n 3 "$err")"; fi
    finish "$1"
}
case $flags in *--jail*)
    export ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS:-}" # they cannot be looked for behind it
    needs_jail "serve $flags"
    ;;
esac

# start WORDS...: a server; its ports are in $port and $admin, its process in $pid.
start() {
    : >"$err"
    # shellcheck disable=SC2086 # words
    "$witc" serve $flags --addr 127.0.0.1:0 --admin-addr 127.0.0.1:0 "$@" ${program:+"$program"} 2>"$err" >"$out" </dev/null &
    pid=$! port='' admin=''
    for _ in $(seq 400); do
        port=$(sed -n 's/.*listening at https*:.*:\([0-9]*\)$/\1/p' "$err")
        admin=$(sed -n 's/.*metrics and health at http:.*:\([0-9]*\)$/\1/p' "$err")
        [ -n "$port" ] && [ -n "$admin" ] && return
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
    bad start "it does not listen: $(head -n 3 "$err")"
}
# stop NAME: it has to end by SIGTERM, with 0.
stop() {
    kill -TERM "$pid"
    wait "$pid"
    got=$?
    if [ $got = 0 ]; then ok; else bad "$1" "exit $got after SIGTERM: $(tail -n 3 "$err")"; fi
}
# count RESULT: what a client of node has found, whose last line is `N passed, N failed`.
count() {
    printf '%s\n' "$1" | grep FAILED
    more=$(printf '%s\n' "$1" | sed -n 's/^\([0-9]*\) passed.*/\1/p')
    passed=$((passed + ${more:-0}))
    more=$(printf '%s\n' "$1" | sed -n 's/.* \([0-9]*\) failed$/\1/p')
    [ -n "$more" ] || printf '%s\n' "$1" | tail -n 5
    failed=$((failed + ${more:-1}))
}
is() { if [ "$2" = "$3" ]; then ok; else bad "$1" "expected $2, got $3"; fi; }
# becomes NAME EXPECTED COMMAND...: in the end.
becomes() {
    name=$1 want=$2
    shift 2
    for _ in $(seq 400); do [ "$("$@")" = "$want" ] && break; sleep 0.05; done
    is "$name" "$want" "$("$@")"
}

ask() { curl -s --max-time 60 "$@"; }
metric() { ask "http://127.0.0.1:$admin/metrics" | sed -n "s/^witc_serve_$1 //p"; }
