/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * wasi:sockets/udp. A bound socket has a pair of streams of datagrams, to one peer or to any; a new
 * pair ends the one before, which then answers invalid-state.
 *
 * Each datagram is decided on alone: it leaves where its destination is granted, and is seen where
 * its source is. A socket at an address that a `listen` rule grants receives from everywhere, and may
 * answer those that it has heard from last; any other may be bound to a free port only.
 */
#include <errno.h>
#include <poll.h>

#include "wasi/sockets.h"

enum {
    MAX_DATAGRAM = 64 << 10,
    MAX_DATAGRAMS = 16, /* of one call */
    MAX_HEARD = 64
};

typedef struct {
    WasiSocket base;
    bool has_remote;
    WasiAddress remote;
    uint64_t pair;                /* counts those that stream() has made */
    WasiAddress heard[MAX_HEARD]; /* from whom, the oldest being overwritten */
    size_t heard_count;
} Udp;

typedef struct {
    WasiObject object; /* its parent is the socket */
    uint64_t pair;
    uint64_t permit; /* of the last check-send */
    int fault;       /* an errno met after something had been received */
} Datagrams;

static Udp *get(VmThread *thread, Wasi *wasi, const AbiValue *handle) {
    return wasi_get(thread, wasi, handle, WASI_UDP_SOCKET);
}

static Udp *socket_of(const Datagrams *stream) { return (Udp *)stream->object.parent; }
static bool is_over(const Datagrams *stream) { return stream->pair != socket_of(stream)->pair; }

WASI_FN(create) {
    int fd;
    NetError error = wasi_socket_open(context, args[0].bits, SOCK_DGRAM, &fd);
    if (error != NET_OK) return wasi_net_ended(result, error, scratch);
    return wasi_socket_make(thread, context, WASI_UDP_SOCKET, sizeof(Udp), (uint32_t)args[0].bits,
                            fd, wasi_case(result, 0, 1, scratch))
               ? VM_DONE
               : VM_TRAP;
}

bool wasi_udp_waits(const WasiObject *object, struct pollfd *want) {
    const Datagrams *stream = (const Datagrams *)object;
    bool in = object->kind == WASI_INCOMING_DATAGRAM_STREAM;
    *want = (struct pollfd){.fd = socket_of(stream)->base.fd, .events = in ? POLLIN : POLLOUT};
    return !is_over(stream) && !stream->fault;
}

/* ---- bind ---- */

NET_METHOD(start_bind, wasi_socket_start_bind, WASI_UDP_SOCKET)
NET_METHOD(finish_bind, wasi_socket_finish_bind, WASI_UDP_SOCKET)

/* ---- stream ---- */

/* To no peer again. The system may take back a port that it had chosen itself: then it is bound
 * again. 0, or an errno. */
static int disconnect(Udp *s) {
    const WasiSockets *system = s->base.system;
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    if (!s->has_remote) return 0;
    if (system->connect(system, s->base.fd, &none, sizeof none) < 0) return errno;
    s->has_remote = false;
    WasiAddress now = wasi_socket_local(&s->base), *before = &s->base.local;
    return now.port == before->port ? 0 : wasi_socket_bind(&s->base, before);
}

static bool may_reach(const Udp *s, const WasiAddress *address) {
    return wasi_net_allows(wasi_net(s->base.granted), WASI_NET_UDP, address);
}

static NetError associate(Udp *s, const AbiValue *option) {
    if (s->base.state != SOCKET_BOUND) return NET_INVALID_STATE;
    WasiAddress remote = {0};
    bool has_remote = option->variant.index;
    if (has_remote) {
        wasi_address_lift(option->variant.payload, &remote);
        if (!wasi_socket_fits(&s->base, &remote, true)) return NET_INVALID_ARGUMENT;
        if (!may_reach(s, &remote)) return wasi_net_denied(s->base.granted, WASI_NET_UDP, &remote);
    }
    int fault = disconnect(s);
    if (!fault && has_remote) fault = wasi_socket_connect(&s->base, &remote);
    if (fault) return wasi_net_error(fault);
    s->has_remote = has_remote;
    s->remote = remote;
    return NET_OK;
}

WASI_FN(make_pair) {
    Udp *s = get(thread, context, &args[0]);
    if (!s) return VM_TRAP;
    NetError error = associate(s, &args[1]);
    if (error != NET_OK) return wasi_net_ended(result, error, scratch);
    AbiValue *cells = wasi_case(result, 0, 2, scratch);
    s->pair++;
    for (int i = 0; i < 2; i++) {
        WasiKind kind = i ? WASI_OUTGOING_DATAGRAM_STREAM : WASI_INCOMING_DATAGRAM_STREAM;
        Datagrams *stream =
            wasi_make(thread, context, kind, sizeof *stream, &s->base.object, &cells[i]);
        if (!stream) return VM_TRAP;
        stream->pair = s->pair;
    }
    return VM_DONE;
}

