/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * wasi:sockets over the loopback: states, options, streams, datagrams, names, and denials. All of it runs over
 * the machine's loopback and over that of a network by script: whole, by small pieces, and without IPv6.
 */
#include "tests/sockets.h"

/* ---- TCP: states ---- */

enum { U, BI, BO, SL, L, CI, CD, CL, STATES };

static bool has_v6;
static AbiValue peer; /* listens for those that are to be connected */
static unsigned peer_port, dead_port;

static AbiValue in_state(unsigned state) {
    AbiValue s = new_socket(false, 0);
    if (state >= BI && state <= L) CHECK_EQ(to("start-bind", s, loopback(0, 0)), FINE);
    if (state >= BO && state <= L) CHECK_EQ(tcp("finish-bind", &s), FINE);
    if (state == SL || state == L) CHECK_EQ(tcp("start-listen", &s), FINE);
    if (state == L) CHECK_EQ(tcp("finish-listen", &s), FINE);
    if (state < CI) return s;
    CHECK_EQ(to("start-connect", s, loopback(0, state == CL ? dead_port : peer_port)), FINE);
    wait_tcp(s);
    if (state != CI) CHECK_EQ(tcp("finish-connect", &s), state == CL ? REFUSED : FINE);
    if (state == CD) drop(payload(0)), drop(payload(1));
    return s;
}

/* It still is in that state: what belongs to it works. */
static void check_state(AbiValue s, unsigned state) {
    AbiValue both[2] = {s, bits(2)};
    switch (state) {
    case U: CHECK_EQ(to("start-bind", s, loopback(0, 0)), FINE); break;
    case BI: CHECK_EQ(tcp("finish-bind", &s), FINE); break;
    case BO: CHECK_EQ(tcp("start-listen", &s), FINE); break;
    case SL: CHECK_EQ(tcp("finish-listen", &s), FINE); break;
    case L: CHECK_EQ(tcp("accept", &s), WOULD_BLOCK); break;
    case CI:
        CHECK_EQ(tcp("finish-connect", &s), FINE);
        drop(payload(0)), drop(payload(1));
        break;
    case CD: CHECK_EQ(tcp("shutdown", both), FINE); break;
    default: CHECK_EQ(tcp("local-address", &s), BAD_STATE);
    }
}

enum { F = FINE, S = BAD_STATE, N = NOT_IN_PROGRESS, C = CONFLICT, W = WOULD_BLOCK, I = INVALID };
static const struct {
    const char *method;
    unsigned answers[STATES];
    int number; /* the second argument; -1: addresses */
} methods[] = {
    {"start-bind", {F, C, S, S, S, S, S, S}, -1},
    {"finish-bind", {N, F, N, N, N, N, N, N}, 0},
    {"start-connect", {F, S, F, S, S, C, S, S}, -1},
    {"finish-connect", {N, N, N, N, N, F, N, N}, 0},
    {"start-listen", {S, S, F, C, S, S, S, S}, 0},
    {"finish-listen", {N, N, N, F, N, N, N, N}, 0},
    {"accept", {S, S, S, S, W, S, S, S}, 0},
    {"local-address", {S, S, F, F, F, F, F, S}, 0},
    {"remote-address", {S, S, S, S, S, S, F, S}, 0},
    {"set-listen-backlog-size", {F, F, F, F, F, S, S, S}, 7},
    {"set-listen-backlog-size", {I, I, I, I, I, I, I, I}, 0},
    {"keep-alive-enabled", {F, F, F, F, F, F, F, S}, 0},
    {"set-keep-alive-enabled", {F, F, F, F, F, F, F, S}, 1},
    {"keep-alive-idle-time", {F, F, F, F, F, F, F, S}, 0},
    {"set-keep-alive-idle-time", {F, F, F, F, F, F, F, S}, 1},
    {"set-keep-alive-idle-time", {I, I, I, I, I, I, I, S}, 0},
    {"keep-alive-interval", {F, F, F, F, F, F, F, S}, 0},
    {"set-keep-alive-interval", {F, F, F, F, F, F, F, S}, 1},
    {"set-keep-alive-interval", {I, I, I, I, I, I, I, S}, 0},
    {"keep-alive-count", {F, F, F, F, F, F, F, S}, 0},
    {"set-keep-alive-count", {F, F, F, F, F, F, F, S}, 1},
    {"set-keep-alive-count", {I, I, I, I, I, I, I, S}, 0},
    {"hop-limit", {F, F, F, F, F, F, F, S}, 0},
    {"set-hop-limit", {F, F, F, F, F, F, F, S}, 255},
    {"set-hop-limit", {I, I, I, I, I, I, I, S}, 0},
    {"receive-buffer-size", {F, F, F, F, F, F, F, S}, 0},
    {"set-receive-buffer-size", {F, F, F, F, F, F, F, S}, 1},
    {"set-receive-buffer-size", {I, I, I, I, I, I, I, S}, 0},
    {"send-buffer-size", {F, F, F, F, F, F, F, S}, 0},
    {"set-send-buffer-size", {F, F, F, F, F, F, F, S}, 1},
    {"set-send-buffer-size", {I, I, I, I, I, I, I, S}, 0},
    {"shutdown", {S, S, S, S, S, S, F, S}, 2},
};

