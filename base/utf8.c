/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* UTF-8 by the definition: no overlong form, no surrogate, nothing above U+10FFFF. */
#include "base/utf8.h"

uint32_t utf8_next(Str s, size_t *at) {
    const unsigned char *p = (const unsigned char *)s.ptr + *at;
    size_t left = s.len - *at, n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t c = p[0];
    if (n > 1) {
        bool lead = p[0] >= 0xc2 && p[0] <= 0xf4 && left >= n;
        c = p[0] & (0xffu >> (n + 1));
        for (size_t i = 1; lead && i < n; i++) {
            lead = (p[i] & 0xc0) == 0x80;
            c = c << 6 | (p[i] & 0x3f);
        }
        if (!lead || c < smallest[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
            *at += 1;
            return UINT32_MAX;
        }
    }
    *at += n;
    return c;
}

/* 64 bytes at a time, then eight, while they are all ASCII. */
static size_t skip_ascii(Str s, size_t at) {
    typedef uint64_t Pair __attribute__((vector_size(16)));
    Pair block[4];
    for (; s.len - at >= sizeof block; at += sizeof block) {
        memcpy(block, s.ptr + at, sizeof block);
        Pair any = (block[0] | block[1]) | (block[2] | block[3]);
        if ((any[0] | any[1]) & 0x8080808080808080u) break;
    }
    uint64_t word;
    for (; s.len - at >= sizeof word; at += sizeof word) {
        memcpy(&word, s.ptr + at, sizeof word);
        if (word & 0x8080808080808080u) break;
    }
    return at;
}

size_t utf8_valid_prefix(Str s) {
    size_t at = 0;
    while (at < s.len) {
        at = skip_ascii(s, at);
        if (at < s.len && !(s.ptr[at] & 0x80)) {
            at++;
            continue;
        }
        size_t next = at;
        if (at == s.len || utf8_next(s, &next) == UINT32_MAX) break;
        at = next;
    }
    return at;
}

size_t utf8_put(char out[4], uint32_t c) {
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n; i-- > 1; c >>= 6) out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(lead[n] | c);
    return n;
}
