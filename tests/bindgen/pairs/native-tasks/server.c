/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "server.h"
#include "guest.h"

struct jobs_job_rep {
    char name[8];
    size_t len;
};

jobs_job jobs_job_new(wit_string name) {
    jobs_job_rep *rep = (jobs_job_rep *)malloc(sizeof *rep);
    MUST(name.len <= sizeof rep->name);
    for (size_t i = 0; i < name.len; i++) rep->name[i] = name.ptr[i];
    rep->len = name.len;
    return jobs_job_from_rep(rep);
}
wit_string jobs_job_name(jobs_job_ref self) { return (wit_string){self->name, self->len}; }
void jobs_job_destroy(jobs_job_rep *rep) { free(rep); }

/* Each turn makes a new name for each step, of the old one and what the clock said. */
typedef struct {
    jobs_step *steps;
    size_t count;
    uint32_t turns;
    wit_string said;
} Work;

static void ticked(void *data, wit_subtask_state state) {
    Work *work = (Work *)data;
    MUST(state == WIT_SUBTASK_RETURNED);
    for (size_t i = 0; i < work->count; i++) {
        wit_string old = work->steps[i].name;
        char *text = WIT_NEW(char, old.len + work->said.len);
        for (size_t k = 0; k < old.len; k++) text[k] = old.ptr[k];
        for (size_t k = 0; k < work->said.len; k++) text[old.len + k] = work->said.ptr[k];
        work->steps[i].name = (wit_string){text, old.len + work->said.len};
        work->steps[i].tokens++;
    }
    if (--work->turns == 0) {
        jobs_job_work_return((jobs_list_step){work->steps, work->count});
        return;
    }
    wit_subtask_then(jobs_base_tick_start(work->turns, &work->said), ticked, work);
}

void jobs_job_work_begin(jobs_job_ref self, jobs_list_step steps, uint32_t turns) {
    MUST(self->len > 0);
    Work *work = WIT_NEW(Work, 1);
    *work = (Work){WIT_NEW(jobs_step, steps.len), steps.len, turns, WIT_STR("")};
    for (size_t i = 0; i < steps.len; i++) work->steps[i] = steps.ptr[i];
    wit_subtask_then(jobs_base_tick_start(turns, &work->said), ticked, work);
}

/* The borrowed tokens are given back before the result is. */
wit_tuple2_u32_string jobs_lend(jobs_base_token_ref t, jobs_base_list_token_ref more,
                                wit_list_string texts) {
    uint32_t sum = jobs_base_token_n(t);
    wit_string said = jobs_base_tick(2);
    MUST(SAME(said, "tick"));
    for (size_t i = 0; i < more.len; i++) sum += jobs_base_token_n(more.ptr[i]);
    return (wit_tuple2_u32_string){sum, texts.len ? texts.ptr[texts.len - 1] : said};
}

/* Handles move through streams; one is kept back and dropped. */
typedef struct {
    jobs_base_stream_token from;
    jobs_base_stream_token_writer to;
    jobs_base_token token;
    uint32_t count;
    bool last;
} Swap;

static void taken(void *data, wit_copied copied);

static void given(void *data, wit_copied copied) {
    Swap *swap = (Swap *)data;
    MUST(copied.count == 1);
    if (swap->last) taken(swap, (wit_copied){0, WIT_COPIED_DROPPED});
    else jobs_base_stream_token_read_start(swap->from, &swap->token, 1, taken, swap);
}

static void taken(void *data, wit_copied copied) {
    Swap *swap = (Swap *)data;
    swap->last = copied.state == WIT_COPIED_DROPPED;
    if (copied.count == 0) {
        jobs_base_stream_token_drop(swap->from);
        jobs_base_stream_token_writer_drop(swap->to);
        return;
    }
    if (swap->count++ == 0) {
        jobs_base_token_drop(swap->token);
        swap->token = jobs_base_token_new(100);
    }
    jobs_base_stream_token_write_start(swap->to, &swap->token, 1, given, swap);
}

void jobs_swap_begin(jobs_base_stream_token tokens) {
    Swap *swap = WIT_NEW(Swap, 1);
    swap->from = tokens;
    swap->count = 0;
    jobs_swap_return(jobs_base_stream_token_new(&swap->to));
    jobs_base_stream_token_read_start(tokens, &swap->token, 1, taken, swap);
}

/* Yields until another component has answered. */
typedef struct {
    wit_string said;
    bool has_answer;
    uint32_t turns;
} Spin;

static void answered(void *data, wit_subtask_state state) {
    MUST(state == WIT_SUBTASK_RETURNED);
    ((Spin *)data)->has_answer = true;
}

static void spin(void *data) {
    Spin *s = (Spin *)data;
    MUST(s->turns++ < 1000);
    if (s->has_answer) jobs_spin_return(s->said);
    else wit_yield(spin, s);
}

void jobs_spin_begin(void) {
    Spin *s = WIT_NEW(Spin, 1);
    *s = (Spin){WIT_STR(""), false, 0};
    wit_subtask_then(jobs_base_tick_start(3, &s->said), answered, s);
    spin(s);
}

wit_string jobs_peek(wit_list_string texts) {
    wit_string longest = {NULL, 0};
    for (size_t i = 0; i < texts.len; i++)
        if (texts.ptr[i].len > longest.len) longest = texts.ptr[i];
    return longest;
}

uint32_t jobs_live(void) { return live(); }
