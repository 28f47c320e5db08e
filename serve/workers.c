/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Several processes that serve one address, and the one that looks after them.
 *
 *     supervisor ── fork ──> worker 0   socket 0      (SO_REUSEPORT: the kernel shares connections out)
 *         │      ── fork ──> worker 1   socket 1
 *         └ admin address, signals, the program of the next worker
 *
 * A worker that ends unasked is started again: at once, then after 0.1 s, 0.2 s ... up to 10 s while
 * it does not live for 10 s. The sockets belong to the supervisor, so connections wait meanwhile. The
 * program is read once; workers share its memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "serve/internal.h"

static const uint64_t long_life = 10000000000, first_delay = 100000000;

typedef struct Supervisor Supervisor;
typedef struct {
    Supervisor *of;
    pid_t pid; /* 0: it does not run */
    unsigned failures;
    uint64_t started;
    uint64_t beats, stuck; /* since when there are no more of them, in ns */
    Timer restart;
} Worker;

struct Supervisor {
    Server server; /* for the admin address */
    Watch signals;
    const Listening *listening;
    Worker *workers;
    size_t count;
    Timer look; /* at the workers */
    uint64_t looked;
    pid_t pid;
    bool is_ending, has_failed;
};

/* ---- workers ---- */

static bool are_any(const Supervisor *v) {
    for (size_t i = 0; i < v->count; i++)
        if (v->workers[i].pid) return true;
    return false;
}

/* The loop and signals of the supervisor are not the worker's. */
_Noreturn static void be_worker(Supervisor *v, size_t i) {
    const Listening *l = v->listening;
    const ServeOptions *options = v->server.options;
    ServeProgram *program = v->server.program;
    Counters *counters = v->server.all_counters;
    int mine = l->fds[l->count > 1 ? i : 0];
    for (size_t k = 0; k < l->count; k++)
        if (l->fds[k] != mine) close(l->fds[k]);
    if (v->server.listeners[1].watch.fd >= 0) close(v->server.listeners[1].watch.fd);
    for (Connection *c = v->server.connections; c; c = c->next)
        close(c->transport.fd); /* their ends are the supervisor's to tell */
    close(v->server.signals.fd);
    loop_free(v->server.loop);
    reload_leave_behind(&v->server);
    setpgid(0, 0); /* Ctrl-C is for the supervisor, which passes it on */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != v->pid) kill(getpid(), SIGTERM); /* it has ended before that */
    COUNT(&counters[i], requests_in_flight, -(long long)counters[i].requests_in_flight);
    COUNT(&counters[i], connections, -(long long)counters[i].connections);
    exit(
        server_run(options, program, v->server.tls, mine, -1, &counters[i], v->count, (unsigned)i));
}

static void start(Supervisor *v, size_t i) {
    Worker *w = &v->workers[i];
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) be_worker(v, i);
    w->pid = pid > 0 ? pid : 0;
    w->started = loop_now(v->server.loop);
    w->stuck = 0;
    v->server.is_healthy = are_any(v);
    if (pid > 0 && v->server.reload) kill(pid, SIGHUP); /* it has the old program */
    if (pid < 0) {
        say("cannot start a worker: %s", strerror(errno));
        loop_timer(v->server.loop, &w->restart, w->started + long_life);
    }
}

static void on_restart(Timer *timer) {
    Worker *w = CONTAINER(timer, Worker, restart);
    COUNT(&w->of->server.all_counters[w - w->of->workers], restarts, 1);
    start(w->of, (size_t)(w - w->of->workers));
}

static void ended(Supervisor *v, Worker *w, int status) {
    uint64_t now = loop_now(v->server.loop);
    size_t i = (size_t)(w - v->workers);
    w->pid = 0;
    v->server.is_healthy = are_any(v);
    if (v->is_ending) {
        v->has_failed |= status != 0;
        return;
    }
    w->failures = now - w->started >= long_life ? 0 : w->failures + 1;
    unsigned doublings = w->failures > 8 ? 7 : w->failures - 1;
    uint64_t delay = w->failures ? first_delay << doublings : 0;
    if (delay > long_life) delay = long_life;
    if (WIFSIGNALED(status)) say("worker %zu has ended by signal %d", i, WTERMSIG(status));
    else say("worker %zu has ended with status %d", i, WEXITSTATUS(status));
    loop_timer(v->server.loop, &w->restart, now + delay);
}

static void reap(Supervisor *v) {
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
        for (size_t i = 0; i < v->count; i++)
            if (v->workers[i].pid == pid) ended(v, &v->workers[i], status);
}

static void tell(const Supervisor *v, int signal_number) {
    for (size_t i = 0; i < v->count; i++)
        if (v->workers[i].pid) kill(v->workers[i].pid, signal_number);
}

/* One that makes no turns any more, for whatever reason, is ended; it is started again like any other. Time
 * in which nobody looked does not count: all of them may have been stopped, with the machine or without. */
