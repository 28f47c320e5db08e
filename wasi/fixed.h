/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WASI_FIXED_H
#define WASI_FIXED_H

#include "base/vec.h"
#include "wasi/system.h"

/* What a host tells by rule, where its context asks for that (fixed.c). */

typedef struct WasiFixed WasiFixed;
enum { WASI_FIXED_TICK = 1000 }; /* nanoseconds from one reading of the clock to the next */

WasiFixed *wasi_fixed_new(uint64_t seed);
void wasi_fixed_free(WasiFixed *fixed);

uint64_t wasi_fixed_now(const WasiFixed *fixed);
uint64_t wasi_fixed_tick(WasiFixed *fixed); /* a reading */
void wasi_fixed_sleep(WasiFixed *fixed, uint64_t deadline);
struct timespec wasi_fixed_wall(uint64_t now);

/* The next number of a generator, or bytes from it. */
uint64_t wasi_splitmix(uint64_t *state);
void wasi_splitmix_fill(uint64_t *state, uint8_t *bytes, size_t n);
uint64_t *wasi_fixed_random(WasiFixed *fixed); /* the state of the secure ones */

typedef struct {
    uint64_t number;          /* from 1 */
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
