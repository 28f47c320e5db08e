/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The handler that tests/serve.sh asks: the path says what it does.
 *
 *     /            a short answer               /echo       the body, as it comes
 *     /status?N    this status                  /head       the request, as it sees it
 *     /big?N       N bytes                      /slow?N     N bytes, one in 20 ms
 *     /sleep?MS    an answer after so long      /spin?N     N million turns of a loop, 0: no end
 *     /trap        a trap                       /cut        a trap in the middle of the answer
 *     /nothing     no answer                    /error      an error as the answer
 *     /after?MS    an answer, then a wait       /unfinished a body that is not finished
 *     /trailers    those of the request, back   /count      how many this instance has answered
 *     /memory?N    takes N MiB                  /length?N   says N bytes, and sends 5
 */
#include "proxy.h"

typedef exports_wasi_http_incoming_handler_own_incoming_request_t Request;
typedef exports_wasi_http_incoming_handler_own_response_outparam_t Out;

static wasi_http_types_own_outgoing_body_t body;
static wasi_io_streams_own_output_stream_t stream;

static unsigned long length(const char *s) {
    unsigned long n = 0;
    while (s[n]) n++;
    return n;
}

/* ---- answers ---- */

static void append(wasi_http_types_own_fields_t fields, const char *name, const char *value) {
    wasi_http_types_field_name_t n = {(uint8_t *)name, length(name)};
    wasi_http_types_field_value_t v = {(uint8_t *)value, length(value)};
    wasi_http_types_header_error_t error;
    wasi_http_types_method_fields_append(wasi_http_types_borrow_fields(fields), &n, &v, &error);
}

/* The head, and a stream for the body. */
static void answer_with(Out out, unsigned status, wasi_http_types_own_fields_t fields) {
    wasi_http_types_result_own_outgoing_response_error_code_t result = {.is_err = false};
    wasi_http_types_own_outgoing_response_t response =
        wasi_http_types_constructor_outgoing_response(fields);
    wasi_http_types_borrow_outgoing_response_t r =
        wasi_http_types_borrow_outgoing_response(response);
    wasi_http_types_method_outgoing_response_set_status_code(r, (uint16_t)status);
    wasi_http_types_method_outgoing_response_body(r, &body);
    wasi_http_types_method_outgoing_body_write(wasi_http_types_borrow_outgoing_body(body), &stream);
    result.val.ok = response;
    wasi_http_types_static_response_outparam_set(out, &result);
}

static void answer(Out out, unsigned status) {
    wasi_http_types_own_fields_t fields = wasi_http_types_constructor_fields();
    append(fields, "Content-Type", "text/plain");
    answer_with(out, status, fields);
}

static int put(const uint8_t *bytes, unsigned long n) {
    wasi_io_streams_stream_error_t error;
    while (n) {
        proxy_list_u8_t piece = {(uint8_t *)bytes, n < 4096 ? n : 4096};
        if (!wasi_io_streams_method_output_stream_blocking_write_and_flush(
                wasi_io_streams_borrow_output_stream(stream), &piece, &error))
            return 0;
        bytes += piece.len, n -= piece.len;
    }
    return 1;
}

static void say(const char *text) { put((const uint8_t *)text, length(text)); }

static void say_number(unsigned long n) {
    char text[24], *at = text + sizeof text;
    *--at = 0;
    do *--at = (char)('0' + n % 10);
    while (n /= 10);
    say(at);
}

static void finish(const wasi_http_types_own_trailers_t *trailers) {
    wasi_http_types_error_code_t error;
    wasi_io_streams_output_stream_drop_own(stream);
    wasi_http_types_static_outgoing_body_finish(body, (void *)trailers, &error);
}

static void say_all(Out out, const char *text) {
    answer(out, 200);
    say(text);
    finish(0);
}

/* ---- waiting ---- */

static void sleep_ms(unsigned long ms) {
    wasi_io_poll_own_pollable_t timer =
        wasi_clocks_monotonic_clock_subscribe_duration(ms * 1000000ull);
    wasi_io_poll_method_pollable_block(wasi_io_poll_borrow_pollable(timer));
    wasi_io_poll_pollable_drop_own(timer);
}

/* ---- bodies ---- */

static wasi_http_types_own_incoming_body_t incoming;

