/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* SipHash-2-4 of a buffer, again and again: 64-bit additions, rotations and xors. */
#include <stdint.h>

#define ROTATE(x, n) ((x) << (n) | (x) >> (64 - (n)))
#define ROUND                                                                                      \
    (a += b, b = ROTATE(b, 13) ^ a, a = ROTATE(a, 32), c += d, d = ROTATE(d, 16) ^ c, a += d,      \
     d = ROTATE(d, 21) ^ a, c += b, b = ROTATE(b, 17) ^ c, c = ROTATE(c, 32))

enum { WORDS = 4096, TIMES = 12000 };
static uint64_t text[WORDS];

static uint64_t hash(uint64_t key) {
    uint64_t a = key ^ 0x736f6d6570736575, b = ~key ^ 0x646f72616e646f6d;
    uint64_t c = key ^ 0x6c7967656e657261, d = ~key ^ 0x7465646279746573;
    for (int i = 0; i < WORDS; i++) {
        d ^= text[i];
        ROUND, ROUND;
        a ^= text[i];
    }
    c ^= 0xff;
    ROUND, ROUND, ROUND, ROUND;
    return a ^ b ^ c ^ d;
}

int bench(void) {
    uint64_t sum = 1;
    for (uint64_t i = 0; i < WORDS; i++) text[i] = i * 0x9e3779b97f4a7c15;
    for (int i = 0; i < TIMES; i++) sum = hash(sum);
    return (int)(sum ^ sum >> 32);
}
