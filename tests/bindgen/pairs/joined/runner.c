/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Drop-in style. */
#include "runner.h"
#include "guest.h"

#define LOW(name)    pairs_joined_low_##name
#define HIGH(name)   pairs_joined_high_##name
#define JOINED(name) PAIRS_JOINED_LOW_JOINED_##name

enum { CASES = 12 };

static void make(HIGH(joined_t) all[CASES]) {
    for (uint8_t i = 0; i < CASES; i++) all[i].tag = i;
    all[JOINED(F)].val.f = -3.25f;
    all[JOINED(D)].val.d = -1e-300;
    all[JOINED(I)].val.i = INT64_MIN + 5;
    all[JOINED(U)].val.u = UINT64_MAX - 5;
    all[JOINED(S)].val.s = (runner_string_t){BYTES("some text")};
    all[JOINED(B)].val.b = true;
    all[JOINED(C)].val.c = 0x1f600;
    all[JOINED(N)].val.n = -100;
    all[JOINED(TWO)].val.two = (runner_tuple2_f32_f64_t){0.5f, -1e200};
    all[JOINED(SWAPPED)].val.swapped = (runner_tuple2_f64_f32_t){1e-200, -0.125f};
    all[JOINED(BOTH)].val.both.f0 = -30000;
    all[JOINED(BOTH)].val.both.f1 = (runner_string_t){BYTES("both")};
}

static bool as_made(const HIGH(joined_t) * a, uint32_t tag) {
    if (a->tag != tag) return false;
    switch (tag) {
    case JOINED(F): return a->val.f == -3.25f;
    case JOINED(D): return a->val.d == -1e-300;
    case JOINED(I): return a->val.i == INT64_MIN + 5;
    case JOINED(U): return a->val.u == UINT64_MAX - 5;
    case JOINED(S): return SAME(a->val.s, "some text");
    case JOINED(B): return a->val.b;
    case JOINED(C): return a->val.c == 0x1f600;
    case JOINED(N): return a->val.n == -100;
    case JOINED(TWO): return a->val.two.f0 == 0.5f && a->val.two.f1 == -1e200;
    case JOINED(SWAPPED): return a->val.swapped.f0 == 1e-200 && a->val.swapped.f1 == -0.125f;
    case JOINED(BOTH): return a->val.both.f0 == -30000 && SAME(a->val.both.f1, "both");
    default: return true;
    }
}

static void joined(void) {
    HIGH(joined_t) all[CASES], one;
    make(all);
    for (uint32_t i = 0; i < CASES; i++) {
        HIGH(flat)(&all[i], &one);
        CHECK(as_made(&one, i));
        HIGH(joined_free)(&one);
        uint32_t j = (i + 5) % CASES, k = CASES - 1 - i;
        HIGH(list_joined_t) list;
        HIGH(wide)(&all[i], &all[j], &all[k], &list);
        CHECK(list.len == 3 && as_made(&list.ptr[0], k) && as_made(&list.ptr[1], j));
        CHECK(as_made(&list.ptr[2], i));
        HIGH(list_joined_free)(&list);
        HIGH(spread_t) spread = {7.5f, all[k], {false, {false, all[0]}}}, back;
        runner_string_t args = {BYTES("arguments")}, maybe = {BYTES("maybe")};
        HIGH(spilled)(-128, -32768, 0x10ffff, true, 0x1ff, -0.5f, 1e300, UINT64_MAX, &all[i],
                      i % 2 ? &all[j] : NULL, &spread, &args, i % 2 ? &maybe : NULL, &back);
        CHECK(back.a == 7.5f && as_made(&back.b, i) && back.c.is_some);
        CHECK(back.c.val.is_some ? i % 2 && as_made(&back.c.val.val, j) : i % 2 == 0);
        HIGH(spread_free)(&back);
    }
}

static void signs(void) {
    HIGH(tuple4_s8_s16_char32_some_t) out;
    for (int32_t n = -128; n < 127; n += 15) {
        HIGH(signs)((int8_t)n, (int16_t)(n * 256), (uint32_t)(n + 128), 0x101, &out);
        CHECK(out.f0 == n && out.f1 == n * 256 && out.f2 == (uint32_t)(n + 128));
        CHECK(out.f3 == 0x101);
        CHECK(HIGH(small)((int8_t)n) == n + 1);
    }
    CHECK(HIGH(small)(127) == -128);
    CHECK(HIGH(letter)(0xd7ff - 1) == 0xd7ff && HIGH(letter)(0x10fffe) == 0x10ffff);
}

