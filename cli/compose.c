/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The end of every composition: the lock file is checked, the component made, then the lock file
 * written where there was none, and what was asked for is shown: --explain, --json and --graph go to
 * standard output, the component to -o; where nothing is to be shown, it goes to standard output, too.
 */
#include "cli/compose.h"

enum { GRAPH_NONE, GRAPH_DOT, GRAPH_SVG };

CompGraph compose_graph(Cli *cli, const ComposeOptions *options) {
    return (CompGraph){.arena = cli->arena,
                       .diags = &cli->diags,
                       .features = features_all(),
                       .skip_validation = options->skip_validation,
                       .share = !options->no_share};
}

const Source *compose_read(Arena *arena, Str path, void *context, Diags *diags) {
    (void)arena, (void)diags; /* they are the Cli's */
    Cli *cli = context;
    const Source *source = load_binary_file(cli, path, features_all());
    if (source && input_kind(source->text) != KIND_COMPONENT) {
        cli_wrong_kind(cli, source, "a component");
        return NULL;
    }
    return source;
}

static bool lock_is_missing(Cli *cli, const ComposeOptions *options) {
    return options->lock.len && (options->update_lock || !file_exists(cli->arena, options->lock));
}

bool compose_check_lock(Cli *cli, const CompGraph *graph, const ComposeOptions *options) {
    if (!options->lock.len && options->update_lock)
        diag(&cli->diags, CLI_MISSING_OPTION, span_none(), "--lock");
    if (!options->lock.len) return !options->update_lock;
    if (lock_is_missing(cli, options)) return true;
    const Source *lock = file_read(cli->arena, options->lock, &cli->diags);
    return lock && comp_lock_check(graph, lock);
}

bool compose_write_lock(Cli *cli, const CompGraph *graph, const ComposeOptions *options) {
    if (options->dry_run || !lock_is_missing(cli, options)) return true;
    Buf text = {.arena = cli->arena};
    comp_lock_write(graph, &text);
    return file_write(cli->arena, options->lock, buf_text(&text), &cli->diags);
}

/* What is shown, as one text. */
static bool show(Cli *cli, const CompGraph *graph, const ComposeOptions *options, Str *text) {
    Buf out = {.arena = cli->arena};
    if (options->json) {
        Json json = json_new(cli->arena, 2);
        comp_graph_json(graph, &json);
        buf_str(&out, buf_text(&json.out));
        buf_byte(&out, '\n');
    } else if (options->explain) {
        comp_graph_text(graph, &out);
    }
    if (options->graph != GRAPH_NONE) {
        Buf dot = {.arena = cli->arena};
        comp_graph_dot(graph, &dot);
        Str picture = buf_text(&dot);
        if (options->graph == GRAPH_SVG && !dot_to_svg(cli, picture, &picture)) return false;
        buf_str(&out, picture);
    }
    *text = buf_text(&out);
    return true;
}

/* Standard output, whatever -o says. */
static int write_shown(Cli *cli, Str text) {
    Str output = cli->output;
    cli->output = (Str){0};
    int status = cli_write(cli, text);
    cli->output = output;
    return status;
}

static bool spares(Cli *cli, Str output, Str input) {
    if (!output.len || !input.len || !file_replaces(output, input)) return true;
    diag(&cli->diags, COMPOSE_SELF, span_none(), STR_ARG(input));
    return false;
}

/* What the result is made of must outlive it. */
static bool spares_inputs(Cli *cli, const CompGraph *graph, const ComposeOptions *options) {
    Str said = graph->span.source ? graph->span.source->path : (Str){0}, lock = options->lock;
    for (size_t i = 0; i < graph->parts.len; i++) {
        Str path = graph->parts.at[i]->source->path;
        if (!spares(cli, cli->output, path) || !spares(cli, lock, path)) return false;
    }
    return spares(cli, cli->output, said) && spares(cli, lock, said) &&
           spares(cli, cli->output, lock);
}

static int finish(Cli *cli, CompGraph *graph, const ComposeOptions *options) {
    bool shows = options->explain || options->json || options->graph != GRAPH_NONE;
    Str shown = {0};
    if (!spares_inputs(cli, graph, options) || !compose_check_lock(cli, graph, options))
        return EXIT_INPUT;
    if (options->gc) comp_graph_gc(graph);
    if (shows && !show(cli, graph, options, &shown)) return EXIT_INPUT;
    CompComponent *component = comp_graph_encode(graph);
    if (!component || !compose_write_lock(cli, graph, options)) return EXIT_INPUT;
    if (shows && write_shown(cli, shown) != EXIT_OK) return EXIT_INPUT;
    if (options->dry_run || (shows && !cli->output.len)) return EXIT_OK;
    return write_made(cli, component);
}

int compose_finish(Cli *cli, CompGraph *graph, const ComposeOptions *options) {
    int status = finish(cli, graph, options);
    if (options->quiet) diag_drop_warnings(&cli->diags);
    return status;
}
