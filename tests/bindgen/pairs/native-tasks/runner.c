/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runner.h"
#include "guest.h"

static const wit_string words[] = {WIT_STR_INIT("a"), WIT_STR_INIT("longer"), WIT_STR_INIT("mid")};

/* Two calls of one method and synchronous calls between them. */
static void overlapping(void) {
    static const jobs_step few[] = {{WIT_STR_INIT("x"), 1}},
                           many[] = {{WIT_STR_INIT("y"), 2}, {WIT_STR_INIT(""), 3}};
    jobs_job job = jobs_job_new(WIT_STR("job"));
    jobs_job_ref ref = jobs_job_borrow(job);
    jobs_list_step *a = WIT_NEW(jobs_list_step, 1), *b = WIT_NEW(jobs_list_step, 1);
    wit_subtask first = jobs_job_work_start(ref, WIT_LIST(jobs_list_step, few), 3, a);
    wit_subtask second = jobs_job_work_start(ref, WIT_LIST(jobs_list_step, many), 2, b);
    for (int i = 0; i < 5; i++) {
        wit_mark mark = wit_arena_mark();
        CHECK(SAME(jobs_peek(WIT_LIST(wit_list_string, words)), "longer"));
        CHECK(SAME(jobs_job_name(ref), "job"));
        CHECK(SAME(jobs_base_tick(1), "tick"));
        wit_arena_release(mark);
    }
    CHECK(wit_subtask_wait(second) == WIT_SUBTASK_RETURNED);
    CHECK(wit_subtask_wait(first) == WIT_SUBTASK_RETURNED);
    CHECK(a->len == 1 && SAME(a->ptr[0].name, "xtickticktick") && a->ptr[0].tokens == 4);
    CHECK(b->len == 2 && SAME(b->ptr[0].name, "yticktick") && b->ptr[0].tokens == 4);
    CHECK(SAME(b->ptr[1].name, "ticktick") && b->ptr[1].tokens == 5);
    jobs_job_drop(job);
}

static void lending(void) {
    jobs_base_token t[3];
    jobs_base_token_ref refs[3];
    for (uint32_t i = 0; i < 3; i++) {
        t[i] = jobs_base_token_new(i + 1);
        refs[i] = jobs_base_token_borrow(t[i]);
    }
    wit_tuple2_u32_string lent = jobs_lend(refs[0], WIT_LIST(jobs_base_list_token_ref, refs),
                                           WIT_LIST(wit_list_string, words));
    CHECK(lent.f0 == 7 && SAME(lent.f1, "mid"));
    lent = jobs_lend(refs[2], (jobs_base_list_token_ref){NULL, 0}, (wit_list_string){NULL, 0});
    CHECK(lent.f0 == 3 && SAME(lent.f1, "tick"));
    CHECK(jobs_base_alive() == 3);
    jobs_base_stream_token_writer writer;
    jobs_base_stream_token back = jobs_swap(jobs_base_stream_token_new(&writer));
    for (size_t i = 0; i < 3; i++) {
        CHECK(jobs_base_stream_token_write(writer, &t[i], 1).count == 1);
        jobs_base_token token;
        CHECK(jobs_base_stream_token_read(back, &token, 1).count == 1);
        CHECK(jobs_base_token_n(jobs_base_token_borrow(token)) == (i ? i + 1 : 100));
        jobs_base_token_drop(token);
    }
    jobs_base_stream_token_writer_drop(writer);
    jobs_base_token none;
    wit_copied end = jobs_base_stream_token_read(back, &none, 1);
    CHECK(end.count == 0 && end.state == WIT_COPIED_DROPPED);
    jobs_base_stream_token_drop(back);
    CHECK(jobs_base_alive() == 0);
}

static void got(void *data, wit_copied copied) { *(wit_copied *)data = copied; }

/* A read that is given up. */
static void giving_up(void) {
    jobs_base_stream_token_writer writer;
    jobs_base_stream_token stream = jobs_base_stream_token_new(&writer);
    jobs_base_token *token = WIT_NEW(jobs_base_token, 1);
    wit_copied *copied = WIT_NEW(wit_copied, 1);
    copied->count = 99;
    jobs_base_stream_token_read_start(stream, token, 1, got, copied);
    CHECK(jobs_base_stream_token_cancel_read(stream).state == WIT_COPIED_CANCELLED);
    CHECK(copied->count == 99);
    jobs_base_stream_token_drop(stream);
    jobs_base_stream_token_writer_drop(writer);
}

uint32_t runner_run(void) {
    overlapping();
    lending();
    giving_up();
    CHECK(SAME(jobs_spin(), "tick"));
    CHECK(jobs_live() <= 1);
    return checked();
}