static void either(void) {
    LOW(result_f32_u64_t) a = {.is_err = false, .val = {.ok = -0.75f}};
    double value = 0;
    int8_t error = 0;
    CHECK(HIGH(either)(&a, &value, &error) && value == -0.75);
    a.is_err = true;
    a.val.err = UINT64_MAX - 1;
    CHECK(!HIGH(either)(&a, &value, &error) && error == -2);
}

static void deep(void) {
    runner_option_option_u64_t a = {true, {true, UINT64_MAX}}, out;
    LOW(result_option_s8_f32_t) b = {.is_err = false, .val = {.ok = {true, -7}}};
    CHECK(HIGH(deep)(&a, &b, &out) && out.is_some && out.val.is_some && out.val.val == UINT64_MAX);
    a.val.is_some = false;
    b.is_err = true;
    b.val.err = -2.5f;
    CHECK(HIGH(deep)(&a, &b, &out) && out.is_some && !out.val.is_some);
    a.is_some = false;
    CHECK(HIGH(deep)(&a, &b, &out) && !out.is_some);
    CHECK(!HIGH(deep)(NULL, NULL, &out));
}

static void borrows(void) {
    LOW(own_thing_t) one = LOW(constructor_thing)(1), ten = LOW(constructor_thing)(10);
    LOW(borrow_thing_t) list[] = {LOW(borrow_thing)(one), LOW(borrow_thing)(ten), list[0]};
    list[2] = list[0];
    HIGH(tuple3_borrow_thing_u8_borrow_thing_t) a = {list[0], 100, list[1]};
    HIGH(result_list_borrow_thing_u8_t) c = {.is_err = false, .val = {.ok = {list, 3}}};
    CHECK(HIGH(borrowed)(&a, &list[1], &c) == 111 + 10 + 12);
    c.is_err = true;
    c.val.err = 200;
    CHECK(HIGH(borrowed)(&a, NULL, &c) == 311);
    LOW(thing_drop_own)(one);
    LOW(thing_drop_own)(ten);
}

static LOW(own_thing_t) thing(uint32_t n) { return LOW(constructor_thing)(n); }

static void owned(void) {
    LOW(own_thing_t) list[] = {thing(1), thing(2), thing(3)};
    LOW(held_t) in = {.tag = PAIRS_JOINED_LOW_HELD_THINGS, .val = {.things = {list, 3}}}, out;
    HIGH(hold)(&in, &out);
    CHECK(out.tag == PAIRS_JOINED_LOW_HELD_THINGS && out.val.things.len == 3);
    HIGH(tuple2_list_own_thing_option_own_thing_t) parts;
    HIGH(list_own_thing_t) three = {out.val.things.ptr, 3}, single = {list, 1};
    HIGH(split)(&three, 1, &parts);
    free(out.val.things.ptr);
    CHECK(parts.f0.len == 2 && parts.f1.is_some);
    CHECK(LOW(method_thing_value)(LOW(borrow_thing)(parts.f0.ptr[0])) == 1);
    CHECK(LOW(method_thing_value)(LOW(borrow_thing)(parts.f0.ptr[1])) == 3);
    in.tag = PAIRS_JOINED_LOW_HELD_THING;
    in.val.thing = parts.f1.val;
    HIGH(hold)(&in, &out);
    CHECK(LOW(method_thing_value)(LOW(borrow_thing)(out.val.thing)) == 2);
    parts.f1.is_some = false;
    HIGH(tuple2_list_own_thing_option_own_thing_free)(&parts);
    HIGH(held_free)(&out);
    in.tag = PAIRS_JOINED_LOW_HELD_NUMBER;
    in.val.number = 1e-9;
    HIGH(hold)(&in, &out);
    CHECK(out.tag == PAIRS_JOINED_LOW_HELD_NUMBER && out.val.number == 1e-9);
    list[0] = thing(4);
    HIGH(split)(&single, 0, &parts);
    CHECK(parts.f0.len == 0 && parts.f1.is_some);
    HIGH(tuple2_list_own_thing_option_own_thing_free)(&parts);
}

uint32_t exports_runner_run(void) {
    joined();
    signs();
    either();
    deep();
    borrows();
    owned();
    CHECK(LOW(live)() == 0);
    CHECK(HIGH(live)() == 1);
    CHECK(live() == 0);
    return checked();
}
