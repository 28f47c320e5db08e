/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Validation of components: a walk over the definitions in order, each checked against the index
 * spaces that the ones before it have built, and then adding to them (Binary.md, Explainer.md).
 *
 *     validate.c           the walk, the index spaces, nested components, start, values
 *     validate_type.c      type definitions, with their sizes
 *     validate_core.c      core types and modules
 *     validate_name.c      what names of imports and exports may be
 *     validate_extern.c    imports and exports: resources, names of types
 *     validate_instance.c  instances and aliases
 *     validate_canon.c     canonical definitions, validate_gc.c those by the GC ABI
 *     validate_value.c     the bytes of value definitions
 *     subtype.c, subst.c   the relation between types, and types in other terms
 *
 * A definition at fault does not end the validation: it has a place in its index space that means
 * nothing, and what stands on that is at fault without another message. So each message is about a
 * fault of its own. Only limits and core types end it: the former would be met again and again, the
 * latter are too much woven into each other.
 */
#include "component/internal.h"

/* ---- small parts ---- */

Span comp_span(const Validator *v, size_t offset) {
    return v->source ? (Span){v->source, (uint32_t)offset, (uint32_t)offset} : span_none();
}

static const char *feature_words(Feature feature) {
    switch (feature) {
    case FEATURE_CM_ASYNC: return "async";
    case FEATURE_CM_ASYNC_STACKFUL: return "async stackful";
    case FEATURE_CM_MORE_ASYNC_BUILTINS: return "more async builtins";
    case FEATURE_CM_THREADING: return "threading";
    case FEATURE_CM_ERROR_CONTEXT: return "error-context";
    case FEATURE_CM_FIXED_LENGTH_LISTS: return "fixed-length lists";
    case FEATURE_CM_MAP: return "map";
    case FEATURE_CM64: return "64-bit";
    default: return feature_name(feature);
    }
}

bool comp_need(Validator *v, size_t offset, Feature feature, const char *what) {
    if (v->features & FEATURE_BIT(feature)) return true;
    bool plural = what[0] && what[strlen(what) - 1] == 's';
    return fault(v, offset, COMP_NEEDS, what, plural ? "" : "s", feature_words(feature),
                 feature_name(feature));
}

/* ---- where resources come from ---- */

void comp_set_origin(Validator *v, const WitType *resource, Str what, size_t offset) {
    Origin *origin = ARENA_NEW(v->arena, Origin);
    *origin = (Origin){resource->name, what, v->within, offset};
    map_put_ptr(v->arena, &v->origins, resource, NULL)->ptr = origin;
}

static Origin *origin_of(const Validator *v, const WitType *resource) {
    const MapEntry *entry = resource ? map_get_ptr(&v->origins, resource) : NULL;
    return entry ? entry->ptr : NULL;
}

void comp_name_resource(Validator *v, const WitType *resource, Str name) {
    Origin *origin = origin_of(v, resource);
    if (origin && !origin->name.len) origin->name = name;
}

void comp_copy_origin(Validator *v, const WitType *resource, const WitType *like, Str what,
                      size_t offset) {
    const Origin *from = origin_of(v, like);
    comp_set_origin(v, resource, what, offset);
    if (from) comp_name_resource(v, resource, from->name);
}

static void note_resource(Validator *v, const WitType *resource, const char *which) {
    const Origin *origin = origin_of(v, resource);
    if (origin)
        diag_note(v->diags, COMP_ORIGIN, comp_span(v, origin->offset), which, STR_ARG(origin->name),
                  STR_ARG(origin->what), origin->within.len ? " of " : "", STR_ARG(origin->within));
}

static void note_declaration(Validator *v, Str name, const CompEntity *entity, const char *which) {
    diag_note(v->diags, COMP_NOTE_DECLARED, span_none(), which,
              STR_ARG(comp_declaration(v->arena, name, entity)));
}

