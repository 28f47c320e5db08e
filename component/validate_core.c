/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Core types and modules within a component.
 *
 * All core types of one validation live in one CoreTypeSpace, where equal types have one id. The
 * core type space of a scope maps its indices to such ids:
 *
 *     index   core_types         core_ids
 *       0     (func)             7
 *       1     -  (a module type) -
 *       2     -  (an alias)      3
 *
 * What a core type may be is the core validator's to say: the definitions of a scope are put into a
 * module of nothing else, and a module type is made a module that imports all that it imports and
 * exports.
 */
#include "component/internal.h"

/* ---- recursion groups ---- */

/* An index of the space that `ids` is of: one of a type that is no module type. */
static bool check_index(Validator *v, uint32_t index, const CoreIds *ids, size_t first,
                        size_t offset) {
    size_t limit = feature_on(v->features, GC) ? ids->len : first;
    if (index == CORE_NONE) return true;
    if (index >= limit) return fault(v, offset, COMP_UNKNOWN, "type", index, "type");
    if (index < first && ids->at[index] == CORE_NONE)
        return fault(v, offset, COMP_IS_MODULE_TYPE, index);
    return true;
}

static bool check_val(Validator *v, CoreValType t, const CoreIds *ids, size_t first,
                      size_t offset) {
    return !core_is_concrete(t) || check_index(v, core_type_index(t), ids, first, offset);
}

/* All type indices of a type in the group that begins at `first` are good. */
static bool check_indices(Validator *v, const CoreType *t, const CoreIds *ids, size_t first,
                          size_t offset) {
    if (!check_index(v, t->super, ids, first, offset) ||
        !check_index(v, t->descriptor, ids, first, offset) ||
        !check_index(v, t->describes, ids, first, offset))
        return false;
    if (t->kind == CORE_TYPE_CONT && !check_index(v, t->cont, ids, first, offset)) return false;
    for (uint32_t i = 0; i < t->param_count; i++)
        if (!check_val(v, t->params[i], ids, first, offset)) return false;
    for (uint32_t i = 0; i < t->result_count; i++)
        if (!check_val(v, t->results[i], ids, first, offset)) return false;
    for (uint32_t i = 0; i < t->field_count; i++)
        if (!check_val(v, t->fields[i].type, ids, first, offset)) return false;
    return true;
}

/* Appends the one group of `group` to a space of types. In it, `group` tells the first type of a
 * group (0) from the others (1). */
static bool add_group(Validator *v, const CoreModule *group, size_t offset, CoreTypes *types,
                      CoreIds *ids) {
    uint32_t first = (uint32_t)types->len, count = (uint32_t)group->types.len;
    for (uint32_t i = 0; i < count; i++) {
        *vec_push(v->arena, types) = group->types.at[i];
        vec_last(types).group = i != 0;
        *vec_push(v->arena, ids) = CORE_NONE;
    }
    for (uint32_t i = 0; i < count; i++)
        if (!check_indices(v, &types->at[first + i], ids, first, offset)) return false;
    if (count) core_space_enter_group(v->space, types->at, first, count, ids->at);
    return true;
}

/* A type that has come from elsewhere: its shape, with references to other types left open. */
static CoreValType opened(CoreValType t) {
    return core_is_concrete(t) ? core_ref(core_is_nullable(t), CORE_HEAP_ANY) : t;
}

const CoreType *comp_foreign_core_type(Validator *v, uint32_t id) {
    MapEntry *entry = map_put_ptr(v->arena, &v->foreign, (const void *)((uintptr_t)id + 1), NULL);
    if (entry->cptr) return entry->cptr;
    CoreType t = *core_space_type(v->space, id);
    CoreValType *params = ARENA_NEW_ARRAY(v->arena, CoreValType, t.param_count);
    CoreValType *results = ARENA_NEW_ARRAY(v->arena, CoreValType, t.result_count);
    CoreField *fields = ARENA_NEW_ARRAY(v->arena, CoreField, t.field_count);
    for (uint32_t i = 0; i < t.param_count; i++) params[i] = opened(t.params[i]);
    for (uint32_t i = 0; i < t.result_count; i++) results[i] = opened(t.results[i]);
    for (uint32_t i = 0; i < t.field_count; i++) {
        fields[i] = t.fields[i];
        fields[i].type = opened(t.fields[i].type);
    }
    t.params = params;
    t.results = results;
    t.fields = fields;
    t.super = t.descriptor = t.describes = CORE_NONE;
    if (t.kind == CORE_TYPE_CONT) t.kind = CORE_TYPE_FUNC;
    return entry->cptr = arena_copy(v->arena, &t, sizeof t);
}

