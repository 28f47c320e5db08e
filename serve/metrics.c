/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What /metrics tells, in the text format of Prometheus: the sums over all workers, whose counters
 * lie in memory that they share, one block each, so that nobody waits for another.
 */
#include <stdio.h>
#include <sys/mman.h>

#include "base/buf.h"
#include "serve/internal.h"

/* Upper bounds in ns: from 50 us, each twice the one before; the last has none. */
static uint64_t bound(size_t i) { return (uint64_t)50000 << i; }

Counters *counters_new(size_t n) {
    void *p =
        mmap(NULL, n * sizeof(Counters), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

void metrics_answered(Counters *c, unsigned status, uint64_t ns) {
    size_t i = 0;
    while (i < LATENCY_BUCKETS && ns > bound(i)) i++;
    COUNT(c, requests_total, 1);
    COUNT(c, latency[i], 1);
    COUNT(c, latency_ns, ns);
    if (status >= 100 && status < 600) COUNT(c, by_status[status / 100 - 1], 1);
}

static unsigned long long load(const atomic_ullong *value) {
    return atomic_load_explicit((atomic_ullong *)value, memory_order_relaxed);
}

static void add(Counters *sum, const Counters *one) {
#define X(name, kind, help) COUNT(sum, name, load(&one->name));
    COUNTERS(X)
#undef X
    for (size_t i = 0; i < STATUS_CLASSES; i++) COUNT(sum, by_status[i], load(&one->by_status[i]));
    for (size_t i = 0; i <= LATENCY_BUCKETS; i++) COUNT(sum, latency[i], load(&one->latency[i]));
    COUNT(sum, latency_ns, load(&one->latency_ns));
    COUNT(sum, restarts, load(&one->restarts));
}

static void put_head(Buf *out, const char *name, const char *kind, const char *help) {
    buf_fmt(out, "# HELP witc_serve_%s %s\n# TYPE witc_serve_%s %s\n", name, help, name, kind);
}

static void put_latency(Buf *out, const Counters *sum) {
    unsigned long long below = 0;
    put_head(out, "request_seconds", "histogram", "Time from a request's head to its answer's end");
    for (size_t i = 0; i < LATENCY_BUCKETS; i++) {
        below += load(&sum->latency[i]);
        buf_fmt(out, "witc_serve_request_seconds_bucket{le=\"%.5f\"} %llu\n",
                (double)bound(i) / 1e9, below);
    }
    below += load(&sum->latency[LATENCY_BUCKETS]);
    buf_fmt(out, "witc_serve_request_seconds_bucket{le=\"+Inf\"} %llu\n", below);
    buf_fmt(out, "witc_serve_request_seconds_sum %.6f\n", (double)load(&sum->latency_ns) / 1e9);
    buf_fmt(out, "witc_serve_request_seconds_count %llu\n", below);
}

Str metrics_page(Arena *arena, const Counters *counters, size_t n) {
    Counters sum = {0};
    for (size_t i = 0; i < n; i++) add(&sum, &counters[i]);
    Buf out = {.arena = arena};
#define X(name, kind, help)                                                                        \
    put_head(&out, #name, kind, help);                                                             \
    buf_fmt(&out, "witc_serve_" #name " %llu\n", load(&sum.name));
    COUNTERS(X)
#undef X
    put_head(&out, "responses_total", "counter", "Responses by their status");
    for (size_t i = 0; i < STATUS_CLASSES; i++)
        buf_fmt(&out, "witc_serve_responses_total{status=\"%zuxx\"} %llu\n", i + 1,
                load(&sum.by_status[i]));
    put_latency(&out, &sum);
    put_head(&out, "workers", "gauge", "Worker processes");
    buf_fmt(&out, "witc_serve_workers %zu\n", n);
    put_head(&out, "worker_restarts_total", "counter", "Workers that had crashed, started again");
    buf_fmt(&out, "witc_serve_worker_restarts_total %llu\n", load(&sum.restarts));
    return buf_text(&out);
}
