/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Streams and futures between a component and its host, and asynchronous functions of the host. The
 * guest is made of built-ins: a test calls stream.read and its sisters as functions of the component. */
#include "tests/test.h"

#include "interpreter/interpreter.h"
#include "wat/wat.h"

static Arena *arena;
static Diags diags;

/* ---- a guest of built-ins ---- */

#define KIND(kind, type, pointer_and_length, lowered)                                              \
    " (type $" kind " (" type "))"                                                                 \
    " (import \"give-" kind "\" (func $give-" kind " (result $" kind ")))"                         \
    " (import \"take-" kind "\" (func $take-" kind " (param \"s\" $" kind ")))"                    \
    " (canon lower (func $give-" kind ") (core func $give-" kind "'))"                             \
    " (canon lower (func $take-" kind ") (core func $take-" kind "'))"                             \
    " (func (export \"give-" kind "\") (result u32)"                                               \
    "   (canon lift (core func $give-" kind "')))"                                                 \
    " (func (export \"take-" kind "\") (param \"s\" u32)"                                          \
    "   (canon lift (core func $take-" kind "')))"                                                 \
    BUILTINS(kind, "stream", pointer_and_length)

#define BUILTINS(kind, noun, more)                                                                 \
    " (core func $" kind ".new (canon " noun ".new $" kind "))"                                    \
    " (core func $" kind ".read (canon " noun ".read $" kind " async (memory $mem)"                \
    "   (realloc (core func $l \"realloc\"))))"                                                    \
    " (core func $" kind ".write (canon " noun ".write $" kind " async (memory $mem)))"            \
    " (core func $" kind ".cancel-read (canon " noun ".cancel-read $" kind "))"                    \
    " (core func $" kind ".cancel-write (canon " noun ".cancel-write $" kind "))"                  \
    " (core func $" kind ".drop-readable (canon " noun ".drop-readable $" kind "))"                \
    " (core func $" kind ".drop-writable (canon " noun ".drop-writable $" kind "))"                \
    " (func (export \"new-" kind "\") (result u64) (canon lift (core func $" kind ".new)))"        \
    " (func (export \"read-" kind "\") (param \"e\" u32) (param \"p\" u32) " more " (result u32)"  \
    "   (canon lift (core func $" kind ".read)))"                                                  \
    " (func (export \"write-" kind "\") (param \"e\" u32) (param \"p\" u32) " more " (result u32)" \
    "   (canon lift (core func $" kind ".write)))"                                                 \
    " (func (export \"cancel-read-" kind "\") async (param \"e\" u32) (result u32)"                \
    "   (canon lift (core func $" kind ".cancel-read)))"                                           \
    " (func (export \"cancel-write-" kind "\") async (param \"e\" u32) (result u32)"               \
    "   (canon lift (core func $" kind ".cancel-write)))"                                          \
    " (func (export \"drop-readable-" kind "\") (param \"e\" u32)"                                 \
    "   (canon lift (core func $" kind ".drop-readable)))"                                         \
    " (func (export \"drop-writable-" kind "\") (param \"e\" u32)"                                 \
    "   (canon lift (core func $" kind ".drop-writable)))"

static const char *const guest_of_builtins =
    "(component"
    " (core module $m (memory (export \"mem\") 1)"
    "  (data (i32.const 16) \"abcdefghijklmnopqrstuvwxyz\")"
    "  (data (i32.const 256) \"\\10\\00\\00\\00\\03\\00\\00\\00\\13\\00\\00\\00\\01\\00\\00\\00\")"
    "  (global $top (mut i32) (i32.const 4096))"
    "  (func (export \"realloc\") (param i32 i32 i32 i32) (result i32)"
    "    (global.get $top)"
    "    (global.set $top (i32.add (global.get $top) (i32.const 64))))"
    "  (global $then (mut i32) (i32.const 0))"
    "  (func (export \"loop\") (param i32 i32) (result i32)"
    "    (global.set $then (local.get 1)) (local.get 0))"
    "  (func (export \"loop-cb\") (param i32 i32 i32) (result i32)"
    "    (global.get $then) (global.set $then (i32.const 0)))"
    "  (func (export \"peek\") (param i32) (result i32) (i32.load (local.get 0)))"
    "  (func (export \"poke\") (param i32 i32) (i32.store (local.get 0) (local.get 1))))"
    " (core instance $l (instantiate $m))"
    " (alias core export $l \"mem\" (core memory $mem))"
    " (func (export \"peek\") (param \"p\" u32) (result u32)"
    "   (canon lift (core func $l \"peek\")))"
    " (func (export \"poke\") (param \"p\" u32) (param \"v\" u32)"
    "   (canon lift (core func $l \"poke\")))"
    " (func (export \"loop\") async (param \"first\" u32) (param \"then\" u32)"
    "   (canon lift (core func $l \"loop\") async (callback (core func $l \"loop-cb\"))))"
    " (core func $set.drop (canon waitable-set.drop))"
    " (func (export \"set-drop\") (param \"s\" u32) (canon lift (core func $set.drop)))"
    " (core func $inc (canon backpressure.inc))"
    " (func (export \"inc\") (canon lift (core func $inc)))"
    " (core func $dec (canon backpressure.dec))"
    " (func (export \"dec\") (canon lift (core func $dec)))"
    " (core func $cancel (canon task.cancel))"
    " (func (export \"cancel\") (canon lift (core func $cancel)))"
    " (core func $yield (canon thread.yield))"
    " (func (export \"yield\") (result u32) (canon lift (core func $yield)))"
    " (core func $set.new (canon waitable-set.new))"
    " (core func $set.wait (canon waitable-set.wait (memory $mem)))"
    " (core func $set.poll (canon waitable-set.poll (memory $mem)))"
    " (core func $join (canon waitable.join))"
    " (func (export \"set-new\") (result u32) (canon lift (core func $set.new)))"
    " (func (export \"set-wait\") async (param \"s\" u32) (param \"p\" u32) (result u32)"
    "   (canon lift (core func $set.wait)))"
    " (func (export \"set-poll\") (param \"s\" u32) (param \"p\" u32) (result u32)"
    "   (canon lift (core func $set.poll)))"
    " (func (export \"join\") (param \"w\" u32) (param \"s\" u32)"
    "   (canon lift (core func $join)))" KIND("bytes", "stream u8", "(param \"n\" u32)", "")
        KIND("texts", "stream string", "(param \"n\" u32)", "") KIND(
            "nested", "stream $bytes", "(param \"n\" u32)",
            "") " (type $promise (future u32))"
                " (import \"give-promise\" (func $give-promise (result $promise)))"
                " (import \"take-promise\" (func $take-promise (param \"s\" $promise)))"
                " (canon lower (func $give-promise) (core func $give-promise'))"
                " (canon lower (func $take-promise) (core func $take-promise'))"
                " (func (export \"give-promise\") (result u32) (canon lift (core func "
                "$give-promise')))"
                " (func (export \"take-promise\") (param \"s\" u32) (canon lift (core func "
                "$take-promise')))" BUILTINS(
                    "promise", "future",
                    "") " (import \"ask\" (func $ask async (param \"x\" u32) (result string)))"
                        " (core func $ask (canon lower (func $ask) async (memory $mem)"
                        "   (realloc (core func $l \"realloc\"))))"
                        " (core func $ask-sync (canon lower (func $ask) (memory $mem)"
                        "   (realloc (core func $l \"realloc\"))))"
                        " (core func $subtask.cancel (canon subtask.cancel))"
                        " (core func $subtask.cancel-async (canon subtask.cancel async))"
                        " (core func $subtask.drop (canon subtask.drop))"
                        " (func (export \"ask\") (param \"x\" u32) (param \"p\" u32) (result u32)"
                        "   (canon lift (core func $ask)))"
                        " (func (export \"ask-sync\") async (param \"x\" u32) (param \"p\" u32)"
                        "   (canon lift (core func $ask-sync)))"
                        " (func (export \"ask-now\") (param \"x\" u32) (param \"p\" u32)"
                        "   (canon lift (core func $ask-sync)))"
                        " (func (export \"subtask-cancel\") async (param \"s\" u32) (result u32)"
                        "   (canon lift (core func $subtask.cancel)))"
                        " (func (export \"subtask-cancel-async\") (param \"s\" u32) (result u32)"
                        "   (canon lift (core func $subtask.cancel-async)))"
                        " (func (export \"subtask-drop\") (param \"s\" u32)"
                        "   (canon lift (core func $subtask.drop)))"
                        ")";

