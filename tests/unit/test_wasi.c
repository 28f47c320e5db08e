/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The host's tables against the standard's own text in wasi/wit, and the calls that need no guest.
 */
#include "tests/wasi.h"

#include <fcntl.h>
#include <unistd.h>

#include "witc/witc.h"

static WitModel *model;

static const WitInterface *find_interface(const char *name) {
    for (size_t i = 0; i < model->interfaces.len; i++) {
        const WitInterface *interface = model->interfaces.at[i];
        Str id = wit_interface_id(arena, interface);
        Str bare = str_from_to(id, 0, str_rfind(id, '@'));
        if (str_is(bare, name)) return interface;
    }
    return NULL;
}

static void tables_are_the_standard(void) {
    Diags diags = {.arena = arena};
    WitcOptions options = {.all_features = true, .gates = features_all()};
    model = witc_read(arena, STR("wasi/wit"), &options, &diags);
    CHECK(model != NULL);
    if (!model) {
        diag_print(stdout, &diags, false);
        return;
    }
    size_t funcs = 0, interfaces = 0;
    const WasiInterface *ours;
    for (size_t i = 0; (ours = wasi_interface(i)); i++, interfaces++) {
        const WitInterface *theirs = find_interface(ours->name);
        CHECK(theirs != NULL);
        if (!theirs) continue;
        CHECK_EQ(theirs->funcs.len, ours->func_count);
        for (size_t k = 0; k < theirs->funcs.len; k++, funcs++) {
            const WasiFunc *f = find_func(ours, theirs->funcs.at[k]->name);
            if (!f) printf("%s: no %.*s\n", ours->name, STR_ARG(theirs->funcs.at[k]->name));
            CHECK(f != NULL);
            if (f) CHECK_STR(abi_shape(arena, theirs->funcs.at[k]), f->type);
        }
        for (const char *const *name = ours->resources; name && *name; name++) {
            const WitType *type = wit_find_type(theirs, str_from(*name));
            CHECK(type && type->kind == WIT_RESOURCE);
        }
    }
    CHECK_EQ(interfaces, 30); /* all but the exports run and incoming-handler */
    CHECK_EQ(funcs, 179);
}

static void every_resource_is_there(void) {
    size_t resources = 0, of_standard = 0;
    const WasiInterface *ours;
    for (size_t i = 0; (ours = wasi_interface(i)); i++)
        for (const char *const *name = ours->resources; name && *name; name++) resources++;
    for (size_t i = 0; model && i < model->types.len; i++)
        of_standard += model->types.at[i]->kind == WIT_RESOURCE;
    CHECK_EQ(resources, of_standard);
}

/* ---- calls ---- */

static void poll_rules(void) {
    AbiValue none = {.list = {NULL, 0}};
    CHECK_EQ(call("wasi:io/poll", "poll", &none), VM_TRAP);
    AbiValue duration = bits(UINT64_MAX);
    CHECK_EQ(call("wasi:clocks/monotonic-clock", "subscribe-duration", &duration), VM_DONE);
    AbiValue never = result[0];
    CHECK_EQ(call("wasi:io/poll", "[method]pollable.ready", &never), VM_DONE);
    CHECK_EQ(result[0].bits, 0);
    duration = bits(0);
    CHECK_EQ(call("wasi:clocks/monotonic-clock", "subscribe-duration", &duration), VM_DONE);
    AbiValue now = result[0];
    AbiValue handles[4] = {never, now, never, now};
    AbiValue items = {.list = {handles, 4}};
    CHECK_EQ(call("wasi:io/poll", "poll", &items), VM_DONE);
    CHECK_EQ(result[0].list.len, 2);
    CHECK_EQ(((uint32_t *)result[0].list.items)[0], 1);
    CHECK_EQ(((uint32_t *)result[0].list.items)[1], 3);
    items.list.len = 1;
    CHECK_EQ(call("wasi:io/poll", "poll", &items), VM_SUSPEND);
    CHECK(wasi_wait(wasi));
    CHECK(!wasi_wait(wasi));
    AbiValue wrong = bits(9999);
    CHECK_EQ(call("wasi:io/poll", "[method]pollable.block", &wrong), VM_TRAP);
    AbiValue error[1] = {now};
    CHECK_EQ(call("wasi:io/error", "[method]error.to-debug-string", error), VM_TRAP);
}

