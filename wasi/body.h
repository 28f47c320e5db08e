/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WASI_BODY_H
#define WASI_BODY_H

#include "wasi/http1.h"

/* A case of wasi:http's error-code with its payload. */
typedef struct {
    HttpErrorCode code;
    bool has_number;
    uint64_t number; /* a size, or an info-code or alert-id */
    char text[96];   /* a field's name, a description ...; empty: none */
} HttpError;

static inline HttpError http_error(HttpErrorCode code) { return (HttpError){.code = code}; }
HttpError http_error_size(HttpErrorCode code, uint64_t size);
HttpError http_error_text(HttpErrorCode code, Str text); /* cut to what fits, at a character */
HttpError http_error_field(HttpErrorCode code, Str name, uint64_t size);

const char *http_error_name(HttpErrorCode code); /* as the standard writes it */

/* Fields in their order, with their letters. */
typedef struct {
    const Http1Field *at;
    size_t len;
} HttpFields;

/* How many bytes of messages a guest may make the host hold. Bodies and fields that it pays for may outlive
 * the host: the last to let go frees it. */
typedef struct {
    uint32_t refs;
    uint64_t left;
} WasiBudget;
WasiBudget *wasi_budget_new(uint64_t bytes); /* NULL: no memory */
void wasi_budget_release(WasiBudget *budget);
/* False: there is not so much left. NULL pays for everything. */
bool wasi_budget_take(WasiBudget *budget, uint64_t n);
void wasi_budget_give(WasiBudget *budget, uint64_t n);

/*
 * A body under way: a bounded queue of bytes between a guest and what carries messages, with an end.
 * One side writes, the other reads; the body is freed when both are gone. There are no descriptors and
 * no threads: each side looks what has become of the body when it has its turn.
 */
typedef struct WasiBody WasiBody;

typedef enum {
    WASI_BODY_OPEN,     /* more may come */
    WASI_BODY_FINISHED, /* all of it has been read */
    WASI_BODY_FAILED    /* what there was has been read, and there will not be more */
} WasiBodyState;

/* It holds at most `capacity` bytes, and no more memory than it needs. NULL: no memory. */
WasiBody *wasi_body_new(size_t capacity);
/* What it holds from now on is paid from there; a body that cannot be paid for fails. */
void wasi_body_charge(WasiBody *body, WasiBudget *budget);

/* ---- the writer ---- */

/* How many bytes fit now. */
size_t wasi_body_room(const WasiBody *body);
/* Writes what fits, and nothing once it is at its end: how much. */
size_t wasi_body_put(WasiBody *body, const void *bytes, size_t n);
/* It is whole; trailers (NULL: none) are copied. What comes after its end is ignored. */
void wasi_body_finish(WasiBody *body, const HttpFields *trailers);
/* It will not be whole; the reader learns it after what is queued. */
void wasi_body_fail(WasiBody *body, HttpError error);
/* The reader is gone: nobody takes any bytes. */
bool wasi_body_is_abandoned(const WasiBody *body);
/* The writer is gone: a body that is still open fails (HTTP-protocol-error). */
void wasi_body_leave(WasiBody *body);

/* ---- the reader ---- */

/* The first bytes of the queue that lie together; there may be more after them. */
Str wasi_body_peek(const WasiBody *body);
void wasi_body_take(WasiBody *body, size_t n);
size_t wasi_body_queued(const WasiBody *body);
/* WASI_BODY_OPEN also as long as bytes are queued. */
WasiBodyState wasi_body_state(const WasiBody *body);
/* The writer has finished it: what is queued is the rest. */
bool wasi_body_is_whole(const WasiBody *body);
/* Of one that is finished; none, or until the reader is gone. */
HttpFields wasi_body_trailers(const WasiBody *body);
/* Of one that has failed. */
const HttpError *wasi_body_error(const WasiBody *body);
/* From now on bytes are dropped as they come; only the end is waited for. */
void wasi_body_discard(WasiBody *body);
/* The reader is gone. */
void wasi_body_abandon(WasiBody *body);

#endif
