/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * WIT as a component of types.
 *
 * A package: each interface is a component type that imports the interfaces that it needs and
 * exports one instance; each world is a component type that exports one component type.
 *
 *     interface i { use j.{t}; f: func(x: t); }
 *
 *     (type (component
 *       (type (instance (export "t" ...)))  (import "ns:p/j" (instance (type 0)))
 *       (alias export 0 "t" (type))
 *       (type (instance (alias outer 1 1 (type)) (export "t" (type (eq 0))) ... (export "f" ...)))
 *       (export "ns:p/i" (instance (type 2)))))
 *     (export "i" (type 0))
 *
 * What an interface needs is imported with all of its types, so that every view of it lists them in
 * one order. wit_decode.c is the way back.
 */
#include "base/json.h"
#include "base/version.h"
#include "component/internal.h"

/* A component type under construction, with the instances that it has so far. */
typedef struct {
    Arena *arena;
    CompBuilder outer;
    CompTypeScope world;  /* types of the component type's own space */
    Map instances;        /* WitInterface -> instance index */
    Map aliases;          /* WitType -> index of its alias in the outer space */
} Encoder;

static Str ptr_key(Arena *arena, const void *ptr) {
    return (Str){arena_copy(arena, &ptr, sizeof ptr), sizeof ptr};
}

/* The outer space's index of a type that one of its instances exports. */
static uint32_t aliased(Encoder *e, const WitType *type) {
    bool added;
    MapEntry *entry = map_put(e->arena, &e->aliases, ptr_key(e->arena, type), &added);
    if (!added) return (uint32_t)entry->value;
    const MapEntry *instance = map_get(&e->instances, ptr_key(e->arena, type->interface));
    uint32_t at = instance ? (uint32_t)instance->value : 0;
    entry->value = comp_add_alias(&e->outer, COMP_TYPE, at, type->name);
    return (uint32_t)entry->value;
}

static uint32_t foreign_outside(CompTypeScope *scope, const WitType *type) {
    return aliased(scope->context, type);
}

static uint32_t foreign_inside(CompTypeScope *scope, const WitType *type) {
    return comp_add_outer_alias(scope->builder, COMP_TYPE, 1, aliased(scope->context, type));
}

static void encoder_init(Encoder *e, Arena *arena) {
    *e = (Encoder){.arena = arena, .outer = comp_builder(arena)};
    e->world = (CompTypeScope){.builder = &e->outer,
                               .naming = COMP_NAME_BY_IMPORT,
                               .foreign = foreign_outside,
                               .context = e};
}

/* Functions of resources come first, in the order of their resources; then the others. */
static void encode_funcs(CompTypeScope *scope, const WitInterface *interface) {
    for (size_t t = 0; t <= interface->types.len; t++) {
        const WitType *resource = t < interface->types.len ? interface->types.at[t] : NULL;
        for (size_t i = 0; i < interface->funcs.len; i++) {
            const WitFunc *f = interface->funcs.at[i];
            if (f->resource != resource) continue;
            uint32_t type = comp_scope_func(scope, f);
            comp_add_export_decl(scope->builder,
                                 comp_extern_name(f->name, f->has_external_id, f->external_id),
                                 comp_extern(COMP_FUNC, type));
        }
    }
}

/* An instance type of the interface, put into the outer space; `types_only` leaves functions out. */
static uint32_t encode_instance(Encoder *e, const WitInterface *interface, bool types_only) {
    CompBuilder inner = comp_builder(e->arena);
    CompTypeScope scope = {.builder = &inner,
                           .interface = interface,
                           .naming = COMP_NAME_BY_EXPORT_DECL,
                           .foreign = foreign_inside,
                           .context = e};
    for (size_t i = 0; i < interface->types.len; i++) comp_scope_val(&scope, interface->types.at[i]);
    if (!types_only) encode_funcs(&scope, interface);
    return comp_add_type(&e->outer, comp_finish_type(&inner, COMP_TYPEDEF_INSTANCE));
}

/* The next instance of the outer space is this interface. */
static void note_instance(Encoder *e, const WitInterface *interface, uint32_t index) {
    map_put(e->arena, &e->instances, ptr_key(e->arena, interface), NULL)->value = index;
}

/* ---- worlds ---- */

static CompName item_name(Encoder *e, const WitItem *item) {
    CompName name = comp_extern_name(wit_item_name(e->arena, item), item->has_external_id,
                                     item->external_id);
    if (item->kind == WIT_ITEM_FUNC && !name.has_external_id)
        name = comp_extern_name(name.name, item->func->has_external_id, item->func->external_id);
    if (item->kind == WIT_ITEM_INTERFACE && item->implements) {
        name.has_implements = true;
        name.implements = wit_interface_id(e->arena, item->interface);
    }
    return name;
}

static CompExternType item_type(Encoder *e, const WitItem *item) {
    if (item->kind == WIT_ITEM_FUNC)
        return comp_extern(COMP_FUNC, comp_scope_func(&e->world, item->func));
    return comp_extern(COMP_INSTANCE, encode_instance(e, item->interface, false));
}

