/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "test.h"
#include "guest.h"

#define S(name) exports_pairs_scalars_scalars_##name

static bool called;

bool S(echo_bool)(bool x) { return x; }
int8_t S(echo_s8)(int8_t x) { return x; }
uint8_t S(echo_u8)(uint8_t x) { return x; }
int16_t S(echo_s16)(int16_t x) { return x; }
uint16_t S(echo_u16)(uint16_t x) { return x; }
int32_t S(echo_s32)(int32_t x) { return x; }
uint32_t S(echo_u32)(uint32_t x) { return x; }
int64_t S(echo_s64)(int64_t x) { return x; }
uint64_t S(echo_u64)(uint64_t x) { return x; }
float S(echo_f32)(float x) { return x; }
double S(echo_f64)(double x) { return x; }
uint32_t S(echo_char)(uint32_t x) { return x; }
S(color_t) S(next)(S(color_t) c) { return (S(color_t))((c + 1) % 3); }

void S(invert)(S(few_t) a, S(some_t) b, S(many_t) c, S(tuple3_few_some_many_t) * ret) {
    ret->f0 = (S(few_t))(~a & 7);
    ret->f1 = (S(some_t))(~b & 511);
    ret->f2 = ~c;
}

void S(echo_all)(S(all_t) * x, S(all_t) * ret) { *ret = *x; }
void S(echo_nested)(S(nested_t) * x, S(nested_t) * ret) { *ret = *x; }

uint64_t S(sum)(uint8_t a, uint16_t b, uint32_t c, uint64_t d, int8_t e, int16_t f, int32_t g,
                int64_t h, float i, double j, uint32_t k, bool l, S(color_t) m, S(few_t) n,
                test_tuple2_u32_u32_t *o, uint8_t p, test_string_t *q) {
    uint64_t sum = a + b + c + d + (uint64_t)e + (uint64_t)f + (uint64_t)g + (uint64_t)h;
    sum += (uint64_t)i + (uint64_t)j + k + l + m + n + o->f0 + o->f1 + p + q->len;
    MUST(SAME(*q, "seventeen"));
    test_string_free(q);
    return sum;
}

void S(nothing)(void) { called = true; }

uint32_t S(live)(void) {
    MUST(called);
    return live();
}
