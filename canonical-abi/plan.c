/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * From a type to its plan (CanonicalABI.md: "Despecialization", "Alignment", "Element Size",
 * "Flattening").
 *
 * Plans are made from the plans of the parts. A record is laid out part after part: the ops of
 * each part's plan are copied with their offset, slot and steps moved on. A variant keeps the
 * plans of its cases as they are. So types that are used often are planned once.
 *
 *     record r { a: u8, b: tuple<u16, string> }      u8 at 0; tuple at 4: u16 at 0, string at 4
 *     ops:  U8 0 (a)   U16 4 (b, 0)   STRING 8 (b, 1)      size 16, align 4, flat i32 i32 i32 i32
 *
 * A small type can unfold to an enormous plan (records of records, fixed-length lists), therefore
 * every plan and the whole cache have a limit.
 */
#include "canonical-abi/internal.h"

enum { CACHE_LIMIT = 1 << 22 };

typedef struct {
    AbiCache *cache;
    AbiPlan *plan;
    VEC(AbiOp) ops;
    VEC(AbiCore) flat;
    uint64_t size, size64;
} Builder;

static const AbiPlan nothing = {.align = 1, .align64 = 1};

static const AbiPlan *plan_at(AbiCache *cache, const WitType *type, unsigned depth);

static uint64_t align_to(uint64_t at, uint32_t align) {
    return (at + align - 1) & ~((uint64_t)align - 1);
}
static uint32_t larger(uint32_t a, uint32_t b) { return a > b ? a : b; }

static Builder begin(AbiCache *cache, const WitType *type) {
    Builder b = {.cache = cache, .plan = ARENA_NEW(cache->arena, AbiPlan)};
    *b.plan = (AbiPlan){.type = type, .align = 1, .align64 = 1};
    return b;
}

static bool is_number(const AbiOp *op) { return op->kind != ABI_BOOL && op->kind < ABI_CHAR; }

static bool is_scalar(const AbiOp *op) {
    return op->kind <= ABI_CHAR || op->kind == ABI_FLAGS || op->kind == ABI_ENUM;
}

/* Numbers side by side can be copied as one. */
static void find_runs(AbiOp *ops, size_t n) {
    for (size_t i = n; i-- > 0;) {
        AbiOp *op = &ops[i], *next = op + 1;
        bool joins = i + 1 < n && next->run && op->offset + op->width == next->offset;
        op->run = is_number(op) ? op->width + (joins ? next->run : 0) : 0;
        op->run_ops = is_number(op) ? 1 + (joins ? next->run_ops : 0) : 0;
    }
}

static const AbiPlan *finish(Builder *b) {
    AbiPlan *plan = b->plan;
    b->size = align_to(b->size, plan->align);
    b->size64 = align_to(b->size64, plan->align64);
    plan->depth++;
    if (b->size64 > ABI_MAX_BYTES || plan->depth > ABI_MAX_DEPTH) return NULL;
    plan->size = (uint32_t)b->size;
    plan->size64 = (uint32_t)b->size64;
    plan->ops = b->ops.at;
    plan->op_count = (uint32_t)b->ops.len;
    find_runs(b->ops.at, b->ops.len);
    plan->is_numbers = plan->op_count && plan->ops[0].run == plan->size;
    plan->is_scalars = true;
    for (uint32_t i = 0; i < plan->op_count; i++) plan->is_scalars &= is_scalar(&plan->ops[i]);
    plan->flat = b->flat.at;
    plan->flat_count = (uint32_t)b->flat.len;
    return plan;
}

static bool spend(Builder *b, uint32_t n) {
    if (n > CACHE_LIMIT - b->cache->spent) return false;
    b->cache->spent += n;
    return true;
}

static void inherit(AbiPlan *plan, const AbiPlan *part) {
    plan->depth = larger(plan->depth, part->depth);
    plan->align = larger(plan->align, part->align);
    plan->align64 = larger(plan->align64, part->align64);
    plan->needs_memory |= part->needs_memory;
    plan->has_strings |= part->has_strings;
    plan->has_handles |= part->has_handles;
    plan->has_borrows |= part->has_borrows;
}

/* ---- parts side by side ---- */

