/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runner.h"
#include "guest.h"

#define S(name) pairs_scalars_scalars_##name

static void ends(void) {
    CHECK(S(echo_bool)(true) && !S(echo_bool)(false));
    CHECK(S(echo_s8)(INT8_MIN) == INT8_MIN && S(echo_s8)(INT8_MAX) == INT8_MAX);
    CHECK(S(echo_u8)(UINT8_MAX) == UINT8_MAX && S(echo_u8)(0) == 0);
    CHECK(S(echo_s16)(INT16_MIN) == INT16_MIN && S(echo_s16)(INT16_MAX) == INT16_MAX);
    CHECK(S(echo_u16)(UINT16_MAX) == UINT16_MAX);
    CHECK(S(echo_s32)(INT32_MIN) == INT32_MIN && S(echo_s32)(INT32_MAX) == INT32_MAX);
    CHECK(S(echo_u32)(UINT32_MAX) == UINT32_MAX);
    CHECK(S(echo_s64)(INT64_MIN) == INT64_MIN && S(echo_s64)(INT64_MAX) == INT64_MAX);
    CHECK(S(echo_u64)(UINT64_MAX) == UINT64_MAX);
    CHECK(S(echo_f32)(0x1.fffffep127f) == 0x1.fffffep127f && S(echo_f32)(-0.0f) == 0);
    CHECK(__builtin_signbit(S(echo_f32)(-0.0f)) &&
          __builtin_isnan(S(echo_f32)(__builtin_nanf(""))));
    CHECK(S(echo_f64)(0x1p-1074) == 0x1p-1074 && S(echo_f64)(-__builtin_inf()) == -__builtin_inf());
    CHECK(__builtin_isnan(S(echo_f64)(__builtin_nan(""))));
    CHECK(S(echo_char)(0) == 0 && S(echo_char)(0xd7ff) == 0xd7ff);
    CHECK(S(echo_char)(0xe000) == 0xe000 && S(echo_char)(0x10ffff) == 0x10ffff);
}

static void sets(void) {
    CHECK(S(next)(PAIRS_SCALARS_SCALARS_COLOR_RED) == PAIRS_SCALARS_SCALARS_COLOR_GREEN);
    CHECK(S(next)(PAIRS_SCALARS_SCALARS_COLOR_BLUE) == PAIRS_SCALARS_SCALARS_COLOR_RED);
    S(tuple3_few_some_many_t) out;
    S(invert)(PAIRS_SCALARS_SCALARS_FEW_B, PAIRS_SCALARS_SCALARS_SOME_F8,
              PAIRS_SCALARS_SCALARS_MANY_F31, &out);
    CHECK(out.f0 == (PAIRS_SCALARS_SCALARS_FEW_A | PAIRS_SCALARS_SCALARS_FEW_C));
    CHECK(out.f1 == 255 && out.f2 == 0x7fffffff);
    CHECK(sizeof(S(few_t)) == 1 && sizeof(S(some_t)) == 2 && sizeof(S(many_t)) == 4);
}

static void structs(void) {
    S(all_t)
    all = {true, -1, 255, -2, 65535, -3, 4000000000u, -4, UINT64_MAX, 0.5f, 1e300, 0x1f600};
    S(all_t) got;
    S(echo_all)(&all, &got);
    CHECK(got.a && got.b == -1 && got.c == 255 && got.d == -2 && got.e == 65535 && got.f == -3);
    CHECK(got.g == 4000000000u && got.h == -4 && got.i == UINT64_MAX && got.j == 0.5f);
    CHECK(got.k == 1e300 && got.l == 0x1f600);
    S(nested_t) nested = {{1, {2, PAIRS_SCALARS_SCALARS_COLOR_BLUE}}, 5, 300, 0x80000001}, back;
    S(echo_nested)(&nested, &back);
    CHECK(back.t.f0 == 1 && back.t.f1.f0 == 2 && back.t.f1.f1 == PAIRS_SCALARS_SCALARS_COLOR_BLUE);
    CHECK(back.f == 5 && back.g == 300 && back.h == 0x80000001);
}

uint32_t exports_runner_run(void) {
    ends();
    sets();
    structs();
    runner_tuple2_u32_u32_t pair = {15, 16};
    runner_string_t text = {BYTES("seventeen")};
    uint64_t sum = S(sum)(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, true, 2, 4, &pair, 18, &text);
    CHECK(sum == 66 + 1 + 2 + 4 + 31 + 18 + 9);
    S(nothing)();
    CHECK(S(live)() == 0 && live() == 0);
    return checked();
}
