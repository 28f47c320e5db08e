/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WASI_HTTP_TYPES_H
#define WASI_HTTP_TYPES_H

#include "wasi/http.h"
#include "wasi/internal.h"

/* What the files of wasi:http share. Their functions are the rows of http.def. */

#define WASI_HTTP_FN(name)                                                                         \
    VmStatus wasi_http_##name(VmThread *thread, void *context, const AbiValue *args,               \
                              AbiValue *result, Arena *scratch)
#define FUNC(name, type, fn) WASI_HTTP_FN(fn);
#include "wasi/http.def"
#undef FUNC
WASI_HTTP_FN(handle);

/* Bytes of trailers, both ways: of one (libcurl takes no longer ones), and of all. */
enum { HTTP_MAX_TRAILER = 4 << 10, HTTP_MAX_TRAILERS = 16 << 10 };

enum { HTTP_METHOD_GET = 0, HTTP_METHOD_HEAD = 1, HTTP_METHOD_OTHER = 9, HTTP_SCHEME_OTHER = 2 };

/* ---- http_fields.c ---- */

/* Each field's name and value are one block. */
typedef struct {
    uint32_t refs;
    Http1Field *at;
    size_t len, cap;
    uint64_t bytes, most;
    WasiBudget *budget;
} WasiFieldList;

WasiFieldList *wasi_fields_new(const Wasi *wasi);
void wasi_fields_release(WasiFieldList *list);
/* False: no memory, more than a list may have, or more than the guest may have. */
bool wasi_fields_add(WasiFieldList *list, Str name, Str value);
static inline HttpFields wasi_fields_view(const WasiFieldList *list) {
    return (HttpFields){list->at, list->len};
}
/* A copy without the fields of the connection; NULL: no memory, or more than a list may have. */
WasiFieldList *wasi_fields_received(const Wasi *wasi, HttpFields fields);
/* What Content-Length says, or HTTP1_UNKNOWN_LENGTH; false: it is invalid. */
bool wasi_fields_length(const WasiFieldList *list, uint64_t *length);
/* Whether each field has at most `one` bytes, and all of them together `all`; false: *error is `code`, or
 * the case before it, which is that of all of them. */
bool wasi_fields_fit(const WasiFieldList *list, uint64_t one, HttpErrorCode code, uint64_t all,
                     HttpError *error);

typedef struct {
    WasiObject object;
    WasiFieldList *list;
    bool immutable;
} WasiFields;

/* A handle of fields in out->bits. The reference to the list (NULL: no memory) is taken, also where
 * it fails, after a trap was set. */
WasiFields *wasi_fields_make(VmThread *thread, Wasi *wasi, WasiFieldList *list, WasiObject *parent,
                             AbiValue *out);

/* ---- http_message.c ---- */

/* A request or a response */
typedef struct {
    WasiObject object;
    WasiFieldList *list;
    bool has_body; /* taken by the guest */
    uint32_t method, scheme, status;
    bool has_scheme;
    char *method_text, *path, *scheme_text, *authority; /* NULL: none */
    WasiBody *body; /* whose reader this is, until it is handed over; NULL: none */
} WasiMessage;

typedef struct {
    WasiObject object;
    bool has[3];
    uint64_t ns[3]; /* connect, first byte, between bytes */
} WasiRequestOptions;

Str wasi_message_method(const WasiMessage *request);
/* An incoming message; the reference to the list and the body are taken, also where it fails. */
WasiMessage *wasi_message_incoming(VmThread *thread, Wasi *wasi, WasiKind kind, WasiFieldList *list,
                                   WasiBody *body, AbiValue *out);

/* ---- http_body.c ---- */

/* A handle of the outgoing-body of a message, which becomes its body's reader. */
VmStatus wasi_outgoing_make(VmThread *thread, Wasi *wasi, WasiMessage *message, AbiValue *out);
/* A handle of an incoming-body; the body (NULL: an empty one) is taken, also where it fails. */
VmStatus wasi_incoming_make(VmThread *thread, Wasi *wasi, WasiBody *body, AbiValue *out);

bool wasi_trailers_wait(const WasiObject *trailers);

/* ---- http.c ---- */

bool wasi_outparam_make(VmThread *thread, Wasi *wasi, const WasiHttpResponder *responder,
                        AbiValue *out);
/* wasi_get of something that the call takes; a trap where a child of it is alive. */
void *wasi_http_own(VmThread *thread, Wasi *wasi, const AbiValue *handle, WasiKind kind);

/* ---- http_client.c ---- */

typedef struct WasiExchange WasiExchange;
/* Sends a request, whose body goes over; NULL, and why not. */
WasiExchange *wasi_http_send(Wasi *wasi, WasiMessage *request, const WasiRequestOptions *options,
                             HttpError *error);
/* Whether get has something to tell. */
bool wasi_exchange_is_ready(const WasiExchange *exchange);
/* The response, once: ok(incoming-response) or err(error-code). */
VmStatus wasi_exchange_take(VmThread *thread, Wasi *wasi, WasiExchange *exchange, AbiValue *out,
                            Arena *scratch);
void wasi_exchange_forget(WasiExchange *exchange); /* nobody will ask any more */

/* ---- http_error.c ---- */

void wasi_http_put_error(AbiValue *variant, const HttpError *error, Arena *scratch);
HttpError wasi_http_read_error(const AbiValue *variant);
/* err(error) */
VmStatus wasi_http_err(AbiValue *result, const HttpError *error, Arena *scratch);

#endif
