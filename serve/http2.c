/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * HTTP/2 on a connection (RFC 9113), by nghttp2, which is loaded when the first client speaks it: its
 * header is needed to build this, and the library itself only to run it. Without either, there is
 * HTTP/1 only.
 *
 *     input ──> session ──> streams: head, body ──> guests      a window for each body
 *     output <── session <── streams: head, body <── guests     as long as there is room in the output
 *
 * The library knows frames, windows and the compression of heads; a stream has a request, and is what
 * the request knows of its client. Each stream has its own time for what it waits for, the connection
 * has one for heads, which nothing else can interrupt, and one for being idle.
 *
 * Windows: a body that no guest takes holds up its own stream, not the others. What a connection may
 * hold is bounded by that and by the number of streams.
 *
 * Patience: what costs the server something and brings nobody anything (requests that are taken back,
 * pings, settings ...) is counted, and time and useful things make up for it. When there is none left,
 * the connection ends with ENHANCE_YOUR_CALM.
 */
#include "serve/internal.h"

#ifdef SERVE_NGHTTP2

#include <dlfcn.h>
#include <nghttp2/nghttp2.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define CONTAINER(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

enum {
    PREFACE = 24,            /* bytes */
    WINDOW = 1 << 20,        /* of a connection; that of a stream is WASI_BODY_CAPACITY - 1 */
    MOST_ANSWER = 256 << 10, /* bytes of the fields of an answer */
    MOST_INFORMED = 64,      /* frames that wait to be sent, before a guest's 1xx are refused */
    MOST_CONTINUED = 32,     /* frames that a head consists of */
    MOST_PATIENCE = 1000,    /* and what of it is lost and gained by: */
    PER_SECOND = 100,
    PER_ANSWER = 10,
    PER_DATA = 2,
    PER_RESET = 4,
};
static const uint64_t probe_time = 100000000, leave_time = 1000000000, second = 1000000000;

/* ---- the library ---- */

#define FUNCTIONS(X)                                                                               \
    X(option_new)                                                                                  \
    X(option_set_no_auto_window_update)                                                            \
    X(option_set_no_closed_streams)                                                                \
    X(option_set_max_send_header_block_length)                                                     \
    X(session_callbacks_new)                                                                       \
    X(session_callbacks_set_on_begin_frame_callback)                                               \
    X(session_callbacks_set_on_begin_headers_callback)                                             \
    X(session_callbacks_set_on_header_callback)                                                    \
    X(session_callbacks_set_on_invalid_header_callback)                                            \
    X(session_callbacks_set_on_data_chunk_recv_callback)                                           \
    X(session_callbacks_set_on_frame_recv_callback)                                                \
    X(session_callbacks_set_on_frame_send_callback)                                                \
    X(session_callbacks_set_on_frame_not_send_callback)                                            \
    X(session_callbacks_set_on_stream_close_callback)                                              \
    X(session_callbacks_set_send_data_callback)                                                    \
    X(session_server_new2)                                                                         \
    X(session_del)                                                                                 \
    X(session_mem_recv)                                                                            \
    X(session_mem_send)                                                                            \
    X(session_want_read)                                                                           \
    X(session_want_write)                                                                          \
    X(session_set_local_window_size)                                                               \
    X(session_set_stream_user_data)                                                                \
    X(session_get_stream_user_data)                                                                \
    X(session_get_last_proc_stream_id)                                                             \
    X(session_get_outbound_queue_size)                                                             \
    X(session_consume_connection)                                                                  \
    X(session_consume_stream)                                                                      \
    X(session_resume_data)                                                                         \
    X(session_terminate_session)                                                                   \
    X(submit_settings)                                                                             \
    X(submit_response)                                                                             \
    X(submit_headers)                                                                              \
    X(submit_trailer)                                                                              \
    X(submit_rst_stream)                                                                           \
    X(submit_ping)                                                                                 \
    X(submit_goaway)                                                                               \
    X(submit_shutdown_notice)

static struct {
#define X(name) __typeof__(&nghttp2_##name) name;
    FUNCTIONS(X)
#undef X
    nghttp2_session_callbacks *callbacks;
    nghttp2_option *option;
    bool is_here;
} lib;

typedef struct Stream Stream;