static wasi_io_streams_own_input_stream_t open_body(Request request) {
    wasi_io_streams_own_input_stream_t in;
    wasi_http_types_method_incoming_request_consume(
        wasi_http_types_borrow_incoming_request(request), &incoming);
    wasi_http_types_method_incoming_body_stream(wasi_http_types_borrow_incoming_body(incoming),
                                                &in);
    return in;
}

static void read_all(wasi_io_streams_own_input_stream_t in, int echoes) {
    for (;;) {
        proxy_list_u8_t piece;
        wasi_io_streams_stream_error_t error;
        if (!wasi_io_streams_method_input_stream_blocking_read(
                wasi_io_streams_borrow_input_stream(in), 65536, &piece, &error))
            break;
        if (echoes && !put(piece.ptr, piece.len)) break;
        proxy_list_u8_free(&piece);
    }
    wasi_io_streams_input_stream_drop_own(in);
}

static void trailers(Request request, Out out) {
    wasi_http_types_result_result_option_own_trailers_error_code_void_t got;
    read_all(open_body(request), 0);
    wasi_http_types_own_future_trailers_t future =
        wasi_http_types_static_incoming_body_finish(incoming);
    wasi_http_types_borrow_future_trailers_t f = wasi_http_types_borrow_future_trailers(future);
    wasi_io_poll_own_pollable_t ready = wasi_http_types_method_future_trailers_subscribe(f);
    wasi_io_poll_method_pollable_block(wasi_io_poll_borrow_pollable(ready));
    answer(out, 200);
    say("trailers follow\n");
    if (wasi_http_types_method_future_trailers_get(f, &got) && !got.is_err && !got.val.ok.is_err &&
        got.val.ok.val.ok.is_some) {
        finish(&got.val.ok.val.ok.val);
        return;
    }
    finish(0);
}

static void show_text(const char *name, int has, const proxy_string_t *s) {
    say(name);
    if (has) put(s->ptr, s->len);
    say("\n");
}

static void show_head(Request request, Out out) {
    wasi_http_types_borrow_incoming_request_t r = wasi_http_types_borrow_incoming_request(request);
    wasi_http_types_list_tuple2_field_name_field_value_t all;
    wasi_http_types_method_t method;
    proxy_string_t text;
    answer(out, 200);
    wasi_http_types_method_incoming_request_method(r, &method);
    say("method ");
    say_number(method.tag);
    wasi_http_types_scheme_t scheme;
    say(wasi_http_types_method_incoming_request_scheme(r, &scheme) &&
                scheme.tag == WASI_HTTP_TYPES_SCHEME_HTTPS
            ? "\nscheme https\n"
            : "\nscheme http\n");
    show_text("path ", wasi_http_types_method_incoming_request_path_with_query(r, &text), &text);
    show_text("authority ", wasi_http_types_method_incoming_request_authority(r, &text), &text);
    wasi_http_types_own_headers_t headers = wasi_http_types_method_incoming_request_headers(r);
    wasi_http_types_method_fields_entries(wasi_http_types_borrow_fields(headers), &all);
    for (unsigned i = 0; i < all.len; i++) {
        put(all.ptr[i].f0.ptr, all.ptr[i].f0.len);
        say("=");
        put(all.ptr[i].f1.ptr, all.ptr[i].f1.len);
        say("\n");
    }
    finish(0);
}

/* ---- what goes wrong ---- */

static void error(Out out) {
    wasi_http_types_result_own_outgoing_response_error_code_t result = {.is_err = true};
    result.val.err.tag = WASI_HTTP_TYPES_ERROR_CODE_CONNECTION_TIMEOUT;
    wasi_http_types_static_response_outparam_set(out, &result);
}

static volatile uint32_t sink;
static void spin(unsigned long millions) {
    uint64_t n = millions ? millions * 1000000ull : ~0ull;
    while (n--) sink += (uint32_t)n;
}

static void say_length(Out out, const char *digits) {
    wasi_http_types_own_fields_t fields = wasi_http_types_constructor_fields();
    append(fields, "Content-Length", digits);
    answer_with(out, 200, fields);
    say("hello");
    finish(0);
}

