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
#include "serve/http2.h"

#ifdef SERVE_NGHTTP2

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

enum {
    FRAME_HEAD = 9,          /* bytes */
    FAR = 4,                 /* as many times the limit of a head are too much to go on */
    PREFACE = 24,            /* bytes */
    WINDOW = 1 << 20,        /* of a connection; that of a stream is WASI_BODY_CAPACITY - 1 */
    MOST_ANSWER = 256 << 10, /* bytes of the fields of an answer */
    MOST_CONTINUED = 9,      /* frames that a head consists of; more are too many for the library */
    MOST_PATIENCE = 1000,    /* and what of it is lost and gained by: */
    PER_SECOND = 100,
    PER_ANSWER = 10,
    PER_REQUEST = 1,
    PER_DATA = 2,
    PER_FRAME = 1,
    PER_RESET = 4,
};
static const uint64_t probe_time = 100000000, leave_time = 1000000000, second = 1000000000;

Http2Library http2_lib;

static Http2Stream *stream_of(Http2 *h, int32_t id) {
    return id ? http2_lib.session_get_stream_user_data(h->session, id) : NULL;
}

/* ---- patience ---- */

void http2_calm(Http2 *h) {
    if (h->error) return;
    h->error = "the client has sent too much that is of no use";
    COUNT(h->connection->server->counters, requests_refused_total, 1);
    http2_lib.session_terminate_session(h->session, NGHTTP2_ENHANCE_YOUR_CALM);
}

void http2_gain(Http2 *h, int64_t n) {
    h->patience = h->patience + n < MOST_PATIENCE ? h->patience + n : MOST_PATIENCE;
}

void http2_lose(Http2 *h, int64_t n) {
    uint64_t passed = (http2_now(h) - h->patience_at) / (second / PER_SECOND);
    if (passed) {
        h->patience_at = http2_now(h);
        http2_gain(h, passed < MOST_PATIENCE ? (int64_t)passed : MOST_PATIENCE);
    }
    h->patience -= n;
    if (h->patience < 0) http2_calm(h);
}

/* ---- frames ---- */

/* Heads of frames are looked at before the library does, since there are some that it passes over. */
static void begin_frame(Http2 *h) {
    const uint8_t *f = h->frame;
    uint32_t len = (uint32_t)f[0] << 16 | (uint32_t)f[1] << 8 | f[2];
    uint8_t type = f[3];
    h->frame_len = 0;
    h->frame_left = len;
    h->is_head = type == NGHTTP2_HEADERS || type == NGHTTP2_CONTINUATION;
    h->is_open = h->is_head && !(f[4] & NGHTTP2_FLAG_END_HEADERS);
    if (type == NGHTTP2_HEADERS) {
        h->head_bytes = h->head_frames = 0;
        h->since = http2_now(h);
    }
    if (h->is_head) {
        h->head_bytes += len;
        h->head_frames++;
        size_t most = h->connection->server->options->max_head;
        if (h->head_bytes / FAR > most || h->head_frames > MOST_CONTINUED) http2_calm(h);
    }
    if (type != NGHTTP2_CONTINUATION) http2_lose(h, PER_FRAME);
}

/* Up to the end of a frame, or of the bytes: how many they are. */
static size_t scan(Http2 *h, Str bytes) {
    size_t n = 0;
    if (!h->frame_left) {
        n = (size_t)FRAME_HEAD - h->frame_len;
        if (n > bytes.len) n = bytes.len;
        memcpy(h->frame + h->frame_len, bytes.ptr, n);
        h->frame_len += (uint8_t)n;
        if (h->frame_len < FRAME_HEAD) return n;
        begin_frame(h);
    }
    size_t rest = bytes.len - n < h->frame_left ? bytes.len - n : h->frame_left;
    h->frame_left -= (uint32_t)rest;
    return n + rest;
}

