/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* alloc_fail: instantiates and runs random modules (modgen.h), again and again, and lets the first
 * allocation of the runtime fail, then the second, and so on: it ends with a trap or an instance that is
 * not there; the process never ends, and (with the sanitizer) nothing leaks. The same then through the
 * embedding interface, from the bytes on: a module with names and DWARF, and one that is not valid; and
 * for a request and a response of HTTP/1.1, and for guests that answer and send one. The linker puts our malloc in the place of libc's (--wrap),
 * so that also counts what asks no allocator. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "interpreter/interpreter.h"
#include "tests/httpd.h"
#include "tests/modgen.h"
#include "wasi/http.h"
#include "wat/wat.h"
#include "include/witc/engine.h"

enum {
    MODULES = 12,
    MAX_FAILURES = 300,
    MAX_EMBED_FAILURES = 2000,
    MAX_SLOTS = 64,
    NEVER_FAILED = 3,
    SECONDS = 20
};

static _Thread_local long allocations, failing; /* 0: none fails */
static _Thread_local bool armed;

static bool fails(void) { return armed && ++allocations == failing; }

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size) { return fails() ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t n, size_t size) { return fails() ? NULL : __real_calloc(n, size); }
void *__wrap_realloc(void *old, size_t size) { return fails() ? NULL : __real_realloc(old, size); }

static VmStatus host(VmThread *thread, void *context, VmSlot *slots) {
    memset(slots, 0, *(uint32_t *)context * sizeof(VmSlot));
    return VM_DONE;
}

static bool make_imports(VmStore *store, const CoreModule *m, VmExtern *imports, uint32_t *slots) {
    for (size_t i = 0; i < m->imports.len; i++) {
        const CoreType *type = core_func_type(m, (uint32_t)i);
        slots[i] = 2 * type->result_count;
        imports[i].kind = CORE_FUNC;
        imports[i].func = vm_host_func(store, type->params, type->param_count, type->results,
                                       type->result_count, host, &slots[i], NULL);
        if (!imports[i].func) return false;
    }
    return true;
}

static void call_all(VmThread *thread, const CoreModule *m, const VmInstance *instance) {
    for (size_t i = 0; i < m->exports.len; i++) {
        const CoreExport *e = &m->exports.at[i];
        VmExtern item;
        VmSlot slots[MAX_SLOTS] = {{0}};
        if (e->kind != CORE_FUNC || e->index < m->imported[CORE_FUNC]) continue;
        if (!vm_export(instance, e->name, &item)) abort();
        vm_call(thread, item.func, slots);
    }
}

static void run(const CoreModule *m) {
    VmExtern imports[4] = {{0}};
    uint32_t slots[4], bad_import;
    Trap trap;
    VmLimits limits = {.has_fuel = true, .fuel = 100000, .max_memory = 16 << 20};
    VmStore *store = vm_store_new(&limits);
    if (!store) return;
    VmThread *thread = vm_thread_new(store);
    VmModule *module = thread ? vm_module_new(store, m) : NULL;
    VmInstance *instance = NULL;
    if (module && make_imports(store, m, imports, slots))
        instance = vm_instantiate(thread, module, imports, &trap, &bad_import);
    if (instance) call_all(thread, m, instance);
    if (thread) vm_thread_free(thread);
    vm_store_free(store);
}

static CoreModule *make_module(Arena *arena, unsigned seed) {
    uint8_t bytes[1500];
    uint64_t state = 0x9e3779b97f4a7c15u * (seed + 1);
    for (size_t i = 0; i < sizeof bytes; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        bytes[i] = (uint8_t)(state >> 56);
    }
    bytes[0] = 255; /* all proposals */
    Buf binary = {.arena = arena};
    Diags diags = {.arena = arena};
    core_encode(modgen(arena, bytes, sizeof bytes, MODGEN_ALL), &binary);
    Reader r = reader_of(source_of(arena, STR("generated.wasm"), buf_text(&binary)), &diags);
    CoreModule *m = core_decode(arena, &r, features_all());
    if (!m || !core_validate(arena, m, features_all(), &diags)) abort();
    return m;
}

static void random_module(Arena *arena, unsigned seed) {
    CoreModule *m = make_module(arena, seed);
    armed = true;
    run(m);
    armed = false;
}

