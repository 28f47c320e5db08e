/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Numbers (4.3): the specification's functions on n-bit integers and floats, found by the name that
 * stands behind the point of a mnemonic, so that i32.add, i64.add and i16x8.add are one function, as
 * they are in the specification. Floats are bit patterns outside of a function. Where C has the
 * function it is mostly not used: bits are counted one by one, numbers rounded by hand. */
#include "tests/reference/reference.h"

#include <math.h>
#include <string.h>

uint64_t plain_mask(unsigned n) { return n == 64 ? UINT64_MAX : ((uint64_t)1 << n) - 1; }

int64_t plain_signed(unsigned n, uint64_t a) {
    uint64_t sign = (uint64_t)1 << (n - 1);
    a &= plain_mask(n);
    return a & sign ? (int64_t)(a | ~plain_mask(n)) : (int64_t)a;
}

/* ---- integers ---- */

static bool bit(uint64_t a, unsigned i) { return a >> i & 1; }

static uint64_t iclz(unsigned n, uint64_t a) {
    unsigned zeros = 0;
    while (zeros < n && !bit(a, n - 1 - zeros)) zeros++;
    return zeros;
}
static uint64_t ictz(unsigned n, uint64_t a) {
    unsigned zeros = 0;
    while (zeros < n && !bit(a, zeros)) zeros++;
    return zeros;
}
static uint64_t ipopcnt(unsigned n, uint64_t a) {
    unsigned ones = 0;
    for (unsigned i = 0; i < n; i++) ones += bit(a, i);
    return ones;
}
static uint64_t ieqz(unsigned n, uint64_t a) { return (a & plain_mask(n)) == 0; }
static uint64_t extend_of(unsigned n, unsigned from, uint64_t a) {
    return (uint64_t)plain_signed(from, a) & plain_mask(n);
}
static uint64_t iextend8(unsigned n, uint64_t a) { return extend_of(n, 8, a); }
static uint64_t iextend16(unsigned n, uint64_t a) { return extend_of(n, 16, a); }
static uint64_t iextend32(unsigned n, uint64_t a) { return extend_of(n, 32, a); }
static uint64_t ineg(unsigned n, uint64_t a) { return (~a + 1) & plain_mask(n); }
static uint64_t iabs(unsigned n, uint64_t a) { return bit(a, n - 1) ? ineg(n, a) : a; }
static uint64_t inot(unsigned n, uint64_t a) { return plain_mask(n) ^ a; }