static void every_method_in_every_state(void) {
    static const char *const moves[] = {"start-bind",     "finish-bind",  "start-connect",
                                        "finish-connect", "start-listen", "finish-listen"};
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
        for (unsigned state = 0; state < STATES; state++) {
            const char *name = methods[m].method;
            AbiValue s = in_state(state);
            AbiValue args[3] = {s, bits((uint64_t)methods[m].number)};
            bool connects = !strcmp(name, "start-connect");
            if (methods[m].number < 0)
                args[1] = network, args[2] = loopback(0, connects ? peer_port : 0);
            unsigned got = tcp(name, args), want = methods[m].answers[state];
            if (got != want) printf("%s in state %u\n", name, state);
            CHECK_EQ(got, want);
            bool moved = false;
            for (size_t i = 0; i < 6; i++) moved |= want == FINE && !strcmp(name, moves[i]);
            if (!moved) check_state(s, state);
            else if (!strcmp(name, "finish-connect")) drop(payload(0)), drop(payload(1));
            drop(s);
        }
        while (tcp("accept", &peer) == FINE) /* those that have connected */
            drop_end((End){payload(0), payload(1), payload(2)});
    }
}

static void pollables_tell_the_state(void) {
    for (unsigned state = 0; state < STATES; state++) {
        AbiValue s = in_state(state);
        CHECK_EQ(is_ready(TCP, "[method]tcp-socket.subscribe", s), state != L);
        CHECK_EQ(call(TCP, "[method]tcp-socket.is-listening", &s), VM_DONE);
        CHECK_EQ(result[0].bits, state == L);
        CHECK_EQ(call(TCP, "[method]tcp-socket.address-family", &s), VM_DONE);
        CHECK_EQ(result[0].bits, 0);
        drop(s);
    }
}

static void addresses_are_checked(void) {
    AbiValue s = new_socket(false, 0);
    AbiValue bad_to_bind[] = {v6(0, 0, 0, 1, 0), v4(224, 0, 0, 1, 0), v4(255, 255, 255, 255, 0)};
    for (size_t i = 0; i < 3; i++) CHECK_EQ(to("start-bind", s, bad_to_bind[i]), INVALID);
    AbiValue bad_to_reach[] = {v6(0, 0, 0, 1, 80), v4(224, 0, 0, 1, 80), v4(255, 255, 255, 255, 80),
                               v4(0, 0, 0, 0, 80), v4(127, 0, 0, 1, 0)};
    for (size_t i = 0; i < 5; i++) CHECK_EQ(refusal(0, bad_to_reach[i]), INVALID);
    CHECK_EQ(to("start-bind", s, v4(192, 0, 2, 1, 0)), NOT_BINDABLE); /* granted, not ours */
    CHECK_EQ(to("start-bind", s, loopback(0, peer_port)), IN_USE);
    CHECK_EQ(to("start-bind", s, loopback(0, 0)), FINE); /* still unbound */
    drop(s);
    if (!has_v6) return;
    s = new_socket(false, 1);
    CHECK_EQ(to("start-bind", s, loopback(0, 0)), INVALID);
    CHECK_EQ(to("start-bind", s, v6(0, 0xffff, 0x7f00, 1, 0)), INVALID);
    CHECK_EQ(refusal(1, v6(0, 0xffff, 0x7f00, 1, 80)), INVALID);
    CHECK_EQ(refusal(1, v6(0, 0, 0, 0, 80)), INVALID);
    drop(s);
}

static void denials(void) {
    AbiValue s = new_socket(false, 0);
    CHECK_EQ(refusal(0, v4(127, 0, 0, 2, 80)), DENIED);
    CHECK_EQ(refusal(0, v4(10, 0, 0, 1, 80)), DENIED);
    CHECK_EQ(to("start-bind", s, v4(0, 0, 0, 0, 4000)), DENIED);
    CHECK_EQ(to("start-bind", s, v4(0, 0, 0, 0, 0)), FINE); /* to connect from there */
    CHECK_EQ(tcp("finish-bind", &s), FINE);
    CHECK_EQ(to("start-connect", s, loopback(0, peer_port)), FINE);
    drop_end(finish_connect(s));
    drop_end(accepted(peer));
    s = new_socket(false, 0);
    CHECK_EQ(to("start-bind", s, v4(0, 0, 0, 0, 0)), FINE);
    CHECK_EQ(tcp("finish-bind", &s), FINE);
    CHECK_EQ(tcp("start-listen", &s), DENIED);
    CHECK_EQ(to("start-connect", s, loopback(0, peer_port)), BAD_STATE);
    drop(s);
    s = new_socket(true, 0);
    CHECK_EQ(to("udp-socket.start-bind", s, v4(0, 0, 0, 0, 4000)), DENIED);
    CHECK_EQ(to("udp-socket.start-bind", s, v4(0, 0, 0, 0, 0)), FINE);
    drop(s);
}

