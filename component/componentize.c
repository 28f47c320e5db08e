/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * A core module becomes a component, with adapters.
 *
 *     types and imports       instance types of what the modules use, nothing else
 *     (core module $main)     as it came, without its `component-type` sections
 *     (core module $adapter)  each cut down to what is used of it (adapter.c)
 *     (core module $shim)     only if some import needs the memory of $main, which must then exist
 *                             before the import does: the shim's functions call through a table, and
 *     (core module $fixup)    fills it (shim.c)
 *     instances and canons    in an order that works (instantiate.c)
 *     canon lift ..., exports (link_export.c)
 *
 * How the modules' imports and exports are called is naming.c's; the worlds of all modules are
 * united into one.
 */
#include "adapter/adapter.h"
#include "base/file.h"
#include "component/componentize.h"

/* ---- what is used ---- */

static bool is_plain(const WitType *type) {
    return !type || (wit_kind_shape(type->kind) == WIT_SHAPE_PRIM && !type->name.len);
}

typedef struct {
    const WitType *type;
    bool is_open; /* its parts stand above it */
} Want;

typedef VEC(Want) Wants;

static void want_part(Linker *l, Wants *stack, const WitType *type) {
    if (!is_plain(type) && !map_has_ptr(&l->wanted, type))
        *vec_push(l->arena, stack) = (Want){type, false};
}

static void want_parts(Linker *l, Wants *stack, const WitType *type) {
    want_part(l, stack, type->second);
    want_part(l, stack, type->elem);
    for (size_t i = type->fields.len; i-- > 0;) want_part(l, stack, type->fields.at[i].type);
}

static void set_wanted(Linker *l, const WitType *type) {
    bool added;
    map_put_ptr(l->arena, &l->wanted, type, &added);
    if (!added || !type->interface) return;
    MapEntry *e = map_put_ptr(l->arena, &l->live, type->interface, &added);
    if (added) {
        e->value = l->live_types.len;
        vec_push(l->arena, &l->live_types);
    }
    *vec_push(l->arena, &l->live_types.at[e->value]) = type;
}

/* A type after everything that it is made of; a chain of names may be long. */
static void want_type(Linker *l, const WitType *type) {
    Wants stack = {0};
    want_part(l, &stack, type);
    while (stack.len) {
        Want *top = &vec_last(&stack);
        const WitType *t = top->type;
        if (top->is_open || map_has_ptr(&l->wanted, t)) {
            stack.len--;
            set_wanted(l, t);
        } else {
            top->is_open = true;
            want_parts(l, &stack, t);
        }
    }
}

static void want_func_types(Linker *l, const WitFunc *f) {
    if (f->kind == WIT_STATIC) want_type(l, f->resource);
    for (size_t i = 0; i < f->params.len; i++) want_type(l, f->params.at[i].type);
    want_type(l, f->result);
    want_type(l, f->resource);
}

static void want_func(Linker *l, const WitFunc *f) {
    map_put_ptr(l->arena, &l->wanted, f, NULL);
    want_func_types(l, f);
}

/* Types that an exported interface takes from others. */
static void want_exports(Linker *l) {
    const WitItems *exports = &l->world->exports;
    for (size_t i = 0; i < exports->len; i++) {
        const WitItem *item = &exports->at[i];
        if (item->kind == WIT_ITEM_FUNC) want_func_types(l, item->func);
        if (item->kind != WIT_ITEM_INTERFACE) continue;
        for (size_t k = 0; k < item->interface->types.len; k++)
            want_type(l, item->interface->types.at[k]);
        for (size_t k = 0; k < item->interface->funcs.len; k++)
            want_func_types(l, item->interface->funcs.at[k]);
    }
}

static void want_all(Linker *l) {
    const WitItems *imports = &l->world->imports;
    for (size_t i = 0; i < imports->len; i++)
        if (imports->at[i].kind == WIT_ITEM_TYPE) want_type(l, imports->at[i].type);
    for (size_t i = 0; i < l->modules.len; i++) {
        for (size_t k = 0; k < l->modules.at[i]->imports.len; k++) {
            const LinkImport *import = &l->modules.at[i]->imports.at[k];
            if (import->kind == LINK_FUNC) want_func(l, import->func);
            want_type(l, import->resource);
            want_type(l, import->payload);
            if (import->kind == LINK_CANON && import->canon.op == COMP_CANON_TASK_RETURN)
                want_type(l, import->func->result);
        }
    }
    want_exports(l);
}

