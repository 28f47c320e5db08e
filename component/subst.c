/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Types in other terms. A component's type speaks of the resources that it imports and defines as
 * variables. Where it is instantiated, the imported ones become those that were given and the
 * defined ones become fresh:
 *
 *     (component (import "r" (type $r (sub resource)))      with "r" := R
 *                (export "f" (func (param "x" (own $r)))))  f: func(x: own<R>)
 *
 * A substitution is a map from old nodes to new ones. It is also its own memory: every node is
 * visited once, and a node of which no part changes stays itself. Types nest at most 100 deep
 * (validate_type.c), so the recursion does; only names of names make longer chains.
 */
#include "component/internal.h"

void comp_subst_set(Subst *subst, const void *from, const void *to) {
    map_put_ptr(subst->arena, &subst->map, from, NULL)->cptr = to;
}

Subst comp_subst(Validator *v) {
    return (Subst){.arena = v->arena, .infos = &v->infos, .work = &v->work};
}

bool comp_check_work(Validator *v, size_t offset) {
    if (v->work < COMP_MAX_WORK) return true;
    v->halted = true;
    return fault(v, offset, COMP_WORK);
}

bool comp_check_steps(Validator *v, size_t n, size_t offset) {
    uint32_t left = COMP_MAX_WORK - v->work;
    v->work = n < left ? v->work + (uint32_t)n : COMP_MAX_WORK;
    return comp_check_work(v, offset);
}

/* A node was remade: what is known of the old one holds for the new. */
static void done(Subst *subst, const void *old, const void *made) {
    comp_subst_set(subst, old, made);
    if (old == made || !subst->infos) return;
    const MapEntry *info = map_get_ptr(subst->infos, old);
    if (info) map_put_ptr(subst->arena, subst->infos, made, NULL)->cptr = info->cptr;
}

const WitType *comp_fresh_resource(Arena *arena, const WitType *like) {
    WitType *fresh = ARENA_NEW(arena, WitType);
    *fresh = *like;
    return fresh;
}

/* Fields with their types replaced; true where one changed (then *fields is a copy). */
static bool subst_fields(Subst *subst, WitFields *fields) {
    bool changed = false;
    for (size_t i = 0; i < fields->len; i++) {
        const WitType *old = fields->at[i].type, *type = comp_subst_type(subst, old);
        if (type == old) continue;
        if (!changed)
            fields->at = arena_copy(subst->arena, fields->at, fields->len * sizeof *fields->at);
        fields->cap = fields->len;
        fields->at[i].type = type;
        changed = true;
    }
    return changed;
}

/* A name: what it stands for first, which may be a name again, and so on. */
static const WitType *subst_alias(Subst *subst, const WitType *type) {
    VEC(const WitType *) chain = {0};
    for (; type->kind == WIT_ALIAS && !map_get_ptr(&subst->map, type); type = type->elem)
        *vec_push(subst->arena, &chain) = type;
    const WitType *made = comp_subst_type(subst, type);
    for (; chain.len; chain.len--) {
        const WitType *old = vec_last(&chain);
        WitType alias = *old;
        alias.elem = made;
        alias.real = wit_dealias(made);
        if (!comp_step(subst->work)) return old;
        made = made == old->elem ? old : arena_copy(subst->arena, &alias, sizeof alias);
        done(subst, old, made);
    }
    return made;
}

const WitType *comp_subst_type(Subst *subst, const WitType *type) {
    if (!type || wit_kind_shape(type->kind) == WIT_SHAPE_PRIM) return type;
    const MapEntry *entry = map_get_ptr(&subst->map, type);
    if (entry) return entry->cptr;
    if (type->kind == WIT_ALIAS) return subst_alias(subst, type);
    if (!comp_step(subst->work)) return type;
    WitType made = *type;
    made.elem = comp_subst_type(subst, type->elem);
    made.second = comp_subst_type(subst, type->second);
    bool changed = subst_fields(subst, &made.fields);
    changed |= made.elem != type->elem || made.second != type->second;
    const WitType *out = changed ? arena_copy(subst->arena, &made, sizeof made) : type;
    done(subst, type, out);
    return out;
}

