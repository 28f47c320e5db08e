/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Imports and exports, and what they do to the resources and names of a scope.
 *
 * Resources. An import of an instance whose type introduces resources makes fresh ones, variables
 * of the importing component; an export in a type makes fresh ones that this type defines.
 *
 * Names. Records, variants, enums, flags and resources that occur in the type of an import or
 * export must have names there: they must have been imported, or (for exports) exported, before:
 *
 *     (type $r (record (field "x" u8)))
 *     (import "r" (type $R (eq $r)))                $R has a name
 *     (import "f" (func (param "a" $R)))            good
 *     (import "g" (func (param "a" $r)))            "func not valid to be used as import"
 *
 * The identity of such a type is its node, and an import or export of a type makes a new node.
 */
#include "component/internal.h"

/* ---- what is named ---- */

/* The types that have a name, and the count of steps. */
typedef struct {
    const Map *set;
    uint32_t *work;
} Named;

static bool is_named(const Named *n, const WitType *type);

static bool parts_named(const Named *n, const WitType *type) {
    if (type->elem && !is_named(n, type->elem)) return false;
    if (type->second && !is_named(n, type->second)) return false;
    for (size_t i = 0; i < type->fields.len; i++)
        if (type->fields.at[i].type && !is_named(n, type->fields.at[i].type)) return false;
    return true;
}

/* A type as it occurs within another. */
static bool is_named(const Named *n, const WitType *type) {
    const WitType *meant = wit_dealias(type);
    if (!comp_step(n->work)) return true;
    switch (meant->kind) {
    case WIT_RECORD:
    case WIT_VARIANT:
    case WIT_FLAGS:
    case WIT_ENUM: return map_get_ptr(n->set, type) != NULL;
    case WIT_OWN:
    case WIT_BORROW: return map_get_ptr(n->set, meant->elem) != NULL;
    case WIT_RESOURCE: return map_get_ptr(n->set, type) != NULL;
    default: return parts_named(n, meant);
    }
}

static bool func_named(const Named *n, const WitFunc *func) {
    for (size_t i = 0; i < func->params.len; i++)
        if (!is_named(n, func->params.at[i].type)) return false;
    return !func->result || is_named(n, func->result);
}

static bool type_named(const Named *n, const CompEntity *type);

/* All that an instance type speaks of. */
static bool instance_named(const Named *n, const CompInstanceType *instance) {
    for (size_t i = 0; i < instance->exports.len && comp_step(n->work); i++) {
        const CompEntity *e = &instance->exports.at[i].entity;
        if (e->sort == COMP_CORE_MODULE || e->sort == COMP_COMPONENT) continue;
        if (e->sort == COMP_VALUE ? !is_named(n, e->type) : !type_named(n, e)) return false;
    }
    return true;
}

/* A type that is given a name: what it is made of must have names. */
static bool type_named(const Named *n, const CompEntity *e) {
    if (e->func) return func_named(n, e->func);
    if (e->instance) return instance_named(n, e->instance);
    if (!e->type) return true;
    const WitType *meant = wit_dealias(e->type);
    if (meant->kind == WIT_RESOURCE) return true;
    if (wit_kind_shape(meant->kind) == WIT_SHAPE_HANDLE) return is_named(n, meant);
    return parts_named(n, meant);
}

/* Whether an item may be imported or exported; what it names is named from now on. */
static bool name_entity(Validator *v, Scope *s, bool is_import, const CompEntity *e) {
    const Named n = {is_import ? &s->imported_types : &s->exported_types, &v->work};
    if (!comp_step(&v->work)) return true;
    switch (e->sort) {
    case COMP_FUNC: return func_named(&n, e->func);
    case COMP_VALUE: return is_named(&n, e->type);
    case COMP_TYPE:
        if (!type_named(&n, e)) return false;
        if (e->type) {
            map_put_ptr(v->arena, &s->exported_types, e->type, NULL);
            if (is_import) map_put_ptr(v->arena, &s->imported_types, e->type, NULL);
        }
        return true;
    case COMP_INSTANCE:
        for (size_t i = 0; i < e->instance->exports.len; i++)
            if (!name_entity(v, s, is_import, &e->instance->exports.at[i].entity)) return false;
        return true;
    default: return true;
    }
}

/* ---- resources ---- */

/* An instance of a type that introduces resources: a type with fresh ones, added to `owner`. */
static void make_instance(Validator *v, CompEntity *entity, CompTypeList *owner, Str what,
                          size_t offset) {
    const CompInstanceType *type = entity->instance;
    if (!type->resources.len) return;
    Subst subst = comp_subst(v);
    if (!comp_check_steps(v, type->resources.len * COMP_RESOURCE_WORK, offset)) return;
    for (size_t i = 0; i < type->resources.len; i++) {
        const WitType *fresh = comp_fresh_resource(v->arena, type->resources.at[i]);
        comp_subst_set(&subst, type->resources.at[i], fresh);
        comp_set_origin(v, fresh, what, offset);
        *vec_push(v->arena, owner) = fresh;
    }
    CompInstanceType *made = ARENA_NEW(v->arena, CompInstanceType);
    *made = *comp_subst_instance(&subst, type);
    made->resources = (CompTypeList){0};
    comp_set_info(v, made, comp_entity_info(v, entity));
    entity->instance = made;
}

