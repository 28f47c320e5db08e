/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Structs, arrays, i31, casts and conversions: which handler of run_ref.c serves a type, and what its
 * operands are. Branches on casts are in prepare.c. */
#include "interpreter/prepare.h"

/* What objects of a type of the module are like. */
static const VmLayout *layout_of(Prepare *p, uint32_t type) {
    const VmLayout *layout = vm_layout(p->store, p->module->types[type]);
    if (!layout) p->failed = true;
    return layout ? layout : &vm_host_layout;
}

/* Takes n operands off the stack and says where they are. */
static void take(Prepare *p, uint32_t *registers, uint32_t n) {
    Entry entries[8];
    for (uint32_t i = n; i-- > 0;) entries[i] = pop(p);
    for (uint32_t i = 0; i < n; i++) registers[i] = place_of(p, &entries[i]);
}

static void one_result(Prepare *p, VmOp op, uint32_t slots, uint32_t b, uint32_t c, uint32_t d) {
    uint32_t at = p->word_count;
    emit(p, op, push_temp(p, (uint8_t)slots), b, c, d);
    made_by(p, at);
}

static void one_result_imm(Prepare *p, VmOp op, uint32_t b, uint32_t c, uint32_t d, uint64_t imm) {
    uint32_t at = p->word_count;
    emit(p, op, push_temp(p, 1), b, c, d);
    immediate(p, imm);
    made_by(p, at);
}

static void unary_ref(Prepare *p, VmOp op, VmRefKind kind) {
    uint32_t r;
    take(p, &r, 1);
    one_result(p, op, 1, r, 0, 0);
    vm_top_is_kind(p, kind);
}

/* ---- structs ---- */

/* The registers of n values on top of the stack, four a word; they are taken off. */
static void put_registers(Prepare *p, uint32_t n) {
    uint32_t count = p->height >= n ? n : 0, first = p->height - count, r[4];
    for (uint32_t i = 0; i < count; i += 4) {
        for (uint32_t k = 0; k < 4; k++) {
            const Entry *e = &p->stack[first + (i + k < n ? i + k : i)];
            r[k] = e->kind == LOCAL ? e->local : e->home;
        }
        operands(p, r[0], r[1], r[2], r[3]);
    }
    drop_to(p, p->height >= n ? first : 0);
}

/* Constants among the n top values go home, and what is in an accumulator. */
static void place_values(Prepare *p, uint32_t n) {
    if (n > p->height) p->failed = true;
    for (uint32_t i = 0; !p->failed && i < n; i++) {
        Entry *e = &p->stack[p->height - 1 - i];
        if (e->kind == CONST || e->kind == ACC) send_home(p, e);
    }
}

/* The result comes to where the lowest operand was. */
static void struct_new(Prepare *p, const CoreInstr *i) {
    const CoreType *type = core_type(p->core, i->a);
    const VmLayout *layout = layout_of(p, i->a);
    bool described = i->op == CORE_OP_STRUCT_NEW_DESC || i->op == CORE_OP_STRUCT_NEW_DEFAULT_DESC;
    bool defaults = i->op == CORE_OP_STRUCT_NEW_DEFAULT || i->op == CORE_OP_STRUCT_NEW_DEFAULT_DESC;
    VmOp op = defaults ? VM_OP_STRUCT_NEW_DEFAULT : VM_OP_STRUCT_NEW;
    if (described) op = defaults ? VM_OP_STRUCT_NEW_DEFAULT_DESC : VM_OP_STRUCT_NEW_DESC;
    uint32_t refs = vm_refs_here(p), descriptor = 0, n = defaults ? 0 : type->field_count;
    if (described) take(p, &descriptor, 1);
    place_values(p, n);
    if (p->failed) return;
    charge(p, type->field_count / 8);
    uint32_t at = p->word_count, result = n ? p->stack[p->height - n].home : p->registers;
    vm_refs_at(p, at, refs);
    emit_imm(p, op, result, n, descriptor, (uintptr_t)layout);
    put_registers(p, n);
    push_temp(p, 1);
    vm_top_is_kind(p, VM_ANY_REF);
    made_by(p, at);
}

/* An operand word with the place of a field: a and b are registers. */
static void emit_at(Prepare *p, VmOp op, uint32_t a, uint32_t b, uint32_t offset) {
    emit(p, op, a, b, offset & 0xffff, offset >> 16);
}

