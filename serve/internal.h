/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef SERVE_INTERNAL_H
#define SERVE_INTERNAL_H

#include <stdatomic.h>
#include <stddef.h>
#include <sys/socket.h>

#include "serve/serve.h"
#include "serve/tls.h"

/*
 *     listener ──> connection ──> client ──> request ──> guest
 *                   bytes, HTTP              bodies      an instance and its thread
 *
 * Each knows its neighbours. A connection of HTTP/1 is one client, with one request at a time; one of
 * HTTP/2 has a client a stream, and requests do not know the difference. A request without a client
 * goes on (the handler may have more to do), one without a guest is answered by the server. All that
 * happens is a turn of the loop: descriptors that are ready, timers, and guests that can go on.
 */

/* What a member that a callback is given stands in. */
#define CONTAINER(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

/* ---- loop.c ---- */

typedef struct Watch {
    int fd;
    uint32_t events; /* that are watched for; 0: not in the loop */
    void (*ready)(struct Watch *watch, uint32_t events);
} Watch;

typedef struct Timer {
    uint64_t at;
    size_t place; /* in the heap, from 1; 0: not set */
    void (*fire)(struct Timer *timer);
} Timer;

typedef struct Loop Loop;
Loop *loop_new(void);
void loop_free(Loop *loop);
/* Watches for these events (of epoll), for none: not any more. False: no memory. */
bool loop_watch(Loop *loop, Watch *watch, uint32_t events);
/* Also when it is set already. False: no memory. */
bool loop_timer(Loop *loop, Timer *timer, uint64_t at);
void loop_stop_timer(Loop *loop, Timer *timer);
/* Waits for something to happen, unless `polls`, and lets it. */
void loop_turn(Loop *loop, bool polls);
/* The time at which the turn has begun. */
uint64_t loop_now(const Loop *loop);
uint64_t clock_now(void); /* of the same clock */

/* ---- pace.c ---- */

/* What a client may still let a body wait. */
typedef struct {
    uint64_t left;  /* ns, */
    uint64_t since; /* from then on, */
    bool waits;     /* if it is waited for now */
} Pace;

void pace_begin(Pace *pace, const ServeOptions *options);
/* From now on it is waited for, or not. */
void pace_set(Pace *pace, bool waits, uint64_t now);
void pace_gain(Pace *pace, const ServeOptions *options, uint64_t bytes, uint64_t now);
/* When nothing is left; UINT64_MAX: it is not waited for. */
uint64_t pace_end(const Pace *pace);

/* ---- metrics.c ---- */

enum { LATENCY_BUCKETS = 16, STATUS_CLASSES = 5 };

/* Of one worker, in memory that all share; written by it alone. */
#define COUNTERS(X)                                                                                \
    X(connections_total, "counter", "Connections accepted")                                        \
    X(connections_refused_total, "counter", "Connections refused, since there were too many")      \
    X(connections, "gauge", "Connections open")                                                    \
    X(handshakes_total, "counter", "TLS handshakes made")                                          \
    X(handshakes_failed_total, "counter", "TLS handshakes that have failed")                       \
    X(requests_total, "counter", "Requests answered or given up")                                  \
    X(requests_in_flight, "gauge", "Requests whose handlers have not returned")                    \
    X(requests_shed_total, "counter", "Requests answered with 503, since there were too many")     \
    X(requests_refused_total, "counter", "Requests that were no good HTTP")                        \
    X(requests_cancelled_total, "counter", "Requests whose client has gone")                       \
    X(traps_total, "counter", "Guests that have trapped")                                          \
    X(timeouts_total, "counter", "Requests that took too long")                                    \
    X(instances_total, "counter", "Instances made")                                                \
    X(rewinds_total, "counter", "Instances put back to how they were when they were new")          \
    X(slices_total, "counter", "Times that a computing guest was left for others")                 \
    X(received_bytes_total, "counter", "Bytes read from clients")                                  \
    X(sent_bytes_total, "counter", "Bytes written to clients")                                     \
    X(log_lines_dropped_total, "counter", "Lines of the log that nobody took, or no disk")         \
    X(reloads_total, "counter", "Programs loaded anew")                                            \
    X(reloads_failed_total, "counter", "Programs that were not loaded, since they were bad")

typedef struct {
#define X(name, kind, help) atomic_ullong name;
    COUNTERS(X)
#undef X
    atomic_ullong by_status[STATUS_CLASSES];
    atomic_ullong latency[LATENCY_BUCKETS + 1], latency_ns;
    atomic_ullong restarts; /* of the worker */
    atomic_ullong beats;    /* goes on while the worker does */
} Counters;