/* ---- TCP: options ---- */

static uint64_t option_of(AbiValue s, const char *name) {
    CHECK_EQ(tcp(name, &s), FINE);
    return payload(0).bits;
}

static void options_are_clamped(void) {
    static const struct {
        const char *name;
        uint64_t given, got;
    } rows[] = {
        {"keep-alive-idle-time", 1, 1000000000},
        {"keep-alive-idle-time", 1500000000, 2000000000},
        {"keep-alive-idle-time", UINT64_MAX, 32767000000000},
        {"keep-alive-interval", 5000000000, 5000000000},
        {"keep-alive-interval", UINT64_MAX, 32767000000000},
        {"keep-alive-count", 3, 3},
        {"keep-alive-count", UINT32_MAX, 127},
        {"hop-limit", 1, 1},
        {"hop-limit", 255, 255},
        {"keep-alive-enabled", 1, 1},
        {"keep-alive-enabled", 0, 0},
        {"receive-buffer-size", 20000, 20000},
        {"send-buffer-size", 20000, 20000},
    };
    for (unsigned family = 0; family <= has_v6; family++) {
        AbiValue s = new_socket(false, family);
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            char setter[64];
            snprintf(setter, sizeof setter, "set-%s", rows[i].name);
            AbiValue args[2] = {s, bits(rows[i].given)};
            CHECK_EQ(tcp(setter, args), FINE);
            uint64_t got = option_of(s, rows[i].name);
            if (got != rows[i].got) printf("%s\n", rows[i].name);
            CHECK_EQ(got, rows[i].got);
        }
        AbiValue most[2] = {s, bits(UINT64_MAX)};
        CHECK_EQ(tcp("set-receive-buffer-size", most), FINE);
        CHECK(option_of(s, "receive-buffer-size") >= 20000);
        drop(s);
    }
}

static void accepted_ones_inherit(void) {
    static const char *const names[] = {
        "keep-alive-enabled", "keep-alive-idle-time", "keep-alive-interval", "keep-alive-count",
        "hop-limit",          "receive-buffer-size",  "send-buffer-size"};
    static const uint64_t values[] = {1, 33000000000, 44000000000, 5, 77, 30000, 31000};
    unsigned port;
    AbiValue listener = listening(0, &port), s = new_socket(false, 0);
    for (int i = 0; i < 7; i++) {
        char setter[64];
        snprintf(setter, sizeof setter, "set-%s", names[i]);
        AbiValue args[2] = {listener, bits(values[i])};
        CHECK_EQ(tcp(setter, args), FINE);
    }
    CHECK_EQ(to("start-connect", s, loopback(0, port)), FINE);
    End server = accepted(listener), client = finish_connect(s);
    for (int i = 0; i < 7; i++) {
        uint64_t got = option_of(server.socket, names[i]);
        if (got != values[i]) printf("%s\n", names[i]);
        CHECK_EQ(got, values[i]);
    }
    CHECK_EQ(tcp("remote-address", &server.socket), FINE);
    CHECK_EQ(payload(0).variant.payload[0].bits, port_of(false, client.socket));
    CHECK_EQ(tcp("remote-address", &client.socket), FINE);
    CHECK_EQ(payload(0).variant.payload[0].bits, port);
    CHECK_EQ(payload(0).variant.payload[1].bits, 127);
    drop_end(client), drop_end(server), drop(listener);
}

/* ---- TCP: streams ---- */

/* Of what is sent: a small one of what is received makes the system wait between packets. */
static void small_buffer(AbiValue s) {
    AbiValue args[2] = {s, bits(2048)};
    CHECK_EQ(tcp("set-send-buffer-size", args), FINE);
}

enum { TRANSFER = 4 << 20 };
static uint8_t pattern[TRANSFER], buffer[1 << 16];

/* Writes and reads a bit; how many bytes moved. */
static size_t write_step(AbiValue out, size_t *at) {
    if (*at == TRANSFER || out_call("check-write", out, NULL, 0) != FINE) return 0;
    size_t n = payload(0).bits;
    if (n > TRANSFER - *at) n = TRANSFER - *at;
    n = n ? 1 + (size_t)rand() % n : 0;
    CHECK_EQ(out_call("write", out, pattern + *at, n), FINE);
    *at += n;
    return n;
}

static size_t read_step(AbiValue in, size_t *at) {
    CHECK_EQ(in_call("read", in, 1 + (uint64_t)rand() % 20000), FINE);
    size_t n = payload(0).list.len;
    CHECK(n <= TRANSFER - *at && !memcmp(payload(0).list.items, pattern + *at, n));
    *at += n;
    return n;
}