static void note_type(Validator *v, const WitType *type, const char *which) {
    const CompEntity entity = {.sort = COMP_TYPE, .type = type};
    if (type && type->name.len) note_declaration(v, type->name, &entity, which);
}

void comp_note_mismatch(Validator *v, const SubtypeCx *cx) {
    const Origin *other = origin_of(v, cx->found);
    if (cx->has_items) {
        note_declaration(v, cx->item, &cx->found_item, "found");
        note_declaration(v, cx->item, &cx->expected_item, "expected");
    }
    if (cx->found_type != cx->found_item.type) {
        note_type(v, cx->found_type, "where there is");
        note_type(v, cx->expected_type, "instead of");
    }
    if (cx->wanted_at) diag_note(v->diags, COMP_NOTE_WANTED, comp_span(v, cx->wanted_at));
    note_resource(v, cx->found, "found");
    note_resource(v, cx->expected, "expected");
    if (other && cx->argument.len)
        diag_note(v->diags, COMP_NOTE_REMEDY, span_none(), STR_ARG(cx->argument),
                  STR_ARG(other->what));
}

/* ---- index spaces ---- */

/* "unknown core function 3: function index out of bounds" */
static const struct {
    const char *full, *brief;
} space_words[COMP_SORT_COUNT] = {
    [COMP_CORE_FUNC] = {"core function", "function"},
    [COMP_CORE_TABLE] = {"table", "table"},
    [COMP_CORE_MEMORY] = {"memory", "memory"},
    [COMP_CORE_GLOBAL] = {"global", "global"},
    [COMP_CORE_TAG] = {"tag", "tag"},
    [COMP_CORE_TYPE] = {"type", "type"},
    [COMP_CORE_MODULE] = {"module", "module"},
    [COMP_CORE_INSTANCE] = {"core instance", "instance"},
    [COMP_FUNC] = {"function", "function"},
    [COMP_VALUE] = {"value", "value"},
    [COMP_TYPE] = {"type", "type"},
    [COMP_COMPONENT] = {"component", "component"},
    [COMP_INSTANCE] = {"instance", "instance"},
};

const CompEntity *comp_at(Validator *v, const Scope *s, CompSort sort, uint32_t index,
                          size_t offset) {
    if (index < s->spaces[sort].len) {
        const CompEntity *at = &s->spaces[sort].at[index];
        return at->broken ? NULL : at;
    }
    fault(v, offset, COMP_UNKNOWN, space_words[sort].full, index, space_words[sort].brief);
    return NULL;
}

const WitType *comp_value_type_at(Validator *v, const Scope *s, uint32_t index, size_t offset) {
    const CompEntity *at = comp_at(v, s, COMP_TYPE, index, offset);
    if (!at) return NULL;
    if (at->type && !comp_is_resource(at)) return at->type;
    fault(v, offset, COMP_NOT_VALUE_TYPE, index);
    return NULL;
}

const WitType *comp_resource_at(Validator *v, const Scope *s, uint32_t index, size_t offset) {
    const CompEntity *at = comp_at(v, s, COMP_TYPE, index, offset);
    if (!at) return NULL;
    if (comp_is_resource(at)) return at->type;
    fault(v, offset, COMP_NOT_RESOURCE, index);
    return NULL;
}

const CoreType *comp_core_func_at(Validator *v, const Scope *s, uint32_t index, size_t offset) {
    const CompEntity *at = comp_at(v, s, COMP_CORE_FUNC, index, offset);
    return at ? core_space_type(v->space, at->core.type) : NULL;
}

void comp_push(Validator *v, Scope *s, CompEntity entity) {
    *vec_push(v->arena, &s->spaces[entity.sort]) = entity;
    if (entity.sort == COMP_VALUE) {
        *vec_push(v->arena, &s->value_used) = false;
        *vec_push(v->arena, &s->value_offset) = 0;
    }
    if (entity.sort == COMP_CORE_TYPE) {
        CoreType none = {
            .final = true, .super = CORE_NONE, .descriptor = CORE_NONE, .describes = CORE_NONE};
        *vec_push(v->arena, &s->core_types) =
            entity.module ? none : *comp_foreign_core_type(v, entity.core_type);
        vec_last(&s->core_types).group = 0;
        *vec_push(v->arena, &s->core_ids) = entity.module ? CORE_NONE : entity.core_type;
    }
}

