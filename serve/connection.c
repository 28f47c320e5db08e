/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Connections: bytes of a client to requests, and answers to bytes.
 *
 *     socket ── read ──> parser ──> head, body ──> guest          while there is room in the body
 *     socket <── send ── writer <── head, body <── guest          while the client takes it
 *
 * connection_advance moves what can be moved, and is called whenever something has come on: the
 * socket, the guest, a timer. One request is served at a time; those that a client has sent ahead
 * wait in the input. Where a body has no room the socket is not read, so that the client waits, too.
 *
 * An idle connection has no buffers: bytes are read to a buffer of the server, and only what is left
 * over is kept.
 *
 *     phase          ends by                                          when it lasts too long
 *     idle           bytes                                            closed
 *     head           the head's end                                   408
 *     body           bytes, where the guest waits for them            408, or cut
 *     answer         the client takes bytes, where there are some     cut
 *     linger         the client's end: it may still be sending        closed
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "serve/internal.h"

#define CONTAINER(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

enum {
    MOST_QUEUED = 64 << 10, /* bytes that a client has not taken */
    MOST_DISCARDED =
        1 << 20,           /* bytes of a body that nobody wants, for the sake of the next request */
    MOST_ADMIN = 64,       /* connections to the second address, beyond --max-connections */
    MOST_TURNED_AWAY = 64, /* and those that are told that there are too many */
    MOST_SHAKEN = 16,      /* steps of handshakes in a turn of the loop */
};
static const uint64_t linger_time = 2000000000, probe_time = 100000000;

struct Connection {
    Watch watch;
    Timer timer;
    Transport transport;
    Server *server;
    Connection *before, *next;
    Http1Parser *parser;
    Http1Writer writer;
    Http1Out out;
    size_t sent; /* of `out` */
    char *in;    /* what has been read and not looked at; NULL: nothing */
    size_t in_at, in_len;
    Request *request;
    uint64_t since;     /* the phase has begun, or has last come on */
    uint64_t discarded; /* bytes of this request's body */
    bool has_begun;     /* some bytes of a head have come */
    bool is_asked;      /* the head is whole */
    bool is_expected;   /* the client waits for 100 (Continue) */
    bool is_read;       /* the request is whole, or no more of it is looked at: */
    bool is_refused;    /* it was no good, or came too slowly */
    bool is_answered;   /* all of the answer is in `out`, or has left */
    bool closes;        /* after this request */
    bool has_ended;     /* the client will send no more */
    bool is_probed;     /* it was asked whether it is still there */
    bool is_stalled;    /* the client does not take what has been queued */
    bool is_new;        /* TLS, and no byte has come yet but those of the handshake */
    bool is_turned_away;
    bool lingers, is_dead, is_admin, is_advancing;
    char peer[64];
};

Str connection_peer(const Connection *c) { return str_from(c->peer); }
bool connection_is_secure(const Connection *c) { return transport_is_secure(&c->transport); }

bool out_put(Http1Out *out, Str s) {
    if (s.len > out->cap - out->len) {
        size_t cap = out->cap ? out->cap : 1024;
        while (cap - out->len < s.len) cap *= 2;
        char *more = realloc(out->at, cap);
        if (!more) return false;
        out->at = more;
        out->cap = cap;
    }
    if (s.len) memcpy(out->at + out->len, s.ptr, s.len);
    out->len += s.len;
    return true;
}

/* ---- life ---- */

static void unlink_connection(Connection *c) {
    *(c->before ? &c->before->next : &c->server->connections) = c->next;
    if (c->next) c->next->before = c->before;
    c->server->connection_count--;
    c->server->turned_away -= c->is_turned_away;
    COUNT(c->server->counters, connections, -1);
}

static void destroy(Connection *c) {
    Request *r = c->request;
    c->request = NULL;
    if (r) request_leave(r, false);
    loop_watch(c->server->loop, &c->watch, 0);
    loop_stop_timer(c->server->loop, &c->timer);
    transport_close(&c->transport);
    unlink_connection(c);
    http1_parser_free(c->parser);
    free(c->out.at);
    free(c->in);
    free(c);
}

