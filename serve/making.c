/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Instances in the making. Start functions are the program's code: they may compute for long, wait for
 * something, or never end. So an instance is made on a C stack of its own, which is left where a slice of
 * the loop's time ends, and where a start function waits:
 *
 *     loop:    making_go_on ─┐               ┌─> PAUSED, WAITS ... making_go_on ─┐            ┌─> MADE
 *     stack:                 └─ instance_new ┘                                   └─ ... ends ─┘
 *
 * One that is not wanted any more is not cut off: it is told to stop, goes on once, and ends by a trap, so
 * that all that it holds is freed on the way. Stacks are kept for the next.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "serve/internal.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#else
#define __sanitizer_start_switch_fiber(save, bottom, size)  ((void)(save))
#define __sanitizer_finish_switch_fiber(save, bottom, size) ((void)(save))
#endif

/* Some functions of the host have more than a page on the stack. */
enum { STACK = 1 << 20, GUARD = 64 << 10, MOST_STACKS = 16 };

struct Making {
    Server *server;
    Instance *instance; /* what is there of it; NULL: nothing yet, or not any more */
    MakingState state;
    bool is_stopped;
    ucontext_t loop, own;
    void *stack;
    void *fake; /* of the sanitizer */
    const void *loop_stack;
    size_t loop_stack_size;
    Making *next; /* of those that are kept */
};

static Making *take(Server *s) {
    Making *m = s->makings;
    if (m) {
        s->makings = m->next;
        s->making_count--;
        return m;
    }
    m = calloc(1, sizeof *m);
    if (!m) return NULL;
    m->stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (m->stack != MAP_FAILED && mprotect(m->stack, GUARD, PROT_NONE) == 0) return m;
    if (m->stack != MAP_FAILED) munmap(m->stack, STACK);
    free(m);
    return NULL;
}

static void free_making(Making *m) {
    munmap(m->stack, STACK);
    free(m);
}

static void keep(Making *m) {
    Server *s = m->server;
    if (s->making_count >= MOST_STACKS) {
        free_making(m);
        return;
    }
    m->next = s->makings;
    s->makings = m;
    s->making_count++;
}

void makings_free(Server *s) {
    for (Making *m = s->makings, *next; m; m = next) {
        next = m->next;
        free_making(m);
    }
    s->makings = NULL;
    s->making_count = 0;
}

/* On the stack of its own: to the loop, and back. */
static void leave(Making *m, MakingState state) {
    void *fake = NULL;
    m->state = state;
    ArenaTries *tries = arena_leave_tries();
    __sanitizer_start_switch_fiber(state == MAKING_MADE ? NULL : &fake, m->loop_stack,
                                   m->loop_stack_size);
    swapcontext(&m->own, &m->loop);
    __sanitizer_finish_switch_fiber(fake, &m->loop_stack, &m->loop_stack_size);
    arena_enter_tries(tries);
}

static void run(unsigned low, unsigned high) {
    Making *m = (Making *)((uintptr_t)high << 32 | low);
    __sanitizer_finish_switch_fiber(NULL, &m->loop_stack, &m->loop_stack_size);
    m->instance = instance_make(m->server, m);
    leave(m, MAKING_MADE);
}

/* The machine asks whether a start function that waits, or whose slice is over, may go on. */
bool making_waits(void *context) {
    Making *m = context;
    if (!m->is_stopped) leave(m, MAKING_WAITS);
    return !m->is_stopped;
}

bool making_pauses(void *context) {
    Making *m = context;
    if (!m->is_stopped) leave(m, MAKING_PAUSED);
    return true; /* the interrupted machine stops by itself */
}

void making_has(Making *m, Instance *in) { m->instance = in; }
bool making_is_stopped(const Making *m) { return m->is_stopped; }
const VmStore *making_store(const Making *m) {
    return m && m->instance ? m->instance->store : NULL;
}
Wasi *making_wasi(const Making *m) { return m->instance->wasi; }

Making *making_new(Server *s) {
    Making *m = take(s);
    if (!m) return NULL;
    m->server = s;
    m->instance = NULL;
    m->state = MAKING_PAUSED;
    m->is_stopped = false;
    getcontext(&m->own);
    m->own.uc_stack.ss_sp = (char *)m->stack + GUARD;
    m->own.uc_stack.ss_size = STACK - GUARD;
    m->own.uc_link = NULL;
    makecontext(&m->own, (void (*)(void))run, 2, (unsigned)(uintptr_t)m,
                (unsigned)((uintptr_t)m >> 32));
    return m;
}

MakingState making_go_on(Making *m) {
    __sanitizer_start_switch_fiber(&m->fake, m->own.uc_stack.ss_sp, m->own.uc_stack.ss_size);
    swapcontext(&m->loop, &m->own);
    __sanitizer_finish_switch_fiber(m->fake, NULL, NULL);
    return m->state;
}

Instance *making_end(Making *m) {
    Instance *in = m->instance;
    keep(m);
    return in;
}

void making_stop(Making *m) {
    if (!m) return;
    m->is_stopped = true;
    if (m->instance) vm_store_interrupt(m->instance->store);
    while (m->instance && m->state != MAKING_MADE) making_go_on(m);
    instance_free(making_end(m));
}
