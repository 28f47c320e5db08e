/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WASI_HTTP_CLIENT_H
#define WASI_HTTP_CLIENT_H

#include "wasi/http_types.h"
#include "wasi/sockets.h"

/* Requests that a guest sends: http_client.c says what is sent where and what an answer is,
 * http_transfer.c has libcurl carry it. */

typedef struct WasiTransfers WasiTransfers; /* those that are being carried, and idle connections */
typedef struct WasiTransfer WasiTransfer;

typedef enum {
    EXCHANGE_LOOKUP, /* the host's name is being resolved */
    EXCHANGE_READY, /* to be started when the guest waits: then its body may be known to be empty */
    EXCHANGE_RUNNING, /* by a transfer */
    EXCHANGE_DONE
} WasiExchangeState;

enum { WAIT_CONNECT, WAIT_FIRST_BYTE, WAIT_BETWEEN_BYTES };
enum { MAX_ADDRESSES = 16 }; /* of a host, that are tried */

typedef struct WasiExchange {
    WasiClient *client;
    struct WasiExchange *next, **link; /* in the client's list, until it is done */
    WasiExchangeState state;
    bool has_future; /* the guest can still ask for the response */
    bool is_told;    /* and has */
    /* what is sent, and where */
    char *method, *path, *authority; /* as they are sent */
    char host[WASI_MAX_NAME];        /* a name as the DNS has it; empty: `addresses` has it */
    uint16_t port;
    bool is_tls;
    WasiFieldList *fields;
    WasiBody *upload; /* its reader; NULL: none, or no more of it is needed */
    uint64_t length;
    WasiLookup *lookup;
    WasiAddress addresses[MAX_ADDRESSES];
    size_t address_count;
    uint64_t timeouts[3], deadline;
    uint64_t end; /* of it all, as the host has it */
    /* what has come */
    HttpError error; /* where it has failed */
    bool has_failed, is_connected, has_head, in_head, is_chunked, has_length;
    unsigned status, informational;
    size_t head_bytes, head_count;
    WasiFieldList *received, *trailers;
    WasiBody *download; /* its writer */
    WasiBody *incoming; /* its reader, until the guest has it */
    WasiTransfer *transfer;
} WasiExchange;

/* ---- http_client.c, for the transfer ---- */

/* A line of a head or of trailers, with its end; false: the response is refused. */
bool wasi_exchange_line(WasiExchange *x, Str line);
/* Something has come, or the request is on its way: what may come next may take that long. */
void wasi_exchange_wait(WasiExchange *x, int timeout);
bool wasi_exchange_may_connect(const WasiExchange *x, const WasiAddress *address);
/* The first error stands. */
void wasi_exchange_fail(WasiExchange *x, HttpError error);
/* The transfer has ended. */
void wasi_exchange_end(WasiExchange *x);

/* ---- http_transfer.c ---- */

bool wasi_transfers_available(void);     /* libcurl is here */
WasiTransfers *wasi_transfers_new(void); /* NULL: no memory */
void wasi_transfers_free(WasiTransfers *transfers);
/* False: no memory. */
bool wasi_transfer_start(WasiTransfers *transfers, WasiExchange *x);
void wasi_transfer_stop(WasiExchange *x);
/* Moves bytes as far as that goes without waiting. */
void wasi_transfers_pump(WasiTransfers *transfers);
void wasi_transfer_continue(WasiExchange *x); /* the guest has read or written */
bool wasi_transfer_is_paused(const WasiExchange *x);
void wasi_transfers_want(WasiTransfers *transfers, Wasi *wasi);

#endif
