/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Declarations of types, interfaces and worlds, as the entities that validation makes of binaries:
 * a named type is an alias node of its own, an interface is an instance type, a world a component
 * type. So what is declared here and what packages bring are of one kind.
 *
 * A world imports what its interfaces use from others, before them. Includes come last.
 */
#include "wac/internal.h"

typedef struct {
    Str name;                   /* of the interface or world */
    Map names;                  /* -> CompEntity */
    CompInstanceType *instance; /* of an interface */
    CompComponentType *world;
    Map implicit; /* names of the world's imports that nobody wrote */
} Scope;

static const CompEntity *lookup(WacContext *c, const Scope *s, Str name) {
    const MapEntry *e = s ? map_get(&s->names, name) : NULL;
    if (e) return e->cptr;
    e = map_get(&c->names, name);
    return e ? &wac_node(c, (uint32_t)e->value)->entity : NULL;
}

static const CompEntity *need(WacContext *c, const Scope *s, WacId id) {
    const CompEntity *e = lookup(c, s, id.name);
    if (!e) wac_named(c, id); /* says so */
    return e;
}

static bool cannot_be(WacContext *c, WacId id, const CompEntity *e, const char *how) {
    Str kind = comp_entity_kind(e);
    diag(c->diags, WAC_CANNOT_BE, id.span, STR_ARG(id.name), STR_ARG(kind), how);
    return false;
}

static bool not_a(WacContext *c, WacId id, const CompEntity *e, const char *what) {
    Str kind = comp_entity_kind(e);
    diag(c->diags, WAC_NOT_A, id.span, STR_ARG(id.name), STR_ARG(kind), what);
    return false;
}

/* ---- types ---- */

static WitType *type_new(WacContext *c, WitKind kind, const WitType *elem) {
    WitType *t = ARENA_NEW(c->arena, WitType);
    t->kind = kind;
    t->elem = elem;
    return t;
}

static const WitType *named(WacContext *c, Str name, const WitType *what) {
    WitType *t = type_new(c, WIT_ALIAS, what);
    t->name = name;
    return t;
}

/* Types without parts whose words may be names, too. */
static const WitType *late_type(WacContext *c, Str name) {
    if (str_is(name, "stream")) return type_new(c, WIT_STREAM, NULL);
    if (str_is(name, "future")) return type_new(c, WIT_FUTURE, NULL);
    return str_is(name, "error-context") ? wit_prim(WIT_ERROR_CONTEXT) : NULL;
}

static const WitType *name_type(WacContext *c, const Scope *s, WacId id, bool handle) {
    const WitType *late = lookup(c, s, id.name) ? NULL : late_type(c, id.name);
    if (late) return late;
    const CompEntity *e = need(c, s, id);
    if (!e) return NULL;
    if (e->sort != COMP_TYPE || !e->type) {
        cannot_be(c, id, e, "as a value type");
        return NULL;
    }
    bool resource = wit_dealias(e->type)->kind == WIT_RESOURCE;
    return handle && resource ? type_new(c, WIT_OWN, e->type) : e->type;
}

static const WitType *borrow_type(WacContext *c, const Scope *s, const WacType *arg) {
    if (arg->kind != WIT_KIND_COUNT) {
        Str text = str_from(wit_kind_keyword(arg->kind));
        diag(c->diags, WAC_NOT_A, arg->span, STR_ARG(text), 4, "type", "a resource type");
        return NULL;
    }
    const CompEntity *e = need(c, s, arg->id);
    if (!e) return NULL;
    if (e->sort != COMP_TYPE || !e->type || wit_dealias(e->type)->kind != WIT_RESOURCE) {
        not_a(c, arg->id, e, "a resource type");
        return NULL;
    }
    return type_new(c, WIT_BORROW, e->type);
}

static bool is_map_key(const WitType *type) {
    type = wit_dealias(type);
    return wit_kind_shape(type->kind) == WIT_SHAPE_PRIM && type->kind != WIT_F32 &&
           type->kind != WIT_F64 && type->kind != WIT_ERROR_CONTEXT;
}

