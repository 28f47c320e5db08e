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

uint64_t load_bytes(const uint8_t *from, unsigned width) {
    uint64_t bits = 0;
    for (unsigned i = width; i-- > 0;) bits = bits << 8 | from[i];
    return bits;
}

void store_bytes(uint8_t *to, unsigned width, uint64_t bits) {
    for (unsigned i = 0; i < width; i++, bits >>= 8) to[i] = (uint8_t)bits;
}

uint64_t get_bits(const Side *side, At at, const AbiOp *op) {
    if (!at.slots) return load_bytes(side->memory + at.address + op->offset, op->width);
    uint64_t bits = at.slots[op->slot];
    return op->width == 8 ? bits : (uint32_t)bits;
}

void put_bits(const Side *side, At at, const AbiOp *op, uint64_t bits) {
    if (!at.slots) store_bytes(side->memory + at.address + op->offset, op->width, bits);
    else at.slots[op->slot] = op->width == 8 ? bits : (uint32_t)bits;
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

static uint64_t sign_extend(uint64_t bits, unsigned width) {
    unsigned shift = 64 - 8 * width;
    return (uint64_t)((int64_t)(bits << shift) >> shift);
}

static Trap check_char(uint64_t *bits) {
    *bits = (uint32_t)*bits;
    bool surrogate = *bits >= 0xd800 && *bits <= 0xdfff;
    return *bits >= 0x110000 || surrogate ? TRAP_BAD_CHAR : TRAP_NONE;
}

Trap check_bits(const AbiOp *op, uint64_t *bits) {
    switch (op->kind) {
    case ABI_BOOL: *bits = *bits != 0; break;
    case ABI_S8:
    case ABI_S16:
    case ABI_S32: *bits = sign_extend(*bits, op->width); break;
    case ABI_U8: *bits = (uint8_t)*bits; break;
    case ABI_U16: *bits = (uint16_t)*bits; break;
    case ABI_U32:
    case ABI_FLOAT32: *bits = (uint32_t)*bits; break;
    case ABI_S64:
    case ABI_U64:
    case ABI_FLOAT64: break;
    case ABI_CHAR: return check_char(bits);
    case ABI_FLAGS: *bits &= ((uint64_t)1 << op->case_count) - 1; break;
    case ABI_ENUM: return *bits >= op->case_count ? TRAP_BAD_ENUM : TRAP_NONE;
    case ABI_VARIANT: return *bits >= op->case_count ? TRAP_BAD_VARIANT : TRAP_NONE;
    case ABI_OWN:
    case ABI_BORROW:
    case ABI_STREAM:
    case ABI_FUTURE:
    case ABI_ERROR_CONTEXT:
    case ABI_STRING:
    case ABI_LIST: break;
    }
    return TRAP_NONE;
}

bool is_handle(const AbiOp *op) { return op->kind >= ABI_OWN; }

Trap check_list(const Side *side, const AbiPlan *element, uint32_t pointer, uint32_t length) {
    uint64_t bytes = (uint64_t)length * element->size;
    if (bytes > ABI_MAX_BYTES) return TRAP_VALUE_TOO_LARGE;
    return side_check(side, pointer, element->align, bytes, TRAP_LIST_BOUNDS);
}