static int begin_head(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    http2_gain(context, PER_REQUEST);
    bool is_good = http2_begin_stream(context, frame->hd.stream_id);
    return is_good ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static int take_field(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                      size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                      void *context) {
    Http2 *h = context;
    Http2Stream *s = stream_of(h, frame->hd.stream_id);
    if (!s) return 0;
    http2_take_field(&s->head, s->request, (Str){(const char *)name, name_len},
                     (Str){(const char *)value, value_len});
    if (s->head.bytes / FAR > h->connection->server->options->max_head) http2_calm(h);
    return 0;
}

static int refuse_field(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                        size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                        void *context) {
    Http2Stream *s = stream_of(context, frame->hd.stream_id);
    if (!s || s->head.refusal) return 0;
    bool is_value = http1_is_value((Str){(const char *)value, value_len});
    s->head.refusal = is_value ? HTTP1_REFUSED_FIELD_NAME : HTTP1_REFUSED_FIELD_VALUE;
    return 0;
}

static int take_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes,
                     size_t n, void *context) {
    Http2 *h = context;
    Http2Stream *s = stream_of(h, id);
    http2_gain(h, PER_DATA);
    http2_lib.session_consume_connection(session, n);
    if (s) http2_take_body(s, (Str){(const char *)bytes, n});
    return 0;
}

static void leave(Http2 *h) {
    h->state = LEAVES;
    http2_lib.submit_goaway(h->session, NGHTTP2_FLAG_NONE,
                            http2_lib.session_get_last_proc_stream_id(h->session), NGHTTP2_NO_ERROR,
                            NULL, 0);
}

static int end_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
    Http2 *h = context;
    Http2Stream *s = stream_of(h, frame->hd.stream_id);
    bool is_end = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
        if (s) http2_end_fields(s, is_end);
        break;
    case NGHTTP2_DATA:
        if (s && is_end) http2_end_body(s);
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

static int put_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head, size_t n,
                    nghttp2_data_source *source, void *context) {
    Http2 *h = context;
    if (connection_unsent(h->connection) >= MOST_QUEUED) return NGHTTP2_ERR_WOULDBLOCK;
    http2_gain(h, PER_DATA);
    bool is_good = http2_put_data(source->ptr, (Str){(const char *)head, FRAME_HEAD}, n);
    return is_good ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int sent_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context) {
    bool has_content = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    Http2Stream *s = stream_of(context, frame->hd.stream_id);
    if (!s || !has_content || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) return 0;
    s->is_answered = true;
    if (!s->is_read)
        http2_lib.submit_rst_stream(session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_NO_ERROR);
    return 0;
}

static int could_not_send(nghttp2_session *session, const nghttp2_frame *frame, int why,
                          void *context) {
    Http2Stream *s = stream_of(context, frame->hd.stream_id);
    if (s && frame->hd.type == NGHTTP2_HEADERS)
        http2_cut(s, NGHTTP2_INTERNAL_ERROR, "the fields of the answer are too long");
    return 0;
}

static int close_stream(nghttp2_session *session, int32_t id, uint32_t code, void *context) {
    Http2 *h = context;
    Http2Stream *s = stream_of(h, id);
    if (!s) return 0;
    if (s->is_answered) http2_gain(h, PER_ANSWER);
    else if (!s->is_cut || code == NGHTTP2_PROTOCOL_ERROR) {
        http2_lose(h, PER_RESET);
        if (!s->is_taken_back && !s->request->error) {
            s->request->error = "the request was no good HTTP/2";
            COUNT(h->connection->server->counters, requests_refused_total, 1);
        }
    }
    http2_end_stream(s);
    return 0;
}

/* ---- the connection ---- */

static bool read_input(Connection *c, Str *input) {
    Http2 *h = c->http2;
    size_t whole = input->len;
    if (c->lingers || !http2_lib.session_want_read(h->session)) *input = (Str){0};
    while (input->len && !c->is_dead && connection_unsent(c) < MOST_QUEUED) {
        Str frame = str_from_to(*input, 0, scan(h, *input));
        if (http2_lib.session_mem_recv(h->session, (const uint8_t *)frame.ptr, frame.len) < 0)
            c->is_dead = true;
        *input = str_after(*input, frame.len);
    }
    return input->len < whole;
}

static void read_eof(Connection *c) {
    for (Http2Stream *s = c->http2->streams; s; s = s->next) http2_lose_client(s);
}

