/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Calls of the host in any order: the input chooses functions of wasi_interface(), values for their
 * arguments by the shapes of their types, handles among those that earlier calls gave, and calls of the
 * system that fail. The guest is granted an empty folder with quotas, and a network by script with a clock
 * that moves where it waits. A call may answer, trap or suspend (then it is resumed, and given up in the
 * end); what it may not is seen by the sanitizers. When all handles are dropped, no descriptor may be left
 * open, and no more may have been written than the quotas allow.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "tests/fake_net.h"
#include "wasi/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_LIVE = 200, MAX_CALLS = 300, MAX_WAITS = 3, QUOTA = 100000, FILES = 50 };

typedef struct {
    const uint8_t *at, *end;
    Arena *arena;
    AbiValue live[MAX_LIVE];
    size_t live_count;
    VmThread *thread;
    Wasi *wasi;
    FakeNet *net;
    const char *function;  /* that is being called, */
    unsigned handle_count; /* and so many of its handles are chosen */
} Input;

/* Whom the guest can reach; the first ports that sockets of its own get are 32768 and more. */
static const FakeHost hosts[] = {
    {.address = "127.0.0.2", .port = 1, .echoes = true},
    {.address = "127.0.0.2", .port = 2, .is_deaf = true},
    {.address = "127.0.0.2", .port = 3, .resets_after = 5000},
    {.address = "127.0.0.2", .port = 4, .greeting = "hello", .closes = true},
    {.address = "127.0.0.2", .port = 5, .echoes = true, .delay = 1000000000},
    {.address = "127.0.0.2", .port = 6, .fault = EHOSTUNREACH, .delay = 3000000000},
};
static const FakeName found[] = {
    {.name = "localhost", .addresses = "127.0.0.1 ::1"},
    {.name = "late.test", .addresses = "127.0.0.2", .delay = 5000000000},
    {.name = "fail.test", .fault = EAI_AGAIN},
};
static const FakeScript scripts[] = {{hosts, 6, found, 3, .piece = 0},
                                     {hosts, 6, found, 3, .piece = 100}};

static uint8_t next(Input *in) { return in->at < in->end ? *in->at++ : 0; }

/* ---- shapes: "(borrow,list<u8>)->result<own,enum<37>>" ---- */

static bool is_next(const char **shape, const char *word) {
    size_t n = strlen(word);
    if (strncmp(*shape, word, n)) return false;
    *shape += n;
    return true;
}

/* Passes over one type: how many cells it takes. */
static unsigned skip_type(const char **shape) {
    const char *word = *shape;
    while (**shape && !strchr("<>,)", **shape)) ++*shape;
    bool is_many = !strncmp(word, "record", 6) || !strncmp(word, "tuple", 5);
    bool is_none = word[0] == '_';
    unsigned cells = 0;
    if (**shape == '<') {
        do {
            ++*shape;
            cells += skip_type(shape);
        } while (**shape == ',');
        ++*shape;
    }
    return is_many ? cells : !is_none;
}

static uint64_t number(Input *in) {
    static const uint64_t edges[] = {0,          1,         2,          7,         100,
                                     4096,       4097,      65535,      65536,     1 << 20,
                                     1ull << 32, INT64_MAX, 1ull << 63, UINT64_MAX};
    uint8_t how = next(in);
    return how < sizeof edges / sizeof *edges ? edges[how] : how;
}

static Str name(Input *in) {
    static const char *const usual[] = {
        "a",  "b",    "a/b",       ".",         "..",        "a/..",      "/",   "",
        "a/", "../x", "localhost", "late.test", "fail.test", "127.0.0.1", "::1", "content-length",
        "x y"};
    uint8_t how = next(in);
    if (how < sizeof usual / sizeof *usual) return str_from(usual[how]);
    size_t n = how % 40;
    char *text = arena_alloc(in->arena, n + 1);
    for (size_t i = 0; i < n; i++) text[i] = (char)(next(in) & 0x7f);
    return (Str){text, n};
}

/* ---- handles ---- */

/* The resources of methods; and what handles other arguments are, counted from 1. The shapes of types
 * do not tell, and calls with any handle end before they have begun. */
