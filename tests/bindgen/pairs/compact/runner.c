/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runner.h"
#include "guest.h"

#define S(name) pairs_compact_strings_##name

static bool same(runner_string_t s, const char16_t *text) {
    if (s.len != runner_string_len(text)) return false;
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] != text[i]) return false;
    return true;
}

static void units(const char16_t *text, uint32_t n) {
    runner_string_t s;
    runner_string_set(&s, text);
    CHECK(S(units)(&s) == n);
}

uint32_t exports_runner_run(void) {
    units(u"", 0);
    units(u"abc", 3);
    units(u"\u00e9\u00ff", 2);
    units(u"a\u20ac", 1002);
    units(u"\U0001f680!", 1003);
    runner_string_t words[3];
    runner_string_set(&words[0], u"one");
    runner_string_set(&words[1], u"\U0001f680");
    runner_string_set(&words[2], u"dr\u00e9i");
    runner_list_string_t in = {words, 3}, out;
    S(reverse)(&in, &out);
    CHECK(out.len == 3 && same(out.ptr[0], u"dr\u00e9i") && same(out.ptr[1], u"\U0001f680"));
    CHECK(same(out.ptr[2], u"one"));
    runner_list_string_free(&out);
    runner_string_t name, ret, err;
    runner_string_set(&name, u"w\u00f6rld");
    CHECK(S(greet)(&name, &ret, &err) && same(ret, u"h\u00e9llo"));
    runner_string_free(&ret);
    CHECK(!S(greet)(NULL, &ret, &err) && same(err, u"no\u20ac"));
    runner_string_free(&err);
    CHECK(live() == 0);
    CHECK(S(live)() == 0);
    return checked();
}
