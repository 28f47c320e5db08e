/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runner.h"
#include "guest.h"

#define F(name) pairs_futures_futures_##name

static runner_waitable_set_t set;

static uint32_t wait_for(uint32_t waitable, runner_event_code_t kind) {
    runner_event_t event;
    runner_waitable_join(waitable, set);
    runner_waitable_set_wait(set, &event);
    CHECK(event.event == kind && event.waitable == waitable);
    runner_waitable_join(waitable, 0);
    return event.code;
}

static void get(void) {
    F(future_string_writer_t) writer;
    F(future_string_t) reader = F(future_string_new)(&writer);
    runner_string_t result, text = {BYTES("written later")};
    runner_subtask_status_t status = F(get)(reader, &result);
    CHECK(RUNNER_SUBTASK_STATE(status) == RUNNER_SUBTASK_STARTED);
    runner_waitable_status_t written = F(future_string_write)(writer, &text);
    if (written == RUNNER_WAITABLE_STATUS_BLOCKED)
        written = wait_for(writer, RUNNER_EVENT_FUTURE_WRITE);
    CHECK(RUNNER_WAITABLE_STATE(written) == RUNNER_WAITABLE_COMPLETED);
    F(future_string_drop_writable)(writer);
    runner_subtask_t task = RUNNER_SUBTASK_HANDLE(status);
    CHECK(wait_for(task, RUNNER_EVENT_SUBTASK) == RUNNER_SUBTASK_RETURNED);
    runner_subtask_drop(task);
    CHECK(SAME(result, "written later"));
    runner_string_free(&result);
}

static void soon(uint32_t n) {
    F(future_result_list_u32_string_t) future;
    F(result_list_u32_string_t) result;
    CHECK(F(soon)(n, &future) == RUNNER_SUBTASK_RETURNED);
    runner_waitable_status_t status = F(future_result_list_u32_string_read)(future, &result);
    if (status == RUNNER_WAITABLE_STATUS_BLOCKED)
        status = wait_for(future, RUNNER_EVENT_FUTURE_READ);
    CHECK(RUNNER_WAITABLE_STATE(status) == RUNNER_WAITABLE_COMPLETED);
    CHECK(result.is_err == (n == 0));
    if (n) CHECK(result.val.ok.len == n && result.val.ok.ptr[n - 1] == (n - 1) * (n - 1));
    else CHECK(SAME(result.val.err, "nothing"));
    F(result_list_u32_string_free)(&result);
    F(future_result_list_u32_string_drop_readable)(future);
}

static void unread(void) {
    F(future_result_list_u32_string_t) future;
    CHECK(F(soon)(100, &future) == RUNNER_SUBTASK_RETURNED);
    F(future_result_list_u32_string_drop_readable)(future);
}

static void cancelled(void) {
    F(future_void_writer_t) writer;
    F(future_void_t) reader = F(future_void_new)(&writer);
    runner_subtask_status_t status = F(never)(reader);
    CHECK(RUNNER_SUBTASK_STATE(status) == RUNNER_SUBTASK_STARTED);
    runner_subtask_t task = RUNNER_SUBTASK_HANDLE(status);
    status = runner_subtask_cancel(task);
    CHECK(RUNNER_SUBTASK_STATE(status) == RUNNER_SUBTASK_RETURNED_CANCELLED);
    runner_subtask_drop(task);
    CHECK(RUNNER_WAITABLE_STATE(F(future_void_write)(writer)) == RUNNER_WAITABLE_DROPPED);
    F(future_void_drop_writable)(writer);

    F(future_string_writer_t) unwritten;
    F(future_string_t) future = F(future_string_new)(&unwritten);
    runner_string_t text;
    CHECK(F(future_string_read)(future, &text) == RUNNER_WAITABLE_STATUS_BLOCKED);
    CHECK(RUNNER_WAITABLE_STATE(F(future_string_cancel_read)(future)) == RUNNER_WAITABLE_CANCELLED);
    F(future_string_drop_readable)(future);
    runner_string_set(&text, "to nobody");
    CHECK(RUNNER_WAITABLE_STATE(F(future_string_write)(unwritten, &text)) ==
          RUNNER_WAITABLE_DROPPED);
    F(future_string_drop_writable)(unwritten);
}

uint32_t exports_runner_run(void) {
    set = runner_waitable_set_new();
    get();
    soon(10);
    soon(0);
    unread();
    cancelled();
    runner_waitable_set_drop(set);
    /* The other side's tasks come to their ends. */
    for (int i = 0; i < 4; i++) runner_thread_yield();
    CHECK(live() == 0);
    CHECK(F(live)() == 0);
    return checked();
}
