/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef BASE_READER_H
#define BASE_READER_H

#include "base/diag.h"

/* A sticky byte reader. After the first failure every read yields zero or the empty string and the
 * reader stands at its end, so decoders are straight-line code that looks at `failed` only where
 * they loop or act. The first failure is reported once into `diags` (which may be NULL: silent). */
typedef struct {
    const uint8_t *ptr, *end;
    const uint8_t *start; /* offsets in diagnostics count from here */
    size_t start_offset;  /* ... plus this */
    const Source *source;
    Diags *diags;
    bool failed;
} Reader;

Reader reader_of(const Source *source, Diags *diags); /* the whole source */
/* The next n bytes as a reader of their own, with offsets that go on; the reader passes over them.
 * A sub-reader's failure is its own: fold it back with reader_join. */
Reader reader_sub(Reader *r, size_t n);
void reader_join(Reader *r, const Reader *sub);

size_t reader_offset(const Reader *r);
size_t reader_left(const Reader *r);
bool reader_at_end(const Reader *r); /* also after a failure: loops end */

uint8_t reader_peek(const Reader *r); /* 0 at the end */
uint8_t reader_u8(Reader *r);
uint32_t reader_u32(Reader *r); /* LEB128, as are the next four */
uint64_t reader_u64(Reader *r);
int32_t reader_s32(Reader *r);
int64_t reader_s33(Reader *r);
int64_t reader_s64(Reader *r);
uint32_t reader_fixed32(Reader *r); /* little endian */
uint64_t reader_fixed64(Reader *r);
Str reader_bytes(Reader *r, size_t n);
Str reader_name(Reader *r); /* length, then valid UTF-8 */
/* An element count: at most `limit`, and at most the bytes left, since every element takes one. */
uint32_t reader_count(Reader *r, uint32_t limit, const char *what);

/* Marks the reader as failed, without a word: the caller has reported. */
void reader_stop(Reader *r);
Span reader_span(const Reader *r, size_t offset); /* of the byte at that offset */

/* Reports at `offset` and stops, unless it has failed already:
 *     reader_fail(r, offset, CORE_BAD_MAGIC, args...) */
#define reader_fail(r, offset, code, ...)                                                          \
    do {                                                                                           \
        if (!(r)->failed) {                                                                        \
            if ((r)->diags)                                                                        \
                diag((r)->diags, code, reader_span((r), (offset)), ##__VA_ARGS__);                 \
            reader_stop(r);                                                                        \
        }                                                                                          \
    } while (0)

#endif
