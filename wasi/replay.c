/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `--replay`: an observer that answers every call from a record (record.h) in place of the host, and
 * writes again what the program wrote. The next event is always known:
 *
 *     a new call   next is CALL    the same function and arguments: its outcome
 *                  next is WAITS   likewise, and if its ANSWER follows, that; else it waits
 *     asked again  next is ANSWER  of this call: its outcome; else it goes on waiting
 *     a drop       next is REFUSED, of that handle: it traps
 *     the end      next is LAST
 *
 * Whatever differs first ends the run: the guest is made to exit, and a diagnostic tells what was
 * recorded and what came. A file is only as good as its bytes: each event has a check, and values are
 * read as if a stranger had written them.
 */
#include <errno.h>
#include <unistd.h>

#include "wasi/internal.h"
#include "wasi/record.h"

enum { MOST_IN_VAIN = 100000, MOST_ZEROES = 1 << 24 };

typedef struct {
    Str interface, name, shape;
} Func;

typedef struct {
    RecordKind kind;
    size_t offset;
    uint64_t call; /* of an ANSWER */
    uint32_t func;
    bool has_digest;
    Str resource, message; /* of a REFUSED, */
    uint64_t rep;
    Str cells; /* the arguments, or */
    uint64_t size, digest;
    uint64_t start, ns, waited;
    Reader outcome;
} Event;

struct WasiReplay {
    WasiObserver observer;
    Arena *arena;
    Reader r;
    Str program;
    VEC(Func) funcs;
    Event next;
    int fds[2];
    bool filters[2]; /* which of them is a terminal */
    WasiFilter filter[2];
    RecordStandard standard;
    uint32_t in_vain; /* how often calls were asked that go on waiting, since the last event */
    bool failed;
    int output_error; /* of what was written to standard output; 0: none */
};

/* ---- reading ---- */

static void read_func(WasiReplay *replay, Reader *r) {
    Func f = {.interface = reader_name(r)};
    f.name = reader_name(r);
    f.shape = reader_name(r);
    if (!r->failed) *vec_push(replay->arena, &replay->funcs) = f;
}

static Str take_bytes(Reader *r) { return reader_bytes(r, reader_u32(r)); }

/* function arguments start */
static void read_call(WasiReplay *replay, Reader *r, Event *e) {
    size_t at = reader_offset(r);
    e->func = reader_u32(r);
    if (e->func >= replay->funcs.len)
        reader_fail(r, at, RUN_RECORD_FUNC, e->func, replay->funcs.len);
    at = reader_offset(r);
    uint8_t form = reader_u8(r);
    if (form > 1) reader_fail(r, at, RUN_RECORD_EVENT);
    e->has_digest = form;
    if (form) {
        e->size = reader_u64(r);
        e->digest = reader_fixed64(r);
    } else {
        e->cells = reader_bytes(r, reader_u32(r));
    }
    e->start = reader_u64(r);
}

static void read_payload(WasiReplay *replay, Reader *r, Event *e) {
    uint8_t kind = reader_u8(r);
    e->kind = (RecordKind)kind;
    switch (kind) {
    case RECORD_FUNC: read_func(replay, r); break;
    case RECORD_CALL:
        read_call(replay, r, e);
        e->ns = reader_u64(r);
        break;
    case RECORD_WAITS: read_call(replay, r, e); break;
    case RECORD_ANSWER:
        e->call = reader_u64(r);
        e->ns = reader_u64(r);
        e->waited = reader_u64(r);
        break;
    case RECORD_REFUSED:
        e->resource = reader_name(r);
        e->rep = reader_u64(r);
        e->message = take_bytes(r);
        break;
    case RECORD_LAST: break;
    default: reader_fail(r, e->offset, RUN_RECORD_EVENT);
    }
    bool has_outcome = kind == RECORD_CALL || kind == RECORD_ANSWER || kind == RECORD_LAST;
    if (!has_outcome && !reader_at_end(r)) reader_fail(r, reader_offset(r), RUN_RECORD_EVENT);
    e->outcome = *r;
}

/* A file that ends within an event ends before it. */
static void read_event(WasiReplay *replay) {
    Reader *r = &replay->r;
    Event *e = &replay->next;
    *e = (Event){.kind = RECORD_END_OF_FILE, .offset = reader_offset(r)};
    Reader probe = *r;
    probe.diags = NULL;
    uint32_t size = reader_u32(&probe);
    if (probe.failed || reader_left(&probe) < (uint64_t)size + 4) return;
    probe.diags = r->diags;
    *r = probe;
    Reader payload = reader_sub(r, size);
    bool good = record_check(payload.ptr, size) == reader_fixed32(r);
    if (!good) reader_fail(r, e->offset, RUN_RECORD_CHECK);
    else read_payload(replay, &payload, e);
    reader_join(r, &payload);
    replay->failed |= r->failed;
}