static void on_ready(Watch *watch, uint32_t events);
static void on_timer(Timer *timer);

/* An answer to what is no request, or will not be one; then the end. */
static void turn_away(Connection *c, const char *answer) {
    c->closes = true;
    if (!out_put(&c->out, str_from(answer))) c->is_dead = true;
}

void connection_accept(Listener *listener, int fd) {
    Server *s = listener->server;
    const ServeOptions *o = s->options;
    const Http1Limits limits = {.line = o->max_target,
                                .head = o->max_head,
                                .fields = o->max_fields,
                                .trailers = o->max_head,
                                .body = o->max_body};
    Tls *tls = listener->is_admin ? NULL : s->tls;
    size_t spared = listener->is_admin ? MOST_ADMIN : 0,
           count = s->connection_count - s->turned_away;
    bool is_full = count >= spared && count - spared >= o->max_connections;
    /* TLS would have to be agreed on first, to say no. */
    bool is_silent = is_full && (tls || s->turned_away == MOST_TURNED_AWAY);
    Connection *c = is_silent ? NULL : calloc(1, sizeof *c);
    Http1Parser *parser = c ? http1_parser_new(HTTP1_SERVER, &limits) : NULL;
    if (is_full || !parser) COUNT(s->counters, connections_refused_total, 1);
    if (!parser) {
        free(c);
        close(fd);
        return;
    }
    *c = (Connection){.watch = {.fd = fd, .ready = on_ready},
                      .timer = {.fire = on_timer},
                      .server = s,
                      .next = s->connections,
                      .parser = parser,
                      .since = loop_now(s->loop),
                      .is_new = tls,
                      .is_turned_away = is_full,
                      .is_admin = listener->is_admin};
    transport_open(&c->transport, fd, tls);
    if (c->next) c->next->before = c;
    s->connections = c;
    s->connection_count++;
    s->turned_away += is_full;
    if (!is_full) COUNT(s->counters, connections_total, 1);
    COUNT(s->counters, connections, 1);
    peer_name(fd, c->peer, sizeof c->peer);
    if (!loop_watch(s->loop, &c->watch, EPOLLIN) ||
        !loop_timer(s->loop, &c->timer, c->since + o->head_timeout))
        destroy(c);
    else if (is_full) {
        turn_away(c, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
                     "Retry-After: 1\r\nConnection: close\r\n\r\n");
        connection_advance(c);
    }
}

/* ---- sending ---- */

static size_t unsent(const Connection *c) { return c->out.len - c->sent; }

/* The client has come on: but one that does not take what is sent has its time for that only. */
static void come_on(Connection *c) {
    if (!c->is_stalled) c->since = loop_now(c->server->loop);
}

static void flush(Connection *c) {
    while (unsent(c) && !c->is_dead) {
        ssize_t n = transport_send(&c->transport, c->out.at + c->sent, unsent(c));
        if (n < 0 && errno == EAGAIN) break;
        if (n < 0) {
            c->is_dead = true;
            return;
        }
        c->sent += (size_t)n;
        c->since = loop_now(c->server->loop);
        COUNT(c->server->counters, sent_bytes_total, n);
    }
    if (unsent(c) && !c->is_stalled) c->since = loop_now(c->server->loop);
    c->is_stalled = unsent(c);
    if (unsent(c)) {
        if (c->sent < c->out.cap / 2) return;
        memmove(c->out.at, c->out.at + c->sent, unsent(c));
        c->out.len = unsent(c);
    } else c->out.len = 0;
    c->sent = 0;
}

bool connection_inform(Connection *c, unsigned status, const Http1Field *fields, size_t n) {
    if (c->request->head_has_left || unsent(c) > MOST_QUEUED) return false;
    return http1_write_informational(&c->writer, status, fields, n, &c->out) == HTTP1_GOOD;
}

/* The client waits for leave to send its body: it gets it when the guest waits, too. */
static void invite(Connection *c) {
    if (!c->is_expected || c->is_read) return;
    c->is_expected = false;
    connection_inform(c, 100, NULL, 0);
}

