/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A module in the interpreter and in the plain evaluator, a random one where the bytes are none: see
 * tests/differ.h. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/differ.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_new();
    const char *bad = differ(arena, data, size, NULL);
    if (bad) {
        fprintf(stderr, "differ: %s\n", bad);
        abort();
    }
    arena_free(arena);
    return 0;
}