/* The part's own steps after the step to the part. */
static const AbiStep *steps_after(Arena *arena, AbiStep first, const AbiOp *op) {
    AbiStep *steps = ARENA_NEW_ARRAY(arena, AbiStep, op->step_count + 1);
    steps[0] = first;
    if (op->step_count) memcpy(steps + 1, op->steps, op->step_count * sizeof *steps);
    return steps;
}

static bool add_part(Builder *b, const AbiPlan *part, AbiStep step) {
    Arena *arena = b->cache->arena;
    if (!part || part->op_count > ABI_MAX_OPS - b->ops.len) return false;
    b->size = align_to(b->size, part->align);
    b->size64 = align_to(b->size64, part->align64);
    if (b->size64 + part->size64 > ABI_MAX_BYTES) return false;
    uint32_t slot = (uint32_t)b->flat.len;
    for (uint32_t i = 0; i < part->op_count; i++) {
        const AbiOp *from = &part->ops[i];
        uint32_t steps = b->cache->no_steps ? 0 : from->step_count + 1;
        if (!spend(b, steps + 1)) return false;
        AbiOp *op = vec_push(arena, &b->ops);
        *op = *from;
        op->offset += (uint32_t)b->size;
        op->slot += slot;
        op->payload += from->kind == ABI_VARIANT ? (uint32_t)b->size : 0;
        op->step_count = steps;
        op->steps = steps ? steps_after(arena, step, from) : NULL;
    }
    if (!spend(b, part->flat_count)) return false;
    for (uint32_t i = 0; i < part->flat_count; i++) *vec_push(arena, &b->flat) = part->flat[i];
    b->size += part->size;
    b->size64 += part->size64;
    inherit(b->plan, part);
    return true;
}

static const AbiPlan *plan_fields(AbiCache *cache, const WitType *type, const WitField *fields,
                                  size_t n, unsigned depth) {
    Builder b = begin(cache, type);
    for (size_t i = 0; i < n; i++) {
        AbiStep step = {.type = type, .field = (uint32_t)i};
        if (!add_part(&b, plan_at(cache, fields[i].type, depth), step)) return NULL;
    }
    return finish(&b);
}

static const AbiPlan *plan_fixed_list(AbiCache *cache, const WitType *type, unsigned depth) {
    Builder b = begin(cache, type);
    const AbiPlan *element = plan_at(cache, type->elem, depth);
    for (uint64_t i = 0; i < type->length; i++)
        if (!add_part(&b, element, (AbiStep){.type = type, .field = (uint32_t)i})) return NULL;
    return type->length ? finish(&b) : NULL;
}

/* ---- a single operation ---- */

static const AbiPlan *plan_op(AbiCache *cache, const WitType *type, AbiOp op, AbiCore core) {
    Builder b = begin(cache, type);
    if (!spend(&b, 1)) return NULL;
    op.type = type;
    op.slots = 1;
    b.plan->align = b.plan->align64 = op.width;
    b.size = b.size64 = op.width;
    b.plan->has_handles = op.kind >= ABI_OWN;
    b.plan->has_borrows = op.kind == ABI_BORROW;
    *vec_push(cache->arena, &b.flat) = core;
    *vec_push(cache->arena, &b.ops) = op;
    return finish(&b);
}

static const AbiPlan *plan_pointer(AbiCache *cache, const WitType *type, AbiOp op) {
    Builder b = begin(cache, type);
    if (!spend(&b, 1)) return NULL;
    op.type = type;
    op.slots = 2;
    op.width = 4;
    b.plan->align = 4, b.size = 8;
    b.plan->align64 = 8, b.size64 = 16;
    b.plan->needs_memory = true;
    b.plan->has_strings = op.kind == ABI_STRING;
    b.plan->depth = op.element ? op.element->depth : 0;
    for (int i = 0; i < 2; i++) *vec_push(cache->arena, &b.flat) = ABI_I32;
    *vec_push(cache->arena, &b.ops) = op;
    if (op.element) {
        b.plan->has_strings |= op.element->has_strings;
        b.plan->has_handles |= op.element->has_handles;
        b.plan->has_borrows |= op.element->has_borrows;
    }
    return finish(&b);
}

static const AbiPlan *plan_list(AbiCache *cache, const WitType *type, const AbiPlan *element) {
    if (!element || element->size == 0) return NULL;
    return plan_pointer(cache, type, (AbiOp){.kind = ABI_LIST, .element = element});
}

