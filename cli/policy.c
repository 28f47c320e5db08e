/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Grants and limits from wherever they come:
 *
 *     manifest --+
 *     --policy --+-> rules by path -> "" : of the whole, and those of the command line
 *     options  --+                    "logger", "shop/stock" : grants of their own
 *
 * A path without grants has those of the whole; with some, it has just these. Its limits hold beside
 * those of the whole. A path that no instance has is an error: a guest must not get the grants of the whole
 * because of a slip in a name; so is one that several have.
 */
#include "cli/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/grant.h"

/* ---- a word that is wrong ---- */

static bool bad_word(Cli *cli, const CompWord *word, const char *option, const char *expected) {
    if (word->span.source)
        diag(&cli->diags, YAML_WORD, word->span, option, expected, STR_ARG(word->text));
    else
        diag(&cli->diags, CLI_BAD_VALUE, span_none(), STR_ARG(word->text),
             STR_ARG(str_fmt(cli->arena, "--%s", option)), expected);
    return false;
}

/* ---- the command line ---- */

static bool check_folders(Cli *cli, const StrVec *said, bool in_memory, CompGrants *grants) {
    for (size_t i = 0; i < said->len; i++) {
        CompDirectory d = {.in_memory = in_memory};
        const CompWord word = {said->at[i], span_none()};
        const char *expected = comp_read_directory(word.text, &d);
        if (expected) return bad_word(cli, &word, in_memory ? "vfs" : "dir", expected);
        *vec_push(cli->arena, &grants->directories) = d;
    }
    return true;
}

static void add_words(Cli *cli, CompWords *to, const StrVec *from) {
    for (size_t i = 0; i < from->len; i++)
        *vec_push(cli->arena, to) = (CompWord){from->at[i], span_none()};
}

static bool check_rules(Cli *cli, const CompWords *rules, WasiNetRule *out) {
    for (size_t i = 0; i < rules->len; i++) {
        const char *expected = wasi_read_rule(cli->arena, rules->at[i].text, &out[i]);
        if (expected) return bad_word(cli, &rules->at[i], "net-allow", expected);
    }
    return true;
}

static bool check_features(Cli *cli, const CompWords *words, unsigned *out) {
    *out = 0;
    for (size_t i = 0; i < words->len; i++) {
        unsigned feature = wasi_feature(words->at[i].text);
        if (!feature)
            return bad_word(cli, &words->at[i], "features",
                            "`clocks-timezone`, `network-error-code`, "
                            "`informational-outbound-responses` or `all`");
        *out |= feature;
    }
    return true;
}

bool policy_jail(Cli *cli, const Policy *policy, const Granted *granted, WasiJailWants wants) {
    if (!policy->jail.len) return true;
    size_t n = granted ? granted->instance_count + 1 : 0;
    const WasiContext **contexts = ARENA_NEW_ARRAY(cli->arena, const WasiContext *, n + 1);
    for (size_t i = 0; i < n; i++)
        contexts[i] = i ? &granted->instances[i - 1].context : &granted->context;
    const char *missing;
    wants.contexts = contexts;
    wants.count = n;
    WasiJail jail = wasi_jail(&wants, &missing);
    if (jail == WASI_JAIL_WHOLE) return true;
    bool goes_on = str_is(policy->jail, "best-effort");
    if (goes_on) {
        diag(&cli->diags, CLI_JAIL_PARTLY, span_none(), missing);
        return true;
    }
    diag(&cli->diags, CLI_JAIL, span_none(), missing);
    diag_note(&cli->diags, CLI_JAIL_REMEDY, span_none());
    return false;
}

bool policy_check(Cli *cli, Policy *policy) {
    if (policy->jail.len && !str_is(policy->jail, "-") && !str_is(policy->jail, "best-effort")) {
        diag(&cli->diags, CLI_BAD_VALUE, span_none(), STR_ARG(policy->jail), STR_ARG(STR("--jail")),
             "`best-effort` or nothing");
        return false;
    }
    CompGrants *grants = &policy->grants;
    *grants = (CompGrants){
        .inherit_env = policy->inherit_env, .cwd = policy->cwd, .argv0 = policy->argv0};
    policy->features = features_all();
    add_words(cli, &grants->env, &policy->env);
    add_words(cli, &grants->network, &policy->net);
    add_words(cli, &grants->features, &policy->unstable);
    if (!check_folders(cli, &policy->folders, false, grants) ||
        !check_folders(cli, &policy->vfs, true, grants))
        return false;
    if (!policy_keys(cli, policy)) return false;
    WasiNetRule *rules = ARENA_NEW_ARRAY(cli->arena, WasiNetRule, grants->network.len);
    unsigned features;
    return check_rules(cli, &grants->network, rules) &&
           check_features(cli, &grants->features, &features);
}

