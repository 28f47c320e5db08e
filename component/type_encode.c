/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * From types of the model to type definitions in one index space.
 *
 * A type is defined after its parts, so that indices only point back. A named type is then imported
 * or exported under its name, and that new index is what everything after it refers to:
 *
 *     record r { x: list<u8> }    (type 0 (list u8))
 *                                 (type 1 (record (field "x" 0)))
 *                                 (export "r" (type 2 (eq 1)))
 *
 * Equal anonymous types and equal function types are defined once a space. Types of other interfaces
 * come as aliases from the instances that the outer space has (CompInstances).
 */
#include "component/internal.h"

/* Keys of the maps: bytes put together in the arena. */
static void key_ptr(Buf *key, const void *ptr) { buf_bytes(key, &ptr, sizeof ptr); }

static Str shape_key(Arena *arena, const WitType *type) {
    Buf key = {.arena = arena};
    buf_byte(&key, (uint8_t)type->kind);
    buf_u64(&key, type->length);
    key_ptr(&key, type->elem);
    key_ptr(&key, type->second);
    for (size_t i = 0; i < type->fields.len; i++) {
        buf_name(&key, type->fields.at[i].name);
        key_ptr(&key, type->fields.at[i].type);
    }
    return buf_text(&key);
}

static Str func_key(Arena *arena, const WitFunc *func) {
    Buf key = {.arena = arena};
    buf_byte(&key, func->is_async);
    key_ptr(&key, func->result);
    for (size_t i = 0; i < func->params.len; i++) {
        buf_name(&key, func->params.at[i].name);
        key_ptr(&key, func->params.at[i].type);
    }
    return buf_text(&key);
}

CompName comp_extern_name(Str name, bool has_external_id, Str external_id) {
    return (CompName){.name = name, .has_external_id = has_external_id, .external_id = external_id};
}

static void define_fields(CompTypeScope *scope, const WitFields *fields, CompTypedef *def) {
    for (size_t i = 0; i < fields->len; i++) {
        CompField field = {.name = fields->at[i].name,
                           .type = comp_scope_val(scope, fields->at[i].type)};
        *vec_push(scope->builder->arena, &def->fields) = field;
    }
}

/* The definition of a type without its name. */
static CompValRef define(CompTypeScope *scope, const WitType *type) {
    if (type->kind == WIT_ALIAS) return comp_scope_val(scope, type->elem);
    CompTypedef def = {.sort = COMP_TYPEDEF_VALUE, .kind = type->kind, .length = type->length};
    define_fields(scope, &type->fields, &def);
    def.elem = comp_scope_val(scope, type->elem);
    def.second = comp_scope_val(scope, type->second);
    return comp_ref(comp_add_type(scope->builder, &def));
}

/* An import of the type under a name that no other has. */
static uint32_t import_type(CompTypeScope *scope, const WitType *type, CompExternType extern_type) {
    Arena *arena = scope->builder->arena;
    Str name = str_concat(arena, STR("import-type-"), type->name);
    for (unsigned n = 0; map_get(&scope->imported, name); n++)
        name = str_fmt(arena, "%.*s%u", STR_ARG(name), n);
    map_put(arena, &scope->imported, name, NULL)->cptr = type;
    return comp_add_import(scope->builder, comp_name(name), extern_type);
}

static uint32_t add_named(CompTypeScope *scope, const WitType *type, CompExternType extern_type) {
    CompName name = comp_extern_name(type->name, type->has_external_id, type->external_id);
    switch (scope->naming) {
    case COMP_NAME_BY_EXPORT_DECL: return comp_add_export_decl(scope->builder, name, extern_type);
    case COMP_NAME_BY_IMPORT: return comp_add_import(scope->builder, name, extern_type);
    case COMP_NAME_BY_IMPORT_TYPE: return import_type(scope, type, extern_type);
    case COMP_NAME_BY_EXPORT:
        return comp_add_export(scope->builder, name, COMP_TYPE, extern_type.index, NULL);
    case COMP_NAME_NOT: break;
    }
    return extern_type.index;
}

/* Gives a definition its name; a primitive type needs an index for that. */
static uint32_t give_name(CompTypeScope *scope, const WitType *type, CompValRef def) {
    if (!def.is_index) {
        CompTypedef prim = {.sort = COMP_TYPEDEF_VALUE, .kind = def.prim};
        def = comp_ref(comp_add_type(scope->builder, &prim));
    }
    return add_named(scope, type, comp_extern_eq(def.index));
}

static uint32_t encode(CompTypeScope *scope, const WitType *type) {
    if (type->interface && type->interface != scope->interface) return scope->foreign(scope, type);
    if (type->kind == WIT_RESOURCE) return add_named(scope, type, comp_extern_resource());
    CompValRef def = define(scope, type);
    return type->name.len ? give_name(scope, type, def) : def.index;
}

/* Names of names can make a long chain: what the last one stands for is encoded first. */
static void encode_chain(CompTypeScope *scope, const WitType *type) {
    CompTypeList chain = {0};
    for (const WitType *t = type->elem;
         t->kind == WIT_ALIAS && t->interface == scope->interface && !map_has_ptr(&scope->types, t);
         t = t->elem)
        *vec_push(scope->builder->arena, &chain) = t;
    while (chain.len) comp_scope_val(scope, vec_pop(&chain));
}

