/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Function bodies, by several threads. The bodies of all modules stand in one row, and each thread
 * takes the next few of it until there are none left:
 *
 *     | module 0: f0 f1 f2 ... | module 1: f0 f1 ... |
 *         ^ first     ^ next, for whoever comes
 *
 * A thread has its own checker, arena and diagnostics; what it shares is const by now. A thread meets
 * bodies in their order, so the first diagnostics of all are among the first ones of each, and merged
 * by place they are what one thread would have reported. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "core/internal.h"

enum {
    MOST_JOBS = 256,
    BATCH = 32,               /* bodies */
    WORTH_A_THREAD = 1 << 18, /* bytes of code */
};

typedef struct {
    CoreChecker *const *checkers;
    size_t body_count; /* of all modules */
    atomic_size_t next;
} Row;

/* Diagnostics first .. end - 1 of a worker belong to body `place` of the row. */
typedef struct {
    size_t place, first, end;
} Fault;

typedef struct {
    Row *row;
    Arena *arena;
    Diags diags;
    VEC(Fault) faults; /* as far as their diagnostics are kept; ascending */
    size_t merged;     /* of the faults */
    bool good, no_memory;
    pthread_t thread;
} Worker;

static size_t bodies_of(const CoreChecker *c) {
    return c->m->funcs.len - c->m->imported[CORE_FUNC];
}

static void check_body(Worker *w, CoreChecker *c, uint32_t func, size_t place) {
    size_t first = w->diags.list.len;
    if (core_check_func(c, func)) return;
    w->good = false;
    if (w->diags.list.len > first)
        *vec_push(w->arena, &w->faults) = (Fault){place, first, w->diags.list.len};
}

static void check_bodies(void *context) {
    Worker *w = context;
    Row *row = w->row;
    CoreChecker *own = NULL;
    size_t module = 0, start = 0; /* the place of its first body */
    for (;;) {
        size_t place = atomic_fetch_add(&row->next, BATCH);
        if (place >= row->body_count) return;
        size_t end = place + BATCH < row->body_count ? place + BATCH : row->body_count;
        for (; place < end; place++) {
            const CoreChecker *c = row->checkers[module];
            for (; place - start >= bodies_of(c); c = row->checkers[module], own = NULL)
                start += bodies_of(c), module++;
            if (!own) own = core_checker_share(w->arena, c, &w->diags);
            check_body(w, own, (uint32_t)(place - start) + c->m->imported[CORE_FUNC], place);
        }
    }
}

static void *work(void *context) {
    Worker *w = context;
    w->no_memory = !arena_try(&alloc_system, check_bodies, w);
    return NULL;
}

/* The worker whose next fault stands first. */
static Worker *first_fault(Worker *workers, size_t n) {
    Worker *first = NULL;
    for (size_t i = 0; i < n; i++) {
        Worker *w = &workers[i];
        if (w->merged == w->faults.len) continue;
        if (!first || w->faults.at[w->merged].place < first->faults.at[first->merged].place)
            first = w;
    }
    return first;
}

static bool merge(Worker *workers, size_t n, Diags *diags) {
    bool good = true;
    size_t errors = diags->errors;
    for (Worker *w; (w = first_fault(workers, n)); w->merged++) {
        const Fault *fault = &w->faults.at[w->merged];
        for (size_t i = fault->first; i < fault->end; i++) diag_take(diags, &w->diags.list.at[i]);
    }
    for (size_t i = 0; i < n; i++) {
        errors += workers[i].diags.errors;
        good &= workers[i].good;
        arena_free(workers[i].arena);
    }
    diags->errors = errors;
    return good;
}

unsigned core_jobs(void) {
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return n < 1 ? 1 : (unsigned)n;
}

/* How many threads the code is worth. */
static unsigned useful_jobs(CoreChecker *const *checkers, size_t n, unsigned jobs) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < n; i++) bytes += checkers[i]->m->section_size[CORE_SECTION_CODE];
    if (jobs == 0) jobs = core_jobs();
    if (jobs > bytes / WORTH_A_THREAD) jobs = (unsigned)(bytes / WORTH_A_THREAD);
    return jobs < MOST_JOBS ? jobs : MOST_JOBS;
}

static bool check_alone(CoreChecker *c) {
    bool good = true;
    for (size_t i = c->m->imported[CORE_FUNC]; i < c->m->funcs.len; i++)
        good &= core_check_func(c, (uint32_t)i);
    return good;
}

bool core_check_bodies(CoreChecker *const *checkers, size_t n, unsigned jobs) {
    jobs = jobs == 1 ? 1 : useful_jobs(checkers, n, jobs);
    Row row = {.checkers = checkers};
    bool good = true;
    for (size_t i = 0; i < n; i++) {
        row.body_count += bodies_of(checkers[i]);
        if (!checkers[i]->quick) core_quick_start(checkers[i], i ? checkers[0] : NULL);
        if (jobs <= 1) good &= check_alone(checkers[i]);
    }
    if (jobs <= 1) return good;
    Diags *diags = checkers[0]->diags;
    Worker *workers = ARENA_NEW_ARRAY(checkers[0]->arena, Worker, jobs);
    for (unsigned i = 0; i < jobs; i++) {
        Worker *w = &workers[i];
        *w = (Worker){.row = &row, .arena = arena_new(), .good = true};
        w->diags = (Diags){.arena = w->arena, .max_errors = diags->max_errors};
    }
    unsigned started = 1; /* this thread is a worker, too */
    while (started < jobs &&
           pthread_create(&workers[started].thread, NULL, work, &workers[started]) == 0)
        started++;
    work(&workers[0]);
    for (unsigned i = 1; i < started; i++) pthread_join(workers[i].thread, NULL);
    for (unsigned i = 0; i < started; i++)
        if (workers[i].no_memory) arena_no_memory();
    return merge(workers, jobs, diags);
}

bool core_validate_jobs(Arena *arena, const CoreModule *m, Features features, unsigned jobs,
                        Diags *diags) {
    CoreChecker *c = core_checker_new(arena, m, features, diags);
    return core_check_module(c) && core_check_bodies(&c, 1, jobs);
}

bool core_validate(Arena *arena, const CoreModule *m, Features features, Diags *diags) {
    return core_validate_jobs(arena, m, features, 1, diags);
}
