/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runner.h"

#include "guest.h"

static int32_t take(tally_step step, int times) {
    uint8_t n = (uint8_t)times;
    wit_result_s32_string taken = tally_take(step, times < 0 ? NULL : &n);
    if (!taken.is_err) return taken.val.ok;
    CHECK(wit_string_eq(taken.val.err, WIT_STR("below zero")));
    return -1;
}

uint32_t runner_run(void) {
    CHECK(take(TALLY_STEP_UP, -1) == 11); /* its constructor has run once */
    CHECK(take(TALLY_STEP_UP, 255) == 266);
    CHECK(take(TALLY_STEP_DOWN, 7) == 259);
    CHECK(take(TALLY_STEP_DOWN, 0) == 259);
    tally_summary summary = tally_report();
    CHECK(summary.count == 259 && summary.seen == (TALLY_SEEN_UP | TALLY_SEEN_DOWN));
    CHECK(summary.history.len == 4 && summary.history.ptr[1] == TALLY_STEP_UP);
    CHECK(summary.history.ptr[2] == TALLY_STEP_DOWN);

    CHECK(take(TALLY_STEP_RESET, -1) == 10);
    CHECK(take(TALLY_STEP_DOWN, 11) == -1);
    summary = tally_report();
    CHECK(summary.count == 10 && summary.history.len == 5 && summary.seen & TALLY_SEEN_RESET);
    return checked();
}
