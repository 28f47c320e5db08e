/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Vectors (4.3.6 and 4.6.4). A mnemonic is read as it is meant: "i16x8.extmul_low_i8x16_s" is a shape,
 * what is done, and the shape and sign that it is done to. Lanes are taken out as bits, go through the
 * functions of numeric.c, and are put back. Of the relaxed instructions the deterministic choice. */
#include "tests/reference/reference.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    unsigned n;     /* bits of a lane */
    unsigned lanes; /* 128 / n */
    bool is_float;
} Shape;

static uint64_t lane(const PlainValue *v, unsigned n, unsigned i) {
    uint64_t bits = 0;
    memcpy(&bits, v->bytes + i * n / 8, n / 8);
    return bits;
}
static void set_lane(PlainValue *v, unsigned n, unsigned i, uint64_t bits) {
    memcpy(v->bytes + i * n / 8, &bits, n / 8);
}
static uint16_t lane_mask(unsigned n, unsigned i) {
    return (uint16_t)(plain_mask(n / 8) << (i * n / 8));
}

static PlainValue zeros(void) {
    PlainValue v;
    memset(&v, 0, sizeof v);
    v.kind = CORE_KIND_V128;
    return v;
}

/* "i16x8", "f32x4" ... as the whole string or its beginning; n is 0 where it is none. */
static Shape shape_of(const char *text) {
    Shape shape = {0};
    unsigned n, lanes;
    if ((text[0] == 'i' || text[0] == 'f') && sscanf(text + 1, "%ux%u", &n, &lanes) == 2 &&
        n * lanes == 128)
        shape = (Shape){n, lanes, text[0] == 'f'};
    return shape;
}

static bool is(const char *a, const char *b) { return strcmp(a, b) == 0; }
static bool starts(const char *s, const char *with) { return strncmp(s, with, strlen(with)) == 0; }
static bool is_signed(const char *name) { return name[strlen(name) - 1] == 's'; }
static bool compares(const char *name) {
    return (starts(name, "eq") || starts(name, "ne") || starts(name, "lt") || starts(name, "gt") ||
            starts(name, "le") || starts(name, "ge")) &&
           !is(name, "neg") && !is(name, "nearest");
}

/* An operand of a float shape: open lanes are NaNs, and that is all that the float functions see. A
 * lane of which only a part is open was something else before: its bits are looked at. */
static PlainValue floats(PlainMachine *p, PlainValue v, unsigned n) {
    for (unsigned i = 0; i < 128 / n; i++) {
        uint16_t mask = lane_mask(n, i);
        if ((v.unsure & mask) && (v.unsure & mask) != mask) return plain_look(p, v);
        if ((v.unsure & mask) && !plain_is_nan(n, lane(&v, n, i))) return plain_look(p, v);
    }
    return v;
}

static PlainValue pop(PlainMachine *p, Shape shape) {
    PlainValue v = plain_pop(p);
    return shape.is_float ? floats(p, v, shape.n) : plain_look(p, v);
}

/* A lane that a float function has made: a NaN is open. */
static void set_float(PlainValue *v, unsigned n, unsigned i, uint64_t bits) {
    set_lane(v, n, i, bits);
    if (plain_is_nan(n, bits)) v->unsure |= lane_mask(n, i);
}

static bool lanewise1(PlainMachine *p, Shape s, const char *name) {
    PlainUnary f = s.is_float ? plain_float_unary(name) : plain_int_unary(name);
    if (!f || is(name, "eqz")) return false;
    PlainValue a = pop(p, s), v = zeros();
    bool bits_only = is(name, "neg") || is(name, "abs");
    for (unsigned i = 0; i < s.lanes; i++) {
        uint64_t bits = f(s.n, lane(&a, s.n, i));
        if (s.is_float && !bits_only) set_float(&v, s.n, i, bits);
        else set_lane(&v, s.n, i, bits);
    }
    if (s.is_float && bits_only) v.unsure = a.unsure;
    plain_push(p, v);
    return true;
}

