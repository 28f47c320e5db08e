/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * A list of blocks, the newest first; allocation bumps an offset in the newest.
 *
 *     arena -> block (newest, partly used) -> block (full) -> ... -> NULL
 *
 * Blocks are 16 KiB, then 128 KiB, and double up to 1 MiB, so that a small job costs one small block
 * and a large one few of them. A request larger than a block gets a block of its own. Blocks come zeroed and nothing
 * is handed out twice, so an allocation touches no memory: pages that the system has not given yet
 * stay that way until they are used. With ARENA_STRESS every allocation is its own block, so that
 * ASan sees each border.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_BLOCK = 16 << 10, SECOND_BLOCK = 128 << 10, LARGEST_BLOCK = 1 << 20, ALIGNMENT = 16 };

typedef struct Block {
    struct Block *next;
    size_t size, used;
    alignas(ALIGNMENT) unsigned char data[];
} Block;

struct Arena {
    Block *newest;
    size_t next_size;
    size_t total;
};

static void *must(void *p) {
    if (p) return p;
    fputs("witc: out of memory\n", stderr);
    exit(1);
}

Arena *arena_new(void) {
    Arena *arena = must(calloc(1, sizeof *arena));
    arena->next_size = FIRST_BLOCK;
    return arena;
}

void arena_free(Arena *arena) {
    if (!arena) return;
    for (Block *b = arena->newest, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(arena);
}

static void add_block(Arena *arena, size_t size) {
    if (size > SIZE_MAX - sizeof(Block)) must(NULL);
    Block *b = must(calloc(1, sizeof(Block) + size));
    b->size = size;
    b->next = arena->newest;
    arena->newest = b;
}

static size_t rounded(size_t size) {
    if (size > SIZE_MAX / 2) must(NULL);
    return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

void *arena_alloc(Arena *arena, size_t size) {
    size = rounded(size ? size : 1);
#ifdef ARENA_STRESS
    add_block(arena, size);
#else
    Block *b = arena->newest;
    if (!b || b->size - b->used < size) {
        add_block(arena, size > arena->next_size ? size : arena->next_size);
        if (arena->next_size < SECOND_BLOCK) arena->next_size = SECOND_BLOCK;
        else if (arena->next_size < LARGEST_BLOCK) arena->next_size *= 2;
    }
#endif
    Block *block = arena->newest;
    void *p = block->data + block->used;
    block->used += size;
    arena->total += size;
    return p;
}

void *arena_realloc(Arena *arena, void *old, size_t old_size, size_t new_size) {
    Block *b = arena->newest;
    size_t was = rounded(old_size ? old_size : 1), now = rounded(new_size ? new_size : 1);
    if (old && now <= was) return old;
    bool newest = b && old && (unsigned char *)old + was == b->data + b->used;
    if (newest && b->size - b->used >= now - was) {
        b->used += now - was;
        arena->total += now - was;
        return old;
    }
    void *p = arena_alloc(arena, new_size);
    if (old_size) memcpy(p, old, old_size);
    return p;
}

void *arena_copy(Arena *arena, const void *from, size_t size) {
    void *p = arena_alloc(arena, size);
    if (size) memcpy(p, from, size);
    return p;
}

void *arena_alloc_array(Arena *arena, size_t size, size_t n) {
    if (size && n > SIZE_MAX / size) must(NULL);
    return arena_alloc(arena, size * n);
}

size_t arena_used(const Arena *arena) { return arena->total; }
