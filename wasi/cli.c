/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* wasi:cli: what was granted of the command line, the standard streams, and the end of the run. */
#include <unistd.h>

#include "wasi/internal.h"

/* ---- environment ---- */

WASI_FN(get_environment) {
    const WasiContext *c = wasi_context(context);
    if (!c->variable_count)
        wasi_denied(context, "to see its environment, which is empty",
                    "--env NAME=VALUE, --env NAME or --inherit-env");
    AbiValue *cells = ARENA_NEW_ARRAY(scratch, AbiValue, 2 * c->variable_count);
    for (size_t i = 0; i < c->variable_count; i++) {
        wasi_string(&cells[2 * i], c->variables[i].name);
        wasi_string(&cells[2 * i + 1], c->variables[i].value);
    }
    result->list.items = cells;
    result->list.len = c->variable_count;
    return VM_DONE;
}

WASI_FN(get_arguments) {
    const WasiContext *c = wasi_context(context);
    AbiValue *cells = ARENA_NEW_ARRAY(scratch, AbiValue, c->arg_count);
    for (size_t i = 0; i < c->arg_count; i++) wasi_string(&cells[i], c->args[i]);
    result->list.items = cells;
    result->list.len = c->arg_count;
    return VM_DONE;
}

WASI_FN(initial_cwd) {
    const WasiContext *c = wasi_context(context);
    if (!c->has_cwd) wasi_denied(context, "to see its current directory", "--cwd DIR");
    return wasi_some_string(result, c->has_cwd, c->cwd, scratch);
}

/* ---- exit ---- */

WASI_FN(exit_result) { return vm_exit(thread, args[0].variant.index ? 1 : 0); }
WASI_FN(exit_with_code) { return vm_exit(thread, (int)args[0].bits); }

/* ---- standard streams ---- */

WASI_FN(get_stdin) {
    int fd = wasi_context(context)->stdin_fd;
    return wasi_input(thread, context, fd, NULL, result) ? VM_DONE : VM_TRAP;
}

static VmStatus get_output(VmThread *thread, Wasi *wasi, int standard, int fd, AbiValue *result) {
    WasiOutput *out = wasi_output(thread, wasi, fd, NULL, result);
    if (!out) return VM_TRAP;
    out->closed = fd < 0;
    out->standard = standard;
    return VM_DONE;
}

WASI_FN(get_stdout) {
    return get_output(thread, context, 1, wasi_context(context)->stdout_fd, result);
}
WASI_FN(get_stderr) {
    return get_output(thread, context, 2, wasi_context(context)->stderr_fd, result);
}

/* ---- terminals: some only where the stream is one ---- */

static VmStatus terminal(VmThread *thread, Wasi *wasi, int fd, WasiKind kind, AbiValue *result,
                         Arena *scratch) {
    if (fd < 0 || wasi_fixed(wasi) || !isatty(fd)) return wasi_ok(result); /* none */
    AbiValue *cell = wasi_case(result, 1, 1, scratch);
    return wasi_make(thread, wasi, kind, sizeof(WasiObject), NULL, cell) ? VM_DONE : VM_TRAP;
}

WASI_FN(get_terminal_stdin) {
    return terminal(thread, context, wasi_context(context)->stdin_fd, WASI_TERMINAL_INPUT, result,
                    scratch);
}
WASI_FN(get_terminal_stdout) {
    return terminal(thread, context, wasi_context(context)->stdout_fd, WASI_TERMINAL_OUTPUT, result,
                    scratch);
}
WASI_FN(get_terminal_stderr) {
    return terminal(thread, context, wasi_context(context)->stderr_fd, WASI_TERMINAL_OUTPUT, result,
                    scratch);
}

/* ---- tables ---- */

static const WasiFunc environment_funcs[] = {
    {"get-environment", "()->list<tuple<string,string>>", get_environment},
    {"get-arguments", "()->list<string>", get_arguments},
    {"initial-cwd", "()->option<string>", initial_cwd},
};
static const WasiFunc exit_funcs[] = {
    {"exit", "(result<_,_>)", exit_result},
    {"exit-with-code", "(u8)", exit_with_code},
};
static const WasiFunc stdin_funcs[] = {{"get-stdin", "()->own", get_stdin}};
static const WasiFunc stdout_funcs[] = {{"get-stdout", "()->own", get_stdout}};
static const WasiFunc stderr_funcs[] = {{"get-stderr", "()->own", get_stderr}};
static const WasiFunc terminal_stdin_funcs[] = {
    {"get-terminal-stdin", "()->option<own>", get_terminal_stdin},
};
static const WasiFunc terminal_stdout_funcs[] = {
    {"get-terminal-stdout", "()->option<own>", get_terminal_stdout},
};
static const WasiFunc terminal_stderr_funcs[] = {
    {"get-terminal-stderr", "()->option<own>", get_terminal_stderr},
};

const WasiInterface wasi_cli[10] = {
    {"wasi:cli/environment", environment_funcs, WASI_COUNT(environment_funcs), NULL},
    {"wasi:cli/exit", exit_funcs, WASI_COUNT(exit_funcs), NULL},
    {"wasi:cli/stdin", stdin_funcs, 1, NULL},
    {"wasi:cli/stdout", stdout_funcs, 1, NULL},
    {"wasi:cli/stderr", stderr_funcs, 1, NULL},
    {"wasi:cli/terminal-input", NULL, 0, (const char *[]){"terminal-input", NULL}},
    {"wasi:cli/terminal-output", NULL, 0, (const char *[]){"terminal-output", NULL}},
    {"wasi:cli/terminal-stdin", terminal_stdin_funcs, 1, NULL},
    {"wasi:cli/terminal-stdout", terminal_stdout_funcs, 1, NULL},
    {"wasi:cli/terminal-stderr", terminal_stderr_funcs, 1, NULL},
};
