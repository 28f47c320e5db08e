/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * A component that exports wasi:http/incoming-handler: the path of a request says what it does with it, and the
 * number behind "?" how much. handler.json has the requests, and what has to come back.
 */
#include "served.h"

static wit_string str(const char *s) { return wit_string_from(s); }
static bool is(wit_string a, const char *b) { return wit_string_eq(a, wit_string_from(b)); }

/* ---- text ---- */

static char said[60000];
static size_t said_len;

static void say_string(wit_string s) {
    for (size_t i = 0; i < s.len && said_len < sizeof said; i++) said[said_len++] = s.ptr[i];
}
static void say(const char *s) { say_string(str(s)); }
static void say_number(uint64_t n) {
    char digits[20];
    size_t i = sizeof digits;
    do digits[--i] = (char)('0' + n % 10);
    while (n /= 10);
    say_string((wit_string){digits + i, sizeof digits - i});
}
static void expect(bool is_good, const char *name) {
    if (!is_good) say(name), say(" FAILED; ");
}

/* ---- answers ---- */

static http_fields none(void) { return http_fields_new(); }
static int append(http_fields f, const char *name, const char *value) {
    wit_list_u8 bytes = {(const uint8_t *)value, str(value).len};
    http_result_void_header_error r = http_fields_append(http_fields_borrow(f), str(name), bytes);
    return r.is_err ? (int)r.val.err.tag : -1;
}
static http_fields one(const char *name, const char *value) {
    http_fields f = none();
    append(f, name, value);
    return f;
}

static http_outgoing_body out;
static io_output_stream stream;

static void set(http_response_outparam param, http_outgoing_response response) {
    http_result_outgoing_response_error_code r =
        http_result_outgoing_response_error_code_ok(response);
    http_response_outparam_set(param, &r);
}

/* The head of an answer; `out` and `stream` are its body's. */
static void begin(http_response_outparam param, unsigned status, http_fields fields) {
    http_outgoing_response response = http_outgoing_response_new(fields);
    http_outgoing_response_ref ref = http_outgoing_response_borrow(response);
    if (http_outgoing_response_set_status_code(ref, (http_status_code)status).is_err)
        __builtin_trap();
    out = http_outgoing_response_body(ref).val.ok;
    stream = http_outgoing_body_write(http_outgoing_body_borrow(out)).val.ok;
    set(param, response);
}

static bool write(const void *bytes, size_t n) {
    for (const uint8_t *at = bytes; n;) {
        size_t part = n < 4096 ? n : 4096;
        if (io_output_stream_blocking_write_and_flush(io_output_stream_borrow(stream),
                                                      (wit_list_u8){at, part})
                .is_err)
            return false;
        at += part, n -= part;
    }
    return true;
}

static bool finish(const http_fields *trailers) {
    io_output_stream_drop(stream);
    return !http_outgoing_body_finish(out, trailers).is_err;
}

static void answer(http_response_outparam param, const char *text) {
    begin(param, 200, none());
    write(text, str(text).len);
    finish(0);
}
static void answer_said(http_response_outparam param) {
    begin(param, 200, none());
    write(said, said_len);
    finish(0);
}

/* ---- requests ---- */

static void say_fields(http_fields f) {
    wit_list_tuple2_string_list_u8 all = http_fields_entries(http_fields_borrow(f));
    for (size_t i = 0; i < all.len; i++) {
        say_string(all.ptr[i].f0), say("=");
        say_string((wit_string){(const char *)all.ptr[i].f1.ptr, all.ptr[i].f1.len}), say(";");
    }
    http_fields_drop(f);
}

static void tell_request(http_incoming_request_ref r) {
    static const char *const methods[] = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                          "CONNECT", "OPTIONS", "TRACE", "PATCH"};
    http_method m = http_incoming_request_method(r);
    if (m.tag == HTTP_METHOD_OTHER) say("other "), say_string(m.val.other);
    else say(methods[m.tag]);
    wit_option_string path = http_incoming_request_path_with_query(r);
    wit_option_string authority = http_incoming_request_authority(r);
    http_option_scheme scheme = http_incoming_request_scheme(r);
    say("|"), say_string(path.is_some ? path.val : str("none"));
    say("|"), say_string(authority.is_some ? authority.val : str("none"));
    say(!scheme.is_some ? "|none|" : scheme.val.tag == HTTP_SCHEME_HTTP ? "|http|" : "|another|");
}

