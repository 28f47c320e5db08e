/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "joiner.h"
#include "guest.h"

wit_string16 strings_wide_join(wit_list_string16 parts, const wit_string16 *end) {
    size_t len = end ? end->len : 0, at = 0;
    for (size_t i = 0; i < parts.len; i++) len += parts.ptr[i].len;
    wit_char16 *text = WIT_NEW(wit_char16, len);
    for (size_t i = 0; i < parts.len; i++)
        for (size_t k = 0; k < parts.ptr[i].len; k++) text[at++] = parts.ptr[i].ptr[k];
    for (size_t k = 0; end && k < end->len; k++) text[at++] = end->ptr[k];
    return (wit_string16){text, at};
}

/* At spaces: views of the argument. */
wit_list_string16 strings_wide_split(wit_string16 text) {
    wit_string16 *parts = WIT_NEW(wit_string16, text.len + 1);
    size_t n = 0, from = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && text.ptr[i] != ' ') continue;
        parts[n++] = (wit_string16){text.ptr + from, i - from};
        from = i + 1;
    }
    return (wit_list_string16){parts, n};
}

uint32_t strings_wide_live(void) { return live(); }