static void large_transfers_both_ways(void) {
    for (unsigned family = 0; family <= has_v6; family++) {
        End a, b;
        connected_pair(family, &a, &b);
        small_buffer(a.socket), small_buffer(b.socket);
        size_t sent[2] = {0}, got[2] = {0};
        for (int idle = 0; got[0] + got[1] < 2 * TRANSFER && idle < 20;) {
            size_t moved = write_step(a.out, &sent[0]) + write_step(b.out, &sent[1]);
            moved += read_step(b.in, &got[0]) + read_step(a.in, &got[1]);
            if (moved) {
                idle = 0;
                continue;
            }
            idle++;
            AbiValue polls[4], list = {.list = {polls, 2}};
            for (int i = 0; i < 2; i++) {
                AbiValue in = i ? a.in : b.in;
                call(IO, "[method]input-stream.subscribe", &in);
                polls[i] = result[0];
            }
            if (call("wasi:io/poll", "poll", &list) == VM_SUSPEND) wasi_wait(wasi);
            drop(polls[0]), drop(polls[1]);
        }
        CHECK_EQ(got[0], TRANSFER);
        CHECK_EQ(got[1], TRANSFER);
        drop_end(a), drop_end(b);
    }
}

/* What is pending leaves while the guest waits for something else, and before the end. */
static void pending_bytes_leave(void) {
    for (int how = 0; how < 4; how++) { /* 0: nothing, 1: shut to send, 2: both, 3: dropped */
        End a, b;
        connected_pair(0, &a, &b);
        small_buffer(a.socket), small_buffer(b.socket);
        CHECK_EQ(out_call("check-write", a.out, NULL, 0), FINE);
        CHECK_EQ(payload(0).bits, 65536);
        CHECK_EQ(out_call("write", a.out, pattern, 65536), FINE);
        AbiValue args[2] = {a.socket, bits(how == 1 ? 1 : 2)}; /* send, both */
        if (how == 3) drop_end(a);
        else if (how) CHECK_EQ(tcp("shutdown", args), FINE);
        if (how == 1 || how == 2) CHECK_EQ(out_call("check-write", a.out, NULL, 0), CLOSED_STREAM);
        size_t got = 0;
        unsigned error = FINE;
        while (got < 65536 && error == FINE) {
            error = in_call("blocking-read", b.in, 65536);
            if (error != FINE) break;
            CHECK(!memcmp(payload(0).list.items, pattern + got, payload(0).list.len));
            got += payload(0).list.len;
        }
        CHECK_EQ(got, 65536);
        if (how) CHECK_EQ(in_call("blocking-read", b.in, 1), CLOSED_STREAM);
        if (how == 2) CHECK_EQ(in_call("read", a.in, 1), CLOSED_STREAM);
        if (how == 1) { /* the other direction goes on */
            CHECK_EQ(out_call("blocking-write-and-flush", b.out, "ab", 2), FINE);
            CHECK_EQ(in_call("blocking-read", a.in, 9), FINE);
            CHECK_EQ(payload(0).list.len, 2);
        }
        for (int i = 0; how % 3 && i < 3; i++) { /* again */
            args[1] = bits((uint64_t)i);
            CHECK_EQ(tcp("shutdown", args), FINE);
        }
        if (how < 3) drop_end(a);
        drop_end(b);
    }
}

static void shut_to_receive(void) {
    End a, b;
    connected_pair(0, &a, &b);
    CHECK_EQ(out_call("blocking-write-and-flush", b.out, "lost", 4), FINE);
    AbiValue args[2] = {a.socket, bits(0)};
    CHECK_EQ(tcp("shutdown", args), FINE);
    CHECK_EQ(in_call("blocking-read", a.in, 4), CLOSED_STREAM);
    CHECK_EQ(out_call("blocking-write-and-flush", a.out, "kept", 4), FINE);
    CHECK_EQ(in_call("blocking-read", b.in, 4), FINE);
    drop_end(a), drop_end(b);
}

static void parents_may_go_first(void) {
    End a, b;
    connected_pair(0, &a, &b);
    drop(a.socket), drop(b.socket);
    CHECK_EQ(out_call("blocking-write-and-flush", a.out, "still", 5), FINE);
    CHECK_EQ(in_call("blocking-read", b.in, 9), FINE);
    CHECK_EQ(payload(0).list.len, 5);
    drop(a.in), drop(a.out);
    CHECK_EQ(in_call("blocking-read", b.in, 9), CLOSED_STREAM);
    drop(b.out), drop(b.in);
}

static void resets_are_told(void) {
    int fd = raw_connect(peer_port);
    End e = accepted(peer);
    raw_reset(fd);
    wait_on(IO, "[method]input-stream.subscribe", e.in);
    CHECK_EQ(in_call("blocking-read", e.in, 1), FAILED);
    AbiValue error = result[0].variant.payload->variant.payload[0];
    CHECK_EQ(call(NET, "network-error-code", &error), VM_DONE);
    CHECK_EQ(result[0].variant.index, 1);
    CHECK_EQ(result[0].variant.payload->bits, RESET);
    CHECK_EQ(call("wasi:filesystem/types", "filesystem-error-code", &error), VM_DONE);
    CHECK_EQ(result[0].variant.index, 0);
    CHECK_EQ(call("wasi:io/error", "[method]error.to-debug-string", &error), VM_DONE);
    drop(error);
    CHECK_EQ(in_call("blocking-read", e.in, 1), CLOSED_STREAM);
    for (int i = 0; i < 3; i++) /* and no signal */
        CHECK(out_call("blocking-write-and-flush", e.out, "x", 1) != FINE);
    CHECK_EQ(out_call("check-write", e.out, NULL, 0), CLOSED_STREAM);
    drop_end(e);
}

