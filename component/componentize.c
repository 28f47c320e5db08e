/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * A core module becomes a component.
 *
 *     types and imports       instance types of what the module uses, nothing else
 *     (core module $main)     as it came, without its `component-type` sections
 *     (core module $shim)     only if some import needs the memory of $main, which must then exist
 *     (core module $fixup)    before the import does: the shim's functions call through a table, and
 *                             the fixup module fills it (shim.c)
 *     (core instance $shim)
 *     canon lower ...         what needs no memory directly, the rest by the shim's functions
 *     (core instance $main)
 *     canon lower ...         the rest, with memory and realloc of $main
 *     (core instance $fixup)
 *     canon lift ..., exports
 *
 * How the module's imports and exports are called is naming.c's; here they are WIT functions and
 * resources. An exported interface that has types goes through a small component of its own that
 * gives them their names (export_interface).
 */
#include "base/file.h"
#include "component/componentize.h"

/* ---- options of a canon ---- */

static uint32_t core_alias(Linker *l, Str name) {
    return comp_add_core_alias(&l->b, COMP_CORE_FUNC, l->main, name);
}

static uint32_t memory_of(Linker *l) {
    if (l->memory == COMP_NONE)
        l->memory = comp_add_core_alias(&l->b, COMP_CORE_MEMORY, l->main, l->memory_name);
    return l->memory;
}

/* The module's realloc for one direction: its own one where there is one, else the common one. */
static bool realloc_of(Linker *l, bool import, Str func, uint32_t *index) {
    Str name = comp_realloc_name(l, import);
    if (!name.len) {
        diag(l->diags, LINK_NEEDS_REALLOC, span_at(l->source, 0), STR_ARG(func), "cabi_realloc");
        return false;
    }
    uint32_t *known = import ? &l->import_realloc : &l->export_realloc;
    if (*known == COMP_NONE) *known = core_alias(l, name);
    *index = *known;
    return true;
}

static AbiEncoding encoding_of(Linker *l, const Map *encodings, const WitItem *item, const WitFunc *f) {
    const MapEntry *e = map_get(encodings, comp_encoding_key(l->arena, item, f->name));
    return e ? (AbiEncoding)e->value : ABI_UTF8;
}

/* What abi_func says a canon of the function needs. */
static bool options_of(Linker *l, const AbiFunc *abi, const WitItem *item, const WitFunc *f, bool import,
                       CompOptions *options) {
    *options = (CompOptions){0};
    uint32_t index;
    if (abi->needs_memory) {
        if (!l->memory_name.len) {
            diag(l->diags, LINK_NEEDS_MEMORY, span_at(l->source, 0), STR_ARG(f->name), "memory");
            return false;
        }
        comp_add_option(l->arena, options, COMP_OPTION_MEMORY, memory_of(l));
    }
    if (abi->needs_realloc) {
        if (!realloc_of(l, import, f->name, &index)) return false;
        comp_add_option(l->arena, options, COMP_OPTION_REALLOC, index);
    }
    if (abi->needs_encoding) {
        const Map *encodings = import ? &l->world.import_encodings : &l->world.export_encodings;
        AbiEncoding e = encoding_of(l, encodings, item, f);
        comp_add_option(l->arena, options, (CompOptionKind)((int)COMP_OPTION_UTF8 + (int)e), 0);
    }
    return true;
}

/* ---- what is used ---- */

static void want_type(Linker *l, const WitType *type);

/* A named type, and everything that it is made of. */
static void want_parts(Linker *l, const WitType *type) {
    for (size_t i = 0; i < type->fields.len; i++) want_type(l, type->fields.at[i].type);
    want_type(l, type->elem);
    want_type(l, type->second);
}

static void want_type(Linker *l, const WitType *type) {
    bool added;
    if (!type || (wit_kind_shape(type->kind) == WIT_SHAPE_PRIM && !type->name.len)) return;
    map_put(l->arena, &l->wanted, comp_key(l->arena, type), &added);
    if (added) want_parts(l, type);
}

