/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "test.h"
#include "guest.h"

#define T(name) exports_pairs_keep_things_##name

struct T(thing_t) {
    uint32_t id;
};

static uint32_t alive;

T(own_thing_t) T(constructor_thing)(uint32_t id) {
    T(thing_t) *thing = (T(thing_t) *)malloc(sizeof *thing);
    thing->id = id;
    alive++;
    return T(thing_new)(thing);
}

void T(thing_destructor)(T(thing_t) * rep) {
    free(rep);
    alive--;
}

uint32_t T(method_thing_id)(T(borrow_thing_t) self) { return self->id; }

void T(make)(uint32_t n, T(list_own_thing_t) * ret) {
    ret->len = n;
    ret->ptr = (T(own_thing_t) *)malloc(n * sizeof *ret->ptr);
    for (uint32_t i = 0; i < n; i++) ret->ptr[i] = T(constructor_thing)(i);
}

uint32_t T(count)(T(list_own_thing_t) * l) {
    uint32_t n = (uint32_t)l->len;
    T(list_own_thing_free)(l);
    return n;
}

uint32_t T(alive)(void) { return alive; }
uint32_t T(live)(void) { return live(); }
