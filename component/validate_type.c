/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Type definitions (Explainer.md, "Type Definitions"): what is written becomes a node (WitType,
 * WitFunc, CompInstanceType, CompComponentType), checked while it is made.
 *
 * Every node has a size, that of the type unfolded into a tree, and a depth. Both are limited, here
 * where nodes are made. So whoever walks a type later, in whatever direction, is bounded in
 * recursion and in time, although types share their parts and can be exponentially large unfolded.
 */
#include "component/internal.h"

enum { MAX_TYPE_SIZE = 1000000, MAX_TYPE_DEPTH = 100, MAX_FIXED_LENGTH = 1 << 30 };
static const uint64_t max_bytes = (uint64_t)1 << 28; /* of a value: less than this */

/* ---- sizes ---- */

static const TypeInfo leaf = {.size = 1, .depth = 1, .bytes = 1, .align = 1};

static uint64_t align_to(uint64_t at, uint64_t align) { return (at + align - 1) / align * align; }

static TypeInfo prim_info(WitKind kind) {
    TypeInfo info = leaf;
    switch (kind) {
    case WIT_S16:
    case WIT_U16: info.bytes = 2; break;
    case WIT_S32:
    case WIT_U32:
    case WIT_F32:
    case WIT_CHAR:
    case WIT_ERROR_CONTEXT: info.bytes = 4; break;
    case WIT_S64:
    case WIT_U64:
    case WIT_F64: info.bytes = 8; break;
    case WIT_STRING:
        info.bytes = 16;
        info.has_pointer = true;
        break;
    default: break;
    }
    info.align = info.bytes > 8 ? 8 : (uint32_t)info.bytes;
    return info;
}

/* What a part adds to the whole, but for its bytes. */
static void add_part(TypeInfo *whole, const TypeInfo *part) {
    whole->size =
        whole->size + part->size > MAX_TYPE_SIZE ? MAX_TYPE_SIZE : whole->size + part->size;
    if (part->depth + 1 > whole->depth) whole->depth = part->depth + 1;
    whole->has_borrow |= part->has_borrow;
    whole->has_resource |= part->has_resource;
    whole->has_pointer |= part->has_pointer;
}

static void set_bytes(TypeInfo *info, uint64_t bytes, uint32_t align) {
    info->bytes = bytes;
    info->align = align;
}

static void place_next(TypeInfo *whole, const TypeInfo *part) {
    uint64_t at = align_to(whole->bytes, part->align);
    whole->bytes = at > max_bytes || part->bytes > max_bytes ? max_bytes : at + part->bytes;
    if (part->align > whole->align) whole->align = part->align;
}

static void place_case(TypeInfo *payload, const TypeInfo *part) {
    if (part->bytes > payload->bytes) payload->bytes = part->bytes;
    if (part->align > payload->align) payload->align = part->align;
}

/* A variant of n cases whose largest payload is `payload`. */
static void set_variant(TypeInfo *info, size_t n, const TypeInfo *payload) {
    uint32_t tag = n <= 0x100 ? 1 : n <= 0x10000 ? 2 : 4;
    uint32_t align = payload->align > tag ? payload->align : tag;
    set_bytes(info, align_to(align_to(tag, payload->align) + payload->bytes, align), align);
}

static TypeInfo fields_info(Validator *v, const WitType *type) {
    TypeInfo info = leaf, layout = {.align = 1}, payload = {.align = 1};
    for (size_t i = 0; i < type->fields.len; i++) {
        const WitType *t = type->fields.at[i].type;
        if (!t) continue;
        TypeInfo part = comp_type_info(v, t);
        add_part(&info, &part);
        place_next(&layout, &part);
        place_case(&payload, &part);
    }
    size_t n = type->fields.len;
    uint32_t bits = n <= 8 ? 1 : n <= 16 ? 2 : 4;
    if (type->kind == WIT_FLAGS) set_bytes(&info, bits, bits);
    else if (type->kind == WIT_VARIANT || type->kind == WIT_ENUM) set_variant(&info, n, &payload);
    else set_bytes(&info, align_to(layout.bytes, layout.align), layout.align);
    return info;
}

