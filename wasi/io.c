/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * wasi:io: errors, pollables and byte streams over file descriptors.
 *
 * Nothing here waits: a call that should is answered with VM_SUSPEND after saying what it waits
 * for, and is asked again. A blocking write hands its bytes over once (`blocked`), and then only
 * looks whether they have left.
 *
 * Reads go to the descriptor for just the bytes that the guest asked for, so none are lost to
 * others who read from it. Writes are not kept back either: bytes stay pending only while the
 * descriptor does not take them, and while some do, check-write permits nothing. They leave while
 * the guest waits for whatever it is (the list of busy outputs).
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "wasi/internal.h"

enum { FILE_PERMIT = 1 << 20, SOCKET_PERMIT = 64 << 10 };

/* ---- error ---- */

WASI_FN(to_debug_string) {
    const WasiError *error = wasi_get(thread, context, &args[0], WASI_ERROR);
    if (!error) return VM_TRAP;
    const char *text = error->http.text[0] ? error->http.text : strerror(error->code);
    wasi_string(result, str_copy(scratch, str_from(text)));
    return VM_DONE;
}

/* ---- readiness ---- */

static bool is_dry(const WasiInput *in) {
    return !in->closed && !wasi_body_queued(in->body) &&
           wasi_body_state(in->body) == WASI_BODY_OPEN;
}

static bool is_full(const WasiOutput *out) {
    return !out->closed && !wasi_body_is_abandoned(out->sink->body) &&
           !wasi_body_room(out->sink->body);
}

/* A guest may ask again and again, and never wait: requests go on all the same. */
static bool body_waits(const WasiInput *in, struct pollfd *want) {
    want->fd = WASI_FD_BODY;
    if (is_dry(in)) wasi_http_pump(in->object.maker);
    return is_dry(in);
}

static bool sink_waits(const WasiOutput *out, struct pollfd *want) {
    want->fd = WASI_FD_BODY;
    if (is_full(out)) wasi_http_pump(out->object.maker);
    return is_full(out);
}

/* What a pollable of the object waits for; false: it is ready. */
static bool waits_for(const WasiObject *object, struct pollfd *want) {
    switch (object->kind) {
    case WASI_INPUT_STREAM: {
        const WasiInput *in = (const WasiInput *)object;
        *want = (struct pollfd){.fd = in->fd, .events = POLLIN};
        if (in->medium == WASI_MEDIUM_BODY) return body_waits(in, want);
        return !in->closed && in->fd >= 0 && in->medium != WASI_MEDIUM_FILE;
    }
    case WASI_OUTPUT_STREAM: {
        const WasiOutput *out = (const WasiOutput *)object;
        *want = (struct pollfd){.fd = out->fd, .events = POLLOUT};
        if (out->medium == WASI_MEDIUM_BODY) return sink_waits(out, want);
        return !out->closed && out->fd >= 0 && out->medium != WASI_MEDIUM_FILE;
    }
    case WASI_TCP_SOCKET: return wasi_tcp_waits(object, want);
    case WASI_INCOMING_DATAGRAM_STREAM:
    case WASI_OUTGOING_DATAGRAM_STREAM: return wasi_udp_waits(object, want);
    case WASI_RESOLVE_ADDRESS_STREAM: return wasi_lookup_waits(object, want);
    case WASI_FUTURE_TRAILERS:
    case WASI_FUTURE_INCOMING_RESPONSE: return wasi_http_waits(object, want);
    default: return false;
    }
}

static bool is_object_ready(const WasiObject *object) {
    struct pollfd p;
    return !waits_for(object, &p) || (p.fd >= 0 && wasi_is_ready(object->maker, p.fd, p.events));
}

static bool can_read(const WasiInput *in) { return is_object_ready(&in->object); }
static bool can_write(const WasiOutput *out) { return is_object_ready(&out->object); }

static bool is_pollable_ready(const WasiPollable *pollable) {
    const WasiObject *parent = pollable->object.parent;
    if (parent) return is_object_ready(parent);
    return wasi_read_clock(pollable->object.maker) >= pollable->deadline &&
           pollable->deadline != UINT64_MAX;
}

