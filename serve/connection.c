/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Connections: the bytes of a client, and their time. What the bytes mean is a protocol's business:
 *
 *     socket ── recv ──> input ──> protocol ──> requests, bodies       while there is room for them
 *     socket <── send ── output <── protocol <── answers               while the client takes it
 *
 * connection_advance moves what can be moved, and is called whenever something has come on: the
 * socket, a guest, a timer. Where the protocol leaves input, the socket is not read, so that the
 * client waits, too.
 *
 * An idle connection has no buffers: bytes are read to a buffer of the server, and only what is left
 * over is kept.
 *
 * Which protocol it is, is known by TLS, or by the first bytes: the preface of HTTP/2 begins like a
 * request of HTTP/1, of a method and a version that nobody serves.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "serve/internal.h"

enum {
    MOST_ADMIN = 64,       /* connections to the second address, beyond --max-connections */
    MOST_TURNED_AWAY = 64, /* and those that are told that there are too many */
    MOST_SHAKEN = 16,      /* steps of handshakes in a turn of the loop */
};
static const uint64_t linger_time = 2000000000;
static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

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
    c->protocol->free(c);
    loop_watch(c->server->loop, &c->watch, 0);
    loop_stop_timer(c->server->loop, &c->timer);
    transport_close(&c->transport);
    unlink_connection(c);
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

/* Those who come from one place may be only so many; the newest connections stand first. */
static bool is_crowded(const Server *s, uint64_t origin) {
    uint64_t most = s->options->max_connections_each, count = 0;
    if (!most || !origin) return false;
    for (const Connection *c = s->connections; c && count < most; c = c->next)
        count += c->origin == origin && !c->is_turned_away;
    return count >= most;
}

