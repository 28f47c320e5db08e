/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The meaning of a core module's imports and exports, by their names (mangle.c has the schemes).
 */
#include "component/componentize.h"

static const Str standard = STR_INIT("cm32p2");

/* Whether two interface ids differ only by versions of one track. */
static bool same_track(Arena *arena, Str a, Str b) {
    size_t x = str_find(a, '@', 0), y = str_find(b, '@', 0);
    Semver v, w;
    if (x == SIZE_MAX || y == SIZE_MAX || !str_eq(str_from_to(a, 0, x), str_from_to(b, 0, y))) return false;
    return semver_parse(str_after(a, x + 1), &v) && semver_parse(str_after(b, y + 1), &w) &&
           str_eq(semver_track(arena, v), semver_track(arena, w));
}

/* The interface of the world's imports or exports with this name; another version of the same track
 * serves where that one is not there. */
static const WitItem *find_interface(Linker *l, const WitItems *items, Str name, bool is_standard) {
    const WitItem *close = NULL;
    for (size_t i = 0; i < items->len; i++) {
        if (items->at[i].kind != WIT_ITEM_INTERFACE) continue;
        Str key = comp_item_key(l->arena, &items->at[i], is_standard);
        if (str_eq(key, name)) return &items->at[i];
        if (!close && same_track(l->arena, key, name)) close = &items->at[i];
    }
    return close;
}

/* ---- imports ---- */

/* A module name taken apart: which side of the world it means, and which interface ("": the world). */
typedef struct {
    bool is_standard, is_export;
    Str interface;
} ModuleName;

static ModuleName parse_module(Str module) {
    ModuleName n = {.is_standard = str_starts(module, standard)};
    if (n.is_standard) {
        Str rest = str_after(module, standard.len);
        if (str_starts(rest, STR("|"))) rest = str_after(rest, 1);
        n.is_export = str_starts(rest, STR("_ex_"));
        n.interface = n.is_export ? str_after(rest, 4) : rest;
        return n;
    }
    n.is_export = str_starts(module, STR("[export]"));
    if (n.is_export) module = str_after(module, 8);
    if (!str_is(module, "$root")) n.interface = module;
    return n;
}

/* The resource that a field such as "[resource-drop]r" or "r_drop" speaks of. */
static bool resource_field(Str field, bool is_standard, LinkImportKind *kind, Str *resource) {
    static const struct {
        const char *prefix, *suffix;
        LinkImportKind kind;
    } forms[] = {{"[resource-drop]", "_drop", LINK_RESOURCE_DROP},
                 {"[resource-new]", "_new", LINK_RESOURCE_NEW},
                 {"[resource-rep]", "_rep", LINK_RESOURCE_REP}};
    for (size_t i = 0; i < 3; i++) {
        Str prefix = str_from(forms[i].prefix), suffix = str_from(forms[i].suffix);
        *kind = forms[i].kind;
        if (!is_standard && str_starts(field, prefix)) {
            *resource = str_after(field, prefix.len);
            return true;
        }
        if (is_standard && str_ends(field, suffix)) {
            *resource = str_from_to(field, 0, field.len - suffix.len);
            return true;
        }
    }
    return false;
}

static const WitType *find_resource(const WitItem *item, const WitItems *imports, Str name) {
    if (item) {
        const WitType *t = wit_find_type(item->interface, name);
        return t && wit_dealias(t)->kind == WIT_RESOURCE ? t : NULL;
    }
    for (size_t i = 0; i < imports->len; i++)
        if (imports->at[i].kind == WIT_ITEM_TYPE && str_eq(imports->at[i].name, name) &&
            wit_dealias(imports->at[i].type)->kind == WIT_RESOURCE)
            return imports->at[i].type;
    return NULL;
}

static const WitItem *find_world_func(const WitItems *items, Str name) {
    for (size_t i = 0; i < items->len; i++)
        if (items->at[i].kind == WIT_ITEM_FUNC && str_eq(items->at[i].name, name)) return &items->at[i];
    return NULL;
}

