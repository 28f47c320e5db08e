/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * --stubs: a source with all that the world exports, to be filled in. Each function is there with its
 * documentation and traps, each resource is an empty struct:
 *
 *     // Finds a price.
 *     bool exports_shop_prices_find(shop_string_t *name, uint32_t *ret) {
 *       (void) name;
 *       (void) ret;
 *       __builtin_trap(); // not implemented yet
 *     }
 *
 * Both styles tell of their functions by gen_stub as they declare them.
 */
#include "bindgen/internal.h"

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* "(void) x;" for each parameter of "T f(T x, U *y)"; their types have no parentheses. */
static void ignore_params(Buf *out, Str signature) {
    for (size_t i = str_find(signature, '(', 0) + 1; i < signature.len; i++) {
        if (signature.ptr[i] != ',' && signature.ptr[i] != ')') continue;
        size_t start = i;
        while (start && is_word(signature.ptr[start - 1])) start--;
        Str name = str_from_to(signature, start, i);
        if (!str_is(name, "void")) buf_fmt(out, "  (void) %.*s;\n", STR_ARG(name));
    }
}

static void begin(Gen *g, Str docs) {
    buf_byte(&g->stubs, '\n');
    gen_docs(&g->stubs, docs);
}

void gen_stub(Gen *g, Str docs, Str signature) {
    if (!g->options->stubs) return;
    begin(g, docs);
    buf_fmt(&g->stubs, "%.*s {\n", STR_ARG(signature));
    ignore_params(&g->stubs, signature);
    buf_str(&g->stubs, STR("  __builtin_trap(); // not implemented yet\n}\n"));
}

void gen_stub_resource(Gen *g, const WitType *type, Str name, Str destructor) {
    if (!g->options->stubs) return;
    begin(g, type->docs);
    buf_fmt(&g->stubs,
            "struct %.*s {\n  int unused; // what one `%.*s` consists of\n};\n"
            "\n// Its last owner has dropped it.\nvoid %.*s(%.*s *rep) {\n  (void) rep;\n}\n",
            STR_ARG(name), STR_ARG(type->name), STR_ARG(destructor), STR_ARG(name));
}

void gen_put_stubs(Gen *g, GenOutput *out) {
    GenFile *file = vec_push(g->arena, &out->more);
    *file = (GenFile){.name = str_concat(g->arena, g->name, STR("_impl.c")),
                      .text = {.arena = g->arena},
                      .keep = true};
    buf_fmt(
        &file->text,
        "// What the world `%.*s` exports, to be filled in. `witc bindgen c --stubs` writes this "
        "file\n// where there is none, and leaves it alone afterwards.\n#include \"%.*s.h\"\n",
        STR_ARG(g->world->name), STR_ARG(g->name));
    buf_str(&file->text, buf_text(&g->stubs));
}
