/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The graph of a composition under construction: parts, nodes, edges, and the imports of the result.
 *
 *     app ──"a:b/c@1.0.2"──▶ alias "a:b/c@1.0.3" of store
 *      └────"wasi:io/poll@0.2.3"──▶ import "wasi:io/poll@0.2.6" ◀──"wasi:io/poll@0.2.6"── store
 *
 * Types are the nodes that validation made of each part. Those of two parts are different nodes even
 * where they are the same type; when two parts share an import, what they call by one name is made
 * one (comp_graph_unify), and each type knows the import that it belongs to (CompOwner).
 */
#include "component/graph.h"

#include "component/internal.h"

const CompExtern *comp_extern_find(const CompExterns *list, Str name) {
    for (size_t i = 0; i < list->len; i++)
        if (str_eq(list->at[i].name.name, name)) return &list->at[i];
    return NULL;
}

const CompExtern *comp_part_export(const CompPart *part, Str name) {
    const CompComponentType *type = &part->info->type;
    const MapEntry *e = map_get(&type->exports_by_name, name);
    return e ? &type->exports.at[e->value] : NULL;
}

Str comp_entity_kind(const CompEntity *e) {
    switch (e->sort) {
    case COMP_FUNC: return STR("function");
    case COMP_INSTANCE: return STR("instance");
    case COMP_COMPONENT: return STR("component");
    case COMP_CORE_MODULE: return STR("core module");
    case COMP_TYPE: break;
    default: return STR("value");
    }
    if (e->func) return STR("function type");
    if (e->instance) return STR("interface");
    if (e->component) return STR("world");
    if (!e->type) return STR("type");
    return str_from(wit_kind_keyword(wit_dealias(e->type)->kind));
}

/* ---- parts and nodes ---- */

uint32_t comp_graph_part(CompGraph *g, Str name, const Source *source) {
    CompPart *part = ARENA_NEW(g->arena, CompPart);
    *part = (CompPart){.name = name, .source = source, .index = COMP_NONE};
    part->component = comp_decode(g->arena, source, g->features, g->diags);
    if (!part->component) return COMP_NONE;
    part->info = comp_validate_types(g->arena, part->component, g->features, g->diags);
    if (!part->info) return COMP_NONE;
    comp_graph_own_list(g, &part->info->type.imports);
    *vec_push(g->arena, &g->parts) = part;
    return (uint32_t)g->parts.len - 1;
}

uint32_t comp_graph_add(CompGraph *g, CompNode node) {
    *vec_push(g->arena, &g->nodes) = node;
    return (uint32_t)g->nodes.len - 1;
}

uint32_t comp_graph_instance(CompGraph *g, uint32_t part, Str name) {
    const CompComponentType *component = &g->parts.at[part]->info->type;
    CompNode node = {.kind = COMP_NODE_INSTANCE, .name = name, .of = part};
    CompInstanceType *type = ARENA_NEW(g->arena, CompInstanceType);
    *type =
        (CompInstanceType){.exports = component->exports, .by_name = component->exports_by_name};
    node.entity = (CompEntity){.sort = COMP_INSTANCE, .instance = type};
    vec_reserve(g->arena, &node.edges, component->imports.len);
    for (size_t i = 0; i < component->imports.len; i++)
        *vec_push(g->arena, &node.edges) =
            (CompEdge){.name = component->imports.at[i].name.name, .node = COMP_NONE};
    return comp_graph_add(g, node);
}

uint32_t comp_graph_alias(CompGraph *g, uint32_t instance, const CompExtern *export, Span span) {
    return comp_graph_add(g, (CompNode){.kind = COMP_NODE_ALIAS,
                                        .entity = export->entity,
                                        .name = export->name.name,
                                        .span = span,
                                        .of = instance});
}

void comp_graph_export(CompGraph *g, CompName name, uint32_t node, Span span) {
    map_put(g->arena, &g->exports_by_name, name.name, NULL)->value = g->exports.len;
    *vec_push(g->arena, &g->exports) = (CompGraphExport){name, node, span};
}

