/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Heads of requests of HTTP/2, field by field, as the frames bring them (RFC 9113, 8.3).
 *
 *     :method :scheme :authority :path     once each, before the others: the library sees to it
 *     name: value                          names in lower case; none that speak of the connection
 *
 * What is more than that is checked here, by the rules and limits that HTTP/1 has: a handler does not
 * see by which version it was asked.
 */
#include <stdlib.h>

#include "serve/internal.h"

enum { MOST_METHOD = 64, MOST_TRAILERS = 64 };

/* ---- fields ---- */

static Http1Refusal take_pseudo(Request *r, Str name, Str value) {
    const ServeOptions *o = r->server->options;
    if (str_is(name, ":method")) {
        if (value.len > MOST_METHOD) return HTTP1_REFUSED_METHOD_LONG;
        if (!http1_is_token(value)) return HTTP1_REFUSED_METHOD;
        head_text(&r->head, value, &r->method, &r->method_len);
        r->is_head = str_is(value, "HEAD");
    } else if (str_is(name, ":scheme")) {
        if (!http1_is_scheme(value)) return HTTP1_REFUSED_TARGET;
        head_text(&r->head, value, &r->scheme, &r->scheme_len);
    } else if (str_is(name, ":authority")) {
        if (!http1_is_authority(value)) return HTTP1_REFUSED_HOST;
        head_text(&r->head, value, &r->authority, &r->authority_len);
    } else if (str_is(name, ":path")) {
        if (value.len > o->max_target) return HTTP1_REFUSED_FIRST_LINE_LONG;
        head_text(&r->head, value, &r->path, &r->path_len);
    } else return HTTP1_REFUSED_FIELD_NAME;
    return HTTP1_GOOD;
}

static Http1Refusal take_length(Http2Head *h, Str value) {
    uint64_t n = 0;
    for (size_t i = 0; i < value.len; i++) {
        unsigned digit = (unsigned)(value.ptr[i] - '0');
        if (digit > 9 || n > ((uint64_t)INT64_MAX - digit) / 10) return HTTP1_REFUSED_LENGTH;
        n = n * 10 + digit;
    }
    if (!value.len) return HTTP1_REFUSED_LENGTH;
    if (h->has_length) return HTTP1_REFUSED_LENGTHS;
    h->has_length = true;
    h->length = n;
    return HTTP1_GOOD;
}

/* The few fields that mean something to the server itself. */
static Http1Refusal note_field(Http2Head *h, Str name, Str value) {
    if (str_is(name, "host")) {
        if (h->has_host) return HTTP1_REFUSED_HOSTS;
        h->has_host = true;
        return http1_is_authority(value) ? HTTP1_GOOD : HTTP1_REFUSED_HOST;
    }
    if (str_is(name, "expect")) {
        h->is_expected = http1_same_name(value, STR("100-continue"));
        return h->is_expected ? HTTP1_GOOD : HTTP1_REFUSED_EXPECTATION;
    }
    if (str_is(name, "content-length")) return take_length(h, value);
    h->cookies += str_is(name, "cookie");
    return HTTP1_GOOD;
}

static Http1Refusal take_field(Http2Head *h, Request *r, Str name, Str value) {
    const ServeOptions *o = r->server->options;
    if (h->bytes > o->max_head) return HTTP1_REFUSED_HEAD_LONG;
    if (name.len && name.ptr[0] == ':') return take_pseudo(r, name, value);
    if (++h->fields > o->max_fields) return HTTP1_REFUSED_FIELD_COUNT;
    if (name.len + value.len > o->max_target) return HTTP1_REFUSED_FIELD_LONG;
    if (!http1_is_token(name)) return HTTP1_REFUSED_FIELD_NAME;
    if (!http1_is_value(value)) return HTTP1_REFUSED_FIELD_VALUE;
    head_field(&r->head, name, value);
    return note_field(h, name, value);
}

