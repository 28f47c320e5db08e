/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* An arena hands out zeroed memory that lives until the arena is freed. Everything that the tools
 * make lives in the caller's arena, so no tool function frees anything. When the system has no
 * memory left, arena_alloc prints a line to stderr and exits with status 1: the tools are
 * processes of a moment. (The runtime does not use arenas for what a guest can grow.) */
typedef struct Arena Arena;

Arena *arena_new(void);
void arena_free(Arena *arena); /* NULL is allowed */

/* `size` zeroed bytes, aligned for any type. Never NULL; size 0 gives a valid pointer. */
void *arena_alloc(Arena *arena, size_t size);

/* Grows a block that arena_alloc gave: in place where it is the newest, else a copy. */
void *arena_realloc(Arena *arena, void *old, size_t old_size, size_t new_size);

/* A copy of `size` bytes. */
void *arena_copy(Arena *arena, const void *from, size_t size);

/* Bytes handed out so far: for tests and `--verbose`. */
size_t arena_used(const Arena *arena);

#define ARENA_NEW(arena, T)          ((T *)arena_alloc((arena), sizeof(T)))
#define ARENA_NEW_ARRAY(arena, T, n) ((T *)arena_alloc_array((arena), sizeof(T), (n)))

/* n * size bytes, zeroed; the product is checked. */
void *arena_alloc_array(Arena *arena, size_t size, size_t n);

#endif
