/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Asynchronous functions, streams and futures at the level of the canonical ABI: the built-ins of
 * the component model as C functions, without an event loop. The built-ins that work on a stream or
 * future are imported next to a function in whose type it occurs, under its name and number:
 *
 *     f: func(a: stream<u8>) -> future<string>       [stream-new-0]f, [stream-read-0]f, ...
 *                                                     [future-new-1]f, [future-read-1]f, ...
 *
 * One function is enough for a type; which one makes no difference.
 */
#include "bindgen/internal.h"

/* ---- streams and futures ---- */

typedef VEC(const WitType *) Types;

/* In the order in which they are numbered: payloads first. A type that occurs twice counts twice,
 * so a type of types can have very many; there is a limit. */
static void find(Gen *g, const WitType *type, Types *found) {
    if (!type || wit_kind_shape(type->kind) == WIT_SHAPE_PRIM || gen_too_large(g)) return;
    if (!gen_type(g, type)->has_future) return;
    for (size_t i = 0; i < type->fields.len; i++) find(g, type->fields.at[i].type, found);
    find(g, type->elem, found);
    find(g, type->second, found);
    if (type->kind != WIT_STREAM && type->kind != WIT_FUTURE) return;
    *vec_push(g->arena, found) = type;
    if (found->len > 10000) diag(g->diags, BIND_MANY_FUTURES, type->span);
}

static const char future_header[] = "\ntypedef uint32_t NAME_writer_t;\n"
                                    "\nNAME_t NAME_new(NAME_writer_t *writer);\n"
                                    "@_waitable_status_t NAME_read(NAME_t readerREAD);\n"
                                    "@_waitable_status_t NAME_write(NAME_writer_t writerWRITE);\n"
                                    "@_waitable_status_t NAME_cancel_read(NAME_t reader);\n"
                                    "@_waitable_status_t NAME_cancel_write(NAME_writer_t writer);\n"
                                    "void NAME_drop_readable(NAME_t reader);\n"
                                    "void NAME_drop_writable(NAME_writer_t writer);\n";

static const char future_source[] =
    "\nNAME_t NAME_new(NAME_writer_t *writer) {\n"
    "  uint64_t packed = NAME__new();\n"
    "  *writer = (uint32_t) (packed >> 32);\n"
    "  return (uint32_t) packed;\n"
    "}\n"
    "\n@_waitable_status_t NAME_read(NAME_t readerREAD) {\n"
    "  return NAME__read(reader, IN);\n"
    "}\n"
    "\n@_waitable_status_t NAME_write(NAME_writer_t writerWRITE) {\n"
    "  return NAME__write(writer, OUT);\n"
    "}\n"
    "\n@_waitable_status_t NAME_cancel_read(NAME_t reader) {\n"
    "  return NAME__cancel_read(reader);\n"
    "}\n"
    "\n@_waitable_status_t NAME_cancel_write(NAME_writer_t writer) {\n"
    "  return NAME__cancel_write(writer);\n"
    "}\n"
    "\nvoid NAME_drop_readable(NAME_t reader) {\n"
    "  NAME__drop_readable(reader);\n"
    "}\n"
    "\nvoid NAME_drop_writable(NAME_writer_t writer) {\n"
    "  NAME__drop_writable(writer);\n"
    "}\n";

/* The built-ins: the name in C, in the component model, and the rest of the declaration. */
static const struct {
    const char *c, *prefix, *name, *result, *params;
} builtins[] = {
    {"new", "", "new", "uint64_t", "void"},
    {"read", "[async-lower]", "read", "uint32_t", "uint32_t, uint8_t*"},
    {"write", "[async-lower]", "write", "uint32_t", "uint32_t, const uint8_t*"},
    {"cancel_read", "", "cancel-read", "uint32_t", "uint32_t"},
    {"cancel_write", "", "cancel-write", "uint32_t", "uint32_t"},
    {"drop_readable", "", "drop-readable", "void", "uint32_t"},
    {"drop_writable", "", "drop-writable", "void", "uint32_t"},
};

