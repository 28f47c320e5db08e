/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Guests: handlers at work. Each has an instance of its own once it begins, so that nothing of one
 * request is seen by another, and nothing that one does to itself is felt by others.
 *
 *     request ──> queued ──> a slice ──> waits ──> queued ...       descriptors, time, bodies
 *                   ^           │ time is over │
 *                   └───────────┘              └──> returned, or trapped
 *
 * A guest that waits for descriptors has an epoll of its own, watched by the loop: two guests may
 * wait for one descriptor, and an epoll knows each but once.
 */
#include <errno.h>
#include <stdlib.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "serve/internal.h"

enum { MOST_TOLD = 200 }; /* bytes of a target that has trapped: its message comes after it */
static const char too_long[] = "the request has lasted too long";

/* ---- life ---- */

static void waits_over(Timer *timer);
static void is_ready(Watch *watch, uint32_t events);

static void queue(Guest *g) {
    if (g->is_queued) return;
    Server *s = g->server;
    g->is_queued = true;
    g->next = NULL;
    if (s->first) s->last->next = g;
    else s->first = g;
    s->last = g;
    s->queued++;
}

static void unqueue(Guest *g) {
    Server *s = g->server;
    if (!g->is_queued) return;
    Guest *before = NULL, *at = s->first;
    while (at != g) before = at, at = at->next;
    if (before) before->next = g->next;
    else s->first = g->next;
    if (s->last == g) s->last = before;
    g->is_queued = false;
    s->queued--;
}

Guest *guest_new(Request *request) {
    Server *s = request->server;
    uint64_t timeout = s->options->timeout, own = s->program->timeout;
    if (own && (!timeout || own < timeout)) timeout = own;
    Guest *g = calloc(1, sizeof *g);
    if (!g) return NULL;
    *g = (Guest){.server = s,
                 .request = request,
                 .timer = {.fire = waits_over},
                 .watch = {.fd = -1, .ready = is_ready},
                 .limit = timeout ? loop_now(s->loop) + timeout : UINT64_MAX,
                 .older = s->guests};
    if (g->older) g->older->newer = g;
    s->guests = g;
    s->in_flight++;
    s->waiting++;
    COUNT(s->counters, requests_in_flight, 1);
    queue(g);
    return g;
}

/* An average in which the last dozen count most, and none of them so much that it alone would have others
 * turned away. */
static void note_time(Server *s, uint64_t ns) {
    uint64_t most = s->options->max_delay;
    if (most && ns > most) ns = most;
    s->usual = s->usual ? s->usual - s->usual / 16 + ns / 16 : ns;
}

/* All but its instance. */
static void guest_free(Guest *g) {
    Server *s = g->server;
    loop_stop_timer(s->loop, &g->timer);
    if (g->watch.fd >= 0) {
        loop_watch(s->loop, &g->watch, 0);
        close(g->watch.fd);
    }
    unqueue(g);
    *(g->newer ? &g->newer->older : &s->guests) = g->older;
    if (g->older) g->older->newer = g->newer;
    s->in_flight--;
    s->waiting -= !g->has_turn;
    if (g->instance) note_time(s, g->request->guest_ns);
    COUNT(s->counters, requests_in_flight, -1);
    g->request->guest = NULL;
    free(g);
}

void guest_stop(Guest *g) {
    Instance *in = g->instance;
    Making *making = g->making;
    guest_free(g);
    making_stop(making);
    instance_free(in);
}

/* ---- waiting ---- */

static void too_late(Guest *g) {
    COUNT(g->server->counters, timeouts_total, 1);
    request_returned(g->request, too_long, 504);
}

static Wasi *wasi_of(const Guest *g) {
    return g->instance ? g->instance->wasi : making_wasi(g->making);
}

void guest_wake(Guest *g) {
    if (g->is_queued || (!g->instance && !g->making)) return;
    wasi_wake(wasi_of(g));
    queue(g);
}

/* Those that have reported are taken out, else they would keep the epoll ready for ever. */
static void is_ready(Watch *watch, uint32_t events) {
    struct epoll_event told[16];
    while (epoll_wait(watch->fd, told, 16, 0) == 16) {
    }
    guest_wake(CONTAINER(watch, Guest, watch));
    loop_watch(CONTAINER(watch, Guest, watch)->server->loop, watch, 0);
}

static void waits_over(Timer *timer) {
    Guest *g = CONTAINER(timer, Guest, timer);
    if (loop_now(g->server->loop) < g->limit) {
        guest_wake(g);
        return;
    }
    too_late(g);
}

/* Each descriptor reports once; then it has to be wanted again. */
static bool watch_fds(Guest *g, const WasiWants *wants) {
    if (!wants->count) {
        loop_watch(g->server->loop, &g->watch, 0);
        return true;
    }
    if (g->watch.fd < 0) g->watch.fd = epoll_create1(EPOLL_CLOEXEC);
    if (g->watch.fd < 0) return false;
    bool is_ready = false;
    for (size_t i = 0; i < wants->count; i++) {
        const struct pollfd *want = &wants->fds[i];
        struct epoll_event event = {.events = (uint32_t)(uint16_t)want->events | EPOLLONESHOT,
                                    .data.fd = want->fd};
        if (epoll_ctl(g->watch.fd, EPOLL_CTL_MOD, want->fd, &event) == 0) continue;
        if (errno == ENOENT && epoll_ctl(g->watch.fd, EPOLL_CTL_ADD, want->fd, &event) == 0)
            continue;
        is_ready = true; /* a file: it does not wait */
    }
    return loop_watch(g->server->loop, &g->watch, EPOLLIN) && !is_ready;
}

