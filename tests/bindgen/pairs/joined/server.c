/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Drop-in style: what came goes back, changed a little. */
#include "server.h"
#include "guest.h"

#define LOW(name) exports_pairs_joined_low_##name

struct LOW(thing_t) {
    uint32_t n;
};

static uint32_t things;

LOW(own_thing_t) LOW(constructor_thing)(uint32_t n) {
    LOW(thing_t) *thing = (LOW(thing_t) *)malloc(sizeof *thing);
    thing->n = n;
    things++;
    return LOW(thing_new)(thing);
}

uint32_t LOW(method_thing_value)(LOW(borrow_thing_t) self) { return self->n; }

void LOW(thing_destructor)(LOW(thing_t) * thing) {
    free(thing);
    things--;
}

void LOW(flat)(LOW(joined_t) * x, LOW(joined_t) * ret) { *ret = *x; }

void LOW(wide)(LOW(joined_t) * x, LOW(joined_t) * y, LOW(joined_t) * z, LOW(list_joined_t) * ret) {
    ret->len = 3;
    ret->ptr = (LOW(joined_t) *)malloc(3 * sizeof *ret->ptr);
    ret->ptr[0] = *z;
    ret->ptr[1] = *y;
    ret->ptr[2] = *x;
}

void LOW(spilled)(int8_t a, int16_t b, uint32_t c, bool d, LOW(some_t) e, float f, double g,
                  uint64_t h, LOW(joined_t) * i, LOW(joined_t) * j, LOW(spread_t) * k,
                  server_string_t *args, server_string_t *maybe, LOW(spread_t) * ret) {
    MUST(a == -128 && b == -32768 && c == 0x10ffff && d && e == 0x1ff && f == -0.5f);
    MUST(g == 1e300 && h == UINT64_MAX && SAME(*args, "arguments"));
    MUST(!maybe == !j && (!maybe || SAME(*maybe, "maybe")));
    *ret = *k;
    ret->b = *i;
    ret->c.is_some = true;
    ret->c.val.is_some = j != NULL;
    if (j) ret->c.val.val = *j;
    LOW(joined_free)(&k->b);
    server_string_free(args);
    if (maybe) server_string_free(maybe);
}

void LOW(signs)(int8_t a, int16_t b, uint32_t c, LOW(some_t) d,
                LOW(tuple4_s8_s16_char32_some_t) * ret) {
    ret->f0 = a;
    ret->f1 = b;
    ret->f2 = c;
    ret->f3 = d;
}

int8_t LOW(small)(int8_t a) { return (int8_t)(a + 1); }

uint32_t LOW(letter)(uint32_t a) { return a + 1; }

bool LOW(either)(LOW(result_f32_u64_t) * a, double *ret, int8_t *err) {
    if (!a->is_err) *ret = (double)a->val.ok;
    else *err = (int8_t)a->val.err;
    return !a->is_err;
}

bool LOW(deep)(server_option_option_u64_t *a, LOW(result_option_s8_f32_t) * b,
               server_option_option_u64_t *ret) {
    MUST(!a == !b);
    if (!a) return false;
    *ret = *a;
    if (b->is_err) MUST(b->val.err == -2.5f);
    else MUST(b->val.ok.is_some && b->val.ok.val == -7);
    return true;
}

uint32_t LOW(borrowed)(LOW(tuple3_borrow_thing_u8_borrow_thing_t) * a, LOW(borrow_thing_t) * maybe,
                       LOW(result_list_borrow_thing_u8_t) * c) {
    uint32_t sum = a->f0->n + a->f1 + a->f2->n + (maybe ? (*maybe)->n : 0);
    if (c->is_err) return sum + c->val.err;
    for (size_t i = 0; i < c->val.ok.len; i++) sum += c->val.ok.ptr[i]->n;
    LOW(result_list_borrow_thing_u8_free)(c);
    return sum;
}

void LOW(hold)(LOW(held_t) * a, LOW(held_t) * ret) { *ret = *a; }

void LOW(split)(LOW(list_own_thing_t) * a, uint32_t at,
                LOW(tuple2_list_own_thing_option_own_thing_t) * ret) {
    ret->f1.is_some = at < a->len;
    if (ret->f1.is_some) {
        ret->f1.val = a->ptr[at];
        a->ptr[at] = a->ptr[--a->len];
        if (!a->len) free(a->ptr);
    }
    ret->f0 = *a;
}

uint32_t LOW(live)(void) { return live() + 1000 * things; }
