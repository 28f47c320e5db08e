#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# adapter.sh WITC: the adapter for WASI 0.1. Modules in text call every function of it and tell by their
# exit status which answer was not the one of preview 1; programs in C are built as users build them.
. "$(dirname "$0")/lib.sh"
root=$PWD
if tools/adapter.sh --check "$witc" >"$out" 2>&1; then ok; else bad modules.c "$(cat "$out")"; fi
cd "$tmp" || exit 1

# NAME PARAMETERS RESULT: i and I are i32 and i64.
cat >functions <<'F'
args_get ii i
args_sizes_get ii i
environ_get ii i
environ_sizes_get ii i
clock_res_get ii i
clock_time_get iIi i
fd_advise iIIi i
fd_allocate iII i
fd_close i i
fd_datasync i i
fd_fdstat_get ii i
fd_fdstat_set_flags ii i
fd_fdstat_set_rights iII i
fd_filestat_get ii i
fd_filestat_set_size iI i
fd_filestat_set_times iIIi i
fd_pread iiiIi i
fd_prestat_get ii i
fd_prestat_dir_name iii i
fd_pwrite iiiIi i
fd_read iiii i
fd_readdir iiiIi i
fd_renumber ii i
fd_seek iIii i
fd_sync i i
fd_tell ii i
fd_write iiii i
path_create_directory iii i
path_filestat_get iiiii i
path_filestat_set_times iiiiIIi i
path_link iiiiiii i
path_open iiiiiIIii i
path_readlink iiiiii i
path_remove_directory iii i
path_rename iiiiii i
path_symlink iiiii i
path_unlink_file iii i
poll_oneoff iiii i
proc_exit i -
proc_raise i i
sched_yield - i
random_get ii i
sock_accept iii i
sock_recv iiiiii i
sock_send iiiii i
sock_shutdown ii i
F
import() { # import NAME: its import in text
    awk -v name="$1" 'function types(s,  t) { gsub(/-/, "", s); gsub(/i/, " i32", s); gsub(/I/, " i64", s); return s }
        $1 == name { printf "(import \"wasi_snapshot_preview1\" \"%s\" (func $%s (param%s) (result%s)))\n", $1, $1, types($2), types($3) }' functions
}
size() { wc -c <"$1"; }

# ---- all functions, together and alone ----

[ "$(wc -l <functions)" = 46 ] && ok || bad functions "there are 46"
{
    echo '(module'
    while read -r name _; do import "$name"; done <functions
    echo '(memory (export "memory") 1) (func (export "_start")))'
} >all.wat
for kind in wasi wasi:command wasi:reactor wasi:proxy wasi@0.2.12; do
    expect "all, $kind" 0 component new --adapt "$kind" all.wat -o all.wasm &&
        expect "all, $kind, valid" 0 validate all.wasm
done
expect "all, memory of the program" 0 component new --adapt wasi --realloc-via-memory-grow all.wat -o all.wasm
expect "all run" 0 run all.wat
largest=0
while read -r name _; do
    { echo '(module' && import "$name" && echo '(memory (export "memory") 1) (func (export "_start")))'; } >one.wat
    expect "$name alone" 0 component new --adapt wasi one.wat -o one.wasm && expect "$name valid" 0 validate one.wasm
    [ "$(size one.wasm)" -gt "$largest" ] && largest=$(size one.wasm)
done <functions
# The largest is path_open or fd_readdir; everything together is five times that.
[ "$largest" -lt 10000 ] && ok || bad "one function alone" "$largest bytes"

# ---- the answers of preview 1, and the program's memory ----

