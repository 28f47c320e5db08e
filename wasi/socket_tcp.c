/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * wasi:sockets/tcp: a socket is in one of eight states, and each method belongs to some of them.
 *
 *     unbound --start-bind--> bind-in-progress --finish-bind--> bound
 *     bound --start-listen--> listen-in-progress --finish-listen--> listening, or closed
 *     unbound, bound --start-connect--> connect-in-progress --finish-connect--> connected, or closed
 *     a start-connect or start-listen of theirs that fails at once: closed
 *
 * A method out of its states answers invalid-state (finish-*: not-in-progress; the start of what is
 * being started: concurrency-conflict) and changes nothing. Binding and listening are done when they
 * are started, so only connecting takes time: its pollable is ready when the system knows, that of a
 * listening socket when somebody waits to be accepted, all others at once.
 *
 * A socket may be bound to what a `listen` rule grants, and then listen; or, to connect from there,
 * to any free port of an address, where something may be connected to at all.
 */
#include <errno.h>
#include <poll.h>

#include "wasi/sockets.h"

typedef struct {
    WasiSocket base;
    int fault; /* an errno that the operation in progress has met */
    int backlog;
    WasiInput *input; /* of the connection, as long as they are there */
    WasiOutput *output;
} Tcp;

enum { BACKLOG = 128 };
enum { RECEIVE, SEND };

static Tcp *get(VmThread *thread, Wasi *wasi, const AbiValue *handle) {
    return wasi_get(thread, wasi, handle, WASI_TCP_SOCKET);
}

static Tcp *make(VmThread *thread, Wasi *wasi, uint32_t family, int fd, AbiValue *out) {
    Tcp *s = wasi_socket_make(thread, wasi, WASI_TCP_SOCKET, sizeof *s, family, fd, out);
    if (s) s->backlog = BACKLOG;
    return s;
}

WASI_FN(create) {
    int fd;
    NetError error = wasi_socket_open(context, args[0].bits, SOCK_STREAM, &fd);
    if (error != NET_OK) return wasi_net_ended(result, error, scratch);
    uint32_t family = (uint32_t)args[0].bits;
    return make(thread, context, family, fd, wasi_case(result, 0, 1, scratch)) ? VM_DONE : VM_TRAP;
}

bool wasi_tcp_waits(const WasiObject *object, struct pollfd *want) {
    const Tcp *s = (const Tcp *)object;
    bool listens = s->base.state == SOCKET_LISTENING;
    *want = (struct pollfd){.fd = s->base.fd, .events = listens ? POLLIN : POLLOUT};
    return listens || (s->base.state == SOCKET_CONNECTING && !s->fault);
}

/* ---- connect ---- */

static NetError connect_to(Wasi *wasi, Tcp *s, const WasiAddress *address) {
    if (s->base.state == SOCKET_CONNECTING) return NET_CONCURRENCY_CONFLICT;
    if (s->base.state != SOCKET_UNBOUND && s->base.state != SOCKET_BOUND) return NET_INVALID_STATE;
    s->base.state = SOCKET_CLOSED; /* where the attempt fails, now or later */
    if (!wasi_socket_fits(&s->base, address, true)) return NET_INVALID_ARGUMENT;
    if (!wasi_net_allows(wasi_net(wasi), WASI_NET_TCP, address))
        return wasi_net_denied(wasi, WASI_NET_TCP, address);
    s->fault = wasi_socket_connect(&s->base, address);
    if (s->fault == EINPROGRESS || s->fault == EINTR) s->fault = 0;
    s->base.state = SOCKET_CONNECTING;
    return NET_OK;
}

WASI_FN(start_connect) {
    Tcp *s = get(thread, context, &args[0]);
    const WasiObject *network = s ? wasi_get(thread, context, &args[1], WASI_NETWORK) : NULL;
    if (!network) return VM_TRAP;
    WasiAddress address;
    wasi_address_lift(&args[2], &address);
    return wasi_net_ended(result, connect_to(network->maker, s, &address), scratch);
}

