/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * wasi:http as a guest that serves sees it: bodies, incoming requests, the response-outparam. The
 * server's side is this program; nothing is sent anywhere.
 */
#include "tests/wasi.h"
#include "wasi/http.h"

#define HTTP "wasi:http/types"
#define IO   "wasi:io/streams"

/* ---- bodies by themselves ---- */

static void bodies_are_rings(void) {
    WasiBody *body = wasi_body_new(10);
    CHECK_EQ(wasi_body_room(body), 10);
    CHECK_EQ(wasi_body_put(body, "abcdefgh", 8), 8);
    CHECK_EQ(wasi_body_put(body, "ijkl", 4), 2);
    CHECK_EQ(wasi_body_put(body, "x", 1), 0);
    wasi_body_take(body, 4);
    CHECK_EQ(wasi_body_put(body, "KLMN", 4), 4);
    Str first = wasi_body_peek(body);
    CHECK_STR(first, "efghij");
    wasi_body_take(body, first.len);
    CHECK_STR(wasi_body_peek(body), "KLMN");
    wasi_body_finish(body, NULL);
    CHECK_EQ(wasi_body_put(body, "x", 1), 0);
    CHECK_EQ(wasi_body_state(body), WASI_BODY_OPEN); /* there is something to read */
    wasi_body_take(body, 99);
    CHECK_EQ(wasi_body_state(body), WASI_BODY_FINISHED);
    wasi_body_fail(body, http_error(HTTP_LOOP_DETECTED)); /* too late */
    CHECK_EQ(wasi_body_state(body), WASI_BODY_FINISHED);
    wasi_body_leave(body);
    CHECK_EQ(wasi_body_trailers(body).len, 0);
    wasi_body_abandon(body);
}

static void bodies_are_paid_for(void) {
    static const char bytes[8192];
    WasiBudget *budget = wasi_budget_new(10000);
    WasiBody *body = wasi_body_new(64 << 10), *other = wasi_body_new(64 << 10);
    wasi_body_charge(body, budget);
    wasi_body_charge(other, budget);
    CHECK_EQ(wasi_body_put(body, bytes, 8192), 8192);
    CHECK_EQ(wasi_body_put(other, bytes, 8192), 0);
    CHECK_EQ(wasi_body_state(other), WASI_BODY_FAILED);
    CHECK_EQ(wasi_body_error(other)->code, HTTP_INTERNAL_ERROR);
    wasi_body_abandon(body);
    CHECK_EQ(budget->left, 10000);
    wasi_budget_release(budget); /* the bodies still know it */
    wasi_body_leave(body);
    wasi_body_abandon(other);
    wasi_body_leave(other);
}

static void bodies_have_two_sides(void) {
    WasiBody *body = wasi_body_new(100);
    wasi_body_put(body, "abc", 3);
    wasi_body_leave(body); /* before the end */
    CHECK_STR(wasi_body_peek(body), "abc");
    wasi_body_take(body, 3);
    CHECK_EQ(wasi_body_state(body), WASI_BODY_FAILED);
    CHECK_EQ(wasi_body_error(body)->code, HTTP_PROTOCOL_ERROR);
    wasi_body_abandon(body);
    body = wasi_body_new(100);
    wasi_body_put(body, "abc", 3);
    wasi_body_discard(body);
    CHECK_EQ(wasi_body_state(body), WASI_BODY_OPEN);
    CHECK_EQ(wasi_body_put(body, "defghi", 6), 6); /* never in the way */
    char name[] = "Sum", value[] = "12";
    Http1Field field = {str_from(name), str_from(value)};
    wasi_body_finish(body, &(HttpFields){&field, 1});
    memset(name, '!', 3);
    CHECK_EQ(wasi_body_state(body), WASI_BODY_FINISHED);
    CHECK_EQ(wasi_body_trailers(body).len, 1);
    CHECK_STR(wasi_body_trailers(body).at[0].name, "Sum");
    CHECK_STR(wasi_body_trailers(body).at[0].value, "12");
    wasi_body_abandon(body);
    CHECK(wasi_body_is_abandoned(body));
    wasi_body_leave(body);
}

/* ---- the server ---- */

static struct {
    int informational, responses, errors, dropped;
    unsigned status;
    uint64_t length;
    char fields[200];
    WasiBody *body;
    HttpError error;
} answer;