/* ---- the embedding interface ---- */

static const char guest[] =
    "(module $guest (type $s (struct (field $next (mut anyref)) (field $n i64)))\n"
    " (type $a (array (mut i8)))\n"
    " (import \"e\" \"f\" (func $host (param i32 externref) (result externref)))\n"
    " (tag $t (param i32 anyref))\n"
    " (memory (export \"memory\") 1 4) (data $d \"some bytes\")\n"
    " (table $any (export \"any\") 2 2000 anyref) (elem $e anyref (ref.i31 (i32.const 3)))\n"
    " (table $funcs 4 funcref) (elem (table $funcs) (i32.const 0) func $throw $grow)\n"
    " (global $last (mut anyref) (struct.new $s (ref.null any) (i64.const 1)))\n"
    " (func $throw (param $n i32) (result i32)\n"
    "  (throw $t (local.get $n) (array.new_data $a $d (i32.const 0) (i32.const 4))))\n"
    " (func $grow (param $n i32) (result i32)\n"
    "  (table.init $any $e (i32.const 0) (i32.const 0) (i32.const 1))\n"
    "  (drop (table.grow $any (global.get $last) (i32.const 700)))\n"
    "  (memory.grow (local.get $n)))\n"
    " (func (export \"objects\") (param $n i32) (result i32)\n"
    "  (loop $again\n"
    "   (global.set $last (struct.new $s (global.get $last) (i64.const 2)))\n"
    "   (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))\n"
    "  (drop (call $host (i32.const 1) (extern.convert_any (global.get $last))))\n"
    "  (call_indirect $funcs (param i32) (result i32) (i32.const 1) (i32.const 1)))\n"
    " (func (export \"caught\") (param $n i32) (result i32) (local $x i32)\n"
    "  (block $out (result i32 anyref)\n"
    "   (try_table (catch $t $out) (return (call $throw (local.get $n)))) unreachable)\n"
    "  drop local.set $x local.get $x)\n"
    " (func (export \"uncaught\") (param i32) (result i32) (call $throw (local.get 0)))\n"
    " (func $deep (export \"trap\") (param $n i32) (result i32)\n"
    "  (if (i32.eqz (local.get $n)) (then unreachable))\n"
    "  (i32.add (i32.const 1) (call $deep (i32.sub (local.get $n) (i32.const 1))))))";
static const char invalid[] = "(module (func $f (result i32) (nop)) (func (call 7)) (func drop))";

static witc_status pass_on(witc_caller *caller, void *context, const witc_value *args,
                           size_t arg_count, witc_value *results, size_t result_count) {
    results[0] = args[1];
    results[0].of.ref = witc_ref_copy(args[1].of.ref);
    return args[1].of.ref && !results[0].of.ref ? WITC_NO_MEMORY : WITC_DONE;
}

static unsigned as_expected; /* calls that ended so */

static void call_export(witc_store *store, witc_instance *instance, const char *name, int n,
                        witc_status expected) {
    witc_value arg = witc_i32(n), result = witc_i32(0);
    witc_frame frame;
    witc_status status =
        witc_func_call(store, witc_instance_func(instance, name), &arg, 1, &result, 1);
    as_expected += status == expected;
    if (status == WITC_EXCEPTION) witc_ref_free(witc_store_exception(store));
    if (status == WITC_DONE || status == WITC_NO_MEMORY) return;
    witc_failure failure = witc_store_failure(store);
    for (uint32_t i = 0; i < failure.frame_count; i++)
        if (witc_store_frame(store, i, &frame)) witc_store_inlined(store, i, 0, &frame);
}

static void use_table(witc_store *store, witc_instance *instance) {
    witc_table *table = witc_instance_table(instance, "any");
    witc_value v = witc_reference(WITC_ANYREF, witc_i31_new(store, 5)), out;
    witc_table_grow(store, table, 600, &v);
    if (witc_table_get(store, table, 0, &out)) witc_values_free(&out, 1);
    witc_ref_free(v.of.ref);
    witc_memory_grow(witc_instance_memory(instance, "memory"), 1);
}

