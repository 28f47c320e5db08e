/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc check`: every package below some paths, by all rules of the specification.
 *
 *     file              a package, or whatever else WIT can be read from
 *     folder with .wit  a package with its `deps`
 *     other folder      the packages in the folders below it
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/load.h"

typedef struct {
    WitSelection wit;
    bool json, quiet, deny_warnings;
    uint64_t max_errors;
} Options;

static const Option option_table[] = {
    FLAG(Options, json, 0, "json", "Write what was found to standard output as JSON"),
    FLAG(Options, quiet, 'q', "quiet", "Tell errors only"),
    FLAG(Options, deny_warnings, 0, "deny-warnings", "Exit with 1 where there are warnings"),
    NUMBER(Options, max_errors, 0, "max-errors", "N", "Tell at most so many (100)"),
    WIT_SELECTION(Options, wit),
};

static const Argument arguments[] = {
    {"PATH",
     "A file or folder of WIT, or a folder with such folders below it; this folder where there is "
     "none; `-` is standard input",
     ARGUMENT_REPEATED},
    {0},
};

/* ---- finding packages ---- */

/* Folders that hold no packages of their own: hidden ones, dependencies, results of builds. */
static bool is_skipped(Str name) {
    static const char *const names[] = {"deps", "node_modules", "target", "build"};
    if (str_starts(name, STR("."))) return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_is(name, names[i])) return true;
    return false;
}

static bool is_link(Cli *cli, Str path) {
    struct stat info;
    return lstat(str_c(cli->arena, path), &info) == 0 && S_ISLNK(info.st_mode);
}

/* Whether the folder is a package; if not, the folders in it, in the reverse order of their names, are
 * added to `more`. */
static bool is_package(Cli *cli, Str path, StrVec *more) {
    DirectoryEntries entries = {0};
    if (!directory_read(cli->arena, path, &entries, &cli->diags)) return false;
    size_t before = more->len;
    for (size_t i = entries.len; i-- > 0;) {
        const DirectoryEntry *entry = &entries.at[i];
        if (is_skipped(entry->name)) continue;
        if (entry->kind == ENTRY_DIRECTORY) {
            Str folder = path_join(cli->arena, path, entry->name);
            if (!is_link(cli, folder)) *vec_push(cli->arena, more) = folder;
        } else if (str_ends(entry->name, STR(".wit"))) {
            more->len = before;
            return true;
        }
    }
    return false;
}

/* The packages that a path stands for. */
static void find_packages(Cli *cli, Str path, StrVec *found) {
    if (str_is(path, "-") || !file_is_directory(cli->arena, path)) {
        *vec_push(cli->arena, found) = path;
        return;
    }
    size_t before = found->len, errors = cli->diags.errors;
    StrVec open = {0};
    *vec_push(cli->arena, &open) = path;
    while (open.len) {
        Str next = vec_pop(&open);
        if (is_package(cli, next, &open)) *vec_push(cli->arena, found) = next;
    }
    if (found->len == before && cli->diags.errors == errors)
        diag(&cli->diags, CLI_NO_WIT, span_none(), STR_ARG(path));
}

/* ---- checking ---- */

/* That the package can be encoded says that no rule of the binary form was missed. */
static Str check_package(Cli *cli, Str path, const WitSelection *selection) {
    size_t errors = cli->diags.errors;
    const WitModel *model = load_wit(cli, path, selection);
    if (!model || cli->diags.errors > errors) return (Str){0};
    if (!model->main) return STR("a component");
    CompComponent *component = comp_encode_package(cli->arena, model, &cli->diags);
    if (component) {
        Buf bytes = {.arena = cli->arena};
        comp_encode(component, &bytes);
        Str name = str_fmt(cli->arena, "%.*s as a binary", STR_ARG(path));
        check_valid(cli, source_of(cli->arena, name, buf_text(&bytes)), features_all(), 0);
    }
    return wit_package_id(cli->arena, model->main);
}

static Str count(Arena *arena, size_t n, const char *what) {
    if (n == 0) return str_fmt(arena, "no %ss", what);
    return str_fmt(arena, "%zu %s%s", n, what, n == 1 ? "" : "s");
}

static int write_json(Cli *cli, const StrVec *paths, const StrVec *ids) {
    Json json = json_new(cli->arena, 2);
    json_object(&json);
    json_key(&json, "packages");
    json_array(&json);
    for (size_t i = 0; i < paths->len; i++) {
        json_object(&json);
        json_key(&json, "path"), json_string(&json, paths->at[i]);
        json_key(&json, "name");
        if (ids->at[i].len) json_string(&json, ids->at[i]);
        else json_null(&json);
        json_end(&json);
    }
    json_end(&json);
    json_key(&json, "errors"), json_uint(&json, cli->diags.errors);
    json_key(&json, "warnings"), json_uint(&json, cli->diags.warnings);
    json_key(&json, "diagnostics");
    diag_put_json(&json, &cli->diags);
    json_end(&json);
    buf_byte(&json.out, '\n');
    cli->told = true;
    Diags writing = {.arena = cli->arena};
    if (file_write(cli->arena, STR("-"), buf_text(&json.out), &writing)) return EXIT_OK;
    cli->diags = writing;
    cli->told = false;
    return EXIT_INPUT;
}

static int run(Cli *cli, void *given) {
    Options *options = given;
    StrVec paths = {0}, ids = {0};
    options->wit.strict = true;
    cli->diags.max_errors = options->max_errors;
    if (cli->args.len == 0) *vec_push(cli->arena, &cli->args) = STR(".");
    for (size_t i = 0; i < cli->args.len; i++) find_packages(cli, cli->args.at[i], &paths);
    for (size_t i = 0; i < paths.len; i++)
        *vec_push(cli->arena, &ids) = check_package(cli, paths.at[i], &options->wit);
    bool failed = cli->diags.errors || (options->deny_warnings && cli->diags.warnings);
    if (options->quiet) diag_drop_warnings(&cli->diags);
    if (options->json) {
        int status = write_json(cli, &paths, &ids);
        return status ? status : failed ? EXIT_INPUT : EXIT_OK;
    }
    Str packages = count(cli->arena, paths.len, "package");
    Str errors = count(cli->arena, cli->diags.errors, "error");
    Str warnings = count(cli->arena, cli->diags.warnings, "warning");
    if (!options->quiet)
        cli->closing = str_fmt(cli->arena, "%.*s checked: %.*s, %.*s\n", STR_ARG(packages),
                               STR_ARG(errors), STR_ARG(warnings));
    return failed ? EXIT_INPUT : EXIT_OK;
}

const CommandSpec cmd_check = {
    .run = run,
    .size = sizeof(Options),
    OPTIONS(option_table),
    .arguments = arguments,
    .about =
        "Reads packages of WIT and holds them against all rules of the specification, also those "
        "that other commands and tools let pass: the gates that an item in or beside a gated item "
        "needs, and what no component can have.\n\n"
        "A folder with .wit files is one package, with its dependencies below `deps`. Of any other "
        "folder all packages in the folders below it are checked; `deps`, `build`, `target`, "
        "`node_modules`, hidden folders and symbolic links are passed over. Dependencies "
        "are checked as well, but for their gates.\n\n"
        "Exits with 1 where there is an error, or a warning with --deny-warnings.",
    .examples = "Check a package\n$ witc check wit/\n"
                "Check everything below this folder, warnings too\n$ witc check --deny-warnings .\n"
                "Check what is left of a package for users of an older version\n"
                "$ witc check --target-version 0.2.3 wit/\n"
                "For editors and other programs\n$ witc check --json wit/\n",
};
