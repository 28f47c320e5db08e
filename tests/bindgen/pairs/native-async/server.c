/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "server.h"
#include "guest.h"

/* A plain function that waits. */
wit_string tasks_greet(wit_string name) {
    tasks_clock_sleep(3);
    char *text = WIT_NEW(char, name.len + 7);
    wit_string hello = WIT_STR("Hello, ");
    for (size_t i = 0; i < hello.len; i++) text[i] = hello.ptr[i];
    for (size_t i = 0; i < name.len; i++) text[hello.len + i] = name.ptr[i];
    return (wit_string){text, hello.len + name.len};
}

/* Callbacks: nothing else of the component is held up. */
struct tasks_gate_rep {
    bool open;
};
static tasks_gate_rep the_gate;

tasks_gate tasks_gate_new(void) {
    the_gate.open = false;
    return tasks_gate_from_rep(&the_gate);
}
void tasks_gate_open(tasks_gate_ref self) { self->open = true; }
void tasks_gate_destroy(tasks_gate_rep *rep) { rep->open = false; }

typedef struct {
    tasks_gate gate;
    tasks_list_item items;
    uint32_t turns;
} Pass;

static void look(void *data, wit_subtask_state state) {
    Pass *pass = (Pass *)data;
    MUST(state == WIT_SUBTASK_RETURNED);
    if (tasks_gate_to_rep(pass->gate)->open) {
        tasks_gate_drop(pass->gate);
        tasks_item *items = WIT_NEW(tasks_item, pass->items.len);
        for (size_t i = 0; i < pass->items.len; i++) {
            items[i] = pass->items.ptr[i];
            items[i].n += pass->turns > 0;
        }
        tasks_pass_return((tasks_list_item){items, pass->items.len});
        return;
    }
    pass->turns++;
    wit_subtask_then(tasks_clock_sleep_start(1), look, pass);
}

void tasks_pass_begin(tasks_gate g, tasks_list_item items, uint32_t a, uint32_t b) {
    MUST(a == 1 && b == 2);
    Pass *pass = WIT_NEW(Pass, 1);
    *pass = (Pass){g, items, 0};
    wit_subtask_then(tasks_clock_sleep_start(0), look, pass);
}

/* Cancelled while it waits. */
static void cancelled(void *data) {
    wit_subtask_cancel(*(wit_subtask *)data);
    wit_task_cancel();
}

void tasks_never_begin(void) {
    wit_subtask *endless = WIT_NEW(wit_subtask, 1);
    *endless = tasks_clock_sleep_start(1000000);
    wit_task_on_cancel(cancelled, endless);
}

uint32_t tasks_count(wit_stream_u8 s) {
    uint8_t bytes[4];
    uint32_t sum = 0;
    for (;;) {
        wit_copied copied = wit_stream_u8_read(s, bytes, sizeof bytes);
        for (size_t i = 0; i < copied.count; i++) sum += bytes[i];
        if (copied.state == WIT_COPIED_DROPPED) break;
    }
    wit_stream_u8_drop(s);
    return sum;
}

/* Returns the reading end and goes on writing. */
typedef struct {
    wit_stream_string_writer writer;
    wit_string names[3];
    size_t at, left;
} Names;

static void written(void *data, wit_copied copied) {
    Names *names = (Names *)data;
    names->left -= copied.count;
    names->at = (names->at + copied.count) % 3;
    if (names->left == 0 || copied.state == WIT_COPIED_DROPPED) {
        wit_stream_string_writer_drop(names->writer);
        return;
    }
    size_t n = 3 - names->at < names->left ? 3 - names->at : names->left;
    wit_stream_string_write_start(names->writer, names->names + names->at, n, written, names);
}

void tasks_names_begin(uint32_t n) {
    Names *names = WIT_NEW(Names, 1);
    tasks_names_return(wit_stream_string_new(&names->writer));
    names->names[0] = WIT_STR("one");
    names->names[1] = wit_string_copy(WIT_STR("second"));
    names->names[2] = WIT_STR("");
    names->left = n;
    names->at = 0;
    written(names, (wit_copied){0, WIT_COPIED_COMPLETED});
}

typedef struct {
    wit_future_string from;
    wit_string text;
    tasks_future_item_writer to;
    tasks_item item;
} Later;

static void later_done(void *data, wit_copied copied) {
    Later *later = (Later *)data;
    MUST(copied.count == 1);
    tasks_future_item_writer_drop(later->to);
}

static void later_read(void *data, wit_copied copied) {
    Later *later = (Later *)data;
    MUST(copied.count == 1 && copied.state == WIT_COPIED_COMPLETED);
    wit_future_string_drop(later->from);
    later->item = (tasks_item){later->text, (uint32_t)later->text.len};
    tasks_future_item_write_start(later->to, &later->item, later_done, later);
}

void tasks_later_begin(wit_future_string f) {
    Later *later = WIT_NEW(Later, 1);
    later->from = f;
    tasks_later_return(tasks_future_item_new(&later->to));
    wit_future_string_read_start(f, &later->text, later_read, later);
}

void tasks_nothing(void) { tasks_clock_sleep(0); }
wit_string tasks_plain(wit_string s) { return s; }
uint32_t tasks_live(void) { return live(); }
