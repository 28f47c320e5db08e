/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `include`: the union of a world with others (WIT.md, "Union of Worlds with include").
 *
 *     interfaces by path     once, whoever brings them
 *     plain names            must not collide; `with { a as b }` renames them first. A resource's
 *                            functions follow: `[method]a.f` becomes `[method]b.f`
 *
 * What a world owns (its types, and interfaces written in place) is copied for the new owner. The
 * items of the included world stand in an order in which each follows what it needs, so a copy goes
 * no deeper than an anonymous type does.
 */
#include "witc/internal.h"

typedef struct {
    Work *w;
    Map copies; /* old type -> new type */
    const void *old_owner;
    const WitInterface *new_interface; /* one of the two */
    const WitWorld *new_world;
} Copier;

/* ---- copies ---- */

static const WitType *copied(const Copier *c, const WitType *type) {
    const MapEntry *entry = map_get(&c->copies, (Str){(const char *)&type, sizeof type});
    return entry ? entry->cptr : NULL;
}

static const void *owner_of(const WitType *type) {
    return type->interface ? (const void *)type->interface : (const void *)type->world;
}

static const WitType *copy_type(Copier *c, const WitType *type) {
    if (!type || wit_kind_shape(type->kind) == WIT_SHAPE_PRIM) return type;
    const WitType *known = copied(c, type);
    if (known) return known;
    if (owner_of(type) && owner_of(type) != c->old_owner) return type;
    Arena *arena = c->w->arena;
    WitModel *model = c->w->r->model;
    WitType *copy = arena_copy(arena, type, sizeof *type);
    if (owner_of(type)) copy->interface = c->new_interface, copy->world = c->new_world;
    copy->elem = copy_type(c, type->elem);
    copy->real = copy->kind == WIT_ALIAS ? wit_dealias(copy->elem) : NULL;
    copy->second = copy_type(c, type->second);
    copy->fields = (WitFields){0};
    for (size_t i = 0; i < type->fields.len; i++) {
        const WitType *part = copy_type(c, type->fields.at[i].type);
        WitField *field = vec_push(arena, &copy->fields);
        *field = type->fields.at[i];
        field->type = part;
    }
    copy->id = (uint32_t)model->types.len;
    *vec_push(arena, &model->types) = copy;
    const char *key = arena_copy(arena, &type, sizeof type);
    map_put(arena, &c->copies, (Str){key, sizeof type}, NULL)->ptr = copy;
    return copy;
}

static WitFunc *copy_func(Copier *c, const WitFunc *func) {
    WitFunc *copy = arena_copy(c->w->arena, func, sizeof *func);
    copy->resource = copy_type(c, func->resource);
    copy->params = (WitFields){0};
    for (size_t i = 0; i < func->params.len; i++) {
        const WitType *type = copy_type(c, func->params.at[i].type);
        WitField *param = vec_push(c->w->arena, &copy->params);
        *param = func->params.at[i];
        param->type = type;
    }
    copy->result = copy_type(c, func->result);
    return copy;
}

/* Of an interface that is written in place. */
static WitInterface *copy_interface(Copier *outer, const WitInterface *interface) {
    Arena *arena = outer->w->arena;
    WitModel *model = outer->w->r->model;
    WitInterface *copy = arena_copy(arena, interface, sizeof *interface);
    Copier c = {
        .w = outer->w, .copies = outer->copies, .old_owner = interface, .new_interface = copy};
    copy->types.at = NULL, copy->types.len = copy->types.cap = 0;
    copy->funcs.at = NULL, copy->funcs.len = copy->funcs.cap = 0;
    for (size_t i = 0; i < interface->types.len; i++) {
        const WitType *type = copy_type(&c, interface->types.at[i]);
        *vec_push(arena, &copy->types) = (WitType *)type;
    }
    for (size_t i = 0; i < interface->funcs.len; i++)
        *vec_push(arena, &copy->funcs) = copy_func(&c, interface->funcs.at[i]);
    outer->copies = c.copies;
    copy->package = outer->w->unit->package;
    copy->clone_of = interface;
    copy->id = (uint32_t)model->interfaces.len;
    *vec_push(arena, &model->interfaces) = copy;
    return copy;
}