void connection_accept(Listener *listener, int fd) {
    Server *s = listener->server;
    const ServeOptions *o = s->options;
    Tls *tls = listener->is_admin ? NULL : s->tls;
    size_t spared = listener->is_admin ? MOST_ADMIN : 0,
           count = s->connection_count - s->turned_away;
    bool is_full = count >= spared && count - spared >= o->max_connections;
    uint64_t origin = o->max_connections_each && !listener->is_admin ? peer_origin(fd) : 0;
    is_full |= is_crowded(s, origin);
    /* TLS would have to be agreed on first, to say no. */
    bool is_silent = is_full && (tls || s->turned_away == MOST_TURNED_AWAY);
    Connection *c = is_silent ? NULL : calloc(1, sizeof *c);
    if (c) c->server = s;
    bool is_open = c && http1_open(c);
    if (is_full || !is_open) COUNT(s->counters, connections_refused_total, 1);
    if (!is_open) {
        free(c);
        close(fd);
        return;
    }
    c->watch = (Watch){.fd = fd, .ready = on_ready};
    c->timer.fire = on_timer;
    c->since = loop_now(s->loop);
    c->is_new = tls;
    c->is_turned_away = is_full;
    c->origin = origin;
    c->is_admin = listener->is_admin;
    c->next = s->connections;
    transport_open(&c->transport, fd, tls);
    c->client.is_secure = tls;
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

/* One that does not take what is sent has its time for that only. */
void connection_come_on(Connection *c) {
    if (!c->is_stalled) c->since = loop_now(c->server->loop);
}

static void flush(Connection *c) {
    while (connection_unsent(c) && !c->is_dead) {
        ssize_t n = transport_send(&c->transport, c->out.at + c->sent, connection_unsent(c));
        if (n < 0 && errno == EAGAIN) break;
        if (n < 0) {
            c->is_dead = true;
            return;
        }
        c->sent += (size_t)n;
        c->since = loop_now(c->server->loop);
        COUNT(c->server->counters, sent_bytes_total, n);
    }
    if (connection_unsent(c) && !c->is_stalled) c->since = loop_now(c->server->loop);
    c->is_stalled = connection_unsent(c);
    if (connection_unsent(c)) {
        if (c->sent < c->out.cap / 2) return;
        memmove(c->out.at, c->out.at + c->sent, connection_unsent(c));
        c->out.len = connection_unsent(c);
    } else c->out.len = 0;
    c->sent = 0;
}

/* ---- receiving ---- */

/* What was not looked at until now; there may be something to do without any bytes, too. */
static bool read_kept(Connection *c) {
    Str input = str_after((Str){c->in, c->in_len}, c->in_at);
    bool moved = c->protocol->read(c, &input);
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

/* It is HTTP/1 after all: its parser has not seen yet what looked like a preface. */
static void choose_http1(Connection *c) {
    Str begun = {preface, c->preface};
    c->is_chosen = true;
    if (begun.len) http1.read(c, &begun);
}

/* Which protocol it is, by the first bytes; what is known to be a preface is taken off. False: it is
 * not known yet. */
static bool choose(Connection *c, Str *input) {
    Str rest = str_from(preface + c->preface);
    bool is_agreed = str_is(transport_protocol(&c->transport), "h2");
    bool may_be = !is_agreed && !transport_is_secure(&c->transport) && !c->is_admin && !c->closes;
    size_t same = 0;
    while (may_be && same < rest.len && same < input->len && input->ptr[same] == rest.ptr[same])
        same++;
    c->preface += (uint8_t)same;
    *input = str_after(*input, same);
    if (is_agreed || (same && same == rest.len && http2_is_here())) {
        Str begun = {preface, c->preface};
        c->is_chosen = http2_open(c);
        c->is_dead = !c->is_chosen;
        if (c->is_chosen) c->protocol->read(c, &begun);
    } else if (input->len || same == rest.len) choose_http1(c);
    else if (!c->has_begun) {
        c->has_begun = true;
        connection_come_on(c);
    }
    return c->is_chosen;
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
        if (!c->is_chosen) choose_http1(c);
        c->protocol->eof(c);
        return;
    }
    COUNT(s->counters, received_bytes_total, n);
    Str input = {s->scratch, (size_t)n};
    if (!c->is_chosen && !choose(c, &input)) return;
    c->protocol->read(c, &input);
    keep(c, input);
}

/* ---- going on ---- */

static void close_if_done(Connection *c) {
    if (connection_unsent(c) || c->is_dead || c->lingers) return;
    Closing closing = c->protocol->closing(c);
    if (closing == GOES_ON) return;
    if (transport_end(&c->transport) && closing == ENDS) {
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
static uint64_t deadline(const Connection *c) {
    const ServeOptions *o = c->server->options;
    if (c->lingers) return time_after(c->since, linger_time);
    if (connection_unsent(c)) return time_after(c->since, o->write_timeout);
    if (!transport_is_ready(&c->transport)) return time_after(c->since, o->head_timeout);
    if (c->is_new && c->server->is_draining) return time_after(c->since, linger_time);
    return c->protocol->deadline(c);
}

static void rearm(Connection *c) {
    Server *s = c->server;
    bool reads = !c->in && !c->has_ended;
    uint32_t events = transport_events(&c->transport, reads, connection_unsent(c));
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
        moved = c->protocol->write(c);
        moved |= read_kept(c);
        if (connection_unsent(c) >= MOST_QUEUED || !moved) {
            size_t before = connection_unsent(c);
            flush(c);
            moved |= connection_unsent(c) < before;
        }
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

static void on_timer(Timer *timer) {
    Connection *c = CONTAINER(timer, Connection, timer);
    uint64_t at = deadline(c);
    if (at > loop_now(c->server->loop)) {
        if (at < UINT64_MAX) loop_timer(c->server->loop, timer, at);
        return;
    }
    if (!transport_is_ready(&c->transport)) COUNT(c->server->counters, handshakes_failed_total, 1);
    if (c->lingers) {
        transport_end(&c->transport);
        c->is_dead = true;
    } else c->protocol->late(c);
    connection_advance(c);
}

void connection_abort(Connection *c) { destroy(c); }

void connection_drain(Connection *c) {
    if (!c->lingers) read_some(c);
    connection_advance(c);
}