/* ---- rules taken together ---- */

#define ADD_ALL(cli, to, from)                                                                     \
    for (size_t i_ = 0; i_ < (from)->len; i_++) *vec_push((cli)->arena, (to)) = (from)->at[i_]

static void add_grants(Cli *cli, CompGrants *to, const CompGrants *from) {
    ADD_ALL(cli, &to->env, &from->env);
    ADD_ALL(cli, &to->network, &from->network);
    ADD_ALL(cli, &to->features, &from->features);
    ADD_ALL(cli, &to->directories, &from->directories);
    to->inherit_env |= from->inherit_env;
    to->no_stdin |= from->no_stdin;
    to->no_stdout |= from->no_stdout;
    to->no_stderr |= from->no_stderr;
    if (from->cwd.len) to->cwd = from->cwd;
    if (from->argv0.len) to->argv0 = from->argv0;
    if (!to->span.source) to->span = from->span;
}

static CompRunRule *rule_at(Cli *cli, CompRunPlan *plan, const CompRunRule *of) {
    for (size_t i = 0; i < plan->rules.len; i++)
        if (str_eq(plan->rules.at[i].instance, of->instance)) return &plan->rules.at[i];
    CompRunRule *rule = vec_push(cli->arena, &plan->rules);
    rule->instance = of->instance;
    rule->span = of->span;
    return rule;
}

static void add_plan(Cli *cli, CompRunPlan *to, const CompRunPlan *from) {
    for (size_t i = 0; i < from->rules.len; i++) {
        const CompRunRule *rule = &from->rules.at[i];
        CompRunRule *into = rule_at(cli, to, rule);
        comp_lower_limits(&into->limits, &rule->limits);
        if (rule->limits.span.source) into->limits.span = rule->limits.span;
        add_grants(cli, &into->grants, &rule->grants);
    }
}

/* The rule of the whole comes first. */
static bool gather(Cli *cli, const Policy *policy, const CompRunPlan *manifest, CompRunPlan *plan) {
    const CompRunRule line = {.limits = policy->limits, .grants = policy->grants};
    rule_at(cli, plan, &line);
    if (manifest) add_plan(cli, plan, manifest);
    bool good = true;
    for (size_t i = 0; i < policy->files.len; i++) {
        const Source *file = file_read(cli->arena, policy->files.at[i], &cli->diags);
        CompRunPlan said = {0};
        good &= file && comp_policy(cli->arena, file, &said, &cli->diags);
        add_plan(cli, plan, &said);
    }
    CompLimits *limits = &plan->rules.at[0].limits;
    comp_lower_limits(limits, &policy->limits);
    if (!limits->fuel) limits->fuel = UINT64_MAX;
    if (!policy->limits.fuel) limits->fuel = 0; /* it was said */
    add_grants(cli, &plan->rules.at[0].grants, &policy->grants);
    return good;
}

/* ---- the environment ---- */

typedef VEC(WasiVariable) Variables;

static void set_variable(Cli *cli, Variables *variables, Str name, Str value) {
    for (size_t i = 0; i < variables->len; i++) {
        if (str_eq(variables->at[i].name, name)) {
            variables->at[i].value = value;
            return;
        }
    }
    *vec_push(cli->arena, variables) = (WasiVariable){name, value};
}

static void add_variable(Cli *cli, Variables *variables, Str pair) {
    size_t equals = str_find(pair, '=', 0);
    if (equals != SIZE_MAX) {
        Str name = str_from_to(pair, 0, equals);
        set_variable(cli, variables, name, str_after(pair, equals + 1));
        return;
    }
    const char *value = getenv(str_c(cli->arena, pair));
    if (value) set_variable(cli, variables, pair, str_from(value));
}

static Variables read_environment(Cli *cli, const CompGrants *grants) {
    Variables variables = {0};
    for (char **entry = environ; grants->inherit_env && *entry; entry++)
        add_variable(cli, &variables, str_from(*entry));
    for (size_t i = 0; i < grants->env.len; i++)
        add_variable(cli, &variables, grants->env.at[i].text);
    return variables;
}

/* ---- contexts ---- */

static bool open_folder(Cli *cli, const CompDirectory *d, uint64_t *room, WasiFolder *folder) {
    *folder = (WasiFolder){.name = d->guest,
                           .host = d->host,
                           .read_only = d->read_only,
                           .max_bytes = d->quota,
                           .max_files = d->files};
    if (d->in_memory)
        return (folder->tree = wasi_tree_load(cli->arena, d->host, room, &cli->diags));
    folder->fd = open(str_c(cli->arena, d->host), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->fd >= 0) return true;
    bool is_missing = errno == ENOENT;
    diag(&cli->diags, FILE_READ, d->span.source ? d->span : span_none(), STR_ARG(d->host),
         strerror(errno));
    size_t colon = str_find(d->host, ':', 0);
    if (is_missing && colon != SIZE_MAX)
        diag_note(&cli->diags, CLI_TWO_COLONS, span_none(), STR_ARG(str_from_to(d->host, 0, colon)),
                  STR_ARG(str_after(d->host, colon + 1)));
    return false;
}