/* A world as a component type. */
static const CompTypedef *encode_world(Arena *arena, const WitWorld *world) {
    Encoder e;
    encoder_init(&e, arena);
    for (size_t i = 0; i < world->imports.len; i++) {
        const WitItem *item = &world->imports.at[i];
        if (item->kind == WIT_ITEM_TYPE) {
            comp_scope_val(&e.world, item->type);
            continue;
        }
        CompExternType type = item_type(&e, item);
        uint32_t index = comp_add_import(&e.outer, item_name(&e, item), type);
        if (item->kind == WIT_ITEM_INTERFACE) note_instance(&e, item->interface, index);
    }
    for (size_t i = 0; i < world->exports.len; i++) {
        const WitItem *item = &world->exports.at[i];
        CompExternType type = item_type(&e, item);
        uint32_t index = comp_add_export_decl(&e.outer, item_name(&e, item), type);
        if (item->kind == WIT_ITEM_INTERFACE) {
            note_instance(&e, item->interface, index);
            e.aliases = (Map){0}; /* from here on its types are those of the export */
        }
    }
    return comp_finish_type(&e.outer, COMP_TYPEDEF_COMPONENT);
}

/* ---- interfaces ---- */

static void add_needed(Arena *arena, const WitInterface *interface, Map *seen);

/* The interfaces whose types an interface uses by name. */
static void add_direct_needs(Arena *arena, const WitInterface *interface, Map *seen) {
    for (size_t i = 0; i < interface->types.len; i++) {
        const WitType *t = interface->types.at[i];
        if (t->kind != WIT_ALIAS || !t->elem->interface || t->elem->interface == interface) continue;
        add_needed(arena, t->elem->interface, seen);
    }
}

/* Depth first, each once, a need before who needs it. Interfaces cannot need one another, and
 * chains of them are as long as packages have interfaces; the walk keeps its own stack. */
static void add_needed(Arena *arena, const WitInterface *interface, Map *seen) {
    Str key = ptr_key(arena, interface);
    if (map_get(seen, key)) return;
    add_direct_needs(arena, interface, seen);
    map_put(arena, seen, key, NULL)->cptr = interface;
}

static const CompTypedef *encode_interface(Arena *arena, const WitInterface *interface) {
    Encoder e;
    Map needed = {0};
    encoder_init(&e, arena);
    add_needed(arena, interface, &needed);
    for (size_t i = 0; i < needed.len; i++) {
        const WitInterface *need = needed.entries[i].cptr;
        CompName name = comp_name(wit_interface_id(arena, need));
        CompExternType type =
            comp_extern(COMP_INSTANCE, encode_instance(&e, need, need != interface));
        if (need == interface) comp_add_export_decl(&e.outer, name, type);
        else note_instance(&e, need, comp_add_import(&e.outer, name, type));
    }
    return comp_finish_type(&e.outer, COMP_TYPEDEF_COMPONENT);
}

/* ---- the two forms ---- */

static const CompTypedef *wrapped_world(Arena *arena, const WitWorld *world) {
    CompBuilder wrapper = comp_builder(arena);
    uint32_t type = comp_add_type(&wrapper, encode_world(arena, world));
    comp_add_export_decl(&wrapper, comp_name(wit_world_id(arena, world)),
                         comp_extern(COMP_COMPONENT, type));
    return comp_finish_type(&wrapper, COMP_TYPEDEF_COMPONENT);
}

Str comp_producers(Arena *arena) {
    Buf bytes = {.arena = arena};
    buf_u32(&bytes, 1);
    buf_name(&bytes, STR("processed-by"));
    buf_u32(&bytes, 1);
    buf_name(&bytes, STR("witc"));
    buf_name(&bytes, STR(WITC_VERSION));
    return buf_text(&bytes);
}

static void export_type(CompBuilder *b, Str name, const CompTypedef *def) {
    uint32_t type = comp_add_type(b, def);
    comp_add_export(b, comp_name(name), COMP_TYPE, type, NULL);
}

CompComponent *comp_encode_package(Arena *arena, const WitModel *model, Diags *diags) {
    CompBuilder b = comp_builder(arena);
    const WitPackage *package = model->main;
    for (size_t i = 0; i < package->interfaces.len; i++)
        export_type(&b, package->interfaces.at[i]->name,
                    encode_interface(arena, package->interfaces.at[i]));
    for (size_t i = 0; i < package->worlds.len; i++)
        export_type(&b, package->worlds.at[i]->name, wrapped_world(arena, package->worlds.at[i]));
    comp_add_custom(&b, STR("package-docs"), comp_package_docs(arena, package));
    comp_add_custom(&b, STR("producers"), comp_producers(arena));
    return comp_finish(&b);
}

Str comp_encode_world(Arena *arena, const WitModel *model, const WitWorld *world,
                      AbiEncoding encoding, Diags *diags) {
    CompBuilder b = comp_builder(arena);
    Buf version = {.arena = arena}, bytes = {.arena = arena};
    buf_byte(&version, 4);
    buf_byte(&version, (uint8_t)encoding);
    comp_add_custom(&b, STR("wit-component-encoding"), buf_text(&version));
    uint32_t type = comp_add_type(&b, wrapped_world(arena, world));
    comp_add_export(&b, comp_name(world->name), COMP_TYPE, type, NULL);
    comp_add_custom(&b, STR("producers"), comp_producers(arena));
    comp_encode(comp_finish(&b), &bytes);
    return buf_text(&bytes);
}