static void want(Wasi *wasi, const WasiPollable *pollable) {
    const WasiObject *parent = pollable->object.parent;
    struct pollfd p;
    if (!parent) wasi_want_time(wasi, pollable->deadline);
    else if (waits_for(parent, &p)) wasi_want_fd(wasi, p.fd, p.events);
    else wasi_want_time(wasi, wasi_time(wasi)); /* ready meanwhile, by a thread: it asks again */
}

/* ---- poll ---- */

VmStatus wasi_pollable(VmThread *thread, Wasi *wasi, WasiObject *parent, uint64_t deadline,
                       AbiValue *out) {
    WasiPollable *pollable = wasi_make(thread, wasi, WASI_POLLABLE, sizeof *pollable, parent, out);
    if (!pollable) return VM_TRAP;
    pollable->deadline = deadline;
    return VM_DONE;
}

WASI_FN(pollable_ready) {
    const WasiPollable *pollable = wasi_get(thread, context, &args[0], WASI_POLLABLE);
    if (!pollable) return VM_TRAP;
    result->bits = is_pollable_ready(pollable);
    return VM_DONE;
}

WASI_FN(pollable_block) {
    const WasiPollable *pollable = wasi_get(thread, context, &args[0], WASI_POLLABLE);
    if (!pollable) return VM_TRAP;
    if (is_pollable_ready(pollable)) return VM_DONE;
    want(context, pollable);
    return VM_SUSPEND;
}

/* The answer is the indices of those that are ready, in the order in which they were given. (Other
 * processes may have a descriptor too, so what was ready may no longer be.) */
static VmStatus poll_now(VmThread *thread, Wasi *wasi, const AbiValue *args, AbiValue *result,
                         Arena *scratch) {
    const AbiValue *handles = args[0].list.items;
    size_t n = args[0].list.len, ready = 0;
    if (n == 0) return vm_trap_text(thread, TRAP_HOST, "poll of an empty list");
    if (n > UINT32_MAX) return vm_trap_text(thread, TRAP_HOST, "poll of too many");
    for (size_t i = 0; i < n; i++) {
        const WasiPollable *pollable = wasi_get(thread, wasi, &handles[i], WASI_POLLABLE);
        if (!pollable) return VM_TRAP;
        ready += is_pollable_ready(pollable);
    }
    for (size_t i = 0; i < n && ready == 0; i++)
        want(wasi, wasi_get(thread, wasi, &handles[i], WASI_POLLABLE));
    if (ready == 0) return VM_SUSPEND;
    uint32_t *indices = ARENA_NEW_ARRAY(scratch, uint32_t, n);
    result->list.items = indices;
    result->list.len = 0;
    for (size_t i = 0; i < n; i++) {
        const WasiPollable *pollable = wasi_get(thread, wasi, &handles[i], WASI_POLLABLE);
        if (is_pollable_ready(pollable)) indices[result->list.len++] = (uint32_t)i;
    }
    if (result->list.len) return VM_DONE;
    wasi_want_time(wasi, wasi_time(wasi));
    return VM_SUSPEND;
}

WASI_FN(poll_list) {
    wasi_http_pump(context);
    wasi_http_rest(context, true);
    VmStatus status = poll_now(thread, context, args, result, scratch);
    wasi_http_rest(context, false);
    return status;
}

/* ---- stream errors: last-operation-failed(error), closed ---- */

static VmStatus closed(AbiValue *result, Arena *scratch) {
    wasi_case(result, 1, 1, scratch)->variant.index = 1;
    return VM_DONE;
}

static WasiError *failed(VmThread *thread, Wasi *wasi, int code, WasiMedium medium,
                         AbiValue *result, Arena *scratch) {
    AbiValue *error = wasi_case(wasi_case(result, 1, 1, scratch), 0, 1, scratch);
    WasiError *object = wasi_make(thread, wasi, WASI_ERROR, sizeof *object, NULL, error);
    if (!object) return NULL;
    object->code = code;
    object->medium = medium;
    return object;
}

/* ---- input ---- */

static void free_input(WasiObject *object) {
    WasiInput *in = (WasiInput *)object;
    if (in->owner) *in->owner = NULL;
}

