/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc fmt`: lays out WIT. Files that are laid out already are not touched. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/linediff.h"
#include "witc/witc.h"

enum { MAX_FOLDERS = 64, MAX_INDENT = 16 };

typedef struct {
    bool check, diff, json;
    Str range;
    uint64_t indent, width;
} Options;

static const Option option_table[] = {
    FLAG(Options, check, 0, "check",
         "Write nothing; list the files that would change and exit with 1"),
    FLAG(Options, diff, 0, "diff", "Write nothing; show what would change"),
    FLAG(Options, json, 'j', "json", "The list of --check as JSON, all files with `changed`"),
    TEXT(Options, range, 0, "range", "A:B", "Only items that touch the lines A to B"),
    NUMBER(Options, indent, 0, "indent", "N", "Spaces a level, 1 to 16 [2 or 4, as in the file]"),
    NUMBER(Options, width, 0, "width", "N", "Columns that a list may take on one line [100]"),
};

static const Argument arguments[] = {
    {"PATH",
     "A file, or a folder in which all .wit files are meant; standard input, written to standard "
     "output, where there is none or it is `-`",
     ARGUMENT_REPEATED},
    {0},
};

typedef struct {
    Cli *cli;
    const Options *options;
    WitcFormatOptions format;
    Buf report;
    Json json;
    bool would_change;
} Fmt;

static void report(Fmt *f, const Source *source, Str text) {
    bool changed = !str_eq(source->text, text);
    f->would_change = f->would_change || changed;
    if (f->options->json) {
        json_object(&f->json);
        json_key(&f->json, "path");
        json_string(&f->json, source->path);
        json_key(&f->json, "changed");
        json_bool(&f->json, changed);
        json_end(&f->json);
    } else if (f->options->diff) {
        line_diff(source->path, source->text, text, cli_colour(f->cli, STDOUT_FILENO), &f->report);
    } else if (changed) {
        buf_fmt(&f->report, "%.*s\n", STR_ARG(source->path));
    }
}

static void format_file(Fmt *f, Str path) {
    Cli *cli = f->cli;
    const Source *source = file_read(cli->arena, path, &cli->diags);
    Buf text = {.arena = cli->arena};
    if (!source || !witc_format(source, &f->format, &text, &cli->diags)) return;
    if (f->options->check || f->options->diff) report(f, source, buf_text(&text));
    else if (cli->output.len) file_write(cli->arena, cli->output, buf_text(&text), &cli->diags);
    else if (str_is(path, "-") || !str_eq(source->text, buf_text(&text)))
        file_write(cli->arena, path, buf_text(&text), &cli->diags);
}

/* All .wit files below a folder, in the order of their names. Links to folders are not followed. */
static void format_folder(Fmt *f, Str folder, unsigned depth) {
    Cli *cli = f->cli;
    StrVec names = {0};
    if (!directory_list(cli->arena, folder, &names, &cli->diags)) return;
    for (size_t i = 0; i < names.len; i++) {
        Str path = path_join(cli->arena, folder, names.at[i]);
        struct stat st;
        if (lstat(str_c(cli->arena, path), &st) != 0) continue;
        if (S_ISDIR(st.st_mode) && depth < MAX_FOLDERS) format_folder(f, path, depth + 1);
        else if (S_ISREG(st.st_mode) && str_ends(path, STR(".wit"))) format_file(f, path);
    }
}

static bool read_number(Str s, size_t *at, uint32_t *number) {
    size_t start = *at;
    *number = 0;
    for (; *at < s.len && s.ptr[*at] >= '0' && s.ptr[*at] <= '9'; ++*at) {
        if (*number > UINT32_MAX / 16) return false;
        *number = *number * 10 + (uint32_t)(s.ptr[*at] - '0');
    }
    return *at > start && *number > 0;
}

static bool read_range(Str s, WitcFormatOptions *format) {
    size_t at = 0;
    if (!s.len) return true;
    return read_number(s, &at, &format->first_line) && at < s.len && s.ptr[at++] == ':' &&
           read_number(s, &at, &format->last_line) && at == s.len &&
           format->first_line <= format->last_line;
}

static int bad_value(Cli *cli, Str value, const char *option, const char *expected) {
    diag(&cli->diags, CLI_BAD_VALUE, span_none(), STR_ARG(value), STR_ARG(str_from(option)),
         expected);
    return EXIT_USAGE;
}

static int run(Cli *cli, void *given) {
    const Options *o = given;
    Fmt f = {.cli = cli, .options = o, .report = {.arena = cli->arena}};
    f.json = json_new(cli->arena, 2);
    json_array(&f.json);
    if (!read_range(o->range, &f.format))
        return bad_value(cli, o->range, "--range", "two lines from 1, as in 10:20");
    if (o->indent > MAX_INDENT)
        return bad_value(cli, str_fmt(cli->arena, "%" PRIu64, o->indent), "--indent", "at most 16");
    if (o->width < 1 || o->width > UINT32_MAX / 2)
        return bad_value(cli, str_fmt(cli->arena, "%" PRIu64, o->width), "--width",
                         "a number of columns");
    if (o->json && !o->check) {
        diag(&cli->diags, CLI_MISSING_OPTION, span_none(), "--check");
        return EXIT_USAGE;
    }
    bool several =
        cli->args.len > 1 || (cli->args.len == 1 && file_is_directory(cli->arena, cli->args.at[0]));
    if (cli->output.len && (several || o->check || o->diff)) {
        diag(&cli->diags, CLI_CONFLICT, span_none(), "--output",
             o->check  ? "--check"
             : o->diff ? "--diff"
                       : "several files");
        return EXIT_USAGE;
    }
    f.format.indent = (uint32_t)o->indent;
    f.format.width = (uint32_t)o->width;
    if (!cli->args.len) format_file(&f, STR("-"));
    for (size_t i = 0; i < cli->args.len; i++) {
        if (file_is_directory(cli->arena, cli->args.at[i])) format_folder(&f, cli->args.at[i], 0);
        else format_file(&f, cli->args.at[i]);
    }
    json_end(&f.json);
    if (o->json) buf_fmt(&f.report, "%.*s\n", STR_ARG(buf_text(&f.json.out)));
    if (f.report.len) file_write(cli->arena, STR("-"), buf_text(&f.report), &cli->diags);
    return cli->diags.errors || (o->check && f.would_change) ? EXIT_INPUT : EXIT_OK;
}

const CommandSpec cmd_fmt = {
    .run = run,
    .with = WITH_OUTPUT,
    .size = sizeof(Options),
    .defaults = &(const Options){.width = 100},
    OPTIONS(option_table),
    .arguments = arguments,
    .about =
        "Lays out WIT as the packages of WASI are: an element a line in records, variants, enums "
        "and "
        "flags, lists of parameters on one line where they fit, two or four spaces a level as the "
        "file has them.\n"
        "All comments stay, and so do blank lines, one in a row. A list that has a new line behind "
        "its opening bracket stays broken. The only token that comes or goes is the comma after "
        "the "
        "last element of a list.\n"
        "Items with syntax errors are left as they are, and the rest is laid out; the errors are "
        "told, and the exit status is 1.",
    .examples =
        "All files of a package, and of its dependencies\n$ witc fmt wit\n"
        "In continuous integration\n$ witc fmt --check --diff wit\n"
        "From an editor, the lines that are selected\n$ witc fmt --range 10:24 - <world.wit\n",
};
