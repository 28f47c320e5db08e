/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * TCP: every method in every state, and what connections do.
 *
 * [tcp]       wasi:sockets/tcp
 * [semantics] wasi-sockets, TcpSocketOperationalSemantics.md: the states, the exhaustive set of
 *             transitions, and "Calling a method from the wrong state returns `error(invalid-state)`
 *             and does not affect the state of the socket. A special case are the `finish-*`
 *             methods; those return `error(not-in-progress)`".
 * [network]   error-code: `concurrency-conflict` is always possible: "incompatible with another
 *             asynchronous operation that is already in progress".
 * [tcp] also has: "TCP socket methods may always return `error(invalid-state)` when in the `closed`
 * state."
 */
#include "sockets.h"

typedef tcp_tcp_socket Tcp;
typedef tcp_tcp_socket_ref TcpRef;

static TcpRef ref(Tcp s) { return tcp_tcp_socket_borrow(s); }

static Tcp create(void) { return MUST(tcp_new_create_tcp_socket(family())); }

static void wait_for(Tcp s) { ready_within(tcp_tcp_socket_subscribe(ref(s)), 2000); }

#define FINISH(s, call)                                                                            \
    ({                                                                                             \
        __auto_type f_ = (call);                                                                   \
        while (f_.is_err && f_.val.err == NET_ERROR_CODE_WOULD_BLOCK) {                            \
            wait_for(s);                                                                           \
            f_ = (call);                                                                           \
        }                                                                                          \
        f_;                                                                                        \
    })

static void bind_to(Tcp s, Address a) {
    MUST_VOID(tcp_tcp_socket_start_bind(ref(s), network(), &a));
    MUST_VOID(FINISH(s, tcp_tcp_socket_finish_bind(ref(s))));
}

static Tcp bound(void) {
    Tcp s = create();
    bind_to(s, loopback(0));
    return s;
}

static Tcp listening(void) {
    Tcp s = bound();
    MUST_VOID(tcp_tcp_socket_start_listen(ref(s)));
    MUST_VOID(FINISH(s, tcp_tcp_socket_finish_listen(ref(s))));
    return s;
}

static Address local(Tcp s) { return MUST(tcp_tcp_socket_local_address(ref(s))); }

/* A port that was free a moment ago. */
static uint16_t free_port(void) {
    Tcp s = bound();
    Address a = local(s);
    tcp_tcp_socket_drop(s);
    return port_of(&a);
}

/* The one that all connections go to; nobody accepts them. */
static Address server(void) {
    static Tcp s;
    static bool is_there;
    if (!is_there) s = listening();
    is_there = true;
    return local(s);
}

/* ---- states ---- */

typedef enum {
    UNBOUND,
    BIND_IN_PROGRESS,
    BOUND,
    LISTEN_IN_PROGRESS,
    LISTENING,
    CONNECT_IN_PROGRESS,
    CONNECTED,
    STATE_CLOSED,
    STATES
} State;

static const char *const state_names[] = {
    "unbound",   "bind-in-progress",    "bound",     "listen-in-progress",
    "listening", "connect-in-progress", "connected", "closed"};

/* "Implementations may trap if" a socket goes before its children: what the latest calls have given
 * is dropped by discard. */
static io_tuple2_input_stream_output_stream streams;
static Tcp accepted;
static bool has_streams, has_accepted;

static void discard(Tcp s) {
    if (has_streams) {
        io_input_stream_drop(streams.f0);
        io_output_stream_drop(streams.f1);
    }
    if (has_accepted) tcp_tcp_socket_drop(accepted);
    has_streams = has_accepted = false;
    tcp_tcp_socket_drop(s);
}

