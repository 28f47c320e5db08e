/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * From the graph to a component: imports, parts as they are met, instances (what each takes first),
 * exports.
 *
 * A Space is an index space under construction: the result's own, a component type's, an instance
 * type's. A type node gets an index in it when it is exported or imported there; one that belongs
 * to another interface is reached by an alias of that one's instance, imported where that has not
 * been done yet; one of an outer space by an outer alias.
 */
#include "base/file.h"
#include "component/graph.h"
#include "component/internal.h"

typedef struct Space Space;
struct Space {
    CompGraph *g;
    CompBuilder *b;
    Space *outer;
    const CompInstanceType *self; /* an instance type's: what it is of; NULL: a component's */
    Map types;                    /* node -> index */
    Map reachable;                /* node -> Reach */
    Map owners;                   /* of which an import was tried */
    Map imported;                 /* instances: name -> their type */
    Str name;                     /* for messages */
};

typedef struct {
    uint32_t instance;
    Str name;
} Reach;

static bool encode_node(Space *root, uint32_t index);
static void encode_extern(Space *s, const CompName *name, const CompEntity *e, bool import,
                          uint32_t *index);

static void fail_resource(Space *s) {
    if (!s->g->failed) diag(s->g->diags, GRAPH_UNNAMED_RESOURCE, s->g->at, STR_ARG(s->name));
    s->g->failed = true;
}

/* ---- finding types ---- */

static void put(Space *s, const WitType *t, uint32_t index, bool force) {
    bool added;
    MapEntry *e = map_put_ptr(s->g->arena, &s->types, comp_graph_same(s->g, t), &added);
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
    CompGraph *g = s->g;
    for (size_t i = 0; i < type->exports.len; i++) {
        const CompExtern *e = &type->exports.at[i];
        if (e->entity.sort != COMP_TYPE || !e->entity.type) continue;
        Reach *r = ARENA_NEW(g->arena, Reach);
        *r = (Reach){instance, e->name.name};
        const WitType *t = comp_graph_same(g, e->entity.type);
        map_put_ptr(g->arena, &s->reachable, t, NULL)->ptr = r;
        t = comp_graph_same(g, wit_dealias(t));
        bool added;
        if (t->kind != WIT_RESOURCE) continue;
        MapEntry *resource = map_put_ptr(g->arena, &s->reachable, t, &added);
        if (added) resource->ptr = r;
    }
}

static Space *root_of(Space *s) {
    while (s->outer) s = s->outer;
    return s;
}

/* One interface may be met as two types, by different ways: they are one. */
static bool is_imported(Space *s, Str name, const CompInstanceType *type) {
    const MapEntry *known = map_get(&s->imported, name);
    if (known) comp_graph_unify(s->g, known->cptr, type);
    return known != NULL;
}

/* Makes the interface that a type belongs to an import of this component, once. */
static void import_owner(Space *s, const CompOwner *owner) {
    CompGraph *g = s->g;
    bool added;
    map_put_ptr(g->arena, &s->owners, owner->instance, &added);
    if (!added || !owner->id.len) return;
    CompEntity e = {.sort = COMP_INSTANCE, .instance = owner->instance};
    uint32_t index;
    CompName name = comp_name(owner->id);
    if (s != root_of(s)) {
        if (!is_imported(s, owner->id, owner->instance)) encode_extern(s, &name, &e, true, &index);
        return;
    }
    MapEntry *entry = map_put(g->arena, &g->imports, owner->id, &added);
    if (added) {
        CompNode item = {.kind = COMP_NODE_IMPORT, .name = owner->id, .entity = e};
        entry->value = comp_graph_add(g, item);
    }
    CompNode *item = comp_node(g, (uint32_t)entry->value);
    if (item->entity.sort != COMP_INSTANCE) return;
    if (item->done && item->index == COMP_NONE)
        item->done = false; /* pruned, but needed after all */
    comp_graph_unify(g, item->entity.instance, owner->instance);
    encode_node(s, (uint32_t)entry->value);
}

