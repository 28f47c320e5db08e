#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# adapter.sh [--check] WITC: makes adapter/modules.c of adapter/guest/ and adapter/adapter.wit, by the
# compiler below and witc itself; with --check tells whether it is what it would be. Another compiler
# makes other bytes, so that without this one nothing is checked.
compiler=clang-19 linker=wasm-ld-19 version=19.1.7
cd "$(dirname "$0")/.." || exit 1
check=
[ "$1" = --check ] && check=yes && shift
witc=${1:-build/witc}
if ! "$compiler" --version 2>/dev/null | grep -q "version $version" || ! command -v $linker >/dev/null; then
    echo "adapter: no $compiler $version with $linker"
    [ -n "$check" ]
    exit
fi
set -e
tmp=$(mktemp -d "${TMPDIR:-/tmp}/witc-adapter.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

mkdir -p "$tmp/wit/deps/exit"
cp adapter/adapter.wit "$tmp/wit"
for package in cli clocks filesystem io random sockets; do
    mkdir "$tmp/wit/deps/$package"
    for file in wasi/wit/deps/$package/*.wit; do
        sed 's/0\.2\.[0-9][0-9]*/0.2.0/g' "$file" >"$tmp/wit/deps/$package/${file##*/}"
    done
done
printf '%s\n' 'package wasi:cli@0.2.0;' 'interface exit { exit: func(status: result); }' \
    >"$tmp/wit/deps/cli/exit.wit"
{ echo 'package wasi:cli@0.2.12;' && sed '/^package/d' wasi/wit/deps/cli/exit.wit; } \
    >"$tmp/wit/deps/exit/exit.wit"

compile() { # compile NAME DEFINE... -- FILE...
    name=$1
    shift
    set -- "$@"
    flags=
    while [ "$1" != -- ]; do flags="$flags $1" && shift; done
    shift
    # shellcheck disable=SC2086
    (cd adapter/guest && "$compiler" --target=wasm32 -mcpu=mvp -Oz -std=gnu11 -nostdlib -ffreestanding \
        -fno-builtin -fno-jump-tables -fno-delete-null-pointer-checks -fno-strict-aliasing \
        -fvisibility=hidden -Wall -Wextra -Werror -Wno-unused-parameter $flags \
        -fuse-ld="$(command -v $linker)" -Wl,--no-entry,--import-memory,--strip-debug,--allow-undefined \
        -Wl,-z,stack-size=0 -o "$tmp/$name.full" "$@")
    "$witc" strip -a "$tmp/$name.full" -o "$tmp/$name.bytes"
}
section() { # section WORLD: the section that tells the world, without the empty module before it
    printf '\0asm\1\0\0\0' >"$tmp/empty"
    "$witc" component embed --world "$1" "$tmp/wit" "$tmp/empty" -o "$tmp/embedded"
    tail -c +9 "$tmp/embedded" >"$tmp/$1.world"
}
table() { # table FILE NAME
    size=$(wc -c <"$1")
    echo
    echo "static const unsigned char $2[$size] = {"
    od -An -v -tu1 -w24 "$1" | sed 's/^ */    /; s/  */,/g; s/^,/    /; s/$/,/'
    echo "};"
}

compile plain -- state.c memory.c process.c io.c stdio.c
compile proxy -DPROXY=1 -- state.c memory.c process.c io.c stdio.c
compile files -DWITH_FILES=1 -- state.c memory.c process.c io.c fds.c files.c paths.c
# Nothing is at the lowest addresses: who uses these has taken a global for memory.
for name in plain proxy files; do
    "$witc" validate "$tmp/$name.bytes"
    if "$witc" print "$tmp/$name.bytes" | awk '
        /^ *[if](32|64)\.(load|store)/ && (/load/ ? last : before) ~ /i32\.const 0$/ &&
            !/offset=(1[6-9]|[2-9][0-9]|[1-9][0-9][0-9])/ { print; bad = 1 }
        { before = last; last = $0 } END { exit !bad }'; then
        echo "adapter: $name uses a global as memory" >&2
        exit 1
    fi
done
for world in plain proxy files command exit-code; do section $world; done
{
    echo '/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */'
    echo '/* Made by tools/adapter.sh of adapter/guest and adapter/adapter.wit; do not change it here. */'
    echo '#include "adapter/internal.h"'
    for name in plain proxy files; do table "$tmp/$name.bytes" $name; done
    for world in plain proxy files; do table "$tmp/$world.world" ${world}_world; done
    table "$tmp/command.world" command
    table "$tmp/exit-code.world" exit_code
    echo
    echo '#define BYTES(table) {(const char *)(table), sizeof(table)}'
    echo 'const AdapterParts adapter_parts = {'
    echo '    .modules = {BYTES(plain), BYTES(proxy), BYTES(files)},'
    echo '    .worlds = {BYTES(plain_world), BYTES(proxy_world), BYTES(files_world)},'
    echo '    .command = BYTES(command),'
    echo '    .exit_code = BYTES(exit_code),'
    echo '};'
} >"$tmp/modules.c"
if [ -z "$check" ]; then
    cp "$tmp/modules.c" adapter/modules.c
elif cmp -s "$tmp/modules.c" adapter/modules.c; then
    echo "adapter: modules.c is what its sources say"
else
    echo "adapter: modules.c is not what its sources say; run tools/adapter.sh"
    exit 1
fi
