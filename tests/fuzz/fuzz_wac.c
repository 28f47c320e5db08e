/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A program of the language WAC. Whatever package it names is the same one: a component that imports
 * an instance `a` and exports an instance `b`, both empty. */
#include <stdlib.h>

#include "base/file.h"
#include "wac/wac.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* (component (import "a" (instance)) (export "b" (instance 0))) */
static const char package[] = "\0asm\x0d\0\1\0\x07\x03\x01\x42\x00\x0a\x06\x01\x00\x01"
                              "a\x05\x00\x0b\x07\x01\x00\x01"
                              "b\x05\x00\x00";

static const Source *the_package(Arena *arena, Str name, Semver version, void *context,
                                 Diags *diags) {
    (void)name, (void)version, (void)context, (void)diags;
    return source_of(arena, STR("package.wasm"), (Str){package, sizeof package - 1});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    WacOptions options = {.read = the_package};
    CompGraph graph = {.arena = arena,
                       .diags = &diags,
                       .features = features_all(),
                       .merge_versions = true,
                       .share = true};
    const Source *program = source_of(arena, STR("fuzz.wac"), (Str){(const char *)data, size});
    bool ok = wac_graph(&graph, program, &options) && comp_graph_encode(&graph);
    if (!ok && diags.errors == 0) abort();
    arena_free(arena);
    return 0;
}
