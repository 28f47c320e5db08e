/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The requests and responses of wasi:http, both ways, and the options of a request. An outgoing
 * message keeps the reader's side of its body until it is sent; an incoming one until the guest
 * consumes it.
 */
#include <stdlib.h>

#include "wasi/http_types.h"

/* ---- syntax ---- */

/* What a path or authority may have: printable ASCII without spaces, or any UTF-8. */
static bool is_printable(Str s) {
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] <= 0x20 || s.ptr[i] == 0x7f) return false;
    return true;
}

/* [ userinfo "@" ] host [ ":" port ], RFC 3986 3.2; addresses of IPv6 are in brackets. */
static bool is_authority(Str s) {
    for (size_t i = 0; i < s.len; i++)
        if (strchr("/?#\\<>\"{}|^`", s.ptr[i])) return false;
    size_t user = str_rfind(s, '@');
    if (user != SIZE_MAX) s = (Str){s.ptr + user + 1, s.len - user - 1};
    bool is_v6 = s.len && s.ptr[0] == '[';
    size_t end = str_find(s, is_v6 ? ']' : ':', 0);
    if (is_v6 && end == SIZE_MAX) return false;
    end = end == SIZE_MAX ? s.len : end + is_v6;
    if (end < s.len && s.ptr[end] != ':') return false;
    for (size_t i = end + 1; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
    return s.len > 0 && is_printable(s);
}

/* ---- messages ---- */

static void free_message(WasiObject *object) {
    WasiMessage *m = (WasiMessage *)object;
    wasi_fields_release(m->list);
    free(m->method_text);
    free(m->path);
    free(m->scheme_text);
    free(m->authority);
    wasi_body_abandon(m->body);
}

static VmStatus make_message(VmThread *thread, Wasi *wasi, const AbiValue *headers, WasiKind kind,
                             AbiValue *result) {
    const WasiFields *fields = wasi_get(thread, wasi, headers, WASI_FIELDS);
    if (!fields) return VM_TRAP;
    WasiMessage *m = wasi_make(thread, wasi, kind, sizeof *m, NULL, result);
    if (!m) return VM_TRAP;
    m->object.free = free_message;
    m->list = fields->list;
    m->list->refs++;
    m->method = HTTP_METHOD_GET;
    m->status = 200;
    wasi_drop(wasi, headers);
    return VM_DONE;
}

WASI_HTTP_FN(request_new) {
    return make_message(thread, context, &args[0], WASI_OUTGOING_REQUEST, result);
}
WASI_HTTP_FN(response_new) {
    return make_message(thread, context, &args[0], WASI_OUTGOING_RESPONSE, result);
}

static VmStatus headers_of(VmThread *thread, Wasi *wasi, const AbiValue *handle, WasiKind kind,
                           AbiValue *result) {
    WasiMessage *m = wasi_get(thread, wasi, handle, kind);
    if (!m) return VM_TRAP;
    m->list->refs++;
    WasiFields *fields = wasi_fields_make(thread, wasi, m->list, &m->object, result);
    if (!fields) return VM_TRAP;
    fields->immutable = true;
    return VM_DONE;
}

WASI_HTTP_FN(request_headers) {
    return headers_of(thread, context, &args[0], WASI_OUTGOING_REQUEST, result);
}
WASI_HTTP_FN(incoming_request_headers) {
    return headers_of(thread, context, &args[0], WASI_INCOMING_REQUEST, result);
}
WASI_HTTP_FN(incoming_response_headers) {
    return headers_of(thread, context, &args[0], WASI_INCOMING_RESPONSE, result);
}
WASI_HTTP_FN(response_headers) {
    return headers_of(thread, context, &args[0], WASI_OUTGOING_RESPONSE, result);
}

/* The body can be had once. */
static VmStatus body_of(VmThread *thread, Wasi *wasi, const AbiValue *handle, WasiKind kind,
                        AbiValue *result, Arena *scratch) {
    WasiMessage *m = wasi_get(thread, wasi, handle, kind);
    if (!m) return VM_TRAP;
    wasi_case(result, m->has_body, !m->has_body, scratch);
    if (m->has_body) return VM_DONE;
    m->has_body = true;
    return wasi_outgoing_make(thread, wasi, m, result->variant.payload);
}

WASI_HTTP_FN(request_body) {
    return body_of(thread, context, &args[0], WASI_OUTGOING_REQUEST, result, scratch);
}
WASI_HTTP_FN(response_body) {
    return body_of(thread, context, &args[0], WASI_OUTGOING_RESPONSE, result, scratch);
}

static VmStatus consume(VmThread *thread, Wasi *wasi, const AbiValue *handle, WasiKind kind,
                        AbiValue *result, Arena *scratch) {
    WasiMessage *m = wasi_get(thread, wasi, handle, kind);
    if (!m) return VM_TRAP;
    wasi_case(result, m->has_body, !m->has_body, scratch);
    if (m->has_body) return VM_DONE;
    m->has_body = true;
    WasiBody *body = m->body;
    m->body = NULL;
    return wasi_incoming_make(thread, wasi, body, result->variant.payload);
}

WASI_HTTP_FN(incoming_request_consume) {
    return consume(thread, context, &args[0], WASI_INCOMING_REQUEST, result, scratch);
}
WASI_HTTP_FN(incoming_response_consume) {
    return consume(thread, context, &args[0], WASI_INCOMING_RESPONSE, result, scratch);
}

/* Keeps a text or none; false where memory is short. */
static bool keep(char **where, bool is_some, Str text) {
    char *copy = NULL;
    if (is_some && !(copy = malloc(text.len + 1))) return false;
    if (is_some) {
        memcpy(copy, text.ptr ? text.ptr : "", text.len);
        copy[text.len] = 0;
    }
    free(*where);
    *where = copy;
    return true;
}

static VmStatus kept(VmThread *thread, bool is_good, bool is_kept, AbiValue *result) {
    if (!is_kept) return vm_trap(thread, TRAP_HOST_MEMORY);
    wasi_ok(result);
    result->variant.index = !is_good;
    return VM_DONE;
}

static WasiMessage *request(VmThread *thread, Wasi *wasi, const AbiValue *handle) {
    return wasi_get(thread, wasi, handle, WASI_OUTGOING_REQUEST);
}

static void put_text_case(AbiValue *out, uint32_t index, const char *text, Arena *scratch) {
    AbiValue *cell = wasi_case(out, index, text ? 1 : 0, scratch);
    if (text) wasi_string(cell, str_copy(scratch, str_from(text)));
}

static VmStatus get_method(VmThread *thread, Wasi *wasi, const AbiValue *handle, WasiKind kind,
                           AbiValue *result, Arena *scratch) {
    const WasiMessage *m = wasi_get(thread, wasi, handle, kind);
    if (!m) return VM_TRAP;
    put_text_case(result, m->method, m->method == HTTP_METHOD_OTHER ? m->method_text : NULL,
                  scratch);
    return VM_DONE;
}

WASI_HTTP_FN(request_method) {
    return get_method(thread, context, &args[0], WASI_OUTGOING_REQUEST, result, scratch);
}
WASI_HTTP_FN(incoming_method) {
    return get_method(thread, context, &args[0], WASI_INCOMING_REQUEST, result, scratch);
}

WASI_HTTP_FN(request_set_method) {
    WasiMessage *m = request(thread, context, &args[0]);
    if (!m) return VM_TRAP;
    bool other = args[1].variant.index == HTTP_METHOD_OTHER;
    Str text = other ? wasi_str(args[1].variant.payload) : (Str){0};
    if (other && !http1_is_token(text)) return kept(thread, false, true, result);
    m->method = args[1].variant.index;
    return kept(thread, true, keep(&m->method_text, other, text), result);
}

static VmStatus get_scheme(VmThread *thread, Wasi *wasi, const AbiValue *handle, WasiKind kind,
                           AbiValue *result, Arena *scratch) {
    const WasiMessage *m = wasi_get(thread, wasi, handle, kind);
    if (!m) return VM_TRAP;
    AbiValue *some = wasi_case(result, m->has_scheme, m->has_scheme, scratch);
    if (some)
        put_text_case(some, m->scheme, m->scheme == HTTP_SCHEME_OTHER ? m->scheme_text : NULL,
                      scratch);
    return VM_DONE;
}

WASI_HTTP_FN(request_scheme) {
    return get_scheme(thread, context, &args[0], WASI_OUTGOING_REQUEST, result, scratch);
}
WASI_HTTP_FN(incoming_scheme) {
    return get_scheme(thread, context, &args[0], WASI_INCOMING_REQUEST, result, scratch);
}

WASI_HTTP_FN(request_set_scheme) {
    WasiMessage *m = request(thread, context, &args[0]);
    if (!m) return VM_TRAP;
    const AbiValue *scheme = args[1].variant.index ? args[1].variant.payload : NULL;
    bool other = scheme && scheme->variant.index == HTTP_SCHEME_OTHER;
    Str text = other ? wasi_str(scheme->variant.payload) : (Str){0};
    if (other && !http1_is_scheme(text)) return kept(thread, false, true, result);
    m->has_scheme = scheme != NULL;
    m->scheme = scheme ? scheme->variant.index : 0;
    return kept(thread, true, keep(&m->scheme_text, other, text), result);
}

#define GET_TEXT(getter, field, kind)                                                              \
    WASI_HTTP_FN(getter) {                                                                         \
        const WasiMessage *m = wasi_get(thread, context, &args[0], kind);                          \
        if (!m) return VM_TRAP;                                                                    \
        return wasi_some_string(result, m->field != NULL,                                          \
                                str_copy(scratch, str_from(m->field)), scratch);                   \
    }
#define SET_TEXT(setter, field, is_valid)                                                          \
    WASI_HTTP_FN(setter) {                                                                         \
        WasiMessage *m = request(thread, context, &args[0]);                                       \
        if (!m) return VM_TRAP;                                                                    \
        bool is_some = args[1].variant.index;                                                      \
        Str text = is_some ? wasi_str(args[1].variant.payload) : (Str){0};                         \
        if (is_some && !is_valid(text)) return kept(thread, false, true, result);                  \
        return kept(thread, true, keep(&m->field, is_some, text), result);                         \
    }
GET_TEXT(request_path, path, WASI_OUTGOING_REQUEST)
GET_TEXT(incoming_path, path, WASI_INCOMING_REQUEST)
SET_TEXT(request_set_path, path, is_printable)
GET_TEXT(request_authority, authority, WASI_OUTGOING_REQUEST)
GET_TEXT(incoming_authority, authority, WASI_INCOMING_REQUEST)
SET_TEXT(request_set_authority, authority, is_authority)

static VmStatus get_status(VmThread *thread, Wasi *wasi, const AbiValue *handle, WasiKind kind,
                           AbiValue *result) {
    const WasiMessage *m = wasi_get(thread, wasi, handle, kind);
    if (!m) return VM_TRAP;
    result->bits = m->status;
    return VM_DONE;
}

WASI_HTTP_FN(response_status) {
    return get_status(thread, context, &args[0], WASI_OUTGOING_RESPONSE, result);
}
WASI_HTTP_FN(incoming_status) {
    return get_status(thread, context, &args[0], WASI_INCOMING_RESPONSE, result);
}

WASI_HTTP_FN(response_set_status) {
    WasiMessage *m = wasi_get(thread, context, &args[0], WASI_OUTGOING_RESPONSE);
    if (!m) return VM_TRAP;
    bool is_good = args[1].bits >= 100 && args[1].bits <= 999;
    if (is_good) m->status = (uint32_t)args[1].bits;
    return kept(thread, is_good, true, result);
}

/* ---- incoming ones ---- */

WasiMessage *wasi_message_incoming(VmThread *thread, Wasi *wasi, WasiKind kind, WasiFieldList *list,
                                   WasiBody *body, AbiValue *out) {
    WasiMessage *m = list ? wasi_make(thread, wasi, kind, sizeof *m, NULL, out) : NULL;
    if (!list) vm_trap(thread, TRAP_HOST_MEMORY);
    if (!m) {
        wasi_fields_release(list);
        wasi_body_abandon(body);
        return NULL;
    }
    m->object.free = free_message;
    m->list = list;
    m->body = body;
    return m;
}

static const char *const methods[] = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                      "CONNECT", "OPTIONS", "TRACE", "PATCH"};