/* A map is a list of pairs. */
static const AbiPlan *plan_map(AbiCache *cache, const WitType *type, unsigned depth) {
    WitField pair[2] = {{.type = type->elem}, {.type = type->second}};
    return plan_list(cache, type, plan_fields(cache, type, pair, 2, depth));
}

static uint8_t discriminant_width(size_t cases) {
    return cases <= 0x100 ? 1 : cases <= 0x10000 ? 2 : 4;
}

static const AbiPlan *plan_flags(AbiCache *cache, const WitType *type) {
    size_t n = type->fields.len;
    if (n == 0 || n > 32) return NULL;
    AbiOp op = {.kind = ABI_FLAGS, .width = n <= 8 ? 1 : n <= 16 ? 2 : 4};
    op.case_count = (uint32_t)n;
    return plan_op(cache, type, op, ABI_I32);
}

static const AbiPlan *plan_enum(AbiCache *cache, const WitType *type) {
    size_t n = type->fields.len;
    if (n == 0 || n > UINT32_MAX) return NULL;
    AbiOp op = {.kind = ABI_ENUM, .width = discriminant_width(n), .case_count = (uint32_t)n};
    return plan_op(cache, type, op, ABI_I32);
}

/* ---- variants ---- */

static AbiCore join(AbiCore a, AbiCore b) {
    if (a == b) return a;
    return (a == ABI_I32 && b == ABI_F32) || (a == ABI_F32 && b == ABI_I32) ? ABI_I32 : ABI_I64;
}

static bool join_flat(Builder *b, const AbiPlan *payload) {
    for (uint32_t i = 0; i < payload->flat_count; i++) {
        if (i + 1 < b->flat.len) {
            b->flat.at[i + 1] = join(b->flat.at[i + 1], payload->flat[i]);
        } else {
            if (!spend(b, 1)) return false;
            *vec_push(b->cache->arena, &b->flat) = payload->flat[i];
        }
    }
    return true;
}

/* discriminant, padding to the payloads' alignment, the largest payload */
static const AbiPlan *plan_variant(AbiCache *cache, const WitType *type,
                                   const WitType *const *types, size_t n, unsigned depth) {
    Builder b = begin(cache, type);
    if (n == 0 || n > CACHE_LIMIT || !spend(&b, (uint32_t)n + 1)) return NULL;
    const AbiPlan **cases = ARENA_NEW_ARRAY(cache->arena, const AbiPlan *, n);
    uint8_t width = discriminant_width(n);
    uint32_t largest = 0, largest64 = 0;
    *vec_push(cache->arena, &b.flat) = ABI_I32;
    for (size_t i = 0; i < n; i++) {
        cases[i] = plan_at(cache, types[i], depth);
        if (!cases[i] || !join_flat(&b, cases[i])) return NULL;
        inherit(b.plan, cases[i]);
        largest = larger(largest, cases[i]->size);
        largest64 = larger(largest64, cases[i]->size64);
    }
    uint32_t payload = (uint32_t)align_to(width, b.plan->align);
    b.size = payload + largest;
    b.size64 = align_to(width, b.plan->align64) + largest64;
    b.plan->align = larger(b.plan->align, width);
    b.plan->align64 = larger(b.plan->align64, width);
    *vec_push(cache->arena, &b.ops) = (AbiOp){.kind = ABI_VARIANT,
                                              .width = width,
                                              .slots = (uint32_t)b.flat.len,
                                              .payload = payload,
                                              .case_count = (uint32_t)n,
                                              .cases = cases,
                                              .type = type};
    return finish(&b);
}

static const AbiPlan *plan_cases(AbiCache *cache, const WitType *type, unsigned depth) {
    if (type->fields.len > CACHE_LIMIT) return NULL;
    Arena *arena = cache->arena;
    const WitType **types = ARENA_NEW_ARRAY(arena, const WitType *, type->fields.len);
    for (size_t i = 0; i < type->fields.len; i++) types[i] = type->fields.at[i].type;
    return plan_variant(cache, type, types, type->fields.len, depth);
}

/* ---- by kind ---- */

static const AbiPlan *scalar(AbiCache *cache, const WitType *type, AbiKind kind, uint8_t width,
                             AbiCore core) {
    return plan_op(cache, type, (AbiOp){.kind = kind, .width = width}, core);
}

