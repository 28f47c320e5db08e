/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Evaluation of a program, from the top down, to a list of items: imports, instances, aliases of
 * their exports, types. An item refers to earlier ones only. Nothing is encoded yet, because an
 * import that several `...` ask for gets what all of them want.
 */
#include "wac/internal.h"

/* ---- items ---- */

const MapEntry *wac_named(WacContext *c, WacId id) {
    const MapEntry *e = map_get(&c->names, id.name);
    if (e) return e;
    Str *names = ARENA_NEW_ARRAY(c->arena, Str, c->names.len);
    for (size_t i = 0; i < c->names.len; i++) names[i] = c->names.entries[i].key;
    Str near = str_nearest(id.name, names, c->names.len);
    diag(c->diags, WAC_UNDEFINED, id.span, STR_ARG(id.name));
    if (near.len) diag_note(c->diags, WAC_NEAREST, span_none(), STR_ARG(near));
    return NULL;
}

/* "foo:bar/baz@1.0.0" by its last part `name`: the only such name of the list, or NULL. */
static const CompExtern *by_last_part(const CompExterns *list, Str name) {
    const CompExtern *found = NULL;
    for (size_t i = 0; i < list->len; i++) {
        Str path = list->at[i].name.name;
        size_t slash = str_rfind(path, '/'), at = str_find(path, '@', 0);
        if (slash == SIZE_MAX || (at != SIZE_MAX && at < slash)) continue;
        if (!str_eq(str_from_to(path, slash + 1, at == SIZE_MAX ? path.len : at), name)) continue;
        if (found) return NULL;
        found = &list->at[i];
    }
    return found;
}

static const CompExtern *infer(const CompExterns *list, Str name) {
    const CompExtern *e = by_last_part(list, name);
    return e ? e : comp_extern_find(list, name);
}

bool wac_is_name(Str name, bool *foreign) {
    *foreign = str_starts(name, STR("url=")) || str_starts(name, STR("integrity=")) ||
               str_starts(name, STR("locked-dep=")) || str_starts(name, STR("unlocked-dep="));
    if (*foreign) return false;
    size_t colon = str_find(name, ':', 0), slash = str_find(name, '/', 0);
    if (colon == SIZE_MAX) return wit_is_label(name);
    size_t at = str_find(name, '@', 0);
    Semver version;
    if (at != SIZE_MAX && !semver_parse(str_after(name, at + 1), &version)) return false;
    Str rest = str_from_to(name, 0, at == SIZE_MAX ? name.len : at);
    if (slash == SIZE_MAX || slash < colon) return false;
    return wit_is_label(str_from_to(rest, 0, colon)) &&
           wit_is_label(str_from_to(rest, colon + 1, slash)) &&
           wit_is_label(str_after(rest, slash + 1));
}

static bool check_name(WacContext *c, WacId id, const char *what) {
    bool foreign;
    if (wac_is_name(id.name, &foreign)) return true;
    Str why = foreign ? str_fmt(c->arena, "%s name cannot be a hash, url, or dependency", what)
                      : STR("it is neither in kebab case nor an interface's path");
    diag(c->diags, WAC_BAD_NAME, id.span, what, STR_ARG(id.name), str_c(c->arena, why));
    return false;
}

/* ---- packages ---- */

const CompPart *wac_package(WacContext *c, Str name, Semver version, Span span, uint32_t *index) {
    Str key = version.text.len ? STR_JOIN(c->arena, name, STR("@"), version.text) : name;
    const MapEntry *known = map_get(&c->packages, key);
    uint32_t part = known ? (uint32_t)known->value : COMP_NONE;
    if (!known) {
        size_t errors = c->diags->errors;
        const Source *source =
            c->options->read(c->arena, name, version, c->options->context, c->diags);
        if (source) part = comp_graph_part(c->graph, key, source);
        if (part == COMP_NONE) {
            if (source || c->diags->errors != errors)
                diag(c->diags, WAC_BAD_PACKAGE, span, STR_ARG(key));
            else diag(c->diags, WAC_NO_PACKAGE, span, STR_ARG(key));
            return NULL;
        }
        map_put(c->arena, &c->packages, key, NULL)->value = part;
    }
    if (index) *index = part;
    return c->graph->parts.at[part];
}