WasiInput *wasi_input(VmThread *thread, Wasi *wasi, int fd, WasiObject *parent, AbiValue *out) {
    WasiInput *in = wasi_make(thread, wasi, WASI_INPUT_STREAM, sizeof *in, parent, out);
    if (!in) return NULL;
    in->object.free = free_input;
    in->fd = fd;
    in->closed = fd < 0;
    return in;
}

WasiInput *wasi_body_input(VmThread *thread, Wasi *wasi, WasiBody *body, WasiObject *parent,
                           AbiValue *out) {
    WasiInput *in = wasi_input(thread, wasi, WASI_FD_BODY, parent, out);
    if (!in) return NULL;
    in->medium = WASI_MEDIUM_BODY;
    in->body = body;
    in->closed = false;
    return in;
}

static ssize_t read_body(WasiInput *in, uint8_t *bytes, size_t n) {
    size_t got = 0;
    if (!wasi_body_queued(in->body)) wasi_http_pump(in->object.maker);
    for (Str more; got < n && (more = wasi_body_peek(in->body)).len > 0; got += more.len) {
        more.len = more.len < n - got ? more.len : n - got;
        memcpy(bytes + got, more.ptr, more.len);
        wasi_body_take(in->body, more.len);
    }
    WasiBodyState state = wasi_body_state(in->body);
    if (got || state == WASI_BODY_OPEN) return (ssize_t)got;
    in->closed = true;
    errno = state == WASI_BODY_FAILED ? EPROTO : 0;
    return -1;
}

static const WasiSockets *sockets_of(const WasiObject *stream) {
    return wasi_system(stream->maker)->sockets;
}

static ssize_t read_socket(const WasiInput *in, void *bytes, uint64_t n) {
    const WasiSockets *sockets = sockets_of(&in->object);
    return sockets->receive(sockets, in->fd, bytes, n, NULL);
}

/* A file has all its bytes there: no fault means that more may come later. */
static ssize_t read_file(const WasiInput *in, void *bytes, size_t n) {
    ssize_t got = 0;
    if (in->offset > INT64_MAX) return 0;
    do got = in->files->read(in->files, in->fd, bytes, n, in->offset);
    while (got < 0 && errno == EINTR);
    return got;
}

/* Reads at most `n` bytes that are there: their number, or -1 and an errno, which is 0 at the end. */
static ssize_t read_now(WasiInput *in, void *bytes, uint64_t n) {
    if (in->medium == WASI_MEDIUM_BODY) return read_body(in, bytes, n);
    if (!can_read(in)) return 0;
    bool is_file = in->medium == WASI_MEDIUM_FILE;
    ssize_t got = is_file                            ? read_file(in, bytes, n)
                  : in->medium == WASI_MEDIUM_SOCKET ? read_socket(in, bytes, n)
                                                     : read(in->fd, bytes, n);
    if (got > 0) in->offset += (uint64_t)got;
    if (got > 0) return got;
    if (got < 0 && !is_file && (errno == EAGAIN || errno == EINTR)) return 0;
    if (got == 0) errno = 0;
    in->closed = true;
    return -1;
}

/* Ends a read that gave an errno (0: the end). */
static VmStatus input_failed(VmThread *thread, Wasi *wasi, const WasiInput *in, int code,
                             AbiValue *result, Arena *scratch) {
    if (code == 0) return closed(result, scratch);
    WasiError *error = failed(thread, wasi, code, in->medium, result, scratch);
    if (error && in->body) error->http = *wasi_body_error(in->body);
    return error ? VM_DONE : VM_TRAP;
}

/* What all four reads do. `*n` is in: at most; out: how many. VM_DONE with *n 0 and an error in the
 * result where it failed. */
static VmStatus input(VmThread *thread, Wasi *wasi, const AbiValue *args, AbiValue *result,
                      Arena *scratch, bool blocks, uint8_t **bytes, size_t *n) {
    WasiInput *in = wasi_get(thread, wasi, &args[0], WASI_INPUT_STREAM);
    if (!in) return VM_TRAP;
    *bytes = NULL;
    *n = 0;
    if (in->closed) return closed(result, scratch);
    if (blocks && !can_read(in)) {
        wasi_want_fd(wasi, in->fd, POLLIN);
        return VM_SUSPEND;
    }
    wasi_case(result, 0, 1, scratch);
    uint64_t limit = wasi_limits(wasi)->max_read;
    size_t most = args[1].bits < limit ? args[1].bits : limit;
    if (most == 0) return VM_DONE;
    *bytes = arena_alloc(scratch, most);
    ssize_t got = read_now(in, *bytes, most);
    if (got < 0) return input_failed(thread, wasi, in, errno, result, scratch);
    *n = (size_t)got;
    return VM_DONE;
}

