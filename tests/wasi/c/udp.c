/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* UDP: every method in every state, and what datagrams do. Quotations are from wasi:sockets/udp. */
#include "sockets.h"

typedef udp_udp_socket Udp;
typedef udp_udp_socket_ref UdpRef;
typedef udp_incoming_datagram_stream In;
typedef udp_outgoing_datagram_stream Out;

typedef struct {
    In in;
    Out out;
} Streams;

static UdpRef ref(Udp s) { return udp_udp_socket_borrow(s); }
static udp_incoming_datagram_stream_ref in_ref(Streams s) {
    return udp_incoming_datagram_stream_borrow(s.in);
}
static udp_outgoing_datagram_stream_ref out_ref(Streams s) {
    return udp_outgoing_datagram_stream_borrow(s.out);
}

static Udp create(void) { return MUST(udp_new_create_udp_socket(family())); }

static int bind_code(Udp s, Address a) {
    int code = CODE(udp_udp_socket_start_bind(ref(s), network(), &a));
    if (code != OK) return code;
    do {
        ready_within(udp_udp_socket_subscribe(ref(s)), 2000);
        code = CODE(udp_udp_socket_finish_bind(ref(s)));
    } while (code == NET_ERROR_CODE_WOULD_BLOCK);
    return code;
}

static Udp bound(void) {
    Udp s = create();
    if (bind_code(s, loopback(0)) != OK) give_up("bind");
    return s;
}

static Address local(Udp s) { return MUST(udp_udp_socket_local_address(ref(s))); }

static Streams stream(Udp s, const Address *remote) {
    __auto_type r = MUST(udp_udp_socket_stream(ref(s), remote));
    return (Streams){r.f0, r.f1};
}

static void drop_streams(Streams s) {
    udp_incoming_datagram_stream_drop(s.in);
    udp_outgoing_datagram_stream_drop(s.out);
}

static int stream_code(Udp s, const Address *remote) {
    __auto_type r = udp_udp_socket_stream(ref(s), remote);
    if (r.is_err) return r.val.err;
    drop_streams((Streams){r.val.ok.f0, r.val.ok.f1});
    return OK;
}

/* ---- states ---- */

typedef enum { UNBOUND, BIND_IN_PROGRESS, BOUND, STREAMING, CONNECTED, STATES } State;
static const char *const state_names[] = {"unbound", "bind-in-progress", "bound", "with streams",
                                          "with a peer"};

static Udp in_state(State state, Streams *streams) {
    if (state == UNBOUND) return create();
    if (state == BIND_IN_PROGRESS) {
        Udp s = create();
        Address a = loopback(0);
        MUST_VOID(udp_udp_socket_start_bind(ref(s), network(), &a));
        return s;
    }
    Udp s = bound();
    Address peer = loopback(9);
    if (state == STREAMING) *streams = stream(s, NULL);
    if (state == CONNECTED) *streams = stream(s, &peer);
    return s;
}

static int start_bind(UdpRef s) {
    Address a = loopback(0);
    return CODE(udp_udp_socket_start_bind(s, network(), &a));
}
static int finish_bind(UdpRef s) { return CODE(udp_udp_socket_finish_bind(s)); }
static int local_address(UdpRef s) { return CODE(udp_udp_socket_local_address(s)); }
static int remote_address(UdpRef s) { return CODE(udp_udp_socket_remote_address(s)); }

#define NO    E(INVALID_STATE)
#define NONE  E(NOT_IN_PROGRESS)
#define LATER (YES | E(WOULD_BLOCK))
static const struct {
    const char *name;
    int (*act)(UdpRef s);
    uint64_t want[STATES];
} methods[] = {
    {"start-bind", start_bind, {YES, NO | E(CONCURRENCY_CONFLICT), NO, NO, NO}},
    {"finish-bind", finish_bind, {NONE, LATER, NONE, NONE, NONE}},
    {"local-address", local_address, {NO, NO, YES, YES, YES}},
    /* "`invalid-state`: The socket is not streaming to a specific remote address." */
    {"remote-address", remote_address, {NO, NO, NO, NO, YES}},
};