CompValRef comp_scope_val(CompTypeScope *scope, const WitType *type) {
    Arena *arena = scope->builder->arena;
    if (!type) return (CompValRef){0};
    if (wit_kind_shape(type->kind) == WIT_SHAPE_PRIM && !type->name.len)
        return comp_prim(type->kind);
    MapEntry *known = map_get_ptr(&scope->types, type);
    bool anonymous = type->name.len == 0;
    if (!known && anonymous) known = map_get(&scope->shapes, shape_key(arena, type));
    if (known) return comp_ref((uint32_t)known->value);
    if (type->kind == WIT_ALIAS && type->interface == scope->interface) encode_chain(scope, type);
    uint32_t index = encode(scope, type);
    comp_scope_set(scope, type, index);
    if (anonymous) map_put(arena, &scope->shapes, shape_key(arena, type), NULL)->value = index;
    return comp_ref(index);
}

void comp_scope_set(CompTypeScope *scope, const WitType *type, uint32_t index) {
    Arena *arena = scope->builder->arena;
    map_put_ptr(arena, &scope->types, type, NULL)->value = index;
}

uint32_t comp_scope_func(CompTypeScope *scope, const WitFunc *func) {
    Arena *arena = scope->builder->arena;
    Str key = func_key(arena, func);
    MapEntry *known = map_get(&scope->funcs, key);
    if (known) return (uint32_t)known->value;
    CompTypedef def = {.sort = COMP_TYPEDEF_FUNC, .is_async = func->is_async};
    define_fields(scope, &func->params, &def);
    def.elem = comp_scope_val(scope, func->result);
    uint32_t index = comp_add_type(scope->builder, &def);
    map_put(arena, &scope->funcs, key, NULL)->value = index;
    return index;
}

/* ---- types of instances ---- */

uint32_t comp_instances_alias(CompInstances *e, const WitType *type) {
    bool added;
    MapEntry *entry = map_put_ptr(e->arena, &e->aliases, type, &added);
    if (!added) return (uint32_t)entry->value;
    const MapEntry *instance = map_get_ptr(&e->instances, type->interface);
    uint32_t at = instance ? (uint32_t)instance->value : 0;
    uint32_t index = comp_add_alias(e->outer, COMP_TYPE, at, type->name);
    entry->value = index;
    return index;
}

static uint32_t foreign_outside(CompTypeScope *scope, const WitType *type) {
    return comp_instances_alias(scope->context, type);
}

static uint32_t foreign_inside(CompTypeScope *scope, const WitType *type) {
    return comp_add_outer_alias(scope->builder, COMP_TYPE, 1,
                                comp_instances_alias(scope->context, type));
}

void comp_instances_init(CompInstances *e, Arena *arena, CompBuilder *outer) {
    *e = (CompInstances){.arena = arena, .outer = outer};
    e->world = (CompTypeScope){
        .builder = outer, .naming = COMP_NAME_BY_IMPORT, .foreign = foreign_outside, .context = e};
}

void comp_instances_set(CompInstances *e, const WitInterface *interface, uint32_t index) {
    map_put_ptr(e->arena, &e->instances, interface, NULL)->value = index;
}

static void encode_func(CompTypeScope *scope, const WitFunc *f, const Map *wanted) {
    if (wanted && !map_has_ptr(wanted, f)) return;
    uint32_t type = comp_scope_func(scope, f);
    comp_add_export_decl(scope->builder,
                         comp_extern_name(f->name, f->has_external_id, f->external_id),
                         comp_extern(COMP_FUNC, type));
}

/* Functions of resources come first, in the order of their resources; then the others. */
static void encode_funcs(CompTypeScope *scope, const WitInterface *interface, const Map *wanted) {
    Arena *arena = scope->builder->arena;
    size_t n = interface->funcs.len;
    size_t *next = ARENA_NEW_ARRAY(arena, size_t, n + 1); /* of the same resource; the place + 1 */
    Map first = {0};
    for (size_t i = n; i-- > 0;) {
        const WitFunc *f = interface->funcs.at[i];
        const void *owner = f->resource ? (const void *)f->resource : interface;
        MapEntry *entry = map_put_ptr(arena, &first, owner, NULL);
        next[i] = entry->value;
        entry->value = i + 1;
    }
    for (size_t t = 0; t <= interface->types.len; t++) {
        bool is_last = t == interface->types.len;
        const void *owner = is_last ? (const void *)interface : interface->types.at[t];
        const MapEntry *entry = map_get_ptr(&first, owner);
        for (size_t i = entry ? entry->value : 0; i > 0; i = next[i - 1])
            encode_func(scope, interface->funcs.at[i - 1], wanted);
    }
}

uint32_t comp_instances_type(CompInstances *e, const WitInterface *interface, const Map *wanted,
                             const CompTypeList *first) {
    CompBuilder inner = comp_builder(e->arena);
    CompTypeScope scope = {.builder = &inner,
                           .interface = interface,
                           .naming = COMP_NAME_BY_EXPORT_DECL,
                           .foreign = foreign_inside,
                           .context = e};
    for (size_t i = 0; first && i < first->len; i++) comp_scope_val(&scope, first->at[i]);
    for (size_t i = 0; i < interface->types.len; i++)
        if (!wanted || map_has_ptr(wanted, interface->types.at[i]))
            comp_scope_val(&scope, interface->types.at[i]);
    encode_funcs(&scope, interface, wanted);
    if (wanted && inner.items.len == 0) return COMP_NONE;
    return comp_add_type(e->outer, comp_finish_type(&inner, COMP_TYPEDEF_INSTANCE));
}

CompName comp_item_name(Arena *arena, const WitItem *item) {
    CompName name =
        comp_extern_name(wit_item_name(arena, item), item->has_external_id, item->external_id);
    if (item->kind == WIT_ITEM_FUNC && !name.has_external_id)
        name = comp_extern_name(name.name, item->func->has_external_id, item->func->external_id);
    if (item->kind == WIT_ITEM_INTERFACE && item->implements) {
        name.has_implements = true;
        name.implements = wit_interface_id(arena, item->interface);
    }
    return name;
}
