/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc validate`: says nothing where the input is valid. */
#include "cli/load.h"

typedef struct {
    uint64_t jobs;
    DwarfChoice dwarf; /* faults in text are placed in it anyway */
} Options;

static const Option option_table[] = {
    NUMBER(Options, jobs, 'j', "jobs", "N",
           "Check function bodies in so many threads (as many as there are processors)"),
    DWARF_CHOICE(Options, dwarf),
};

static const Argument arguments[] = {
    {"INPUT", "A core module or component; standard input where there is none or it is `-`",
     ARGUMENT_OPTIONAL},
    {0},
};

static int run(Cli *cli, void *given) {
    const Options *options = given;
    Features features;
    if (!cli_features(cli, &features)) return EXIT_USAGE;
    const Source *source = cli_read(cli, 0);
    unsigned jobs = options->jobs < UINT32_MAX ? (unsigned)options->jobs : UINT32_MAX;
    return source && check_valid(cli, source, features, jobs) ? EXIT_OK : EXIT_INPUT;
}

const CommandSpec cmd_validate = {
    .run = run,
    .with = WITH_FEATURES,
    .size = sizeof(Options),
    OPTIONS(option_table),
    .arguments = arguments,
    .about = "Checks a core module or component against the specification. Prints nothing where it "
             "is valid. Bodies are checked by several threads where they are worth it; what is "
             "reported does not depend on that. Without --features everything is allowed that the "
             "standards have released.",
    .examples = "Only what the first version had\n$ witc validate -f mvp module.wasm\n"
                "Everything, threads and all\n$ witc validate -f all module.wasm\n",
};