static TypeInfo parts_info(Validator *v, const WitType *type) {
    TypeInfo info = leaf, payload = {.align = 1}, elem = leaf;
    const WitType *parts[] = {type->elem, type->second};
    for (int i = 0; i < 2; i++) {
        if (!parts[i]) continue;
        TypeInfo part = comp_type_info(v, parts[i]);
        add_part(&info, &part);
        place_case(&payload, &part);
        if (i == 0) elem = part;
    }
    switch (type->kind) {
    case WIT_OPTION:
    case WIT_RESULT: set_variant(&info, 2, &payload); break;
    case WIT_FIXED_LIST: {
        bool large = elem.bytes && type->length > max_bytes / elem.bytes;
        set_bytes(&info, large ? max_bytes : elem.bytes * type->length, elem.align);
        break;
    }
    case WIT_STREAM:
    case WIT_FUTURE:
        info.has_pointer = false;
        set_bytes(&info, 4, 4);
        break;
    default: info.has_pointer = true; set_bytes(&info, 16, 8);
    }
    return info;
}

static TypeInfo handle_info(WitKind kind) {
    TypeInfo info = leaf;
    info.has_resource = true;
    info.has_borrow = kind == WIT_BORROW;
    set_bytes(&info, 4, 4);
    return info;
}

void comp_set_info(Validator *v, const void *node, TypeInfo info) {
    map_put_ptr(v->arena, &v->infos, node, NULL)->cptr = arena_copy(v->arena, &info, sizeof info);
}

/* Parts are older than what they are parts of, and are known already: no deep recursion. */
TypeInfo comp_type_info(Validator *v, const WitType *type) {
    type = wit_dealias(type);
    WitShape shape = wit_kind_shape(type->kind);
    if (shape == WIT_SHAPE_PRIM) return prim_info(type->kind);
    const MapEntry *entry = map_get_ptr(&v->infos, type);
    if (entry) return *(const TypeInfo *)entry->cptr;
    TypeInfo info = shape == WIT_SHAPE_FIELDS                            ? fields_info(v, type)
                    : shape == WIT_SHAPE_ELEM || shape == WIT_SHAPE_PAIR ? parts_info(v, type)
                                                                         : handle_info(type->kind);
    comp_set_info(v, type, info);
    return info;
}

TypeInfo comp_func_info(Validator *v, const WitFunc *func) {
    const MapEntry *entry = map_get_ptr(&v->infos, func);
    if (entry) return *(const TypeInfo *)entry->cptr;
    TypeInfo info = leaf;
    for (size_t i = 0; i < func->params.len; i++) {
        TypeInfo part = comp_type_info(v, func->params.at[i].type);
        add_part(&info, &part);
    }
    if (func->result) {
        TypeInfo part = comp_type_info(v, func->result);
        add_part(&info, &part);
    }
    comp_set_info(v, func, info);
    return info;
}

TypeInfo comp_entity_info(Validator *v, const CompEntity *e) {
    const void *node = e->instance ? (const void *)e->instance : e->component;
    if (e->type) return comp_type_info(v, e->type);
    if (e->func) return comp_func_info(v, e->func);
    if (!node) return leaf;
    const MapEntry *entry = map_get_ptr(&v->infos, node);
    return entry ? *(const TypeInfo *)entry->cptr : leaf;
}

bool comp_add_sizes(Validator *v, uint32_t *size, uint32_t more, size_t offset) {
    *size = *size + more < MAX_TYPE_SIZE ? *size + more : MAX_TYPE_SIZE;
    if (*size < MAX_TYPE_SIZE) return true;
    v->halted = true;
    return fault(v, offset, COMP_TYPE_SIZE, MAX_TYPE_SIZE);
}

static bool check_info(Validator *v, TypeInfo info, size_t offset) {
    if (info.size >= MAX_TYPE_SIZE) return fault(v, offset, COMP_TYPE_SIZE, MAX_TYPE_SIZE);
    if (info.depth > MAX_TYPE_DEPTH) return fault(v, offset, COMP_TYPE_DEPTH);
    return true;
}

