/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Ends of streams and futures that are the host's.
 *
 *     guest reads:   VmPort.move ── give ──> a list of values ──> the guest's buffer, or cells
 *     guest writes:  VmPort.move ── take <── a list of values <── the guest's buffer, or cells
 *
 * Numbers lie in the guest's own buffer and are shown to the host there, packed; all else comes in cells.
 */
#include "embed/internal.h"

typedef struct {
    witc_store *store;
    witc_give_fn give; /* either this or `take` */
    witc_take_fn take;
    void (*close)(void *context);
    void *context;
    uint64_t readable;
} Port;

/* One time that a port is asked. */
typedef struct {
    VmThread *thread;
    const Port *port;
    const WitType *type;
    const AbiPlan *plan;
    Arena *arena;
    void *items;
    bool is_number;
} Asking;

static VmFlow flow_of(VmThread *thread, witc_flow flow) {
    switch (flow) {
    case WITC_FLOW_MOVED: return VM_FLOW_MOVED;
    case WITC_FLOW_WAITS: return VM_FLOW_WAITS;
    case WITC_FLOW_ENDS: return VM_FLOW_ENDS;
    case WITC_FLOW_TRAPS: break;
    }
    if (!vm_trapped(thread)) vm_trap_text(thread, TRAP_HOST, "an end of the host has failed");
    return VM_FLOW_TRAPS;
}

static const witc_type *type_of(const Asking *a) {
    return a->type ? (const witc_type *)(const void *)wit_dealias(a->type) : NULL;
}
static witc_caller *caller_of(const Asking *a) { return (witc_caller *)(void *)a->thread; }

/* ---- to the host ---- */

static VmFlow to_host(const Asking *a, size_t *n) {
    witc_val list = witc_val_of(WITC_TYPE_LIST, 0, *n);
    if (a->is_number) {
        list = witc_val_packed(kind_of(a->type), a->items, *n);
    } else if (a->type && *n) {
        witc_val *values = ARENA_NEW_ARRAY(a->arena, witc_val, *n);
        for (size_t i = 0; i < *n; i++)
            value_of_cells(a->arena, a->plan, a->type,
                           (const AbiValue *)a->items + i * a->plan->op_count, &values[i]);
        list.of.items = values;
    }
    return flow_of(a->thread, a->port->take(caller_of(a), a->port->context, type_of(a), &list, n));
}

/* ---- from the host ---- */

static bool put_item(const Asking *a, const witc_val *list, size_t i, char why[EMBED_WHY]) {
    witc_val item;
    AbiValue cell;
    AbiValue *cells = a->is_number ? &cell : (AbiValue *)a->items + i * a->plan->op_count;
    why[0] = 0;
    if (!witc_val_item(list, i, &item) ||
        !cells_of_value(a->arena, a->plan, a->type, &item, cells, why))
        return false;
    if (a->is_number) abi_pack(a->plan, cell, (uint8_t *)a->items + i * a->plan->size);
    return true;
}

static bool put_items(const Asking *a, const witc_val *list) {
    char why[EMBED_WHY];
    bool is_whole = a->is_number && list->of.packed && list->index == (uint32_t)kind_of(a->type);
    if (is_whole && list->count) memcpy(a->items, list->of.packed, list->count * a->plan->size);
    for (size_t i = 0; i < list->count && a->type && !is_whole; i++) {
        if (put_item(a, list, i, why)) continue;
        vm_trap_text(a->thread, TRAP_HOST, "item %zu of a stream or future of the host: %s", i,
                     why[0] ? why : "it is not there");
        return false;
    }
    return true;
}

