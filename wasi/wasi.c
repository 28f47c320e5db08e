/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The host: its table of objects, what suspended calls wait for, and the list of all interfaces.
 *
 *     wasi:io         error poll streams                                       io.c
 *     wasi:cli        environment exit stdin stdout stderr terminal-*          cli.c
 *     wasi:clocks     monotonic-clock wall-clock (timezone)                    clocks.c
 *     wasi:random     random insecure insecure-seed                            random.c
 *     wasi:filesystem types preopens                                           filesystem.c
 *                                                                              (and path.c memory.c)
 *     wasi:sockets    network instance-network                                 sockets.c
 *                     tcp tcp-create-socket                                    socket_tcp.c
 *                     udp udp-create-socket                                    socket_udp.c
 *                     ip-name-lookup                                           socket_lookup.c
 *                                                                              (and net.c)
 *     wasi:http       types outgoing-handler                                   http.c http_*.c
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>

#include "wasi/internal.h"

struct Wasi {
    VmStore *store;
    const WasiContext *context;
    WasiSystem system;
    Arena *arena; /* names */
    WasiObject *
        *objects; /* [0] is never used; a hole holds the next hole's index, times 2 plus 1 */
    uint32_t count, cap;
    uintptr_t hole;
    struct pollfd *wants;
    size_t want_count, want_cap;
    uint32_t *want_slots; /* twice as many as want_cap; see find_want */
    uint64_t deadline;    /* the earliest that a call waits for */
    uint64_t real_deadline;
    bool waits;    /* for one of those */
    bool rests;    /* a call of poll has made requests go on, once for all that it asks about */
    uint64_t seed; /* of insecure random numbers */
    uint64_t insecure_seed[2];
    uint64_t hash_key[2];
    WasiPaths paths;
    WasiQuota *quotas; /* one a granted folder */
    uint64_t room;     /* left of limits.max_vfs */
    uint32_t disks;    /* in memory; of all hosts */
    uint32_t open;     /* files, folders and sockets */
    WasiNet net;
    WasiLookups *lookups; /* made when it is asked for */
    WasiClient *client;   /* likewise */
    WasiBudget *budget;   /* of what it holds of messages */
    WasiOutput *busy;     /* with bytes pending */
    /* The host whose objects, arena and list of what is waited for this one shares: itself, or the one
     * that it stands beside. */
    Wasi *whole;
    Wasi *beside; /* the next of those */
    Str path;     /* of the instance that this one is for */
    WasiLimits limits;
    uint32_t held;    /* objects that it has made */
    uint64_t written; /* to stdout and stderr */
    bool output_met;
    WasiFilter filters[3];
    WasiWatch *watch; /* NULL: nobody observes */
    Str spliced;
    WasiFixed *fixed; /* NULL: not deterministic */
};

enum { OWN_FILES = 32 }; /* that the program has open besides those of guests */

/* ---- objects ---- */

static bool is_hole(const WasiObject *slot) { return (uintptr_t)slot & 1; }

static void fill_random(void *bytes, size_t n) {
    if (getrandom(bytes, n, 0) == (ssize_t)n) return;
    uint64_t now = wasi_now();
    memcpy(bytes, &now, n < sizeof now ? n : sizeof now);
}

static void free_quotas(Wasi *wasi) {
    for (size_t i = 0; wasi->quotas && i < wasi->context->folder_count; i++)
        wasi_memory_free(wasi->quotas[i].memory);
    free(wasi->quotas);
    wasi->quotas = NULL;
}

/* The folder is opened on the disk where it lies; false: no memory. */
static bool open_disk(Wasi *wasi, const WasiFolder *folder, WasiQuota *quota) {
    enum { DEVICES = 1 << 30 }; /* above those of the system */
    quota->root = folder->fd;
    quota->disk = folder->files ? folder->files : wasi_system(wasi)->files;
    if (!folder->tree) return true;
    uint64_t device = DEVICES + (uint64_t)wasi->whole->disks++;
    quota->memory =
        wasi_memory_new(folder->tree, device << 32, &wasi->room, wasi_system(wasi)->clock);
    quota->root = WASI_MEMORY_ROOT;
    if (quota->memory) quota->disk = wasi_memory_files(quota->memory);
    return quota->memory != NULL;
}