static void transitions(void) {
    for (int state = 0; state < STATES; state++) {
        for (int i = 0; i < 4; i++) {
            Streams streams;
            Udp s = in_state((State)state, &streams);
            outcome(methods[i].act(ref(s)), methods[i].want[state], net_name, "%s/%s",
                    state_names[state], methods[i].name);
            if (state >= STREAMING) drop_streams(streams);
            udp_udp_socket_drop(s);
        }
        Streams streams;
        Udp s = in_state((State)state, &streams);
        check(udp_udp_socket_address_family(ref(s)) == family(), "%s/address-family",
              state_names[state]);
        check(ready_within(udp_udp_socket_subscribe(ref(s)), 2000), "%s/subscribe",
              state_names[state]);
        if (state >= STREAMING) drop_streams(streams);
        if (state < BOUND) {
            /* "Unlike in POSIX, the socket must already be explicitly bound." */
            outcome(stream_code(s, NULL), NO, net_name, "%s/stream", state_names[state]);
            Address peer = loopback(9);
            outcome(stream_code(s, &peer), NO, net_name, "%s/stream to a peer", state_names[state]);
        }
        udp_udp_socket_drop(s);
    }
}

/* ---- options ---- */

#define OPTION(get, set)                                                                           \
    static int get_##get(UdpRef s, uint64_t *value) {                                              \
        __auto_type r = udp_udp_socket_##get(s);                                                   \
        if (r.is_err) return r.val.err;                                                            \
        *value = r.val.ok;                                                                         \
        return OK;                                                                                 \
    }                                                                                              \
    static int set_##get(UdpRef s, uint64_t value) { return CODE(udp_udp_socket_##set(s, value)); }
OPTION(unicast_hop_limit, set_unicast_hop_limit)
OPTION(receive_buffer_size, set_receive_buffer_size)
OPTION(send_buffer_size, set_send_buffer_size)

static const struct {
    const char *name;
    int (*get)(UdpRef s, uint64_t *value);
    int (*set)(UdpRef s, uint64_t value);
    uint64_t normal, most;
    bool is_exact;
} options[] = {
    {"unicast-hop-limit", get_unicast_hop_limit, set_unicast_hop_limit, 42, 255, true},
    {"receive-buffer-size", get_receive_buffer_size, set_receive_buffer_size, 65536,
     0xffffffffffffffffull, false},
    {"send-buffer-size", get_send_buffer_size, set_send_buffer_size, 65536, 0xffffffffffffffffull,
     false},
};

static void socket_options(void) {
    for (int state = 0; state < STATES; state++)
        for (int i = 0; i < 3; i++) {
            Streams streams;
            Udp s = in_state((State)state, &streams);
            uint64_t value = 0;
            const char *name = text("%s/%s", state_names[state], options[i].name);
            outcome(options[i].get(ref(s), &value), YES, net_name, "%s", name);
            check(value > 0, "%s is not 0 at first", name);
            outcome(options[i].set(ref(s), options[i].normal), YES, net_name, "%s: set", name);
            options[i].get(ref(s), &value);
            check(options[i].is_exact ? value == options[i].normal : value > 0, "%s: is set", name);
            outcome(options[i].set(ref(s), options[i].most), YES, net_name, "%s: the largest",
                    name);
            outcome(options[i].set(ref(s), 1), YES, net_name, "%s: 1", name);
            outcome(options[i].set(ref(s), 0), E(INVALID_ARGUMENT), net_name, "%s: 0", name);
            if (state >= STREAMING) drop_streams(streams);
            udp_udp_socket_drop(s);
        }
}

/* ---- addresses ---- */

