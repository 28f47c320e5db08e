/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc run`: a component with `wasi:cli/run` in the interpreter. The guest gets its arguments, the
 * standard streams, and what is granted on the command line.
 *
 * Exit status: the guest's own; 0 or 1 as `run` returned ok or err; 134 after a trap.
 */
#include <signal.h>

#include "cli/backtrace.h"
#include "cli/load.h"
#include "cli/policy.h"
#include "cli/run.h"
#include "cli/run_observe.h"
#include "interpreter/interpreter.h"
#include "wat/wat.h"

typedef struct {
    Policy policy;
    RunModule module;
    RunObserve observe;
} Options;

static const Options defaults = {.policy = POLICY_DEFAULTS};

static const Option option_table[] = {
    POLICY_OPTIONS(Options, policy),
    TEXT(Options, policy.argv0, 0, "argv0", "TEXT",
         "The first of the guest's arguments (the file's name)"),
    TEXT(Options, policy.cwd, 0, "cwd", "DIR", "What the guest is told as its current directory"),
    FLAG(Options, policy.raw_terminal, 0, "raw-terminal",
         "Let escape sequences of the guest reach a terminal"),
    MAYBE(Options, policy.jail, 0, "jail", "best-effort",
          "Lock the whole process in before the guest runs, to what is granted (Landlock and "
          "seccomp); with `=best-effort` as far as the kernel can"),
    TEXT(
        Options, module.invoke, 0, "invoke", "NAME|CALL",
        "Call this function with the arguments, and print its results; of a component, a call such "
        "as 'ns:pkg/iface.f(\"x\", {a: 1})'"),
    LIST(Options, module.preloads, 0, "preload", "NAME=FILE",
         "Instantiate another module first, for imports from NAME"),
    FLAG(Options, module.json, 0, "json",
         "Print the results of --invoke as JSON, and what --trace and --dry-run tell"),
    RUN_OBSERVE_OPTIONS(Options, observe),
    CHOICE(
        Options, module.validate, 0, "validate", "auto|eager|lazy",
        "When function bodies of a core module are validated: before it runs, or each when it is "
        "called first; `auto` is lazy where there are more than 32 MB of them"),
#define LIMIT(field, key, option, kind, value, help)                                               \
    kind(Options, policy.limits.field, 0, option, value, help),
#include "component/limit.def"
#undef LIMIT
};

static const Argument arguments[] = {
    {"PROGRAM",
     "A component that exports wasi:cli/run, a manifest (`.yml`) that makes one, or a core module",
     ARGUMENT_OPTIONAL},
    {"ARGUMENT", "What follows belongs to the guest; a `--` right after the program does not",
     ARGUMENT_REPEATED},
    {0},
};

enum { LINGER = 2000000000 }; /* for a reader of the guest's bytes to take the last of them */

static void report_trap(Cli *cli, const VmThread *thread) {
    Str message = vm_trap_message(thread);
    diag(&cli->diags, CLI_TRAP, span_none(), STR_ARG(message));
    run_note_limit(cli, (witc_limit)vm_thread_limit(thread)); /* the same numbers */
    backtrace_of_thread(cli, thread);
}

/* Lets the guest run until it has ended; waits for the host where it waits. EXIT_OK: it has returned. */
static int finish(Cli *cli, Wasi *wasi, VmThread *thread, VmStatus status) {
    while (status == VM_SUSPEND) {
        if (!wasi_wait(wasi)) {
            diag(&cli->diags, CLI_DEADLOCK, span_none());
            return EXIT_TRAP;
        }
        status = vm_resume(thread);
    }
    if (status != VM_TRAP) wasi_finish(wasi, LINGER);
    if (status == VM_EXIT) return vm_exit_status(thread);
    if (status == VM_DONE) return EXIT_OK;
    report_trap(cli, thread);
    return EXIT_TRAP;
}

/* `run` of wasi:cli/run, or what --invoke says. */
static int call_export(Cli *cli, const CompInfo *info, const Source *source, VmComponent *component,
                       const RunModule *options, const RunObservers *observers, Wasi *wasi,
                       VmThread *thread) {
    const AbiValue *args = NULL;
    bool invokes = options->invoke.len != 0;
    VmComponentFunc *func =
        invokes ? run_invoke_find(cli, component, info, options->invoke, &args)
                : vm_component_func(component, STR("wasi:cli/run@0.2.12"), STR("run"));
    if (!func && invokes) return EXIT_USAGE;
    if (!func) {
        Span span = {source, 0, 0};
        size_t said = cli->diags.list.len;
        diag(&cli->diags, CLI_NO_RUN, span);
        entry_note_other(cli, info);
        if (cli->diags.list.len == said + 1) run_invoke_note(cli, info);
        return EXIT_INPUT;
    }
    uint32_t cells = vm_component_func_abi(func)->result->op_count;
    AbiValue *result = ARENA_NEW_ARRAY(cli->arena, AbiValue, cells + 1);
    Str name = invokes ? options->invoke : STR("wasi:cli/run.run");
    run_observe_enter(observers, wasi, str_from_to(name, 0, str_find(name, '(', 0)), func, args);
    VmStatus ended = vm_component_call(thread, func, args, result, cli->arena);
    int status = finish(cli, wasi, thread, ended);
    run_observe_leave(observers, wasi, thread, func, result);
    if (vm_status(thread) != VM_DONE) return status;
    if (invokes) run_invoke_print(cli, func, result, options->json);
    return invokes || result->variant.index == 0 ? EXIT_OK : EXIT_INPUT;
}

static bool wait_for_host(void *wasi) { return wasi_wait(wasi); }

static int run_component(Cli *cli, const CompInfo *info, const Source *source,
                         const RunModule *options, const RunObservers *observers, VmStore *store,
                         Wasi *wasi, VmThread *thread) {
    VmLinker *linker = vm_linker_new(store);
    vm_store_on_wait(store, wait_for_host, wasi);
    wasi_link_to(wasi, linker, info);
    if (options->policy->missing_traps) vm_linker_missing_traps(linker);
    size_t errors = cli->diags.errors;
    VmComponent *component = vm_component_new(thread, info, linker, &cli->diags);
    int status = EXIT_INPUT;
    if (component) {
        status = call_export(cli, info, source, component, options, observers, wasi, thread);
    } else if (cli->diags.errors == errors && vm_status(thread) == VM_EXIT) {
        status = vm_exit_status(thread);
    } else if (cli->diags.errors == errors) { /* a start function */
        report_trap(cli, thread);
        status = EXIT_TRAP;
    } else if (vm_store_met(store, VM_LIMIT_INSTANCES)) {
        run_note_limit(cli, WITC_LIMIT_INSTANCES);
    } else if (wasi_missing_feature(wasi, info)) {
        diag_note(&cli->diags, RUN_IMPORT_FEATURE, span_none(), wasi_missing_feature(wasi, info));
    } else entry_note_import(cli);
    vm_linker_free(linker);
    return status;
}

static void interrupt_store(void *store) { vm_store_interrupt(store); }

/* Text that begins with a component. */
static bool is_component(const Source *source) {
    size_t at = str_find_str(source->text, STR("(component"), 0);
    size_t module = str_find_str(source->text, STR("(module"), 0);
    return at != SIZE_MAX && at < module;
}

/* There are no calls of a host to be seen, answered or told of. */
static int no_host(Cli *cli, const Source *source, const char *option) {
    Str expected = str_fmt(cli->arena, "a component, or a program of WASI 0.1, for %s", option);
    const Span span = {source, 0, 0};
    diag(&cli->diags, CLI_WRONG_KIND, span, "a core module", str_c(cli->arena, expected));
    return EXIT_INPUT;
}

static int run_plain_module(Cli *cli, const Source *source, const Options *options,
                            const CompRunPlan *plan) {
    Granted granted;
    if (!policy_read(cli, &options->policy, plan, NULL, &granted)) return EXIT_INPUT;
    policy_close(&granted);
    return run_module(cli, source, &options->module, &granted.limits);
}

/* A program that was read and validated, with what is granted to it. */
static int run_granted(Cli *cli, Options *options, const CompInfo *info, const Source *source,
                       Granted *granted) {
    RunObservers *observers =
        run_observe_begin(cli, &options->observe, source, options->module.json, &granted->context);
    if (!observers) return EXIT_INPUT;
    VmLimits limits = policy_vm_limits(&granted->limits);
    limits.trap_on_grow = options->policy.trap_on_grow;
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error that the guest sees, */
    signal(SIGXFSZ, SIG_IGN); /* and so is a file that has become too large */
    int status = EXIT_TRAP;
    VmStore *store = vm_store_new(&limits);
    VmThread *thread = store ? vm_thread_new(store) : NULL;
    Wasi *wasi = store ? policy_host(store, granted) : NULL;
    if (thread && wasi && !policy_jail(cli, &options->policy, granted, (WasiJailWants){0})) {
        status = run_observe_end(cli, observers, NULL, EXIT_INPUT);
    } else if (thread && wasi) {
        run_on_interrupt(interrupt_store, store);
        status = run_component(cli, info, source, &options->module, observers, store, wasi, thread);
        cli->ended_by = run_on_interrupt(NULL, NULL);
        if (wasi_output_met(wasi)) diag(&cli->diags, CLI_OUTPUT_MET, span_none());
        status = run_observe_end(cli, observers, thread, status);
    } else diag(&cli->diags, CLI_NO_MEMORY, span_none());
    wasi_free(wasi);
    vm_thread_free(thread);
    vm_store_free(store);
    return status;
}

static int run_source(Cli *cli, Options *options, const Source *source, InputKind kind,
                      const CompRunPlan *plan) {
    Features features = options->policy.features;
    if (kind == KIND_WASM_TEXT) source = wat_to_binary(cli->arena, source, features, &cli->diags);
    if (source && input_kind(source->text) != KIND_COMPONENT) {
        cli_wrong_kind(cli, source, "a component or a core module");
        return EXIT_INPUT;
    }
    CompComponent *decoded = source ? comp_decode(cli->arena, source, features, &cli->diags) : NULL;
    const CompInfo *info =
        decoded ? comp_validate_jobs(cli->arena, decoded, features, 0, &cli->diags) : NULL;
    Granted granted;
    if (!info || !policy_read(cli, &options->policy, plan, info, &granted)) return EXIT_INPUT;
    int status = options->observe.dry_run
                     ? run_dry(cli, info, &granted.context, options->module.json)
                     : run_granted(cli, options, info, source, &granted);
    policy_close(&granted);
    return status;
}

static int run(Cli *cli, void *given) {
    Options *options = given;
    Policy *policy = &options->policy;
    if (policy_help(policy)) return EXIT_OK;
    policy->grants_nothing = options->observe.replay.len != 0;
    if (!policy_check(cli, policy) || !run_observe_check(cli, &options->observe)) return EXIT_USAGE;
    if (options->observe.dry_run && options->module.invoke.len) {
        diag(&cli->diags, CLI_EXCLUSIVE, span_none(), "--dry-run", "--invoke");
        return EXIT_USAGE;
    }
    if (!cli->args.len) {
        diag(&cli->diags, CLI_MISSING_ARGUMENT, span_none(), arguments[0].name);
        diag_note(&cli->diags, CLI_SEE_HELP, span_none(), " ", "run");
        return EXIT_USAGE;
    }
    options->module.policy = policy;
    CompRunPlan plan = {0};
    const Source *source = cli_read(cli, 0);
    if (!source) return EXIT_INPUT;
    bool yaml = str_ends(source->path, STR(".yml")) || str_ends(source->path, STR(".yaml"));
    if (yaml) source = run_manifest(cli, source, &plan);
    if (!source) return EXIT_INPUT;
    InputKind kind = input_kind(source->text);
    if (kind == KIND_CORE_MODULE || (kind == KIND_WASM_TEXT && !is_component(source))) {
        bool plain = options->module.invoke.len || options->module.preloads.len;
        const Source *adapted = plain ? NULL : run_adapted(cli, source);
        if (cli->diags.errors) return EXIT_INPUT;
        const char *asked = run_observe_asks(&options->observe);
        if (!adapted && asked) return no_host(cli, source, asked);
        if (!adapted) return run_plain_module(cli, source, options, &plan);
        source = adapted;
        kind = KIND_COMPONENT;
    }
    const char *of_modules = options->module.preloads.len ? "a core module, for --preload"
                             : options->module.validate == RUN_VALIDATE_LAZY
                                 ? "a core module without WASI, for --validate lazy"
                                 : NULL;
    if (of_modules) {
        cli_wrong_kind(cli, source, of_modules);
        return EXIT_INPUT;
    }
    return run_source(cli, options, source, kind, &plan);
}

const CommandSpec cmd_run = {
    .run = run,
    .with = REST_IS_GUESTS,
    .size = sizeof(Options),
    .defaults = &defaults,
    OPTIONS(option_table),
    .arguments = arguments,
    .about =
        "Runs a component that exports `wasi:cli/run`. The guest sees its arguments and the "
        "standard "
        "streams, and nothing else that is not granted: no environment, no files, no network.\n"
        "A core module, as bytes or text, runs its `_start`, or the function that --invoke names. "
        "Arguments are written as in the text format (`-1`, `0xff`, `nan`, `i32x4 1 2 3 4`, "
        "`ref.null`, a number for an externref); results come a line each. Its imports are "
        "what --preload gives; a program of WASI 0.1 runs as the component that `witc component "
        "new --adapt wasi` makes of it.\n"
        "Any exported function of a component is called by --invoke, with its arguments and result "
        "in "
        "WAVE, the text of values: `1`, `\"a\"`, `'c'`, `[1, 2]`, `(1, true)`, `{x: 1, y: none}`, "
        "`some(1)`, `err(\"no\")`, `a-case(3)`. The interface can be left out where the name is "
        "the "
        "only one.\n"
        "Exits with the guest's status, and with 134 where it trapped or met a limit. Ctrl-C and "
        "SIGTERM interrupt the guest and end the program as they end others (130 and 143 in a "
        "shell).",
    .examples =
        "With a folder, which it sees as /data and cannot change\n"
        "$ witc run --dir photos::/data::ro program.wasm\n"
        "With the files of an archive, which stays as it is whatever the program changes\n"
        "$ witc run --vfs site.tar::/data program.wasm\n"
        "With a database, and a port of its own\n"
        "$ witc run --net-allow tcp:db.local:5432 --net-allow listen:127.0.0.1:8080 server.wasm\n"
        "With a variable and two arguments\n$ witc run --env NAME=Ada program.wasm -- 9 16\n"
        "What a manifest composes, with the limits and grants in it\n$ witc run compose.yml\n"
        "A function of a core module\n$ witc run --invoke add module.wat 2 0x10\n"
        "A function of a component\n"
        "$ witc run --invoke 'demo:geo/shapes@1.0.0.area({width: 2, height: 3})' shapes.wasm\n"
        "Grants and limits from a file, and the process locked in\n"
        "$ witc run --policy shop.yml --jail shop.wasm\n"
        "As wasmtime has it\n$ witc run -S inherit-env,inherit-network -W max-memory-size=64M "
        "program.wasm\n"
        "What it does, and what it was denied\n$ witc run --trace --explain program.wasm\n"
        "What it could ever ask for\n$ witc run --dry-run program.wasm\n"
        "The same run once more, elsewhere, without anything granted\n"
        "$ witc run --record run.rec --dir data program.wasm\n"
        "$ witc run --replay run.rec program.wasm\n"
        "What one does not trust\n$ witc run --timeout 2s --max-memory 64M --max-handles 1000 "
        "program.wasm\n",
};