static uint64_t iadd(unsigned n, uint64_t a, uint64_t b) { return (a + b) & plain_mask(n); }
static uint64_t isub(unsigned n, uint64_t a, uint64_t b) { return iadd(n, a, ineg(n, b)); }
/* By shifting and adding. */
static uint64_t imul(unsigned n, uint64_t a, uint64_t b) {
    uint64_t product = 0;
    for (unsigned i = 0; i < n; i++)
        if (bit(b, i)) product += a << i;
    return product & plain_mask(n);
}
/* The school's long division; b is not 0. */
static uint64_t divide(unsigned n, uint64_t a, uint64_t b, uint64_t *rest) {
    uint64_t quotient = 0;
    *rest = 0;
    for (unsigned i = n; i-- > 0;) {
        bool carry = *rest >> 63;
        *rest = *rest << 1 | bit(a, i);
        if (carry || *rest >= b) *rest -= b, quotient |= (uint64_t)1 << i;
    }
    return quotient;
}
static uint64_t idiv_u(unsigned n, uint64_t a, uint64_t b) {
    uint64_t rest;
    return divide(n, a, b, &rest);
}
static uint64_t irem_u(unsigned n, uint64_t a, uint64_t b) {
    uint64_t rest;
    divide(n, a, b, &rest);
    return rest;
}
static uint64_t idiv_s(unsigned n, uint64_t a, uint64_t b) {
    uint64_t quotient = idiv_u(n, iabs(n, a), iabs(n, b));
    return bit(a, n - 1) != bit(b, n - 1) ? ineg(n, quotient) : quotient;
}
static uint64_t irem_s(unsigned n, uint64_t a, uint64_t b) {
    uint64_t rest = irem_u(n, iabs(n, a), iabs(n, b));
    return bit(a, n - 1) ? ineg(n, rest) : rest;
}
static uint64_t iand(unsigned n, uint64_t a, uint64_t b) { return a & b; }
static uint64_t ior(unsigned n, uint64_t a, uint64_t b) { return a | b; }
static uint64_t ixor(unsigned n, uint64_t a, uint64_t b) { return a ^ b; }
static uint64_t iandnot(unsigned n, uint64_t a, uint64_t b) { return a & inot(n, b); }
static uint64_t ishl(unsigned n, uint64_t a, uint64_t b) {
    for (unsigned k = (unsigned)(b % n); k > 0; k--) a = iadd(n, a, a);
    return a;
}
static uint64_t ishr_u(unsigned n, uint64_t a, uint64_t b) {
    for (unsigned k = (unsigned)(b % n); k > 0; k--) a >>= 1;
    return a;
}
static uint64_t ishr_s(unsigned n, uint64_t a, uint64_t b) {
    uint64_t sign = a & (uint64_t)1 << (n - 1);
    for (unsigned k = (unsigned)(b % n); k > 0; k--) a = a >> 1 | sign;
    return a;
}
static uint64_t irotl(unsigned n, uint64_t a, uint64_t b) {
    for (unsigned k = (unsigned)(b % n); k > 0; k--)
        a = (a << 1 & plain_mask(n)) | (uint64_t)bit(a, n - 1);
    return a;
}
static uint64_t irotr(unsigned n, uint64_t a, uint64_t b) { return irotl(n, a, n - b % n); }
static uint64_t ieq(unsigned n, uint64_t a, uint64_t b) { return a == b; }
static uint64_t ine(unsigned n, uint64_t a, uint64_t b) { return a != b; }
static uint64_t ilt_u(unsigned n, uint64_t a, uint64_t b) { return a < b; }
static uint64_t igt_u(unsigned n, uint64_t a, uint64_t b) { return a > b; }
static uint64_t ile_u(unsigned n, uint64_t a, uint64_t b) { return a <= b; }
static uint64_t ige_u(unsigned n, uint64_t a, uint64_t b) { return a >= b; }
static uint64_t ilt_s(unsigned n, uint64_t a, uint64_t b) {
    return plain_signed(n, a) < plain_signed(n, b);
}
static uint64_t igt_s(unsigned n, uint64_t a, uint64_t b) { return ilt_s(n, b, a); }
static uint64_t ile_s(unsigned n, uint64_t a, uint64_t b) { return !ilt_s(n, b, a); }
static uint64_t ige_s(unsigned n, uint64_t a, uint64_t b) { return !ilt_s(n, a, b); }
static uint64_t imin_u(unsigned n, uint64_t a, uint64_t b) { return a < b ? a : b; }
static uint64_t imax_u(unsigned n, uint64_t a, uint64_t b) { return a < b ? b : a; }
static uint64_t imin_s(unsigned n, uint64_t a, uint64_t b) { return ilt_s(n, a, b) ? a : b; }
static uint64_t imax_s(unsigned n, uint64_t a, uint64_t b) { return ilt_s(n, a, b) ? b : a; }
static uint64_t sat_u(unsigned n, int64_t a) {
    int64_t most = (int64_t)plain_mask(n);
    return (uint64_t)(a < 0 ? 0 : a > most ? most : a);
}
static uint64_t sat_s(unsigned n, int64_t a) {
    int64_t most = (int64_t)(plain_mask(n) >> 1);
    return (uint64_t)(a < -most - 1 ? -most - 1 : a > most ? most : a) & plain_mask(n);
}
static uint64_t iadd_sat_u(unsigned n, uint64_t a, uint64_t b) {
    return sat_u(n, (int64_t)(a + b));
}
static uint64_t isub_sat_u(unsigned n, uint64_t a, uint64_t b) {
    return sat_u(n, (int64_t)a - (int64_t)b);
}
static uint64_t iadd_sat_s(unsigned n, uint64_t a, uint64_t b) {
    return sat_s(n, plain_signed(n, a) + plain_signed(n, b));
}
static uint64_t isub_sat_s(unsigned n, uint64_t a, uint64_t b) {
    return sat_s(n, plain_signed(n, a) - plain_signed(n, b));
}
static uint64_t iavgr_u(unsigned n, uint64_t a, uint64_t b) { return (a + b + 1) >> 1; }
/* A fixed-point product of Q15 numbers; relaxed ones saturate as well. */
static uint64_t iq15mulr(unsigned n, uint64_t a, uint64_t b) {
    int64_t product = plain_signed(n, a) * plain_signed(n, b) + 0x4000;
    return sat_s(n, plain_signed(64, ishr_s(64, (uint64_t)product, 15)));
}

