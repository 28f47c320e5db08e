/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What parser and writer of HTTP/1.1 have in common: the classes of characters, the names that mean
 * something, and the table of refusals. The rules are those of RFC 9110 (5: fields, 4.2: authorities)
 * and RFC 3986; where a rule there serves only old senders, it is left out.
 *
 *     token      1*( ALPHA / DIGIT / one of !#$%&'*+-.^_`|~ )
 *     authority  host [ ":" port ]
 *     host       "[" IPv6 "]" / 1*( unreserved / "%" HEXDIG HEXDIG / sub-delims )
 *     path       "/" *( visible ASCII but "#<> )       with no \ before its query
 */
#include "wasi/http1.h"

enum { TOKEN = 1, HOST = 2, PATH = 4, HEX = 8 };

#define T  TOKEN
#define TP (TOKEN | PATH)
#define HP (HOST | PATH)
#define A  (TOKEN | HOST | PATH)
static const uint8_t classes[256] = {
    ['!'] = A,
    ['#'] = T,
    ['$'] = A,
    ['%'] = TP,
    ['&' ... '\''] = A,
    ['(' ... ')'] = HP,
    ['*' ... '+'] = A,
    [','] = HP,
    ['-' ... '.'] = A,
    ['/'] = PATH,
    ['0' ... '9'] = A | HEX,
    [':'] = PATH,
    [';'] = HP,
    ['='] = HP,
    ['?' ... '@'] = PATH,
    ['A' ... 'F'] = A | HEX,
    ['G' ... 'Z'] = A,
    ['[' ... ']'] = PATH,
    ['^'] = TP,
    ['_'] = A,
    ['`'] = TP,
    ['a' ... 'f'] = A | HEX,
    ['g' ... 'z'] = A,
    ['{'] = PATH,
    ['|'] = TP,
    ['}'] = PATH,
    ['~'] = A,
};

/* How many bytes from `from` on are of the class. */
static size_t run(Str s, size_t from, uint8_t class) {
    size_t i = from;
    while (i < s.len && classes[(uint8_t)s.ptr[i]] & class) i++;
    return i - from;
}

bool http1_is_token(Str s) { return s.len > 0 && run(s, 0, TOKEN) == s.len; }

bool http1_is_value(Str s) {
    for (size_t i = 0; i < s.len; i++)
        if (((uint8_t)s.ptr[i] < 0x20 && s.ptr[i] != '\t') || s.ptr[i] == 0x7f) return false;
    return true;
}

bool http1_is_path(Str s) {
    if (!s.len || s.ptr[0] != '/' || run(s, 0, PATH) != s.len) return false;
    size_t query = str_find(s, '?', 0);
    return str_find(str_from_to(s, 0, query), '\\', 0) == SIZE_MAX;
}

bool http1_is_scheme(Str s) {
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool later = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
        if (!alpha && !(i && later)) return false;
    }
    return s.len > 0;
}

/* The length of the host at the front; 0: there is none. */
static size_t host_length(Str s) {
    size_t i = 0;
    if (s.len && s.ptr[0] == '[') {
        for (i = 1; i < s.len; i++)
            if (!(classes[(uint8_t)s.ptr[i]] & HEX) && s.ptr[i] != ':' && s.ptr[i] != '.') break;
        bool is_address = i > 2 && i < s.len && s.ptr[i] == ']' && str_find(s, ':', 0) < i;
        return is_address ? i + 1 : 0;
    }
    for (;;) {
        i += run(s, i, HOST);
        if (i == s.len || s.ptr[i] != '%') return i;
        if (s.len - i < 3 || run(str_from_to(s, i + 1, i + 3), 0, HEX) != 2) return 0;
        i += 3;
    }
}

bool http1_is_authority(Str s) {
    size_t i = host_length(s);
    if (!i || i == s.len) return i > 0;
    if (s.ptr[i] != ':' || s.len - i > 6) return false;
    unsigned port = 0;
    for (i++; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
        port = port * 10 + (unsigned)(s.ptr[i] - '0');
    }
    return port <= 65535;
}

Str http1_trim(Str s) {
    while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t')) s = str_after(s, 1);
    while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t')) s.len--;
    return s;
}

bool http1_has_port(Str s) {
    size_t i = host_length(s);
    return http1_is_authority(s) && s.len - i > 1;
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c; }

bool http1_same_name(Str a, Str b) {
    if (a.len != b.len) return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i])) return false;
    return true;
}

static bool is_among(Str name, const Str *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (http1_same_name(name, names[i])) return true;
    return false;
}

#define IS_AMONG(name, names) is_among(name, names, sizeof(names) / sizeof *(names))

bool http1_is_connection_field(Str name) {
    static const Str names[] = {
        STR_INIT("connection"),         STR_INIT("keep-alive"),
        STR_INIT("proxy-authenticate"), STR_INIT("proxy-authorization"),
        STR_INIT("proxy-connection"),   STR_INIT("host"),
        STR_INIT("transfer-encoding"),  STR_INIT("upgrade"),
        STR_INIT("http2-settings"),
    };
    return IS_AMONG(name, names);
}

bool http1_is_forbidden_trailer(Str name) {
    static const Str names[] = {
        /* framing and content */
        STR_INIT("content-length"),
        STR_INIT("content-encoding"),
        STR_INIT("content-type"),
        STR_INIT("content-range"),
        STR_INIT("trailer"),
        STR_INIT("te"),
        /* modifiers of requests */
        STR_INIT("cache-control"),
        STR_INIT("expect"),
        STR_INIT("max-forwards"),
        STR_INIT("pragma"),
        STR_INIT("range"),
        STR_INIT("if-match"),
        STR_INIT("if-none-match"),
        STR_INIT("if-modified-since"),
        STR_INIT("if-unmodified-since"),
        STR_INIT("if-range"),
        /* authentication and state */
        STR_INIT("authorization"),
        STR_INIT("www-authenticate"),
        STR_INIT("cookie"),
        STR_INIT("set-cookie"),
        /* control of responses */
        STR_INIT("age"),
        STR_INIT("date"),
        STR_INIT("expires"),
        STR_INIT("location"),
        STR_INIT("retry-after"),
        STR_INIT("vary"),
        STR_INIT("warning"),
    };
    return http1_is_connection_field(name) || IS_AMONG(name, names);
}

/* ---- refusals ---- */

static const struct {
    const char *text;
    uint16_t status;
    uint8_t request, response;
} refusals[HTTP1_REFUSAL_COUNT] = {
    [HTTP1_GOOD] = {"nothing is wrong", 200, HTTP_INTERNAL_ERROR, HTTP_INTERNAL_ERROR},
#define REFUSAL(name, status, request, response, text)                                             \
    [HTTP1_REFUSED_##name] = {text, status, HTTP_##request, HTTP_##response},
#include "wasi/http1.def"
#undef REFUSAL
};

const char *http1_refusal_text(Http1Refusal refusal) { return refusals[refusal].text; }

unsigned http1_refusal_status(Http1Refusal refusal) { return refusals[refusal].status; }

HttpErrorCode http1_refusal_code(Http1Refusal refusal, bool in_request) {
    return in_request ? refusals[refusal].request : refusals[refusal].response;
}