static void want_func_types(Linker *l, const WitFunc *f) {
    for (size_t i = 0; i < f->params.len; i++) want_type(l, f->params.at[i].type);
    want_type(l, f->result);
    want_type(l, f->resource);
}

static void want_func(Linker *l, const WitFunc *f) {
    map_put(l->arena, &l->wanted, comp_key(l->arena, f), NULL);
    want_func_types(l, f);
}

/* Types that an exported interface takes from others. */
static void want_exports(Linker *l) {
    const WitItems *exports = &l->world.world->exports;
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
    for (size_t i = 0; i < l->imports.len; i++) {
        const LinkImport *import = &l->imports.at[i];
        if (import->func) want_func(l, import->func);
        if (import->resource) want_type(l, import->resource);
    }
    const WitItems *imports = &l->world.world->imports;
    for (size_t i = 0; i < imports->len; i++)
        if (imports->at[i].kind == WIT_ITEM_TYPE) want_type(l, imports->at[i].type);
    want_exports(l);
}

/* ---- imports of the component ---- */

static void import_world_func(Linker *l, const WitItem *item) {
    uint32_t type = comp_scope_func(&l->types.world, item->func);
    uint32_t index = comp_add_import(&l->b, comp_item_name(l->arena, item), comp_extern(COMP_FUNC, type));
    map_put(l->arena, &l->world_funcs, comp_key(l->arena, item->func), NULL)->value = index;
}

static void import_interface(Linker *l, const WitItem *item) {
    uint32_t type = comp_instances_type(&l->types, item->interface, &l->wanted);
    if (type == COMP_NONE) return;
    uint32_t index =
        comp_add_import(&l->b, comp_item_name(l->arena, item), comp_extern(COMP_INSTANCE, type));
    comp_instances_set(&l->types, item->interface, index);
}

static void encode_imports(Linker *l) {
    const WitItems *imports = &l->world.world->imports;
    for (size_t i = 0; i < imports->len; i++)
        if (imports->at[i].kind == WIT_ITEM_INTERFACE) import_interface(l, &imports->at[i]);
    for (size_t i = 0; i < imports->len; i++)
        if (imports->at[i].kind == WIT_ITEM_TYPE) comp_scope_val(&l->types.world, imports->at[i].type);
    for (size_t i = 0; i < imports->len; i++)
        if (imports->at[i].kind == WIT_ITEM_FUNC && comp_has(&l->wanted, imports->at[i].func))
            import_world_func(l, &imports->at[i]);
}

/* ---- core functions for the module's imports ---- */

static uint32_t value_of(const Map *map, const void *ptr) {
    const MapEntry *e = map_get(map, (Str){(const char *)&ptr, sizeof ptr});
    return e ? (uint32_t)e->value : COMP_NONE;
}

/* The component function that an import means. */
static uint32_t imported_func(Linker *l, const LinkImport *import) {
    if (import->item->kind == WIT_ITEM_FUNC) return value_of(&l->world_funcs, import->func);
    uint32_t instance = value_of(&l->types.instances, import->item->interface);
    return comp_add_alias(&l->b, COMP_FUNC, instance, import->func->name);
}

static bool lower(Linker *l, LinkImport *import) {
    CompOptions options;
    uint32_t func = imported_func(l, import);
    if (!options_of(l, import->abi, import->item, import->func, true, &options)) return false;
    import->core_func = comp_add_lower(&l->b, func, options);
    return true;
}

/* The type index of a resource: of an exported one that is ours, or an imported one. */
static uint32_t resource_index(Linker *l, const WitType *resource) {
    uint32_t own = value_of(&l->own_resources, resource);
    if (own != COMP_NONE) return own;
    if (resource->interface) return comp_instances_alias(&l->types, resource);
    return comp_scope_val(&l->types.world, resource).index;
}

