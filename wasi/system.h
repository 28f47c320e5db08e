/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WASI_SYSTEM_H
#define WASI_SYSTEM_H

#include <dirent.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

/*
 * The system below the host of WASI, as small tables of calls: Linux is one (linux.c, linux_net.c), and others
 * stand in its place: files in memory (memory.c), faults put into the calls of another (tests/faulty.h), a network
 * by script (tests/fake_net.c), clocks that move only where somebody waits (fixed.c).
 *
 *     filesystem.c, path.c, io.c   rights, quotas, resolution of paths, streams: the same over each
 *            |
 *        WasiFiles  ----- linux.c | memory.c | tests/faulty.h over one of those
 *
 *     sockets.c, socket_*.c, io.c  states, grants, limits, streams
 *            |
 *        WasiSockets ---- linux_net.c | tests/fake_net.c
 *
 *     clocks.c, wasi.c             what suspended calls wait for
 *            |
 *        WasiClock ------ linux_net.c | fixed.c over another | tests/fake_net.c
 *
 * The calls mean what Linux means by them, and fail like it: -1 (or NULL) and errno. Descriptors are numbers
 * of the table that has given them, never below 0.
 */

typedef struct {
    const char *name;
    unsigned char type; /* DT_REG ... */
} WasiEntry;

#define WASI_APPEND UINT64_MAX /* in place of an offset: at the end of the file */

/* Files. No call gets more than one name, which has no slashes, and none follows a link that the name is; the
 * name "." is the folder itself, and ".." is never asked for. Paths are resolved by path.c. */
typedef struct WasiFiles WasiFiles;
struct WasiFiles {
    void *data; /* of the table's own */
    /* With the flags of openat(2). */
    int (*open)(const WasiFiles *files, int folder, const char *name, int flags, mode_t mode);
    /* openat2(2) with RESOLVE_BENEATH: the folder that a path leads to, as O_PATH; NULL: the table does not
     * have it, or the system below it does not (ENOSYS), and path.c walks. */
    int (*open_beneath)(const WasiFiles *files, int folder, const char *path);
    int (*close)(const WasiFiles *files, int fd);
    int (*stat)(const WasiFiles *files, int fd, struct stat *st);
    int (*stat_at)(const WasiFiles *files, int folder, const char *name, struct stat *st);
    ssize_t (*read)(const WasiFiles *files, int fd, void *bytes, size_t n, uint64_t offset);
    ssize_t (*write)(const WasiFiles *files, int fd, const void *bytes, size_t n, uint64_t offset);
    int (*set_size)(const WasiFiles *files, int fd, uint64_t size);
    int (*set_times)(const WasiFiles *files, int fd, const struct timespec times[2]);
    int (*set_times_at)(const WasiFiles *files, int folder, const char *name,
                        const struct timespec times[2]);
    int (*sync)(const WasiFiles *files, int fd, bool data_only);
    int (*advise)(const WasiFiles *files, int fd, uint64_t offset, uint64_t len, int advice);
    /* The name "": what the descriptor, of a link, is. */
    ssize_t (*read_link)(const WasiFiles *files, int folder, const char *name, char *target,
                         size_t size);
    int (*make_folder)(const WasiFiles *files, int folder, const char *name, mode_t mode);
    int (*make_link)(const WasiFiles *files, const char *target, int folder, const char *name);
    int (*link)(const WasiFiles *files, int folder, const char *name, int to, const char *to_name);
    int (*rename)(const WasiFiles *files, int folder, const char *name, int to,
                  const char *to_name);
    int (*unlink)(const WasiFiles *files, int folder, const char *name, int flags);
    /* The entries of a folder, from its beginning. `next_entry` gives NULL at the end, with errno 0, and after
     * a fault; what it gives lasts until the next call. */
    void *(*open_entries)(const WasiFiles *files, int folder);
    const WasiEntry *(*next_entry)(const WasiFiles *files, void *entries);
    void (*close_entries)(const WasiFiles *files, void *entries);
};

/* Sockets, none of which blocks or is inherited by programs. Addresses are those of sockaddr(3type). */
typedef struct WasiSockets WasiSockets;
/* The end of a lookup: 0 and what was found, which lasts for this call, or an EAI_ code of netdb.h. */
typedef void WasiResolved(void *context, int fault, const struct addrinfo *found);
struct WasiSockets {
    void *data;
    int (*open)(const WasiSockets *sockets, int domain, int type);
    int (*close)(const WasiSockets *sockets, int fd);
    int (*bind)(const WasiSockets *sockets, int fd, const struct sockaddr *at, socklen_t size);
    int (*connect)(const WasiSockets *sockets, int fd, const struct sockaddr *to, socklen_t size);
    int (*listen)(const WasiSockets *sockets, int fd, int backlog);
    int (*accept)(const WasiSockets *sockets, int fd);
    int (*shutdown)(const WasiSockets *sockets, int fd, int how);
    int (*local)(const WasiSockets *sockets, int fd, struct sockaddr_storage *address);
    int (*peer)(const WasiSockets *sockets, int fd, struct sockaddr_storage *address);
    int (*get)(const WasiSockets *sockets, int fd, int level, int name, int *value);
    int (*set)(const WasiSockets *sockets, int fd, int level, int name, int value);
    /* To a peer, or where `to` is NULL to the one that the socket is connected to; never a signal. */
    ssize_t (*send)(const WasiSockets *sockets, int fd, const void *bytes, size_t n,
                    const struct sockaddr *to, socklen_t size);
    ssize_t (*receive)(const WasiSockets *sockets, int fd, void *bytes, size_t n,
                       struct sockaddr_storage *from); /* may be NULL */
    /* Looks up a name, beside the program: calls `done` once, from whatever thread. 0, or an errno, and
     * `done` is not called. */
    int (*resolve)(const WasiSockets *sockets, const char *name, WasiResolved *done, void *context);
};

/* Time in nanoseconds, and waiting for it and for descriptors. */
typedef struct WasiClock WasiClock;
struct WasiClock {
    void *data;
    uint64_t (*now)(const WasiClock *clock);  /* since whenever, never going back */
    uint64_t (*read)(const WasiClock *clock); /* the same, for a guest that asks */
    struct timespec (*wall)(const WasiClock *clock);
    uint64_t (*resolution)(const WasiClock *clock, bool of_wall);
    /* poll(2), of sockets and of the program's own descriptors, which ends at `until` of this clock; or
     * sooner, and at the latest after `most` nanoseconds of the machine's. */
    int (*wait)(const WasiClock *clock, struct pollfd *fds, size_t n, uint64_t until,
                uint64_t most);
};

/* In a context, NULL stands for the table of Linux. */
typedef struct {
    const WasiFiles *files;
    const WasiSockets *sockets;
    const WasiClock *clock;
} WasiSystem;

extern const WasiFiles wasi_linux_files;
extern const WasiSockets wasi_linux_sockets;
extern const WasiClock wasi_linux_clock;
extern const WasiSystem wasi_linux; /* as it is */

#endif
