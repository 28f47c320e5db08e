/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Host to guest (CanonicalABI.md, "Storing" and "Flat Lowering"), the mirror of lift.c. The memory
 * may move at each call of realloc, so addresses are kept, never pointers.
 */
#include "canonical-abi/internal.h"

static Trap lower_plan(Side *side, const AbiPlan *plan, const AbiValue *values, At at);

static Trap lower_string(Side *side, const AbiOp *op, const AbiValue *value, At at) {
    Text text;
    uint32_t pointer, length;
    Trap trap = text_from_host(value->string.ptr, value->string.len, &text);
    if (!trap) trap = text_to_guest(&text, side, &pointer, &length);
    if (!trap) put_pair(side, at, op, pointer, length);
    return trap;
}

static Trap lower_list(Side *side, const AbiOp *op, const AbiValue *value, At at) {
    const AbiPlan *element = op->element;
    const AbiValue *items = value->list.items;
    if (value->list.len > ABI_MAX_BYTES / element->size) return TRAP_VALUE_TOO_LARGE;
    uint32_t n = (uint32_t)value->list.len, pointer;
    Trap trap = side_spend(side, (uint64_t)n * element->size);
    if (!trap)
        trap = side_reallocate(side, 0, 0, element->align, n * element->size, &pointer,
                               TRAP_REALLOC_LIST_BOUNDS);
    if (trap) return trap;
    if (abi_is_packed(element)) {
        trap = copy_packed(element, side->memory + pointer, value->list.items, n);
    } else {
        for (uint32_t i = 0; i < n && !trap; i++, items += element->op_count)
            trap = lower_plan(side, element, items, at_element(pointer, element, i));
    }
    if (!trap) put_pair(side, at, op, pointer, n);
    return trap;
}

static Trap lower_variant(Side *side, const AbiOp *op, const AbiValue *value, At at) {
    if (value->variant.index >= op->case_count) return TRAP_BAD_VARIANT;
    clear_slots(at, op);
    put_bits(side, at, op, value->variant.index);
    return lower_plan(side, op->cases[value->variant.index], value->variant.payload,
                      at_payload(at, op));
}

static Trap lower_handle(Side *side, const AbiOp *op, const AbiValue *value, At at) {
    uint32_t index = 0;
    const AbiGuest *guest = side->guest;
    Trap trap = guest->lower_handle(guest->context, op->type, value->bits, &index);
    if (!trap) put_bits(side, at, op, index);
    return trap;
}

static Trap lower_op(Side *side, const AbiOp *op, const AbiValue *value, At at) {
    if (op->kind == ABI_STRING) return lower_string(side, op, value, at);
    if (op->kind == ABI_LIST) return lower_list(side, op, value, at);
    if (op->kind == ABI_VARIANT) return lower_variant(side, op, value, at);
    if (is_handle(op)) return lower_handle(side, op, value, at);
    uint64_t bits = value->bits;
    Trap trap = check_bits(op, &bits);
    if (!trap) put_bits(side, at, op, bits);
    return trap;
}

static Trap lower_plan(Side *side, const AbiPlan *plan, const AbiValue *values, At at) {
    Trap trap = TRAP_NONE;
    for (uint32_t i = 0; i < plan->op_count && !trap; i++)
        trap = lower_op(side, &plan->ops[i], &values[i], at);
    return trap;
}

Trap abi_lower(const AbiPlan *plan, const AbiValue *values, AbiPlace to) {
    Side side = {.guest = to.guest};
    if (plan->needs_memory || !to.slots) side_refresh(&side);
    if (!to.slots) {
        Trap trap = side_check(&side, to.address, plan->align, plan->size, TRAP_VALUE_BOUNDS);
        if (trap) return trap;
    }
    return lower_plan(&side, plan, values, (At){to.slots, to.address});
}

Trap abi_allocate(const AbiPlan *plan, const AbiGuest *guest, uint32_t *address) {
    Side side = {.guest = guest};
    side_refresh(&side);
    return side_reallocate(&side, 0, 0, plan->align, plan->size, address, TRAP_REALLOC_BOUNDS);
}
