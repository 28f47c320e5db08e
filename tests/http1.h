/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef TESTS_HTTP1_H
#define TESTS_HTTP1_H

#include <stdlib.h>

#include "base/buf.h"
#include "wasi/http1.h"

/*
 * What the parser of HTTP/1.1 says of some bytes, as a line of text that does not depend on the
 * pieces in which it gets them:
 *
 *     POST origin / 1.1|Host=a|[5 keep]|"hello"|.|done
 *     GET absolute http a:80 /x 1.1|...       [chunked keep expects]   [none close tunnel]
 *     200 OK 1.1|...                          [eof close]  +Trailer=x  !BARE_LF
 */

static const char *const http1_names[] = {
    "good",
#define REFUSAL(name, status, request, response, text) #name,
#include "wasi/http1.def"
#undef REFUSAL
};

static inline void http1_put_head(Buf *out, const Http1Event *e) {
    switch (e->head.framing) {
    case HTTP1_NO_BODY: buf_str(out, STR("[none")); break;
    case HTTP1_LENGTH: buf_fmt(out, "[%llu", (unsigned long long)e->head.length); break;
    case HTTP1_CHUNKED: buf_str(out, STR("[chunked")); break;
    case HTTP1_UNTIL_CLOSE: buf_str(out, STR("[eof")); break;
    }
    buf_fmt(out, " %s%s%s]|", e->head.keep_alive ? "keep" : "close",
            e->head.is_expected ? " expects" : "", e->head.is_tunnel ? " tunnel" : "");
}

static inline void http1_put_request(Buf *out, const Http1Event *e) {
    static const char *const forms[] = {"origin", "absolute", "authority", "asterisk"};
    const Str parts[] = {e->request.scheme, e->request.authority, e->request.path};
    buf_fmt(out, "%.*s %s", STR_ARG(e->request.method), forms[e->request.form]);
    for (size_t i = 0; i < 3; i++)
        if (parts[i].len) buf_fmt(out, " %.*s", STR_ARG(parts[i]));
    buf_fmt(out, " 1.%u|", e->request.minor);
}

static inline void http1_put_event(Buf *out, const Http1Event *e, bool *in_body) {
    if (e->kind == HTTP1_BODY) {
        if (!*in_body) buf_byte(out, '"');
        *in_body = true;
        buf_str(out, e->body);
        return;
    }
    if (e->kind == HTTP1_MORE) return;
    if (*in_body) buf_str(out, STR("\"|"));
    *in_body = false;
    switch (e->kind) {
    case HTTP1_MORE:
    case HTTP1_BODY: break;
    case HTTP1_REQUEST: http1_put_request(out, e); break;
    case HTTP1_RESPONSE:
        buf_fmt(out, "%u ", e->response.status);
        buf_str(out, e->response.reason);
        buf_fmt(out, " 1.%u%s|", e->response.minor, e->response.is_informational ? " info" : "");
        break;
    case HTTP1_TRAILER:
    case HTTP1_FIELD:
        if (e->kind == HTTP1_TRAILER) buf_byte(out, '+');
        buf_str(out, e->field.name);
        buf_byte(out, '=');
        buf_str(out, e->field.value);
        buf_byte(out, '|');
        break;
    case HTTP1_HEAD: http1_put_head(out, e); break;
    case HTTP1_END: buf_str(out, STR(".|")); break;
    case HTTP1_DONE: buf_str(out, STR("done")); break;
    case HTTP1_REFUSED:
        buf_fmt(out, "!%s", http1_names[e->refused.refusal]);
        if (e->refused.name.len) buf_fmt(out, " %.*s", STR_ARG(e->refused.name));
        break;
    }
}

/* A client asks with the next of the methods, which spaces separate. */
static inline void http1_ask(Http1Parser *parser, Str *methods) {
    if (!methods->len) return;
    size_t space = str_find(*methods, ' ', 0);
    http1_expect(parser, str_from_to(*methods, 0, space));
    *methods = space == SIZE_MAX ? (Str){0} : str_after(*methods, space + 1);
}

typedef struct {
    Str transcript, bodies; /* of all messages, one after the other */
    size_t messages;
    Http1Refusal refusal;
    bool in_message; /* after its first line */
} Http1Reading;

/* The first piece has `first` bytes, the others `later`, none of them 0. Each is a block of its own,
 * so that a sanitizer sees what is read beyond. A client has methods. */
static inline Http1Reading http1_read(Arena *arena, const Http1Limits *limits, const char *methods,
                                      Str text, size_t first, size_t later) {
    Http1Parser *parser = http1_parser_new(methods ? HTTP1_CLIENT : HTTP1_SERVER, limits);
    Http1Reading reading = {0};
    Buf out = {.arena = arena}, bodies = {.arena = arena};
    Str left = str_from(methods);
    bool in_body = false, is_over = false, is_informational = false;
    http1_ask(parser, &left);
    for (size_t at = 0; !is_over;) {
        size_t n = at ? later : first;
        if (n > text.len - at) n = text.len - at;
        if (at == text.len) http1_eof(parser);
        char *block = malloc(n ? n : 1);
        if (n) memcpy(block, text.ptr + at, n);
        Str piece = {block, n};
        at += n;
        for (Http1Event e; !is_over && http1_next(parser, &piece, &e) != HTTP1_MORE;) {
            http1_put_event(&out, &e, &in_body);
            is_over = e.kind == HTTP1_DONE || e.kind == HTTP1_REFUSED;
            if (e.kind == HTTP1_REFUSED) reading.refusal = e.refused.refusal;
            if (e.kind == HTTP1_BODY) buf_str(&bodies, e.body);
            if (e.kind == HTTP1_REQUEST || e.kind == HTTP1_RESPONSE) reading.in_message = true;
            if (e.kind == HTTP1_RESPONSE) is_informational = e.response.is_informational;
            if (e.kind != HTTP1_END) continue;
            reading.messages++;
            reading.in_message = false;
            if (methods && !is_informational) http1_ask(parser, &left);
        }
        free(block);
    }
    http1_parser_free(parser);
    reading.transcript = buf_text(&out);
    reading.bodies = buf_text(&bodies);
    return reading;
}

static inline Str http1_transcript(Arena *arena, const Http1Limits *limits, const char *methods,
                                   Str text, size_t first, size_t later) {
    return http1_read(arena, limits, methods, text, first, later).transcript;
}

#endif
