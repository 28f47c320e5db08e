/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * wasi:http from both sides: the input chooses calls of a guest that answers requests, handles of the right
 * kind for them (now and then of another), and what the server does meanwhile: it hands requests over, writes their
 * bodies, ends or breaks them off, reads the answers' bodies or goes away. Calls that suspend are made again
 * later. A guest may get answers, errors and traps; what has to hold besides is checked at the end: each
 * outparam was used once, and nothing is left of what the guest has paid for.
 */
#include <stdlib.h>

#include "wasi/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HTTP "wasi:http/types"
#define IO   "wasi:io/streams"
#define M(s) "[method]" s
#define S(s) "[static]" s
#define C(s) "[constructor]" s

enum { MOST = 24, MAX_SIDES = 16, MAX_CALLS = 400, BUDGET = 1 << 20 };

/*
 * Kinds of handles: H fields, Q outgoing and I incoming request, P outgoing response, O outgoing and B incoming
 * body, W output and R input stream, T trailers, L pollable, X outparam, E error, K options. In `args` a capital letter
 * borrows and a small one gives; 1 a text, y bytes, n a number, ? an option of what follows, v values of
 * a field, m entries, z an answer. `gives` is the kind of what comes back, and `how`: = itself, + in ok, ! in an error
 * of a stream, ~ the trailers.
 */
typedef struct {
    const char *interface, *name, *args;
    char gives, how;
} Op;

static const Op ops[] = {
    {HTTP, C("fields"), "", 'H', '='},
    {HTTP, S("fields.from-list"), "m", 'H', '+'},
    {HTTP, M("fields.append"), "H1y", 0, 0},
    {HTTP, M("fields.set"), "H1v", 0, 0},
    {HTTP, M("fields.get"), "H1", 0, 0},
    {HTTP, M("fields.delete"), "H1", 0, 0},
    {HTTP, M("fields.entries"), "H", 0, 0},
    {HTTP, M("fields.clone"), "H", 'H', '='},
    {HTTP, C("outgoing-request"), "h", 'Q', '='},
    {HTTP, M("outgoing-request.body"), "Q", 'O', '+'},
    {HTTP, M("outgoing-request.headers"), "Q", 'H', '='},
    {HTTP, M("outgoing-request.set-path-with-query"), "Q?1", 0, 0},
    {HTTP, M("outgoing-request.set-authority"), "Q?1", 0, 0},
    {"wasi:http/outgoing-handler", "handle", "q?k", 0, 0}, /* nothing is granted */
    {HTTP, C("request-options"), "", 'K', '='},
    {HTTP, M("request-options.set-connect-timeout"), "K?n", 0, 0},
    {HTTP, C("outgoing-response"), "h", 'P', '='},
    {HTTP, M("outgoing-response.set-status-code"), "Pn", 0, 0},
    {HTTP, M("outgoing-response.headers"), "P", 'H', '='},
    {HTTP, M("outgoing-response.body"), "P", 'O', '+'},
    {HTTP, M("outgoing-body.write"), "O", 'W', '+'},
    {HTTP, S("outgoing-body.finish"), "o?h", 0, 0},
    {HTTP, S("response-outparam.set"), "xz", 0, 0},
    {HTTP, M("response-outparam.send-informational"), "Xnh", 0, 0},
    {HTTP, M("incoming-request.headers"), "I", 'H', '='},
    {HTTP, M("incoming-request.path-with-query"), "I", 0, 0},
    {HTTP, M("incoming-request.method"), "I", 0, 0},
    {HTTP, M("incoming-request.consume"), "I", 'B', '+'},
    {HTTP, M("incoming-body.stream"), "B", 'R', '+'},
    {HTTP, S("incoming-body.finish"), "b", 'T', '='},
    {HTTP, M("future-trailers.subscribe"), "T", 'L', '='},
    {HTTP, M("future-trailers.get"), "T", 'H', '~'},
    {HTTP, "http-error-code", "E", 0, 0},
    {IO, M("output-stream.check-write"), "W", 'E', '!'},
    {IO, M("output-stream.write"), "Wy", 'E', '!'},
    {IO, M("output-stream.blocking-write-and-flush"), "Wy", 'E', '!'},
    {IO, M("output-stream.blocking-flush"), "W", 'E', '!'},
    {IO, M("output-stream.blocking-write-zeroes-and-flush"), "Wn", 'E', '!'},
    {IO, M("output-stream.subscribe"), "W", 'L', '='},
    {IO, M("output-stream.splice"), "WRn", 'E', '!'},
    {IO, M("output-stream.blocking-splice"), "WRn", 'E', '!'},
    {IO, M("input-stream.read"), "Rn", 'E', '!'},
    {IO, M("input-stream.blocking-read"), "Rn", 'E', '!'},
    {IO, M("input-stream.skip"), "Rn", 'E', '!'},
    {IO, M("input-stream.subscribe"), "R", 'L', '='},
    {"wasi:io/poll", M("pollable.ready"), "L", 0, 0},
    {"wasi:io/poll", M("pollable.block"), "L", 0, 0},
    {"wasi:io/error", M("error.to-debug-string"), "E", 0, 0},
};
enum { OPS = sizeof ops / sizeof *ops };

