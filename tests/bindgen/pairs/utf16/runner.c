/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runner.h"
#include "guest.h"

#define S(name) pairs_utf_strings_##name

static void units(const char *text, uint32_t n) {
    runner_string_t s;
    runner_string_set(&s, text);
    CHECK(S(units)(&s) == n);
}

uint32_t exports_runner_run(void) {
    units("", 0);
    units("abc", 3);
    units("\xc3\xa9\xe2\x82\xac", 2);
    units("\xf0\x9f\x9a\x80!", 3);
    runner_string_t words[] = {
        {BYTES("one")}, {BYTES("")}, {BYTES("dr\xc3\xa9i")}, {BYTES("\xf0\x9f\x9a\x80")}};
    runner_list_string_t in = {words, 4}, out;
    S(reverse)(&in, &out);
    CHECK(out.len == 4 && SAME(out.ptr[0], "\xf0\x9f\x9a\x80") && SAME(out.ptr[1], "dr\xc3\xa9i"));
    CHECK(out.ptr[2].len == 0 && SAME(out.ptr[3], "one"));
    runner_list_string_free(&out);
    runner_string_t name, ret, err;
    runner_string_set(&name, "w\xc3\xb6rld");
    CHECK(S(greet)(&name, &ret, &err) && SAME(ret, "h\xc3\xa9llo w\xc3\xb6rld"));
    runner_string_free(&ret);
    CHECK(!S(greet)(NULL, &ret, &err) && SAME(err, "nobody \xe2\x82\xac"));
    runner_string_free(&err);
    CHECK(live() == 0);
    CHECK(S(live)() == 0);
    return checked();
}