static bool make_quotas(Wasi *wasi) {
    const WasiContext *c = wasi->context;
    wasi->quotas = calloc(c->folder_count + 1, sizeof *wasi->quotas);
    bool good = wasi->quotas != NULL;
    wasi->room = wasi->limits.max_vfs;
    for (size_t i = 0; good && i < c->folder_count; i++) {
        uint64_t bytes = c->folders[i].max_bytes, files = c->folders[i].max_files;
        if (!bytes) bytes = UINT64_MAX;
        wasi->quotas[i] = (WasiQuota){.granted_bytes = bytes,
                                      .bytes = bytes,
                                      .files = files ? files : UINT64_MAX,
                                      .open = &wasi->open,
                                      .max_open = wasi->limits.max_open,
                                      .of = wasi};
        good = open_disk(wasi, &c->folders[i], &wasi->quotas[i]);
    }
    if (!good) free_quotas(wasi);
    return good;
}

static uint64_t or_default(uint64_t said, uint64_t value) { return said ? said : value; }

static WasiLimits limits_of(const WasiContext *context) {
    WasiLimits l = context->limits;
    l.max_resources = or_default(l.max_resources, WASI_MAX_OBJECTS);
    l.max_open = or_default(l.max_open, WASI_MAX_OPEN);
    l.max_lookups = or_default(l.max_lookups, WASI_MAX_LOOKUPS);
    l.max_random = or_default(l.max_random, WASI_MAX_RANDOM);
    l.max_read = or_default(l.max_read, WASI_MAX_READ);
    l.max_fields = or_default(l.max_fields, WASI_MAX_FIELDS);
    l.max_requests = or_default(l.max_requests, WASI_MAX_REQUESTS);
    l.max_exchange = or_default(l.max_exchange, UINT64_MAX);
    l.max_messages = or_default(l.max_messages, WASI_MAX_MESSAGES);
    l.max_output = or_default(l.max_output, UINT64_MAX);
    l.max_vfs = or_default(l.max_vfs, WASI_MAX_VFS);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < l.max_open + OWN_FILES)
        l.max_open = files.rlim_cur > OWN_FILES ? files.rlim_cur - OWN_FILES : 1;
    return l;
}

static WasiSystem system_of(const WasiContext *context) {
    WasiSystem system = context->system ? *context->system : wasi_linux;
    if (!system.files) system.files = wasi_linux.files;
    if (!system.sockets) system.sockets = wasi_linux.sockets;
    if (!system.clock) system.clock = wasi_linux.clock;
    return system;
}

static bool begin_host(Wasi *wasi, Wasi *whole, VmStore *store, Arena *arena,
                       const WasiContext *context) {
    *wasi = (Wasi){.store = store,
                   .context = context,
                   .system = system_of(context),
                   .arena = arena,
                   .whole = whole,
                   .deadline = UINT64_MAX,
                   .real_deadline = UINT64_MAX,
                   .limits = limits_of(context)};
    wasi->budget = wasi_budget_new(wasi->limits.max_messages);
    if (!wasi->budget || !make_quotas(wasi)) {
        wasi_budget_release(wasi->budget);
        wasi->budget = NULL;
        return false;
    }
    wasi->paths = wasi_paths_here();
    wasi->net.rules = context->net_rules;
    wasi->net.rule_count = context->net_rule_count;
    wasi->seed = context->seed;
    wasi->hash_key[0] = context->seed;
    bool seeded = context->has_seed || context->is_deterministic;
    if (!seeded) fill_random(&wasi->seed, sizeof wasi->seed);
    if (!seeded) fill_random(wasi->hash_key, sizeof wasi->hash_key);
    uint64_t state = ~wasi->seed;
    wasi_splitmix_fill(&state, (uint8_t *)wasi->insecure_seed, sizeof wasi->insecure_seed);
    return true;
}

