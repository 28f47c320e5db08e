/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Components under construction. The items of a component, or the declarations of a component or
 * instance type, stand in one list; each adds to (at most) one of the 13 index spaces:
 *
 *     item                          its space
 *     core module, component, ...   the space of that name
 *     alias, import, export         by its sort
 *     canon                         func for `lift`, core func for all others
 *     start                         value, once a result
 *     custom section                none
 *
 * comp_item_sort is that table, and the decoder, validator and printer count by it as well.
 */
#include "component/internal.h"

/* ---- what an item adds ---- */

static CompSort sort_of(const CompItem *item) {
    switch (item->kind) {
    case COMP_ITEM_CORE_MODULE: return COMP_CORE_MODULE;
    case COMP_ITEM_CORE_INSTANCE: return COMP_CORE_INSTANCE;
    case COMP_ITEM_CORE_TYPE: return COMP_CORE_TYPE;
    case COMP_ITEM_COMPONENT: return COMP_COMPONENT;
    case COMP_ITEM_INSTANCE: return COMP_INSTANCE;
    case COMP_ITEM_ALIAS: return item->alias.sort;
    case COMP_ITEM_TYPE: return COMP_TYPE;
    case COMP_ITEM_CANON: return item->canon.op == COMP_CANON_LIFT ? COMP_FUNC : COMP_CORE_FUNC;
    case COMP_ITEM_START: return COMP_VALUE;
    case COMP_ITEM_IMPORT: return item->import.type.sort;
    case COMP_ITEM_EXPORT: return item->export.sort;
    case COMP_ITEM_VALUE: return COMP_VALUE;
    case COMP_ITEM_CUSTOM: return COMP_SORT_COUNT;
    }
    return COMP_SORT_COUNT;
}

CompSort comp_item_sort(const CompItem *item, uint32_t *count) {
    *count = item->kind != COMP_ITEM_CUSTOM;
    if (item->kind == COMP_ITEM_START) *count = item->start.result_count;
    if (item->kind == COMP_ITEM_CORE_TYPE && item->core_type.types)
        *count = (uint32_t)item->core_type.types->types.len;
    return sort_of(item);
}

static const char *const sort_names[COMP_SORT_COUNT] = {
    [COMP_CORE_FUNC] = "core func",
    [COMP_CORE_TABLE] = "core table",
    [COMP_CORE_MEMORY] = "core memory",
    [COMP_CORE_GLOBAL] = "core global",
    [COMP_CORE_TAG] = "core tag",
    [COMP_CORE_TYPE] = "core type",
    [COMP_CORE_MODULE] = "core module",
    [COMP_CORE_INSTANCE] = "core instance",
    [COMP_FUNC] = "func",
    [COMP_VALUE] = "value",
    [COMP_TYPE] = "type",
    [COMP_COMPONENT] = "component",
    [COMP_INSTANCE] = "instance",
};

const char *comp_sort_name(CompSort sort) { return sort_names[sort]; }
bool comp_sort_is_core(CompSort sort) { return sort <= COMP_CORE_INSTANCE; }

const char *comp_canon_name(CompCanonOp op) { return abi_canon_name((AbiCanon)op); }

/* ---- options ---- */

static const char *const option_names[] = {
    [COMP_OPTION_UTF8] = "string-encoding=utf8",
    [COMP_OPTION_UTF16] = "string-encoding=utf16",
    [COMP_OPTION_LATIN1_UTF16] = "string-encoding=latin1+utf16",
    [COMP_OPTION_MEMORY] = "memory",
    [COMP_OPTION_REALLOC] = "realloc",
    [COMP_OPTION_POST_RETURN] = "post-return",
    [COMP_OPTION_ASYNC] = "async",
    [COMP_OPTION_CALLBACK] = "callback",
    [COMP_OPTION_CORE_TYPE] = "core-type",
    [COMP_OPTION_GC] = "gc",
};

const char *comp_option_name(CompOptionKind kind) { return option_names[kind]; }

bool comp_option_has_index(CompOptionKind kind) {
    return kind != COMP_OPTION_UTF8 && kind != COMP_OPTION_UTF16 &&
           kind != COMP_OPTION_LATIN1_UTF16 && kind != COMP_OPTION_ASYNC && kind != COMP_OPTION_GC;
}

