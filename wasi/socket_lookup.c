/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * wasi:sockets/ip-name-lookup. An address is its own answer. A name is resolved by the
 * system beside the program (a thread, since getaddrinfo waits); an eventfd that becomes readable tells
 * that it has ended.
 *
 * The stream and the system share the lookup; the one that lets go of it last frees it. So a stream
 * can be dropped, and the host be freed, while the system still waits for an answer. Those that are
 * still at work are counted for each host: what is beyond WASI_MAX_LOOKUPS is a temporary failure.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "wasi/sockets.h"

enum { MAX_ADDRESSES = 256 };

struct WasiLookup {
    atomic_int refs;
    WasiLookups *at_work;
    int event; /* readable once it is done */
    char name[WASI_MAX_NAME];
    /* for the stream to be read when it is done: */
    atomic_bool done;
    NetError error;
    bool is_bare; /* the name exists, and has no address */
    WasiAddress *addresses;
    size_t count;
};
typedef struct WasiLookup Lookup;

typedef struct {
    WasiObject object;
    Wasi *wasi;
    Lookup *lookup; /* NULL: all is known */
    uint32_t *open;
    bool learned;
    size_t next;
    WasiAddress literal;
} Stream;

struct WasiLookups {
    atomic_int refs, running;
};

/* ---- lookups ---- */

WasiLookups *wasi_lookups_new(void) {
    WasiLookups *lookups = calloc(1, sizeof *lookups);
    if (lookups) atomic_init(&lookups->refs, 1);
    return lookups;
}

void wasi_lookups_release(WasiLookups *lookups) {
    if (lookups && atomic_fetch_sub(&lookups->refs, 1) == 1) free(lookups);
}

static void release(Lookup *lookup) {
    if (atomic_fetch_sub(&lookup->refs, 1) != 1) return;
    if (lookup->event >= 0) close(lookup->event);
    wasi_lookups_release(lookup->at_work);
    free(lookup->addresses);
    free(lookup);
}

static NetError resolver_error(int fault) {
    switch (fault) {
    case 0: return NET_OK;
    case EAI_NONAME:
    case EAI_NODATA:
    case EAI_ADDRFAMILY: return NET_NAME_UNRESOLVABLE;
    case EAI_AGAIN: return NET_TEMPORARY_RESOLVER_FAILURE;
    case EAI_MEMORY: return NET_OUT_OF_MEMORY;
    default: return NET_PERMANENT_RESOLVER_FAILURE;
    }
}

/* Adds an address; what is IPv4 in IPv6 is IPv4. */
static void add(Lookup *lookup, const struct addrinfo *info) {
    struct sockaddr_storage storage = {0};
    if (info->ai_addrlen > sizeof storage) return;
    if (info->ai_family != AF_INET && info->ai_family != AF_INET6) return;
    memcpy(&storage, info->ai_addr, info->ai_addrlen);
    WasiAddress address = wasi_address_from(&storage);
    wasi_unmap(&address);
    for (size_t i = 0; i < lookup->count; i++)
        if (wasi_same_host(&lookup->addresses[i], &address)) return;
    lookup->addresses[lookup->count++] = address;
}

/* What the system has found, told in whatever thread. */
static void resolved(void *context, int fault, const struct addrinfo *found) {
    Lookup *lookup = context;
    lookup->error = resolver_error(fault);
    lookup->is_bare = fault == EAI_NODATA || fault == EAI_ADDRFAMILY;
    lookup->addresses = calloc(MAX_ADDRESSES, sizeof *lookup->addresses);
    if (!lookup->addresses) lookup->error = NET_OUT_OF_MEMORY;
    for (; found && lookup->addresses; found = found->ai_next)
        if (lookup->count < MAX_ADDRESSES) add(lookup, found);
    atomic_fetch_sub(&lookup->at_work->running, 1);
    atomic_store(&lookup->done, true);
    uint64_t one = 1;
    while (write(lookup->event, &one, sizeof one) < 0 && errno == EINTR) continue;
    release(lookup);
}

static bool may_run(const Wasi *wasi, WasiLookups *at_work) {
    return (uint64_t)atomic_fetch_add(&at_work->running, 1) < wasi_limits(wasi)->max_lookups;
}

NetError wasi_lookup_start(Wasi *wasi, const char *name, Lookup **out) {
    const WasiSockets *sockets = wasi_system(wasi)->sockets;
    WasiLookups *at_work = wasi_lookups(wasi);
    if (wasi_socket_limit(wasi)) return NET_OUT_OF_MEMORY;
    Lookup *lookup = at_work ? calloc(1, sizeof *lookup) : NULL;
    if (!lookup) return NET_OUT_OF_MEMORY;
    atomic_init(&lookup->refs, 2);
    lookup->at_work = at_work;
    atomic_fetch_add(&at_work->refs, 1);
    memcpy(lookup->name, name, strlen(name) + 1);
    lookup->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    bool started = may_run(wasi, at_work) && lookup->event >= 0 &&
                   sockets->resolve(sockets, name, resolved, lookup) == 0;
    if (!started) {
        atomic_fetch_sub(&at_work->running, 1);
        atomic_store(&lookup->refs, 1);
        release(lookup);
        return NET_TEMPORARY_RESOLVER_FAILURE;
    }
    *out = lookup;
    return NET_OK;
}

