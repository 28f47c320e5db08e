/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The canonical ABI on hostile guests: the input says a type, the encodings of two guests, what the
 * first one's memory holds, and how the second one's realloc answers. A value is lifted, lowered and
 * transferred. What was lifted must come back the same after being lowered by an honest realloc.
 */
#include <stdlib.h>

#include "canonical-abi/abi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY = 4096, MAX_PARTS = 5, MAX_DEPTH = 5, BUDGET = 1 << 20 };

typedef struct {
    const uint8_t *at, *end;
    Arena *arena;
} Input;

static uint8_t next(Input *in) { return in->at < in->end ? *in->at++ : 0; }

/* ---- types ---- */

static const WitType *type_from(Input *in, int depth);

static WitType *make(Input *in, WitKind kind, int parts, bool with_types, int depth) {
    WitType *type = ARENA_NEW(in->arena, WitType);
    type->kind = kind;
    for (int i = 0; i < parts; i++)
        *vec_push(in->arena, &type->fields) =
            (WitField){.type = with_types ? type_from(in, depth + 1) : NULL};
    return type;
}

static const WitType *type_from(Input *in, int depth) {
    uint8_t what = next(in), parts = next(in);
    if (depth >= MAX_DEPTH) return wit_prim((WitKind)(what % (WIT_STRING + 1)));
    WitType *type;
    switch (what % 12) {
    case 0: return make(in, WIT_RECORD, 1 + parts % MAX_PARTS, true, depth);
    case 1: return make(in, WIT_VARIANT, 1 + parts % MAX_PARTS, true, depth);
    case 2: return make(in, WIT_FLAGS, 1 + parts % 32, false, depth);
    case 3: return make(in, WIT_ENUM, 1 + parts, false, depth);
    case 4: return make(in, WIT_OWN, 0, false, depth);
    case 5:
    case 6:
    case 7:
        type = make(in,
                    what % 12 == 5   ? WIT_LIST
                    : what % 12 == 6 ? WIT_OPTION
                                     : WIT_FIXED_LIST,
                    0, false, depth);
        type->length = 1 + parts % MAX_PARTS;
        type->elem = type_from(in, depth + 1);
        return type;
    case 8:
    case 9:
        type = make(in, what % 12 == 8 ? WIT_RESULT : WIT_MAP, 0, false, depth);
        type->elem = type_from(in, depth + 1);
        type->second = type_from(in, depth + 1);
        return type;
    default: return wit_prim((WitKind)(parts % (WIT_STRING + 1)));
    }
}

/* ---- guests ---- */

typedef struct {
    uint8_t *memory;
    uint64_t size, budget;
    uint32_t next;
    uint8_t manner;
    AbiGuest guest;
} Guest;

static uint8_t *memory_of(void *context, uint64_t *size) {
    Guest *g = context;
    *size = g->size;
    return g->memory;
}

/* Manner 0 is honest: a bump allocator in a memory that grows and moves. */
static Trap reallocate(void *context, uint32_t old, uint32_t old_size, uint32_t align,
                       uint32_t size, uint32_t *address) {
    Guest *g = context;
    if (g->manner & 1) return *address = (uint32_t)g->size - size + (g->manner >> 4), TRAP_NONE;
    if (g->manner & 2) return *address = g->next++, TRAP_NONE;
    if (g->manner & 4) return *address = 0, TRAP_NONE;
    g->next = (g->next + align - 1) & ~(align - 1);
    if (g->next + (uint64_t)size > g->size) {
        uint8_t *more = calloc(1, g->next + (size_t)size + MEMORY);
        memcpy(more, g->memory, g->size);
        free(g->memory);
        g->memory = more;
        g->size = g->next + (uint64_t)size + MEMORY;
    }
    if (old_size) memmove(g->memory + g->next, g->memory + old, old_size < size ? old_size : size);
    *address = g->next;
    g->next += size;
    return TRAP_NONE;
}

static Trap spend(void *context, uint64_t bytes) {
    Guest *g = context;
    if (bytes > g->budget) return TRAP_HOST_MEMORY;
    g->budget -= bytes;
    return TRAP_NONE;
}

static Trap lift_handle(void *context, const WitType *type, uint32_t index, uint64_t *value) {
    *value = index;
    return TRAP_NONE;
}

static Trap lower_handle(void *context, const WitType *type, uint64_t value, uint32_t *index) {
    *index = (uint32_t)value;
    return TRAP_NONE;
}

