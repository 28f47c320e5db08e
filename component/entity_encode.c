/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The type of a component, as validation found it, as a definition again: for a component that is
 * imported instead of embedded.
 *
 * Every import or export adds an index to the space that it stands in, and types are found by their
 * nodes: a type that an import has named is that import's index; one that an instance exports is an
 * alias of that export; one of an enclosing type is an outer alias; else it is defined on the spot.
 *
 *     (type (component
 *       (import "i" (instance (export "r" (type (sub resource)))))   node of r -> instance 0, "r"
 *       (alias export 0 "r" (type 0))                                when it is first spoken of
 *       (export "f" (func (param "x" (own 0))))))
 */
#include "component/internal.h"

typedef struct Level Level;

/* An instance that exports types. */
typedef struct Provider {
    const struct Provider *outer; /* NULL: `index` is its own */
    uint32_t index;
    Str name; /* under which `outer` exports it */
} Provider;

typedef struct {
    const Provider *from;
    Str name;
} Provided;

/* The declarations of one component or instance type. */
struct Level {
    Level *outer;
    Arena *arena;
    Diags *diags;
    CompBuilder b;
    Map known;    /* node -> type index */
    Map provided; /* node -> Provided */
    bool failed;
};

static Level level_in(Level *outer, Arena *arena, Diags *diags) {
    return (Level){.outer = outer, .arena = arena, .diags = diags, .b = comp_builder(arena)};
}

/* ---- types that are there ---- */

static void know(Level *l, const WitType *type, uint32_t index) {
    map_put_ptr(l->arena, &l->known, type, NULL)->value = index;
}

static uint32_t instance_of(Level *l, const Provider *p) {
    if (!p->outer) return p->index;
    return comp_add_alias(&l->b, COMP_INSTANCE, instance_of(l, p->outer), p->name);
}

/* The index of a node here, or COMP_NONE where it has none. */
static uint32_t find(Level *l, const WitType *type) {
    Str key = {(const char *)&type, sizeof type};
    const MapEntry *e = map_get(&l->known, key);
    if (e) return (uint32_t)e->value;
    uint32_t index;
    if ((e = map_get(&l->provided, key))) {
        const Provided *p = e->cptr;
        index = comp_add_alias(&l->b, COMP_TYPE, instance_of(l, p->from), p->name);
    } else {
        index = l->outer ? find(l->outer, type) : COMP_NONE;
        if (index == COMP_NONE) return COMP_NONE;
        index = comp_add_outer_alias(&l->b, COMP_TYPE, 1, index);
    }
    know(l, type, index);
    return index;
}

static void provide(Level *l, const CompInstanceType *instance, const Provider *from) {
    for (size_t i = 0; i < instance->exports.len; i++) {
        const CompExtern *e = &instance->exports.at[i];
        if (e->entity.sort == COMP_INSTANCE) {
            Provider *inner = ARENA_NEW(l->arena, Provider);
            *inner = (Provider){.outer = from, .name = e->name.name};
            provide(l, e->entity.instance, inner);
        }
        if (e->entity.sort != COMP_TYPE || !e->entity.type) continue;
        Provided *p = ARENA_NEW(l->arena, Provided);
        *p = (Provided){from, e->name.name};
        map_put_ptr(l->arena, &l->provided, e->entity.type, NULL)->cptr = p;
        const WitType *resource = wit_dealias(e->entity.type);
        if (resource->kind != WIT_RESOURCE || find(l, resource) != COMP_NONE) continue;
        map_put_ptr(l->arena, &l->provided, resource, NULL)->cptr = p;
    }
}

/* ---- types that are made ---- */

static CompValRef val(Level *l, const WitType *type) {
    if (!type) return (CompValRef){0};
    const WitType *t = type;
    uint32_t index;
    while ((index = find(l, t)) == COMP_NONE && t->kind == WIT_ALIAS) t = t->elem;
    if (index != COMP_NONE) return comp_ref(index);
    if (wit_kind_shape(t->kind) == WIT_SHAPE_PRIM) return comp_prim(t->kind);
    CompTypedef def = {.sort = COMP_TYPEDEF_VALUE, .kind = t->kind, .length = t->length};
    for (size_t i = 0; i < t->fields.len; i++) {
        CompField field = {.name = t->fields.at[i].name, .type = val(l, t->fields.at[i].type)};
        *vec_push(l->arena, &def.fields) = field;
    }
    def.elem = val(l, t->elem);
    def.second = val(l, t->second);
    index = comp_add_type(&l->b, &def);
    know(l, t, index);
    return comp_ref(index);
}

