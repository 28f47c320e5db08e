/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Values of test scripts: to those of the engine, and compared with what comes back.
 *
 * A float may be asked to be a NaN of a class: `nan:canonical` has only the top bit of the fraction
 * set, `nan:arithmetic` at least that one. (ref.extern n) is the host's word n + 1, since 0 is null;
 * (ref.host n) is that word below any.
 */
#include "cli/wast.h"

static bool nan32(uint32_t bits, int class) {
    return class == WAST_NAN_CANONICAL ? (bits & 0x7fffffff) == 0x7fc00000
                                       : (bits & 0x7fc00000) == 0x7fc00000;
}

static bool nan64(uint64_t bits, int class) {
    const uint64_t quiet = 0x7ff8000000000000;
    return class == WAST_NAN_CANONICAL ? (bits & INT64_MAX) == quiet : (bits & quiet) == quiet;
}

/* The type of a null that is written with this heap type; else that of the parameter. */
static witc_value null_value(CoreHeap heap, witc_valtype param) {
    switch (heap) {
    case CORE_HEAP_BOTTOM: return witc_default(param);
    case CORE_HEAP_FUNC:
    case CORE_HEAP_NOFUNC: return witc_default(WITC_FUNCREF);
    case CORE_HEAP_EXTERN:
    case CORE_HEAP_NOEXTERN: return witc_default(WITC_EXTERNREF);
    case CORE_HEAP_EXN:
    case CORE_HEAP_NOEXN: return witc_default(WITC_EXNREF);
    default: return witc_default(WITC_ANYREF);
    }
}

static void *host_data(const WastValue *value) { return (void *)(uintptr_t)(value->bits + 1); }

static bool to_reference(witc_store *store, const WastValue *value, witc_valtype param,
                         witc_value *to) {
    if (value->is_null) {
        *to = null_value(value->heap, param);
        return true;
    }
    witc_ref *ref = witc_extern_new(store, host_data(value), NULL);
    *to = witc_reference(WITC_EXTERNREF, ref);
    if (value->heap == CORE_HEAP_ANY) {
        *to = witc_reference(WITC_ANYREF, witc_ref_to_any(ref));
        witc_ref_free(ref);
    }
    return to->of.ref != NULL;
}

bool wast_to_value(witc_store *store, const WastValue *value, witc_valtype param, witc_value *to) {
    memset(to, 0, sizeof *to);
    to->of.u64 = value->bits;
    switch (value->kind) {
    case WAST_I32: to->type = WITC_I32; return true;
    case WAST_F32: to->type = WITC_F32; return true;
    case WAST_I64: to->type = WITC_I64; return true;
    case WAST_F64: to->type = WITC_F64; return true;
    case WAST_V128:
        to->type = WITC_V128;
        memcpy(to->of.v128, value->v128, sizeof value->v128);
        return true;
    case WAST_REF: return to_reference(store, value, param, to);
    default: return false;
    }
}

static bool lane_matches(const WastValue *e, unsigned lane, const uint8_t *got) {
    unsigned width = e->lanes ? 16u / e->lanes : 16;
    if (!e->lane_float || e->lane_nan[lane] == WAST_EXACT)
        return memcmp(e->v128 + lane * width, got, width) == 0;
    uint64_t bits = 0;
    memcpy(&bits, got, width);
    return width == 4 ? nan32((uint32_t)bits, (int)e->lane_nan[lane])
                      : nan64(bits, (int)e->lane_nan[lane]);
}

static bool v128_matches(const WastValue *e, const uint8_t *got) {
    unsigned lanes = e->lanes ? e->lanes : 1;
    for (unsigned i = 0; i < lanes; i++) {
        if (!lane_matches(e, i, got + i * (16 / lanes))) return false;
    }
    return true;
}

/* Whether a reference that is not null is below an abstract heap type. */
static bool has_heap(const witc_value *got, CoreHeap heap) {
    if (got->type == WITC_FUNCREF) return heap == CORE_HEAP_FUNC;
    witc_valtype type = witc_ref_type(got->of.ref);
    bool host = type == witc_non_null(WITC_ANYREF), i31 = type == witc_non_null(WITC_I31REF);
    bool object = type == witc_non_null(WITC_STRUCTREF) || type == witc_non_null(WITC_ARRAYREF);
    if (heap == CORE_HEAP_ANY) return host || i31 || object;
    if (heap == CORE_HEAP_EQ) return i31 || object;
    return type == core_ref(false, heap);
}

