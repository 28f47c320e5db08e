/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc plug`: what plugs export serves what a socket imports, and what the plugs import. */
#include "cli/compose.h"

typedef struct {
    StrVec plugs;
    bool strict;
    ComposeOptions compose;
} Options;

static const Option option_table[] = {
    LIST(Options, plugs, 0, "plug", "COMPONENT", "A component whose exports serve imports"),
    FLAG(Options, strict, 0, "strict",
         "Near misses, ambiguities, and plugs that fit nothing are errors instead of warnings"),
    COMPOSE_OPTIONS(Options, compose),
};

static const Argument arguments[] = {
    {"SOCKET", "The component whose imports are served, and whose exports the result has",
     ARGUMENT_REQUIRED},
    {0},
};

static int run(Cli *cli, void *given) {
    const Options *options = given;
    VEC(const Source *) plugs = {0};
    if (!options->plugs.len) {
        diag(&cli->diags, CLI_MISSING_OPTION, span_none(), "--plug");
        return EXIT_USAGE;
    }
    const Source *socket = load_component(cli, 0, features_all());
    if (!socket) return EXIT_INPUT;
    for (size_t i = 0; i < options->plugs.len; i++) {
        const Source *plug = compose_read(cli->arena, options->plugs.at[i], cli, &cli->diags);
        if (!plug) return EXIT_INPUT;
        *vec_push(cli->arena, &plugs) = plug;
    }
    const CompPlugOptions how = {plugs.at, plugs.len, options->strict};
    CompGraph graph = compose_graph(cli, &options->compose);
    if (!comp_plug(&graph, socket, &how)) return EXIT_INPUT;
    return compose_finish(cli, &graph, &options->compose);
}

const CommandSpec cmd_plug = {
    .run = run,
    .with = WITH_OUTPUT | WITH_WAT,
    .size = sizeof(Options),
    OPTIONS(option_table),
    .arguments = arguments,
    .about =
        "Connects components without a manifest: an import of the socket is served by the plug "
        "that exports it under the same name, or with a compatible version; imports of that plug "
        "are served by the other plugs in the same way. The result has the socket's exports; what "
        "no plug exports stays imported.\n"
        "Where several plugs export the same, the first one serves the socket, and each plug is "
        "served by those after it: so filters stand in a row. What comes close but does not fit "
        "is told.",
    .examples = "A server and what it stores things in\n"
                "$ witc plug server.wasm --plug store.wasm --plug log.wasm -o program.wasm\n"
                "Who serves whom, and why\n$ witc plug server.wasm --plug store.wasm --explain\n"
                "As part of a build, where a component that fits nothing is a mistake\n"
                "$ witc plug --strict server.wasm --plug store.wasm -o program.wasm\n",
};
