/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The handler of tests/serve_guests.sh that needs more than tests/serve/handler.c: what is unstable, and
 * requests of its own.
 *
 *     /hints      103 twice, then 200        /send?N   sends N requests for /wait to where it was asked
 *     /wait       no answer, ever            /late?MS  takes the body after so long, then answers
 *     /flood?N    N large hints at once      /secure   asks for / there by https, and waits for the answer
 *
 * The status of the answer to /send and /flood is 200 and the number of those that were not refused; of that to
 * /secure what it was answered with, and 3.
 */
#include "proxy.h"

typedef exports_wasi_http_incoming_handler_own_incoming_request_t Request;
typedef exports_wasi_http_incoming_handler_own_response_outparam_t Out;

static int is(const proxy_string_t *path, const char *name, unsigned *number) {
    size_t i = 0;
    for (; name[i]; i++)
        if (i >= path->len || path->ptr[i] != (uint8_t)name[i]) return 0;
    *number = 0;
    for (i++; i < path->len; i++) *number = *number * 10 + (unsigned)(path->ptr[i] - '0');
    return 1;
}

static void wait_ms(uint64_t ms) {
    wasi_io_poll_own_pollable_t timer =
        wasi_clocks_monotonic_clock_subscribe_duration(ms * 1000000);
    wasi_io_poll_method_pollable_block(wasi_io_poll_borrow_pollable(timer));
    wasi_io_poll_pollable_drop_own(timer);
}

static wasi_http_types_own_outgoing_body_t answer(Out out, unsigned status) {
    wasi_http_types_result_own_outgoing_response_error_code_t result = {.is_err = false};
    wasi_http_types_own_outgoing_body_t body;
    result.val.ok =
        wasi_http_types_constructor_outgoing_response(wasi_http_types_constructor_fields());
    wasi_http_types_borrow_outgoing_response_t r =
        wasi_http_types_borrow_outgoing_response(result.val.ok);
    wasi_http_types_method_outgoing_response_set_status_code(r, (uint16_t)status);
    wasi_http_types_method_outgoing_response_body(r, &body);
    wasi_http_types_static_response_outparam_set(out, &result);
    return body;
}

static void finish(wasi_http_types_own_outgoing_body_t body) {
    wasi_http_types_error_code_t error;
    wasi_http_types_static_outgoing_body_finish(body, NULL, &error);
}

static int hint_with(Out out, unsigned status, wasi_http_types_field_value_t value, unsigned n) {
    wasi_http_types_own_fields_t fields = wasi_http_types_constructor_fields();
    wasi_http_types_field_name_t name = {(uint8_t *)"link", 4};
    wasi_http_types_header_error_t bad;
    wasi_http_types_error_code_t error;
    while (n--)
        wasi_http_types_method_fields_append(wasi_http_types_borrow_fields(fields), &name, &value,
                                             &bad);
    return wasi_http_types_method_response_outparam_send_informational(
        wasi_http_types_borrow_response_outparam(out), (uint16_t)status, fields, &error);
}

static void hint(Out out, unsigned status) {
    hint_with(out, status, (wasi_http_types_field_value_t){(uint8_t *)"</a.css>; rel=preload", 21},
              1);
}

/* How many of so many hints of 72,000 bytes are not refused. */
static unsigned flood(Out out, unsigned n) {
    static uint8_t large[6000];
    unsigned taken = 0;
    for (size_t i = 0; i < sizeof large; i++) large[i] = 'x';
    while (n--)
        taken +=
            (unsigned)hint_with(out, 103, (wasi_http_types_field_value_t){large, sizeof large}, 12);
    return taken;
}

/* One request; it is under way when this returns, and as long as the future is there. */
static int send_one(proxy_string_t *authority) {
    wasi_http_types_own_outgoing_request_t request =
        wasi_http_types_constructor_outgoing_request(wasi_http_types_constructor_fields());
    wasi_http_types_borrow_outgoing_request_t r = wasi_http_types_borrow_outgoing_request(request);
    wasi_http_types_scheme_t scheme = {.tag = WASI_HTTP_TYPES_SCHEME_HTTP};
    proxy_string_t path = {(uint8_t *)"/wait", 5};
    wasi_http_types_own_future_incoming_response_t future;
    wasi_http_types_error_code_t error;
    wasi_http_types_method_outgoing_request_set_scheme(r, &scheme);
    wasi_http_types_method_outgoing_request_set_authority(r, authority);
    wasi_http_types_method_outgoing_request_set_path_with_query(r, &path);
    return wasi_http_outgoing_handler_handle(request, NULL, &future, &error);
}