static const struct {
    const char *name;
    WasiKind kind;
} resources[] = {
    {"pollable", WASI_POLLABLE},
    {"input-stream", WASI_INPUT_STREAM},
    {"output-stream", WASI_OUTPUT_STREAM},
    {"error", WASI_ERROR},
    {"descriptor", WASI_DESCRIPTOR},
    {"directory-entry-stream", WASI_DIRECTORY_ENTRY_STREAM},
    {"tcp-socket", WASI_TCP_SOCKET},
    {"udp-socket", WASI_UDP_SOCKET},
    {"incoming-datagram-stream", WASI_INCOMING_DATAGRAM_STREAM},
    {"outgoing-datagram-stream", WASI_OUTGOING_DATAGRAM_STREAM},
    {"resolve-address-stream", WASI_RESOLVE_ADDRESS_STREAM},
    {"fields", WASI_FIELDS},
    {"incoming-request", WASI_INCOMING_REQUEST},
    {"outgoing-request", WASI_OUTGOING_REQUEST},
    {"request-options", WASI_REQUEST_OPTIONS},
    {"response-outparam", WASI_RESPONSE_OUTPARAM},
    {"incoming-response", WASI_INCOMING_RESPONSE},
    {"incoming-body", WASI_INCOMING_BODY},
    {"future-trailers", WASI_FUTURE_TRAILERS},
    {"outgoing-response", WASI_OUTGOING_RESPONSE},
    {"outgoing-body", WASI_OUTGOING_BODY},
    {"future-incoming-response", WASI_FUTURE_INCOMING_RESPONSE},
};
static const struct {
    const char *end;
    unsigned which;
    WasiKind kind;
} others[] = {
    {"start-bind", 2, WASI_NETWORK},
    {"start-connect", 2, WASI_NETWORK},
    {"link-at", 2, WASI_DESCRIPTOR},
    {"rename-at", 2, WASI_DESCRIPTOR},
    {"is-same-object", 2, WASI_DESCRIPTOR},
    {"splice", 2, WASI_INPUT_STREAM},
    {"error-code", 1, WASI_ERROR},
    {"poll", 0, WASI_POLLABLE},
    {"handle", 1, WASI_OUTGOING_REQUEST},
    {"handle", 2, WASI_REQUEST_OPTIONS},
    {"outgoing-body.finish", 2, WASI_FIELDS},
    {"send-informational", 2, WASI_FIELDS},
    {"response-outparam.set", 2, WASI_OUTGOING_RESPONSE},
    {"[constructor]outgoing-request", 1, WASI_FIELDS},
    {"[constructor]outgoing-response", 1, WASI_FIELDS},
};

/* The resource of "[method]resource.name", "[static]..." or another function. */
static WasiKind kind_wanted(const char *name, unsigned which) {
    for (size_t i = 0; i < WASI_COUNT(others); i++)
        if ((!others[i].which || others[i].which == which) &&
            str_ends(str_from(name), str_from(others[i].end)))
            return others[i].kind;
    const char *resource = strchr(name, ']'), *dot = resource ? strchr(resource, '.') : NULL;
    for (size_t i = 0; dot && which == 1 && i < WASI_COUNT(resources); i++)
        if (str_eq((Str){resource + 1, (size_t)(dot - resource - 1)}, str_from(resources[i].name)))
            return resources[i].kind;
    return WASI_KIND_COUNT;
}

/* One of those that the function wants, where there are any; mostly. */
static size_t choose_handle(Input *in) {
    uint8_t how = next(in);
    WasiKind wanted = kind_wanted(in->function, ++in->handle_count);
    if (!in->live_count) return 0;
    size_t first = how % in->live_count;
    for (size_t i = 0; how < 240 && wanted < WASI_KIND_COUNT && i < in->live_count; i++) {
        size_t which = (first + i) % in->live_count;
        if (wasi_get(in->thread, in->wasi, &in->live[which], wanted)) return which;
    }
    return first;
}