/* Bytes of the guest's body; false: they do not fit what the head says. */
static bool write_body(Connection *c, Request *r, bool *moved) {
    while (unsent(c) < MOST_QUEUED) {
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

static bool write_head(Connection *c, Request *r) {
    size_t before = c->out.len;
    Http1Refusal refusal = request_write_head(r, &c->writer, !goes_on(c), &c->out);
    if (refusal && r->answer_kind == ANSWER_GUEST && c->out.len == before) {
        request_fail(r, 500, http1_refusal_text(refusal));
        refusal = request_write_head(r, &c->writer, !goes_on(c), &c->out);
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
    if (!r || c->is_answered || r->answer_kind == ANSWER_NONE) return false;
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
    Request *r = request_new(c->server, c);
    if (!r) {
        c->is_dead = true;
        return;
    }
    c->request = r;
    c->is_asked = c->is_read = c->is_answered = c->is_expected = c->is_probed = false;
    c->discarded = 0;
    r->is_admin = c->is_admin;
    if (e->kind != HTTP1_REQUEST) return; /* not even that far */
    r->minor = e->request.minor;
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
    come_on(c);
    if (e->head.is_tunnel) {
        request_fail(r, 501, "CONNECT");
        c->closes = c->is_read = c->is_refused = true;
    } else request_begin(r, has_body);
}

static void finish_body(Connection *c) {
    Request *r = c->request;
    c->is_read = true;
    if (!r->in) return;
    Http1Field *fields = head_fields(&r->trailers, 0);
    HttpFields trailers = {fields, r->trailers.count};
    if (!fields || r->trailers.has_failed) wasi_body_fail(r->in, http_error(HTTP_INTERNAL_ERROR));
    else wasi_body_finish(r->in, &trailers);
    free(fields);
    if (r->guest) guest_wake(r->guest);
}

/* The client has sent what is no HTTP. */
static void refuse_request(Connection *c, const Http1Event *e) {
    Http1Refusal why = e->refused.refusal;
    if (!c->request) begin_request(c, e);
    Request *r = c->request;
    if (!r) return;
    c->closes = c->is_read = c->is_refused = true;
    if (c->has_ended) { /* in the middle: nobody is there */
        r->error = http1_refusal_text(why);
        c->is_dead = true;
        return;
    }
    COUNT(c->server->counters, requests_refused_total, 1);
    if (r->in) wasi_body_fail(r->in, http_error(http1_refusal_code(why, true)));
    if (!r->head_has_left) request_fail(r, http1_refusal_status(why), http1_refusal_text(why));
    else if (r->guest) guest_wake(r->guest);
}

/* How much of the input may be looked at. */
static size_t room(Connection *c) {
    Request *r = c->request;
    if (!c->is_asked || !r) return SIZE_MAX;
    if (c->is_read) return 0;
    bool is_wanted = r->in && !wasi_body_is_abandoned(r->in);
    if (is_wanted) return wasi_body_room(r->in);
    if (c->discarded < MOST_DISCARDED) return MOST_DISCARDED;
    c->closes = true;
    return 0;
}

static void take_body(Connection *c, Str bytes) {
    Request *r = c->request;
    r->received += bytes.len;
    if (!r->in || wasi_body_is_abandoned(r->in)) {
        c->discarded += bytes.len;
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
    case HTTP1_END: finish_body(c); break;
    case HTTP1_REFUSED: refuse_request(c, &e); return false;
    case HTTP1_DONE:
    case HTTP1_RESPONSE: c->closes = true; return false;
    }
    return !c->is_dead;
}

/* Looks at as much of `input` as can be now. Whether anything has come on. */
static bool parse(Connection *c, Str *input) {
    bool moved = false;
    while (!c->is_dead && !c->lingers && !(c->request ? c->is_read : c->closes)) {
        if (!c->request && unsent(c) >= MOST_QUEUED) break; /* answers wait for room, too */
        if (!c->request && input->len && !c->has_begun) {
            c->has_begun = true;
            come_on(c);
        }
        Str part = str_from_to(*input, 0, room(c)); /* none may still be the end of something */
        size_t before = part.len;
        bool more = take_event(c, &part);
        *input = str_after(*input, before - part.len);
        moved |= more || before > part.len;
        if (!more && (!input->len || before == part.len)) break;
    }
    if (c->lingers) *input = (Str){0};
    return moved;
}

static bool parse_kept(Connection *c) {
    Str input = {c->in + c->in_at, c->in_len - c->in_at};
    bool moved = parse(c, &input);
    bool is_taken = c->in_len - input.len > c->in_at; /* the client was not waited for until now */
    if (is_taken && c->is_asked) come_on(c);
    c->in_at = c->in_len - input.len;
    if (!input.len) {
        free(c->in);
        c->in = NULL;
        c->in_at = c->in_len = 0;
    }
    return moved;
}

static void keep(Connection *c, Str rest) {
    if (!rest.len) return;
    c->in = malloc(rest.len);
    if (!c->in) {
        c->is_dead = true;
        return;
    }
    memcpy(c->in, rest.ptr, rest.len);
    c->in_at = 0;
    c->in_len = rest.len;
}

/* The handshake has come on. */
static void shaken(Connection *c, int why) {
    static const char text[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 46\r\n"
                               "Content-Type: text/plain; charset=utf-8\r\n"
                               "Connection: close\r\n\r\n"
                               "This server speaks HTTPS: ask it by https://.\n";
    c->server->shaken++;
    if (why == EPROTONOSUPPORT) turn_away(c, text);
    else if (transport_is_ready(&c->transport)) {
        COUNT(c->server->counters, handshakes_total, 1);
        c->since = loop_now(c->server->loop);
    }
    if (why && why != EAGAIN) COUNT(c->server->counters, handshakes_failed_total, 1);
}

static void read_some(Connection *c) {
    Server *s = c->server;
    if (c->in || c->has_ended) return;
    bool was_ready = transport_is_ready(&c->transport);
    ssize_t n = transport_recv(&c->transport, s->scratch, SCRATCH);
    int why = n < 0 ? errno : 0;
    if (!was_ready) shaken(c, why);
    if (why) {
        c->is_dead |= why != EAGAIN && why != EPROTONOSUPPORT;
        return;
    }
    c->is_new = false;
    if (n == 0) {
        c->has_ended = true;
        http1_eof(c->parser);
        return;
    }
    COUNT(s->counters, received_bytes_total, n);
    if (c->is_asked) come_on(c); /* a head has its time as a whole */
    Str input = {s->scratch, (size_t)n};
    parse(c, &input);
    keep(c, input);
}

/* ---- going on ---- */

/* The answer is queued and the request read: the next one, or the end. */
static bool end_request(Connection *c) {
    Request *r = c->request;
    if (!r || !c->is_answered || !(c->is_read || c->closes)) return false;
    if (!c->is_read) c->closes = true; /* what is left of it is not waited for */
    c->request = NULL;
    c->is_asked = false;
    come_on(c);
    request_leave(r, true);
    return true;
}

/* Everything has been sent, and the connection is to end: at once, or when the client has read it. */
static void close_if_done(Connection *c) {
    bool is_over = !c->request && (c->closes || c->has_ended || c->server->is_draining);
    if (!is_over || unsent(c) || c->is_dead || c->lingers) return;
    bool is_coming = c->has_begun || c->is_new; /* draining: a head is on its way */
    if (is_coming && !c->has_ended && !c->closes) return;
    bool is_known = c->has_ended || (c->is_read && !c->is_refused && !c->in);
    if (transport_end(&c->transport) && is_known) {
        c->is_dead = true;
        return;
    }
    c->lingers = true;
    c->since = loop_now(c->server->loop);
    free(c->in);
    c->in = NULL;
    c->in_at = c->in_len = 0;
}

/* When the phase has lasted too long; UINT64_MAX: it may. */
static uint64_t deadline(Connection *c) {
    const ServeOptions *o = c->server->options;
    uint64_t most = UINT64_MAX;
    Request *r = c->request;
    if (c->lingers) most = linger_time;
    else if (unsent(c)) most = o->write_timeout;
    else if (!transport_is_ready(&c->transport)) most = o->head_timeout;
    else if (c->is_new && c->server->is_draining) most = linger_time;
    else if (!c->is_asked) most = c->has_begun || r ? o->head_timeout : o->idle_timeout;
    else if (!c->is_read && room(c) && !c->in) most = o->body_timeout;
    else if (c->has_ended && !c->is_probed && r->answer_kind == ANSWER_NONE) most = probe_time;
    return most && most < UINT64_MAX - c->since ? c->since + most : UINT64_MAX;
}

static void rearm(Connection *c) {
    Server *s = c->server;
    bool reads = !c->in && !c->has_ended;
    uint32_t events = transport_events(&c->transport, reads, unsent(c));
    /* Without events a hang-up is still told. */
    if (!loop_watch(s->loop, &c->watch, events ? events : EPOLLERR)) c->is_dead = true;
    uint64_t at = deadline(c);
    if (at < UINT64_MAX && (!c->timer.place || c->timer.at > at))
        loop_timer(s->loop, &c->timer, at);
    if (!c->request && !c->out.len && c->out.cap) {
        free(c->out.at);
        c->out = (Http1Out){0};
    }
}

void connection_advance(Connection *c) {
    if (c->is_advancing) return;
    c->is_advancing = true;
    for (bool moved = true; moved && !c->is_dead;) {
        moved = write_answer(c);
        moved |= parse_kept(c);
        moved |= end_request(c);
        if (unsent(c) >= MOST_QUEUED || !moved) {
            size_t before = unsent(c);
            flush(c);
            moved |= unsent(c) < before;
        }
    }
    if (c->request && c->request->guest && guest_has_begun(c->request->guest)) {
        invite(c);
        flush(c);
    }
    close_if_done(c);
    c->is_advancing = false;
    if (!c->is_dead) rearm(c);
    if (c->is_dead) destroy(c);
}

static void on_ready(Watch *watch, uint32_t events) {
    Connection *c = CONTAINER(watch, Connection, watch);
    Server *s = c->server;
    if (!transport_is_ready(&c->transport) && s->shaken >= MOST_SHAKEN)
        return; /* it is told again */
    if (events & (EPOLLERR | EPOLLHUP)) c->is_dead = true;
    else if (c->lingers) {
        ssize_t n = transport_recv(&c->transport, s->scratch, SCRATCH);
        c->is_dead = n == 0 || (n < 0 && errno != EAGAIN);
        c->discarded += n > 0 ? (uint64_t)n : 0;
        if (c->discarded > 4 * (uint64_t)MOST_DISCARDED) c->is_dead = true;
    } else if (transport_can_read(&c->transport, events)) read_some(c);
    connection_advance(c);
}

/* A client that has ended its half may wait for the answer, or be gone: an informational response
 * makes the difference, since one that is gone answers it with a reset. */
static void probe(Connection *c) {
    c->is_probed = true;
    if (c->request->minor) connection_inform(c, 102, NULL, 0);
}

static void on_timer(Timer *timer) {
    Connection *c = CONTAINER(timer, Connection, timer);
    Request *r = c->request;
    uint64_t at = deadline(c);
    if (at > loop_now(c->server->loop)) {
        if (at < UINT64_MAX) loop_timer(c->server->loop, timer, at);
        return;
    }
    if (c->lingers || unsent(c) || (!r && !c->has_begun)) {
        if (r && !c->lingers) r->error = "the client takes no bytes";
        else transport_end(&c->transport);
        c->is_dead = true;
    } else if (c->has_ended) {
        probe(c);
    } else {
        if (!r) begin_request(c, &(Http1Event){.kind = HTTP1_MORE});
        if (!c->request) c->is_dead = true;
        else {
            const char *why =
                c->is_asked ? "the body has not come in time" : "the head has not come in time";
            c->closes = c->is_refused = true;
            if (c->is_asked && c->request->head_has_left) {
                c->request->error = why;
                c->is_dead = true;
            } else request_fail(c->request, 408, why);
            c->is_read = true;
        }
    }
    connection_advance(c);
}

Connection *connection_next(const Connection *c) { return c->next; }
int connection_fd(const Connection *c) { return c->transport.fd; }
void connection_abort(Connection *c) { destroy(c); }

void connection_drain(Connection *c) {
    if (!c->lingers) read_some(c);
    connection_advance(c);
}
