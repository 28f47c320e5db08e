/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A table with open addressing: insertions, lookups, removals; memory at random places. */
#include <stdint.h>

enum { SIZE = 1 << 17, MASK = SIZE - 1 };
static struct {
    uint64_t key;
    uint32_t value, state; /* 0: never used, 1: used, 2: removed */
} table[SIZE];

static uint64_t mix(uint64_t x) {
    x ^= x >> 33, x *= 0xff51afd7ed558ccd;
    x ^= x >> 33, x *= 0xc4ceb9fe1a85ec53;
    return x ^ x >> 33;
}

static uint32_t find(uint64_t key, uint32_t *free_place) {
    uint32_t at = (uint32_t)mix(key) & MASK;
    *free_place = UINT32_MAX;
    for (;; at = (at + 1) & MASK) {
        if (table[at].state == 1 && table[at].key == key) return at;
        if (table[at].state != 1 && *free_place == UINT32_MAX) *free_place = at;
        if (table[at].state == 0) return UINT32_MAX;
    }
}

int bench(void) {
    uint64_t random = 88172645463325252;
    uint32_t sum = 0, count = 0;
    for (uint32_t i = 0; i < SIZE; i++) table[i].state = 0;
    for (uint32_t n = 0; n < 10000000; n++) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        uint32_t place, at = find(random % 60000, &place);
        if (at == UINT32_MAX) {
            if (count > SIZE / 2) continue;
            table[place].key = random % 60000, table[place].value = n, table[place].state = 1;
            count++;
        } else if ((random >> 40) % 8 == 0) {
            table[at].state = 2;
            count--;
        } else {
            sum += table[at].value ^ n;
        }
    }
    return (int)(sum + count);
}