static void next_event(WasiReplay *replay) {
    replay->in_vain = 0;
    do read_event(replay);
    while (replay->next.kind == RECORD_FUNC && !replay->failed);
}

/* ---- differences ---- */

static VmStatus give_up(WasiReplay *replay, VmThread *thread) {
    replay->failed = true;
    return vm_exit(thread, 1);
}

static Str func_name(WasiReplay *replay, Str interface, Str name) {
    return STR_JOIN(replay->arena, interface, STR("."), name);
}

static Str call_text(WasiReplay *replay, const WasiCall *call, const AbiValue *args) {
    static const AbiShow show = {64};
    Buf text = {.arena = replay->arena};
    buf_str(&text, func_name(replay, str_from(call->interface->name), str_from(call->func->name)));
    abi_wave_show_args(call->abi->params, &call->type->params, args, &show, &text);
    return buf_text(&text);
}

/* What an event was, next to this call. */
static Str event_text(WasiReplay *replay, const Event *e, const WasiCall *call) {
    Arena *arena = replay->arena;
    if (e->kind == RECORD_ANSWER)
        return str_fmt(arena, "the end of call %" PRIu64 ", which waited", e->call);
    if (e->kind == RECORD_LAST) return STR("the end of the program");
    if (e->kind == RECORD_REFUSED)
        return str_fmt(arena, "drop %.*s#%" PRIu64 ", which trapped", STR_ARG(e->resource), e->rep);
    const Func *f = &replay->funcs.at[e->func];
    Str name = func_name(replay, f->interface, f->name);
    if (e->has_digest)
        return str_fmt(arena, "%.*s with %" PRIu64 " bytes of arguments, digest %016" PRIx64,
                       STR_ARG(name), e->size, e->digest);
    bool same =
        call && str_is(f->interface, call->interface->name) && str_is(f->name, call->func->name);
    if (!same) return name;
    const AbiPlan *params = call->abi->params;
    AbiValue *cells = ARENA_NEW_ARRAY(arena, AbiValue, params->op_count);
    Source source = {.text = e->cells};
    Reader r = reader_of(&source, NULL);
    return record_take_cells(&r, params, arena, cells) ? call_text(replay, call, cells) : name;
}

static VmStatus differs(WasiReplay *replay, VmThread *thread, const WasiCall *call) {
    const Event *e = &replay->next;
    Diags *diags = replay->r.diags;
    Str recorded = event_text(replay, e, call), came = call_text(replay, call, call->args);
    diag(diags, RUN_REPLAY_DIFFERS, reader_span(&replay->r, e->offset), call->number);
    diag_note(diags, RUN_REPLAY_RECORDED, span_none(), STR_ARG(recorded));
    diag_note(diags, RUN_REPLAY_CAME, span_none(), STR_ARG(came));
    return give_up(replay, thread);
}

static bool same_call(WasiReplay *replay, const WasiCall *call) {
    const Event *e = &replay->next;
    if (e->kind != RECORD_CALL && e->kind != RECORD_WAITS) return false;
    const Func *f = &replay->funcs.at[e->func];
    if (!str_is(f->interface, call->interface->name) || !str_is(f->name, call->func->name))
        return false;
    Buf cells = {.arena = arena_new()};
    record_put_cells(&cells, call->abi->params, call->args);
    Str came = buf_text(&cells);
    bool same =
        e->has_digest ? e->size == came.len && e->digest == str_hash(came) : str_eq(e->cells, came);
    arena_free(cells.arena);
    return same;
}

static bool same_shape(WasiReplay *replay, const WasiCall *call) {
    const Func *f = &replay->funcs.at[replay->next.func];
    if (str_is(f->shape, call->func->type)) return true;
    Str name = func_name(replay, f->interface, f->name);
    diag(replay->r.diags, RUN_RECORD_SHAPE, reader_span(&replay->r, replay->next.offset),
         STR_ARG(name), STR_ARG(f->shape), call->func->type);
    return false;
}

/* ---- outcomes ---- */

/* As when it was recorded, who reads may have gone; where it cannot be written, that is told in the end. */
static void write_all(WasiReplay *replay, int fd, const char *bytes, size_t n) {
    while (n) {
        ssize_t written = write(fd, bytes, n);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno != EPIPE && fd == replay->fds[0]) replay->output_error = errno;
        if (written <= 0) return;
        bytes += written;
        n -= (size_t)written;
    }
}

/* A terminal is shown no more of a record than of a guest. */
static void show_all(WasiReplay *replay, int fd, const char *bytes, size_t n) {
    bool error = fd == replay->fds[1];
    if (!replay->filters[error]) {
        write_all(replay, fd, bytes, n);
        return;
    }
    Arena *arena = arena_new();
    uint8_t *shown = ARENA_NEW_ARRAY(arena, uint8_t, WASI_FILTERED(n));
    n = wasi_filter_bytes(&replay->filter[error], (const uint8_t *)bytes, n, shown);
    write_all(replay, fd, (const char *)shown, n);
    arena_free(arena);
}

