/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Nothing is freed here: results are literals, arguments, or memory of the call. */
#include "test.h"
#include "guest.h"

int64_t values_numbers(uint8_t a, int8_t b, uint16_t c, int16_t d, uint32_t e, int32_t f,
                       uint64_t g, int64_t h) {
    MUST(a == 200 && b == -100 && c == 60000 && d == -30000 && e == 4000000000u);
    MUST(f == -2000000000 && g == 18000000000000000000u);
    return h - 1;
}

double values_floats(float a, double b, uint32_t c, bool d) { return d ? a + b + c : 0; }

values_point values_flip(const values_point *p) { return (values_point){p->y, p->x}; }

values_person values_older(const values_person *p, uint8_t by) {
    values_person older = *p;
    wit_string *tags = WIT_NEW(wit_string, p->tags.len + 1);
    for (size_t i = 0; i < p->tags.len; i++) tags[i] = p->tags.ptr[i];
    tags[p->tags.len] = WIT_STR("older");
    older.age = (uint8_t)(p->age + by);
    older.tags = (wit_list_string){tags, p->tags.len + 1};
    return older;
}

values_shape values_grow(const values_shape *s, float by) {
    if (values_shape_is_circle(s)) return values_shape_circle(s->val.circle + by);
    if (!values_shape_is_path(s)) return *s;
    values_point *points = WIT_NEW(values_point, s->val.path.len);
    for (size_t i = 0; i < s->val.path.len; i++)
        points[i] = (values_point){s->val.path.ptr[i].x + (int32_t)by, s->val.path.ptr[i].y};
    return values_shape_path((values_list_point){points, s->val.path.len});
}

values_color values_next(values_color c) {
    switch (c) {
    case VALUES_COLOR_RED: return VALUES_COLOR_LIGHT_GREEN;
    case VALUES_COLOR_LIGHT_GREEN: return VALUES_COLOR_BLUE;
    case VALUES_COLOR_BLUE: return VALUES_COLOR_RED;
    }
    MUST(false);
    return c;
}

values_tuple2_perms_many values_both(values_perms p, values_many m) {
    MUST(p == (VALUES_PERMS_READ | VALUES_PERMS_EXEC) && m == (VALUES_MANY_F31 | VALUES_MANY_F0));
    return (values_tuple2_perms_many){VALUES_PERMS_WRITE, VALUES_MANY_F30};
}

values_option_tuple3_u32_string_point values_maybe(const uint32_t *a, const wit_string *b,
                                                   const values_point *c) {
    if (!a || !b || !c) return values_option_tuple3_u32_string_point_none();
    return values_option_tuple3_u32_string_point_some((values_tuple3_u32_string_point){*a, *b, *c});
}

wit_option_option_u8 values_deep(const wit_option_u8 *a) {
    if (!a) return wit_option_option_u8_some(wit_option_u8_none());
    if (!a->is_some) return wit_option_option_u8_none();
    return wit_option_option_u8_some(wit_option_u8_some((uint8_t)(a->val + 1)));
}

wit_result_string_u32 values_outcome(const wit_result_u32_string *a) {
    if (a->is_err) return wit_result_string_u32_err((uint32_t)a->val.err.len);
    return wit_result_string_u32_ok(a->val.ok == 7 ? WIT_STR("seven") : WIT_STR(""));
}

wit_result_void_void values_flat(const wit_result_void_void *a) {
    return a->is_err ? wit_result_void_void_ok() : wit_result_void_void_err();
}

wit_tuple3_string_f64_u8 values_pair(const wit_tuple3_u8_f64_string *a) {
    return (wit_tuple3_string_f64_u8){a->f2, a->f1, a->f0};
}

wit_list_u8 values_bytes(wit_list_u8 l) {
    static const uint8_t none[] = {1, 2, 3};
    return l.len ? (wit_list_u8){l.ptr + 1, l.len - 1} : WIT_LIST(wit_list_u8, none);
}

values_list_person values_people(values_list_person l) {
    values_person *people = WIT_NEW(values_person, l.len);
    for (size_t i = 0; i < l.len; i++) people[i] = l.ptr[l.len - 1 - i];
    return (values_list_person){people, l.len};
}

wit_map_u32_string values_table(wit_map_string_u32 m) {
    wit_map_u32_string_entry *entries = WIT_NEW(wit_map_u32_string_entry, m.len);
    for (size_t i = 0; i < m.len; i++)
        entries[i] = (wit_map_u32_string_entry){m.ptr[i].value, m.ptr[i].key};
    return (wit_map_u32_string){entries, m.len};
}

wit_array4_u16 values_four(const wit_array4_u16 *a) {
    return (wit_array4_u16){{a->at[3], a->at[2], a->at[1], a->at[0]}};
}

wit_string values_many_arguments(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                                 uint64_t f, uint64_t g, uint64_t h, uint64_t i, uint64_t j,
                                 uint64_t k, uint64_t l, uint64_t m, uint64_t n, wit_string o,
                                 const values_point *p, const values_point *q) {
    MUST(a == 1 && b == 2 && c == 3 && d == 4 && e == 5 && f == 6 && g == 7 && h == 8 && i == 9);
    MUST(j == 10 && k == 11 && l == 12 && m == 13 && n == 14);
    MUST(p ? p->x == 15 && p->y == 16 : o.len == 0);
    MUST(q->x == 17 && q->y == -18);
    return wit_string_copy(o);
}

#ifdef __wasm__
uint32_t values_live(void) { return live(); }
#endif
