/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef TESTS_SOCKETS_H
#define TESTS_SOCKETS_H

#include "tests/fake_net.h"
#include "tests/wasi.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* wasi:sockets as a guest calls it, over the loopback of this machine or of a network by script. */

#define IO  "wasi:io/streams"
#define TCP "wasi:sockets/tcp"
#define UDP "wasi:sockets/udp"
#define NET "wasi:sockets/network"
#define DNS "wasi:sockets/ip-name-lookup"

/* cases of error-code, counted in network.wit */
enum {
    UNKNOWN,
    DENIED,
    NOT_SUPPORTED,
    INVALID,
    NO_MEMORY,
    TIMED_OUT,
    CONFLICT,
    NOT_IN_PROGRESS,
    WOULD_BLOCK,
    BAD_STATE,
    LIMIT,
    NOT_BINDABLE,
    IN_USE,
    UNREACHABLE,
    REFUSED,
    RESET,
    ABORTED,
    TOO_LARGE,
    NO_NAME,
    TEMPORARY,
    PERMANENT,
    FINE = 99,
    TRAPPED = 98,
    CLOSED_STREAM = 97,
    FAILED = 96
};

static AbiValue network;
static FakeNet *fake; /* NULL: the machine's network */

enum { CODES = 21 };
static bool has_told[CODES]; /* that some call has answered */

static inline unsigned outcome(VmStatus status) {
    if (status != VM_DONE) return TRAPPED;
    if (!result[0].variant.index) return FINE;
    uint64_t code = result[0].variant.payload->bits;
    CHECK(code < CODES);
    has_told[code % CODES] = true;
    return (unsigned)code;
}

static inline unsigned method(const char *interface, const char *owner, const char *name,
                              const AbiValue *args) {
    char full[128];
    snprintf(full, sizeof full, "[method]%s%s", owner, name);
    return outcome(call(interface, full, args));
}

static inline unsigned tcp(const char *name, const AbiValue *args) {
    return method(TCP, "tcp-socket.", name, args);
}
static inline unsigned udp(const char *name, const AbiValue *args) {
    return method(UDP, "", name, args);
}

static inline AbiValue payload(size_t i) { return result[0].variant.payload[i]; }
static inline void drop(AbiValue handle) { wasi_drop(wasi, &handle); }

static inline AbiValue v4(unsigned a, unsigned b, unsigned c, unsigned d, unsigned port) {
    AbiValue *cells = ARENA_NEW_ARRAY(arena, AbiValue, 5);
    unsigned all[5] = {port, a, b, c, d};
    for (int i = 0; i < 5; i++) cells[i].bits = all[i];
    return (AbiValue){.variant = {cells, 0}};
}

/* ::, with these last four groups */
static inline AbiValue v6(unsigned e, unsigned f, unsigned g, unsigned h, unsigned port) {
    AbiValue *cells = ARENA_NEW_ARRAY(arena, AbiValue, 11);
    cells[0].bits = port;
    cells[6].bits = e, cells[7].bits = f, cells[8].bits = g, cells[9].bits = h;
    return (AbiValue){.variant = {cells, 1}};
}

static inline AbiValue loopback(unsigned family, unsigned port) {
    return family ? v6(0, 0, 0, 1, port) : v4(127, 0, 0, 1, port);
}

static inline unsigned make_socket(bool is_udp, unsigned family, AbiValue *out) {
    AbiValue arg = bits(family);
    unsigned error =
        outcome(is_udp ? call("wasi:sockets/udp-create-socket", "create-udp-socket", &arg)
                       : call("wasi:sockets/tcp-create-socket", "create-tcp-socket", &arg));
    if (error == FINE) *out = payload(0);
    return error;
}

static inline AbiValue new_socket(bool is_udp, unsigned family) {
    AbiValue s = {0};
    CHECK_EQ(make_socket(is_udp, family, &s), FINE);
    return s;
}

static inline unsigned to(const char *name, AbiValue s, AbiValue address) {
    AbiValue args[3] = {s, network, address};
    return strchr(name, '.') ? udp(name, args) : tcp(name, args);
}

static inline unsigned port_of(bool is_udp, AbiValue s) {
    unsigned error = is_udp ? udp("udp-socket.local-address", &s) : tcp("local-address", &s);
    CHECK_EQ(error, FINE);
    return (unsigned)payload(0).variant.payload[0].bits;
}

