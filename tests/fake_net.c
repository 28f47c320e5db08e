/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The network by script (fake_net.h). Descriptors are numbers from FIRST on, beyond those of the system: waiting
 * takes both kinds, so that lookups, pipes and bodies go on beside the sockets.
 *
 * What takes time has a time at which it happens: an attempt to connect (`due`), bytes and datagrams on their way
 * (`visible`, `at`), lookups. Waiting lets happen what is due, and else moves the clock to what comes first: that,
 * or the end of the wait.
 *
 *     a connection between two sockets   each has the bytes that it has received; the other's send puts them there
 *     a connection to a host             the same without the other: the script says what comes back
 */
#include "tests/fake_net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "wasi/sockets.h"

enum {
    FIRST = 1 << 20,
    MOST = 2048,        /* descriptors */
    FIRST_PORT = 32768, /* that the system chooses */
    MOST_BUFFER = 212992,
    OVERHEAD = 768 /* of a datagram that waits */
};
static const uint64_t SECOND = 1000000000, NEVER = UINT64_MAX;

typedef struct Datagram {
    struct Datagram *next;
    WasiAddress from;
    uint64_t at;
    size_t len;
    uint8_t bytes[];
} Datagram;

typedef struct {
    int level, name, value;
} Option;

static const Option defaults[] = {
    {SOL_SOCKET, SO_REUSEADDR, 0},         {SOL_SOCKET, SO_KEEPALIVE, 0},
    {SOL_SOCKET, SO_RCVBUF, 131072},       {SOL_SOCKET, SO_SNDBUF, 87040},
    {IPPROTO_TCP, TCP_KEEPIDLE, 7200},     {IPPROTO_TCP, TCP_KEEPINTVL, 75},
    {IPPROTO_TCP, TCP_KEEPCNT, 9},         {IPPROTO_IP, IP_TTL, 64},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, 64}, {IPPROTO_IPV6, IPV6_V6ONLY, 0}};
enum { OPTIONS = sizeof defaults / sizeof *defaults, REUSES = 0, RECEIVES = 2, SENDS = 3 };

typedef struct Socket {
    enum { IDLE, LISTENS, CONNECTING, CONNECTED, OVER } state;
    bool is_v6, is_stream, is_bound, chose_port, has_remote;
    WasiAddress local, remote;
    Option options[OPTIONS];
    int error; /* to be told once */
    /* streams */
    struct Socket *peer;
    const FakeHost *host;
    uint64_t due, patience; /* CONNECTING: the next attempt, and the last */
    uint8_t *bytes;         /* received */
    size_t len, taken;      /* taken: what the host has got */
    uint64_t visible;
    bool has_end, shut_in, shut_out;
    /* listeners */
    struct Socket **queue;
    size_t queued, backlog;
    Datagram *datagrams;
    size_t waiting; /* bytes of these */
} Socket;

typedef struct Question {
    struct Question *next;
    const FakeName *name; /* NULL: nobody knows it */
    uint64_t at;
    WasiResolved *done;
    void *context;
} Question;

struct FakeNet {
    WasiFixedClock clock;
    WasiSockets sockets;
    WasiSystem system;
    const FakeScript *script;
    Socket *open[MOST];
    int count; /* of those that were ever used at a time */
    uint16_t next_port;
    Question *questions;
    struct {
        int fault;
        unsigned after;
    } faults[FAKE_CALLS];
};

static FakeNet *net_of(const WasiSockets *sockets) { return sockets->data; }
static uint64_t now_of(const FakeNet *net) { return net->clock.time; }

static int fail(int fault) {
    errno = fault;
    return -1;
}

/* Whether this call is the one that was to fail. */
static bool fails(FakeNet *net, FakeCall call) {
    if (!net->faults[call].fault || net->faults[call].after--) return false;
    errno = net->faults[call].fault;
    net->faults[call].fault = 0;
    return true;
}

static Socket *find(const FakeNet *net, int fd) {
    Socket *s = fd >= FIRST && fd < FIRST + MOST ? net->open[fd - FIRST] : NULL;
    if (!s) abort(); /* the host uses what it has closed, or another table's */
    return s;
}

/* ---- addresses ---- */

static WasiAddress address_of(const char *text) {
    WasiAddress address = {.is_v6 = strchr(text, ':') != NULL};
    if (inet_pton(address.is_v6 ? AF_INET6 : AF_INET, text, address.bytes) != 1) abort();
    return address;
}

