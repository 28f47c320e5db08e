/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Files and directories: what preview 1 does with an open one. Paths are paths.c's. */
#include "guest.h"

#define DESCRIPTOR(name) IMPORT("wasi:filesystem/types@0.2.0", "[method]descriptor." name)
DESCRIPTOR("advise") void do_advise(u32 file, u64 offset, u64 length, u32 advice, u8 *area);
DESCRIPTOR("sync-data") void do_sync_data(u32 file, u8 *area);
DESCRIPTOR("sync") void do_sync(u32 file, u8 *area);
DESCRIPTOR("set-size") void do_set_size(u32 file, u64 size, u8 *area);
DESCRIPTOR("set-times")
void do_set_times(u32 file, u32 a, u64 a_s, u32 a_ns, u32 m, u64 m_s, u32 m_ns, u8 *area);
DESCRIPTOR("read") void do_read(u32 file, u64 length, u64 offset, u8 *area);
DESCRIPTOR("write") void do_write(u32 file, const u8 *bytes, u32 n, u64 offset, u8 *area);
DESCRIPTOR("append-via-stream") void do_append(u32 file, u8 *area);
DESCRIPTOR("stat") void do_stat(u32 file, u8 *area);
DESCRIPTOR("stat-at") void do_stat_at(u32 dir, u32 flags, const u8 *path, u32 n, u8 *area);
DESCRIPTOR("metadata-hash") void do_hash(u32 file, u8 *area);
DESCRIPTOR("metadata-hash-at") void do_hash_at(u32 dir, u32 flags, const u8 *path, u32 n, u8 *area);
DESCRIPTOR("read-directory") void do_read_directory(u32 dir, u8 *area);
IMPORT("wasi:filesystem/types@0.2.0", "[method]directory-entry-stream.read-directory-entry")
void read_entry(u32 stream, u8 *area);
IMPORT("wasi:filesystem/types@0.2.0", "[resource-drop]directory-entry-stream")
void drop_entries(u32 stream);

/* ---- numbers that differ ---- */

/* The 37 error codes of wasi:filesystem in order, a byte each. */
u32 errno_of(u32 code) {
    u64 eight = code < 8    ? 0x1413100a08070602
                : code < 16 ? 0x201f1d1c1b1a1916
                : code < 24 ? 0x33302e2c2b252322
                : code < 32 ? 0x3f3d3c3b3a383736
                            : 0x4b4a464540;
    return code > 36 ? IO : (u32)(eight >> code % 8 * 8 & 0xff);
}

/* unknown, block, character, directory, fifo, symbolic link, regular file, socket */
u32 file_type(u32 descriptor_type) { return 0x64703210u >> 4 * (descriptor_type & 7) & 15; }

/* An error of type result<_, error-code> in the area, after which the area is put back. */
INLINE u32 finish(Held held) {
    u32 error = byte_at(AREA) ? errno_of(byte_at(AREA + 1)) : SUCCESS;
    release(AREA, held);
    return error;
}
/* ... of a type whose value is at 4 ... */
INLINE Got finish4(Held held) {
    Got g = byte_at(AREA) ? failed(errno_of(byte_at(AREA + 4))) : got(word_at(AREA + 4));
    release(AREA, held);
    return g;
}
/* ... or at 8. */
INLINE Got finish8(Held held) {
    Got g = byte_at(AREA) ? failed(errno_of(byte_at(AREA + 8))) : got(word_at(AREA + 8));
    release(AREA, held);
    return g;
}

/* ---- reading and writing ---- */

/* result<tuple<list<u8>, bool>, error-code>: 0, list 4, end 12 */
Got file_read(u32 handle, u64 offset, u8 *to, u32 length) {
    if ((u32)to < AREA_END && length > ARENA) length = ARENA;
    u32 area = area_beside((u32)to, length);
    Held held = hold(area);
    expect_list(to, length);
    do_read(handle, length, offset, at(area));
    u32 error = byte_at(area) ? errno_of(byte_at(area + 4)) : SUCCESS;
    u32 n = error ? 0 : word_at(area + 8), is_end = byte_at(area + 12);
    release(area, held);
    if (!error && !n && length && !is_end) error = INTR;
    return error ? failed(error) : got(n);
}

