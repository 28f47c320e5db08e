/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc component targets`: does a component fit a world? */
#include "cli/load.h"

typedef struct {
    WitSelection wit;
    Str world;
} Options;

static const Option option_table[] = {
    TEXT(Options, world, 'w', "world", "WORLD",
         "The world; needed where the package has several. `ns:pkg/world` names one of another"),
    WIT_SELECTION(Options, wit),
};

static const Argument arguments[] = {
    {"WIT", "A folder or file of WIT, or a WIT package as a binary", ARGUMENT_REQUIRED},
    {"COMPONENT", "A component; standard input where there is none or it is `-`",
     ARGUMENT_OPTIONAL},
    {0},
};

static int run(Cli *cli, void *given) {
    const Options *options = given;
    WitModel *wit = load_wit(cli, cli->args.at[0], &options->wit);
    const WitWorld *target = wit ? wit_select_world(wit, options->world, &cli->diags) : NULL;
    if (!target) return EXIT_INPUT;
    Str path = cli->args.len > 1 ? cli->args.at[1] : STR("-");
    WitModel *component = load_wit(cli, path, &(WitSelection){.all = true});
    const WitWorld *world = component ? wit_select_world(component, (Str){0}, &cli->diags) : NULL;
    if (!world) return EXIT_INPUT;
    return wit_world_fits(world, target, &cli->diags) ? EXIT_OK : EXIT_INPUT;
}

const CommandSpec cmd_component_targets = {
    .run = run,
    .size = sizeof(Options),
    OPTIONS(option_table),
    .arguments = arguments,
    .about = "Tells whether a component fits a world: the world gives all that it imports, and it "
             "exports all that the world exports, at the same types.",
    .examples = "Will this host run it?\n$ witc component targets -w command wit program.wasm\n",
};
