# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Sourced: finds clang and wasm-ld of one version for guests, in $CLANG and $WASM_LD (empty: none).
# Debian's `clang` and `lld` are version 14; packages with a number carry it in their names.
CLANG= WASM_LD=
for suffix in "" -19 -18 -17 -16 -15 -14; do
    if command -v "clang$suffix" >/dev/null && command -v "wasm-ld$suffix" >/dev/null; then
        CLANG=clang$suffix WASM_LD=wasm-ld$suffix
        break
    fi
done
[ -n "$CLANG" ] || for suffix in "" -19 -16 -14; do
    if command -v "clang$suffix" >/dev/null; then CLANG=clang$suffix; break; fi
done
