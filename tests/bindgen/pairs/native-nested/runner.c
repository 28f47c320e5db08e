/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runner.h"
#include "guest.h"

uint32_t runner_run(void) {
    nested_boxes_big_box outer = nested_boxes_big_box_new(WIT_STR("outer"));
    nested_boxes_big_box inner = nested_boxes_big_box_new(WIT_STR("inner"));
    nested_boxes_big_box_put(nested_boxes_big_box_borrow(inner),
                             nested_boxes_big_box_new(WIT_STR("core")));
    nested_boxes_big_box_put(nested_boxes_big_box_borrow(outer), inner);
    CHECK(SAME(nested_boxes_big_box_text(nested_boxes_big_box_borrow(outer)), "outer"));
    wit_list_string copies = nested_boxes_open(outer, 300);
    CHECK(copies.len == 300);
    for (size_t i = 0; i < copies.len; i++) CHECK(SAME(copies.ptr[i], "outer"));
    wit_tuple2_string_u32 last = nested_boxes_last();
    CHECK(SAME(last.f0, "outer") && last.f1 == 3);
    CHECK(nested_boxes_live() == 1);
    /* Dropped from outside: the destructor is a call of its own. */
    nested_boxes_big_box_drop(nested_boxes_big_box_new(WIT_STR("alone")));
    last = nested_boxes_last();
    CHECK(SAME(last.f0, "alone") && last.f1 == 4);
    CHECK(nested_boxes_live() == 1);
    return checked();
}
