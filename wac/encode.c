/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * From items to a component.
 *
 * A Space is an index space under construction: the result's own, a component type's, an instance
 * type's. A type node gets an index in it when it is exported or imported there; one that belongs
 * to another interface is reached by an alias of that one's instance, imported where that has not
 * been done yet; one of an outer space by an outer alias.
 */
#include "wac/internal.h"

typedef struct Space Space;
struct Space {
    WacContext *c;
    CompBuilder *b;
    Space *outer;
    const CompInstanceType *self; /* an instance type's: what it is of; NULL: a component's */
    Map types;                    /* node -> index */
    Map reachable;                /* node -> Reach */
    Map owners;                   /* of which an import was tried */
    Str name;                     /* for messages */
};

typedef struct {
    uint32_t instance;
    Str name;
} Reach;

static void encode_item(Space *root, uint32_t index);
static void encode_extern(Space *s, const CompName *name, const CompEntity *e, bool import,
                          uint32_t *index);

static const WitType *canonical(const WacContext *c, const WitType *t) {
    const MapEntry *e;
    while ((e = map_get(&c->same, (Str){(const char *)&t, sizeof t}))) t = e->cptr;
    return t;
}

void wac_unify(WacContext *c, const CompInstanceType *a, const CompInstanceType *b) {
    if (a == b) return;
    for (size_t i = 0; i < b->exports.len; i++) {
        const CompExtern *y = &b->exports.at[i], *x = comp_find_export(a, y->name.name);
        if (!x || !x->entity.type || !y->entity.type) continue;
        const WitType *to = canonical(c, x->entity.type), *from = canonical(c, y->entity.type);
        if (to != from) map_put(c->arena, &c->same, wac_key(c->arena, from), NULL)->cptr = to;
        to = wit_dealias(x->entity.type), from = wit_dealias(y->entity.type);
        if (from->kind != WIT_RESOURCE || to->kind != WIT_RESOURCE) continue;
        to = canonical(c, to), from = canonical(c, from);
        if (to != from) map_put(c->arena, &c->same, wac_key(c->arena, from), NULL)->cptr = to;
    }
}

static void fail_resource(Space *s) {
    if (!s->c->failed) diag(s->c->diags, WAC_UNNAMED_RESOURCE, s->c->at, STR_ARG(s->name));
    s->c->failed = true;
}

/* ---- finding types ---- */

static void put(Space *s, const WitType *t, uint32_t index, bool force) {
    bool added;
    MapEntry *e = map_put(s->c->arena, &s->types, wac_key(s->c->arena, canonical(s->c, t)), &added);
    if (added || force) e->value = index;
}

/* What a named type stands for goes by the same index where it has none of its own. */
static void put_rest(Space *s, const WitType *t, uint32_t index) {
    while (t->kind == WIT_ALIAS) {
        t = t->elem;
        if (wit_kind_shape(t->kind) != WIT_SHAPE_PRIM) put(s, t, index, false);
    }
}

/* What an instance of the space exports can be reached from now on. */
static void reach(Space *s, const CompInstanceType *type, uint32_t instance) {
    WacContext *c = s->c;
    for (size_t i = 0; i < type->exports.len; i++) {
        const CompExtern *e = &type->exports.at[i];
        if (e->entity.sort != COMP_TYPE || !e->entity.type) continue;
        Reach *r = ARENA_NEW(c->arena, Reach);
        *r = (Reach){instance, e->name.name};
        const WitType *t = canonical(c, e->entity.type);
        map_put(c->arena, &s->reachable, wac_key(c->arena, t), NULL)->ptr = r;
        t = canonical(c, wit_dealias(t));
        bool added;
        if (t->kind != WIT_RESOURCE) continue;
        MapEntry *resource = map_put(c->arena, &s->reachable, wac_key(c->arena, t), &added);
        if (added) resource->ptr = r;
    }
}

static Space *root_of(Space *s) {
    while (s->outer) s = s->outer;
    return s;
}

