/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Streams of HTTP/2: each has a request, and is what the request knows of its client.
 *
 *     fields ──> request, body ──> guest         the guest takes bytes: the client gets new room
 *     frames <── answer, body <── guest          the guest has written: the session asks for more
 *
 *     waits for                    when it lasts too long
 *     the request's body           408, or reset, where the guest waits for it, too
 *     room for the answer          reset
 */
#include "serve/http2.h"

#ifdef SERVE_NGHTTP2

#include <stdio.h>
#include <stdlib.h>

enum { MOST_INFORMED = 64 }; /* frames that wait to be sent, before a guest's 1xx are refused */
static const char unfinished[] = "the handler's answer was not whole";

/* ---- time of streams ---- */

/* The client has to take some of the answer. */
static bool is_sending(const Http2Stream *s) {
    return s->is_answering && !s->is_answered && !s->waits;
}

static uint64_t stream_deadline(const Http2Stream *s) {
    const ServeOptions *o = s->http2->connection->server->options;
    return is_sending(s) ? time_after(s->since, o->write_timeout) : pace_end(&s->pace);
}

/* Nothing but the client keeps the body from coming on. */
static bool waits_for_body(const Http2Stream *s) {
    const Request *r = s->request;
    bool is_due = s->head.is_whole && !s->is_read && !s->is_expected && !is_sending(s);
    return is_due && request_wants_body(r) && !wasi_body_queued(r->in);
}

static void rearm(Http2Stream *s) {
    pace_set(&s->pace, waits_for_body(s), http2_now(s->http2));
    uint64_t at = stream_deadline(s);
    if (at < UINT64_MAX && (!s->timer.place || s->timer.at > at) &&
        !loop_timer(s->http2->connection->server->loop, &s->timer, at))
        s->http2->connection->is_dead = true;
}

/* ---- answers ---- */

void http2_cut(Http2Stream *s, uint32_t code, const char *error) {
    if (s->is_cut) return;
    s->is_cut = true;
    if (!s->request->error) s->request->error = error;
    if (http2_lib.submit_rst_stream(s->http2->session, NGHTTP2_FLAG_NONE, s->id, code))
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
    Http2Stream *s = CONTAINER(client, Http2Stream, client);
    Http2 *h = s->http2;
    nghttp2_session *session = h->session;
    char text[8];
    size_t n;
    if (s->is_answering || http1_check_informational(status, fields, count) ||
        h->informed >= MOST_QUEUED ||
        http2_lib.session_get_outbound_queue_size(session) > MOST_INFORMED)
        return false;
    Str code = {text, (size_t)snprintf(text, sizeof text, "%u", status)};
    nghttp2_nv *all = pairs(code, fields, count, &n);
    bool is_good =
        all && !http2_lib.submit_headers(session, NGHTTP2_FLAG_NONE, s->id, NULL, all, n, NULL);
    for (size_t i = 0; is_good && i < n; i++) h->informed += all[i].namelen + all[i].valuelen;
    free(all);
    return is_good;
}

/* The client waits for leave to send its body: it gets it when the guest waits, too. */
static void invite(Http2Stream *s) {
    if (s->is_expected && !s->is_read && !s->taken) inform(&s->client, 100, NULL, 0);
    s->is_expected = false;
}

static ssize_t broken(Http2Stream *s, const char *error) {
    s->is_cut = true;
    if (!s->request->error) s->request->error = error;
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/* The body was written to its end: its trailers. */
static bool put_trailers(Http2Stream *s, uint32_t *flags) {
    HttpFields trailers = wasi_body_trailers(s->request->out);
    size_t n;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!trailers.len) return true;
    if (http1_check_trailers(trailers.at, trailers.len)) return false;
    *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    nghttp2_nv *all = pairs((Str){0}, trailers.at, trailers.len, &n);
    bool is_good = all && !http2_lib.submit_trailer(s->http2->session, s->id, all, n);
    free(all);
    return is_good;
}