/* There is one writer. */
#define COUNT(counters, name, n)                                                                   \
    atomic_store_explicit(                                                                         \
        &(counters)->name,                                                                         \
        atomic_load_explicit(&(counters)->name, memory_order_relaxed) + (unsigned long long)(n),   \
        memory_order_relaxed)

void metrics_answered(Counters *counters, unsigned status, uint64_t ns);
/* The page for Prometheus, of the sums over `n` workers. */
Str metrics_page(Arena *arena, const Counters *counters, size_t n);

/* ---- log.c ---- */

typedef enum { HTTP_UNKNOWN, HTTP_1_0, HTTP_1_1, HTTP_2 } HttpVersion;

typedef struct {
    Str remote, method, scheme, target, error; /* error: empty: none */
    HttpVersion version;
    unsigned status;         /* 0: no answer has left */
    uint64_t received, sent; /* bytes of the bodies */
    uint64_t ns, guest_ns;   /* from the head to the end; of those, the guest's own */
    uint64_t id;
} LogEntry;

typedef struct Log Log;
/* NULL: it cannot be opened, which errno tells. */
Log *log_open(Str path, unsigned worker, Counters *counters);
void log_reopen(Log *log); /* somebody has moved the file away */
void log_write(Log *log, const LogEntry *entry);
/* At the end of a turn; never waits. False: lines are left, since nobody takes them now. */
bool log_flush(Log *log);
void log_close(Log *log);
/* A line for people on standard error. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

/* ---- listen.c ---- */

typedef struct {
    int *fds; /* one a worker, or one for all */
    size_t count;
    char name[128];    /* "http://127.0.0.1:8080" */
    bool is_secure;    /* "https:..." */
    bool is_path_ours; /* it is removed at the end */
} Listening;

/* Binds `count` sockets to an address, or one to a path, or takes what systemd has opened; is_secure is set
 * before. False after it has told why. */
bool listen_at(Listening *listening, Str address, Str unix_path, size_t count);
bool listen_is_activated(void);
bool listen_activated(Listening *listening);
void listen_close(Listening *listening);
void peer_name(int fd, char *to, size_t size); /* of the client */
/* Where the client is: an IPv4 address, the first half of an IPv6 address (one customer has all of the
 * second), or 0 where that cannot be told. */
uint64_t peer_origin(int fd);

/* ---- server.c ---- */

typedef struct Connection Connection;
typedef struct Request Request;
typedef struct Guest Guest;
typedef struct Instance Instance;
typedef struct Server Server;
typedef struct Reload Reload;
typedef struct Making Making;

typedef struct {
    Watch watch;
    Server *server;
    bool is_admin;
} Listener;

typedef struct {
    int fd;        /* where the system says what this process has */
    uint64_t most; /* bytes */
    uint64_t looked;
    bool is_short; /* it had more then */
    Timer timer;   /* of the next look */
} ServerMemory;

struct Server {
    const ServeOptions *options;
    Loop *loop;
    ServeProgram *program;
    Tls *tls;        /* NULL: none */
    Log *log;        /* NULL: none */
    Reload *reload;  /* NULL: the program is not being loaded anew */
    Timer beat;      /* of a worker that somebody looks after */
    Timer log_again; /* lines wait for somebody to take them */
    Counters *counters, *all_counters;
    size_t all_count;
    Listener listeners[2];
    Watch signals;
    Timer again; /* accepting goes on, or the drain has lasted long enough */
    Connection *connections;
    size_t connection_count, in_flight;
    size_t turned_away;  /* connections that are only told so */
    size_t shaken;       /* steps of handshakes in this turn */
    Guest *first, *last; /* those that can go on, in their order */
    size_t queued;       /* so many */
    uint64_t usual;      /* how long a guest computes, by those that have ended last */
    Guest *guests;       /* all of them */
    Instance *spare;     /* without a request */
    size_t spare_count;
    Making *making;  /* of a spare one; NULL: none */
    Making *makings; /* without an instance: their stacks */
    size_t making_count;
    char *scratch; /* what is read goes here first */
    uint64_t next_id;
    bool is_draining, is_ended, is_healthy, cannot_make;
    const atomic_bool *is_unwanted; /* what is tried; NULL: it is wanted, or served */
    bool is_behind;                 /* more is offered than can be answered */
    uint64_t judged;                /* when that was looked at last; since then */
    uint64_t offered, shed;
    uint64_t delay; /* how long the guest that has begun last had waited for that */
    size_t waiting; /* guests that have not begun */
    ServerMemory memory;
    time_t date_at;
    char date[32];
};