static VmStatus read_list(VmThread *thread, Wasi *wasi, const AbiValue *args, AbiValue *result,
                          Arena *scratch, bool blocks) {
    uint8_t *bytes;
    size_t n;
    VmStatus status = input(thread, wasi, args, result, scratch, blocks, &bytes, &n);
    if (status != VM_DONE || result->variant.index) return status;
    result->variant.payload->list.items = bytes;
    result->variant.payload->list.len = n;
    return VM_DONE;
}

static VmStatus skip_bytes(VmThread *thread, Wasi *wasi, const AbiValue *args, AbiValue *result,
                           Arena *scratch, bool blocks) {
    uint8_t *bytes;
    size_t n;
    VmStatus status = input(thread, wasi, args, result, scratch, blocks, &bytes, &n);
    if (status == VM_DONE && !result->variant.index) result->variant.payload->bits = n;
    return status;
}

WASI_FN(read_some) { return read_list(thread, context, args, result, scratch, false); }
WASI_FN(blocking_read) { return read_list(thread, context, args, result, scratch, true); }
WASI_FN(skip) { return skip_bytes(thread, context, args, result, scratch, false); }
WASI_FN(blocking_skip) { return skip_bytes(thread, context, args, result, scratch, true); }

WASI_FN(input_subscribe) {
    WasiInput *in = wasi_get(thread, context, &args[0], WASI_INPUT_STREAM);
    return in ? wasi_pollable(thread, context, &in->object, 0, result) : VM_TRAP;
}

/* ---- output ---- */

/* Nothing is pending any more. */
static void forget_pending(WasiOutput *out) {
    wasi_budget_give(wasi_budget(out->object.maker), out->paid);
    free(out->pending);
    out->pending = NULL;
    out->start = out->end = out->paid = 0;
}

static void free_output(WasiObject *object) {
    WasiOutput *out = (WasiOutput *)object;
    if (out->owner) *out->owner = NULL;
    forget_pending(out);
}

WasiOutput *wasi_output(VmThread *thread, Wasi *wasi, int fd, WasiObject *parent, AbiValue *out) {
    WasiOutput *output = wasi_make(thread, wasi, WASI_OUTPUT_STREAM, sizeof *output, parent, out);
    if (!output) return NULL;
    output->fd = fd;
    output->object.free = free_output;
    return output;
}

WasiOutput *wasi_body_output(VmThread *thread, Wasi *wasi, WasiSink *sink, WasiObject *parent,
                             AbiValue *out) {
    WasiOutput *output = wasi_output(thread, wasi, WASI_FD_BODY, parent, out);
    if (!output) return NULL;
    output->medium = WASI_MEDIUM_BODY;
    output->sink = sink;
    return output;
}

/* As write(2). */
static ssize_t write_body(WasiSink *sink, const uint8_t *bytes, size_t n) {
    size_t room = wasi_body_room(sink->body);
    size_t put = wasi_body_put(sink->body, bytes, n);
    errno = wasi_body_is_abandoned(sink->body) ? EPIPE : room ? ENOMEM : EAGAIN;
    return put && errno != EPIPE ? (ssize_t)put : -1;
}

/* Counts what the guest writes: 0, or an errno where it is more than was announced. */
static int announce(WasiSink *sink, size_t n) {
    sink->written += n;
    if (sink->written <= sink->length) return 0;
    sink->error = http_error_size(
        sink->in_request ? HTTP_REQUEST_BODY_SIZE : HTTP_RESPONSE_BODY_SIZE, sink->written);
    wasi_body_fail(sink->body, sink->error);
    return EPROTO;
}