void comp_graph_export_all(CompGraph *g, uint32_t instance, Span span) {
    const CompExterns *exports = &comp_node(g, instance)->entity.instance->exports;
    for (size_t i = 0; i < exports->len; i++)
        if (!map_get(&g->exports_by_name, exports->at[i].name.name))
            comp_graph_export(g, exports->at[i].name,
                              comp_graph_alias(g, instance, &exports->at[i], span), span);
}

/* ---- types and where they belong ---- */

const CompOwner *comp_graph_owner(const CompGraph *g, const WitType *type) {
    const MapEntry *e = map_get_ptr(&g->owners, type);
    return e ? e->cptr : NULL;
}

static void set_owner(CompGraph *g, const WitType *type, const CompOwner *owner) {
    map_put_ptr(g->arena, &g->owners, type, NULL)->cptr = owner;
}

void comp_graph_own(CompGraph *g, const CompInstanceType *instance, Str id) {
    CompOwner *owner = ARENA_NEW(g->arena, CompOwner);
    *owner = (CompOwner){.instance = instance, .id = id};
    for (size_t i = 0; i < instance->exports.len; i++) {
        const WitType *t = instance->exports.at[i].entity.type;
        if (instance->exports.at[i].entity.sort != COMP_TYPE) continue;
        bool own = true;
        while (t && (t->kind == WIT_ALIAS || t->kind == WIT_RESOURCE)) {
            const CompOwner *other = comp_graph_owner(g, t);
            if (other && other->instance != instance) {
                if (owner->depth <= other->depth) owner->depth = other->depth + 1;
                break;
            }
            if (own || t->kind == WIT_RESOURCE) set_owner(g, t, owner);
            own = false;
            if (t->kind == WIT_RESOURCE) break;
            t = t->elem;
        }
    }
    if (owner->depth <= COMP_GRAPH_DEPTH) return;
    if (!g->failed) diag(g->diags, GRAPH_TOO_DEEP, g->span, (int)COMP_GRAPH_DEPTH);
    g->failed = true;
}

void comp_graph_own_list(CompGraph *g, const CompExterns *list) {
    for (size_t i = 0; i < list->len; i++)
        if (list->at[i].entity.sort == COMP_INSTANCE)
            comp_graph_own(g, list->at[i].entity.instance, list->at[i].name.name);
}

const WitType *comp_graph_same(const CompGraph *g, const WitType *t) {
    const MapEntry *e;
    while ((e = map_get_ptr(&g->same, t))) t = e->cptr;
    return t;
}

static void make_same(CompGraph *g, const WitType *to, const WitType *from) {
    to = comp_graph_same(g, to), from = comp_graph_same(g, from);
    if (to != from) map_put_ptr(g->arena, &g->same, from, NULL)->cptr = to;
}

void comp_graph_unify(CompGraph *g, const CompInstanceType *a, const CompInstanceType *b) {
    if (a == b) return;
    for (size_t i = 0; i < b->exports.len; i++) {
        const CompExtern *y = &b->exports.at[i], *x = comp_find_export(a, y->name.name);
        if (!x || !x->entity.type || !y->entity.type) continue;
        make_same(g, x->entity.type, y->entity.type);
        const WitType *to = wit_dealias(x->entity.type), *from = wit_dealias(y->entity.type);
        if (from->kind == WIT_RESOURCE && to->kind == WIT_RESOURCE) make_same(g, to, from);
    }
}

/* The types that `from` brought belong to `to`. */
static void move_types(CompGraph *g, const CompInstanceType *from, const CompInstanceType *to,
                       Str id) {
    CompOwner *owner = ARENA_NEW(g->arena, CompOwner);
    *owner = (CompOwner){.instance = to, .id = id};
    for (size_t i = 0; i < from->exports.len; i++) {
        const WitType *t = from->exports.at[i].entity.type;
        for (; t; t = t->elem) {
            const CompOwner *old = comp_graph_owner(g, t);
            if (old && old->instance == from) {
                if (owner->depth < old->depth) owner->depth = old->depth;
                set_owner(g, t, owner);
            }
            if (t->kind != WIT_ALIAS) break;
        }
    }
}

/* ---- imports of the result ---- */

