/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The tables of Linux as it is: each call is the system's own.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "wasi/system.h"

/* ---- files ---- */

static int file_open(const WasiFiles *files, int folder, const char *name, int flags, mode_t mode) {
    (void)files;
    return openat(folder, name, flags, mode);
}

static int file_open_beneath(const WasiFiles *files, int folder, const char *path) {
    (void)files;
    struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    return (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
}

static int file_close(const WasiFiles *files, int fd) {
    (void)files;
    return close(fd);
}

static int file_stat(const WasiFiles *files, int fd, struct stat *st) {
    (void)files;
    return fstat(fd, st);
}

static int file_stat_at(const WasiFiles *files, int folder, const char *name, struct stat *st) {
    (void)files;
    return fstatat(folder, name, st, AT_SYMLINK_NOFOLLOW);
}

static ssize_t file_read(const WasiFiles *files, int fd, void *bytes, size_t n, uint64_t offset) {
    (void)files;
    return pread(fd, bytes, n, (off_t)offset);
}

static ssize_t file_write(const WasiFiles *files, int fd, const void *bytes, size_t n,
                          uint64_t offset) {
    (void)files;
    if (offset != WASI_APPEND) return pwrite(fd, bytes, n, (off_t)offset);
    struct iovec part = {(void *)(uintptr_t)bytes, n};
    return pwritev2(fd, &part, 1, -1, RWF_APPEND);
}

static int file_set_size(const WasiFiles *files, int fd, uint64_t size) {
    (void)files;
    return ftruncate(fd, (off_t)size);
}

static int file_set_times(const WasiFiles *files, int fd, const struct timespec times[2]) {
    (void)files;
    return futimens(fd, times);
}

static int file_set_times_at(const WasiFiles *files, int folder, const char *name,
                             const struct timespec times[2]) {
    (void)files;
    return utimensat(folder, name, times, AT_SYMLINK_NOFOLLOW);
}

static int file_sync(const WasiFiles *files, int fd, bool data_only) {
    (void)files;
    return data_only ? fdatasync(fd) : fsync(fd);
}

static int file_advise(const WasiFiles *files, int fd, uint64_t offset, uint64_t len, int advice) {
    (void)files;
    int fault = posix_fadvise(fd, (off_t)offset, (off_t)len, advice);
    return fault ? (errno = fault, -1) : 0;
}

static ssize_t file_read_link(const WasiFiles *files, int folder, const char *name, char *target,
                              size_t size) {
    (void)files;
    return readlinkat(folder, name, target, size);
}

static int file_make_folder(const WasiFiles *files, int folder, const char *name, mode_t mode) {
    (void)files;
    return mkdirat(folder, name, mode);
}

static int file_make_link(const WasiFiles *files, const char *target, int folder,
                          const char *name) {
    (void)files;
    return symlinkat(target, folder, name);
}

static int file_link(const WasiFiles *files, int folder, const char *name, int to,
                     const char *to_name) {
    (void)files;
    return linkat(folder, name, to, to_name, 0);
}

static int file_rename(const WasiFiles *files, int folder, const char *name, int to,
                       const char *to_name) {
    (void)files;
    return renameat(folder, name, to, to_name);
}

static int file_unlink(const WasiFiles *files, int folder, const char *name, int flags) {
    (void)files;
    return unlinkat(folder, name, flags);
}

typedef struct {
    DIR *folder;
    WasiEntry entry;
} Entries;

static void *file_open_entries(const WasiFiles *files, int folder) {
    (void)files;
    Entries *entries = malloc(sizeof *entries);
    int fd = entries ? openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    DIR *opened = fd < 0 ? NULL : fdopendir(fd);
    if (opened) {
        entries->folder = opened;
        return entries;
    }
    int fault = errno;
    if (fd >= 0) close(fd);
    free(entries);
    errno = fault;
    return NULL;
}

static const WasiEntry *file_next_entry(const WasiFiles *files, void *data) {
    (void)files;
    Entries *entries = data;
    errno = 0;
    const struct dirent *entry = readdir(entries->folder);
    if (!entry) return NULL;
    entries->entry = (WasiEntry){entry->d_name, entry->d_type};
    return &entries->entry;
}

static void file_close_entries(const WasiFiles *files, void *data) {
    (void)files;
    Entries *entries = data;
    closedir(entries->folder);
    free(entries);
}

const WasiFiles wasi_linux_files = {
    .open = file_open,
    .open_beneath = file_open_beneath,
    .close = file_close,
    .stat = file_stat,
    .stat_at = file_stat_at,
    .read = file_read,
    .write = file_write,
    .set_size = file_set_size,
    .set_times = file_set_times,
    .set_times_at = file_set_times_at,
    .sync = file_sync,
    .advise = file_advise,
    .read_link = file_read_link,
    .make_folder = file_make_folder,
    .make_link = file_make_link,
    .link = file_link,
    .rename = file_rename,
    .unlink = file_unlink,
    .open_entries = file_open_entries,
    .next_entry = file_next_entry,
    .close_entries = file_close_entries,
};

const WasiSystem wasi_linux = {&wasi_linux_files, &wasi_linux_sockets, &wasi_linux_clock};
