/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Evaluation of a program, from the top down, to a list of items: imports, instances, aliases of
 * their exports, types. An item refers to earlier ones only. Nothing is encoded yet, because an
 * import that several `...` ask for gets what all of them want.
 */
#include "wac/internal.h"

/* ---- items ---- */

WacItem *wac_item(WacContext *c, uint32_t index) { return &c->items.at[index]; }

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

uint32_t wac_add(WacContext *c, WacItem item) {
    *vec_push(c->arena, &c->items) = item;
    return (uint32_t)c->items.len - 1;
}

const CompExtern *wac_find(const CompExterns *list, Str name) {
    for (size_t i = 0; i < list->len; i++)
        if (str_eq(list->at[i].name.name, name)) return &list->at[i];
    return NULL;
}

Str wac_kind(const CompEntity *e) {
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
    return e ? e : wac_find(list, name);
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

/* ---- types and where they belong ---- */

Str wac_key(Arena *arena, const void *ptr) {
    return (Str){arena_copy(arena, &ptr, sizeof ptr), sizeof ptr};
}

const WacOwner *wac_owner(const WacContext *c, const WitType *type) {
    const MapEntry *e = map_get(&c->owners, (Str){(const char *)&type, sizeof type});
    return e ? e->cptr : NULL;
}

void wac_own(WacContext *c, const CompInstanceType *instance, Str id) {
    WacOwner *owner = ARENA_NEW(c->arena, WacOwner);
    *owner = (WacOwner){.instance = instance, .id = id};
    for (size_t i = 0; i < instance->exports.len; i++) {
        const WitType *t = instance->exports.at[i].entity.type;
        if (instance->exports.at[i].entity.sort != COMP_TYPE) continue;
        bool own = true;
        while (t && (t->kind == WIT_ALIAS || t->kind == WIT_RESOURCE)) {
            const WacOwner *other = wac_owner(c, t);
            if (other && other->instance != instance) {
                if (owner->depth <= other->depth) owner->depth = other->depth + 1;
                break;
            }
            if (own || t->kind == WIT_RESOURCE)
                map_put(c->arena, &c->owners, wac_key(c->arena, t), NULL)->cptr = owner;
            own = false;
            if (t->kind == WIT_RESOURCE) break;
            t = t->elem;
        }
    }
    if (owner->depth <= WAC_MAX_DEPTH) return;
    if (!c->failed) diag(c->diags, WAC_TOO_DEEP, c->program.package.span, (int)WAC_MAX_DEPTH);
    c->failed = true;
}

static void own_list(WacContext *c, const CompExterns *list) {
    for (size_t i = 0; i < list->len; i++)
        if (list->at[i].entity.sort == COMP_INSTANCE)
            wac_own(c, list->at[i].entity.instance, list->at[i].name.name);
}

/* ---- packages ---- */

static bool load(WacContext *c, WacPackage *package, Str name, Semver version, Span span) {
    size_t errors = c->diags->errors;
    const Source *source = c->options->read(c->arena, name, version, c->options->context, c->diags);
    if (!source && c->diags->errors == errors) {
        diag(c->diags, WAC_NO_PACKAGE, span, STR_ARG(package->name));
        return false;
    }
    if (source) package->component = comp_decode(c->arena, source, c->options->features, c->diags);
    if (package->component)
        package->info = comp_validate(c->arena, package->component, c->options->features, c->diags);
    if (package->info) return true;
    diag(c->diags, WAC_BAD_PACKAGE, span, STR_ARG(package->name));
    return false;
}

WacPackage *wac_package(WacContext *c, Str name, Semver version, Span span) {
    Str key = version.text.len
                  ? str_fmt(c->arena, "%.*s@%.*s", STR_ARG(name), STR_ARG(version.text))
                  : name;
    const MapEntry *known = map_get(&c->packages, key);
    if (known) return known->ptr;
    WacPackage *package = ARENA_NEW(c->arena, WacPackage);
    *package = (WacPackage){.name = key, .index = WAC_NONE};
    if (!load(c, package, name, version, span)) return NULL;
    map_put(c->arena, &c->packages, key, NULL)->ptr = package;
    own_list(c, &package->info->type.imports);
    return package;
}

/* A WIT package exports a component type for each interface and world, which exports that. */
bool wac_package_item(WacContext *c, const WacPath *path, CompEntity *entity, Str *id) {
    WacPackage *package = wac_package(c, path->package, path->version, path->package_span);
    if (!package) return false;
    const CompExtern *e = wac_find(&package->info->type.exports, path->item.name);
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
    own_list(c, &type->imports);
    if (entity->instance) wac_own(c, entity->instance, *id);
    if (entity->component) {
        own_list(c, &entity->component->imports);
        own_list(c, &entity->component->exports);
    }
    return !c->failed;
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
    diag_note(c->diags, WAC_PREVIOUS, wac_item(c, (uint32_t)e->value)->span);
    return false;
}

static bool import_by_name(WacContext *c, const WacNode *n, WacItem *item) {
    WacId id = n->path.item;
    const MapEntry *e = wac_named(c, id);
    if (!e) return false;
    const WacItem *what = wac_item(c, (uint32_t)e->value);
    item->entity = what->entity;
    if (item->entity.sort == COMP_TYPE && (item->entity.func || item->entity.instance)) {
        item->entity.sort = item->entity.func ? COMP_FUNC : COMP_INSTANCE;
        return true;
    }
    Str kind = wac_kind(&item->entity);
    diag(c->diags, WAC_NOT_A, id.span, STR_ARG(id.name), STR_ARG(kind),
         "a function type or interface");
    return false;
}

static bool import_type(WacContext *c, const WacNode *n, WacItem *item) {
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
    Str kind = wac_kind(&item->entity);
    diag(c->diags, WAC_NOT_A, n->path.span, STR_ARG(n->path.text), STR_ARG(kind), "an interface");
    return false;
}

static bool import(WacContext *c, const WacNode *n) {
    WacItem item = {.kind = WAC_NODE_IMPORT, .name = n->id.name, .span = n->id.span};
    if (!import_type(c, n, &item)) return false;
    if (n->has_as) {
        item.name = n->as.name;
        item.span = n->as.span;
        if (!check_name(c, n->as, "import")) return false;
    }
    bool added;
    MapEntry *e = map_put(c->arena, &c->imports, item.name, &added);
    if (!added) {
        const WacItem *old = wac_item(c, (uint32_t)e->value);
        if (old->implicit)
            diag(c->diags, WAC_IMPLICIT_CONFLICT, item.span, STR_ARG(item.name),
                 STR_ARG(old->package->name));
        else diag(c->diags, WAC_DUPLICATE_IMPORT, item.span, STR_ARG(item.name));
        diag_note(c->diags, WAC_PREVIOUS, old->span);
        return false;
    }
    e->value = c->items.len;
    return define(c, n->id, wac_add(c, item));
}

/* The types that `from` brought belong to `to`. */
static void move_types(WacContext *c, const CompInstanceType *from, const CompInstanceType *to,
                       Str id) {
    WacOwner *owner = ARENA_NEW(c->arena, WacOwner);
    *owner = (WacOwner){.instance = to, .id = id};
    for (size_t i = 0; i < from->exports.len; i++) {
        const WitType *t = from->exports.at[i].entity.type;
        for (; t; t = t->elem) {
            const WacOwner *old = wac_owner(c, t);
            if (old && old->instance == from) {
                owner->depth = old->depth;
                map_put(c->arena, &c->owners, wac_key(c->arena, t), NULL)->cptr = owner;
            }
            if (t->kind != WIT_ALIAS) break;
        }
    }
}

/* The instance that one import gives has all that both want. */
static bool merge(WacContext *c, WacItem *into, const CompEntity *from, Str *why) {
    if (into->entity.sort != COMP_INSTANCE || from->sort != COMP_INSTANCE)
        return wac_match(c, &into->entity, from, true, why);
    CompInstanceType *all = ARENA_NEW(c->arena, CompInstanceType);
    const CompInstanceType *both[] = {into->entity.instance, from->instance};
    if (both[0] == both[1]) return true;
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < both[k]->exports.len; i++) {
            const CompExtern *e = &both[k]->exports.at[i], *old;
            bool added;
            MapEntry *place = map_put(c->arena, &all->by_name, e->name.name, &added);
            if (added) {
                place->value = all->exports.len;
                *vec_push(c->arena, &all->exports) = *e;
                continue;
            }
            old = &all->exports.at[place->value];
            if (!wac_match(c, &old->entity, &e->entity, true, why)) return false;
        }
    into->entity.instance = all;
    for (int k = 0; k < 2; k++) move_types(c, both[k], all, into->name);
    wac_unify(c, all, both[1]);
    return true;
}

