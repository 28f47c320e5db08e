/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Function types as core function types (CanonicalABI.md, "Flattening": flatten_functype), and the
 * options that a `canon` of one must have ("canonopt Validation", "canon lift", "canon lower").
 *
 *                 parameters in slots up to     results in slots up to     else
 *   lift          16                            1                          pointer returned
 *   lower         16                            1                          pointer as last parameter
 *   lift async    16                            16, by task.return         pointer to task.return
 *   lower async   4                             0                          pointer as last parameter
 *
 * Parameters beyond the limit lie in memory, behind one pointer.
 */
#include "base/buf.h"
#include "canonical-abi/abi.h"

static bool is_lift(AbiVariant v) { return v != ABI_LOWER && v != ABI_LOWER_ASYNC; }

static uint32_t max_params(AbiVariant v) {
    return v == ABI_LOWER_ASYNC ? ABI_MAX_FLAT_ASYNC_PARAMS : ABI_MAX_FLAT_PARAMS;
}

static uint32_t max_results(AbiVariant v) {
    switch (v) {
    case ABI_LIFT:
    case ABI_LOWER: return ABI_MAX_FLAT_RESULTS;
    case ABI_LIFT_ASYNC:
    case ABI_LIFT_ASYNC_CALLBACK: return ABI_MAX_FLAT_PARAMS;
    case ABI_LOWER_ASYNC: break;
    }
    return 0;
}

static const AbiCore *one_i32(Arena *arena) {
    AbiCore i32 = ABI_I32;
    return arena_copy(arena, &i32, sizeof i32);
}

static void set_params(Arena *arena, AbiFunc *f) {
    bool out_pointer = !is_lift(f->variant) && f->result_spilled;
    uint32_t n = f->params_spilled ? 1 : f->params->flat_count;
    AbiCore *core = ARENA_NEW_ARRAY(arena, AbiCore, n + 1);
    if (f->params_spilled) core[0] = ABI_I32;
    else if (n) memcpy(core, f->params->flat, n * sizeof *core);
    if (out_pointer) core[n++] = ABI_I32;
    f->core_params = core;
    f->core_param_count = n;
}

static void set_results(Arena *arena, AbiFunc *f) {
    switch (f->variant) {
    case ABI_LIFT:
    case ABI_LOWER:
        if (f->result_spilled && f->variant == ABI_LOWER) return;
        f->core_results = f->result_spilled ? one_i32(arena) : f->result->flat;
        f->core_result_count = f->result_spilled ? 1 : f->result->flat_count;
        return;
    case ABI_LIFT_ASYNC: return;
    case ABI_LIFT_ASYNC_CALLBACK:
    case ABI_LOWER_ASYNC:
        f->core_results = one_i32(arena);
        f->core_result_count = 1;
        return;
    }
}

static void set_needs(AbiFunc *f) {
    bool lift = is_lift(f->variant);
    const AbiPlan *made = lift ? f->params : f->result; /* made in this guest's memory */
    const AbiPlan *read = lift ? f->result : f->params; /* read from there */
    f->needs_realloc = made->needs_memory || (lift && f->params_spilled);
    f->needs_memory =
        f->needs_realloc || read->needs_memory || f->params_spilled || f->result_spilled;
    f->needs_encoding = f->params->has_strings || f->result->has_strings;
    f->needs_post_return = f->variant == ABI_LIFT && f->result->needs_memory;
}

const AbiFunc *abi_func(AbiCache *cache, const WitFunc *func, AbiVariant variant) {
    const AbiPlan *params = abi_plan_fields(cache, func->params.at, func->params.len);
    const AbiPlan *result = abi_plan(cache, func->result);
    if (!params || !result) return NULL;
    AbiFunc *f = ARENA_NEW(cache->arena, AbiFunc);
    *f = (AbiFunc){.variant = variant, .params = params, .result = result};
    f->params_spilled = params->flat_count > max_params(variant);
    f->result_spilled = result->flat_count > max_results(variant);
    set_params(cache->arena, f);
    set_results(cache->arena, f);
    set_needs(f);
    return f;
}

static void put_types(Buf *b, const AbiCore *types, uint32_t n) {
    static const char *const names[] = {"i32", "i64", "f32", "f64"};
    for (uint32_t i = 0; i < n; i++) buf_fmt(b, "%s%s", i ? " " : "", names[types[i]]);
}

Str abi_signature(Arena *arena, const AbiFunc *func) {
    Buf b = {.arena = arena};
    put_types(&b, func->core_params, func->core_param_count);
    buf_str(&b, func->core_param_count ? STR(" ->") : STR("->"));
    if (func->core_result_count) buf_byte(&b, ' ');
    put_types(&b, func->core_results, func->core_result_count);
    return buf_text(&b);
}
