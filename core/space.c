/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Canonical types. Two recursion groups are the same if they are equal after every reference into
 * the group itself is replaced by its position there (core specification 3.1.4, "rolling up").
 * So a group is spelled as bytes, in which such references are relative and all others are ids
 * that the space gave before; equal spellings get equal ids, by one look into a map. Subtyping is
 * then a walk along the declared supertypes, and no comparison ever recurses. */
#include "core/internal.h"

struct CoreTypeSpace {
    Arena *arena;
    VEC(CoreType) types; /* by id */
    Map groups;          /* spelling of a group -> its first id */
    Buf spelling;
};

CoreTypeSpace *core_space_new(Arena *arena) {
    CoreTypeSpace *space = ARENA_NEW(arena, CoreTypeSpace);
    space->arena = arena;
    space->spelling.arena = arena;
    return space;
}

const CoreType *core_space_type(const CoreTypeSpace *space, uint32_t id) {
    return id < space->types.len ? &space->types.at[id] : NULL;
}
uint32_t core_space_count(const CoreTypeSpace *space) { return (uint32_t)space->types.len; }

/* ---- entering ---- */

/* The group that is being spelled: types first .. first + count - 1 of a module. */
typedef struct {
    uint32_t first, count;
    const uint32_t *ids; /* NULL: indices are ids already */
} Scope;

static void spell_index(Buf *buf, const Scope *scope, uint32_t index) {
    bool inside = index - scope->first < scope->count;
    buf_byte(buf, index == CORE_NONE ? 2 : inside);
    if (inside) index -= scope->first;
    else if (index != CORE_NONE && scope->ids) index = scope->ids[index];
    buf_fixed32(buf, index);
}

static void spell_val(Buf *buf, const Scope *scope, CoreValType t) {
    if (!core_is_concrete(t)) {
        buf_byte(buf, 3);
        buf_fixed32(buf, t);
        return;
    }
    buf_byte(buf, (uint8_t)(t & 0xff));
    spell_index(buf, scope, core_type_index(t));
}

static void spell_type(Buf *buf, const Scope *scope, const CoreType *t) {
    buf_byte(buf, (uint8_t)(t->kind | t->final << 4 | t->shared << 5));
    spell_index(buf, scope, t->super);
    spell_index(buf, scope, t->descriptor);
    spell_index(buf, scope, t->describes);
    spell_index(buf, scope, t->kind == CORE_TYPE_CONT ? t->cont : CORE_NONE);
    buf_fixed32(buf, t->param_count);
    buf_fixed32(buf, t->result_count);
    buf_fixed32(buf, t->field_count);
    for (uint32_t i = 0; i < t->param_count; i++) spell_val(buf, scope, t->params[i]);
    for (uint32_t i = 0; i < t->result_count; i++) spell_val(buf, scope, t->results[i]);
    for (uint32_t i = 0; i < t->field_count; i++) {
        spell_val(buf, scope, t->fields[i].type);
        buf_byte(buf, t->fields[i].mutable);
    }
}

static const CoreValType *vals_with_ids(Arena *arena, const uint32_t *ids, const CoreValType *vals,
                                        uint32_t n) {
    CoreValType *copy = ARENA_NEW_ARRAY(arena, CoreValType, n);
    for (uint32_t i = 0; i < n; i++) copy[i] = core_space_val(ids, vals[i]);
    return copy;
}

static CoreType type_with_ids(Arena *arena, const uint32_t *ids, const CoreType *t,
                              uint32_t group) {
    CoreType copy = *t;
    copy.group = group;
    if (t->super != CORE_NONE) copy.super = ids[t->super];
    if (t->descriptor != CORE_NONE) copy.descriptor = ids[t->descriptor];
    if (t->describes != CORE_NONE) copy.describes = ids[t->describes];
    if (t->kind == CORE_TYPE_CONT) copy.cont = ids[t->cont];
    copy.params = vals_with_ids(arena, ids, t->params, t->param_count);
    copy.results = vals_with_ids(arena, ids, t->results, t->result_count);
    CoreField *fields = ARENA_NEW_ARRAY(arena, CoreField, t->field_count);
    for (uint32_t i = 0; i < t->field_count; i++) {
        fields[i] = t->fields[i];
        fields[i].type = core_space_val(ids, fields[i].type);
    }
    copy.fields = fields;
    return copy;
}

/* Looks for a group whose types are in `group`; sets *base to the id of the first one, or to what it
 * will be: then it is new, and to be put there once its types are. */
