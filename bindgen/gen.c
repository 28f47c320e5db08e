/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The two files of a world's bindings. The world is gone through once, imports first; every part of
 * the files grows in a buffer of its own, and at the end the buffers are put together:
 *
 *     header   string type, asynchronous types, types, functions, helpers
 *     source   core imports and post-returns, the area of results, helpers, adapters, the
 *              component's type
 */
#include "base/version.h"
#include "bindgen/internal.h"

/* What has a plan in a cache of its own was refused for those before it. */
const AbiFunc *gen_abi(Gen *g, const WitFunc *func, AbiVariant variant) {
    const AbiFunc *abi = abi_func(&g->abi, func, variant);
    if (abi) return abi;
    AbiCache fresh = {.arena = g->arena, .no_steps = g->abi.no_steps};
    if (abi_func(&fresh, func, variant))
        diag(g->diags, BIND_PLANS_FULL, func->span, STR_ARG(func->name));
    else diag(g->diags, BIND_NO_PLAN, func->span, STR_ARG(func->name));
    return NULL;
}

enum { LIMIT_MIB = 64 };

bool gen_too_large(Gen *g) {
    if (g->diags->errors) return true;
    if (g->c_adapters.len < (size_t)LIMIT_MIB << 20) return false;
    diag(g->diags, BIND_TOO_LARGE, span_none(), LIMIT_MIB);
    return true;
}

/* ---- walking the world ---- */

static void heading(Gen *g, const char *direction, Str name) {
    buf_fmt(&g->h_funcs, "\n// %s Functions from `%.*s`\n", direction, STR_ARG(name));
    buf_fmt(&g->c_funcs, "\n// %s Functions from `%.*s`\n", direction, STR_ARG(name));
}

static void put_funcs(Gen *g, const WitFunc *const *funcs, size_t n, Str name) {
    if (n) heading(g, g->scope.import ? "Imported" : "Exported", name);
    for (size_t i = 0; i < n && !g->diags->errors; i++) {
        if (g->scope.import) gen_import(g, funcs[i]);
        else gen_export(g, funcs[i]);
    }
}

static void put_interface(Gen *g, const WitItem *item, bool import) {
    g->scope = (GenScope){item, item->interface, import, gen_prefix(g, item, import),
                          wit_item_name(g->arena, item)};
    gen_interface_types(g, item->interface);
    put_funcs(g, (const WitFunc *const *)item->interface->funcs.at, item->interface->funcs.len,
              g->scope.key);
}

static void put_interfaces(Gen *g, const WitItems *items, bool import) {
    for (size_t i = 0; i < items->len && !g->diags->errors; i++)
        if (items->at[i].kind == WIT_ITEM_INTERFACE) put_interface(g, &items->at[i], import);
}

/* The functions and types of the world itself. */
static void put_own(Gen *g, const WitItems *items, bool import) {
    VEC(const WitFunc *) funcs = {0};
    VEC(const WitType *) types = {0};
    for (size_t i = 0; i < items->len; i++) {
        const WitItem *item = &items->at[i];
        if (item->kind == WIT_ITEM_FUNC) *vec_push(g->arena, &funcs) = item->func;
        if (item->kind == WIT_ITEM_TYPE) *vec_push(g->arena, &types) = item->type;
    }
    g->scope = (GenScope){.import = import, .prefix = g->name};
    if (types.len) gen_world_types(g, types.at, types.len);
    if (funcs.len) gen_func_types(g, funcs.at, funcs.len);
    put_funcs(g, funcs.at, funcs.len, g->world->name);
}

static void put_world(Gen *g) {
    put_interfaces(g, &g->world->imports, true);
    put_own(g, &g->world->imports, true);
    put_own(g, &g->world->exports, false);
    gen_forget_types(g);
    put_interfaces(g, &g->world->exports, false);
}

/* ---- options ---- */

static bool is_c_name(Str name) {
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i && c >= '0' && c <= '9')) return false;
    }
    return name.len > 0;
}

static bool has_item(const Gen *g, const WitItems *items, Str name) {
    for (size_t i = 0; i < items->len; i++)
        if (str_eq(wit_item_name(g->arena, &items->at[i]), name)) return true;
    return false;
}

/* What may stand in the assembler's name of a section. */
static bool is_section_text(Str text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && !strchr("-_.:@/+", c)) return false;
    }
    return true;
}

static void check_section(Gen *g, Str text) {
    if (!is_section_text(text)) diag(g->diags, BIND_BAD_SECTION, span_none(), STR_ARG(text));
}

static void check_options(Gen *g) {
    for (size_t i = 0; i < g->options->rename_count; i++) {
        const GenRename *r = &g->options->renames[i];
        if (!is_c_name(r->to)) diag(g->diags, BIND_BAD_RENAME, span_none(), STR_ARG(r->to));
        if (!has_item(g, &g->world->imports, r->from) && !has_item(g, &g->world->exports, r->from))
            diag(g->diags, BIND_NO_RENAME, span_none(), STR_ARG(r->from));
    }
    check_section(g, g->options->type_section_suffix);
    check_section(g, g->options->rename_world);
    if (!is_c_name(g->name)) diag(g->diags, BIND_BAD_RENAME, span_none(), STR_ARG(g->name));
}

