/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The queens on a board by bit masks, and a knight's ways counted by recursion. */
#include <stdint.h>

static uint32_t queens(uint32_t all, uint32_t columns, uint32_t left, uint32_t right) {
    uint32_t free = all & ~(columns | left | right), count = 0;
    if (columns == all) return 1;
    while (free) {
        uint32_t bit = free & -free;
        free ^= bit;
        count += queens(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
    }
    return count;
}

static uint64_t moves[64];
static uint32_t ways(int from, uint64_t seen, int depth) {
    uint32_t count = 0;
    if (depth == 0) return (uint32_t)__builtin_popcountll(seen);
    for (uint64_t to = moves[from] & ~seen; to; to &= to - 1) {
        int square = __builtin_ctzll(to);
        count += ways(square, seen | 1ull << square, depth - 1);
    }
    return count;
}

int bench(void) {
    static const int8_t x[] = {1, 2, 2, 1, -1, -2, -2, -1}, y[] = {2, 1, -1, -2, -2, -1, 1, 2};
    uint32_t sum = queens((1 << 12) - 1, 0, 0, 0);
    for (int i = 0; i < 64; i++) {
        moves[i] = 0;
        for (int k = 0; k < 8; k++) {
            int a = i % 8 + x[k], b = i / 8 + y[k];
            if (a >= 0 && a < 8 && b >= 0 && b < 8) moves[i] |= 1ull << (b * 8 + a);
        }
    }
    for (int i = 0; i < 16; i++) sum = sum * 31 + ways(i * 4 + i % 3, 1ull << (i * 4 + i % 3), 7);
    return (int)sum;
}