static bool reference_matches(const WastValue *e, const witc_value *got) {
    void *data;
    if (!witc_is_ref(got->type)) return false;
    bool is_null = got->type == WITC_FUNCREF ? !got->of.func : !got->of.ref;
    if (e->is_null || is_null) return e->is_null && is_null;
    if (e->any) return has_heap(got, e->heap);
    return has_heap(got, e->heap) && witc_ref_data(got->of.ref, &data) && data == host_data(e);
}

bool wast_match_value(const WastValue *e, const witc_value *got) {
    switch (e->kind) {
    case WAST_I32: return got->type == WITC_I32 && got->of.u32 == (uint32_t)e->bits;
    case WAST_I64: return got->type == WITC_I64 && got->of.u64 == e->bits;
    case WAST_F32:
        if (e->nan != WAST_EXACT) return got->type == WITC_F32 && nan32(got->of.u32, (int)e->nan);
        return got->type == WITC_F32 && got->of.u32 == (uint32_t)e->bits;
    case WAST_F64:
        if (e->nan != WAST_EXACT) return got->type == WITC_F64 && nan64(got->of.u64, (int)e->nan);
        return got->type == WITC_F64 && got->of.u64 == e->bits;
    case WAST_V128: return got->type == WITC_V128 && v128_matches(e, got->of.v128);
    case WAST_REF: return reference_matches(e, got);
    case WAST_EITHER:
        for (size_t i = 0; i < e->parts.len; i++) {
            if (wast_match_value(&e->parts.at[i], got)) return true;
        }
        return false;
    case WAST_COMPONENT: return false;
    }
    return false;
}

/* ---- component values ----
 * A record or tuple has the cells of its parts in a row; every other type has one cell. */

static size_t find_name(const WitFields *fields, Str name) {
    for (size_t i = 0; i < fields->len; i++) {
        if (str_eq(fields->at[i].name, name)) return i;
    }
    return SIZE_MAX;
}

/* The case of a variant, enum, option or result that a value names, and its payload's type. */
static bool case_of(const WitType *type, const WastValue *value, uint32_t *index,
                    const WitType **payload) {
    *payload = NULL;
    if (type->kind == WIT_OPTION) {
        *index = value->is_some;
        if (value->is_some) *payload = type->elem;
        return true;
    }
    if (type->kind == WIT_RESULT) {
        *index = !value->is_some;
        *payload = value->is_some ? type->elem : type->second;
        return true;
    }
    size_t found = find_name(&type->fields, value->text);
    if (found == SIZE_MAX) return false;
    *index = (uint32_t)found;
    *payload = type->fields.at[found].type;
    return true;
}

static bool to_variant(Arena *arena, AbiCache *cache, const WitType *type, const WastValue *value,
                       AbiValue *cell) {
    const WitType *payload;
    if (!case_of(type, value, &cell->variant.index, &payload)) return false;
    if ((payload != NULL) != (value->parts.len == 1)) return false;
    if (!payload) return true;
    const AbiPlan *plan = abi_plan(cache, payload);
    if (!plan) return false;
    AbiValue *part = cell->variant.payload = ARENA_NEW_ARRAY(arena, AbiValue, plan->op_count + 1);
    return wast_to_cells(arena, cache, payload, &value->parts.at[0], &part);
}

static bool to_list(Arena *arena, AbiCache *cache, const WitType *type, const WastValue *value,
                    AbiValue *cell) {
    const AbiPlan *plan = abi_plan(cache, type->elem);
    if (!plan) return false;
    cell->list.len = value->parts.len;
    if (abi_is_packed(plan)) {
        uint8_t *bytes = cell->list.items =
            arena_alloc_array(arena, plan->size, value->parts.len + 1);
        for (size_t i = 0; i < value->parts.len; i++)
            memcpy(bytes + i * plan->size, &value->parts.at[i].bits, plan->size);
        return true;
    }
    AbiValue *part = cell->list.items =
        ARENA_NEW_ARRAY(arena, AbiValue, plan->op_count * value->parts.len + 1);
    for (size_t i = 0; i < value->parts.len; i++) {
        if (!wast_to_cells(arena, cache, type->elem, &value->parts.at[i], &part)) return false;
    }
    return true;
}