/* ---- value types ---- */

bool comp_check_val(Validator *v, const Scope *s, CompValRef ref, size_t offset,
                    const WitType **type) {
    *type = NULL;
    if (!ref.present) return true;
    if (ref.is_index) return (*type = comp_value_type_at(v, s, ref.index, offset)) != NULL;
    if (ref.prim == WIT_ERROR_CONTEXT &&
        !comp_need(v, offset, FEATURE_CM_ERROR_CONTEXT, "`error-context`"))
        return false;
    *type = wit_prim(ref.prim);
    return true;
}

/* Names and types of fields, cases, flags, parameters. */
typedef struct {
    const char *full, *brief;
} FieldWords;

static bool add_field(Validator *v, const Scope *s, const FieldWords *words, Map *names,
                      const CompField *field, size_t offset, WitFields *into) {
    WitField made = {.name = field->name};
    if (words && !comp_check_label(v, field->name, words->full, offset)) return false;
    if (!comp_check_val(v, s, field->type, offset, &made.type)) return false;
    if (words) {
        bool added;
        MapEntry *entry = map_put(v->arena, names, wit_unique_key(v->arena, field->name), &added);
        if (!added)
            return fault(v, offset, COMP_FIELD_TWICE, words->full, STR_ARG(field->name),
                         words->brief, STR_ARG(*(const Str *)entry->cptr));
        entry->cptr = &field->name;
    }
    *vec_push(v->arena, into) = made;
    return true;
}

static bool add_fields(Validator *v, const Scope *s, const FieldWords *words,
                       const CompTypedef *type, size_t offset, WitFields *into) {
    Map names = {0};
    for (size_t i = 0; i < type->fields.len; i++)
        if (!add_field(v, s, words, &names, &type->fields.at[i], offset, into)) return false;
    return true;
}

static bool make_fields(Validator *v, const Scope *s, const CompTypedef *def, size_t offset,
                        WitType *type) {
    static const FieldWords words[WIT_KIND_COUNT] = {
        [WIT_RECORD] = {"record field", "field"},
        [WIT_VARIANT] = {"variant case", "case"},
        [WIT_FLAGS] = {"flag", "flag"},
        [WIT_ENUM] = {"enum tag", "tag"},
    };
    if (!def->fields.len) switch (def->kind) {
        case WIT_RECORD: return fault(v, offset, COMP_RECORD_EMPTY);
        case WIT_VARIANT: return fault(v, offset, COMP_VARIANT_EMPTY);
        case WIT_FLAGS: return fault(v, offset, COMP_FLAGS_EMPTY);
        case WIT_ENUM: return fault(v, offset, COMP_ENUM_EMPTY);
        default: return fault(v, offset, COMP_TUPLE_EMPTY);
        }
    if (def->kind == WIT_FLAGS && def->fields.len > 32) return fault(v, offset, COMP_FLAGS_MANY);
    const FieldWords *w = def->kind == WIT_TUPLE ? NULL : &words[def->kind];
    return add_fields(v, s, w, def, offset, &type->fields);
}

static bool is_key(const WitType *type) {
    switch (wit_dealias(type)->kind) {
    case WIT_F32:
    case WIT_F64:
    case WIT_ERROR_CONTEXT: return false;
    default: return wit_kind_shape(wit_dealias(type)->kind) == WIT_SHAPE_PRIM;
    }
}

static bool make_elem(Validator *v, const Scope *s, const CompTypedef *def, size_t offset,
                      WitType *type) {
    type->length = def->length;
    if (def->kind == WIT_FIXED_LIST) {
        if (!comp_need(v, offset, FEATURE_CM_FIXED_LENGTH_LISTS, "Fixed-length lists"))
            return false;
        if (def->length == 0) return fault(v, offset, COMP_LIST_EMPTY);
        if (def->length > MAX_FIXED_LENGTH)
            return fault(v, offset, COMP_LIST_LONG, (unsigned)MAX_FIXED_LENGTH);
    }
    if (def->kind == WIT_STREAM && !comp_need(v, offset, FEATURE_CM_ASYNC, "`stream`"))
        return false;
    if (def->kind == WIT_FUTURE && !comp_need(v, offset, FEATURE_CM_ASYNC, "`future`"))
        return false;
    if (!comp_check_val(v, s, def->elem, offset, &type->elem)) return false;
    if (!type->elem || (def->kind != WIT_STREAM && def->kind != WIT_FUTURE)) return true;
    if (def->kind == WIT_STREAM && wit_dealias(type->elem)->kind == WIT_CHAR)
        return fault(v, offset, COMP_STREAM_CHAR);
    if (comp_type_info(v, type->elem).has_borrow)
        return fault(v, offset, COMP_STREAM_BORROW, wit_kind_keyword(def->kind));
    return true;
}

