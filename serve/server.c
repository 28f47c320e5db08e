/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * A worker: its loop, what it listens to, and its life from the start to the drain.
 *
 *     turn of the loop ── slices of guests that can go on ── a spare instance, where nobody waits
 *
 *     SIGTERM, SIGINT   no new connections; what is under way is finished; a second one ends at once
 *     SIGHUP            the program is loaded anew; requests that have begun keep the old one
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "serve/internal.h"

enum {
    MOST_ACCEPTED = 256, /* at a time */
    FEW_QUEUED = 3,      /* are never too many */
};
static const uint64_t rest = 100000000, turn_time = 5000000, second = 1000000000;

void program_release(ServeProgram *program) {
    if (program && --program->refs == 0 && program->free) program->free(program);
}

Str server_date(Server *s) {
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t now = time(NULL);
    struct tm t;
    if (now != s->date_at && gmtime_r(&now, &t)) {
        s->date_at = now;
        snprintf(s->date, sizeof s->date, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[t.tm_wday],
                 t.tm_mday, months[t.tm_mon], (t.tm_year + 1900) % 10000, t.tm_hour, t.tm_min,
                 t.tm_sec);
    }
    return str_from(s->date);
}

/* Whether the guests that can go on have more to compute than there is time for: at most what is usual for
 * each. However long that is, a few may be there. */
static bool has_work_for(const Server *s, uint64_t ns) {
    return s->queued >= FEW_QUEUED && s->usual && s->queued > ns / s->usual;
}

/* Once a second: where of the last second's requests more than a few were turned away, too many are offered. */
static void judge(Server *s) {
    uint64_t passed = loop_now(s->loop) - s->judged;
    if (passed < second) return;
    s->is_behind = passed < 2 * second && s->shed > s->offered / 16;
    s->judged += passed;
    s->offered = s->shed = 0;
}

/* What a request has waited for its first slice is known too late, and tells nothing of its other slices:
 * guests that have begun share the time with all that begin after them. So what those who can go on have to
 * compute counts, and those who wait for something do not. A burst may come near to max_delay; where one
 * has, more is offered than can be answered, and a queue that stays long would only make all of them late:
 * it is kept short. */
static bool has_too_much_work(Server *s, uint64_t most) {
    judge(s);
    s->offered++;
    if (!has_work_for(s, s->is_behind ? most / 20 : most / 3 * 2)) return false;
    s->is_behind = true;
    s->shed++;
    return true;
}

bool server_is_full(Server *s) {
    const ServeOptions *o = s->options;
    if (s->in_flight >= o->max_requests || memory_is_short(s)) return true;
    if (!o->max_delay) return false;
    return (s->waiting && s->delay > o->max_delay) || has_too_much_work(s, o->max_delay);
}

/* ---- accepting ---- */

static void stop_accepting(Server *s) {
    for (size_t i = 0; i < 2; i++) loop_watch(s->loop, &s->listeners[i].watch, 0);
}

static void start_accepting(Server *s) {
    for (size_t i = 0; i < 2; i++)
        if (s->listeners[i].watch.fd >= 0)
            loop_watch(s->loop, &s->listeners[i].watch, EPOLLIN | EPOLLEXCLUSIVE);
}

/* There are no descriptors left: it rests, since the listener would stay ready. */
static void rest_accepting(Server *s) {
    if (s->is_draining) return; /* the timer is the drain's */
    stop_accepting(s);
    loop_timer(s->loop, &s->again, loop_now(s->loop) + rest);
}

static void on_listener(Watch *watch, uint32_t events) {
    Listener *listener = CONTAINER(watch, Listener, watch);
    for (int i = 0; i < MOST_ACCEPTED; i++) {
        int fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) connection_accept(listener, fd);
        else if (errno == EAGAIN || errno == EINTR) return;
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            rest_accepting(listener->server);
            return;
        }
    }
}

/* ---- ending ---- */

