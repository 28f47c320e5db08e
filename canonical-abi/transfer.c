/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Guest to guest: what lift.c and lower.c do, fused op by op, so that nothing is stored between.
 * The two plans have the same shape; only what their handles mean differs. Numbers side by side in
 * memory (AbiOp.run), whole lists of them above all, are moved in one go. The two memories may be
 * one, hence memmove. Padding is never copied: it is none of the receiver's business.
 */
#include "canonical-abi/internal.h"

typedef struct {
    Side from, to;
} Transfer;

static Trap transfer_plan(Transfer *t, const AbiPlan *a, At from, const AbiPlan *b, At to);

static Trap transfer_string(Transfer *t, const AbiOp *a, At from, const AbiOp *b, At to) {
    uint32_t pointer, length;
    get_pair(&t->from, from, a, &pointer, &length);
    Text text;
    Trap trap = text_from_guest(&t->from, pointer, length, &text);
    if (!trap) trap = text_to_guest(&text, &t->to, &pointer, &length);
    if (!trap) put_pair(&t->to, to, b, pointer, length);
    return trap;
}

static Trap transfer_list(Transfer *t, const AbiOp *a, At from, const AbiOp *b, At to) {
    const AbiPlan *ea = a->element, *eb = b->element;
    uint32_t source, target, n;
    get_pair(&t->from, from, a, &source, &n);
    Trap trap = check_list(&t->from, ea, source, n);
    if (!trap) trap = side_spend(&t->from, (uint64_t)n * ea->size);
    if (!trap)
        trap = side_reallocate(&t->to, 0, 0, eb->align, n * eb->size, &target,
                               TRAP_REALLOC_LIST_BOUNDS);
    if (trap) return trap;
    if (n && ea->is_numbers) {
        memmove(t->to.memory + target, t->from.memory + source, (size_t)n * ea->size);
    } else if (n && abi_is_packed(ea)) {
        trap = copy_packed(ea, t->to.memory + target, t->from.memory + source, n);
    } else {
        for (uint32_t i = 0; i < n && !trap; i++)
            trap = transfer_plan(t, ea, at_element(source, ea, i), eb, at_element(target, eb, i));
    }
    if (!trap) put_pair(&t->to, to, b, target, n);
    return trap;
}

static Trap transfer_variant(Transfer *t, const AbiOp *a, At from, const AbiOp *b, At to) {
    uint64_t index = get_bits(&t->from, from, a);
    Trap trap = check_bits(a, &index);
    if (trap) return trap;
    clear_slots(to, b);
    put_bits(&t->to, to, b, index);
    return transfer_plan(t, a->cases[index], at_payload(from, a), b->cases[index],
                         at_payload(to, b));
}

static Trap transfer_handle(Transfer *t, const AbiOp *a, At from, const AbiOp *b, At to) {
    const AbiGuest *giver = t->from.guest, *taker = t->to.guest;
    uint32_t index = (uint32_t)get_bits(&t->from, from, a);
    uint64_t value;
    Trap trap = giver->lift_handle(giver->context, a->type, index, &value);
    if (!trap) trap = taker->lower_handle(taker->context, b->type, value, &index);
    if (!trap) put_bits(&t->to, to, b, index);
    return trap;
}

static Trap transfer_op(Transfer *t, const AbiOp *a, At from, const AbiOp *b, At to) {
    if (a->kind == ABI_STRING) return transfer_string(t, a, from, b, to);
    if (a->kind == ABI_LIST) return transfer_list(t, a, from, b, to);
    if (a->kind == ABI_VARIANT) return transfer_variant(t, a, from, b, to);
    if (is_handle(a)) return transfer_handle(t, a, from, b, to);
    uint64_t bits = get_bits(&t->from, from, a);
    Trap trap = check_bits(a, &bits);
    if (!trap) put_bits(&t->to, to, b, bits);
    return trap;
}

static Trap transfer_plan(Transfer *t, const AbiPlan *a, At from, const AbiPlan *b, At to) {
    bool in_memory = !from.slots && !to.slots;
    for (uint32_t i = 0; i < a->op_count; i++) {
        const AbiOp *op = &a->ops[i];
        if (in_memory && op->run_ops > 1) {
            memmove(t->to.memory + to.address + op->offset,
                    t->from.memory + from.address + op->offset, op->run);
            i += op->run_ops - 1;
            continue;
        }
        Trap trap = transfer_op(t, op, from, &b->ops[i], to);
        if (trap) return trap;
    }
    return TRAP_NONE;
}

/* Scalars from slots to slots: what most calls pass. */
static Trap transfer_slots(const AbiPlan *plan, const uint64_t *from, uint64_t *to) {
    for (const AbiOp *op = plan->ops, *end = op + plan->op_count; op < end; op++) {
        uint64_t bits = from[op->slot];
        if (op->width < 8) bits = (uint32_t)bits;
        if (op->width < 4 || op->kind >= ABI_CHAR) {
            Trap trap = check_bits(op, &bits);
            if (trap) return trap;
            bits = (uint32_t)bits;
        }
        to[op->slot] = bits;
    }
    return TRAP_NONE;
}

Trap abi_transfer(const AbiPlan *from_plan, AbiPlace from, const AbiPlan *to_plan, AbiPlace to) {
    if (from.slots && to.slots && from_plan->is_scalars)
        return transfer_slots(from_plan, from.slots, to.slots);
    Transfer t = {.from = {.guest = from.guest}, .to = {.guest = to.guest}};
    t.from.other = &t.to;
    t.to.other = &t.from;
    if (from_plan->needs_memory || !from.slots) side_refresh(&t.from);
    if (from_plan->needs_memory || !to.slots) side_refresh(&t.to);
    Trap trap = TRAP_NONE;
    if (!from.slots)
        trap =
            side_check(&t.from, from.address, from_plan->align, from_plan->size, TRAP_VALUE_BOUNDS);
    if (!trap && !to.slots)
        trap = side_check(&t.to, to.address, to_plan->align, to_plan->size, TRAP_VALUE_BOUNDS);
    if (trap) return trap;
    return transfer_plan(&t, from_plan, (At){from.slots, from.address}, to_plan,
                         (At){to.slots, to.address});
}
