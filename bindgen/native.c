/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The two files of the native style (docs/NATIVE.md). The world is gone through once, imports
 * first; for each interface, names are claimed before anything is written, so that what is derived
 * from one name never takes another's.
 *
 *     header   what all worlds share; for each interface: its types, then its functions;
 *              assertions about the layout
 *     source   the arena; for WebAssembly: core imports, adapters, the component's type;
 *              for other machines: what stands in for the component model
 */
#include "bindgen/internal.h"

typedef VEC(const WitFunc *) Funcs;
typedef VEC(const WitType *) NamedTypes;

/* ---- types, guarded against another header that has them ---- */

/* A number that is another one where the types differ. */
static uint32_t fingerprint(Gen *g, const NamedTypes *types) {
    Buf text = {.arena = g->arena};
    for (size_t i = 0; i < types->len; i++) {
        const WitType *type = types->at[i];
        buf_str(&text, wit_type_text(g->arena, type));
        if (type->kind == WIT_RESOURCE) buf_str(&text, g->scope.import ? STR("<") : STR(">"));
    }
    return (uint32_t)str_hash(buf_text(&text));
}

static void put_named_types(Gen *g, const NamedTypes *types) {
    Str prefix = g->scope.prefix;
    GenTypes live = gen_live(g, types->at, types->len, NULL, 0);
    Buf before = g->h_types, layout = g->h_layout;
    g->h_types = g->h_layout = (Buf){.arena = g->arena};
    nat_define(g, &live);
    Buf made = g->h_types, asserted = g->h_layout;
    g->h_types = before;
    g->h_layout = layout;
    if (!made.len) return;
    uint32_t number = fingerprint(g, types);
    /* An interface may have the world's name. */
    Str guard = g->scope.interface ? prefix : str_fmt(g->arena, "WORLD_%.*s", STR_ARG(prefix));
    buf_fmt(&g->h_types, "\n#ifndef WIT_TYPES_%.*s\n#define WIT_TYPES_%.*s 0x%08xu\n",
            STR_ARG(guard), STR_ARG(guard), number);
    buf_str(&g->h_types, buf_text(&made));
    buf_fmt(&g->h_types,
            "\n#elif WIT_TYPES_%.*s != 0x%08xu\n"
            "#error \"the types of %.*s are others than in a header before this one\"\n#endif\n",
            STR_ARG(guard), number, STR_ARG(prefix));
    buf_str(&g->h_layout, buf_text(&asserted));
}

/* ---- walking the world ---- */

static void heading(Gen *g, Str docs, Str name) {
    const char *direction = g->scope.import ? "imported" : "exported";
    Str what = str_fmt(g->arena, "@name %s: %.*s", direction, STR_ARG(name));
    buf_byte(&g->h_funcs, '\n');
    nat_docs(g, &g->h_funcs, "", what, NULL, str_trim(docs));
    buf_str(&g->h_funcs, STR("/** @{ */\n"));
}

static void put_scope(Gen *g, const NamedTypes *types, const Funcs *funcs, Str docs, Str name) {
    VEC(NatFunc *) made = {0};
    for (size_t i = 0; i < types->len; i++) nat_name_named(g, types->at[i]);
    for (size_t i = 0; i < funcs->len; i++) *vec_push(g->arena, &made) = nat_func(g, funcs->at[i]);
    put_named_types(g, types);
    GenTypes live = gen_live(g, NULL, 0, funcs->at, funcs->len);
    nat_define(g, &live);
    NatScope *scope = vec_push(g->arena, &g->nat_scopes);
    scope->scope = g->scope;
    for (size_t i = 0; i < types->len; i++) *vec_push(g->arena, &scope->types) = types->at[i];
    for (size_t i = 0; i < made.len; i++) *vec_push(g->arena, &scope->funcs) = made.at[i];
    bool any = funcs->len > 0;
    for (size_t i = 0; i < types->len; i++) any |= types->at[i]->kind == WIT_RESOURCE;
    if (!any || g->diags->errors) return;
    heading(g, docs, name);
    for (size_t i = 0; i < types->len; i++)
        if (types->at[i]->kind == WIT_RESOURCE) nat_put_resource(g, types->at[i]);
    for (size_t i = 0; i < made.len && !gen_too_large(g); i++) {
        nat_complete(g, made.at[i]);
        *vec_push(g->arena, &g->nat_funcs) = made.at[i];
        nat_put_func(g, made.at[i]);
        gen_futures(g, made.at[i]->func);
    }
    buf_str(&g->h_funcs, STR("/** @} */\n"));
}

static void put_interface(Gen *g, const WitItem *item, bool import) {
    const WitInterface *interface = item->interface;
    g->scope = (GenScope){item, interface, import, gen_prefix(g, item, import),
                          wit_item_name(g->arena, item)};
    NamedTypes types = {0};
    Funcs funcs = {0};
    for (size_t i = 0; i < interface->types.len; i++)
        *vec_push(g->arena, &types) = interface->types.at[i];
    for (size_t i = 0; i < interface->funcs.len; i++)
        *vec_push(g->arena, &funcs) = interface->funcs.at[i];
    put_scope(g, &types, &funcs, interface->docs, g->scope.key);
}