static bool write_again(WasiReplay *replay, const WasiCall *call, Str spliced) {
    RecordOutput out;
    if (!record_output(&replay->standard, call, &out)) return true;
    static const char zeroes[4096];
    if (out.spliced) show_all(replay, out.fd, spliced.ptr, spliced.len);
    else if (out.bytes) show_all(replay, out.fd, out.bytes, out.n);
    if (out.spliced || out.bytes) return true;
    if (out.n > MOST_ZEROES) return false;
    for (uint64_t left = out.n, n; left; left -= n) {
        n = left < sizeof zeroes ? left : sizeof zeroes;
        show_all(replay, out.fd, zeroes, n);
    }
    return true;
}

static VmStatus take_trap(Reader *r, VmThread *thread) {
    uint8_t trap = reader_u8(r);
    Str message = take_bytes(r);
    if (trap == TRAP_NONE || trap >= TRAP_COUNT) reader_stop(r);
    return r->failed ? VM_TRAP : vm_trap_text(thread, (Trap)trap, "%.*s", STR_ARG(message));
}

static VmStatus take_outcome(WasiReplay *replay, VmThread *thread, WasiCall *call, AbiValue *result,
                             Arena *scratch) {
    Reader r = replay->next.outcome;
    size_t at = reader_offset(&r);
    bool good = true;
    VmStatus status = VM_DONE;
    switch (reader_u8(&r)) {
    case 0: {
        good = record_take_cells(&r, call->abi->result, scratch, result);
        Str spliced = take_bytes(&r);
        if (good && !r.failed) good = write_again(replay, call, spliced);
        if (good && !r.failed) record_standard_ends(&replay->standard, call, replay->fds);
        break;
    }
    case 1: status = take_trap(&r, thread); break;
    case 2: status = vm_exit(thread, reader_s32(&r)); break;
    default: good = false;
    }
    if (good && !r.failed && reader_at_end(&r)) {
        next_event(replay);
        return status;
    }
    Str name = func_name(replay, str_from(call->interface->name), str_from(call->func->name));
    if (!replay->failed && replay->r.diags)
        diag(replay->r.diags, RUN_RECORD_VALUE, reader_span(&replay->r, at), STR_ARG(name));
    return give_up(replay, thread);
}

/* ---- the observer ---- */

/* What stopped the recorded run from outside (a limit of time, Ctrl-C) stops this one, too. */
static bool is_stopped(WasiReplay *replay, VmThread *thread) {
    Reader r = replay->next.outcome;
    if (replay->next.kind != RECORD_LAST || reader_u8(&r) != 1) return false;
    uint8_t trap = reader_peek(&r);
    if (trap != TRAP_TIMEOUT && trap != TRAP_INTERRUPTED && trap != TRAP_FUEL) return false;
    return take_trap(&r, thread) == VM_TRAP && !r.failed;
}

static VmStatus ends_early(WasiReplay *replay, VmThread *thread, const WasiCall *call) {
    diag(replay->r.diags, RUN_RECORD_ENDS, reader_span(&replay->r, replay->next.offset),
         call->number);
    Str came = call_text(replay, call, call->args);
    diag_note(replay->r.diags, RUN_REPLAY_CAME, span_none(), STR_ARG(came));
    return give_up(replay, thread);
}

static VmStatus wait_on(WasiReplay *replay, VmThread *thread, WasiCall *call, AbiValue *result,
                        Arena *scratch) {
    const Event *e = &replay->next;
    if (e->kind == RECORD_ANSWER && e->call == call->number) {
        call->waits = true;
        call->ns = e->ns;
        call->waited = e->waited;
        return take_outcome(replay, thread, call, result, scratch);
    }
    if (e->kind == RECORD_END_OF_FILE) return ends_early(replay, thread, call);
    if (is_stopped(replay, thread)) return VM_TRAP;
    if (++replay->in_vain > MOST_IN_VAIN) return differs(replay, thread, call);
    wasi_want_time(call->wasi, 0);
    return VM_SUSPEND;
}

static VmStatus answer(void *context, VmThread *thread, WasiCall *call, AbiValue *result,
                       Arena *scratch) {
    WasiReplay *replay = context;
    const Event *e = &replay->next;
    if (replay->failed) return give_up(replay, thread);
    if (call->waits) return wait_on(replay, thread, call, result, scratch);
    if (e->kind == RECORD_END_OF_FILE) return ends_early(replay, thread, call);
    if (is_stopped(replay, thread)) return VM_TRAP;
    if (!same_call(replay, call)) return differs(replay, thread, call);
    if (!same_shape(replay, call)) return give_up(replay, thread);
    call->start = e->start;
    call->ns = e->ns;
    if (e->kind == RECORD_CALL) return take_outcome(replay, thread, call, result, scratch);
    next_event(replay);
    if (replay->failed) return give_up(replay, thread);
    return wait_on(replay, thread, call, result, scratch);
}