typedef struct {
    const uint8_t *at, *end;
    Arena *arena;
    VmThread *thread;
    Wasi *wasi;
    AbiValue live[26][MOST]; /* by kind */
    size_t count[26];
    const WasiFunc *suspended;
    AbiValue suspended_args[8];
    const Op *suspended_op;
    WasiBody *writers[MAX_SIDES], *readers[MAX_SIDES]; /* the server's ends */
    size_t writer_count, reader_count;
    int handed, answered;
} Input;

static uint8_t next(Input *in) { return in->at < in->end ? *in->at++ : 0; }

/* ---- values ---- */

static uint64_t number(Input *in) {
    static const uint64_t edges[] = {0, 1, 5, 99, 103, 200, 1000, 4096, 4097, 65536, UINT64_MAX};
    uint8_t how = next(in);
    return how < sizeof edges / sizeof *edges ? edges[how] : how;
}

static Str text(Input *in) {
    static const char *const texts[] = {
        "a",  "Content-Length",    "Name", "5", "0", "hello", "Host",
        "te", "transfer-encoding", "x y",  "/", "",  "a\r\n"};
    uint8_t how = next(in);
    if (how < sizeof texts / sizeof *texts) return str_from(texts[how]);
    size_t n = how < 250 ? how % 20 : (size_t)how * 100;
    char *made = arena_alloc(in->arena, n + 1);
    memset(made, 'a' + how % 26, n);
    return (Str){made, n};
}

static AbiValue bytes(Input *in) {
    Str s = text(in);
    return (AbiValue){.list = {(void *)(uintptr_t)s.ptr, s.len}};
}

static AbiValue take(Input *in, char letter) {
    bool gives = letter >= 'a';
    int kind = (letter | 32) - 'a';
    if (next(in) == 255) kind = next(in) % 26; /* not what is wanted */
    if (!in->count[kind]) return (AbiValue){.bits = UINT32_MAX};
    size_t which = next(in) % in->count[kind];
    AbiValue value = in->live[kind][which];
    if (gives) in->live[kind][which] = in->live[kind][--in->count[kind]];
    return value;
}

static void keep(Input *in, char kind, AbiValue handle) {
    size_t *count = &in->count[kind - 'A'];
    if (*count == MOST) wasi_drop(in->wasi, &handle); /* a parent may live on: that is allowed */
    else in->live[kind - 'A'][(*count)++] = handle;
}

static AbiValue *cells(Input *in, size_t n) { return ARENA_NEW_ARRAY(in->arena, AbiValue, n + 1); }

static AbiValue list_of(Input *in, unsigned each) {
    size_t n = next(in) % 5;
    AbiValue *items = cells(in, n * each);
    for (size_t i = 0; i < n; i++) {
        Str name = text(in);
        if (each == 2) items[2 * i].string.ptr = name.ptr, items[2 * i].string.len = name.len;
        items[each * i + each - 1] = bytes(in);
    }
    return (AbiValue){.list = {items, n}};
}

static AbiValue argument(Input *in, const char **type);

