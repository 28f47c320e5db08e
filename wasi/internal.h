/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WASI_INTERNAL_H
#define WASI_INTERNAL_H

#include <poll.h>
#include <sys/types.h>

#include "wasi/body.h"
#include "wasi/fixed.h"
#include "wasi/memory.h"
#include "wasi/path.h"
#include "wasi/terminal.h"
#include "wasi/wasi.h"

/*
 * Objects behind the guests' handles. A handle's rep is an index into the host's table, and every
 * use checks what the object is: a guest chooses the resource types of its imports itself, and the
 * shapes of functions do not tell one resource from another.
 *
 * A child (a pollable of a stream, a body's stream) holds its parent alive.
 */
typedef enum {
    WASI_ERROR,
    WASI_POLLABLE,
    WASI_INPUT_STREAM,
    WASI_OUTPUT_STREAM,
    WASI_TERMINAL_INPUT,
    WASI_TERMINAL_OUTPUT,
    WASI_DESCRIPTOR,
    WASI_DIRECTORY_ENTRY_STREAM,
    WASI_NETWORK,
    WASI_RESOLVE_ADDRESS_STREAM,
    WASI_TCP_SOCKET,
    WASI_UDP_SOCKET,
    WASI_INCOMING_DATAGRAM_STREAM,
    WASI_OUTGOING_DATAGRAM_STREAM,
    WASI_FIELDS,
    WASI_INCOMING_REQUEST,
    WASI_OUTGOING_REQUEST,
    WASI_REQUEST_OPTIONS,
    WASI_RESPONSE_OUTPARAM,
    WASI_INCOMING_RESPONSE,
    WASI_INCOMING_BODY,
    WASI_FUTURE_TRAILERS,
    WASI_OUTGOING_RESPONSE,
    WASI_OUTGOING_BODY,
    WASI_FUTURE_INCOMING_RESPONSE,
    WASI_KIND_COUNT
} WasiKind;

typedef struct WasiObject {
    WasiKind kind;
    uint32_t refs;                     /* the handle, if there is one still, and children */
    uint32_t children;                 /* of those, without pollables */
    struct WasiObject *parent;         /* that this one holds */
    void (*free)(struct WasiObject *); /* what it holds besides its own memory; may be NULL */
    Wasi *maker;                       /* whose grants it keeps, in whatever hands it is */
} WasiObject;

enum {
    WASI_MAX_OBJECTS = 1000000,
    WASI_MAX_READ = 64 << 10,    /* bytes of one read */
    WASI_MAX_RANDOM = 64 << 20,  /* bytes of one call */
    WASI_MAX_OPEN = 1000,        /* files, folders and sockets at a time */
    WASI_MAX_LOOKUPS = 16,       /* of names, at a time */
    WASI_MAX_REQUESTS = 64,      /* under way at a time */
    WASI_MAX_FIELDS = 128 << 10, /* bytes of one fields resource */
    WASI_MAX_MESSAGES = 64 << 20,
    WASI_CHUNK = 4096 /* what blocking-write-and-flush takes, and pipes without waiting */
};

/* wasi.c */

/* A zeroed object of `size` bytes with its rep in out->bits; NULL after a trap was set. */
void *wasi_make(VmThread *thread, Wasi *wasi, WasiKind kind, size_t size, WasiObject *parent,
                AbiValue *out);
/* The object of a handle; NULL after a trap was set. */
void *wasi_get(VmThread *thread, Wasi *wasi, const AbiValue *handle, WasiKind kind);
void wasi_release(WasiObject *object);
const WasiContext *wasi_context(const Wasi *wasi);
const WasiLimits *wasi_limits(const Wasi *wasi); /* with the defaults in them */
/* How many of `n` bytes may still be written to stdout and stderr; those that are have to be counted. */
size_t wasi_output_left(Wasi *wasi, size_t n);
void wasi_output_count(Wasi *wasi, size_t n);
WasiFilter *wasi_filter(Wasi *wasi, int stream); /* what is in the middle of a sequence, there */
uint64_t *wasi_seed(Wasi *wasi);                 /* the state of the insecure random numbers */
const uint64_t *wasi_insecure_seed(Wasi *wasi);  /* two words that stay as they are */
WasiPaths wasi_paths(const Wasi *wasi);
/* SipHash-2-4 of words, with the host's own key. */
uint64_t wasi_keyed_hash(const Wasi *wasi, const uint64_t *words, size_t n);

/* What is left of a granted folder's limits. */
typedef struct {
    uint64_t granted_bytes, bytes, files; /* UINT64_MAX: as many as there is room for */
    uint32_t *open;                       /* how many files and folders the guest has open, */
    uint64_t max_open;                    /* and may have */
    const WasiFiles *disk;                /* where its files lie, */
    int root;                             /* its descriptor there, */
    WasiMemory *memory;                   /* and that disk itself, where it is the folder's own */
    const Wasi *of;                       /* the host that the folder was granted to */
} WasiQuota;
WasiQuota *wasi_quota(Wasi *wasi, size_t folder);
const WasiFolder *wasi_quota_folder(const WasiQuota *quota);
uint32_t *wasi_open_count(Wasi *wasi); /* of what WASI_MAX_OPEN limits */
WasiNet *wasi_net(Wasi *wasi);
typedef struct WasiLookups WasiLookups;
WasiLookups *wasi_lookups(Wasi *wasi); /* NULL: no memory */

