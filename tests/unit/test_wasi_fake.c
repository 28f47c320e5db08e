/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * wasi:sockets, clocks and waiting over a network by script and a clock that moves only where somebody waits:
 * what the machine's own network does not do when it is asked to. Each of the 21 error codes is told by a call
 * here; faults are put into every call of the system.
 */
#include <errno.h>

#include "wasi/internal.h"

#include "tests/sockets.h"

#define HOURS(n) ((uint64_t)(n) * 3600 * 1000000000)
#define SECONDS(n) ((uint64_t)(n) * 1000000000)

enum { ECHOES = 1, DEAF, RESETS, GREETS, SLOW, SPEAKS };
static const FakeHost hosts[] = {
    {.address = "192.0.2.1", .port = ECHOES, .echoes = true},
    {.address = "192.0.2.1", .port = DEAF, .is_deaf = true},
    {.address = "192.0.2.1", .port = RESETS, .resets_after = 10000},
    {.address = "192.0.2.1", .port = GREETS, .greeting = "hello", .closes = true},
    {.address = "192.0.2.1", .port = SLOW, .echoes = true, .delay = HOURS(3)},
    {.address = "192.0.2.1", .port = SPEAKS, .greeting = "200 ready", .echoes = true},
    /* the port is the row of `faults`, and 100 more where it takes its time */
    {.address = "192.0.2.2", .port = 1, .fault = EACCES},
    {.address = "192.0.2.2", .port = 2, .fault = EOPNOTSUPP},
    {.address = "192.0.2.2", .port = 3, .fault = EINVAL},
    {.address = "192.0.2.2", .port = 4, .fault = ENOBUFS},
    {.address = "192.0.2.2", .port = 5, .fault = ETIMEDOUT, .delay = SECONDS(127)},
    {.address = "192.0.2.2", .port = 6, .fault = ENFILE},
    {.address = "192.0.2.2", .port = 7, .fault = ENODEV},
    {.address = "192.0.2.2", .port = 8, .fault = EADDRINUSE},
    {.address = "192.0.2.2", .port = 9, .fault = EHOSTUNREACH, .delay = SECONDS(3)},
    {.address = "192.0.2.2", .port = 10, .fault = ENETUNREACH},
    {.address = "192.0.2.2", .port = 11, .fault = ENETDOWN},
    {.address = "192.0.2.2", .port = 12, .fault = ECONNREFUSED, .delay = SECONDS(1)},
    {.address = "192.0.2.2", .port = 13, .fault = ECONNRESET},
    {.address = "192.0.2.2", .port = 14, .fault = ECONNABORTED},
    {.address = "192.0.2.2", .port = 15, .fault = EIO},
};
static const struct {
    unsigned port, code;
} faults[] = {{1, DENIED},      {2, NOT_SUPPORTED}, {3, INVALID},      {4, NO_MEMORY},
              {5, TIMED_OUT},   {6, LIMIT},         {7, NOT_BINDABLE}, {8, IN_USE},
              {9, UNREACHABLE}, {10, UNREACHABLE},  {11, UNREACHABLE}, {12, REFUSED},
              {13, RESET},      {14, ABORTED},      {15, UNKNOWN}};

static const FakeName names[] = {
    {.name = "both.test", .addresses = "192.0.2.1 2001:db8::7 192.0.2.1"},
    {.name = "late.test", .addresses = "192.0.2.9", .delay = HOURS(5)},
    {.name = "none.test", .addresses = ""},
    {.name = "noname.test", .fault = EAI_NONAME},
    {.name = "nodata.test", .fault = EAI_NODATA},
    {.name = "family.test", .fault = EAI_ADDRFAMILY},
    {.name = "again.test", .fault = EAI_AGAIN, .delay = SECONDS(30)},
    {.name = "memory.test", .fault = EAI_MEMORY},
    {.name = "fail.test", .fault = EAI_FAIL},
    {.name = "system.test", .fault = EAI_SYSTEM},
};
static const FakeScript script = {hosts, sizeof hosts / sizeof *hosts, names,
                                  sizeof names / sizeof *names, .has_no_v6 = true};

static AbiValue far(unsigned port) { return v4(192, 0, 2, 1, port); }
static uint64_t now(void) { return fake_net_time(fake); }

static End connected_to(unsigned port) {
    AbiValue s = new_socket(false, 0);
    CHECK_EQ(to("start-connect", s, far(port)), FINE);
    return finish_connect(s);
}

/* The code of the error that a stream has failed with. */
static unsigned code_of_failure(void) {
    AbiValue error = result[0].variant.payload->variant.payload[0];
    CHECK_EQ(call(NET, "network-error-code", &error), VM_DONE);
    CHECK_EQ(result[0].variant.index, 1);
    unsigned code = (unsigned)result[0].variant.payload->bits;
    has_told[code] = true;
    drop(error);
    return code;
}

/* ---- connecting ---- */

