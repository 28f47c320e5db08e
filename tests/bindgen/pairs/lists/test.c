/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Each function owns its arguments: what it does not pass on, it frees. */
#include "guest.h"
#include "test.h"

#define LISTS(name) exports_pairs_lists_lists_##name

void LISTS(bytes)(test_list_u8_t *l, test_list_u8_t *ret) {
    for (size_t i = 0; i < l->len / 2; i++) {
        uint8_t first = l->ptr[i];
        l->ptr[i] = l->ptr[l->len - 1 - i];
        l->ptr[l->len - 1 - i] = first;
    }
    *ret = *l;
}

void LISTS(wide)(test_list_u64_t *l, test_list_f64_t *ret) {
    MUST((uintptr_t)l->ptr % 8 == 0);
    ret->len = l->len;
    ret->ptr = (double *)malloc(l->len * sizeof *ret->ptr);
    for (size_t i = 0; i < l->len; i++) ret->ptr[i] = (double)l->ptr[i] / 2;
    test_list_u64_free(l);
}

void LISTS(bools)(test_list_bool_t *l, test_list_bool_t *ret) {
    for (size_t i = 0; i < l->len; i++) l->ptr[i] = !l->ptr[i];
    *ret = *l;
}

void LISTS(chars)(test_string_t *s, test_list_char32_t *ret) {
    ret->ptr = (uint32_t *)malloc(s->len * sizeof *ret->ptr);
    ret->len = 0;
    for (size_t i = 0; i < s->len; ret->len++) {
        uint8_t first = s->ptr[i++];
        uint32_t code = first < 0x80   ? first
                        : first < 0xe0 ? first & 31
                        : first < 0xf0 ? first & 15
                                       : first & 7;
        while (i < s->len && (s->ptr[i] & 0xc0) == 0x80) code = code << 6 | (s->ptr[i++] & 63);
        ret->ptr[ret->len] = code;
    }
    test_string_free(s);
}

void LISTS(nested)(test_list_list_list_u16_t *l, test_list_list_list_u16_t *ret) {
    *ret = *l;
    for (size_t i = 0; i < l->len; i++)
        for (size_t j = 0; j < l->ptr[i].len; j++)
            for (size_t k = 0; k < l->ptr[i].ptr[j].len; k++) l->ptr[i].ptr[j].ptr[k]++;
}

void LISTS(people)(LISTS(list_person_t) * l, LISTS(tuple2_list_person_u32_t) * ret) {
    ret->f1 = 0;
    for (size_t i = 0; i < l->len; i++) {
        ret->f1 += l->ptr[i].age;
        for (size_t k = 0; k < l->ptr[i].friends.len; k++)
            ret->f1 += (uint32_t)l->ptr[i].friends.ptr[k].len;
    }
    if (ret->f1 < 1000) {
        ret->f0 = *l;
        return;
    }
    LISTS(list_person_free)(l);
    ret->f0.ptr = NULL;
    ret->f0.len = 0;
}

void LISTS(shapes)(LISTS(list_shape_t) * l, LISTS(list_option_shape_t) * ret) {
    ret->len = l->len;
    ret->ptr = (LISTS(option_shape_t) *)malloc(l->len * sizeof *ret->ptr);
    for (size_t i = 0; i < l->len; i++) {
        ret->ptr[i].is_some = l->ptr[i].tag != EXPORTS_PAIRS_LISTS_LISTS_SHAPE_DOT;
        ret->ptr[i].val = l->ptr[i];
    }
    free(l->ptr); /* the shapes have moved */
}

void LISTS(results)(uint32_t n, LISTS(list_result_string_list_u8_t) * ret) {
    ret->len = n;
    ret->ptr = (LISTS(result_string_list_u8_t) *)malloc(n * sizeof *ret->ptr);
    for (uint32_t i = 0; i < n; i++) {
        ret->ptr[i].is_err = i % 2;
        if (i % 2) {
            ret->ptr[i].val.err.len = i;
            ret->ptr[i].val.err.ptr = (uint8_t *)malloc(i);
            for (uint32_t k = 0; k < i; k++) ret->ptr[i].val.err.ptr[k] = (uint8_t)k;
        } else {
            test_string_dup_n(&ret->ptr[i].val.ok, "abcdefghij", i);
        }
    }
}

/* What is empty needs no memory: any pointer will do. */
void LISTS(empty)(test_tuple3_list_string_string_list_u8_t *ret) {
    ret->f0.len = ret->f1.len = ret->f2.len = 0;
    ret->f0.ptr = NULL;
    test_string_dup(&ret->f1, "");
    ret->f2.ptr = NULL;
}

uint32_t LISTS(live)(void) { return live(); }