static Got file_append(u32 fd, const u8 *bytes, u32 length) {
    u32 stream = (u32)field(fd, F_STREAM);
    if (!stream) {
        Held held = hold(AREA);
        do_append((u32)field(fd, F_HANDLE), at(AREA));
        Got opened = finish4(held);
        if (error_of(opened)) return opened;
        stream = (u32)opened;
        set_field(fd, F_STREAM, stream);
    }
    return write_stream(stream, bytes, length);
}

Got file_write(u32 fd, u64 offset, const u8 *bytes, u32 length) {
    if (field(fd, F_FLAGS) & FDFLAG_APPEND) return file_append(fd, bytes, length);
    Held held = hold(AREA);
    do_write((u32)field(fd, F_HANDLE), bytes, length, offset, at(AREA));
    return finish8(held);
}

EXPORT("fd_pread") u32 fd_pread(u32 fd, const u32 *iovs, u32 count, u64 offset, u32 *length) {
    Got file = file_of(fd, SPIPE);
    if (error_of(file)) return error_of(file);
    for (; count > 1 && !iovs[1]; count--) iovs += 2;
    Got n = count ? file_read((u32)file, offset, at(iovs[0]), iovs[1]) : got(0);
    if (!error_of(n)) *length = (u32)n;
    return error_of(n);
}

EXPORT("fd_pwrite") u32 fd_pwrite(u32 fd, const u32 *iovs, u32 count, u64 offset, u32 *length) {
    Got file = file_of(fd, SPIPE);
    if (error_of(file)) return error_of(file);
    for (; count > 1 && !iovs[1]; count--) iovs += 2;
    Got n = count ? file_write(fd, offset, at(iovs[0]), iovs[1]) : got(0);
    if (!error_of(n)) *length = (u32)n;
    return error_of(n);
}

/* ---- attributes ---- */

/* An option<datetime> in nanoseconds, as far as these go. */
INLINE u64 time_at(u32 address) {
    u64 seconds = long_at(address + 8);
    if (!byte_at(address)) return 0;
    return seconds > 18446744072ull ? ~0ull : seconds * 1000000000 + word_at(address + 16);
}

/* Of the descriptor itself, or where `path` is not NULL, of that path in it. The result takes 104
 * bytes: those that the area does not keep go to the state. */
static u32 stat(u32 handle, u32 flags, const u8 *path, u32 n, u64 *to) {
    enum { REST = AREA + 24, REST_SIZE = 80, VALUE = AREA + 8 };
    u64 ino = 0;
    if (!state_room(heap_end() + REST_SIZE)) return NOMEM;
    Held held = hold(AREA);
    if (path) do_hash_at(handle, flags, path, n, at(AREA));
    else do_hash(handle, at(AREA));
    u32 error = byte_at(AREA) ? errno_of(byte_at(AREA + 8)) : SUCCESS;
    ino = long_at(AREA + 8);
    release(AREA, held);
    if (error) return error;
    copy_in(heap_end(), at(REST), REST_SIZE);
    if (path) do_stat_at(handle, flags, path, n, at(AREA));
    else do_stat(handle, at(AREA));
    error = byte_at(AREA) ? errno_of(byte_at(AREA + 8)) : SUCCESS;
    u32 type = file_type(byte_at(VALUE));
    u64 links = long_at(VALUE + 8), size = long_at(VALUE + 16), accessed = time_at(VALUE + 24),
        modified = time_at(VALUE + 48), changed = time_at(VALUE + 72);
    release(AREA, held);
    copy_out(at(REST), heap_end(), REST_SIZE);
    if (error) return error;
    to[0] = 1, to[1] = ino, to[2] = type, to[3] = links, to[4] = size;
    to[5] = accessed, to[6] = modified, to[7] = changed;
    return SUCCESS;
}

u64 file_size(u32 handle) {
    enum { REST = AREA + 24, REST_SIZE = 80 };
    if (!state_room(heap_end() + REST_SIZE)) return ~0ull;
    Held held = hold(AREA);
    copy_in(heap_end(), at(REST), REST_SIZE);
    do_stat(handle, at(AREA));
    u64 size = byte_at(AREA) ? ~0ull : long_at(AREA + 24);
    release(AREA, held);
    copy_out(at(REST), heap_end(), REST_SIZE);
    return size;
}

