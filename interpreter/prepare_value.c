/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Instructions that compute: operators, loads and stores. Each has a row in a table, and is emitted
 * in the form (op.h) that fits to where its operands are.
 */
#include "core/numeric.h"
#include "interpreter/prepare.h"

/* ---- operators ---- */

enum {
    CLASS_u32 = INT,
    CLASS_s32 = INT,
    CLASS_u64 = INT,
    CLASS_s64 = INT,
    CLASS_f32 = INT,
    CLASS_f64 = FLOAT
};
const Numeric vm_numerics[CORE_OP_COUNT] = {
#define NUMERIC1(id, r, ta, e)                                                                     \
    [CORE_OP_##id] = {VM_OP_##id, 1, CLASS_##r, CLASS_##ta, 0, sizeof(ta) == 8, 0},
#define NUMERIC2(id, r, ta, tb, e)                                                                 \
    [CORE_OP_##id] = {VM_OP_##id,  2,           CLASS_##r,      CLASS_##ta,                        \
                      CLASS_##tb, sizeof(ta) == 8, sizeof(tb) == 8},
#define TRAPPING1(id, r, ta, trap, e)     NUMERIC1(id, r, ta, e)
#define TRAPPING2(id, r, ta, tb, trap, e) NUMERIC2(id, r, ta, tb, e)
#include "core/numeric.def"
#undef NUMERIC1
#undef NUMERIC2
#undef TRAPPING1
#undef TRAPPING2
};

/* Where the value of a popped entry is, for an instruction that has all forms. */
Operand vm_prepare_operand(Prepare *p, Entry *e, uint8_t class) {
    Operand o = {.kind = IN_SLOT, .slot = e->home, .home = e->home};
    if (e->kind == CONST) {
        o.kind = IN_CONST;
        o.k = e->k[0].u64;
    } else if (e->kind == ACC && e->class == class) {
        o.kind = IN_ACC;
    } else if (e->kind == ACC) {
        o.slot = (uint16_t)place_of(p, e);
    } else if (e->kind == LOCAL) {
        o.slot = (uint16_t)e->local;
        if (p->acc[class].local == e->local + 1) o.kind = IN_ACC, o.has_slot = true;
    }
    return o;
}

/* For one that has not: its register. */
void vm_prepare_to_slot(Prepare *p, Operand *o, uint8_t class) {
    Entry e = {.kind = o->kind == IN_CONST ? CONST : ACC, .slots = 1, .home = o->home};
    e.class = class;
    e.k[0].u64 = o->k;
    if (o->kind == IN_CONST || (o->kind == IN_ACC && !o->has_slot))
        o->slot = (uint16_t)place_of(p, &e);
    o->kind = IN_SLOT;
}

/* The result of the instruction at `at`, whose form with a slot is `op`: in an accumulator for now. */
void vm_prepare_result(Prepare *p, uint32_t at, VmOp op, uint8_t class, Last last) {
    empty_acc(p, class);
    Entry *e = push(p, 1);
    e->kind = ACC;
    e->class = class;
    p->acc[class] = (Accumulator){.pending = p->height, .maker = at, .op = op};
    last.at = at + 1;
    last.height = p->height;
    last.offset = p->offset;
    p->last = last;
}

static void unary(Prepare *p, CoreOp op) {
    const Numeric *n = &vm_numerics[op];
    Entry a = pop(p);
    Operand x = vm_prepare_operand(p, &a, n->first);
    VmOp form = n->op + (x.kind == IN_ACC ? VM_FORM_A : VM_FORM_S);
    if (x.kind == IN_CONST) vm_prepare_to_slot(p, &x, n->first);
    uint32_t at = begin(p, form + 1);
    operands(p, 0, x.slot, 0, 0);
    vm_prepare_result(p, at, form, n->result, (Last){.op = op, .x = x});
}

/* The form for two operands; those that there is none for are moved. */
uint32_t vm_prepare_form(Prepare *p, Operand *x, Operand *y, uint8_t class) {
    if (y->kind == IN_ACC && x->kind != IN_SLOT) vm_prepare_to_slot(p, y, class);
    if (x->kind == IN_CONST && y->kind == IN_CONST) vm_prepare_to_slot(p, x, class);
    if (x->kind == IN_ACC) return y->kind == IN_CONST ? VM_FORM_AK : VM_FORM_AS;
    if (x->kind == IN_CONST) return VM_FORM_KS;
    return y->kind == IN_CONST ? VM_FORM_SK : y->kind == IN_ACC ? VM_FORM_SA : VM_FORM_SS;
}

static void binary(Prepare *p, CoreOp op) {
    const Numeric *n = &vm_numerics[op];
    Entry b = pop(p), a = pop(p);
    Operand x = vm_prepare_operand(p, &a, n->first), y = vm_prepare_operand(p, &b, n->second);
    VmOp form = n->op + vm_prepare_form(p, &x, &y, n->first);
    uint32_t at = begin(p, form + 1);
    operands(p, 0, x.kind == IN_CONST ? y.slot : x.slot, y.slot, 0);
    const Operand *k = x.kind == IN_CONST ? &x : y.kind == IN_CONST ? &y : NULL;
    if (k && (k == &x ? n->wide_first : n->wide_second)) immediate(p, k->k);
    else if (k && p->word_count) p->words[p->word_count - 1].k32 = (uint32_t)k->k;
    vm_prepare_result(p, at, form, n->result, (Last){.op = op, .x = x, .y = y});
}

bool vm_prepare_numeric(Prepare *p, CoreOp op) {
    if (vm_numerics[op].op == 0) return false;
    if (vm_numerics[op].operands == 1) unary(p, op);
    else binary(p, op);
    return true;
}

/* ---- loads and stores ---- */

/* The same for them: the class of the value. */
typedef struct {
    uint16_t op;
    uint8_t is_store, class, wide;
} Access;
static const Access accesses[CORE_OP_COUNT] = {
#define X(id, T, R) [CORE_OP_##id] = {VM_OP_##id, false, CLASS_##R, sizeof(R) == 8},
    VM_LOADS(X)
#undef X
#define X(id, T, R) [CORE_OP_##id] = {VM_OP_##id, true, CLASS_##R, sizeof(R) == 8},
        VM_STORES(X)
#undef X
};

/* An address: where its parts are, by VM_AT_*. */
typedef struct {
    uint8_t mode;
    uint16_t slot;
    uint32_t k;
} Address;

static Address address_of(Prepare *p, Operand *x, const CoreInstr *i) {
    if (i->mem.memory != 0 || p->core->memories.at[0].limits.is_64) {
        vm_prepare_to_slot(p, x, INT);
        bool whole = with_memory(p, i, x->slot, x->home);
        return (Address){VM_AT_S, whole ? x->home : x->slot, whole ? 0 : (uint32_t)i->mem.offset};
    }
    if (x->kind == IN_CONST && x->k + i->mem.offset > UINT32_MAX) vm_prepare_to_slot(p, x, INT);
    if (x->kind == IN_CONST) return (Address){VM_AT_K, 0, (uint32_t)(x->k + i->mem.offset)};
    return (Address){x->kind == IN_ACC ? VM_AT_A : VM_AT_S, x->slot, (uint32_t)i->mem.offset};
}

/* An access: `value` is the slot of what is stored, or a constant. */
static void emit_access(Prepare *p, VmOp op, uint32_t value, Address address) {
    begin(p, op);
    operands(p, value, address.slot, 0, 0);
    if (p->word_count) p->words[p->word_count - 1].k32 = address.k; /* else: no memory */
}

static void load(Prepare *p, const CoreInstr *i) {
    const Access *access = &accesses[i->op];
    Entry a = pop(p);
    Operand x = vm_prepare_operand(p, &a, INT);
    Address address = address_of(p, &x, i);
    VmOp form = access->op + 2u * address.mode;
    uint32_t at = p->word_count;
    emit_access(p, form + 1, 0, address);
    vm_prepare_result(p, at, form, access->class, (Last){.op = i->op, .x = x});
    if (i->mem.memory == 0) return;
    empty_acc(p, access->class);
    first_memory(p, i);
}

/* Whether a constant to be stored fits into 16 bits. */
static bool is_short(const Operand *o, const Access *access) {
    if (o->kind != IN_CONST) return false;
    if (access->class == FLOAT) return o->k == 0;
    return access->wide ? (int64_t)o->k == (int16_t)o->k : (int32_t)o->k == (int16_t)o->k;
}

static void store(Prepare *p, const CoreInstr *i) {
    const Access *access = &accesses[i->op];
    Entry b = pop(p), a = pop(p);
    Operand x = vm_prepare_operand(p, &a, INT), value = vm_prepare_operand(p, &b, access->class);
    bool clash = x.kind == IN_ACC && value.kind == IN_ACC && access->class == INT;
    if ((value.kind == IN_CONST && !is_short(&value, access)) || clash)
        vm_prepare_to_slot(p, &value, access->class);
    Address address = address_of(p, &x, i);
    uint32_t from = value.kind == IN_ACC     ? VM_VALUE_A
                    : value.kind == IN_CONST ? VM_VALUE_K
                                             : VM_VALUE_S;
    emit_access(p, access->op + (uint32_t)VM_VALUE_COUNT * address.mode + from,
                from == VM_VALUE_K ? (uint32_t)value.k : value.slot, address);
    first_memory(p, i);
}

bool vm_prepare_access(Prepare *p, const CoreInstr *i) {
    if (accesses[i->op].op == 0) return false;
    if (accesses[i->op].is_store) store(p, i);
    else load(p, i);
    return true;
}