/* ---- the host ---- */

/* A port that moves what it may: `text` out, or what comes in into `got`. */
typedef struct {
    const char *text;
    char got[64];
    size_t at, most, may; /* so far, at a time, in all by now */
    bool ends, fails;     /* once it may no more */
    int asked, closed;
} Pipe;

static VmFlow end_of(VmThread *thread, const Pipe *p, size_t n) {
    if (p->fails && !n) {
        vm_trap_text(thread, TRAP_HOST, "the pipe burst");
        return VM_FLOW_TRAPS;
    }
    if (p->ends && p->at >= p->may) return VM_FLOW_ENDS;
    return n ? VM_FLOW_MOVED : VM_FLOW_WAITS;
}

static size_t room(const Pipe *p, size_t n) {
    size_t left = p->may - p->at;
    if (p->most && left > p->most) left = p->most;
    return left < n ? left : n;
}

static VmFlow give_bytes(VmThread *thread, void *context, void *items, size_t *n, Arena *scratch) {
    Pipe *p = context;
    p->asked++;
    if (!*n && p->may > p->at) return VM_FLOW_MOVED;
    *n = room(p, *n);
    if (*n) memcpy(items, p->text + p->at, *n);
    p->at += *n;
    return end_of(thread, p, *n);
}

static VmFlow take_bytes(VmThread *thread, void *context, void *items, size_t *n, Arena *scratch) {
    Pipe *p = context;
    p->asked++;
    if (!*n && p->may > p->at) return VM_FLOW_MOVED;
    *n = room(p, *n);
    if (*n) memcpy(p->got + p->at, items, *n);
    p->at += *n;
    return end_of(thread, p, *n);
}

/* One text an item: the letters of `text`, each as a string of its own. */
static VmFlow give_texts(VmThread *thread, void *context, void *items, size_t *n, Arena *scratch) {
    Pipe *p = context;
    AbiValue *cells = items;
    p->asked++;
    if (!*n && p->may > p->at) return VM_FLOW_MOVED;
    *n = room(p, *n);
    for (size_t i = 0; i < *n; i++) {
        char *letter = arena_alloc(scratch, 1);
        *letter = p->text[p->at + i];
        cells[i].string.ptr = letter;
        cells[i].string.len = 1;
    }
    p->at += *n;
    return end_of(thread, p, *n);
}

static VmFlow take_texts(VmThread *thread, void *context, void *items, size_t *n, Arena *scratch) {
    Pipe *p = context;
    const AbiValue *cells = items;
    p->asked++;
    if (!*n && p->may > p->at) return VM_FLOW_MOVED;
    *n = room(p, *n);
    for (size_t i = 0; i < *n; i++) {
        strncat(p->got, cells[i].string.ptr, cells[i].string.len);
        strcat(p->got, ";");
    }
    p->at += *n;
    return end_of(thread, p, *n);
}

static VmFlow give_number(VmThread *thread, void *context, void *items, size_t *n, Arena *scratch) {
    Pipe *p = context;
    p->asked++;
    if (p->ends) return *n = 0, VM_FLOW_ENDS;
    if (!p->may) return VM_FLOW_WAITS;
    *(uint32_t *)items = 77;
    return VM_FLOW_MOVED;
}

