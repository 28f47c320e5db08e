/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Streams and futures between guests (CanonicalABI.md, "Stream State", "Future State", and the
 * `canon` sections of their built-ins).
 *
 *     writable end ──┐           ┌── readable end
 *       buffer       └─ VmPipe ──┘     buffer
 *                        pending: the end that came first, and waits with its buffer
 *
 * There is no buffer between: who comes second copies, from the writer's memory to the reader's.
 * The first one's event is only made when it is delivered, and until then its buffer can go on
 * being filled. Where one end is the host's, it is asked instead (component_host.c).
 */
#include <stdlib.h>

#include "interpreter/component.h"

enum { MAX_LENGTH = (1 << 28) - 1 };
#define BLOCKED UINT32_MAX

typedef struct {
    VmComponent *instance;
    VmOptions options;
    const WitType *type; /* the stream or future */
    VmWaitKind kind;     /* of the end that the built-in is for */
    bool is_async;
} Builtin;

static bool is_writable(VmWaitKind kind) {
    return kind == VM_WAIT_STREAM_WRITE || kind == VM_WAIT_FUTURE_WRITE;
}
static const char *noun(VmWaitKind kind) {
    return kind == VM_WAIT_STREAM_READ || kind == VM_WAIT_STREAM_WRITE ? "stream" : "future";
}

/* ---- types ---- */

/* Whether two types mean one, with resources as each instance knows them; `steps` bounds the work. */
static bool same_type(const VmComponent *in_a, const WitType *a, const VmComponent *in_b,
                      const WitType *b, unsigned *steps) {
    a = wit_dealias(a);
    b = wit_dealias(b);
    if (!a || !b) return a == b;
    if ((a == b && in_a == in_b) || !*steps) return a == b;
    --*steps;
    if (a->kind != b->kind || a->length != b->length || a->fields.len != b->fields.len)
        return false;
    if (a->kind == WIT_OWN || a->kind == WIT_BORROW)
        return vm_resource_of(in_a, a) == vm_resource_of(in_b, b);
    for (size_t i = 0; i < a->fields.len; i++)
        if (!same_type(in_a, a->fields.at[i].type, in_b, b->fields.at[i].type, steps)) return false;
    return same_type(in_a, a->elem, in_b, b->elem, steps) &&
           same_type(in_a, a->second, in_b, b->second, steps);
}

static bool is_of(const VmPipe *pipe, const WitType *elem, const VmComponent *instance) {
    unsigned steps = 100000;
    return same_type(pipe->types, pipe->elem, instance, elem, &steps);
}

bool vm_is_number_or_none(const WitType *type) {
    type = wit_dealias(type);
    return !type || (type->kind >= WIT_S8 && type->kind <= WIT_F64);
}

/* ---- ends ---- */

static void free_node(VmNode *node) { free(node); }

static void free_pipe(VmNode *node) {
    VmPipe *pipe = (VmPipe *)node;
    vm_leave_host(pipe);
    free(pipe);
}

VmPipe *vm_pipe_new(VmStore *store, bool is_future) {
    VmPipe *pipe = calloc(1, sizeof *pipe);
    if (!pipe) return NULL;
    pipe->is_future = is_future;
    vm_node_add(store, &pipe->node, free_pipe);
    return pipe;
}

void vm_pipe_release(VmPipe *pipe) {
    if (--pipe->refs) return;
    vm_leave_host(pipe);
    vm_node_remove(&pipe->node);
    free(pipe);
}

/* A new end in the table; takes over the reference to `pipe`. 0: no room. */
static uint32_t end_new(VmComponent *instance, VmPipe *pipe, VmWaitKind kind) {
    VmEnd *end = calloc(1, sizeof *end);
    if (!end) return 0;
    end->pipe = pipe;
    vm_node_add(instance->store, &end->waitable.node, free_node);
    return vm_table_put(instance, kind, end);
}

static void end_free(VmComponent *instance, VmEnd *end, uint32_t index) {
    vm_remove_handle(instance, instance->table, index);
    vm_waitable_leave(&end->waitable);
    vm_node_remove(&end->waitable.node);
    free(end);
}