/* The streams of a connection, in two cells. */
static bool make_streams(VmThread *thread, Wasi *wasi, Tcp *s, AbiValue *cells) {
    s->input = wasi_input(thread, wasi, s->base.fd, &s->base.object, &cells[0]);
    if (!s->input) return false;
    s->input->medium = WASI_MEDIUM_SOCKET;
    s->input->owner = &s->input;
    s->output = wasi_output(thread, wasi, s->base.fd, &s->base.object, &cells[1]);
    if (!s->output) return false;
    s->output->medium = WASI_MEDIUM_SOCKET;
    s->output->owner = &s->output;
    return true;
}

WASI_FN(finish_connect) {
    Tcp *s = get(thread, context, &args[0]);
    if (!s) return VM_TRAP;
    if (s->base.state != SOCKET_CONNECTING)
        return wasi_net_ended(result, NET_NOT_IN_PROGRESS, scratch);
    const WasiSockets *system = s->base.system;
    int fault = s->fault;
    if (!fault && !wasi_is_ready(s->base.object.maker, s->base.fd, POLLOUT))
        return wasi_net_ended(result, NET_WOULD_BLOCK, scratch);
    if (!fault && system->get(system, s->base.fd, SOL_SOCKET, SO_ERROR, &fault) < 0) fault = errno;
    s->base.state = fault ? SOCKET_CLOSED : SOCKET_CONNECTED;
    if (fault) return wasi_net_ended(result, wasi_net_error(fault), scratch);
    return make_streams(thread, context, s, wasi_case(result, 0, 2, scratch)) ? VM_DONE : VM_TRAP;
}

/* ---- listen, accept ---- */

static int listen_at(const Tcp *s) {
    return s->base.system->listen(s->base.system, s->base.fd, s->backlog);
}

static NetError start_listening(Tcp *s) {
    if (s->base.state == SOCKET_STARTS_LISTENING) return NET_CONCURRENCY_CONFLICT;
    if (s->base.state != SOCKET_BOUND) return NET_INVALID_STATE;
    if (!s->base.may_listen) {
        s->base.state = SOCKET_CLOSED;
        return wasi_net_denied(s->base.granted, WASI_NET_LISTEN, &s->base.local);
    }
    s->fault = listen_at(s) < 0 ? errno : 0;
    s->base.state = SOCKET_STARTS_LISTENING;
    return NET_OK;
}

WASI_FN(start_listen) {
    Tcp *s = get(thread, context, &args[0]);
    return s ? wasi_net_ended(result, start_listening(s), scratch) : VM_TRAP;
}

WASI_FN(finish_listen) {
    Tcp *s = get(thread, context, &args[0]);
    if (!s) return VM_TRAP;
    if (s->base.state != SOCKET_STARTS_LISTENING)
        return wasi_net_ended(result, NET_NOT_IN_PROGRESS, scratch);
    s->base.state = s->fault ? SOCKET_CLOSED : SOCKET_LISTENING;
    return wasi_net_ended(result, wasi_net_error(s->fault), scratch);
}

/* The system hands over options of the listening socket to the new one, and errors of the network
 * that have ended a connection before it was accepted. */
static NetError accept_one(Wasi *wasi, const Tcp *s, int *fd) {
    if (s->base.state != SOCKET_LISTENING) return NET_INVALID_STATE;
    if (wasi_socket_limit(wasi)) return NET_NEW_SOCKET_LIMIT;
    *fd = s->base.system->accept(s->base.system, s->base.fd);
    if (*fd >= 0) return NET_OK;
    NetError error = wasi_net_error(errno);
    bool ended = error == NET_REMOTE_UNREACHABLE || error == NET_NOT_SUPPORTED || errno == EPROTO;
    return ended ? NET_CONNECTION_ABORTED : error;
}

WASI_FN(accept_connection) {
    Tcp *s = get(thread, context, &args[0]);
    if (!s) return VM_TRAP;
    int fd;
    NetError error = accept_one(context, s, &fd);
    if (error != NET_OK) return wasi_net_ended(result, error, scratch);
    AbiValue *cells = wasi_case(result, 0, 3, scratch);
    Tcp *client = make(thread, context, s->base.family, fd, &cells[0]);
    if (!client) return VM_TRAP;
    client->base.state = SOCKET_CONNECTED;
    return make_streams(thread, context, client, &cells[1]) ? VM_DONE : VM_TRAP;
}

/* ---- what it is ---- */

