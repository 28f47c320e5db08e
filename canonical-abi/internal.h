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

/* The bits of an op's scalar (the discriminant of a variant, the index of a handle), not checked. */
uint64_t get_bits(const Side *side, At at, const AbiOp *op);
void put_bits(const Side *side, At at, const AbiOp *op, uint64_t bits);
/* Pointer and length of a string or list. */
void get_pair(const Side *side, At at, const AbiOp *op, uint32_t *pointer, uint32_t *length);
void put_pair(const Side *side, At at, const AbiOp *op, uint32_t pointer, uint32_t length);
/* Sets the slots that the chosen case does not use to zero; nothing to do in memory. */
void clear_slots(At at, const AbiOp *op);

uint64_t load_bytes(const uint8_t *from, unsigned width); /* little endian */
void store_bytes(uint8_t *to, unsigned width, uint64_t bits);

/* Brings an op's scalar into the form of AbiValue.bits, and checks it. */
Trap check_bits(const AbiOp *op, uint64_t *bits);
bool is_handle(const AbiOp *op);

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
