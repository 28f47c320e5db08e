/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc parse`: text to bytes. Bytes come through as they are. */
#include "cli/load.h"

typedef struct {
    DwarfChoice dwarf;
} Options;

static const Option option_table[] = {
    DWARF_CHOICE(Options, dwarf),
};

static const Argument arguments[] = {
    {"INPUT", "A core module or component; standard input where there is none or it is `-`",
     ARGUMENT_OPTIONAL},
    {0},
};

static int run(Cli *cli, void *given) {
    const Options *options = given;
    const Source *source = load_binary_debug(cli, 0, features_all(), &options->dwarf);
    if (!source) return EXIT_INPUT;
    Buf bytes = {.arena = cli->arena};
    buf_str(&bytes, source->text);
    return write_binary(cli, bytes);
}

const CommandSpec cmd_parse = {
    .run = run,
    .with = WITH_OUTPUT | WITH_WAT,
    .size = sizeof(Options),
    OPTIONS(option_table),
    .arguments = arguments,
    .about = "Parses the text format of core modules and components and writes the binary. It "
             "checks the syntax only; `witc validate` checks the rest.",
    .examples = "Assemble\n$ witc parse add.wat -o add.wasm\n"
                "Lay text out anew\n$ witc parse -t add.wat\n",
};