static Span import_span(const Linker *l, const CoreImport *import) {
    return span_at(l->source, import->offset);
}

static bool no_interface(Linker *l, const CoreImport *import, const WitItems *items, Str name,
                         bool is_standard) {
    Str *names = ARENA_NEW_ARRAY(l->arena, Str, items->len);
    for (size_t i = 0; i < items->len; i++) names[i] = comp_item_key(l->arena, &items->at[i], is_standard);
    Str near = str_nearest(name, names, items->len);
    diag(l->diags, LINK_IMPORT_MODULE, import_span(l, import), STR_ARG(import->module),
         STR_ARG(l->world.world->name));
    if (near.len) diag_note(l->diags, LINK_NEAREST, span_none(), STR_ARG(near));
    return false;
}

static bool no_field(Linker *l, const CoreImport *import, const WitItem *item) {
    diag(l->diags, LINK_IMPORT_FIELD, import_span(l, import), STR_ARG(import->module),
         STR_ARG(import->name));
    if (!item) return false;
    Str *names = ARENA_NEW_ARRAY(l->arena, Str, item->interface->funcs.len);
    for (size_t i = 0; i < item->interface->funcs.len; i++) names[i] = item->interface->funcs.at[i]->name;
    Str near = str_nearest(import->name, names, item->interface->funcs.len);
    if (near.len) diag_note(l->diags, LINK_NEAREST, span_none(), STR_ARG(near));
    return false;
}

/* ---- signatures ---- */

static bool same_types(const CoreValType *have, uint32_t n, const AbiCore *want, uint32_t m) {
    if (n != m) return false;
    for (uint32_t i = 0; i < n; i++)
        if (have[i] != comp_flat_type(want[i])) return false;
    return true;
}

static void put_types(Buf *text, const CoreValType *types, uint32_t n) {
    buf_byte(text, '[');
    for (uint32_t i = 0; i < n; i++) {
        if (i) buf_byte(text, ' ');
        buf_str(text, core_val_text(text->arena, types[i]));
    }
    buf_byte(text, ']');
}

static Str type_text(Arena *arena, const CoreType *type) {
    Buf text = {.arena = arena};
    put_types(&text, type->params, type->param_count);
    buf_str(&text, STR(" -> "));
    put_types(&text, type->results, type->result_count);
    return buf_text(&text);
}

static bool check_signature(Linker *l, Str name, uint32_t offset, const CoreType *have,
                            const AbiCore *params, uint32_t n, const AbiCore *results, uint32_t m) {
    if (same_types(have->params, have->param_count, params, n) &&
        same_types(have->results, have->result_count, results, m))
        return true;
    Str want = type_text(l->arena, comp_flat_func(l->arena, params, n, results, m));
    Str found = type_text(l->arena, have);
    diag(l->diags, LINK_SIGNATURE, span_at(l->source, offset), STR_ARG(name), STR_ARG(want),
         STR_ARG(found));
    return false;
}

static const AbiFunc *abi_of(Linker *l, const WitFunc *f, AbiVariant variant) {
    const AbiFunc *abi = abi_func(&l->cache, f, variant);
    if (!abi) diag(l->diags, LINK_TYPE_TOO_LARGE, span_at(l->source, 0), STR_ARG(f->name));
    return abi;
}

/* ---- one import ---- */

static bool func_import(Linker *l, const CoreImport *import, const CoreType *type, LinkImport *out) {
    out->kind = LINK_FUNC;
    out->abi = abi_of(l, out->func, ABI_LOWER);
    if (!out->abi) return false;
    const AbiFunc *abi = out->abi;
    return check_signature(l, out->func->name, import->offset, type, abi->core_params,
                           abi->core_param_count, abi->core_results, abi->core_result_count);
}

