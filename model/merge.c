/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Uniting two models. A package that both have becomes one. First everything that both have is
 * compared (see compare.c) and paired, so that nothing changes where they disagree. Then what only
 * `from` has is copied: each unpaired node gets its new place (`moved`), and a second pass lets the
 * copies point to the new places. No node is reached by recursion, so depth is no matter. Anonymous
 * types are copied like others.
 */
#include "model/internal.h"

typedef struct {
    WitModel *into;
    const WitModel *from;
    Diags *diags;
    Map moved; /* node of `from` -> node of `into`, by address; WitPackage, -Interface, -World,
                  -Type */
} Merge;

/* ---- pairs ---- */

static void *moved(const Merge *m, const void *node) {
    Str key = {(const char *)&node, sizeof node};
    const MapEntry *entry = node ? map_get(&m->moved, key) : NULL;
    return entry ? entry->ptr : NULL;
}

static void move(Merge *m, const void *from, void *into) {
    map_put(m->into->arena, &m->moved, address_key(m->into->arena, from), NULL)->ptr = into;
}

static bool stability_equal(const WitStability *a, const WitStability *b) {
    return str_eq(a->since.text, b->since.text) && str_eq(a->deprecated.text, b->deprecated.text) &&
           str_eq(a->feature, b->feature);
}

/* What has no stability yet takes the other's; a component binary has none, for example. */
static bool unite_stability(Merge *m, const WitStability *from, WitStability *into, Str name,
                            Span span) {
    if (!wit_stability_known(from) || stability_equal(from, into)) return true;
    if (wit_stability_known(into)) {
        diag(m->diags, MODEL_STABILITY, span, STR_ARG(name));
        return false;
    }
    *into = *from;
    return true;
}

static bool pair_interfaces(Merge *m, const WitInterface *from, WitInterface *into) {
    move(m, from, into);
    bool ok = unite_stability(m, &from->stability, &into->stability, from->name, from->span);
    for (size_t i = 0; i < from->types.len; i++) {
        const WitType *type = from->types.at[i];
        WitType *other = wit_find_type(into, type->name);
        if (!other) continue;
        move(m, type, other);
        ok &= unite_stability(m, &type->stability, &other->stability, type->name, type->span);
    }
    return ok;
}

static WitItem *item_called(Arena *arena, WitItems *items, const WitItem *wanted) {
    Str name = wit_item_name(arena, wanted);
    for (size_t i = 0; i < items->len; i++)
        if (str_eq(wit_item_name(arena, &items->at[i]), name)) return &items->at[i];
    return NULL;
}

static bool pair_items(Merge *m, const WitItems *from, WitItems *into) {
    bool ok = true;
    for (size_t i = 0; i < from->len; i++) {
        const WitItem *a = &from->at[i];
        WitItem *b = item_called(m->into->arena, into, a);
        Str name = wit_item_name(m->into->arena, a);
        if (a->kind == WIT_ITEM_TYPE) move(m, a->type, m->into->types.at[b->type->id]);
        if (a->kind != WIT_ITEM_INTERFACE) continue;
        if (!a->interface->name.len)
            ok &= pair_interfaces(m, a->interface, m->into->interfaces.at[b->interface->id]);
        if (!a->name.len) ok &= unite_stability(m, &a->stability, &b->stability, name, a->span);
    }
    return ok;
}

static bool pair_worlds(Merge *m, const WitWorld *from, WitWorld *into) {
    move(m, from, into);
    return unite_stability(m, &from->stability, &into->stability, from->name, from->span) &&
           pair_items(m, &from->imports, &into->imports) &&
           pair_items(m, &from->exports, &into->exports);
}

static bool compare_packages(Merge *m, const WitPackage *from, const WitPackage *into) {
    Compare c = {.arena = m->into->arena, .diags = m->diags, .purpose = COMPARE_PACKAGES};
    c.a_name = wit_package_id(m->into->arena, from);
    for (size_t i = 0; i < from->interfaces.len; i++) {
        const WitInterface *other = wit_find_interface(into, from->interfaces.at[i]->name);
        if (other && !compare_interfaces(&c, from->interfaces.at[i], other)) return false;
    }
    for (size_t i = 0; i < from->worlds.len; i++) {
        const WitWorld *other = wit_find_world(into, from->worlds.at[i]->name);
        if (other && !compare_worlds(&c, from->worlds.at[i], other)) return false;
    }
    return true;
}

