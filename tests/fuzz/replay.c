/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Stands in for libFuzzer: runs a fuzz target once on every file that is named, and on every file in
 * the folders that are; after `-random N`, on N inputs of random bytes, always the same. Prints the
 * sum; a crash ends it. */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned runs;

static void replay(Arena *arena, Str path) {
    Diags diags = {.arena = arena};
    StrVec names = {0};
    if (file_is_directory(arena, path)) {
        directory_list(arena, path, &names, &diags);
        for (size_t i = 0; i < names.len; i++) replay(arena, path_join(arena, path, names.at[i]));
        return;
    }
    const Source *source = file_exists(arena, path) ? file_read(arena, path, &diags) : NULL;
    if (!source) return;
    fprintf(stderr, "%.*s\n", STR_ARG(path));
    LLVMFuzzerTestOneInput((const uint8_t *)source->text.ptr, source->text.len);
    runs++;
}

static void run_random(unsigned long count) {
    static uint8_t bytes[1 << 12];
    uint64_t state = 1;
    for (unsigned long i = 0; i < count; i++, runs++) {
        size_t size = 16 + i % (sizeof bytes - 16);
        for (size_t k = 0; k < size; k++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            bytes[k] = (uint8_t)(state >> 56);
        }
        LLVMFuzzerTestOneInput(bytes, size);
    }
}

int main(int argc, char **argv) {
    Arena *arena = arena_new();
    for (int i = 1; i < argc; i++) {
        bool random = str_is(str_from(argv[i]), "-random") && i + 1 < argc;
        if (random) run_random(strtoul(argv[++i], NULL, 10));
        else replay(arena, str_from(argv[i]));
    }
    arena_free(arena);
    printf("replay: %u passed, 0 failed\n", runs);
    return 0;
}