/* What needs nothing of the module is there before it. */
static bool make_direct(Linker *l) {
    for (size_t i = 0; i < l->imports.len; i++) {
        LinkImport *import = &l->imports.at[i];
        switch (import->kind) {
        case LINK_FUNC:
            if (import->shim == COMP_NONE && !lower(l, import)) return false;
            break;
        case LINK_RESOURCE_DROP:
        case LINK_RESOURCE_NEW:
        case LINK_RESOURCE_REP: {
            CompCanonOp op = import->kind == LINK_RESOURCE_DROP  ? COMP_CANON_RESOURCE_DROP
                             : import->kind == LINK_RESOURCE_NEW ? COMP_CANON_RESOURCE_NEW
                                                                 : COMP_CANON_RESOURCE_REP;
            import->core_func = comp_add_canon_type(&l->b, op, resource_index(l, import->resource));
            break;
        }
        }
    }
    return true;
}

/* ---- exported resources ---- */

/* Each resource of an exported interface is a type of the component; its destructor, a function of
 * the module, comes through the shim. */
static void define_resources(Linker *l) {
    const WitItems *exports = &l->world.world->exports;
    for (size_t i = 0; i < exports->len; i++) {
        if (exports->at[i].kind != WIT_ITEM_INTERFACE) continue;
        const WitInterface *interface = exports->at[i].interface;
        for (size_t k = 0; k < interface->types.len; k++) {
            const WitType *type = interface->types.at[k];
            if (type->kind != WIT_RESOURCE) continue;
            uint32_t shim = value_of(&l->dtor_shims, type), dtor = COMP_NONE;
            if (shim != COMP_NONE)
                dtor = comp_add_core_alias(&l->b, COMP_CORE_FUNC, l->shim_instance,
                                           comp_shim_name(l->arena, shim));
            uint32_t index = comp_add_resource(&l->b, dtor);
            map_put(l->arena, &l->own_resources, comp_key(l->arena, type), NULL)->value = index;
        }
    }
}

/* ---- instantiation ---- */

/* The core function that the module is given for an import. */
static uint32_t given(Linker *l, const LinkImport *import) {
    if (import->shim == COMP_NONE) return import->core_func;
    return comp_add_core_alias(&l->b, COMP_CORE_FUNC, l->shim_instance,
                               comp_shim_name(l->arena, import->shim));
}

/* One bag of functions a module name, in the order in which the names are met first. */
static void instantiate_main(Linker *l) {
    Map bags = {0};
    CompArgs args = {0};
    for (size_t i = 0; i < l->imports.len; i++)
        map_put(l->arena, &bags, l->imports.at[i].module, NULL);
    for (size_t k = 0; k < bags.len; k++) {
        CompArgs bag = {0};
        Map fields = {0};
        bool added;
        for (size_t i = 0; i < l->imports.len; i++) {
            const LinkImport *import = &l->imports.at[i];
            if (!str_eq(import->module, bags.entries[k].key)) continue;
            map_put(l->arena, &fields, import->field, &added);
            if (added) *vec_push(l->arena, &bag) = comp_arg(import->field, COMP_CORE_FUNC, given(l, import));
        }
        uint32_t instance = comp_add_core_exports(&l->b, bag.at, bag.len);
        *vec_push(l->arena, &args) = comp_arg(bags.entries[k].key, COMP_CORE_INSTANCE, instance);
    }
    l->main = comp_add_core_instance(&l->b, l->main_module, args.at, args.len);
}

static bool instantiate_fixup(Linker *l) {
    CompArgs bag = {0};
    if (l->fixup_module == COMP_NONE) return true;
    if (l->shims.len)
        *vec_push(l->arena, &bag) = comp_arg(
            STR("$imports"), COMP_CORE_TABLE,
            comp_add_core_alias(&l->b, COMP_CORE_TABLE, l->shim_instance, STR("$imports")));
    for (size_t i = 0; i < l->shims.len; i++) {
        LinkShim *shim = &l->shims.at[i];
        if (shim->import && !lower(l, shim->import)) return false;
        uint32_t func = shim->import ? shim->import->core_func : core_alias(l, shim->export_name);
        *vec_push(l->arena, &bag) = comp_arg(comp_shim_name(l->arena, (uint32_t)i), COMP_CORE_FUNC, func);
    }
    if (l->initialize.len)
        *vec_push(l->arena, &bag) = comp_arg(STR("_initialize"), COMP_CORE_FUNC, core_alias(l, l->initialize));
    CompArg arg = comp_arg((Str){0}, COMP_CORE_INSTANCE, comp_add_core_exports(&l->b, bag.at, bag.len));
    comp_add_core_instance(&l->b, l->fixup_module, &arg, 1);
    return true;
}