/* Types that must have a name where they are used in an import or export. */
static uint32_t lookup(Space *s, const WitType *t) {
    CompGraph *g = s->g;
    t = comp_graph_same(g, t);
    const MapEntry *e = map_get_ptr(&s->types, t);
    if (e) return (uint32_t)e->value;
    if ((e = map_get_ptr(&s->reachable, t))) {
        const Reach *r = e->cptr;
        uint32_t index = comp_add_alias(s->b, COMP_TYPE, r->instance, r->name);
        put(s, t, index, true);
        return index;
    }
    const CompOwner *owner = comp_graph_owner(g, t);
    if (owner && s->self && owner->instance == s->self) return COMP_NONE;
    if (owner && !s->self && !map_has_ptr(&s->owners, owner->instance)) {
        import_owner(s, owner);
        return lookup(s, t);
    }
    uint32_t outside = s->outer ? lookup(s->outer, t) : COMP_NONE;
    if (outside == COMP_NONE) return COMP_NONE;
    if (!s->self && wit_is_nominal(wit_dealias(t))) {
        Str text = wit_dealias(t)->name.len ? wit_dealias(t)->name : t->name;
        if (!g->failed) {
            diag(g->diags, GRAPH_OUTER_TYPE, g->at, STR_ARG(s->name), STR_ARG(text));
            diag_note(g->diags, GRAPH_OUTER_REMEDY, span_none());
        }
        g->failed = true;
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
        *vec_push(s->g->arena, &def.fields) = f;
    }
    def.elem = value(s, t->elem);
    def.second = value(s, t->second);
    return def;
}

static CompValRef value(Space *s, const WitType *t) {
    if (!t || s->g->failed) return (CompValRef){0};
    for (;; t = t->elem) {
        if (wit_kind_shape(t->kind) == WIT_SHAPE_PRIM) return comp_prim(t->kind);
        uint32_t index = lookup(s, t);
        if (index != COMP_NONE) return comp_ref(index);
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
        *vec_push(s->g->arena, &def.fields) = p;
    }
    def.elem = value(s, f->result);
    return comp_add_type(s->b, &def);
}

static uint32_t instance_type(Space *s, const CompInstanceType *type) {
    CompBuilder b = comp_builder(s->g->arena);
    Space inner = {.g = s->g, .b = &b, .outer = s, .self = type, .name = s->name};
    for (size_t i = 0; i < type->exports.len && !s->g->failed; i++) {
        uint32_t index;
        encode_extern(&inner, &type->exports.at[i].name, &type->exports.at[i].entity, false,
                      &index);
    }
    return comp_add_type(s->b, comp_finish_type(&b, COMP_TYPEDEF_INSTANCE));
}

static uint32_t component_type(Space *s, const CompComponentType *type) {
    CompBuilder b = comp_builder(s->g->arena);
    Space inner = {.g = s->g, .b = &b, .outer = s, .name = s->name};
    uint32_t index;
    for (size_t i = 0; i < type->imports.len && !s->g->failed; i++) {
        const CompExtern *e = &type->imports.at[i];
        if (e->entity.sort == COMP_INSTANCE) {
            bool added;
            map_put_ptr(s->g->arena, &inner.owners, e->entity.instance, &added);
            if (!added || is_imported(&inner, e->name.name, e->entity.instance)) continue;
        }
        encode_extern(&inner, &e->name, &e->entity, true, &index);
    }
    for (size_t i = 0; i < type->exports.len && !s->g->failed; i++)
        encode_extern(&inner, &type->exports.at[i].name, &type->exports.at[i].entity, false,
                      &index);
    return comp_add_type(s->b, comp_finish_type(&b, COMP_TYPEDEF_COMPONENT));
}

/* An interface or world as a definition: a component type that exports it under its id. */
static uint32_t definition(Space *s, const CompEntity *e, Str id) {
    CompBuilder b = comp_builder(s->g->arena);
    Space inner = {.g = s->g, .b = &b, .outer = s, .name = s->name};
    uint32_t index;
    CompEntity item = *e;
    item.sort = e->instance ? COMP_INSTANCE : COMP_COMPONENT;
    CompName name = comp_name(id);
    encode_extern(&inner, &name, &item, false, &index);
    return comp_add_type(s->b, comp_finish_type(&b, COMP_TYPEDEF_COMPONENT));
}

/* A resource that has several names in one interface, by the first of them. */
static const WitType *first_name(const CompGraph *g, const WitType *type) {
    const CompOwner *owner = comp_graph_owner(g, type);
    if (!owner || wit_dealias(type)->kind != WIT_RESOURCE) return type;
    for (const WitType *t = type; t; t = t->elem) {
        const CompOwner *other = comp_graph_owner(g, t);
        if (!other || other->instance != owner->instance) break;
        type = t;
        if (t->kind != WIT_ALIAS) break;
    }
    return type;
}

