/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * wasi:sockets where no network is granted. Sockets can be made and their options set, as long as
 * they are unbound; what would reach the network (bind, connect, resolve) first checks its
 * arguments and then answers access-denied. So no socket ever leaves its first state, and what
 * needs another one answers invalid-state.
 */
#include "wasi/internal.h"

enum { ACCESS_DENIED = 1, INVALID_ARGUMENT = 3, NOT_IN_PROGRESS = 7, INVALID_STATE = 9 };
enum { IPV4, IPV6 };

typedef struct {
    WasiObject object;
    uint32_t family;
    bool keep_alive;
    uint64_t idle_time, interval, count, hop_limit, receive_buffer, send_buffer;
} Socket;

/* ---- network, ip-name-lookup ---- */

WASI_FN(network_error_code) {
    return wasi_get(thread, context, &args[0], WASI_ERROR) ? wasi_ok(result) : VM_TRAP;
}

WASI_FN(instance_network) {
    return wasi_make(thread, context, WASI_NETWORK, sizeof(WasiObject), NULL, result) ? VM_DONE
                                                                                      : VM_TRAP;
}

/* A host name or an address; far from all rules, but nothing else is made of other characters. */
static bool is_host(Str name) {
    bool bracketed = name.len > 2 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']';
    if (bracketed) name = str_from_to(name, 1, name.len - 1);
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!alnum && c < 0x80 && !strchr("-._:%", c)) return false;
    }
    return name.len > 0 && name.len < 256;
}

WASI_FN(resolve_addresses) {
    if (!wasi_get(thread, context, &args[0], WASI_NETWORK)) return VM_TRAP;
    return wasi_err(result, is_host(wasi_str(&args[1])) ? ACCESS_DENIED : INVALID_ARGUMENT,
                    scratch);
}

/* Resources that are never made: using one is using a handle as what it is not. */
WASI_FN(never) { return wasi_get(thread, context, &args[0], WASI_KIND_COUNT) ? VM_DONE : VM_TRAP; }

/* ---- sockets of both protocols ---- */

static VmStatus create(VmThread *thread, Wasi *wasi, WasiKind kind, uint64_t family,
                       AbiValue *result, Arena *scratch) {
    Socket *s = wasi_make(thread, wasi, kind, sizeof *s, NULL, wasi_case(result, 0, 1, scratch));
    if (!s) return VM_TRAP;
    s->family = (uint32_t)family;
    s->idle_time = 7200000000000u;
    s->interval = 75000000000u;
    s->count = 9;
    s->hop_limit = 64;
    s->receive_buffer = s->send_buffer = 65536;
    return VM_DONE;
}

WASI_FN(create_tcp) {
    return create(thread, context, WASI_TCP_SOCKET, args[0].bits, result, scratch);
}
WASI_FN(create_udp) {
    return create(thread, context, WASI_UDP_SOCKET, args[0].bits, result, scratch);
}

/* Cells of an address: port, a b c d; or port, flow info, eight groups, scope. */
static bool is_mapped(const AbiValue *groups) {
    for (int i = 0; i < 5; i++)
        if (groups[i].bits) return false;
    return groups[5].bits == 0xffff;
}

static bool is_unspecified(const AbiValue *parts, int n) {
    for (int i = 0; i < n; i++)
        if (parts[i].bits) return false;
    return true;
}

/* Whether the address is one that a socket of the family can be bound or connected to. */
static bool is_usable(const Socket *s, const AbiValue *address, bool remote) {
    const AbiValue *cells = address->variant.payload;
    if (address->variant.index != s->family) return false;
    if (remote && cells[0].bits == 0) return false;
    if (s->family == IPV4) {
        const AbiValue *a = cells + 1;
        return a[0].bits < 224 && !(remote && is_unspecified(a, 4));
    }
    const AbiValue *a = cells + 2;
    return a[0].bits < 0xff00 && !is_mapped(a) && !(remote && is_unspecified(a, 8));
}

static VmStatus start(VmThread *thread, Wasi *wasi, const AbiValue *args, WasiKind kind,
                      bool remote, AbiValue *result, Arena *scratch) {
    const Socket *s = wasi_get(thread, wasi, &args[0], kind);
    if (!s || !wasi_get(thread, wasi, &args[1], WASI_NETWORK)) return VM_TRAP;
    return wasi_err(result, is_usable(s, &args[2], remote) ? ACCESS_DENIED : INVALID_ARGUMENT,
                    scratch);
}