/* `whole`: that it stands beside, or NULL. */
static Wasi *new_host(Wasi *whole, VmStore *store, Arena *arena, const WasiContext *context) {
    Wasi *wasi = calloc(1, sizeof *wasi);
    if (!wasi || begin_host(wasi, whole ? whole : wasi, store, arena, context)) return wasi;
    free(wasi);
    return NULL;
}

Wasi *wasi_new(VmStore *store, const WasiContext *context) {
    Arena *arena = arena_keep(arena_new());
    Wasi *wasi = new_host(NULL, store, arena, context);
    if (wasi && context->is_deterministic)
        wasi->fixed = wasi_fixed_new(context->seed, wasi_system(wasi)->clock);
    if (!wasi) arena_free(arena);
    else if (context->observers) wasi->watch = wasi_watch_new(wasi, arena, context->observers);
    return wasi;
}

Wasi *wasi_beside(Wasi *wasi, Str path, const WasiContext *context) {
    Wasi *other = new_host(wasi, wasi->store, wasi->arena, context);
    if (!other) return NULL;
    other->path = str_copy(wasi->arena, path);
    const WasiContext *whole = wasi->context;
    if (whole->has_seed || whole->is_deterministic) other->seed = whole->seed;
    other->beside = wasi->beside;
    wasi->beside = other;
    return other;
}

const WasiLimits *wasi_limits(const Wasi *wasi) { return &wasi->limits; }
bool wasi_output_met(const Wasi *wasi) {
    for (; wasi; wasi = wasi->beside)
        if (wasi->output_met) return true;
    return false;
}
WasiPaths wasi_paths(const Wasi *wasi) { return wasi->paths; }
WasiQuota *wasi_quota(Wasi *wasi, size_t folder) { return &wasi->quotas[folder]; }
const WasiFolder *wasi_quota_folder(const WasiQuota *quota) {
    return &quota->of->context->folders[quota - quota->of->quotas];
}
const WasiExplain *wasi_explain(const Wasi *wasi) { return wasi->whole->context->explain; }
uint32_t *wasi_open_count(Wasi *wasi) { return &wasi->open; }
WasiNet *wasi_net(Wasi *wasi) { return &wasi->net; }
WasiLookups *wasi_lookups(Wasi *wasi) {
    if (!wasi->lookups) wasi->lookups = wasi_lookups_new();
    return wasi->lookups;
}
WasiBudget *wasi_budget(const Wasi *wasi) { return wasi->budget; }
WasiClient **wasi_client(Wasi *wasi) { return &wasi->client; }
void wasi_http_rest(Wasi *wasi, bool rests) { wasi->whole->rests = rests; }
void wasi_http_pump(Wasi *wasi) {
    if (wasi->whole->rests) return;
    for (wasi = wasi->whole; wasi; wasi = wasi->beside) wasi_client_pump(wasi->client);
}
WasiOutput **wasi_busy(Wasi *wasi) { return &wasi->whole->busy; }
WasiFilter *wasi_filter(Wasi *wasi, int stream) { return &wasi->whole->filters[stream]; }

size_t wasi_output_left(Wasi *wasi, size_t n) {
    uint64_t left = wasi->limits.max_output - wasi->written;
    if (n > left) wasi->output_met = true;
    return n < left ? n : (size_t)left;
}
void wasi_output_count(Wasi *wasi, size_t n) { wasi->written += n; }

static void sip_round(uint64_t v[4]) {
#define ROTATE(x, n) ((x) << (n) | (x) >> (64 - (n)))
    v[0] += v[1], v[1] = ROTATE(v[1], 13) ^ v[0], v[0] = ROTATE(v[0], 32);
    v[2] += v[3], v[3] = ROTATE(v[3], 16) ^ v[2];
    v[0] += v[3], v[3] = ROTATE(v[3], 21) ^ v[0];
    v[2] += v[1], v[1] = ROTATE(v[1], 17) ^ v[2], v[2] = ROTATE(v[2], 32);
#undef ROTATE
}

