/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runner.h"

#include "guest.h"

typedef test_store_cells_own_cell_t Cell;

static Cell new_cell(const char *text) {
    runner_string_t string;
    runner_string_set(&string, text);
    return test_store_cells_constructor_cell(&string);
}

static bool holds(Cell cell, const char *text) {
    runner_string_t got;
    test_store_cells_method_cell_get(test_store_cells_borrow_cell(cell), &got);
    bool same = SAME(got, text);
    runner_string_free(&got);
    return same;
}

static void set_and_swap(void) {
    Cell a = new_cell("a"), b = new_cell("");
    runner_string_t text, before;
    runner_string_set(&text, "something longer");
    test_store_cells_method_cell_set(test_store_cells_borrow_cell(a), &text, &before);
    CHECK(SAME(before, "a"));
    runner_string_free(&before);
    test_store_cells_static_cell_swap(test_store_cells_borrow_cell(a),
                                      test_store_cells_borrow_cell(b));
    CHECK(holds(a, "") && holds(b, "something longer"));
    CHECK(test_store_cells_live() == 2);
    test_store_cells_cell_drop_own(a);
    CHECK(test_store_cells_live() == 1);
    test_store_cells_cell_drop_own(b);
    CHECK(test_store_cells_live() == 0);
}

static void lists_of_handles(void) {
    Cell cells[] = {new_cell("one"), new_cell("two"), new_cell("three")};
    test_store_cells_borrow_cell_t lent[3];
    for (int i = 0; i < 3; i++) lent[i] = test_store_cells_borrow_cell(cells[i]);
    test_store_cells_list_borrow_cell_t borrowed = {lent, 3};
    runner_string_t text;
    uint32_t count = 0;
    CHECK(test_store_cells_pick(&borrowed, 1, &text, &count));
    CHECK(SAME(text, "two"));
    runner_string_free(&text);
    CHECK(!test_store_cells_pick(&borrowed, 3, &text, &count) && count == 3);

    test_store_cells_list_own_cell_t owned = {cells, 3};
    Cell joined;
    CHECK(test_store_cells_merge(&owned, &joined));
    CHECK(test_store_cells_live() == 1);
    CHECK(holds(joined, "onetwothree"));
    test_store_cells_cell_drop_own(joined);
    owned.len = 0;
    CHECK(!test_store_cells_merge(&owned, &joined));
}

static void handles_in_variants(void) {
    Cell cell = new_cell("x");
    test_store_cells_change_t how = {.tag = TEST_STORE_CELLS_CHANGE_APPEND};
    runner_string_set(&how.val.append, "yz");
    cell = test_store_cells_alter(cell, &how);
    CHECK(holds(cell, "xyz"));
    how.tag = TEST_STORE_CELLS_CHANGE_WITH;
    how.val.with = new_cell("other");
    cell = test_store_cells_alter(cell, &how);
    CHECK(holds(cell, "other"));
    CHECK(test_store_cells_live() == 1);
    how.tag = TEST_STORE_CELLS_CHANGE_CLEAR;
    cell = test_store_cells_alter(cell, &how);
    CHECK(holds(cell, ""));
    test_store_cells_cell_drop_own(cell);
    CHECK(test_store_cells_live() == 0);
}

uint32_t exports_runner_run(void) {
    set_and_swap();
    lists_of_handles();
    handles_in_variants();
    CHECK(live() == 0);
    return checked();
}
