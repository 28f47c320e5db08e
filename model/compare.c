/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Whether two descriptions of the same interface or world agree: two copies of a package that come
 * together, two versions of an interface that are to become one, two worlds that are united.
 *
 * Types are compared by structure, through aliases and all the way down. Resources have no
 * structure: two of them are the same if they have one name and their owners correspond, that is,
 * are named alike (`ns:pkg/iface@version`) or were declared a pair.
 */
#include "model/internal.h"

enum { MAX_DEPTH = 2000 }; /* types nested deeper than this never agree */

/* ---- telling ---- */

static void begin_mismatch(Compare *c) {
    switch (c->purpose) {
    case COMPARE_PACKAGES:
        diag(c->diags, MODEL_MERGE_PACKAGE, span_none(), STR_ARG(c->a_name));
        break;
    case COMPARE_WORLDS:
        diag(c->diags, MODEL_MERGE_WORLDS, span_none(), STR_ARG(c->a_name), STR_ARG(c->b_name));
        break;
    case COMPARE_VERSIONS:
        diag(c->diags, MODEL_UPGRADE, span_none(), STR_ARG(c->a_name), STR_ARG(c->b_name));
        break;
    }
    if (c->in_world)
        diag_note(c->diags, MODEL_IN_WORLD, c->in_world->span, STR_ARG(c->in_world->name));
    if (c->in_interface && c->in_interface->name.len)
        diag_note(c->diags, MODEL_IN_INTERFACE, c->in_interface->span,
                  STR_ARG(c->in_interface->name));
    if (c->item.len)
        diag_note(c->diags, MODEL_IN_ITEM, span_none(), c->direction, STR_ARG(c->item));
}

/* Begins the diagnostic, adds what differs and where the other one is, gives false. */
#define MISMATCH(c, code, a_span, b_span, ...)                                                     \
    (begin_mismatch(c), diag_note((c)->diags, code, (a_span), __VA_ARGS__),                        \
     (b_span).source ? (void)diag_note((c)->diags, MODEL_OTHER_PLACE, (b_span)) : (void)0, false)

Str short_text(Arena *arena, Str text) {
    enum { ENOUGH = 120 };
    if (text.len <= ENOUGH) return text;
    return str_fmt(arena, "%.*s ...", ENOUGH, text.ptr);
}

static Str owner_text(Arena *arena, const WitType *type) {
    Str id = {0};
    if (type->interface) id = wit_interface_id(arena, type->interface);
    else if (type->world) id = wit_world_id(arena, type->world);
    return id.len ? str_fmt(arena, "`%.*s`", STR_ARG(id)) : STR("an interface in place");
}

void note_difference(Compare *c, const WitType *top) {
    const WitType *a = c->differ_a, *b = c->differ_b;
    bool resources = a && a->kind == WIT_RESOURCE && b->kind == WIT_RESOURCE;
    if (!a || (a == wit_dealias(top) && !resources)) return;
    if (resources) {
        Str x = owner_text(c->arena, a), y = owner_text(c->arena, b);
        diag_note(c->diags, MODEL_DIFFER_RESOURCES, a->span, STR_ARG(a->name), STR_ARG(x),
                  STR_ARG(b->name), STR_ARG(y));
        return;
    }
    Str x = short_text(c->arena, wit_type_text(c->arena, a));
    Str y = short_text(c->arena, wit_type_text(c->arena, b));
    diag_note(c->diags, MODEL_DIFFER, a->span, STR_ARG(x), STR_ARG(y));
}

/* The rest of a diagnostic on types: both as text, and what in them differs. Gives false. */
static bool mismatch_ends(Compare *c, Str a, Span a_span, Str b, Span b_span, const WitType *top) {
    a = short_text(c->arena, a);
    b = short_text(c->arena, b);
    diag_note(c->diags, MODEL_ONE_IS, a_span, STR_ARG(a));
    diag_note(c->diags, MODEL_OTHER_IS, b_span, STR_ARG(b));
    note_difference(c, top);
    return false;
}

/* ---- types ---- */

Str address_key(Arena *arena, const void *address) {
    return (Str){arena_copy(arena, &address, sizeof address), sizeof address};
}

void compare_pair(Compare *c, const void *a, const void *b) {
    map_put(c->arena, &c->owners, address_key(c->arena, a), NULL)->cptr = b;
}

