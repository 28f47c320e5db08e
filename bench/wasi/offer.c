/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * offer PORT PATH RATE SECONDS: asks 127.0.0.1 for a path RATE times a second, whether answers come or
 * not, by as many connections as that needs (4,000 at most), which are kept. RATE 0: 16 connections
 * that ask again as soon as they are answered: the capacity.
 *
 *     answered a second, turned away (503) a second, p50 and p99 in ms of those answered with 200
 *
 * on one line. Times are from when a request was due, not from when it could be sent.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 4000, BUSY = 16, HEAD = 4096 };

typedef struct {
    int fd;
    uint64_t due;
    size_t len; /* of the answer so far */
    char text[HEAD];
} Client;

static Client clients[MOST];
static Client *idle[MOST];
static size_t client_count, idle_count, answered, turned_away, failed;
static uint64_t *times;
static size_t time_count, time_cap;
static char request[1024];
static int port, epoll;

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void fail(const char *what) {
    fprintf(stderr, "bench/wasi/offer: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void reconnect(Client *c) {
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (c->fd > 0) close(c->fd);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) < 0) fail("connect");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event) < 0) fail("epoll");
}

/* False: all connections are busy. */
static bool ask(uint64_t due) {
    if (!idle_count) {
        if (client_count == MOST) return false;
        Client *c = &clients[client_count++];
        reconnect(c);
        idle[idle_count++] = c;
    }
    Client *c = idle[--idle_count];
    c->due = due;
    c->len = 0;
    if (send(c->fd, request, strlen(request), MSG_NOSIGNAL) >= 0) return true;
    reconnect(c);
    if (send(c->fd, request, strlen(request), MSG_NOSIGNAL) < 0) fail("send");
    return true;
}

static void note(uint64_t ns) {
    if (time_count == time_cap) {
        time_cap = time_cap ? time_cap * 2 : 1 << 16;
        times = realloc(times, time_cap * sizeof *times);
        if (!times) fail("memory");
    }
    times[time_count++] = ns;
}

/* Answers are short and have a Content-Length. */
static void on_answer(Client *c, bool again) {
    ssize_t n = recv(c->fd, c->text + c->len, HEAD - 1 - c->len, 0);
    if (n <= 0) {
        if (c->due) failed++;
        c->due = 0;
        reconnect(c);
        idle[idle_count++] = c;
        return;
    }
    c->len += (size_t)n;
    c->text[c->len] = 0;
    char *end = strstr(c->text, "\r\n\r\n"), *length = strstr(c->text, "Content-Length: ");
    if (!end || !length || c->len < (size_t)(end + 4 - c->text) + strtoul(length + 16, NULL, 10))
        return;
    if (!strncmp(c->text + 9, "200", 3)) {
        answered++;
        note(now() - c->due);
    } else turned_away++;
    if (strstr(c->text, "Connection: close")) reconnect(c);
    c->due = 0;
    idle[idle_count++] = c;
    if (again) ask(now());
}

static int less(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    port = atoi(argv[1]);
    double rate = atof(argv[3]), seconds = atof(argv[4]);
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", argv[2]);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    uint64_t from = now(), end = from + (uint64_t)(seconds * 1e9);
    uint64_t step = rate > 0 ? (uint64_t)(1e9 / rate) : 0, next = from;
    for (int i = 0; !step && i < BUSY; i++) ask(now());
    for (uint64_t at = from; at < end; at = now()) {
        struct epoll_event events[256];
        while (step && next <= at) {
            if (!ask(next)) failed++;
            next += step;
        }
        int patience = !step ? 100 : next > at ? (int)((next - at) / 1000000) : 0;
        int n = epoll_wait(epoll, events, 256, patience);
        for (int i = 0; i < n; i++) on_answer(events[i].data.ptr, !step);
    }
    double lasted = (double)(now() - from) / 1e9;
    if (time_count) qsort(times, time_count, sizeof *times, less);
    printf("%.0f %.0f %.3f %.3f\n", (double)answered / lasted, (double)turned_away / lasted,
           time_count ? (double)times[time_count / 2] / 1e6 : 0,
           time_count ? (double)times[time_count * 99 / 100] / 1e6 : 0);
    if (failed) fprintf(stderr, "bench/wasi/offer: %zu were not answered\n", failed);
    return 0;
}
