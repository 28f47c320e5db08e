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

static CompExternType item_type(CompInstances *e, const WitItem *item) {
    if (item->kind == WIT_ITEM_FUNC)
        return comp_extern(COMP_FUNC, comp_scope_func(&e->world, item->func));
    return comp_extern(COMP_INSTANCE, comp_instances_type(e, item->interface, NULL, NULL));
}

/* A world as a component type. */
static const CompTypedef *encode_world(Arena *arena, const WitWorld *world) {
    CompBuilder b = comp_builder(arena);
    CompInstances e;
    comp_instances_init(&e, arena, &b);
    for (size_t i = 0; i < world->imports.len; i++) {
        const WitItem *item = &world->imports.at[i];
        if (item->kind == WIT_ITEM_TYPE) {
            comp_scope_val(&e.world, item->type);
            continue;
        }
        CompExternType type = item_type(&e, item);
        uint32_t index = comp_add_import(&b, comp_item_name(arena, item), type);
        if (item->kind == WIT_ITEM_INTERFACE) comp_instances_set(&e, item->interface, index);
    }
    for (size_t i = 0; i < world->exports.len; i++) {
        const WitItem *item = &world->exports.at[i];
        CompExternType type = item_type(&e, item);
        uint32_t index = comp_add_export_decl(&b, comp_item_name(arena, item), type);
        if (item->kind != WIT_ITEM_INTERFACE) continue;
        comp_instances_set(&e, item->interface, index);
        e.aliases = (Map){0}; /* from here on its types are those of the export */
    }
    return comp_finish_type(&b, COMP_TYPEDEF_COMPONENT);
}

/* ---- interfaces ---- */

/* Each interface is a type that repeats all that it needs: a chain of a few hundred is as large as its
 * square, and no package comes near. */
enum { MAX_NEEDS = 50000 };

/* The next interface from *at on whose types this one uses by name; NULL: no more. */
static const WitInterface *next_need(const WitInterface *interface, size_t *at) {
    while (*at < interface->types.len) {
        const WitType *t = interface->types.at[(*at)++];
        if (t->kind != WIT_ALIAS || !t->elem->interface || t->elem->interface == interface)
            continue;
        return t->elem->interface;
    }
    return NULL;
}

/* Depth first, each once, a need before who needs it. Interfaces cannot need one another, and
 * chains of them are as long as packages have interfaces; the walk keeps its own stack. */
static void add_needed(Arena *arena, const WitInterface *interface, Map *needed) {
    typedef struct {
        const WitInterface *interface;
        size_t at;
    } Step;
    VEC(Step) stack = {0};
    Map entered = {0};
    *vec_push(arena, &stack) = (Step){interface, 0};
    while (stack.len) {
        Step *top = &vec_last(&stack);
        const WitInterface *need = next_need(top->interface, &top->at);
        bool added = false;
        if (need) map_put_ptr(arena, &entered, need, &added);
        if (added) *vec_push(arena, &stack) = (Step){need, 0};
        if (need) continue;
        const WitInterface *done = vec_pop(&stack).interface;
        map_put_ptr(arena, needed, done, NULL)->cptr = done;
    }
}

/* `needs` grows by what the interface needs. NULL where that is too much. */
static const CompTypedef *encode_interface(Arena *arena, const WitInterface *interface,
                                           size_t *needs) {
    CompBuilder b = comp_builder(arena);
    CompInstances e;
    Map needed = {0};
    comp_instances_init(&e, arena, &b);
    add_needed(arena, interface, &needed);
    *needs += needed.len;
    if (*needs > MAX_NEEDS) return NULL;
    for (size_t i = 0; i < needed.len; i++) {
        const WitInterface *need = needed.entries[i].cptr;
        Map types = {0}; /* what is needed comes with all of its types, but without functions */
        for (size_t t = 0; t < need->types.len; t++)
            map_put_ptr(arena, &types, need->types.at[t], NULL);
        CompName name = comp_name(wit_interface_id(arena, need));
        uint32_t type = comp_instances_type(&e, need, need == interface ? NULL : &types, NULL);
        CompExternType instance = comp_extern(COMP_INSTANCE, type);
        if (need == interface) comp_add_export_decl(&b, name, instance);
        else comp_instances_set(&e, need, comp_add_import(&b, name, instance));
    }
    return comp_finish_type(&b, COMP_TYPEDEF_COMPONENT);
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
    size_t needs = 0;
    for (size_t i = 0; i < package->interfaces.len; i++) {
        const WitInterface *interface = package->interfaces.at[i];
        const CompTypedef *type = encode_interface(arena, interface, &needs);
        if (!type) {
            diag(diags, WIT_MANY_NEEDS, interface->span, MAX_NEEDS);
            return NULL;
        }
        export_type(&b, interface->name, type);
    }
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
