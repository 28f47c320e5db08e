/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CLI_COMPOSE_H
#define CLI_COMPOSE_H

#include "cli/load.h"
#include "component/graph.h"

/* What all commands that compose have in common: `compose`, `plug`. */

typedef struct {
    bool explain, json, dry_run, gc, no_share, skip_validation, update_lock, quiet;
    unsigned graph;
    Str lock;
} ComposeOptions;

#define COMPOSE_OPTIONS(T, field)                                                                  \
    FLAG(T, field.explain, 0, "explain",                                                           \
         "Tell who serves whom, and why; the component is written only with -o"),                  \
        FLAG(T, field.json, 0, "json", "The same as JSON"),                                        \
        CHOICE(T, field.graph, 0, "graph", "none|dot|svg",                                         \
               "Draw the graph; `svg` needs the program `dot` of Graphviz"),                       \
        FLAG(T, field.dry_run, 0, "dry-run", "Check everything, and write no component and no lock file"),          \
        FLAG(T, field.gc, 0, "gc",                                                                 \
             "Leave out instances, exports of components, and code that nobody needs"),            \
        FLAG(T, field.no_share, 0, "no-share",                                                     \
             "Store every component as it is: identical modules in them are not united"),          \
        TEXT(T, field.lock, 0, "lock", "FILE",                                                     \
             "Digests of all components: checked where the file is there, written where it is "    \
             "not"),                                                                               \
        FLAG(T, field.update_lock, 0, "update-lock", "Write the lock file anew"),                  \
        FLAG(T, field.skip_validation, 0, "skip-validation", "Do not validate the result"),    \
        FLAG(T, field.quiet, 'q', "quiet", "Tell errors only")

/* An empty graph for the command. */
CompGraph compose_graph(Cli *cli, const ComposeOptions *options);
/* The rest, once the graph is whole: the lock file, the component, what is to be shown; the exit
 * status. */
int compose_finish(Cli *cli, CompGraph *graph, const ComposeOptions *options);
/* Checks the lock file where there is one; false after a diagnostic. */
bool compose_check_lock(Cli *cli, const CompGraph *graph, const ComposeOptions *options);
/* Writes it where there is none yet, or anew if that is said: once the component is made. */
bool compose_write_lock(Cli *cli, const CompGraph *graph, const ComposeOptions *options);
/* A component from a file, for the front ends; NULL after a diagnostic. */
const Source *compose_read(Arena *arena, Str path, void *cli, Diags *diags);

/* Runs Graphviz on a text in its language. False after a diagnostic. (dot.c) */
bool dot_to_svg(Cli *cli, Str graph, Str *svg);

#endif
