/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WASI_HTTP_H
#define WASI_HTTP_H

#include "wasi/body.h"
#include "wasi/wasi.h"

/*
 * How a server hands requests to a guest that exports wasi:http/incoming-handler.
 *
 *     AbiValue args[2];
 *     wasi_http_take(wasi, thread, &request, &responder, args);
 *     status = vm_component_call(thread, handle, args, NULL, arena);
 *     while (status == VM_SUSPEND) {
 *         wasi_wants(wasi, &wants); ... poll; move bytes of bodies to and from sockets ...
 *         wasi_wake(wasi);
 *         status = vm_resume(thread);
 *     }
 */

/* Texts are as they came, empty where there is none; they are copied. Fields that belong to the
 * connection (http1_is_connection_field) are left out for the guest. */
typedef struct {
    Str method, scheme, authority;
    Str path; /* with its query */
    HttpFields fields;
    WasiBody *body; /* the guest becomes its reader; NULL: none, or an empty one */
} WasiHttpRequest;

/*
 * What a guest's answer goes to. The functions are called from inside the guest's calls, or of
 * wasi_free, on the same thread; they must not block nor call the interpreter. What they are given,
 * but for the body, is theirs until they return.
 *
 * Just one of `response`, `error` and `dropped` is called, once; the context must live until then. (A
 * guest that never answers drops the response-outparam by wasi_free at the latest.)
 */
typedef struct {
    void *context;
    /* 1xx other than 101, before the response; false: it cannot be sent. NULL: none can. */
    bool (*informational)(void *context, unsigned status, HttpFields fields);
    /* The head. The bytes come through `body`, whose reader the server becomes (NULL: the guest has
     * never asked for the body, so it is empty), while or after this call of the guest. `length` is
     * what the field Content-Length says, which is among the fields then; UINT64_MAX: nothing. */
    void (*response)(void *context, unsigned status, HttpFields fields, WasiBody *body,
                     uint64_t length);
    void (*error)(void *context, const HttpError *error); /* response-outparam.set(err(...)) */
    void (*dropped)(void *context);                       /* without ever being set */
} WasiHttpResponder;

/* The two arguments of incoming-handler.handle; the responder is copied. False: no memory, and a trap
 * of the thread is set; the body's reader is then gone, and the responder is not called. */
bool wasi_http_take(Wasi *wasi, VmThread *thread, const WasiHttpRequest *request,
                    const WasiHttpResponder *responder, AbiValue args[2]);

enum { WASI_BODY_CAPACITY = 64 << 10 }; /* of the bodies that guests write */

#endif
