/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Descriptors of a program that opens no files, and asks for no directories: 0, 1 and 2, in
 * globals. Numbers that libc reserves for itself are bits of `reserved`.
 */
#include "guest.h"

enum { CLOSED = 3, FIRST = 3, LAST = 31 };

u32 GLOBAL moved; /* two bits each: which standard stream 0, 1, 2 is, xor the number */
u32 GLOBAL reserved;
u32 GLOBAL streams_in;
u32 GLOBAL streams_out;
u32 GLOBAL streams_err;

static u32 which_is(u32 fd) { return fd < 3 ? (moved >> 2 * fd & 3) ^ fd : CLOSED; }

static void set_which(u32 fd, u32 which) {
    moved = (moved & ~(3u << 2 * fd)) | (which ^ fd) << 2 * fd;
}

u32 is_open(u32 fd) { return which_is(fd) != CLOSED; }

Got input_of(u32 fd) {
    if (which_is(fd) != 0) return failed(BADF);
    if (!streams_in) streams_in = stdin_stream();
    return got(streams_in);
}

Got output_of(u32 fd) {
    u32 which = which_is(fd);
    if (which == 1) {
        if (!streams_out) streams_out = stdout_stream();
        return got(streams_out);
    }
    if (which != 2) return failed(BADF);
    if (!streams_err) streams_err = stderr_stream();
    return got(streams_err);
}

/* A stream that is closed here stays with the host, which has the other end, and may be had again
 * by nobody. */
static u32 close_fd(u32 fd) {
    if (!is_open(fd)) return BADF;
    set_which(fd, CLOSED);
    return SUCCESS;
}

EXPORT("fd_close") u32 fd_close(u32 fd) { return close_fd(fd); }

EXPORT("fd_renumber") u32 fd_renumber(u32 from, u32 to) {
    if (!is_open(from) || !is_open(to)) return BADF;
    u32 which = which_is(from);
    set_which(from, CLOSED);
    set_which(to, which);
    return SUCCESS;
}

EXPORT("fd_fdstat_get") u32 fd_fdstat_get(u32 fd, u8 *to) {
    u32 which = which_is(fd);
    if (which == CLOSED) return BADF;
    u64 rights = RIGHT(which ? RIGHT_WRITE : RIGHT_READ);
    put_fdstat(to, is_terminal(which) ? FILETYPE_CHARACTER : FILETYPE_UNKNOWN, 0, rights, rights);
    return SUCCESS;
}

EXPORT("fd_filestat_get") u32 fd_filestat_get(u32 fd, u64 *to) {
    u32 which = which_is(fd);
    if (which == CLOSED) return BADF;
    for (u32 i = 0; i < 8; i++) to[i] = 0;
    to[2] = is_terminal(which) ? FILETYPE_CHARACTER : FILETYPE_UNKNOWN;
    return SUCCESS;
}

EXPORT("fd_read") u32 fd_read(u32 fd, const u32 *iovs, u32 count, u32 *length) {
    Got stream = input_of(fd);
    if (error_of(stream)) return error_of(stream);
    for (; count > 1 && !iovs[1]; count--) iovs += 2;
    Got n = count ? read_stream((u32)stream, at(iovs[0]), iovs[1]) : got(0);
    *length = (u32)n;
    return error_of(n);
}

EXPORT("fd_write") u32 fd_write(u32 fd, const u32 *iovs, u32 count, u32 *length) {
    Got stream = output_of(fd);
    if (error_of(stream)) return error_of(stream);
    u32 sum = 0;
    for (; count; count--, iovs += 2) {
        Got n = write_stream((u32)stream, at(iovs[0]), iovs[1]);
        sum += (u32)n;
        if (error_of(n) && !sum) return error_of(n);
        if (error_of(n)) break;
    }
    *length = sum;
    return SUCCESS;
}

EXPORT("fd_prestat_get") u32 fd_prestat_get(u32 fd, u32 *to) { return BADF; }

/* ---- what a stream cannot do ---- */

static u32 refuse(u32 fd, u32 error) { return is_open(fd) ? error : BADF; }