/* The types as groups of a module. */
static void set_groups(Validator *v, CoreModule *m, const CoreTypes *types) {
    for (uint32_t i = 0; i < types->len; i++) {
        CoreType *t = vec_push(v->arena, &m->types);
        *t = types->at[i];
        if (t->group == 0) *vec_push(v->arena, &m->groups) = (CoreGroup){.first = i};
        t->group = (uint32_t)m->groups.len - 1;
        vec_last(&m->groups).count++;
        vec_last(&m->groups).written = vec_last(&m->groups).count > 1;
    }
}

/* What there is to check: a type that an alias brings may be larger than the alias. */
static bool check_parts(Validator *v, const CoreTypes *types, size_t offset) {
    size_t parts = 0;
    for (size_t i = 0; i < types->len; i++) {
        const CoreType *t = &types->at[i];
        parts += (size_t)t->param_count + t->result_count + t->field_count;
    }
    return comp_check_steps(v, parts / 32, offset);
}

/* ---- module types ---- */

static bool add_decl_alias(Validator *v, Scope *s, const CompModuleDecl *decl, CoreTypes *types,
                           CoreIds *ids) {
    uint32_t id;
    if (decl->count == 0) {
        if (decl->index >= ids->len)
            return fault(v, decl->offset, COMP_UNKNOWN, "type", decl->index, "type");
        id = ids->at[decl->index];
    } else {
        Scope *scope = s;
        for (uint32_t i = 1; i < decl->count && scope; i++) scope = scope->outer;
        if (!scope) return fault(v, decl->offset, COMP_ALIAS_COUNT, decl->count - 1);
        const CompEntity *e = comp_at(v, scope, COMP_CORE_TYPE, decl->index, decl->offset);
        if (!e) return false;
        if (e->module) return fault(v, decl->offset, COMP_MODULE_TYPE_ALIAS);
        id = e->core_type;
    }
    *vec_push(v->arena, types) = *comp_foreign_core_type(v, id);
    vec_last(types).group = 0;
    *vec_push(v->arena, ids) = id;
    return true;
}

/* A declared import or export as an import of the stand-in module. */
static void add_decl_import(Validator *v, CoreModule *m, const CompModuleDecl *decl) {
    const CoreExternType *t = &decl->type;
    uint32_t offset = (uint32_t)decl->offset;
    core_import_add(v->arena, m, t->kind, decl->module, decl->name)->offset = offset;
    switch (t->kind) {
    case CORE_FUNC:
        vec_last(&m->funcs).type = t->type;
        vec_last(&m->funcs).exact = t->exact;
        vec_last(&m->funcs).offset = offset;
        break;
    case CORE_TABLE:
        vec_last(&m->tables).type = t->value;
        vec_last(&m->tables).limits = t->limits;
        vec_last(&m->tables).offset = offset;
        break;
    case CORE_MEMORY:
        vec_last(&m->memories).limits = t->limits;
        vec_last(&m->memories).offset = offset;
        break;
    case CORE_GLOBAL:
        vec_last(&m->globals).type = t->value;
        vec_last(&m->globals).mutable = t->mutable;
        vec_last(&m->globals).shared = t->shared;
        vec_last(&m->globals).offset = offset;
        break;
    case CORE_TAG:
        vec_last(&m->tags).type = t->type;
        vec_last(&m->tags).offset = offset;
        break;
    }
}

static bool add_import(Validator *v, CompCoreModuleType *type, CompCoreExtern import,
                       size_t offset) {
    bool added;
    import.key = str_fmt(v->arena, "%zu:%.*s%.*s", import.module.len, STR_ARG(import.module),
                         STR_ARG(import.name));
    map_put(v->arena, &type->imports_by_key, import.key, &added)->value = type->imports.len;
    if (!added)
        return fault(v, offset, COMP_IMPORT_TWICE, STR_ARG(import.module), STR_ARG(import.name));
    *vec_push(v->arena, &type->imports) = import;
    return true;
}

static bool add_export(Validator *v, CompCoreModuleType *type, CompCoreExtern export,
                       size_t offset) {
    bool added;
    MapEntry *entry = map_put(v->arena, &type->by_name, export.name, &added);
    if (!added) return fault(v, offset, COMP_CORE_EXPORT_TWICE, STR_ARG(export.name));
    entry->value = type->exports.len;
    *vec_push(v->arena, &type->exports) = export;
    return true;
}

