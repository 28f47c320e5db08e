/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The grants of the network. What a guest reaches is decided on the address that it reaches, never on
 * a name: a rule with a name holds for those addresses that the host itself has found for that name
 * during this run. So a name that is granted and answers differently the second time leads nowhere
 * that the host has not seen, and a name that answers with the address of this machine leads nowhere.
 * An address of IPv6 that translators or tunnels turn into one of IPv4 is decided on as that, too.
 *
 * A name in a rule and the one that a guest asks for are both brought into the one form that the DNS
 * has (wasi_read_host). Numbers that inet_aton would take as addresses (`127.1`, `0x7f000001`) are
 * no names.
 */
#include "wasi/net.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

/* ---- addresses ---- */

bool wasi_same_host(const WasiAddress *a, const WasiAddress *b) {
    return a->is_v6 == b->is_v6 && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* The address of IPv4 in one of IPv6, whose bytes are these */
static WasiAddress embedded(const WasiAddress *address, const uint8_t at[4]) {
    WasiAddress v4 = {.port = address->port};
    for (size_t i = 0; i < 4; i++) v4.bytes[i] = address->bytes[at[i]];
    return v4;
}

static const uint8_t last_four[4] = {12, 13, 14, 15};

bool wasi_is_mapped(const WasiAddress *address) {
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};
    return address->is_v6 && memcmp(address->bytes, prefix, sizeof prefix) == 0;
}

void wasi_unmap(WasiAddress *address) {
    if (!wasi_is_mapped(address)) return;
    *address = embedded(address, last_four);
    address->port = 0;
}

static bool starts_with(const WasiAddress *address, const WasiAddress *from, unsigned bits) {
    if (address->is_v6 != from->is_v6) return false;
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(address->bytes, from->bytes, whole) != 0) return false;
    return !rest || (address->bytes[whole] ^ from->bytes[whole]) >> (8 - rest) == 0;
}

static bool read_address(Str text, WasiAddress *address) {
    char c[INET6_ADDRSTRLEN];
    *address = (WasiAddress){0};
    if (text.len >= sizeof c) return false;
    memcpy(c, text.ptr, text.len);
    c[text.len] = 0;
    if (strlen(c) != text.len) return false;
    if (inet_pton(AF_INET, c, address->bytes) == 1) return true;
    if (inet_pton(AF_INET6, c, address->bytes) != 1) return false;
    address->is_v6 = true;
    wasi_unmap(address);
    return true;
}

static bool is_loopback(const WasiAddress *a) {
    static const WasiAddress one = {.is_v6 = true, .bytes = {[15] = 1}};
    return a->is_v6 ? wasi_same_host(a, &one) : a->bytes[0] == 127;
}

/* Addresses of IPv6 that are sent on as IPv4: by translators (RFC 6052, 8215, 2765) and in tunnels (3056, 4380).
 * Of the second it is the network's choice where the address is; the others are those that it may be. */
static const struct {
    WasiAddress prefix;
    unsigned bits;
    bool is_inverted;
    uint8_t places[4][4];
} translations[] = {
    {{.is_v6 = true, .bytes = {0, 0x64, 0xff, 0x9b}}, 96, false, {{12, 13, 14, 15}}},
    {{.is_v6 = true, .bytes = {0, 0x64, 0xff, 0x9b, 0, 1}},
     48,
     false,
     {{12, 13, 14, 15}, {6, 7, 9, 10}, {7, 9, 10, 11}, {9, 10, 11, 12}}},
    {{.is_v6 = true, .bytes = {[8] = 0xff, [9] = 0xff}}, 96, false, {{12, 13, 14, 15}}},
    {{.is_v6 = true, .bytes = {0x20, 0x02}}, 16, false, {{2, 3, 4, 5}}},
    {{.is_v6 = true, .bytes = {0x20, 0x01}}, 32, true, {{12, 13, 14, 15}}},
};
enum { NOT_TRANSLATED = sizeof translations / sizeof *translations };

static size_t translation_of(const WasiAddress *a) {
    size_t i = 0;
    while (i < NOT_TRANSLATED && !starts_with(a, &translations[i].prefix, translations[i].bits))
        i++;
    return i;
}

