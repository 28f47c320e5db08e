/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Requests: what stands between a client and a guest. The guest's answer comes in the middle of
 * its calls; it is only noted then, and the client's side sends it when the guest has stopped.
 *
 * An answer whose body is whole by then, as small ones are, has a Content-Length; others are sent in
 * chunks, while the guest writes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "serve/internal.h"

/* ---- heads ---- */

void head_text(Head *head, Str s, uint32_t *at, uint32_t *len) {
    if (s.len > head->cap - head->len) {
        size_t cap = head->cap ? head->cap : 256;
        while (cap - head->len < s.len) cap *= 2;
        char *more = realloc(head->text, cap);
        if (!more) {
            head->has_failed = true;
            *at = *len = 0;
            return;
        }
        head->text = more;
        head->cap = cap;
    }
    *at = (uint32_t)head->len;
    *len = (uint32_t)s.len;
    if (s.len) memcpy(head->text + head->len, s.ptr, s.len);
    head->len += s.len;
}

void head_field(Head *head, Str name, Str value) {
    if (head->count == head->field_cap) {
        size_t cap = head->field_cap ? head->field_cap * 2 : 16;
        Place *more = realloc(head->fields, cap * sizeof *more);
        if (!more) {
            head->has_failed = true;
            return;
        }
        head->fields = more;
        head->field_cap = cap;
    }
    Place *p = &head->fields[head->count++];
    head_text(head, name, &p->name, &p->name_len);
    head_text(head, value, &p->value, &p->value_len);
}

void head_clear(Head *head) {
    head->len = head->count = 0;
    head->has_failed = false;
}

void head_free(Head *head) {
    free(head->text);
    free(head->fields);
    *head = (Head){0};
}

Http1Field *head_fields(const Head *head, size_t more) {
    Http1Field *fields = malloc((head->count + more + 1) * sizeof *fields);
    for (size_t i = 0; fields && i < head->count; i++) {
        const Place *p = &head->fields[i];
        fields[i] = (Http1Field){head_str(head, p->name, p->name_len),
                                 head_str(head, p->value, p->value_len)};
    }
    return fields;
}

static void head_copy(Head *head, HttpFields fields) {
    head_clear(head);
    for (size_t i = 0; i < fields.len; i++) head_field(head, fields.at[i].name, fields.at[i].value);
}

static const Place *find(const Head *head, const char *name) {
    for (size_t i = 0; i < head->count; i++) {
        const Place *p = &head->fields[i];
        if (http1_same_name(head_str(head, p->name, p->name_len), str_from(name))) return p;
    }
    return NULL;
}

/* ---- life ---- */

Request *request_new(Server *server, Client *client) {
    Request *r = calloc(1, sizeof *r);
    if (!r) return NULL;
    r->server = server;
    r->client = client;
    r->is_secure = client->is_secure;
    r->id = ++server->next_id;
    r->start = loop_now(server->loop);
    return r;
}

static void leave_in(Request *r) {
    if (r->in && !r->is_in_taken) wasi_body_abandon(r->in);
    if (r->in) wasi_body_leave(r->in);
    r->in = NULL;
}

void request_free(Request *r) {
    if (!r) return;
    leave_in(r);
    if (r->out) wasi_body_abandon(r->out);
    head_free(&r->head);
    head_free(&r->answer);
    head_free(&r->trailers);
    arena_free(r->page_arena);
    free(r);
}

Str request_method(const Request *r) { return head_str(&r->head, r->method, r->method_len); }

static void tell(const Request *r, bool is_whole) {
    Server *s = r->server;
    uint64_t ns = clock_now() - r->start;
    metrics_answered(s->counters, r->head_has_left ? r->status : 0, ns);
    if (!is_whole && !r->error) COUNT(s->counters, requests_cancelled_total, 1);
    LogEntry entry = {.remote = str_from(r->client ? r->client->peer : NULL),
                      .method = request_method(r),
                      .scheme = r->is_secure ? STR("https") : STR("http"),
                      .target = head_str(&r->head, r->target, r->target_len),
                      .error =
                          is_whole || r->error ? str_from(r->error) : STR("the client has gone"),
                      .version = r->version,
                      .status = r->head_has_left ? r->status : 0,
                      .received = r->received,
                      .sent = r->sent,
                      .ns = ns,
                      .guest_ns = r->guest_ns,
                      .id = r->id};
    log_write(s->log, &entry);
}

void request_leave(Request *r, bool is_whole) {
    if (!r->is_admin) tell(r, is_whole);
    r->client = NULL;
    leave_in(r);
    if (r->guest && !is_whole) guest_stop(r->guest);
    if (r->guest) guest_wake(r->guest); /* it may wait for a body that will not come */
    else request_free(r);
}