static bool write_output(Connection *c) {
    Http2 *h = c->http2;
    size_t before = c->out.len;
    if (c->lingers) return false;
    if (c->server->is_draining && h->state == SERVES) {
        h->state = TAKES_LEAVE;
        h->since = http2_now(h);
        http2_lib.submit_shutdown_notice(h->session);
        http2_lib.submit_ping(h->session, NGHTTP2_FLAG_NONE, NULL);
    }
    while (connection_unsent(c) < MOST_QUEUED && !c->is_dead) {
        const uint8_t *bytes;
        ssize_t n = http2_lib.session_mem_send(h->session, &bytes);
        if (n == 0) {
            h->informed = 0;
            break;
        }
        if (n < 0 || !out_put(&c->out, (Str){(const char *)bytes, (size_t)n})) c->is_dead = true;
    }
    return c->out.len > before;
}

static bool is_over(const Http2 *h) {
    return !http2_lib.session_want_read(h->session) && !http2_lib.session_want_write(h->session);
}

static Closing closing(const Connection *c) {
    const Http2 *h = c->http2;
    if (c->has_ended && !h->streams) return ENDS;
    return is_over(h) ? LINGERS : GOES_ON;
}

static bool is_in_head(const Http2 *h) { return h->is_open || (h->is_head && h->frame_left); }

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
        http2_lib.session_terminate_session(h->session, NGHTTP2_NO_ERROR);
    } else {
        c->is_probed = true; /* one that is gone answers with a reset */
        http2_lib.submit_ping(h->session, NGHTTP2_FLAG_NONE, NULL);
    }
}

static void end(Connection *c) {
    Http2 *h = c->http2;
    http2_lib.session_del(h->session);
    while (h->streams) {
        Http2Stream *s = h->streams;
        if (!s->is_answered && !s->request->error) s->request->error = h->error;
        http2_end_stream(s);
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
    *(void **)&http2_lib.name = dlsym(library, "nghttp2_" #name);                                        \
    if (!http2_lib.name) return;
    HTTP2_FUNCTIONS(X)
#undef X
    if (http2_lib.option_new(&http2_lib.option) ||
        http2_lib.session_callbacks_new(&http2_lib.callbacks))
        return;
    http2_lib.option_set_no_auto_window_update(http2_lib.option, 1);
    http2_lib.option_set_no_closed_streams(http2_lib.option, 1);
    http2_lib.option_set_max_send_header_block_length(http2_lib.option, MOST_ANSWER);
#define SET(callback, function)                                                                    \
    http2_lib.session_callbacks_set_##callback##_callback(http2_lib.callbacks, function)
    SET(on_begin_headers, begin_head);
    SET(on_header, take_field);
    SET(on_invalid_header, refuse_field);
    SET(on_data_chunk_recv, take_data);
    SET(on_frame_recv, end_frame);
    SET(on_frame_send, sent_frame);
    SET(on_frame_not_send, could_not_send);
    SET(on_stream_close, close_stream);
    SET(send_data, put_data);
    http2_lib.is_here = true;
}

bool http2_is_here(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return http2_lib.is_here;
}

static uint32_t setting(uint64_t n) { return n < INT32_MAX ? (uint32_t)n : INT32_MAX; }

bool http2_open(Connection *c) {
    const ServeOptions *o = c->server->options;
    Http2 *h = http2_is_here() ? calloc(1, sizeof *h) : NULL;
    if (!h) return false;
    uint64_t begun = loop_now(c->server->loop);
    *h = (Http2){.connection = c,
                 .frame_left = PREFACE,
                 .is_head = true,
                 .since = begun,
                 .patience = MOST_PATIENCE,
                 .patience_at = begun};
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, setting(o->max_streams)},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, setting(o->max_head)},
    };
    if (http2_lib.session_server_new2(&h->session, http2_lib.callbacks, h, http2_lib.option) ||
        http2_lib.submit_settings(h->session, NGHTTP2_FLAG_NONE, settings, 2) ||
        http2_lib.session_set_local_window_size(h->session, NGHTTP2_FLAG_NONE, 0, WINDOW)) {
        http2_lib.session_del(h->session);
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