/* An `--async` that says nothing about any function is a mistake. */
static void check_filters(Gen *g) {
    for (size_t i = 0; i < g->options->async_filter_count; i++) {
        Str filter = g->options->async_filters[i];
        Str name = str_starts(filter, STR("-")) ? str_after(filter, 1) : filter;
        if (!g->used_filters[i] && !str_is(name, "all"))
            diag(g->diags, BIND_NO_ASYNC, span_none(), STR_ARG(name));
    }
}

/* ---- the files ---- */

void gen_put_banner(Buf *out) {
    buf_str(out, STR("// Generated by `witc bindgen c` " WITC_VERSION ". DO NOT EDIT!\n"));
}

/* Compilers for wasm32-wasi without a C library of their own find glibc's <stdint.h>, which stops with
 * an error on finding nothing of it that is for WebAssembly. */
static const char integer_types[] =
    "#ifdef __wasm__\n"
    "#if __has_include(<gnu-versions.h>) && !__has_include(<bits/libc-header-start.h>)\n"
    "// The headers found here are the host's, not WebAssembly's.\n"
    "#define __BINDINGS_NO_STDINT\n"
    "typedef __INT8_TYPE__ int8_t;\n"
    "typedef __INT16_TYPE__ int16_t;\n"
    "typedef __INT32_TYPE__ int32_t;\n"
    "typedef __INT64_TYPE__ int64_t;\n"
    "typedef __UINT8_TYPE__ uint8_t;\n"
    "typedef __UINT16_TYPE__ uint16_t;\n"
    "typedef __UINT32_TYPE__ uint32_t;\n"
    "typedef __UINT64_TYPE__ uint64_t;\n"
    "typedef __INTPTR_TYPE__ intptr_t;\n"
    "typedef __UINTPTR_TYPE__ uintptr_t;\n"
    "#endif\n"
    "#endif\n"
    "#ifndef __BINDINGS_NO_STDINT\n"
    "#include <stdint.h>\n"
    "#endif\n";

void gen_put_integer_types(Buf *out) { buf_str(out, str_from(integer_types)); }

static void put_header(Gen *g, Buf *out) {
    gen_put_banner(out);
    buf_fmt(out,
            "#ifndef __BINDINGS_%.*s_H\n#define __BINDINGS_%.*s_H\n#ifdef __cplusplus\n"
            "extern \"C\" {\n#endif\n\n%s#include <stdbool.h>\n#include <stddef.h>\n",
            STR_ARG(g->upper), STR_ARG(g->upper), integer_types);
    if (g->needs_string) gen_put_string_type(g, out);
    if (g->needs_error_context)
        buf_fmt(out,
                "\ntypedef struct %.*s_error_context_t {\n  int32_t __handle;\n} "
                "%.*s_error_context_t;\n",
                STR_ARG(g->name), STR_ARG(g->name));
    if (g->h_async.len)
        buf_fmt(out, "\n// Async Helper Functions\n%.*s", STR_ARG(buf_text(&g->h_async)));
    buf_str(out, buf_text(&g->h_types));
    buf_str(out, buf_text(&g->h_funcs));
    if (!g->options->no_helpers && g->h_helpers.len)
        buf_fmt(out, "\n// Helper Functions\n%.*s", STR_ARG(buf_text(&g->h_helpers)));
    buf_str(out, STR("\n#ifdef __cplusplus\n}\n#endif\n#endif\n"));
}

/* What exports return lies here until their caller has read it. */
static void put_return_area(Gen *g, Buf *out) {
    if (!g->areas.len) return;
    buf_str(out, STR("\nstatic union {\n"));
    for (size_t i = 0; i < g->areas.len; i++)
        buf_fmt(out, "  %.*s as%zu;\n", STR_ARG(g->areas.entries[i].key), i);
    buf_str(out, STR("} RET_AREA;\n"));
}

static void put_source(Gen *g, Buf *out) {
    gen_put_banner(out);
    buf_fmt(out, "#include \"%.*s.h\"\n", STR_ARG(g->name));
    if (g->c_layout.len)
        buf_fmt(out,
                "\n// In memory, these are as the canonical ABI has them.\n#ifdef "
                "__wasm32__\n%.*s#endif\n",
                STR_ARG(buf_text(&g->c_layout)));
    gen_put_support(g, out);
    gen_put_bits(g, out);
    buf_str(out, buf_text(&g->c_release));
    buf_str(out, buf_text(&g->c_funcs));
    put_return_area(g, out);
    if (!g->options->no_helpers && g->c_helpers.len)
        buf_fmt(out, "\n// Helper Functions\n%.*s", STR_ARG(buf_text(&g->c_helpers)));
    if (g->c_async.len)
        buf_fmt(out, "\n// Async Helper Functions\n%.*s", STR_ARG(buf_text(&g->c_async)));
    buf_fmt(out, "\n// Component Adapters\n%.*s", STR_ARG(buf_text(&g->c_adapters)));
    if (!g->options->no_component_type) gen_put_component_type(g, out);
}

