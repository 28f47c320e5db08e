/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "test.h"
#include "guest.h"

#define T(name) exports_pairs_borrows_things_##name

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

uint32_t T(alive)(void) { return alive; }
