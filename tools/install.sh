#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# install.sh WITC LIBRARY DESTDIR PREFIX VERSION: what `make install` does.
# install.sh --remove DESTDIR PREFIX: removes all of it.
set -eu
cd "$(dirname "$0")/.."
folders="base adapter model core canonical-abi witc component bindgen report wat interpreter wasi"

if [ "$1" = --remove ]; then
    root=$2$3
    rm -f "$root/bin/witc" "$root/bin/wasm-component-ld" "$root/lib/libwitc.a" "$root/lib/pkgconfig/witc.pc"
    rm -f "$root"/share/man/man1/witc.1 "$root"/share/man/man1/witc-*.1
    rm -f "$root/share/bash-completion/completions/witc" "$root/share/zsh/site-functions/_witc" \
        "$root/share/fish/vendor_completions.d/witc.fish"
    rm -rf "$root/include/witc"
    exit 0
fi
witc=$1 library=$2 root=$3$4 prefix=$4 version=$5

install -D -m 755 "$witc" "$root/bin/witc"
ln -sf witc "$root/bin/wasm-component-ld" # what clang calls for wasm32-wasip2; the name is what matters
install -D -m 644 "$library" "$root/lib/libwitc.a"

# Headers include each other from the root, `#include "base/str.h"`: that root is include/witc.
for header in include/witc/*.h; do install -D -m 644 "$header" "$root/$header"; done
for folder in $folders; do
    for file in "$folder"/*.h "$folder"/*.def; do
        case $file in */internal.h | *'*'*) continue ;; esac
        install -D -m 644 "$file" "$root/include/witc/$file"
    done
done
mkdir -p "$root/lib/pkgconfig"
cat >"$root/lib/pkgconfig/witc.pc" <<END
prefix=$prefix
includedir=\${prefix}/include
libdir=\${prefix}/lib

Name: witc
Description: WebAssembly components: WIT, C bindings, linking, validation, interpretation
Version: $version
Requires.private: tree-sitter yaml-0.1
Cflags: -I\${includedir} -I\${includedir}/witc
Libs: -L\${libdir} -lwitc
Libs.private: -lm
END

man=$root/share/man/man1
mkdir -p "$man"
"$witc" man >"$man/witc.1"
sed -n 's/^COMMAND("\([^"]*\)".*/\1/p' cli/command.def | while read -r command; do
    # shellcheck disable=SC2086
    "$witc" man $command >"$man/witc-$(echo "$command" | tr ' ' '-').1"
done
mkdir -p "$root/share/bash-completion/completions" "$root/share/zsh/site-functions" \
    "$root/share/fish/vendor_completions.d"
"$witc" completion bash >"$root/share/bash-completion/completions/witc"
"$witc" completion zsh >"$root/share/zsh/site-functions/_witc"
"$witc" completion fish >"$root/share/fish/vendor_completions.d/witc.fish"
echo "installed witc $version below $root"