static void permits_are_kept(void) {
    End a, b;
    connected_pair(0, &a, &b);
    CHECK_EQ(out_call("write", a.out, "x", 1), TRAPPED);
    CHECK_EQ(out_call("check-write", a.out, NULL, 0), FINE);
    CHECK_EQ(out_call("write", a.out, pattern, 65537), TRAPPED);
    drop_end(a), drop_end(b);
}

/* ---- UDP ---- */

static void udp_states(void) {
    AbiValue s = new_socket(true, 0), in, out;
    CHECK_EQ(streams_of(s, none(), &in, &out), BAD_STATE);
    CHECK_EQ(udp("udp-socket.finish-bind", &s), NOT_IN_PROGRESS);
    CHECK_EQ(udp("udp-socket.local-address", &s), BAD_STATE);
    CHECK_EQ(to("udp-socket.start-bind", s, v6(0, 0, 0, 1, 0)), INVALID);
    CHECK_EQ(to("udp-socket.start-bind", s, loopback(0, 0)), FINE);
    CHECK_EQ(to("udp-socket.start-bind", s, loopback(0, 0)), CONFLICT);
    CHECK_EQ(streams_of(s, none(), &in, &out), BAD_STATE);
    CHECK_EQ(udp("udp-socket.local-address", &s), BAD_STATE);
    CHECK_EQ(udp("udp-socket.finish-bind", &s), FINE);
    CHECK_EQ(to("udp-socket.start-bind", s, loopback(0, 0)), BAD_STATE);
    CHECK_EQ(udp("udp-socket.finish-bind", &s), NOT_IN_PROGRESS);
    CHECK_EQ(udp("udp-socket.remote-address", &s), BAD_STATE);
    unsigned port = port_of(true, s);
    AbiValue other = new_socket(true, 0);
    CHECK_EQ(to("udp-socket.start-bind", other, loopback(0, port)), IN_USE);
    CHECK_EQ(streams_of(s, some(v4(0, 0, 0, 0, 9)), &in, &out), INVALID);
    CHECK_EQ(streams_of(s, some(v4(127, 0, 0, 1, 0)), &in, &out), INVALID);
    CHECK_EQ(streams_of(s, some(v6(0, 0, 0, 1, 9)), &in, &out), INVALID);
    CHECK_EQ(streams_of(s, some(v4(127, 0, 0, 2, 9)), &in, &out), DENIED);
    static const char *const numbers[] = {"unicast-hop-limit", "receive-buffer-size",
                                          "send-buffer-size"};
    for (int i = 0; i < 3; i++) {
        char name[64];
        snprintf(name, sizeof name, "udp-socket.set-%s", numbers[i]);
        AbiValue args[2] = {s, bits(0)};
        CHECK_EQ(udp(name, args), INVALID);
        args[1] = bits(i ? 20000 : 9);
        CHECK_EQ(udp(name, args), FINE);
        snprintf(name, sizeof name, "udp-socket.%s", numbers[i]);
        CHECK_EQ(udp(name, &s), FINE);
        CHECK_EQ(payload(0).bits, i ? 20000 : 9);
    }
    CHECK(is_ready(UDP, "[method]udp-socket.subscribe", s));
    drop(other), drop(s);
}