enum { SCRATCH = 64 << 10 };

void server_drain(Server *server);
void server_reload(Server *server);
int open_signals(void);
void raise_descriptors(void);
bool server_open(Server *server, const ServeOptions *options, int fd, int admin_fd);
void server_close(Server *server);
/* New requests are answered by this program. */
void server_serve(Server *server, ServeProgram *program);
/* Whether an instance of it can be made; false after telling why not, or once `is_unwanted` is set (NULL: it
 * never is). */
bool program_works(const ServeOptions *options, ServeProgram *program,
                   const atomic_bool *is_unwanted);
/* Between the beats of a worker. */
uint64_t beat_time(const ServeOptions *options);
/* Whether a request is to be turned away. */
bool server_is_full(Server *server);
/* Those that wait for a request, and what is being made of one. */
void server_free_spare(Server *server);
Str server_date(Server *server);
/* Runs a worker until it has ended. */
int server_run(const ServeOptions *options, ServeProgram *program, Tls *tls, int fd, int admin_fd,
               Counters *counters, size_t all_count, unsigned worker);
/* The certificates that the options name; false after telling why not. NULL: they name none. */
bool server_tls(const ServeOptions *options, Tls **tls);
void program_release(ServeProgram *program);

/* ---- connection.c ---- */

/* Who has sent a request, and gets its answer. */
typedef struct Client Client;
struct Client {
    const char *peer;
    bool is_secure;
    /* Its request's guest has done something: moves bytes. The request may be gone then. */
    void (*advance)(Client *client);
    /* Adds an informational response to what is to be sent; false: it is too late. */
    bool (*inform)(Client *client, unsigned status, const Http1Field *fields, size_t n);
};

/* What becomes of a connection when everything has been sent. */
typedef enum {
    GOES_ON,
    LINGERS, /* the client is told that no more comes, and has some time to read and to end */
    ENDS     /* at once: it will send nothing that would undo what it has not read */
} Closing;

/* What a version of HTTP does with a connection. */
typedef struct {
    /* Looks at as much of `input` as can be now, and takes it off. Whether anything has come on. */
    bool (*read)(Connection *connection, Str *input);
    void (*eof)(Connection *connection);
    /* Adds to what is to be sent. Whether anything has come on. */
    bool (*write)(Connection *connection);
    Closing (*closing)(const Connection *connection);
    /* When its phase has lasted too long, provided that nothing is to be sent; UINT64_MAX: it may. */
    uint64_t (*deadline)(const Connection *connection);
    /* That time has come, or the client has not taken what was to be sent. */
    void (*late)(Connection *connection);
    void (*free)(Connection *connection); /* its requests are left, too */
} Protocol;

typedef struct Http2 Http2;

struct Connection {
    Watch watch;
    Timer timer;
    Transport transport;
    Server *server;
    Connection *before, *next;
    const Protocol *protocol;
    Http1Out out;
    size_t sent; /* of `out` */
    char *in;    /* what has been read and not looked at; NULL: nothing */
    size_t in_at, in_len;
    uint64_t origin;    /* of peer_origin; 0: unknown, or it does not matter */
    uint64_t since;     /* the phase has begun, or has last come on */
    uint64_t discarded; /* bytes of this request's body, or while it lingers */
    uint8_t preface;    /* so much of HTTP/2's first bytes has come */
    bool is_chosen;     /* it is known which protocol it is */
    bool closes;        /* after this request */
    bool has_ended;     /* the client will send no more */
    bool is_probed;     /* it was asked whether it is still there */
    bool is_stalled;    /* the client does not take what has been queued */
    bool is_new;        /* TLS, and no byte has come yet but those of the handshake */
    bool is_turned_away;
    bool lingers, is_dead, is_admin, is_advancing;
    /* HTTP/1 */
    bool has_begun;   /* some bytes of a head have come */
    bool is_asked;    /* the head is whole */
    bool is_expected; /* the client waits for 100 (Continue) */
    bool is_read;     /* the request is whole, or no more of it is looked at: */
    bool is_refused;  /* it was no good, or came too slowly */
    bool is_answered; /* all of the answer is in `out`, or has left */
    Pace pace;        /* of the request's body */
    Client client;
    Request *request;
    Http1Parser *parser;
    Http1Writer writer;
    Http2 *http2; /* NULL: it is none */
    char peer[64];
};

