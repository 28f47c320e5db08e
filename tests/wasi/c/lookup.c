/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Resolving names: wasi:sockets/ip-name-lookup. "If the input is an IP address string, the address
 * is parsed and returned as-is without making any external requests." No server of names is needed
 * but for `localhost`, which every system has.
 */
#include "sockets.h"

static dns_resolve_address_stream_ref ref(dns_resolve_address_stream s) {
    return dns_resolve_address_stream_borrow(s);
}

/* The code of starting, or of the first answer; its address. */
static int resolve(wit_string name, net_option_ip_address *first) {
    __auto_type r = dns_resolve_addresses(network(), name);
    if (r.is_err) return r.val.err;
    dns_resolve_address_stream s = r.val.ok;
    int code;
    for (int tries = 0;; tries++) {
        __auto_type next = dns_resolve_address_stream_resolve_next_address(ref(s));
        code = next.is_err ? (int)next.val.err : OK;
        if (code == OK) *first = next.val.ok;
        if (code != NET_ERROR_CODE_WOULD_BLOCK || tries > 20) break;
        ready_within(dns_resolve_address_stream_subscribe(ref(s)), 1000);
    }
    dns_resolve_address_stream_drop(s);
    return code;
}

static void literals(void) {
    static const struct {
        const char *name;
        bool is_v6;
        uint16_t want[8];
    } all[] = {
        {"127.0.0.1", false, {127, 0, 0, 1}},
        {"0.0.0.0", false, {0, 0, 0, 0}},
        {"255.255.255.255", false, {255, 255, 255, 255}},
        {"192.0.2.33", false, {192, 0, 2, 33}},
        {"1.2.3.4", false, {1, 2, 3, 4}},
        {"::1", true, {0, 0, 0, 0, 0, 0, 0, 1}},
        {"::", true, {0}},
        {"2001:db8::8a2e:370:7334", true, {0x2001, 0xdb8, 0, 0, 0, 0x8a2e, 0x370, 0x7334}},
        {"2001:DB8::A", true, {0x2001, 0xdb8, 0, 0, 0, 0, 0, 10}},
        {"1:2:3:4:5:6:7:8", true, {1, 2, 3, 4, 5, 6, 7, 8}},
        {"fe80::1", true, {0xfe80, 0, 0, 0, 0, 0, 0, 1}},
        {"64:ff9b::192.0.2.33", true, {0x64, 0xff9b, 0, 0, 0, 0, 0xc000, 0x221}},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        net_option_ip_address got = {0};
        int code = resolve(wit_string_from(all[i].name), &got);
        outcome(code, YES, net_name, "%s", all[i].name);
        bool right =
            code == OK && got.is_some && (got.val.tag == NET_IP_ADDRESS_IPV6) == all[i].is_v6;
        const uint16_t *w = all[i].want;
        net_ipv4_address v4 = got.val.val.ipv4;
        if (right && all[i].is_v6)
            right = __builtin_memcmp(&got.val.val.ipv6, w, sizeof got.val.val.ipv6) == 0;
        else if (right) right = v4.f0 == w[0] && v4.f1 == w[1] && v4.f2 == w[2] && v4.f3 == w[3];
        check(right, "%s: that address", all[i].name);
        __auto_type r = dns_resolve_addresses(network(), wit_string_from(all[i].name));
        if (r.is_err) continue;
        for (int k = 0; k < 3; k++) {
            __auto_type next = dns_resolve_address_stream_resolve_next_address(ref(r.val.ok));
            while (next.is_err && next.val.err == NET_ERROR_CODE_WOULD_BLOCK) {
                ready_within(dns_resolve_address_stream_subscribe(ref(r.val.ok)), 1000);
                next = dns_resolve_address_stream_resolve_next_address(ref(r.val.ok));
            }
            /* "If all addresses have been exhausted, this function returns `none`." */
            check(!next.is_err && next.val.ok.is_some == (k == 0), "%s: answer %d", all[i].name, k);
        }
        dns_resolve_address_stream_drop(r.val.ok);
    }
}

/* "`invalid-argument`: `name` is a syntactically invalid domain name or IP address." A host may also
 * leave that to its resolver, which knows no such name. */
static void wrong_names(void) {
    static const char *const all[] = {"",
                                      " ",
                                      "a b",
                                      "a.b<&>",
                                      "127.0.0.256.",
                                      "[::1",
                                      "::1]",
                                      "[::]:80",
                                      "[::]:443",
                                      "127.0.0.1:80",
                                      "example.com:443",
                                      "http://example.com",
                                      "example.com/path",
                                      "1:2:3:4:5:6:7",
                                      ":::",
                                      "1::2::3",
                                      "12345::",
                                      "..",
                                      ".a",
                                      "a..b",
                                      "user@example.com",
                                      "\x01",
                                      "a\nb"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        net_option_ip_address got = {0};
        int code = resolve(wit_string_from(all[i]), &got);
        outcome(code == OK && !got.is_some ? (int)NET_ERROR_CODE_NAME_UNRESOLVABLE : code,
                E(INVALID_ARGUMENT), net_name, "name %d", (int)i);
    }
    char *label = WIT_NEW(char, 64 + 5);
    for (int i = 0; i < 64; i++) label[i] = 'a';
    __builtin_memcpy(label + 64, ".test", 5);
    net_option_ip_address got = {0};
    outcome(resolve((wit_string){label, 69}, &got), E(INVALID_ARGUMENT) | E(NAME_UNRESOLVABLE),
            net_name, "a label of 64 bytes");
    char *name = WIT_NEW(char, 300);
    for (int i = 0; i < 300; i++) name[i] = i % 2 ? '.' : 'a';
    outcome(resolve((wit_string){name, 299}, &got), E(INVALID_ARGUMENT) | E(NAME_UNRESOLVABLE),
            net_name, "a name of 299 bytes");
    outcome(resolve(WIT_STR("a\0b"), &got), E(INVALID_ARGUMENT), net_name, "a zero inside");
}

static void localhost(void) {
    static const char *const all[] = {"localhost", "LOCALHOST", "LocalHost"};
    for (int i = 0; i < 3; i++) {
        net_option_ip_address got = {0};
        int code = resolve(wit_string_from(all[i]), &got);
        outcome(code, YES, net_name, "%s", all[i]);
        bool right = code == OK && got.is_some;
        if (right && got.val.tag == NET_IP_ADDRESS_IPV4) right = got.val.val.ipv4.f0 == 127;
        else if (right) right = got.val.val.ipv6.f7 == 1 && got.val.val.ipv6.f5 == 0;
        check(right, "%s: an address of this machine", all[i]);
    }
}

static void waiting(void) {
    uint64_t before = mono_now();
    __auto_type r = dns_resolve_addresses(network(), WIT_STR("localhost"));
    check(mono_now() - before < 1000000000, "\"This function never blocks.\"");
    if (r.is_err) return;
    check(ready_within(dns_resolve_address_stream_subscribe(ref(r.val.ok)), 20000),
          "it becomes ready");
    outcome(CODE(dns_resolve_address_stream_resolve_next_address(ref(r.val.ok))),
            YES | E(NAME_UNRESOLVABLE), net_name, "and then has an answer");
    dns_resolve_address_stream_drop(r.val.ok);
    __auto_type dropped = dns_resolve_addresses(network(), WIT_STR("localhost"));
    if (!dropped.is_err) dns_resolve_address_stream_drop(dropped.val.ok);
    check(true, "it can be dropped at once");
}

void cases(void) {
    PART(literals);
    PART(wrong_names);
    PART(localhost);
    PART(waiting);
}