/* The status of the answer to a request by https; 500: there is none. */
static unsigned ask(proxy_string_t *authority) {
    wasi_http_types_own_outgoing_request_t request =
        wasi_http_types_constructor_outgoing_request(wasi_http_types_constructor_fields());
    wasi_http_types_borrow_outgoing_request_t r = wasi_http_types_borrow_outgoing_request(request);
    wasi_http_types_scheme_t scheme = {.tag = WASI_HTTP_TYPES_SCHEME_HTTPS};
    proxy_string_t path = {(uint8_t *)"/", 1};
    wasi_http_types_own_future_incoming_response_t future;
    wasi_http_types_result_result_own_incoming_response_error_code_void_t got;
    wasi_http_types_error_code_t error;
    wasi_http_types_method_outgoing_request_set_scheme(r, &scheme);
    wasi_http_types_method_outgoing_request_set_authority(r, authority);
    wasi_http_types_method_outgoing_request_set_path_with_query(r, &path);
    if (!wasi_http_outgoing_handler_handle(request, NULL, &future, &error)) return 500;
    wasi_http_types_borrow_future_incoming_response_t f =
        wasi_http_types_borrow_future_incoming_response(future);
    wasi_io_poll_method_pollable_block(
        wasi_io_poll_borrow_pollable(wasi_http_types_method_future_incoming_response_subscribe(f)));
    if (!wasi_http_types_method_future_incoming_response_get(f, &got) || got.is_err ||
        got.val.ok.is_err)
        return 500;
    return wasi_http_types_method_incoming_response_status(
        wasi_http_types_borrow_incoming_response(got.val.ok.val.ok));
}

/* Reads the body; that some of it was taken, and how it has ended, is told on standard error. */
static void take(Request request) {
    wasi_http_types_own_incoming_body_t body;
    wasi_io_streams_own_input_stream_t in;
    wasi_io_streams_stream_error_t error;
    proxy_list_u8_t piece, taken = {(uint8_t *)"taken\n", 6}, whole = {(uint8_t *)"whole\n", 6},
                           broken = {(uint8_t *)"broken\n", 7};
    wasi_http_types_method_incoming_request_consume(
        wasi_http_types_borrow_incoming_request(request), &body);
    wasi_http_types_method_incoming_body_stream(wasi_http_types_borrow_incoming_body(body), &in);
    wasi_io_streams_own_output_stream_t to = wasi_cli_stderr_get_stderr();
    while (wasi_io_streams_method_input_stream_blocking_read(
        wasi_io_streams_borrow_input_stream(in), 65536, &piece, &error)) {
        proxy_list_u8_free(&piece);
        wasi_io_streams_method_output_stream_blocking_write_and_flush(
            wasi_io_streams_borrow_output_stream(to), &taken, &error);
    }
    bool is_whole = error.tag == WASI_IO_STREAMS_STREAM_ERROR_CLOSED;
    wasi_io_streams_method_output_stream_blocking_write_and_flush(
        wasi_io_streams_borrow_output_stream(to), is_whole ? &whole : &broken, &error);
}

void exports_wasi_http_incoming_handler_handle(Request request, Out out) {
    wasi_http_types_borrow_incoming_request_t r = wasi_http_types_borrow_incoming_request(request);
    proxy_string_t path = {0}, authority = {0};
    unsigned n, status = 200;
    wasi_http_types_method_incoming_request_path_with_query(r, &path);
    wasi_http_types_method_incoming_request_authority(r, &authority);
    if (is(&path, "/hints", &n)) {
        hint(out, 103);
        hint(out, 103);
    } else if (is(&path, "/flood", &n)) status += flood(out, n);
    else if (is(&path, "/wait", &n)) wait_ms(3600000);
    else if (is(&path, "/send", &n)) {
        while (n--) status += (unsigned)send_one(&authority);
    } else if (is(&path, "/secure", &n)) status = ask(&authority) + 3;
    else if (is(&path, "/late", &n)) {
        wait_ms(n);
        take(request);
    }
    finish(answer(out, status));
}
