#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# corpus.sh [FOLDER]: fetches real modules (npm packages that carry WebAssembly) into FOLDER,
# build/corpus by default, has componentize-js and componentize-py make components there, and takes
# each of them through witc:
#
#     validate -f all; print | parse, and the same again from what came out; strip; objdump; dump;
#     metadata show; of a component also its WIT (component wit)
#
# With `wasm-tools` on the PATH its verdict, text and bytes are compared too. Prints a line a module:
#
#     MODULE BYTES VERDICT PRINT+PARSE...     accept|reject, original|canonical|DIFFERENT, times
#
# Exits with 1 where a command fails that should not, or where the two tools differ. Further modules
# may be put into FOLDER/more. It needs npm and the network (or a FOLDER that is filled already), and
# up to a few minutes; nothing in `make test` runs it. docs/CORPUS.md has its results.
set -u
cd "$(dirname "$0")/.." || exit 1
witc=$(realpath "${WITC:-build/witc}")
folder=${1:-build/corpus}
mkdir -p "$folder/more" && folder=$(realpath "$folder") || exit 1
peer=$(command -v wasm-tools) || peer=
tmp=$(mktemp -d "${TMPDIR:-/tmp}/witc-corpus.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
export LC_ALL=C NO_COLOR=1
differences=0 modules=0

packages='esbuild-wasm sql.js @sqlite.org/sqlite-wasm @jitl/quickjs-wasmfile-release-sync wasmoon
@ruby/3.4-wasm-wasi php-wasm pyodide @ffmpeg/core @ffmpeg/core-mt @swc/wasm-web @biomejs/wasm-web
lightningcss-wasm @oxc-parser/binding-wasm32-wasi onnxruntime-web tree-sitter-wasms web-tree-sitter
@resvg/resvg-wasm wasm-vips tesseract.js-core z3-solver @duckdb/duckdb-wasm @yowasp/clang
canvaskit-wasm @myriaddreamin/typst-ts-web-compiler'

# fetch PACKAGE: unpacks it into a folder of its own, once.
fetch() {
    target=$folder/$(echo "$1" | tr '/@' '__')
    [ -d "$target" ] && return
    archive=$(cd "$tmp" && npm pack --silent "$1" | tail -n 1)
    if [ -f "$tmp/$archive" ] && mkdir "$target"; then
        tar xzf "$tmp/$archive" -C "$target" --strip-components=1
        rm -f "$tmp/$archive"
    else
        echo "corpus: $1 cannot be had" >&2
    fi
}

different() {
    differences=$((differences + 1))
    printf 'DIFFERENT: %s: %s\n' "$name" "$1"
}

# must FILE COMMAND...: a command of witc that has to succeed; its output goes to FILE.
must() {
    to=$1
    shift
    "$witc" "$@" >"$to" 2>"$tmp/err" && return
    different "witc $1 failed: $(head -n 1 "$tmp/err")"
    return 1
}

is_component() { [ "$(od -An -tx1 -j4 -N4 "$1" | tr -d ' ')" = 0d000100 ]; }

seconds() { date +%s.%N; }

verdict() { if "$@" >"$tmp/said" 2>&1; then echo accept; else echo reject; fi; }

compare_with_peer() {
    [ "$(verdict "$peer" validate -f all "$1")" = "$own" ] || different "the other verdict"
    if [ -n "$wit" ]; then
        "$peer" component wit "$1" >"$tmp/peer.wit" 2>"$tmp/said"
        cmp -s "$tmp/peer.wit" "$tmp/1.wit" || different "another WIT"
    fi
    "$peer" print "$1" >"$tmp/peer.wat" 2>"$tmp/said" || return
    cmp -s "$tmp/peer.wat" "$tmp/1.wat" || different "the other text"
    "$peer" parse "$tmp/1.wat" -o "$tmp/peer.wasm" 2>"$tmp/said"
    cmp -s "$tmp/peer.wasm" "$tmp/1.wasm" || different "other bytes of that text"
}

check() {
    name=${1#"$folder"/}
    modules=$((modules + 1))
    start=$(seconds)
    own=$(verdict "$witc" validate -f all "$1")
    validated=$(seconds)
    must "$tmp/1.wat" print "$1" || return
    printed=$(seconds)
    must "$tmp/1.wasm" parse "$tmp/1.wat" || return
    parsed=$(seconds)
    must "$tmp/2.wat" print "$tmp/1.wasm" && cmp -s "$tmp/1.wat" "$tmp/2.wat" ||
        different "printed again it is another text"
    wit=
    if is_component "$1"; then wit=wit && must "$tmp/1.wit" component wit "$1"; fi
    round=canonical
    cmp -s "$1" "$tmp/1.wasm" && round=original
    for command in 'strip' 'strip --all' objdump dump 'metadata show'; do
        # shellcheck disable=SC2086
        must /dev/null $command "$1"
    done
    [ -n "$peer" ] && compare_with_peer "$1"
    echo "$name $(wc -c <"$1") $own $round $start $validated $printed $parsed" |
        awk '{printf "%-60s %9d  %s  %-9s  validate %.2f s  print %.2f s  parse %.2f s\n",
              $1, $2, $3, $4, $6 - $5, $7 - $6, $8 - $7}'
}

# The same world from JavaScript and from Python: components of some ten megabytes.
make_components() {
    cat >"$folder/made/hello.wit" <<'END'
package local:hello;
world hello {
  record point { x: u32, y: list<string> }
  import log: func(s: string) -> option<point>;
  export greet: func(name: string) -> result<string, point>;
}
END
    cat >"$folder/made/hello.js" <<'END'
import log from 'log';
export function greet(name) { return 'hello ' + name; }
END
    cat >"$folder/made/app.py" <<'END'
import wit_world
class WitWorld(wit_world.WitWorld):
    def greet(self, name: str):
        return "hello " + name
END
    cat >"$folder/made/make.mjs" <<'END'
import { componentize } from '@bytecodealliance/componentize-js';
import { readFile, writeFile } from 'node:fs/promises';
const source = await readFile('hello.js', 'utf8');
const { component } = await componentize(source, { witPath: 'hello.wit', worldName: 'hello' });
await writeFile('componentize-js.wasm', component);
END
    (
        cd "$folder/made" || exit
        [ -e componentize-js.wasm ] ||
            { npm install --silent @bytecodealliance/componentize-js && node make.mjs; }
        [ -e componentize-py.wasm ] || {
            python3 -m venv venv && venv/bin/pip install -q componentize-py &&
                venv/bin/componentize-py -d hello.wit -w hello componentize app -o componentize-py.wasm
        }
        rm -rf node_modules venv
    ) >"$tmp/said" 2>&1
    for name in componentize-js componentize-py; do
        [ -e "$folder/made/$name.wasm" ] || echo "corpus: $name cannot be had" >&2
    done
}

for package in $packages; do fetch "$package"; done
mkdir -p "$folder/made" && make_components
find "$folder" -name '*.wasm' -type f >"$tmp/list"
while read -r file; do check "$file"; done <"$tmp/list"
echo "$modules modules, $differences differences"
[ "$differences" = 0 ]