static void close_folders(const WasiContext *context) {
    for (size_t i = 0; i < context->folder_count; i++)
        if (context->folders[i].tree) wasi_tree_close(context->folders[i].tree);
        else close(context->folders[i].fd);
}

/* Archives that are unpacked take of the memory that there is for changes, too. */
static bool open_folders(Cli *cli, const CompGrants *grants, WasiContext *context) {
    uint64_t most = context->limits.max_vfs ? context->limits.max_vfs : WASI_MAX_VFS, room = most;
    WasiFolder *folders = ARENA_NEW_ARRAY(cli->arena, WasiFolder, grants->directories.len + 1);
    context->folders = folders;
    for (size_t i = 0; i < grants->directories.len; i++) {
        if (!open_folder(cli, &grants->directories.at[i], &room, &folders[i])) return false;
        context->folder_count++;
    }
    if (room < most) context->limits.max_vfs = room + !room; /* 0: nothing was said */
    return true;
}

/* A read gives no more than fits into the values of one call. */
static uint64_t read_limit(const CompLimits *l) {
    uint64_t room = l->values / 2;
    bool is_tight = l->values && room < (l->read ? l->read : 64 << 10);
    return is_tight ? room + !room : l->read;
}

static WasiLimits wasi_limits_of(const CompLimits *l) {
    return (WasiLimits){.max_resources = l->resources,
                        .max_open = l->open,
                        .max_lookups = l->lookups,
                        .max_random = l->random,
                        .max_read = read_limit(l),
                        .max_fields = l->fields,
                        .max_requests = l->requests,
                        .max_exchange = l->exchange,
                        .max_messages = l->messages,
                        .max_output = l->output,
                        .max_vfs = l->vfs};
}

static const Str *arguments(Cli *cli, const CompGrants *grants) {
    Str *args = ARENA_NEW_ARRAY(cli->arena, Str, cli->args.len + 1);
    for (size_t i = 1; i < cli->args.len; i++) args[i] = cli->args.at[i];
    if (cli->args.len) args[0] = grants->argv0.len ? grants->argv0 : path_file(cli->args.at[0]);
    return args;
}

/* Closed descriptors are closed streams: cli_main has seen to it that nothing else has their numbers. */
static bool make_context(Cli *cli, const Policy *policy, const CompRunRule *rule,
                         WasiContext *context) {
    static const CompGrants nothing;
    const CompGrants *grants = policy->grants_nothing ? &nothing : &rule->grants;
    Variables variables = read_environment(cli, grants);
    WasiNetRule *rules = ARENA_NEW_ARRAY(cli->arena, WasiNetRule, grants->network.len);
    *context = (WasiContext){.args = arguments(cli, grants),
                             .arg_count = cli->args.len,
                             .variables = variables.at,
                             .variable_count = variables.len,
                             .has_cwd = grants->cwd.len != 0,
                             .cwd = grants->cwd,
                             .net_rules = rules,
                             .net_rule_count = grants->network.len,
                             .stdin_fd = grants->no_stdin || cli->closed[0] ? -1 : STDIN_FILENO,
                             .stdout_fd = grants->no_stdout || cli->closed[1] ? -1 : STDOUT_FILENO,
                             .stderr_fd = grants->no_stderr || cli->closed[2] ? -1 : STDERR_FILENO,
                             .limits = wasi_limits_of(&rule->limits)};
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
        context->filters[fd] = !policy->raw_terminal && isatty(fd);
    return check_rules(cli, &grants->network, rules) &&
           check_features(cli, &grants->features, &context->features) &&
           open_folders(cli, grants, context);
}

VmLimits policy_vm_limits(const CompLimits *l) {
    return (VmLimits){.has_fuel = l->fuel != UINT64_MAX,
                      .fuel = l->fuel,
                      .max_memory = l->memory,
                      .max_heap = l->heap,
                      .max_table = l->table,
                      .timeout_ns = l->timeout,
                      .max_stack = at_most_32(l->stack),
                      .max_frames = at_most_32(l->frames),
                      .max_instances = at_most_32(l->instances),
                      .max_handles = at_most_32(l->handles),
                      .max_tasks = at_most_32(l->tasks),
                      .max_values = l->values,
                      .max_copy = l->copy};
}

/* ---- instances ---- */