static VmFlow take_number(VmThread *thread, void *context, void *items, size_t *n, Arena *scratch) {
    Pipe *p = context;
    p->asked++;
    if (p->ends) return *n = 0, VM_FLOW_ENDS;
    if (!p->may) return VM_FLOW_WAITS;
    p->at = *(uint32_t *)items;
    return VM_FLOW_MOVED;
}

static void closed(void *context) { ((Pipe *)context)->closed++; }

static const VmPort giver = {give_bytes, closed}, taker = {take_bytes, closed};
static const VmPort text_giver = {give_texts, closed}, text_taker = {take_texts, closed};
static const VmPort number_giver = {give_number, closed}, number_taker = {take_number, closed};

typedef struct {
    VmStore *store;
    VmThread *thread;
    VmLinker *linker;
    VmComponent *component;
    AbiValue result;
    Pipe out, in, inner; /* the host's ends: what it gives, what it takes */
    bool refuses;
    int asked; /* `ask` */
    uint64_t question;
    bool answers, gives_up;
} World;

static VmFlow take_streams(VmThread *thread, void *context, void *items, size_t *n,
                           Arena *scratch) {
    World *w = context;
    w->in.asked++;
    if (w->in.at >= w->in.may) return *n = 0, VM_FLOW_WAITS;
    if (!*n) return VM_FLOW_MOVED;
    CHECK_EQ(*n, 1);
    w->in.at++;
    vm_stream_read(w->store, ((AbiValue *)items)->bits, &taker, &w->inner);
    return VM_FLOW_MOVED;
}

static void closed_streams(void *context) { ((World *)context)->in.closed++; }
static const VmPort stream_taker = {take_streams, closed_streams};

#define HOST_FUNC(name)                                                                            \
    static VmStatus name(VmThread *thread, void *context, const AbiValue *args, AbiValue *result,  \
                         Arena *scratch)

HOST_FUNC(give_bytes_stream) {
    World *w = context;
    result->bits = vm_stream_new(w->store, &giver, &w->out);
    return VM_DONE;
}
HOST_FUNC(give_texts_stream) {
    World *w = context;
    result->bits = vm_stream_new(w->store, &text_giver, &w->out);
    return VM_DONE;
}
HOST_FUNC(give_future) {
    World *w = context;
    result->bits = vm_future_new(w->store, &number_giver, &w->out);
    return VM_DONE;
}
HOST_FUNC(give_nothing) {
    result->bits = 0;
    return VM_DONE;
}
static VmStatus take(World *w, const AbiValue *args, const VmPort *port) {
    if (w->refuses) vm_stream_drop(w->store, args[0].bits);
    else vm_stream_read(w->store, args[0].bits, port, &w->in);
    return VM_DONE;
}
HOST_FUNC(take_bytes_stream) { return take(context, args, &taker); }
HOST_FUNC(take_texts_stream) { return take(context, args, &text_taker); }
HOST_FUNC(take_future) { return take(context, args, &number_taker); }
HOST_FUNC(take_nested_stream) {
    World *w = context;
    vm_stream_read(w->store, args[0].bits, &stream_taker, w);
    return VM_DONE;
}

HOST_FUNC(ask) {
    World *w = context;
    w->asked++;
    if (vm_host_is_cancelled(thread) && w->gives_up) return vm_host_cancel(thread);
    if (!w->answers) return VM_SUSPEND;
    w->question = args[0].bits;
    char *text = arena_alloc(scratch, 4);
    memcpy(text, "five", 4);
    result->string.ptr = text;
    result->string.len = 4;
    return VM_DONE;
}

static const CompInfo *guest(void) {
    static const CompInfo *info;
    if (info) return info;
    Source *source = ARENA_NEW(arena, Source);
    *source = (Source){.path = STR("test.wat"), .text = str_from(guest_of_builtins)};
    const Source *binary = wat_to_binary(arena, source, features_all(), &diags);
    CompComponent *c = binary ? comp_decode(arena, binary, features_all(), &diags) : NULL;
    return info = c ? comp_validate(arena, c, features_all(), &diags) : NULL;
}

static World *world_new(void) {
    diags = (Diags){.arena = arena};
    World *w = ARENA_NEW(arena, World);
    w->store = vm_store_new(NULL);
    w->thread = vm_thread_new(w->store);
    w->linker = vm_linker_new(w->store);
    w->out = (Pipe){.text = "hello world", .may = 11};
    w->in = (Pipe){.may = 32};
    w->inner = (Pipe){.may = 32};
    VmLinker *l = w->linker;
    vm_linker_func(l, STR("give-bytes"), STR("()->stream<u8>"), give_bytes_stream, w);
    vm_linker_func(l, STR("take-bytes"), STR("(stream<u8>)"), take_bytes_stream, w);
    vm_linker_func(l, STR("give-texts"), STR("()->stream<string>"), give_texts_stream, w);
    vm_linker_func(l, STR("take-texts"), STR("(stream<string>)"), take_texts_stream, w);
    vm_linker_func(l, STR("give-nested"), STR("()->stream<stream<u8>>"), give_nothing, w);
    vm_linker_func(l, STR("take-nested"), STR("(stream<stream<u8>>)"), take_nested_stream, w);
    vm_linker_func(l, STR("give-promise"), STR("()->future<u32>"), give_future, w);
    vm_linker_func(l, STR("take-promise"), STR("(future<u32>)"), take_future, w);
    vm_linker_func(l, STR("ask"), STR("async (u32)->string"), ask, w);
    const CompInfo *info = guest();
    w->component = info ? vm_component_new(w->thread, info, w->linker, &diags) : NULL;
    if (!w->component) diag_print(stdout, &diags, false);
    CHECK(w->component != NULL);
    return w;
}

static void world_free(World *w) {
    vm_linker_free(w->linker);
    vm_thread_free(w->thread);
    vm_store_free(w->store);
}

