/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* World `runner`: calls everything that `server` and `middle` have; `run` tells what went wrong. */
#include "runner.h"

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) return __LINE__;                                                         \
    } while (0)
#define TRY(part)                                                                                  \
    do {                                                                                           \
        uint32_t line_ = part();                                                                   \
        if (line_) return line_;                                                                   \
    } while (0)

#define VALUES(name) test_pair_values_##name
#define FILES(name)  test_pair_resources_##name

static bool same(runner_string_t s, const char *text) {
    for (size_t i = 0; i < s.len; i++)
        if (!text[i] || (char)s.ptr[i] != text[i]) return false;
    return !text[s.len];
}

static runner_string_t string(const char *text) {
    runner_string_t s;
    runner_string_set(&s, text);
    return s;
}

static uint32_t plain(void) {
    runner_tuple6_u8_s16_char32_bool_f32_f64_t all;
    VALUES(numbers)(255, -32768, 0x1f680, true, 0.5f, -1e300, &all);
    CHECK(all.f0 == 255 && all.f1 == -32768 && all.f2 == 0x1f680 && all.f3);
    CHECK(all.f4 == 0.5f && all.f5 == -1e300);
    VALUES(point_t) p = {-128 + 1, UINT64_MAX - 1, string("p")}, q;
    VALUES(move)(&p, &q);
    CHECK(q.x == -128 && q.y == UINT64_MAX && same(q.name, "p"));
    VALUES(point_free)(&q);
    CHECK(q.name.len == 0);
    VALUES(tuple2_color_access_t) painted;
    VALUES(paint)(TEST_PAIR_VALUES_COLOR_GREEN,
                  TEST_PAIR_VALUES_ACCESS_READ | TEST_PAIR_VALUES_ACCESS_RUN, &painted);
    CHECK(painted.f0 == TEST_PAIR_VALUES_COLOR_BLUE && painted.f1 == TEST_PAIR_VALUES_ACCESS_READ);
    return 0;
}

/* Cases share flat slots of other types: their bits must survive. */
static uint32_t variants(void) {
    VALUES(number_t) n = {.tag = TEST_PAIR_VALUES_NUMBER_NONE}, m;
    VALUES(echo)(&n, &m);
    CHECK(m.tag == TEST_PAIR_VALUES_NUMBER_NONE);
    n.tag = TEST_PAIR_VALUES_NUMBER_WHOLE, n.val.whole = -5;
    VALUES(echo)(&n, &m);
    CHECK(m.tag == TEST_PAIR_VALUES_NUMBER_WHOLE && m.val.whole == -5);
    n.tag = TEST_PAIR_VALUES_NUMBER_WIDE, n.val.wide = UINT64_C(0x8000000000000001);
    VALUES(echo)(&n, &m);
    CHECK(m.tag == TEST_PAIR_VALUES_NUMBER_WIDE && m.val.wide == UINT64_C(0x8000000000000001));
    n.tag = TEST_PAIR_VALUES_NUMBER_SINGLE, n.val.single = -1.5f;
    VALUES(echo)(&n, &m);
    CHECK(m.tag == TEST_PAIR_VALUES_NUMBER_SINGLE && m.val.single == -1.5f);
    n.tag = TEST_PAIR_VALUES_NUMBER_DOUBLE, n.val.double_ = 1e-300;
    VALUES(echo)(&n, &m);
    CHECK(m.tag == TEST_PAIR_VALUES_NUMBER_DOUBLE && m.val.double_ == 1e-300);
    n.tag = TEST_PAIR_VALUES_NUMBER_TEXT, n.val.text = string("text");
    VALUES(echo)(&n, &m);
    CHECK(m.tag == TEST_PAIR_VALUES_NUMBER_TEXT && same(m.val.text, "text"));
    VALUES(number_free)(&m);
    return 0;
}

