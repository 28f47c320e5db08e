/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc serve`: HTTP requests are answered by a component. All is in serve/; here are its options.
 *
 * Exit status: 0 after a drain, 1 where the program is wrong, the address is taken, or requests had to
 * be cut off at the end.
 */
#include "cli/serve.h"

typedef struct {
    Policy policy;
    ServeOptions serve;
} Options;

static const Option option_table[] = {
    TEXT(Options, serve.address, 0, "addr", "HOST:PORT",
         "Where to listen; port 0 takes any that is free, `[::]:80` all of IPv6 (127.0.0.1:8080)"),
    TEXT(Options, serve.unix_path, 0, "unix", "PATH", "Listen at a Unix socket instead"),
    LIST(Options, serve.tls_certificates, 0, "tls-cert", "FILE",
         "Serve HTTPS with this certificate in PEM, those that lead to its authority after it; one "
         "for each host's name, each with its key"),
    LIST(Options, serve.tls_keys, 0, "tls-key", "FILE",
         "The certificate's key in PEM, without a password; not said: it is in the same file"),
    TEXT(Options, serve.admin, 0, "admin-addr", "HOST:PORT",
         "Answer /metrics (for Prometheus) and /health at an address of their own"),
    TEXT(Options, serve.log, 0, "log", "FILE|-", "Write a line of JSON for each request"),
    NUMBER(Options, serve.workers, 0, "workers", "N", "Serve by so many processes (1)"),
    POLICY_OPTIONS(Options, policy),
    MAYBE(
        Options, policy.jail, 0, "jail", "best-effort",
        "Lock each process in before it serves, to what is granted and to the files that it opens "
        "again (Landlock and seccomp); with `=best-effort` as far as the kernel can"),
    NUMBER(Options, serve.reuse, 0, "reuse", "N",
           "Requests that one instance answers before it is put back to how it was made (1)"),
    NUMBER(Options, serve.spare, 0, "spare", "N",
           "Instances made in advance while nothing else is to be done (16)"),
    NUMBER(Options, serve.keep, 0, "keep", "N",
           "Instances kept between requests, with those that may answer more of them (256)"),
    TIME(Options, serve.slice, 0, "slice", "TIME",
         "How long a handler computes before others have their turn (2ms)"),
    TIME(Options, serve.timeout, 0, "timeout", "TIME",
         "End a request that lasts longer, with 504 (30s)"),
    NUMBER(Options, policy.limits.fuel, 0, "fuel", "N",
           "Stop a handler after about so many instructions (10,000,000,000)"),
    AMOUNT(Options, policy.limits.memory, 0, "max-memory", "BYTES",
           "How much the memories of an instance may hold (128M)"),
    AMOUNT(Options, policy.limits.heap, 0, "max-heap", "BYTES",
           "How much its structs, arrays and exceptions may take (64M)"),
    AMOUNT(Options, policy.limits.table, 0, "max-table", "N",
           "How many entries its tables may have together (1,000,000)"),
    AMOUNT(Options, policy.limits.stack, 0, "max-stack", "BYTES",
           "How large its stack may be (1M)"),
    AMOUNT(Options, policy.limits.frames, 0, "max-frames", "N",
           "How deep its calls may nest (65,536)"),
    AMOUNT(Options, policy.limits.instances, 0, "max-instances", "N",
           "How many instances the component may consist of (100)"),
    AMOUNT(Options, policy.limits.handles, 0, "max-handles", "N",
           "How many handles it may have (10,000)"),
    AMOUNT(Options, policy.limits.values, 0, "max-values", "BYTES",
           "How much the values of one call between it and WASI may take (16M)"),
    AMOUNT(Options, policy.limits.copy, 0, "max-copy", "BYTES",
           "How much one call may copy from component to component (64M)"),
    AMOUNT(Options, policy.limits.tasks, 0, "max-tasks", "N",
           "How many asynchronous calls and threads of it may be going on (1,000)"),
    AMOUNT(Options, policy.limits.requests, 0, "max-outgoing", "N",
           "How many HTTP requests that a handler has sent may be under way (16)"),
    PERIOD(Options, policy.limits.exchange, 0, "max-outgoing-time", "TIME",
           "How long an HTTP request that a handler has sent may take (30s)"),
    AMOUNT(Options, policy.limits.vfs, 0, "max-vfs", "BYTES",
           "How much memory folders of --vfs may take each time: names, changes, and archives "
           "that are unpacked (256M)"),
    NUMBER(Options, serve.max_connections, 0, "max-connections", "N",
           "Connections at a time; more are answered with 503 (10,000)"),
    NUMBER(Options, serve.max_connections_each, 0, "max-connections-each", "N",
           "Connections of one address, or 64 bits of an IPv6 address; then 503 (any number)"),
    NUMBER(Options, serve.max_requests, 0, "max-requests", "N",
           "Requests at a time; more are answered with 503 (1,000)"),
    NUMBER(Options, serve.max_resident, 0, "max-resident", "BYTES",
           "Memory that the server may have in all; then the largest handler is ended, and new "
           "requests get 503 (three quarters of the machine's)"),
    TIME(Options, serve.max_delay, 0, "max-delay", "TIME",
         "Answer with 503 while requests wait longer for those before them (100ms)"),
    NUMBER(Options, serve.max_streams, 0, "max-streams", "N",
           "Requests of one connection at a time, in HTTP/2; more are refused (100)"),
    NUMBER(Options, serve.max_target, 0, "max-target", "BYTES",
           "How long the target of a request, and a field, may be; then 414 or 431 (8K)"),
    NUMBER(Options, serve.max_head, 0, "max-head", "BYTES",
           "How long the head of a request, and trailers, may be; then 431 (64K)"),
    NUMBER(Options, serve.max_fields, 0, "max-fields", "N",
           "How many fields a head may have; then 431 (128)"),
    NUMBER(Options, serve.max_body, 0, "max-body", "BYTES",
           "How long the body of a request may be; then 413 (64M)"),
    TIME(Options, serve.head_timeout, 0, "head-timeout", "TIME",
         "How long a head may take; then 408 (10s)"),
    TIME(Options, serve.body_timeout, 0, "body-timeout", "TIME",
         "How long a body that the handler waits for may pause; then 408 (30s)"),
    NUMBER(Options, serve.min_body_rate, 0, "min-body-rate", "BYTES",
           "How much of it has to come each second, after 10s; then 408; 0: any (500)"),
    TIME(Options, serve.write_timeout, 0, "write-timeout", "TIME",
         "How long a client may take no bytes before it is cut off (30s)"),
    TIME(Options, serve.idle_timeout, 0, "idle-timeout", "TIME",
         "How long a connection may be idle between requests (60s)"),
    TIME(Options, serve.stuck_after, 0, "stuck-after", "TIME",
         "Kill and restart one of several workers that does not go on for so long (1m)"),
    TIME(Options, serve.drain_timeout, 0, "drain-timeout", "TIME",
         "How long requests under way may take once the server is to end (30s)"),
};

static const Argument arguments[] = {
    {"PROGRAM",
     "A component that exports wasi:http/incoming-handler, a manifest (`.yml`) that makes one, or "
     "a "
     "core module with such a world",
     ARGUMENT_REQUIRED},
    {0},
};

static bool bad_value(Cli *cli, Str value, const char *option, const char *expected) {
    diag(&cli->diags, CLI_BAD_VALUE, span_none(), STR_ARG(value), STR_ARG(str_from(option)),
         expected);
    return false;
}

static const char host_and_port[] =
    "HOST:PORT such as 127.0.0.1:8080 or [::1]:8080, with a port up to 65535";

static bool check(Cli *cli, Options *o) {
    const ServeOptions *s = &o->serve;
    if (!s->unix_path.len && !serve_is_address(s->address))
        return bad_value(cli, s->address, "--addr", host_and_port);
    if (s->admin.len && !serve_is_address(s->admin))
        return bad_value(cli, s->admin, "--admin-addr", host_and_port);
    if (s->tls_keys.len && s->tls_keys.len != s->tls_certificates.len)
        return bad_value(cli, s->tls_keys.at[s->tls_keys.len - 1], "--tls-key",
                         "a key for each --tls-cert");
    Str workers = str_fmt(cli->arena, "%llu", (unsigned long long)s->workers);
    if (s->workers < 1 || s->workers > SERVE_MAX_WORKERS)
        return bad_value(cli, workers, "--workers", "1 to 256");
    const struct {
        uint64_t value;
        const char *option;
    } above_0[] = {{s->max_connections, "--max-connections"},
                   {s->max_requests, "--max-requests"},
                   {s->max_streams, "--max-streams"},
                   {s->max_target, "--max-target"},
                   {s->max_head, "--max-head"},
                   {s->max_fields, "--max-fields"},
                   {s->max_body, "--max-body"},
                   {s->reuse, "--reuse"}};
    for (size_t i = 0; i < sizeof above_0 / sizeof *above_0; i++)
        if (!above_0[i].value)
            return bad_value(cli, STR("0"), above_0[i].option, "a number above 0");
    return policy_check(cli, &o->policy);
}

static int run(Cli *cli, void *given) {
    Options *options = given;
    if (policy_help(&options->policy)) return EXIT_OK;
    if (!check(cli, options)) return EXIT_USAGE;
    ServeLoad load = {cli, &options->policy, &options->serve};
    options->serve.load = serve_load;
    options->serve.lock = options->policy.jail.len ? serve_lock : NULL;
    options->serve.context = &load;
    return serve(&options->serve);
}

static const Options defaults = {.policy.limits = {.fuel = 10000000000,
                                                   .memory = 128 << 20,
                                                   .heap = 64 << 20,
                                                   .table = 1000000,
                                                   .instances = 100,
                                                   .handles = 10000,
                                                   .tasks = 1000,
                                                   .requests = 16,
                                                   .exchange = 30000000000,
                                                   .values = 16 << 20,
                                                   .copy = 64 << 20},
                                 .serve = SERVE_DEFAULTS};

const CommandSpec cmd_serve = {
    .run = run,
    .size = sizeof(Options),
    .defaults = &defaults,
    OPTIONS(option_table),
    .arguments = arguments,
    .about =
        "Answers requests of HTTP/1.1 and HTTP/2, with or without TLS, by a component that exports "
        "`wasi:http/incoming-handler`. The "
        "component is read and validated once; each request has a fresh instance of it, which sees "
        "nothing of other requests, and nothing else that is not granted. One thread runs "
        "all handlers: where one waits, or computes for long, others have their turn.\n"
        "Every limit is on by default; `0` takes one of time away. A handler that traps, or meets "
        "a "
        "limit, is told on standard error, and its request is answered with 500 or 504.\n"
        "SIGTERM or Ctrl-C lets requests under way come to their end, a second one does not. "
        "SIGHUP "
        "loads the program anew, without losing a request, and opens the log again; where the new "
        "file is bad, the old one stays. Certificates are loaded with it. Sockets that systemd has "
        "opened ($LISTEN_FDS) are taken.",
    .examples =
        "At 127.0.0.1:8080\n$ witc serve app.wasm\n"
        "$ curl http://127.0.0.1:8080/\n"
        "For everybody, by four processes, with a log and metrics\n"
        "$ witc serve --addr 0.0.0.0:80 --workers 4 --log access.log --admin-addr 127.0.0.1:9090 "
        "app.wasm\n"
        "With a folder, a variable and a service that it may call\n"
        "$ witc serve --dir pages::/pages::ro --env MODE=live --net-allow tcp:api.local:443 "
        "app.wasm\n"
        "For everybody, by HTTPS\n"
        "$ witc serve --addr 0.0.0.0:443 --tls-cert chain.pem --tls-key key.pem app.wasm\n"
        "With pages from an archive; each instance has its own copy\n"
        "$ witc serve --vfs pages.tar::/pages::ro app.wasm\n"
        "With the processes locked in, and files that are opened again in folders of their own\n"
        "$ witc serve --jail --log log/access.log --tls-cert tls/chain.pem --tls-key tls/key.pem "
        "app/app.wasm\n"
        "Behind a proxy on this machine\n$ witc serve --unix /run/app.sock app.wasm\n"
        "Load a new version\n$ kill -HUP $(pidof witc)\n",
};