static bool is_new(CoreTypeSpace *space, const CoreType *group, const Scope *scope,
                   uint32_t *base) {
    Buf *buf = &space->spelling;
    buf->len = 0;
    for (uint32_t i = 0; i < scope->count; i++) spell_type(buf, scope, &group[i]);
    MapEntry *entry = map_get(&space->groups, buf_text(buf));
    *base = entry ? (uint32_t)entry->value : core_space_count(space);
    return !entry;
}

static void put_group(CoreTypeSpace *space, uint32_t base) {
    Str spelling = str_copy(space->arena, buf_text(&space->spelling));
    map_put(space->arena, &space->groups, spelling, NULL)->value = base;
}

void core_space_enter_group(CoreTypeSpace *space, const CoreType *types, uint32_t first,
                            uint32_t count, uint32_t *ids) {
    Scope scope = {first, count, ids};
    uint32_t base;
    bool enters = is_new(space, types + first, &scope, &base);
    for (uint32_t i = 0; i < count; i++) ids[first + i] = base + i;
    if (!enters) return;
    for (uint32_t i = 0; i < count; i++) {
        CoreType type = type_with_ids(space->arena, ids, &types[first + i], base);
        *vec_push(space->arena, &space->types) = type;
    }
    put_group(space, base);
}

const uint32_t *core_space_enter(CoreTypeSpace *space, const CoreModule *m) {
    uint32_t *ids = ARENA_NEW_ARRAY(space->arena, uint32_t, m->types.len);
    for (size_t g = 0; g < m->groups.len; g++)
        if (m->groups.at[g].count)
            core_space_enter_group(space, m->types.at, m->groups.at[g].first, m->groups.at[g].count,
                                   ids);
    return ids;
}

static uint32_t enter_func(CoreTypeSpace *space, bool shared, const CoreValType *params,
                           uint32_t param_count, const CoreValType *results,
                           uint32_t result_count) {
    CoreType type = {.kind = CORE_TYPE_FUNC,
                     .final = true,
                     .shared = shared,
                     .super = CORE_NONE,
                     .descriptor = CORE_NONE,
                     .describes = CORE_NONE,
                     .params = params,
                     .param_count = param_count,
                     .results = results,
                     .result_count = result_count};
    Scope scope = {.first = CORE_NONE - 1, .count = 1}; /* no index refers to it */
    uint32_t base;
    if (is_new(space, &type, &scope, &base)) {
        type.params = arena_copy(space->arena, params, param_count * sizeof *params);
        type.results = arena_copy(space->arena, results, result_count * sizeof *results);
        type.group = base;
        *vec_push(space->arena, &space->types) = type;
        put_group(space, base);
    }
    return base;
}

uint32_t core_space_func(CoreTypeSpace *space, const CoreValType *params, uint32_t param_count,
                         const CoreValType *results, uint32_t result_count) {
    return enter_func(space, false, params, param_count, results, result_count);
}

uint32_t core_space_shared_func(CoreTypeSpace *space, const CoreValType *params,
                                uint32_t param_count, const CoreValType *results,
                                uint32_t result_count) {
    return enter_func(space, true, params, param_count, results, result_count);
}

/* ---- subtyping ---- */

bool core_space_sub(const CoreTypeSpace *space, uint32_t id, uint32_t super) {
    while (id != super) {
        id = space->types.at[id].super;
        if (id == CORE_NONE) return false;
    }
    return true;
}

CoreHeap core_type_heap(const CoreType *t) {
    switch (t->kind) {
    case CORE_TYPE_FUNC: return CORE_HEAP_FUNC;
    case CORE_TYPE_STRUCT: return CORE_HEAP_STRUCT;
    case CORE_TYPE_ARRAY: return CORE_HEAP_ARRAY;
    case CORE_TYPE_CONT: return CORE_HEAP_CONT;
    }
    return CORE_HEAP_BOTTOM;
}

CoreHeap core_heap_top(CoreHeap heap) {
    switch (heap) {
    case CORE_HEAP_ANY:
    case CORE_HEAP_EQ:
    case CORE_HEAP_I31:
    case CORE_HEAP_STRUCT:
    case CORE_HEAP_ARRAY:
    case CORE_HEAP_NONE: return CORE_HEAP_ANY;
    case CORE_HEAP_FUNC:
    case CORE_HEAP_NOFUNC: return CORE_HEAP_FUNC;
    case CORE_HEAP_EXTERN:
    case CORE_HEAP_NOEXTERN: return CORE_HEAP_EXTERN;
    case CORE_HEAP_EXN:
    case CORE_HEAP_NOEXN: return CORE_HEAP_EXN;
    case CORE_HEAP_CONT:
    case CORE_HEAP_NOCONT: return CORE_HEAP_CONT;
    case CORE_HEAP_BOTTOM: break;
    }
    return CORE_HEAP_BOTTOM;
}

