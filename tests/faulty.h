/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef TESTS_FAULTY_H
#define TESTS_FAULTY_H

#include <errno.h>
#include <string.h>

#include "wasi/system.h"

/*
 * A disk over another, some of whose calls fail: from the Nth of a kind on, so many give an errno. And a disk
 * that reads and writes only a little at a time.
 */
typedef struct {
    WasiFiles files; /* to be granted */
    const WasiFiles *below;
    const char *call;    /* "write": which fails; NULL: none */
    unsigned nth, times; /* from 1 */
    int fault;
    size_t most;   /* bytes of one call; 0: all of them */
    unsigned seen; /* calls of that kind */
} Faulty;

static inline bool faulty_hits(const WasiFiles *files, const char *call) {
    Faulty *f = files->data;
    if (!f->call || strcmp(f->call, call) != 0) return false;
    f->seen++;
    bool hits = f->seen >= f->nth && f->seen - f->nth < f->times;
    if (hits) errno = f->fault;
    return hits;
}

static inline size_t faulty_most(const WasiFiles *files, size_t n) {
    const Faulty *f = files->data;
    return f->most && f->most < n ? f->most : n;
}

/* FAULTY(type, call, what it gives when it fails, (parameters), (arguments)) */
#define FAULTY(type, call, bad, parameters, arguments)                                             \
    static inline type faulty_##call parameters {                                                  \
        const WasiFiles *below = ((const Faulty *)files->data)->below;                             \
        return faulty_hits(files, #call) ? bad : below->call arguments;                            \
    }
#define FOLDER_NAME const WasiFiles *files, int folder, const char *name
FAULTY(int, open, -1, (FOLDER_NAME, int flags, mode_t mode), (below, folder, name, flags, mode))
FAULTY(int, close, -1, (const WasiFiles *files, int fd), (below, fd))
FAULTY(int, stat, -1, (const WasiFiles *files, int fd, struct stat *st), (below, fd, st))
FAULTY(int, stat_at, -1, (FOLDER_NAME, struct stat *st), (below, folder, name, st))
FAULTY(ssize_t, read, -1, (const WasiFiles *files, int fd, void *bytes, size_t n, uint64_t at),
       (below, fd, bytes, faulty_most(files, n), at))
FAULTY(ssize_t, write, -1,
       (const WasiFiles *files, int fd, const void *bytes, size_t n, uint64_t at),
       (below, fd, bytes, faulty_most(files, n), at))
FAULTY(int, set_size, -1, (const WasiFiles *files, int fd, uint64_t size), (below, fd, size))
FAULTY(int, set_times, -1, (const WasiFiles *files, int fd, const struct timespec times[2]),
       (below, fd, times))
FAULTY(int, set_times_at, -1, (FOLDER_NAME, const struct timespec times[2]),
       (below, folder, name, times))
FAULTY(int, sync, -1, (const WasiFiles *files, int fd, bool data_only), (below, fd, data_only))
FAULTY(int, advise, -1, (const WasiFiles *files, int fd, uint64_t offset, uint64_t len, int advice),
       (below, fd, offset, len, advice))
FAULTY(ssize_t, read_link, -1, (FOLDER_NAME, char *target, size_t size),
       (below, folder, name, target, size))
FAULTY(int, make_folder, -1, (FOLDER_NAME, mode_t mode), (below, folder, name, mode))
FAULTY(int, make_link, -1,
       (const WasiFiles *files, const char *target, int folder, const char *name),
       (below, target, folder, name))
FAULTY(int, link, -1, (FOLDER_NAME, int to, const char *to_name),
       (below, folder, name, to, to_name))
FAULTY(int, rename, -1, (FOLDER_NAME, int to, const char *to_name),
       (below, folder, name, to, to_name))
FAULTY(int, unlink, -1, (FOLDER_NAME, int flags), (below, folder, name, flags))
FAULTY(void *, open_entries, NULL, (const WasiFiles *files, int folder), (below, folder))
FAULTY(const WasiEntry *, next_entry, NULL, (const WasiFiles *files, void *entries),
       (below, entries))
#undef FOLDER_NAME
#undef FAULTY

static inline void faulty_close_entries(const WasiFiles *files, void *entries) {
    const WasiFiles *below = ((const Faulty *)files->data)->below;
    below->close_entries(below, entries);
}

/* It must stay where it is. */
static inline void faulty_over(Faulty *f, const WasiFiles *below) {
    *f = (Faulty){.below = below};
    f->files = (WasiFiles){.data = f,
                           .open = faulty_open,
                           .close = faulty_close,
                           .stat = faulty_stat,
                           .stat_at = faulty_stat_at,
                           .read = faulty_read,
                           .write = faulty_write,
                           .set_size = faulty_set_size,
                           .set_times = faulty_set_times,
                           .set_times_at = faulty_set_times_at,
                           .sync = faulty_sync,
                           .advise = faulty_advise,
                           .read_link = faulty_read_link,
                           .make_folder = faulty_make_folder,
                           .make_link = faulty_make_link,
                           .link = faulty_link,
                           .rename = faulty_rename,
                           .unlink = faulty_unlink,
                           .open_entries = faulty_open_entries,
                           .next_entry = faulty_next_entry,
                           .close_entries = faulty_close_entries};
}

/* The Nth call of a kind fails, and those after it. */
static inline void faulty_set(Faulty *f, const char *call, unsigned nth, unsigned times,
                              int fault) {
    f->call = call;
    f->nth = nth;
    f->times = times;
    f->fault = fault;
    f->seen = 0;
}

#endif