/* What a named type is bound to: one that has an index, a structure, or a new resource. */
static CompExternType bound(Space *s, const CompEntity *e) {
    if (e->func) return comp_extern_eq(func_type(s, e->func));
    if (e->instance) return comp_extern_eq(instance_type(s, e->instance));
    if (e->component) return comp_extern_eq(component_type(s, e->component));
    const WitType *t = e->type;
    for (; t; t = t->elem) {
        uint32_t index =
            wit_kind_shape(t->kind) == WIT_SHAPE_PRIM ? COMP_NONE : lookup(s, first_name(s->g, t));
        if (index != COMP_NONE) return comp_extern_eq(index);
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
        if (!s->g->failed)
            diag(s->g->diags, GRAPH_TYPE_SORT, s->g->at, STR_ARG(name->name),
                 comp_sort_name(e->sort));
        s->g->failed = true;
        *index = COMP_NONE;
        return;
    }
    *index = import ? comp_add_import(s->b, *name, type) : comp_add_export_decl(s->b, *name, type);
    if (e->sort == COMP_INSTANCE) reach(s, e->instance, *index);
    if (e->sort == COMP_INSTANCE && import)
        map_put(s->g->arena, &s->imported, name->name, NULL)->cptr = e->instance;
    if (e->sort != COMP_TYPE || !e->type) return;
    put(s, e->type, *index, true);
    put_rest(s, e->type, *index);
}

/* ---- nodes ---- */

static void encode_type(Space *root, CompNode *node) {
    const CompEntity *e = &node->entity;
    uint32_t index;
    if (e->instance || e->component) index = definition(root, e, node->id);
    else index = bound(root, e).index;
    node->index = comp_add_export(root->b, comp_name(node->name), COMP_TYPE, index, NULL);
    if (!e->type) return;
    put(root, e->type, node->index, true);
    put_rest(root, e->type, node->index);
}

static void encode_import(Space *root, CompNode *node) {
    CompGraph *g = root->g;
    CompName name = node->label;
    name.name = node->name;
    if (node->entity.sort == COMP_INSTANCE)
        map_put_ptr(g->arena, &root->owners, node->entity.instance, NULL);
    encode_extern(root, &name, &node->entity, true, &node->index);
}

/* A component that is there already is not stored again. */
static void encode_part(Space *root, CompPart *part) {
    CompGraph *g = root->g;
    if (part->index != COMP_NONE || g->failed) return;
    if (part->imported) {
        const CompTypedef *type = comp_component_typedef(g->arena, part->info, g->diags);
        g->failed |= !type;
        if (!type) return;
        uint32_t index = comp_add_type(root->b, type);
        CompName name = comp_name(part->import_name.len ? part->import_name : part->name);
        part->index = comp_add_import(root->b, name, comp_extern(COMP_COMPONENT, index));
        return;
    }
    part->index = comp_add_component(root->b, part->component);
    comp_set_name(g->arena, &root->b->names, COMP_COMPONENT, part->index, part->name);
    if (!g->share || part->trimmed) return;
    for (size_t i = 0; i < g->parts.len; i++) {
        CompPart *other = g->parts.at[i];
        if (!other->imported && !other->trimmed && str_eq(other->source->text, part->source->text))
            other->index = part->index;
    }
}

static void encode_instance(Space *root, CompNode *node) {
    CompGraph *g = root->g;
    CompPart *part = g->parts.at[node->of];
    CompArgs args = {0};
    encode_part(root, part);
    for (size_t i = 0; i < node->edges.len; i++) {
        const CompEdge *edge = &node->edges.at[i];
        const CompNode *given = edge->node == COMP_NONE ? NULL : comp_node(g, edge->node);
        if (given)
            *vec_push(g->arena, &args) = comp_arg(edge->name, given->entity.sort, given->index);
    }
    node->index = comp_add_instance(root->b, part->index, args.at, args.len);
    if (node->name.len)
        comp_set_name(g->arena, &root->b->names, COMP_INSTANCE, node->index, node->name);
}

/* All that it takes is there. Nodes move when one is added, so that this works on a copy. */
static bool encode_node(Space *root, uint32_t index) {
    CompGraph *g = root->g;
    CompNode node = *comp_node(g, index);
    if (node.done || g->failed) return !g->failed;
    comp_node(g, index)->done = true;
    root->name = node.name;
    g->at = node.span.source ? node.span : g->span;
    switch (node.kind) {
    case COMP_NODE_TYPE: encode_type(root, &node); break;
    case COMP_NODE_IMPORT: encode_import(root, &node); break;
    case COMP_NODE_INSTANCE: encode_instance(root, &node); break;
    case COMP_NODE_ALIAS:
        node.index =
            comp_add_alias(root->b, node.entity.sort, comp_node(g, node.of)->index, node.name);
        break;
    }
    comp_node(g, index)->index = node.index;
    return !g->failed;
}

/* ---- what is needed first; the walk keeps its own stack ---- */

static Str node_name(const CompGraph *g, const CompNode *node) {
    return node->name.len ? node->name : comp_part_of(g, node)->name;
}