static void begin(Guest *g, uint8_t encoding, uint8_t manner) {
    *g = (Guest){.memory = calloc(1, MEMORY), .size = MEMORY, .budget = BUDGET, .manner = manner};
    g->guest = (AbiGuest){.context = g,
                          .encoding = (AbiEncoding)(encoding % 3),
                          .memory = memory_of,
                          .reallocate = reallocate,
                          .spend = spend,
                          .lift_handle = lift_handle,
                          .lower_handle = lower_handle};
}

/* ---- values ---- */

static void same(const AbiPlan *plan, const AbiValue *a, const AbiValue *b);

static void same_list(const AbiPlan *element, const AbiValue *a, const AbiValue *b) {
    if (a->list.len != b->list.len) abort();
    const AbiValue *x = a->list.items, *y = b->list.items;
    if (a->list.len && abi_is_packed(element)) {
        if (memcmp(x, y, a->list.len * element->ops[0].width)) abort();
        return;
    }
    for (size_t i = 0; i < a->list.len; i++, x += element->op_count, y += element->op_count)
        same(element, x, y);
}

static void same(const AbiPlan *plan, const AbiValue *a, const AbiValue *b) {
    for (uint32_t i = 0; i < plan->op_count; i++) {
        const AbiOp *op = &plan->ops[i];
        const AbiValue *x = &a[i], *y = &b[i];
        if (op->kind == ABI_STRING) {
            if (x->string.len != y->string.len ||
                memcmp(x->string.ptr, y->string.ptr, x->string.len))
                abort();
        } else if (op->kind == ABI_LIST) {
            same_list(op->element, x, y);
        } else if (op->kind == ABI_VARIANT) {
            if (x->variant.index != y->variant.index) abort();
            same(op->cases[x->variant.index], x->variant.payload, y->variant.payload);
        } else if (x->bits != y->bits) {
            abort();
        }
    }
}

static AbiPlace at(const Guest *g, uint64_t *slots, uint32_t address) {
    return (AbiPlace){.guest = &g->guest, .slots = slots, .address = address};
}

/* Lowered by an honest realloc, and lifted again, in memory or in slots. */
static void there_and_back(Input *in, const AbiPlan *plan, const AbiValue *values, uint8_t encoding,
                           bool in_slots) {
    Guest g;
    begin(&g, encoding, 0);
    g.next = plan->size + 16;
    if (g.next > MEMORY) in_slots = true;
    uint64_t *slots = in_slots ? ARENA_NEW_ARRAY(in->arena, uint64_t, plan->flat_count + 1) : NULL;
    AbiValue *back = ARENA_NEW_ARRAY(in->arena, AbiValue, plan->op_count);
    Trap trap = abi_lower(plan, values, at(&g, slots, 0));
    g.budget = 8 * BUDGET;
    if (!trap) trap = abi_lift(plan, at(&g, slots, 0), in->arena, back);
    if (!trap) same(plan, values, back);
    else if (trap != TRAP_HOST_MEMORY && trap != TRAP_VALUE_TOO_LARGE) abort();
    free(g.memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Input in = {data, data + size, arena_new()};
    AbiCache cache = {.arena = in.arena, .no_steps = true};
    const AbiPlan *plan = abi_plan(&cache, type_from(&in, 0));
    Guest from, to;
    begin(&from, next(&in), 0);
    begin(&to, next(&in), next(&in));
    uint8_t encoding = next(&in), flags = next(&in);
    size_t left = (size_t)(in.end - in.at);
    memcpy(from.memory, in.at, left < MEMORY ? left : MEMORY);
    if (plan && plan->flat_count < 1 << 12 && plan->op_count < 1 << 12) {
        uint64_t *slots = ARENA_NEW_ARRAY(in.arena, uint64_t, plan->flat_count + 1);
        for (uint32_t i = 0; i < plan->flat_count; i++)
            for (int k = 0; k < 8; k++) slots[i] = slots[i] << (next(&in) & 8) | next(&in);
        uint64_t *source = flags & 1 ? slots : NULL;
        uint64_t *target =
            flags & 2 ? ARENA_NEW_ARRAY(in.arena, uint64_t, plan->flat_count + 1) : NULL;
        AbiValue *values = ARENA_NEW_ARRAY(in.arena, AbiValue, plan->op_count);
        Trap trap = abi_lift(plan, at(&from, source, 0), in.arena, values);
        from.budget = BUDGET;
        if (!trap) there_and_back(&in, plan, values, encoding, flags & 4);
        if (!trap) abi_lower(plan, values, at(&to, target, 0));
        abi_transfer(plan, at(&from, source, 0), plan, at(&to, target, flags >> 4));
        abi_transfer(plan, at(&from, source, 0), plan, at(&from, target, flags >> 4));
    }
    free(from.memory);
    free(to.memory);
    arena_free(in.arena);
    return 0;
}