# A module that thinks that its memory is its own to the last byte: it fills it, calls, and looks whether
# anything has changed but its work area, bytes 40000 to 48000. LINE: ERRNO FUNCTION ARGUMENTS.
program() { # program FILE < lines
    cat >"$1.lines"
    echo '(module'
    awk '{ print $2 }' "$1.lines" | sort -u | grep -v '^proc_exit$' | while read -r name; do import "$name"; done
    import proc_exit
    cat <<'W'
(memory (export "memory") 1)
(func $check (param $id i32) (param $want i32) (param $got i32)
  (if (i32.ne (local.get $want) (local.get $got)) (then (call $proc_exit (local.get $id))))
  (call $same (local.get $id)))
(func $same (param $id i32) (local $p i32)
  (loop $next
    (if (i32.and (i32.ne (i32.load8_u (local.get $p)) (i32.const 0xa5))
          (i32.ge_u (i32.sub (local.get $p) (i32.const 40000)) (i32.const 8000)))
      (then (call $proc_exit (i32.add (i32.const 100) (local.get $id)))))
    (br_if $next (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 1))) (i32.const 65536)))))
(func (export "_start")
  (memory.fill (i32.const 0) (i32.const 0xa5) (i32.const 65536))
  (memory.fill (i32.const 40000) (i32.const 0) (i32.const 8000))
  ;; an iovec for "hi\n" at 40000, one for 100 bytes at 40016, a subscription for a clock at 40104
  (i32.store (i32.const 40000) (i32.const 40008)) (i32.store (i32.const 40004) (i32.const 3))
  (i32.store (i32.const 40008) (i32.const 0x0a6968))
  (i32.store (i32.const 40016) (i32.const 41000)) (i32.store (i32.const 40020) (i32.const 100))
  (i64.store (i32.const 40104) (i64.const 7)) (i32.store (i32.const 40120) (i32.const 1))
  (i64.store (i32.const 40128) (i64.const 1000000))
W
    awk -v signatures=functions 'BEGIN { while ((getline line < signatures) > 0) { split(line, f, " "); sig[f[1]] = f[2] } }
        { printf "(call $check (i32.const %d) (i32.const %s) (call $%s", NR, $1, $2
          for (i = 3; i <= NF; i++) printf " (%s.const %s)", substr(sig[$2], i - 2, 1) == "I" ? "i64" : "i32", $i
          print "))" }' "$1.lines"
    cat <<'W'
  (if (i32.ne (memory.size) (i32.const 1)) (then (call $proc_exit (i32.const 98))))
  (if (i32.ne (memory.grow (i32.const 1)) (i32.const 1)) (then (call $proc_exit (i32.const 97))))
  (call $proc_exit (i32.const 99))))