static const AbiPlan *make(AbiCache *cache, const WitType *type, unsigned depth) {
    switch (type->kind) {
    case WIT_BOOL: return scalar(cache, type, ABI_BOOL, 1, ABI_I32);
    case WIT_S8: return scalar(cache, type, ABI_S8, 1, ABI_I32);
    case WIT_U8: return scalar(cache, type, ABI_U8, 1, ABI_I32);
    case WIT_S16: return scalar(cache, type, ABI_S16, 2, ABI_I32);
    case WIT_U16: return scalar(cache, type, ABI_U16, 2, ABI_I32);
    case WIT_S32: return scalar(cache, type, ABI_S32, 4, ABI_I32);
    case WIT_U32: return scalar(cache, type, ABI_U32, 4, ABI_I32);
    case WIT_S64: return scalar(cache, type, ABI_S64, 8, ABI_I64);
    case WIT_U64: return scalar(cache, type, ABI_U64, 8, ABI_I64);
    case WIT_F32: return scalar(cache, type, ABI_FLOAT32, 4, ABI_F32);
    case WIT_F64: return scalar(cache, type, ABI_FLOAT64, 8, ABI_F64);
    case WIT_CHAR: return scalar(cache, type, ABI_CHAR, 4, ABI_I32);
    case WIT_STRING: return plan_pointer(cache, type, (AbiOp){.kind = ABI_STRING});
    case WIT_ERROR_CONTEXT: return scalar(cache, type, ABI_ERROR_CONTEXT, 4, ABI_I32);
    case WIT_OWN: return scalar(cache, type, ABI_OWN, 4, ABI_I32);
    case WIT_BORROW: return scalar(cache, type, ABI_BORROW, 4, ABI_I32);
    case WIT_STREAM: return scalar(cache, type, ABI_STREAM, 4, ABI_I32);
    case WIT_FUTURE: return scalar(cache, type, ABI_FUTURE, 4, ABI_I32);
    case WIT_LIST: return plan_list(cache, type, plan_at(cache, type->elem, depth));
    case WIT_MAP: return plan_map(cache, type, depth);
    case WIT_FIXED_LIST: return plan_fixed_list(cache, type, depth);
    case WIT_FLAGS: return plan_flags(cache, type);
    case WIT_ENUM: return plan_enum(cache, type);
    case WIT_VARIANT: return plan_cases(cache, type, depth);
    case WIT_OPTION:
        return plan_variant(cache, type, (const WitType *[]){NULL, type->elem}, 2, depth);
    case WIT_RESULT:
        return plan_variant(cache, type, (const WitType *[]){type->elem, type->second}, 2, depth);
    case WIT_RECORD:
    case WIT_TUPLE:
        if (type->fields.len == 0) return NULL;
        return plan_fields(cache, type, type->fields.at, type->fields.len, depth);
    case WIT_RESOURCE:
    case WIT_ALIAS:
    case WIT_KIND_COUNT: break; /* not the type of a value */
    }
    return NULL;
}

static const AbiPlan *plan_at(AbiCache *cache, const WitType *type, unsigned depth) {
    type = wit_dealias(type);
    if (!type) return &nothing;
    Str key = {(const char *)&type, sizeof type};
    MapEntry *known = map_get(&cache->plans, key);
    if (known) return known->cptr;
    if (depth >= ABI_MAX_DEPTH) return NULL;
    const AbiPlan *plan = make(cache, type, depth + 1);
    if (plan) {
        key.ptr = (const char *)&plan->type;
        map_put(cache->arena, &cache->plans, key, NULL)->cptr = plan;
    }
    return plan;
}

const AbiPlan *abi_plan(AbiCache *cache, const WitType *type) { return plan_at(cache, type, 0); }

const AbiPlan *abi_plan_fields(AbiCache *cache, const WitField *fields, size_t n) {
    return n ? plan_fields(cache, NULL, fields, n, 0) : &nothing;
}

uint32_t abi_align(AbiCache *cache, const WitType *type) {
    const AbiPlan *plan = abi_plan(cache, type);
    return plan ? plan->align : 0;
}

uint32_t abi_size(AbiCache *cache, const WitType *type) {
    const AbiPlan *plan = abi_plan(cache, type);
    return plan ? plan->size : 0;
}
