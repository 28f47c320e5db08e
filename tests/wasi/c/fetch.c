/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * wasi:http/outgoing-handler against a server whose answers are in fetch.json, byte for byte: its address is
 * the variable HTTP_SERVER. Quotations are from wasi:http/types. Error codes are those of RFC 9209, 2.3,
 * after which they are named; where several fit what happens, each of them passes.
 */
#include "check.h"

#define E(name) BIT(HTTP_ERROR_CODE_##name)
#define ENDED   (E(CONNECTION_TERMINATED) | E(HTTP_RESPONSE_INCOMPLETE))
#define BROKEN  E(HTTP_PROTOCOL_ERROR)
#define GOOD    BIT(OK)
#define MS      1000000ull

static wit_string str(const char *s) { return wit_string_from(s); }

static const char *code_name(int code) {
    static const char *const names[] = {"DNS-timeout",
                                        "DNS-error",
                                        "destination-not-found",
                                        "destination-unavailable",
                                        "destination-IP-prohibited",
                                        "destination-IP-unroutable",
                                        "connection-refused",
                                        "connection-terminated",
                                        "connection-timeout",
                                        "connection-read-timeout",
                                        "connection-write-timeout",
                                        "connection-limit-reached",
                                        "TLS-protocol-error",
                                        "TLS-certificate-error",
                                        "TLS-alert-received",
                                        "HTTP-request-denied",
                                        "HTTP-request-length-required",
                                        "HTTP-request-body-size",
                                        "HTTP-request-method-invalid",
                                        "HTTP-request-URI-invalid",
                                        "HTTP-request-URI-too-long",
                                        "HTTP-request-header-section-size",
                                        "HTTP-request-header-size",
                                        "HTTP-request-trailer-section-size",
                                        "HTTP-request-trailer-size",
                                        "HTTP-response-incomplete",
                                        "HTTP-response-header-section-size",
                                        "HTTP-response-header-size",
                                        "HTTP-response-body-size",
                                        "HTTP-response-trailer-section-size",
                                        "HTTP-response-trailer-size",
                                        "HTTP-response-transfer-coding",
                                        "HTTP-response-content-coding",
                                        "HTTP-response-timeout",
                                        "HTTP-upgrade-failed",
                                        "HTTP-protocol-error",
                                        "loop-detected",
                                        "configuration-error",
                                        "internal-error"};
    return code == CLOSED   ? "closed"
           : code == FAILED ? "an error that is none of HTTP"
           : code < 39      ? names[code]
                            : "?";
}

static const char *server(void) {
    wit_list_tuple2_string_string all = env_get_environment();
    for (size_t i = 0; i < all.len; i++)
        if (text_is(all.ptr[i].f0, "HTTP_SERVER")) return wit_string_copy(all.ptr[i].f1).ptr;
    give_up("HTTP_SERVER is set");
}

/* ---- requests ---- */

static http_outgoing_request make_request(http_method_tag method, const char *path,
                                          http_fields fields) {
    http_outgoing_request r = http_outgoing_request_new(fields);
    http_outgoing_request_ref ref = http_outgoing_request_borrow(r);
    http_method m = {.tag = method};
    if (method == HTTP_METHOD_OTHER) m = http_method_other(str("BREW"));
    http_scheme scheme = {.tag = HTTP_SCHEME_HTTP};
    wit_string where = str(server()), what = str(path ? path : "");
    MUST_VOID(http_outgoing_request_set_method(ref, &m));
    MUST_VOID(http_outgoing_request_set_scheme(ref, &scheme));
    MUST_VOID(http_outgoing_request_set_authority(ref, &where));
    if (path) MUST_VOID(http_outgoing_request_set_path_with_query(ref, &what));
    return r;
}

static http_fields fields_of(const char *name, const char *value) {
    http_fields f = http_fields_new();
    if (name) (void)http_fields_append(http_fields_borrow(f), str(name), bytes_of(value));
    return f;
}

/* ---- responses ---- */

static uint8_t body[500000];

typedef struct {
    int code; /* of handle, or of the future; OK: there is a response */
    unsigned status;
    const char *fields; /* "Name=value;" ... */
    size_t len;         /* of the body, which is in `body` */
    int end;            /* CLOSED, or why the body is not whole */
    int trailers_code;
    const char *trailers;
} Got;

