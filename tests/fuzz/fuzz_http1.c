/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * HTTP/1.1. The first byte of an input tells what it is for:
 *
 *     s c h t   bytes for the parser of a server, of a client, of one that has asked with HEAD, with
 *               CONNECT: in one piece, byte by byte, and in pieces of another length, they are the same
 *     q r       a request, a response to be written: where the writer takes it, the parser reads back
 *               the same fields, body and trailers; where it does not, nothing was written
 */
#include <stdlib.h>

#include "tests/http1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good) {
    if (!good) abort();
}

static void read_pieces(const char *methods, Str text) {
    if (!text.len) return;
    Arena *arena = arena_new();
    size_t piece = 2 + text.len * 7 % 61;
    Str whole = http1_transcript(arena, NULL, methods, text, text.len, 1);
    check(str_eq(whole, http1_transcript(arena, NULL, methods, text, 1, 1)));
    check(str_eq(whole, http1_transcript(arena, NULL, methods, text, piece, piece)));
    const Http1Limits tight = {.line = 40,
                               .head = 100,
                               .fields = 3,
                               .method = 5,
                               .extensions = 8,
                               .trailers = 30,
                               .trailer_count = 2,
                               .informational = 1,
                               .body = 20};
    whole = http1_transcript(arena, &tight, methods, text, text.len, 1);
    check(str_eq(whole, http1_transcript(arena, &tight, methods, text, 1, 1)));
    check(str_eq(whole, http1_transcript(arena, &tight, methods, text, piece, piece)));
    arena_free(arena);
}

/* ---- writing ---- */

enum { MAX_FIELDS = 8 };

typedef struct {
    Http1Field at[MAX_FIELDS];
    size_t len;
} Fields;

static uint8_t take_byte(Str *input) {
    uint8_t byte = input->len ? (uint8_t)input->ptr[0] : 0;
    *input = str_after(*input, 1);
    return byte;
}

/* A text ends with a line feed, or after as many bytes as a byte above 0x7f says. */
static Str take_text(Str *input) {
    uint8_t first = input->len ? (uint8_t)input->ptr[0] : 0;
    if (first >= 0x80) take_byte(input);
    size_t n = first >= 0x80 ? first - 0x80u : str_find(*input, '\n', 0);
    Str text = str_from_to(*input, 0, n);
    *input = str_after(*input, n == SIZE_MAX || first >= 0x80 ? n : n + 1);
    return text;
}

static void take_fields(Str *input, Fields *fields) {
    fields->len = take_byte(input) % (MAX_FIELDS + 1);
    for (size_t i = 0; i < fields->len; i++) {
        fields->at[i].name = take_text(input);
        fields->at[i].value = take_text(input);
    }
}

static void put(Http1Out *out, Str s) {
    if (!s.len) return;
    out->at = realloc(out->at, out->len + s.len);
    memcpy(out->at + out->len, s.ptr, s.len);
    out->cap = out->len += s.len;
}

/* As the transcript has them. */
static Str fields_text(Arena *arena, const Fields *fields, const char *prefix) {
    Buf text = {.arena = arena};
    for (size_t i = 0; i < fields->len; i++) {
        buf_fmt(&text, "%s", prefix);
        buf_str(&text, fields->at[i].name);
        buf_byte(&text, '=');
        buf_str(&text, http1_trim(fields->at[i].value));
        buf_byte(&text, '|');
    }
    return buf_text(&text);
}

typedef struct {
    bool is_request;
    uint8_t flags;
    unsigned status;
    Str method, target, host, reason;
    uint64_t length;
    Fields fields, trailers;
} Written;

static Http1Refusal write_head(Http1Writer *writer, const Written *w, Http1Out *out) {
    if (w->is_request)
        return http1_write_request(writer,
                                   &(Http1RequestHead){.method = w->method,
                                                       .target = w->target,
                                                       .host = w->host,
                                                       .length = w->length,
                                                       .close = w->flags & 1,
                                                       .fields = w->fields.at,
                                                       .field_count = w->fields.len},
                                   out);
    return http1_write_response(writer,
                                &(Http1ResponseHead){.status = w->status,
                                                     .reason = w->reason,
                                                     .length = w->length,
                                                     .to_head = str_is(w->method, "HEAD"),
                                                     .to_connect = str_is(w->method, "CONNECT"),
                                                     .to_1_0 = w->flags & 2,
                                                     .close = w->flags & 1,
                                                     .fields = w->fields.at,
                                                     .field_count = w->fields.len},
                                out);
}

static Http1Refusal write_body(Http1Writer *writer, Str body, Http1Out *out) {
    Str before, after;
    Http1Refusal refusal = http1_write_body(writer, body.len, &before, &after);
    if (refusal) return refusal;
    put(out, before);
    put(out, body);
    put(out, after);
    return HTTP1_GOOD;
}

static void check_same(Arena *arena, const Written *w, Str body, Str bytes, size_t messages) {
    const Http1Limits wide = {.method = 1 << 20, .line = 1 << 20, .head = 1 << 20};
    const char *methods = w->is_request ? NULL : str_c(arena, w->method);
    Http1Reading got = http1_read(arena, &wide, methods, bytes, bytes.len, 1);
    check(got.refusal == HTTP1_GOOD && got.messages == messages);
    check(str_eq(got.bodies, body));
    Str fields = fields_text(arena, &w->fields, ""),
        trailers = fields_text(arena, &w->trailers, "+");
    check(str_find_str(got.transcript, fields, 0) != SIZE_MAX);
    check(str_find_str(got.transcript, trailers, 0) != SIZE_MAX);
}

static void write_message(bool is_request, Str input) {
    static const char *const methods[] = {"GET", "HEAD", "CONNECT", "POST"};
    Arena *arena = arena_new();
    Http1Writer writer = {0};
    Http1Out out = {0};
    Written w = {.is_request = is_request, .flags = take_byte(&input)};
    w.status = 200 + take_byte(&input) % 200 * 2;
    w.method = is_request ? take_text(&input) : str_from(methods[w.flags >> 2 & 3]);
    w.target = take_text(&input);
    w.host = take_text(&input);
    w.reason = w.target;
    take_fields(&input, &w.fields);
    take_fields(&input, &w.trailers);
    size_t half = input.len / 2, messages = 1;
    w.length = w.flags & 0x10 ? HTTP1_UNKNOWN_LENGTH : input.len - (w.flags & 0x20 ? 1 : 0);
    if (!is_request && w.flags & 0x40 &&
        !http1_write_informational(&writer, 103, w.fields.at, w.fields.len, &out))
        messages++;
    size_t start = out.len;
    Http1Refusal refusal = write_head(&writer, &w, &out);
    check(!refusal || out.len == start);
    if (!refusal) refusal = write_body(&writer, str_from_to(input, 0, half), &out);
    if (!refusal) refusal = write_body(&writer, str_after(input, half), &out);
    start = out.len;
    Http1Refusal ended = http1_write_end(&writer, w.trailers.at, w.trailers.len, &out);
    check(!ended || out.len == start);
    if (!refusal && !ended) check_same(arena, &w, input, (Str){out.at, out.len}, messages);
    free(out.at);
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Str input = str_after((Str){(const char *)data, size}, 1);
    switch (size ? data[0] : 0) {
    case 's': read_pieces(NULL, input); break;
    case 'c': read_pieces("GET GET POST", input); break;
    case 'h': read_pieces("HEAD HEAD", input); break;
    case 't': read_pieces("CONNECT", input); break;
    case 'q': write_message(true, input); break;
    case 'r': write_message(false, input); break;
    }
    return 0;
}