/* As deep as the parser lets types nest. */
static const WitType *value_type(WacContext *c, const Scope *s, const WacType *type) {
    if (type->kind == WIT_KIND_COUNT) return name_type(c, s, type->id, true);
    if (wit_kind_shape(type->kind) == WIT_SHAPE_PRIM) return wit_prim(type->kind);
    if (type->kind == WIT_BORROW) return borrow_type(c, s, type->args.at[0]);
    WitType *t = type_new(c, type->kind, NULL);
    for (size_t i = 0; i < type->args.len; i++) {
        const WitType *part = NULL;
        if (type->args.at[i] && !(part = value_type(c, s, type->args.at[i]))) return NULL;
        if (type->kind == WIT_TUPLE) *vec_push(c->arena, &t->fields) = (WitField){.type = part};
        else if (i == 0) t->elem = part;
        else t->second = part;
    }
    if (t->kind == WIT_MAP && !is_map_key(t->elem)) {
        diag(c->diags, WAC_MAP_KEY, type->args.at[0]->span);
        return NULL;
    }
    return t;
}

static bool fields(WacContext *c, const Scope *s, const WacNode *n, WitType *out) {
    Map names = {0};
    const char *kind = wit_kind_keyword(n->value_kind);
    const char *part = n->value_kind == WIT_RECORD  ? "field"
                       : n->value_kind == WIT_FLAGS ? "flag"
                                                    : "case";
    for (size_t i = 0; i < n->fields.len; i++) {
        const WacField *f = &n->fields.at[i];
        bool added;
        map_put(c->arena, &names, f->id.name, &added);
        if (!added) {
            Str whole = str_fmt(c->arena, "%s type", kind);
            diag(c->diags, WAC_DUPLICATE, f->id.span, part, STR_ARG(f->id.name),
                 str_c(c->arena, whole), STR_ARG(n->id.name));
            return false;
        }
        WitField field = {.name = f->id.name};
        if (f->type && !(field.type = value_type(c, s, f->type))) return false;
        *vec_push(c->arena, &out->fields) = field;
    }
    return true;
}

static WitFunc *function(WacContext *c, const Scope *s, const WacFunc *f, const WitType *self,
                         const char *what) {
    WitFunc *out = ARENA_NEW(c->arena, WitFunc);
    out->is_async = f->is_async;
    Map names = {0};
    if (self) {
        map_put(c->arena, &names, STR("self"), NULL);
        *vec_push(c->arena, &out->params) =
            (WitField){.name = STR("self"), .type = type_new(c, WIT_BORROW, self)};
    }
    for (size_t i = 0; i < f->params.len; i++) {
        const WacField *p = &f->params.at[i];
        bool added;
        map_put(c->arena, &names, p->id.name, &added);
        if (!added) {
            diag(c->diags, WAC_DUPLICATE_PARAM, p->id.span, what, STR_ARG(p->id.name));
            return NULL;
        }
        WitField field = {.name = p->id.name, .type = value_type(c, s, p->type)};
        if (!field.type) return NULL;
        *vec_push(c->arena, &out->params) = field;
    }
    if (!f->result) return out;
    if (!(out->result = value_type(c, s, f->result))) return NULL;
    if (!wit_has_borrow(out->result)) return out;
    diag(c->diags, WAC_BORROW_RESULT, f->result->span);
    return NULL;
}

bool wac_func_type(WacContext *c, const WacFunc *func, CompEntity *out) {
    *out = (CompEntity){.sort = COMP_FUNC, .func = function(c, NULL, func, NULL, "function")};
    return out->func != NULL;
}

/* `x: t` where t is a function type. */
static bool function_by_name(WacContext *c, const Scope *s, WacId id, CompEntity *out) {
    const CompEntity *e = need(c, s, id);
    if (!e) return false;
    if (e->sort != COMP_TYPE || !e->func) return not_a(c, id, e, "a function type");
    *out = (CompEntity){.sort = COMP_FUNC, .func = e->func};
    return true;
}