/* A WIT package exports a component type for each interface and world, which exports that. */
bool wac_package_item(WacContext *c, const WacPath *path, CompEntity *entity, Str *id) {
    const CompPart *package =
        wac_package(c, path->package, path->version, path->package_span, NULL);
    if (!package) return false;
    const CompExtern *e = comp_extern_find(&package->info->type.exports, path->item.name);
    if (!e || path->more.name.len) {
        Str missing = e ? path->more.name : path->item.name;
        diag(c->diags, WAC_NO_PACKAGE_ITEM, e ? path->more.span : path->item.span,
             STR_ARG(package->name), STR_ARG(missing));
        return false;
    }
    const CompComponentType *type = e->entity.sort == COMP_TYPE ? e->entity.component : NULL;
    if (!type || type->exports.len != 1 ||
        (!type->exports.at[0].entity.instance && !type->exports.at[0].entity.component)) {
        diag(c->diags, WAC_PACKAGE_ITEM, path->item.span, STR_ARG(path->item.name),
             STR_ARG(package->name));
        return false;
    }
    const CompExtern *item = &type->exports.at[0];
    *id = item->name.name;
    *entity = item->entity;
    entity->sort = COMP_TYPE;
    comp_graph_own_list(c->graph, &type->imports);
    if (entity->instance) comp_graph_own(c->graph, entity->instance, *id);
    if (entity->component) {
        comp_graph_own_list(c->graph, &entity->component->imports);
        comp_graph_own_list(c->graph, &entity->component->exports);
    }
    return !c->graph->failed;
}

/* ---- imports ---- */

static bool define(WacContext *c, WacId id, uint32_t item) {
    bool added;
    MapEntry *e = map_put(c->arena, &c->names, id.name, &added);
    if (added) {
        e->value = item;
        return true;
    }
    diag(c->diags, WAC_REDEFINED, id.span, STR_ARG(id.name));
    diag_note(c->diags, WAC_PREVIOUS, wac_node(c, (uint32_t)e->value)->span);
    return false;
}

static bool import_by_name(WacContext *c, const WacNode *n, CompNode *item) {
    WacId id = n->path.item;
    const MapEntry *e = wac_named(c, id);
    if (!e) return false;
    const CompNode *what = wac_node(c, (uint32_t)e->value);
    item->entity = what->entity;
    if (item->entity.sort == COMP_TYPE && (item->entity.func || item->entity.instance)) {
        item->entity.sort = item->entity.func ? COMP_FUNC : COMP_INSTANCE;
        return true;
    }
    Str kind = comp_entity_kind(&item->entity);
    diag(c->diags, WAC_NOT_A, id.span, STR_ARG(id.name), STR_ARG(kind),
         "a function type or interface");
    return false;
}

static bool import_type(WacContext *c, const WacNode *n, CompNode *item) {
    if (n->func) return wac_func_type(c, n->func, &item->entity);
    if (n->has_items) return wac_interface_in_place(c, n, &item->entity);
    if (!n->path.package.len) return import_by_name(c, n, item);
    if (!wac_package_item(c, &n->path, &item->entity, &item->id)) return false;
    if (item->entity.instance) {
        item->entity.sort = COMP_INSTANCE;
        item->name = item->id;
        item->span = n->path.span;
        return true;
    }
    Str kind = comp_entity_kind(&item->entity);
    diag(c->diags, WAC_NOT_A, n->path.span, STR_ARG(n->path.text), STR_ARG(kind), "an interface");
    return false;
}

