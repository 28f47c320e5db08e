/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* What carries the bytes of connections: sockets as they are here, TLS in tls.c. */
#include "serve/transport.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/tls.h"

void transport_open(Transport *t, int fd, Tls *tls) {
    *t = (Transport){.fd = fd, .is_ready = !tls};
    if (tls) tls_open(t, tls);
}

void transport_close(Transport *t) {
    if (t->tls) tls_close(t);
    if (t->fd >= 0) close(t->fd);
    t->fd = -1;
}

static ssize_t recv_bare(Transport *t, char *to, size_t room) {
    ssize_t n;
    do n = recv(t->fd, to, room, 0);
    while (n < 0 && errno == EINTR);
    return n;
}

ssize_t transport_recv(Transport *t, char *to, size_t room) {
    if (t->is_ending && !transport_end(t)) {
        errno = EAGAIN;
        return -1;
    }
    return t->tls && !t->has_ended ? tls_recv(t, to, room) : recv_bare(t, to, room);
}

ssize_t transport_send(Transport *t, const char *bytes, size_t n) {
    if (t->tls) return tls_send(t, bytes, n);
    ssize_t sent;
    do sent = send(t->fd, bytes, n, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent;
}

bool transport_end(Transport *t) {
    t->is_ending = t->tls && !t->has_ended && !tls_end(t);
    if (t->is_ending) return false;
    t->has_ended = true;
    shutdown(t->fd, SHUT_WR);
    return true;
}

uint32_t transport_events(const Transport *t, bool reads, bool writes) {
    if (!t->is_ready) return t->wants_write ? EPOLLOUT : EPOLLIN;
    bool can_write = writes && !t->wants_read;
    return (reads ? EPOLLIN : 0) | (can_write || t->wants_write ? EPOLLOUT : 0);
}

bool transport_can_read(const Transport *t, uint32_t events) {
    return events & (t->wants_write ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

Str transport_protocol(const Transport *t) { return t->ssl ? tls_protocol(t) : (Str){0}; }
