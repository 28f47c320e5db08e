/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* What carries the bytes of connections: sockets as they are. */
#include "serve/transport.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

void transport_open(Transport *t, int fd) { *t = (Transport){.fd = fd}; }

void transport_close(Transport *t) {
    if (t->fd >= 0) close(t->fd);
    t->fd = -1;
}

ssize_t transport_recv(Transport *t, char *to, size_t room) {
    ssize_t n;
    do n = recv(t->fd, to, room, 0);
    while (n < 0 && errno == EINTR);
    return n;
}

ssize_t transport_send(Transport *t, const char *bytes, size_t n) {
    ssize_t sent;
    do sent = send(t->fd, bytes, n, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent;
}

void transport_end(Transport *t) { shutdown(t->fd, SHUT_WR); }

uint32_t transport_events(const Transport *t, bool reads, bool writes) {
    return (reads ? EPOLLIN : 0) | (writes ? EPOLLOUT : 0);
}

bool transport_can_read(const Transport *t, uint32_t events) { return events & EPOLLIN; }

bool transport_is_ready(const Transport *t) { return true; }
bool transport_is_secure(const Transport *t) { return false; }
Str transport_protocol(const Transport *t) { return (Str){0}; }
