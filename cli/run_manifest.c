/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc run manifest.yml`: what the manifest composes is run, with the limits and grants in it. */
#include "cli/compose.h"
#include "cli/run.h"

const Source *run_manifest(Cli *cli, const Source *manifest, CompRunPlan *plan) {
    Str lock = {0};
    const CompComposeOptions how = {.config = manifest,
                                    .features = features_all(),
                                    .read = compose_read,
                                    .context = cli,
                                    .plan = plan,
                                    .lock = &lock};
    CompGraph graph = compose_graph(cli, &(ComposeOptions){0});
    if (!comp_compose_graph(&graph, NULL, &how)) return NULL;
    const ComposeOptions options = {.lock = lock};
    for (size_t i = 0; i < graph.parts.len; i++)
        *vec_push(cli->arena, &plan->files) = graph.parts.at[i]->source->path;
    if (lock.len) *vec_push(cli->arena, &plan->files) = lock;
    if (!compose_check_lock(cli, &graph, &options)) return NULL;
    CompComponent *component = comp_graph_encode(&graph);
    if (!component || !compose_write_lock(cli, &graph, &options)) return NULL;
    Buf bytes = {.arena = cli->arena};
    comp_encode(component, &bytes);
    return source_of(cli->arena, manifest->path, buf_text(&bytes));
}
