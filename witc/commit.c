/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * From a resolved unit to the model: decides what feature gates leave, puts own handles where
 * resources are values, and gives ids in the model's order:
 *
 *     types as they were made, each own handle before the first type that holds it
 *     own handles that only functions of interfaces hold, then those of worlds
 *     what `include` copies
 */
#include "witc/internal.h"

/* ---- gates ---- */

/* Whether an item stays; what is deprecated after the target version is not yet so. */
static bool stays(Work *w, WitStability *s, Span span) {
    const Semver *target = &w->unit->target;
    if (target->text.len && s->deprecated.text.len && semver_cmp(s->deprecated, *target) > 0)
        s->deprecated = (Semver){0};
    return witc_included(w, s, span);
}

/* ---- limits ---- */

bool witc_count_items(Work *w, size_t n, Span span) {
    enum { MAX_ITEMS = 400000 };
    size_t before = w->r->world_items;
    w->r->world_items += n;
    if (w->r->world_items <= MAX_ITEMS) return true;
    if (before <= MAX_ITEMS) diag(w->diags, WIT_MANY_ITEMS, span, MAX_ITEMS);
    return false;
}

/* ---- types ---- */

static void add_type(Work *w, WitType *type) {
    type->id = (uint32_t)w->r->model->types.len;
    *vec_push(w->arena, &w->r->model->types) = type;
}

static bool is_left_out(const WitType *type) {
    return type && wit_kind_shape(type->kind) != WIT_SHAPE_PRIM && witc_excluded(type->id);
}

/* An anonymous type is left out because of a type that is named in it. */
static const WitType *named_part(const WitType *type) {
    for (const WitType *part = type; part;) {
        type = part;
        if (type->name.len) break;
        part = is_left_out(type->elem)     ? type->elem
               : is_left_out(type->second) ? type->second
                                           : NULL;
        for (size_t i = 0; i < type->fields.len && !part; i++)
            if (is_left_out(type->fields.at[i].type)) part = type->fields.at[i].type;
    }
    return type;
}

static bool check_type(Work *w, const WitType *type, Span span) {
    if (!witc_excluded(type->id) || wit_kind_shape(type->kind) == WIT_SHAPE_PRIM) return true;
    const WitType *left_out = named_part(type);
    witc_report_excluded(w, span, "type", "", &left_out->stability, left_out->span);
    return false;
}

/* The own handle of a resource, or of an alias of one. */
static const WitType *handle_of(Work *w, const WitType *resource) {
    bool added;
    const char *key = arena_copy(w->arena, &resource, sizeof resource);
    MapEntry *entry = map_put(w->arena, &w->handles, (Str){key, sizeof resource}, &added);
    if (added) {
        WitType *own = ARENA_NEW(w->arena, WitType);
        *own = (WitType){.kind = WIT_OWN, .elem = resource};
        add_type(w, own);
        entry->ptr = own;
    }
    return entry->cptr;
}

/* `type` as the type of a value: a resource becomes its handle. */
static const WitType *as_value(Work *w, const WitType *type, Span span) {
    if (!type || type == &witc_poison || !check_type(w, type, span)) return type;
    return wit_dealias(type)->kind == WIT_RESOURCE ? handle_of(w, type) : type;
}

static void commit_type(Work *w, WitType *type) {
    if (!stays(w, &type->stability, type->span)) {
        type->id = (uint32_t)WITC_EXCLUDED;
        return;
    }
    if (type->kind == WIT_ALIAS || wit_kind_shape(type->kind) == WIT_SHAPE_HANDLE) {
        check_type(w, type->elem, type->span);
        /* names of names make long chains */
        if (type->kind == WIT_ALIAS) type->real = wit_dealias(type->elem);
    } else {
        for (size_t i = 0; i < type->fields.len; i++) {
            WitField *field = &type->fields.at[i];
            field->type =
                as_value(w, field->type, type->kind == WIT_TUPLE ? type->span : field->span);
        }
        type->elem = as_value(w, type->elem, type->span);
        type->second = as_value(w, type->second, type->span);
    }
    add_type(w, type);
}

/* A type stays, but not what it belongs to. */
static void check_owners(Work *w, bool worlds) {
    for (size_t i = 0; i < w->types.len; i++) {
        const WitType *type = w->types.at[i];
        if (witc_excluded(type->id)) continue;
        if (!worlds && type->interface && witc_excluded(type->interface->id))
            witc_report_excluded(w, type->span, "interface",
                                 "; this type is not gated by a feature but its interface is",
                                 &type->interface->stability, type->interface->span);
        if (worlds && type->world && witc_excluded(type->world->id))
            witc_report_excluded(w, type->span, "world",
                                 "; this type is not gated by a feature but its world is",
                                 &type->world->stability, type->world->span);
    }
}

