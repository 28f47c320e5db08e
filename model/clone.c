/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Copies of types, functions and interfaces within one model, for a world that must own what was
 * another's, or that needs one interface twice.
 *
 * A copy is deep as far as the old owner's things reach: its named types and the anonymous types
 * that they and its functions contain are copied once each (the maps remember them), types of other
 * owners are referred to as they are, unless they were copied before.
 *
 * wit_make_types_nominal: in the world `import x; export x;` the resource `x.r` means two types.
 * Every interface that occurs again, and every one that uses a copied one, is copied, so that an
 * interface (and a type) has one direction and one place. Imports come first; within a direction,
 * what is imported under a plain name comes last, since nothing can use it, and so the record of
 * its copies is dropped.
 */
#include "model/internal.h"

/* ---- copies ---- */

void clone_register(Cloner *c, const WitType *old, const WitType *new_type) {
    Map *map = c->temporary ? &c->extra : &c->types;
    map_put(c->model->arena, map, address_key(c->model->arena, old), NULL)->cptr = new_type;
}

static const WitType *registered(Cloner *c, const WitType *type) {
    Str key = {(const char *)&type, sizeof type};
    const MapEntry *entry = map_get(&c->extra, key);
    if (!entry) entry = map_get(&c->types, key);
    return entry ? entry->cptr : NULL;
}

static bool is_old_owners(const Cloner *c, const WitType *type) {
    return type->interface ? type->interface == c->old_owner : type->world == c->old_owner;
}

/* Owners are only known for named types: an anonymous one is everybody's, and copied. */
static bool is_foreign(const Cloner *c, const WitType *type) {
    return (type->interface || type->world) && !is_old_owners(c, type);
}

const WitType *clone_type(Cloner *c, const WitType *type) {
    if (!type || wit_kind_shape(type->kind) == WIT_SHAPE_PRIM) return type;
    const WitType *known = registered(c, type);
    if (known) return known;
    if (is_foreign(c, type)) return type;
    Arena *arena = c->model->arena;
    WitType *copy = wit_type_new(c->model, type->kind);
    uint32_t id = copy->id;
    *copy = *type;
    copy->id = id;
    copy->answers = 0;
    if (type->interface || type->world) {
        copy->interface = c->new_interface;
        copy->world = c->new_world;
    }
    clone_register(c, type, copy);
    copy->elem = clone_type(c, type->elem);
    copy->real = copy->kind == WIT_ALIAS ? wit_dealias(copy->elem) : NULL;
    copy->second = clone_type(c, type->second);
    copy->fields = (WitFields){0};
    for (size_t i = 0; i < type->fields.len; i++) {
        WitField *field = vec_push(arena, &copy->fields);
        *field = type->fields.at[i];
        field->type = clone_type(c, field->type);
    }
    return copy;
}

WitFunc *clone_func(Cloner *c, const WitFunc *func) {
    Arena *arena = c->model->arena;
    WitFunc *copy = arena_copy(arena, func, sizeof *func);
    copy->resource = clone_type(c, func->resource);
    copy->result = clone_type(c, func->result);
    copy->params = (WitFields){0};
    for (size_t i = 0; i < func->params.len; i++) {
        WitField *param = vec_push(arena, &copy->params);
        *param = func->params.at[i];
        param->type = clone_type(c, param->type);
    }
    return copy;
}

WitInterface *clone_interface(Cloner *c, const WitInterface *interface, const WitPackage *package) {
    Arena *arena = c->model->arena;
    WitInterface *copy = wit_interface_new(c->model, NULL, interface->name);
    copy->package = package;
    copy->docs = interface->docs;
    copy->stability = interface->stability;
    copy->span = interface->span;
    copy->clone_of = interface;
    const void *outer_owner = c->old_owner;
    const WitInterface *outer_interface = c->new_interface;
    WitWorld *outer_world = c->new_world;
    c->old_owner = interface;
    c->new_interface = copy;
    c->new_world = NULL;
    for (size_t i = 0; i < interface->types.len; i++) {
        const WitType *type = clone_type(c, interface->types.at[i]);
        *vec_push(arena, &copy->types) = c->model->types.at[type->id];
    }
    for (size_t i = 0; i < interface->funcs.len; i++)
        *vec_push(arena, &copy->funcs) = clone_func(c, interface->funcs.at[i]);
    c->old_owner = outer_owner;
    c->new_interface = outer_interface;
    c->new_world = outer_world;
    return copy;
}

/* ---- nominal types ---- */

typedef struct {
    Cloner cloner;
    Map seen;      /* interfaces that have occurred */
    Map rewritten; /* interfaces that were copied where others may use them */
} Nominal;

/* The positions of one interface that are to be copied. */
typedef struct {
    const WitInterface *interface;
    VEC(size_t) at;
} Rewrite;

typedef VEC(Rewrite) Rewrites;

static bool uses_rewritten(Nominal *n, const WitInterface *interface) {
    for (size_t i = 0; i < interface->types.len; i++) {
        const WitInterface *used = wit_used_interface(interface->types.at[i]);
        Str key = {(const char *)&used, sizeof used};
        if (used && map_get(&n->rewritten, key)) return true;
    }
    return false;
}

static void plan_rewrite(Nominal *n, const WitItem *item, size_t at, Rewrites *plan, Map *planned) {
    Arena *arena = n->cloner.model->arena;
    Str key = address_key(arena, item->interface);
    bool first, added;
    map_put(arena, &n->seen, key, &first);
    if (first && !uses_rewritten(n, item->interface)) return;
    if (!item->name.len) map_put(arena, &n->rewritten, key, NULL);
    MapEntry *entry = map_put(arena, planned, key, &added);
    if (added) {
        entry->value = plan->len;
        vec_push(arena, plan)->interface = item->interface;
    }
    *vec_push(arena, &plan->at[entry->value].at) = at;
}

static void rewrite(Nominal *n, WitItems *items, const Rewrite *plan, bool named) {
    for (size_t i = 0; i < plan->at.len; i++) {
        WitItem *item = &items->at[plan->at.at[i]];
        if ((item->name.len > 0) != named) continue;
        n->cloner.temporary = named;
        item->interface = clone_interface(&n->cloner, plan->interface, plan->interface->package);
        n->cloner.extra = (Map){0};
    }
}

static void nominalize(Nominal *n, WitItems *items) {
    Rewrites plan = {0};
    Map planned = {0};
    for (int named = 0; named < 2; named++)
        for (size_t i = 0; i < items->len; i++)
            if (items->at[i].kind == WIT_ITEM_INTERFACE && (items->at[i].name.len > 0) == named)
                plan_rewrite(n, &items->at[i], i, &plan, &planned);
    for (size_t i = 0; i < plan.len; i++)
        for (int named = 1; named >= 0; named--) rewrite(n, items, &plan.at[i], named);
}

bool wit_make_types_nominal(WitModel *model, WitWorld *world, Diags *diags) {
    Nominal n = {.cloner = {.model = model, .old_owner = world, .new_world = world}};
    nominalize(&n, &world->imports);
    nominalize(&n, &world->exports);
    return true;
}