/* Requests that the guest has sent. */
typedef struct WasiClient WasiClient;
WasiClient **wasi_client(Wasi *wasi);      /* NULL in it: none was ever sent */
WasiBudget *wasi_budget(const Wasi *wasi); /* pays for fields and bodies of its guests */
void wasi_client_free(WasiClient *client);
/* Gives up what is under way, for another guest: what is left of it, which may be NULL, as it may have been. */
WasiClient *wasi_client_rewind(WasiClient *client);
void wasi_client_want(WasiClient *client);
void wasi_client_pump(WasiClient *client);
void wasi_client_wake(WasiClient *client);
void wasi_http_pump(Wasi *wasi);             /* they go on as far as they do without waiting */
void wasi_http_rest(Wasi *wasi, bool rests); /* until it is false again, they do not */

/* Says what a call that is about to suspend waits for; WASI_FD_BODY is for what only the other side
 * of a body, or a request under way, can change. */
enum { WASI_FD_BODY = -2 };
void wasi_want_fd(Wasi *wasi, int fd, short events);
void wasi_want_time(Wasi *wasi, uint64_t deadline); /* of wasi_time */
uint64_t wasi_time(const Wasi *wasi);       /* the monotonic clock, as the guest is told it */
uint64_t wasi_read_clock(const Wasi *wasi); /* the guest reads it */
/* The machine's clock, whatever the guest is told: what goes on outside of it has its deadlines there. */
void wasi_want_real_time(Wasi *wasi, uint64_t deadline);
uint64_t wasi_now(void);
bool wasi_is_ready(const Wasi *wasi, int fd, short events);

/* The system below, whose tables are all there, and the guest's clock, which may be another one. */
const WasiSystem *wasi_system(const Wasi *wasi);
const WasiClock *wasi_clock(const Wasi *wasi);
WasiFixed *wasi_fixed(const Wasi *wasi); /* NULL: it is told as things are */

/* denied.c: told where it is decided, if anybody listens */
const WasiExplain *wasi_explain(const Wasi *wasi);
void wasi_denied(const Wasi *wasi, const char *what, const char *option);
int wasi_change_denied(const WasiQuota *quota, Str path);     /* EROFS */
int wasi_path_denied(const WasiQuota *quota, Str path);       /* EPERM */
void wasi_room_denied(const WasiQuota *quota, int fault);     /* tells of ENOSPC */
int wasi_quota_denied(const WasiQuota *quota, bool of_files); /* EDQUOT */

/* Why a handle cannot be dropped now; NULL: it can. */
const char *wasi_refuses(void *wasi, uint64_t rep);

/* observe.c: what stands between, where the context has observers */
typedef struct WasiWatch WasiWatch;
WasiWatch *wasi_watch_new(Wasi *wasi, Arena *arena, WasiObserver *observers);
void wasi_watch_free(WasiWatch *watch);
WasiWatch *wasi_watch(const Wasi *wasi);
Str *wasi_spliced(Wasi *wasi); /* the bytes of the last splice, during its call */
/* As wasi_link puts them into the linker. */
void wasi_watch_func(WasiWatch *watch, VmLinker *into, const WasiInterface *interface,
                     const WasiFunc *func);
VmResource *wasi_watch_resource(WasiWatch *watch, VmStore *store, const char *name);
/* Whether a function of the linker has such a context; the same for the host of an instance. */
bool wasi_watch_has(const WasiWatch *watch, const void *context);
void *wasi_watch_own(WasiWatch *watch, Wasi *own, const void *context);

/* Chooses a case of a variant, option or result: the cells of its payload to fill. */
AbiValue *wasi_case(AbiValue *value, uint32_t index, uint32_t cells, Arena *scratch);
static inline VmStatus wasi_ok(AbiValue *result) {
    *result = (AbiValue){.variant = {NULL, 0}};
    return VM_DONE;
}
/* err(e), for e of an enum, and for a case of a variant without payload. */
VmStatus wasi_err(AbiValue *result, uint32_t error, Arena *scratch);
VmStatus wasi_err_case(AbiValue *result, uint32_t error, Arena *scratch);
VmStatus wasi_some_string(AbiValue *option, bool is_some, Str text, Arena *scratch);
static inline void wasi_string(AbiValue *value, Str s) {
    value->string.ptr = s.ptr;
    value->string.len = s.len;
}
static inline Str wasi_str(const AbiValue *value) {
    return (Str){value->string.ptr, value->string.len};
}