static const char *all_of(http_fields f) {
    wit_list_tuple2_string_list_u8 all = http_fields_entries(http_fields_borrow(f));
    const char *joined = "";
    for (size_t i = 0; i < all.len; i++)
        joined = text(
            "%s%s=%s;", joined, wit_string_copy(all.ptr[i].f0).ptr,
            wit_string_copy((wit_string){(const char *)all.ptr[i].f1.ptr, all.ptr[i].f1.len}).ptr);
    http_fields_drop(f);
    return joined;
}

static int code_of(io_stream_error error) {
    if (error.tag == IO_STREAM_ERROR_CLOSED) return CLOSED;
    http_option_error_code code =
        http_http_error_code(error_error_borrow(error.val.last_operation_failed));
    error_error_drop(error.val.last_operation_failed);
    return code.is_some ? (int)code.val.tag : FAILED;
}

static void read_trailers(http_incoming_body in, Got *got) {
    http_future_trailers future = http_incoming_body_finish(in);
    http_future_trailers_ref ref = http_future_trailers_borrow(future);
    poll_pollable ready = http_future_trailers_subscribe(ref);
    poll_pollable_block(poll_pollable_borrow(ready));
    poll_pollable_drop(ready);
    http_option_result_result_option_fields_error_code_void told = http_future_trailers_get(ref);
    if (!told.is_some || told.val.is_err) give_up("trailers that are ready");
    http_result_option_fields_error_code said = told.val.val.ok;
    got->trailers_code = said.is_err ? (int)said.val.err.tag : OK;
    got->trailers = said.is_err ? "" : said.val.ok.is_some ? all_of(said.val.ok.val) : "";
    http_future_trailers_drop(future);
}

static void read_body(http_incoming_body in, Got *got) {
    io_input_stream stream = MUST(http_incoming_body_stream(http_incoming_body_borrow(in)));
    for (;;) {
        io_result_list_u8_stream_error part =
            io_input_stream_blocking_read(io_input_stream_borrow(stream), 16384);
        got->end = part.is_err ? code_of(part.val.err) : OK;
        if (part.is_err) break;
        for (size_t i = 0; i < part.val.ok.len && got->len < sizeof body; i++)
            body[got->len++] = part.val.ok.ptr[i];
    }
    io_input_stream_drop(stream);
    read_trailers(in, got);
}

static Got wait_for(http_future_incoming_response future) {
    Got got = {.fields = "", .trailers = ""};
    http_future_incoming_response_ref ref = http_future_incoming_response_borrow(future);
    poll_pollable ready = http_future_incoming_response_subscribe(ref);
    poll_pollable_block(poll_pollable_borrow(ready));
    poll_pollable_drop(ready);
    http_option_result_result_incoming_response_error_code_void told =
        http_future_incoming_response_get(ref);
    if (!told.is_some || told.val.is_err) give_up("a response that is ready");
    http_result_incoming_response_error_code said = told.val.val.ok;
    got.code = said.is_err ? (int)said.val.err.tag : OK;
    if (!said.is_err) {
        http_incoming_response_ref r = http_incoming_response_borrow(said.val.ok);
        got.status = http_incoming_response_status(r);
        got.fields = all_of(http_incoming_response_headers(r));
        read_body(MUST(http_incoming_response_consume(r)), &got);
        http_incoming_response_drop(said.val.ok);
    }
    http_future_incoming_response_drop(future);
    return got;
}

static Got send_with(http_outgoing_request request, const http_request_options *options) {
    http_result_future_incoming_response_error_code sent = handler_handle(request, options);
    if (sent.is_err) return (Got){.code = (int)sent.val.err.tag, .fields = "", .trailers = ""};
    return wait_for(sent.val.ok);
}

static Got get(const char *path) {
    return send_with(make_request(HTTP_METHOD_GET, path, http_fields_new()), NULL);
}

static bool body_is(const Got *got, const char *want) {
    return text_is((wit_string){(const char *)body, got->len}, want);
}

