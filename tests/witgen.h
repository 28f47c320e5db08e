/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef TESTS_WITGEN_H
#define TESTS_WITGEN_H

#include "base/buf.h"

/* A package in WIT with one world, `w`: every construct of the language, with names that hurt in C.
 * The bytes decide, each one a choice; where they end, the shortest choice is taken. Nearly all are
 * valid; now and then a world cannot be, since an interface would be needed both ways. */
void witgen(const uint8_t *bytes, size_t n, Buf *out);

#endif