static Tcp in_state(State state) {
    if (state == UNBOUND) return create();
    if (state == BOUND) return bound();
    if (state == LISTENING) return listening();
    if (state == BIND_IN_PROGRESS) {
        Tcp s = create();
        Address a = loopback(0);
        MUST_VOID(tcp_tcp_socket_start_bind(ref(s), network(), &a));
        return s;
    }
    if (state == LISTEN_IN_PROGRESS) {
        Tcp s = bound();
        MUST_VOID(tcp_tcp_socket_start_listen(ref(s)));
        return s;
    }
    Tcp s = create();
    Address a = state == STATE_CLOSED ? loopback(free_port()) : server();
    MUST_VOID(tcp_tcp_socket_start_connect(ref(s), network(), &a));
    if (state == CONNECT_IN_PROGRESS) return s;
    __auto_type r = FINISH(s, tcp_tcp_socket_finish_connect(ref(s)));
    if (r.is_err != (state == STATE_CLOSED)) give_up(state_names[state]);
    has_streams = !r.is_err;
    if (has_streams) streams = r.val.ok;
    return s; /* the streams of a connection stay open */
}

/* ---- methods ---- */

static int start_bind(TcpRef s) {
    Address a = loopback(0);
    return CODE(tcp_tcp_socket_start_bind(s, network(), &a));
}
static int finish_bind(TcpRef s) { return CODE(tcp_tcp_socket_finish_bind(s)); }
static int start_connect(TcpRef s) {
    Address a = server();
    return CODE(tcp_tcp_socket_start_connect(s, network(), &a));
}
static int finish_connect(TcpRef s) {
    __auto_type r = tcp_tcp_socket_finish_connect(s);
    if (r.is_err) return r.val.err;
    streams = r.val.ok;
    has_streams = true;
    return OK;
}
static int start_listen(TcpRef s) { return CODE(tcp_tcp_socket_start_listen(s)); }
static int finish_listen(TcpRef s) { return CODE(tcp_tcp_socket_finish_listen(s)); }
static int accept(TcpRef s) {
    __auto_type r = tcp_tcp_socket_accept(s);
    if (r.is_err) return r.val.err;
    streams.f0 = r.val.ok.f1;
    streams.f1 = r.val.ok.f2;
    accepted = r.val.ok.f0;
    has_streams = has_accepted = true;
    return OK;
}
static int local_address(TcpRef s) { return CODE(tcp_tcp_socket_local_address(s)); }
static int remote_address(TcpRef s) { return CODE(tcp_tcp_socket_remote_address(s)); }
static int backlog(TcpRef s) { return CODE(tcp_tcp_socket_set_listen_backlog_size(s, 10)); }
static int backlog_0(TcpRef s) { return CODE(tcp_tcp_socket_set_listen_backlog_size(s, 0)); }
static int shutdown_receive(TcpRef s) {
    return CODE(tcp_tcp_socket_shutdown(s, TCP_SHUTDOWN_TYPE_RECEIVE));
}
static int shutdown_send(TcpRef s) {
    return CODE(tcp_tcp_socket_shutdown(s, TCP_SHUTDOWN_TYPE_SEND));
}
static int shutdown_both(TcpRef s) {
    return CODE(tcp_tcp_socket_shutdown(s, TCP_SHUTDOWN_TYPE_BOTH));
}

#define IN_PROGRESS (E(INVALID_STATE) | E(CONCURRENCY_CONFLICT))
#define NO          E(INVALID_STATE)
#define NONE        E(NOT_IN_PROGRESS)
#define GONE        (E(NOT_IN_PROGRESS) | E(INVALID_STATE))
#define LATER       (YES | E(WOULD_BLOCK))