static char small(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

/* Whether the body, which is a request, has this line; names are the same in any case. */
static bool has_line(const Got *got, const char *line, bool in_any_case) {
    size_t n = str(line).len;
    for (size_t at = 0; at + n + 2 <= got->len; at++) {
        size_t i = 0;
        bool begins = at == 0 || body[at - 1] == '\n';
        while (begins && i < n &&
               (body[at + i] == (uint8_t)line[i] ||
                (in_any_case && small((char)body[at + i]) == small(line[i]))))
            i++;
        if (begins && i == n && body[at + n] == '\r') return true;
    }
    return false;
}

static bool ends_with(const Got *got, const char *end) {
    size_t n = str(end).len;
    return got->len >= n && __builtin_memcmp(body + got->len - n, end, n) == 0;
}

/* ---- what comes ---- */

static void answers(void) {
    static const struct {
        const char *path;
        unsigned status;
        const char *body;
    } cases[] = {
        {"/hello", 200, "hello"},
        {"/empty", 204, ""},
        {"/not-modified", 304, ""},
        {"/moved", 302, ""},
        {"/missing", 404, "none"},
        {"/broken", 500, "sorry"},
        {"/odd-status", 599, ""},
        {"/no-reason", 200, "ok"},
        {"/early", 200, "ok"},
        {"/many-early", 200, "ok"},
        {"/until-close", 200, "to the end"},
        {"/chunks", 200, "abcde"},
        {"/chunk-extensions", 200, "abc"},
        {"/no-body", 200, ""},
        {"/gzip-content", 200, "not really"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        group("answer %s: ", cases[i].path);
        if (!is_wanted("")) continue;
        Got got = get(cases[i].path);
        outcome(got.code, GOOD, code_name, "a response");
        check(got.status == cases[i].status, "its status");
        check(body_is(&got, cases[i].body), "its body");
        outcome(got.end, BIT(CLOSED), code_name, "the body's end");
        outcome(got.trailers_code, GOOD, code_name, "its trailers");
        check(text_is(str(got.trailers), ""), "there are none");
    }
}

static void fields(void) {
    group("fields: ");
    if (!is_wanted("")) return;
    Got got = get("/fields");
    check(got.code == OK && got.status == 200, "a response");
    const char *want = "Zeta=1;alpha=two words;X-Mixed=3;x-mixed=4;Empty=;Content-Length=0;";
    /* "The names and values are always returned in the original casing and in the order" */
    check(text_is(str(got.fields), want), "in the original casing and order");
    check(got.len == 0, "no body");
    got = get("/trailers");
    check(body_is(&got, "abc"), "the body before trailers");
    check(text_is(str(got.trailers), "Sum=3;x-More=a b;"),
          "trailers, in the original casing and order");
    got = get("/connection-fields");
    check(got.code == OK && got.status == 200, "fields of the connection: a response");
    check(body_is(&got, "abc"), "fields of the connection: the body");
}

static void broken_answers(void) {
    static const struct {
        const char *path;
        uint64_t head, end; /* what is allowed: an error at the head, or of the body */
    } cases[] = {
        {"/nothing", ENDED, 0},
        {"/reset", ENDED, 0},
        {"/half-head", ENDED, 0},
        {"/half-line", ENDED | BROKEN, 0},
        {"/short", GOOD, ENDED},
        {"/short-chunk", GOOD, ENDED},
        {"/no-last-chunk", GOOD, ENDED},
        {"/half-trailers", GOOD, ENDED},
        {"/no-http", BROKEN, 0},
        {"/bad-status", BROKEN, 0},
        {"/bad-name", BROKEN, 0},
        {"/no-colon", BROKEN, 0},
        {"/space-before-colon", BROKEN, 0},
        {"/two-lengths", BROKEN, 0},
        {"/bad-length", BROKEN, 0},
        {"/negative-length", BROKEN, 0},
        {"/huge-length", BROKEN | E(HTTP_RESPONSE_BODY_SIZE), 0},
        {"/unknown-coding", BROKEN | E(HTTP_RESPONSE_TRANSFER_CODING), 0},
        {"/bad-chunk", GOOD, BROKEN},
        {"/bad-chunk-end", GOOD, BROKEN},
        {"/huge-chunk", GOOD, BROKEN | E(HTTP_RESPONSE_BODY_SIZE)},
        {"/switch", BROKEN | E(HTTP_UPGRADE_FAILED), 0},
        {"/long-field", E(HTTP_RESPONSE_HEADER_SIZE) | E(HTTP_RESPONSE_HEADER_SECTION_SIZE), 0},
        {"/long-trailer", GOOD,
         E(HTTP_RESPONSE_TRAILER_SIZE) | E(HTTP_RESPONSE_TRAILER_SECTION_SIZE)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        group("broken answer %s: ", cases[i].path);
        if (!is_wanted("")) continue;
        Got got = get(cases[i].path);
        outcome(got.code, cases[i].head, code_name, "the response");
        if (got.code != OK || !cases[i].end) continue;
        outcome(got.end, cases[i].end, code_name, "the body");
        outcome(got.trailers_code, cases[i].end, code_name, "the trailers");
    }
    group("afterwards: ");
    if (!is_wanted("")) return;
    Got got = get("/hello");
    check(got.code == OK && body_is(&got, "hello"), "a good answer after broken ones");
}

static void timeouts(void) {
    static const struct {
        const char *path;
        uint64_t first, between, want, end;
    } cases[] = {
        {"/silent", 60 * MS, 0, E(CONNECTION_READ_TIMEOUT) | E(HTTP_RESPONSE_TIMEOUT), 0},
        {"/half-silent", 60 * MS, 60 * MS, E(CONNECTION_READ_TIMEOUT) | E(HTTP_RESPONSE_TIMEOUT),
         0},
        {"/stall", 0, 60 * MS, GOOD, E(CONNECTION_READ_TIMEOUT) | E(HTTP_RESPONSE_TIMEOUT)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        group("timeout %s: ", cases[i].path);
        if (!is_wanted("")) continue;
        http_request_options options = http_request_options_new();
        http_request_options_ref ref = http_request_options_borrow(options);
        uint64_t first = cases[i].first, between = cases[i].between;
        if (first) MUST_VOID(http_request_options_set_first_byte_timeout(ref, &first));
        if (between) MUST_VOID(http_request_options_set_between_bytes_timeout(ref, &between));
        Got got =
            send_with(make_request(HTTP_METHOD_GET, cases[i].path, http_fields_new()), &options);
        outcome(got.code, cases[i].want, code_name, "the response");
        if (cases[i].end) outcome(got.end, cases[i].end, code_name, "the body");
        if (cases[i].end) check(body_is(&got, "abc"), "what has come in time");
    }
}

/* ---- what is sent ---- */

static void methods(void) {
    static const char *const names[] = {"GET",     "HEAD",    "POST",  "PUT",   "DELETE",
                                        "CONNECT", "OPTIONS", "TRACE", "PATCH", "BREW"};
    group("method ");
    if (!is_wanted("")) return;
    for (int tag = 0; tag <= HTTP_METHOD_OTHER; tag++) {
        if (tag == HTTP_METHOD_HEAD || tag == HTTP_METHOD_CONNECT) continue;
        Got got =
            send_with(make_request((http_method_tag)tag, "/echo?a=b", http_fields_new()), NULL);
        check(got.code == OK && has_line(&got, text("%s /echo?a=b HTTP/1.1", names[tag]), false),
              "%s: the line that is sent", names[tag]);
    }
    Got got = send_with(make_request(HTTP_METHOD_HEAD, "/hello", http_fields_new()), NULL);
    check(got.code == OK && got.status == 200 && got.len == 0, "HEAD: no body comes");
    outcome(got.end, BIT(CLOSED), code_name, "HEAD: its end");
}

static void targets(void) {
    static const char *const paths[] = {"/echo/a/../b", "/echo?",        "/echo?a=b&c=%20d",
                                        "/echo//",      "/echo/%7Euser", "/echo/;a,b!$'()*+@:"};
    group("target ");
    if (!is_wanted("")) return;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        Got got = get(paths[i]);
        check(got.code == OK && has_line(&got, text("GET %s HTTP/1.1", paths[i]), false), "%s",
              paths[i]);
    }
    Got got = get(NULL); /* "When `none`, this represents an empty Path and empty Query" */
    check(got.code == OK && has_line(&got, "GET / HTTP/1.1", false), "none: the root");
    got = get("/echo");
    check(has_line(&got, text("Host: %s", server()), true), "Host is the authority");
    http_outgoing_request r = make_request(HTTP_METHOD_GET, "/hello", http_fields_new());
    http_scheme ftp = http_scheme_other(str("ftp"));
    MUST_VOID(http_outgoing_request_set_scheme(http_outgoing_request_borrow(r), &ftp));
    got = send_with(r, NULL);
    outcome(got.code, BROKEN | E(HTTP_REQUEST_URI_INVALID) | E(HTTP_REQUEST_DENIED), code_name,
            "a scheme that is none of HTTP");
    r = make_request(HTTP_METHOD_GET, "/hello", http_fields_new());
    MUST_VOID(http_outgoing_request_set_authority(http_outgoing_request_borrow(r), NULL));
    got = send_with(r, NULL);
    outcome(got.code, BROKEN | E(HTTP_REQUEST_URI_INVALID), code_name, "no authority");
}

static void sent_fields(void) {
    group("fields that are sent: ");
    if (!is_wanted("")) return;
    http_fields f = http_fields_new();
    static const char *const lines[] = {"Zeta",    "1", "alpha",   "two words",
                                        "X-Mixed", "3", "x-mixed", "4"};
    for (int i = 0; i < 8; i += 2)
        (void)http_fields_append(http_fields_borrow(f), str(lines[i]), bytes_of(lines[i + 1]));
    Got got = send_with(make_request(HTTP_METHOD_GET, "/echo", f), NULL);
    check(got.code == OK, "a response");
    for (int i = 0; i < 8; i += 2)
        check(has_line(&got, text("%s: %s", lines[i], lines[i + 1]), true), "%s=%s is there",
              lines[i], lines[i + 1]);
    check(!has_line(&got, "transfer-encoding: chunked", true), "no body, no coding");
}

typedef struct {
    const char *length; /* Content-Length; NULL: none */
    const char *text;
    const char *trailer;
    bool drops; /* without finish */
} Upload;

/* Sends a body after the request; `write` and `finish` are what these have answered. */
static Got upload(const Upload *u, int *write, int *finish) {
    http_outgoing_request r = make_request(
        HTTP_METHOD_POST, "/echo", fields_of(u->length ? "Content-Length" : NULL, u->length));
    http_outgoing_body out = MUST(http_outgoing_request_body(http_outgoing_request_borrow(r)));
    http_result_future_incoming_response_error_code sent = handler_handle(r, NULL);
    *write = *finish = OK;
    if (u->text) {
        io_output_stream s = MUST(http_outgoing_body_write(http_outgoing_body_borrow(out)));
        io_result_void_stream_error wrote = io_output_stream_blocking_write_and_flush(
            io_output_stream_borrow(s), bytes_of(u->text));
        if (wrote.is_err) *write = code_of(wrote.val.err);
        io_output_stream_drop(s);
    }
    if (u->drops) {
        http_outgoing_body_drop(out);
    } else {
        http_fields trailers = fields_of(u->trailer, "1");
        http_result_void_error_code done =
            http_outgoing_body_finish(out, u->trailer ? &trailers : NULL);
        if (done.is_err) *finish = (int)done.val.err.tag;
    }
    if (sent.is_err) return (Got){.code = (int)sent.val.err.tag, .fields = "", .trailers = ""};
    return wait_for(sent.val.ok);
}

static void bodies(void) {
    int write, finish;
    group("body: ");
    if (!is_wanted("")) return;
    Got got = upload(&(Upload){.length = "5", .text = "hello"}, &write, &finish);
    outcome(got.code, GOOD, code_name, "of the length that was said");
    check(has_line(&got, "Content-Length: 5", true) && ends_with(&got, "\r\n\r\nhello"), "arrives");
    got = upload(&(Upload){.text = "hello"}, &write, &finish);
    outcome(got.code, GOOD, code_name, "of no length that was said");
    check(has_line(&got, "Transfer-Encoding: chunked", true) && ends_with(&got, "0\r\n\r\n"),
          "goes out in chunks");
    got = upload(&(Upload){.text = "hello", .trailer = "Sum"}, &write, &finish);
    outcome(got.code, GOOD, code_name, "with trailers");
    check(ends_with(&got, "\r\n0\r\nSum: 1\r\n\r\n") || ends_with(&got, "\r\n0\r\nsum: 1\r\n\r\n"),
          "trailers arrive");
    got = upload(&(Upload){.length = "0"}, &write, &finish);
    check(got.code == OK && has_line(&got, "Content-Length: 0", true), "of length 0");
    /* "Fails if ... the contents written to the body (via `write`) does not match the value given in the
     * Content-Length" */
    got = upload(&(Upload){.length = "6", .text = "hello"}, &write, &finish);
    outcome(finish, E(HTTP_REQUEST_BODY_SIZE), code_name, "shorter than was said: finish");
    outcome(got.code, E(HTTP_REQUEST_BODY_SIZE) | ENDED | BROKEN, code_name,
            "shorter than was said: the response");
    got = upload(&(Upload){.length = "4", .text = "hello"}, &write, &finish);
    outcome(write, GOOD | E(HTTP_REQUEST_BODY_SIZE), code_name, "longer than was said: write");
    outcome(finish, E(HTTP_REQUEST_BODY_SIZE), code_name, "longer than was said: finish");
    /* "If the `outgoing-body` is dropped without calling `outgoing-body.finalize`, the implementation should
     * treat the body as corrupted" */
    got = upload(&(Upload){.text = "hello", .drops = true}, &write, &finish);
    check(got.code != OK, "dropped without finish");
    got = get("/hello");
    check(got.code == OK && body_is(&got, "hello"), "another request after that");
}

/* More than any buffer on the way holds, as the stream permits it. */
static void large(void) {
    enum { SIZE = 300000 };
    static uint8_t bytes[16384];
    group("large ");
    if (!is_wanted("")) return;
    __builtin_memset(bytes, 'x', sizeof bytes);
    http_outgoing_request r =
        make_request(HTTP_METHOD_PUT, "/count", fields_of("Content-Length", "300000"));
    http_outgoing_body out = MUST(http_outgoing_request_body(http_outgoing_request_borrow(r)));
    io_output_stream s = MUST(http_outgoing_body_write(http_outgoing_body_borrow(out)));
    http_future_incoming_response future = MUST(handler_handle(r, NULL));
    uint64_t written = 0;
    bool is_bounded = false;
    while (written < SIZE) {
        uint64_t may = MUST(io_output_stream_check_write(io_output_stream_borrow(s)));
        is_bounded |= may < SIZE;
        if (may > SIZE - written) may = SIZE - written;
        if (may > sizeof bytes) may = sizeof bytes;
        if (!may) {
            poll_pollable ready = io_output_stream_subscribe(io_output_stream_borrow(s));
            poll_pollable_block(poll_pollable_borrow(ready));
            poll_pollable_drop(ready);
            continue;
        }
        MUST_VOID(io_output_stream_write(io_output_stream_borrow(s), (wit_list_u8){bytes, may}));
        written += may;
    }
    /* a host may close the stream once all of the length is on its way: what this answers is open */
    (void)io_output_stream_blocking_flush(io_output_stream_borrow(s));
    io_output_stream_drop(s);
    check(!http_outgoing_body_finish(out, NULL).is_err, "body that is sent: finish");
    check(is_bounded, "body that is sent: permits are bounded");
    Got got = wait_for(future);
    check(got.code == OK && body_is(&got, "300000"), "body that is sent: arrives");
    got = get("/large");
    check(got.code == OK && got.len == SIZE && got.end == CLOSED, "body that comes");
    got = get("/large-chunks");
    check(got.code == OK && got.len == SIZE && got.end == CLOSED, "body that comes in chunks");
}

/* ---- handles ---- */

static void futures(void) {
    group("future: ");
    if (!is_wanted("")) return;
    http_future_incoming_response f =
        MUST(handler_handle(make_request(HTTP_METHOD_GET, "/later", http_fields_new()), NULL));
    http_future_incoming_response_ref ref = http_future_incoming_response_borrow(f);
    /* "returns `none` if the response is not yet available" */
    check(!http_future_incoming_response_get(ref).is_some, "get at once: none");
    poll_pollable ready = http_future_incoming_response_subscribe(ref);
    poll_pollable_block(poll_pollable_borrow(ready));
    check(poll_pollable_ready(poll_pollable_borrow(ready)), "ready stays ready");
    poll_pollable_drop(ready);
    http_option_result_result_incoming_response_error_code_void told =
        http_future_incoming_response_get(ref);
    bool is_there = told.is_some && !told.val.is_err && !told.val.val.ok.is_err;
    check(is_there, "get when it is ready: the response");
    /* "will succeed with ok the first time, and with error afterwards" */
    http_option_result_result_incoming_response_error_code_void again =
        http_future_incoming_response_get(ref);
    check(again.is_some && again.val.is_err, "get again: an error");
    http_future_incoming_response_drop(f);
    if (!is_there) return;
    http_incoming_response response = told.val.val.ok.val.ok;
    http_incoming_response_ref rr = http_incoming_response_borrow(response);
    http_fields headers = http_incoming_response_headers(rr);
    check(http_fields_append(http_fields_borrow(headers), str("a"), bytes_of("b")).is_err,
          "the response's headers are immutable");
    http_fields_drop(headers);
    http_incoming_body in = MUST(http_incoming_response_consume(rr));
    check(http_incoming_response_consume(rr).is_err, "consume again: an error");
    io_input_stream s = MUST(http_incoming_body_stream(http_incoming_body_borrow(in)));
    check(http_incoming_body_stream(http_incoming_body_borrow(in)).is_err,
          "stream again: an error");
    io_input_stream_drop(s);
    http_future_trailers t = http_incoming_body_finish(in);
    poll_pollable end = http_future_trailers_subscribe(http_future_trailers_borrow(t));
    poll_pollable_block(poll_pollable_borrow(end));
    poll_pollable_drop(end);
    http_option_result_result_option_fields_error_code_void trailers =
        http_future_trailers_get(http_future_trailers_borrow(t));
    check(trailers.is_some && !trailers.val.is_err && !trailers.val.val.ok.is_err,
          "trailers of a body that was not read");
    trailers = http_future_trailers_get(http_future_trailers_borrow(t));
    check(trailers.is_some && trailers.val.is_err, "trailers again: an error");
    http_future_trailers_drop(t);
    http_incoming_response_drop(response);
}

static void dropped(void) {
    group("dropped: ");
    if (!is_wanted("")) return;
    for (int i = 0; i < 4; i++)
        http_future_incoming_response_drop(MUST(
            handler_handle(make_request(HTTP_METHOD_GET, "/silent", http_fields_new()), NULL)));
    Got got = get("/hello");
    check(got.code == OK && body_is(&got, "hello"), "futures that nobody waits for");
    http_future_incoming_response f =
        MUST(handler_handle(make_request(HTTP_METHOD_GET, "/large", http_fields_new()), NULL));
    poll_pollable ready =
        http_future_incoming_response_subscribe(http_future_incoming_response_borrow(f));
    poll_pollable_block(poll_pollable_borrow(ready));
    poll_pollable_drop(ready);
    http_option_result_result_incoming_response_error_code_void told =
        http_future_incoming_response_get(http_future_incoming_response_borrow(f));
    if (told.is_some && !told.val.is_err && !told.val.val.ok.is_err)
        http_incoming_response_drop(told.val.val.ok.val.ok);
    http_future_incoming_response_drop(f);
    got = get("/hello");
    check(got.code == OK && body_is(&got, "hello"), "a response whose body nobody reads");
    http_future_incoming_response all[10];
    for (int i = 0; i < 10; i++)
        all[i] =
            MUST(handler_handle(make_request(HTTP_METHOD_GET, "/hello", http_fields_new()), NULL));
    bool are_good = true;
    for (int i = 9; i >= 0; i--) {
        got = wait_for(all[i]);
        are_good &= got.code == OK && body_is(&got, "hello");
    }
    check(are_good, "ten at a time");
}

/* ---- traps ---- */

static http_incoming_body body_of(const char *path) {
    http_future_incoming_response f =
        MUST(handler_handle(make_request(HTTP_METHOD_GET, path, http_fields_new()), NULL));
    poll_pollable ready =
        http_future_incoming_response_subscribe(http_future_incoming_response_borrow(f));
    poll_pollable_block(poll_pollable_borrow(ready));
    http_incoming_response r =
        http_future_incoming_response_get(http_future_incoming_response_borrow(f))
            .val.val.ok.val.ok;
    return MUST(http_incoming_response_consume(http_incoming_response_borrow(r)));
}

/* "This function will trap if the `input-stream` child is still alive." */
static void finish_incoming(void) {
    http_incoming_body in = body_of("/hello");
    (void)http_incoming_body_stream(http_incoming_body_borrow(in));
    (void)http_incoming_body_finish(in);
}

/* "otherwise the `outgoing-body` drop or `finish` will trap" */
static void finish_outgoing(void) {
    http_outgoing_request r = make_request(HTTP_METHOD_POST, "/echo", http_fields_new());
    http_outgoing_body out = MUST(http_outgoing_request_body(http_outgoing_request_borrow(r)));
    (void)http_outgoing_body_write(http_outgoing_body_borrow(out));
    (void)http_outgoing_body_finish(out, NULL);
}

void cases(void) {
    if (text_is(argument(), "finish-incoming")) finish_incoming();
    if (text_is(argument(), "finish-outgoing")) finish_outgoing();
    if (argument().len) return;
    answers();
    fields();
    broken_answers();
    timeouts();
    methods();
    targets();
    sent_fields();
    bodies();
    large();
    futures();
    dropped();
}
