#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Installs by apt-get what building, the demo and the tests need and this machine lacks; with
# --ci also what the checks and the fuzzing of .ci/run need. Does nothing where all is there.
set -eu
cd "$(dirname "$0")/.."

missing=
need() { # need PACKAGE TEST...
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}
has() { command -v "$1"; }
compiles() { echo 'int main(void){return 0;}' | cc -x c -o /dev/null -; }
has_guests() { . tools/toolchain.sh; [ -n "$CLANG" ] && [ -n "$WASM_LD" ]; }
has_fuzzer() {
    . tools/toolchain.sh
    echo 'int LLVMFuzzerTestOneInput(const char*p,unsigned long n){return p&&n?0:0;}' |
        "$CLANG" -fsanitize=fuzzer,address -x c -o /dev/null -
}

need gcc has gcc
need libc6-dev compiles
need pkg-config has pkg-config
need libtree-sitter-dev pkg-config --exists tree-sitter
need libyaml-dev pkg-config --exists yaml-0.1
need libcurl4-openssl-dev pkg-config --exists 'libcurl >= 7.85'
need libssl-dev pkg-config --exists 'libssl >= 3'
need libnghttp2-dev pkg-config --exists 'libnghttp2 >= 1.43'
need zlib1g-dev pkg-config --exists 'zlib >= 1.2.9'
need libmd4c-dev pkg-config --exists md4c
has_guests >/dev/null 2>&1 || missing="$missing clang lld"
if [ "${1:-}" = --ci ]; then
    need "wasi-libc libclang-rt-dev-wasm32 libc++-dev-wasm32" test -e /usr/lib/wasm32-wasi/libc++.a
    need python3 has python3
    need cmake has cmake
    need graphviz has dot
    need clang-format-19 has clang-format-19
    need nodejs has node
    need curl has curl
    need openssl has openssl
    has_fuzzer >/dev/null 2>&1 || missing="$missing clang libclang-rt-14-dev llvm-14"
fi

[ -n "$missing" ] || exit 0
echo "installing:$missing"
run=
[ "$(id -u)" = 0 ] || run=sudo
if ! command -v apt-get >/dev/null; then
    echo "this system has no apt-get: install these, or what stands for them:$missing" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
$run apt-get update -q >/dev/null
# shellcheck disable=SC2086
$run apt-get install -q -y --no-install-recommends $missing >/dev/null