static void declare_builtins(Gen *g, const WitFunc *func, const WitType *type, size_t index,
                             Str name) {
    bool stream = type->kind == WIT_STREAM;
    Str module = g->scope.item ? g->scope.key : STR("$root");
    if (!g->scope.import) module = str_concat(g->arena, STR("[export]"), module);
    buf_byte(&g->c_helpers, '\n');
    for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++) {
        Str field = str_fmt(g->arena, "[%s-%s-%zu]%.*s", stream ? "stream" : "future",
                            builtins[i].name, index, STR_ARG(func->name));
        bool counted = stream && (i == 1 || i == 2);
        buf_fmt(&g->c_helpers, GEN_IMPORT_FORMAT "extern %s %.*s__%s(%s%s);\n", STR_ARG(module),
                builtins[i].prefix, STR_ARG(field), builtins[i].result, STR_ARG(name),
                builtins[i].c, builtins[i].params, counted ? ", size_t" : "");
    }
}

static void put_functions(Gen *g, const WitType *type, Str name) {
    bool stream = type->kind == WIT_STREAM;
    Str read = {0}, write = {0};
    const char *in = "NULL", *out = "NULL";
    if (type->elem) {
        Str elem = gen_type_name(g, type->elem);
        read = str_fmt(g->arena, ", %.*s *buf", STR_ARG(elem));
        write = str_fmt(g->arena, ", const %.*s *buf", STR_ARG(elem));
        in = "(uint8_t*) buf", out = "(const uint8_t*) buf";
    }
    const char *amount = stream ? ", size_t amt" : "", *count = stream ? ", amt" : "";
    const GenWord words[] = {
        {STR("NAME"), name},
        {STR("READ"), str_fmt(g->arena, "%.*s%s", STR_ARG(read), amount)},
        {STR("WRITE"), str_fmt(g->arena, "%.*s%s", STR_ARG(write), amount)},
        {STR("IN"), str_fmt(g->arena, "%s%s", in, count)},
        {STR("OUT"), str_fmt(g->arena, "%s%s", out, count)},
    };
    gen_put_words(g, &g->h_helpers, future_header, words, 5);
    gen_put_words(g, &g->c_helpers, future_source, words, 5);
}

const char *const gen_future_endings[] = {
    "_t",           "_writer_t",     "_new",           "_read",          "_write",
    "_cancel_read", "_cancel_write", "_drop_readable", "_drop_writable", NULL};

void gen_futures(Gen *g, const WitFunc *func) {
    Types found = {0};
    for (size_t i = 0; i < func->params.len; i++) find(g, func->params.at[i].type, &found);
    find(g, func->result, &found);
    for (size_t i = 0; i < found.len && !g->diags->errors; i++) {
        const WitType *type = found.at[i];
        Str name = gen_native(g) ? gen_type(g, type)->base : gen_without_t(gen_type_name(g, type));
        bool added;
        map_put(g->arena, &g->futures, name, &added);
        if (!added) continue;
        if (gen_native(g)) {
            Str stem = nat_future_stem(g, name);
            declare_builtins(g, func, type, i, stem);
            nat_put_future(g, type, name, stem);
            continue;
        }
        declare_builtins(g, func, type, i, name);
        put_functions(g, type, name);
    }
}

void gen_unused_futures(Gen *g) {
    for (size_t i = 0; i < g->dropped_futures.len; i++) {
        Str name = g->dropped_futures.entries[i].key;
        if (map_get(&g->futures, name)) continue;
        buf_fmt(&g->c_release,
                "\nstatic void %.*s_drop_readable(%.*s_t reader) { (void) reader; }\n",
                STR_ARG(name), STR_ARG(name));
    }
}

/* ---- what all asynchronous code uses ---- */

