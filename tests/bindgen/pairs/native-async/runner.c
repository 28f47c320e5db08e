/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runner.h"
#include "guest.h"

static void plain(void) {
    CHECK(SAME(tasks_greet(WIT_STR("Ann")), "Hello, Ann"));
    CHECK(SAME(tasks_plain(WIT_STR("sync")), "sync"));
    tasks_nothing();
}

/* Three calls side by side; the one behind the gate cannot end before it is open. */
static void side_by_side(void) {
    static const tasks_item items[] = {{{"a", 1}, 1}, {{"b", 1}, 2}};
    tasks_gate gate = tasks_gate_new();
    tasks_gate_ref ref = tasks_gate_borrow(gate);
    wit_string *one = WIT_NEW(wit_string, 1), *two = WIT_NEW(wit_string, 1);
    tasks_list_item *passed = WIT_NEW(tasks_list_item, 1);
    tasks_gate_open(ref);
    wit_subtask a = tasks_greet_start(WIT_STR("one"), one);
    wit_subtask b = tasks_greet_start(WIT_STR("two"), two);
    wit_subtask c = tasks_pass_start(gate, WIT_LIST(tasks_list_item, items), 1, 2, passed);
    CHECK(wit_subtask_at_first(a) != WIT_SUBTASK_RETURNED);
    CHECK(wit_subtask_wait(c) == WIT_SUBTASK_RETURNED);
    CHECK(passed->len == 2 && SAME(passed->ptr[1].name, "b") && passed->ptr[1].n == 2);
    CHECK(wit_subtask_wait(b) == WIT_SUBTASK_RETURNED && SAME(*two, "Hello, two"));
    CHECK(wit_subtask_wait(a) == WIT_SUBTASK_RETURNED && SAME(*one, "Hello, one"));
    uint32_t *never = WIT_NEW(uint32_t, 1);
    wit_subtask d = tasks_never_start(never);
    CHECK(wit_subtask_cancel(d) == WIT_SUBTASK_CANCELLED_BEFORE_RETURNED);
}

static void streams(void) {
    static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    wit_stream_u8_writer writer;
    wit_stream_u8 stream = wit_stream_u8_new(&writer);
    uint32_t *sum = WIT_NEW(uint32_t, 1);
    wit_subtask count = tasks_count_start(stream, sum);
    size_t sent = 0;
    while (sent < sizeof bytes) {
        wit_copied copied = wit_stream_u8_write(writer, bytes + sent, sizeof bytes - sent);
        CHECK(copied.count > 0 && copied.count <= sizeof bytes - sent);
        if (!copied.count) break;
        sent += copied.count;
    }
    wit_stream_u8_writer_drop(writer);
    CHECK(wit_subtask_wait(count) == WIT_SUBTASK_RETURNED && *sum == 55);
}

static void memory(void) {
    wit_stream_string names = tasks_names(7);
    wit_string texts[2];
    size_t got = 0;
    wit_mark mark = wit_arena_mark();
    uint32_t before = live();
    for (;;) {
        wit_copied copied = wit_stream_string_read(names, texts, 2);
        for (size_t i = 0; i < copied.count; i++, got++) {
            if (got % 3 == 0) CHECK(SAME(texts[i], "one"));
            if (got % 3 == 1) CHECK(SAME(texts[i], "second"));
            if (got % 3 == 2) CHECK(texts[i].len == 0);
        }
        wit_arena_release(mark);
        CHECK(live() == before);
        if (copied.state == WIT_COPIED_DROPPED) break;
    }
    CHECK(got == 7);
    wit_stream_string_drop(names);
    wit_future_string_writer writer;
    wit_future_string text = wit_future_string_new(&writer);
    tasks_future_item future = tasks_later(text);
    CHECK(wit_future_string_write(writer, &WIT_STR("later")).count == 1);
    wit_future_string_writer_drop(writer);
    tasks_item item;
    CHECK(tasks_future_item_read(future, &item).count == 1);
    CHECK(SAME(item.name, "later") && item.n == 5);
    tasks_future_item_drop(future);
}

uint32_t runner_run(void) {
    plain();
    side_by_side();
    streams();
    memory();
    /* Every task of the server has ended and given its memory back. */
    CHECK(tasks_live() <= 1);
    return checked();
}