uint64_t wasi_keyed_hash(const Wasi *wasi, const uint64_t *words, size_t n) {
    const uint64_t *key = wasi->whole->hash_key;
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
                     key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573};
    for (size_t i = 0; i <= n; i++) {
        uint64_t word = i < n ? words[i] : (uint64_t)(n * 8) << 56;
        v[3] ^= word;
        sip_round(v), sip_round(v);
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++) sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

WasiFixed *wasi_fixed(const Wasi *wasi) { return wasi->whole->fixed; }
const WasiSystem *wasi_system(const Wasi *wasi) { return &wasi->whole->system; }
const WasiClock *wasi_clock(const Wasi *wasi) {
    const WasiFixed *fixed = wasi_fixed(wasi);
    return fixed ? wasi_fixed_time(fixed) : wasi_system(wasi)->clock;
}
uint64_t wasi_time(const Wasi *wasi) {
    const WasiClock *clock = wasi_clock(wasi);
    return clock->now(clock);
}
uint64_t wasi_read_clock(const Wasi *wasi) {
    const WasiClock *clock = wasi_clock(wasi);
    return clock->read(clock);
}
WasiWatch *wasi_watch(const Wasi *wasi) { return wasi->whole->watch; }
Str *wasi_spliced(Wasi *wasi) { return &wasi->whole->spliced; }
uint64_t *wasi_seed(Wasi *wasi) { return &wasi->seed; }
const uint64_t *wasi_insecure_seed(Wasi *wasi) { return wasi->insecure_seed; }
const WasiContext *wasi_context(const Wasi *wasi) { return wasi->context; }

void wasi_release(WasiObject *object) {
    while (object && --object->refs == 0) {
        WasiObject *parent = object->parent;
        if (parent) parent->children -= object->kind != WASI_POLLABLE;
        if (object->free) object->free(object);
        object->maker->held--;
        free(object);
        object = parent;
    }
}

static void end_host(Wasi *wasi) {
    wasi_client_free(wasi->client);
    free_quotas(wasi);
    wasi_budget_release(wasi->budget);
    wasi_lookups_release(wasi->lookups);
}

static void free_host(Wasi *wasi) {
    end_host(wasi);
    free(wasi);
}

/* What the guests have made. */
static void free_objects(Wasi *wasi) {
    for (uint32_t i = 1; i < wasi->count; i++)
        if (!is_hole(wasi->objects[i])) wasi_release(wasi->objects[i]);
    wasi_forget_busy(wasi);
    free(wasi->objects);
    free(wasi->wants);
    free(wasi->want_slots);
}

void wasi_free(Wasi *wasi) {
    if (!wasi) return;
    free_objects(wasi);
    wasi_watch_free(wasi->watch);
    wasi_fixed_free(wasi->fixed);
    arena_free(wasi->arena);
    for (Wasi *other = wasi->beside, *next; other; other = next) {
        next = other->beside;
        free_host(other);
    }
    free_host(wasi);
}

/* Its client's idle connections are as good as before, where they carry nothing of who has used them. */
static bool rewind_host(Wasi *wasi) {
    Wasi *beside = wasi->beside, *whole = wasi->whole;
    WasiClient *client = wasi_client_rewind(wasi->client);
    Str path = wasi->path;
    wasi->client = NULL;
    end_host(wasi);
    bool good = begin_host(wasi, whole, wasi->store, wasi->arena, wasi->context);
    wasi->client = client;
    wasi->path = path;
    wasi->beside = beside;
    if (whole != wasi && whole->context->has_seed) wasi->seed = whole->seed;
    return good;
}

bool wasi_rewind(Wasi *wasi) {
    if (wasi->watch || wasi->fixed) return false;
    free_objects(wasi);
    bool good = true;
    for (Wasi *host = wasi; host; host = host->beside) good &= rewind_host(host);
    return good;
}

static bool grow(Wasi *wasi) {
    if (wasi->count < wasi->cap) return true;
    uint32_t cap = wasi->cap ? wasi->cap * 2 : 64;
    WasiObject **more = realloc(wasi->objects, cap * sizeof *more);
    if (!more) return false;
    wasi->objects = more;
    wasi->cap = cap;
    if (wasi->count == 0) wasi->objects[wasi->count++] = NULL;
    return true;
}