static bool fill(WacContext *c, const CompExtern *import, WacPackage *package, Span span,
                 uint32_t *item) {
    Str name = import->name.name, why;
    const CompEntity *e = &import->entity;
    if (e->sort != COMP_FUNC && e->sort != COMP_INSTANCE && !(e->sort == COMP_TYPE && e->type)) {
        diag(c->diags, WAC_IMPORT_SORT, span, STR_ARG(name), STR_ARG(package->name),
             comp_sort_name(e->sort));
        return false;
    }
    bool added;
    MapEntry *entry = map_put(c->arena, &c->imports, name, &added);
    if (added) {
        WacItem new = {.kind = WAC_NODE_IMPORT, .name = name, .span = span, .entity = *e};
        new.implicit = true;
        new.package = package;
        entry->value = *item = wac_add(c, new);
        return true;
    }
    WacItem *old = wac_item(c, *item = (uint32_t)entry->value);
    if (!old->implicit) {
        diag(c->diags, WAC_IMPLICIT_CONFLICT, old->span, STR_ARG(name), STR_ARG(package->name));
        diag_note(c->diags, WAC_PREVIOUS, span);
        return false;
    }
    if (merge(c, old, e, &why)) return true;
    diag(c->diags, WAC_MERGE, span, STR_ARG(name), STR_ARG(why));
    diag_note(c->diags, WAC_PREVIOUS, old->span);
    return false;
}

