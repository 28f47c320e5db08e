/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef TESTS_TAR_H
#define TESTS_TAR_H

#include <stdio.h>

#include "base/buf.h"

/* For tests: archives of tar, written header by header. */

static inline void tar_sum(char header[512]) {
    unsigned sum = 0;
    memset(header + 148, ' ', 8);
    for (int i = 0; i < 512; i++) sum += (uint8_t)header[i];
    snprintf(header + 148, 8, "%06o", sum);
}

static inline void tar_field(char *to, const char *text) {
    size_t len = strlen(text);
    memcpy(to, text, len < 100 ? len : 100);
}

static inline void tar_header(Buf *out, const char *name, char type, uint64_t size,
                              const char *link) {
    char header[512] = "";
    tar_field(header, name);
    memcpy(header + 100, "0000644\0000000000\0000000000", 24);
    snprintf(header + 124, 12, "%011llo", (unsigned long long)size);
    memcpy(header + 136, "00000001750", 12); /* 1000 */
    header[156] = type;
    tar_field(header + 157, link);
    memcpy(header + 257, "ustar\00000", 8);
    tar_sum(header);
    buf_str(out, (Str){header, 512});
}

static inline void tar_bytes(Buf *out, Str bytes) {
    static const char zeroes[512];
    buf_str(out, bytes);
    buf_str(out, (Str){zeroes, (512 - bytes.len % 512) % 512});
}

static inline void tar_entry(Buf *out, const char *name, char type, Str bytes) {
    tar_header(out, name, type, bytes.len, "");
    tar_bytes(out, bytes);
}

static inline void tar_file(Buf *out, const char *name, const char *text) {
    tar_entry(out, name, '0', str_from(text));
}

static inline void tar_end(Buf *out) {
    static const char zeroes[1024];
    buf_str(out, (Str){zeroes, 1024});
}

#endif
