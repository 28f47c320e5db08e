/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Strings are Latin-1 here, or UTF-16 where Latin-1 has not all of their characters. */
#include "test.h"
#include "guest.h"

#define S(name) exports_pairs_compact_strings_##name

uint32_t S(units)(test_string_t *s) {
    uint32_t units = (uint32_t)test_string_len(s);
    if (test_string_is_utf16(s)) units += 1000;
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
    static const uint16_t euro[] = {'n', 'o', 0x20ac};
    if (!maybe_name) {
        test_string_dup_utf16(err, euro, 3);
        return false;
    }
    MUST(SAME(*maybe_name, "w\xf6rld") && !test_string_is_utf16(maybe_name));
    test_string_free(maybe_name);
    test_string_dup(ret, "h\xe9llo");
    return true;
}

uint32_t S(live)(void) { return live(); }