static bool make_pair(Validator *v, const Scope *s, const CompTypedef *def, size_t offset,
                      WitType *type) {
    if (def->kind == WIT_MAP && !comp_need(v, offset, FEATURE_CM_MAP, "Maps")) return false;
    if (!comp_check_val(v, s, def->elem, offset, &type->elem)) return false;
    if (!comp_check_val(v, s, def->second, offset, &type->second)) return false;
    if (def->kind == WIT_MAP && !is_key(type->elem)) return fault(v, offset, COMP_MAP_KEY);
    return true;
}

/* defvaltype */
static bool make_value(Validator *v, Scope *s, const CompTypedef *def, size_t offset,
                       const WitType **out) {
    if (wit_kind_shape(def->kind) == WIT_SHAPE_PRIM)
        return comp_check_val(v, s, comp_prim(def->kind), offset, out);
    WitType *type = ARENA_NEW(v->arena, WitType);
    type->kind = def->kind;
    *out = type;
    switch (wit_kind_shape(def->kind)) {
    case WIT_SHAPE_PRIM: break;
    case WIT_SHAPE_FIELDS:
        if (!make_fields(v, s, def, offset, type)) return false;
        break;
    case WIT_SHAPE_ELEM:
        if (!make_elem(v, s, def, offset, type)) return false;
        break;
    case WIT_SHAPE_PAIR:
        if (!make_pair(v, s, def, offset, type)) return false;
        break;
    case WIT_SHAPE_HANDLE:
        type->elem = comp_resource_at(v, s, def->elem.index, offset);
        if (!type->elem) return false;
        break;
    case WIT_SHAPE_NAMED: break;
    }
    TypeInfo info = comp_type_info(v, type);
    if (info.bytes >= max_bytes && feature_on(v->features, CM_VALUE_SIZE))
        return fault(v, offset, COMP_VALUE_BYTES, (unsigned)max_bytes);
    return check_info(v, info, offset);
}

/* functype */
static bool make_func(Validator *v, const Scope *s, const CompTypedef *def, size_t offset,
                      const WitFunc **out) {
    static const FieldWords words = {"function parameter", "parameter"};
    WitFunc *func = ARENA_NEW(v->arena, WitFunc);
    func->is_async = def->is_async;
    if (def->is_async && !feature_on(v->features, CM_ASYNC))
        return fault(v, offset, COMP_ASYNC_FUNC);
    if (!add_fields(v, s, &words, def, offset, &func->params)) return false;
    if (!comp_check_val(v, s, def->elem, offset, &func->result)) return false;
    if (func->result && comp_type_info(v, func->result).has_borrow)
        return fault(v, offset, COMP_RESULT_BORROW);
    *out = func;
    return check_info(v, comp_func_info(v, func), offset);
}

/* resourcetype */
static bool make_resource(Validator *v, Scope *s, const CompTypedef *def, size_t offset,
                          const WitType **out) {
    if (s->kind != SCOPE_COMPONENT) return fault(v, offset, COMP_RESOURCE_PLACE);
    if (def->rep == CORE_I64 && !feature_on(v->features, CM64))
        return fault(v, offset, COMP_RESOURCE_I64);
    if (def->rep != CORE_I32 && def->rep != CORE_I64) return fault(v, offset, COMP_RESOURCE_REP);
    if (def->has_dtor) {
        const CoreType *dtor = comp_core_func_at(v, s, def->dtor, offset);
        if (!dtor) return false;
        if (dtor->param_count != 1 || dtor->params[0] != def->rep || dtor->result_count)
            return fault(v, offset, COMP_RESOURCE_DTOR, def->dtor);
    }
    WitType *type = ARENA_NEW(v->arena, WitType);
    type->kind = WIT_RESOURCE;
    *vec_push(v->arena, &s->type.defined_resources) = type;
    map_put_ptr(v->arena, &s->local_resources, type, NULL)->value = def->rep;
    comp_set_origin(v, type, STR("this definition"), offset);
    *out = type;
    return true;
}