struct Http2 {
    Connection *connection;
    nghttp2_session *session;
    Stream *streams;
    uint64_t since;     /* a head has begun, or there are no streams any more */
    uint64_t read, end; /* bytes that were read; where the last frame that has begun ends */
    bool is_head;       /* that frame belongs to a head */
    bool is_open;       /* and another one has to follow */
    size_t head_bytes;
    unsigned head_frames;
    int64_t patience;
    uint64_t patience_at;
    const char *error; /* why it was ended */
    enum { SERVES, TAKES_LEAVE, LEAVES } state;
};

struct Stream {
    Client client;
    Timer timer;
    Http2 *http2;
    Stream *before, *next;
    Request *request;
    int32_t id;
    Http2Head head;
    uint64_t since;     /* it has come on, with what is waited for */
    uint64_t taken;     /* bytes of the request's body */
    uint64_t discarded; /* of those */
    uint64_t left;      /* of the answer's, if it has told its length */
    size_t held;        /* bytes for which the client has had no new room yet */
    size_t page_at;     /* of the server's answer */
    bool is_expected;   /* the client waits for 100 (Continue) */
    bool is_read;       /* the request is whole */
    bool is_answering;  /* the head is the session's */
    bool waits;         /* for the guest to write */
    bool is_answered;   /* all of the answer is in the output */
    bool is_cut;        /* by the server */
    bool is_taken_back; /* by the client */
};

static uint64_t now(const Http2 *h) { return loop_now(h->connection->server->loop); }

static Stream *stream_of(Http2 *h, int32_t id) {
    return id ? lib.session_get_stream_user_data(h->session, id) : NULL;
}

/* ---- patience ---- */

static void calm(Http2 *h) {
    if (h->error) return;
    h->error = "the client has sent too much that is of no use";
    COUNT(h->connection->server->counters, requests_refused_total, 1);
    lib.session_terminate_session(h->session, NGHTTP2_ENHANCE_YOUR_CALM);
}

static void gain(Http2 *h, int64_t n) {
    h->patience = h->patience + n < MOST_PATIENCE ? h->patience + n : MOST_PATIENCE;
}

static void lose(Http2 *h, int64_t n) {
    uint64_t passed = (now(h) - h->patience_at) / (second / PER_SECOND);
    if (passed) {
        h->patience_at = now(h);
        gain(h, passed < MOST_PATIENCE ? (int64_t)passed : MOST_PATIENCE);
    }
    h->patience -= n;
    if (h->patience < 0) calm(h);
}

/* ---- time of streams ---- */

static bool is_wanted(const Request *r) { return r->in && !wasi_body_is_abandoned(r->in); }

static uint64_t stream_deadline(const Stream *s) {
    const ServeOptions *o = s->http2->connection->server->options;
    const Request *r = s->request;
    if (!s->head.is_whole) return UINT64_MAX;
    if (s->is_answering && !s->is_answered && !s->waits)
        return time_after(s->since, o->write_timeout);
    if (!s->is_read && is_wanted(r) && !wasi_body_queued(r->in))
        return time_after(s->since, o->body_timeout);
    return UINT64_MAX;
}

static void rearm(Stream *s) {
    uint64_t at = stream_deadline(s);
    if (at < UINT64_MAX && (!s->timer.place || s->timer.at > at) &&
        !loop_timer(s->http2->connection->server->loop, &s->timer, at))
        s->http2->connection->is_dead = true;
}

/* ---- answers ---- */

/* No more of it is of use; `error`: unless another one is known. */
static void cut(Stream *s, uint32_t code, const char *error) {
    if (s->is_cut) return;
    s->is_cut = true;
    if (!s->request->error) s->request->error = error;
    if (lib.submit_rst_stream(s->http2->session, NGHTTP2_FLAG_NONE, s->id, code))
        s->http2->connection->is_dead = true;
}

static nghttp2_nv pair(Str name, Str value) {
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name.ptr, (uint8_t *)(uintptr_t)value.ptr, name.len,
                        value.len, NGHTTP2_NV_FLAG_NONE};
}

/* The status, if there is one, the fields, and room for another; NULL: no memory. The session copies
 * them, with small letters. */
static nghttp2_nv *pairs(Str status, const Http1Field *fields, size_t count, size_t *n) {
    nghttp2_nv *all = malloc((count + 2) * sizeof *all);
    *n = 0;
    if (all && status.len) all[(*n)++] = pair(STR(":status"), status);
    for (size_t i = 0; all && i < count; i++)
        all[(*n)++] = pair(fields[i].name, http1_trim(fields[i].value));
    return all;
}

