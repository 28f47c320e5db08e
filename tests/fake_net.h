/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef TESTS_FAKE_NET_H
#define TESTS_FAKE_NET_H

#include "wasi/fixed.h"

/*
 * A network by script, and a clock that moves only where somebody waits: a WasiSystem of sockets, names and
 * time, in one process, without the kernel's network. All that happens is decided by the calls that are made,
 * so that a test with timeouts of hours ends at once, and always the same.
 *
 *     FakeNet *net = fake_net_new(&script);
 *     context.system = fake_net_system(net);
 *
 * Its own addresses are those of the loopback, which behaves as Linux's does, and OWN_V4 and OWN_V6, from
 * which other hosts are reached. Of those only the ones of the script exist: all others are unreachable. (One
 * of the script may be given an address of the loopback, too.)
 */

/* A host elsewhere, and what happens to those who reach for it. */
typedef struct {
    const char *address;
    uint16_t port;        /* 0: every */
    int fault;            /* an errno that connecting or sending ends with; 0: it accepts */
    uint64_t delay;       /* nanoseconds until it answers */
    bool echoes;          /* it sends back what it gets */
    bool is_deaf;         /* it never reads */
    size_t resets_after;  /* so many bytes that it has got; 0: never */
    const char *greeting; /* what it sends as soon as somebody has connected; NULL: nothing */
    bool closes;          /* after the greeting */
} FakeHost;

typedef struct {
    const char *name;
    int fault;             /* an EAI_ code; 0: it has addresses, */
    const char *addresses; /* with blanks between them */
    uint64_t delay;
} FakeName;

typedef struct {
    const FakeHost *hosts;
    size_t host_count;
    const FakeName *names;
    size_t name_count;
    size_t piece; /* bytes that one call moves at most; 0: no limit */
    bool has_no_v6;
} FakeScript;

typedef enum {
    FAKE_OPEN,
    FAKE_BIND,
    FAKE_CONNECT,
    FAKE_LISTEN,
    FAKE_ACCEPT,
    FAKE_SHUTDOWN,
    FAKE_LOCAL,
    FAKE_PEER,
    FAKE_GET,
    FAKE_SET,
    FAKE_SEND,
    FAKE_RECEIVE,
    FAKE_RESOLVE,
    FAKE_CALLS
} FakeCall;

#define OWN_V4 "198.51.100.1"
#define OWN_V6 "2001:db8::1"

typedef struct FakeNet FakeNet;
FakeNet *fake_net_new(const FakeScript *script); /* it reads the script as long as it lives */
void fake_net_free(FakeNet *net);                /* ends the lookups that are under way, too */
const WasiSystem *fake_net_system(FakeNet *net);

/* One call fails with an errno, after so many that go as they go. */
void fake_net_fail(FakeNet *net, FakeCall call, int fault, unsigned after);
void fake_net_reset(FakeNet *net, int fd); /* closes a connection, as one that is broken */
uint64_t fake_net_time(const FakeNet *net);
size_t fake_net_open(const FakeNet *net); /* descriptors */

#endif
