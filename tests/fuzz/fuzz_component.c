/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Components: decode, validate, encode, and the WIT in them. */
#include <stdlib.h>

#include "base/file.h"
#include "component/component.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    const Source *source = source_of(arena, STR("fuzz.wasm"), (Str){(const char *)data, size});
    CompComponent *component = comp_decode(arena, source, features_all(), &diags);
    if (!component && diags.errors == 0) abort();
    if (component && comp_validate(arena, component, features_all(), &diags)) {
        Buf bytes = {.arena = arena};
        comp_encode(component, &bytes);
        const Source *made = source_of(arena, STR("again.wasm"), buf_text(&bytes));
        CompComponent *again = comp_decode(arena, made, features_all(), &diags);
        if (!again || !comp_validate(arena, again, features_all(), &diags)) {
            diag_print(stderr, &diags, false);
            abort();
        }
    }
    Diags wit_diags = {.arena = arena};
    if (!comp_decode_wit(arena, source, &wit_diags) && wit_diags.errors == 0) abort();
    arena_free(arena);
    return 0;
}
