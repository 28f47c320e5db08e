/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The program that tests/http.sh runs: `fetch SCHEME AUTHORITY PATH [BODY]` prints the status, the
 * response's body and trailers, or the number of the error-code, and ends with 0 where there was a
 * response.
 */
#include "fetch.h"

static wasi_io_streams_own_output_stream_t out;

static void put(const uint8_t *bytes, size_t n) {
    wasi_io_streams_stream_error_t error;
    while (n) {
        fetch_list_u8_t piece = {(uint8_t *)bytes, n < 4096 ? n : 4096};
        wasi_io_streams_method_output_stream_blocking_write_and_flush(
            wasi_io_streams_borrow_output_stream(out), &piece, &error);
        bytes += piece.len, n -= piece.len;
    }
}

static void say(const char *text) {
    size_t n = 0;
    while (text[n]) n++;
    put((const uint8_t *)text, n);
}

static void say_number(unsigned n) {
    char text[12], *at = text + sizeof text;
    *--at = 0;
    do *--at = (char)('0' + n % 10);
    while (n /= 10);
    say(at);
}

static bool fails(const wasi_http_types_error_code_t *error) {
    say("error ");
    say_number(error->tag);
    say("\n");
    return false;
}

static bool send(const fetch_string_t *args, size_t count,
                 wasi_http_types_own_future_incoming_response_t *future) {
    wasi_http_types_own_fields_t fields = wasi_http_types_constructor_fields();
    wasi_http_types_own_outgoing_request_t request =
        wasi_http_types_constructor_outgoing_request(fields);
    wasi_http_types_borrow_outgoing_request_t r = wasi_http_types_borrow_outgoing_request(request);
    wasi_http_types_scheme_t scheme = {.tag = args[1].len == 4 ? WASI_HTTP_TYPES_SCHEME_HTTP
                                                               : WASI_HTTP_TYPES_SCHEME_HTTPS};
    wasi_http_types_method_t method = {.tag = WASI_HTTP_TYPES_METHOD_POST};
    wasi_http_types_method_outgoing_request_set_scheme(r, &scheme);
    wasi_http_types_method_outgoing_request_set_authority(r, (fetch_string_t *)&args[2]);
    wasi_http_types_method_outgoing_request_set_path_with_query(r, (fetch_string_t *)&args[3]);
    wasi_http_types_own_outgoing_body_t body;
    if (count > 4) {
        wasi_http_types_method_outgoing_request_set_method(r, &method);
        wasi_http_types_method_outgoing_request_body(r, &body);
    }
    wasi_http_types_error_code_t error;
    if (!wasi_http_outgoing_handler_handle(request, NULL, future, &error)) return fails(&error);
    if (count <= 4) return true;
    wasi_io_streams_own_output_stream_t before = out;
    wasi_http_types_method_outgoing_body_write(wasi_http_types_borrow_outgoing_body(body), &out);
    put(args[4].ptr, args[4].len);
    wasi_io_streams_output_stream_drop_own(out);
    out = before;
    return wasi_http_types_static_outgoing_body_finish(body, NULL, &error) || fails(&error);
}

static void say_trailers(wasi_http_types_own_incoming_body_t body) {
    wasi_http_types_own_future_trailers_t future =
        wasi_http_types_static_incoming_body_finish(body);
    wasi_http_types_borrow_future_trailers_t f = wasi_http_types_borrow_future_trailers(future);
    wasi_io_poll_own_pollable_t pollable = wasi_http_types_method_future_trailers_subscribe(f);
    wasi_io_poll_method_pollable_block(wasi_io_poll_borrow_pollable(pollable));
    wasi_io_poll_pollable_drop_own(pollable);
    wasi_http_types_result_result_option_own_trailers_error_code_void_t got;
    if (!wasi_http_types_method_future_trailers_get(f, &got)) return;
    if (got.val.ok.is_err) fails(&got.val.ok.val.err);
    if (got.val.ok.is_err || !got.val.ok.val.ok.is_some) return;
    wasi_http_types_list_tuple2_field_name_field_value_t entries;
    wasi_http_types_method_fields_entries(wasi_http_types_borrow_fields(got.val.ok.val.ok.val),
                                          &entries);
    for (size_t i = 0; i < entries.len; i++) {
        put(entries.ptr[i].f0.ptr, entries.ptr[i].f0.len);
        say(": ");
        put(entries.ptr[i].f1.ptr, entries.ptr[i].f1.len);
        say("\n");
    }
}

static bool receive(wasi_http_types_own_future_incoming_response_t future) {
    wasi_http_types_borrow_future_incoming_response_t f =
        wasi_http_types_borrow_future_incoming_response(future);
    wasi_io_poll_own_pollable_t pollable =
        wasi_http_types_method_future_incoming_response_subscribe(f);
    wasi_io_poll_method_pollable_block(wasi_io_poll_borrow_pollable(pollable));
    wasi_io_poll_pollable_drop_own(pollable);
    wasi_http_types_result_result_own_incoming_response_error_code_void_t got;
    if (!wasi_http_types_method_future_incoming_response_get(f, &got)) return false;
    if (got.val.ok.is_err) return fails(&got.val.ok.val.err);
    wasi_http_types_borrow_incoming_response_t response =
        wasi_http_types_borrow_incoming_response(got.val.ok.val.ok);
    say_number(wasi_http_types_method_incoming_response_status(response));
    say("\n");
    wasi_http_types_own_incoming_body_t body;
    wasi_io_streams_own_input_stream_t in;
    wasi_http_types_method_incoming_response_consume(response, &body);
    wasi_http_types_method_incoming_body_stream(wasi_http_types_borrow_incoming_body(body), &in);
    fetch_list_u8_t bytes;
    wasi_io_streams_stream_error_t error;
    while (wasi_io_streams_method_input_stream_blocking_read(
        wasi_io_streams_borrow_input_stream(in), 65536, &bytes, &error)) {
        put(bytes.ptr, bytes.len);
        fetch_list_u8_free(&bytes);
    }
    say("\n");
    wasi_io_streams_input_stream_drop_own(in);
    say_trailers(body);
    return true;
}

bool exports_wasi_cli_run_run(void) {
    fetch_list_string_t args;
    wasi_http_types_own_future_incoming_response_t future;
    out = wasi_cli_stdout_get_stdout();
    wasi_cli_environment_get_arguments(&args);
    return args.len > 3 && send(args.ptr, args.len, &future) && receive(future);
}
