/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Threads of execution: entering from outside, host functions that call, suspend or trap, and the
 * backtrace.
 *
 *     frames:  [entry] [wasm] [wasm] [host] [wasm] ...     <- top
 *
 * An entry frame stands for a vm_call of the outside, and the machine stops when control comes back
 * to it. A host frame whose function asked for a call (vm_then_call) waits like any caller; its
 * continuation is run when control comes back. So the C stack holds one vm_run for each vm_call
 * that is nested in a host function, and nothing else.
 *
 * `nesting` counts those, from before the first function is entered: whatever a host function
 * calls is nested in the run that has called it, also where that has only begun or just goes on.
 */
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>

#include "interpreter/internal.h"

static void *map_pages(size_t size) {
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

static size_t stack_bytes(const VmThread *t) {
    return (size_t)((char *)t->stack_end - (char *)t->stack);
}
static size_t frame_bytes(const VmThread *t) {
    return (size_t)((char *)t->frames_end - (char *)t->frames);
}

VmThread *vm_thread_new(VmStore *store) {
    VmThread *t = alloc_new(&store->memory, 1, sizeof *t);
    if (!t) return NULL;
    size_t bytes = store->limits.max_stack ? store->limits.max_stack : VM_DEFAULT_STACK;
    size_t slots = bytes < 1024 ? 128 : bytes / sizeof(VmSlot);
    size_t frames = store->limits.max_frames ? store->limits.max_frames : VM_DEFAULT_FRAMES;
    if (frames < 16) frames = 16;
    t->store = store;
    t->stack = map_pages(slots * sizeof(VmSlot));
    t->frames = map_pages(frames * sizeof(VmFrame));
    if (t->stack) t->stack_end = t->stack + slots;
    if (t->frames) t->frames_end = t->frames + frames;
    t->top = t->frames;
    t->next = store->threads;
    if (t->next) t->next->before = t;
    store->threads = t;
    if (t->stack && t->frames) return t;
    vm_thread_free(t);
    return NULL;
}

void vm_drop(VmThread *t) {
    VmFrame *host = t->top;
    void (*dropped)(void *) = host->dropped;
    host->then = NULL, host->dropped = NULL; /* short calls (steps.h) do not write them */
    if (dropped) dropped(host->context);
}

/* Unwinds to `frame`. */
static void unwind(VmThread *t, VmFrame *frame) {
    for (; t->top > frame; t->top--) vm_drop(t);
}

void vm_thread_free(VmThread *t) {
    if (!t) return;
    if (t->next) t->next->before = t->before;
    if (t->before) t->before->next = t->next;
    else t->store->threads = t->next;
    if (t->frames) unwind(t, t->frames);
    if (t->uncaught) vm_release(t->uncaught);
    if (t->stack) munmap(t->stack, stack_bytes(t));
    if (t->frames) munmap(t->frames, frame_bytes(t));
    alloc_free(&t->store->memory, t);
}

VmStore *vm_thread_store(const VmThread *t) { return t->store; }

/* ---- traps ---- */

/* Where `frame` stands in its body. Calls are looked up by the word before the one they go on at. */
static uint32_t offset_of(const VmFrame *frame, const VmWord *pc, bool returns) {
    const VmFunc *f = frame->func;
    const CoreExpr *body = &f->in->module->core->funcs.at[f->index].body;
    const VmCode *code = f->code;
    if (!pc || !code || pc < code->words || pc > code->words + code->word_count)
        return body->offset;
    uint32_t word = (uint32_t)(pc - code->words) - (returns && pc > code->words ? 1 : 0);
    uint32_t low = 0, high = code->place_count;
    while (low + 1 < high) {
        uint32_t middle = (low + high) / 2;
        if (code->places[middle].word <= word) low = middle;
        else high = middle;
    }
    return body->offset + (code->place_count ? code->places[low].offset : 0);
}

static void keep_trace(VmThread *t) {
    t->trace_count = 0;
    for (const VmFrame *frame = t->top; frame > t->frames; frame--) {
        if (!frame->func || t->trace_count == VM_MAX_BACKTRACE) continue;
        VmFrameInfo *info = &t->trace[t->trace_count++];
        *info = (VmFrameInfo){.func = frame->func->index};
        if (!frame->func->in) continue;
        bool innermost = frame == t->top && t->pc;
        info->module = frame->func->in->module->core;
        info->offset = offset_of(frame, innermost ? t->pc : frame->pc, !innermost);
        info->name = core_name(&info->module->names.funcs, frame->func->index);
    }
}

/* The limit that a trap is about. The stack has two: slots, and frames. */
static VmLimit limit_of(const VmThread *t, Trap trap) {
    switch (trap) {
    case TRAP_FUEL: return VM_LIMIT_FUEL;
    case TRAP_TIMEOUT: return VM_LIMIT_TIME;
    case TRAP_HEAP_LIMIT: return VM_LIMIT_HEAP;
    case TRAP_MEMORY_LIMIT: return VM_LIMIT_MEMORY;
    case TRAP_TABLE_LIMIT: return VM_LIMIT_TABLE;
    case TRAP_INSTANCE_LIMIT: return VM_LIMIT_INSTANCES;
    case TRAP_TABLE_FULL: return VM_LIMIT_HANDLES;
    case TRAP_TASK_LIMIT: return VM_LIMIT_TASKS;
    case TRAP_HOST_MEMORY: return VM_LIMIT_VALUES;
    case TRAP_COPY_LIMIT: return VM_LIMIT_COPY;
    case TRAP_STACK_EXHAUSTED:
        return t->top + 1 >= t->frames_end ? VM_LIMIT_FRAMES : VM_LIMIT_STACK;
    default: return VM_LIMIT_NONE;
    }
}

/* How large the limit is that a trap is about, and of what; 0: its text says enough. */
static uint64_t limit_size(const VmThread *t, const char **of) {
    const VmLimits *limits = &t->store->limits;
    switch (t->limit) {
    case VM_LIMIT_FRAMES: *of = "frames"; return (uint64_t)(t->frames_end - t->frames);
    case VM_LIMIT_STACK: *of = "bytes of stack"; return stack_bytes(t);
    case VM_LIMIT_HANDLES: *of = "handles"; return t->store->handle_limit;
    case VM_LIMIT_TASKS: *of = "tasks and threads"; return limits->max_tasks;
    case VM_LIMIT_VALUES: *of = "bytes"; return limits->max_values;
    case VM_LIMIT_COPY: *of = "bytes"; return limits->max_copy;
    case VM_LIMIT_NONE:
    case VM_LIMIT_FUEL:
    case VM_LIMIT_TIME:
    case VM_LIMIT_MEMORY:
    case VM_LIMIT_TABLE:
    case VM_LIMIT_INSTANCES:
    case VM_LIMIT_HEAP: break;
    }
    return 0;
}

static void say_trap(VmThread *t) {
    const char *text = trap_text(t->trap), *of;
    uint64_t size = limit_size(t, &of);
    if (size == 0) snprintf(t->message, sizeof t->message, "%s", text);
    else
        snprintf(t->message, sizeof t->message, "%s: the limit of %llu %s is reached", text,
                 (unsigned long long)size, of);
}

void vm_set_trap(VmThread *t, Trap trap) {
    t->status = VM_TRAP;
    if (t->trap != TRAP_NONE) return; /* a nested call's trap goes on through its host function */
    if (trap == TRAP_STACK_EXHAUSTED || trap == TRAP_HEAP_LIMIT || trap == TRAP_TABLE_FULL)
        trap = vm_limit_trap(t->store, trap);
    t->trap = trap;
    t->limit = limit_of(t, trap);
    if (t->limit != VM_LIMIT_NONE) vm_met(t->store, t->limit);
    say_trap(t);
    keep_trace(t);
}

VmLimit vm_thread_limit(const VmThread *t) { return t->limit; }

void vm_clear_trap(VmThread *t) {
    t->trap = TRAP_NONE;
    t->limit = VM_LIMIT_NONE;
}

VmStatus vm_trap(VmThread *t, Trap trap) {
    t->pc = NULL;
    vm_set_trap(t, trap);
    return VM_TRAP;
}

VmStatus vm_trap_text(VmThread *t, Trap trap, const char *format, ...) {
    bool first = t->trap == TRAP_NONE;
    vm_set_trap(t, trap);
    if (first) {
        va_list args;
        va_start(args, format);
        vsnprintf(t->message, sizeof t->message, format, args);
        va_end(args);
    }
    return VM_TRAP;
}

Trap vm_trapped(const VmThread *t) { return t->trap; }
Str vm_trap_message(const VmThread *t) { return str_from(t->message); }

uint32_t vm_backtrace(const VmThread *t, VmFrameInfo *frames, uint32_t max) {
    uint32_t n = t->trace_count < max ? t->trace_count : max;
    memcpy(frames, t->trace, n * sizeof *frames);
    return n;
}

uint32_t vm_backtrace_count(const VmThread *t) { return t->trace_count; }

bool vm_backtrace_at(const VmThread *t, uint32_t i, VmFrameInfo *frame) {
    if (i >= t->trace_count) return false;
    *frame = t->trace[i];
    return true;
}

VmStatus vm_exit(VmThread *t, int status) {
    t->exit_status = status;
    return VM_EXIT;
}

int vm_exit_status(const VmThread *t) { return t->exit_status; }

/* ---- time ---- */

static uint64_t now(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static VmThread *leader_of(VmThread *t) { return t->leader ? t->leader : t; }

/* Nested runs are not cut into slices, since the C stack below them cannot be left. So whoever has other
 * things to do would wait for an endless one: its time is taken from when it is first seen. */
static bool overstays(VmThread *t) {
    VmThread *of = leader_of(t);
    bool is_nested = of->nesting > 1 || t->nesting > 1;
    uint64_t at = of->slice_ns && is_nested ? now() : 0;
    if (!at || !of->nested_since) of->nested_since = at;
    return at - of->nested_since >= VM_MAX_NESTED_NS;
}

bool vm_tick(VmThread *t) {
    t->ticks = VM_TICKS;
    Trap why = TRAP_NONE;
    if (atomic_load_explicit(&t->store->interrupted, memory_order_relaxed)) why = TRAP_INTERRUPTED;
    else if (t->deadline && now() >= t->deadline) why = TRAP_TIMEOUT;
    if (why != TRAP_NONE) vm_set_trap(t, why);
    else if (overstays(t))
        vm_trap_text(t, TRAP_TIMEOUT,
                     "a call nested in a host function has lasted longer than %d s",
                     VM_MAX_NESTED_NS / 1000000000);
    else return true;
    return false;
}

/* A fiber has the slice of the thread that runs it, which must be able to stop as well. */
bool vm_slice_is_over(VmThread *t) {
    const VmThread *of = leader_of(t);
    return of->slice_ns && of->nesting == 1 && t->nesting <= 1 && now() >= of->slice_end;
}

bool vm_pauses(VmThread *t, const VmWord *pc) {
    if (!vm_slice_is_over(t)) return false;
    t->pc = pc;
    t->again = NULL;
    t->is_paused = true;
    t->status = VM_SUSPEND;
    return true;
}

void vm_thread_set_slice(VmThread *t, uint64_t ns) { t->slice_ns = ns; }
bool vm_is_paused(const VmThread *t) { return t->is_paused; }

static void begin_slice(VmThread *t) {
    t->nested_since = 0;
    if (t->slice_ns) t->slice_end = now() + t->slice_ns;
}

bool vm_sleep(VmThread *t, uint64_t ns) {
    const uint64_t slice = 5000000; /* between looks at the clock and the flag */
    for (uint64_t part; ns; ns -= part) {
        if (!vm_tick(t)) return false;
        part = ns < slice ? ns : slice;
        struct timespec ts = {.tv_nsec = (long)part};
        nanosleep(&ts, NULL);
    }
    return true;
}

/* ---- calls ---- */

/* A few: less than a call of memcpy costs. */
static inline void copy_slots(VmSlot *to, const VmSlot *from, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) to[i] = from[i];
}

/* Runs until the entry frame `entry` is on top again, or the machine stops otherwise. The run was
 * counted in `nesting` before `pc` was known: the host functions on the way there are in it as well. */
static inline VmStatus run_to(VmThread *t, VmFrame *entry, const VmWord *pc, VmSlot *slots,
                              VmFunc *func) {
    vm_run(t, pc);
    t->nesting--;
    if (leader_of(t)->nested_since) t->ticks = 0; /* who goes on may be left */
    if (t->status == VM_SUSPEND && t->nesting == 0) return VM_SUSPEND;
    if (t->status == VM_SUSPEND) vm_trap_text(t, TRAP_HOST, "cannot suspend in a nested call");
    if (t->status == VM_DONE && func) copy_slots(slots, entry->fp, func->result_slots);
    if (t->status == VM_DONE) t->top = entry - 1;
    else unwind(t, entry - 1);
    return t->status;
}

static void begin_outermost(VmThread *t) {
    vm_clear_trap(t);
    t->store->no_memory_left = false;
    t->message[0] = 0;
    t->trace_count = 0;
    t->ticks = VM_TICKS;
    t->is_paused = false;
    if (t->leader) {
        t->deadline = t->leader->deadline;
        return;
    }
    uint64_t timeout = t->store->limits.timeout_ns, from = timeout ? now() : 0;
    t->deadline = timeout > UINT64_MAX - from ? UINT64_MAX : from + timeout;
    begin_slice(t);
}

VmStatus vm_call(VmThread *t, VmFunc *func, VmSlot *slots) {
    if (t->nesting == 0) begin_outermost(t);
    else if (t->trap != TRAP_NONE)
        vm_clear_trap(t); /* of another nested call, which was got over */
    VmSlot *base = t->top > t->frames ? vm_callee_slots(t->top) : t->stack;
    if (t->nesting >= VM_MAX_NESTING)
        return vm_trap_text(t, TRAP_STACK_EXHAUSTED,
                            "call stack exhausted: %d calls are nested in host functions",
                            VM_MAX_NESTING);
    if (t->top + 1 >= t->frames_end || func->param_slots > (size_t)(t->stack_end - base))
        return vm_trap(t, TRAP_STACK_EXHAUSTED);
    VmFrame *entry = ++t->top;
    *entry = (VmFrame){.pc = vm_entry_return, .fp = base, .in = &t->store->nothing};
    entry->context = slots; /* where the results go, for vm_resume */
    copy_slots(base, slots, func->param_slots);
    t->nesting++;
    return run_to(t, entry, vm_begin(t, func, base), slots, func);
}

VmStatus vm_resume(VmThread *t) {
    VmFrame *entry = t->frames + 1;
    VmFunc *outermost = (entry + 1)->func;
    t->status = VM_DONE;
    t->is_paused = false;
    if (!t->leader) begin_slice(t);
    t->nesting++;
    const VmWord *pc = t->pc;
    if (t->again) pc = vm_after_host(t, t->again(t, t->again_context, vm_host_slots(t)));
    return run_to(t, entry, pc, entry->context, outermost);
}

bool vm_is_running(const VmThread *t) { return t->nesting != 0; }

void vm_end_interruption(VmThread *t) {
    if (t->nesting == 0) t->store->interrupted = 0;
}

void vm_move_results(VmThread *t, VmSlot *slots) { t->frames[1].context = slots; }

void vm_abandon(VmThread *t) { unwind(t, t->frames); }

void vm_cut(VmThread *t, VmFrame *top, uint32_t nesting) {
    unwind(t, top);
    t->nesting = nesting;
}

VmStatus vm_suspend(VmThread *t, VmHostFn again, void *context) {
    t->again = again;
    t->again_context = context;
    return VM_SUSPEND;
}

VmSlot *vm_host_slots(VmThread *t) { return t->top->fp; }

bool vm_will_call(const VmThread *t) { return t->top->then != NULL; }

VmStatus vm_then_call(VmThread *t, VmFunc *func, const VmSlot *args, uint32_t arg_count,
                      VmHostFn then, void *context, void (*dropped)(void *)) {
    VmFrame *host = t->top;
    VmSlot *slots = vm_callee_room(t, arg_count);
    if (!slots) {
        if (dropped) dropped(context);
        return vm_trap(t, TRAP_STACK_EXHAUSTED);
    }
    if (arg_count && args != slots) memmove(slots, args, arg_count * sizeof *args);
    vm_drop(t); /* an earlier wish */
    host->then = then;
    host->context = context;
    host->dropped = dropped;
    t->next_func = func;
    t->next_slots = slots;
    return VM_CALL;
}