static bool pair_packages(Merge *m, const WitPackage *from, WitPackage *into) {
    bool ok = true;
    move(m, from, into);
    for (size_t i = 0; i < from->interfaces.len; i++) {
        WitInterface *other = wit_find_interface(into, from->interfaces.at[i]->name);
        if (other) ok &= pair_interfaces(m, from->interfaces.at[i], other);
    }
    for (size_t i = 0; i < from->worlds.len; i++) {
        WitWorld *other = wit_find_world(into, from->worlds.at[i]->name);
        if (other) ok &= pair_worlds(m, from->worlds.at[i], other);
    }
    return ok;
}

static WitPackage *same_package(const Merge *m, const WitPackage *from) {
    return wit_find_package(m->into, from->ns, from->name, from->version);
}

static bool pair_all(Merge *m) {
    bool ok = true;
    for (size_t i = 0; i < m->from->packages.len; i++) {
        WitPackage *other = same_package(m, m->from->packages.at[i]);
        if (other) ok &= compare_packages(m, m->from->packages.at[i], other);
    }
    for (size_t i = 0; ok && i < m->from->packages.len; i++) {
        WitPackage *other = same_package(m, m->from->packages.at[i]);
        if (other) ok &= pair_packages(m, m->from->packages.at[i], other);
    }
    return ok;
}

/* ---- copies: first their places ---- */

/* Appends a copy of `node` to a table of the model, with its id; its pointers are still the old. */
#define PLACE(m, T, table, node)                                                                   \
    do {                                                                                           \
        T *copy_ = arena_copy((m)->into->arena, (node), sizeof(T));                                \
        copy_->id = (uint32_t)(m)->into->table.len;                                                \
        *vec_push((m)->into->arena, &(m)->into->table) = copy_;                                    \
        move((m), (node), copy_);                                                                  \
    } while (0)

#define PLACE_ALL(m, T, table)                                                                     \
    for (size_t i = 0; i < (m)->from->table.len; i++)                                              \
        if (!moved((m), (m)->from->table.at[i])) PLACE(m, T, table, (m)->from->table.at[i])

/* ---- copies: then what they point to ---- */

static const WitType *new_type(const Merge *m, const WitType *type) {
    const WitType *other = moved(m, type);
    return other ? other : type; /* primitive types are everybody's */
}

static WitFields new_fields(Merge *m, const WitFields *from) {
    WitFields fields = {0};
    for (size_t i = 0; i < from->len; i++) {
        WitField *field = vec_push(m->into->arena, &fields);
        *field = from->at[i];
        field->type = new_type(m, field->type);
    }
    return fields;
}

static WitFunc *new_func(Merge *m, const WitFunc *from) {
    WitFunc *func = arena_copy(m->into->arena, from, sizeof *from);
    func->params = new_fields(m, &from->params);
    func->result = new_type(m, from->result);
    func->resource = new_type(m, from->resource);
    return func;
}

static void finish_type(Merge *m, const WitType *from, WitType *type) {
    type->elem = new_type(m, from->elem);
    type->real = NULL;
    type->second = new_type(m, from->second);
    type->fields = new_fields(m, &from->fields);
    type->interface = moved(m, from->interface);
    type->world = moved(m, from->world);
}

/* An interface that was there already gets what only `from` has; a copy gets everything. */
static void finish_interface(Merge *m, const WitInterface *from, WitInterface *interface,
                             bool is_copy) {
    Arena *arena = m->into->arena;
    if (is_copy) {
        memset(&interface->types, 0, sizeof interface->types);
        memset(&interface->funcs, 0, sizeof interface->funcs);
        interface->package = moved(m, from->package);
        interface->clone_of = moved(m, from->clone_of);
    }
    for (size_t i = 0; i < from->types.len; i++)
        if (is_copy || !wit_find_type(interface, from->types.at[i]->name))
            *vec_push(arena, &interface->types) = moved(m, from->types.at[i]);
    for (size_t i = 0; i < from->funcs.len; i++)
        if (is_copy || !wit_find_func(interface, from->funcs.at[i]->name))
            *vec_push(arena, &interface->funcs) = new_func(m, from->funcs.at[i]);
}

