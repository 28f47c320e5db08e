/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Exchanges carried by libcurl, which is loaded when the first one is sent: its headers are needed to
 * build this, and the library itself only to run it. Without either, nothing can be sent.
 *
 * libcurl's multi interface says which descriptors and time it waits for; they become what the host
 * waits for. It connects only to addresses that are ours, reads no files but the system's
 * authorities, takes nothing from the environment, and follows nothing. Bodies go through WasiBody:
 * where there is nothing to send or no room, the transfer pauses.
 */
#include "wasi/http_client.h"

#ifdef WASI_CURL

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

#define CURL_FUNCTIONS(X)                                                                          \
    X(version_info)                                                                                \
    X(global_init)                                                                                 \
    X(easy_init)                                                                                   \
    X(easy_cleanup)                                                                                \
    X(easy_setopt)                                                                                 \
    X(easy_getinfo)                                                                                \
    X(easy_pause)                                                                                  \
    X(easy_strerror)                                                                               \
    X(multi_init)                                                                                  \
    X(multi_cleanup)                                                                               \
    X(multi_setopt)                                                                                \
    X(multi_add_handle)                                                                            \
    X(multi_remove_handle)                                                                         \
    X(multi_socket_action)                                                                         \
    X(multi_info_read)                                                                             \
    X(slist_append)                                                                                \
    X(slist_free_all)

static struct {
#define X(name) __typeof__(&curl_##name) name;
    CURL_FUNCTIONS(X)
#undef X
    bool is_here;
} curl;

enum { OLDEST = 0x075500 }; /* 7.85: options that older ones do not know would just not be set */

static void load(void) {
    static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
    void *library = NULL;
    for (size_t i = 0; i < WASI_COUNT(names) && !library; i++)
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
#define X(name)                                                                                    \
    *(void **)&curl.name = dlsym(library, "curl_" #name);                                          \
    if (!curl.name) return;
    CURL_FUNCTIONS(X)
#undef X
    if (curl.version_info(CURLVERSION_NOW)->version_num < OLDEST) return;
    /* It would write the keys of every connection there. Emptied where it stands: taking it out moves the others,
     * which threads (lookups) may be reading. */
    if (getenv("SSLKEYLOGFILE")) setenv("SSLKEYLOGFILE", "", 1);
    curl.is_here = curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

bool wasi_transfers_available(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return curl.is_here;
}

struct WasiTransfers {
    CURLM *multi;
    struct pollfd *fds; /* that libcurl waits for */
    size_t count, cap;
    uint64_t timer; /* when it wants to be called; UINT64_MAX: never */
};

struct WasiTransfer {
    WasiTransfers *owner;
    CURL *easy;
    struct curl_slist *headers, *resolve;
    bool reads_paused, writes_paused, is_prohibited;
    int fault;     /* an errno: why there is no socket */
    size_t wanted; /* room, when writes are paused */
    char text[CURL_ERROR_SIZE];
};

/* ---- whatever writes: a broken pipe is an error and no signal ---- */

typedef struct {
    sigset_t before;
    bool was_pending;
} Quiet;

static Quiet begin_quiet(void) {
    Quiet quiet;
    sigset_t pipe_set, pending;
    sigemptyset(&pipe_set);
    sigaddset(&pipe_set, SIGPIPE);
    sigpending(&pending);
    quiet.was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_set, &quiet.before);
    return quiet;
}

static void end_quiet(const Quiet *quiet) {
    sigset_t pipe_set;
    sigemptyset(&pipe_set);
    sigaddset(&pipe_set, SIGPIPE);
    if (!quiet->was_pending) sigtimedwait(&pipe_set, NULL, &(struct timespec){0});
    pthread_sigmask(SIG_SETMASK, &quiet->before, NULL);
}

/* ---- what libcurl waits for ---- */

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *of_socket) {
    WasiTransfers *t = context;
    size_t i = 0;
    while (i < t->count && t->fds[i].fd != fd) i++;
    if (what == CURL_POLL_REMOVE) {
        if (i < t->count) t->fds[i] = t->fds[--t->count];
        return 0;
    }
    if (i == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 8;
        struct pollfd *more = realloc(t->fds, cap * sizeof *more);
        if (!more) return -1;
        t->fds = more;
        t->cap = cap;
    }
    if (i == t->count) t->count++;
    short in = what & CURL_POLL_IN ? POLLIN : 0, out = what & CURL_POLL_OUT ? POLLOUT : 0;
    t->fds[i] = (struct pollfd){.fd = fd, .events = (short)(in | out)};
    return 0;
}