/* write(2) whose broken pipe is an error and no signal. */
static ssize_t write_quietly(int fd, const void *bytes, size_t n) {
    sigset_t pipe_set, before, pending;
    sigemptyset(&pipe_set);
    sigaddset(&pipe_set, SIGPIPE);
    sigpending(&pending);
    bool was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_set, &before);
    ssize_t written = write(fd, bytes, n);
    int code = errno;
    if (written < 0 && code == EPIPE && !was_pending)
        sigtimedwait(&pipe_set, NULL, &(struct timespec){0});
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = code;
    return written;
}

static ssize_t write_socket(const WasiOutput *out, const void *bytes, size_t n) {
    const WasiSockets *sockets = sockets_of(&out->object);
    return sockets->send(sockets, out->fd, bytes, n, NULL, 0);
}

static void shut_socket(const WasiOutput *out) {
    const WasiSockets *sockets = sockets_of(&out->object);
    sockets->shutdown(sockets, out->fd, SHUT_WR);
}

/* Writes bytes that the descriptor takes: how many, or -1 and an errno. */
static ssize_t write_some(WasiOutput *out, const uint8_t *bytes, size_t n) {
    if (out->medium == WASI_MEDIUM_BODY) return write_body(out->sink, bytes, n);
    if (out->fd < 0) return (ssize_t)n;
    if (out->medium == WASI_MEDIUM_SOCKET) return write_socket(out, bytes, n);
    if (out->medium == WASI_MEDIUM_PIPE)
        return write_quietly(out->fd, bytes, n < WASI_CHUNK ? n : WASI_CHUNK);
    ssize_t written = wasi_file_write(out->fd, out->quota, bytes, n, out->offset);
    if (written > 0 && out->offset != WASI_APPEND) out->offset += (uint64_t)written;
    return written;
}

/* The list holds its outputs alive: what a guest has written leaves also after it has dropped the
 * stream and the socket. */
static void set_busy(Wasi *wasi, WasiOutput *out) {
    WasiOutput **list = wasi_busy(wasi);
    if (out->link) return;
    out->object.refs++;
    out->next = *list;
    out->link = list;
    if (out->next) out->next->link = &out->next;
    *list = out;
}

static void set_idle(WasiOutput *out) {
    *out->link = out->next;
    if (out->next) out->next->link = out->link;
    out->next = NULL;
    out->link = NULL;
    wasi_release(&out->object);
}

/* Writes pending bytes as long as the descriptor takes them. 0, or an errno. */
static int write_pending(WasiOutput *out) {
    while (out->start < out->end && can_write(out)) {
        ssize_t written = write_some(out, out->pending + out->start, out->end - out->start);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EAGAIN && out->medium != WASI_MEDIUM_FILE) break;
        if (written < 0) {
            int code = errno;
            out->closed = true;
            out->start = out->end = 0;
            return code;
        }
        out->start += (size_t)written;
    }
    return 0;
}

/* The same; where nothing is left, the output is idle, and gone if the list alone has held it. */
static int drain(WasiOutput *out) {
    int code = write_pending(out);
    if (out->start < out->end) return code;
    forget_pending(out);
    if (out->ends) shut_socket(out);
    out->ends = false;
    if (out->link) set_idle(out);
    return code;
}

void wasi_want_busy(Wasi *wasi) {
    for (WasiOutput *out = *wasi_busy(wasi); out; out = out->next)
        wasi_want_fd(wasi, out->fd, POLLOUT);
}

/* Drains it while nobody asks for the outcome. */
static void drain_aside(WasiOutput *out) {
    out->object.refs++;
    int fault = drain(out);
    if (fault) out->fault = fault;
    wasi_release(&out->object);
}

void wasi_drain_busy(Wasi *wasi) {
    for (WasiOutput *out = *wasi_busy(wasi), *next; out; out = next) {
        next = out->next;
        drain_aside(out);
    }
}

void wasi_output_end(WasiOutput *out) {
    out->closed = out->ends = true;
    drain_aside(out);
}

void wasi_forget_busy(Wasi *wasi) {
    while (*wasi_busy(wasi)) set_idle(*wasi_busy(wasi));
}