static bool import(WacContext *c, const WacNode *n) {
    CompNode item = {.kind = COMP_NODE_IMPORT, .name = n->id.name, .span = n->id.span};
    if (!import_type(c, n, &item)) return false;
    if (n->has_as) {
        item.name = n->as.name;
        item.span = n->as.span;
        if (!check_name(c, n->as, "import")) return false;
    }
    bool added;
    MapEntry *e = map_put(c->arena, &c->graph->imports, item.name, &added);
    if (!added) {
        const CompNode *old = wac_node(c, (uint32_t)e->value);
        if (old->implicit)
            diag(c->diags, GRAPH_IMPLICIT_CONFLICT, item.span, STR_ARG(item.name),
                 STR_ARG(c->graph->parts.at[old->of]->name));
        else diag(c->diags, WAC_DUPLICATE_IMPORT, item.span, STR_ARG(item.name));
        diag_note(c->diags, WAC_PREVIOUS, old->span);
        return false;
    }
    e->value = c->graph->nodes.len;
    return define(c, n->id, comp_graph_add(c->graph, item));
}

/* ---- expressions ---- */

static bool evaluate(WacContext *c, const WacExpr *expr, uint32_t *item);

static bool by_name(WacContext *c, WacId id, uint32_t *item) {
    const MapEntry *e = wac_named(c, id);
    if (e) *item = (uint32_t)e->value;
    return e != NULL;
}

static bool need_instance(WacContext *c, uint32_t item, const char *what, Span span) {
    const CompEntity *e = &wac_node(c, item)->entity;
    if (e->sort == COMP_INSTANCE) return true;
    Str kind = comp_entity_kind(e);
    diag(c->diags, WAC_NEED_INSTANCE, span, what, STR_ARG(kind));
    return false;
}

static bool access(WacContext *c, const WacExpr *expr, uint32_t *item) {
    uint32_t of;
    if (!evaluate(c, expr->of, &of)) return false;
    if (!need_instance(c, of, "an access", expr->of->span)) return false;
    const CompExterns *exports = &wac_node(c, of)->entity.instance->exports;
    const CompExtern *e =
        expr->exact ? comp_extern_find(exports, expr->id.name) : infer(exports, expr->id.name);
    if (!e) {
        diag(c->diags, WAC_NO_EXPORT, expr->id.span, STR_ARG(expr->id.name));
        return false;
    }
    *item = comp_graph_alias(c->graph, of, e, expr->id.span);
    return true;
}

typedef struct {
    const CompPart *part;
    uint32_t index; /* of the part */
    const CompExterns *imports;
    CompEdge *given; /* for each import */
} Call;

/* The import that an argument without a name is for. */
static const CompExtern *inferred(WacContext *c, const Call *call, Str local, uint32_t item) {
    const CompNode *what = wac_node(c, item);
    const CompExtern *e = NULL;
    if (what->id.len) e = comp_extern_find(call->imports, what->id);
    if (!e && (what->kind == COMP_NODE_IMPORT || what->kind == COMP_NODE_ALIAS))
        e = comp_extern_find(call->imports, what->name);
    return e ? e : infer(call->imports, local);
}

static bool give(WacContext *c, const Call *call, const WacArg *a) {
    uint32_t item;
    const CompExtern *e;
    if (a->kind == WAC_ARG_INFERRED) {
        if (!by_name(c, a->name, &item)) return false;
        e = inferred(c, call, a->name.name, item);
    } else {
        if (!evaluate(c, a->value, &item)) return false;
        e = a->exact ? comp_extern_find(call->imports, a->name.name)
                     : infer(call->imports, a->name.name);
    }
    if (!e) {
        diag(c->diags, WAC_NO_IMPORT, a->span, STR_ARG(call->part->name), STR_ARG(a->name.name));
        return false;
    }
    CompEdge *place = &call->given[e - call->imports->at];
    Str name = e->name.name, why;
    if (place->node != COMP_NONE) {
        diag(c->diags, WAC_DUPLICATE_ARG, a->span, STR_ARG(name));
        return false;
    }
    if (!comp_graph_fits(c->graph, &wac_node(c, item)->entity, &e->entity, false, &why)) {
        diag(c->diags, WAC_ARG_MISMATCH, a->span, STR_ARG(name), STR_ARG(why));
        return false;
    }
    *place = (CompEdge){name, item, COMP_EDGE_SAID, a->span};
    return true;
}