WASI_FN(tcp_start_bind) {
    return start(thread, context, args, WASI_TCP_SOCKET, false, result, scratch);
}
WASI_FN(tcp_start_connect) {
    return start(thread, context, args, WASI_TCP_SOCKET, true, result, scratch);
}
WASI_FN(udp_start_bind) {
    return start(thread, context, args, WASI_UDP_SOCKET, false, result, scratch);
}

/* A method that answers one error in the unbound state. */
#define ANSWER(name, kind, error)                                                                  \
    WASI_FN(name) {                                                                                \
        if (!wasi_get(thread, context, &args[0], kind)) return VM_TRAP;                            \
        return wasi_err(result, error, scratch);                                                   \
    }
ANSWER(tcp_not_in_progress, WASI_TCP_SOCKET, NOT_IN_PROGRESS)
ANSWER(tcp_invalid_state, WASI_TCP_SOCKET, INVALID_STATE)
ANSWER(udp_not_in_progress, WASI_UDP_SOCKET, NOT_IN_PROGRESS)
ANSWER(udp_invalid_state, WASI_UDP_SOCKET, INVALID_STATE)

WASI_FN(tcp_is_listening) {
    if (!wasi_get(thread, context, &args[0], WASI_TCP_SOCKET)) return VM_TRAP;
    result->bits = false;
    return VM_DONE;
}

/* Getters and setters; a value of 0 has no meaning for any of the numbers. */
#define GET(name, kind, field)                                                                     \
    WASI_FN(name) {                                                                                \
        const Socket *s = wasi_get(thread, context, &args[0], kind);                               \
        if (!s) return VM_TRAP;                                                                    \
        wasi_case(result, 0, 1, scratch)->bits = s->field;                                         \
        return VM_DONE;                                                                            \
    }
#define SET(name, kind, field)                                                                     \
    WASI_FN(name) {                                                                                \
        Socket *s = wasi_get(thread, context, &args[0], kind);                                     \
        if (!s) return VM_TRAP;                                                                    \
        if (args[1].bits == 0) return wasi_err(result, INVALID_ARGUMENT, scratch);                 \
        s->field = args[1].bits;                                                                   \
        return wasi_ok(result);                                                                    \
    }
#define FAMILY(name, kind)                                                                         \
    WASI_FN(name) {                                                                                \
        const Socket *s = wasi_get(thread, context, &args[0], kind);                               \
        if (!s) return VM_TRAP;                                                                    \
        result->bits = s->family;                                                                  \
        return VM_DONE;                                                                            \
    }
#define SUBSCRIBE(name, kind)                                                                      \
    WASI_FN(name) {                                                                                \
        Socket *s = wasi_get(thread, context, &args[0], kind);                                     \
        return s ? wasi_pollable(thread, context, &s->object, 0, result) : VM_TRAP;                \
    }

FAMILY(tcp_family, WASI_TCP_SOCKET)
SUBSCRIBE(tcp_subscribe, WASI_TCP_SOCKET)
GET(tcp_keep_alive, WASI_TCP_SOCKET, keep_alive)
GET(tcp_idle_time, WASI_TCP_SOCKET, idle_time)
SET(tcp_set_idle_time, WASI_TCP_SOCKET, idle_time)
GET(tcp_interval, WASI_TCP_SOCKET, interval)
SET(tcp_set_interval, WASI_TCP_SOCKET, interval)
GET(tcp_count, WASI_TCP_SOCKET, count)
SET(tcp_set_count, WASI_TCP_SOCKET, count)
GET(tcp_hop_limit, WASI_TCP_SOCKET, hop_limit)
SET(tcp_set_hop_limit, WASI_TCP_SOCKET, hop_limit)
GET(tcp_receive_buffer, WASI_TCP_SOCKET, receive_buffer)
SET(tcp_set_receive_buffer, WASI_TCP_SOCKET, receive_buffer)
GET(tcp_send_buffer, WASI_TCP_SOCKET, send_buffer)
SET(tcp_set_send_buffer, WASI_TCP_SOCKET, send_buffer)
FAMILY(udp_family, WASI_UDP_SOCKET)
SUBSCRIBE(udp_subscribe, WASI_UDP_SOCKET)
GET(udp_hop_limit, WASI_UDP_SOCKET, hop_limit)
SET(udp_set_hop_limit, WASI_UDP_SOCKET, hop_limit)
GET(udp_receive_buffer, WASI_UDP_SOCKET, receive_buffer)
SET(udp_set_receive_buffer, WASI_UDP_SOCKET, receive_buffer)
GET(udp_send_buffer, WASI_UDP_SOCKET, send_buffer)
SET(udp_set_send_buffer, WASI_UDP_SOCKET, send_buffer)

