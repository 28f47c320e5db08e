/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Reads three bytes at a time at most. */
#include "sink.h"

#include "guest.h"

static exports_test_pipe_sums_stream_u8_t reader;
static sink_waitable_set_t set;
static uint32_t limit;
static sink_tuple2_u32_u32_t total;
static uint8_t bytes[3];

static sink_callback_code_t finish(void) {
    sink_waitable_join(reader, 0);
    exports_test_pipe_sums_stream_u8_drop_readable(reader);
    sink_waitable_set_drop(set);
    exports_test_pipe_sums_sum_return(total);
    return SINK_CALLBACK_CODE_EXIT;
}

/* Whether to go on after a read. */
static bool took(sink_waitable_status_t status) {
    uint32_t n = SINK_WAITABLE_COUNT(status);
    total.f0 += n;
    for (uint32_t i = 0; i < n; i++) total.f1 += bytes[i];
    return SINK_WAITABLE_STATE(status) == SINK_WAITABLE_COMPLETED && total.f1 <= limit;
}

static sink_callback_code_t go_on(void) {
    for (;;) {
        sink_waitable_status_t status =
            exports_test_pipe_sums_stream_u8_read(reader, bytes, sizeof bytes);
        if (status == SINK_WAITABLE_STATUS_BLOCKED) {
            sink_waitable_join(reader, set);
            return SINK_CALLBACK_CODE_WAIT(set);
        }
        if (!took(status)) return finish();
    }
}

sink_callback_code_t exports_test_pipe_sums_sum(exports_test_pipe_sums_stream_u8_t stream,
                                                uint32_t most) {
    reader = stream;
    limit = most;
    total = (sink_tuple2_u32_u32_t){0, 0};
    set = sink_waitable_set_new();
    return go_on();
}

sink_callback_code_t exports_test_pipe_sums_sum_callback(sink_event_t *event) {
    MUST(event->event == SINK_EVENT_STREAM_READ && event->waitable == reader);
    return took(event->code) ? go_on() : finish();
}