/* For each state in their order, what a method may answer. */
static const struct {
    const char *name;
    int (*act)(TcpRef s);
    uint64_t want[STATES];
} methods[] = {
    {"start-bind", start_bind, {YES, IN_PROGRESS, NO, IN_PROGRESS, NO, IN_PROGRESS, NO, NO}},
    {"finish-bind", finish_bind, {NONE, LATER, NONE, NONE, NONE, NONE, NONE, GONE}},
    {"start-connect", start_connect, {YES, IN_PROGRESS, YES, IN_PROGRESS, NO, IN_PROGRESS, NO, NO}},
    {"finish-connect", finish_connect, {NONE, NONE, NONE, NONE, NONE, LATER, NONE, GONE}},
    {"start-listen", start_listen, {NO, IN_PROGRESS, YES, IN_PROGRESS, NO, IN_PROGRESS, NO, NO}},
    {"finish-listen", finish_listen, {NONE, NONE, NONE, LATER, NONE, NONE, NONE, GONE}},
    {"accept", accept, {NO, NO, NO, NO, E(WOULD_BLOCK), NO, NO, NO}},
    /* "requires `local-address` to return `invalid-state` when the socket hasn't been bound yet";
     * "`bound`, `listen-in-progress`, `listening`, `connect-in-progress` or `connected`" are */
    {"local-address", local_address, {NO, NO, YES, YES, YES, YES, YES, YES | NO}},
    {"remote-address", remote_address, {NO, NO, NO, NO, NO, NO, YES, NO}},
    {"set-listen-backlog-size",
     backlog,
     {YES, YES, YES, YES, YES | E(NOT_SUPPORTED), NO, NO, YES | NO | E(NOT_SUPPORTED)}},
    {"set-listen-backlog-size of 0",
     backlog_0,
     {E(INVALID_ARGUMENT), E(INVALID_ARGUMENT), E(INVALID_ARGUMENT), E(INVALID_ARGUMENT),
      E(INVALID_ARGUMENT) | E(NOT_SUPPORTED), E(INVALID_ARGUMENT) | NO, E(INVALID_ARGUMENT) | NO,
      E(INVALID_ARGUMENT) | NO}},
    {"shutdown receive", shutdown_receive, {NO, NO, NO, NO, NO, NO, YES, NO}},
    {"shutdown send", shutdown_send, {NO, NO, NO, NO, NO, NO, YES, NO}},
    {"shutdown both", shutdown_both, {NO, NO, NO, NO, NO, NO, YES, NO}},
};
enum { METHODS = sizeof methods / sizeof *methods };

/* What tells a state from others without changing it. */
static bool seems_to_be(TcpRef s, State state) {
    bool is_local = !tcp_tcp_socket_local_address(s).is_err;
    bool is_remote = !tcp_tcp_socket_remote_address(s).is_err;
    if (tcp_tcp_socket_is_listening(s) != (state == LISTENING)) return false;
    if (state == STATE_CLOSED) return !is_remote;
    return is_local == (state != UNBOUND && state != BIND_IN_PROGRESS) &&
           is_remote == (state == CONNECTED);
}

static void transitions(void) {
    for (int state = 0; state < STATES; state++)
        for (int i = 0; i < METHODS; i++) {
            Tcp s = in_state((State)state);
            int got = methods[i].act(ref(s));
            outcome(got, methods[i].want[state], net_name, "%s/%s", state_names[state],
                    methods[i].name);
            if (got != OK && !(methods[i].want[state] & YES))
                check(seems_to_be(ref(s), (State)state), "%s/%s \"does not affect the state\"",
                      state_names[state], methods[i].name);
            discard(s);
        }
}

/* [semantics]: "Pollable readiness" */
static void readiness(void) {
    for (int state = 0; state < STATES; state++) {
        Tcp s = in_state((State)state);
        check(tcp_tcp_socket_address_family(ref(s)) == family(), "%s/address-family",
              state_names[state]);
        check(tcp_tcp_socket_is_listening(ref(s)) == (state == LISTENING), "%s/is-listening",
              state_names[state]);
        poll_pollable p = tcp_tcp_socket_subscribe(ref(s));
        if (state == LISTENING)
            check(!ready_within(p, 20), "%s/nobody has connected", state_names[state]);
        else check(ready_within(p, 2000), "%s/is ready, or will be", state_names[state]);
        discard(s);
    }
}

/* ---- options ---- */

