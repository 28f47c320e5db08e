/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* World `middle`, with --autodrop-borrows: what it is lent it does not give back itself. */
#include "middle.h"

uint32_t exports_test_pair_users_look(test_pair_resources_borrow_big_file_t a,
                                      test_pair_resources_borrow_big_file_t *maybe_b) {
    uint32_t sum = test_pair_resources_method_big_file_id(a);
    if (maybe_b) sum += test_pair_resources_method_big_file_id(*maybe_b);
    return sum;
}