/* From the instance that is met again, round to it. */
static void report_cycle(CompGraph *g, const uint32_t *stack, size_t depth, uint32_t back) {
    size_t from = depth - 1;
    while (from > 0 && stack[from] != back) from--;
    while (from < depth && comp_node(g, stack[from])->kind != COMP_NODE_INSTANCE) from++;
    const CompNode *first = comp_node(g, from < depth ? stack[from] : back);
    diag(g->diags, COMPOSE_CYCLE, g->span, STR_ARG(comp_part_of(g, first)->name));
    for (size_t i = from; i < depth; i++) {
        const CompNode *x = comp_node(g, stack[i]);
        if (x->kind != COMP_NODE_INSTANCE) continue;
        uint32_t next = i + 1 < depth ? stack[i + 1] : back;
        for (size_t k = 0; k < x->edges.len; k++) {
            if (x->edges.at[k].node != next) continue;
            const CompNode *to = comp_node(g, next);
            while (to->kind == COMP_NODE_ALIAS) to = comp_node(g, to->of);
            Str a = node_name(g, x), b = node_name(g, to);
            diag_note(g->diags, COMPOSE_CYCLE_STEP, x->edges.at[k].span, STR_ARG(a),
                      STR_ARG(x->edges.at[k].name), STR_ARG(b));
            break;
        }
    }
}

/* The next node that must be there before this one, or COMP_NONE. What the edges before `edge` lead to
 * is there. */
static uint32_t missing(const CompGraph *g, const CompNode *node, size_t *edge) {
    if (node->kind == COMP_NODE_ALIAS && !comp_node(g, node->of)->done) return node->of;
    for (; *edge < node->edges.len; ++*edge) {
        uint32_t to = node->edges.at[*edge].node;
        if (to != COMP_NONE && !comp_node(g, to)->done) return to;
    }
    return COMP_NONE;
}

static bool encode_with_needs(Space *root, uint32_t index) {
    CompGraph *g = root->g;
    VEC(uint32_t) stack = {0};
    VEC(size_t) edges = {0};
    if (comp_node(g, index)->done) return true;
    comp_node(g, index)->busy = true;
    *vec_push(g->arena, &stack) = index;
    vec_push(g->arena, &edges);
    while (stack.len) {
        uint32_t top = vec_last(&stack), next = missing(g, comp_node(g, top), &vec_last(&edges));
        if (next == COMP_NONE) {
            if (!encode_node(root, top)) return false;
            (void)vec_pop(&stack), (void)vec_pop(&edges);
        } else if (comp_node(g, next)->busy) {
            report_cycle(g, stack.at, stack.len, next);
            return false;
        } else {
            comp_node(g, next)->busy = true;
            *vec_push(g->arena, &stack) = next;
            vec_push(g->arena, &edges);
        }
    }
    return true;
}

/* ---- the result ---- */

/* Validation finds out what depends on which resource is which; what was built is checked, and read
 * from its bytes again where that fails, so that faults have their places. */
static bool check(CompGraph *g, const CompComponent *result) {
    Diags quiet = {.arena = g->arena};
    if (g->skip_validation || comp_validate(g->arena, result, g->features, &quiet)) return true;
    Buf bytes = {.arena = g->arena};
    comp_encode(result, &bytes);
    const Source *source = source_of(g->arena, STR("the composition"), buf_text(&bytes));
    const CompComponent *again = comp_decode(g->arena, source, g->features, g->diags);
    if (again && comp_validate(g->arena, again, g->features, g->diags)) return true;
    diag_note(g->diags, COMPOSE_RESULT, g->span);
    return false;
}

CompComponent *comp_graph_encode(CompGraph *g) {
    CompBuilder b = comp_builder(g->arena);
    Space root = {.g = g, .b = &b};
    size_t n = g->nodes.len;
    for (uint32_t i = 0; i < n; i++)
        if (comp_node(g, i)->implicit && !encode_node(&root, i)) return NULL;
    for (uint32_t i = 0; i < n; i++)
        if (!encode_with_needs(&root, i)) return NULL;
    for (size_t i = 0; i < g->exports.len; i++) {
        const CompGraphExport *e = &g->exports.at[i];
        const CompNode *node = comp_node(g, e->node);
        if (node->kind == COMP_NODE_TYPE && str_eq(node->name, e->name.name)) continue;
        comp_add_export(&b, e->name, node->entity.sort, node->index, NULL);
    }
    if (!g->no_producers) comp_add_custom(&b, STR("producers"), comp_producers(g->arena));
    CompComponent *result = comp_finish(&b);
    if (g->share) result = comp_share(g->arena, result);
    return check(g, result) ? result : NULL;
}
