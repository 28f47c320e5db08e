/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `run` is implemented with a callback itself: it waits for two calls at once. */
#include "runner.h"
#include "guest.h"

#define W(name) pairs_tasks_work_##name

static void at_once(void) {
    uint64_t sum = 0;
    CHECK(W(add)(40, 2, &sum) == RUNNER_SUBTASK_RETURNED && sum == 42);
    CHECK(W(nothing)() == RUNNER_SUBTASK_RETURNED);
    runner_string_t words[] = {{BYTES("one")}, {BYTES("two")}, {BYTES("three")}}, joined;
    W(join_args_t) args = {{BYTES(", ")}, {words, 3}, '!'};
    CHECK(W(join)(&args, &joined) == RUNNER_SUBTASK_RETURNED && SAME(joined, "one, two, three!"));
    runner_string_free(&joined);
    runner_tuple5_u64_u64_u64_string_string_t big = {
        1, 2, UINT64_C(1) << 40, {BYTES("xyz")}, {BYTES("back")}};
    runner_tuple2_string_u64_t result;
    CHECK(W(big)(&big, &result) == RUNNER_SUBTASK_RETURNED);
    CHECK(SAME(result.f0, "back") && result.f1 == (UINT64_C(1) << 40) + 6);
    runner_tuple2_string_u64_free(&result);
    CHECK(W(blocking)(21) == 42);
}

/* What outlives `run` until its callback. */
static W(result_string_u32_t) results[2];
static runner_subtask_t tasks[2];
static runner_waitable_set_t set;
static int open;

runner_callback_code_t exports_runner_run(void) {
    at_once();
    set = runner_waitable_set_new();
    runner_string_t texts[] = {{BYTES("good")}, {BYTES("wrong")}};
    for (int i = 0; i < 2; i++) {
        runner_subtask_status_t status = W(later)(texts[i], i == 1, &results[i]);
        CHECK(RUNNER_SUBTASK_STATE(status) == RUNNER_SUBTASK_STARTED);
        tasks[i] = RUNNER_SUBTASK_HANDLE(status);
        runner_waitable_join(tasks[i], set);
        open++;
    }
    return RUNNER_CALLBACK_CODE_WAIT(set);
}

runner_callback_code_t exports_runner_run_callback(runner_event_t *event) {
    CHECK(event->event == RUNNER_EVENT_SUBTASK);
    CHECK(event->waitable == tasks[0] || event->waitable == tasks[1]);
    CHECK(RUNNER_SUBTASK_STATE(event->code) == RUNNER_SUBTASK_RETURNED);
    runner_subtask_drop(event->waitable);
    if (--open) return RUNNER_CALLBACK_CODE_WAIT(set);
    runner_waitable_set_drop(set);
    CHECK(!results[0].is_err && SAME(results[0].val.ok, "good"));
    CHECK(results[1].is_err && results[1].val.err == 5);
    W(result_string_u32_free)(&results[0]);
    W(result_string_u32_free)(&results[1]);
    CHECK(live() == 0);
    CHECK(W(live)() == 0);
    exports_runner_run_return(checked());
    return RUNNER_CALLBACK_CODE_EXIT;
}