static void binding(void) {
    Wrong wrong[MAX_WRONG];
    int n = wrong_addresses(wrong, 0);
    for (int i = 0; i < n; i++) {
        bool is_family = i == 0;
        if (!is_family) continue; /* of UDP, the text forbids no other address to be bound to */
        Udp s = create();
        outcome(bind_code(s, wrong[i].address), E(INVALID_ARGUMENT), net_name, "to %s",
                wrong[i].name);
        outcome(bind_code(s, loopback(0)), YES, net_name, "to %s: and then to another",
                wrong[i].name);
        udp_udp_socket_drop(s);
    }
    Udp s = bound();
    Address a = local(s), here = loopback(0);
    check(same_host(&a, &here) && port_of(&a) != 0,
          "\"If the port is zero, the socket will be bound to a random free port\"");
    Udp second = create();
    outcome(bind_code(second, a), E(ADDRESS_IN_USE), net_name, "to an address that is in use");
    Address foreign = is_v6() ? v6(0x2001, 0xdb8, 0, 0, 1, 0) : v4(192, 0, 2, 1, 0);
    Udp third = create();
    outcome(bind_code(third, foreign), E(ADDRESS_NOT_BINDABLE), net_name,
            "to an address of others");
    Address any = is_v6() ? v6(0, 0, 0, 0, 0, 0) : v4(0, 0, 0, 0, 0);
    Udp fourth = create();
    outcome(bind_code(fourth, any), YES, net_name, "to the unspecified address");
    udp_udp_socket_drop(s);
    udp_udp_socket_drop(second);
    udp_udp_socket_drop(third);
    udp_udp_socket_drop(fourth);
}

static void streaming(void) {
    Wrong wrong[MAX_WRONG];
    int n = wrong_addresses(wrong, 9);
    for (int i = 0; i < n; i++) {
        bool is_told = i == 0 || !wrong[i].also_local; /* family, unspecified, port 0 */
        if (!is_told) continue;
        Udp s = bound();
        outcome(stream_code(s, &wrong[i].address), E(INVALID_ARGUMENT), net_name, "to %s",
                wrong[i].name);
        outcome(remote_address(ref(s)), NO, net_name, "to %s: no peer then", wrong[i].name);
        udp_udp_socket_drop(s);
    }
    Udp s = bound(), other = bound();
    Address peer = local(other), here = local(s);
    Streams first = stream(s, &peer);
    __auto_type remote = udp_udp_socket_remote_address(ref(s));
    check(!remote.is_err && same_address(&remote.val.ok, &peer), "remote-address is the peer");
    drop_streams(first);
    Streams second = stream(s, NULL);
    outcome(remote_address(ref(s)), NO, net_name,
            "\"may be called multiple times on the same socket to change its association\"");
    Address is = local(s);
    check(port_of(&is) == port_of(&here), "the port is still the same");
    drop_streams(second);
    Streams third = stream(s, &peer);
    outcome(remote_address(ref(s)), YES, net_name, "and again to a peer");
    drop_streams(third);
    udp_udp_socket_drop(s);
    udp_udp_socket_drop(other);
}

/* ---- datagrams ---- */

static udp_outgoing_datagram datagram(const char *s, const Address *to) {
    return (udp_outgoing_datagram){.data = bytes_of(s),
                                   .remote_address = to ? net_option_ip_socket_address_some(*to)
                                                        : net_option_ip_socket_address_none()};
}

static net_result_u64_error_code send_all(Streams s, udp_outgoing_datagram *all, size_t n) {
    for (;;) {
        __auto_type permit = udp_outgoing_datagram_stream_check_send(out_ref(s));
        if (permit.is_err) return permit;
        if (permit.val.ok >= n) break;
        if (permit.val.ok) n = permit.val.ok;
        else ready_within(udp_outgoing_datagram_stream_subscribe(out_ref(s)), 1000);
    }
    return udp_outgoing_datagram_stream_send(out_ref(s), (udp_list_outgoing_datagram){all, n});
}

static int send_one(Streams s, const char *content, const Address *to) {
    udp_outgoing_datagram d = datagram(content, to);
    __auto_type r = send_all(s, &d, 1);
    return r.is_err ? (int)r.val.err : r.val.ok == 1 ? OK : NOT_READY;
}