/* Whether the fields of the request can be changed, and those of an answer; what can be asked for twice. */
static void check(http_incoming_request_ref r) {
    http_fields headers = http_incoming_request_headers(r);
    expect(append(headers, "a", "b") == HTTP_HEADER_ERROR_IMMUTABLE,
           "the request's headers are immutable");
    http_fields_drop(headers);
    http_incoming_body in = http_incoming_request_consume(r).val.ok;
    expect(http_incoming_request_consume(r).is_err, "consume again");
    io_input_stream s = http_incoming_body_stream(http_incoming_body_borrow(in)).val.ok;
    expect(http_incoming_body_stream(http_incoming_body_borrow(in)).is_err, "stream again");
    io_input_stream_drop(s);
    http_incoming_body_drop(in);
    http_outgoing_response response = http_outgoing_response_new(one("Given", "1"));
    http_outgoing_response_ref ref = http_outgoing_response_borrow(response);
    expect(http_outgoing_response_status_code(ref) == 200, "the status at first");
    expect(http_outgoing_response_set_status_code(ref, 99).is_err, "status 99");
    expect(http_outgoing_response_set_status_code(ref, 1000).is_err, "status 1000");
    headers = http_outgoing_response_headers(ref);
    expect(append(headers, "a", "b") == HTTP_HEADER_ERROR_IMMUTABLE,
           "the response's headers are immutable");
    http_fields_drop(headers);
    http_outgoing_body body = http_outgoing_response_body(ref).val.ok;
    expect(http_outgoing_response_body(ref).is_err, "body again");
    io_output_stream to = http_outgoing_body_write(http_outgoing_body_borrow(body)).val.ok;
    expect(http_outgoing_body_write(http_outgoing_body_borrow(body)).is_err, "write again");
    io_output_stream_drop(to);
    http_outgoing_body_drop(body);
    http_outgoing_response_drop(response);
    say("done");
}

/* Reads a body: tells its length and how it ends; `echoes`: writes what comes. */
static void read_body(http_incoming_request_ref r, bool echoes, http_fields *trailers,
                      bool *has_trailers) {
    http_incoming_body in = http_incoming_request_consume(r).val.ok;
    io_input_stream s = http_incoming_body_stream(http_incoming_body_borrow(in)).val.ok;
    uint64_t n = 0;
    for (;;) {
        io_result_list_u8_stream_error part =
            io_input_stream_blocking_read(io_input_stream_borrow(s), 4096);
        if (!part.is_err) {
            n += part.val.ok.len;
            if (echoes) write(part.val.ok.ptr, part.val.ok.len);
            continue;
        }
        say_number(n);
        bool is_closed = part.val.err.tag == IO_STREAM_ERROR_CLOSED;
        if (!is_closed) error_error_drop(part.val.err.val.last_operation_failed);
        say(is_closed ? " closed" : " failed");
        break;
    }
    io_input_stream_drop(s);
    http_future_trailers future = http_incoming_body_finish(in);
    poll_pollable ready = http_future_trailers_subscribe(http_future_trailers_borrow(future));
    poll_pollable_block(poll_pollable_borrow(ready));
    poll_pollable_drop(ready);
    http_option_result_result_option_fields_error_code_void told =
        http_future_trailers_get(http_future_trailers_borrow(future));
    http_result_option_fields_error_code got = told.val.val.ok;
    *has_trailers = !got.is_err && got.val.ok.is_some &&
                    http_fields_entries(http_fields_borrow(got.val.ok.val)).len;
    say(got.is_err ? " error" : *has_trailers ? " trailers " : " none");
    if (*has_trailers) {
        *trailers = http_fields_clone(http_fields_borrow(got.val.ok.val));
        say_fields(got.val.ok.val);
    }
    http_future_trailers_drop(future);
}

static void sleep_ms(uint64_t ms) {
    poll_pollable timer = mono_subscribe_duration(ms * 1000000);
    poll_pollable_block(poll_pollable_borrow(timer));
    poll_pollable_drop(timer);
}

/* ---- what the path says ---- */

static void answer_error(http_response_outparam param, uint64_t code) {
    http_error_code error;
    __builtin_memset(&error, 0, sizeof error);
    error.tag = (http_error_code_tag)code;
    http_result_outgoing_response_error_code r =
        http_result_outgoing_response_error_code_err(error);
    http_response_outparam_set(param, &r);
}

static void answer_fields(http_response_outparam param) {
    http_fields f = none();
    append(f, "Zeta", "1"), append(f, "alpha", "two words");
    append(f, "X-Mixed", "3"), append(f, "x-mixed", "4"), append(f, "Empty", "");
    begin(param, 200, f);
    finish(0);
}

/* Says `n` bytes, and writes five. */
static void answer_length(http_response_outparam param, uint64_t n) {
    char digit[2] = {(char)('0' + n), 0};
    begin(param, 200, one("Content-Length", digit));
    write("hello", 5);
    finish(0);
}

