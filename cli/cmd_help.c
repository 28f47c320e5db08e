/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc help [command]`, `witc version`, `witc man [command]`. */
#include "base/version.h"
#include "cli/cli.h"

static const Argument command_words[] = {
    {"COMMAND", "One or two words, such as `component new`", ARGUMENT_REPEATED},
    {0},
};

/* The command that the arguments name, *named; false after a diagnostic. */
static bool named_command(Cli *cli, const Command **named) {
    size_t used;
    *named = cli->args.len ? cli_find_command(cli->args.at, cli->args.len, &used) : NULL;
    if (cli->args.len == 0 || (*named && used == cli->args.len)) return true;
    Str said = cli->args.at[0];
    for (size_t i = 1; i < cli->args.len; i++) {
        said = str_fmt(cli->arena, "%.*s %.*s", STR_ARG(said), STR_ARG(cli->args.at[i]));
    }
    cli_unknown_command(cli, said);
    return false;
}

static int help(Cli *cli, void *options) {
    (void)options;
    const Command *command;
    Buf out = {.arena = cli->arena};
    if (cli->args.len == 1 && cli_is_family(cli->args.at[0])) help_family(&out, cli->args.at[0]);
    else if (!named_command(cli, &command)) return EXIT_USAGE;
    else if (command) help_command(&out, command);
    else help_overview(&out);
    return cli_write(cli, buf_text(&out));
}

const CommandSpec cmd_help = {
    .run = help,
    .arguments = command_words,
    .about = "Lists the commands, or explains the one that is named.",
    .examples = "How a core module becomes a component\n$ witc help component new\n",
};

static int version(Cli *cli, void *options) {
    (void)options;
    return cli_write(cli, str_fmt(cli->arena, "witc %s\n", WITC_VERSION));
}

const CommandSpec cmd_version = {.run = version};

static int man(Cli *cli, void *options) {
    (void)options;
    const Command *command;
    Buf out = {.arena = cli->arena};
    if (!named_command(cli, &command)) return EXIT_USAGE;
    if (command) man_command(&out, command);
    else man_program(&out);
    return cli_write(cli, buf_text(&out));
}

const CommandSpec cmd_man = {
    .run = man,
    .with = WITH_OUTPUT,
    .arguments = command_words,
    .about = "Writes the manual page witc(1), or the one of a command, in the format of man(7). "
             "`make install` installs them all.",
    .examples = "Read a page without installing it\n$ witc man component new | man -l -\n",
};