/* What the guest answers: a response, or an error without a payload. */
static AbiValue answer(Input *in) {
    bool is_error = !in->count['P' - 'A'] || next(in) % 8 == 0;
    AbiValue *cell = cells(in, 1);
    if (is_error) cell->variant.index = HTTP_LOOP_DETECTED;
    else *cell = take(in, 'p');
    return (AbiValue){.variant = {cell, is_error}};
}

static AbiValue argument(Input *in, const char **type) {
    char letter = *(*type)++;
    AbiValue value = {0};
    switch (letter) {
    case '?': {
        bool is_some = next(in) % 2;
        AbiValue *cell = cells(in, 1);
        if (is_some) *cell = argument(in, type);
        else ++*type;
        return (AbiValue){.variant = {cell, is_some}};
    }
    case '1': {
        Str s = text(in);
        value.string.ptr = s.ptr, value.string.len = s.len;
        return value;
    }
    case 'n': return (AbiValue){.bits = number(in)};
    case 'v': return list_of(in, 1);
    case 'm': return list_of(in, 2);
    case 'z': return answer(in);
    case 'y': return bytes(in);
    default: return take(in, letter);
    }
}

/* ---- the guest ---- */

static const WasiFunc *find(const Op *op) {
    const WasiInterface *ours;
    for (size_t i = 0; (ours = wasi_interface(i)); i++) {
        if (strcmp(ours->name, op->interface) != 0) continue;
        for (size_t k = 0; k < ours->func_count; k++)
            if (strcmp(ours->funcs[k].name, op->name) == 0) return &ours->funcs[k];
    }
    abort();
}

static void collect(Input *in, const Op *op, const AbiValue *result) {
    const AbiValue *at = result;
    if (op->how == '=') keep(in, op->gives, *result);
    if (op->how == '+' && !result->variant.index) keep(in, op->gives, *result->variant.payload);
    if (op->how == '!' && result->variant.index && !(at = result->variant.payload)->variant.index)
        keep(in, op->gives, *at->variant.payload);
    if (op->how != '~' || !at->variant.index || (at = at->variant.payload)->variant.index ||
        (at = at->variant.payload)->variant.index || !(at = at->variant.payload)->variant.index)
        return;
    keep(in, op->gives, *at->variant.payload);
}

static void call(Input *in, const WasiFunc *f, const Op *op, const AbiValue *args) {
    AbiValue result[8] = {0}, copy[8];
    memcpy(copy, args, sizeof copy);
    VmStatus status = f->fn(in->thread, in->wasi, copy, result, in->arena);
    if (status == VM_DONE) collect(in, op, result);
    if (status != VM_SUSPEND) return;
    in->suspended = f;
    in->suspended_op = op;
    memcpy(in->suspended_args, copy, sizeof copy);
    WasiWants wants;
    wasi_wants(in->wasi, &wants);
}

static void call_one(Input *in) {
    static const WasiFunc *funcs[OPS];
    size_t which = next(in) % OPS;
    const Op *op = &ops[which];
    AbiValue args[8] = {0};
    if (!funcs[which]) funcs[which] = find(op);
    size_t n = 0;
    for (const char *type = op->args; *type;) args[n++] = argument(in, &type);
    call(in, funcs[which], op, args);
}

/* The same call again, after the server has had its turn. */
static void resume(Input *in) {
    const WasiFunc *f = in->suspended;
    wasi_wake(in->wasi);
    in->suspended = NULL;
    if (f) call(in, f, in->suspended_op, in->suspended_args);
}

static void drop_one(Input *in) {
    size_t kind = next(in) % 26;
    if (!in->count[kind]) return;
    AbiValue gone = take(in, (char)('a' + kind));
    if (gone.bits != UINT32_MAX) wasi_drop(in->wasi, &gone);
}

/* ---- the server ---- */

static bool on_informational(void *context, unsigned status, HttpFields fields) {
    if (status < 100 || status > 199 || status == 101) abort();
    return fields.len % 2;
}
static void on_response(void *context, unsigned status, HttpFields fields, WasiBody *body,
                        uint64_t length) {
    Input *in = context;
    in->answered++;
    if (status < 100 || status > 999) abort();
    if (body && in->reader_count < MAX_SIDES) in->readers[in->reader_count++] = body;
    else wasi_body_abandon(body);
}
static void on_error(void *context, const HttpError *error) { ((Input *)context)->answered++; }
static void on_dropped(void *context) { ((Input *)context)->answered++; }