static void struct_get(Prepare *p, const CoreInstr *i) {
    static const VmOp by_size[] = {VM_OP_STRUCT_GET_U8, VM_OP_STRUCT_GET_U16, VM_OP_STRUCT_GET32,
                                   VM_OP_STRUCT_GET64, VM_OP_STRUCT_GET128};
    const CoreType *type = core_type(p->core, i->a);
    const VmLayout *layout = layout_of(p, i->a);
    uint32_t r;
    take(p, &r, 1);
    if (p->failed) return;
    uint8_t kept = layout->fields[i->b].log2_size;
    VmOp op = by_size[kept];
    if (i->op == CORE_OP_STRUCT_GET_S) op = kept == 0 ? VM_OP_STRUCT_GET_S8 : VM_OP_STRUCT_GET_S16;
    uint32_t at = p->word_count;
    emit_at(p, op, push_temp(p, kept == 4 ? 2 : 1), r, layout->fields[i->b].offset);
    made_by(p, at);
    vm_top_is(p, type->fields[i->b].type);
}

static void struct_set(Prepare *p, const CoreInstr *i) {
    static const VmOp by_size[] = {VM_OP_STRUCT_SET8, VM_OP_STRUCT_SET16, VM_OP_STRUCT_SET32,
                                   VM_OP_STRUCT_SET64, VM_OP_STRUCT_SET128};
    const VmLayout *layout = layout_of(p, i->a);
    uint32_t r[2];
    take(p, r, 2);
    if (p->failed) return;
    const VmField *field = &layout->fields[i->b];
    emit_at(p, by_size[field->log2_size], r[0], r[1], field->offset);
}

/* ---- arrays ---- */

static CoreValType element(const Prepare *p, uint32_t type) {
    return core_type(p->core, type)->fields[0].type;
}

static void array_new(Prepare *p, const CoreInstr *i) {
    uint64_t layout = (uintptr_t)layout_of(p, i->a);
    uint32_t refs = vm_refs_here(p), r[2] = {0}, slots, at;
    VmOp op;
    switch (i->op) {
    case CORE_OP_ARRAY_NEW: take(p, r, 2), op = VM_OP_ARRAY_NEW; break;
    case CORE_OP_ARRAY_NEW_DEFAULT: take(p, r + 1, 1), op = VM_OP_ARRAY_NEW_DEFAULT; break;
    case CORE_OP_ARRAY_NEW_FIXED:
        r[0] = take_home(p, i->b, &slots), op = VM_OP_ARRAY_NEW_FIXED;
        break;
    default:
        take(p, r, 2);
        op = i->op == CORE_OP_ARRAY_NEW_DATA ? VM_OP_ARRAY_NEW_DATA : VM_OP_ARRAY_NEW_ELEM;
        break;
    }
    at = p->word_count;
    vm_refs_at(p, at, refs);
    emit_imm(p, op, push_temp(p, 1), r[0], r[1], layout);
    immediate(p, i->b);
    vm_top_is_kind(p, VM_ANY_REF);
    made_by(p, at);
}

static void array_get(Prepare *p, const CoreInstr *i) {
    static const VmOp by_size[] = {VM_OP_ARRAY_GET_U8, VM_OP_ARRAY_GET_U16, VM_OP_ARRAY_GET32,
                                   VM_OP_ARRAY_GET64, VM_OP_ARRAY_GET128};
    uint8_t kept = vm_log2_size(element(p, i->a));
    VmOp op = by_size[kept];
    if (i->op == CORE_OP_ARRAY_GET_S) op = kept == 0 ? VM_OP_ARRAY_GET_S8 : VM_OP_ARRAY_GET_S16;
    uint32_t r[2];
    take(p, r, 2);
    one_result(p, op, kept == 4 ? 2 : 1, r[0], r[1], 0);
    vm_top_is(p, element(p, i->a));
}

static void array_set(Prepare *p, const CoreInstr *i) {
    static const VmOp by_size[] = {VM_OP_ARRAY_SET8, VM_OP_ARRAY_SET16, VM_OP_ARRAY_SET32,
                                   VM_OP_ARRAY_SET64, VM_OP_ARRAY_SET128};
    uint32_t r[3];
    take(p, r, 3);
    emit(p, by_size[vm_log2_size(element(p, i->a))], r[0], r[1], r[2], 0);
}