WASI_FN(tcp_set_keep_alive) {
    Socket *s = wasi_get(thread, context, &args[0], WASI_TCP_SOCKET);
    if (!s) return VM_TRAP;
    s->keep_alive = args[1].bits;
    return wasi_ok(result);
}

WASI_FN(tcp_set_backlog) {
    if (!wasi_get(thread, context, &args[0], WASI_TCP_SOCKET)) return VM_TRAP;
    return args[1].bits ? wasi_ok(result) : wasi_err(result, INVALID_ARGUMENT, scratch);
}

/* ---- tables ---- */

#define RESULT(t) "->result<" t ",enum<21>>"
#define V4        "tuple<u8,u8,u8,u8>"
#define V6        "tuple<u16,u16,u16,u16,u16,u16,u16,u16>"
#define ADDRESS   "variant<record<u16," V4 ">,record<u16,u32," V6 ",u32>>"
#define TCP(n)    "[method]tcp-socket." n
#define UDP(n)    "[method]udp-socket." n

static const WasiFunc network_funcs[] = {
    {"network-error-code", "(borrow)->option<enum<21>>", network_error_code},
};
static const WasiFunc instance_network_funcs[] = {
    {"instance-network", "()->own", instance_network}};
static const WasiFunc lookup_funcs[] = {
    {"resolve-addresses", "(borrow,string)" RESULT("own"), resolve_addresses},
    {"[method]resolve-address-stream.resolve-next-address",
     "(borrow)" RESULT("option<variant<" V4 "," V6 ">>"), never},
    {"[method]resolve-address-stream.subscribe", "(borrow)->own", never},
};
static const WasiFunc tcp_funcs[] = {
    {TCP("start-bind"), "(borrow,borrow," ADDRESS ")" RESULT("_"), tcp_start_bind},
    {TCP("finish-bind"), "(borrow)" RESULT("_"), tcp_not_in_progress},
    {TCP("start-connect"), "(borrow,borrow," ADDRESS ")" RESULT("_"), tcp_start_connect},
    {TCP("finish-connect"), "(borrow)" RESULT("tuple<own,own>"), tcp_not_in_progress},
    {TCP("start-listen"), "(borrow)" RESULT("_"), tcp_invalid_state},
    {TCP("finish-listen"), "(borrow)" RESULT("_"), tcp_not_in_progress},
    {TCP("accept"), "(borrow)" RESULT("tuple<own,own,own>"), tcp_invalid_state},
    {TCP("local-address"), "(borrow)" RESULT(ADDRESS), tcp_invalid_state},
    {TCP("remote-address"), "(borrow)" RESULT(ADDRESS), tcp_invalid_state},
    {TCP("is-listening"), "(borrow)->bool", tcp_is_listening},
    {TCP("address-family"), "(borrow)->enum<2>", tcp_family},
    {TCP("set-listen-backlog-size"), "(borrow,u64)" RESULT("_"), tcp_set_backlog},
    {TCP("keep-alive-enabled"), "(borrow)" RESULT("bool"), tcp_keep_alive},
    {TCP("set-keep-alive-enabled"), "(borrow,bool)" RESULT("_"), tcp_set_keep_alive},
    {TCP("keep-alive-idle-time"), "(borrow)" RESULT("u64"), tcp_idle_time},
    {TCP("set-keep-alive-idle-time"), "(borrow,u64)" RESULT("_"), tcp_set_idle_time},
    {TCP("keep-alive-interval"), "(borrow)" RESULT("u64"), tcp_interval},
    {TCP("set-keep-alive-interval"), "(borrow,u64)" RESULT("_"), tcp_set_interval},
    {TCP("keep-alive-count"), "(borrow)" RESULT("u32"), tcp_count},
    {TCP("set-keep-alive-count"), "(borrow,u32)" RESULT("_"), tcp_set_count},
    {TCP("hop-limit"), "(borrow)" RESULT("u8"), tcp_hop_limit},
    {TCP("set-hop-limit"), "(borrow,u8)" RESULT("_"), tcp_set_hop_limit},
    {TCP("receive-buffer-size"), "(borrow)" RESULT("u64"), tcp_receive_buffer},
    {TCP("set-receive-buffer-size"), "(borrow,u64)" RESULT("_"), tcp_set_receive_buffer},
    {TCP("send-buffer-size"), "(borrow)" RESULT("u64"), tcp_send_buffer},
    {TCP("set-send-buffer-size"), "(borrow,u64)" RESULT("_"), tcp_set_send_buffer},
    {TCP("subscribe"), "(borrow)->own", tcp_subscribe},
    {TCP("shutdown"), "(borrow,enum<3>)" RESULT("_"), tcp_invalid_state},
};
static const WasiFunc create_tcp_funcs[] = {
    {"create-tcp-socket", "(enum<2>)" RESULT("own"), create_tcp}};