/* An address of the script, or any. */
static AbiValue *fill_v4(Input *in, AbiValue *to) {
    static const uint8_t usual[][4] = {
        {127, 0, 0, 1}, {127, 0, 0, 2}, {0, 0, 0, 0}, {192, 0, 2, 1}};
    uint8_t how = next(in);
    for (int i = 0; i < 4; i++)
        to[i] = (AbiValue){.bits = how < 200 ? usual[how % 4][i] : next(in)};
    return to + 4;
}

static uint64_t port(Input *in) {
    uint8_t how = next(in);
    return how < 8 ? how : how < 200 ? 32768u + how % 8 : number(in) & UINT16_MAX;
}

/* Fills the cells of one type. */
static AbiValue *fill(Input *in, const char **shape, AbiValue *to);

static void fill_list(Input *in, const char **shape, AbiValue *to) {
    size_t n = next(in) % 20;
    if (is_next(shape, "u8>")) {
        n *= n * 20;
        to->list.items = arena_alloc(in->arena, n + 1);
        memset(to->list.items, 'x', n);
        to->list.len = n;
        return;
    }
    const char *element = *shape, *after = element;
    unsigned cells = skip_type(&after);
    AbiValue *items = ARENA_NEW_ARRAY(in->arena, AbiValue, n * cells + 1);
    to->list.items = items;
    to->list.len = n;
    for (size_t i = 0; i < n; i++) {
        const char *again = element;
        items = fill(in, &again, items);
    }
    *shape = after + 1; /* ">" */
}

/* A case of a variant, option or result, with its payload. */
static void fill_case(Input *in, const char **shape, AbiValue *to, bool is_option) {
    const char *cases[64];
    unsigned n = 0;
    if (is_option) cases[n++] = "_";
    do {
        cases[n++ % 64] = *shape;
        skip_type(shape);
    } while (*(*shape)++ == ',');
    to->variant.index = next(in) % n;
    const char *chosen = cases[to->variant.index], *measured = chosen;
    to->variant.payload = ARENA_NEW_ARRAY(in->arena, AbiValue, skip_type(&measured) + 1);
    fill(in, &chosen, to->variant.payload);
}

static AbiValue *fill(Input *in, const char **shape, AbiValue *to) {
    if (is_next(shape, "_")) return to;
    if (is_next(shape, "tuple<u8,u8,u8,u8>")) return fill_v4(in, to);
    if (is_next(shape, "record<u16,")) { /* of an address: its port is first */
        *to++ = (AbiValue){.bits = port(in)};
        do to = fill(in, shape, to);
        while (*(*shape)++ == ',');
        return to;
    }
    if (is_next(shape, "record<") || is_next(shape, "tuple<")) {
        do to = fill(in, shape, to);
        while (*(*shape)++ == ',');
        return to;
    }
    *to = (AbiValue){0};
    if (is_next(shape, "list<")) fill_list(in, shape, to);
    else if (is_next(shape, "option<")) fill_case(in, shape, to, true);
    else if (is_next(shape, "variant<") || is_next(shape, "result<"))
        fill_case(in, shape, to, false);
    else if (is_next(shape, "enum<")) {
        to->bits = next(in) % strtoul(*shape, NULL, 10);
        skip_type(shape);
        ++*shape;
    } else if (is_next(shape, "flags<")) {
        to->bits = next(in) & ((1u << strtoul(*shape, NULL, 10)) - 1);
        skip_type(shape);
        ++*shape;
    } else if (is_next(shape, "string")) {
        Str s = name(in);
        to->string.ptr = s.ptr;
        to->string.len = s.len;
    } else if (is_next(shape, "own")) {
        size_t which = choose_handle(in);
        if (in->live_count) {
            *to = in->live[which];
            in->live[which] = in->live[--in->live_count];
        } else to->bits = UINT32_MAX;
    } else if (is_next(shape, "borrow")) {
        size_t which = choose_handle(in);
        uint8_t how = next(in); /* now and then one that was dropped, or never was */
        if (in->live_count && how < 240) *to = in->live[which];
        else to->bits = how == UINT8_MAX ? UINT32_MAX : how % 16u;
    } else {
        bool is_wide = **shape == 'u' && (*shape)[1] == '6';
        uint64_t mask = is_wide                  ? UINT64_MAX
                        : is_next(shape, "bool") ? 1
                        : is_next(shape, "u8")   ? UINT8_MAX
                        : is_next(shape, "u16")  ? UINT16_MAX
                                                 : UINT32_MAX;
        to->bits = number(in) & mask;
        while (**shape && !strchr(",>)", **shape)) ++*shape;
    }
    return to + 1;
}

