/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The manifest of `compose`, with a root that imports one instance and no other component at hand. */
#include <stdlib.h>

#include "base/file.h"
#include "component/component.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* (component (import "a" (instance))) */
static const char root[] = "\0asm\x0d\0\1\0\x07\x03\x01\x42\x00\x0a\x06\x01\x00\x01"
                           "a\x05\x00";

static const Source *no_component(Arena *arena, Str path, void *context, Diags *diags) {
    (void)arena, (void)context;
    diag(diags, FILE_READ, span_none(), STR_ARG(path), "there are no files here");
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    CompComposeOptions options = {
        .config = source_of(arena, STR("fuzz.yml"), (Str){(const char *)data, size}),
        .features = features_all(),
        .read = no_component};
    const Source *source = source_of(arena, STR("root.wasm"), (Str){root, sizeof root - 1});
    if (!comp_compose(arena, source, &options, &diags) && diags.errors == 0) abort();
    arena_free(arena);
    return 0;
}
