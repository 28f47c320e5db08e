/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Streams and futures between guests (CanonicalABI.md, "Stream State", "Future State", and the
 * `canon` sections of their built-ins).
 *
 *     writable end ──┐           ┌── readable end
 *       buffer       └─ Shared ──┘     buffer
 *                        pending: the end that came first, and waits with its buffer
 *
 * There is no buffer between: who comes second copies, from the writer's memory to the reader's.
 * The first one's event is only made when it is delivered, and until then its buffer can go on
 * being filled.
 */
#include <stdlib.h>

#include "interpreter/component.h"

enum { COMPLETED, DROPPED, CANCELLED };
enum { MAX_LENGTH = (1 << 28) - 1 };
#define BLOCKED UINT32_MAX

typedef struct {
    VmNode node;
    uint32_t refs; /* ends, and one on its way from guest to guest */
    bool is_future, dropped;
    const WitType *elem; /* NULL: none */
    VmComponent *types;  /* whose types `elem` means */
    struct End *pending;
} Shared;

typedef enum { IDLE, COPYING, CANCELLING, DONE } EndState;

/* An end, and the buffer of its last copy. */
typedef struct End {
    VmWaitable waitable;
    Shared *shared;
    EndState state;
    uint32_t result; /* of the event to be delivered */
    VmComponent *instance;
    const VmOptions *options;
    const WitType *elem;
    const AbiPlan *plan;
    uint32_t pointer, length, progress;
} End;

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

static bool is_of(const Shared *shared, const WitType *elem, const VmComponent *instance) {
    unsigned steps = 100000;
    return same_type(shared->types, shared->elem, instance, elem, &steps);
}

static bool is_number_or_none(const WitType *type) {
    type = wit_dealias(type);
    return !type || (type->kind >= WIT_S8 && type->kind <= WIT_F64);
}

/* ---- ends ---- */

static void free_node(VmNode *node) { free(node); }

static void shared_release(Shared *shared) {
    if (--shared->refs) return;
    vm_node_remove(&shared->node);
    free(shared);
}

/* A new end in the table; takes over the reference to `shared`. 0: no room. */
static uint32_t end_new(VmComponent *instance, Shared *shared, VmWaitKind kind) {
    End *end = calloc(1, sizeof *end);
    if (!end) return 0;
    end->shared = shared;
    vm_node_add(instance->store, &end->waitable.node, free_node);
    return vm_table_put(instance, kind, end);
}

