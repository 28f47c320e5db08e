/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* What it was lent is dropped for it. */
#include "dropper.h"
#include "guest.h"

#define A(name) exports_pairs_borrows_automatic_##name
#define T(name) pairs_borrows_things_##name

uint32_t A(look)(T(borrow_thing_t) a, T(borrow_thing_t) * maybe_b, A(two_t) * c,
                 A(result_borrow_thing_u32_t) * d) {
    uint32_t sum = T(method_thing_id)(a) + T(method_thing_id)(c->a) + T(method_thing_id)(c->b);
    if (maybe_b) sum += T(method_thing_id)(*maybe_b);
    sum += d->is_err ? d->val.err : T(method_thing_id)(d->val.ok);
    c->a.__handle = 0; /* changing the arguments makes no difference */
    return sum;
}