static bool lanewise2(PlainMachine *p, Shape s, const char *name) {
    PlainBinary f = s.is_float ? plain_float_binary(name) : plain_int_binary(name);
    if (!f || starts(name, "sh")) return false;
    PlainValue b = pop(p, s), a = pop(p, s), v = zeros();
    bool picks = is(name, "pmin") || is(name, "pmax");
    for (unsigned i = 0; i < s.lanes; i++) {
        uint64_t x = lane(&a, s.n, i), y = lane(&b, s.n, i), bits = f(s.n, x, y);
        if (compares(name)) set_lane(&v, s.n, i, bits ? plain_mask(s.n) : 0);
        else if (s.is_float && !picks) set_float(&v, s.n, i, bits);
        else set_lane(&v, s.n, i, bits);
        if (picks && (bits == x ? a.unsure & lane_mask(s.n, i) : b.unsure & lane_mask(s.n, i)))
            v.unsure |= lane_mask(s.n, i);
    }
    plain_push(p, v);
    return true;
}

static void shift(PlainMachine *p, Shape s, const char *name) {
    uint32_t k = plain_pop_i32(p);
    PlainValue a = pop(p, s), v = zeros();
    for (unsigned i = 0; i < s.lanes; i++)
        set_lane(&v, s.n, i, plain_int_binary(name)(s.n, lane(&a, s.n, i), k));
    plain_push(p, v);
}

/* all_true, bitmask */
static void test(PlainMachine *p, Shape s, const char *name) {
    PlainValue a = pop(p, s);
    uint32_t all = 1, mask = 0;
    for (unsigned i = 0; i < s.lanes; i++) {
        uint64_t bits = lane(&a, s.n, i);
        all = all && bits != 0;
        mask |= (uint32_t)(bits >> (s.n - 1)) << i;
    }
    plain_push_i32(p, is(name, "all_true") ? all : mask);
}

/* The kind of number that is one lane of the shape on the stack. */
static CoreValKind scalar_kind(Shape s) {
    if (s.is_float) return s.n == 32 ? CORE_KIND_F32 : CORE_KIND_F64;
    return s.n == 64 ? CORE_KIND_I64 : CORE_KIND_I32;
}

static void splat(PlainMachine *p, Shape s) {
    PlainValue a = plain_pop(p), v = zeros();
    for (unsigned i = 0; i < s.lanes; i++) {
        set_lane(&v, s.n, i, a.bits);
        if (a.unsure) v.unsure |= lane_mask(s.n, i);
    }
    plain_push(p, v);
}

/* A lane that is open as a whole is a NaN, unless it is half of one. */
static void extract(PlainMachine *p, Shape s, const CoreInstr *in, const char *name) {
    PlainValue a = plain_pop(p);
    uint16_t mask = lane_mask(s.n, in->lane), unsure = a.unsure & mask;
    uint64_t bits = lane(&a, s.n, in->lane);
    if (unsure && (!s.is_float || unsure != mask || !plain_is_nan(s.n, bits))) {
        a = plain_look(p, a);
        unsure = 0;
    }
    if (starts(name, "extract_lane_s")) bits = (uint32_t)plain_signed(s.n, bits);
    PlainValue value = plain_number(scalar_kind(s), bits);
    if (unsure) value.unsure = (uint16_t)plain_mask(s.n / 8);
    plain_push(p, value);
}

static void replace(PlainMachine *p, Shape s, const CoreInstr *in) {
    PlainValue b = plain_pop(p), a = plain_pop(p);
    set_lane(&a, s.n, in->lane, b.bits);
    a.unsure &= (uint16_t)~lane_mask(s.n, in->lane);
    if (b.unsure) a.unsure |= lane_mask(s.n, in->lane);
    plain_push(p, a);
}

/* ---- from one width to another ---- */

static uint64_t widened(const PlainValue *v, unsigned n, unsigned i, bool sign) {
    uint64_t bits = lane(v, n, i);
    return sign ? (uint64_t)plain_signed(n, bits) : bits;
}

static const Shape bytes = {8, 16, false};

