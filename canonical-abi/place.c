/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Where values lie. A flat slot holds an i32 or f32 as its bits, zero-extended; joining the cases
 * of a variant only ever widens a slot, so reading the low bits undoes it, and no op needs to know
 * what its slot was joined to.
 */
#include "canonical-abi/internal.h"

void side_refresh(Side *side) {
    if (!side || !side->guest->memory) return;
    side->memory = side->guest->memory(side->guest->context, &side->size);
}

Trap side_spend(const Side *side, uint64_t bytes) {
    return side->guest->spend ? side->guest->spend(side->guest->context, bytes) : TRAP_NONE;
}

Trap side_check(const Side *side, uint64_t address, uint32_t align, uint64_t bytes, Trap bounds) {
    if (address & (align - 1)) return TRAP_UNALIGNED_POINTER;
    return address > side->size || bytes > side->size - address ? bounds : TRAP_NONE;
}

Trap side_reallocate(Side *side, uint32_t old, uint32_t old_size, uint32_t align, uint32_t size,
                     uint32_t *address, Trap bounds) {
    const AbiGuest *guest = side->guest;
    if (!guest->reallocate) return bounds;
    Trap trap = guest->reallocate(guest->context, old, old_size, align, size, address);
    if (trap) return trap;
    side_refresh(side);
    side_refresh(side->other);
    trap = side_check(side, *address, align, size, bounds);
    return trap == TRAP_UNALIGNED_POINTER ? TRAP_REALLOC_ALIGNMENT : trap;
}

At at_payload(At at, const AbiOp *variant) {
    if (at.slots) return (At){.slots = at.slots + variant->slot + 1};
    return (At){.address = at.address + variant->payload};
}

At at_element(uint32_t base, const AbiPlan *element, uint32_t index) {
    return (At){.address = base + index * element->size};
}

void get_pair(const Side *side, At at, const AbiOp *op, uint32_t *pointer, uint32_t *length) {
    if (at.slots) {
        *pointer = (uint32_t)at.slots[op->slot];
        *length = (uint32_t)at.slots[op->slot + 1];
        return;
    }
    const uint8_t *from = side->memory + at.address + op->offset;
    *pointer = (uint32_t)load_bytes(from, 4);
    *length = (uint32_t)load_bytes(from + 4, 4);
}

void put_pair(const Side *side, At at, const AbiOp *op, uint32_t pointer, uint32_t length) {
    if (at.slots) {
        at.slots[op->slot] = pointer;
        at.slots[op->slot + 1] = length;
        return;
    }
    uint8_t *to = side->memory + at.address + op->offset;
    store_bytes(to, 4, pointer);
    store_bytes(to + 4, 4, length);
}

void clear_slots(At at, const AbiOp *op) {
    if (at.slots) memset(at.slots + op->slot, 0, op->slots * sizeof *at.slots);
}

/* Numbers need no look at each. Of the others, some may only have certain values, and some have bits
 * that do not count. */
Trap copy_packed(const AbiPlan *element, uint8_t *to, const uint8_t *from, size_t n) {
    const AbiOp *op = &element->ops[0];
    size_t width = op->width, bytes = n * width;
    if (bytes == 0) return TRAP_NONE;
    bool has_loose_bits = op->kind == ABI_BOOL || op->kind == ABI_FLAGS;
    for (size_t at = 0; at < bytes && !element->is_numbers; at += width) {
        uint64_t bits = load_bytes(from + at, op->width);
        Trap trap = check_bits(op, &bits);
        if (trap) return trap;
        if (has_loose_bits) store_bytes(to + at, op->width, bits);
    }
    if (!has_loose_bits) memmove(to, from, bytes);
    return TRAP_NONE;
}

Trap check_list(const Side *side, const AbiPlan *element, uint32_t pointer, uint32_t length) {
    uint64_t bytes = (uint64_t)length * element->size;
    if (bytes > ABI_MAX_BYTES) return TRAP_VALUE_TOO_LARGE;
    return side_check(side, pointer, element->align, bytes, TRAP_LIST_BOUNDS);
}
