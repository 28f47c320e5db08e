/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Arguments are ours; a result is read as it is returned, so its memory stays ours, too. */
#include "test.h"
#include "guest.h"

#define W(name) exports_pairs_tasks_work_##name

test_callback_code_t W(add)(uint32_t a, uint64_t b) {
    W(add_return)(a + b);
    return TEST_CALLBACK_CODE_EXIT;
}

test_callback_code_t W(add_callback)(test_event_t *event) {
    (void)event;
    __builtin_trap();
}

test_callback_code_t W(join)(test_string_t *a, test_list_string_t *b, uint8_t c) {
    size_t len = 0;
    uint8_t text[256];
    for (size_t i = 0; i < b->len; i++) {
        if (i) {
            __builtin_memcpy(text + len, a->ptr, a->len);
            len += a->len;
        }
        __builtin_memcpy(text + len, b->ptr[i].ptr, b->ptr[i].len);
        len += b->ptr[i].len;
    }
    text[len++] = c;
    test_string_t result = {text, len};
    W(join_return)(result);
    test_string_free(a);
    test_list_string_free(b);
    return TEST_CALLBACK_CODE_EXIT;
}

test_callback_code_t W(join_callback)(test_event_t *event) {
    (void)event;
    __builtin_trap();
}

/* Returns after having let others run three times. */
typedef struct {
    test_string_t text;
    bool fail;
    int rounds;
} Later;

test_callback_code_t W(later)(test_string_t *x, bool fail) {
    Later *later = (Later *)malloc(sizeof *later);
    later->text = *x;
    later->fail = fail;
    later->rounds = 3;
    test_context_set_0(later);
    return TEST_CALLBACK_CODE_YIELD;
}

test_callback_code_t W(later_callback)(test_event_t *event) {
    Later *later = (Later *)test_context_get_0();
    MUST(event->event == TEST_EVENT_NONE);
    if (--later->rounds > 0) return TEST_CALLBACK_CODE_YIELD;
    W(result_string_u32_t) result = {.is_err = later->fail};
    if (later->fail) result.val.err = (uint32_t)later->text.len;
    else result.val.ok = later->text;
    W(later_return)(result);
    test_string_free(&later->text);
    free(later);
    return TEST_CALLBACK_CODE_EXIT;
}

test_callback_code_t W(big)(test_tuple5_u64_u64_u64_string_string_t *r) {
    test_tuple2_string_u64_t result = {r->f4, r->f0 + r->f1 + r->f2 + r->f3.len};
    W(big_return)(result);
    test_tuple5_u64_u64_u64_string_string_free(r);
    return TEST_CALLBACK_CODE_EXIT;
}

test_callback_code_t W(big_callback)(test_event_t *event) {
    (void)event;
    __builtin_trap();
}

test_callback_code_t W(nothing)(void) {
    W(nothing_return)();
    return TEST_CALLBACK_CODE_EXIT;
}

test_callback_code_t W(nothing_callback)(test_event_t *event) {
    (void)event;
    __builtin_trap();
}

test_callback_code_t W(blocking)(uint32_t x) {
    test_context_set_0((void *)(uintptr_t)x);
    return TEST_CALLBACK_CODE_YIELD;
}

test_callback_code_t W(blocking_callback)(test_event_t *event) {
    MUST(event->event == TEST_EVENT_NONE);
    W(blocking_return)((uint32_t)(uintptr_t)test_context_get_0() * 2);
    return TEST_CALLBACK_CODE_EXIT;
}

uint32_t W(live)(void) { return live(); }
