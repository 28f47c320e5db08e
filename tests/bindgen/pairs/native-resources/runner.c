/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runner.h"
#include "guest.h"

static void own(void) {
    files_big_file a = files_big_file_new(WIT_STR("a")), b = files_big_file_new(WIT_STR("b"));
    CHECK(SAME(files_big_file_name(files_big_file_borrow(a)), "a"));
    CHECK(files_big_file_add(files_big_file_borrow(a), 3) == 3);
    CHECK(files_big_file_add(files_big_file_borrow(a), 4) == 7);
    files_big_file_add(files_big_file_borrow(b), 5);
    files_big_file c = files_big_file_join(a, files_big_file_borrow(b));
    CHECK(files_destroyed() == 1);
    CHECK(SAME(files_big_file_name(files_big_file_borrow(c)), "joined"));
    CHECK(files_big_file_add(files_big_file_borrow(c), 0) == 12);
    files_big_file_drop(b);
    files_big_file_drop(c);
    CHECK(files_destroyed() == 3);
    files_result_big_file_string r = files_big_file_open(WIT_STR(""));
    CHECK(r.is_err && SAME(r.val.err, "no name"));
    r = files_big_file_open(WIT_STR("x"));
    CHECK(!r.is_err);
    files_big_file_drop(r.val.ok);
    CHECK(files_destroyed() == 4);
}

static void lists(void) {
    files_list_big_file all = files_all(3);
    CHECK(all.len == 3);
    files_big_file_ref refs[3];
    for (size_t i = 0; i < 3; i++) refs[i] = files_big_file_borrow(all.ptr[i]);
    files_list_big_file_ref list = WIT_LIST(files_list_big_file_ref, refs);
    CHECK(files_sum(list, NULL) == 6);
    CHECK(files_sum(list, &refs[2]) == 9);
    readers_source source = readers_source_many(list);
    CHECK(readers_total(&source, &(files_tuple2_big_file_ref_u32){refs[0], 10}) == 10 + 6 + 1);
    source = readers_source_one(refs[1]);
    CHECK(readers_total(&source, &(files_tuple2_big_file_ref_u32){refs[1], 2}) == 4 + 2);
    source = readers_source_none();
    CHECK(readers_total(&source, &(files_tuple2_big_file_ref_u32){refs[2], 1}) == 3);
    CHECK(files_close(all) == 3);
    CHECK(files_destroyed() == 7);
}

static void nested(void) {
    readers_reader r = readers_reader_new(files_big_file_new(WIT_STR("in a reader")));
    r = readers_keep(r);
    files_option_big_file file = readers_reader_file(readers_reader_borrow(r));
    CHECK(file.is_some &&
          SAME(files_big_file_name(files_big_file_borrow(file.val)), "in a reader"));
    CHECK(!readers_reader_file(readers_reader_borrow(r)).is_some);
    files_big_file_drop(file.val);
    readers_reader_drop(r);
    CHECK(readers_destroyed() == 1 && files_destroyed() == 8);
    readers_reader_drop(readers_reader_new(files_big_file_new(WIT_STR("dropped"))));
    CHECK(readers_destroyed() == 2 && files_destroyed() == 9);
    CHECK(files_live() == 1);
}

uint32_t runner_run(void) {
    own();
    lists();
    nested();
    return checked();
}
