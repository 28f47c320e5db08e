/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runner.h"
#include "guest.h"

#define LATIN "na\xc3\xafve"
#define GREEK "\xce\xb3\xce\xbb\xcf\x8e\xcf\x83\xcf\x83\xce\xb1"
#define ROCKET "\xf0\x9f\x9a\x80"

uint32_t runner_run(void) {
    static const wit_string parts[] = {WIT_STR_INIT("a"), WIT_STR_INIT(GREEK), WIT_STR_INIT(""),
                                       WIT_STR_INIT(ROCKET)};
    wit_list_string list = WIT_LIST(wit_list_string, parts);
    CHECK(SAME(strings_wide_join(list, NULL), "a" GREEK ROCKET));
    CHECK(SAME(strings_wide_join(list, &WIT_STR("!")), "a" GREEK ROCKET "!"));
    CHECK(strings_wide_join((wit_list_string){NULL, 0}, NULL).len == 0);
    wit_list_string words = strings_wide_split(WIT_STR("one " ROCKET " " LATIN));
    CHECK(words.len == 3 && SAME(words.ptr[0], "one") && SAME(words.ptr[1], ROCKET));
    CHECK(SAME(words.ptr[2], LATIN));
    wit_tuple2_string_bool both = strings_compact_both(WIT_STR(LATIN));
    CHECK(SAME(both.f0, LATIN LATIN) && !both.f1);
    both = strings_compact_both(WIT_STR(GREEK));
    CHECK(SAME(both.f0, GREEK GREEK) && both.f1);
    both = strings_compact_both(WIT_STR(""));
    CHECK(both.f0.len == 0 && !both.f1);
    wit_list_string back = strings_compact_reverse(list);
    CHECK(back.len == 4 && SAME(back.ptr[0], ROCKET) && back.ptr[1].len == 0);
    CHECK(SAME(back.ptr[2], GREEK) && SAME(back.ptr[3], "a"));
    CHECK(strings_wide_live() == 1);
    return checked();
}
