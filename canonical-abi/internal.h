/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CANONICAL_ABI_INTERNAL_H
#define CANONICAL_ABI_INTERNAL_H

#include "canonical-abi/abi.h"

/* One side of a lift, lower or transfer: a guest and its memory as it is now. A call of realloc may
 * move any memory, of the other side too (both may be one guest), so after one both sides are
 * looked at again. */
typedef struct Side {
    const AbiGuest *guest;
    uint8_t *memory;
    uint64_t size;
    struct Side *other; /* NULL: the host */
} Side;

void side_refresh(Side *side);
Trap side_spend(const Side *side, uint64_t bytes);
/* Whether [address, address + bytes) is aligned and inside; `bounds` is the trap where it is not. */
Trap side_check(const Side *side, uint64_t address, uint32_t align, uint64_t bytes, Trap bounds);
/* realloc, with its answer checked. */
Trap side_reallocate(Side *side, uint32_t old, uint32_t old_size, uint32_t align, uint32_t size,
                     uint32_t *address, Trap bounds);

/* Where a value of a plan lies; op offsets and slots count from here. */
typedef struct {
    uint64_t *slots; /* NULL: in memory, at `address` */
    uint32_t address;
} At;

At at_payload(At at, const AbiOp *variant);
At at_element(uint32_t base, const AbiPlan *element, uint32_t index);

static inline bool is_handle(const AbiOp *op) { return op->kind >= ABI_OWN; }

/* Little endian, as memories are. */
static inline uint64_t load_bytes(const uint8_t *from, unsigned width) {
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    switch (width) {
    case 1: return *from;
    case 2: memcpy(&two, from, 2); return two;
    case 4: memcpy(&four, from, 4); return four;
    default: memcpy(&eight, from, 8); return eight;
    }
}
static inline void store_bytes(uint8_t *to, unsigned width, uint64_t bits) {
    switch (width) {
    case 1: *to = (uint8_t)bits; break;
    case 2: memcpy(to, &(uint16_t){(uint16_t)bits}, 2); break;
    case 4: memcpy(to, &(uint32_t){(uint32_t)bits}, 4); break;
    default: memcpy(to, &bits, 8); break;
    }
}

/* The bits of an op's scalar (the discriminant of a variant, the index of a handle), not checked. */
static inline uint64_t get_bits(const Side *side, At at, const AbiOp *op) {
    if (!at.slots) return load_bytes(side->memory + at.address + op->offset, op->width);
    uint64_t bits = at.slots[op->slot];
    return op->width == 8 ? bits : (uint32_t)bits;
}
static inline void put_bits(const Side *side, At at, const AbiOp *op, uint64_t bits) {
    if (!at.slots) store_bytes(side->memory + at.address + op->offset, op->width, bits);
    else at.slots[op->slot] = op->width == 8 ? bits : (uint32_t)bits;
}
/* Pointer and length of a string or list. */
void get_pair(const Side *side, At at, const AbiOp *op, uint32_t *pointer, uint32_t *length);
void put_pair(const Side *side, At at, const AbiOp *op, uint32_t pointer, uint32_t length);
/* Sets the slots that the chosen case does not use to zero; nothing to do in memory. */
void clear_slots(At at, const AbiOp *op);

/* Brings an op's scalar into the form of AbiValue.bits, and checks it. */
static inline Trap check_bits(const AbiOp *op, uint64_t *bits) {
    uint64_t b = *bits;
    switch (op->kind) {
    case ABI_BOOL: *bits = b != 0; break;
    case ABI_S8: *bits = (uint64_t)(int8_t)(uint8_t)b; break;
    case ABI_S16: *bits = (uint64_t)(int16_t)(uint16_t)b; break;
    case ABI_S32: *bits = (uint64_t)(int32_t)(uint32_t)b; break;
    case ABI_U8: *bits = (uint8_t)b; break;
    case ABI_U16: *bits = (uint16_t)b; break;
    case ABI_U32:
    case ABI_FLOAT32: *bits = (uint32_t)b; break;
    case ABI_CHAR:
        *bits = b = (uint32_t)b;
        return b >= 0x110000 || (b >= 0xd800 && b <= 0xdfff) ? TRAP_BAD_CHAR : TRAP_NONE;
    case ABI_FLAGS: *bits = b & (((uint64_t)1 << op->case_count) - 1); break;
    case ABI_ENUM: return b >= op->case_count ? TRAP_BAD_ENUM : TRAP_NONE;
    case ABI_VARIANT: return b >= op->case_count ? TRAP_BAD_VARIANT : TRAP_NONE;
    case ABI_S64:
    case ABI_U64:
    case ABI_FLOAT64:
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

/* Copies `n` packed elements (abi_is_packed), checked and brought into form. */
Trap copy_packed(const AbiPlan *element, uint8_t *to, const uint8_t *from, size_t n);

/* Bounds of a list that is read. */
Trap check_list(const Side *side, const AbiPlan *element, uint32_t pointer, uint32_t length);

/* ---- strings ---- */

typedef enum { TEXT_UTF8, TEXT_UTF16, TEXT_LATIN1 } TextEncoding;

/* A string that is read: in a guest's memory, or the host's. */
typedef struct {
    const Side *side; /* NULL: the host's `host` */
    const uint8_t *host;
    uint32_t address;
    uint32_t units; /* code units: bytes, or pairs of them */
    TextEncoding encoding;
    bool tagged; /* the guest's encoding is latin1+utf16 */
} Text;

/* The string at a pointer and tagged length: bounds, alignment and well-formedness are checked. */
Trap text_from_guest(const Side *side, uint32_t pointer, uint32_t length, Text *text);
Trap text_from_host(const char *ptr, size_t len, Text *text);
/* As UTF-8 in the arena. */
Trap text_to_host(const Text *text, Arena *arena, AbiValue *value);
/* Into a guest's memory, in its encoding, by the calls of realloc that the specification wants. */
Trap text_to_guest(const Text *text, Side *to, uint32_t *pointer, uint32_t *length);

#endif