NET_METHOD(local_address, wasi_socket_local_address, WASI_TCP_SOCKET)

WASI_FN(remote_address) {
    Tcp *s = get(thread, context, &args[0]);
    if (!s) return VM_TRAP;
    struct sockaddr_storage storage;
    if (s->base.state != SOCKET_CONNECTED)
        return wasi_net_ended(result, NET_INVALID_STATE, scratch);
    if (s->base.system->peer(s->base.system, s->base.fd, &storage) < 0)
        return wasi_net_ended(result, wasi_net_error(errno), scratch);
    WasiAddress address = wasi_address_from(&storage);
    wasi_address_lower(&address, wasi_case(result, 0, 1, scratch), scratch);
    return VM_DONE;
}

WASI_FN(is_listening) {
    Tcp *s = get(thread, context, &args[0]);
    if (!s) return VM_TRAP;
    result->bits = s->base.state == SOCKET_LISTENING;
    return VM_DONE;
}

NET_METHOD(start_bind, wasi_socket_start_bind, WASI_TCP_SOCKET)
NET_METHOD(finish_bind, wasi_socket_finish_bind, WASI_TCP_SOCKET)
NET_METHOD(address_family, wasi_socket_family, WASI_TCP_SOCKET)
NET_METHOD(subscribe, wasi_socket_subscribe, WASI_TCP_SOCKET)

/* ---- options ---- */

NET_OPTION(idle_time, set_idle_time, WASI_TCP_SOCKET, NET_IDLE_TIME)
NET_OPTION(interval, set_interval, WASI_TCP_SOCKET, NET_INTERVAL)
NET_OPTION(count, set_count, WASI_TCP_SOCKET, NET_COUNT)
NET_OPTION(hop_limit, set_hop_limit, WASI_TCP_SOCKET, NET_HOP_LIMIT)
NET_OPTION(receive_buffer, set_receive_buffer, WASI_TCP_SOCKET, NET_RECEIVE_BUFFER)
NET_OPTION(send_buffer, set_send_buffer, WASI_TCP_SOCKET, NET_SEND_BUFFER)

WASI_FN(keep_alive) {
    Tcp *s = get(thread, context, &args[0]);
    if (!s) return VM_TRAP;
    if (s->base.state == SOCKET_CLOSED) return wasi_net_ended(result, NET_INVALID_STATE, scratch);
    int value;
    if (s->base.system->get(s->base.system, s->base.fd, SOL_SOCKET, SO_KEEPALIVE, &value) < 0)
        return wasi_net_ended(result, wasi_net_error(errno), scratch);
    wasi_case(result, 0, 1, scratch)->bits = value != 0;
    return VM_DONE;
}

WASI_FN(set_keep_alive) {
    Tcp *s = get(thread, context, &args[0]);
    if (!s) return VM_TRAP;
    if (s->base.state == SOCKET_CLOSED) return wasi_net_ended(result, NET_INVALID_STATE, scratch);
    const WasiSockets *system = s->base.system;
    bool set = system->set(system, s->base.fd, SOL_SOCKET, SO_KEEPALIVE, args[1].bits != 0) == 0;
    return wasi_net_ended(result, set ? NET_OK : wasi_net_error(errno), scratch);
}

WASI_FN(set_backlog) {
    Tcp *s = get(thread, context, &args[0]);
    if (!s) return VM_TRAP;
    if (args[1].bits == 0) return wasi_net_ended(result, NET_INVALID_ARGUMENT, scratch);
    if (s->base.state == SOCKET_CONNECTING || s->base.state == SOCKET_CONNECTED ||
        s->base.state == SOCKET_CLOSED)
        return wasi_net_ended(result, NET_INVALID_STATE, scratch);
    s->backlog = args[1].bits < INT32_MAX ? (int)args[1].bits : INT32_MAX;
    bool listens = s->base.state == SOCKET_LISTENING ||
                   (s->base.state == SOCKET_STARTS_LISTENING && !s->fault);
    if (listens && listen_at(s) < 0) return wasi_net_ended(result, NET_NOT_SUPPORTED, scratch);
    return wasi_ok(result);
}

/* ---- shutdown ---- */