static VmStatus wrong_end(VmThread *thread, VmComponent *instance, uint32_t index) {
    if (abi_table_get(instance->table, index))
        return vm_trap_text(thread, TRAP_HANDLE_TYPE, "handle index %u used with the wrong type",
                            index);
    return vm_trap_text(thread, TRAP_UNKNOWN_HANDLE, "unknown handle index %u", index);
}

static VmEnd *find_end(VmThread *thread, const Builtin *b, uint32_t index) {
    VmEnd *end = vm_table_find(b->instance, index, b->kind);
    if (end && is_of(end->pipe, b->type->elem, b->instance)) return end;
    wrong_end(thread, b->instance, index);
    return NULL;
}

/* ---- copying ---- */

void vm_end_set_event(VmEnd *end, VmCopyResult result) {
    end->result = result;
    end->waitable.has_event = true;
}

void vm_notify_pending(VmPipe *pipe, VmCopyResult result) {
    VmEnd *end = pipe->pending;
    pipe->pending = NULL;
    vm_end_set_event(end, result);
}

VmEvent vm_copy_event(VmWaitable *waitable) {
    VmEnd *end = (VmEnd *)waitable;
    bool is_stream =
        waitable->kind == VM_WAIT_STREAM_READ || waitable->kind == VM_WAIT_STREAM_WRITE;
    if (end->pipe->pending == end) end->pipe->pending = NULL; /* the buffer is its again */
    waitable->has_event = false;
    bool is_over =
        end->result == VM_COPY_DROPPED || (!is_stream && end->result == VM_COPY_COMPLETED);
    end->state = is_over ? VM_END_DONE : VM_END_IDLE;
    uint32_t payload = is_stream ? end->result | end->progress << 4 : end->result;
    return (VmEvent){(uint32_t)waitable->kind + 1, waitable->index, payload};
}

uint8_t *vm_end_bytes(const VmEnd *end) {
    uint64_t size; /* the buffer was found to be inside, and memories do not shrink */
    return vm_memory_bytes(end->options->memory, &size) + end->pointer +
           (size_t)end->progress * end->plan->size;
}

/* Moves `n` elements from the writer's buffer to the reader's. Buffers of numbers may overlap. */
static Trap move(VmEnd *writer, VmEnd *reader, uint32_t n) {
    if (vm_is_number_or_none(writer->elem)) {
        if (writer->plan->size)
            memmove(vm_end_bytes(reader), vm_end_bytes(writer), (size_t)n * writer->plan->size);
        writer->progress += n;
        reader->progress += n;
        return TRAP_NONE;
    }
    VmSide from, to;
    Trap trap = TRAP_NONE;
    VmStore *store = writer->instance->store;
    VmBudget budget = vm_budget(store, false);
    vm_set_side(&from, store, NULL, writer->instance, writer->instance, writer->options, &budget);
    vm_set_side(&to, store, NULL, reader->instance, reader->instance, reader->options, &budget);
    uint32_t size = writer->plan->size;
    for (uint32_t i = 0; size && i < n && !trap; i++)
        trap = abi_transfer(
            writer->plan,
            vm_place(&from, true, NULL, writer->pointer + (writer->progress + i) * size),
            reader->plan,
            vm_place(&to, true, NULL, reader->pointer + (reader->progress + i) * size));
    writer->progress += n;
    reader->progress += n;
    return trap;
}

static Trap move_to(VmEnd *pending, VmEnd *end, uint32_t n) {
    bool writes = is_writable(end->waitable.kind);
    return writes ? move(end, pending, n) : move(pending, end, n);
}

