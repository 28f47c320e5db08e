/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* app.c without WebAssembly: its imports are the functions here. Sanitizers watch; a call's memory is
 * given back at the end, so that nothing leaks. */
#include "finder.h"

#include <stdio.h>

static int failures;
#define CHECK(condition) ((condition) ? (void)0 : failed(__LINE__, #condition))
static void failed(int line, const char *text) {
    printf("app_test.c:%d: %s\n", line, text);
    failures++;
}

/* ---- fakes ---- */

static int connections, reports;

net_connection net_connection_new(wit_string host) {
    CHECK(wit_string_eq(host, WIT_STR("example")));
    connections++;
    return (net_connection){connections};
}

void net_connection_drop(net_connection own) {
    CHECK(own.handle > 0);
    connections--;
}

net_result_list_u8_failure net_connection_get(net_connection_ref self, wit_string path) {
    static const uint8_t a[] = "tea and tea", b[] = "coffee";
    CHECK(self.handle > 0);
    if (wit_string_eq(path, WIT_STR("/a")))
        return net_result_list_u8_failure_ok((wit_list_u8){a, sizeof a - 1});
    if (wit_string_eq(path, WIT_STR("/b"))) {
        uint8_t *copy = WIT_NEW(uint8_t, sizeof b);
        for (size_t i = 0; i < sizeof b; i++) copy[i] = b[i];
        return net_result_list_u8_failure_ok((wit_list_u8){copy, sizeof b - 1});
    }
    if (path.len == 0) return net_result_list_u8_failure_err(net_failure_missing());
    return net_result_list_u8_failure_err(net_failure_refused(wit_string_copy(path)));
}

uint64_t net_now(void) { return 42; }

bool net_report(wit_string text) {
    CHECK(wit_string_eq(text, WIT_STR("here")));
    return ++reports % 2 == 1;
}

/* ---- tests ---- */

static void pages(void) {
    net_connection c = net_connection_new(WIT_STR("example"));
    net_connection_ref ref = net_connection_borrow(c);
    index_pages p = index_pages_new(), q = index_pages_new();
    net_result_u32_failure r = index_pages_add(index_pages_to_rep(p), ref, WIT_STR("/a"));
    CHECK(!r.is_err && r.val.ok == 11);
    r = index_pages_add(index_pages_to_rep(q), ref, WIT_STR("/b"));
    CHECK(!r.is_err && r.val.ok == 6);
    r = index_pages_add(index_pages_to_rep(q), ref, WIT_STR(""));
    CHECK(r.is_err && net_failure_is_missing(&r.val.err));
    r = index_pages_add(index_pages_to_rep(q), ref, WIT_STR("/secret"));
    CHECK(r.is_err && wit_string_eq(r.val.err.val.refused, WIT_STR("/secret")));
    p = index_pages_merge(p, q);
    index_list_hit hits = index_pages_find(index_pages_to_rep(p), WIT_STR("tea"), NULL);
    CHECK(hits.len == 1 && hits.ptr[0].score == 2 &&
          wit_string_eq(hits.ptr[0].path, WIT_STR("/a")));
    uint32_t none = 0;
    CHECK(index_pages_find(index_pages_to_rep(p), WIT_STR("tea"), &none).len == 0);
    CHECK(index_pages_find(index_pages_to_rep(p), WIT_STR("e"), NULL).len == 2);
    index_pages_drop(p);
    net_connection_drop(c);
    wit_arena_reset();
}

static void asynchronous(void) {
    wit_stream_string_writer writer;
    wit_stream_string paths = wit_stream_string_new(&writer);
    static const wit_string list[] = {WIT_STR_INIT("/a"), WIT_STR_INIT(""), WIT_STR_INIT("/b")};
    CHECK(wit_stream_string_write(writer, list, 3).count == 3);
    wit_stream_string_writer_drop(writer);
    index_tuple2_u32_pages crawled = index_crawl(net_connection_new(WIT_STR("example")), paths);
    CHECK(crawled.f0 == 17 && connections == 0);
    index_pages_drop(crawled.f1);
    CHECK(index_announce(3) == 2 && reports == 3);
    wit_future_u32_writer number;
    wit_future_u32 future = wit_future_u32_new(&number);
    CHECK(wit_future_u32_write(number, &(uint32_t){10}).count == 1);
    wit_future_u32_writer_drop(number);
    CHECK(wit_string_eq(index_summary(future), WIT_STR("many")));
    wit_arena_reset();
}

int main(void) {
    pages();
    asynchronous();
    return failures != 0;
}
