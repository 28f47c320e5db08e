/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

/* Bytes under construction, in an arena: text for the printers, sections for the encoders.
 * `Buf b = {.arena = arena};` is an empty one. */
typedef struct {
    Arena *arena;
    uint8_t *ptr;
    size_t len, cap;
} Buf;

void buf_byte(Buf *buf, uint8_t byte);
/* Room for n more bytes. Memory that is not written to costs nothing: a guess may be generous. */
void buf_reserve(Buf *buf, size_t n);
void buf_bytes(Buf *buf, const void *bytes, size_t n);
void buf_str(Buf *buf, Str s); /* the bytes, no length */
__attribute__((format(printf, 2, 3))) void buf_fmt(Buf *buf, const char *format, ...);
void buf_u32(Buf *buf, uint32_t value); /* unsigned LEB128, shortest form */
void buf_u64(Buf *buf, uint64_t value);
void buf_s32(Buf *buf, int32_t value); /* signed LEB128 */
void buf_s64(Buf *buf, int64_t value);
void buf_fixed32(Buf *buf, uint32_t value); /* little endian */
void buf_fixed64(Buf *buf, uint64_t value);
void buf_name(Buf *buf, Str s); /* length as LEB128, then the bytes */
/* LEB128 byte count of `inner`, then its bytes: a section body, a function body. */
void buf_sized(Buf *buf, const Buf *inner);
/* A section: its id, then `inner` sized. */
void buf_section(Buf *buf, uint8_t id, const Buf *inner);

static inline Str buf_text(const Buf *buf) { return (Str){(const char *)buf->ptr, buf->len}; }

#endif
