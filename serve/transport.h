/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef SERVE_TRANSPORT_H
#define SERVE_TRANSPORT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/str.h"

/*
 * The bytes of a connection, without what carries them. Nothing here waits.
 *
 *     recv    n > 0 bytes │ 0: the client has ended its half │ -1 and errno, EAGAIN: not now
 *     send    n > 0 bytes │                                    -1 and errno, EAGAIN: not now
 *
 * A handshake, where there is one, is made by the first calls of recv; so the first byte that it gives is
 * one of the client's, and the protocol is known by then.
 */
typedef struct {
    int fd;
} Transport;

enum { TRANSPORT_ROOM = 16 << 10 };

/* `fd` does not block. */
void transport_open(Transport *t, int fd);
void transport_close(Transport *t);

/* With room for at least TRANSPORT_ROOM bytes nothing that has come is left where epoll does not see
 * it. */
ssize_t transport_recv(Transport *t, char *to, size_t room);
/* After EAGAIN the same bytes have to come again, perhaps elsewhere and with more after them. */
ssize_t transport_send(Transport *t, const char *bytes, size_t n);
/* No more will be sent: the client is told. */
void transport_end(Transport *t);

/* What epoll has to watch for, so that it is known when one who reads, writes, or does both can go on.
 * It is not the same: to read, it may be necessary to write first. */
uint32_t transport_events(const Transport *t, bool reads, bool writes);
/* Whether one who reads can go on, now that epoll has told these. */
bool transport_can_read(const Transport *t, uint32_t events);
/* Whether there was a handshake, or none is needed. */
bool transport_is_ready(const Transport *t);
bool transport_is_secure(const Transport *t);
/* What the client has chosen by ALPN: "h2", "http/1.1", or empty: it did not ask. */
Str transport_protocol(const Transport *t);

#endif
