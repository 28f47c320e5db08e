/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Whether one definition can stand where another is expected (Explainer.md, "Type Checking").
 *
 *     instance, component exports   more than is expected is fine
 *     component, module imports     less than is expected is fine
 *     function and value types      must be equal, with the names of parameters and fields, as in
 *                                   all engines today
 *     resources                     must be one, after the variables of the expected type have
 *                                   been bound to what is there (comp_open)
 *
 * A failed check leaves its reason in cx->why; every level on the way out puts its own in front, so
 * that the message reads from the outside in: "type mismatch for import `x`: type mismatch in
 * instance export `f`: expected u32, found tuple". Wordings are rows of diag_comp.def.
 */
#include "component/internal.h"

#define why(cx, code, ...) ((cx)->why = str_fmt((cx)->arena, DIAG_TEXT_##code, ##__VA_ARGS__), false)
/* Puts a level in front of the reason: `code` ends with the place of the inner one. */
#define in(cx, code, ...) why(cx, code, ##__VA_ARGS__, STR_ARG((cx)->why))

SubtypeCx comp_subtype_cx(Validator *v) {
    return (SubtypeCx){.arena = v->arena, .space = v->space, .infos = &v->infos, .work = &v->work};
}

static bool is_resource(const WitType *type) { return wit_dealias(type)->kind == WIT_RESOURCE; }

/* The innermost ones that differ are told. */
static bool tell_items(SubtypeCx *cx, const CompEntity *a, const CompEntity *b) {
    if (cx->has_items) return false;
    cx->has_items = true;
    cx->found_item = *a;
    cx->expected_item = *b;
    return false;
}

static bool tell_name(SubtypeCx *cx, Str name) {
    if (!cx->item.len) cx->item = name;
    return false;
}

/* ---- values ---- */

static bool resource_why(SubtypeCx *cx, const WitType *a, const WitType *b) {
    cx->found = a;
    cx->expected = b;
    if (!a->name.len || !b->name.len) return why(cx, COMP_WHY_RESOURCES);
    return why(cx, COMP_WHY_RESOURCE, STR_ARG(a->name), STR_ARG(b->name));
}

static const char *kind_text(const WitType *type) {
    if (type->kind == WIT_FIXED_LIST) return "fixed-length list";
    if (type->kind == WIT_RESOURCE) return "resource";
    return wit_kind_keyword(type->kind);
}

static bool is_prim(const WitType *type) { return wit_kind_shape(type->kind) == WIT_SHAPE_PRIM; }

/* Two optional parts: the payload of a case, ok, err ... */
static bool optional_sub(SubtypeCx *cx, const WitType *a, const WitType *b, const char *what) {
    if (a && b) return comp_type_sub(cx, a, b);
    if (a) return why(cx, COMP_WHY_NO_PART, what);
    if (b) return why(cx, COMP_WHY_PART, what);
    return true;
}

static const char *part_name(WitKind kind) {
    switch (kind) {
    case WIT_RECORD: return "record field";
    case WIT_VARIANT: return "variant case";
    default: return "tuple field";
    }
}

static bool field_sub(SubtypeCx *cx, WitKind kind, const WitField *a, const WitField *b, size_t i) {
    if (!str_eq(a->name, b->name))
        return kind == WIT_VARIANT
                   ? why(cx, COMP_WHY_CASE_NAME, STR_ARG(b->name), STR_ARG(a->name))
                   : why(cx, COMP_WHY_FIELD_NAME, STR_ARG(b->name), STR_ARG(a->name));
    if (a->type && b->type) {
        if (comp_type_sub(cx, a->type, b->type)) return true;
        if (kind == WIT_TUPLE) return in(cx, COMP_WHY_IN_TUPLE, i);
        return in(cx, COMP_WHY_IN_PART, part_name(kind), STR_ARG(a->name));
    }
    if (a->type) return why(cx, COMP_WHY_CASE_NO_TYPE, STR_ARG(a->name));
    if (b->type) return why(cx, COMP_WHY_CASE_TYPE, STR_ARG(a->name));
    return true;
}

