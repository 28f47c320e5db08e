# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Sourced by the test scripts: counting, and running witc with a limit of time.
#
#     ok NAME                     a passed test
#     bad NAME TEXT               a failed one
#     expect NAME STATUS WORDS... runs "$witc" WORDS, output in $out and $err
#     say NAME PATTERN            the last run's stderr has a line that matches
#     finish NAME                 prints the sum, exits
unset MAKEFLAGS MFLAGS # a make that tests run is not part of the one that runs the tests
passed=0 failed=0 skipped=0
witc=$(realpath "${1:-build/witc}")
cd "$(dirname "$0")/.." || exit 1
tmp=$(mktemp -d "${TMPDIR:-/tmp}/witc-test.XXXXXX")
out=$tmp/stdout err=$tmp/stderr
trap 'rm -rf "$tmp"' EXIT
export LC_ALL=C NO_COLOR=1

ok() { passed=$((passed + 1)); }
bad() {
    failed=$((failed + 1))
    printf 'FAILED: %s: %s\n' "$1" "$2"
}
skip() {
    skipped=$((skipped + ${2:-1}))
    printf 'skipped: %s\n' "$1"
}
expect() {
    test_name=$1 want=$2
    shift 2
    timeout 60 "$witc" "$@" >"$out" 2>"$err" </dev/null
    got=$?
    if [ "$got" = "$want" ]; then ok; return 0; fi
    bad "$test_name" "exit $got, expected $want: witc $*"
    head -n 5 "$err"
    return 1
}
say() {
    if grep -q -e "$2" "$err"; then ok; else
        bad "$1" "standard error says nothing like: $2"
        head -n 5 "$err"
    fi
}
# hold NAME WORDS...: witc ends with 0, or with 1 and a place.
hold() {
    what=$1
    shift
    timeout 60 "$witc" "$@" >"$out" 2>"$err" </dev/null
    status=$?
    if [ $status -gt 1 ]; then bad "$what" "exit $status: witc $*"
    elif [ $status = 1 ] && ! grep -q -e '-->' "$err"; then
        bad "$what" "no place: $(head -n 1 "$err" | cut -c 1-200)"
    else ok; fi
}
finish() {
    printf '%s: %d passed, %d failed, %d skipped\n' "$1" "$passed" "$failed" "$skipped"
    [ "$failed" = 0 ]
    exit
}
