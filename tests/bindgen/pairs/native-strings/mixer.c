/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "mixer.h"
#include "guest.h"

/* Through the component with UTF-16, and whether it came as UTF-16. */
wit_tuple2_string_compact_bool strings_compact_both(wit_string_compact text) {
    wit_list_string_compact one = {&text, 1};
    return (wit_tuple2_string_compact_bool){strings_wide_join(one, &text),
                                            (text.len & WIT_UTF16) != 0};
}

wit_list_string_compact strings_compact_reverse(wit_list_string_compact texts) {
    wit_string_compact *back = WIT_NEW(wit_string_compact, texts.len);
    for (size_t i = 0; i < texts.len; i++) back[i] = texts.ptr[texts.len - 1 - i];
    return (wit_list_string_compact){back, texts.len};
}
