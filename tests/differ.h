/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef TESTS_DIFFER_H
#define TESTS_DIFFER_H

#include "base/trap.h"
#include "core/core.h"

/* How often what happened, for the sum of a long run. */
typedef struct {
    uint64_t modules, calls, unspecified, gave_up, steps;
    uint64_t traps[TRAP_COUNT];
    uint64_t executed[CORE_OP_COUNT]; /* modules that have the instruction */
} DifferCounts;

/* Runs a module in the interpreter and in the plain evaluator, and takes it through encoder and
 * decoder. Bytes that begin as a binary or text module does are one (if it is valid, and imports just
 * functions); else they make one (modgen.h), the first byte choosing how it is run. Gives what is
 * different, or NULL; `counts` may be NULL. */
const char *differ(Arena *arena, const uint8_t *bytes, size_t n, DifferCounts *counts);

/* Just the module that they make. */
CoreModule *differ_module(Arena *arena, const uint8_t *bytes, size_t n);

#endif
