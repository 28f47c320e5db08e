/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc run manifest.yml`: what the manifest composes is run, with the limits and grants that it gives
 * the whole. A limit of the command line and one of the manifest both hold: the smaller one counts.
 * Limits and grants of one instance alone are not held, which is told.
 */
#include "cli/compose.h"
#include "cli/run.h"

static void lower(uint64_t *limit, uint64_t said, uint64_t none) {
    if (said && (*limit == none || said < *limit)) *limit = said;
}

static void apply_limits(const CompLimits *said, RunLimits *limits) {
    lower(&limits->fuel, said->fuel, UINT64_MAX);
    lower(&limits->timeout, said->timeout_ns, 0);
    lower(&limits->max_memory, said->memory, 0);
    lower(&limits->max_heap, said->heap, 0);
    lower(&limits->max_table, said->table, 0);
    lower(&limits->max_stack, said->stack, 0);
    lower(&limits->max_frames, said->frames, 0);
    lower(&limits->max_instances, said->instances, 0);
}

static void apply(Cli *cli, const CompRunRule *rule, RunManifest *out) {
    if (rule->instance.len) {
        Span span = rule->limits.span.source ? rule->limits.span : rule->grants.span;
        diag(&cli->diags, CLI_RUN_INSTANCE_RULE, span, STR_ARG(rule->instance));
        return;
    }
    apply_limits(&rule->limits, out->limits);
    for (size_t i = 0; i < rule->grants.env.len; i++)
        *vec_push(cli->arena, &out->env) = rule->grants.env.at[i];
    out->inherit_env |= rule->grants.inherit_env;
    if (rule->grants.cwd.len) out->cwd = rule->grants.cwd;
    for (size_t i = 0; i < rule->grants.directories.len; i++) {
        const CompDirectory *d = &rule->grants.directories.at[i];
        *vec_push(cli->arena, &out->folders) =
            str_fmt(cli->arena, "%.*s::%.*s%s", STR_ARG(d->host), STR_ARG(d->guest),
                    d->read_only ? "::ro" : "");
    }
    for (size_t i = 0; i < rule->grants.network.len; i++)
        *vec_push(cli->arena, &out->net) = rule->grants.network.at[i];
}

const Source *run_manifest(Cli *cli, const Source *manifest, RunManifest *out) {
    CompRunPlan plan = {0};
    Str lock = {0};
    const CompComposeOptions how = {.config = manifest,
                                    .features = features_all(),
                                    .read = compose_read,
                                    .context = cli,
                                    .plan = &plan,
                                    .lock = &lock};
    CompGraph graph = compose_graph(cli, &(ComposeOptions){0});
    if (!comp_compose_graph(&graph, NULL, &how)) return NULL;
    const ComposeOptions options = {.lock = lock};
    if (!compose_check_lock(cli, &graph, &options)) return NULL;
    CompComponent *component = comp_graph_encode(&graph);
    if (!component || !compose_write_lock(cli, &graph, &options)) return NULL;
    for (size_t i = 0; i < plan.rules.len; i++) apply(cli, &plan.rules.at[i], out);
    Buf bytes = {.arena = cli->arena};
    comp_encode(component, &bytes);
    return source_of(cli->arena, manifest->path, buf_text(&bytes));
}