static int in_pipe[2], out_pipe[2];

static void streams_read(void) {
    const char *io = "wasi:io/streams";
    CHECK_EQ(call("wasi:cli/stdin", "get-stdin", NULL), VM_DONE);
    AbiValue args[2] = {result[0], bits(5)};
    CHECK_EQ(call(io, "[method]input-stream.read", args), VM_DONE);
    CHECK_EQ(result[0].variant.index, 0);
    CHECK_EQ(result[0].variant.payload->list.len, 0);
    CHECK_EQ(call(io, "[method]input-stream.blocking-read", args), VM_SUSPEND);
    CHECK_EQ(write(in_pipe[1], "hello, world", 12), 12);
    CHECK(wasi_wait(wasi));
    CHECK_EQ(call(io, "[method]input-stream.blocking-read", args), VM_DONE);
    CHECK_EQ(result[0].variant.payload->list.len, 5);
    CHECK_EQ(memcmp(result[0].variant.payload->list.items, "hello", 5), 0);
    args[1] = bits(2);
    CHECK_EQ(call(io, "[method]input-stream.skip", args), VM_DONE);
    CHECK_EQ(result[0].variant.payload->bits, 2);
    close(in_pipe[1]);
    args[1] = bits(UINT64_MAX);
    CHECK_EQ(call(io, "[method]input-stream.read", args), VM_DONE);
    CHECK_EQ(result[0].variant.payload->list.len, 5);
    args[1] = bits(0); /* still open, as far as one knows */
    CHECK_EQ(call(io, "[method]input-stream.read", args), VM_DONE);
    CHECK_EQ(result[0].variant.index, 0);
    args[1] = bits(1);
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(call(io, "[method]input-stream.blocking-read", args), VM_DONE);
        CHECK_EQ(result[0].variant.index, 1);
        CHECK_EQ(result[0].variant.payload->variant.index, 1); /* closed */
    }
}

static void streams_write(void) {
    const char *io = "wasi:io/streams";
    char bytes[32] = "";
    CHECK_EQ(call("wasi:cli/stdout", "get-stdout", NULL), VM_DONE);
    AbiValue args[2] = {result[0], list("hi")};
    CHECK_EQ(call(io, "[method]output-stream.write", args), VM_TRAP); /* without a permit */
    CHECK_EQ(call(io, "[method]output-stream.check-write", args), VM_DONE);
    CHECK(result[0].variant.payload->bits >= 2);
    CHECK_EQ(call(io, "[method]output-stream.write", args), VM_DONE);
    CHECK_EQ(read(out_pipe[0], bytes, sizeof bytes), 2); /* nothing is kept back */
    CHECK_EQ(call(io, "[method]output-stream.blocking-write-and-flush", args), VM_DONE);
    CHECK_EQ(read(out_pipe[0], bytes, sizeof bytes), 2);
    args[1] = bits(4097);
    CHECK_EQ(call(io, "[method]output-stream.blocking-write-zeroes-and-flush", args), VM_TRAP);
    args[1] = bits(4096);
    VmStatus status = VM_DONE;
    for (int i = 0; i < 64 && status == VM_DONE; i++)
        status = call(io, "[method]output-stream.blocking-write-zeroes-and-flush", args);
    CHECK_EQ(status, VM_SUSPEND); /* the pipe is full */
    CHECK_EQ(call(io, "[method]output-stream.check-write", args), VM_DONE);
    CHECK_EQ(result[0].variant.payload->bits, 0);
    close(out_pipe[0]);
    CHECK_EQ(call(io, "[method]output-stream.blocking-write-zeroes-and-flush", args), VM_DONE);
    CHECK_EQ(result[0].variant.index, 1);
    CHECK_EQ(result[0].variant.payload->variant.index, 1); /* a broken pipe is closed */
}

