/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include "base/file.h"
#include "wasi/http.h"

/*
 * A server of HTTP/1.1 and HTTP/2 whose answers a component gives, through wasi:http/incoming-handler.
 *
 *     ServeOptions options = SERVE_DEFAULTS;
 *     options.load = load, options.context = context;
 *     status = serve(&options);
 *
 * One thread runs all: connections, and the guests of all requests, which are left where they wait
 * and when a slice of time is over. `workers` processes share the address.
 */

/* What is served; made once, used by many instances, freed when the last of them has ended. */
typedef struct ServeProgram {
    const CompInfo *info;
    VmLimits guest;   /* of each instance; `program` is what they share, or NULL */
    uint64_t timeout; /* ns of a request, besides that of the options; 0: none */
    Wasi *(*host)(const struct ServeProgram *program,
                  VmStore *store);       /* with its grants; NULL: no memory */
    void (*free)(struct ServeProgram *); /* NULL: nothing is to be freed */
    uint32_t refs;                       /* the server's */
} ServeProgram;

typedef struct {
    /* where */
    Str address;   /* "127.0.0.1:8080", "[::1]:0", "localhost:80"; empty with `unix_path` */
    Str unix_path; /* empty: none */
    Str admin;     /* address of /metrics and /health; empty: none */
    StrVec tls_certificates, tls_keys; /* files in PEM, as of tls_load; empty: no TLS */
    Str log; /* file of the access log, "-" standard output; empty: none */
    uint64_t workers;

    /* instances */
    uint64_t reuse; /* requests that an instance may answer, one after the other */
    uint64_t keep;  /* instances kept between requests: those, and others that may answer more */
    uint64_t spare; /* instances that are made in advance while there is nothing else to do */
    uint64_t slice; /* ns that a guest computes before others have their turn */

    /* limits; times in ns */
    uint64_t timeout;       /* of a request, from its head to the handler's return */
    uint64_t head_timeout;  /* for a head, once it has begun */
    uint64_t body_timeout;  /* between bytes of a body that a guest waits for */
    uint64_t min_body_rate; /* bytes of it a second, after 10 s; 0: any */
    uint64_t write_timeout; /* between bytes that a client takes */
    uint64_t idle_timeout;  /* between requests */
    uint64_t
        stuck_after; /* a worker that makes no turn for so long is killed, where there are several */
    uint64_t drain_timeout; /* for what is under way when the server is asked to end */
    uint64_t max_head, max_target, max_fields, max_body;
    uint64_t max_connections, max_requests, max_delay;
    uint64_t max_resident;         /* bytes in memory, of all workers; 0: what the machine leaves */
    uint64_t max_connections_each; /* of one client's address; 0: any number */
    uint64_t max_streams;          /* requests of one connection at a time, in HTTP/2 */

    /* Reads the program, at the start and again to reload it. NULL after it has told why. */
    ServeProgram *(*load)(void *context);
    /* Locks this process in, before it serves: for good, to what serving this program takes, and to starting
     * processes that do (`starts`). NULL: none is. False after it has told why it cannot. */
    bool (*lock)(void *context, const ServeProgram *program, bool starts);
    void *context;
} ServeOptions;

/* Every limit is on. */
#define SERVE_DEFAULTS                                                                        \
    {                                                                                         \
        .address = STR_INIT("127.0.0.1:8080"),                                                \
        .workers = 1,                                                                         \
        .reuse = 1,                                                                           \
        .keep = 256,                                                                          \
        .spare = 16,                                                                          \
        .slice = 2000000,                                                                     \
        .timeout = 30000000000,                                                               \
        .head_timeout = 10000000000,                                                          \
        .body_timeout = 30000000000,                                                          \
        .min_body_rate = 500,                                                                 \
        .write_timeout = 30000000000,                                                         \
        .idle_timeout = 60000000000,                                                          \
        .stuck_after = 60000000000,                                                           \
        .drain_timeout = 30000000000,                                                         \
        .max_head = 64 << 10,                                                                 \
        .max_target = 8 << 10,                                                                \
        .max_fields = 128,                                                                    \
        .max_body = 64 << 20,                                                                 \
        .max_connections = 10000,                                                             \
        .max_requests = 1000,                                                                 \
        .max_delay = 100000000,                                                               \
        .max_streams = 100,                                                                   \
    }

enum { SERVE_MAX_WORKERS = 256 };

/* Whether it can be an address: HOST:PORT, [HOST]:PORT, or :PORT. */
bool serve_is_address(Str text);

/* Serves until it is told to end by SIGTERM or SIGINT; the exit status. */
int serve(const ServeOptions *options);

#endif