static bool inform(Client *client, unsigned status, const Http1Field *fields, size_t count) {
    Stream *s = CONTAINER(client, Stream, client);
    nghttp2_session *session = s->http2->session;
    char text[8];
    size_t n;
    if (s->is_answering || http1_check_informational(status, fields, count) ||
        lib.session_get_outbound_queue_size(session) > MOST_INFORMED)
        return false;
    Str code = {text, (size_t)snprintf(text, sizeof text, "%u", status)};
    nghttp2_nv *all = pairs(code, fields, count, &n);
    bool is_good =
        all && !lib.submit_headers(session, NGHTTP2_FLAG_NONE, s->id, NULL, all, n, NULL);
    free(all);
    return is_good;
}

/* The client waits for leave to send its body: it gets it when the guest waits, too. */
static void invite(Stream *s) {
    if (s->is_expected && !s->is_read && !s->taken) inform(&s->client, 100, NULL, 0);
    s->is_expected = false;
}

static ssize_t broken(Stream *s, const char *error) {
    s->is_cut = true;
    if (!s->request->error) s->request->error = error;
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/* The body was written to its end: its trailers. */
static bool put_trailers(Stream *s, uint32_t *flags) {
    HttpFields trailers = wasi_body_trailers(s->request->out);
    size_t n;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!trailers.len) return true;
    if (http1_check_trailers(trailers.at, trailers.len)) return false;
    *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    nghttp2_nv *all = pairs((Str){0}, trailers.at, trailers.len, &n);
    bool is_good = all && !lib.submit_trailer(s->http2->session, s->id, all, n);
    free(all);
    return is_good;
}