static bool fields_sub(SubtypeCx *cx, const WitType *a, const WitType *b) {
    bool labels = a->kind == WIT_FLAGS || a->kind == WIT_ENUM;
    const char *what = a->kind == WIT_RECORD    ? "fields"
                       : a->kind == WIT_VARIANT ? "cases"
                                                : "types";
    if (a->fields.len != b->fields.len)
        return labels ? why(cx, COMP_WHY_LABELS, kind_text(a))
                      : why(cx, COMP_WHY_COUNT, b->fields.len, what, a->fields.len);
    for (size_t i = 0; i < a->fields.len; i++) {
        const WitField *fa = &a->fields.at[i], *fb = &b->fields.at[i];
        if (labels && !str_eq(fa->name, fb->name)) return why(cx, COMP_WHY_LABELS, kind_text(a));
        if (!labels && !field_sub(cx, a->kind, fa, fb, i)) return false;
    }
    return true;
}

static bool pair_sub(SubtypeCx *cx, const WitType *a, const WitType *b) {
    bool map = a->kind == WIT_MAP;
    if (!optional_sub(cx, a->elem, b->elem, "ok"))
        return a->elem && b->elem ? in(cx, COMP_WHY_IN, map ? "map key" : "ok variant") : false;
    if (!optional_sub(cx, a->second, b->second, "err"))
        return a->second && b->second ? in(cx, COMP_WHY_IN, map ? "map value" : "err variant")
                                      : false;
    return true;
}

static bool elem_sub(SubtypeCx *cx, const WitType *a, const WitType *b) {
    if (a->kind == WIT_FIXED_LIST && a->length != b->length)
        return why(cx, COMP_WHY_LENGTH, (unsigned long long)b->length,
                   (unsigned long long)a->length);
    const char *what = a->kind == WIT_FUTURE ? "future" : "stream";
    if (optional_sub(cx, a->elem, b->elem, what)) return true;
    bool both = a->elem && b->elem && (a->kind == WIT_FUTURE || a->kind == WIT_STREAM);
    return both ? in(cx, COMP_WHY_IN, what) : false;
}

static bool value_sub(SubtypeCx *cx, const WitType *a, const WitType *b) {
    a = wit_dealias(a);
    b = wit_dealias(b);
    if (a == b || !comp_step(cx->work)) return true;
    if (is_prim(a) && is_prim(b))
        return a->kind == b->kind || why(cx, COMP_WHY_PRIM, kind_text(b), kind_text(a));
    if (a->kind == WIT_RESOURCE || b->kind == WIT_RESOURCE) {
        if (a->kind == b->kind) return resource_why(cx, a, b);
        return why(cx, COMP_WHY_KIND, b->kind == WIT_RESOURCE ? "resource" : "defined type",
                   a->kind == WIT_RESOURCE ? "resource" : "defined type");
    }
    if (is_prim(b)) return why(cx, COMP_WHY_KIND_PRIM, kind_text(b), kind_text(a), kind_text(a));
    if (a->kind != b->kind) return why(cx, COMP_WHY_KIND, kind_text(b), kind_text(a));
    switch (wit_kind_shape(a->kind)) {
    case WIT_SHAPE_FIELDS: return fields_sub(cx, a, b);
    case WIT_SHAPE_ELEM: return elem_sub(cx, a, b);
    case WIT_SHAPE_PAIR: return pair_sub(cx, a, b);
    case WIT_SHAPE_HANDLE:
        a = wit_resource_of(a);
        b = wit_resource_of(b);
        return a == b || resource_why(cx, a, b);
    case WIT_SHAPE_PRIM:
    case WIT_SHAPE_NAMED: break;
    }
    return true;
}

/* valtype <= valtype */
bool comp_type_sub(SubtypeCx *cx, const WitType *a, const WitType *b) {
    if (value_sub(cx, a, b)) return true;
    if (!cx->found_type && a->name.len && b->name.len && !is_resource(a)) {
        cx->found_type = a;
        cx->expected_type = b;
    }
    return false;
}

static bool func_sub(SubtypeCx *cx, const WitFunc *a, const WitFunc *b) {
    if (a == b) return true;
    if (a->is_async != b->is_async)
        return why(cx, COMP_WHY_ASYNC, b->is_async ? "async" : "sync",
                   a->is_async ? "async" : "sync");
    if (a->params.len != b->params.len)
        return why(cx, COMP_WHY_COUNT, b->params.len, "parameters", a->params.len);
    for (size_t i = 0; i < a->params.len; i++) {
        const WitField *pa = &a->params.at[i], *pb = &b->params.at[i];
        if (!str_eq(pa->name, pb->name))
            return why(cx, COMP_WHY_PARAM_NAME, STR_ARG(pb->name), STR_ARG(pa->name));
        if (!comp_type_sub(cx, pa->type, pb->type))
            return in(cx, COMP_WHY_IN_PART, "function parameter", STR_ARG(pa->name));
    }
    if (a->result && b->result)
        return comp_type_sub(cx, a->result, b->result) || in(cx, COMP_WHY_WITH, "result type");
    if (a->result) return why(cx, COMP_WHY_RESULT);
    if (b->result) return why(cx, COMP_WHY_NO_RESULT);
    return true;
}