/* ---- answers of the guest ---- */

static bool on_informational(void *context, unsigned status, HttpFields fields) {
    Request *r = context;
    return r->client && r->answer_kind == ANSWER_NONE && r->version > HTTP_1_0 &&
           r->client->inform(r->client, status, fields.at, fields.len);
}

static void on_response(void *context, unsigned status, HttpFields fields, WasiBody *body,
                        uint64_t length) {
    Request *r = context;
    if (r->answer_kind != ANSWER_NONE || !r->client) {
        if (body) wasi_body_abandon(body);
        return;
    }
    r->answer_kind = ANSWER_GUEST;
    r->status = status;
    r->out = body;
    r->length = length;
    head_copy(&r->answer, fields);
}

/* What a client is told of an error that the handler gives as its answer. */
static unsigned status_of(HttpErrorCode code) {
    switch ((int)code) {
    case HTTP_REQUEST_DENIED: return 403;
    case HTTP_REQUEST_LENGTH_REQUIRED: return 411;
    case HTTP_REQUEST_BODY_SIZE: return 413;
    case HTTP_REQUEST_METHOD_INVALID:
    case HTTP_REQUEST_URI_INVALID: return 400;
    case HTTP_REQUEST_URI_TOO_LONG: return 414;
    case HTTP_REQUEST_HEADER_SECTION_SIZE:
    case HTTP_REQUEST_HEADER_SIZE:
    case HTTP_REQUEST_TRAILER_SECTION_SIZE:
    case HTTP_REQUEST_TRAILER_SIZE: return 431;
    case HTTP_CONFIGURATION_ERROR:
    case HTTP_INTERNAL_ERROR: return 500;
    case HTTP_LOOP_DETECTED: return 508;
    case HTTP_DNS_TIMEOUT:
    case HTTP_CONNECTION_TIMEOUT:
    case HTTP_CONNECTION_READ_TIMEOUT:
    case HTTP_CONNECTION_WRITE_TIMEOUT:
    case HTTP_RESPONSE_TIMEOUT: return 504;
    case HTTP_CONNECTION_LIMIT_REACHED: return 503;
    default: return 502;
    }
}

static void server_answers(Request *r, unsigned status, const char *error) {
    r->error = error;
    if (r->answer_kind == ANSWER_GUEST && r->head_has_left) {
        r->answer_kind = ANSWER_CUT;
        return;
    }
    r->answer_kind = ANSWER_SERVER;
    r->status = status;
    if (r->out) wasi_body_abandon(r->out);
    r->out = NULL;
    head_clear(&r->answer);
}

static void on_error(void *context, const HttpError *error) {
    Request *r = context;
    if (r->answer_kind == ANSWER_NONE)
        server_answers(r, status_of(error->code), "the handler has answered with an error");
}

static void on_dropped(void *context) {
    Request *r = context;
    if (r->answer_kind == ANSWER_NONE) server_answers(r, 500, "the handler has given no answer");
}

/* ---- steps ---- */

void request_fail(Request *r, unsigned status, const char *error) {
    if (r->answer_kind == ANSWER_NONE || r->answer_kind == ANSWER_GUEST)
        server_answers(r, status, error);
    if (r->guest) guest_stop(r->guest);
}

bool request_wants_body(const Request *r) { return r->in && !wasi_body_is_abandoned(r->in); }

bool request_refuse(Request *r, Http1Refusal why) {
    COUNT(r->server->counters, requests_refused_total, 1);
    if (r->in) wasi_body_fail(r->in, http_error(http1_refusal_code(why, true)));
    if (!r->head_has_left && r->answer_kind != ANSWER_SERVER)
        server_answers(r, http1_refusal_status(why), http1_refusal_text(why));
    if (!r->guest) return !r->head_has_left;
    if (guest_has_begun(r->guest)) guest_wake(r->guest);
    else guest_stop(r->guest);
    return !r->head_has_left;
}

void request_returned(Request *r, const char *error, unsigned status) {
    if (error && r->answer_kind == ANSWER_NONE) server_answers(r, status, error);
    if (r->guest) guest_stop(r->guest);
    bool is_whole = r->answer_kind == ANSWER_GUEST && (!r->out || wasi_body_is_whole(r->out));
    if (error && !r->error) r->error = error;
    if (r->answer_kind == ANSWER_NONE) server_answers(r, status, "the handler has given no answer");
    if (r->answer_kind == ANSWER_GUEST && !is_whole)
        server_answers(r, status, r->error ? r->error : "the handler has not finished its answer");
    if (r->client) r->client->advance(r->client);
    else request_free(r);
}