/* extend_half_shape_s, extmul_half_shape_s */
static void extend(PlainMachine *p, Shape to, const char *name) {
    bool mul = starts(name, "extmul"), high = strstr(name, "_high_") != NULL,
         sign = is_signed(name);
    PlainValue b = mul ? pop(p, to) : zeros(), a = pop(p, to), v = zeros();
    for (unsigned i = 0; i < to.lanes; i++) {
        unsigned from = i + (high ? to.lanes : 0);
        uint64_t x = widened(&a, to.n / 2, from, sign);
        if (mul) x *= widened(&b, to.n / 2, from, sign);
        set_lane(&v, to.n, i, x);
    }
    plain_push(p, v);
}

static void extadd(PlainMachine *p, Shape to, const char *name) {
    PlainValue a = pop(p, to), v = zeros();
    bool sign = is_signed(name);
    for (unsigned i = 0; i < to.lanes; i++)
        set_lane(&v, to.n, i,
                 widened(&a, to.n / 2, 2 * i, sign) + widened(&a, to.n / 2, 2 * i + 1, sign));
    plain_push(p, v);
}

/* The operands are signed, whatever the result is. */
static void narrow(PlainMachine *p, Shape to, const char *name) {
    PlainValue b = pop(p, to), a = pop(p, to), v = zeros();
    int64_t most = (int64_t)(is_signed(name) ? plain_mask(to.n - 1) : plain_mask(to.n));
    int64_t least = is_signed(name) ? -most - 1 : 0;
    for (unsigned i = 0; i < to.lanes; i++) {
        const PlainValue *from = i < to.lanes / 2 ? &a : &b;
        int64_t x = plain_signed(2 * to.n, lane(from, 2 * to.n, i % (to.lanes / 2)));
        set_lane(&v, to.n, i, (uint64_t)(x < least ? least : x > most ? most : x));
    }
    plain_push(p, v);
}

/* Sums of products of neighbours; i8 ones for the relaxed dots, which wrap (a choice that is ours for
 * the second operand's high bit: signed). */
static PlainValue dot(const PlainValue *a, const PlainValue *b, unsigned n) {
    PlainValue v = zeros();
    for (unsigned i = 0; i < 128 / (2 * n); i++) {
        uint64_t sum = 0;
        for (unsigned k = 2 * i; k <= 2 * i + 1; k++)
            sum += widened(a, n, k, true) * widened(b, n, k, true);
        set_lane(&v, 2 * n, i, sum);
    }
    return v;
}

static void dot_instr(PlainMachine *p, const char *name) {
    bool add = strstr(name, "_add_") != NULL, relaxed = starts(name, "relaxed");
    PlainValue c = add ? pop(p, bytes) : zeros(), b = pop(p, bytes), a = pop(p, bytes);
    PlainValue v = dot(&a, &b, relaxed ? 8 : 16);
    if (add) {
        PlainValue sums = v;
        for (unsigned i = 0; i < 4; i++)
            set_lane(&v, 32, i,
                     widened(&sums, 16, 2 * i, true) + widened(&sums, 16, 2 * i + 1, true) +
                         lane(&c, 32, i));
    }
    plain_push(p, v);
}

/* trunc_sat_f32x4_s, trunc_sat_f64x2_u_zero, relaxed_trunc_... */
static void trunc_sat(PlainMachine *p, const char *name) {
    bool from64 = strstr(name, "f64x2") != NULL;
    bool sign = strstr(name, from64 ? "f64x2_s" : "f32x4_s") != NULL;
    unsigned n = from64 ? 64 : 32;
    PlainValue a = pop(p, (Shape){n, 128 / n, true}), v = zeros();
    for (unsigned i = 0; i < 128 / n; i++)
        set_lane(&v, 32, i, plain_trunc_sat(32, n, lane(&a, n, i), sign));
    plain_push(p, v);
}