/* ---- floats ---- */

static double from_bits(unsigned n, uint64_t bits) {
    if (n == 64) {
        double d;
        memcpy(&d, &bits, 8);
        return d;
    }
    uint32_t low = (uint32_t)bits;
    float f;
    memcpy(&f, &low, 4);
    return f;
}

static uint64_t to_bits(unsigned n, double a) {
    uint64_t bits = 0;
    float f = (float)a; /* exact, or rounded here once: see below */
    memcpy(&bits, n == 64 ? (void *)&a : (void *)&f, n / 8);
    return bits;
}

static unsigned fraction_bits(unsigned n) { return n == 64 ? 52 : 23; }
static uint64_t sign_bit(unsigned n) { return (uint64_t)1 << (n - 1); }
static uint64_t infinity_bits(unsigned n) {
    return plain_mask(n) >> 1 & ~plain_mask(fraction_bits(n));
}
static uint64_t canonical_nan(unsigned n) {
    return infinity_bits(n) | (uint64_t)1 << (fraction_bits(n) - 1);
}
bool plain_is_nan(unsigned n, uint64_t bits) {
    return (bits & plain_mask(n) >> 1) > infinity_bits(n);
}

static uint64_t fneg(unsigned n, uint64_t a) { return a ^ sign_bit(n); }
static uint64_t fabs_(unsigned n, uint64_t a) { return a & ~sign_bit(n); }
static uint64_t fcopysign(unsigned n, uint64_t a, uint64_t b) {
    return fabs_(n, a) | (b & sign_bit(n));
}

/* The four roundings to a whole number, on the bits: those behind the point are cut off, and the
 * number one further from zero is taken where the rounding says so. */
typedef enum { CEIL, FLOOR, TRUNC, NEAREST } Rounding;
static uint64_t round_whole(unsigned n, uint64_t a, Rounding rounding) {
    if (plain_is_nan(n, a)) return canonical_nan(n);
    unsigned fraction = fraction_bits(n);
    int exponent = (int)(fabs_(n, a) >> fraction) - (n == 64 ? 1023 : 127);
    uint64_t sign = a & sign_bit(n), one = to_bits(n, 1) | sign;
    if (exponent >= (int)fraction) return a;
    bool further = (rounding == CEIL && !sign) || (rounding == FLOOR && sign);
    if (exponent < 0) {
        if (fabs_(n, a) == 0) return a;
        if (rounding == NEAREST) further = fabs_(n, a) > to_bits(n, 0.5);
        return further ? one : sign;
    }
    uint64_t behind = plain_mask(fraction - (unsigned)exponent), rest = a & behind;
    if (rest == 0) return a;
    uint64_t half = (behind >> 1) + 1, whole = a & ~behind;
    if (rounding == NEAREST) {
        /* the lowest bit of the whole number: the hidden one where all others are behind the point */
        bool odd = exponent == 0 || (whole & (behind + 1)) != 0;
        further = rest > half || (rest == half && odd);
    }
    return further ? whole + behind + 1 : whole; /* a carry into the exponent is what is wanted */
}
static uint64_t fceil(unsigned n, uint64_t a) { return round_whole(n, a, CEIL); }
static uint64_t ffloor(unsigned n, uint64_t a) { return round_whole(n, a, FLOOR); }
static uint64_t ftrunc(unsigned n, uint64_t a) { return round_whole(n, a, TRUNC); }
static uint64_t fnearest(unsigned n, uint64_t a) { return round_whole(n, a, NEAREST); }

