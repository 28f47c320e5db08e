/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WASI_WASI_H
#define WASI_WASI_H

#include <poll.h>

#include "interpreter/interpreter.h"
#include "wasi/net.h"
#include "wasi/system.h"
#include "wasi/tree.h"

/*
 * The host side of WASI 0.2.12. A guest gets what the context grants, and nothing else: every import
 * resolves, and what is not granted answers with the error that its interface has for that.
 *
 *     WasiContext context = {.args = args, .arg_count = 1, .stdin_fd = -1, .stdout_fd = 1, ...};
 *     Wasi *wasi = wasi_new(store, &context);
 *     wasi_link(wasi, linker);
 *     status = vm_component_call(...);
 *     while (status == VM_SUSPEND && wasi_wait(wasi)) status = vm_resume(thread);
 *
 * A call that blocks (poll, blocking-read ...) suspends its thread; wasi_wait blocks for all that
 * are suspended.
 */

typedef struct {
    Str name, value;
} WasiVariable;

/* A folder of the system, and everything below it. */
typedef struct {
    int fd;                 /* an open folder; never closed by us */
    const WasiFiles *files; /* that `fd` is of; NULL: those of the context's system */
    /* Not NULL, and `fd` and `files` mean nothing: each host has a copy of this in memory, of its own. */
    const WasiTree *tree;
    Str name;       /* the guest's path for it */
    Str host;       /* the host's, for messages; may be empty */
    bool read_only; /* nothing in it can be changed */
    /* By how much files may grow, and how many files, folders and links may be made; 0: no limit.
     * Bytes that are cut off a file count no more; files that are removed do. */
    uint64_t max_bytes, max_files;
} WasiFolder;

/* How much of the host a guest may take; 0: what stands behind it. */
typedef struct {
    uint64_t max_resources; /* handles of the host at a time (1,000,000) */
    uint64_t max_open;      /* files, folders and sockets at a time (1,000) */
    uint64_t max_lookups;   /* of names, at a time (16) */
    uint64_t max_random;    /* bytes of random numbers in one call (64 MiB) */
    uint64_t max_read;      /* bytes that one read of a stream or file gives (64 KiB) */
    uint64_t max_fields;    /* bytes of the names and values of HTTP fields (128 KiB) */
    uint64_t max_requests;  /* HTTP requests that it has sent, under way at a time (64) */
    uint64_t max_exchange;  /* nanoseconds of such a request with its response (no limit) */
    uint64_t max_messages;  /* bytes of HTTP messages: fields, and bodies under way; and
                             * of what pipes and sockets do not take yet (64 MiB) */
    uint64_t max_output;    /* bytes written to stdout and stderr together (no limit) */
    uint64_t
        max_vfs; /* bytes of memory for names and changes in folders of a tree (WASI_MAX_VFS) */
} WasiLimits;

typedef struct WasiObserver WasiObserver; /* observe.h */

/* Who hears of denials: what the guest wanted, and the option of `witc run` that grants it, or several. Each
 * is told as often as it happens. */
typedef struct {
    void (*denied)(void *context, Str what, Str option);
    void *context;
} WasiExplain;

/* What is @unstable in the WIT exists where its feature is on. */
enum {
    WASI_CLOCKS_TIMEZONE = 1,
    WASI_NETWORK_ERROR_CODE = 2,
    WASI_INFORMATIONAL = 4,
    WASI_ALL_FEATURES = 7
};
/* The feature of this name in the WIT, or `all`; 0: there is none. */
unsigned wasi_feature(Str name);
const char *wasi_feature_name(size_t bit); /* NULL: there are no more */

/* Every grant. A zeroed context with the descriptors at -1 grants nothing but clocks and random
 * numbers. */