static void failures_are_told_once(void) {
    const char *io = "wasi:io/streams";
    CHECK_EQ(call("wasi:cli/stderr", "get-stderr", NULL), VM_DONE); /* a directory */
    AbiValue args[2] = {result[0], list("hi")};
    CHECK_EQ(call(io, "[method]output-stream.blocking-write-and-flush", args), VM_DONE);
    CHECK_EQ(result[0].variant.payload->variant.index, 0); /* last-operation-failed */
    AbiValue error = result[0].variant.payload->variant.payload[0];
    CHECK_EQ(call("wasi:io/error", "[method]error.to-debug-string", &error), VM_DONE);
    CHECK(result[0].string.len > 0);
    CHECK_EQ(call("wasi:filesystem/types", "filesystem-error-code", &error), VM_DONE);
    CHECK_EQ(result[0].variant.payload->bits, 3); /* bad-descriptor */
    CHECK_EQ(call(io, "[method]output-stream.blocking-write-and-flush", args), VM_DONE);
    CHECK_EQ(result[0].variant.payload->variant.index, 1);
}

static void grants(void) {
    CHECK_EQ(call("wasi:cli/environment", "get-arguments", NULL), VM_DONE);
    CHECK_EQ(result[0].list.len, 1);
    CHECK_EQ(call("wasi:cli/environment", "get-environment", NULL), VM_DONE);
    CHECK_EQ(result[0].list.len, 0);
    CHECK_EQ(call("wasi:cli/environment", "initial-cwd", NULL), VM_DONE);
    CHECK_EQ(result[0].variant.index, 0);
    CHECK_EQ(call("wasi:filesystem/preopens", "get-directories", NULL), VM_DONE);
    CHECK_EQ(result[0].list.len, 0);
    AbiValue code = bits(7);
    CHECK_EQ(call("wasi:cli/exit", "exit-with-code", &code), VM_EXIT);
    CHECK_EQ(vm_exit_status(thread), 7);
}

static void random_numbers(void) {
    AbiValue n = bits(1 << 20);
    CHECK_EQ(call("wasi:random/random", "get-random-bytes", &n), VM_DONE);
    CHECK_EQ(result[0].list.len, 1 << 20);
    n = bits(UINT64_MAX);
    CHECK_EQ(call("wasi:random/random", "get-random-bytes", &n), VM_TRAP);
    CHECK_EQ(call("wasi:random/insecure", "get-insecure-random-u64", NULL), VM_DONE);
    CHECK_EQ(result[0].bits, 0x910a2dec89025cc1); /* splitmix64 of seed 1 */
    uint64_t seed[2][2];
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(call("wasi:random/insecure-seed", "insecure-seed", NULL), VM_DONE);
        seed[i][0] = result[0].bits, seed[i][1] = result[1].bits;
    }
    CHECK_EQ(memcmp(seed[0], seed[1], sizeof *seed), 0);
}

static void nothing_reaches_the_network(void) {
    CHECK_EQ(call("wasi:sockets/instance-network", "instance-network", NULL), VM_DONE);
    AbiValue network = result[0], family = bits(0);
    CHECK_EQ(call("wasi:sockets/tcp-create-socket", "create-tcp-socket", &family), VM_DONE);
    AbiValue cells[5] = {bits(80), bits(127), bits(0), bits(0), bits(1)};
    AbiValue args[3] = {result[0].variant.payload[0], network, {.variant = {cells, 0}}};
    CHECK_EQ(call("wasi:sockets/tcp", "[method]tcp-socket.start-connect", args), VM_DONE);
    CHECK_EQ(result[0].variant.payload->bits, 1); /* access-denied */
    cells[0] = bits(0);
    CHECK_EQ(call("wasi:sockets/tcp", "[method]tcp-socket.start-connect", args), VM_DONE);
    CHECK_EQ(result[0].variant.payload->bits, 9); /* invalid-state: what has failed is closed */
    CHECK_EQ(call("wasi:sockets/tcp", "[method]tcp-socket.finish-connect", args), VM_DONE);
    CHECK_EQ(result[0].variant.payload->bits, 7); /* not-in-progress */
    AbiValue lookup[2] = {network, {.string = {"a.b<&>", 6}}};
    CHECK_EQ(call("wasi:sockets/ip-name-lookup", "resolve-addresses", lookup), VM_DONE);
    CHECK_EQ(result[0].variant.payload->bits, 3);
    lookup[1] = (AbiValue){.string = {"[::1]", 5}};
    CHECK_EQ(call("wasi:sockets/ip-name-lookup", "resolve-addresses", lookup), VM_DONE);
    CHECK_EQ(result[0].variant.index, 0); /* an address needs nobody to be asked */
    lookup[1] = (AbiValue){.string = {"localhost", 9}};
    CHECK_EQ(call("wasi:sockets/ip-name-lookup", "resolve-addresses", lookup), VM_DONE);
    CHECK_EQ(result[0].variant.payload->bits, 1);
}

