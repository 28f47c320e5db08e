/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The writer of HTTP/1.1. It adds heads and ends to a buffer; of a body it says what comes before and
 * after each piece, so that the bytes themselves are sent from where they are.
 *
 *     length     known            unknown
 *     request    Content-Length   Transfer-Encoding: chunked
 *     response   Content-Length   the same, or to HTTP/1.0 until the connection closes
 *
 * Nothing that a guest chooses gets out of its place: names and methods are tokens, values and
 * reasons have no control characters, targets no spaces, and the fields that frame a message are
 * written here and nowhere else.
 */
#include <stdio.h>
#include <stdlib.h>

#include "wasi/http1.h"

/* ---- bytes ---- */

/* A whole head is written, or none of it: where memory fails, `out` is cut back to `start`. */
typedef struct {
    Http1Out *out;
    size_t start;
    bool has_failed;
} Sink;

static void put(Sink *sink, Str s) {
    Http1Out *out = sink->out;
    if (s.len > out->cap - out->len) {
        size_t cap = out->cap ? out->cap : 256;
        while (cap - out->len < s.len) cap *= 2;
        char *more = realloc(out->at, cap);
        if (!more) {
            sink->has_failed = true;
            return;
        }
        out->at = more;
        out->cap = cap;
    }
    if (s.len) memcpy(out->at + out->len, s.ptr, s.len);
    out->len += s.len;
}

static void put_number(Sink *sink, uint64_t n) {
    char text[24];
    int len = snprintf(text, sizeof text, "%llu", (unsigned long long)n);
    put(sink, (Str){text, (size_t)len});
}

static void put_field(Sink *sink, Str name, Str value) {
    put(sink, name);
    put(sink, STR(": "));
    put(sink, value);
    put(sink, STR("\r\n"));
}

static Http1Refusal finish(Sink *sink) {
    put(sink, STR("\r\n"));
    if (!sink->has_failed) return HTTP1_GOOD;
    sink->out->len = sink->start;
    return HTTP1_REFUSED_NO_MEMORY;
}

/* ---- checks ---- */

static bool is_length_field(Str name) { return http1_same_name(name, STR("content-length")); }

/* Whether a value is this number, and nothing else. */
static bool is_number(Str value, uint64_t n) {
    char text[24];
    int len = snprintf(text, sizeof text, "%llu", (unsigned long long)n);
    return str_eq(value, (Str){text, (size_t)len});
}

static Http1Refusal check_field(const Http1Field *f) {
    if (!http1_is_token(f->name)) return HTTP1_REFUSED_FIELD_NAME;
    if (!http1_is_value(f->value)) return HTTP1_REFUSED_FIELD_VALUE;
    return http1_is_connection_field(f->name) ? HTTP1_REFUSED_FORBIDDEN_FIELD : HTTP1_GOOD;
}

/* Those of a head, whose body has `length` bytes; *says_length: they tell it. */
static Http1Refusal check_fields(const Http1Field *fields, size_t count, bool may_have_length,
                                 uint64_t length, bool *says_length) {
    for (size_t i = 0; i < count; i++) {
        Http1Refusal refusal = check_field(&fields[i]);
        Str value = http1_trim(fields[i].value);
        if (!refusal && is_length_field(fields[i].name)) {
            if (*says_length) refusal = HTTP1_REFUSED_LENGTHS;
            else if (!may_have_length || !is_number(value, length))
                refusal = HTTP1_REFUSED_LENGTH_DIFFERS;
            *says_length = true;
        }
        if (!refusal && http1_same_name(fields[i].name, STR("expect")) &&
            !http1_same_name(value, STR("100-continue")))
            refusal = HTTP1_REFUSED_EXPECTATION;
        if (refusal) return refusal;
    }
    return HTTP1_GOOD;
}

static void put_fields(Sink *sink, const Http1Field *fields, size_t count) {
    for (size_t i = 0; i < count; i++) put_field(sink, fields[i].name, http1_trim(fields[i].value));
}

static void put_framing(Sink *sink, Http1Framing framing, uint64_t length, bool says_length) {
    if (framing == HTTP1_CHUNKED) put_field(sink, STR("Transfer-Encoding"), STR("chunked"));
    if (framing != HTTP1_LENGTH || says_length) return;
    put(sink, STR("Content-Length: "));
    put_number(sink, length);
    put(sink, STR("\r\n"));
}

/* ---- requests ---- */

