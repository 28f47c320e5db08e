/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WASI_JAIL_H
#define WASI_JAIL_H

#include "wasi/wasi.h"

/* A second wall: from now on the process itself can do no more than what the contexts grant, whatever
 * its code does. It cannot be undone. Folders must be open, and threads started later. */
typedef enum {
    WASI_JAIL_WHOLE,
    WASI_JAIL_PARTLY, /* the kernel lacks something, see `missing` */
    WASI_JAIL_NONE
} WasiJail;
/* `missing` is what could not be had, a list for people; static. */
WasiJail wasi_jail(const WasiContext *const *contexts, size_t count, const char **missing);

#endif
