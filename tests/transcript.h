/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef TESTS_TRANSCRIPT_H
#define TESTS_TRANSCRIPT_H

#include "core/core.h"

/* What the plain evaluator says of a generated module, as lines for tests/differ_node.mjs:
 *
 *     h0 i64                                      an import, which gives zeros of these types
 *     f2 i32:5 f64:4059000000000000 = i64:ff      a call and its results, bits in hexadecimal
 *     f3 = trap TEXT
 *     m0 HASH                                     a memory at the end (FNV-1a)
 *
 * Modules are of proposals that node's engine has; it has *module, the rest is in *lines. Functions
 * with vectors in their types are not called. False where nothing can be said. */
bool transcript(Arena *arena, const uint8_t *bytes, size_t n, Buf *module, Buf *lines);

#endif