/* ---- core ---- */

static Str core_type_text(SubtypeCx *cx, uint32_t id) {
    const CoreType *t = core_space_type(cx->space, id);
    Buf b = {.arena = cx->arena};
    if (t->kind != CORE_TYPE_FUNC) return STR("(type)");
    buf_str(&b, STR("(func"));
    for (uint32_t i = 0; i < t->param_count; i++)
        buf_fmt(&b, "%s %.*s", i ? "" : " (param", STR_ARG(core_val_text(cx->arena, t->params[i])));
    if (t->param_count) buf_byte(&b, ')');
    for (uint32_t i = 0; i < t->result_count; i++)
        buf_fmt(&b, "%s %.*s", i ? "" : " (result",
                STR_ARG(core_val_text(cx->arena, t->results[i])));
    if (t->result_count) buf_byte(&b, ')');
    buf_byte(&b, ')');
    return buf_text(&b);
}

static bool limits_why(SubtypeCx *cx, const CoreExternType *a, const CoreExternType *b) {
    bool table = a->kind == CORE_TABLE;
    if (a->limits.shared != b->limits.shared)
        return why(cx, COMP_WHY_SHARED, table ? "tables" : "memories");
    if (!table && a->limits.is_64 != b->limits.is_64) return why(cx, COMP_WHY_INDEX_TYPE);
    if (!table && a->limits.page_log2 != b->limits.page_log2) return why(cx, COMP_WHY_PAGE_SIZE);
    return why(cx, COMP_WHY_LIMITS, table ? "table" : "memory");
}

bool comp_core_sub(SubtypeCx *cx, const CoreExternType *a, const CoreExternType *b) {
    if (!cx->space) /* asked from outside, about a core definition: ids alone must do */
        return (a->kind == b->kind && a->type == b->type && a->value == b->value) ||
               why(cx, COMP_WHY_KIND, core_extern_name(b->kind), core_extern_name(a->kind));
    if (core_extern_matches(cx->space, a, b)) return true;
    if (a->kind != b->kind)
        return why(cx, COMP_WHY_KIND, core_extern_name(b->kind), core_extern_name(a->kind));
    switch (a->kind) {
    case CORE_FUNC:
    case CORE_TAG:
        return why(cx, COMP_WHY_CORE_FUNC, STR_ARG(core_type_text(cx, b->type)),
                   STR_ARG(core_type_text(cx, a->type)));
    case CORE_GLOBAL:
        if (a->mutable != b->mutable) return why(cx, COMP_WHY_MUTABLE);
        return why(cx, COMP_WHY_GLOBAL, STR_ARG(core_val_text(cx->arena, b->value)),
                   STR_ARG(core_val_text(cx->arena, a->value)));
    case CORE_TABLE:
        if (a->value != b->value)
            return why(cx, COMP_WHY_TABLE, STR_ARG(core_val_text(cx->arena, b->value)),
                       STR_ARG(core_val_text(cx->arena, a->value)));
        return limits_why(cx, a, b);
    case CORE_MEMORY: return limits_why(cx, a, b);
    }
    return false;
}

const CompCoreExtern *comp_find_core_export(const CompCoreModuleType *type, Str name) {
    const MapEntry *entry = map_get(&type->by_name, name);
    return entry ? &type->exports.at[entry->value] : NULL;
}

static bool module_imports_sub(SubtypeCx *cx, const CompCoreModuleType *a,
                               const CompCoreModuleType *b) {
    for (size_t i = 0; i < a->imports.len && comp_step(cx->work); i++) {
        const CompCoreExtern *want = &a->imports.at[i];
        const MapEntry *entry = map_get(&b->imports_by_key, want->key);
        if (!entry) return why(cx, COMP_WHY_NO_IMPORT, STR_ARG(want->module), STR_ARG(want->name));
        if (!comp_core_sub(cx, &b->imports.at[entry->value].type, &want->type))
            return in(cx, COMP_WHY_IN_IMPORT, STR_ARG(want->module), STR_ARG(want->name));
    }
    return true;
}

