/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Heads of HTTP/2: lines of `name: value`, an empty line, trailers; and what becomes of them. The library that reads
 * frames sees to the order of pseudo-fields; here is what it leaves to us. */
#include <stdlib.h>

#include "serve/internal.h"
#include "tests/test.h"

typedef struct {
    const char *fields, *expected;
} Case;

#define USUAL ":method: GET\n:scheme: http\n:authority: a\n:path: /\n"
#define A10   "aaaaaaaaaa"
#define A50   A10 A10 A10 A10 A10
#define X4    "x: 1\nx: 2\nx: 3\nx: 4\n"

static const Case cases[] = {
    {USUAL, "GET http a /"},
    {":method: HEAD\n:scheme: https\n:authority: b:1\n:path: /q?r", "HEAD https b:1 /q?r"},
    {":method: OPTIONS\n:scheme: http\n:authority: a\n:path: *", "OPTIONS http a *"},
    {USUAL "x: 1\ny: 2", "GET http a /|x=1|y=2"},
    {USUAL "host: A", "GET http a /|host=A"},
    {":method: GET\n:scheme: http\n:path: /\nhost: b", "GET http  /|host=b"},
    {USUAL "cookie: a=1", "GET http a /|cookie=a=1"},
    {USUAL "cookie: a=1\nx: 1\ncookie: b=2\ncookie: ", "GET http a /|cookie=a=1; b=2; |x=1"},
    {USUAL "content-length: 100", "GET http a /|content-length=100"},
    {USUAL "expect: 100-Continue", "GET http a /|expect=100-Continue"},
    {USUAL "\ny: 1\ny: 2", "GET http a /|&y=1|&y=2"},
    {":method: CONNECT\n:authority: a:1", "CONNECT  a:1 "},

    {USUAL "host: b", "400 Host is not that of the target"},
    {USUAL "host: a\nhost: a", "400 several fields Host"},
    {USUAL "host: a b", "400 Host is not a host and perhaps a port"},
    {":method: GET\n:scheme: http\n:path: /", "400 a request of HTTP/1.1 without Host"},
    {":method: GET\n:scheme: http\n:authority: me@a\n:path: /",
     "400 Host is not a host and perhaps a port"},
    {":method: GET\n:scheme: http\n:authority: a:65536\n:path: /",
     "400 Host is not a host and perhaps a port"},
    {":method: GET\n:scheme: 1\n:authority: a\n:path: /", "400 the request's target is invalid"},
    {":method: GET\n:scheme: http\n:authority: a\n:path: *", "400 the request's target is invalid"},
    {":method: GET\n:scheme: http\n:authority: a\n:path: a", "400 the request's target is invalid"},
    {":method: GET\n:scheme: http\n:authority: a\n:path: /#",
     "400 the request's target is invalid"},
    {":method: G T\n:scheme: http\n:authority: a\n:path: /", "400 the method is not a token"},
    {":method: " A50 A10 A10, "501 the method is too long"},
    {":method: GET\n:scheme: http\n:authority: a\n:path: /" A50 A50,
     "414 the first line is too long"},
    {USUAL ":x: 1", "400 a field's name is not a token"},
    {USUAL "x y: 1", "400 a field's name is not a token"},
    {USUAL "x: \001", "400 a field's value is invalid"},
    {USUAL "x: " A50 A50, "431 a field is too long"},
    {USUAL X4 X4, "431 too many fields"},
    {USUAL "x: " A50 "\ny: " A50 "\nz: " A50, "431 the head is too long"},
    {USUAL "content-length: ", "400 Content-Length is not a number below 2^63"},
    {USUAL "content-length: +1", "400 Content-Length is not a number below 2^63"},
    {USUAL "content-length: 9223372036854775808", "400 Content-Length is not a number below 2^63"},
    {USUAL "content-length: 1\ncontent-length: 1", "400 several fields Content-Length"},
    {USUAL "content-length: 101", "413 the body is too long"},
    {USUAL "expect: x", "417 Expect is not 100-continue"},
    {USUAL "host: b\nexpect: x", "417 Expect is not 100-continue"},
    {USUAL "\ncookie: 1", "GET http a /&400 a field that cannot be a trailer"},
    {USUAL "\nte: trailers", "GET http a /&400 a field that cannot be a trailer"},
    {USUAL "\n:path: /", "GET http a /&400 a field's name is not a token"},
    {USUAL "\nx: \001", "GET http a /&400 a field's value is invalid"},
    {USUAL "\nx: " A50 A50, "GET http a /&431 a trailer is too long"},
    {USUAL "\nx: " A50 "\nx: " A50 "\nx: " A50 "\nx: " A50 "\nx: " A50,
     "GET http a /&431 the trailers are too long"},
};

static Str part(const Request *r, uint32_t at, uint32_t len) { return head_str(&r->head, at, len); }

static Str fields_of(Arena *arena, Str text, const Head *head, const char *before) {
    for (size_t i = 0; i < head->count; i++) {
        const Place *p = &head->fields[i];
        text = str_fmt(arena, "%.*s%s%.*s=%.*s", STR_ARG(text), before,
                       STR_ARG(head_str(head, p->name, p->name_len)),
                       STR_ARG(head_str(head, p->value, p->value_len)));
    }
    return text;
}

static Str refusal_of(Arena *arena, Http1Refusal refusal) {
    return str_fmt(arena, "%u %s", http1_refusal_status(refusal), http1_refusal_text(refusal));
}

static Str become(Arena *arena, Server *server, Str text) {
    Request r = {.server = server};
    Http2Head head = {0};
    Str all = {0};
    while (text.len || !head.is_whole) {
        Str line = str_from_to(text, 0, str_find(text, '\n', 0));
        text = str_after(text, line.len + 1);
        size_t colon = str_find(line, ':', 1);
        if (line.len)
            http2_take_field(&head, &r, str_from_to(line, 0, colon), str_after(line, colon + 2));
        if (head.is_whole || (line.len && text.len)) continue;
        Http1Refusal refusal = http2_end_head(&head, &r);
        all = refusal ? refusal_of(arena, refusal)
                      : str_fmt(arena, "%.*s %.*s %.*s %.*s", STR_ARG(request_method(&r)),
                                STR_ARG(part(&r, r.scheme, r.scheme_len)),
                                STR_ARG(part(&r, r.authority, r.authority_len)),
                                STR_ARG(part(&r, r.path, r.path_len)));
        if (refusal) break;
        all = fields_of(arena, all, &r.head, "|");
    }
    if (head.refusal)
        all = str_fmt(arena, "%.*s&%.*s", STR_ARG(all), STR_ARG(refusal_of(arena, head.refusal)));
    else all = fields_of(arena, all, &r.trailers, "|&");
    head_free(&r.head);
    head_free(&r.trailers);
    return all;
}

static const Case *at;

static void one(void) {
    const ServeOptions options = {
        .max_head = 400, .max_target = 90, .max_fields = 4, .max_body = 100};
    Server server = {.options = &options};
    Arena *arena = arena_new();
    CHECK_STR(become(arena, &server, str_from(at->fields)), at->expected);
    arena_free(arena);
}

int main(void) {
    for (at = cases; at < cases + sizeof cases / sizeof *cases; at++) RUN(one);
    return test_end("http2_head");
}
