/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "test.h"
#include "guest.h"

#define V(name) exports_pairs_variants_variants_##name

void V(echo)(V(mix_t) * m, V(mix_t) * ret) { *ret = *m; }
void V(echo_all)(V(list_mix_t) * m, V(list_mix_t) * ret) { *ret = *m; }

void V(kind)(V(mix_t) * a, V(mix_t) * maybe_b, test_tuple2_u8_u8_t *ret) {
    ret->f0 = a->tag;
    ret->f1 = maybe_b ? maybe_b->tag : 255;
    V(mix_free)(a);
    if (maybe_b) V(mix_free)(maybe_b);
}

void V(options)(uint8_t *maybe_a, test_string_t *maybe_b, test_option_u32_t *maybe_c,
                V(point_t) * maybe_d,
                V(tuple4_option_u8_option_string_option_option_u32_option_point_t) * ret) {
    ret->f0.is_some = maybe_a != NULL;
    if (maybe_a) ret->f0.val = (uint8_t)(*maybe_a + 1);
    ret->f1.is_some = maybe_b != NULL;
    if (maybe_b) ret->f1.val = *maybe_b;
    ret->f2.is_some = maybe_c != NULL;
    if (maybe_c) ret->f2.val = *maybe_c;
    ret->f3.is_some = maybe_d != NULL;
    if (maybe_d) ret->f3.val = *maybe_d;
}

bool V(maybe)(test_string_t *maybe_s, test_string_t *ret) {
    if (maybe_s) *ret = *maybe_s;
    return maybe_s != NULL;
}

bool V(nested)(uint32_t n, test_option_option_u8_t *ret) {
    ret->is_some = n > 1;
    ret->val.is_some = n > 2;
    ret->val.val = (uint8_t)n;
    return n > 0;
}

bool V(divide)(int32_t a, int32_t b, int32_t *ret, V(error_t) * err) {
    if (b == 1) {
        err->tag = EXPORTS_PAIRS_VARIANTS_VARIANTS_ERROR_CLOSED;
        return false;
    }
    if (b < 0) {
        err->tag = EXPORTS_PAIRS_VARIANTS_VARIANTS_ERROR_CODE;
        err->val.code = (uint32_t)-b;
        return false;
    }
    if (b == 0) {
        err->tag = EXPORTS_PAIRS_VARIANTS_VARIANTS_ERROR_MESSAGE;
        test_string_dup(&err->val.message, "division by zero");
        return false;
    }
    *ret = a / b;
    return true;
}

bool V(check)(bool ok) { return ok; }

bool V(only_error)(bool fail, test_string_t *err) {
    if (fail) test_string_dup(err, "failed");
    return !fail;
}

bool V(only_value)(bool fail, test_string_t *ret) {
    if (!fail) test_string_dup(ret, "went well");
    return !fail;
}

uint32_t V(results)(V(result_string_error_t) * r, V(result_u8_void_t) * s, V(result_void_f64_t) * t,
                    V(result_void_void_t) * u) {
    uint32_t bits = r->is_err * 8u + s->is_err * 4u + t->is_err * 2u + u->is_err;
    MUST(r->is_err ? SAME(r->val.err.val.message, "bad") : SAME(r->val.ok, "good"));
    MUST(s->is_err || s->val.ok == 7);
    MUST(!t->is_err || t->val.err == 0.25);
    V(result_string_error_free)(r);
    return bits;
}

uint32_t V(live)(void) { return live(); }
