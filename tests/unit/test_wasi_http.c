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

int main(void) {
    arena = arena_new();
    WasiContext context = {.stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1};
    RUN(bodies_are_rings);
    RUN(bodies_have_two_sides);
    host_open(&context);
    RUN(requests_are_told);
    host_close();
    arena_free(arena);
    return test_end("wasi http");
}
