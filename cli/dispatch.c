/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The program but for main: finds the subcommand, parses its options, runs it, and shows the diagnostics.
 *
 *     witc [options] command [words] [options and arguments]
 *
 * Called by the name `wasm-component-ld` it is that linker.
 *
 * Exit status: 0 done, 1 the input is wrong, 2 the command line is wrong; `run` passes on the
 * guest's.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <stdlib.h>
#include <unistd.h>

#include "base/explain.h"
#include "base/version.h"
#include "cli/component_ld.h"

#define COMMAND(name, id, group, summary) {name, group, summary, &cmd_##id},
const Command cli_commands[] = {
#include "cli/command.def"
};
#undef COMMAND
const size_t cli_command_count = sizeof cli_commands / sizeof *cli_commands;

const char *const cli_group_titles[GROUP_COUNT] = {
    [GROUP_WIT] = "WIT",
    [GROUP_COMPONENT] = "Making components",
    [GROUP_TEXT] = "Modules and components as files",
    [GROUP_RUN] = "Running",
    [GROUP_TOOL] = "About witc",
    [GROUP_ALIAS] = "Other names",
};

bool cli_colour(const Cli *cli, int file) {
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    if (cli->color != COLOR_AUTO) return cli->color == COLOR_ALWAYS;
    if (no_color && *no_color) return false;
    return isatty(file) && !(term && strcmp(term, "dumb") == 0);
}

/* The codes of which `witc explain` has more to say, on one line. */
static void offer_explanations(const Diags *diags) {
    enum { MOST = 4 };
    DiagCode codes[MOST];
    size_t n = 0;
    for (size_t i = 0; i < diags->list.len && n < MOST; i++) {
        DiagCode code = diags->list.at[i].code;
        bool known = !diag_explanation(code);
        for (size_t k = 0; k < n; k++) known = known || codes[k] == code;
        if (!known) codes[n++] = code;
    }
    if (n == 0) return;
    fputs("`witc explain", stderr);
    for (size_t i = 0; i < n; i++) fprintf(stderr, " %s", diag_name(codes[i]));
    fputs("` tells more\n", stderr);
}

static void show_diagnostics(const Cli *cli) {
    if (cli->told) return;
    if (cli->message_format == MESSAGES_JSON) {
        diag_json(stderr, &cli->diags);
        return;
    }
    if (cli->diags.list.len) diag_print(stderr, &cli->diags, cli_colour(cli, STDERR_FILENO));
    offer_explanations(&cli->diags);
    fwrite(cli->closing.ptr ? cli->closing.ptr : "", 1, cli->closing.len, stderr);
}

/* What is wrong with words that are no command, and what may have been meant. */
static void unknown_command(Cli *cli, const Str *words, size_t n) {
    Str said = words[0];
    if (cli_is_family(said)) {
        if (n == 1 || str_starts(words[1], STR("-"))) {
            diag(&cli->diags, CLI_FAMILY, span_none(), STR_ARG(said));
            diag_note(&cli->diags, CLI_SEE_HELP, span_none(), " ", str_c(cli->arena, said));
            return;
        }
        said = str_fmt(cli->arena, "%.*s %.*s", STR_ARG(words[0]), STR_ARG(words[1]));
    }
    cli_unknown_command(cli, said);
}

void cli_unknown_command(Cli *cli, Str said) {
    diag(&cli->diags, CLI_UNKNOWN_COMMAND, span_none(), STR_ARG(said));
    Str *names = ARENA_NEW_ARRAY(cli->arena, Str, cli_command_count);
    for (size_t i = 0; i < cli_command_count; i++) names[i] = str_from(cli_commands[i].name);
    Str nearest = str_nearest(said, names, cli_command_count);
    if (nearest.len) diag_note(&cli->diags, CLI_NEAREST, span_none(), STR_ARG(nearest));
    else if (file_exists(cli->arena, said))
        diag_note(&cli->diags, CLI_RUN_FILE, span_none(), STR_ARG(said));
    else diag_note(&cli->diags, CLI_SEE_HELP, span_none(), "", "");
}