#define OPTION_U64(get, set)                                                                       \
    static int get_##get(TcpRef s, uint64_t *value) {                                              \
        __auto_type r = tcp_tcp_socket_##get(s);                                                   \
        if (r.is_err) return r.val.err;                                                            \
        *value = r.val.ok;                                                                         \
        return OK;                                                                                 \
    }                                                                                              \
    static int set_##get(TcpRef s, uint64_t value) {                                               \
        return CODE(tcp_tcp_socket_##set(s, value));                                               \
    }
OPTION_U64(keep_alive_enabled, set_keep_alive_enabled)
OPTION_U64(keep_alive_idle_time, set_keep_alive_idle_time)
OPTION_U64(keep_alive_interval, set_keep_alive_interval)
OPTION_U64(keep_alive_count, set_keep_alive_count)
OPTION_U64(hop_limit, set_hop_limit)
OPTION_U64(receive_buffer_size, set_receive_buffer_size)
OPTION_U64(send_buffer_size, set_send_buffer_size)

#define SECOND 1000000000ull
#define HUGE   0xffffffffffffffffull
static const struct {
    const char *name;
    int (*get)(TcpRef s, uint64_t *value);
    int (*set)(TcpRef s, uint64_t value);
    uint64_t normal, most;
    bool is_exact;   /* what was set is read; else it "might be silently clamped and/or rounded" */
    bool zero_is_ok; /* else invalid-argument */
} options[] = {
    {"keep-alive-enabled", get_keep_alive_enabled, set_keep_alive_enabled, 1, 1, true, true},
    {"keep-alive-idle-time", get_keep_alive_idle_time, set_keep_alive_idle_time, 42 * SECOND, HUGE,
     false, false},
    {"keep-alive-interval", get_keep_alive_interval, set_keep_alive_interval, 42 * SECOND, HUGE,
     false, false},
    {"keep-alive-count", get_keep_alive_count, set_keep_alive_count, 5, 0xffffffff, false, false},
    {"hop-limit", get_hop_limit, set_hop_limit, 42, 255, true, false},
    {"receive-buffer-size", get_receive_buffer_size, set_receive_buffer_size, 65536, HUGE, false,
     false},
    {"send-buffer-size", get_send_buffer_size, set_send_buffer_size, 65536, HUGE, false, false},
};
enum { OPTIONS = sizeof options / sizeof *options };

static void socket_options(void) {
    for (int state = 0; state < STATES; state++)
        for (int i = 0; i < OPTIONS; i++) {
            Tcp s = in_state((State)state);
            uint64_t value = 0, closed = state == STATE_CLOSED ? NO : 0;
            const char *name = text("%s/%s", state_names[state], options[i].name);
            outcome(options[i].get(ref(s), &value), YES | closed, net_name, "%s", name);
            check(closed || value || options[i].zero_is_ok, "%s is not 0 at first", name);
            outcome(options[i].set(ref(s), options[i].normal), YES | closed, net_name, "%s: set",
                    name);
            int code = options[i].get(ref(s), &value);
            check(code != OK || (options[i].is_exact ? value == options[i].normal : value > 0),
                  "%s: is set", name);
            outcome(options[i].set(ref(s), options[i].most), YES | closed, net_name,
                    "%s: \"any other value will never cause an error\", the largest", name);
            outcome(options[i].set(ref(s), 1), YES | closed, net_name,
                    "%s: \"any other value will never cause an error\", 1", name);
            outcome(options[i].set(ref(s), 0),
                    (options[i].zero_is_ok ? YES : E(INVALID_ARGUMENT)) | closed, net_name, "%s: 0",
                    name);
            discard(s);
        }
}

/* ---- addresses ---- */