WASI_FN(shut_down) {
    Tcp *s = get(thread, context, &args[0]);
    if (!s) return VM_TRAP;
    if (s->base.state != SOCKET_CONNECTED)
        return wasi_net_ended(result, NET_INVALID_STATE, scratch);
    if (args[1].bits != SEND) {
        s->base.system->shutdown(s->base.system, s->base.fd, SHUT_RD);
        if (s->input) s->input->closed = true;
    }
    if (args[1].bits != RECEIVE) {
        if (!s->output) s->base.system->shutdown(s->base.system, s->base.fd, SHUT_WR);
        else if (!s->output->closed) wasi_output_end(s->output);
    }
    return wasi_ok(result); /* a connection that has ended meanwhile is shut down, too */
}

/* ---- tables ---- */

#define METHOD(n) "[method]tcp-socket." n

static const WasiFunc tcp_funcs[] = {
    {METHOD("start-bind"), "(borrow,borrow," NET_ADDRESS ")" NET_RESULT("_"), start_bind},
    {METHOD("finish-bind"), "(borrow)" NET_RESULT("_"), finish_bind},
    {METHOD("start-connect"), "(borrow,borrow," NET_ADDRESS ")" NET_RESULT("_"), start_connect},
    {METHOD("finish-connect"), "(borrow)" NET_RESULT("tuple<own,own>"), finish_connect},
    {METHOD("start-listen"), "(borrow)" NET_RESULT("_"), start_listen},
    {METHOD("finish-listen"), "(borrow)" NET_RESULT("_"), finish_listen},
    {METHOD("accept"), "(borrow)" NET_RESULT("tuple<own,own,own>"), accept_connection},
    {METHOD("local-address"), "(borrow)" NET_RESULT(NET_ADDRESS), local_address},
    {METHOD("remote-address"), "(borrow)" NET_RESULT(NET_ADDRESS), remote_address},
    {METHOD("is-listening"), "(borrow)->bool", is_listening},
    {METHOD("address-family"), "(borrow)->enum<2>", address_family},
    {METHOD("set-listen-backlog-size"), "(borrow,u64)" NET_RESULT("_"), set_backlog},
    {METHOD("keep-alive-enabled"), "(borrow)" NET_RESULT("bool"), keep_alive},
    {METHOD("set-keep-alive-enabled"), "(borrow,bool)" NET_RESULT("_"), set_keep_alive},
    {METHOD("keep-alive-idle-time"), "(borrow)" NET_RESULT("u64"), idle_time},
    {METHOD("set-keep-alive-idle-time"), "(borrow,u64)" NET_RESULT("_"), set_idle_time},
    {METHOD("keep-alive-interval"), "(borrow)" NET_RESULT("u64"), interval},
    {METHOD("set-keep-alive-interval"), "(borrow,u64)" NET_RESULT("_"), set_interval},
    {METHOD("keep-alive-count"), "(borrow)" NET_RESULT("u32"), count},
    {METHOD("set-keep-alive-count"), "(borrow,u32)" NET_RESULT("_"), set_count},
    {METHOD("hop-limit"), "(borrow)" NET_RESULT("u8"), hop_limit},
    {METHOD("set-hop-limit"), "(borrow,u8)" NET_RESULT("_"), set_hop_limit},
    {METHOD("receive-buffer-size"), "(borrow)" NET_RESULT("u64"), receive_buffer},
    {METHOD("set-receive-buffer-size"), "(borrow,u64)" NET_RESULT("_"), set_receive_buffer},
    {METHOD("send-buffer-size"), "(borrow)" NET_RESULT("u64"), send_buffer},
    {METHOD("set-send-buffer-size"), "(borrow,u64)" NET_RESULT("_"), set_send_buffer},
    {METHOD("subscribe"), "(borrow)->own", subscribe},
    {METHOD("shutdown"), "(borrow,enum<3>)" NET_RESULT("_"), shut_down},
};
static const WasiFunc create_funcs[] = {
    {"create-tcp-socket", "(enum<2>)" NET_RESULT("own"), create}};

const WasiInterface wasi_tcp[2] = {
    {"wasi:sockets/tcp", tcp_funcs, WASI_COUNT(tcp_funcs), (const char *[]){"tcp-socket", NULL}},
    {"wasi:sockets/tcp-create-socket", create_funcs, 1, NULL},
};
