/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The bodies of wasi:http: the guest's ends of WasiBody. An outgoing body counts what is written
 * against the length that its message announces; an incoming one gives its bytes to one stream, and
 * then its trailers to one future.
 */
#include "wasi/http_types.h"

typedef struct {
    WasiObject object;
    WasiSink sink;
    bool has_stream; /* taken by the guest */
} Outgoing;

typedef struct {
    WasiObject object;
    WasiBody *body;
    bool has_stream;
} Incoming;

typedef struct {
    WasiObject object;
    WasiBody *body;
    bool is_told;
} Trailers;

/* ---- outgoing ---- */

/* Without outgoing-body.finish the message is not whole. */
static void free_outgoing(WasiObject *object) { wasi_body_leave(((Outgoing *)object)->sink.body); }

VmStatus wasi_outgoing_make(VmThread *thread, Wasi *wasi, WasiMessage *message, AbiValue *out) {
    bool in_request = message->object.kind == WASI_OUTGOING_REQUEST;
    WasiBody *body = wasi_body_new(WASI_BODY_CAPACITY);
    if (!body) return vm_trap(thread, TRAP_HOST_MEMORY);
    wasi_body_charge(body, wasi_budget(wasi));
    Outgoing *outgoing = wasi_make(thread, wasi, WASI_OUTGOING_BODY, sizeof *outgoing, NULL, out);
    if (!outgoing) {
        wasi_body_leave(body);
        wasi_body_abandon(body);
        return VM_TRAP;
    }
    outgoing->object.free = free_outgoing;
    outgoing->sink = (WasiSink){.body = body, .in_request = in_request};
    wasi_fields_length(message->list, &outgoing->sink.length);
    message->body = body;
    return VM_DONE;
}

WASI_HTTP_FN(outgoing_write) {
    Outgoing *body = wasi_get(thread, context, &args[0], WASI_OUTGOING_BODY);
    if (!body) return VM_TRAP;
    wasi_case(result, body->has_stream, !body->has_stream, scratch);
    if (body->has_stream) return VM_DONE;
    body->has_stream = true;
    return wasi_body_output(thread, context, &body->sink, &body->object, result->variant.payload)
               ? VM_DONE
               : VM_TRAP;
}

/* Whether these can be trailers. */
static bool are_trailers(const WasiFieldList *list, bool in_request, HttpError *error) {
    for (size_t i = 0; i < list->len; i++) {
        *error = http_error(HTTP_PROTOCOL_ERROR);
        if (http1_is_forbidden_trailer(list->at[i].name)) return false;
    }
    return wasi_fields_fit(list, HTTP_MAX_TRAILER,
                           in_request ? HTTP_REQUEST_TRAILER_SIZE : HTTP_RESPONSE_TRAILER_SIZE,
                           HTTP_MAX_TRAILERS, error);
}

/* Ends a body: false and why, where it is not what its message has announced. */
static bool end(WasiSink *sink, const WasiFields *trailers, HttpError *error) {
    bool known = sink->length != HTTP1_UNKNOWN_LENGTH;
    bool good = !known || sink->written == sink->length;
    if (!good)
        *error = http_error_size(
            sink->in_request ? HTTP_REQUEST_BODY_SIZE : HTTP_RESPONSE_BODY_SIZE, sink->written);
    else if (trailers) good = are_trailers(trailers->list, sink->in_request, error);
    if (!good) wasi_body_fail(sink->body, *error);
    HttpFields fields = trailers ? wasi_fields_view(trailers->list) : (HttpFields){0};
    if (good) wasi_body_finish(sink->body, &fields);
    return good;
}

WASI_HTTP_FN(outgoing_finish) {
    Outgoing *body = wasi_http_own(thread, context, &args[0], WASI_OUTGOING_BODY);
    if (!body) return VM_TRAP;
    const AbiValue *handle = args[1].variant.index ? args[1].variant.payload : NULL;
    const WasiFields *trailers = handle ? wasi_get(thread, context, handle, WASI_FIELDS) : NULL;
    if (handle && !trailers) return VM_TRAP;
    HttpError error;
    bool good = end(&body->sink, trailers, &error);
    wasi_drop(context, &args[0]);
    if (handle) wasi_drop(context, handle);
    return good ? wasi_ok(result) : wasi_http_err(result, &error, scratch);
}

