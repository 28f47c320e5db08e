/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Arguments stay the caller's, results are to be freed. */
#include "guest.h"
#include "runner.h"

#define LISTS(name) pairs_lists_lists_##name

static void scalars(void) {
    uint8_t bytes[] = {1, 2, 3, 255};
    runner_list_u8_t in = {bytes, 4}, out;
    LISTS(bytes)(&in, &out);
    CHECK(out.len == 4 && out.ptr[0] == 255 && out.ptr[3] == 1 && bytes[0] == 1);
    runner_list_u8_free(&out);
    in.len = 0;
    LISTS(bytes)(&in, &out);
    CHECK(out.len == 0);
    runner_list_u8_free(&out);

    uint64_t words[] = {1, UINT64_C(1) << 52, 7};
    runner_list_u64_t wide = {words, 3};
    runner_list_f64_t halves;
    LISTS(wide)(&wide, &halves);
    CHECK(halves.len == 3 && halves.ptr[0] == 0.5 && halves.ptr[1] == 2251799813685248.0 &&
          halves.ptr[2] == 3.5);
    runner_list_f64_free(&halves);

    bool flags[] = {true, false, true};
    runner_list_bool_t bools = {flags, 3}, inverse;
    LISTS(bools)(&bools, &inverse);
    CHECK(inverse.len == 3 && !inverse.ptr[0] && inverse.ptr[1] && !inverse.ptr[2]);
    runner_list_bool_free(&inverse);

    runner_string_t text;
    runner_string_set(&text, "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\x80");
    runner_list_char32_t chars;
    LISTS(chars)(&text, &chars);
    CHECK(chars.len == 4 && chars.ptr[0] == 'a' && chars.ptr[1] == 0xe9 && chars.ptr[2] == 0x20ac &&
          chars.ptr[3] == 0x1f680);
    runner_list_char32_free(&chars);
}

static void nested(void) {
    uint16_t one[] = {1, 2, 65534}, two[] = {10};
    runner_list_u16_t inner[] = {{one, 3}, {NULL, 0}, {two, 1}};
    runner_list_list_u16_t middle[] = {{inner, 3}, {NULL, 0}, {inner + 2, 1}};
    runner_list_list_list_u16_t all = {middle, 3}, out;
    LISTS(nested)(&all, &out);
    CHECK(out.len == 3 && out.ptr[0].len == 3 && out.ptr[1].len == 0 && out.ptr[2].len == 1);
    CHECK(out.ptr[0].ptr[0].len == 3 && out.ptr[0].ptr[0].ptr[2] == 65535);
    CHECK(out.ptr[0].ptr[1].len == 0 && out.ptr[2].ptr[0].ptr[0] == 11);
    runner_list_list_list_u16_free(&out);
}

static void people(uint8_t age) {
    runner_string_t names[] = {{BYTES("Ada")}, {BYTES("Grace")}, {BYTES("")}};
    LISTS(person_t) list[] = {{names[0], age, {names, 3}}, {names[1], 1, {NULL, 0}}};
    LISTS(list_person_t) in = {list, 2};
    LISTS(tuple2_list_person_u32_t) out;
    LISTS(people)(&in, &out);
    CHECK(out.f1 == (uint32_t)age + 9 && out.f0.len == 2);
    CHECK(SAME(out.f0.ptr[0].name, "Ada") && SAME(out.f0.ptr[0].friends.ptr[1], "Grace"));
    CHECK(out.f0.ptr[1].friends.len == 0);
    LISTS(tuple2_list_person_u32_free)(&out);

    LISTS(person_t) many[5] = {list[0], list[0], list[0], list[0], list[0]};
    for (int i = 0; i < 5; i++) many[i].age = 250;
    in.ptr = many;
    in.len = 5;
    LISTS(people)(&in, &out);
    CHECK(out.f1 == 5 * 258 && out.f0.len == 0);
    LISTS(tuple2_list_person_u32_free)(&out);
}

static void shapes(void) {
    runner_tuple2_f32_f32_t points[] = {{0.5f, 1}, {-2, 3}};
    LISTS(shape_t)
    list[3] = {{.tag = PAIRS_LISTS_LISTS_SHAPE_DOT},
               {.tag = PAIRS_LISTS_LISTS_SHAPE_LINE, .val = {.line = 1e300}},
               {.tag = PAIRS_LISTS_LISTS_SHAPE_PATH, .val = {.path = {points, 2}}}};
    LISTS(list_shape_t) in = {list, 3};
    LISTS(list_option_shape_t) out;
    LISTS(shapes)(&in, &out);
    CHECK(out.len == 3 && !out.ptr[0].is_some && out.ptr[1].is_some && out.ptr[2].is_some);
    CHECK(out.ptr[1].val.val.line == 1e300);
    CHECK(out.ptr[2].val.val.path.len == 2 && out.ptr[2].val.val.path.ptr[1].f0 == -2);
    LISTS(list_option_shape_free)(&out);
}

static void results(void) {
    LISTS(list_result_string_list_u8_t) out;
    LISTS(results)(6, &out);
    CHECK(out.len == 6 && !out.ptr[0].is_err && out.ptr[0].val.ok.len == 0);
    CHECK(out.ptr[5].is_err && out.ptr[5].val.err.len == 5 && out.ptr[5].val.err.ptr[4] == 4);
    CHECK(!out.ptr[4].is_err && SAME(out.ptr[4].val.ok, "abcd"));
    LISTS(list_result_string_list_u8_free)(&out);
    runner_tuple3_list_string_string_list_u8_t empty;
    LISTS(empty)(&empty);
    CHECK(empty.f0.len == 0 && empty.f1.len == 0 && empty.f2.len == 0);
    runner_tuple3_list_string_string_list_u8_free(&empty);
}

uint32_t exports_runner_run(void) {
    scalars();
    nested();
    people(36);
    shapes();
    results();
    CHECK(live() == 0);
    CHECK(LISTS(live)() == 0);
    return checked();
}