EXPORT("fd_advise") u32 fd_advise(u32 fd, u64 offset, u64 length, u32 advice) {
    return refuse(fd, SPIPE);
}
EXPORT("fd_allocate") u32 fd_allocate(u32 fd, u64 offset, u64 length) { return refuse(fd, INVAL); }
EXPORT("fd_datasync") u32 fd_datasync(u32 fd) { return refuse(fd, INVAL); }
EXPORT("fd_sync") u32 fd_sync(u32 fd) { return refuse(fd, INVAL); }
EXPORT("fd_fdstat_set_flags") u32 fd_fdstat_set_flags(u32 fd, u32 flags) {
    return refuse(fd, flags & ~(FDFLAG_NONBLOCK | FDFLAG_APPEND) ? INVAL : BADF);
}
EXPORT("fd_fdstat_set_rights") u32 fd_fdstat_set_rights(u32 fd, u64 base, u64 inheriting) {
    return refuse(fd, NOTSUP);
}
EXPORT("fd_filestat_set_size") u32 fd_filestat_set_size(u32 fd, u64 size) {
    return refuse(fd, INVAL);
}
EXPORT("fd_filestat_set_times") u32 fd_filestat_set_times(u32 fd, u64 a, u64 m, u32 flags) {
    return refuse(fd, INVAL);
}
EXPORT("fd_pread")
u32 fd_pread(u32 fd, const u32 *iovs, u32 count, u64 offset, u32 *length) {
    return refuse(fd, SPIPE);
}
EXPORT("fd_pwrite")
u32 fd_pwrite(u32 fd, const u32 *iovs, u32 count, u64 offset, u32 *length) {
    return refuse(fd, SPIPE);
}
EXPORT("fd_seek") u32 fd_seek(u32 fd, u64 offset, u32 whence, u64 *to) { return refuse(fd, SPIPE); }
EXPORT("fd_tell") u32 fd_tell(u32 fd, u64 *offset) { return refuse(fd, SPIPE); }

/* ---- numbers that libc reserves ---- */

EXPORT("adapter_open_badfd") u32 adapter_open_badfd(u32 *to) {
    u32 fd = FIRST;
    while (fd <= LAST && reserved >> fd & 1) fd++;
    if (fd > LAST) return MFILE;
    reserved |= 1u << fd;
    *to = fd;
    return SUCCESS;
}
EXPORT("adapter_close_badfd") u32 adapter_close_badfd(u32 fd) {
    if (fd > LAST || !(reserved >> fd & 1)) return BADF;
    reserved &= ~(1u << fd);
    return SUCCESS;
}

void forget_descriptors(void) { moved = reserved = streams_in = streams_out = streams_err = 0; }

/* ---- directories, where the world has none ---- */

EXPORT("fd_prestat_dir_name") u32 fd_prestat_dir_name(u32 fd, u8 *to, u32 n) { return BADF; }
EXPORT("fd_readdir") u32 fd_readdir(u32 fd, u8 *to, u32 n, u64 cookie, u32 *used) {
    return refuse(fd, NOTDIR);
}
EXPORT("path_create_directory") u32 path_create_directory(u32 fd, const u8 *path, u32 n) {
    return refuse(fd, NOTDIR);
}
EXPORT("path_filestat_get")
u32 path_filestat_get(u32 fd, u32 flags, const u8 *path, u32 n, u64 *to) {
    return refuse(fd, NOTDIR);
}
EXPORT("path_filestat_set_times")
u32 path_filestat_set_times(u32 fd, u32 follow, const u8 *path, u32 n, u64 a, u64 m, u32 flags) {
    return refuse(fd, NOTDIR);
}
EXPORT("path_link")
u32 path_link(u32 fd, u32 flags, const u8 *path, u32 n, u32 to_fd, const u8 *to, u32 m) {
    return refuse(fd, NOTDIR);
}
EXPORT("path_open")
u32 path_open(u32 fd, u32 follow, const u8 *path, u32 n, u32 how, u64 rights, u64 inheriting,
              u32 fdflags, u32 *opened) {
    return refuse(fd, NOTDIR);
}
EXPORT("path_readlink")
u32 path_readlink(u32 fd, const u8 *path, u32 n, u8 *to, u32 length, u32 *used) {
    return refuse(fd, NOTDIR);
}
EXPORT("path_remove_directory") u32 path_remove_directory(u32 fd, const u8 *path, u32 n) {
    return refuse(fd, NOTDIR);
}
EXPORT("path_rename")
u32 path_rename(u32 fd, const u8 *path, u32 n, u32 to_fd, const u8 *to, u32 m) {
    return refuse(fd, NOTDIR);
}
EXPORT("path_symlink") u32 path_symlink(const u8 *text, u32 n, u32 fd, const u8 *path, u32 m) {
    return refuse(fd, NOTDIR);
}
EXPORT("path_unlink_file") u32 path_unlink_file(u32 fd, const u8 *path, u32 n) {
    return refuse(fd, NOTDIR);
}