static void binding(void) {
    Wrong wrong[MAX_WRONG];
    int n = wrong_addresses(wrong, 0);
    for (int i = 0; i < n; i++) {
        if (!wrong[i].also_local) continue;
        Tcp s = create();
        int code = CODE(tcp_tcp_socket_start_bind(ref(s), network(), &wrong[i].address));
        if (code == OK) code = CODE(FINISH(s, tcp_tcp_socket_finish_bind(ref(s))));
        outcome(code, E(INVALID_ARGUMENT), net_name, "to %s", wrong[i].name);
        check(seems_to_be(ref(s), UNBOUND), "to %s: still unbound", wrong[i].name);
        /* "Bind can be attempted multiple times on the same socket" */
        outcome(start_bind(ref(s)), YES, net_name, "to %s: and then to another", wrong[i].name);
        tcp_tcp_socket_drop(s);
    }
    Tcp s = bound();
    Address a = local(s), here = loopback(0);
    check(same_host(&a, &here) && port_of(&a) != 0,
          "\"If the port is zero, the socket will be bound to a random free port\"");
    Tcp other = listening();
    Address taken = local(other);
    Tcp second = create();
    int code = CODE(tcp_tcp_socket_start_bind(ref(second), network(), &taken));
    if (code == OK) code = CODE(FINISH(second, tcp_tcp_socket_finish_bind(ref(second))));
    outcome(code, E(ADDRESS_IN_USE), net_name, "to an address where another listens");
    tcp_tcp_socket_drop(other);
    Address foreign = is_v6() ? v6(0x2001, 0xdb8, 0, 0, 1, 0) : v4(192, 0, 2, 1, 0);
    Tcp third = create();
    code = CODE(tcp_tcp_socket_start_bind(ref(third), network(), &foreign));
    if (code == OK) code = CODE(FINISH(third, tcp_tcp_socket_finish_bind(ref(third))));
    outcome(code, E(ADDRESS_NOT_BINDABLE), net_name, "to an address of others");
    Address any = is_v6() ? v6(0, 0, 0, 0, 0, 0) : v4(0, 0, 0, 0, 0);
    Tcp fourth = create();
    outcome(CODE(tcp_tcp_socket_start_bind(ref(fourth), network(), &any)), YES, net_name,
            "to the unspecified address");
    tcp_tcp_socket_drop(s);
    tcp_tcp_socket_drop(second);
    tcp_tcp_socket_drop(third);
    tcp_tcp_socket_drop(fourth);
}

static void connecting(void) {
    Wrong wrong[MAX_WRONG];
    Address to = server();
    int n = wrong_addresses(wrong, port_of(&to));
    for (int i = 0; i < n; i++) {
        Tcp s = create();
        int code = CODE(tcp_tcp_socket_start_connect(ref(s), network(), &wrong[i].address));
        if (code == OK) {
            wait_for(s);
            code = finish_connect(ref(s));
        }
        outcome(code, E(INVALID_ARGUMENT), net_name, "to %s", wrong[i].name);
        /* "After a failed connection attempt, the socket will be in the `closed` state" */
        outcome(start_connect(ref(s)), NO, net_name, "to %s: is closed then", wrong[i].name);
        discard(s);
    }
    Tcp s = create();
    Address nobody = loopback(free_port());
    MUST_VOID(tcp_tcp_socket_start_connect(ref(s), network(), &nobody));
    outcome(CODE(FINISH(s, tcp_tcp_socket_finish_connect(ref(s)))), E(CONNECTION_REFUSED), net_name,
            "to a port where nobody listens");
    outcome(start_bind(ref(s)), NO, net_name, "\"the only valid action left is to `drop`\": bind");
    outcome(start_listen(ref(s)), NO, net_name, "listen");
    outcome(start_connect(ref(s)), NO, net_name, "connect");
    tcp_tcp_socket_drop(s);
    s = bound();
    Address from = local(s);
    outcome(start_connect(ref(s)), YES, net_name, "from an address that it was bound to");
    wait_for(s);
    outcome(finish_connect(ref(s)), YES, net_name, "from an address that it was bound to, finish");
    Address is = local(s);
    check(same_address(&from, &is), "the address is still that");
    __auto_type remote = tcp_tcp_socket_remote_address(ref(s));
    check(!remote.is_err && same_address(&remote.val.ok, &to), "remote-address is what was asked");
    discard(s);
}

