/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Instances (Explainer.md, "Instance Definitions"), core ones and others: of a module or component
 * with arguments, or a bag of exports. And aliases, which take things out of instances, or in from
 * outside.
 */
#include "component/internal.h"

/* ---- core instances ---- */

static const CompCoreExtern *core_argument(Validator *v, const Map *args,
                                           const CompCoreExtern *want, size_t offset) {
    const MapEntry *entry = map_get(args, want->module);
    if (!entry) {
        fault(v, offset, COMP_CORE_ARG_MISSING, STR_ARG(want->module));
        return NULL;
    }
    const CompCoreExtern *have = comp_find_core_export(entry->cptr, want->name);
    if (!have) fault(v, offset, COMP_CORE_ARG_EXPORT, STR_ARG(want->module), STR_ARG(want->name));
    return have;
}

static bool instantiate_module(Validator *v, const Scope *s, const CompItem *item,
                               CompEntity *entity) {
    const CompEntity *module = comp_at(v, s, COMP_CORE_MODULE, item->instance.index, item->offset);
    SubtypeCx cx = comp_subtype_cx(v);
    Map args = {0};
    if (!module) return false;
    if (!comp_check_steps(v, module->module->imports.len, item->offset)) return false;
    for (size_t i = 0; i < item->instance.args.len; i++) {
        const CompArg *arg = &item->instance.args.at[i];
        bool added;
        const CompEntity *at = comp_at(v, s, COMP_CORE_INSTANCE, arg->index, arg->offset);
        if (!at) return false;
        map_put(v->arena, &args, arg->name.name, &added)->cptr = at->module;
        if (!added) return fault(v, arg->offset, COMP_CORE_ARG_TWICE, STR_ARG(arg->name.name));
    }
    for (size_t i = 0; i < module->module->imports.len; i++) {
        const CompCoreExtern *want = &module->module->imports.at[i];
        const CompCoreExtern *have = core_argument(v, &args, want, item->offset);
        if (!have) return false;
        if (!comp_core_sub(&cx, &have->type, &want->type))
            return fault(v, item->offset, COMP_CORE_ARG_TYPE, STR_ARG(want->name),
                         STR_ARG(want->module), STR_ARG(cx.why));
    }
    entity->module = module->module;
    return true;
}

static bool core_exports(Validator *v, const Scope *s, const CompItem *item, CompEntity *entity) {
    CompCoreModuleType *type = ARENA_NEW(v->arena, CompCoreModuleType);
    type->space = v->space;
    for (size_t i = 0; i < item->instance.args.len; i++) {
        const CompArg *arg = &item->instance.args.at[i];
        bool added;
        if (arg->sort == COMP_CORE_TAG && !feature_on(v->features, EXCEPTIONS))
            return fault(v, arg->offset, COMP_EXCEPTIONS_OFF);
        const CompEntity *at = comp_at(v, s, arg->sort, arg->index, arg->offset);
        if (!at) return false;
        map_put(v->arena, &type->by_name, arg->name.name, &added)->value = type->exports.len;
        if (!added) return fault(v, arg->offset, COMP_INLINE_TWICE, STR_ARG(arg->name.name));
        *vec_push(v->arena, &type->exports) =
            (CompCoreExtern){.name = arg->name.name, .type = at->core};
    }
    entity->module = type;
    return true;
}

bool comp_validate_core_instance(Validator *v, Scope *s, const CompItem *item) {
    CompEntity entity = {.sort = COMP_CORE_INSTANCE};
    if (!comp_check_room(v, s, COMP_CORE_INSTANCE, item->offset)) return false;
    if (item->instance.is_exports ? !core_exports(v, s, item, &entity)
                                  : !instantiate_module(v, s, item, &entity))
        return false;
    comp_push(v, s, entity);
    return true;
}

/* ---- component instances ---- */

/* The type of an instance of `component` for the given arguments: its exports in terms of what was
 * given, its own resources fresh. */
