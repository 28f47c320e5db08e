/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Counts in steps of two, by calling the other side's counter twice. */
#include "middle.h"
#include "guest.h"

#define C(name) exports_pairs_wrap_counters_##name
#define I(name) pairs_wrap_counters_##name

struct C(counter_t) {
    I(own_counter_t) inner;
};

C(own_counter_t) C(constructor_counter)(uint64_t start) {
    C(counter_t) *counter = (C(counter_t) *)malloc(sizeof *counter);
    counter->inner = I(constructor_counter)(start);
    return C(counter_new)(counter);
}

void C(counter_destructor)(C(counter_t) * rep) {
    if (rep->inner.__handle) I(counter_drop_own)(rep->inner);
    free(rep);
}

uint64_t C(method_counter_next)(C(borrow_counter_t) self) {
    I(method_counter_next)(I(borrow_counter)(self->inner));
    return I(method_counter_next)(I(borrow_counter)(self->inner));
}

/* The inner one's owner is now the callee. */
static I(own_counter_t) take(C(own_counter_t) c) {
    C(counter_t) *rep = C(counter_rep)(c);
    I(own_counter_t) inner = rep->inner;
    rep->inner.__handle = 0;
    return inner;
}

bool C(static_counter_into)(C(own_counter_t) c, uint64_t *ret, middle_string_t *err) {
    I(own_counter_t) inner = take(c);
    C(counter_drop_own)(c);
    return I(static_counter_into)(inner, ret, err);
}

uint64_t C(sum)(C(list_own_counter_t) * all) {
    I(list_own_counter_t)
    inner = {(I(own_counter_t) *)malloc(all->len * sizeof *inner.ptr), all->len};
    for (size_t i = 0; i < all->len; i++) inner.ptr[i] = take(all->ptr[i]);
    C(list_own_counter_free)(all);
    uint64_t sum = I(sum)(&inner);
    free(inner.ptr); /* the handles have gone over */
    return sum;
}

/* Those here, and what is left of memory here, must be nothing, too. */
uint32_t C(alive)(void) { return I(alive)() + live(); }