/* ---- exports ---- */

static bool lift(Linker *l, const WitItem *item, const WitFunc *f, uint32_t type, uint32_t *func) {
    const LinkExport *e = comp_link_export(l, item, f);
    CompOptions options;
    if (!e || !options_of(l, e->abi, item, f, false, &options)) return false;
    uint32_t core = core_alias(l, e->name);
    if (e->post_return.len)
        comp_add_option(l->arena, &options, COMP_OPTION_POST_RETURN, core_alias(l, e->post_return));
    *func = comp_add_lift(&l->b, core, type, options);
    return true;
}

static bool export_world_func(Linker *l, const WitItem *item) {
    uint32_t type = comp_scope_func(&l->types.world, item->func), func;
    if (!lift(l, item, item->func, type, &func)) return false;
    comp_add_export(&l->b, comp_item_name(l->arena, item), COMP_FUNC, func, NULL);
    return true;
}

/* "[method]r.m" as a plain name. */
static Str import_func_name(Linker *l, const WitFunc *f) {
    Buf name = {.arena = l->arena};
    static const char *const kinds[] = {"func", "method", "static", "constructor"};
    Str rest = f->name;
    size_t bracket = str_find(rest, ']', 0);
    if (bracket != SIZE_MAX) rest = str_after(rest, bracket + 1);
    buf_fmt(&name, "import-%s-", kinds[f->kind]);
    for (size_t i = 0; i < rest.len; i++) buf_byte(&name, rest.ptr[i] == '.' ? '-' : (uint8_t)rest.ptr[i]);
    return buf_text(&name);
}

/* Inside the small component a type of another interface is made again, as an import. */
static uint32_t foreign_as_import(CompTypeScope *scope, const WitType *type) {
    const WitInterface *own = scope->interface;
    scope->interface = type->interface;
    uint32_t index = comp_scope_val(scope, type).index;
    scope->interface = own;
    return index;
}

/* Types of others that an interface's types and functions speak of, in order. */
static void import_foreign(Linker *l, CompTypeScope *inner, const WitInterface *own,
                           const WitType *type, Map *seen) {
    bool added;
    if (!type || (wit_kind_shape(type->kind) == WIT_SHAPE_PRIM && !type->name.len)) return;
    map_put(l->arena, seen, comp_key(l->arena, type), &added);
    if (!added) return;
    if (type->interface && type->interface != own) {
        comp_scope_val(inner, type);
        return;
    }
    for (size_t i = 0; i < type->fields.len; i++)
        import_foreign(l, inner, own, type->fields.at[i].type, seen);
    import_foreign(l, inner, own, type->elem, seen);
    import_foreign(l, inner, own, type->second, seen);
}

static void import_all_foreign(Linker *l, CompTypeScope *inner, const WitInterface *interface) {
    Map seen = {0};
    for (size_t i = 0; i < interface->types.len; i++)
        import_foreign(l, inner, interface, interface->types.at[i], &seen);
    for (size_t i = 0; i < interface->funcs.len; i++) {
        const WitFunc *f = interface->funcs.at[i];
        for (size_t k = 0; k < f->params.len; k++)
            import_foreign(l, inner, interface, f->params.at[k].type, &seen);
        import_foreign(l, inner, interface, f->result, &seen);
    }
}

static Map copy_map(Arena *arena, const Map *map) {
    Map copy = {0};
    for (size_t i = 0; i < map->len; i++)
        map_put(arena, &copy, map->entries[i].key, NULL)->value = map->entries[i].value;
    return copy;
}