/* ---- receive ---- */

static bool has_heard(const Udp *s, const WasiAddress *from) {
    size_t n = s->heard_count < MAX_HEARD ? s->heard_count : MAX_HEARD;
    for (size_t i = 0; i < n; i++)
        if (wasi_same_address(&s->heard[i], from)) return true;
    return false;
}

static void hear(Udp *s, const WasiAddress *from) {
    if (!has_heard(s, from)) s->heard[s->heard_count++ % MAX_HEARD] = *from;
}

/* Whether the guest sees a datagram. */
static bool sees(Udp *s, const WasiAddress *from) {
    if (s->has_remote) return wasi_same_address(&s->remote, from);
    if (!s->base.may_listen) return may_reach(s, from);
    hear(s, from);
    return true;
}

/* Takes datagrams off the socket into cells, two for each, for as long as there are some. At most
 * so many are looked at, whether the guest sees them or not. 0, or an errno. */
static int receive_some(Udp *s, AbiValue *cells, size_t most, size_t *count, Arena *scratch) {
    const WasiSockets *system = s->base.system;
    uint8_t *buffer = arena_alloc(scratch, MAX_DATAGRAM);
    for (size_t i = 0; i < 2 * MAX_DATAGRAMS && *count < most; i++) {
        struct sockaddr_storage storage;
        ssize_t n = system->receive(system, s->base.fd, buffer, MAX_DATAGRAM, &storage);
        if (n < 0) return errno == EAGAIN || errno == EINTR ? 0 : errno;
        WasiAddress from = wasi_address_from(&storage);
        if (!sees(s, &from)) continue;
        AbiValue *at = &cells[2 * (*count)++];
        at[0].list.items = arena_copy(scratch, buffer, (size_t)n);
        at[0].list.len = (size_t)n;
        wasi_address_lower(&from, &at[1], scratch);
    }
    return 0;
}

WASI_FN(receive) {
    Datagrams *stream = wasi_get(thread, context, &args[0], WASI_INCOMING_DATAGRAM_STREAM);
    if (!stream) return VM_TRAP;
    if (is_over(stream)) return wasi_net_ended(result, NET_INVALID_STATE, scratch);
    size_t most = args[1].bits < MAX_DATAGRAMS ? args[1].bits : MAX_DATAGRAMS, count = 0;
    AbiValue *cells = ARENA_NEW_ARRAY(scratch, AbiValue, 2 * most);
    int fault = most ? stream->fault : 0;
    if (fault) stream->fault = 0;
    else fault = receive_some(socket_of(stream), cells, most, &count, scratch);
    if (fault && !count) return wasi_net_ended(result, wasi_net_error(fault), scratch);
    stream->fault = count ? fault : stream->fault;
    AbiValue *list = wasi_case(result, 0, 1, scratch);
    list->list.items = cells;
    list->list.len = count;
    return VM_DONE;
}

/* ---- send ---- */

WASI_FN(check_send) {
    Datagrams *stream = wasi_get(thread, context, &args[0], WASI_OUTGOING_DATAGRAM_STREAM);
    if (!stream) return VM_TRAP;
    if (is_over(stream)) return wasi_net_ended(result, NET_INVALID_STATE, scratch);
    const WasiSocket *s = &socket_of(stream)->base;
    stream->permit = wasi_is_ready(s->object.maker, s->fd, POLLOUT) ? MAX_DATAGRAMS : 0;
    wasi_case(result, 0, 1, scratch)->bits = stream->permit;
    return VM_DONE;
}

/* One datagram: its bytes, and an option of its destination. */
static NetError send_one(const Udp *s, const AbiValue *cells) {
    struct sockaddr_storage storage;
    socklen_t size = 0;
    if (cells[1].variant.index) {
        WasiAddress to;
        wasi_address_lift(cells[1].variant.payload, &to);
        if (!wasi_socket_fits(&s->base, &to, true)) return NET_INVALID_ARGUMENT;
        if (s->has_remote && !wasi_same_address(&s->remote, &to)) return NET_INVALID_ARGUMENT;
        if (!s->has_remote && !may_reach(s, &to) && !has_heard(s, &to))
            return wasi_net_denied(s->base.granted, WASI_NET_UDP, &to);
        if (!s->has_remote) size = wasi_address_to(&to, &storage);
    } else if (!s->has_remote) return NET_INVALID_ARGUMENT;
    const WasiSockets *system = s->base.system;
    ssize_t n = system->send(system, s->base.fd, cells[0].list.items, cells[0].list.len,
                             size ? (struct sockaddr *)&storage : NULL, size);
    return n < 0 ? wasi_net_error(errno) : NET_OK;
}

