/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The byte reader: the mirror of base/buf.c. LEB128 is read by one loop that knows the width and
 * the signedness; it tells "too long" (more bytes than the width can need) from "too large" (bits
 * beyond the width in the last byte), as the core specification's tests do. */
#include "base/reader.h"

#include "base/utf8.h"

Reader reader_of(const Source *source, Diags *diags) {
    /* A pointer also where there are no bytes: arithmetic on NULL is undefined. */
    const uint8_t *start = (const uint8_t *)(source->text.ptr ? source->text.ptr : "");
    return (Reader){.ptr = start,
                    .end = start + source->text.len,
                    .start = start,
                    .source = source,
                    .diags = diags};
}

size_t reader_offset(const Reader *r) { return r->start_offset + (size_t)(r->ptr - r->start); }
size_t reader_left(const Reader *r) { return (size_t)(r->end - r->ptr); }
bool reader_at_end(const Reader *r) { return r->ptr == r->end; }
uint8_t reader_peek(const Reader *r) { return r->ptr < r->end ? *r->ptr : 0; }

void reader_stop(Reader *r) {
    r->failed = true;
    r->ptr = r->end;
}

Span reader_span(const Reader *r, size_t offset) {
    return (Span){r->source, (uint32_t)offset, (uint32_t)offset};
}

Reader reader_sub(Reader *r, size_t n) {
    Reader sub = *r;
    if (n > reader_left(r)) {
        reader_fail(r, reader_offset(r), BYTES_LENGTH);
        sub = *r;
    } else {
        r->ptr += n;
        sub.end = r->ptr;
    }
    return sub;
}

void reader_join(Reader *r, const Reader *sub) {
    if (sub->failed) reader_stop(r);
}

uint8_t reader_u8(Reader *r) {
    if (r->ptr < r->end) return *r->ptr++;
    reader_fail(r, reader_offset(r), BYTES_END);
    return 0;
}

/* uN or sN by LEB128 (core specification 5.2.2). */
static uint64_t leb(Reader *r, unsigned bits, bool is_signed) {
    size_t at = reader_offset(r);
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        if (r->ptr == r->end && shift) reader_fail(r, at, BYTES_LEB_END);
        uint8_t byte = reader_u8(r);
        if (r->failed) return 0;
        value |= (uint64_t)(byte & 0x7f) << shift;
        bool more = byte & 0x80;
        if (shift + 7 >= bits) {
            unsigned used = bits - shift; /* 1 to 7 bits of this byte count */
            uint8_t rest = (uint8_t)(byte & 0x7f) >> (is_signed ? used - 1 : used);
            uint8_t ones = (uint8_t)(0x7f >> (is_signed ? used - 1 : used));
            if (more) reader_fail(r, at, BYTES_LEB_LONG, is_signed ? 's' : 'u', bits);
            else if (rest != 0 && !(is_signed && rest == ones))
                reader_fail(r, at, BYTES_LEB_LARGE, is_signed ? 's' : 'u', bits);
            if (r->failed) return 0;
        }
        if (more) continue;
        if (is_signed && shift + 7 < 64 && (byte & 0x40)) value |= ~(uint64_t)0 << (shift + 7);
        return value;
    }
}

uint32_t reader_u32(Reader *r) {
    if (r->ptr < r->end && *r->ptr < 0x80) return *r->ptr++;
    return (uint32_t)leb(r, 32, false);
}
uint64_t reader_u64(Reader *r) { return leb(r, 64, false); }
int32_t reader_s32(Reader *r) { return (int32_t)leb(r, 32, true); }
int64_t reader_s33(Reader *r) { return (int64_t)leb(r, 33, true); }
int64_t reader_s64(Reader *r) { return (int64_t)leb(r, 64, true); }

Str reader_bytes(Reader *r, size_t n) {
    if (n > reader_left(r)) {
        reader_fail(r, reader_offset(r) + reader_left(r), BYTES_LENGTH);
        return (Str){0};
    }
    Str s = {(const char *)r->ptr, n};
    r->ptr += n;
    return s;
}

uint32_t reader_fixed32(Reader *r) {
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) value |= (uint32_t)reader_u8(r) << (8 * i);
    return value;
}

uint64_t reader_fixed64(Reader *r) {
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) value |= (uint64_t)reader_u8(r) << (8 * i);
    return value;
}

Str reader_name(Reader *r) {
    enum { LONGEST_NAME = 100000 };
    if (r->ptr == r->end) reader_fail(r, reader_offset(r), BYTES_LENGTH);
    uint32_t n = reader_u32(r);
    size_t at = reader_offset(r);
    if (n > LONGEST_NAME) reader_fail(r, at, BYTES_NAME_LONG);
    Str s = reader_bytes(r, n);
    size_t good = utf8_valid_prefix(s);
    if (good < s.len) reader_fail(r, at + good, BYTES_UTF8);
    return r->failed ? (Str){0} : s;
}

uint32_t reader_count(Reader *r, uint32_t limit, const char *what) {
    size_t at = reader_offset(r);
    uint32_t n = reader_u32(r);
    if (n > limit) reader_fail(r, at, BYTES_COUNT_LIMIT, what, n, limit);
    else if (n > reader_left(r)) reader_fail(r, at + reader_left(r), BYTES_END);
    return r->failed ? 0 : n;
}
