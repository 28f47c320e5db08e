/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Two rounds: the whole stream, then one that its reader ends. */
#include "runner.h"

#include "guest.h"

static uint32_t round;
static runner_waitable_set_t set;
static runner_subtask_t subtask;
static runner_tuple2_u32_u32_t total;

static void check_round(void) {
    if (round == 0) {
        CHECK(total.f0 == 10 && total.f1 == 45);
        CHECK(test_pipe_numbers_taken() == 10);
    } else {
        CHECK(total.f1 > 20 && total.f1 < 45);
        CHECK(test_pipe_numbers_taken() == total.f0);
    }
}

static runner_callback_code_t next_round(void) {
    for (; round < 2; round++) {
        test_pipe_numbers_stream_u8_t stream = 0;
        runner_subtask_status_t status = test_pipe_numbers_count(10, &stream);
        CHECK(RUNNER_SUBTASK_STATE(status) == RUNNER_SUBTASK_RETURNED);
        status = test_pipe_sums_sum(stream, round == 0 ? 1000 : 20, &total);
        if (RUNNER_SUBTASK_STATE(status) != RUNNER_SUBTASK_RETURNED) {
            subtask = RUNNER_SUBTASK_HANDLE(status);
            runner_waitable_join(subtask, set);
            return RUNNER_CALLBACK_CODE_WAIT(set);
        }
        check_round();
    }
    runner_waitable_set_drop(set);
    exports_runner_run_return(checked());
    return RUNNER_CALLBACK_CODE_EXIT;
}

runner_callback_code_t exports_runner_run(void) {
    set = runner_waitable_set_new();
    return next_round();
}

runner_callback_code_t exports_runner_run_callback(runner_event_t *event) {
    CHECK(event->event == RUNNER_EVENT_SUBTASK && event->waitable == subtask);
    if (event->code != RUNNER_SUBTASK_RETURNED) return RUNNER_CALLBACK_CODE_WAIT(set);
    runner_subtask_drop(subtask);
    check_round();
    round++;
    return next_round();
}
