/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "test.h"
#include "guest.h"

#define F(name) exports_pairs_futures_futures_##name

typedef struct {
    uint32_t waitable;
    test_waitable_set_t set;
    test_string_t text;
    F(result_list_u32_string_t) result;
} Task;

static Task *begin(uint32_t waitable) {
    Task *task = (Task *)malloc(sizeof *task);
    *task = (Task){.waitable = waitable, .set = test_waitable_set_new()};
    test_waitable_join(waitable, task->set);
    test_context_set_0(task);
    return task;
}

static Task *resume(test_event_t *event, test_event_code_t kind) {
    Task *task = (Task *)test_context_get_0();
    MUST(event->event == kind);
    MUST(kind == TEST_EVENT_CANCEL || event->waitable == task->waitable);
    test_waitable_join(task->waitable, 0);
    return task;
}

static test_callback_code_t end(Task *task) {
    test_waitable_set_drop(task->set);
    free(task);
    return TEST_CALLBACK_CODE_EXIT;
}

test_callback_code_t F(get)(F(future_string_t) x) {
    Task *task = begin(x);
    MUST(F(future_string_read)(x, &task->text) == TEST_WAITABLE_STATUS_BLOCKED);
    return TEST_CALLBACK_CODE_WAIT(task->set);
}

test_callback_code_t F(get_callback)(test_event_t *event) {
    Task *task = resume(event, TEST_EVENT_FUTURE_READ);
    MUST(TEST_WAITABLE_STATE(event->code) == TEST_WAITABLE_COMPLETED);
    F(get_return)(task->text);
    test_string_free(&task->text);
    F(future_string_drop_readable)(task->waitable);
    return end(task);
}

static test_callback_code_t end_soon(Task *task) {
    F(result_list_u32_string_free)(&task->result);
    F(future_result_list_u32_string_drop_writable)(task->waitable);
    return end(task);
}

test_callback_code_t F(soon)(uint32_t n) {
    F(future_result_list_u32_string_writer_t) writer;
    F(soon_return)(F(future_result_list_u32_string_new)(&writer));
    Task *task = begin(writer);
    task->result.is_err = n == 0;
    if (n) {
        task->result.val.ok = (test_list_u32_t){(uint32_t *)malloc(n * 4), n};
        for (uint32_t i = 0; i < n; i++) task->result.val.ok.ptr[i] = i * i;
    } else {
        test_string_dup(&task->result.val.err, "nothing");
    }
    if (F(future_result_list_u32_string_write)(writer, &task->result) ==
        TEST_WAITABLE_STATUS_BLOCKED)
        return TEST_CALLBACK_CODE_WAIT(task->set);
    test_waitable_join(writer, 0);
    return end_soon(task);
}

test_callback_code_t F(soon_callback)(test_event_t *event) {
    return end_soon(resume(event, TEST_EVENT_FUTURE_WRITE));
}

test_callback_code_t F(never)(F(future_void_t) x) {
    Task *task = begin(x);
    MUST(F(future_void_read)(x) == TEST_WAITABLE_STATUS_BLOCKED);
    return TEST_CALLBACK_CODE_WAIT(task->set);
}

test_callback_code_t F(never_callback)(test_event_t *event) {
    Task *task = resume(event, TEST_EVENT_CANCEL);
    test_waitable_status_t status = F(future_void_cancel_read)(task->waitable);
    MUST(TEST_WAITABLE_STATE(status) == TEST_WAITABLE_CANCELLED);
    F(future_void_drop_readable)(task->waitable);
    test_task_cancel();
    return end(task);
}

uint32_t F(live)(void) { return live(); }
