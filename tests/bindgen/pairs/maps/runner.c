/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runner.h"
#include "guest.h"

#define M(name) pairs_maps_maps_##name

uint32_t exports_runner_run(void) {
    runner_string_t words[] = {{BYTES("a")}, {BYTES("bb")}, {BYTES("a")}, {BYTES("")}};
    runner_list_string_t list = {words, 4};
    runner_map_string_u32_t counts;
    M(count)(&list, &counts);
    CHECK(counts.len == 3 && SAME(counts.ptr[0].key, "a") && counts.ptr[0].value == 2);
    CHECK(SAME(counts.ptr[1].key, "bb") && counts.ptr[1].value == 1 && counts.ptr[2].key.len == 0);
    counts.ptr[1].value = 10;
    counts.ptr[2].value = 11;
    runner_map_u32_string_t inverse;
    M(invert)(&counts, &inverse);
    CHECK(inverse.len == 3 && inverse.ptr[1].key == 10 && SAME(inverse.ptr[1].value, "bb"));
    runner_map_u32_string_free(&inverse);
    runner_map_string_u32_free(&counts);

    M(map_u64_place_entry_t) entries[] = {{UINT64_MAX, {-5, {words, 2}}}, {1, {7, {NULL, 0}}}};
    M(map_u64_place_t) places = {entries, 2}, out;
    M(places)(&places, &out);
    CHECK(out.len == 2 && out.ptr[0].key == UINT64_MAX && out.ptr[0].value.x == -4);
    CHECK(SAME(out.ptr[0].value.tags.ptr[1], "bb") && out.ptr[1].value.tags.len == 0);
    M(map_u64_place_free)(&out);

    runner_map_u8_string_entry_t inner[] = {{9, {BYTES("inner")}}};
    runner_map_u8_map_u8_string_entry_t outer[] = {{1, {inner, 1}}, {2, {NULL, 0}}};
    runner_map_u8_map_u8_string_t nested = {outer, 2};
    runner_map_char32_bool_t ok;
    runner_map_string_string_t err;
    CHECK(M(nested)(NULL, &ok, &err) && ok.len == 2 && ok.ptr[1].key == 0x1f680 && ok.ptr[0].value);
    runner_map_char32_bool_free(&ok);
    CHECK(!M(nested)(&nested, &ok, &err) && err.len == 1 && SAME(err.ptr[0].value, "value"));
    runner_map_string_string_free(&err);
    CHECK(live() == 0);
    CHECK(M(live)() == 0);
    return checked();
}
