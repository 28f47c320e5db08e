/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WASI_NET_H
#define WASI_NET_H

#include "base/str.h"

/* Which part of the network is granted: rules, as a user writes them, and decisions by them. */

typedef struct {
    bool is_v6;
    uint8_t bytes[16]; /* the first 4 of IPv4, the others zero */
    uint16_t port;
    uint32_t flow, scope; /* of IPv6 */
} WasiAddress;

bool wasi_is_mapped(const WasiAddress *address); /* IPv4 in IPv6 */
void wasi_unmap(WasiAddress *address);           /* which is then IPv4, without a port */
bool wasi_same_host(const WasiAddress *a, const WasiAddress *b); /* whatever their ports are */

/* The name of a host, or its address. */
typedef enum {
    WASI_HOST_NAME,
    WASI_HOST_ADDRESS, /* also in brackets; IPv4 where it is IPv4 mapped into IPv6 */
    WASI_HOST_INVALID,
    WASI_HOST_FOREIGN /* not ASCII, and nothing here can translate it */
} WasiHost;
enum { WASI_MAX_NAME = 254 }; /* with a NUL */
/* Names are told as the DNS has them: in ASCII and lower case, without a dot at the end. */
WasiHost wasi_read_host(Str said, char name[WASI_MAX_NAME], WasiAddress *address);

typedef enum { WASI_NET_TCP, WASI_NET_UDP, WASI_NET_LISTEN, WASI_NET_DNS } WasiNetUse;

typedef struct {
    WasiNetUse use;
    enum {
        WASI_NET_ANY,
        WASI_NET_RANGE, /* addresses that begin with `bits` bits of `from` */
        WASI_NET_NAME,
        WASI_NET_DOMAIN /* names that end in a dot and `name` */
    } host;
    WasiAddress from;
    unsigned bits;
    Str name;
    uint16_t first, last; /* ports */
} WasiNetRule;

/* Reads a rule:
 *
 *     tcp:HOST:PORT  udp:HOST:PORT   to connect to and send to
 *     listen:ADDRESS:PORT            to listen at, by TCP and UDP
 *     dns  dns:NAME                  to resolve any name, this name
 *
 * HOST is a name, `*.domain`, an address (IPv6 in brackets), a range (`10.0.0.0/8`, `[fd00::/8]`), or
 * `*`; PORT a number, a range (`8000-8080`) or `*`. NULL, or what was expected. */
const char *wasi_read_rule(Arena *arena, Str said, WasiNetRule *rule);

/* The rules, and which addresses the names in them turned out to have. Zeroed: nothing is granted. */
enum { WASI_MAX_KNOWN = 256 };
typedef struct {
    const WasiNetRule *rules;
    size_t rule_count;
    struct {
        size_t rule;
        WasiAddress address;
    } known[WASI_MAX_KNOWN]; /* the oldest are forgotten */
    size_t known_count, oldest;
} WasiNet;

bool wasi_net_allows(const WasiNet *net, WasiNetUse use, const WasiAddress *address);
/* Whether there is any rule of that kind. */
bool wasi_net_has(const WasiNet *net, WasiNetUse use);
/* Whether a name (of wasi_read_host) may be resolved. */
bool wasi_net_resolves(const WasiNet *net, const char *name);
/* The host has resolved a name: what names it may be reached by that address from now on. The
 * owner of a name could tell any address, so those of this machine and its links do not count, but
 * for names of `localhost`. */
void wasi_net_learn(WasiNet *net, const char *name, const WasiAddress *address);

#endif
