/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc graph`: packages, interfaces and worlds, and what joins them. */
#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/load.h"
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

static bool write_all(FILE *file, Str text) {
    return fwrite(text.ptr, 1, text.len, file) == text.len && fflush(file) == 0 &&
           lseek(fileno(file), 0, SEEK_SET) == 0;
}

static Str read_all(Arena *arena, FILE *file) {
    Buf text = {.arena = arena};
    char block[4096];
    lseek(fileno(file), 0, SEEK_SET);
    for (ssize_t n; (n = read(fileno(file), block, sizeof block)) > 0;)
        buf_bytes(&text, block, (size_t)n);
    return buf_text(&text);
}

/* The exit status of `dot -Tsvg`; -1 and `errno` where it cannot be started. */
static int run_dot(FILE *in, FILE *out, FILE *err) {
    char *words[] = {"dot", "-Tsvg", NULL};
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, fileno(in), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, fileno(out), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, fileno(err), STDERR_FILENO);
    pid_t pid;
    int status, error = posix_spawnp(&pid, words[0], &files, NULL, words, environ);
    posix_spawn_file_actions_destroy(&files);
    errno = error;
    if (error || waitpid(pid, &status, 0) < 0) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* The streams are files without a name, so nobody waits for anybody. */
static bool to_svg(Cli *cli, Str dot, Str *svg) {
    FILE *in = tmpfile(), *out = tmpfile(), *err = tmpfile();
    int status = in && out && err && write_all(in, dot) ? run_dot(in, out, err) : -1;
    if (status == 0) {
        *svg = read_all(cli->arena, out);
    } else if (status < 0 && errno == ENOENT) {
        diag(&cli->diags, CLI_NO_DOT, span_none());
    } else {
        Str said = status < 0 ? str_from(strerror(errno)) : read_all(cli->arena, err);
        said = str_trim(str_from_to(said, 0, str_find(said, '\n', 0)));
        diag(&cli->diags, CLI_DOT_FAILED, span_none(), STR_ARG(said));
    }
    if (in) fclose(in);
    if (out) fclose(out);
    if (err) fclose(err);
    return status == 0;
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
