/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runner.h"
#include "guest.h"

static void scalars(void) {
    CHECK(values_numbers(200, -100, 60000, -30000, 4000000000u, -2000000000, 18000000000000000000u,
                         INT64_MIN + 1) == INT64_MIN);
    CHECK(values_floats(0.5f, 0.25, 'A', true) == 65.75);
    CHECK(values_floats(1, 1, 'A', false) == 0);
    CHECK(values_next(VALUES_COLOR_RED) == VALUES_COLOR_LIGHT_GREEN);
    CHECK(values_next(VALUES_COLOR_BLUE) == VALUES_COLOR_RED);
    CHECK(guest_same(values_color_name(VALUES_COLOR_LIGHT_GREEN), 11, "light-green"));
    values_tuple2_perms_many both =
        values_both(VALUES_PERMS_READ | VALUES_PERMS_EXEC, VALUES_MANY_F0 | VALUES_MANY_F31);
    CHECK(both.f0 == VALUES_PERMS_WRITE && both.f1 == VALUES_MANY_F30);
}

static void records(void) {
    static const wit_string tags[] = {{"a", 1}, {"bc", 2}};
    values_point p = values_flip(&(values_point){3, -4});
    CHECK(p.x == -4 && p.y == 3);
    values_person ann = {WIT_STR("Ann"), 40, WIT_LIST(wit_list_string, tags)};
    values_person older = values_older(&ann, 2);
    CHECK(SAME(older.name, "Ann") && older.age == 42 && older.tags.len == 3);
    CHECK(SAME(older.tags.ptr[1], "bc") && SAME(older.tags.ptr[2], "older"));
    values_person two[] = {ann, older};
    values_list_person back = values_people(WIT_LIST(values_list_person, two));
    CHECK(back.len == 2 && back.ptr[0].age == 42 && back.ptr[1].age == 40);
    CHECK(SAME(back.ptr[0].tags.ptr[2], "older") && SAME(back.ptr[1].name, "Ann"));
    wit_tuple3_string_f64_u8 t = values_pair(&(wit_tuple3_u8_f64_string){9, 0.125, WIT_STR("x")});
    CHECK(SAME(t.f0, "x") && t.f1 == 0.125 && t.f2 == 9);
}

static void variants(void) {
    static const values_point points[] = {{1, 2}, {3, 4}};
    values_shape dot = values_shape_dot(), circle = values_shape_circle(1.5f);
    values_shape path = values_shape_path(WIT_LIST(values_list_point, points));
    values_shape named = values_shape_named(WIT_STR("box")), wide = values_shape_wide(1ull << 40);
    values_shape r = values_grow(&dot, 1);
    CHECK(r.tag == VALUES_SHAPE_DOT);
    r = values_grow(&circle, 1);
    CHECK(values_shape_is_circle(&r) && r.val.circle == 2.5f);
    r = values_grow(&path, 10);
    CHECK(values_shape_is_path(&r) && r.val.path.len == 2 && r.val.path.ptr[1].x == 13);
    r = values_grow(&named, 0);
    CHECK(values_shape_is_named(&r) && SAME(r.val.named, "box"));
    r = values_grow(&wide, 0);
    CHECK(values_shape_is_wide(&r) && r.val.wide == 1ull << 40);
}

static void options(void) {
    values_option_tuple3_u32_string_point m =
        values_maybe(&(uint32_t){5}, &WIT_STR("five"), &(values_point){6, 7});
    CHECK(m.is_some && m.val.f0 == 5 && SAME(m.val.f1, "five") && m.val.f2.y == 7);
    CHECK(!values_maybe(NULL, &WIT_STR("five"), &(values_point){6, 7}).is_some);
    CHECK(!values_maybe(&(uint32_t){5}, NULL, &(values_point){6, 7}).is_some);
    CHECK(!values_maybe(&(uint32_t){5}, &WIT_STR("five"), NULL).is_some);
    wit_option_option_u8 d = values_deep(NULL);
    CHECK(d.is_some && !d.val.is_some);
    CHECK(!values_deep(&(wit_option_u8){false, 0}).is_some);
    d = values_deep(&(wit_option_u8){true, 8});
    CHECK(d.is_some && d.val.is_some && d.val.val == 9);
}

static void results(void) {
    wit_result_u32_string ok = wit_result_u32_string_ok(7);
    wit_result_u32_string err = wit_result_u32_string_err(WIT_STR("four"));
    wit_result_string_u32 r = values_outcome(&ok);
    CHECK(!r.is_err && SAME(r.val.ok, "seven"));
    r = values_outcome(&err);
    CHECK(r.is_err && r.val.err == 4);
    wit_result_void_void flat = wit_result_void_void_ok();
    CHECK(values_flat(&flat).is_err);
    flat = wit_result_void_void_err();
    CHECK(!values_flat(&flat).is_err);
}

static void lists(void) {
    static const uint8_t bytes[] = {9, 8, 7};
    wit_list_u8 b = values_bytes(WIT_LIST(wit_list_u8, bytes));
    CHECK(b.len == 2 && b.ptr[0] == 8 && b.ptr[1] == 7);
    b = values_bytes((wit_list_u8){NULL, 0});
    CHECK(b.len == 3 && b.ptr[2] == 3);
    static const wit_map_string_u32_entry entries[] = {{{"one", 3}, 1}, {{"two", 3}, 2}};
    wit_map_u32_string m = values_table(WIT_LIST(wit_map_string_u32, entries));
    CHECK(m.len == 2 && m.ptr[1].key == 2 && SAME(m.ptr[1].value, "two"));
    wit_array4_u16 four = values_four(&(wit_array4_u16){{1, 2, 3, 4}});
    CHECK(four.at[0] == 4 && four.at[3] == 1);
    wit_string s =
        values_many_arguments(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, WIT_STR("many"),
                              &(values_point){15, 16}, &(values_point){17, -18});
    CHECK(SAME(s, "many"));
    s = values_many_arguments(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, WIT_STR(""), NULL,
                              &(values_point){17, -18});
    CHECK(s.len == 0);
}

#ifdef __wasm__
/* Each side keeps one block, whatever has been called; a mark gives the results back. */
static void memory(void) {
    CHECK(values_live() == 1);
    static uint8_t big[100000];
    wit_mark mark = wit_arena_mark();
    uint32_t before = live();
    for (int i = 0; i < 100; i++) {
        wit_list_u8 l = values_bytes(WIT_LIST(wit_list_u8, big));
        CHECK(l.len == sizeof big - 1);
        wit_arena_release(mark);
    }
    CHECK(live() == before && values_live() == 1);
    char *a = WIT_NEW(char, 3);
    uint64_t *b = WIT_NEW(uint64_t, 1000);
    CHECK(((uintptr_t)b & 7) == 0 && (char *)b != a && live() > before);
    wit_arena_release(mark);
    CHECK(live() == before);
}

#else
static void memory(void) {} /* sanitizers see to that */
#endif

uint32_t runner_run(void) {
    scalars();
    records();
    variants();
    options();
    results();
    lists();
    memory();
    return checked();
}