static bool is_loopback(const WasiAddress *a) {
    WasiAddress one = address_of("::1");
    return a->is_v6 ? wasi_same_host(a, &one) : a->bytes[0] == 127;
}

static WasiAddress own_address(bool is_v6) { return address_of(is_v6 ? OWN_V6 : OWN_V4); }

static bool is_own(const WasiAddress *a) {
    WasiAddress own = own_address(a->is_v6);
    return is_loopback(a) || wasi_same_host(a, &own);
}

static WasiAddress read_address(const struct sockaddr *at, socklen_t size) {
    struct sockaddr_storage storage = {0};
    memcpy(&storage, at, size < sizeof storage ? size : sizeof storage);
    return wasi_address_from(&storage);
}

static const FakeHost *host_at(const FakeNet *net, const WasiAddress *to) {
    for (size_t i = 0; i < net->script->host_count; i++) {
        const FakeHost *host = &net->script->hosts[i];
        WasiAddress at = address_of(host->address);
        if (wasi_same_host(&at, to) && (!host->port || host->port == to->port)) return host;
    }
    return NULL;
}

static bool overlaps(const WasiAddress *a, const WasiAddress *b) {
    if (a->is_v6 != b->is_v6 || a->port != b->port) return false;
    return wasi_is_unspecified(a) || wasi_is_unspecified(b) || wasi_same_host(a, b);
}

/* ---- descriptors ---- */

static int give(FakeNet *net, Socket *s) {
    for (int i = 0; i < MOST; i++)
        if (!net->open[i]) {
            net->open[i] = s;
            if (i >= net->count) net->count = i + 1;
            return FIRST + i;
        }
    return fail(EMFILE);
}

static Socket *socket_new(bool is_v6, bool is_stream) {
    Socket *s = calloc(1, sizeof *s);
    if (!s) abort();
    s->is_v6 = is_v6;
    s->is_stream = is_stream;
    s->local.is_v6 = is_v6;
    memcpy(s->options, defaults, sizeof defaults);
    return s;
}

/* The other side learns that the connection is broken. */
static void break_peer(Socket *s) {
    Socket *peer = s->peer;
    if (!peer) return;
    s->peer = peer->peer = NULL;
    peer->error = peer->has_end ? EPIPE : ECONNRESET;
    peer->state = OVER;
}

static void end_peer(Socket *s) {
    if (s->peer) s->peer->has_end = true;
}

/* What was received and never read breaks the connection. */
static void socket_free(Socket *s) {
    if (s->len) break_peer(s);
    end_peer(s);
    if (s->peer) s->peer->peer = NULL;
    for (size_t i = 0; i < s->queued; i++) {
        break_peer(s->queue[i]);
        socket_free(s->queue[i]);
    }
    for (Datagram *d = s->datagrams, *next; d; d = next) {
        next = d->next;
        free(d);
    }
    free(s->queue);
    free(s->bytes);
    free(s);
}

static int net_open(const WasiSockets *sockets, int domain, int type) {
    FakeNet *net = net_of(sockets);
    if (fails(net, FAKE_OPEN)) return -1;
    if (domain == AF_INET6 && net->script->has_no_v6) return fail(EAFNOSUPPORT);
    Socket *s = socket_new(domain == AF_INET6, type == SOCK_STREAM);
    int fd = give(net, s);
    if (fd < 0) socket_free(s);
    return fd;
}

static int net_close(const WasiSockets *sockets, int fd) {
    FakeNet *net = net_of(sockets);
    socket_free(find(net, fd));
    net->open[fd - FIRST] = NULL;
    return 0;
}

/* ---- binding ---- */

static bool is_taken(const FakeNet *net, const Socket *s, const WasiAddress *at) {
    for (int i = 0; i < net->count; i++) {
        const Socket *other = net->open[i];
        if (!other || other == s || !other->is_bound) continue;
        if (other->is_stream != s->is_stream || !overlaps(&other->local, at)) continue;
        bool both_reuse = s->options[REUSES].value && other->options[REUSES].value;
        if (!s->is_stream || !both_reuse || other->state == LISTENS) return true;
    }
    return false;
}