static VmFlow from_host(const Asking *a, size_t *n) {
    witc_val list = witc_val_of(WITC_TYPE_LIST, 0, 0);
    witc_arena lent = {.engine = a->port->store->engine, .arena = a->arena, .is_lent = true};
    size_t most = *n;
    *n = 0;
    VmFlow flow = flow_of(
        a->thread, a->port->give(caller_of(a), a->port->context, type_of(a), most, &list, &lent));
    if (flow == VM_FLOW_WAITS || flow == VM_FLOW_TRAPS) return flow;
    if (list.kind != WITC_TYPE_LIST || list.count > most) {
        vm_trap_text(a->thread, TRAP_HOST,
                     "a stream or future of the host gave no list of at most %zu items", most);
        return VM_FLOW_TRAPS;
    }
    if (!put_items(a, &list)) return VM_FLOW_TRAPS;
    *n = list.count;
    return flow;
}

/* ---- the port ---- */

static VmFlow move(VmThread *thread, void *context, void *items, size_t *n, Arena *scratch) {
    const Port *port = context;
    Asking a = {.thread = thread, .port = port, .items = items};
    Arena *mine = scratch ? NULL : arena_new();
    a.plan = vm_stream_items(port->store->vm, port->readable, &a.type);
    a.is_number = vm_is_number_item(a.type);
    a.arena = scratch ? scratch : mine;
    VmFlow flow = VM_FLOW_WAITS;
    if (a.plan) flow = port->give ? from_host(&a, n) : to_host(&a, n);
    else *n = 0;
    arena_free(mine);
    return flow;
}

static void close_port(void *context) {
    Port *port = context;
    if (port->close) port->close(port->context);
    engine_release(port->store->engine, port);
}

static const VmPort embed_port = {move, close_port};

typedef struct {
    Port *port;
    bool is_future;
} Opening;

static void open_new(void *context) {
    const Opening *o = context;
    VmStore *vm = o->port->store->vm;
    o->port->readable = o->is_future ? vm_future_new(vm, &embed_port, o->port)
                                     : vm_stream_new(vm, &embed_port, o->port);
}

/* A port; NULL: no memory. */
static Port *port_new(witc_store *store, const Port *like) {
    Port *port = engine_new(store->engine, sizeof *port);
    if (!port) store_limited(store, TRAP_NO_MEMORY);
    else *port = *like, port->store = store;
    return port;
}

witc_status witc_stream_new(witc_store *store, witc_type_kind kind, witc_give_fn give,
                            void (*close)(void *context), void *context, witc_val *readable) {
    if (kind != WITC_TYPE_STREAM && kind != WITC_TYPE_FUTURE)
        return store_fail(store, WITC_REFUSED, "neither a stream nor a future");
    Port *port = port_new(store, &(Port){.give = give, .close = close, .context = context});
    if (!port) return WITC_NO_MEMORY;
    Opening o = {port, kind == WITC_TYPE_FUTURE};
    bool made = arena_try(&store->engine->memory, open_new, &o) && port->readable;
    if (!made) engine_release(store->engine, port);
    if (!made) return store_limited(store, TRAP_NO_MEMORY);
    *readable = witc_val_handle(kind, port->readable);
    return WITC_DONE;
}

static bool is_readable(witc_store *store, const witc_val *v) {
    if ((v->kind == WITC_TYPE_STREAM || v->kind == WITC_TYPE_FUTURE) && v->of.handle) return true;
    store_fail(store, WITC_REFUSED, "neither a stream nor a future");
    return false;
}

witc_status witc_stream_read(witc_store *store, const witc_val *readable, witc_take_fn take,
                             void (*close)(void *context), void *context) {
    if (!is_readable(store, readable)) return WITC_REFUSED;
    Port *port = port_new(store, &(Port){.take = take, .close = close, .context = context});
    if (!port) return WITC_NO_MEMORY;
    port->readable = readable->of.handle;
    vm_stream_read(store->vm, port->readable, &embed_port, port);
    return WITC_DONE;
}

witc_status witc_stream_drop(witc_store *store, const witc_val *readable) {
    if (!is_readable(store, readable)) return WITC_REFUSED;
    vm_stream_drop(store->vm, readable->of.handle);
    return WITC_DONE;
}
