/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/str.h"

/* How many leading bytes of `s` are well-formed UTF-8 (Unicode 3.9, table 3-7): s.len if all. */
size_t utf8_valid_prefix(Str s);

/* Decodes the code point at s.ptr[*at] and moves *at past it; UINT32_MAX where it is malformed
 * (then *at moves by one). */
uint32_t utf8_next(Str s, size_t *at);

/* Writes the 1 to 4 bytes of a Unicode scalar value, returns how many. */
size_t utf8_put(char out[4], uint32_t code_point);

#endif