static void write_fields(HttpFields fields) {
    answer.fields[0] = 0;
    for (size_t i = 0; i < fields.len; i++) {
        size_t n = strlen(answer.fields);
        snprintf(answer.fields + n, sizeof answer.fields - n, "%.*s=%.*s;",
                 STR_ARG(fields.at[i].name), STR_ARG(fields.at[i].value));
    }
}
static bool on_informational(void *context, unsigned status, HttpFields fields) {
    answer.informational++;
    answer.status = status;
    write_fields(fields);
    return true;
}
static void on_response(void *context, unsigned status, HttpFields fields, WasiBody *body,
                        uint64_t length) {
    answer.responses++;
    answer.status = status;
    answer.body = body;
    answer.length = length;
    write_fields(fields);
}
static void on_error(void *context, const HttpError *error) {
    answer.errors++;
    answer.error = *error;
}
static void on_dropped(void *context) { answer.dropped++; }

static const WasiHttpResponder responder = {NULL, on_informational, on_response, on_error,
                                            on_dropped};
static AbiValue outparam;

/* An incoming request; and `outparam`. */
static AbiValue take(const char *method, WasiBody *body) {
    static const Http1Field fields[] = {{STR_INIT("Accept"), STR_INIT("*/*")},
                                        {STR_INIT("Connection"), STR_INIT("close")},
                                        {STR_INIT("X-a"), STR_INIT("1")},
                                        {STR_INIT("x-A"), STR_INIT("2")}};
    WasiHttpRequest request = {.method = str_from(method),
                               .scheme = STR("http"),
                               .authority = STR("a.example:8080"),
                               .path = STR("/p?q"),
                               .fields = {fields, 4},
                               .body = body};
    AbiValue args[2];
    memset(&answer, 0, sizeof answer);
    CHECK(wasi_http_take(wasi, thread, &request, &responder, args));
    outparam = args[1];
    return args[0];
}

/* ---- incoming requests ---- */

static Str some_text(void) {
    return result[0].variant.index
               ? (Str){result[0].variant.payload->string.ptr, result[0].variant.payload->string.len}
               : STR("none");
}

static void requests_are_told(void) {
    AbiValue request = take("GET", NULL);
    CHECK_EQ(call(HTTP, "[method]incoming-request.method", &request), VM_DONE);
    CHECK_EQ(result[0].variant.index, 0);
    CHECK_EQ(call(HTTP, "[method]incoming-request.path-with-query", &request), VM_DONE);
    CHECK_STR(some_text(), "/p?q");
    CHECK_EQ(call(HTTP, "[method]incoming-request.authority", &request), VM_DONE);
    CHECK_STR(some_text(), "a.example:8080");
    CHECK_EQ(call(HTTP, "[method]incoming-request.scheme", &request), VM_DONE);
    CHECK_EQ(result[0].variant.index, 1);
    CHECK_EQ(result[0].variant.payload->variant.index, 0);
    CHECK_EQ(call(HTTP, "[method]incoming-request.headers", &request), VM_DONE);
    AbiValue args[3] = {result[0], text("X-A"), list("3")};
    CHECK_EQ(call(HTTP, "[method]fields.entries", args), VM_DONE);
    CHECK_EQ(result[0].list.len, 3); /* without Connection */
    CHECK_EQ(call(HTTP, "[method]fields.get", args), VM_DONE);
    CHECK_EQ(result[0].list.len, 2);
    CHECK_EQ(call(HTTP, "[method]fields.append", args), VM_DONE);
    CHECK_EQ(result[0].variant.payload->variant.index, 2); /* immutable */
    wasi_drop(wasi, &args[0]);
    wasi_drop(wasi, &request);
    wasi_drop(wasi, &outparam);
    CHECK_EQ(answer.dropped, 1);
    request = take("BREW", NULL);
    CHECK_EQ(call(HTTP, "[method]incoming-request.method", &request), VM_DONE);
    CHECK_EQ(result[0].variant.index, 9);
    CHECK_STR(((Str){result[0].variant.payload->string.ptr, 4}), "BREW");
    wasi_drop(wasi, &request);
    wasi_drop(wasi, &outparam);
}

/* ---- incoming bodies ---- */

static AbiValue some(AbiValue payload) {
    return (AbiValue){.variant = {arena_copy(arena, &payload, sizeof payload), 1}};
}
static const AbiValue none = {.variant = {NULL, 0}};