W
}
calls='0 args_sizes_get 42000 42004
0 args_get 42008 42100
0 environ_sizes_get 42000 42004
0 environ_get 43008 43100
0 clock_res_get 0 42000
0 clock_res_get 1 42000
28 clock_res_get 2 42000
0 clock_time_get 0 1 42000
0 clock_time_get 1 1 42000
28 clock_time_get 3 1 42000
0 random_get 41000 3000
0 sched_yield
52 proc_raise 2
0 fd_write 1 40000 1 42000
0 fd_write 2 40000 1 42000
8 fd_write 0 40000 1 42000
8 fd_write 77 40000 1 42000
8 fd_read 1 40016 1 42000
0 fd_read 0 40016 1 42000
0 fd_fdstat_get 1 42000
8 fd_fdstat_get 9 42000
0 fd_filestat_get 0 42000
8 fd_filestat_get -1 42000
70 fd_seek 1 0 0 42000
8 fd_seek 9 0 0 42000
70 fd_tell 0 42000
70 fd_pread 0 40016 1 0 42000
70 fd_pwrite 1 40000 1 0 42000
70 fd_advise 0 0 0 0
28 fd_allocate 1 0 1
28 fd_sync 1
28 fd_datasync 1
8 fd_sync 5
28 fd_filestat_set_size 1 0
28 fd_filestat_set_times 1 0 0 3
28 fd_fdstat_set_flags 1 2
8 fd_fdstat_set_flags 1 4
58 fd_fdstat_set_rights 1 0 0
57 sock_accept 0 0 42000
57 sock_recv 0 40016 1 0 42000 42004
57 sock_send 1 40000 1 0 42000
8 sock_shutdown 9 0
57 sock_shutdown 1 0
28 poll_oneoff 40104 41000 0 42000
0 poll_oneoff 40104 41000 1 42000
8 fd_renumber 1 50
8 fd_renumber 50 1
0 fd_renumber 2 2
0 fd_renumber 2 0
8 fd_write 2 40000 1 42000
0 fd_write 0 40000 1 42000
0 fd_close 1
8 fd_close 1
8 fd_write 1 40000 1 42000
8 fd_close 1000'
paths='8 fd_prestat_get 3 42000
8 fd_prestat_get 1 42000
8 fd_prestat_dir_name 3 42000 10
54 fd_readdir 0 41000 100 0 42000
8 fd_readdir 3 41000 100 0 42000
8 path_open 3 0 40008 2 0 2 0 0 42000
54 path_open 0 0 40008 2 0 2 0 0 42000
54 path_create_directory 0 40008 2
54 path_filestat_get 0 0 40008 2 42000
28 path_filestat_set_times 0 0 40008 2 0 0 3
54 path_link 0 0 40008 2 0 40008 2
8 path_link 9 0 40008 2 0 40008 2
54 path_readlink 0 40008 2 41000 100 42000
54 path_remove_directory 0 40008 2
54 path_rename 0 40008 2 0 40008 2
54 path_symlink 40008 2 0 40008 2
54 path_unlink_file 0 40008 2'
answers() { # answers NAME LINES: 99, "hi" twice or three times
    echo "$2" | program "$1" >"$1.wat"
    timeout 60 "$witc" run --env A=1 --env LONGER=value "$1.wat" -- "an argument" '' >"$out" 2>"$err" </dev/null
    got=$?
    [ $got = 99 ] && ok || bad "$1" "exit $got: line $got of the calls (100 more: of the memory; 97, 98: its size)"
}
answers plain "$calls"
[ "$(cat "$out" "$err")" = "hi
hi
hi" ] && ok || bad plain "the output is $(cat "$out" "$err")"
answers files "$paths
$calls"
[ "$(cat "$out")" = hi ] && ok || bad files "the output is $(cat "$out")"
expect "no files are imported" 0 component new --adapt wasi plain.wat -o plain.wasm
expect "its world" 0 component wit plain.wasm
grep -q filesystem "$out" && bad "no files" "a program without paths imports them" || ok

# What goes to the first bytes of the memory, where the adapter borrows.
{
    echo '(module' && import random_get && import fd_read && import fd_write && import proc_exit
    cat <<'W'
(memory (export "memory") 1)
(func (export "_start") (local $sum i32)
  (i32.store (i32.const 2000) (i32.const 0)) (i32.store (i32.const 2004) (i32.const 600))
  (drop (call $fd_read (i32.const 0) (i32.const 2000) (i32.const 1) (i32.const 2008)))
  (i32.store (i32.const 2004) (i32.load (i32.const 2008)))
  (drop (call $fd_write (i32.const 1) (i32.const 2000) (i32.const 1) (i32.const 2008)))
  (i64.store (i32.const 8) (i64.const 0)) (i64.store (i32.const 16) (i64.const 0))
  (i64.store (i32.const 24) (i64.const 0)) (i64.store (i32.const 600) (i64.const 0))
  (if (call $random_get (i32.const 8) (i32.const 24)) (then (call $proc_exit (i32.const 3))))
  (if (i64.eqz (i64.load (i32.const 16))) (then (call $proc_exit (i32.const 4))))
  (if (i64.ne (i64.load (i32.const 600)) (i64.const 0)) (then (call $proc_exit (i32.const 5))))))
W
} >low.wat
awk 'BEGIN { for (i = 0; i < 50; i++) print "line", i }' >low.in
timeout 60 "$witc" run low.wat <low.in >low.out 2>"$err"
got=$?
if [ $got = 0 ] && cmp -s low.in low.out; then ok; else bad "low addresses" "exit $got"; fi