/* Blocks as a guest's frames would. */
static inline void wait_on(const char *interface, const char *method, AbiValue object) {
    CHECK_EQ(call(interface, method, &object), VM_DONE);
    AbiValue pollable = result[0];
    int rounds = 0;
    while (call("wasi:io/poll", "[method]pollable.block", &pollable) == VM_SUSPEND &&
           rounds++ < 100)
        wasi_wait(wasi);
    CHECK(rounds < 100);
    drop(pollable);
}

static inline void wait_tcp(AbiValue s) { wait_on(TCP, "[method]tcp-socket.subscribe", s); }

static inline bool is_ready(const char *interface, const char *method, AbiValue object) {
    CHECK_EQ(call(interface, method, &object), VM_DONE);
    AbiValue pollable = result[0];
    CHECK_EQ(call("wasi:io/poll", "[method]pollable.ready", &pollable), VM_DONE);
    bool ready = result[0].bits;
    drop(pollable);
    return ready;
}

static inline AbiValue listening(unsigned family, unsigned *port) {
    AbiValue s = new_socket(false, family);
    CHECK_EQ(to("start-bind", s, loopback(family, 0)), FINE);
    CHECK_EQ(tcp("finish-bind", &s), FINE);
    CHECK_EQ(tcp("start-listen", &s), FINE);
    CHECK_EQ(tcp("finish-listen", &s), FINE);
    *port = port_of(false, s);
    return s;
}

typedef struct {
    AbiValue socket, in, out;
} End;

static inline End finish_connect(AbiValue s) {
    wait_tcp(s);
    CHECK_EQ(tcp("finish-connect", &s), FINE);
    return (End){s, payload(0), payload(1)};
}

static inline End accepted(AbiValue listener) {
    wait_tcp(listener);
    CHECK_EQ(tcp("accept", &listener), FINE);
    return (End){payload(0), payload(1), payload(2)};
}

static inline void drop_end(End e) { drop(e.in), drop(e.out), drop(e.socket); }

static inline void connected_pair(unsigned family, End *client, End *server) {
    unsigned port;
    AbiValue listener = listening(family, &port), s = new_socket(false, family);
    CHECK_EQ(to("start-connect", s, loopback(family, port)), FINE);
    *server = accepted(listener);
    *client = finish_connect(s);
    drop(listener);
}

/* ---- streams ---- */

static inline unsigned stream_outcome(VmStatus status) {
    if (status != VM_DONE) return TRAPPED;
    if (!result[0].variant.index) return FINE;
    return result[0].variant.payload->variant.index ? CLOSED_STREAM : FAILED;
}

static inline unsigned stream_call(const char *name, AbiValue stream, AbiValue argument) {
    char full[128];
    snprintf(full, sizeof full, "[method]%s", name);
    AbiValue args[2] = {stream, argument};
    VmStatus status;
    int rounds = 0;
    while ((status = call(IO, full, args)) == VM_SUSPEND && rounds++ < 100) wasi_wait(wasi);
    return stream_outcome(status);
}

static inline unsigned in_call(const char *name, AbiValue in, uint64_t n) {
    char full[64];
    snprintf(full, sizeof full, "input-stream.%s", name);
    return stream_call(full, in, bits(n));
}

static inline unsigned out_call(const char *name, AbiValue out, const void *bytes, size_t n) {
    char full[64];
    snprintf(full, sizeof full, "output-stream.%s", name);
    return stream_call(full, out, (AbiValue){.list = {(void *)(uintptr_t)bytes, n}});
}

/* What an attempt to connect answers that fails at once: the socket is closed then. */
static inline unsigned refusal(unsigned family, AbiValue address) {
    AbiValue s = new_socket(false, family);
    unsigned error = to("start-connect", s, address);
    CHECK_EQ(to("start-connect", s, address), BAD_STATE);
    drop(s);
    return error;
}

/* ---- datagrams ---- */

static inline AbiValue none(void) { return (AbiValue){.variant = {NULL, 0}}; }
static inline AbiValue some(AbiValue value) {
    AbiValue *cell = ARENA_NEW(arena, AbiValue);
    *cell = value;
    return (AbiValue){.variant = {cell, 1}};
}

static inline unsigned streams_of(AbiValue s, AbiValue remote, AbiValue *in, AbiValue *out) {
    AbiValue args[2] = {s, remote};
    unsigned error = udp("udp-socket.stream", args);
    if (error == FINE) *in = payload(0), *out = payload(1);
    return error;
}