static bool spread(WacContext *c, const Call *call, const WacArg *a) {
    uint32_t of;
    bool used = false;
    if (!by_name(c, a->name, &of) || !need_instance(c, of, "a spread", a->span)) return false;
    for (size_t i = 0; i < call->imports->len; i++) {
        const CompExtern *want = &call->imports->at[i];
        if (call->given[i].node != COMP_NONE) continue;
        const CompExtern *have =
            comp_extern_find(&wac_node(c, of)->entity.instance->exports, want->name.name);
        Str why;
        if (!have) continue;
        if (!comp_graph_fits(c->graph, &have->entity, &want->entity, false, &why)) {
            diag(c->diags, WAC_ARG_MISMATCH, a->span, STR_ARG(want->name.name), STR_ARG(why));
            return false;
        }
        uint32_t alias = comp_graph_alias(c->graph, of, have, a->span);
        call->given[i] = (CompEdge){want->name.name, alias, COMP_EDGE_SPREAD, a->span};
        used = true;
    }
    if (!used) diag(c->diags, WAC_SPREAD_NOTHING, a->span);
    return used;
}

static bool arguments(WacContext *c, const Call *call, const WacExpr *expr) {
    bool rest = false;
    for (size_t i = 0; i < expr->args.len; i++) {
        const WacArg *a = &expr->args.at[i];
        if (a->kind == WAC_ARG_FILL) {
            rest = i + 1 == expr->args.len;
            if (!rest) diag(c->diags, WAC_FILL_LAST, a->span);
            if (!rest) return false;
        } else if (a->kind != WAC_ARG_SPREAD && !give(c, call, a)) return false;
    }
    for (size_t i = 0; i < expr->args.len; i++)
        if (expr->args.at[i].kind == WAC_ARG_SPREAD && !spread(c, call, &expr->args.at[i]))
            return false;
    for (size_t i = 0; i < call->imports->len; i++) {
        const CompExtern *e = &call->imports->at[i];
        if (call->given[i].node != COMP_NONE) continue;
        if (rest) {
            Span span = expr->package.span;
            if (!comp_graph_fill(c->graph, e, call->index, span, &call->given[i].node))
                return false;
            continue;
        }
        diag(c->diags, WAC_MISSING_ARG, expr->package.span, STR_ARG(e->name.name),
             STR_ARG(call->part->name));
        return false;
    }
    return true;
}

static bool is_wit_package(const CompInfo *info) {
    for (size_t i = 0; i < info->type.exports.len; i++)
        if (info->type.exports.at[i].entity.sort != COMP_TYPE ||
            !info->type.exports.at[i].entity.component)
            return false;
    return info->type.exports.len > 0 && info->type.imports.len == 0;
}

static bool instantiate(WacContext *c, const WacExpr *expr, uint32_t *item) {
    const WacPath *path = &expr->package, *own = &c->program.package;
    if (str_eq(path->package, own->package) && semver_eq(path->version, own->version)) {
        diag(c->diags, WAC_SELF, path->span);
        return false;
    }
    uint32_t index;
    const CompPart *part = wac_package(c, path->package, path->version, path->span, &index);
    if (!part) return false;
    if (is_wit_package(part->info)) {
        diag(c->diags, WAC_IS_WIT, path->span, STR_ARG(part->name));
        return false;
    }
    /* The arguments' nodes come first. */
    const CompExterns *imports = &part->info->type.imports;
    Call call = {part, index, imports, ARENA_NEW_ARRAY(c->arena, CompEdge, imports->len)};
    for (size_t i = 0; i < imports->len; i++)
        call.given[i] = (CompEdge){.name = imports->at[i].name.name, .node = COMP_NONE};
    if (!arguments(c, &call, expr)) return false;
    *item = comp_graph_instance(c->graph, index, (Str){0});
    CompNode *instance = wac_node(c, *item);
    instance->span = expr->span;
    for (size_t i = 0; i < imports->len; i++) instance->edges.at[i] = call.given[i];
    return true;
}

