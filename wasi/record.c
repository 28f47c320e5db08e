/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `--record`: an observer that writes each call into a file (record.h has its format). An event goes to
 * the file at once, by one write: a run that is killed leaves a record that is good so far.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "wasi/internal.h"
#include "wasi/record.h"

struct WasiRecord {
    WasiObserver observer;
    int fd;
    int fault; /* an errno; nothing is written any more */
    uint64_t left;
    bool is_full;
    Arena *arena;
    Map funcs; /* const WasiFunc * -> its number plus 1 */
    RecordStandard standard;
};

static void put(WasiRecord *record, const Buf *bytes) {
    for (size_t at = 0; at < bytes->len && !record->fault;) {
        ssize_t n = write(record->fd, bytes->ptr + at, bytes->len - at);
        if (n < 0 && errno != EINTR) record->fault = errno;
        if (n > 0) at += (size_t)n;
    }
}

static void put_event(WasiRecord *record, const Buf *payload) {
    Buf event = {.arena = payload->arena};
    if (payload->len > RECORD_MOST_EVENT) record->fault = EFBIG;
    buf_sized(&event, payload);
    buf_fixed32(&event, record_check(payload->ptr, payload->len));
    record->is_full |= event.len > record->left;
    if (record->is_full) return;
    record->left -= event.len;
    put(record, &event);
}

static void put_bytes(Buf *out, Str bytes) {
    buf_u32(out, (uint32_t)bytes.len);
    buf_str(out, bytes);
}

static void put_arguments(Buf *out, const WasiCall *call) {
    Buf cells = {.arena = out->arena};
    record_put_cells(&cells, call->abi->params, call->args);
    bool fits = cells.len <= RECORD_MOST_ARGUMENTS;
    buf_byte(out, !fits);
    if (fits) {
        buf_sized(out, &cells);
        return;
    }
    buf_u64(out, cells.len);
    buf_fixed64(out, str_hash(buf_text(&cells)));
}

static Str spliced(const WasiRecord *record, const WasiCall *call) {
    RecordOutput output;
    bool splices = record_output(&record->standard, call, &output) && output.spliced;
    return splices ? *wasi_spliced(call->wasi) : (Str){0};
}

static void put_outcome(const WasiRecord *record, Buf *out, const VmThread *thread,
                        const WasiCall *call, VmStatus status) {
    if (status == VM_EXIT) {
        buf_byte(out, 2);
        buf_s32(out, vm_exit_status(thread));
    } else if (status == VM_TRAP) {
        buf_byte(out, 1);
        buf_byte(out, (uint8_t)vm_trapped(thread));
        put_bytes(out, vm_trap_message(thread));
    } else {
        buf_byte(out, 0);
        if (call) record_put_cells(out, call->abi->result, call->result);
        put_bytes(out, call ? spliced(record, call) : (Str){0});
    }
}

/* The number of a function; it is told before it is used first. */
static uint32_t func_number(WasiRecord *record, const WasiCall *call) {
    MapEntry *entry = map_put_ptr(record->arena, &record->funcs, call->func, NULL);
    if (entry->value) return (uint32_t)entry->value - 1;
    entry->value = record->funcs.len;
    Arena *arena = arena_new();
    Buf payload = {.arena = arena};
    buf_byte(&payload, RECORD_FUNC);
    buf_name(&payload, str_from(call->interface->name));
    buf_name(&payload, str_from(call->func->name));
    buf_name(&payload, str_from(call->func->type));
    put_event(record, &payload);
    arena_free(arena);
    return (uint32_t)entry->value - 1;
}

/* kind function arguments start */
static void put_call(WasiRecord *record, Buf *payload, RecordKind kind, const WasiCall *call) {
    uint32_t func = func_number(record, call);
    buf_byte(payload, (uint8_t)kind);
    buf_u32(payload, func);
    put_arguments(payload, call);
    buf_u64(payload, call->start);
}

static void call_waits(void *context, const WasiCall *call) {
    WasiRecord *record = context;
    Buf payload = {.arena = arena_new()};
    put_call(record, &payload, RECORD_WAITS, call);
    put_event(record, &payload);
    arena_free(payload.arena);
}

static void call_ends(void *context, const VmThread *thread, const WasiCall *call,
                      VmStatus status) {
    WasiRecord *record = context;
    Buf payload = {.arena = arena_new()};
    if (call->waits) {
        buf_byte(&payload, RECORD_ANSWER);
        buf_u64(&payload, call->number);
    } else {
        put_call(record, &payload, RECORD_CALL, call);
    }
    buf_u64(&payload, call->ns);
    if (call->waits) buf_u64(&payload, call->waited);
    put_outcome(record, &payload, thread, call, status);
    put_event(record, &payload);
    arena_free(payload.arena);
    static const int any[2] = {0};
    if (status == VM_DONE) record_standard_ends(&record->standard, call, any);
}

static void handle_drops(void *context, uint64_t now, const char *resource, uint64_t rep) {
    record_standard_drops(&((WasiRecord *)context)->standard, resource, rep);
}

static void drop_refused(void *context, const char *resource, uint64_t rep, const char *why) {
    Buf payload = {.arena = arena_new()};
    buf_byte(&payload, RECORD_REFUSED);
    buf_name(&payload, str_from(resource));
    buf_u64(&payload, rep);
    put_bytes(&payload, str_from(why));
    put_event(context, &payload);
    arena_free(payload.arena);
}

void wasi_record_ends(WasiRecord *record, const VmThread *thread) {
    Buf payload = {.arena = arena_new()};
    buf_byte(&payload, RECORD_LAST);
    put_outcome(record, &payload, thread, NULL, vm_status(thread));
    put_event(record, &payload);
    arena_free(payload.arena);
}

bool wasi_record_is_full(const WasiRecord *record) { return record->is_full; }

WasiRecord *wasi_record_new(int fd, Str program, uint64_t most) {
    Arena *arena = arena_keep(arena_new());
    WasiRecord *record = ARENA_NEW(arena, WasiRecord);
    *record = (WasiRecord){.fd = fd, .left = most, .arena = arena};
    record->observer = (WasiObserver){.context = record,
                                      .waits = call_waits,
                                      .ends = call_ends,
                                      .drops = handle_drops,
                                      .refused = drop_refused};
    Buf head = {.arena = arena};
    buf_str(&head, STR(RECORD_MARK));
    buf_byte(&head, RECORD_VERSION);
    buf_name(&head, program);
    record->left -= head.len < most ? head.len : most;
    put(record, &head);
    return record;
}

WasiObserver *wasi_record_observer(WasiRecord *record) { return &record->observer; }

int wasi_record_free(WasiRecord *record) {
    int fault = record ? record->fault : 0;
    if (record) arena_free(record->arena);
    return fault;
}