/* ---- expressions ---- */

static bool evaluate(WacContext *c, const WacExpr *expr, uint32_t *item);

static bool by_name(WacContext *c, WacId id, uint32_t *item) {
    const MapEntry *e = wac_named(c, id);
    if (e) *item = (uint32_t)e->value;
    return e != NULL;
}

static uint32_t alias(WacContext *c, uint32_t of, const CompExtern *e, Span span) {
    return wac_add(c, (WacItem){.kind = WAC_NODE_ALIAS,
                                .entity = e->entity,
                                .name = e->name.name,
                                .span = span,
                                .of = of});
}

static bool need_instance(WacContext *c, uint32_t item, const char *what, Span span) {
    const CompEntity *e = &wac_item(c, item)->entity;
    if (e->sort == COMP_INSTANCE) return true;
    Str kind = wac_kind(e);
    diag(c->diags, WAC_NEED_INSTANCE, span, what, STR_ARG(kind));
    return false;
}

static bool access(WacContext *c, const WacExpr *expr, uint32_t *item) {
    uint32_t of;
    if (!evaluate(c, expr->of, &of)) return false;
    if (!need_instance(c, of, "an access", expr->of->span)) return false;
    const CompExterns *exports = &wac_item(c, of)->entity.instance->exports;
    const CompExtern *e =
        expr->exact ? wac_find(exports, expr->id.name) : infer(exports, expr->id.name);
    if (!e) {
        diag(c->diags, WAC_NO_EXPORT, expr->id.span, STR_ARG(expr->id.name));
        return false;
    }
    *item = alias(c, of, e, expr->id.span);
    return true;
}

typedef struct {
    WacPackage *package;
    const CompExterns *imports;
    uint32_t *given; /* an item for each import, or WAC_NONE */
} Call;

/* The import that an argument without a name is for. */
static const CompExtern *inferred(WacContext *c, const Call *call, Str local, uint32_t item) {
    const WacItem *what = wac_item(c, item);
    const CompExtern *e = NULL;
    if (what->id.len) e = wac_find(call->imports, what->id);
    if (!e && (what->kind == WAC_NODE_IMPORT || what->kind == WAC_NODE_ALIAS))
        e = wac_find(call->imports, what->name);
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
        e = a->exact ? wac_find(call->imports, a->name.name) : infer(call->imports, a->name.name);
    }
    if (!e) {
        diag(c->diags, WAC_NO_IMPORT, a->span, STR_ARG(call->package->name), STR_ARG(a->name.name));
        return false;
    }
    uint32_t *place = &call->given[e - call->imports->at];
    Str name = e->name.name, why;
    if (*place != WAC_NONE) {
        diag(c->diags, WAC_DUPLICATE_ARG, a->span, STR_ARG(name));
        return false;
    }
    if (!wac_match(c, &wac_item(c, item)->entity, &e->entity, false, &why)) {
        diag(c->diags, WAC_ARG_MISMATCH, a->span, STR_ARG(name), STR_ARG(why));
        return false;
    }
    *place = item;
    return true;
}

