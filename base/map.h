/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/str.h"

/* From byte strings to 64-bit values, in an arena; remembers the order of insertion. The keys are
 * views: they must outlive the map. A zeroed Map is an empty one. */
typedef struct {
    Str key;
    union {
        uint64_t value;
        void *ptr;
        const void *cptr;
    };
} MapEntry;

typedef struct {
    MapEntry *entries; /* in order of insertion */
    size_t len, cap;
    uint32_t *slots; /* index + 1 into entries, 0 for empty; a power of two of them */
    size_t slot_count;
} Map;

/* The entry of `key`, or NULL. Entries move when the map grows. */
MapEntry *map_get(const Map *map, Str key);
/* The entry of `key`, made with value 0 where there was none; `*added` (may be NULL) tells. */
MapEntry *map_put(Arena *arena, Map *map, Str key, bool *added);

/* Makes room in an empty map for so many entries. */
void map_reserve(Arena *arena, Map *map, size_t n);

/* For tables of one's own: the seed is something that whoever makes the keys does not know, like the address of
 * the table. */
uint64_t map_hash(Str key, uint64_t seed);

/* The same by address: the key is the pointer, which map_put_ptr copies into the arena. */
MapEntry *map_get_ptr(const Map *map, const void *ptr);
MapEntry *map_put_ptr(Arena *arena, Map *map, const void *ptr, bool *added);
static inline bool map_has_ptr(const Map *map, const void *ptr) {
    return map_get_ptr(map, ptr) != NULL;
}

#endif