static void send_bytes(Out out, unsigned long n, unsigned long pause) {
    static uint8_t block[4096];
    for (unsigned i = 0; i < sizeof block; i++) block[i] = (uint8_t)('a' + i % 26);
    answer(out, 200);
    for (unsigned long piece; n; n -= piece) {
        piece = pause ? 1 : n < sizeof block ? n : sizeof block;
        if (!put(block, piece)) return;
        if (pause) sleep_ms(pause);
    }
    finish(0);
}

/* ---- the export ---- */

static unsigned long answered;

static int is(const proxy_string_t *path, const char *name, const char **query) {
    unsigned long n = length(name);
    if (path->len < n) return 0;
    for (unsigned i = 0; i < n; i++)
        if (path->ptr[i] != (uint8_t)name[i]) return 0;
    if (path->len > n && path->ptr[n] != '?') return 0;
    *query = path->len > n ? (const char *)path->ptr + n + 1 : "";
    return 1;
}

static unsigned long number(const char *s, const char *end) {
    unsigned long n = 0;
    for (; s < end && *s >= '0' && *s <= '9'; s++) n = n * 10 + (unsigned long)(*s - '0');
    return n;
}

/* Handles without end, memory without end, two answers to one question. */
static void take_all(const proxy_string_t *path, Out out) {
    const char *q;
    while (is(path, "/handles", &q)) wasi_http_types_constructor_fields();
    while (is(path, "/allocate", &q))
        if (__builtin_wasm_memory_grow(0, 16) == (unsigned long)-1) __builtin_trap();
    if (is(path, "/twice", &q)) {
        say_all(out, "once\n");
        answer(out, 201);
    }
    if (is(path, "/dropped", &q)) wasi_http_types_response_outparam_drop_own(out);
}

static void misbehave(const proxy_string_t *path, Out out) {
    const char *q;
    take_all(path, out);
    if (is(path, "/trap", &q)) __builtin_trap();
    if (is(path, "/error", &q)) error(out);
    if (is(path, "/cut", &q)) {
        answer(out, 200);
        say("the beginning\n");
        sleep_ms(50);
        __builtin_trap();
    }
    if (is(path, "/unfinished", &q)) {
        answer(out, 200);
        say("the beginning\n");
    }
}

void exports_wasi_http_incoming_handler_handle(Request request, Out out) {
    static char digits[32];
    wasi_http_types_borrow_incoming_request_t r = wasi_http_types_borrow_incoming_request(request);
    proxy_string_t path = {0};
    const char *q = "";
    wasi_http_types_method_incoming_request_path_with_query(r, &path);
    const char *end = (const char *)path.ptr + path.len;
    answered++;
    if (is(&path, "/", &q)) say_all(out, "hello\n");
    else if (is(&path, "/echo", &q)) {
        wasi_io_streams_own_input_stream_t in = open_body(request);
        answer(out, 200);
        read_all(in, 1);
        finish(0);
    } else if (is(&path, "/status", &q)) {
        answer(out, (unsigned)number(q, end));
        finish(0);
    } else if (is(&path, "/big", &q)) send_bytes(out, number(q, end), 0);
    else if (is(&path, "/slow", &q)) send_bytes(out, number(q, end), 20);
    else if (is(&path, "/sleep", &q)) {
        sleep_ms(number(q, end));
        say_all(out, "slept\n");
    } else if (is(&path, "/spin", &q)) {
        spin(number(q, end));
        say_all(out, "spun\n");
    } else if (is(&path, "/after", &q)) {
        say_all(out, "answered\n");
        sleep_ms(number(q, end));
    } else if (is(&path, "/count", &q)) {
        answer(out, 200);
        say_number(answered);
        finish(0);
    } else if (is(&path, "/memory", &q)) {
        if (__builtin_wasm_memory_grow(0, number(q, end) * 16) == (unsigned long)-1)
            __builtin_trap();
        say_all(out, "grown\n");
    } else if (is(&path, "/length", &q)) {
        for (unsigned i = 0; q + i < end && i < 20; i++) digits[i] = q[i];
        say_length(out, digits);
    } else if (is(&path, "/head", &q)) show_head(request, out);
    else if (is(&path, "/trailers", &q)) trailers(request, out);
    else if (!is(&path, "/nothing", &q)) misbehave(&path, out);
}