static WitItems new_items(Merge *m, const WitItems *from) {
    WitItems items = {0};
    for (size_t i = 0; i < from->len; i++) {
        WitItem *item = vec_push(m->into->arena, &items);
        *item = from->at[i];
        if (item->kind == WIT_ITEM_INTERFACE) item->interface = moved(m, item->interface);
        else if (item->kind == WIT_ITEM_TYPE) item->type = moved(m, item->type);
        else item->func = new_func(m, item->func);
    }
    return items;
}

static void finish_world(Merge *m, const WitWorld *from, WitWorld *world) {
    world->package = moved(m, from->package);
    world->imports = new_items(m, &from->imports);
    world->exports = new_items(m, &from->exports);
    memset(&world->includes, 0, sizeof world->includes);
    for (size_t i = 0; i < from->includes.len; i++) {
        WitInclude *include = vec_push(m->into->arena, &world->includes);
        *include = (WitInclude){moved(m, from->includes.at[i].world), from->includes.at[i].span};
    }
}

static void finish_package(Merge *m, const WitPackage *from, WitPackage *package, bool is_copy) {
    Arena *arena = m->into->arena;
    if (is_copy) {
        memset(&package->interfaces, 0, sizeof package->interfaces);
        memset(&package->worlds, 0, sizeof package->worlds);
    }
    for (size_t i = 0; i < from->interfaces.len; i++)
        if (is_copy || !wit_find_interface(package, from->interfaces.at[i]->name))
            *vec_push(arena, &package->interfaces) = moved(m, from->interfaces.at[i]);
    for (size_t i = 0; i < from->worlds.len; i++)
        if (is_copy || !wit_find_world(package, from->worlds.at[i]->name))
            *vec_push(arena, &package->worlds) = moved(m, from->worlds.at[i]);
}

typedef struct {
    size_t types, interfaces, worlds, packages;
} Counts;

static void copy_all(Merge *m) {
    const WitModel *from = m->from;
    WitModel *into = m->into;
    Counts old = {into->types.len, into->interfaces.len, into->worlds.len, into->packages.len};
    PLACE_ALL(m, WitType, types);
    PLACE_ALL(m, WitInterface, interfaces);
    PLACE_ALL(m, WitWorld, worlds);
    PLACE_ALL(m, WitPackage, packages);
    for (size_t i = 0; i < from->types.len; i++) {
        WitType *type = moved(m, from->types.at[i]);
        if (type->id >= old.types) finish_type(m, from->types.at[i], type);
    }
    for (size_t i = 0; i < from->interfaces.len; i++) {
        WitInterface *interface = moved(m, from->interfaces.at[i]);
        finish_interface(m, from->interfaces.at[i], interface, interface->id >= old.interfaces);
    }
    for (size_t i = 0; i < from->worlds.len; i++) {
        WitWorld *world = moved(m, from->worlds.at[i]);
        if (world->id >= old.worlds) finish_world(m, from->worlds.at[i], world);
    }
    for (size_t i = 0; i < from->packages.len; i++) {
        WitPackage *package = moved(m, from->packages.at[i]);
        finish_package(m, from->packages.at[i], package, package->id >= old.packages);
    }
}

bool wit_model_merge(WitModel *into, const WitModel *from, Map *moved_worlds, Diags *diags) {
    Merge m = {.into = into, .from = from, .diags = diags};
    if (!pair_all(&m)) return false;
    copy_all(&m);
    order_packages(into);
    for (size_t i = 0; moved_worlds && i < from->worlds.len; i++) {
        Str key = address_key(into->arena, from->worlds.at[i]);
        map_put(into->arena, moved_worlds, key, NULL)->ptr = moved(&m, from->worlds.at[i]);
    }
    for (size_t i = 0; i < into->worlds.len; i++)
        if (!wit_elaborate(into, into->worlds.at[i], diags)) return false;
    return true;
}
