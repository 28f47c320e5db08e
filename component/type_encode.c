/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * From types of the model to type definitions in one index space.
 *
 * A type is defined after its parts, so that indices only point back. A named type is then imported
 * or exported under its name, and that new index is what everything after it refers to:
 *
 *     record r { x: list<u8> }    (type 0 (list u8))
 *                                 (type 1 (record (field "x" 0)))
 *                                 (export "r" (type 2 (eq 1)))
 *
 * Equal anonymous types and equal function types are defined once a space.
 */
#include "component/internal.h"

/* Keys of the maps: bytes put together in the arena. */
static void key_ptr(Buf *key, const void *ptr) { buf_bytes(key, &ptr, sizeof ptr); }

static Str type_key(Arena *arena, const WitType *type) {
    const void *ptr = type;
    return (Str){arena_copy(arena, &ptr, sizeof ptr), sizeof ptr};
}

static Str shape_key(Arena *arena, const WitType *type) {
    Buf key = {.arena = arena};
    buf_byte(&key, (uint8_t)type->kind);
    buf_u64(&key, type->length);
    key_ptr(&key, type->elem);
    key_ptr(&key, type->second);
    for (size_t i = 0; i < type->fields.len; i++) {
        buf_name(&key, type->fields.at[i].name);
        key_ptr(&key, type->fields.at[i].type);
    }
    return buf_text(&key);
}

static Str func_key(Arena *arena, const WitFunc *func) {
    Buf key = {.arena = arena};
    buf_byte(&key, func->is_async);
    key_ptr(&key, func->result);
    for (size_t i = 0; i < func->params.len; i++) {
        buf_name(&key, func->params.at[i].name);
        key_ptr(&key, func->params.at[i].type);
    }
    return buf_text(&key);
}

CompName comp_extern_name(Str name, bool has_external_id, Str external_id) {
    return (CompName){.name = name, .has_external_id = has_external_id, .external_id = external_id};
}

static void define_fields(CompTypeScope *scope, const WitFields *fields, CompTypedef *def) {
    for (size_t i = 0; i < fields->len; i++) {
        CompField field = {.name = fields->at[i].name,
                           .type = comp_scope_val(scope, fields->at[i].type)};
        *vec_push(scope->builder->arena, &def->fields) = field;
    }
}

/* The definition of a type without its name. */
static CompValRef define(CompTypeScope *scope, const WitType *type) {
    if (type->kind == WIT_ALIAS) return comp_scope_val(scope, type->elem);
    CompTypedef def = {.sort = COMP_TYPEDEF_VALUE, .kind = type->kind, .length = type->length};
    define_fields(scope, &type->fields, &def);
    def.elem = comp_scope_val(scope, type->elem);
    def.second = comp_scope_val(scope, type->second);
    return comp_ref(comp_add_type(scope->builder, &def));
}

static uint32_t add_named(CompTypeScope *scope, const WitType *type, CompExternType extern_type) {
    CompName name = comp_extern_name(type->name, type->has_external_id, type->external_id);
    if (scope->naming == COMP_NAME_BY_IMPORT)
        return comp_add_import(scope->builder, name, extern_type);
    return comp_add_export_decl(scope->builder, name, extern_type);
}

/* Gives a definition its name; a primitive type needs an index for that. */
static uint32_t give_name(CompTypeScope *scope, const WitType *type, CompValRef def) {
    if (!def.is_index) {
        CompTypedef prim = {.sort = COMP_TYPEDEF_VALUE, .kind = def.prim};
        def = comp_ref(comp_add_type(scope->builder, &prim));
    }
    if (scope->naming == COMP_NAME_NOT) return def.index;
    return add_named(scope, type, comp_extern_eq(def.index));
}

static uint32_t encode(CompTypeScope *scope, const WitType *type) {
    if (type->interface && type->interface != scope->interface) return scope->foreign(scope, type);
    if (type->kind == WIT_RESOURCE) return add_named(scope, type, comp_extern_resource());
    CompValRef def = define(scope, type);
    return type->name.len ? give_name(scope, type, def) : def.index;
}

CompValRef comp_scope_val(CompTypeScope *scope, const WitType *type) {
    Arena *arena = scope->builder->arena;
    if (!type) return (CompValRef){0};
    if (wit_kind_shape(type->kind) == WIT_SHAPE_PRIM && !type->name.len) return comp_prim(type->kind);
    Str key = type_key(arena, type);
    MapEntry *known = map_get(&scope->types, key);
    bool anonymous = type->name.len == 0;
    if (!known && anonymous) known = map_get(&scope->shapes, shape_key(arena, type));
    if (known) return comp_ref((uint32_t)known->value);
    uint32_t index = encode(scope, type);
    map_put(arena, &scope->types, key, NULL)->value = index;
    if (anonymous) map_put(arena, &scope->shapes, shape_key(arena, type), NULL)->value = index;
    return comp_ref(index);
}

uint32_t comp_scope_func(CompTypeScope *scope, const WitFunc *func) {
    Arena *arena = scope->builder->arena;
    Str key = func_key(arena, func);
    MapEntry *known = map_get(&scope->funcs, key);
    if (known) return (uint32_t)known->value;
    CompTypedef def = {.sort = COMP_TYPEDEF_FUNC, .is_async = func->is_async};
    define_fields(scope, &func->params, &def);
    def.elem = comp_scope_val(scope, func->result);
    uint32_t index = comp_add_type(scope->builder, &def);
    map_put(arena, &scope->funcs, key, NULL)->value = index;
    return index;
}