/* Both are named `ns:pkg/iface`, and of one version unless that is no matter. */
static bool same_path(Compare *c, const WitInterface *a, const WitInterface *b) {
    if (!c->any_version || !a->package || !b->package)
        return str_eq(wit_interface_id(c->arena, a), wit_interface_id(c->arena, b));
    return str_eq(a->name, b->name) && str_eq(a->package->ns, b->package->ns) &&
           str_eq(a->package->name, b->package->name);
}

static bool owners_correspond(Compare *c, const WitType *a, const WitType *b) {
    const void *x = a->interface ? (const void *)a->interface : a->world;
    const void *y = b->interface ? (const void *)b->interface : b->world;
    if (x == y) return true;
    const MapEntry *pair = x ? map_get(&c->owners, address_key(c->arena, x)) : NULL;
    if (pair) return pair->cptr == y;
    return a->interface && b->interface && a->interface->name.len &&
           same_path(c, a->interface, b->interface);
}

static bool same_type(Compare *c, const WitType *a, const WitType *b, unsigned depth);

static bool same_fields(Compare *c, const WitType *a, const WitType *b, unsigned depth) {
    if (a->fields.len != b->fields.len) return false;
    for (size_t i = 0; i < a->fields.len; i++) {
        const WitField *x = &a->fields.at[i], *y = &b->fields.at[i];
        if (!str_eq(x->name, y->name) || !same_type(c, x->type, y->type, depth)) return false;
    }
    return true;
}

static bool same_parts(Compare *c, const WitType *a, const WitType *b, unsigned depth) {
    if (a->kind != b->kind || a->length != b->length || depth == 0) return false;
    if (a->kind == WIT_RESOURCE) return str_eq(a->name, b->name) && owners_correspond(c, a, b);
    const WitType *pair[2] = {a, b};
    bool added;
    map_put(c->arena, &c->seen, (Str){arena_copy(c->arena, pair, sizeof pair), sizeof pair},
            &added);
    if (!added) return true; /* the same, or the comparison has failed already */
    return same_type(c, a->elem, b->elem, depth - 1) &&
           same_type(c, a->second, b->second, depth - 1) && same_fields(c, a, b, depth - 1);
}

static bool is_prim(const WitType *type) { return wit_kind_shape(type->kind) == WIT_SHAPE_PRIM; }

static bool same_type(Compare *c, const WitType *a, const WitType *b, unsigned depth) {
    a = wit_dealias(a);
    b = wit_dealias(b);
    if (a == b) return true;
    if (!a || !b) return false;
    if (is_prim(a) || is_prim(b)) return a->kind == b->kind;
    if (same_parts(c, a, b, depth)) return true;
    if (!c->differ_a) c->differ_a = a, c->differ_b = b; /* the innermost comes back first */
    return false;
}

bool same_types(Compare *c, const WitType *a, const WitType *b) {
    c->differ_a = c->differ_b = NULL;
    return same_type(c, a, b, MAX_DEPTH);
}

bool wit_types_correspond(Arena *arena, const WitType *a, const WitType *b, const void *a_owner,
                          const void *b_owner) {
    Compare c = {.arena = arena, .any_version = true};
    if (a_owner && b_owner) compare_pair(&c, a_owner, b_owner);
    return same_types(&c, a, b);
}

/* ---- functions ---- */

static bool same_kinds(const WitFunc *a, const WitFunc *b) {
    return a->kind == b->kind && a->is_async == b->is_async;
}

static bool same_params(Compare *c, const WitFunc *a, const WitFunc *b) {
    bool same = a->params.len == b->params.len;
    for (size_t i = 0; same && i < a->params.len; i++)
        same = str_eq(a->params.at[i].name, b->params.at[i].name) &&
               same_types(c, a->params.at[i].type, b->params.at[i].type);
    return same;
}

bool same_funcs(Compare *c, const WitFunc *a, const WitFunc *b) {
    return same_kinds(a, b) && same_params(c, a, b) && same_types(c, a->result, b->result);
}

static bool funcs_mismatch(Compare *c, const WitFunc *a, const WitFunc *b) {
    return mismatch_ends(c, wit_func_text(c->arena, a), a->span, wit_func_text(c->arena, b),
                         b->span, NULL);
}

