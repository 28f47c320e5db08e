/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Uniting two worlds of one model, as when one core module was built against both.
 *
 * Items that both have must agree. New imports are added. A new export is added if `into` goes on
 * meaning what it did: an interface that its exports use as an import may not become an export, nor
 * may the imports that a new export needs use what is exported. What `from` owns (types, functions,
 * interfaces in place) is copied; its types that `into` has already become those.
 */
#include "model/internal.h"

typedef struct {
    WitModel *model;
    WitWorld *into;
    const WitWorld *from;
    Diags *diags;
    Cloner cloner;
    Map needed; /* interface that an export of `into` uses as an import -> that export's item */
    WitItems new_imports, new_exports;
} Union;

typedef VEC(const WitInterface *) Interfaces;

static bool exports(const Union *u, const WitInterface *interface) {
    for (size_t i = 0; i < u->into->exports.len; i++) {
        const WitItem *item = &u->into->exports.at[i];
        if (item->kind == WIT_ITEM_INTERFACE && !item->name.len && item->interface == interface)
            return true;
    }
    return false;
}

/* The interfaces, transitively, that `item` uses through what `into` does not export. */
static Interfaces needs_as_imports(Union *u, const WitItem *item) {
    Arena *arena = u->model->arena;
    Interfaces list = {0};
    Map seen = {0};
    const WitInterface *interface = item->kind == WIT_ITEM_INTERFACE ? item->interface : NULL;
    for (size_t at = 0; interface; at++) {
        for (size_t i = 0; i < interface->types.len; i++) {
            const WitInterface *used = wit_used_interface(interface->types.at[i]);
            bool direct = interface == item->interface;
            bool added = false;
            if (used && !(direct && exports(u, used)))
                map_put(arena, &seen, address_key(arena, used), &added);
            if (added) *vec_push(arena, &list) = used;
        }
        interface = at < list.len ? list.at[at] : NULL;
    }
    return list;
}

static void find_needed(Union *u) {
    for (size_t i = 0; i < u->into->exports.len; i++) {
        Interfaces list = needs_as_imports(u, &u->into->exports.at[i]);
        for (size_t j = 0; j < list.len; j++) {
            Str key = address_key(u->model->arena, list.at[j]);
            map_put(u->model->arena, &u->needed, key, NULL)->cptr = &u->into->exports.at[i];
        }
    }
}

static bool may_export(Union *u, const WitItem *item) {
    Arena *arena = u->model->arena;
    Str name = wit_item_name(arena, item);
    Interfaces list = needs_as_imports(u, item);
    for (size_t i = 0; i < list.len; i++) {
        if (!exports(u, list.at[i])) continue;
        Str used = wit_interface_id(arena, list.at[i]);
        diag(u->diags, MODEL_EXPORT_USED, item->span, STR_ARG(name), STR_ARG(used));
        return false;
    }
    if (item->kind != WIT_ITEM_INTERFACE || item->name.len) return true;
    Str key = {(const char *)&item->interface, sizeof item->interface};
    const MapEntry *needed = map_get(&u->needed, key);
    if (!needed) return true;
    Str other = wit_item_name(arena, needed->cptr);
    diag(u->diags, MODEL_EXPORT_CHANGES, item->span, STR_ARG(name), STR_ARG(other), STR_ARG(name),
         STR_ARG(name));
    return false;
}

/* Compares what both have, collects what only `from` has. */
static bool split(Union *u, Compare *c, const WitItems *from, const WitItems *into,
                  const char *direction, WitItems *fresh) {
    Arena *arena = u->model->arena;
    Map shared = item_map(arena, into);
    for (size_t i = 0; i < from->len; i++) {
        const MapEntry *other = map_get(&shared, item_key(arena, &from->at[i]));
        if (!other) *vec_push(arena, fresh) = from->at[i];
        else if (!compare_items(c, &from->at[i], other->cptr, direction)) return false;
    }
    return true;
}

/* Types of `from` that `into` has under the same name. */
static void register_shared_types(Union *u) {
    Map into = item_map(u->model->arena, &u->into->imports);
    for (size_t i = 0; i < u->from->imports.len; i++) {
        const WitItem *item = &u->from->imports.at[i];
        if (item->kind != WIT_ITEM_TYPE) continue;
        const MapEntry *other = map_get(&into, item->name);
        if (!other) continue;
        clone_register(&u->cloner, item->type, ((const WitItem *)other->cptr)->type);
    }
}

static void add_items(Union *u, const WitItems *fresh, WitItems *to) {
    for (size_t i = 0; i < fresh->len; i++) {
        WitItem *item = vec_push(u->model->arena, to);
        *item = fresh->at[i];
        if (item->kind == WIT_ITEM_TYPE) item->type = clone_type(&u->cloner, item->type);
        else if (item->kind == WIT_ITEM_FUNC) item->func = clone_func(&u->cloner, item->func);
        else if (!item->interface->name.len)
            item->interface = clone_interface(&u->cloner, item->interface, u->into->package);
    }
}

static WitItems joined(Arena *arena, const WitItems *a, const WitItems *b) {
    WitItems items = {0};
    for (size_t i = 0; i < a->len; i++) *vec_push(arena, &items) = a->at[i];
    for (size_t i = 0; i < b->len; i++) *vec_push(arena, &items) = b->at[i];
    return items;
}

/* Whether the union can be elaborated at all: new exports may conflict with each other. */
static bool can_be_elaborated(Union *u) {
    WitWorld trial = *u->into;
    trial.imports = joined(u->model->arena, &u->into->imports, &u->new_imports);
    trial.exports = joined(u->model->arena, &u->into->exports, &u->new_exports);
    return wit_elaborate(u->model, &trial, u->diags);
}

bool wit_world_merge(WitModel *model, WitWorld *into, const WitWorld *from, Diags *diags) {
    if (into == from) return true;
    Union u = {.model = model, .into = into, .from = from, .diags = diags};
    u.cloner = (Cloner){.model = model, .old_owner = from, .new_world = into};
    Compare c = {.arena = model->arena, .diags = diags, .purpose = COMPARE_WORLDS};
    c.a_name = wit_world_id(model->arena, from);
    c.b_name = wit_world_id(model->arena, into);
    compare_pair(&c, from, into);
    if (!split(&u, &c, &from->imports, &into->imports, "import", &u.new_imports)) return false;
    if (!split(&u, &c, &from->exports, &into->exports, "export", &u.new_exports)) return false;
    find_needed(&u);
    for (size_t i = 0; i < u.new_exports.len; i++)
        if (!may_export(&u, &u.new_exports.at[i])) return false;
    if (!can_be_elaborated(&u)) return false;
    register_shared_types(&u);
    add_items(&u, &u.new_imports, &into->imports);
    add_items(&u, &u.new_exports, &into->exports);
    return true;
}