EXPORT("fd_filestat_get") u32 fd_filestat_get(u32 fd, u64 *to) {
    u32 kind = kind_of(fd);
    if (kind == KIND_FILE) return stat((u32)field(fd, F_HANDLE), 0, 0, 0, to);
    if (kind != KIND_STDIO) return BADF;
    for (u32 i = 0; i < 8; i++) to[i] = 0;
    to[2] = is_terminal((u32)field(fd, F_HANDLE)) ? FILETYPE_CHARACTER : FILETYPE_UNKNOWN;
    return SUCCESS;
}

EXPORT("path_filestat_get")
u32 path_filestat_get(u32 fd, u32 flags, const u8 *path, u32 n, u64 *to) {
    Got dir = dir_of(fd);
    return error_of(dir) ? error_of(dir) : stat((u32)dir, flags & 1, path, n, to);
}

EXPORT("fd_filestat_set_size") u32 fd_filestat_set_size(u32 fd, u64 size) {
    Got file = file_of(fd, INVAL);
    if (error_of(file)) return error_of(file);
    Held held = hold(AREA);
    do_set_size((u32)file, size, at(AREA));
    return finish(held);
}

/* fstflags: atim 1, atim_now 2, mtim 4, mtim_now 8. new-timestamp: no change 0, now 1, time 2 */
EXPORT("fd_filestat_set_times")
u32 fd_filestat_set_times(u32 fd, u64 accessed, u64 modified, u32 flags) {
    u32 kind = kind_of(fd), a = flags & 3, m = flags >> 2 & 3;
    if (kind == KIND_STDIO || a == 3 || m == 3) return INVAL;
    if (kind != KIND_FILE) return BADF;
    Held held = hold(AREA);
    do_set_times((u32)field(fd, F_HANDLE), a ? 3 - a : 0, accessed / 1000000000,
                 (u32)(accessed % 1000000000), m ? 3 - m : 0, modified / 1000000000,
                 (u32)(modified % 1000000000), at(AREA));
    return finish(held);
}

EXPORT("fd_advise") u32 fd_advise(u32 fd, u64 offset, u64 length, u32 advice) {
    Got file = file_of(fd, SPIPE);
    if (error_of(file)) return error_of(file);
    if (advice > 5) return INVAL;
    Held held = hold(AREA);
    do_advise((u32)file, offset, length, advice, at(AREA));
    return finish(held);
}

EXPORT("fd_allocate") u32 fd_allocate(u32 fd, u64 offset, u64 length) {
    Got file = file_of(fd, INVAL);
    return error_of(file) ? error_of(file) : NOTSUP;
}

EXPORT("fd_datasync") u32 fd_datasync(u32 fd) {
    Got file = file_of(fd, INVAL);
    if (error_of(file)) return error_of(file);
    Held held = hold(AREA);
    do_sync_data((u32)file, at(AREA));
    return finish(held);
}

EXPORT("fd_sync") u32 fd_sync(u32 fd) {
    Got file = file_of(fd, INVAL);
    if (error_of(file)) return error_of(file);
    Held held = hold(AREA);
    do_sync((u32)file, at(AREA));
    return finish(held);
}

EXPORT("fd_tell") u32 fd_tell(u32 fd, u64 *offset) {
    Got file = file_of(fd, SPIPE);
    if (error_of(file)) return error_of(file);
    *offset = field(fd, F_POSITION);
    return SUCCESS;
}

EXPORT("fd_seek") u32 fd_seek(u32 fd, u64 offset, u32 whence, u64 *to) {
    enum { SET, CUR, END };
    Got file = file_of(fd, SPIPE);
    if (error_of(file)) return error_of(file);
    if (whence > END) return INVAL;
    u64 from = whence == SET ? 0 : whence == CUR ? field(fd, F_POSITION) : file_size((u32)file);
    if (from == ~0ull) return IO;
    if ((long long)offset > 0 && from > (1ull << 63) - 1 - offset) return INVAL;
    if ((long long)(from + offset) < 0) return INVAL;
    set_field(fd, F_POSITION, from + offset);
    *to = from + offset;
    return SUCCESS;
}

/* ---- directories ---- */