/* ---- imports of the component ---- */

static void import_world_func(Linker *l, const WitItem *item) {
    uint32_t type = comp_scope_func(&l->types.world, item->func);
    uint32_t index =
        comp_add_import(&l->b, comp_item_name(l->arena, item), comp_extern(COMP_FUNC, type));
    map_put_ptr(l->arena, &l->world_funcs, item->func, NULL)->value = index;
}

static void import_interface(Linker *l, const WitItem *item) {
    uint32_t live = comp_ptr_index(&l->live, item->interface);
    uint32_t type = comp_instances_type(&l->types, item->interface, &l->wanted,
                                        live == COMP_NONE ? NULL : &l->live_types.at[live]);
    if (type == COMP_NONE) return;
    CompName name = comp_item_name(l->arena, item);
    for (size_t i = 0; i < l->options->rename_count; i++) {
        const CompRename *rename = &l->options->renames[i];
        if (!str_eq(rename->from, name.name)) continue;
        name.name = rename->to;
        break;
    }
    uint32_t index = comp_add_import(&l->b, name, comp_extern(COMP_INSTANCE, type));
    comp_instances_set(&l->types, item->interface, index);
}

static void encode_imports(Linker *l) {
    const WitItems *imports = &l->world->imports;
    for (size_t i = 0; i < imports->len; i++)
        if (imports->at[i].kind == WIT_ITEM_INTERFACE) import_interface(l, &imports->at[i]);
    for (size_t i = 0; i < imports->len; i++)
        if (imports->at[i].kind == WIT_ITEM_TYPE)
            comp_scope_val(&l->types.world, imports->at[i].type);
    for (size_t i = 0; i < imports->len; i++)
        if (imports->at[i].kind == WIT_ITEM_FUNC && map_has_ptr(&l->wanted, imports->at[i].func))
            import_world_func(l, &imports->at[i]);
}

/* ---- the whole ---- */

/* The bodies of an adapter are validated when it has been cut down; a library has been validated. */
static bool validate(Linker *l, const LinkModule *m) {
    if (m->is_library) return true;
    if (!m->is_adapter && !l->options->bodies_later)
        return core_validate(l->arena, m->core, l->options->features, l->diags);
    return core_check_items(core_checker_new(l->arena, m->core, l->options->features, l->diags));
}

LinkModule *comp_load_module(Linker *l, const Source *source, Str name, LinkRole role,
                             CompModuleWorld *world) {
    if (!comp_unite_module_world(l->arena, source, world, l->diags)) return NULL;
    LinkModule *m = ARENA_NEW(l->arena, LinkModule);
    *m = (LinkModule){.name = name,
                      .is_adapter = role == LINK_AN_ADAPTER,
                      .is_library = role == LINK_A_LIBRARY,
                      .source = source_of(l->arena, source->path, world->core),
                      .bytes = world->core,
                      .import_encodings = world->import_encodings,
                      .export_encodings = world->export_encodings,
                      .provides = world->exports};
    Reader r = reader_of(m->source, l->diags);
    m->core = core_decode(l->arena, &r, l->options->features);
    if (!m->core || !validate(l, m)) return NULL;
    const CoreModule *unique = comp_unique_imports(l->arena, m->core, &m->original);
    if (unique != m->core) {
        Buf bytes = {.arena = l->arena};
        core_encode_imports(unique, m->bytes, &bytes);
        m->core = unique;
        m->bytes = buf_text(&bytes);
    }
    comp_index_exports(l, m);
    *vec_push(l->arena, &l->modules) = m;
    return m;
}

