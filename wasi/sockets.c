/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * wasi:sockets, what is common: errors, addresses, options, and the network itself, of which there
 * is one. The protocols are in socket_tcp.c and socket_udp.c, names in socket_lookup.c, and what is
 * granted in net.c.
 *
 * A socket is made at once, since its options are the system's; whether it may reach anything is
 * decided when it is bound, connected, or sends. Nothing here ever waits. Both protocols begin alike:
 *
 *     unbound --start-bind--> bind-in-progress --finish-bind--> bound
 */
#include "wasi/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

/* ---- errors ---- */

static const struct {
    int fault;
    NetError error;
} net_errors[] = {
    {0, NET_OK},
    {EACCES, NET_ACCESS_DENIED},
    {EPERM, NET_ACCESS_DENIED},
    {EOPNOTSUPP, NET_NOT_SUPPORTED},
    {EPROTONOSUPPORT, NET_NOT_SUPPORTED},
    {ENOPROTOOPT, NET_NOT_SUPPORTED},
    {ENOSYS, NET_NOT_SUPPORTED},
    {EAFNOSUPPORT, NET_INVALID_ARGUMENT},
    {EINVAL, NET_INVALID_ARGUMENT},
    {EDESTADDRREQ, NET_INVALID_ARGUMENT},
    {ENOMEM, NET_OUT_OF_MEMORY},
    {ENOBUFS, NET_OUT_OF_MEMORY},
    {ETIMEDOUT, NET_TIMEOUT},
    {EALREADY, NET_CONCURRENCY_CONFLICT},
    {EAGAIN, NET_WOULD_BLOCK},
    {EINPROGRESS, NET_WOULD_BLOCK},
    {EINTR, NET_WOULD_BLOCK},
    {EISCONN, NET_INVALID_STATE},
    {ENOTCONN, NET_INVALID_STATE},
    {EMFILE, NET_NEW_SOCKET_LIMIT},
    {ENFILE, NET_NEW_SOCKET_LIMIT},
    {EADDRNOTAVAIL, NET_ADDRESS_NOT_BINDABLE},
    {ENODEV, NET_ADDRESS_NOT_BINDABLE},
    {EADDRINUSE, NET_ADDRESS_IN_USE},
    {EHOSTUNREACH, NET_REMOTE_UNREACHABLE},
    {EHOSTDOWN, NET_REMOTE_UNREACHABLE},
    {ENETUNREACH, NET_REMOTE_UNREACHABLE},
    {ENETDOWN, NET_REMOTE_UNREACHABLE},
    {ENETRESET, NET_REMOTE_UNREACHABLE},
    {ENONET, NET_REMOTE_UNREACHABLE},
    {ECONNREFUSED, NET_CONNECTION_REFUSED},
    {ECONNRESET, NET_CONNECTION_RESET},
    {EPIPE, NET_CONNECTION_RESET},
    {ECONNABORTED, NET_CONNECTION_ABORTED},
    {EMSGSIZE, NET_DATAGRAM_TOO_LARGE},
};

NetError wasi_net_error(int fault) {
    for (size_t i = 0; i < WASI_COUNT(net_errors); i++)
        if (net_errors[i].fault == fault) return net_errors[i].error;
    return NET_UNKNOWN;
}

VmStatus wasi_net_ended(AbiValue *result, NetError error, Arena *scratch) {
    return error == NET_OK ? wasi_ok(result) : wasi_err(result, error, scratch);
}

WASI_FN(network_error_code) {
    const WasiError *error = wasi_get(thread, context, &args[0], WASI_ERROR);
    if (!error) return VM_TRAP;
    bool ours = error->medium == WASI_MEDIUM_SOCKET;
    AbiValue *code = wasi_case(result, ours, ours, scratch);
    if (ours) code->bits = wasi_net_error(error->code);
    return VM_DONE;
}

WASI_FN(instance_network) {
    return wasi_make(thread, context, WASI_NETWORK, sizeof(WasiObject), NULL, result) ? VM_DONE
                                                                                      : VM_TRAP;
}

/* ---- sockets ---- */

bool wasi_socket_limit(Wasi *wasi) { return *wasi_open_count(wasi) >= wasi_limits(wasi)->max_open; }

