/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * wasi:http: answering a request that the host has taken (http.h), sending one, and the table of
 * both interfaces. The resources are in http_fields.c, http_message.c and http_body.c.
 */
#include "wasi/http_types.h"

typedef struct {
    WasiObject object;
    WasiHttpResponder to;
    bool is_done;
} Outparam;

typedef struct {
    WasiObject object;
    WasiExchange *exchange;
    bool is_told;
} Future;

void *wasi_http_own(VmThread *thread, Wasi *wasi, const AbiValue *handle, WasiKind kind) {
    WasiObject *object = wasi_get(thread, wasi, handle, kind);
    if (!object || !object->children) return object;
    vm_trap_text(thread, TRAP_HOST,
                 "a resource of wasi:http is given away while a child of it is "
                 "alive");
    return NULL;
}

/* ---- response-outparam ---- */

static void free_outparam(WasiObject *object) {
    Outparam *param = (Outparam *)object;
    if (!param->is_done) param->to.dropped(param->to.context);
}

bool wasi_outparam_make(VmThread *thread, Wasi *wasi, const WasiHttpResponder *responder,
                        AbiValue *out) {
    Outparam *param = wasi_make(thread, wasi, WASI_RESPONSE_OUTPARAM, sizeof *param, NULL, out);
    if (!param) return false;
    param->object.free = free_outparam;
    param->to = *responder;
    return true;
}

WASI_HTTP_FN(send_informational) {
    Outparam *param = wasi_get(thread, context, &args[0], WASI_RESPONSE_OUTPARAM);
    const WasiFields *fields = param ? wasi_get(thread, context, &args[2], WASI_FIELDS) : NULL;
    if (!fields) return VM_TRAP;
    unsigned status = (unsigned)args[1].bits;
    HttpError error = http_error_text(HTTP_INTERNAL_ERROR, STR("it cannot be sent"));
    bool in_range = status >= 100 && status <= 199;
    if (!in_range) error = http_error(HTTP_PROTOCOL_ERROR);
    bool sent = in_range && status != 101 && param->to.informational &&
                param->to.informational(param->to.context, status, wasi_fields_view(fields->list));
    wasi_drop(context, &args[2]);
    return sent ? wasi_ok(result) : wasi_http_err(result, &error, scratch);
}

/* Hands over the response's head, and its body. */
static void respond(const WasiHttpResponder *to, WasiMessage *response) {
    uint64_t length;
    if (!wasi_fields_length(response->list, &length)) {
        HttpError error = http_error_text(HTTP_INTERNAL_ERROR, STR("Content-Length is invalid"));
        to->error(to->context, &error);
        return;
    }
    WasiBody *body = response->body;
    response->body = NULL;
    to->response(to->context, response->status, wasi_fields_view(response->list), body, length);
}

WASI_HTTP_FN(outparam_set) {
    Outparam *param = wasi_get(thread, context, &args[0], WASI_RESPONSE_OUTPARAM);
    if (!param) return VM_TRAP;
    const AbiValue *payload = args[1].variant.payload;
    WasiMessage *response = NULL;
    if (!args[1].variant.index) {
        response = wasi_http_own(thread, context, payload, WASI_OUTGOING_RESPONSE);
        if (!response) return VM_TRAP;
    }
    param->is_done = true;
    if (response) {
        respond(&param->to, response);
        wasi_drop(context, payload);
    } else {
        HttpError error = wasi_http_read_error(payload);
        param->to.error(param->to.context, &error);
    }
    wasi_drop(context, &args[0]);
    return VM_DONE;
}

/* ---- outgoing-handler ---- */

static void free_future(WasiObject *object) {
    Future *future = (Future *)object;
    if (future->exchange) wasi_exchange_forget(future->exchange);
}

