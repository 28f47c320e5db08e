/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "test.h"
#include "guest.h"

#define M(name) exports_pairs_maps_maps_##name

void M(count)(test_list_string_t *words, test_map_string_u32_t *ret) {
    ret->ptr = (test_map_string_u32_entry_t *)malloc(words->len * sizeof *ret->ptr);
    ret->len = 0;
    for (size_t i = 0; i < words->len; i++) {
        test_string_t word = words->ptr[i];
        size_t k = 0;
        while (k < ret->len && !(ret->ptr[k].key.len == word.len &&
                                 !__builtin_memcmp(ret->ptr[k].key.ptr, word.ptr, word.len)))
            k++;
        if (k == ret->len) {
            test_string_dup_n(&ret->ptr[k].key, (const char *)word.ptr, word.len);
            ret->ptr[ret->len++].value = 0;
        }
        ret->ptr[k].value++;
    }
    test_list_string_free(words);
}

void M(invert)(test_map_string_u32_t *m, test_map_u32_string_t *ret) {
    ret->len = m->len;
    ret->ptr = (test_map_u32_string_entry_t *)malloc(m->len * sizeof *ret->ptr);
    for (size_t i = 0; i < m->len; i++) {
        ret->ptr[i].key = m->ptr[i].value;
        test_string_dup_n(&ret->ptr[i].value, (const char *)m->ptr[i].key.ptr, m->ptr[i].key.len);
    }
    test_map_string_u32_free(m);
}

void M(places)(M(map_u64_place_t) * m, M(map_u64_place_t) * ret) {
    for (size_t i = 0; i < m->len; i++) m->ptr[i].value.x++;
    *ret = *m;
}

bool M(nested)(test_map_u8_map_u8_string_t *maybe_m, test_map_char32_bool_t *ret,
               test_map_string_string_t *err) {
    if (!maybe_m) {
        ret->len = 2;
        ret->ptr = (test_map_char32_bool_entry_t *)malloc(2 * sizeof *ret->ptr);
        ret->ptr[0] = (test_map_char32_bool_entry_t){'x', true};
        ret->ptr[1] = (test_map_char32_bool_entry_t){0x1f680, false};
        return true;
    }
    MUST(maybe_m->len == 2 && maybe_m->ptr[1].key == 2 && maybe_m->ptr[1].value.len == 0);
    MUST(SAME(maybe_m->ptr[0].value.ptr[0].value, "inner"));
    err->len = 1;
    err->ptr = (test_map_string_string_entry_t *)malloc(sizeof *err->ptr);
    test_string_dup(&err->ptr[0].key, "key");
    test_string_dup(&err->ptr[0].value, "value");
    test_map_u8_map_u8_string_free(maybe_m);
    return false;
}

uint32_t M(live)(void) { return live(); }