static int bind_to(FakeNet *net, Socket *s, WasiAddress at) {
    s->chose_port = !at.port;
    for (int tries = 0; s->chose_port && tries < 65536 - FIRST_PORT; tries++) {
        at.port = net->next_port++;
        if (!net->next_port) net->next_port = FIRST_PORT;
        if (!is_taken(net, s, &at)) break;
    }
    if (is_taken(net, s, &at)) return fail(EADDRINUSE);
    s->local = at;
    s->is_bound = true;
    return 0;
}

static int net_bind(const WasiSockets *sockets, int fd, const struct sockaddr *at, socklen_t size) {
    FakeNet *net = net_of(sockets);
    Socket *s = find(net, fd);
    WasiAddress address = read_address(at, size);
    if (fails(net, FAKE_BIND)) return -1;
    if (s->is_bound || address.is_v6 != s->is_v6) return fail(EINVAL);
    if (!wasi_is_unspecified(&address) && !is_own(&address)) return fail(EADDRNOTAVAIL);
    return bind_to(net, s, address);
}

/* Where it reaches that address from. */
static int bind_for(FakeNet *net, Socket *s, const WasiAddress *to) {
    WasiAddress from = is_loopback(to) ? *to : own_address(to->is_v6);
    from.port = 0;
    if (!s->is_bound) return bind_to(net, s, from);
    from.port = s->local.port;
    if (wasi_is_unspecified(&s->local)) s->local = from;
    return 0;
}

/* ---- connecting ---- */

static Socket *listener_at(const FakeNet *net, const WasiAddress *at) {
    for (int i = 0; i < net->count; i++) {
        Socket *s = net->open[i];
        if (s && s->state == LISTENS && overlaps(&s->local, at)) return s;
    }
    return NULL;
}

static void put_bytes(Socket *s, const void *bytes, size_t n, uint64_t visible) {
    s->bytes = realloc(s->bytes, s->len + n + 1);
    if (!s->bytes) abort();
    memcpy(s->bytes + s->len, bytes, n);
    if (!s->len) s->visible = visible;
    s->len += n;
}

static void meet(Socket *s, Socket *listener) {
    Socket *server = socket_new(s->is_v6, true);
    memcpy(server->options, listener->options, sizeof server->options);
    server->state = s->state = CONNECTED;
    server->local = s->remote;
    server->remote = s->local;
    server->is_bound = true;
    server->peer = s;
    s->peer = server;
    listener->queue[listener->queued++] = server;
}

/* An attempt to connect is due. A listener whose queue is full does not hear of it: it comes again. */
static void attempt(FakeNet *net, Socket *s) {
    const FakeHost *host = s->host;
    Socket *listener = host ? NULL : listener_at(net, &s->remote);
    if (host) {
        s->state = host->fault ? OVER : CONNECTED;
        s->error = host->fault;
        s->has_end = !host->fault && host->closes;
        if (!host->fault && host->greeting)
            put_bytes(s, host->greeting, strlen(host->greeting), now_of(net));
    } else if (listener && listener->queued < listener->backlog) {
        meet(s, listener);
    } else if (!listener || now_of(net) >= s->patience) {
        s->error = listener ? ETIMEDOUT : ECONNREFUSED;
        s->state = OVER;
    } else s->due = now_of(net) + SECOND;
}

static int connect_datagrams(FakeNet *net, Socket *s, const struct sockaddr *to, socklen_t size) {
    s->has_remote = to->sa_family != AF_UNSPEC;
    if (!s->has_remote && s->chose_port) s->is_bound = false, s->local.port = 0;
    if (!s->has_remote) return 0;
    s->remote = read_address(to, size);
    if (!host_at(net, &s->remote) && !is_own(&s->remote)) return fail(ENETUNREACH);
    return bind_for(net, s, &s->remote);
}

static int net_connect(const WasiSockets *sockets, int fd, const struct sockaddr *to,
                       socklen_t size) {
    FakeNet *net = net_of(sockets);
    Socket *s = find(net, fd);
    if (fails(net, FAKE_CONNECT)) return -1;
    if (!s->is_stream) return connect_datagrams(net, s, to, size);
    if (s->state != IDLE) return fail(s->state == CONNECTING ? EALREADY : EISCONN);
    s->remote = read_address(to, size);
    s->host = host_at(net, &s->remote);
    if (!s->host && !is_own(&s->remote)) return fail(ENETUNREACH);
    if (bind_for(net, s, &s->remote) < 0) return fail(EADDRNOTAVAIL);
    s->state = CONNECTING;
    s->due = now_of(net) + (s->host ? s->host->delay : 0);
    s->patience = now_of(net) + 127 * SECOND; /* as Linux with 6 attempts more */
    return fail(EINPROGRESS);
}