WASI_HTTP_FN(handle) {
    WasiMessage *request = wasi_http_own(thread, context, &args[0], WASI_OUTGOING_REQUEST);
    const AbiValue *handle = args[1].variant.index ? args[1].variant.payload : NULL;
    const WasiRequestOptions *options =
        request && handle ? wasi_get(thread, context, handle, WASI_REQUEST_OPTIONS) : NULL;
    if (!request || (handle && !options)) return VM_TRAP;
    HttpError error;
    WasiExchange *exchange = wasi_http_send(context, request, options, &error);
    wasi_drop(context, &args[0]);
    if (handle) wasi_drop(context, handle);
    if (!exchange) return wasi_http_err(result, &error, scratch);
    Future *future = wasi_make(thread, context, WASI_FUTURE_INCOMING_RESPONSE, sizeof *future, NULL,
                               wasi_case(result, 0, 1, scratch));
    if (!future) {
        wasi_exchange_forget(exchange);
        return VM_TRAP;
    }
    future->object.free = free_future;
    future->exchange = exchange;
    return VM_DONE;
}

static bool is_ready(const Future *future) {
    if (!wasi_exchange_is_ready(future->exchange)) wasi_http_pump(future->object.maker);
    return wasi_exchange_is_ready(future->exchange);
}

bool wasi_http_waits(const WasiObject *object, struct pollfd *want) {
    want->fd = WASI_FD_BODY;
    return object->kind == WASI_FUTURE_TRAILERS ? wasi_trailers_wait(object)
                                                : !is_ready((const Future *)object);
}

WASI_HTTP_FN(response_subscribe) {
    Future *future = wasi_get(thread, context, &args[0], WASI_FUTURE_INCOMING_RESPONSE);
    return future ? wasi_pollable(thread, context, &future->object, 0, result) : VM_TRAP;
}

WASI_HTTP_FN(response_get) {
    Future *future = wasi_get(thread, context, &args[0], WASI_FUTURE_INCOMING_RESPONSE);
    if (!future) return VM_TRAP;
    bool ready = is_ready(future);
    AbiValue *once = wasi_case(result, ready, ready, scratch);
    if (!ready) return VM_DONE;
    AbiValue *told = wasi_case(once, future->is_told, !future->is_told, scratch);
    if (!told) return VM_DONE;
    future->is_told = true;
    return wasi_exchange_take(thread, context, future->exchange, told, scratch);
}

/* ---- tables ---- */

#define DNS    "record<option<string>,option<u16>>"
#define ALERT  "record<option<u8>,option<string>>"
#define SIZE   "record<option<string>,option<u32>>"
#define ERROR                                                                                      \
    "variant<_," DNS ",_,_,_,_,_,_,_,_,_,_,_,_," ALERT ",_,_,option<u64>,_,_,_,option<u32>,"       \
    "option<" SIZE ">,option<u32>," SIZE ",_,option<u32>," SIZE ",option<u64>,option<u32>," SIZE   \
    ",option<string>,option<string>,_,_,_,_,_,option<string>>"
#define METHOD "variant<_,_,_,_,_,_,_,_,_,string>"
#define SCHEME "option<variant<_,_,string>>"
#define FIELDS "list<tuple<string,list<u8>>>"
#define HEADER(t) "->result<" t ",variant<_,_,_>>"
#define M(name) "[method]" name

static const WasiFunc types_funcs[] = {
#define FUNC(name, type, fn) {name, type, wasi_http_##fn},
#include "wasi/http.def"
#undef FUNC
};
static const WasiFunc handler_funcs[] = {
    {"handle", "(own,option<own>)->result<own," ERROR ">", wasi_http_handle},
};

const WasiInterface wasi_http[2] = {
    {"wasi:http/types", types_funcs, WASI_COUNT(types_funcs),
     (const char *[]){"fields", "incoming-request", "outgoing-request", "request-options",
                      "response-outparam", "incoming-response", "incoming-body", "future-trailers",
                      "outgoing-response", "outgoing-body", "future-incoming-response", NULL}},
    {"wasi:http/outgoing-handler", handler_funcs, WASI_COUNT(handler_funcs), NULL},
};