static int on_timer(CURLM *multi, long ms, void *context) {
    WasiTransfers *t = context;
    t->timer = ms < 0 ? UINT64_MAX : wasi_now() + (uint64_t)ms * 1000000;
    return 0;
}

WasiTransfers *wasi_transfers_new(void) {
    WasiTransfers *t = calloc(1, sizeof *t);
    if (t) t->multi = curl.multi_init();
    if (!t || !t->multi) {
        free(t);
        return NULL;
    }
    t->timer = UINT64_MAX;
    curl.multi_setopt(t->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl.multi_setopt(t->multi, CURLMOPT_SOCKETDATA, t);
    curl.multi_setopt(t->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl.multi_setopt(t->multi, CURLMOPT_TIMERDATA, t);
    curl.multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, 16L);
    return t;
}

void wasi_transfers_free(WasiTransfers *t) {
    Quiet quiet = begin_quiet();
    curl.multi_cleanup(t->multi);
    end_quiet(&quiet);
    free(t->fds);
    free(t);
}

void wasi_transfers_want(WasiTransfers *t, Wasi *wasi) {
    for (size_t i = 0; i < t->count; i++) wasi_want_fd(wasi, t->fds[i].fd, t->fds[i].events);
    if (t->timer != UINT64_MAX) wasi_want_real_time(wasi, t->timer);
}

/* ---- callbacks ---- */

/* The decision on where to: made on the very address that is connected to. */
static curl_socket_t on_open(void *context, curlsocktype purpose, struct curl_sockaddr *to) {
    WasiExchange *x = context;
    struct sockaddr_storage storage = {0};
    if (to->addrlen <= sizeof storage && (to->family == AF_INET || to->family == AF_INET6)) {
        memcpy(&storage, &to->addr, to->addrlen);
        WasiAddress address = wasi_address_from(&storage);
        if (wasi_exchange_may_connect(x, &address)) {
            int fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
            if (fd < 0) x->transfer->fault = errno;
            return fd;
        }
    }
    x->transfer->is_prohibited = true;
    return CURL_SOCKET_BAD;
}

/* There is a connection, and the request follows. */
static int on_connected(void *context, char *ip, char *local_ip, int port, int local_port) {
    WasiExchange *x = context;
    x->is_connected = true;
    wasi_exchange_wait(x, WAIT_FIRST_BYTE);
    return CURL_PREREQFUNC_OK;
}

static size_t on_header(char *line, size_t size, size_t n, void *context) {
    return wasi_exchange_line(context, (Str){line, n}) ? n : 0;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *context) {
    WasiExchange *x = context;
    if (!x->has_head || x->has_failed || wasi_body_is_abandoned(x->download)) return 0;
    wasi_exchange_wait(x, WAIT_BETWEEN_BYTES);
    if (wasi_body_room(x->download) < n) {
        x->transfer->writes_paused = true;
        x->transfer->wanted = n;
        return CURL_WRITEFUNC_PAUSE;
    }
    return wasi_body_put(x->download, bytes, n);
}

static size_t on_upload(char *to, size_t size, size_t n, void *context) {
    WasiExchange *x = context;
    n *= size;
    size_t put = 0;
    if (!x->upload) return 0; /* POST without a body */
    for (Str more; put < n && (more = wasi_body_peek(x->upload)).len; put += more.len) {
        if (more.len > n - put) more.len = n - put;
        memcpy(to + put, more.ptr, more.len);
        wasi_body_take(x->upload, more.len);
    }
    if (put) wasi_exchange_wait(x, x->has_head ? WAIT_BETWEEN_BYTES : WAIT_FIRST_BYTE);
    WasiBodyState state = wasi_body_state(x->upload);
    if (put || state == WASI_BODY_FINISHED) return put;
    if (state == WASI_BODY_FAILED) {
        wasi_exchange_fail(x, *wasi_body_error(x->upload));
        return CURL_READFUNC_ABORT;
    }
    x->transfer->reads_paused = true;
    return CURL_READFUNC_PAUSE;
}

/* "name: value"; in a head, libcurl wants "name;" where there is no value. */
static bool add_line(struct curl_slist **list, Str name, Str value, bool is_trailer) {
    char *line = malloc(name.len + value.len + 3);
    bool colon = value.len || is_trailer;
    if (!line) return false;
    memcpy(line, name.ptr, name.len);
    memcpy(line + name.len, colon ? ": " : ";", colon ? 3 : 2);
    if (value.len) memcpy(line + name.len + 2, value.ptr, value.len);
    if (value.len) line[name.len + 2 + value.len] = 0;
    struct curl_slist *more = curl.slist_append(*list, line);
    free(line);
    if (more) *list = more;
    return more != NULL;
}

static bool add_fields(struct curl_slist **list, HttpFields fields, bool are_trailers) {
    for (size_t i = 0; i < fields.len; i++)
        if (!add_line(list, fields.at[i].name, http1_trim(fields.at[i].value), are_trailers))
            return false;
    return true;
}

static int on_trailers(struct curl_slist **list, void *context) {
    const WasiExchange *x = context;
    return add_fields(list, wasi_body_trailers(x->upload), true) ? CURL_TRAILERFUNC_OK
                                                                 : CURL_TRAILERFUNC_ABORT;
}

/* ---- one transfer ---- */

static bool has_field(const WasiExchange *x, Str name) {
    for (size_t i = 0; i < x->fields->len; i++)
        if (http1_same_name(x->fields->at[i].name, name)) return true;
    return false;
}

/* All fields as the guest has them, behind Host; and none of libcurl's own. */
static bool set_headers(WasiExchange *x) {
    WasiTransfer *t = x->transfer;
    struct curl_slist *first = curl.slist_append(NULL, "Accept:");
    if (!first) return false;
    t->headers = first;
    if (has_field(x, STR("accept"))) {
        curl.slist_free_all(t->headers);
        t->headers = NULL;
    }
    if (!has_field(x, STR("expect"))) {
        struct curl_slist *more = curl.slist_append(t->headers, "Expect:");
        if (!more) return false;
        t->headers = more;
    }
    return add_line(&t->headers, STR("Host"), str_from(x->authority), false) &&
           add_fields(&t->headers, wasi_fields_view(x->fields), false) &&
           curl.easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers) == CURLE_OK;
}