static int run_command(Cli *cli, const Command *command, const Str *words, size_t n) {
    const CommandSpec *spec = command->spec;
    cli->command = command;
    if (spec->raw) return spec->raw(cli, words, n);
    void *options = arena_alloc(cli->arena, spec->size);
    if (spec->defaults) memcpy(options, spec->defaults, spec->size);
    if (!cli_parse(cli, spec, options, words, n)) {
        diag_note(&cli->diags, CLI_SEE_HELP, span_none(), " ", command->name);
        return EXIT_USAGE;
    }
    if (cli->help) {
        Buf out = {.arena = cli->arena};
        help_command(&out, command);
        cli->output = (Str){0};
        return cli_write(cli, buf_text(&out));
    }
    int status = spec->run(cli, options);
    return status == EXIT_OK && cli->diags.errors ? EXIT_INPUT : status;
}

static int print(Cli *cli, Buf out) { return cli_write(cli, buf_text(&out)); }

/* `witc` alone, or with options and no command. */
static int run_without_command(Cli *cli) {
    Buf out = {.arena = cli->arena};
    if (cli->version) {
        buf_fmt(&out, "witc %s\n", WITC_VERSION);
        return print(cli, out);
    }
    help_overview(&out);
    if (cli->help) return print(cli, out);
    fwrite(out.ptr, 1, out.len, stderr);
    return EXIT_USAGE;
}

/* The options before the command's name are the shared ones. */
static size_t leading_options(const Str *words, size_t n) {
    size_t i = 0;
    while (i < n && words[i].len > 1 && words[i].ptr[0] == '-') {
        bool takes_next = str_is(words[i], "--color") || str_is(words[i], "--message-format");
        i += takes_next && i + 1 < n ? 2 : 1;
    }
    return i;
}

static int dispatch(Cli *cli, const Str *words, size_t n) {
    static const CommandSpec no_command = {0};
    size_t lead = leading_options(words, n), used = 0;
    if (!cli_parse(cli, &no_command, NULL, words, lead)) {
        diag_note(&cli->diags, CLI_SEE_HELP, span_none(), "", "");
        return EXIT_USAGE;
    }
    words += lead, n -= lead;
    if (n == 0 || cli->version) return run_without_command(cli);
    const Command *command = cli_find_command(words, n, &used);
    if (command) return run_command(cli, command, words + used, n - used);
    if (cli_is_family(words[0]) && n > 1 &&
        (str_is(words[1], "--help") || str_is(words[1], "-h") || str_is(words[1], "help"))) {
        Buf out = {.arena = cli->arena};
        help_family(&out, words[0]);
        return print(cli, out);
    }
    unknown_command(cli, words, n);
    return EXIT_USAGE;
}

/* What is opened later must not get the number of a standard stream: it would be read and written as
 * one. In its place comes what can be neither. */
static void keep_numbers(Cli *cli) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
        cli->closed[fd] = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) == fd;
    }
}

int cli_main(int argc, char **argv) {
    Arena *arena = arena_new();
    Cli cli = {.arena = arena, .diags = {.arena = arena}};
    keep_numbers(&cli);
    size_t n = argc > 0 ? (size_t)argc - 1 : 0;
    Str *words = ARENA_NEW_ARRAY(arena, Str, n + 1);
    for (size_t i = 0; i < n; i++) words[i] = str_from(argv[i + 1]);
    bool is_linker = argc > 0 && is_component_ld(argv[0]);
    int status = is_linker ? component_ld(&cli, words, n) : dispatch(&cli, words, n);
    show_diagnostics(&cli);
    int ended_by = cli.ended_by;
    arena_free(arena);
    if (ended_by) { /* who waits for this program is to see that */
        signal(ended_by, SIG_DFL);
        raise(ended_by);
    }
    return status;
}
