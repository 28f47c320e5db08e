/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef SERVE_TRANSPORT_H
#define SERVE_TRANSPORT_H

#include <sys/types.h>

#include "base/str.h"

typedef struct Tls Tls;

/*
 * The bytes of a connection, whatever carries them: a socket, or TLS on it. Nothing here waits.
 *
 *     recv    n > 0 bytes │ 0: the client has ended its half │ -1 and errno: EAGAIN: not now
 *     send    n > 0 bytes │                                    -1 and errno: EAGAIN: not now
 *
 * A handshake, where there is one, is made by the first calls of recv; so the first byte that it gives is
 * one of the client's, and the protocol is known by then.
 */
typedef struct {
    int fd;
    Tls *tls;           /* NULL: none */
    struct ssl_st *ssl; /* once its first byte has come */
    bool is_ready;      /* the handshake is over, or none is needed */
    bool wants_write;   /* to read, or to end, something has to be written first, */
    bool wants_read;    /* or to write, something has to be read */
    bool is_ending, has_ended;
    bool is_broken; /* nothing can be read or written any more */
} Transport;

enum { TRANSPORT_ROOM = 16 << 10 };

/* `fd` does not block. `tls`: NULL: none. */
void transport_open(Transport *t, int fd, Tls *tls);
/* Without transport_end before it, the client can tell that something is missing. */
void transport_close(Transport *t);

/* With room for at least TRANSPORT_ROOM bytes nothing that has come is left where epoll does not see
 * it. EPROTONOSUPPORT: it is no TLS, but looks like HTTP; from now on it is a bare socket, of which no
 * byte has been taken. */
ssize_t transport_recv(Transport *t, char *to, size_t room);
/* After EAGAIN the same bytes have to come again, perhaps elsewhere and with more after them. */
ssize_t transport_send(Transport *t, const char *bytes, size_t n);
/* No more will be sent: the client is told. What it still sends can be received, but is of no use.
 * False: that is told once it can be written, by recv. */
bool transport_end(Transport *t);

/* What epoll has to watch for, so that it is known when one who reads, writes, or does both can go on.
 * It is not the same: to read, it may be necessary to write first. */
uint32_t transport_events(const Transport *t, bool reads, bool writes);
/* Whether one who reads can go on, now that epoll has told these. */
bool transport_can_read(const Transport *t, uint32_t events);
static inline bool transport_is_ready(const Transport *t) { return t->is_ready; }
static inline bool transport_is_secure(const Transport *t) { return t->tls; }
/* What was agreed on by ALPN: "h2", "http/1.1", or empty: the client did not ask. */
Str transport_protocol(const Transport *t);

#endif
