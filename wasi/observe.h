/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WASI_OBSERVE_H
#define WASI_OBSERVE_H

#include "base/file.h"
#include "wasi/wasi.h"

/*
 * Seeing what a guest asks of the host. Observers are part of the context: where there are some, every
 * function of the host is linked behind the one in observe.c, which tells each observer of each call
 * once, however often it was asked until it answered. Where there are none, nothing is in between.
 *
 *     guest ──> observed ──> function of the host            (or the first observer that answers)
 *                  └──> trace, record
 */

typedef struct {
    Wasi *wasi;
    uint64_t number; /* from 1, in the order in which calls begin */
    const WasiInterface *interface;
    const WasiFunc *func;
    const WitFunc *type; /* as the component imports it */
    const AbiFunc *abi;
    const AbiValue *args, *result;
    /* Nanoseconds since wasi_new (of a replay: of the run that was recorded), and how many of them the
     * call has taken, and waited. */
    uint64_t start, ns, waited;
    bool waits; /* it could not answer at once */
} WasiCall;

struct WasiObserver {
    struct WasiObserver *next;
    void *context;
    /* In place of the host's function; NULL: that is called. It may say when the call was made. */
    VmStatus (*answer)(void *context, VmThread *thread, WasiCall *call, AbiValue *result,
                       Arena *scratch);
    /* A call cannot answer yet. The others may be NULL likewise. */
    void (*waits)(void *context, const WasiCall *call);
    /* VM_DONE: it has its result. VM_TRAP, VM_EXIT: as the thread tells. */
    void (*ends)(void *context, const VmThread *thread, const WasiCall *call, VmStatus status);
    /* A handle of the host is dropped. */
    void (*drops)(void *context, uint64_t now, const char *resource, uint64_t rep);
    /* One is to be dropped, and must not be: of an observer that answers, why (NULL: it may be) in place of
     * the host, for which the thread traps; of others, what that is. */
    const char *(*refuses)(void *context, const char *resource, uint64_t rep);
    void (*refused)(void *context, const char *resource, uint64_t rep, const char *why);
};

/* How long ago wasi_new was; 0 where there are no observers. */
uint64_t wasi_observed_ns(const Wasi *wasi);

/* ---- trace.c: each call as a line ---- */

typedef struct {
    int fd; /* where lines go; not closed */
    bool json, colour;
    /* Patterns of interfaces, or of those with a function (`wasi:io/streams.input-stream.read`), which
     * calls are meant; after a `!`, which are not. None: all. */
    StrVec filters;
} WasiTraceOptions;

typedef struct WasiTrace WasiTrace;
WasiTrace *wasi_trace_new(const WasiTraceOptions *options); /* options are kept, not copied */
void wasi_trace_free(WasiTrace *trace);
WasiObserver *wasi_trace_observer(WasiTrace *trace);
/* A function of the component is called, and has ended; `now` of wasi_observed_ns. */
void wasi_trace_enters(WasiTrace *trace, uint64_t now, Str name, const VmComponentFunc *func,
                       const AbiValue *args);
void wasi_trace_leaves(WasiTrace *trace, uint64_t now, const VmThread *thread,
                       const VmComponentFunc *func, const AbiValue *result);

/* ---- record.c: each call into a file ---- */

typedef struct WasiRecord WasiRecord;
/* `fd` is not closed; `program` tells later which program it was (a digest). */
WasiRecord *wasi_record_new(int fd, Str program, uint64_t most);
/* Whether there was no room for an event within `most` bytes: from there on none is written. */
bool wasi_record_is_full(const WasiRecord *record);
WasiObserver *wasi_record_observer(WasiRecord *record);
/* How the program has ended. */
void wasi_record_ends(WasiRecord *record, const VmThread *thread);
/* An errno: from then on nothing could be written. */
int wasi_record_free(WasiRecord *record);

/* ---- replay.c: every answer from such a file ---- */

typedef struct WasiReplay WasiReplay;
/* What the guest wrote to its standard output and error goes to these descriptors; -1: nowhere. NULL after a
 * diagnostic. Others are added as the run goes on. */
WasiReplay *wasi_replay_new(const Source *file, int stdout_fd, int stderr_fd, Diags *diags);
void wasi_replay_free(WasiReplay *replay);
/* Which of the two is a terminal, to be shown no escape sequences. */
void wasi_replay_filter(WasiReplay *replay, bool out, bool error);
Str wasi_replay_program(const WasiReplay *replay);
WasiObserver *wasi_replay_observer(WasiReplay *replay);
/* The program has ended: whether as it was recorded, else there is a diagnostic. */
bool wasi_replay_ends(WasiReplay *replay, const VmThread *thread);
/* It has differed, or the record was at fault: the guest was made to exit. */
bool wasi_replay_failed(const WasiReplay *replay);

/* Whether `name` is of the form of `pattern`: a `*` is any text. */
bool wasi_name_fits(Str pattern, Str name);

#endif