static int net_listen(const WasiSockets *sockets, int fd, int backlog) {
    FakeNet *net = net_of(sockets);
    Socket *s = find(net, fd);
    if (fails(net, FAKE_LISTEN)) return -1;
    if (s->state != LISTENS && is_taken(net, s, &s->local)) {
        Socket *other = listener_at(net, &s->local);
        if (other) return fail(EADDRINUSE);
    }
    size_t most = (backlog < 4096 ? (size_t)backlog : 4096) + 1; /* Linux takes one more */
    s->queue = realloc(s->queue, (most > s->queued ? most : s->queued) * sizeof(Socket *));
    if (!s->queue) abort();
    s->backlog = most;
    s->state = LISTENS;
    return 0;
}

static int net_accept(const WasiSockets *sockets, int fd) {
    FakeNet *net = net_of(sockets);
    Socket *s = find(net, fd);
    if (fails(net, FAKE_ACCEPT)) return -1;
    if (!s->queued) return fail(EAGAIN);
    int given = give(net, s->queue[0]);
    if (given < 0) return given;
    memmove(s->queue, s->queue + 1, --s->queued * sizeof *s->queue);
    return given;
}

static int net_shutdown(const WasiSockets *sockets, int fd, int how) {
    FakeNet *net = net_of(sockets);
    Socket *s = find(net, fd);
    if (fails(net, FAKE_SHUTDOWN)) return -1;
    if (s->state != CONNECTED) return fail(ENOTCONN);
    if (how != SHUT_WR) s->shut_in = true;
    if (how == SHUT_RD) return 0;
    s->shut_out = true;
    end_peer(s);
    if (s->host) s->has_end = true; /* it ends, too */
    return 0;
}

/* ---- what it is ---- */

static int net_local(const WasiSockets *sockets, int fd, struct sockaddr_storage *address) {
    FakeNet *net = net_of(sockets);
    if (fails(net, FAKE_LOCAL)) return -1;
    wasi_address_to(&find(net, fd)->local, address);
    return 0;
}

static int net_peer(const WasiSockets *sockets, int fd, struct sockaddr_storage *address) {
    FakeNet *net = net_of(sockets);
    const Socket *s = find(net, fd);
    if (fails(net, FAKE_PEER)) return -1;
    if (s->state != CONNECTED) return fail(ENOTCONN);
    wasi_address_to(&s->remote, address);
    return 0;
}

static int take_error(Socket *s) {
    int error = s->error;
    s->error = 0;
    return error;
}

static Option *option_of(Socket *s, int level, int name) {
    for (int i = 0; i < OPTIONS; i++)
        if (s->options[i].level == level && s->options[i].name == name) return &s->options[i];
    return NULL;
}

static int net_get(const WasiSockets *sockets, int fd, int level, int name, int *value) {
    FakeNet *net = net_of(sockets);
    Socket *s = find(net, fd);
    if (fails(net, FAKE_GET)) return -1;
    const Option *option = option_of(s, level, name);
    bool is_error = level == SOL_SOCKET && name == SO_ERROR;
    if (!option && !is_error) return fail(ENOPROTOOPT);
    *value = is_error ? take_error(s) : option->value;
    return 0;
}

static int net_set(const WasiSockets *sockets, int fd, int level, int name, int value) {
    FakeNet *net = net_of(sockets);
    Socket *s = find(net, fd);
    if (fails(net, FAKE_SET)) return -1;
    Option *option = option_of(s, level, name);
    if (!option) return fail(ENOPROTOOPT);
    bool is_size = level == SOL_SOCKET && (name == SO_RCVBUF || name == SO_SNDBUF);
    int least = name == SO_RCVBUF ? 1152 : 2304;
    if (is_size) value = 2 * (value < least ? least : value < MOST_BUFFER ? value : MOST_BUFFER);
    option->value = value;
    return 0;
}

/* ---- bytes ---- */

static size_t piece_of(const FakeNet *net, size_t n) {
    size_t most = net->script->piece;
    return most && n > most ? most : n;
}