static uint32_t take_slot(Wasi *wasi) {
    uintptr_t index = wasi->hole;
    if (index) {
        wasi->hole = (uintptr_t)wasi->objects[index] >> 1;
        return (uint32_t)index;
    }
    return wasi->count < WASI_MAX_OBJECTS && grow(wasi) ? wasi->count++ : 0;
}

static void give_slot(Wasi *wasi, uint64_t index) {
    wasi->objects[index] = (WasiObject *)(wasi->hole << 1 | 1);
    wasi->hole = index;
}

void *wasi_make(VmThread *thread, Wasi *wasi, WasiKind kind, size_t size, WasiObject *parent,
                AbiValue *out) {
    Wasi *whole = wasi->whole;
    uint32_t slot = wasi->held < wasi->limits.max_resources ? take_slot(whole) : 0;
    WasiObject *object = slot ? calloc(1, size) : NULL;
    if (!object) {
        if (slot) give_slot(whole, slot);
        vm_trap_text(thread, TRAP_HOST, "the guest has too many resources of the host");
        return NULL;
    }
    *object = (WasiObject){.kind = kind, .refs = 1, .parent = parent, .maker = wasi};
    if (parent) parent->refs++;
    if (parent) parent->children += kind != WASI_POLLABLE;
    wasi->held++;
    whole->objects[slot] = object;
    out->bits = slot;
    return object;
}

void *wasi_get(VmThread *thread, Wasi *wasi, const AbiValue *handle, WasiKind kind) {
    uint64_t index = handle->bits;
    wasi = wasi->whole;
    WasiObject *object = index && index < wasi->count ? wasi->objects[index] : NULL;
    if (object && !is_hole(object) && object->kind == kind) return object;
    vm_trap_text(thread, TRAP_HANDLE_TYPE, "a handle of the host is used as what it is not");
    return NULL;
}

static void destroy(void *context, uint64_t rep) {
    Wasi *wasi = context;
    if (!rep || rep >= wasi->count || is_hole(wasi->objects[rep])) return;
    WasiObject *object = wasi->objects[rep];
    give_slot(wasi, rep);
    wasi_release(object);
}

/* The parents of wasi:http must not be dropped before their children. */
const char *wasi_refuses(void *context, uint64_t rep) {
    const Wasi *wasi = context;
    if (!rep || rep >= wasi->count || is_hole(wasi->objects[rep])) return NULL;
    const WasiObject *object = wasi->objects[rep];
    bool guards = object->kind >= WASI_INCOMING_REQUEST && object->kind <= WASI_OUTGOING_BODY;
    return guards && object->children
               ? "a resource of wasi:http is dropped while a child of it is alive"
               : NULL;
}

void wasi_drop(Wasi *wasi, const AbiValue *handle) { destroy(wasi->whole, handle->bits); }

/* ---- values ---- */

AbiValue *wasi_case(AbiValue *value, uint32_t index, uint32_t cells, Arena *scratch) {
    value->variant.index = index;
    value->variant.payload = cells ? ARENA_NEW_ARRAY(scratch, AbiValue, cells) : NULL;
    return value->variant.payload;
}

VmStatus wasi_err(AbiValue *result, uint32_t error, Arena *scratch) {
    wasi_case(result, 1, 1, scratch)->bits = error;
    return VM_DONE;
}

VmStatus wasi_err_case(AbiValue *result, uint32_t error, Arena *scratch) {
    wasi_case(result, 1, 1, scratch)->variant.index = error;
    return VM_DONE;
}

VmStatus wasi_some_string(AbiValue *option, bool is_some, Str text, Arena *scratch) {
    AbiValue *cell = wasi_case(option, is_some, is_some ? 1 : 0, scratch);
    if (is_some) wasi_string(cell, text);
    return VM_DONE;
}

/* ---- waiting ---- */

uint64_t wasi_now(void) { return wasi_linux_clock.now(&wasi_linux_clock); }

