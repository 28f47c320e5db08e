/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The handlers of comparisons that are one with the branch on them. Operand word:
 *
 *     a: the first operand that is a slot    b: the second such    jump: how far
 *
 * A constant, of 32 bits or 64, stands in the word behind. "Not" is not another comparison: NaNs
 * compare as false.
 */
#include "interpreter/handlers.h"

#define JUMP_FORM(name, type, first, second, length, test)                                         \
    HANDLER(name, {                                                                                \
        type a = first;                                                                            \
        type b = second;                                                                           \
        if (test) JUMP_BY(pc[1].jump);                                                             \
        NEXT(length);                                                                              \
    })
#define JUMP_FORMS(id, type, test)                                                                 \
    JUMP_FORM(id##_SS, type, GET_##type(fp[pc[1].a]), GET_##type(fp[pc[1].b]), 2, test)            \
    JUMP_FORM(id##_SK, type, GET_##type(fp[pc[1].a]), GET_##type(pc[2].k), 3, test)                \
    JUMP_FORM(id##_AS, type, ACC(type), GET_##type(fp[pc[1].b]), 2, test)                          \
    JUMP_FORM(id##_SA, type, GET_##type(fp[pc[1].a]), ACC(type), 2, test)                          \
    JUMP_FORM(id##_AK, type, ACC(type), GET_##type(pc[2].k), 3, test)
#define X(id, type, op)                                                                            \
    JUMP_FORMS(id, type, a op b)                                                                   \
    JUMP_FORMS(NOT_##id, type, !(a op b))
VM_COMPARISONS(X)
#undef X

#define NAMES(id) op_##id##_SS, op_##id##_SK, op_##id##_AS, op_##id##_SA, op_##id##_AK,
#define X(id, type, op) NAMES(id) NAMES(NOT_##id)
const VmHandler vm_jump_handlers[] = {VM_COMPARISONS(X)};