static void wait_for(Guest *g) {
    WasiWants wants = {.deadline = UINT64_MAX};
    bool waits = wasi_wants(wasi_of(g), &wants);
    uint64_t at = waits && wants.deadline < g->limit ? wants.deadline : g->limit;
    if (at != UINT64_MAX && !(g->timer.place && g->timer.at == at))
        loop_timer(g->server->loop, &g->timer, at);
    if (waits && !watch_fds(g, &wants)) {
        wasi_wake(wasi_of(g));
        queue(g);
    }
}

/* ---- running ---- */

typedef struct {
    const char *error; /* NULL: none */
    unsigned status;   /* of the answer, where there is none */
} Ending;

static Ending ending_of_trap(const Guest *g) {
    const VmThread *thread = g->instance->thread;
    const Request *r = g->request;
    VmFrameInfo frame;
    Str message = vm_trap_message(thread), name = {0};
    Str target = str_from_to(head_str(&r->head, r->target, r->target_len), 0, MOST_TOLD);
    if (vm_backtrace_at(thread, 0, &frame)) name = frame.name;
    COUNT(g->server->counters, traps_total, 1);
    say("request %llu (%.*s %.*s) has trapped%s%.*s: %.*s", (unsigned long long)r->id,
        STR_ARG(request_method(r)), STR_ARG(target), name.len ? " in " : "", STR_ARG(name),
        STR_ARG(message));
    switch ((int)vm_thread_limit(thread)) {
    case VM_LIMIT_FUEL: return (Ending){"the handler has used up its fuel", 500};
    case VM_LIMIT_MEMORY: return (Ending){"the handler has used up its memory", 500};
    case VM_LIMIT_TIME:
        COUNT(g->server->counters, timeouts_total, 1);
        return (Ending){too_long, 504};
    default: return (Ending){"the handler has trapped", 500};
    }
}

/* The answer goes first; then there is time for the instance. One that has not answered is freed
 * before, which drops its response-outparam. */
static void ended(Guest *g, VmStatus status) {
    Server *s = g->server;
    Request *r = g->request;
    Instance *in = g->instance;
    Ending ending = {NULL, 500};
    if (status == VM_TRAP) ending = ending_of_trap(g);
    else if (status != VM_DONE) ending.error = "the handler has ended itself";
    guest_free(g);
    bool is_answered = r->answer_kind != ANSWER_NONE;
    if (!is_answered && ending.error) request_fail(r, ending.status, ending.error);
    if (!is_answered) instance_free(in);
    request_returned(r, ending.error, ending.status);
    if (!is_answered) return;
    if (status == VM_DONE) instance_give(s, in);
    else instance_free(in);
}

static void leave_for_others(Guest *g) {
    COUNT(g->server->counters, slices_total, 1);
    queue(g);
}

/* A spare instance, or one that is made, in as many slices as that takes. False: not now. */
static bool find_instance(Guest *g, Instance **in) {
    Server *s = g->server;
    *in = g->making ? NULL : instance_take(s);
    if (*in) return true;
    if (!g->making) g->making = making_new(s);
    MakingState state = g->making ? making_go_on(g->making) : MAKING_MADE;
    if (state == MAKING_MADE) {
        *in = g->making ? making_end(g->making) : NULL;
        g->making = NULL;
        return true;
    }
    if (clock_now() >= g->limit) too_late(g);
    else if (state == MAKING_PAUSED) leave_for_others(g);
    else wait_for(g);
    return false;
}

static void call(void *context) {
    Guest *g = context;
    Instance *in = g->instance;
    g->status = vm_component_call(in->thread, in->handle, g->args, g->result, in->arena);
}

static void go_on(void *context) {
    Guest *g = context;
    g->status = vm_resume(g->instance->thread);
}

/* Where there is no memory the guest ends, and not the server. */
static VmStatus run_slice(Guest *g, void (*slice)(void *)) {
    return vm_component_try(g->instance->thread, slice, g) ? g->status : VM_TRAP;
}

/* The first slice. False: there is no guest any more, or its instance is being made. */
static bool begin(Guest *g, uint64_t now, VmStatus *status) {
    Instance *in;
    if (!g->making) {
        g->server->waiting--;
        g->has_turn = true;
        g->server->delay = now - g->request->start;
    }
    if (!find_instance(g, &in)) return false;
    if (!in || !request_hand_over(g->request, in, g->args)) {
        instance_free(in);
        request_returned(g->request, "no instance could be made", 500);
        return false;
    }
    g->instance = in;
    in->has_begun = true;
    *status = run_slice(g, call);
    return true;
}

void guest_run(Guest *g) {
    VmStatus status;
    uint64_t from = clock_now();
    unqueue(g);
    if (g->instance) status = run_slice(g, go_on);
    else if (!begin(g, from, &status)) return;
    Request *r = g->request;
    uint64_t now = clock_now();
    r->guest_ns += now - from;
    if (status != VM_SUSPEND) {
        ended(g, status);
        return;
    }
    if (now >= g->limit) {
        too_late(g);
        return;
    }
    if (vm_is_paused(g->instance->thread)) leave_for_others(g);
    else wait_for(g);
    if (r->client) r->client->advance(r->client);
}