/* Sums and so on of two singles computed as doubles and rounded again are right (a double has more
 * than twice the bits of a single, and two to spare). */
#define ARITHMETIC(name, e)                                                                        \
    static uint64_t name(unsigned n, uint64_t a, uint64_t b) {                                     \
        double x = from_bits(n, a), y = from_bits(n, b);                                           \
        uint64_t bits = to_bits(n, e);                                                             \
        return plain_is_nan(n, bits) ? canonical_nan(n) : bits;                                    \
    }
ARITHMETIC(fadd_, x + y)
ARITHMETIC(fsub_, x - y)
ARITHMETIC(fmul_, x *y)
ARITHMETIC(fdiv_, x / y)
static uint64_t fsqrt_(unsigned n, uint64_t a) {
    if (plain_is_nan(n, a)) return canonical_nan(n);
    if (fabs_(n, a) == 0) return a;
    return a & sign_bit(n) ? canonical_nan(n) : to_bits(n, sqrt(from_bits(n, a)));
}
static uint64_t feq(unsigned n, uint64_t a, uint64_t b) {
    if (plain_is_nan(n, a) || plain_is_nan(n, b)) return 0;
    return a == b || (fabs_(n, a) == 0 && fabs_(n, b) == 0);
}
/* Bits of positive numbers are in order, those of negative ones in the reverse one. */
static uint64_t flt(unsigned n, uint64_t a, uint64_t b) {
    if (plain_is_nan(n, a) || plain_is_nan(n, b) || feq(n, a, b)) return 0;
    bool minus_a = (a & sign_bit(n)) != 0, minus_b = (b & sign_bit(n)) != 0;
    if (minus_a != minus_b) return minus_a;
    return minus_a ? a > b : a < b;
}
static uint64_t fne(unsigned n, uint64_t a, uint64_t b) { return !feq(n, a, b); }
static uint64_t fgt(unsigned n, uint64_t a, uint64_t b) { return flt(n, b, a); }
static uint64_t fle(unsigned n, uint64_t a, uint64_t b) { return flt(n, a, b) || feq(n, a, b); }
static uint64_t fge(unsigned n, uint64_t a, uint64_t b) { return fle(n, b, a); }
static uint64_t fmin_(unsigned n, uint64_t a, uint64_t b) {
    if (plain_is_nan(n, a) || plain_is_nan(n, b)) return canonical_nan(n);
    if (feq(n, a, b)) return a | b; /* zeros of either sign: the negative one */
    return flt(n, a, b) ? a : b;
}
static uint64_t fmax_(unsigned n, uint64_t a, uint64_t b) {
    if (plain_is_nan(n, a) || plain_is_nan(n, b)) return canonical_nan(n);
    if (feq(n, a, b)) return a & b;
    return flt(n, a, b) ? b : a;
}
/* The bits of an operand, whatever they are. */
static uint64_t fpmin(unsigned n, uint64_t a, uint64_t b) { return flt(n, b, a) ? b : a; }
static uint64_t fpmax(unsigned n, uint64_t a, uint64_t b) { return flt(n, a, b) ? b : a; }

/* ---- conversions ---- */

/* The integer's leading bits, rounded to nearest, ties to even. */
uint64_t plain_convert_float(unsigned n, uint64_t a, bool is_signed) {
    uint64_t sign = is_signed && a >> 63 ? sign_bit(n) : 0;
    if (sign) a = ineg(64, a);
    if (a == 0) return 0;
    unsigned fraction = fraction_bits(n), top = 63 - (unsigned)iclz(64, a);
    uint64_t bits = a;
    bool up = false;
    if (top > fraction) {
        unsigned cut = top - fraction;
        uint64_t rest = a & plain_mask(cut), half = (uint64_t)1 << (cut - 1);
        bits = a >> cut;
        up = rest > half || (rest == half && (bits & 1));
    } else {
        bits = a << (fraction - top);
    }
    uint64_t exponent = top + (n == 64 ? 1023 : 127);
    /* a carry of the rounding goes into the exponent, as it should */
    return sign | ((exponent << fraction) + (bits & plain_mask(fraction)) + up);
}

