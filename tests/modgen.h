/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef TESTS_MODGEN_H
#define TESTS_MODGEN_H

#include "core/core.h"

/* Proposals that a module may use beyond WebAssembly 1.0 with multi-value, bulk memory, reference
 * types and tail calls. */
enum {
    MODGEN_SIMD = 1,
    MODGEN_EXCEPTIONS = 2,
    MODGEN_MEMORIES = 4, /* several memories, 64-bit addresses */
    MODGEN_REFS = 8,     /* typed function references */
    MODGEN_GC = 16,
    MODGEN_RELAXED = 32,
    MODGEN_WIDE = 64,
    MODGEN_ATOMICS = 128,
    MODGEN_ALL = 255,
};

/* A module that is valid, whose functions end (nearly always: loops and recursion are counted), and
 * whose only imports are functions. Everything is exported. The bytes decide, each one a choice; where
 * they end, the shortest choice is taken. */
CoreModule *modgen(Arena *arena, const uint8_t *bytes, size_t n, unsigned proposals);

#endif