typedef struct {
    const Str *args;
    size_t arg_count;
    const WasiVariable *variables; /* in the order in which the guest sees them */
    size_t variable_count;
    bool has_cwd;
    Str cwd;                   /* what initial-cwd answers */
    const WasiFolder *folders; /* in the order in which the guest sees them */
    size_t folder_count;
    const WasiNetRule *net_rules; /* what of the network */
    size_t net_rule_count;
    int stdin_fd, stdout_fd, stderr_fd; /* -1: closed streams. They are never closed by us. */
    unsigned features; /* which @unstable functions exist: WASI_CLOCKS_TIMEZONE ... */
    bool has_seed;     /* insecure random numbers repeat: they come from `seed` */
    uint64_t seed;
    bool filters[3]; /* what goes to this standard stream has its escape sequences taken away */
    WasiLimits limits;
    const VmLimits *own_limits; /* of a host of wasi_beside: of its instance; may be NULL */
    const WasiExplain *explain; /* NULL: nobody */
    bool is_deterministic; /* clocks, random numbers, files are told by rule (fixed.c) and `seed` */
    WasiObserver *observers;  /* who sees every call; NULL: nobody */
    const WasiSystem *system; /* below it all; NULL: Linux as it is */
} WasiContext;

typedef struct Wasi Wasi;
/* A host for one store; it reads the context during the whole of its life. NULL: no memory. It may be
 * freed once no thread of the store runs any more. */
Wasi *wasi_new(VmStore *store, const WasiContext *context);
void wasi_free(Wasi *wasi);
/* As if it were new, for the same store, when nothing runs there (see vm_store_rewind); links stay. False
 * where that cannot be: it is to be freed. */
bool wasi_rewind(Wasi *wasi);
/* Another host, with grants of its own, for the instance with this path (see VmInstanceHosts) and what it
 * passes on to those inside it. It is freed with `wasi`, which must be of wasi_new and not linked yet.
 * Handles of one are handles of all, and keep the grants of the host that they were made by. NULL: no memory. */
Wasi *wasi_beside(Wasi *wasi, Str path, const WasiContext *context);
/* Whether output has been refused because of max_output. */
bool wasi_output_met(const Wasi *wasi);
/* Puts every interface of WASI 0.2.12 into the linker. */
void wasi_link(Wasi *wasi, VmLinker *linker);
/* As much of it as this component imports, which takes less time. */
void wasi_link_to(Wasi *wasi, VmLinker *linker, const CompInfo *info);
/* The name of a feature that is not on, and that a function which this component imports takes; NULL: there
 * is none. */
const char *wasi_missing_feature(const Wasi *wasi, const CompInfo *info);
/* Waits until something that suspended threads wait for may be ready, or for a tenth of a second (so
 * that limits of time and interrupts are noticed); false where nothing can become ready. */
bool wasi_wait(Wasi *wasi);
/* The same in two, for hosts with a loop of their own, whose guests are told the machine's time. First: what it
 * waits for, until wasi_wake; false where only the other side of a body that the host itself carries (wasi/http.h)
 * can wake it. */
typedef struct {
    const struct pollfd *fds;
    size_t count;
    uint64_t deadline; /* nanoseconds of CLOCK_MONOTONIC; UINT64_MAX: none */
} WasiWants;
bool wasi_wants(Wasi *wasi, WasiWants *wants);
/* Some of it may be ready, or a body has changed: does what goes on without the guest; then the
 * threads may be resumed. */
void wasi_wake(Wasi *wasi);
/* The guest has ended: waits, at most so many nanoseconds, until what it has written has left. */
void wasi_finish(Wasi *wasi, uint64_t ns);

/* The tables behind wasi_link, for tests: every function with the shape of its type (abi_shape). */
typedef struct {
    const char *name, *type;
    VmComponentHostFn fn;
} WasiFunc;
typedef struct {
    const char *name; /* "wasi:io/streams"; without its version */
    const WasiFunc *funcs;
    size_t func_count;
    const char *const *resources; /* ended by NULL */
} WasiInterface;
/* An own handle is used up: what destroying it does. */
void wasi_drop(Wasi *wasi, const AbiValue *handle);
/* Interface `i`, or NULL after the last. */
const WasiInterface *wasi_interface(size_t i);

#endif
