/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The meaning of the imports and exports of core modules, by their names (mangle.c has the schemes).
 *
 *     import   "env" "memory"                     the main module's memory, or its own by the shim
 *              "__main_module__" anything         of an adapter: what the main module exports
 *              a module name that is an adapter's a function of that adapter
 *              "env" "__wasm_..."                 what C toolchains need (builtin.c)
 *              else                               the world: functions, resources, built-ins
 *
 * The main module comes first: what it takes from an adapter is what the adapter must keep. Each
 * export of the world is the duty of the module whose world has it.
 */
#include "base/file.h"
#include "component/componentize.h"

static const Str standard = STR_INIT("cm32p2");

/* Whether two interface ids differ only by versions of one track. */
static bool same_track(Arena *arena, Str a, Str b) {
    size_t x = str_find(a, '@', 0), y = str_find(b, '@', 0);
    Semver v, w;
    if (x == SIZE_MAX || y == SIZE_MAX || !str_eq(str_from_to(a, 0, x), str_from_to(b, 0, y)))
        return false;
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

/* A module name taken apart: which side of the world it means, and the world itself or which of its
 * interfaces. */
typedef struct {
    bool is_standard, is_export, is_root;
    Str interface;
} ModuleName;

static ModuleName parse_module(Str module) {
    ModuleName n = {.is_standard = str_starts(module, standard), .interface = module};
    if (!n.is_standard) {
        n.is_export = str_starts(module, STR("[export]"));
        if (n.is_export) n.interface = str_after(module, 8);
        n.is_root = str_is(n.interface, "$root");
        return n;
    }
    Str rest = str_after(module, standard.len);
    n.is_root = rest.len == 0;
    n.is_export = str_starts(rest, STR("|_ex_"));
    if (str_starts(rest, STR("|"))) n.interface = str_after(rest, n.is_export ? 5 : 1);
    return n;
}

static const WitItem *find_world_func(const WitItems *items, Str name) {
    for (size_t i = 0; i < items->len; i++)
        if (items->at[i].kind == WIT_ITEM_FUNC && str_eq(items->at[i].name, name))
            return &items->at[i];
    return NULL;
}

/* ---- reports ---- */

static Span import_span(const LinkModule *m, const CoreImport *import) {
    return span_at(m->source, import->offset);
}

static bool no_interface(Linker *l, const LinkModule *m, const CoreImport *import,
                         const WitItems *items, Str name, bool is_standard) {
    Str *names = ARENA_NEW_ARRAY(l->arena, Str, items->len);
    for (size_t i = 0; i < items->len; i++)
        names[i] = comp_item_key(l->arena, &items->at[i], is_standard);
    Str near = str_nearest(name, names, items->len);
    diag(l->diags, LINK_IMPORT_MODULE, import_span(m, import), STR_ARG(import->module),
         STR_ARG(l->world->name));
    if (near.len) diag_note(l->diags, LINK_NEAREST, span_none(), STR_ARG(near));
    return false;
}

static bool no_field(Linker *l, const LinkModule *m, const CoreImport *import,
                     const WitItem *item) {
    diag(l->diags, LINK_IMPORT_FIELD, import_span(m, import), STR_ARG(import->module),
         STR_ARG(import->name));
    if (!item) return false;
    Str *names = ARENA_NEW_ARRAY(l->arena, Str, item->interface->funcs.len);
    for (size_t i = 0; i < item->interface->funcs.len; i++)
        names[i] = item->interface->funcs.at[i]->name;
    Str near = str_nearest(import->name, names, item->interface->funcs.len);
    if (near.len) diag_note(l->diags, LINK_NEAREST, span_none(), STR_ARG(near));
    return false;
}

/* ---- signatures ---- */

static bool same_types(const CoreValType *a, uint32_t n, const CoreValType *b, uint32_t m) {
    return n == m && (!n || !memcmp(a, b, n * sizeof *a));
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

bool comp_check_core_type(Linker *l, const LinkModule *m, Str name, uint32_t offset,
                          const CoreType *have, const CoreType *want) {
    if (same_types(have->params, have->param_count, want->params, want->param_count) &&
        same_types(have->results, have->result_count, want->results, want->result_count))
        return true;
    Str expected = type_text(l->arena, want), found = type_text(l->arena, have);
    diag(l->diags, LINK_SIGNATURE, span_at(m->source, offset), STR_ARG(name), STR_ARG(expected),
         STR_ARG(found));
    return false;
}

static const AbiFunc *abi_of(Linker *l, const LinkModule *m, const WitFunc *f, AbiVariant variant) {
    const AbiFunc *abi = abi_func(&l->cache, f, variant);
    if (!abi) diag(l->diags, LINK_TYPE_TOO_LARGE, span_at(m->source, 0), STR_ARG(f->name));
    return abi;
}

/* The encoding of a function's strings; false where the module's own world does not have it. */
static bool encoding_of(Linker *l, const Map *encodings, const WitItem *item, const WitFunc *f,
                        AbiEncoding *encoding) {
    const MapEntry *e = map_get(encodings, comp_encoding_key(l->arena, item, f->name));
    if (e) *encoding = (AbiEncoding)e->value;
    return e != NULL;
}

/* ---- what is asked for by name, again and again ---- */

const CoreExport *comp_module_export(const LinkModule *m, Str name) {
    const MapEntry *e = map_get(&m->exports_by_name, name);
    return e ? &m->core->exports.at[e->value] : NULL;
}

void comp_index_exports(Linker *l, LinkModule *m) {
    m->exports_by_name = (Map){0};
    for (size_t i = 0; i < m->core->exports.len; i++)
        map_put(l->arena, &m->exports_by_name, m->core->exports.at[i].name, NULL)->value = i;
}

static Str pointer_key(Linker *l, const void *ptr, Str name) {
    Buf key = {.arena = l->arena};
    buf_bytes(&key, &ptr, sizeof ptr);
    buf_str(&key, name);
    return buf_text(&key);
}

const WitFunc *comp_interface_func(Linker *l, const WitInterface *interface, Str name) {
    bool added;
    map_put(l->arena, &l->funcs_by_name, pointer_key(l, interface, (Str){0}), &added);
    for (size_t i = 0; added && i < interface->funcs.len; i++)
        map_put(l->arena, &l->funcs_by_name,
                pointer_key(l, interface, interface->funcs.at[i]->name), NULL)
            ->cptr = interface->funcs.at[i];
    const MapEntry *e = map_get(&l->funcs_by_name, pointer_key(l, interface, name));
    return e ? e->cptr : NULL;
}

/* ---- one import ---- */

static LinkModule *find_adapter(Linker *l, Str name) {
    for (size_t i = 1; i < l->modules.len; i++)
        if (l->modules.at[i]->is_adapter && str_eq(l->modules.at[i]->name, name))
            return l->modules.at[i];
    return NULL;
}

static bool func_import(Linker *l, LinkModule *m, const CoreImport *import, bool is_async,
                        LinkImport *out) {
    out->kind = LINK_FUNC;
    out->abi = abi_of(l, m, out->func, is_async ? ABI_LOWER_ASYNC : ABI_LOWER);
    if (!out->abi) return false;
    if (!encoding_of(l, &m->import_encodings, out->item, out->func, &out->encoding)) {
        diag(l->diags, LINK_NO_METADATA, import_span(m, import), STR_ARG(import->module),
             STR_ARG(import->name));
        return false;
    }
    out->needs_memory = out->abi->needs_memory;
    out->needs_realloc = out->abi->needs_realloc;
    out->needs_encoding = out->abi->needs_encoding;
    return comp_check_core_type(l, m, out->func->name, import->offset, out->type,
                                comp_abi_type(l->arena, out->abi));
}

/* A built-in about a function has that function's encoding. */
static void builtin_encoding(Linker *l, LinkModule *m, LinkImport *out) {
    const Map *encodings = out->of_export ? &m->export_encodings : &m->import_encodings;
    if (out->func && out->item) encoding_of(l, encodings, out->item, out->func, &out->encoding);
}

/* find_interface, which is asked once a module name. */
static const WitItem *find_item(Linker *l, Str module, const WitItems *items, ModuleName n) {
    bool added;
    MapEntry *e = map_put(l->arena, &l->items_by_module, module, &added);
    if (added) e->cptr = find_interface(l, items, n.interface, n.is_standard);
    return e->cptr;
}

/* What the world has under the name. */
static bool classify_world(Linker *l, LinkModule *m, const CoreImport *import, Str field,
                           LinkImport *out) {
    ModuleName n = parse_module(import->module);
    const WitItems *items = n.is_export ? &l->world->exports : &l->world->imports;
    Str lower = STR("[async-lower]");
    if (!n.is_root && !(out->item = find_item(l, import->module, items, n)))
        return no_interface(l, m, import, items, n.interface, n.is_standard);
    bool is_async = !n.is_standard && str_starts(field, lower);
    Str name = is_async ? str_after(field, lower.len) : field;
    const WitItem *item = out->item;
    if (!n.is_export) {
        if (!item) item = find_world_func(items, name);
        out->func = !item                         ? NULL
                    : item->kind == WIT_ITEM_FUNC ? item->func
                                                  : comp_interface_func(l, item->interface, name);
        if (out->func) {
            out->item = item;
            return func_import(l, m, import, is_async, out);
        }
    }
    out->of_export = n.is_export;
    switch (comp_link_builtin(l, m, import, field, items, out)) {
    case BUILTIN_FOUND: builtin_encoding(l, m, out); return true;
    case BUILTIN_WRONG: return false;
    case BUILTIN_NONE: break;
    }
    return no_field(l, m, import, out->item);
}

/* What an adapter takes from the main module (or a library), which must have it. */
static bool main_import(Linker *l, LinkModule *m, const CoreImport *import, LinkImport *out) {
    LinkModule *main = comp_link_provider(l, out->name, import->kind);
    const CoreExport *e = main ? comp_module_export(main, out->name) : NULL;
    out->kind = LINK_MAIN;
    out->adapter = main;
    if (!e || e->kind != import->kind) {
        diag(l->diags, LINK_MAIN_EXPORT, import_span(m, import), STR_ARG(m->name),
             core_extern_name(import->kind), STR_ARG(out->name));
        return false;
    }
    return e->kind != CORE_FUNC ||
           comp_check_core_type(l, m, out->name, import->offset,
                                core_func_type(main->core, e->index), out->type);
}

static bool memory_import(Linker *l, LinkModule *m, const CoreImport *import, LinkImport *out) {
    out->kind = LINK_MEMORY;
    if (!m->is_adapter) {
        l->memory_import = &m->core->memories.at[import->index].limits;
        return true;
    }
    if (l->memory_import || link_main(l)->memory.len) return true;
    diag(l->diags, LINK_NO_MEMORY, import_span(m, import), STR_ARG(m->name));
    return false;
}

static bool classify(Linker *l, LinkModule *m, const CoreImport *import, Str field,
                     LinkImport *out) {
    if (m->is_library && comp_library_import(l, m, import, out)) return true;
    if (import->kind == CORE_MEMORY && str_is(import->module, "env") && str_is(field, "memory"))
        return memory_import(l, m, import, out);
    if (m->is_adapter && str_is(import->module, "__main_module__"))
        return main_import(l, m, import, out);
    if (import->kind != CORE_FUNC) {
        diag(l->diags, LINK_IMPORT_KIND, import_span(m, import), STR_ARG(import->module),
             STR_ARG(field), core_extern_name(import->kind));
        return false;
    }
    out->adapter = find_adapter(l, import->module);
    if (out->adapter && out->adapter != m) {
        out->kind = LINK_ADAPTER;
        return true;
    }
    if (l->options->reject_legacy_names && !str_starts(import->module, standard)) {
        diag(l->diags, LINK_LEGACY_NAME, import_span(m, import), STR_ARG(import->module));
        return false;
    }
    LinkFound f = comp_link_env(l, out);
    return f == BUILTIN_NONE ? classify_world(l, m, import, field, out) : f == BUILTIN_FOUND;
}

bool comp_link_imports(Linker *l, LinkModule *m) {
    bool ok = true;
    m->imports.len = 0;
    for (size_t i = 0; i < m->core->imports.len && l->diags->errors < 100; i++) {
        const CoreImport *import = &m->core->imports.at[i];
        const MapEntry *renamed =
            !m->original.len
                ? NULL
                : map_get(&m->original, comp_import_key(l->arena, import->module, import->name));
        LinkImport out = {.owner = m,
                          .module = import->module,
                          .field = import->name,
                          .offset = import->offset,
                          .sort = import->kind,
                          .shim = COMP_NONE};
        if (import->kind == CORE_FUNC) out.type = core_func_type(m->core, import->index);
        out.name = renamed ? *(const Str *)renamed->cptr : import->name;
        if (classify(l, m, import, out.name, &out)) *vec_push(l->arena, &m->imports) = out;
        else ok = false;
    }
    return ok;
}

/* ---- exports ---- */

/* The module's export of that name, if it is a function; it may be called in either scheme. */
static const CoreExport *func_export(Linker *l, const LinkModule *m, Str legacy, Str standard_name,
                                     Str *name) {
    const CoreExport *e = comp_module_export(m, standard_name);
    *name = standard_name;
    if (!e && !l->options->reject_legacy_names) {
        e = comp_module_export(m, legacy);
        *name = legacy;
    }
    return e && e->kind == CORE_FUNC ? e : NULL;
}

/* A function that goes with an export: its name if it is there, with the type that it must have. */
static bool companion(Linker *l, const LinkModule *m, Str legacy, Str standard_name,
                      const CoreType *want, Str *name) {
    const CoreExport *e = func_export(l, m, legacy, standard_name, name);
    if (e)
        return comp_check_core_type(l, m, *name, e->offset, core_func_type(m->core, e->index),
                                    want);
    *name = (Str){0};
    return true;
}

/* The core function of an export, by what it is lifted as. */
static const CoreExport *export_func(Linker *l, const LinkModule *m, Str legacy, Str standard_name,
                                     Str *name, AbiVariant *variant) {
    Str async = str_concat(l->arena, STR("[async-lift]"), legacy);
    Str stackful = str_concat(l->arena, STR("[async-lift-stackful]"), legacy);
    const CoreExport *e = func_export(l, m, legacy, standard_name, name);
    *variant = ABI_LIFT;
    if (e || l->options->reject_legacy_names) return e;
    *variant = ABI_LIFT_ASYNC_CALLBACK;
    if ((e = func_export(l, m, async, async, name))) return e;
    *variant = ABI_LIFT_ASYNC;
    return func_export(l, m, stackful, stackful, name);
}

static bool companions(Linker *l, LinkModule *m, LinkExport *out) {
    Str callback = str_concat(l->arena, STR("[callback]"), out->name);
    const CoreType *type = comp_text_type(l->arena, "iii", "i");
    switch (out->abi->variant) {
    case ABI_LIFT_ASYNC: return true;
    case ABI_LIFT_ASYNC_CALLBACK:
        if (!companion(l, m, callback, callback, type, &out->callback)) return false;
        if (!out->callback.len)
            diag(l->diags, LINK_CALLBACK_MISSING, span_at(m->source, 0), STR_ARG(out->name),
                 STR_ARG(callback));
        return out->callback.len > 0;
    default: break;
    }
    const CoreType *post =
        comp_flat_func(l->arena, out->abi->core_results, out->abi->core_result_count, NULL, 0);
    return companion(l, m, str_concat(l->arena, STR("cabi_post_"), out->name),
                     str_concat(l->arena, out->name, STR("_post")), post, &out->post_return);
}

static bool link_export(Linker *l, LinkModule *m, const WitItem *item, const WitFunc *f) {
    LinkExport out = {.owner = m, .item = item, .func = f};
    Str legacy = comp_export_name(l->arena, item, f->name, false);
    Str standard_name = comp_export_name(l->arena, item, f->name, true);
    AbiVariant variant;
    const CoreExport *e = export_func(l, m, legacy, standard_name, &out.name, &variant);
    if (!e) {
        diag(l->diags, LINK_EXPORT_MISSING, span_at(m->source, 0), STR_ARG(f->name),
             STR_ARG(legacy));
        return false;
    }
    out.abi = abi_of(l, m, f, variant);
    if (!out.abi ||
        !comp_check_core_type(l, m, out.name, e->offset, core_func_type(m->core, e->index),
                              comp_abi_type(l->arena, out.abi)) ||
        !companions(l, m, &out))
        return false;
    map_put_ptr(l->arena, &l->exports_by_func, f, NULL)->value = l->exports.len;
    *vec_push(l->arena, &l->exports) = out;
    return true;
}

/* The destructor of a resource that the module exports goes through the shim. */
static bool link_dtor(Linker *l, LinkModule *m, const WitItem *item, const WitType *type) {
    Str name;
    const CoreType *want = comp_text_type(l->arena, "i", "");
    if (!companion(l, m, comp_dtor_name(l->arena, item, type, false),
                   comp_dtor_name(l->arena, item, type, true), want, &name))
        return false;
    if (!name.len) return true;
    map_put_ptr(l->arena, &l->dtor_shims, type, NULL)->value = l->shims.len;
    *vec_push(l->arena, &l->shims) =
        (LinkShim){.kind = SHIM_DTOR, .owner = m, .export_name = name, .type = want};
    return true;
}

bool comp_link_exports(Linker *l, LinkModule *m) {
    const WitItems *items = &l->world->exports;
    bool ok = true;
    for (size_t i = 0; i < items->len; i++) {
        const WitItem *item = &items->at[i];
        if (!map_get(&m->provides, wit_item_name(l->arena, item))) continue;
        if (item->kind == WIT_ITEM_FUNC) ok &= link_export(l, m, item, item->func);
        if (item->kind != WIT_ITEM_INTERFACE) continue;
        for (size_t k = 0; k < item->interface->funcs.len; k++)
            ok &= link_export(l, m, item, item->interface->funcs.at[k]);
        for (size_t k = 0; k < item->interface->types.len; k++)
            if (item->interface->types.at[k]->kind == WIT_RESOURCE)
                ok &= link_dtor(l, m, item, item->interface->types.at[k]);
    }
    return ok;
}

static Str first_export(const LinkModule *m, const char *const *names, CoreExtern kind) {
    for (size_t i = 0; names[i]; i++) {
        const CoreExport *e = comp_module_export(m, str_from(names[i]));
        if (e && e->kind == kind) return e->name;
    }
    return (Str){0};
}

LinkModule *comp_realloc_of(Linker *l, LinkModule *m, bool import, Str *name) {
    static const char *const imports[] = {"cabi_import_realloc",   "cabi_list_realloc",
                                          "cm32p2_realloc",        "cabi_realloc",
                                          "canonical_abi_realloc", NULL};
    static const char *const exports[] = {"cabi_export_realloc", "cm32p2_realloc", "cabi_realloc",
                                          "canonical_abi_realloc", NULL};
    *name = first_export(m, import ? imports : exports, CORE_FUNC);
    if (name->len) return m;
    if (l->plan) {
        *name = STR("cabi_realloc");
        return comp_link_provider(l, *name, CORE_FUNC);
    }
    if (!m->is_adapter) return NULL;
    return comp_realloc_of(l, link_main(l), import, name);
}

/* ---- adapters ---- */

/* The names of an adapter's exports that somebody needs. */
static bool adapter_roots(Linker *l, LinkModule *m, size_t first_export_index, size_t first_shim,
                          Map *roots) {
    static const char *const own[] = {"cabi_import_realloc", "cabi_export_realloc", "cabi_realloc",
                                      "canonical_abi_realloc", NULL};
    for (size_t i = 0; i < l->modules.len; i++) {
        for (size_t k = 0; k < l->modules.at[i]->imports.len; k++) {
            const LinkImport *import = &l->modules.at[i]->imports.at[k];
            if (import->kind != LINK_ADAPTER || import->adapter != m) continue;
            const CoreExport *e = comp_module_export(m, import->name);
            if (!e || e->kind != CORE_FUNC) {
                diag(l->diags, LINK_ADAPTER_EXPORT, span_at(import->owner->source, import->offset),
                     STR_ARG(m->name), STR_ARG(import->name));
                return false;
            }
            if (!comp_check_core_type(l, m, import->name, e->offset,
                                      core_func_type(m->core, e->index), import->type))
                return false;
            map_put(l->arena, roots, e->name, NULL);
        }
    }
    for (size_t i = first_export_index; i < l->exports.len; i++) {
        const LinkExport *e = &l->exports.at[i];
        map_put(l->arena, roots, e->name, NULL);
        if (e->post_return.len) map_put(l->arena, roots, e->post_return, NULL);
        if (e->callback.len) map_put(l->arena, roots, e->callback, NULL);
    }
    if (l->pauser == m) map_put(l->arena, roots, l->hook, NULL);
    for (size_t i = first_shim; i < l->shims.len; i++)
        map_put(l->arena, roots, l->shims.at[i].export_name, NULL);
    for (size_t i = 0; own[i] && roots->len && !m->has_own_state; i++)
        if (comp_module_export(m, str_from(own[i])))
            map_put(l->arena, roots, str_from(own[i]), NULL);
    return true;
}

static bool cut_adapter(Linker *l, LinkModule *m, const LinkModule *whole, const Map *roots,
                        Str realloc) {
    m->core = comp_minimize_adapter(l, whole, roots, realloc);
    if (!m->core) return false;
    Buf bytes = {.arena = l->arena};
    core_encode(m->core, &bytes);
    m->bytes = buf_text(&bytes);
    m->source = source_of(l->arena, m->source->path, m->bytes);
    Reader r = reader_of(m->source, l->diags);
    m->core = core_decode(l->arena, &r, l->options->features);
    if (!m->core || !core_validate(l->arena, m->core, l->options->features, l->diags)) return false;
    m->exports_by_name = (Map){0};
    m->imports.len = 0;
    comp_index_exports(l, m);
    return comp_link_imports(l, m);
}

/* Our own adapter has two reallocs: one that needs the state, for programs that have it anyway, and
 * one for the rest. Which one, and whether any, shows when it has been cut without. */
static bool cut_own_adapter(Linker *l, LinkModule *m, Map *roots) {
    const LinkModule whole = *m;
    if (!cut_adapter(l, m, &whole, roots, (Str){0})) return false;
    bool needs_realloc = false;
    for (size_t i = 0; i < m->imports.len; i++) needs_realloc |= m->imports.at[i].needs_realloc;
    if (!needs_realloc) return true;
    bool has_state = m->core->memories.len > 1;
    map_put(l->arena, roots, has_state ? STR("cabi_import_realloc") : STR("cabi_list_realloc"),
            NULL);
    return cut_adapter(l, m, &whole, roots, (Str){0});
}

/* Cuts an adapter down to what is needed of it; *used is false where that is nothing. */
static bool link_adapter(Linker *l, LinkModule *m, bool *used) {
    static const char *const reallocs[] = {"cabi_realloc_adapter", "cm32p2_realloc", "cabi_realloc",
                                           "canonical_abi_realloc", NULL};
    Map roots = {0};
    size_t exports = l->exports.len, shims = l->shims.len;
    if (!comp_link_exports(l, m) || !adapter_roots(l, m, exports, shims, &roots)) return false;
    *used = roots.len > 0;
    if (!*used) return true;
    Str realloc = {0};
    if (!l->options->realloc_via_memory_grow)
        for (size_t i = 0; reallocs[i] && !realloc.len; i++) {
            Str name = str_from(reallocs[i]);
            if (comp_link_provider(l, name, CORE_FUNC)) realloc = name;
        }
    if (m->has_own_state) return cut_own_adapter(l, m, &roots);
    const LinkModule whole = *m;
    return cut_adapter(l, m, &whole, &roots, realloc);
}

static bool link_adapters(Linker *l) {
    bool ok = true;
    size_t kept = 1;
    for (size_t i = 1; i < l->modules.len && ok; i++) {
        bool used = l->modules.at[i]->is_library;
        if (!used) ok = link_adapter(l, l->modules.at[i], &used);
        if (ok && used) l->modules.at[kept++] = l->modules.at[i];
    }
    if (ok) l->modules.len = kept;
    return ok;
}

/* ---- shims and hooks ---- */

Str comp_module_key(Linker *l, const LinkModule *m, Str name) { return pointer_key(l, m, name); }

/* Whether what the import needs is there only after its module. */
static bool must_wait(Linker *l, const LinkImport *import) {
    Str name;
    if (import->kind == LINK_ADAPTER) return true;
    if (import->kind == LINK_CANON && import->canon.op == COMP_CANON_THREAD_NEW_INDIRECT)
        return true;
    if (import->needs_memory && import->owner == link_main(l) && !l->memory_import) return true;
    if (!import->needs_realloc) return false;
    const LinkModule *owner = comp_realloc_of(l, import->owner, true, &name);
    return owner == import->owner || (owner && owner->is_library && import->owner->is_library);
}

static void add_hook(Linker *l, LinkModule *m, Str name, LinkHookCode start, LinkHookCode finish,
                     bool by_code) {
    bool added;
    MapEntry *e = map_put(l->arena, &l->hooks_by_name, comp_module_key(l, m, name), &added);
    if (!added || !name.len) return;
    e->value = l->hooks.len;
    *vec_push(l->arena, &l->hooks) =
        (LinkHook){.owner = m,
                   .name = name,
                   .type = core_func_type(m->core, comp_module_export(m, name)->index),
                   .start = start,
                   .finish = finish,
                   .by_code = by_code};
}

/* With a hook reallocs too are wrapped, and wanted before the wrappers are there. An adapter's own
 * call nothing. */
static void add_realloc(Linker *l, LinkModule *m, bool import) {
    Str name;
    bool added;
    LinkModule *owner = comp_realloc_of(l, m, import, &name);
    if (!owner || (l->pauser && owner->is_adapter)) return;
    MapEntry *e = map_put(l->arena, &l->realloc_shims, comp_module_key(l, owner, name), &added);
    if (!added) return;
    e->value = l->shims.len;
    if (l->pauser) add_hook(l, owner, name, HOOK_PAUSE_START, HOOK_PAUSE_FINISH, false);
    else add_hook(l, owner, name, HOOK_REALLOC_START, HOOK_REALLOC_FINISH, false);
    *vec_push(l->arena, &l->shims) =
        (LinkShim){.kind = SHIM_REALLOC,
                   .owner = owner,
                   .export_name = name,
                   .type = core_func_type(owner->core, comp_module_export(owner, name)->index)};
}

static void wrap_export(Linker *l, const LinkExport *e) {
    bool by_code = e->abi->variant == ABI_LIFT_ASYNC_CALLBACK;
    bool is_async = e->abi->variant != ABI_LIFT;
    add_hook(l, e->owner, e->name, is_async ? HOOK_ASYNC_START : HOOK_SYNC_START,
             is_async ? HOOK_ASYNC_FINISH : HOOK_SYNC_FINISH, by_code);
    if (e->post_return.len)
        add_hook(l, e->owner, e->post_return, HOOK_POST_RETURN_START, HOOK_POST_RETURN_FINISH,
                 false);
    if (e->callback.len)
        add_hook(l, e->owner, e->callback, HOOK_ASYNC_RESUME, HOOK_ASYNC_FINISH, true);
}

static void add_hooks(Linker *l) {
    for (size_t i = 0; i < l->exports.len && l->hook.len; i++) {
        if (!l->pauser) wrap_export(l, &l->exports.at[i]);
        if (l->exports.at[i].abi->needs_realloc) add_realloc(l, l->exports.at[i].owner, false);
    }
    for (size_t i = 0; i < l->shims.len && l->hook.len; i++)
        if (l->shims.at[i].kind == SHIM_DTOR && !l->pauser)
            add_hook(l, l->shims.at[i].owner, l->shims.at[i].export_name, HOOK_DTOR_START,
                     HOOK_DTOR_FINISH, false);
}

static void add_shims(Linker *l) {
    for (size_t i = 0; i < l->modules.len; i++) {
        LinkModule *m = l->modules.at[i];
        for (size_t k = 0; k < m->imports.len; k++) {
            LinkImport *import = &m->imports.at[k];
            if (l->hook.len && import->needs_realloc) add_realloc(l, m, true);
            if (!must_wait(l, import)) continue;
            import->shim = (uint32_t)l->shims.len;
            *vec_push(l->arena, &l->shims) =
                (LinkShim){.kind = SHIM_IMPORT, .import = import, .type = import->type};
        }
    }
}

/* Slot 1 of the context is for the base of thread-local storage where there are threads. */
static bool place_tls(Linker *l) {
    bool has_slot = false;
    for (size_t i = 0; i < l->modules.len; i++) {
        for (size_t k = 0; k < l->modules.at[i]->imports.len; k++) {
            const LinkImport *import = &l->modules.at[i]->imports.at[k];
            if (import->kind != LINK_CANON) continue;
            CompCanonOp op = import->canon.op;
            if (op == COMP_CANON_THREAD_NEW_INDIRECT ||
                ((op == COMP_CANON_CONTEXT_GET || op == COMP_CANON_CONTEXT_SET) &&
                 import->canon.slot == 1))
                has_slot = true;
        }
    }
    for (size_t i = 0; i < l->modules.len; i++) {
        for (size_t k = 0; k < l->modules.at[i]->imports.len; k++) {
            LinkImport *import = &l->modules.at[i]->imports.at[k];
            if (import->kind != LINK_TLS_GET && import->kind != LINK_TLS_SET) continue;
            if (has_slot) {
                import->kind = LINK_CANON;
            } else if (l->tls_type && l->tls_type != import->canon.value_type) {
                diag(l->diags, LINK_TLS, span_at(import->owner->source, import->offset));
                return false;
            } else {
                l->tls_type = import->canon.value_type;
            }
        }
    }
    return true;
}

bool comp_link_names(Linker *l) {
    static const char *const memories[] = {"cm32p2_memory", "memory", NULL};
    static const char *const initializers[] = {"cm32p2_initialize", "_initialize", NULL};
    static const char *const hooks[] = {"__wasm_task_hook", NULL};
    LinkModule *m = link_main(l);
    m->memory = first_export(m, memories, CORE_MEMORY);
    m->initialize = first_export(m, initializers, CORE_FUNC);
    m->task_hook = first_export(m, hooks, CORE_FUNC);
    const CoreExport *init = comp_module_export(m, m->initialize);
    const CoreExport *hook = comp_module_export(m, m->task_hook);
    l->hook_owner = m;
    if (l->plan && (l->hook_owner = comp_link_provider(l, STR("__wasm_task_hook"), CORE_FUNC))) {
        m->task_hook = STR("__wasm_task_hook");
        hook = comp_module_export(l->hook_owner, m->task_hook);
    }
    bool ok = true;
    for (size_t i = 0; i < l->modules.len && !l->modules.at[i]->is_adapter; i++) {
        ok &= comp_link_imports(l, l->modules.at[i]);
        ok &= comp_link_exports(l, l->modules.at[i]);
    }
    ok &= !init || comp_check_core_type(l, m, m->initialize, init->offset,
                                        core_func_type(m->core, init->index),
                                        comp_text_type(l->arena, "", ""));
    ok &= !hook || comp_check_core_type(l, l->hook_owner, m->task_hook, hook->offset,
                                        core_func_type(l->hook_owner->core, hook->index),
                                        comp_text_type(l->arena, "i", ""));
    l->hook = m->task_hook;
    comp_link_pause(l);
    if (!ok || !link_adapters(l) || !place_tls(l)) return false;
    add_shims(l);
    add_hooks(l);
    return true;
}
