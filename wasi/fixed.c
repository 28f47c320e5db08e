/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `--deterministic`: what a host tells that differs from run to run and from machine to machine, told by
 * rule instead.
 *
 *     clocks       the monotonic one begins at 0, the other at the year 2000; each reading is a microsecond
 *                  later, and a call that waits for a time finds that it has come
 *     random       from the seed
 *     folders      their entries sorted by name; no size, one link
 *     files        numbered as the guest meets them: what metadata-hash tells; their times are the
 *                  beginning, or what the guest has set
 *     streams      as if a pipe stood behind each; no terminals
 *
 * What comes from outside through pipes, terminals and the network comes when it comes.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/map.h"
#include "wasi/internal.h"

enum { START = 946684800, TICK = 1000, SECOND = 1000000000 }; /* START: 2000-01-01 */

struct WasiFixed {
    WasiFixedClock clock;
    uint64_t random;
    uint64_t files; /* met so far */
    Arena *arena;
    Arena *names; /* of `known` */
    Map known;    /* device and number of a file -> WasiFixedFile */
    size_t gone;  /* of these */
};

WasiFixed *wasi_fixed_new(uint64_t seed, const WasiClock *below) {
    Arena *arena = arena_new(), *names = arena_new();
    WasiFixed *fixed = ARENA_NEW(arena, WasiFixed);
    *fixed = (WasiFixed){.random = ~seed, .arena = arena_keep(arena), .names = arena_keep(names)};
    wasi_fixed_clock(&fixed->clock, below, TICK);
    return fixed;
}

void wasi_fixed_free(WasiFixed *fixed) {
    if (!fixed) return;
    arena_free(fixed->names);
    arena_free(fixed->arena);
}

/* ---- time ---- */

static uint64_t fixed_now(const WasiClock *clock) {
    const WasiFixedClock *fixed = clock->data;
    return fixed->time;
}

static uint64_t fixed_read(const WasiClock *clock) {
    WasiFixedClock *fixed = clock->data;
    return fixed->time += fixed->tick;
}

static struct timespec wall_at(uint64_t time) {
    return (struct timespec){START + (time_t)(time / SECOND), (long)(time % SECOND)};
}

static struct timespec fixed_wall(const WasiClock *clock) { return wall_at(fixed_read(clock)); }

static uint64_t fixed_resolution(const WasiClock *clock, bool of_wall) {
    const WasiFixedClock *fixed = clock->data;
    return fixed->tick ? fixed->tick : 1;
}

static int fixed_wait(const WasiClock *clock, struct pollfd *fds, size_t n, uint64_t until,
                      uint64_t most) {
    WasiFixedClock *fixed = clock->data;
    bool comes = until != UINT64_MAX;
    int ready = fixed->below->wait(fixed->below, fds, n, comes ? 0 : until, most);
    if (ready == 0 && comes && most && until > fixed->time) fixed->time = until;
    return ready;
}

void wasi_fixed_clock(WasiFixedClock *fixed, const WasiClock *below, uint64_t tick) {
    *fixed = (WasiFixedClock){
        .clock = {fixed, fixed_now, fixed_read, fixed_wall, fixed_resolution, fixed_wait},
        .below = below,
        .tick = tick};
}

const WasiClock *wasi_fixed_time(const WasiFixed *fixed) { return &fixed->clock.clock; }

/* ---- random numbers ---- */