static void every_way_to_fail(void) {
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const FakeHost *host = NULL;
        for (size_t k = 0; k < script.host_count; k++)
            if (strstr(hosts[k].address, "0.2.2") && hosts[k].port == faults[i].port)
                host = &hosts[k];
        uint64_t begin = now();
        AbiValue s = new_socket(false, 0);
        CHECK_EQ(to("start-connect", s, v4(192, 0, 2, 2, faults[i].port)), FINE);
        if (host->delay) {
            CHECK(!is_ready(TCP, "[method]tcp-socket.subscribe", s));
            CHECK_EQ(tcp("finish-connect", &s), WOULD_BLOCK);
        }
        wait_tcp(s);
        CHECK_EQ(now() - begin, host->delay);
        unsigned code = tcp("finish-connect", &s);
        if (code != faults[i].code) printf("port %u\n", faults[i].port);
        CHECK_EQ(code, faults[i].code);
        CHECK_EQ(tcp("finish-connect", &s), NOT_IN_PROGRESS);
        CHECK_EQ(tcp("hop-limit", &s), BAD_STATE);
        drop(s);
    }
    AbiValue s = new_socket(false, 0); /* a host that nobody knows: it fails at once */
    CHECK_EQ(to("start-connect", s, v4(192, 0, 2, 3, 80)), FINE);
    CHECK(is_ready(TCP, "[method]tcp-socket.subscribe", s));
    CHECK_EQ(tcp("finish-connect", &s), UNREACHABLE);
    drop(s);
}

/* A queue that is full lets them wait, until somebody accepts, or for two minutes. */
static void full_queues(void) {
    enum { MORE = 5 };
    unsigned port;
    AbiValue listener = listening(0, &port), size[2] = {listener, bits(1)}, s[2 + MORE];
    CHECK_EQ(tcp("set-listen-backlog-size", size), FINE);
    uint64_t begin = now();
    for (int i = 0; i < 2 + MORE; i++) {
        s[i] = new_socket(false, 0);
        CHECK_EQ(to("start-connect", s[i], loopback(0, port)), FINE);
    }
    for (int i = 0; i < 2; i++) drop_end(finish_connect(s[i]));
    for (int i = 2; i < 2 + MORE; i++) CHECK_EQ(tcp("finish-connect", &s[i]), WOULD_BLOCK);
    CHECK_EQ(now(), begin);
    End first = accepted(listener);
    drop_end(first);
    int connected = 0;
    wait_tcp(s[2]); /* one of them comes again within a second; the others may be first */
    for (int i = 2; i < 2 + MORE; i++) {
        wait_tcp(s[i]);
        unsigned code = tcp("finish-connect", &s[i]);
        CHECK(code == FINE || code == TIMED_OUT);
        connected += code == FINE;
        if (code == FINE) drop(payload(0)), drop(payload(1));
        drop(s[i]);
    }
    CHECK_EQ(connected, 1);
    CHECK_EQ(now() - begin, SECONDS(127));
    drop(listener);
}

static void errors_of_accepting(void) {
    static const struct {
        int fault;
        unsigned code;
    } rows[] = {{ECONNABORTED, ABORTED}, {ENETDOWN, ABORTED},     {EPROTO, ABORTED},
                {EOPNOTSUPP, ABORTED},   {EHOSTUNREACH, ABORTED}, {EMFILE, LIMIT},
                {ENOBUFS, NO_MEMORY},    {EAGAIN, WOULD_BLOCK},   {EINTR, WOULD_BLOCK}};
    unsigned port;
    AbiValue listener = listening(0, &port), s = new_socket(false, 0);
    CHECK_EQ(to("start-connect", s, loopback(0, port)), FINE);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fake_net_fail(fake, FAKE_ACCEPT, rows[i].fault, 0);
        CHECK_EQ(tcp("accept", &listener), rows[i].code);
    }
    drop_end(accepted(listener)); /* it is there still */
    drop_end(finish_connect(s)), drop(listener);
}

/* ---- faults in calls of the system ---- */

/* A call of a method with a fault in a call of the system's, and again without. */
static void faulty(FakeCall below, int fault, const char *name, AbiValue *args, unsigned code,
                   unsigned after) {
    fake_net_fail(fake, below, fault, 0);
    unsigned got = strchr(name, '.') ? udp(name, args) : tcp(name, args);
    if (got != code) printf("%s with %s\n", name, strerror(fault));
    CHECK_EQ(got, code);
    got = strchr(name, '.') ? udp(name, args) : tcp(name, args);
    if (got != after) printf("%s after %s\n", name, strerror(fault));
    CHECK_EQ(got, after);
}

