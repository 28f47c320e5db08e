/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Core modules, binary or text, that are valid: each prints, in either way of printing, and the print
 * parses to a valid module. From the first plain print on, whose bytes are the canonical ones, printing and
 * parsing change no byte. */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "component/component.h"
#include "wat/wat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static CoreModule *decode(Arena *arena, const Source *binary, Diags *diags) {
    Reader r = reader_of(binary, diags);
    CoreModule *m = core_decode(arena, &r, features_all());
    return m && core_validate(arena, m, features_all(), diags) ? m : NULL;
}

static void fail(const char *what, Str text, const Diags *diags) {
    diag_print(stderr, diags, false);
    fprintf(stderr, "%s:\n%.*s\n", what, STR_ARG(text));
    abort();
}

/* The bytes of the module's print. */
static Str through_text(Arena *arena, Str bytes, bool fold) {
    Diags diags = {.arena = arena};
    Buf text = {.arena = arena};
    const WatPrintOptions options = {.fold = fold};
    if (!wat_print(arena, source_of(arena, STR("first.wasm"), bytes), &options, &text, &diags))
        fail("it does not print", buf_text(&text), &diags);
    const Source *print = source_of(arena, STR("print.wat"), buf_text(&text));
    const Source *binary = wat_to_binary(arena, print, features_all(), &diags);
    if (!binary || !decode(arena, binary, &diags))
        fail("the print is no valid module", buf_text(&text), &diags);
    return binary->text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    const Source *source = source_of(arena, STR("fuzz.wat"), (Str){(const char *)data, size});
    const Source *binary = wat_to_binary(arena, source, features_all(), &diags);
    CoreModule *m = binary && comp_is_module(binary->text) ? decode(arena, binary, &diags) : NULL;
    if (m) {
        Str first = through_text(arena, binary->text, false);
        Str second = through_text(arena, first, false);
        Str folded = through_text(arena, first, true);
        if (!str_eq(first, second)) fail("the print changes it", second, &diags);
        if (!str_eq(first, folded)) fail("the folded print changes it", folded, &diags);
    }
    arena_free(arena);
    return 0;
}