# An allocator that collects garbage asks for the time and waits, where no import may be called: the
# clocks stand still, and waiting is over at once. 92: the time before; 100, 108, 116: in the allocator
# before and after it waits for 5 s; 124: afterwards.
mkdir -p wit/deps/random
echo 'package wasi:random@0.2.0; interface random { get-random-bytes: func(len: u64) -> list<u8>; }' >wit/deps/random/random.wit
echo 'package t:t; world w { import wasi:random/random@0.2.0; }' >wit/w.wit
{
    echo '(module' && import clock_time_get && import poll_oneoff && import proc_exit
    cat <<'W'
(import "wasi:random/random@0.2.0" "get-random-bytes" (func $random (param i64 i32)))
(memory (export "memory") 1)
(func $time (param $clock i32) (param $to i32)
  (i32.store (i32.const 500) (i32.or (i32.load (i32.const 500))
    (call $clock_time_get (local.get $clock) (i64.const 0) (local.get $to)))))
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
  (call $time (i32.const 1) (i32.const 100))
  (call $time (i32.const 0) (i32.const 108))
  (i64.store (i32.const 1000) (i64.const 7)) (i32.store (i32.const 1016) (i32.const 1))
  (i64.store (i32.const 1024) (i64.const 5000000000))
  (i32.store8 (i32.const 1056) (i32.const 1)) ;; the second one: standard input
  (i32.store (i32.const 504) (call $poll_oneoff (i32.const 1000) (i32.const 2000) (i32.const 2) (i32.const 2100)))
  (call $time (i32.const 1) (i32.const 116))
  (i32.const 3000))
(func (export "_start")
  (call $time (i32.const 1) (i32.const 92))
  (call $random (i64.const 16) (i32.const 600))
  (call $time (i32.const 1) (i32.const 124))
  (if (i64.ne (i64.load (i32.const 500)) (i64.const 0)) (then (call $proc_exit (i32.const 3))))
  (if (i64.ne (i64.load (i32.const 100)) (i64.load (i32.const 92))) (then (call $proc_exit (i32.const 4))))
  (if (i64.ne (i64.sub (i64.load (i32.const 116)) (i64.load (i32.const 100))) (i64.const 5000000000))
    (then (call $proc_exit (i32.const 5))))
  (if (i32.ne (i32.load (i32.const 2100)) (i32.const 1)) (then (call $proc_exit (i32.const 6))))
  (if (i64.ne (i64.load (i32.const 2000)) (i64.const 7)) (then (call $proc_exit (i32.const 7))))
  (if (i64.lt_u (i64.load (i32.const 124)) (i64.load (i32.const 116))) (then (call $proc_exit (i32.const 8))))
  (if (i32.ne (i32.load (i32.const 600)) (i32.const 3000)) (then (call $proc_exit (i32.const 9))))))
W
} >collect.wat
"$witc" component embed wit collect.wat -o collect.core.wasm
for choice in '' --realloc-via-memory-grow --return-call-ref; do
    # shellcheck disable=SC2086
    expect "allocator that waits $choice" 0 component new --adapt wasi:command@0.2.12 $choice collect.core.wasm -o collect.wasm &&
        expect "allocator that waits $choice, runs" 0 run collect.wasm
done
# One that does not ask is called as it is.
sed '/"cabi_realloc"/,/(i32.const 3000))$/c\(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 3000))' collect.wat >plain.wat
"$witc" component embed wit plain.wat | "$witc" component new --adapt wasi - -o plain.wasm
"$witc" print plain.wasm >plain.out
grep -q 'to-hook' plain.out && bad "allocator" "one that needs no wrapper has one" || ok