/* Makes the interface that a type belongs to an import of this component, once. */
static void import_owner(Space *s, const WacOwner *owner) {
    WacContext *c = s->c;
    bool added;
    map_put(c->arena, &s->owners, wac_key(c->arena, owner->instance), &added);
    if (!added || !owner->id.len) return;
    CompEntity e = {.sort = COMP_INSTANCE, .instance = owner->instance};
    uint32_t index;
    CompName name = comp_name(owner->id);
    if (s != root_of(s)) {
        encode_extern(s, &name, &e, true, &index);
        return;
    }
    MapEntry *entry = map_put(c->arena, &c->imports, owner->id, &added);
    if (added) {
        WacItem item = {.kind = WAC_NODE_IMPORT, .name = owner->id, .entity = e};
        entry->value = wac_add(c, item);
    }
    uint32_t item = (uint32_t)entry->value;
    if (wac_item(c, item)->entity.sort != COMP_INSTANCE) return;
    wac_unify(c, wac_item(c, item)->entity.instance, owner->instance);
    encode_item(s, item);
}

/* Types that must have a name where they are used in an import or export. */
static uint32_t lookup(Space *s, const WitType *t) {
    WacContext *c = s->c;
    t = canonical(c, t);
    Str key = {(const char *)&t, sizeof t};
    const MapEntry *e = map_get(&s->types, key);
    if (e) return (uint32_t)e->value;
    if ((e = map_get(&s->reachable, key))) {
        const Reach *r = e->cptr;
        uint32_t index = comp_add_alias(s->b, COMP_TYPE, r->instance, r->name);
        put(s, t, index, true);
        return index;
    }
    const WacOwner *owner = wac_owner(c, t);
    if (owner && s->self && owner->instance == s->self) return WAC_NONE;
    if (owner && !s->self &&
        !map_get(&s->owners, (Str){(const char *)&owner->instance, sizeof owner->instance})) {
        import_owner(s, owner);
        return lookup(s, t);
    }
    uint32_t outside = s->outer ? lookup(s->outer, t) : WAC_NONE;
    if (outside == WAC_NONE) return WAC_NONE;
    if (!s->self && wit_is_nominal(wit_dealias(t))) {
        Str text = wit_dealias(t)->name.len ? wit_dealias(t)->name : t->name;
        if (!c->failed) {
            diag(c->diags, WAC_OUTER_TYPE, c->at, STR_ARG(s->name), STR_ARG(text));
            diag_note(c->diags, WAC_OUTER_REMEDY, span_none());
        }
        c->failed = true;
    }
    uint32_t index = comp_add_outer_alias(s->b, COMP_TYPE, 1, outside);
    put(s, t, index, true);
    return index;
}

/* ---- writing types ---- */

static CompValRef value(Space *s, const WitType *t);

static CompTypedef structure(Space *s, const WitType *t) {
    CompTypedef def = {.sort = COMP_TYPEDEF_VALUE, .kind = t->kind, .length = t->length};
    for (size_t i = 0; i < t->fields.len; i++) {
        CompField f = {.name = t->fields.at[i].name, .type = value(s, t->fields.at[i].type)};
        *vec_push(s->c->arena, &def.fields) = f;
    }
    def.elem = value(s, t->elem);
    def.second = value(s, t->second);
    return def;
}

static CompValRef value(Space *s, const WitType *t) {
    if (!t || s->c->failed) return (CompValRef){0};
    for (;; t = t->elem) {
        if (wit_kind_shape(t->kind) == WIT_SHAPE_PRIM) return comp_prim(t->kind);
        uint32_t index = lookup(s, t);
        if (index != WAC_NONE) return comp_ref(index);
        if (t->kind != WIT_ALIAS) break;
    }
    if (t->kind == WIT_RESOURCE) {
        fail_resource(s);
        return (CompValRef){0};
    }
    CompTypedef def = structure(s, t);
    uint32_t index = comp_add_type(s->b, &def);
    put(s, t, index, true);
    return comp_ref(index);
}

static uint32_t func_type(Space *s, const WitFunc *f) {
    CompTypedef def = {.sort = COMP_TYPEDEF_FUNC, .is_async = f->is_async};
    for (size_t i = 0; i < f->params.len; i++) {
        CompField p = {.name = f->params.at[i].name, .type = value(s, f->params.at[i].type)};
        *vec_push(s->c->arena, &def.fields) = p;
    }
    def.elem = value(s, f->result);
    return comp_add_type(s->b, &def);
}