/* How much of the body the next frame gets; `put_data` moves it. */
static ssize_t read_data(nghttp2_session *session, int32_t id, uint8_t *buffer, size_t most,
                         uint32_t *flags, nghttp2_data_source *source, void *context) {
    Stream *s = source->ptr;
    Request *r = s->request;
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (r->answer_kind == ANSWER_SERVER) {
        size_t rest = r->page.len - s->page_at;
        if (rest <= most) *flags |= NGHTTP2_DATA_FLAG_EOF;
        return (ssize_t)(rest < most ? rest : most);
    }
    static const char unfinished[] = "the handler's answer was not whole";
    if (r->answer_kind == ANSWER_CUT) return broken(s, unfinished);
    size_t queued = wasi_body_queued(r->out), n = queued < most ? queued : most;
    if (n > s->left) return broken(s, http1_refusal_text(HTTP1_REFUSED_OVERWRITTEN));
    if (n == queued && wasi_body_is_whole(r->out)) {
        if (s->left != HTTP1_UNKNOWN_LENGTH && s->left != n)
            return broken(s, http1_refusal_text(HTTP1_REFUSED_UNDERWRITTEN));
        if (!put_trailers(s, flags)) return broken(s, unfinished);
    } else if (!n) {
        if (wasi_body_state(r->out) == WASI_BODY_FAILED || !r->guest) return broken(s, unfinished);
        s->waits = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    return (ssize_t)n;
}

static int put_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head, size_t n,
                    nghttp2_data_source *source, void *context) {
    enum { FRAME_HEAD = 9 };
    Http2 *h = context;
    Stream *s = source->ptr;
    Request *r = s->request;
    Http1Out *out = &h->connection->out;
    if (connection_unsent(h->connection) >= MOST_QUEUED) return NGHTTP2_ERR_WOULDBLOCK;
    bool is_good = out_put(out, (Str){(const char *)head, FRAME_HEAD});
    if (r->answer_kind == ANSWER_SERVER) {
        is_good &= out_put(out, str_from_to(r->page, s->page_at, s->page_at + n));
        s->page_at += n;
    } else {
        for (size_t left = n; left && is_good;) {
            Str bytes = str_from_to(wasi_body_peek(r->out), 0, left);
            is_good = out_put(out, bytes);
            wasi_body_take(r->out, bytes.len);
            left -= bytes.len;
        }
        if (s->left != HTTP1_UNKNOWN_LENGTH) s->left -= n;
        if (r->guest) guest_wake(r->guest);
    }
    r->sent += n;
    s->since = now(h);
    gain(h, PER_DATA);
    return is_good ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* Whether the answer has bytes after its head; what is not sent of them is dropped. */
static bool has_content(Request *r, const Http1ResponseHead *head, Http1Framing framing) {
    bool is_allowed = !head->to_head && head->status != 304 && framing != HTTP1_NO_BODY;
    if (r->answer_kind == ANSWER_SERVER) return is_allowed;
    if (!r->out) return false;
    if (is_allowed)
        return !wasi_body_is_whole(r->out) || wasi_body_queued(r->out) ||
               wasi_body_trailers(r->out).len;
    wasi_body_discard(r->out);
    if (r->guest) guest_wake(r->guest);
    return false;
}

static Http1Refusal put_head(Stream *s) {
    Request *r = s->request;
    Http1ResponseHead head;
    Http1Framing framing;
    bool says_length;
    char status[8], length[24];
    size_t n;
    Http1Refusal refusal = request_head(r, &head);
    if (!refusal) refusal = http1_check_response(&head, &framing, &says_length);
    if (refusal) {
        free((void *)(uintptr_t)head.fields);
        return refusal;
    }
    Str code = {status, (size_t)snprintf(status, sizeof status, "%u", head.status)};
    nghttp2_nv *all = pairs(code, head.fields, head.field_count, &n);
    if (all && framing == HTTP1_LENGTH && !says_length) {
        int len = snprintf(length, sizeof length, "%llu", (unsigned long long)head.length);
        all[n++] = pair(STR("content-length"), (Str){length, (size_t)len});
    }
    nghttp2_data_provider body = {.source.ptr = s, .read_callback = read_data};
    bool has_body = has_content(r, &head, framing);
    s->left = framing == HTTP1_LENGTH ? head.length : HTTP1_UNKNOWN_LENGTH;
    if (!all || lib.submit_response(s->http2->session, s->id, all, n, has_body ? &body : NULL))
        refusal = HTTP1_REFUSED_NO_MEMORY;
    free(all);
    free((void *)(uintptr_t)head.fields);
    return refusal;
}

static void answer(Stream *s) {
    Request *r = s->request;
    Http1Refusal refusal = put_head(s);
    if (refusal && r->answer_kind == ANSWER_GUEST) {
        request_fail(r, 500, http1_refusal_text(refusal));
        refusal = put_head(s);
    }
    s->is_answering = true;
    s->since = now(s->http2);
    if (refusal) cut(s, NGHTTP2_INTERNAL_ERROR, http1_refusal_text(refusal));
    else r->head_has_left = true;
}

/* What the guest has taken, the client may send anew. */
static void give_room(Stream *s) {
    size_t queued = is_wanted(s->request) ? wasi_body_queued(s->request->in) : 0;
    if (s->is_read || s->held <= queued) return;
    lib.session_consume_stream(s->http2->session, s->id, s->held - queued);
    s->held = queued;
    s->since = now(s->http2);
}

/* The guest has done something, or there is an answer. */
static void go_on(Stream *s) {
    Request *r = s->request;
    if (s->is_cut || !s->head.is_whole) return;
    give_room(s);
    switch (r->answer_kind) {
    case ANSWER_NONE:
        if (r->guest && guest_has_begun(r->guest)) invite(s);
        break;
    case ANSWER_CUT: cut(s, NGHTTP2_INTERNAL_ERROR, "the handler's answer was not whole"); break;
    case ANSWER_GUEST:
    case ANSWER_SERVER:
        if (!s->is_answering) {
            if (r->guest) invite(s); /* it may still want the body */
            answer(s);
        } else if (s->waits && (wasi_body_state(r->out) != WASI_BODY_OPEN || !r->guest ||
                                wasi_body_queued(r->out))) {
            s->waits = false;
            s->since = now(s->http2);
            lib.session_resume_data(s->http2->session, s->id);
        }
    }
    rearm(s);
}

static void advance(Client *client) {
    Stream *s = CONTAINER(client, Stream, client);
    Connection *c = s->http2->connection;
    go_on(s);
    connection_advance(c);
}

static void on_stream_timer(Timer *timer) {
    Stream *s = CONTAINER(timer, Stream, timer);
    Connection *c = s->http2->connection;
    if (stream_deadline(s) > now(s->http2)) {
        rearm(s);
        return;
    }
    static const char why[] = "the body has not come in time";
    if (s->is_answering && !s->is_answered && !s->waits)
        cut(s, NGHTTP2_CANCEL, "the client takes no bytes");
    else if (s->is_answering) cut(s, NGHTTP2_CANCEL, why);
    else {
        request_fail(s->request, 408, why);
        go_on(s);
    }
    connection_advance(c);
}

/* ---- requests ---- */

static int begin_head(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
    Http2 *h = context;
    Connection *c = h->connection;
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    Stream *s = calloc(1, sizeof *s);
    if (!s) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    s->client = (Client){
        .peer = c->peer, .is_secure = c->client.is_secure, .advance = advance, .inform = inform};
    s->timer.fire = on_stream_timer;
    s->http2 = h;
    s->id = frame->hd.stream_id;
    s->request = request_new(c->server, &s->client);
    if (!s->request || lib.session_set_stream_user_data(session, s->id, s)) {
        request_free(s->request);
        free(s);
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    s->request->version = HTTP_2;
    s->next = h->streams;
    if (s->next) s->next->before = s;
    h->streams = s;
    return 0;
}

static int take_field(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                      size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                      void *context) {
    enum { FAR = 4 };
    Http2 *h = context;
    Stream *s = stream_of(h, frame->hd.stream_id);
    if (!s) return 0;
    http2_take_field(&s->head, s->request, (Str){(const char *)name, name_len},
                     (Str){(const char *)value, value_len});
    if (s->head.bytes / FAR > h->connection->server->options->max_head) calm(h);
    return 0;
}

static int refuse_field(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                        size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                        void *context) {
    Stream *s = stream_of(context, frame->hd.stream_id);
    if (!s || s->head.refusal) return 0;
    bool is_value = http1_is_value((Str){(const char *)value, value_len});
    s->head.refusal = is_value ? HTTP1_REFUSED_FIELD_NAME : HTTP1_REFUSED_FIELD_VALUE;
    return 0;
}

static void refuse(Stream *s, Http1Refusal why) {
    Request *r = s->request;
    COUNT(r->server->counters, requests_refused_total, 1);
    if (r->in) wasi_body_fail(r->in, http_error(http1_refusal_code(why, true)));
    if (!r->head_has_left) request_fail(r, http1_refusal_status(why), http1_refusal_text(why));
    else cut(s, NGHTTP2_PROTOCOL_ERROR, http1_refusal_text(why));
    go_on(s);
}

static void end_head(Stream *s, bool is_end) {
    Request *r = s->request;
    Http1Refusal refusal = http2_end_head(&s->head, r);
    s->is_read = is_end;
    s->since = r->start = now(s->http2);
    s->is_expected = s->head.is_expected && !is_end;
    if (refusal) refuse(s, refusal);
    else if (str_is(request_method(r), "CONNECT")) request_fail(r, 501, "CONNECT");
    else request_begin(r, !is_end);
    go_on(s);
}

static void end_body(Stream *s) {
    if (s->head.refusal) refuse(s, s->head.refusal); /* of the trailers */
    s->is_read = true;
    request_finish_body(s->request);
}

static int take_body(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes,
                     size_t n, void *context) {
    Http2 *h = context;
    Stream *s = stream_of(h, id);
    gain(h, 1);
    lib.session_consume_connection(session, n);
    if (!s) return 0;
    Request *r = s->request;
    r->received += n;
    s->taken += n;
    s->since = now(h);
    if (s->taken > h->connection->server->options->max_body && !s->is_cut) {
        if (r->in) wasi_body_fail(r->in, http_error(HTTP_REQUEST_BODY_SIZE));
        if (s->taken - n <= h->connection->server->options->max_body)
            refuse(s, HTTP1_REFUSED_BODY_LONG);
    } else if (is_wanted(r)) {
        s->held += n;
        wasi_body_put(r->in, bytes, n);
        if (r->guest) guest_wake(r->guest);
    } else if ((s->discarded += n) <= MOST_DISCARDED) lib.session_consume_stream(session, id, n);
    return 0;
}

/* ---- frames ---- */

static int begin_frame(nghttp2_session *session, const nghttp2_frame_hd *head, void *context) {
    enum { FRAME_HEAD = 9 };
    Http2 *h = context;
    const ServeOptions *o = h->connection->server->options;
    h->end += FRAME_HEAD + head->length;
    h->is_head = head->type == NGHTTP2_HEADERS || head->type == NGHTTP2_CONTINUATION;
    h->is_open = h->is_head && !(head->flags & NGHTTP2_FLAG_END_HEADERS);
    switch (head->type) {
    case NGHTTP2_HEADERS:
        h->head_bytes = h->head_frames = 0;
        h->since = now(h);
        break;
    case NGHTTP2_CONTINUATION: break;
    case NGHTTP2_DATA:
        if (!head->length && !(head->flags & NGHTTP2_FLAG_END_STREAM)) lose(h, 1);
        break;
    default: lose(h, 1);
    }
    h->head_bytes += h->is_head ? head->length : 0;
    h->head_frames += h->is_head;
    if (h->head_bytes > o->max_head + MOST_DISCARDED || h->head_frames > MOST_CONTINUED) calm(h);
    return 0;
}

static void leave(Http2 *h) {
    h->state = LEAVES;
    lib.submit_goaway(h->session, NGHTTP2_FLAG_NONE,
                      lib.session_get_last_proc_stream_id(h->session), NGHTTP2_NO_ERROR, NULL, 0);
}

static int end_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
    Http2 *h = context;
    Stream *s = stream_of(h, frame->hd.stream_id);
    bool is_end = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
        if (s && !s->head.is_whole) end_head(s, is_end);
        else if (s && is_end) end_body(s);
        break;
    case NGHTTP2_DATA:
        if (s && is_end) end_body(s);
        break;
    case NGHTTP2_RST_STREAM:
        if (s) s->is_taken_back = true;
        break;
    case NGHTTP2_PING:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) && h->state == TAKES_LEAVE) leave(h);
        break;
    }
    return 0;
}

