/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WASI_TERMINAL_H
#define WASI_TERMINAL_H

#include "base/str.h"

/* What a terminal may be shown of what a guest writes. Zeroed: nothing has been written. */
typedef struct {
    uint8_t state;
    uint8_t have, want; /* bytes of a character that has begun, and how many it has */
    uint8_t character[4];
    uint32_t length; /* of the sequence so far */
} WasiFilter;

/* Bytes that wasi_filter_bytes may make of `n`. */
#define WASI_FILTERED(n) (3 * ((n) + 4))

/* Takes `n` bytes and writes what is left without escape sequences and control characters to `out`, which
 * has room for WASI_FILTERED(n): how much. What is in the middle of a sequence or character waits for
 * the bytes that follow. */
size_t wasi_filter_bytes(WasiFilter *filter, const uint8_t *bytes, size_t n, uint8_t *out);

#endif