static void calls_that_fail(void) {
    AbiValue s, u, args[3], in, out;
    fake_net_fail(fake, FAKE_OPEN, EMFILE, 0);
    CHECK_EQ(make_socket(false, 0, &s), LIMIT);
    fake_net_fail(fake, FAKE_OPEN, ENOMEM, 0);
    CHECK_EQ(make_socket(true, 0, &s), NO_MEMORY);
    CHECK_EQ(make_socket(false, 1, &s), NOT_SUPPORTED); /* there is no IPv6 */
    s = new_socket(false, 0);
    args[0] = s, args[1] = network, args[2] = v4(127, 0, 0, 1, 0);
    faulty(FAKE_SET, ENOPROTOOPT, "start-bind", args, NOT_SUPPORTED, FINE);
    drop(s);
    args[0] = s = new_socket(false, 0);
    faulty(FAKE_BIND, EADDRNOTAVAIL, "start-bind", args, NOT_BINDABLE, FINE);
    CHECK_EQ(tcp("start-bind", args), CONFLICT);
    CHECK_EQ(tcp("finish-bind", &s), FINE);
    faulty(FAKE_LOCAL, ENOBUFS, "local-address", &s, NO_MEMORY, FINE);
    faulty(FAKE_GET, ENOPROTOOPT, "hop-limit", &s, NOT_SUPPORTED, FINE);
    faulty(FAKE_GET, EINVAL, "keep-alive-enabled", &s, INVALID, FINE);
    args[1] = bits(9);
    faulty(FAKE_SET, EINVAL, "set-hop-limit", args, INVALID, FINE);
    faulty(FAKE_SET, ENOMEM, "set-keep-alive-enabled", args, NO_MEMORY, FINE);
    fake_net_fail(fake, FAKE_LISTEN, EADDRINUSE, 0);
    CHECK_EQ(tcp("start-listen", &s), FINE);
    CHECK_EQ(tcp("finish-listen", &s), IN_USE); /* and closed it is */
    CHECK_EQ(tcp("start-listen", &s), BAD_STATE);
    drop(s);
    s = new_socket(false, 0);
    fake_net_fail(fake, FAKE_CONNECT, EADDRNOTAVAIL, 0); /* no port is free */
    CHECK_EQ(to("start-connect", s, far(ECHOES)), FINE);
    CHECK_EQ(tcp("finish-connect", &s), IN_USE);
    drop(s);
    End e = connected_to(ECHOES);
    faulty(FAKE_PEER, ENOTCONN, "remote-address", &e.socket, BAD_STATE, FINE);
    args[0] = e.socket, args[1] = bits(0);
    faulty(FAKE_SHUTDOWN, ENOTCONN, "shutdown", args, FINE, FINE);
    drop_end(e);
    unsigned port;
    u = bound(0, &port);
    faulty(FAKE_LOCAL, EIO, "udp-socket.local-address", &u, UNKNOWN, FINE);
    faulty(FAKE_GET, EIO, "udp-socket.unicast-hop-limit", &u, UNKNOWN, FINE);
    args[0] = u, args[1] = some(far(ECHOES));
    fake_net_fail(fake, FAKE_CONNECT, ENETUNREACH, 0);
    CHECK_EQ(udp("udp-socket.stream", args), UNREACHABLE);
    CHECK_EQ(streams_of(u, some(far(ECHOES)), &in, &out), FINE);
    drop(in), drop(out), drop(u);
}

/* ---- streams ---- */

static char block[200000];

static void bytes_come_back(void) {
    End e = connected_to(SPEAKS);
    CHECK_EQ(in_call("blocking-read", e.in, 100), FINE);
    CHECK_EQ(payload(0).list.len, 9);
    CHECK_EQ(out_call("blocking-write-and-flush", e.out, "ping", 4), FINE);
    CHECK_EQ(in_call("blocking-read", e.in, 100), FINE);
    CHECK_EQ(payload(0).list.len, 4);
    drop_end(e);
    e = connected_to(GREETS);
    CHECK_EQ(in_call("blocking-read", e.in, 2), FINE);
    CHECK_EQ(in_call("blocking-skip", e.in, 100), FINE);
    CHECK_EQ(payload(0).bits, 3);
    CHECK_EQ(in_call("blocking-read", e.in, 2), CLOSED_STREAM);
    drop_end(e);
    uint64_t begin = now();
    e = connected_to(SLOW);
    CHECK_EQ(now() - begin, HOURS(3));
    CHECK_EQ(out_call("blocking-write-and-flush", e.out, "late", 4), FINE);
    CHECK_EQ(in_call("read", e.in, 9), FINE);
    CHECK_EQ(payload(0).list.len, 0);
    CHECK_EQ(in_call("blocking-read", e.in, 9), FINE);
    CHECK_EQ(payload(0).list.len, 4);
    CHECK_EQ(now() - begin, HOURS(6));
    drop_end(e);
}

