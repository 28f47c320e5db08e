/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc component new`: a core module becomes a component. */
#include "cli/make.h"

typedef struct {
    ComponentChoice component;
    DwarfChoice dwarf;
} Options;

static const Options defaults = {.component = COMPONENT_DEFAULTS};

static const Option option_table[] = {COMPONENT_OPTIONS(Options, component),
                                      DWARF_CHOICE(Options, dwarf)};

static const Argument arguments[] = {
    {"INPUT",
     "A core module with its world embedded; standard input where there is none or it is `-`",
     ARGUMENT_OPTIONAL},
    {0},
};

static int run(Cli *cli, void *given) {
    const Options *options = given;
    const Source *module = load_module_debug(cli, 0, features_all(), &options->dwarf);
    const CompComponent *made;
    int status = module ? make_component(cli, module, &options->component, &made) : EXIT_INPUT;
    return status == EXIT_OK ? write_made(cli, made) : status;
}

const CommandSpec cmd_component_new = {
    .run = run,
    .with = WITH_OUTPUT | WITH_WAT,
    .size = sizeof(Options),
    .defaults = &defaults,
    OPTIONS(option_table),
    .arguments = arguments,
    .about =
        "Makes a component of a core module. The module tells its world in a custom section, which "
        "the C bindings or `witc component embed` have written; its imports and exports must "
        "be those of the world.",
    .examples =
        "After linking C with its bindings\n$ witc component new app.core.wasm -o app.wasm\n"
        "A program of WASI 0.1\n"
        "$ witc component new --adapt wasi old.wasm -o new.wasm\n",
};
