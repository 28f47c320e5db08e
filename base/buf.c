/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The byte writer: the mirror of base/reader.c. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

static void grow(Buf *buf, size_t cap) {
    buf->ptr = arena_realloc(buf->arena, buf->ptr, buf->cap, cap);
    buf->cap = cap;
}

static void make_room(Buf *buf, size_t n) {
    size_t cap = buf->cap ? buf->cap * 2 : 64;
    while (cap - buf->len < n) cap *= 2;
    grow(buf, cap);
}

static inline uint8_t *room(Buf *buf, size_t n) {
    if (buf->cap - buf->len < n) make_room(buf, n);
    return buf->ptr + buf->len;
}

void buf_reserve(Buf *buf, size_t n) {
    if (buf->cap - buf->len >= n) return;
    if (buf->len) {
        grow(buf, buf->len + n);
    } else {
        buf->ptr = arena_alloc_filled(buf->arena, n);
        buf->cap = n;
    }
}

void buf_byte(Buf *buf, uint8_t byte) {
    *room(buf, 1) = byte;
    buf->len++;
}

void buf_bytes(Buf *buf, const void *bytes, size_t n) {
    if (n == 0) return;
    memcpy(room(buf, n), bytes, n);
    buf->len += n;
}

void buf_str(Buf *buf, Str s) { buf_bytes(buf, s.ptr, s.len); }

void buf_fmt(Buf *buf, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n > 0) {
        vsnprintf((char *)room(buf, (size_t)n + 1), (size_t)n + 1, format, again);
        buf->len += (size_t)n;
    }
    va_end(again);
}

void buf_u64(Buf *buf, uint64_t value) {
    for (; value >= 0x80; value >>= 7) buf_byte(buf, (uint8_t)(value | 0x80));
    buf_byte(buf, (uint8_t)value);
}

void buf_u32(Buf *buf, uint32_t value) { buf_u64(buf, value); }

void buf_s64(Buf *buf, int64_t value) {
    for (; value < -64 || value > 63; value >>= 7) buf_byte(buf, (uint8_t)((value & 0x7f) | 0x80));
    buf_byte(buf, (uint8_t)(value & 0x7f));
}

void buf_s32(Buf *buf, int32_t value) { buf_s64(buf, value); }

void buf_fixed32(Buf *buf, uint32_t value) {
    for (int i = 0; i < 4; i++) buf_byte(buf, (uint8_t)(value >> (8 * i)));
}

void buf_fixed64(Buf *buf, uint64_t value) {
    for (int i = 0; i < 8; i++) buf_byte(buf, (uint8_t)(value >> (8 * i)));
}

void buf_name(Buf *buf, Str s) {
    buf_u64(buf, s.len);
    buf_str(buf, s);
}

void buf_sized(Buf *buf, const Buf *inner) { buf_name(buf, buf_text(inner)); }

void buf_section(Buf *buf, uint8_t id, const Buf *inner) {
    buf_byte(buf, id);
    buf_sized(buf, inner);
}