bool comp_graph_merge(CompGraph *g, CompEntity *into, const CompEntity *from, Str id, Str *why) {
    if (into->sort != COMP_INSTANCE || from->sort != COMP_INSTANCE) {
        bool fits = comp_graph_fits(g, into, from, true, why);
        if (fits && from->sort == COMP_TYPE) make_same(g, into->type, from->type);
        return fits;
    }
    const CompInstanceType *both[] = {into->instance, from->instance};
    if (both[0] == both[1]) return true;
    CompInstanceType *all = ARENA_NEW(g->arena, CompInstanceType);
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < both[k]->exports.len; i++) {
            const CompExtern *e = &both[k]->exports.at[i];
            bool added;
            MapEntry *place = map_put(g->arena, &all->by_name, e->name.name, &added);
            if (added) {
                place->value = all->exports.len;
                *vec_push(g->arena, &all->exports) = *e;
            } else if (!comp_graph_fits(g, &all->exports.at[place->value].entity, &e->entity, true,
                                        why)) {
                return false;
            }
        }
    into->instance = all;
    for (int k = 0; k < 2; k++) move_types(g, both[k], all, id);
    comp_graph_unify(g, all, both[1]);
    return true;
}

/* "ns:pkg/name" and the version behind the '@'; false for other names. */
static bool split_version(Str name, Str *path, Semver *version) {
    size_t at = str_find(name, '@', 0);
    if (at == SIZE_MAX || !semver_parse(str_after(name, at + 1), version)) return false;
    *path = str_from_to(name, 0, at);
    return true;
}

bool comp_same_track(Arena *arena, Str a, Str b, bool *newer) {
    Str path_a, path_b;
    Semver va, vb;
    if (!split_version(a, &path_a, &va) || !split_version(b, &path_b, &vb)) return false;
    if (newer) *newer = semver_cmp(vb, va) > 0;
    return str_eq(path_a, path_b) && str_eq(semver_track(arena, va), semver_track(arena, vb));
}

Str comp_track(Arena *arena, Str name, Semver *version) {
    Str path;
    if (!split_version(name, &path, version)) return (Str){0};
    return STR_JOIN(arena, path, STR("@="), semver_track(arena, *version));
}

static bool join(CompGraph *g, CompNode *old, const CompExtern *import, uint32_t part, Span span) {
    Str name = import->name.name, why = {0};
    if (!old->implicit) {
        diag(g->diags, GRAPH_IMPLICIT_CONFLICT, old->span, STR_ARG(name),
             STR_ARG(g->parts.at[part]->name));
        diag_note(g->diags, WAC_PREVIOUS, span);
        return false;
    }
    if (comp_graph_merge(g, &old->entity, &import->entity, old->name, &why)) return true;
    diag(g->diags, GRAPH_MERGE, span, STR_ARG(name), STR_ARG(g->parts.at[old->of]->name),
         STR_ARG(g->parts.at[part]->name), STR_ARG(why));
    if (old->span.source) diag_note(g->diags, WAC_PREVIOUS, old->span);
    return false;
}

bool comp_graph_fill(CompGraph *g, const CompExtern *import, uint32_t part, Span span,
                     uint32_t *node) {
    Semver version;
    Str name = import->name.name, why;
    Str key = g->merge_versions ? comp_track(g->arena, name, &version) : (Str){0};
    const CompEntity *e = &import->entity;
    if (e->sort != COMP_FUNC && e->sort != COMP_INSTANCE && !(e->sort == COMP_TYPE && e->type)) {
        diag(g->diags, GRAPH_IMPORT_SORT, span, STR_ARG(name), STR_ARG(g->parts.at[part]->name),
             comp_sort_name(e->sort));
        return false;
    }
    const MapEntry *known = map_get(&g->imports, name);
    if (known) return join(g, comp_node(g, *node = (uint32_t)known->value), import, part, span);
    known = key.len ? map_get(&g->imports, key) : NULL;
    if (known) { /* another version; where they do not fit together they are two imports */
        CompNode *old = comp_node(g, *node = (uint32_t)known->value);
        bool newer;
        comp_same_track(g->arena, old->name, name, &newer);
        Str higher = newer ? name : old->name;
        if (comp_graph_merge(g, &old->entity, e, higher, &why)) {
            old->name = higher;
            map_put(g->arena, &g->imports, name, NULL)->value = *node;
            return true;
        }
    }
    *node = comp_graph_add(g, (CompNode){.kind = COMP_NODE_IMPORT,
                                         .name = name,
                                         .label = import->name,
                                         .span = span,
                                         .entity = *e,
                                         .implicit = true,
                                         .of = part});
    map_put(g->arena, &g->imports, name, NULL)->value = *node;
    if (key.len) map_put(g->arena, &g->imports, key, NULL)->value = *node;
    return true;
}

