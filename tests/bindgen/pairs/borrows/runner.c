/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runner.h"
#include "guest.h"

#define M(name) pairs_borrows_manual_##name
#define A(name) pairs_borrows_automatic_##name
#define T(name) pairs_borrows_things_##name

uint32_t exports_runner_run(void) {
    T(own_thing_t) one = T(constructor_thing)(1), ten = T(constructor_thing)(10);
    T(borrow_thing_t) a = T(borrow_thing)(one), b = T(borrow_thing)(ten);
    T(borrow_thing_t) lent[] = {a, b, b};
    for (int round = 0; round < 3; round++) {
        M(two_t) two = {a, b};
        M(list_borrow_thing_t) list = {lent, 3};
        CHECK(M(look)(a, &b, &two, &list) == 43);
        list.len = 0;
        CHECK(M(look)(b, NULL, &two, &list) == 21);
        A(two_t) other = {b, b};
        A(result_borrow_thing_u32_t) either = {.is_err = false, .val = {.ok = a}};
        CHECK(A(look)(a, &a, &other, &either) == 23);
        either.is_err = true;
        either.val.err = 5;
        CHECK(A(look)(b, NULL, &other, &either) == 35);
    }
    CHECK(M(keep)(one) == 1 && T(alive)() == 2);
    one = M(back)();
    T(thing_drop_own)(one);
    T(thing_drop_own)(ten);
    CHECK(T(alive)() == 0 && live() == 0);
    return checked();
}