static uint64_t flag_bits(const WitType *type, const WastValue *value, bool *ok) {
    uint64_t bits = 0;
    for (size_t i = 0; i < value->names.len; i++) {
        size_t found = find_name(&type->fields, value->names.at[i]);
        *ok = *ok && found < 64;
        if (*ok) bits |= (uint64_t)1 << found;
    }
    return bits;
}

bool wast_to_cells(Arena *arena, AbiCache *cache, const WitType *type, const WastValue *value,
                   AbiValue **cell) {
    type = wit_dealias(type);
    bool ok = true;
    switch (type->kind) {
    case WIT_RECORD:
    case WIT_TUPLE:
        if (value->parts.len != type->fields.len) return false;
        for (size_t i = 0; ok && i < type->fields.len; i++) {
            ok = wast_to_cells(arena, cache, type->fields.at[i].type, &value->parts.at[i], cell);
        }
        return ok;
    case WIT_STRING:
        (*cell)->string.ptr = value->text.ptr, (*cell)->string.len = value->text.len;
        break;
    case WIT_LIST: ok = to_list(arena, cache, type, value, *cell); break;
    case WIT_VARIANT:
    case WIT_OPTION:
    case WIT_RESULT: ok = to_variant(arena, cache, type, value, *cell); break;
    case WIT_ENUM: {
        size_t found = find_name(&type->fields, value->text);
        (*cell)->bits = found;
        ok = found != SIZE_MAX;
        break;
    }
    case WIT_FLAGS: (*cell)->bits = flag_bits(type, value, &ok); break;
    default: (*cell)->bits = value->bits; break;
    }
    ++*cell;
    return ok;
}

static bool match_variant(AbiCache *cache, const WitType *type, const WastValue *e,
                          const AbiValue *cell) {
    uint32_t index;
    const WitType *payload;
    if (!case_of(type, e, &index, &payload) || index != cell->variant.index) return false;
    if ((payload != NULL) != (e->parts.len == 1)) return false;
    const AbiValue *part = cell->variant.payload;
    return !payload || wast_match_cells(cache, payload, &e->parts.at[0], &part);
}

static bool match_list(AbiCache *cache, const WitType *type, const WastValue *e,
                       const AbiValue *cell) {
    const AbiPlan *plan = abi_plan(cache, type->elem);
    if (!plan || cell->list.len != e->parts.len) return false;
    const AbiValue *part = cell->list.items;
    for (size_t i = 0; i < e->parts.len; i++) {
        if (abi_is_packed(plan)) {
            const uint8_t *bytes = cell->list.items;
            if (memcmp(bytes + i * plan->size, &e->parts.at[i].bits, plan->size) != 0) return false;
        } else if (!wast_match_cells(cache, type->elem, &e->parts.at[i], &part)) {
            return false;
        }
    }
    return true;
}

bool wast_match_cells(AbiCache *cache, const WitType *type, const WastValue *e,
                      const AbiValue **cell) {
    type = wit_dealias(type);
    bool ok = true;
    switch (type->kind) {
    case WIT_RECORD:
    case WIT_TUPLE:
        if (e->parts.len != type->fields.len) return false;
        for (size_t i = 0; ok && i < type->fields.len; i++) {
            ok = wast_match_cells(cache, type->fields.at[i].type, &e->parts.at[i], cell);
        }
        return ok;
    case WIT_STRING: ok = str_eq((Str){(*cell)->string.ptr, (*cell)->string.len}, e->text); break;
    case WIT_LIST: ok = match_list(cache, type, e, *cell); break;
    case WIT_VARIANT:
    case WIT_OPTION:
    case WIT_RESULT: ok = match_variant(cache, type, e, *cell); break;
    case WIT_ENUM: ok = (*cell)->bits == find_name(&type->fields, e->text); break;
    case WIT_FLAGS: ok = (*cell)->bits == flag_bits(type, e, &ok) && ok; break;
    case WIT_F32:
        ok = e->nan != WAST_EXACT ? nan32((uint32_t)(*cell)->bits, (int)e->nan)
                                  : (uint32_t)(*cell)->bits == (uint32_t)e->bits;
        break;
    case WIT_F64:
        ok = e->nan != WAST_EXACT ? nan64((*cell)->bits, (int)e->nan) : (*cell)->bits == e->bits;
        break;
    default: ok = (*cell)->bits == e->bits; break;
    }
    ++*cell;
    return ok;
}