static void datagrams_go_and_come(void) {
    for (unsigned family = 0; family <= has_v6; family++) {
        unsigned a_port, b_port;
        AbiValue a = bound(family, &a_port), b = bound(family, &b_port), ai, ao, bi, bo;
        AbiValue to_b = some(loopback(family, b_port));
        CHECK_EQ(streams_of(a, none(), &ai, &ao), FINE);
        CHECK_EQ(streams_of(b, none(), &bi, &bo), FINE);
        CHECK_EQ(send_all(ao, "x", 1, to_b, 1), TRAPPED); /* not permitted yet */
        CHECK_EQ(send_all(ao, "x", 1, to_b, 0), FINE);
        unsigned permit = permit_of(ao);
        CHECK_EQ(send_all(ao, "x", 1, to_b, permit + 1), TRAPPED);
        permit = permit_of(ao);
        CHECK_EQ(send_all(ao, "hello", 5, to_b, 3), FINE);
        CHECK_EQ(payload(0).bits, 3);
        CHECK_EQ(send_all(ao, "hello", 5, to_b, permit - 2), TRAPPED); /* 3 are used up */
        CHECK_EQ(receive(bi, 0, true), FINE);
        CHECK_EQ(received(), 0);
        CHECK_EQ(receive(bi, 2, true), FINE);
        CHECK_EQ(received(), 2);
        CHECK_EQ(datagram(1)[0].list.len, 5);
        CHECK(!memcmp(datagram(1)[0].list.items, "hello", 5));
        CHECK_EQ(datagram(1)[1].variant.index, family);
        CHECK_EQ(datagram(1)[1].variant.payload[0].bits, a_port);
        CHECK_EQ(receive(bi, UINT64_MAX, true), FINE);
        CHECK_EQ(received(), 1);
        CHECK_EQ(receive(bi, 5, false), FINE); /* none, and no error */
        CHECK_EQ(received(), 0);
        CHECK_EQ(send_one(ao, "", 0, to_b), FINE);
        CHECK_EQ(receive(bi, 5, true), FINE);
        CHECK_EQ(received(), 1);
        CHECK_EQ(datagram(0)[0].list.len, 0);
        size_t most = family ? 65527 : 65507;
        AbiValue large[2] = {a, bits(200000)};
        udp("udp-socket.set-send-buffer-size", large);
        large[0] = b;
        udp("udp-socket.set-receive-buffer-size", large);
        CHECK_EQ(send_one(ao, pattern, most, to_b), FINE);
        CHECK_EQ(receive(bi, 5, true), FINE);
        CHECK_EQ(received(), 1);
        CHECK(datagram(0)[0].list.len == most && !memcmp(datagram(0)[0].list.items, pattern, most));
        CHECK_EQ(send_one(ao, pattern, 65536, to_b), TOO_LARGE);
        CHECK_EQ(send_one(ao, "x", 1, none()), INVALID);
        CHECK_EQ(send_one(ao, "x", 1, some(loopback(family, 0))), INVALID);
        CHECK_EQ(send_one(ao, "x", 1, some(loopback(!family, 5))), INVALID);
        drop(ai), drop(ao), drop(bi), drop(bo), drop(a), drop(b);
    }
}

static void datagrams_to_one_peer(void) {
    unsigned a_port, b_port, c_port;
    AbiValue a = bound(0, &a_port), b = bound(0, &b_port), c = bound(0, &c_port);
    AbiValue ai, ao, bi, bo, ci, co, old_in, old_out;
    AbiValue to_a = some(loopback(0, a_port)), to_b = some(loopback(0, b_port));
    CHECK_EQ(streams_of(a, none(), &old_in, &old_out), FINE);
    CHECK_EQ(streams_of(b, none(), &bi, &bo), FINE);
    CHECK_EQ(streams_of(c, none(), &ci, &co), FINE);
    CHECK_EQ(send_one(co, "before", 6, to_a), FINE); /* waits there already */
    CHECK_EQ(streams_of(a, to_b, &ai, &ao), FINE);
    CHECK_EQ(udp("udp-socket.remote-address", &a), FINE);
    CHECK_EQ(payload(0).variant.payload[0].bits, b_port);
    CHECK_EQ(port_of(true, a), a_port);
    CHECK_EQ(udp("outgoing-datagram-stream.check-send", &old_out), BAD_STATE);
    CHECK_EQ(send_all(old_out, "x", 1, to_b, 1), BAD_STATE);
    CHECK_EQ(receive(old_in, 1, true), BAD_STATE); /* and ready to say so */
    CHECK_EQ(send_one(co, "foreign", 7, to_a), FINE);
    CHECK_EQ(send_one(bo, "wanted", 6, to_a), FINE);
    size_t got = 0;
    for (int i = 0; i < 20 && !got; i++) {
        CHECK_EQ(receive(ai, 5, true), FINE);
        got = received();
    }
    CHECK_EQ(got, 1);
    CHECK(got && !memcmp(datagram(0)[0].list.items, "wanted", 6));
    CHECK_EQ(send_one(ao, "1", 1, none()), FINE);
    CHECK_EQ(send_one(ao, "2", 1, to_b), FINE);
    CHECK_EQ(send_one(ao, "3", 1, some(loopback(0, c_port))), INVALID);
    CHECK_EQ(receive(bi, 5, true), FINE);
    CHECK(received() >= 1);
    drop(ai), drop(ao);
    CHECK_EQ(streams_of(a, none(), &ai, &ao), FINE); /* to any again, at the same port */
    CHECK_EQ(port_of(true, a), a_port);
    CHECK_EQ(udp("udp-socket.remote-address", &a), BAD_STATE);
    CHECK_EQ(send_one(co, "now", 3, to_a), FINE);
    CHECK_EQ(receive(ai, 5, true), FINE);
    CHECK_EQ(received(), 1);
    CHECK_EQ(send_one(ao, "x", 1, some(v4(127, 0, 0, 2, 53))), DENIED);
    drop(old_in), drop(old_out), drop(ai), drop(ao), drop(a);
    drop(bi), drop(bo), drop(b), drop(ci), drop(co), drop(c);
}

/* A datagram from an address of this machine that is no guest's */
static void raw_send(unsigned from, unsigned port, int *fd) {
    struct sockaddr_in at;
    socklen_t size = raw_address(from, 0, &at);
    *fd = below()->open(below(), AF_INET, SOCK_DGRAM);
    CHECK_EQ(below()->bind(below(), *fd, (struct sockaddr *)&at, size), 0);
    raw_address(1, port, &at);
    CHECK_EQ(below()->send(below(), *fd, "raw", 3, (struct sockaddr *)&at, size), 3);
}