static bool module_sub(SubtypeCx *cx, const CompCoreModuleType *a, const CompCoreModuleType *b) {
    if (a == b) return true;
    if (!cx->space) cx->space = a->space;
    if (!module_imports_sub(cx, a, b)) return false;
    for (size_t i = 0; i < b->exports.len && comp_step(cx->work); i++) {
        const CompCoreExtern *want = &b->exports.at[i],
                             *have = comp_find_core_export(a, want->name);
        if (!have) return why(cx, COMP_WHY_NO_EXPORT, STR_ARG(want->name));
        if (!comp_core_sub(cx, &have->type, &want->type))
            return in(cx, COMP_WHY_IN_PART, "export", STR_ARG(want->name));
    }
    return true;
}

/* ---- instances and components ---- */

const CompExtern *comp_find_export(const CompInstanceType *type, Str name) {
    const MapEntry *entry = map_get(&type->by_name, name);
    return entry ? &type->exports.at[entry->value] : NULL;
}

bool comp_is_resource(const CompEntity *entity) {
    return entity->sort == COMP_TYPE && entity->type && is_resource(entity->type);
}

static bool instance_sub(SubtypeCx *cx, const CompInstanceType *a, const CompInstanceType *b) {
    if (a == b) return true;
    for (size_t i = 0; i < b->exports.len && comp_step(cx->work); i++) {
        const CompExtern *want = &b->exports.at[i];
        if (!comp_find_export(a, want->name.name))
            return why(cx, COMP_WHY_NO_EXPORT, STR_ARG(want->name.name));
    }
    for (size_t i = 0; i < b->exports.len; i++) {
        const CompExtern *want = &b->exports.at[i];
        if (!comp_entity_sub(cx, &comp_find_export(a, want->name.name)->entity, &want->entity))
            return tell_name(cx, want->name.name) ||
                   in(cx, COMP_WHY_IN_PART, "instance export", STR_ARG(want->name.name));
    }
    return true;
}

/* Binds the variables that `want` introduces to the resources at the same places of `have`. */
static void bind_resources(Subst *bound, Map *variables, const CompEntity *have,
                           const CompEntity *want) {
    if (!comp_step(bound->work)) return;
    if (comp_is_resource(want) && comp_is_resource(have)) {
        const WitType *variable = wit_dealias(want->type);
        MapEntry *entry = map_get_ptr(variables, variable);
        if (!entry || entry->value) return;
        entry->value = 1;
        comp_subst_set(bound, variable, have->type);
    } else if (want->sort == COMP_INSTANCE && have->sort == COMP_INSTANCE) {
        for (size_t i = 0; i < want->instance->exports.len; i++) {
            const CompExtern *part = &want->instance->exports.at[i];
            const CompExtern *given = comp_find_export(have->instance, part->name.name);
            if (given) bind_resources(bound, variables, &given->entity, &part->entity);
        }
    }
}

/* What the names in `want` stand for. */
static void bind_names(Subst *names, const CompEntity *have, const CompEntity *want) {
    if (!comp_step(names->work)) return;
    if (want->sort == COMP_TYPE) {
        if (want->type) comp_subst_set(names, want->type, have->type);
        if (want->func) comp_subst_set(names, want->func, have->func);
        if (want->instance) comp_subst_set(names, want->instance, have->instance);
        if (want->component) comp_subst_set(names, want->component, have->component);
    } else if (want->sort == COMP_INSTANCE) {
        for (size_t i = 0; i < want->instance->exports.len; i++) {
            const CompExtern *part = &want->instance->exports.at[i];
            bind_names(names, &comp_find_export(have->instance, part->name.name)->entity,
                       &part->entity);
        }
    }
}

static const CompEntity *find_in(const CompExterns *list, const Map *names, Str name) {
    const MapEntry *entry = map_get(names, name);
    return entry ? &list->at[entry->value].entity : NULL;
}