static bool fill_instance(CompGraph *g, uint32_t i) {
    uint32_t part = comp_node(g, i)->of, node;
    const CompExterns *imports = &g->parts.at[part]->info->type.imports;
    for (size_t k = 0; k < imports->len; k++) {
        if (comp_node(g, i)->edges.at[k].node != COMP_NONE) continue;
        Span span = comp_node(g, i)->span;
        if (!span.source) span = span_at(g->parts.at[part]->source, 0);
        if (!comp_graph_fill(g, &imports->at[k], part, span, &node)) return false;
        comp_node(g, i)->edges.at[k].node = node;
    }
    return true;
}

typedef struct {
    const CompGraph *g;
    VEC(uint32_t) list; /* instances */
    bool *seen;
} Walk;

/* The instance behind a node comes next, unless it was met. */
static void walk_to(Walk *w, uint32_t node) {
    while (comp_node(w->g, node)->kind == COMP_NODE_ALIAS) node = comp_node(w->g, node)->of;
    if (comp_node(w->g, node)->kind != COMP_NODE_INSTANCE || w->seen[node]) return;
    w->seen[node] = true;
    *vec_push(w->g->arena, &w->list) = node;
}

/* The order of imports is that of a walk from the exports on, so that it does not depend on which way
 * the graph was written down. */
bool comp_graph_fill_all(CompGraph *g) {
    size_t n = g->nodes.len, rest = 0;
    Walk w = {.g = g, .seen = ARENA_NEW_ARRAY(g->arena, bool, n)};
    for (size_t i = 0; i < g->exports.len; i++) walk_to(&w, g->exports.at[i].node);
    for (size_t i = 0; i < w.list.len || rest < n; i++) {
        while (i == w.list.len && rest < n) walk_to(&w, (uint32_t)rest++);
        if (i == w.list.len) break;
        uint32_t at = w.list.at[i];
        for (size_t k = 0; k < comp_node(g, at)->edges.len; k++)
            if (comp_node(g, at)->edges.at[k].node != COMP_NONE)
                walk_to(&w, comp_node(g, at)->edges.at[k].node);
        if (!comp_node(g, at)->done && !fill_instance(g, at)) return false;
    }
    return true;
}

/* ---- without what nobody needs ---- */

typedef struct {
    const CompGraph *g;
    VEC(uint32_t) list;
    bool *needed;
} Needed;

static void need(Needed *n, uint32_t node) {
    if (node == COMP_NONE || n->needed[node]) return;
    n->needed[node] = true;
    *vec_push(n->g->arena, &n->list) = node;
}

void comp_graph_prune(CompGraph *g) {
    Needed n = {.g = g, .needed = ARENA_NEW_ARRAY(g->arena, bool, g->nodes.len)};
    for (size_t i = 0; i < g->exports.len; i++) need(&n, g->exports.at[i].node);
    for (uint32_t i = 0; i < g->nodes.len; i++)
        if (comp_node(g, i)->kind == COMP_NODE_TYPE || comp_node(g, i)->is_root) need(&n, i);
    for (size_t i = 0; i < n.list.len; i++) {
        const CompNode *node = comp_node(g, n.list.at[i]);
        if (node->kind == COMP_NODE_ALIAS) need(&n, node->of);
        for (size_t k = 0; k < node->edges.len; k++) need(&n, node->edges.at[k].node);
    }
    for (uint32_t i = 0; i < g->nodes.len; i++)
        if (!n.needed[i]) comp_node(g, i)->done = true, comp_node(g, i)->index = COMP_NONE;
}
