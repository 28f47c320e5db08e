/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc doc`: documentation of packages, as HTML or Markdown. */
#include "cli/load.h"
#include "report/report.h"

typedef struct {
    WitSelection wit;
    Str world, title;
    unsigned format;
    bool only_main, check;
} Options;

static const Option option_table[] = {
    CHOICE(Options, format, 0, "format", "html|markdown",
           "What is written; a file's name ending with .md means markdown, too"),
    TEXT(Options, world, 'w', "world", "WORLD", "Only what this world imports and exports"),
    FLAG(Options, only_main, 0, "no-deps", "Leave out the packages that the main one needs"),
    FLAG(Options, check, 0, "check",
         "Write nothing, fail where a comment links to what does not exist"),
    TEXT(Options, title, 0, "title", "TEXT", "The title of the page that lists the packages"),
    WIT_SELECTION(Options, wit),
};

static const Argument arguments[] = {
    {"WIT", "A folder or file of WIT, or a component or WIT package as a binary",
     ARGUMENT_REQUIRED},
    {0},
};

static bool names_page(Str path) {
    return str_ends(path, STR(".html")) || str_ends(path, STR(".htm")) ||
           str_ends(path, STR(".md"));
}

static int write_pages(Cli *cli, const ReportFiles *files) {
    if (!cli_make_directories(cli, cli->output)) return EXIT_INPUT;
    for (size_t i = 0; i < files->len; i++) {
        Str path = path_join(cli->arena, cli->output, files->at[i].path);
        if (!file_write(cli->arena, path, files->at[i].text, &cli->diags)) return EXIT_INPUT;
    }
    return EXIT_OK;
}

static int run(Cli *cli, void *given) {
    const Options *options = given;
    WitModel *model = load_wit(cli, cli->args.at[0], &options->wit);
    if (!model) return EXIT_INPUT;
    bool one_page = !cli->output.len || str_is(cli->output, "-") || names_page(cli->output);
    bool markdown = options->format == REPORT_MARKDOWN || str_ends(cli->output, STR(".md"));
    ReportDocOptions how = {.format = markdown ? REPORT_MARKDOWN : REPORT_HTML,
                            .only_main = options->only_main || (one_page && !options->check),
                            .check = options->check,
                            .title = options->title};
    if (options->world.len) {
        how.world = wit_select_world(model, options->world, &cli->diags);
        if (!how.world) return EXIT_INPUT;
        how.only_main = options->only_main || one_page;
        model->main = model->packages.at[how.world->package->id];
    }
    ReportFiles files = {0};
    size_t before = cli->diags.warnings;
    report_doc(cli->arena, model, &how, &files, &cli->diags);
    if (options->check) return cli->diags.warnings > before ? EXIT_INPUT : EXIT_OK;
    if (!one_page) return write_pages(cli, &files);
    return cli_write(cli, files.len ? files.at[0].text : (Str){0});
}

const CommandSpec cmd_doc = {
    .run = run,
    .with = WITH_OUTPUT,
    .size = sizeof(Options),
    OPTIONS(option_table),
    .arguments = arguments,
    .about =
        "Writes documentation: a page for each package, with everything in it linked to what it "
        "uses and to what uses it, and a page that lists the packages. Pages of HTML stand alone "
        "and load nothing. With -o FOLDER all packages are documented there; with -o FILE, or "
        "without it, only the main one is.\n\n"
        "Comments are read as Markdown. Names in backticks become links where they are those of "
        "items: `read` or `input-stream.read` beside the item itself, `streams.input-stream` in "
        "the package, `wasi:io/streams.input-stream` anywhere. In brackets, [`read`], a name is "
        "meant to be a link, and --check tells if it cannot be one.",
    .examples = "Documentation of a package and what it needs\n$ witc doc wit -o site\n"
                "A page of Markdown for a repository\n$ witc doc wit -o API.md\n"
                "Do all links in comments lead somewhere?\n$ witc doc --check wit\n",
};
