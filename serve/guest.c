/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Guests: instances of the program, each with a store of its own, so that nothing of one request is
 * seen by another, and nothing that one does to itself is felt by others.
 *
 *     spare ── request ──> queued ──> a slice ──> waits ──> queued ...    descriptors, time, bodies
 *       ^                    ^           │ time is over │
 *       │                    └───────────┘              v
 *       └──────────── reuse ──────────────────────── ended ──> freed
 *
 * A guest that waits for descriptors has an epoll of its own, watched by the loop: two guests may
 * wait for one descriptor, and an epoll knows each but once.
 */
#include <errno.h>
#include <stdlib.h>
#include <poll.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "serve/internal.h"

#define CONTAINER(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

static const char too_long[] = "the request has lasted too long";

/* ---- life ---- */

static void tell_trap(const Guest *g, const char *when) {
    VmFrameInfo frame;
    Str message = vm_trap_message(g->thread), name = {0};
    if (vm_backtrace_at(g->thread, 0, &frame)) name = frame.name;
    const Request *r = g->request;
    COUNT(g->server->counters, traps_total, 1);
    if (!r) say("trap %s: %.*s", when, STR_ARG(message));
    else
        say("request %llu (%.*s %.*s) has trapped%s%.*s: %.*s", (unsigned long long)r->id,
            STR_ARG(request_method(r)), STR_ARG(head_str(&r->head, r->target, r->target_len)),
            name.len ? " in " : "", STR_ARG(name), STR_ARG(message));
}

static bool instantiate(Guest *g) {
    Diags diags = {.arena = g->arena};
    VmLinker *linker = vm_linker_new(g->store);
    if (!linker) return false;
    wasi_link(g->wasi, linker);
    g->component = vm_component_new(g->thread, g->program->info, linker, &diags);
    vm_linker_free(linker);
    if (g->component) {
        g->handle = vm_component_func(g->component, STR("wasi:http/incoming-handler@0.2.12"),
                                      STR("handle"));
        if (!g->handle) say("the component does not export wasi:http/incoming-handler");
        return g->handle != NULL;
    }
    if (diags.list.len) say("%.*s", STR_ARG(diags.list.at[0].message));
    else tell_trap(g, "while an instance was made");
    return false;
}

static void guest_waits_over(Timer *timer);
static void guest_ready(Watch *watch, uint32_t events);

Guest *guest_new(Server *server) {
    Guest *g = calloc(1, sizeof *g);
    if (!g) return NULL;
    g->server = server;
    g->program = server->program;
    g->program->refs++;
    g->timer.fire = guest_waits_over;
    g->watch = (Watch){.fd = -1, .ready = guest_ready};
    g->older = server->guests;
    if (g->older) g->older->newer = g;
    server->guests = g;
    g->arena = arena_new();
    g->store = vm_store_new(&server->options->guest);
    g->thread = g->store ? vm_thread_new(g->store) : NULL;
    g->wasi = g->thread ? wasi_new(g->store, &g->program->grants) : NULL;
    if (!g->wasi || !instantiate(g)) {
        guest_free(g);
        return NULL;
    }
    COUNT(server->counters, instances_total, 1);
    vm_thread_set_slice(g->thread, server->options->slice);
    return g;
}

static void stop_waiting(Guest *g) {
    loop_stop_timer(g->server->loop, &g->timer);
    if (g->watch.fd < 0) return;
    loop_watch(g->server->loop, &g->watch, 0);
    close(g->watch.fd);
    g->watch.fd = -1;
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
}

void guest_free(Guest *g) {
    if (!g) return;
    stop_waiting(g);
    unqueue(g);
    *(g->newer ? &g->newer->older : &g->server->guests) = g->older;
    if (g->older) g->older->newer = g->newer;
    if (g->has_begun) vm_abandon(g->thread);
    wasi_free(g->wasi);
    vm_thread_free(g->thread);
    vm_store_free(g->store);
    arena_free(g->arena);
    program_release(g->program);
    free(g);
}

/* ---- requests ---- */

static Guest *take_spare(Server *s) {
    Guest *g = s->spare;
    if (!g) return guest_new(s);
    s->spare = g->next;
    s->spare_count--;
    g->next = NULL;
    return g;
}

static void queue(Guest *g) {
    if (g->is_queued) return;
    Server *s = g->server;
    g->is_queued = true;
    g->next = NULL;
    if (s->first) s->last->next = g;
    else s->first = g;
    s->last = g;
}