/* The second half of the small component: everything goes out again, under its own name. */
static void reexport(Linker *l, CompBuilder *c, const WitInterface *interface, const Map *foreign,
                     const CompTypeScope *inner) {
    CompTypeScope out = {.builder = c,
                         .interface = interface,
                         .naming = COMP_NAME_BY_EXPORT,
                         .types = copy_map(l->arena, foreign)};
    for (size_t i = 0; i < interface->types.len; i++) {
        const WitType *type = interface->types.at[i];
        if (type->kind != WIT_RESOURCE) {
            comp_scope_val(&out, type);
            continue;
        }
        uint32_t imported = value_of(&inner->types, type);
        CompName name = comp_extern_name(type->name, type->has_external_id, type->external_id);
        comp_scope_set(&out, type, comp_add_export(c, name, COMP_TYPE, imported, NULL));
    }
    for (size_t i = 0; i < interface->funcs.len; i++) {
        const WitFunc *f = interface->funcs.at[i];
        CompExternType type = comp_extern(COMP_FUNC, comp_scope_func(&out, f));
        comp_add_export(c, comp_extern_name(f->name, f->has_external_id, f->external_id), COMP_FUNC,
                        (uint32_t)i, &type);
    }
}

/* A component that imports the interface's functions and types and exports them with the types under
 * their names: inside, a function's type refers to what is exported. *args gets what satisfies it. */
static const CompComponent *naming_component(Linker *l, const WitInterface *interface,
                                             CompTypeScope *root, const uint32_t *funcs,
                                             CompArgs *args) {
    CompBuilder c = comp_builder(l->arena);
    CompTypeScope inner = {.builder = &c,
                           .interface = interface,
                           .naming = COMP_NAME_BY_IMPORT_TYPE,
                           .foreign = foreign_as_import};
    import_all_foreign(l, &inner, interface);
    Map foreign = copy_map(l->arena, &inner.types);
    for (size_t i = 0; i < interface->types.len; i++)
        if (interface->types.at[i]->kind == WIT_RESOURCE) comp_scope_val(&inner, interface->types.at[i]);
    for (size_t i = 0; i < interface->funcs.len; i++) {
        Str name = import_func_name(l, interface->funcs.at[i]);
        uint32_t type = comp_scope_func(&inner, interface->funcs.at[i]);
        comp_add_import(&c, comp_name(name), comp_extern(COMP_FUNC, type));
        *vec_push(l->arena, args) = comp_arg(name, COMP_FUNC, funcs[i]);
    }
    for (size_t i = 0; i < inner.imported.len; i++) {
        const WitType *type = inner.imported.entries[i].cptr;
        uint32_t index = comp_scope_val(root, type).index;
        *vec_push(l->arena, args) = comp_arg(inner.imported.entries[i].key, COMP_TYPE, index);
    }
    reexport(l, &c, interface, &foreign, &inner);
    return comp_finish(&c);
}

static uint32_t foreign_at_root(CompTypeScope *scope, const WitType *type) {
    return comp_instances_alias(scope->context, type);
}

/* Without types of its own an interface is just a bag of functions. */
static bool export_interface(Linker *l, const WitItem *item) {
    const WitInterface *interface = item->interface;
    CompTypeScope root = {.builder = &l->b,
                          .interface = interface,
                          .naming = COMP_NAME_NOT,
                          .foreign = foreign_at_root,
                          .context = &l->types};
    CompArgs args = {0};
    uint32_t *funcs = ARENA_NEW_ARRAY(l->arena, uint32_t, interface->funcs.len);
    uint32_t instance;
    for (size_t i = 0; i < interface->types.len; i++) {
        uint32_t own = value_of(&l->own_resources, interface->types.at[i]);
        if (own != COMP_NONE) comp_scope_set(&root, interface->types.at[i], own);
    }
    for (size_t i = 0; i < interface->funcs.len; i++) {
        const WitFunc *f = interface->funcs.at[i];
        if (!lift(l, item, f, comp_scope_func(&root, f), &funcs[i])) return false;
        *vec_push(l->arena, &args) = comp_arg(f->name, COMP_FUNC, funcs[i]);
    }
    if (interface->types.len == 0) {
        instance = comp_add_exports(&l->b, args.at, args.len);
    } else {
        CompArgs inner = {0};
        const CompComponent *c = naming_component(l, interface, &root, funcs, &inner);
        instance = comp_add_instance(&l->b, comp_add_component(&l->b, c), inner.at, inner.len);
    }
    uint32_t exported =
        comp_add_export(&l->b, comp_item_name(l->arena, item), COMP_INSTANCE, instance, NULL);
    comp_instances_set(&l->types, interface, exported);
    return true;
}

