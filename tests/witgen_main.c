/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* witgen FOLDER FIRST COUNT: random WIT of the seeds FIRST, FIRST + 1, ... as FOLDER/SEED.wit. */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "tests/witgen.h"

enum { MAX_BYTES = 1500 };

/* xorshift64*, never 0 */
static uint64_t next(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1du;
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    unsigned first = (unsigned)atoi(argv[2]), count = (unsigned)atoi(argv[3]);
    for (unsigned seed = first; seed < first + count; seed++) {
        uint64_t state = 0x9e3779b97f4a7c15u * (seed + 1);
        uint8_t bytes[MAX_BYTES];
        size_t n = 50 + next(&state) % (MAX_BYTES - 50);
        for (size_t i = 0; i < n; i++) bytes[i] = (uint8_t)(next(&state) >> 32);
        Buf text = {.arena = arena};
        witgen(bytes, n, &text);
        if (!file_write(arena, str_fmt(arena, "%s/%u.wit", argv[1], seed), buf_text(&text),
                        &diags)) {
            diag_print(stderr, &diags, false);
            return 1;
        }
    }
    arena_free(arena);
    return 0;
}
