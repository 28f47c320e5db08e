/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc component semver-check`: is a world a compatible upgrade of another? */
#include "cli/load.h"

typedef struct {
    WitSelection wit;
    Str prev, next;
} Options;

static const Option option_table[] = {
    TEXT(Options, prev, 0, "prev", "WORLD", "The world before: `name` or `ns:pkg/name@version`"),
    TEXT(Options, next, 0, "new", "WORLD", "The world after"),
    WIT_SELECTION(Options, wit),
};

static const Argument arguments[] = {
    {"WIT", "A folder or file of WIT that has both worlds", ARGUMENT_REQUIRED},
    {0},
};

static int run(Cli *cli, void *given) {
    const Options *options = given;
    WitModel *model = load_wit(cli, cli->args.at[0], &options->wit);
    if (!model) return EXIT_INPUT;
    const WitWorld *prev = wit_select_world(model, options->prev, &cli->diags);
    const WitWorld *next = wit_select_world(model, options->next, &cli->diags);
    if (!prev || !next) return EXIT_INPUT;
    return wit_semver_check(prev, next, &cli->diags) ? EXIT_OK : EXIT_INPUT;
}

const CommandSpec cmd_component_semver_check = {
    .run = run,
    .size = sizeof(Options),
    OPTIONS(option_table),
    .arguments = arguments,
    .about = "Tells whether components that were made for one world fit another, so that the other "
             "is a compatible upgrade: it may import more and export less, but what both have must "
             "have the same types. Versions of packages are no matter.",
    .examples =
        "Two worlds of one package\n$ witc component semver-check wit --prev old --new new\n",
};