static const char async_header[] =
    "\ntypedef uint32_t @_subtask_status_t;\n"
    "typedef uint32_t @_subtask_t;\n"
    "#define ^_SUBTASK_STATE(status) ((@_subtask_state_t) ((status) & 0xf))\n"
    "#define ^_SUBTASK_HANDLE(status) ((@_subtask_t) ((status) >> 4))\n"
    "\ntypedef enum @_subtask_state {\n"
    "  ^_SUBTASK_STARTING,\n"
    "  ^_SUBTASK_STARTED,\n"
    "  ^_SUBTASK_RETURNED,\n"
    "  ^_SUBTASK_STARTED_CANCELLED,\n"
    "  ^_SUBTASK_RETURNED_CANCELLED,\n"
    "} @_subtask_state_t;\n"
    "\n@_subtask_status_t @_subtask_cancel(@_subtask_t subtask);\n"
    "void @_subtask_drop(@_subtask_t subtask);\n"
    "\ntypedef uint32_t @_callback_code_t;\n"
    "#define ^_CALLBACK_CODE_EXIT 0\n"
    "#define ^_CALLBACK_CODE_YIELD 1\n"
    "#define ^_CALLBACK_CODE_WAIT(set) (2 | (set << 4))\n"
    "\ntypedef enum @_event_code {\n"
    "  ^_EVENT_NONE,\n"
    "  ^_EVENT_SUBTASK,\n"
    "  ^_EVENT_STREAM_READ,\n"
    "  ^_EVENT_STREAM_WRITE,\n"
    "  ^_EVENT_FUTURE_READ,\n"
    "  ^_EVENT_FUTURE_WRITE,\n"
    "  ^_EVENT_CANCEL,\n"
    "} @_event_code_t;\n"
    "\ntypedef struct @_event {\n"
    "  @_event_code_t event;\n"
    "  uint32_t waitable;\n"
    "  uint32_t code;\n"
    "} @_event_t;\n"
    "\ntypedef uint32_t @_waitable_set_t;\n"
    "@_waitable_set_t @_waitable_set_new(void);\n"
    "void @_waitable_join(uint32_t waitable, @_waitable_set_t set);\n"
    "void @_waitable_set_drop(@_waitable_set_t set);\n"
    "void @_waitable_set_wait(@_waitable_set_t set, @_event_t *event);\n"
    "void @_waitable_set_poll(@_waitable_set_t set, @_event_t *event);\n"
    "\nvoid @_task_cancel(void);\n"
    "\ntypedef uint32_t @_waitable_status_t;\n"
    "#define ^_WAITABLE_STATE(status) ((@_waitable_state_t) ((status) & 0xf))\n"
    "#define ^_WAITABLE_COUNT(status) ((uint32_t) ((status) >> 4))\n"
    "#define ^_WAITABLE_STATUS_BLOCKED ((@_waitable_status_t) -1)\n"
    "\ntypedef enum @_waitable_state {\n"
    "  ^_WAITABLE_COMPLETED,\n"
    "  ^_WAITABLE_DROPPED,\n"
    "  ^_WAITABLE_CANCELLED,\n"
    "} @_waitable_state_t;\n"
    "\nvoid @_backpressure_inc(void);\n"
    "void @_backpressure_dec(void);\n"
    "void* @_context_get_0(void);\n"
    "void @_context_set_0(void* value);\n"
    "void @_thread_yield(void);\n";

/* An attribute, then the C text that it belongs to. Laid out by hand: one piece of text a line. */
/* clang-format off */
#define BUILTIN(module, name) "\n__attribute__((__import_module__(\"" module "\"), __import_name__(\"" name "\")))\n"

