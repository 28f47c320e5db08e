/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc diff`: what changed between two versions of a WIT package, and the version that it asks for. */
#include <unistd.h>

#include "cli/load.h"
#include "report/report.h"

typedef struct {
    WitSelection wit;
    Str world, package;
    unsigned from;
    bool json, check, no_docs, all;
} Options;

static const Option option_table[] = {
    TEXT(Options, world, 'w', "world", "WORLD", "Only this world and the interfaces that it has"),
    TEXT(Options, package, 'p', "package", "NAME",
         "Compare this package, `ns:name`, instead of the one that each input is about"),
    CHOICE(Options, from, 0, "from", "patch|minor|major",
           "Show only changes of this weight or more"),
    FLAG(Options, all, 'a', "all",
         "Show each change of documentation and gates, which are counted otherwise"),
    FLAG(Options, no_docs, 0, "no-docs", "Leave documentation out of it"),
    FLAG(Options, check, 0, "check",
         "Fail where the new package's version is too small for its changes"),
    FLAG(Options, json, 'j', "json", "Write everything as JSON"),
    WIT_SELECTION(Options, wit),
};

static const Argument arguments[] = {
    {"OLD",
     "The package before: a folder or file of WIT, a WIT package as a binary, or a component",
     ARGUMENT_REQUIRED},
    {"NEW", "The package after", ARGUMENT_REQUIRED},
    {0},
};

/* The package that is meant; of several versions the one that is asked for, or the last. */
static const WitPackage *choose(Cli *cli, const WitModel *model, Str name, Str path) {
    const WitPackage *found = name.len ? NULL : model->main;
    for (size_t i = 0; i < model->packages.len && name.len; i++) {
        const WitPackage *package = model->packages.at[i];
        Str id = wit_package_id(cli->arena, package);
        Str plain = str_fmt(cli->arena, "%.*s:%.*s", STR_ARG(package->ns), STR_ARG(package->name));
        if (str_eq(id, name)) return package;
        if (str_eq(plain, name)) found = package;
    }
    if (!found) diag(&cli->diags, DIFF_NO_PACKAGE, span_none(), STR_ARG(name), STR_ARG(path));
    return found;
}

static void check(Cli *cli, const ReportDiff *diff) {
    const WitPackage *a = diff->old_package, *b = diff->new_package;
    Str name = str_fmt(cli->arena, "%.*s:%.*s", STR_ARG(b->ns), STR_ARG(b->name));
    if (!b->version.text.len && diff->bump != REPORT_NO_BUMP)
        diag(&cli->diags, DIFF_NO_VERSION, b->span, STR_ARG(name));
    else if (!diff->enough)
        diag(&cli->diags, DIFF_TOO_SMALL, b->span, STR_ARG(b->version.text), STR_ARG(name),
             STR_ARG(diff->least.text), STR_ARG(a->version.text));
}

static int run(Cli *cli, void *given) {
    const Options *options = given;
    WitModel *models[2];
    const WitPackage *packages[2];
    for (int i = 0; i < 2; i++) {
        models[i] = load_wit(cli, cli->args.at[i], &options->wit);
        if (!models[i]) return EXIT_INPUT;
        packages[i] = choose(cli, models[i], options->package, cli->args.at[i]);
        if (!packages[i]) return EXIT_INPUT;
    }
    ReportDiffOptions how = {.no_docs = options->no_docs, .world = options->world};
    ReportDiff *diff =
        report_diff(cli->arena, models[0], packages[0], models[1], packages[1], &how, &cli->diags);
    if (!diff) return EXIT_INPUT;
    Buf out = {.arena = cli->arena};
    if (options->json) {
        report_diff_json(cli->arena, diff, &out);
    } else {
        ReportDiffShow show = {.from = (ReportBump)(REPORT_PATCH + options->from),
                               .all = options->all,
                               .colour = !cli->output.len && cli_colour(cli, STDOUT_FILENO)};
        report_diff_text(diff, &show, &out);
    }
    int status = cli_write(cli, buf_text(&out));
    if (status == EXIT_OK && options->check) check(cli, diff);
    return status;
}

const CommandSpec cmd_diff = {
    .run = run,
    .with = WITH_OUTPUT,
    .size = sizeof(Options),
    OPTIONS(option_table),
    .arguments = arguments,
    .about =
        "Compares two versions of a WIT package: every change at its place, whom it hurts (those "
        "who import an interface or those who export it; components made for a world or hosts "
        "that run them), and whether it is major, minor or a patch. The last line tells the least "
        "version that the new package may have.\n"
        "What is behind @unstable is compared where its feature is on, and promises nothing.",
    .examples = "What is new\n$ witc diff wit-0.2.0/ wit-0.2.1/\n"
                "In a pipeline: was the version raised as it must be?\n"
                "$ witc diff --check --from minor released/ wit/\n",
};
