/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The loop: descriptors by epoll, level-triggered, and timers in a heap.
 *
 *     turn:  epoll_wait until the first timer ── ready(watch) for each event ── fire(timer) for those due
 *
 * What is ready may end watches whose events are in the same batch: they are taken out of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "serve/internal.h"

enum { BATCH = 256 };

struct Loop {
    int epoll;
    uint64_t now;
    Timer **heap; /* from 1 on: the children of i are 2i and 2i + 1 */
    size_t timers, cap;
    struct epoll_event batch[BATCH];
    int at, count; /* in the batch */
};

uint64_t clock_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

Loop *loop_new(void) {
    Loop *loop = calloc(1, sizeof *loop);
    if (!loop) return NULL;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->now = clock_now();
    if (loop->epoll >= 0) return loop;
    free(loop);
    return NULL;
}

void loop_free(Loop *loop) {
    if (!loop) return;
    close(loop->epoll);
    free(loop->heap);
    free(loop);
}

uint64_t loop_now(const Loop *loop) { return loop->now; }

/* ---- descriptors ---- */

bool loop_watch(Loop *loop, Watch *watch, uint32_t events) {
    if (events == watch->events) return true;
    struct epoll_event event = {.events = events, .data.ptr = watch};
    int what = !events ? EPOLL_CTL_DEL : watch->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(loop->epoll, what, watch->fd, &event) < 0 && events) return false;
    watch->events = events;
    for (int i = loop->at; !events && i < loop->count; i++)
        if (loop->batch[i].data.ptr == watch) loop->batch[i].data.ptr = NULL;
    return true;
}

/* ---- timers ---- */

static void put(Loop *loop, size_t place, Timer *timer) {
    loop->heap[place] = timer;
    timer->place = place;
}

static void sift_up(Loop *loop, size_t place, Timer *timer) {
    for (; place > 1 && loop->heap[place / 2]->at > timer->at; place /= 2)
        put(loop, place, loop->heap[place / 2]);
    put(loop, place, timer);
}

static void sift_down(Loop *loop, size_t place, Timer *timer) {
    for (size_t child; (child = place * 2) <= loop->timers; place = child) {
        if (child < loop->timers && loop->heap[child + 1]->at < loop->heap[child]->at) child++;
        if (loop->heap[child]->at >= timer->at) break;
        put(loop, place, loop->heap[child]);
    }
    put(loop, place, timer);
}

bool loop_timer(Loop *loop, Timer *timer, uint64_t at) {
    if (!timer->place && loop->timers + 1 >= loop->cap) {
        size_t cap = loop->cap ? loop->cap * 2 : 64;
        Timer **more = realloc(loop->heap, cap * sizeof *more);
        if (!more) return false;
        loop->heap = more;
        loop->cap = cap;
    }
    size_t place = timer->place ? timer->place : ++loop->timers;
    bool later = timer->place && at > timer->at;
    timer->at = at;
    if (later) sift_down(loop, place, timer);
    else sift_up(loop, place, timer);
    return true;
}

void loop_stop_timer(Loop *loop, Timer *timer) {
    size_t place = timer->place;
    if (!place) return;
    timer->place = 0;
    Timer *last = loop->heap[loop->timers--];
    if (last == timer) return;
    if (place > 1 && loop->heap[place / 2]->at > last->at) sift_up(loop, place, last);
    else sift_down(loop, place, last);
}

/* ---- turns ---- */

/* Milliseconds for epoll: never less than what is left, so that a timer is due when it wakes. */
static int patience(const Loop *loop) {
    if (!loop->timers) return -1;
    uint64_t at = loop->heap[1]->at, now = clock_now();
    if (at <= now) return 0;
    uint64_t ms = (at - now + 999999) / 1000000;
    return ms < 1000000 ? (int)ms : 1000000;
}

void loop_turn(Loop *loop, bool polls) {
    loop->count = epoll_wait(loop->epoll, loop->batch, BATCH, polls ? 0 : patience(loop));
    loop->now = clock_now();
    for (loop->at = 0; loop->at < loop->count;) {
        struct epoll_event *event = &loop->batch[loop->at++];
        Watch *watch = event->data.ptr;
        if (watch) watch->ready(watch, event->events);
    }
    loop->at = loop->count = 0;
    while (loop->timers && loop->heap[1]->at <= loop->now) {
        Timer *timer = loop->heap[1];
        loop_stop_timer(loop, timer);
        timer->fire(timer);
    }
}