static VmStatus start(World *w, const char *name, uint32_t a, uint32_t b, uint32_t c) {
    VmComponentFunc *f =
        w->component ? vm_component_func(w->component, (Str){0}, str_from(name)) : NULL;
    CHECK(f != NULL);
    if (!f) return VM_TRAP;
    AbiValue *args = ARENA_NEW_ARRAY(arena, AbiValue, 3);
    args[0].bits = a, args[1].bits = b, args[2].bits = c;
    return vm_component_call(w->thread, f, args, &w->result, arena);
}

static uint64_t call(World *w, const char *name, uint32_t a, uint32_t b, uint32_t c) {
    VmStatus status = start(w, name, a, b, c);
    if (status == VM_TRAP) printf("%s: %s\n", name, vm_trap_message(w->thread).ptr);
    CHECK_EQ(status, VM_DONE);
    return w->result.bits;
}

static void traps(World *w, const char *name, uint32_t a, uint32_t b, uint32_t c, const char *why) {
    CHECK_EQ(start(w, name, a, b, c), VM_TRAP);
    CHECK_STR(vm_trap_message(w->thread), why);
}

enum { COMPLETED, DROPPED, CANCELLED };
enum { STREAM_READ = 2, STREAM_WRITE, FUTURE_READ, FUTURE_WRITE };
#define BLOCKED 0xffffffffu
#define COPIED(result, n) ((result) | (n) << 4)

static uint32_t letters(const char *text) {
    return (uint32_t)text[0] | (uint32_t)text[1] << 8 | (uint32_t)text[2] << 16 |
           (uint32_t)text[3] << 24;
}

/* ---- buffers ---- */

