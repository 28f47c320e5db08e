/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WASI_SOCKETS_H
#define WASI_SOCKETS_H

#include <sys/socket.h>

#include "wasi/internal.h"

/* What the sockets of both protocols share (sockets.c). */

/* cases of error-code, in the order of network.wit */
typedef enum {
    NET_UNKNOWN,
    NET_ACCESS_DENIED,
    NET_NOT_SUPPORTED,
    NET_INVALID_ARGUMENT,
    NET_OUT_OF_MEMORY,
    NET_TIMEOUT,
    NET_CONCURRENCY_CONFLICT,
    NET_NOT_IN_PROGRESS,
    NET_WOULD_BLOCK,
    NET_INVALID_STATE,
    NET_NEW_SOCKET_LIMIT,
    NET_ADDRESS_NOT_BINDABLE,
    NET_ADDRESS_IN_USE,
    NET_REMOTE_UNREACHABLE,
    NET_CONNECTION_REFUSED,
    NET_CONNECTION_RESET,
    NET_CONNECTION_ABORTED,
    NET_DATAGRAM_TOO_LARGE,
    NET_NAME_UNRESOLVABLE,
    NET_TEMPORARY_RESOLVER_FAILURE,
    NET_PERMANENT_RESOLVER_FAILURE,
    NET_OK
} NetError;
NetError wasi_net_error(int fault); /* an errno; 0 is NET_OK */
/* NET_ACCESS_DENIED, after it was told (denied.c). */
NetError wasi_net_denied(const Wasi *wasi, WasiNetUse use, const WasiAddress *address);
NetError wasi_name_denied(const Wasi *wasi, const char *name);
void wasi_request_denied(const Wasi *wasi, const char *host, unsigned port);

/* ok without a value, or that error */
VmStatus wasi_net_ended(AbiValue *result, NetError error, Arena *scratch);

/* A name being resolved by a thread (socket_lookup.c). NET_OK, or why it cannot be. */
typedef struct WasiLookup WasiLookup;
NetError wasi_lookup_start(Wasi *wasi, const char *name, WasiLookup **out);
int wasi_lookup_event(const WasiLookup *lookup); /* readable once it is done; -1: it is */
/* Of one that is done: what was found, which counts for the grants from now on. */
NetError wasi_lookup_result(Wasi *wasi, const WasiLookup *lookup, const WasiAddress **addresses,
                            size_t *count);
/* Of one that is done: the name exists, but has no address. */
bool wasi_lookup_is_bare(const WasiLookup *lookup);
void wasi_lookup_drop(WasiLookup *lookup); /* may be NULL; may still be at work */

enum { IPV4, IPV6 };

/* Of both protocols; UDP has the first three. */
typedef enum {
    SOCKET_UNBOUND,
    SOCKET_BINDING,
    SOCKET_BOUND,
    SOCKET_STARTS_LISTENING,
    SOCKET_LISTENING,
    SOCKET_CONNECTING,
    SOCKET_CONNECTED,
    SOCKET_CLOSED
} SocketState;

typedef struct {
    WasiObject object;
    uint32_t family;
    int fd;
    const WasiSockets *system; /* that fd is of */
    uint32_t *open;            /* the count that this one is in */
    SocketState state;
    /* Since it is bound: where, whether a rule grants to listen there, and by whose network. */
    WasiAddress local;
    bool may_listen;
    Wasi *granted;
} WasiSocket;

/* Makes a socket that does not block; NET_OK, or why not. */
NetError wasi_socket_open(Wasi *wasi, uint64_t family, int type, int *fd);
/* An object for an open socket, which it closes; on a trap, too. */
void *wasi_socket_make(VmThread *thread, Wasi *wasi, WasiKind kind, size_t size, uint32_t family,
                       int fd, AbiValue *out);
bool wasi_socket_limit(Wasi *wasi); /* no more may be open */
/* Whether it may be an address that the socket is bound to, or reaches. */
bool wasi_socket_fits(const WasiSocket *s, const WasiAddress *address, bool remote);
int wasi_socket_bind(const WasiSocket *s, const WasiAddress *address); /* 0, or an errno */
int wasi_socket_connect(const WasiSocket *s, const WasiAddress *address);
WasiAddress wasi_socket_local(const WasiSocket *s);

/* Addresses of guests, of decisions, and of the system. */
void wasi_address_lift(const AbiValue *variant, WasiAddress *address);
void wasi_address_lower(const WasiAddress *address, AbiValue *variant, Arena *scratch);
socklen_t wasi_address_to(const WasiAddress *address, struct sockaddr_storage *to);
WasiAddress wasi_address_from(const struct sockaddr_storage *from);
bool wasi_same_address(const WasiAddress *a, const WasiAddress *b);
bool wasi_is_unspecified(const WasiAddress *address); /* all zeroes */

/* Methods that sockets of both protocols have: NET_METHOD makes the one of a kind. */
typedef VmStatus WasiSocketMethod(VmThread *thread, Wasi *wasi, WasiKind kind, const AbiValue *args,
                                  AbiValue *result, Arena *scratch);
WasiSocketMethod wasi_socket_start_bind, wasi_socket_finish_bind, wasi_socket_local_address,
    wasi_socket_family, wasi_socket_subscribe;
#define NET_METHOD(name, method, kind)                                                             \
    WASI_FN(name) { return method(thread, context, kind, args, result, scratch); }

/* Options: a number by its level and name, a value of 0 being an invalid argument. */
typedef enum {
    NET_HOP_LIMIT,
    NET_RECEIVE_BUFFER,
    NET_SEND_BUFFER,
    NET_IDLE_TIME,
    NET_INTERVAL,
    NET_COUNT
} NetOption;
VmStatus wasi_socket_option(VmThread *thread, Wasi *wasi, WasiKind kind, const AbiValue *args,
                            NetOption option, bool sets, AbiValue *result, Arena *scratch);
#define NET_OPTION(get_name, set_name, kind, which)                                                \
    WASI_FN(get_name) {                                                                            \
        return wasi_socket_option(thread, context, kind, args, which, false, result, scratch);     \
    }                                                                                              \
    WASI_FN(set_name) {                                                                            \
        return wasi_socket_option(thread, context, kind, args, which, true, result, scratch);      \
    }

/* Shapes of types */
#define NET_RESULT(t) "->result<" t ",enum<21>>"
#define NET_V4        "tuple<u8,u8,u8,u8>"
#define NET_V6        "tuple<u16,u16,u16,u16,u16,u16,u16,u16>"
#define NET_ADDRESS   "variant<record<u16," NET_V4 ">,record<u16,u32," NET_V6 ",u32>>"

#endif