static int sent_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
    bool has_content = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    Stream *s = stream_of(context, frame->hd.stream_id);
    if (!s || !has_content || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) return 0;
    s->is_answered = true;
    if (!s->is_read) lib.submit_rst_stream(session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_NO_ERROR);
    return 0;
}

static int could_not_send(nghttp2_session *session, const nghttp2_frame *frame, int why,
                          void *context) {
    Stream *s = stream_of(context, frame->hd.stream_id);
    if (s && frame->hd.type == NGHTTP2_HEADERS)
        cut(s, NGHTTP2_INTERNAL_ERROR, "the fields of the answer are too long");
    return 0;
}

/* The stream is over, in whatever way. */
static void end_stream(Stream *s) {
    Http2 *h = s->http2;
    Request *r = s->request;
    *(s->before ? &s->before->next : &h->streams) = s->next;
    if (s->next) s->next->before = s->before;
    loop_stop_timer(h->connection->server->loop, &s->timer);
    if (!h->streams) h->since = now(h);
    request_leave(r, s->is_answered);
    free(s);
}

static int close_stream(nghttp2_session *session, int32_t id, uint32_t code, void *context) {
    Http2 *h = context;
    Stream *s = stream_of(h, id);
    if (!s) return 0;
    if (s->is_answered) gain(h, PER_ANSWER);
    else if (!s->is_cut) {
        lose(h, PER_RESET);
        if (!s->is_taken_back && !s->request->error) {
            s->request->error = "the request was no good HTTP/2";
            COUNT(h->connection->server->counters, requests_refused_total, 1);
        }
    }
    end_stream(s);
    return 0;
}