bool request_hand_over(Request *r, const Instance *instance, AbiValue args[2]) {
    const Head *h = &r->head;
    Http1Field *fields = head_fields(h, 0);
    if (!fields || h->has_failed) {
        free(fields);
        return false;
    }
    const Place *host = find(h, "host");
    Str authority = head_str(h, r->authority, r->authority_len);
    if (!authority.len && host) authority = head_str(h, host->value, host->value_len);
    const WasiHttpRequest what = {.method = request_method(r),
                                  .scheme = r->scheme_len  ? head_str(h, r->scheme, r->scheme_len)
                                            : r->is_secure ? STR("https")
                                                           : STR("http"),
                                  .authority = authority,
                                  .path = head_str(h, r->path, r->path_len),
                                  .fields = {fields, h->count},
                                  .body = r->in};
    const WasiHttpResponder to = {.context = r,
                                  .informational = on_informational,
                                  .response = on_response,
                                  .error = on_error,
                                  .dropped = on_dropped};
    r->is_in_taken = true;
    bool is_good = wasi_http_take(instance->wasi, instance->thread, &what, &to, args);
    free(fields);
    return is_good;
}

static void start_guest(Request *r, bool has_body) {
    if (has_body) r->in = wasi_body_new(WASI_BODY_CAPACITY);
    if (!has_body || r->in) r->guest = guest_new(r);
    if (!r->guest) request_fail(r, 500, "no memory");
}

void request_finish_body(Request *r) {
    if (!r->in) return;
    Http1Field *fields = head_fields(&r->trailers, 0);
    HttpFields trailers = {fields, r->trailers.count};
    if (!fields || r->trailers.has_failed) wasi_body_fail(r->in, http_error(HTTP_INTERNAL_ERROR));
    else wasi_body_finish(r->in, &trailers);
    free(fields);
    if (r->guest) guest_wake(r->guest);
}

void request_begin(Request *r, bool has_body) {
    Server *s = r->server;
    if (r->is_admin) {
        admin_answer(r);
    } else if (server_is_full(s)) {
        COUNT(s->counters, requests_shed_total, 1);
        request_fail(r, 503, "too many requests are under way");
    } else {
        start_guest(r, has_body);
    }
}

/* ---- heads of answers ---- */

static Http1Refusal servers_head(Request *r, Http1ResponseHead *head) {
    const Http1Field all[3] = {{STR("Date"), server_date(r->server)},
                               {STR("Content-Type"), STR("text/plain; charset=utf-8")},
                               {STR("Retry-After"), STR("1")}};
    Http1Field *fields = malloc(sizeof all);
    if (!fields) return HTTP1_REFUSED_NO_MEMORY;
    memcpy(fields, all, sizeof all);
    if (!r->page.len) {
        int len = snprintf(r->note, sizeof r->note, "%u %.*s\n", r->status,
                           STR_ARG(http1_reason(r->status)));
        r->page = (Str){r->note, (size_t)len};
    }
    head->fields = fields;
    head->field_count = r->status == 503 ? 3 : 2;
    head->length = r->page.len;
    return HTTP1_GOOD;
}

static Http1Refusal guests_head(Request *r, Http1ResponseHead *head) {
    Http1Field *fields = head_fields(&r->answer, 1);
    if (!fields || r->answer.has_failed) {
        free(fields);
        return HTTP1_REFUSED_NO_MEMORY;
    }
    bool is_whole = !r->out || (wasi_body_is_whole(r->out) && !wasi_body_trailers(r->out).len);
    head->fields = fields;
    head->field_count = r->answer.count;
    if (!find(&r->answer, "date"))
        fields[head->field_count++] = (Http1Field){STR("Date"), server_date(r->server)};
    head->length = r->length;
    bool has_body = !r->is_head && r->status != 204 && r->status != 304;
    bool is_missing = has_body && !r->out && head->length && head->length != HTTP1_UNKNOWN_LENGTH;
    if (head->length == HTTP1_UNKNOWN_LENGTH && is_whole && has_body)
        head->length = r->out ? wasi_body_queued(r->out) : 0;
    return is_missing ? HTTP1_REFUSED_UNDERWRITTEN : HTTP1_GOOD;
}

Http1Refusal request_head(Request *r, Http1ResponseHead *head) {
    *head = (Http1ResponseHead){
        .status = r->status, .to_head = r->is_head, .to_1_0 = r->version <= HTTP_1_0};
    return r->answer_kind == ANSWER_SERVER ? servers_head(r, head) : guests_head(r, head);
}