static bool is_good_target(const Http1RequestHead *head) {
    Str target = head->target;
    if (str_is(head->method, "CONNECT"))
        return http1_has_port(target) && str_eq(target, head->host);
    if (str_is(target, "*")) return str_is(head->method, "OPTIONS");
    if (http1_is_path(target)) return true;
    /* "http://", the host, and a path: to a proxy */
    size_t start = str_starts(target, STR("http://"))    ? 7
                   : str_starts(target, STR("https://")) ? 8
                                                         : SIZE_MAX;
    Str rest = str_after(target, start);
    return start != SIZE_MAX && str_starts(rest, head->host) &&
           http1_is_path(str_after(rest, head->host.len));
}

/* Methods that usually have a body say so where they have none (RFC 9110, 8.6). */
static bool expects_body(Str method) {
    return str_is(method, "POST") || str_is(method, "PUT") || str_is(method, "PATCH");
}

Http1Refusal http1_write_request(Http1Writer *writer, const Http1RequestHead *head, Http1Out *out) {
    bool says_length = false, is_connect = str_is(head->method, "CONNECT");
    if (writer->is_open || writer->is_last) return HTTP1_REFUSED_ORDER;
    if (!http1_is_token(head->method)) return HTTP1_REFUSED_METHOD;
    if (!http1_is_authority(head->host)) return HTTP1_REFUSED_HOST;
    if (!is_good_target(head)) return HTTP1_REFUSED_TARGET;
    if (is_connect && head->length) return HTTP1_REFUSED_CONNECT_BODY;
    Http1Framing framing = head->length == HTTP1_UNKNOWN_LENGTH ? HTTP1_CHUNKED : HTTP1_LENGTH;
    Http1Refusal refusal =
        check_fields(head->fields, head->field_count, framing == HTTP1_LENGTH && !is_connect,
                     head->length, &says_length);
    if (refusal) return refusal;
    if (head->length == 0 && !says_length && !expects_body(head->method)) framing = HTTP1_NO_BODY;

    Sink sink = {.out = out, .start = out->len};
    put(&sink, head->method);
    put(&sink, STR(" "));
    put(&sink, head->target);
    put(&sink, STR(" HTTP/1.1\r\n"));
    put_field(&sink, STR("Host"), head->host);
    put_fields(&sink, head->fields, head->field_count);
    put_framing(&sink, framing, head->length, says_length);
    if (head->close) put_field(&sink, STR("Connection"), STR("close"));
    if ((refusal = finish(&sink))) return refusal;
    writer->framing = framing;
    writer->left = framing == HTTP1_LENGTH ? head->length : 0;
    writer->is_open = true;
    writer->is_last = head->close || is_connect;
    return HTTP1_GOOD;
}

/* ---- responses ---- */