/* What stays pending counts as the host's messages do: where it is too much, the stream has ended. 0, or an errno. */
static int pay_pending(WasiOutput *out) {
    size_t more = out->end - out->paid;
    if (wasi_budget_take(wasi_budget(out->object.maker), more)) {
        out->paid = out->end;
        return 0;
    }
    out->closed = true;
    out->start = out->end;
    drain(out);
    return ENOBUFS;
}

/* Takes `n` bytes (NULL: zeroes) and writes what the descriptor takes at once. 0, or an errno. */
static int accept_bytes(Wasi *wasi, WasiOutput *out, const void *bytes, size_t n) {
    if (n == 0) return 0;
    int refused = out->sink ? announce(out->sink, n) : 0;
    out->closed |= refused != 0;
    if (refused) return refused;
    Wasi *host = out->object.maker;
    bool filters = out->standard && wasi_context(host)->filters[out->standard];
    size_t granted = out->standard ? wasi_output_left(host, n) : n;
    uint8_t *more = realloc(out->pending, out->end + (filters ? WASI_FILTERED(granted) : granted));
    if (!more) return ENOMEM;
    out->pending = more;
    more += out->end;
    if (filters && bytes)
        out->end += wasi_filter_bytes(wasi_filter(host, out->standard), bytes, granted, more);
    else if (bytes) memcpy(more, bytes, granted);
    else memset(more, 0, granted);
    if (!filters) out->end += granted;
    if (out->standard) wasi_output_count(host, granted);
    int code = drain(out);
    if (out->end) code = pay_pending(out);
    if (out->end) set_busy(wasi, out);
    if (granted == n || code) return code;
    out->closed = out->end == 0;
    return EDQUOT;
}

/* Ends an operation that gave an errno (0: none); a broken pipe is just closed. */
static VmStatus output_done(VmThread *thread, Wasi *wasi, const WasiOutput *out, int code,
                            AbiValue *result, Arena *scratch) {
    if (code == 0) return wasi_ok(result);
    if (code == EPIPE) return closed(result, scratch);
    WasiError *error = failed(thread, wasi, code, out->medium, result, scratch);
    if (error && out->sink)
        error->http = code == EPROTO ? out->sink->error
                                     : http_error_text(HTTP_INTERNAL_ERROR, STR("out of memory"));
    return error ? VM_DONE : VM_TRAP;
}

/* What an operation on an output that has ended answers: why, where nobody was told yet. */
static VmStatus ended(VmThread *thread, Wasi *wasi, WasiOutput *out, AbiValue *result,
                      Arena *scratch) {
    int code = out->fault ? out->fault : EPIPE;
    out->fault = 0;
    return output_done(thread, wasi, out, code, result, scratch);
}

