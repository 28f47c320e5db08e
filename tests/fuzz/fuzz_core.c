/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Core modules: decode, validate, encode; what was decoded and encoded decodes again,
 * and gives the same bytes. */
#include <stdlib.h>

#include "base/file.h"
#include "core/core.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static CoreModule *decode(Arena *arena, Str bytes, Diags *diags) {
    Reader reader = reader_of(source_of(arena, STR("fuzz.wasm"), bytes), diags);
    return core_decode(arena, &reader, features_all());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    CoreModule *module = decode(arena, (Str){(const char *)data, size}, &diags);
    if (!module && diags.errors == 0) abort();
    if (module && core_validate(arena, module, features_all(), &diags)) {
        Buf bytes = {.arena = arena};
        core_encode(module, &bytes);
        CoreModule *again = decode(arena, buf_text(&bytes), &diags);
        if (!again || !core_validate(arena, again, features_all(), &diags)) {
            diag_print(stderr, &diags, false);
            abort();
        }
        Buf same = {.arena = arena};
        core_encode(again, &same);
        if (!str_eq(buf_text(&same), buf_text(&bytes))) abort();
    }
    arena_free(arena);
    return 0;
}