/* A variant, record, flags, enum or alias. */
static bool type_entity(WacContext *c, const Scope *s, const WacNode *n, CompEntity *out) {
    *out = (CompEntity){.sort = COMP_TYPE};
    if (n->kind == WAC_VALUE_TYPE) {
        WitType *t = type_new(c, n->value_kind, NULL);
        if (!fields(c, s, n, t)) return false;
        out->type = named(c, n->id.name, t);
        return true;
    }
    if (n->func) {
        out->func = function(c, s, n->func, NULL, "function");
        return out->func != NULL;
    }
    if (n->type->kind != WIT_KIND_COUNT) {
        const WitType *t = value_type(c, s, n->type);
        if (t) out->type = named(c, n->id.name, t);
        return t != NULL;
    }
    const CompEntity *e = need(c, s, n->type->id);
    if (!e) return false;
    if (e->sort != COMP_TYPE || (!e->type && !e->func))
        return cannot_be(c, n->type->id, e, "in a type alias");
    if (e->func) out->func = e->func;
    else out->type = named(c, n->id.name, wit_dealias(e->type)); /* no chains of aliases */
    return true;
}

/* ---- what scopes hold ---- */

static void push(WacContext *c, CompExterns *list, Map *by_name, Str name, CompEntity e) {
    map_put(c->arena, by_name, name, NULL)->value = list->len;
    *vec_push(c->arena, list) = (CompExtern){.name = {.name = name}, .entity = e};
}

static void remember(WacContext *c, Scope *s, Str name, const CompEntity *e) {
    CompEntity *copy = ARENA_NEW(c->arena, CompEntity);
    *copy = *e;
    map_put(c->arena, &s->names, name, NULL)->ptr = copy;
}

/* Adds a type to the interface or world, under a name of its own. */
static bool add_type(WacContext *c, Scope *s, WacId id, CompEntity e, bool use) {
    Map *taken = s->world ? &s->world->imports_by_name : &s->instance->by_name;
    if (map_get(taken, id.name) || map_get(&s->names, id.name)) {
        if (use)
            diag(c->diags, WAC_USE_CONFLICT, id.span, STR_ARG(id.name),
                 s->world ? "import" : "export");
        else diag(c->diags, WAC_REDEFINED, id.span, STR_ARG(id.name));
        if (use) diag_note(c->diags, WAC_AS_REMEDY, span_none());
        return false;
    }
    remember(c, s, id.name, &e);
    push(c, s->world ? &s->world->imports : &s->instance->exports, taken, id.name, e);
    return true;
}

static bool add_resource(WacContext *c, Scope *s, const WacNode *n) {
    WitType *resource = type_new(c, WIT_RESOURCE, NULL);
    resource->name = n->id.name;
    CompEntity e = {.sort = COMP_TYPE, .type = named(c, n->id.name, resource)};
    if (!add_type(c, s, n->id, e, false)) return false;
    Map members = {0};
    for (size_t i = 0; i < n->items.len; i++) {
        const WacNode *m = n->items.at[i];
        bool made = m->kind == WAC_CONSTRUCTOR, added, is_static = m->kind == WAC_STATIC;
        map_put(c->arena, &members, made ? STR("") : m->id.name, &added);
        if (!added) {
            if (made) diag(c->diags, WAC_DUPLICATE_CONSTRUCTOR, m->span, STR_ARG(n->id.name));
            else
                diag(c->diags, WAC_DUPLICATE, m->id.span, "method", STR_ARG(m->id.name), "resource",
                     STR_ARG(n->id.name));
            return false;
        }
        WitFunc *f = function(c, s, m->func, made || is_static ? NULL : e.type,
                              made ? "constructor" : "function");
        if (!f) return false;
        f->kind = made ? WIT_CONSTRUCTOR : is_static ? WIT_STATIC : WIT_METHOD;
        f->resource = e.type;
        if (made) f->result = type_new(c, WIT_OWN, e.type);
        f->name = made ? str_fmt(c->arena, "[constructor]%.*s", STR_ARG(n->id.name))
                       : str_fmt(c->arena, "[%s]%.*s.%.*s", is_static ? "static" : "method",
                                 STR_ARG(n->id.name), STR_ARG(m->id.name));
        CompEntity func = {.sort = COMP_FUNC, .func = f};
        if (s->world) push(c, &s->world->imports, &s->world->imports_by_name, f->name, func);
        else push(c, &s->instance->exports, &s->instance->by_name, f->name, func);
    }
    return true;
}

