/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The table of descriptors of a program with files. It is in the state, 64 bytes each; a new
 * descriptor gets the lowest number that is free. Directories that the program is granted come
 * after the three standard streams, when the first descriptor is used.
 */
#include "guest.h"

IMPORT("wasi:filesystem/types@0.2.0", "[resource-drop]descriptor") void drop_descriptor(u32 handle);
IMPORT("wasi:io/streams@0.2.0", "[resource-drop]input-stream") void drop_input(u32 stream);
IMPORT("wasi:io/streams@0.2.0", "[resource-drop]output-stream") void drop_output(u32 stream);
IMPORT("wasi:filesystem/preopens@0.2.0", "get-directories") void get_directories(u8 *area);
IMPORT("wasi:filesystem/types@0.2.0", "[method]descriptor.get-flags")
void descriptor_get_flags(u32 file, u8 *area);

u32 GLOBAL is_ready;

/* Each is 12 bytes: descriptor, path. */
static void open_preopens(void) {
    if (!arena_begin()) return;
    Held held = hold(AREA);
    get_directories(at(AREA));
    u32 list = word_at(AREA), n = word_at(AREA + 4), top = arena_top();
    for (u32 i = 0; i < n && 3 + i < FD_MAX; i++) {
        u32 element = list + 12 * i, fd = 3 + i;
        set_field(fd, F_KIND, KIND_FILE);
        set_field(fd, F_HANDLE, word_at(element));
        set_field(fd, F_TYPE, DESCRIPTOR_DIRECTORY);
        set_field(fd, F_NAME, top);
        top = keep_string(top, at(word_at(element + 4)), word_at(element + 8));
    }
    release(AREA, held);
    arena_end();
    keep_until(top);
}

static u32 make_ready(void) {
    if (is_ready) return 1;
    if (!state_room(heap_end())) return 0;
    is_ready = 1;
    for (u32 i = 0; i < FD_MAX * FD_SIZE; i += 8) state_store64(i, 0);
    for (u32 fd = 0; fd < 3; fd++) {
        set_field(fd, F_KIND, KIND_STDIO);
        set_field(fd, F_HANDLE, fd);
    }
    open_preopens();
    return 1;
}

u32 kind_of(u32 fd) { return make_ready() && fd < FD_MAX ? (u32)field(fd, F_KIND) : KIND_CLOSED; }

u32 is_open(u32 fd) {
    u32 kind = kind_of(fd);
    return kind == KIND_STDIO || kind == KIND_FILE;
}

/* ---- what a descriptor is used as ---- */

static Got standard(u32 fd, u32 which) {
    u32 stream = (u32)field(fd, F_STREAM);
    if (stream) return got(stream);
    stream = which == 0 ? stdin_stream() : which == 1 ? stdout_stream() : stderr_stream();
    set_field(fd, F_STREAM, stream);
    return got(stream);
}

Got input_of(u32 fd) {
    if (kind_of(fd) != KIND_STDIO || field(fd, F_HANDLE) != 0) return failed(BADF);
    return standard(fd, 0);
}

Got output_of(u32 fd) {
    if (kind_of(fd) != KIND_STDIO || field(fd, F_HANDLE) == 0) return failed(BADF);
    return standard(fd, (u32)field(fd, F_HANDLE));
}

Got file_of(u32 fd, u32 wrong) {
    u32 kind = kind_of(fd);
    if (kind == KIND_STDIO) return failed(wrong);
    if (kind != KIND_FILE || field(fd, F_TYPE) == DESCRIPTOR_DIRECTORY) return failed(BADF);
    return got((u32)field(fd, F_HANDLE));
}

Got dir_of(u32 fd) {
    u32 kind = kind_of(fd);
    if (kind != KIND_STDIO && kind != KIND_FILE) return failed(BADF);
    if (kind == KIND_STDIO || field(fd, F_TYPE) != DESCRIPTOR_DIRECTORY) return failed(NOTDIR);
    return got((u32)field(fd, F_HANDLE));
}

/* ---- opening and closing ---- */

static Got free_fd(void) {
    for (u32 fd = 0; fd < FD_MAX; fd++)
        if (kind_of(fd) == KIND_CLOSED) return got(fd);
    return failed(MFILE);
}