/* The addresses that it may become, of which there is at least one; how many there are. */
static size_t translate_address(const WasiAddress *a, size_t translation, WasiAddress to[4]) {
    size_t n = 0;
    for (size_t i = 0; i < 4; i++) {
        const uint8_t *at = translations[translation].places[i];
        if (!at[0]) break;
        to[n] = embedded(a, at);
        for (size_t j = 0; j < 4 && translations[translation].is_inverted; j++)
            to[n].bytes[j] = (uint8_t)~to[n].bytes[j];
        n++;
    }
    return n;
}

/* Of IPv4: this machine, its links, or many machines. */
static bool is_special_v4(const uint8_t *b) {
    return b[0] == 0 || b[0] == 127 || (b[0] == 169 && b[1] == 254) || b[0] >= 224;
}

/* The same of any address. Where it may become several, those count that mean this machine or its links, whatever
 * the others are: numbers of networks look like the rest. */
static bool is_special(const WasiAddress *a) {
    static const WasiAddress low = {.is_v6 = true};
    const uint8_t *b = a->bytes;
    if (!a->is_v6) return is_special_v4(b);
    WasiAddress to[4];
    size_t translation = translation_of(a);
    size_t n = translation < NOT_TRANSLATED ? translate_address(a, translation, to) : 0;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *v4 = to[i].bytes;
        if (is_special_v4(v4) && (n == 1 || (v4[0] && v4[0] < 224))) return true;
    }
    return starts_with(a, &low, 96) || b[0] == 0xff || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80);
}

/* ---- names ---- */

/* libidn2, where it is installed. */
static struct {
    int (*lookup)(const uint8_t *name, uint8_t **out, int flags);
    void (*free)(void *);
} idn;