/* Limits that engines agree on. */
const CompLimit *comp_limit(CompSort sort) {
    static const CompLimit limits[COMP_SORT_COUNT] = {
        [COMP_CORE_FUNC] = {"functions", 1000000, COMP_FUNC},
        [COMP_CORE_TABLE] = {"tables", 1000000, COMP_CORE_TABLE},
        [COMP_CORE_MEMORY] = {"memories", 1000000, COMP_CORE_MEMORY},
        [COMP_CORE_GLOBAL] = {"globals", 1000000, COMP_CORE_GLOBAL},
        [COMP_CORE_TAG] = {"tags", 1000000, COMP_CORE_TAG},
        [COMP_CORE_TYPE] = {"types", 1000000, COMP_TYPE},
        [COMP_CORE_MODULE] = {"modules", 1000, COMP_CORE_MODULE},
        [COMP_CORE_INSTANCE] = {"instances", 1000, COMP_INSTANCE},
        [COMP_FUNC] = {"functions", 1000000, COMP_CORE_FUNC},
        [COMP_VALUE] = {"values", 1000, COMP_VALUE},
        [COMP_TYPE] = {"types", 1000000, COMP_CORE_TYPE},
        [COMP_COMPONENT] = {"components", 1000, COMP_COMPONENT},
        [COMP_INSTANCE] = {"instances", 1000, COMP_CORE_INSTANCE},
    };
    return &limits[sort];
}

bool comp_check_room(Validator *v, const Scope *s, CompSort sort, size_t offset) {
    const CompLimit *limit = comp_limit(sort);
    size_t n = s->spaces[sort].len + (limit->other == sort ? 0 : s->spaces[limit->other].len);
    if (n < limit->most) return true;
    v->halted = true;
    return fault(v, offset, COMP_LIMIT, limit->what, limit->most);
}

enum { MAX_FAULTS = 100 };

/* Gives what an item at fault would have added to its index space a place there. */
static bool pass_over(Validator *v, Scope *s, const CompItem *item, size_t before) {
    uint32_t count;
    CompSort sort = comp_item_sort(item, &count);
    if (v->halted || sort == COMP_CORE_TYPE || v->diags->errors > MAX_FAULTS) return false;
    while (sort < COMP_SORT_COUNT && s->spaces[sort].len < before + count)
        comp_push(v, s, (CompEntity){.sort = sort, .broken = true});
    return true;
}

bool comp_validate_items(Validator *v, Scope *s, const CompItems *items,
                         bool (*each)(Validator *v, Scope *s, const CompItem *item)) {
    bool good = true;
    for (size_t i = 0; i < items->len; i++) {
        uint32_t count;
        CompSort sort = comp_item_sort(&items->at[i], &count);
        size_t before = sort < COMP_SORT_COUNT ? s->spaces[sort].len : 0;
        if (each(v, s, &items->at[i])) continue;
        good = false;
        if (!pass_over(v, s, &items->at[i], before)) break;
    }
    return good;
}

/* ---- definitions ---- */

static bool validate_core_module(Validator *v, Scope *s, const CompItem *item) {
    CompEntity entity = {.sort = COMP_CORE_MODULE};
    const CoreModule *module = item->core_module.module;
    if (!comp_check_room(v, s, COMP_CORE_MODULE, item->offset)) return false;
    if (!module) { /* made by us from bytes */
        Source *source = ARENA_NEW(v->arena, Source);
        *source =
            (Source){.path = STR("core module"), .text = item->core_module.bytes, .binary = true};
        Reader r = reader_of(source, v->diags);
        module = core_decode(v->arena, &r, v->features);
    }
    if (!module) return false;
    CoreChecker *checker = core_checker_new(v->arena, module, v->features, v->diags);
    if (!core_check_items(checker)) return false;
    *vec_push(v->arena, &v->checkers) = checker;
    if (!comp_core_module_type(v, module, item->offset, &entity.module)) return false;
    comp_push(v, s, entity);
    return true;
}