NetError wasi_socket_open(Wasi *wasi, uint64_t family, int type, int *fd) {
    const WasiSockets *system = wasi_system(wasi)->sockets;
    int domain = family == IPV6 ? AF_INET6 : AF_INET;
    if (wasi_socket_limit(wasi)) return NET_NEW_SOCKET_LIMIT;
    *fd = system->open(system, domain, type);
    if (*fd < 0) return errno == EAFNOSUPPORT ? NET_NOT_SUPPORTED : wasi_net_error(errno);
    if (domain == AF_INET || system->set(system, *fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) == 0)
        return NET_OK;
    system->close(system, *fd);
    return NET_NOT_SUPPORTED;
}

static void free_socket(WasiObject *object) {
    WasiSocket *s = (WasiSocket *)object;
    s->system->close(s->system, s->fd);
    --*s->open;
}

void *wasi_socket_make(VmThread *thread, Wasi *wasi, WasiKind kind, size_t size, uint32_t family,
                       int fd, AbiValue *out) {
    const WasiSockets *system = wasi_system(wasi)->sockets;
    WasiSocket *s = wasi_make(thread, wasi, kind, size, NULL, out);
    if (!s) {
        system->close(system, fd);
        return NULL;
    }
    s->object.free = free_socket;
    s->family = family;
    s->fd = fd;
    s->system = system;
    s->open = wasi_open_count(wasi);
    ++*s->open;
    return s;
}

/* ---- addresses ---- */

/* Cells of an address: port, a b c d; or port, flow info, eight groups, scope. */
void wasi_address_lift(const AbiValue *variant, WasiAddress *address) {
    const AbiValue *cells = variant->variant.payload;
    *address = (WasiAddress){.is_v6 = variant->variant.index, .port = (uint16_t)cells[0].bits};
    if (!address->is_v6) {
        for (int i = 0; i < 4; i++) address->bytes[i] = (uint8_t)cells[1 + i].bits;
        return;
    }
    address->flow = (uint32_t)cells[1].bits;
    address->scope = (uint32_t)cells[10].bits;
    for (int i = 0; i < 16; i++)
        address->bytes[i] = (uint8_t)(cells[2 + i / 2].bits >> (i & 1 ? 0 : 8));
}

void wasi_address_lower(const WasiAddress *address, AbiValue *variant, Arena *scratch) {
    AbiValue *cells = wasi_case(variant, address->is_v6, address->is_v6 ? 11 : 5, scratch);
    cells[0].bits = address->port;
    if (!address->is_v6) {
        for (int i = 0; i < 4; i++) cells[1 + i].bits = address->bytes[i];
        return;
    }
    cells[1].bits = address->flow;
    cells[10].bits = address->scope;
    for (int i = 0; i < 8; i++)
        cells[2 + i].bits = (uint64_t)address->bytes[2 * i] << 8 | address->bytes[2 * i + 1];
}

socklen_t wasi_address_to(const WasiAddress *address, struct sockaddr_storage *to) {
    memset(to, 0, sizeof *to);
    if (!address->is_v6) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)to;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(address->port);
        memcpy(&v4->sin_addr, address->bytes, 4);
        return sizeof *v4;
    }
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address->port);
    v6->sin6_flowinfo = htonl(address->flow);
    v6->sin6_scope_id = address->scope;
    memcpy(&v6->sin6_addr, address->bytes, 16);
    return sizeof *v6;
}

WasiAddress wasi_address_from(const struct sockaddr_storage *from) {
    WasiAddress address = {.is_v6 = from->ss_family == AF_INET6};
    if (!address.is_v6) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
        address.port = ntohs(v4->sin_port);
        memcpy(address.bytes, &v4->sin_addr, 4);
        return address;
    }
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;
    address.port = ntohs(v6->sin6_port);
    address.flow = ntohl(v6->sin6_flowinfo);
    address.scope = v6->sin6_scope_id;
    memcpy(address.bytes, &v6->sin6_addr, 16);
    return address;
}

bool wasi_same_address(const WasiAddress *a, const WasiAddress *b) {
    return a->port == b->port && a->scope == b->scope && wasi_same_host(a, b);
}

bool wasi_is_unspecified(const WasiAddress *address) {
    static const uint8_t zeroes[16];
    return memcmp(address->bytes, zeroes, sizeof zeroes) == 0;
}

/* ---- what both protocols do ---- */

