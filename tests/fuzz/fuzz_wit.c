/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* WIT text: what is accepted can be printed, and what is printed is accepted. */
#include <stdlib.h>

#include "base/file.h"
#include "witc/witc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    WitcOptions options = {.all_features = true, .gates = features_all()};
    const Source *source = source_of(arena, STR("fuzz.wit"), (Str){(const char *)data, size});
    WitModel *model = witc_read_text(arena, source, &options, &diags);
    if (!model && diags.errors == 0) abort();
    if (model) {
        Buf text = {.arena = arena}, json = {.arena = arena};
        const WitcPrintOptions print = {0};
        witc_print(model, &print, &text);
        witc_json(model, &json);
        const Source *again = source_of(arena, STR("again.wit"), buf_text(&text));
        if (!witc_read_text(arena, again, &options, &diags)) {
            diag_print(stderr, &diags, false);
            abort();
        }
    }
    arena_free(arena);
    return 0;
}
