/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * A list of blocks, the newest first; allocation bumps an offset in the newest.
 *
 *     arena -> block (newest, partly used) -> block (full) -> ... -> NULL
 *
 * Blocks are 16 KiB, then 128 KiB, and double up to 1 MiB, so that a small job costs one small block
 * and a large one few of them. A request larger than a block gets a block of its own. Blocks come zeroed and nothing
 * is handed out twice, so an allocation touches no memory. The pages of blocks from 128 KiB on are
 * asked for some at a time, ahead of their use: a fault for each takes longer. Those of a large
 * request come when they are used, which may be never. With ARENA_STRESS every allocation is its own block, so that
 * ASan sees each border.
 *
 * arena_try leaves its work by longjmp. A guard stands for it, on the stack of its thread:
 *
 *     guard -> ArenaTries (innermost) -> ArenaTries -> NULL
 *              made: arenas that it frees if it fails, and else hands on to the next
 */
#include "base/arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/vec.h"

enum { FIRST_BLOCK = 16 << 10, SECOND_BLOCK = 128 << 10, LARGEST_BLOCK = 1 << 20, ALIGNMENT = 16 };

typedef struct Block {
    struct Block *next;
    size_t size, used, asked; /* bytes; pages were asked for up to the last */
    alignas(ALIGNMENT) unsigned char data[];
} Block;

typedef struct ArenaTries {
    struct ArenaTries *outer;
    const Allocator *allocator;
    Arena *made;
    jmp_buf back;
} ArenaTries;

struct Arena {
    Block *newest;
    size_t next_size;
    size_t total;
    Allocator memory;
    ArenaTries *guard; /* that would free it; NULL: none */
    Arena *before, *next;
};

static _Thread_local ArenaTries *guard;

_Noreturn void arena_no_memory(void) {
    if (guard) longjmp(guard->back, 1);
    fputs("witc: out of memory\n", stderr);
    exit(1);
}

static void *must(void *p) {
    if (!p) arena_no_memory();
    return p;
}

static void guarded_by(Arena *arena, ArenaTries *g) {
    arena->guard = g;
    if (!g) return;
    arena->before = NULL;
    arena->next = g->made;
    if (arena->next) arena->next->before = arena;
    g->made = arena;
}

Arena *arena_new(void) {
    const Allocator *memory = guard ? guard->allocator : &alloc_system;
    Arena *arena = must(alloc_new(memory, 1, sizeof *arena));
    arena->next_size = FIRST_BLOCK;
    arena->memory = *memory;
    guarded_by(arena, guard);
    return arena;
}

Arena *arena_keep(Arena *arena) {
    if (!arena->guard) return arena;
    if (arena->next) arena->next->before = arena->before;
    if (arena->before) arena->before->next = arena->next;
    else arena->guard->made = arena->next;
    arena->guard = NULL;
    return arena;
}

void arena_free(Arena *arena) {
    if (!arena) return;
    arena_keep(arena);
    Allocator memory = arena->memory;
    for (Block *b = arena->newest, *next; b; b = next) {
        next = b->next;
        alloc_free(&memory, b);
    }
    alloc_free(&memory, arena);
}

bool arena_try(const Allocator *allocator, void (*work)(void *), void *context) {
    ArenaTries g = {.outer = guard, .allocator = allocator};
    guard = &g;
    if (setjmp(g.back)) {
        ArenaTries *failed = guard;
        while (failed->made) arena_free(failed->made);
        guard = failed->outer;
        return false;
    }
    work(context);
    guard = g.outer;
    for (Arena *arena = g.made, *next; arena; arena = next) {
        next = arena->next;
        guarded_by(arena, guard);
    }
    return true;
}

ArenaTries *arena_leave_tries(void) {
    ArenaTries *left = guard;
    guard = NULL;
    return left;
}

void arena_enter_tries(ArenaTries *tries) { guard = tries; }

static void add_block(Arena *arena, size_t size) {
    if (size > SIZE_MAX - sizeof(Block)) must(NULL);
    Block *b = must(alloc_new(&arena->memory, 1, sizeof(Block) + size));
    b->size = size;
    b->next = arena->newest;
    arena->newest = b;
}

#ifndef ARENA_STRESS
/* Only a wish, which an old system does not know. */
static void ask_for_pages(Block *b) {
    enum { PAGE = 4096, STEP = 32 << 10 };
    size_t from = b->asked;
    b->asked = b->used + STEP < b->size ? b->used + STEP : b->size;
#ifdef MADV_POPULATE_WRITE
    uintptr_t start = ((uintptr_t)b->data + from + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    uintptr_t end = ((uintptr_t)b->data + b->asked) & ~(uintptr_t)(PAGE - 1);
    if (end > start) (void)madvise((void *)start, end - start, MADV_POPULATE_WRITE);
#else
    (void)from;
#endif
}
#endif

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
        bool is_block = size <= arena->next_size;
        add_block(arena, is_block ? arena->next_size : size);
        if (!is_block || arena->next_size < SECOND_BLOCK) arena->newest->asked = SIZE_MAX;
        if (arena->next_size < SECOND_BLOCK) arena->next_size = SECOND_BLOCK;
        else if (arena->next_size < LARGEST_BLOCK) arena->next_size *= 2;
    }
#endif
    Block *block = arena->newest;
    void *p = block->data + block->used;
    block->used += size;
    arena->total += size;
#ifndef ARENA_STRESS
    if (block->used > block->asked) ask_for_pages(block);
#endif
    return p;
}

void *arena_alloc_filled(Arena *arena, size_t size) {
    enum { LARGE_PAGE = 2 << 20 };
    unsigned char *p = arena_alloc(arena, size);
#ifdef MADV_HUGEPAGE
    uintptr_t start = ((uintptr_t)p + LARGE_PAGE - 1) & ~(uintptr_t)(LARGE_PAGE - 1);
    uintptr_t end = ((uintptr_t)p + size) & ~(uintptr_t)(LARGE_PAGE - 1);
    if (end > start) (void)madvise((void *)start, end - start, MADV_HUGEPAGE);
#endif
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

const Allocator *arena_allocator(const Arena *arena) { return &arena->memory; }

size_t arena_used(const Arena *arena) { return arena->total; }

size_t arena_held(const Arena *arena) {
    size_t held = sizeof *arena;
    for (const Block *b = arena->newest; b; b = b->next) held += sizeof *b + b->size;
    return held;
}

void *vec_more_(Arena *arena, void *at, size_t *cap, size_t size) {
    size_t before = *cap, first = size > 64 ? 2 : size > 16 ? 4 : 8;
    size_t more = before ? before * 2 : first;
    at = arena_realloc(arena, at, before * size, more * size);
    *cap = more;
    return at;
}

void *vec_room_(Arena *arena, void *at, size_t *cap, size_t n, size_t size) {
    if (n <= *cap) return at;
    if (n > SIZE_MAX / size) must(NULL);
    at = arena_realloc(arena, at, *cap * size, n * size);
    *cap = n;
    return at;
}
