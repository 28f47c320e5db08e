#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# build.sh WITC: `witc build`, with its errors and with what it leaves behind.
. "$(dirname "$0")/lib.sh"
. tools/toolchain.sh
if [ -z "$CLANG" ] || [ -z "$WASM_LD" ]; then
    skip "build: clang or wasm-ld is missing"
    finish build
fi
compiler=$CLANG
# Programs that the tools would find by themselves are not named by the environment.
unset CLANG WASM_LD WASI_SDK_PATH
export TMPDIR="$tmp/tmp"
mkdir -p "$TMPDIR" "$tmp/w/wit" && cd "$tmp/w" || exit 1
home=$OLDPWD
left() { # left NAME: nothing is left of temporary files
    if [ -z "$(ls -A "$TMPDIR")" ]; then ok; else bad "$1" "temporary files are left: $(ls -A "$TMPDIR")"; fi
    rm -rf "${TMPDIR:?}"/*
}
file() { if [ -s "$2" ]; then ok; else bad "$1" "no file $2"; fi; }
no_file() { if [ -e "$2" ]; then bad "$1" "there is a file $2"; else ok; fi; }
called() { # called NAME COMPONENT CALL RESULT: by a test script
    {
        printf '(component binary "'
        od -An -v -tx1 "$2" | tr -d '\n' | sed 's, ,\\,g'
        printf '")\n(assert_return (invoke %s) %s)\n' "$3" "$4"
    } >"$tmp/call.wast"
    expect "$1: call" 0 wast "$tmp/call.wast"
}

cat >wit/app.wit <<'END'
package test:app;
world app {
  import log: func(text: string);
  export twice: func(n: u32) -> u32;
}
world sole {
  export twice: func(n: u32) -> u32;
}
END
cat >app.c <<'END'
#include "app.h"
uint32_t exports_app_twice(uint32_t n) { return n * 2; }
END
cat >sole.c <<'END'
#include "sole.h"
uint32_t exports_sole_twice(uint32_t n) { return n * 2; }
END

expect "one source" 0 build sole.c -w sole -o sole.wasm
expect "valid" 0 validate sole.wasm
called "one source" sole.wasm '"twice" (u32.const 21)' '(u32.const 42)'
left "one source"
expect "to standard output" 0 build sole.c -w sole
cmp -s "$out" sole.wasm && ok || bad "to standard output" "other bytes"
expect "again" 0 build sole.c -w sole -o again.wasm
cmp -s again.wasm sole.wasm && ok || bad "again" "the same input gives other bytes"

# What is shown can be repeated by hand, and gives the same.
mkdir bin && ln -s "$witc" bin/witc
expect "dry run" 0 build sole.c -w sole -O1 -Wall -DX='"a b"' --dry-run -o by-hand.wasm
no_file "dry run" by-hand.wasm
left "dry run"
cp "$out" script.sh
if PATH="$PWD/bin:$PATH" sh -e script.sh >"$tmp/log" 2>&1; then ok; else
    bad "dry run" "the script fails"
    cat script.sh "$tmp/log"
fi
expect "verbose" 0 build sole.c -w sole -O1 -Wall -DX='"a b"' -v -o by-hand2.wasm
sed 's,by-hand2,by-hand,' "$err" | cmp -s - script.sh && ok || bad "verbose" "other commands than --dry-run"
cmp -s by-hand.wasm by-hand2.wasm && ok || bad "dry run" "the script makes other bytes"
left "script"

# Names with spaces, dashes, the same name twice, an `@`.
mkdir -p "a b" -- "-d"
cat >"a b/it's.c" <<'END'
int one(void);
int one(void) { return 1; }
END
sed 's/one/two/' "a b/it's.c" >"-d/it's.c"
sed 's/one/three/' "a b/it's.c" >"@x.c"
cat >"sum \$x.c" <<'END'
#include "sole.h"
int one(void), two(void), three(void);
uint32_t exports_sole_twice(uint32_t n) { return n + (uint32_t) (one() + two() + three()); }
END
expect "odd names" 0 build "sum \$x.c" "a b/it's.c" "./-d/it's.c" "@x.c" --wit=wit -w sole -o ./-o.wasm
called "odd names" ./-o.wasm '"twice" (u32.const 1)' '(u32.const 4)'
TMPDIR="$tmp/t m p" && mkdir "$TMPDIR"
expect "odd folder" 0 build sole.c -w sole --gen "-d/g n" --depfile "x y.d" -o "a b.wasm"
file "odd folder" "-d/g n/sole.h"
left "odd folder"

# What a result depends on.
cat >with.h <<'END'
#include "sole.h"
END
printf '#include "with.h"\nuint32_t exports_sole_twice(uint32_t n) { return n; }\n' >with.c
expect "depfile" 0 build with.c -w sole --depfile with.d -o with.wasm
for name in with.c with.h wit/app.wit; do
    grep -q "^  $name\( .\)\{0,1\}\$" with.d && ok || bad "depfile" "no $name"
done
grep -q "^with.wasm:" with.d && ok || bad "depfile" "no target"
grep -q witc-build with.d && bad "depfile" "temporary files" || ok
if command -v make >/dev/null; then
    printf 'with.wasm:\n\t@echo made\ninclude with.d\n' >Makefile
    [ -z "$(make -s 2>&1 | grep made)" ] && ok || bad "depfile" "make finds it out of date"
    touch -d '+1 minute' with.h
    [ -n "$(make -s 2>&1 | grep made)" ] && ok || bad "depfile" "make does not see a newer header"
fi
# Names as make reads them, objects too.
cp with.c 'w #$1.c' && "$compiler" --target=wasm32 -c -x c /dev/null -o more.o
touch -d '-1 minute' with.h 'w #$1.c' more.o
expect "odd names" 0 build 'w #$1.c' more.o -w sole --depfile odd.d -o odd.wasm
printf 'include odd.d\nodd.wasm:; @echo made\n' >Makefile
made=$(make -s odd.wasm 2>&1)
[ -z "$made" ] && ok || bad "odd names" "make finds it out of date: $made"
for name in 'w #$1.c' more.o; do
    touch -d '+1 minute' "$name"
    make -s odd.wasm 2>&1 | grep -q made && ok || bad "odd names" "make does not see $name"
    touch -d '-1 minute' "$name"
done
expect "depfile without output" 2 build with.c -w sole --depfile with.d
expect "outputs" 0 build with.c -w sole --gen gen --depfile with.d -o with.wasm --list-outputs
[ "$(tr '\n' ' ' <"$out")" = "with.wasm gen/sole.h gen/sole.c with.d " ] && ok || bad "outputs" "$(cat "$out")"

# Objects, archives, the core module, words for the compiler and the linker.
"$compiler" --target=wasm32 -c "./-d/it's.c" -o two.o
cat >flags.c <<'END'
#include "sole.h"
#ifndef VALUE
#error no VALUE
#endif
int two(void);
uint32_t exports_sole_twice(uint32_t n) { return n + VALUE + (uint32_t) two(); }
END
expect "flags" 0 build flags.c two.o -w sole -DVALUE=3 -Wall -Wextra -Werror -std=c17 -g -O1 -Wl,--export=two \
    --core -o flags.wasm -- -fno-inline
expect "core" 0 component new flags.wasm -o flags.component.wasm
called "flags" flags.component.wasm '"twice" (u32.const 1)' '(u32.const 5)'
expect "sections" 0 objdump flags.wasm
grep -q debug_info "$out" && ok || bad "flags" "-g gives no .debug_info"
expect "separate value" 0 build flags.c two.o -w sole -D VALUE=3 -I . -o flags.wasm

# Constructors run once, before all else.
cat >constructor.c <<'END'
#include "sole.h"
static volatile uint32_t count;
__attribute__((constructor)) static void set(void) { count = count + 5; }
uint32_t exports_sole_twice(uint32_t n) { return count += n; }
END
expect "constructor" 0 build constructor.c -w sole -o constructor.wasm
called "constructor" constructor.wasm '"twice" (u32.const 1)' '(u32.const 6)'
cat >object.cc <<'END'
#include "sole.h"
struct Counter {
    uint32_t n;
    explicit Counter(uint32_t first) : n(first) {}
    ~Counter() { n = 0; }
};
static volatile uint32_t first = 40;
static Counter counter(first);
uint32_t exports_sole_twice(uint32_t n) { return counter.n += n; }
END
expect "C++" 0 build object.cc -w sole -std=c++17 -o object.wasm
called "C++" object.wasm '"twice" (u32.const 2)' '(u32.const 42)'

# With a C library, where there is one.
cat >libc.c <<'END'
#include <stdlib.h>
#include <string.h>
#include "sole.h"
static int less(const void *a, const void *b) { return *(const char *) a - *(const char *) b; }
uint32_t exports_sole_twice(uint32_t n) {
    char text[] = "cab";
    qsort(text, 3, 1, less);
    return strcmp(text, "abc") == 0 ? n * 2 : 0;
}
END
cat >stdio.c <<'END'
#include <stdio.h>
#include "sole.h"
uint32_t exports_sole_twice(uint32_t n) {
    printf("%u\n", n);
    return n * 2;
}
END
cat >optional.cpp <<'END'
#include <optional>
#include <string>
#include "sole.h"
static std::string text = "xy";
static std::optional<uint32_t> size() { return text.size(); }
uint32_t exports_sole_twice(uint32_t n) { return n * *size(); }
END
if [ -e /usr/lib/wasm32-wasi/libc.a ]; then
    expect "wasi-libc" 0 build libc.c -w sole -o libc.wasm
    called "wasi-libc" libc.wasm '"twice" (u32.const 21)' '(u32.const 42)'
    expect "none" 1 build libc.c -w sole --libc none -o none.wasm
    say "none" "stdlib.h' file not found"
    say "none" 'libc wasi'
    no_file "none" none.wasm
    expect "WASI 0.1" 1 build stdio.c -w sole -o stdio.wasm
    say "WASI 0.1" 'adapt'
    left "WASI 0.1"
    expect "no WASI 0.1" 0 build stdio.c -w sole --stub-wasi -o stdio.wasm
    called "no WASI 0.1" stdio.wasm '"twice" (u32.const 21)' '(u32.const 42)'
    echo 'package test:main; world main {}' >main.wit
    printf '%s\n' '#include <stdio.h>' 'int main(void) { return puts("hello") < 0; }' >main.c
    expect "main" 0 build main.c --wit main.wit --adapt wasi:command -o main.wasm
    expect "main runs" 0 run main.wasm
    [ "$(cat "$out")" = hello ] && ok || bad "main" "the output is $(cat "$out")"
    left "main"
    if [ -e /usr/include/wasm32-wasi/c++/v1/optional ]; then
        expect "libc++" 0 build optional.cpp -w sole -std=c++17 -o optional.wasm
        called "libc++" optional.wasm '"twice" (u32.const 21)' '(u32.const 42)'
    else
        skip "build: libc++-dev-wasm32 is missing"
    fi
else
    skip "build: wasi-libc is missing"
    expect "no library" 1 build libc.c -w sole -o libc.wasm
    say "no library" 'apt-get install wasi-libc'
fi
expect "other library" 1 build libc.c -w sole --libc wasi --sysroot /nowhere -o libc.wasm
say "other library" 'no C library for guests is below `/nowhere`'

# Errors: the compiler's words, our remedy, nothing left, the old result untouched.
cp sole.wasm old.wasm
printf '#include "sole.h"\nuint32_t exports_sole_twice(uint32_t n) { return m; }\n' >wrong.c
expect "compile error" 1 build wrong.c app.c -w sole -o old.wasm
say "compile error" "wrong.c:2:.*'m'"
say "compile error" "app.c.*app.h' file not found"
say "compile error" '`wrong.c` does not compile'
cmp -s sole.wasm old.wasm && ok || bad "compile error" "the old result is gone"
left "compile error"
expect "in JSON" 1 build wrong.c -w sole --message-format json -o old.wasm
[ "$(sed -n '1p;$p' "$err" | tr -d '\n')" = "[]" ] && ok || bad "in JSON" "$(cat "$err")"
say "in JSON" '"message": "wrong.c:2:'
printf 'int x;\n' >nothing.c
expect "missing export" 1 build nothing.c -w sole -o old.wasm
say "missing export" 'undefined symbol'
say "missing export" 'must define `exports_sole_twice`'
left "missing export"
printf 'int strcmp(const char *, const char *);\n#include "sole.h"\nuint32_t exports_sole_twice(uint32_t n) { return n + (uint32_t) strcmp("", "x"); }\n' >undeclared.c
expect "missing function" 1 build undeclared.c -w sole --libc none -o old.wasm
say "missing function" '`strcmp` is of the C library'
printf 'int exports_sole_twice(long long n);\nint exports_sole_twice(long long n) { return (int) n; }\n' >mismatch.c
expect "other signature" 1 build mismatch.c -w sole -o old.wasm
say "other signature" 'signature mismatch'
left "other signature"

expect "no file" 1 build nowhere.c -w sole -o x.wasm
say "no file" 'nowhere.c'
expect "no source" 1 build wit/app.wit -w sole -o x.wasm
say "no source" 'no source, object or archive'
expect "several worlds" 1 build sole.c -o x.wasm
expect "no world" 1 build sole.c -w other -o x.wasm
expect "no WIT" 1 build sole.c --wit nowhere -o x.wasm
expect "bad WIT" 1 build sole.c --wit sole.c -o x.wasm
expect "no clang" 1 build sole.c -w sole --clang /nowhere/clang -o x.wasm
say "no clang" '/nowhere/clang` is not found'
PATH=/nowhere "$witc" build sole.c -w sole -o x.wasm 2>"$err"
[ $? = 1 ] && ok || bad "no tools" "exit status is not 1"
say "no tools" 'apt-get install clang lld'
expect "no folder" 1 build sole.c -w sole -o nowhere/x.wasm
TMPDIR=/nowhere expect "no temporary folder" 1 build sole.c -w sole -o x.wasm
mkdir wat && expect "a folder" 1 build wat -w sole -o x.wasm
for words in "-E" "-MMD" "-S" "--core=x" "--libc=glibc" "--nosuch" "-D"; do
    # shellcheck disable=SC2086
    expect "usage" 2 build sole.c -w sole -o x.wasm $words
done
expect "usage" 2 build -w sole -o x.wasm
(cd wit && expect "no wit" 2 build ../sole.c -w sole -o x.wasm && say "no wit" 'no folder `wit`')
no_file "errors" x.wasm
left "errors"

# A skeleton compiles as it is, traps when called, and is left alone once it is there.
for wit in "$home"/tests/bindgen/*.wit; do
    rm -rf gen
    # shellcheck disable=SC2046
    expect "stubs" 0 bindgen c --stubs --out-dir gen $(sed -n 's,^// ARGS: ,,p' "$wit") "$wit" || continue
    for source in gen/*_impl.c; do
        "$compiler" --target=wasm32 -ffreestanding -Wall -Wextra -Wpedantic -Wconversion -Wmissing-prototypes \
            -Werror -Igen -c "$source" -o stub.o 2>"$err" && ok || bad "stubs of $wit" "$(head -n 5 "$err")"
    done
    rm -rf gen
    expect "native stubs" 0 bindgen c --stubs --style native --out-dir gen "$wit" || continue
    for source in gen/*_impl.c; do
        "$compiler" --target=wasm32 -ffreestanding -Wall -Wextra -Wpedantic -Wconversion -Wmissing-prototypes \
            -Werror -Igen -c "$source" -o stub.o 2>"$err" && ok || bad "native stubs of $wit" "$(head -n 5 "$err")"
    done
done
expect "stubs" 0 bindgen c --stubs -w sole --out-dir gen wit
expect "stubs" 0 build gen/sole_impl.c -w sole -o stub.wasm
expect "stubs" 0 validate stub.wasm
echo "// mine" >>gen/sole_impl.c
expect "stubs again" 0 bindgen c --stubs -w sole --out-dir gen wit
grep -q mine gen/sole_impl.c && ok || bad "stubs again" "the user's file is overwritten"
expect "stubs checked" 0 bindgen c --stubs --check -w sole --out-dir gen wit

# A signal ends it, with nothing left; what runs is ended, too.
cat >slow-clang <<'END'
#!/bin/sh
echo $$ >"$SLOW_PID"
exec sleep 60
END
chmod +x slow-clang
for signal in INT TERM HUP; do
    rm -f pid
    # In the background a shell ignores SIGINT, and what has begun it may ignore others; env sets them back.
    SLOW_PID=$PWD/pid env --default-signal=INT,TERM,HUP "$witc" build sole.c -w sole --clang ./slow-clang \
        --wasm-ld ./slow-clang -o x.wasm 2>/dev/null &
    program=$!
    tries=0
    while [ ! -s pid ] && [ $tries -lt 100 ]; do sleep 0.05; tries=$((tries + 1)); done
    kill -"$signal" $program
    wait $program
    status=$?
    [ $status -gt 128 ] && ok || bad "SIG$signal" "exit status $status"
    kill -0 "$(cat pid)" 2>/dev/null && bad "SIG$signal" "the compiler runs on" || ok
    left "SIG$signal"
done
finish build
