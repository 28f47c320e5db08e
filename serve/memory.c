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

void memory_begin(ServerMemory *m, const ServeOptions *options) {
    m->fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    m->most = (options->max_resident ? options->max_resident : usual()) / options->workers;
}

void memory_end(ServerMemory *m) {
    if (m->fd >= 0) close(m->fd);
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

bool memory_is_short(Server *s) {
    ServerMemory *m = &s->memory;
    uint64_t now = clock_now();
    if (!m->is_short && now - m->looked < (m->fd < 0 ? rarely : often)) return false;
    m->looked = now;
    m->is_short = taken(s) > m->most;
    return m->is_short;
}

void memory_look(Server *s) {
    Guest *largest = NULL;
    if (!s->guests || !memory_is_short(s)) return;
    if (s->spare) {
        server_free_spare(s);
        return;
    }
    uint64_t most = s->memory.most / (s->options->max_requests + 1);
    for (Guest *g = s->guests; g; g = g->older) {
        uint64_t has = taken_by(g);
        if (has > most) most = has, largest = g;
    }
    if (!largest) return;
    say("request %llu was ended: it has %llu MB, and all together have too much",
        (unsigned long long)largest->request->id, (unsigned long long)most >> 20);
    request_returned(largest->request, too_much, 503);
}