/* As deep as the parser lets expressions nest, twice over. */
static bool evaluate(WacContext *c, const WacExpr *expr, uint32_t *item) {
    switch (expr->kind) {
    case WAC_EXPR_ID: return by_name(c, expr->id, item);
    case WAC_EXPR_NEW: return instantiate(c, expr, item);
    default: return access(c, expr, item);
    }
}

/* ---- exports ---- */

static bool export_spread(WacContext *c, const WacNode *n, uint32_t of) {
    if (!need_instance(c, of, "a spread", n->expr->span)) return false;
    const CompInstanceType *type = wac_node(c, of)->entity.instance;
    bool any = false;
    for (size_t i = 0; i < type->exports.len; i++) {
        const CompExtern *e = &type->exports.at[i];
        if (map_get(&c->graph->exports_by_name, e->name.name)) continue;
        comp_graph_export(c->graph, e->name, comp_graph_alias(c->graph, of, e, n->span), n->span);
        any = true;
    }
    if (!any) diag(c->diags, WAC_SPREAD_EXPORT, n->span);
    return any;
}

static bool export(WacContext *c, const WacNode *n) {
    uint32_t item;
    if (!evaluate(c, n->expr, &item)) return false;
    if (n->spread) return export_spread(c, n, item);
    const CompNode *what = wac_node(c, item);
    WacId name = {what->name, n->span};
    if (n->has_as) name = n->as;
    else if (what->kind == COMP_NODE_INSTANCE ||
             (what->kind == COMP_NODE_TYPE && !what->name.len)) {
        diag(c->diags, WAC_NEEDS_AS, n->span);
        return false;
    }
    if (n->has_as && !check_name(c, name, "export")) return false;
    const MapEntry *old = map_get(&c->graph->exports_by_name, name.name);
    if (!old) {
        Span span = n->has_as ? name.span : n->expr->span;
        comp_graph_export(c->graph, comp_name(name.name), item, span);
        return true;
    }
    const CompNode *previous = wac_node(c, c->graph->exports.at[old->value].node);
    Str kind = comp_entity_kind(&previous->entity);
    if (previous->kind == COMP_NODE_TYPE)
        diag(c->diags, WAC_EXPORT_CONFLICT, name.span, STR_ARG(name.name), STR_ARG(kind));
    else diag(c->diags, WAC_DUPLICATE_EXPORT, name.span, STR_ARG(name.name));
    diag_note(c->diags, WAC_PREVIOUS, c->graph->exports.at[old->value].span);
    diag_note(c->diags, WAC_AS_REMEDY, span_none());
    return false;
}

/* ---- the program ---- */

static bool let(WacContext *c, const WacNode *n) {
    uint32_t item;
    if (!evaluate(c, n->expr, &item)) return false;
    CompNode *node = wac_node(c, item);
    if (node->kind == COMP_NODE_INSTANCE && !node->name.len) node->name = n->id.name;
    return define(c, n->id, item);
}

static bool statement(WacContext *c, const WacNode *n) {
    switch (n->kind) {
    case WAC_IMPORT: return import(c, n);
    case WAC_LET: return let(c, n);
    case WAC_EXPORT_EXPR: return export(c, n);
    default: return wac_declare(c, n);
    }
}

bool wac_graph(CompGraph *graph, const Source *program, const WacOptions *options) {
    WacContext c = {
        .arena = graph->arena, .diags = graph->diags, .graph = graph, .options = options};
    if (!wac_parse(c.arena, program, &c.program, c.diags)) return false;
    graph->span = c.program.package.span;
    const WacPath *target = &c.program.targets;
    if (c.program.has_targets && !str_eq(target->package, c.program.package.package) &&
        !wac_package(&c, target->package, target->version, target->package_span, NULL))
        return false;
    for (size_t i = 0; i < c.program.statements.len; i++)
        if (!statement(&c, c.program.statements.at[i]) || graph->failed) return false;
    return !c.program.has_targets || wac_check_target(&c);
}
