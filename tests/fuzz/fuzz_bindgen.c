/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Bindings of any world in any way: the first four bytes choose the options, the rest is WIT, or makes
 * some (witgen.h) if it begins with a byte 1. (That the bindings compile is tests/generated.sh's.) */
#include <stdlib.h>

#include "base/file.h"
#include "bindgen/bindgen.h"
#include "component/component.h"
#include "tests/witgen.h"
#include "witc/witc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void bind(Arena *arena, WitModel *model, const char *name, const uint8_t *choices) {
    static const Str filters[] = {STR_INIT("all"), STR_INIT("-import:all"), STR_INIT("export:f")};
    Diags diags = {.arena = arena};
    WitWorld *world = wit_select_world(model, str_from(name), &diags);
    if (!world) return;
    GenOptions options = {
        .style = choices[0] & 1 ? GEN_NATIVE : GEN_DROP_IN,
        .encoding = choices[0] & 2 ? ABI_UTF16 : ABI_UTF8,
        .no_helpers = choices[0] & 4,
        .no_sig_flattening = choices[0] & 8,
        .autodrop_borrows = choices[0] & 16,
        .no_component_type = choices[0] & 32,
        .async_helpers = choices[1] & 1,
        .thread_helpers = choices[1] & 2,
        .stubs = choices[1] & 4,
        .async_filters = filters + choices[2] % 3,
        .async_filter_count = choices[2] & 4 ? 1 : 0,
    };
    options.component_type = comp_encode_world(arena, model, world, options.encoding, &diags);
    GenOutput out = {.header = {.arena = arena}, .source = {.arena = arena}};
    if (diags.errors || !wit_make_types_nominal(model, world, &diags)) return;
    if (!gen_c(arena, model, world, &options, &out, &diags) && diags.errors == 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 5) return 0;
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    Buf text = {.arena = arena};
    const uint8_t *choices = data;
    data += 4, size -= 4;
    if (data[0] == 1) witgen(data + 1, size - 1, &text);
    else buf_bytes(&text, data, size);
    WitcOptions options = {.all_features = true, .gates = features_all()};
    const Source *source = source_of(arena, STR("fuzz.wit"), buf_text(&text));
    WitModel *model = witc_read_text(arena, source, &options, &diags);
    if (model) bind(arena, model, data[0] == 1 ? "w" : "", choices);
    arena_free(arena);
    return 0;
}
