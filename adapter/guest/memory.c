/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Where lists and strings go that WASI 0.2 returns: see guest.h. */
#include "guest.h"

enum { MODE_NONE, MODE_LIST, MODE_ARENA };

u32 GLOBAL mode;
u32 GLOBAL next;  /* the next free byte, of the list's or of the arena */
u32 GLOBAL limit; /* LIST: its end; ARENA: the end of what has been kept */

void expect_list(u8 *to, u32 length) {
    mode = MODE_LIST;
    next = (u32)to;
    limit = next + length;
}

u32 arena_begin(void) {
    if (!state_room(heap_end())) return 0;
    mode = MODE_ARENA;
    next = limit = ARENA;
    return 1;
}

u32 arena_top(void) { return heap_end() + limit - ARENA; }

void arena_end(void) {
    for (u32 p = ARENA; p < limit; p += 8) *(u64 *)p = state_load64(heap_end() + p - ARENA);
    mode = MODE_NONE;
}

static u32 arena_take(u32 align, u32 size) {
    u32 p = (next + align - 1) & -align;
    if (p + size < p || !state_room(heap_end() + p + size - ARENA)) __builtin_trap();
    next = p + size;
    for (; limit < next; limit += 8) state_store64(heap_end() + limit - ARENA, *(u64 *)limit);
    return p;
}

/* Strings from a host with another encoding may grow and shrink. */
EXPORT("cabi_import_realloc")
u8 *cabi_import_realloc(u8 *old, u32 old_size, u32 align, u32 size) {
    if (old && size <= old_size) return old;
    if (mode == MODE_LIST && size <= limit - next) return at(next);
    if (mode != MODE_ARENA) __builtin_trap();
    u8 *p = at(arena_take(align, size));
    for (u32 i = 0; i < old_size; i++) p[i] = old[i];
    return p;
}

/* The same for programs that have no state: there are lists alone. */
EXPORT("cabi_list_realloc")
u8 *cabi_list_realloc(u8 *old, u32 old_size, u32 align, u32 size) {
    if (old || size > limit - next) __builtin_trap();
    return at(next);
}

u32 keep_string(u32 top, const u8 *text, u32 length) {
    u32 end = top + 8 + ((length + 7) & ~7u);
    if (end < top || !state_room(end)) __builtin_trap();
    state_store64(top, length);
    copy_in(top + 8, text, length);
    return end;
}
