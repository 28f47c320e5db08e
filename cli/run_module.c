/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc run` of a core module: `_start`, or the export that --invoke names, its arguments read by
 * their types and its results a line each. Imports are other modules, by --preload NAME=FILE.
 *
 * This is a program that embeds the engine as any other: by include/witc/engine.h.
 */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/backtrace.h"
#include "cli/grant.h"
#include "cli/load.h"
#include "cli/run.h"

typedef struct {
    Cli *cli;
    const RunModule *options;
    witc_engine *engine;
    witc_store *store;
    witc_linker *linker;
} Run;

static Str str_of(witc_str s) { return (Str){s.ptr, s.len}; }

/* ---- Ctrl-C ---- */

static void (*volatile interrupt_now)(void *);
static void *volatile interrupted_store;

static volatile sig_atomic_t interrupted_by;

static void on_signal(int signal_number) {
    interrupted_by = signal_number;
    if (interrupt_now) interrupt_now(interrupted_store);
}

int run_on_interrupt(void (*interrupt)(void *), void *store) {
    interrupt_now = NULL;
    interrupted_store = store;
    interrupt_now = interrupt;
    struct sigaction action = {.sa_handler = interrupt ? on_signal : SIG_DFL,
                               .sa_flags = interrupt ? (int)SA_RESETHAND : 0};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return interrupted_by;
}

static void interrupt_store(void *store) { witc_store_interrupt(store); }

/* ---- what went wrong ---- */

/* The engine's diagnostics among ours. */
static void take_errors(Cli *cli, const Source *source, const witc_error *error) {
    for (size_t i = 0; i < witc_error_count(error); i++) {
        witc_diagnostic d = witc_error_at(error, i);
        DiagCode code;
        if (!diag_named(str_of(d.code), &code)) continue;
        Diag one = {.code = code,
                    .severity = d.severity == WITC_SEVERITY_ERROR     ? DIAG_ERROR
                                : d.severity == WITC_SEVERITY_WARNING ? DIAG_WARNING
                                                                      : DIAG_NOTE,
                    .message = str_copy(cli->arena, str_of(d.message))};
        if (d.has_place) one.span = (Span){source, d.offset, d.end};
        if (one.severity == DIAG_NOTE && cli->diags.list.len) {
            *vec_push(cli->arena, &vec_last(&cli->diags.list).notes) = one;
            continue;
        }
        *vec_push(cli->arena, &cli->diags.list) = one;
        if (one.severity == DIAG_ERROR) cli->diags.errors++;
        else cli->diags.warnings++;
    }
}

static const char *const limit_options[] = {[WITC_LIMIT_FUEL] = "--fuel",
                                            [WITC_LIMIT_TIME] = "--timeout",
                                            [WITC_LIMIT_MEMORY] = "--max-memory",
                                            [WITC_LIMIT_TABLE] = "--max-table",
                                            [WITC_LIMIT_STACK] = "--max-stack",
                                            [WITC_LIMIT_FRAMES] = "--max-frames",
                                            [WITC_LIMIT_INSTANCES] = "--max-instances",
                                            [WITC_LIMIT_HEAP] = "--max-heap",
                                            [WITC_LIMIT_HANDLES] = "--max-handles",
                                            [WITC_LIMIT_TASKS] = "--max-tasks",
                                            [WITC_LIMIT_VALUES] = "--max-values",
                                            [WITC_LIMIT_COPY] = "--max-copy"};

void run_note_limit(Cli *cli, witc_limit limit) {
    if (limit != WITC_LIMIT_NONE)
        diag_note(&cli->diags, CLI_LIMIT_OPTION, span_none(), limit_options[limit]);
}

/* Growth that was refused may be why a guest gave up later. */
static void note_limits(Run *run, witc_limit told) {
    static const struct {
        witc_limit limit;
        const char *what;
    } rows[] = {{WITC_LIMIT_MEMORY, "memory.grow"}, {WITC_LIMIT_TABLE, "table.grow"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].limit == told || !witc_store_met_limit(run->store, rows[i].limit)) continue;
        diag_note(&run->cli->diags, CLI_GROW_REFUSED, span_none(), rows[i].what,
                  limit_options[rows[i].limit]);
    }
}

/* The exit status of a call or instantiation that has ended so. */
static int ended(Run *run, witc_status status) {
    Cli *cli = run->cli;
    if (status == WITC_DONE) return EXIT_OK;
    if (status == WITC_EXIT) return witc_store_exit_status(run->store);
    witc_failure failure = witc_store_failure(run->store);
    Str message = str_of(failure.message);
    if (status != WITC_TRAP && status != WITC_EXCEPTION) {
        diag(&cli->diags, CLI_INSTANTIATE, span_none(), STR_ARG(message));
        run_note_limit(cli, failure.limit);
        return EXIT_INPUT;
    }
    diag(&cli->diags, CLI_TRAP, span_none(), STR_ARG(message));
    run_note_limit(cli, failure.limit);
    backtrace_of_store(cli, run->store);
    note_limits(run, failure.limit);
    return EXIT_TRAP;
}

/* ---- modules ---- */

/* For backtraces: a file that a module names. */
static bool read_named(void *cli, witc_str module, witc_str url, witc_str *bytes) {
    const Source *file = read_beside(cli, str_of(module), str_of(url));
    if (file) *bytes = (witc_str){file->text.ptr, file->text.len};
    return file != NULL;
}

static witc_module *load(Run *run, const Source *source) {
    witc_error *error;
    const char *name = str_c(run->cli->arena, source->path);
    witc_module *module =
        witc_module_new_view(run->engine, source->text.ptr, source->text.len, name, &error);
    if (!module) take_errors(run->cli, source, error);
    witc_error_free(error);
    return module;
}

/* Modules for WASI of before components ask for what only an adapter gives them. */
static bool refuse_preview1(Run *run, const witc_module *module, const Source *source) {
    for (size_t i = 0; i < witc_module_import_count(module); i++) {
        witc_import_type import = witc_module_import(module, i);
        Str from = str_of(import.module);
        witc_extern item;
        bool is_wasi = str_is(from, "wasi_snapshot_preview1") || str_is(from, "wasi_unstable");
        if (!is_wasi || witc_linker_find(run->linker, import.module, import.name, &item)) continue;
        Span span = {source, 0, 0};
        diag(&run->cli->diags, CLI_RUN_PREVIEW1, span, STR_ARG(from));
        diag_note(&run->cli->diags, CLI_RUN_PREVIEW1_HELP, span_none());
        return true;
    }
    return false;
}

static witc_status trap_missing(witc_caller *caller, void *name, const witc_value *args,
                                size_t arg_count, witc_value *results, size_t result_count) {
    (void)args, (void)arg_count, (void)results, (void)result_count;
    return witc_trap(caller, "%s is not there", (const char *)name);
}

/* -W unknown-imports-trap: functions that nobody gives trap when they are called. */
static void give_missing(Run *run, const witc_module *module) {
    Arena *arena = run->cli->arena;
    for (size_t i = 0; i < witc_module_import_count(module); i++) {
        witc_import_type import = witc_module_import(module, i);
        witc_extern item = {.kind = WITC_KIND_FUNC};
        if (import.type.kind != WITC_KIND_FUNC ||
            witc_linker_find(run->linker, import.module, import.name, &item))
            continue;
        const char *from = str_c(arena, str_of(import.module));
        const char *name = str_c(arena, str_of(import.name));
        Str full = str_fmt(arena, "the import `%s` of `%s`", name, from);
        item.of.func = witc_func_new(run->store, &import.type.func, trap_missing,
                                     (void *)str_c(arena, full), NULL);
        if (item.of.func) witc_linker_define(run->linker, from, name, &item);
    }
}

static int instantiate(Run *run, const Source *source, witc_instance **instance) {
    *instance = NULL;
    witc_module *module = source ? load(run, source) : NULL;
    if (!module) return EXIT_INPUT;
    int status = EXIT_INPUT;
    if (run->options->policy->missing_traps) give_missing(run, module);
    if (!refuse_preview1(run, module, source))
        status = ended(run, witc_linker_instantiate(run->linker, module, instance));
    witc_module_free(module);
    return status;
}

static int preload(Run *run) {
    Cli *cli = run->cli;
    for (size_t i = 0; i < run->options->preloads.len; i++) {
        Str pair = run->options->preloads.at[i];
        size_t equals = str_find(pair, '=', 0);
        if (equals == SIZE_MAX || equals == 0) {
            diag(&cli->diags, CLI_BAD_VALUE, span_none(), STR_ARG(pair), STR_ARG(STR("--preload")),
                 "NAME=FILE");
            return EXIT_USAGE;
        }
        const Source *source = file_read(cli->arena, str_after(pair, equals + 1), &cli->diags);
        witc_instance *instance;
        int status = instantiate(run, source, &instance);
        if (!instance) return status;
        const char *name = str_c(cli->arena, str_from_to(pair, 0, equals));
        witc_linker_define_instance(run->linker, name, instance);
    }
    return EXIT_OK;
}

/* ---- calls ---- */

static void put_results(Run *run, witc_functype type, const witc_value *results) {
    Cli *cli = run->cli;
    Json json = json_new(cli->arena, 2);
    json_object(&json);
    json_key(&json, "results");
    json_array(&json);
    for (uint32_t i = 0; i < type.result_count; i++) {
        Str text = run_value_text(cli, &results[i]);
        char name[64];
        witc_valtype_text(type.results[i], name, sizeof name);
        if (!run->options->json) printf("%.*s\n", STR_ARG(text));
        json_object(&json);
        json_key(&json, "type");
        json_string(&json, str_from(name));
        json_key(&json, "value");
        json_string(&json, text);
        json_end(&json);
    }
    json_end(&json);
    json_end(&json);
    if (run->options->json) printf("%.*s\n", STR_ARG(buf_text(&json.out)));
    fflush(stdout);
}

static Str signature(Cli *cli, witc_functype type) {
    witc_externtype e = {.kind = WITC_KIND_FUNC, .func = type};
    char text[400];
    witc_externtype_text(&e, text, sizeof text);
    return str_copy(cli->arena, str_from(text));
}

static int wrong_arguments(Run *run, Str name, witc_functype type) {
    Str text = signature(run->cli, type);
    diag_note(&run->cli->diags, CLI_SIGNATURE, span_none(), STR_ARG(name), STR_ARG(text));
    return EXIT_USAGE;
}

static int call(Run *run, Str name, witc_func *func, const Str *words, size_t count) {
    Cli *cli = run->cli;
    witc_functype type = witc_func_type(run->store, func);
    if (count != type.param_count) {
        diag(&cli->diags, CLI_ARGUMENT_COUNT, span_none(), STR_ARG(name), type.param_count, count);
        return wrong_arguments(run, name, type);
    }
    witc_value *args = ARENA_NEW_ARRAY(cli->arena, witc_value, count);
    witc_value *results = ARENA_NEW_ARRAY(cli->arena, witc_value, type.result_count);
    for (size_t i = 0; i < count; i++) {
        if (run_parse_value(cli, run->store, type.params[i], words[i], &args[i])) continue;
        char want[64];
        witc_valtype_text(type.params[i], want, sizeof want);
        diag(&cli->diags, CLI_ARGUMENT_VALUE, span_none(), STR_ARG(words[i]), i + 1, want);
        return wrong_arguments(run, name, type);
    }
    witc_status status = witc_func_call(run->store, func, args, count, results, type.result_count);
    if (status == WITC_REFUSED) { /* such as null for a type without it */
        diag(&cli->diags, CLI_INSTANTIATE, span_none(),
             STR_ARG(str_of(witc_store_failure(run->store).message)));
        return wrong_arguments(run, name, type);
    }
    if (status == WITC_DONE) put_results(run, type, results);
    return ended(run, status);
}

/* The exported functions, for who asked for one that is not there. */
static void no_export(Run *run, const witc_instance *instance, Str name, const Source *source) {
    Cli *cli = run->cli;
    const witc_module *module = witc_instance_module(instance);
    VEC(Str) names = {0};
    for (size_t i = 0; i < witc_module_export_count(module); i++) {
        witc_export_type export = witc_module_export(module, i);
        if (export.type.kind == WITC_KIND_FUNC) *vec_push(cli->arena, &names) = str_of(export.name);
    }
    Span span = {source, 0, 0};
    diag(&cli->diags, CLI_NO_EXPORT, span, STR_ARG(name));
    size_t call = str_find(name, '(', 0);
    if (call != SIZE_MAX)
        diag_note(&cli->diags, CLI_INVOKE_WORDS, span_none(), STR_ARG(str_from_to(name, 0, call)));
    Str nearest = str_nearest(str_from_to(name, 0, call), names.at, names.len);
    if (call != SIZE_MAX && str_eq(nearest, str_from_to(name, 0, call))) return;
    if (nearest.len) {
        diag_note(&cli->diags, CLI_NEAREST, span_none(), STR_ARG(nearest));
        return;
    }
    Buf list = {.arena = cli->arena};
    for (size_t i = 0; i < names.len && i < 20; i++)
        buf_fmt(&list, "%s`%.*s`", i ? ", " : "", STR_ARG(names.at[i]));
    if (names.len > 20) buf_fmt(&list, " and %zu more", names.len - 20);
    if (!names.len) buf_fmt(&list, "none");
    Str text = buf_text(&list);
    if (names.len && !run->options->invoke.len)
        diag_note(&cli->diags, CLI_INVOKE_FUNCTION, span_none(), STR_ARG(text));
    else diag_note(&cli->diags, CLI_EXPORTS, span_none(), STR_ARG(text));
}

static int run_main(Run *run, const Source *source) {
    Cli *cli = run->cli;
    StrVec args = cli->args;
    Str name = run->options->invoke;
    size_t first = 1;
    if (!name.len && args.len > 1 && str_is(args.at[1], "--invoke")) {
        if (args.len == 2) {
            diag(&cli->diags, CLI_NO_VALUE, span_none(), STR_ARG(args.at[1]), "NAME");
            return EXIT_USAGE;
        }
        name = args.at[2], first = 3;
    }
    int status = preload(run);
    witc_instance *instance = NULL;
    if (status == EXIT_OK && !policy_jail(cli, run->options->policy, NULL, (WasiJailWants){0}))
        status = EXIT_INPUT;
    if (status == EXIT_OK) status = instantiate(run, source, &instance);
    if (!instance) return status;
    Str wanted = name.len ? name : STR("_start");
    witc_extern item;
    bool found = witc_instance_export(instance, (witc_str){wanted.ptr, wanted.len}, &item);
    if (!found || item.kind != WITC_KIND_FUNC) {
        no_export(run, instance, wanted, source);
        return name.len ? EXIT_USAGE : EXIT_INPUT;
    }
    return call(run, wanted, item.of.func, args.at + first, name.len ? args.len - first : 0);
}

/* "all,-simd": what -W takes away. */
static const char *feature_words(Cli *cli, const Policy *policy) {
    Buf words = {.arena = cli->arena};
    buf_fmt(&words, "all");
    for (Feature f = 0; f < FEATURE_COUNT; f++)
        if (features_all() & ~policy->features & FEATURE_BIT(f))
            buf_fmt(&words, ",-%s", feature_name(f));
    return str_c(cli->arena, buf_text(&words));
}

int run_module(Cli *cli, const Source *source, const RunModule *options, const CompLimits *l) {
    witc_limits limits = {.size = sizeof limits,
                          .count_fuel = l->fuel != UINT64_MAX,
                          .fuel = l->fuel,
                          .timeout_ns = l->timeout,
                          .memory_bytes = l->memory,
                          .table_entries = l->table,
                          .stack_bytes = l->stack,
                          .heap_bytes = l->heap,
                          .frames = at_most_32(l->frames),
                          .instances = at_most_32(l->instances),
                          .trap_on_grow = options->policy->trap_on_grow};
    Run run = {.cli = cli, .options = options};
    int status = EXIT_INPUT;
    static const witc_validation when[] = {[RUN_VALIDATE_AUTO] = WITC_VALIDATE_BY_SIZE,
                                           [RUN_VALIDATE_EAGER] = WITC_VALIDATE_EAGERLY,
                                           [RUN_VALIDATE_LAZY] = WITC_VALIDATE_LAZILY};
    run.engine = witc_engine_new(&(witc_config){.size = sizeof(witc_config),
                                                .features = feature_words(cli, options->policy),
                                                .validation = when[options->validate],
                                                .validation_threads = UINT32_MAX,
                                                .read_file = read_named,
                                                .read_context = cli});
    run.store = run.engine ? witc_store_new(run.engine, &limits) : NULL;
    run.linker = run.store ? witc_linker_new(run.store) : NULL;
    if (run.linker) {
        run_on_interrupt(interrupt_store, run.store);
        status = run_main(&run, source);
        cli->ended_by = run_on_interrupt(NULL, NULL);
    } else {
        diag(&cli->diags, CLI_NO_MEMORY, span_none());
    }
    witc_linker_free(run.linker);
    witc_store_free(run.store);
    witc_engine_free(run.engine);
    return status;
}
