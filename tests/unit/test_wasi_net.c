/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The rules of --net-allow: which are rules, and what each lets through. */
#include "tests/test.h"
#include "wasi/net.h"

#include <arpa/inet.h>

static Arena *arena;

static WasiAddress address_of(const char *text, unsigned port) {
    char name[WASI_MAX_NAME];
    WasiAddress address = {0};
    if (wasi_read_host(str_from(text), name, &address) != WASI_HOST_ADDRESS)
        printf("no address: %s\n", text);
    address.port = (uint16_t)port;
    return address;
}

static const char *const good[] = {
    "tcp:db.local:5432",
    "udp:*:53",
    "listen:127.0.0.1:8080",
    "dns",
    "dns:*",
    "dns:Example.COM.",
    "dns:*.example.com",
    "tcp:10.0.0.0/8:*",
    "tcp:[::1]:80",
    "tcp:[fd00::/8]:1-2",
    "listen:*:*",
    "listen:0.0.0.0:0",
    "tcp:1.2.3.4:1-65535",
    "udp:_srv.local:53",
    "tcp:0.0.0.0/0:443",
    "listen:[::]:8000-9000",
    "tcp:a-b.c1:1",
};
static const char *const bad[] = {
    "",
    "tcp",
    "tcp:",
    "tcp:host",
    "tcp:host:",
    "tcp::80",
    "tcp:host:0",
    "tcp:host:65536",
    "tcp:host:2-1",
    "tcp:host:1-",
    "tcp:host:-1",
    "tcp:host:1-2-3",
    "tcp:host:80x",
    "tcp:::1:80",
    "tcp:[::1:80",
    "tcp:[host]:80",
    "tcp:1.2.3:80",
    "tcp:127.1:80",
    "tcp:0x7f000001:80",
    "tcp:10.0.0.0/33:80",
    "tcp:10.0.0/8:80",
    "tcp:[::1]/8:80",
    "tcp:[::/129]:80",
    "tcp:a/8:80",
    "tcp:10.0.0.0/:80",
    "listen:localhost:80",
    "listen:*.a:80",
    "icmp:*:*",
    "TCP:a:1",
    "dns:",
    "dns:1.2.3.4",
    "dns:a b",
    "tcp:-a:80",
    "tcp:a-:80",
    "tcp:a..b:80",
    "tcp:*.*.b:80",
    "dns:a:53",
    "tcp:a\n:80",
    "udp:99999999999999999999:1",
    "tcp:h:99999999999999999999",
};

static void rules_are_read(void) {
    WasiNetRule rule;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const char *wrong = wasi_read_rule(arena, str_from(good[i]), &rule);
        if (wrong) printf("%s: %s\n", good[i], wrong);
        CHECK(!wrong);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bool refused = wasi_read_rule(arena, str_from(bad[i]), &rule);
        if (!refused) printf("%s\n", bad[i]);
        CHECK(refused);
    }
    char label[80] = "dns:", name[400] = "dns:";
    memset(label + 4, 'a', 63);
    CHECK(!wasi_read_rule(arena, str_from(label), &rule));
    label[67] = 'a';
    CHECK(wasi_read_rule(arena, str_from(label), &rule));
    for (int i = 0; i < 127; i++) memcpy(name + 4 + 2 * i, "a.", 2); /* 253 without the last dot */
    CHECK(!wasi_read_rule(arena, str_from(name), &rule));
    memcpy(name + 4 + 254, "a", 2);
    CHECK(wasi_read_rule(arena, str_from(name), &rule));
}