Guest *guest_for(Request *request, const WasiHttpRequest *what, const WasiHttpResponder *to) {
    Server *s = request->server;
    Guest *g = take_spare(s);
    if (!g) {
        if (what->body) wasi_body_abandon(what->body);
        request_fail(request, 500, "no instance could be made");
        return NULL;
    }
    g->request = request;
    if (!wasi_http_take(g->wasi, g->thread, what, to, g->args)) {
        g->request = NULL;
        guest_free(g);
        request_fail(request, 500, "no memory");
        return NULL;
    }
    uint64_t timeout = s->options->timeout;
    g->limit = timeout ? loop_now(s->loop) + timeout : UINT64_MAX;
    s->in_flight++;
    COUNT(s->counters, requests_in_flight, 1);
    queue(g);
    return g;
}

/* ---- waiting ---- */

void guest_wake(Guest *g) {
    if (g->is_queued || !g->has_begun) return;
    wasi_wake(g->wasi);
    queue(g);
}

static void guest_ready(Watch *watch, uint32_t events) {
    guest_wake(CONTAINER(watch, Guest, watch));
    loop_watch(CONTAINER(watch, Guest, watch)->server->loop, watch, 0);
}

static void guest_waits_over(Timer *timer) {
    Guest *g = CONTAINER(timer, Guest, timer);
    if (loop_now(g->server->loop) < g->limit) {
        guest_wake(g);
        return;
    }
    COUNT(g->server->counters, timeouts_total, 1);
    request_returned(g->request, too_long, 504);
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
    bool waits = wasi_wants(g->wasi, &wants);
    uint64_t at = waits && wants.deadline < g->limit ? wants.deadline : g->limit;
    if (at != UINT64_MAX && !(g->timer.place && g->timer.at == at))
        loop_timer(g->server->loop, &g->timer, at);
    if (waits && !watch_fds(g, &wants)) {
        wasi_wake(g->wasi);
        queue(g);
    }
}

/* ---- running ---- */

static void leave_flight(Guest *g) {
    Server *s = g->server;
    s->in_flight--;
    COUNT(s->counters, requests_in_flight, -1);
}

void guest_stop(Guest *g) {
    Request *r = g->request;
    g->request = NULL;
    if (r) {
        r->guest = NULL;
        leave_flight(g);
    }
    guest_free(g);
}

/* An instance that has done its work is kept for the next request, or freed. */
static void retire(Guest *g) {
    Server *s = g->server;
    bool reusable = ++g->answered < s->options->reuse && g->program == s->program &&
                    !s->is_draining && !vm_components_lost(g->store);
    if (!reusable) {
        guest_free(g);
        return;
    }
    stop_waiting(g);
    g->has_begun = false;
    if (s->options->guest.has_fuel) vm_store_set_fuel(g->store, s->options->guest.fuel);
    g->next = s->spare;
    s->spare = g;
    s->spare_count++;
}

typedef struct {
    const char *error; /* NULL: none */
    unsigned status;   /* of the answer, where there is none */
} Ending;

static Ending ending_of_trap(Guest *g) {
    VmLimit limit = vm_thread_limit(g->thread);
    tell_trap(g, "");
    if (limit == VM_LIMIT_FUEL) return (Ending){"the handler has used up its fuel", 500};
    if (limit == VM_LIMIT_MEMORY) return (Ending){"the handler has used up its memory", 500};
    if (limit != VM_LIMIT_TIME) return (Ending){"the handler has trapped", 500};
    COUNT(g->server->counters, timeouts_total, 1);
    return (Ending){too_long, 504};
}

static void ended(Guest *g, VmStatus status) {
    Request *r = g->request;
    Ending ending = {NULL, 500};
    if (status == VM_TRAP) ending = ending_of_trap(g);
    else if (status != VM_DONE) ending.error = "the handler has ended itself";
    g->request = NULL;
    r->guest = NULL;
    leave_flight(g);
    bool is_answered = r->answer_kind != ANSWER_NONE;
    if (!is_answered && ending.error) request_fail(r, ending.status, ending.error);
    if (!is_answered) guest_free(g); /* which drops the response-outparam */
    request_returned(r, ending.error, ending.status);
    if (!is_answered) return;
    if (status == VM_DONE) retire(g);
    else guest_free(g);
}

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void guest_run(Guest *g) {
    unqueue(g);
    uint64_t from = now_ns();
    VmStatus status = g->has_begun
                          ? vm_resume(g->thread)
                          : vm_component_call(g->thread, g->handle, g->args, g->result, g->arena);
    g->has_begun = true;
    Request *r = g->request;
    uint64_t now = now_ns();
    r->guest_ns += now - from;
    if (status != VM_SUSPEND) {
        ended(g, status);
        return;
    }
    if (now >= g->limit) {
        COUNT(g->server->counters, timeouts_total, 1);
        request_returned(r, too_long, 504);
        return;
    }
    if (vm_is_paused(g->thread)) {
        COUNT(g->server->counters, slices_total, 1);
        queue(g);
    } else wait_for(g);
    if (r->connection) connection_advance(r->connection);
}
