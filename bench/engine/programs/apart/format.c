/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Doubles as decimal text by big numbers, exactly, and read back: carries, division by ten, copies. */
#include <stdint.h>
#include <string.h>

enum { WORDS = 40 };
static char out[1200];

/* x with `digits` behind the point: the bits are multiplied out in words of nine decimal digits. */
static uint32_t print(double x, int digits) {
    static uint32_t whole[WORDS], part[WORDS];
    uint64_t bits;
    char *o = out;
    memcpy(&bits, &x, 8);
    if (bits >> 63) *o++ = '-';
    int exponent = (int)(bits >> 52 & 2047) - 1075;
    uint64_t m = (bits & 0xfffffffffffff) | 1ull << 52;
    int words = 0, places = 0;
    memset(part, 0, sizeof part);
    uint64_t integer = exponent >= 0 ? m : exponent > -64 ? m >> -exponent : 0;
    for (; integer; integer /= 1000000000) whole[words++] = (uint32_t)(integer % 1000000000);
    for (int i = 0; i < exponent; i++) {
        uint32_t carry = 0;
        for (int k = 0; k < words; k++) {
            uint32_t v = whole[k] * 2 + carry;
            carry = v >= 1000000000;
            whole[k] = carry ? v - 1000000000 : v;
        }
        if (carry) whole[words++] = 1;
    }
    if (exponent < 0 && exponent > -64) {
        uint64_t fraction = m & ((1ull << -exponent) - 1);
        for (int i = -exponent - 1; i >= 0;
             i--) { /* from the lowest bit up: (bit + fraction) / 2 */
            uint32_t carry = (uint32_t)(fraction >> (-exponent - 1 - i) & 1);
            for (int k = 0; k < WORDS && (k < 8 || carry); k++) {
                uint64_t v = part[k] + (uint64_t)carry * 1000000000;
                part[k] = (uint32_t)(v / 2), carry = (uint32_t)(v % 2);
            }
        }
    }
    char digit[12];
    for (int k = words ? words - 1 : 0; k >= 0; k--) {
        uint32_t v = words ? whole[k] : 0;
        int n = 0;
        do digit[n++] = (char)('0' + v % 10);
        while ((v /= 10) || (k < words - 1 && n < 9));
        while (n) *o++ = digit[--n];
    }
    *o++ = '.';
    for (int k = 0; places < digits; k++)
        for (uint32_t scale = 100000000; scale && places < digits; scale /= 10, places++)
            *o++ = (char)('0' + (k < WORDS ? part[k] / scale % 10 : 0));
    return (uint32_t)(o - out);
}

static double read(uint32_t n) {
    double v = 0, scale = 1;
    int behind = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (out[i] == '.') behind = 1;
        else if (out[i] != '-') v = v * 10 + (out[i] - '0'), scale *= behind ? 10 : 1;
    }
    return v / scale;
}

int bench(void) {
    uint32_t sum = 0;
    double x = 1.0 / 3, back = 0;
    for (int i = 0; i < 1800; i++) {
        x = x * 1.37 + 0.001;
        if (x > 1e22) x = x * 1e-24 - 7;
        uint32_t n = print(x, 17);
        for (uint32_t k = 0; k < n; k++) sum = sum * 31 + (uint8_t)out[k];
        back += read(n) / (x < 0 ? -x : x);
    }
    return (int)(sum + (uint32_t)(back * 1e3));
}