static AbiValue consume(AbiValue request) {
    CHECK_EQ(call(HTTP, "[method]incoming-request.consume", &request), VM_DONE);
    CHECK_EQ(result[0].variant.index, 0);
    AbiValue body = result[0].variant.payload[0];
    CHECK_EQ(call(HTTP, "[method]incoming-request.consume", &request), VM_DONE);
    CHECK_EQ(result[0].variant.index, 1); /* at most once */
    return body;
}

static AbiValue stream_of(AbiValue body) {
    CHECK_EQ(call(HTTP, "[method]incoming-body.stream", &body), VM_DONE);
    CHECK_EQ(result[0].variant.index, 0);
    AbiValue stream = result[0].variant.payload[0];
    CHECK_EQ(call(HTTP, "[method]incoming-body.stream", &body), VM_DONE);
    CHECK_EQ(result[0].variant.index, 1);
    return stream;
}

/* The bytes of a read; "closed", or the name of an error-code. */
static const char *read_some(AbiValue stream, const char *name, uint64_t most) {
    static char text[5000];
    AbiValue args[2] = {stream, bits(most)};
    VmStatus status = call(IO, name, args);
    if (status == VM_SUSPEND) return "suspended";
    CHECK_EQ(status, VM_DONE);
    const AbiValue *payload = result[0].variant.payload;
    if (!result[0].variant.index) {
        snprintf(text, sizeof text, "%.*s", (int)payload->list.len,
                 payload->list.len ? (char *)payload->list.items : "");
        return text;
    }
    if (payload->variant.index) return "closed";
    AbiValue error = payload->variant.payload[0];
    CHECK_EQ(call(HTTP, "http-error-code", &error), VM_DONE);
    CHECK_EQ(result[0].variant.index, 1);
    snprintf(text, sizeof text, "%s",
             http_error_name((HttpErrorCode)result[0].variant.payload->variant.index));
    CHECK_EQ(call("wasi:io/error", "[method]error.to-debug-string", &error), VM_DONE);
    CHECK(result[0].string.len > 0);
    wasi_drop(wasi, &error);
    return text;
}
#define READ     "[method]input-stream.read"
#define BLOCKING "[method]input-stream.blocking-read"
#define IS(got, want) CHECK_STR(str_from(got), want)

static bool is_ready(AbiValue stream, const char *subscribe, const char *interface) {
    CHECK_EQ(call(interface, subscribe, &stream), VM_DONE);
    AbiValue pollable = result[0];
    CHECK_EQ(call("wasi:io/poll", "[method]pollable.ready", &pollable), VM_DONE);
    bool ready = result[0].bits;
    wasi_drop(wasi, &pollable);
    return ready;
}

static void bodies_are_read(void) {
    WasiBody *body = wasi_body_new(100);
    AbiValue request = take("POST", body), incoming = consume(request);
    AbiValue stream = stream_of(incoming);
    WasiWants wants;
    IS(read_some(stream, READ, 10), "");
    IS(read_some(stream, BLOCKING, 10), "suspended");
    CHECK(!wasi_wants(wasi, &wants)); /* only the server can wake it */
    wasi_wake(wasi);
    CHECK(!is_ready(stream, "[method]input-stream.subscribe", IO));
    wasi_body_put(body, "hello, world", 12);
    CHECK(is_ready(stream, "[method]input-stream.subscribe", IO));
    IS(read_some(stream, BLOCKING, 5), "hello");
    AbiValue skip[2] = {stream, bits(2)};
    CHECK_EQ(call(IO, "[method]input-stream.skip", skip), VM_DONE);
    CHECK_EQ(result[0].variant.payload->bits, 2);
    IS(read_some(stream, READ, 100), "world");
    Http1Field sum = {STR("Sum"), STR("12")};
    wasi_body_finish(body, &(HttpFields){&sum, 1});
    wasi_body_leave(body);
    CHECK(is_ready(stream, "[method]input-stream.subscribe", IO));
    IS(read_some(stream, READ, 1), "closed");
    IS(read_some(stream, BLOCKING, 1), "closed");
    CHECK_EQ(call(HTTP, "[static]incoming-body.finish", &incoming), VM_TRAP); /* a child is alive */
    wasi_drop(wasi, &stream);
    CHECK_EQ(call(HTTP, "[static]incoming-body.finish", &incoming), VM_DONE);
    AbiValue future = result[0];
    CHECK(is_ready(future, "[method]future-trailers.subscribe", HTTP));
    CHECK_EQ(call(HTTP, "[method]future-trailers.get", &future), VM_DONE);
    AbiValue trailers =
        result[0].variant.payload->variant.payload->variant.payload->variant.payload[0];
    AbiValue args[3] = {trailers, text("sum"), list("x")};
    CHECK_EQ(call(HTTP, "[method]fields.get", args), VM_DONE);
    CHECK_EQ(result[0].list.len, 1);
    CHECK_EQ(call(HTTP, "[method]fields.append", args), VM_DONE);
    CHECK_EQ(result[0].variant.payload->variant.index, 2); /* immutable */
    CHECK_EQ(call(HTTP, "[method]future-trailers.get", &future), VM_DONE);
    CHECK_EQ(result[0].variant.payload->variant.index, 1); /* told already */
    wasi_drop(wasi, &trailers);
    wasi_drop(wasi, &future);
    wasi_drop(wasi, &request);
    wasi_drop(wasi, &outparam);
}

