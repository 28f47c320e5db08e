/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "test.h"
#include "guest.h"

#define A(name) exports_pairs_arrays_arrays_##name

uint64_t A(sum)(test_array4_u32_t *x) {
    return (uint64_t)x->at[0] + x->at[1] + x->at[2] + x->at[3];
}

void A(transpose)(A(matrix_t) * m, A(matrix_t) * ret) {
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) ret->at[i].at[j] = m->at[j].at[i];
}

void A(long)(test_array40_u8_t *x, test_string_t *y, test_array40_u8_t *ret) {
    for (int i = 0; i < 40; i++) ret->at[i] = (uint8_t)(x->at[39 - i] + y->len);
    test_string_free(y);
}

void A(blocks)(A(list_block_t) * x, A(array2_option_block_t) * ret) {
    MUST(x->len == 3);
    ret->at[0].is_some = true;
    ret->at[0].val = x->ptr[2];
    ret->at[1].is_some = false;
    A(block_free)(&x->ptr[0]);
    A(block_free)(&x->ptr[1]);
    free(x->ptr);
}

bool A(mixed)(A(result_array2_u64_string_t) * x, test_array2_tuple2_u8_u64_t *ret) {
    if (x->is_err) {
        A(result_array2_u64_string_free)(x);
        return false;
    }
    for (int i = 0; i < 2; i++) ret->at[i] = (test_tuple2_u8_u64_t){(uint8_t)i, x->val.ok.at[i]};
    return true;
}

uint32_t A(live)(void) { return live(); }
