/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Instructions that take operands and give results, and need nothing else: their signature in
 * core/opcode.def says all. Their operand words hold
 *
 *     the register of the result, if there is one
 *     the registers of the operands, from the bottom of the stack up
 *     the lane, if there is one
 *
 * and behind them stands an immediate: the offset of an access to memory, or the lanes of a shuffle.
 */
#include "interpreter/prepare.h"

/* The machine's instruction for one of the module, plus 1; 0: not plain. */
static const uint16_t plain_ops[CORE_OP_COUNT] = {
#define X(id) [CORE_OP_##id] = VM_OP_##id + 1,
#include "core/vector.def"
    VM_VECTOR_OTHERS(X)
#undef X
#define X(id, ...) [CORE_OP_##id] = VM_OP_##id + 1,
        VM_ATOMIC_LOADS(X) VM_ATOMIC_STORES(X) VM_ATOMIC_UPDATES(X) VM_ATOMIC_EXCHANGES(X)
            VM_PLAIN_OTHERS(X)
#undef X
};

enum { MAX_FIELDS = 8 };

static bool has_lane(CoreImm imm) {
    return (imm >= CORE_IMM_LANE2 && imm <= CORE_IMM_LANE16) ||
           (imm >= CORE_IMM_MEM8_LANE && imm <= CORE_IMM_MEM64_LANE);
}

static bool accesses_memory(CoreImm imm) {
    return imm >= CORE_IMM_MEM8 && imm <= CORE_IMM_MEM64_LANE;
}

static void put_fields(Prepare *p, const uint32_t *fields, uint32_t n) {
    operands(p, fields[0], fields[1], fields[2], fields[3]);
    if (n > 4) operands(p, fields[4], fields[5], fields[6], fields[7]);
}

bool vm_prepare_plain(Prepare *p, const CoreInstr *i) {
    if (!plain_ops[i->op]) return false;
    VmOp op = (VmOp)(plain_ops[i->op] - 1);
    const CoreOpInfo *info = &core_op_info[i->op];
    const char *results = strchr(info->signature, ':') + 1;
    uint32_t count = (uint32_t)(results - info->signature) - 1;
    uint32_t fields[MAX_FIELDS] = {0}, first = *results ? 1 : 0, n = first + count;
    Entry entries[MAX_FIELDS];
    for (uint32_t k = count; k-- > 0;) entries[k] = pop(p);
    for (uint32_t k = 0; k < count; k++) fields[first + k] = place_of(p, &entries[k]);
    if (has_lane(info->imm)) fields[n++] = i->lane;
    uint64_t offset = i->mem.offset;
    if (accesses_memory(info->imm) && with_memory(p, i, fields[first], entries[0].home))
        fields[first] = entries[0].home, offset = 0;
    uint32_t at = begin(p, op);
    for (const char *r = results; *r; r++) {
        uint32_t home = push_temp(p, *r == 'v' ? 2 : 1);
        if (r == results) fields[0] = home;
    }
    put_fields(p, fields, n);
    if (accesses_memory(info->imm)) {
        immediate(p, offset);
        first_memory(p, i);
    } else if (info->imm == CORE_IMM_SHUFFLE) {
        uint64_t lanes[2];
        memcpy(lanes, i->bytes, sizeof lanes);
        immediate(p, lanes[0]);
        immediate(p, lanes[1]);
    }
    if (results[0] && !results[1]) made_by(p, at);
    return true;
}
