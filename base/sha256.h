/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include "base/str.h"

/* The SHA-256 digest (FIPS 180-4) of bytes, as 64 lower-case hexadecimal digits. */
Str sha256_text(Arena *arena, Str bytes);

#endif
