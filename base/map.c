/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Open addressing with linear probing over indices into a dense array of entries. Nothing is ever
 * removed, so an empty slot ends every search. */
#include "base/map.h"

static inline uint64_t folded(uint64_t a, uint64_t b) {
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Eight bytes at a time, each multiplied into what came before, where both halves of the product count:
 * without the seed nobody can find keys that meet. */
uint64_t map_hash(Str key, uint64_t seed) {
    const uint64_t prime = 0x9e3779b97f4a7c15u;
    uint64_t h = seed ^ key.len, word;
    size_t at = 0;
    for (; key.len - at >= sizeof word; at += sizeof word) {
        memcpy(&word, key.ptr + at, sizeof word);
        h = folded(h ^ word, prime);
    }
    for (word = 0; at < key.len; at++) word = word << 8 | (unsigned char)key.ptr[at];
    return folded(h ^ word, prime);
}

/* Keys come from files that somebody may have made to meet in one slot; where the slots stand he does
 * not know. */
static uint32_t *slot_of(const Map *map, Str key) {
    size_t mask = map->slot_count - 1;
    for (size_t i = map_hash(key, (uintptr_t)map->slots) & mask;; i = (i + 1) & mask) {
        uint32_t *slot = &map->slots[i];
        if (*slot == 0 || str_eq(map->entries[*slot - 1].key, key)) return slot;
    }
}

static void rehash(Arena *arena, Map *map) {
    size_t count = map->slot_count ? map->slot_count * 2 : 16;
    map->slots = ARENA_NEW_ARRAY(arena, uint32_t, count);
    map->slot_count = count;
    for (size_t i = 0; i < map->len; i++) *slot_of(map, map->entries[i].key) = (uint32_t)i + 1;
}

void map_reserve(Arena *arena, Map *map, size_t n) {
    if (map->len || map->cap || n == 0) return;
    map->slot_count = 16;
    while (n * 4 > map->slot_count * 3) map->slot_count *= 2;
    map->slots = ARENA_NEW_ARRAY(arena, uint32_t, map->slot_count);
    map->entries = ARENA_NEW_ARRAY(arena, MapEntry, n);
    map->cap = n;
}

MapEntry *map_get(const Map *map, Str key) {
    if (map->len == 0) return NULL;
    uint32_t slot = *slot_of(map, key);
    return slot ? &map->entries[slot - 1] : NULL;
}

MapEntry *map_put(Arena *arena, Map *map, Str key, bool *added) {
    if ((map->len + 1) * 4 > map->slot_count * 3) rehash(arena, map);
    uint32_t *slot = slot_of(map, key);
    if (added) *added = *slot == 0;
    if (*slot == 0) {
        if (map->len == map->cap) {
            size_t cap = map->cap ? map->cap * 2 : 8;
            map->entries = arena_realloc(arena, map->entries, map->cap * sizeof(MapEntry),
                                         cap * sizeof(MapEntry));
            map->cap = cap;
        }
        map->entries[map->len++] = (MapEntry){.key = key};
        *slot = (uint32_t)map->len;
    }
    return &map->entries[*slot - 1];
}

MapEntry *map_get_ptr(const Map *map, const void *ptr) {
    return map_get(map, (Str){(const char *)&ptr, sizeof ptr});
}

MapEntry *map_put_ptr(Arena *arena, Map *map, const void *ptr, bool *added) {
    MapEntry *entry = map_get_ptr(map, ptr);
    if (added) *added = !entry;
    if (entry) return entry;
    return map_put(arena, map, (Str){arena_copy(arena, &ptr, sizeof ptr), sizeof ptr}, NULL);
}