uint64_t wasi_splitmix(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void wasi_splitmix_fill(uint64_t *state, uint8_t *bytes, size_t n) {
    uint64_t word = 0;
    for (size_t i = 0; i < n; i++, word >>= 8) {
        if (i % 8 == 0) word = wasi_splitmix(state);
        bytes[i] = (uint8_t)word;
    }
}

uint64_t *wasi_fixed_random(WasiFixed *fixed) { return &fixed->random; }

/* ---- files ---- */

typedef struct {
    uint64_t device, number;
} Identity;

/* Where files come and go, and no two have the same number, only those that stay are kept. */
static void sweep(WasiFixed *fixed) {
    enum { FEW = 1000 };
    if (fixed->gone < FEW || fixed->gone < fixed->known.len / 2) return;
    Arena *names = arena_new();
    Map known = {0};
    for (size_t i = 0; i < fixed->known.len; i++) {
        const WasiFixedFile *file = fixed->known.entries[i].ptr;
        if (!file || file->is_gone) continue;
        WasiFixedFile *kept = ARENA_NEW(names, WasiFixedFile);
        *kept = *file;
        map_put(names, &known, str_copy(names, fixed->known.entries[i].key), NULL)->ptr = kept;
    }
    arena_free(fixed->names);
    fixed->names = arena_keep(names);
    fixed->known = known;
    fixed->gone = 0;
}

static MapEntry *find_file(WasiFixed *fixed, const struct stat *st, bool add) {
    const Identity id = {st->st_dev, st->st_ino};
    Str key = {(const char *)&id, sizeof id};
    MapEntry *entry = map_get(&fixed->known, key);
    if (entry || !add) return entry;
    return map_put(fixed->names, &fixed->known, str_copy(fixed->names, key), NULL);
}

/* A file that is gone leaves its number to others: `known` keeps the entry, for another file. */
WasiFixedFile *wasi_fixed_file(WasiFixed *fixed, const struct stat *st) {
    sweep(fixed);
    MapEntry *entry = find_file(fixed, st, true);
    WasiFixedFile *file = entry->ptr;
    if (!file) file = entry->ptr = ARENA_NEW(fixed->names, WasiFixedFile);
    if (file->number) return file;
    struct timespec start = wall_at(0);
    bool is_gone = st->st_nlink == 0;
    if (file->is_gone) fixed->gone--;
    if (is_gone) fixed->gone++;
    *file = (WasiFixedFile){++fixed->files, is_gone, {start, start}};
    return file;
}

void wasi_fixed_forget(WasiFixed *fixed, const struct stat *st) {
    if (!S_ISDIR(st->st_mode) && st->st_nlink > 1) return;
    MapEntry *entry = find_file(fixed, st, false);
    WasiFixedFile *file = entry ? entry->ptr : NULL;
    if (!file) return;
    if (!file->is_gone) fixed->gone++;
    file->is_gone = true;
    file->number = 0;
}

void wasi_fixed_stat(WasiFixed *fixed, struct stat *st) {
    const WasiFixedFile *file = wasi_fixed_file(fixed, st);
    st->st_atim = file->times[0];
    st->st_mtim = file->times[1];
    st->st_ctim = wall_at(0);
    if (S_ISDIR(st->st_mode)) st->st_nlink = 1, st->st_size = 0;
}

void wasi_fixed_touch(WasiFixed *fixed, const struct stat *st, const struct timespec times[2]) {
    WasiFixedFile *file = wasi_fixed_file(fixed, st);
    for (int i = 0; i < 2; i++) {
        if (times[i].tv_nsec == UTIME_OMIT) continue;
        file->times[i] = times[i].tv_nsec == UTIME_NOW ? wall_at(fixed->clock.time) : times[i];
    }
}

/* ---- entries of folders ---- */

enum { MOST_NAMES = 64 << 20 }; /* bytes */

struct WasiSorted {
    Arena *arena;
    VEC(WasiEntry) at;
    size_t next;
};

static int by_name(const void *a, const void *b) {
    return str_cmp(str_from(((const WasiEntry *)a)->name), str_from(((const WasiEntry *)b)->name));
}

WasiSorted *wasi_sorted_new(const WasiFiles *files, void *entries, int *fault) {
    Arena *arena = arena_keep(arena_new());
    WasiSorted *sorted = ARENA_NEW(arena, WasiSorted);
    sorted->arena = arena;
    const WasiEntry *entry;
    size_t bytes = 0;
    while ((entry = files->next_entry(files, entries)) && bytes < MOST_NAMES) {
        Str name = str_from(entry->name);
        bytes += name.len + 2 * sizeof(WasiEntry);
        *vec_push(arena, &sorted->at) = (WasiEntry){str_c(arena, name), entry->type};
    }
    *fault = bytes < MOST_NAMES ? errno : ENOMEM;
    if (sorted->at.len) qsort(sorted->at.at, sorted->at.len, sizeof *sorted->at.at, by_name);
    return sorted;
}

const WasiEntry *wasi_sorted_next(WasiSorted *sorted) {
    return sorted->next < sorted->at.len ? &sorted->at.at[sorted->next++] : NULL;
}

void wasi_sorted_free(WasiSorted *sorted) {
    if (sorted) arena_free(sorted->arena);
}