static const CompInfo *validate_component(Validator *v, const CompComponent *component,
                                          Scope *outer);

static bool validate_nested(Validator *v, Scope *s, const CompItem *item) {
    if (!comp_check_room(v, s, COMP_COMPONENT, item->offset)) return false;
    if (v->depth + 1 >= COMP_MAX_DEPTH) return fault(v, item->offset, COMP_NESTING, "components");
    size_t index = s->spaces[COMP_COMPONENT].len;
    Str name = comp_get_name(&s->info->component->names, COMP_COMPONENT, (uint32_t)index);
    Str outer = v->within;
    v->within = name.len ? str_fmt(v->arena, "component `%.*s`", STR_ARG(name))
                         : str_fmt(v->arena, "component %zu", index);
    v->depth++;
    const CompInfo *nested = validate_component(v, item->component, s);
    v->depth--;
    v->within = outer;
    if (!nested) return false;
    *vec_push(v->arena, &s->info->components) = nested;
    comp_push(v, s, (CompEntity){.sort = COMP_COMPONENT, .component = &nested->type});
    return true;
}

static bool validate_start(Validator *v, Scope *s, const CompItem *item) {
    size_t offset = item->offset;
    SubtypeCx cx = comp_subtype_cx(v);
    if (!feature_on(v->features, CM_VALUES)) return fault(v, offset, COMP_VALUES_OFF);
    const CompEntity *at = comp_at(v, s, COMP_FUNC, item->start.func, offset);
    if (!at) return false;
    const WitFunc *func = at->func;
    if (func->params.len != item->start.args.len)
        return fault(v, offset, COMP_START_ARGS, func->params.len, item->start.args.len);
    uint32_t results = func->result != NULL;
    if (results != item->start.result_count)
        return fault(v, offset, COMP_START_RESULTS, item->start.result_count, results);
    for (size_t i = 0; i < func->params.len; i++) {
        uint32_t arg = item->start.args.at[i];
        if (!comp_use_value(v, s, arg, offset)) return false;
        bool good = comp_type_sub(&cx, s->spaces[COMP_VALUE].at[arg].type, func->params.at[i].type);
        if (!comp_check_work(v, offset)) return false;
        if (!good) return fault(v, offset, COMP_START_TYPE, i, STR_ARG(cx.why));
    }
    if (!func->result) return true;
    comp_push(v, s, (CompEntity){.sort = COMP_VALUE, .type = func->result});
    vec_last(&s->value_offset) = offset;
    return true;
}

static bool validate_value(Validator *v, Scope *s, const CompItem *item) {
    CompEntity entity = {.sort = COMP_VALUE};
    if (!feature_on(v->features, CM_VALUES)) return fault(v, item->offset, COMP_VALUES_OFF);
    if (!comp_check_room(v, s, COMP_VALUE, item->offset)) return false;
    if (!comp_check_val(v, s, item->value.type, item->offset, &entity.type)) return false;
    if (!comp_check_value(v, entity.type, item->value.bytes, item->offset)) return false;
    comp_push(v, s, entity);
    vec_last(&s->value_offset) = item->offset;
    return true;
}

