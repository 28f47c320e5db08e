/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Interfaces and worlds: what their items are, in the order that the model has:
 *
 *     interface   types (uses, then definitions), functions with each resource's in its place
 *     world       types; imports, exports and resources' functions as written; includes come last
 *                 (include.c), then the world is elaborated (model)
 *
 * The names of an interface are one scope; so are a world's imports, and its exports.
 */
#include "witc/internal.h"

/* The type that a definition of the current scope made; NULL where it failed. */
static WitType *defined(const Work *w, const AstTypedef *def) {
    const MapEntry *entry = map_get(w->scope, def->name.text);
    const TypeName *name = entry ? entry->cptr : NULL;
    return name && name->type && name->type->kind == def->kind ? name->type : NULL;
}

static void define_function(Work *w, AstName name) {
    bool added;
    MapEntry *entry = map_put(w->arena, w->scope, name.text, &added);
    if (!added) {
        TypeName *first = entry->ptr;
        witc_report_twice(w, name.text, first->span, name.span);
        if (name.span.start < first->span.start) first->span = name.span; /* a type comes later */
        return;
    }
    TypeName *type_name = ARENA_NEW(w->arena, TypeName);
    type_name->span = name.span;
    entry->ptr = type_name;
}

/* Names that differ in the case of an acronym only. */
static void check_case(Work *w) {
    Map keys = {0};
    if (w->incomplete) return;
    for (size_t i = 0; i < w->scope->len; i++) {
        const MapEntry *name = &w->scope->entries[i];
        bool added;
        MapEntry *first = map_put(w->arena, &keys, wit_unique_key(w->arena, name->key), &added);
        if (added) {
            first->cptr = name;
            continue;
        }
        const MapEntry *other = first->cptr;
        diag(w->diags, WIT_NAME_CASE, ((const TypeName *)name->cptr)->span, STR_ARG(name->key),
             STR_ARG(other->key));
        diag_note(w->diags, WIT_FIRST_HERE, ((const TypeName *)other->cptr)->span);
    }
}

/* The functions of a resource stand in it; its own gate was looked at with its type. */
static Gated enter_resource(Work *w, const AstTypedef *def) {
    return witc_reenter(w, &def->attrs, "resource", def->name.text, def->name.span);
}

void witc_resolve_interface(Work *w, Entry *entry, const AstItems *items, const AstAttrs *attrs,
                            Str docs) {
    WitInterface *interface = entry->interface;
    interface->docs = docs;
    interface->stability = attrs->stability;
    interface->package = w->unit->package;
    w->scope = &entry->types;
    w->items = items;
    w->interface = interface;
    w->world = NULL;
    witc_resolve_types(w);
    for (size_t i = 0; i < w->scope->len; i++)
        *vec_push(w->arena, &interface->types) =
            ((const TypeName *)w->scope->entries[i].cptr)->type;
    for (size_t i = 0; i < items->len; i++) {
        const AstItem *item = &items->at[i];
        if (item->kind == AST_FUNC) {
            define_function(w, item->func->name);
            WitFunc *func = witc_resolve_func(w, item->func, NULL, (Str){0});
            *vec_push(w->arena, &interface->funcs) = func;
        } else if (item->kind == AST_TYPEDEF && item->def->kind == WIT_RESOURCE) {
            const WitType *resource = defined(w, item->def);
            Gated outer = enter_resource(w, item->def);
            for (size_t j = 0; resource && j < item->def->funcs.len; j++) {
                WitFunc *func =
                    witc_resolve_func(w, &item->def->funcs.at[j], resource, item->def->name.text);
                *vec_push(w->arena, &interface->funcs) = func;
            }
            witc_leave(w, outer);
        }
    }
    check_case(w);
}

/* ---- worlds ---- */

Str witc_item_key(Arena *arena, const WitItem *item) {
    if (item->kind != WIT_ITEM_INTERFACE || item->name.len) return item->name;
    char *key = arena_alloc(arena, 1 + sizeof item->interface);
    key[0] = '/'; /* no name begins with it */
    memcpy(key + 1, &item->interface, sizeof item->interface);
    return (Str){key, 1 + sizeof item->interface};
}

static const char *item_noun(const WitItem *item) {
    switch (item->kind) {
    case WIT_ITEM_FUNC: return "func";
    case WIT_ITEM_TYPE: return "type";
    case WIT_ITEM_INTERFACE: break;
    }
    return "interface";
}

typedef struct {
    Map names; /* item key -> position + 1 */
    WitItems *items;
    const char *direction;
} Side;

static void add_item(Work *w, Side *side, const WitItem *item, Span span) {
    bool added;
    MapEntry *entry = map_put(w->arena, &side->names, witc_item_key(w->arena, item), &added);
    if (added) {
        entry->value = side->items->len;
        *vec_push(w->arena, side->items) = *item;
        return;
    }
    if (w->incomplete) return;
    const WitItem *first = &side->items->at[entry->value];
    if (item->kind == WIT_ITEM_INTERFACE && !item->name.len)
        diag(w->diags, WIT_INTERFACE_TWICE, span, side->direction);
    else
        diag(w->diags, WIT_EXTERN_TWICE, span, side->direction, STR_ARG(item->name),
             item_noun(first));
    if (first->span.source) diag_note(w->diags, WIT_FIRST_HERE, first->span);
}