/* io.c */
typedef enum {
    WASI_MEDIUM_PIPE,
    WASI_MEDIUM_FILE,
    WASI_MEDIUM_SOCKET,
    WASI_MEDIUM_BODY
} WasiMedium;

typedef struct WasiInput {
    WasiObject object;
    int fd;                 /* -1: at its end */
    const WasiFiles *files; /* that fd is of, where the medium is a file */
    bool closed;
    WasiMedium medium;
    WasiBody *body;           /* of WASI_MEDIUM_BODY, in place of fd; its parent keeps it */
    uint64_t offset;          /* where a file is read */
    struct WasiInput **owner; /* not NULL: set to NULL when this is freed */
} WasiInput;

typedef struct WasiOutput {
    WasiObject object;
    int fd; /* -1: what is written goes nowhere */
    bool closed;
    bool blocked; /* a blocking write has handed over its bytes, and waits */
    bool ends;    /* a socket, to be shut down when nothing is pending any more */
    int standard; /* 1, 2: that stream of the process; its limit and filter count */
    WasiMedium medium;
    struct WasiSink *sink; /* of WASI_MEDIUM_BODY, in place of fd; its parent keeps it */
    int fault;             /* an errno, met while nobody was asking */
    uint64_t permit;       /* of the last check-write */
    uint8_t *pending;
    size_t start, end; /* of what is pending */
    size_t paid;       /* of `end`, by the host's budget */
    WasiQuota *quota;  /* of a file, */
    uint64_t offset;   /* and where it is written; WASI_APPEND: always at its end */
    struct WasiOutput **owner;
    struct WasiOutput *next, **link; /* in the list of those with bytes pending */
} WasiOutput;

typedef struct {
    WasiObject object; /* its parent is the stream; none: */
    uint64_t deadline; /* UINT64_MAX: never */
} WasiPollable;

typedef struct {
    WasiObject object;
    int code; /* an errno */
    WasiMedium medium;
    HttpError http; /* of WASI_MEDIUM_BODY */
} WasiError;

/* What a guest writes of a body, and how much of it there may be. */
typedef struct WasiSink {
    WasiBody *body;
    bool in_request;
    uint64_t length; /* that was announced, or HTTP1_UNKNOWN_LENGTH */
    uint64_t written;
    HttpError error; /* why the last write has failed */
} WasiSink;

WasiInput *wasi_input(VmThread *thread, Wasi *wasi, int fd, WasiObject *parent, AbiValue *out);
WasiOutput *wasi_output(VmThread *thread, Wasi *wasi, int fd, WasiObject *parent, AbiValue *out);
/* Streams of bodies that the parent keeps. */
WasiInput *wasi_body_input(VmThread *thread, Wasi *wasi, WasiBody *body, WasiObject *parent,
                           AbiValue *out);
WasiOutput *wasi_body_output(VmThread *thread, Wasi *wasi, WasiSink *sink, WasiObject *parent,
                             AbiValue *out);
/* A pollable that is ready when `parent` is (streams), always (others), or at the deadline. */
VmStatus wasi_pollable(VmThread *thread, Wasi *wasi, WasiObject *parent, uint64_t deadline,
                       AbiValue *out);
/* What has been written to a socket is on its way: it ends after that. */
void wasi_output_end(WasiOutput *out);
/* Outputs with bytes pending: what to wait for, to write what can be, to give up. */
WasiOutput **wasi_busy(Wasi *wasi);
void wasi_want_busy(Wasi *wasi);
void wasi_drain_busy(Wasi *wasi);
void wasi_forget_busy(Wasi *wasi);

/* socket_*.c, http_*.c: what the pollables of these objects wait for; false: they are ready. */
bool wasi_tcp_waits(const WasiObject *object, struct pollfd *want);
bool wasi_udp_waits(const WasiObject *object, struct pollfd *want);
bool wasi_lookup_waits(const WasiObject *object, struct pollfd *want);
bool wasi_http_waits(const WasiObject *object, struct pollfd *want);
/* Counts lookups at work; a lookup may outlive its host. */
WasiLookups *wasi_lookups_new(void);
void wasi_lookups_release(WasiLookups *lookups);

/* filesystem.c */
/* Writes to a file at an offset, as far as the quota allows: how much, or -1 and an errno. */
ssize_t wasi_file_write(int fd, WasiQuota *quota, const void *bytes, size_t n, uint64_t offset);

/* The interfaces, by file. */
extern const WasiInterface wasi_io[3], wasi_cli[10], wasi_clocks[3], wasi_random[3],
    wasi_filesystem[2], wasi_sockets[2], wasi_tcp[2], wasi_udp[2], wasi_lookup[1], wasi_http[2];

#define WASI_FN(name)                                                                              \
    static VmStatus name(VmThread *thread, void *context, const AbiValue *args, AbiValue *result,  \
                         Arena *scratch)
#define WASI_COUNT(array) (sizeof(array) / sizeof *(array))

#endif