static bool encode_exports(Linker *l) {
    const WitItems *exports = &l->world.world->exports;
    bool ok = true;
    for (size_t i = 0; i < exports->len && ok; i++) {
        const WitItem *item = &exports->at[i];
        if (item->kind == WIT_ITEM_FUNC) ok = export_world_func(l, item);
        else if (item->kind == WIT_ITEM_INTERFACE) ok = export_interface(l, item);
    }
    return ok;
}

/* ---- the whole ---- */

static bool load(Linker *l, const Source *module, const CompNewOptions *options) {
    if (!comp_module_world(l->arena, module, &l->world, l->diags)) return false;
    if (!l->world.model) {
        diag(l->diags, LINK_NO_WORLD, span_at(module, 0));
        diag_note(l->diags, LINK_NO_WORLD_REMEDY, span_none());
        return false;
    }
    WitModel *model = l->world.model;
    if (!options->no_semver_merge && !wit_merge_imports_by_semver(model, l->world.world, l->diags))
        return false;
    if (!wit_make_types_nominal(model, l->world.world, l->diags)) return false;
    l->source = source_of(l->arena, module->path, l->world.core);
    Reader r = reader_of(l->source, l->diags);
    l->core = core_decode(l->arena, &r, options->features);
    return l->core && core_validate(l->arena, l->core, options->features, l->diags);
}

static void add_modules(Linker *l) {
    l->main_module = comp_add_module(&l->b, l->world.core);
    comp_set_name(l->arena, &l->b.names, COMP_CORE_MODULE, l->main_module, STR("main"));
    l->fixup_module = COMP_NONE;
    if (l->shims.len) {
        uint32_t shim = comp_add_module(&l->b, comp_shim_module(l));
        comp_set_name(l->arena, &l->b.names, COMP_CORE_MODULE, shim, STR("wit-component-shim-module"));
        l->shim_instance = comp_add_core_instance(&l->b, shim, NULL, 0);
    }
    if (l->shims.len || l->initialize.len) {
        l->fixup_module = comp_add_module(&l->b, comp_fixup_module(l));
        comp_set_name(l->arena, &l->b.names, COMP_CORE_MODULE, l->fixup_module, STR("wit-component-fixup"));
    }
}

CompComponent *comp_componentize(Arena *arena, const Source *module, const CompNewOptions *options,
                                 Diags *diags) {
    Linker l = {.arena = arena,
                .diags = diags,
                .options = options,
                .b = comp_builder(arena),
                .cache = {.arena = arena},
                .memory = COMP_NONE,
                .import_realloc = COMP_NONE,
                .export_realloc = COMP_NONE};
    comp_instances_init(&l.types, arena, &l.b);
    if (!load(&l, module, options) || !comp_link_names(&l)) return NULL;
    want_all(&l);
    encode_imports(&l);
    add_modules(&l);
    define_resources(&l);
    if (!make_direct(&l)) return NULL;
    instantiate_main(&l);
    if (!instantiate_fixup(&l) || !encode_exports(&l)) return NULL;
    if (options->no_debug_names) l.b.names = (CompNames){0};
    comp_add_custom(&l.b, STR("producers"), comp_producers(arena));
    return comp_finish(&l.b);
}