static void reset_in_a_write(void) {
    End e = connected_to(RESETS);
    CHECK_EQ(out_call("check-write", e.out, NULL, 0), FINE);
    CHECK_EQ(payload(0).bits, 65536);
    CHECK_EQ(out_call("write", e.out, block, 9999), FINE);
    CHECK_EQ(out_call("write", e.out, block, 1), FINE); /* it has left; then it breaks */
    CHECK_EQ(out_call("blocking-write-and-flush", e.out, block, 4096), FAILED);
    CHECK_EQ(code_of_failure(), RESET);
    CHECK_EQ(out_call("blocking-write-and-flush", e.out, block, 1), CLOSED_STREAM);
    CHECK_EQ(out_call("check-write", e.out, NULL, 0), CLOSED_STREAM);
    CHECK_EQ(out_call("write", e.out, block, 1), CLOSED_STREAM);
    CHECK_EQ(out_call("flush", e.out, NULL, 0), CLOSED_STREAM);
    CHECK_EQ(in_call("blocking-read", e.in, 1), CLOSED_STREAM); /* that was told already */
    drop_end(e);
    static const struct {
        int fault;
        unsigned code;
    } rows[] = {{ECONNABORTED, ABORTED},
                {ETIMEDOUT, TIMED_OUT},
                {EHOSTUNREACH, UNREACHABLE},
                {ENOBUFS, NO_MEMORY},
                {ECONNRESET, RESET}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int reads = 0; reads < 2; reads++) {
            e = connected_to(SPEAKS);
            fake_net_fail(fake, reads ? FAKE_RECEIVE : FAKE_SEND, rows[i].fault, 0);
            unsigned got = reads ? in_call("blocking-read", e.in, 9)
                                 : out_call("blocking-write-and-flush", e.out, block, 9);
            CHECK_EQ(got, FAILED);
            CHECK_EQ(code_of_failure(), rows[i].code);
            drop_end(e);
        }
    }
    e = connected_to(SPEAKS); /* what is no failure */
    fake_net_fail(fake, FAKE_SEND, EINTR, 0);
    CHECK_EQ(out_call("blocking-write-and-flush", e.out, block, 9), FINE);
    fake_net_fail(fake, FAKE_SEND, EAGAIN, 0);
    CHECK_EQ(out_call("blocking-write-and-flush", e.out, block, 9), FINE);
    fake_net_fail(fake, FAKE_RECEIVE, EAGAIN, 0);
    CHECK_EQ(in_call("blocking-read", e.in, 9), FINE);
    CHECK_EQ(payload(0).list.len, 0);
    fake_net_fail(fake, FAKE_SEND, EPIPE, 0);
    CHECK_EQ(out_call("blocking-write-and-flush", e.out, block, 9), CLOSED_STREAM);
    drop_end(e);
}

static void writes_after_the_end(void) {
    End a, b;
    connected_pair(0, &a, &b);
    drop_end(b);
    CHECK_EQ(out_call("blocking-write-and-flush", a.out, "x", 1), FINE); /* nobody knows yet */
    CHECK_EQ(out_call("blocking-write-and-flush", a.out, "x", 1), CLOSED_STREAM);
    CHECK_EQ(out_call("blocking-write-and-flush", a.out, "x", 1), CLOSED_STREAM);
    CHECK_EQ(in_call("blocking-read", a.in, 1), CLOSED_STREAM);
    drop_end(a);
}

static AbiValue pollable_of(const char *interface, const char *method, AbiValue object) {
    CHECK_EQ(call(interface, method, &object), VM_DONE);
    return result[0];
}
static AbiValue after(uint64_t ns) {
    return pollable_of("wasi:clocks/monotonic-clock", "subscribe-duration", bits(ns));
}
static AbiValue at(uint64_t when) {
    return pollable_of("wasi:clocks/monotonic-clock", "subscribe-instant", bits(when));
}

/* As a guest that is suspended and resumed; how many are ready. */
static size_t poll_all(AbiValue *pollables, size_t n) {
    AbiValue list = {.list = {pollables, n}};
    VmStatus status;
    int rounds = 0;
    while ((status = call("wasi:io/poll", "poll", &list)) == VM_SUSPEND && rounds++ < 10)
        if (!wasi_wait(wasi)) break;
    CHECK_EQ(status, VM_DONE);
    return status == VM_DONE ? result[0].list.len : 0;
}
static uint32_t ready_one(size_t i) { return ((uint32_t *)result[0].list.items)[i]; }

static void peers_that_never_read(void) {
    End e = connected_to(DEAF);
    size_t sent = 0;
    while (out_call("check-write", e.out, NULL, 0) == FINE && payload(0).bits) {
        CHECK_EQ(out_call("write", e.out, block, 65536), FINE);
        sent += 65536;
    }
    CHECK_EQ(sent, 131072); /* what the system takes, and at most one write that is pending */
    CHECK_EQ(out_call("write", e.out, block, 1), TRAPPED);
    uint64_t begin = now();
    AbiValue both[2] = {pollable_of(IO, "[method]output-stream.subscribe", e.out), after(HOURS(9))};
    CHECK_EQ(poll_all(both, 2), 1);
    CHECK_EQ(ready_one(0), 1);
    CHECK_EQ(now() - begin, HOURS(9));
    drop(both[0]), drop(both[1]);
    AbiValue args[2] = {e.out};
    CHECK_EQ(call(IO, "[method]output-stream.blocking-flush", args), VM_SUSPEND);
    drop_end(e); /* what is pending stays so, with the socket: */
    CHECK_EQ(fake_net_open(fake), 1);
    wasi_finish(wasi, 1); /* nobody waits for long */
}