/* "SharedStreamImpl.read" and ".write", "SharedFutureImpl.read" and ".write" */
static Trap meet(VmThread *thread, VmEnd *end) {
    VmPipe *pipe = end->pipe;
    VmEnd *pending = pipe->pending;
    if (pipe->dropped) {
        vm_end_set_event(end, VM_COPY_DROPPED);
        return TRAP_NONE;
    }
    if (vm_faces_host(end)) return vm_meet_host(thread, end);
    if (!pending) {
        pipe->pending = end;
        return TRAP_NONE;
    }
    if (pending->instance == end->instance && !vm_is_number_or_none(end->elem)) {
        vm_trap_text(thread, TRAP_ASYNC, "cannot read from and write to intra-component %s",
                     noun(end->waitable.kind));
        return TRAP_ASYNC;
    }
    Trap trap = TRAP_NONE;
    if (vm_end_remain(pending) > 0) {
        uint32_t n = vm_end_remain(end) < vm_end_remain(pending) ? vm_end_remain(end)
                                                                 : vm_end_remain(pending);
        if (n) {
            trap = move_to(pending, end, n);
            vm_end_set_event(pending, VM_COPY_COMPLETED);
            if (pipe->is_future) pipe->pending = NULL;
        }
        vm_end_set_event(end, VM_COPY_COMPLETED);
    } else if (is_writable(end->waitable.kind) && end->length == 0 && pending->length == 0) {
        vm_end_set_event(end, VM_COPY_COMPLETED);
    } else {
        vm_notify_pending(pipe, VM_COPY_COMPLETED);
        pipe->pending = end;
    }
    return trap;
}

/* ---- built-ins ---- */

#define BUILTIN(name) static VmStatus name(VmThread *thread, void *context, VmSlot *slots)

BUILTIN(pair_new) {
    const Builtin *b = context;
    if (!b->instance->may_leave) return vm_trap(thread, TRAP_CANNOT_LEAVE);
    bool is_future = b->type->kind == WIT_FUTURE;
    VmPipe *pipe = vm_pipe_new(b->instance->store, is_future);
    if (!pipe) return vm_trap(thread, TRAP_NO_MEMORY);
    pipe->refs = 2;
    pipe->elem = b->type->elem;
    pipe->types = b->instance;
    uint64_t readable =
        end_new(b->instance, pipe, is_future ? VM_WAIT_FUTURE_READ : VM_WAIT_STREAM_READ);
    uint64_t writable =
        end_new(b->instance, pipe, is_future ? VM_WAIT_FUTURE_WRITE : VM_WAIT_STREAM_WRITE);
    if (!readable || !writable) return vm_trap(thread, TRAP_TABLE_FULL);
    slots[0].u64 = readable | writable << 32;
    return VM_DONE;
}

static VmStatus not_idle(VmThread *thread, const VmEnd *end) {
    VmWaitKind kind = end->waitable.kind;
    if (end->state != VM_END_DONE)
        return vm_trap_text(thread, TRAP_ASYNC,
                            "cannot have concurrent operations active on a future/stream");
    switch (kind) {
    case VM_WAIT_STREAM_READ:
        return vm_trap_text(
            thread, TRAP_ASYNC,
            "cannot read from stream after being notified that the writable end dropped");
    case VM_WAIT_STREAM_WRITE:
        return vm_trap_text(
            thread, TRAP_ASYNC,
            "cannot write to stream after being notified that the readable end dropped");
    case VM_WAIT_FUTURE_READ:
        return vm_trap_text(thread, TRAP_ASYNC,
                            "cannot read from future after previous read succeeded");
    case VM_WAIT_FUTURE_WRITE:
    case VM_WAIT_SUBTASK:
    case VM_WAIT_SET: break;
    }
    return vm_trap_text(
        thread, TRAP_ASYNC,
        "cannot write to future after previous write succeeded or readable end dropped");
}

static Trap set_buffer(const Builtin *b, VmEnd *end, uint32_t pointer, uint32_t length) {
    end->instance = b->instance;
    end->options = &b->options;
    end->elem = b->type->elem;
    end->plan = abi_plan(vm_shared(b->instance->store)->plans, end->elem);
    end->pointer = pointer;
    end->length = length;
    end->progress = 0;
    if (!end->plan || length > MAX_LENGTH) return TRAP_VALUE_TOO_LARGE;
    if (!end->plan->size || !length) return TRAP_NONE;
    uint64_t size = 0, bytes = (uint64_t)length * end->plan->size;
    if (b->options.memory) vm_memory_bytes(b->options.memory, &size);
    if (pointer & (end->plan->align - 1)) return TRAP_UNALIGNED_POINTER;
    return bytes > size || pointer > size - bytes ? TRAP_VALUE_BOUNDS : TRAP_NONE;
}

static bool has_event(VmFiber *fiber) { return ((VmWaitable *)fiber->ready_arg)->has_event; }