/* ---- the connection ---- */

static bool read_input(Connection *c, Str *input) {
    Http2 *h = c->http2;
    size_t whole = input->len;
    if (c->lingers || !lib.session_want_read(h->session)) *input = (Str){0};
    else if (input->len && !c->is_dead && connection_unsent(c) < MOST_QUEUED) {
        ssize_t n = lib.session_mem_recv(h->session, (const uint8_t *)input->ptr, input->len);
        if (n < 0) c->is_dead = true;
        h->read += input->len;
        *input = (Str){0};
    }
    return input->len < whole;
}

static void read_eof(Connection *c) {}

static bool write_output(Connection *c) {
    Http2 *h = c->http2;
    size_t before = c->out.len;
    if (c->server->is_draining && h->state == SERVES) {
        h->state = TAKES_LEAVE;
        h->since = now(h);
        lib.submit_shutdown_notice(h->session);
        lib.submit_ping(h->session, NGHTTP2_FLAG_NONE, NULL);
    }
    while (connection_unsent(c) < MOST_QUEUED && !c->is_dead) {
        const uint8_t *bytes;
        ssize_t n = lib.session_mem_send(h->session, &bytes);
        if (n == 0) break;
        if (n < 0 || !out_put(&c->out, (Str){(const char *)bytes, (size_t)n})) c->is_dead = true;
    }
    return c->out.len > before;
}

static bool is_over(const Http2 *h) {
    return !lib.session_want_read(h->session) && !lib.session_want_write(h->session);
}