static uint32_t func_type(Level *l, const WitFunc *f) {
    CompTypedef def = {.sort = COMP_TYPEDEF_FUNC, .is_async = f->is_async};
    for (size_t i = 0; i < f->params.len; i++) {
        CompField param = {.name = f->params.at[i].name, .type = val(l, f->params.at[i].type)};
        *vec_push(l->arena, &def.fields) = param;
    }
    def.elem = val(l, f->result);
    return comp_add_type(&l->b, &def);
}

static void add_externs(Level *l, const CompExterns *externs, bool is_import);

static uint32_t instance_type(Level *l, const CompInstanceType *type) {
    Level inner = level_in(l, l->arena, l->diags);
    add_externs(&inner, &type->exports, false);
    l->failed |= inner.failed;
    return comp_add_type(&l->b, comp_finish_type(&inner.b, COMP_TYPEDEF_INSTANCE));
}

static const CompTypedef *component_def(Level *outer, Arena *arena, Diags *diags,
                                        const CompComponentType *type) {
    Level inner = level_in(outer, arena, diags);
    add_externs(&inner, &type->imports, true);
    add_externs(&inner, &type->exports, false);
    if (outer) outer->failed |= inner.failed;
    return inner.failed ? NULL : comp_finish_type(&inner.b, COMP_TYPEDEF_COMPONENT);
}

static uint32_t component_type(Level *l, const CompComponentType *type) {
    const CompTypedef *def = component_def(l, l->arena, l->diags, type);
    return def ? comp_add_type(&l->b, def) : 0;
}

/* ---- imports and exports ---- */

static CompExternType type_extern(Level *l, const CompEntity *e, bool *is_new) {
    *is_new = false;
    if (e->func) return comp_extern_eq(func_type(l, e->func));
    if (e->instance) return comp_extern_eq(instance_type(l, e->instance));
    if (e->component) return comp_extern_eq(component_type(l, e->component));
    const WitType *resource = wit_dealias(e->type);
    *is_new = resource->kind == WIT_RESOURCE && find(l, e->type) == COMP_NONE &&
              find(l, resource) == COMP_NONE;
    if (*is_new) return comp_extern_resource();
    CompValRef of = val(l, e->type->kind == WIT_ALIAS ? e->type->elem : e->type);
    if (of.is_index) return comp_extern_eq(of.index);
    return comp_extern_eq(
        comp_add_type(&l->b, &(CompTypedef){.sort = COMP_TYPEDEF_VALUE, .kind = of.prim}));
}

static CompExternType extern_of(Level *l, const CompExtern *x, bool *is_new) {
    const CompEntity *e = &x->entity;
    *is_new = false;
    switch (e->sort) {
    case COMP_TYPE: return type_extern(l, e, is_new);
    case COMP_FUNC: return comp_extern(COMP_FUNC, func_type(l, e->func));
    case COMP_INSTANCE: return comp_extern(COMP_INSTANCE, instance_type(l, e->instance));
    case COMP_COMPONENT: return comp_extern(COMP_COMPONENT, component_type(l, e->component));
    default: break;
    }
    diag(l->diags, LINK_NO_TYPE_FOR, span_none(), STR_ARG(x->name.name), comp_sort_name(e->sort));
    l->failed = true;
    return comp_extern_eq(0);
}

static void add_externs(Level *l, const CompExterns *externs, bool is_import) {
    for (size_t i = 0; i < externs->len && !l->failed; i++) {
        const CompExtern *x = &externs->at[i];
        bool is_new;
        CompExternType type = extern_of(l, x, &is_new);
        uint32_t index = is_import ? comp_add_import(&l->b, x->name, type)
                                   : comp_add_export_decl(&l->b, x->name, type);
        if (x->entity.sort == COMP_TYPE && x->entity.type) {
            know(l, x->entity.type, index);
            if (is_new) know(l, wit_dealias(x->entity.type), index);
        } else if (x->entity.sort == COMP_INSTANCE) {
            Provider *p = ARENA_NEW(l->arena, Provider);
            *p = (Provider){.index = index};
            provide(l, x->entity.instance, p);
        }
    }
}

const CompTypedef *comp_component_typedef(Arena *arena, const CompInfo *info, Diags *diags) {
    return component_def(NULL, arena, diags, &info->type);
}
