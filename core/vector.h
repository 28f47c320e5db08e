/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CORE_VECTOR_H
#define CORE_VECTOR_H

#include "core/numeric.h"

/* The vocabulary of core/vector.def: 128 bits seen as lanes, by the vector types that gcc and clang
 * share. Lane 0 is the first in memory; the machine must be little-endian, as WebAssembly is.
 * Comparing vectors gives lanes of all ones or zeros, as the instructions do. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "vectors need a little-endian machine");

#define CORE_LANES(T) T __attribute__((vector_size(16)))
typedef union {
    CORE_LANES(u8) u8;
    CORE_LANES(s8) s8;
    CORE_LANES(u16) u16;
    CORE_LANES(s16) s16;
    CORE_LANES(u32) u32;
    CORE_LANES(s32) s32;
    CORE_LANES(u64) u64;
    CORE_LANES(s64) s64;
    CORE_LANES(f32) f32;
    CORE_LANES(f64) f64;
} CoreV128;

/* What numeric.def writes with an operator on lanes: LANES(s16, a.s16 < b.s16). */
#define LANES(T, e) ((CoreV128){.T = (__typeof__(((CoreV128 *)0)->T))(e)})
#define CORE_ZEROS ((CoreV128){.u64 = {0, 0}})
/* Lanes of x where the mask has ones, else of y. */
#define LANES_SELECT(T, mask, x, y)                                                                \
    LANES(u64, (LANES(T, mask).u64 & LANES(T, x).u64) | (~LANES(T, mask).u64 & LANES(T, y).u64))

/* One lane at a time: in the expression, i is the lane. */
#define CORE_EACH(name, T, n, e, ...)                                                              \
    static inline CoreV128 core_##name(__VA_ARGS__) {                                              \
        CoreV128 r;                                                                                \
        for (unsigned i = 0; i < (n); i++) r.T[i] = (e);                                           \
        return r;                                                                                  \
    }
#define CORE_EACH1(name, T, n, e) CORE_EACH(name, T, n, e, CoreV128 a)
#define CORE_EACH2(name, T, n, e) CORE_EACH(name, T, n, e, CoreV128 a, CoreV128 b)

#define CORE_CLAMP(x, low, high) ((x) < (low) ? (low) : (x) > (high) ? (high) : (x))

/* ---- integers ---- */

CORE_EACH2(swizzle, u8, 16, b.u8[i] < 16 ? a.u8[b.u8[i]] : 0)
CORE_EACH1(popcnt8, u8, 16, (u8)core_popcnt32(a.u8[i]))
CORE_EACH2(add_sat_s8, s8, 16, (s8)CORE_CLAMP(a.s8[i] + b.s8[i], INT8_MIN, INT8_MAX))
CORE_EACH2(add_sat_u8, u8, 16, (u8)CORE_CLAMP(a.u8[i] + b.u8[i], 0, UINT8_MAX))
CORE_EACH2(sub_sat_s8, s8, 16, (s8)CORE_CLAMP(a.s8[i] - b.s8[i], INT8_MIN, INT8_MAX))
CORE_EACH2(sub_sat_u8, u8, 16, (u8)CORE_CLAMP(a.u8[i] - b.u8[i], 0, UINT8_MAX))
CORE_EACH2(add_sat_s16, s16, 8, (s16)CORE_CLAMP(a.s16[i] + b.s16[i], INT16_MIN, INT16_MAX))
CORE_EACH2(add_sat_u16, u16, 8, (u16)CORE_CLAMP(a.u16[i] + b.u16[i], 0, UINT16_MAX))
CORE_EACH2(sub_sat_s16, s16, 8, (s16)CORE_CLAMP(a.s16[i] - b.s16[i], INT16_MIN, INT16_MAX))
CORE_EACH2(sub_sat_u16, u16, 8, (u16)CORE_CLAMP(a.u16[i] - b.u16[i], 0, UINT16_MAX))
CORE_EACH2(avgr_u8, u8, 16, (u8)((a.u8[i] + b.u8[i] + 1) / 2))
CORE_EACH2(avgr_u16, u16, 8, (u16)((a.u16[i] + b.u16[i] + 1) / 2))
CORE_EACH2(q15mulr, s16, 8,
           (s16)CORE_CLAMP((a.s16[i] * b.s16[i] + 0x4000) >> 15, INT16_MIN, INT16_MAX))
CORE_EACH2(dot_s16, s32, 4,
           (s32)((u32)(a.s16[2 * i] * b.s16[2 * i]) + (u32)(a.s16[2 * i + 1] * b.s16[2 * i + 1])))
CORE_EACH2(dot_s8, s16, 8, (s16)(a.s8[2 * i] * b.s8[2 * i] + a.s8[2 * i + 1] * b.s8[2 * i + 1]))

/* Narrowing: both operands' lanes, saturated. */
#define CORE_NARROW(name, from, to, half, low, high)                                               \
    CORE_EACH2(name, to, 2 * (half),                                                               \
               (to)CORE_CLAMP(i < (half) ? a.from[i] : b.from[i - (half)], low, high))