/* ---- types with declarations ---- */

static bool validate_decl(Validator *v, Scope *s, const CompItem *item) {
    switch (item->kind) {
    case COMP_ITEM_CORE_TYPE: return comp_validate_core_type(v, s, item);
    case COMP_ITEM_TYPE: return comp_validate_type(v, s, item);
    case COMP_ITEM_ALIAS: return comp_validate_alias(v, s, item);
    case COMP_ITEM_IMPORT: return comp_validate_import(v, s, item);
    case COMP_ITEM_EXPORT: return comp_validate_export(v, s, item);
    default: return fault(v, item->offset, COMP_NO_DECL);
    }
}

static uint32_t externs_depth(Validator *v, const CompExterns *list) {
    uint32_t depth = 1;
    for (size_t i = 0; i < list->len; i++) {
        uint32_t d = comp_entity_info(v, &list->at[i].entity).depth + 1;
        if (d > depth) depth = d;
    }
    return depth;
}

bool comp_set_scope_info(Validator *v, const Scope *s, const void *node, size_t offset) {
    uint32_t imports = externs_depth(v, &s->type.imports);
    uint32_t exports = externs_depth(v, &s->type.exports);
    TypeInfo info = {.size = s->size, .depth = imports > exports ? imports : exports};
    comp_set_info(v, node, info);
    return check_info(v, info, offset);
}

/* componenttype, instancetype */
static bool make_scope(Validator *v, Scope *outer, const CompTypedef *def, size_t offset,
                       CompEntity *out) {
    bool is_component = def->sort == COMP_TYPEDEF_COMPONENT;
    Scope s = {.kind = is_component ? SCOPE_COMPONENT_TYPE : SCOPE_INSTANCE_TYPE,
               .outer = outer,
               .size = 1};
    if (v->depth >= COMP_MAX_DEPTH) return fault(v, offset, COMP_NESTING, "types");
    v->depth++;
    comp_reserve_spaces(v, &s, &def->items);
    bool good = comp_validate_items(v, &s, &def->items, validate_decl);
    v->depth--;
    if (!good || !comp_finish_scope(v, &s, offset)) return false;
    if (is_component) {
        out->component = arena_copy(v->arena, &s.type, sizeof s.type);
        return comp_set_scope_info(v, &s, out->component, offset);
    }
    CompInstanceType *type = ARENA_NEW(v->arena, CompInstanceType);
    *type = (CompInstanceType){.exports = s.type.exports,
                               .by_name = s.type.exports_by_name,
                               .resources = s.type.defined_resources};
    out->instance = type;
    return comp_set_scope_info(v, &s, type, offset);
}

bool comp_validate_type(Validator *v, Scope *s, const CompItem *item) {
    CompEntity entity = {.sort = COMP_TYPE};
    const CompTypedef *def = item->type;
    bool good = false;
    if (!comp_check_room(v, s, COMP_TYPE, item->offset)) return false;
    switch (def->sort) {
    case COMP_TYPEDEF_VALUE: good = make_value(v, s, def, item->offset, &entity.type); break;
    case COMP_TYPEDEF_FUNC: good = make_func(v, s, def, item->offset, &entity.func); break;
    case COMP_TYPEDEF_COMPONENT:
    case COMP_TYPEDEF_INSTANCE: good = make_scope(v, s, def, item->offset, &entity); break;
    case COMP_TYPEDEF_RESOURCE: good = make_resource(v, s, def, item->offset, &entity.type); break;
    }
    if (good) comp_push(v, s, entity);
    return good;
}