/* Takes the handles that an answer owns. */
static const AbiValue *collect(Input *in, const char **shape, const AbiValue *from);

static void collect_case(Input *in, const char **shape, const AbiValue *from, bool is_option) {
    unsigned i = is_option;
    do {
        if (i++ == from->variant.index) collect(in, shape, from->variant.payload);
        else skip_type(shape);
    } while (*(*shape)++ == ',');
}

static const AbiValue *collect(Input *in, const char **shape, const AbiValue *from) {
    if (is_next(shape, "_")) return from;
    if (is_next(shape, "record<") || is_next(shape, "tuple<")) {
        do from = collect(in, shape, from);
        while (*(*shape)++ == ',');
        return from;
    }
    if (is_next(shape, "option<")) collect_case(in, shape, from, true);
    else if (is_next(shape, "variant<") || is_next(shape, "result<"))
        collect_case(in, shape, from, false);
    else if (!strncmp(*shape, "list<tuple<own", 14)) {
        const char *element = *shape + 5;
        const AbiValue *item = from->list.items;
        for (size_t i = 0; i < from->list.len; i++) {
            const char *again = element;
            item = collect(in, &again, item);
        }
        skip_type(shape);
    } else if (is_next(shape, "own")) {
        if (in->live_count == MAX_LIVE) abort();
        in->live[in->live_count++] = *from;
    } else skip_type(shape);
    return from + 1;
}

/* ---- calls ---- */

static void drop_one(Input *in, size_t which) {
    Wasi *wasi = in->wasi;
    AbiValue gone = in->live[which];
    in->live[which] = in->live[--in->live_count];
    wasi_drop(wasi, &gone);
    wasi_drop(wasi, &gone); /* there is none any more */
}

static bool has_live(const Input *in, WasiKind kind) {
    for (size_t i = 0; i < in->live_count; i++)
        if (wasi_get(in->thread, in->wasi, &in->live[i], kind)) return true;
    return false;
}

/* Any function, mostly one whose first handle there is: else it ends before it has begun. */
static const WasiFunc *choose(Input *in) {
    const WasiInterface *interface;
    size_t count = 0, which = (size_t)next(in) << 8;
    which |= next(in);
    bool any = which % 16 == 0;
    for (size_t i = 0; (interface = wasi_interface(i)); i++) count += interface->func_count;
    which = which / 16 % count;
    for (size_t round = 0; round < 2; round++)
        for (size_t i = 0; (interface = wasi_interface(i)); i++)
            for (size_t k = 0; k < interface->func_count; k++) {
                if (which && which--) continue;
                const WasiFunc *f = &interface->funcs[k];
                WasiKind kind = kind_wanted(f->name, 1);
                if (any || kind == WASI_KIND_COUNT || has_live(in, kind)) return f;
            }
    return NULL;
}

/* The calls that most guests begin with. */
static void call(Input *in, const WasiFunc *f);
static void begin(Input *in) {
    static const char *const names[] = {"get-directories", "instance-network", "create-tcp-socket",
                                        "create-udp-socket", "[constructor]fields"};
    const WasiInterface *interface;
    for (size_t n = 0; n < WASI_COUNT(names); n++)
        for (size_t i = 0; (interface = wasi_interface(i)); i++)
            for (size_t k = 0; k < interface->func_count; k++)
                if (strcmp(interface->funcs[k].name, names[n]) == 0) call(in, &interface->funcs[k]);
}

/* A call of the system will fail. */
static void break_something(Input *in) {
    static const int faults[] = {EAGAIN,       EINTR,  EIO,        EMFILE, ENOMEM,     ECONNRESET,
                                 ECONNABORTED, EINVAL, EADDRINUSE, EPIPE,  ENETUNREACH};
    FakeCall below = next(in) % FAKE_CALLS;
    int fault = faults[next(in) % WASI_COUNT(faults)];
    fake_net_fail(in->net, below, fault, next(in) % 3);
}