static Gen begin(Arena *arena, const WitModel *model, const WitWorld *world,
                 const GenOptions *options, Diags *diags) {
    Gen g = {.arena = arena, .model = model, .world = world, .options = options, .diags = diags};
    Str name = options->rename_world.len ? options->rename_world : world->name;
    g.abi.arena = arena;
    g.name = gen_snake(arena, name);
    g.upper = gen_upper(arena, name);
    g.types = ARENA_NEW_ARRAY(arena, GenType, model->types.len + 1);
    g.marks = ARENA_NEW_ARRAY(arena, uint32_t, model->types.len + 1);
    g.used_filters = ARENA_NEW_ARRAY(arena, bool, options->async_filter_count + 1);
    Buf *bufs[] = {&g.h_types,  &g.h_funcs,     &g.h_helpers, &g.h_async,    &g.c_layout,
                   &g.c_funcs,  &g.c_release,   &g.c_helpers, &g.c_adapters, &g.c_async,
                   &g.h_layout, &g.c_elsewhere, &g.stubs};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++) bufs[i]->arena = arena;
    return g;
}

/* ---- names that are not from WIT ---- */

/* What the header and the source say without a prefix. */
void gen_reserve_types(Gen *g) {
    static const char *const names[] = {
        "int8_t",   "int16_t",  "int32_t",   "int64_t",  "uint8_t",   "uint16_t",
        "uint32_t", "uint64_t", "uintptr_t", "intptr_t", "size_t",    "ptrdiff_t",
        "wchar_t",  "char16_t", "char32_t",  "char8_t",  "nullptr_t", "RET_AREA"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        gen_reserve(g, str_from(names[i]), STR("a type of C"));
}

/* Collects the words of a text that begin with the world's name. */
static void find_names(Gen *g, Str text) {
    for (size_t at = 0, end; at < text.len; at = end + 1) {
        for (end = at; end < text.len && is_c_name(str_from_to(text, at, end + 1));) end++;
        Str word = str_from_to(text, at, end);
        if (str_starts(word, g->name) || str_starts(word, g->upper))
            map_put(g->arena, &g->helpers, word, NULL);
    }
}

static bool is_helper_taken(Gen *g) {
    for (size_t i = 0; i < g->helpers.len; i++)
        if (map_get(&g->symbols, g->helpers.entries[i].key)) return true;
    return false;
}

static void put_helpers(Gen *g) {
    size_t before = g->h_helpers.len;
    if (g->needs_error_context) g->needs_string = true;
    if (g->needs_string) gen_string_helpers(g);
    if (g->needs_error_context) gen_error_context_helpers(g);
    if (!g->options->no_helpers) gen_unused_futures(g);
    find_names(g, str_after(buf_text(&g->h_helpers), before));
    if (g->needs_async || g->futures.len || g->options->async_helpers || g->options->thread_helpers)
        gen_async_helpers(g);
    if (g->options->thread_helpers) gen_thread_helpers(g);
    find_names(g, buf_text(&g->h_async));
    if (g->needs_error_context) {
        Str name = str_concat(g->arena, g->name, STR("_error_context_t"));
        map_put(g->arena, &g->helpers, name, NULL);
    }
}

static void put_all(Gen *g) {
    put_world(g);
    if (!g->diags->errors) put_helpers(g);
}

bool gen_c(Arena *arena, const WitModel *model, const WitWorld *world, const GenOptions *options,
           GenOutput *out, Diags *diags) {
    Gen g = begin(arena, model, world, options, diags);
    check_options(&g);
    if (diags->errors) return false;
    out->header.arena = out->source.arena = arena;
    if (gen_native(&g)) {
        if (gen_native_files(&g, out)) check_filters(&g);
        if (options->stubs) gen_put_stubs(&g, out);
        if (options->cpp) gen_put_cpp(&g, out);
        if (options->mocks) gen_put_mocks(&g, out);
        if (options->object_file) gen_put_type_object(&g, out);
        return !diags->errors;
    }
    gen_reserve_types(&g);
    size_t before = diags->list.len, warnings = diags->warnings;
    put_all(&g);
    if (!diags->errors && is_helper_taken(&g)) {
        /* Rare. Once more, now that it is known which names the helpers need. */
        diags->list.len = before;
        diags->warnings = warnings;
        Map names = g.helpers;
        g = begin(arena, model, world, options, diags);
        gen_reserve_types(&g);
        for (size_t i = 0; i < names.len; i++)
            gen_reserve(&g, names.entries[i].key, STR("a helper function or type"));
        put_all(&g);
    }
    if (!diags->errors) check_filters(&g);
    if (diags->errors) return false;
    out->stem = g.name;
    put_header(&g, &out->header);
    put_source(&g, &out->source);
    if (options->stubs) gen_put_stubs(&g, out);
    if (options->object_file) gen_put_type_object(&g, out);
    return true;
}