/* The next datagram, within two seconds. */
static bool receives(Streams s, const char *want, const Address *from) {
    for (int tries = 0; tries < 20; tries++) {
        __auto_type r = udp_incoming_datagram_stream_receive(in_ref(s), 1);
        if (r.is_err) return false;
        if (r.val.ok.len == 1) {
            Address a = r.val.ok.ptr[0].remote_address;
            return bytes_are(r.val.ok.ptr[0].data, want) && same_address(&a, from);
        }
        ready_within(udp_incoming_datagram_stream_subscribe(in_ref(s)), 100);
    }
    return false;
}

static bool receives_nothing(Streams s) {
    if (!ready_within(udp_incoming_datagram_stream_subscribe(in_ref(s)), 50)) return true;
    __auto_type r = udp_incoming_datagram_stream_receive(in_ref(s), 10);
    return !r.is_err && r.val.ok.len == 0;
}

static void datagrams(void) {
    Udp a = bound(), b = bound();
    Address at_a = local(a), at_b = local(b);
    Streams sa = stream(a, NULL), sb = stream(b, NULL);
    __auto_type none = udp_incoming_datagram_stream_receive(in_ref(sa), 10);
    check(!none.is_err && none.val.ok.len == 0, "receive: \"successfully with an empty list\"");
    check(!ready_within(udp_incoming_datagram_stream_subscribe(in_ref(sa)), 20),
          "nothing to receive yet");
    check(ready_within(udp_outgoing_datagram_stream_subscribe(out_ref(sa)), 1000), "can send");
    outcome(send_one(sa, "hello", &at_b), YES, net_name, "one");
    check(ready_within(udp_incoming_datagram_stream_subscribe(in_ref(sb)), 2000), "it has come");
    __auto_type zero = udp_incoming_datagram_stream_receive(in_ref(sb), 0);
    check(!zero.is_err && zero.val.ok.len == 0, "receive of at most 0");
    check(receives(sb, "hello", &at_a), "it is received, and tells from where");
    outcome(send_one(sb, "back", &at_a), YES, net_name, "back");
    check(receives(sa, "back", &at_b), "what was sent back is received");
    outcome(send_one(sa, "", &at_b), YES, net_name, "an empty one");
    check(receives(sb, "", &at_a), "it is received as empty");
    (void)udp_outgoing_datagram_stream_check_send(out_ref(sa));
    __auto_type empty =
        udp_outgoing_datagram_stream_send(out_ref(sa), (udp_list_outgoing_datagram){NULL, 0});
    check(!empty.is_err && empty.val.ok == 0, "\"If the input list is empty, ... `ok(0)`\"");
    udp_outgoing_datagram three[3] = {datagram("1", &at_b), datagram("2", &at_b),
                                      datagram("3", &at_b)};
    __auto_type sent = send_all(sa, three, 3);
    check(!sent.is_err && sent.val.ok >= 1 && sent.val.ok <= 3, "three at once");
    for (uint64_t i = 0; !sent.is_err && i < sent.val.ok; i++)
        if (!receives(sb, i == 0 ? "1" : i == 1 ? "2" : "3", &at_a)) sent.is_err = true;
    check(!sent.is_err, "all that were sent are received, in their order");
    for (int i = 0; i < 5; i++) send_one(sa, "x", &at_b);
    ready_within(udp_incoming_datagram_stream_subscribe(in_ref(sb)), 2000);
    __auto_type some = udp_incoming_datagram_stream_receive(in_ref(sb), 2);
    check(!some.is_err && some.val.ok.len <= 2, "receive: \"may contain fewer elements than "
                                                "requested, but never more\"");
    while (!receives_nothing(sb)) continue;
    __auto_type huge = udp_incoming_datagram_stream_receive(in_ref(sb), 0xffffffffffffffffull);
    check(!huge.is_err && huge.val.ok.len == 0, "receive of at most 2^64-1");
    /* sizes */
    static const unsigned sizes[] = {1, 100, 512, 1472, 9000, 65000, 65507};
    for (int i = 0; i < 7; i++) {
        char *room = WIT_NEW(char, sizes[i] + 1);
        for (unsigned k = 0; k < sizes[i]; k++) room[k] = (char)('a' + k % 26);
        room[sizes[i]] = 0;
        outcome(send_one(sa, room, &at_b), YES, net_name, "of %d bytes", (int)sizes[i]);
        check(receives(sb, room, &at_a), "of %d bytes: is received whole", (int)sizes[i]);
    }
    char *large = WIT_NEW(char, 70001);
    for (int k = 0; k < 70000; k++) large[k] = 'x';
    large[70000] = 0;
    outcome(send_one(sa, large, &at_b), E(DATAGRAM_TOO_LARGE), net_name, "of 70000 bytes");
    outcome(send_one(sa, "after", &at_b), YES, net_name, "and a small one after it");
    check(receives(sb, "after", &at_a), "the small one is received");
    drop_streams(sa);
    drop_streams(sb);
    udp_udp_socket_drop(a);
    udp_udp_socket_drop(b);
}