/* How much a connection takes now. */
static size_t room(const Socket *s) {
    size_t all = (size_t)s->options[SENDS].value, used = s->peer ? s->peer->len : 0;
    if (s->host) used = s->host->is_deaf ? s->taken : s->host->echoes ? s->len : 0;
    return all > used ? all - used : 0;
}

/* The host gets bytes. */
static void host_takes(FakeNet *net, Socket *s, const void *bytes, size_t n) {
    const FakeHost *host = s->host;
    s->taken += n;
    if (host->echoes) put_bytes(s, bytes, n, now_of(net) + host->delay);
    if (!host->resets_after || s->taken < host->resets_after) return;
    s->error = ECONNRESET;
    s->state = OVER;
}

static ssize_t send_bytes(FakeNet *net, Socket *s, const void *bytes, size_t n) {
    if (s->error) return fail(take_error(s));
    if (s->state == CONNECTING) return fail(EAGAIN);
    if (s->state != CONNECTED || s->shut_out) return fail(EPIPE);
    if (!s->peer && !s->host) { /* it has gone, and says so */
        s->error = EPIPE;
        s->state = OVER;
        return (ssize_t)n;
    }
    size_t most = room(s);
    if (n && !most) return fail(EAGAIN);
    n = piece_of(net, n < most ? n : most);
    if (s->host) host_takes(net, s, bytes, n);
    else if (!s->peer->shut_in) put_bytes(s->peer, bytes, n, now_of(net));
    return (ssize_t)n;
}

static ssize_t receive_bytes(FakeNet *net, Socket *s, void *bytes, size_t n) {
    if (s->shut_in) return 0;
    if (s->len && s->visible <= now_of(net)) {
        n = piece_of(net, n < s->len ? n : s->len);
        memcpy(bytes, s->bytes, n);
        memmove(s->bytes, s->bytes + n, s->len -= n);
        return (ssize_t)n;
    }
    if (s->error) return fail(take_error(s));
    if (s->state == OVER || (s->has_end && !s->len)) return 0;
    return fail(s->state == IDLE ? ENOTCONN : EAGAIN);
}

/* ---- datagrams ---- */

static void deliver(Socket *s, const WasiAddress *from, const void *bytes, size_t n, uint64_t at) {
    if (s->waiting + n + OVERHEAD > (size_t)s->options[RECEIVES].value) return; /* lost */
    Datagram *d = malloc(sizeof *d + n), **last = &s->datagrams;
    if (!d) abort();
    *d = (Datagram){.from = *from, .at = at, .len = n};
    memcpy(d->bytes, bytes, n);
    while (*last && (*last)->at <= at) last = &(*last)->next;
    d->next = *last;
    *last = d;
    s->waiting += n + OVERHEAD;
}

static Socket *receiver_of(const FakeNet *net, const WasiAddress *from, const WasiAddress *to) {
    Socket *found = NULL;
    for (int i = 0; i < net->count; i++) {
        Socket *s = net->open[i];
        if (!s || s->is_stream || !s->is_bound || !overlaps(&s->local, to)) continue;
        if (s->has_remote && !wasi_same_address(&s->remote, from)) continue;
        if (!found || s->has_remote) found = s;
    }
    return found;
}

static ssize_t send_datagram(FakeNet *net, Socket *s, const void *bytes, size_t n,
                             const WasiAddress *to) {
    WasiAddress from = is_loopback(to) ? *to : own_address(to->is_v6);
    const FakeHost *host = host_at(net, to);
    if (s->error) return fail(take_error(s));
    if (n > (s->is_v6 ? 65527 : 65507)) return fail(EMSGSIZE);
    if (!host && !is_own(to)) return fail(ENETUNREACH);
    if (host && host->fault) return fail(host->fault);
    if (!s->is_bound && bind_to(net, s, (WasiAddress){.is_v6 = s->is_v6}) < 0) return -1;
    if (!wasi_is_unspecified(&s->local)) from = s->local;
    from.port = s->local.port;
    if (host && host->echoes) deliver(s, to, bytes, n, now_of(net) + host->delay);
    if (host) return (ssize_t)n;
    Socket *receiver = receiver_of(net, &from, to);
    if (receiver) deliver(receiver, &from, bytes, n, now_of(net));
    else if (s->has_remote) s->error = ECONNREFUSED;
    return (ssize_t)n;
}

