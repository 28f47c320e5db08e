/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WASI_JAIL_H
#define WASI_JAIL_H

#include "wasi/wasi.h"

/* A file that is opened again by its path: its folder is left open to that, or the file alone where that
 * folder is the root, or it is a device or a pipe. */
typedef struct {
    const char *path;
    enum {
        WASI_JAIL_READ, /* it, or whatever takes its place */
        WASI_JAIL_APPEND, /* likewise; it is made where there is none, but not cut off, read or removed */
        WASI_JAIL_REMOVE
    } use;
} WasiJailFile;

/* What is left to the process. */
typedef struct {
    const WasiContext *const *contexts; /* all that they grant */
    size_t count;
    const WasiJailFile *files;
    size_t file_count;
    bool accepts; /* connections, at sockets that listen by now */
    bool
        starts; /* processes like itself, which can lock themselves in further, and signals for them */
} WasiJailWants;

/* A second wall: from now on the process itself can do no more than that, whatever
 * its code does. It cannot be undone. Folders must be open, and threads started later. */
typedef enum {
    WASI_JAIL_WHOLE,
    WASI_JAIL_PARTLY, /* the kernel lacks something, see `missing` */
    WASI_JAIL_NONE
} WasiJail;
/* `missing` is what could not be had, a list for people; static. */
WasiJail wasi_jail(const WasiJailWants *wants, const char **missing);

#endif