CORE_NARROW(narrow_s8, s16, s8, 8, INT8_MIN, INT8_MAX)
CORE_NARROW(narrow_u8, s16, u8, 8, 0, UINT8_MAX)
CORE_NARROW(narrow_s16, s32, s16, 4, INT16_MIN, INT16_MAX)
CORE_NARROW(narrow_u16, s32, u16, 4, 0, UINT16_MAX)
#undef CORE_NARROW

/* Widening: half of the lanes extended, multiplied, or added in pairs. */
#define CORE_WIDEN(from, to, n)                                                                    \
    CORE_EACH1(low_##from, to, n, (to)a.from[i])                                                   \
    CORE_EACH1(high_##from, to, n, (to)a.from[i + (n)])                                            \
    CORE_EACH1(pairs_##from, to, n, (to)((to)a.from[2 * i] + (to)a.from[2 * i + 1]))
CORE_WIDEN(s8, s16, 8)
CORE_WIDEN(u8, u16, 8)
CORE_WIDEN(s16, s32, 4)
CORE_WIDEN(u16, u32, 4)
CORE_WIDEN(s32, s64, 2)
CORE_WIDEN(u32, u64, 2)
#undef CORE_WIDEN

/* all_true, bitmask: the top bits of the lanes. */
#define CORE_TESTS(T, n)                                                                           \
    static inline u32 core_all_true_##T(CoreV128 a) {                                              \
        u32 all = 1;                                                                               \
        for (unsigned i = 0; i < (n); i++) all &= a.T[i] != 0;                                     \
        return all;                                                                                \
    }                                                                                              \
    static inline u32 core_bitmask_##T(CoreV128 a) {                                               \
        u32 bits = 0;                                                                              \
        for (unsigned i = 0; i < (n); i++) bits |= (u32)(a.T[i] < 0) << i;                         \
        return bits;                                                                               \
    }
CORE_TESTS(s8, 16)
CORE_TESTS(s16, 8)
CORE_TESTS(s32, 4)
CORE_TESTS(s64, 2)
#undef CORE_TESTS

/* i8x16.shuffle: lanes of a, then of b, by the immediate. */
static inline CoreV128 core_shuffle(CoreV128 a, CoreV128 b, const uint8_t lanes[16]) {
    CoreV128 r;
    for (unsigned i = 0; i < 16; i++)
        r.u8[i] = lanes[i] < 16 ? a.u8[lanes[i]] : b.u8[lanes[i] & 15];
    return r;
}

/* ---- floats ---- */

#define CORE_FLOATS(T, n, c)                                                                       \
    CORE_EACH1(T##_ceils, T, n, core_##T##_ceil(a.T[i]))                                           \
    CORE_EACH1(T##_floors, T, n, core_##T##_floor(a.T[i]))                                         \
    CORE_EACH1(T##_truncs, T, n, core_##T##_trunc(a.T[i]))                                         \
    CORE_EACH1(T##_nearests, T, n, core_##T##_nearest(a.T[i]))                                     \
    CORE_EACH1(T##_sqrts, T, n, sqrt##c(a.T[i]))                                                   \
    CORE_EACH2(T##_mins, T, n, core_##T##_min(a.T[i], b.T[i]))                                     \
    CORE_EACH2(T##_maxs, T, n, core_##T##_max(a.T[i], b.T[i]))
CORE_FLOATS(f32, 4, f)
CORE_FLOATS(f64, 2, )
#undef CORE_FLOATS

/* A float as an integer, saturated; NaN is 0. */
#define CORE_SATURATED(x, T, low, high, least, most)                                               \
    ((x) != (x) ? 0 : (x) < (low) ? (least) : (x) >= (high) ? (most) : (T)(x))
CORE_EACH1(sat_s32_f32, s32, 4,
           CORE_SATURATED(a.f32[i], s32, -0x1p31f, 0x1p31f, INT32_MIN, INT32_MAX))
CORE_EACH1(sat_u32_f32, u32, 4, CORE_SATURATED(a.f32[i], u32, 0.0f, 0x1p32f, 0u, UINT32_MAX))
CORE_EACH1(sat_s32_f64, s32, 4,
           i < 2 ? CORE_SATURATED(a.f64[i & 1], s32, -0x1p31, 0x1p31, INT32_MIN, INT32_MAX) : 0)
CORE_EACH1(sat_u32_f64, u32, 4,
           i < 2 ? CORE_SATURATED(a.f64[i & 1], u32, 0.0, 0x1p32, 0u, UINT32_MAX) : 0u)
CORE_EACH1(f32_of_s32, f32, 4, (f32)a.s32[i])
CORE_EACH1(f32_of_u32, f32, 4, (f32)a.u32[i])
CORE_EACH1(f64_of_s32, f64, 2, (f64)a.s32[i])
CORE_EACH1(f64_of_u32, f64, 2, (f64)a.u32[i])
CORE_EACH1(f32_of_f64, f32, 4, i < 2 ? (f32)a.f64[i & 1] : 0.0f)
CORE_EACH1(f64_of_f32, f64, 2, (f64)a.f32[i])

#undef CORE_EACH2
#undef CORE_EACH1
#undef CORE_EACH

#endif
