/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Loading the program anew, beside the loop:
 *
 *     SIGHUP ── thread: read, validate, make an instance ──> eventfd ── the loop: from now on it is this one
 *                                                                        or: the old one stays
 *
 * Requests go on meanwhile. The program belongs to the thread until it has ended; nothing else is shared
 * with it. A signal that comes meanwhile starts another one after it, since the file may have changed
 * after it was read.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "serve/internal.h"

struct Reload {
    Watch done;
    Server *server;
    pthread_t thread;
    ServeProgram *program; /* NULL: it is bad */
    bool is_wanted_again;
    atomic_bool is_unwanted; /* what is tried, since the server ends */
};

static void *run(void *context) {
    Reload *reload = context;
    const ServeOptions *options = reload->server->options;
    file_read_regular(); /* else the end of the server might have to wait for it */
    ServeProgram *program = options->load(options->context);
    if (program) program->refs = 1;
    if (program && !program_works(options, program, &reload->is_unwanted)) {
        program_release(program);
        program = NULL;
    }
    reload->program = program;
    uint64_t one = 1;
    while (write(reload->done.fd, &one, sizeof one) < 0) {
    }
    return NULL;
}

/* The thread has ended. */
static ServeProgram *end(Reload *reload) {
    ServeProgram *program = reload->program;
    reload->server->reload = NULL;
    loop_watch(reload->server->loop, &reload->done, 0);
    close(reload->done.fd);
    free(reload);
    return program;
}

static void on_done(Watch *watch, uint32_t events) {
    Reload *reload = CONTAINER(watch, Reload, done);
    Server *s = reload->server;
    bool again = reload->is_wanted_again;
    pthread_join(reload->thread, NULL);
    ServeProgram *program = end(reload);
    if (program) server_serve(s, program);
    COUNT(s->counters, reloads_total, program != NULL);
    COUNT(s->counters, reloads_failed_total, !program);
    say(program ? "the program was loaded anew" : "the program stays as it was");
    if (again) reload_begin(s);
}

/* False: no memory, or no thread. */
static bool start(Server *s) {
    Reload *reload = calloc(1, sizeof *reload);
    if (!reload) return false;
    reload->server = s;
    reload->done = (Watch){.fd = eventfd(0, EFD_CLOEXEC), .ready = on_done};
    s->reload = reload;
    if (reload->done.fd >= 0 && loop_watch(s->loop, &reload->done, EPOLLIN) &&
        pthread_create(&reload->thread, NULL, run, reload) == 0)
        return true;
    end(reload);
    return false;
}

void reload_begin(Server *s) {
    if (s->reload) s->reload->is_wanted_again = true;
    else if (!start(s)) {
        COUNT(s->counters, reloads_failed_total, 1);
        say("the program stays as it was: no thread can be started");
    }
}

void reload_end(Server *s) {
    if (!s->reload) return;
    s->reload->is_unwanted = true;
    pthread_join(s->reload->thread, NULL);
    program_release(end(s->reload));
}

/* The loop's epoll is also the parent's, who goes on watching. */
void reload_leave_behind(Server *s) {
    if (s->reload) close(s->reload->done.fd);
    free(s->reload);
    s->reload = NULL;
}