static void destinations(void) {
    Wrong wrong[MAX_WRONG];
    int n = wrong_addresses(wrong, 9);
    Udp a = bound(), b = bound(), c = bound();
    Address at_a = local(a), at_b = local(b), at_c = local(c);
    Streams sa = stream(a, NULL), sb = stream(b, NULL), sc = stream(c, NULL);
    for (int i = 0; i < n; i++) {
        bool is_told = i == 0 || !wrong[i].also_local;
        if (is_told)
            outcome(send_one(sa, "x", &wrong[i].address), E(INVALID_ARGUMENT), net_name,
                    "send to %s", wrong[i].name);
    }
    outcome(send_one(sa, "x", NULL), E(INVALID_ARGUMENT), net_name,
            "\"The socket is not connected and no value for `remote-address` was provided\"");
    udp_outgoing_datagram mixed[2] = {datagram("good", &at_b), datagram("bad", NULL)};
    __auto_type r = send_all(sa, mixed, 2);
    check(!r.is_err && r.val.ok == 1,
          "\"If at least one datagram has been sent successfully, this function never returns an "
          "error\"");
    check(receives(sb, "good", &at_a), "that one is received");
    drop_streams(sa);
    sa = stream(a, &at_b);
    outcome(send_one(sa, "x", NULL), YES, net_name, "with a peer: none is named");
    check(receives(sb, "x", &at_a), "the peer receives it");
    outcome(send_one(sa, "y", &at_b), YES, net_name, "with a peer: that one is named");
    check(receives(sb, "y", &at_a), "the peer receives it again");
    outcome(send_one(sa, "z", &at_c), E(INVALID_ARGUMENT), net_name,
            "with a peer: another is named");
    outcome(send_one(sc, "from c", &at_a), YES, net_name, "somebody else sends");
    check(receives_nothing(sa),
          "\"`receive` will only return datagrams sent from the provided `remote-address`\"");
    outcome(send_one(sb, "from b", &at_a), YES, net_name, "the peer sends");
    check(receives(sa, "from b", &at_b), "it is received");
    /* of the earlier streams, only the latest work; that they trap where both are used is allowed,
     * so they are gone here */
    drop_streams(sa);
    sa = stream(a, NULL);
    outcome(send_one(sc, "from c", &at_a), YES, net_name, "without a peer again: somebody sends");
    check(receives(sa, "from c", &at_c), "it is received from anybody");
    drop_streams(sa);
    drop_streams(sb);
    drop_streams(sc);
    udp_udp_socket_drop(a);
    udp_udp_socket_drop(b);
    udp_udp_socket_drop(c);
}

void cases(void) {
    PART(transitions);
    PART(socket_options);
    PART(binding);
    PART(streaming);
    PART(datagrams);
    PART(destinations);
}