static ssize_t receive_datagram(FakeNet *net, Socket *s, void *bytes, size_t n,
                                struct sockaddr_storage *from) {
    Datagram *d = s->datagrams;
    if (s->error) return fail(take_error(s));
    if (!d || d->at > now_of(net)) return fail(EAGAIN);
    if (n > d->len) n = d->len;
    memcpy(bytes, d->bytes, n);
    wasi_address_to(&d->from, from);
    s->datagrams = d->next;
    s->waiting -= d->len + OVERHEAD;
    free(d);
    return (ssize_t)n;
}

static ssize_t net_send(const WasiSockets *sockets, int fd, const void *bytes, size_t n,
                        const struct sockaddr *to, socklen_t size) {
    FakeNet *net = net_of(sockets);
    Socket *s = find(net, fd);
    if (fails(net, FAKE_SEND)) return -1;
    if (s->is_stream) return send_bytes(net, s, bytes, n);
    if (!to && !s->has_remote) return fail(EDESTADDRREQ);
    WasiAddress address = to ? read_address(to, size) : s->remote;
    return send_datagram(net, s, bytes, n, &address);
}

static ssize_t net_receive(const WasiSockets *sockets, int fd, void *bytes, size_t n,
                           struct sockaddr_storage *from) {
    FakeNet *net = net_of(sockets);
    Socket *s = find(net, fd);
    if (fails(net, FAKE_RECEIVE)) return -1;
    struct sockaddr_storage unused;
    return s->is_stream ? receive_bytes(net, s, bytes, n)
                        : receive_datagram(net, s, bytes, n, from ? from : &unused);
}

/* ---- names ---- */

static int net_resolve(const WasiSockets *sockets, const char *name, WasiResolved *done,
                       void *context) {
    FakeNet *net = net_of(sockets);
    if (fails(net, FAKE_RESOLVE)) return errno;
    Question *q = calloc(1, sizeof *q);
    if (!q) return ENOMEM;
    *q = (Question){net->questions, NULL, now_of(net), done, context};
    for (size_t i = 0; i < net->script->name_count; i++)
        if (!strcmp(net->script->names[i].name, name)) q->name = &net->script->names[i];
    if (q->name) q->at += q->name->delay;
    net->questions = q;
    return 0;
}

static void answer(const Question *q) {
    enum { MOST_ADDRESSES = 300 };
    static struct sockaddr_storage storage[MOST_ADDRESSES];
    static struct addrinfo infos[MOST_ADDRESSES];
    int fault = q->name ? q->name->fault : EAI_NONAME;
    size_t count = 0;
    const char *at = fault ? "" : q->name->addresses;
    while (*at && count < MOST_ADDRESSES) {
        char one[64] = "";
        size_t n = strcspn(at, " ");
        memcpy(one, at, n);
        at += n + (at[n] == ' ');
        WasiAddress address = address_of(one);
        infos[count] = (struct addrinfo){.ai_family = address.is_v6 ? AF_INET6 : AF_INET,
                                         .ai_addrlen = wasi_address_to(&address, &storage[count]),
                                         .ai_addr = (struct sockaddr *)&storage[count]};
        if (count) infos[count - 1].ai_next = &infos[count];
        count++;
    }
    q->done(q->context, fault, count ? infos : NULL);
}

/* ---- time ---- */

/* Lets happen what is due. */
static void happen(FakeNet *net) {
    for (Question **at = &net->questions; *at;) {
        Question *q = *at;
        if (q->at > now_of(net)) {
            at = &q->next;
            continue;
        }
        *at = q->next;
        answer(q);
        free(q);
    }
    for (int i = 0; i < net->count; i++) {
        Socket *s = net->open[i];
        if (s && s->state == CONNECTING && s->due <= now_of(net)) attempt(net, s);
    }
}

static void sooner(uint64_t *next, uint64_t at, uint64_t now) {
    if (at > now && at < *next) *next = at;
}

/* When something happens next. */
static uint64_t next_time(const FakeNet *net) {
    uint64_t next = NEVER, now = now_of(net);
    for (const Question *q = net->questions; q; q = q->next) sooner(&next, q->at, now);
    for (int i = 0; i < net->count; i++) {
        const Socket *s = net->open[i];
        if (!s) continue;
        if (s->state == CONNECTING) sooner(&next, s->due, now);
        if (s->len) sooner(&next, s->visible, now);
        if (s->datagrams) sooner(&next, s->datagrams->at, now);
    }
    return next;
}