/* Appends an address as a URL has it. */
static void write_address(char *text, size_t size, const WasiAddress *address) {
    size_t n = strlen(text);
    char plain[INET6_ADDRSTRLEN];
    inet_ntop(address->is_v6 ? AF_INET6 : AF_INET, address->bytes, plain, sizeof plain);
    snprintf(text + n, size - n, address->is_v6 ? "[%s]" : "%s", plain);
}

/* The URL, and for a name the addresses that we have found. (The plus: libcurl forgets them again, so
 * that a guest cannot fill its table with names.) */
static bool set_target(WasiExchange *x) {
    WasiTransfer *t = x->transfer;
    char host[WASI_MAX_NAME + 4] = "", url[sizeof host + 32];
    char entry[sizeof host + 16 + MAX_ADDRESSES * (INET6_ADDRSTRLEN + 3)];
    if (x->host[0]) snprintf(host, sizeof host, "%s", x->host);
    else write_address(host, sizeof host, &x->addresses[0]);
    snprintf(url, sizeof url, "%s://%s:%u/", x->is_tls ? "https" : "http", host, x->port);
    snprintf(entry, sizeof entry, "+%s:%u", host, x->port);
    for (size_t i = 0; i < x->address_count; i++) {
        strcat(entry, i ? "," : ":");
        write_address(entry, sizeof entry, &x->addresses[i]);
    }
    if (curl.easy_setopt(t->easy, CURLOPT_URL, url) != CURLE_OK ||
        curl.easy_setopt(t->easy, CURLOPT_REQUEST_TARGET, x->path) != CURLE_OK)
        return false;
    if (!x->host[0]) return true;
    t->resolve = curl.slist_append(NULL, entry);
    return t->resolve && curl.easy_setopt(t->easy, CURLOPT_RESOLVE, t->resolve) == CURLE_OK;
}

static void set_body(WasiExchange *x) {
    CURL *easy = x->transfer->easy;
    static const char *const with_content[] = {"POST", "PUT", "PATCH"};
    bool sends = x->upload != NULL;
    for (size_t i = 0; i < 3; i++) sends |= str_is(str_from(x->method), with_content[i]);
    if (sends) {
        bool unknown = x->upload && x->length == HTTP1_UNKNOWN_LENGTH;
        curl_off_t size = !x->upload ? 0 : unknown ? -1 : (curl_off_t)x->length;
        curl.easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl.easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, size);
        curl.easy_setopt(easy, CURLOPT_READFUNCTION, on_upload);
        curl.easy_setopt(easy, CURLOPT_READDATA, x);
        if (unknown) curl.easy_setopt(easy, CURLOPT_TRAILERFUNCTION, on_trailers);
        if (unknown) curl.easy_setopt(easy, CURLOPT_TRAILERDATA, x);
    }
    if (str_is(str_from(x->method), "HEAD")) curl.easy_setopt(easy, CURLOPT_NOBODY, 1L);
    curl.easy_setopt(easy, CURLOPT_CUSTOMREQUEST, x->method);
}