/* ---- datagrams ---- */

static void many_datagrams(void) {
    enum { MOST = 16, ALL = 40 };
    unsigned a_port, b_port;
    AbiValue a = bound(0, &a_port), b = bound(0, &b_port), ai, ao, bi, bo;
    AbiValue to_b = some(loopback(0, b_port));
    CHECK_EQ(streams_of(a, none(), &ai, &ao), FINE);
    CHECK_EQ(streams_of(b, none(), &bi, &bo), FINE);
    for (int sent = 0; sent < ALL;) {
        CHECK_EQ(permit_of(ao), MOST);
        CHECK_EQ(send_all(ao, "x", 1, to_b, MOST + 1), TRAPPED);
        int n = ALL - sent < MOST ? ALL - sent : MOST;
        CHECK_EQ(send_all(ao, "x", 1, to_b, (size_t)n), FINE);
        CHECK_EQ(payload(0).bits, n);
        sent += n;
    }
    static const size_t counts[] = {MOST, MOST, ALL - 2 * MOST, 0};
    for (int i = 0; i < 4; i++) {
        CHECK_EQ(receive(bi, i & 1 ? UINT64_MAX : MOST + 1, false), FINE);
        CHECK_EQ(received(), counts[i]);
    }
    for (unsigned before = 0; before < 3; before++) { /* a fault in the middle of a call */
        CHECK_EQ(permit_of(ao), MOST);
        fake_net_fail(fake, FAKE_SEND, EAGAIN, before);
        CHECK_EQ(send_all(ao, "x", 1, to_b, 5), FINE);
        CHECK_EQ(payload(0).bits, before);
        CHECK_EQ(permit_of(ao), MOST);
        fake_net_fail(fake, FAKE_SEND, ENETUNREACH, before);
        CHECK_EQ(send_all(ao, "x", 1, to_b, 5), before ? FINE : UNREACHABLE);
        if (before) CHECK_EQ(payload(0).bits, before);
        while (receive(bi, MOST, false) == FINE && received()) continue;
        CHECK_EQ(send_all(ao, "xyz", 3, to_b, 3), FINE);
        fake_net_fail(fake, FAKE_RECEIVE, ENETDOWN, before);
        CHECK_EQ(receive(bi, MOST, false), before ? FINE : UNREACHABLE);
        if (before) CHECK_EQ(received(), before);
        if (before) CHECK_EQ(receive(bi, 0, false), FINE); /* asked for none: told later */
        if (before) CHECK_EQ(receive(bi, MOST, true), UNREACHABLE);
        CHECK_EQ(receive(bi, MOST, false), FINE);
        CHECK_EQ(received(), 3 - before);
    }
    CHECK_EQ(send_one(ao, block, 65508, to_b), TOO_LARGE);
    CHECK(is_ready(UDP, "[method]outgoing-datagram-stream.subscribe", ao));
    drop(ai), drop(ao), drop(bi), drop(bo), drop(a), drop(b);
}

static void far_datagrams(void) {
    unsigned port;
    AbiValue s = new_socket(true, 0), in, out;
    CHECK_EQ(to("udp-socket.start-bind", s, v4(0, 0, 0, 0, 0)), FINE);
    CHECK_EQ(udp("udp-socket.finish-bind", &s), FINE);
    port = port_of(true, s);
    CHECK_EQ(streams_of(s, none(), &in, &out), FINE);
    uint64_t begin = now();
    CHECK_EQ(send_one(out, "late", 4, some(far(SLOW))), FINE);
    CHECK_EQ(send_one(out, "soon", 4, some(far(ECHOES))), FINE);
    CHECK_EQ(receive(in, 9, true), FINE);
    CHECK_EQ(received(), 1);
    CHECK(!memcmp(datagram(0)[0].list.items, "soon", 4));
    CHECK_EQ(datagram(0)[1].variant.payload[0].bits, ECHOES);
    CHECK_EQ(now(), begin);
    CHECK_EQ(receive(in, 9, true), FINE);
    CHECK_EQ(received(), 1);
    CHECK_EQ(now() - begin, HOURS(3));
    CHECK_EQ(send_one(out, "x", 1, some(v4(192, 0, 2, 3, 9))), UNREACHABLE); /* no such host */
    CHECK_EQ(send_one(out, "x", 1, some(v4(192, 0, 2, 2, 9))), UNREACHABLE);
    drop(in), drop(out), drop(s);
    s = bound(0, &port); /* connected to where nobody is: the next call is told */
    CHECK_EQ(streams_of(s, some(loopback(0, port + 1)), &in, &out), FINE);
    CHECK_EQ(send_one(out, "x", 1, none()), FINE);
    CHECK_EQ(send_one(out, "x", 1, none()), REFUSED);
    CHECK_EQ(send_one(out, "x", 1, none()), FINE);
    CHECK_EQ(receive(in, 9, true), REFUSED);
    drop(in), drop(out), drop(s);
}