static void only_listeners_hear_everybody(void) {
    int fds[3];
    unsigned port;
    AbiValue s = bound(0, &port), in, out; /* where it may listen */
    CHECK_EQ(streams_of(s, none(), &in, &out), FINE);
    CHECK_EQ(send_one(out, "x", 1, some(v4(127, 0, 0, 9, 9))), DENIED);
    raw_send(9, port, &fds[0]);
    CHECK_EQ(receive(in, 1, true), FINE);
    CHECK_EQ(received(), 1);
    AbiValue from = datagram(0)[1];
    CHECK_EQ(from.variant.payload[4].bits, 9);
    CHECK_EQ(send_one(out, "answer", 6, some(from)), FINE);
    CHECK_EQ(below()->receive(below(), fds[0], buffer, sizeof buffer, NULL), 6);
    drop(in), drop(out), drop(s);
    s = new_socket(true, 0); /* and where it may not */
    CHECK_EQ(to("udp-socket.start-bind", s, v4(0, 0, 0, 0, 0)), FINE);
    CHECK_EQ(udp("udp-socket.finish-bind", &s), FINE);
    port = port_of(true, s);
    CHECK_EQ(streams_of(s, none(), &in, &out), FINE);
    raw_send(9, port, &fds[1]);
    raw_send(1, port, &fds[2]); /* granted */
    CHECK_EQ(receive(in, 5, true), FINE);
    CHECK_EQ(received(), 1);
    CHECK_EQ(datagram(0)[1].variant.payload[4].bits, 1);
    drop(in), drop(out), drop(s);
    for (int i = 0; i < 3; i++) raw_close(fds[i]);
}

/* ---- names ---- */

