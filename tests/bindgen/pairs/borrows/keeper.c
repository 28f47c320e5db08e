/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Drops by hand what it was lent. */
#include "keeper.h"
#include "guest.h"

#define M(name) exports_pairs_borrows_manual_##name
#define T(name) pairs_borrows_things_##name

static T(own_thing_t) kept;

static uint32_t use(T(borrow_thing_t) thing) {
    uint32_t id = T(method_thing_id)(thing);
    T(thing_drop_borrow)(thing);
    return id;
}

uint32_t M(look)(T(borrow_thing_t) a, T(borrow_thing_t) * maybe_b, M(two_t) * c,
                 M(list_borrow_thing_t) * d) {
    uint32_t sum = use(a);
    if (maybe_b) sum += use(*maybe_b);
    sum += use(c->a) + use(c->b);
    for (size_t i = 0; i < d->len; i++) sum += use(d->ptr[i]);
    M(list_borrow_thing_free)(d);
    MUST(live() == 0);
    return sum;
}

uint32_t M(keep)(M(own_thing_t) a) {
    kept = a;
    return T(method_thing_id)(T(borrow_thing)(kept));
}

M(own_thing_t) M(back)(void) { return kept; }