static void mark_explicit(Validator *v, Scope *s, const CompEntity *e) {
    if (!comp_step(&v->work)) return;
    if (comp_is_resource(e))
        map_put_ptr(v->arena, &s->explicit_resources, wit_dealias(e->type), NULL);
    if (e->sort != COMP_INSTANCE) return;
    for (size_t i = 0; i < e->instance->exports.len; i++)
        mark_explicit(v, s, &e->instance->exports.at[i].entity);
}

/* ---- the item ---- */

/* The new node of a type that is imported or exported. */
static void set_identity(Validator *v, CompEntity *e, Str name) {
    if (e->sort != COMP_TYPE || !e->type) return;
    WitType *alias = ARENA_NEW(v->arena, WitType);
    alias->kind = WIT_ALIAS;
    alias->name = name;
    alias->elem = e->type;
    alias->real = wit_dealias(e->type); /* names of names make long chains */
    e->type = alias;
}

static bool extern_index(Validator *v, const Scope *s, const CompExternType *type, size_t offset,
                         const CompEntity **at) {
    CompSort sort = type->sort == COMP_CORE_MODULE ? COMP_CORE_TYPE : COMP_TYPE;
    *at = comp_at(v, s, sort, type->index, offset);
    return *at != NULL;
}

/* externtype: what an import brings, or an export is ascribed. */
static bool extern_entity(Validator *v, const Scope *s, const CompExternType *type, Str name,
                          size_t offset, CompEntity *out) {
    const CompEntity *at = NULL;
    *out = (CompEntity){.sort = type->sort};
    if (type->sort == COMP_VALUE) {
        if (!feature_on(v->features, CM_VALUES)) return fault(v, offset, COMP_VALUES_OFF);
        return comp_check_val(v, s, type->value, offset, &out->type);
    }
    if (type->sort == COMP_TYPE && type->is_resource) {
        WitType *resource = ARENA_NEW(v->arena, WitType);
        resource->kind = WIT_RESOURCE;
        resource->name = name;
        out->type = resource;
        return true;
    }
    if (!extern_index(v, s, type, offset, &at)) return false;
    switch (type->sort) {
    case COMP_CORE_MODULE:
        if (!at->module) return fault(v, offset, COMP_NOT_MODULE_TYPE, type->index);
        out->module = at->module;
        return true;
    case COMP_FUNC:
        if (!at->func) return fault(v, offset, COMP_NOT_FUNC_TYPE, type->index);
        out->func = at->func;
        return true;
    case COMP_INSTANCE:
        if (!at->instance) return fault(v, offset, COMP_NOT_INSTANCE_TYPE, type->index);
        out->instance = at->instance;
        return true;
    case COMP_COMPONENT:
        if (!at->component) return fault(v, offset, COMP_NOT_COMPONENT_TYPE, type->index);
        out->component = at->component;
        return true;
    default:
        *out = *at;
        set_identity(v, out, name);
        return true;
    }
}

/* Adds the item to its index space, with all that its resources and names mean. */
static bool add_entity(Validator *v, Scope *s, bool is_import, Str name, CompEntity *e,
                       size_t offset) {
    bool fresh = comp_is_resource(e) && e->type->kind == WIT_RESOURCE;
    CompTypeList *owner = is_import ? &s->type.imported_resources : &s->type.defined_resources;
    if (e->sort == COMP_INSTANCE || fresh) {
        Str what = str_fmt(v->arena, "%s `%.*s`", is_import ? "import" : "export", STR_ARG(name));
        if (e->sort == COMP_INSTANCE) make_instance(v, e, owner, what, offset);
        else comp_set_origin(v, e->type, what, offset);
        if (v->halted || !comp_check_work(v, offset)) return false;
    }
    if (fresh) *vec_push(v->arena, owner) = e->type;
    if (!is_import) mark_explicit(v, s, e);
    if (!comp_check_room(v, s, e->sort, offset)) return false;
    comp_push(v, s, *e);
    if (e->sort == COMP_VALUE) vec_last(&s->value_offset) = offset;
    if (e->sort == COMP_VALUE && !is_import) vec_last(&s->value_used) = true;
    if (comp_is_resource(e)) {
        comp_name_resource(v, wit_dealias(e->type), name);
        Str *copy = ARENA_NEW(v->arena, Str);
        *copy = name;
        Map *names = is_import ? &s->imported_names : &s->exported_names;
        map_put_ptr(v->arena, names, e->type, NULL)->cptr = copy;
        map_put(v->arena, is_import ? &s->imported_labels : &s->exported_labels, name, NULL);
    }
    bool named = s->kind == SCOPE_INSTANCE_TYPE || name_entity(v, s, is_import, e);
    if (!comp_check_work(v, offset)) return false;
    if (named) return true;
    const char *sort = e->sort == COMP_CORE_MODULE ? "module" : comp_sort_name(e->sort);
    return fault(v, offset, COMP_UNNAMED, sort, is_import ? "import" : "export", STR_ARG(name));
}

