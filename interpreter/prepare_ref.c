/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Structs, arrays, i31, casts and conversions: which handler of run_ref.c serves a type, and what its
 * operands are. Branches on casts are in prepare.c. */
#include "interpreter/prepare.h"

static uint32_t slots_before(const CoreType *type, uint32_t field) {
    uint32_t slots = 0;
    for (uint32_t i = 0; i < field; i++) slots += vm_slots_of(type->fields[i].type);
    return slots;
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

static void unary_ref(Prepare *p, VmOp op) {
    uint32_t r;
    take(p, &r, 1);
    one_result(p, op, 1, r, 0, 0);
}

/* ---- structs ---- */

static void struct_new(Prepare *p, const CoreInstr *i) {
    const CoreType *type = core_type(p->core, i->a);
    uint32_t slots, first = take_home(p, type->field_count, &slots);
    one_result_imm(p, VM_OP_STRUCT_NEW, first, slots, 0, p->module->types[i->a]);
}

static void struct_new_default(Prepare *p, const CoreInstr *i) {
    const CoreType *type = core_type(p->core, i->a);
    one_result_imm(p, VM_OP_STRUCT_NEW_DEFAULT, 0, slots_before(type, type->field_count), 0,
                   p->module->types[i->a]);
}

static void struct_new_desc(Prepare *p, const CoreInstr *i) {
    const CoreType *type = core_type(p->core, i->a);
    uint32_t descriptor, first = 0, slots = slots_before(type, type->field_count);
    bool defaults = i->op == CORE_OP_STRUCT_NEW_DEFAULT_DESC;
    take(p, &descriptor, 1);
    if (!defaults) first = take_home(p, type->field_count, &slots);
    one_result_imm(p, defaults ? VM_OP_STRUCT_NEW_DEFAULT_DESC : VM_OP_STRUCT_NEW_DESC, first,
                   slots, descriptor, p->module->types[i->a]);
}

static void struct_get(Prepare *p, const CoreInstr *i) {
    const CoreType *type = core_type(p->core, i->a);
    CoreValType field = type->fields[i->b].type;
    bool is_signed = i->op == CORE_OP_STRUCT_GET_S;
    VmOp op = field == CORE_I8     ? (is_signed ? VM_OP_STRUCT_GET_S8 : VM_OP_STRUCT_GET_U8)
              : field == CORE_I16  ? (is_signed ? VM_OP_STRUCT_GET_S16 : VM_OP_STRUCT_GET_U16)
              : field == CORE_V128 ? VM_OP_STRUCT_GET2
                                   : VM_OP_STRUCT_GET;
    uint32_t r;
    take(p, &r, 1);
    one_result(p, op, vm_slots_of(field), r, slots_before(type, i->b), 0);
}

static void struct_set(Prepare *p, const CoreInstr *i) {
    const CoreType *type = core_type(p->core, i->a);
    bool two = type->fields[i->b].type == CORE_V128;
    uint32_t r[2];
    take(p, r, 2);
    emit(p, two ? VM_OP_STRUCT_SET2 : VM_OP_STRUCT_SET, r[0], r[1], slots_before(type, i->b), 0);
}

/* ---- arrays ---- */

static CoreValType element(const Prepare *p, uint32_t type) {
    return core_type(p->core, type)->fields[0].type;
}

static void array_new(Prepare *p, const CoreInstr *i) {
    uint64_t id = p->module->types[i->a], more = (uint64_t)i->b << 32;
    uint8_t kept = vm_log2_size(element(p, i->a));
    uint32_t r[2] = {0}, slots;
    switch (i->op) {
    case CORE_OP_ARRAY_NEW:
        take(p, r, 2);
        one_result_imm(p, VM_OP_ARRAY_NEW, r[0], r[1], kept, id);
        break;
    case CORE_OP_ARRAY_NEW_DEFAULT:
        take(p, r, 1);
        one_result_imm(p, VM_OP_ARRAY_NEW_DEFAULT, 0, r[0], kept, id);
        break;
    case CORE_OP_ARRAY_NEW_FIXED:
        r[0] = take_home(p, i->b, &slots);
        one_result_imm(p, VM_OP_ARRAY_NEW_FIXED, r[0], 0, kept, id | more);
        break;
    default:
        take(p, r, 2);
        one_result_imm(
            p, i->op == CORE_OP_ARRAY_NEW_DATA ? VM_OP_ARRAY_NEW_DATA : VM_OP_ARRAY_NEW_ELEM, r[0],
            r[1], kept, id | more);
        break;
    }
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
    case CORE_OP_STRUCT_NEW: struct_new(p, i); return true;
    case CORE_OP_STRUCT_NEW_DEFAULT: struct_new_default(p, i); return true;
    case CORE_OP_STRUCT_NEW_DESC:
    case CORE_OP_STRUCT_NEW_DEFAULT_DESC: struct_new_desc(p, i); return true;
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
    case CORE_OP_ARRAY_LEN: unary_ref(p, VM_OP_ARRAY_LEN); return true;
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
    case CORE_OP_REF_GET_DESC: unary_ref(p, VM_OP_REF_GET_DESC); return true;
    case CORE_OP_REF_I31: unary_ref(p, VM_OP_REF_I31); return true;
    case CORE_OP_I31_GET_S: unary_ref(p, VM_OP_I31_GET_S); return true;
    case CORE_OP_I31_GET_U: unary_ref(p, VM_OP_I31_GET_U); return true;
    case CORE_OP_ANY_CONVERT_EXTERN: unary_ref(p, VM_OP_ANY_CONVERT_EXTERN); return true;
    case CORE_OP_EXTERN_CONVERT_ANY: unary_ref(p, VM_OP_EXTERN_CONVERT_ANY); return true;
    default: return false;
    }
}