static inline AbiValue bound(unsigned family, unsigned *port) {
    AbiValue s = new_socket(true, family);
    CHECK_EQ(to("udp-socket.start-bind", s, loopback(family, 0)), FINE);
    CHECK_EQ(udp("udp-socket.finish-bind", &s), FINE);
    *port = port_of(true, s);
    return s;
}

static inline unsigned receive(AbiValue in, uint64_t max, bool waits) {
    if (waits) wait_on(UDP, "[method]incoming-datagram-stream.subscribe", in);
    AbiValue args[2] = {in, bits(max)};
    return udp("incoming-datagram-stream.receive", args);
}

static inline size_t received(void) { return payload(0).list.len; }
static inline AbiValue *datagram(size_t i) { return (AbiValue *)payload(0).list.items + 2 * i; }

static inline unsigned permit_of(AbiValue out) {
    CHECK_EQ(udp("outgoing-datagram-stream.check-send", &out), FINE);
    return (unsigned)payload(0).bits;
}

/* The same datagram n times. */
static inline unsigned send_all(AbiValue out, const void *bytes, size_t len, AbiValue remote,
                                size_t n) {
    AbiValue *cells = ARENA_NEW_ARRAY(arena, AbiValue, 2 * n);
    for (size_t i = 0; i < n; i++) {
        cells[2 * i] = (AbiValue){.list = {(void *)(uintptr_t)bytes, len}};
        cells[2 * i + 1] = remote;
    }
    AbiValue args[2] = {out, {.list = {cells, n}}};
    return udp("outgoing-datagram-stream.send", args);
}

static inline unsigned send_one(AbiValue out, const void *bytes, size_t len, AbiValue remote) {
    CHECK(permit_of(out) > 0);
    return send_all(out, bytes, len, remote, 1);
}

/* ---- names ---- */

static inline unsigned look_up(const char *name, AbiValue *stream) {
    AbiValue args[2] = {network, text(name)};
    unsigned error = outcome(call(DNS, "resolve-addresses", args));
    if (error == FINE) *stream = payload(0);
    return error;
}

static inline unsigned next_address(AbiValue stream, AbiValue *address) {
    wait_on(DNS, "[method]resolve-address-stream.subscribe", stream);
    unsigned error =
        outcome(call(DNS, "[method]resolve-address-stream.resolve-next-address", &stream));
    if (error == FINE) *address = payload(0).variant.index ? *payload(0).variant.payload : none();
    if (error == FINE && !payload(0).variant.index) return CLOSED_STREAM;
    return error;
}

/* ---- the host ---- */

static inline void grant(const char *const *said, size_t n, WasiNetRule *rules) {
    for (size_t i = 0; i < n; i++) CHECK(!wasi_read_rule(arena, str_from(said[i]), &rules[i]));
}

static inline void open_network(WasiContext *context, const WasiNetRule *rules, size_t n) {
    context->system = fake ? fake_net_system(fake) : NULL;
    context->net_rules = rules;
    context->net_rule_count = n;
    host_open(context);
    call("wasi:sockets/instance-network", "instance-network", NULL);
    network = result[0];
}

/* ---- who is no guest ---- */

static inline const WasiSockets *below(void) {
    return (fake ? fake_net_system(fake) : &wasi_linux)->sockets;
}

static inline socklen_t raw_address(unsigned last, unsigned port, struct sockaddr_in *at) {
    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    at->sin_addr.s_addr = htonl(0x7f000000 | last);
    return sizeof *at;
}

static inline int raw_connect(unsigned port) {
    struct sockaddr_in at;
    socklen_t size = raw_address(1, port, &at);
    int fd = below()->open(below(), AF_INET, SOCK_STREAM);
    below()->connect(below(), fd, (struct sockaddr *)&at, size);
    return fd;
}

static inline void raw_close(int fd) { below()->close(below(), fd); }

static inline void raw_reset(int fd) {
    const struct linger now = {1, 0};
    if (fake) fake_net_reset(fake, fd);
    else setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now), close(fd);
}

static inline int open_count(void) {
    int fd = open("/", O_PATH); /* the lowest that is free */
    close(fd);
    return fd + (fake ? (int)fake_net_open(fake) : 0);
}

#endif
