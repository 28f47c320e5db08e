/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runner.h"
#include "guest.h"

#define T(name) pairs_keep_things_##name

uint32_t exports_runner_run(void) {
    T(list_own_thing_t) list;
    T(make)(3, &list);
    CHECK(list.len == 3 && T(alive)() == 3);
    for (uint32_t i = 0; i < 3; i++) {
        CHECK(T(method_thing_id)(T(borrow_thing)(list.ptr[i])) == i);
        T(thing_drop_own)(list.ptr[i]);
    }
    CHECK(T(alive)() == 0);
    T(list_own_thing_free)(&list);

    T(make)(4, &list);
    CHECK(T(count)(&list) == 4 && T(alive)() == 0);
    T(list_own_thing_free)(&list); /* the handles are gone, the memory was ours */
    CHECK(live() == 0);
    CHECK(T(live)() == 0);
    return checked();
}