/* ---- functions, interfaces, worlds ---- */

static void commit_func(Work *w, WitFunc *func) {
    if (func->resource && !check_type(w, func->resource, func->span)) return;
    for (size_t i = 0; i < func->params.len; i++)
        func->params.at[i].type = as_value(w, func->params.at[i].type, func->span);
    func->result = as_value(w, func->result, func->span);
    if (func->result && wit_has_borrow(func->result))
        diag(w->diags, WIT_RETURNS_BORROW, func->span, STR_ARG(func->name));
}

static void commit_interface(Work *w, Entry *entry) {
    WitInterface *interface = entry->interface;
    if (!stays(w, &interface->stability, interface->span)) {
        entry->excluded = true;
        interface->id = (uint32_t)WITC_EXCLUDED;
        return;
    }
    size_t types = 0, funcs = 0;
    for (size_t i = 0; i < interface->types.len; i++)
        if (!witc_excluded(interface->types.at[i]->id))
            interface->types.at[types++] = interface->types.at[i];
    interface->types.len = types;
    for (size_t i = 0; i < interface->funcs.len; i++) {
        WitFunc *func = interface->funcs.at[i];
        if (!stays(w, &func->stability, func->span)) continue;
        commit_func(w, func);
        interface->funcs.at[funcs++] = func;
    }
    interface->funcs.len = funcs;
    interface->id = (uint32_t)w->r->model->interfaces.len;
    *vec_push(w->arena, &w->r->model->interfaces) = interface;
    if (interface->name.len) *vec_push(w->arena, &w->unit->package->interfaces) = interface;
}

/* Whether an item of a world stays. */
static bool commit_item(Work *w, WitItem *item) {
    if (item->kind == WIT_ITEM_TYPE) return !witc_excluded(item->type->id);
    if (!stays(w, &item->stability, item->span)) return false;
    if (item->kind == WIT_ITEM_FUNC) {
        commit_func(w, (WitFunc *)item->func);
    } else if (witc_excluded(item->interface->id)) {
        witc_report_excluded(w, item->span, "interface", "", &item->interface->stability,
                             item->interface->span);
        return false;
    }
    return true;
}

static void commit_items(Work *w, WitItems *items) {
    size_t kept = 0;
    for (size_t i = 0; i < items->len; i++)
        if (commit_item(w, &items->at[i])) items->at[kept++] = items->at[i];
    items->len = kept;
}

static void commit_world(Work *w, Entry *entry) {
    WitWorld *world = entry->world;
    if (!stays(w, &world->stability, world->span)) {
        entry->excluded = true;
        world->id = (uint32_t)WITC_EXCLUDED;
        return;
    }
    commit_items(w, &world->imports);
    commit_items(w, &world->exports);
    world->id = (uint32_t)w->r->model->worlds.len;
    *vec_push(w->arena, &w->r->model->worlds) = world;
    *vec_push(w->arena, &w->unit->package->worlds) = world;
}

void witc_commit(Work *w) {
    WitModel *model = w->r->model;
    WitPackage *package = w->unit->package;
    const AstHeader *header = &w->unit->header;
    size_t errors = w->diags->errors;
    package->ns = header->ns;
    package->name = header->name;
    package->version = w->unit->target.text.len ? w->unit->target : header->version;
    package->docs = header->docs;
    package->span = header->span;
    package->id = (uint32_t)model->packages.len;
    *vec_push(w->arena, &model->packages) = package;
    for (size_t i = 0; i < w->types.len; i++) commit_type(w, w->types.at[i]);
    for (size_t i = 0; i < w->interfaces.len; i++) commit_interface(w, w->interfaces.at[i]);
    check_owners(w, false);
    for (size_t i = 0; i < w->worlds.len; i++) commit_world(w, w->worlds.at[i]);
    check_owners(w, true);
    if (w->diags->errors > errors) w->unit->failed = true;
    for (size_t i = 0; i < w->worlds.len && !w->unit->failed; i++) {
        Entry *entry = w->worlds.at[i];
        if (entry->excluded) continue;
        size_t before = w->diags->errors;
        witc_process_includes(w, entry);
        if (w->diags->errors > before || !wit_elaborate(model, entry->world, w->diags)) continue;
        const WitWorld *world = entry->world;
        if (!witc_count_items(w, world->imports.len + world->exports.len, world->span)) break;
    }
}