static void use_store(witc_store *store, witc_module *module) {
    witc_linker *linker = witc_linker_new(store);
    witc_instance *instance = NULL;
    if (linker && witc_linker_define_func(linker, "e", "f", "i32 externref -> externref", pass_on,
                                          NULL) == WITC_DONE)
        witc_linker_instantiate(linker, module, &instance);
    if (instance) {
        call_export(store, instance, "objects", 5000, WITC_DONE);
        call_export(store, instance, "caught", 9, WITC_DONE);
        call_export(store, instance, "uncaught", 9, WITC_EXCEPTION);
        call_export(store, instance, "trap", 300, WITC_TRAP);
        use_table(store, instance);
    }
    witc_linker_free(linker);
}

/* The guest with names and DWARF, and one that is to be explained. */
static void embedding(Arena *arena, unsigned unused) {
    Diags diags = {.arena = arena};
    const Source *text = source_of(arena, STR("guest.wat"), str_from(guest));
    const Source *bytes = wat_to_binary_debug(arena, text, features_all(), WAT_DWARF_FULL, &diags);
    witc_error *error = NULL;
    if (!bytes) abort();
    armed = true;
    witc_engine *engine = witc_engine_new(NULL);
    witc_module *module = NULL;
    if (engine) {
        if (witc_module_new(engine, invalid, sizeof invalid - 1, "invalid.wat", &error)) abort();
        witc_error_free(error);
        module = witc_module_new(engine, bytes->text.ptr, bytes->text.len, "guest.wasm", &error);
        witc_error_free(error);
    }
    witc_store *store = module ? witc_store_new(engine, NULL) : NULL;
    if (store) use_store(store, module);
    witc_store_free(store);
    witc_module_free(module);
    witc_engine_free(engine);
    armed = false;
    if (allocations < failing && as_expected != 4) abort();
}

/* ---- HTTP ---- */

/* A request in pieces of one byte, and a response: whole, or refused for want of memory. */
static void http1(Arena *arena, unsigned unused) {
    static const char request[] = "PUT http://example.com?query HTTP/1.1\r\nHost: example.com\r\n"
                                  "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX: y\r\n\r\n";
    static const Http1Field field = {STR_INIT("Content-Type"), STR_INIT("text/plain")};
    Http1EventKind kind = HTTP1_MORE;
    Http1Event event;
    Http1Writer writer = {0};
    Http1Out out = {0};
    armed = true;
    Http1Parser *parser = http1_parser_new(HTTP1_SERVER, NULL);
    for (size_t i = 0; parser && i + 1 < sizeof request && kind != HTTP1_REFUSED; i++) {
        Str piece = {request + i, 1};
        for (kind = HTTP1_END; kind != HTTP1_MORE && kind != HTTP1_REFUSED;)
            kind = http1_next(parser, &piece, &event);
    }
    if (kind == HTTP1_REFUSED && event.refused.refusal != HTTP1_REFUSED_NO_MEMORY) abort();
    const Http1ResponseHead head = {.status = 200, .fields = &field, .field_count = 1};
    Http1Refusal refusal = http1_write_response(&writer, &head, &out);
    armed = false;
    if (refusal ? refusal != HTTP1_REFUSED_NO_MEMORY || out.len : !out.len) abort();
    if (allocations < failing && (!parser || refusal || kind == HTTP1_REFUSED)) abort();
    http1_parser_free(parser);
    free(out.at);
}

/* ---- wasi:http ---- */

/* A guest that answers a request, with bodies and trailers both ways, and one that sends it: its answer comes
 * over a socket. The calls are made as a guest makes them, without one. */

static Arena *held; /* what calls answer */
static Wasi *wasi;
static VmThread *thread;
static AbiValue result[8];

static bool call(const char *interface, const char *name, const AbiValue *args) {
    const WasiInterface *ours;
    memset(result, 0, sizeof result);
    for (size_t i = 0; (ours = wasi_interface(i)); i++)
        for (size_t k = 0; strcmp(ours->name, interface) == 0 && k < ours->func_count; k++)
            if (strcmp(ours->funcs[k].name, name) == 0)
                return ours->funcs[k].fn(thread, wasi, args, result, held) == VM_DONE;
    abort();
}
#define HTTP(name, args) call("wasi:http/types", name, args)