enum {
    MOST_QUEUED = 64 << 10,   /* bytes that a client has not taken */
    MOST_DISCARDED = 1 << 20, /* bytes of a body that nobody wants */
};

void connection_accept(Listener *listener, int fd);
/* Moves what can be moved; afterwards the connection may be gone. */
void connection_advance(Connection *connection);
void connection_drain(Connection *connection); /* what the client has sent by now is read */
void connection_abort(Connection *connection);
static inline size_t connection_unsent(const Connection *c) { return c->out.len - c->sent; }
/* The client has come on. */
void connection_come_on(Connection *connection);
/* When something that began then has lasted `most`; 0: it may last. */
static inline uint64_t time_after(uint64_t since, uint64_t most) {
    return most && most < UINT64_MAX - since ? since + most : UINT64_MAX;
}
bool out_put(Http1Out *out, Str bytes); /* false: no memory */

/* ---- http1.c ---- */

extern const Protocol http1;
bool http1_open(Connection *connection); /* false: no memory */

/* ---- http2.c ---- */

/* Whether there is a library for it; the first call looks. */
bool http2_is_here(void);
/* From now on its bytes are those of HTTP/2, from the client's preface on. False: no memory, and nothing
 * has changed. */
bool http2_open(Connection *connection);

/* ---- request.c ---- */

typedef struct {
    uint32_t name, name_len, value, value_len;
} Place;

/* Texts of a head, copied: views move, so places are kept. */
typedef struct {
    char *text;
    size_t len, cap;
    Place *fields;
    size_t count, field_cap;
    bool has_failed; /* no memory */
} Head;

void head_text(Head *head, Str s, uint32_t *at, uint32_t *len);
void head_field(Head *head, Str name, Str value);
void head_clear(Head *head);
void head_free(Head *head);
static inline Str head_str(const Head *head, uint32_t at, uint32_t len) {
    return str_from_to((Str){head->text, head->len}, at, (size_t)at + len);
}
/* As an array with room for `more` after it, to be freed; NULL: no memory. */
Http1Field *head_fields(const Head *head, size_t more);

typedef enum {
    ANSWER_NONE,   /* yet */
    ANSWER_GUEST,  /* `answer`, `out` */
    ANSWER_SERVER, /* the server's own: `status` */
    ANSWER_CUT     /* the connection is to be cut: what has left is no whole answer */
} AnswerKind;

struct Request {
    Server *server;
    Client *client; /* NULL: it has gone, or has its answer */
    Guest *guest;   /* NULL: none yet, or it has ended */
    Head head;
    uint32_t method, method_len, target, target_len, scheme, scheme_len, authority, authority_len,
        path, path_len;
    HttpVersion version;
    bool is_head; /* the method is HEAD */
    bool is_admin, is_secure;
    Str page; /* what the server answers with; empty: the status and its reason */
    Arena *page_arena;
    char note[48];    /* for the latter */
    WasiBody *in;     /* that we write; NULL: there is none any more */
    bool is_in_taken; /* the guest is its reader */

    AnswerKind answer_kind;
    unsigned status;
    const char *error;     /* for the log */
    Head answer, trailers; /* the latter of the request */
    WasiBody *out;         /* that we read */
    uint64_t length;
    bool head_has_left;

    uint64_t id, start, received, sent, guest_ns;
};

Request *request_new(Server *server, Client *client); /* NULL: no memory */
void request_free(Request *request); /* neither client nor guest have it any more */
/* The guest's first slice begins: its arguments. False: no memory. */
bool request_hand_over(Request *request, const Instance *instance, AbiValue args[2]);
/* The head is whole: finds a guest, or an answer. */
void request_begin(Request *request, bool has_body);
/* The server answers instead of a guest, or what has left already is cut off. A guest is stopped. */
void request_fail(Request *request, unsigned status, const char *error);
/* Whether the handler may still read of the body. */
bool request_wants_body(const Request *request);
/* What the client sends is no good: a guest sees that where it reads the body, and goes on without a client.
 * False: the head of its answer has left already. */
bool request_refuse(Request *request, Http1Refusal why);
/* Its body has come to its end, with `trailers`. */
void request_finish_body(Request *request);
/* The client has done with it: the answer has left, or nobody wants it. */
void request_leave(Request *request, bool is_whole);
/* The guest has ended, or has to (error: why, or NULL): the answer is what it has given, if that is
 * whole, or one with `status`. */
void request_returned(Request *request, const char *error, unsigned status);
Str request_method(const Request *request);
/* The head of the answer, but for what depends on the version; its fields are to be freed. The body is
 * `out`, or `page` where the server answers. */