/* The whole number that a float has, and whether it fits; NaN does not. */
static bool whole_of(unsigned to, unsigned from, uint64_t a, bool is_signed, uint64_t *out) {
    *out = 0;
    if (plain_is_nan(from, a)) return false;
    double x = from_bits(from, ftrunc(from, a));
    double least = is_signed ? -ldexp(1, (int)to - 1) : 0;
    double beyond = ldexp(1, is_signed ? (int)to - 1 : (int)to);
    if (x < least) *out = is_signed ? sign_bit(to) : 0;
    else if (x >= beyond) *out = is_signed ? plain_mask(to) >> 1 : plain_mask(to);
    else {
        uint64_t size = 0;
        int exponent;
        double m = frexp(fabs(x), &exponent); /* in [0.5, 1) */
        for (int i = 0; i < exponent; i++) {
            m *= 2;
            size = size << 1 | (m >= 1);
            if (m >= 1) m -= 1;
        }
        *out = (x < 0 ? ineg(64, size) : size) & plain_mask(to);
        return true;
    }
    return false;
}

uint64_t plain_trunc_sat(unsigned to, unsigned from, uint64_t a, bool is_signed) {
    uint64_t out;
    whole_of(to, from, a, is_signed, &out);
    return out;
}

uint64_t plain_demote(uint64_t a) {
    return plain_is_nan(64, a) ? canonical_nan(32) : to_bits(32, from_bits(64, a));
}
uint64_t plain_promote(uint64_t a) {
    return plain_is_nan(32, a) ? canonical_nan(64) : to_bits(64, from_bits(32, a));
}

/* ---- by name ---- */

typedef struct {
    const char *name;
    PlainUnary f;
} UnaryName;
typedef struct {
    const char *name;
    PlainBinary f;
} BinaryName;

static const UnaryName int_unary[] = {
    {"clz", iclz},
    {"ctz", ictz},
    {"popcnt", ipopcnt},
    {"eqz", ieqz},
    {"extend8_s", iextend8},
    {"extend16_s", iextend16},
    {"extend32_s", iextend32},
    {"neg", ineg},
    {"abs", iabs},
    {"not", inot},
    {0},
};
static const BinaryName int_binary[] = {
    {"add", iadd},
    {"sub", isub},
    {"mul", imul},
    {"div_s", idiv_s},
    {"div_u", idiv_u},
    {"rem_s", irem_s},
    {"rem_u", irem_u},
    {"and", iand},
    {"or", ior},
    {"xor", ixor},
    {"andnot", iandnot},
    {"shl", ishl},
    {"shr_s", ishr_s},
    {"shr_u", ishr_u},
    {"rotl", irotl},
    {"rotr", irotr},
    {"eq", ieq},
    {"ne", ine},
    {"lt_s", ilt_s},
    {"lt_u", ilt_u},
    {"gt_s", igt_s},
    {"gt_u", igt_u},
    {"le_s", ile_s},
    {"le_u", ile_u},
    {"ge_s", ige_s},
    {"ge_u", ige_u},
    {"min_s", imin_s},
    {"min_u", imin_u},
    {"max_s", imax_s},
    {"max_u", imax_u},
    {"add_sat_s", iadd_sat_s},
    {"add_sat_u", iadd_sat_u},
    {"sub_sat_s", isub_sat_s},
    {"sub_sat_u", isub_sat_u},
    {"avgr_u", iavgr_u},
    {"q15mulr_sat_s", iq15mulr},
    {"relaxed_q15mulr_s", iq15mulr},
    {0},
};
static const UnaryName float_unary[] = {
    {"abs", fabs_},    {"neg", fneg},         {"ceil", fceil},  {"floor", ffloor},
    {"trunc", ftrunc}, {"nearest", fnearest}, {"sqrt", fsqrt_}, {0},
};
static const BinaryName float_binary[] = {
    {"add", fadd_},
    {"sub", fsub_},
    {"mul", fmul_},
    {"div", fdiv_},
    {"min", fmin_},
    {"max", fmax_},
    {"relaxed_min", fmin_},
    {"relaxed_max", fmax_},
    {"pmin", fpmin},
    {"pmax", fpmax},
    {"copysign", fcopysign},
    {"eq", feq},
    {"ne", fne},
    {"lt", flt},
    {"gt", fgt},
    {"le", fle},
    {"ge", fge},
    {0},
};

