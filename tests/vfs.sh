#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Files in memory, `--vfs`: vfs.sh WITC. What a program sees and changes there, and that nothing else is changed.
. "$(dirname "$0")/lib.sh"

# A program of WASI 0.1: BODY, of steps that end it with their errno; $read prints a.txt, $write writes to it.
program() {
    cat >"$tmp/$1" <<END
(module
  (import "wasi_snapshot_preview1" "fd_read" (func \$fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func \$fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_size"
    (func \$set_size (param i32 i64) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file"
    (func \$unlink (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func \$open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func \$exit (param i32)))
  (memory (export "memory") 17)
  (data (i32.const 16) "hello\n")
  (data (i32.const 64) "a.txt")
  (data (i32.const 80) "out")
  (func \$demand (param \$errno i32)
    (if (local.get \$errno) (then (call \$exit (local.get \$errno)))))
  (func \$bytes (param \$at i32) (param \$n i32)
    (i32.store (i32.const 0) (local.get \$at)) (i32.store (i32.const 4) (local.get \$n)))
  (func \$enter (param \$name i32) (param \$len i32) (param \$how i32)
    (call \$demand (call \$open (i32.const 3) (i32.const 1) (local.get \$name) (local.get \$len)
      (local.get \$how) (i64.const 0x400042) (i64.const 0) (i32.const 0) (i32.const 200))))
  (func \$look (param \$name i32) (param \$len i32)
    (call \$demand (call \$open (i32.const 3) (i32.const 1) (local.get \$name) (local.get \$len)
      (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 200))))
  (func \$read
    (call \$look (i32.const 64) (i32.const 5))
    (call \$bytes (i32.const 4000) (i32.const 100))
    (call \$demand (call \$fd_read (i32.load (i32.const 200)) (i32.const 0) (i32.const 1)
      (i32.const 8)))
    (call \$bytes (i32.const 4000) (i32.load (i32.const 8)))
    (call \$demand (call \$fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func \$write
    (call \$enter (i32.const 64) (i32.const 5) (i32.const 1))
    (call \$bytes (i32.const 16) (i32.const 6))
    (call \$demand (call \$fd_write (i32.load (i32.const 200)) (i32.const 0) (i32.const 1)
      (i32.const 8))))
  (func \$much ;; a megabyte, page by page
    (local \$i i32)
    (call \$enter (i32.const 64) (i32.const 5) (i32.const 1))
    (call \$bytes (i32.const 8192) (i32.const 4096))
    (loop \$more
      (call \$demand (call \$fd_write (i32.load (i32.const 200)) (i32.const 0) (i32.const 1)
        (i32.const 8)))
      (br_if \$more (i32.lt_u (local.tee \$i (i32.add (local.get \$i) (i32.const 1)))
        (i32.const 256)))))
  (func (export "_start") $2))
END
}
shows() { # shows NAME TEXT: what the last run has written
    if [ "$(cat "$out")" = "$2" ]; then ok; else bad "$1" "$(head -c 200 "$out"), expected $2"; fi
}
program read.wat '(call $read)'
program change.wat '(call $write) (call $read)'
program much.wat '(call $much)'
program out.wat '(call $look (i32.const 80) (i32.const 3))'
program remove.wat '(call $demand (call $unlink (i32.const 3) (i32.const 64) (i32.const 5))) (call $read)'

mkdir -p "$tmp/d/sub" "$tmp/private"
echo "what stands here" >"$tmp/d/a.txt"
echo secret >"$tmp/private/file"
ln -s ../private/file "$tmp/d/out"
for format in gnu pax ustar; do tar --format=$format -cf "$tmp/$format.tar" -C "$tmp/d" .; done
sources="d gnu.tar pax.tar ustar.tar"
# What is packed is told by its first bytes.
tar -cf - -C "$tmp/d" . | gzip -c >"$tmp/packed"
timeout 60 "$witc" run --vfs "$tmp/packed" "$tmp/read.wat" >"$out" 2>"$err" </dev/null
if grep -q 'needs zlib' "$err"; then
    skip "archives packed by gzip: zlib is not here"
    say "without zlib: the remedy" 'unpack it first: `gunzip FILE`'
    has_zlib=
else
    sources="$sources packed"
    has_zlib=1
fi
find "$tmp/d" "$tmp/private" -type f -exec cksum {} + >"$tmp/before"

# ---- a folder, and archives ----
for from in $sources; do
    expect "$from: read" 0 run --vfs "$tmp/$from" "$tmp/read.wat"
    shows "$from: read" "what stands here"
    expect "$from: changed" 0 run --vfs "$tmp/$from" "$tmp/change.wat"
    shows "$from: changed" "hello
tands here"
    expect "$from: removed" 44 run --vfs "$tmp/$from" "$tmp/remove.wat"
    expect "$from: a link that leads out" 63 run --vfs "$tmp/$from" "$tmp/out.wat"
    expect "$from: read only" 69 run --vfs "$tmp/$from::/::ro" "$tmp/change.wat"
    expect "$from: a quota" 19 run --vfs "$tmp/$from,quota=16K" "$tmp/much.wat"
    expect "$from: all at once" 0 run --vfs "$tmp/$from" "$tmp/much.wat"
    expect "$from: little memory" 51 run --explain --max-vfs 100K --vfs "$tmp/$from" "$tmp/much.wat"
    say "$from: little memory" 'more memory for the folder `/`'
    say "$from: the option" '`--max-vfs BYTES`'
    expect "$from: deterministic" 0 run --deterministic --vfs "$tmp/$from" "$tmp/change.wat"
    expect "$from: recorded" 0 run --record "$tmp/rec" --vfs "$tmp/$from" "$tmp/change.wat"
    expect "$from: replayed" 0 run --replay "$tmp/rec" "$tmp/change.wat"
    expect "$from: traced" 0 run --trace --vfs "$tmp/$from" "$tmp/change.wat"
    say "$from: traced" 'descriptor.open-at'
    # behind which no leaks can be looked for
    ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS:-}" \
        expect "$from: jailed" 0 run --jail=best-effort --vfs "$tmp/$from" "$tmp/change.wat"
    shows "$from: jailed" "hello
tands here"
    expect "$from: denied" 69 run --explain --vfs "$tmp/$from::/::ro" "$tmp/change.wat"
    say "$from: denied" "granted by \`--vfs $tmp/$from::/\`"
    expect "$from: a dry run" 0 run --dry-run --vfs "$tmp/$from" "$tmp/read.wat"
done
mkfifo "$tmp/pipe"
cat "$tmp/gnu.tar" >"$tmp/pipe" &
expect "an archive from a pipe" 0 run --vfs "$tmp/pipe::/data" "$tmp/read.wat"
shows "an archive from a pipe" "what stands here"

# ---- what is packed ----
unpacked=$(wc -c <"$tmp/gnu.tar")
packed_cases() {
    cat "$tmp/packed" >"$tmp/pipe" &
    expect "a packed one from a pipe" 0 run --vfs "$tmp/pipe" "$tmp/read.wat"
    shows "a packed one from a pipe" "what stands here"
    # several members, with a name, and zeroes behind them, are one archive
    head -c 700 "$tmp/gnu.tar" >"$tmp/first" && tail -c +701 "$tmp/gnu.tar" >"$tmp/second"
    { gzip -c --name "$tmp/first" && gzip -c "$tmp/second" && head -c 600 /dev/zero; } >"$tmp/members"
    expect "members" 0 run --vfs "$tmp/members" "$tmp/read.wat"
    shows "members" "what stands here"
    # what is unpacked counts
    gzip -c "$tmp/gnu.tar" >"$tmp/packed"
    expect "just enough memory" 0 run --max-vfs "$((unpacked + 3000))" --vfs "$tmp/packed" "$tmp/read.wat"
    expect "a byte too many" 1 run --max-vfs "$((unpacked - 1))" --vfs "$tmp/packed" "$tmp/read.wat"
    say "a byte too many" "takes more than the $((unpacked - 1)) bytes of memory"
    say "a byte too many: the place" 'packed:0x'
    say "a byte too many: the option" '`--max-vfs` sets this limit'
    expect "two of them" 1 run --max-vfs "$((unpacked * 2 - 1))" --vfs "$tmp/packed" \
        --vfs "$tmp/packed::/more" "$tmp/read.wat"
    say "two of them" "takes more than the $((unpacked - 1)) bytes of memory"
    expect "no memory for changes" 51 run --max-vfs "$((unpacked + 100000))" --vfs "$tmp/packed" "$tmp/much.wat"
    { cat "$tmp/gnu.tar" && head -c 300000000 /dev/zero; } | gzip -1c >"$tmp/bomb"
    # bombs end at the limit, in memory of its size
    case $witc in *-asan) most=unlimited ;; *) most=4000000 ;; esac
    (ulimit -v $most; expect "a bomb" 1 run --vfs "$tmp/bomb" "$tmp/read.wat"
        say "a bomb" 'takes more than the 268435456 bytes'; [ "$failed" = 0 ]) || bad "a bomb" "see above"
    # damaged ones, told with a place in what is packed
    len=$(wc -c <"$tmp/packed")
    for n in 3 9 10 11 $((len / 2)) $((len - 9)) $((len - 8)) $((len - 4)) $((len - 1)); do
        head -c "$n" "$tmp/packed" >"$tmp/cut"
        expect "packed, cut at $n" 1 run --vfs "$tmp/cut" "$tmp/read.wat"
        say "packed, cut at $n" 'the packed archive ends in the middle'
        say "packed, cut at $n: the place" "cut:0x$(printf %06x "$n")"
    done
    { cat "$tmp/packed" && echo more; } >"$tmp/bad"
    expect "something behind it" 1 run --vfs "$tmp/bad" "$tmp/read.wat"
    say "something behind it" 'is not packed by gzip'
    say "something behind it: the place" "bad:0x$(printf %06x "$len")"
    for n in 2 3 $((len / 2)) $((len - 7)) $((len - 2)); do
        byte=$(od -An -tu1 -j "$n" -N 1 "$tmp/packed") # is another then, of flags one that nobody knows
        { head -c "$n" "$tmp/packed" && printf "\\$(printf %o $((byte ^ 238)))" &&
            tail -c +$((n + 2)) "$tmp/packed"; } >"$tmp/bad"
        expect "packed, bad at $n" 1 run --vfs "$tmp/bad" "$tmp/read.wat"
        say "packed, bad at $n: the place" 'bad:0x'
    done
    say "packed, bad at its length" 'is damaged: incorrect length check'
    gzip -c "$tmp/packed" >"$tmp/twice"
    expect "packed twice" 1 run --vfs "$tmp/twice" "$tmp/read.wat"
    say "packed twice" 'packed by gzip once more'
    gzip -c "$tmp/read.wat" >"$tmp/bad"
    expect "something else that is packed" 1 run --vfs "$tmp/bad" "$tmp/read.wat"
    say "something else that is packed" 'no archive of tar'
    say "something else that is packed: the place" 'bad (unpacked):0x000000'
}
if [ "$has_zlib" ]; then packed_cases; fi

cat >"$tmp/p.yml" <<END
grants:
  vfs:
    - {host: $tmp/gnu.tar, guest: /, read-only: true, quota: 1M}
limits: {vfs: 1M}
END
expect "a policy" 0 run --policy "$tmp/p.yml" "$tmp/read.wat"
shows "a policy" "what stands here"
expect "a policy: read only" 69 run --policy "$tmp/p.yml" "$tmp/change.wat"
find "$tmp/d" "$tmp/private" -type f -exec cksum {} + >"$tmp/after"
if cmp -s "$tmp/before" "$tmp/after"; then ok; else bad "the folder" "it was changed"; fi

# ---- what is no folder and no archive ----
expect "nothing there" 1 run --vfs "$tmp/nowhere" "$tmp/read.wat"
say "nothing there" 'cannot read `.*nowhere`: No such file or directory'
expect "no word" 2 run --vfs "" "$tmp/read.wat"
expect "a word too many" 2 run --vfs "d::/::rx" "$tmp/read.wat"
printf 'BZh91AY&SY' >"$tmp/bz"
expect "packed by another" 1 run --vfs "$tmp/bz" "$tmp/read.wat"
say "packed by another" 'packed by bzip2'
say "packed by another: the remedy" 'unpack it first: `bunzip2 FILE`'
expect "another file" 1 run --vfs "$tmp/read.wat" "$tmp/read.wat"
say "another file" 'no archive of tar'
say "another file: the place" 'read.wat:0x000000'
head -c 1000 "$tmp/gnu.tar" >"$tmp/cut"
expect "a part" 1 run --vfs "$tmp/cut" "$tmp/read.wat"
say "a part: the place" 'cut:0x0003e8'
(cd "$tmp" && tar -P -cf absolute.tar "$tmp/d/a.txt" && tar -P -cf up.tar -C d/sub ../a.txt)
expect "an absolute name" 1 run --vfs "$tmp/absolute.tar" "$tmp/read.wat"
say "an absolute name" 'is absolute'
expect "a name that leads up" 1 run --vfs "$tmp/up.tar" "$tmp/read.wat"
say "a name that leads up" 'has `..` in it'
size=$(wc -c <"$tmp/ustar.tar")
at=0
while [ $at -lt "$size" ] && [ $at -lt 3000 ]; do # a byte is another, cut here
    head -c $at "$tmp/ustar.tar" >"$tmp/cut"
    printf '\377' >>"$tmp/cut"
    hold "cut at $at" run --vfs "$tmp/cut" "$tmp/read.wat"
    at=$((at + 149))
done
finish vfs
