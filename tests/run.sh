#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Runs the tests and sums them up: run.sh quick|full|stress.
#
# A part is a program or script whose last line ends with "N passed, N failed" and perhaps
# ", N skipped". One that ends otherwise, by a crash for example, counts as one failure. The last
# line of the whole is "N passed, N failed, N skipped".
#
# As many parts run at a time as there are processors, or JOBS; they are told in their order.
cd "$(dirname "$0")/.." || exit 1
mode=${1:-full}
passed=0 failed=0 skipped=0 begun=0 told=0
work=$(mktemp -d)
export ASAN_OPTIONS="exitcode=99:${ASAN_OPTIONS:-}" UBSAN_OPTIONS="exitcode=99:print_stacktrace=1"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# A line in this pipe for each lane that is free.
mkfifo "$work/lanes" && exec 8<>"$work/lanes"
seq "${JOBS:-$(getconf _NPROCESSORS_ONLN)}" >&8

part() { # part NAME COMMAND...
    read -r lane <&8
    begun=$((begun + 1))
    echo "$1" >"$work/$begun.name"
    shift
    {
        # In the background a shell ignores SIGINT, which some parts send.
        env --default-signal=INT,QUIT "$@" >"$work/$begun.log" 2>&1 </dev/null 8>&-
        echo $? >"$work/$begun"
        mv "$work/$begun" "$work/$begun.status"
        echo "$lane" >&8
    } &
    tell
}

settle() { # all that has begun has ended, and is told
    wait
    tell
}

tell() { # the parts that have ended, up to the first that has not
    while [ -e "$work/$((told + 1)).status" ]; do
        told=$((told + 1))
        tell_part "$(cat "$work/$told.name")" "$(cat "$work/$told.status")" "$work/$told.log"
        rm "$work/$told".*
    done
}

tell_part() { # tell_part NAME STATUS LOG
    name=$1 status=$2 log=$3
    sums=$(tail -n 1 "$log" | sed -n 's/^\(.*[^0-9]\)\{0,1\}\([0-9][0-9]*\) passed, \([0-9][0-9]*\) failed\(, \([0-9][0-9]*\) skipped\)\{0,1\}$/\2 \3 \5/p')
    if [ -z "$sums" ]; then
        tail -n 30 "$log"
        echo "$name: ended with status $status and without a sum"
        sums="0 1 0"
    elif [ "$status" != 0 ] || [ "${VERBOSE:-0}" = 1 ]; then
        tail -n 60 "$log"
    fi
    # shellcheck disable=SC2086
    set -- $sums
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + ${3:-0}))
    if [ -n "${3:-}" ]; then
        grep '^skipped' "$log"
    fi
    printf '%-28s %6d passed, %d failed%s\n' "$name" "$1" "$2" "${3:+, $3 skipped}"
}

unit() { # unit FLAVOUR
    for program in build/obj-"$1"/tests/test_*; do
        case $program in *.d | *.o) continue ;; esac
        [ -x "$program" ] && [ -e "tests/unit/${program##*/}.c" ] &&
            part "unit ${program##*/test_} $1" "$program"
    done
}

replay() { # replay FLAVOUR
    for program in build/obj-"$1"/tests/fuzz_*; do
        case $program in *.d | *.o) continue ;; esac
        [ -x "$program" ] && [ -e "tests/fuzz/${program##*/}.c" ] || continue
        target=${program##*/fuzz_}
        part "seeds $target $1" "$program" "tests/fuzz/seeds/$target" tests/fuzz/regressions
    done
}

case $mode in
quick)
    unit release
    part "command line" tests/cli.sh build/witc
    part "golden" tests/golden.sh build/witc
    part "documents" tests/report.sh build/witc
    part "semver" tests/semver.sh build/witc
    part "link" tests/link.sh build/witc
    part "adapter" tests/adapter.sh build/witc
    part "compose" tests/compose.sh build/witc
    part "same bytes" tests/same.sh build/witc
    part "engine" tests/engine.sh build/witc
    part "deep" tests/deep.sh build/witc
    part "components" tests/components.sh build/witc
    part "policies" tests/policy.sh build/witc
    part "observing" tests/observe.sh build/witc
    part "files in memory" tests/vfs.sh build/witc
    part "scripts" tests/wast.sh build/witc
    part "sources" tests/sources.sh build/witc
    part "serve" tests/serve.sh build/witc
    part "serve TLS" tests/serve_tls.sh build/witc
    part "serve core" tests/serve_core.sh build/witc
    part "serve guests" tests/serve_guests.sh build/witc
    part "serve locked in" tests/serve_jail.sh build/witc
    part "broken guards apply" tests/broken/run --applies
    ;;
stress)
    unit stress
    part "golden stress" tests/golden.sh build/witc-stress
    part "scripts stress" tests/wast.sh build/witc-stress
    part "core suite stress" tests/scripts.sh build/witc-stress
    part "canonical abi stress" tests/abi.sh build/obj-stress/tests/abi_vectors
    part "random modules stress" build/obj-stress/tests/differ -o build 300 20000
    replay stress
    ;;