static bool is_regular(int fd) {
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* How much may be written now; sets an errno in *code where the stream has just failed. */
static uint64_t permit(WasiOutput *out, int *code) {
    *code = drain(out);
    out->permit = 0;
    if (*code || out->closed || out->end) return 0;
    bool gone = out->sink && can_write(out) && wasi_body_is_abandoned(out->sink->body);
    if (gone) *code = EPIPE;
    out->closed |= gone;
    if (out->sink) return out->permit = gone ? 0 : wasi_body_room(out->sink->body);
    bool is_fixed = wasi_fixed(out->object.maker);
    if (out->fd < 0 || out->medium == WASI_MEDIUM_FILE || (!is_fixed && is_regular(out->fd)))
        return out->permit = FILE_PERMIT;
    uint64_t most = out->medium == WASI_MEDIUM_SOCKET ? SOCKET_PERMIT : WASI_CHUNK;
    return out->permit = wasi_is_ready(out->object.maker, out->fd, POLLOUT) ? most : 0;
}

WASI_FN(check_write) {
    WasiOutput *out = wasi_get(thread, context, &args[0], WASI_OUTPUT_STREAM);
    if (!out) return VM_TRAP;
    if (out->closed) return ended(thread, context, out, result, scratch);
    int code;
    uint64_t n = permit(out, &code);
    if (code) return output_done(thread, context, out, code, result, scratch);
    if (n == 0 && wasi_fixed(context) && out->medium == WASI_MEDIUM_PIPE) {
        wasi_want_fd(context, out->fd, POLLOUT); /* whoever reads, it is told the same */
        return VM_SUSPEND;
    }
    wasi_case(result, 0, 1, scratch)->bits = n;
    return VM_DONE;
}

static VmStatus write_now(VmThread *thread, Wasi *wasi, const AbiValue *handle, const void *bytes,
                          uint64_t n, AbiValue *result, Arena *scratch) {
    WasiOutput *out = wasi_get(thread, wasi, handle, WASI_OUTPUT_STREAM);
    if (!out) return VM_TRAP;
    if (out->closed) return ended(thread, wasi, out, result, scratch);
    if (n > out->permit)
        return vm_trap_text(thread, TRAP_HOST, "write of more than check-write has permitted");
    out->permit -= n;
    return output_done(thread, wasi, out, accept_bytes(wasi, out, bytes, n), result, scratch);
}

WASI_FN(write_list) {
    return write_now(thread, context, &args[0], args[1].list.items, args[1].list.len, result,
                     scratch);
}

WASI_FN(write_zeroes) {
    return write_now(thread, context, &args[0], NULL, args[1].bits, result, scratch);
}

/* Waits until nothing is pending. */
static VmStatus flushed(VmThread *thread, Wasi *wasi, WasiOutput *out, int code, AbiValue *result,
                        Arena *scratch) {
    if (!code) code = drain(out);
    if (!code && out->end) {
        wasi_want_fd(wasi, out->fd, POLLOUT);
        return VM_SUSPEND;
    }
    out->blocked = false;
    return output_done(thread, wasi, out, code, result, scratch);
}

static VmStatus write_and_flush(VmThread *thread, Wasi *wasi, const AbiValue *handle,
                                const void *bytes, uint64_t n, AbiValue *result, Arena *scratch) {
    WasiOutput *out = wasi_get(thread, wasi, handle, WASI_OUTPUT_STREAM);
    if (!out) return VM_TRAP;
    if (out->closed) return ended(thread, wasi, out, result, scratch);
    if (n > WASI_CHUNK)
        return vm_trap_text(thread, TRAP_HOST, "a blocking write takes at most %d bytes",
                            WASI_CHUNK);
    out->permit = 0;
    int code = out->blocked ? 0 : accept_bytes(wasi, out, bytes, n);
    out->blocked = true;
    return flushed(thread, wasi, out, code, result, scratch);
}

WASI_FN(blocking_write_and_flush) {
    return write_and_flush(thread, context, &args[0], args[1].list.items, args[1].list.len, result,
                           scratch);
}

WASI_FN(blocking_write_zeroes_and_flush) {
    return write_and_flush(thread, context, &args[0], NULL, args[1].bits, result, scratch);
}

WASI_FN(flush) {
    WasiOutput *out = wasi_get(thread, context, &args[0], WASI_OUTPUT_STREAM);
    if (!out) return VM_TRAP;
    if (out->closed) return ended(thread, context, out, result, scratch);
    return output_done(thread, context, out, drain(out), result, scratch);
}

WASI_FN(blocking_flush) {
    WasiOutput *out = wasi_get(thread, context, &args[0], WASI_OUTPUT_STREAM);
    if (!out) return VM_TRAP;
    if (out->closed) return ended(thread, context, out, result, scratch);
    return flushed(thread, context, out, 0, result, scratch);
}

WASI_FN(output_subscribe) {
    WasiOutput *out = wasi_get(thread, context, &args[0], WASI_OUTPUT_STREAM);
    return out ? wasi_pollable(thread, context, &out->object, 0, result) : VM_TRAP;
}

/* check-write, then read, then write */
static VmStatus splice_now(VmThread *thread, Wasi *wasi, WasiOutput *out, WasiInput *in, uint64_t n,
                           AbiValue *result, Arena *scratch) {
    if (out->closed) return ended(thread, wasi, out, result, scratch);
    int code;
    uint64_t most = permit(out, &code);
    if (code) return output_done(thread, wasi, out, code, result, scratch);
    if (most > n) most = n;
    if (most > WASI_MAX_READ) most = WASI_MAX_READ;
    if (in->closed) return closed(result, scratch);
    uint8_t *bytes = arena_alloc(scratch, most);
    ssize_t got = most ? read_now(in, bytes, most) : 0;
    if (got < 0) return input_failed(thread, wasi, in, errno, result, scratch);
    *wasi_spliced(wasi) = (Str){(char *)bytes, (size_t)got};
    code = accept_bytes(wasi, out, bytes, (size_t)got);
    out->permit = 0;
    if (code) return output_done(thread, wasi, out, code, result, scratch);
    wasi_case(result, 0, 1, scratch)->bits = (uint64_t)got;
    return VM_DONE;
}

WASI_FN(splice) {
    WasiOutput *out = wasi_get(thread, context, &args[0], WASI_OUTPUT_STREAM);
    WasiInput *in = out ? wasi_get(thread, context, &args[1], WASI_INPUT_STREAM) : NULL;
    if (!in) return VM_TRAP;
    return splice_now(thread, context, out, in, args[2].bits, result, scratch);
}

WASI_FN(blocking_splice) {
    WasiOutput *out = wasi_get(thread, context, &args[0], WASI_OUTPUT_STREAM);
    WasiInput *in = out ? wasi_get(thread, context, &args[1], WASI_INPUT_STREAM) : NULL;
    if (!in) return VM_TRAP;
    if (!can_write(out)) {
        wasi_want_fd(context, out->fd, POLLOUT);
        return VM_SUSPEND;
    }
    if (!out->closed && !can_read(in)) {
        wasi_want_fd(context, in->fd, POLLIN);
        return VM_SUSPEND;
    }
    return splice_now(thread, context, out, in, args[2].bits, result, scratch);
}

/* ---- tables ---- */

static const WasiFunc error_funcs[] = {
    {"[method]error.to-debug-string", "(borrow)->string", to_debug_string},
};

static const WasiFunc poll_funcs[] = {
    {"[method]pollable.ready", "(borrow)->bool", pollable_ready},
    {"[method]pollable.block", "(borrow)", pollable_block},
    {"poll", "(list<borrow>)->list<u32>", poll_list},
};

#define RESULT(t) "->result<" t ",variant<own,_>>"
static const WasiFunc stream_funcs[] = {
    {"[method]input-stream.read", "(borrow,u64)" RESULT("list<u8>"), read_some},
    {"[method]input-stream.blocking-read", "(borrow,u64)" RESULT("list<u8>"), blocking_read},
    {"[method]input-stream.skip", "(borrow,u64)" RESULT("u64"), skip},
    {"[method]input-stream.blocking-skip", "(borrow,u64)" RESULT("u64"), blocking_skip},
    {"[method]input-stream.subscribe", "(borrow)->own", input_subscribe},
    {"[method]output-stream.check-write", "(borrow)" RESULT("u64"), check_write},
    {"[method]output-stream.write", "(borrow,list<u8>)" RESULT("_"), write_list},
    {"[method]output-stream.blocking-write-and-flush", "(borrow,list<u8>)" RESULT("_"),
     blocking_write_and_flush},
    {"[method]output-stream.flush", "(borrow)" RESULT("_"), flush},
    {"[method]output-stream.blocking-flush", "(borrow)" RESULT("_"), blocking_flush},
    {"[method]output-stream.subscribe", "(borrow)->own", output_subscribe},
    {"[method]output-stream.write-zeroes", "(borrow,u64)" RESULT("_"), write_zeroes},
    {"[method]output-stream.blocking-write-zeroes-and-flush", "(borrow,u64)" RESULT("_"),
     blocking_write_zeroes_and_flush},
    {"[method]output-stream.splice", "(borrow,borrow,u64)" RESULT("u64"), splice},
    {"[method]output-stream.blocking-splice", "(borrow,borrow,u64)" RESULT("u64"), blocking_splice},
};
#undef RESULT

const WasiInterface wasi_io[3] = {
    {"wasi:io/error", error_funcs, WASI_COUNT(error_funcs), (const char *[]){"error", NULL}},
    {"wasi:io/poll", poll_funcs, WASI_COUNT(poll_funcs), (const char *[]){"pollable", NULL}},
    {"wasi:io/streams", stream_funcs, WASI_COUNT(stream_funcs),
     (const char *[]){"input-stream", "output-stream", NULL}},
};