/* Whether it has answered ok, whose payload is *handle then. */
static bool made(AbiValue *handle) {
    if (!result[0].variant.index) *handle = *result[0].variant.payload;
    return !result[0].variant.index;
}

static AbiValue text(const char *text) { return (AbiValue){.string = {text, strlen(text)}}; }

static bool make_fields(AbiValue *fields) {
    static char value[] = "value";
    AbiValue args[3] = {{.bits = 0}, text("Name"), {.list = {value, 5}}};
    if (!HTTP("[constructor]fields", NULL)) return false;
    *fields = args[0] = result[0];
    return HTTP("[method]fields.append", args);
}

static void write_body(AbiValue body) {
    static char bytes[4096];
    AbiValue stream[2] = {{.bits = 0}, {.list = {bytes, sizeof bytes}}}, end[2] = {body}, trailers;
    if (!HTTP("[method]outgoing-body.write", &body) || !made(stream)) return;
    call("wasi:io/streams", "[method]output-stream.blocking-write-and-flush", stream);
    wasi_drop(wasi, stream);
    bool has = make_fields(&trailers);
    end[1] = (AbiValue){.variant = {&trailers, has}};
    HTTP("[static]outgoing-body.finish", end);
}

/* Reads a body to its end, and its trailers; what suspends is asked again after a wait. */
static void read_body(AbiValue body) {
    AbiValue stream[2] = {{.bits = 0}, {.bits = 10000}};
    if (!HTTP("[method]incoming-body.stream", &body) || !made(stream)) return;
    for (int i = 0; i < 50 && !result[0].variant.index; i++) {
        call("wasi:io/streams", "[method]input-stream.blocking-read", stream);
        wasi_wait(wasi);
    }
    wasi_drop(wasi, stream);
    if (!HTTP("[static]incoming-body.finish", &body)) return;
    AbiValue future = result[0];
    HTTP("[method]future-trailers.get", &future);
}

typedef struct {
    int ends;
    WasiBody *body;
} Answer;
static void on_response(void *context, unsigned status, HttpFields fields, WasiBody *body,
                        uint64_t length) {
    ((Answer *)context)->ends++;
    ((Answer *)context)->body = body;
}
static void on_error(void *context, const HttpError *error) { ((Answer *)context)->ends++; }
static void on_dropped(void *context) { ((Answer *)context)->ends++; }

static void answer_request(const AbiValue args[2]) {
    AbiValue body, fields;
    if (HTTP("[method]incoming-request.consume", &args[0]) && made(&body)) read_body(body);
    if (!make_fields(&fields) || !HTTP("[constructor]outgoing-response", &fields)) return;
    AbiValue response = result[0], out[2] = {args[1], {.variant = {&response, 0}}};
    bool has_body = HTTP("[method]outgoing-response.body", &response) && made(&body);
    HTTP("[static]response-outparam.set", out);
    if (has_body) write_body(body);
}

static void serve_request(void) {
    static const Http1Field field = {STR_INIT("Name"), STR_INIT("value")};
    Answer answer = {0};
    WasiBody *body = wasi_body_new(10000);
    if (body) wasi_body_put(body, "hello", 5);
    if (body) wasi_body_finish(body, &(HttpFields){&field, 1});
    WasiHttpRequest request = {.method = STR("BREW"),
                               .scheme = STR("http"),
                               .authority = STR("a.example"),
                               .path = STR("/"),
                               .fields = {&field, 1},
                               .body = body};
    WasiHttpResponder to = {&answer, NULL, on_response, on_error, on_dropped};
    AbiValue args[2];
    bool is_taken = wasi_http_take(wasi, thread, &request, &to, args);
    wasi_body_leave(body);
    if (is_taken) answer_request(args);
    wasi_rewind(wasi);
    wasi_free(wasi);
    wasi_body_abandon(answer.body);
    if (answer.ends != is_taken) abort();
}

static Httpd server;

