/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* What preview 1 does with a path: all of it relative to an open directory. */
#include "guest.h"

#define DESCRIPTOR(name) IMPORT("wasi:filesystem/types@0.2.0", "[method]descriptor." name)
DESCRIPTOR("create-directory-at") void do_mkdir(u32 dir, const u8 *path, u32 n, u8 *area);
DESCRIPTOR("remove-directory-at") void do_rmdir(u32 dir, const u8 *path, u32 n, u8 *area);
DESCRIPTOR("unlink-file-at") void do_unlink(u32 dir, const u8 *path, u32 n, u8 *area);
DESCRIPTOR("readlink-at") void do_readlink(u32 dir, const u8 *path, u32 n, u8 *area);
DESCRIPTOR("get-type") void do_get_type(u32 file, u8 *area);
DESCRIPTOR("open-at")
void do_open(u32 dir, u32 follow, const u8 *path, u32 n, u32 how, u32 flags, u8 *area);
DESCRIPTOR("set-times-at")
void do_set_times_at(u32 dir, u32 follow, const u8 *path, u32 n, u32 a, u64 a_s, u32 a_ns, u32 m,
                     u64 m_s, u32 m_ns, u8 *area);
DESCRIPTOR("link-at")
void do_link(u32 dir, u32 follow, const u8 *path, u32 n, u32 new_dir, const u8 *to, u32 m,
             u8 *area);
DESCRIPTOR("rename-at")
void do_rename(u32 dir, const u8 *path, u32 n, u32 new_dir, const u8 *to, u32 m, u8 *area);
DESCRIPTOR("symlink-at")
void do_symlink(u32 dir, const u8 *text, u32 n, const u8 *path, u32 m, u8 *area);

INLINE u32 finish(Held held) {
    u32 error = byte_at(AREA) ? errno_of(byte_at(AREA + 1)) : SUCCESS;
    release(AREA, held);
    return error;
}

EXPORT("path_create_directory") u32 path_create_directory(u32 fd, const u8 *path, u32 n) {
    Got dir = dir_of(fd);
    if (error_of(dir)) return error_of(dir);
    Held held = hold(AREA);
    do_mkdir((u32)dir, path, n, at(AREA));
    return finish(held);
}

EXPORT("path_remove_directory") u32 path_remove_directory(u32 fd, const u8 *path, u32 n) {
    Got dir = dir_of(fd);
    if (error_of(dir)) return error_of(dir);
    Held held = hold(AREA);
    do_rmdir((u32)dir, path, n, at(AREA));
    return finish(held);
}

EXPORT("path_unlink_file") u32 path_unlink_file(u32 fd, const u8 *path, u32 n) {
    Got dir = dir_of(fd);
    if (error_of(dir)) return error_of(dir);
    Held held = hold(AREA);
    do_unlink((u32)dir, path, n, at(AREA));
    return finish(held);
}

EXPORT("path_link")
u32 path_link(u32 fd, u32 flags, const u8 *path, u32 n, u32 to_fd, const u8 *to, u32 m) {
    Got dir = dir_of(fd), to_dir = dir_of(to_fd);
    if (error_of(dir)) return error_of(dir);
    if (error_of(to_dir)) return error_of(to_dir);
    Held held = hold(AREA);
    do_link((u32)dir, flags & 1, path, n, (u32)to_dir, to, m, at(AREA));
    return finish(held);
}

EXPORT("path_rename")
u32 path_rename(u32 fd, const u8 *path, u32 n, u32 to_fd, const u8 *to, u32 m) {
    Got dir = dir_of(fd), to_dir = dir_of(to_fd);
    if (error_of(dir)) return error_of(dir);
    if (error_of(to_dir)) return error_of(to_dir);
    Held held = hold(AREA);
    do_rename((u32)dir, path, n, (u32)to_dir, to, m, at(AREA));
    return finish(held);
}

EXPORT("path_symlink") u32 path_symlink(const u8 *text, u32 n, u32 fd, const u8 *path, u32 m) {
    Got dir = dir_of(fd);
    if (error_of(dir)) return error_of(dir);
    Held held = hold(AREA);
    do_symlink((u32)dir, text, n, path, m, at(AREA));
    return finish(held);
}

/* As fd_filestat_set_times. */
EXPORT("path_filestat_set_times")
u32 path_filestat_set_times(u32 fd, u32 follow, const u8 *path, u32 n, u64 accessed, u64 modified,
                            u32 flags) {
    u32 a = flags & 3, m = flags >> 2 & 3;
    Got dir = dir_of(fd);
    if (a == 3 || m == 3) return INVAL;
    if (error_of(dir)) return error_of(dir);
    Held held = hold(AREA);
    do_set_times_at((u32)dir, follow & 1, path, n, a ? 3 - a : 0, accessed / 1000000000,
                    (u32)(accessed % 1000000000), m ? 3 - m : 0, modified / 1000000000,
                    (u32)(modified % 1000000000), at(AREA));
    return finish(held);
}

/* The bytes of the link as far as they fit, as POSIX does it. */
EXPORT("path_readlink")
u32 path_readlink(u32 fd, const u8 *path, u32 n, u8 *to, u32 length, u32 *used) {
    Got dir = dir_of(fd);
    if (error_of(dir)) return error_of(dir);
    if (!arena_begin()) return NOMEM;
    Held held = hold(AREA);
    do_readlink((u32)dir, path, n, at(AREA));
    u32 error = byte_at(AREA) ? errno_of(byte_at(AREA + 4)) : SUCCESS;
    u32 text = word_at(AREA + 4), size = error ? 0 : word_at(AREA + 8);
    release(AREA, held);
    u32 kept = arena_top();
    if (size) keep_string(kept, at(text), size);
    arena_end();
    if (size > length) size = length;
    copy_out(to, kept + 8, size);
    if (!error) *used = size;
    return error;
}

/* Oflags are open-flags: create 1, directory 2, exclusive 4, truncate 8. Descriptor-flags: read 1,
 * write 2, file-integrity-sync 4, data-integrity-sync 8, requested-write-sync 16. */
EXPORT("path_open")
u32 path_open(u32 fd, u32 follow, const u8 *path, u32 n, u32 how, u64 rights, u64 inheriting,
              u32 fdflags, u32 *opened) {
    u32 flags = (rights & (RIGHT(RIGHT_READ) | RIGHT(RIGHT_READDIR)) ? 1 : 0) |
                (rights & RIGHT(RIGHT_WRITE) ? 2 : 0) | (fdflags & FDFLAG_SYNC ? 4 : 0) |
                (fdflags & FDFLAG_DSYNC ? 8 : 0) | (fdflags & FDFLAG_RSYNC ? 16 : 0);
    Got dir = dir_of(fd);
    if (error_of(dir)) return error_of(dir);
    Held held = hold(AREA);
    do_open((u32)dir, follow & 1, path, n, how & 15, flags, at(AREA));
    u32 error = byte_at(AREA) ? errno_of(byte_at(AREA + 4)) : SUCCESS, type = 0;
    u32 handle = word_at(AREA + 4);
    if (!error) {
        do_get_type(handle, at(AREA));
        type = byte_at(AREA) ? 0 : byte_at(AREA + 1);
    }
    release(AREA, held);
    if (error) return error;
    Got added = fd_add(handle, type, fdflags & (FDFLAG_APPEND | FDFLAG_NONBLOCK));
    if (!error_of(added)) *opened = (u32)added;
    return error_of(added);
}