/* What the engine holds for one instance: memory, table entries and handles; and all of the host's. */
static bool check_own_limits(Cli *cli, const CompRunRule *rule) {
    static const struct {
        size_t offset;
        const char *key;
    } rows[] = {
        {offsetof(CompLimits, fuel), "fuel"},     {offsetof(CompLimits, timeout), "timeout"},
        {offsetof(CompLimits, heap), "heap"},     {offsetof(CompLimits, stack), "stack"},
        {offsetof(CompLimits, frames), "frames"}, {offsetof(CompLimits, instances), "instances"},
        {offsetof(CompLimits, tasks), "tasks"},   {offsetof(CompLimits, values), "values"},
        {offsetof(CompLimits, copy), "copy"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!*(const uint64_t *)((const char *)&rule->limits + rows[i].offset)) continue;
        diag(&cli->diags, CLI_POLICY_WHOLE_ONLY, rule->limits.span, rows[i].key);
        return false;
    }
    return true;
}

static bool make_instance(Cli *cli, const Policy *policy, const CompRunRule *rule,
                          const CompRunRule *whole, const WasiContext *context,
                          GrantedInstance *instance) {
    *instance = (GrantedInstance){.path = rule->instance, .span = rule->span};
    if (!check_own_limits(cli, rule)) return false;
    instance->limits = policy_vm_limits(&rule->limits);
    CompRunRule own = *rule;
    if (!own.grants.argv0.len) own.grants.argv0 = whole->grants.argv0;
    if (own.grants.span.source) {
        if (!make_context(cli, policy, &own, &instance->context)) return false;
    } else {
        instance->context = *context; /* limits alone */
        instance->context.limits = wasi_limits_of(&rule->limits);
    }
    return true;
}

/* How many paths are this one: names are the component's, which may give one twice. */
static size_t count_path(const StrVec *paths, Str path) {
    size_t n = 0;
    for (size_t i = 0; i < paths->len; i++) n += str_eq(paths->at[i], path);
    return n;
}

static bool check_paths(Cli *cli, const CompRunPlan *plan, const CompInfo *info) {
    size_t errors = cli->diags.errors;
    if (plan->rules.len == 1) return true;
    StrVec paths = {0};
    if (info) grant_paths(cli, info, &paths);
    for (size_t i = 1; i < plan->rules.len; i++) {
        const CompRunRule *rule = &plan->rules.at[i];
        size_t n = count_path(&paths, rule->instance);
        if (n == 1) continue;
        if (n) {
            diag(&cli->diags, CLI_POLICY_INSTANCE_TWICE, rule->span, STR_ARG(rule->instance));
            continue;
        }
        diag(&cli->diags, CLI_POLICY_NO_INSTANCE, rule->span, STR_ARG(rule->instance));
        Str near = str_nearest(rule->instance, paths.at, paths.len);
        if (near.len) diag_note(&cli->diags, CLI_NEAREST, span_none(), STR_ARG(near));
        else grant_note_paths(cli, &paths);
    }
    return cli->diags.errors == errors;
}

bool policy_read(Cli *cli, const Policy *policy, const CompRunPlan *manifest, const CompInfo *info,
                 Granted *granted) {
    CompRunPlan plan = {0};
    *granted = (Granted){0};
    if (!gather(cli, policy, manifest, &plan) || !check_paths(cli, &plan, info)) return false;
    const CompRunRule *whole = &plan.rules.at[0];
    granted->limits = whole->limits;
    granted->opened = true;
    granted->instances = ARENA_NEW_ARRAY(cli->arena, GrantedInstance, plan.rules.len);
    bool good = make_context(cli, policy, whole, &granted->context);
    for (size_t i = 1; good && i < plan.rules.len; i++)
        good = make_instance(cli, policy, &plan.rules.at[i], whole, &granted->context,
                             &granted->instances[granted->instance_count++]);
    if (!good) policy_close(granted);
    return good;
}

void policy_close(Granted *granted) {
    if (!granted->opened) return;
    for (size_t i = 0; i < granted->instance_count; i++)
        if (granted->instances[i].context.folders != granted->context.folders)
            close_folders(&granted->instances[i].context);
    close_folders(&granted->context);
    granted->opened = false;
}

Wasi *policy_host(VmStore *store, const Granted *granted) {
    Wasi *wasi = wasi_new(store, &granted->context);
    bool good = wasi != NULL;
    for (size_t i = 0; good && i < granted->instance_count; i++) {
        GrantedInstance *instance = &granted->instances[i];
        instance->context.own_limits = &instance->limits;
        good = wasi_beside(wasi, instance->path, &instance->context) != NULL;
    }
    if (good) return wasi;
    wasi_free(wasi);
    return NULL;
}
