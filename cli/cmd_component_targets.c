/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc component targets`, and `witc targets` as wac has it: does a component fit a world? */
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

static int check(Cli *cli, Str wit, Str component, const WitSelection *selection, Str name) {
    WitModel *model = load_wit(cli, wit, selection);
    const WitWorld *target = model ? wit_select_world(model, name, &cli->diags) : NULL;
    if (!target) return EXIT_INPUT;
    WitModel *made = load_wit(cli, component, &(WitSelection){.all = true});
    const WitWorld *world = made ? wit_select_world(made, (Str){0}, &cli->diags) : NULL;
    if (!world) return EXIT_INPUT;
    return wit_world_fits(world, target, &cli->diags) ? EXIT_OK : EXIT_INPUT;
}

static int run(Cli *cli, void *given) {
    const Options *options = given;
    Str component = cli->args.len > 1 ? cli->args.at[1] : STR("-");
    return check(cli, cli->args.at[0], component, &options->wit, options->world);
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

/* ---- wac's words for it ---- */

typedef struct {
    Options common;
    Str package;
} WacOptions;

static const Option wac_option_table[] = {
    TEXT(WacOptions, package, 0, "wit", "WIT",
         "A folder or file of WIT, or a WIT package as a binary"),
    TEXT(WacOptions, common.world, 'w', "world", "WORLD",
         "The world; needed where the package has several. `ns:pkg/world` names one of another"),
    WIT_SELECTION(WacOptions, common.wit),
};

static const Argument wac_arguments[] = {
    {"COMPONENT", "A component; `-` is standard input", ARGUMENT_REQUIRED},
    {0},
};

static int run_wac(Cli *cli, void *given) {
    const WacOptions *options = given;
    if (!options->package.len) {
        diag(&cli->diags, CLI_MISSING_OPTION, span_none(), "--wit");
        return EXIT_USAGE;
    }
    return check(cli, options->package, cli->args.at[0], &options->common.wit,
                 options->common.world);
}

const CommandSpec cmd_targets = {
    .run = run_wac,
    .size = sizeof(WacOptions),
    OPTIONS(wac_option_table),
    .arguments = wac_arguments,
    .about = "The same as `witc component targets`, by the words of `wac targets`: whether the "
             "world gives all that a component imports, and the component exports all that the "
             "world exports.",
    .examples = "Will this host run it?\n$ witc targets program.wasm --wit wit --world command\n",
};
