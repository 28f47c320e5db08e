#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# p2programs.sh DIR [PATTERN ...]: runs wasmtime's test programs for WASI 0.2 (p2_*) and preview 1 (p1_*), as its own
# tests do. DIR holds what `cargo build --target wasm32-wasip1` makes of its crates/test-programs: NAME.wasm for each
# program, as core modules. They become components by witc's own adapter. Nothing of them belongs to this project.
cd "$(dirname "$0")/../.." || exit 1
dir=$1
[ -d "$dir" ] || { echo "usage: $0 DIR [PATTERN ...]" >&2; exit 2; }
shift
made=$(mktemp -d) || exit 1
trap 'rm -rf "$made"' EXIT
for module in "$dir"/p[12]_*.wasm; do
    name=$(basename "$module" .wasm)
    case $name in
    p2_api_proxy*) adapter=wasi:proxy ;;
    p2_api_reactor) adapter=wasi:reactor ;;
    *) adapter=wasi:command ;;
    esac
    build/witc component new --adapt "$adapter" "$module" -o "$made/$name.wasm" || echo "FAILED: $name: no component"
done
python3 tests/wasi/p2programs.py "$made" "$@"