static bool is_none(CoreHeap heap) {
    return heap == CORE_HEAP_NONE || heap == CORE_HEAP_NOFUNC || heap == CORE_HEAP_NOEXTERN ||
           heap == CORE_HEAP_NOEXN || heap == CORE_HEAP_NOCONT;
}

/* any > eq > i31, struct, array > none, and four hierarchies of two. */
static bool abstract_sub(CoreHeap t, CoreHeap super) {
    if (t == super) return true;
    if (core_heap_top(t) != core_heap_top(super)) return false;
    if (is_none(t) || super == core_heap_top(super)) return true;
    return super == CORE_HEAP_EQ && t != CORE_HEAP_ANY;
}

/* heaptype <= heaptype (3.3.6) */
static bool heap_sub(const CoreTypeSpace *space, CoreValType t, CoreValType super) {
    bool concrete = core_is_concrete(t), super_concrete = core_is_concrete(super);
    if (!concrete && core_heap(t) == CORE_HEAP_BOTTOM) return true;
    bool shared = concrete ? space->types.at[core_type_index(t)].shared : (t & CORE_SHARED) != 0;
    bool super_shared = super_concrete ? space->types.at[core_type_index(super)].shared
                                       : (super & CORE_SHARED) != 0;
    if (shared != super_shared) return false;
    if (concrete && super_concrete) {
        if (super & CORE_EXACT)
            return (t & CORE_EXACT) && core_type_index(t) == core_type_index(super);
        return core_space_sub(space, core_type_index(t), core_type_index(super));
    }
    if (concrete)
        return abstract_sub(core_type_heap(&space->types.at[core_type_index(t)]), core_heap(super));
    if (super_concrete) {
        CoreHeap heap = core_type_heap(&space->types.at[core_type_index(super)]);
        return is_none(core_heap(t)) && core_heap_top(core_heap(t)) == core_heap_top(heap);
    }
    return abstract_sub(core_heap(t), core_heap(super));
}

bool core_space_matches(const CoreTypeSpace *space, CoreValType t, CoreValType super) {
    if (t == super || t == CORE_BOTTOM) return true;
    if (!core_is_ref(t) || !core_is_ref(super)) return false;
    if (core_is_nullable(t) && !core_is_nullable(super)) return false;
    return heap_sub(space, t, super);
}

/* ---- external types ---- */

CoreExternType core_extern_type(const CoreModule *m, const uint32_t *ids, CoreExtern kind,
                                uint32_t i) {
    CoreExternType e = {.kind = kind, .type = CORE_NONE};
    switch (kind) {
    case CORE_FUNC:
        e.type = ids[m->funcs.at[i].type];
        e.exact = m->funcs.at[i].exact;
        break;
    case CORE_TABLE:
        e.value = core_space_val(ids, m->tables.at[i].type);
        e.limits = m->tables.at[i].limits;
        break;
    case CORE_MEMORY: e.limits = m->memories.at[i].limits; break;
    case CORE_GLOBAL:
        e.value = core_space_val(ids, m->globals.at[i].type);
        e.mutable = m->globals.at[i].mutable;
        e.shared = m->globals.at[i].shared;
        break;
    case CORE_TAG: e.type = ids[m->tags.at[i].type]; break;
    }
    return e;
}

/* limits <= limits: at least as large, and bounded at least as tightly. */
static bool limits_match(const CoreLimits *have, const CoreLimits *want) {
    if (have->is_64 != want->is_64 || have->shared != want->shared) return false;
    if (have->min < want->min) return false;
    return !want->has_max || (have->has_max && have->max <= want->max);
}

bool core_extern_matches(const CoreTypeSpace *space, const CoreExternType *have,
                         const CoreExternType *want) {
    if (have->kind != want->kind) return false;
    switch (want->kind) {
    case CORE_FUNC:
        return want->exact ? have->type == want->type
                           : core_space_sub(space, have->type, want->type);
    case CORE_TABLE:
        return have->value == want->value && limits_match(&have->limits, &want->limits);
    case CORE_MEMORY:
        return have->limits.page_log2 == want->limits.page_log2 &&
               limits_match(&have->limits, &want->limits);
    case CORE_GLOBAL:
        if (have->mutable != want->mutable || have->shared != want->shared) return false;
        return want->mutable ? have->value == want->value
                             : core_space_matches(space, have->value, want->value);
    case CORE_TAG: return have->type == want->type;
    }
    return false;
}
