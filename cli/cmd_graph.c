/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc graph`: packages, interfaces and worlds, and what joins them. */
#include "cli/load.h"
#include "cli/process.h"
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

/* ---- Graphviz ---- */

/* Runs `dot` in a folder of its own. */
static bool run_dot(Cli *cli, Work *work, Str program, Str graph, Str *svg) {
    Str in = path_join(cli->arena, work->folder, STR("graph.dot"));
    Str out = path_join(cli->arena, work->folder, STR("graph.svg"));
    if (!file_write(cli->arena, in, graph, &cli->diags)) return false;
    Process dot = {0};
    const Str words[] = {program, STR("-Tsvg"), STR("-o"), out, in};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        *vec_push(cli->arena, &dot.words) = words[i];
    if (!work_run(cli, work, &dot, 1, 1)) return false;
    if (dot.status != 0) {
        Str said = str_trim(str_from_to(dot.output, 0, str_find(dot.output, '\n', 0)));
        diag(&cli->diags, CLI_DOT_FAILED, span_none(), STR_ARG(said));
        return false;
    }
    const Source *drawn = file_read(cli->arena, out, &cli->diags);
    if (drawn) *svg = str_copy(cli->arena, drawn->text);
    return drawn != NULL;
}

static bool to_svg(Cli *cli, Str graph, Str *svg) {
    Str program = program_find(cli, STR("dot"));
    if (!program.len) {
        diag(&cli->diags, CLI_NO_DOT, span_none());
        return false;
    }
    Work work;
    if (!work_begin(cli, &work)) return false;
    bool ok = run_dot(cli, &work, program, graph, svg);
    work_end(cli, &work);
    return ok;
}

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
    if (options->format == FORMAT_SVG && !to_svg(cli, result, &result)) return EXIT_INPUT;
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
