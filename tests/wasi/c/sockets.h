/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WASI_SUITE_SOCKETS_H
#define WASI_SUITE_SOCKETS_H

#include "check.h"

/* What the programs of sockets share. The argument is "ipv6" for sockets of that family; all they
 * talk to is this machine by its loopback address. */

#define E(code) BIT(NET_ERROR_CODE_##code)
#define YES     BIT(OK)

typedef net_ip_socket_address Address;

static inline bool is_v6(void) { return text_is(argument(), "ipv6"); }

static inline net_ip_address_family family(void) {
    return is_v6() ? NET_IP_ADDRESS_FAMILY_IPV6 : NET_IP_ADDRESS_FAMILY_IPV4;
}

static inline net_network_ref network(void) {
    static net_network network;
    static bool is_known;
    if (!is_known) network = net_instance_instance_network();
    is_known = true;
    return net_network_borrow(network);
}

static inline Address v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port) {
    return net_ip_socket_address_ipv4(
        (net_ipv4_socket_address){.port = port, .address = {a, b, c, d}});
}

/* An IPv6 address of its first, second, sixth, seventh and last group. */
static inline Address v6(uint16_t a, uint16_t b, uint16_t f, uint16_t g, uint16_t h,
                         uint16_t port) {
    return net_ip_socket_address_ipv6(
        (net_ipv6_socket_address){.port = port, .address = {a, b, 0, 0, 0, f, g, h}});
}

static inline Address loopback(uint16_t port) {
    return is_v6() ? v6(0, 0, 0, 0, 1, port) : v4(127, 0, 0, 1, port);
}

static inline uint16_t port_of(const Address *a) {
    return a->tag == NET_IP_SOCKET_ADDRESS_IPV4 ? a->val.ipv4.port : a->val.ipv6.port;
}

static inline bool same_host(const Address *a, const Address *b) {
    if (a->tag != b->tag) return false;
    if (a->tag == NET_IP_SOCKET_ADDRESS_IPV4)
        return a->val.ipv4.address.f0 == b->val.ipv4.address.f0 &&
               a->val.ipv4.address.f1 == b->val.ipv4.address.f1 &&
               a->val.ipv4.address.f2 == b->val.ipv4.address.f2 &&
               a->val.ipv4.address.f3 == b->val.ipv4.address.f3;
    return __builtin_memcmp(&a->val.ipv6.address, &b->val.ipv6.address,
                            sizeof a->val.ipv6.address) == 0;
}

static inline bool same_address(const Address *a, const Address *b) {
    return same_host(a, b) && port_of(a) == port_of(b);
}

/* Addresses that no socket of the family may be bound or connected to. */
typedef struct {
    const char *name;
    Address address;
    bool also_local; /* not only to be connected to */
} Wrong;

enum { MAX_WRONG = 8 };
static inline int wrong_addresses(Wrong *all, uint16_t port) {
    int n = 0;
    if (is_v6()) {
        all[n++] = (Wrong){"the wrong family", v4(127, 0, 0, 1, port), true};
        all[n++] = (Wrong){"mapped IPv4", v6(0, 0, 0xffff, 0x7f00, 1, port), true};
        all[n++] = (Wrong){"multicast", v6(0xff02, 0, 0, 0, 1, port), true};
        all[n++] = (Wrong){"the unspecified address", v6(0, 0, 0, 0, 0, port), false};
    } else {
        all[n++] = (Wrong){"the wrong family", v6(0, 0, 0, 0, 1, port), true};
        all[n++] = (Wrong){"broadcast", v4(255, 255, 255, 255, port), true};
        all[n++] = (Wrong){"multicast", v4(224, 0, 0, 1, port), true};
        all[n++] = (Wrong){"the unspecified address", v4(0, 0, 0, 0, port), false};
    }
    all[n++] = (Wrong){"port 0", loopback(0), false};
    return n;
}

#endif