static void on_again(Timer *timer) {
    Server *s = CONTAINER(timer, Server, again);
    if (!s->is_draining) start_accepting(s);
    else s->is_ended = true;
}

/* Spare instances, of a program that is served no more or for the sake of their memory. */
void server_free_spare(Server *s) {
    while (s->spare) {
        Instance *in = s->spare;
        s->spare = in->next;
        instance_free(in);
    }
    s->spare_count = 0;
    making_stop(s->making);
    s->making = NULL;
}

void server_drain(Server *s) {
    if (s->is_draining) {
        s->is_ended = true;
        return;
    }
    s->is_draining = true;
    Watch *listener = &s->listeners[0].watch;
    if (listener->fd >= 0) on_listener(listener, EPOLLIN); /* who has come by now is served */
    loop_watch(s->loop, listener, 0);                      /* health is still told */
    server_free_spare(s);
    uint64_t most = s->options->drain_timeout;
    loop_stop_timer(s->loop, &s->again);
    if (most) loop_timer(s->loop, &s->again, loop_now(s->loop) + most);
    for (Connection *c = s->connections, *next; c; c = next) {
        next = c->next;
        connection_drain(c);
    }
}

static bool exports(const CompInfo *info, const char *prefix) {
    for (size_t i = 0; i < info->type.exports.len; i++)
        if (str_starts(info->type.exports.at[i].name.name, str_from(prefix))) return true;
    return false;
}

bool program_works(const ServeOptions *options, ServeProgram *program,
                   const atomic_bool *is_unwanted) {
    if (!exports(program->info, "wasi:http/incoming-handler@0.2.")) {
        say(exports(program->info, "wasi:http/handler@0.3.")
                ? "the component answers by WASI 0.3 (wasi:http/handler), which is not supported: "
                  "it has "
                  "to export wasi:http/incoming-handler of WASI 0.2"
                : "the component does not export wasi:http/incoming-handler");
        return false;
    }
    Counters unused = {0};
    Server s = {
        .options = options, .program = program, .counters = &unused, .is_unwanted = is_unwanted};
    Instance *in = instance_make(&s, NULL);
    instance_free(in);
    return in != NULL;
}

bool server_tls(const ServeOptions *options, Tls **tls) {
    *tls = NULL;
    if (!options->tls_certificates.len) return true;
    *tls = tls_load(&options->tls_certificates, &options->tls_keys, http2_is_here());
    return *tls != NULL;
}

/* Connections that have begun keep the old ones. */
static void reload_tls(Server *s) {
    Tls *tls;
    if (!s->tls) return;
    if (!server_tls(s->options, &tls)) {
        COUNT(s->counters, reloads_failed_total, 1);
        say("the certificates stay as they were");
        return;
    }
    tls_free(s->tls);
    s->tls = tls;
}

void server_serve(Server *s, ServeProgram *program) {
    ServeProgram *old = s->program;
    s->program = program;
    s->cannot_make = false;
    server_free_spare(s);
    program_release(old);
}

void server_reload(Server *s) {
    reload_tls(s);
    log_reopen(s->log);
    reload_begin(s);
}

static void on_signal(Watch *watch, uint32_t events) {
    Server *s = CONTAINER(watch, Server, signals);
    struct signalfd_siginfo info;
    while (read(watch->fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGHUP) server_reload(s);
        else if (info.ssi_signo != SIGCHLD) server_drain(s);
    }
}

int open_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* ---- turns ---- */

/* Those that were there at the beginning, as long as the turn may last. */
static void run_guests(Server *s) {
    uint64_t end = loop_now(s->loop) + turn_time;
    for (Guest *last = s->last; s->first;) {
        Guest *g = s->first;
        guest_run(g);
        memory_look(s);
        if (g == last || clock_now() >= end) break;
    }
}

static bool wants_spare(const Server *s) {
    return s->spare_count < s->options->spare && !s->is_draining && !s->cannot_make &&
           !s->memory.is_short && s->program;
}