static void set_callbacks(WasiExchange *x) {
    CURL *easy = x->transfer->easy;
    curl.easy_setopt(easy, CURLOPT_PRIVATE, x);
    curl.easy_setopt(easy, CURLOPT_ERRORBUFFER, x->transfer->text);
    curl.easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl.easy_setopt(easy, CURLOPT_OPENSOCKETDATA, x);
    curl.easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
    curl.easy_setopt(easy, CURLOPT_PREREQDATA, x);
    curl.easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl.easy_setopt(easy, CURLOPT_HEADERDATA, x);
    curl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl.easy_setopt(easy, CURLOPT_WRITEDATA, x);
}

/* Nothing that libcurl would do on its own account; time is kept by the exchange. */
static void set_policy(WasiExchange *x) {
    CURL *easy = x->transfer->easy;
    const char *authorities = getenv("SSL_CERT_FILE");
    curl.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl.easy_setopt(easy, CURLOPT_PROXY, "");
    curl.easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl.easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl.easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl.easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl.easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl.easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 86400000L);
    curl.easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     (long)(x->is_tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
    if (authorities && *authorities) curl.easy_setopt(easy, CURLOPT_CAINFO, authorities);
}

bool wasi_transfer_start(WasiTransfers *transfers, WasiExchange *x) {
    WasiTransfer *t = calloc(1, sizeof *t);
    if (t) t->easy = curl.easy_init();
    if (!t || !t->easy) {
        free(t);
        return false;
    }
    t->owner = transfers;
    x->transfer = t;
    set_policy(x);
    set_callbacks(x);
    set_body(x);
    return set_target(x) && set_headers(x) &&
           curl.multi_add_handle(transfers->multi, t->easy) == CURLM_OK;
}

void wasi_transfer_stop(WasiExchange *x) {
    WasiTransfer *t = x->transfer;
    if (!t) return;
    Quiet quiet = begin_quiet(); /* TLS and HTTP/2 say goodbye */
    curl.multi_remove_handle(t->owner->multi, t->easy);
    curl.easy_cleanup(t->easy);
    end_quiet(&quiet);
    curl.slist_free_all(t->headers);
    curl.slist_free_all(t->resolve);
    free(t);
    x->transfer = NULL;
}

bool wasi_transfer_is_paused(const WasiExchange *x) {
    return x->transfer->reads_paused || x->transfer->writes_paused;
}

void wasi_transfer_continue(WasiExchange *x) {
    WasiTransfer *t = x->transfer;
    bool reads = t->reads_paused && x->upload &&
                 (wasi_body_queued(x->upload) || wasi_body_state(x->upload) != WASI_BODY_OPEN);
    bool writes = t->writes_paused && wasi_body_room(x->download) >= t->wanted;
    if (!reads && !writes) return;
    t->reads_paused &= !reads;
    t->writes_paused &= !writes;
    wasi_exchange_wait(x, x->has_head ? WAIT_BETWEEN_BYTES : WAIT_FIRST_BYTE);
    Quiet quiet = begin_quiet();
    curl.easy_pause(t->easy, (t->reads_paused ? CURLPAUSE_SEND : 0) |
                                 (t->writes_paused ? CURLPAUSE_RECV : 0));
    end_quiet(&quiet);
}

/* ---- how it has ended ---- */

static HttpErrorCode connect_error(const WasiExchange *x) {
    long fault = x->transfer->fault;
    if (x->transfer->is_prohibited) return HTTP_DESTINATION_IP_PROHIBITED;
    if (!fault) curl.easy_getinfo(x->transfer->easy, CURLINFO_OS_ERRNO, &fault);
    switch (fault) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: return HTTP_CONNECTION_LIMIT_REACHED;
    case ECONNREFUSED: return HTTP_CONNECTION_REFUSED;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EADDRNOTAVAIL: return HTTP_DESTINATION_IP_UNROUTABLE;
    case ETIMEDOUT: return HTTP_CONNECTION_TIMEOUT;
    default: return HTTP_DESTINATION_UNAVAILABLE;
    }
}

/* OpenSSL tells an alert of the peer as the reason 1000 and its number: "error:0A000410:SSL ...".
 * The number, or -1: there is none. */
static int alert_in(const char *text) {
    const char *code = strstr(text, "error:0A");
    unsigned long reason = code ? strtoul(code + strlen("error:"), NULL, 16) & 0x7fffff : 0;
    return reason < 1000 || reason > 1255 ? -1 : (int)reason - 1000;
}