# Programs that import nothing of it.
echo '(module (func (export "_start")))' >nothing.wat
expect "a program that imports nothing" 0 component new --adapt wasi nothing.wat -o nothing.wasm &&
    expect "it runs" 0 run nothing.wasm
echo '(module)' >nothing.wat
expect "an empty module" 0 component new --adapt wasi nothing.wat -o nothing.wasm

# ---- the file for other tools ----

for kind in command reactor proxy; do
    expect "file, $kind" 0 component adapter --kind $kind -o "$kind.wasm" && expect "file, $kind, valid" 0 validate "$kind.wasm"
    expect "file, $kind, used" 0 component new --adapt "wasi_snapshot_preview1=$kind.wasm" all.wat -o all.wasm
    expect "file, $kind, used, valid" 0 validate all.wasm
done
oracle=$(command -v wasm-tools || true)
if [ -n "$oracle" ]; then
    "$witc" parse all.wat -o all.core.wasm
    for kind in command reactor proxy; do
        if "$oracle" component new --adapt "wasi_snapshot_preview1=$kind.wasm" all.core.wasm -o other.wasm 2>"$err"; then ok; else bad "wasm-tools, $kind" "$(head -n 3 "$err")"; fi
    done
fi
expect "two of a name" 1 component new --adapt wasi --adapt wasi_snapshot_preview1=command.wasm all.wat -o all.wasm
expect "no such kind" 1 component new --adapt wasi:other all.wat -o all.wasm
{ echo '(module' && import fd_write && echo '(func (export "_start")))'; } >nomemory.wat
expect "a program without memory" 1 run nomemory.wat
{ echo '(module' && import fd_write | sed 's/i32 i32 i32 i32/i32 i64/' && echo '(memory (export "memory") 1) (func (export "_start")))'; } >type.wat
expect "a wrong type" 1 run type.wat
{ echo '(module' && import fd_write | sed 's/"fd_write"/"fd_unknown"/' && echo '(memory (export "memory") 1) (func (export "_start")))'; } >unknown.wat
expect "an unknown function" 1 run unknown.wat

# Response files that ask for endlessly many words.
for i in 0 1 2 3 4 5 6 7 8 9; do
    awk -v n=$((i + 1)) 'BEGIN { for (i = 0; i < 100; i++) print "@r" n ".rsp" }' >r$i.rsp
done
echo x.o >r10.rsp
expect "response files without end" 1 component-ld -o x.wasm @r0.rsp
say "response files without end" 'list too long'

# ---- C ----

. "$root/tools/toolchain.sh"
sysroot=/usr
[ -e $sysroot/lib/wasm32-wasi/libc.a ] || sysroot=
if [ -z "$WASM_LD" ] || [ -z "$sysroot" ]; then
    skip "programs in C: no clang, wasm-ld or wasi-libc" 16
    finish adapter
