/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runner.h"
#include "guest.h"

#define C(name) pairs_wrap_counters_##name

uint32_t exports_runner_run(void) {
    C(own_counter_t) a = C(constructor_counter)(10), b = C(constructor_counter)(99);
    CHECK(C(method_counter_next)(C(borrow_counter)(a)) == 11);
    CHECK(C(method_counter_next)(C(borrow_counter)(a)) == 13);
    CHECK(C(method_counter_next)(C(borrow_counter)(b)) == 100);
    uint64_t value = 0;
    runner_string_t error;
    CHECK(C(static_counter_into)(a, &value, &error) && value == 14);
    CHECK(!C(static_counter_into)(b, &value, &error) && SAME(error, "too far"));
    runner_string_free(&error);
    C(own_counter_t)
    many[] = {C(constructor_counter)(1), C(constructor_counter)(2), C(constructor_counter)(3)};
    C(list_own_counter_t) list = {many, 3};
    CHECK(C(alive)() == 6);
    CHECK(C(sum)(&list) == 6);
    CHECK(C(alive)() == 0 && live() == 0);
    return checked();
}