static uint32_t instance_type(Space *s, const CompInstanceType *type) {
    CompBuilder b = comp_builder(s->c->arena);
    Space inner = {.c = s->c, .b = &b, .outer = s, .self = type, .name = s->name};
    for (size_t i = 0; i < type->exports.len && !s->c->failed; i++) {
        uint32_t index;
        encode_extern(&inner, &type->exports.at[i].name, &type->exports.at[i].entity, false,
                      &index);
    }
    return comp_add_type(s->b, comp_finish_type(&b, COMP_TYPEDEF_INSTANCE));
}

static uint32_t component_type(Space *s, const CompComponentType *type) {
    CompBuilder b = comp_builder(s->c->arena);
    Space inner = {.c = s->c, .b = &b, .outer = s, .name = s->name};
    uint32_t index;
    for (size_t i = 0; i < type->imports.len && !s->c->failed; i++) {
        const CompExtern *e = &type->imports.at[i];
        if (e->entity.sort == COMP_INSTANCE) {
            bool added;
            map_put(s->c->arena, &inner.owners, wac_key(s->c->arena, e->entity.instance), &added);
            if (!added) continue;
        }
        encode_extern(&inner, &e->name, &e->entity, true, &index);
    }
    for (size_t i = 0; i < type->exports.len && !s->c->failed; i++)
        encode_extern(&inner, &type->exports.at[i].name, &type->exports.at[i].entity, false,
                      &index);
    return comp_add_type(s->b, comp_finish_type(&b, COMP_TYPEDEF_COMPONENT));
}

/* An interface or world as a definition: a component type that exports it under its id. */
static uint32_t definition(Space *s, const CompEntity *e, Str id) {
    CompBuilder b = comp_builder(s->c->arena);
    Space inner = {.c = s->c, .b = &b, .outer = s, .name = s->name};
    uint32_t index;
    CompEntity item = *e;
    item.sort = e->instance ? COMP_INSTANCE : COMP_COMPONENT;
    CompName name = comp_name(id);
    encode_extern(&inner, &name, &item, false, &index);
    return comp_add_type(s->b, comp_finish_type(&b, COMP_TYPEDEF_COMPONENT));
}

/* What a named type is bound to: one that has an index, a structure, or a new resource. */
static CompExternType bound(Space *s, const CompEntity *e) {
    if (e->func) return comp_extern_eq(func_type(s, e->func));
    if (e->instance) return comp_extern_eq(instance_type(s, e->instance));
    if (e->component) return comp_extern_eq(component_type(s, e->component));
    const WitType *t = e->type;
    for (; t; t = t->elem) {
        uint32_t index = wit_kind_shape(t->kind) == WIT_SHAPE_PRIM ? WAC_NONE : lookup(s, t);
        if (index != WAC_NONE) return comp_extern_eq(index);
        if (t->kind != WIT_ALIAS) break;
    }
    if (!t) {
        fail_resource(s);
        return comp_extern_resource();
    }
    if (t->kind == WIT_RESOURCE) return comp_extern_resource();
    CompTypedef def = structure(s, t);
    return comp_extern_eq(comp_add_type(s->b, &def));
}

static void encode_extern(Space *s, const CompName *name, const CompEntity *e, bool import,
                          uint32_t *index) {
    CompExternType type;
    s->name = name->name;
    switch (e->sort) {
    case COMP_FUNC: type = comp_extern(COMP_FUNC, func_type(s, e->func)); break;
    case COMP_INSTANCE: type = comp_extern(COMP_INSTANCE, instance_type(s, e->instance)); break;
    case COMP_COMPONENT: type = comp_extern(COMP_COMPONENT, component_type(s, e->component)); break;
    case COMP_TYPE: type = bound(s, e); break;
    default:
        if (!s->c->failed)
            diag(s->c->diags, WAC_TYPE_SORT, s->c->at, STR_ARG(name->name),
                 comp_sort_name(e->sort));
        s->c->failed = true;
        *index = WAC_NONE;
        return;
    }
    *index = import ? comp_add_import(s->b, *name, type) : comp_add_export_decl(s->b, *name, type);
    if (e->sort == COMP_INSTANCE) reach(s, e->instance, *index);
    if (e->sort != COMP_TYPE || !e->type) return;
    put(s, e->type, *index, true);
    put_rest(s, e->type, *index);
}

