/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Native style, messages in UTF-16. A result shares its error contexts with the caller, and the
 * handles of this side stay, so `parting` remembers the last one, to be dropped with the next. */
#include "server.h"
#include "guest.h"

static wit_error_context parting;

static wit_error_context part_with(wit_error_context e) {
    if (parting.handle) wit_error_context_drop(parting);
    return parting = e;
}

wit_error_context errors_store_echo(wit_error_context e) { return part_with(e); }

wit_string16 errors_store_message(wit_error_context e) {
    wit_string16 message = wit_error_context_debug_message(e);
    wit_error_context_drop(e);
    return message;
}

wit_result_void_error_context errors_store_check(bool ok) {
    if (ok) return wit_result_void_error_context_ok();
    return wit_result_void_error_context_err(
        part_with(wit_error_context_new(WIT_STR16(u"checked: \u00e9\u20ac\U0001f680"))));
}

wit_result_u32_error_context errors_store_parse(wit_string16 text) {
    uint32_t number = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return wit_result_u32_error_context_err(part_with(wit_error_context_new(text)));
        number = number * 10 + (text.ptr[i] - '0');
    }
    return wit_result_u32_error_context_ok(number);
}

wit_list_error_context errors_store_reverse(wit_list_error_context contexts) {
    wit_error_context *to = WIT_NEW(wit_error_context, contexts.len);
    for (size_t i = 0; i < contexts.len; i++) to[i] = contexts.ptr[contexts.len - 1 - i];
    return (wit_list_error_context){to, contexts.len};
}

errors_store_problem errors_store_wrap(uint32_t code, const wit_error_context *e) {
    errors_store_problem p = {code, wit_error_context_new(WIT_STR16(u"wrapped")), {0}};
    if (e) p.also = wit_option_error_context_some(*e);
    return p;
}

uint32_t errors_store_live(void) { return live(); }