static void convert(PlainMachine *p, Shape to, const char *name) {
    PlainValue v = zeros();
    if (is(name, "demote_f64x2_zero")) {
        PlainValue a = pop(p, (Shape){64, 2, true});
        for (unsigned i = 0; i < 2; i++) set_float(&v, 32, i, plain_demote(lane(&a, 64, i)));
    } else if (is(name, "promote_low_f32x4")) {
        PlainValue a = pop(p, (Shape){32, 4, true});
        for (unsigned i = 0; i < 2; i++) set_float(&v, 64, i, plain_promote(lane(&a, 32, i)));
    } else {
        PlainValue a = pop(p, bytes);
        bool sign = is_signed(name);
        for (unsigned i = 0; i < to.lanes; i++)
            set_lane(&v, to.n, i, plain_convert_float(to.n, widened(&a, 32, i, sign), sign));
    }
    plain_push(p, v);
}

/* a * b + c, rounded twice; the negative one has -a. */
static void madd(PlainMachine *p, Shape s, const char *name) {
    PlainValue c = pop(p, s), b = pop(p, s), a = pop(p, s), v = zeros();
    PlainBinary mul = plain_float_binary("mul"), add = plain_float_binary("add");
    PlainUnary neg = plain_float_unary("neg");
    for (unsigned i = 0; i < s.lanes; i++) {
        uint64_t x = lane(&a, s.n, i);
        if (is(name, "relaxed_nmadd")) x = neg(s.n, x);
        set_float(&v, s.n, i, add(s.n, mul(s.n, x, lane(&b, s.n, i)), lane(&c, s.n, i)));
    }
    plain_push(p, v);
}

/* ---- all 128 bits ---- */

static void swizzle(PlainMachine *p) {
    PlainValue b = pop(p, bytes), a = pop(p, bytes), v = zeros();
    for (unsigned i = 0; i < 16; i++) v.bytes[i] = b.bytes[i] < 16 ? a.bytes[b.bytes[i]] : 0;
    plain_push(p, v);
}

static void shuffle(PlainMachine *p, const CoreInstr *in) {
    PlainValue b = plain_pop(p), a = plain_pop(p), v = zeros();
    for (unsigned i = 0; i < 16; i++) {
        unsigned from = in->bytes[i] % 16;
        const PlainValue *x = in->bytes[i] < 16 ? &a : &b;
        v.bytes[i] = x->bytes[from];
        if (x->unsure >> from & 1) v.unsure |= (uint16_t)(1 << i);
    }
    plain_push(p, v);
}

/* Bits of a where c has ones, else of b. Bytes that are taken whole stay open. */
static void bitselect(PlainMachine *p) {
    PlainValue c = plain_look(p, plain_pop(p)), b = plain_pop(p), a = plain_pop(p), v = zeros();
    for (unsigned i = 0; i < 16; i++) {
        v.bytes[i] = (uint8_t)((a.bytes[i] & c.bytes[i]) | (b.bytes[i] & ~c.bytes[i]));
        bool open_a = a.unsure >> i & 1, open_b = b.unsure >> i & 1;
        if ((open_a && c.bytes[i]) || (open_b && c.bytes[i] != 255)) v.unsure |= (uint16_t)(1 << i);
    }
    plain_push(p, v);
}

static void bitwise(PlainMachine *p, const char *name) {
    PlainUnary one = is(name, "not") ? plain_int_unary(name) : NULL;
    PlainValue b = one ? zeros() : pop(p, bytes), a = pop(p, bytes), v = zeros();
    for (unsigned i = 0; i < 2; i++) {
        uint64_t x = lane(&a, 64, i), y = lane(&b, 64, i);
        set_lane(&v, 64, i, one ? one(64, x) : plain_int_binary(name)(64, x, y));
    }
    plain_push(p, v);
}

/* ---- memory ---- */

static void store(PlainMachine *p, const CoreInstr *in, unsigned size, unsigned from) {
    PlainValue v = plain_look(p, plain_pop(p));
    uint8_t *at = plain_access(p, &in->mem, plain_pop_address(p), size);
    if (at) memcpy(at, v.bytes + from, size);
}