/* One whose start function waits is left to a request, which can wait for it. */
static void make_spare(Server *s) {
    Making *m = s->making ? s->making : making_new(s);
    MakingState state = m ? making_go_on(m) : MAKING_WAITS;
    s->making = state == MAKING_PAUSED ? m : NULL;
    if (state == MAKING_PAUSED) return;
    if (state == MAKING_WAITS) making_stop(m);
    Instance *in = state == MAKING_MADE ? making_end(m) : NULL;
    if (in) instance_add_spare(s, in);
    else s->cannot_make = true; /* the next request will tell again */
}

static void turn(Server *s) {
    bool is_busy = s->first != NULL;
    s->shaken = 0;
    loop_turn(s->loop, is_busy || wants_spare(s));
    run_guests(s);
    if (!is_busy && !s->first && wants_spare(s)) make_spare(s);
    if (!log_flush(s->log) && !s->log_again.place)
        loop_timer(s->loop, &s->log_again, loop_now(s->loop) + rest);
}

static void on_nothing(Timer *timer) {} /* there is a turn */

uint64_t beat_time(const ServeOptions *o) {
    return o->stuck_after / 4 < second ? o->stuck_after / 4 + 1 : second;
}

/* So that whoever looks after it sees that there are turns. */
static void on_beat(Timer *timer) {
    Server *s = CONTAINER(timer, Server, beat);
    COUNT(s->counters, beats, 1);
    loop_timer(s->loop, timer, loop_now(s->loop) + beat_time(s->options));
}

static bool is_over(const Server *s) {
    return s->is_ended || (s->is_draining && !s->connection_count && !s->in_flight);
}

/* ---- life ---- */

/* As many descriptors as the system allows: a connection needs one. */
void raise_descriptors(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

bool server_open(Server *s, const ServeOptions *options, int fd, int admin_fd) {
    *s = (Server){.options = options,
                  .loop = loop_new(),
                  .scratch = malloc(SCRATCH),
                  .is_healthy = true,
                  .again = {.fire = on_again},
                  .beat = {.fire = on_beat},
                  .log_again = {.fire = on_nothing},
                  .signals = {.fd = open_signals(), .ready = on_signal}};
    s->listeners[0] = (Listener){{fd, 0, on_listener}, s, false};
    s->listeners[1] = (Listener){{admin_fd, 0, on_listener}, s, true};
    if (!s->loop || !s->scratch || s->signals.fd < 0 || !loop_watch(s->loop, &s->signals, EPOLLIN))
        return false;
    start_accepting(s);
    return true;
}

void server_close(Server *s) {
    reload_end(s);
    while (s->connections) connection_abort(s->connections);
    while (s->guests) { /* handlers that went on after their answers */
        Request *r = s->guests->request;
        guest_stop(s->guests);
        request_free(r);
    }
    server_free_spare(s);
    makings_free(s);
    program_release(s->program);
    tls_free(s->tls);
    log_close(s->log);
    if (s->signals.fd >= 0) close(s->signals.fd);
    free(s->scratch);
    loop_free(s->loop);
}

int server_run(const ServeOptions *options, ServeProgram *program, Tls *tls, int fd, int admin_fd,
               Counters *counters, size_t all_count, unsigned worker) {
    Server s;
    bool is_good = server_open(&s, options, fd, admin_fd);
    memory_begin(&s);
    s.program = program;
    s.tls = tls;
    s.all_counters = counters - worker;
    s.counters = counters;
    s.all_count = all_count;
    if (is_good && options->log.len && !(s.log = log_open(options->log, worker, counters))) {
        say("cannot write %.*s: %s", STR_ARG(options->log), strerror(errno));
        is_good = false;
    }
    if (options->lock) is_good = is_good && options->lock(options->context, program, false);
    if (is_good && options->workers > 1 && options->stuck_after) on_beat(&s.beat);
    while (is_good && !is_over(&s)) turn(&s);
    bool was_cut = s.connection_count || s.in_flight;
    server_close(&s);
    memory_end(&s);
    return is_good && !was_cut ? 0 : 1;
}