/* The stream that the last call has left, of which directory, and the number of the entry that is
 * next. Where that entry did not fit into the program's bytes it is in the state at `entry`, as it
 * goes to the program: next 0, inode 8, length of the name 16, type 20, name 24. */
u32 GLOBAL entries; /* 0: none */
u32 GLOBAL entries_fd;
u32 GLOBAL entries_next;
u32 GLOBAL entry; /* 0: not yet */
u32 GLOBAL is_pending;
enum { ENTRY_MAX = 24 + 4096, ENTRY_NAME = 24 };

void forget_directory(u32 fd) {
    if (fd == ~0u) entry = entries = 0;
    if (!entries || fd != entries_fd) return;
    drop_entries(entries);
    entries = 0;
}

static void put_entry(u64 ino, u32 length, u32 type) {
    state_store64(entry, (u64)opaque(entries_next) + 1);
    state_store64(entry + 8, ino);
    state_store64(entry + 16, length | (u64)type << 32);
}

/* The inode of the directory itself, or of the name in it; 0 where it cannot be told. */
static u64 inode(u32 dir, const u8 *name, u32 length) {
    Held held = hold(AREA);
    if (name) do_hash_at(dir, 0, name, length, at(AREA));
    else do_hash(dir, at(AREA));
    u64 ino = byte_at(AREA) ? 0 : long_at(AREA + 8);
    release(AREA, held);
    return ino;
}

/* The next entry, to `entry`: 1, 0 at the end, or an error, also where the name does not fit. The result has an option at 4, in which
 * the type is at 8 and the name at 12. */
static Got next_entry(u32 dir) {
    if (entries_next < 2) {
        put_entry(entries_next ? 0 : inode(dir, 0, 0), entries_next + 1, FILETYPE_DIRECTORY);
        state_store64(entry + ENTRY_NAME, 0x2e2e);
        return got(1);
    }
    if (!arena_begin()) return failed(NOMEM);
    Held held = hold(AREA);
    read_entry(entries, at(AREA));
    u32 is_error = byte_at(AREA), is_there = byte_at(AREA + 4), type = byte_at(AREA + 8);
    u8 *name = at(word_at(AREA + 12));
    u32 length = word_at(AREA + 16);
    release(AREA, held);
    u32 fits = length <= ENTRY_MAX - ENTRY_NAME;
    if (!is_error && is_there && fits) {
        put_entry(inode(dir, name, length), length, file_type(type));
        copy_in(entry + ENTRY_NAME, name, length);
    }
    arena_end();
    if (!is_error && is_there && !fits) return failed(NAMETOOLONG);
    return is_error ? failed(errno_of(is_there)) : got(is_there);
}

/* A stream that stands at the cookie: the one that is there, or a new one. */
static u32 start_at(u32 fd, u32 dir, u64 cookie) {
    if (entries && entries_fd == fd && opaque(entries_next) == cookie) return SUCCESS;
    forget_directory(entries_fd);
    Held held = hold(AREA);
    do_read_directory(dir, at(AREA));
    Got opened = finish4(held);
    if (error_of(opened)) return error_of(opened);
    entries = opaque((u32)opened), entries_fd = fd, is_pending = 0;
    for (entries_next = 0; opaque(entries_next) < cookie; entries_next++) {
        Got g = next_entry(dir);
        if (error_of(g)) return error_of(g);
        if (!(u32)g) break;
    }
    return SUCCESS;
}

EXPORT("fd_readdir") u32 fd_readdir(u32 fd, u8 *to, u32 length, u64 cookie, u32 *used) {
    Got dir = dir_of(fd);
    u32 done = 0;
    if (error_of(dir)) return error_of(dir);
    if (!entry) {
        if (!state_room(heap_end() + ENTRY_MAX)) return NOMEM;
        entry = heap_end();
        keep_until(entry + ENTRY_MAX);
    }
    u32 error = start_at(fd, (u32)dir, cookie);
    while (done < length && !error) {
        Got g = is_pending ? got(1) : next_entry((u32)dir);
        error = error_of(g);
        if (error || !(u32)g) break;
        u32 n = ENTRY_NAME + (u32)state_load64(entry + 16);
        is_pending = n > length - done;
        if (is_pending) n = length - done;
        copy_out(to + done, entry, n);
        done += n;
        if (!is_pending) entries_next++;
    }
    *used = done;
    return error;
}