static const WasiFunc udp_funcs[] = {
    {UDP("start-bind"), "(borrow,borrow," ADDRESS ")" RESULT("_"), udp_start_bind},
    {UDP("finish-bind"), "(borrow)" RESULT("_"), udp_not_in_progress},
    {UDP("stream"), "(borrow,option<" ADDRESS ">)" RESULT("tuple<own,own>"), udp_invalid_state},
    {UDP("local-address"), "(borrow)" RESULT(ADDRESS), udp_invalid_state},
    {UDP("remote-address"), "(borrow)" RESULT(ADDRESS), udp_invalid_state},
    {UDP("address-family"), "(borrow)->enum<2>", udp_family},
    {UDP("unicast-hop-limit"), "(borrow)" RESULT("u8"), udp_hop_limit},
    {UDP("set-unicast-hop-limit"), "(borrow,u8)" RESULT("_"), udp_set_hop_limit},
    {UDP("receive-buffer-size"), "(borrow)" RESULT("u64"), udp_receive_buffer},
    {UDP("set-receive-buffer-size"), "(borrow,u64)" RESULT("_"), udp_set_receive_buffer},
    {UDP("send-buffer-size"), "(borrow)" RESULT("u64"), udp_send_buffer},
    {UDP("set-send-buffer-size"), "(borrow,u64)" RESULT("_"), udp_set_send_buffer},
    {UDP("subscribe"), "(borrow)->own", udp_subscribe},
    {"[method]incoming-datagram-stream.receive",
     "(borrow,u64)" RESULT("list<record<list<u8>," ADDRESS ">>"), never},
    {"[method]incoming-datagram-stream.subscribe", "(borrow)->own", never},
    {"[method]outgoing-datagram-stream.check-send", "(borrow)" RESULT("u64"), never},
    {"[method]outgoing-datagram-stream.send",
     "(borrow,list<record<list<u8>,option<" ADDRESS ">>>)" RESULT("u64"), never},
    {"[method]outgoing-datagram-stream.subscribe", "(borrow)->own", never},
};
static const WasiFunc create_udp_funcs[] = {
    {"create-udp-socket", "(enum<2>)" RESULT("own"), create_udp}};

const WasiInterface wasi_sockets[7] = {
    {"wasi:sockets/network", network_funcs, 1, (const char *[]){"network", NULL}},
    {"wasi:sockets/instance-network", instance_network_funcs, 1, NULL},
    {"wasi:sockets/ip-name-lookup", lookup_funcs, WASI_COUNT(lookup_funcs),
     (const char *[]){"resolve-address-stream", NULL}},
    {"wasi:sockets/tcp", tcp_funcs, WASI_COUNT(tcp_funcs), (const char *[]){"tcp-socket", NULL}},
    {"wasi:sockets/tcp-create-socket", create_tcp_funcs, 1, NULL},
    {"wasi:sockets/udp", udp_funcs, WASI_COUNT(udp_funcs),
     (const char *[]){"udp-socket", "incoming-datagram-stream", "outgoing-datagram-stream", NULL}},
    {"wasi:sockets/udp-create-socket", create_udp_funcs, 1, NULL},
};
