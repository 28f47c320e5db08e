/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc component adapter`: the adapter for WASI 0.1 as a file, for other tools. */
#include "adapter/adapter.h"
#include "cli/load.h"

typedef struct {
    unsigned kind;
    bool exit_code, without_files;
} Options;

static const Option option_table[] = {
    CHOICE(Options, kind, 0, "kind", "command|reactor|proxy",
           "For programs that have `_start`, for those that have not, or for those that may import "
           "no more than wasi:http/proxy does"),
    FLAG(Options, exit_code, 0, "exit-code",
         "Tell a program's exit status by `exit-with-code` of WASI 0.2.12, not just whether it is "
         "0"),
    FLAG(Options, without_files, 0, "without-files",
         "The smaller one for programs that use no paths"),
};

static int run(Cli *cli, void *given) {
    const Options *options = given;
    AdapterChoice choice = {.kind = (AdapterKind)options->kind,
                            .exit_code = options->exit_code,
                            .without_files = options->without_files};
    Buf bytes = {.arena = cli->arena};
    buf_str(&bytes, adapter_module(cli->arena, &choice));
    return write_binary(cli, bytes);
}

const CommandSpec cmd_component_adapter = {
    .run = run,
    .with = WITH_OUTPUT | WITH_WAT,
    .size = sizeof(Options),
    OPTIONS(option_table),
    .about =
        "Writes the module that gives programs of WASI 0.1 (`wasi_snapshot_preview1`) what they "
        "import, in terms of WASI 0.2. `component new --adapt wasi` needs no such file; it is for "
        "other tools. It serves all functions of that interface; who links it leaves out those "
        "that a program does not use.",
    .examples = "For wasm-tools\n$ witc component adapter -o wasi_snapshot_preview1.command.wasm\n"
                "For a library\n"
                "$ witc component adapter --kind reactor -o wasi_snapshot_preview1.reactor.wasm\n",
};
