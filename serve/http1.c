/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * HTTP/1 on a connection: bytes to requests, and answers to bytes.
 *
 *     input ──> parser ──> head, body ──> guest          while there is room in the body
 *     output <── writer <── head, body <── guest         while the client takes it
 *
 * One request is served at a time; those that a client has sent ahead wait in the input.
 *
 *     phase          ends by                                          when it lasts too long
 *     idle           bytes                                            closed
 *     head           the head's end                                   408
 *     body           bytes, where the guest waits for them            408, or cut
 *     answer         the client takes bytes, where there are some     cut
 *     linger         the client's end: it may still be sending        closed
 */
#include <stdlib.h>

#include "serve/internal.h"

static const uint64_t probe_time = 100000000;

/* ---- answers ---- */

static bool inform(Client *client, unsigned status, const Http1Field *fields, size_t n) {
    Connection *c = CONTAINER(client, Connection, client);
    if (c->request->head_has_left || connection_unsent(c) > MOST_QUEUED) return false;
    return http1_write_informational(&c->writer, status, fields, n, &c->out) == HTTP1_GOOD;
}

/* The client waits for leave to send its body: it gets it when the guest waits, too. */
static bool invite(Connection *c) {
    if (!c->is_expected || c->is_read) return false;
    c->is_expected = false;
    return inform(&c->client, 100, NULL, 0);
}

/* Bytes of the guest's body; false: they do not fit what the head says. */
static bool write_body(Connection *c, Request *r, bool *moved) {
    while (connection_unsent(c) < MOST_QUEUED) {
        Str bytes = wasi_body_peek(r->out), before, after;
        if (!bytes.len) break;
        if (http1_write_body(&c->writer, bytes.len, &before, &after) != HTTP1_GOOD) return false;
        if (!out_put(&c->out, before) || !out_put(&c->out, bytes) || !out_put(&c->out, after))
            return false;
        wasi_body_take(r->out, bytes.len);
        r->sent += bytes.len;
        *moved = true;
    }
    return true;
}

/* The head has left: what follows it; false: the connection is to be cut. */
static bool write_rest(Connection *c, Request *r, bool *moved) {
    bool wrote = false;
    if (!write_body(c, r, &wrote)) return false;
    *moved |= wrote;
    if (wrote && r->guest) guest_wake(r->guest);
    switch (wasi_body_state(r->out)) {
    case WASI_BODY_OPEN: return r->guest || wasi_body_queued(r->out);
    case WASI_BODY_FAILED: return false;
    case WASI_BODY_FINISHED: break;
    }
    HttpFields trailers = wasi_body_trailers(r->out);
    if (c->writer.framing != HTTP1_CHUNKED) trailers.len = 0;
    if (http1_write_end(&c->writer, trailers.at, trailers.len, &c->out) != HTTP1_GOOD) return false;
    c->is_answered = *moved = true;
    return true;
}

/* The connection goes on after this answer. */
static bool goes_on(const Connection *c) {
    return !c->closes && !c->has_ended && !c->server->is_draining;
}

/* The head; where the server answers, the whole of it. */
static Http1Refusal put_head(Connection *c, Request *r) {
    Http1ResponseHead head;
    Str before, after;
    Http1Refusal refusal = request_head(r, &head);
    head.close = !goes_on(c);
    if (!refusal) refusal = http1_write_response(&c->writer, &head, &c->out);
    free((void *)(uintptr_t)head.fields);
    if (refusal || r->answer_kind != ANSWER_SERVER) return refusal;
    if (!r->is_head) {
        refusal = http1_write_body(&c->writer, r->page.len, &before, &after);
        if (!refusal && !out_put(&c->out, r->page)) refusal = HTTP1_REFUSED_NO_MEMORY;
        r->sent = r->page.len;
    }
    return refusal ? refusal : http1_write_end(&c->writer, NULL, 0, &c->out);
}

static bool write_head(Connection *c, Request *r) {
    size_t before = c->out.len;
    Http1Refusal refusal = put_head(c, r);
    if (refusal && r->answer_kind == ANSWER_GUEST && c->out.len == before) {
        request_fail(r, 500, http1_refusal_text(refusal));
        refusal = put_head(c, r);
    }
    if (refusal) return false;
    r->head_has_left = true;
    c->is_expected = false;
    if (c->writer.is_last) c->closes = true;
    if (r->answer_kind == ANSWER_SERVER) c->is_answered = true;
    else if (c->writer.framing == HTTP1_NO_BODY || !r->out) { /* what is still written is dropped */
        if (r->out) wasi_body_discard(r->out);
        if (r->out && r->guest) guest_wake(r->guest);
        if (http1_write_end(&c->writer, NULL, 0, &c->out) != HTTP1_GOOD) return false;
        c->is_answered = true;
    }
    return true;
}

