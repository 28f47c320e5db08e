/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef SERVE_TLS_H
#define SERVE_TLS_H

#include "base/file.h"
#include "serve/transport.h"

/* What a server shows its clients: certificates and their keys. */

/* Reads pairs of PEM files: a certificate with those that lead to its authority after it, and its key,
 * which may be in the same file (keys: as many as certificates, or none). The first one is for clients
 * that name no host, or one that no certificate is for. `h2`: HTTP/2 is offered before HTTP/1.1. NULL
 * after it has told why; what is odd is told, too. */
Tls *tls_load(const StrVec *certificates, const StrVec *keys, bool h2);
void tls_free(Tls *tls); /* connections may still have it; NULL is allowed */

/* ---- for transport.c ---- */

void tls_open(Transport *t, Tls *tls);
void tls_close(Transport *t);
ssize_t tls_recv(Transport *t, char *to, size_t room);
ssize_t tls_send(Transport *t, const char *bytes, size_t n);
bool tls_end(Transport *t); /* false: not all of the message has left */
Str tls_protocol(const Transport *t);

#endif