static void bodies_that_fail(void) {
    WasiBody *body = wasi_body_new(100);
    AbiValue request = take("POST", body), incoming = consume(request);
    AbiValue stream = stream_of(incoming);
    wasi_body_put(body, "abc", 3);
    wasi_body_fail(body, http_error_size(HTTP_REQUEST_BODY_SIZE, 4));
    wasi_body_leave(body);
    IS(read_some(stream, READ, 100), "abc");
    IS(read_some(stream, READ, 100), "HTTP-request-body-size");
    IS(read_some(stream, READ, 100), "closed");
    wasi_drop(wasi, &stream);
    CHECK_EQ(call(HTTP, "[static]incoming-body.finish", &incoming), VM_DONE);
    AbiValue future = result[0];
    CHECK_EQ(call(HTTP, "[method]future-trailers.get", &future), VM_DONE);
    AbiValue *error = result[0].variant.payload->variant.payload->variant.payload;
    CHECK_EQ(error->variant.index, HTTP_REQUEST_BODY_SIZE);
    CHECK_EQ(error->variant.payload->variant.payload->bits, 4);
    wasi_drop(wasi, &future);
    wasi_drop(wasi, &request);
    wasi_drop(wasi, &outparam);
}

/* What is not read does not hold up the trailers. */
static void trailers_do_not_wait(void) {
    WasiBody *body = wasi_body_new(4);
    AbiValue request = take("POST", body), incoming = consume(request);
    wasi_body_put(body, "abcd", 4);
    CHECK_EQ(wasi_body_room(body), 0);
    CHECK_EQ(call(HTTP, "[static]incoming-body.finish", &incoming), VM_DONE);
    AbiValue future = result[0];
    CHECK_EQ(wasi_body_put(body, "efg", 3), 3);
    CHECK(!is_ready(future, "[method]future-trailers.subscribe", HTTP));
    CHECK_EQ(call(HTTP, "[method]future-trailers.get", &future), VM_DONE);
    CHECK_EQ(result[0].variant.index, 0);
    wasi_body_finish(body, NULL);
    CHECK(is_ready(future, "[method]future-trailers.subscribe", HTTP));
    CHECK_EQ(call(HTTP, "[method]future-trailers.get", &future), VM_DONE);
    AbiValue *told = result[0].variant.payload->variant.payload;
    CHECK_EQ(told->variant.index, 0);
    CHECK_EQ(told->variant.payload->variant.index, 0); /* there were none */
    wasi_drop(wasi, &future);
    CHECK(wasi_body_is_abandoned(body));
    wasi_body_leave(body);
    wasi_drop(wasi, &request);
    wasi_drop(wasi, &outparam);
}

static void requests_without_a_body(void) {
    AbiValue request = take("GET", NULL), incoming = consume(request);
    AbiValue stream = stream_of(incoming);
    IS(read_some(stream, BLOCKING, 5), "closed");
    wasi_drop(wasi, &stream);
    wasi_drop(wasi, &incoming);
    WasiBody *body = wasi_body_new(10);
    wasi_drop(wasi, &request);
    wasi_drop(wasi, &outparam);
    request = take("POST", body);
    wasi_drop(wasi, &request); /* without looking at the body */
    CHECK(wasi_body_is_abandoned(body));
    wasi_body_leave(body);
    wasi_drop(wasi, &outparam);
}

/* ---- responses ---- */

