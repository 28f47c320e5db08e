/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Components, as bytes or as text. A valid one is written and read again to a valid one; it prints, and
 * the print parses to a valid component. From the first print on, whose bytes are the canonical ones,
 * printing, parsing, reading and writing change no byte. And whatever it is, the WIT in it is found or
 * said to be missing. */
#include <stdlib.h>

#include "base/file.h"
#include "component/component.h"
#include "wat/wat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *what, Str text, const Diags *diags) {
    diag_print(stderr, diags, false);
    fprintf(stderr, "%s:\n%.*s\n", what, STR_ARG(text));
    abort();
}

static CompComponent *valid(Arena *arena, const Source *binary, Diags *diags) {
    CompComponent *component = comp_decode(arena, binary, features_all(), diags);
    if (!component && diags->errors == 0) abort();
    if (!component) return NULL;
    const CompInfo *info = comp_validate(arena, component, features_all(), diags);
    if (!info && diags->errors == 0) abort();
    return info ? component : NULL;
}

static Str written(Arena *arena, const CompComponent *component) {
    Diags diags = {.arena = arena};
    Buf bytes = {.arena = arena};
    comp_encode(component, &bytes);
    const Source *made = source_of(arena, STR("again.wasm"), buf_text(&bytes));
    if (!valid(arena, made, &diags)) fail("it is not valid when it is written", (Str){0}, &diags);
    return buf_text(&bytes);
}

/* The bytes of its print. */
static Str through_text(Arena *arena, Str bytes) {
    Diags diags = {.arena = arena};
    Buf text = {.arena = arena};
    const WatPrintOptions options = {0};
    if (!wat_print(arena, source_of(arena, STR("first.wasm"), bytes), &options, &text, &diags))
        fail("it does not print", buf_text(&text), &diags);
    const Source *print = source_of(arena, STR("print.wat"), buf_text(&text));
    const Source *binary = wat_to_binary(arena, print, features_all(), &diags);
    CompComponent *component = binary ? valid(arena, binary, &diags) : NULL;
    if (!component) fail("the print is no valid component", buf_text(&text), &diags);
    if (!str_eq(written(arena, component), binary->text))
        fail("the print changes when it is written", buf_text(&text), &diags);
    return binary->text;
}

/* The text format has no word for values, and so the print has none. */
static bool has_values(const CompComponent *component) {
    for (size_t i = 0; i < component->items.len; i++) {
        const CompItem *item = &component->items.at[i];
        if (item->kind == COMP_ITEM_VALUE) return true;
        if (item->kind == COMP_ITEM_COMPONENT && has_values(item->component)) return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    const Source *source = source_of(arena, STR("fuzz.wasm"), (Str){(const char *)data, size});
    const Source *binary = source;
    if (size && data[0] != 0) binary = wat_to_binary(arena, source, features_all(), &diags);
    CompComponent *component =
        binary && comp_is_component(binary->text) ? valid(arena, binary, &diags) : NULL;
    if (component) {
        written(arena, component);
        if (!has_values(component)) {
            Str first = through_text(arena, binary->text), second = through_text(arena, first);
            if (!str_eq(first, second)) fail("the print changes it", second, &diags);
        }
    }
    Diags wit_diags = {.arena = arena};
    if (binary && !comp_decode_wit(arena, binary, &wit_diags) && wit_diags.errors == 0) abort();
    arena_free(arena);
    return 0;
}