static void put_interfaces(Gen *g, const WitItems *items, bool import) {
    for (size_t i = 0; i < items->len && !g->diags->errors; i++)
        if (items->at[i].kind == WIT_ITEM_INTERFACE) put_interface(g, &items->at[i], import);
}

/* The functions and types of the world itself. */
static void put_own(Gen *g, const WitItems *items, bool import) {
    NamedTypes types = {0};
    Funcs funcs = {0};
    for (size_t i = 0; i < items->len; i++) {
        const WitItem *item = &items->at[i];
        if (item->kind == WIT_ITEM_FUNC) *vec_push(g->arena, &funcs) = item->func;
        if (item->kind == WIT_ITEM_TYPE) *vec_push(g->arena, &types) = item->type;
    }
    g->scope = (GenScope){.import = import, .prefix = g->name};
    put_scope(g, &types, &funcs, g->world->docs, g->world->name);
}

/* ---- asynchronous worlds ---- */

static bool is_async_func(Gen *g, const WitFunc *func) {
    GenTypes live = gen_live(g, NULL, 0, &func, 1);
    if (func->is_async) return true;
    for (size_t i = 0; i < live.len; i++)
        if (live.at[i]->kind == WIT_STREAM || live.at[i]->kind == WIT_FUTURE) return true;
    return false;
}

static bool is_async_item(Gen *g, const WitItem *item) {
    if (item->kind == WIT_ITEM_FUNC) return is_async_func(g, item->func);
    if (item->kind != WIT_ITEM_INTERFACE) return false;
    for (size_t i = 0; i < item->interface->funcs.len; i++)
        if (is_async_func(g, item->interface->funcs.at[i])) return true;
    return false;
}

/* Whether anything can wait, and write into this component's memory while it does. */
static bool is_async_world(Gen *g) {
    for (size_t i = 0; i < g->world->imports.len; i++)
        if (is_async_item(g, &g->world->imports.at[i])) return true;
    for (size_t i = 0; i < g->world->exports.len; i++)
        if (is_async_item(g, &g->world->exports.at[i])) return true;
    return g->options->async_filter_count > 0;
}

/* ---- the files ---- */

static void put_header(Gen *g, Buf *out) {
    Str upper = g->upper;
    gen_put_banner(out);
    nat_docs(g, out, "", str_fmt(g->arena, "@file\nWorld `%.*s`.", STR_ARG(g->world->name)), NULL,
             str_trim(g->world->docs));
    buf_fmt(out, "#ifndef WIT_WORLD_%.*s_H\n#define WIT_WORLD_%.*s_H\n\n", STR_ARG(upper),
            STR_ARG(upper));
    gen_put_integer_types(out);
    buf_str(out, STR("#include <stdbool.h>\n#include <stddef.h>\n"
                     "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n"));
    nat_put_common(g, out);
    buf_str(out, buf_text(&g->h_types));
    buf_str(out, buf_text(&g->h_async));
    buf_str(out, buf_text(&g->h_funcs));
    if (g->h_layout.len)
        buf_fmt(out,
                "\n#ifdef __wasm32__ /* in memory, these are as the canonical ABI has them */\n"
                "%.*s#endif\n",
                STR_ARG(buf_text(&g->h_layout)));
    buf_str(out, STR("\n#ifdef __cplusplus\n}\n#endif\n#endif\n"));
}

static void put_source(Gen *g, Buf *out) {
    gen_put_banner(out);
    buf_fmt(out, "#include \"%.*s.h\"\n", STR_ARG(g->name));
    nat_put_runtime(g, out);
    buf_str(out, STR("\n#ifdef __wasm__\n"));
    gen_put_bits(g, out);
    if (g->needs_async) nat_put_async_runtime(out);
    buf_str(out, buf_text(&g->c_funcs));
    if (g->flattens.len)
        buf_str(
            out,
            STR("\n// A flat value.\ntypedef union wit__slot {\n  int32_t i32;\n  int64_t i64;\n"
                "  float f32;\n  double f64;\n} wit__slot;\n"));
    buf_str(out, buf_text(&g->c_release));
    buf_str(out, buf_text(&g->c_helpers));
    buf_str(out, buf_text(&g->c_async));
    if (g->area_size)
        buf_fmt(out, "\n__attribute__((__aligned__(%u)))\nstatic uint8_t wit__area[%u];\n",
                g->area_align, g->area_size);
    buf_str(out, buf_text(&g->c_adapters));
    if (g->c_elsewhere.len)
        buf_fmt(out, "\n#else // no WebAssembly\n%s%.*s", g->needs_async ? nat_async_elsewhere : "",
                STR_ARG(buf_text(&g->c_elsewhere)));
    buf_str(out, STR("#endif\n"));
    if (!g->options->no_component_type) gen_put_component_type(g, out);
}

bool gen_native_files(Gen *g, GenOutput *out) {
    gen_reserve_types(g);
    nat_claim_runtime(g);
    g->needs_async = is_async_world(g);
    put_interfaces(g, &g->world->imports, true);
    put_own(g, &g->world->imports, true);
    put_own(g, &g->world->exports, false);
    put_interfaces(g, &g->world->exports, false);
    if (g->diags->errors) return false;
    out->stem = g->name;
    put_header(g, &out->header);
    put_source(g, &out->source);
    return true;
}