static AbiValue make_fields(const char *name, const char *value) {
    CHECK_EQ(call(HTTP, "[constructor]fields", NULL), VM_DONE);
    AbiValue args[3] = {result[0], text(name), list(value)};
    if (name[0]) CHECK_EQ(call(HTTP, "[method]fields.append", args), VM_DONE);
    return args[0];
}

static AbiValue make_response(const char *name, const char *value) {
    AbiValue fields = make_fields(name, value);
    CHECK_EQ(call(HTTP, "[constructor]outgoing-response", &fields), VM_DONE);
    return result[0];
}

static AbiValue body_of(AbiValue response) {
    CHECK_EQ(call(HTTP, "[method]outgoing-response.body", &response), VM_DONE);
    CHECK_EQ(result[0].variant.index, 0);
    AbiValue body = result[0].variant.payload[0];
    CHECK_EQ(call(HTTP, "[method]outgoing-response.body", &response), VM_DONE);
    CHECK_EQ(result[0].variant.index, 1);
    return body;
}

static AbiValue output_of(AbiValue body) {
    CHECK_EQ(call(HTTP, "[method]outgoing-body.write", &body), VM_DONE);
    CHECK_EQ(result[0].variant.index, 0);
    AbiValue stream = result[0].variant.payload[0];
    CHECK_EQ(call(HTTP, "[method]outgoing-body.write", &body), VM_DONE);
    CHECK_EQ(result[0].variant.index, 1);
    return stream;
}

static VmStatus write_text(AbiValue stream, const char *said) {
    AbiValue args[2] = {stream, list(said)};
    return call(IO, "[method]output-stream.blocking-write-and-flush", args);
}

static void set_response(AbiValue response) {
    AbiValue args[2] = {outparam, {.variant = {&response, 0}}};
    CHECK_EQ(call(HTTP, "[static]response-outparam.set", args), VM_DONE);
}

/* VM_DONE's result: "" or the error. */
static const char *finish_body(AbiValue body, AbiValue trailers) {
    AbiValue args[2] = {body, trailers};
    CHECK_EQ(call(HTTP, "[static]outgoing-body.finish", args), VM_DONE);
    if (!result[0].variant.index) return "";
    return http_error_name((HttpErrorCode)result[0].variant.payload->variant.index);
}

static void responses_are_sent(void) {
    AbiValue request = take("GET", NULL), response = make_response("X-Name", "1");
    AbiValue status[2] = {response, bits(42)};
    CHECK_EQ(call(HTTP, "[method]outgoing-response.set-status-code", status), VM_DONE);
    CHECK_EQ(result[0].variant.index, 1);
    status[1] = bits(418);
    CHECK_EQ(call(HTTP, "[method]outgoing-response.set-status-code", status), VM_DONE);
    CHECK_EQ(result[0].variant.index, 0);
    CHECK_EQ(call(HTTP, "[method]outgoing-response.status-code", &response), VM_DONE);
    CHECK_EQ(result[0].bits, 418);
    AbiValue body = body_of(response), stream = output_of(body);
    CHECK_EQ(call(HTTP, "[method]outgoing-response.headers", &response), VM_DONE);
    AbiValue headers = result[0], early[2] = {outparam, {.variant = {&response, 0}}};
    CHECK_EQ(call(HTTP, "[static]response-outparam.set", early), VM_TRAP); /* a child is alive */
    wasi_drop(wasi, &headers);
    set_response(response);
    CHECK_EQ(answer.responses, 1);
    CHECK_EQ(answer.status, 418);
    CHECK_EQ(answer.length, UINT64_MAX);
    IS(answer.fields, "X-Name=1;");
    CHECK_EQ(write_text(stream, "hello"), VM_DONE);
    CHECK_STR(wasi_body_peek(answer.body), "hello");
    wasi_body_take(answer.body, 5);
    AbiValue end[2] = {body, none};
    CHECK_EQ(call(HTTP, "[static]outgoing-body.finish", end), VM_TRAP); /* a child is alive */
    wasi_drop(wasi, &stream);
    IS(finish_body(body, some(make_fields("Sum", "5"))), "");
    CHECK_EQ(wasi_body_state(answer.body), WASI_BODY_FINISHED);
    CHECK_EQ(wasi_body_trailers(answer.body).len, 1);
    wasi_body_abandon(answer.body);
    wasi_drop(wasi, &request);
    CHECK_EQ(answer.dropped, 0);
}