Got fd_add(u32 handle, u32 type, u32 flags) {
    Got fd = free_fd();
    if (error_of(fd)) {
        drop_descriptor(handle);
        return fd;
    }
    set_field((u32)fd, F_KIND, KIND_FILE);
    set_field((u32)fd, F_HANDLE, handle);
    set_field((u32)fd, F_STREAM, 0);
    set_field((u32)fd, F_POSITION, 0);
    set_field((u32)fd, F_TYPE, type);
    set_field((u32)fd, F_FLAGS, flags);
    set_field((u32)fd, F_NAME, 0);
    return fd;
}

/* A stream goes before the descriptor that it came from. */
static void drop_all(u32 fd) {
    u32 stream = (u32)field(fd, F_STREAM), handle = (u32)field(fd, F_HANDLE);
    u32 is_file = field(fd, F_KIND) == KIND_FILE;
    forget_directory(fd);
    if (stream && (is_file || handle)) drop_output(stream);
    else if (stream) drop_input(stream);
    if (is_file) drop_descriptor(handle);
}

EXPORT("fd_close") u32 fd_close(u32 fd) {
    if (!is_open(fd)) return BADF;
    drop_all(fd);
    set_field(fd, F_KIND, KIND_CLOSED);
    return SUCCESS;
}

EXPORT("fd_renumber") u32 fd_renumber(u32 from, u32 to) {
    if (!is_open(from) || !is_open(to)) return BADF;
    if (from == to) return SUCCESS;
    drop_all(to);
    forget_directory(from);
    for (u32 f = 0; f < FD_SIZE; f += 8) set_field(to, f, field(from, f));
    set_field(from, F_KIND, KIND_CLOSED);
    return SUCCESS;
}

EXPORT("adapter_open_badfd") u32 adapter_open_badfd(u32 *to) {
    if (!make_ready()) return NOMEM;
    Got fd = free_fd();
    if (error_of(fd)) return error_of(fd);
    set_field((u32)fd, F_KIND, KIND_RESERVED);
    *to = (u32)fd;
    return SUCCESS;
}

EXPORT("adapter_close_badfd") u32 adapter_close_badfd(u32 fd) {
    if (kind_of(fd) != KIND_RESERVED) return BADF;
    set_field(fd, F_KIND, KIND_CLOSED);
    return SUCCESS;
}

void forget_descriptors(void) {
    is_ready = 0;
    forget_directory(~0u);
}

/* ---- what it tells about itself ---- */

EXPORT("fd_prestat_get") u32 fd_prestat_get(u32 fd, u32 *to) {
    u32 name = kind_of(fd) == KIND_FILE ? (u32)field(fd, F_NAME) : 0;
    if (!name) return BADF;
    to[0] = 0;
    to[1] = (u32)state_load64(name);
    return SUCCESS;
}

EXPORT("fd_prestat_dir_name") u32 fd_prestat_dir_name(u32 fd, u8 *to, u32 length) {
    u32 name = kind_of(fd) == KIND_FILE ? (u32)field(fd, F_NAME) : 0;
    if (!name) return BADF;
    u32 needed = (u32)state_load64(name);
    if (needed > length) return NAMETOOLONG;
    copy_out(to, name + 8, needed);
    return SUCCESS;
}

/* Rights that libc asks directories for, of theirs and of what is opened in them. */
#define DIRECTORY_RIGHTS                                                                           \
    (RIGHT(9) | RIGHT(10) | RIGHT(11) | RIGHT(12) | RIGHT(13) | RIGHT(14) | RIGHT(15) |            \
     RIGHT(16) | RIGHT(17) | RIGHT(18) | RIGHT(20) | RIGHT(21) | RIGHT(23) | RIGHT(24) |           \
     RIGHT(25) | RIGHT(26))
#define FILE_RIGHTS                                                                                \
    (RIGHT(0) | RIGHT(1) | RIGHT(2) | RIGHT(3) | RIGHT(4) | RIGHT(5) | RIGHT(6) | RIGHT(7) |       \
     RIGHT(8) | RIGHT(21) | RIGHT(22) | RIGHT(23) | RIGHT(27))