static PlainUnary find_unary(const UnaryName *names, const char *name) {
    while (names->name && strcmp(names->name, name) != 0) names++;
    return names->f;
}
static PlainBinary find_binary(const BinaryName *names, const char *name) {
    while (names->name && strcmp(names->name, name) != 0) names++;
    return names->f;
}
PlainUnary plain_int_unary(const char *name) { return find_unary(int_unary, name); }
PlainBinary plain_int_binary(const char *name) { return find_binary(int_binary, name); }
PlainUnary plain_float_unary(const char *name) { return find_unary(float_unary, name); }
PlainBinary plain_float_binary(const char *name) { return find_binary(float_binary, name); }

/* ---- instructions ---- */

static unsigned width_of(CoreValKind kind) {
    return kind == CORE_KIND_I32 || kind == CORE_KIND_F32 ? 32 : 64;
}

static CoreValKind kind_of(char letter) {
    switch (letter) {
    case 'i': return CORE_KIND_I32;
    case 'l': return CORE_KIND_I64;
    case 'f': return CORE_KIND_F32;
    default: return CORE_KIND_F64;
    }
}

static void push_float(PlainMachine *p, CoreValKind kind, uint64_t bits, bool open) {
    PlainValue value = plain_number(kind, bits);
    if (open && plain_is_nan(width_of(kind), bits)) value.unsure = kind == CORE_KIND_F32 ? 15 : 255;
    plain_push(p, value);
}

/* trunc_f32_s and so on; "trunc_sat_f32_s" */
static void trunc_instr(PlainMachine *p, CoreValKind to, CoreValKind from, const char *name) {
    bool is_signed = name[strlen(name) - 1] == 's', sat = strstr(name, "_sat") != NULL;
    uint64_t a = plain_pop(p).bits, out;
    bool fits = whole_of(width_of(to), width_of(from), a, is_signed, &out);
    if (!fits && !sat)
        plain_trap(p, plain_is_nan(width_of(from), a) ? TRAP_INVALID_CONVERSION
                                                      : TRAP_INTEGER_OVERFLOW);
    else plain_push(p, plain_number(to, out));
}

static bool starts(const char *s, const char *with) { return strncmp(s, with, strlen(with)) == 0; }

static bool convert_instr(PlainMachine *p, CoreValKind to, CoreValKind from, const char *name) {
    bool is_signed = name[strlen(name) - 1] == 's';
    if (starts(name, "trunc_")) {
        trunc_instr(p, to, from, name);
    } else if (starts(name, "wrap")) {
        plain_push(p, plain_number(to, plain_pop(p).bits & plain_mask(32)));
    } else if (starts(name, "extend_")) {
        uint64_t a = plain_pop(p).bits;
        plain_push(p, plain_number(to, is_signed ? (uint64_t)plain_signed(32, a) : a));
    } else if (starts(name, "convert_")) {
        uint64_t a = plain_pop(p).bits;
        if (from == CORE_KIND_I32 && is_signed) a = (uint64_t)plain_signed(32, a);
        push_float(p, to, plain_convert_float(width_of(to), a, is_signed), false);
    } else if (starts(name, "demote")) {
        push_float(p, to, plain_demote(plain_pop(p).bits), true);
    } else if (starts(name, "promote")) {
        push_float(p, to, plain_promote(plain_pop(p).bits), true);
    } else if (starts(name, "reinterpret")) {
        plain_push(p, plain_number(to, plain_look(p, plain_pop(p)).bits));
    } else {
        return false;
    }
    return true;
}

