/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Guest to host (CanonicalABI.md, "Loading" and "Flat Lifting"). Every op of a plan yields a cell.
 * Bounds are checked where pointers appear: at the whole value, at strings and at lists; what lies
 * inside of a checked range needs no more of it. Recursion goes as deep as types nest.
 */
#include "canonical-abi/internal.h"

typedef struct {
    Side side;
    Arena *arena;
} Lift;

static Trap lift_plan(Lift *l, const AbiPlan *plan, At at, AbiValue *values);

bool abi_is_packed(const AbiPlan *element) { return element->op_count == 1 && element->is_scalars; }

AbiValue abi_unpack(const AbiPlan *element, const uint8_t *from) {
    AbiValue cell = {.bits = 0};
    AbiKind kind = element->ops[0].kind;
    bool is_signed = kind == ABI_S8 || kind == ABI_S16 || kind == ABI_S32;
    for (unsigned i = 0; i < element->size; i++) cell.bits |= (uint64_t)from[i] << 8 * i;
    unsigned unused = 64 - 8 * element->size;
    if (is_signed) cell.bits = (uint64_t)((int64_t)(cell.bits << unused) >> unused);
    return cell;
}

void abi_pack(const AbiPlan *element, AbiValue cell, uint8_t *to) {
    for (unsigned i = 0; i < element->size; i++) to[i] = (uint8_t)(cell.bits >> 8 * i);
}

static Trap lift_string(Lift *l, At at, const AbiOp *op, AbiValue *value) {
    uint32_t pointer, length;
    get_pair(&l->side, at, op, &pointer, &length);
    Text text;
    Trap trap = text_from_guest(&l->side, pointer, length, &text);
    return trap ? trap : text_to_host(&text, l->arena, value);
}

static Trap lift_packed(Lift *l, const AbiPlan *element, uint32_t pointer, uint32_t n,
                        AbiValue *value) {
    size_t bytes = (size_t)n * element->size;
    Trap trap = side_spend(&l->side, bytes);
    if (trap) return trap;
    uint8_t *items = arena_alloc(l->arena, bytes);
    value->list.items = items;
    value->list.len = n;
    return copy_packed(element, items, l->side.memory + pointer, n);
}

static Trap lift_list(Lift *l, At at, const AbiOp *op, AbiValue *value) {
    const AbiPlan *element = op->element;
    uint32_t pointer, n;
    get_pair(&l->side, at, op, &pointer, &n);
    Trap trap = check_list(&l->side, element, pointer, n);
    if (trap) return trap;
    if (n && abi_is_packed(element)) return lift_packed(l, element, pointer, n, value);
    trap = side_spend(&l->side, (uint64_t)n * element->op_count * sizeof(AbiValue));
    if (trap) return trap;
    AbiValue *items = ARENA_NEW_ARRAY(l->arena, AbiValue, (size_t)n * element->op_count);
    value->list.items = items;
    value->list.len = n;
    for (uint32_t i = 0; i < n && !trap; i++, items += element->op_count)
        trap = lift_plan(l, element, at_element(pointer, element, i), items);
    return trap;
}

static Trap lift_variant(Lift *l, At at, const AbiOp *op, AbiValue *value) {
    uint64_t index = get_bits(&l->side, at, op);
    Trap trap = check_bits(op, &index);
    if (trap) return trap;
    const AbiPlan *payload = op->cases[index];
    value->variant.index = (uint32_t)index;
    value->variant.payload = NULL;
    if (payload->op_count == 0) return TRAP_NONE;
    trap = side_spend(&l->side, payload->op_count * sizeof(AbiValue));
    if (trap) return trap;
    value->variant.payload = ARENA_NEW_ARRAY(l->arena, AbiValue, payload->op_count);
    return lift_plan(l, payload, at_payload(at, op), value->variant.payload);
}

static Trap lift_op(Lift *l, At at, const AbiOp *op, AbiValue *value) {
    if (op->kind == ABI_STRING) return lift_string(l, at, op, value);
    if (op->kind == ABI_LIST) return lift_list(l, at, op, value);
    if (op->kind == ABI_VARIANT) return lift_variant(l, at, op, value);
    uint64_t bits = get_bits(&l->side, at, op);
    const AbiGuest *guest = l->side.guest;
    if (is_handle(op))
        return guest->lift_handle(guest->context, op->type, (uint32_t)bits, &value->bits);
    Trap trap = check_bits(op, &bits);
    value->bits = bits;
    return trap;
}

static Trap lift_plan(Lift *l, const AbiPlan *plan, At at, AbiValue *values) {
    Trap trap = TRAP_NONE;
    for (uint32_t i = 0; i < plan->op_count && !trap; i++)
        trap = lift_op(l, at, &plan->ops[i], &values[i]);
    return trap;
}

Trap abi_lift(const AbiPlan *plan, AbiPlace from, Arena *arena, AbiValue *values) {
    Lift l = {.side = {.guest = from.guest}, .arena = arena};
    if (plan->needs_memory || !from.slots) side_refresh(&l.side);
    if (!from.slots) {
        Trap trap = side_check(&l.side, from.address, plan->align, plan->size, TRAP_VALUE_BOUNDS);
        if (trap) return trap;
    }
    return lift_plan(&l, plan, (At){from.slots, from.address}, values);
}