/* ---- names ---- */

/* The renamings of one `include`, by the name that they take away. */
typedef struct {
    Map by_name; /* -> AstRename */
    Map used;    /* the names of those that applied */
} Renames;

static Renames renames_of(Work *w, const AstUse *use) {
    Renames renames = {0};
    for (size_t i = 0; i < use->names.len; i++) {
        bool added;
        const AstRename *rename = &use->names.at[i];
        MapEntry *entry = map_put(w->arena, &renames.by_name, rename->name.text, &added);
        if (added) entry->cptr = rename; /* the first one counts */
    }
    return renames;
}

/* The resource that a function's name begins with: `r` of `[method]r.f` and of `[constructor]r`. */
static Str resource_part(Str name) {
    size_t bracket = str_find(name, ']', 0);
    if (bracket == SIZE_MAX) return (Str){0};
    return str_from_to(name, bracket + 1, str_find(name, '.', bracket));
}

static Str new_name(Work *w, Renames *renames, Str name) {
    Str resource = resource_part(name), key = resource.len ? resource : name;
    const MapEntry *entry = map_get(&renames->by_name, key);
    if (!entry) return name;
    Str to = ((const AstRename *)entry->cptr)->alias.text;
    map_put(w->arena, &renames->used, key, NULL);
    if (!resource.len) return to;
    size_t from = (size_t)(resource.ptr - name.ptr);
    return str_fmt(w->arena, "%.*s%.*s%.*s", STR_ARG(str_from_to(name, 0, from)), STR_ARG(to),
                   STR_ARG(str_after(name, from + resource.len)));
}

/* Every name in `with` must be one of the included world. */
static void check_renames(Work *w, const AstUse *use, const Renames *renames) {
    for (size_t i = 0; i < use->names.len; i++) {
        const AstRename *rename = &use->names.at[i];
        if (map_get(&renames->used, rename->name.text)) continue;
        diag(w->diags, WIT_INCLUDE_NO_NAME, use->path.name.span, STR_ARG(rename->name.text));
        diag_note(w->diags, WIT_RENAMED_HERE, rename->name.span);
    }
}

/* ---- stability ---- */

static bool same_stability(const WitStability *a, const WitStability *b) {
    return str_eq(a->feature, b->feature) && str_eq(a->since.text, b->since.text) &&
           str_eq(a->deprecated.text, b->deprecated.text);
}

static Str describe(Arena *arena, const WitStability *s) {
    if (s->feature.len) return str_fmt(arena, "@unstable(feature = %.*s)", STR_ARG(s->feature));
    return str_fmt(arena, "@since(version = %.*s)", STR_ARG(s->since.text));
}

/* One interface that two worlds name: the stability that is known counts. That of another package's
 * versions does not. */
static void merge_stability(Work *w, const WitItem *from, WitItem *into, bool foreign, Span span) {
    if (foreign && from->stability.since.text.len) {
        into->stability = (WitStability){0};
        return;
    }
    if (!wit_stability_known(&from->stability) ||
        same_stability(&from->stability, &into->stability))
        return;
    if (!wit_stability_known(&into->stability)) {
        into->stability = from->stability;
        return;
    }
    Str a = describe(w->arena, &from->stability), b = describe(w->arena, &into->stability);
    diag(w->diags, WIT_STABILITY_MISMATCH, span, STR_ARG(a), STR_ARG(b));
    if (from->span.source) diag_note(w->diags, WIT_DECLARED_HERE, from->span);
    if (into->span.source) diag_note(w->diags, WIT_DECLARED_HERE, into->span);
}

/* ---- including ---- */

typedef struct {
    WitItems *items;
    Map positions; /* item key -> position */
    const char *direction;
} Side;

static void index_items(Work *w, Side *side) {
    for (size_t i = 0; i < side->items->len; i++)
        map_put(w->arena, &side->positions, witc_item_key(w->arena, &side->items->at[i]), NULL)
            ->value = i;
}