static bool instantiate(Validator *v, Scope *s, const CompItem *item, CompEntity *entity) {
    const CompEntity *of = comp_at(v, s, COMP_COMPONENT, item->instance.index, item->offset);
    SubtypeCx cx = comp_subtype_cx(v);
    Subst subst = comp_subst(v);
    CompExterns args = {0};
    Map names = {0};
    if (!of) return false;
    const CompComponentType *type = of->component;
    if (!comp_check_steps(v, type->exports.len + type->defined_resources.len * COMP_RESOURCE_WORK,
                          item->offset))
        return false;
    for (size_t i = 0; i < item->instance.args.len; i++) {
        const CompArg *arg = &item->instance.args.at[i];
        bool added;
        CompExtern *given = vec_push(v->arena, &args);
        given->name = arg->name;
        if (!comp_entity_of(v, s, arg->sort, arg->index, arg->offset, &given->entity)) return false;
        map_put(v->arena, &names, arg->name.name, &added)->value = args.len - 1;
        if (!added)
            return fault(v, arg->offset, COMP_ARG_TWICE, STR_ARG(arg->name.name),
                         STR_ARG(arg->name.name));
    }
    bool good =
        comp_open(&cx, &args, &names, &type->imports, &type->imported_resources, true, &subst);
    if (!comp_check_work(v, item->offset)) return false;
    if (!good) {
        fault(v, item->offset, COMP_INSTANTIATE, STR_ARG(cx.why));
        comp_note_mismatch(v, &cx);
        return false;
    }
    size_t index = s->spaces[COMP_INSTANCE].len;
    Str name = comp_get_name(&s->info->component->names, COMP_INSTANCE, (uint32_t)index);
    Str what = name.len ? str_fmt(v->arena, "instance `%.*s`", STR_ARG(name))
                        : str_fmt(v->arena, "instance %zu", index);
    for (size_t i = 0; i < type->defined_resources.len; i++) {
        const WitType *fresh = comp_fresh_resource(v->arena, type->defined_resources.at[i]);
        comp_subst_set(&subst, type->defined_resources.at[i], fresh);
        comp_copy_origin(v, fresh, type->defined_resources.at[i], what, item->offset);
        *vec_push(v->arena, &s->type.defined_resources) = fresh;
    }
    CompInstanceType *made = ARENA_NEW(v->arena, CompInstanceType);
    made->by_name = type->exports_by_name;
    for (size_t i = 0; i < type->exports.len; i++) {
        CompExtern *e = vec_push(v->arena, &made->exports);
        e->name = type->exports.at[i].name;
        e->entity = comp_subst_entity(&subst, &type->exports.at[i].entity);
    }
    comp_set_info(v, made, comp_entity_info(v, of));
    entity->instance = made;
    return comp_check_work(v, item->offset);
}

static bool bag_of_exports(Validator *v, Scope *s, const CompItem *item, CompEntity *entity) {
    CompInstanceType *type = ARENA_NEW(v->arena, CompInstanceType);
    Map keys = {0};
    TypeInfo info = {.size = 1, .depth = 1};
    NameContext cx = {
        .list = &type->exports, .by_name = &type->by_name, .keys = &keys, .size = &info.size};
    for (size_t i = 0; i < item->instance.args.len; i++) {
        const CompArg *arg = &item->instance.args.at[i];
        CompEntity at;
        if (!comp_entity_of(v, s, arg->sort, arg->index, arg->offset, &at)) return false;
        if (!comp_add_extern(v, &cx, &arg->name, &at, arg->offset)) return false;
        uint32_t depth = comp_entity_info(v, &at).depth + 1;
        if (depth > info.depth) info.depth = depth;
    }
    if (info.depth > 100) return fault(v, item->offset, COMP_TYPE_DEPTH);
    comp_set_info(v, type, info);
    entity->instance = type;
    return true;
}

bool comp_validate_instance(Validator *v, Scope *s, const CompItem *item) {
    CompEntity entity = {.sort = COMP_INSTANCE};
    if (!comp_check_room(v, s, COMP_INSTANCE, item->offset)) return false;
    if (item->instance.is_exports ? !bag_of_exports(v, s, item, &entity)
                                  : !instantiate(v, s, item, &entity))
        return false;
    comp_push(v, s, entity);
    return true;
}

/* ---- aliases ---- */

static bool alias_export(Validator *v, const Scope *s, const CompItem *item, CompEntity *entity) {
    uint32_t index = item->alias.index;
    if (item->alias.sort == COMP_VALUE && !feature_on(v->features, CM_VALUES))
        return fault(v, item->offset, COMP_VALUES_OFF);
    const CompEntity *at = comp_at(v, s, COMP_INSTANCE, index, item->offset);
    if (!at) return false;
    const CompExtern *export = comp_find_export(at->instance, item->alias.name);
    if (!export)
        return fault(v, item->offset, COMP_NO_EXPORT, "", index, STR_ARG(item->alias.name));
    if (export->entity.sort != item->alias.sort)
        return fault(v, item->offset, COMP_EXPORT_SORT, STR_ARG(item->alias.name), "", index,
                     item->alias.sort == COMP_CORE_MODULE ? "module"
                                                          : comp_sort_name(item->alias.sort));
    *entity = export->entity;
    return true;
}