static bool compare_funcs(Compare *c, const WitFunc *a, const WitFunc *b) {
    if (same_funcs(c, a, b)) return true;
    bool kinds = same_kinds(a, b);
    begin_mismatch(c);
    if (!kinds) diag_note(c->diags, MODEL_DIFFERENT_FUNC_KINDS, span_none(), STR_ARG(a->name));
    else diag_note(c->diags, MODEL_DIFFERENT_FUNCS, span_none(), STR_ARG(a->name));
    return funcs_mismatch(c, a, b);
}

/* ---- interfaces ---- */

static bool compare_types(Compare *c, const WitType *a, const WitType *b) {
    if (same_types(c, a, b)) return true;
    begin_mismatch(c);
    diag_note(c->diags, MODEL_DIFFERENT_TYPES, span_none(), STR_ARG(a->name));
    return mismatch_ends(c, wit_type_text(c->arena, a), a->span, wit_type_text(c->arena, b),
                         b->span, a);
}

bool compare_interfaces(Compare *c, const WitInterface *a, const WitInterface *b) {
    const WitInterface *outer = c->in_interface;
    c->in_interface = a;
    compare_pair(c, a, b);
    bool ok = true;
    for (size_t i = 0; ok && i < a->types.len; i++) {
        const WitType *other = wit_find_type(b, a->types.at[i]->name);
        ok = !other || compare_types(c, a->types.at[i], other);
    }
    for (size_t i = 0; ok && i < a->funcs.len; i++) {
        const WitFunc *other = wit_find_func(b, a->funcs.at[i]->name);
        ok = !other || compare_funcs(c, a->funcs.at[i], other);
    }
    c->in_interface = outer;
    return ok;
}

/* ---- worlds ---- */

static bool compare_item_interfaces(Compare *c, const WitItem *a, const WitItem *b,
                                    const char *direction) {
    const WitInterface *x = a->interface, *y = b->interface;
    if (x == y) return true;
    if (!x->name.len && !y->name.len) return compare_interfaces(c, x, y);
    /* named ones have been compared where they are defined */
    if (str_eq(wit_interface_id(c->arena, x), wit_interface_id(c->arena, y))) return true;
    Str name = wit_item_name(c->arena, a);
    return MISMATCH(c, MODEL_DIFFERENT_INTERFACES, a->span, b->span, direction, STR_ARG(name));
}

bool compare_items(Compare *c, const WitItem *a, const WitItem *b, const char *direction) {
    Str name = wit_item_name(c->arena, a);
    if (a->kind != b->kind)
        return MISMATCH(c, MODEL_DIFFERENT_ITEMS, a->span, b->span, direction, STR_ARG(name));
    c->direction = direction;
    c->item = name;
    bool ok = a->kind == WIT_ITEM_INTERFACE ? compare_item_interfaces(c, a, b, direction)
              : a->kind == WIT_ITEM_FUNC    ? compare_funcs(c, a->func, b->func)
                                            : compare_types(c, a->type, b->type);
    c->item = (Str){0};
    return ok;
}

/* Items by what they are called, which is the same in two models. */
static Map named_items(Compare *c, const WitItems *items) {
    Map map = {0};
    for (size_t i = 0; i < items->len; i++)
        map_put(c->arena, &map, wit_item_name(c->arena, &items->at[i]), NULL)->cptr = &items->at[i];
    return map;
}

static bool compare_item_lists(Compare *c, const WitItems *a, const WitItems *b,
                               const char *direction) {
    if (a->len != b->len) return MISMATCH(c, MODEL_ITEM_COUNT, span_none(), span_none(), direction);
    Map others = named_items(c, b);
    for (size_t i = 0; i < a->len; i++) {
        const MapEntry *other = map_get(&others, wit_item_name(c->arena, &a->at[i]));
        Str name = wit_item_name(c->arena, &a->at[i]);
        if (!other)
            return MISMATCH(c, MODEL_ITEM_MISSING, a->at[i].span, span_none(), direction,
                            STR_ARG(name));
        if (!compare_items(c, &a->at[i], other->cptr, direction)) return false;
    }
    return true;
}

bool compare_worlds(Compare *c, const WitWorld *a, const WitWorld *b) {
    c->in_world = a;
    compare_pair(c, a, b);
    bool ok = compare_item_lists(c, &a->imports, &b->imports, "import") &&
              compare_item_lists(c, &a->exports, &b->exports, "export");
    c->in_world = NULL;
    return ok;
}
