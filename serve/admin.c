/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* What the second address answers: /metrics for Prometheus, and /health, which fails while the server
 * drains, so that a balancer sends no more. */
#include "serve/internal.h"

static void write_metrics(void *context) {
    Request *r = context;
    r->page_arena = arena_keep(arena_new());
    r->page = metrics_page(r->page_arena, r->server->all_counters, r->server->all_count);
}

void admin_answer(Request *r) {
    Server *s = r->server;
    Str path = head_str(&r->head, r->path, r->path_len);
    path = str_from_to(path, 0, str_find(path, '?', 0));
    bool is_get = str_is(request_method(r), "GET") || r->is_head;
    r->answer_kind = ANSWER_SERVER;
    r->status = 404;
    if (str_is(path, "/metrics") || str_is(path, "/health")) r->status = is_get ? 200 : 405;
    if (r->status != 200) return;
    if (str_is(path, "/metrics")) {
        if (!arena_try(&alloc_system, write_metrics, r)) r->status = 503;
    } else if (s->is_draining || !s->is_healthy) r->status = 503;
    else r->page = STR("ok\n");
}