static Closing closing(const Connection *c) {
    const Http2 *h = c->http2;
    if (c->has_ended && !h->streams) return ENDS;
    return is_over(h) ? LINGERS : GOES_ON;
}

static bool is_in_head(const Http2 *h) {
    return h->read < PREFACE || h->is_open || (h->is_head && h->read < h->end);
}

static uint64_t deadline(const Connection *c) {
    const Http2 *h = c->http2;
    const ServeOptions *o = c->server->options;
    if (h->state == TAKES_LEAVE) return time_after(h->since, leave_time);
    if (is_in_head(h)) return time_after(h->since, o->head_timeout);
    if (!h->streams) return time_after(h->since, o->idle_timeout);
    return c->has_ended && !c->is_probed ? time_after(c->since, probe_time) : UINT64_MAX;
}

static void late(Connection *c) {
    Http2 *h = c->http2;
    if (connection_unsent(c)) {
        h->error = "the client takes no bytes";
        c->is_dead = true;
    } else if (h->state == TAKES_LEAVE) leave(h);
    else if (is_in_head(h) || !h->streams) {
        h->error = "the head has not come in time";
        lib.session_terminate_session(h->session, NGHTTP2_NO_ERROR);
    } else {
        c->is_probed = true; /* one that is gone answers with a reset */
        lib.submit_ping(h->session, NGHTTP2_FLAG_NONE, NULL);
    }
}

static void end(Connection *c) {
    Http2 *h = c->http2;
    lib.session_del(h->session);
    while (h->streams) {
        Stream *s = h->streams;
        if (!s->is_answered && !s->request->error) s->request->error = h->error;
        end_stream(s);
    }
    free(h);
    c->http2 = NULL;
}

static const Protocol http2 = {.read = read_input,
                               .eof = read_eof,
                               .write = write_output,
                               .closing = closing,
                               .deadline = deadline,
                               .late = late,
                               .free = end};

/* ---- life ---- */

static void load(void) {
    void *library = dlopen("libnghttp2.so.14", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
#define X(name)                                                                                    \
    *(void **)&lib.name = dlsym(library, "nghttp2_" #name);                                        \
    if (!lib.name) return;
    FUNCTIONS(X)
#undef X
    if (lib.option_new(&lib.option) || lib.session_callbacks_new(&lib.callbacks)) return;
    lib.option_set_no_auto_window_update(lib.option, 1);
    lib.option_set_no_closed_streams(lib.option, 1);
    lib.option_set_max_send_header_block_length(lib.option, MOST_ANSWER);
#define SET(callback, function)                                                                    \
    lib.session_callbacks_set_##callback##_callback(lib.callbacks, function)
    SET(on_begin_frame, begin_frame);
    SET(on_begin_headers, begin_head);
    SET(on_header, take_field);
    SET(on_invalid_header, refuse_field);
    SET(on_data_chunk_recv, take_body);
    SET(on_frame_recv, end_frame);
    SET(on_frame_send, sent_frame);
    SET(on_frame_not_send, could_not_send);
    SET(on_stream_close, close_stream);
    SET(send_data, put_data);
    lib.is_here = true;
}

bool http2_is_here(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return lib.is_here;
}

static uint32_t setting(uint64_t n) { return n < INT32_MAX ? (uint32_t)n : INT32_MAX; }

bool http2_open(Connection *c) {
    const ServeOptions *o = c->server->options;
    Http2 *h = http2_is_here() ? calloc(1, sizeof *h) : NULL;
    if (!h) return false;
    uint64_t begun = loop_now(c->server->loop);
    *h = (Http2){.connection = c,
                 .end = PREFACE,
                 .since = begun,
                 .patience = MOST_PATIENCE,
                 .patience_at = begun};
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, setting(o->max_streams)},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, setting(o->max_head)},
    };
    if (lib.session_server_new2(&h->session, lib.callbacks, h, lib.option) ||
        lib.submit_settings(h->session, NGHTTP2_FLAG_NONE, settings, 2) ||
        lib.session_set_local_window_size(h->session, NGHTTP2_FLAG_NONE, 0, WINDOW)) {
        lib.session_del(h->session);
        free(h);
        return false;
    }
    c->protocol->free(c);
    c->protocol = &http2;
    c->http2 = h;
    return true;
}

#else

bool http2_is_here(void) { return false; }
bool http2_open(Connection *c) { return false; }

#endif
