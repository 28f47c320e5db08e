/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc decompose`: a composition as its parts and a manifest. */
#include "cli/load.h"

typedef struct {
    Str manifest;
} Options;

static const Options defaults = {.manifest = STR_INIT("compose.yml")};

static const Option option_table[] = {
    TEXT(Options, manifest, 0, "manifest", "NAME", "What the manifest is called (compose.yml)"),
};

static const Argument arguments[] = {
    {"COMPONENT", "A component that was composed; standard input where there is none or it is `-`",
     ARGUMENT_OPTIONAL},
    {0},
};

static int run(Cli *cli, void *given) {
    const Options *options = given;
    Features features = features_all();
    if (!cli->output.len) {
        diag(&cli->diags, CLI_MISSING_OPTION, span_none(), "--output");
        return EXIT_USAGE;
    }
    const Source *source = load_component(cli, 0, features);
    const CompComponent *component =
        source ? comp_decode(cli->arena, source, features, &cli->diags) : NULL;
    const CompInfo *info =
        component ? comp_validate(cli->arena, component, features, &cli->diags) : NULL;
    if (!info) return EXIT_INPUT;
    CompPieces pieces = {0};
    Str manifest = comp_decompose(cli->arena, component, info, &pieces, &cli->diags);
    if (!manifest.len || !cli_make_directories(cli, cli->output)) return EXIT_INPUT;
    Str path = path_join(cli->arena, cli->output, options->manifest);
    for (size_t i = 0; i <= pieces.len; i++) {
        Str to = i < pieces.len ? path_join(cli->arena, cli->output, pieces.at[i].file) : path;
        if (!file_replaces(to, source->path)) continue;
        diag(&cli->diags, COMPOSE_SELF, span_none(), STR_ARG(source->path));
        return EXIT_INPUT;
    }
    for (size_t i = 0; i < pieces.len; i++) {
        Str to = path_join(cli->arena, cli->output, pieces.at[i].file);
        if (!file_write(cli->arena, to, pieces.at[i].bytes, &cli->diags)) return EXIT_INPUT;
    }
    return file_write(cli->arena, path, manifest, &cli->diags) ? EXIT_OK : EXIT_INPUT;
}

const CommandSpec cmd_decompose = {
    .run = run,
    .with = WITH_OUTPUT,
    .size = sizeof(Options),
    .defaults = &defaults,
    OPTIONS(option_table),
    .arguments = arguments,
    .about =
        "Takes a composition apart: the components that it is made of go to files in the folder "
        "of -o, with a manifest that says how they are connected. `witc compose -c` with that "
        "manifest puts them together again, to the same bytes where `witc compose` or `witc plug` "
        "had made it. Any composition will do, whoever made it, as long as it has nothing but "
        "components, instances of them, imports and exports.",
    .examples = "Take it apart, exchange a part, put it together again\n"
                "$ witc decompose program.wasm -o parts\n"
                "$ cp new/store.wasm parts/store.wasm\n"
                "$ witc compose -c parts/compose.yml -o program.wasm\n",
};
