#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# run.sh WITC [LANGUAGE...]: one interface in several languages. Makes a component of each language
# that provides it and one that is a program using it, composes every program with every provider,
# and compares what each pair prints with expected.txt. Ends with "N passed, N failed, N skipped".
#
# What a language needs is fetched once into build/interop, each step within SECONDS_EACH (300)
# seconds; with FETCH=no nothing is. Where a toolchain is missing, its pairs are skipped.
. "$(dirname "$0")/../tests/lib.sh"
. tools/toolchain.sh
languages='c rust go js python'
if [ $# -gt 1 ]; then
    shift
    languages=$*
fi
peer=$(command -v wasm-tools)
work=$PWD/build/interop
mkdir -p "$work/parts" "$work/pairs"
# A way as short as the program's name: Rust's compiler calls it.
ln -sf "$witc" "$work/wasm-component-ld"
export PATH="$work/tools/bin:$PATH"

# fetch COMMAND...: a step that needs the network and may fail.
fetch() {
    [ "${FETCH:-yes}" = yes ] && timeout "${SECONDS_EACH:-300}" nice "$@" >"$work/fetch.log" 2>&1
}
# Every make_LANGUAGE leaves parts/LANGUAGE.provider.wasm and .visitor.wasm, or returns 2 with the
# reason in $why where something is missing, 1 where it fails; it stands in a copy of the sources.
missing() {
    why=$1
    return 2
}

make_c() {
    [ -n "$CLANG" ] && [ -n "$WASM_LD" ] || { missing 'clang and wasm-ld'; return; }
    [ -e /usr/lib/wasm32-wasi/libc.a ] || [ -n "${WASI_SDK_PATH:-}" ] || { missing wasi-libc; return; }
    "$witc" build c/provider.c --wit wit -w provider --style native --libc wasi --stub-wasi \
        -O2 -Wall -Wextra -o "$work/parts/c.provider.wasm" &&
        "$witc" build c/visitor.c --wit wit -w visitor --style native --libc wasi \
            --adapt wasi:command -O2 -Wall -Wextra -o "$work/parts/c.visitor.wasm"
}

# The linker of the target wasm32-wasip2 is witc.
make_rust() {
    command -v cargo >/dev/null || { missing cargo; return; }
    [ -d "$(rustc --print target-libdir --target wasm32-wasip2 2>/dev/null)" ] ||
        fetch rustup target add wasm32-wasip2 || { missing 'the target wasm32-wasip2'; return; }
    export CARGO_TARGET_DIR="$work/rust"
    export CARGO_TARGET_WASM32_WASIP2_LINKER="$work/wasm-component-ld"
    cd rust || return
    [ -e "$work/rust/Cargo.lock" ] && cp "$work/rust/Cargo.lock" .
    cargo fetch --offline >"$work/fetch.log" 2>&1 || fetch cargo fetch || { missing 'its crates'; return; }
    nice cargo build --offline --release --target wasm32-wasip2 || return 1
    cp Cargo.lock "$work/rust/"
    for part in provider visitor; do
        cp "$work/rust/wasm32-wasip2/release/$part.wasm" "$work/parts/rust.$part.wasm" || return 1
    done
}

go_part() { # go_part NAME WORLD PACKAGE
    wit-bindgen go -w "$2" --out-dir "$1" wit || return 1
    mkdir -p "$1/$3"
    cp "go/$1.go" "$1/$3/$1.go" && cp go/go.mod go/go.sum "$1/" || return 1
    (cd "$1" && GOOS=wasip1 GOARCH=wasm nice go build -p 1 -buildmode=c-shared \
        -ldflags='-s -checklinkname=0' -o module.wasm .) || return 1
    "$witc" component embed -w "$2" wit "$1/module.wasm" |
        "$witc" component new --adapt wasi:reactor - -o "$work/parts/go.$1.wasm"
}
make_go() {
    command -v go >/dev/null || { missing go; return; }
    wit-bindgen go --help >/dev/null 2>&1 ||
        CARGO_TARGET_DIR="$work/tools/target" fetch cargo install --debug --root "$work/tools" \
            --no-default-features --features go wit-bindgen-cli || { missing 'wit-bindgen with Go'; return; }
    export GOFLAGS=-mod=mod
    (cd go && { GOPROXY=off go mod download || fetch go mod download; }) 2>"$work/fetch.log" ||
        { missing 'its modules'; return; }
    go_part provider provider export_interop_books_library &&
        go_part visitor visitor-run export_wasi_cli_run
}

js_part() { # js_part NAME WORLD
    nice node "$work/js/build.mjs" wit "$2" "js/$1.js" "$work/parts/js.$1.wasm"
}
make_js() {
    command -v npm >/dev/null && command -v node >/dev/null || { missing 'npm and node'; return; }
    mkdir -p "$work/js"
    cp js/package.json js/build.mjs "$work/js/"
    [ -e "$work/js/complete" ] ||
        fetch npm install --prefix "$work/js" --no-audit --no-fund && touch "$work/js/complete" ||
        { missing componentize-js; return; }
    js_part provider provider && js_part visitor visitor-run
}

python_part() { # python_part NAME WORLD MODULE
    (cd python && nice "$work/python/bin/componentize-py" -d ../wit -w "$2" componentize "$3" \
        -o "$work/parts/python.$1.wasm")
}
make_python() {
    command -v python3 >/dev/null || { missing python3; return; }
    "$work/python/bin/componentize-py" --version >/dev/null 2>&1 || {
        fetch python3 -m venv --clear "$work/python" &&
            fetch "$work/python/bin/pip" install --quiet -r python/requirements.txt
    } || { missing componentize-py; return; }
    python_part provider provider library && python_part visitor visitor-run visitor
}

# What a language's components are made of; JavaScript and Python go without witc.
sum_of() {
    case $1 in js | python) ;; *) cat "$witc" ;; esac | cat - interop/run.sh interop/wit/*.wit interop/"$1"/* \
        interop/"$1"/src/* 2>/dev/null | cksum
}

made=
for language in $languages; do
    parts="$work/parts/$language.provider.wasm $work/parts/$language.visitor.wasm"
    sum=$(sum_of "$language")
    # shellcheck disable=SC2086
    if [ "$sum" = "$(cat "$work/$language.sum" 2>/dev/null)" ] && ls $parts >/dev/null 2>&1; then
        made="$made $language"
        continue
    fi
    # shellcheck disable=SC2086
    rm -f $parts
    rm -rf "$work/src/$language"
    mkdir -p "$work/src/$language"
    cp -r interop/wit "interop/$language" "$work/src/$language/"
    start=$(date +%s)
    why=
    # In a file, not in a subshell of $(...): what it sets for its own tools stays its own.
    (cd "$work/src/$language" && "make_$language" >"$work/$language.log" 2>&1; status=$?
        echo "$why" >"$work/why"; exit $status)
    case $? in
    0)
        echo "$sum" >"$work/$language.sum"
        made="$made $language"
        echo "$language: made in $(($(date +%s) - start)) s"
        ;;
    2) echo "$language: skipped: $(cat "$work/why") cannot be had" ;;
    *)
        bad "$language" "its components cannot be made"
        tail -n 15 "$work/$language.log"
        ;;
    esac
done

# compose VISITOR PROVIDER OUTPUT: plug, a manifest and a program in WAC take turns.
way=0
compose() {
    socket=$work/parts/$1.visitor.wasm plug=$work/parts/$2.provider.wasm
    way=$(((way + 1) % 3))
    case $way in
    0) expect "$1 with $2: plug" 0 plug --strict "$socket" --plug "$plug" -o "$3" ;;
    1)
        printf '%s\n' 'root: visitor' 'wiring: interface' 'semver: compatible' 'dependencies:' \
            "  visitor: '$socket'" "  provider: '$plug'" >"$tmp/pair.yml"
        expect "$1 with $2: manifest" 0 compose -c "$tmp/pair.yml" -o "$3"
        ;;
    2)
        printf '%s\n' 'package interop:pair;' 'let provider = new part:provider { ... };' \
            'let visitor = new part:visitor { library: provider.library, ... };' \
            'export visitor...;' >"$tmp/pair.wac"
        expect "$1 with $2: WAC" 0 compose "$tmp/pair.wac" -d "part:visitor=$socket" \
            -d "part:provider=$plug" -o "$3"
        ;;
    esac
}
pair() { # pair VISITOR PROVIDER: its time in $cell
    file=$work/pairs/$1-$2.wasm cell=failed
    compose "$1" "$2" "$file" && expect "$1 with $2: validate" 0 validate "$file" || return
    if [ -n "$peer" ]; then
        "$peer" validate "$file" 2>"$err" && ok || bad "$1 with $2" "wasm-tools: $(head -n 1 "$err")"
    fi
    start=$(date +%s%N)
    expect "$1 with $2: run" 0 run "$file" || return
    cell="$((($(date +%s%N) - start) / 1000000)) ms"
    if cmp -s "$out" interop/expected.txt; then ok; else
        bad "$1 with $2" "it prints something else:"
        diff "$out" interop/expected.txt | head -n 10
        cell=differs
    fi
}

has() { case "$made " in *" $1 "*) ;; *) return 1 ;; esac; }
table=$work/table.txt
{
    printf '%-22s' 'program \ provider'
    for provider in $languages; do printf '%10s' "$provider"; done
    echo
} >"$table"
for visitor in $languages; do
    printf '%-22s' "$visitor" >>"$table"
    for provider in $languages; do
        if has "$visitor" && has "$provider"; then pair "$visitor" "$provider"; else
            cell=- skipped=$((skipped + 1))
        fi
        printf '%10s' "$cell" >>"$table"
    done
    echo >>"$table"
done
cat "$table"
for language in $made; do
    for part in provider visitor; do
        echo "$language.$part.wasm $(wc -c <"$work/parts/$language.$part.wasm")"
    done
done | awk '{printf "%-22s %9d bytes\n", $1, $2}'
finish interop
