/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "test.h"
#include "guest.h"

#define S(name) exports_pairs_streams_streams_##name

/* ---- reading: at most four bytes at a time ---- */

typedef struct {
    S(stream_u8_t) reader;
    test_waitable_set_t set;
    uint64_t sum;
    uint8_t bytes[4];
} Sum;

static test_callback_code_t finish_sum(Sum *task) {
    S(sum_return)(task->sum);
    test_waitable_join(task->reader, 0);
    S(stream_u8_drop_readable)(task->reader);
    test_waitable_set_drop(task->set);
    free(task);
    return TEST_CALLBACK_CODE_EXIT;
}

/* Goes on reading, from the outcome of a read. */
static test_callback_code_t go_on(Sum *task, test_waitable_status_t status) {
    while (status != TEST_WAITABLE_STATUS_BLOCKED) {
        for (uint32_t i = 0; i < TEST_WAITABLE_COUNT(status); i++) task->sum += task->bytes[i];
        if (TEST_WAITABLE_STATE(status) == TEST_WAITABLE_DROPPED) return finish_sum(task);
        status = S(stream_u8_read)(task->reader, task->bytes, 4);
    }
    return TEST_CALLBACK_CODE_WAIT(task->set);
}

test_callback_code_t S(sum)(S(stream_u8_t) bytes) {
    Sum *task = (Sum *)malloc(sizeof *task);
    *task = (Sum){.reader = bytes, .set = test_waitable_set_new()};
    test_waitable_join(bytes, task->set);
    test_context_set_0(task);
    return go_on(task, S(stream_u8_read)(bytes, task->bytes, 4));
}

test_callback_code_t S(sum_callback)(test_event_t *event) {
    Sum *task = (Sum *)test_context_get_0();
    MUST(event->event == TEST_EVENT_STREAM_READ && event->waitable == task->reader);
    return go_on(task, event->code);
}

/* ---- writing ---- */

typedef struct {
    S(stream_word_writer_t) writer;
    test_waitable_set_t set;
    S(word_t) * words;
    size_t len, done;
} Words;

static test_callback_code_t write_on(Words *task, test_waitable_status_t status) {
    for (;;) {
        if (status == TEST_WAITABLE_STATUS_BLOCKED) return TEST_CALLBACK_CODE_WAIT(task->set);
        task->done += TEST_WAITABLE_COUNT(status);
        if (task->done == task->len || TEST_WAITABLE_STATE(status) == TEST_WAITABLE_DROPPED) break;
        status =
            S(stream_word_write)(task->writer, task->words + task->done, task->len - task->done);
    }
    test_waitable_join(task->writer, 0);
    S(stream_word_drop_writable)(task->writer);
    test_waitable_set_drop(task->set);
    for (size_t i = 0; i < task->len; i++) S(word_free)(&task->words[i]);
    free(task->words);
    free(task);
    return TEST_CALLBACK_CODE_EXIT;
}

/* Returns the reading end, and only then writes. */
test_callback_code_t S(words)(uint32_t n) {
    Words *task = (Words *)malloc(sizeof *task);
    *task = (Words){.set = test_waitable_set_new()};
    task->len = n;
    task->words = (S(word_t) *)malloc(n * sizeof *task->words);
    for (uint32_t i = 0; i < n; i++) {
        test_string_dup_n(&task->words[i].text, "abcdefgh", i);
        task->words[i].number = (uint16_t)i;
    }
    S(words_return)(S(stream_word_new)(&task->writer));
    test_waitable_join(task->writer, task->set);
    test_context_set_0(task);
    return write_on(task, S(stream_word_write)(task->writer, task->words, n));
}

test_callback_code_t S(words_callback)(test_event_t *event) {
    Words *task = (Words *)test_context_get_0();
    MUST(event->event == TEST_EVENT_STREAM_WRITE && event->waitable == task->writer);
    return write_on(task, event->code);
}

void S(tagged)(S(tuple2_string_stream_u8_t) * ret) {
    S(stream_u8_writer_t) writer;
    test_string_dup(&ret->f0, "tag");
    ret->f1 = S(stream_u8_new)(&writer);
    S(stream_u8_drop_writable)(writer);
}

uint32_t S(live)(void) { return live(); }