/* ---- connections ---- */

typedef struct {
    Tcp socket;
    io_input_stream in;
    io_output_stream out;
} End;

static End connect_to(Address a) {
    Tcp s = create();
    MUST_VOID(tcp_tcp_socket_start_connect(ref(s), network(), &a));
    __auto_type streams = MUST(FINISH(s, tcp_tcp_socket_finish_connect(ref(s))));
    return (End){s, streams.f0, streams.f1};
}

static End accept_from(Tcp listener) {
    __auto_type r = MUST(FINISH(listener, tcp_tcp_socket_accept(ref(listener))));
    return (End){r.f0, r.f1, r.f2};
}

static void close_end(End e) {
    io_input_stream_drop(e.in);
    io_output_stream_drop(e.out);
    tcp_tcp_socket_drop(e.socket);
}

static int write_to(End e, const char *s) {
    return STREAM_CODE(
        io_output_stream_blocking_write_and_flush(io_output_stream_borrow(e.out), bytes_of(s)));
}

static int read_code(End e) {
    return STREAM_CODE(io_input_stream_blocking_read(io_input_stream_borrow(e.in), 100));
}

static bool reads(End e, const char *want) {
    wit_string rest = wit_string_from(want);
    while (rest.len) {
        __auto_type r = io_input_stream_blocking_read(io_input_stream_borrow(e.in), rest.len);
        if (r.is_err) {
            stream_fault(r.val.err);
            return false;
        }
        for (size_t i = 0; i < r.val.ok.len; i++)
            if (r.val.ok.ptr[i] != (uint8_t)rest.ptr[i]) return false;
        rest.ptr += r.val.ok.len;
        rest.len -= r.val.ok.len;
    }
    return true;
}

static void accepting(void) {
    Tcp listener = create();
    static const uint64_t values[OPTIONS] = {1, 42 * SECOND, 17 * SECOND, 7, 42, 65536, 65536};
    uint64_t before[OPTIONS];
    bind_to(listener, loopback(0));
    for (int i = 0; i < OPTIONS; i++) {
        if (options[i].set(ref(listener), values[i]) != OK) give_up(options[i].name);
        if (options[i].get(ref(listener), &before[i]) != OK) give_up(options[i].name);
    }
    MUST_VOID(tcp_tcp_socket_start_listen(ref(listener)));
    MUST_VOID(FINISH(listener, tcp_tcp_socket_finish_listen(ref(listener))));
    outcome(accept(ref(listener)), E(WOULD_BLOCK), net_name, "nobody has connected");
    End client = connect_to(local(listener));
    check(ready_within(tcp_tcp_socket_subscribe(ref(listener)), 2000), "somebody has connected");
    End server_end = accept_from(listener);
    /* "The following properties are inherited from the listener socket" */
    check(tcp_tcp_socket_address_family(ref(server_end.socket)) == family(),
          "address-family is inherited");
    for (int i = 0; i < OPTIONS; i++) {
        uint64_t value = 0;
        int code = options[i].get(ref(server_end.socket), &value);
        /* the sizes are hints, and the system may adapt them */
        check(code == OK && (i >= 5 ? value > 0 : value == before[i]), "%s is inherited",
              options[i].name);
    }
    Address a = local(client.socket), b = local(server_end.socket), c = local(listener);
    Address to_b = MUST(tcp_tcp_socket_remote_address(ref(client.socket)));
    Address to_a = MUST(tcp_tcp_socket_remote_address(ref(server_end.socket)));
    check(same_address(&a, &to_a), "the peer of the accepted one is the client");
    check(same_address(&b, &to_b), "the peer of the client is the accepted one");
    check(same_address(&b, &c), "the accepted one has the listener's address");
    for (int i = 0; i < METHODS; i++) {
        if (methods[i].want[CONNECTED] & YES) continue;
        outcome(methods[i].act(ref(server_end.socket)), methods[i].want[CONNECTED], net_name,
                "the accepted one is connected: %s", methods[i].name);
    }
    close_end(client);
    close_end(server_end);
    enum { MANY = 20 };
    End many[MANY];
    for (int i = 0; i < MANY; i++) many[i] = connect_to(c);
    for (int i = 0; i < MANY; i++) {
        End e = accept_from(listener);
        outcome(write_to(e, "hello"), YES, stream_name, "client %d is accepted", i);
        close_end(e);
    }
    for (int i = 0; i < MANY; i++) {
        check(reads(many[i], "hello"), "client %d is served", i);
        close_end(many[i]);
    }
    outcome(accept(ref(listener)), E(WOULD_BLOCK), net_name, "nobody else");
    tcp_tcp_socket_drop(listener);
}