static void find_idn(void) {
    void *library = dlopen("libidn2.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    *(void **)&idn.free = dlsym(library, "idn2_free");
    void *lookup = dlsym(library, "idn2_lookup_u8");
    if (idn.free) *(void **)&idn.lookup = lookup;
}

/* name -> its form in ASCII, by IDNA 2008 */
static WasiHost translate(char name[WASI_MAX_NAME]) {
    enum { NFC_INPUT = 1, NONTRANSITIONAL = 8 };
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, find_idn);
    if (!idn.lookup) return WASI_HOST_FOREIGN;
    uint8_t *ascii = NULL;
    if (idn.lookup((const uint8_t *)name, &ascii, NFC_INPUT | NONTRANSITIONAL) != 0)
        return WASI_HOST_INVALID;
    size_t len = strlen((char *)ascii);
    bool fits = len < WASI_MAX_NAME;
    if (fits) memcpy(name, ascii, len + 1);
    idn.free(ascii);
    return fits ? WASI_HOST_NAME : WASI_HOST_INVALID;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_label(Str label) {
    if (!label.len || label.len > 63 || label.ptr[0] == '-' || label.ptr[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++) {
        char c = label.ptr[i];
        if (!is_digit(c) && !(c >= 'a' && c <= 'z') && c != '-' && c != '_') return false;
    }
    return true;
}

/* `12`, `0x7f`: as the last label, the part of an address that is not written as one */
static bool is_number(Str label) {
    bool hex = str_starts(label, STR("0x"));
    for (size_t i = hex ? 2 : 0; i < label.len; i++) {
        char c = label.ptr[i];
        if (!is_digit(c) && !(hex && c >= 'a' && c <= 'f')) return false;
    }
    return true;
}

/* name: label ('.' label)* */
static bool is_name(Str name) {
    Str label = {0};
    for (size_t at = 0; at <= name.len; at += label.len + 1) {
        label = str_from_to(name, at, str_find(name, '.', at));
        if (!is_label(label)) return false;
    }
    return !is_number(label);
}

WasiHost wasi_read_host(Str said, char name[WASI_MAX_NAME], WasiAddress *address) {
    bool bracketed = said.len > 2 && said.ptr[0] == '[' && said.ptr[said.len - 1] == ']';
    Str inner = bracketed ? str_from_to(said, 1, said.len - 1) : said;
    bool colons = str_find(inner, ':', 0) != SIZE_MAX;
    if ((!bracketed || colons) && read_address(inner, address)) return WASI_HOST_ADDRESS;
    if (said.len && said.ptr[said.len - 1] == '.') said.len--;
    if (!said.len || said.len >= WASI_MAX_NAME) return WASI_HOST_INVALID;
    bool foreign = false;
    for (size_t i = 0; i < said.len; i++) {
        char c = said.ptr[i];
        foreign |= (unsigned char)c >= 0x80;
        name[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    name[said.len] = 0;
    if (strlen(name) != said.len) return WASI_HOST_INVALID;
    if (foreign) {
        WasiHost host = translate(name);
        if (host != WASI_HOST_NAME) return host;
    }
    return is_name(str_from(name)) ? WASI_HOST_NAME : WASI_HOST_INVALID;
}

/* ---- rules ---- */

static bool read_number(Str text, unsigned max, unsigned *out) {
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_digit(text.ptr[i])) return false;
        *out = *out * 10 + (unsigned)(text.ptr[i] - '0');
        if (*out > max) return false;
    }
    return text.len > 0;
}

static const char *read_ports(Str text, WasiNetRule *rule) {
    unsigned first = 0, last = UINT16_MAX;
    size_t dash = str_find(text, '-', 0);
    bool any = str_is(text, "*");
    bool good = any || read_number(str_from_to(text, 0, dash), UINT16_MAX, &first);
    if (good && !any) last = first;
    if (good && !any && dash != SIZE_MAX)
        good = read_number(str_after(text, dash + 1), UINT16_MAX, &last);
    if (!any && first == 0 && rule->use != WASI_NET_LISTEN) good = false;
    rule->first = (uint16_t)first;
    rule->last = (uint16_t)last;
    return good && first <= last ? NULL : "a port, a range such as `8000-8080` or `*` at the end";
}

static const char *read_range(Str text, size_t slash, WasiNetRule *rule) {
    rule->host = WASI_NET_RANGE;
    if (!read_address(str_from_to(text, 0, slash), &rule->from)) return "an address before the `/`";
    unsigned most = rule->from.is_v6 ? 128 : 32;
    rule->bits = most;
    if (slash == SIZE_MAX || read_number(str_after(text, slash + 1), most, &rule->bits))
        return NULL;
    return "how many bits of the address count after the `/`";
}

static const char *read_name(Arena *arena, Str text, WasiNetRule *rule) {
    char name[WASI_MAX_NAME];
    bool domain = str_starts(text, STR("*."));
    rule->host = domain ? WASI_NET_DOMAIN : WASI_NET_NAME;
    WasiAddress address;
    WasiHost host = wasi_read_host(domain ? str_after(text, 2) : text, name, &address);
    if (host == WASI_HOST_FOREIGN) return "a name in ASCII (libidn2 is not installed)";
    if (host != WASI_HOST_NAME) return "the name of a host";
    rule->name = str_copy(arena, str_from(name));
    return NULL;
}

static const char *read_rule_host(Arena *arena, Str text, WasiNetRule *rule) {
    bool bracketed = text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']';
    Str inner = bracketed ? str_from_to(text, 1, text.len - 1) : text;
    WasiAddress address;
    if (str_is(text, "*")) return NULL;
    if (!bracketed && str_find(text, ':', 0) != SIZE_MAX)
        return "brackets around an address of IPv6, as in `tcp:[::1]:80`";
    size_t slash = str_find(inner, '/', 0);
    if (bracketed || slash != SIZE_MAX || read_address(inner, &address))
        return read_range(inner, slash, rule);
    if (rule->use == WASI_NET_LISTEN) return "an address, a range of them or `*` to listen at";
    return read_name(arena, text, rule);
}

const char *wasi_read_rule(Arena *arena, Str said, WasiNetRule *rule) {
    static const char *const uses[] = {"tcp", "udp", "listen", "dns"};
    size_t colon = str_find(said, ':', 0), use = 0;
    Str word = str_from_to(said, 0, colon);
    while (use < 4 && !str_is(word, uses[use])) use++;
    *rule = (WasiNetRule){.use = (WasiNetUse)use, .host = WASI_NET_ANY};
    if (use == 4 || (colon == SIZE_MAX && use != WASI_NET_DNS))
        return "`tcp:HOST:PORT`, `udp:HOST:PORT`, `listen:ADDRESS:PORT`, `dns` or `dns:NAME`";
    if (colon == SIZE_MAX) return NULL;
    Str rest = str_after(said, colon + 1);
    if (use == WASI_NET_DNS) return str_is(rest, "*") ? NULL : read_name(arena, rest, rule);
    colon = str_rfind(rest, ':');
    if (colon == SIZE_MAX) return "a host and a port";
    const char *wrong = read_rule_host(arena, str_from_to(rest, 0, colon), rule);
    return wrong ? wrong : read_ports(str_after(rest, colon + 1), rule);
}

/* ---- decisions ---- */

static bool names(const WasiNetRule *rule, Str name) {
    if (rule->host == WASI_NET_NAME) return str_eq(rule->name, name);
    return rule->host == WASI_NET_DOMAIN && name.len > rule->name.len + 1 &&
           str_ends(name, rule->name) && name.ptr[name.len - rule->name.len - 1] == '.';
}

static bool is_known(const WasiNet *net, size_t rule, const WasiAddress *address) {
    for (size_t i = 0; i < net->known_count; i++)
        if (net->known[i].rule == rule && wasi_same_host(&net->known[i].address, address))
            return true;
    return false;
}

/* A range of IPv6 that is wider than what is translated was not written for that: the addresses of IPv4 that the
 * address becomes have to be granted, too. */
static bool range_allows(const WasiNet *net, const WasiNetRule *rule, const WasiAddress *address) {
    if (!starts_with(address, &rule->from, rule->bits)) return false;
    size_t translation = rule->use == WASI_NET_LISTEN ? NOT_TRANSLATED : translation_of(address);
    if (translation == NOT_TRANSLATED || rule->bits >= translations[translation].bits) return true;
    WasiAddress to[4];
    size_t n = translate_address(address, translation, to);
    for (size_t i = 0; i < n; i++)
        if (!wasi_net_allows(net, rule->use, &to[i])) return false; /* of IPv4: not again */
    return true;
}

bool wasi_net_allows(const WasiNet *net, WasiNetUse use, const WasiAddress *address) {
    for (size_t i = 0; i < net->rule_count; i++) {
        const WasiNetRule *rule = &net->rules[i];
        if (rule->use != use || address->port < rule->first || address->port > rule->last) continue;
        if (rule->host == WASI_NET_ANY) return true;
        if (rule->host == WASI_NET_RANGE ? range_allows(net, rule, address)
                                         : is_known(net, i, address))
            return true;
    }
    return false;
}

bool wasi_net_has(const WasiNet *net, WasiNetUse use) {
    for (size_t i = 0; i < net->rule_count; i++)
        if (net->rules[i].use == use) return true;
    return false;
}

bool wasi_net_resolves(const WasiNet *net, const char *name) {
    for (size_t i = 0; i < net->rule_count; i++) {
        const WasiNetRule *rule = &net->rules[i];
        if (rule->use == WASI_NET_DNS && rule->host == WASI_NET_ANY) return true;
        if (names(rule, str_from(name))) return true;
    }
    return false;
}

void wasi_net_learn(WasiNet *net, const char *name, const WasiAddress *address) {
    Str said = str_from(name);
    bool local = str_is(said, "localhost") || str_ends(said, STR(".localhost"));
    if (is_special(address) && !(local && is_loopback(address))) return;
    for (size_t i = 0; i < net->rule_count; i++) {
        const WasiNetRule *rule = &net->rules[i];
        if (rule->use == WASI_NET_DNS || !names(rule, said) || is_known(net, i, address)) continue;
        size_t at =
            net->known_count < WASI_MAX_KNOWN ? net->known_count++ : net->oldest++ % WASI_MAX_KNOWN;
        net->known[at].rule = i;
        net->known[at].address = *address;
    }
}