fi
cat >cat.c <<'C'
#include <unistd.h>
int main(void) {
    char bytes[3000];
    ssize_t n;
    while ((n = read(0, bytes, sizeof bytes)) > 0)
        for (ssize_t done = 0, m; done < n; done += m)
            if ((m = write(1, bytes + done, n - done)) < 0) return 1;
    return n < 0 ? 2 : 0;
}
C
cat >show.c <<'C'
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
int main(int argc, char **argv) {
    unsigned char bytes[64] = {0};
    char *line = malloc(100);
    int zeros = 0;
    struct timespec start, end, wait = {0, 20000000};
    for (int i = 1; i < argc; i++) printf("argument %s\n", argv[i]);
    printf("variable %s\n", getenv("NAME") ? getenv("NAME") : "none");
    clock_gettime(CLOCK_MONOTONIC, &start);
    nanosleep(&wait, NULL);
    clock_gettime(CLOCK_MONOTONIC, &end);
    long ms = (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
    printf("slept %s, now is %s\n", ms >= 19 ? "long" : "short", time(NULL) > 1600000000 ? "late" : "early");
    if (getentropy(bytes, sizeof bytes)) return 1;
    for (size_t i = 0; i < sizeof bytes; i++) zeros += bytes[i] == 0;
    printf("random %s\n", zeros < 16 ? "yes" : "no");
    printf("open: %s\n", fopen("/nothing", "r") ? "done" : strerror(errno));
    while (fgets(line, 100, stdin)) printf("line %s", line);
    /* the heap grows beyond whatever was there at the start */
    for (int i = 0; i < 300; i++) memset(malloc(4096), i, 4096);
    printf("%s\n", line);
    return 42;
}
C
for name in cat show; do
    if $CLANG --target=wasm32-wasi -O2 -fuse-ld="$(command -v "$WASM_LD")" -o $name.core.wasm $name.c 2>"$err"; then ok; else bad "compile $name" "$(head -n 3 "$err")"; fi
    expect "new $name" 0 component new --adapt wasi $name.core.wasm -o $name.wasm
    expect "valid $name" 0 validate $name.wasm
done
awk 'BEGIN { for (i = 0; i < 5000; i++) print "line", i }' >big
"$witc" run cat.wasm <big >big.out 2>"$err" && cmp -s big big.out && ok || bad cat "the output differs"
"$witc" run cat.core.wasm <big >big.out 2>"$err" && cmp -s big big.out && ok || bad "cat as a module" "the output differs"
grown=$(($(size cat.wasm) - $(size cat.core.wasm)))
[ $grown -lt 10000 ] && ok || bad "size of cat" "the component is $grown bytes larger"
cat >want <<'W'
argument one
argument two words
variable Ada
slept long, now is late
random yes
open: Capabilities insufficient
line first
line second
second
W
printf 'first\nsecond\n' >lines
for form in show.wasm show.core.wasm; do
    timeout 60 "$witc" run --env NAME=Ada $form -- one 'two words' <lines >"$out" 2>"$err"
    got=$?
    [ $form = show.wasm ] && status=1 || status=42 # a component says no more than that it failed
    echo | cat want - | cmp -s - "$out" && ok || { bad "$form" "another output" && diff want "$out"; }
    [ $got = $status ] && ok || bad "$form" "exit $got, expected $status"
done
expect "with a status" 0 component new --adapt wasi@0.2.12 show.core.wasm -o show.wasm
timeout 60 "$witc" run show.wasm >"$out" 2>"$err" </dev/null
got=$?
[ $got = 42 ] && ok || bad "with a status" "exit $got"

# ---- the linker ----

mkdir bin && ln -s "$witc" bin/wasm-component-ld
linker=$PWD/bin/wasm-component-ld
link() { # link NAME STATUS WORDS...
    name=$1 want=$2
    shift 2
    timeout 60 "$linker" "$@" >"$out" 2>"$err" </dev/null
    got=$?
    [ $got = "$want" ] && ok || { bad "$name" "exit $got, expected $want: $*" && head -n 5 "$err"; }
}
link version 0 --version
grep -q '^wasm-component-ld' "$out" && ok || bad version "$(cat "$out")"
link help 0 --help
link "no output" 2 x.o
link "no value" 2 --wasi-adapter
link "a wrong value" 2 --wasi-adapter=none-at-all x.o -o x.wasm
link "a wrong flag" 2 --validate-component=perhaps x.o -o x.wasm
link "no response file" 1 @nothing -o x.wasm
echo @loop >loop
link "response files in a circle" 1 @loop -o x.wasm
say "response files in a circle" 'loop'
$CLANG --target=wasm32-wasi -O2 -c cat.c -o "cat a.o"
lib=$sysroot/lib/wasm32-wasi
printf '%s\n' "-m wasm32 $lib/crt1.o 'cat a.o' -L$lib" '-l"c" --wasm-ld-path' "$(command -v "$WASM_LD") --export main" >words
link "a response file" 0 @words -o out.wasm
"$witc" run out.wasm <big >big.out 2>"$err" && cmp -s big big.out && ok || bad "a response file" "the output differs"
printf '%s\n' "-m wasm32 $lib/crt1.o \"cat a.o\" -L$lib" '-lc --rsp-quoting=windows' >words
link "quoted as on Windows" 0 --rsp-quoting=windows @words --output=out.wasm
cp "cat a.o" 'cat\b.o'
printf '%s\n' "-m wasm32 $lib/crt1.o cat\\b.o -L$lib -lc" >words
link "quoted as on Windows, in two words" 0 --rsp-quoting windows @words --output=out.wasm
link "quoted as nobody does" 2 --rsp-quoting=vms @words --output=out.wasm
link "a core module" 0 -m wasm32 "$lib/crt1.o" "cat a.o" "-L$lib" -lc --skip-wit-component -o core.wasm
expect "a core module" 0 run core.wasm
link "no adapter" 1 -flavor wasm -m wasm32 "$lib/crt1.o" "cat a.o" "-L$lib" -lc --wasi-adapter none -o x.wasm
link "a file as adapter" 0 -m wasm32 "$lib/crt1.o" "cat a.o" "-L$lib" -lc --adapt wasi_snapshot_preview1=command.wasm -o out.wasm
link "undefined symbols" 1 -m wasm32 "$lib/crt1.o" "cat a.o" -o x.wasm
say "undefined symbols" 'undefined symbol'
[ -e x.wasm ] && bad "a failed link" "leaves a file" || ok
printf 'package a:b;\nworld w { export run: func() -> u32; }\n' >w.wit
echo 'unsigned go(void) __attribute__((export_name("run"))); unsigned go(void) { return 7; }' >lib.c
$CLANG --target=wasm32-wasi -O2 -c lib.c
link "a world beside" 0 -m wasm32 lib.o --no-entry --component-type w.wit -o lib.wasm
expect "its world" 0 component wit lib.wasm
grep -q 'export run: func() -> u32' "$out" && ok || bad "a world beside" "$(cat "$out")"
# The allocator, called for what an import returns, must not close what the program has open.
cat >give.c <<'C'
#include <stdio.h>
#include <stdlib.h>
__attribute__((export_name("cabi_realloc"))) void *allocate(void *old, size_t old_size, size_t align, size_t size) {
    return realloc(old, size);
}
__attribute__((import_module("wasi:random/random@0.2.0"), import_name("get-random-bytes"))) void bytes(long long, void *);
int main(void) {
    struct { char *ptr; size_t len; } list;
    printf("before");
    bytes(5, &list);
    printf(" and after %zu\n", list.len);
}
C
$CLANG --target=wasm32-wasi -O2 -c give.c
for crt1 in crt1.o crt1-command.o; do
    link "an allocator, $crt1" 0 -m wasm32 "$lib/$crt1" give.o "-L$lib" -lc --component-type wit -o give.wasm
    expect "an allocator runs, $crt1" 0 run give.wasm
    [ "$(cat "$out")" = 'before and after 5' ] && ok || bad "an allocator, $crt1" "the output is $(cat "$out")"
done
if $CLANG --target=wasm32-wasip2 -### cat.c 2>&1 | grep -q wasm-component-ld; then
    if PATH=$PWD/bin:$PATH $CLANG --target=wasm32-wasip2 -isystem $sysroot/include/wasm32-wasi -O2 cat.c -o direct.wasm 2>"$err"; then ok; else bad "clang for wasm32-wasip2" "$(head -n 5 "$err")"; fi
    "$witc" run direct.wasm <big >big.out 2>"$err" && cmp -s big big.out && ok || bad "clang for wasm32-wasip2" "the output differs"
else
    skip "clang for wasm32-wasip2: this one does not know it" 2
fi
finish adapter