static bool validate_item(Validator *v, Scope *s, const CompItem *item) {
    switch (item->kind) {
    case COMP_ITEM_CORE_MODULE: return validate_core_module(v, s, item);
    case COMP_ITEM_CORE_INSTANCE: return comp_validate_core_instance(v, s, item);
    case COMP_ITEM_CORE_TYPE: return comp_validate_core_type(v, s, item);
    case COMP_ITEM_COMPONENT: return validate_nested(v, s, item);
    case COMP_ITEM_INSTANCE: return comp_validate_instance(v, s, item);
    case COMP_ITEM_ALIAS: return comp_validate_alias(v, s, item);
    case COMP_ITEM_TYPE: return comp_validate_type(v, s, item);
    case COMP_ITEM_CANON: return comp_validate_canon(v, s, item);
    case COMP_ITEM_START: return validate_start(v, s, item);
    case COMP_ITEM_IMPORT: return comp_validate_import(v, s, item);
    case COMP_ITEM_EXPORT: return comp_validate_export(v, s, item);
    case COMP_ITEM_VALUE: return validate_value(v, s, item);
    case COMP_ITEM_CUSTOM: return true;
    }
    return true;
}

/* Room for what the items will add, at once. */
void comp_reserve_spaces(Validator *v, Scope *s, const CompItems *items) {
    size_t counts[COMP_SORT_COUNT + 1] = {0}, imports = 0, exports = 0;
    for (size_t i = 0; i < items->len; i++) {
        uint32_t count;
        CompSort sort = comp_item_sort(&items->at[i], &count);
        counts[sort] += count;
        imports += items->at[i].kind == COMP_ITEM_IMPORT;
        exports += items->at[i].kind == COMP_ITEM_EXPORT;
    }
    for (int i = 0; i < COMP_SORT_COUNT; i++) vec_reserve(v->arena, &s->spaces[i], counts[i]);
    vec_reserve(v->arena, &s->type.imports, imports);
    vec_reserve(v->arena, &s->type.exports, exports);
}

static const CompInfo *validate_component(Validator *v, const CompComponent *component,
                                          Scope *outer) {
    CompInfo *info = ARENA_NEW(v->arena, CompInfo);
    Scope s = {.kind = SCOPE_COMPONENT, .outer = outer, .info = info, .size = 1};
    info->component = component;
    comp_reserve_spaces(v, &s, &component->items);
    if (!comp_validate_items(v, &s, &component->items, validate_item)) return NULL;
    if (!comp_finish_scope(v, &s, component->offset)) return NULL;
    for (int i = 0; i < COMP_SORT_COUNT; i++)
        memcpy(&info->spaces[i], &s.spaces[i], sizeof s.spaces[i]);
    info->type = s.type;
    info->core_types = v->space;
    return comp_set_scope_info(v, &s, &info->type, component->offset) ? info : NULL;
}

static Validator validator(Arena *arena, const CompComponent *component, Features features,
                           Diags *diags) {
    size_t bytes = component->bytes.len < COMP_MAX_WORK / 2 ? component->bytes.len : 0;
    return (Validator){.arena = arena,
                       .work = (uint32_t)(COMP_MAX_WORK - COMP_FREE_WORK - bytes),
                       .features = features,
                       .diags = diags,
                       .source = component->source,
                       .space = core_space_new(arena)};
}

const CompInfo *comp_validate_types(Arena *arena, const CompComponent *component, Features features,
                                    Diags *diags) {
    Validator v = validator(arena, component, features, diags);
    return validate_component(&v, component, NULL);
}

const CompInfo *comp_validate_jobs(Arena *arena, const CompComponent *component, Features features,
                                   unsigned jobs, Diags *diags) {
    Validator v = validator(arena, component, features, diags);
    const CompInfo *info = validate_component(&v, component, NULL);
    /* Function bodies of core modules come last: nothing hangs on them, and they are most of the work. */
    bool good = v.halted || core_check_bodies(v.checkers.at, v.checkers.len, jobs);
    return good ? info : NULL;
}

const CompInfo *comp_validate(Arena *arena, const CompComponent *component, Features features,
                              Diags *diags) {
    return comp_validate_jobs(arena, component, features, 1, diags);
}
