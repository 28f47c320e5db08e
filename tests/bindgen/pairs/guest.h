/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What the guest programs of this folder share: checks that remember the line of the first one that
 * failed, so that `run` can return it, and an allocator that counts, so that a leak is a failed
 * check. Each component is one source, which includes this.
 *
 *     CHECK(condition)    remembers the line
 *     checked()           0, or the line of the first check that failed
 *     MUST(condition)     traps: for the side that has no way to tell
 *     live()              how many blocks of memory have been taken and not given back
 *
 * -DNO_COUNTING leaves the allocator out.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static uint32_t guest_failed;

#define CHECK(condition) ((condition) ? (void)0 : guest_check_failed(__LINE__))
#define MUST(condition)  ((condition) ? (void)0 : __builtin_trap())

static inline void guest_check_failed(uint32_t line) {
    if (!guest_failed) guest_failed = line;
}

static inline uint32_t checked(void) { return guest_failed; }

/* A literal, without its zero. */
#define BYTES(text) (uint8_t *)(uintptr_t)(text), sizeof(text) - 1

static inline bool guest_same(const void *ptr, size_t len, const char *text) {
    const unsigned char *bytes = (const unsigned char *)ptr;
    for (size_t i = 0; i < len; i++)
        if (!text[i] || bytes[i] != (unsigned char)text[i]) return false;
    return !text[len];
}
/* Whether a string or list of bytes is this text. */
#define SAME(string, text) guest_same((string).ptr, (string).len, text)

#ifdef __cplusplus
extern "C" {
#endif

#if defined __wasm__ && !defined NO_COUNTING

/* Blocks are cut from the end of the memory and never used twice, so that whoever uses one after it
 * was freed reads 0xdd; one that is freed twice, or that is none, is a trap. */
extern unsigned char __heap_base;
static uintptr_t guest_top;
static uint32_t guest_live;

typedef struct {
    uint32_t size, state; /* state: 'L' live, 'F' freed */
    uint32_t unused[2];
} GuestBlock;

static inline uint32_t live(void) { return guest_live; }

void *malloc(size_t size) {
    if (!guest_top) guest_top = ((uintptr_t)&__heap_base + 15) & ~(uintptr_t)15;
    GuestBlock *block = (GuestBlock *)guest_top;
    guest_top += sizeof *block + ((size + 15) & ~(size_t)15);
    size_t pages = (guest_top + 65535) >> 16, have = __builtin_wasm_memory_size(0);
    if (pages > have) MUST(__builtin_wasm_memory_grow(0, pages - have) != (size_t)-1);
    *block = (GuestBlock){size, 'L', {0, 0}};
    guest_live++;
    return block + 1;
}

void free(void *ptr) {
    if (!ptr) return;
    GuestBlock *block = (GuestBlock *)ptr - 1;
    MUST(block->state == 'L');
    block->state = 'F';
    for (size_t i = 0; i < block->size; i++) ((volatile unsigned char *)ptr)[i] = 0xdd;
    guest_live--;
}

void *realloc(void *ptr, size_t size) {
    unsigned char *to = (unsigned char *)malloc(size);
    if (!ptr) return to;
    GuestBlock *block = (GuestBlock *)ptr - 1;
    MUST(block->state == 'L');
    for (size_t i = 0; i < size && i < block->size; i++) to[i] = ((unsigned char *)ptr)[i];
    free(ptr);
    return to;
}

#else
extern void *malloc(size_t size);
extern void *realloc(void *ptr, size_t size);
extern void free(void *ptr);
#endif

#ifdef __cplusplus
}
#endif
#endif