static const char async_source[] =
    BUILTIN("$root", "[subtask-cancel]")
    "extern uint32_t __wasm_import_@_subtask_cancel(uint32_t);\n"
    "\n@_subtask_status_t @_subtask_cancel(@_subtask_t subtask) {\n"
    "  return __wasm_import_@_subtask_cancel(subtask);\n}\n"
    BUILTIN("$root", "[subtask-drop]")
    "extern void __wasm_import_@_subtask_drop(uint32_t);\n"
    "\nvoid @_subtask_drop(@_subtask_t subtask) {\n"
    "  __wasm_import_@_subtask_drop(subtask);\n}\n"
    BUILTIN("$root", "[waitable-set-new]")
    "extern uint32_t __wasm_import_@_waitable_set_new(void);\n"
    "\n@_waitable_set_t @_waitable_set_new(void) {\n"
    "  return __wasm_import_@_waitable_set_new();\n}\n"
    BUILTIN("$root", "[waitable-join]")
    "extern void __wasm_import_@_waitable_join(uint32_t, uint32_t);\n"
    "\nvoid @_waitable_join(uint32_t waitable, @_waitable_set_t set) {\n"
    "  __wasm_import_@_waitable_join(waitable, set);\n}\n"
    BUILTIN("$root", "[waitable-set-drop]")
    "extern void __wasm_import_@_waitable_set_drop(uint32_t);\n"
    "\nvoid @_waitable_set_drop(@_waitable_set_t set) {\n"
    "  __wasm_import_@_waitable_set_drop(set);\n}\n"
    BUILTIN("$root", "[waitable-set-wait]")
    "extern uint32_t __wasm_import_@_waitable_set_wait(uint32_t, uint32_t*);\n"
    "\nvoid @_waitable_set_wait(@_waitable_set_t set, @_event_t *event) {\n"
    "  event->event = (@_event_code_t) __wasm_import_@_waitable_set_wait(set, &event->waitable);\n}\n"
    BUILTIN("$root", "[waitable-set-poll]")
    "extern uint32_t __wasm_import_@_waitable_set_poll(uint32_t, uint32_t*);\n"
    "\nvoid @_waitable_set_poll(@_waitable_set_t set, @_event_t *event) {\n"
    "  event->event = (@_event_code_t) __wasm_import_@_waitable_set_poll(set, &event->waitable);\n}\n"
    BUILTIN("[export]$root", "[task-cancel]")
    "extern void __wasm_import_@_task_cancel(void);\n"
    "\nvoid @_task_cancel(void) {\n"
    "  __wasm_import_@_task_cancel();\n}\n"
    BUILTIN("$root", "[backpressure-inc]")
    "extern void __wasm_import_@_backpressure_inc(void);\n"
    "\nvoid @_backpressure_inc(void) {\n"
    "  __wasm_import_@_backpressure_inc();\n}\n"
    BUILTIN("$root", "[backpressure-dec]")
    "extern void __wasm_import_@_backpressure_dec(void);\n"
    "\nvoid @_backpressure_dec(void) {\n"
    "  __wasm_import_@_backpressure_dec();\n}\n"
    BUILTIN("$root", "[context-get-0]")
    "extern void* __wasm_import_@_context_get_0(void);\n"
    "\nvoid* @_context_get_0(void) {\n"
    "  return __wasm_import_@_context_get_0();\n}\n"
    BUILTIN("$root", "[context-set-0]")
    "extern void __wasm_import_@_context_set_0(void*);\n"
    "\nvoid @_context_set_0(void* value) {\n"
    "  __wasm_import_@_context_set_0(value);\n}\n"
    BUILTIN("$root", "[thread-yield]")
    "extern uint32_t __wasm_import_@_thread_yield(void);\n"
    "\nvoid @_thread_yield(void) {\n"
    "  __wasm_import_@_thread_yield();\n}\n";
/* clang-format on */

/* clang-format off */
static const char error_context_header[] =
    "\n// An error context with a message, which is copied\n"
    "@_error_context_t @_error_context_new(const @_string_t *message);\n"
    "\n// The message of an error context, to be freed; it need not be the one that was given\n"
    "void @_error_context_debug_message(@_error_context_t context, @_string_t *ret);\n"
    "\nvoid @_error_context_drop(@_error_context_t context);\n";

