/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The program of `witc serve`, read at the start and each time that it is to be loaded anew: a
 * component, a manifest that composes one, or a core module, which is made one. All of it lives in an
 * arena of its own, which is freed when the last request that uses it has ended. What is wrong with
 * the file is told at once.
 */
#include <stdlib.h>
#include <unistd.h>

#include "cli/load.h"
#include "cli/serve.h"
#include "wat/wat.h"

typedef struct {
    ServeProgram program;
    Arena *arena;
    Granted granted;
} Loaded;

static void free_loaded(ServeProgram *program) {
    Loaded *loaded = (Loaded *)program;
    vm_program_free(program->guest.program);
    policy_close(&loaded->granted);
    arena_free(loaded->arena);
    free(loaded);
}

static bool is_component_text(const Source *source) {
    size_t at = str_find_str(source->text, STR("(component"), 0);
    return at != SIZE_MAX && at < str_find_str(source->text, STR("(module"), 0);
}

/* The world comes with the module; what it imports of WASI 0.1 is adapted. */
static const Source *of_module(Cli *cli, const Source *source) {
    const CompAdapter adapter = {.wasi = COMP_WASI_PROXY};
    const CompNewOptions how = {
        .adapters = &adapter, .adapter_count = 1, .features = features_all()};
    const CompComponent *component = comp_componentize(cli->arena, source, &how, &cli->diags);
    if (!component) return NULL;
    Buf bytes = {.arena = cli->arena};
    comp_encode(component, &bytes);
    return source_of(cli->arena, source->path, buf_text(&bytes));
}

static void add_words(Cli *cli, StrVec *to, const StrVec *from) {
    for (size_t i = 0; i < from->len; i++) *vec_push(cli->arena, to) = from->at[i];
}

static const Source *binary_of(Cli *cli, CompRunPlan *plan) {
    const Source *source = cli_read(cli, 0);
    if (!source) return NULL;
    bool yaml = str_ends(source->path, STR(".yml")) || str_ends(source->path, STR(".yaml"));
    if (yaml) source = run_manifest(cli, source, plan);
    if (!source) return NULL;
    bool is_module = input_kind(source->text) == KIND_CORE_MODULE;
    if (input_kind(source->text) == KIND_WASM_TEXT) {
        is_module = !is_component_text(source);
        source = wat_to_binary(cli->arena, source, features_all(), &cli->diags);
    }
    if (source && is_module) source = of_module(cli, source);
    if (!source || input_kind(source->text) == KIND_COMPONENT) return source;
    cli_wrong_kind(cli, source, "a component or a core module");
    return NULL;
}

static Wasi *new_host(const ServeProgram *program, VmStore *store) {
    return policy_host(store, &((const Loaded *)program)->granted);
}

/* The time is a request's; its guests have no standard input. */
static bool read_program(Cli *cli, const Policy *policy, Loaded *loaded) {
    Features features = policy->features;
    CompRunPlan plan = {0};
    ServeProgram *program = &loaded->program;
    const Source *source = binary_of(cli, &plan);
    CompComponent *decoded = source ? comp_decode(cli->arena, source, features, &cli->diags) : NULL;
    program->info =
        decoded ? comp_validate_jobs(cli->arena, decoded, features, 0, &cli->diags) : NULL;
    if (!program->info || !policy_read(cli, policy, &plan, program->info, &loaded->granted))
        return false;
    program->guest = policy_vm_limits(&loaded->granted.limits);
    program->timeout = program->guest.timeout_ns;
    program->guest.timeout_ns = 0;
    program->guest.program = vm_program_new();
    program->host = new_host;
    loaded->granted.context.stdin_fd = -1;
    for (size_t i = 0; i < loaded->granted.instance_count; i++)
        loaded->granted.instances[i].context.stdin_fd = -1;
    return true;
}

typedef struct {
    const ServeLoad *load;
    Loaded *loaded;
    bool is_good;
} Loading;

static void load(void *context) {
    Loading *l = context;
    l->loaded->arena = arena_keep(arena_new());
    Cli cli = *l->load->cli; /* with diagnostics and arguments of its own */
    cli.arena = l->loaded->arena;
    cli.diags = (Diags){.arena = cli.arena};
    cli.args = (StrVec){0};
    add_words(&cli, &cli.args, &l->load->cli->args);
    l->is_good = read_program(&cli, l->load->policy, l->loaded);
    diag_print(stderr, &cli.diags, cli_colour(&cli, STDERR_FILENO));
}

/* Where there is no memory for it, what is served goes on. */
ServeProgram *serve_load(void *context) {
    Loading l = {.load = context, .loaded = calloc(1, sizeof(Loaded))};
    if (l.loaded) l.loaded->program.free = free_loaded;
    if (!l.loaded || !arena_try(&alloc_system, load, &l)) {
        fputs("witc: out of memory\n", stderr);
        l.is_good = false;
    }
    if (l.is_good) return &l.loaded->program;
    if (l.loaded) free_loaded(&l.loaded->program);
    return NULL;
}
