/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc expand`: every import and export of a world, and why it is there. */
#include "cli/load.h"
#include "report/report.h"

typedef struct {
    WitSelection wit;
    Str world;
    bool json;
} Options;

static const Option option_table[] = {
    TEXT(Options, world, 'w', "world", "WORLD",
         "The world; needed where the package has several. `ns:pkg/world` names one of another"),
    FLAG(Options, json, 'j', "json", "Write JSON"),
    WIT_SELECTION(Options, wit),
};

static const Argument arguments[] = {
    {"WIT", "A folder or file of WIT, or a component or WIT package as a binary",
     ARGUMENT_REQUIRED},
    {0},
};

static int run(Cli *cli, void *given) {
    const Options *options = given;
    WitModel *model = load_wit(cli, cli->args.at[0], &options->wit);
    const WitWorld *world = model ? wit_select_world(model, options->world, &cli->diags) : NULL;
    if (!world) return EXIT_INPUT;
    Buf text = {.arena = cli->arena};
    if (options->json) report_expand_json(cli->arena, world, &text);
    else report_expand(cli->arena, world, &text);
    return cli_write(cli, buf_text(&text));
}

const CommandSpec cmd_expand = {
    .run = run,
    .with = WITH_OUTPUT,
    .size = sizeof(Options),
    OPTIONS(option_table),
    .arguments = arguments,
    .about =
        "Writes a world in full: each import and export, and the reason for it. Either the text of "
        "the world has it, or an included world does, or another import or export uses types of "
        "it; then the chain leads to a place in a text.",
    .examples = "Why does a world import all this?\n$ witc expand wit -w command\n"
                "For a program\n$ witc expand --json wit -w command\n",
};