static uint32_t choices(void) {
    runner_string_t some = string("some"), out;
    CHECK(VALUES(maybe)(&some, &out) && same(out, "some"));
    runner_string_free(&out);
    CHECK(!VALUES(maybe)(NULL, &out));
    runner_option_u32_t inner = {true, 7}, got = {0};
    CHECK(VALUES(deep)(&inner, &got) && got.is_some && got.val == 7);
    inner.is_some = false;
    CHECK(VALUES(deep)(&inner, &got) && !got.is_some);
    CHECK(!VALUES(deep)(NULL, &got));
    uint32_t twice;
    CHECK(VALUES(checked)(21, &twice, &out) && twice == 42);
    CHECK(!VALUES(checked)(-1, &twice, &out) && same(out, "negative"));
    runner_string_free(&out);
    CHECK(VALUES(empty)(false) && !VALUES(empty)(true));
    return 0;
}

static uint32_t many(void) {
    runner_string_t five = string("12345");
    VALUES(number_t) wide = {.tag = TEST_PAIR_VALUES_NUMBER_WIDE, .val = {.wide = 1000}};
    CHECK(VALUES(many)(1, 2, 3, 4, &five, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, &wide) == 1120);
    return 0;
}

static uint32_t lists(void) {
    runner_string_t words[] = {string("one"), string("two"), string("")};
    runner_list_string_t inner[] = {{words, 2}, {NULL, 0}, {words, 3}};
    runner_list_list_string_t outer = {inner, 3};
    runner_list_tuple2_string_u32_t out;
    VALUES(lists)(&outer, &out);
    CHECK(out.len == 3 && same(out.ptr[0].f0, "two") && out.ptr[0].f1 == 2);
    CHECK(out.ptr[1].f0.len == 0 && out.ptr[1].f1 == 0 && out.ptr[2].f1 == 3);
    runner_list_tuple2_string_u32_free(&out);
    return 0;
}

/* What post-return, `_free` and the allocators forget adds up. */
static uint32_t memory(void) {
    TRY(lists);
    uint32_t here = (uint32_t)__builtin_wasm_memory_size(0), there = VALUES(memory)();
    for (int i = 0; i < 4000; i++) {
        TRY(plain);
        TRY(variants);
        TRY(choices);
        TRY(many);
        TRY(lists);
    }
    CHECK(__builtin_wasm_memory_size(0) == here && VALUES(memory)() == there);
    return 0;
}

static uint32_t handles(void) {
    FILES(own_big_file_t) a = FILES(constructor_big_file)(1), b = FILES(constructor_big_file)(20);
    CHECK(FILES(method_big_file_id)(FILES(borrow_big_file)(a)) == 1);
    FILES(method_big_file_rename)(FILES(borrow_big_file)(a), 2);
    a = FILES(static_big_file_merge)(a, FILES(borrow_big_file)(b));
    test_pair_resources_borrow_big_file_t lent = FILES(borrow_big_file)(b);
    CHECK(test_pair_users_look(FILES(borrow_big_file)(a), NULL) == 22);
    CHECK(test_pair_users_look(FILES(borrow_big_file)(a), &lent) == 42);
    uint32_t before = FILES(destroyed)();
    FILES(big_file_drop_own)(a);
    FILES(big_file_drop_own)(b);
    CHECK(FILES(destroyed)() == before + 2);
    return 0;
}

static uint32_t handles_in_values(void) {
    uint32_t ids[] = {1, 2, 3}, before = FILES(destroyed)();
    runner_list_u32_t list = {ids, 3};
    FILES(folder_t) folder;
    FILES(open)(&list, &folder);
    CHECK(folder.files.len == 3 && same(folder.name, "folder"));
    CHECK(FILES(method_big_file_id)(FILES(borrow_big_file)(folder.files.ptr[2])) == 3);
    FILES(folder_free)(&folder); /* drops what it holds */
    CHECK(FILES(destroyed)() == before + 3);
    FILES(open)(&list, &folder);
    CHECK(FILES(close)(&folder) == 6);
    CHECK(FILES(destroyed)() == before + 6);
    return 0;
}

uint32_t exports_runner_run(void) {
    TRY(plain);
    TRY(variants);
    TRY(choices);
    TRY(many);
    TRY(lists);
    TRY(handles);
    TRY(handles_in_values);
    TRY(memory);
    return 0;
}