/* Whether something of the answer has come on. */
static bool write_answer(Connection *c) {
    Request *r = c->request;
    bool moved = false, is_good = true;
    if (!r || c->is_answered) return false;
    if (r->answer_kind == ANSWER_NONE)
        return r->guest && guest_has_begun(r->guest) && !c->in && invite(c);
    if (r->answer_kind == ANSWER_CUT) is_good = false;
    else if (!r->head_has_left) {
        if (r->guest) invite(c); /* it may still want the body */
        is_good = moved = write_head(c, r);
    }
    if (is_good && !c->is_answered) is_good = write_rest(c, r, &moved);
    if (!is_good) {
        if (!r->error) r->error = "the handler's answer was not whole";
        c->is_dead = true;
    }
    return moved && is_good;
}

/* ---- reading ---- */

static void begin_request(Connection *c, const Http1Event *e) {
    Request *r = request_new(c->server, &c->client);
    if (!r) {
        c->is_dead = true;
        return;
    }
    c->request = r;
    c->is_asked = c->is_read = c->is_answered = c->is_expected = c->is_probed = false;
    c->discarded = 0;
    r->is_admin = c->is_admin;
    if (e->kind != HTTP1_REQUEST) return; /* not even that far */
    r->version = e->request.minor ? HTTP_1_1 : HTTP_1_0;
    r->is_head = str_is(e->request.method, "HEAD");
    head_text(&r->head, e->request.method, &r->method, &r->method_len);
    head_text(&r->head, e->request.target, &r->target, &r->target_len);
    head_text(&r->head, e->request.scheme, &r->scheme, &r->scheme_len);
    head_text(&r->head, e->request.authority, &r->authority, &r->authority_len);
    head_text(&r->head, e->request.path, &r->path, &r->path_len);
}

static void take_head(Connection *c, const Http1Event *e) {
    Request *r = c->request;
    bool has_body =
        e->head.framing == HTTP1_CHUNKED || (e->head.framing == HTTP1_LENGTH && e->head.length);
    c->is_asked = true;
    c->has_begun = false;
    c->is_expected = e->head.is_expected && has_body;
    if (!e->head.keep_alive) c->closes = true;
    r->start = loop_now(c->server->loop);
    connection_come_on(c);
    pace_begin(&c->pace, c->server->options);
    if (e->head.is_tunnel) {
        request_fail(r, 501, "CONNECT");
        c->closes = c->is_read = c->is_refused = true;
    } else request_begin(r, has_body);
}

/* The client has sent what is no HTTP, or not all of it. */
static void refuse_request(Connection *c, const Http1Event *e) {
    if (!c->request) begin_request(c, e);
    if (!c->request) return;
    c->closes = c->is_read = c->is_refused = true;
    request_refuse(c->request, e->refused.refusal);
}

/* How much of the input may be looked at. */
static size_t room(const Connection *c) {
    const Request *r = c->request;
    if (!c->is_asked || !r) return SIZE_MAX;
    if (c->is_read) return 0;
    if (request_wants_body(r)) return wasi_body_room(r->in);
    return c->discarded < MOST_DISCARDED ? MOST_DISCARDED : 0;
}

static void take_body(Connection *c, Str bytes) {
    Request *r = c->request;
    r->received += bytes.len;
    if (!request_wants_body(r)) {
        c->discarded += bytes.len;
        if (c->discarded >= MOST_DISCARDED) c->closes = true;
        return;
    }
    wasi_body_put(r->in, bytes.ptr, bytes.len);
    if (r->guest) guest_wake(r->guest);
}

/* One event; false: there is none now. */
static bool take_event(Connection *c, Str *input) {
    Http1Event e;
    switch (http1_next(c->parser, input, &e)) {
    case HTTP1_MORE: return false;
    case HTTP1_REQUEST: begin_request(c, &e); break;
    case HTTP1_FIELD: head_field(&c->request->head, e.field.name, e.field.value); break;
    case HTTP1_HEAD: take_head(c, &e); break;
    case HTTP1_BODY: take_body(c, e.body); break;
    case HTTP1_TRAILER: head_field(&c->request->trailers, e.field.name, e.field.value); break;
    case HTTP1_END:
        c->is_read = true;
        request_finish_body(c->request);
        break;
    case HTTP1_REFUSED: refuse_request(c, &e); return false;
    case HTTP1_DONE:
    case HTTP1_RESPONSE: c->closes = true; return false;
    }
    return !c->is_dead;
}

/* Nothing but the client keeps the body from coming on: there is room for it, the guest has taken what has come, and
 * no answer is in the client's way. */
static bool waits_for_body(const Connection *c) {
    const Request *r = c->request;
    if (!c->is_asked || c->is_read || c->is_expected || c->in || connection_unsent(c) || !room(c))
        return false;
    return !request_wants_body(r) || !wasi_body_queued(r->in);
}