static const struct {
    const char *rule;
    WasiNetUse use;
    const char *address;
    unsigned port;
    bool allowed;
} decisions[] = {
    {"tcp:1.2.3.4:80", WASI_NET_TCP, "1.2.3.4", 80, true},
    {"tcp:1.2.3.4:80", WASI_NET_TCP, "1.2.3.4", 81, false},
    {"tcp:1.2.3.4:80", WASI_NET_UDP, "1.2.3.4", 80, false},
    {"tcp:1.2.3.4:80", WASI_NET_LISTEN, "1.2.3.4", 80, false},
    {"tcp:1.2.3.4:80", WASI_NET_TCP, "1.2.3.5", 80, false},
    {"tcp:1.2.3.4:80", WASI_NET_TCP, "::102:304", 80, false},
    {"tcp:[::ffff:1.2.3.4]:80", WASI_NET_TCP, "1.2.3.4", 80, true},
    {"tcp:10.0.0.0/8:*", WASI_NET_TCP, "10.255.255.255", 1, true},
    {"tcp:10.0.0.0/8:*", WASI_NET_TCP, "11.0.0.0", 1, false},
    {"tcp:10.0.0.0/8:*", WASI_NET_TCP, "a00::", 1, false},
    {"tcp:10.128.0.0/9:*", WASI_NET_TCP, "10.127.255.255", 1, false},
    {"tcp:10.128.0.0/9:*", WASI_NET_TCP, "10.128.0.0", 65535, true},
    {"tcp:10.1.2.3/31:*", WASI_NET_TCP, "10.1.2.2", 1, true},
    {"tcp:10.1.2.3/31:*", WASI_NET_TCP, "10.1.2.4", 1, false},
    {"tcp:0.0.0.0/0:*", WASI_NET_TCP, "8.8.8.8", 1, true},
    {"tcp:0.0.0.0/0:*", WASI_NET_TCP, "::1", 1, false},
    {"udp:[fd00::/8]:53", WASI_NET_UDP, "fdff::1", 53, true},
    {"udp:[fd00::/8]:53", WASI_NET_UDP, "fe00::1", 53, false},
    {"udp:[2001:db8::/33]:53", WASI_NET_UDP, "2001:db8:7fff::", 53, true},
    {"udp:[2001:db8::/33]:53", WASI_NET_UDP, "2001:db8:8000::", 53, false},
    /* what is sent on as IPv4 is decided on as that, unless the range was written for it */
    {"tcp:10.0.0.0/8:*", WASI_NET_TCP, "64:ff9b::a00:1", 1, false},
    {"tcp:[::/0]:*", WASI_NET_TCP, "2606:4700::1", 1, true},
    {"tcp:[::/0]:*", WASI_NET_TCP, "64:ff9b::a00:1", 1, false},
    {"tcp:[64:ff9b::/95]:*", WASI_NET_TCP, "64:ff9b::a00:1", 1, false},
    {"tcp:[64:ff9b::/96]:*", WASI_NET_TCP, "64:ff9b::a00:1", 1, true},
    {"tcp:[64:ff9b::a00:1]:*", WASI_NET_TCP, "64:ff9b::a00:1", 1, true},
    {"udp:[64:ff9b::/32]:*", WASI_NET_UDP, "64:ff9b:1::a00:1", 1, false},
    {"udp:[64:ff9b:1::/48]:*", WASI_NET_UDP, "64:ff9b:1::a00:1", 1, true},
    {"tcp:[::/32]:*", WASI_NET_TCP, "::ffff:0:10.0.0.1", 1, false},
    {"tcp:[2000::/3]:*", WASI_NET_TCP, "2002:a00:1::1", 1, false},
    {"tcp:[2002::/16]:*", WASI_NET_TCP, "2002:a00:1::1", 1, true},
    {"tcp:[2000::/3]:*", WASI_NET_TCP, "2001::f5ff:fffe", 1, false},
    {"tcp:[2000::/3]:*", WASI_NET_TCP, "2001:1::f5ff:fffe", 1, true},
    {"tcp:*:*", WASI_NET_TCP, "64:ff9b::a00:1", 1, true},
    {"listen:[::/0]:*", WASI_NET_LISTEN, "2002:a00:1::1", 1, true},
    {"udp:*:53", WASI_NET_UDP, "::1", 53, true},
    {"udp:*:53-54", WASI_NET_UDP, "1.1.1.1", 54, true},
    {"udp:*:53-54", WASI_NET_UDP, "1.1.1.1", 55, false},
    {"listen:127.0.0.1:*", WASI_NET_LISTEN, "127.0.0.1", 0, true},
    {"listen:127.0.0.1:80", WASI_NET_LISTEN, "127.0.0.1", 0, false},
    {"listen:127.0.0.1:0", WASI_NET_LISTEN, "127.0.0.1", 0, true},
    {"listen:127.0.0.1:80", WASI_NET_LISTEN, "0.0.0.0", 80, false},
    {"listen:127.0.0.1:80", WASI_NET_TCP, "127.0.0.1", 80, false},
    {"dns", WASI_NET_TCP, "127.0.0.1", 80, false},
    {"tcp:name:80", WASI_NET_TCP, "1.2.3.4", 80, false},
};

