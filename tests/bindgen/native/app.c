/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A component in the native style, which is also compiled for the machine that tests, without a
 * change. Pages that are kept are memory of its own; everything else is of the calls. */
#include "finder.h"

extern void *malloc(size_t size);
extern void free(void *ptr);

typedef struct Page {
    struct Page *next;
    size_t path_len, len;
    char text[]; /* the path, then the page */
} Page;

struct index_pages_rep {
    Page *first;
};

index_pages index_pages_new(void) {
    index_pages_rep *rep = (index_pages_rep *)malloc(sizeof *rep);
    rep->first = NULL;
    return index_pages_from_rep(rep);
}

void index_pages_destroy(index_pages_rep *rep) {
    while (rep->first) {
        Page *next = rep->first->next;
        free(rep->first);
        rep->first = next;
    }
    free(rep);
}

net_result_u32_failure index_pages_add(index_pages_rep *self, net_connection_ref connection,
                                       wit_string path) {
    net_result_list_u8_failure got = net_connection_get(connection, path);
    if (got.is_err) return net_result_u32_failure_err(got.val.err);
    wit_list_u8 text = got.val.ok;
    Page *page = (Page *)malloc(sizeof *page + path.len + text.len);
    page->path_len = path.len;
    page->len = text.len;
    for (size_t i = 0; i < path.len; i++) page->text[i] = path.ptr[i];
    for (size_t i = 0; i < text.len; i++) page->text[path.len + i] = (char)text.ptr[i];
    page->next = self->first;
    self->first = page;
    return net_result_u32_failure_ok((uint32_t)text.len);
}

static uint32_t count(const Page *page, wit_string word) {
    const char *text = page->text + page->path_len;
    uint32_t n = 0;
    for (size_t i = 0; i + word.len <= page->len; i++)
        n += wit_string_eq((wit_string){text + i, word.len}, word);
    return n;
}

index_list_hit index_pages_find(index_pages_rep *self, wit_string word, const uint32_t *limit) {
    size_t most = 0, n = 0;
    for (const Page *page = self->first; page; page = page->next) most++;
    if (limit && *limit < most) most = *limit;
    index_hit *hits = WIT_NEW(index_hit, most);
    for (const Page *page = self->first; page && n < most; page = page->next) {
        uint32_t score = count(page, word);
        if (score) hits[n++] = (index_hit){{page->text, page->path_len}, score};
    }
    return (index_list_hit){hits, n};
}

index_pages index_pages_merge(index_pages a, index_pages b) {
    index_pages_rep *into = index_pages_to_rep(a), *from = index_pages_to_rep(b);
    Page **end = &into->first;
    while (*end) end = &(*end)->next;
    *end = from->first;
    from->first = NULL;
    index_pages_drop(b);
    return a;
}

/* A plain function that waits, with memory of each round given back. */
index_tuple2_u32_pages index_crawl(net_connection connection, wit_stream_string paths) {
    index_pages pages = index_pages_new();
    uint32_t total = 0;
    for (;;) {
        wit_string path;
        wit_mark mark = wit_arena_mark();
        wit_copied copied = wit_stream_string_read(paths, &path, 1);
        if (copied.count == 1) {
            net_result_u32_failure added =
                index_pages_add(index_pages_to_rep(pages), net_connection_borrow(connection), path);
            if (!added.is_err) total += added.val.ok;
        }
        wit_arena_release(mark);
        if (copied.state == WIT_COPIED_DROPPED) break;
    }
    wit_stream_string_drop(paths);
    net_connection_drop(connection);
    return (index_tuple2_u32_pages){total, pages};
}

/* One call after the other, without holding up others. */
typedef struct {
    uint32_t left, heard;
    bool answer;
} Announce;

static void next(void *data) {
    Announce *state = (Announce *)data;
    if (state->left-- == 0) {
        index_announce_return(state->heard);
        return;
    }
    wit_subtask task = net_report_start(WIT_STR("here"), &state->answer);
    (void)wit_subtask_wait(task);
    state->heard += state->answer;
    wit_yield(next, state);
}

void index_announce_begin(uint32_t times) {
    Announce *state = WIT_NEW(Announce, 1);
    *state = (Announce){times, 0, false};
    next(state);
}

typedef struct {
    wit_future_u32 from;
    uint32_t value;
} Summary;

static void summed(void *data, wit_copied copied) {
    Summary *summary = (Summary *)data;
    wit_future_u32_drop(summary->from);
    index_summary_return(copied.count == 1 && summary->value > 9 ? WIT_STR("many")
                                                                 : WIT_STR("few"));
}

void index_summary_begin(wit_future_u32 from) {
    Summary *summary = WIT_NEW(Summary, 1);
    summary->from = from;
    wit_future_u32_read_start(from, &summary->value, summed, summary);
}