static void responses_hold_back(void) {
    AbiValue request = take("GET", NULL), response = make_response("", "");
    AbiValue body = body_of(response), stream = output_of(body);
    set_response(response);
    AbiValue args[2] = {stream, bits(4096)};
    int rounds = 0;
    while (call(IO, "[method]output-stream.blocking-write-zeroes-and-flush", args) == VM_DONE)
        rounds++;
    CHECK_EQ(rounds, WASI_BODY_CAPACITY / 4096);
    CHECK(!is_ready(stream, "[method]output-stream.subscribe", IO));
    CHECK_EQ(call(IO, "[method]output-stream.check-write", args), VM_DONE);
    CHECK_EQ(result[0].variant.payload->bits, 0);
    wasi_body_take(answer.body, 1000);
    wasi_wake(wasi);
    CHECK_EQ(wasi_body_room(answer.body), 0); /* what was pending has followed */
    wasi_body_take(answer.body, WASI_BODY_CAPACITY);
    wasi_wake(wasi);
    CHECK_EQ(call(IO, "[method]output-stream.blocking-flush", args), VM_DONE);
    CHECK_EQ(wasi_body_queued(answer.body), 4096 - 1000);
    CHECK_EQ(call(IO, "[method]output-stream.check-write", args), VM_DONE);
    CHECK_EQ(result[0].variant.payload->bits, WASI_BODY_CAPACITY - (4096 - 1000));
    wasi_body_abandon(answer.body); /* the client is gone */
    CHECK_EQ(call(IO, "[method]output-stream.check-write", args), VM_DONE);
    CHECK_EQ(result[0].variant.index, 1);
    CHECK_EQ(result[0].variant.payload->variant.index, 1); /* closed */
    wasi_drop(wasi, &stream);
    wasi_drop(wasi, &body);
    wasi_drop(wasi, &request);
}