bool comp_open(SubtypeCx *cx, const CompExterns *have, const Map *have_names,
               const CompExterns *want, const CompTypeList *resources, bool imports, Subst *bound) {
    const char *what = imports ? "import" : "export";
    Map variables = {0}, brought = {0}; /* brought: resource -> the import that binds one to it */
    Subst check = {.arena = cx->arena, .infos = cx->infos, .work = cx->work};
    for (size_t i = 0; i < resources->len; i++)
        map_put_ptr(cx->arena, &variables, resources->at[i], NULL)->value = 0;
    for (size_t i = 0; i < want->len && comp_step(cx->work); i++) {
        const CompEntity *given = find_in(have, have_names, want->at[i].name.name);
        size_t before = check.map.len;
        if (given) bind_resources(&check, &variables, given, &want->at[i].entity);
        for (; before < check.map.len; before++)
            map_put_ptr(cx->arena, &brought, wit_dealias(check.map.entries[before].cptr), NULL)
                ->value = i;
    }
    for (size_t i = 0; i < check.map.len; i++)
        *map_put(cx->arena, &bound->map, check.map.entries[i].key, NULL) = check.map.entries[i];
    for (size_t i = 0; i < want->len; i++)
        if (!find_in(have, have_names, want->at[i].name.name)) {
            cx->wanted_at = want->at[i].offset;
            return why(cx, COMP_WHY_MISSING, what, STR_ARG(want->at[i].name.name));
        }
    for (size_t i = 0; i < want->len; i++) {
        const CompEntity *given = find_in(have, have_names, want->at[i].name.name);
        CompEntity expected = comp_subst_entity(&check, &want->at[i].entity);
        if (!comp_entity_sub(cx, given, &expected)) {
            const MapEntry *entry = cx->expected ? map_get_ptr(&brought, cx->expected) : NULL;
            if (entry) cx->argument = want->at[entry->value].name.name;
            cx->wanted_at = want->at[i].offset;
            return tell_name(cx, want->at[i].name.name) ||
                   in(cx, COMP_WHY_FOR, what, STR_ARG(want->at[i].name.name));
        }
        bind_names(bound, given, &want->at[i].entity);
    }
    return true;
}

/* A component of type `a` where one of type `b` is expected: what b imports must do for a, and then
 * what a exports must do for b. */
static bool component_sub(SubtypeCx *cx, const CompComponentType *a, const CompComponentType *b) {
    if (a == b) return true;
    Subst imports = {.arena = cx->arena, .infos = cx->infos, .work = cx->work};
    Subst exports = imports;
    if (!comp_open(cx, &b->imports, &b->imports_by_name, &a->imports, &a->imported_resources, true,
                   &imports))
        return false;
    CompExterns have = {0};
    for (size_t i = 0; i < a->exports.len; i++) {
        CompExtern *e = vec_push(cx->arena, &have);
        e->name = a->exports.at[i].name;
        e->entity = comp_subst_entity(&imports, &a->exports.at[i].entity);
    }
    return comp_open(cx, &have, &a->exports_by_name, &b->exports, &b->defined_resources, false,
                     &exports);
}

/* ---- any ---- */

/* What a type is a type of. */
static const char *type_text(const CompEntity *e) {
    if (e->func) return "func";
    if (e->instance) return "instance";
    if (e->component) return "component";
    return wit_dealias(e->type)->kind == WIT_RESOURCE ? "resource" : "defined type";
}

static const char *sort_text(CompSort sort) {
    return sort == COMP_CORE_MODULE ? "module" : comp_sort_name(sort);
}

static bool item_sub(SubtypeCx *cx, const CompEntity *a, const CompEntity *b) {
    if (a->sort != b->sort) return why(cx, COMP_WHY_KIND, sort_text(b->sort), sort_text(a->sort));
    if (a->sort == COMP_CORE_MODULE) return module_sub(cx, a->module, b->module);
    if (a->sort < COMP_CORE_TYPE) return comp_core_sub(cx, &a->core, &b->core);
    if (a->type && b->type) return comp_type_sub(cx, a->type, b->type);
    if (a->func && b->func) return func_sub(cx, a->func, b->func);
    if (a->instance && b->instance) return instance_sub(cx, a->instance, b->instance);
    if (a->component && b->component) return component_sub(cx, a->component, b->component);
    return why(cx, COMP_WHY_KIND, type_text(b), type_text(a));
}

bool comp_entity_sub(SubtypeCx *cx, const CompEntity *a, const CompEntity *b) {
    return !comp_step(cx->work) || item_sub(cx, a, b) || tell_items(cx, a, b);
}

bool comp_subtype(Arena *arena, const CompEntity *a, const CompEntity *b, Span span, Diags *diags) {
    uint32_t work = COMP_MAX_WORK - COMP_FREE_WORK;
    SubtypeCx cx = {.arena = arena, .work = &work};
    if (comp_entity_sub(&cx, a, b) && work < COMP_MAX_WORK) return true;
    if (work == COMP_MAX_WORK) cx.why = str_from(DIAG_TEXT_COMP_WORK);
    if (diags) diag(diags, COMP_MISMATCH, span, STR_ARG(cx.why));
    return false;
}
