/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runner.h"
#include "guest.h"

#define V(name)   pairs_variants_variants_##name
#define MIX(name) PAIRS_VARIANTS_VARIANTS_MIX_##name

static uint16_t numbers[] = {1, 65535};

static void make(V(mix_t) m[11]) {
    for (uint8_t i = 0; i < 10; i++) m[i].tag = i;
    m[1].val.small = 200;
    m[2].val.whole = INT64_MIN + 1;
    m[3].val.single = -1.5f;
    m[4].val.wide = 1e-300;
    m[5].val.text = (runner_string_t){BYTES("text")};
    m[6].val.point = (V(point_t)){0.25f, 1e100};
    m[7].val.items = (runner_list_u16_t){numbers, 2};
    m[8].val.pair = (runner_tuple2_f32_u64_t){2.5f, UINT64_MAX};
    m[9].val.deep.is_some = true;
    m[9].val.deep.val.is_err = true;
    m[9].val.deep.val.val.err = (runner_string_t){BYTES("deep")};
    m[10] = m[9];
    m[10].val.deep.val.is_err = false;
    m[10].val.deep.val.val.ok = 77;
}

static void compare(const V(mix_t) * a, const V(mix_t) * b) {
    CHECK(a->tag == b->tag);
    switch (b->tag) {
    case MIX(NONE): break;
    case MIX(SMALL): CHECK(a->val.small == 200); break;
    case MIX(WHOLE): CHECK(a->val.whole == INT64_MIN + 1); break;
    case MIX(SINGLE): CHECK(a->val.single == -1.5f); break;
    case MIX(WIDE): CHECK(a->val.wide == 1e-300); break;
    case MIX(TEXT): CHECK(SAME(a->val.text, "text")); break;
    case MIX(POINT): CHECK(a->val.point.x == 0.25f && a->val.point.y == 1e100); break;
    case MIX(ITEMS): CHECK(a->val.items.len == 2 && a->val.items.ptr[1] == 65535); break;
    case MIX(PAIR): CHECK(a->val.pair.f0 == 2.5f && a->val.pair.f1 == UINT64_MAX); break;
    case MIX(DEEP):
        CHECK(a->val.deep.is_some && a->val.deep.val.is_err == b->val.deep.val.is_err);
        if (a->val.deep.val.is_err) CHECK(SAME(a->val.deep.val.val.err, "deep"));
        else CHECK(a->val.deep.val.val.ok == 77);
        break;
    default: CHECK(false);
    }
}

static void mixes(void) {
    V(mix_t) all[11], out;
    make(all);
    for (int i = 0; i < 11; i++) {
        V(echo)(&all[i], &out);
        compare(&out, &all[i]);
        V(mix_free)(&out);
        runner_tuple2_u8_u8_t kinds;
        V(kind)(&all[i], i % 2 ? &all[10 - i] : NULL, &kinds);
        CHECK(kinds.f0 == all[i].tag && kinds.f1 == (i % 2 ? all[10 - i].tag : 255));
    }
    V(list_mix_t) list = {all, 11}, back;
    V(echo_all)(&list, &back);
    CHECK(back.len == 11);
    for (size_t i = 0; i < back.len; i++) compare(&back.ptr[i], &all[i]);
    V(list_mix_free)(&back);
}

static void options(void) {
    uint8_t byte = 9;
    runner_string_t text = {BYTES("some")}, ret;
    runner_option_u32_t inner = {true, 5};
    V(point_t) point = {1, 2};
    V(tuple4_option_u8_option_string_option_option_u32_option_point_t) out;
    V(options)(&byte, &text, &inner, &point, &out);
    CHECK(out.f0.is_some && out.f0.val == 10 && out.f1.is_some && SAME(out.f1.val, "some"));
    CHECK(out.f2.is_some && out.f2.val.is_some && out.f2.val.val == 5 && out.f3.val.y == 2);
    V(tuple4_option_u8_option_string_option_option_u32_option_point_free)(&out);
    inner.is_some = false;
    V(options)(NULL, NULL, &inner, NULL, &out);
    CHECK(!out.f0.is_some && !out.f1.is_some && out.f2.is_some && !out.f2.val.is_some);
    CHECK(!out.f3.is_some);
    CHECK(V(maybe)(&text, &ret) && SAME(ret, "some"));
    runner_string_free(&ret);
    CHECK(!V(maybe)(NULL, &ret));
    runner_option_option_u8_t deep = {0};
    CHECK(!V(nested)(0, &deep));
    CHECK(V(nested)(1, &deep) && !deep.is_some);
    CHECK(V(nested)(2, &deep) && deep.is_some && !deep.val.is_some);
    CHECK(V(nested)(3, &deep) && deep.val.is_some && deep.val.val == 3);
}

static void results(void) {
    int32_t quotient = 0;
    V(error_t) error;
    CHECK(V(divide)(42, 6, &quotient, &error) && quotient == 7);
    CHECK(!V(divide)(1, 0, &quotient, &error) &&
          error.tag == PAIRS_VARIANTS_VARIANTS_ERROR_MESSAGE);
    CHECK(SAME(error.val.message, "division by zero") && quotient == 7);
    V(error_free)(&error);
    CHECK(!V(divide)(1, -3, &quotient, &error) && error.val.code == 3);
    CHECK(!V(divide)(1, 1, &quotient, &error) && error.tag == PAIRS_VARIANTS_VARIANTS_ERROR_CLOSED);
    CHECK(V(check)(true) && !V(check)(false));
    runner_string_t text;
    CHECK(V(only_error)(false, &text));
    CHECK(!V(only_error)(true, &text) && SAME(text, "failed"));
    runner_string_free(&text);
    CHECK(!V(only_value)(true, &text));
    CHECK(V(only_value)(false, &text) && SAME(text, "went well"));
    runner_string_free(&text);
    V(result_string_error_t) r = {.is_err = false, .val = {.ok = {BYTES("good")}}};
    V(result_u8_void_t) s = {.is_err = false, .val = {.ok = 7}};
    V(result_void_f64_t) t = {.is_err = true, .val = {.err = 0.25}};
    V(result_void_void_t) u = {.is_err = false};
    CHECK(V(results)(&r, &s, &t, &u) == 2);
    r.is_err = true;
    r.val.err.tag = PAIRS_VARIANTS_VARIANTS_ERROR_MESSAGE;
    r.val.err.val.message = (runner_string_t){BYTES("bad")};
    s.is_err = u.is_err = true;
    t.is_err = false;
    CHECK(V(results)(&r, &s, &t, &u) == 13);
}

uint32_t exports_runner_run(void) {
    mixes();
    options();
    results();
    CHECK(live() == 0);
    CHECK(V(live)() == 0);
    return checked();
}