/* ---- items ---- */

static void encode_type(Space *root, WacItem *item) {
    const CompEntity *e = &item->entity;
    uint32_t index;
    if (e->instance || e->component) index = definition(root, e, item->id);
    else index = bound(root, e).index;
    item->index = comp_add_export(root->b, comp_name(item->name), COMP_TYPE, index, NULL);
    if (!e->type) return;
    put(root, e->type, item->index, true);
    put_rest(root, e->type, item->index);
}

static void encode_instance(Space *root, WacItem *item) {
    WacContext *c = root->c;
    if (item->package->index == WAC_NONE) {
        item->package->index = comp_add_component(root->b, item->package->component);
        comp_set_name(c->arena, &root->b->names, COMP_COMPONENT, item->package->index,
                      item->package->name);
    }
    CompArgs args = {0};
    for (size_t i = 0; i < item->args.len; i++) {
        const WacItem *given = wac_item(c, item->args.at[i].item);
        *vec_push(c->arena, &args) =
            comp_arg(item->args.at[i].name, given->entity.sort, given->index);
    }
    item->index = comp_add_instance(root->b, item->package->index, args.at, args.len);
}

/* Items move when one is added, so that this works on a copy. */
static void encode_item(Space *root, uint32_t index) {
    WacContext *c = root->c;
    WacItem item = *wac_item(c, index);
    if (item.done || c->failed) return;
    wac_item(c, index)->done = true;
    root->name = item.name;
    c->at = item.span.source ? item.span : c->program.package.span;
    switch (item.kind) {
    case WAC_NODE_TYPE: encode_type(root, &item); break;
    case WAC_NODE_INSTANCE: encode_instance(root, &item); break;
    case WAC_NODE_ALIAS:
        item.index =
            comp_add_alias(root->b, item.entity.sort, wac_item(c, item.of)->index, item.name);
        break;
    case WAC_NODE_IMPORT: {
        CompName name = comp_name(item.name);
        if (item.entity.sort == COMP_INSTANCE)
            map_put(c->arena, &root->owners, wac_key(c->arena, item.entity.instance), NULL);
        encode_extern(root, &name, &item.entity, true, &item.index);
    }
    }
    wac_item(c, index)->index = item.index;
}

/* Validation finds out what depends on which resource is which. */
static bool check(WacContext *c, const CompComponent *result) {
    if (c->options->skip_validation) return true;
    Buf bytes = {.arena = c->arena};
    comp_encode(result, &bytes);
    Source *source = ARENA_NEW(c->arena, Source);
    *source = (Source){STR("the composition"), buf_text(&bytes), true};
    const CompComponent *again = comp_decode(c->arena, source, c->options->features, c->diags);
    if (again && comp_validate(c->arena, again, c->options->features, c->diags)) return true;
    diag(c->diags, WAC_RESULT, c->program.package.span);
    return false;
}

CompComponent *wac_encode(WacContext *c) {
    CompBuilder b = comp_builder(c->arena);
    Space root = {.c = c, .b = &b};
    size_t n = c->items.len;
    for (size_t i = 0; i < n; i++)
        if (c->items.at[i].implicit) encode_item(&root, (uint32_t)i);
    for (size_t i = 0; i < n; i++) encode_item(&root, (uint32_t)i);
    if (c->failed) return NULL;
    for (size_t i = 0; i < c->exported.len; i++) {
        const WacItem *item = wac_item(c, c->exported.at[i].item);
        if (item->kind == WAC_NODE_TYPE && str_eq(item->name, c->exported.at[i].name)) continue;
        comp_add_export(&b, comp_name(c->exported.at[i].name), item->entity.sort, item->index,
                        NULL);
    }
    CompComponent *result = comp_finish(&b);
    return check(c, result) ? result : NULL;
}
