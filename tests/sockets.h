/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef TESTS_SOCKETS_H
#define TESTS_SOCKETS_H

#include "tests/wasi.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* wasi:sockets as a guest calls it, over the loopback. */

#define IO  "wasi:io/streams"
#define TCP "wasi:sockets/tcp"
#define UDP "wasi:sockets/udp"
#define NET "wasi:sockets/network"
#define DNS "wasi:sockets/ip-name-lookup"

/* cases of error-code, counted in network.wit */
enum {
    DENIED = 1,
    INVALID = 3,
    CONFLICT = 6,
    NOT_IN_PROGRESS = 7,
    WOULD_BLOCK = 8,
    BAD_STATE = 9,
    LIMIT = 10,
    NOT_BINDABLE = 11,
    IN_USE = 12,
    REFUSED = 14,
    RESET = 15,
    TOO_LARGE = 17,
    FINE = 99,
    TRAPPED = 98
};

static AbiValue network;
static bool has_v6;

static unsigned outcome(VmStatus status) {
    if (status != VM_DONE) return TRAPPED;
    return result[0].variant.index ? (unsigned)result[0].variant.payload->bits : FINE;
}

static unsigned method(const char *interface, const char *owner, const char *name,
                       const AbiValue *args) {
    char full[128];
    snprintf(full, sizeof full, "[method]%s%s", owner, name);
    return outcome(call(interface, full, args));
}

static unsigned tcp(const char *name, const AbiValue *args) {
    return method(TCP, "tcp-socket.", name, args);
}
static unsigned udp(const char *name, const AbiValue *args) { return method(UDP, "", name, args); }

static AbiValue payload(size_t i) { return result[0].variant.payload[i]; }
static void drop(AbiValue handle) { wasi_drop(wasi, &handle); }

static AbiValue v4(unsigned a, unsigned b, unsigned c, unsigned d, unsigned port) {
    AbiValue *cells = ARENA_NEW_ARRAY(arena, AbiValue, 5);
    unsigned all[5] = {port, a, b, c, d};
    for (int i = 0; i < 5; i++) cells[i].bits = all[i];
    return (AbiValue){.variant = {cells, 0}};
}

/* ::, with these last four groups */
static AbiValue v6(unsigned e, unsigned f, unsigned g, unsigned h, unsigned port) {
    AbiValue *cells = ARENA_NEW_ARRAY(arena, AbiValue, 11);
    cells[0].bits = port;
    cells[6].bits = e, cells[7].bits = f, cells[8].bits = g, cells[9].bits = h;
    return (AbiValue){.variant = {cells, 1}};
}

static AbiValue loopback(unsigned family, unsigned port) {
    return family ? v6(0, 0, 0, 1, port) : v4(127, 0, 0, 1, port);
}

static unsigned make_socket(bool is_udp, unsigned family, AbiValue *out) {
    AbiValue arg = bits(family);
    unsigned error =
        outcome(is_udp ? call("wasi:sockets/udp-create-socket", "create-udp-socket", &arg)
                       : call("wasi:sockets/tcp-create-socket", "create-tcp-socket", &arg));
    if (error == FINE) *out = payload(0);
    return error;
}

static AbiValue new_socket(bool is_udp, unsigned family) {
    AbiValue s = {0};
    CHECK_EQ(make_socket(is_udp, family, &s), FINE);
    return s;
}

static unsigned to(const char *name, AbiValue s, AbiValue address) {
    AbiValue args[3] = {s, network, address};
    return strchr(name, '.') ? udp(name, args) : tcp(name, args);
}

static unsigned port_of(bool is_udp, AbiValue s) {
    unsigned error = is_udp ? udp("udp-socket.local-address", &s) : tcp("local-address", &s);
    CHECK_EQ(error, FINE);
    return (unsigned)payload(0).variant.payload[0].bits;
}

/* Blocks as a guest's frames would. */
static void wait_on(const char *interface, const char *method, AbiValue object) {
    CHECK_EQ(call(interface, method, &object), VM_DONE);
    AbiValue pollable = result[0];
    int rounds = 0;
    while (call("wasi:io/poll", "[method]pollable.block", &pollable) == VM_SUSPEND &&
           rounds++ < 100)
        wasi_wait(wasi);
    CHECK(rounds < 100);
    drop(pollable);
}

static void wait_tcp(AbiValue s) { wait_on(TCP, "[method]tcp-socket.subscribe", s); }

static bool is_ready(const char *interface, const char *method, AbiValue object) {
    CHECK_EQ(call(interface, method, &object), VM_DONE);
    AbiValue pollable = result[0];
    CHECK_EQ(call("wasi:io/poll", "[method]pollable.ready", &pollable), VM_DONE);
    bool ready = result[0].bits;
    drop(pollable);
    return ready;
}

static AbiValue listening(unsigned family, unsigned *port) {
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

static End finish_connect(AbiValue s) {
    wait_tcp(s);
    CHECK_EQ(tcp("finish-connect", &s), FINE);
    return (End){s, payload(0), payload(1)};
}

static End accepted(AbiValue listener) {
    wait_tcp(listener);
    CHECK_EQ(tcp("accept", &listener), FINE);
    return (End){payload(0), payload(1), payload(2)};
}

static void drop_end(End e) { drop(e.in), drop(e.out), drop(e.socket); }

static void connected_pair(unsigned family, End *client, End *server) {
    unsigned port;
    AbiValue listener = listening(family, &port), s = new_socket(false, family);
    CHECK_EQ(to("start-connect", s, loopback(family, port)), FINE);
    *server = accepted(listener);
    *client = finish_connect(s);
    drop(listener);
}

static int open_count(void) {
    int fd = open("/", O_PATH); /* the lowest that is free */
    close(fd);
    return fd;
}

#endif