WASI_FN(send_datagrams) {
    Datagrams *stream = wasi_get(thread, context, &args[0], WASI_OUTGOING_DATAGRAM_STREAM);
    if (!stream) return VM_TRAP;
    const AbiValue *cells = args[1].list.items;
    size_t n = args[1].list.len, sent = 0;
    if (is_over(stream)) return wasi_net_ended(result, NET_INVALID_STATE, scratch);
    if (n > stream->permit)
        return vm_trap_text(thread, TRAP_HOST, "more datagrams than check-send has permitted");
    stream->permit -= n;
    NetError error = NET_OK;
    while (sent < n && error == NET_OK) {
        error = send_one(socket_of(stream), &cells[2 * sent]);
        sent += error == NET_OK;
    }
    bool failed = error != NET_OK && error != NET_WOULD_BLOCK && !sent;
    if (failed) return wasi_net_ended(result, error, scratch);
    wasi_case(result, 0, 1, scratch)->bits = sent;
    return VM_DONE;
}

/* ---- what it is ---- */

NET_METHOD(local_address, wasi_socket_local_address, WASI_UDP_SOCKET)

WASI_FN(remote_address) {
    Udp *s = get(thread, context, &args[0]);
    if (!s) return VM_TRAP;
    if (!s->has_remote) return wasi_net_ended(result, NET_INVALID_STATE, scratch);
    wasi_address_lower(&s->remote, wasi_case(result, 0, 1, scratch), scratch);
    return VM_DONE;
}

NET_METHOD(address_family, wasi_socket_family, WASI_UDP_SOCKET)
NET_METHOD(socket_subscribe, wasi_socket_subscribe, WASI_UDP_SOCKET)
NET_METHOD(incoming_subscribe, wasi_socket_subscribe, WASI_INCOMING_DATAGRAM_STREAM)
NET_METHOD(outgoing_subscribe, wasi_socket_subscribe, WASI_OUTGOING_DATAGRAM_STREAM)

NET_OPTION(hop_limit, set_hop_limit, WASI_UDP_SOCKET, NET_HOP_LIMIT)
NET_OPTION(receive_buffer, set_receive_buffer, WASI_UDP_SOCKET, NET_RECEIVE_BUFFER)
NET_OPTION(send_buffer, set_send_buffer, WASI_UDP_SOCKET, NET_SEND_BUFFER)

/* ---- tables ---- */

#define METHOD(n) "[method]udp-socket." n

static const WasiFunc udp_funcs[] = {
    {METHOD("start-bind"), "(borrow,borrow," NET_ADDRESS ")" NET_RESULT("_"), start_bind},
    {METHOD("finish-bind"), "(borrow)" NET_RESULT("_"), finish_bind},
    {METHOD("stream"), "(borrow,option<" NET_ADDRESS ">)" NET_RESULT("tuple<own,own>"), make_pair},
    {METHOD("local-address"), "(borrow)" NET_RESULT(NET_ADDRESS), local_address},
    {METHOD("remote-address"), "(borrow)" NET_RESULT(NET_ADDRESS), remote_address},
    {METHOD("address-family"), "(borrow)->enum<2>", address_family},
    {METHOD("unicast-hop-limit"), "(borrow)" NET_RESULT("u8"), hop_limit},
    {METHOD("set-unicast-hop-limit"), "(borrow,u8)" NET_RESULT("_"), set_hop_limit},
    {METHOD("receive-buffer-size"), "(borrow)" NET_RESULT("u64"), receive_buffer},
    {METHOD("set-receive-buffer-size"), "(borrow,u64)" NET_RESULT("_"), set_receive_buffer},
    {METHOD("send-buffer-size"), "(borrow)" NET_RESULT("u64"), send_buffer},
    {METHOD("set-send-buffer-size"), "(borrow,u64)" NET_RESULT("_"), set_send_buffer},
    {METHOD("subscribe"), "(borrow)->own", socket_subscribe},
    {"[method]incoming-datagram-stream.receive",
     "(borrow,u64)" NET_RESULT("list<record<list<u8>," NET_ADDRESS ">>"), receive},
    {"[method]incoming-datagram-stream.subscribe", "(borrow)->own", incoming_subscribe},
    {"[method]outgoing-datagram-stream.check-send", "(borrow)" NET_RESULT("u64"), check_send},
    {"[method]outgoing-datagram-stream.send",
     "(borrow,list<record<list<u8>,option<" NET_ADDRESS ">>>)" NET_RESULT("u64"), send_datagrams},
    {"[method]outgoing-datagram-stream.subscribe", "(borrow)->own", outgoing_subscribe},
};
static const WasiFunc create_funcs[] = {
    {"create-udp-socket", "(enum<2>)" NET_RESULT("own"), create}};

const WasiInterface wasi_udp[2] = {
    {"wasi:sockets/udp", udp_funcs, WASI_COUNT(udp_funcs),
     (const char *[]){"udp-socket", "incoming-datagram-stream", "outgoing-datagram-stream", NULL}},
    {"wasi:sockets/udp-create-socket", create_funcs, 1, NULL},
};
