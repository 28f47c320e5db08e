/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What is granted to one and not to another: limits of a host, hosts beside it, and what a terminal is
 * shown.
 */
#include "tests/wasi.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "wasi/terminal.h"

/* ---- terminals ---- */

/* Bytes, given in pieces of `step`. */
static Str filtered(const char *bytes, size_t n, size_t step) {
    WasiFilter filter = {0};
    uint8_t *out = arena_alloc(arena, WASI_FILTERED(n) * 4);
    size_t at = 0;
    for (size_t i = 0; i < n; i += step) {
        size_t piece = n - i < step ? n - i : step;
        size_t made = wasi_filter_bytes(&filter, (const uint8_t *)bytes + i, piece, out + at);
        CHECK(made <= WASI_FILTERED(piece));
        at += made;
    }
    return (Str){(char *)out, at};
}

static void terminals_are_safe(void) {
    static const struct {
        const char *from, *to;
    } rows[] = {
        {"plain\ttext\r\n\a\b", "plain\ttext\r\n\a\b"},
        {"\x1b[31mred\x1b[0m", "red"},
        {"a\x1b[2J\x1b[1;1Hb", "ab"},
        {"\x1b]0;title\x07x", "x"},
        {"\x1b]52;c;cm0gLXJm\x1b\\x", "x"},
        {"\x1bPq#0\x1b\\x\x1b_apc\x1b\\y\x1b^pm\x1b\\z\x1bXsos\x1b\\.", "xyz."},
        {"\xc2\x9b"
         "31mred",
         "red"}, /* CSI, OSC and ST of 8 bits, in UTF-8 */
        {"\xc2\x9d"
         "0;title\xc2\x9cx",
         "x"},
        {"\x9b"
         "31m",
         "\xef\xbf\xbd"
         "31m"}, /* and alone */
        {"\x1b(0lqk\x1b(B", "lqk"},
        {"\x1b"
         "c\x1b"
         "7\x1b"
         "8\x1b#8x",
         "x"},
        {"\x1b[31\nm", "\nm"}, /* a line feed ends what is not ended */
        {"\x1b]0;never ended\nb", "\nb"},
        {"\x1b]0;a\x1b[31mb", "b"}, /* as does another sequence */
        {"\x1b\x1b[31mb", "b"},
        {"\x1b[\x08"
         "1mb",
         "\bb"},
        {"\x0e\x0f\x7f\x0b\x0c\x01", ""},
        {"\xe2\x82\xac\xf0\x9f\x98\x80", "\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\xe2\x82\x1b[31mx", "\xef\xbf\xbdx"},
        {"\xc0\x9b\xed\xa0\x80\xf8", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t step = 1; step <= 5; step++)
            CHECK_STR(filtered(rows[i].from, strlen(rows[i].from), step), rows[i].to);
    char endless[6000] = "\x1b]0;";
    memset(endless + 4, 'a', sizeof endless - 4);
    Str rest = filtered(endless, sizeof endless, 100);
    CHECK(rest.len > 1000 && rest.len < 2000); /* none can hide all that follows */
}

/* ---- limits ---- */

static int out_pipe[2];

static VmStatus write_text(const char *stream, const char *said) {
    const char *get = strcmp(stream, "wasi:cli/stdout") ? "get-stderr" : "get-stdout";
    CHECK_EQ(call(stream, get, NULL), VM_DONE);
    AbiValue args[2] = {result[0], list(said)};
    return call("wasi:io/streams", "[method]output-stream.blocking-write-and-flush", args);
}

static size_t take(char *bytes, size_t n) {
    ssize_t got = read(out_pipe[0], bytes, n);
    return got > 0 ? (size_t)got : 0;
}

static void output_is_limited(void) {
    char bytes[64] = "";
    WasiContext context = {.stdin_fd = -1, .stdout_fd = out_pipe[1], .stderr_fd = out_pipe[1]};
    context.limits.max_output = 10;
    host_open(&context);
    CHECK_EQ(write_text("wasi:cli/stdout", "12345"), VM_DONE);
    CHECK_EQ(result[0].variant.index, 0);
    CHECK(!wasi_output_met(wasi));
    CHECK_EQ(write_text("wasi:cli/stderr", "6789abcd"), VM_DONE); /* both count */
    CHECK_EQ(result[0].variant.index, 1);
    CHECK_EQ(result[0].variant.payload->variant.index, 0); /* last-operation-failed */
    CHECK(wasi_output_met(wasi));
    CHECK_EQ(take(bytes, sizeof bytes), 10);
    CHECK_EQ(memcmp(bytes, "123456789a", 10), 0);
    host_close();
}

static void filters_by_stream(void) {
    char bytes[64] = "";
    WasiContext context = {.stdin_fd = -1, .stdout_fd = out_pipe[1], .stderr_fd = out_pipe[1]};
    context.filters[1] = true;
    host_open(&context);
    CHECK_EQ(write_text("wasi:cli/stdout", "a\x1b[3"), VM_DONE);
    CHECK_EQ(write_text("wasi:cli/stdout", "1mb"), VM_DONE);
    CHECK_EQ(write_text("wasi:cli/stderr", "\x1b[0m"), VM_DONE);
    CHECK_EQ(take(bytes, sizeof bytes), 6);
    CHECK_EQ(memcmp(bytes, "ab\x1b[0m", 6), 0);
    host_close();
}

static void resources_are_limited(void) {
    WasiContext context = {.stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1};
    context.limits.max_resources = 3;
    context.limits.max_random = 16;
    host_open(&context);
    for (int i = 0; i < 3; i++) CHECK_EQ(call("wasi:cli/stdin", "get-stdin", NULL), VM_DONE);
    AbiValue last = result[0];
    CHECK_EQ(call("wasi:cli/stdin", "get-stdin", NULL), VM_TRAP);
    wasi_drop(wasi, &last);
    CHECK_EQ(call("wasi:cli/stdin", "get-stdin", NULL), VM_DONE);
    AbiValue n = bits(16);
    CHECK_EQ(call("wasi:random/random", "get-random-bytes", &n), VM_DONE);
    n = bits(17);
    CHECK_EQ(call("wasi:random/random", "get-random-bytes", &n), VM_TRAP);
    CHECK_EQ(call("wasi:random/insecure", "get-insecure-random-bytes", &n), VM_TRAP);
    host_close();
}

static void messages_are_limited(void) {
    WasiContext context = {.stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1};
    context.limits.max_messages = 100;
    host_open(&context);
    CHECK_EQ(call("wasi:http/types", "[constructor]fields", NULL), VM_DONE);
    AbiValue field[3] = {result[0], text("name"), text("value of thirty bytes, no more")};
    CHECK_EQ(call("wasi:http/types", "[method]fields.append", field), VM_DONE); /* 4 + 30 + 32 */
    CHECK_EQ(call("wasi:http/types", "[method]fields.clone", field), VM_TRAP);
    CHECK_EQ(call("wasi:http/types", "[method]fields.delete", field), VM_DONE);
    CHECK_EQ(call("wasi:http/types", "[method]fields.append", field), VM_DONE);
    host_close();
}

/* `check-write`, or another call without arguments: false where the stream has ended or failed. */
static bool on_stream(const char *name, AbiValue stream) {
    char full[64];
    snprintf(full, sizeof full, "[method]output-stream.%s", name);
    CHECK_EQ(call("wasi:io/streams", full, &stream), VM_DONE);
    return !result[0].variant.index;
}

static bool write_page(AbiValue stream) {
    static char page[4096];
    AbiValue args[2] = {stream, {.list = {page, sizeof page}}};
    CHECK_EQ(call("wasi:io/streams", "[method]output-stream.write", args), VM_DONE);
    return !result[0].variant.index;
}

/* What waits for a pipe that nobody reads is bounded over all streams, however many there are. */
static void pending_bytes_are_limited(void) {
    static char bytes[1 << 16];
    AbiValue streams[4];
    int fds[2];
    if (pipe2(fds, O_NONBLOCK)) abort();
    WasiContext context = {.stdin_fd = -1, .stdout_fd = fds[1], .stderr_fd = -1};
    context.limits.max_messages = 8192;
    host_open(&context);
    for (int i = 0; i < 4; i++) {
        CHECK_EQ(call("wasi:cli/stdout", "get-stdout", NULL), VM_DONE);
        streams[i] = result[0];
        CHECK(on_stream("check-write", streams[i]));
        CHECK_EQ(result[0].variant.payload->bits, 4096);
    }
    while (write(fds[1], bytes, sizeof bytes) > 0) continue;
    CHECK(write_page(streams[0]));
    CHECK(write_page(streams[1]));
    CHECK(!write_page(streams[2]));
    CHECK_EQ(result[0].variant.payload->variant.index, 0); /* last-operation-failed */
    CHECK(!on_stream("check-write", streams[2]));
    CHECK_EQ(result[0].variant.payload->variant.index, 1); /* closed */
    while (read(fds[0], bytes, sizeof bytes) > 0) continue;
    CHECK(on_stream("flush", streams[0]));
    CHECK(on_stream("flush", streams[1]));
    CHECK_EQ(read(fds[0], bytes, sizeof bytes), 8192);
    CHECK(write_page(streams[3]));
    CHECK_EQ(read(fds[0], bytes, sizeof bytes), 4096);
    host_close();
    close(fds[0]);
    close(fds[1]);
}

static uint32_t sockets_until_refused(void) {
    AbiValue family = bits(0);
    for (uint32_t n = 0; n < 2000; n++) {
        CHECK_EQ(call("wasi:sockets/udp-create-socket", "create-udp-socket", &family), VM_DONE);
        if (result[0].variant.index) return n;
    }
    return 2000;
}

static void open_files_are_limited(void) {
    WasiContext context = {.stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1};
    context.limits.max_open = 5;
    host_open(&context);
    CHECK_EQ(sockets_until_refused(), 5);
    host_close();
    struct rlimit before, low;
    getrlimit(RLIMIT_NOFILE, &before);
    low = before;
    low.rlim_cur = 60;
    setrlimit(RLIMIT_NOFILE, &low);
    context.limits.max_open = 0;
    host_open(&context);
    CHECK_EQ(sockets_until_refused(), 60 - 32); /* what the program needs itself is kept */
    host_close();
    setrlimit(RLIMIT_NOFILE, &before);
}

/* What one request has made is gone for the next, and counts anew. */
static void nothing_is_left_for_the_next(void) {
    WasiContext context = {.stdin_fd = -1, .stdout_fd = out_pipe[1], .stderr_fd = out_pipe[1]};
    context.limits.max_resources = 3;
    context.limits.max_open = 1;
    context.limits.max_output = 10;
    context.limits.max_messages = 100;
    host_open(&context);
    for (int i = 0; i < 3; i++) {
        char bytes[64];
        AbiValue family = bits(0);
        CHECK_EQ(sockets_until_refused(), 1);
        wasi_drop(wasi, &(AbiValue){.bits = 1});
        CHECK_EQ(call("wasi:sockets/udp-create-socket", "create-udp-socket", &family), VM_DONE);
        CHECK_EQ(result[0].variant.index, 0);
        AbiValue socket = *result[0].variant.payload;
        CHECK_EQ(write_text("wasi:cli/stdout", "123456789a"), VM_DONE);
        CHECK_EQ(result[0].variant.index, 0);
        CHECK_EQ(take(bytes, sizeof bytes), 10);
        CHECK_EQ(call("wasi:http/types", "[constructor]fields", NULL), VM_DONE);
        AbiValue field[3] = {result[0], text("name"), text("value of thirty bytes, no more")};
        CHECK_EQ(call("wasi:http/types", "[method]fields.append", field), VM_DONE);
        CHECK(wasi_rewind(wasi));
        CHECK_EQ(call("wasi:sockets/udp", "[method]udp-socket.subscribe", &socket), VM_TRAP);
    }
    host_close();
}

/* ---- hosts beside ---- */

static AbiValue udp_bound(Wasi *of) {
    Wasi *before = wasi;
    AbiValue family = bits(0);
    wasi = of;
    CHECK_EQ(call("wasi:sockets/instance-network", "instance-network", NULL), VM_DONE);
    AbiValue network = result[0];
    wasi = before;
    CHECK_EQ(call("wasi:sockets/udp-create-socket", "create-udp-socket", &family), VM_DONE);
    AbiValue socket = *result[0].variant.payload;
    AbiValue cells[5] = {bits(0), bits(127), bits(0), bits(0), bits(1)};
    AbiValue args[3] = {socket, network, {.variant = {cells, 0}}};
    CHECK_EQ(call("wasi:sockets/udp", "[method]udp-socket.start-bind", args), VM_DONE);
    return result[0];
}

/* Each answers by its own grants, and what one has made keeps them with the other. */
static void hosts_beside(void) {
    const WasiVariable variable = {STR("A"), STR("1")};
    WasiNetRule rule;
    CHECK(wasi_read_rule(arena, STR("udp:127.0.0.1:*"), &rule) == NULL);
    WasiContext plain = {.stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1};
    WasiContext granted = plain;
    granted.variables = &variable;
    granted.variable_count = 1;
    granted.net_rules = &rule;
    granted.net_rule_count = 1;
    host_open(&plain);
    Wasi *whole = wasi, *other = wasi_beside(wasi, STR("inner"), &granted);
    CHECK(other != NULL);
    CHECK_EQ(call("wasi:cli/environment", "get-environment", NULL), VM_DONE);
    CHECK_EQ(result[0].list.len, 0);
    wasi = other;
    CHECK_EQ(call("wasi:cli/environment", "get-environment", NULL), VM_DONE);
    CHECK_EQ(result[0].list.len, 1);
    wasi = whole;
    CHECK_EQ(udp_bound(whole).variant.index, 1);
    CHECK_EQ(udp_bound(other).variant.index, 0); /* the network is the other's */
    wasi = other;
    CHECK_EQ(udp_bound(whole).variant.index, 1);
    wasi = whole;
    host_close();
}

int main(void) {
    arena = arena_new();
    if (pipe(out_pipe)) return 1;
    RUN(terminals_are_safe);
    RUN(output_is_limited);
    RUN(filters_by_stream);
    RUN(resources_are_limited);
    RUN(messages_are_limited);
    RUN(pending_bytes_are_limited);
    RUN(open_files_are_limited);
    RUN(nothing_is_left_for_the_next);
    RUN(hosts_beside);
    arena_free(arena);
    return test_end("wasi_grants");
}