static bool resource_import(Linker *l, const CoreImport *import, const CoreType *type, LinkImport *out) {
    static const AbiCore i32 = ABI_I32;
    uint32_t results = out->kind == LINK_RESOURCE_DROP ? 0 : 1;
    return check_signature(l, import->name, import->offset, type, &i32, 1, &i32, results);
}

static bool classify(Linker *l, const CoreImport *import, LinkImport *out) {
    ModuleName n = parse_module(import->module);
    const WitWorld *w = l->world.world;
    const WitItems *items = n.is_export ? &w->exports : &w->imports;
    const CoreType *type = core_func_type(l->core, import->index);
    Str resource;
    if (!n.is_standard && l->options->reject_legacy_names) {
        diag(l->diags, LINK_LEGACY_NAME, import_span(l, import), STR_ARG(import->module));
        return false;
    }
    if (n.interface.len && !(out->item = find_interface(l, items, n.interface, n.is_standard)))
        return no_interface(l, import, items, n.interface, n.is_standard);
    if (resource_field(import->name, n.is_standard, &out->kind, &resource) &&
        (out->resource = find_resource(out->item, &w->imports, resource)) &&
        (n.is_export || out->kind == LINK_RESOURCE_DROP))
        return resource_import(l, import, type, out);
    out->resource = NULL;
    if (n.is_export) return no_field(l, import, out->item);
    if (!n.interface.len) {
        out->item = find_world_func(&w->imports, import->name);
        out->func = out->item ? out->item->func : NULL;
        return out->func ? func_import(l, import, type, out) : no_field(l, import, NULL);
    }
    out->func = wit_find_func(out->item->interface, import->name);
    return out->func ? func_import(l, import, type, out) : no_field(l, import, out->item);
}

static bool link_imports(Linker *l) {
    bool ok = true;
    for (size_t i = 0; i < l->core->imports.len; i++) {
        const CoreImport *import = &l->core->imports.at[i];
        if (import->kind != CORE_FUNC) {
            diag(l->diags, LINK_IMPORT_KIND, import_span(l, import), STR_ARG(import->module),
                 STR_ARG(import->name), core_extern_name(import->kind));
            ok = false;
            continue;
        }
        LinkImport out = {.module = import->module, .field = import->name, .shim = COMP_NONE,
                          .core_func = COMP_NONE};
        if (classify(l, import, &out)) *vec_push(l->arena, &l->imports) = out;
        else ok = false;
    }
    return ok;
}

/* ---- exports ---- */

/* The module's export of that name, if it is a function; it may be called in either scheme. */
static const CoreExport *func_export(Linker *l, Str legacy, Str standard_name, Str *name) {
    const CoreExport *e = core_export_find(l->core, standard_name);
    *name = standard_name;
    if (!e && !l->options->reject_legacy_names) {
        e = core_export_find(l->core, legacy);
        *name = legacy;
    }
    return e && e->kind == CORE_FUNC ? e : NULL;
}

static Str post_return_of(Linker *l, const LinkExport *e) {
    Str legacy = str_concat(l->arena, STR("cabi_post_"), e->name), name;
    Str standard_name = str_concat(l->arena, e->name, STR("_post"));
    return func_export(l, legacy, standard_name, &name) ? name : (Str){0};
}

static bool link_export(Linker *l, const WitItem *item, const WitFunc *f) {
    LinkExport out = {.func = f};
    Str legacy = comp_export_name(l->arena, item, f->name, false), standard_name = comp_export_name(l->arena, item, f->name, true);
    const CoreExport *e = func_export(l, legacy, standard_name, &out.name);
    if (!e) {
        diag(l->diags, LINK_EXPORT_MISSING, span_at(l->source, 0), STR_ARG(f->name), STR_ARG(legacy));
        return false;
    }
    out.abi = abi_of(l, f, ABI_LIFT);
    if (!out.abi) return false;
    if (!check_signature(l, out.name, e->offset, core_func_type(l->core, e->index), out.abi->core_params,
                         out.abi->core_param_count, out.abi->core_results, out.abi->core_result_count))
        return false;
    out.post_return = post_return_of(l, &out);
    *vec_push(l->arena, &l->exports) = out;
    return true;
}

