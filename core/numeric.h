/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CORE_NUMERIC_H
#define CORE_NUMERIC_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/trap.h"

/* The vocabulary of core/numeric.def: types, and functions where C has no operator that means what
 * WebAssembly means (core specification 4.3). */
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef float f32;
typedef double f64;

static inline u32 core_clz32(u32 a) { return a ? (u32)__builtin_clz(a) : 32; }
static inline u64 core_clz64(u64 a) { return a ? (u64)__builtin_clzll(a) : 64; }
static inline u32 core_ctz32(u32 a) { return a ? (u32)__builtin_ctz(a) : 32; }
static inline u64 core_ctz64(u64 a) { return a ? (u64)__builtin_ctzll(a) : 64; }
static inline u32 core_popcnt32(u32 a) { return (u32)__builtin_popcount(a); }
static inline u64 core_popcnt64(u64 a) { return (u64)__builtin_popcountll(a); }
static inline u32 core_rotl32(u32 a, u32 b) { return a << (b & 31) | a >> (-b & 31); }
static inline u64 core_rotl64(u64 a, u64 b) { return a << (b & 63) | a >> (-b & 63); }
static inline u32 core_rotr32(u32 a, u32 b) { return a >> (b & 31) | a << (-b & 31); }
static inline u64 core_rotr64(u64 a, u64 b) { return a >> (b & 63) | a << (-b & 63); }

static inline u32 core_f32_bits(f32 a) {
    u32 bits;
    memcpy(&bits, &a, sizeof bits);
    return bits;
}
static inline u64 core_f64_bits(f64 a) {
    u64 bits;
    memcpy(&bits, &a, sizeof bits);
    return bits;
}
static inline f32 core_f32_of(u32 bits) {
    f32 a;
    memcpy(&a, &bits, sizeof a);
    return a;
}
static inline f64 core_f64_of(u64 bits) {
    f64 a;
    memcpy(&a, &bits, sizeof a);
    return a;
}

/* To the nearest, ties to even: as an addition rounds whose sum has no place for a fraction. Without
 * the library of C's mathematics the program starts faster. */
#if FLT_EVAL_METHOD == 0
#define CORE_NEAREST(T, suffix, whole)                                                             \
    static inline T core_nearby_##T(T a) {                                                         \
        T size = fabs##suffix(a);                                                                  \
        return size < whole ? copysign##suffix(size + whole - whole, a) : a;                       \
    }
CORE_NEAREST(f32, f, 0x1p23f)
CORE_NEAREST(f64, , 0x1p52)
#undef CORE_NEAREST
#else
#define core_nearby_f32 nearbyintf
#define core_nearby_f64 nearbyint
#endif

/* Rounding: C's functions may hand a signalling NaN through; adding zero first makes it quiet, but
 * would lose the sign of -0, so only NaNs take that way. */
#define CORE_ROUNDING(name, f32_function, f64_function)                                            \
    static inline f32 core_f32_##name(f32 a) { return a != a ? a + a : f32_function(a); }          \
    static inline f64 core_f64_##name(f64 a) { return a != a ? a + a : f64_function(a); }
CORE_ROUNDING(ceil, ceilf, ceil)
CORE_ROUNDING(floor, floorf, floor)
CORE_ROUNDING(trunc, truncf, trunc)
CORE_ROUNDING(nearest, core_nearby_f32, core_nearby_f64)
#undef CORE_ROUNDING

/* A NaN operand gives a NaN; -0 is below +0. */
#define CORE_MIN_MAX(T)                                                                            \
    static inline T core_##T##_min(T a, T b) {                                                     \
        return a != a || b != b ? a + b : a < b ? a : b < a ? b : signbit(a) ? a : b;              \
    }                                                                                              \
    static inline T core_##T##_max(T a, T b) {                                                     \
        return a != a || b != b ? a + b : a > b ? a : b > a ? b : signbit(a) ? b : a;              \
    }
CORE_MIN_MAX(f32)
CORE_MIN_MAX(f64)
#undef CORE_MIN_MAX

#endif
