/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Instances of the program, each in a store of its own.
 *
 *     made ── mark ──> spare ── request ──> answered ── as often as --reuse says ──┐
 *                        ^                                                         │
 *                        └──────────────── rewound to the mark <───────────────────┘
 *
 * A request gets one that is as new: either it is, or all that code can change has been put back to
 * the mark, which costs less than making another. One that has trapped, was stopped, or cannot go back is
 * freed.
 */
#include <stdlib.h>

#include "serve/internal.h"

/* ---- making ---- */

static bool is_unwanted(const Instance *in) { return in->is_unwanted && *in->is_unwanted; }

/* One that is tried is made at once: it waits, and goes on, while somebody wants it. */
static bool trial_waits(void *context) {
    Instance *in = context;
    return !is_unwanted(in) && wasi_wait(in->wasi);
}

static bool trial_pauses(void *context) {
    Instance *in = context;
    if (is_unwanted(in)) vm_store_interrupt(in->store);
    return true;
}

static bool link_program(Instance *in, Making *making, Diags *diags) {
    VmLinker *linker = vm_linker_new(in->store);
    wasi_link_to(in->wasi, linker, in->program->info);
    void *context = making ? (void *)making : in;
    vm_store_on_wait(in->store, making ? making_waits : trial_waits, context);
    vm_store_on_pause(in->store, making ? making_pauses : trial_pauses, context);
    VmComponent *component = vm_component_new(in->thread, in->program->info, linker, diags);
    vm_linker_free(linker);
    if (!component) return false;
    in->handle =
        vm_component_func(component, STR("wasi:http/incoming-handler@0.2.12"), STR("handle"));
    if (!in->handle) say("the component does not export wasi:http/incoming-handler");
    return in->handle != NULL;
}

static bool instantiate(Instance *in, Making *making) {
    Diags diags = {.arena = in->arena};
    if (link_program(in, making, &diags)) return true;
    if (is_unwanted(in) || (making && making_is_stopped(making))) return false;
    const char *feature = wasi_missing_feature(in->wasi, in->program->info);
    if (diags.list.len && feature)
        say("%.*s; it imports what WASI has as @unstable: served with `--features %s`",
            STR_ARG(diags.list.at[0].message), feature);
    else if (diags.list.len && diags.list.at[0].code == DIAG_RUN_IMPORT_MISSING &&
             !str_starts(diags.list.at[0].message, STR("import `wasi:")))
        say("%.*s; `witc compose` links it with a component that exports this",
            STR_ARG(diags.list.at[0].message));
    else if (diags.list.len) say("%.*s", STR_ARG(diags.list.at[0].message));
    else if (vm_status(in->thread) == VM_EXIT) say("an instance has ended while it was made");
    else if (vm_trapped(in->thread)) {
        Str message = vm_trap_message(in->thread);
        say("an instance has trapped while it was made: %.*s", STR_ARG(message));
    }
    return false;
}

/* ---- what is tried: where an arena finds no memory, it is left by a jump ---- */

typedef struct {
    Instance *in;
    Making *making;
    bool is_good;
} Make;

static void make_host(void *context) {
    Instance *in = ((Make *)context)->in;
    in->arena = arena_keep(arena_new());
    in->wasi = in->program->host(in->program, in->store);
}

static void make_instance(void *context) {
    Make *make = context;
    make->is_good = instantiate(make->in, make->making);
}

static bool make(Instance *in, Making *making) {
    Make make = {in, making, false};
    bool has_memory = in->thread && arena_try(&alloc_system, make_host, &make) && in->wasi &&
                      vm_component_try(in->thread, make_instance, &make);
    if (!has_memory) say("an instance cannot be made: there is no memory");
    return make.is_good;
}

/* Start functions have the time of a request, each. */
Instance *instance_make(Server *s, Making *making) {
    Instance *in = calloc(1, sizeof *in);
    if (!in) return NULL;
    in->program = s->program;
    in->program->refs++;
    in->store = vm_store_new(&in->program->guest);
    in->thread = in->store ? vm_thread_new(in->store) : NULL;
    if (making) making_has(making, in);
    if (in->thread) vm_store_set_timeout(in->store, s->options->timeout);
    if (in->thread) vm_thread_set_slice(in->thread, s->options->slice);
    in->is_unwanted = s->is_unwanted;
    if (!make(in, making)) {
        instance_free(in);
        return NULL;
    }
    vm_store_set_timeout(in->store, 0);
    COUNT(s->counters, instances_total, 1);
    if (s->options->spare) in->mark = vm_store_mark(in->store);
    return in;
}

void instance_free(Instance *in) {
    if (!in) return;
    if (in->has_begun) vm_abandon(in->thread);
    wasi_free(in->wasi);
    vm_thread_free(in->thread);
    vm_mark_free(in->mark);
    vm_store_free(in->store);
    arena_free(in->arena);
    program_release(in->program);
    free(in);
}

/* ---- spare ones ---- */

void instance_add_spare(Server *s, Instance *in) {
    in->next = s->spare;
    s->spare = in;
    s->spare_count++;
}

Instance *instance_take(Server *s) {
    Instance *in = s->spare;
    if (!in) return NULL;
    s->spare = in->next;
    s->spare_count--;
    in->next = NULL;
    return in;
}

static void rewind_all(void *context) {
    Make *make = context;
    Instance *in = make->in;
    make->is_good = in->mark && wasi_rewind(in->wasi) && vm_store_rewind(in->mark);
}

static bool as_new(Instance *in) {
    Make make = {.in = in};
    in->answered = 0;
    return arena_try(&alloc_system, rewind_all, &make) && make.is_good;
}

void instance_give(Server *s, Instance *in) {
    const ServeOptions *o = s->options;
    bool keeps = in->program == s->program && !s->is_draining && !vm_components_lost(in->store);
    bool goes_on = ++in->answered < o->reuse;
    in->has_begun = false;
    if (s->spare_count >= (goes_on && o->keep > o->spare ? o->keep : o->spare)) keeps = false;
    if (!keeps || (!goes_on && !as_new(in))) {
        instance_free(in);
        return;
    }
    if (in->program->guest.has_fuel) vm_store_set_fuel(in->store, in->program->guest.fuel);
    if (!goes_on) COUNT(s->counters, rewinds_total, 1);
    instance_add_spare(s, in);
}