/* core:moduletype */
static bool make_module_type(Validator *v, Scope *s, const CompModuleType *def, size_t offset,
                             const CompCoreModuleType **out) {
    CoreTypes types = {0};
    CoreIds ids = {0};
    CoreModule *m = core_module_new(v->arena);
    CompCoreModuleType *type = ARENA_NEW(v->arena, CompCoreModuleType);
    VEC(const CompModuleDecl *) order = {0};
    m->source = v->source;
    for (size_t i = 0; i < def->decls.len; i++) {
        const CompModuleDecl *decl = &def->decls.at[i];
        if (decl->kind == COMP_DECL_TYPE) {
            if (!add_group(v, decl->types, decl->offset, &types, &ids)) return false;
            continue;
        }
        if (decl->kind == COMP_DECL_ALIAS) {
            if (!add_decl_alias(v, s, decl, &types, &ids)) return false;
            continue;
        }
        bool indexed = decl->type.kind == CORE_FUNC || decl->type.kind == CORE_TAG;
        if (indexed && !check_index(v, decl->type.type, &ids, ids.len, decl->offset)) return false;
        if (!check_val(v, decl->type.value, &ids, ids.len, decl->offset)) return false;
        add_decl_import(v, m, decl);
        *vec_push(v->arena, &order) = decl;
    }
    if (!check_parts(v, &types, offset)) return false;
    set_groups(v, m, &types);
    if (!core_validate(v->arena, m, v->features, v->diags)) return false;
    for (size_t i = 0; i < order.len; i++) {
        const CoreImport *import = &m->imports.at[i];
        CompCoreExtern e = {.module = import->module, .name = import->name};
        e.type = core_extern_type(m, ids.at, import->kind, import->index);
        if (order.at[i]->kind == COMP_DECL_IMPORT ? !add_import(v, type, e, order.at[i]->offset)
                                                  : !add_export(v, type, e, order.at[i]->offset))
            return false;
    }
    type->space = v->space;
    *out = type;
    return true;
}

/* The type of a valid module. */
bool comp_core_module_type(Validator *v, const CoreModule *m, size_t offset,
                           const CompCoreModuleType **out) {
    CompCoreModuleType *type = ARENA_NEW(v->arena, CompCoreModuleType);
    const uint32_t *ids = core_space_enter(v->space, m);
    for (size_t i = 0; i < m->imports.len; i++) {
        const CoreImport *import = &m->imports.at[i];
        CompCoreExtern e = {.module = import->module, .name = import->name};
        e.type = core_extern_type(m, ids, import->kind, import->index);
        if (!add_import(v, type, e, offset)) return false;
    }
    for (size_t i = 0; i < m->exports.len; i++) {
        const CoreExport *export = &m->exports.at[i];
        CompCoreExtern e = {.name = export->name};
        e.type = core_extern_type(m, ids, export->kind, export->index);
        if (!add_export(v, type, e, offset)) return false;
    }
    type->space = v->space;
    *out = type;
    return true;
}

/* ---- core types of a scope ---- */

static bool check_types(Validator *v, const CoreTypes *types) {
    CoreModule *m = core_module_new(v->arena);
    m->source = v->source;
    set_groups(v, m, types);
    return core_validate(v->arena, m, v->features, v->diags);
}

/* All of a scope are checked at its end. */
bool comp_check_core_types(Validator *v, const Scope *s, size_t offset) {
    const CoreTypes *types = &s->core_types;
    return !types->len || (check_parts(v, types, offset) && check_types(v, types));
}

/* At once are checked those whose supertype does not come before them: nothing must walk along
 * supertypes that go in a ring. */
static bool check_group(Validator *v, const Scope *s, size_t first) {
    for (size_t i = first; i < s->core_types.len; i++) {
        const CoreType *t = &s->core_types.at[i];
        if (t->super != CORE_NONE && t->super >= i) return check_types(v, &s->core_types);
    }
    return true;
}

bool comp_validate_core_type(Validator *v, Scope *s, const CompItem *item) {
    CompEntity entity = {.sort = COMP_CORE_TYPE};
    const CoreModule *group = item->core_type.types;
    if (!comp_check_room(v, s, COMP_CORE_TYPE, item->offset)) return false;
    if (item->core_type.module) {
        if (!make_module_type(v, s, item->core_type.module, item->offset, &entity.module))
            return false;
        comp_push(v, s, entity);
        return true;
    }
    size_t first = s->core_ids.len;
    if (!add_group(v, group, item->offset, &s->core_types, &s->core_ids)) return false;
    if (!check_group(v, s, first)) return false;
    for (size_t i = first; i < s->core_ids.len; i++) {
        entity.core_type = s->core_ids.at[i];
        *vec_push(v->arena, &s->spaces[COMP_CORE_TYPE]) = entity;
    }
    return true;
}