Str wasi_message_method(const WasiMessage *m) {
    return str_from(m->method == HTTP_METHOD_OTHER ? m->method_text : methods[m->method]);
}

static bool set_target(WasiMessage *m, const WasiHttpRequest *said) {
    m->method = 0;
    while (m->method < HTTP_METHOD_OTHER && !str_is(said->method, methods[m->method])) m->method++;
    m->has_scheme = said->scheme.len > 0;
    m->scheme = http1_same_name(said->scheme, STR("http"))    ? 0
                : http1_same_name(said->scheme, STR("https")) ? 1
                                                              : HTTP_SCHEME_OTHER;
    return keep(&m->method_text, m->method == HTTP_METHOD_OTHER, said->method) &&
           keep(&m->scheme_text, m->has_scheme && m->scheme == HTTP_SCHEME_OTHER, said->scheme) &&
           keep(&m->path, said->path.len > 0, said->path) &&
           keep(&m->authority, said->authority.len > 0, said->authority);
}

bool wasi_http_take(Wasi *wasi, VmThread *thread, const WasiHttpRequest *said,
                    const WasiHttpResponder *responder, AbiValue args[2]) {
    WasiFieldList *list = wasi_fields_received(wasi, said->fields);
    WasiMessage *m =
        wasi_message_incoming(thread, wasi, WASI_INCOMING_REQUEST, list, said->body, &args[0]);
    if (!m) return false;
    bool good = set_target(m, said);
    if (!good) vm_trap(thread, TRAP_HOST_MEMORY);
    if (good && wasi_outparam_make(thread, wasi, responder, &args[1])) return true;
    wasi_drop(wasi, &args[0]);
    return false;
}