bool comp_validate_import(Validator *v, Scope *s, const CompItem *item) {
    CompEntity entity;
    Str name = item->import.name.name;
    NameContext cx = {true,
                      &s->type.imports,
                      &s->type.imports_by_name,
                      &s->import_keys,
                      &s->imported_names,
                      &s->imported_labels,
                      &s->size};
    return extern_entity(v, s, &item->import.type, name, item->offset, &entity) &&
           add_entity(v, s, true, name, &entity, item->offset) &&
           comp_add_extern(v, &cx, &item->import.name, &entity, item->offset);
}

/* ---- exports ---- */

bool comp_use_value(Validator *v, Scope *s, uint32_t index, size_t offset) {
    if (!feature_on(v->features, CM_VALUES)) return fault(v, offset, COMP_VALUES_OFF);
    if (!comp_at(v, s, COMP_VALUE, index, offset)) return false;
    if (s->value_used.at[index]) return fault(v, offset, COMP_VALUE_TWICE, index);
    s->value_used.at[index] = true;
    return true;
}

/* The definition that an export or an argument names; a value is used by that. */
bool comp_entity_of(Validator *v, Scope *s, CompSort sort, uint32_t index, size_t offset,
                    CompEntity *entity) {
    if (sort == COMP_VALUE && !comp_use_value(v, s, index, offset)) return false;
    const CompEntity *at = comp_at(v, s, sort, index, offset);
    if (at) *entity = *at;
    return at != NULL;
}

static bool ascribe(Validator *v, Scope *s, const CompItem *item, CompEntity *entity) {
    CompEntity ascribed;
    SubtypeCx cx = comp_subtype_cx(v);
    if (!extern_entity(v, s, &item->export.type, item->export.name.name, item->offset, &ascribed))
        return false;
    bool good = comp_entity_sub(&cx, entity, &ascribed);
    if (!comp_check_work(v, item->offset)) return false;
    if (!good) {
        fault(v, item->offset, COMP_ASCRIBED, STR_ARG(cx.why));
        comp_note_mismatch(v, &cx);
    }
    *entity = ascribed;
    return good;
}

bool comp_validate_export(Validator *v, Scope *s, const CompItem *item) {
    CompEntity entity;
    Str name = item->export.name.name;
    NameContext cx = {false,           &s->type.exports,   &s->type.exports_by_name,
                      &s->export_keys, &s->exported_names, &s->exported_labels,
                      &s->size};
    if (s->kind != SCOPE_COMPONENT) {
        if (!extern_entity(v, s, &item->export.type, name, item->offset, &entity)) return false;
    } else {
        if (!comp_entity_of(v, s, item->export.sort, item->export.index, item->offset, &entity))
            return false;
        if (!item->export.has_type) set_identity(v, &entity, name);
        else if (!ascribe(v, s, item, &entity)) return false;
    }
    return add_entity(v, s, false, name, &entity, item->offset) &&
           comp_add_extern(v, &cx, &item->export.name, &entity, item->offset);
}

/* ---- the end of a scope ---- */

static FreeSet free_resources(Validator *v, const CompExterns *list) {
    FreeSet set = {.arena = v->arena, .work = &v->work};
    for (size_t i = 0; i < list->len; i++) comp_free_entity(&set, &list->at[i].entity);
    return set;
}

static bool is_free(const FreeSet *set, const WitType *resource) {
    const MapEntry *entry = map_get_ptr(&set->resources, resource);
    return entry && entry->value;
}

/* Imports know nothing that is defined here; what the exports know of it is exported. */
bool comp_finish_scope(Validator *v, Scope *s, size_t offset) {
    for (size_t i = 0; s->kind == SCOPE_COMPONENT && i < s->value_used.len; i++)
        if (!s->value_used.at[i]) return fault(v, s->value_offset.at[i], COMP_VALUE_UNUSED, i);
    CompTypeList defined = s->type.defined_resources;
    if (!comp_check_core_types(v, s, offset)) return false;
    if (s->kind == SCOPE_INSTANCE_TYPE || !defined.len) return true;
    FreeSet imports = free_resources(v, &s->type.imports);
    FreeSet exports = free_resources(v, &s->type.exports);
    if (!comp_check_work(v, offset)) return false;
    s->type.defined_resources = (CompTypeList){0};
    for (size_t i = 0; i < defined.len; i++)
        if (is_free(&imports, defined.at[i])) return fault(v, offset, COMP_LOCAL_IN_IMPORT);
    for (size_t i = 0; i < defined.len; i++) {
        if (!is_free(&exports, defined.at[i])) continue;
        if (!map_get_ptr(&s->explicit_resources, defined.at[i]))
            return fault(v, offset, COMP_LOCAL_IN_EXPORT);
        *vec_push(v->arena, &s->type.defined_resources) = defined.at[i];
    }
    return true;
}
