/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc validate`: says nothing where the input is valid. */
#include "cli/load.h"

static const Argument arguments[] = {
    {"INPUT", "A core module or component; standard input where there is none or it is `-`",
     ARGUMENT_OPTIONAL},
    {0},
};

static int run(Cli *cli, void *options) {
    (void)options;
    Features features;
    if (!cli_features(cli, &features)) return EXIT_USAGE;
    const Source *source = cli_read(cli, 0);
    return source && check_valid(cli, source, features) ? EXIT_OK : EXIT_INPUT;
}

const CommandSpec cmd_validate = {
    .run = run,
    .with = WITH_FEATURES,
    .arguments = arguments,
    .about = "Checks a core module or component against the specification. Prints nothing where it "
             "is valid. Without --features everything is allowed that the standards have released.",
    .examples = "Only what the first version had\n$ witc validate -f mvp module.wasm\n"
                "Everything, threads and all\n$ witc validate -f all module.wasm\n",
};
