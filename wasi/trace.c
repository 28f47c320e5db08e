/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Calls as lines, when they have ended: since the start, what, with which result, how long it took.
 *
 *        0.000412 wasi:io/streams.output-stream.write(output-stream#2, b"hi\n") -> ok (3us)
 *
 * A line is written at once, by one write, so that it stands whole beside what the guest writes. A call
 * that has not ended when the program does is told then: its text was made when it began to wait.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "wasi/internal.h"
#include "wasi/observe.h"

enum { MOST_SHOWN = 64 };
static const AbiShow shown = {MOST_SHOWN};

typedef struct Unfinished {
    struct Unfinished *next;
    Arena *arena;
    uint64_t number;
    Str line;
} Unfinished;

struct WasiTrace {
    const WasiTraceOptions *options;
    WasiObserver observer;
    Unfinished *unfinished;
    Arena *arena; /* of the line that is made */
};

/* ---- filters ---- */

bool wasi_name_fits(Str pattern, Str name) {
    size_t p = 0, n = 0, star = SIZE_MAX, from = 0;
    while (n < name.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            from = n;
        } else if (p < pattern.len && pattern.ptr[p] == name.ptr[n]) {
            p++, n++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*') p++;
    return p == pattern.len;
}

/* "input-stream.read" of "[method]input-stream.read"; constructors keep their brackets. */
static Str short_name(Str name) {
    static const char *const kinds[] = {"[method]", "[static]"};
    for (size_t i = 0; i < WASI_COUNT(kinds); i++)
        if (str_starts(name, str_from(kinds[i]))) return str_after(name, strlen(kinds[i]));
    return name;
}

static bool is_wanted(const WasiTraceOptions *options, Str interface, Str full) {
    bool wanted = true, said = false;
    for (size_t i = 0; i < options->filters.len; i++) {
        Str pattern = options->filters.at[i];
        bool excludes = str_starts(pattern, STR("!"));
        if (excludes) pattern = str_after(pattern, 1);
        if (!excludes && !said) wanted = false;
        said |= !excludes;
        if (wasi_name_fits(pattern, interface) || wasi_name_fits(pattern, full)) wanted = !excludes;
    }
    return wanted;
}

static bool is_wanted_call(const WasiTrace *trace, const WasiCall *call) {
    if (!trace->options->filters.len) return true;
    Str interface = str_from(call->interface->name);
    Str full = STR_JOIN(trace->arena, interface, STR("."), short_name(str_from(call->func->name)));
    return is_wanted(trace->options, interface, full);
}

/* ---- lines ---- */

static void begin_line(WasiTrace *trace) { trace->arena = arena_new(); }

static void end_line(WasiTrace *trace) {
    arena_free(trace->arena);
    trace->arena = NULL;
}

static void put_line(WasiTrace *trace, Buf *line) {
    buf_byte(line, '\n');
    for (size_t at = 0; at < line->len;) {
        ssize_t n = write(trace->options->fd, line->ptr + at, line->len - at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;
        at += (size_t)n;
    }
}

static void put_coloured(const WasiTrace *trace, Buf *line, const char *colour, Str text) {
    if (trace->options->colour) buf_fmt(line, "\033[%sm", colour);
    buf_str(line, text);
    if (trace->options->colour) buf_str(line, STR("\033[0m"));
}

static void put_start(const WasiTrace *trace, Buf *line, uint64_t ns) {
    Str text = str_fmt(trace->arena, "%5llu.%06llu ", (unsigned long long)(ns / 1000000000),
                       (unsigned long long)(ns / 1000 % 1000000));
    put_coloured(trace, line, "2", text);
}

static Str time_text(Arena *arena, uint64_t ns) {
    unsigned long long us = ns / 1000;
    if (!us) return str_fmt(arena, "%uns", (unsigned)ns);
    if (us < 1000) return str_fmt(arena, "%lluus", us);
    if (us < 1000000) return str_fmt(arena, "%llu.%03llums", us / 1000, us % 1000);
    return str_fmt(arena, "%llu.%03llus", us / 1000000, us / 1000 % 1000);
}

static Str args_text(Arena *arena, const AbiFunc *abi, const WitFunc *type, const AbiValue *args) {
    Buf text = {.arena = arena};
    abi_wave_show_args(abi->params, &type->params, args, &shown, &text);
    return buf_text(&text);
}

/* Of a replay it is what the record says. */
static Str trapped_text(Arena *arena, const VmThread *thread) {
    WasiFilter filter = {0};
    Str message = vm_trap_message(thread);
    uint8_t *text = ARENA_NEW_ARRAY(arena, uint8_t, WASI_FILTERED(message.len));
    size_t n = wasi_filter_bytes(&filter, (const uint8_t *)message.ptr, message.len, text);
    return STR_JOIN(arena, STR("trap: "), ((Str){(const char *)text, n}));
}

/* "ok(3)", "exit 2", "trap: why", or nothing. */
static Str result_text(Arena *arena, const AbiFunc *abi, const AbiValue *result,
                       const VmThread *thread, VmStatus status) {
    if (status == VM_EXIT) return str_fmt(arena, "exit %d", vm_exit_status(thread));
    if (status == VM_TRAP) return trapped_text(arena, thread);
    Buf text = {.arena = arena};
    abi_wave_show(abi->result, result, &shown, &text);
    return buf_text(&text);
}

static bool is_failure(const AbiFunc *abi, const AbiValue *result, VmStatus status) {
    if (status == VM_TRAP) return true;
    const WitType *type = abi->result->type ? wit_dealias(abi->result->type) : NULL;
    return status == VM_DONE && type && type->kind == WIT_RESULT && result->variant.index;
}

static void put_call(const WasiTrace *trace, const WasiCall *call, Buf *line) {
    Arena *arena = trace->arena;
    Str name = STR_JOIN(arena, str_from(call->interface->name), STR("."),
                        short_name(str_from(call->func->name)));
    put_start(trace, line, call->start);
    put_coloured(trace, line, "36", name);
    buf_str(line, args_text(arena, call->abi, call->type, call->args));
}

static void put_end(const WasiTrace *trace, const WasiCall *call, const VmThread *thread,
                    VmStatus status, Buf *line) {
    Arena *arena = trace->arena;
    Str result = result_text(arena, call->abi, call->result, thread, status);
    if (result.len) buf_str(line, STR(" -> "));
    if (is_failure(call->abi, call->result, status)) put_coloured(trace, line, "31", result);
    else buf_str(line, result);
    Str took = time_text(arena, call->ns);
    if (call->waits) took = STR_JOIN(arena, took, STR(", waited "), time_text(arena, call->waited));
    put_coloured(trace, line, "2", STR_JOIN(arena, STR(" ("), took, STR(")")));
}

/* {"what": text, "at": now} */
static Buf json_event(const WasiTrace *trace, uint64_t now, const char *what, Str text) {
    Json json = json_new(trace->arena, 0);
    json_object(&json);
    json_key(&json, what);
    json_string(&json, text);
    json_key(&json, "at");
    json_uint(&json, now);
    json_end(&json);
    return json.out;
}

static Buf json_line(const WasiTrace *trace, const WasiCall *call, const VmThread *thread,
                     VmStatus status) {
    static const char *const statuses[] = {
        [VM_DONE] = "done", [VM_TRAP] = "trap", [VM_EXIT] = "exit", [VM_SUSPEND] = "waiting"};
    Json json = json_new(trace->arena, 0);
    json_object(&json);
    json_key(&json, "call");
    json_uint(&json, call->number);
    json_key(&json, "at");
    json_uint(&json, call->start);
    if (status != VM_SUSPEND) {
        json_key(&json, "ns");
        json_uint(&json, call->ns);
    }
    json_key(&json, "waited");
    json_uint(&json, call->waited);
    json_key(&json, "interface");
    json_string(&json, str_from(call->interface->name));
    json_key(&json, "function");
    json_string(&json, str_from(call->func->name));
    json_key(&json, "arguments");
    json_string(&json, args_text(trace->arena, call->abi, call->type, call->args));
    json_key(&json, "status");
    json_string(&json, str_from(statuses[status]));
    if (status != VM_SUSPEND) {
        json_key(&json, "result");
        json_string(&json, result_text(trace->arena, call->abi, call->result, thread, status));
    }
    json_end(&json);
    return json.out;
}

/* ---- the observer ---- */

static void call_waits(void *context, const WasiCall *call) {
    WasiTrace *trace = context;
    begin_line(trace);
    if (is_wanted_call(trace, call)) {
        Buf line = {.arena = trace->arena};
        if (trace->options->json) line = json_line(trace, call, NULL, VM_SUSPEND);
        else put_call(trace, call, &line);
        Arena *arena = arena_keep(arena_new());
        Unfinished *one = ARENA_NEW(arena, Unfinished);
        *one =
            (Unfinished){trace->unfinished, arena, call->number, str_copy(arena, buf_text(&line))};
        trace->unfinished = one;
    }
    end_line(trace);
}

static void forget(WasiTrace *trace, uint64_t number) {
    Unfinished **at = &trace->unfinished, *one;
    while (*at && (*at)->number != number) at = &(*at)->next;
    if (!(one = *at)) return;
    *at = one->next;
    arena_free(one->arena);
}

static void call_ends(void *context, const VmThread *thread, const WasiCall *call,
                      VmStatus status) {
    WasiTrace *trace = context;
    if (call->waits) forget(trace, call->number);
    begin_line(trace);
    if (is_wanted_call(trace, call)) {
        Buf line = {.arena = trace->arena};
        if (trace->options->json) {
            line = json_line(trace, call, thread, status);
        } else {
            put_call(trace, call, &line);
            put_end(trace, call, thread, status, &line);
        }
        put_line(trace, &line);
    }
    end_line(trace);
}

static void handle_drops(void *context, uint64_t now, const char *resource, uint64_t rep) {
    WasiTrace *trace = context;
    if (!is_wanted(trace->options, STR("drop"), STR("drop"))) return;
    begin_line(trace);
    Buf line = {.arena = trace->arena};
    Str handle = str_fmt(trace->arena, "%s#%llu", resource, (unsigned long long)rep);
    if (trace->options->json) {
        line = json_event(trace, now, "drop", handle);
    } else {
        put_start(trace, &line, now);
        buf_str(&line, STR("drop "));
        buf_str(&line, handle);
    }
    put_line(trace, &line);
    end_line(trace);
}

/* What never ended, in the order in which it began. */
static void put_unfinished(WasiTrace *trace) {
    Unfinished *in_order = NULL, *one;
    while ((one = trace->unfinished)) {
        trace->unfinished = one->next;
        one->next = in_order;
        in_order = one;
    }
    while ((one = in_order)) {
        Buf line = {.arena = one->arena};
        buf_str(&line, one->line);
        if (!trace->options->json) buf_str(&line, STR(" ... did not end"));
        put_line(trace, &line);
        in_order = one->next;
        arena_free(one->arena);
    }
}

WasiTrace *wasi_trace_new(const WasiTraceOptions *options) {
    WasiTrace *trace = malloc(sizeof *trace);
    if (!trace) return NULL;
    *trace = (WasiTrace){
        .options = options,
        .observer = {
            .context = trace, .waits = call_waits, .ends = call_ends, .drops = handle_drops}};
    return trace;
}

void wasi_trace_free(WasiTrace *trace) {
    if (!trace) return;
    put_unfinished(trace);
    free(trace);
}

WasiObserver *wasi_trace_observer(WasiTrace *trace) { return &trace->observer; }

/* ---- calls of the component ---- */

void wasi_trace_enters(WasiTrace *trace, uint64_t now, Str name, const VmComponentFunc *func,
                       const AbiValue *args) {
    begin_line(trace);
    Buf line = {.arena = trace->arena};
    Str text =
        args_text(trace->arena, vm_component_func_abi(func), vm_component_func_type(func), args);
    if (trace->options->json) {
        line = json_event(trace, now, "enter", STR_JOIN(trace->arena, name, text));
    } else {
        put_start(trace, &line, now);
        buf_str(&line, STR("enter "));
        put_coloured(trace, &line, "36", name);
        buf_str(&line, text);
    }
    put_line(trace, &line);
    end_line(trace);
}

void wasi_trace_leaves(WasiTrace *trace, uint64_t now, const VmThread *thread,
                       const VmComponentFunc *func, const AbiValue *result) {
    put_unfinished(trace);
    begin_line(trace);
    VmStatus status = vm_status(thread);
    const AbiFunc *abi = vm_component_func_abi(func);
    Buf line = {.arena = trace->arena};
    Str text = result_text(trace->arena, abi, result, thread, status);
    if (trace->options->json) {
        line = json_event(trace, now, "leave", text);
    } else {
        put_start(trace, &line, now);
        buf_str(&line, text.len ? STR("leave ") : STR("leave"));
        put_coloured(trace, &line, is_failure(abi, result, status) ? "31" : "0", text);
    }
    put_line(trace, &line);
    end_line(trace);
}