static void answer_bytes(http_response_outparam param, uint64_t n) {
    static const char bytes[4096] = {[0 ... 4095] = 'x'};
    begin(param, 200, none());
    for (; n && write(bytes, n < sizeof bytes ? n : sizeof bytes);
         n -= n < sizeof bytes ? n : sizeof bytes) {
    }
    finish(0);
}

static void answer_in_pieces(http_response_outparam param) {
    begin(param, 200, none());
    for (int i = 0; i < 5; i++) {
        write("piece;", 6);
        sleep_ms(10);
    }
    finish(0);
}

static void answer_without_children(http_response_outparam param) {
    http_outgoing_response response = http_outgoing_response_new(none());
    (void)http_outgoing_response_headers(http_outgoing_response_borrow(response));
    set(param, response);
}

/* Of those that read the body */
static bool act_on_body(wit_string path, http_incoming_request_ref r,
                        http_response_outparam param) {
    http_fields trailers;
    bool has_trailers = false;
    if (is(path, "/count")) {
        read_body(r, false, &trailers, &has_trailers);
        answer_said(param);
    } else if (is(path, "/echo")) {
        begin(param, 200, none());
        read_body(r, true, &trailers, &has_trailers);
        finish(has_trailers ? &trailers : 0);
    } else if (is(path, "/unread")) {
        answer(param, "unread");
    } else if (is(path, "/drop-body")) {
        http_incoming_body_drop(http_incoming_request_consume(r).val.ok);
        answer(param, "dropped");
    } else if (is(path, "/finish-body-alive")) {
        http_incoming_body in = http_incoming_request_consume(r).val.ok;
        (void)http_incoming_body_stream(http_incoming_body_borrow(in));
        (void)http_incoming_body_finish(in);
        answer(param, "no trap");
    } else return false;
    return true;
}

/* Of those whose answer is not whole, or none */
static bool act_badly(wit_string path, http_response_outparam param, uint64_t n) {
    if (is(path, "/nothing")) return true;
    if (is(path, "/dropped")) http_response_outparam_drop(param);
    else if (is(path, "/trap")) __builtin_trap();
    else if (is(path, "/error")) answer_error(param, n);
    else if (is(path, "/child-alive")) answer_without_children(param);
    else if (is(path, "/length")) answer_length(param, n);
    else if (is(path, "/trap-late") || is(path, "/unfinished")) {
        begin(param, 200, none());
        write("begun", 5);
        sleep_ms(20);
        if (is(path, "/trap-late")) __builtin_trap();
        io_output_stream_drop(stream);
        http_outgoing_body_drop(out);
    } else return false;
    return true;
}

static void act(wit_string path, http_incoming_request_ref r, http_response_outparam param,
                uint64_t n) {
    if (is(path, "/request")) tell_request(r), answer_said(param);
    else if (is(path, "/headers")) say_fields(http_incoming_request_headers(r)), answer_said(param);
    else if (is(path, "/check")) check(r), answer_said(param);
    else if (is(path, "/status")) begin(param, (unsigned)n, none()), finish(0);
    else if (is(path, "/fields")) answer_fields(param);
    else if (is(path, "/bytes")) answer_bytes(param, n);
    else if (is(path, "/pieces")) answer_in_pieces(param);
    else if (is(path, "/no-body")) set(param, http_outgoing_response_new(none()));
    else if (is(path, "/after")) answer(param, "before the handler returns"), sleep_ms(n);
    else if (is(path, "/wait")) sleep_ms(n), answer(param, "waited");
    else if (is(path, "/trailers")) {
        begin(param, 200, one("Trailer", "Sum"));
        write("abc", 3);
        http_fields trailers = one("Sum", "3");
        append(trailers, "X-More", "a b");
        finish(&trailers);
    } else answer(param, "hello");
}

void http_incoming_handler_handle(http_incoming_request request, http_response_outparam param) {
    http_incoming_request_ref r = http_incoming_request_borrow(request);
    wit_option_string target = http_incoming_request_path_with_query(r);
    wit_string path = target.is_some ? target.val : str("/");
    uint64_t n = 0;
    size_t mark = 0;
    said_len = 0;
    while (mark < path.len && path.ptr[mark] != '?') mark++;
    for (size_t i = mark + 1; i < path.len && path.ptr[i] >= '0' && path.ptr[i] <= '9'; i++)
        n = n * 10 + (uint64_t)(path.ptr[i] - '0');
    path.len = mark;
    if (act_on_body(path, r, param) || act_badly(path, param, n)) return;
    act(path, r, param, n);
}
