/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"

/* An arena hands out zeroed memory that lives until the arena is freed. Everything that the tools
 * make lives in the caller's arena, so no tool function frees anything. When there is no memory left,
 * what arena_try has begun is given up; outside of it a line goes to stderr and the process exits with
 * status 1: the tools are processes of a moment. (The runtime does not use arenas for what a guest can
 * grow.) */
typedef struct Arena Arena;

Arena *arena_new(void);
void arena_free(Arena *arena); /* NULL is allowed */

/* `size` zeroed bytes, aligned for any type. Never NULL; size 0 gives a valid pointer. */
void *arena_alloc(Arena *arena, size_t size);

/* The same for what will be written to its end, soon: large pages are asked for, which come faster. */
void *arena_alloc_filled(Arena *arena, size_t size);

/* Grows a block that arena_alloc gave: in place where it is the newest, else a copy. */
void *arena_realloc(Arena *arena, void *old, size_t old_size, size_t new_size);

/* A copy of `size` bytes. */
void *arena_copy(Arena *arena, const void *from, size_t size);

/* Calls work(context). Arenas that it makes have their blocks from `allocator`, for as long as they
 * live. False: some arena found no memory; then the work was left where it stood, by a jump, and the
 * arenas that it had made are freed. Of what it was changing elsewhere nothing is undone, so the work
 * must hold no other resource, and leave what outlives it usable at each allocation. A thread has its
 * own; they nest. */
bool arena_try(const Allocator *allocator, void (*work)(void *), void *context);

/* A thread that goes over to another stack, in the midst of what it tries, takes that along: what it does
 * meanwhile is not tried, until it comes back. */
typedef struct ArenaTries ArenaTries;
ArenaTries *arena_leave_tries(void);
void arena_enter_tries(ArenaTries *tries);

/* The arena has an owner that outlives the work that made it: where arena_try gives up, it stays. */
Arena *arena_keep(Arena *arena);

/* Where its blocks come from. */
const Allocator *arena_allocator(const Arena *arena);

/* What happens where there is no memory. */
_Noreturn void arena_no_memory(void);

/* Bytes handed out so far: for tests and `--verbose`. */
size_t arena_used(const Arena *arena);
/* Bytes that it has from its allocator. */
size_t arena_held(const Arena *arena);

#define ARENA_NEW(arena, T)          ((T *)arena_alloc((arena), sizeof(T)))
#define ARENA_NEW_ARRAY(arena, T, n) ((T *)arena_alloc_array((arena), sizeof(T), (n)))

/* n * size bytes, zeroed; the product is checked. */
void *arena_alloc_array(Arena *arena, size_t size, size_t n);

#endif
