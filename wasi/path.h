/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WASI_PATH_H
#define WASI_PATH_H

#include <limits.h>

#include "base/str.h"
#include "wasi/system.h"

/* How folders below a folder are opened. */
typedef enum { WASI_PATHS_OPENAT2, WASI_PATHS_WALK } WasiPaths;
/* What this system can. Other tables of files are walked, where they have no open_beneath. */
WasiPaths wasi_paths_here(void);

typedef enum {
    WASI_ENTRY,    /* the last step itself; a slash behind it only says that it is a folder */
    WASI_NOFOLLOW, /* itself, but a slash behind a link follows it, as POSIX has it */
    WASI_FOLLOW    /* what it leads to */
} WasiFollow;

typedef struct {
    const WasiFiles *files;
    int folder; /* `base`, or an O_PATH descriptor of its own */
    bool is_own;
    bool slash;              /* WASI_ENTRY: one stood behind the name */
    char name[NAME_MAX + 1]; /* in the folder; "." for itself. Never to be followed. */
} WasiPlace;

/* Resolves a guest's path below the folder `base`. 0, or an errno: EPERM where it would leave it.
 * The name need not exist. */
int wasi_place(const WasiFiles *files, WasiPaths paths, int base, Str path, WasiFollow follow,
               WasiPlace *place);
void wasi_place_close(WasiPlace *place);

#endif