static HttpError tls_error(const char *text) {
    int alert = alert_in(text);
    const char *said = strrchr(text, ':');
    if (alert < 0) return http_error(HTTP_TLS_PROTOCOL_ERROR);
    HttpError error =
        http_error_text(HTTP_TLS_ALERT_RECEIVED, str_trim(str_from(said ? said + 1 : text)));
    error.has_number = true;
    error.number = (uint64_t)alert;
    return error;
}

static HttpError error_of(const WasiExchange *x, CURLcode code) {
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST: return http_error(HTTP_DESTINATION_NOT_FOUND);
    case CURLE_COULDNT_CONNECT: return http_error(connect_error(x));
    case CURLE_OPERATION_TIMEDOUT: return http_error(HTTP_CONNECTION_TIMEOUT);
    case CURLE_SSL_CONNECT_ERROR: return tls_error(x->transfer->text);
    case CURLE_SSL_CACERT_BADFILE: return http_error(HTTP_CONFIGURATION_ERROR);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS: return http_error(HTTP_TLS_CERTIFICATE_ERROR);
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ENGINE_INITFAILED: return http_error(HTTP_TLS_PROTOCOL_ERROR);
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
        if (x->is_tls && (!x->is_connected || alert_in(x->transfer->text) >= 0))
            return tls_error(x->transfer->text);
        if (!strstr(x->transfer->text, "chunked-encoding")) break;
        return http_error(strstr(x->transfer->text, "emory") ? HTTP_RESPONSE_TRAILER_SIZE
                                                             : HTTP_PROTOCOL_ERROR);
    case CURLE_PARTIAL_FILE: return http_error(HTTP_RESPONSE_INCOMPLETE);
    case CURLE_OUT_OF_MEMORY:
        if (x->in_head) return http_error(HTTP_RESPONSE_HEADER_SIZE);
        return http_error_text(HTTP_INTERNAL_ERROR, STR("out of memory"));
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_BAD_CONTENT_ENCODING: return http_error(HTTP_PROTOCOL_ERROR);
    default: return http_error_text(HTTP_INTERNAL_ERROR, str_from(curl.easy_strerror(code)));
    }
    bool begun = x->has_head || x->in_head;
    return http_error(begun ? HTTP_RESPONSE_INCOMPLETE : HTTP_CONNECTION_TERMINATED);
}

static void end_messages(WasiTransfers *t) {
    int left;
    for (CURLMsg *m; (m = curl.multi_info_read(t->multi, &left));) {
        WasiExchange *x = NULL;
        CURLcode code = m->data.result;
        if (m->msg != CURLMSG_DONE) continue;
        curl.easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&x);
        if (code != CURLE_OK) wasi_exchange_fail(x, error_of(x, code));
        wasi_exchange_end(x);
    }
}

/* ---- the loop ---- */

static void act(WasiTransfers *t) {
    int running;
    if (t->count) {
        struct pollfd *ready = malloc(t->count * sizeof *ready); /* the table changes meanwhile */
        size_t count = ready ? t->count : 0;
        if (count) memcpy(ready, t->fds, count * sizeof *ready);
        if (count && poll(ready, count, 0) < 0) count = 0;
        for (size_t i = 0; i < count; i++) {
            int in = ready[i].revents & (POLLIN | POLLHUP) ? CURL_CSELECT_IN : 0;
            int out = ready[i].revents & POLLOUT ? CURL_CSELECT_OUT : 0;
            int err = ready[i].revents & (POLLERR | POLLNVAL) ? CURL_CSELECT_ERR : 0;
            if (in | out | err)
                curl.multi_socket_action(t->multi, ready[i].fd, in | out | err, &running);
        }
        free(ready);
    }
    for (int i = 0; i < 8 && t->timer <= wasi_now(); i++) {
        t->timer = UINT64_MAX;
        curl.multi_socket_action(t->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
}

void wasi_transfers_pump(WasiTransfers *t) {
    Quiet quiet = begin_quiet();
    act(t);
    end_messages(t);
    end_quiet(&quiet);
}

#else

bool wasi_transfers_available(void) { return false; }
WasiTransfers *wasi_transfers_new(void) { return NULL; }
void wasi_transfers_free(WasiTransfers *transfers) {}
bool wasi_transfer_start(WasiTransfers *transfers, WasiExchange *x) { return false; }
void wasi_transfer_stop(WasiExchange *x) {}
void wasi_transfers_pump(WasiTransfers *transfers) {}
void wasi_transfer_continue(WasiExchange *x) {}
bool wasi_transfer_is_paused(const WasiExchange *x) { return false; }
void wasi_transfers_want(WasiTransfers *transfers, Wasi *wasi) {}

#endif
