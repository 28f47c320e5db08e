#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The engine in other programs: embed.sh WITC installs a copy, builds examples/embed* and the programs
# of docs/EMBEDDING.md against it, with pkg-config and nothing else of ours, and runs them.
. "$(dirname "$0")/lib.sh"
root=$PWD
command -v pkg-config >/dev/null || { skip "there is no pkg-config"; finish "embedding"; }
# shellcheck disable=SC2154
if ! make --no-print-directory install DESTDIR="$tmp/root" PREFIX=/usr >"$out" 2>&1; then
    bad "make install" "$(tail -n 3 "$out")"
    finish "embedding"
fi
ok
cat >"$tmp/pkg-config" <<END
#!/bin/sh
# Only the installed library is below the sysroot; those that it uses are the system's.
PKG_CONFIG_PATH=$tmp/root/usr/lib/pkgconfig exec $(command -v pkg-config) --define-variable=prefix=$tmp/root/usr "\$@"
END
mkdir "$tmp/bin"
mv "$tmp/pkg-config" "$tmp/bin/pkg-config"
chmod +x "$tmp/bin/pkg-config"
PATH=$tmp/bin:$PATH
export ASAN_OPTIONS=detect_leaks=1

build() { # build PROGRAM SOURCE COMPILER FLAGS...
    made=$1 source=$2
    shift 2
    # shellcheck disable=SC2046
    if "$@" -Wall -Wextra -Werror -g -fsanitize=address,undefined -o "$made" "$source" \
        $(pkg-config --cflags --libs --static witc) >"$out" 2>&1; then ok; else
        bad "$source" "does not compile: $*"
        head -n 10 "$out"
        return 1
    fi
}
same() { # same NAME EXPECTED COMMAND...
    name=$1 expected=$2
    shift 2
    if timeout 60 "$@" >"$out" 2>"$err" && cmp -s "$out" "$expected"; then ok; else
        bad "$name" "does not write what it should"
        diff "$expected" "$out"
        head -n 20 "$err"
    fi
}

build "$tmp/embed" examples/embed/main.c cc -std=c11 &&
    same "examples/embed" examples/embed/expected "$tmp/embed" examples/embed/guest.wat
build "$tmp/embed-component" examples/embed-component/main.c cc -std=c11 &&
    same "examples/embed-component" examples/embed-component/expected "$tmp/embed-component" \
        examples/embed-component/guest.wat
"$witc" parse examples/embed/guest.wat -o "$tmp/guest.wasm" && ok || bad "guest.wat" "is no module"

# The programs of the page, each with the console session behind or before it.
awk -v folder="$tmp" '
    /^```/ && !open { open = 1; split($0, words, " "); kind = words[1]; file = words[2]; next }
    /^```/ { open = 0; next }
    !open { next }
    kind == "```c" { print >(folder "/" file) }
    kind == "```console" && /^\$ \.\// { program = substr($0, 5); print program >(folder "/programs"); next }
    kind == "```console" && /^\$ / { next }
    kind == "```console" { print >(folder "/" program ".expected") }
' docs/EMBEDDING.md
while read -r program; do
    build "$tmp/$program" "$tmp/$program.c" cc -std=c11 && same "$program" "$tmp/$program.expected" "$tmp/$program"
done <"$tmp/programs"

if command -v c++ >/dev/null; then
    cat >"$tmp/plus.cpp" <<'END'
#include <cstdio>
#include <witc/component.h>
int main() {
    witc_engine *engine = witc_engine_new(nullptr);
    bool good = witc_validate(engine, "(module)", 8, nullptr);
    witc_value v = witc_f64(witc_f64_slot(witc_slot_f64(0.5)));
    std::printf("%d %g %d\n", good, v.of.f64, witc_api_version() == WITC_API_VERSION);
    witc_engine_free(engine);
}
END
    echo "1 0.5 1" >"$tmp/plus.expected"
    build "$tmp/plus" "$tmp/plus.cpp" c++ -std=c++11 && same "C++" "$tmp/plus.expected" "$tmp/plus"
fi
cd "$root" || exit 1
finish "embedding"