static void addresses_are_their_own_names(void) {
    static const struct {
        const char *text;
        unsigned family, last;
    } rows[] = {{"127.0.0.1", 0, 1},         {"::1", 1, 1},         {"[::1]", 1, 1},
                {"0.0.0.0", 0, 0},           {"2001:db8::7", 1, 7}, {"::ffff:1.2.3.4", 0, 4},
                {"255.255.255.255", 0, 255}, {"[::]", 1, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        AbiValue stream, address;
        CHECK_EQ(look_up(rows[i].text, &stream), FINE);
        CHECK_EQ(next_address(stream, &address), FINE);
        CHECK_EQ(address.variant.index, rows[i].family);
        CHECK_EQ(address.variant.payload[rows[i].family ? 7 : 3].bits, rows[i].last);
        CHECK_EQ(next_address(stream, &address), CLOSED_STREAM);
        CHECK_EQ(next_address(stream, &address), CLOSED_STREAM);
        drop(stream);
    }
    char bad[] = " |a.b<&>|[::]:80|127.0.0.1:80|a b|a..b|.|.a|-a|256.1.1.1|127.1|0x7f.1|1|"
                 "[127.0.0.1]|[::1|::1]|::1%lo|a/b|http://a|a\tb|*|1.2.3.4.5|[]";
    AbiValue stream;
    CHECK_EQ(look_up("", &stream), INVALID);
    for (char *name = strtok(bad, "|"); name; name = strtok(NULL, "|")) {
        unsigned got = look_up(name, &stream);
        if (got != INVALID) printf("`%s`\n", name);
        CHECK_EQ(got, INVALID);
    }
}

static void names_are_resolved(void) {
    AbiValue stream, address;
    unsigned error, count = 0;
    CHECK_EQ(look_up("example.org", &stream), DENIED);
    AbiValue s = new_socket(false, 0);
    CHECK_EQ(to("start-connect", s, v4(127, 0, 0, 3, 9)), DENIED);
    CHECK_EQ(look_up("LocalHost.", &stream), FINE);
    while ((error = next_address(stream, &address)) == FINE) {
        bool is_v6 = address.variant.index;
        CHECK_EQ(address.variant.payload[is_v6 ? 7 : 3].bits, 1);
        count++;
    }
    CHECK_EQ(error, CLOSED_STREAM);
    CHECK(count > 0);
    drop(stream), drop(s);
    for (int i = 0; i < 100; i++) { /* nobody waits for the answer */
        unsigned got = look_up("localhost", &stream);
        CHECK(got == FINE || got == 19);
        if (got == FINE) drop(stream);
    }
}

/* ---- handles ---- */

static void handles_come_and_go(void) {
    int before = open_count();
    for (int i = 0; i < 300; i++) {
        End a, b;
        connected_pair(0, &a, &b);
        AbiValue poll = a.in;
        call(IO, "[method]input-stream.subscribe", &poll);
        AbiValue pollable = result[0];
        if (i & 1) drop_end(a), drop(b.socket), drop(b.in), drop(b.out);
        else drop(b.out), drop(a.socket), drop(a.in), drop(b.socket), drop(b.in), drop(a.out);
        drop(pollable);
        unsigned port;
        AbiValue s = bound(0, &port), in, out;
        CHECK_EQ(streams_of(s, none(), &in, &out), FINE);
        drop(s), drop(in), drop(out);
    }
    CHECK_EQ(open_count(), before);
    static AbiValue handles[1100];
    unsigned n = 0, error = FINE;
    while (n < 1100 && (error = make_socket(n & 1, 0, &handles[n])) == FINE) n++;
    CHECK_EQ(error, LIMIT);
    CHECK_EQ(n, 999); /* and the one that listens */
    drop(handles[0]);
    int fd = raw_connect(peer_port);
    wait_tcp(peer);
    CHECK_EQ(make_socket(false, 0, &handles[0]), FINE);
    CHECK_EQ(tcp("accept", &peer), LIMIT);
    drop(handles[--n]);
    CHECK_EQ(tcp("accept", &peer), FINE);
    drop_end((End){payload(0), payload(1), payload(2)});
    raw_close(fd);
    while (n) drop(handles[--n]);
    CHECK_EQ(open_count(), before);
}

static void names_hold_for_what_was_found(void) {
    AbiValue s, stream, address;
    unsigned error;
    CHECK_EQ(refusal(0, loopback(0, dead_port)), DENIED);
    CHECK_EQ(look_up("localhost", &stream), FINE);
    while ((error = next_address(stream, &address)) == FINE) continue;
    drop(stream);
    CHECK_EQ(refusal(0, v4(127, 0, 0, 2, dead_port)), DENIED);
    s = new_socket(false, 0);
    CHECK_EQ(to("start-connect", s, loopback(0, dead_port)), FINE);
    wait_tcp(s);
    CHECK_EQ(tcp("finish-connect", &s), REFUSED);
    drop(s);
    s = new_socket(true, 0);
    CHECK_EQ(to("udp-socket.start-bind", s, v4(0, 0, 0, 0, 0)), DENIED); /* no rule of UDP */
    drop(s);
}

/* A port at which nobody listens, and whether there is IPv6. */
static void look_around(void) {
    struct sockaddr_in at;
    struct sockaddr_storage storage;
    socklen_t size = raw_address(1, 0, &at);
    int fd = below()->open(below(), AF_INET, SOCK_STREAM);
    below()->bind(below(), fd, (struct sockaddr *)&at, size);
    below()->local(below(), fd, &storage);
    dead_port = ntohs(((struct sockaddr_in *)&storage)->sin_port); /* stays bound */
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    fd = below()->open(below(), AF_INET6, SOCK_STREAM);
    has_v6 = fd >= 0 && below()->bind(below(), fd, (struct sockaddr *)&six, sizeof six) == 0;
    if (fd >= 0) raw_close(fd);
    if (!has_v6 && !fake) printf("skipped: IPv6, which is not here\n");
    for (size_t i = 0; i < TRANSFER; i++) pattern[i] = (uint8_t)(i * 7 + i / 251);
}

static void run_all(void) {
    static const char *const said[] = {"tcp:127.0.0.1:*", "tcp:[::1]:*",        "udp:127.0.0.1:*",
                                       "udp:[::1]:*",     "listen:127.0.0.1:*", "listen:[::1]:*",
                                       "dns:localhost",   "listen:192.0.2.1:*"};
    static const char *const named[] = {"tcp:localhost:*"};
    static WasiNetRule rules[8];
    WasiContext context = {.stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1};
    arena = arena_new();
    grant(said, 8, rules);
    look_around();
    open_network(&context, rules, 8);
    peer = listening(0, &peer_port);
    RUN(every_method_in_every_state);
    RUN(pollables_tell_the_state);
    while (tcp("accept", &peer) == FINE) drop_end((End){payload(0), payload(1), payload(2)});
    RUN(addresses_are_checked);
    RUN(denials);
    RUN(options_are_clamped);
    RUN(accepted_ones_inherit);
    RUN(large_transfers_both_ways);
    RUN(pending_bytes_leave);
    RUN(shut_to_receive);
    RUN(parents_may_go_first);
    RUN(resets_are_told);
    RUN(permits_are_kept);
    RUN(udp_states);
    RUN(datagrams_go_and_come);
    RUN(datagrams_to_one_peer);
    RUN(only_listeners_hear_everybody);
    RUN(addresses_are_their_own_names);
    RUN(handles_come_and_go);
    RUN(names_are_resolved);
    host_close();
    grant(named, 1, rules);
    open_network(&context, rules, 1);
    RUN(names_hold_for_what_was_found);
    host_close();
    arena_free(arena);
}

int main(void) {
    static const FakeName names[] = {{.name = "localhost", .addresses = "127.0.0.1 ::1"}};
    const FakeScript scripts[] = {{.names = names, .name_count = 1},
                                  {.names = names, .name_count = 1, .piece = 999},
                                  {.names = names, .name_count = 1, .has_no_v6 = true}};
    run_all();
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        fake = fake_net_new(&scripts[i]);
        run_all();
        fake_net_free(fake);
    }
    return test_end("wasi sockets");
}