static const WitFunc *subst_func(Subst *subst, const WitFunc *func) {
    const MapEntry *entry = map_get_ptr(&subst->map, func);
    if (entry) return entry->cptr;
    if (!comp_step(subst->work)) return func;
    WitFunc made = *func;
    made.result = comp_subst_type(subst, func->result);
    bool changed = subst_fields(subst, &made.params) || made.result != func->result;
    const WitFunc *out = changed ? arena_copy(subst->arena, &made, sizeof made) : func;
    done(subst, func, out);
    return out;
}

static bool same_entity(const CompEntity *a, const CompEntity *b) {
    return a->type == b->type && a->func == b->func && a->instance == b->instance &&
           a->component == b->component;
}

static bool subst_externs(Subst *subst, CompExterns *list) {
    bool changed = false;
    for (size_t i = 0; i < list->len && comp_step(subst->work); i++) {
        CompEntity entity = comp_subst_entity(subst, &list->at[i].entity);
        if (same_entity(&entity, &list->at[i].entity)) continue;
        if (!changed) list->at = arena_copy(subst->arena, list->at, list->len * sizeof *list->at);
        list->cap = list->len;
        list->at[i].entity = entity;
        changed = true;
    }
    return changed;
}

const CompInstanceType *comp_subst_instance(Subst *subst, const CompInstanceType *type) {
    const MapEntry *entry = map_get_ptr(&subst->map, type);
    if (entry) return entry->cptr;
    CompInstanceType made = *type;
    const CompInstanceType *out = type;
    if (subst_externs(subst, &made.exports)) out = arena_copy(subst->arena, &made, sizeof made);
    done(subst, type, out);
    return out;
}

static const CompComponentType *subst_component(Subst *subst, const CompComponentType *type) {
    const MapEntry *entry = map_get_ptr(&subst->map, type);
    if (entry) return entry->cptr;
    CompComponentType made = *type;
    bool changed = subst_externs(subst, &made.imports);
    changed |= subst_externs(subst, &made.exports);
    const CompComponentType *out = changed ? arena_copy(subst->arena, &made, sizeof made) : type;
    done(subst, type, out);
    return out;
}

CompEntity comp_subst_entity(Subst *subst, const CompEntity *entity) {
    CompEntity out = *entity;
    if (entity->type) out.type = comp_subst_type(subst, entity->type);
    if (entity->func) out.func = subst_func(subst, entity->func);
    if (entity->instance) out.instance = comp_subst_instance(subst, entity->instance);
    if (entity->component) out.component = subst_component(subst, entity->component);
    return out;
}

/* ---- free resources ---- */

static bool seen(FreeSet *set, const void *node) {
    if (!comp_step(set->work) || map_get_ptr(&set->seen, node)) return true;
    map_put_ptr(set->arena, &set->seen, node, NULL);
    return false;
}

static void free_type(FreeSet *set, const WitType *type) {
    while (type && type->kind == WIT_ALIAS && !seen(set, type)) type = type->elem;
    if (!type || wit_kind_shape(type->kind) == WIT_SHAPE_PRIM || seen(set, type)) return;
    if (type->kind == WIT_RESOURCE) map_put_ptr(set->arena, &set->resources, type, NULL)->value = 1;
    free_type(set, type->elem);
    free_type(set, type->second);
    for (size_t i = 0; i < type->fields.len; i++) free_type(set, type->fields.at[i].type);
}

/* A variable occurs nowhere but in the type that binds it, so it may be taken out afterwards. */
static void bind(FreeSet *set, const CompTypeList *list) {
    for (size_t i = 0; i < list->len; i++)
        map_put_ptr(set->arena, &set->resources, list->at[i], NULL)->value = 0;
}

static void free_externs(FreeSet *set, const CompExterns *list) {
    for (size_t i = 0; i < list->len; i++) comp_free_entity(set, &list->at[i].entity);
}

void comp_free_entity(FreeSet *set, const CompEntity *entity) {
    free_type(set, entity->type);
    if (entity->func && !seen(set, entity->func)) {
        free_type(set, entity->func->result);
        for (size_t i = 0; i < entity->func->params.len; i++)
            free_type(set, entity->func->params.at[i].type);
    }
    if (entity->instance && !seen(set, entity->instance)) {
        free_externs(set, &entity->instance->exports);
        bind(set, &entity->instance->resources);
    }
    if (entity->component && !seen(set, entity->component)) {
        free_externs(set, &entity->component->imports);
        free_externs(set, &entity->component->exports);
        bind(set, &entity->component->imported_resources);
        bind(set, &entity->component->defined_resources);
    }
}