static void rules_decide(void) {
    for (size_t i = 0; i < sizeof decisions / sizeof *decisions; i++) {
        WasiNetRule rule;
        CHECK(!wasi_read_rule(arena, str_from(decisions[i].rule), &rule));
        WasiNet net = {.rules = &rule, .rule_count = 1};
        WasiAddress address = address_of(decisions[i].address, decisions[i].port);
        bool allowed = wasi_net_allows(&net, decisions[i].use, &address);
        if (allowed != decisions[i].allowed)
            printf("%s %s\n", decisions[i].rule, decisions[i].address);
        CHECK_EQ(allowed, decisions[i].allowed);
    }
    static const WasiNet none;
    WasiAddress address = address_of("1.2.3.4", 80);
    for (int use = 0; use < 4; use++) CHECK(!wasi_net_allows(&none, (WasiNetUse)use, &address));
    CHECK(!wasi_net_resolves(&none, "localhost"));
}

/* A wide range grants what becomes IPv4 where other rules grant all that it may become. */
static void translated_addresses_need_both(void) {
    static const char *const said[] = {"tcp:[::/0]:1-99", "tcp:10.0.0.0/8:50", "tcp:0.0.0.0/0:60"};
    WasiNetRule rules[3];
    for (int i = 0; i < 3; i++) CHECK(!wasi_read_rule(arena, str_from(said[i]), &rules[i]));
    WasiNet net = {.rules = rules, .rule_count = 3};
    static const struct {
        const char *address;
        uint16_t port;
        bool allowed;
    } rows[] = {
        {"64:ff9b::a00:1", 50, true},   {"64:ff9b::a00:1", 51, false},
        {"64:ff9b::b00:1", 50, false},  {"2002:a00:1::1", 50, true},
        {"2001::f5ff:fffe", 50, true},  {"64:ff9b:1::a00:1", 50, false},
        {"64:ff9b:1::a00:1", 60, true}, {"64:ff9b::a00:1", 100, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        WasiAddress at = address_of(rows[i].address, rows[i].port);
        if (wasi_net_allows(&net, WASI_NET_TCP, &at) != rows[i].allowed)
            printf("%s %u\n", rows[i].address, rows[i].port);
        CHECK_EQ(wasi_net_allows(&net, WASI_NET_TCP, &at), rows[i].allowed);
    }
}

static void names_are_decided_on_what_they_led_to(void) {
    static const char *const said[] = {"tcp:a.test:80", "tcp:*.b.test:81", "udp:localhost:82",
                                       "dns:c.test"};
    WasiNetRule rules[4];
    for (int i = 0; i < 4; i++) CHECK(!wasi_read_rule(arena, str_from(said[i]), &rules[i]));
    WasiNet net = {.rules = rules, .rule_count = 4};
    CHECK(wasi_net_resolves(&net, "a.test") && wasi_net_resolves(&net, "x.b.test"));
    CHECK(wasi_net_resolves(&net, "x.y.b.test") && wasi_net_resolves(&net, "c.test"));
    CHECK(!wasi_net_resolves(&net, "b.test") && !wasi_net_resolves(&net, "xb.test"));
    CHECK(!wasi_net_resolves(&net, "xxb.test"));
    CHECK(!wasi_net_resolves(&net, "x.a.test") && !wasi_net_resolves(&net, ".b.test"));
    WasiAddress at = address_of("5.6.7.8", 80);
    wasi_net_learn(&net, "c.test", &at);
    CHECK(!wasi_net_allows(&net, WASI_NET_TCP, &at));
    wasi_net_learn(&net, "a.test", &at);
    CHECK(wasi_net_allows(&net, WASI_NET_TCP, &at));
    CHECK(!wasi_net_allows(&net, WASI_NET_UDP, &at));
    at.port = 81; /* of the other rule */
    CHECK(!wasi_net_allows(&net, WASI_NET_TCP, &at));
    wasi_net_learn(&net, "www.b.test", &at);
    CHECK(wasi_net_allows(&net, WASI_NET_TCP, &at));
    static const char *const ours[] = {
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "169.254.169.254", "224.0.0.1", "::1", "::", "fe80::1",
        "ff02::1", "64:ff9b::7f00:1", "255.255.255.255",
        /* translated by the network's own prefix, wherever it has the address; in tunnels */
        "64:ff9b:1::7f00:1", "64:ff9b:1:fffe::a9fe:a9fe",
        "64:ff9b:1:7f00:0:100::", "64:ff9b:1:7f:0:1::", "64:ff9b:1::7f:0:100:0",
        "64:ff9b:1:7f00:0:100::1", "::ffff:0:127.0.0.1", "2002:7f00:1::", "2002:a9fe:a9fe::1",
        "2002:e000:1::1", "2001::80ff:fffe"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        at = address_of(ours[i], 80);
        wasi_net_learn(&net, "a.test", &at);
        CHECK(!wasi_net_allows(&net, WASI_NET_TCP, &at));
    }
    static const char *const others[] = {
        "64:ff9b::a00:1",        "64:ff9b:1::a00:1", "64:ff9b:1:fffe::808:808",
        "64:ff9b:1:808:8:800::", "2002:a00:1::1",    "2001::f5ff:fffe"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        at = address_of(others[i], 80);
        wasi_net_learn(&net, "a.test", &at);
        CHECK(wasi_net_allows(&net, WASI_NET_TCP, &at));
    }
    at = address_of("127.0.0.1", 82);
    wasi_net_learn(&net, "localhost", &at);
    CHECK(wasi_net_allows(&net, WASI_NET_UDP, &at));
    for (unsigned i = 0; i < 2 * WASI_MAX_KNOWN; i++) { /* a name with addresses without end */
        at = address_of("9.9.0.0", 80);
        at.bytes[2] = (uint8_t)(i >> 8), at.bytes[3] = (uint8_t)i;
        wasi_net_learn(&net, "a.test", &at);
        CHECK(wasi_net_allows(&net, WASI_NET_TCP, &at));
    }
    CHECK_EQ(net.known_count, WASI_MAX_KNOWN);
    at = address_of("5.6.7.8", 80);
    CHECK(!wasi_net_allows(&net, WASI_NET_TCP, &at));
}

static void names_have_one_form(void) {
    char name[WASI_MAX_NAME];
    WasiAddress address;
    CHECK_EQ(wasi_read_host(STR("WWW.Example.ORG."), name, &address), WASI_HOST_NAME);
    CHECK_STR(str_from(name), "www.example.org");
    WasiHost host = wasi_read_host(STR("B\xc3\xbc"
                                       "cher.example"),
                                   name, &address);
    if (host == WASI_HOST_FOREIGN) printf("skipped: names that are not ASCII, without libidn2\n");
    else CHECK_EQ(host, WASI_HOST_NAME);
    if (host == WASI_HOST_NAME) CHECK_STR(str_from(name), "xn--bcher-kva.example");
    CHECK_EQ(wasi_read_host(STR("::ffff:1.2.3.4"), name, &address), WASI_HOST_ADDRESS);
    CHECK(!address.is_v6 && address.bytes[0] == 1 && address.bytes[3] == 4);
    CHECK_EQ(wasi_read_host(STR("a\0b"), name, &address), WASI_HOST_INVALID);
    CHECK_EQ(wasi_read_host(STR("1.2.3.4\0"), name, &address), WASI_HOST_INVALID);
}

int main(void) {
    arena = arena_new();
    RUN(rules_are_read);
    RUN(rules_decide);
    RUN(translated_addresses_need_both);
    RUN(names_are_decided_on_what_they_led_to);
    RUN(names_have_one_form);
    arena_free(arena);
    return test_end("wasi net");
}
