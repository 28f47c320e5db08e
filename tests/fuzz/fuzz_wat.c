/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* WebAssembly text: what parses encodes, what was encoded prints, and the print parses to the same
 * bytes. Scripts are read, too. */
#include <stdlib.h>

#include "base/file.h"
#include "wat/wat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Texts whose bytes must survive printing: no bytes of their own, and no names that are no
 * identifiers. */
static bool comes_back(Str text) {
    return str_find(text, '@', 0) == SIZE_MAX && str_find(text, '#', 0) == SIZE_MAX &&
           str_find_str(text, STR("$\""), 0) == SIZE_MAX &&
           str_find_str(text, STR("binary"), 0) == SIZE_MAX;
}

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
            const Source *again = wat_to_binary(
                arena, source_of(arena, STR("again.wat"), buf_text(&text)), features_all(), &diags);
            /* A component that is not valid may use names before they are defined. */
            bool same = again ? str_eq(again->text, binary->text) : !comp_is_module(binary->text);
            if (comes_back(source->text) && !same) abort();
            const WatPrintOptions fold = {.fold = true, .offsets = true, .operand_stack = true};
            text.len = 0;
            wat_print(arena, binary, &fold, &text, &diags);
        }
    }
    arena_free(arena);
    return 0;
}