bool wasi_socket_fits(const WasiSocket *s, const WasiAddress *a, bool remote) {
    if (a->is_v6 != (s->family == IPV6) || wasi_is_mapped(a)) return false;
    bool is_multicast = a->is_v6 ? a->bytes[0] == 0xff : a->bytes[0] >= 224;
    if (s->object.kind == WASI_TCP_SOCKET && is_multicast) return false;
    return !remote || (a->port && !wasi_is_unspecified(a));
}

int wasi_socket_bind(const WasiSocket *s, const WasiAddress *address) {
    struct sockaddr_storage to;
    socklen_t size = wasi_address_to(address, &to);
    return s->system->bind(s->system, s->fd, (struct sockaddr *)&to, size) < 0 ? errno : 0;
}

int wasi_socket_connect(const WasiSocket *s, const WasiAddress *address) {
    struct sockaddr_storage to;
    socklen_t size = wasi_address_to(address, &to);
    int fault = s->system->connect(s->system, s->fd, (struct sockaddr *)&to, size) < 0 ? errno : 0;
    return fault == EADDRNOTAVAIL ? EADDRINUSE : fault; /* no port is free */
}

WasiAddress wasi_socket_local(const WasiSocket *s) {
    struct sockaddr_storage storage = {0};
    s->system->local(s->system, s->fd, &storage);
    return wasi_address_from(&storage);
}

/* A socket may be bound to what a `listen` rule grants, or, to reach others from there, to any free port
 * where some may be reached. One of TCP takes over the port of connections that are over. */
static NetError bind_to(Wasi *wasi, WasiSocket *s, const WasiAddress *address) {
    bool is_tcp = s->object.kind == WASI_TCP_SOCKET;
    if (s->state == SOCKET_BINDING) return NET_CONCURRENCY_CONFLICT;
    if (s->state != SOCKET_UNBOUND) return NET_INVALID_STATE;
    if (!wasi_socket_fits(s, address, false)) return NET_INVALID_ARGUMENT;
    bool may_listen = wasi_net_allows(wasi_net(wasi), WASI_NET_LISTEN, address);
    bool may_reach = wasi_net_has(wasi_net(wasi), is_tcp ? WASI_NET_TCP : WASI_NET_UDP);
    if (!may_listen && (address->port || !may_reach))
        return wasi_net_denied(wasi, WASI_NET_LISTEN, address);
    if (is_tcp && s->system->set(s->system, s->fd, SOL_SOCKET, SO_REUSEADDR, 1) < 0)
        return wasi_net_error(errno);
    int fault = wasi_socket_bind(s, address);
    if (fault) return wasi_net_error(fault);
    s->local = wasi_socket_local(s);
    s->may_listen = may_listen;
    s->granted = wasi;
    s->state = SOCKET_BINDING;
    return NET_OK;
}

VmStatus wasi_socket_start_bind(VmThread *thread, Wasi *wasi, WasiKind kind, const AbiValue *args,
                                AbiValue *result, Arena *scratch) {
    WasiSocket *s = wasi_get(thread, wasi, &args[0], kind);
    const WasiObject *network = s ? wasi_get(thread, wasi, &args[1], WASI_NETWORK) : NULL;
    if (!network) return VM_TRAP;
    WasiAddress address;
    wasi_address_lift(&args[2], &address);
    return wasi_net_ended(result, bind_to(network->maker, s, &address), scratch);
}

VmStatus wasi_socket_finish_bind(VmThread *thread, Wasi *wasi, WasiKind kind, const AbiValue *args,
                                 AbiValue *result, Arena *scratch) {
    WasiSocket *s = wasi_get(thread, wasi, &args[0], kind);
    if (!s) return VM_TRAP;
    if (s->state != SOCKET_BINDING) return wasi_net_ended(result, NET_NOT_IN_PROGRESS, scratch);
    s->state = SOCKET_BOUND;
    return wasi_ok(result);
}

VmStatus wasi_socket_local_address(VmThread *thread, Wasi *wasi, WasiKind kind,
                                   const AbiValue *args, AbiValue *result, Arena *scratch) {
    WasiSocket *s = wasi_get(thread, wasi, &args[0], kind);
    if (!s) return VM_TRAP;
    bool is_bound = s->state >= SOCKET_BOUND && s->state != SOCKET_CLOSED;
    if (!is_bound) return wasi_net_ended(result, NET_INVALID_STATE, scratch);
    struct sockaddr_storage storage;
    if (s->system->local(s->system, s->fd, &storage) < 0)
        return wasi_net_ended(result, wasi_net_error(errno), scratch);
    WasiAddress address = wasi_address_from(&storage);
    wasi_address_lower(&address, wasi_case(result, 0, 1, scratch), scratch);
    return VM_DONE;
}