full)
    part "example" tests/example.sh build/witc
    settle # others take what it has made
    part "broken guards apply" tests/broken/run --applies
    unit release
    unit asan
    part "command line" tests/cli.sh build/witc
    part "command line asan" tests/cli.sh build/witc-asan
    part "golden" tests/golden.sh build/witc
    part "semver" tests/semver.sh build/witc
    part "link" tests/link.sh build/witc
    part "adapter" tests/adapter.sh build/witc
    part "engine" tests/engine.sh build/witc
    part "scripts" tests/wast.sh build/witc
    part "sources" tests/sources.sh build/witc
    part "scripts asan" tests/wast.sh build/witc-asan
    part "sources asan" tests/sources.sh build/witc-asan
    part "core suite asan" tests/scripts.sh build/witc-asan
    part "link asan" tests/link.sh build/witc-asan
    part "compose" tests/compose.sh build/witc
    part "same bytes" tests/same.sh build/witc
    part "compose asan" tests/compose.sh build/witc-asan
    part "adapter asan" tests/adapter.sh build/witc-asan
    part "engine asan" tests/engine.sh build/witc-asan
    part "components" tests/components.sh build/witc
    part "components asan" tests/components.sh build/witc-asan
    part "policies" tests/policy.sh build/witc
    part "policies asan" tests/policy.sh build/witc-asan
    part "observing" tests/observe.sh build/witc
    part "files in memory" tests/vfs.sh build/witc
    part "observing asan" tests/observe.sh build/witc-asan
    part "files in memory asan" tests/vfs.sh build/witc-asan
    part "golden asan" tests/golden.sh build/witc-asan
    part "documents" tests/report.sh build/witc
    part "documents asan" tests/report.sh build/witc-asan
    part "round trips asan" tests/roundtrip.sh build/witc-asan
    part "format" tests/format.sh build/witc
    part "format asan" tests/format.sh build/witc-asan
    part "bindings" tests/bindgen.sh build/witc
    part "bindings asan" tests/bindgen.sh build/witc-asan
    part "generated" tests/generated.sh build/witc build/obj-release/tests/witgen
    part "native style" tests/native.sh build/witc
    part "pairs" tests/pairs.sh build/witc
    part "pairs asan" tests/pairs.sh build/witc-asan
    part "build" tests/build.sh build/witc
    part "build asan" tests/build.sh build/witc-asan
    part "wasi" tests/wasi.sh build/witc
    part "wasi asan" tests/wasi.sh build/witc-asan
    part "serve" tests/serve.sh build/witc
    part "serve TLS" tests/serve_tls.sh build/witc
    part "serve asan" tests/serve.sh build/witc-asan
    part "serve TLS asan" tests/serve_tls.sh build/witc-asan
    part "serve core" tests/serve_core.sh build/witc
    part "serve guests" tests/serve_guests.sh build/witc
    part "serve core asan" tests/serve_core.sh build/witc-asan
    part "serve guests asan" tests/serve_guests.sh build/witc-asan
    part "serve locked in" tests/serve_jail.sh build/witc
    part "serve locked in asan" tests/serve_jail.sh build/witc-asan
    part "serve --jail" env SERVE_FLAGS=--jail tests/serve.sh build/witc
    part "serve TLS --jail" env SERVE_FLAGS=--jail tests/serve_tls.sh build/witc
    part "serve core --jail" env SERVE_FLAGS=--jail tests/serve_core.sh build/witc
    part "serve guests --jail" env SERVE_FLAGS=--jail tests/serve_guests.sh build/witc
    part "http" tests/http.sh build/witc
    part "http asan" tests/http.sh build/witc-asan
    part "guide" tests/guide.sh build/witc
    part "shop" tests/shop.sh build/witc
    part "embedding" tests/embed.sh build/witc
    part "bench" tests/bench.sh
    part "inputs" tests/inputs.sh build/witc
    part "canonical abi" tests/abi.sh build/obj-release/tests/abi_vectors
    part "canonical abi asan" tests/abi.sh build/obj-asan/tests/abi_vectors
    part "hostile calls asan" build/obj-asan/tests/fuzz_calls -random 1000
    part "host calls asan" build/obj-asan/tests/fuzz_wasi -random 1000
    part "deep" tests/deep.sh build/witc
    part "deep asan" tests/deep.sh build/witc-asan
    part "http calls asan" build/obj-asan/tests/fuzz_http -random 1000 tests/fuzz/seeds/http
    part "hostile" tests/hostile.sh build/witc
    part "hostile modules" tests/hostile_core.sh build/witc build/obj-release/tests/hostile_modules \
        build/obj-release/tests/fuzz_instance
    part "hostile components" tests/hostile_components.sh build/witc build/obj-release/tests/hostile_components
    part "random modules" build/obj-release/tests/differ -o build 5000
    part "random modules asan" build/obj-asan/tests/differ -o build 500 5000
    part "node" tests/node.sh build/witc build/obj-release/tests/differ
    part "http1 node" tests/http1.sh build/obj-release/tests/test_http1
    part "failing allocations" build/obj-release/tests/alloc_fail
    part "failing allocations asan" build/obj-asan/tests/alloc_fail
    part "truncation" tests/truncate.sh build/obj-release/tests/truncate 1
    part "truncation asan" tests/truncate.sh build/obj-asan/tests/truncate 61
    replay asan
    rm -f build/conformance.txt
    part "conformance" tests/conformance.sh build/witc
    settle
    if [ -e build/conformance.txt ]; then cat build/conformance.txt; fi
    ;;
esac
settle
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
