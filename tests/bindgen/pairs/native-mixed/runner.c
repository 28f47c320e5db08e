/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Drop-in style again. */
#include "runner.h"
#include "guest.h"

#define STORE(name) pairs_mixed_store_##name
#define LIBRARY(name) pairs_mixed_library_##name

static STORE(own_shelf_t) shelf(const char *label) {
    runner_string_t text;
    runner_string_set(&text, label);
    return STORE(constructor_shelf)(&text);
}

static void entries(LIBRARY(borrow_desk_t) desk) {
    uint32_t values[] = {1, 2, 4000000000u};
    LIBRARY(entry_t)
    list[] = {
        {{BYTES("a")}, {values, 3}}, {{BYTES("b")}, {values, 1}}, {{BYTES("c")}, {values, 2}}};
    LIBRARY(list_entry_t) first = {list, 2}, more = {list + 2, 1};
    runner_list_u32_t places;
    LIBRARY(problem_t) problem;
    CHECK(LIBRARY(method_desk_put_all)(desk, &first, &places, &problem));
    CHECK(places.len == 2 && places.ptr[0] == 0 && places.ptr[1] == 1);
    runner_list_u32_free(&places);
    CHECK(!LIBRARY(method_desk_put_all)(desk, &more, &places, &problem));
    CHECK(problem.tag == PAIRS_MIXED_STORE_PROBLEM_FULL);
    uint64_t sum;
    runner_string_t key;
    runner_string_set(&key, "a");
    CHECK(LIBRARY(method_desk_sum)(desk, &key, &sum, &problem) && sum == 4000000003u);
    runner_string_set(&key, "zz");
    CHECK(!LIBRARY(method_desk_sum)(desk, &key, &sum, &problem));
    CHECK(problem.tag == PAIRS_MIXED_STORE_PROBLEM_MISSING && SAME(problem.val.missing, "zz"));
    LIBRARY(problem_free)(&problem);
}

uint32_t exports_runner_run(void) {
    STORE(own_shelf_t) a = shelf("first"), b = shelf("second");
    LIBRARY(own_desk_t) desk = LIBRARY(constructor_desk)(shelf("third"));
    entries(LIBRARY(borrow_desk)(desk));
    STORE(own_shelf_t) c = LIBRARY(static_desk_close)(desk);
    LIBRARY(borrow_shelf_t) others[] = {STORE(borrow_shelf)(b), STORE(borrow_shelf)(c)};
    LIBRARY(list_borrow_shelf_t) list = {others, 2};
    runner_list_string_t names;
    LIBRARY(names)(STORE(borrow_shelf)(a), &list, &names);
    CHECK(names.len == 3 && SAME(names.ptr[0], "first"));
    CHECK(SAME(names.ptr[1], "second") && SAME(names.ptr[2], "third"));
    runner_list_string_free(&names);
    /* A desk that is dropped drops its shelf. */
    LIBRARY(desk_drop_own)(LIBRARY(constructor_desk)(c));
    STORE(shelf_drop_own)(a);
    STORE(shelf_drop_own)(b);
    CHECK(STORE(live)() == 3000);
    CHECK(LIBRARY(live)() == 1);
    CHECK(live() == 0);
    return checked();
}