/* descriptor-flags: read 1, write 2, file-integrity-sync 4, data- 8, requested-write-sync 16 */
static u32 file_fdstat(u32 fd, u8 *to) {
    u32 type = (u32)field(fd, F_TYPE);
    if (type == DESCRIPTOR_DIRECTORY) {
        put_fdstat(to, FILETYPE_DIRECTORY, 0, DIRECTORY_RIGHTS, DIRECTORY_RIGHTS | FILE_RIGHTS);
        return SUCCESS;
    }
    Held held = hold(AREA);
    descriptor_get_flags((u32)field(fd, F_HANDLE), at(AREA));
    u32 is_error = byte_at(AREA), value = byte_at(AREA + 1);
    release(AREA, held);
    if (is_error) return errno_of(value);
    u64 rights = FILE_RIGHTS;
    if (!(value & 1)) rights &= ~RIGHT(RIGHT_READ);
    if (!(value & 2)) rights &= ~RIGHT(RIGHT_WRITE);
    u32 flags = (u32)field(fd, F_FLAGS) | (value >> 2 & 1) << 4 | (value >> 3 & 1) << 1 |
                (value >> 4 & 1) << 3;
    put_fdstat(to, file_type(type), flags, rights, rights);
    return SUCCESS;
}

EXPORT("fd_fdstat_get") u32 fd_fdstat_get(u32 fd, u8 *to) {
    u32 kind = kind_of(fd);
    if (kind == KIND_FILE) return file_fdstat(fd, to);
    if (kind != KIND_STDIO) return BADF;
    u32 which = (u32)field(fd, F_HANDLE);
    u64 rights = RIGHT(which ? RIGHT_WRITE : RIGHT_READ);
    put_fdstat(to, is_terminal(which) ? FILETYPE_CHARACTER : FILETYPE_UNKNOWN, 0, rights, rights);
    return SUCCESS;
}

EXPORT("fd_fdstat_set_flags") u32 fd_fdstat_set_flags(u32 fd, u32 flags) {
    if (flags & ~(FDFLAG_NONBLOCK | FDFLAG_APPEND)) return INVAL;
    Got file = file_of(fd, BADF);
    if (error_of(file)) return error_of(file);
    set_field(fd, F_FLAGS, flags);
    return SUCCESS;
}

EXPORT("fd_fdstat_set_rights") u32 fd_fdstat_set_rights(u32 fd, u64 base, u64 inheriting) {
    return is_open(fd) ? NOTSUP : BADF;
}

/* ---- reading and writing ---- */

EXPORT("fd_read") u32 fd_read(u32 fd, const u32 *iovs, u32 count, u32 *length) {
    u32 is_file = kind_of(fd) == KIND_FILE;
    Got from = is_file ? file_of(fd, BADF) : input_of(fd);
    if (error_of(from)) return error_of(from);
    for (; count > 1 && !iovs[1]; count--) iovs += 2;
    Got n = got(0);
    if (count && is_file) n = file_read((u32)from, field(fd, F_POSITION), at(iovs[0]), iovs[1]);
    else if (count) n = read_stream((u32)from, at(iovs[0]), iovs[1]);
    if (error_of(n)) return error_of(n);
    if (is_file) set_field(fd, F_POSITION, field(fd, F_POSITION) + (u32)n);
    *length = (u32)n;
    return SUCCESS;
}

EXPORT("fd_write") u32 fd_write(u32 fd, const u32 *iovs, u32 count, u32 *length) {
    u32 is_file = kind_of(fd) == KIND_FILE, sum = 0;
    Got to = is_file ? file_of(fd, BADF) : output_of(fd);
    if (error_of(to)) return error_of(to);
    for (; count; count--, iovs += 2) {
        u32 want = iovs[1];
        u64 position = is_file ? field(fd, F_POSITION) : 0;
        Got n = is_file ? file_write(fd, position, at(iovs[0]), want)
                        : write_stream((u32)to, at(iovs[0]), want);
        if (error_of(n) && !sum) return error_of(n);
        if (error_of(n)) break;
        sum += (u32)n;
        if (is_file) set_field(fd, F_POSITION, position + (u32)n);
        if ((u32)n < want) break;
    }
    if (is_file && sum && field(fd, F_FLAGS) & FDFLAG_APPEND)
        set_field(fd, F_POSITION, file_size((u32)to));
    *length = sum;
    return SUCCESS;
}