/* More than the system keeps: check-write permits nothing at last, and then again. */
static void more_than_fits(End a, End b) {
    io_output_stream_ref out = io_output_stream_borrow(a.out);
    const uint8_t *block = WIT_NEW(uint8_t, 65536);
    uint64_t sent = 0;
    bool stops = false;
    for (int i = 0; i < 10000 && !stops; i++) {
        __auto_type permit = io_output_stream_check_write(out);
        if (permit.is_err) give_up("check-write");
        stops = permit.val.ok == 0 && !ready_within(io_output_stream_subscribe(out), 100);
        if (stops || !permit.val.ok) continue;
        uint64_t n = permit.val.ok < 65536 ? permit.val.ok : 65536;
        MUST_VOID(io_output_stream_write(out, (wit_list_u8){block, n}));
        sent += n;
    }
    check(stops, "nobody reads: no more is permitted at last");
    uint64_t received = 0;
    while (received < sent) {
        __auto_type r = io_input_stream_blocking_skip(io_input_stream_borrow(b.in), 1 << 20);
        if (r.is_err) break;
        received += r.val.ok;
        if (!r.val.ok) break;
        (void)io_output_stream_check_write(out);
    }
    check(received == sent, "all of it arrives");
    check(ready_within(io_output_stream_subscribe(out), 2000), "more can be written again");
    outcome(STREAM_CODE(io_output_stream_blocking_flush(out)), YES, stream_name, "blocking-flush");
}

static void data(void) {
    Tcp listener = listening();
    End a = connect_to(local(listener)), b = accept_from(listener);
    outcome(STREAM_CODE(io_input_stream_read(io_input_stream_borrow(a.in), 10)), YES, stream_name,
            "read before anything was sent");
    check(!ready_within(io_input_stream_subscribe(io_input_stream_borrow(a.in)), 20),
          "nothing to read yet");
    outcome(write_to(a, "from a"), YES, stream_name, "a writes");
    check(ready_within(io_input_stream_subscribe(io_input_stream_borrow(b.in)), 2000),
          "b has something to read");
    check(reads(b, "from a"), "b reads it");
    outcome(write_to(b, "from b"), YES, stream_name, "b writes");
    check(reads(a, "from b"), "a reads it");
    outcome(write_to(a, ""), YES, stream_name, "a writes nothing");
    outcome(write_to(a, "0123456789"), YES, stream_name, "a writes more");
    wait_for(b.socket);
    __auto_type skipped = io_input_stream_blocking_skip(io_input_stream_borrow(b.in), 3);
    check(!skipped.is_err && skipped.val.ok > 0 && skipped.val.ok <= 3, "b skips");
    check(reads(b, text("%s", "0123456789") + (skipped.is_err ? 0 : skipped.val.ok)),
          "b reads the rest");
    io_output_stream_ref out = io_output_stream_borrow(a.out);
    outcome(STREAM_CODE(io_output_stream_blocking_write_zeroes_and_flush(out, 4096)), YES,
            stream_name, "4096 zeroes");
    size_t zeroes = 0;
    while (zeroes < 4096) {
        __auto_type r = io_input_stream_blocking_read(io_input_stream_borrow(b.in), 4096);
        if (r.is_err) break;
        zeroes += r.val.ok.len;
    }
    check(zeroes == 4096, "b reads 4096 zeroes");
    more_than_fits(a, b);
    /* spliced from one connection to itself, back */
    outcome(write_to(a, "back"), YES, stream_name, "a writes what b splices");
    __auto_type spliced = io_output_stream_blocking_splice(io_output_stream_borrow(b.out),
                                                           io_input_stream_borrow(b.in), 100);
    check(!spliced.is_err && spliced.val.ok == 4, "b splices");
    check(reads(a, "back"), "a has it back");
    close_end(a);
    outcome(read_code(b), BIT(CLOSED), stream_name, "the peer is gone: read");
    close_end(b);
    tcp_tcp_socket_drop(listener);
}

