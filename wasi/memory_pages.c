/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The contents of a file in memory: a table of pages, of which only those are there that were written to.
 *
 *     page      0        1        2        3
 *            [tree's][ written ][tree's][ zeroes ]
 *                                   ^ lower_end    ^ size
 *
 * So a file of the tree is never copied as a whole, holes take nothing but their places in the table, and a
 * file that is cut off and lengthened again has zeroes there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wasi/memory.h"

enum { PAGE = 4096 };

void *wasi_room_take(uint64_t *room, size_t n) {
    if (n > *room) return errno = ENOSPC, NULL;
    void *memory = calloc(1, n);
    if (!memory) return errno = ENOMEM, NULL;
    *room -= n;
    return memory;
}

void wasi_room_give(uint64_t *room, void *memory, size_t n) {
    if (memory) *room += n;
    free(memory);
}

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* ---- reading ---- */

static uint8_t *page_at(const WasiPages *p, uint64_t index) {
    return index < p->count ? p->pages[index] : NULL;
}

/* What is in no page: at most `n` bytes, of the tree's file or zeroes. */
static ssize_t read_lower(const WasiPages *p, uint8_t *to, size_t n, uint64_t offset) {
    if (offset >= p->lower_end) {
        memset(to, 0, n);
        return (ssize_t)n;
    }
    ssize_t got = wasi_tree_read(p->tree, p->lower, p->fd, to,
                                 (size_t)least(n, p->lower_end - offset), offset);
    if (got == 0) errno = EIO; /* it has become shorter */
    return got ? got : -1;
}

ssize_t wasi_pages_read(const WasiPages *p, void *bytes, size_t n, uint64_t offset) {
    uint8_t *to = bytes;
    size_t done = 0;
    n = offset < p->size ? (size_t)least(n, p->size - offset) : 0;
    while (done < n) {
        uint64_t at = offset + done, index = at / PAGE;
        size_t in = at % PAGE, chunk = (size_t)least(PAGE - in, n - done);
        const uint8_t *page = page_at(p, index);
        if (page) {
            memcpy(to + done, page + in, chunk);
            done += chunk;
            continue;
        }
        while (chunk < n - done && !page_at(p, ++index)) chunk += least(PAGE, n - done - chunk);
        ssize_t got = read_lower(p, to + done, chunk, at);
        if (got < 0) return done ? (ssize_t)done : -1;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

/* ---- writing ---- */

static bool grow_table(WasiPages *p, uint64_t index) {
    enum { LEAST = 8 };
    if (index < p->count) return true;
    if (index >= SIZE_MAX / sizeof *p->pages / 2) return errno = ENOSPC, false;
    size_t count = p->count < LEAST / 2 ? LEAST : p->count * 2;
    if (count <= index) count = (size_t)index + 1;
    size_t more = (count - p->count) * sizeof *p->pages;
    if (more > *p->room) return errno = ENOSPC, false;
    uint8_t **pages = realloc(p->pages, count * sizeof *pages);
    if (!pages) return errno = ENOMEM, false;
    memset(pages + p->count, 0, more);
    *p->room -= more;
    p->pages = pages;
    p->count = count;
    return true;
}

/* A page to write to, with what stands in it. */
static uint8_t *own_page(WasiPages *p, uint64_t index) {
    if (!grow_table(p, index)) return NULL;
    uint8_t *page = p->pages[index];
    if (page || !(page = wasi_room_take(p->room, PAGE))) return page;
    uint64_t at = index * PAGE;
    size_t n = at < p->lower_end ? (size_t)least(PAGE, p->lower_end - at) : 0;
    for (size_t done = 0; done < n;) {
        ssize_t got = read_lower(p, page + done, n - done, at + done);
        if (got < 0) {
            int fault = errno;
            wasi_room_give(p->room, page, PAGE);
            return errno = fault, NULL;
        }
        done += (size_t)got;
    }
    return p->pages[index] = page;
}

ssize_t wasi_pages_write(WasiPages *p, const void *bytes, size_t n, uint64_t offset) {
    const uint8_t *from = bytes;
    size_t done = 0;
    if (offset > (uint64_t)INT64_MAX - n) return errno = EFBIG, -1;
    while (done < n) {
        uint64_t at = offset + done;
        size_t in = at % PAGE, chunk = (size_t)least(PAGE - in, n - done);
        uint8_t *page = own_page(p, at / PAGE);
        if (!page) break;
        memcpy(page + in, from + done, chunk);
        done += chunk;
    }
    if (done && offset + done > p->size) p->size = offset + done;
    return done || !n ? (ssize_t)done : -1;
}

/* ---- its end ---- */

void wasi_pages_free(WasiPages *p) {
    for (size_t i = 0; i < p->count; i++) wasi_room_give(p->room, p->pages[i], PAGE);
    wasi_room_give(p->room, p->pages, p->count * sizeof *p->pages);
    p->pages = NULL;
    p->count = 0;
}

/* The table keeps no places behind the end: going over them again at each cut would take as long each time. */
static void cut_table(WasiPages *p, uint64_t keep) {
    if (keep == 0) wasi_pages_free(p);
    if (keep >= p->count) return;
    for (size_t i = keep; i < p->count; i++) {
        wasi_room_give(p->room, p->pages[i], PAGE);
        p->pages[i] = NULL;
    }
    uint8_t **pages = realloc(p->pages, keep * sizeof *pages);
    if (!pages) return;
    *p->room += (p->count - keep) * sizeof *pages;
    p->pages = pages;
    p->count = keep;
}

void wasi_pages_cut(WasiPages *p, uint64_t size) {
    cut_table(p, (size + PAGE - 1) / PAGE);
    uint8_t *last = page_at(p, size / PAGE);
    if (last) memset(last + size % PAGE, 0, PAGE - size % PAGE);
    p->size = size;
    p->lower_end = least(p->lower_end, size);
}
