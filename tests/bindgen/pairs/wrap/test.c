/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "test.h"
#include "guest.h"

#define C(name) exports_pairs_wrap_counters_##name

struct C(counter_t) {
    uint64_t value;
};

static uint32_t alive;

C(own_counter_t) C(constructor_counter)(uint64_t start) {
    C(counter_t) *counter = (C(counter_t) *)malloc(sizeof *counter);
    counter->value = start;
    alive++;
    return C(counter_new)(counter);
}

void C(counter_destructor)(C(counter_t) * rep) {
    free(rep);
    alive--;
}

uint64_t C(method_counter_next)(C(borrow_counter_t) self) { return self->value++; }

bool C(static_counter_into)(C(own_counter_t) c, uint64_t *ret, test_string_t *err) {
    uint64_t value = C(counter_rep)(c)->value;
    C(counter_drop_own)(c);
    if (value > 100) test_string_dup(err, "too far");
    *ret = value;
    return value <= 100;
}

uint64_t C(sum)(C(list_own_counter_t) * all) {
    uint64_t sum = 0;
    for (size_t i = 0; i < all->len; i++) sum += C(counter_rep)(all->ptr[i])->value;
    C(list_own_counter_free)(all);
    return sum;
}

uint32_t C(alive)(void) { return alive; }
