/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WASI_MEMORY_H
#define WASI_MEMORY_H

#include "wasi/system.h"
#include "wasi/tree.h"

/*
 * Files in memory, which begin as a tree's. What is changed is changed here alone: neither the tree nor what it
 * was read from ever is.
 */
typedef struct WasiMemory WasiMemory;

enum { WASI_MEMORY_ROOT = 0 }; /* the descriptor of its folder; never closed */

/* `room` is what it may still take, of names and of bytes, perhaps together with others; ENOSPC where that is
 * used up. It, the tree and the clock must outlive it. `device` is its number in what stat tells. NULL: no
 * memory. */
WasiMemory *wasi_memory_new(const WasiTree *tree, uint64_t device, uint64_t *room,
                            const WasiClock *clock);
void wasi_memory_free(WasiMemory *memory); /* NULL is allowed */
const WasiFiles *wasi_memory_files(const WasiMemory *memory);

/* memory_pages.c: the contents of one file. Pages that were written are kept; what stands before `lower_end` in
 * others is the tree's file's, and zeroes follow. */
typedef struct {
    const WasiTree *tree;
    const WasiTreeNode *lower;
    uint64_t *room;
    int fd; /* that the tree's file is read through; -1: none */
    uint64_t size, lower_end;
    uint8_t **pages;
    size_t count; /* in the table */
} WasiPages;

/* As pread(2) and pwrite(2). */
ssize_t wasi_pages_read(const WasiPages *pages, void *bytes, size_t n, uint64_t offset);
ssize_t wasi_pages_write(WasiPages *pages, const void *bytes, size_t n, uint64_t offset);
void wasi_pages_cut(WasiPages *pages, uint64_t size); /* or lengthen */
void wasi_pages_free(WasiPages *pages);
/* Zeroed memory that is taken from `room`. NULL: ENOSPC or ENOMEM. */
void *wasi_room_take(uint64_t *room, size_t n);
void wasi_room_give(uint64_t *room, void *memory, size_t n);

#endif