/* An interface or world that a path or a local name means. */
static bool path_entity(WacContext *c, const Scope *s, const WacPath *path, bool world,
                        CompEntity *out, Str *id) {
    bool own = str_eq(path->package, c->program.package.package);
    if (path->package.len && !own) {
        if (!wac_package_item(c, path, out, id)) return false;
    } else {
        const CompEntity *e = need(c, s, path->item);
        if (!e) return false;
        *out = *e;
        const MapEntry *named_item = map_get(&c->names, path->item.name);
        *id = named_item ? wac_node(c, (uint32_t)named_item->value)->id : (Str){0};
    }
    if (out->sort == COMP_TYPE && (world ? out->component != NULL : out->instance != NULL))
        return true;
    WacId whole = {path->text, path->package.len ? path->span : path->item.span};
    return not_a(c, whole, out, world ? "a world" : "an interface");
}

/* ---- worlds ---- */

static void import_used(WacContext *c, Scope *s, const CompInstanceType *instance);

static void import_owner(WacContext *c, Scope *s, const CompOwner *owner) {
    if (!owner->id.len || map_get(&s->world->imports_by_name, owner->id)) return;
    import_used(c, s, owner->instance);
    CompEntity e = {.sort = COMP_INSTANCE, .instance = owner->instance};
    push(c, &s->world->imports, &s->world->imports_by_name, owner->id, e);
    map_put(c->arena, &s->implicit, owner->id, NULL);
}

/* The interfaces from which one takes types; chains of them are no longer than wac_own allows. */
static void import_used(WacContext *c, Scope *s, const CompInstanceType *instance) {
    for (size_t i = 0; i < instance->exports.len; i++) {
        const WitType *t = instance->exports.at[i].entity.type;
        for (; t && t->kind == WIT_ALIAS; t = t->elem) {
            const CompOwner *owner = comp_graph_owner(c->graph, t);
            if (!owner || owner->instance == instance) continue;
            import_owner(c, s, owner);
            break;
        }
    }
}

static bool use(WacContext *c, Scope *s, const WacNode *n) {
    CompEntity from;
    Str id;
    if (!path_entity(c, s, &n->path, false, &from, &id)) return false;
    for (size_t i = 0; i < n->renames.len; i++) {
        const WacRename *r = &n->renames.at[i];
        const CompExtern *e = comp_find_export(from.instance, r->id.name);
        if (!e || e->entity.sort != COMP_TYPE || (!e->entity.type && !e->entity.func)) {
            diag(c->diags, WAC_NO_TYPE, r->id.span, STR_ARG(r->id.name), STR_ARG(n->path.text));
            return false;
        }
        CompEntity type = e->entity;
        if (type.type) {
            const CompOwner *owner = comp_graph_owner(c->graph, type.type);
            if (s->world && owner) import_owner(c, s, owner);
            type.type = named(c, r->as.name, type.type);
        }
        if (!add_type(c, s, r->as, type, true)) return false;
    }
    return true;
}

static bool interface_items(WacContext *c, Scope *s, const WacNode *n) {
    for (size_t i = 0; i < n->items.len; i++) {
        const WacNode *item = n->items.at[i];
        CompEntity e = {0};
        switch (item->kind) {
        case WAC_USE:
            if (!use(c, s, item)) return false;
            break;
        case WAC_RESOURCE:
            if (!add_resource(c, s, item)) return false;
            break;
        case WAC_FUNC:
            e = (CompEntity){.sort = COMP_FUNC};
            if (!item->func) {
                if (!function_by_name(c, s, item->path.item, &e)) return false;
            } else if (!(e.func = function(c, s, item->func, NULL, "function"))) return false;
            if (map_get(&s->instance->by_name, item->id.name)) {
                diag(c->diags, WAC_DUPLICATE, item->id.span, "interface export",
                     STR_ARG(item->id.name), "interface", STR_ARG(s->name));
                return false;
            }
            push(c, &s->instance->exports, &s->instance->by_name, item->id.name, e);
            break;
        default:
            if (!type_entity(c, s, item, &e) || !add_type(c, s, item->id, e, false)) return false;
        }
    }
    return true;
}