bool wasi_is_ready(const Wasi *wasi, int fd, short events) {
    const WasiClock *clock = wasi_clock(wasi);
    struct pollfd p = {.fd = fd, .events = events};
    int n;
    do n = clock->wait(clock, &p, 1, 0, 0);
    while (n < 0 && errno == EINTR);
    return n != 0; /* failures show when the operation itself is tried */
}

/* The slot of a descriptor: the index of what is wanted of it, and 1; or 0, where that is to be. A guest may ask
 * for a million things at a time. */
static uint32_t *find_want(const Wasi *wasi, int fd) {
    size_t mask = 2 * wasi->want_cap - 1, at = (size_t)fd & mask;
    while (wasi->want_slots[at] && wasi->wants[wasi->want_slots[at] - 1].fd != fd)
        at = (at + 1) & mask;
    return &wasi->want_slots[at];
}

static bool grow_wants(Wasi *wasi) {
    size_t cap = wasi->want_cap ? wasi->want_cap * 2 : 8;
    struct pollfd *more = realloc(wasi->wants, cap * sizeof *more);
    if (more) wasi->wants = more;
    uint32_t *slots = more ? calloc(2 * cap, sizeof *slots) : NULL;
    if (!slots) return false;
    free(wasi->want_slots);
    wasi->want_slots = slots;
    wasi->want_cap = cap;
    for (uint32_t i = 0; i < wasi->want_count; i++) *find_want(wasi, wasi->wants[i].fd) = i + 1;
    return true;
}

void wasi_want_fd(Wasi *wasi, int fd, short events) {
    if (fd == WASI_FD_BODY) return;
    wasi = wasi->whole;
    wasi->waits = true;
    uint32_t at = wasi->want_cap ? *find_want(wasi, fd) : 0;
    if (at) wasi->wants[at - 1].events |= events;
    if (at) return;
    /* without memory, the slice of time in wasi_wait makes up for it */
    if (wasi->want_count == wasi->want_cap && !grow_wants(wasi)) return;
    wasi->wants[wasi->want_count++] = (struct pollfd){.fd = fd, .events = events};
    *find_want(wasi, fd) = (uint32_t)wasi->want_count;
}

void wasi_want_time(Wasi *wasi, uint64_t deadline) {
    wasi = wasi->whole;
    wasi->waits = true;
    if (deadline < wasi->deadline) wasi->deadline = deadline;
}

void wasi_want_real_time(Wasi *wasi, uint64_t deadline) {
    wasi = wasi->whole;
    wasi->waits = true;
    if (deadline < wasi->real_deadline) wasi->real_deadline = deadline;
}

/* False where nothing but the other side of a body can wake it. */
static bool collect_wants(Wasi *wasi) {
    for (Wasi *host = wasi; host; host = host->beside) wasi_client_want(host->client);
    bool waits = wasi->waits;
    wasi_want_busy(wasi);
    return waits;
}

bool wasi_wants(Wasi *wasi, WasiWants *wants) {
    bool waits = collect_wants(wasi);
    bool is_real = wasi->deadline < wasi->real_deadline;
    *wants =
        (WasiWants){wasi->wants, wasi->want_count, is_real ? wasi->deadline : wasi->real_deadline};
    return waits;
}

void wasi_wake(Wasi *wasi) {
    if (wasi->want_count) memset(wasi->want_slots, 0, 2 * wasi->want_cap * sizeof(uint32_t));
    wasi->want_count = 0;
    wasi->deadline = wasi->real_deadline = UINT64_MAX;
    wasi->waits = false;
    wasi_drain_busy(wasi);
    for (Wasi *host = wasi; host; host = host->beside) wasi_client_wake(host->client);
}

bool wasi_wait(Wasi *wasi) {
    enum { SLICE = 100000000 };
    if (!collect_wants(wasi)) return false;
    uint64_t most = SLICE;
    if (wasi->real_deadline != UINT64_MAX) {
        uint64_t now = wasi_now(), left = wasi->real_deadline > now ? wasi->real_deadline - now : 0;
        if (left < most) most = left;
    }
    const WasiClock *clock = wasi_clock(wasi);
    clock->wait(clock, wasi->wants, wasi->want_count, wasi->deadline, most);
    wasi_wake(wasi);
    return true;
}

