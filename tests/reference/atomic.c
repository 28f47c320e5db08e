/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Atomic accesses, as the threads proposal says what they do where there is one thread: an access is
 * aligned, a read-modify-write gives what was there before, nobody is woken, and to wait ends at once
 * where the value is another one or no time is given. What an instruction does stands in its name:
 *
 *     i64.atomic.rmw16.cmpxchg_u    type, "rmw" and a width or none, what is done with it */
#include "tests/reference/reference.h"

#include <string.h>

enum { WOKEN_NONE, NOT_EQUAL, TIMED_OUT };

static bool starts(const char *s, const char *with) { return strncmp(s, with, strlen(with)) == 0; }

/* The bytes of the access; NULL and a trap where they are not aligned or out of bounds. */
static uint8_t *aligned(PlainMachine *p, const CoreInstr *in, uint32_t size) {
    uint64_t address = plain_pop_address(p), at = address + in->mem.offset;
    if (at >= address && at % size != 0) {
        plain_trap(p, TRAP_UNALIGNED_ATOMIC);
        return NULL;
    }
    return plain_access(p, &in->mem, address, size);
}

static uint64_t load(const uint8_t *at, uint32_t size) {
    uint64_t value = 0;
    for (uint32_t i = 0; i < size; i++) value |= (uint64_t)at[i] << 8 * i;
    return value;
}

static void store(uint8_t *at, uint32_t size, uint64_t value) {
    for (uint32_t i = 0; i < size; i++) at[i] = (uint8_t)(value >> 8 * i);
}

static void wait_instr(PlainMachine *p, const CoreInstr *in, uint32_t size) {
    uint64_t timeout = plain_pop(p).bits, expected = plain_pop(p).bits;
    const uint8_t *at = aligned(p, in, size);
    if (!at) return;
    if (!p->module->memories.at[in->mem.memory].limits.shared) {
        plain_trap(p, TRAP_UNSHARED_WAIT);
        return;
    }
    bool equal = load(at, size) == expected;
    if (equal && timeout) plain_give_up(p);
    else plain_push_i32(p, equal ? TIMED_OUT : NOT_EQUAL);
}

/* "add", "xchg_u" and so on, to the bytes. */
static void update(PlainMachine *p, const CoreInstr *in, CoreValKind kind, const char *what,
                   uint32_t size) {
    unsigned n = 8 * size;
    uint64_t b = plain_pop(p).bits & plain_mask(n);
    bool exchanges = starts(what, "cmpxchg");
    uint64_t expected = exchanges ? plain_pop(p).bits : 0; /* not cut to the width */
    uint8_t *at = aligned(p, in, size);
    if (!at) return;
    uint64_t old = load(at, size);
    char name[8] = {0};
    memcpy(name, what, strcspn(what, "_"));
    if (exchanges) store(at, size, old == expected ? b : old);
    else if (strcmp(name, "xchg") == 0) store(at, size, b);
    else store(at, size, plain_int_binary(name)(n, old, b));
    plain_push(p, plain_number(kind, old));
}

bool plain_atomic(PlainMachine *p, const CoreInstr *in) {
    const CoreOpInfo *info = &core_op_info[in->op];
    if (in->op == CORE_OP_ATOMIC_FENCE) return true;
    if (info->prefix != 0xfe || info->imm < CORE_IMM_MEM8 || info->imm > CORE_IMM_MEM64)
        return false;
    uint32_t size = 1u << (info->imm - CORE_IMM_MEM8);
    const char *what = strstr(info->text, "atomic.") + strlen("atomic.");
    CoreValKind kind = info->text[1] == '3' ? CORE_KIND_I32 : CORE_KIND_I64;
    if (starts(what, "wait")) {
        wait_instr(p, in, size);
    } else if (starts(what, "notify")) {
        plain_pop(p);
        if (aligned(p, in, size)) plain_push_i32(p, WOKEN_NONE);
    } else if (starts(what, "load")) {
        const uint8_t *at = aligned(p, in, size);
        if (at) plain_push(p, plain_number(kind, load(at, size)));
    } else if (starts(what, "store")) {
        uint64_t value = plain_pop(p).bits;
        uint8_t *at = aligned(p, in, size);
        if (at) store(at, size, value);
    } else {
        update(p, in, kind, strchr(what, '.') + 1, size);
    }
    return true;
}