Http1Refusal request_head(Request *request, Http1ResponseHead *head);

/* ---- http2_head.c ---- */

/* What a head, and afterwards the trailers, have told so far. */
typedef struct {
    size_t bytes;
    unsigned fields, cookies;
    Http1Refusal refusal; /* the first */
    bool is_whole;        /* what comes now are trailers */
    bool is_expected;     /* the client waits for 100 (Continue) */
    bool has_host, has_length;
    uint64_t length;
} Http2Head;

/* A field of a request, or of its trailers. */
void http2_take_field(Http2Head *head, Request *request, Str name, Str value);
/* The head is whole: whether it is good. */
Http1Refusal http2_end_head(Http2Head *head, Request *request);

/* ---- instance.c ---- */

struct Instance {
    ServeProgram *program;
    VmStore *store;
    VmThread *thread;
    Wasi *wasi;
    VmComponentFunc *handle;
    VmMark *mark; /* how it was when it was new; NULL: there is no way back */
    Arena *arena;
    Instance *next;                 /* of the spare ones */
    const atomic_bool *is_unwanted; /* of the server, while it is made */
    bool has_begun;
    uint64_t answered; /* requests, since it was new */
};

/* NULL after telling why. Where it is `making`, on a stack of its own, that is left when it lasts. */
Instance *instance_make(Server *server, Making *making);
void instance_free(Instance *instance); /* NULL is allowed */
/* A spare one; NULL: there is none. */
Instance *instance_take(Server *server);
/* Its handler has returned: it is kept for another request, or freed. */
void instance_give(Server *server, Instance *instance);
void instance_add_spare(Server *server, Instance *instance);

/* ---- making.c ---- */

typedef enum { MAKING_PAUSED, MAKING_WAITS, MAKING_MADE } MakingState;

Making *making_new(Server *server); /* NULL: no memory */
/* A slice of it. PAUSED: it can go on at once; WAITS: for what making_wasi wants. */
MakingState making_go_on(Making *making);
Wasi *making_wasi(const Making *making);
const VmStore *making_store(const Making *making); /* NULL: there is none yet */
/* It has been made, or not, after that was told: NULL. The Making is gone. */
Instance *making_end(Making *making);
void making_stop(Making *making); /* NULL is allowed */
void makings_free(Server *server);
/* For instance_make: what there is of it now; hooks of the store. */
void making_has(Making *making, Instance *instance);
bool making_is_stopped(const Making *making);
bool making_waits(void *making);
bool making_pauses(void *making);

/* ---- guest.c ---- */

struct Guest {
    Server *server;
    Request *request;
    Instance *instance; /* NULL: it has not begun */
    Making *making;     /* ... but its instance is being made */
    AbiValue args[2], result[1];
    VmStatus status;          /* of its last slice */
    Guest *next;              /* in the row of those that can go on */
    Guest *older, *newer;     /* of all */
    bool is_queued, has_turn; /* the latter: it has had one */
    uint64_t limit;           /* the time at which its request has lasted too long */
    Timer timer;
    Watch watch; /* an epoll of its own, of the descriptors that it waits for */
};

/* Waits for its first slice; NULL: no memory. */
Guest *guest_new(Request *request);
/* A body has changed. */
void guest_wake(Guest *guest);
/* One slice of it. */
void guest_run(Guest *guest);
/* Whether it has had its first slice. */
static inline bool guest_has_begun(const Guest *guest) { return guest->instance != NULL; }
/* Ends it where it stands; not from within its own calls. */
void guest_stop(Guest *guest);

/* ---- reload.c ---- */

/* Reads the program and tries it, in a thread; then it is served, or the old one stays. */
void reload_begin(Server *server);
void reload_end(Server *server); /* its program is not wanted; waits until it has stopped trying */
void reload_leave_behind(Server *server); /* in a new process, where the thread is not */

/* ---- memory.c ---- */

void memory_begin(Server *server);
void memory_end(const Server *server);
/* Whether this process has too much; looks, where it has not done so of late. */
bool memory_is_short(Server *server);
/* Ends the largest guest where it has. */
void memory_look(Server *server);

/* ---- admin.c ---- */

/* Answers a request for /metrics or /health. */
void admin_answer(Request *request);

/* ---- workers.c ---- */

Counters *counters_new(size_t n); /* shared with children; NULL: no memory */
int supervise(const ServeOptions *options, ServeProgram *program, Tls *tls,
              const Listening *listening, int admin_fd, Counters *counters);

#endif