/* How much of the body the next frame gets; http2_put_data moves it. */
static ssize_t read_data(nghttp2_session *session, int32_t id, uint8_t *buffer, size_t most,
                         uint32_t *flags, nghttp2_data_source *source, void *context) {
    Http2Stream *s = source->ptr;
    Request *r = s->request;
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (r->answer_kind == ANSWER_SERVER) {
        size_t rest = r->page.len - s->page_at;
        if (rest <= most) *flags |= NGHTTP2_DATA_FLAG_EOF;
        return (ssize_t)(rest < most ? rest : most);
    }
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

bool http2_put_data(Http2Stream *s, Str head, size_t n) {
    Request *r = s->request;
    Http1Out *out = &s->http2->connection->out;
    bool is_good = out_put(out, head);
    if (r->answer_kind == ANSWER_SERVER) {
        is_good &= out_put(out, str_from_to(r->page, s->page_at, s->page_at + n));
        s->page_at += n;
    } else {
        for (size_t left = n; left && is_good;) {
            Str bytes = str_from_to(wasi_body_peek(r->out), 0, left);
            is_good = bytes.len && out_put(out, bytes);
            wasi_body_take(r->out, bytes.len);
            left -= bytes.len;
        }
        if (s->left != HTTP1_UNKNOWN_LENGTH) s->left -= n;
        if (r->guest) guest_wake(r->guest);
    }
    r->sent += n;
    s->since = http2_now(s->http2);
    return is_good;
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

static Http1Refusal put_head(Http2Stream *s) {
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
    if (!all ||
        http2_lib.submit_response(s->http2->session, s->id, all, n, has_body ? &body : NULL))
        refusal = HTTP1_REFUSED_NO_MEMORY;
    free(all);
    free((void *)(uintptr_t)head.fields);
    return refusal;
}

static void answer(Http2Stream *s) {
    Request *r = s->request;
    Http1Refusal refusal = put_head(s);
    if (refusal && r->answer_kind == ANSWER_GUEST) {
        request_fail(r, 500, http1_refusal_text(refusal));
        refusal = put_head(s);
    }
    s->is_answering = true;
    s->since = http2_now(s->http2);
    if (refusal) http2_cut(s, NGHTTP2_INTERNAL_ERROR, http1_refusal_text(refusal));
    else r->head_has_left = true;
}

/* What the guest has taken, the client may send anew. */
static void give_room(Http2Stream *s) {
    size_t queued = request_wants_body(s->request) ? wasi_body_queued(s->request->in) : 0;
    if (s->is_read || s->held <= queued) return;
    http2_lib.session_consume_stream(s->http2->session, s->id, s->held - queued);
    s->held = queued;
}

/* The guest has done something, or there is an answer. */
static void go_on(Http2Stream *s) {
    Request *r = s->request;
    if (s->is_cut || !s->head.is_whole) return;
    give_room(s);
    switch (r->answer_kind) {
    case ANSWER_NONE:
        if (r->guest && guest_has_begun(r->guest)) invite(s);
        break;
    case ANSWER_CUT: http2_cut(s, NGHTTP2_INTERNAL_ERROR, unfinished); break;
    case ANSWER_GUEST:
    case ANSWER_SERVER:
        if (!s->is_answering) {
            if (r->guest) invite(s); /* it may still want the body */
            answer(s);
        } else if (s->waits && (wasi_body_state(r->out) != WASI_BODY_OPEN || !r->guest ||
                                wasi_body_queued(r->out))) {
            s->waits = false;
            s->since = http2_now(s->http2);
            http2_lib.session_resume_data(s->http2->session, s->id);
        }
    }
    rearm(s);
}

static void advance(Client *client) {
    Http2Stream *s = CONTAINER(client, Http2Stream, client);
    Connection *c = s->http2->connection;
    go_on(s);
    connection_advance(c);
}

static void on_timer(Timer *timer) {
    Http2Stream *s = CONTAINER(timer, Http2Stream, timer);
    Connection *c = s->http2->connection;
    if (stream_deadline(s) > http2_now(s->http2)) {
        rearm(s);
        return;
    }
    static const char why[] = "the body has not come in time";
    if (is_sending(s)) http2_cut(s, NGHTTP2_CANCEL, "the client takes no bytes");
    else if (s->is_answering) http2_cut(s, NGHTTP2_CANCEL, why);
    else {
        request_fail(s->request, 408, why);
        go_on(s);
    }
    connection_advance(c);
}

/* ---- requests ---- */

bool http2_begin_stream(Http2 *h, int32_t id) {
    Connection *c = h->connection;
    Http2Stream *s = calloc(1, sizeof *s);
    if (!s) return false;
    s->client = (Client){
        .peer = c->peer, .is_secure = c->client.is_secure, .advance = advance, .inform = inform};
    s->timer.fire = on_timer;
    s->http2 = h;
    s->id = id;
    s->request = request_new(c->server, &s->client);
    if (!s->request || http2_lib.session_set_stream_user_data(h->session, id, s)) {
        request_free(s->request);
        free(s);
        return false;
    }
    s->request->version = HTTP_2;
    s->next = h->streams;
    if (s->next) s->next->before = s;
    h->streams = s;
    return true;
}

static void refuse(Http2Stream *s, Http1Refusal why) {
    bool is_told = s->request->answer_kind == ANSWER_SERVER; /* it was: that answer is to arrive */
    if (!request_refuse(s->request, why) && !is_told)
        http2_cut(s, NGHTTP2_PROTOCOL_ERROR, http1_refusal_text(why));
    go_on(s);
}

void http2_lose_client(Http2Stream *s) {
    if (s->is_read || s->is_cut) return;
    if (s->head.is_whole) {
        request_refuse(s->request, HTTP1_REFUSED_INCOMPLETE_BODY);
        go_on(s);
    } else http2_cut(s, NGHTTP2_PROTOCOL_ERROR, http1_refusal_text(HTTP1_REFUSED_INCOMPLETE_HEAD));
}

static void end_head(Http2Stream *s, bool is_end) {
    Request *r = s->request;
    Http1Refusal refusal = http2_end_head(&s->head, r);
    s->is_read = is_end;
    r->start = http2_now(s->http2);
    pace_begin(&s->pace, s->http2->connection->server->options);
    s->is_expected = s->head.is_expected && !is_end;
    if (refusal) refuse(s, refusal);
    else if (str_is(request_method(r), "CONNECT")) request_fail(r, 501, "CONNECT");
    else request_begin(r, !is_end);
    go_on(s);
}

void http2_end_body(Http2Stream *s) {
    if (s->head.refusal) refuse(s, s->head.refusal); /* of the trailers */
    s->is_read = true;
    request_finish_body(s->request);
}

void http2_end_fields(Http2Stream *s, bool is_end) {
    if (!s->head.is_whole) end_head(s, is_end);
    else if (is_end) http2_end_body(s);
}

void http2_take_body(Http2Stream *s, Str bytes) {
    Request *r = s->request;
    uint64_t most = s->http2->connection->server->options->max_body, before = s->taken;
    r->received += bytes.len;
    s->taken += bytes.len;
    pace_gain(&s->pace, s->http2->connection->server->options, bytes.len, http2_now(s->http2));
    if (s->taken > most) {
        if (before <= most) refuse(s, HTTP1_REFUSED_BODY_LONG);
    } else if (request_wants_body(r)) {
        s->held += bytes.len;
        wasi_body_put(r->in, bytes.ptr, bytes.len);
        if (r->guest) guest_wake(r->guest);
    } else if ((s->discarded += bytes.len) <= MOST_DISCARDED)
        http2_lib.session_consume_stream(s->http2->session, s->id, bytes.len);
    rearm(s);
}

void http2_end_stream(Http2Stream *s) {
    Http2 *h = s->http2;
    Request *r = s->request;
    *(s->before ? &s->before->next : &h->streams) = s->next;
    if (s->next) s->next->before = s->before;
    loop_stop_timer(h->connection->server->loop, &s->timer);
    if (!h->streams) h->since = http2_now(h);
    request_leave(r, s->is_answered);
    free(s);
}

#endif
