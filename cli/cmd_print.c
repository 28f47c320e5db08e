/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc print`: a module or component as text. */
#include "cli/load.h"
#include "wat/wat.h"

typedef struct {
    bool offsets, skeleton, name_unnamed, fold, operand_stack;
    uint64_t indent;
    Str indent_text;
    DwarfChoice dwarf;
} Options;

static const Options defaults = {.indent = 2};

static const Option option_table[] = {
    FLAG(Options, offsets, 'p', "print-offsets", "Begin lines with their offset in the binary"),
    FLAG(Options, skeleton, 0, "skeleton", "Leave out the bodies of functions and segments"),
    FLAG(Options, name_unnamed, 0, "name-unnamed", "Invent names for what has none"),
    FLAG(Options, fold, 'f', "fold-instructions", "Nest instructions in their parents"),
    FLAG(Options, operand_stack, 0, "print-operand-stack",
         "Show the types of the operands behind each instruction"),
    NUMBER(Options, indent, 0, "indent", "SPACES", "Spaces a level (2)"),
    TEXT(Options, indent_text, 0, "indent-text", "TEXT",
         "What stands at a line's begin for each level, such as a tab; before --indent"),
    DWARF_CHOICE(Options, dwarf),
};

static const Argument arguments[] = {
    {"INPUT", "A core module or component; standard input where there is none or it is `-`",
     ARGUMENT_OPTIONAL},
    {0},
};

/* What stands before a line for each level. */
static Str indentation(Cli *cli, const Options *options) {
    static const char spaces[] = "                                                                ";
    if (options->indent_text.ptr) return options->indent_text;
    size_t n = sizeof spaces - 1;
    return (Str){spaces, options->indent < n ? (size_t)options->indent : n};
}

static int run(Cli *cli, void *given) {
    const Options *options = given;
    const Source *source = load_binary_debug(cli, 0, features_all(), &options->dwarf);
    if (!source) return EXIT_INPUT;
    CliStream stream = {.cli = cli};
    WatPrintOptions print = {.drain = cli_stream,
                             .drain_to = &stream,
                             .skeleton = options->skeleton,
                             .fold = options->fold,
                             .operand_stack = options->operand_stack,
                             .offsets = options->offsets,
                             .name_unnamed = options->name_unnamed,
                             .indent = indentation(cli, options)};
    Buf text = {.arena = cli->arena};
    bool good = wat_print(cli->arena, source, &print, &text, &cli->diags);
    return cli_stream_end(&stream, buf_text(&text), good);
}

const CommandSpec cmd_print = {
    .run = run,
    .with = WITH_OUTPUT,
    .size = sizeof(Options),
    .defaults = &defaults,
    OPTIONS(option_table),
    .arguments = arguments,
    .about = "Prints a core module or component in the text format. The input need not be valid, "
             "only well formed.",
    .examples = "The outline of a component\n$ witc print --skeleton program.wasm\n",
};
