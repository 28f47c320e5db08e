/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runner.h"
#include "guest.h"

#define F(name) pairs_resources_files_##name

static void one_by_one(void) {
    F(own_big_file_t) a = F(constructor_big_file)(1), b, c;
    runner_string_t error, name;
    CHECK(F(static_big_file_open)(20, &b, &error));
    CHECK(!F(static_big_file_open)(0, &c, &error) && SAME(error, "no file 0"));
    runner_string_free(&error);
    CHECK(F(alive)() == 2);
    F(borrow_big_file_t) lent = F(borrow_big_file)(a);
    CHECK(F(method_big_file_id)(lent) == 1);
    F(method_big_file_name)(lent, &name);
    CHECK(SAME(name, "unnamed"));
    runner_string_free(&name);
    runner_string_set(&name, "first");
    F(method_big_file_rename)(lent, &name);
    F(method_big_file_name)(lent, &name);
    CHECK(SAME(name, "first"));
    runner_string_free(&name);
    CHECK(F(method_big_file_compare)(lent, lent) == 0);
    CHECK(F(method_big_file_compare)(lent, F(borrow_big_file)(b)) == -1);
    c = F(static_big_file_merge)(a, F(borrow_big_file)(b));
    CHECK(F(method_big_file_id)(F(borrow_big_file)(c)) == 21 && F(alive)() == 2);
    F(big_file_drop_own)(b);
    F(big_file_drop_own)(c);
    CHECK(F(alive)() == 0);
}

/* Freeing a value drops what it owns; what was taken out of it is 0 there. */
static void in_values(void) {
    uint32_t numbers[] = {1, 2, 3};
    runner_list_u32_t ids = {numbers, 3};
    F(folder_t) folder;
    F(create)(&ids, &folder);
    CHECK(folder.files.len == 3 && SAME(folder.name, "folder") && F(alive)() == 3);
    F(own_big_file_t) taken = folder.files.ptr[1];
    folder.files.ptr[1].__handle = 0;
    F(folder_free)(&folder);
    CHECK(F(alive)() == 1 && F(method_big_file_id)(F(borrow_big_file)(taken)) == 2);
    F(big_file_drop_own)(taken);

    F(create)(&ids, &folder);
    CHECK(F(close)(&folder) == 6 && F(alive)() == 0);
    /* The handles went over, the memory did not. */
    for (size_t i = 0; i < folder.files.len; i++) folder.files.ptr[i].__handle = 0;
    F(folder_free)(&folder);

    F(tuple2_own_big_file_own_big_file_t) pair;
    F(pair)(&pair);
    CHECK(F(alive)() == 2);
    F(tuple2_own_big_file_own_big_file_free)(&pair);
    CHECK(F(alive)() == 0);
    F(own_big_file_t) found;
    CHECK(F(find)(9, &found) && F(method_big_file_id)(F(borrow_big_file)(found)) == 9);
    F(big_file_drop_own)(found);
    CHECK(!F(find)(0, &found));
}

static void in_variants(void) {
    for (uint32_t kind = 0; kind < 4; kind++) {
        F(item_t) item;
        F(make_item)(kind, &item);
        CHECK(item.tag == kind);
        CHECK(F(alive)() == (kind == 1 ? 1 : kind == 2 ? 2 : 0));
        F(item_free)(&item);
        CHECK(F(alive)() == 0);
    }
    F(own_big_file_t) a = F(constructor_big_file)(100), b = F(constructor_big_file)(1000);
    F(borrow_big_file_t)
    lent[] = {F(borrow_big_file)(a), F(borrow_big_file)(b), F(borrow_big_file)(a)};
    F(list_borrow_big_file_t) list = {lent, 3};
    F(item_t) item;
    F(make_item)(PAIRS_RESOURCES_FILES_ITEM_FILE, &item);
    CHECK(F(weigh)(&item, &list) == 1205 && F(alive)() == 2);
    item.tag = PAIRS_RESOURCES_FILES_ITEM_ID;
    item.val.id = 4;
    list.len = 0;
    CHECK(F(weigh)(&item, &list) == 4);
    F(big_file_drop_own)(a);
    F(big_file_drop_own)(b);
}

uint32_t exports_runner_run(void) {
    one_by_one();
    in_values();
    in_variants();
    CHECK(F(alive)() == 0);
    CHECK(live() == 0);
    CHECK(F(live)() == 0);
    return checked();
}
