/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Strings are UTF-16 here: lengths are in units of 16 bits. */
#include "test.h"
#include "guest.h"

#define S(name) exports_pairs_utf_strings_##name

uint32_t S(units)(test_string_t *s) {
    uint32_t units = (uint32_t)s->len;
    test_string_free(s);
    return units;
}

void S(reverse)(test_list_string_t *l, test_list_string_t *ret) {
    for (size_t i = 0; i < l->len / 2; i++) {
        test_string_t first = l->ptr[i];
        l->ptr[i] = l->ptr[l->len - 1 - i];
        l->ptr[l->len - 1 - i] = first;
    }
    *ret = *l;
}

bool S(greet)(test_string_t *maybe_name, test_string_t *ret, test_string_t *err) {
    if (!maybe_name) {
        test_string_dup(err, u"nobody \u20ac");
        return false;
    }
    static const char16_t hello[] = u"h\u00e9llo ";
    size_t n = test_string_len(hello);
    MUST(n == 6);
    ret->len = n + maybe_name->len;
    ret->ptr = (uint16_t *)malloc(ret->len * 2);
    for (size_t i = 0; i < ret->len; i++)
        ret->ptr[i] = i < n ? (uint16_t)hello[i] : maybe_name->ptr[i - n];
    test_string_free(maybe_name);
    return true;
}

uint32_t S(live)(void) { return live(); }
