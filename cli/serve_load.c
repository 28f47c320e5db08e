/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The program of `witc serve`, read at the start and each time that it is to be loaded anew: a
 * component, a manifest that composes one, or a core module, which is made one. All of it lives in an
 * arena of its own, which is freed when the last request that uses it has ended. What is wrong with
 * the file is told at once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/load.h"
#include "cli/serve.h"
#include "wat/wat.h"

typedef struct {
    ServeProgram program;
    Arena *arena;
    Granted granted;
    StrVec files; /* that it was made of, besides the program's own */
} Loaded;

/* In one piece: several processes may have something to say. */
static void show(const Cli *cli) {
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    diag_print(to ? to : stderr, &cli->diags, cli_colour(cli, STDERR_FILENO));
    if (to) fclose(to);
    if (len) fwrite(text, 1, len, stderr);
    free(text);
}

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

/* Of its own, for what is done beside the command: with this arena, diagnostics, and arguments. */
static Cli cli_beside(const Cli *cli, Arena *arena) {
    Cli own = *cli;
    own.arena = arena;
    own.diags = (Diags){.arena = arena};
    own.args = (StrVec){0};
    for (size_t i = 0; i < cli->args.len; i++) *vec_push(arena, &own.args) = cli->args.at[i];
    return own;
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
    if (program->info && !entry_is_handler(program->info)) {
        Span span = {source, 0, 0};
        diag(&cli->diags, CLI_NO_HANDLER, span);
        entry_note_other(cli, program->info);
        return false;
    }
    if (!program->info || !policy_read(cli, policy, &plan, program->info, &loaded->granted))
        return false;
    loaded->files = plan.files;
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
    Cli cli = cli_beside(l->load->cli, l->loaded->arena);
    l->is_good = read_program(&cli, l->load->policy, l->loaded);
    show(&cli);
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

/* ---- the second wall ---- */

typedef VEC(WasiJailFile) JailFiles;

static void add_file(Cli *cli, JailFiles *to, Str path, int use) {
    if (!str_is(path, "-"))
        *vec_push(cli->arena, to) = (WasiJailFile){str_c(cli->arena, path), use};
}

static void add_read(Cli *cli, JailFiles *to, const StrVec *paths) {
    for (size_t i = 0; i < paths->len; i++) add_file(cli, to, paths->at[i], WASI_JAIL_READ);
}

static void add_archives(Cli *cli, JailFiles *to, const WasiContext *context) {
    for (size_t i = 0; i < context->folder_count; i++)
        if (context->folders[i].tree && context->folders[i].tree->is_archive)
            add_file(cli, to, context->folders[i].host, WASI_JAIL_READ);
}

/* All that is opened by its path after the start: to load it anew, at the log's next beginning, at the end. */
static JailFiles files_of(Cli *cli, const ServeLoad *load, const Loaded *loaded) {
    const ServeOptions *serve = load->serve;
    JailFiles files = {0};
    add_file(cli, &files, cli->args.at[0], WASI_JAIL_READ);
    add_read(cli, &files, &loaded->files);
    add_read(cli, &files, &load->policy->files);
    add_read(cli, &files, &serve->tls_certificates);
    add_read(cli, &files, &serve->tls_keys);
    add_archives(cli, &files, &loaded->granted.context);
    for (size_t i = 0; i < loaded->granted.instance_count; i++)
        add_archives(cli, &files, &loaded->granted.instances[i].context);
    if (serve->log.len) add_file(cli, &files, serve->log, WASI_JAIL_APPEND);
    if (serve->unix_path.len) add_file(cli, &files, serve->unix_path, WASI_JAIL_REMOVE);
    return files;
}

/* What the kernel lacks is told once: by the process that starts the others. */
bool serve_lock(void *context, const ServeProgram *program, bool starts) {
    const ServeLoad *load = context;
    const Loaded *loaded = (const Loaded *)program;
    Arena *arena = arena_new();
    Cli cli = cli_beside(load->cli, arena);
    JailFiles files = files_of(&cli, load, loaded);
    WasiJailWants wants = {
        .files = files.at, .file_count = files.len, .accepts = true, .starts = starts};
    bool is_good = policy_jail(&cli, load->policy, &loaded->granted, wants);
    bool is_told = !starts && load->serve->workers > 1;
    if (!is_good || !is_told) show(&cli);
    arena_free(arena);
    return is_good;
}
