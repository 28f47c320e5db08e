/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * WIT into its other forms and back:
 *
 *     text ── model ──┬── text ── model ── text       the texts are the same
 *                     └── binary ── model ──┬── text  the same text of the main package
 *                                           └── binary ── model ── binary     the same binary
 *
 * What begins with a byte 1 is no WIT, but makes some (witgen.h), so that types of all kinds are met.
 * Documentation keeps its words; the indentation that all its lines have is lost once. Where the text
 * has functions before methods, the first binary has them so, too, and later ones the other way.
 */
#include <stdlib.h>

#include "base/file.h"
#include "component/component.h"
#include "tests/witgen.h"
#include "witc/witc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const WitcOptions options = {.all_features = true};

static void fail(const char *what, Str a, Str b, const Diags *diags) {
    fprintf(stderr, "%s\n--- first:\n%.*s\n--- then:\n%.*s\n", what, STR_ARG(a), STR_ARG(b));
    diag_print(stderr, diags, false);
    abort();
}

static Str print_all(Arena *arena, const WitModel *model, bool docs) {
    Buf text = {.arena = arena};
    witc_print(model, &(WitcPrintOptions){.no_docs = !docs}, &text);
    return buf_text(&text);
}

static Str print_main(Arena *arena, const WitModel *model) {
    Buf text = {.arena = arena};
    witc_print_package(model, model->main, false, &(WitcPrintOptions){0}, &text);
    return buf_text(&text);
}

/* The model of what was printed. */
static const WitModel *read_again(Arena *arena, Str text) {
    Diags diags = {.arena = arena};
    WitcOptions all = options;
    all.gates = features_all();
    const WitModel *again =
        witc_read_text(arena, source_of(arena, STR("again.wit"), text), &all, &diags);
    if (!again) fail("what was printed is no WIT", text, STR(""), &diags);
    return again;
}

static void through_text(Arena *arena, const WitModel *model) {
    Diags diags = {.arena = arena};
    const WitModel *again = read_again(arena, print_all(arena, model, true));
    Str first = print_all(arena, model, false), then = print_all(arena, again, false);
    if (!str_eq(first, then)) fail("the text changes", first, then, &diags);
    first = print_all(arena, again, true);
    then = print_all(arena, read_again(arena, first), true);
    if (!str_eq(first, then)) fail("documentation changes", first, then, &diags);
}

/* The package as bytes. False where no binary can hold it: diagnostics tell. */
static bool encode(Arena *arena, const WitModel *model, Buf *bytes) {
    Diags diags = {.arena = arena};
    CompComponent *component = comp_encode_package(arena, model, &diags);
    if (!component && diags.errors == 0) fail("no binary, and no word", STR(""), STR(""), &diags);
    if (!component || !comp_validate(arena, component, features_all(), &diags)) return false;
    comp_encode(component, bytes);
    return true;
}

static const WitModel *decode(Arena *arena, const Buf *bytes) {
    Diags diags = {.arena = arena};
    const WitModel *model =
        comp_decode_wit(arena, source_of(arena, STR("p.wasm"), buf_text(bytes)), &diags);
    if (!model) fail("the binary is not read", STR(""), STR(""), &diags);
    return model;
}

static void through_bytes(Arena *arena, const WitModel *model, bool sound) {
    Diags diags = {.arena = arena};
    Buf bytes = {.arena = arena}, later = {.arena = arena}, last = {.arena = arena};
    Str first = print_main(arena, model);
    if (!encode(arena, model, &bytes)) {
        if (sound) fail("no binary of a package without a warning", first, STR(""), &diags);
        return;
    }
    const WitModel *again = decode(arena, &bytes);
    Str then = print_main(arena, again);
    if (!str_eq(first, then)) fail("the binary says something else", first, then, &diags);
    if (!encode(arena, again, &later) || !encode(arena, decode(arena, &later), &last))
        fail("no second binary", first, then, &diags);
    if (!str_eq(buf_text(&later), buf_text(&last))) fail("another binary", first, then, &diags);
}

/* By all rules, as of an older version, and with the places of all that is told. */
static void read_strictly(Arena *arena, const Source *source) {
    const Str target = STR("1.0.0");
    const WitcOptions strict = {.strict = true, .targets = &target, .target_count = 1};
    Diags diags = {.arena = arena};
    WitModel *model = witc_read_text(arena, source, &strict, &diags);
    if (!model != (diags.errors > 0)) abort();
    Json json = json_new(arena, 0);
    diag_put_json(&json, &diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    WitcOptions all = options;
    all.gates = features_all();
    Buf text = {.arena = arena};
    if (size && data[0] == 1) witgen(data + 1, size - 1, &text);
    else buf_bytes(&text, data, size);
    const Source *source = source_of(arena, STR("fuzz.wit"), buf_text(&text));
    WitModel *model = witc_read_text(arena, source, &all, &diags);
    if (!model && diags.errors == 0) abort();
    read_strictly(arena, source);
    if (model) {
        Buf json = {.arena = arena};
        witc_json(model, &json);
        through_text(arena, model);
        /* A component that defines nothing is not known to be a package. */
        bool empty = !model->main || (!model->main->interfaces.len && !model->main->worlds.len);
        if (!empty) through_bytes(arena, model, diags.warnings == 0);
    }
    arena_free(arena);
    return 0;
}