static const char error_context_source[] =
    BUILTIN("$root", "[error-context-new-ENCODING]")
    "extern int32_t __wasm_import_@_error_context_new(int32_t, int32_t);\n"
    "\n@_error_context_t @_error_context_new(const @_string_t *message) {\n"
    "  @_error_context_t context;\n"
    "  context.__handle = __wasm_import_@_error_context_new((int32_t) (uintptr_t) message->ptr, (int32_t) message->len);\n"
    "  return context;\n}\n"
    BUILTIN("$root", "[error-context-debug-message-ENCODING]")
    "extern void __wasm_import_@_error_context_debug_message(int32_t, int32_t);\n"
    "\nvoid @_error_context_debug_message(@_error_context_t context, @_string_t *ret) {\n"
    "  __wasm_import_@_error_context_debug_message(context.__handle, (int32_t) (uintptr_t) ret);\n}\n"
    BUILTIN("$root", "[error-context-drop]")
    "extern void __wasm_import_@_error_context_drop(int32_t);\n"
    "\nvoid @_error_context_drop(@_error_context_t context) {\n"
    "  __wasm_import_@_error_context_drop(context.__handle);\n}\n";
/* clang-format on */

void gen_error_context_helpers(Gen *g) {
    static const char *const encodings[] = {"utf8", "utf16", "latin1+utf16"};
    const GenWord words[] = {{STR("ENCODING"), str_from(encodings[g->options->encoding])}};
    gen_put_template(g, &g->h_helpers, error_context_header);
    gen_put_words(g, &g->c_helpers, error_context_source, words, 1);
}

void gen_async_helpers(Gen *g) {
    gen_put_template(g, &g->h_async, async_header);
    gen_put_template(g, &g->c_async, async_source);
}

/* clang-format off */
static const char thread_header[] =
    BUILTIN("$root", "[context-get-1]") "extern void* @_context_get_1(void);\n"
    BUILTIN("$root", "[context-set-1]") "extern void @_context_set_1(void* value);\n"
    BUILTIN("$root", "[thread-index]") "extern uint32_t @_thread_index(void);\n"
    BUILTIN("$root", "[thread-new-indirect-v0]")
    "extern uint32_t @_thread_new_indirect(void (*start_function)(void*), void* arg);\n"
    BUILTIN("$root", "[thread-resume-later]")
    "extern void @_thread_resume_later(uint32_t thread);\n"
    BUILTIN("$root", "[thread-suspend]")
    "extern uint32_t @_thread_suspend(void);\n"
    BUILTIN("$root", "[cancellable][thread-suspend]")
    "extern uint32_t @_thread_suspend_cancellable(void);\n"
    BUILTIN("$root", "[cancellable][thread-yield]")
    "extern uint32_t @_thread_yield_cancellable(void);\n"
    BUILTIN("$root", "[thread-suspend-then-resume]")
    "extern uint32_t @_thread_suspend_then_resume(uint32_t thread);\n"
    BUILTIN("$root", "[cancellable][thread-suspend-then-resume]")
    "extern uint32_t @_thread_suspend_then_resume_cancellable(uint32_t thread);\n"
    BUILTIN("$root", "[thread-yield-then-resume]")
    "extern uint32_t @_thread_yield_then_resume(uint32_t thread);\n"
    BUILTIN("$root", "[cancellable][thread-yield-then-resume]")
    "extern uint32_t @_thread_yield_then_resume_cancellable(uint32_t thread);\n"
    BUILTIN("$root", "[thread-suspend-then-promote]")
    "extern uint32_t @_thread_suspend_then_promote(uint32_t thread);\n"
    BUILTIN("$root", "[cancellable][thread-suspend-then-promote]")
    "extern uint32_t @_thread_suspend_then_promote_cancellable(uint32_t thread);\n"
    BUILTIN("$root", "[thread-yield-then-promote]")
    "extern uint32_t @_thread_yield_then_promote(uint32_t thread);\n"
    BUILTIN("$root", "[cancellable][thread-yield-then-promote]")
    "extern uint32_t @_thread_yield_then_promote_cancellable(uint32_t thread);\n";
/* clang-format on */

void gen_thread_helpers(Gen *g) { gen_put_template(g, &g->h_async, thread_header); }
