/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The tables of Linux as it is (system.h): sockets, names, time and waiting. Each call is the system's own,
 * but for names: getaddrinfo waits, so that each is looked up by a thread of its own.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wasi/system.h"

/* ---- sockets ---- */

static int net_open(const WasiSockets *sockets, int domain, int type) {
    return socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static int net_close(const WasiSockets *sockets, int fd) { return close(fd); }

static int net_bind(const WasiSockets *sockets, int fd, const struct sockaddr *at, socklen_t size) {
    return bind(fd, at, size);
}

static int net_connect(const WasiSockets *sockets, int fd, const struct sockaddr *to,
                       socklen_t size) {
    return connect(fd, to, size);
}

static int net_listen(const WasiSockets *sockets, int fd, int backlog) {
    return listen(fd, backlog);
}

static int net_accept(const WasiSockets *sockets, int fd) {
    return accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static int net_shutdown(const WasiSockets *sockets, int fd, int how) { return shutdown(fd, how); }

static int net_local(const WasiSockets *sockets, int fd, struct sockaddr_storage *address) {
    socklen_t size = sizeof *address;
    return getsockname(fd, (struct sockaddr *)address, &size);
}

static int net_peer(const WasiSockets *sockets, int fd, struct sockaddr_storage *address) {
    socklen_t size = sizeof *address;
    return getpeername(fd, (struct sockaddr *)address, &size);
}

static int net_get(const WasiSockets *sockets, int fd, int level, int name, int *value) {
    socklen_t size = sizeof *value;
    return getsockopt(fd, level, name, value, &size);
}

static int net_set(const WasiSockets *sockets, int fd, int level, int name, int value) {
    return setsockopt(fd, level, name, &value, sizeof value);
}

static ssize_t net_send(const WasiSockets *sockets, int fd, const void *bytes, size_t n,
                        const struct sockaddr *to, socklen_t size) {
    return sendto(fd, bytes, n, MSG_NOSIGNAL, to, size);
}

static ssize_t net_receive(const WasiSockets *sockets, int fd, void *bytes, size_t n,
                           struct sockaddr_storage *from) {
    socklen_t size = sizeof *from;
    return recvfrom(fd, bytes, n, 0, (struct sockaddr *)from, from ? &size : NULL);
}

/* ---- names ---- */

typedef struct {
    WasiResolved *done;
    void *context;
    char name[];
} Question;

static void *answer(void *context) {
    Question *question = context;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    int fault = getaddrinfo(question->name, NULL, &hints, &found);
    question->done(question->context, fault, found);
    if (found) freeaddrinfo(found);
    free(question);
    return NULL;
}

/* Signals stay with the threads of the program. */
static int start_thread(Question *question) {
    enum { STACK = 512 << 10 };
    pthread_t id;
    pthread_attr_t attributes;
    sigset_t all, before;
    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int fault = pthread_create(&id, &attributes, answer, question);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return fault;
}

static int net_resolve(const WasiSockets *sockets, const char *name, WasiResolved *done,
                       void *context) {
    size_t size = strlen(name) + 1;
    Question *question = malloc(sizeof *question + size);
    if (!question) return ENOMEM;
    question->done = done;
    question->context = context;
    memcpy(question->name, name, size);
    int fault = start_thread(question);
    if (fault) free(question);
    return fault;
}

const WasiSockets wasi_linux_sockets = {
    .open = net_open,
    .close = net_close,
    .bind = net_bind,
    .connect = net_connect,
    .listen = net_listen,
    .accept = net_accept,
    .shutdown = net_shutdown,
    .local = net_local,
    .peer = net_peer,
    .get = net_get,
    .set = net_set,
    .send = net_send,
    .receive = net_receive,
    .resolve = net_resolve,
};

/* ---- time ---- */

enum { SECOND = 1000000000 };

static uint64_t in_ns(struct timespec t) {
    return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

static uint64_t clock_now(const WasiClock *clock) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return in_ns(now);
}

static struct timespec clock_wall(const WasiClock *clock) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now;
}

static uint64_t clock_resolution(const WasiClock *clock, bool of_wall) {
    struct timespec t = {0};
    clock_getres(of_wall ? CLOCK_REALTIME : CLOCK_MONOTONIC, &t);
    return in_ns(t);
}

static int clock_wait(const WasiClock *clock, struct pollfd *fds, size_t n, uint64_t until,
                      uint64_t most) {
    uint64_t now = most && until ? clock_now(clock) : until;
    uint64_t ns = until > now ? until - now : 0;
    if (ns > most) ns = most;
    struct timespec timeout = {(time_t)(ns / SECOND), (long)(ns % SECOND)};
    return ppoll(fds, n, &timeout, NULL);
}

const WasiClock wasi_linux_clock = {NULL,       clock_now,        clock_now,
                                    clock_wall, clock_resolution, clock_wait};