/* An interface that is written in place. */
static Entry *inline_interface(Work *w, const Entry *world, const AstExtern *e) {
    Entry *entry = ARENA_NEW(w->arena, Entry);
    *entry =
        (Entry){.unit = w->unit, .file = world->file, .name = e->name.text, .span = e->name.span};
    entry->interface = ARENA_NEW(w->arena, WitInterface);
    *entry->interface = (WitInterface){.span = e->name.span, .id = (uint32_t)WITC_PENDING};
    *vec_push(w->arena, &w->interfaces) = entry;
    Map *scope = w->scope;
    const AstItems *items = w->items;
    bool incomplete = w->incomplete;
    w->incomplete = incomplete || e->incomplete;
    witc_resolve_interface(w, entry, &e->items, &e->attrs, e->docs);
    w->scope = scope;
    w->items = items;
    w->incomplete = incomplete;
    w->interface = NULL;
    w->world = world->world;
    return entry;
}

/* The interface that is written in place, or that a path leads to; NULL: neither. */
static const WitInterface *extern_interface(Work *w, const Entry *world, const AstExtern *e) {
    const char *noun = e->is_export ? "export" : "import";
    Str called = e->name.text.len ? e->name.text : e->path.name.text;
    Gated outer = witc_enter(w, &e->attrs, noun, called, e->span);
    const Entry *entry = e->kind == AST_EXTERN_INTERFACE
                             ? inline_interface(w, world, e)
                             : witc_find_path(w, &e->path, false, &e->attrs);
    witc_leave(w, outer);
    return entry ? entry->interface : NULL;
}

/* False where there is nothing to add. */
static bool resolve_extern(Work *w, const Entry *world, const AstExtern *e, WitItem *item) {
    *item = (WitItem){.name = e->name.text,
                      .span = e->span,
                      .stability = e->attrs.stability,
                      .external_id = e->attrs.external_id,
                      .has_external_id = e->attrs.has_external_id};
    if (e->kind == AST_EXTERN_FUNC) {
        item->kind = WIT_ITEM_FUNC;
        item->func = witc_resolve_func(w, &e->func, NULL, (Str){0});
        return true;
    }
    item->kind = WIT_ITEM_INTERFACE;
    item->interface = extern_interface(w, world, e);
    if (e->kind == AST_EXTERN_INTERFACE) return true;
    item->docs = e->docs;
    item->implements = e->name.text.len > 0;
    return item->interface != NULL;
}

static void add_world_types(Work *w, Side *imports) {
    for (size_t i = 0; i < w->scope->len; i++) {
        const MapEntry *name = &w->scope->entries[i];
        const TypeName *type = name->cptr;
        WitItem item = {.kind = WIT_ITEM_TYPE,
                        .name = name->key,
                        .type = type->type,
                        .stability = type->type->stability,
                        .span = type->span};
        add_item(w, imports, &item, type->span);
    }
}

static void add_resource_functions(Work *w, Side *imports, const AstTypedef *def) {
    const WitType *resource = defined(w, def);
    Gated outer = enter_resource(w, def);
    for (size_t i = 0; resource && i < def->funcs.len; i++) {
        WitFunc *func = witc_resolve_func(w, &def->funcs.at[i], resource, def->name.text);
        WitItem item = {.kind = WIT_ITEM_FUNC,
                        .name = func->name,
                        .func = func,
                        .stability = func->stability,
                        .span = func->span};
        bool added;
        MapEntry *entry = map_put(w->arena, &imports->names, func->name, &added);
        entry->value = imports->items->len;
        if (added) *vec_push(w->arena, imports->items) = item;
    }
    witc_leave(w, outer);
}

void witc_resolve_world(Work *w, Entry *entry) {
    WitWorld *world = entry->world;
    const AstItems *items = &entry->decl->items;
    world->docs = entry->decl->docs;
    world->stability = entry->decl->attrs.stability;
    world->package = w->unit->package;
    w->scope = &entry->types;
    w->items = items;
    w->interface = NULL;
    w->world = world;
    Side imports = {.items = &world->imports, .direction = "import"};
    Side exports = {.items = &world->exports, .direction = "export"};
    witc_resolve_types(w);
    for (size_t i = 0; i < items->len; i++) {
        if (items->at[i].kind != AST_INCLUDE) continue;
        const AstUse *use = items->at[i].use;
        const AstName *name = &use->path.name;
        Gated outer = witc_enter(w, &use->attrs, "include of", name->text, name->span);
        Entry *target = witc_find_path(w, &use->path, true, &use->attrs);
        witc_leave(w, outer);
        if (target) *vec_push(w->arena, &entry->includes) = (Include){use, target};
    }
    add_world_types(w, &imports);
    for (size_t i = 0; i < items->len; i++) {
        const AstItem *it = &items->at[i];
        if (it->kind == AST_TYPEDEF && it->def->kind == WIT_RESOURCE)
            add_resource_functions(w, &imports, it->def);
        if (it->kind != AST_EXTERN) continue;
        WitItem item;
        if (resolve_extern(w, entry, it->external, &item))
            add_item(w, it->external->is_export ? &exports : &imports, &item, it->external->span);
    }
}