BUILTIN(copied) {
    VmEnd *end = context;
    end->waitable.has_sync_waiter = false;
    vm_host_slots(thread)[0].u64 = vm_take_event(&end->waitable).payload;
    return VM_DONE;
}

/* Without `async` the built-in might block, whatever it is used for. */
static Trap may_use(const Builtin *b) {
    if (!b->instance->may_leave) return TRAP_CANNOT_LEAVE;
    bool may_block = b->is_async || vm_may_wait(b->instance);
    return may_block ? TRAP_NONE : TRAP_CANNOT_BLOCK;
}

BUILTIN(copy) {
    const Builtin *b = context;
    Trap trap = may_use(b);
    if (trap) return vm_trap(thread, trap);
    VmEnd *end = find_end(thread, b, slots[0].u32);
    if (!end) return VM_TRAP;
    if (end->state != VM_END_IDLE) return not_idle(thread, end);
    if (end->waitable.set && !b->is_async) return vm_trap(thread, TRAP_WAITABLE_SYNC);
    uint32_t length = b->type->kind == WIT_FUTURE ? 1 : slots[2].u32;
    trap = set_buffer(b, end, slots[1].u32, length);
    if (trap) return vm_trap(thread, trap);
    end->state = VM_END_COPYING;
    trap = meet(thread, end);
    if (trap) return vm_trap(thread, trap);
    if (end->waitable.has_event) return copied(thread, end, slots);
    if (b->is_async) {
        slots[0].u64 = BLOCKED;
        return VM_DONE;
    }
    end->waitable.has_sync_waiter = true;
    return vm_block(thread, has_event, end, false, copied, end);
}

BUILTIN(cancel_copy) {
    const Builtin *b = context;
    Trap trap = may_use(b);
    if (trap) return vm_trap(thread, trap);
    VmEnd *end = find_end(thread, b, slots[0].u32);
    if (!end) return VM_TRAP;
    if (end->state != VM_END_COPYING || end->waitable.has_sync_waiter)
        return vm_trap_text(thread, TRAP_ASYNC,
                            "%s read/write cancelled when no read/write is pending", noun(b->kind));
    if (end->waitable.set && !b->is_async) return vm_trap(thread, TRAP_WAITABLE_SYNC);
    end->state = VM_END_CANCELLING;
    if (end->pipe->pending == end) vm_notify_pending(end->pipe, VM_COPY_CANCELLED);
    if (vm_faces_host(end)) vm_work_remove(&end->pipe->work);
    return copied(thread, end, slots);
}

static VmStatus busy(VmThread *thread, VmWaitKind kind) {
    return vm_trap_text(thread, TRAP_ASYNC, "cannot %s busy %s",
                        is_writable(kind) ? "drop" : "remove", noun(kind));
}

BUILTIN(drop_end) {
    const Builtin *b = context;
    if (!b->instance->may_leave) return vm_trap(thread, TRAP_CANNOT_LEAVE);
    VmEnd *end = find_end(thread, b, slots[0].u32);
    if (!end) return VM_TRAP;
    if (end->state == VM_END_COPYING || end->state == VM_END_CANCELLING)
        return busy(thread, b->kind);
    if (b->kind == VM_WAIT_FUTURE_WRITE && end->state != VM_END_DONE)
        return vm_trap_text(thread, TRAP_ASYNC,
                            "cannot drop future write end without first writing a value");
    VmPipe *pipe = end->pipe;
    if (!pipe->dropped && pipe->pending) vm_notify_pending(pipe, VM_COPY_DROPPED);
    pipe->dropped = true;
    vm_close_host_end(pipe, !is_writable(b->kind));
    end_free(b->instance, end, slots[0].u32);
    vm_pipe_release(pipe);
    return VM_DONE;
}

/* ---- from guest to guest ---- */