/* ---- names ---- */

static void answers_of_the_resolver(void) {
    static const struct {
        const char *name;
        unsigned code;
    } rows[] = {
        {"noname.test", NO_NAME},   {"nodata.test", NO_NAME},   {"family.test", NO_NAME},
        {"again.test", TEMPORARY},  {"memory.test", NO_MEMORY}, {"fail.test", PERMANENT},
        {"system.test", PERMANENT}, {"other.test", NO_NAME},    {"none.test", CLOSED_STREAM}};
    AbiValue stream, address;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_EQ(look_up(rows[i].name, &stream), FINE);
        for (int k = 0; k < 2; k++) CHECK_EQ(next_address(stream, &address), rows[i].code);
        drop(stream);
    }
    CHECK_EQ(look_up("both.test", &stream), FINE);
    CHECK_EQ(next_address(stream, &address), FINE);
    CHECK_EQ(address.variant.index, 0);
    CHECK_EQ(next_address(stream, &address), FINE);
    CHECK_EQ(address.variant.index, 1);
    CHECK_EQ(next_address(stream, &address), CLOSED_STREAM); /* each is told once */
    drop(stream);
    uint64_t begin = now();
    CHECK_EQ(look_up("late.test", &stream), FINE);
    CHECK_EQ(outcome(call(DNS, "[method]resolve-address-stream.resolve-next-address", &stream)),
             WOULD_BLOCK);
    AbiValue timer[2] = {after(HOURS(4)),
                         pollable_of(DNS, "[method]resolve-address-stream.subscribe", stream)};
    CHECK_EQ(poll_all(timer, 2), 1);
    CHECK_EQ(ready_one(0), 0);
    CHECK_EQ(poll_all(timer + 1, 1), 1);
    CHECK_EQ(now() - begin, HOURS(5));
    CHECK_EQ(next_address(stream, &address), FINE);
    drop(timer[0]), drop(timer[1]), drop(stream);
    fake_net_fail(fake, FAKE_RESOLVE, EAGAIN, 0); /* no thread */
    CHECK_EQ(look_up("both.test", &stream), TEMPORARY);
}

/* Those whose streams are gone count still, until the system has answered. */
static void lookups_are_limited(void) {
    enum { MOST = 16 };
    AbiValue streams[MOST], address, more;
    for (int i = 0; i < MOST; i++) CHECK_EQ(look_up("late.test", &streams[i]), FINE);
    CHECK_EQ(look_up("both.test", &more), TEMPORARY);
    for (int i = 0; i < MOST / 2; i++) drop(streams[i]);
    CHECK_EQ(look_up("both.test", &more), TEMPORARY);
    CHECK_EQ(next_address(streams[MOST - 1], &address), FINE);
    CHECK_EQ(look_up("both.test", &more), FINE);
    drop(more);
    for (int i = MOST / 2; i < MOST; i++) drop(streams[i]);
}

/* ---- time ---- */

static void deadlines_in_order(void) {
    enum { TIMERS = 50 };
    static AbiValue timers[TIMERS + 2];
    uint64_t begin = now();
    for (uint64_t i = 0; i < TIMERS; i++) /* mixed: 7 has no divisor in common with 50 */
        timers[i] = after(HOURS(i * 7 % TIMERS + 1));
    timers[TIMERS] = after(UINT64_MAX);
    timers[TIMERS + 1] = after(UINT64_MAX - now() + 1); /* beyond the end of the clock */
    for (uint64_t hour = 1; hour <= TIMERS; hour++) {
        CHECK_EQ(poll_all(timers, TIMERS + 2), 1);
        uint32_t which = ready_one(0);
        CHECK_EQ(which * 7 % TIMERS + 1, hour);
        CHECK_EQ(now() - begin, HOURS(hour));
        drop(timers[which]);
        timers[which] = timers[TIMERS]; /* never; and twice in the list */
    }
    drop(timers[TIMERS]), drop(timers[TIMERS + 1]);
    AbiValue nothing = after(0), past = at(begin), future = at(now() + 1);
    AbiValue twice[5] = {future, nothing, past, nothing, future};
    CHECK_EQ(poll_all(twice, 5), 3);
    for (size_t i = 0; i < 3; i++) CHECK_EQ(ready_one(i), i + 1);
    WasiWants wants;
    CHECK(!wasi_wants(wasi, &wants)); /* nobody waits for the others any more */
    CHECK_EQ(poll_all(&future, 1), 1);
    CHECK_EQ(now() - begin, HOURS(TIMERS) + 1);
    drop(nothing), drop(past), drop(future);
}

