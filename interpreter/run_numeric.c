/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The handlers of the scalar numeric instructions: each row of core/numeric.def in the forms that
 * op.h names. Operand word:
 *
 *     a: the slot of the result    b: the first operand that is a slot    c: the second such
 *
 * and a constant of 32 bits over c and d, or one of 64 bits in the word behind.
 */
#include "interpreter/handlers.h"

#define NUMERIC1(id, r, ta, e)             UNARY(id, r, ta, , e)
#define NUMERIC2(id, r, ta, tb, e)         BINARY(id, r, ta, tb, , e)
#define TRAPPING1(id, r, ta, trap, e)      UNARY(id, r, ta, CHECKED(trap);, e)
#define TRAPPING2(id, r, ta, tb, trap, e)  BINARY(id, r, ta, tb, CHECKED(trap);, e)

#define UNARY(id, r, ta, check, e)                                                                 \
    UNARY_TO(id##_S, r, TO_SLOT, ta, SLOT_B(ta), check, e)                                         \
    UNARY_TO(id##_S_ACC, r, TO_ACC, ta, SLOT_B(ta), check, e)                                      \
    UNARY_TO(id##_A, r, TO_SLOT, ta, ACC(ta), check, e)                                            \
    UNARY_TO(id##_A_ACC, r, TO_ACC, ta, ACC(ta), check, e)
#define UNARY_TO(name, r, TO, ta, first, check, e)                                                 \
    HANDLER(name, {                                                                                \
        ta a = first;                                                                              \
        check TO(r, e);                                                                            \
        NEXT(2);                                                                                   \
    })

#define BINARY(id, r, ta, tb, check, e)                                                            \
    BINARY_FORM(id##_SS, r, ta, SLOT_B(ta), tb, SLOT_C(tb), 2, check, e)                           \
    BINARY_FORM(id##_SK, r, ta, SLOT_B(ta), tb, CONSTANT(tb), LENGTH_K(tb), check, e)              \
    BINARY_FORM(id##_AS, r, ta, ACC(ta), tb, SLOT_C(tb), 2, check, e)                              \
    BINARY_FORM(id##_SA, r, ta, SLOT_B(ta), tb, ACC(tb), 2, check, e)                              \
    BINARY_FORM(id##_AK, r, ta, ACC(ta), tb, CONSTANT(tb), LENGTH_K(tb), check, e)                 \
    BINARY_FORM(id##_KS, r, ta, CONSTANT(ta), tb, SLOT_B(tb), LENGTH_K(ta), check, e)
#define BINARY_FORM(name, r, ta, first, tb, second, length, check, e)                              \
    BINARY_TO(name, r, TO_SLOT, ta, first, tb, second, length, check, e)                           \
    BINARY_TO(name##_ACC, r, TO_ACC, ta, first, tb, second, length, check, e)
#define BINARY_TO(name, r, TO, ta, first, tb, second, length, check, e)                            \
    HANDLER(name, {                                                                                \
        ta a = first;                                                                              \
        tb b = second;                                                                             \
        check TO(r, e);                                                                            \
        NEXT(length);                                                                              \
    })
#include "core/numeric.def"

#undef NUMERIC1
#undef NUMERIC2
#undef TRAPPING1
#undef TRAPPING2
#define NUMERIC1(id, ...) op_##id##_S, op_##id##_S_ACC, op_##id##_A, op_##id##_A_ACC,
#define NUMERIC2(id, ...)                                                                          \
    op_##id##_SS, op_##id##_SS_ACC, op_##id##_SK, op_##id##_SK_ACC, op_##id##_AS,                  \
        op_##id##_AS_ACC, op_##id##_SA, op_##id##_SA_ACC, op_##id##_AK, op_##id##_AK_ACC,          \
        op_##id##_KS, op_##id##_KS_ACC,
#define TRAPPING1 NUMERIC1
#define TRAPPING2 NUMERIC2
const VmHandler vm_numeric_handlers[] = {
#include "core/numeric.def"
};