/* ---- options ---- */

WASI_HTTP_FN(options_new) {
    return wasi_make(thread, context, WASI_REQUEST_OPTIONS, sizeof(WasiRequestOptions), NULL,
                     result)
               ? VM_DONE
               : VM_TRAP;
}

static VmStatus get_timeout(VmThread *thread, Wasi *wasi, const AbiValue *args, int which,
                            AbiValue *result, Arena *scratch) {
    const WasiRequestOptions *o = wasi_get(thread, wasi, &args[0], WASI_REQUEST_OPTIONS);
    if (!o) return VM_TRAP;
    AbiValue *some = wasi_case(result, o->has[which], o->has[which] ? 1 : 0, scratch);
    if (some) some->bits = o->ns[which];
    return VM_DONE;
}

static VmStatus set_timeout(VmThread *thread, Wasi *wasi, const AbiValue *args, int which,
                            AbiValue *result) {
    WasiRequestOptions *o = wasi_get(thread, wasi, &args[0], WASI_REQUEST_OPTIONS);
    if (!o) return VM_TRAP;
    o->has[which] = args[1].variant.index;
    if (o->has[which]) o->ns[which] = args[1].variant.payload->bits;
    return wasi_ok(result);
}

#define TIMEOUT(getter, setter, which)                                                             \
    WASI_HTTP_FN(getter) { return get_timeout(thread, context, args, which, result, scratch); }         \
    WASI_HTTP_FN(setter) { return set_timeout(thread, context, args, which, result); }
TIMEOUT(connect_timeout, set_connect_timeout, 0)
TIMEOUT(first_byte_timeout, set_first_byte_timeout, 1)
TIMEOUT(between_bytes_timeout, set_between_bytes_timeout, 2)
