/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WASI_FIXED_H
#define WASI_FIXED_H

#include "base/vec.h"
#include "wasi/system.h"

/* What a host tells by rule, where its context asks for that (fixed.c). */

/* A clock that begins at 0 and moves only where it is read, by a tick, and where somebody waits for a time:
 * this has come as soon as no descriptor is ready. */
typedef struct {
    WasiClock clock;
    const WasiClock *below; /* that looks at descriptors */
    uint64_t time, tick;
} WasiFixedClock;
void wasi_fixed_clock(WasiFixedClock *fixed, const WasiClock *below, uint64_t tick);

typedef struct WasiFixed WasiFixed;
WasiFixed *wasi_fixed_new(uint64_t seed, const WasiClock *below);
void wasi_fixed_free(WasiFixed *fixed);
const WasiClock *wasi_fixed_time(const WasiFixed *fixed);

/* The next number of a generator, or bytes from it. */
uint64_t wasi_splitmix(uint64_t *state);
void wasi_splitmix_fill(uint64_t *state, uint8_t *bytes, size_t n);
uint64_t *wasi_fixed_random(WasiFixed *fixed); /* the state of the secure ones */

typedef struct {
    uint64_t number;          /* from 1; 0: the file is gone */
    bool is_gone;             /* or has no name any more: it is not kept for long */
    struct timespec times[2]; /* of reading and of writing */
} WasiFixedFile;
WasiFixedFile *wasi_fixed_file(WasiFixed *fixed, const struct stat *st);
/* A name of the file, as it was before, is gone: so is the file, if it had no other. */
void wasi_fixed_forget(WasiFixed *fixed, const struct stat *st);
void wasi_fixed_stat(WasiFixed *fixed, struct stat *st);
/* As futimens has them. */
void wasi_fixed_touch(WasiFixed *fixed, const struct stat *st, const struct timespec times[2]);

typedef struct WasiSorted WasiSorted;
/* All entries of a folder by name; *fault is an errno or 0. */
WasiSorted *wasi_sorted_new(const WasiFiles *files, void *entries, int *fault);
const WasiEntry *wasi_sorted_next(WasiSorted *sorted); /* NULL: no more */
void wasi_sorted_free(WasiSorted *sorted);

#endif