static void rename_item(Copier *c, WitItem *item, Str name) {
    item->name = name;
    if (item->kind == WIT_ITEM_FUNC) {
        WitFunc *func = copy_func(c, item->func);
        func->name = name;
        item->func = func;
    } else if (item->kind == WIT_ITEM_TYPE) {
        WitType *type = (WitType *)copy_type(c, item->type);
        type->name = name;
        item->type = type;
    } else if (!item->interface->name.len) {
        item->interface = copy_interface(c, item->interface);
    }
}

static void include_item(Copier *c, const AstUse *use, Renames *renames, Side *side,
                         const WitItem *old, bool foreign) {
    Work *w = c->w;
    WitItem item = *old;
    if (old->name.len) rename_item(c, &item, new_name(w, renames, old->name));
    bool added;
    MapEntry *entry = map_put(w->arena, &side->positions, witc_item_key(w->arena, &item), &added);
    if (added) {
        entry->value = side->items->len;
        *vec_push(w->arena, side->items) = item;
    }
    WitItem *here = &side->items->at[entry->value];
    Span span = use->path.name.span;
    if (!item.name.len) {
        merge_stability(w, old, here, foreign, span);
    } else if (!added) {
        diag(w->diags, WIT_INCLUDE_SHADOWS, span, side->direction, STR_ARG(item.name),
             side->direction);
        if (here->span.source) diag_note(w->diags, WIT_FIRST_HERE, here->span);
        if (old->span.source) diag_note(w->diags, WIT_DECLARED_HERE, old->span);
    }
}

static void include_world(Work *w, Entry *entry, const Include *include, Side *imports,
                          Side *exports) {
    const WitWorld *from = include->target->world;
    if (!witc_count_items(w, from->imports.len + from->exports.len, include->use->path.name.span))
        return;
    *vec_push(w->arena, &entry->world->includes) = (WitInclude){from, include->use->path.name.span};
    Renames renames = renames_of(w, include->use);
    Copier c = {.w = w, .old_owner = from, .new_world = entry->world};
    bool foreign = include->target->unit != w->unit;
    for (size_t i = 0; i < from->imports.len; i++)
        include_item(&c, include->use, &renames, imports, &from->imports.at[i], foreign);
    for (size_t i = 0; i < from->exports.len; i++)
        include_item(&c, include->use, &renames, exports, &from->exports.at[i], foreign);
    if (!include->target->unit->failed) check_renames(w, include->use, &renames);
}

/* Plain names that differ in case only. */
static void check_case(Work *w, const WitWorld *world, const Side *side) {
    Map lower = {0};
    for (size_t i = 0; i < side->items->len; i++) {
        const WitItem *item = &side->items->at[i];
        if (!item->name.len) continue;
        char *key = arena_copy(w->arena, item->name.ptr, item->name.len);
        for (size_t j = 0; j < item->name.len; j++)
            if (key[j] >= 'A' && key[j] <= 'Z') key[j] = (char)(key[j] | 32);
        bool added;
        MapEntry *first = map_put(w->arena, &lower, (Str){key, item->name.len}, &added);
        if (added) {
            first->value = i;
            continue;
        }
        const WitItem *other = &side->items->at[first->value];
        diag(w->diags, WIT_EXTERN_CASE, item->span, side->direction, STR_ARG(item->name),
             STR_ARG(world->name), side->direction, STR_ARG(other->name));
        if (other->span.source) diag_note(w->diags, WIT_FIRST_HERE, other->span);
    }
}

void witc_process_includes(Work *w, Entry *entry) {
    WitWorld *world = entry->world;
    Side imports = {.items = &world->imports, .direction = "import"};
    Side exports = {.items = &world->exports, .direction = "export"};
    if (entry->includes.len) {
        index_items(w, &imports);
        index_items(w, &exports);
    }
    for (size_t i = 0; i < entry->includes.len; i++) {
        const Include *include = &entry->includes.at[i];
        const WitStability *stability = &include->use->attrs.stability;
        Span span = include->use->path.name.span;
        if (!witc_included(w, stability, span) || !include->target->world) continue;
        if (include->target->excluded) {
            const WitWorld *world_ = include->target->world;
            witc_report_excluded(w, span, "world", "", &world_->stability, world_->span);
            continue;
        }
        include_world(w, entry, include, &imports, &exports);
    }
    check_case(w, world, &imports);
    check_case(w, world, &exports);
}
