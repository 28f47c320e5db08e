/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * HTTP/2 in a server, by a client that has sent its preface and settings, and now sends what the input says. There are
 * no guests behind the requests, but what guests do to them is done here, at the input's order:
 *
 *     0x00-0xef   the next 4 times as many bytes, and 4 more, are sent
 *     0xf0-0xff   the guest that has come last takes bytes of its body, answers, writes, ends, traps ...; or the
 *                 client reads, or the server drains
 *
 * What is to be seen: no crash, no leak, no request or guest that is left over.
 */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char opening[] =
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0\0\0\0\4\1\0\0\0\0";

static void take(Str *input, int fd) {
    size_t n = ((size_t)(uint8_t)input->ptr[0] + 1) * 4;
    Str bytes = str_from_to(*input, 1, n + 1);
    *input = str_after(*input, bytes.len + 1);
    if (bytes.len && send(fd, bytes.ptr, bytes.len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        input->len = 0;
}

static void read_all(int fd) {
    char bytes[4096];
    while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0) {
    }
}

/* Those that guests write, until the end of the input. */
static struct {
    WasiBody *at[256];
    size_t count;
} bodies;

static void answer(Request *r, unsigned n) {
    static const char *const names[] = {"x-a", "Content-Length", "connection", "a b"};
    if (r->answer_kind != ANSWER_NONE || !r->client) return;
    r->answer_kind = ANSWER_GUEST;
    r->status = n & 1 ? 200 : 204;
    r->length = n & 2 ? 3 : HTTP1_UNKNOWN_LENGTH;
    bool has_body = n & 4 && bodies.count < sizeof bodies.at / sizeof *bodies.at;
    if (has_body) bodies.at[bodies.count++] = r->out = wasi_body_new(WASI_BODY_CAPACITY);
    head_field(&r->answer, str_from(names[n & 2 ? 1 : n >> 3 & 3]), STR("3"));
}

/* What a guest does between two of its turns. */
static void act(Server *s, unsigned what, uint8_t n) {
    const HttpFields trailers = {&(Http1Field){STR("x-sum"), STR("1")}, 1};
    static const uint8_t bytes[5000];
    Request *r = s->guests ? s->guests->request : NULL;
    if (!r) return;
    switch (what) {
    case 0: answer(r, n); break;
    case 1:
        if (r->in) wasi_body_take(r->in, (size_t)n * 64);
        break;
    case 2:
        if (r->out) wasi_body_put(r->out, bytes, (size_t)n * 16 + 1);
        break;
    case 3:
        if (r->out) wasi_body_finish(r->out, n & 1 ? &trailers : NULL);
        break;
    case 4:
        if (r->out) wasi_body_fail(r->out, http_error(HTTP_INTERNAL_ERROR));
        break;
    case 5: request_returned(r, n & 1 ? "it has trapped" : NULL, 500); return;
    case 6:
        if (r->client) request_fail(r, 504, "it has lasted too long");
        break;
    case 7:
        if (r->client) r->client->inform(r->client, 100 + n % 8, trailers.at, n & 1);
        break;
    }
    if (r->client) r->client->advance(r->client);
}

static void end(Server *s) {
    while (s->connections) connection_abort(s->connections);
    while (s->guests) {
        Request *r = s->guests->request;
        guest_stop(s->guests);
        request_free(r);
    }
    while (bodies.count) wasi_body_leave(bodies.at[--bodies.count]);
    if (s->connection_count || s->in_flight || s->waiting) abort();
    free(s->scratch);
    loop_free(s->loop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ServeOptions options = SERVE_DEFAULTS;
    options.max_head = 2000, options.max_target = 500, options.max_fields = 20;
    options.max_body = 20000, options.max_requests = 6, options.max_streams = 8;
    ServeProgram program = {.refs = 2};
    Counters counters = {0};
    Server s = {.options = &options,
                .program = &program,
                .loop = loop_new(),
                .scratch = malloc(SCRATCH),
                .counters = &counters};
    Listener listener = {.server = &s};
    Str input = {(const char *)data, size};
    int fds[2];
    if (!s.loop || !s.scratch || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) < 0)
        abort();
    connection_accept(&listener, fds[0]);
    if (send(fds[1], opening, sizeof opening - 1, MSG_NOSIGNAL) < 0) abort();
    loop_turn(s.loop, true);
    while (input.len && s.connections) {
        uint8_t first = (uint8_t)input.ptr[0];
        if (first < 0xf0) take(&input, fds[1]);
        else {
            uint8_t n = input.len > 1 ? (uint8_t)input.ptr[1] : 0;
            input = str_after(input, 2);
            if (first < 0xf8) act(&s, first & 7, n);
            else if (first < 0xff) read_all(fds[1]);
            else {
                s.is_draining = true;
                connection_drain(s.connections);
            }
        }
        loop_turn(s.loop, true);
    }
    close(fds[1]);
    loop_turn(s.loop, true);
    end(&s);
    return 0;
}
