/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The exports of a component: functions are lifted and exported; an interface is an instance of them.
 *
 * An interface that has types goes through a small component of its own, which gives them their
 * names: it imports the functions and resources of the interface and the types of others, and
 * exports everything again with types that are its own exports:
 *
 *     (component
 *       (import "import-type-r" (type (sub resource)))  (import "import-func-f" (func ..))
 *       (export "r" (type 0))                           (export "f" (func 0) (func (type ..r..))))
 */
#include "component/componentize.h"

/* Memory and encoding of an asynchronous function's lift must be those of its task.return. */
static bool lift_options(Linker *l, const LinkExport *e, CompOptions *options) {
    const AbiFunc *abi = e->abi;
    bool is_async = abi->variant != ABI_LIFT;
    const AbiFunc *task = is_async ? abi_func(&l->cache, e->func, ABI_LOWER) : NULL;
    bool memory = abi->needs_memory || (task && task->needs_memory);
    if (!comp_link_options(l, e->owner, e->func->name, false, memory, abi->needs_realloc, options))
        return false;
    if (abi->needs_encoding) {
        const MapEntry *encoding = map_get(&e->owner->export_encodings,
                                           comp_encoding_key(l->arena, e->item, e->func->name));
        comp_link_encoding(l, encoding ? (AbiEncoding)encoding->value : ABI_UTF8, options);
    }
    if (is_async) comp_add_option(l->arena, options, COMP_OPTION_ASYNC, 0);
    return true;
}

static bool lift(Linker *l, const WitFunc *f, uint32_t type, uint32_t *func) {
    const LinkExport *e = &l->exports.at[comp_ptr_index(&l->exports_by_func, f)];
    CompOptions options;
    if (!lift_options(l, e, &options)) return false;
    uint32_t core = comp_link_func_alias(l, e->owner, e->name);
    if (e->post_return.len)
        comp_add_option(l->arena, &options, COMP_OPTION_POST_RETURN,
                        comp_link_func_alias(l, e->owner, e->post_return));
    if (e->callback.len)
        comp_add_option(l->arena, &options, COMP_OPTION_CALLBACK,
                        comp_link_func_alias(l, e->owner, e->callback));
    *func = comp_add_lift(&l->b, core, type, options);
    return true;
}

static bool export_world_func(Linker *l, const WitItem *item) {
    uint32_t type = comp_scope_func(&l->types.world, item->func), func;
    if (!lift(l, item->func, type, &func)) return false;
    comp_add_export(&l->b, comp_item_name(l->arena, item), COMP_FUNC, func, NULL);
    return true;
}

/* ---- interfaces ---- */

/* "[method]r.m" as a plain name. */
static Str import_func_name(Linker *l, const WitFunc *f) {
    Buf name = {.arena = l->arena};
    static const char *const kinds[] = {"func", "method", "static", "constructor"};
    Str rest = f->name;
    size_t bracket = str_find(rest, ']', 0);
    if (bracket != SIZE_MAX) rest = str_after(rest, bracket + 1);
    buf_fmt(&name, "import-%s-", kinds[f->kind]);
    for (size_t i = 0; i < rest.len; i++)
        buf_byte(&name, rest.ptr[i] == '.' ? '-' : (uint8_t)rest.ptr[i]);
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
    for (; type; type = type->elem) {
        if (wit_kind_shape(type->kind) == WIT_SHAPE_PRIM && !type->name.len) return;
        map_put_ptr(l->arena, seen, type, &added);
        if (!added) return;
        if (type->interface && type->interface != own) {
            comp_scope_val(inner, type);
            return;
        }
        if (type->kind != WIT_ALIAS) break; /* else a chain of names, which may be long */
    }
    if (!type) return;
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
        uint32_t imported = comp_ptr_index(&inner->types, type);
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
        if (interface->types.at[i]->kind == WIT_RESOURCE)
            comp_scope_val(&inner, interface->types.at[i]);
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
        uint32_t own = comp_ptr_index(&l->own_resources, interface->types.at[i]);
        if (own != COMP_NONE) comp_scope_set(&root, interface->types.at[i], own);
    }
    for (size_t i = 0; i < interface->funcs.len; i++) {
        const WitFunc *f = interface->funcs.at[i];
        if (!lift(l, f, comp_scope_func(&root, f), &funcs[i])) return false;
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

bool comp_link_encode_exports(Linker *l) {
    const WitItems *exports = &l->world->exports;
    bool ok = true;
    for (size_t i = 0; i < exports->len && ok; i++) {
        const WitItem *item = &exports->at[i];
        if (item->kind == WIT_ITEM_FUNC) ok = export_world_func(l, item);
        else if (item->kind == WIT_ITEM_INTERFACE) ok = export_interface(l, item);
    }
    return ok;
}