/* ---- incoming ---- */

static void free_incoming(WasiObject *object) { wasi_body_abandon(((Incoming *)object)->body); }

VmStatus wasi_incoming_make(VmThread *thread, Wasi *wasi, WasiBody *body, AbiValue *out) {
    if (!body) {
        body = wasi_body_new(0);
        if (!body) return vm_trap(thread, TRAP_HOST_MEMORY);
        wasi_body_finish(body, NULL);
        wasi_body_leave(body);
    }
    Incoming *incoming = wasi_make(thread, wasi, WASI_INCOMING_BODY, sizeof *incoming, NULL, out);
    if (!incoming) {
        wasi_body_abandon(body);
        return VM_TRAP;
    }
    incoming->object.free = free_incoming;
    incoming->body = body;
    return VM_DONE;
}

WASI_HTTP_FN(incoming_stream) {
    Incoming *body = wasi_get(thread, context, &args[0], WASI_INCOMING_BODY);
    if (!body) return VM_TRAP;
    wasi_case(result, body->has_stream, !body->has_stream, scratch);
    if (body->has_stream) return VM_DONE;
    body->has_stream = true;
    return wasi_body_input(thread, context, body->body, &body->object, result->variant.payload)
               ? VM_DONE
               : VM_TRAP;
}

static void free_trailers(WasiObject *object) { wasi_body_abandon(((Trailers *)object)->body); }

WASI_HTTP_FN(incoming_finish) {
    Incoming *incoming = wasi_http_own(thread, context, &args[0], WASI_INCOMING_BODY);
    if (!incoming) return VM_TRAP;
    Trailers *trailers =
        wasi_make(thread, context, WASI_FUTURE_TRAILERS, sizeof *trailers, NULL, result);
    if (!trailers) return VM_TRAP;
    trailers->object.free = free_trailers;
    trailers->body = incoming->body;
    incoming->body = NULL;
    wasi_drop(context, &args[0]);
    wasi_body_discard(trailers->body);
    return VM_DONE;
}

bool wasi_trailers_wait(const WasiObject *object) {
    const Trailers *trailers = (const Trailers *)object;
    if (wasi_body_state(trailers->body) == WASI_BODY_OPEN) wasi_http_pump(object->maker);
    return wasi_body_state(trailers->body) == WASI_BODY_OPEN;
}

WASI_HTTP_FN(trailers_subscribe) {
    Trailers *trailers = wasi_get(thread, context, &args[0], WASI_FUTURE_TRAILERS);
    return trailers ? wasi_pollable(thread, context, &trailers->object, 0, result) : VM_TRAP;
}

/* The trailers, or none, in `option`. */
static VmStatus put_trailers(VmThread *thread, Wasi *wasi, Trailers *trailers, AbiValue *option,
                             Arena *scratch) {
    HttpFields fields = wasi_body_trailers(trailers->body);
    AbiValue *handle = wasi_case(option, fields.len > 0, fields.len > 0, scratch);
    if (!handle) return VM_DONE;
    WasiFieldList *list = wasi_fields_received(wasi, fields);
    WasiFields *made = wasi_fields_make(thread, wasi, list, &trailers->object, handle);
    if (!made) return VM_TRAP;
    made->immutable = true;
    return VM_DONE;
}

WASI_HTTP_FN(trailers_get) {
    Trailers *trailers = wasi_get(thread, context, &args[0], WASI_FUTURE_TRAILERS);
    if (!trailers) return VM_TRAP;
    bool ready = !wasi_trailers_wait(&trailers->object);
    WasiBodyState state = wasi_body_state(trailers->body);
    AbiValue *once = wasi_case(result, ready, ready, scratch);
    if (!ready) return VM_DONE;
    AbiValue *told = wasi_case(once, trailers->is_told, !trailers->is_told, scratch);
    if (!told) return VM_DONE;
    trailers->is_told = true;
    if (state == WASI_BODY_FAILED)
        return wasi_http_err(told, wasi_body_error(trailers->body), scratch);
    return put_trailers(thread, context, trailers, wasi_case(told, 0, 1, scratch), scratch);
}
