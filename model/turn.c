/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Worlds turned around and upgraded, in place.
 *
 *   importize   exports become imports: the world of somebody who uses the component
 *   exportize   imports become exports: the world of somebody who provides them
 *   by semver   imports of `a:b/i@0.2.0` and `a:b/i@0.2.3` become one of the latter
 *
 * A world's own types stay imports whichever way it is turned, since its functions refer to them;
 * so do the functions of its own resources.
 */
#include "model/internal.h"

/* ---- names ---- */

static void remove_world(WitPackage *package, const WitWorld *world) {
    size_t kept = 0;
    for (size_t i = 0; i < package->worlds.len; i++)
        if (package->worlds.at[i] != world) package->worlds.at[kept++] = package->worlds.at[i];
    package->worlds.len = kept;
}

/* The world gets its new name and moves to the end of its package. */
static bool rename_world(WitModel *model, WitWorld *world, Str name, const char *suffix,
                         Diags *diags) {
    if (!name.len) name = str_fmt(model->arena, "%.*s%s", STR_ARG(world->name), suffix);
    if (!wit_is_label(name)) {
        diag(diags, MODEL_NAME_INVALID, span_none(), STR_ARG(name));
        return false;
    }
    WitPackage *package = world->package ? model->packages.at[world->package->id] : NULL;
    if (package) {
        const WitWorld *other = wit_find_world(package, name);
        if ((other && other != world) || wit_find_interface(package, name)) {
            diag(diags, MODEL_NAME_TAKEN, world->span, STR_ARG(name));
            return false;
        }
        remove_world(package, world);
        *vec_push(model->arena, &package->worlds) = world;
    }
    world->name = name;
    return true;
}

/* ---- importize ---- */

bool wit_importize(WitModel *model, WitWorld *world, Str out_name, Diags *diags) {
    WitItems imports = {0}, exports = world->exports;
    for (size_t i = 0; i < world->imports.len; i++)
        if (world->imports.at[i].kind == WIT_ITEM_TYPE)
            *vec_push(model->arena, &imports) = world->imports.at[i];
    Map types = item_map(model->arena, &imports);
    for (size_t i = 0; i < exports.len; i++) {
        const WitItem *item = &exports.at[i];
        if (map_get(&types, item_key(model->arena, item))) {
            diag(diags, MODEL_TURN_CONFLICT, item->span, STR_ARG(item->name));
            return false;
        }
        *vec_push(model->arena, &imports) = *item;
    }
    if (!rename_world(model, world, out_name, "-importized", diags)) return false;
    world->imports = imports;
    world->exports = (WitItems){0};
    return wit_elaborate(model, world, diags);
}

/* ---- exportize ---- */

static bool is_called(Arena *arena, const WitItem *item, Str name) {
    if (str_eq(wit_item_name(arena, item), name)) return true;
    return item->kind == WIT_ITEM_INTERFACE && !item->name.len &&
           str_eq(item->interface->name, name);
}

static bool is_chosen(Arena *arena, const WitItem *item, const Str *names, size_t n) {
    if (item->kind == WIT_ITEM_TYPE) return false;
    if (item->kind == WIT_ITEM_FUNC && item->func->resource) return false;
    for (size_t i = 0; i < n; i++)
        if (is_called(arena, item, names[i])) return true;
    return n == 0;
}

static bool names_exist(Arena *arena, const WitWorld *world, const Str *names, size_t n,
                        Diags *diags) {
    bool all = true;
    for (size_t i = 0; i < n; i++) {
        bool found = false;
        for (size_t j = 0; j < world->imports.len && !found; j++)
            found = is_called(arena, &world->imports.at[j], names[i]);
        if (!found) diag(diags, MODEL_NOT_IMPORTED, span_none(), STR_ARG(names[i]));
        all &= found;
    }
    return all;
}

bool wit_exportize(WitModel *model, WitWorld *world, Str out_name, const Str *names, size_t n,
                   Diags *diags) {
    if (!names_exist(model->arena, world, names, n, diags)) return false;
    WitItems imports = {0}, exports = {0};
    for (size_t i = 0; i < world->imports.len; i++) {
        const WitItem *item = &world->imports.at[i];
        WitItems *to = is_chosen(model->arena, item, names, n) ? &exports : &imports;
        *vec_push(model->arena, to) = *item;
    }
    if (!rename_world(model, world, out_name, "-exportized", diags)) return false;
    world->imports = imports;
    world->exports = exports;
    return wit_elaborate(model, world, diags);
}

/* ---- merging imports by semantic version ---- */

typedef struct {
    WitModel *model;
    Diags *diags;
    Map replaced; /* interface -> the one that takes its place, by address */
} Upgrade;

static const WitInterface *replacement(Upgrade *u, const WitInterface *interface) {
    Str key = {(const char *)&interface, sizeof interface};
    const MapEntry *entry = map_get(&u->replaced, key);
    return entry ? entry->cptr : NULL;
}