/* Our own adapter, for what the module imports. Whatever libraries import is known too late. */
static const Source *own_adapter(Linker *l, const CompAdapter *adapter) {
    const LinkModule *m = link_main(l);
    AdapterChoice choice = {.kind = ADAPTER_REACTOR, .exit_code = adapter->exit_code};
    bool is_command = adapter->wasi == COMP_WASI_AUTO ? comp_module_export(m, STR("_start")) != NULL
                                                      : adapter->wasi == COMP_WASI_COMMAND;
    if (is_command) choice.kind = ADAPTER_COMMAND;
    if (adapter->wasi == COMP_WASI_PROXY) choice.kind = ADAPTER_PROXY;
    choice.without_files = !m->is_library;
    for (size_t i = 0; i < m->core->imports.len; i++)
        if (str_is(m->core->imports.at[i].module, ADAPTER_NAME) &&
            adapter_func_needs_files(m->core->imports.at[i].name))
            choice.without_files = false;
    return source_of(l->arena, STR("<the adapter>"), adapter_module(l->arena, &choice));
}

static bool load_adapter(Linker *l, const CompAdapter *adapter, CompModuleWorld *world) {
    Str name = adapter->wasi ? STR(ADAPTER_NAME) : adapter->name;
    for (size_t i = 1; i < l->modules.len; i++) {
        const LinkModule *m = l->modules.at[i];
        if (!m->is_adapter || !str_eq(m->name, name)) continue;
        diag(l->diags, LINK_ADAPTER_TWICE, span_none(), STR_ARG(name));
        return false;
    }
    const Source *source = adapter->wasi ? own_adapter(l, adapter) : adapter->source;
    LinkModule *m = comp_load_module(l, source, name, LINK_AN_ADAPTER, world);
    if (m) m->has_own_state = adapter->wasi && !l->options->realloc_via_memory_grow;
    return m != NULL;
}

/* The adapters, then the world of all modules. */
static bool load_rest(Linker *l, const Source *module, CompModuleWorld *world) {
    for (size_t i = 0; i < l->options->adapter_count; i++)
        if (!load_adapter(l, &l->options->adapters[i], world)) return false;
    if (!world->model) {
        diag(l->diags, LINK_NO_WORLD, span_at(module, 0));
        diag_note(l->diags, LINK_NO_WORLD_REMEDY, span_none());
        return false;
    }
    l->model = world->model;
    l->world = world->world;
    if (!l->options->no_semver_merge && !wit_merge_imports_by_semver(l->model, l->world, l->diags))
        return false;
    return wit_make_types_nominal(l->model, l->world, l->diags);
}

Linker *comp_linker(Arena *arena, const CompNewOptions *options, Diags *diags) {
    Linker *l = ARENA_NEW(arena, Linker);
    *l = (Linker){.arena = arena,
                  .diags = diags,
                  .options = options,
                  .b = comp_builder(arena),
                  .cache = {.arena = arena, .no_steps = true},
                  .memory = COMP_NONE};
    comp_instances_init(&l->types, arena, &l->b);
    return l;
}

static void keep_names(Linker *l) {
    CompNames all = l->b.names;
    if (l->options->names == COMP_DEBUG_ALL) return;
    l->b.names = (CompNames){0};
    for (size_t i = 0; i < all.sorts[COMP_CORE_MODULE].len; i++)
        if (l->options->names == COMP_DEBUG_MODULES)
            comp_set_name(l->arena, &l->b.names, COMP_CORE_MODULE, (uint32_t)i,
                          all.sorts[COMP_CORE_MODULE].at[i]);
}

CompComponent *comp_link_all(Linker *l, const Source *module, CompModuleWorld *world) {
    if (!load_rest(l, module, world) || !comp_link_names(l)) return NULL;
    want_all(l);
    encode_imports(l);
    if (!comp_link_instantiate(l) || !comp_link_encode_exports(l)) return NULL;
    keep_names(l);
    comp_add_custom(&l->b, STR("producers"), comp_producers(l->arena));
    return comp_finish(&l->b);
}

CompComponent *comp_componentize(Arena *arena, const Source *module, const CompNewOptions *options,
                                 Diags *diags) {
    Linker *l = comp_linker(arena, options, diags);
    CompModuleWorld world = {0};
    if (!comp_load_module(l, module, STR("main"), LINK_THE_MAIN, &world)) return NULL;
    return comp_link_all(l, module, &world);
}