static void lengths_are_kept(void) {
    static const struct {
        const char *length, *text, *write, *finish;
        WasiBodyState state;
    } cases[] = {
        {"5", "hello", "", "", WASI_BODY_FINISHED},
        {"0", NULL, "", "", WASI_BODY_FINISHED},
        {"6", "hello", "", "HTTP-response-body-size", WASI_BODY_FAILED},
        {"4", "hello", "HTTP-response-body-size", "HTTP-response-body-size", WASI_BODY_FAILED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AbiValue request = take("GET", NULL);
        AbiValue response = make_response("content-length", cases[i].length);
        AbiValue body = body_of(response), stream = output_of(body);
        set_response(response);
        CHECK_EQ(answer.length, (uint64_t)(cases[i].length[0] - '0'));
        if (cases[i].text) {
            CHECK_EQ(write_text(stream, cases[i].text), VM_DONE);
            CHECK_EQ(result[0].variant.index, cases[i].write[0] != 0);
        }
        if (cases[i].write[0]) {
            AbiValue error = result[0].variant.payload->variant.payload[0];
            CHECK_EQ(call(HTTP, "http-error-code", &error), VM_DONE);
            AbiValue *code = result[0].variant.payload;
            IS(http_error_name((HttpErrorCode)code->variant.index), cases[i].write);
            CHECK_EQ(code->variant.payload->variant.payload->bits, 5);
            wasi_drop(wasi, &error);
        }
        wasi_drop(wasi, &stream);
        IS(finish_body(body, none), cases[i].finish);
        wasi_body_take(answer.body, 100);
        CHECK_EQ(wasi_body_state(answer.body), cases[i].state);
        wasi_body_abandon(answer.body);
        wasi_drop(wasi, &request);
    }
}

static void bodies_are_not_whole(void) {
    AbiValue request = take("GET", NULL), response = make_response("", "");
    AbiValue body = body_of(response), stream = output_of(body);
    set_response(response);
    CHECK_EQ(write_text(stream, "hello"), VM_DONE);
    wasi_drop(wasi, &stream);
    wasi_drop(wasi, &body); /* without finish */
    CHECK_EQ(wasi_body_state(answer.body), WASI_BODY_OPEN);
    wasi_body_take(answer.body, 5);
    CHECK_EQ(wasi_body_state(answer.body), WASI_BODY_FAILED);
    wasi_body_abandon(answer.body);
    wasi_drop(wasi, &request);
    request = take("GET", NULL), response = make_response("", "");
    body = body_of(response);
    set_response(response);
    IS(finish_body(body, some(make_fields("Content-Type", "a/b"))), "HTTP-protocol-error");
    CHECK_EQ(wasi_body_state(answer.body), WASI_BODY_FAILED);
    wasi_body_abandon(answer.body);
    wasi_drop(wasi, &request);
}

static void other_answers(void) {
    AbiValue request = take("GET", NULL), response = make_response("", "");
    set_response(response); /* its body was never asked for */
    CHECK(answer.responses == 1 && !answer.body);
    wasi_drop(wasi, &request);
    request = take("GET", NULL), response = make_response("Content-Length", "five");
    set_response(response);
    CHECK_EQ(answer.errors, 1);
    CHECK_EQ(answer.error.code, HTTP_INTERNAL_ERROR);
    wasi_drop(wasi, &request);
    request = take("GET", NULL), response = make_response("", "");
    AbiValue body = body_of(response);
    wasi_drop(wasi, &response); /* never sent */
    AbiValue stream = output_of(body);
    CHECK_EQ(write_text(stream, "hello"), VM_DONE);
    CHECK_EQ(result[0].variant.payload->variant.index, 1); /* closed */
    wasi_drop(wasi, &stream);
    wasi_drop(wasi, &body);
    wasi_drop(wasi, &outparam);
    CHECK_EQ(answer.dropped, 1);
    wasi_drop(wasi, &request);
}

/* Each case of error-code with all of its payload goes through response-outparam.set. */
static void errors_are_told(void) {
    for (uint32_t code = 0; code <= HTTP_INTERNAL_ERROR; code++) {
        AbiValue request = take("GET", NULL);
        AbiValue pair[2] = {some(text("name")), some(bits(7))}, one = {.bits = 0};
        AbiValue error = {.variant = {pair, code}};
        if (code == HTTP_TLS_ALERT_RECEIVED) pair[0] = some(bits(7)), pair[1] = some(text("name"));
        if (code == HTTP_REQUEST_HEADER_SIZE) {
            one = (AbiValue){.variant = {pair, 1}};
            error.variant.payload = &one;
        }
        bool number = code == HTTP_REQUEST_BODY_SIZE || code == HTTP_REQUEST_HEADER_SECTION_SIZE ||
                      code == HTTP_REQUEST_TRAILER_SECTION_SIZE ||
                      code == HTTP_RESPONSE_HEADER_SECTION_SIZE ||
                      code == HTTP_RESPONSE_BODY_SIZE || code == HTTP_RESPONSE_TRAILER_SECTION_SIZE;
        if (number) pair[0] = some(bits(7));
        AbiValue args[2] = {outparam, {.variant = {&error, 1}}};
        CHECK_EQ(call(HTTP, "[static]response-outparam.set", args), VM_DONE);
        CHECK_EQ(answer.errors, 1);
        CHECK_EQ(answer.error.code, code);
        if (answer.error.has_number) CHECK_EQ(answer.error.number, 7);
        if (answer.error.text[0]) IS(answer.error.text, "name");
        if (number) CHECK(answer.error.has_number);
        wasi_drop(wasi, &request);
    }
}

static void informational(void) {
    static const struct {
        uint64_t status;
        int error; /* -1: it is sent */
    } cases[] = {{103, -1},
                 {102, -1},
                 {99, HTTP_PROTOCOL_ERROR},
                 {200, HTTP_PROTOCOL_ERROR},
                 {101, HTTP_INTERNAL_ERROR}};
    AbiValue request = take("GET", NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AbiValue args[3] = {outparam, bits(cases[i].status), make_fields("Link", "</a>")};
        int before = answer.informational;
        CHECK_EQ(call(HTTP, "[method]response-outparam.send-informational", args), VM_DONE);
        CHECK_EQ(answer.informational - before, cases[i].error < 0);
        CHECK_EQ(result[0].variant.index, cases[i].error >= 0);
        if (cases[i].error >= 0) CHECK_EQ(result[0].variant.payload->variant.index, cases[i].error);
    }
    IS(answer.fields, "Link=</a>;");
    wasi_drop(wasi, &request);
    wasi_drop(wasi, &outparam);
}

/* ---- children ---- */

/* What the guest's own drop asks, before anything is dropped (wasi/internal.h). */
const char *wasi_refuses(void *wasi, uint64_t rep);
static bool is_refused(AbiValue handle) { return wasi_refuses(wasi, handle.bits) != NULL; }

static void parents_come_last(void) {
    AbiValue request = take("GET", NULL), incoming = consume(request);
    AbiValue stream = stream_of(incoming);
    CHECK(is_refused(incoming) && !is_refused(stream));
    wasi_drop(wasi, &stream);
    CHECK(!is_refused(incoming));
    wasi_drop(wasi, &incoming);
    CHECK(!is_refused(request));
    CHECK_EQ(call(HTTP, "[method]incoming-request.headers", &request), VM_DONE);
    AbiValue headers = result[0];
    CHECK(is_refused(request) && !is_refused(headers));
    wasi_drop(wasi, &headers);
    wasi_drop(wasi, &request);
    AbiValue response = make_response("", ""), body = body_of(response), out = output_of(body);
    CHECK(is_refused(body));
    wasi_drop(wasi, &out);
    CHECK(!is_refused(body));
    wasi_drop(wasi, &body);
    wasi_drop(wasi, &response);
    wasi_drop(wasi, &outparam);
}

/* ---- fields, options ---- */

static void fields_have_limits(void) {
    AbiValue args[3] = {make_fields("", ""), text("X-Name"), none};
    static char large[70000];
    memset(large, 'x', sizeof large - 1);
    args[2] = list(large);
    CHECK_EQ(call(HTTP, "[method]fields.append", args), VM_DONE);
    CHECK_EQ(result[0].variant.index, 0);
    CHECK_EQ(call(HTTP, "[method]fields.append", args), VM_TRAP);
    CHECK_EQ(call(HTTP, "[method]fields.delete", args), VM_DONE);
    CHECK_EQ(call(HTTP, "[method]fields.append", args), VM_DONE);
    AbiValue values[2] = {list("1"), list("2")};
    args[1] = text("x-name");
    args[2] = (AbiValue){.list = {values, 2}};
    CHECK_EQ(call(HTTP, "[method]fields.set", args), VM_DONE);
    CHECK_EQ(result[0].variant.index, 0);
    CHECK_EQ(call(HTTP, "[method]fields.get", args), VM_DONE);
    CHECK_EQ(result[0].list.len, 2);
    CHECK_EQ(call(HTTP, "[method]fields.has", args), VM_DONE);
    CHECK_EQ(result[0].bits, 1);
    CHECK_EQ(call(HTTP, "[method]fields.clone", args), VM_DONE);
    AbiValue copy[3] = {result[0], text("X-NAME"), list("a\nb")};
    CHECK_EQ(call(HTTP, "[method]fields.append", copy), VM_DONE);
    CHECK_EQ(result[0].variant.payload->variant.index, 0); /* invalid-syntax */
    CHECK_EQ(call(HTTP, "[method]fields.delete", copy), VM_DONE);
    CHECK_EQ(call(HTTP, "[method]fields.get", args), VM_DONE);
    CHECK_EQ(result[0].list.len, 2); /* the copy is another one */
    wasi_drop(wasi, &copy[0]);
    wasi_drop(wasi, &args[0]);
    AbiValue cells[4] = {text("a"), list("1"), text("Upgrade"), list("h2c")};
    AbiValue items = {.list = {cells, 2}};
    CHECK_EQ(call(HTTP, "[static]fields.from-list", &items), VM_DONE);
    CHECK_EQ(result[0].variant.payload->variant.index, 1); /* forbidden */
    items.list.len = 1;
    CHECK_EQ(call(HTTP, "[static]fields.from-list", &items), VM_DONE);
    CHECK_EQ(result[0].variant.index, 0);
    wasi_drop(wasi, result[0].variant.payload);
}

int main(void) {
    arena = arena_new();
    WasiContext context = {.stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1};
    RUN(bodies_are_rings);
    RUN(bodies_have_two_sides);
    RUN(bodies_are_paid_for);
    host_open(&context);
    RUN(requests_are_told);
    RUN(bodies_are_read);
    RUN(bodies_that_fail);
    RUN(trailers_do_not_wait);
    RUN(requests_without_a_body);
    RUN(responses_are_sent);
    RUN(responses_hold_back);
    RUN(lengths_are_kept);
    RUN(bodies_are_not_whole);
    RUN(other_answers);
    RUN(errors_are_told);
    RUN(informational);
    RUN(parents_come_last);
    RUN(fields_have_limits);
    host_close();
    arena_free(arena);
    return test_end("wasi http");
}