static void int_binary_instr(PlainMachine *p, PlainBinary f, CoreValKind to, CoreValKind from,
                             const char *name) {
    unsigned n = width_of(from);
    uint64_t b = plain_pop(p).bits, a = plain_pop(p).bits;
    bool divides = starts(name, "div") || starts(name, "rem");
    if (divides && b == 0) plain_trap(p, TRAP_DIVIDE_BY_ZERO);
    else if (strcmp(name, "div_s") == 0 && a == sign_bit(n) && b == plain_mask(n))
        plain_trap(p, TRAP_INTEGER_OVERFLOW);
    else plain_push(p, plain_number(to, f(n, a, b)));
}

/* A sign that is flipped or removed leaves an open NaN an open one; a sign that is taken of one is
 * looked at. */
static void float_instr(PlainMachine *p, const char *name, CoreValKind to, CoreValKind from,
                        bool two) {
    unsigned n = width_of(from);
    PlainValue b = two ? plain_pop(p) : plain_number(from, 0), a = plain_pop(p);
    bool copies = strcmp(name, "copysign") == 0;
    bool bits_only = copies || strcmp(name, "abs") == 0 || strcmp(name, "neg") == 0;
    if (copies) b = plain_look(p, b);
    uint64_t result =
        two ? plain_float_binary(name)(n, a.bits, b.bits) : plain_float_unary(name)(n, a.bits);
    if (to == CORE_KIND_I32) plain_push(p, plain_number(to, result));
    else push_float(p, to, result, !bits_only || a.unsure);
}

/* i64.add128 and its like: 128 bits as two numbers, the low one below. */
static bool wide_instr(PlainMachine *p, CoreOp op) {
    if (op == CORE_OP_I64_ADD128 || op == CORE_OP_I64_SUB128) {
        uint64_t high2 = plain_pop(p).bits, low2 = plain_pop(p).bits;
        uint64_t high1 = plain_pop(p).bits, low1 = plain_pop(p).bits;
        bool add = op == CORE_OP_I64_ADD128;
        uint64_t low = add ? low1 + low2 : low1 - low2;
        uint64_t carry = add ? low < low1 : low1 < low2;
        plain_push(p, plain_number(CORE_KIND_I64, low));
        plain_push(
            p, plain_number(CORE_KIND_I64, add ? high1 + high2 + carry : high1 - high2 - carry));
        return true;
    }
    if (op != CORE_OP_I64_MUL_WIDE_S && op != CORE_OP_I64_MUL_WIDE_U) return false;
    uint64_t b = plain_pop(p).bits, a = plain_pop(p).bits, low = 0, high = 0;
    for (unsigned i = 0; i < 64; i++) {
        if (!bit(b, i)) continue;
        uint64_t part = a << i, sum = low + part;
        high += (i ? a >> (64 - i) : 0) + (sum < low);
        low = sum;
    }
    if (op == CORE_OP_I64_MUL_WIDE_S) high -= (bit(a, 63) ? b : 0) + (bit(b, 63) ? a : 0);
    plain_push(p, plain_number(CORE_KIND_I64, low));
    plain_push(p, plain_number(CORE_KIND_I64, high));
    return true;
}

bool plain_numeric(PlainMachine *p, const CoreInstr *in) {
    const CoreOpInfo *info = &core_op_info[in->op];
    if (info->imm != CORE_IMM_NONE || info->prefix == 0xfd || info->prefix == 0xfe) return false;
    if (wide_instr(p, in->op)) return true;
    const char *colon = strchr(info->signature, ':'), *point = strchr(info->text, '.');
    if (!colon || colon == info->signature || !point) return false;
    bool two = colon - info->signature == 2;
    CoreValKind from = kind_of(info->signature[0]), to = kind_of(colon[1]);
    const char *name = point + 1;
    bool is_float = from == CORE_KIND_F32 || from == CORE_KIND_F64;
    if (!two && convert_instr(p, to, from, name)) return true;
    if (is_float) float_instr(p, name, to, from, two);
    else if (two) int_binary_instr(p, plain_int_binary(name), to, from, name);
    else plain_push(p, plain_number(to, plain_int_unary(name)(width_of(from), plain_pop(p).bits)));
    return true;
}