static void set_index(bool *has, uint32_t *field, uint32_t index) {
    *has = true;
    *field = index;
}

void comp_add_option(Arena *arena, CompOptions *o, CompOptionKind kind, uint32_t index) {
    *vec_push(arena, &o->written) = (CompOption){kind, index};
    switch (kind) {
    case COMP_OPTION_UTF8:
    case COMP_OPTION_UTF16:
    case COMP_OPTION_LATIN1_UTF16:
        o->has_encoding = true;
        o->encoding = (AbiEncoding)(ABI_UTF8 + (kind - COMP_OPTION_UTF8));
        break;
    case COMP_OPTION_MEMORY: set_index(&o->has_memory, &o->memory, index); break;
    case COMP_OPTION_REALLOC: set_index(&o->has_realloc, &o->realloc, index); break;
    case COMP_OPTION_POST_RETURN: set_index(&o->has_post_return, &o->post_return, index); break;
    case COMP_OPTION_ASYNC: o->is_async = true; break;
    case COMP_OPTION_CALLBACK: set_index(&o->has_callback, &o->callback, index); break;
    case COMP_OPTION_CORE_TYPE: set_index(&o->has_core_type, &o->core_type, index); break;
    case COMP_OPTION_GC: o->is_gc = true; break;
    }
}

/* ---- names for people ---- */

void comp_set_name(Arena *arena, CompNames *names, CompSort sort, uint32_t index, Str name) {
    while (names->sorts[sort].len <= index) vec_push(arena, &names->sorts[sort]);
    names->sorts[sort].at[index] = name;
}

Str comp_get_name(const CompNames *names, CompSort sort, uint32_t index) {
    return index < names->sorts[sort].len ? names->sorts[sort].at[index] : (Str){0};
}

/* ---- items ---- */

CompBuilder comp_builder(Arena *arena) { return (CompBuilder){.arena = arena}; }

CompComponent *comp_finish(const CompBuilder *b) {
    CompComponent *component = ARENA_NEW(b->arena, CompComponent);
    component->items = b->items;
    component->names = b->names;
    return component;
}

const CompTypedef *comp_finish_type(const CompBuilder *b, CompTypedefKind kind) {
    CompTypedef *type = ARENA_NEW(b->arena, CompTypedef);
    type->sort = kind;
    type->items = b->items;
    return type;
}

uint32_t comp_add(CompBuilder *b, const CompItem *item) {
    uint32_t count;
    CompSort sort = comp_item_sort(item, &count);
    *vec_push(b->arena, &b->items) = *item;
    if (sort == COMP_SORT_COUNT) return COMP_NONE;
    b->counts[sort] += count;
    return b->counts[sort] - count;
}

uint32_t comp_add_module(CompBuilder *b, Str bytes) {
    return comp_add_decoded_module(b, bytes, NULL);
}

uint32_t comp_add_decoded_module(CompBuilder *b, Str bytes, const CoreModule *module) {
    return comp_add(b, &(CompItem){.kind = COMP_ITEM_CORE_MODULE, .core_module = {module, bytes}});
}

uint32_t comp_add_component(CompBuilder *b, const CompComponent *component) {
    return comp_add(b, &(CompItem){.kind = COMP_ITEM_COMPONENT, .component = component});
}

static uint32_t add_instance(CompBuilder *b, CompItemKind kind, bool is_exports, uint32_t index,
                             const CompArg *args, size_t n) {
    CompItem item = {.kind = kind};
    item.instance.is_exports = is_exports;
    item.instance.index = index;
    if (n) {
        item.instance.args.at = arena_copy(b->arena, args, n * sizeof *args);
        item.instance.args.len = item.instance.args.cap = n;
    }
    return comp_add(b, &item);
}

uint32_t comp_add_core_instance(CompBuilder *b, uint32_t module, const CompArg *args, size_t n) {
    return add_instance(b, COMP_ITEM_CORE_INSTANCE, false, module, args, n);
}

uint32_t comp_add_core_exports(CompBuilder *b, const CompArg *exports, size_t n) {
    return add_instance(b, COMP_ITEM_CORE_INSTANCE, true, 0, exports, n);
}

uint32_t comp_add_instance(CompBuilder *b, uint32_t component, const CompArg *args, size_t n) {
    return add_instance(b, COMP_ITEM_INSTANCE, false, component, args, n);
}