Trap vm_lift_end(const VmSide *side, const WitType *type, uint32_t index, uint64_t *value) {
    VmThread *thread = vm_running(side->store);
    bool is_future = type->kind == WIT_FUTURE;
    const char *name = is_future ? "future" : "stream";
    VmEnd *end =
        vm_table_find(side->instance, index, is_future ? VM_WAIT_FUTURE_READ : VM_WAIT_STREAM_READ);
    if (!end || !is_of(end->pipe, type->elem, side->types)) {
        wrong_end(thread, side->instance, index);
        return vm_trapped(thread);
    }
    if (end->state == VM_END_DONE)
        vm_trap_text(thread, TRAP_ASYNC, "cannot lift %s after %s", name,
                     is_future ? "previous read succeeded"
                               : "being notified that the writable end dropped");
    else if (end->state != VM_END_IDLE) busy(thread, end->waitable.kind);
    else if (end->waitable.set)
        vm_trap_text(thread, TRAP_ASYNC, "cannot lift %s while it's in a waitable set", name);
    if (vm_trapped(thread)) return vm_trapped(thread);
    *value = (uintptr_t)end->pipe;
    end_free(side->instance, end, index);
    return TRAP_NONE;
}

Trap vm_lower_end(const VmSide *side, const WitType *type, uint64_t value, uint32_t *index) {
    VmWaitKind kind = type->kind == WIT_FUTURE ? VM_WAIT_FUTURE_READ : VM_WAIT_STREAM_READ;
    VmPipe *pipe = (VmPipe *)(uintptr_t)value;
    if (!pipe || pipe->is_future != (type->kind == WIT_FUTURE)) {
        vm_trap_text(vm_running(side->store), TRAP_HOST, "the host passed no %s",
                     wit_kind_keyword(type->kind));
        return TRAP_HOST;
    }
    if (!pipe->types) {
        pipe->elem = type->elem;
        pipe->types = side->types;
    }
    *index = end_new(side->instance, pipe, kind);
    return *index ? TRAP_NONE : TRAP_TABLE_FULL;
}

/* ---- tables ---- */

static const struct {
    CompCanonOp op;
    VmWaitKind kind;
    const char *params, *results;
    VmHostFn fn;
} builtins[] = {
    {COMP_CANON_STREAM_NEW, VM_WAIT_STREAM_READ, "", "I", pair_new},
    {COMP_CANON_STREAM_READ, VM_WAIT_STREAM_READ, "iii", "i", copy},
    {COMP_CANON_STREAM_WRITE, VM_WAIT_STREAM_WRITE, "iii", "i", copy},
    {COMP_CANON_STREAM_CANCEL_READ, VM_WAIT_STREAM_READ, "i", "i", cancel_copy},
    {COMP_CANON_STREAM_CANCEL_WRITE, VM_WAIT_STREAM_WRITE, "i", "i", cancel_copy},
    {COMP_CANON_STREAM_DROP_READABLE, VM_WAIT_STREAM_READ, "i", "", drop_end},
    {COMP_CANON_STREAM_DROP_WRITABLE, VM_WAIT_STREAM_WRITE, "i", "", drop_end},
    {COMP_CANON_FUTURE_NEW, VM_WAIT_FUTURE_READ, "", "I", pair_new},
    {COMP_CANON_FUTURE_READ, VM_WAIT_FUTURE_READ, "ii", "i", copy},
    {COMP_CANON_FUTURE_WRITE, VM_WAIT_FUTURE_WRITE, "ii", "i", copy},
    {COMP_CANON_FUTURE_CANCEL_READ, VM_WAIT_FUTURE_READ, "i", "i", cancel_copy},
    {COMP_CANON_FUTURE_CANCEL_WRITE, VM_WAIT_FUTURE_WRITE, "i", "i", cancel_copy},
    {COMP_CANON_FUTURE_DROP_READABLE, VM_WAIT_FUTURE_READ, "i", "", drop_end},
    {COMP_CANON_FUTURE_DROP_WRITABLE, VM_WAIT_FUTURE_WRITE, "i", "", drop_end},
};

VmFunc *vm_stream_func(VmComponent *component, const CompCanon *canon, const VmOptions *options,
                       const WitType *type) {
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++) {
        if (builtins[i].op != canon->op) continue;
        Builtin *b = ARENA_NEW(component->store->arena, Builtin);
        *b = (Builtin){.instance = component,
                       .options = *options,
                       .type = wit_dealias(type),
                       .kind = builtins[i].kind,
                       .is_async = canon->flag || canon->options.is_async};
        return vm_core_func(component->store, builtins[i].params, builtins[i].results,
                            builtins[i].fn, b);
    }
    return NULL;
}