/* Nothing else is to come: the clock goes where the guest sends it. */
static void to_the_end_of_time(void) {
    AbiValue never = at(UINT64_MAX), last = at(UINT64_MAX - 1);
    AbiValue both[2] = {never, last};
    CHECK_EQ(poll_all(both, 2), 1);
    CHECK_EQ(ready_one(0), 1);
    CHECK_EQ(now(), UINT64_MAX - 1);
    AbiValue one = after(1), two = after(2), none = after(0);
    CHECK_EQ(call("wasi:io/poll", "[method]pollable.ready", &one), VM_DONE);
    CHECK_EQ(result[0].bits, 0);
    CHECK_EQ(call("wasi:io/poll", "[method]pollable.ready", &two), VM_DONE);
    CHECK_EQ(result[0].bits, 0);
    CHECK_EQ(poll_all(&none, 1), 1);
    drop(never), drop(last), drop(one), drop(two), drop(none);
}

/* As many as a guest may hold, all in one list. */
static void every_handle(void) {
    enum { ALL = 1000000 };
    AbiValue *all = calloc(ALL, sizeof *all), duration;
    uint64_t begin = now();
    size_t n = 0;
    VmStatus status = VM_DONE;
    for (; n < ALL && status == VM_DONE; n += status == VM_DONE) {
        duration = bits(HOURS(1) + n / 3);
        status = call("wasi:clocks/monotonic-clock", "subscribe-duration", &duration);
        all[n] = result[0];
    }
    CHECK_EQ(status, VM_TRAP);
    CHECK(n > ALL - 100 && n < ALL);
    CHECK_EQ(poll_all(all, n), 3);
    for (size_t i = 0; i < 3; i++) CHECK_EQ(ready_one(i), i);
    CHECK_EQ(now() - begin, HOURS(1));
    for (size_t i = 0; i < n; i++) drop(all[i]);
    duration = bits(0);
    CHECK_EQ(call("wasi:clocks/monotonic-clock", "subscribe-duration", &duration), VM_DONE);
    drop(result[0]);
    free(all);
}

/* What they wait for is told once for each descriptor. */
static void many_pollables_of_some_sockets(void) {
    enum { SOCKETS = 100, ALL = 50 * SOCKETS };
    static AbiValue sockets[SOCKETS], all[ALL];
    for (size_t i = 0; i < SOCKETS; i++) {
        sockets[i] = new_socket(false, 0);
        CHECK_EQ(to("start-connect", sockets[i], far(SLOW)), FINE);
    }
    for (size_t i = 0; i < ALL; i++)
        all[i] = pollable_of(TCP, "[method]tcp-socket.subscribe", sockets[i % SOCKETS]);
    AbiValue list = {.list = {all, ALL}};
    CHECK_EQ(call("wasi:io/poll", "poll", &list), VM_SUSPEND);
    WasiWants wants;
    CHECK(wasi_wants(wasi, &wants));
    CHECK_EQ(wants.count, SOCKETS);
    CHECK_EQ(poll_all(all, ALL), ALL);
    for (size_t i = 0; i < ALL; i++) drop(all[i]);
    for (size_t i = 0; i < SOCKETS; i++) drop(sockets[i]);
}

/* ---- limits ---- */

static size_t longest_read(AbiValue in) {
    CHECK_EQ(in_call("blocking-read", in, UINT64_MAX), FINE);
    return payload(0).list.len;
}

static size_t most_read = 64 << 10; /* where nothing else is said */

static void reads_are_limited(void) {
    End a, b;
    connected_pair(0, &a, &b);
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(out_call("check-write", a.out, NULL, 0), FINE);
        CHECK_EQ(out_call("write", a.out, block, 60000), FINE);
    }
    CHECK_EQ(longest_read(b.in), most_read);
    drop_end(a), drop_end(b);
}

/* A guest that may hold no more traps, and what the call has opened already is closed. */
static void traps_leave_nothing(void) {
    enum { MOST = 6 };
    AbiValue held[MOST], family = bits(0), lookup[2] = {network, text("both.test")};
    unsigned port, n = 0;
    AbiValue listener = listening(0, &port), s = new_socket(false, 0);
    CHECK_EQ(to("start-connect", s, loopback(0, port)), FINE); /* network and two sockets, yet */
    wait_tcp(listener);
    for (; n < 2; n++) held[n] = after(0);
    size_t open = fake_net_open(fake);
    CHECK_EQ(tcp("accept", &listener), TRAPPED); /* room for one of its three handles */
    CHECK_EQ(fake_net_open(fake), open + 1);     /* that one is the guest's, which has ended */
    CHECK_EQ(call("wasi:sockets/tcp-create-socket", "create-tcp-socket", &family), VM_TRAP);
    CHECK_EQ(call("wasi:sockets/udp-create-socket", "create-udp-socket", &family), VM_TRAP);
    CHECK_EQ(call(DNS, "resolve-addresses", lookup), VM_TRAP);
    CHECK_EQ(fake_net_open(fake), open + 1);
    while (n) drop(held[--n]);
    drop(s), drop(listener);
}