static bool link_exports(Linker *l) {
    const WitItems *items = &l->world.world->exports;
    bool ok = true;
    for (size_t i = 0; i < items->len; i++) {
        const WitItem *item = &items->at[i];
        if (item->kind == WIT_ITEM_FUNC) ok &= link_export(l, item, item->func);
        if (item->kind != WIT_ITEM_INTERFACE) continue;
        for (size_t k = 0; k < item->interface->funcs.len; k++)
            ok &= link_export(l, item, item->interface->funcs.at[k]);
    }
    return ok;
}

const LinkExport *comp_link_export(Linker *l, const WitItem *item, const WitFunc *func) {
    for (size_t i = 0; i < l->exports.len; i++)
        if (l->exports.at[i].func == func) return &l->exports.at[i];
    return NULL;
}

static Str first_export(Linker *l, const char *const *names, CoreExtern kind) {
    for (size_t i = 0; names[i]; i++) {
        const CoreExport *e = core_export_find(l->core, str_from(names[i]));
        if (e && e->kind == kind) return e->name;
    }
    return (Str){0};
}

Str comp_realloc_name(Linker *l, bool import) {
    static const char *const imports[] = {"cm32p2_realloc", "cabi_import_realloc", "cabi_realloc",
                                          "canonical_abi_realloc", NULL};
    static const char *const exports[] = {"cm32p2_realloc", "cabi_export_realloc", "cabi_realloc",
                                          "canonical_abi_realloc", NULL};
    return first_export(l, import ? imports : exports, CORE_FUNC);
}

/* ---- shims ---- */

static void add_dtors(Linker *l) {
    const WitItems *items = &l->world.world->exports;
    for (size_t i = 0; i < items->len; i++) {
        if (items->at[i].kind != WIT_ITEM_INTERFACE) continue;
        const WitInterface *interface = items->at[i].interface;
        for (size_t k = 0; k < interface->types.len; k++) {
            const WitType *type = interface->types.at[k];
            Str name;
            if (type->kind != WIT_RESOURCE) continue;
            Str legacy = comp_dtor_name(l->arena, &items->at[i], type, false);
            Str standard_name = comp_dtor_name(l->arena, &items->at[i], type, true);
            const CoreExport *e = func_export(l, legacy, standard_name, &name);
            if (!e) continue;
            map_put(l->arena, &l->dtor_shims, comp_key(l->arena, type), NULL)->value = l->shims.len;
            *vec_push(l->arena, &l->shims) =
                (LinkShim){.export_name = name, .type = core_func_type(l->core, e->index)};
        }
    }
}

/* What needs memory or allocation of the module goes through the shim; equal imports share. */
static void add_shims(Linker *l) {
    for (size_t i = 0; i < l->imports.len; i++) {
        LinkImport *import = &l->imports.at[i];
        if (import->kind != LINK_FUNC || (!import->abi->needs_memory && !import->abi->needs_realloc)) continue;
        const AbiFunc *abi = import->abi;
        import->shim = (uint32_t)l->shims.len;
        *vec_push(l->arena, &l->shims) = (LinkShim){
            .import = import,
            .type = comp_abi_type(l->arena, abi)};
    }
    add_dtors(l);
}

bool comp_link_names(Linker *l) {
    static const char *const memories[] = {"cm32p2_memory", "memory", NULL};
    static const char *const initializers[] = {"cm32p2_initialize", "_initialize", NULL};
    l->memory_name = first_export(l, memories, CORE_MEMORY);
    l->initialize = first_export(l, initializers, CORE_FUNC);
    bool ok = link_imports(l);
    ok &= link_exports(l);
    if (ok) add_shims(l);
    return ok;
}
