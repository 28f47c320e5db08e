/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc graph`: packages, interfaces and worlds, and what joins them. */
#include "cli/compose.h"
#include "report/report.h"

typedef struct {
    WitSelection wit;
    Str world;
    unsigned level, format;
} Options;

enum { FORMAT_DOT, FORMAT_SVG, FORMAT_JSON };

static const Option option_table[] = {
    TEXT(Options, world, 'w', "world", "WORLD", "Only what this world leads to"),
    CHOICE(Options, level, 0, "level", "packages|interfaces|worlds",
           "What the nodes are; `worlds`, which is usual, shows worlds and interfaces"),
    CHOICE(Options, format, 0, "format", "dot|svg|json",
           "`svg` needs the program `dot` of Graphviz"),
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
    if (!model) return EXIT_INPUT;
    ReportGraphOptions view = {.level = (ReportLevel)options->level};
    if (options->world.len) {
        view.world = wit_select_world(model, options->world, &cli->diags);
        if (!view.world) return EXIT_INPUT;
    }
    Buf text = {.arena = cli->arena};
    if (options->format == FORMAT_JSON) report_graph_json(cli->arena, model, &view, &text);
    else report_graph_dot(cli->arena, model, &view, &text);
    Str result = buf_text(&text);
    if (options->format == FORMAT_SVG && !dot_to_svg(cli, result, &result)) return EXIT_INPUT;
    return cli_write(cli, result);
}

static const Options defaults = {.level = REPORT_BY_WORLD};

const CommandSpec cmd_graph = {
    .run = run,
    .with = WITH_OUTPUT,
    .size = sizeof(Options),
    .defaults = &defaults,
    OPTIONS(option_table),
    .arguments = arguments,
    .about =
        "Draws the packages, interfaces and worlds of WIT: who uses types of whom, what worlds "
        "import, export and include. What a world imports only because something else needs it is "
        "left out: the uses show it, and `witc expand` explains it.",
    .examples = "As a picture\n$ witc graph --format svg wit -o wit.svg\n"
                "How packages depend on each other, for Graphviz\n"
                "$ witc graph --level packages wit | dot -Tpng -o packages.png\n"
                "What one world leads to, for a program\n"
                "$ witc graph -w command --format json wit\n",
};