/* "ns:name/iface@track", or empty where there is no version or no path. */
static Str track_of(Arena *arena, const WitItem *item) {
    if (item->kind != WIT_ITEM_INTERFACE || item->name.len) return (Str){0};
    const WitPackage *package = item->interface->package;
    if (!package || !package->version.text.len) return (Str){0};
    Str track = semver_track(arena, package->version);
    return str_fmt(arena, "%.*s:%.*s/%.*s@%.*s", STR_ARG(package->ns), STR_ARG(package->name),
                   STR_ARG(item->interface->name), STR_ARG(track));
}

static void warn_of_losses(Upgrade *u, const WitInterface *old, const WitInterface *latest) {
    Arena *arena = u->model->arena;
    Str a = wit_interface_id(arena, old), b = wit_interface_id(arena, latest);
    for (size_t i = 0; i < old->funcs.len; i++) {
        Str name = old->funcs.at[i]->name;
        if (!wit_find_func(latest, name))
            diag(u->diags, MODEL_UPGRADE_LOSES, old->funcs.at[i]->span, STR_ARG(a), STR_ARG(b),
                 STR_ARG(name));
    }
}

/* Fills `replaced` with what is not the highest of its track. */
static void find_replacements(Upgrade *u, const WitWorld *world) {
    Arena *arena = u->model->arena;
    Map highest = {0};
    for (size_t i = 0; i < world->imports.len; i++) {
        Str track = track_of(arena, &world->imports.at[i]);
        if (!track.len) continue;
        const WitInterface *interface = world->imports.at[i].interface;
        MapEntry *entry = map_put(arena, &highest, track, NULL);
        const WitInterface *best = entry->cptr;
        if (!best || semver_cmp(interface->package->version, best->package->version) > 0)
            entry->cptr = interface;
    }
    for (size_t i = 0; i < world->imports.len; i++) {
        Str track = track_of(arena, &world->imports.at[i]);
        if (!track.len) continue;
        const WitInterface *interface = world->imports.at[i].interface;
        const WitInterface *best = map_get(&highest, track)->cptr;
        if (best != interface)
            map_put(arena, &u->replaced, address_key(arena, interface), NULL)->cptr = best;
    }
}

static bool replacements_agree(Upgrade *u) {
    Arena *arena = u->model->arena;
    bool ok = true;
    for (size_t i = 0; i < u->replaced.len; i++) {
        const WitInterface *old;
        memcpy(&old, u->replaced.entries[i].key.ptr, sizeof old);
        const WitInterface *latest = u->replaced.entries[i].cptr;
        Compare c = {.arena = arena, .diags = u->diags, .purpose = COMPARE_VERSIONS};
        c.a_name = wit_interface_id(arena, old);
        c.b_name = wit_interface_id(arena, latest);
        for (size_t j = 0; j < u->replaced.len; j++) {
            const WitInterface *a;
            memcpy(&a, u->replaced.entries[j].key.ptr, sizeof a);
            compare_pair(&c, a, u->replaced.entries[j].cptr);
        }
        ok &= compare_interfaces(&c, old, latest);
        if (ok) warn_of_losses(u, old, latest);
    }
    return ok;
}

/* Lets `use old.{t}` use the newer interface. */
static bool upgrade_type(Upgrade *u, const WitType *type) {
    const WitInterface *old = wit_used_interface(type);
    const WitInterface *latest = old ? replacement(u, old) : NULL;
    if (!latest) return true;
    const WitType *target = wit_find_type(latest, type->elem->name);
    if (!target) {
        Str a = wit_interface_id(u->model->arena, old),
            b = wit_interface_id(u->model->arena, latest);
        diag(u->diags, MODEL_UPGRADE_TYPE, type->span, STR_ARG(a), STR_ARG(b),
             STR_ARG(type->elem->name));
        return false;
    }
    u->model->types.at[type->id]->elem = target;
    return true;
}

static bool upgrade_items(Upgrade *u, const WitItems *items) {
    bool ok = true;
    for (size_t i = 0; i < items->len; i++) {
        const WitItem *item = &items->at[i];
        if (item->kind == WIT_ITEM_TYPE) ok &= upgrade_type(u, item->type);
        if (item->kind != WIT_ITEM_INTERFACE) continue;
        for (size_t j = 0; j < item->interface->types.len; j++)
            ok &= upgrade_type(u, item->interface->types.at[j]);
    }
    return ok;
}

bool wit_merge_imports_by_semver(WitModel *model, WitWorld *world, Diags *diags) {
    Upgrade u = {.model = model, .diags = diags};
    find_replacements(&u, world);
    if (!u.replaced.len) return true;
    if (!replacements_agree(&u)) return false;
    WitItems imports = {0};
    for (size_t i = 0; i < world->imports.len; i++) {
        const WitItem *item = &world->imports.at[i];
        bool gone =
            item->kind == WIT_ITEM_INTERFACE && !item->name.len && replacement(&u, item->interface);
        if (!gone) *vec_push(model->arena, &imports) = *item;
    }
    world->imports = imports;
    if (!upgrade_items(&u, &world->imports) || !upgrade_items(&u, &world->exports)) return false;
    /* interfaces have changed, so every world may need others than before */
    for (size_t i = 0; i < model->worlds.len; i++)
        if (!wit_elaborate(model, model->worlds.at[i], diags)) return false;
    return true;
}