static bool interface(WacContext *c, const WacNode *n, Str name, Str id, CompEntity *out) {
    Scope s = {.name = name, .instance = ARENA_NEW(c->arena, CompInstanceType)};
    if (!interface_items(c, &s, n)) return false;
    *out = (CompEntity){.sort = COMP_TYPE, .instance = s.instance};
    comp_graph_own(c->graph, s.instance, id);
    return true;
}

bool wac_interface_in_place(WacContext *c, const WacNode *n, CompEntity *out) {
    if (!interface(c, n, n->id.name, (Str){0}, out)) return false;
    out->sort = COMP_INSTANCE;
    return true;
}

/* What is imported already, as something else needs it, and what is said about it, are one. */
static bool join_import(WacContext *c, Scope *s, Str name, const CompEntity *e) {
    CompExtern *known = &s->world->imports.at[map_get(&s->world->imports_by_name, name)->value];
    Str why;
    return comp_graph_merge(c->graph, &known->entity, e, name, &why);
}

static bool add_world_item(WacContext *c, Scope *s, const WacNode *n, Str name, Span span,
                           CompEntity e) {
    bool import = n->kind == WAC_IMPORT;
    Map *taken = import ? &s->world->imports_by_name : &s->world->exports_by_name;
    if (map_get(taken, name)) {
        if (import && map_get(&s->implicit, name)) {
            map_get(&s->implicit, name)->value++;
            if (map_get(&s->implicit, name)->value == 1 && join_import(c, s, name, &e)) return true;
        }
        const char *kind = import ? "import" : "export";
        diag(c->diags, WAC_WORLD_CONFLICT, span, kind, STR_ARG(name), kind, STR_ARG(s->name));
        return false;
    }
    if (e.sort == COMP_INSTANCE) import_used(c, s, e.instance);
    push(c, import ? &s->world->imports : &s->world->exports, taken, name, e);
    return true;
}

static bool world_extern(WacContext *c, Scope *s, const WacNode *n) {
    CompEntity e;
    if (!n->id.name.len) {
        Str id;
        if (!path_entity(c, s, &n->path, false, &e, &id)) return false;
        e.sort = COMP_INSTANCE;
        return add_world_item(c, s, n, id, n->path.span, e);
    }
    if (n->func) {
        e = (CompEntity){.sort = COMP_FUNC, .func = function(c, s, n->func, NULL, "function")};
        if (!e.func) return false;
    } else if (n->has_items) {
        if (!interface(c, n, n->id.name, (Str){0}, &e)) return false;
        e.sort = COMP_INSTANCE;
    } else {
        const CompEntity *what = need(c, s, n->path.item);
        if (!what) return false;
        e = *what;
        if (e.sort != COMP_TYPE || (!e.func && !e.instance))
            return not_a(c, n->path.item, what, "a function type or interface");
        e.sort = e.func ? COMP_FUNC : COMP_INSTANCE;
    }
    return add_world_item(c, s, n, n->id.name, n->id.span, e);
}

static bool include_list(WacContext *c, Scope *s, const WacNode *n, const CompExterns *from,
                         bool import, bool *used) {
    CompExterns *list = import ? &s->world->imports : &s->world->exports;
    Map *taken = import ? &s->world->imports_by_name : &s->world->exports_by_name;
    for (size_t i = 0; i < from->len; i++) {
        Str name = from->at[i].name.name;
        Span span = n->path.span;
        for (size_t k = 0; k < n->renames.len; k++) {
            if (!str_eq(n->renames.at[k].id.name, from->at[i].name.name)) continue;
            name = n->renames.at[k].as.name;
            span = n->renames.at[k].as.span;
            used[k] = true;
        }
        if (!map_get(taken, name)) {
            push(c, list, taken, name, from->at[i].entity);
            continue;
        }
        bool interface = str_find(name, ':', 0) != SIZE_MAX;
        if (interface && (!import || join_import(c, s, name, &from->at[i].entity))) continue;
        const char *kind = import ? "import" : "export";
        diag(c->diags, WAC_INCLUDE_CONFLICT, span, kind, STR_ARG(name), STR_ARG(n->path.text), kind,
             STR_ARG(s->name));
        return false;
    }
    return true;
}