VmStatus wasi_socket_family(VmThread *thread, Wasi *wasi, WasiKind kind, const AbiValue *args,
                            AbiValue *result, Arena *scratch) {
    WasiSocket *s = wasi_get(thread, wasi, &args[0], kind);
    if (!s) return VM_TRAP;
    result->bits = s->family;
    return VM_DONE;
}

VmStatus wasi_socket_subscribe(VmThread *thread, Wasi *wasi, WasiKind kind, const AbiValue *args,
                               AbiValue *result, Arena *scratch) {
    WasiObject *object = wasi_get(thread, wasi, &args[0], kind);
    return object ? wasi_pollable(thread, wasi, object, 0, result) : VM_TRAP;
}

/* ---- options ---- */

/* What the system counts in units of ours, from 1 to a most. Linux tells twice the size of a buffer
 * that was set, for its own use of it. */
typedef struct {
    int level, name;
    uint64_t unit, most;
    int told;
} Numeric;

static Numeric numeric(const WasiSocket *s, NetOption option) {
    enum { SECOND = 1000000000 };
    static const Numeric rows[] = {
        [NET_HOP_LIMIT] = {IPPROTO_IP, IP_TTL, 1, 255, 1},
        [NET_RECEIVE_BUFFER] = {SOL_SOCKET, SO_RCVBUF, 1, INT32_MAX / 2, 2},
        [NET_SEND_BUFFER] = {SOL_SOCKET, SO_SNDBUF, 1, INT32_MAX / 2, 2},
        [NET_IDLE_TIME] = {IPPROTO_TCP, TCP_KEEPIDLE, SECOND, 32767, 1},
        [NET_INTERVAL] = {IPPROTO_TCP, TCP_KEEPINTVL, SECOND, 32767, 1},
        [NET_COUNT] = {IPPROTO_TCP, TCP_KEEPCNT, 1, 127, 1},
    };
    if (option == NET_HOP_LIMIT && s->family == IPV6)
        return (Numeric){IPPROTO_IPV6, IPV6_UNICAST_HOPS, 1, 255, 1};
    return rows[option];
}

static VmStatus get_option(const WasiSocket *s, NetOption option, AbiValue *result,
                           Arena *scratch) {
    Numeric n = numeric(s, option);
    int value;
    if (s->system->get(s->system, s->fd, n.level, n.name, &value) < 0)
        return wasi_net_ended(result, wasi_net_error(errno), scratch);
    wasi_case(result, 0, 1, scratch)->bits = (uint64_t)(value / n.told) * n.unit;
    return VM_DONE;
}

static VmStatus set_option(const WasiSocket *s, NetOption option, uint64_t value, AbiValue *result,
                           Arena *scratch) {
    Numeric n = numeric(s, option);
    if (value == 0) return wasi_net_ended(result, NET_INVALID_ARGUMENT, scratch);
    value = value / n.unit + (value % n.unit != 0);
    int given = (int)(value < n.most ? value : n.most);
    bool set = s->system->set(s->system, s->fd, n.level, n.name, given) == 0;
    return wasi_net_ended(result, set ? NET_OK : wasi_net_error(errno), scratch);
}

VmStatus wasi_socket_option(VmThread *thread, Wasi *wasi, WasiKind kind, const AbiValue *args,
                            NetOption option, bool sets, AbiValue *result, Arena *scratch) {
    WasiSocket *s = wasi_get(thread, wasi, &args[0], kind);
    if (!s) return VM_TRAP;
    if (s->state == SOCKET_CLOSED) return wasi_net_ended(result, NET_INVALID_STATE, scratch);
    return sets ? set_option(s, option, args[1].bits, result, scratch)
                : get_option(s, option, result, scratch);
}

/* ---- tables ---- */

static const WasiFunc network_funcs[] = {
    {"network-error-code", "(borrow)->option<enum<21>>", network_error_code},
};
static const WasiFunc instance_network_funcs[] = {
    {"instance-network", "()->own", instance_network}};

const WasiInterface wasi_sockets[2] = {
    {"wasi:sockets/network", network_funcs, 1, (const char *[]){"network", NULL}},
    {"wasi:sockets/instance-network", instance_network_funcs, 1, NULL},
};