static void fields_keep_their_letters(void) {
    const char *http = "wasi:http/types";
    CHECK_EQ(call(http, "[constructor]fields", NULL), VM_DONE);
    AbiValue fields = result[0];
    AbiValue args[3] = {fields, {.string = {"X-Name", 6}}, list("one")};
    CHECK_EQ(call(http, "[method]fields.append", args), VM_DONE);
    CHECK_EQ(result[0].variant.index, 0);
    args[1] = (AbiValue){.string = {"x-NAME", 6}};
    CHECK_EQ(call(http, "[method]fields.append", args), VM_DONE);
    CHECK_EQ(call(http, "[method]fields.get", args), VM_DONE);
    CHECK_EQ(result[0].list.len, 2);
    CHECK_EQ(call(http, "[method]fields.entries", args), VM_DONE);
    AbiValue *cells = result[0].list.items;
    CHECK_STR(((Str){cells[0].string.ptr, cells[0].string.len}), "X-Name");
    CHECK_STR(((Str){cells[2].string.ptr, cells[2].string.len}), "x-NAME");
    args[1] = (AbiValue){.string = {"Host", 4}};
    CHECK_EQ(call(http, "[method]fields.append", args), VM_DONE);
    CHECK_EQ(result[0].variant.payload->variant.index, 1); /* forbidden */
    args[1] = (AbiValue){.string = {"a b", 3}};
    CHECK_EQ(call(http, "[method]fields.append", args), VM_DONE);
    CHECK_EQ(result[0].variant.payload->variant.index, 0); /* invalid-syntax */
    CHECK_EQ(call(http, "[constructor]outgoing-request", &fields), VM_DONE);
    AbiValue request = result[0];
    CHECK_EQ(call(http, "[method]outgoing-request.headers", &request), VM_DONE);
    args[0] = result[0];
    args[1] = (AbiValue){.string = {"a", 1}};
    CHECK_EQ(call(http, "[method]fields.delete", args), VM_DONE);
    CHECK_EQ(result[0].variant.payload->variant.index, 2); /* immutable */
    AbiValue sent[2] = {request, {.variant = {NULL, 0}}};
    CHECK_EQ(call("wasi:http/outgoing-handler", "handle", sent), VM_TRAP); /* a child is alive */
    wasi_drop(wasi, &args[0]);
    CHECK_EQ(call("wasi:http/outgoing-handler", "handle", sent), VM_DONE);
    CHECK_EQ(result[0].variant.payload->variant.index, 15); /* HTTP-request-denied */
}

int main(void) {
    arena = arena_new();
    RUN(tables_are_the_standard);
    RUN(every_resource_is_there);
    Str arg = STR("program");
    int directory = open(".", O_RDONLY);
    if (pipe(in_pipe) || pipe2(out_pipe, O_NONBLOCK)) return 1;
    WasiContext context = {.args = &arg,
                           .arg_count = 1,
                           .stdin_fd = in_pipe[0],
                           .stdout_fd = out_pipe[1],
                           .stderr_fd = directory,
                           .has_seed = true,
                           .seed = 1};
    host_open(&context);
    RUN(poll_rules);
    RUN(streams_read);
    RUN(streams_write);
    RUN(failures_are_told_once);
    RUN(grants);
    RUN(random_numbers);
    RUN(nothing_reaches_the_network);
    RUN(fields_keep_their_letters);
    host_close();
    close(directory);
    arena_free(arena);
    return test_end("wasi");
}