static void call(Input *in, const WasiFunc *f) {
    VmThread *thread = in->thread;
    Wasi *wasi = in->wasi;
    if (!f) return;
    /* a list of folders gives two handles */
    while (in->live_count > MAX_LIVE - 4) drop_one(in, next(in) % in->live_count);
    in->function = f->name;
    in->handle_count = 0;
    AbiValue args[32] = {0}, result[8] = {0}, *to = args;
    const char *shape = f->type + 1;
    while (*shape && *shape != ')') {
        to = fill(in, &shape, to);
        if (*shape == ',') shape++;
    }
    VmStatus status = f->fn(thread, wasi, args, result, in->arena);
    for (int i = 0; i < MAX_WAITS && status == VM_SUSPEND; i++) {
        if (!wasi_wait(wasi)) abort(); /* it would sleep for ever */
        status = f->fn(thread, wasi, args, result, in->arena);
    }
    shape = strstr(f->type, "->");
    if (status != VM_DONE || !shape) return;
    shape += 2;
    collect(in, &shape, result);
}

/* ---- what has to hold ---- */

static unsigned open_descriptors(void) {
    unsigned n = 0;
    DIR *all = opendir("/proc/self/fd");
    while (all && readdir(all)) n++;
    if (all) closedir(all);
    return n;
}

static uint64_t found_bytes, found_files;
static int count_file(const char *path, const struct stat *st, int kind, struct FTW *where) {
    if (where->level == 0) return 0;
    found_files++;
    if (S_ISREG(st->st_mode)) found_bytes += (uint64_t)st->st_size;
    return 0;
}
static int remove_file(const char *path, const struct stat *st, int kind, struct FTW *where) {
    return remove(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[] = "/tmp/witc-fuzz-wasi-XXXXXX";
    if (!mkdtemp(path)) abort();
    Arena *arena = arena_new();
    Input *in = ARENA_NEW(arena, Input);
    *in = (Input){.at = data, .end = data + size, .arena = arena};
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    unsigned before = open_descriptors();
    WasiFolder folder = {.fd = fd, .name = STR("/"), .max_bytes = QUOTA, .max_files = FILES};
    WasiContext context = {.folders = &folder,
                           .folder_count = 1,
                           .stdin_fd = -1,
                           .stdout_fd = -1,
                           .stderr_fd = -1,
                           .features = WASI_ALL_FEATURES,
                           .limits = {.max_random = 10000, .max_resources = MAX_LIVE * 2}};
    static const char *const granted[] = {"tcp:127.0.0.0/8:*", "udp:127.0.0.0/8:*",
                                          "listen:127.0.0.1:*", "dns"};
    WasiNetRule rules[4];
    for (int i = 0; i < 4; i++)
        if (wasi_read_rule(arena, str_from(granted[i]), &rules[i])) abort();
    context.net_rules = rules;
    context.net_rule_count = 4;
    in->net = fake_net_new(&scripts[next(in) % 2]);
    context.system = fake_net_system(in->net);
    VmStore *store = vm_store_new(NULL);
    VmThread *thread = vm_thread_new(store);
    Wasi *wasi = wasi_new(store, &context);
    in->thread = thread;
    in->wasi = wasi;
    begin(in);
    for (int i = 0; i < MAX_CALLS && in->at < in->end; i++) {
        uint8_t how = next(in);
        if (how % 16 == 0 && in->live_count) drop_one(in, next(in) % in->live_count);
        else if (how == UINT8_MAX) break_something(in);
        else call(in, choose(in));
    }
    while (in->live_count) drop_one(in, 0);
    wasi_free(wasi);
    vm_thread_free(thread);
    vm_store_free(store);
    if (fake_net_open(in->net) != 0) abort();
    fake_net_free(in->net); /* what looks up names has descriptors of the system */
    if (open_descriptors() != before) abort();
    close(fd);
    found_bytes = found_files = 0;
    nftw(path, count_file, 16, FTW_PHYS);
    if (found_bytes > QUOTA || found_files > FILES) abort();
    nftw(path, remove_file, 16, FTW_PHYS | FTW_DEPTH);
    arena_free(arena);
    return 0;
}