static bool spread(WacContext *c, const Call *call, const WacArg *a) {
    uint32_t of;
    bool used = false;
    if (!by_name(c, a->name, &of) || !need_instance(c, of, "a spread", a->span)) return false;
    for (size_t i = 0; i < call->imports->len; i++) {
        const CompExtern *want = &call->imports->at[i];
        if (call->given[i] != WAC_NONE) continue;
        const CompExtern *have =
            wac_find(&wac_item(c, of)->entity.instance->exports, want->name.name);
        Str why;
        if (!have) continue;
        if (!wac_match(c, &have->entity, &want->entity, false, &why)) {
            diag(c->diags, WAC_ARG_MISMATCH, a->span, STR_ARG(want->name.name), STR_ARG(why));
            return false;
        }
        call->given[i] = alias(c, of, have, a->span);
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
        if (call->given[i] != WAC_NONE) continue;
        if (rest) {
            if (!fill(c, e, call->package, expr->package.span, &call->given[i])) return false;
            continue;
        }
        diag(c->diags, WAC_MISSING_ARG, expr->package.span, STR_ARG(e->name.name),
             STR_ARG(call->package->name));
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
    WacPackage *package = wac_package(c, path->package, path->version, path->span);
    if (!package) return false;
    if (is_wit_package(package->info)) {
        diag(c->diags, WAC_IS_WIT, path->span, STR_ARG(package->name));
        return false;
    }
    Call call = {.package = package, .imports = &package->info->type.imports};
    call.given = ARENA_NEW_ARRAY(c->arena, uint32_t, call.imports->len);
    for (size_t i = 0; i < call.imports->len; i++) call.given[i] = WAC_NONE;
    if (!arguments(c, &call, expr)) return false;
    WacItem instance = {.kind = WAC_NODE_INSTANCE, .package = package, .span = expr->span};
    for (size_t i = 0; i < call.imports->len; i++)
        *vec_push(c->arena, &instance.args) =
            (WacLink){call.imports->at[i].name.name, call.given[i]};
    CompInstanceType *type = ARENA_NEW(c->arena, CompInstanceType);
    type->exports = package->info->type.exports;
    type->by_name = package->info->type.exports_by_name;
    instance.entity = (CompEntity){.sort = COMP_INSTANCE, .instance = type};
    *item = wac_add(c, instance);
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

static void add_export(WacContext *c, Str name, uint32_t item, Span span) {
    map_put(c->arena, &c->exports, name, NULL)->value = c->exported.len;
    *vec_push(c->arena, &c->exported) = (WacLink){name, item};
    *vec_push(c->arena, &c->exported_spans) = span;
}

static bool export_spread(WacContext *c, const WacNode *n, uint32_t of) {
    if (!need_instance(c, of, "a spread", n->expr->span)) return false;
    const CompInstanceType *type = wac_item(c, of)->entity.instance;
    bool any = false;
    for (size_t i = 0; i < type->exports.len; i++) {
        const CompExtern *e = &type->exports.at[i];
        if (map_get(&c->exports, e->name.name)) continue;
        add_export(c, e->name.name, alias(c, of, e, n->span), n->span);
        any = true;
    }
    if (!any) diag(c->diags, WAC_SPREAD_EXPORT, n->span);
    return any;
}

static bool export(WacContext *c, const WacNode *n) {
    uint32_t item;
    if (!evaluate(c, n->expr, &item)) return false;
    if (n->spread) return export_spread(c, n, item);
    const WacItem *what = wac_item(c, item);
    WacId name = {what->name, n->span};
    if (n->has_as) name = n->as;
    else if (what->kind == WAC_NODE_INSTANCE || (what->kind == WAC_NODE_TYPE && !what->name.len)) {
        diag(c->diags, WAC_NEEDS_AS, n->span);
        return false;
    }
    if (n->has_as && !check_name(c, name, "export")) return false;
    const MapEntry *old = map_get(&c->exports, name.name);
    if (!old) {
        add_export(c, name.name, item, n->has_as ? name.span : n->expr->span);
        return true;
    }
    const WacItem *previous = wac_item(c, c->exported.at[old->value].item);
    Str kind = wac_kind(&previous->entity);
    if (previous->kind == WAC_NODE_TYPE)
        diag(c->diags, WAC_EXPORT_CONFLICT, name.span, STR_ARG(name.name), STR_ARG(kind));
    else diag(c->diags, WAC_DUPLICATE_EXPORT, name.span, STR_ARG(name.name));
    diag_note(c->diags, WAC_PREVIOUS, c->exported_spans.at[old->value]);
    diag_note(c->diags, WAC_AS_REMEDY, span_none());
    return false;
}

/* ---- the program ---- */

static bool statement(WacContext *c, const WacNode *n) {
    uint32_t item;
    switch (n->kind) {
    case WAC_IMPORT: return import(c, n);
    case WAC_LET: return evaluate(c, n->expr, &item) && define(c, n->id, item);
    case WAC_EXPORT_EXPR: return export(c, n);
    default: return wac_declare(c, n);
    }
}

CompComponent *wac_compose(Arena *arena, const Source *program, const WacOptions *options,
                           Diags *diags) {
    WacContext c = {.arena = arena, .diags = diags, .options = options, .source = program};
    if (!wac_parse(arena, program, &c.program, diags)) return NULL;
    const WacPath *target = &c.program.targets;
    if (c.program.has_targets && !str_eq(target->package, c.program.package.package) &&
        !wac_package(&c, target->package, target->version, target->package_span))
        return NULL;
    for (size_t i = 0; i < c.program.statements.len; i++)
        if (!statement(&c, c.program.statements.at[i]) || c.failed) return NULL;
    if (c.program.has_targets && !wac_check_target(&c)) return NULL;
    return wac_encode(&c);
}
