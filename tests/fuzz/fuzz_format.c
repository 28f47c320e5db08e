/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The formatter of WIT, on any text, or on WIT that is made of bytes behind a byte 31 (witgen.h): what it
 * has laid out stays as it is when it is laid out again, and a text that is WIT means the same
 * afterwards. (That no token changes it checks itself.) */
#include <stdlib.h>

#include "base/file.h"
#include "tests/witgen.h"
#include "witc/witc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static Str without_docs(Arena *arena, const WitModel *model) {
    Buf out = {.arena = arena};
    if (model) witc_print(model, &(WitcPrintOptions){.no_docs = true}, &out);
    return buf_text(&out);
}

static WitModel *read(Arena *arena, Str text) {
    Diags diags = {.arena = arena};
    WitcOptions options = {.all_features = true, .gates = features_all()};
    return witc_read_text(arena, source_of(arena, STR("x.wit"), text), &options, &diags);
}

static Str format(Arena *arena, Str text, const WitcFormatOptions *options, size_t *errors) {
    Diags diags = {.arena = arena};
    Buf out = {.arena = arena};
    const Source *source = source_of(arena, STR("fuzz.wit"), text);
    bool ok = witc_format(source, options, &out, &diags);
    for (size_t i = 0; i < diags.list.len; i++)
        if (diags.list.at[i].code == DIAG_WIT_FORMAT_FAILED) abort();
    if (!ok && diags.errors == 0) abort();
    *errors = diags.errors;
    return ok ? buf_text(&out) : text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_new();
    WitcFormatOptions options = {0};
    if (size && data[0] < 31) {
        options = (WitcFormatOptions){data[0] & 7, 10 * (data[0] >> 3), 0, 0};
        data++, size--;
    }
    Buf made = {.arena = arena};
    if (size && data[0] == 31) witgen(data + 1, size - 1, &made);
    else buf_bytes(&made, data, size);
    Str text = buf_text(&made);
    size_t errors, later;
    Str once = format(arena, text, &options, &errors),
        twice = format(arena, once, &options, &later);
    if (!str_eq(once, twice) || (errors == 0) != (later == 0)) {
        fprintf(stderr, "--- once:\n%.*s\n--- twice:\n%.*s\n", STR_ARG(once), STR_ARG(twice));
        abort();
    }
    if (errors == 0) {
        Str a = without_docs(arena, read(arena, text));
        Str b = without_docs(arena, read(arena, once));
        if (!str_eq(a, b)) abort();
        options.first_line = options.last_line = 2 + (uint32_t)size % 7;
        format(arena, text, &options, &errors);
    }
    arena_free(arena);
    return 0;
}