static const struct {
    uint16_t status;
    const char *reason;
} reasons[] = {
    {100, "Continue"},
    {102, "Processing"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {207, "Multi-Status"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {508, "Loop Detected"},
    {511, "Network Authentication Required"},
};

Str http1_reason(unsigned status) {
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status) return str_from(reasons[i].reason);
    return STR("");
}

static void put_status_line(Sink *sink, unsigned status, Str reason) {
    put(sink, STR("HTTP/1.1 "));
    put_number(sink, status);
    put(sink, STR(" "));
    put(sink, reason.len ? reason : http1_reason(status));
    put(sink, STR("\r\n"));
}

/* How the body is sent; a response to HEAD has the fields of one that is not. */
static Http1Framing response_framing(const Http1ResponseHead *head) {
    if (head->status == 204 || (head->to_connect && head->status < 300)) return HTTP1_NO_BODY;
    if (head->length != HTTP1_UNKNOWN_LENGTH) return HTTP1_LENGTH;
    return head->to_1_0 ? HTTP1_UNTIL_CLOSE : HTTP1_CHUNKED;
}

Http1Refusal http1_check_response(const Http1ResponseHead *head, Http1Framing *framing,
                                  bool *says_length) {
    *says_length = false;
    *framing = response_framing(head);
    if (head->status < 200 || head->status > 999) return HTTP1_REFUSED_STATUS;
    if (!http1_is_value(head->reason)) return HTTP1_REFUSED_FIELD_VALUE;
    Http1Refusal refusal = check_fields(head->fields, head->field_count, *framing == HTTP1_LENGTH,
                                        head->length, says_length);
    if (!refusal && *framing == HTTP1_NO_BODY && head->length != HTTP1_UNKNOWN_LENGTH &&
        head->length)
        refusal = HTTP1_REFUSED_LENGTH_DIFFERS;
    /* 304 may tell the length that 200 would have, and has none of its own. */
    if (head->status == 304 && !*says_length) *framing = HTTP1_NO_BODY;
    return refusal;
}

Http1Refusal http1_write_response(Http1Writer *writer, const Http1ResponseHead *head,
                                  Http1Out *out) {
    bool says_length;
    Http1Framing framing;
    if (writer->is_open || writer->is_last) return HTTP1_REFUSED_ORDER;
    Http1Refusal refusal = http1_check_response(head, &framing, &says_length);
    if (refusal) return refusal;
    bool has_no_body = head->to_head || head->status == 304;
    bool is_tunnel = head->to_connect && head->status < 300;
    bool is_last = head->close || is_tunnel || (framing == HTTP1_UNTIL_CLOSE && !has_no_body);
    Sink sink = {.out = out, .start = out->len};
    put_status_line(&sink, head->status, head->reason);
    put_fields(&sink, head->fields, head->field_count);
    put_framing(&sink, framing, head->length, says_length);
    if (is_last && !is_tunnel) put_field(&sink, STR("Connection"), STR("close"));
    else if (head->to_1_0) put_field(&sink, STR("Connection"), STR("keep-alive"));
    if ((refusal = finish(&sink))) return refusal;
    writer->framing = has_no_body ? HTTP1_NO_BODY : framing;
    writer->left = writer->framing == HTTP1_LENGTH ? head->length : 0;
    writer->is_open = true;
    writer->is_last = is_last;
    return HTTP1_GOOD;
}

Http1Refusal http1_check_informational(unsigned status, const Http1Field *fields, size_t count) {
    bool says_length = false;
    if (status < 100 || status > 199 || status == 101) return HTTP1_REFUSED_STATUS;
    return check_fields(fields, count, false, 0, &says_length);
}

Http1Refusal http1_write_informational(Http1Writer *writer, unsigned status,
                                       const Http1Field *fields, size_t count, Http1Out *out) {
    if (writer->is_open || writer->is_last) return HTTP1_REFUSED_ORDER;
    Http1Refusal refusal = http1_check_informational(status, fields, count);
    if (refusal) return refusal;
    Sink sink = {.out = out, .start = out->len};
    put_status_line(&sink, status, (Str){0});
    put_fields(&sink, fields, count);
    return finish(&sink);
}

/* ---- bodies ---- */

Http1Refusal http1_write_body(Http1Writer *writer, uint64_t n, Str *before, Str *after) {
    *before = *after = (Str){0};
    if (!writer->is_open) return HTTP1_REFUSED_ORDER;
    if (!n) return HTTP1_GOOD;
    switch (writer->framing) {
    case HTTP1_NO_BODY: return HTTP1_REFUSED_OVERWRITTEN;
    case HTTP1_UNTIL_CLOSE: return HTTP1_GOOD;
    case HTTP1_LENGTH:
        if (n > writer->left) return HTTP1_REFUSED_OVERWRITTEN;
        writer->left -= n;
        return HTTP1_GOOD;
    case HTTP1_CHUNKED:
        if (n > INT64_MAX) return HTTP1_REFUSED_BODY_LONG;
        int len = snprintf(writer->size, sizeof writer->size, "%llx\r\n", (unsigned long long)n);
        *before = (Str){writer->size, (size_t)len};
        *after = STR("\r\n");
        return HTTP1_GOOD;
    }
    return HTTP1_GOOD;
}

Http1Refusal http1_check_trailers(const Http1Field *trailers, size_t count) {
    for (size_t i = 0; i < count; i++) {
        Http1Refusal refusal = check_field(&trailers[i]);
        if (!refusal && http1_is_forbidden_trailer(trailers[i].name))
            refusal = HTTP1_REFUSED_TRAILER_NAME;
        if (refusal) return refusal;
    }
    return HTTP1_GOOD;
}

Http1Refusal http1_write_end(Http1Writer *writer, const Http1Field *trailers, size_t count,
                             Http1Out *out) {
    if (!writer->is_open) return HTTP1_REFUSED_ORDER;
    if (writer->framing == HTTP1_LENGTH && writer->left) return HTTP1_REFUSED_UNDERWRITTEN;
    if (count && writer->framing != HTTP1_CHUNKED) return HTTP1_REFUSED_TRAILERS_UNFRAMED;
    Http1Refusal refusal = http1_check_trailers(trailers, count);
    if (refusal) return refusal;
    if (writer->framing == HTTP1_CHUNKED) {
        Sink sink = {.out = out, .start = out->len};
        put(&sink, STR("0\r\n"));
        put_fields(&sink, trailers, count);
        if ((refusal = finish(&sink))) return refusal;
    }
    writer->is_open = false;
    return HTTP1_GOOD;
}