/* load8_splat, load32_zero, load16x4_u, load */
static void load(PlainMachine *p, const CoreInstr *in, const char *name) {
    PlainValue v = zeros();
    unsigned n = 128, count = 1;
    bool splats = strstr(name, "_splat") != NULL, extends = strchr(name, 'x') != NULL;
    if (extends) sscanf(name, "load%ux%u", &n, &count);
    else if (!is(name, "load")) sscanf(name, "load%u", &n);
    const uint8_t *at = plain_access(p, &in->mem, plain_pop_address(p), n * count / 8);
    if (!at) return;
    PlainValue memory = zeros();
    memcpy(memory.bytes, at, n * count / 8);
    if (splats)
        for (unsigned i = 0; i < 128 / n; i++) set_lane(&v, n, i, lane(&memory, n, 0));
    else if (extends)
        for (unsigned i = 0; i < count; i++)
            set_lane(&v, 2 * n, i, widened(&memory, n, i, is_signed(name)));
    else v = memory;
    plain_push(p, v);
}

static bool memory_instr(PlainMachine *p, const CoreInstr *in, const char *name) {
    unsigned n = 128;
    if (strstr(name, "_lane")) {
        bool loads = starts(name, "load");
        sscanf(name, loads ? "load%u" : "store%u", &n);
        if (!loads) {
            store(p, in, n / 8, in->lane * n / 8);
            return true;
        }
        PlainValue v = plain_pop(p);
        const uint8_t *at = plain_access(p, &in->mem, plain_pop_address(p), n / 8);
        if (!at) return true;
        v.unsure &= (uint16_t)~lane_mask(n, in->lane);
        memcpy(v.bytes + in->lane * n / 8, at, n / 8);
        plain_push(p, v);
        return true;
    }
    if (is(name, "store")) store(p, in, 16, 0);
    else if (starts(name, "load")) load(p, in, name);
    else return false;
    return true;
}

/* ---- instructions ---- */

static void whole_vector(PlainMachine *p, const CoreInstr *in, const char *name) {
    if (memory_instr(p, in, name)) return;
    if (is(name, "const")) {
        PlainValue v = zeros();
        memcpy(v.bytes, in->bytes, 16);
        plain_push(p, v);
    } else if (is(name, "any_true")) {
        PlainValue a = pop(p, bytes);
        plain_push_i32(p, lane(&a, 64, 0) != 0 || lane(&a, 64, 1) != 0);
    } else if (is(name, "bitselect")) {
        bitselect(p);
    } else {
        bitwise(p, name);
    }
}

void plain_vector(PlainMachine *p, const CoreInstr *in) {
    const char *text = core_op_info[in->op].text, *name = strchr(text, '.') + 1;
    Shape s = shape_of(text);
    if (s.n == 0) whole_vector(p, in, name);
    else if (is(name, "splat")) splat(p, s);
    else if (starts(name, "extract_lane")) extract(p, s, in, name);
    else if (is(name, "replace_lane")) replace(p, s, in);
    else if (is(name, "shuffle")) shuffle(p, in);
    else if (strstr(name, "swizzle")) swizzle(p);
    else if (is(name, "all_true") || is(name, "bitmask")) test(p, s, name);
    else if (starts(name, "sh")) shift(p, s, name);
    else if (starts(name, "extadd")) extadd(p, s, name);
    else if (starts(name, "extend") || starts(name, "extmul")) extend(p, s, name);
    else if (starts(name, "narrow")) narrow(p, s, name);
    else if (strstr(name, "dot_")) dot_instr(p, name);
    else if (strstr(name, "trunc_sat") || starts(name, "relaxed_trunc")) trunc_sat(p, name);
    else if (starts(name, "convert") || starts(name, "demote") || starts(name, "promote"))
        convert(p, s, name);
    else if (strstr(name, "madd")) madd(p, s, name);
    else if (is(name, "relaxed_laneselect")) bitselect(p);
    else if (!lanewise1(p, s, name) && !lanewise2(p, s, name)) plain_give_up(p);
}
