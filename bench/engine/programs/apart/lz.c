/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A compressor that refers back (hash chains, greedy) and its decompressor. */
#include <stdint.h>

enum { SIZE = 1 << 17, HASH = 1 << 13, WINDOW = 1 << 15, CHAIN = 16, ROUNDS = 60 };
static uint8_t text[SIZE], packed[SIZE * 2], again[SIZE];
static int32_t head[HASH], before[WINDOW];

static uint32_t hash(const uint8_t *p) {
    return ((uint32_t)(p[0] | p[1] << 8 | p[2] << 16) * 2654435761u) >> 19;
}

static uint32_t length(const uint8_t *a, const uint8_t *b, const uint8_t *end) {
    const uint8_t *from = a;
    while (a < end && a - from < 255 && *a == *b) a++, b++;
    return (uint32_t)(a - from);
}

static uint32_t pack(void) {
    uint8_t *out = packed;
    for (int i = 0; i < HASH; i++) head[i] = -1;
    for (int32_t i = 0; i < SIZE;) {
        uint32_t best = 0, distance = 0;
        if (i + 3 < SIZE) {
            int32_t at = head[hash(text + i)];
            for (int n = 0; n < CHAIN && at >= 0 && i - at < WINDOW; n++) {
                uint32_t len = length(text + i, text + at, text + SIZE);
                if (len > best) best = len, distance = (uint32_t)(i - at);
                at = before[at % WINDOW];
            }
        }
        if (best >= 4)
            *out++ = (uint8_t)best, *out++ = (uint8_t)distance, *out++ = (uint8_t)(distance >> 8);
        else *out++ = 0, *out++ = text[i], best = 1;
        for (; best--; i++)
            if (i + 3 < SIZE) {
                uint32_t h = hash(text + i);
                before[i % WINDOW] = head[h], head[h] = i;
            }
    }
    return (uint32_t)(out - packed);
}

static uint32_t unpack(uint32_t size) {
    uint8_t *out = again;
    for (const uint8_t *p = packed; p < packed + size;) {
        uint32_t n = *p++;
        if (!n) {
            *out++ = *p++;
            continue;
        }
        const uint8_t *from = out - (p[0] | p[1] << 8);
        for (p += 2; n--;) *out++ = *from++;
    }
    return (uint32_t)(out - again);
}

int bench(void) {
    static const char *const words[] = {"the ",  "quick ",  "brown fox ", "jumps ",
                                        "over ", "a lazy ", "dog, ",      "\n"};
    uint32_t random = 3, sum = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; i < SIZE;) {
            random = random * 1664525 + 1013904223;
            if (random >> 30 == 0) text[i++] = (uint8_t)(random >> 20);
            for (const char *w = words[random >> 24 & 7]; *w && i < SIZE;)
                text[i++] = (uint8_t)*w++;
        }
        uint32_t size = pack(), n = unpack(size);
        for (uint32_t i = 0; i < n; i++) sum = sum * 33 + again[i];
        sum += size;
    }
    return (int)sum;
}