static void without_v6_only(void) {
    AbiValue s;
    fake_net_fail(fake, FAKE_SET, ENOPROTOOPT, 0);
    CHECK_EQ(make_socket(false, 1, &s), NOT_SUPPORTED);
    CHECK_EQ(fake_net_open(fake), 0);
    CHECK_EQ(make_socket(true, 1, &s), FINE);
    CHECK_EQ(call(UDP, "[method]udp-socket.address-family", &s), VM_DONE);
    CHECK_EQ(result[0].bits, 1);
    drop(s);
}

/* ---- two clocks ---- */

static void clocks_stand_still(void) {
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(call("wasi:clocks/monotonic-clock", "now", NULL), VM_DONE);
        CHECK_EQ(result[0].bits, now());
        CHECK_EQ(call("wasi:clocks/wall-clock", "now", NULL), VM_DONE);
        CHECK_EQ(result[0].bits, 946684800 + now() / 1000000000);
        CHECK_EQ(result[1].bits, now() % 1000000000);
        AbiValue timer = after(SECONDS(86400) + 5);
        CHECK_EQ(poll_all(&timer, 1), 1);
        drop(timer);
    }
    CHECK_EQ(call("wasi:clocks/monotonic-clock", "resolution", NULL), VM_DONE);
    CHECK_EQ(result[0].bits, 1);
    CHECK_EQ(call("wasi:clocks/wall-clock", "resolution", NULL), VM_DONE);
    CHECK_EQ(result[0].bits, 0);
    CHECK_EQ(result[1].bits, 1);
}

/* Deadlines of the machine's clock do not move that of a guest for which time is fixed. */
static void clocks_are_not_mixed(void) {
    WasiContext context = {
        .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1, .is_deterministic = true};
    host_open(&context);
    uint64_t begin = wasi_time(wasi);
    wasi_want_real_time(wasi, wasi_now() + 1000000);
    CHECK(wasi_wait(wasi));
    wasi_want_real_time(wasi, 0);
    wasi_want_time(wasi, begin + HOURS(1));
    CHECK(wasi_wait(wasi)); /* something has happened there */
    CHECK_EQ(wasi_time(wasi), begin);
    wasi_want_real_time(wasi, wasi_now() + HOURS(1));
    wasi_want_time(wasi, begin + HOURS(2));
    CHECK(wasi_wait(wasi));
    CHECK_EQ(wasi_time(wasi), begin + HOURS(2));
    host_close();
}

/* ---- the whole ---- */

static void nothing_stays(void) { CHECK_EQ(fake_net_open(fake), 0); }

static void every_code_was_told(void) {
    for (int i = 0; i < CODES; i++)
        if (!has_told[i]) CHECK_EQ(i, -1);
}

static WasiNetRule rules[5];

static void open_host(WasiContext *context, const FakeScript *of) {
    fake = fake_net_new(of);
    open_network(context, rules, 5);
}

static void close_host(void) {
    host_close();
    RUN(nothing_stays);
    fake_net_free(fake);
}

int main(void) {
    static const char *const said[] = {"tcp:192.0.2.0/24:*", "udp:192.0.2.0/24:*",
                                       "tcp:127.0.0.1:*", "udp:127.0.0.1:*", "listen:127.0.0.1:*"};
    static const char *const with_names[] = {"tcp:192.0.2.0/24:*", "udp:192.0.2.0/24:*",
                                             "tcp:127.0.0.1:*", "listen:127.0.0.1:*", "dns"};
    WasiContext context = {.stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1};
    arena = arena_new();
    grant(said, 5, rules);
    open_host(&context, &script);
    RUN(every_way_to_fail);
    RUN(full_queues);
    RUN(errors_of_accepting);
    RUN(calls_that_fail);
    RUN(bytes_come_back);
    RUN(reset_in_a_write);
    RUN(writes_after_the_end);
    RUN(many_datagrams);
    RUN(far_datagrams);
    RUN(clocks_stand_still);
    RUN(deadlines_in_order);
    RUN(every_handle);
    RUN(many_pollables_of_some_sockets);
    RUN(reads_are_limited);
    RUN(peers_that_never_read);
    close_host();
    grant(with_names, 5, rules);
    context.limits.max_read = most_read = 1000;
    open_host(&context, &script);
    RUN(answers_of_the_resolver);
    RUN(lookups_are_limited);
    RUN(reads_are_limited);
    RUN(to_the_end_of_time);
    RUN(every_code_was_told);
    close_host();
    context.limits.max_resources = 6;
    static const FakeScript with_v6;
    open_host(&context, &with_v6);
    RUN(without_v6_only);
    RUN(traps_leave_nothing);
    host_close();
    fake_net_free(fake);
    RUN(clocks_are_not_mixed);
    arena_free(arena);
    return test_end("wasi fake");
}
