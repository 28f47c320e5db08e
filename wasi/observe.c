/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The seam between guests and the host, where observers stand (observe.h).
 *
 * A row of the host's tables becomes a Row here: the linker gets `observed` with it instead of the
 * function itself. A function that cannot answer yet is asked again with the same cells, so a call that
 * waits is known by the place of its result; the list of those is short, and empty for most of the time.
 */
#include <stdlib.h>

#include "wasi/internal.h"
#include "wasi/observe.h"

typedef struct Waiting {
    struct Waiting *next;
    const void *key;
    WasiCall call;
    uint64_t since;
} Waiting;

struct WasiWatch {
    Wasi *wasi;
    WasiObserver *observers;
    uint64_t begin, calls;
    uint64_t told; /* when the last call ended, as an observer that answers says; 0: by the clock */
    Waiting *waiting;
    Arena *arena; /* of the host */
    Map rows;     /* all of them, by address */
};

typedef struct {
    WasiWatch *watch;
    Wasi *wasi; /* the host, or the one of an instance */
    const WasiInterface *interface;
    const WasiFunc *func;
} Row;

typedef struct {
    WasiWatch *watch;
    const char *name;
} Kind;

static uint64_t elapsed(const WasiWatch *watch) {
    return watch->told ? watch->told : wasi_time(watch->wasi) - watch->begin;
}

uint64_t wasi_observed_ns(const Wasi *wasi) {
    const WasiWatch *watch = wasi_watch(wasi);
    return watch ? elapsed(watch) : 0;
}

static Waiting **find_waiting(WasiWatch *watch, const Row *row, const void *key) {
    Waiting **at = &watch->waiting;
    while (*at && ((*at)->key != key || (*at)->call.func != row->func)) at = &(*at)->next;
    return at;
}

/* Only memory can be missing; then the call is told as if it began when it was asked last. */
static void keep_waiting(WasiWatch *watch, const WasiCall *call, const void *key) {
    Waiting *one = malloc(sizeof *one);
    if (!one) return;
    *one = (Waiting){watch->waiting, key, *call, elapsed(watch)};
    one->call.waits = true;
    watch->waiting = one;
    for (WasiObserver *o = watch->observers; o; o = o->next)
        if (o->waits) o->waits(o->context, &one->call);
}

static VmStatus ask(const Row *row, VmThread *thread, WasiCall *call, AbiValue *result,
                    Arena *scratch) {
    for (WasiObserver *o = row->watch->observers; o; o = o->next)
        if (o->answer) {
            VmStatus status = o->answer(o->context, thread, call, result, scratch);
            row->watch->told = call->start + call->ns;
            return status;
        }
    VmStatus status = row->func->fn(thread, row->wasi, call->args, result, scratch);
    call->ns = elapsed(row->watch) - call->start;
    return status;
}

static VmStatus observed(VmThread *thread, void *context, const AbiValue *args, AbiValue *result,
                         Arena *scratch) {
    const Row *row = context;
    WasiWatch *watch = row->watch;
    const VmComponentFunc *callee = vm_host_callee(thread);
    WasiCall call = {.wasi = row->wasi,
                     .interface = row->interface,
                     .func = row->func,
                     .type = vm_component_func_type(callee),
                     .abi = vm_component_func_abi(callee),
                     .args = args,
                     .result = result};
    Waiting **at = find_waiting(watch, row, result), *waited = *at;
    uint64_t now = elapsed(watch);
    if (waited) {
        call = waited->call;
        call.waited = now - waited->since;
    } else {
        call.number = ++watch->calls;
        call.start = now;
    }
    VmStatus status = ask(row, thread, &call, result, scratch);
    if (status == VM_SUSPEND) {
        if (!waited) keep_waiting(watch, &call, result);
        return status;
    }
    if (waited) {
        at = find_waiting(watch, row, result); /* others may have come before it */
        *at = waited->next;
        free(waited);
    }
    for (WasiObserver *o = watch->observers; o; o = o->next)
        if (o->ends) o->ends(o->context, thread, &call, status);
    return status;
}

static void destroyed(void *context, uint64_t rep) {
    const Kind *kind = context;
    bool answers = false;
    uint64_t now = elapsed(kind->watch);
    for (WasiObserver *o = kind->watch->observers; o; o = o->next) {
        if (o->drops) o->drops(o->context, now, kind->name, rep);
        answers |= o->answer != NULL;
    }
    if (!answers) wasi_drop(kind->watch->wasi, &(AbiValue){.bits = rep});
}

/* In a replay no object is there to ask. */
static const char *refuses(void *context, uint64_t rep) {
    const Kind *kind = context;
    WasiObserver *all = kind->watch->observers, *answers = all;
    while (answers && !answers->answer) answers = answers->next;
    const char *why = !answers           ? wasi_refuses(kind->watch->wasi, rep)
                      : answers->refuses ? answers->refuses(answers->context, kind->name, rep)
                                         : NULL;
    for (WasiObserver *o = why ? all : NULL; o; o = o->next)
        if (o->refused) o->refused(o->context, kind->name, rep, why);
    return why;
}

WasiWatch *wasi_watch_new(Wasi *wasi, Arena *arena, WasiObserver *observers) {
    WasiWatch *watch = ARENA_NEW(arena, WasiWatch);
    *watch =
        (WasiWatch){.wasi = wasi, .arena = arena, .observers = observers, .begin = wasi_time(wasi)};
    return watch;
}

void wasi_watch_free(WasiWatch *watch) {
    for (Waiting *one = watch ? watch->waiting : NULL, *next; one; one = next) {
        next = one->next;
        free(one);
    }
}

static Row *new_row(WasiWatch *watch, const Row *like) {
    Row *row = ARENA_NEW(watch->arena, Row);
    *row = *like;
    map_put_ptr(watch->arena, &watch->rows, row, NULL);
    return row;
}

void wasi_watch_func(WasiWatch *watch, VmLinker *into, const WasiInterface *interface,
                     const WasiFunc *func) {
    const Row row = {watch, watch->wasi, interface, func};
    vm_linker_func(into, str_from(func->name), str_from(func->type), observed,
                   new_row(watch, &row));
}

VmResource *wasi_watch_resource(WasiWatch *watch, VmStore *store, const char *name) {
    Kind *kind = ARENA_NEW(watch->arena, Kind);
    *kind = (Kind){watch, name};
    VmResource *resource = vm_host_resource(store, str_from(name), destroyed, kind);
    vm_host_resource_guard(resource, refuses);
    return resource;
}

bool wasi_watch_has(const WasiWatch *watch, const void *context) {
    return map_has_ptr(&watch->rows, context);
}

void *wasi_watch_own(WasiWatch *watch, Wasi *own, const void *context) {
    Row row = *(const Row *)context;
    row.wasi = own;
    return new_row(watch, &row);
}