uint32_t comp_add_exports(CompBuilder *b, const CompArg *exports, size_t n) {
    return add_instance(b, COMP_ITEM_INSTANCE, true, 0, exports, n);
}

static uint32_t add_alias(CompBuilder *b, CompAliasKind kind, CompSort sort, uint32_t count,
                          uint32_t index, Str name) {
    CompItem item = {.kind = COMP_ITEM_ALIAS};
    item.alias.kind = kind;
    item.alias.sort = sort;
    item.alias.count = count;
    item.alias.index = index;
    item.alias.name = name;
    return comp_add(b, &item);
}

uint32_t comp_add_alias(CompBuilder *b, CompSort sort, uint32_t instance, Str name) {
    return add_alias(b, COMP_ALIAS_EXPORT, sort, 0, instance, name);
}

uint32_t comp_add_core_alias(CompBuilder *b, CompSort sort, uint32_t instance, Str name) {
    return add_alias(b, COMP_ALIAS_CORE_EXPORT, sort, 0, instance, name);
}

uint32_t comp_add_outer_alias(CompBuilder *b, CompSort sort, uint32_t count, uint32_t index) {
    return add_alias(b, COMP_ALIAS_OUTER, sort, count, index, (Str){0});
}

uint32_t comp_add_import(CompBuilder *b, CompName name, CompExternType type) {
    CompItem item = {.kind = COMP_ITEM_IMPORT};
    item.import.name = name;
    item.import.type = type;
    return comp_add(b, &item);
}

uint32_t comp_add_export(CompBuilder *b, CompName name, CompSort sort, uint32_t index,
                         const CompExternType *type) {
    CompItem item = {.kind = COMP_ITEM_EXPORT};
    item.export.name = name;
    item.export.sort = sort;
    item.export.index = index;
    item.export.has_type = type != NULL;
    if (type) item.export.type = *type;
    return comp_add(b, &item);
}

uint32_t comp_add_export_decl(CompBuilder *b, CompName name, CompExternType type) {
    return comp_add_export(b, name, type.sort, 0, &type);
}

uint32_t comp_add_canon(CompBuilder *b, const CompCanon *canon) {
    return comp_add(b, &(CompItem){.kind = COMP_ITEM_CANON, .canon = *canon});
}

uint32_t comp_add_lift(CompBuilder *b, uint32_t core_func, uint32_t type, CompOptions options) {
    return comp_add_canon(
        b,
        &(CompCanon){.op = COMP_CANON_LIFT, .func = core_func, .type = type, .options = options});
}

uint32_t comp_add_lower(CompBuilder *b, uint32_t func, CompOptions options) {
    return comp_add_canon(b,
                          &(CompCanon){.op = COMP_CANON_LOWER, .func = func, .options = options});
}

uint32_t comp_add_canon_type(CompBuilder *b, CompCanonOp op, uint32_t type) {
    return comp_add_canon(b, &(CompCanon){.op = op, .type = type});
}

uint32_t comp_add_core_func_type(CompBuilder *b, const CoreValType *params, uint32_t param_count,
                                 const CoreValType *results, uint32_t result_count) {
    CoreModule *types = core_module_new(b->arena);
    core_func_type_add(b->arena, types, params, param_count, results, result_count);
    return comp_add(b, &(CompItem){.kind = COMP_ITEM_CORE_TYPE, .core_type.types = types});
}

void comp_add_custom(CompBuilder *b, Str name, Str bytes) {
    CompItem item = {.kind = COMP_ITEM_CUSTOM};
    item.custom.name = name;
    item.custom.bytes = bytes;
    comp_add(b, &item);
}

uint32_t comp_add_type(CompBuilder *b, const CompTypedef *type) {
    const CompTypedef *copy = arena_copy(b->arena, type, sizeof *type);
    return comp_add(b, &(CompItem){.kind = COMP_ITEM_TYPE, .type = copy});
}

uint32_t comp_add_resource(CompBuilder *b, uint32_t dtor) {
    return comp_add_type(b, &(CompTypedef){.sort = COMP_TYPEDEF_RESOURCE,
                                           .kind = WIT_RESOURCE,
                                           .rep = CORE_I32,
                                           .has_dtor = dtor != COMP_NONE,
                                           .dtor = dtor == COMP_NONE ? 0 : dtor});
}