static void on_look(Timer *timer) {
    Supervisor *v = CONTAINER(timer, Supervisor, look);
    const ServeOptions *options = v->server.options;
    uint64_t now = loop_now(v->server.loop), passed = now - v->looked, beat = beat_time(options);
    if (passed > beat) passed = beat;
    v->looked = now;
    for (size_t i = 0; i < v->count; i++) {
        Worker *w = &v->workers[i];
        uint64_t beats = v->server.all_counters[i].beats;
        w->stuck = beats == w->beats && w->pid ? w->stuck + passed : 0;
        w->beats = beats;
        if (w->stuck < options->stuck_after) continue;
        say("worker %zu has not gone on for %.1f s: it is killed", i, (double)w->stuck / 1e9);
        kill(w->pid, SIGKILL);
        w->stuck = 0;
    }
    loop_timer(v->server.loop, timer, now + beat);
}

/* ---- signals ---- */

static void end_all(Supervisor *v) {
    v->is_ending = true;
    v->server.is_draining = true; /* /health says so */
    for (size_t i = 0; i < v->count; i++) loop_stop_timer(v->server.loop, &v->workers[i].restart);
    tell(v, SIGTERM);
}

static void on_signal(Watch *watch, uint32_t events) {
    Supervisor *v = CONTAINER(watch, Supervisor, signals);
    struct signalfd_siginfo info;
    while (read(watch->fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD) reap(v);
        else if (info.ssi_signo != SIGHUP) end_all(v);
        else {
            server_reload(&v->server);
            tell(v, SIGHUP); /* also where the program is bad: they open the log again */
        }
    }
}

int supervise(const ServeOptions *options, ServeProgram *program, Tls *tls,
              const Listening *listening, int admin_fd, Counters *counters) {
    Supervisor v = {.listening = listening,
                    .count = options->workers,
                    .look = {.fire = on_look},
                    .pid = getpid()};
    v.workers = calloc(v.count, sizeof *v.workers);
    if (!v.workers || !server_open(&v.server, options, -1, admin_fd)) return 1;
    v.server.program = program;
    v.server.tls = tls;
    v.server.all_counters = counters;
    v.server.counters = &counters[v.count]; /* of the supervisor's own; not summed up */
    v.server.all_count = v.count;
    v.signals = (Watch){.fd = v.server.signals.fd, .ready = on_signal};
    loop_watch(v.server.loop, &v.server.signals, 0);
    bool is_good = loop_watch(v.server.loop, &v.signals, EPOLLIN);
    if (options->lock) is_good = is_good && options->lock(options->context, program, true);
    for (size_t i = 0; is_good && i < v.count; i++) {
        v.workers[i] = (Worker){.of = &v, .restart = {.fire = on_restart}};
        start(&v, i);
    }
    v.looked = loop_now(v.server.loop);
    if (is_good && options->stuck_after) on_look(&v.look);
    while (is_good && !(v.is_ending && !are_any(&v))) loop_turn(v.server.loop, false);
    server_close(&v.server);
    free(v.workers);
    return is_good && !v.has_failed ? 0 : 1;
}

/* ---- all ---- */

/* One instance is made at once, so that what cannot work is told at the start. */
static int run(const ServeOptions *options, ServeProgram *program, Tls *tls,
               const Listening *listening, const Listening *admin) {
    int admin_fd = admin->count ? admin->fds[0] : -1;
    Counters *counters = counters_new(options->workers + 1);
    if (!counters) {
        say("no memory");
        return 1;
    }
    say("listening at %s", listening->name);
    if (admin->count) say("metrics and health at %s", admin->name);
    if (options->workers > 1)
        return supervise(options, program, tls, listening, admin_fd, counters);
    return server_run(options, program, tls, listening->fds[0], admin_fd, counters, 1, 0);
}

/* Workers that cannot would be started again and again. */
static bool can_log(Str path) {
    Log *log = path.len ? log_open(path, 0, NULL) : NULL;
    bool is_good = log || !path.len;
    if (!is_good) say("cannot write %.*s: %s", STR_ARG(path), strerror(errno));
    log_close(log);
    return is_good;
}

int serve(const ServeOptions *options) {
    Listening listening = {.is_secure = options->tls_certificates.len}, admin = {0};
    Tls *tls;
    raise_descriptors();
    if (options->lock) http2_is_here(); /* a library that could not be loaded later */
    ServeProgram *program = options->load(options->context);
    if (!program) return 1;
    program->refs = 1;
    if (!program_works(options, program, NULL) || !server_tls(options, &tls)) {
        program_release(program);
        return 1;
    }
    bool is_good = listen_is_activated() ? listen_activated(&listening)
                                         : listen_at(&listening, options->address,
                                                     options->unix_path, options->workers);
    is_good = is_good && (!options->admin.len || listen_at(&admin, options->admin, (Str){0}, 1));
    is_good = is_good && can_log(options->log);
    int status = is_good ? run(options, program, tls, &listening, &admin) : 1;
    if (!is_good) {
        program_release(program);
        tls_free(tls);
    }
    if (listening.is_path_ours) unlinkat(AT_FDCWD, listening.name + sizeof "unix:" - 1, 0);
    listen_close(&listening);
    listen_close(&admin);
    return status;
}
