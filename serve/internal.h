/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef SERVE_INTERNAL_H
#define SERVE_INTERNAL_H

#include <stdatomic.h>
#include <sys/socket.h>

#include "serve/serve.h"
#include "serve/tls.h"

/*
 *     listener ──> connection ──> request ──> guest
 *                   bytes, HTTP    bodies      an instance and its thread
 *
 * Each knows its neighbours. A connection has one request at a time. A request without a connection
 * goes on (the handler may have more to do), one without a guest is answered by the server. All that
 * happens is a turn of the loop: descriptors that are ready, timers, and guests that can go on.
 */

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
    X(reloads_total, "counter", "Programs loaded anew")                                            \
    X(reloads_failed_total, "counter", "Programs that were not loaded, since they were bad")

typedef struct {
#define X(name, kind, help) atomic_ullong name;
    COUNTERS(X)
#undef X
    atomic_ullong by_status[STATUS_CLASSES];
    atomic_ullong latency[LATENCY_BUCKETS + 1], latency_ns;
    atomic_ullong restarts; /* of the worker */
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

typedef struct {
    Str remote, method, scheme, target, error; /* error: empty: none */
    unsigned minor, status;                    /* of HTTP/1.x; 0: no answer has left */
    uint64_t received, sent;                   /* bytes of the bodies */
    uint64_t ns, guest_ns; /* from the head to the end; of those, the guest's own */
    uint64_t id;
} LogEntry;

typedef struct Log Log;
/* NULL: it cannot be opened, which errno tells. */
Log *log_open(Str path, unsigned worker);
void log_reopen(Log *log); /* somebody has moved the file away */
void log_write(Log *log, const LogEntry *entry);
void log_flush(Log *log); /* at the end of a turn */
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

/* ---- server.c ---- */

typedef struct Connection Connection;
typedef struct Request Request;
typedef struct Guest Guest;
typedef struct Instance Instance;
typedef struct Server Server;

typedef struct {
    Watch watch;
    Server *server;
    bool is_admin;
} Listener;

struct Server {
    const ServeOptions *options;
    Loop *loop;
    ServeProgram *program;
    Tls *tls; /* NULL: none */
    Log *log; /* NULL: none */
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
    Guest *guests;       /* all of them */
    Instance *spare;     /* without a request */
    size_t spare_count;
    char *scratch; /* what is read goes here first */
    uint64_t next_id;
    bool is_draining, is_ended, is_healthy, cannot_make;
    uint64_t delay; /* how long the guest that has begun last had waited for that */
    size_t waiting; /* guests that have not begun */
    time_t date_at;
    char date[32];
};

enum { SCRATCH = 64 << 10 };

void server_drain(Server *server);
bool server_reload(Server *server);
int open_signals(void);
void raise_descriptors(void);
bool server_open(Server *server, const ServeOptions *options, int fd, int admin_fd);
void server_close(Server *server);
/* Whether an instance of it can be made; false after telling why not. */
bool program_works(const ServeOptions *options, ServeProgram *program);
/* Whether a request is to be turned away. */
bool server_is_full(const Server *server);
Str server_date(Server *server);
/* Runs a worker until it has ended. */
int server_run(const ServeOptions *options, ServeProgram *program, Tls *tls, int fd, int admin_fd,
               Counters *counters, size_t all_count, unsigned worker);
/* The certificates that the options name; false after telling why not. NULL: they name none. */
bool server_tls(const ServeOptions *options, Tls **tls);
void program_release(ServeProgram *program);

/* ---- connection.c ---- */

void connection_accept(Listener *listener, int fd);
/* Its request's guest has done something: moves bytes. */
void connection_advance(Connection *connection);
Str connection_peer(const Connection *connection);
bool connection_is_secure(const Connection *connection);
Connection *connection_next(const Connection *connection);
int connection_fd(const Connection *connection);
void connection_drain(Connection *connection); /* what the client has sent by now is read */
void connection_abort(Connection *connection);

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
    return (Str){head->text + at, len};
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
    Connection *connection; /* NULL: it has gone, or has its answer */
    Guest *guest;           /* NULL: none yet, or it has ended */
    Head head;
    uint32_t method, method_len, target, target_len, scheme, scheme_len, authority, authority_len,
        path, path_len;
    unsigned minor;
    bool is_head; /* the method is HEAD */
    bool is_admin, is_secure;
    Str page; /* what the server answers with; empty: the status and its reason */
    Arena *page_arena;
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

Request *request_new(Server *server, Connection *connection); /* NULL: no memory */
void request_free(Request *request); /* neither connection nor guest have it any more */
/* The guest's first slice begins: its arguments. False: no memory. */
bool request_hand_over(Request *request, const Instance *instance, AbiValue args[2]);
/* The head is whole: finds a guest, or an answer. */
void request_begin(Request *request, bool has_body);
/* The server answers instead of a guest, or what has left already is cut off. A guest is stopped. */
void request_fail(Request *request, unsigned status, const char *error);
/* The connection has done with it: the answer has left, or nobody wants it. */
void request_leave(Request *request, bool is_whole);
/* The guest has ended, or has to (error: why, or NULL): the answer is what it has given, if that is
 * whole, or one with `status`. */
void request_returned(Request *request, const char *error, unsigned status);
Str request_method(const Request *request);
Http1Refusal request_write_head(Request *request, Http1Writer *writer, bool closes, Http1Out *out);
/* Adds an informational response to what the connection is to send; false: it is too late. */
bool connection_inform(Connection *connection, unsigned status, const Http1Field *fields, size_t n);
bool out_put(Http1Out *out, Str bytes); /* false: no memory */

/* ---- instance.c ---- */

struct Instance {
    ServeProgram *program;
    VmStore *store;
    VmThread *thread;
    Wasi *wasi;
    VmComponentFunc *handle;
    VmMark *mark; /* how it was when it was new; NULL: there is no way back */
    Arena *arena;
    Instance *next; /* of the spare ones */
    bool has_begun;
    uint64_t answered; /* requests, since it was new */
};

Instance *instance_new(Server *server); /* NULL after telling why */
void instance_free(Instance *instance); /* NULL is allowed */
/* A spare one, or a new one; NULL after telling why. */
Instance *instance_take(Server *server);
/* Its handler has returned: it is kept for another request, or freed. */
void instance_give(Server *server, Instance *instance);
void instance_add_spare(Server *server, Instance *instance);

/* ---- guest.c ---- */

struct Guest {
    Server *server;
    Request *request;
    Instance *instance; /* NULL: it has not begun */
    AbiValue args[2], result[1];
    Guest *next;          /* in the row of those that can go on */
    Guest *older, *newer; /* of all */
    bool is_queued;
    uint64_t limit; /* the time at which its request has lasted too long */
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

/* ---- admin.c ---- */

/* Answers a request for /metrics or /health. */
void admin_answer(Request *request);

/* ---- workers.c ---- */

Counters *counters_new(size_t n); /* shared with children; NULL: no memory */
int supervise(const ServeOptions *options, ServeProgram *program, Tls *tls,
              const Listening *listening, int admin_fd, Counters *counters);

#endif