static bool include(WacContext *c, Scope *s, const WacNode *n) {
    CompEntity from;
    Str id;
    if (!path_entity(c, s, &n->path, true, &from, &id)) return false;
    bool *used = ARENA_NEW_ARRAY(c->arena, bool, n->renames.len + 1);
    if (!include_list(c, s, n, &from.component->imports, true, used) ||
        !include_list(c, s, n, &from.component->exports, false, used))
        return false;
    for (size_t k = 0; k < n->renames.len; k++) {
        if (used[k]) continue;
        WacId name = n->renames.at[k].id;
        diag(c->diags, WAC_INCLUDE_NAME, name.span, STR_ARG(n->path.text), STR_ARG(name.name));
        return false;
    }
    return true;
}

static bool world(WacContext *c, const WacNode *n, CompEntity *out) {
    Scope s = {.name = n->id.name, .world = ARENA_NEW(c->arena, CompComponentType)};
    for (size_t i = 0; i < n->items.len; i++) {
        const WacNode *item = n->items.at[i];
        CompEntity e;
        bool ok = true;
        switch (item->kind) {
        case WAC_USE: ok = use(c, &s, item); break;
        case WAC_RESOURCE: ok = add_resource(c, &s, item); break;
        case WAC_IMPORT:
        case WAC_EXPORT: ok = world_extern(c, &s, item); break;
        case WAC_INCLUDE: break;
        default: ok = type_entity(c, &s, item, &e) && add_type(c, &s, item->id, e, false);
        }
        if (!ok) return false;
    }
    for (size_t i = 0; i < n->items.len; i++)
        if (n->items.at[i]->kind == WAC_INCLUDE && !include(c, &s, n->items.at[i])) return false;
    *out = (CompEntity){.sort = COMP_TYPE, .component = s.world};
    return true;
}

/* ---- of the program ---- */

bool wac_declare(WacContext *c, const WacNode *n) {
    const WacPath *own = &c->program.package;
    Buf id = {.arena = c->arena};
    buf_fmt(&id, "%.*s/%.*s", STR_ARG(own->package), STR_ARG(n->id.name));
    if (own->version.text.len) buf_fmt(&id, "@%.*s", STR_ARG(own->version.text));
    CompNode item = {.kind = COMP_NODE_TYPE, .name = n->id.name, .span = n->id.span};
    item.id = buf_text(&id);
    bool ok = n->kind == WAC_INTERFACE ? interface(c, n, n->id.name, item.id, &item.entity)
              : n->kind == WAC_WORLD   ? world(c, n, &item.entity)
                                       : type_entity(c, NULL, n, &item.entity);
    if (!ok) return false;
    const MapEntry *previous = map_get(&c->names, n->id.name);
    const MapEntry *exported = map_get(&c->graph->exports_by_name, n->id.name);
    if (exported) {
        diag(c->diags, WAC_TYPE_CONFLICT, n->id.span, STR_ARG(n->id.name));
        diag_note(c->diags, WAC_PREVIOUS, c->graph->exports.at[exported->value].span);
        return false;
    }
    if (previous) {
        diag(c->diags, WAC_REDEFINED, n->id.span, STR_ARG(n->id.name));
        diag_note(c->diags, WAC_PREVIOUS, wac_node(c, (uint32_t)previous->value)->span);
        return false;
    }
    uint32_t index = comp_graph_add(c->graph, item);
    map_put(c->arena, &c->names, n->id.name, NULL)->value = index;
    comp_graph_export(c->graph, comp_name(n->id.name), index, n->id.span);
    return true;
}