static short state_of(const FakeNet *net, const Socket *s) {
    short events = s->error ? POLLERR | POLLIN | POLLOUT : 0;
    if (!s->is_stream) {
        bool comes = s->datagrams && s->datagrams->at <= now_of(net);
        return (short)(events | POLLOUT | (comes ? POLLIN : 0));
    }
    switch (s->state) {
    case IDLE: return POLLOUT | POLLHUP;
    case LISTENS: return s->queued ? POLLIN : 0;
    case CONNECTING: return 0;
    case OVER: return (short)(events | POLLIN | POLLOUT | POLLHUP);
    case CONNECTED: break;
    }
    bool comes = s->shut_in || (s->len ? s->visible <= now_of(net) : s->has_end);
    bool takes = s->shut_out || (!s->peer && !s->host) || room(s);
    return (short)(events | (comes ? POLLIN : 0) | (takes ? POLLOUT : 0));
}

/* Those of this network, and the system's own; how many are ready. */
static int look(FakeNet *net, struct pollfd *fds, size_t n) {
    int ready = 0;
    const WasiClock *below = net->clock.below;
    for (size_t i = 0; i < n; i++) {
        struct pollfd *p = &fds[i];
        short told = 0;
        if (p->fd >= FIRST) {
            told = state_of(net, find(net, p->fd));
            p->revents = (short)(told & (p->events | POLLERR | POLLHUP));
            ready += p->revents != 0;
        } else if (p->fd >= 0) ready += below->wait(below, p, 1, 0, 0) > 0;
    }
    return ready;
}

static bool has_own(const struct pollfd *fds, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (fds[i].fd >= 0 && fds[i].fd < FIRST) return true;
    return false;
}

static int net_wait(const WasiClock *clock, struct pollfd *fds, size_t n, uint64_t until,
                    uint64_t most) {
    FakeNet *net = (FakeNet *)clock->data; /* whose first member it is */
    for (;;) {
        happen(net);
        int ready = look(net, fds, n);
        uint64_t next = next_time(net);
        if (next > until) next = until;
        if (ready || !most || next <= now_of(net)) return ready;
        if (next == NEVER) {
            const WasiClock *below = net->clock.below;
            struct pollfd none;
            if (has_own(fds, n))
                below->wait(below, &none, 0, NEVER, most < 1000000 ? most : 1000000);
            return 0;
        }
        net->clock.time = next;
        if (next == until) most = 0; /* what comes at that time, and no later */
    }
}

/* ---- the whole ---- */

FakeNet *fake_net_new(const FakeScript *script) {
    FakeNet *net = calloc(1, sizeof *net);
    if (!net) abort();
    net->script = script;
    net->next_port = FIRST_PORT;
    wasi_fixed_clock(&net->clock, &wasi_linux_clock, 0);
    net->clock.clock.wait = net_wait;
    net->sockets = (WasiSockets){net,        net_open,   net_close,    net_bind,    net_connect,
                                 net_listen, net_accept, net_shutdown, net_local,   net_peer,
                                 net_get,    net_set,    net_send,     net_receive, net_resolve};
    net->system = (WasiSystem){.sockets = &net->sockets, .clock = &net->clock.clock};
    return net;
}

void fake_net_free(FakeNet *net) {
    for (Question *q = net->questions, *next; q; q = next) {
        next = q->next;
        q->done(q->context, EAI_FAIL, NULL);
        free(q);
    }
    for (int i = 0; i < net->count; i++)
        if (net->open[i]) socket_free(net->open[i]);
    free(net);
}

const WasiSystem *fake_net_system(FakeNet *net) { return &net->system; }

void fake_net_fail(FakeNet *net, FakeCall call, int fault, unsigned after) {
    net->faults[call].fault = fault;
    net->faults[call].after = after;
}

void fake_net_reset(FakeNet *net, int fd) {
    break_peer(find(net, fd));
    net_close(&net->sockets, fd);
}

uint64_t fake_net_time(const FakeNet *net) { return now_of(net); }

size_t fake_net_open(const FakeNet *net) {
    size_t n = 0;
    for (int i = 0; i < net->count; i++) n += net->open[i] != NULL;
    return n;
}