void wasi_finish(Wasi *wasi, uint64_t ns) {
    uint64_t end = wasi_now() + ns;
    while (wasi->busy && wasi_now() < end) {
        wasi_want_busy(wasi);
        wasi_wait(wasi);
    }
}

/* ---- linking ---- */

const WasiInterface *wasi_interface(size_t i) {
    static const struct {
        const WasiInterface *at;
        size_t count;
    } groups[] = {
        {wasi_io, WASI_COUNT(wasi_io)},
        {wasi_cli, WASI_COUNT(wasi_cli)},
        {wasi_clocks, WASI_COUNT(wasi_clocks)},
        {wasi_random, WASI_COUNT(wasi_random)},
        {wasi_filesystem, WASI_COUNT(wasi_filesystem)},
        {wasi_sockets, WASI_COUNT(wasi_sockets)},
        {wasi_tcp, WASI_COUNT(wasi_tcp)},
        {wasi_udp, WASI_COUNT(wasi_udp)},
        {wasi_lookup, WASI_COUNT(wasi_lookup)},
        {wasi_http, WASI_COUNT(wasi_http)},
    };
    for (size_t g = 0; g < WASI_COUNT(groups); i -= groups[g++].count)
        if (i < groups[g].count) return &groups[g].at[i];
    return NULL;
}

/* ---- what is unstable ---- */

static const char *const features[] = {"clocks-timezone", "network-error-code",
                                       "informational-outbound-responses"};
static const struct {
    unsigned feature;
    const char *interface, *function;
} unstable[] = {
    {WASI_CLOCKS_TIMEZONE, "wasi:clocks/timezone", "display"},
    {WASI_CLOCKS_TIMEZONE, "wasi:clocks/timezone", "utc-offset"},
    {WASI_NETWORK_ERROR_CODE, "wasi:sockets/network", "network-error-code"},
    {WASI_INFORMATIONAL, "wasi:http/types", "[method]response-outparam.send-informational"},
};

const char *wasi_feature_name(size_t bit) {
    return bit < WASI_COUNT(features) ? features[bit] : NULL;
}

unsigned wasi_feature(Str name) {
    if (str_is(name, "all")) return WASI_ALL_FEATURES;
    for (size_t i = 0; i < WASI_COUNT(features); i++)
        if (str_is(name, features[i])) return 1u << i;
    return 0;
}

static bool exists(const Wasi *wasi, const WasiInterface *interface, const WasiFunc *f) {
    for (size_t i = 0; i < WASI_COUNT(unstable); i++)
        if (strcmp(interface->name, unstable[i].interface) == 0 &&
            strcmp(f->name, unstable[i].function) == 0)
            return wasi->context->features & unstable[i].feature;
    return true;
}

/* An interface of which nothing exists is not there. */
static bool has_any(const Wasi *wasi, const WasiInterface *interface) {
    for (size_t i = 0; i < interface->func_count; i++)
        if (exists(wasi, interface, &interface->funcs[i])) return true;
    return interface->resources != NULL;
}

/* ---- hosts beside ---- */

static void *own_host(void *whole, Str path) {
    for (Wasi *other = ((Wasi *)whole)->beside; other; other = other->beside)
        if (str_eq(other->path, path)) return other;
    return NULL;
}

static bool is_host(void *whole, const void *context) {
    const WasiWatch *watch = ((Wasi *)whole)->watch;
    if (watch) return wasi_watch_has(watch, context);
    for (const Wasi *wasi = whole; wasi; wasi = wasi->beside)
        if (wasi == context) return true;
    return false;
}

static const VmLimits *own_limits(void *whole, Str path) {
    const Wasi *other = own_host(whole, path);
    return other ? other->context->own_limits : NULL;
}

static void *own_context(void *whole, void *own, void *context) {
    WasiWatch *watch = ((Wasi *)whole)->watch;
    return watch ? wasi_watch_own(watch, own, context) : own;
}

