/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * How much memory a worker may have. Each guest has limits of its own, but there may be a thousand of them:
 * together they could take more than the machine has, and the system would end the worker, and all requests
 * with it. So what the process has in memory is looked at while there is something to do:
 *
 *     too much ── new requests get 503 ── instances that wait for a request are freed
 *              ── the largest guest is ended, one each time, if it has more than its part
 *
 * A guest's part is what each could have if there were --max-requests of them. A worker that is locked in (--jail)
 * may not ask the system what it has: there, what the guests have asked for is added up.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "serve/internal.h"

static const uint64_t often = 1000000,
                      rarely = 10000000; /* in ns; in which little can be touched */
static const char too_much[] = "the handler has taken much memory, and there is too little for all";

/* The number at the beginning of a file, or behind a space in it. */
static bool read_number(int fd, bool is_second, uint64_t *number) {
    char text[64];
    ssize_t n = fd >= 0 ? pread(fd, text, sizeof text - 1, 0) : -1;
    if (n <= 0) return false;
    text[n] = '\0';
    const char *at = is_second ? strchr(text, ' ') : text;
    if (!at || at[is_second] < '0' || at[is_second] > '9') return false;
    *number = strtoull(at, NULL, 10);
    return true;
}

static uint64_t lower(uint64_t most, const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint64_t limit;
    if (read_number(fd, false, &limit) && limit < most) most = limit;
    if (fd >= 0) close(fd);
    return most;
}

static uint64_t page_size(void) { return (uint64_t)sysconf(_SC_PAGESIZE); }

/* Three quarters of what the machine has, or of what the processes may have of it. */
static uint64_t usual(void) {
    uint64_t all = (uint64_t)sysconf(_SC_PHYS_PAGES) * page_size();
    all = lower(all, "/sys/fs/cgroup/memory.max");
    all = lower(all, "/sys/fs/cgroup/memory/memory.limit_in_bytes");
    return all / 4 * 3;
}

static uint64_t taken_by(const Guest *g) {
    const VmStore *store = g->instance ? g->instance->store : making_store(g->making);
    if (!store) return 0;
    VmUsage usage = vm_store_usage(store);
    return usage.memory_bytes + usage.heap_bytes + usage.table_entries * sizeof(VmSlot);
}

static uint64_t taken(const Server *s) {
    uint64_t all = 0, pages;
    if (read_number(s->memory.fd, true, &pages)) return pages * page_size();
    for (const Guest *g = s->guests; g; g = g->older) all += taken_by(g);
    return all;
}

static uint64_t next_look(const ServerMemory *m) {
    return m->looked + (m->fd < 0 ? rarely : often);
}

bool memory_is_short(Server *s) {
    ServerMemory *m = &s->memory;
    uint64_t now = clock_now();
    if (!m->is_short && now < next_look(m)) return false;
    m->looked = now;
    m->is_short = taken(s) > m->most;
    return m->is_short;
}

static Guest *largest(const Server *s, uint64_t *has) {
    Guest *found = NULL;
    *has = s->memory.most / (s->options->max_requests + 1);
    for (Guest *g = s->guests; g; g = g->older) {
        uint64_t size = taken_by(g);
        if (size > *has) *has = size, found = g;
    }
    return found;
}

static void free_some(Server *s) {
    if (s->spare) {
        server_free_spare(s);
        return;
    }
    uint64_t has;
    Guest *g = largest(s, &has);
    if (!g) return;
    say("request %llu was ended: it has %llu MB, and all together have too much",
        (unsigned long long)g->request->id, (unsigned long long)has >> 20);
    request_returned(g->request, too_much, 503);
}

/* Guests that have taken memory since it was looked at last may all be asleep when it is time to look again. */
void memory_look(Server *s) {
    ServerMemory *m = &s->memory;
    if (!s->guests) return;
    bool is_early = clock_now() < next_look(m);
    if (memory_is_short(s)) free_some(s);
    if (is_early || m->is_short) loop_timer(s->loop, &m->timer, next_look(m));
}

static void on_timer(Timer *timer) { memory_look(CONTAINER(timer, Server, memory.timer)); }

void memory_begin(Server *s) {
    ServerMemory *m = &s->memory;
    const ServeOptions *o = s->options;
    m->fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    m->most = (o->max_resident ? o->max_resident : usual()) / o->workers;
    m->timer.fire = on_timer;
}

void memory_end(const Server *s) {
    if (s->memory.fd >= 0) close(s->memory.fd);
}