/* They lie in the guest's memory, also where nothing is copied yet: one page, from 0. */
static void buffers_lie_inside(void) {
    static const uint32_t bad[][2] = {{65530, 7},      {65537, 1},      {0, 65537},
                                      {0xfffffffe, 4}, {4, 0x0fffffff}, {0, 0x10000000}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (int writes = 0; writes < 2; writes++) {
            World *w = world_new();
            uint64_t ends = call(w, "new-bytes", 0, 0, 0);
            uint32_t end = (uint32_t)(writes ? ends >> 32 : ends);
            VmStatus status =
                start(w, writes ? "write-bytes" : "read-bytes", end, bad[i][0], bad[i][1]);
            CHECK_EQ(status, VM_TRAP);
            bool too_large = bad[i][1] == 0x10000000;
            CHECK_EQ(vm_trapped(w->thread), too_large ? TRAP_VALUE_TOO_LARGE : TRAP_VALUE_BOUNDS);
            world_free(w);
        }
    World *w = world_new();
    uint32_t end = (uint32_t)call(w, "new-bytes", 0, 0, 0);
    CHECK_EQ(call(w, "read-bytes", end, 65530, 6), BLOCKED);
    world_free(w);
}

/* ---- the host gives ---- */

static void hosts_give_bytes_in_parts(void) {
    World *w = world_new();
    w->out.most = 4;
    w->out.may = 6;
    uint32_t end = (uint32_t)call(w, "give-bytes", 0, 0, 0);
    CHECK_EQ(w->out.asked, 0); /* nobody has read yet */
    CHECK_EQ(call(w, "read-bytes", end, 64, 10), COPIED(COMPLETED, 4));
    CHECK_EQ(call(w, "peek", 64, 0, 0), letters("hell"));
    CHECK_EQ(call(w, "read-bytes", end, 68, 1), COPIED(COMPLETED, 1));
    CHECK_EQ(call(w, "read-bytes", end, 69, 0), COPIED(COMPLETED, 0)); /* there is something */
    CHECK_EQ(call(w, "read-bytes", end, 69, 10), COPIED(COMPLETED, 1));
    CHECK_EQ(call(w, "read-bytes", end, 70, 10), BLOCKED);

    uint32_t set = (uint32_t)call(w, "set-new", 0, 0, 0);
    call(w, "join", end, set, 0);
    CHECK_EQ(call(w, "set-poll", set, 128, 0), 0);
    CHECK_EQ(start(w, "set-wait", set, 128, 0), VM_SUSPEND);
    CHECK_EQ(vm_resume(w->thread), VM_SUSPEND); /* still nothing */
    w->out.may = 9;
    CHECK_EQ(vm_resume(w->thread), VM_DONE);
    CHECK_EQ(w->result.bits, STREAM_READ);
    CHECK_EQ(call(w, "peek", 128, 0, 0), end);
    CHECK_EQ(call(w, "peek", 132, 0, 0), COPIED(COMPLETED, 3));
    CHECK_EQ(call(w, "peek", 69, 0, 0), letters(" wor"));

    w->out.may = 11;
    w->out.ends = true;
    CHECK_EQ(w->out.closed, 0);
    CHECK_EQ(call(w, "read-bytes", end, 80, 10), COPIED(DROPPED, 2));
    CHECK_EQ(w->out.closed, 1);
    CHECK_EQ(call(w, "peek", 80, 0, 0), 'l' | 'd' << 8);
    traps(w, "read-bytes", end, 80, 10,
          "cannot read from stream after being notified that the writable end dropped");
    world_free(w);
    CHECK_EQ(w->out.closed, 1);
}

static void hosts_end_without_a_byte(void) {
    World *w = world_new();
    w->out.may = 0;
    uint32_t end = (uint32_t)call(w, "give-bytes", 0, 0, 0);
    CHECK_EQ(call(w, "read-bytes", end, 64, 0), BLOCKED); /* a read of nothing waits, too */
    uint32_t set = (uint32_t)call(w, "set-new", 0, 0, 0);
    call(w, "join", end, set, 0);
    CHECK_EQ(start(w, "set-wait", set, 128, 0), VM_SUSPEND);
    w->out.ends = true;
    CHECK_EQ(vm_resume(w->thread), VM_DONE);
    CHECK_EQ(call(w, "peek", 132, 0, 0), COPIED(DROPPED, 0));
    CHECK_EQ(w->out.closed, 1);
    call(w, "join", end, 0, 0);
    call(w, "drop-readable-bytes", end, 0, 0);
    world_free(w);
    CHECK_EQ(w->out.closed, 1);
}

static void guests_cancel_reads(void) {
    World *w = world_new();
    w->out.may = 0;
    uint32_t end = (uint32_t)call(w, "give-bytes", 0, 0, 0);
    CHECK_EQ(call(w, "read-bytes", end, 64, 8), BLOCKED);
    CHECK_EQ(call(w, "cancel-read-bytes", end, 0, 0), COPIED(CANCELLED, 0));
    int asked = w->out.asked;
    CHECK_EQ(vm_run_tasks(w->thread), VM_DONE); /* nothing is left to wait for */
    CHECK_EQ(w->out.asked, asked);
    w->out.may = 11;
    CHECK_EQ(call(w, "read-bytes", end, 64, 8), COPIED(COMPLETED, 8));
    call(w, "drop-readable-bytes", end, 0, 0);
    CHECK_EQ(w->out.closed, 1);
    world_free(w);
}

/* What came before the cancellation is not lost. */
static void reads_are_over_before_they_are_cancelled(void) {
    World *w = world_new();
    w->out.may = 0;
    uint32_t end = (uint32_t)call(w, "give-bytes", 0, 0, 0);
    CHECK_EQ(call(w, "read-bytes", end, 64, 8), BLOCKED);
    w->out.may = 5;
    CHECK_EQ(vm_run_tasks(w->thread), VM_DONE);
    CHECK_EQ(call(w, "cancel-read-bytes", end, 0, 0), COPIED(COMPLETED, 5));
    traps(w, "cancel-read-bytes", end, 0, 0,
          "stream read/write cancelled when no read/write is pending");
    world_free(w);
    CHECK_EQ(w->out.closed, 1);
}

static void readers_in_use_are_not_dropped(void) {
    World *w = world_new();
    w->out.may = 0;
    uint32_t end = (uint32_t)call(w, "give-bytes", 0, 0, 0);
    CHECK_EQ(call(w, "read-bytes", end, 64, 8), BLOCKED);
    traps(w, "drop-readable-bytes", end, 0, 0, "cannot remove busy stream");
    world_free(w);
    CHECK_EQ(w->out.closed, 1);
}

static void ports_trap(void) {
    World *w = world_new();
    w->out.may = 0;
    uint32_t end = (uint32_t)call(w, "give-bytes", 0, 0, 0);
    w->out.fails = true;
    traps(w, "read-bytes", end, 64, 8, "the pipe burst");
    world_free(w);
    w = world_new();
    w->out.may = 0;
    end = (uint32_t)call(w, "give-bytes", 0, 0, 0);
    CHECK_EQ(call(w, "read-bytes", end, 64, 8), BLOCKED);
    w->out.fails = true;
    CHECK_EQ(vm_run_tasks(w->thread), VM_TRAP);
    CHECK_STR(vm_trap_message(w->thread), "the pipe burst");
    world_free(w);
    w = world_new();
    traps(w, "give-nested", 0, 0, 0, "the host passed no stream");
    world_free(w);
}

/* ---- the host takes ---- */

static uint32_t new_pair(World *w, const char *name, const char *taker_name) {
    uint64_t ends = call(w, name, 0, 0, 0);
    call(w, taker_name, (uint32_t)ends, 0, 0);
    return (uint32_t)(ends >> 32);
}

static void hosts_take_bytes_in_parts(void) {
    World *w = world_new();
    w->in.most = 3;
    w->in.may = 5;
    uint32_t end = new_pair(w, "new-bytes", "take-bytes");
    CHECK_EQ(call(w, "write-bytes", end, 16, 26), COPIED(COMPLETED, 3));
    CHECK_EQ(call(w, "write-bytes", end, 19, 0), COPIED(COMPLETED, 0)); /* it would take some */
    CHECK_EQ(call(w, "write-bytes", end, 19, 26), COPIED(COMPLETED, 2));
    CHECK_EQ(call(w, "write-bytes", end, 21, 4), BLOCKED);
    w->in.may = 6;
    CHECK_EQ(vm_run_tasks(w->thread), VM_DONE);
    CHECK_EQ(call(w, "cancel-write-bytes", end, 0, 0), COPIED(COMPLETED, 1));
    CHECK_STR(str_from(w->in.got), "abcdef");
    w->in.may = 7;
    w->in.ends = true;
    CHECK_EQ(call(w, "write-bytes", end, 22, 4), COPIED(DROPPED, 1));
    CHECK_EQ(w->in.closed, 1);
    CHECK_STR(str_from(w->in.got), "abcdefg");
    call(w, "drop-writable-bytes", end, 0, 0);
    world_free(w);
    CHECK_EQ(w->in.closed, 1);
}

static void writers_drop_first(void) {
    World *w = world_new();
    uint32_t end = new_pair(w, "new-bytes", "take-bytes");
    CHECK_EQ(call(w, "write-bytes", end, 16, 2), COPIED(COMPLETED, 2));
    call(w, "drop-writable-bytes", end, 0, 0);
    CHECK_EQ(w->in.closed, 1);
    CHECK_EQ(vm_run_tasks(w->thread), VM_DONE);
    world_free(w);
    CHECK_EQ(w->in.closed, 1);
}

static void hosts_refuse_streams(void) {
    World *w = world_new();
    w->refuses = true;
    uint32_t end = new_pair(w, "new-bytes", "take-bytes");
    CHECK_EQ(call(w, "write-bytes", end, 16, 2), COPIED(DROPPED, 0));
    call(w, "drop-writable-bytes", end, 0, 0);
    /* a writer that waits already */
    uint64_t ends = call(w, "new-bytes", 0, 0, 0);
    end = (uint32_t)(ends >> 32);
    CHECK_EQ(call(w, "write-bytes", end, 16, 2), BLOCKED);
    call(w, "take-bytes", (uint32_t)ends, 0, 0);
    CHECK_EQ(call(w, "cancel-write-bytes", end, 0, 0), COPIED(DROPPED, 0));
    /* a stream of the host's own */
    end = (uint32_t)call(w, "give-bytes", 0, 0, 0);
    call(w, "take-bytes", end, 0, 0);
    CHECK_EQ(w->out.closed, 1);
    world_free(w);
}

/* The writer waits with its buffer, or is gone, when the host comes to know of the stream. */
static void hosts_come_second(void) {
    World *w = world_new();
    uint64_t ends = call(w, "new-bytes", 0, 0, 0);
    uint32_t end = (uint32_t)(ends >> 32);
    CHECK_EQ(call(w, "write-bytes", end, 16, 4), BLOCKED);
    call(w, "take-bytes", (uint32_t)ends, 0, 0);
    CHECK_EQ(vm_run_tasks(w->thread), VM_DONE);
    CHECK_STR(str_from(w->in.got), "abcd");
    CHECK_EQ(call(w, "cancel-write-bytes", end, 0, 0), COPIED(COMPLETED, 4));
    world_free(w);
    CHECK_EQ(w->in.closed, 1);
    w = world_new();
    ends = call(w, "new-bytes", 0, 0, 0);
    call(w, "drop-writable-bytes", (uint32_t)(ends >> 32), 0, 0);
    call(w, "take-bytes", (uint32_t)ends, 0, 0);
    CHECK_EQ(vm_run_tasks(w->thread), VM_DONE);
    CHECK_EQ(w->in.closed, 1);
    world_free(w);
    CHECK_EQ(w->in.closed, 1);
}

/* ---- other items ---- */

static void texts_go_through_cells(void) {
    World *w = world_new();
    uint32_t end = (uint32_t)call(w, "give-texts", 0, 0, 0);
    w->out.may = 3;
    CHECK_EQ(call(w, "read-texts", end, 512, 2), COPIED(COMPLETED, 2));
    uint32_t first = (uint32_t)call(w, "peek", 512, 0, 0);
    CHECK_EQ(call(w, "peek", 516, 0, 0), 1);
    CHECK_EQ(call(w, "peek", first, 0, 0), 'h');
    CHECK_EQ(call(w, "peek", (uint32_t)call(w, "peek", 520, 0, 0), 0, 0), 'e');
    CHECK_EQ(call(w, "read-texts", end, 512, 2), COPIED(COMPLETED, 1));
    end = new_pair(w, "new-texts", "take-texts");
    CHECK_EQ(call(w, "write-texts", end, 256, 2), COPIED(COMPLETED, 2));
    CHECK_STR(str_from(w->in.got), "abc;d;");
    world_free(w);
}

static void bad_texts_trap(void) {
    World *w = world_new();
    uint32_t end = new_pair(w, "new-texts", "take-texts");
    call(w, "poke", 260, 0xfffff, 0);
    traps(w, "write-texts", end, 256, 2,
          "string content out-of-bounds: string pointer/length out of bounds of memory");
    world_free(w);
}

/* A stream of streams: the host reads the inner one, which the guest goes on writing. */
static void streams_go_through_streams(void) {
    World *w = world_new();
    uint32_t outer = new_pair(w, "new-nested", "take-nested");
    uint64_t ends = call(w, "new-bytes", 0, 0, 0);
    uint32_t inner = (uint32_t)(ends >> 32);
    call(w, "poke", 600, (uint32_t)ends, 0);
    w->in.may = 0;
    CHECK_EQ(call(w, "write-nested", outer, 600, 1), BLOCKED);
    CHECK_EQ(call(w, "cancel-write-nested", outer, 0, 0), COPIED(CANCELLED, 0));
    CHECK_EQ(call(w, "write-bytes", inner, 16, 3), BLOCKED); /* the readable end is still there */
    w->in.may = 1;
    CHECK_EQ(call(w, "write-nested", outer, 600, 1), COPIED(COMPLETED, 1));
    CHECK_EQ(vm_run_tasks(w->thread), VM_DONE);
    CHECK_STR(str_from(w->inner.got), "abc");
    CHECK_EQ(call(w, "cancel-write-bytes", inner, 0, 0), COPIED(COMPLETED, 3));
    traps(w, "read-bytes", (uint32_t)ends, 0, 1, "unknown handle index 1");
    world_free(w);
    CHECK_EQ(w->inner.closed, 1);
    CHECK_EQ(w->in.closed, 1);
}

/* ---- futures ---- */

static void hosts_give_futures(void) {
    World *w = world_new();
    w->out.may = 0;
    uint32_t end = (uint32_t)call(w, "give-promise", 0, 0, 0);
    CHECK_EQ(call(w, "read-promise", end, 64, 0), BLOCKED);
    CHECK_EQ(call(w, "cancel-read-promise", end, 0, 0), CANCELLED);
    CHECK_EQ(call(w, "read-promise", end, 64, 0), BLOCKED);
    uint32_t set = (uint32_t)call(w, "set-new", 0, 0, 0);
    call(w, "join", end, set, 0);
    CHECK_EQ(start(w, "set-wait", set, 128, 0), VM_SUSPEND);
    w->out.may = 1;
    CHECK_EQ(vm_resume(w->thread), VM_DONE);
    CHECK_EQ(w->result.bits, FUTURE_READ);
    CHECK_EQ(call(w, "peek", 132, 0, 0), COMPLETED);
    CHECK_EQ(call(w, "peek", 64, 0, 0), 77);
    CHECK_EQ(w->out.closed, 1);
    traps(w, "read-promise", end, 64, 0, "cannot read from future after previous read succeeded");
    world_free(w);
    CHECK_EQ(w->out.closed, 1);
    w = world_new();
    w->out.ends = true;
    end = (uint32_t)call(w, "give-promise", 0, 0, 0);
    traps(w, "read-promise", end, 64, 0, "the host ended a future without a value");
    world_free(w);
}

static void hosts_take_futures(void) {
    World *w = world_new();
    w->in.may = 0;
    uint32_t end = new_pair(w, "new-promise", "take-promise");
    call(w, "poke", 64, 99, 0);
    CHECK_EQ(call(w, "write-promise", end, 64, 0), BLOCKED);
    w->in.may = 1;
    CHECK_EQ(vm_run_tasks(w->thread), VM_DONE);
    CHECK_EQ(w->in.at, 99);
    CHECK_EQ(w->in.closed, 1);
    CHECK_EQ(call(w, "cancel-write-promise", end, 0, 0), COMPLETED);
    call(w, "drop-writable-promise", end, 0, 0);
    w->in = (Pipe){.ends = true};
    end = new_pair(w, "new-promise", "take-promise");
    CHECK_EQ(call(w, "write-promise", end, 64, 0), DROPPED);
    call(w, "drop-writable-promise", end, 0, 0);
    CHECK_EQ(w->in.closed, 1);
    w->in = (Pipe){.may = 1};
    end = new_pair(w, "new-promise", "take-promise");
    traps(w, "drop-writable-promise", end, 0, 0,
          "cannot drop future write end without first writing a value");
    world_free(w);
    CHECK_EQ(w->in.closed, 1);
}

/* ---- from the host to the host ---- */

static void hosts_read_their_own_streams(void) {
    World *w = world_new();
    w->out.may = 4;
    w->out.most = 3;
    w->in.may = 2;
    uint32_t end = (uint32_t)call(w, "give-bytes", 0, 0, 0);
    call(w, "take-bytes", end, 0, 0);
    CHECK_EQ(vm_run_tasks(w->thread), VM_SUSPEND);
    CHECK_STR(str_from(w->in.got), "he");
    w->in.may = 32;
    CHECK_EQ(vm_resume(w->thread), VM_SUSPEND);
    CHECK_STR(str_from(w->in.got), "hell");
    w->out.may = 11;
    w->out.ends = true;
    CHECK_EQ(vm_resume(w->thread), VM_DONE);
    CHECK_STR(str_from(w->in.got), "hello world");
    CHECK_EQ(w->in.closed, 1);
    CHECK_EQ(w->out.closed, 1);
    world_free(w);

    w = world_new();
    w->out.may = 2;
    end = (uint32_t)call(w, "give-texts", 0, 0, 0);
    call(w, "take-texts", end, 0, 0);
    CHECK_EQ(vm_run_tasks(w->thread), VM_SUSPEND);
    CHECK_STR(str_from(w->in.got), "h;e;");
    w->in.may = 2;
    w->in.ends = true; /* the reader has had enough */
    CHECK_EQ(vm_resume(w->thread), VM_SUSPEND);
    w->out.may = 3;
    CHECK_EQ(vm_resume(w->thread), VM_DONE);
    CHECK_EQ(w->in.closed, 1);
    CHECK_EQ(w->out.closed, 1);
    world_free(w);

    w = world_new();
    end = (uint32_t)call(w, "give-promise", 0, 0, 0);
    call(w, "take-promise", end, 0, 0);
    world_free(w); /* on its way */
    CHECK_EQ(w->in.closed, 1);
    CHECK_EQ(w->out.closed, 1);
}

/* ---- asynchronous functions of the host ---- */

enum { STARTED = 1, RETURNED, CANCELLED_BEFORE_STARTED, CANCELLED_BEFORE_RETURNED };

static void functions_answer_at_once(void) {
    World *w = world_new();
    w->answers = true;
    CHECK_EQ(call(w, "ask", 5, 512, 0), RETURNED);
    CHECK_EQ(call(w, "peek", 516, 0, 0), 4);
    call(w, "ask-sync", 5, 520, 0);
    CHECK_EQ(call(w, "peek", 524, 0, 0), 4);
    call(w, "ask-now", 5, 528, 0);
    CHECK_EQ(call(w, "peek", 532, 0, 0), 4);
    CHECK_EQ(w->asked, 3);
    CHECK_EQ(w->question, 5);
    world_free(w);
}

static void functions_answer_later(void) {
    World *w = world_new();
    uint32_t packed = (uint32_t)call(w, "ask", 5, 512, 0), subtask = packed >> 4;
    CHECK_EQ(packed & 15, STARTED);
    uint32_t set = (uint32_t)call(w, "set-new", 0, 0, 0);
    call(w, "join", subtask, set, 0);
    CHECK_EQ(start(w, "set-wait", set, 128, 0), VM_SUSPEND);
    w->answers = true;
    CHECK_EQ(vm_resume(w->thread), VM_DONE);
    CHECK_EQ(w->result.bits, 1);
    CHECK_EQ(call(w, "peek", 128, 0, 0), subtask);
    CHECK_EQ(call(w, "peek", 132, 0, 0), RETURNED);
    CHECK_EQ(call(w, "peek", (uint32_t)call(w, "peek", 512, 0, 0), 0, 0), letters("five"));
    call(w, "subtask-drop", subtask, 0, 0);
    world_free(w);
}

static void calls_that_block_wait(void) {
    World *w = world_new();
    CHECK_EQ(start(w, "ask-sync", 5, 512, 0), VM_SUSPEND);
    CHECK_EQ(vm_resume(w->thread), VM_SUSPEND);
    w->answers = true;
    CHECK_EQ(vm_resume(w->thread), VM_DONE);
    CHECK_EQ(call(w, "peek", 516, 0, 0), 4);
    w->answers = false;
    traps(w, "ask-now", 5, 512, 0, "cannot block a synchronous task before returning");
    world_free(w);
    w = world_new();
    CHECK_EQ(start(w, "ask-sync", 5, 512, 0), VM_SUSPEND);
    world_free(w); /* while it waits */
}

static void calls_of_the_host_are_cancelled(void) {
    World *w = world_new();
    uint32_t subtask = (uint32_t)call(w, "ask", 5, 512, 0) >> 4;
    w->gives_up = true;
    CHECK_EQ(call(w, "subtask-cancel", subtask, 0, 0), CANCELLED_BEFORE_RETURNED);
    call(w, "subtask-drop", subtask, 0, 0);
    CHECK_EQ(vm_run_tasks(w->thread), VM_DONE);

    w->gives_up = false; /* the host takes its time */
    subtask = (uint32_t)call(w, "ask", 5, 512, 0) >> 4;
    CHECK_EQ(call(w, "subtask-cancel-async", subtask, 0, 0), BLOCKED);
    uint32_t set = (uint32_t)call(w, "set-new", 0, 0, 0);
    call(w, "join", subtask, set, 0);
    CHECK_EQ(start(w, "set-wait", set, 128, 0), VM_SUSPEND);
    w->answers = true;
    CHECK_EQ(vm_resume(w->thread), VM_DONE);
    CHECK_EQ(call(w, "peek", 132, 0, 0), RETURNED);

    w->answers = false;
    subtask = (uint32_t)call(w, "ask", 5, 512, 0) >> 4;
    CHECK_EQ(start(w, "subtask-cancel", subtask, 0, 0), VM_SUSPEND);
    w->gives_up = true;
    CHECK_EQ(vm_resume(w->thread), VM_DONE);
    CHECK_EQ(w->result.bits, CANCELLED_BEFORE_RETURNED);
    traps(w, "subtask-cancel", subtask, 0, 0,
          "`subtask.cancel` called after terminal status delivered");
    world_free(w);
}

static void subtasks_in_use_are_not_dropped(void) {
    World *w = world_new();
    uint32_t subtask = (uint32_t)call(w, "ask", 5, 512, 0) >> 4;
    traps(w, "subtask-drop", subtask, 0, 0, "cannot drop a subtask which has not yet resolved");
    world_free(w);
}

/* ---- anything at all ---- */

static uint32_t random_next(uint32_t *seed) {
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *const names[] = {"set-new",
                                    "set-wait",
                                    "set-poll",
                                    "set-drop",
                                    "join",
                                    "loop",
                                    "inc",
                                    "dec",
                                    "cancel",
                                    "yield",
                                    "new-bytes",
                                    "give-bytes",
                                    "take-bytes",
                                    "read-bytes",
                                    "write-bytes",
                                    "cancel-read-bytes",
                                    "cancel-write-bytes",
                                    "drop-readable-bytes",
                                    "drop-writable-bytes",
                                    "new-texts",
                                    "give-texts",
                                    "take-texts",
                                    "read-texts",
                                    "write-texts",
                                    "drop-readable-texts",
                                    "cancel-write-texts",
                                    "new-nested",
                                    "take-nested",
                                    "write-nested",
                                    "read-nested",
                                    "new-promise",
                                    "give-promise",
                                    "take-promise",
                                    "read-promise",
                                    "write-promise",
                                    "cancel-read-promise",
                                    "drop-readable-promise",
                                    "drop-writable-promise",
                                    "ask",
                                    "ask-sync",
                                    "subtask-cancel",
                                    "subtask-cancel-async",
                                    "subtask-drop",
                                    "poke"};

static VmStatus any_call(World *w, uint32_t *seed) {
    static const uint32_t odd[] = {16, 256, 512, 65528, 65536, 0xffffffff, 0x10000000, 77};
    uint32_t a[3];
    for (int k = 0; k < 3; k++)
        a[k] = random_next(seed) % 4 ? random_next(seed) % 6 : odd[random_next(seed) % COUNT(odd)];
    if (random_next(seed) % 2) a[1] = odd[random_next(seed) % 3];
    if (random_next(seed) % 8 == 0) w->answers = !w->answers;
    if (random_next(seed) % 8 == 0) w->gives_up = !w->gives_up;
    VmStatus status = start(w, names[random_next(seed) % COUNT(names)], a[0], a[1], a[2]);
    for (int k = 0; status == VM_SUSPEND && k < 3; k++) {
        w->out.may = w->out.may < 11 ? w->out.may + 1 : 11;
        w->out.ends = w->out.may == 11;
        w->answers = k == 1;
        status = vm_resume(w->thread);
    }
    return status;
}

/* Built-ins in any order, with arguments that are often indices: whatever comes of it, the sanitizers
 * see nothing. */
static void hostile_guests_do_no_harm(void) {
    for (uint32_t run = 0; run < 400; run++) {
        uint32_t seed = run;
        World *w = world_new();
        w->out.may = random_next(&seed) % 12;
        w->in.may = random_next(&seed) % 12;
        for (int i = 0; i < 60 && any_call(w, &seed) == VM_DONE; i++) continue;
        vm_run_tasks(w->thread);
        world_free(w);
        CHECK(w->out.asked < 100000);
    }
}

int main(void) {
    arena = arena_new();
    RUN(buffers_lie_inside);
    RUN(hosts_give_bytes_in_parts);
    RUN(hosts_end_without_a_byte);
    RUN(guests_cancel_reads);
    RUN(reads_are_over_before_they_are_cancelled);
    RUN(readers_in_use_are_not_dropped);
    RUN(ports_trap);
    RUN(hosts_take_bytes_in_parts);
    RUN(writers_drop_first);
    RUN(hosts_refuse_streams);
    RUN(hosts_come_second);
    RUN(texts_go_through_cells);
    RUN(bad_texts_trap);
    RUN(streams_go_through_streams);
    RUN(hosts_give_futures);
    RUN(hosts_take_futures);
    RUN(hosts_read_their_own_streams);
    RUN(functions_answer_at_once);
    RUN(functions_answer_later);
    RUN(calls_that_block_wait);
    RUN(calls_of_the_host_are_cancelled);
    RUN(subtasks_in_use_are_not_dropped);
    RUN(hostile_guests_do_no_harm);
    arena_free(arena);
    return test_end("streams");
}