static void shutting_down(void) {
    Tcp listener = listening();
    static const char *const names[] = {"receive", "send", "both"};
    for (int how = 0; how < 3; how++) {
        End a = connect_to(local(listener)), b = accept_from(listener);
        outcome(write_to(b, "pending"), YES, stream_name, "%s: the peer writes", names[how]);
        ready_within(io_input_stream_subscribe(io_input_stream_borrow(a.in)), 2000);
        bool receives = how != 1, sends = how != 0;
        for (int again = 0; again < 2; again++)
            outcome(CODE(tcp_tcp_socket_shutdown(ref(a.socket), (tcp_shutdown_type)how)), YES,
                    net_name, again ? "%s: \"This function is idempotent\"" : "%s", names[how]);
        if (receives) {
            /* "The `input-stream` associated with this socket will be closed. Any data still in
             * the receive queue at time of calling this method will be discarded." */
            outcome(read_code(a), BIT(CLOSED), stream_name, "%s: the input is closed", names[how]);
        } else check(reads(a, "pending"), "%s: what was pending is read", names[how]);
        if (sends) {
            outcome(write_to(a, "x"), BIT(CLOSED), stream_name, "%s: the output is closed",
                    names[how]);
            outcome(read_code(b), BIT(CLOSED), stream_name,
                    "%s: \"a FIN packet will be sent\": the peer is at its end", names[how]);
        } else {
            outcome(write_to(a, "still"), YES, stream_name, "%s: the output is open", names[how]);
            check(reads(b, "still"), "%s: what is written arrives", names[how]);
        }
        /* "The shutdown function does not close (drop) the socket." */
        outcome(remote_address(ref(a.socket)), YES | (how == 2 ? NO : 0), net_name,
                "%s: still connected", names[how]);
        close_end(a);
        close_end(b);
    }
    /* what was written before is not lost */
    End a = connect_to(local(listener)), b = accept_from(listener);
    MUST_VOID(io_output_stream_blocking_write_and_flush(io_output_stream_borrow(a.out),
                                                        bytes_of("last words")));
    MUST_VOID(tcp_tcp_socket_shutdown(ref(a.socket), TCP_SHUTDOWN_TYPE_SEND));
    check(reads(b, "last words"), "what was sent before arrives");
    outcome(read_code(b), BIT(CLOSED), stream_name, "and then the end");
    outcome(write_to(b, "answer"), YES, stream_name, "the other way is open");
    check(reads(a, "answer"), "and the answer arrives");
    close_end(a);
    close_end(b);
    /* dropping the socket before its streams may trap; the streams before the socket may not */
    a = connect_to(local(listener)), b = accept_from(listener);
    MUST_VOID(io_output_stream_blocking_write_and_flush(io_output_stream_borrow(a.out),
                                                        bytes_of("sent and dropped")));
    close_end(a);
    check(reads(b, "sent and dropped"), "what was sent before all was dropped arrives");
    outcome(read_code(b), BIT(CLOSED), stream_name, "and the end of it");
    close_end(b);
    tcp_tcp_socket_drop(listener);
}

void cases(void) {
    PART(transitions);
    PART(readiness);
    PART(socket_options);
    PART(binding);
    PART(connecting);
    PART(accepting);
    PART(data);
    PART(shutting_down);
}