void wasi_lookup_drop(Lookup *lookup) {
    if (lookup) release(lookup);
}
int wasi_lookup_event(const Lookup *lookup) {
    return atomic_load(&lookup->done) ? -1 : lookup->event;
}
bool wasi_lookup_is_bare(const Lookup *lookup) { return lookup->is_bare; }
NetError wasi_lookup_result(Wasi *wasi, const Lookup *lookup, const WasiAddress **addresses,
                            size_t *count) {
    for (size_t i = 0; i < lookup->count; i++)
        wasi_net_learn(wasi_net(wasi), lookup->name, &lookup->addresses[i]);
    *addresses = lookup->addresses;
    *count = lookup->count;
    return lookup->error;
}

/* ---- streams ---- */

bool wasi_lookup_waits(const WasiObject *object, struct pollfd *want) {
    const Stream *stream = (const Stream *)object;
    if (!stream->lookup || atomic_load(&stream->lookup->done)) return false;
    *want = (struct pollfd){.fd = stream->lookup->event, .events = POLLIN};
    return true;
}

static void free_stream(WasiObject *object) {
    Stream *stream = (Stream *)object;
    if (!stream->lookup) return;
    release(stream->lookup);
    --*stream->open;
}

static NetError look_up(Wasi *wasi, Str said, Lookup **lookup, WasiAddress *literal) {
    char name[WASI_MAX_NAME];
    *lookup = NULL;
    switch (wasi_read_host(said, name, literal)) {
    case WASI_HOST_ADDRESS: return NET_OK;
    case WASI_HOST_INVALID: return NET_INVALID_ARGUMENT;
    case WASI_HOST_FOREIGN: return NET_NOT_SUPPORTED;
    case WASI_HOST_NAME: break;
    }
    if (!wasi_net_resolves(wasi_net(wasi), name)) return wasi_name_denied(wasi, name);
    return wasi_lookup_start(wasi, name, lookup);
}

WASI_FN(resolve_addresses) {
    Wasi *wasi = context;
    const WasiObject *network = wasi_get(thread, wasi, &args[0], WASI_NETWORK);
    if (!network) return VM_TRAP;
    wasi = network->maker;
    Lookup *lookup;
    WasiAddress literal;
    NetError error = look_up(wasi, wasi_str(&args[1]), &lookup, &literal);
    if (error != NET_OK) return wasi_net_ended(result, error, scratch);
    Stream *stream = wasi_make(thread, wasi, WASI_RESOLVE_ADDRESS_STREAM, sizeof *stream, NULL,
                               wasi_case(result, 0, 1, scratch));
    if (!stream) {
        if (lookup) release(lookup);
        return VM_TRAP;
    }
    stream->object.free = free_stream;
    stream->wasi = wasi;
    stream->lookup = lookup;
    stream->literal = literal;
    stream->open = wasi_open_count(wasi);
    if (lookup) ++*stream->open;
    return VM_DONE;
}

/* What has been found is now what names it in the grants. */
static void learn(Stream *stream) {
    const WasiAddress *addresses;
    size_t count;
    wasi_lookup_result(stream->wasi, stream->lookup, &addresses, &count);
    stream->learned = true;
}

static void lower(const WasiAddress *address, AbiValue *variant, Arena *scratch) {
    AbiValue whole;
    wasi_address_lower(address, &whole, scratch);
    variant->variant.index = address->is_v6;
    variant->variant.payload = whole.variant.payload + (address->is_v6 ? 2 : 1);
}

WASI_FN(resolve_next) {
    Stream *stream = wasi_get(thread, context, &args[0], WASI_RESOLVE_ADDRESS_STREAM);
    if (!stream) return VM_TRAP;
    const Lookup *lookup = stream->lookup;
    if (lookup && !atomic_load(&lookup->done))
        return wasi_net_ended(result, NET_WOULD_BLOCK, scratch);
    if (lookup && lookup->error != NET_OK) return wasi_net_ended(result, lookup->error, scratch);
    if (lookup && !stream->learned) learn(stream);
    size_t count = lookup ? lookup->count : 1;
    bool more = stream->next < count;
    AbiValue *address = wasi_case(wasi_case(result, 0, 1, scratch), more, more, scratch);
    if (more) lower(lookup ? &lookup->addresses[stream->next] : &stream->literal, address, scratch);
    stream->next += more;
    return VM_DONE;
}

WASI_FN(subscribe) {
    Stream *stream = wasi_get(thread, context, &args[0], WASI_RESOLVE_ADDRESS_STREAM);
    return stream ? wasi_pollable(thread, context, &stream->object, 0, result) : VM_TRAP;
}

static const WasiFunc lookup_funcs[] = {
    {"resolve-addresses", "(borrow,string)" NET_RESULT("own"), resolve_addresses},
    {"[method]resolve-address-stream.resolve-next-address",
     "(borrow)" NET_RESULT("option<variant<" NET_V4 "," NET_V6 ">>"), resolve_next},
    {"[method]resolve-address-stream.subscribe", "(borrow)->own", subscribe},
};

const WasiInterface wasi_lookup[1] = {
    {"wasi:sockets/ip-name-lookup", lookup_funcs, WASI_COUNT(lookup_funcs),
     (const char *[]){"resolve-address-stream", NULL}},
};