static bool make_request(AbiValue *request, AbiValue *body) {
    char authority[40];
    AbiValue fields, http = {.variant = {NULL, 0}};
    if (!make_fields(&fields) || !HTTP("[constructor]outgoing-request", &fields)) return false;
    snprintf(authority, sizeof authority, "127.0.0.1:%u", server.port);
    AbiValue name = text(authority), args[2] = {result[0], {.variant = {&name, 1}}};
    *request = args[0];
    if (!HTTP("[method]outgoing-request.set-authority", args)) return false;
    args[1] = (AbiValue){.variant = {&http, 1}};
    if (!HTTP("[method]outgoing-request.set-scheme", args)) return false;
    args[1] = (AbiValue){.variant = {NULL, 2}}; /* POST */
    if (!HTTP("[method]outgoing-request.set-method", args)) return false;
    return HTTP("[method]outgoing-request.body", request) && made(body);
}

static void read_response(AbiValue future) {
    AbiValue body;
    for (int i = 0; i < 50 && HTTP("[method]future-incoming-response.get", &future); i++) {
        if (result[0].variant.index) break;
        wasi_wait(wasi);
    }
    const AbiValue *told =
        result[0].variant.index ? result[0].variant.payload->variant.payload : NULL;
    if (!told || told->variant.index) return;
    AbiValue response = *told->variant.payload;
    if (HTTP("[method]incoming-response.consume", &response) && made(&body)) read_body(body);
}

static void send_request(void) {
    AbiValue request[2] = {{.bits = 0}}, body, future;
    if (make_request(request, &body) && call("wasi:http/outgoing-handler", "handle", request) &&
        made(&future)) {
        write_body(body);
        read_response(future);
    }
    wasi_free(wasi);
}

/* It is the host whose memory fails: the store is there. */
static void wasi_http(Arena *scratch, unsigned sends) {
    static const HttpdRoute route = {
        "/", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nSum: 3\r\n\r\n",
        0, HTTPD_KEEP};
    WasiNetRule rule;
    if (wasi_read_rule(scratch, str_copy(scratch, STR("tcp:127.0.0.1:*")), &rule)) abort();
    WasiContext context = {
        .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1, .net_rules = &rule, .net_rule_count = 1};
    VmStore *store = vm_store_new(NULL);
    held = scratch;
    thread = vm_thread_new(store);
    if (sends) httpd_start(&server, &route, 1);
    armed = true;
    wasi = wasi_new(store, &context);
    if (wasi && sends) send_request();
    else if (wasi) serve_request();
    armed = false;
    vm_thread_free(thread);
    vm_store_free(store);
}

/* ---- all of it ---- */

typedef void Work(Arena *arena, unsigned seed);

/* In a process of its own; gives its wait status. */
static int run_apart(Work *work, unsigned seed, long n) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        alarm(SECONDS);
        Arena *arena = arena_new();
        failing = n;
        work(arena, seed);
        arena_free(arena);
        exit(allocations < n ? NEVER_FAILED : 0);
    }
    int status;
    waitpid(child, &status, 0);
    return status;
}

static unsigned passed, failed;

/* The sanitizer's own is another one than 1, with which a program ends that has no memory for an arena. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "exitcode=99"; }

static bool is_good(Work *work, int status) {
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return code == 0 || code == NEVER_FAILED || (code == 1 && work == wasi_http);
}

/* Until none fails any more, which is to be before the `most`th. */
static void fail_in_turn(const char *name, Work *work, unsigned seed, long most) {
    for (long n = 1; n <= most; n++) {
        int status = run_apart(work, seed, n);
        bool good = is_good(work, status);
        passed += good;
        failed += !good;
        if (!good)
            printf("%s %u, allocation %ld: %s %d\n", name, seed, n,
                   WIFSIGNALED(status) ? "signal" : "status",
                   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        if (good && WEXITSTATUS(status) == NEVER_FAILED) return;
    }
}

int main(void) {
    if (!freopen("/dev/null", "w", stderr)) return 1;
    for (unsigned seed = 0; seed < MODULES; seed++)
        fail_in_turn("module", random_module, seed, MAX_FAILURES);
    fail_in_turn("embedding", embedding, 0, MAX_EMBED_FAILURES);
    fail_in_turn("http1", http1, 0, MAX_FAILURES);
    fail_in_turn("answer by wasi:http", wasi_http, 0, MAX_FAILURES);
    fail_in_turn("request by wasi:http", wasi_http, 1, MAX_FAILURES);
    printf("failing allocations: %u passed, %u failed\n", passed, failed);
    return failed != 0;
}