static void hand_over(Input *in) {
    if (in->writer_count == MAX_SIDES) return;
    Http1Field fields[2] = {{STR("Name"), STR("value")}, {text(in), text(in)}};
    WasiBody *body = next(in) % 4 ? wasi_body_new(number(in) % 5000) : NULL;
    if (body && next(in) % 2) wasi_body_discard(body);
    WasiHttpRequest request = {.method = STR("POST"),
                               .scheme = STR("http"),
                               .authority = STR("a.example"),
                               .path = STR("/p?q"),
                               .fields = {fields, 2},
                               .body = body};
    WasiHttpResponder to = {in, next(in) % 2 ? on_informational : NULL, on_response, on_error,
                            on_dropped};
    AbiValue args[2];
    if (body) in->writers[in->writer_count++] = body;
    if (!wasi_http_take(in->wasi, in->thread, &request, &to, args)) return;
    in->handed++;
    keep(in, 'I', args[0]);
    keep(in, 'X', args[1]);
}

static void write_body(Input *in) {
    static const char zeroes[5000];
    if (!in->writer_count) return;
    size_t which = next(in) % in->writer_count;
    WasiBody *body = in->writers[which];
    size_t room = wasi_body_room(body), n = number(in) % sizeof zeroes;
    Http1Field field = {STR("Sum"), STR("5")};
    HttpFields trailers = {&field, next(in) % 2};
    switch (next(in) % 8) {
    case 0: wasi_body_finish(body, &trailers); break;
    case 1: wasi_body_fail(body, http_error(HTTP_CONNECTION_TERMINATED)); break;
    case 2:
        in->writers[which] = in->writers[--in->writer_count];
        wasi_body_leave(body);
        break;
    default:
        if (wasi_body_put(body, zeroes, n) > (n < room ? n : room)) abort();
    }
}

static void read_body(Input *in) {
    if (!in->reader_count) return;
    size_t which = next(in) % in->reader_count;
    WasiBody *body = in->readers[which];
    Str some = wasi_body_peek(body);
    if (wasi_body_queued(body) > WASI_BODY_CAPACITY || some.len > wasi_body_queued(body)) abort();
    switch (next(in) % 8) {
    case 0: wasi_body_discard(body); break;
    case 1:
        in->readers[which] = in->readers[--in->reader_count];
        wasi_body_abandon(body);
        break;
    default: wasi_body_take(body, some.len ? number(in) % some.len + 1 : 0);
    }
}

static void turn(Input *in) {
    switch (next(in) % 10) {
    case 0: hand_over(in); break;
    case 1: write_body(in); break;
    case 2: read_body(in); break;
    case 3: resume(in); break;
    case 4: drop_one(in); break;
    default: call_one(in);
    }
}

/* The sides end in an order that the input chooses. */
static void let_go(Input *in) {
    while (in->writer_count) wasi_body_leave(in->writers[--in->writer_count]);
    while (in->reader_count) wasi_body_abandon(in->readers[--in->reader_count]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_new();
    Input *in = ARENA_NEW(arena, Input);
    VmStore *store = vm_store_new(NULL);
    WasiContext context = {.stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1};
    context.limits = (WasiLimits){.max_messages = BUDGET, .max_fields = 4000};
    *in = (Input){.at = data,
                  .end = data + size,
                  .arena = arena,
                  .thread = vm_thread_new(store),
                  .wasi = wasi_new(store, &context)};
    for (int i = 0; i < 3; i++) hand_over(in);
    for (int i = 0; i < MAX_CALLS && in->at < in->end; i++) turn(in);
    bool server_first = next(in) % 2;
    if (server_first) let_go(in);
    wasi_free(in->wasi);
    let_go(in);
    if (in->answered != in->handed) abort();
    vm_thread_free(in->thread);
    vm_store_free(store);
    arena_free(arena);
    return 0;
}
