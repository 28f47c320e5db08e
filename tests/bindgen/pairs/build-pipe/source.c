/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Writes one byte at a time; a write that has to wait goes on in the callback. */
#include "source.h"

#include "guest.h"

static exports_test_pipe_numbers_stream_u8_writer_t writer;
static source_waitable_set_t set;
static uint32_t next, end;
static uint8_t byte;

static source_callback_code_t finish(void) {
    source_waitable_join(writer, 0);
    exports_test_pipe_numbers_stream_u8_drop_writable(writer);
    source_waitable_set_drop(set);
    return SOURCE_CALLBACK_CODE_EXIT;
}

/* Whether to go on after a write. */
static bool wrote(source_waitable_status_t status) {
    next += SOURCE_WAITABLE_COUNT(status);
    return SOURCE_WAITABLE_STATE(status) == SOURCE_WAITABLE_COMPLETED;
}

static source_callback_code_t go_on(void) {
    while (next < end) {
        byte = (uint8_t)next;
        source_waitable_status_t status =
            exports_test_pipe_numbers_stream_u8_write(writer, &byte, 1);
        if (status == SOURCE_WAITABLE_STATUS_BLOCKED) {
            source_waitable_join(writer, set);
            return SOURCE_CALLBACK_CODE_WAIT(set);
        }
        if (!wrote(status)) break;
    }
    return finish();
}

source_callback_code_t exports_test_pipe_numbers_count(uint32_t n) {
    next = 0;
    end = n;
    set = source_waitable_set_new();
    exports_test_pipe_numbers_count_return(exports_test_pipe_numbers_stream_u8_new(&writer));
    return go_on();
}

source_callback_code_t exports_test_pipe_numbers_count_callback(source_event_t *event) {
    MUST(event->event == SOURCE_EVENT_STREAM_WRITE && event->waitable == writer);
    return wrote(event->code) ? go_on() : finish();
}

uint32_t exports_test_pipe_numbers_taken(void) { return next; }