static void array_bulk(Prepare *p, const CoreInstr *i) {
    uint32_t r[5];
    bool copies = i->op == CORE_OP_ARRAY_COPY;
    take(p, r, copies ? 5 : 4);
    VmOp op = copies                             ? VM_OP_ARRAY_COPY
              : i->op == CORE_OP_ARRAY_FILL      ? VM_OP_ARRAY_FILL
              : i->op == CORE_OP_ARRAY_INIT_DATA ? VM_OP_ARRAY_INIT_DATA
                                                 : VM_OP_ARRAY_INIT_ELEM;
    emit(p, op, r[0], r[1], r[2], r[3]);
    if (copies) operands(p, r[4], 0, 0, 0);
    else if (op != VM_OP_ARRAY_FILL) immediate(p, i->b);
}

/* ---- references ---- */

void vm_prepare_ref_test(Prepare *p, uint32_t reference, CoreValType type) {
    one_result_imm(p, VM_OP_REF_TEST, reference, 0, 0, core_space_val(p->module->types, type));
}

void vm_prepare_desc_test(Prepare *p, uint32_t reference, uint32_t descriptor, CoreValType type) {
    one_result(p, VM_OP_REF_TEST_DESC, 1, reference, descriptor, core_is_nullable(type));
}

/* The reference stays where it is. */
static void ref_cast(Prepare *p, const CoreInstr *i) {
    emit_imm(p, VM_OP_REF_CAST, place_of_top(p), 0, 0,
             core_space_val(p->module->types, i->type[0]));
}

static void ref_cast_desc(Prepare *p, const CoreInstr *i) {
    uint32_t descriptor;
    take(p, &descriptor, 1);
    emit(p, VM_OP_REF_CAST_DESC, place_of_top(p), 0, descriptor, core_is_nullable(i->type[0]));
}

bool vm_prepare_ref(Prepare *p, const CoreInstr *i) {
    uint32_t r;
    switch (i->op) {
    case CORE_OP_STRUCT_NEW:
    case CORE_OP_STRUCT_NEW_DEFAULT:
    case CORE_OP_STRUCT_NEW_DESC:
    case CORE_OP_STRUCT_NEW_DEFAULT_DESC: struct_new(p, i); return true;
    case CORE_OP_STRUCT_GET:
    case CORE_OP_STRUCT_GET_S:
    case CORE_OP_STRUCT_GET_U: struct_get(p, i); return true;
    case CORE_OP_STRUCT_SET: struct_set(p, i); return true;
    case CORE_OP_ARRAY_NEW:
    case CORE_OP_ARRAY_NEW_DEFAULT:
    case CORE_OP_ARRAY_NEW_FIXED:
    case CORE_OP_ARRAY_NEW_DATA:
    case CORE_OP_ARRAY_NEW_ELEM: array_new(p, i); return true;
    case CORE_OP_ARRAY_GET:
    case CORE_OP_ARRAY_GET_S:
    case CORE_OP_ARRAY_GET_U: array_get(p, i); return true;
    case CORE_OP_ARRAY_SET: array_set(p, i); return true;
    case CORE_OP_ARRAY_LEN: unary_ref(p, VM_OP_ARRAY_LEN, VM_NO_REF); return true;
    case CORE_OP_ARRAY_FILL:
    case CORE_OP_ARRAY_COPY:
    case CORE_OP_ARRAY_INIT_DATA:
    case CORE_OP_ARRAY_INIT_ELEM: array_bulk(p, i); return true;
    case CORE_OP_REF_TEST:
    case CORE_OP_REF_TEST_NULL:
        take(p, &r, 1);
        vm_prepare_ref_test(p, r, i->type[0]);
        return true;
    case CORE_OP_REF_CAST:
    case CORE_OP_REF_CAST_NULL: ref_cast(p, i); return true;
    case CORE_OP_REF_CAST_DESC_EQ:
    case CORE_OP_REF_CAST_DESC_EQ_NULL: ref_cast_desc(p, i); return true;
    case CORE_OP_REF_GET_DESC: unary_ref(p, VM_OP_REF_GET_DESC, VM_ANY_REF); return true;
    case CORE_OP_REF_I31: unary_ref(p, VM_OP_REF_I31, VM_NO_REF); return true;
    case CORE_OP_I31_GET_S: unary_ref(p, VM_OP_I31_GET_S, VM_NO_REF); return true;
    case CORE_OP_I31_GET_U: unary_ref(p, VM_OP_I31_GET_U, VM_NO_REF); return true;
    case CORE_OP_ANY_CONVERT_EXTERN:
        unary_ref(p, VM_OP_ANY_CONVERT_EXTERN, VM_ANY_REF);
        return true;
    case CORE_OP_EXTERN_CONVERT_ANY:
        unary_ref(p, VM_OP_EXTERN_CONVERT_ANY, VM_EXTERN_REF);
        return true;
    default: return false;
    }
}