static void link_func(Wasi *wasi, VmLinker *into, const WasiInterface *interface,
                      const WasiFunc *f) {
    if (wasi->watch) wasi_watch_func(wasi->watch, into, interface, f);
    else vm_linker_func(into, str_from(f->name), str_from(f->type), f->fn, wasi);
}

static void link_resource(Wasi *wasi, VmLinker *into, const char *name) {
    VmResource *resource = wasi->watch
                               ? wasi_watch_resource(wasi->watch, wasi->store, name)
                               : vm_host_resource(wasi->store, str_from(name), destroy, wasi);
    if (!wasi->watch) vm_host_resource_guard(resource, wasi_refuses);
    vm_linker_resource(into, str_from(name), resource);
}

/* Whether one of what an import asks for, NULL for all there is, is called so. */
static bool is_wanted(const CompInstanceType *wanted, const char *name) {
    for (size_t i = 0; wanted && i < wanted->exports.len; i++)
        if (str_is(wanted->exports.at[i].name.name, name)) return true;
    return !wanted;
}

static void link_interface(Wasi *wasi, VmLinker *linker, const WasiInterface *interface,
                           const CompInstanceType *wanted) {
    Str full = str_concat(wasi->arena, str_from(interface->name), STR("@0.2.12"));
    VmLinker *into = vm_linker_instance(linker, full);
    for (size_t k = 0; k < interface->func_count; k++)
        if (is_wanted(wanted, interface->funcs[k].name) &&
            exists(wasi, interface, &interface->funcs[k]))
            link_func(wasi, into, interface, &interface->funcs[k]);
    for (const char *const *name = interface->resources; name && *name; name++)
        if (is_wanted(wanted, *name)) link_resource(wasi, into, *name);
}

static bool is_version_of(Str name, Str interface) {
    return name.len > interface.len && name.ptr[interface.len] == '@' &&
           str_starts(name, interface);
}

static void link_wanted(Wasi *wasi, VmLinker *linker, const WasiInterface *interface,
                        const CompExterns *imports) {
    Str name = str_from(interface->name);
    for (size_t i = 0; i < imports->len; i++) {
        const CompExtern *import = &imports->at[i];
        if (import->entity.sort == COMP_INSTANCE && is_version_of(import->name.name, name))
            link_interface(wasi, linker, interface, import->entity.instance);
    }
}

static bool imports(const CompInfo *info, Str interface, const char *function) {
    const CompExterns *all = &info->type.imports;
    for (size_t i = 0; i < all->len; i++)
        if (all->at[i].entity.sort == COMP_INSTANCE &&
            is_version_of(all->at[i].name.name, interface) &&
            is_wanted(all->at[i].entity.instance, function))
            return true;
    return false;
}

const char *wasi_missing_feature(const Wasi *wasi, const CompInfo *info) {
    for (size_t i = 0; i < WASI_COUNT(unstable); i++) {
        if (wasi->context->features & unstable[i].feature) continue;
        if (!imports(info, str_from(unstable[i].interface), unstable[i].function)) continue;
        for (size_t bit = 0; bit < WASI_COUNT(features); bit++)
            if (unstable[i].feature == 1u << bit) return features[bit];
    }
    return NULL;
}

void wasi_link_to(Wasi *wasi, VmLinker *linker, const CompInfo *info) {
    const VmInstanceHosts hosts = {own_host, is_host, wasi, own_limits, own_context};
    if (wasi->beside) vm_linker_hosts(linker, &hosts);
    const WasiInterface *interface;
    for (size_t i = 0; (interface = wasi_interface(i)); i++) {
        if (!has_any(wasi, interface)) continue;
        if (info) link_wanted(wasi, linker, interface, &info->type.imports);
        else link_interface(wasi, linker, interface, NULL);
    }
    vm_store_on_wait(wasi->store, (bool (*)(void *))wasi_wait, wasi);
}

void wasi_link(Wasi *wasi, VmLinker *linker) { wasi_link_to(wasi, linker, NULL); }