static bool read_input(Connection *c, Str *input) {
    bool moved = false;
    uint64_t now = loop_now(c->server->loop);
    while (!c->is_dead && !c->lingers && !(c->request ? c->is_read : c->closes)) {
        if (!c->request && connection_unsent(c) >= MOST_QUEUED)
            break; /* answers wait for room, too */
        if (!c->request && input->len && !c->has_begun) {
            c->has_begun = true;
            connection_come_on(c);
        }
        Str part = str_from_to(*input, 0, room(c)); /* none may still be the end of something */
        size_t before = part.len;
        bool was_asked = c->is_asked, more = take_event(c, &part);
        if (was_asked) pace_gain(&c->pace, c->server->options, before - part.len, now);
        *input = str_after(*input, before - part.len);
        moved |= more || before > part.len || c->is_refused;
        if (!more && (!input->len || before == part.len)) break;
    }
    pace_set(&c->pace, waits_for_body(c), now);
    if (c->lingers) *input = (Str){0};
    return moved;
}

static void read_eof(Connection *c) { http1_eof(c->parser); }

/* ---- going on ---- */

static void advance(Client *client) { connection_advance(CONTAINER(client, Connection, client)); }

/* The answer is queued and the request read: the next one, or the end. */
static bool end_request(Connection *c) {
    Request *r = c->request;
    if (!r || !c->is_answered || !(c->is_read || c->closes)) return false;
    if (!c->is_read) c->closes = true; /* what is left of it is not waited for */
    c->request = NULL;
    c->is_asked = false;
    connection_come_on(c);
    request_leave(r, true);
    return true;
}

static bool write_output(Connection *c) {
    bool moved = write_answer(c);
    return end_request(c) || moved;
}

static Closing closing(const Connection *c) {
    bool is_over = !c->request && (c->closes || c->has_ended || c->server->is_draining);
    if (!is_over) return GOES_ON;
    bool is_coming = c->has_begun || c->is_new; /* draining: a head is on its way */
    if (is_coming && !c->has_ended && !c->closes) return GOES_ON;
    return c->has_ended || (c->is_read && !c->is_refused && !c->in) ? ENDS : LINGERS;
}

static uint64_t deadline(const Connection *c) {
    const ServeOptions *o = c->server->options;
    const Request *r = c->request;
    if (!c->is_asked)
        return time_after(c->since, c->has_begun || r ? o->head_timeout : o->idle_timeout);
    if (c->pace.waits) return pace_end(&c->pace);
    bool asks = c->has_ended && !c->is_probed && r->answer_kind == ANSWER_NONE;
    return asks ? time_after(c->since, probe_time) : UINT64_MAX;
}

/* A client that has ended its half may wait for the answer, or be gone: an informational response
 * makes the difference, since one that is gone answers it with a reset. */
static void probe(Connection *c) {
    c->is_probed = true;
    if (c->request->version > HTTP_1_0) inform(&c->client, 102, NULL, 0);
}

static void late(Connection *c) {
    Request *r = c->request;
    if (connection_unsent(c) || (!r && !c->has_begun)) {
        if (r) r->error = "the client takes no bytes";
        else transport_end(&c->transport);
        c->is_dead = true;
        return;
    }
    if (c->has_ended) {
        probe(c);
        return;
    }
    if (!r) begin_request(c, &(Http1Event){.kind = HTTP1_MORE});
    if (!c->request) {
        c->is_dead = true;
        return;
    }
    const char *why =
        c->is_asked ? "the body has not come in time" : "the head has not come in time";
    c->closes = c->is_refused = true;
    if (c->is_asked && c->request->head_has_left) {
        c->request->error = why;
        c->is_dead = true;
    } else request_fail(c->request, 408, why);
    c->is_read = true;
}

/* ---- life ---- */

static void leave(Connection *c) {
    Request *r = c->request;
    c->request = NULL;
    if (r) request_leave(r, false);
    http1_parser_free(c->parser);
    c->parser = NULL;
}

const Protocol http1 = {.read = read_input,
                        .eof = read_eof,
                        .write = write_output,
                        .closing = closing,
                        .deadline = deadline,
                        .late = late,
                        .free = leave};

bool http1_open(Connection *c) {
    const ServeOptions *o = c->server->options;
    const Http1Limits limits = {.line = o->max_target,
                                .head = o->max_head,
                                .fields = o->max_fields,
                                .trailers = o->max_head,
                                .body = o->max_body};
    c->parser = http1_parser_new(HTTP1_SERVER, &limits);
    c->client = (Client){.peer = c->peer, .advance = advance, .inform = inform};
    c->protocol = &http1;
    return c->parser;
}
