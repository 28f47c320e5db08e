/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What waits for the host: its ends of streams and futures, and its asynchronous functions.
 *
 *     guest reads:   [built-in] ── meet ──> port.move(items = the guest's buffer)
 *                                             MOVED  the read has ended, with so many items
 *                                             WAITS  the guest goes on without; the pipe is work
 *                                             ENDS   the same as MOVED, and the writer is gone
 *     guest writes:  likewise, with the items that it offers
 *     both the host's (a guest has passed the one on to the other): the pump below stands between
 *
 * Work is what the host has been asked for and has not got yet: a list of it is gone through when no
 * guest can go on, whenever the host comes back (vm_resume), and now and then while guests run. So
 * the host needs no way to tell the machine that something has come, and none of its functions runs
 * but when it is asked.
 */
#include <stdlib.h>

#include "interpreter/component.h"

enum { MOST_ITEMS = 1024, PUMP_BYTES = 1 << 16 };

#define CONTAINER(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

/* ---- the list ---- */

void vm_work_add(VmStore *store, VmWork *work) {
    if (work->after) return;
    VmWork *end = &vm_shared(store)->work;
    work->before = end->before;
    work->after = end;
    end->before->after = work;
    end->before = work;
}

void vm_work_remove(VmWork *work) {
    if (!work->after) return;
    work->before->after = work->after;
    work->after->before = work->before;
    work->before = work->after = NULL;
}

bool vm_work_waits(const VmStore *store) {
    const VmWork *end = &vm_shared(store)->work;
    return end->after != end;
}

/* What is asked may take other work from the list, so each goes to its end first. */
VmStatus vm_work_ask(VmThread *thread, bool *progress) {
    VmStore *store = vm_thread_store(thread);
    VmWork *end = &vm_shared(store)->work;
    size_t n = 0;
    for (VmWork *w = end->after; w != end; w = w->after) n++;
    while (n-- && end->after != end) {
        VmWork *work = end->after;
        vm_work_remove(work);
        vm_work_add(store, work);
        VmStatus status = work->ask(thread, work, progress);
        if (status != VM_DONE) return status;
    }
    return VM_DONE;
}

/* ---- asynchronous functions ---- */

static VmStatus ask_call(VmThread *thread, VmWork *work, bool *progress) {
    VmCall *call = CONTAINER(work, VmCall, work);
    VmComponents *shared = vm_shared(call->store);
    VmCall *before = shared->asked;
    shared->asked = call;
    shared->told = call->callee;
    VmStatus status =
        call->callee->host(thread, call->callee->context, call->args, call->result, call->arena);
    shared->asked = before;
    if (status == VM_SUSPEND) return VM_DONE;
    if (status == VM_THROW || status == VM_CALL) return vm_trap(thread, TRAP_HOST);
    if (status != VM_DONE) return status;
    *progress = true;
    vm_work_remove(work);
    Trap trap = vm_host_answered(call);
    vm_call_release(call);
    return trap ? vm_trap(thread, trap) : VM_DONE;
}

void vm_host_call_waits(VmCall *call) {
    vm_set_state(call, VM_STARTED);
    call->refs++;
    call->work.ask = ask_call;
    vm_work_add(call->store, &call->work);
}

VmStatus vm_cancel_host_call(VmThread *thread, VmCall *call) {
    return ask_call(thread, &call->work, &(bool){false});
}

bool vm_host_is_cancelled(const VmThread *thread) {
    const VmCall *call = vm_shared(vm_thread_store(thread))->asked;
    return call && call->cancel_requested;
}

VmStatus vm_host_cancel(VmThread *thread) {
    VmCall *call = vm_shared(vm_thread_store(thread))->asked;
    if (!call || !call->cancel_requested)
        return vm_trap_text(thread, TRAP_HOST, "nobody has cancelled the call");
    call->is_cancelled = true;
    return VM_DONE;
}

/* ---- ends of the host ---- */

/* Items on their way from one end of the host to another: `at` to `len` of those in the buffer. */
typedef struct VmPump {
    Arena *arena;
    const AbiPlan *plan;
    void *items;
    size_t at, len;
    bool is_number, has_ended;
} VmPump;

static void pump_free(VmPipe *pipe) {
    if (pipe->pump) arena_free(pipe->pump->arena);
    pipe->pump = NULL;
}

static bool is_writable(const VmEnd *end) {
    return end->waitable.kind == VM_WAIT_STREAM_WRITE || end->waitable.kind == VM_WAIT_FUTURE_WRITE;
}

static VmHostEnd *host_end(const VmEnd *end) { return &end->pipe->host[!is_writable(end)]; }

bool vm_faces_host(const VmEnd *end) { return host_end(end)->port != NULL; }

static bool close_end(VmPipe *pipe, bool writable) {
    VmHostEnd end = pipe->host[writable];
    pipe->host[writable] = (VmHostEnd){0};
    if (end.port && end.port->close) end.port->close(end.context);
    return end.port != NULL;
}

void vm_close_host_end(VmPipe *pipe, bool writable) {
    if (close_end(pipe, writable) && !writable) vm_pipe_release(pipe);
}

void vm_leave_host(VmPipe *pipe) {
    if (pipe->work.after) vm_work_remove(&pipe->work);
    close_end(pipe, false);
    close_end(pipe, true);
    pump_free(pipe);
}

/* The host's end is done with. */
static void end_host(VmPipe *pipe, bool writable) {
    pipe->dropped = true;
    vm_close_host_end(pipe, writable);
}

static VmFlow ask(VmThread *thread, const VmHostEnd *end, void *items, size_t *n, Arena *scratch) {
    size_t most = *n;
    VmFlow flow = end->port->move(thread, end->context, items, n, scratch);
    if (flow == VM_FLOW_WAITS || flow == VM_FLOW_TRAPS || *n > most) *n = 0;
    return flow == VM_FLOW_MOVED && most && !*n ? VM_FLOW_WAITS : flow;
}

static AbiPlace place_of(const VmEnd *end, const VmSide *side, size_t i) {
    return vm_place(side, true, NULL,
                    end->pointer + (end->progress + (uint32_t)i) * end->plan->size);
}

/* Items that are no numbers go through cells. */
typedef struct {
    VmThread *thread;
    VmEnd *end;
    const VmHostEnd *host;
    VmSide side;
    Arena *arena;
    VmBudget budget;
} Copy;

static Trap take_from_guest(Copy *c, size_t *n, VmFlow *flow) {
    const AbiPlan *plan = c->end->plan;
    size_t none = 0;
    if (plan->has_handles) {
        *flow = ask(c->thread, c->host, NULL, &none, c->arena);
        if (*flow != VM_FLOW_MOVED) *n = 0;
        if (*flow != VM_FLOW_MOVED || !*n) return TRAP_NONE;
        *n = 1;
    }
    AbiValue *cells = ARENA_NEW_ARRAY(c->arena, AbiValue, *n * plan->op_count);
    Trap trap = TRAP_NONE;
    for (size_t i = 0; i < *n && !trap; i++)
        trap = abi_lift(plan, place_of(c->end, &c->side, i), c->arena, cells + i * plan->op_count);
    if (trap) return trap;
    *flow = ask(c->thread, c->host, cells, n, c->arena);
    if (plan->has_handles && !*n && *flow != VM_FLOW_ENDS && *flow != VM_FLOW_TRAPS) {
        vm_trap_text(c->thread, TRAP_HOST, "the host did not take what it was ready for");
        return TRAP_HOST;
    }
    return TRAP_NONE;
}

static Trap give_to_guest(Copy *c, size_t *n, VmFlow *flow) {
    const AbiPlan *plan = c->end->plan;
    AbiValue *cells = *n ? ARENA_NEW_ARRAY(c->arena, AbiValue, *n * plan->op_count) : NULL;
    *flow = ask(c->thread, c->host, cells, n, c->arena);
    Trap trap = TRAP_NONE;
    for (size_t i = 0; i < *n && !trap; i++)
        trap = abi_lower(plan, cells + i * plan->op_count, place_of(c->end, &c->side, i));
    return trap;
}

static Trap copy_cells(VmThread *thread, VmEnd *end, size_t *n, VmFlow *flow) {
    Copy c = {.thread = thread, .end = end, .host = host_end(end), .arena = arena_new()};
    c.budget = vm_budget(end->instance->store, true);
    vm_set_side(&c.side, end->instance->store, NULL, end->instance, end->instance, end->options,
                &c.budget);
    c.side.to_host = true;
    if (*n > MOST_ITEMS) *n = MOST_ITEMS;
    Trap trap = is_writable(end) ? take_from_guest(&c, n, flow) : give_to_guest(&c, n, flow);
    arena_free(c.arena);
    return trap;
}

static Trap copy_items(VmThread *thread, VmEnd *end, size_t *n, VmFlow *flow) {
    if (!vm_is_number_or_none(end->elem)) return copy_cells(thread, end, n, flow);
    void *items = *n && end->plan->size ? vm_end_bytes(end) : NULL;
    *flow = ask(thread, host_end(end), items, n, NULL);
    return TRAP_NONE;
}

static VmStatus ask_pipe(VmThread *thread, VmWork *work, bool *progress);

static void wait_for_host(VmEnd *end) {
    end->pipe->pending = end;
    end->pipe->work.ask = ask_pipe;
    vm_work_add(end->instance->store, &end->pipe->work);
}

Trap vm_meet_host(VmThread *thread, VmEnd *end) {
    VmPipe *pipe = end->pipe;
    size_t n = vm_end_remain(end);
    VmFlow flow = VM_FLOW_WAITS;
    Trap trap = copy_items(thread, end, &n, &flow);
    if (trap) return trap;
    end->progress += (uint32_t)n;
    bool is_over = flow == VM_FLOW_ENDS || (pipe->is_future && n);
    if (flow == VM_FLOW_TRAPS) return vm_trapped(thread) ? vm_trapped(thread) : TRAP_HOST;
    if (flow == VM_FLOW_WAITS) {
        wait_for_host(end);
        return TRAP_NONE;
    }
    if (pipe->is_future && !n && !is_writable(end)) {
        vm_trap_text(thread, TRAP_HOST, "the host ended a future without a value");
        return TRAP_HOST;
    }
    pipe->pending = NULL;
    vm_work_remove(&pipe->work);
    vm_end_set_event(end, is_over && !(pipe->is_future && n) ? VM_COPY_DROPPED : VM_COPY_COMPLETED);
    if (is_over) end_host(pipe, !is_writable(end));
    return TRAP_NONE;
}

/* ---- two ends of the host ---- */

static VmPump *pump_of(VmStore *store, VmPipe *pipe) {
    if (pipe->pump) return pipe->pump;
    const AbiPlan *plan = abi_plan(vm_shared(store)->plans, pipe->elem);
    Arena *arena = plan && pipe->types ? arena_keep(arena_new()) : NULL;
    if (!arena) return NULL;
    VmPump *pump = pipe->pump = ARENA_NEW(arena, VmPump);
    *pump = (VmPump){.arena = arena, .plan = plan, .is_number = vm_is_number_or_none(pipe->elem)};
    return pump;
}

/* Numbers many at a time; other items one by one, each with an arena that lives as long. */
static VmFlow fill(VmThread *thread, VmPipe *pipe, VmPump *pump) {
    size_t n = pipe->is_future || !pump->is_number ? 1
               : pump->plan->size                  ? PUMP_BYTES / pump->plan->size
                                                   : PUMP_BYTES;
    if (!pump->is_number) {
        Arena *arena = arena_keep(arena_new());
        VmPump anew = *pump;
        arena_free(pump->arena);
        pipe->pump = ARENA_NEW(arena, VmPump);
        *pipe->pump = anew;
        pump = pipe->pump;
        pump->arena = arena;
        pump->items = ARENA_NEW_ARRAY(arena, AbiValue, pump->plan->op_count);
    } else if (!pump->items && pump->plan->size) {
        pump->items = arena_alloc(pump->arena, PUMP_BYTES);
    }
    VmFlow flow = ask(thread, &pipe->host[1], pump->items, &n, pump->arena);
    pump->at = 0;
    pump->len = n;
    pump->has_ended = flow == VM_FLOW_ENDS || (pipe->is_future && n);
    return flow;
}

static VmFlow drain(VmThread *thread, VmPipe *pipe, VmPump *pump) {
    size_t n = pump->len - pump->at;
    size_t step = pump->is_number ? pump->plan->size : pump->plan->op_count * sizeof(AbiValue);
    char *items = pump->items;
    VmFlow flow =
        ask(thread, &pipe->host[0], items ? items + pump->at * step : NULL, &n, pump->arena);
    pump->at += n;
    return flow;
}

/* The reader has the only reference: the pipe is gone then. */
static void close_both(VmPipe *pipe) {
    vm_close_host_end(pipe, true);
    vm_close_host_end(pipe, false);
}

static VmStatus pump(VmThread *thread, VmPipe *pipe, bool *progress) {
    VmPump *p = pump_of(vm_thread_store(thread), pipe);
    VmFlow flow = VM_FLOW_MOVED;
    if (!p) return close_both(pipe), VM_DONE;
    if (p->at == p->len && !p->has_ended) {
        flow = fill(thread, pipe, p);
        p = pipe->pump;
        *progress |= p->len != 0;
    }
    if (flow != VM_FLOW_TRAPS && p->at < p->len) {
        size_t at = p->at;
        flow = drain(thread, pipe, p);
        *progress |= p->at > at;
        if (flow == VM_FLOW_ENDS) p->has_ended = true, p->at = p->len;
    }
    if (flow == VM_FLOW_TRAPS) return VM_TRAP;
    if (p->at == p->len && p->has_ended) *progress = true, close_both(pipe);
    return VM_DONE;
}

static VmStatus ask_pipe(VmThread *thread, VmWork *work, bool *progress) {
    VmPipe *pipe = CONTAINER(work, VmPipe, work);
    bool reads = pipe->host[0].port, writes = pipe->host[1].port;
    if (reads && writes) return pump(thread, pipe, progress);
    if (pipe->pending) {
        Trap trap = vm_meet_host(thread, pipe->pending);
        *progress |= pipe->pending == NULL;
        return trap ? vm_trap(thread, trap) : VM_DONE;
    }
    vm_work_remove(work);
    if (!pipe->dropped) return VM_DONE;
    vm_close_host_end(pipe, false); /* dropped on its way to the host */
    *progress = true;
    return VM_DONE;
}

/* ---- what the host does with streams and futures ---- */

static uint64_t new_pipe(VmStore *store, bool is_future, const VmPort *port, void *context) {
    vm_components(store);
    VmPipe *pipe = vm_pipe_new(store, is_future);
    if (!pipe) return 0;
    pipe->refs = 1; /* the readable end's */
    pipe->host[1] = (VmHostEnd){port, context};
    return (uintptr_t)pipe;
}

uint64_t vm_stream_new(VmStore *store, const VmPort *port, void *context) {
    return new_pipe(store, false, port, context);
}

uint64_t vm_future_new(VmStore *store, const VmPort *port, void *context) {
    return new_pipe(store, true, port, context);
}

void vm_stream_read(VmStore *store, uint64_t readable, const VmPort *port, void *context) {
    VmPipe *pipe = (VmPipe *)(uintptr_t)readable;
    pipe->host[0] = (VmHostEnd){port, context};
    pipe->work.ask = ask_pipe;
    vm_work_add(store, &pipe->work);
}

const AbiPlan *vm_stream_items(VmStore *store, uint64_t readable, const WitType **type) {
    const VmPipe *pipe = (const VmPipe *)(uintptr_t)readable;
    *type = pipe->elem;
    return pipe->types ? abi_plan(vm_shared(store)->plans, pipe->elem) : NULL;
}

bool vm_is_number_item(const WitType *type) { return type && vm_is_number_or_none(type); }

void vm_stream_drop(VmStore *store, uint64_t readable) {
    VmPipe *pipe = (VmPipe *)(uintptr_t)readable;
    pipe->dropped = true;
    if (pipe->pending) vm_notify_pending(pipe, VM_COPY_DROPPED);
    vm_close_host_end(pipe, true);
    vm_pipe_release(pipe);
}
