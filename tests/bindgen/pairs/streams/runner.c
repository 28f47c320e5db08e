/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runner.h"
#include "guest.h"

#define S(name) pairs_streams_streams_##name

static runner_waitable_set_t set;

/* Waits for one waitable; what its event says. */
static uint32_t wait_for(uint32_t waitable, runner_event_code_t kind) {
    runner_event_t event;
    runner_waitable_join(waitable, set);
    runner_waitable_set_wait(set, &event);
    CHECK(event.event == kind && event.waitable == waitable);
    runner_waitable_join(waitable, 0);
    return event.code;
}

static void sum(void) {
    S(stream_u8_writer_t) writer;
    S(stream_u8_t) reader = S(stream_u8_new)(&writer);
    uint64_t result = 0;
    runner_subtask_status_t status = S(sum)(reader, &result);
    CHECK(RUNNER_SUBTASK_STATE(status) == RUNNER_SUBTASK_STARTED);
    runner_subtask_t task = RUNNER_SUBTASK_HANDLE(status);
    uint8_t bytes[10];
    for (uint8_t i = 0; i < 10; i++) bytes[i] = (uint8_t)(i + 250);
    for (size_t done = 0; done < 10;) {
        runner_waitable_status_t written = S(stream_u8_write)(writer, bytes + done, 10 - done);
        if (written == RUNNER_WAITABLE_STATUS_BLOCKED)
            written = wait_for(writer, RUNNER_EVENT_STREAM_WRITE);
        CHECK(RUNNER_WAITABLE_STATE(written) == RUNNER_WAITABLE_COMPLETED);
        uint32_t n = RUNNER_WAITABLE_COUNT(written);
        CHECK(n > 0);
        if (!n) return;
        done += n;
    }
    S(stream_u8_drop_writable)(writer);
    CHECK(wait_for(task, RUNNER_EVENT_SUBTASK) == RUNNER_SUBTASK_RETURNED);
    runner_subtask_drop(task);
    CHECK(result == 250 + 251 + 252 + 253 + 254 + 255 + 0 + 1 + 2 + 3);
}

static void words(uint32_t n, uint32_t stop) {
    S(stream_word_t) reader;
    CHECK(S(words)(n, &reader) == RUNNER_SUBTASK_RETURNED);
    uint32_t seen = 0;
    while (seen < stop) {
        S(word_t) got[2];
        runner_waitable_status_t status = S(stream_word_read)(reader, got, 2);
        if (status == RUNNER_WAITABLE_STATUS_BLOCKED)
            status = wait_for(reader, RUNNER_EVENT_STREAM_READ);
        for (uint32_t i = 0; i < RUNNER_WAITABLE_COUNT(status); i++) {
            CHECK(got[i].number == seen && got[i].text.len == seen);
            CHECK(!seen || got[i].text.ptr[seen - 1] == 'a' + seen - 1);
            S(word_free)(&got[i]);
            seen++;
        }
        if (RUNNER_WAITABLE_STATE(status) == RUNNER_WAITABLE_DROPPED) break;
    }
    CHECK(seen == stop);
    S(stream_word_drop_readable)(reader);
}

/* Waiting on a stream of our own: a write that nobody reads is cancelled. */
static void cancelled(void) {
    S(stream_u8_writer_t) writer;
    S(stream_u8_t) reader = S(stream_u8_new)(&writer);
    uint8_t byte = 1;
    CHECK(S(stream_u8_write)(writer, &byte, 1) == RUNNER_WAITABLE_STATUS_BLOCKED);
    runner_waitable_status_t status = S(stream_u8_cancel_write)(writer);
    CHECK(RUNNER_WAITABLE_STATE(status) == RUNNER_WAITABLE_CANCELLED);
    CHECK(RUNNER_WAITABLE_COUNT(status) == 0);
    S(stream_u8_drop_readable)(reader);
    status = S(stream_u8_write)(writer, &byte, 1);
    CHECK(RUNNER_WAITABLE_STATE(status) == RUNNER_WAITABLE_DROPPED);
    S(stream_u8_drop_writable)(writer);
}

uint32_t exports_runner_run(void) {
    set = runner_waitable_set_new();
    sum();
    words(0, 0);
    words(7, 7);
    words(8, 4); /* the writer learns that nobody reads on */
    cancelled();
    S(tuple2_string_stream_u8_t) tagged;
    S(tagged)(&tagged);
    uint8_t byte;
    runner_waitable_status_t status = S(stream_u8_read)(tagged.f1, &byte, 1);
    CHECK(RUNNER_WAITABLE_STATE(status) == RUNNER_WAITABLE_DROPPED && SAME(tagged.f0, "tag"));
    S(tuple2_string_stream_u8_free)(&tagged);
    runner_waitable_set_drop(set);
    /* The other side's tasks come to their ends. */
    for (int i = 0; i < 4; i++) runner_thread_yield();
    CHECK(live() == 0);
    CHECK(S(live)() == 0);
    return checked();
}