static bool alias_core_export(Validator *v, const Scope *s, const CompItem *item,
                              CompEntity *entity) {
    static const char *const words[] = {"function", "table", "memory", "global", "tag"};
    uint32_t index = item->alias.index;
    CompSort sort = item->alias.sort;
    if (sort == COMP_CORE_TAG && !feature_on(v->features, EXCEPTIONS))
        return fault(v, item->offset, COMP_EXCEPTIONS_OFF);
    const CompEntity *at = comp_at(v, s, COMP_CORE_INSTANCE, index, item->offset);
    if (!at) return false;
    const CompCoreExtern *export = comp_find_core_export(at->module, item->alias.name);
    if (!export)
        return fault(v, item->offset, COMP_NO_EXPORT, "core ", index, STR_ARG(item->alias.name));
    if ((CompSort) export->type.kind != sort)
        return fault(v, item->offset, COMP_EXPORT_SORT, STR_ARG(item->alias.name), "core ", index,
                     words[sort]);
    entity->core = export->type;
    return true;
}

/* Whether a type speaks of a resource that is not bound in it. */
static bool is_open(Validator *v, const CompEntity *at) {
    const void *node = at->instance ? (const void *)at->instance : at->component;
    if (at->type) return comp_type_info(v, at->type).has_resource;
    if (at->func) return comp_func_info(v, at->func).has_resource;
    MapEntry *entry = map_put_ptr(v->arena, &v->closed, node, NULL);
    if (entry->value) return entry->value == 2;
    FreeSet set = {.arena = v->arena, .work = &v->work};
    bool open = false;
    comp_free_entity(&set, at);
    for (size_t i = 0; i < set.resources.len; i++) open |= set.resources.entries[i].value;
    entry->value = open ? 2 : 1;
    return open;
}

/* A type from beyond a component's border must not speak of that component's resources. */
static bool check_border(Validator *v, const Scope *below, const CompEntity *at, size_t offset) {
    bool crosses = below && below->kind == SCOPE_COMPONENT && is_open(v, at);
    if (!comp_check_work(v, offset)) return false;
    return !crosses || fault(v, offset, COMP_ALIAS_RESOURCE);
}

static bool alias_outer(Validator *v, Scope *s, const CompItem *item, CompEntity *entity) {
    const Scope *target = s, *below = NULL;
    for (uint32_t i = 0; i < item->alias.count && target; i++) {
        below = target;
        target = target->outer;
    }
    if (!target) return fault(v, item->offset, COMP_ALIAS_COUNT, item->alias.count);
    const CompEntity *at = comp_at(v, target, item->alias.sort, item->alias.index, item->offset);
    if (!at) return false;
    *entity = *at;
    return item->alias.sort != COMP_TYPE || check_border(v, below, at, item->offset);
}

static bool is_declarable(const CompItem *item) {
    CompSort sort = item->alias.sort;
    if (item->alias.kind == COMP_ALIAS_EXPORT) return sort == COMP_TYPE || sort == COMP_INSTANCE;
    return item->alias.kind == COMP_ALIAS_OUTER && (sort == COMP_TYPE || sort == COMP_CORE_TYPE);
}

bool comp_validate_alias(Validator *v, Scope *s, const CompItem *item) {
    CompEntity entity = {.sort = item->alias.sort};
    bool good = false;
    if (s->kind != SCOPE_COMPONENT && !is_declarable(item))
        return fault(v, item->offset, COMP_ALIAS_DECL);
    if (!comp_check_room(v, s, item->alias.sort, item->offset)) return false;
    switch (item->alias.kind) {
    case COMP_ALIAS_EXPORT: good = alias_export(v, s, item, &entity); break;
    case COMP_ALIAS_CORE_EXPORT: good = alias_core_export(v, s, item, &entity); break;
    case COMP_ALIAS_OUTER: good = alias_outer(v, s, item, &entity); break;
    }
    if (good) comp_push(v, s, entity);
    if (good && entity.sort == COMP_VALUE) vec_last(&s->value_offset) = item->offset;
    return good;
}