static void end_free(VmComponent *instance, End *end, uint32_t index) {
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

static End *find_end(VmThread *thread, const Builtin *b, uint32_t index) {
    End *end = vm_table_find(b->instance, index, b->kind);
    if (end && is_of(end->shared, b->type->elem, b->instance)) return end;
    wrong_end(thread, b->instance, index);
    return NULL;
}

/* ---- copying ---- */

static uint32_t remain(const End *end) { return end->length - end->progress; }

static void set_event(End *end, uint32_t result) {
    end->result = result;
    end->waitable.has_event = true;
}

/* The waiting end no longer does. */
static void notify_pending(Shared *shared, uint32_t result) {
    End *end = shared->pending;
    shared->pending = NULL;
    set_event(end, result);
}

VmEvent vm_copy_event(VmWaitable *waitable) {
    End *end = (End *)waitable;
    bool is_stream =
        waitable->kind == VM_WAIT_STREAM_READ || waitable->kind == VM_WAIT_STREAM_WRITE;
    if (end->shared->pending == end) end->shared->pending = NULL; /* the buffer is its again */
    waitable->has_event = false;
    bool is_over = end->result == DROPPED || (!is_stream && end->result == COMPLETED);
    end->state = is_over ? DONE : IDLE;
    uint32_t payload = is_stream ? end->result | end->progress << 4 : end->result;
    return (VmEvent){(uint32_t)waitable->kind + 1, waitable->index, payload};
}

static uint8_t *bytes_at(const End *end) {
    uint64_t size; /* the buffer was found to be inside, and memories do not shrink */
    return vm_memory_bytes(end->options->memory, &size) + end->pointer +
           (size_t)end->progress * end->plan->size;
}

/* Moves `n` elements from the writer's buffer to the reader's. Buffers of numbers may overlap. */
static Trap move(End *writer, End *reader, uint32_t n) {
    if (is_number_or_none(writer->elem)) {
        if (writer->plan->size)
            memmove(bytes_at(reader), bytes_at(writer), (size_t)n * writer->plan->size);
        writer->progress += n;
        reader->progress += n;
        return TRAP_NONE;
    }
    uint64_t may_spend = VM_MAX_TRANSFER_BYTES;
    VmSide from, to;
    Trap trap = TRAP_NONE;
    VmStore *store = writer->instance->store;
    vm_set_side(&from, store, NULL, writer->instance, writer->instance, writer->options,
                &may_spend);
    vm_set_side(&to, store, NULL, reader->instance, reader->instance, reader->options, &may_spend);
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

static Trap move_to(End *pending, End *end, uint32_t n) {
    bool writes = is_writable(end->waitable.kind);
    return writes ? move(end, pending, n) : move(pending, end, n);
}

/* "SharedStreamImpl.read" and ".write", "SharedFutureImpl.read" and ".write" */
static Trap meet(VmThread *thread, End *end) {
    Shared *shared = end->shared;
    End *pending = shared->pending;
    if (shared->dropped) {
        set_event(end, DROPPED);
        return TRAP_NONE;
    }
    if (!pending) {
        shared->pending = end;
        return TRAP_NONE;
    }
    if (pending->instance == end->instance && !is_number_or_none(end->elem)) {
        vm_trap_text(thread, TRAP_ASYNC, "cannot read from and write to intra-component %s",
                     noun(end->waitable.kind));
        return TRAP_ASYNC;
    }
    Trap trap = TRAP_NONE;
    if (remain(pending) > 0) {
        uint32_t n = remain(end) < remain(pending) ? remain(end) : remain(pending);
        if (n) {
            trap = move_to(pending, end, n);
            set_event(pending, COMPLETED);
            if (shared->is_future) shared->pending = NULL;
        }
        set_event(end, COMPLETED);
    } else if (is_writable(end->waitable.kind) && end->length == 0 && pending->length == 0) {
        set_event(end, COMPLETED);
    } else {
        notify_pending(shared, COMPLETED);
        shared->pending = end;
    }
    return trap;
}

/* ---- built-ins ---- */

#define BUILTIN(name) static VmStatus name(VmThread *thread, void *context, VmSlot *slots)

BUILTIN(pair_new) {
    const Builtin *b = context;
    if (!b->instance->may_leave) return vm_trap(thread, TRAP_CANNOT_LEAVE);
    bool is_future = b->type->kind == WIT_FUTURE;
    Shared *shared = calloc(1, sizeof *shared);
    if (!shared) return vm_trap(thread, TRAP_HOST_MEMORY);
    *shared =
        (Shared){.refs = 2, .is_future = is_future, .elem = b->type->elem, .types = b->instance};
    vm_node_add(b->instance->store, &shared->node, free_node);
    uint64_t readable =
        end_new(b->instance, shared, is_future ? VM_WAIT_FUTURE_READ : VM_WAIT_STREAM_READ);
    uint64_t writable =
        end_new(b->instance, shared, is_future ? VM_WAIT_FUTURE_WRITE : VM_WAIT_STREAM_WRITE);
    if (!readable || !writable) return vm_trap(thread, TRAP_TABLE_FULL);
    slots[0].u64 = readable | writable << 32;
    return VM_DONE;
}

static VmStatus not_idle(VmThread *thread, const End *end) {
    VmWaitKind kind = end->waitable.kind;
    if (end->state != DONE)
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

static Trap set_buffer(const Builtin *b, End *end, uint32_t pointer, uint32_t length) {
    end->instance = b->instance;
    end->options = &b->options;
    end->elem = b->type->elem;
    end->plan = abi_plan(&vm_shared(b->instance->store)->plans, end->elem);
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
    End *end = context;
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
    End *end = find_end(thread, b, slots[0].u32);
    if (!end) return VM_TRAP;
    if (end->state != IDLE) return not_idle(thread, end);
    if (end->waitable.set && !b->is_async) return vm_trap(thread, TRAP_WAITABLE_SYNC);
    uint32_t length = b->type->kind == WIT_FUTURE ? 1 : slots[2].u32;
    trap = set_buffer(b, end, slots[1].u32, length);
    if (trap) return vm_trap(thread, trap);
    end->state = COPYING;
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
    End *end = find_end(thread, b, slots[0].u32);
    if (!end) return VM_TRAP;
    if (end->state != COPYING || end->waitable.has_sync_waiter)
        return vm_trap_text(thread, TRAP_ASYNC,
                            "%s read/write cancelled when no read/write is pending", noun(b->kind));
    if (end->waitable.set && !b->is_async) return vm_trap(thread, TRAP_WAITABLE_SYNC);
    end->state = CANCELLING;
    if (end->shared->pending == end) notify_pending(end->shared, CANCELLED);
    return copied(thread, end, slots);
}

static VmStatus busy(VmThread *thread, VmWaitKind kind) {
    return vm_trap_text(thread, TRAP_ASYNC, "cannot %s busy %s",
                        is_writable(kind) ? "drop" : "remove", noun(kind));
}

BUILTIN(drop_end) {
    const Builtin *b = context;
    if (!b->instance->may_leave) return vm_trap(thread, TRAP_CANNOT_LEAVE);
    End *end = find_end(thread, b, slots[0].u32);
    if (!end) return VM_TRAP;
    if (end->state == COPYING || end->state == CANCELLING) return busy(thread, b->kind);
    if (b->kind == VM_WAIT_FUTURE_WRITE && end->state != DONE)
        return vm_trap_text(thread, TRAP_ASYNC,
                            "cannot drop future write end without first writing a value");
    Shared *shared = end->shared;
    if (!shared->dropped && shared->pending) notify_pending(shared, DROPPED);
    shared->dropped = true;
    end_free(b->instance, end, slots[0].u32);
    shared_release(shared);
    return VM_DONE;
}

/* ---- from guest to guest ---- */

Trap vm_lift_end(const VmSide *side, const WitType *type, uint32_t index, uint64_t *value) {
    VmThread *thread = vm_running(side->store);
    bool is_future = type->kind == WIT_FUTURE;
    const char *name = is_future ? "future" : "stream";
    End *end =
        vm_table_find(side->instance, index, is_future ? VM_WAIT_FUTURE_READ : VM_WAIT_STREAM_READ);
    if (!end || !is_of(end->shared, type->elem, side->types)) {
        wrong_end(thread, side->instance, index);
        return vm_trapped(thread);
    }
    if (end->state == DONE)
        vm_trap_text(thread, TRAP_ASYNC, "cannot lift %s after %s", name,
                     is_future ? "previous read succeeded"
                               : "being notified that the writable end dropped");
    else if (end->state != IDLE) busy(thread, end->waitable.kind);
    else if (end->waitable.set)
        vm_trap_text(thread, TRAP_ASYNC, "cannot lift %s while it's in a waitable set", name);
    if (vm_trapped(thread)) return vm_trapped(thread);
    *value = (uintptr_t)end->shared;
    end_free(side->instance, end, index);
    return TRAP_NONE;
}

Trap vm_lower_end(const VmSide *side, const WitType *type, uint64_t value, uint32_t *index) {
    VmWaitKind kind = type->kind == WIT_FUTURE ? VM_WAIT_FUTURE_READ : VM_WAIT_STREAM_READ;
    *index = end_new(side->instance, (Shared *)(uintptr_t)value, kind);
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
