/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Base64 there and back, and the CRC-32 of both: tables of bytes, shifts. */
#include <stdint.h>

enum { SIZE = 60000, ROUNDS = 320 };
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static uint8_t plain[SIZE], coded[SIZE / 3 * 4], back[SIZE], value_of[256];
static uint32_t table[256];

static uint32_t crc(const uint8_t *p, uint32_t n) {
    uint32_t c = ~0u;
    while (n--) c = table[(c ^ *p++) & 255] ^ c >> 8;
    return ~c;
}

static void encode(void) {
    uint8_t *out = coded;
    for (const uint8_t *p = plain; p < plain + SIZE; p += 3) {
        uint32_t v = (uint32_t)(p[0] << 16 | p[1] << 8 | p[2]);
        *out++ = (uint8_t)letters[v >> 18];
        *out++ = (uint8_t)letters[v >> 12 & 63];
        *out++ = (uint8_t)letters[v >> 6 & 63];
        *out++ = (uint8_t)letters[v & 63];
    }
}

static int decode(void) {
    uint8_t *out = back;
    for (const uint8_t *p = coded; p < coded + sizeof coded; p += 4) {
        uint32_t v = 0;
        for (int i = 0; i < 4; i++) {
            if (value_of[p[i]] > 63) return 0;
            v = v << 6 | value_of[p[i]];
        }
        *out++ = (uint8_t)(v >> 16), *out++ = (uint8_t)(v >> 8), *out++ = (uint8_t)v;
    }
    return 1;
}

int bench(void) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (int k = 0; k < 8; k++) table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320u : 0);
        value_of[i] = 255;
    }
    for (uint32_t i = 0; i < 64; i++) value_of[(uint8_t)letters[i]] = (uint8_t)i;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; i < SIZE; i++) plain[i] = (uint8_t)(i * (round + 3) >> 3);
        encode();
        sum = sum * 31 + crc(coded, sizeof coded) + (uint32_t)decode();
        sum ^= crc(back, SIZE);
    }
    return (int)sum;
}