static void handle_drops(void *context, uint64_t now, const char *resource, uint64_t rep) {
    record_standard_drops(&((WasiReplay *)context)->standard, resource, rep);
}

static const char *drop_refuses(void *context, const char *resource, uint64_t rep) {
    WasiReplay *replay = context;
    const Event *e = &replay->next;
    if (replay->failed || e->kind != RECORD_REFUSED) return NULL;
    if (e->rep != rep || !str_is(e->resource, resource)) return NULL;
    const char *why = str_c(replay->arena, e->message);
    next_event(replay);
    return why;
}

WasiReplay *wasi_replay_new(const Source *file, int stdout_fd, int stderr_fd, Diags *diags) {
    Source *binary = ARENA_NEW(diags->arena, Source);
    *binary = *file;
    binary->binary = true;
    Arena *arena = arena_keep(arena_new());
    WasiReplay *replay = ARENA_NEW(arena, WasiReplay);
    *replay =
        (WasiReplay){.arena = arena, .r = reader_of(binary, diags), .fds = {stdout_fd, stderr_fd}};
    replay->observer = (WasiObserver){
        .context = replay, .answer = answer, .drops = handle_drops, .refuses = drop_refuses};
    Reader *r = &replay->r;
    size_t magic = sizeof RECORD_MARK - 1;
    if (!str_starts(file->text, STR(RECORD_MARK))) reader_fail(r, 0, RUN_RECORD_MAGIC);
    reader_bytes(r, r->failed ? 0 : magic);
    uint8_t version = reader_u8(r);
    if (version != RECORD_VERSION)
        reader_fail(r, reader_offset(r) - 1, RUN_RECORD_VERSION, version, RECORD_VERSION);
    replay->program = reader_name(r);
    if (!r->failed) next_event(replay);
    if (!r->failed) return replay;
    wasi_replay_free(replay);
    return NULL;
}

void wasi_replay_filter(WasiReplay *replay, bool out, bool error) {
    replay->filters[0] = out;
    replay->filters[1] = error;
}

void wasi_replay_free(WasiReplay *replay) {
    if (replay) arena_free(replay->arena);
}

Str wasi_replay_program(const WasiReplay *replay) { return replay->program; }
WasiObserver *wasi_replay_observer(WasiReplay *replay) { return &replay->observer; }
bool wasi_replay_failed(const WasiReplay *replay) { return replay->failed; }

/* ---- the end ---- */

static Str end_text(Arena *arena, VmStatus status, int exit_status, Str trap) {
    if (status == VM_EXIT) return str_fmt(arena, "exit %d", exit_status);
    return status == VM_TRAP ? STR_JOIN(arena, STR("trap: "), trap) : STR("it returned");
}

static Str recorded_end(WasiReplay *replay) {
    Reader r = replay->next.outcome;
    uint8_t form = reader_u8(&r);
    if (form == 2) return end_text(replay->arena, VM_EXIT, reader_s32(&r), (Str){0});
    if (form == 0) return end_text(replay->arena, VM_DONE, 0, (Str){0});
    reader_u8(&r);
    return end_text(replay->arena, VM_TRAP, 0, take_bytes(&r));
}

bool wasi_replay_ends(WasiReplay *replay, const VmThread *thread) {
    Diags *diags = replay->r.diags;
    const Event *e = &replay->next;
    Span span = reader_span(&replay->r, e->offset);
    if (replay->output_error)
        diag(diags, FILE_WRITE, span_none(), 1, "-", strerror(replay->output_error));
    if (replay->failed || replay->output_error) return false;
    if (e->kind == RECORD_END_OF_FILE) diag(diags, RUN_REPLAY_NO_END, span);
    if (e->kind == RECORD_END_OF_FILE) return true;
    VmStatus status = vm_status(thread);
    Str came = end_text(replay->arena, status, status == VM_EXIT ? vm_exit_status(thread) : 0,
                        vm_trap_message(thread));
    bool last = e->kind == RECORD_LAST;
    Str recorded = last ? recorded_end(replay) : event_text(replay, e, NULL);
    if (last && str_eq(recorded, came)) return true;
    diag(diags, RUN_REPLAY_END, span);
    diag_note(diags, RUN_REPLAY_RECORDED, span_none(), STR_ARG(recorded));
    diag_note(diags, RUN_REPLAY_CAME, span_none(), STR_ARG(came));
    replay->failed = true;
    return false;
}