static Http1Refusal take_trailer(Http2Head *h, Request *r, Str name, Str value) {
    const ServeOptions *o = r->server->options;
    if (h->bytes > o->max_head) return HTTP1_REFUSED_TRAILERS_LONG;
    if (++h->fields > MOST_TRAILERS) return HTTP1_REFUSED_TRAILER_COUNT;
    if (name.len + value.len > o->max_target) return HTTP1_REFUSED_TRAILER_LONG;
    if (!http1_is_token(name)) return HTTP1_REFUSED_FIELD_NAME;
    if (!http1_is_value(value)) return HTTP1_REFUSED_FIELD_VALUE;
    if (http1_is_forbidden_trailer(name)) return HTTP1_REFUSED_TRAILER_NAME;
    head_field(&r->trailers, name, value);
    return HTTP1_GOOD;
}

void http2_take_field(Http2Head *h, Request *r, Str name, Str value) {
    enum { BESIDES = 32 }; /* as RFC 9113, 6.5.2 counts them */
    h->bytes += name.len + value.len + BESIDES;
    if (h->refusal) return;
    h->refusal = h->is_whole ? take_trailer(h, r, name, value) : take_field(h, r, name, value);
}

/* ---- the whole ---- */

static bool is_cookie(const Head *head, const Place *p) {
    return str_is(head_str(head, p->name, p->name_len), "cookie");
}

/* A client may send each cookie in a field of its own, so that its tables of fields help (8.2.3); others
 * expect one field. */
static void join_cookies(Head *head) {
    size_t size = 0, len = 0, kept = 0;
    Place *first = NULL;
    for (size_t i = 0; i < head->count; i++)
        if (is_cookie(head, &head->fields[i])) size += head->fields[i].value_len + 2;
    char *all = malloc(size);
    for (size_t i = 0; all && i < head->count; i++) {
        const Place p = head->fields[i];
        if (is_cookie(head, &p)) {
            if (first) memcpy(all + len, "; ", 2), len += 2;
            if (p.value_len) memcpy(all + len, head->text + p.value, p.value_len);
            len += p.value_len;
            if (first) continue;
            first = &head->fields[kept];
        }
        head->fields[kept++] = p;
    }
    head->has_failed |= !all;
    if (all) {
        head->count = kept;
        head_text(head, (Str){all, len}, &first->value, &first->value_len);
    }
    free(all);
}

static Http1Refusal check_host(const Http2Head *h, const Request *r) {
    Str authority = head_str(&r->head, r->authority, r->authority_len);
    if (!h->has_host) return authority.len ? HTTP1_GOOD : HTTP1_REFUSED_NO_HOST;
    for (size_t i = 0; authority.len && i < r->head.count; i++) {
        const Place *p = &r->head.fields[i];
        if (str_is(head_str(&r->head, p->name, p->name_len), "host") &&
            !http1_same_name(authority, head_str(&r->head, p->value, p->value_len)))
            return HTTP1_REFUSED_HOST_DIFFERS;
    }
    return HTTP1_GOOD;
}

static Http1Refusal check_head(const Http2Head *h, const Request *r) {
    Str path = head_str(&r->head, r->path, r->path_len);
    bool is_all = str_is(path, "*") && str_is(request_method(r), "OPTIONS");
    if (r->head.has_failed) return HTTP1_REFUSED_NO_MEMORY;
    if (!is_all && !http1_is_path(path)) return HTTP1_REFUSED_TARGET;
    if (h->has_length && h->length > r->server->options->max_body) return HTTP1_REFUSED_BODY_LONG;
    return check_host(h, r);
}

Http1Refusal http2_end_head(Http2Head *h, Request *r) {
    bool is_connect = str_is(request_method(r), "CONNECT");
    if (!h->refusal && !is_connect) h->refusal = check_head(h, r);
    if (h->cookies > 1) join_cookies(&r->head);
    r->target = is_connect ? r->authority : r->path;
    r->target_len = is_connect ? r->authority_len : r->path_len;
    Http1Refusal refusal = h->refusal;
    *h = (Http2Head){.is_whole = true, .is_expected = h->is_expected};
    return refusal;
}
