/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What core modules call things (BuildTargets.md; two schemes live side by side):
 *
 *                          legacy                        standard (prefix "cm32p2")
 *     import of interface  "ns:p/i@1.2.3" "f"            "cm32p2|ns:p/i@1" "f"
 *     import of world      "$root" "f"                   "cm32p2" "f"
 *     export of interface  "ns:p/i@1.2.3#f"              "cm32p2|ns:p/i@1|f"
 *     export of world      "f"                           "cm32p2||f"
 *     post-return          "cabi_post_" + export         export + "_post"
 *     destructor           "ns:p/i@1.2.3#[dtor]r"        "cm32p2|ns:p/i@1|r_dtor"
 *     drop, new, rep       "[resource-drop]r" ...        "r_drop" ...
 *       of an own resource in "[export]ns:p/i@1.2.3"     in "cm32p2|_ex_ns:p/i@1"
 *     memory, allocation   "memory", "cabi_realloc"      "cm32p2_memory", "cm32p2_realloc"
 *     initialization       "_initialize"                 "cm32p2_initialize"
 *
 * Only legacy has names for asynchronous functions:
 *
 *     imported, not waited for      "ns:p/i" "[async-lower]f"
 *     exported                      "[async-lift]ns:p/i#f" with "[callback][async-lift]ns:p/i#f",
 *                                   or "[async-lift-stackful]ns:p/i#f"
 *     its result                    "[export]ns:p/i" "[task-return]f"
 *     built-ins of a payload        "ns:p/i" or "[export]ns:p/i" "[stream-new-N]f": N counts the
 *                                   streams and futures in the type of f, innermost first
 *
 * Here names are made; naming.c takes them apart.
 */
#include "component/componentize.h"

/* The id of an interface with its version cut to its compatibility track. */
static Str canonical_id(Arena *arena, const WitInterface *interface) {
    const WitPackage *p = interface->package;
    Str track = semver_track(arena, p->version);
    return str_fmt(arena, "%.*s:%.*s/%.*s%s%.*s", STR_ARG(p->ns), STR_ARG(p->name),
                   STR_ARG(interface->name), track.len ? "@" : "", STR_ARG(track));
}

Str comp_item_key(Arena *arena, const WitItem *item, bool is_standard) {
    if (is_standard && item->kind == WIT_ITEM_INTERFACE && !item->name.len)
        return canonical_id(arena, item->interface);
    return wit_item_name(arena, item);
}

Str comp_import_module(Arena *arena, const WitItem *item, bool is_standard, bool is_export) {
    bool is_interface = item && item->kind == WIT_ITEM_INTERFACE;
    Str key = is_interface ? comp_item_key(arena, item, is_standard) : (Str){0};
    if (is_standard)
        return str_fmt(arena, "cm32p2%s%s%.*s", is_interface ? "|" : "", is_export ? "_ex_" : "",
                       STR_ARG(key));
    if (!is_interface) key = STR("$root");
    return is_export ? str_concat(arena, STR("[export]"), key) : key;
}

Str comp_export_name(Arena *arena, const WitItem *item, Str func, bool is_standard) {
    bool is_interface = item->kind == WIT_ITEM_INTERFACE;
    Str key = is_interface ? comp_item_key(arena, item, is_standard) : (Str){0};
    if (is_standard) return str_fmt(arena, "cm32p2|%.*s|%.*s", STR_ARG(key), STR_ARG(func));
    return is_interface ? str_fmt(arena, "%.*s#%.*s", STR_ARG(key), STR_ARG(func)) : func;
}

Str comp_dtor_name(Arena *arena, const WitItem *item, const WitType *resource, bool is_standard) {
    Str name = is_standard ? str_concat(arena, resource->name, STR("_dtor"))
                           : str_concat(arena, STR("[dtor]"), resource->name);
    return comp_export_name(arena, item, name, is_standard);
}

/* ---- streams and futures in a function's type ---- */

/* A type can mention another many times over, in types that do so in turn: what has none of them is
 * looked at once, and the list has an end. */
typedef struct {
    Arena *arena;
    CompTypeList *found;
    Map without;
} Payloads;

enum { MAX_PAYLOADS = 1000 };

static void find_payloads(Payloads *p, const WitType *type) {
    bool added;
    type = wit_dealias(type);
    if (!type || wit_kind_shape(type->kind) == WIT_SHAPE_PRIM ||
        wit_kind_shape(type->kind) == WIT_SHAPE_HANDLE || type->kind == WIT_RESOURCE ||
        p->found->len >= MAX_PAYLOADS || map_has_ptr(&p->without, type))
        return;
    size_t before = p->found->len;
    for (size_t i = 0; i < type->fields.len; i++) find_payloads(p, type->fields.at[i].type);
    find_payloads(p, type->elem);
    find_payloads(p, type->second);
    if (type->kind == WIT_STREAM || type->kind == WIT_FUTURE) *vec_push(p->arena, p->found) = type;
    if (p->found->len == before) map_put_ptr(p->arena, &p->without, type, &added);
}

CompTypeList comp_payloads(Arena *arena, const WitFunc *func) {
    CompTypeList found = {0};
    Payloads p = {.arena = arena, .found = &found};
    for (size_t i = 0; i < func->params.len; i++) find_payloads(&p, func->params.at[i].type);
    find_payloads(&p, func->result);
    return found;
}

/* ---- core types ---- */

CoreValType comp_flat_type(AbiCore t) {
    static const CoreValType types[] = {
        [ABI_I32] = CORE_I32, [ABI_I64] = CORE_I64, [ABI_F32] = CORE_F32, [ABI_F64] = CORE_F64};
    return types[t];
}

const CoreType *comp_flat_func(Arena *arena, const AbiCore *params, uint32_t n,
                               const AbiCore *results, uint32_t m) {
    CoreValType *types = ARENA_NEW_ARRAY(arena, CoreValType, n + m);
    for (uint32_t i = 0; i < n; i++) types[i] = comp_flat_type(params[i]);
    for (uint32_t i = 0; i < m; i++) types[n + i] = comp_flat_type(results[i]);
    CoreType *type = ARENA_NEW(arena, CoreType);
    *type = (CoreType){.kind = CORE_TYPE_FUNC,
                       .params = types,
                       .param_count = n,
                       .results = types + n,
                       .result_count = m};
    return type;
}

const CoreType *comp_abi_type(Arena *arena, const AbiFunc *abi) {
    return comp_flat_func(arena, abi->core_params, abi->core_param_count, abi->core_results,
                          abi->core_result_count);
}

const CoreType *comp_text_type(Arena *arena, const char *params, const char *results) {
    AbiCore types[16];
    uint32_t n = 0, m = 0;
    for (const char *p = params; *p; p++) types[n++] = *p == 'i' ? ABI_I32 : ABI_I64;
    for (const char *p = results; *p; p++) types[n + m++] = *p == 'i' ? ABI_I32 : ABI_I64;
    return comp_flat_func(arena, types, n, types + n, m);
}

const AbiFunc *comp_task_return(AbiCache *cache, const WitFunc *func) {
    WitFunc *like = ARENA_NEW(cache->arena, WitFunc);
    like->name = func->name;
    if (func->result)
        *vec_push(cache->arena, &like->params) = (WitField){.name = STR("x"), .type = func->result};
    return abi_func(cache, like, ABI_LOWER);
}
